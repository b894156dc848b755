"""What captions for the deaf hold beside the words: sounds, songs, names, and who speaks next.

A sound of several words is one unit, which is shown and not said; marks of songs and dashes stay
with the word beside them; names become speakers. `[angry]` or `(angry)` before words tells how they
are said: it is neither a word nor a sound, and left out. What may also be prose is read as prose:
`3:30`, `Note: …`, `He said: …`, an aside in brackets.

Sources: BBC Subtitle Guidelines 1.2 (labels, sound effects, `#` for songs); Netflix Timed Text
Style Guide, English (brackets, ♪, dual speakers); CEA-608 practice of `>>` and `>>>`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Literal

from sentigram.core.emotion import MANNERS
from sentigram.core.text import (
    BRACKETS,
    LONGEST_WORD,
    NOTES,
    clean_speaker,
    is_sound,
    is_visible,
    letters,
    split,
)
from sentigram.formats.track import SpokenCue, TimedWord, dashes_apart

_SURE = frozenset("[［【")  # what stands in these is not said
_LONGEST_SOUND = LONGEST_WORD - 20  # characters
_SPOKEN_MARKS = frozenset("&%@*§")
_DASHES = frozenset("-‐‑–—―")
_CHEVRONS = re.compile(r"(?:>{2,3}|≫)\s*")
_TURN_DASH = re.compile(r"[-‐–—]\s+(?=\S)|[-‐–—](?=[^\W\d_\s]|[\[(♪♫¿¡\"“'‘«#*])")
_OWN_DASH = re.compile(r"\A-(?=[-‐–—])")  # of a turn, before a word that begins with a dash
_DIRECTIONS = "\u200e\u200f\u061c"  # marks that a line in two scripts begins with
_OPENS = re.compile(r"[\[(（［【]|>>|≫|[*:：]")  # what may be more than text inside of a line
_SENTENCE_END = re.compile(r"[.?!…][\"”’)\]]?\s+(?=[^\W\d_])")
_STARRED = re.compile(r"([^\w*]*)\*([^\s*]*\w[^\s*]*)\*([^\w*]*)")
_ASIDE = re.compile(r"\*[^\s*](?:[^*\n]{0,60}[^\s*])?\*(?!\w)")

_LONGEST_ASIDE, _SHORT_ASIDE = 12, 3  # words
_LONGEST_LABEL = 60  # characters before the colon
_MOST_NAMES = 5  # words of a label
_LEAST_REPEATS = 2  # of a name that is not in capitals
_MANNER = re.compile(r"\s*([\[(（].{1,40}[\])）])\s*$")
_LABEL_WORD = re.compile(r"[^\W\d_](?:\w|['’.&/-])*|#?\d{1,3}|&")
_CUT_NAME = re.compile(r"\[([^\[\](){}]{1,58}…)\]")
_ANYBODY = re.compile(
    r"(?:speaker|voice|man|woman|boy|girl|male|female|narrator|host|interviewer|interviewee|"
    r"announcer|reporter|all|both|crowd|audience|moderator|caller)(?:[ _]?\d{1,3})?",
    re.IGNORECASE,
)
_ENDS = (".", "?", "!", "…", "。", "？", "！")
_CLOSING = "\"'”’»)]」♪ "
_PAUSE_MS = 2000  # after which a sentence does not go on


@cache
def _listed(name: str) -> frozenset[str]:
    """Words of a list of `sdh.toml`."""
    file = resources.files("sentigram.words.given").joinpath("sdh.toml")
    return frozenset(tomllib.loads(file.read_text(encoding="utf-8"))[name].split())


@dataclass(frozen=True, slots=True)
class SpeechTurn:
    """What one person says in a cue, and what is shown with it.

    Attributes:
        speaker: "" when unknown.
        words: Words, and sounds as one word each.
        is_new: Another person may speak than before.
        n_manners: How many manners of speaking in brackets are left out of it.
    """

    speaker: str
    words: tuple[TimedWord, ...]
    is_new: bool = False
    n_manners: int = 0


def turns_of(cues: Sequence[SpokenCue]) -> list[tuple[SpeechTurn, ...]]:
    """The turns of each cue, none where a cue shows nothing.

    A sentence that goes on in the next cue is still said by whom the first one names.
    """
    sources = [_source(cue) for cue in cues]
    names = _names(sources, cues)
    out: list[tuple[SpeechTurn, ...]] = []
    before: tuple[SpokenCue, SpeechTurn] | None = None
    for cue, source in zip(cues, sources, strict=True):
        turns = _turns(source, replace(names, own=cue.speaker))
        if before and turns and _goes_on(*before, cue, turns[0]):
            turns[0] = replace(turns[0], speaker=before[1].speaker)
        before = (cue, turns[-1]) if turns else before
        out.append(tuple(turns))
    return out


def _goes_on(cue: SpokenCue, turn: SpeechTurn, following: SpokenCue, next_turn: SpeechTurn) -> bool:
    """Whether a sentence of whom the text names goes on, without a word about who says it."""
    if cue.speaker or not turn.speaker or next_turn.speaker or next_turn.is_new:
        return False
    if following.start_ms - cue.end_ms > _PAUSE_MS:
        return False
    if turn.words[-1].text.rstrip(_CLOSING).endswith(_ENDS):
        return False
    said = (word.text for word in next_turn.words if not is_sound(word.text))
    return next((c for text in said for c in text if c.isalpha()), "").islower()


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of a cue, and where its words with times stand in it.

    Attributes:
        text: With line breaks.
        words: Each with its place; empty where the file has no times for words.
    """

    text: str
    words: tuple[tuple[int, int, TimedWord], ...] = ()


