"""The kinds of result and their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.document import is_document
from sentigram.errors import OutputError, UsageError
from sentigram.files import check_free
from sentigram.jobs import results as kinds


def test_names_of_results() -> None:
    wanted = ("html", "ass", "srt", "vtt", "json", "video")
    paths = kinds.targets(Path("v/talk.en.mp4"), wanted, folder=None)
    assert {kind: path.as_posix() for kind, path in paths.items()} == {
        "html": "v/talk.en.html",
        "ass": "v/talk.en.ass",
        "srt": "v/talk.en.srt",
        "vtt": "v/talk.en.vtt",
        "json": "v/talk.en.sentigram.json",
        "video": "v/talk.en.sentigram.mp4",
    }
    again = kinds.targets(
        Path("v/talk.sentigram.json"), ["srt"], folder=Path("o"), infix=".preview"
    )
    assert again == {"srt": Path("o/talk.preview.srt")}


def test_kinds() -> None:
    with pytest.raises(UsageError, match=r"`to png`: choose from html, ass, effects, srt"):
        kinds.targets(Path("talk.mp4"), ["gif", "html", "png"], folder=None)
    with pytest.raises(UsageError, match=r"`to \(empty\)`"):
        kinds.targets(Path("talk.mp4"), [], folder=None)
    assert len(kinds.targets(Path("talk.mp4"), ["srt", "srt"], folder=None)) == 1


@pytest.mark.parametrize(
    ("source", "kind"),
    [("talk.html", "html"), ("talk.sentigram.json", "json"), ("./x/../talk.srt", "srt")],
)
def test_a_result_never_is_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="would replace its own source; give `out DIR`"):
        kinds.targets(Path(source), [kind], folder=None)
    with pytest.raises(UsageError, match="would replace its own source"):
        kinds.targets(Path(source), [kind], folder=tmp_path)


def test_a_name_that_grows_too_long(tmp_path: Path) -> None:
    name = "é" * 117  # 234 bytes; with .srt it fits, with .preview.sentigram.json it does not
    for kind in ("video", "srt"):
        with pytest.raises(OutputError, match="longer than a file name may be; shorten the sou"):
            kinds.targets(tmp_path / f"{name}.mp4", [kind], folder=None)
    assert kinds.targets(tmp_path / f"{name[:-1]}.mp4", ["srt"], folder=None)


@given(st.text(min_size=1, max_size=30).filter(lambda t: not set(t) & set("/\0") and t.strip(".")))
def test_every_own_name_is_known_again(name: str) -> None:
    made = kinds.targets(Path(f"{name}.mkv"), ["json", "srt"], folder=None)
    assert kinds.is_own_output(made["json"])
    for kind in ("video", "mkv", "gif", "webp"):
        (path,) = kinds.targets(Path(f"{name}.mov"), [kind], folder=None).values()
        assert kinds.is_own_output(path)
    assert not kinds.is_own_output(made["srt"])
    assert is_document(made["json"])
    assert kinds.stem(made["json"]) == kinds.stem(Path(f"{name}.mkv")) == name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("talk.html", "html"),
        ("talk.ass", "ass"),
        ("talk.effects.ass", "effects"),
        ("talk.sentigram.json", "json"),
        ("talk.mp4", "video"),
        ("talk.sentigram.mp4", "video"),
        ("talk.webp", "webp"),
        ("talk.timeline.png", "timeline"),
    ],
)
def test_a_path_says_which_kind_it_is(name: str, kind: str) -> None:
    assert kinds.kind_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["talk.png", "talk.json", "talk"])
def test_other_paths_say_which_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: no kind of result ends so; choose from \.html"):
        kinds.kind_of(Path(name))


def test_links_in_a_circle_are_no_fault_of_ours(tmp_path: Path) -> None:
    loop, source = tmp_path / "talk.srt", tmp_path / "talk.mp4"
    loop.symlink_to(loop)
    source.touch()
    assert kinds.targets(source, ["srt"], folder=None) == {"srt": loop}
    with pytest.raises(OutputError, match="exists already; add `overwrite`"):
        check_free([loop], overwrite=False)
    check_free([loop], overwrite=True)
