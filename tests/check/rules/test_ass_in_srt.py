r"""Tags of ASS in SubRip: ffmpeg is the judge of what players obey."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_text
from sentigram.check.rules.ass_in_srt import in_srt
from sentigram.media.ffmpeg import find_ffmpeg

_RULE = CheckOptions(language="en", wanted=frozenset({"ass-tag"}))


def _srt(source: str) -> str:
    return f"1\n00:00:01,000 --> 00:00:03,000\n{source}\n"


@pytest.mark.parametrize(
    ("source", "made"),
    [
        (r"{\i1}a{\i0} b", "<i>a</i> b"),
        (r"{\b1\u1}a{\r} b", "<b><u>a</u></b> b"),
        (r"{\b700}a{\b400} b", "<b>a</b> b"),
        (r"{\c&H0000FF&}a{\c} b", '<font color="#ff0000">a</font> b'),
        (r"{\c&HFF&}{\1c&H8000&}b", '<font color="#ff0000"></font><font color="#008000">b</font>'),
        (r"{\i1}a {\b1}b{\i0} c", "<i>a <b>b</b></i><b> c</b>"),
        (r"{\an8\i1}a", r"{\an8}<i>a</i>"),
        (r"{\i1}{\a6}a", r"{\an8}<i>a</i>"),
        (r"{\an2\fs20}a", "a"),
        (r"{\pos(10,20)\fad(1,2)\k20}a", "a"),
        (r"{\an8}a", r"{\an8}a"),
        ("<i>a</i> {b}", "<i>a</i> {b}"),
        (r"{\p1}m 0 0 l 9 9{\p0}", r"{\p1}m 0 0 l 9 9{\p0}"),
    ],
)  # fmt: skip
def test_what_subrip_can_say_is_said_its_way(source: str, made: str) -> None:
    assert in_srt("srt", source) == made
    assert in_srt("srt", made) == made


def test_other_formats_keep_theirs() -> None:
    assert in_srt("ass", r"{\i1}a{\i0}") == r"{\i1}a{\i0}"


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        (r"{\an8}a", ["advice"]),
        (r"{\i1}a", ["violation"]),
        (r"{\an8\i1}a", ["violation"]),
        (r"{\an8}{\fad(1,2)}a", ["violation", "advice"]),
        ("<i>a</i>", []),
    ],
)
def test_a_place_is_advice_and_the_rest_a_violation(source: str, severity: list[str]) -> None:
    report = check_text(_srt(source), ".srt", "a.srt", _RULE)
    assert [one.severity for one in report.findings] == severity


def test_ffmpeg_obeys_a_place_alone_and_leaves_the_rest_out(tmp_path: Path) -> None:
    """What is said of players is what the one that is here does."""
    sources = (r"{\an8}a", r"{\an8\i1}b", r"{\i1}c{\i0}", r"{\pos(1,2)}d", "<i>e")
    path = tmp_path / "a.srt"
    path.write_text(
        "\n".join(
            f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{source}\n"
            for n, source in enumerate(sources, 1)
        ),
        encoding="utf-8",
    )
    out = subprocess.run(
        [find_ffmpeg().path, "-v", "error", "-i", str(path), "-f", "ass", "-"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    drawn = [line.rpartition(",,")[2] for line in out.splitlines() if line.startswith("Dialogue")]
    assert drawn == [r"{\an8}a", "b", "c", "d", r"{\i1}e"]
