"""A real cluster of Ray, of several nodes on this machine: what goes wrong there is put right."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentigram.cli.app import main
from sentigram.errors import MissingError
from sentigram.jobs.cluster.archive import Archive, Crew
from sentigram.jobs.entry import Entry
from sentigram.jobs.job import Settings
from sentigram.jobs.record import FOLDER
from tests import media_samples
from tests.fakes import Recorder
from tests.jobs.cluster.stand_in import heard

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of Ray, of which there are many; see `noisy`
    pytest.mark.skipif(os.name != "posix", reason="Ray's cluster of several nodes needs it"),
]
_PATIENCE_S = 90


@pytest.fixture
def talks(tmp_path: Path, tone: Path) -> Path:
    """Three recordings of different content, one below."""
    folder = tmp_path / "talks"
    (folder / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.wav", "b.wav", "deep/c.wav")):
        data = bytearray(tone.read_bytes())
        data[-2:] = bytes((number, 0))
        (folder / name).write_bytes(data)
    return folder


def run(
    cluster: Any, folder: Path, settings: Settings, recorder: Recorder | None = None
) -> tuple[list[Entry], Recorder]:
    recorder = Recorder() if recorder is None else recorder
    with Archive(folder, settings, recorder, crew=Crew(cluster.address)) as archive:
        return list(archive.run()), recorder


def how(entries: list[Entry]) -> dict[str, str]:
    return {entry.name: entry.status for entry in entries}


def meanwhile(do: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    return thread


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + _PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.02)
    return found


def test_an_archive_with_a_duplicate_and_a_broken_file(
    cluster: Any, talks: Path, settings: Settings, told: Path
) -> None:
    """What a batch without Ray finds afterwards is up to date."""
    shutil.copy(talks / "a.wav", talks / "twin of a.wav")
    media_samples.text_named_mp4(talks / "broken.mp4")
    entries, _ = run(cluster, talks, settings)
    assert how(entries) == {
        "a.wav": "done",
        "b.wav": "done",
        "broken.mp4": "failed",
        "deep/c.wav": "done",
        "twin of a.wav": "done",
    }
    assert [entry.name for entry in entries] == sorted(how(entries))
    assert "broken.mp4" in entries[2].error
    assert len(heard(told)) == 3
    assert (talks / "twin of a.srt").read_text() == (talks / "a.srt").read_text()
    with Archive(talks, settings, Recorder()) as archive:
        again = how(list(archive.run()))
    assert {again.pop("broken.mp4")} == {"failed"}
    assert set(again.values()) == {"skipped"}
    assert len(heard(told)) == 3


def test_a_killed_worker_and_one_without_memory(
    cluster: Any, talks: Path, settings: Settings, told: Path
) -> None:
    """One is ended by the system in mid-file, the next one wants memory: both are tried again."""
    (told / "kill").touch()
    (told / "memory").touch()
    entries, recorder = run(cluster, talks, settings)
    assert set(how(entries).values()) == {"done"}
    lines = heard(told)
    assert len(lines) == 5
    assert len({process for _, _, process, _ in lines}) == 3
    assert sorted(halvings for _, halvings, _, _ in lines) == ["0", "0", "0", "0", "1"]
    assert any("its worker is gone" in line for line in recorder.warnings)
    assert not [path for path in talks.rglob("*") if path.name.startswith(".sentigram-part")]


def test_a_node_is_lost(cluster: Any, talks: Path, settings: Settings, told: Path) -> None:
    (told / "hold").touch()  # until it is known: a worker may outlive its node, and finish
    node = cluster.add_node(num_cpus=2, object_store_memory=80 * 2**20)
    recorder = Recorder()

    def lost() -> int:
        return sum("its worker is gone" in line for line in recorder.warnings)

    def lose() -> None:
        wait_for(lambda: len(heard(told)) == 3)
        cluster.remove_node(node, allow_graceful=False)
        wait_for(lambda: lost() == 2)
        (told / "hold").unlink()

    losing = meanwhile(lose)
    entries, _ = run(cluster, talks, settings, recorder)
    losing.join()
    assert set(how(entries).values()) == {"done"}
    assert len(heard(told)) == 5
    assert lost() == 2


def test_the_disk_of_one_worker_is_full(
    cluster: Any, talks: Path, settings: Settings, told: Path, tmp_path: Path
) -> None:
    """It gets nothing more to do; the others do what it could not."""
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    size = "size=48k"  # less than a second of decoded sound
    command = [mount or "mount", "-t", "tmpfs", "-o", size, "tmpfs", str(small)]
    if os.geteuid() or not mount or subprocess.run(command, check=False).returncode:
        pytest.skip("only root may mount a small tmpfs here")
    node = cluster.add_node(
        num_cpus=1, object_store_memory=80 * 2**20, env_vars={"TMPDIR": str(small)}
    )
    try:
        for number in range(5):
            data = bytearray((talks / "a.wav").read_bytes())
            data[-2:] = bytes((100 + number, 0))
            (talks / f"more {number}.wav").write_bytes(data)
        (told / "hold").touch()  # the other worker, until this one has shown what it is
        recorder = Recorder()

        def let_go() -> None:
            wait_for(lambda: recorder.warnings)
            (told / "hold").unlink()

        closing = meanwhile(let_go)
        entries, _ = run(cluster, talks, settings, recorder)
        closing.join()
        assert set(how(entries).values()) == {"done"}, [entry.error for entry in entries]
        assert len(heard(told)) == 8
        (line,) = recorder.warnings
        assert "gets nothing more to do" in line
        assert "free some space, or set TMPDIR" in line
    finally:
        cluster.remove_node(node)
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_a_bucket(cluster: Any, bucket: Any, talks: Path, settings: Settings, told: Path) -> None:
    for path in talks.rglob("*.wav"):
        bucket.put_file(str(path), f"{bucket.url}/2024/{path.relative_to(talks).as_posix()}")
    url = Path(f"{bucket.url}/2024")  # a path as the command line makes it
    entries, _ = run(cluster, url, settings)
    assert how(entries) == {"a.wav": "done", "b.wav": "done", "deep/c.wav": "done"}
    assert "Hello there" in bucket.cat_file(f"{bucket.url}/2024/deep/c.srt").decode()
    assert entries[2].detail["outputs"]["srt"] == f"{bucket.url}/2024/deep/c.srt"
    entries, _ = run(cluster, url, settings)
    assert set(how(entries).values()) == {"skipped"}
    assert len(heard(told)) == 3


def test_the_driver_is_killed_and_a_batch_without_ray_goes_on(
    cluster: Any, tmp_path: Path, told: Path, tone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    for name in "abcdef":
        media_samples.make(
            folder / f"{name}.wav", "-f", "lavfi", "-i", f"sine=f={300 + ord(name)}:d=1"
        )
        (folder / f"{name}.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nHello there.\n")
    arguments = ["batch", str(folder), "--to", "json,vtt", "-q"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sentigram", *arguments, "--cluster", cluster.address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        # the second of one worker: the first is done by then
        wait_for(lambda: len(list(folder.glob("*.vtt"))) > 1 or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=_PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL, err
    assert main([*arguments, "--json"]) == 0
    out = capfd.readouterr().out
    assert len(list(folder.glob("*.vtt"))) == 6
    assert '"skipped"' in out
    assert main(["batch", "status", str(folder)]) == 0
    assert "6 done" in capfd.readouterr().out


def test_no_cluster_says_how_to_start_one(talks: Path, settings: Settings) -> None:
    with (
        pytest.raises(MissingError, match=r"no cluster answers .*`ray start --head`"),
        Archive(talks, settings, Recorder(), crew=Crew("127.0.0.1:1")),
    ):
        pass


@pytest.mark.slow
def test_a_thousand_tiny_files(
    cluster: Any, tmp_path: Path, tone: Path, settings: Settings, told: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    sound = bytearray(tone.read_bytes())
    for number in range(1000):
        sound[-2:] = number.to_bytes(2, "little")
        (folder / f"{number:04}.wav").write_bytes(sound)
    entries, _ = run(cluster, folder, replace(settings, kinds=("json",)))
    assert set(how(entries).values()) == {"done"}
    assert len(heard(told)) == 1000
    assert len(list((folder / FOLDER).glob("*.record.json"))) == 1000
