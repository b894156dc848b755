"""The page on phones: everything in reach of thumbs, nothing over anything else."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.browser.pages import style_of, word
from tests.browser.test_accessibility import axe, violations  # noqa: F401  (a fixture)

pytestmark = pytest.mark.browser

SIZES = [(360, 640), (390, 844), (430, 932), (740, 360), (932, 430)]
CONTROLS = ("play", "mute", "volume", "speed", "speak", "full-screen")
BOX = """
    const box = document.querySelector(arguments[0]).getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
"""


@pytest.fixture
def phone(page):
    """The usual page under a finger; its size is set by `hold`."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5}
    )
    yield page
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    page.resize_back()


def hold(page, width: int, height: int) -> None:
    """Turn the phone, or take another one."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True},
    )
    page.wait(f"innerWidth === {width}")


def box(page, selector: str) -> tuple[float, float, float, float]:
    left, top, right, bottom = page.run(BOX, selector)
    return left, top, right, bottom


def overlap(one, other) -> bool:
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 0.5
        and min(one[3], other[3]) - max(one[1], other[1]) > 0.5
    )


def assert_reachable(page, width: int, height: int) -> None:
    boxes = {name: box(page, f"#{name}") for name in CONTROLS}
    for name, (left, top, right, bottom) in boxes.items():
        assert right - left >= 44, name
        assert bottom - top >= 44, name
        assert left >= 0, name
        assert right <= width, name
        assert top >= 0, name
        assert bottom <= height, name
    boxes["captions"] = box(page, ".captions .line")
    boxes["clock"] = box(page, ".clock")
    clashes = [pair for pair in combinations(boxes, 2) if overlap(*(boxes[n] for n in pair))]
    assert clashes == []


def test_every_control_is_in_reach_and_nothing_overlaps(phone, axe):  # noqa: F811
    for width, height in SIZES:
        hold(phone, width, height)
        phone.run("document.getElementById('stage').scrollIntoView()")
        assert_reachable(phone, width, height)
        phone.run("document.querySelector(arguments[0]).click()", word(7))
        phone.wait("!document.getElementById('media').paused")
        phone.click("#play")
        assert_reachable(phone, width, height)
        stage, panel = box(phone, "#stage"), box(phone, "#panel")
        assert not overlap(stage, panel), (width, height, stage, panel)
        assert phone.run("return document.documentElement.scrollWidth") <= width
        phone.click(".panel-close")
    assert violations(phone, axe) == []


def test_where_only_videos_may_fill_the_screen_the_stage_fills_the_window(phone, axe):  # noqa: F811
    phone.run("Object.defineProperty(document, 'fullscreenEnabled', {value: false})")
    for width, height in SIZES:
        hold(phone, width, height)
        phone.click("#full-screen")
        assert box(phone, "#stage") == (0, 0, width, height)
        assert_reachable(phone, width, height)
        left, top, right, bottom = box(phone, "#picture")
        assert right - left == pytest.approx((bottom - top) * 16 / 9, rel=0.01)
        assert phone.run("return document.getElementById('full-screen').ariaPressed") == "true"
        assert phone.run("return document.querySelector('.right').inert")
        if (width, height) == SIZES[0]:
            assert violations(phone, axe) == []
            phone.press("\ue00c")
        else:
            phone.click("#full-screen")
        assert not phone.run("return document.querySelector('.right').inert")
        assert style_of(phone, "#stage", "position") != "fixed"


def test_the_stage_itself_fills_the_screen_where_it_may(page):
    page.click("#full-screen")
    page.wait("document.fullscreenElement?.id === 'stage'")
    page.wait("document.getElementById('full-screen').ariaPressed === 'true'")
    page.press("f")
    page.wait("document.fullscreenElement === null")
    assert page.run("return document.getElementById('full-screen').ariaPressed") == "false"


def test_mute_by_key_and_button(page):
    muted = "return document.getElementById('media').muted"
    page.run("document.getElementById('media').muted = false")
    page.wait("document.getElementById('volume').value === '1'")
    page.press("m")
    assert page.run(muted)
    page.wait("document.getElementById('volume').value === '0'")
    assert page.run("return document.getElementById('mute').ariaPressed") == "true"
    page.press("\ue015")  # quieter is audible
    assert not page.run(muted)
    page.click("#mute")
    assert page.run(muted)
