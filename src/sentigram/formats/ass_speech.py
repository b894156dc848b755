r"""What of the events of ASS is said: not signs, not copies of a line that scripts draw around it.

A fansub draws signs over the picture, and songs syllable by syllable from a line that it keeps as
a comment. Neither has a mark of its own; what gives them away is the style's name, a place, the
effect that Aegisub writes, and a line with the same words at the same time.

Source: Aegisub's manual, "Karaoke Templater" (`fx`, `template`, `\k`, furigana with `|`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentigram.core.text import is_visible, letters
from sentigram.formats.ass_tags import is_block, pieces, tags, unescaped
from sentigram.formats.parsing import LONGEST_MS, number_of
from sentigram.formats.track import SpokenCue, TimedWord, in_turn
from sentigram.formats.word_pieces import WordPiece, timed

_LEAD_MS = 1500  # scripts let syllables appear before their line and go after it
_MOST_PARENTS = 16  # lines that are looked through for the one that an event is drawn from
_LONGEST_LINE = 2000  # letters
_MOST_COPIES = 8  # of one text, that are compared
_LOWEST_SHARE = 0.6  # of the picture's height, below which speech stands
_UNSAID = frozenset(
    {
        *("sign", "signs", "title", "titles", "opening", "ending", "romaji", "kanji", "credit"),
        *("credits", "staff", "logo", "typeset", "typesetting", "ts", "screen", "note", "notes"),
        *("furigana", "watermark", "eyecatch"),
    }
)
_UNSAID_CAPITALS = frozenset({"OP", "ED", "NCOP", "NCED"})
_NAME_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_TYPESETTING = frozenset(
    {"frx", "fry", "frz", "fr", "fax", "fay", "clip", "iclip", "blur", "be", "p", "t", "fn", "org"}
)
_KARAOKE = frozenset({"k", "kf", "K", "ko"})
_FURIGANA = re.compile(r"[|｜].*")
_SAME_PLACE = ("#", "＃")
_MS_PER_K = 10
_BETWEEN = " / "  # the names of two who speak in one event
_UNDRAWN = re.compile(r"[\s\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_DASHED = re.compile(r"[\u200e\u200f\s]*[-‐–—]")
_TWO_AT_ONCE_MS = 300
_LEAST_STACKED = 3
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class EventText:
    """An event, as far as it tells whether it is said.

    Attributes:
        line_number: Of the file.
        is_comment: It is not drawn.
        start_ms: As the file has it.
        end_ms: As start_ms.
        source: Text with tags.
        plain: Text as it is drawn.
        style: Name of its style.
        speaker: "" when unknown.
        effect: What the script wrote that made it.
        place: Where it stands if it has a place of its own: alignment, and share of the height.
    """

    line_number: int
    is_comment: bool
    start_ms: int
    end_ms: int
    source: str
    plain: str
    style: str
    speaker: str
    effect: str
    place: tuple[int, float] | None = None

    @property
    def key(self) -> str:
        """Its letters."""
        return letters_key(self.plain)


def letters_key(text: str) -> str:
    """A text without what may differ where a word of it is drawn by itself.

    Spaces go, and so do the marks that keep a word's direction once its line is not around it.
    """
    return _UNDRAWN.sub("", text.casefold())


def spoken(events: Sequence[EventText]) -> tuple[tuple[SpokenCue, ...], tuple[str, ...]]:
    """What events say, in the order of the file, and what to say of those that were left out."""
    visible = [one for one in events if is_visible(one.plain)]
    drawn = [one for one in visible if not one.is_comment]
    parents = _parents(visible)
    sources = {id(parents[id(one)]): parents[id(one)] for one in drawn if id(one) in parents}
    own = [one for one in drawn if id(one) not in parents]
    generated = [one for one in own if _is_generated(one)]
    own = [one for one in own if not _is_generated(one)] or generated
    signs = _signs(own)
    said = [one for one in own if id(one) not in signs]
    said += [one for one in sources.values() if one.is_comment and not _is_unsaid(one.style)]
    if not said:  # nothing else is there: then these are what is said
        said, signs = own, set()
    kept = _without_copies(sorted(said, key=lambda one: one.line_number))
    n_kept = len(kept) + len(signs) - sum(one.is_comment for one in kept)
    cues = tuple(cue for one in kept for cue in _cues(one))
    return cues, tuple(
        _remarks(len(signs), len(drawn) - n_kept, [one for one in kept if not one.is_comment])
    )


def _remarks(n_signs: int, n_copies: int, said: Sequence[EventText]) -> Iterator[str]:
    counts = [
        f"{n} {one if n == 1 else many}"
        for n, one, many in ((n_signs, "sign", "signs"), (n_copies, "copy", "copies"))
        if n
    ]
    if counts:
        verb = "was" if n_signs + n_copies == 1 else "were"
        yield f"{' and '.join(counts)} {verb} left out: drawn on the picture, not said"
    yield from _stacked(said)


def _stacked(said: Sequence[EventText]) -> Iterator[str]:
    """What to say of files that show two languages at once."""
    n_lines = sum(_is_of_two_scripts(one.plain) for one in said)
    order = sorted(said, key=lambda one: (one.start_ms, one.end_ms))
    n_events = sum(
        abs(a.start_ms - b.start_ms) <= _TWO_AT_ONCE_MS
        and abs(a.end_ms - b.end_ms) <= _TWO_AT_ONCE_MS
        and a.style != b.style
        for a, b in pairwise(order)
    )
    n_stacked = max(n_lines, n_events)
    if n_stacked >= _LEAST_STACKED and max(n_lines, 2 * n_events) >= len(said) / 2:
        yield (
            f"{n_stacked} times two texts stand over each other, as in files of two languages: "
            "both are read; take out the one that is not spoken"
        )


def _is_of_two_scripts(text: str) -> bool:
    lines = [line for line in text.split("\n") if letters(line)]
    return len({bool(_WIDE.search(line)) for line in lines}) > 1


def _parents(visible: Sequence[EventText]) -> dict[int, EventText]:
    """Of each event that is drawn from another one's words, that one.

    A line that is drawn again is a comment, or stands where speech does.
    """
    lines = [
        one
        for one in visible
        if one.place is None
        and not _is_generated(one)
        and not one.effect.startswith(("template", "code"))
    ]
    lines.sort(key=lambda one: one.start_ms)
    starts = [one.start_ms for one in lines]
    keys = [one.key for one in lines]
    found: dict[int, EventText] = {}
    for one in visible:
        if one.is_comment or (one.place is None and not _is_generated(one)):
            continue
        key = one.key
        last = bisect_right(starts, one.start_ms + _LEAD_MS)
        for at in range(last - 1, max(-1, last - 1 - _MOST_PARENTS), -1):
            is_inside = one.end_ms <= lines[at].end_ms + _LEAD_MS
            if is_inside and len(keys[at]) <= _LONGEST_LINE and key in keys[at]:
                found[id(one)] = lines[at]
                break
    return found


def _is_generated(one: EventText) -> bool:
    return one.effect == "fx"


def _is_unsaid(style: str) -> bool:
    words = _NAME_WORDS.findall(style)
    return any(w in _UNSAID_CAPITALS or w.casefold() in _UNSAID for w in words)


def _signs(own: Sequence[EventText]) -> set[int]:
    """Which events are signs, by their styles, and by their places where speech has none."""
    signs = {id(one) for one in own if _is_unsaid(one.style)}
    placed = [one for one in own if one.place is not None and id(one) not in signs]
    flowing = [one for one in own if one.place is None and id(one) not in signs]
    if 2 * _n_letters(flowing) < _n_letters(placed):
        return signs  # all of it is placed
    styles = {one.style for one in flowing}
    return signs | {id(one) for one in placed if not _stands_as_speech(one, styles)}


def _n_letters(events: Iterable[EventText]) -> int:
    return sum(letters(text) for text in {one.plain for one in events})


def _stands_as_speech(one: EventText, styles: set[str]) -> bool:
    """Whether a placed event is a line of speech that was moved a little."""
    alignment, height = one.place or (2, 1.0)
    if one.style not in styles or alignment > 3 or height < _LOWEST_SHARE:
        return False
    blocks = (piece for piece in pieces(one.source) if is_block(piece))
    return not any(tag.name in _TYPESETTING for block in blocks for tag in tags(block[1:-1]))


def _without_copies(said: Sequence[EventText]) -> list[EventText]:
    """Events without those whose text another one shows at the same time, on another layer."""
    kept: list[EventText] = []
    shown: defaultdict[str, list[EventText]] = defaultdict(list)
    for one in said:
        known = shown[one.key]
        if not any(_overlap(one, other) for other in known[-_MOST_COPIES:]):
            kept.append(one)
            known.append(one)
    return kept


def _overlap(a: EventText, b: EventText) -> bool:
    shared_ms = min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)
    return 2 * shared_ms > min(a.end_ms - a.start_ms, b.end_ms - b.start_ms) or (
        (a.start_ms, a.end_ms) == (b.start_ms, b.end_ms)
    )


def named(speakers: Sequence[str]) -> str:
    """The names of who speaks, a line each, in one field: `Jane / Tom`."""
    if len(speakers) < 2:
        return "".join(speakers)
    return _BETWEEN.join(name.replace(_BETWEEN, "/") for name in speakers)


def names_of(speaker: str) -> list[str]:
    """The names in one field."""
    return speaker.split(_BETWEEN)


def _cues(one: EventText) -> Iterator[SpokenCue]:
    """What an event says; where it names two, and each has a line with a dash, that of each."""
    text, words = _karaoke(one)
    names, lines = names_of(one.speaker), one.plain.split("\n")
    has_dashes = _DASHED.match(lines[-1]) and len(names) > 1 and not words
    if has_dashes and len(names) == len(lines):
        parts = [(name, line, None) for name, line in zip(names, lines, strict=True)]
        yield from in_turn(one.start_ms, one.end_ms, parts, one.line_number)
    else:
        yield SpokenCue(one.start_ms, one.end_ms, text, one.speaker, one.line_number, words)


def _karaoke(one: EventText) -> tuple[str, tuple[TimedWord, ...]]:
    r"""The text of an event, and its words with the times of its syllables, if `\k` gives any."""
    if r"\k" not in one.source and r"\K" not in one.source:
        return one.plain, ()
    syllables: list[tuple[list[str], int | None, int | None]] = [([], None, None)]
    at_ms, n_timed = one.start_ms, 0
    is_drawing = False
    for piece in pieces(one.source):
        if not is_block(piece):
            if not is_drawing:
                syllables[-1][0].append(unescaped(piece))
            continue
        for tag in tags(piece[1:-1]):
            if tag.name == "p":
                is_drawing = number_of(tag.value) > 0
            if tag.name in _KARAOKE:
                length_ms = round(max(0.0, number_of(tag.value)) * _MS_PER_K)
                end_ms = min(LONGEST_MS, at_ms + length_ms)
                syllables.append(([], at_ms, end_ms))
                at_ms = end_ms
                n_timed += length_ms > 0
    if not n_timed:
        return one.plain, ()
    made = [WordPiece(_base("".join(said)), start, end) for said, start, end in syllables]
    text = "".join(piece.text for piece in made).strip()
    return text, tuple(word for word, _ in timed(text, made))


def _base(syllable: str) -> str:
    """A syllable without the furigana that say how it is read."""
    base = _FURIGANA.sub("", syllable)
    return "" if base != syllable and base.strip() in _SAME_PLACE else base
