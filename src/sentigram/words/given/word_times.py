"""Turns what a file says into a Transcript, in which every word has a time.

Words lie inside their cue, in order, are never empty, and never after the media's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from sentigram import formats
from sentigram.core.text import NOTES, is_sound, letters, split
from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import TranscriptError
from sentigram.formats.track import SpokenCue, SubtitleTrack, TimedWord
from sentigram.words.given.credits import without_credits
from sentigram.words.given.pauses import SaidTimes
from sentigram.words.given.possible_times import believed
from sentigram.words.given.rolling import unrolled
from sentigram.words.given.sdh import SpeechTurn, turns_of

MOST_WORDS = 500_000  # about 50 hours of speech

_LEAST_SUNG = 4  # words; fewer tell nothing, as in `fit.text_fit`
_ROOM_MS = 40  # a word in less is not said but squeezed
_MS_PER_LETTER = 70  # where nothing tells how long a text lasts
_NOTABLE_MS = 1000
_NEAR_MS = 200  # a word that is moved further is not where the file has it


@dataclass(frozen=True, slots=True)
class GivenTranscript:
    """A transcript of the user's.

    Attributes:
        transcript: One utterance per cue or sentence; all words are `given`. Their times are
            `estimated` from their length, or `aligned` where the file has times for words.
        has_times: False for plain text: its words are only spread evenly over the media.
        origin: Where it is from, for messages.
        warnings: What did not fit, one line each.
    """

    transcript: Transcript
    has_times: bool
    origin: str
    warnings: tuple[str, ...] = ()


def read_transcript(
    path: Path,
    *,
    duration_ms: int | None = None,
    language: str = "",
    fps: Fraction | None = None,
) -> GivenTranscript:
    """Read subtitles, plain text, or the JSON of a Whisper program.

    Args:
        path: The file.
        duration_ms: Length of the media: no word ends after it.
        language: ISO 639-1 code for a file that does not name one, "" for unknown.
        fps: Frames a second of the media, for files that count in frames.

    Raises:
        TranscriptError: It cannot be read; with the line where it is broken.
    """
    track = formats.read(path, fps=fps, language=language)
    return transcript_of(track, duration_ms=duration_ms, language=language)


def transcript_of(
    track: SubtitleTrack, *, duration_ms: int | None = None, language: str = ""
) -> GivenTranscript:
    """Turn a file that was read into a transcript; the arguments are those of `read_transcript`.

    Raises:
        TranscriptError: It has no words, too many, or none before the media's end.
    """
    cues, credited = without_credits(track.spoken)
    remarks = (*track.remarks, *credited)
    if track.has_times:
        cues, rolled = unrolled(cues)
        remarks += rolled
        utterances, warnings = place(cues, track.name, duration_ms=duration_ms)
    else:
        utterances, warnings = spread(cues, track.name, duration_ms=duration_ms)
    transcript = Transcript(track.language or language, utterances)
    told = tuple(f"{track.name}: {remark}" for remark in remarks)
    return GivenTranscript(transcript, track.has_times, track.name, (*told, *warnings))


@dataclass(frozen=True, slots=True)
class _Item:
    """A cue that shows something.

    Attributes:
        cue: It.
        turns: Who says what in it.
        words: Of all turns.
    """

    cue: SpokenCue
    turns: tuple[SpeechTurn, ...]
    words: tuple[TimedWord, ...]

    @property
    def weight(self) -> int:
        return sum(_weight(word) for word in self.words)

    @property
    def end_ms(self) -> int:
        """The cue's end; an estimate where it lies before its start."""
        if self.cue.end_ms > self.cue.start_ms:
            return self.cue.end_ms
        return self.cue.start_ms + self.weight * _MS_PER_LETTER

    @property
    def span(self) -> Span:
        """When it is shown."""
        return Span(max(0, self.cue.start_ms), max(0, self.end_ms))

    @property
    def is_spoken(self) -> bool:
        """Whether it is more than sounds, or a song of a few words."""
        return not may_hide(tuple(word.text for word in self.words))


def may_hide(words: Sequence[str]) -> bool:
    """Whether words are sounds alone, or sung and so few that any speech may hold them."""
    is_sung = len(words) < _LEAST_SUNG and any(not NOTES.isdisjoint(word) for word in words)
    return is_sung or all(map(is_sound, words))


