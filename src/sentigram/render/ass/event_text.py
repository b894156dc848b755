"""Text of ASS events: letters in runs, and a tag block wherever the look changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentigram.core.style import Cue, Motion, Side, StyledTrack, StyledWord, StyleKey, TextStyle
from sentigram.core.text import one_line
from sentigram.core.time import MS_PER_CENTISECOND, Span
from sentigram.formats.ass import LINE_BREAK, event_line
from sentigram.formats.ass_tags import balance, escape, keep_edges
from sentigram.render.ass import line_motion
from sentigram.render.ass.attached_fonts import FILLER, JOINING_SIGNS, AssFont, font_of, pieces_of
from sentigram.render.ass.styles import DEFAULT, outline_px, style_name
from sentigram.style.layout.places import lines_of, text_of
from sentigram.style.text import bidi
from sentigram.style.text.letters import clusters, is_emoji, is_joining
from sentigram.style.text.scripts import EMOJI, segments

_ALIGNMENTS: Mapping[Side, int] = {"left": 1, "right": 3}  # as on a number pad


@dataclass(frozen=True, slots=True)
class TextPart:
    """Escaped letters of one word that one face draws in one style.

    Attributes:
        word: The word that they belong to.
        key: Their style.
        over: Tags over the style: another font, letters that join without space between.
        text: What is written into the event.
    """

    word: StyledWord
    key: StyleKey
    over: str
    text: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What a tag block switches: the named style, and tags over it."""

    style: str
    tags: str = ""


def rounded(span: Span) -> Span:
    """A span as the file says it, so that tags count from the same start."""
    return Span(_centiseconds(span.start_ms), _centiseconds(span.end_ms))


def editable(track: StyledTrack, cue: Cue, *, motion: Motion, kind: str = "Dialogue") -> str:
    """A cue as one event with tags where styles change, "" where it shows nothing."""
    lines = [parts for parts in (parts_of(track, line) for line in lines_of(cue)) if parts]
    if not lines:
        return ""
    keys = {part.key for parts in lines for part in parts}
    name = style_name(keys.pop()) if len(keys) == 1 else DEFAULT
    span = rounded(cue.span)
    body = _body(track, cue, lines, name, span=span, motion=motion)
    side_px = 0
    if cue.side != "middle":
        body = rf"{{\an{_ALIGNMENTS[cue.side]}}}{body}"
        side_px = round(track.canvas.column_side * track.canvas.width_px)
    return event_line(kind, span, body, style=name, speakers=cue.speakers, side_px=side_px)


def parts_of(track: StyledTrack, words: Sequence[StyledWord]) -> list[TextPart]:
    """Words of a line as parts; those that escaping leaves nothing of are dropped."""
    cut = [
        (word, run.style, _over(track.styles[run.style], run.text, text, font), text)
        for word in words
        for run in word.runs
        for text, font in pieces_of(one_line(run.text), track.styles[run.style], track.language)
    ]
    # Escaped first: a joiner that escaping adds must not end up behind a closing bidi mark.
    texts = _held_together(balance([escape(text) for *_, text in cut]))
    return [
        TextPart(word, key, over, text)
        for (word, key, over, _), text in zip(cut, texts, strict=True)
        if text
    ]


def _held_together(texts: Sequence[str]) -> Sequence[str]:
    """Texts in which libass joins what belongs to one emoji: see `FILLER`."""
    joined = next((i for i, text in enumerate(texts) if not JOINING_SIGNS.isdisjoint(text)), None)
    if joined is None or any(part.scripts - {EMOJI} for text in texts for part in segments(text)):
        return texts
    return [*texts[:joined], FILLER + texts[joined], *texts[joined + 1 :]]


def _over(style: TextStyle, run: str, text: str, font: AssFont | None) -> str:
    is_whole = is_joining(run) or any(map(is_emoji, clusters(text)))
    tags = r"\fsp0" if style.spacing_em and is_whole else ""  # space would tear what is joined
    if font is None:
        return tags
    own = font_of(style)
    bold = rf"\b{int(font.bold)}" if font.bold != own.bold else ""
    italic = rf"\i{int(font.italic)}" if font.italic != own.italic else ""
    return rf"\fn{font.name}{bold}{italic}{tags}"


def kept_edges(texts: Sequence[str]) -> list[str]:
    """The parts of a line with hard spaces at its two ends."""
    if len(texts) == 1:
        return [keep_edges(texts[0])]
    first, last = keep_edges(texts[0] + "|")[:-1], keep_edges("|" + texts[-1])[1:]
    return [first, *texts[1:-1], last]


def _body(
    track: StyledTrack,
    cue: Cue,
    lines: list[list[TextPart]],
    event_style: str,
    *,
    span: Span,
    motion: Motion,
) -> str:
    current = _Look(event_style)
    made = []
    for parts, mark in zip(lines, _line_marks(track, cue, lines), strict=True):
        texts = kept_edges([part.text for part in parts])
        line, previous = mark, None
        for part, text in zip(parts, texts, strict=True):
            look = _look(track, part, span=span, motion=motion)
            is_new = previous is not None and previous.word is not part.word
            gap = " " if is_new and not part.word.joined else ""
            name = look.style if look.style != event_style else ""
            block = "" if look == current else rf"{{\r{name}{look.tags}}}"
            # The space belongs to the word before it, unless a line or box would stick out.
            if previous is not None and _marks_spaces(track.styles[previous.key]):
                line += block + gap + text
            else:
                line += gap + block + text
            current, previous = look, part
        made.append(line)
    return LINE_BREAK.join(made)


def _look(track: StyledTrack, part: TextPart, *, span: Span, motion: Motion) -> _Look:
    style = track.styles[part.key]
    tags = line_motion.tags(
        style.animation,
        motion=motion,
        word=part.word.span,
        cue=span,
        outline_px=outline_px(track, style),
        has_box=bool(style.box),
    )
    return _Look(style_name(part.key), part.over + tags)


def _line_marks(track: StyledTrack, cue: Cue, lines: list[list[TextPart]]) -> Iterator[str]:
    """For each line the mark that turns it as the whole cue runs, "" where it does so itself."""
    base = bidi.base_level(text_of(lines_of(cue)), track.language)
    for parts in lines:
        text = "".join(part.text for part in parts)
        is_mixed = base or bidi.is_right_to_left(text)
        wrong = is_mixed and bidi.first_strong(text) != base
        yield (bidi.LTR_MARK, bidi.RTL_MARK)[base] if wrong else ""


def _marks_spaces(style: TextStyle) -> bool:
    return style.underline or bool(style.box)


def _centiseconds(time_ms: int) -> int:
    return (time_ms + MS_PER_CENTISECOND // 2) // MS_PER_CENTISECOND * MS_PER_CENTISECOND
