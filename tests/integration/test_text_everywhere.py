"""Any words go through every kind of result and come back, as readers that are not ours see them.

What each format may change is said once, in docs/formats.md; the functions `shown`, `_srt` and
`_ass` below say it again, character by character.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import numpy as np
import pysubs2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sentigram.core.document import Document, dumps, loads
from sentigram.core.protocols import RenderJob
from sentigram.core.style import StyledTrack
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.media.commands import FONTS_NAME, SUBTITLES_NAME
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import probe
from sentigram.render.ass.attached_fonts import FILLER
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.html.data import island, page_data
from sentigram.render.mkv import MkvRenderer
from sentigram.render.picture.burn import Flavour, subtitles_folder
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests import media_samples
from tests.documents import document
from tests.render import frames
from tests.render.tracks import cue, track

_LINE_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
_NOT_SHOWN = "\ufeff\ufffe\uffff"
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HOSTILE = (
    r"{\b1}bold{\b0}", r"{\pos(0,0)}", r"\N", r"\n", r"\h", r"\{x\}", "{", "}", "\\", "{}", "}{",
    "a\\", r"{\p1}m", "-->", "a-->b", "--", ">", "<", "<i>x</i>", "<v Bob>", "<00:01.000>",
    "</v>", "<c.anger>", "&lt;", "&amp;lt;", "&", "&#60;", "&nbsp;", "]]>", "<![CDATA[", "<!--",
    "--!>", "</script>", "<script>", "</style>", "<img/src=x/onerror=x()>", "NOTE", "STYLE",
    "WEBVTT", "1", "00:01", "Dialogue:", "[Events]", ";", ",", "\ufeffx", "x\x00y", "a\x1bb",
    "a\x85b", "\x7fz", "a\tb", "a\x1db", "\uffffx\ufffex", "${x}", "{{x}}", "%s", "constructor",
    "__proto__", "\u202eabc", "abc\u2069", "\u2067א", "שלום", "مرحبا", "नमस्ते", "ไทย", "한국어",
    "日本語", "e\u0301\u0323\u0301", "👩\u200d👩\u200d👧", "🏳️\u200d🌈", "x" * 90, "ß", "İi", "ﬁ",
    "\u00adsoft", "a\u00a0b", "\u3000x", "\U0001d4d0", "\U0010fffd", "\ue000",
)  # fmt: skip


def _is_word(text: str) -> bool:
    """What a Document takes as a word (core/document.schema.json), with something to show."""
    return not set(text) & set("\n\r\u2028\u2029") and shown(text).strip() != ""


def shown(text: str) -> str:
    """What every format for players does: one line, no controls."""
    made = "".join(" " if char in _LINE_BREAKS else char for char in text)
    return "".join(c for c in made if unicodedata.category(c) != "Cc" and c not in _NOT_SHOWN)


def _srt(text: str) -> str:
    wide = {"{": "｛", "}": "｝", "<": "＜", ">": "＞", "\\": "\\\u2060"}
    return "".join(wide.get(c, c) for c in shown(text).replace("-->", "→"))


def _ass(text: str) -> str:
    """Bidi controls are closed, or added, per line: a test of their own looks at them."""
    wide = {"{": "｛", "}": "｝", "\\": "\\\u2060"} | dict.fromkeys(_BIDI, "")
    return "".join(wide.get(c, c) for c in shown(text))


def letters(text: str) -> str:
    """Text without spaces: lines, and pieces of long words, are put together by that.

    One of the spaces is what `attached_fonts.FILLER` puts before emoji that stand alone.
    """
    return "".join(char for char in text if not char.isspace() and char != FILLER)


_words = (
    st.one_of(
        st.sampled_from(HOSTILE),
        st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8),
        st.text("{}\\Nnh<>&-;/!]b1cv. ", min_size=1, max_size=12),
        st.text("אبञก한語a1\u0301\u200d\u202e\u2067\u2069👩 ", min_size=1, max_size=8),
        st.text(st.characters(exclude_categories=("Cs",)), min_size=60, max_size=120),
    ).filter(_is_word)
)  # fmt: skip


def written(words: list[str]) -> Document:
    made = document((" ".join("x" for _ in words), "neutral"))
    (utterance,) = made.transcript.utterances
    spoken = tuple(Word(text, word.span) for text, word in zip(words, utterance.words, strict=True))
    said = Utterance("u1", utterance.span, spoken, "Ann")
    media = replace(made.media, shots_ms=(0, 700))
    return Document(media, Transcript("en", (said,)), made.track, made.engine)


def _style(of: Document) -> StyledTrack:
    return styling.style(of, load())


def _expected(words: list[str], said: Callable[[str], str]) -> str:
    return letters(" ".join(said(word) for word in words))


def _read_srt(text: str) -> str:
    # pysubs2 takes digits at the very end for the number of a next cue: let there be one.
    events = pysubs2.SSAFile.from_string(text + "\n99\n", format_="srt")
    return " ".join(event.text.replace(r"\N", " ") for event in events)


def _read_vtt(text: str) -> str:
    """By the specification: blocks, tags in angle brackets, and three escapes."""
    blocks = [block.split("\n") for block in text.split("\n\n")]
    bodies = ["\n".join(lines[1:]) for lines in blocks if "-->" in lines[0]]
    assert sum(body.count("-->") for body in bodies) == 0
    return html.unescape(re.sub(r"<[^>]*>", "", " ".join(bodies)))


def _read_ttml(text: str) -> str:
    root = ET.fromstring(text)  # noqa: S314
    paragraphs = root.iter("{http://www.w3.org/ns/ttml}p")
    return " ".join("".join(p.itertext()) for p in paragraphs)


def _read_srv3(text: str) -> str:
    root = ET.fromstring(text)  # noqa: S314
    return " ".join("".join(s.text or "" for s in p) for p in root.iter("p"))


def _read_ass(text: str, *, layer: int = 0, kind: str = "Dialogue") -> str:
    events = pysubs2.SSAFile.from_string(text, format_="ass")
    bodies = [e.text for e in events if e.layer == layer and e.type == kind]
    letters = (re.sub(r"\{\\[^}]*\}", "", body) for body in bodies)
    joined = " ".join(re.sub(r"\\[Nh]", " ", body) for body in letters)
    return "".join(char for char in joined if char not in _BIDI)


@settings(max_examples=60)
@given(words=st.lists(_words, min_size=1, max_size=5))
@example(words=list(HOSTILE))
def test_any_words_come_back_from_every_text_format(words: list[str]) -> None:
    made = written(words)
    styled = _style(made)
    assert letters(_read_srt(srt_text(styled))) == _expected(words, _srt)
    assert letters(_read_vtt(vtt_text(styled))) == _expected(words, shown)
    assert letters(_read_ttml(ttml_text(styled, title=words[0]))) == _expected(words, shown)
    assert letters(_read_srv3(srv3_text(styled))) == _expected(words, shown)
    editable = ass_text(styled, title=words[0], motion="full", embed_fonts=False)
    assert letters(_read_ass(editable)) == _expected(words, _ass)
    effects = effects_text(styled, title=words[0], motion="full", embed_fonts=False)
    assert letters(_read_ass(effects, kind="Comment")) == _expected(words, _ass)
    in_order = sorted(letters(_read_ass(effects, layer=2)))  # a line from right to left is placed
    assert in_order == sorted(_expected(words, _ass))
    for text in (editable, effects):
        assert text.splitlines().count("[Events]") == 1


@settings(max_examples=60)
@given(words=st.lists(_words, min_size=1, max_size=5))
@example(words=list(HOSTILE))
def test_documents_and_pages_keep_words_as_they_are(words: list[str]) -> None:
    made = written(words)
    assert loads(dumps(made)) == made
    look = styling.look(made, load())
    job = RenderJob(made, _style(made), (look,), "none", None)
    span = made.transcript.utterances[0].span
    text = island(page_data(job, title=words[0], href="./x", name=words[0], span=span))
    assert not re.search("[<>&\u2028\u2029]", text)
    data = json.loads(text)
    assert data["words"]["text"] == words
    # What the page saves begins with this; every field of a Document's head must be there.
    head = json.loads(dumps(made))
    kept = {name: head[name] for name in ("media", "language", "engine")}
    assert data["document"] == {**kept, "lines": []}


def test_matroska_holds_the_words(tmp_path: Path) -> None:
    """Demuxed by PyAV: ASS packets end with the event's text, SubRip packets are the text."""
    video = media_samples.video_with_tone(tmp_path / "talk.mp4", seconds=1, size="160x90")
    words = list(HOSTILE)
    made = written(words)
    out = tmp_path / "talk.mkv"
    MkvRenderer().render(RenderJob(made, _style(made), (), "none", probe(video)), out)
    with av.open(str(out)) as container:
        streams = [stream for stream in container.streams if stream.type == "subtitle"]
        found: dict[int, list[str]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams):
            if packet.size:
                found[packet.stream.index].append(bytes(packet).decode())
    editable, _, plain = found.values()
    bodies = " ".join(packet.split(",", 8)[8] for packet in editable)
    bodies = re.sub(r"\\[Nh]", " ", re.sub(r"\{\\[^}]*\}", "", bodies))
    assert letters("".join(char for char in bodies if char not in _BIDI)) == _expected(words, _ass)
    assert letters(" ".join(plain)) == _expected(words, _srt)


