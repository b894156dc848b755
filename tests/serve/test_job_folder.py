"""Jobs on disk: names that cannot lead anywhere, records that are whole, and what expires."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.document import loads, read_document
from sentigram.core.seal import holds_corrections, sealed
from sentigram.errors import UsageError
from sentigram.serve.job_folder import (
    Job,
    JobFolders,
    JobGone,
    JobRecord,
    clean_name,
    clean_stem,
)
from tests.documents import talk


def test_a_job_is_found_by_its_id_alone(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {"to": "srt"})
    assert re.fullmatch("[0-9a-f]{32}", job.id)
    assert folders.find(job.id) == job
    outside = folders.data / "jobs" / "elsewhere"
    outside.mkdir()
    (outside / "job.json").write_text(job.record.as_text())
    for name in ("", "elsewhere", "..", f"../jobs/{job.id}", job.id.upper() + "/", f"{job.id}\n"):
        assert folders.find(name) is None
    assert folders.find("0" * 32) is None
    record = job.record
    assert (record.state, record.owner, record.options) == ("uploading", "ann", {"to": "srt"})
    assert JobRecord.from_text(record.as_text()) == record


def test_only_its_user_can_look_into_it(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    source = job.source(".mp4")
    source.write_bytes(b"1")
    for path in (job.path, source.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((job.path / "job.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("talk.mp4", "talk"),
        ("Dr. Smith", "Dr. Smith"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\talk.mov", "talk"),
        ("..", "recording"),
        ("", "recording"),
        ("-rf.mp4", "rf"),
        (".hidden.mp4", "hidden"),
        ("a\u202egpj.mp4", "agpj"),
        ("a\x00b\r\nc.mp4", "ab c"),
        ("日本語.webm", "日本語"),
        ("talk.sentigram.json", "talk"),
        ('con|<>"?*.mp4', "con"),
    ],
)
def test_names_of_visitors_are_cleaned(name: str, stem: str) -> None:
    assert clean_stem(name) == stem


@given(st.text(max_size=400))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    cleaned = clean_name(name)
    assert Path(cleaned).name == cleaned
    assert cleaned not in ("", ".", "..")
    assert not cleaned.startswith((".", "-"))
    assert len(cleaned.encode()) <= 120
    assert not any(unicodedata.category(c) == "Cc" for c in cleaned)
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize("suffix", ["", "mp4", ".MP4", "./../a", ".sh/x", ".a b"])
def test_endings_are_those_of_files(folders: JobFolders, suffix: str) -> None:
    with pytest.raises(UsageError, match="not the end of a file's name"):
        folders.create("ann", "talk.mp4", {}).source(suffix)


def test_a_record_of_a_newer_version_is_read(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    record = json.loads(job.record.as_text())
    (job.path / "job.json").write_text(json.dumps({**record, "colour": "red"}))
    assert job.record.name == "talk.mp4"
    (job.path / "job.json").write_text('{"id": "no"}')
    with pytest.raises(JobGone):
        _ = job.record


def test_words_come_before_readings(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    job.source(".mp4")
    assert job.document() is None
    talk().save(job.words_path)
    assert job.document() == talk()
    other = replace(talk(), notes=("read",))
    other.save(job.document_path)
    assert job.document() == other


def test_a_corrected_document_leaves_no_results_that_show_the_old_one(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    job.source(".mp4").write_bytes(b"1")
    sealed(talk()).save(job.document_path)
    (job.files / "talk.srt").write_text("old")
    assert set(job.results()) == {"json", "srt"}
    job.write_document(job.document().with_text(0, "Corrected"))
    assert set(job.results()) == {"json"}
    assert holds_corrections(read_document(job.document_path))
    assert job.media == job.files / "talk.mp4"


def test_results_of_a_slice_are_found(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {"preview": "0:00-0:05"})
    job.source(".mp4").write_bytes(b"1")
    (job.files / "talk.preview.srt").write_text("1")
    assert set(job.results()) == {"srt"}
    assert job.document_path.name == "talk.preview.sentigram.json"


def test_links_that_a_job_left_lead_nowhere(folders: JobFolders, tmp_path: Path) -> None:
    """What works on a stranger's file may have become the stranger's."""
    secret = tmp_path / "secret"
    talk().save(secret)
    job = folders.create("ann", "talk.mp4", {})
    job.source(".mp4").symlink_to(secret)
    for name in ("talk.srt", "talk.sentigram.json", ".words.sentigram.json"):
        (job.files / name).symlink_to(secret)
    assert job.results() == {}
    assert job.document() is None
    assert job.media is None
    shutil.rmtree(job.files)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "talk.srt").write_text("another's")
    job.files.symlink_to(elsewhere)
    assert job.results() == {}
    with pytest.raises(JobGone):
        job.write_document(talk())
    assert [path.name for path in elsewhere.iterdir()] == ["talk.srt"]
    folders.delete(job.id)
    assert (elsewhere / "talk.srt").exists()


def test_a_record_that_a_job_changed_leads_nowhere(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    good = json.loads(job.record.as_text())
    path = job.path / "job.json"
    for bad in ("../../secret", "/etc/passwd", ".", "a/b.mp4"):
        path.write_text(json.dumps({**good, "source": bad}))
        with pytest.raises(JobGone):
            _ = job.record
    path.unlink()
    os.mkfifo(path)  # who opens it waits for ever
    with pytest.raises(JobGone):
        _ = job.record
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(JobGone):
        _ = job.record
    path.unlink()
    path.write_text(" " * 2_000_000)
    with pytest.raises(JobGone):
        _ = job.record


def test_an_uploaded_document_is_the_document(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.sentigram.json", {})
    talk().save(job.source(".sentigram.json"))
    assert job.document() == talk()
    assert job.media is None
    assert set(job.results()) == {"json"}


def test_owners_see_their_own(folders: JobFolders) -> None:
    first = folders.create("ann", "a.mp4", {})
    second = folders.create("ann", "b.mp4", {})
    other = folders.create("bob", "c.mp4", {})
    folders.create("ann", "still coming.mp4", {})
    for job, at in ((first, 2.0), (second, 1.0), (other, 0.0)):
        job.update(state="done", created=at)
    assert folders.of("ann") == (second, first)
    assert folders.of("bob") == (other,)
    assert folders.of("") == ()


def test_what_has_expired_is_swept(folders: JobFolders) -> None:
    now = time.time()
    old, new, waiting = (folders.create("ann", f"{i}.mp4", {}) for i in range(3))
    old.update(state="done", expires=now - 1)
    new.update(state="failed", expires=now + 1000)
    waiting.update(state="queued")
    broken = folders.data / "jobs" / ("f" * 32)
    broken.mkdir()
    half = folders.data / "jobs" / ("e" * 32)
    half.mkdir()
    os.utime(broken, (now - 1000, now - 1000))
    other = folders.data / "jobs" / "lost+found"
    other.mkdir()
    os.utime(other, (now - 1000, now - 1000))
    assert set(folders.sweep(now)) == {old.id, broken.name}
    assert not old.path.exists()
    assert new.path.exists()
    assert waiting.path.exists()
    assert half.exists(), "it may just be being made"
    assert other.exists(), "it is no job"
    assert folders.find(old.id) is None
    with pytest.raises(JobGone):
        _ = old.record


def test_disk_is_counted(folders: JobFolders) -> None:
    job = folders.create("ann", "a.mp4", {})
    job.source(".mp4").write_bytes(bytes(5000))
    assert 5000 < folders.used_bytes() < 7000
    job.update(state="done")
    before = folders.used_bytes()
    (job.files / "a.srt").write_bytes(bytes(3000))
    assert folders.used_bytes() == before, "a finished job is measured once"
    folders.measure_again(job.id)
    assert folders.used_bytes() == before + 3000
    folders.delete(job.id)
    assert folders.used_bytes() == 0


def test_a_document_of_a_job_can_be_loaded_at_home(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.mp4", {})
    job.source(".mp4")
    job.write_document(talk())
    assert loads(job.document_path.read_text()).media == talk().media


def test_jobs_are_values(tmp_path: Path) -> None:
    assert Job("a" * 32, tmp_path) == Job("a" * 32, tmp_path)