def _source(cue: SpokenCue) -> _Source:
    if not cue.words:
        lines = [line.lstrip() for line in cue.text.split("\n")]
        if len(lines) > 1 and all(line.startswith("-") for line in lines):
            lines = [_OWN_DASH.sub("- ", line) for line in lines]
        return _Source("\n".join(dashes_apart(lines)))
    parts: list[str] = []
    placed: list[tuple[int, int, TimedWord]] = []
    at = seen = 0
    for word in cue.words:
        found = cue.text.find(word.text, seen, seen + len(word.text) + LONGEST_WORD)
        between = "" if word.joined else " "
        if found >= 0:
            between = "\n" if "\n" in cue.text[seen:found] else between
            seen = found + len(word.text)
        if parts:
            parts.append(between)
            at += len(between)
        parts.append(word.text)
        placed.append((at, at + len(word.text), word))
        at += len(word.text)
    return _Source("".join(parts), tuple(placed))


@dataclass(frozen=True, slots=True)
class _Names:
    """Who may speak.

    Attributes:
        known: Names before colons, again and again, and of the file's voices; in small letters.
        voices: Who the file says speaks, by their names and the short forms of these, in small
            letters; "" where two share a form.
        cut: Names in brackets that end with "…", as the file has them.
        own: Who it says speaks in this cue, "" when unknown.
    """

    known: frozenset[str]
    voices: Mapping[str, str]
    cut: frozenset[str] = frozenset()
    own: str = ""

    def is_own(self, label: str) -> bool:
        """Whether a label names who speaks in this cue, in full or in short."""
        label, own = label.casefold(), self.own.casefold()
        if label.endswith("…") and len(label) > 1:
            return own.startswith(_stem(label))
        return bool(own) and (label == own or label in _short_forms(own))

    def knows(self, label: str) -> bool:
        """Whether a label is a name for certain."""
        return label.casefold() in self.known or self.is_own(label)

    def speaker(self, label: str) -> str:
        """Who a label names, in full where the file says it."""
        voice = self.voices.get(label.casefold(), "") or self._whole(label)
        if self.is_own(label) and voice.casefold() != label.casefold():
            return self.own
        return clean_speaker(label) if not voice or _ANYBODY.fullmatch(label) else voice

    def _whole(self, label: str) -> str:
        """The one name that a cut one begins, or its longest form; "" where several do."""
        if not label.endswith("…"):
            return ""
        stem = _stem(label)
        voices = {name for name in self.voices.values() if name.casefold().startswith(stem)}
        if voices:
            return voices.pop() if len(voices) == 1 else ""
        forms = sorted((one for one in self.cut if _stem(one).startswith(stem)), key=len)
        longest = forms[-1] if forms else label
        return longest if all(_stem(longest).startswith(_stem(one)) for one in forms) else ""


def _stem(label: str) -> str:
    """What a cut name is the beginning of."""
    return label.casefold().removesuffix("…").rstrip()


def _short_forms(name: str) -> tuple[str, ...]:
    """The first name, the last one, and the initials of a name in several words."""
    words = name.split()
    if not 1 < len(words) <= _MOST_NAMES:
        return ()
    initials = "".join(word if word.isdecimal() else word[0] for word in words)
    forms = {words[0], words[-1], initials}
    return tuple(form for form in forms if len(form) > 1 and not form.endswith("."))


