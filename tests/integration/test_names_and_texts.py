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

ALL = ",".join(registry.suffixes())
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
    flags = ["--to", ALL, "--preset", "ultrafast", "-q"]
    assert main(["render", *flags, "--", f"{name}.mp4"]) == 0
    expected = {f"{name}.mp4"} | {f"{name}{suffix}" for suffix in registry.suffixes().values()}
    assert {path.name for path in tmp_path.iterdir()} == expected
    made = read_document(tmp_path / f"{name}.sentigram.json")
    assert made.media.name == f"{name}.mp4"
    (event,) = pysubs2.load(str(tmp_path / f"{name}.srt"))
    assert event.plaintext == "Hello there, friend."
    assert main(["render", "--to", "srt", "--overwrite", "-q", "--", f"{name}.sentigram.json"]) == 0


def test_names_do_not_become_markup(tmp_path: Path, harmless: list[str]) -> None:
    name = "<script>alert(1)</script>\"'&.mp4"
    made = document(
        ("Hello there.", "anger"), media=DocumentMedia(name.replace("/", "∕"), 2000, 640, 360)
    )
    (tmp_path / "talk.sentigram.json").write_text(dumps(made), encoding="utf-8")
    assert main(["render", "talk.sentigram.json", "--to", "html", "-q"]) == 0
    assert _scripts(tmp_path / "talk.html") == harmless


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


@pytest.mark.parametrize("text", TEXTS)
def test_words_of_a_document_survive_everywhere(
    text: str, tmp_path: Path, harmless: list[str]
) -> None:
    made = document((text, "happiness"))
    (tmp_path / "talk.sentigram.json").write_text(dumps(made), encoding="utf-8")
    assert main(["render", "talk.sentigram.json", "--to", "html,ass,srt,vtt", "-q"]) == 0
    said = " ".join(text.split())
    page = (tmp_path / "talk.html").read_text(encoding="utf-8")
    assert _scripts(tmp_path / "talk.html") == harmless
    assert "<img src=x" not in page
    # SRT and VTT: a reader that is not ours finds one cue, and no time line inside of it.
    for suffix in (".srt", ".vtt"):
        lines = (tmp_path / f"talk{suffix}").read_text(encoding="utf-8").splitlines()
        times = [line for line in lines if "-->" in line]
        assert len(times) == len(pysubs2.load(str(tmp_path / "talk.srt"))), suffix
    events = pysubs2.load(str(tmp_path / "talk.ass"))
    shown = " ".join(event.plaintext.replace("\n", " ") for event in events)
    letters = re.sub(r"\W", "", said)
    assert letters.casefold() in re.sub(r"\W", "", shown).casefold() or "{" in text or "\\" in text
    for event in events:
        for block in re.findall(r"\{[^}]*\}", event.text):
            fallback = re.sub(r"\\fn[\w ]+ Captions\\b1", "", block)  # our own choice of a face
            assert r"\b1" not in fallback
            assert r"\pos(0,0)" not in block


@pytest.mark.parametrize("text", TEXTS)
def test_words_of_a_sidecar_survive(
    text: str,
    video: bytes,
    harmless: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    transcriber = use_fakes(monkeypatch)
    (tmp_path / "talk.mp4").write_bytes(video)
    (tmp_path / "talk.srt").write_text(
        f"1\n00:00:00,100 --> 00:00:00,950\n{text}\n\n", encoding="utf-8"
    )
    args = ["render", "talk.mp4", "--language", "fr", "--to", "html,ass,srt,vtt,json", "-q"]
    assert main([*args, "--out", "o"]) == 0
    assert transcriber.calls == 0
    made = read_document(tmp_path / "o" / "talk.sentigram.json")
    plain = re.sub(
        r"\{\\[^}]*\}|<i>", " ", text
    )  # markup of SRT; what is none was written to be read
    said = "".join(word.text for word in made.transcript.words())
    assert re.sub(r"\W", "", said) == re.sub(r"\W", "", plain)
    assert _scripts(tmp_path / "o" / "talk.html") == harmless


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
