"""Plain text with times: players' panels, consoles, transcription services, and lyrics (LRC).

    0:00                       [00:12.5] Ann: Hello          [00:00.000 --> 00:04.000]  Hello
    Hello there                Ann Smith  0:12               [00:12.00][01:02.00]Hello
    0:03 and so on             Hello there                   [00:12.00]<00:12.00>Hello <00:12.50>you

A time counts where a line begins with it, or is a name and a time; that times are meant shows in
their order and in how much is said between them: chapters and verses are no transcript.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker, is_visible, letters
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import TranscriptError
from sentigram.formats.parsing import clock_ms, shown
from sentigram.formats.track import SpokenCue, SubtitleTrack, TimedWord

SUFFIXES = (".lrc",)
SIGNED = False

_LEAST_STAMPS = 2
_MOST_CHARS = 5_000_000  # a day of speech is 3 MB; a line of lyrics counts once for each time
_LEAST_SHARE = 0.08  # of the lines: services write paragraphs, of some lines each
_MOST_BACKWARDS = 0.1  # of the times; a chorus of LRC is sorted first
_WORDS_PER_S = (0.1, 6.0)  # between times; speech has 2 to 4, with silences less
_MS_PER_LETTER, _ROOM_MS = 150, 1000  # until when a line may last that nothing ends: twice speech
_MOST_NAME_WORDS = 5
_INVISIBLE = "\u200b\u200e\u200f\ufeff"

# Editors count frames behind the seconds, `00:00:05:12`: what they last is not said.
_TIME = r"(?:(\d{1,3})[:：;])?(\d{1,3})[:：;](\d{2})(?:[.,](\d{1,3})|[:;]\d{2})?"
_SECONDS = r"\d{1,6}(?:\.\d{1,3})?"
_ARROW = r"\s{0,3}(?:-{0,3}>|-|–|—|→|to)\s{0,3}"
_STAMP = re.compile(
    rf"\s{{0,8}}([\[({{<]?)\s{{0,2}}{_TIME}(?:{_ARROW}{_TIME})?(?![\d:：])(?:\s{{0,2}}([\])}}>]))?"
)
# As consoles of faster-whisper print them: [0.00s -> 4.20s]
_IN_SECONDS = re.compile(rf"\s{{0,8}}\[({_SECONDS})s?{_ARROW}({_SECONDS})s?\]")
# A time of day, or another number, but not words that panels put beside it: `0:12and so`
_OF_A_CLOCK = re.compile(
    r"\s{0,2}(?:[ap]\.?\s?m\b|h\b|uhr\b|o'clock)|[^\s\w:–—|•\"'“«¿¡(\[♪>-]|[\d_]", re.IGNORECASE
)
_BEFORE_TEXT = re.compile(r"\s*(?:-{1,3}>|[-–—:|•])?\s*")
_INSIDE = re.compile(r"(?<=[^\s\]])\s{1,3}(?=\[(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?\])")
_LYRICS_STAMP = re.compile(r"\s{0,8}\[(\d{1,3}):(\d{2})(?:\.(\d{1,3}))?\]")
_WORD_STAMP = re.compile(r"<(\d{1,3}):(\d{2})(?:[.:](\d{1,3}))?>")
_LYRICS_TAG = re.compile(
    r"\s*\[(ti|ar|al|au|by|re|ve|la|tool|length|offset|lr|#)\s*:?([^\]]*)\]\s*", re.IGNORECASE
)
# `Ann Smith  0:12`, `Speaker 1 (00:12):`, `Ann [00:00:12]: Hello`
_NAMED = re.compile(
    r"\s{0,8}([^\W\d_][^\d:\[\](){}<>]{0,48}?(?: \d{1,2})?)\s{0,8}(?:[|·•,–-]\s{0,3})?"
    rf"[\[(]?{_TIME}[\])]?\s*(:?)\s*(.*)",
    re.DOTALL,
)
_SPEAKER = re.compile(r"([^\W\d_][^:\[\](){}<>\n]{0,48}):(?:\s+(.*)|\s*$)", re.DOTALL)
# What panels say for those who listen: "1 minute, 5 seconds".
_SPELLED = re.compile(r"(?:\d{1,3} (?:hours?|minutes?|seconds?)(?:, |$)){1,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Stamped:
    """A time, and what is said from it on.

    Attributes:
        start_ms: Of it.
        end_ms: Where the text says it, else None.
        line_number: From 1.
        speaker: "" when unknown.
        texts: Lines.
    """

    start_ms: int
    end_ms: int | None
    line_number: int
    speaker: str = ""
    texts: tuple[str, ...] = ()


def recognizes(text: str) -> bool:
    """Whether most of a text stands below times, or behind them."""
    lines = text.split("\n")
    stamped, _ = _stamped(lines)
    n_lines = sum(bool(line.strip()) for line in lines)
    return (
        len(stamped) >= _LEAST_STAMPS
        and _n_chars(stamped) <= _MOST_CHARS
        and len(stamped) >= _LEAST_SHARE * n_lines
        and _is_in_order(stamped)
        and _is_speech(stamped)
    )


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read lines with times; ends that are not said are estimated.

    Raises:
        TranscriptError: There is no time, or no word, in it.
    """
    lines = text.split("\n")
    stamped, first = _stamped(lines)
    tags = dict(_tags(lines))
    offset_ms = _offset_ms(tags.get("offset", ""))
    if not stamped:
        message = f"{name}: no line with a time, such as [00:12.50]words or 0:12 words"
        raise TranscriptError(message)
    if _n_chars(stamped) > _MOST_CHARS:
        message = f"{name}: says more than {_MOST_CHARS:,} characters, repeats included; refused"
        raise TranscriptError(message)
    stamped = _with_speakers(stamped)
    stamped.sort(key=lambda one: one.start_ms)
    cues = [
        cue
        for one, following in pairwise([*stamped, None])
        if one is not None and (cue := _cue(one, following, offset_ms))
    ]
    if not cues:
        message = f"{name}: has no words in it"
        raise TranscriptError(message)
    return SubtitleTrack(
        name,
        "timed",
        (),
        tuple(cues),
        text=text,
        language=language_code(tags.get("la", "")),
        tick_ms=MS_PER_SECOND,
        remarks=tuple(_remarks(lines[:first])),
    )


