"""What an attack is, and a Document to begin with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import media_samples

_TALK = Path(__file__).parents[2] / "examples" / "talk.mp4"
REFUSED = frozenset({3})
DONE = frozenset({0})
EITHER = frozenset({0, 1, 3})
"""Read, checked with findings, or refused: what is right depends on taste, not on safety."""

Make = Callable[[Path, Path], None]
"""Makes what an attack needs in its folder; takes the folder of shared samples too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        id: Its kind and its name.
        what: In words.
        make: Its input.
        argv: Of the command.
        codes: Exit codes that are right.
        env: Variables; "-" takes one away. `{work}`, `{tmp}`, `{cache}` and `{home}` are folders.
        limits: Of the process, by the name of RLIMIT_….
        wrap: A command that runs the command.
        mounts: Small file systems over one of the folders, with their options.
        signals: Seconds to wait, and what is sent then.
        most_mb: Memory that it may take.
        needs_root: It mounts, or becomes somebody else.
        is_quick: It takes a second, and is among the tests.
    """

    id: str
    what: str
    make: Make
    argv: tuple[str, ...]
    codes: frozenset[int] = EITHER
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    wrap: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    signals: tuple[tuple[float, int], ...] = ()
    most_mb: int = 800
    needs_root: bool = False
    is_quick: bool = False


def file(name: str, content: bytes | str | Callable[[], bytes | str]) -> Make:
    """Makes one file; what is long is made when it is needed."""

    def make(work: Path, _samples: Path) -> None:
        data = content() if callable(content) else content
        (work / name).write_bytes(
            data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        )

    return make


def document(**changes: Any) -> dict[str, Any]:
    """A Document of a few words, with some of its fields changed."""
    words = [
        {
            "text": text,
            "start_ms": 400 * i,
            "end_ms": 400 * i + 400,
            "emotion": {"label": "joy", "probs": [0.1, 0.9], "intensity": 0.7, "vad": None},
        }
        for i, text in enumerate(("We", "are", "so", "happy."))
    ]
    utterance = {"id": "u1", "start_ms": 0, "end_ms": 1600, "speaker": "Ann", "words": words}
    data: dict[str, Any] = {
        "schema": "sentigram/1",
        "media": {"name": "talk.mp4", "duration_ms": 2000, "width_px": 640, "height_px": 360},
        "language": "en",
        "labels": ["neutral", "joy"],
        "utterances": [utterance],
    }
    return data | changes


def document_file(work: Path, _samples: Path) -> None:
    """A sound Document: what is hostile is something else."""
    (work / "talk.sentigram.json").write_text(json.dumps(document()))


def video(samples: Path) -> Path:
    """Three seconds of the example, made once."""
    path = samples / "clip.mp4"
    if not path.exists():
        media_samples.make(path, "-t", "3", "-i", str(_TALK), "-c", "copy")
    return path


def video_file(work: Path, samples: Path) -> None:
    """A sound video."""
    (work / "talk.mp4").write_bytes(video(samples).read_bytes())


RENDER = ("render", "talk.sentigram.json", "--to", "ass,srt,vtt,ttml", "--out", "made")
PAGE = ("render", "talk.sentigram.json", "--to", "html", "--out", "made")
