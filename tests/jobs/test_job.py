"""One source and its results: every fault that can be found early is found early."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from sentigram import registry
from sentigram.core.document import EnginePart, dumps, read_document
from sentigram.core.protocols import Renderer, no_progress
from sentigram.core.time import Span
from sentigram.errors import DocumentError, MediaError, OutputError, ThemeError, UsageError
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Job, Settings, plan
from sentigram.jobs.run import Made, draw_job, hear_job
from sentigram.store.memory import home
from sentigram.style.look import Look
from sentigram.words.heard_or_given import HearOptions
from tests import media_samples
from tests.documents import document, talk
from tests.fakes import HEARD, FakeModel, Recorder, listing, use_fakes


def only(jobs):
    """The one job that was planned."""
    (job,) = jobs
    return job


SENTENCE = "We are so happy to see you here today!"  # the first of the talk
SETTINGS = Settings(kinds=("srt", "json"))


@pytest.fixture(autouse=True)
def _own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine keeps the parts that it loaded, be they fakes."""
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", replace(SETTINGS, engine=Engine()))


def run(job: Job, reporter: Recorder) -> Made:
    """Both halves of a job."""
    with ExitStack() as stack:
        return draw_job(hear_job(job, reporter, stack), reporter)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "talk.sentigram.json"
    path.write_text(dumps(talk()), encoding="utf-8")
    return path


def _file(path: Path) -> Path:
    path.write_text("not looked into while planning")
    return path


def test_a_document_is_not_its_own_result(saved: Path) -> None:
    (job,) = plan([saved], SETTINGS)
    assert set(job.paths) == {"srt"}
    with pytest.raises(UsageError, match=r"is a Document already; ask for another kind with `to`"):
        plan([saved], replace(SETTINGS, kinds=("json",)))
    (job,) = plan([saved], replace(SETTINGS, out=saved.parent / "o"))
    assert set(job.paths) == {"srt", "json"}


def test_planning_makes_nothing(saved: Path) -> None:
    before = listing(saved.parent)
    plan([saved], replace(SETTINGS, out=saved.parent / "a" / "b"))
    assert listing(saved.parent) == before


