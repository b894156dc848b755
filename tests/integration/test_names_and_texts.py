"""File names and words as people, and attackers, write them: they work and do no harm."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pysubs2
import pytest

from sentigram import registry
from sentigram.cli.app import main
from sentigram.core.document import DocumentMedia, dumps, read_document
from tests import media_samples
from tests.documents import document
from tests.fakes import use_fakes

NAMES = (
    'it\'s "quoted"',
    "[brackets] (and) {braces}",
    "colons: a:b;c,d=e",
    "new\nline and\ttab",
    "emoji 😀 日本 עברית",
    "--to",
    "-i",
    "percent %d %20 #1 ?x=1 & more",
    "back\\slash 'x':force_style=1",
    "$(touch hacked) `touch hacked`; touch hacked",
    "file:concat|x",
    " spaces ",
    os.fsdecode(b"of another encoding \xe9"),
)
# That pages find a video of any name, tests/browser/test_page.py has from a browser.
WITH_PAGE = ("new\nline and\ttab", NAMES[-1])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("video") / "talk.mp4"
    return media_samples.video_with_tone(out, size="160x90").read_bytes()


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is in a page about plain words."""
    source = tmp_path_factory.mktemp("plain") / "talk.sentigram.json"
    source.write_text(dumps(document(("Hello there.", "anger"))), encoding="utf-8")
    assert main(["render", str(source), "--to", "html", "-q"]) == 0
    return _scripts(source.with_name("talk.html"))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_names_work_from_sound_to_video(
    name: str, video: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_fakes(monkeypatch)
    (tmp_path / f"{name}.mp4").write_bytes(video)
    suffixes = registry.suffixes()
    if name not in WITH_PAGE:
        del suffixes["html"]
    flags = ["--to", ",".join(suffixes), "--encoder-preset", "ultrafast", "-q"]
    assert main(["render", *flags, "--", f"{name}.mp4"]) == 0
    expected = {f"{name}.mp4"} | {f"{name}{suffix}" for suffix in suffixes.values()}
    assert {path.name for path in tmp_path.iterdir()} == expected
    made = read_document(tmp_path / f"{name}.sentigram.json")
    assert made.media.name == f"{name}.mp4"
    (event,) = pysubs2.load(str(tmp_path / f"{name}.srt"))
    assert event.plaintext == "Hello there, friend."
    assert main(["render", "--to", "srt", "--overwrite", "-q", "--", f"{name}.sentigram.json"]) == 0


TEXTS = (
    r"{\b1}bold{\b0} words",
    r"{\pos(0,0)\fs200}big \N \h tricks",
    "<script>alert(1)</script> hello",
    "<img src=x onerror=alert(1)> hello",
    "a --> b -- c",
    "&lt;b&gt; &amp; <i>tag",
    "שלום עולם, מה שלומך",
    "مرحبا بالعالم",
    "你好，世界。今天好吗？",
    "こんにちは 世界",
    "emoji 😀 👩‍👩‍👧 fun",
)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is made of a Document in which all of the texts are said, of a video of such a name."""
    folder = tmp_path_factory.mktemp("drawn")
    media = DocumentMedia("<script>alert(1)<∕script>\"'&.mp4", 60_000, 640, 360)
    made = document(*((text, "happiness") for text in TEXTS), media=media)
    (folder / "talk.sentigram.json").write_text(dumps(made), encoding="utf-8")
    source = str(folder / "talk.sentigram.json")
    assert main(["render", source, "--to", "html,ass,srt,vtt", "-q"]) == 0
    return folder


def test_names_and_words_of_a_document_are_no_markup(drawn: Path, harmless: list[str]) -> None:
    assert _scripts(drawn / "talk.html") == harmless
    assert "<img src=x" not in (drawn / "talk.html").read_text(encoding="utf-8")
    # SRT and VTT: a reader that is not ours finds each cue, and no time line inside of one.
    for suffix in (".srt", ".vtt"):
        lines = (drawn / f"talk{suffix}").read_text(encoding="utf-8").splitlines()
        times = [line for line in lines if "-->" in line]
        assert len(times) == len(pysubs2.load(str(drawn / "talk.srt"))) > 1, suffix
    for event in pysubs2.load(str(drawn / "talk.ass")):
        for block in re.findall(r"\{[^}]*\}", event.text):
            fallback = re.sub(r"\\fn[\w ]+ Captions\\b1", "", block)  # our own choice of a face
            assert r"\b1" not in fallback
            assert r"\pos(0,0)" not in block


@pytest.mark.parametrize("text", TEXTS)
def test_words_of_a_document_survive_everywhere(text: str, drawn: Path) -> None:
    events = pysubs2.load(str(drawn / "talk.ass"))
    shown = "".join(event.plaintext for event in events)
    assert _letters(text) in _letters(shown) or "{" in text or "\\" in text


@pytest.fixture(scope="module")
def of_sidecar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is made of a recording beside which all of the texts lie as subtitles."""
    folder = tmp_path_factory.mktemp("sidecar")
    media_samples.audio_only(folder / "talk.wav", seconds=len(TEXTS))
    cues = (
        f"{n + 1}\n00:00:{n:02d},100 --> 00:00:{n:02d},950\n{text}\n\n"
        for n, text in enumerate(TEXTS)
    )
    (folder / "talk.srt").write_text("".join(cues), encoding="utf-8")
    args = ["render", str(folder / "talk.wav"), "--language", "fr", "-q"]
    with pytest.MonkeyPatch.context() as patch:
        transcriber = use_fakes(patch)
        kinds = "html,ass,srt,vtt,json"
        assert main([*args, "--to", kinds, "--out", str(folder / "o")]) == 0
        assert transcriber.calls == 0
    return folder / "o"


def test_words_of_a_sidecar_survive(of_sidecar: Path, harmless: list[str]) -> None:
    made = read_document(of_sidecar / "talk.sentigram.json")
    said = "".join(word.text for word in made.transcript.words())
    # Markup of SRT is gone; what is none was written to be read.
    plain = [_letters(re.sub(r"\{\\[^}]*\}|<i>", " ", text)) for text in TEXTS]
    assert [text for text in plain if text not in _letters(said)] == []
    assert _letters(said) == "".join(plain)
    assert _scripts(of_sidecar / "talk.html") == harmless


_EVIL_THEME = r"""
name = "x</style>{\\b1},--> ]]>"
[emotion.anger]
family = "A\", B; } body { display:none } </style>-->{\\fs99},"
description = "<img src=x onerror=alert(1)> {color} {x.__class__} %s letters"
[emotion.happiness]
family = "F,Outline=99"
"""


def test_a_theme_from_a_stranger_only_changes_looks(tmp_path: Path, harmless: list[str]) -> None:
    (tmp_path / "talk.sentigram.json").write_text(
        dumps(document(("Hello there.", "anger"))), encoding="utf-8"
    )
    (tmp_path / "evil.toml").write_text(_EVIL_THEME, encoding="utf-8")
    kinds = "html,ass,effects,srt,vtt,ttml,srv3,timeline"
    assert main(["render", "talk.sentigram.json", "--theme", "evil.toml", "--to", kinds, "-q"]) == 0
    assert _scripts(tmp_path / "talk.html") == harmless
    for suffix in (".ass", ".effects.ass"):
        made = pysubs2.load(str(tmp_path / f"talk{suffix}"))
        (name,) = {e.style for e in made if e.type == "Dialogue"} - {"Default", "Shapes"}
        assert made.styles[name].fontname.startswith('A"')
        assert (made.styles[name].alignment, made.styles[name].marginl > 0) == (2, True)
    for suffix in (".ttml", ".srv3"):
        ET.fromstring((tmp_path / f"talk{suffix}").read_bytes())  # noqa: S314
    head, _, body = (tmp_path / "talk.vtt").read_text(encoding="utf-8").partition("STYLE\n")
    rules, _, cues = body.partition("\n\n")
    assert "-->" not in head + rules
    assert all(rule.count("{") == rule.count("}") == 1 for rule in rules.splitlines())
    assert cues.count("-->") == 1


class _Scripts(HTMLParser):
    """Counts script elements and event attributes, as a parser that is not ours sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "img", "object", "embed"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on")]


def _scripts(page: Path) -> list[str]:
    parser = _Scripts()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found
