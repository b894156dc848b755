"""Ways in which a recording reaches people changed though nobody spoke differently.

A telephone, a codec, noise, music, another rate, another level; more speech around it, or a cut.
The words keep their times, moved where the sound was moved, so that what differs between two
readings is the reading of emotions alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span, ms_from_samples, samples_from_ms
from sentigram.core.transcript import Transcript, Utterance
from sentigram.training.augment.sound import coded, coloured_noise, mix, resampled, telephone
from sentigram.training.shipped.unacted_speech import Recording
from sentigram.training.shipped.voice import augment

_SNR_DB = 10.0
_QUIETER = 10 ** (-12 / 20)
_AROUND_MS = 25_000  # of other speech on each side
_EDGE_MS = 200  # of sound around the first and last word of what is cut


@dataclass(frozen=True, slots=True, eq=False)
class Altered:
    """A recording that was changed, and which of its words are those of the original.

    Attributes:
        transcript: All words that are read.
        audio: The sound that is read.
        words: Positions of the original's words in the transcript, in order.
        originals: Positions of the same words in the original.
    """

    transcript: Transcript
    audio: Audio
    words: range
    originals: range


Alter = Callable[[Recording, Sequence[Recording]], Altered]


def _sound(change: Callable[[Floats32, np.random.Generator], Floats32]) -> Alter:
    """An alteration of the sound that moves nothing."""

    def alter(recording: Recording, others: Sequence[Recording]) -> Altered:
        del others
        rng = np.random.default_rng(zlib.crc32(recording.name.encode()))
        samples = np.clip(change(recording.audio.samples, rng), -1, 1).astype(np.float32)
        n_words = sum(1 for _ in recording.transcript.words())
        return Altered(recording.transcript, Audio(samples), range(n_words), range(n_words))

    return alter


def _noise(samples: Floats32, rng: np.random.Generator) -> Floats32:
    return mix(samples, coloured_noise(len(samples), rng, (0.0, 2.0)), _SNR_DB)


def _music(samples: Floats32, rng: np.random.Generator) -> Floats32:
    track = augment.music_track(int(rng.integers(augment.N_TRACKS)))
    return mix(samples, np.resize(track, len(samples)), _SNR_DB)


def _coded(codec_name: str, bit_rate: int) -> Alter:
    return _sound(lambda samples, _rng: coded(samples, codec_name, bit_rate))


def _among_own(recording: Recording, others: Sequence[Recording]) -> Altered:
    """In the middle of more speech of the same person: of another recording if there is one."""
    own = [
        other
        for other in others
        if other.speaker == recording.speaker
        and other.language == recording.language
        and other.name != recording.name
    ]
    return within(recording, own[0] if own else recording, own[-1] if own else recording)


def _among_others(recording: Recording, others: Sequence[Recording]) -> Altered:
    """In the middle of the speech of other people, in the same language if there is some."""
    start = next(i for i, other in enumerate(others) if other.name == recording.name)
    foreign = [
        other for other in (*others[start:], *others[:start]) if other.speaker != recording.speaker
    ]
    same = [other for other in foreign if other.language == recording.language]
    chosen = same or foreign
    if not chosen:
        message = f"{recording.name}: nobody else speaks in the recordings that are there"
        raise ValueError(message)
    return within(recording, chosen[0], chosen[-1])


def within(recording: Recording, before: Recording, after: Recording) -> Altered:
    """Put a recording between the end of one and the beginning of another."""
    ahead = _cut(before, _last(before.transcript.utterances))
    behind = _cut(after, _first(after.transcript.utterances))
    middle = (recording.transcript.utterances, recording.audio.samples)
    samples: list[Floats32] = []
    utterances: list[Utterance] = []
    at = 0
    for part, sound in (ahead, middle, behind):
        by_ms = ms_from_samples(at, SAMPLE_RATE_HZ)
        utterances += [_moved(utterance, by_ms) for utterance in part]
        # whole milliseconds, so that words keep their place in the sound
        padded = np.pad(sound, (0, -len(sound) % (SAMPLE_RATE_HZ // 1000)))
        samples.append(padded)
        at += len(padded)
    first = sum(len(utterance.words) for utterance in ahead[0])
    n_words = sum(1 for _ in recording.transcript.words())
    return Altered(
        _numbered(recording.language, utterances),
        Audio(np.concatenate(samples)),
        range(first, first + n_words),
        range(n_words),
    )


def middle_half(recording: Recording, others: Sequence[Recording] = ()) -> Altered:
    """The middle half of a recording by itself, cut between words."""
    del others
    quarter = recording.audio.duration_ms // 4
    kept = Span(quarter, recording.audio.duration_ms - quarter)
    words = tuple(recording.transcript.words())
    inside = [
        i
        for i, word in enumerate(words)
        if kept.start_ms <= word.span.start_ms and word.span.end_ms <= kept.end_ms
    ]
    if not inside:
        message = f"{recording.name}: no word in its middle half"
        raise ValueError(message)
    first, last = inside[0], inside[-1] + 1
    utterances = []
    at = 0
    for utterance in recording.transcript.utterances:
        own = utterance.words[max(0, first - at) : max(0, last - at)]
        at += len(utterance.words)
        if own:
            span = Span(own[0].span.start_ms, own[-1].span.end_ms)
            utterances.append(replace(utterance, words=own, span=span))
    moved, samples = _cut(recording, utterances)
    return Altered(
        _numbered(recording.language, moved),
        Audio(samples),
        range(last - first),
        range(first, last),
    )


def _last(utterances: Sequence[Utterance]) -> Sequence[Utterance]:
    end_ms = utterances[-1].span.end_ms
    kept = [u for u in utterances if end_ms - u.span.start_ms <= _AROUND_MS]
    return kept or utterances[-1:]


def _first(utterances: Sequence[Utterance]) -> Sequence[Utterance]:
    start_ms = utterances[0].span.start_ms
    kept = [u for u in utterances if u.span.end_ms - start_ms <= _AROUND_MS]
    return kept or utterances[:1]


def _cut(recording: Recording, utterances: Sequence[Utterance]) -> tuple[list[Utterance], Floats32]:
    """Utterances and their sound by themselves, with a little around them."""
    start_ms = max(0, utterances[0].span.start_ms - _EDGE_MS)
    end_ms = min(recording.audio.duration_ms, utterances[-1].span.end_ms + _EDGE_MS)
    start, end = (samples_from_ms(ms, SAMPLE_RATE_HZ) for ms in (start_ms, end_ms))
    moved = [_moved(utterance, -start_ms) for utterance in utterances]
    return moved, recording.audio.samples[start:end]


def _moved(utterance: Utterance, by_ms: int) -> Utterance:
    def moved(span: Span) -> Span:
        return Span(span.start_ms + by_ms, span.end_ms + by_ms)

    words = tuple(replace(word, span=moved(word.span)) for word in utterance.words)
    return replace(utterance, span=moved(utterance.span), words=words)


def _numbered(language: str, utterances: Sequence[Utterance]) -> Transcript:
    named = (replace(u, id=f"u{number}") for number, u in enumerate(utterances, start=1))
    return Transcript(language, tuple(named))


ALTERATIONS: Mapping[str, Alter] = MappingProxyType(
    {
        "telephone": _sound(lambda samples, _rng: telephone(samples)),
        "Opus 16 kbit/s": _coded("opus", 16_000),
        "Opus 24 kbit/s": _coded("opus", 24_000),
        "MP3 16 kbit/s": _coded("mp3", 16_000),
        "MP3 24 kbit/s": _coded("mp3", 24_000),
        "noise 10 dB": _sound(_noise),
        "music 10 dB": _sound(_music),
        "8 kHz and back": _sound(lambda samples, _rng: resampled(samples, 8_000)),
        "44.1 kHz and back": _sound(lambda samples, _rng: resampled(samples, 44_100)),
        "12 dB quieter": _sound(lambda samples, _rng: (samples * _QUIETER).astype(np.float32)),
        "among own speech": _among_own,
        "among others' speech": _among_others,
        "middle half alone": middle_half,
    }
)
