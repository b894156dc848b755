from __future__ import annotations

import json
import os
from dataclasses import replace
from fractions import Fraction

import pysubs2
import pytest

from sentigram.core.document import Document, DocumentMedia, dumps
from sentigram.core.emotion import EmotionTrack, LabelSet, WordEmotion
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import TranscriptError
from sentigram.formats import decoding
from sentigram.formats.marks import MARKER, SRT_MARK
from sentigram.media.probe import probe
from sentigram.reading import SUBTITLES
from sentigram.render.mkv import PLAIN
from sentigram.words.given import find_given, read_given, read_transcript
from tests import media_samples as samples

SRT = "1\n00:00:00,100 --> 00:00:00,600\nHello there.\n"
VTT = "WEBVTT\n\n00:00.100 --> 00:00.600\nHello there.\n"
ASS = "[Script Info]\n\n[Events]\nDialogue: 0,0:00:00.10,0:00:00.60,D,,0,0,0,,Hello there.\n"


@pytest.fixture
def talk(tmp_path):
    """A video `talk [1].mp4` of one second, alone in a folder."""
    folder = tmp_path / "videos"
    folder.mkdir()
    return probe(samples.video_with_tone(folder / "talk [1].mp4"))


def beside(media, suffix, text=SRT):
    path = media.path.with_name(media.path.stem + suffix)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def find(media, *, transcript=None, use_sidecar=True, **options):
    warnings = []
    found = find_given(
        media, transcript=transcript, use_sidecar=use_sidecar, warn=warnings.append, **options
    )
    return found, warnings


def write_document(media, text, *, source):
    words = tuple(
        Word(w, Span(10 * i, 10 * i + 9), source=source) for i, w in enumerate(text.split())
    )
    transcript = Transcript("en", (Utterance("u1", Span(0, words[-1].span.end_ms), words),))
    readings = (WordEmotion("neutral", (1.0,), 0.0),) * len(words)
    document = Document(
        DocumentMedia(media.path.name, 1000),
        transcript,
        EmotionTrack(LabelSet(("neutral",)), readings),
    )
    beside(media, ".sentigram.json", dumps(document))


def test_nothing(talk):
    assert find(talk) == (None, [])


def test_the_given_one_comes_first(talk, tmp_path):
    beside(talk, ".srt")
    mine = tmp_path / "mine.vtt"
    mine.write_text(VTT, encoding="utf-8")
    found, _ = find(talk, transcript=mine)
    assert (found.kind, found.path) == ("given", mine)
    assert found.line == "transcript: mine.vtt (`transcript`)"
    assert find(talk, transcript=mine, use_sidecar=False)[0] == found


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".srt", SRT),
        (".SRT", SRT),
        (".vtt", VTT),
        (".ass", ASS),
        (".txt", "Hello there."),
        (".json", '{"segments": [{"start": 0, "end": 1, "text": "Hello there."}]}'),
        (".en.srt", SRT),
        (".en-US.vtt", VTT),
        (".eng.sdh.srt", SRT),
    ],
)
def test_sidecars(talk, suffix, text):
    path = beside(talk, suffix, text)
    found, warnings = find(talk)
    assert (found.kind, found.path, warnings) == ("sidecar", path, [])
    assert found.line == (
        f"transcript: talk [1]{suffix} beside the video (`use_sidecar=False` to ignore)"
    )
    assert found.language == ("en" if ".en" in suffix else "")
    read = read_given(found, talk, workdir=path.parent)
    assert [w.text for w in read.transcript.words()] == ["Hello", "there."]
    assert find(talk, use_sidecar=False) == (None, [])


def test_other_files_are_no_sidecars(talk):
    for suffix in (".info.json", ".notes.txt", ".forced.srt", "2.srt", ".srt.bak"):
        beside(talk, suffix)
    beside(talk, ".json", '{"title": "what another program knows about it"}')
    talk.path.with_name("talk [1].srt").mkdir()
    assert find(talk) == (None, [])


def test_frames_are_those_of_the_video(talk):
    assert talk.fps
    path = beside(talk, ".sub", "{5}{20}Hello there.\n")
    found, _ = find(talk)
    (utterance,) = read_given(found, talk, workdir=path.parent).transcript.utterances
    assert utterance.span.start_ms == round(5 * 1000 / talk.fps)
    with pytest.raises(TranscriptError, match="counts in frames"):
        read_given(found, replace(talk, fps=Fraction(0)), workdir=path.parent)


@pytest.mark.parametrize("data", [b"\0\1\2" * 2000, b"00:00:01.00,00:00:02.00\nSubViewer\n"])
def test_other_files_of_those_names_are_left_alone(talk, data):
    talk.path.with_name("talk [1].sub").write_bytes(data)
    beside(talk, ".ttml", '<tt><p begin="0s" end="1s">ours, perhaps</p></tt>')
    assert find(talk) == (None, [])


