"""One video's way through the program, with fakes where the models are; the drawing is real."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest

from sentigram import registry
from sentigram.core.document import Document, DocumentMedia, dumps, loads, read_document
from sentigram.core.excerpt import cut_document
from sentigram.core.media import VideoOptions
from sentigram.core.protocols import no_progress
from sentigram.core.time import Span
from sentigram.errors import (
    DocumentError,
    InputError,
    MediaError,
    MissingError,
    TranscriptError,
    UsageError,
)
from sentigram.jobs.draw import check_drawable, draw
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear, hear_words, memory_for, read_emotions
from sentigram.media.probe import find_media, probe
from sentigram.render.picture.clip import GifRenderer
from sentigram.store.memory import FolderMemory
from sentigram.style.look import Look
from sentigram.words.heard_or_given import HearOptions
from tests import media_samples
from tests.documents import document, raised, reading, talk
from tests.fakes import HEARD, DeafTranscriber, FakeModel, Recorder, listing, use_fakes


def _paths(folder: Path, *kinds: str) -> dict[str, Path]:
    return {kind: folder / f"talk{registry.suffixes()[kind]}" for kind in kinds}


def _texts(made: Document) -> list[str]:
    return [word.text for word in made.transcript.words()]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_samples.video_with_tone(tmp_path_factory.mktemp("video") / "talk.mp4")


def test_a_video_becomes_a_document(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    reporter = Recorder()
    made = hear(probe(video), Engine(), HearOptions(), reporter)
    assert _texts(made) == list(HEARD)
    assert made.media.name == "talk.mp4"
    assert (made.media.width_px, made.media.height_px) == (320, 180)
    assert made.media.fps == Fraction(25)
    assert abs(made.media.duration_ms - 1000) < 100
    assert [part.role for part in made.engine] == ["transcriber", "emotion"]
    assert reporter.stages == ["decode", "words", "missed", "emotions"]
    assert loads(dumps(made)) == made


def test_changes_of_shot_are_found_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    cut = media_samples.make(
        tmp_path / "cut.mp4",
        *("-f", "lavfi", "-t", "0.6", "-i", "color=c=white:s=320x180:r=25"),
        *("-f", "lavfi", "-t", "0.6", "-i", "testsrc2=s=320x180:r=25"),
        *("-f", "lavfi", "-t", "1.2", "-i", "sine=f=440:r=44100"),
        *("-filter_complex", "[0:v][1:v]concat=n=2", "-c:a", "aac"),
    )
    reporter = Recorder()
    made = hear(probe(cut), Engine(), HearOptions(shots=True), reporter)
    assert made.media.shots_ms == (600,)
    assert "shots" in reporter.stages
    assert loads(dumps(made)) == made
    sound = media_samples.audio_only(tmp_path / "a.wav")
    assert hear(probe(sound), Engine(), HearOptions(shots=True), reporter).media.shots_ms == ()


def test_of_a_slice_come_the_sentences_that_the_whole_has_there(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    reporter = Recorder()
    made = hear(probe(video), Engine(), HearOptions(), reporter, preview=Span(300, 500))
    assert made == hear(probe(video), Engine(), HearOptions(), Recorder())
    assert transcriber.calls == 2
    assert [note for note in reporter.notes if "hears the whole recording once" in note]
    assert not any("next preview" in note for note in reporter.notes), "nothing is kept"
    with pytest.raises(InputError, match="nothing is said between 0:00 and 0:01"):
        hear(probe(video), Engine(), HearOptions(), Recorder(), preview=Span(820, 1000))


def test_what_was_heard_before_is_not_heard_again(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    memory = FolderMemory(tmp_path / "memory")
    first = hear(
        probe(video), Engine(), HearOptions(), Recorder(), preview=Span(0, 200), memory=memory
    )
    monkeypatch.setattr(FakeModel, "read", None)
    for preview in (Span(600, 700), None):
        reporter = Recorder()
        again = hear(
            probe(video), Engine(), HearOptions(), reporter, preview=preview, memory=memory
        )
        assert again == first
        assert reporter.notes == ["takes up what an earlier run heard: nothing is heard again"]
        assert reporter.stages == []
    assert transcriber.calls == 1
    late = Span(3_600_000, 3_600_001)
    with pytest.raises(UsageError, match=r"`preview`: begins at 1:00:00"):
        hear(probe(video), Engine(), HearOptions(), Recorder(), preview=late, memory=memory)


def test_a_file_by_another_name_keeps_that_name(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    memory = FolderMemory(tmp_path / "memory")
    hear(probe(video), Engine(), HearOptions(), Recorder(), memory=memory)
    link = tmp_path / "link.mp4"
    link.symlink_to(video)
    assert (
        hear(probe(link), Engine(), HearOptions(), Recorder(), memory=memory).media.name
        == "link.mp4"
    )


def test_shots_are_looked_for_when_they_are_wanted(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    memory = FolderMemory(tmp_path / "memory")
    looks = iter([(400,), (600,)])
    monkeypatch.setattr("sentigram.jobs.hear.find_shots", _shots_from(looks))

    def shots_of(options: HearOptions) -> tuple[int, ...]:
        return hear(probe(video), Engine(), options, Recorder(), memory=memory).media.shots_ms

    assert shots_of(HearOptions()) == ()
    assert shots_of(HearOptions(shots=True)) == (400,)
    memory.forget()
    assert shots_of(HearOptions(shots=True)) == (600,)
    assert shots_of(HearOptions(shots=True)) == (600,)
    assert shots_of(HearOptions()) == ()
    assert transcriber.calls == 2


def _shots_from(found):
    def look(_info, options, _reporter, *, workdir):
        assert workdir.is_dir()
        return next(found) if options.shots else ()

    return look


def test_what_cannot_be_kept_is_still_shown(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    memory = FolderMemory(tmp_path / "memory")
    reporter = Recorder()
    with hear_words(probe(video), Engine(), HearOptions(), Recorder(), memory=memory) as heard:
        (tmp_path / "file").write_text("in the way")
        made = read_emotions(
            heard, Engine(), reporter, memory=FolderMemory(tmp_path / "file" / "x")
        )
    assert _texts(made) == list(HEARD)
    (warning,) = reporter.warnings
    assert "not kept for the next run" in warning
    assert "SENTIGRAM_CACHE" in warning


def test_a_cache_that_cannot_be_written_is_said_once_and_stops_nothing(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    (tmp_path / "file").write_text("in the way")
    memory, reporter = FolderMemory(tmp_path / "file" / "x"), Recorder()
    made = hear(probe(video), Engine(), HearOptions(), reporter, memory=memory)
    assert _texts(made) == list(HEARD)
    (warning,) = reporter.warnings
    assert "not kept for the next run" in warning
    assert made.notes == ()


@pytest.mark.parametrize("stage", ["words", "read"])
def test_what_is_kept_and_goes_on_after_the_end_is_not_used(
    stage: str, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    memory = FolderMemory(tmp_path / "memory")
    good = hear(probe(video), Engine(), HearOptions(), Recorder(), memory=memory)
    words = [
        replace(
            u,
            words=tuple(
                replace(w, span=Span(w.span.start_ms + 3_600_000, w.span.end_ms + 3_600_000))
                for w in u.words
            ),
        )
        for u in good.transcript.utterances
    ]
    late = replace(good, transcript=replace(good.transcript, utterances=tuple(words)))
    memory.forget()
    memory.remember_text(stage, dumps(late))
    reporter = Recorder()
    assert hear(probe(video), Engine(), HearOptions(), reporter, memory=memory) == good
    assert [note for note in reporter.notes if "goes on after its end" in note]
    assert transcriber.calls == 2


def test_a_corrected_transcript_is_read_again(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:00,900\nGood mornin\n")
    options, then = HearOptions(transcript=words), words.stat()

    def key() -> Path:
        return memory_for(probe(video), Engine(), options, results=()).folder

    before = key()
    words.write_text("1\n00:00:00,000 --> 00:00:00,900\nGood evenin\n")
    os.utime(words, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert key() != before


def test_labels_that_are_withheld_are_said(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    reporter, plain = Recorder(), Recorder()
    hear(probe(video), Engine(), HearOptions(), plain)
    assert not any("raised" in note for note in plain.notes)
    monkeypatch.setattr(
        "tests.fakes.reading", lambda name: raised() if name != "neutral" else reading(name)
    )
    hear(probe(video), Engine(), HearOptions(), reporter)
    (note,) = [note for note in reporter.notes if "raised" in note]
    assert note.startswith("1 of ")
    assert "in what mood is not known" in note


def test_sounds_carry_no_emotion(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    monkeypatch.setattr("tests.fakes.reading", lambda _: reading("anger"))
    given = tmp_path / "mine.srt"
    given.write_text("1\n00:00:00,000 --> 00:00:01,000\n[loud sobbing] Go now\n", encoding="utf-8")
    made = hear(probe(video), Engine(), HearOptions(transcript=given), Recorder())
    assert [(word.text, word.label) for word in made.words] == [
        ("[loud sobbing]", "neutral"),
        ("Go", "anger"),
        ("now", "anger"),
    ]


def test_a_slice_after_the_end_says_where_the_end_is(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    late = Span(3_600_000, 3_610_000)
    with pytest.raises(UsageError, match=r"`preview`: begins at 1:00:00.*ends at 0:01"):
        hear(probe(video), Engine(), HearOptions(), Recorder(), preview=late)


def test_missing_weights_show_before_the_work(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_self: FakeModel) -> None:
        raise MissingError("the voice model is missing")

    transcriber = use_fakes(monkeypatch)
    monkeypatch.setattr(FakeModel, "parts", property(missing))
    reporter = Recorder()
    with pytest.raises(MissingError):
        hear(probe(video), Engine(), HearOptions(), reporter)
    assert (transcriber.calls, reporter.stages) == (0, [])


def test_nothing_said_is_no_document(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch, DeafTranscriber)
    with pytest.raises(MediaError, match=r"talk\.mp4: no speech found.*`transcript FILE`"):
        hear(probe(video), Engine(), HearOptions(), Recorder())


def test_a_given_transcript_is_not_heard_again(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
    reporter = Recorder()
    options = HearOptions(transcript=words, language="fr")
    made = hear(probe(video), Engine(), options, reporter)
    assert _texts(made) == ["Bonjour", "mes", "amis."]
    assert made.transcript.language == "fr"
    assert {(w.source, w.timing) for w in made.transcript.words()} == {("given", "estimated")}
    assert transcriber.calls == 0
    assert any("words.srt (`transcript`)" in note for note in reporter.notes)
    assert any("estimated" in note for note in reporter.notes)


def test_the_transcript_is_never_overwritten(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    source = tmp_path / "talk.mp4"
    source.write_bytes(video.read_bytes())
    words = tmp_path / "talk.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
    options, results = HearOptions(language="fr"), (tmp_path / "talk.html", words)
    with (
        pytest.raises(UsageError, match=r"talk\.srt is the transcript of this run .*`out DIR`"),
        hear_words(probe(source), Engine(), options, Recorder(), results=results),
    ):
        pass
    made = hear(probe(source), Engine(), replace(options, use_sidecar=False), Recorder())
    assert _texts(made) == list(HEARD)


def test_a_broken_transcript_is_named(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    with pytest.raises(TranscriptError, match=r"none\.srt: no such file"):
        hear(probe(video), Engine(), HearOptions(transcript=tmp_path / "none.srt"), Recorder())


def test_parts_are_loaded_once_and_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    engine = Engine()
    assert not vars(engine).keys() & {"transcriber", "model"}
    assert engine.transcriber is engine.transcriber
    assert engine.model is engine.model


def test_reading_a_document(tmp_path: Path) -> None:
    path = tmp_path / "talk.sentigram.json"
    path.write_text("\ufeff" + dumps(talk()), encoding="utf-8")  # as Windows editors save it
    assert read_document(path) == talk()
    with pytest.raises(DocumentError, match="no such file"):
        read_document(tmp_path / "none.sentigram.json")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="cannot be read as a Document"):
        read_document(path)


def test_media_is_found_beside_its_document_only(tmp_path: Path, video: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "talk.mp4").write_bytes(video.read_bytes())
    (tmp_path / "x.mp4").write_bytes(video.read_bytes())
    path = folder / "talk.sentigram.json"
    found = find_media(path, talk())
    assert found is not None
    assert found.path == folder / "talk.mp4"
    for name in ("../x.mp4", str(tmp_path / "x.mp4"), "none.mp4", "..", "."):
        hostile = replace(talk(), media=DocumentMedia(name, 1000))
        assert find_media(path, hostile) is None


def test_a_cut_keeps_words_with_their_readings() -> None:
    cut = cut_document(talk(), Span(600, 1400))
    words = list(cut.transcript.words())
    assert [word.text for word in words] == ["We", "are", "so"]
    assert cut.track.readings == talk().track.readings[:3]
    second = talk().transcript.utterances[1]
    cut = cut_document(talk(), second.span)
    assert cut.transcript.utterances == (second,)
    assert {r.label for r in cut.track.readings} == {"anger"}
    with pytest.raises(InputError, match=r"talk\.mp4: nothing is said between"):
        cut_document(talk(), Span(0, 400))
    held = replace(talk(), track=replace(talk().track, readings=(raised(),) * 28))
    assert cut_document(held, second.span).track.readings == (raised(),) * len(second.words)


def test_every_kind_is_written(tmp_path: Path, video: Path) -> None:
    short = document(("We are happy.", "happiness"), word_ms=150)
    (tmp_path / "talk.mp4").write_bytes(video.read_bytes())
    media = find_media(tmp_path / "talk.sentigram.json", short)
    paths = _paths(tmp_path / "out", *registry.suffixes())
    (tmp_path / "out").mkdir()
    draw(short, media, paths, Recorder(), video=VideoOptions(preset="ultrafast"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in paths.values()
    )
    assert read_document(paths["json"]) == short
    assert paths["video"].read_bytes()[4:8] == b"ftyp"
    for kind in ("srt", "ass"):
        (event,) = pysubs2.load(str(paths[kind]))
        assert event.plaintext == "We are happy."
    cue = paths["vtt"].read_text(encoding="utf-8").splitlines()[-1]
    assert re.sub(r"<[^>]*>", "", cue) == "We are happy."


def test_the_document_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill, everything else can be made from it."""
    from sentigram.render.plain import SrtRenderer

    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SrtRenderer, "render", killed)
    with pytest.raises(KeyboardInterrupt):
        draw(talk(), None, _paths(tmp_path, "srt", "json"), Recorder())
    assert list(listing(tmp_path)) == ["talk.sentigram.json"]