def _names(sources: Sequence[_Source], cues: Sequence[SpokenCue]) -> _Names:
    """Names that stand before a colon where lines begin, again and again, and the file's own."""
    counts: Counter[str] = Counter()
    for source in sources:
        for line in source.text.split("\n"):
            begin = _after_marks(line)
            label = _label(line, begin)
            if label and _may_be_name(label[0]):
                counts[label[0].casefold()] += 1
    repeated = {name for name, count in counts.items() if count >= _LEAST_REPEATS}
    given = {cue.speaker.casefold(): cue.speaker for cue in cues if cue.speaker}
    voices: dict[str, str] = {}
    for name, speaker in given.items():
        for form in _short_forms(name):
            voices[form] = "" if form in voices else speaker
    cut = {
        match[1].strip()
        for source in sources
        for line in source.text.split("\n")
        if (match := _CUT_NAME.match(line, _after_marks(line)))
    }
    return _Names(frozenset(repeated | given.keys()), voices | given, frozenset(cut))


def _after_marks(line: str) -> int:
    at = len(line) - len(line.lstrip())
    if match := _CHEVRONS.match(line, at) or _TURN_DASH.match(line, at):
        at = match.end()
    return at


def _label(text: str, begin: int) -> tuple[str, str, int] | None:
    """What stands before a colon: the name, how it is said, and where the colon ends."""
    window = text[begin : begin + _LONGEST_LABEL]
    at = min((i for i in (window.find(":"), window.find("：")) if i >= 0), default=-1)
    if at <= 0 or "\n" in window[:at]:
        return None
    after = text[begin + at + 1 : begin + at + 2]
    if window[at] == ":" and after and not after.isspace():
        return None
    name = window[:at].strip()
    manner = ""
    if match := _MANNER.search(name):
        name, manner = name[: match.start()], match[1]
    words = name.split()
    if not 0 < len(words) <= _MOST_NAMES or any(
        not _LABEL_WORD.fullmatch(w.strip(",")) for w in words
    ):
        return None
    if not letters(name) or name.isdecimal() or name.casefold() in _listed("nobody"):
        return None
    return name, manner, begin + at + 1


def _is_in_capitals(name: str) -> bool:
    cased = [c for c in name.replace("Mc", "MC") if c.isupper() or c.islower()]
    return bool(cased) and all(c.isupper() for c in cased)


