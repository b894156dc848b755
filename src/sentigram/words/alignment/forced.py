"""Word times by forced alignment with pocketsphinx (US English).

Words are aligned in windows of about half a minute that meet at quiet places, several windows at a
time; long pauses in them are cut out first. What cannot be aligned keeps its estimated time and
says so.

Whoever writes down speech leaves hesitations out, and an aligner that has to put every sound
somewhere stretches the next word over an "um". So an "uh" or "um" may stand before every word,
except in texts that write theirs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.store.shipped import INSTALL_ALIGNER
from sentigram.words.activity import levels_db, quietest_ms
from sentigram.words.alignment.by_recognition import anchor, share
from sentigram.words.alignment.pauses import Pauses, put_back
from sentigram.words.alignment.pronunciation import phones, spoken

__all__ = ["align", "anchor", "obstacle"]

_WINDOW_MS = 20_000  # long enough for stable cepstral means, short enough to stay fast
_LONGEST_MS = 45_000  # an utterance that is longer is cut between words
_GAP_MS = 500  # a longer pause between utterances separates windows …
_SHORT_MS = 6_000  # … that are not shorter than this
_FAR_MS = 4_000  # windows further apart than this do not meet
_MARGIN_MS = 1_000  # around the estimated times, inside of a long pause
_OUTER_MS = 2_000  # before the first word and after the last: estimates are poorest there
_REACH_MS = 300  # how far from its estimate a quiet place between two windows is looked for
_BEAMS = (1e-80, 1e-200)  # the default beams lose the path on some recordings; then wider ones
_FRAME_MS = 10

# Hesitations that nobody wrote down, with their phones; no word begins with the mark.
_MARK = "~"
_HESITATIONS = ((f"{_MARK}uh", "AH"), (f"{_MARK}um", "AH M"))
_WRITTEN_HESITATIONS = frozenset({"uh", "um", "er", "erm", "hm", "hmm", "mm", "mhm", "uhm", "eh"})
_HESITATES = 1e-4  # anything from 1e-3 to 1e-5 does the same
_GRAMMAR = "said"
_MAX_THREADS = 4


def obstacle(language: str) -> str:
    """Why words of a language (ISO 639-1) cannot be aligned here, "" where they can."""
    if language.lower().split("-")[0] != "en":
        return f"there is no alignment for {language!r} yet"
    try:
        import_module("pocketsphinx")
    except (ImportError, OSError) as error:  # OSError: its native library does not load here
        return f"pocketsphinx does not load ({error}); {INSTALL_ALIGNER}"
    return ""


@dataclass(frozen=True, slots=True)
class _Window:
    """Words `first` to `last` (half open) and where they are looked for."""

    first: int
    last: int
    span: Span


def align(
    transcript: Transcript,
    audio: Audio,
    *,
    language: str = "en",
    progress: Progress = no_progress,
) -> Transcript:
    """Find when each word is said.

    Args:
        transcript: Words with estimated times, right to about half a second (see `anchor`), or
            less than 45 s in all.
        audio: The sound, 16 kHz.
        language: Only English is aligned; in other languages all times are returned as estimates.
        progress: Called with the share of words that are done.

    Returns:
        The same words in the same utterances; `timing` says for each whether it was aligned.
        Overlaps and silences are left to `sentigram.words.repair`.

    Raises:
        ValueError: The sample rate is not 16 kHz.
    """
    words = list(transcript.words())
    if language.lower().split("-")[0] != "en" or not words or not len(audio.samples):
        return _rebuilt(transcript, [replace(word, timing="estimated") for word in words])
    if audio.sample_rate_hz != SAMPLE_RATE_HZ:
        message = f"{audio.sample_rate_hz} Hz: alignment needs {SAMPLE_RATE_HZ} Hz"
        raise ValueError(message)
    said = [spoken(word.text) for word in words]
    starts = _starts(transcript)
    pauses = Pauses(audio)
    windows = _windows(words, starts, levels_db(audio), pauses, audio.duration_ms)
    found: list[Span | None] = [None] * len(words)
    aligner = _Aligner(pauses)
    done = 0
    n_threads = min(_MAX_THREADS, os.cpu_count() or 1, len(windows))
    with ThreadPoolExecutor(max_workers=n_threads) as pool:
        jobs = {pool.submit(_align_window, aligner, said, words, starts, w): w for w in windows}
        for job in as_completed(jobs):
            window = jobs[job]
            found[window.first : window.last] = job.result()
            done += window.last - window.first
            progress(done / len(words))
    return _rebuilt(transcript, _placed(words, found))


class _Aligner:
    """One decoder per thread over the same sound."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._local = threading.local()

    def align(self, said: Sequence[str], span: Span) -> list[Span] | None:
        """Time of each spoken word inside a span, or None where the decoder finds no path."""
        samples, pieces = self._pauses.cut(span)
        if len(said) * 3 * _FRAME_MS > len(samples) * MS_PER_SECOND // SAMPLE_RATE_HZ:
            return None  # a phone takes three frames at least
        pcm: NDArray[np.int16] = (np.clip(samples, -1, 1) * 32767).astype("<i2")
        for beam in _BEAMS:
            found = self._decode(self._decoder(beam), said, pcm.tobytes())
            if found is not None:
                return [
                    put_back(Span(first * _FRAME_MS, (last + 1) * _FRAME_MS), pieces)
                    for first, last in found
                ]
        return None

    @staticmethod
    def _decode(
        decoder: Any,
        said: Sequence[str],
        pcm: bytes,
    ) -> list[tuple[int, int]] | None:
        """First and last frame of each word, or None."""
        for word in said:
            if decoder.lookup_word(word) is None:
                decoder.add_word(word, phones(word, decoder.lookup_word), True)  # noqa: FBT003
        steps = [(i, i + 1, 1.0, word) for i, word in enumerate(said)]
        if _WRITTEN_HESITATIONS.isdisjoint(said):
            places = range(len(said) + 1)
            steps += [(i, i, _HESITATES, word) for i in places for word, _ in _HESITATIONS]
        try:
            grammar = decoder.create_fsg(_GRAMMAR, 0, len(said), steps)
            decoder.add_fsg(_GRAMMAR, grammar)
            decoder.activate_search(_GRAMMAR)
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            segments = list(decoder.seg() or ())
        except RuntimeError:
            return None
        found = [s for s in segments if s.word[0] not in f"<[(+{_MARK}"]
        if [s.word.partition("(")[0] for s in found] != list(said):
            return None
        return [(s.start_frame, s.end_frame) for s in found]

    def _decoder(self, beam: float) -> Any:
        made: dict[float, Any] = self._local.__dict__.setdefault("made", {})
        if beam not in made:
            from pocketsphinx import Decoder

            decoder = Decoder(
                samprate=SAMPLE_RATE_HZ,
                lm=None,
                beam=beam,
                wbeam=beam,
                pbeam=beam,
                fillprob=0.1,  # takes up an "uh" that was not written down
                bestpath=False,  # its word lattice loses the last word now and then
                loglevel="FATAL",
            )
            for word, sounds in _HESITATIONS:
                decoder.add_word(word, sounds, True)  # noqa: FBT003
            decoder.add_word("uh(2)", "AH AH", True)  # noqa: FBT003  (drawn out)
            made[beam] = decoder
        return made[beam]


