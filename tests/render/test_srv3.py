"""YouTube's timed text: an XML parser reads back what we wrote, by the facts in the docstring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import Canvas, StyledTrack
from sentigram.core.text import one_line
from sentigram.formats.srv3 import ZERO_WIDTH_SPACE
from sentigram.render.srv3 import Srv3Renderer, srv3_text
from tests.render.html_jobs import document, job
from tests.render.tracks import ANGER, JOY, PLAIN, SAD, STYLES, cue, track

_INTEGERS = {
    "pen": {"id", "fo", "bo", "b", "i", "u", "sz", "et", "fs"},
    "ws": {"id", "ju", "pd", "sd"},
    "wp": {"id", "ap", "ah", "av"},
    "p": {"t", "d", "wp", "ws"},
    "s": {"p"},
}


def _read(made: StyledTrack) -> tuple[ET.Element, list[tuple[int, int, str]]]:
    root = ET.fromstring(srv3_text(made))  # noqa: S314
    assert (root.tag, root.attrib) == ("timedtext", {"format": "3"})
    assert [child.tag for child in root] == ["head", "body"]
    for element in (*root[0], *root[1], *root.iter("s")):
        for name in _INTEGERS[element.tag] & set(element.attrib):
            assert element.get(name).isdecimal()
    pens = {pen.get("id") for pen in root.iter("pen")}
    cues = []
    for p in root[1]:
        assert [child.tag for child in p] == ["s"] * len(p)
        assert {s.get("p") for s in p} <= pens
        assert p[0].tail == ZERO_WIDTH_SPACE  # else the first pen is lost
        assert not any(s.tail for s in p[1:])
        cues.append((int(p.get("t")), int(p.get("d")), "".join(s.text or "" for s in p)))
    return root, cues


def test_words_times_and_pens_are_kept() -> None:
    made = track(cue(["so", ("MAD", ANGER)], [("yes!", JOY), "<b>&"]))
    root, cues = _read(made)
    assert cues == [(1000, 2000, "so MAD\nyes! <b>&")]
    pens = {pen.get("id"): pen.attrib for pen in root.iter("pen")}
    used = [pens[s.get("p")] for s in root.iter("s")]
    assert [pen["fc"] for pen in used] == ["#fefefe", "#ff5040", "#ffd700", "#fefefe"]
    assert {pen["fo"] for pen in used} == {"254"}
    assert [pen.get("fs") for pen in used] == [None, "7", "5", None]
    assert used[1]["sz"] == "220"  # YouTube draws 100 + (220 - 100) / 4 = 130 %
    assert (used[1]["et"], used[1]["ec"], used[1]["bo"]) == ("3", "#000000", "0")


def test_slant_weight_line_and_box() -> None:
    styles = {
        **STYLES,
        SAD: replace(PLAIN, weight=400, italic=True, underline=True, box="#102030", size_em=0.5),
    }
    root, _ = _read(track(cue([("x", SAD)]), styles=styles))
    pens = {pen.get("id"): pen.attrib for pen in root.iter("pen")}
    pen = pens[next(root.iter("s")).get("p")]
    assert (pen["b"], pen["i"], pen["u"]) == ("0", "1", "1")
    assert (pen["bc"], pen["bo"]) == ("#102030", "254")
    assert "et" not in pen
    assert pen["sz"] == "0"  # the least there is


def test_the_window_stands_above_the_bottom() -> None:
    made = replace(track(cue(["x"])), canvas=Canvas(1280, 720, 36.0, bottom=0.15))
    window = next(_read(made)[0].iter("wp"))
    assert (window.get("ap"), window.get("ah")) == ("7", "50")
    assert abs(2 + 0.96 * int(window.get("av")) - 85) < 0.5
    low = replace(made, canvas=Canvas(1280, 720, 36.0, bottom=0.02, safe=0.9))  # safe area first
    assert abs(2 + 0.96 * int(next(_read(low)[0].iter("wp")).get("av")) - 95) < 0.5


def test_the_space_between_two_underlined_words_has_no_line() -> None:
    lined = {key: replace(STYLES[key], underline=True) for key in (ANGER, JOY)}
    made = track(cue([("a", ANGER), ("b", JOY)]), styles={**STYLES, **lined})
    root, cues = _read(made)
    assert [text for _, _, text in cues] == ["a b"]
    pens = {pen.get("id"): pen.get("u") for pen in root.iter("pen")}
    assert [(s.text, pens[s.get("p")]) for s in root.iter("s")] == [
        ("a", "1"),
        (" ", "0"),
        ("b", "1"),
    ]


def test_a_cue_at_the_start_is_moved_by_a_millisecond() -> None:
    _, cues = _read(track(cue(["x"], start_ms=0, end_ms=900), cue(["y"], start_ms=0, end_ms=1)))
    assert cues == [(1, 899, "x")]


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4), label=st.text())
def test_any_text_survives(texts: list[str], label: str) -> None:
    made = track(replace(cue(texts), label=label), cue(["end"], start_ms=4000, end_ms=5000))
    words = [one_line(text) for text in texts if one_line(text).strip()]
    name = one_line(label).strip()
    expected = " ".join([*([name] if name else []), *words]) if words else None
    _, cues = _read(made)
    assert [shown for _, _, shown in cues] == [*([expected] if expected else []), "end"]


def test_the_renderer_writes_utf_8(tmp_path: Path) -> None:
    out = tmp_path / "talk.srv3"
    told: list[float] = []
    Srv3Renderer().render(job(document([("Ä", "Grüße!", "anger")])), out, progress=told.append)
    assert told == [1.0]
    root = ET.fromstring(out.read_bytes())  # noqa: S314
    assert "".join(root.itertext()).casefold().count("grü") == 1
