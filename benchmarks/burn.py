"""Burn-in time: an event per word that moves against plain lines of one style, same encode.

    python benchmarks/burn.py [--seconds 60] [--size 1920x1080] [--repeats 5] [--motion full]

Plain is the editable flavour of a track in one style: one event per cue, as any subtitle file has.
Styled is the effects flavour of the same words: an event per word, bars under active words, every
second line in motion. The picture is smooth, like that of a talk, so that the encoder has little to
do and captions weigh most; `--noise 6` makes it as hard to encode as a grainy film.

Runs are interleaved, so that a busy machine slows both alike; the target is a ratio of 1.10. The
processor time of ffmpeg is printed too: on a busy machine it is the steadier of the two.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sentigram.core.media import VideoOptions
from sentigram.core.style import (
    Canvas,
    Cue,
    Motion,
    StyledRun,
    StyledTrack,
    StyledWord,
    StyleKey,
    TextStyle,
)
from sentigram.core.time import Span
from sentigram.media.commands import burn_argv
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import probe
from sentigram.render.picture.burn import Flavour, subtitles_folder

_CUE_MS, _GAP_MS = 2400, 80
_LINES = ("we were told that the answer", "would be waiting for us there")
_PLAIN = TextStyle(
    family="Poppins",
    weight=600,
    italic=False,
    size_em=1.0,
    fill="#ffffff",
    outline="#000000",
    outline_em=0.065,
    box="",
    spacing_em=0.0,
    transform="none",
    underline=False,
    animation="none",
)
_STYLES = {
    StyleKey("neutral", 0): _PLAIN,
    StyleKey("anger", 3): replace(
        _PLAIN, family="Bebas Neue", weight=400, size_em=1.3, fill="#ff5040", animation="shake"
    ),
    StyleKey("happiness", 4): replace(
        _PLAIN, family="Fredoka", size_em=1.15, fill="#ffd700", animation="bounce"
    ),
    StyleKey("sadness", 2): replace(
        _PLAIN, family="Merriweather", weight=400, italic=True, fill="#8fb8ff", animation="fade"
    ),
    StyleKey("excitement", 4): replace(_PLAIN, fill="#ff9040", animation="pulse"),
    StyleKey("surprise", 4): replace(_PLAIN, fill="#60e0e0", animation="glow"),
}


def _track(width_px: int, height_px: int, length_ms: int, *, styled: bool) -> StyledTrack:
    """One cue after another of two lines; in the styled one every second line has an emotion."""
    keys = list(_STYLES)
    cues = []
    index = 0
    for n, start_ms in enumerate(range(0, length_ms - _CUE_MS, _CUE_MS + _GAP_MS)):
        lines = []
        texts = [line.split() for line in _LINES]
        step_ms = _CUE_MS // sum(map(len, texts))
        at_ms = start_ms
        for row, line in enumerate(texts):
            key = keys[1 + n % (len(keys) - 1)] if styled and row == 1 else keys[0]
            words = []
            for text in line:
                span = Span(at_ms, at_ms + step_ms)
                words.append(StyledWord(index, span, (StyledRun(text, key),)))
                at_ms += step_ms
                index += 1
            lines.append(tuple(words))
        cues.append(Cue(Span(start_ms, start_ms + _CUE_MS), tuple(lines)))
    styles = _STYLES if styled else {keys[0]: _PLAIN}
    canvas = Canvas(width_px, height_px, height_px / 15)
    return StyledTrack(canvas, tuple(cues), styles, "en", "benchmark")


def _burn(
    source: Path, out: Path, track: StyledTrack, motion: Motion, flavour: Flavour
) -> tuple[float, float]:
    started, used = time.perf_counter(), _child_cpu_s()
    with subtitles_folder(track, motion=motion, flavour=flavour) as folder:
        run(burn_argv(find_ffmpeg(), probe(source), out, options=VideoOptions()), cwd=folder)
    return time.perf_counter() - started, _child_cpu_s() - used


def _child_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _report(what: str, plain: list[float], styled: list[float]) -> None:
    for kind, seconds in (("plain", plain), ("styled", styled)):
        listed = ", ".join(f"{value:.2f}" for value in seconds)
        print(f"{what:9} {kind:6} median {statistics.median(seconds):.2f} s  ({listed})")
    ratios = [b / a for a, b in zip(plain, styled, strict=True)]
    whole = statistics.median(styled) / statistics.median(plain)
    print(f"{what:9} ratio of medians {whole:.3f}; pairwise {min(ratios):.3f}–{max(ratios):.3f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--motion", choices=("none", "subtle", "full"), default="full")
    parser.add_argument("--noise", type=int, default=0, help="strength of grain, 0 to 100")
    given = parser.parse_args()
    width_px, height_px = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        source, out = Path(name) / "source.mp4", Path(name) / "out.mp4"
        grain = f",noise=alls={given.noise}:allf=t" if given.noise else ""
        picture = f"testsrc2=s={given.size}:r=30:d={given.seconds}{grain}"
        options = ["-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast"]
        run([find_ffmpeg().path, *options, "-pix_fmt", "yuv420p", str(source)])
        tracks = {
            kind: _track(width_px, height_px, given.seconds * 1000, styled=kind == "styled")
            for kind in ("plain", "styled")
        }
        times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in tracks}
        for _ in range(given.repeats):
            for kind, track in tracks.items():
                motion: Motion = given.motion if kind == "styled" else "none"
                flavour: Flavour = "effects" if kind == "styled" else "editable"
                times[kind].append(_burn(source, out, track, motion, flavour))
    print(
        f"{given.seconds} s of {given.size}, {len(tracks['styled'].cues)} cues, motion "
        f"{given.motion}; target: wall time at most 1.10"
    )
    for i, what in enumerate(("wall", "processor")):
        plain, styled = ([pair[i] for pair in times[kind]] for kind in ("plain", "styled"))
        _report(what, plain, styled)


if __name__ == "__main__":
    main()
