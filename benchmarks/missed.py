"""Speech without words: false alarms on whole transcripts, and sentences that are found missing.

    python benchmarks/missed.py DATA [--recordings N]

DATA holds `ravdess/`, `nemo/` and `emodb/`. Clips of one speaker are joined to recordings of half a
minute, their texts are laid over them clip by clip, and their times are repaired as those of given
words are. With all words nothing may be listed, nor with all words 300 ms early or late; then the
words of each sentence are taken away in turn. Intervals are 95 % cluster bootstraps over speakers.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joined_clips import recordings

from sentigram.core.arrays import Floats64
from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.words.missed import LEAST_MS, missed_speech
from sentigram.words.repair import repair
from sentigram.words.speech_events import speech_events

CORPORA = ("ravdess", "nemo", "emodb")
SHIFTS_MS = (0, -300, 300)
N_DRAWS = 2000


@dataclass(frozen=True)
class Found:
    """What one recording gave: false alarms at each shift, and how many sentences were missed."""

    speaker: str
    duration_ms: int
    n_false: tuple[int, ...]
    n_found: int
    n_taken: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--recordings", type=int, default=24, help="of each corpus")
    args = parser.parse_args()
    shifts = "".join(f"{shift:+7d}" for shift in SHIFTS_MS)
    print(f"{'corpus':9} {'minutes':>7}   false alarms at{shifts} ms   sentences found missing")
    for name in CORPORA:
        made = recordings(args.data / name, args.recordings)
        rows = [measure(who, audio, repair(words, audio)) for who, audio, words in made]
        false = "".join(f"{sum(r.n_false[i] for r in rows):7d}" for i in range(len(SHIFTS_MS)))
        n_found, n_taken = sum(r.n_found for r in rows), sum(r.n_taken for r in rows)
        low, high = interval(rows)
        minutes = sum(r.duration_ms for r in rows) / 60 / MS_PER_SECOND
        share = f"{n_found} of {n_taken} ({n_found / n_taken:.1%} [{low:.1%}, {high:.1%}])"
        print(f"{name:9} {minutes:7.1f}   {'':15}{false}      {share}")


def measure(speaker: str, audio: Audio, transcript: Transcript) -> Found:
    """All words, all words shifted, and the words without those of each sentence."""
    events = speech_events(audio)
    words = [word.span for word in transcript.words()]
    n_false = tuple(
        len(missed_speech(events, [shifted(span, shift_ms) for span in words]))
        for shift_ms in SHIFTS_MS
    )
    n_found = n_taken = 0
    for utterance in transcript.utterances:
        if utterance.span.duration_ms < LEAST_MS:
            continue
        own = {word.span for word in utterance.words}
        found = missed_speech(events, [span for span in words if span not in own])
        n_taken += 1
        n_found += any(span.overlap_ms(utterance.span) for span in found)
    return Found(speaker, audio.duration_ms, n_false, n_found, n_taken)


def shifted(span: Span, by_ms: int) -> Span:
    """A span earlier or later, not before the beginning."""
    return Span(max(0, span.start_ms + by_ms), max(0, span.end_ms + by_ms))


def interval(rows: Sequence[Found]) -> tuple[float, float]:
    """Of the share of sentences that are found, from draws of speakers."""
    counts: dict[str, Floats64] = defaultdict(lambda: np.zeros(2))
    for row in rows:
        counts[row.speaker] += (row.n_found, row.n_taken)
    table = np.array([counts[speaker] for speaker in sorted(counts)])  # (speakers, 2)
    drawn = np.random.default_rng(0).integers(len(table), size=(N_DRAWS, len(table)))
    sums = table[drawn].sum(axis=1)  # (draws, 2)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