def spread(
    cues: Sequence[SpokenCue], name: str, *, duration_ms: int | None
) -> tuple[tuple[Utterance, ...], tuple[str, ...]]:
    """Spread the words of a text without times over the media, by their letters.

    Returns:
        The utterances, and warnings.

    Raises:
        TranscriptError: No words, too many, or more than the media has milliseconds.
    """
    items = _items(cues, name)
    words = [word for item in items for word in item.words]
    length_ms = duration_ms
    if length_ms is None:
        length_ms = sum(_weight(word) for word in words) * _MS_PER_LETTER
    if length_ms < len(words):
        message = (
            f"{name}: {len(words)} words do not fit into {length_ms} ms of media: "
            "is it for another video?"
        )
        raise TranscriptError(message)
    spans = iter(_share(words, Span(0, length_ms)))
    placed = [(item, [_word(word, next(spans)) for word in item.words]) for item in items]
    return _utterances(placed), _left_out(items, name)


def place(
    cues: Sequence[SpokenCue], name: str, *, duration_ms: int | None
) -> tuple[tuple[Utterance, ...], tuple[str, ...]]:
    """Give the words of cues with times theirs, and say what did not fit.

    Cues are sorted; where two without times for their words overlap, the earlier one is shortened,
    or both share their time; sounds and short songs have the pauses of what is said. Words that
    have times keep them, as far as they can be: where people speak at once, their words take turns.

    Returns:
        The utterances, at least one per cue, and warnings.

    Raises:
        TranscriptError: No words, too many, or all after the end of the media.
    """
    items = sorted(_items(cues, name), key=lambda item: item.cue.start_ms)
    items, n_doubted = _believed(_chained(items), duration_ms)
    backwards = [i.cue for i in items if not _is_timed(i) and i.cue.end_ms <= i.cue.start_ms]
    items = _in_pauses(items)
    untimed = [item for item in items if not _is_timed(item)]
    following = dict(zip(map(id, untimed), untimed[1:], strict=False))
    placed: list[tuple[_Item, list[Word]]] = []
    outside: list[SpokenCue] = []
    cursor_ms = 0
    for item in items:
        if _is_timed(item):
            words = _place_timed(item, duration_ms)
        else:
            words = _place_estimated(item, following.get(id(item)), cursor_ms, duration_ms)
            cursor_ms = words[-1].span.end_ms if words else cursor_ms
        if words:
            placed.append((item, words))
        reaches_ms = max(item.cue.start_ms, item.cue.end_ms)
        if len(words) < len(item.words) or (
            duration_ms is not None and reaches_ms > duration_ms + _NOTABLE_MS
        ):
            outside.append(item.cue)
    utterances = _utterances(placed, duration_ms)
    end = "" if duration_ms is None else f" ({format_clock(duration_ms)})"
    if not utterances:
        message = f"{name}: lies entirely after the end of the media{end}: is it for another video?"
        raise TranscriptError(message)
    warnings = []
    if backwards:
        warnings.append(
            f"{name}: {_count(backwards)} not end after the start; their length was estimated"
        )
    if outside:
        warnings.append(
            f"{name}: {_count(outside)} not fit before the end of the media{end}; what lies after "
            "it was left out"
        )
    if n_doubted:
        warnings.append(_doubts(name, n_doubted))
    return utterances, (*warnings, *_left_out(items, name))


def _left_out(items: Sequence[_Item], name: str) -> tuple[str, ...]:
    n_manners = sum(turn.n_manners for item in items for turn in item.turns)
    if not n_manners:
        return ()
    which = "1 note" if n_manners == 1 else f"{n_manners} notes"
    return (f"{name}: {which} of how words are said, such as [angry], left out",)


def _doubts(name: str, n_doubted: int) -> str:
    which, place = (
        ("1 word has a time", "its place is")
        if n_doubted == 1
        else (f"{n_doubted} words have times", "their places are")
    )
    return (
        f"{name}: {which} that cannot be (without length, too short or long, going back, or "
        f"outside of the cue or the media); {place} estimated from the words around, and aligned "
        "where that is possible"
    )


