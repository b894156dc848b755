"""Conversations put together from clips of several people, with who speaks when.

Turns are one to a few clips of one speaker with short pauses; between turns there is a longer
pause, or the next one begins before the last one ends. Every voice has a level of its own, and all
are in one room or on one line. What is put together so tests whether voices are told apart, not how
people converse: nobody reacts, and actors change their mood from one sentence to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import ms_from_samples
from sentigram.training.augment.sound import (
    coloured_noise,
    convolved,
    mix,
    room_response,
    telephone,
)
from sentigram.training.judge.overtime import LabelledSpan
from sentigram.training.shipped.spliced import trimmed
from sentigram.words.activity import speech_spans

CONDITIONS = ("clean", "noise", "telephone", "room")
_SNR_DB = (5.0, 20.0)
_MEAN_CLIPS = 2.0  # in a turn: about 5 s of speech, as in conversation, and often one sentence
_PAUSE_MS = (100, 600)  # between sentences of a turn
_GAP_MS = (80, 1200)  # between turns
_OVERLAP_MS = (200, 1200)  # that a turn begins before the last one ends
_LEVEL_DB = 4.0
_INNER_PAUSE_MS = 300  # longer silence of a speaker is nobody's speech, as NIST has it
_EDGE_MS = 50  # of the quiet beginnings and ends of words, which a level alone leaves out
_MARGIN = SAMPLE_RATE_HZ // 10  # of silence that `trimmed` leaves at both ends


@dataclass(frozen=True, slots=True, eq=False)
class Conversation:
    """A recording of several people.

    Attributes:
        name: What it was made of.
        audio: 16 kHz.
        truth: Who speaks when.
        n_speakers: How many people are heard.
        condition: Of CONDITIONS.
    """

    name: str
    audio: Audio
    truth: tuple[LabelledSpan, ...]
    n_speakers: int
    condition: str


def converse(
    clips: Mapping[str, Sequence[Path]],
    load: Callable[[Path], Floats32],
    *,
    n_speakers: int,
    condition: str,
    overlap: float,
    seconds: float,
    seed: int,
    name: str,
) -> Conversation:
    """Put a conversation together.

    Args:
        clips: Of each speaker; as many as are wanted are drawn of them.
        load: Reads a clip, float32 (n,) at 16 kHz.
        n_speakers: How many people speak.
        condition: Of CONDITIONS.
        overlap: Share of turns that begin before the last one ends.
        seconds: About how long it gets; everybody speaks once at least.
        seed: Of the draws.
        name: Of the corpus.
    """
    rng = np.random.default_rng(seed)
    speakers = [str(s) for s in rng.permutation(sorted(clips))[:n_speakers]]
    left = {s: [clips[s][i] for i in rng.permutation(len(clips[s]))] for s in speakers}
    levels = {s: 10 ** (rng.uniform(-_LEVEL_DB, _LEVEL_DB) / 20) for s in speakers}
    share = rng.dirichlet(np.full(n_speakers, 4.0))  # some speak more than others
    placed: list[tuple[int, Floats32]] = []
    truth: list[LabelledSpan] = []
    end, last = SAMPLE_RATE_HZ // 2, ""
    waiting = list(speakers)
    while end < seconds * SAMPLE_RATE_HZ or waiting:
        able = [s for s in speakers if left[s] and (s != last or n_speakers == 1)]
        if not able:
            break
        odds = np.array([share[speakers.index(s)] + (s in waiting) for s in able])
        last = able[int(rng.choice(len(able), p=odds / odds.sum()))]
        waiting = [s for s in waiting if s != last]
        at = end + _samples(rng.uniform(*_GAP_MS))
        if placed and n_speakers > 1 and rng.random() < overlap:
            shared = min(_samples(rng.uniform(*_OVERLAP_MS)), len(placed[-1][1]) // 2)
            at = end - shared
        for _ in range(min(int(rng.geometric(1 / _MEAN_CLIPS)), len(left[last]))):
            samples = trimmed(load(left[last].pop()))
            samples = samples / (np.sqrt(np.mean(samples**2)) + 1e-6) * 0.05
            samples = (samples * levels[last]).astype(np.float32)
            placed.append((at, samples))
            truth += _spoken(samples, ms_from_samples(at, SAMPLE_RATE_HZ), last)
            end = at + len(samples)
            at = end + _samples(rng.uniform(*_PAUSE_MS))
    whole = np.zeros(end + SAMPLE_RATE_HZ // 2, np.float32)
    for at, samples in placed:
        whole[at : at + len(samples)] += samples
    audio = Audio(np.clip(_heard(whole, condition, rng), -1, 1).astype(np.float32))
    return Conversation(name, audio, joined(truth), n_speakers, condition)


def joined(spans: Sequence[LabelledSpan]) -> tuple[LabelledSpan, ...]:
    """Spans with their edges, those of one speaker as one where no pause is between them."""
    out: list[LabelledSpan] = []
    last: dict[str, int] = {}
    for start, end, name in sorted(spans):
        span = LabelledSpan(max(0, start - _EDGE_MS), end + _EDGE_MS, name)
        at = last.get(name)
        if at is not None and span.start_ms - out[at].end_ms < _INNER_PAUSE_MS:
            out[at] = LabelledSpan(out[at].start_ms, max(out[at].end_ms, span.end_ms), name)
        else:
            last[name] = len(out)
            out.append(span)
    return tuple(sorted(out))


def _heard(samples: Floats32, condition: str, rng: np.random.Generator) -> Floats32:
    if condition == "noise":
        noise = coloured_noise(len(samples), rng, (0.0, 1.0))
        return mix(samples, noise, rng.uniform(*_SNR_DB))
    if condition == "telephone":
        return telephone(samples)
    if condition == "room":
        response = room_response(rng.uniform(0.2, 0.7), rng.uniform(0, 8), rng)
        return convolved(samples, response)
    return samples


def _samples(ms: float) -> int:
    return int(ms * SAMPLE_RATE_HZ / 1000)


def _spoken(samples: Floats32, start_ms: int, speaker: str) -> list[LabelledSpan]:
    """Where a clip has speech: without its ends, and without longer pauses in it."""
    inner = samples[_MARGIN // 2 : -_MARGIN // 2]
    moved = start_ms + ms_from_samples(_MARGIN // 2, SAMPLE_RATE_HZ)
    return [
        LabelledSpan(span.start_ms + moved, span.end_ms + moved, speaker)
        for span in speech_spans(Audio(inner), min_gap_ms=_INNER_PAUSE_MS)
    ]