def test_the_order_of_sidecars(talk):
    for suffix, text in ((".en.srt", SRT), (".txt", "Hello there."), (".vtt", VTT), (".srt", SRT)):
        path = beside(talk, suffix, text)
    assert find(talk)[0].path == path
    path.unlink()
    assert find(talk)[0].path.suffix == ".vtt"


def test_languages_of_sidecars(talk):
    german, english = beside(talk, ".de.srt"), beside(talk, ".en.srt")
    assert find(talk, language="en")[0].path == english
    assert find(talk, language="fr") == (None, [])
    found, (warning,) = find(talk)
    assert found is None
    assert "talk [1].de.srt, talk [1].en.srt lie beside the video; say which" in warning
    english.unlink()
    assert find(talk)[0].path == german


def test_the_sounds_own_language_decides(tmp_path):
    media = probe(samples.two_languages(tmp_path / "a.mkv"))
    beside(media, ".en.srt")
    german = beside(media, ".de.srt")
    assert find(media)[0].path == german  # the default audio stream
    first = probe(media.path, audio_stream=0)
    assert find(first)[0].path.name == "a.en.srt"


def test_notes_are_not_taken_for_what_is_said(talk):
    beside(talk, ".txt", "word " * 2000)
    found, (warning,) = find(talk)
    assert found is None
    assert "too short or too long to be what is said" in warning


def test_a_broken_sidecar_is_named(talk):
    beside(talk, ".srt", "")
    with pytest.raises(TranscriptError, match=r"talk \[1\].srt: is empty .*`use_sidecar=False`"):
        find(talk)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".srt", SRT + SRT_MARK),
        (".srt", SRT.replace("\nH", "  \nH", 1)),  # of earlier versions
        (".vtt", VTT.replace("WEBVTT\n", f"WEBVTT\n\nNOTE {MARKER} 1.0, theme base\n")),
        (".ass", ASS.replace("Info]\n", f"Info]\n; {MARKER} 1.0, theme base\n")),
        (".vtt", VTT.replace("WEBVTT\n", f"WEBVTT\n\nNOTE\nMade by {MARKER}: captions\n")),
        (".ass", ASS.replace("Info]\n", f"Info]\n; Made by {MARKER}: captions\n")),
    ],
)
def test_our_own_results_are_not_sidecars(talk, suffix, text):
    beside(talk, suffix, text)
    found, warnings = find(talk)
    assert found is None
    assert ["own result" in warning for warning in warnings] == [True] * (suffix == ".srt")
    # The marks mean nothing to anybody else.
    assert [e.plaintext for e in pysubs2.SSAFile.from_string(text, format_=suffix[1:])][
        -1
    ].strip() == "Hello there."


def test_what_the_document_heard_is_not_a_sidecar(talk):
    path = beside(talk, ".srt")
    write_document(talk, "Hello there.", source="heard")
    assert find(talk)[0] is None
    write_document(talk, "Hello dear.", source="heard")  # somebody has corrected the subtitles
    assert find(talk)[0].path == path
    write_document(talk, "Hello there.", source="given")  # made from this very file
    assert find(talk)[0].path == path


def test_other_empty_lines_at_the_end_are_not_our_mark(talk):
    for n_lines in (0, 1, 2, 3, 5):
        path = beside(talk, ".srt", SRT.rstrip("\n") + "\n" * (1 + n_lines))
        assert find(talk)[0].path == path


def test_other_spaces_after_the_times_are_not_our_mark(talk):
    for end in ("", " ", "   ", "\t"):
        path = beside(talk, ".srt", SRT.replace("\nH", f"{end}\nH", 1))
        assert find(talk)[0].path == path


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"utterances": [{"words": [{}]}]}', '{"utterances": 3}']
)
def test_a_broken_document_proves_nothing(talk, text):
    path = beside(talk, ".srt")
    beside(talk, ".sentigram.json", text)
    assert find(talk)[0].path == path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_stream_inside(tmp_path, suffix):
    media = probe(samples.with_subtitles(tmp_path / f"a'[b],c{suffix}"))
    found, _ = find(media)
    codec = "subrip" if suffix == ".mkv" else "mov_text"
    assert found.line == (
        f"transcript: subtitle stream 2 ({codec}, eng) inside the video "
        "(`use_sidecar=False` to ignore)"
    )
    read = read_given(found, media, workdir=tmp_path)
    assert read.transcript.language == "en"
    assert [(u.text, u.span) for u in read.transcript.utterances] == [
        ("Hello there.", Span(100, 600)),
        ("General Kenobi.", Span(700, 1000)),
    ]
    assert find(media, language="de") == (None, [])
    assert find(media, use_sidecar=False) == (None, [])
    beside(media, ".srt")
    assert find(media)[0].kind == "sidecar"