def test_a_video_needs_the_media(tmp_path: Path) -> None:
    paths = _paths(tmp_path, "json", "video")
    with pytest.raises(UsageError, match=r"not beside the Document.*leave video out of `to`"):
        draw(talk(), None, paths, Recorder())
    assert listing(tmp_path) == {}


@pytest.mark.parametrize("kind", ["mkv", "gif", "webp"])
def test_other_kinds_of_picture_need_the_media_too(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match=rf"not beside the Document.*leave {kind} out of `to`"):
        draw(talk(), None, _paths(tmp_path, "json", kind), Recorder())
    assert listing(tmp_path) == {}


def test_slices_that_cannot_be_are_refused_before_the_work() -> None:
    def check(kinds: list[str], span: Span) -> None:
        check_drawable(kinds, Look(), VideoOptions(), preview=span)

    with pytest.raises(UsageError, match="leave out `preview`"):
        check(["mkv"], Span(0, 1000))
    with pytest.raises(UsageError, match="2:00 is too long for a clip"):
        check(["gif"], Span(0, 120_000))
    check(["gif", "webp", "timeline"], Span(0, 60_000))
    with pytest.raises(UsageError, match="`clip_width 20`: choose from 64 to 1920"):
        VideoOptions(clip_width=20)


def test_a_long_talk_is_no_clip(tmp_path: Path, video: Path) -> None:
    long = replace(talk(), media=replace(talk().media, duration_ms=61_000))
    with pytest.raises(UsageError, match=r"`to webp`: 1:01 is too long"):
        draw(long, probe(video), _paths(tmp_path, "json", "webp"), Recorder())
    assert listing(tmp_path) == {}


