"""Long recordings are aligned in windows of about half a minute that meet at quiet places.

A window that cannot be aligned is cut, down to its utterances; what cannot be aligned at all keeps
its estimated time and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Protocol

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.text import is_sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.activity import FRAME_MS, levels_db, quietest_ms
from sentigram.words.alignment.by_recognition import share
from sentigram.words.alignment.pauses import Pauses, joined, put_back, within

_WINDOW_MS = 20_000  # long enough for stable cepstral means, short enough to stay fast
_LONGEST_MS = 45_000  # an utterance that is longer is cut between words
_GAP_MS = 500  # a longer pause between utterances separates windows …
_SHORT_MS = 6_000  # … that are not shorter than this
_CROSSES_MS = 1_500  # a word is not aligned this far into or over a pause that a recognizer heard
_GROUP = 8  # windows that go to a worker together: a second or two of work each
_SOUND_MS = 250  # of a sound for which the words beside it leave less, if there is room before it
# From here on, pauses with a sound in them are no place for words but at their ends: applause, too,
# has room for words. Shorter ones are like other pauses, for the times of a text may be late.
_FAR_OVER_SOUND_MS = 2_000
_REACH_MS = 300  # how far from its estimate a quiet place between two windows is looked for


@dataclass(frozen=True, slots=True)
class _Margins:
    """How far from their estimates words are looked for.

    Attributes:
        far_ms: Windows further apart than this do not meet.
        inner_ms: Around the estimated times, inside of such a pause.
        outer_ms: Before the first word and after the last.
    """

    far_ms: int
    inner_ms: int
    outer_ms: int


# The cues of a given text may begin long before its words. Whoever heard words knows the stretch
# that they came from; there, what is around them is as likely music.
_GIVEN = _Margins(far_ms=4_000, inner_ms=1_000, outer_ms=2_000)
_HEARD = _Margins(far_ms=4_000, inner_ms=300, outer_ms=300)


class WindowAligner(Protocol):
    """Aligns one window; called from several threads, and pickled without what it has loaded."""

    def align(self, said: Sequence[str], samples: Floats32) -> list[Span] | None:
        """When each is said.

        Args:
            said: Spoken words, in order.
            samples: float32 (n,), 16 kHz, at most some 50 s; finite.

        Returns:
            Spans in ms from the first sample, in order; None where the words cannot be in there.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Window:
    """Words `first` to `last` (half open) and where they are looked for."""

    first: int
    last: int
    span: Span


def align_in_windows(
    transcript: Transcript,
    audio: Audio,
    said: Sequence[tuple[str, ...]],
    aligner: WindowAligner,
    *,
    n_threads: int = 1,
    progress: Progress = no_progress,
    apart: frozenset[str] = frozenset(),
) -> Transcript:
    """Find when each word is said, window by window.

    Args:
        transcript: Words with estimated times, right to about half a second, or less than 45 s in
            all.
        audio: The sound, 16 kHz.
        said: For each word the spoken words that it stands for; none for a sound tag.
        aligner: Of one window.
        n_threads: Windows that are aligned at once.
        progress: Called with the share of words that are done.
        apart: Ids of utterances that are no speech: their times stay, and no window reaches over
            a long one.

    Returns:
        The same words in the same utterances; `timing` says for each whether it was aligned.

    Raises:
        ValueError: The sample rate is not 16 kHz.
    """
    words = list(transcript.words())
    if not words or not len(audio.samples):
        return unaligned(transcript)
    if audio.sample_rate_hz != SAMPLE_RATE_HZ:
        message = f"{audio.sample_rate_hz} Hz: alignment needs {SAMPLE_RATE_HZ} Hz"
        raise ValueError(message)
    starts = _starts(transcript)
    is_apart = [one.id in apart for one in transcript.utterances for _ in one.words]
    said = [() if silent else own for silent, own in zip(is_apart, said, strict=True)]
    pauses = Pauses(audio)
    windows = _windows(words, starts, is_apart, levels_db(audio), pauses, audio.duration_ms)
    parts = [
        _Part(
            window.span,
            pauses.within(window.span),
            tuple(words[window.first : window.last]),
            tuple(said[window.first : window.last]),
            frozenset(i - window.first for i in range(window.first, window.last) if i in starts),
        )
        for window in windows
    ]
    found: list[Span | None] = []
    aligned = audio.spread.map(
        partial(_align_part, aligner),
        audio,
        parts,
        group=_GROUP,
        n_threads=max(1, min(n_threads, len(parts))),
    )
    for spans in aligned:
        found += spans
        progress(len(found) / len(words))
    alone = {i for i in starts if is_apart[i] or (i and is_apart[i - 1])}
    return _rebuilt(transcript, _placed(words, found, alone))