def _align_window(
    aligner: _Aligner,
    said: Sequence[tuple[str, ...]],
    words: Sequence[Word],
    starts: set[int],
    window: _Window,
) -> list[Span | None]:
    """Spans of the window's words; a window that does not align is cut, down to utterances."""
    indices = [i for i in range(window.first, window.last) if said[i]]
    out: list[Span | None] = [None] * (window.last - window.first)
    if not indices:
        return out
    spans = aligner.align([token for i in indices for token in said[i]], window.span)
    if spans is not None:
        rest = iter(spans)
        for i in indices:
            mine = [next(rest) for _ in said[i]]
            out[i - window.first] = Span(mine[0].start_ms, mine[-1].end_ms)
        return out
    boundaries = [i for i in range(window.first + 1, window.last) if i in starts]
    if not boundaries:
        return out
    cut = min(boundaries, key=lambda i: abs(2 * i - window.first - window.last))
    left, right = _cut(words, window, cut)
    return [
        *_align_window(aligner, said, words, starts, left),
        *_align_window(aligner, said, words, starts, right),
    ]


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
    levels: Floats32,
    pauses: Pauses,
    duration_ms: int,
) -> list[_Window]:
    """Group words into windows: at utterance boundaries, or between words of a very long one."""
    firsts = [0]
    for i in range(1, len(words)):
        length_ms = pauses.sounding_ms(words[firsts[-1]].span.start_ms, words[i].span.end_ms)
        pause_ms = words[i].span.start_ms - words[i - 1].span.end_ms
        done_ms = words[i - 1].span.end_ms - words[firsts[-1]].span.start_ms
        paused = pause_ms > _FAR_MS or (pause_ms > _GAP_MS and done_ms > _SHORT_MS)
        wanted = i in starts and (paused or length_ms > _WINDOW_MS)
        if wanted or length_ms > _LONGEST_MS:
            firsts.append(i)
    edges = [
        _edges(words[i - 1].span.end_ms, words[i].span.start_ms, levels, duration_ms)
        for i in firsts[1:]
    ]
    begin_ms = max(0, words[0].span.start_ms - _OUTER_MS)
    end_ms = min(duration_ms, words[-1].span.end_ms + _OUTER_MS)
    begins = [begin_ms, *(after for _, after in edges)]
    ends = [*(before for before, _ in edges), end_ms]
    lasts = [*firsts[1:], len(words)]
    return [
        _Window(first, last, Span(min(begin, duration_ms), max(min(begin, duration_ms), end)))
        for first, last, begin, end in zip(firsts, lasts, begins, ends, strict=True)
    ]


