"""WCAG 2.2 AA as far as axe-core sees it, in every state of the pages; and whom they ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.browser.test_accessibility import NEEDS, axe, violations
from tests.serve.ui.conftest import owner
from tests.serve.ui.test_start_page import choose, written

pytestmark = pytest.mark.browser
__all__ = ["axe"]

SIZES = ((320, 640, 1), (1280, 1024, 4))
# Smaller than 44 px in each direction, and no link inside a sentence.
SMALL = """
return [...document.querySelectorAll("a, button, input, select, summary, label.button")]
  .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".visually-hidden"))
  .map((e) => {
    const target = e.matches(".chip input, .switch input, .download") ? e.closest("label, li") : e;
    const {width, height} = target.getBoundingClientRect();
    return [e.tagName, e.id || e.textContent, Math.round(width), Math.round(height)];
  })
  .filter(([, , width, height]) => width < 44 || height < 44);
"""


def at_start(page, server, _path):
    assert server


def with_options(page, server, _path):
    page.run(
        "document.getElementById('more').open = document.getElementById('words-given').open = true;"
        "document.querySelector('.chips-more').click()"
    )


def recording(page, server, _path):
    page.click("#record-sound")
    page.wait("!document.getElementById('recorder').hidden")


def paused(page, server, _path):
    recording(page, server, _path)
    page.click("#pause")


def chosen(page, server, path):
    choose(page, written(path / "talk.mp4", b"recording"))


def refused(page, server, path):
    chosen(page, server, path)
    server.refuse = "it is too large"
    page.click("#send")
    page.wait("!document.getElementById('problem').hidden")


def sending(page, server, path):
    server.slow_s = 0.2
    choose(page, written(path / "long.mp4", bytes(30_000_000)))
    page.click("#send")
    page.wait("!document.getElementById('sending').hidden")


def listed(page, server, _path):
    server.add(owner(page), name="one.mp4").run()
    server.add(owner(page), name="two.mp4").say("failed", error="no sound")
    page.driver.refresh()
    page.wait("document.querySelectorAll('.job-row').length === 2")


def sure(page, server, _path):
    listed(page, server, _path)
    page.click(".job-row button")


def waiting(page, server, _path):
    job = server.add(owner(page), name="one.mp4")
    page.driver.get(f"{server.address}/jobs/{job.id}")
    page.wait("document.getElementById('job').dataset.state")
    return job


def working(page, server, _path):
    job = waiting(page, server, _path)
    job.run()
    job.hear()
    job.read(up_to=20)
    job.say("note", text="the language is English")
    page.wait("document.querySelector('.radar')")
    page.run("document.getElementById('notes').open = true")
    return job


def done(page, server, _path):
    job = working(page, server, _path)
    job.read()
    job.finish()
    page.wait("!document.getElementById('results').hidden")


def restyling(page, server, _path):
    done(page, server, _path)
    page.run("document.getElementById('restyle').open = true")


def failed(page, server, _path):
    working(page, server, _path).say("failed", error="it took too long")
    page.wait("!document.getElementById('problem').hidden")


def token(page, server, _path):
    page.driver.get(f"{server.address}/token")


def wrong_token(page, server, _path):
    token(page, server, _path)
    page.run("document.getElementById('token').value = 'x'")
    page.click(".door-form button")
    page.wait("document.getElementById('token-problem')")


STATES = (
    at_start,
    with_options,
    recording,
    paused,
    chosen,
    refused,
    sending,
    listed,
    sure,
    waiting,
    working,
    done,
    restyling,
    failed,
    token,
    wrong_token,
)
# The other states are looked at by `-m slow`: they differ in a box or two.
_QUICK = (at_start, recording, refused, sure, working, restyling, wrong_token)


def _some(states: Sequence[Callable[..., object]]) -> list[object]:
    """States as parameters."""
    return [
        pytest.param(state, id=state.__name__, marks=[] if state in _QUICK else [pytest.mark.slow])
        for state in states
    ]


def still(page) -> None:
    """What fades in is judged when it is there."""
    page.run(
        "document.getAnimations().forEach((a) => a.effect.getTiming().iterations < 9 && a.finish())"
    )


@pytest.mark.parametrize("state", _some(STATES))
def test_axe_finds_nothing_in_any_state(start, server, axe, tmp_path, state):
    """Each state as two of the needs see it; over all states, all needs see many."""
    number = STATES.index(state)
    state(start, server, tmp_path)
    needs = list(NEEDS)
    for need in (needs[number % len(needs)], needs[(number + 2) % len(needs)]):
        start.emulate(**NEEDS[need])
        still(start)
        assert violations(start, axe) == [], need
    start.emulate()


@pytest.mark.parametrize("state", _some(STATES))
def test_small_and_zoomed_pages_reflow_and_thumbs_fit(start, server, tmp_path, state):
    state(start, server, tmp_path)
    try:
        for width_px, height_px, zoom in SIZES:
            start.resize(width_px, height_px, zoom=zoom)
            root = "document.documentElement"
            width, room = start.run(f"return [{root}.scrollWidth, {root}.clientWidth]")
            assert width <= room
            assert start.run(SMALL) == []
    finally:
        start.resize_back()


@pytest.mark.parametrize("state", [with_options, restyling, wrong_token], ids=lambda s: s.__name__)
def test_the_tab_key_reaches_everything_in_order(start, server, tmp_path, state):
    state(start, server, tmp_path)
    start.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = start.run(
        "const all = 'a[href], button, input, select, summary, [tabindex=\"0\"]';"
        "return [...document.querySelectorAll(all)]"
        ".filter((e) => e.checkVisibility() && !e.disabled).length"
    )
    seen = set()
    for _ in range(wanted + 5):
        start.press("\ue004")
        seen.add(
            start.run(
                "const e = document.activeElement;"
                "return [...document.querySelectorAll('*')].indexOf(e)"
            )
        )
        ring = start.run(
            "const e = document.activeElement; if (e === document.body) return true;"
            "const near = [e, e.nextElementSibling, e.closest('li')].filter(Boolean);"
            "return near.some((n) => ['', '::after'].some((p) => {"
            " const s = getComputedStyle(n, p || undefined);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 }))"
        )
        assert ring, start.run("return document.activeElement.outerHTML.slice(0, 200)")
    assert len(seen) >= wanted


def test_nothing_moves_for_who_wants_no_motion(start, server, tmp_path):
    start.emulate(prefers_reduced_motion="reduce")
    recording(start, server, tmp_path)
    assert start.run("return document.getAnimations().length") == 0
    start.click("#throw")
    start.emulate()


@pytest.mark.parametrize("state", [recording, restyling, token], ids=lambda state: state.__name__)
def test_nobody_else_is_asked_for_anything(start, server, tmp_path, state):
    """And nothing is refused by the policy, or goes wrong in a script."""
    state(start, server, tmp_path)
    asked = start.run(
        "return performance.getEntriesByType('resource').map((r) => r.name)"
        ".filter((name) => !name.startsWith(location.origin) && !name.startsWith('blob:'))"
    )
    assert asked == []
    assert [
        line for line in start.complaints() if "autocomplete" not in line and "DOM" not in line
    ] == []


def test_own_type_is_loaded(start):
    start.wait("document.fonts.status === 'loaded'")
    loaded = start.run(
        "return [...document.fonts].filter((f) => f.status === 'loaded')"
        ".map((f) => f.family.replaceAll('\"', ''))"
    )
    assert {"Poppins", "Fredoka", "Merriweather", "Unbounded"} <= set(loaded)
