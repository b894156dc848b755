"""The page on paper, as Chromium prints it."""

from __future__ import annotations

import base64
import re
import zlib
from datetime import date

import pytest

from tests.browser.pages import style_of
from tests.browser.test_corrections import edit

pytestmark = pytest.mark.browser


def rows(page) -> list[str]:
    return page.run("return [...document.querySelectorAll('.u')].map((row) => row.innerText)")


def test_paper_says_what_when_and_who_and_every_line_with_its_time(page):
    edit(page, 8)
    page.change("fix-speaker", "Clara")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    try:
        assert style_of(page, "h1", "display") == "block"
        head = page.run(
            "return Object.fromEntries([...document.querySelectorAll('#print-head > div')]"
            ".map((row) => [row.children[0].innerText, row.children[1].innerText]))"
        )
        assert list(head) == ["Printed", "Recording", "Speakers"]
        assert str(date.today().year) in head["Printed"]  # noqa: DTZ011  (the browser's own day)
        assert head["Recording"].startswith("talk.webm, 0:")
        assert re.fullmatch(r"Anna \(0:0\d\), Clara \(0:0\d\), Ben \(0:0\d\)", head["Speakers"])
        printed = rows(page)
        assert re.match(r"0:00\s+Anna\s+I waited", printed[0])
        assert re.match(r"0:02\s+Clara\s+YOU", printed[1])
        assert re.match(r"0:04\s+Ben\s+I am", printed[2])
        for hidden in (".settings", ".stage", ".panel", ".fixes", ".hint"):
            assert style_of(page, hidden, "display") == "none"
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        page.run("window.dispatchEvent(new Event('afterprint'))")
    assert style_of(page, "#print-head", "display") == "none"


def test_a_pdf_has_pages_with_margins_and_text(page):
    made = page.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pdf = base64.b64decode(made["data"])
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    drawn = b"".join(zlib.decompress(s) for s in streams if s[:1] == b"\x78")
    assert drawn.count(b"Tj") + drawn.count(b"TJ") > 20
