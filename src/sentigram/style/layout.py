"""Cues: which words stand together, in which lines, and how long they stay.

Numbers follow the Netflix timed-text and BBC subtitle guides: at most 42 characters in a line
(less for East Asian scripts and upright video) and two lines, 833 to 7000 ms, 20 characters a
second for adults and 17 for children, two frames between cues, 68 % of a 16:9 picture's width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from sentigram.core.style import Canvas, Cue, StyledRun, StyledWord, StyleKey, TextStyle
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.style.breaking import BOUND, break_cost
from sentigram.style.letters import clusters
from sentigram.style.limits import LayoutRules
from sentigram.style.measure import Measure

_CLOSE_BELOW_MS = 500
_LONG_PAUSE_MS = 1500  # a silence that no cue bridges
_JOIN_PAUSE_MS = 1000  # a silence that a cue may bridge to reach its minimum duration

_BALANCE, _TOP_HEAVY = 1.6, 0.25  # weights of uneven lines, in units of break_cost
_EVEN_CUES, _TOO_SHORT = 2.0, 1.0


class _Words:
    """Words of one speaker's stretch of speech, with sums that make any part quick to measure."""

    __slots__ = ("chars", "costs", "rules", "speaker", "widths_px", "words")

    def __init__(
        self, words: Sequence[StyledWord], speaker: str, measure: Measure, rules: LayoutRules
    ) -> None:
        self.words, self.speaker, self.rules = words, speaker, rules
        self.widths_px, self.chars, self.costs = [0.0], [0], [0.0]
        previous: StyledWord | None = None
        before = ""
        for word in words:
            text = shown_text(word)
            space_px, space = 0.0, 0
            if previous is not None:
                if not word.joined:
                    space_px, space = max(measure.space_px(previous), measure.space_px(word)), 1
                self.costs.append(break_cost(before, text, rules.language, joined=word.joined))
            self.widths_px.append(self.widths_px[-1] + space_px + measure.word_px(word))
            self.chars.append(self.chars[-1] + space + len(text))
            previous, before = word, text

    def width_px(self, start: int, end: int, measure: Measure) -> float:
        width_px = self.widths_px[end] - self.widths_px[start]
        if start and not self.words[start].joined:
            width_px -= max(
                measure.space_px(self.words[start - 1]), measure.space_px(self.words[start])
            )
        return width_px

    def n_chars(self, start: int, end: int) -> int:
        return (
            self.chars[end]
            - self.chars[start]
            - (1 if start and not self.words[start].joined else 0)
        )

    def duration_ms(self, start: int, end: int) -> int:
        return self.words[end - 1].span.end_ms - self.words[start].span.start_ms


@dataclass(frozen=True, slots=True)
class _Draft:
    """A cue before its times are final: words `start` to `end` of a stretch, broken at `breaks`."""

    part: _Words
    start: int
    end: int
    breaks: tuple[int, ...]

    @property
    def words(self) -> Sequence[StyledWord]:
        return self.part.words[self.start : self.end]

    @property
    def n_chars(self) -> int:
        return self.part.n_chars(self.start, self.end)

    @property
    def start_ms(self) -> int:
        return self.part.words[self.start].span.start_ms

    @property
    def end_ms(self) -> int:
        return self.part.words[self.end - 1].span.end_ms

    def needed_ms(self, rules: LayoutRules) -> int:
        """How long it takes to read, within the limits of a cue."""
        reading_ms = math.ceil(MS_PER_SECOND * self.n_chars / rules.cps)
        return min(rules.max_ms, max(rules.min_ms, reading_ms))

    def lines(self) -> tuple[tuple[StyledWord, ...], ...]:
        edges = (self.start, *self.breaks, self.end)
        return tuple(tuple(self.part.words[a:b]) for a, b in pairwise(edges))


def shown_text(word: StyledWord) -> str:
    """A word as it is drawn."""
    return "".join(run.text for run in word.runs)


def lay_out(
    transcript: Transcript,
    words: Sequence[StyledWord],
    styles: Mapping[StyleKey, TextStyle],
    canvas: Canvas,
    rules: LayoutRules,
    *,
    end_ms: int = 0,
) -> tuple[Cue, ...]:
    """Put words into cues.

    Every word is shown once, in order. A word too wide for a line is divided into pieces that
    share its index and its time; no hyphen is added.

    Args:
        transcript: Utterances; cues never join two speakers.
        words: Every word, styled.
        styles: What their keys look like.
        canvas: Picture.
        rules: See LayoutRules.
        end_ms: End of the media, which no cue outlasts; 0 when unknown.

    Returns:
        Cues in order of time, not overlapping.
    """
    measure = Measure(canvas, styles)
    breaker = _Breaker(measure, rules)
    drafts: list[_Draft] = []
    for stretch, speaker in _stretches(transcript, words):
        fitting = [piece for word in stretch for piece in _pieces(word, measure, rules)]
        part = _Words(fitting, speaker, measure, rules)
        drafts.extend(breaker.cues(part))
    drafts = _joined(drafts, breaker)
    return tuple(_timed(drafts, rules, end_ms))


