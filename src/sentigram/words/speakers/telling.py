"""Tells who says each word, by the voices of a recording.

Runs of one voice are found, heard and put together; each word is said by whoever speaks most of its
time. Where speakers change within a sentence, the change goes to the end of a sentence or a pause
that is near, for the times of words err. Names are given in the order in which people first speak.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sentigram.core.document import EnginePart, FoundSpeaker, FoundSpeakers
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, SpeakerEncoder, no_progress
from sentigram.core.text import is_sound
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.store.shipped import read_card
from sentigram.words.speakers.asked import found_name
from sentigram.words.speakers.bands import is_narrow, log_bands
from sentigram.words.speakers.clusters import (
    ALIKE,
    ALIKE_NARROW,
    LEAST_SECONDS,
    Groups,
    group,
)
from sentigram.words.speakers.nets import NAME, SEGMENTATION
from sentigram.words.speakers.runs import Run, find_runs
from sentigram.words.speakers.voices import LEAST_MS, sane
from sentigram.words.utterances import ends_sentence, segment

_RUNS_SHARE = 0.35  # of the time that it takes
_NEAR_WORDS = 2  # a change of speakers is moved by at most so many
_FAR_MS = 150  # a word further away must have as much more of a pause
_SENTENCE_MS = 400  # the end of a sentence counts as such a pause
_FLEETING_MS = 400  # nobody says less than this between two words of another, in one breath
_BREATH_MS = 200
_SAMPLED = 8  # runs that a narrow band is looked for in
_BY_TELEPHONE = 0.25  # how sure a number is at most: docs/accuracy.md
_DOUBTFUL = 0.3  # a number that is less sure is said to be a guess


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerTime:
    """When somebody speaks.

    Attributes:
        span: Without a pause.
        speaker: Their number, from 0, in order of first speech.
    """

    span: Span
    speaker: int


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A transcript with its speakers.

    Attributes:
        transcript: With names, and divided where speakers change; as it was where one voice or
            none was found.
        found: How they were found; None where one voice or none was.
        parts: What found them.
        note: One line for people, "" where there is nothing to say.
        is_doubtful: The note is a warning.
    """

    transcript: Transcript
    found: FoundSpeakers | None = None
    parts: tuple[EnginePart, ...] = ()
    note: str = ""
    is_doubtful: bool = False


def tell_speakers(
    transcript: Transcript,
    audio: Audio,
    voices: SpeakerEncoder,
    *,
    n: int | None = None,
    progress: Progress = no_progress,
) -> Told:
    """Say who speaks each word.

    Args:
        transcript: Words with their times, and no names; see `is_enough`.
        audio: 16 kHz.
        voices: Hears who it is.
        n: How many people speak; None to find out.
        progress: Told the share that is done.

    Raises:
        MissingError: Weights are absent or damaged.
    """
    times, groups, seconds = diarize(audio, voices, n=n, progress=progress)
    if groups.n < 2:
        alone = "" if n in (None, 1) else f"{n} speakers were asked for, and one voice is heard"
        if n is None and groups.n and groups.sureness <= _BY_TELEPHONE:
            alone = "one voice is heard, but by telephone all are alike: else say `speakers N`"
        return Told(transcript, note=alone, is_doubtful=bool(alone))
    owners = _owners(transcript, times)
    there = sorted(set(owners), key=owners.index)
    if len(there) < 2:
        return Told(transcript)
    names = {speaker: found_name(number) for number, speaker in enumerate(there, start=1)}
    named = _divided(transcript, [names[owner] for owner in owners])
    people = tuple(
        FoundSpeaker(names[who], round(seconds[who], 1), _margin(groups, who)) for who in there
    )
    found = FoundSpeakers(people, round(groups.sureness, 2), is_number_given=n is not None)
    card = read_card(NAME)
    digest = card["files"][SEGMENTATION]["sha256"]
    runs_part = EnginePart("speaker turns", card["name"], str(card["version"]), digest)
    note, is_doubtful = _line(found, n)
    return Told(named, found, (runs_part, voices.part), note, is_doubtful)