def _remarks(head: Sequence[str]) -> Iterator[str]:
    """What to say of lines before the first time."""
    left = [line.strip() for line in head if is_visible(line) and not _LYRICS_TAG.fullmatch(line)]
    if left:
        count = "1 line" if len(left) == 1 else f"{len(left)} lines"
        yield f"{count} before the first time ({shown(left[0])!r}) left out"


def _stamped(lines: Sequence[str]) -> tuple[list[_Stamped], int]:
    """All times with their texts, and the row of the first one, from 0."""
    made: list[_Stamped] = []
    texts: list[str] = []
    first = len(lines)

    def finish() -> None:
        if texts and made:
            made[-1] = replace(made[-1], texts=(*made[-1].texts, *texts))
        texts.clear()

    for row, line in ((row, piece) for row, whole in enumerate(lines) for piece in _pieces(whole)):
        found = _of_line(line, row + 1)
        if found:
            finish()
            first = min(first, row)
            made += found
        elif line.strip() and not _LYRICS_TAG.fullmatch(line):
            is_first = made and not made[-1].texts and not texts
            if not (is_first and _SPELLED.fullmatch(line.strip())):
                texts.append(line.strip())
    finish()
    return made, first


def _pieces(line: str) -> list[str]:
    """A line, cut before the times that stand inside of it."""
    match = _NAMED.fullmatch(line) if _INSIDE.search(line) else None
    return [line] if match and _is_name(match[1]) else _INSIDE.split(line)


