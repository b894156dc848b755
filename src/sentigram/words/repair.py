"""Timing repair: whatever times words come with, these come out.

Guaranteed, for every input (the tests try arbitrary ones):

- starts increase, words do not overlap, and none is shorter than 40 ms (less only where so many
  words share the recording that they would not fit);
- nothing lies before the sound begins or after it ends;
- no word but a sound, `[door slams]`, contains a silence of 300 ms or more;
- repairing twice changes nothing more.

Words outside of the sound are left out; all others stay, in their order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from sentigram.core.media import Audio
from sentigram.core.text import is_sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.activity import speech_spans

MIN_WORD_MS = 40  # the shortest spoken words ("a", "the") last about this long
SILENCE_MS = 300  # longer silences are pauses, shorter ones may be stops inside a word

_LATE_ONSET_MS = 120  # a word may start this long before its sound: soft consonants are quiet
_LEAD_MS = 40
_TRAIL_MS = 60
_IN_SILENCE_MS = 250  # a word in the middle of a silence lasts at most this long


def repair(
    transcript: Transcript, audio: Audio, *, sounds: Sequence[Span] | None = None
) -> Transcript:
    """Give every word a possible time.

    Args:
        transcript: Words in the order of the text, with any times.
        audio: The sound that they were said in.
        sounds: Where somebody speaks, in order and apart, from a voice detector: it tells a pause
            that is filled with music from speech. None to go by the energy of the sound.

    Returns:
        The words inside of the sound, with the guarantees above; a word whose start had to be made
        up is marked as estimated. Utterances keep their ids and span their words; those without a
        word left are gone.
    """
    low_ms, high_ms = audio.speech_start_ms, audio.duration_ms
    kept = [
        (index, word)
        for index, utterance in enumerate(transcript.utterances)
        for word in utterance.words
        if _is_inside(word.span, low_ms, high_ms)
    ][: max(0, high_ms - low_ms)]  # a millisecond for each at the very least
    if not kept:
        return replace(transcript, utterances=())
    words = _in_order([word for _, word in kept], low_ms, high_ms)
    if sounds is None:
        sounds = speech_spans(audio, min_gap_ms=SILENCE_MS)
    words = _without_silence(words, sounds)
    groups: dict[int, list[Word]] = {}
    for (index, _), word in zip(kept, words, strict=True):
        groups.setdefault(index, []).append(word)
    utterances = tuple(
        _spanning(transcript.utterances[index], tuple(group)) for index, group in groups.items()
    )
    return replace(transcript, utterances=utterances)


def _is_inside(span: Span, low_ms: int, high_ms: int) -> bool:
    return span.start_ms < high_ms and (span.end_ms > low_ms or span.start_ms >= low_ms)


def _spanning(utterance: Utterance, words: tuple[Word, ...]) -> Utterance:
    span = Span(words[0].span.start_ms, words[-1].span.end_ms)
    return replace(utterance, span=span, words=words)


def _in_order(words: list[Word], low_ms: int, high_ms: int) -> list[Word]:
    """Make starts increase and words end before the next begins, all inside of the sound."""
    least = max(1, min(MIN_WORD_MS, (high_ms - low_ms) // len(words)))
    wanted = [max(low_ms, min(word.span.start_ms, high_ms - 1)) for word in words]
    pinned = _longest_increasing(wanted)
    starts = _fill(words, wanted, pinned, low_ms, high_ms)
    for i in range(1, len(starts)):
        starts[i] = max(starts[i], starts[i - 1] + least)
    limit = high_ms
    for i in reversed(range(len(starts))):
        starts[i] = limit = min(starts[i], limit - least)
    out = []
    trusted = set(pinned)
    for i, word in enumerate(words):
        limit = starts[i + 1] if i + 1 < len(starts) else high_ms
        # A made-up start takes the room up to the next word.
        end = word.span.end_ms if i in trusted else limit
        span = Span(starts[i], max(starts[i] + least, min(end, limit)))
        timing = word.timing if i in trusted else "estimated"
        out.append(word if span == word.span else replace(word, span=span, timing=timing))
    return out


def _longest_increasing(values: list[int]) -> list[int]:
    """Indices of a longest strictly increasing subsequence: the starts that agree on an order."""
    tails: list[int] = []  # tails[k]: smallest last value of a subsequence of length k + 1
    ends: list[int] = []
    before: list[int] = []
    for i, value in enumerate(values):
        k = bisect_left(tails, value)
        before.append(ends[k - 1] if k else -1)
        if k == len(tails):
            tails.append(value)
            ends.append(i)
        else:
            tails[k], ends[k] = value, i
    chain = []
    i = ends[-1]
    while i >= 0:
        chain.append(i)
        i = before[i]
    return chain[::-1]


def _fill(
    words: list[Word], wanted: list[int], pinned: list[int], low_ms: int, high_ms: int
) -> list[int]:
    """Starts of all words: pinned ones as wanted, the others spread between their neighbours."""
    starts = list(wanted)
    for left, right in pairwise([-1, *pinned, len(words)]):
        n_missing = right - left - 1
        if not n_missing:
            continue
        to_ms = wanted[right] if right < len(words) else high_ms
        if left < 0:
            from_ms = low_ms
        else:  # after the word before, but leave each missing word its least
            from_ms = min(words[left].span.end_ms, to_ms - n_missing * MIN_WORD_MS)
            from_ms = max(from_ms, wanted[left])
        for k in range(n_missing):
            starts[left + 1 + k] = from_ms + (to_ms - from_ms) * k // n_missing
    return starts


def _without_silence(words: list[Word], sounds: Sequence[Span]) -> list[Word]:
    """Cut every word to its sound; no word moves out of its span, so the order stays."""
    if not sounds:  # no dynamics to go by: a steady level all along
        return words
    firsts = [sound.start_ms for sound in sounds]
    lasts = [sound.end_ms for sound in sounds]
    out = []
    for word in words:
        if is_sound(word.text):  # shown as long as the text says: a silence may be what it names
            out.append(word)
            continue
        begin = bisect_right(lasts, word.span.start_ms)
        end = bisect_left(firsts, word.span.end_ms)
        span = _voiced(word.span, sounds[begin:end])
        out.append(word if span == word.span else replace(word, span=span))
    return out


def _voiced(span: Span, sounds: Sequence[Span]) -> Span:
    if not sounds:
        return Span(span.start_ms, min(span.end_ms, span.start_ms + _IN_SILENCE_MS))
    # The longest sound is the word; on a tie the later, for noise comes before a word.
    sound = max(sounds, key=lambda other: (span.overlap_ms(other), other.start_ms))
    start_ms, end_ms = span.start_ms, span.end_ms
    if len(sounds) > 1 or sound.start_ms - start_ms > _LATE_ONSET_MS:
        start_ms = max(start_ms, sound.start_ms - _LEAD_MS)
    if len(sounds) > 1 or end_ms - sound.end_ms >= SILENCE_MS:
        end_ms = min(end_ms, sound.end_ms + _TRAIL_MS)
    return Span(start_ms, end_ms)
