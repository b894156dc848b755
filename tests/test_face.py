"""The face: what `import sentigram as sg` offers, and the page that describes it."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

import sentigram as sg
from sentigram.core.document import dumps, loads
from sentigram.core.emotion import RAISED
from tests import media_samples
from tests.documents import document, talk
from tests.fakes import HEARD, Recorder, listing, use_fakes

_ROOT = Path(__file__).resolve().parents[1]
_TALK = _ROOT / "examples" / "talk.mp4"

_CONTRADICTION = sg.Engine(whisper_model="x", transcriber_name="moonshine")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_every_name_is_there_and_nothing_else() -> None:
    for name in sg.__all__:
        assert getattr(sg, name).__name__ == name
    assert set(sg.__all__) <= set(dir(sg))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(sg, "nonsense")  # noqa: B009


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; import sentigram as sg; "
        "print(sorted(m for m in sys.modules if m.startswith('sentigram') or m == 'numpy')); "
        "sg.Look, sg.Engine, sg.hear, sg.Renderer, sg.Document; "
        "print(sorted({'numpy', 'torch', 'av', 'typer', 'jinja2'} & set(sys.modules)))"
    )
    assert _run(code).splitlines() == ["['sentigram']", "[]"]


def test_the_examples_of_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    shutil.copy(_TALK, "talk.mp4")
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(sg, "sentigram")
    failed = doctest.DocTestRunner().run(example)
    assert (failed.failed, failed.attempted) == (0, 9)
    assert {"talk.html", "talk.ass", "talk.sentigram.json"} <= set(listing(Path()))


def test_the_five_lines_of_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    shutil.copy(_TALK, "talk.mp4")
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^## Python\n\n```python\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert sum(map(bool, code.splitlines())) == 5
    exec(code, {})  # noqa: S102  (ours)
    assert set(listing(Path())) == {"talk.mp4", "talk.html", "talk.ass"}


def test_the_page_about_it_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_python", _ROOT / "docs" / "make_python.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run: python docs/make_python.py"


def test_a_file_is_heard_as_the_options_say(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    source = media_samples.audio_only(Path("talk.wav"))
    reporter = Recorder()
    made = sg.hear(source, language="fr", reporter=reporter)
    assert [word.text for word in made.words] == list(HEARD)
    assert made.transcript.language == "fr"
    assert reporter.stages == ["decode", "words", "missed", "emotions"]
    assert len(sg.hear("talk.wav", preview="0:00-0:01", engine=sg.Engine("bundled")).words) == 3
    Path("words.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour.\n")
    assert sg.hear("talk.wav", transcript="words.srt", language="fr").words[0].text == "Bonjour."
    assert set(listing(Path())) == {"talk.wav", "words.srt"}


def test_what_cannot_be_heard_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    with pytest.raises(sg.MediaError, match=r"none\.mp4: no such file"):
        sg.hear("none.mp4")
    with pytest.raises(sg.UsageError, match="is a Document already; load it"):
        sg.hear("talk.sentigram.json")
    media_samples.audio_only(Path("talk.wav"))
    with pytest.raises(sg.UsageError, match="`engine 'best'`: choose from auto, bundled, full"):
        sg.hear("talk.wav", engine="best")


def test_a_document_is_saved_and_loaded(capfd: pytest.CaptureFixture[str]) -> None:
    talk().save("talk.sentigram.json")
    assert sg.load("talk.sentigram.json") == talk()
    with pytest.raises(sg.OutputError, match="exists already"):
        talk().save(Path("talk.sentigram.json"))
    talk().save("talk.sentigram.json", overwrite=True)
    assert talk().to_json() == dumps(talk())
    assert capfd.readouterr() == ("", "")


def test_words_come_with_their_speaker_and_reading() -> None:
    words = talk().words
    assert len(words) == 28
    assert (words[9].text, words[9].speaker, words[9].label) == ("How", "Ann", "anger")
    assert words[9].emotion == talk().track.readings[9]
    with pytest.raises(FrozenInstanceError):
        words[9].text = "x"  # type: ignore[misc]


@pytest.mark.parametrize("index", [0, 9, 27, -1])
def test_a_corrected_text_is_given_and_certain(index: int) -> None:
    before = replace(talk())
    made = before.with_text(index, "Howdy,")
    word = list(made.transcript.words())[index]
    assert (word.text, word.confidence, word.source) == ("Howdy,", 1.0, "given")
    changed = [a != b for a, b in zip(before.words, made.words, strict=True)]
    assert changed.index(True) == range(28)[index]
    assert sum(changed) == 1
    assert before == talk()
    assert loads(dumps(made)) == made


@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 501])
def test_texts_that_cannot_be_words(text: str) -> None:
    with pytest.raises(sg.UsageError, match="needs 1 to 500 letters on one line"):
        talk().with_text(0, text)
    with pytest.raises(IndexError):
        talk().with_text(28, "word")


@pytest.mark.parametrize("intensity", [None, 0.25, 0.75, 1])
@pytest.mark.parametrize("label", ["anger", "happiness", RAISED])
def test_a_corrected_emotion_is_known_to_be_a_persons(label: str, intensity: float | None) -> None:
    """As the page writes it: what the model read and a person makes as strong is certain."""
    made = talk().with_emotion(0, label, intensity=intensity)
    reading, labels = made.words[0].emotion, made.track.labels
    assert reading.name == label
    is_certain = label == "happiness" and intensity in (0.25, 1)
    assert reading.is_by_hand(labels) != is_certain
    assert reading.confidence(labels) == 1
    assert reading.shown_intensity(labels) == (0.75 if intensity is None else intensity)
    assert reading.vad == talk().words[0].emotion.vad
    assert made.words[1:] == talk().words[1:]
    assert loads(dumps(made)) == made


def test_a_word_can_be_made_neutral() -> None:
    reading = talk().with_emotion(0, "neutral").words[0].emotion
    assert (reading.label, reading.intensity) == ("neutral", 0.0)
    assert reading.probs == talk().words[0].emotion.probs


def test_emotions_that_cannot_be() -> None:
    with pytest.raises(sg.UsageError, match="no emotion is called 'rage'; there are: anger, "):
        talk().with_emotion(0, "rage")
    for intensity in (0, 1.5):
        with pytest.raises(sg.UsageError, match="choose above 0, at most 1"):
            talk().with_emotion(0, "anger", intensity=intensity)
    with pytest.raises(IndexError):
        talk().with_emotion(28, "anger")


def test_every_text_format_is_a_method() -> None:
    made = talk()
    look = sg.Look(culture="eastern")
    assert made.to_srt().startswith("1\n00:00:00,")
    assert made.to_vtt().startswith("WEBVTT\n")
    assert made.to_ass().startswith("[Script Info]")
    assert made.to_ass(effects=True).count("Dialogue:") > made.to_ass().count("Dialogue:")
    assert "eastern" in made.to_ttml(look)
    assert "<timedtext" in made.to_srv3()
    assert made.to_html().startswith("<!doctype html>")
    assert made.to_srt() == _drawn(made, "talk.srt")
    assert made.to_ass(look) != made.to_ass()
    assert [path for path in listing(Path()) if path != "talk.srt"] == []


def _drawn(made: sg.Document, name: str) -> str:
    (path,) = sg.render(made, name)
    return path.read_text(encoding="utf-8")


def test_kinds_come_from_the_names() -> None:
    names = ["a.html", Path("b.effects.ass"), "c.vtt", "d.sentigram.json", "e.timeline.png"]
    assert sg.render(talk(), names) == tuple(map(Path, names))
    assert sorted(listing(Path())) == sorted(map(str, names))
    assert sg.load("d.sentigram.json") == talk()
    with pytest.raises(sg.UsageError, match=r"x\.doc: no kind of result ends so"):
        sg.render(talk(), "x.doc")
    with pytest.raises(sg.UsageError, match=r"y\.srt: is of the same kind as x\.srt"):
        sg.render(talk(), ["x.srt", "y.srt"])
    with pytest.raises(sg.OutputError, match="exists already; add `overwrite`"):
        sg.render(talk(), "a.html")
    assert sg.render(talk(), "a.html", overwrite=True)
    assert sg.render(talk(), []) == ()


def test_a_page_finds_the_video_beside_it_and_a_video_needs_it() -> None:
    made = document(("We are happy.", "happiness"), word_ms=150)
    with pytest.raises(sg.UsageError, match="the video is not beside the Document"):
        sg.render(made, "out.mp4")
    media_samples.video_with_tone(Path("talk.mp4"))
    sg.render(made, "talk.html")
    page = Path("talk.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="talk">(.*?)</script>', page)[1])
    assert data["media"]["href"] == "./talk.mp4"
    fast = sg.VideoOptions(preset="ultrafast", clip_width=64)
    sg.render(made, ["out.mp4", "out.gif"], media="talk.mp4", video=fast, preview="0-1")
    assert Path("out.mp4").read_bytes()[4:8] == b"ftyp"
    with pytest.raises(sg.UsageError, match=r"talk\.mp4: the result would replace its own source"):
        sg.render(made, "talk.mp4", overwrite=True)


def test_subtitles_are_checked_and_fixed() -> None:
    bad = "1\n00:00:01,000 --> 00:00:01,300\nThis flies by much too fast for anybody to read it.\n"
    Path("bad.srt").write_text(bad, encoding="utf-8")
    assert sg.check("bad.srt", look=sg.Look(profiles=("netflix",))).n_violations
    corrected = sg.fix("bad.srt")
    assert corrected.path == Path("bad.fixed.srt")
    assert corrected.report.n_violations < sg.check("bad.srt").n_violations
    report = sg.check(talk(), look=sg.Look(profiles=("bbc",)))
    assert (report.name, report.n_violations) == ("talk.mp4", 0)
    assert len(sg.read_subtitles("bad.srt").captions) == 1


def test_options_are_taken_as_a_person_writes_them() -> None:
    assert sg.Look(profiles="bbc, low-vision") == sg.Look(profiles=("bbc", "low-vision"))  # type: ignore[arg-type]
    assert sg.Look(theme="mine.toml").theme == Path("mine.toml")  # type: ignore[arg-type]
    assert sg.VideoOptions(size="640x360").size == (640, 360)  # type: ignore[arg-type]
    assert sg.Engine(checkpoint="x.card.json").checkpoint == Path("x.card.json")  # type: ignore[arg-type]
    with pytest.raises(sg.ThemeError, match=r"none\.toml: cannot be read"):
        talk().to_srt(sg.Look(theme="none.toml"))  # type: ignore[arg-type]


def test_numbers_of_options_are_looked_at() -> None:
    for options in ({"beam_size": 0}, {"batch_size": 0}, {"vad_threshold": 3}):
        with pytest.raises(sg.UsageError, match=r"choose from .* to "):
            sg.Engine(**options)
    for crf in (-1, 99, "x"):
        with pytest.raises(sg.UsageError, match=r"`crf .*`: choose from 0 to 51"):
            sg.VideoOptions(crf=crf)  # type: ignore[arg-type]


def test_messages_name_options_as_python_does() -> None:
    media_samples.audio_only(Path("talk.wav"))
    Path("talk.srt").write_text("")
    for given, named in (
        ({"preview": "x"}, r"`preview`: range"),
        ({"audio_stream": 7}, r"`audio_stream 7`"),
        ({}, r"`use_sidecar=False` ignores it"),
        ({"language": "de", "use_sidecar": False}, r"`transcriber_name faster-whisper`"),
        ({"engine": _CONTRADICTION}, r"`whisper_model` needs"),
    ):
        with pytest.raises(sg.SentigramError, match=named) as told:
            sg.hear("talk.wav", **given)
        assert "--" not in str(told.value)
    with pytest.raises(sg.UsageError, match=r"`clip_width 20`"):
        sg.VideoOptions(clip_width=20)


@pytest.mark.parametrize("text", ["\x00", "b\x1b[31m", "\ud800"])
def test_a_word_that_no_caption_can_show_is_refused(text: str) -> None:
    talk = document(("good", "neutral"))
    with pytest.raises(sg.UsageError, match="no caption can show"):
        talk.with_text(0, text)


def test_a_theme_is_nothing_to_check_against(tmp_path: Path) -> None:
    with pytest.raises(sg.UsageError, match="not against a theme"):
        sg.check(document(("good", "neutral")), look=sg.Look(theme=tmp_path / "mine.toml"))


def test_a_document_that_is_not_there_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(sg.DocumentError, match=r"talk\.sentigram\.json: no such file"):
        sg.load(tmp_path / "talk.sentigram.json")


def test_messages_name_what_python_has(tmp_path: Path) -> None:
    made = document(("good", "neutral"))
    nowhere = tmp_path / "no" / "such"
    for write in (
        lambda: made.save(nowhere / "talk.sentigram.json"),
        lambda: sg.render(made, nowhere / "talk.srt"),
    ):
        with pytest.raises(
            sg.OutputError, match=r"(does not exist|is no such folder); choose another path"
        ):
            write()
    with pytest.raises(sg.UsageError) as refused:
        sg.render(made, tmp_path / "talk.sentigram.mp4")
    assert "`to`" not in str(refused.value)
    assert "leave video out" in str(refused.value)