def _of_line(line: str, number: int) -> list[_Stamped]:
    """The times that a line begins with, or that follow a name; none for other lines."""
    line = line.lstrip(_INVISIBLE).replace("**", "")  # bold, in Markdown
    if lyrics := _lyrics(line, number):
        return lyrics
    if match := _IN_SECONDS.match(line):
        first, last = (round(float(value) * MS_PER_SECOND) for value in match.groups())
        return [_Stamped(first, last, number, texts=_texts(line[match.end() :]))]
    if match := _STAMP.match(line):
        opened, *parts, closed = match.groups()
        rest = line[match.end() :]
        is_number = not closed and rest and _OF_A_CLOCK.match(rest) is not None
        if is_number or bool(opened) != bool(closed):
            return []
        end_ms = _ms(parts[4:]) if parts[5] else None
        if end_ms is not None and end_ms <= _ms(parts[:4]):
            end_ms = None  # within one second, in frames
        before = _BEFORE_TEXT.match(rest)
        texts = _texts(rest[before.end() :] if before else rest)
        return [_Stamped(_ms(parts[:4]), end_ms, number, texts=texts)]
    match = _NAMED.fullmatch(line)
    if match and _is_name(match[1]) and (match[6] or not match[7].strip()):
        speaker = clean_speaker(match[1])
        return [_Stamped(_ms(match.groups()[1:5]), None, number, speaker, _texts(match[7]))]
    return []


def _lyrics(line: str, number: int) -> list[_Stamped]:
    """A line of LRC, once for each of its times."""
    starts = []
    end = 0
    while match := _LYRICS_STAMP.match(line, end):
        starts.append(_ms((None, *match.groups())))
        end = match.end()
    texts = _texts(line[end:])
    return [_Stamped(start_ms, None, number, texts=texts) for start_ms in starts]


def _n_chars(stamped: Sequence[_Stamped]) -> int:
    return sum(len(text) for one in stamped for text in one.texts)


def _texts(text: str) -> tuple[str, ...]:
    return (text.strip(),) if is_visible(text) else ()


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, fraction = parts
    return clock_ms(hours, minutes or "0", seconds or "0", fraction or "")


def _is_name(text: str) -> bool:
    """Whether a text may be who speaks: few words, each with a capital or a number."""
    words = text.split()
    return 0 < len(words) <= _MOST_NAME_WORDS and all(
        word[0].isupper() or word[0].isdecimal() or not word[0].isalpha() or not word.isascii()
        for word in words
    )


def _with_speakers(stamped: Sequence[_Stamped]) -> list[_Stamped]:
    """Names at the beginnings of texts as speakers, where names stand often or come again."""
    named = [_SPEAKER.fullmatch(one.texts[0]) if one.texts else None for one in stamped]
    names = [match[1] if match and _is_name(match[1]) else "" for match in named]
    count = Counter(filter(None, names))
    is_usual = 2 * sum(count.values()) >= len(stamped)
    # A name alone beside the time, and the words below: `00:00:05 Ann Smith`.
    heads = Counter(one.texts[0] for one in stamped if len(one.texts) > 1)
    are_heads = len(heads) * 2 <= sum(heads.values()) and sum(heads.values()) == len(stamped)
    made = []
    for one, match, name in zip(stamped, named, names, strict=True):
        if name and match and (is_usual or count[name] > 1):
            rest = _texts(match[2] or "")
            made.append(replace(one, speaker=clean_speaker(name), texts=(*rest, *one.texts[1:])))
        elif are_heads and _is_name(one.texts[0]):
            made.append(replace(one, speaker=clean_speaker(one.texts[0]), texts=one.texts[1:]))
        else:
            made.append(one)
    return made


