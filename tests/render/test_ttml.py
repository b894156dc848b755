"""TTML: an XML parser and a list of what IMSC 1.1 permits read back what we wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import Canvas, StyledTrack
from sentigram.core.text import one_line
from sentigram.core.time import Span
from sentigram.render.ttml import TtmlRenderer, ttml_text
from tests.render.html_jobs import document, job
from tests.render.tracks import ANGER, JOY, PLAIN, STYLES, cue, track

_TT = "{http://www.w3.org/ns/ttml}"
_TTP = "{http://www.w3.org/ns/ttml#parameter}"
_TTS = "{http://www.w3.org/ns/ttml#styling}"
_TTM = "{http://www.w3.org/ns/ttml#metadata}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

# What IMSC 1.1 Text allows of what a writer of captions may want, by hand from its §6 and §8.
_COLOUR = r"#[0-9a-f]{6}"
_PERCENT = r"\d+(?:\.\d+)?%"
_VALUES = {
    f"{_TTS}color": _COLOUR,
    f"{_TTS}backgroundColor": _COLOUR,
    f"{_TTS}fontFamily": r'(?:"(?:[^"\\]|\\.)*", )?(?:proportional|monospace)(?:Sans)?Serif',
    f"{_TTS}fontSize": _PERCENT,
    f"{_TTS}lineHeight": _PERCENT,
    f"{_TTS}fontStyle": "normal|italic",
    f"{_TTS}fontWeight": "normal|bold",
    f"{_TTS}textDecoration": "underline|noUnderline",
    f"{_TTS}textOutline": rf"{_COLOUR} {_PERCENT}",
    f"{_TTS}origin": rf"{_PERCENT} {_PERCENT}",
    f"{_TTS}extent": rf"{_PERCENT} {_PERCENT}",
    f"{_TTS}displayAlign": "before|center|after",
    f"{_TTS}textAlign": "left|center|right|start|end",
    f"{_TTS}overflow": "visible|hidden",
    f"{_TTS}showBackground": "always|whenActive",
    f"{_TTS}direction": "ltr|rtl",
    f"{_TTP}timeBase": "media",
    f"{_TTP}contentProfiles": re.escape("http://www.w3.org/ns/ttml/profile/imsc1.1/text"),
    f"{_TTP}cellResolution": r"[1-9]\d* [1-9]\d*",
    f"{_TTP}displayAspectRatio": r"[1-9]\d* [1-9]\d*",
    f"{_TTM}agent": r"speaker\d+",
    f"{_TTM}role": r"x-[a-z0-9_]+",
    f"{_XML}id": r"[A-Za-z_][\w.-]*",
    f"{_XML}lang": r"(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)?",
    f"{_XML}space": "default|preserve",
    "begin": r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3}",
    "end": r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3}",
    "region": "captions",
    "style": r"[a-z][\w-]*",
    "type": "person|full",
}
_CHILDREN = {
    "tt": ["head", "body"],
    "head": ["metadata", "styling", "layout"],
    "styling": ["style"],
    "layout": ["region"],
    "body": ["div"],
    "div": ["p"],
    "p": ["span", "br"],
    "metadata": ["title", "desc", "agent"],
    "agent": ["name"],
}


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _check(element: ET.Element) -> None:
    for key, value in element.attrib.items():
        assert re.fullmatch(_VALUES[key], value), (key, value)
    for child in element:
        assert _name(child) in _CHILDREN[_name(element)], (element.tag, child.tag)
        is_metadata = _name(child) in {"title", "desc", "agent", "name"}
        assert child.tag.startswith(_TTM if is_metadata else _TT)
        _check(child)


def _ms(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    seconds, ms = rest.split(".")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)


def _shown(paragraph: ET.Element) -> str:
    parts = ["\n" if _name(e) == "br" else (e.text or "") for e in paragraph]
    assert not (paragraph.text or "").strip()
    assert not any((e.tail or "") for e in paragraph)
    return "".join(parts)


def _read(made: StyledTrack, title: str = "talk.mp4") -> tuple[ET.Element, list[tuple[Span, str]]]:
    root = ET.fromstring(ttml_text(made, title=title))  # noqa: S314
    assert root.tag == f"{_TT}tt"
    _check(root)
    ids = [e.get(f"{_XML}id") for e in root.iter() if e.get(f"{_XML}id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        for key in ("style", "region", f"{_TTM}agent"):
            assert element.get(key) in {None, *ids}
    paragraphs = list(root.iter(f"{_TT}p"))
    cues = [(Span(_ms(p.get("begin")), _ms(p.get("end"))), _shown(p)) for p in paragraphs]
    assert all(one[0].end_ms <= two[0].start_ms for one, two in pairwise(cues))
    return root, cues


def test_words_times_styles_and_speakers_are_kept() -> None:
    made = track(
        cue(["so", ("MAD", ANGER)], [("yes!", JOY)], speaker="Tom & <Al>"),
        cue(["-->", "{x}"], start_ms=3_600_000, end_ms=3_601_007, speaker="Tom & <Al>"),
    )
    root, cues = _read(made)
    assert cues == [
        (Span(1000, 3000), "so MAD\nyes!"),
        (Span(3_600_000, 3_601_007), "--> {x}"),
    ]
    agents = {a.get(f"{_XML}id"): a[0].text for a in root.iter(f"{_TTM}agent")}
    assert agents == {"speaker1": "Tom & <Al>"}
    spans = [(s.get("style"), s.get(f"{_TTM}role"), s.text) for s in root.iter(f"{_TT}span")][:3]
    assert spans == [
        ("neutral-0", None, "so "),
        ("anger-3", "x-anger", "MAD"),
        ("happiness-4", "x-happiness", "yes!"),
    ]
    styles = {s.get(f"{_XML}id"): s for s in root.iter(f"{_TT}style")}
    anger = styles["anger-3"]
    assert anger.get(f"{_TTS}color") == "#ff5040"
    assert anger.get(f"{_TTS}fontSize") == "130%"
    assert anger.get(f"{_TTS}fontFamily") == '"Bebas Neue", proportionalSansSerif'
    assert anger.get(f"{_TTS}textOutline") == "#000000 6.15%"  # 0.08 em of the base size
    assert styles["sadness-2"].get(f"{_TTS}fontStyle") == "italic"
    assert styles["neutral-0"].get(f"{_TTS}fontWeight") == "bold"  # Poppins 600


def test_letters_are_as_high_as_on_the_canvas() -> None:
    for width, height, base in ((1920, 1080, 54.0), (640, 360, 24.0), (1080, 1920, 67.5)):
        made = replace(track(cue(["x"])), canvas=Canvas(width, height, base))
        root, _ = _read(made)
        rows = int(root.get(f"{_TTP}cellResolution").split()[1])
        percent = float(next(root.iter(f"{_TT}div")).get(f"{_TTS}fontSize").rstrip("%"))
        assert abs(height / rows * percent / 100 - base) < 0.01
        shape = root.get(f"{_TTP}displayAspectRatio").split()
        assert int(shape[0]) * height == int(shape[1]) * width


def test_text_stands_in_the_safe_area_above_the_bottom() -> None:
    made = replace(track(cue(["x"])), canvas=Canvas(1280, 720, 36.0, safe=0.8, bottom=0.15))
    region = next(_read(made)[0].iter(f"{_TT}region"))
    assert region.get(f"{_TTS}origin") == "10% 10%"
    assert region.get(f"{_TTS}extent") == "80% 75%"  # down to 85 %, 15 % above the edge
    assert region.get(f"{_TTS}displayAlign") == "after"


def test_boxes_outlines_labels_and_directions() -> None:
    boxed = {**STYLES, ANGER: replace(PLAIN, box="#102030", underline=True, outline_em=0.5)}
    made = track(replace(cue([("שלום", ANGER), "x"]), label="[Jane]"), styles=boxed)
    root, cues = _read(made)
    assert cues[0][1] == "[Jane] שלום x"
    anger = next(s for s in root.iter(f"{_TT}style") if s.get(f"{_XML}id") == "anger-3")
    assert anger.get(f"{_TTS}backgroundColor") == "#102030"
    assert anger.get(f"{_TTS}textOutline") is None
    assert next(root.iter(f"{_TT}p")).get(f"{_TTS}direction") == "rtl"
    texts = [s.text for s in root.iter(f"{_TT}span")]
    assert texts == ["[Jane] ", "שלום", " x"]  # the space is not underlined
    wide = {**STYLES, ANGER: replace(PLAIN, outline_em=0.5)}
    root, _ = _read(track(cue([("x", ANGER)]), styles=wide))
    outlines = [s.get(f"{_TTS}textOutline") for s in root.iter(f"{_TT}style")]
    assert outlines[0] == "#000000 10%"  # the most that the profile allows


def test_what_cannot_be_shown_is_left_out() -> None:
    _, cues = _read(track(cue(["\x00"]), cue(["x"], start_ms=4000, end_ms=4000)))
    assert cues == []


@given(
    texts=st.lists(st.text(min_size=1), min_size=1, max_size=4),
    speaker=st.text(),
    label=st.text(),
    title=st.text(),
    family=st.text(),
)
def test_any_text_survives(
    texts: list[str], speaker: str, label: str, title: str, family: str
) -> None:
    styles = {**STYLES, ANGER: replace(PLAIN, family=family)}
    one = replace(cue(texts, speaker=speaker), label=label)
    last = cue([("end", ANGER)], start_ms=4000, end_ms=5000)
    made = track(one, last, styles=styles, language="\n")
    root, cues = _read(made, title)
    words = [one_line(text) for text in texts if one_line(text).strip()]
    name = one_line(label).strip()
    expected = " ".join([*([name] if name else []), *words]) if words else None
    assert [shown for _, shown in cues] == [*([expected] if expected else []), "end"]
    titles = next(root.iter(f"{_TTM}title")).text or ""
    assert titles == one_line(title).strip()
    named = [a[0].text for a in root.iter(f"{_TTM}agent")]
    assert named == ([one_line(speaker).strip()] if one_line(speaker).strip() else [])


def test_the_renderer_writes_utf_8(tmp_path: Path) -> None:
    out = tmp_path / "talk.ttml"
    told: list[float] = []
    TtmlRenderer().render(job(document(name="ä & b.mp4")), out, progress=told.append)
    assert told == [1.0]
    root = ET.fromstring(out.read_bytes())  # noqa: S314
    _check(root)
    assert next(root.iter(f"{_TTM}title")).text == "ä & b.mp4"
    assert len({p.get(f"{_TTM}agent") for p in root.iter(f"{_TT}p")}) == 2