def test_all_results_of_a_slice_show_the_same_sentences(tmp_path: Path) -> None:
    paths = _paths(tmp_path, "json", "html", "srt")
    reporter = Recorder()
    made = draw(talk(), None, paths, reporter, preview=Span(5000, 6000))
    (note,) = reporter.notes
    assert note == "shows 0:04.4–0:08.0, so that the preview begins and ends with sentences"
    assert _texts(made)[0] == "How"
    assert read_document(paths["json"]) == made
    page = paths["html"].read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="talk">(.*?)</script>', page)[1])
    assert (data["start_ms"], data["end_ms"]) == (4400, 8000)
    assert data["words"]["text"] == _texts(made)
    assert [i for cue in data["cues"] for line in cue[2] for i in line] == list(range(8))
    (event,) = pysubs2.load(str(paths["srt"]))
    assert event.plaintext == "How dare you talk to me like that?"


def test_a_slice_looks_as_it_does_in_the_whole(tmp_path: Path) -> None:
    """A run of anger that began before the slice is too short there to be shown by itself."""
    made = document(
        ("Never talk to me like that.", "anger"),
        ("You know that I cannot stand it when people shout.", "neutral"),
    )
    readings = list(made.track.readings)
    readings[6] = reading("anger", p=0.6)
    made = replace(made, track=replace(made.track, readings=tuple(readings)))
    second = made.transcript.utterances[1].span
    whole, cut = _paths(tmp_path, "ass"), {"ass": tmp_path / "cut.ass"}
    draw(made, None, whole, Recorder())
    draw(made, None, cut, Recorder(), preview=second)
    alone = {"ass": tmp_path / "alone.ass"}
    draw(cut_document(made, second), None, alone, Recorder())
    shown = _events(cut["ass"])
    assert shown == _events(whole["ass"])[-len(shown) :]
    assert shown != _events(alone["ass"]), "else this shows nothing"