def _cue(one: _Stamped, following: _Stamped | None, offset_ms: int) -> SpokenCue | None:
    """What is said from a time on, None for a time that only ends the text before it."""
    stamped_text = "\n".join(one.texts)
    text = _WORD_STAMP.sub("", stamped_text).strip()
    if not is_visible(text):
        return None
    is_last = following is None  # of the sound, too: nothing may stand after its end
    longest_ms = (_ROOM_MS + _MS_PER_LETTER * letters(text)) // (1 + is_last)
    end_ms = one.end_ms if one.end_ms is not None else one.start_ms + longest_ms
    if one.end_ms is None and following is not None and following.start_ms > one.start_ms:
        end_ms = min(end_ms, following.start_ms)
    words = _ended(_timed_words(stamped_text), end_ms)
    return SpokenCue(
        max(0, one.start_ms - offset_ms),
        max(1, end_ms - offset_ms),
        text,
        one.speaker,
        one.line_number,
        tuple(_moved(word, -offset_ms) for word in words),
    )


def _timed_words(text: str) -> list[TimedWord]:
    """Words with times of their own, as enhanced LRC has them; none without."""
    parts = _WORD_STAMP.split(text)
    if len(parts) == 1:
        return []
    made = [TimedWord(word, None, None) for word in parts[0].split()]
    for minutes, seconds, fraction, said in zip(
        parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True
    ):
        start_ms = _ms((None, minutes, seconds, fraction))
        if not said.strip() and made and made[-1].end_ms is None and made[-1].start_ms is not None:
            made[-1] = replace(made[-1], end_ms=start_ms)
            continue
        for at, word in enumerate(said.split()):
            made.append(TimedWord(word, None if at else start_ms, None))
    return made


def _ended(words: Sequence[TimedWord], end_ms: int) -> list[TimedWord]:
    """Words that end where the next one begins."""
    made = []
    for at, word in enumerate(words):
        if word.start_ms is None or word.end_ms is not None:
            made.append(word)
            continue
        following = words[at + 1] if at + 1 < len(words) else None
        until_ms = end_ms if following is None else following.start_ms
        if until_ms is None or until_ms <= word.start_ms:
            made.append(replace(word, start_ms=None))
        else:
            made.append(replace(word, end_ms=until_ms))
    return made


def _moved(word: TimedWord, by_ms: int) -> TimedWord:
    if word.start_ms is None or word.end_ms is None:
        return word
    return replace(word, start_ms=max(0, word.start_ms + by_ms), end_ms=max(1, word.end_ms + by_ms))


def _tags(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if match := _LYRICS_TAG.fullmatch(line):
            yield match[1].lower(), match[2].strip()


def _offset_ms(text: str) -> int:
    """How much sooner the words of LRC are shown than their times say."""
    match = re.fullmatch(r"([+-]?\d{1,7})", text)
    return int(match[1]) if match else 0


def _is_in_order(stamped: Sequence[_Stamped]) -> bool:
    """Whether the times ascend, as they do in a transcript."""
    rows = [
        one
        for before, one in zip([None, *stamped], stamped, strict=False)
        if _is_other(before, one)
    ]
    back = sum(after.start_ms < before.start_ms for before, after in pairwise(rows))
    return back <= _MOST_BACKWARDS * len(rows) and stamped[-1].start_ms > stamped[0].start_ms


def _is_other(before: _Stamped | None, one: _Stamped) -> bool:
    """Whether two times stand on lines of their own; those of a chorus stand on one."""
    return before is None or before.line_number != one.line_number


def _is_speech(stamped: Sequence[_Stamped]) -> bool:
    """Whether people could say what stands between the times, and would need the time for it."""
    words = sum(len(text.split()) for one in stamped[:-1] for text in one.texts)
    characters = sum(letters(text) for one in stamped[:-1] for text in one.texts)
    span_s = (max(one.start_ms for one in stamped) - stamped[0].start_ms) / MS_PER_SECOND
    low, high = _WORDS_PER_S
    said = max(words, characters / 8)  # some languages put no spaces
    return low * span_s <= said and words <= high * (span_s + 1)