def is_enough(transcript: Transcript, n: int | None = None) -> bool:
    """Whether so much is said that several people can be told apart.

    Args:
        transcript: Words with their times.
        n: How many people; None for two.
    """
    spoken_ms = sum(w.span.duration_ms for w in transcript.words() if not is_sound(w.text))
    return spoken_ms >= (n or 2) * LEAST_SECONDS * MS_PER_SECOND


def diarize(
    audio: Audio,
    voices: SpeakerEncoder,
    *,
    n: int | None = None,
    progress: Progress = no_progress,
) -> tuple[tuple[SpeakerTime, ...], Groups, dict[int, float]]:
    """Find who speaks when, without words.

    Args:
        audio: 16 kHz.
        voices: Hears who it is.
        n: How many people speak; None to find out.
        progress: Told the share that is done.

    Returns:
        Stretches in order of their starts; the groups of their voices; and the seconds of each.
    """
    runs = find_runs(audio, progress=lambda share: progress(share * _RUNS_SHARE))
    runs = tuple(run for run in runs if run.span.duration_ms >= LEAST_MS)
    if not runs:
        nobody = Groups(np.zeros(0, np.int64), np.zeros(0), 0, 1.0)
        return (), nobody, {}
    heard = voices.embed(
        audio,
        [heard_spans(run) for run in runs],
        progress=lambda share: progress(_RUNS_SHARE + share * (1 - _RUNS_SHARE)),
    )
    seconds_alone = [run.alone_ms / MS_PER_SECOND for run in runs]
    alike = limit_of(audio, runs)
    groups = group(heard, seconds_alone, n=n, alike=alike)
    order = list(dict.fromkeys(groups.of.tolist()))
    numbers = np.array([order.index(int(of)) for of in groups.of])
    groups = replace(groups, of=numbers)
    if n is None and alike != ALIKE:  # by telephone the number is a guess
        groups = replace(groups, sureness=min(groups.sureness, _BY_TELEPHONE))
    times = tuple(
        SpeakerTime(run.span, int(number)) for run, number in zip(runs, numbers, strict=True)
    )
    seconds = {
        number: sum(t.span.duration_ms for t in times if t.speaker == number) / MS_PER_SECOND
        for number in range(groups.n)
    }
    return times, groups, seconds


def limit_of(audio: Audio, runs: Sequence[Run]) -> float:
    """How like each other two groups of one person are in a recording; see `clusters`."""
    longest = sorted(runs, key=lambda run: -run.span.duration_ms)[:_SAMPLED]
    parts = [log_bands(sane(audio.cut(run.span))) for run in longest]
    return ALIKE_NARROW if parts and is_narrow(np.concatenate(parts)) else ALIKE


