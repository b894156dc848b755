"""The table of grammars: each row is a module of the same shape, and a new one needs no more."""

from __future__ import annotations

from inspect import signature

import pysubs2
import pytest

from sentigram import formats
from sentigram.check.checking import CheckOptions, check_file
from sentigram.errors import TranscriptError
from sentigram.media.probe import probe
from sentigram.words.given import find_given, read_given, read_transcript
from tests import media_samples as samples
from tests.formats.files import ass, cues, said, srt, texts, transcript_of, vtt

TOY = "TOY\n0.1 0.4 Ann: Hello there.\n0.5 0.9 Bo: Good bye."


@pytest.mark.parametrize("kind", formats.GRAMMARS)
def test_every_grammar_has_the_shape_of_one(kind):
    module = formats.grammar(kind)
    assert all(suffix.startswith(".") and suffix.islower() for suffix in module.SUFFIXES)
    assert isinstance(module.SIGNED, bool)
    assert list(signature(module.read).parameters) == ["text", "name", "fps"]
    assert not module.recognizes("")


def test_those_that_can_be_corrected():
    shapes = [formats.editable(kind) for kind in (*formats.GRAMMARS, "microdvd")]
    able = [module.SUFFIXES[0] for module in shapes if module is not None]
    assert able == [".srt", ".vtt", ".ass"]
    for module in filter(None, shapes):
        for source in ("", "two\nlines", "<i>a</i> {b} c"):
            assert "".join(module.pieces(source)) == source
            assert module.LINE_BREAK.join(module.source_lines(source)) == source


@pytest.fixture
def toy(monkeypatch):
    """All that a new subtitle format needs: its file, and this row."""
    monkeypatch.setitem(formats.GRAMMARS, "toy", "tests.formats.toy")


@pytest.mark.usefixtures("toy")
def test_a_new_grammar_is_one_file_and_one_row(tmp_path):
    media = probe(samples.video_with_tone(tmp_path / "talk.mp4"))
    path = tmp_path / "talk.toy"
    path.write_text(TOY, encoding="utf-8")
    assert formats.kind_of(TOY, ".srt") == "toy"
    assert [caption.speaker for caption in formats.read(path).captions] == ["Ann", "Bo"]
    utterances = read_transcript(path).transcript.utterances
    assert [(u.speaker, u.text) for u in utterances] == [
        ("Ann", "Hello there."),
        ("Bo", "Good bye."),
    ]
    warnings: list[str] = []
    found = find_given(media, transcript=None, use_sidecar=True, warn=warnings.append)
    assert found is not None
    assert (found.path, warnings) == (path, [])
    assert read_given(found, media, workdir=tmp_path).transcript.utterances == utterances
    report = check_file(path, CheckOptions())
    assert {finding.line_number for finding in report.findings} == {2, 3}


def test_without_the_row_there_is_no_toy(tmp_path):
    path = tmp_path / "talk.toy"
    path.write_text(TOY, encoding="utf-8")
    with pytest.raises(TranscriptError, match=r"not a transcript; give one of \.srt"):
        formats.read(path)


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (vtt("Hi"), ".srt"),
        (ass(said("Hi")), ".txt"),
        (srt("Hi"), ".txt"),
        (srt("Hi"), ""),
        ('{"segments": [{"start": 1, "end": 2, "text": "Hi"}]}', ".txt"),
    ],
)
def test_what_a_file_holds_counts_more_than_its_name(text, suffix):
    assert texts(text, suffix) == ["Hi"]
    assert transcript_of(text, suffix, "given").has_times


def test_an_unknown_format():
    with pytest.raises(TranscriptError, match=r"given: not a transcript; give one of \.srt"):
        transcript_of("words", ".docx", "given")


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_pysubs2_agrees(suffix):
    subs = pysubs2.SSAFile()
    for n, text in enumerate(["Hello there.", "It's two\\Nlines", "Grüße, 世界!", "1 < 2"]):
        subs.append(pysubs2.SSAEvent(start=n * 2000 + 120, end=n * 2000 + 1980, text=text))
    written = subs.to_string(suffix[1:])
    expected = [(e.start, e.end, "", " ".join(e.plaintext.split())) for e in subs]
    if suffix == ".vtt":
        written = written.replace("1 < 2", "1 &lt; 2")
    assert cues(written, suffix) == expected