def _chained(items: Sequence[_Item]) -> list[_Item]:
    """Items in which cues of one person that reach into each other are one.

    Recognizers that listen in windows say the end of one again at the beginning of the next.
    People who speak at once are two; so is what somebody says while another one speaks.
    """
    groups: list[list[_Item]] = []
    for item in items:
        if groups and _reaches_into(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    return [group[0] if len(group) == 1 else _joined(group) for group in groups]


def _reaches_into(before: _Item, item: _Item) -> bool:
    speakers = {turn.speaker for one in (before, item) for turn in one.turns}
    starts, own = (
        [w.start_ms for w in one.words if w.start_ms is not None and w.end_ms is not None]
        for one in (before, item)
    )
    return len(speakers) == 1 and bool(starts and own) and min(own) <= max(starts) < max(own)


def _joined(group: Sequence[_Item]) -> _Item:
    end_ms = max(item.cue.end_ms for item in group)
    return _Item(
        replace(group[0].cue, end_ms=end_ms),
        tuple(turn for item in group for turn in item.turns),
        tuple(word for item in group for word in item.words),
    )


def _in_pauses(items: Sequence[_Item]) -> list[_Item]:
    """Items in order, in which sounds that lie over what is said are where nothing is."""
    said = SaidTimes.of(item.span for item in items if item.is_spoken)
    out: list[_Item] = []
    for item in items:
        if item.is_spoken or _is_timed(item):
            out.append(item)
            continue
        span = said.pause(item.span, len(item.words))
        cue = replace(item.cue, start_ms=span.start_ms, end_ms=span.end_ms)
        out.append(item if span == item.span else replace(item, cue=cue))
    return sorted(out, key=lambda item: (item.cue.start_ms, item.is_spoken))


def _believed(items: list[_Item], limit_ms: int | None) -> tuple[list[_Item], int]:
    """Items without times of words that cannot be, and how many words these are."""
    out, n_doubted = [], 0
    for item in items:
        words, n = believed(item.cue, item.words, limit_ms)
        n_doubted += n
        out.append(replace(item, words=words) if n else item)
    return out, n_doubted


def _items(cues: Sequence[SpokenCue], name: str) -> list[_Item]:
    _refuse_too_many(cues, name)
    items = []
    for cue, turns in zip(cues, turns_of(cues), strict=True):
        words = tuple(word for turn in turns for word in turn.words)
        if words:
            items.append(_Item(cue, turns, words))
    if not items:
        message = f"{name}: has no words in it"
        raise TranscriptError(message)
    return items


def _refuse_too_many(cues: Sequence[SpokenCue], name: str) -> None:
    """Raise, before they are all cut out, where there are too many words."""
    if sum(len(cue.words) or len(cue.text) for cue in cues) <= MOST_WORDS:
        return  # a word has a letter at least
    n_words = 0
    for cue in cues:
        left = islice(split(cue.text), MOST_WORDS + 1 - n_words)
        n_words += len(cue.words) or sum(1 for _ in left)
        if n_words > MOST_WORDS:
            message = f"{name}: has more than {MOST_WORDS:,} words; refused"
            raise TranscriptError(message)


def _is_timed(item: _Item) -> bool:
    return any(word.start_ms is not None and word.end_ms is not None for word in item.words)


def _place_estimated(
    item: _Item, following: _Item | None, cursor_ms: int, limit_ms: int | None
) -> list[Word]:
    n_words = len(item.words)
    start_ms = max(0, item.cue.start_ms, cursor_ms)
    end_ms = item.end_ms
    if following is not None and following.cue.start_ms < end_ms:
        if following.cue.start_ms - start_ms >= _ROOM_MS * n_words:
            end_ms = following.cue.start_ms
        else:  # they are said at once: one after the other, by their letters
            both_ms = max(end_ms, following.end_ms) - start_ms
            share_ms = both_ms * item.weight // (item.weight + following.weight)
            end_ms = min(end_ms, start_ms + max(share_ms, n_words))
    if end_ms - start_ms < n_words:  # what is not said pushes nothing away
        end_ms = start_ms + (_ROOM_MS if item.is_spoken else 1) * n_words
    if limit_ms is not None:
        end_ms = min(end_ms, limit_ms)
    if end_ms - start_ms < n_words:
        return []
    spans = _share(item.words, Span(start_ms, end_ms))
    return [_word(word, span) for word, span in zip(item.words, spans, strict=True)]


def _place_timed(item: _Item, limit_ms: int | None) -> list[Word]:
    """Keep the words' own times, which increase; estimate those that are missing."""
    words: list[Word] = []
    texts = item.words
    i = cursor_ms = 0
    while i < len(texts):
        start_ms, end_ms = texts[i].start_ms, texts[i].end_ms
        if start_ms is not None and end_ms is not None:
            start_ms = max(0, start_ms, cursor_ms)
            end_ms = max(end_ms, start_ms + 1)
            following = texts[i + 1].start_ms if i + 1 < len(texts) else None
            if following is not None and start_ms < following < end_ms:
                end_ms = following
            words.append(_word(texts[i], Span(start_ms, end_ms), is_timed=True))
            i += 1
        else:
            run = _untimed_run(texts, i)
            after = texts[i + len(run)].start_ms if i + len(run) < len(texts) else item.end_ms
            start_ms = max(0, item.cue.start_ms, cursor_ms)
            end_ms = max(after or 0, start_ms + len(run))
            if limit_ms is not None and limit_ms - start_ms >= len(run):
                end_ms = min(end_ms, limit_ms)
            spans = _share(run, Span(start_ms, end_ms))
            words += [_word(word, span) for word, span in zip(run, spans, strict=True)]
            i += len(run)
        cursor_ms = words[-1].span.end_ms
    if limit_ms is None:
        return words
    return [
        replace(word, span=Span(word.span.start_ms, min(word.span.end_ms, limit_ms)))
        for word in words
        if word.span.start_ms < limit_ms
    ]


def _untimed_run(texts: Sequence[TimedWord], start: int) -> Sequence[TimedWord]:
    end = start
    while end < len(texts) and (texts[end].start_ms is None or texts[end].end_ms is None):
        end += 1
    return texts[start:end]


def _share(words: Sequence[TimedWord], span: Span) -> list[Span]:
    """Cut a span, at least a millisecond a word, in proportion to the words' letters."""
    total = sum(_weight(word) for word in words)
    spans = []
    done, start_ms = 0, span.start_ms
    for i, word in enumerate(words):
        done += _weight(word)
        left = len(words) - 1 - i
        end_ms = span.start_ms + span.duration_ms * done // total
        end_ms = min(max(end_ms, start_ms + 1), span.end_ms - left)
        spans.append(Span(start_ms, end_ms))
        start_ms = end_ms
    return spans


def _weight(word: TimedWord) -> int:
    return letters(word.text) + 1  # marks without letters take some time on screen, too


def _word(text: TimedWord, span: Span, *, is_timed: bool = False) -> Word:
    return Word(
        text=text.text,
        span=span,
        confidence=text.confidence,
        source="given",
        timing="aligned" if is_timed else "estimated",
        joined=text.joined,
    )


def _utterances(
    placed: Sequence[tuple[_Item, Sequence[Word]]], limit_ms: int | None = None
) -> tuple[Utterance, ...]:
    """All words in order of time, as one utterance for each stretch of a turn."""
    said = [
        (word, (n, speaker, at))
        for n, (item, words) in enumerate(placed)
        for word, (speaker, at) in zip(words, _owners(item), strict=False)
    ]
    said.sort(key=lambda one: one[0].span.start_ms)  # which keeps the order of a cue
    words = _apart([word for word, _ in said], limit_ms)
    utterances: list[Utterance] = []
    owned = zip(words, (owner for _, owner in said), strict=False)
    for (_, speaker, _), group in groupby(owned, key=itemgetter(1)):
        first, *others = (word for word, _ in group)
        span = Span(first.span.start_ms, (others or [first])[-1].span.end_ms)
        own = (replace(first, joined=False), *others)
        utterances.append(Utterance(f"u{len(utterances) + 1}", span, own, speaker))
    return tuple(utterances)


def _owners(item: _Item) -> Iterator[tuple[str, int]]:
    """Of each word, who says it and in which turn."""
    for n, turn in enumerate(item.turns):
        for _ in turn.words:
            yield turn.speaker, n


def _apart(words: list[Word], limit_ms: int | None) -> list[Word]:
    """Words in order of their starts, made to lie apart: each stays as near as can be.

    Where several people speak at once, a word ends where the next one begins.
    """
    spans: list[Span] = []
    for word in words[:limit_ms]:  # a millisecond for each at the least
        start_ms, end_ms = word.span.start_ms, word.span.end_ms
        if spans:
            before = spans[-1]
            start_ms = max(start_ms, before.start_ms + min(_ROOM_MS, before.duration_ms))
            spans[-1] = Span(before.start_ms, min(before.end_ms, start_ms))
        spans.append(Span(start_ms, max(end_ms, start_ms + 1)))
    if limit_ms is not None:
        high_ms = limit_ms
        for i in reversed(range(len(spans))):
            if spans[i].end_ms <= high_ms:
                break
            spans[i] = Span(min(spans[i].start_ms, high_ms - 1), high_ms)
            high_ms = spans[i].start_ms
    return [
        word if word.span == span else _moved(word, span)
        for word, span in zip(words, spans, strict=False)
    ]


def _moved(word: Word, span: Span) -> Word:
    is_near = abs(span.start_ms - word.span.start_ms) <= _NEAR_MS
    return replace(word, span=span, timing=word.timing if is_near else "estimated")


def _count(cues: Sequence[SpokenCue]) -> str:
    first = (
        f"line {cues[0].line_number}"
        if cues[0].line_number
        else format_clock(max(0, cues[0].start_ms))
    )
    return f"1 cue ({first}) does" if len(cues) == 1 else f"{len(cues)} cues (first: {first}) do"
