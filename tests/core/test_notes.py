"""Warnings that are kept: passed on once, and without the folders of this machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sentigram.core.notes import NotedReporter
from tests.fakes import Recorder


def test_warnings_are_passed_on_and_kept_and_notes_are_passed_on():
    recorder = Recorder()
    told = NotedReporter(recorder)
    told.warn("another track is heard")
    told.note("a choice")
    with told.stage("words") as progress:
        progress(1.0)
    assert told.notes == ("another track is heard",)
    assert recorder.warnings == ["another track is heard"]
    assert (recorder.notes, recorder.stages) == (["a choice"], ["words"])


def test_none_is_said_twice():
    recorder = Recorder()
    told = NotedReporter(recorder, Path("/a b/talk.mp4"))
    told.warn("/a b/talk.mp4: is damaged")
    told.warn("talk.mp4: is damaged")  # as an earlier run kept it
    assert recorder.warnings == ["/a b/talk.mp4: is damaged"]
    assert told.notes == ("talk.mp4: is damaged",)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("/home/ann/My Films/talk.mp4: is damaged", "talk.mp4: is damaged"),
        ("/home/ann/My Films/talk.srt: read as cp1250", "talk.srt: read as cp1250"),
        ("../words/given.srt, line 3: no time", "given.srt, line 3: no time"),
        ("(/usr/lib/x86_64/ffmpeg failed)", "(ffmpeg failed)"),
        (r"C:\Users\ann\talk.srt: line 1", "talk.srt: line 1"),
        ("1/2 of the lines, and/or none; 29.97/30", "1/2 of the lines, and/or none; 29.97/30"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
    ],
)
def test_what_is_kept_names_files_and_no_folders(said, kept):
    told = NotedReporter(
        Recorder(), Path("/home/ann/My Films/talk.mp4"), Path("../words/given.srt"), None
    )
    told.warn(said)
    assert told.notes == (kept,)


def test_a_message_of_any_length_takes_no_time():
    recorder = Recorder()
    started = time.perf_counter()
    NotedReporter(recorder, Path("/a/talk.mp4")).warn("-/a" * 2_000_000)
    assert time.perf_counter() - started < 1
    assert len(recorder.warnings[0]) == 6_000_000


def test_a_file_in_this_folder_keeps_its_name():
    told = NotedReporter(Recorder(), Path("talk.mp4"))
    told.warn("talk.mp4: is damaged")
    told.warn(f"{os.getcwd()}/talk.mp4: again")  # noqa: PTH109
    assert told.notes == ("talk.mp4: is damaged", "talk.mp4: again")