def unaligned(transcript: Transcript) -> Transcript:
    """The same words with their times, all marked as estimated."""
    return _rebuilt(transcript, [replace(w, timing="estimated") for w in transcript.words()])


@dataclass(frozen=True, slots=True)
class _Part:
    """One window with all that aligning it needs, apart from the sound.

    Attributes:
        span: Where its words are looked for.
        sounding: That without long pauses.
        words: Its own.
        said: For each the spoken words that it stands for.
        starts: Which of them begin an utterance.
    """

    span: Span
    sounding: tuple[Span, ...]
    words: tuple[Word, ...]
    said: tuple[tuple[str, ...], ...]
    starts: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Job:
    """What all windows share that one is cut into."""

    aligner: WindowAligner
    audio: Audio
    part: _Part

    def spans(self, said: Sequence[str], span: Span) -> list[Span] | None:
        """Times in the recording of spoken words that are looked for in a span."""
        pieces = within(self.part.sounding, span)
        found = self.aligner.align(said, joined(self.audio, pieces)) if pieces else None
        return None if found is None else [put_back(one, pieces) for one in found]


def _align_part(aligner: WindowAligner, audio: Audio, part: _Part) -> list[Span | None]:
    whole = _Window(0, len(part.words), part.span)
    return _align_window(_Job(aligner, audio, part), whole)


def _align_window(job: _Job, window: _Window) -> list[Span | None]:
    """Spans of the window's words; a window that does not align is cut, down to utterances."""
    indices = [i for i in range(window.first, window.last) if job.part.said[i]]
    out: list[Span | None] = [None] * (window.last - window.first)
    if not indices:
        return out
    spans = job.spans([token for i in indices for token in job.part.said[i]], window.span)
    if spans is None:
        boundaries = [i for i in range(window.first + 1, window.last) if i in job.part.starts]
    else:
        rest = iter(spans)
        for i in indices:
            mine = [next(rest) for _ in job.part.said[i]]
            out[i - window.first] = Span(mine[0].start_ms, mine[-1].end_ms)
        boundaries = _crossed(job, window, out)
    if not boundaries:
        return out
    cut = min(boundaries, key=lambda i: abs(2 * i - window.first - window.last))
    left, right = _cut(job.part.words, window, cut)
    return [*_align_window(job, left), *_align_window(job, right)]


def _crossed(job: _Job, window: _Window, found: Sequence[Span | None]) -> list[int]:
    """Words after a pause that a recognizer heard, where one was aligned on its wrong side.

    A pause counts where a sentence or clause ends, too. Without a mark there, the recognizer may
    have put the first word of a sentence right behind the sentence before it, as it likes to.
    """
    out: list[int] = []
    words = job.part.words[window.first : window.last]
    for i, (before, after) in enumerate(pairwise(words), start=1):
        pause_ms = after.span.start_ms - before.span.end_ms
        if before.source != "heard" or pause_ms < _CROSSES_MS or before.text[-1].isalnum():
            continue
        left, right = found[i - 1], found[i]
        is_late = left is not None and left.start_ms > before.span.end_ms + _CROSSES_MS
        is_early = right is not None and right.end_ms < after.span.start_ms - _CROSSES_MS
        if is_late or is_early:
            out.append(window.first + i)
    return out


def _cut(words: Sequence[Word], window: _Window, cut: int) -> tuple[_Window, _Window]:
    """Two windows that overlap around the boundary, since its time is only estimated."""
    low, high = window.span.start_ms, window.span.end_ms
    left_ms = min(max(words[cut - 1].span.end_ms + _REACH_MS, low), high)
    right_ms = min(max(words[cut].span.start_ms - _REACH_MS, low), high)
    return (
        _Window(window.first, cut, Span(low, left_ms)),
        _Window(cut, window.last, Span(right_ms, high)),
    )


def _starts(transcript: Transcript) -> set[int]:
    """Indices of the words that begin an utterance."""
    out, n_before = set(), 0
    for utterance in transcript.utterances:
        out.add(n_before)
        n_before += len(utterance.words)
    return out