def heard_spans(run: Run) -> tuple[Span, ...]:
    """What of a run is heard: where nobody else speaks, or all of it where that is too little."""
    long = tuple(span for span in run.alone if span.duration_ms >= LEAST_MS // 2)
    enough = sum(span.duration_ms for span in long) >= LEAST_MS
    return long if enough else (run.span,)


def _owners(transcript: Transcript, times: Sequence[SpeakerTime]) -> list[int]:
    """Who says each word, in order."""
    ends = np.maximum.accumulate([time.span.end_ms for time in times]).tolist()
    owners: list[int] = []
    for utterance in transcript.utterances:
        owners += _filled([_owner(word.span, times, ends) for word in utterance.words])
    words = tuple(transcript.words())
    return _moved(words, _steady(words, _filled(owners)))


def _owner(span: Span, times: Sequence[SpeakerTime], ends: Sequence[int]) -> int:
    """Who speaks most of a span, −1 where nobody does."""
    shares: dict[int, int] = {}
    for at in range(bisect_left(ends, span.start_ms + 1), len(times)):
        time = times[at]
        if time.span.start_ms >= span.end_ms:
            break
        shared_ms = time.span.overlap_ms(span)
        if shared_ms:
            shares[time.speaker] = shares.get(time.speaker, 0) + shared_ms
    return max(shares, key=lambda who: shares[who], default=-1)


def _filled(own: list[int]) -> list[int]:
    """Words at which nobody is heard are said by who says the one before, else the one after."""
    known = [i for i, owner in enumerate(own) if owner >= 0]
    return [
        owner if owner >= 0 or not known else own[min(known, key=lambda k: (abs(k - i), k))]
        for i, owner in enumerate(own)
    ]


def _steady(words: Sequence[Word], own: list[int]) -> list[int]:
    """Without somebody who only says a word within a breath of another."""
    out = list(own)
    starts = [0, *(i for i in range(1, len(out)) if out[i] != out[i - 1]), len(out)]
    for first, last in pairwise(starts[1:]):
        if last == len(out) or out[first - 1] != out[last]:
            continue
        lasts_ms = words[last - 1].span.end_ms - words[first].span.start_ms
        gap_ms = max(_pause_ms(words, first), _pause_ms(words, last))
        if lasts_ms < _FLEETING_MS and gap_ms < _BREATH_MS:
            out[first:last] = [out[last]] * (last - first)
    return out


def _moved(words: Sequence[Word], own: list[int]) -> list[int]:
    """With changes at the ends of sentences and in pauses that are near."""
    out = list(own)
    for at in range(1, len(own)):
        if own[at] == own[at - 1]:
            continue
        first, last = max(1, at - _NEAR_WORDS), min(len(own) - 1, at + _NEAR_WORDS)
        best = max(range(first, last + 1), key=lambda i: (_merit(words, i, at), -abs(i - at)))
        if len({*own[best:at], own[at - 1]}) > 1 or len({*own[at:best], own[at]}) > 1:
            continue  # somebody else speaks in between
        out[best:at] = [own[at]] * max(0, at - best)
        out[at:best] = [own[at - 1]] * max(0, best - at)
    return out


def _merit(words: Sequence[Word], at: int, was: int) -> int:
    """How good a place is for a change before a word, in milliseconds of pause."""
    ends = ends_sentence(words[at - 1].text, words[at].text)
    return _pause_ms(words, at) + _SENTENCE_MS * ends - _FAR_MS * abs(at - was)


def _pause_ms(words: Sequence[Word], at: int) -> int:
    return max(0, words[at].span.start_ms - words[at - 1].span.end_ms)


def _divided(transcript: Transcript, names: Sequence[str]) -> Transcript:
    """Utterances of one speaker each; sounds belong to nobody more than before."""
    said = iter(names)
    pieces: list[Utterance] = []
    for utterance in transcript.utterances:
        begun: list[tuple[str, list[Word]]] = []
        for word in utterance.words:
            name = next(said)
            if not begun or begun[-1][0] != name:
                begun.append((name, []))
            begun[-1][1].append(word)
        pieces += [
            Utterance(
                utterance.id, Span(own[0].span.start_ms, own[-1].span.end_ms), tuple(own), name
            )
            for name, own in begun
        ]
    return segment(replace(transcript, utterances=tuple(pieces)))


def _margin(groups: Groups, who: int) -> float:
    own = groups.margins[groups.of == who]
    return round(float(own.mean()), 2) if len(own) else 0.0


def _line(found: FoundSpeakers, n: int | None) -> tuple[str, bool]:
    """What is said of it, and whether it is a warning."""
    people = found.people
    who = ", ".join(f"{one.name} {one.seconds:.0f} s" for one in people[:8])
    who += f" and {len(people) - 8} more" if len(people) > 8 else ""
    if n is not None and len(people) < n:
        return f"{n} speakers were asked for, and {len(people)} can be told apart: {who}", True
    if n is None and found.confidence < _DOUBTFUL:
        return f"{len(people)} speakers, a guess: {who}; give their number with `speakers`", True
    return f"{len(people)} speakers: {who}", False
