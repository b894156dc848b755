"""Emotions in words, where no type shows them, as in `[angry] Where were you`.

Guidelines for deaf and hard-of-hearing viewers (Netflix, English SDH) put the manner of speaking in
brackets, in lower case, where the picture does not tell it. Here it is said once, at the first word
of a strong stretch of one speaker. Where a line is full, the cue is broken into other lines, stays
longer in the silence after it, or is divided in two, all within the limits of lines and reading
speed; what still finds no room is counted. A raised voice is such a manner as well, and
`[raised voice]` claims no emotion.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from sentigram.core.emotion import MANNERS, NEUTRAL, plain_name
from sentigram.core.language import language_code
from sentigram.core.style import Canvas, Cue, StyledRun, StyledWord, StyleKey, TextStyle
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.style.layout.fitting import Atoms, measured
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.layout.lines import fits, line_breaks
from sentigram.style.layout.places import LABEL
from sentigram.style.layout.sounds import is_of_sound
from sentigram.style.layout.timing import SNAP_MS, ceil_step, floor_step
from sentigram.style.text.breaks import BOUND
from sentigram.style.text.measure import Measure

STRONG_LEVEL = 3  # of 4: weaker emotions are read from the words themselves
_LANGUAGE = "en"  # of `MANNERS`; a note in another language than the speech would puzzle
_ENDLESS_MS = 1 << 50
_Manner = tuple[str, str]  # who speaks, and the strong emotion, neutral for none


@dataclass(frozen=True, slots=True)
class NotedCues:
    """Cues with notes.

    Attributes:
        cues: In order; a note is a word of index `LABEL`, in the neutral style.
        n_left_out: Notes that found no room, or all where the words are in another language.
    """

    cues: tuple[Cue, ...]
    n_left_out: int = 0


def with_notes(
    cues: Sequence[Cue],
    styles: Mapping[StyleKey, TextStyle],
    canvas: Canvas,
    rules: LayoutRules,
    *,
    end_ms: int = 0,
    shots_ms: Sequence[int] = (),
) -> NotedCues:
    """Say strong emotions before the first word of each stretch; in English speech alone.

    In another language the cues stay as they are, and what would have been said is counted.

    Args:
        cues: In order, apart; every word is in the result once, in order.
        styles: What their keys look like, the neutral one too.
        canvas: Picture.
        rules: What lines and cues must keep to.
        end_ms: End of the media, which no cue is made to outlast; 0 when unknown.
        shots_ms: Where the picture changes, ascending: no cue is made longer across.
    """
    if not cues or not has_notes(rules.language):
        return NotedCues(tuple(cues), _n_wanted(cues))
    writer = _Writer(Measure(canvas, styles, language=rules.language), rules, shots_ms)
    limit_ms = floor_step(end_ms) if end_ms else _ENDLESS_MS
    made: list[Cue] = []
    n_left_out, is_due = 0, False
    before: _Manner = ("", NEUTRAL)
    for cue, following in zip(cues, (*cues[1:], None), strict=True):
        if is_of_sound(cue):
            made.append(cue)
            continue
        manners = _manners(cue)
        is_due = is_due and manners[0] == before
        wanted = _wanted(manners, ("", NEUTRAL) if is_due else before)
        next_ms = following.span.start_ms if following else limit_ms + rules.grid_gap_ms
        parts, n_made = writer.written(cue, wanted, next_ms, is_last=following is None)
        made += parts
        n_left_out += len(wanted) - n_made - is_due
        before = manners[-1]
        is_due = n_made < len(wanted) and before[1] != NEUTRAL  # the next cue may have room
    return NotedCues(tuple(made), n_left_out)


def has_notes(language: str) -> bool:
    """Whether notes are written in a language: `en`, `en-US`, `EN`; not where it is unknown."""
    return language_code(language) == _LANGUAGE


def _n_wanted(cues: Sequence[Cue]) -> int:
    """How many notes cues ask for, were there room for all."""
    n_wanted, before = 0, ("", NEUTRAL)
    for cue in cues:
        if not is_of_sound(cue):
            manners = _manners(cue)
            n_wanted += len(_wanted(manners, before))
            before = manners[-1]
    return n_wanted


def _manners(cue: Cue) -> list[_Manner]:
    """How each word of a cue is said, and by whom."""
    return [
        (cue.voices[number].speaker if cue.voices else cue.speaker, _strong_emotion(word))
        for number, line in enumerate(cue.lines)
        for word in line
    ]


def _strong_emotion(word: StyledWord) -> str:
    key = word.undrawn or word.runs[0].style
    return key.emotion if key.level >= STRONG_LEVEL else NEUTRAL


def _wanted(manners: Sequence[_Manner], before: _Manner) -> dict[int, str]:
    """The notes of a cue, by the number of the word that each stands before."""
    return {
        number: f"[{MANNERS.get(manner[1], plain_name(manner[1]))}]"
        for number, (last, manner) in enumerate(pairwise((before, *manners)))
        if manner[1] != NEUTRAL and manner != last
    }


@dataclass(frozen=True, slots=True)
class _Writer:
    """Puts notes into cues.

    Attributes:
        measure: Widths.
        rules: What lines and cues must keep to.
        shots_ms: Where the picture changes.
    """

    measure: Measure
    rules: LayoutRules
    shots_ms: Sequence[int]

    def written(
        self, cue: Cue, notes: Mapping[int, str], next_ms: int, *, is_last: bool
    ) -> tuple[tuple[Cue, ...], int]:
        """A cue with as many of its notes as have room, in one cue or two, and their number.

        Args:
            cue: Of words.
            notes: By the number of the word that each stands before.
            next_ms: When the next cue begins; after the last one, a gap behind the end.
            is_last: No cue follows.
        """
        for n_made in range(len(notes), 0, -1):
            kept = dict(list(notes.items())[:n_made])
            whole = self._whole(cue, kept, next_ms, is_last=is_last)
            parts = (whole,) if whole else self._divided(cue, kept, next_ms, is_last=is_last)
            if parts:
                return parts, n_made
        return (cue,), 0

    def _whole(
        self, cue: Cue, notes: Mapping[int, str], next_ms: int, *, is_last: bool
    ) -> Cue | None:
        """A cue with all of its notes, in other lines or for longer if need be."""
        atoms = self._atoms(cue, notes)
        edges = self._edges(cue, atoms)
        has_own_line = not edges and self._is_for_own_line(cue, notes)
        if has_own_line:
            edges = [(0, len(atoms.words))]
        edges = edges or self._new_edges(cue, atoms)
        chars = sum(sum(atoms.chars[a:b]) + sum(atoms.space_chars[a + 1 : b]) for a, b in edges)
        end_ms = self._end_ms(cue.span, chars, next_ms, is_last=is_last) if edges else 0
        if not end_ms:
            return None
        span = Span(cue.span.start_ms, end_ms)
        lines = tuple(
            tuple(
                word
                for number in range(a, b)
                for word in (*_note(notes.get(number), span), atoms.words[number])
            )
            for a, b in edges
        )
        return replace(
            cue, span=span, lines=(lines[0][:1], lines[0][1:]) if has_own_line else lines
        )

    def _is_for_own_line(self, cue: Cue, notes: Mapping[int, str]) -> bool:
        """Whether the note may stand above the only line, whose words fill it by themselves."""
        if len(cue.lines) > 1 or cue.voices or tuple(notes) != (0,) or self.rules.lines == 1:
            return False
        words = self._atoms(replace(cue, label=""), {})
        alone = self._atoms(replace(cue, lines=(_note(notes[0], cue.span),)), {})
        return all(fits(atoms, self.rules, 0, len(atoms.words)) for atoms in (alone, words))

    def _atoms(self, cue: Cue, notes: Mapping[int, str]) -> Atoms:
        """The words of a cue, measured with what stands before each of them."""
        words = [word for line in cue.lines for word in line]
        labels = [notes.get(number, "") for number in range(len(words))]
        first = 0
        for number, line in enumerate(cue.lines):
            opening = cue.opening(number).rstrip(" ")
            labels[first] = " ".join(filter(None, (opening, labels[first])))
            first += len(line)
        none = [False] * len(words)
        return measured(words, [""] * len(words), labels, none, self.measure, self.rules)

    def _edges(self, cue: Cue, atoms: Atoms) -> list[tuple[int, int]]:
        """The lines of a cue as it has them: the first atom of each, and the one after its last.

        None where they do not fit.
        """
        return self._fitting(atoms, tuple(accumulate(len(line) for line in cue.lines[:-1])))

    def _new_edges(self, cue: Cue, atoms: Atoms) -> list[tuple[int, int]]:
        """The best lines; none where nothing fits, or each line is of another voice."""
        breaks = line_breaks(atoms, self.rules, 0, len(atoms.words))
        return [] if cue.voices else self._fitting(atoms, breaks)

    def _fitting(self, atoms: Atoms, breaks: tuple[int, ...]) -> list[tuple[int, int]]:
        edges = list(pairwise((0, *breaks, len(atoms.words))))
        return edges if all(fits(atoms, self.rules, a, b) for a, b in edges) else []

    def _end_ms(self, span: Span, chars: float, next_ms: int, *, is_last: bool) -> int:
        """When a cue can be read out, at its own end or later; 0 where that is never."""
        need_ms = ceil_step(MS_PER_SECOND * chars / self.rules.cps - 1e-6)
        wanted_ms = span.start_ms + need_ms
        if wanted_ms <= span.end_ms:
            return span.end_ms
        meets_ms = next_ms - self.rules.grid_gap_ms
        if not is_last and next_ms - wanted_ms < CLOSE_BELOW_MS:
            wanted_ms = max(wanted_ms, meets_ms)
        at = bisect_left(self.shots_ms, span.end_ms)
        is_cut = at < len(self.shots_ms) and self.shots_ms[at] < wanted_ms + SNAP_MS
        is_late = wanted_ms > min(meets_ms, span.start_ms + self.rules.max_ms)
        return 0 if is_cut or is_late else wanted_ms

    def _divided(
        self, cue: Cue, notes: Mapping[int, str], next_ms: int, *, is_last: bool
    ) -> tuple[Cue, ...]:
        """A cue with its notes as two cues, divided where that reads best; none where it cannot."""
        words = [word for line in cue.lines for word in line]
        costs = self._atoms(cue, notes).costs
        places = (at for at in range(1, len(words)) if costs[at] < BOUND)
        by_cost = sorted(places, key=lambda place: (costs[place], abs(2 * place - len(words))))
        for at in () if cue.voices else by_cost:
            begin_ms = floor_step(words[at].span.start_ms)
            stop_ms = begin_ms - self.rules.grid_gap_ms
            lasting_ms = stop_ms - cue.span.start_ms, cue.span.end_ms - begin_ms
            if min(lasting_ms) < self.rules.min_ms:
                continue
            first = replace(cue, span=Span(cue.span.start_ms, stop_ms), lines=(tuple(words[:at]),))
            span = Span(begin_ms, cue.span.end_ms)
            second = replace(cue, span=span, lines=(tuple(words[at:]),), label="")
            later = {number - at: note for number, note in notes.items() if number >= at}
            earlier = {number: note for number, note in notes.items() if number < at}
            one = self._whole(first, earlier, begin_ms, is_last=False)
            two = self._whole(second, later, next_ms, is_last=is_last)
            if one and two:
                return one, two
        return ()


def _note(text: str | None, span: Span) -> tuple[StyledWord, ...]:
    """A note as a word of its cue; none where there is nothing to say."""
    run = StyledRun(text or "", StyleKey(NEUTRAL, 0))
    return (StyledWord(LABEL, span, (run,)),) if text else ()