def test_streams_that_are_not_speech(tmp_path):
    media = probe(samples.with_subtitles(tmp_path / "a.mkv"))
    (stream,) = media.streams_of("subtitle")
    others = tuple(s for s in media.streams if s.kind != "subtitle")
    for changed in ({"title": "Signs & Songs"}, {"title": PLAIN.title}, {"is_text": False}):
        assert find(replace(media, streams=(*others, replace(stream, **changed)))) == (None, [])
    forced = samples.make(
        tmp_path / "b.mkv",
        *("-i", f"file:{media.path}", "-map", "0", "-c", "copy", "-disposition:s:0", "forced"),
    )
    assert find(probe(forced)) == (None, [])


def test_the_stream_of_the_language(tmp_path):
    media = probe(samples.with_subtitles(tmp_path / "a.mkv"))
    (english,) = media.streams_of("subtitle")
    german = replace(english, language="ger", is_default=False)
    english = replace(english, is_default=False)
    several = replace(media, streams=(*media.streams_of("audio"), german, english))
    assert find(several, language="en")[0].stream == english
    assert find(several) == (None, [])  # no hint which of them is spoken
    assert (
        find(replace(several, streams=(replace(german, is_default=True), english)))[0].language
        == "de"
    )


def test_longer_than_the_video(talk):
    path = beside(talk, ".srt", SRT + "\n2\n00:10:00,000 --> 00:10:01,000\nToo late\n")
    read = read_given(find(talk)[0], talk, workdir=path.parent)
    assert [u.text for u in read.transcript.utterances] == ["Hello there."]
    (warning,) = read.warnings
    assert f"{path}: 1 cue (line 6) does not fit before the end of the media (0:01)" in warning


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p / "none.srt", "no such file"),
        (lambda p: p, "is a folder"),
        (lambda p: p / ("x" * 5000), "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, make, says):
    with pytest.raises(TranscriptError, match=says):
        read_transcript(make(tmp_path))


def test_a_huge_file(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "SUBTITLES", replace(SUBTITLES, largest_bytes=10))
    path = tmp_path / "a.srt"
    path.write_text(SRT, encoding="utf-8")
    with pytest.raises(TranscriptError, match="too large for a transcript"):
        read_transcript(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_links_that_lead_nowhere_or_in_circles_are_passed_over_and_said(talk):
    folder, warnings = talk.path.parent, []
    (folder / "talk [1].srt").symlink_to(folder / "none.srt")
    (folder / "talk [1].vtt").symlink_to(folder / "talk [1].vtt")
    os.mkfifo(folder / "talk [1].ass")
    taken = beside(talk, ".en.srt")
    found = find_given(talk, transcript=None, use_sidecar=True, warn=warnings.append)
    assert found.path == taken
    assert sorted(warnings) == [
        "talk [1].ass is not a file, and is passed over",
        "talk [1].srt is a link that leads nowhere, and is passed over",
        "talk [1].vtt is a link that leads nowhere, and is passed over",
    ]


def test_a_link_out_of_the_folder_is_not_followed_unasked(talk, tmp_path):
    private, warnings = tmp_path / "private.srt", []
    private.write_text(SRT, encoding="utf-8")
    link = talk.path.with_suffix(".srt")
    link.symlink_to(private)
    assert find_given(talk, transcript=None, use_sidecar=True, warn=warnings.append) is None
    (warning,) = warnings
    assert "leads out of its folder (`transcript FILE` takes it all the same)" in warning
    asked = find_given(talk, transcript=link, use_sidecar=True, warn=warnings.append)
    assert asked.path == link


def test_links_to_where_the_video_lies_are_followed(talk, tmp_path):
    words = beside(talk, ".srt")
    links = tmp_path / "links"
    links.mkdir()
    for path in (talk.path, words):
        (links / path.name).symlink_to(path)
    there = probe(links / talk.path.name)
    found = find_given(there, transcript=None, use_sidecar=True, warn=pytest.fail)
    assert found.path == links / words.name


def test_names_in_messages_are_harmless(talk):
    strange = talk.path.with_name("a\x1b[31m\nb.srt")
    assert "\n" not in find(talk, transcript=strange)[0].line
    assert "\x1b" not in find(talk, transcript=strange)[0].line


def test_a_document_is_refused_as_transcript(talk):
    write_document(talk, "Hello", source="heard")
    path = talk.path.with_name(talk.path.stem + ".sentigram.json")
    assert json.loads(path.read_text())["schema"]
    with pytest.raises(TranscriptError, match="is a Sentigram Document; render it itself"):
        read_transcript(path)
