"""A Document that a person changed is used, kept and carried over; it is never lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import read_document
from sentigram.core.media import MediaInfo
from sentigram.core.time import Span
from sentigram.errors import DocumentError, UsageError
from sentigram.jobs import run
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Settings, plan
from sentigram.jobs.run import Made, draw_job, hear_job
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions
from tests import media_samples
from tests.fakes import FakeTranscriber, Recorder, use_fakes

Render = Callable[..., tuple[Made, Recorder]]


@pytest.fixture
def recognizer(monkeypatch: pytest.MonkeyPatch) -> type[FakeTranscriber]:
    return use_fakes(monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return media_samples.audio_only(tmp_path / "talk.wav")


@pytest.fixture
def render(source: Path, recognizer: type[FakeTranscriber]) -> Render:
    settings = Settings(kinds=("srt", "json"), engine=Engine())

    def render(**options: object) -> tuple[Made, Recorder]:
        reporter = Recorder()
        (job,) = plan([source], replace(settings, **options))  # type: ignore[arg-type]
        with ExitStack() as stack:
            return draw_job(hear_job(job, reporter, stack), reporter), reporter

    return render


@pytest.fixture
def corrected(render: Render, source: Path) -> Path:
    """A Document of an earlier run with a correction."""
    render()
    path = source.with_name("talk.sentigram.json")
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    return path


def test_a_corrected_document_is_used_and_said(
    render: Render, corrected: Path, recognizer: type[FakeTranscriber]
) -> None:
    before = corrected.read_bytes()
    made, told = render(overwrite=True)
    assert recognizer.calls == 1
    assert "Hello Thea, friend." in corrected.with_name("talk.srt").read_text()
    assert corrected.read_bytes() == before
    assert list(made.paths) == ["srt"]
    assert any("holds corrections: its words" in note for note in told.notes)
    assert not list(corrected.parent.glob("*.bak*"))


def test_also_for_another_kind_another_folder_and_a_preview(
    render: Render, corrected: Path, recognizer: type[FakeTranscriber], tmp_path: Path
) -> None:
    render(kinds=("vtt",))
    render(out=tmp_path / "out")
    render(preview=Span(0, 1000))
    assert recognizer.calls == 1
    assert "Thea," in corrected.with_name("talk.vtt").read_text()
    assert "Thea," in (tmp_path / "out" / "talk.sentigram.json").read_text()
    assert "Thea," in corrected.with_name("talk.preview.srt").read_text()


def test_a_document_that_nobody_changed_is_heard_again(
    render: Render, source: Path, recognizer: type[FakeTranscriber]
) -> None:
    render()
    made, told = render(overwrite=True)
    assert recognizer.calls == 2
    assert set(made.paths) == {"srt", "json"}
    assert not any("changed" in note for note in told.notes)
    assert not list(source.parent.glob("*.bak*"))


def test_hearing_anew_keeps_it_and_carries_corrections_over(
    render: Render, corrected: Path, recognizer: type[FakeTranscriber]
) -> None:
    before = corrected.read_bytes()
    _, told = render(overwrite=True, rehear=True)
    assert recognizer.calls == 2
    assert corrected.with_name("talk.sentigram.json.bak").read_bytes() == before
    assert [word.text for word in read_document(corrected).words] == ["Hello", "Thea,", "friend."]
    assert any("1 correction of talk.sentigram.json is carried over" in n for n in told.notes)
    render(overwrite=True, rehear=True)  # what was carried over is a correction still
    assert "Thea," in corrected.read_text()
    read_document(corrected).with_text(0, "Hullo").save(corrected, overwrite=True)
    render(overwrite=True, rehear=True)
    assert "Hullo" in corrected.with_name("talk.sentigram.json.bak2").read_text()
    assert "Hullo" in corrected.read_text()


def test_a_correction_that_does_not_fit_any_more_is_told(
    render: Render, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.HEARD", ("Other", "words", "here."))
    _, told = render(overwrite=True, rehear=True)
    assert "Thea" not in corrected.read_text()
    assert "Thea" in corrected.with_name("talk.sentigram.json.bak").read_text()
    assert any("does not fit what is heard now: 0:00 “Thea,”" in line for line in told.warnings)


@pytest.mark.parametrize("rehear", [False, True])
def test_a_document_that_was_damaged_by_hand_is_not_lost(
    render: Render, corrected: Path, rehear: bool
) -> None:
    corrected.write_text(corrected.read_text()[:-5])
    before = corrected.read_bytes()
    if rehear:
        render(overwrite=True, rehear=True)
        assert corrected.with_name("talk.sentigram.json.bak").read_bytes() == before
    else:
        with pytest.raises(DocumentError, match=r"not valid JSON .*; mend it, or .*`rehear`"):
            render(overwrite=True)
        assert corrected.read_bytes() == before


def test_a_document_of_an_older_version_is_treated_as_corrected(
    render: Render, corrected: Path, recognizer: type[FakeTranscriber]
) -> None:
    replace(read_document(corrected), seal=None).save(corrected, overwrite=True)
    _, told = render(overwrite=True)
    assert recognizer.calls == 1
    assert any("does not say whether it was corrected" in note for note in told.notes)


def test_other_words_and_a_corrected_document_contradict_each_other(
    render: Render, corrected: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("Hello their friend")
    given = HearOptions(transcript=tmp_path / "mine.txt")
    with pytest.raises(UsageError, match=r"mine\.txt has other words; .* `rehear`"):
        render(overwrite=True, hear=given)


def test_the_original_counts_and_not_the_copy_that_was_made_of_it(
    render: Render, corrected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    render(out=out)
    read_document(corrected).with_text(2, "fiend.").save(corrected, overwrite=True)
    render(out=out, overwrite=True)
    assert "Hello Thea, fiend." in (out / "talk.srt").read_text()
    assert "fiend." in (out / "talk.sentigram.json").read_text()
    assert not list(out.glob("*.bak*"))  # the copy was made again, nothing of it was lost
    corrected.unlink()  # then the copy is all that there is of the corrections
    _, told = render(out=out, overwrite=True)
    assert "fiend." in (out / "talk.srt").read_text()
    assert any("holds corrections" in note for note in told.notes)
    render(out=out, overwrite=True, rehear=True)
    assert "Thea, fiend." in (out / "talk.srt").read_text()


def test_two_corrected_ones_that_differ_are_not_chosen_from(
    render: Render, corrected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    render(out=out)
    copy = out / "talk.sentigram.json"
    read_document(copy).with_text(0, "Mine").save(copy, overwrite=True)
    with pytest.raises(DocumentError, match="hold different corrections; put them together"):
        render(out=out, overwrite=True)


def test_a_document_of_another_recording_of_that_name_is_refused(
    render: Render, corrected: Path, source: Path
) -> None:
    media_samples.audio_only(source, seconds=4)
    with pytest.raises(DocumentError, match=r"the Document of that name is of .* of another"):
        render(overwrite=True)


def test_a_recording_that_says_less_than_it_holds_keeps_its_document(
    render: Render, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def understated(path: Path, *, audio_stream: int | None) -> MediaInfo:
        return replace(probe(path, audio_stream=audio_stream), duration_ms=700)

    monkeypatch.setattr(run, "probe", understated)
    made, _ = render(overwrite=True)
    assert made.document.words == read_document(corrected).words


def test_a_corrected_preview_is_drawn_by_itself_alone(
    render: Render, corrected: Path, tmp_path: Path
) -> None:
    render(preview=Span(0, 300))
    slice_ = corrected.with_name("talk.preview.sentigram.json")
    read_document(slice_).with_text(0, "Mine").save(slice_, overwrite=True)
    _, told = render(overwrite=True)
    assert any("talk.preview.sentigram.json was corrected, and is not" in w for w in told.warnings)
    render(preview=Span(400, 900), overwrite=True)
    assert "Mine" not in slice_.read_text()
    assert "Mine" in slice_.with_name("talk.preview.sentigram.json.bak").read_text()


def test_a_link_to_nowhere_is_not_replaced(render: Render, source: Path, tmp_path: Path) -> None:
    path = source.with_name("talk.sentigram.json")
    path.symlink_to(tmp_path / "not-mounted" / "talk.sentigram.json")
    with pytest.raises(DocumentError, match="is a link to nowhere"):
        render(overwrite=True)
    render(overwrite=True, rehear=True)
    assert path.with_name("talk.sentigram.json.bak").is_symlink()
    assert path.is_file()


def test_a_copy_that_is_corrected_is_kept_when_a_restyled_one_takes_its_place(
    corrected: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    other = tmp_path / "out" / "talk.sentigram.json"
    read_document(corrected).with_text(0, "Mine").save(other)
    settings = Settings(kinds=("json",), out=tmp_path / "out", overwrite=True)
    (job,) = plan([corrected], settings)
    with ExitStack() as stack:
        draw_job(hear_job(job, Recorder(), stack), Recorder())
    assert "Mine" in other.with_name("talk.sentigram.json.bak").read_text()