def _events(path: Path) -> list[tuple[int, int, str, str]]:
    return [(e.start, e.end, e.style, e.text) for e in pysubs2.load(str(path))]


def test_a_clip_keeps_its_length_whatever_is_said(tmp_path: Path, video: Path) -> None:
    made = document((" ".join(["word"] * 30), "happiness"), (" ".join(["word"] * 39), "anger"))
    long = replace(made, media=replace(made.media, duration_ms=120_000))
    shown: list[Span | None] = []

    class Watching(GifRenderer):
        def check(self, video, *, stretch, duration_ms):
            pass

        def render(self, job, out, *, progress=no_progress):
            shown.append(job.slice)
            out.write_bytes(b"GIF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "factory", lambda _kind, _name: Watching)
        for kind, asked in (("gif", Span(1000, 61_000)), ("gif", Span(0, 8000)), ("video", None)):
            draw(
                long,
                probe(video),
                _paths(tmp_path, kind),
                Recorder(),
                preview=asked,
                replaces=(kind,),
            )
    assert shown == [Span(1000, 61_000), Span(0, 12_700), None]


def test_a_label_without_a_rule_is_told(tmp_path: Path) -> None:
    text = dumps(talk()).replace('"anger"', '"schadenfreude"')
    reporter = Recorder()
    draw(loads(text), None, _paths(tmp_path, "srt"), reporter)
    assert any("no rule for schadenfreude" in warning for warning in reporter.warnings)


def test_glyphs_that_no_font_has_are_told(tmp_path: Path) -> None:
    reporter = Recorder()
    made = document(("日本 שלום \U00012000", "happiness"))  # cuneiform
    draw(made, None, _paths(tmp_path, "srt"), reporter)
    (warning,) = reporter.warnings
    assert "no glyph for" in warning
    assert "\U00012000" in warning
    assert "日本 שלום \U00012000" in (tmp_path / "talk.srt").read_text(encoding="utf-8")


def test_edits_by_hand_show(tmp_path: Path) -> None:
    data = json.loads(dumps(talk()))
    word = data["utterances"][2]["words"][1]
    assert word["text"] == "train"
    word["text"] = "balloon"
    for one in data["utterances"][2]["words"]:
        one["emotion"] = {"label": "happiness"}
    paths = _paths(tmp_path, "html", "ass", "srt")
    draw(loads(json.dumps(data)), None, paths, Recorder())
    before = tmp_path / "before"
    before.mkdir()
    old = _paths(before, "html", "ass", "srt")
    draw(talk(), None, old, Recorder())
    for path in paths.values():
        assert "balloon" in path.read_text(encoding="utf-8"), path
        assert "balloon" not in (before / path.name).read_text(encoding="utf-8")
    for path in (paths["srt"], paths["ass"]):
        assert "The balloon leaves at nine." in [e.plaintext for e in pysubs2.load(str(path))]
    # The sentence was neutral and is happy now.
    assert _style(old["ass"], "leaves") == "Default"
    assert _style(paths["ass"], "leaves").startswith("happiness-")
    assert [_labels(old["html"])[i] for i in (17, 21)] == ["neutral", "neutral"]
    assert [_labels(paths["html"])[i] for i in (17, 21)] == ["happiness", "happiness"]


def _style(path: Path, word: str) -> str:
    return next(event.style for event in pysubs2.load(str(path)) if word in event.plaintext)


def _labels(page: Path) -> list[str]:
    """The label of every word, as the data in a page has them."""
    text = page.read_text(encoding="utf-8")
    data = json.loads(
        re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)[0]
    )
    return [data["labels"][i] for i in data["words"]["label"]]


