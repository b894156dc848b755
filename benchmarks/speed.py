"""How fast is it? Prints ratios that were measured in one run; asserts nothing.

    python benchmarks/speed.py [MEDIA]

Real-time factors (seconds of work per second of speech) of each stage on a media file, and the
time to restyle a one-hour Document that is made by repeating what was heard in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sentigram.core.document import Document
from sentigram.core.protocols import SilentReporter
from sentigram.core.time import MS_PER_HOUR, Span
from sentigram.core.transcript import Utterance
from sentigram.jobs.draw import draw
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions

_EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "talk.mp4"
_REPEATS = 3


class Stopwatch(SilentReporter):
    """A reporter that only keeps the time of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        """Time a stage."""
        started = time.perf_counter()
        yield lambda _share: None
        self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - started


def main(media: Path) -> None:
    """Measure and print."""
    engine = Engine("bundled")
    listening = HearOptions(use_sidecar=False)
    document = hear(probe(media), engine, listening, Stopwatch())  # models load here
    length_s = document.media.duration_ms / 1000
    print(f"{media.name}: {length_s:.0f} s, {len(document.track.readings)} words")
    print(f"{os.cpu_count()} cores; median of {_REPEATS} runs with the models loaded\n")
    runs = []
    for _ in range(_REPEATS):
        watch = Stopwatch()
        heard = hear(probe(media), engine, listening, watch)
        _draw(heard, watch)
        runs.append(watch.seconds)
    total = 0.0
    for name in runs[0]:
        seconds = sorted(run[name] for run in runs)[_REPEATS // 2]
        total += seconds
        print(f"{name:<12} {seconds:6.2f} s   real-time factor {seconds / length_s:.4f}")
    shown = sum(sorted(run[n] for run in runs)[_REPEATS // 2] for n in ("emotions", "style"))
    print(f"{'all':<12} {total:6.2f} s   real-time factor {total / length_s:.4f}")
    print(f"emotions and style together: {shown / length_s:.4f}\n")
    hour = repeated(document, MS_PER_HOUR)
    took: list[float] = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        _draw(hour, Stopwatch())
        took.append(time.perf_counter() - started)
    n_words = len(hour.track.readings)
    print(f"restyle one hour ({n_words} words) to HTML and ASS: {sorted(took)[1]:.2f} s")


def repeated(document: Document, length_ms: int) -> Document:
    """The same words again and again until the length is reached."""
    period = document.media.duration_ms
    n = -(-length_ms // period)
    utterances: list[Utterance] = []
    for i in range(n):
        for u in document.transcript.utterances:
            words = tuple(replace(w, span=_moved(w.span, i * period)) for w in u.words)
            name, span = f"u{len(utterances) + 1}", _moved(u.span, i * period)
            utterances.append(replace(u, id=name, span=span, words=words))
    return replace(
        document,
        media=replace(document.media, duration_ms=n * period),
        transcript=replace(document.transcript, utterances=tuple(utterances)),
        track=replace(document.track, readings=document.track.readings * n),
    )


def _moved(span: Span, by_ms: int) -> Span:
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)


def _draw(document: Document, watch: Stopwatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder, f"talk.{kind}") for kind in ("json", "html", "ass")}
        draw(document, None, paths, watch)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else _EXAMPLE)
