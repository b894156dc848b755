"""URLs are read without their secrets, names of objects may hold anything, errors say where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sentigram.errors import InputError, MissingError, ResourceError, UsageError
from sentigram.jobs.cluster.places import Bucket, Folder, is_safe, url_of


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://talks/2024", "s3://talks/2024"),
        ("s3://talks/2024/", "s3://talks/2024"),
        (Path("s3://talks/2024"), "s3://talks/2024"),  # what pathlib makes of it
        (Path("gs://talks"), "gs://talks"),
        ("S3://Talks/x@y", "s3://Talks/x@y"),
        ("lectures", ""),
        ("/srv/lectures", ""),
        ("C:/lectures", ""),
        ("a:b", ""),
    ],
)
def test_what_is_a_url(text: str | Path, url: str) -> None:
    assert url_of(text) == url


def test_a_folder_that_looks_like_one_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:" / "talks").mkdir(parents=True)
    assert url_of(Path("s3://talks")) == ""


@pytest.mark.parametrize(
    "url", ["s3://AKIA123:verysecret@talks/x", "s3://verysecret@talks", Path("s3://a:verysecret@t")]
)
def test_secrets_are_refused_and_not_shown(url: str | Path) -> None:
    with pytest.raises(UsageError, match="holds a user or a password; take them out") as raised:
        url_of(url)
    assert "verysecret" not in str(raised.value)


def test_other_stores_are_named() -> None:
    with pytest.raises(UsageError, match=r"`http:`: is no store .* there are: s3, s3a, gs, gcs"):
        url_of("http://host/folder")
    with pytest.raises(UsageError, match="names no bucket"):
        url_of("s3:///")


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        ("a/b c/ü.mp4", True),
        ("../a.mp4", False),
        ("a/../../b.mp4", False),
        ("a//b.mp4", False),
        ("/etc/a.mp4", False),
        ("a\\b.mp4", False),
        ("a\nb.mp4", False),
        (f"{'x' * 300}.mp4", False),
    ],
)
def test_which_names_can_be_paths(name: str, is_fine: bool) -> None:
    assert is_safe(name) == is_fine


def test_a_bucket_gives_back_what_it_got(bucket: Any, tmp_path: Path) -> None:
    place = Bucket(f"{bucket.url}/deep")
    assert place.listing() == {}
    (tmp_path / "a").write_bytes(b"one")
    place.put(tmp_path / "a", "x/a.wav")
    place.write("x/note", "two")
    bucket.pipe_file(f"{bucket.url}/deeper/b.wav", b"not below it")
    assert {name: size for name, (size, _) in place.listing().items()} == {
        "x/a.wav": 3,
        "x/note": 3,
    }
    assert place.listing()["x/a.wav"][1] == place.state("x/a.wav") != ""
    before = place.state("x/note")
    place.write("x/note", "owt")
    assert place.state("x/note") != before
    assert place.read("x/note") == "owt"
    assert place.fetch("x/a.wav", tmp_path / "new" / "b")
    assert (tmp_path / "new" / "b").read_bytes() == b"one"
    assert not place.fetch("none", tmp_path / "new" / "c")
    assert (place.read("none"), place.state("none")) == (None, "")
    assert place.shown("x/a.wav") == f"{bucket.url}/deep/x/a.wav"


def test_what_goes_wrong_says_where(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="s3://no-such-bucket-anywhere/: there is no such bucket"):
        Bucket("s3://no-such-bucket-anywhere").listing()

    class Broken:
        """A store that does not answer, and one that says no."""

        error: Exception = ConnectionError("no route to host")

        def _strip_protocol(self, url: str) -> str:
            return url.removeprefix("s3://")

        def put_file(self, path: str, name: str) -> None:
            raise self.error

    broken = Broken()
    place = Bucket("s3://talks", broken)
    with pytest.raises(ResourceError, match=re.escape("s3://talks/a: cannot be put (no route")):
        place.put(tmp_path / "a", "a")
    broken.error = PermissionError("AccessDenied")
    with pytest.raises(ResourceError, match="may not be put with the credentials of this env"):
        place.put(tmp_path / "a", "a")
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(MissingError, match=r"gs:// needs gcsfs \(pip install"):
        Bucket("gs://talks")


def test_a_folder_reads_and_writes(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    assert (place.read("a"), place.state("a")) == (None, "")
    place.write("a", "text")
    before = place.state("a")
    assert place.read("a") == "text"
    place.write("a", "texts")
    assert place.state("a") != before
    assert place.shown("a") == str(tmp_path / "a")
