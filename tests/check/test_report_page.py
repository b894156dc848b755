"""The page of a check: complete, readable, without scripts, and safe whatever files hold."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file, check_text
from sentigram.check.fix.fixing import correct_file, proposed
from sentigram.check.report_page import CheckedFile, report_page
from sentigram.check.rules.catalogue import rules
from sentigram.style.colour.contrast import ratio

_BAD = Path(__file__).with_name("bad")
_MADE = datetime(2026, 1, 2, 10, 30, tzinfo=UTC)
_OPTIONS = CheckOptions(language="en")


class _Page(HTMLParser):
    """Tags with their attributes, the text, and the rows of tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _checked(path: Path) -> CheckedFile:
    report = check_file(path, _OPTIONS)
    return CheckedFile(report, proposed(path, report, _OPTIONS))


def _of_text(text: str, name: str = "a.srt") -> CheckedFile:
    return CheckedFile(check_text(text, ".srt", name, _OPTIONS))


_GOOD = "1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n"


def test_each_finding_has_its_row_with_all_that_is_known() -> None:
    one = _checked(_BAD / "12-tags.srt")
    text = report_page([one], made=_MADE, profiles=("netflix",))
    page = _Page(text)
    assert text.count('scope="row" class="time"') == len(one.report.findings) == 9
    for finding in one.report.findings:
        assert finding.rule in page.text
        assert finding.measured in page.text
        assert finding.allowed in page.text
    assert "It never ends." in page.text
    assert "<i>It never ends. → <i>It never ends.</i>" in page.text
    assert "2026-01-02 10:30 · profile netflix" in page.text
    assert "7 violations" in page.text


def test_numbers_have_their_sources() -> None:
    page = _Page(report_page([_of_text(_GOOD)], made=_MADE))
    for rule, allowed in (("cps", "20 characters a second"), ("min-duration", "at least 833 ms")):
        assert allowed in page.text
        assert rules()[rule].source in page.text
    assert "Passes: no violation" in page.text
    assert "Nothing was found." in page.text


def test_several_files_have_a_verdict_each_and_what_was_not_read_is_said() -> None:
    files = [_of_text(_GOOD, "good.srt"), _checked(_BAD / "03-gaps.srt")]
    page = _Page(report_page(files, made=_MADE))
    assert "3 violations in 1 of 2 files" in page.text
    page = _Page(report_page(files[:1], made=_MADE, unread=["b.srt: is empty"]))
    assert "Not all could be checked" in page.text
    assert "b.srt: is empty" in page.text


def test_what_fix_did_is_listed(tmp_path: Path) -> None:
    made = correct_file(_BAD / "03-gaps.srt", _OPTIONS, folder=tmp_path)
    page = _Page(
        report_page([CheckedFile(made.report, made.changes, copy=str(made.path))], made=_MADE)
    )
    assert "What --fix changed" in page.text
    assert "03-gaps.fixed.srt" in page.text
    for change in made.changes:
        assert f"{change.before} {change.after} {change.reason}" in page.text


def test_why_a_file_cannot_be_corrected_is_said() -> None:
    one = CheckedFile(check_file(_BAD / "11-shapes.ttml", _OPTIONS), obstacle="correct it by hand")
    assert "correct it by hand" in _Page(report_page([one], made=_MADE)).text


def test_text_of_files_is_text() -> None:
    hostile = '<script>alert(1)</script> {{ 7 * 7 }} " onload="x" &amp; \x1b[31m'
    text = f"1\n00:00:01,000 --> 00:00:01,100\n{hostile}\n"
    page_text = report_page(
        [_of_text(text, '<img src=x onerror="a()">.srt')], made=_MADE, unread=[hostile]
    )
    page = _Page(page_text)
    assert page.named("script") == page.named("img") == []
    assert not any(name.startswith("on") for _, values in page.tags for name in values)
    assert "{{ 7 * 7 }}" in page.text
    assert "\x1b" not in page_text


def test_nothing_is_fetched_and_only_its_own_style_is_allowed() -> None:
    text = report_page([_checked(_BAD / "09-japanese.ja.srt")], made=_MADE)
    page = _Page(text)
    policy = next(one["content"] for one in page.named("meta") if one.get("http-equiv") is not None)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy is not None
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not any({"style", "src", "href"} & values.keys() for _, values in page.tags)


def test_headings_and_tables_can_be_heard() -> None:
    page = _Page(report_page([_checked(_BAD / "05-markup.srt")], made=_MADE))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert len(page.named("table")) == len(page.named("caption")) == 3
    assert all(one.get("scope") in ("col", "row") for one in page.named("th"))
    labelled = [one for one in page.named("svg") if one.get("aria-hidden") != "true"]
    assert [bool(one.get("aria-label")) for one in labelled] == [True]


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_read_on_both_grounds(scheme: int) -> None:
    css = (Path(__file__).parents[2] / "templates/html/check/report.css").read_text("utf-8")
    block = css.split(":root {")[1 + scheme].split("}")[0]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for ink in ("ink", "quiet", "bad", "advice"):
        assert ratio(colours[ink], colours["paper"]) >= 4.5, ink
    for name in ("bad", "good", "advice"):
        assert ratio(colours[name], colours[f"{name}-wash"]) >= 4.5, name


def test_many_findings_stay_in_one_file_of_bounded_size() -> None:
    cue = "{n}\n00:{m:02}:{s:02},000 --> 00:{m:02}:{s:02},500\nThis cannot be read so fast.\n\n"
    text = "".join(cue.format(n=n + 1, m=n // 60, s=n % 60) for n in range(500))
    one = _of_text(text)
    assert len(one.report.findings) >= 500
    assert len(report_page([one], made=_MADE)) < 1000 * len(one.report.findings)
