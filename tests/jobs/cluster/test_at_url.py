"""Recordings in a bucket, without Ray: what is done is not fetched, what is edited is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentigram.cli.app import main
from sentigram.jobs.cluster.archive import Archive
from sentigram.jobs.cluster.places import Bucket
from sentigram.jobs.cluster.shards import Shard
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import Again
from sentigram.style.look import Look
from tests.fakes import Recorder
from tests.jobs.cluster.stand_in import heard

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def talks(bucket: Any, tone: Path) -> Any:
    """A bucket with two recordings and a broken one."""
    bucket.put_file(str(tone), f"{bucket.url}/talks/a.wav")
    bucket.put_file(str(tone), f"{bucket.url}/talks/deep/b.wav")
    bucket.pipe_file(f"{bucket.url}/talks/deep/broken.mp4", b"no video")
    bucket.pipe_file(f"{bucket.url}/talks/notes.txt", b"not one")
    return bucket


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is fetched."""
    names: list[str] = []
    real = Bucket.fetch

    def fetch(self: Bucket, name: str, path: Path) -> bool:
        names.append(name)
        return real(self, name, path)

    monkeypatch.setattr(Bucket, "fetch", fetch)
    return names


def run(url: str, settings: Settings, **options: Any) -> dict[str, str]:
    with Archive(Path(f"{url}/talks"), settings, Recorder(), **options) as archive:
        return {entry.name: entry.status for entry in archive.run()}


def names(bucket: Any, below: str) -> set[str]:
    root = f"{bucket.url.removeprefix('s3://')}/{below}/"
    return {path.removeprefix(root) for path in bucket.find(root)}


DONE = {"a.wav": "done", "deep/b.wav": "done", "deep/broken.mp4": "failed"}
SKIPPED = {"a.wav": "skipped", "deep/b.wav": "skipped", "deep/broken.mp4": "failed"}


def test_results_go_beside_and_what_is_done_is_not_fetched_again(
    talks: Any, settings: Settings, fetched: list[str], told: Path
) -> None:
    assert run(talks.url, settings) == DONE
    assert {"a.srt", "a.sentigram.json", "deep/b.srt", ".sentigram/a.record.json"} <= names(
        talks, "talks"
    )
    assert not any("lock" in name or "part" in name for name in names(talks, "talks"))
    fetched.clear()
    assert run(talks.url, settings) == SKIPPED
    assert fetched == []
    assert len(heard(told)) == 2
    assert run(talks.url, settings, again=Again(retry_failed=True)) == SKIPPED
    assert fetched[0] == "deep/broken.mp4"


def test_another_look_is_drawn_from_the_document(
    talks: Any, settings: Settings, told: Path
) -> None:
    settings = replace(settings, kinds=("ass", "json"))
    run(talks.url, settings)
    before = talks.cat_file(f"{talks.url}/talks/a.ass")
    assert run(talks.url, replace(settings, look=Look(culture="eastern"))) == DONE
    assert talks.cat_file(f"{talks.url}/talks/a.ass") != before
    assert len(heard(told)) == 2


@pytest.mark.slow
def test_a_changed_recording_and_a_lost_result_are_seen(
    talks: Any, settings: Settings, told: Path, tone: Path
) -> None:
    run(talks.url, settings)
    talks.pipe_file(f"{talks.url}/talks/a.wav", tone.read_bytes()[:-2] + b"\1\1")
    talks.rm(f"{talks.url}/talks/deep/b.srt")
    assert run(talks.url, settings) == DONE
    assert len(heard(told)) == 3  # b was drawn again from its Document
    assert run(talks.url, settings) == SKIPPED


def test_what_a_person_edited_is_left_alone(talks: Any, settings: Settings) -> None:
    settings = replace(settings, kinds=("ass", "json"))
    run(talks.url, settings)
    talks.pipe_file(f"{talks.url}/talks/a.ass", b"; by hand")
    assert run(talks.url, replace(settings, look=Look(culture="eastern")))["a.wav"] == "kept"
    assert talks.cat_file(f"{talks.url}/talks/a.ass") == b"; by hand"


@pytest.mark.slow
def test_a_transcript_beside_the_recording_counts(
    talks: Any, settings: Settings, told: Path
) -> None:
    settings = replace(settings, kinds=("json",))
    run(talks.url, settings)
    talks.pipe_file(
        f"{talks.url}/talks/a.srt", b"1\n00:00:00,100 --> 00:00:00,900\nGood day to you.\n"
    )
    assert run(talks.url, settings)["a.wav"] == "done"
    assert b"Good" in talks.cat_file(f"{talks.url}/talks/a.sentigram.json")