def _stretches(
    transcript: Transcript, words: Sequence[StyledWord]
) -> Iterator[tuple[Sequence[StyledWord], str]]:
    """Utterances, divided at long pauses."""
    at = 0
    for utterance in transcript.utterances:
        end = at + len(utterance.words)
        start = at
        for i in range(at + 1, end):
            if words[i].span.start_ms - words[i - 1].span.end_ms >= _LONG_PAUSE_MS:
                yield words[start:i], utterance.speaker
                start = i
        yield words[start:end], utterance.speaker
        at = end


def _pieces(word: StyledWord, measure: Measure, rules: LayoutRules) -> Iterator[StyledWord]:
    """A word, or the pieces that each fit a line: single characters of East Asian text."""
    text = shown_text(word)
    if len(text) <= rules.line_chars and measure.word_px(word) <= rules.text_px:
        yield word
        return
    is_wide = sum(east_asian_width(char) in "WF" for char in text) > len(text) / 2
    groups: list[list[StyledRun]] = []
    width_px, room = 0.0, 0
    for run in word.runs:
        for unit in clusters(run.text):
            unit_px = measure.run_px(unit, run.style)
            if is_wide or not groups or width_px + unit_px > rules.text_px or room < len(unit):
                groups.append([])
                width_px, room = 0.0, rules.line_chars
            width_px += unit_px
            room -= len(unit)
            last = groups[-1]
            if last and last[-1].style == run.style:
                last[-1] = StyledRun(last[-1].text + unit, run.style)
            else:
                last.append(StyledRun(unit, run.style))
    start_ms, length_ms, done = word.span.start_ms, word.span.duration_ms, 0
    for i, group in enumerate(groups):
        begin_ms = start_ms + length_ms * done // len(text)
        done += sum(len(run.text) for run in group)
        span = Span(begin_ms, start_ms + length_ms * done // len(text))
        yield StyledWord(word.index, span, tuple(group), word.joined or i > 0)


class _Breaker:
    """Chooses breaks: between cues, and between the lines of a cue."""

    __slots__ = ("measure", "rules")

    def __init__(self, measure: Measure, rules: LayoutRules) -> None:
        self.measure, self.rules = measure, rules

    def cues(self, part: _Words) -> Iterator[_Draft]:
        """Divide words into cues, each as even as good breaks allow."""
        waiting = [(0, len(part.words))]
        while waiting:
            start, end = waiting.pop()
            breaks = self.breaks(part, start, end)
            if breaks is None:
                at = self._division(part, start, end)
                halves_ms = part.duration_ms(start, at), part.duration_ms(at, end)
                if min(halves_ms) < self.rules.min_ms:  # rather a poor line than a flash
                    breaks = self.breaks(part, start, end, choosy=False)
            if breaks is None:
                waiting += [(at, end), (start, at)]
            else:
                yield _Draft(part, start, end, breaks)

    def breaks(
        self, part: _Words, start: int, end: int, *, choosy: bool = True
    ) -> tuple[int, ...] | None:
        """Where a cue of these words breaks into lines; None when they do not fit.

        When choosy, also None when a line would end in an article or the like and there is a
        better place to divide the cue.
        """
        if end - start > 1 and part.duration_ms(start, end) > self.rules.max_ms:
            return None
        breaks = self._lines(part, start, end, self.rules.lines)
        if (
            choosy
            and breaks
            and max(part.costs[at] for at in breaks) >= BOUND > min(part.costs[start + 1 : end])
        ):
            return None
        return breaks

    def _fits(self, part: _Words, start: int, end: int) -> bool:
        return (
            part.n_chars(start, end) <= self.rules.line_chars
            and part.width_px(start, end, self.measure) <= self.rules.text_px
        )

    def _lines(self, part: _Words, start: int, end: int, lines: int) -> tuple[int, ...] | None:
        if self._fits(part, start, end):
            return ()
        if lines == 1:
            return None
        best: tuple[float, tuple[int, ...]] | None = None
        total_px = part.width_px(start, end, self.measure)
        for at in range(start + 1, end):
            top_px = part.width_px(start, at, self.measure)
            if top_px > self.rules.text_px:
                break
            if part.n_chars(start, at) > self.rules.line_chars:
                break
            rest = self._lines(part, at, end, lines - 1)
            if rest is None:
                continue
            uneven = (lines * top_px - total_px) / total_px
            cost = part.costs[at] + _BALANCE * abs(uneven) + _TOP_HEAVY * (uneven > 0)
            if best is None or cost < best[0]:
                best = (cost, (at, *rest))
        return None if best is None else best[1]

    def _division(self, part: _Words, start: int, end: int) -> int:
        """Where to divide words that do not fit one cue: a good break near an even share."""
        n_chars = part.n_chars(start, end)
        width_px = part.width_px(start, end, self.measure)
        rules = self.rules
        shares = max(
            2,
            math.ceil(n_chars / (rules.line_chars * rules.lines)),
            math.ceil(width_px / (self.rules.text_px * rules.lines)),
            math.ceil(part.duration_ms(start, end) / rules.max_ms),
        )

        def cost(at: int) -> float:
            share = part.n_chars(start, at) / n_chars * shares
            off = abs(share - min(shares - 1, max(1, round(share))))
            pause_ms = part.words[at].span.start_ms - part.words[at - 1].span.end_ms
            shorter_ms = min(part.duration_ms(start, at), part.duration_ms(at, end))
            return (
                part.costs[at]
                + _EVEN_CUES * off
                + _TOO_SHORT * (shorter_ms < rules.min_ms)
                - min(0.3, pause_ms / MS_PER_SECOND)
            )

        return min(range(start + 1, end), key=cost)


def _joined(drafts: list[_Draft], breaker: _Breaker) -> list[_Draft]:
    """Unite cues too short to read with a neighbour of the same speaker, where both fit."""
    out: list[_Draft] = []
    i = 0
    rules = breaker.rules
    pending = list(drafts)
    while i < len(pending):
        draft = pending[i]
        following = pending[i + 1] if i + 1 < len(pending) else None
        room_ms = (following.start_ms - rules.gap_ms if following else 1 << 60) - draft.start_ms
        if room_ms >= draft.needed_ms(rules):
            out.append(draft)
            i += 1
            continue
        united = _united(draft, following, breaker) if following else None
        if united is not None:
            pending[i + 1] = united
            i += 1
            continue
        earlier = _united(out[-1], draft, breaker) if out and room_ms < rules.min_ms else None
        if earlier is not None:
            out[-1] = earlier
        else:
            out.append(draft)
        i += 1
    return out


def _united(one: _Draft, two: _Draft, breaker: _Breaker) -> _Draft | None:
    if one.part.speaker != two.part.speaker or two.start_ms - one.end_ms > _JOIN_PAUSE_MS:
        return None
    words = [*one.words, *two.words]
    part = _Words(words, one.part.speaker, breaker.measure, breaker.rules)
    breaks = breaker.breaks(part, 0, len(words), choosy=False)
    return None if breaks is None else _Draft(part, 0, len(words), breaks)


def _timed(drafts: Sequence[_Draft], rules: LayoutRules, end_ms: int) -> Iterator[Cue]:
    free_ms = 0  # pieces of one very short word may share a start: later ones wait
    for i, draft in enumerate(drafts):
        start_ms = max(draft.start_ms, free_ms)
        stop_ms = max(draft.end_ms, start_ms + draft.needed_ms(rules))
        stop_ms = min(stop_ms, start_ms + rules.max_ms)
        if i + 1 < len(drafts):
            stop_ms = _before_next(draft, stop_ms, drafts[i + 1].start_ms, rules)
        elif end_ms:
            stop_ms = min(stop_ms, max(end_ms, draft.end_ms))
        free_ms = max(stop_ms, start_ms + 1)
        yield Cue(Span(start_ms, free_ms), draft.lines(), draft.part.speaker)


def _before_next(draft: _Draft, stop_ms: int, next_ms: int, rules: LayoutRules) -> int:
    """An end that leaves two frames before the next cue, and closes gaps under half a second."""
    latest_ms = next_ms - rules.gap_ms
    last = draft.words[-1].span
    cuts_word = latest_ms < last.start_ms + last.duration_ms // 2
    if latest_ms <= draft.start_ms or (cuts_word and latest_ms < draft.start_ms + rules.min_ms):
        return min(stop_ms, next_ms)  # no frame to spare in a cue so short
    if stop_ms > next_ms - _CLOSE_BELOW_MS and latest_ms <= draft.start_ms + rules.max_ms:
        return latest_ms
    return min(stop_ms, latest_ms)
