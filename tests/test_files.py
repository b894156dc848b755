"""Results: whole or not at all, and never over another file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from sentigram import files
from sentigram.errors import OutputError, UsageError
from tests.fakes import listing


def test_a_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "talk.html"
    with files.whole_file(target, overwrite=False) as part:
        part.write_text("all of it")
        assert not target.exists()
        assert part.parent == tmp_path  # a rename across disks would not be whole
    assert listing(tmp_path) == {"talk.html": b"all of it"}


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_exception_leaves_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    def write() -> None:
        with files.whole_file(tmp_path / "talk.html", overwrite=True) as part:
            part.write_text("half of")
            raise fault

    with pytest.raises(fault):
        write()
    assert listing(tmp_path) == {}


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_exception_keeps_the_file_that_was_there(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    target = tmp_path / "talk.html"
    target.write_text("old")

    def write() -> None:
        with files.whole_file(target, overwrite=True) as part:
            part.write_text("half of")
            raise fault

    with pytest.raises(fault):
        write()
    assert listing(tmp_path) == {"talk.html": b"old"}


def test_overwrite_replaces(tmp_path: Path) -> None:
    target = tmp_path / "talk.srt"
    target.write_text("old")
    files.write_text(target, "new", overwrite=True)
    assert listing(tmp_path) == {"talk.srt": b"new"}


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "talk.srt"

    def write() -> None:
        with files.whole_file(target, overwrite=False) as part:
            part.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(OutputError, match=r"talk\.srt: cannot be written: it exists already"):
        write()
    assert listing(tmp_path) == {"talk.srt": b"theirs"}


def test_without_hard_links_it_is_still_never_over_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    target = tmp_path / "talk.srt"
    files.write_text(target, "ours", overwrite=False)
    assert target.read_text() == "ours"
    with pytest.raises(OutputError, match="exists already"):
        files.write_text(target, "again", overwrite=False)
    assert listing(tmp_path) == {"talk.srt": b"ours"}


def test_a_dangling_link_counts_as_a_file(tmp_path: Path) -> None:
    target = tmp_path / "talk.srt"
    target.symlink_to(tmp_path / "gone" / "talk.srt")
    with pytest.raises(OutputError, match="exists already"):
        files.write_text(target, "text", overwrite=False)
    assert target.is_symlink()


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    old = os.umask(mask)
    try:
        files.write_text(tmp_path / "talk.srt", "text", overwrite=False)
        assert os.umask(mask) == mask
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "talk.srt").stat().st_mode) == mode


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    files.write_text(tmp_path / "said.json", "{}", overwrite=False, private=True)
    assert stat.S_IMODE((tmp_path / "said.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, "the folder may not be written to; give `out DIR`"),
        (errno.EROFS, "the folder may not be written to"),
        (errno.ENOENT, "its folder does not exist"),
        (errno.ENAMETOOLONG, "its name is too long"),
        (errno.EIO, "Input/output error; give `out DIR`"),
    ],
)
def test_a_failed_write_says_what_to_do(tmp_path: Path, number: int, said: str) -> None:
    target = tmp_path / "talk.html"

    def write() -> None:
        with files.whole_file(target, overwrite=False) as part:
            part.write_text("half of")
            raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError) as caught:
        write()
    assert str(caught.value).startswith(f"{target}: cannot be written: {said}")
    assert listing(tmp_path) == {}


def test_a_full_disk_is_told_where_a_library_only_quotes_it(tmp_path: Path):
    """As safetensors does: its error is none of the system's."""
    quoted = (
        f"Error while serializing: I/O error: No space left on device (os error {errno.ENOSPC})"
    )
    with (
        pytest.raises(OutputError, match="the disk is full; free some space"),
        files.whole_file(tmp_path / "a", overwrite=True),
    ):
        raise RuntimeError(quoted)
    with (
        pytest.raises(RuntimeError, match="another"),
        files.whole_file(tmp_path / "a", overwrite=True),
    ):
        raise RuntimeError("another error")
    assert listing(tmp_path) == {}


def test_an_unwritable_folder_is_found_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="it is a file, not a folder"):
        files.check_free([tmp_path / "file" / "talk.html"], overwrite=True)
    with pytest.raises(OutputError, match="there is no such folder"):
        files.check_free([tmp_path / "none" / "talk.html"], overwrite=True)
    with pytest.raises(OutputError, match="/proc: cannot be written"):
        files.check_free([Path("/proc/talk.html")], overwrite=True)
    assert listing(tmp_path) == {"file": b""}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to become another user"
)
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(OutputError, match="may not be written to; give `out DIR`"):
            files.check_free([tmp_path / "talk.html"], overwrite=True)
        with pytest.raises(OutputError, match="may not be written to; give `out DIR`"):
            files.write_text(tmp_path / "talk.html", "text", overwrite=True)
    finally:
        os.seteuid(0)
    assert listing(tmp_path) == {}


def test_a_folder_that_can_be_made_is_only_looked_for(tmp_path: Path) -> None:
    files.check_free([tmp_path / "a" / "b" / "talk.html"], overwrite=False, may_make=True)
    assert listing(tmp_path) == {}
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/b: cannot be written"):
        files.check_folder(tmp_path / "file" / "b", may_make=True)


def test_what_is_in_the_way_is_found_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "talk.html").write_text("old")
    (tmp_path / "talk.ass").mkdir()
    with pytest.raises(OutputError, match=r"talk\.html: exists already; add `overwrite`"):
        files.check_free([tmp_path / "talk.html"], overwrite=False)
    files.check_free([tmp_path / "talk.html"], overwrite=True)
    with pytest.raises(OutputError, match=r"talk\.ass: is a folder"):
        files.check_free([tmp_path / "talk.ass"], overwrite=True)


def test_folders_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    def fail(*, after: bool) -> None:
        with files.made_folder(tmp_path / "a" / "b"):
            if after:
                (tmp_path / "a" / "b" / "talk.html").write_text("done")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(after=False)
    assert listing(tmp_path) == {}
    with pytest.raises(KeyboardInterrupt):
        fail(after=True)
    assert listing(tmp_path)["a/b/talk.html"] == b"done"
    (tmp_path / "c").mkdir()
    with pytest.raises(ZeroDivisionError), files.made_folder(tmp_path / "c"):
        raise ZeroDivisionError
    assert (tmp_path / "c").is_dir()  # it was there before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match=r"cannot be made .*choose another `out`"),
        files.made_folder(tmp_path / "file" / "b"),
    ):
        pass


def test_no_place_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    with (
        pytest.raises(OutputError, match=r"No space left on device.*TMPDIR"),
        files.work_folder(),
    ):
        pass


def test_the_transcript_of_the_run_is_not_a_result(tmp_path: Path) -> None:
    words = tmp_path / "talk.srt"
    words.write_text("1")
    link = tmp_path / "link.srt"
    link.symlink_to(words)
    for given_name in (words, link):
        with pytest.raises(UsageError, match=r"talk\.srt is the transcript of this run"):
            files.check_apart(given_name, [tmp_path / "talk.html", words])
    files.check_apart(words, [tmp_path / "talk.html", tmp_path / "other.srt"])
    files.check_apart(tmp_path / "none.srt", [words])


@pytest.mark.skipif(os.name == "nt", reason="no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "talk.srt"
    target.write_text("old")
    target.chmod(mode)
    files.write_text(target, "new", overwrite=True)
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == mode
    files.write_text(target, "newer", overwrite=True, private=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