def _may_be_name(name: str) -> bool:
    """Whether each word of it begins as names do."""
    words = name.split()
    return words[0].casefold().strip(".") not in _listed("nobody") and all(
        not word[0].islower() for word in words
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a cue's text: a line's begin, a turn, text, a sound, or a manner of speaking.

    Attributes:
        kind: What it is.
        begin: Where it begins in the text.
        end: Where it ends.
        speaker: Of a turn.
    """

    kind: Literal["line", "turn", "text", "sound", "manner"]
    begin: int
    end: int
    speaker: str = ""


def _parts(text: str, names: _Names) -> Iterator[_Part]:
    at = 0
    while at < len(text):
        yield _Part("line", at, at)
        end = _line_end(text, at)
        at, parts = _opening(text, at, end, names)
        yield from parts
        pending = at
        while match := _OPENS.search(text, at, end):
            place, at = match.start(), match.end()
            found = _inside(text, place, end, pending, names)
            if found is None:
                continue
            begin, at, parts = found
            if begin > pending:
                yield _Part("text", pending, begin)
            yield from parts
            pending = at
            end = _line_end(text, at) if at > end else end
        if end > pending:
            yield _Part("text", pending, end)
        at = end + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _opening(text: str, at: int, end: int, names: _Names) -> tuple[int, list[_Part]]:
    """What a line begins with: chevrons, a dash, sounds, a name."""
    parts: list[_Part] = []
    while at < end and (text[at].isspace() or text[at] in _DIRECTIONS):
        at += 1
    if match := _CHEVRONS.match(text, at, end) or _TURN_DASH.match(text, at, end):
        parts.append(_Part("turn", at, match.end()))
        at = match.end()
    while True:
        name = _bracketed_name(text, at, end, names) or _named(text, at, end, names)
        if name is not None:
            speaker, manner, begin = name
            parts.append(_Part("turn", at, begin, speaker))
            if manner:
                parts.append(_bracketed(text, *manner))
            return begin, parts
        close = _sound_end(text, at, at, end)
        if not at < close <= end:
            return at, parts
        parts.append(_bracketed(text, at, close))
        at = close
        while at < end and text[at].isspace():
            at += 1


def _inside(
    text: str, place: int, end: int, pending: int, names: _Names
) -> tuple[int, int, list[_Part]] | None:
    """What is not text in the middle of a line: where it begins and ends, and its parts."""
    c = text[place]
    if c in ">≫":
        match = _CHEVRONS.match(text, place, end)
        before = text[place - 1 : place]
        if match is None or not (before.isspace() or not before):
            return None
        at, parts = _opening(text, place, end, names)
        return place, at, parts
    if c in ":：":
        begin = _inner_label(text, place, pending)
        name = None if begin is None else _named(text, begin, end, names)
        if begin is None or name is None:
            return None
        at, parts = _opening(text, begin, end, names)
        return begin, at, parts
    close = _sound_end(text, place, pending, end)
    return (place, close, [_bracketed(text, place, close)]) if close else None


def _inner_label(text: str, colon: int, pending: int) -> int | None:
    """Where a name in capitals begins that follows a sentence on the same line."""
    low = max(pending, colon - _LONGEST_LABEL)
    for match in _SENTENCE_END.finditer(text, low, colon):
        if _is_in_capitals(text[match.end() : colon]):
            return match.end()
    return None


def _named(
    text: str, at: int, end: int, names: _Names
) -> tuple[str, tuple[int, int] | None, int] | None:
    """The speaker whose name a line begins with, where it says how, and where the name ends."""
    label = _label(text, at)
    if label is None:
        return None
    name, manner, begin = label
    if _is_in_capitals(name) and _is_in_capitals(text[begin : min(end, begin + _LONGEST_LABEL)]):
        # Where all is in capitals they tell nothing: "THE POINT IS: GO" has words that names lack.
        words = {word.casefold() for word in name.split()}
        if not words.isdisjoint(_listed("nobody") | _listed("said") | _listed("manner")):
            return None
    if begin > end or not (
        _is_in_capitals(name)
        or _ANYBODY.fullmatch(name)
        or (_may_be_name(name) and names.knows(name))
    ):
        return None
    place = text.find(manner, at, begin) if manner else -1
    return names.speaker(name), (place, place + len(manner)) if manner else None, begin


def _bracketed_name(text: str, at: int, end: int, names: _Names) -> tuple[str, None, int] | None:
    """The speaker that stands in brackets before what is said: `[John]`, `(JOHN)`."""
    closing = BRACKETS.get(text[at : at + 1])
    close = text.find(closing, at, min(end, at + _LONGEST_LABEL)) if closing else -1
    if close < 0:
        return None
    name = text[at + 1 : close].strip().rstrip(":：")
    following = text[close + 1 : close + 1 + _LONGEST_LABEL].lstrip(" \n:：")
    if not following or not (letters(name) or names.is_own(name)):
        return None
    is_known = names.knows(name) and not (_is_manner(name) and name[0].islower())
    may_be_cut = text[at] == "["  # as our own files have it; `(Wait…)` is no name
    whole = name.removesuffix("…") if may_be_cut else name
    if not is_known and not _is_new_name(whole, following):
        return None
    begin = close + 1
    while begin < end and text[begin] in " :：":
        begin += 1
    return names.speaker(name), None, begin


def _is_new_name(name: str, following: str) -> bool:
    """Whether brackets before what is said hold a name, and no sound or manner of speaking."""
    words = name.split()
    if not words or name.isdecimal() or _is_manner(name) or following[0] in NOTES:
        return False  # (3) counts something
    if following[0] in BRACKETS and not _begins_with_manner(following):
        return False
    if len(words) > _MOST_NAMES or any(not _LABEL_WORD.fullmatch(word) for word in words):
        return False
    if _ANYBODY.fullmatch(name):
        return True
    is_deed = len(words) > 1 and _ANYBODY.fullmatch(words[0]) and _ends_as_verbs_do(words[-1])
    return not is_deed and all(
        (word[0].isupper() or word.isdecimal())
        and not _may_sound(word)
        and word.casefold() not in _listed("manner")
        for word in words
    )


def _bracketed(text: str, begin: int, end: int) -> _Part:
    """What brackets hold: how the words after them are said, or a sound."""
    inner = text[begin + 1 : end].rstrip(".,;:!?…").rstrip("".join(BRACKETS.values()))
    after = text[end : end + _LONGEST_SOUND].lstrip(":：")
    is_before_words = after[:1].isspace() and letters(after)
    is_manner = is_before_words and _is_manner(inner)
    return _Part("manner" if is_manner else "sound", begin, end)


def _begins_with_manner(text: str) -> bool:
    closing = BRACKETS[text[0]]
    return _is_manner(text[1:].partition(closing)[0])


def _is_manner(inner: str) -> bool:
    """Whether it is what we write in brackets of how words are said."""
    return inner.strip().casefold() in MANNERS.values()


def _may_sound(word: str) -> bool:
    """Whether a word may be of a sound or a deed, as `Laughs` and `Sobbing`, and James is not."""
    word = word.casefold().strip(".,")
    if word in _listed("sounds") or word in _listed("nobody"):
        return True
    if not _ends_as_verbs_do(word):
        return False
    if word.endswith("ing"):
        return word not in _listed("names")
    stems = {word[:-1], word[:-2], f"{word[:-3]}y"}
    return word in _listed("deeds") or not stems.isdisjoint(_listed("sounds") | _listed("deeds"))


def _ends_as_verbs_do(word: str) -> bool:
    return len(word) > 3 and word.casefold().endswith(("ing", "s"))


def _sound_end(text: str, place: int, pending: int, end: int) -> int:
    """Where the sound that begins at a place ends, 0 where none does."""
    if text.startswith("*", place):
        aside = _ASIDE.match(text, place, end)
        is_sound = aside and _is_starred_sound(
            aside[0].strip("*"), text[pending:place], text, aside
        )
        return aside.end() if aside and is_sound else 0
    closing = BRACKETS.get(text[place : place + 1])
    close = text.find(closing, place + 1, place + _LONGEST_SOUND) if closing else -1
    before = text[place - 1 : place] if place else ""
    if close < 0 or (before.isascii() and before.isalnum()):  # as in "word(s)"
        return 0
    inner = text[place + 1 : close]
    if not is_visible(inner) or not (
        text[place] in _SURE or _names_sound(inner, is_apart=_is_apart(text, place, close, pending))
    ):
        return 0
    close += 1
    while close < len(text) and text[close] in ".,;:!?…":
        close += 1
    return close


def _is_starred_sound(inner: str, before: str, text: str, aside: re.Match[str]) -> bool:
    """Whether words between asterisks name a sound; a single one may be said with emphasis.

    Args:
        inner: They.
        before: What stands before them on the line.
        text: All of it.
        aside: Where they are.
    """
    if len(inner.split()) > 1:
        return _names_sound(inner)
    word = inner.strip(_CLOSING + ".,;:!?…").casefold()
    if word in _listed("sounds"):
        return True
    first = not before.strip() and inner[:1].islower()
    alone = not letters(text[aside.end() : aside.end() + _LONGEST_SOUND].partition("\n")[0])
    return first and (alone or word.endswith(("s", "ing"))) and _names_sound(inner)


def _is_apart(text: str, place: int, close: int, pending: int) -> bool:
    """Whether brackets stand by themselves, or few words in them before what is said."""
    if place - pending > _LONGEST_LABEL or text[pending:place].strip():
        return False
    rest = text[close + 1 : close + 1 + _LONGEST_SOUND].partition("\n")[0]
    return not letters(rest) or len(text[place + 1 : close].split()) <= _SHORT_ASIDE


def _names_sound(inner: str, *, is_apart: bool = False) -> bool:
    """Whether words in round brackets name a sound; else they are said, as an aside.

    Args:
        inner: They.
        is_apart: They stand by themselves, or before what is said.
    """
    words = [word.strip('.,;:!?…"“”').casefold().replace("’", "'") for word in inner.split()]
    if not words or len(words) > _LONGEST_ASIDE or any(word in _listed("said") for word in words):
        return False
    if inner.isdecimal():
        return False
    if is_apart or len(words) == 1 or _is_in_capitals(inner):
        return True
    return any(word in _listed("sounds") for word in words) or words[0].endswith(("s", "ing"))


def _turns(source: _Source, names: _Names) -> list[SpeechTurn]:
    builder = _Builder(source, names.own)
    for part in _parts(source.text, names):
        builder.take(part)
    builder.close()
    return builder.made


@dataclass(slots=True)
class _Builder:
    """Makes turns of parts.

    Attributes:
        source: The cue.
        own: Who the file says speaks.
        made: Turns that are whole.
        units: Words of the turn that is being read.
        n_manners: Manners of speaking that are left out of it.
        waiting: Marks before the first word of a line.
        is_first: Nothing of the line was read.
    """

    source: _Source
    own: str
    made: list[SpeechTurn] = field(default_factory=list)
    units: list[TimedWord] = field(default_factory=list)
    speaker: str = ""
    is_new: bool = False
    n_manners: int = 0
    waiting: str = ""
    is_first: bool = True
    word_at: int = 0

    def __post_init__(self) -> None:
        self.speaker = self.own

    def take(self, part: _Part) -> None:
        if part.kind == "line":
            self._flush()
            self.is_first = True
        elif part.kind == "turn":
            self.close()
            self.speaker, self.is_new = part.speaker or self.own, True
        elif part.kind == "sound":
            self._sound(part.begin, part.end)
        elif part.kind == "manner":
            self.n_manners += 1
        else:
            for word in self._words(part.begin, part.end):
                stressed = _STARRED.fullmatch(word.text)  # `*word*`: said with emphasis
                text = "".join(stressed.groups()) if stressed else word.text
                self._word(replace(word, text=text))

    def close(self) -> None:
        """End the turn."""
        self._flush()
        if self.units:
            turn = SpeechTurn(self.speaker, tuple(self.units), self.is_new, self.n_manners)
            self.made.append(turn)
            self.n_manners = 0
        self.units, self.is_new = [], False

    def _flush(self) -> None:
        if self.waiting:
            self.units.append(TimedWord(self.waiting, None, None))
            self.waiting = ""

    def _sound(self, begin: int, end: int) -> None:
        text = " ".join(self.source.text[begin:end].split())
        inside = [word for *_, word in self._timed(begin, end)]
        starts = [word.start_ms for word in inside if word.start_ms is not None]
        ends = [word.end_ms for word in inside if word.end_ms is not None]
        start_ms, end_ms = (min(starts), max(ends)) if starts and ends else (None, None)
        joined = begin > 0 and bool(self.units) and not self.source.text[begin - 1].isspace()
        self._word(TimedWord(text, start_ms, end_ms, joined=joined))

    def _word(self, word: TimedWord) -> None:
        if _is_mark(word.text):
            if self.is_first or not self.units or self._sings_after_sound(word.text):
                if len(self.waiting) < _LONGEST_SOUND // 2:
                    self.waiting = f"{self.waiting} {word.text}".strip()
                return
            last = self.units[-1]
            space = "" if word.joined else " "
            if len(last.text) + len(word.text) < _LONGEST_SOUND:
                self.units[-1] = replace(last, text=f"{last.text}{space}{word.text}")
                return
        if self.waiting:
            word = replace(word, text=f"{self.waiting} {word.text}", joined=False)
            self.waiting = ""
        self.is_first = False
        self.units.append(word)

    def _sings_after_sound(self, mark: str) -> bool:
        """Whether notes behind a sound open a song, and do not close one."""
        n_notes = sum(c in NOTES for unit in self.units for c in unit.text)
        return mark[0] in NOTES and is_sound(self.units[-1].text) and n_notes % 2 == 0

    def _words(self, begin: int, end: int) -> Iterator[TimedWord]:
        text = self.source.text
        if not self.source.words:
            for i, (word, joined) in enumerate(split(text[begin:end])):
                follows = begin > 0 and bool(self.units) and not text[begin - 1].isspace()
                glued = follows and not text[begin].isspace() if i == 0 else joined
                yield TimedWord(word, None, None, joined=glued)
            return
        for low, high, timed in self._timed(begin, end):
            part = text[max(begin, low) : min(end, high)]
            if is_visible(part):
                joined = timed.joined if low >= begin else True
                yield replace(timed, text=part, joined=joined and bool(self.units))

    def _timed(self, begin: int, end: int) -> Iterator[tuple[int, int, TimedWord]]:
        """The words with times that a stretch touches; stretches come in order."""
        words = self.source.words
        while self.word_at < len(words) and words[self.word_at][1] <= begin:
            self.word_at += 1
        at = self.word_at
        while at < len(words) and words[at][0] < end:
            yield words[at]
            at += 1


def _is_mark(text: str) -> bool:
    """Whether a word is none: dashes, notes, punctuation that stands alone."""
    return all(
        c in NOTES or c in _DASHES or (unicodedata.category(c)[0] == "P" and c not in _SPOKEN_MARKS)
        for c in text
    )