def _edges(before_ms: int, after_ms: int, levels: Floats32, duration_ms: int) -> tuple[int, int]:
    """Where the window before ends and the one after begins."""
    if after_ms - before_ms > _FAR_MS:
        return before_ms + _MARGIN_MS, after_ms - _MARGIN_MS
    low, high = min(before_ms, after_ms), max(before_ms, after_ms)
    around = Span(min(max(0, low - _REACH_MS), duration_ms), min(high + _REACH_MS, duration_ms))
    cut_ms = quietest_ms(levels, around)
    return cut_ms, cut_ms


def _placed(words: Sequence[Word], found: Sequence[Span | None]) -> list[Word]:
    """Aligned words at their place, the others between their aligned neighbours."""
    out: list[Word] = []
    i = 0
    while i < len(words):
        span = found[i]
        if span is not None:
            out.append(replace(words[i], span=span, timing="aligned"))
            i += 1
            continue
        stop = next((j for j in range(i, len(words)) if found[j] is not None), len(words))
        low = out[-1].span.end_ms if out else 0
        following = found[stop] if stop < len(words) else None
        high = following.start_ms if following is not None else None
        out += _estimated(words[i:stop], low, high)
        i = stop
    return out


def _estimated(words: Sequence[Word], low_ms: int, high_ms: int | None) -> list[Word]:
    """Keep estimates that lie between the neighbours; else share the room between them."""
    start_ms, end_ms = words[0].span.start_ms, words[-1].span.end_ms
    if low_ms <= start_ms and (high_ms is None or end_ms <= high_ms):
        spans = [word.span for word in words]
    else:
        start_ms = max(low_ms, start_ms if high_ms is None else min(start_ms, high_ms))
        end_ms = max(start_ms, end_ms if high_ms is None else high_ms)
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
