"""One video's way through the program, with fakes where the models are; the drawing is real."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest

from sentigram.core.document import Document, DocumentMedia, dumps, loads
from sentigram.core.time import Span
from sentigram.documents import cut_document, find_media, read_document
from sentigram.errors import (
    DocumentError,
    InputError,
    MediaError,
    MissingError,
    TranscriptError,
    UsageError,
)
from sentigram.listening import HearOptions
from sentigram.media.probe import probe
from sentigram.outputs import SUFFIXES
from sentigram.pipeline import (
    DrawOptions,
    Engine,
    check_look,
    draw,
    hear,
)
from tests import media_samples
from tests.documents import document, raised, talk
from tests.fakes import HEARD, DeafTranscriber, FakeModel, Recorder, listing, use_fakes


def _paths(folder: Path, *kinds: str) -> dict[str, Path]:
    return {kind: folder / f"talk{SUFFIXES[kind]}" for kind in kinds}


def _texts(made: Document) -> list[str]:
    return [word.text for word in made.transcript.words()]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_samples.video_with_tone(tmp_path_factory.mktemp("video") / "talk.mp4")


def test_a_video_becomes_a_document(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    reporter = Recorder()
    made = hear(video, Engine(), HearOptions(), reporter)
    assert _texts(made) == list(HEARD)
    assert made.media.name == "talk.mp4"
    assert (made.media.width_px, made.media.height_px) == (320, 180)
    assert made.media.fps == Fraction(25)
    assert abs(made.media.duration_ms - 1000) < 100
    assert [part.role for part in made.engine] == ["transcriber", "emotion"]
    assert reporter.stages == ["decode", "words", "emotions"]
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
    made = hear(cut, Engine(), HearOptions(shots=True), reporter)
    assert made.media.shots_ms == (600,)
    assert "shots" in reporter.stages
    assert loads(dumps(made)) == made
    sound = media_samples.audio_only(tmp_path / "a.wav")
    assert hear(sound, Engine(), HearOptions(shots=True), reporter).media.shots_ms == ()


def test_only_the_slice_is_heard_and_times_stay_those_of_the_video(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    made = hear(video, Engine(), HearOptions(slice=Span(500, 900)), Recorder())
    (word,) = made.transcript.words()
    assert (word.text, word.span.start_ms) == (HEARD[0], 550)


def test_a_slice_after_the_end_says_where_the_end_is(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    options = HearOptions(slice=Span(3_600_000, 3_610_000))
    with pytest.raises(UsageError, match=r"--preview: begins at 1:00:00.*ends at 0:01"):
        hear(video, Engine(), options, Recorder())


def test_missing_weights_show_before_the_work(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_self: FakeModel) -> None:
        raise MissingError("the voice model is missing")

    transcriber = use_fakes(monkeypatch)
    monkeypatch.setattr(FakeModel, "parts", property(missing))
    reporter = Recorder()
    with pytest.raises(MissingError):
        hear(video, Engine(), HearOptions(), reporter)
    assert (transcriber.calls, reporter.stages) == (0, [])


def test_nothing_said_is_no_document(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch, DeafTranscriber)
    with pytest.raises(MediaError, match=r"talk\.mp4: no speech found.*--transcript FILE"):
        hear(video, Engine(), HearOptions(), Recorder())


def test_a_given_transcript_is_not_heard_again(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
    reporter = Recorder()
    options = HearOptions(transcript=words, language="fr")
    made = hear(video, Engine(), options, reporter)
    assert _texts(made) == ["Bonjour", "mes", "amis."]
    assert made.transcript.language == "fr"
    assert {(w.source, w.timing) for w in made.transcript.words()} == {("given", "estimated")}
    assert transcriber.calls == 0
    assert any("words.srt (--transcript)" in note for note in reporter.notes)
    assert any("estimated" in note for note in reporter.notes)


def test_the_transcript_is_never_overwritten(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    source = tmp_path / "talk.mp4"
    source.write_bytes(video.read_bytes())
    words = tmp_path / "talk.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
    options = HearOptions(language="fr", results=(tmp_path / "talk.html", words))
    with pytest.raises(UsageError, match=r"talk\.srt is the transcript of this run .*--out DIR"):
        hear(source, Engine(), options, Recorder())
    made = hear(source, Engine(), replace(options, use_sidecar=False), Recorder())
    assert _texts(made) == list(HEARD)


def test_a_broken_transcript_is_named(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    with pytest.raises(TranscriptError, match=r"none\.srt: no such file"):
        hear(video, Engine(), HearOptions(transcript=tmp_path / "none.srt"), Recorder())


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
    with pytest.raises(DocumentError, match="cannot be read as a Document"):
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
    paths = _paths(tmp_path / "out", *SUFFIXES)
    (tmp_path / "out").mkdir()
    options = DrawOptions(preset="ultrafast")
    draw(short, media, paths, options, Recorder(), overwrite=False)
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
        draw(
            talk(),
            None,
            _paths(tmp_path, "srt", "json"),
            DrawOptions(),
            Recorder(),
            overwrite=False,
        )
    assert list(listing(tmp_path)) == ["talk.sentigram.json"]


def test_a_video_needs_the_media(tmp_path: Path) -> None:
    paths = _paths(tmp_path, "json", "video")
    with pytest.raises(UsageError, match=r"not beside the Document.*leave video out of --to"):
        draw(talk(), None, paths, DrawOptions(), Recorder(), overwrite=False)
    assert listing(tmp_path) == {}


@pytest.mark.parametrize("kind", ["mkv", "gif", "webp"])
def test_other_kinds_of_picture_need_the_media_too(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match=rf"not beside the Document.*leave {kind} out of --to"):
        draw(
            talk(),
            None,
            _paths(tmp_path, "json", kind),
            DrawOptions(),
            Recorder(),
            overwrite=False,
        )
    assert listing(tmp_path) == {}


def test_slices_that_cannot_be_are_refused_before_the_work() -> None:
    with pytest.raises(UsageError, match="leave out --preview"):
        check_look(DrawOptions(slice=Span(0, 1000)), ["mkv"])
    with pytest.raises(UsageError, match="2:00 is too long for a clip"):
        check_look(DrawOptions(slice=Span(0, 120_000)), ["gif"])
    check_look(DrawOptions(slice=Span(0, 60_000)), ["gif", "webp", "timeline"])
    with pytest.raises(UsageError, match="--clip-width 20: choose from 64 to 1920"):
        check_look(DrawOptions(clip_width_px=20), ["webp"])


def test_a_long_talk_is_no_clip(tmp_path: Path, video: Path) -> None:
    long = replace(talk(), media=replace(talk().media, duration_ms=61_000))
    with pytest.raises(UsageError, match=r"--to webp: 1:01 is too long"):
        draw(
            long,
            probe(video),
            _paths(tmp_path, "json", "webp"),
            DrawOptions(),
            Recorder(),
            overwrite=False,
        )
    assert listing(tmp_path) == {}


def test_a_label_without_a_rule_is_told(tmp_path: Path) -> None:
    text = dumps(talk()).replace('"anger"', '"schadenfreude"')
    reporter = Recorder()
    draw(loads(text), None, _paths(tmp_path, "srt"), DrawOptions(), reporter, overwrite=False)
    assert any("no rule for schadenfreude" in warning for warning in reporter.warnings)


def test_glyphs_that_no_font_has_are_told(tmp_path: Path) -> None:
    reporter = Recorder()
    made = document(("日本 שלום \U00012000", "happiness"))  # cuneiform
    draw(made, None, _paths(tmp_path, "srt"), DrawOptions(), reporter, overwrite=False)
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
    draw(loads(json.dumps(data)), None, paths, DrawOptions(), Recorder(), overwrite=False)
    before = tmp_path / "before"
    before.mkdir()
    old = _paths(before, "html", "ass", "srt")
    draw(talk(), None, old, DrawOptions(), Recorder(), overwrite=False)
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
    draw(made, None, paths, DrawOptions(profiles=profiles), Recorder(), overwrite=False)
    assert f"; Theme: {theme}; motion" in paths["ass"].read_text(encoding="utf-8-sig")


def test_the_page_can_be_switched_to_the_needs_of_viewers(tmp_path: Path) -> None:
    paths = _paths(tmp_path, "html")
    draw(talk(), None, paths, DrawOptions(), Recorder(), overwrite=False)
    page = paths["html"].read_text(encoding="utf-8")
    looks = json.loads(re.search(r'id="talk">(.*?)</script>', page)[1])["looks"]
    worn = {look["profile"] for look in looks}
    assert len(worn) == 6
    assert {"low-vision", "dyslexia", "tritanopia"} <= worn
