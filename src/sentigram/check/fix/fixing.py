"""Corrects what can be corrected without a person: times, line breaks, order, and stray markup.

A pass cleans texts, divides what is too long, breaks lines, and moves times; passes are repeated
until one changes nothing. So a corrected file that is corrected again stays as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path

from sentigram.check.checking import (
    CheckOptions,
    Report,
    as_stated,
    check_text,
    check_track,
    limits_for,
    read_track,
    spoken_language,
)
from sentigram.check.fix.line_breaks import (
    Token,
    best_breaks,
    boundary_cost,
    costs_of,
    joined,
    lengths_of,
    shown_lines,
    sung,
    tokens,
)
from sentigram.check.fix.retiming import FARTHEST_MS, Clock, CueChange, retimed, sounded
from sentigram.check.measures import n_chars
from sentigram.check.rules.ass_in_srt import in_srt
from sentigram.check.rules.open_tags import balanced
from sentigram.check.rules.stray_markup import (
    cleaned,
    odd_names,
    with_names,
    with_unseen_marks,
    without_names,
)
from sentigram.check.standard import Limits
from sentigram.core.document import is_document
from sentigram.errors import OutputError, UsageError
from sentigram.files import check_free, made_folder, write_text
from sentigram.formats import editable
from sentigram.formats.marks import with_looks
from sentigram.formats.parsing import LONGEST_MS
from sentigram.formats.track import Caption, NewCue, SubtitleTrack
from sentigram.style.text.breaks import BOUND
from sentigram.style.theme.layers import stated_looks

INFIX = ".fixed"
_MOST_PASSES = 24
_LEAST_PART_CHARS = 10  # a long pause over a few words is cut off, not divided
_SHORT = 0.6  # of a line: so much fits one, however large its letters are
_UNEVEN = 2.0  # weight of uneven parts, in units of break_cost
_DIALOGUE = ("-", "–", "—", "‐", ">>")
_LONGEST_NAME = 24

# Rules about tags, how each rewrites the text of a cue, and why.
_REWRITES: tuple[tuple[str, Callable[[str, str], str], str], ...] = (
    ("unclosed-tag", balanced, "each tag begins and ends, one inside the other"),
    ("ass-tag", in_srt, "as SubRip writes it; what players leave out is left out"),
    ("stray-markup", cleaned, "tools misread it"),
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A corrected file: its text, and what was changed; no changes leave the text as it was."""

    text: str
    changes: tuple[CueChange, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of a file.

    Attributes:
        report: Of the corrected file, or of the file itself where nothing was changed.
        changes: With their reasons.
        path: The copy, None where nothing was changed.
    """

    report: Report
    changes: tuple[CueChange, ...]
    path: Path | None


def correct_file(
    path: Path, options: CheckOptions, *, folder: Path | None = None, overwrite: bool = False
) -> Corrected:
    """Correct a file into a copy: `talk.fixed.srt`.

    Args:
        path: SRT, WebVTT or ASS.
        options: What it is checked against.
        folder: Where the copy goes, None for beside the file.
        overwrite: Whether an earlier copy may be replaced.

    Raises:
        InputError: The file cannot be read.
        UsageError: It is of a kind that cannot be corrected.
        OutputError: The copy cannot be written.
    """
    _refuse_document(path)
    target = (path.parent if folder is None else folder) / f"{path.stem}{INFIX}{path.suffix}"
    if target.exists() and path.exists() and target.samefile(path):
        message = f"{target}: the copy would replace its own source; give `folder DIR`"
        raise OutputError(message)
    track = read_track(path, options)
    language = options.language or spoken_language(track)
    limits = limits_for(track, as_stated(track, options), language)
    fixed = fix(track, limits, language, options.wanted)
    if not fixed.changes and fixed.text == track.text:
        return Corrected(check_track(track, options), (), None)
    check_free([target], overwrite=overwrite, may_make=True)
    mark = "\ufeff" if track.kind == "ass" else ""  # without it VSFilter reads ANSI
    text = fixed.text
    if options.profiles:  # it keeps to these from now on, and no more to the look that it said
        text = with_looks(text, f".{track.kind}", ", ".join(stated_looks(options.profiles)))
    with made_folder(target.parent):
        write_text(target, mark + text, overwrite=overwrite)
    # Its times are no other than those of the text that was written.
    report = check_text(text, path.suffix.lower(), str(target), options)
    report = replace(report, remarks=track.remarks)  # what was read, not what was written
    return Corrected(report, fixed.changes, target)


def proposed(path: Path, report: Report, options: CheckOptions) -> tuple[CueChange, ...]:
    """What would be changed in a file that was checked; nothing is written.

    Args:
        path: It.
        report: What was found in it.
        options: What it was checked against.

    Raises:
        UsageError: It is of a kind that cannot be corrected.
    """
    _refuse_document(path)
    return fix(report.track, report.limits, report.language, options.wanted).changes


def _refuse_document(path: Path) -> None:
    if is_document(path):
        message = (
            f"{path}: a Document is laid out by the rules whenever it is rendered; there is "
            "nothing to fix: render it with the `profiles` that is wanted"
        )
        raise UsageError(message)


def fix(track: SubtitleTrack, limits: Limits, language: str, wanted: frozenset[str]) -> Fixed:
    """Correct a file.

    Args:
        track: What was read.
        limits: Numbers to keep to.
        language: ISO 639-1, "" when unknown.
        wanted: Ids of the rules to keep.

    Raises:
        UsageError: A format, or a file, that cannot be corrected here.
    """
    grammar = editable(track.kind)
    if grammar is None:
        message = (
            f"{track.name}: `fix` writes SRT, WebVTT and ASS; correct {track.kind.upper()} by hand"
        )
        raise UsageError(message)
    if track.is_composed:
        message = (
            f"{track.name}: each word is an event of its own; `fix` would tear lines apart: "
            "correct the file that it was made from, and make it again"
        )
        raise UsageError(message)
    if track.is_damaged:
        message = (
            f"{track.name}: letters of it are lost ({track.remarks[0]}); `fix` would write the "
            "damage: correct it first"
        )
        raise UsageError(message)
    clock = Clock(grammar, track.tick_ms, limits, language, wanted)
    names = {one.index: found for one in track.captions if (found := odd_names(track.kind, one))}
    fixer = _Fixer(clock, track.kind, wanted, names)
    drafts = [
        NewCue(c.start_ms, c.end_ms, c.source, c.index, c.row, _has_other_tags(c))
        for c in track.captions
    ]
    changes: list[CueChange] = []
    if "unseen-mark" in wanted:
        changes += [
            CueChange("unseen-mark", index, "a mark that nobody sees", "none", "written anew")
            for index in sorted(with_unseen_marks(track))
        ]
    for _ in range(_MOST_PASSES):
        made, changed = fixer.run(drafts)
        changes += changed
        if made == drafts:
            break
        drafts = made
    is_other = changes or track.remarks  # what was mended while reading is written so
    return Fixed(grammar.rewritten(track, drafts) if is_other else track.text, tuple(changes))


def _has_other_tags(caption: Caption) -> bool:
    return any(copy.source != caption.source for copy in caption.copies)


@dataclass(frozen=True, slots=True)
class _Fixer:
    """One pass, and what it needs to know; names that look like markup, by captions."""

    clock: Clock
    kind: str
    wanted: frozenset[str]
    names: Mapping[int, Sequence[str]]

    def run(self, drafts: Sequence[NewCue]) -> tuple[list[NewCue], list[CueChange]]:
        changes: list[CueChange] = []
        made = self._texts(drafts, changes)
        if "times" in self.wanted:
            made, moves = sounded(made, self.clock)
            changes += moves
        if self.kind != "ass" and "order" in self.wanted:
            made = _sorted(made, changes)
        made = [
            part
            for draft, free_ms in zip(made, self._free_ends(made), strict=True)
            for part in self._shaped(draft, free_ms, changes)
        ]
        return self._timed(made, changes), changes

    def _texts(self, drafts: Sequence[NewCue], changes: list[CueChange]) -> list[NewCue]:
        kept = []
        for draft in drafts:
            source = draft.source if draft.keeps_text else self._rewritten(draft, changes)
            is_empty = not shown_lines(self.clock.grammar, source) and draft.row != "placed"
            if is_empty and "empty" in self.wanted and r"\p" not in source:
                changes.append(
                    CueChange("empty", draft.origin, "a cue", "none", "it shows nothing")
                )
                continue
            kept.append(replace(draft, source=source))
        if kept:
            return kept
        changes.clear()  # a file without a cue is none: somebody must look at it
        return list(drafts)

    def _rewritten(self, draft: NewCue, changes: list[CueChange]) -> str:
        """The text of a cue with tags that every player reads alike."""
        source, names = draft.source, self.names.get(draft.origin, ())
        for rule, rewrite, reason in _REWRITES:
            made = source
            if rule in self.wanted:
                made = with_names(rewrite(self.kind, without_names(source, names)), names)
            if made != source:
                changes.append(CueChange(rule, draft.origin, source, made, reason))
            source = made
        return source

    def _free_ends(self, drafts: Sequence[NewCue]) -> list[int]:
        """Until when the place of each cue is free, at least until its own end."""
        starts: dict[str, list[int]] = {}
        for draft in drafts:
            starts.setdefault(draft.row, []).append(draft.start_ms)
        for row in starts.values():
            row.sort()
        ends = []
        for draft in drafts:
            row = starts[draft.row]
            at = bisect_right(row, draft.start_ms)
            free_ms = row[at] - self.clock.gap_ms if at < len(row) else LONGEST_MS
            ends.append(max(draft.end_ms, free_ms))
        return ends

    def _shaped(self, draft: NewCue, free_ms: int, changes: list[CueChange]) -> list[NewCue]:
        """A cue with good lines; in two, if it has too many characters or stays too long.

        Args:
            draft: The cue.
            free_ms: Until when its place is free.
            changes: Told what was done.
        """
        clock, limits = self.clock, self.clock.limits.rules
        grammar, language = clock.grammar, clock.language
        lines = shown_lines(grammar, draft.source)
        words = sung(tokens(grammar, draft.source))
        if draft.row == "placed" or draft.keeps_text or not words:
            return [draft]
        reason = self._wrong(lines)
        is_long = draft.duration_ms > clock.max_ms + clock.tick_ms
        if _is_dialogue(lines):
            rule = "max-duration" if is_long and "max-duration" in self.wanted else reason
            parts = (
                self._speeches(draft, free_ms, rule, changes)
                if rule not in ("", "line-break")
                else []
            )
            return parts or [draft]
        chars = lengths_of(words, language)[-1]
        is_long = is_long and "max-duration" in self.wanted and chars > 2 * _LEAST_PART_CHARS
        if not reason and not is_long:
            return [draft]
        breaks = None
        if reason == "line-break" and self.kind == "ass" and chars > _SHORT * limits.line_chars:
            # As many lines as before: letters may be large.
            breaks = best_breaks(words, min(limits.line_chars, 0.75 * chars), len(lines), language)
        breaks = breaks or best_breaks(words, limits.line_chars, limits.lines, language)
        if is_long or breaks is None:
            rule = "max-duration" if is_long else reason
            parts = self._parts(draft, words, free_ms, rule, changes)
            if parts or breaks is None:
                return parts or [draft]
        source = joined(grammar, words, breaks)
        if not reason or shown_lines(grammar, source) == lines:
            return [draft]
        changes.append(
            CueChange(
                reason, draft.origin, " / ".join(lines), source.replace("\n", " / "), "broken anew"
            )
        )
        return [replace(draft, source=source)]

    def _wrong(self, lines: Sequence[str]) -> str:
        """The rule that the lines of a cue break, "" for none."""
        limits, language = self.clock.limits.rules, self.clock.language
        if len(lines) > limits.lines and "lines" in self.wanted:
            return "lines"
        longest = max((n_chars(line, language) for line in lines), default=0)
        if longest > limits.line_chars and "line-chars" in self.wanted:
            return "line-chars"
        if "line-break" in self.wanted and any(
            boundary_cost(upper, lower, language) >= BOUND for upper, lower in pairwise(lines)
        ):
            return "line-break"
        return ""

    def _parts(
        self,
        draft: NewCue,
        words: Sequence[Token],
        free_ms: int,
        rule: str,
        changes: list[CueChange],
    ) -> list[NewCue]:
        """A cue in two, each with its share of the time; empty where that cannot be."""
        clock = self.clock
        grammar = clock.grammar
        if len(words) < 2:
            return []
        sums, costs = lengths_of(words, clock.language), costs_of(words, clock.language)
        total = sums[-1]
        at = min(
            range(1, len(words)),
            key=lambda i: costs[i] + _UNEVEN * abs(2 * sums[i] / total - 1),
        )
        texts = grammar.divided(joined(grammar, words[:at]), joined(grammar, words[at:]))
        if texts is None:
            return []
        one, two = (self._broken(text) for text in texts)
        return self._cut(draft, free_ms, rule, (one, two), sums[at] / total, changes)

    def _speeches(
        self, draft: NewCue, free_ms: int, rule: str, changes: list[CueChange]
    ) -> list[NewCue]:
        """What several people say in two cues, where one of them begins to speak."""
        grammar, language = self.clock.grammar, self.clock.language
        rows = grammar.source_lines(draft.source)
        chars = [sum(n_chars(t, language) for t in shown_lines(grammar, row)) for row in rows]
        first = next((at for at, n in enumerate(chars) if n), len(rows))
        begins = [
            at
            for at in range(first + 1, len(rows))
            if _begins("".join(shown_lines(grammar, rows[at])))
        ]
        if not begins:
            return []
        sums = [0.0, *accumulate(chars)]
        at = min(begins, key=lambda i: abs(2 * sums[i] - sums[-1]))
        mark = grammar.LINE_BREAK
        texts = grammar.divided(mark.join(rows[:at]), mark.join(rows[at:]))
        if texts is None:
            return []
        return self._cut(draft, free_ms, rule, texts, sums[at] / sums[-1], changes)

    def _cut(
        self,
        draft: NewCue,
        free_ms: int,
        rule: str,
        texts: tuple[str, str],
        share: float,
        changes: list[CueChange],
    ) -> list[NewCue]:
        """Two cues with these texts, the first with its share of the time, if both last.

        They last into the silence after the cue as far as they have to; the second begins half a
        second after its share at most.
        """
        clock = self.clock
        grammar, tick_ms = clock.grammar, clock.tick_ms
        needed = [clock.needed_ms(replace(draft, source=text)) for text in texts]
        longest_ms = draft.start_ms + needed[0] + clock.gap_ms + needed[1]
        end_ms = max(draft.end_ms, min(free_ms, longest_ms))
        middle_ms = draft.start_ms + int(draft.duration_ms * share) // tick_ms * tick_ms
        wanted_ms = draft.start_ms + max(clock.min_ms, needed[0]) + clock.gap_ms
        latest_ms = min(end_ms - max(clock.min_ms, needed[1]), middle_ms + FARTHEST_MS)
        middle_ms = max(middle_ms, min(wanted_ms, latest_ms))
        earliest_ms = draft.start_ms + clock.min_ms + clock.gap_ms
        middle_ms = min(max(middle_ms, earliest_ms), end_ms - clock.min_ms)
        one = replace(draft, end_ms=middle_ms - clock.gap_ms, source=texts[0])
        two = replace(draft, start_ms=middle_ms, end_ms=end_ms, source=texts[1])
        if min(one.duration_ms, two.duration_ms) < clock.min_ms:
            return []
        told = " | ".join(" ".join(shown_lines(grammar, part.source)) for part in (one, two))
        before = " ".join(shown_lines(grammar, draft.source))
        changes.append(CueChange(rule, draft.origin, before, told, "divided in two"))
        return [one, two]

    def _broken(self, source: str) -> str:
        """A part with good line breaks; as it is where it still has to be divided."""
        clock, limits = self.clock, self.clock.limits.rules
        words = tokens(clock.grammar, source)
        breaks = best_breaks(words, limits.line_chars, limits.lines, clock.language)
        return joined(clock.grammar, words, breaks or ())

    def _timed(self, drafts: list[NewCue], changes: list[CueChange]) -> list[NewCue]:
        """Every row with its times moved."""
        rows: dict[str, list[int]] = {}
        for at, draft in enumerate(drafts):
            if draft.row != "placed" and 0 <= draft.start_ms < draft.end_ms:
                rows.setdefault(draft.row, []).append(at)
        made = list(drafts)
        for places in rows.values():
            places.sort(key=lambda at: (drafts[at].start_ms, drafts[at].end_ms, at))
            row, moves = retimed([drafts[at] for at in places], self.clock)
            for at, draft in zip(places, row, strict=True):
                made[at] = draft
            changes += moves
        return made


def _is_dialogue(lines: Sequence[str]) -> bool:
    """Whether each line is said by somebody else: such lines are not joined."""
    return len(lines) > 1 and sum(map(_begins, lines)) > 1


def _begins(line: str) -> bool:
    """Whether somebody begins to speak: `- Yes.`, `[Ann] Yes.`, `ANN: Yes.`."""
    name, colon, _ = line.partition(":")
    is_named = bool(colon) and len(name) <= _LONGEST_NAME and name.isupper()
    return is_named or line.startswith((*_DIALOGUE, "[", "("))


def _sorted(drafts: list[NewCue], changes: list[CueChange]) -> list[NewCue]:
    made = sorted(drafts, key=lambda draft: (draft.start_ms, draft.end_ms))
    latest = -1
    for draft in drafts:
        if draft.start_ms < latest:
            changes.append(
                CueChange(
                    "order", draft.origin, "after a later cue", "in its place", "sorted by time"
                )
            )
        latest = max(latest, draft.start_ms)
    return made
