"""How each word is said: loudness, pitch, rate and pause against its speaker's other words.

Everything is compared within one speaker of one recording, so that neither the distance to the
microphone, nor the level, nor a deep voice counts. What is compared:

- Loudness: the level, between 300 and 3400 Hz, that the loudest fifth of the word's frames exceeds.
- Pitch: the median of the voiced frames, in semitones.
- Rate: the word's length against what its letters take, and a last word before a pause against
  other last words, which all speakers draw out (Turk and Shattuck-Hufnagel 2007).
- Pause: the silence before the word.

Emphasis is a weighted sum of the first three. What makes listeners hear a word as prominent is
loudness and length more than pitch (Kochanski, Grabe, Coleman and Rosner 2005, seven dialects of
English); the weights follow that, and docs/accuracy.md says what they are worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sentigram.core.arrays import Bools, Floats64
from sentigram.core.media import Audio
from sentigram.core.prosody import FURTHEST, Prosody
from sentigram.core.spread import in_parts
from sentigram.core.text import is_sound, letters
from sentigram.core.time import MS_PER_SECOND
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion.encoders.compact import acoustics

FEWEST_WORDS = 8  # of a speaker; of fewer nobody can tell what is usual
COLUMNS = ("loudness", "pitch", "rate", "pause")
# Of loudness, pitch and drawing out.
WEIGHTS = (0.5, 0.2, 0.3)

_FRAME_MS = acoustics.HOP_SAMPLES * MS_PER_SECOND // acoustics.SAMPLE_RATE_HZ  # 24
_PER_MS = acoustics.SAMPLE_RATE_HZ // MS_PER_SECOND
_PART = 16  # utterances that go together to a worker
_AROUND_FRAMES = 2  # so that the first and last frames are heard in context
_VOICED = 0.4  # of what `acoustics.voice` calls voicing
_WITHIN_DB = 25.0  # of the word's loudest frame; what is quieter is room, not voice
_FEWEST_VOICED = 3  # frames: 72 ms
_LOUD_PERCENTILE = 80
_SEMITONES = 12
_OUT_OF_RANGE = 16  # semitones from the speaker's median: an error of an octave
_SILENT_DB = -75.0  # of full scale
# The least spreads: whoever speaks more evenly is not taken at their noise.
_LEAST = (1.5, 0.8, 0.25, 0.5)  # dB, semitones, octaves of time, octaves of silence
_OVERHEAD_LETTERS = 2.0  # a word of one letter takes as long as these beside it
_MOST_NAMED = 6
_FINAL_MS = 150  # a word before such a silence is a last one
_BREATH_MS = 50  # silences much shorter are none
_MOST = 3.0  # spreads of one cue that count for emphasis
_MIDDLE, _SLOPE = 0.9, 3.0  # spreads in all at which emphasis is 0.5, and how steep it is there


@dataclass(frozen=True, slots=True)
class Measured:
    """A transcript whose words say how they are said.

    Attributes:
        transcript: The words.
        notes: What cannot be known of whom, a line each.
    """

    transcript: Transcript
    notes: tuple[str, ...] = ()


def measure(transcript: Transcript, audio: Audio) -> Measured:
    """Say of each word how it is said.

    Words whose times are estimated, and sounds such as `[applause]`, have no prosody: what lies
    under them is not known to be theirs.

    Args:
        transcript: Words with times; who says them may be unknown, then all are one speaker's.
        audio: 16 kHz.

    Raises:
        ValueError: The sample rate is not 16 kHz.
    """
    if audio.sample_rate_hz != acoustics.SAMPLE_RATE_HZ:
        message = f"{audio.sample_rate_hz} Hz: prosody is measured at {acoustics.SAMPLE_RATE_HZ} Hz"
        raise ValueError(message)
    raw = raw_cues(transcript, audio)  # (n_words, 5)
    if not len(raw):
        return Measured(transcript)
    speakers = np.array([u.speaker for u in transcript.utterances for _ in u.words])
    names: list[str] = list(dict.fromkeys(speakers.tolist()))
    scaled = np.full((len(raw), len(COLUMNS)), np.nan)
    few: list[str] = []
    for name in names:
        own = speakers == name
        scaled[own] = relative(raw[own])
        if 0 < np.isfinite(raw[own, 0]).sum() < FEWEST_WORDS:
            few.append(name)
    rows = iter(np.column_stack([scaled, emphasis(scaled)]))
    utterances = tuple(
        replace(utterance, words=tuple(_said(word, next(rows)) for word in utterance.words))
        for utterance in transcript.utterances
    )
    return Measured(replace(transcript, utterances=utterances), _notes(few, len(names)))


def raw_cues(transcript: Transcript, audio: Audio) -> Floats64:
    """What is measured of each word, before it is compared.

    Returns:
        float64 (n_words, 5), NaN where it is not known: dB, semitones above 1 Hz, octaves of time
        for its letters (more is faster), octaves of silence before it; and 1 for a last word before
        a silence, else 0.
    """
    parts = in_parts(transcript.utterances, _PART)
    heard = [rows for part in audio.spread.map(_heard, audio, parts) for rows in part]
    if not heard:
        return np.empty((0, len(COLUMNS) + 1))
    return np.column_stack([np.array(heard), _times(transcript.utterances)])  # (n_words, 5)


def relative(raw: Floats64) -> Floats64:
    """Cues of one speaker in spreads from their medians; NaN where too few words have any.

    Args:
        raw: (n_words, 5), see `raw_cues`.

    Returns:
        float64 (n_words, 4).
    """
    loudness, pitch, rate, pause, is_last = raw.T
    cues = (loudness, _in_range(pitch), _against_their_like(rate, is_last > 0), pause)
    out = np.full((len(raw), len(COLUMNS)), np.nan)
    for column, (values, least) in enumerate(zip(cues, _LEAST, strict=True)):
        known = values[np.isfinite(values)]
        if len(known) >= FEWEST_WORDS:
            middle = np.median(known)
            spread = max(least, 1.4826 * float(np.median(np.abs(known - middle))))
            out[:, column] = np.clip((values - middle) / spread, -FURTHEST, FURTHEST)
    return out


def emphasis(scaled: Floats64) -> Floats64:
    """How much words stand out, in [0, 1], (n_words,); NaN without loudness and one cue more.

    Args:
        scaled: (n_words, 4), see `relative`.
    """
    cues = np.column_stack([scaled[:, 0], scaled[:, 1], -scaled[:, 2]])
    known = np.isfinite(cues)
    weights = known * np.array(WEIGHTS)
    sums = (weights * np.clip(np.where(known, cues, 0), -_MOST, _MOST)).sum(axis=1)
    is_told = known[:, 0] & (known.sum(axis=1) > 1)
    mean = sums / np.where(is_told, weights.sum(axis=1), 1)
    return np.where(is_told, 1 / (1 + np.exp(-_SLOPE * (mean - _MIDDLE))), np.nan)


def _heard(audio: Audio, utterances: Sequence[Utterance]) -> list[tuple[float, float]]:
    """Level in dB and pitch in semitones of each word of some utterances, NaN where unknown."""
    out: list[tuple[float, float]] = []
    for utterance in utterances:
        first = max(0, utterance.span.start_ms // _FRAME_MS - _AROUND_FRAMES)
        last = -(-utterance.span.end_ms // _FRAME_MS) + _AROUND_FRAMES
        samples = audio.samples[first * acoustics.HOP_SAMPLES : last * acoustics.HOP_SAMPLES]
        frames = acoustics.voice(np.nan_to_num(samples), len(samples) // acoustics.HOP_SAMPLES)
        for word in utterance.words:
            start = word.span.start_ms // _FRAME_MS - first
            own = frames[start : max(start + 1, -(-word.span.end_ms // _FRAME_MS) - first)]
            out.append(_of_frames(own.astype(np.float64)) if _is_heard(word) else _NOTHING)
    return out


_NOTHING = (math.nan, math.nan)


def _of_frames(frames: Floats64) -> tuple[float, float]:
    if not len(frames) or frames[:, 0].max() < _SILENT_DB:
        return _NOTHING
    level = frames[:, 0]
    voiced: Bools = (frames[:, 2] >= _VOICED) & (level >= level.max() - _WITHIN_DB)
    loudness = float(np.percentile(level, _LOUD_PERCENTILE))
    if voiced.sum() < _FEWEST_VOICED:
        return loudness, math.nan
    return loudness, _SEMITONES * float(np.median(frames[voiced, 1]))


def _is_heard(word: Word) -> bool:
    return word.timing == "aligned" and not is_sound(word.text)


def _times(utterances: Sequence[Utterance]) -> Floats64:
    """Rate and pause of each word, and whether it is a last one, (n_words, 3)."""
    said = [(word, utterance.speaker) for utterance in utterances for word in utterance.words]
    gaps_ms = [later.span.start_ms - word.span.end_ms for (word, _), (later, _) in pairwise(said)]
    pauses = [
        math.log2(1 + max(0, gap_ms) / _BREATH_MS)
        if speaker == after and _is_heard(word) and _is_heard(later)
        else math.nan
        for gap_ms, ((word, speaker), (later, after)) in zip(gaps_ms, pairwise(said), strict=True)
    ]
    is_last = [*(gap_ms >= _FINAL_MS for gap_ms in gaps_ms), True]
    return np.column_stack([[_rate(word) for word, _ in said], [math.nan, *pauses], is_last])


def _rate(word: Word) -> float:
    """Octaves of time that a word is shorter than its letters take at 1 s each, NaN if unknown."""
    n_letters = letters(word.text)
    if not n_letters or not _is_heard(word):
        return math.nan
    return math.log2((n_letters + _OVERHEAD_LETTERS) * MS_PER_SECOND / word.span.duration_ms)


def _against_their_like(rates: Floats64, is_last: Bools) -> Floats64:
    """Rates of last words against last words, and of the others against the others."""
    out = np.full_like(rates, np.nan)
    for group in (is_last, ~is_last):
        known = group & np.isfinite(rates)
        if known.sum() >= FEWEST_WORDS:
            out[known] = rates[known] - np.median(rates[known])
    return out


def _in_range(semitones: Floats64) -> Floats64:
    """Pitches without those that no voice reaches from its median: errors of an octave."""
    known = semitones[np.isfinite(semitones)]
    if not len(known):
        return semitones
    is_far = np.abs(semitones - np.median(known)) > _OUT_OF_RANGE
    return np.where(is_far, np.nan, semitones)


def _said(word: Word, row: Floats64) -> Word:
    loudness, pitch, rate, pause, stress = (
        None if math.isnan(value) else round(float(value), 2) for value in row
    )
    prosody = Prosody(loudness, pitch, rate, pause, stress)
    return replace(word, prosody=None if prosody.is_blank else prosody)


def _notes(few: Sequence[str], n_speakers: int) -> tuple[str, ...]:
    """Who says too little, in a line."""
    if not few:
        return ()
    who = ", ".join(name or "an unnamed speaker" for name in few[:_MOST_NAMED])
    more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
    whose = f" of {who}{more}" if n_speakers > 1 else ""
    line = (
        f"how words{whose} are said is not known: fewer than {FEWEST_WORDS} of them were measured, "
        "too few to tell what is usual"
    )
    return (line,)