def test_two_sources_never_share_a_result(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    sources = [_file(tmp_path / "talk.mp4"), _file(tmp_path / "talk.mkv")]
    with pytest.raises(UsageError, match=r"talk\.mp4 and .*talk\.mkv would both become"):
        plan(sources, SETTINGS)
    with pytest.raises(UsageError, match="would both become"):
        plan([sources[0], sources[0]], SETTINGS)
    other = _file(tmp_path / "a" / "talk.mp4")
    assert len(plan([sources[0], other], SETTINGS)) == 2
    with pytest.raises(UsageError, match="would both become"):
        plan([sources[0], other], replace(SETTINGS, out=tmp_path / "o"))


def test_a_transcript_belongs_to_one_video(tmp_path: Path, saved: Path) -> None:
    words = _file(tmp_path / "words.srt")
    given = replace(SETTINGS, hear=HearOptions(transcript=words))
    with pytest.raises(UsageError, match="`transcript` belongs to one source"):
        plan([_file(tmp_path / "a.mp4"), _file(tmp_path / "b.mp4")], given)
    with pytest.raises(UsageError, match=r"`transcript`: .*has its words already"):
        plan([saved], given)
    with pytest.raises(UsageError, match=r"words\.srt is the transcript of this run"):
        plan([_file(tmp_path / "words.mp4")], replace(given, overwrite=True))


@pytest.mark.parametrize(
    ("change", "fault", "said"),
    [
        ({"kinds": ("png",)}, UsageError, "`to png`"),
        (
            {"look": Look(culture="mars")},
            UsageError,
            "no culture 'mars'; there are: western",
        ),
        ({"look": Look(age="old")}, UsageError, "no age 'old'; there are: child"),
        ({"look": Look(theme=Path("none.toml"))}, ThemeError, r"none\.toml: cannot be read"),
        (
            {"engine": Engine(transcriber_name="siri")},
            UsageError,
            "no transcriber is called 'siri'",
        ),
        ({"out": Path("/proc/none")}, OutputError, "/proc/none: cannot be written"),
    ],
)
def test_wrong_settings_are_found_before_the_work(
    tmp_path: Path, change: dict[str, object], fault: type[Exception], said: str
) -> None:
    source = _file(tmp_path / "talk.mp4")
    with pytest.raises(fault, match=said):
        plan([source], replace(SETTINGS, **change))  # type: ignore[arg-type]


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4: no such file"):
        plan([tmp_path / "none.mp4"], SETTINGS)
    with pytest.raises(DocumentError, match="no such file"):
        plan([tmp_path / "none.sentigram.json"], SETTINGS)
    with pytest.raises(MediaError, match=r"is a folder; for many files use: sentigram batch"):
        plan([tmp_path], SETTINGS)
    with pytest.raises(MediaError, match=r"x{200}: cannot be read \(File name too long\)"):
        plan([Path("x" * 300 + ".mp4")], SETTINGS)


def test_what_is_in_the_way_is_found_before_the_work(tmp_path: Path) -> None:
    source = _file(tmp_path / "talk.mp4")
    _file(tmp_path / "talk.srt")
    with pytest.raises(OutputError, match=r"talk\.srt: exists already"):
        plan([source], SETTINGS)
    assert plan([source], replace(SETTINGS, overwrite=True))


def test_a_preview_has_its_own_name(saved: Path) -> None:
    settings = replace(SETTINGS, preview=Span(500, 2000))
    (job,) = plan([saved], settings)
    assert {path.name for path in job.paths.values()} == {
        "talk.preview.srt",
        "talk.preview.sentigram.json",
    }
    made = run(job, Recorder())
    cut = read_document(made.paths["json"])
    assert [w.text for w in cut.transcript.words()] == SENTENCE.split()
    assert made.as_json()["words"] == 9
    assert read_document(saved) == talk()


def test_folders_are_made_for_results_only(saved: Path) -> None:
    folder = saved.parent
    settings = replace(SETTINGS, out=folder / "a" / "b", kinds=("srt", "video"))
    (job,) = plan([saved], settings)
    before = listing(folder)
    with pytest.raises(UsageError, match="not beside the Document"):
        run(job, Recorder())
    assert listing(folder) == before
    run(only(plan([saved], replace(settings, kinds=("srt",)))), Recorder())
    assert (folder / "a" / "b" / "talk.srt").is_file()


def test_a_document_is_restyled_beside_a_damaged_video(saved: Path) -> None:
    media_samples.text_named_mp4(saved.with_name("talk.mp4"))
    reporter = Recorder()
    run(only(plan([saved], SETTINGS)), reporter)
    assert (saved.parent / "talk.srt").is_file()
    (warning,) = reporter.warnings
    assert warning.startswith(str(saved.with_name("talk.mp4")))
    assert warning.endswith("; the Document is drawn without it")
    settings = replace(SETTINGS, kinds=("video",))
    with pytest.raises(MediaError, match=r"talk\.mp4"):
        run(only(plan([saved], settings)), reporter)


def test_a_document_of_another_file_that_may_be_corrected_is_neither_taken_nor_replaced(
    tmp_path: Path,
) -> None:
    source = media_samples.audio_only(tmp_path / "talk.wav")
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")  # of talk.mp4
    with pytest.raises(DocumentError, match=r"is the Document of talk\.mp4, not of talk\.wav"):
        plan([source], replace(SETTINGS, overwrite=True))


def test_a_summary_for_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    source = media_samples.audio_only(tmp_path / "talk.wav")
    made = run(only(plan([source], SETTINGS)), Recorder())
    summary = made.as_json()
    assert summary["source"] == str(source)
    assert summary["outputs"] == {
        "srt": str(tmp_path / "talk.srt"),
        "json": str(tmp_path / "talk.sentigram.json"),
    }
    assert (summary["words"], summary["language"]) == (len(HEARD), "en")
    assert summary["emotions"] == {"neutral": 2, "happiness": 1}
    loud = replace(made, document=document(("hey you", "raised-voice"), ("oh", "neutral")))
    assert loud.as_json()["emotions"] == {"raised-voice": 2, "neutral": 1}


def test_a_result_in_the_way_of_what_was_heard_before_says_how_to_restyle(tmp_path):
    (tmp_path / "talk.mp4").write_bytes(b"x")
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    with pytest.raises(OutputError, match=r"sentigram render talk\.sentigram\.json --overwrite"):
        plan([tmp_path / "talk.mp4"], replace(SETTINGS, kinds=("json",)))


def test_a_run_that_was_stopped_goes_on_after_the_words(tmp_path, monkeypatch) -> None:
    sound = media_samples.audio_only(tmp_path / "tone.wav")
    fake = use_fakes(monkeypatch)
    (job,) = plan([sound], SETTINGS)
    with monkeypatch.context() as patch:
        patch.setattr(FakeModel, "read", _killed)
        with pytest.raises(KeyboardInterrupt):
            run(job, Recorder())
    assert fake.calls == 1
    assert listing(tmp_path).keys() == {"tone.wav"}

    again = use_fakes(monkeypatch)
    recorder = Recorder()
    made = run(job, recorder)
    assert again.calls == 0
    assert any("earlier run" in note for note in recorder.notes)
    assert [word.text for word in made.document.transcript.words()] == list(HEARD)
    assert made.document.engine[0].id == "fake"
    assert not any(home().iterdir()), "a run that is done leaves nothing"


def test_other_settings_do_not_take_up_what_was_heard(tmp_path, monkeypatch) -> None:
    sound = media_samples.audio_only(tmp_path / "tone.wav")
    fake = use_fakes(monkeypatch)
    monkeypatch.setattr(FakeModel, "read", _killed)
    (job,) = plan([sound], SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        run(job, Recorder())
    other = replace(SETTINGS, hear=HearOptions(language="en"))
    with pytest.raises(KeyboardInterrupt):
        run(only(plan([sound], other)), Recorder())
    assert fake.calls == 2


def _killed(*_args: object, **_options: object) -> None:
    raise KeyboardInterrupt


def test_a_clip_of_a_long_film_is_refused_before_it_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    source = media_samples.audio_only(tmp_path / "talk.wav", seconds=61)
    settings = replace(SETTINGS, kinds=("srt", "gif"), out=tmp_path / "o")
    (job,) = plan([source], settings)
    with pytest.raises(UsageError, match="`to gif`: 1:01 is too long for a clip"):
        run(job, Recorder())
    assert transcriber.calls == 0
    short = replace(settings, preview=Span(0, 1000), kinds=("gif",))
    run(only(plan([source], short)), Recorder())
    assert transcriber.calls == 1


def _preview(**changes: object) -> Settings:
    hear = HearOptions(**changes)  # type: ignore[arg-type]
    return replace(SETTINGS, hear=hear, preview=Span(0, 500), engine=Engine(), overwrite=True)


def _work(source: Path, settings: Settings) -> Recorder:
    recorder = Recorder()
    run(only(plan([source], settings)), recorder)
    return recorder


def test_what_a_preview_heard_is_taken_up_until_the_whole_is_done(tmp_path, monkeypatch) -> None:
    source = media_samples.audio_only(tmp_path / "talk.wav")
    fake = use_fakes(monkeypatch)
    first = _work(source, replace(_preview(), kinds=("ass", "json")))
    assert "the next preview takes seconds" in first.notes[0]
    assert any("with sentences" in note for note in first.notes)
    looked = replace(_preview(), look=Look(culture="eastern"))
    again = _work(source, looked)
    assert "nothing is heard again" in again.notes[0]
    assert "words" not in again.stages
    assert any(home().iterdir())
    whole = _work(source, SETTINGS)
    assert "nothing is heard again" in whole.notes[0]
    assert fake.calls == 1
    assert not any(home().iterdir())


def test_what_changes_the_hearing_makes_it_anew(tmp_path, monkeypatch) -> None:
    source = media_samples.audio_only(tmp_path / "talk.wav")
    fake = use_fakes(monkeypatch)
    _work(source, _preview())
    _work(source, _preview(language="en"))
    monkeypatch.setattr(FakeModel, "__init__", lambda _self, **_options: None)
    _work(source, replace(_preview(), engine=Engine(weights="commercial")))
    assert fake.calls == 3
    monkeypatch.setattr(
        FakeModel, "parts", property(lambda _self: (EnginePart("emotion", "fake", "2", "0" * 64),))
    )
    _work(source, _preview())
    assert fake.calls == 4
    words = tmp_path / "talk.vtt"
    times = "00:00.100 --> 00:00.900"
    words.write_text(f"WEBVTT\n\n{times}\nBonjour mes amis.\n", encoding="utf-8")
    fr = _preview(language="fr")
    assert any("talk.vtt" in note for note in _work(source, fr).notes)
    words.write_text(f"WEBVTT\n\n{times}\nBonsoir mes amies.\n", encoding="utf-8")
    _work(source, fr)
    said = read_document(tmp_path / "talk.preview.sentigram.json").transcript.words()
    assert [word.text for word in said] == ["Bonsoir", "mes", "amies."]
    assert fake.calls == 4


def test_a_checkpoint_that_changed_is_another(tmp_path, monkeypatch) -> None:
    source = media_samples.audio_only(tmp_path / "talk.wav")
    fake = use_fakes(monkeypatch)
    monkeypatch.setattr(FakeModel, "__init__", lambda _self, **_options: None)
    card = _file(tmp_path / "network.card.json")
    mine = replace(_preview(), engine=Engine(checkpoint=card))
    _work(source, mine)
    _work(source, mine)
    assert fake.calls == 1
    card.write_text("calibrated since")
    _work(source, mine)
    assert fake.calls == 2


def test_a_preview_that_was_stopped_is_gone_on_with_by_the_whole(tmp_path, monkeypatch) -> None:
    source = media_samples.audio_only(tmp_path / "talk.wav")
    fake = use_fakes(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(FakeModel, "read", _killed)
        with pytest.raises(KeyboardInterrupt):
            _work(source, _preview())
    assert listing(tmp_path).keys() == {"talk.wav"}
    assert any("earlier run" in note for note in _work(source, SETTINGS).notes)
    assert fake.calls == 1
    assert not any(home().iterdir())


def test_the_transcript_is_never_overwritten_by_what_was_heard_before(
    tmp_path, monkeypatch
) -> None:
    use_fakes(monkeypatch)
    source = media_samples.audio_only(tmp_path / "talk.wav")
    words = tmp_path / "talk.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
    _work(source, _preview(language="fr"))
    settings = replace(SETTINGS, hear=HearOptions(language="fr"), overwrite=True)
    with pytest.raises(UsageError, match=r"talk\.srt is the transcript of this run"):
        _work(source, settings)
    assert "Bonjour" in words.read_text()


class ToyRenderer(Renderer):
    """Writes how many words there are."""

    def render(self, job, out, *, progress=no_progress) -> None:
        out.write_text(f"{len(job.document.words)} words")


def test_a_renderer_of_somebody_elses_is_a_kind_like_any_other(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = EntryPoint("toy", f"{__name__}:ToyRenderer", "sentigram.renderers")
    monkeypatch.setattr(
        registry, "entry_points", lambda **wanted: EntryPoints([toy]).select(**wanted)
    )
    made = run(only(plan([saved], replace(SETTINGS, kinds=("toy",)))), Recorder())
    assert made.paths == {"toy": saved.with_name("talk.toy")}
    assert made.paths["toy"].read_text() == "28 words"
