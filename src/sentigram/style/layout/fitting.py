"""Words as the layout takes them: measured, small enough for a line, with who says them.

A word wider than a line is divided into pieces that share its index and its time; no hyphen is
added. Scripts without spaces are divided between phrases, all others between letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from unicodedata import east_asian_width

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import StyledRun, StyledWord, StyleKey
from sentigram.core.text import is_sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.style.layout.limits import LayoutRules, count_chars
from sentigram.style.text.breaks import BOUND, CLAUSE, CLINGING, break_costs, phrase_edges
from sentigram.style.text.letters import clusters, units
from sentigram.style.text.measure import Measure

PAUSE_MS = 1000  # a silence that ends a cue
_LONGEST_PAUSE_MS = 1500  # and the one that a lone "the" need not wait out by itself
_LABEL_SHARE = 0.5  # a speaker's name takes at most this much of a line
_WORDS_OF_NAME = 3  # at most; "The Member for Somewhere" has no first name
_SPACE = " "
_PLAIN = StyleKey(NEUTRAL, 0)


@dataclass(frozen=True, slots=True)
class Atoms:
    """What cues are made of: words, or pieces of long ones. All tuples are equally long.

    Attributes:
        words: In order.
        speakers: Who says each.
        labels: Name to be shown before a word, "" for most.
        widths_px: Width of each with its label.
        spaces_px: Width of the space before it; 0 for the first and for joined ones.
        chars: Characters of each with its label.
        space_chars: Characters of the space before it.
        costs: What it costs to break before it (see `breaking`).
        sections: Number of the stretch it belongs to; no cue reaches over two.
        opens: Whether an utterance begins with it.
    """

    words: tuple[StyledWord, ...]
    speakers: tuple[str, ...]
    labels: tuple[str, ...]
    widths_px: tuple[float, ...]
    spaces_px: tuple[float, ...]
    chars: tuple[float, ...]
    space_chars: tuple[float, ...]
    costs: tuple[float, ...]
    sections: tuple[int, ...]
    opens: tuple[bool, ...]


def shown_text(word: StyledWord) -> str:
    """A word as it is drawn."""
    return "".join(run.text for run in word.runs)


def atoms(
    transcript: Transcript, words: Sequence[StyledWord], measure: Measure, rules: LayoutRules
) -> Atoms:
    """Measure words, divide those that are too long, and name speakers where the rules ask.

    Args:
        transcript: Utterances with their speakers.
        words: Every word, styled.
        measure: Widths.
        rules: What a line holds.
    """
    labels_of = _labeller(transcript, measure, rules)
    parts: list[StyledWord] = []
    speakers: list[str] = []
    labels: list[str] = []
    opens: list[bool] = []
    at, previous = 0, None
    for utterance in transcript.utterances:
        for position in range(len(utterance.words)):
            word = words[at]
            speaker = utterance.speaker
            is_new = at == 0 or speaker != previous
            label = _beside(labels_of(speaker), word, measure, rules) if is_new else ""
            for n, piece in enumerate(pieces(word, measure, rules, label=label)):
                parts.append(piece)
                speakers.append(speaker)
                labels.append("" if n else label)
                opens.append(position == 0 and n == 0)
            at, previous = at + 1, speaker
    return measured(parts, speakers, labels, opens, measure, rules)


def measured(
    parts: Sequence[StyledWord],
    speakers: Sequence[str],
    labels: Sequence[str],
    opens: Sequence[bool],
    measure: Measure,
    rules: LayoutRules,
) -> Atoms:
    """Atoms of words that are small enough.

    Args:
        parts: The words.
        speakers: Who says each.
        labels: What is shown before each, "" for nothing.
        opens: Whether an utterance begins with each.
        measure: Widths.
        rules: The language, by which characters count.
    """
    language = rules.language
    apart = _apart(parts, opens, rules)
    texts = [shown_text(part) for part in parts]
    joined = [part.joined for part in parts]
    space = count_chars(_SPACE, language)
    widths_px = [measure.word_px(part) for part in parts]
    spaces_px = [0.0] * len(parts)
    for i, part in enumerate(parts):
        if labels[i]:
            widths_px[i] += _label_px(labels[i], part, measure)
        if i and not part.joined:
            spaces_px[i] = max(measure.space_px(parts[i - 1]), measure.space_px(part))
    labelled = [
        f"{label} {text}" if label else text for label, text in zip(labels, texts, strict=True)
    ]
    costs = break_costs(texts, joined, language)
    # "[Jane] Dogs / are sitting": a name opens a clause whether or not the last one was ended.
    costs = [
        max(cost, CLINGING) if i and labels[i - 1] and cost > CLAUSE else cost
        for i, cost in enumerate(costs)
    ]
    return Atoms(
        words=tuple(parts),
        speakers=tuple(speakers),
        labels=tuple(labels),
        widths_px=tuple(widths_px),
        spaces_px=tuple(spaces_px),
        chars=tuple(count_chars(text, language) for text in labelled),
        space_chars=tuple(0.0 if i == 0 or joined[i] else space for i in range(len(parts))),
        costs=tuple(costs),
        sections=tuple(_sections(parts, speakers, costs, apart)),
        opens=tuple(opens),
    )


def _apart(parts: Sequence[StyledWord], opens: Sequence[bool], rules: LayoutRules) -> list[bool]:
    """Whether each is a sound in an utterance of its own, and has time to be a cue of its own."""
    out: list[bool] = []
    for i, part in enumerate(parts):
        is_alone = opens[i] and (i + 1 == len(parts) or opens[i + 1])
        next_ms = parts[i + 1].span.start_ms if i + 1 < len(parts) else part.span.end_ms
        lasts_ms = max(part.span.end_ms, next_ms) - part.span.start_ms
        out.append(is_alone and lasts_ms >= rules.min_ms and is_sound(shown_text(part)))
    return out


def _sections(
    parts: Sequence[StyledWord],
    speakers: Sequence[str],
    costs: Sequence[float],
    apart: Sequence[bool],
) -> Iterator[int]:
    """Number of each part's stretch: another speaker begins one, and so does a second of silence.

    A sound that lasts long enough for a cue of its own is one stretch.

    Across such a silence a cue would show what nobody has said yet. A lone word that cannot stand
    at the end of a line ("the … answer") waits for what follows it, but not for long.
    """
    section, begun = 0, 0
    for i, part in enumerate(parts):
        is_lone = i - begun == 1 and costs[i] >= BOUND
        longest_ms = _LONGEST_PAUSE_MS if is_lone else PAUSE_MS
        pause_ms = part.span.start_ms - parts[i - 1].span.end_ms if i else 0
        is_apart = apart[i] or apart[i - 1]
        if i and (is_apart or speakers[i] != speakers[i - 1] or pause_ms >= longest_ms):
            section, begun = section + 1, i
        yield section


def _label_px(label: str, first: StyledWord, measure: Measure) -> float:
    """Width of a label and the space after it."""
    space_px = max(measure.space_px(first), measure.run_px(_SPACE, _PLAIN))
    return measure.run_px(label, _PLAIN) + space_px


def _labeller(
    transcript: Transcript, measure: Measure, rules: LayoutRules
) -> Callable[[str], Sequence[str]]:
    """What may be shown for a speaker, best first, where several speak and the rules ask for it.

    Of `[Jane Doe]`, `[Jane]`, `[JD]` and `[J…]` those that fit half a line, and that no other
    speaker could have.
    """
    names = {utterance.speaker for utterance in transcript.utterances} - {""}
    if not rules.sdh or len(names) < 2:
        return lambda _speaker: ()

    def fits(label: str) -> bool:
        chars = count_chars(label, rules.language)
        px = measure.run_px(label, _PLAIN)
        return chars <= _LABEL_SHARE * rules.line_chars and px <= _LABEL_SHARE * rules.text_px

    forms = {name: _short_forms(name) for name in names}
    known: dict[str, Sequence[str]] = {"": ()}
    for name in names:
        taken = {form for other in names - {name} for form in forms[other]}
        known[name] = [form for form in forms[name] if form not in taken and fits(form)]
    return known.__getitem__


def _short_forms(name: str) -> tuple[str, ...]:
    """A name in brackets, its first name, its initials, and all that its first letters can say.

    Of a name with a title, the last name; numbers stay: `Speaker 1` is `S1`. What has more words
    than a person's name is none.
    """
    words = name.split()
    if not words:
        return ()
    forms = [_SPACE.join(words)]
    if 1 < len(words) <= _WORDS_OF_NAME:
        own = words[-1] if words[0].endswith(".") else words[0]
        parts = (word if word.isdecimal() else next(iter(clusters(word))) for word in words)
        forms += [own, "".join(parts)]
    units = list(clusters(forms[0]))
    cuts = ("".join(units[:n]).rstrip() for n in range(len(units) - 1, 0, -1))
    return tuple(dict.fromkeys([*(f"[{form}]" for form in forms), *(f"[{cut}…]" for cut in cuts)]))


def _beside(labels: Sequence[str], word: StyledWord, measure: Measure, rules: LayoutRules) -> str:
    """The first label that leaves a word room in its line, "" for none: no name tears a word apart.

    A word that is longer than a line is torn anyway, and has the best label.
    """
    room, room_px = float(rules.line_chars), rules.text_px
    chars, px = count_chars(shown_text(word), rules.language), measure.word_px(word)
    if chars > room or px > room_px:
        return labels[0] if labels else ""
    for label in labels:
        label_chars = count_chars(f"{label} ", rules.language)
        if chars + label_chars <= room and px + _label_px(label, word, measure) <= room_px:
            return label
    return ""


def pieces(
    word: StyledWord, measure: Measure, rules: LayoutRules, *, label: str = ""
) -> Iterator[StyledWord]:
    """A word, or the pieces that each fit a line; the first one with room for a label."""
    text = shown_text(word)
    room, room_px = float(rules.line_chars), rules.text_px
    if label:
        room -= count_chars(f"{label} ", rules.language)
        room_px -= _label_px(label, word, measure)
    if count_chars(text, rules.language) <= room and measure.word_px(word) <= room_px:
        yield word
        return
    groups: list[list[StyledRun]] = []
    for phrase in _phrases(word, text, rules):
        chars = sum(count_chars(run.text, rules.language) for run in phrase)
        px = sum(measure.run_px(run.text, run.style) for run in phrase)
        limits = (room, room_px) if not groups else (rules.line_chars, rules.text_px)
        if chars <= limits[0] and px <= limits[1]:
            groups.append(phrase)
        else:
            groups.extend(_filled(phrase, limits, measure, rules))
    start_ms, length_ms, done = word.span.start_ms, word.span.duration_ms, 0
    for i, group in enumerate(groups):
        begin_ms = start_ms + length_ms * done // len(text)
        done += sum(len(run.text) for run in group)
        span = Span(begin_ms, start_ms + length_ms * done // len(text))
        yield replace(word, span=span, runs=tuple(group), joined=word.joined or i > 0)


def _phrases(word: StyledWord, text: str, rules: LayoutRules) -> list[list[StyledRun]]:
    """Phrases of a script without spaces; single letters of other East Asian text; else the word.

    Grapheme clusters are never divided.
    """
    edges = phrase_edges(text, rules.language)
    is_wide = sum(east_asian_width(char) in "WF" for char in text) > len(text) / 2
    phrases: list[list[StyledRun]] = []
    at = 0
    for unit in chain.from_iterable(map(_units, word.runs)):
        if not phrases or at in edges or (is_wide and not edges):
            phrases.append([])
        _add(phrases[-1], unit)
        at += len(unit.text)
    return phrases


def _filled(
    phrase: Sequence[StyledRun], first: tuple[float, float], measure: Measure, rules: LayoutRules
) -> list[list[StyledRun]]:
    """A phrase too long for a line in pieces that each fill one, the first within `first`."""
    groups: list[list[StyledRun]] = []
    room, room_px = first
    for run in phrase:
        for unit in _units(run):
            chars = count_chars(unit.text, rules.language)
            grown = [*groups[-1]] if groups else []
            _add(grown, unit)
            grown_px = sum(measure.run_px(part.text, part.style) for part in grown)
            if not groups or room < chars or grown_px > room_px:
                if groups:
                    room, room_px = float(rules.line_chars), rules.text_px
                groups.append([])
                _add(groups[-1], unit)
            else:
                groups[-1] = grown
            room -= chars
    return groups


def _units(run: StyledRun) -> Iterator[StyledRun]:
    """A run as runs of one grapheme cluster each."""
    for drawn, spelled in units(run):
        yield StyledRun(drawn, run.style, None if drawn == spelled else spelled)


def _add(group: list[StyledRun], unit: StyledRun) -> None:
    if group and group[-1].style == unit.style:
        drawn, spelled = group[-1].text + unit.text, group[-1].spelled + unit.spelled
        group[-1] = StyledRun(drawn, unit.style, None if drawn == spelled else spelled)
    else:
        group.append(unit)