def test_a_run_that_is_killed_between_two_puts_goes_on(
    talks: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was put last, the next run knows whose the results are."""
    settings = replace(settings, kinds=("ass", "srt", "json"))
    run(talks.url, settings)
    real = Bucket.put
    eastern = replace(settings, look=Look(culture="eastern"))

    class _KilledError(BaseException):
        pass

    for n_puts in range(5):
        left = iter(range(n_puts))

        def put(self: Bucket, path: Path, name: str, left: Any = left) -> None:
            if next(left, None) is None:
                raise _KilledError
            real(self, path, name)

        with monkeypatch.context() as patch:
            patch.setattr(Bucket, "put", put)
            wanted = eastern if n_puts % 2 else settings
            run_ = Archive(Path(f"{talks.url}/talks"), wanted, Recorder())
            try:
                with run_ as archive:
                    archive.run({"a.wav"})
            except _KilledError:
                pass
        other = settings if n_puts % 2 else eastern
        assert run(talks.url, other)["a.wav"] in ("done", "skipped")
        assert b"[Script Info]" in talks.cat_file(f"{talks.url}/talks/a.ass")


@pytest.mark.slow
def test_results_in_a_folder_and_in_another_bucket(
    talks: Any, settings: Settings, tmp_path: Path, fetched: list[str], told: Path
) -> None:
    before = names(talks, "talks")
    out = tmp_path / "out"
    assert run(talks.url, replace(settings, out=out)) == DONE
    assert (out / "deep" / "b.srt").is_file()
    elsewhere = replace(settings, out=Path(f"{talks.url}/captions"))
    assert run(talks.url, elsewhere) == DONE
    assert "deep/b.srt" in names(talks, "captions")
    assert names(talks, "talks") == before
    fetched.clear()
    assert run(talks.url, replace(settings, out=out)) == SKIPPED
    assert run(talks.url, elsewhere) == SKIPPED
    assert fetched == []
    (out / "a.srt").unlink()
    assert run(talks.url, replace(settings, out=out))["a.wav"] == "done"


def test_a_folder_with_results_in_a_bucket(
    bucket: Any, settings: Settings, tmp_path: Path, tone: Path, told: Path
) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "a.wav").write_bytes(tone.read_bytes())
    wanted = replace(settings, out=Path(f"{bucket.url}/captions"))
    for status in ("done", "skipped"):
        with Archive(folder, wanted, Recorder()) as archive:
            assert [entry.status for entry in archive.run()] == [status]
    assert [path.name for path in folder.iterdir()] == ["a.wav"]
    assert len(heard(told)) == 1


def test_parts_make_the_whole_and_names_that_meet_are_told_in_each(
    talks: Any, settings: Settings, tone: Path
) -> None:
    talks.put_file(str(tone), f"{talks.url}/talks/a.flac")
    talks.pipe_file(f"{talks.url}/talks/deep//x.wav", b"no name of a file")
    parts = [run(talks.url, settings, shard=Shard(number, 3)) for number in (1, 2, 3)]
    whole = {name: status for part in parts for name, status in part.items()}
    assert sum(map(len, parts)) == len(whole)
    assert {whole.pop("a.flac"), whole.pop("deep//x.wav")} == {"done", "failed"}
    assert whole == DONE | {"a.wav": "failed"}


def test_the_command_and_its_status(
    talks: Any, capfd: pytest.CaptureFixture[str], tone: Path
) -> None:
    url = f"{talks.url}/talks"
    talks.pipe_file(f"{url}/a.srt", b"1\n00:00:00,100 --> 00:00:00,900\nHello there.\n")
    talks.pipe_file(f"{url}/deep/b.srt", b"1\n00:00:00,100 --> 00:00:00,900\nHello there.\n")
    assert main(["batch", url, "--to", "json,vtt", "--json", "-q"]) == 1
    out, err = capfd.readouterr()
    made = {entry["source"]: entry for entry in json.loads(out)}
    assert made[f"{url}/deep/b.wav"]["outputs"]["vtt"] == f"{url}/deep/b.vtt"
    assert made[f"{url}/deep/broken.mp4"]["error"].startswith(f"{url}/deep/broken.mp4: ")
    assert "secret-of-the-test" not in out + err
    talks.rm(f"{url}/a.vtt")
    assert main(["batch", "status", url, "--json"]) == 0
    states = {one["source"]: one for one in json.loads(capfd.readouterr().out)}
    assert states[f"{url}/a.wav"] == {
        "source": f"{url}/a.wav",
        "status": "changed",
        "detail": "a.vtt is gone",
    }
    assert states[f"{url}/deep/b.wav"]["status"] == "done"
    assert states[f"{url}/deep/broken.mp4"]["status"] == "failed"