_ACTING = (
    r"{\b1}bold", r"{\fs200}x", r"x{\pos(0,0)}y", r"{\an8}x", r"{\alpha&HFF&}x", r"a\Nb", r"a\nb",
    r"a\hb", r"{\p1}m 0 0 l 99 0 99 99", r"\{x\}", "{x", "x}", "\\", r"a\{b", r"{\t(\fs99)}x",
    r"{\r}x", "{}", r"{\k50}x", r"{*}x", r"{\clip(0,0,1,1)}x", "<b>x</b>", "&lt;", "x,y;z",
)  # fmt: skip


@pytest.mark.parametrize("flavour", ["editable", "effects"])
def test_libass_draws_marks_as_letters(flavour: Flavour, tmp_path: Path) -> None:
    """Pixel for pixel what an event shows whose text holds nothing but letters.

    That event is written here: full-width braces, which our fonts draw as braces, and backslashes
    that an invisible space keeps from what follows them.
    """
    for text in _ACTING:
        styled = track(cue([text]), width_px=480, height_px=120)
        drawn, _ = frames.draw(styled, 2000, tmp_path, flavour=flavour)
        plain = text.translate({ord("{"): "｛", ord("}"): "｝", ord("\\"): "\\\u200b"})
        expected = _drawn_with(plain, styled, flavour, tmp_path)
        assert frames.ink(drawn).sum() > 20, text
        assert np.array_equal(drawn, expected), text


def _drawn_with(
    text: str, styled: StyledTrack, flavour: Flavour, folder: Path
) -> NDArray[np.int16]:
    """The frame of a track with other text in its one word, put in place of what we wrote."""
    with subtitles_folder(styled, motion="none", flavour=flavour) as made:
        path = made / SUBTITLES_NAME
        file = pysubs2.load(str(path))
        (event,) = (e for e in file if e.type == "Dialogue" and r"\p1" not in e.text[:80])
        place = re.match(r"\{\\an5[^}]*\}", event.text)
        event.text = (place.group() if place else "") + text
        out = folder / "expected.png"
        file.save(str(path))
        source = f"color=c=black:s={styled.canvas.width_px}x{styled.canvas.height_px}"
        shown = f"format=gbrp,setpts=PTS+2/TB,ass={SUBTITLES_NAME}:fontsdir={FONTS_NAME}"
        argv = [find_ffmpeg().path, "-v", "error", "-f", "lavfi", "-i", source, "-vf", shown]
        run([*argv, "-frames:v", "1", "-update", "1", f"file:{out}"], cwd=made)
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)
