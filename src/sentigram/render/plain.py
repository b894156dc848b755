"""SubRip, WebVTT, MicroDVD and MPL2: the words for players that draw captions their own way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Canvas, Cue, Side, StyledTrack, StyledWord, StyleKey, TextStyle
from sentigram.core.text import one_line
from sentigram.core.time import format_vtt
from sentigram.formats import others, srt, vtt
from sentigram.formats.marks import LOOK, srt_mark
from sentigram.formats.markup import ARROW
from sentigram.render.html.css import css_string

_SAFE_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
# A row of a cue as share of the picture's height: browsers draw 5 % letters in rows 1.2 em high
# (WebVTT, 7.4: "font: 5vh sans-serif", line-height normal).
_ROW_SHARE = 0.06

_FRAMES_OF_SOUND = Fraction(25)


class SrtRenderer(Renderer):
    """Writes SubRip."""

    says_notes = True

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(srt_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


class VttRenderer(Renderer):
    """Writes WebVTT."""

    says_notes = True

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(vtt_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


class MicroDvdRenderer(Renderer):
    """Writes MicroDVD, in frames of the video; sound without a picture counts 25 a second."""

    says_notes = True

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8; its first line says how many frames a second has."""
        fps = job.document.media.fps or _FRAMES_OF_SOUND
        text = others.written("microdvd", _plain_cues(job.track), fps=fps)
        out.write_text(text, encoding="utf-8", newline="\n")
        progress(1.0)


class Mpl2Renderer(Renderer):
    """Writes MPL2, whose times are tenths of a second."""

    says_notes = True

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        text = others.written("mpl2", _plain_cues(job.track))
        out.write_text(text, encoding="utf-8", newline="\n")
        progress(1.0)


def srt_text(track: StyledTrack) -> str:
    """Write a track as SubRip: plain text, one or two lines a cue."""
    return srt.written(_plain_cues(track), mark=srt_mark(track.looks))


def _plain_cues(track: StyledTrack) -> Iterator[tuple[int, int, str]]:
    """Start, end and text of each cue that says something."""
    for cue in track.written:
        text = _srt_body(cue, track)
        if text:
            yield cue.span.start_ms, cue.span.end_ms, text


def _srt_body(cue: Cue, track: StyledTrack) -> str:
    shown = (_srt_line(line, cue.opening(i), track) for i, line in _lines(cue))
    return "\n".join(line for line in shown if line.strip())


def _lines(cue: Cue) -> Iterator[tuple[int, tuple[StyledWord, ...]]]:
    """The lines in which something can be read, numbered; a label does not stand alone.

    Where two speak, both lines can be read.
    """
    shown = (
        line
        for line in cue.lines
        if any(one_line(run.text).strip() for word in line for run in word.runs)
    )
    yield from enumerate(shown)


def _srt_line(line: tuple[StyledWord, ...], opening: str, track: StyledTrack) -> str:
    text = opening
    for i, word in enumerate(line):
        text += "" if i == 0 or word.joined else " "
        text += _marked("".join(map(track.plain, word.runs)), word, track)
    return srt.escape(text)


def vtt_text(track: StyledTrack) -> str:
    """Write a track as WebVTT: emotions as classes, speakers as voices, a time for each word.

    Players that know CSS get the theme's colours, weights and slants from the STYLE block, others
    the plain words; `<c.anger.anger-3>` names the emotion, and the emotion with its level.
    """
    theme = one_line(track.theme).replace(ARROW, "→")
    looks = f"{LOOK} {track.looks}" if track.looks else ""
    head = (
        "\n".join(
            filter(
                None, ("NOTE", one_line(track.about).replace(ARROW, "→"), f"Theme: {theme}", looks)
            )
        ),
        "STYLE\n" + "\n".join(_css(track)),
    )
    return vtt.written(head, _vtt_cues(track))


def _vtt_cues(track: StyledTrack) -> Iterator[str]:
    for cue in track.written:
        body = _vtt_body(cue, track)
        if body and cue.span.duration_ms > 0:
            settings = _vtt_settings(track.canvas, cue.side, n_lines=body.count("\n") + 1)
            yield vtt.cue_block(cue.span.start_ms, cue.span.end_ms, body, settings)


