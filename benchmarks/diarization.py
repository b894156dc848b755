"""Who speaks when, on conversations put together of clips: error rates and numbers of speakers.

    python benchmarks/diarization.py --data FOLDER [--first N] [--windows] [--cache FOLDER]

The speakers of RAVDESS (English), nEMO (Polish) and EmoDB (German) are divided into halves. What
had to be fitted was fitted on conversations of the halves `fit` of RAVDESS and nEMO; tested is on
those of the other speakers, and nothing about voices was fitted on EmoDB. 1 to 6 people speak (as
many as a half has), turns overlap in none, a sixth or a third of the cases, clean, in noise, by
telephone, in a room. `runs, true speakers` is what is lost before voices are told apart. Baselines:
one speaker for all that is found as speech; and what stands out by its energy, cut into windows of
1.5 s, which are put together as runs are. Intervals are over recordings.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.dataset.clips import load
from sentigram.training.judge.metrics import bootstrap
from sentigram.training.judge.overtime import DiarizationError, LabelledSpan, speaker_error
from sentigram.training.shipped.speakers.conversations import CONDITIONS, Conversation, converse
from sentigram.words.activity import speech_spans
from sentigram.words.speakers.clusters import group
from sentigram.words.speakers.runs import Run, find_runs
from sentigram.words.speakers.telling import heard_spans, limit_of
from sentigram.words.speakers.voices import LEAST_MS, BandVoices

CORPORA = {"ravdess": ravdess, "nemo": nemo, "emodb": emodb}
MOST_SPEAKERS = 6
OVERLAPS = (0.0, 0.15, 0.3)
SECONDS = (60, 90, 150)
COLLAR_MS = 250
_FIRST_SEED = {"fit": 0, "test": 10_000}
_WINDOW_MS = 1_500

OURS, OURS_AUTO, TRUE = "runs, number given", "runs, number found", "runs, true speakers"
ONE, WINDOWS, WINDOWS_AUTO = (
    "one speaker for all",
    "energy and windows, number given",
    "energy and windows, number found",
)


@dataclass(frozen=True, slots=True)
class Score:
    """What one way made of one recording.

    Attributes:
        way: Of telling.
        corpus: Of the recording.
        condition: Of the recording.
        n_speakers: In truth.
        n_found: As found.
        plain: The error without a collar.
        collared: The error with one.
    """

    way: str
    corpus: str
    condition: str
    n_speakers: int
    n_found: int
    plain: DiarizationError
    collared: DiarizationError


def speakers_of(data: Path, corpus: str, half: str) -> dict[str, list[Path]]:
    """The clips of a corpus's speakers in one half; RAVDESS's alternate in pairs, by gender."""
    clips: dict[str, list[Path]] = {}
    for item in CORPORA[corpus].read(data / corpus):
        if item.audio is not None:
            clips.setdefault(item.speaker, []).append(item.audio)
    side = 0 if half == "fit" else 1
    step = 2 if corpus == "ravdess" else 1
    return {name: clips[name] for i, name in enumerate(sorted(clips)) if i // step % 2 == side}


def conversations(data: Path, half: str) -> Iterator[Callable[[], Conversation]]:
    """Recordings of a half, in an order in which any beginning is of all corpora alike."""
    made: list[list[Callable[[], Conversation]]] = []
    seed = _FIRST_SEED[half]
    for corpus in CORPORA:
        clips = speakers_of(data, corpus, half)
        own: list[Callable[[], Conversation]] = []
        for n_speakers in range(1, min(MOST_SPEAKERS, len(clips)) + 1):
            for place, condition in enumerate(CONDITIONS):
                own.append(_maker(clips, corpus, n_speakers, condition, seed + place + 1))
            seed += len(CONDITIONS) * (1 if half == "fit" else 2)
        made.append(own)
    rng = random.Random(3)
    for own in made:
        rng.shuffle(own)
    for round_ in range(max(map(len, made))):
        yield from (own[round_] for own in made if round_ < len(own))


def _maker(
    clips: dict[str, list[Path]], corpus: str, n_speakers: int, condition: str, seed: int
) -> Callable[[], Conversation]:
    return lambda: converse(
        clips,
        load,
        n_speakers=n_speakers,
        condition=condition,
        overlap=OVERLAPS[seed % 3],
        seconds=SECONDS[seed // 3 % 3],
        seed=seed,
        name=f"{corpus}-{seed}",
    )


def scores_of(talk: Conversation, cache: Path | None, *, windowed: bool) -> Iterator[Score]:
    """Every way on one recording."""
    runs, voices = _heard(talk, cache, "runs", _runs)
    n = talk.n_speakers
    seconds = [run.alone_ms / MS_PER_SECOND for run in runs]
    alike = limit_of(talk.audio, runs)
    for way, given in ((OURS, n), (OURS_AUTO, None)):
        groups = group(voices, seconds, n=given, alike=alike)
        yield _score(talk, way, runs, groups.of.tolist(), groups.n)
    true = [_owner(talk, run) for run in runs]
    yield _score(talk, TRUE, runs, true, len(set(true)))
    yield _score(talk, ONE, runs, [0] * len(runs), 1)
    if not windowed:
        return
    windows, voices = _heard(talk, cache, "windows", _windows)
    seconds = [window.alone_ms / MS_PER_SECOND for window in windows]
    for way, given in ((WINDOWS, n), (WINDOWS_AUTO, None)):
        groups = group(voices, seconds, n=given, alike=alike)
        yield _score(talk, way, windows, groups.of.tolist(), groups.n)


def _score(
    talk: Conversation, way: str, runs: Sequence[Run], of: Sequence[int], n_found: int
) -> Score:
    found = [
        LabelledSpan(run.span.start_ms, run.span.end_ms, str(number))
        for run, number in zip(runs, of, strict=True)
    ]
    return Score(
        way,
        talk.name.partition("-")[0],
        talk.condition,
        talk.n_speakers,
        n_found,
        speaker_error(talk.truth, found),
        speaker_error(talk.truth, found, collar_ms=COLLAR_MS),
    )


def _owner(talk: Conversation, run: Run) -> int:
    """Who speaks most of a run in truth: no way of putting runs together gives less errors."""
    names = sorted({span.label for span in talk.truth})
    shared = [
        sum(
            run.span.overlap_ms(Span(span.start_ms, span.end_ms))
            for span in talk.truth
            if span.label == name
        )
        for name in names
    ]
    return int(np.argmax(shared))


def _runs(audio: Audio) -> list[Run]:
    return [run for run in find_runs(audio) if run.span.duration_ms >= LEAST_MS]


def _windows(audio: Audio) -> list[Run]:
    """What stands out by its energy, in windows of a second and a half."""
    made = []
    for span in speech_spans(audio, min_speech_ms=LEAST_MS):
        n = max(1, round(span.duration_ms / _WINDOW_MS))
        edges = np.linspace(span.start_ms, span.end_ms, n + 1).astype(int).tolist()
        pieces = [Span(a, b) for a, b in pairwise(edges)]
        made += [Run(piece, (piece,)) for piece in pieces if piece.duration_ms >= LEAST_MS]
    return made


def _heard(
    talk: Conversation, cache: Path | None, kind: str, find: Callable[[Audio], list[Run]]
) -> tuple[list[Run], Floats32]:
    """Stretches of a recording and what they sound like, or what is kept of them."""
    path = None if cache is None else cache / f"{talk.name}-{kind}.npz"
    if path is not None and path.is_file():
        with np.load(path) as kept:
            return _unpacked(kept["spans"], kept["alone"]), kept["voices"]
    runs = find(talk.audio)
    voices = BandVoices().embed(talk.audio, [heard_spans(run) for run in runs])
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        spans = np.array([(r.span.start_ms, r.span.end_ms) for r in runs]).reshape(-1, 2)
        alone = [(i, s.start_ms, s.end_ms) for i, r in enumerate(runs) for s in r.alone]
        np.savez(path, spans=spans, alone=np.array(alone).reshape(-1, 3), voices=voices)
    return runs, voices


def _unpacked(spans: np.ndarray, alone: np.ndarray) -> list[Run]:
    own: list[list[Span]] = [[] for _ in spans]
    for number, start_ms, end_ms in alone.tolist():
        own[number].append(Span(start_ms, end_ms))
    return [Run(Span(*span), tuple(parts)) for span, parts in zip(spans.tolist(), own, strict=True)]


def lines(scores: Sequence[Score]) -> Iterator[str]:
    """The tables, a line a row."""
    yield "| way | DER, no collar | with 0.25 s | missed / invented / confused | number right |"
    yield "|---|---|---|---|---|"
    for way in dict.fromkeys(score.way for score in scores):
        yield _row(way, [score for score in scores if score.way == way])
    for title, key in (
        ("corpus", lambda score: score.corpus),
        ("condition", lambda score: score.condition),
        ("speakers", lambda score: str(score.n_speakers)),
    ):
        yield ""
        yield f"by {title}:"
        for way in (OURS, OURS_AUTO):
            own = [score for score in scores if score.way == way]
            for name in sorted({key(score) for score in own}):
                yield _row(f"{way}: {name}", [score for score in own if key(score) == name])


def _row(name: str, scores: Sequence[Score]) -> str:
    recordings = [str(i) for i in range(len(scores))]

    def estimate(metric: Callable[[Sequence[Score]], float], most: float = 10) -> str:
        return str(
            bootstrap(
                lambda rows: metric([scores[i] for i in rows]),
                recordings,
                within=(0, most),
                unit="recordings",
            )
        )

    total = sum((score.plain for score in scores), DiarizationError())
    parts = " / ".join(
        f"{part / total.total:.3f}" for part in (total.missed, total.false_alarm, total.confused)
    )
    plain = estimate(lambda some: sum((s.plain for s in some), DiarizationError()).rate)
    collared = estimate(lambda some: sum((s.collared for s in some), DiarizationError()).rate)
    right = estimate(lambda some: float(np.mean([s.n_found == s.n_speakers for s in some])), 1)
    return f"| {name} ({len(scores)}) | {plain} | {collared} | {parts} | {right} |"


def main() -> None:
    """Print the tables, and how long hearing took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="one folder per corpus")
    parser.add_argument("--half", choices=("fit", "test"), default="test")
    parser.add_argument("--first", type=int, default=64, help="recordings")
    parser.add_argument("--windows", action="store_true", help="with that baseline, twice as long")
    parser.add_argument("--cache", type=Path, help="keeps what was heard")
    given = parser.parse_args()
    scores: list[Score] = []
    seconds, spent, started = 0.0, time.process_time(), time.monotonic()
    for number, make in enumerate(conversations(given.data, given.half)):
        if number == given.first:
            break
        talk = make()
        seconds += talk.audio.duration_ms / MS_PER_SECOND
        scores += scores_of(talk, given.cache, windowed=given.windows)
        print(f"{number + 1}: {talk.name}, {talk.condition}", file=sys.stderr)
    print("\n".join(lines(scores)))
    spent, took = time.process_time() - spent, time.monotonic() - started
    print(f"\n{seconds / 60:.0f} minutes; {spent:.0f} s of processors, {took:.0f} s by the clock")


if __name__ == "__main__":
    main()