@pytest.mark.parametrize(
    ("size", "profiles", "theme"),
    [
        ((1280, 720), (), "western, adult"),
        ((1280, 720), ("bbc", "sdh"), "western, adult, bbc, sdh"),
        ((720, 1280), (), "western, adult, shorts"),
        ((720, 1280), ("bbc",), "western, adult, shorts, bbc"),
    ],
)
def test_profiles_are_worn_and_upright_video_is_a_short(
    size: tuple[int, int], profiles: tuple[str, ...], theme: str, tmp_path: Path
) -> None:
    media = DocumentMedia("talk.mp4", 8000, *size, Fraction(25))
    made = document(("We are so happy to see you here today!", "happiness"), media=media)
    paths = _paths(tmp_path, "ass")
    draw(made, None, paths, Recorder(), look=Look(profiles=profiles))
    assert f"; Theme: {theme}; motion" in paths["ass"].read_text(encoding="utf-8-sig")


def test_the_page_can_be_switched_to_the_needs_of_viewers(tmp_path: Path) -> None:
    paths = _paths(tmp_path, "html")
    draw(talk(), None, paths, Recorder())
    page = paths["html"].read_text(encoding="utf-8")
    looks = json.loads(re.search(r'id="talk">(.*?)</script>', page)[1])["looks"]
    worn = {look["profile"] for look in looks}
    assert len(worn) == 16
    assert {"low-vision", "dyslexia", "tritanopia"} <= worn