def _css(track: StyledTrack) -> Iterator[str]:
    """Rules, each on one line, none with a blank line or an arrow in it."""
    strongest: dict[str, StyleKey] = {}
    for key in sorted(track.styles):
        if not key.is_marked:
            strongest[key.emotion] = key
    neutral = strongest.get("neutral")
    if neutral is not None:
        yield f"::cue {{ {_declarations(track.styles[neutral])} }}"
    for emotion, key in strongest.items():
        if key != neutral:
            yield f"::cue(.{emotion}) {{ {_declarations(track.styles[key])} }}"
    for key, style in sorted(track.styles.items()):
        if not key.is_plain:
            yield f"::cue(.{key.slug}) {{ {_declarations(style)} }}"


def _declarations(style: TextStyle) -> str:
    """The background is what the theme checked the fill against: its box, or its outline."""
    declarations = [
        f"font-family: {_family(style)}, sans-serif",
        f"color: {style.fill}",
        f"background-color: {style.box or style.outline}",
        f"font-weight: {style.weight}",
        f"font-style: {'italic' if style.italic else 'normal'}",
    ]
    if style.underline:
        declarations.append("text-decoration: underline")
    return "; ".join(declarations)


def _family(style: TextStyle) -> str:
    """A family's name as it is where that is safe in every reader of CSS, else escaped."""
    return f'"{style.family}"' if _SAFE_NAME.fullmatch(style.family) else css_string(style.family)


def _vtt_settings(canvas: Canvas, side: Side, *, n_lines: int) -> str:
    """Where a cue stands: whole rows counted from the lower edge, inside the safe width.

    Rows, and not a share of the height, because a row grows with the viewer's own text size: no
    line is pushed out of the picture then. `line` names the first of the cue's rows. Text on a side
    begins or ends where the widest line does; one that the viewer's letters make wider may still go
    on to the other edge.
    """
    rows_below = round(canvas.bottom / _ROW_SHARE)
    if side != "middle":
        edge = round(100 * canvas.column_side)
        at = edge if side == "left" else 100 - edge
        size = round(100 * (1 + canvas.safe) / 2) - edge
        return f" line:-{n_lines + rows_below} position:{at}% size:{size}% align:{side}"
    size = round(100 * canvas.safe)
    return f" line:-{n_lines + rows_below} position:50% size:{size}% align:center"


def _vtt_body(cue: Cue, track: StyledTrack) -> str:
    told_ms = cue.span.start_ms
    lines = []
    for number, words in _lines(cue):
        opening = vtt.escape(cue.opening(number))
        line = ""
        for i, word in enumerate(words):
            text = _vtt_word(word, track)
            if not text.strip():
                continue
            gap = " " if i and line and not word.joined else ""
            stamp = ""
            if told_ms < word.span.start_ms < cue.span.end_ms:  # must rise inside the cue
                told_ms = word.span.start_ms
                stamp = f"<{format_vtt(told_ms)}>"
            line += gap + stamp + text
        line = opening + line
        lines.append(_voice(cue.voices[number].speaker, line) if cue.voices else line)
    return _voice(cue.speaker, "\n".join(lines))


def _voice(speaker: str, text: str) -> str:
    """Text with who says it."""
    name = vtt.escape(speaker).strip()
    return f"<v {name}>{text}</v>" if name and text else text


def _vtt_word(word: StyledWord, track: StyledTrack) -> str:
    made = ""
    for run in word.runs:
        text = vtt.escape(track.plain(run))
        if run.style.is_plain:
            made += text
        elif text:
            made += f"<c.{run.style.emotion}.{run.style.slug}>{text}</c>"
    return _marked(made, word, track)


def _marked(text: str, word: StyledWord, track: StyledTrack) -> str:
    """A word between asterisks where it is said with emphasis, and that is to be written.

    One that holds an asterisk has none: nobody could tell which of them are marks.
    """
    is_marked = track.marks_emphasis and word.is_stressed and text.strip() and "*" not in text
    return f"*{text}*" if is_marked else text
