"""Carries what a person corrected over to a Document that was heard anew, where it still fits."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sentigram.core.document import Document, FoundSpeakers
from sentigram.core.emotion import NEUTRAL, RAISED, LabelSet, WordEmotion, plain_name
from sentigram.core.seal import Change, changes
from sentigram.core.sounds import Sound, given_sounds, in_order
from sentigram.core.text import letters_of
from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Utterance, Word
from sentigram.words.speakers.asked import found_name

_NEAR_MS = 700  # a word that is heard again begins this near to where it did
_SHORTEST_MS = 10  # of a word that is carried over


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """A Document that was heard anew, with the corrections of an earlier one.

    Attributes:
        document: It; where something was carried over, it does not fit its seal any more.
        n_carried: How many stretches of corrected words are in it now.
        left: What was not carried over, a line each: where it is, and what it says.
    """

    document: Document
    n_carried: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    """A word with its reading, and the number of its utterance."""

    utterance: int
    word: Word
    reading: WordEmotion

    @property
    def letters(self) -> str:
        return letters_of(self.word.text) or self.word.text


@dataclass(frozen=True, slots=True)
class _Edit:
    """What takes the place of heard words: of those from `first` on, before `last`."""

    first: int
    last: int
    items: tuple[_Item, ...]


def carry_over(corrected: Document, heard: Document) -> CarriedOver:
    """Put corrected words in the place of those that were heard anew.

    A correction fits where the words beside it are heard as they were: then what lies between them
    is what it corrects. Names of speakers go over to the utterances that lie in theirs, and so do
    sounds that a person added and fields of others; where lines begin does not.

    Args:
        corrected: The earlier Document of the same recording.
        heard: The new one.
    """
    if corrected.seal is None:
        why = "all of it: it does not say which of its words a person changed"
        return CarriedOver(replace(heard, extra=corrected.extra), 0, (why,))
    old, new = _items(corrected), _items(heard)
    starts = [item.word.span.start_ms for item in new]
    edits: list[_Edit] = []
    left: list[str] = []
    for change in changes(corrected):
        asked = old[change.start : change.end]
        place = _place(old, change, new, starts)
        if place is None or (edits and place[0] < edits[-1].last):
            left.append(_where(old, change))
            continue
        left += _unknown_feelings(asked, corrected.track.labels, heard.track.labels)
        edits.append(_edit(asked, place, new, corrected.track.labels, heard.track.labels))
    for edit in reversed(edits):
        new[edit.first : edit.last] = edit.items
    document = _rebuilt(heard, new, _speakers(corrected, heard))
    document = replace(document, extra=corrected.extra, sounds=_sounds(corrected, heard))
    return CarriedOver(document, len(edits), tuple(left))


def _items(document: Document) -> list[_Item]:
    readings = iter(document.track.readings)
    return [
        _Item(number, word, next(readings))
        for number, utterance in enumerate(document.transcript.utterances)
        for word in utterance.words
    ]


def _place(
    old: Sequence[_Item], change: Change, new: Sequence[_Item], starts: Sequence[int]
) -> tuple[int, int] | None:
    """Which heard words a correction is of: index of the first, and after the last."""
    first, last = 0, len(new)
    if change.start > 0:
        before = _again(old[change.start - 1], new, starts)
        if before is None:
            return None
        first = before + 1
    if change.end < len(old):
        after = _again(old[change.end], new, starts)
        if after is None:
            return None
        last = after
    room_ms = _room(new, first, last).duration_ms if first <= last else -1
    return (first, last) if room_ms >= (change.end - change.start) * _SHORTEST_MS else None


def _again(item: _Item, new: Sequence[_Item], starts: Sequence[int]) -> int | None:
    """Where a word that nobody touched is heard again: the nearest of the same letters."""
    at_ms = item.word.span.start_ms
    near = range(bisect_left(starts, at_ms - _NEAR_MS), bisect_left(starts, at_ms + _NEAR_MS + 1))
    same = [index for index in near if new[index].letters == item.letters]
    return min(same, key=lambda index: abs(starts[index] - at_ms), default=None)


def _room(new: Sequence[_Item], first: int, last: int) -> Span:
    """The time between the words around a place."""
    start_ms = new[first - 1].word.span.end_ms if first else 0
    following = new[last : last + 1]
    end_ms = following[0].word.span.start_ms if following else 2**53
    return Span(start_ms, max(start_ms, end_ms))


def _edit(
    asked: Sequence[_Item],
    place: tuple[int, int],
    new: Sequence[_Item],
    had: LabelSet,
    has: LabelSet,
) -> _Edit:
    first, last = place
    there = new[first:last]
    spans = _fitted([item.word.span for item in asked], _room(new, first, last))
    beside = new[first - 1].utterance if first else 0
    items: list[_Item] = []
    for item, span in zip(asked, spans, strict=True):
        heard = max(there, key=lambda it: it.word.span.overlap_ms(span), default=None)
        utterance = beside if heard is None else max(heard.utterance, beside)
        beside = utterance
        word = replace(item.word, span=span)
        items.append(_Item(utterance, word, _reading(item, heard, had, has)))
    return _Edit(first, last, tuple(items))


def _fitted(spans: Sequence[Span], room: Span) -> list[Span]:
    """Times of words inside what is free for them, as they were where that is possible."""
    fitted = []
    start_ms = room.start_ms
    for number, span in enumerate(spans):
        latest_ms = room.end_ms - (len(spans) - number) * _SHORTEST_MS
        begin_ms = min(max(span.start_ms, start_ms), latest_ms)
        end_ms = min(max(span.end_ms, begin_ms + _SHORTEST_MS), latest_ms + _SHORTEST_MS)
        fitted.append(Span(begin_ms, end_ms))
        start_ms = end_ms
    return fitted


def _reading(item: _Item, heard: _Item | None, had: LabelSet, has: LabelSet) -> WordEmotion:
    """The feeling of a word that a person changed.

    What of the word was changed is not known: its letters, its times or its feeling. So the reading
    stays as it is; where another engine has other labels, a feeling that surely was set does.
    """
    if had == has:
        return item.reading
    if heard is not None:
        now = heard.reading
    else:
        now = WordEmotion(NEUTRAL, tuple(float(name == NEUTRAL) for name in has), 0.0)
    name = item.reading.name
    if not _is_set(item, had) or name not in (*has, RAISED):
        return now
    return now.by_hand(has, name, item.reading.intensity or None)


def _is_set(item: _Item, labels: LabelSet) -> bool:
    """Whether a person set the feeling of a word that a person changed.

    Neutral is set where another feeling is likelier, and the word itself is as it was heard; and so
    is what is certain, as no model is.
    """
    reading = item.reading
    if max(reading.probs) == 1:
        return True
    is_overruled = (
        reading.name == NEUTRAL and max(reading.probs) > reading.probs[labels.index(NEUTRAL)]
    )
    return reading.is_by_hand(labels) or (is_overruled and item.word.source == "heard")


def _unknown_feelings(asked: Sequence[_Item], had: LabelSet, has: LabelSet) -> Iterator[str]:
    for item in asked:
        name = item.reading.name
        if _is_set(item, had) and name not in (*has, RAISED):
            at = format_clock(item.word.span.start_ms)
            yield f"{at} “{item.word.text}”: {plain_name(name)}, which this engine does not know"


def _where(old: Sequence[_Item], change: Change) -> str:
    said = " ".join(item.word.text for item in old[change.start : change.end])
    near = old[min(change.start, len(old) - 1)].word.span.start_ms
    return f"{format_clock(near)} " + (f"“{said}”" if said else f"{change.n_before} words less")


def _speakers(corrected: Document, heard: Document) -> list[str]:
    """Who says each utterance that is heard: the name in the Document that a person corrected.

    Where as many voices were found as before, all names stay; else those that people gave.
    """
    before, now = corrected.speakers, heard.speakers
    n_before, n_now = (len(found.people) if found else 0 for found in (before, now))
    numbered = {found_name(n) for n in range(1, n_before + 1)} if n_before != n_now else set()
    named = [u for u in corrected.transcript.utterances if u.speaker and u.speaker not in numbered]
    found = []
    for utterance in heard.transcript.utterances:
        span = utterance.span
        mine = max(named, key=lambda u: u.span.overlap_ms(span), default=None)
        is_within = mine is not None and 2 * mine.span.overlap_ms(span) >= span.duration_ms
        found.append(mine.speaker if mine is not None and is_within else utterance.speaker)
    return found


def _found_now(heard: Document, names: Sequence[str]) -> FoundSpeakers | None:
    """Who was found, by the names that most of each one's speech has now.

    Where two voices have come to one name, or one voice to a name that another keeps, nobody knows
    whose it is: they keep what they were found as while anybody is called so. A voice whose own
    name is gone is that one's too, as where two are given one name by an option.

    Args:
        heard: With the names that voices were found as.
        names: Of who says each utterance now.
    """
    if heard.speakers is None:
        return None
    lasting_ms: dict[str, Counter[str]] = {}
    for utterance, name in zip(heard.transcript.utterances, names, strict=True):
        lasting_ms.setdefault(utterance.speaker, Counter())[name] += utterance.span.duration_ms
    told = {
        one.name: lasting_ms[one.name].most_common(1)[0][0] if one.name in lasting_ms else one.name
        for one in heard.speakers.people
    }
    n_called = Counter(told.values())
    people = tuple(
        one
        if not told[one.name] or (n_called[told[one.name]] > 1 and one.name in names)
        else replace(one, name=told[one.name])
        for one in heard.speakers.people
    )
    return replace(heard.speakers, people=people)


def _sounds(corrected: Document, heard: Document) -> tuple[Sound, ...]:
    """What is heard now, and what a person added: given sounds that no transcript named."""
    named = {*given_sounds(corrected.transcript), *heard.sounds}
    added = [one for one in corrected.sounds if one.source == "given" and one not in named]
    return in_order((*heard.sounds, *added))


def _rebuilt(heard: Document, items: Sequence[_Item], speakers: Sequence[str]) -> Document:
    utterances: list[Utterance] = []
    for number, group in groupby(items, key=lambda item: item.utterance):
        words = tuple(item.word for item in group)
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        was = heard.transcript.utterances[number]
        utterances.append(replace(was, span=span, words=words, speaker=speakers[number]))
    return replace(
        heard,
        speakers=_found_now(heard, speakers),
        transcript=replace(heard.transcript, utterances=tuple(utterances)),
        track=replace(heard.track, readings=tuple(item.reading for item in items)),
    )
