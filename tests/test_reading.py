"""Files that are read whole: regular ones, within the bounds of their kind."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram import reading
from sentigram.core.document import read_document
from sentigram.errors import DocumentError, InputError, SentigramError, ThemeError, TranscriptError
from sentigram.formats.decoding import decoded
from sentigram.formats.marks import is_own
from sentigram.reading import Kind, read_bytes, read_text, stays_inside
from sentigram.style.theme.theme import load

KINDS = [value for value in vars(reading).values() if isinstance(value, Kind)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_ten_times_too_large_is_refused_unread(tmp_path, kind):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(10 * kind.largest_bytes)  # sparse: takes no space
    with pytest.raises(kind.error, match="is the most that is read") as caught:
        read_bytes(path, kind)
    message = str(caught.value)
    assert str(path) in message
    assert reading.size_text(10 * kind.largest_bytes) in message
    assert reading.size_text(kind.largest_bytes) in message


def test_the_largest_is_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * reading.SETTINGS.largest_bytes)
    assert len(read_bytes(path, reading.SETTINGS)) == reading.SETTINGS.largest_bytes
    with pytest.raises(InputError, match="10 bytes is the most"):
        read_bytes(path, reading.SETTINGS, most_bytes=10)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no such file system")
def test_what_does_not_say_its_size_is_counted_while_it_is_read():
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(InputError, match="10 bytes is the most"):
        read_bytes(Path("/proc/self/maps"), reading.SETTINGS, most_bytes=10)


@pytest.fixture(params=["pipe", "zeros", "folder", "link to a pipe", "socket"])
def odd(request, tmp_path):
    """A path that is there, and no regular file."""
    path = tmp_path / "odd"
    if request.param == "folder":
        path.mkdir()
    elif request.param == "zeros":
        path.symlink_to("/dev/zero")
    elif request.param == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(path))
    else:
        pipe = path if request.param == "pipe" else tmp_path / "pipe"
        os.mkfifo(pipe)
        if pipe != path:
            path.symlink_to(pipe)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_only_regular_files_are_read(odd):
    for kind in KINDS:
        with pytest.raises((OSError, kind.error)):
            read_bytes(odd, kind)
    with pytest.raises(DocumentError, match="odd"):
        read_document(odd)
    with pytest.raises(ThemeError, match="odd"):
        load(file=odd)
    with pytest.raises(TranscriptError, match="odd"):
        decoded(odd)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_beside_the_video_is_no_document(tmp_path):
    os.mkfifo(tmp_path / "talk.sentigram.json")
    assert not is_own(tmp_path / "talk.srt", "1\n00:00:01,000 --> 00:00:02,000\nA\n", stem="talk")


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "a").write_text("\ufeffText", encoding="utf-8")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_text(tmp_path / "b", reading.THEME) == "Text"


def test_what_stays_inside(tmp_path):
    inner, other = tmp_path / "inner", tmp_path / "other"
    inner.mkdir()
    other.mkdir()
    (other / "a").touch()
    (inner / "b").touch()
    (inner / "out").symlink_to(other / "a")
    (inner / "in").symlink_to(inner / "b")
    (inner / "gone").symlink_to(inner / "none")
    (inner / "round").symlink_to(inner / "round")
    assert stays_inside(inner / "b", inner)
    assert stays_inside(inner / "in", inner)
    for name in ("out", "gone", "round", "../other/a"):
        assert not stays_inside(inner / name, inner)


def test_every_kind_says_why():
    assert len({kind.name for kind in KINDS}) == len(KINDS) > 10
    assert all(kind.why and issubclass(kind.error, SentigramError) for kind in KINDS)
    small = replace(reading.DOCUMENT, largest_bytes=3)
    assert small.error is DocumentError