def _windows(
    words: Sequence[Word],
    starts: set[int],
    is_apart: Sequence[bool],
    levels: Floats32,
    pauses: Pauses,
    duration_ms: int,
) -> list[_Window]:
    """Group words into windows: at utterance boundaries, or between words of a very long one.

    What is apart stands in a pause, long or short, between the words around it.
    """
    margins = _HEARD if all(word.source == "heard" for word in words) else _GIVEN
    spoken = [i for i in range(len(words)) if not is_apart[i]] or [0]
    firsts, edges = [0], []
    begun = spoken[0]
    for before, i in pairwise(spoken):
        length_ms = pauses.sounding_ms(words[begun].span.start_ms, words[i].span.end_ms)
        pause_ms = words[i].span.start_ms - words[before].span.end_ms
        done_ms = words[before].span.end_ms - words[begun].span.start_ms
        is_far = pause_ms > (margins.far_ms if i == before + 1 else _FAR_OVER_SOUND_MS)
        paused = is_far or (pause_ms > _GAP_MS and done_ms > _SHORT_MS)
        wanted = i in starts and (paused or length_ms > _WINDOW_MS)
        if wanted or length_ms > _LONGEST_MS:
            gap = (words[before].span.end_ms, words[i].span.start_ms)
            edges.append(_edges(*gap, levels, duration_ms, margins, is_far=is_far))
            firsts.append(i)
            begun = i
    begin_ms = max(0, words[spoken[0]].span.start_ms - margins.outer_ms)
    end_ms = min(duration_ms, words[spoken[-1]].span.end_ms + margins.outer_ms)
    begins = [begin_ms, *(after for _, after in edges)]
    ends = [*(before for before, _ in edges), end_ms]
    lasts = [*firsts[1:], len(words)]
    return [
        _Window(first, last, _on_grid(begin, end, duration_ms))
        for first, last, begin, end in zip(firsts, lasts, begins, ends, strict=True)
    ]


def _on_grid(begin_ms: int, end_ms: int, duration_ms: int) -> Span:
    """Begins on a frame, so that times do not depend on where the window does."""
    begin_ms = min(begin_ms, duration_ms) // FRAME_MS * FRAME_MS
    return Span(begin_ms, max(begin_ms, end_ms))


def _edges(
    before_ms: int,
    after_ms: int,
    levels: Floats32,
    duration_ms: int,
    margins: _Margins,
    *,
    is_far: bool,
) -> tuple[int, int]:
    """Where the window before ends and the one after begins."""
    if is_far:
        return before_ms + margins.inner_ms, after_ms - margins.inner_ms
    low, high = min(before_ms, after_ms), max(before_ms, after_ms)
    around = Span(min(max(0, low - _REACH_MS), duration_ms), min(high + _REACH_MS, duration_ms))
    cut_ms = quietest_ms(levels, around)
    return cut_ms, cut_ms


def _placed(words: Sequence[Word], found: Sequence[Span | None], alone: set[int]) -> list[Word]:
    """Aligned words at their place, the others between their aligned neighbours.

    Args:
        words: All of them.
        found: Where they were aligned.
        alone: Where what is not speech begins or ends: it does not share the time of others.
    """
    out: list[Word] = []
    i = stop = 0
    while i < len(words):
        span = found[i]
        if span is not None:
            out.append(replace(words[i], span=span, timing="aligned"))
            i += 1
            continue
        if stop <= i:  # looked for once for a stretch of several parts
            stop = next((j for j in range(i, len(words)) if found[j] is not None), len(words))
        low = out[-1].span.end_ms if out else 0
        following = found[stop] if stop < len(words) else None
        high = following.start_ms if following is not None else None
        end = next((j for j in range(i + 1, stop) if j in alone), stop)
        out += _estimated(words[i:end], low, high)
        i = end
    return out


def _estimated(words: Sequence[Word], low_ms: int, high_ms: int | None) -> list[Word]:
    """Keep estimates that lie between the neighbours; else share the room between them."""
    start_ms, end_ms = words[0].span.start_ms, words[-1].span.end_ms
    if low_ms <= start_ms and (high_ms is None or end_ms <= high_ms):
        spans = [word.span for word in words]
    else:
        n_sounds = sum(is_sound(word.text) for word in words)
        latest_ms = start_ms if high_ms is None else min(start_ms, high_ms - _SOUND_MS * n_sounds)
        start_ms = max(low_ms, latest_ms)
        if high_ms is not None:  # a sound is not drawn out
            end_ms = min(end_ms, high_ms) if n_sounds == len(words) else high_ms
        end_ms = max(start_ms, end_ms)
        spans = share([len(word.text) + 1 for word in words], Span(start_ms, end_ms))
    return [
        replace(word, span=span, timing="estimated")
        for word, span in zip(words, spans, strict=True)
    ]


def _rebuilt(transcript: Transcript, words: Sequence[Word]) -> Transcript:
    utterances: list[Utterance] = []
    rest = iter(words)
    for utterance in transcript.utterances:
        mine = tuple(next(rest) for _ in utterance.words)
        start_ms = min(word.span.start_ms for word in mine)
        end_ms = max(word.span.end_ms for word in mine)
        utterances.append(replace(utterance, span=Span(start_ms, end_ms), words=mine))
    return replace(transcript, utterances=tuple(utterances))
