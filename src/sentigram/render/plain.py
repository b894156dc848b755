"""SubRip and WebVTT: the words for players that draw captions their own way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sentigram.core.marks import SRT_MARK
from sentigram.core.protocols import Progress, RenderJob, no_progress
from sentigram.core.style import Cue, StyledTrack, StyledWord, StyleKey, TextStyle
from sentigram.core.time import format_srt, format_vtt
from sentigram.render.ass_text import WORD_JOINER, one_line

# SubRip has no escapes, and players read `<i>`, `{\an8}`, `\N` and `-->` each in its own way:
# look-alikes mean nothing to any of them.
_SRT_LOOK_ALIKES = str.maketrans(
    {"{": "\uff5b", "}": "\uff5d", "<": "\uff1c", ">": "\uff1e", "\\": "\\" + WORD_JOINER}
)
_VTT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ARROW = "-->"


class SrtRenderer:
    """Writes SubRip."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(srt_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


class VttRenderer:
    """Writes WebVTT."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(vtt_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


def srt_text(track: StyledTrack) -> str:
    """Write a track as SubRip: plain text, one or two lines a cue."""
    blocks: list[str] = []
    for cue in track.cues:
        lines = [line for line in map(_srt_line, cue.lines) if line.strip()]
        if lines:
            times = f"{format_srt(cue.span.start_ms)} {_ARROW} {format_srt(cue.span.end_ms)}"
            times += "" if blocks else SRT_MARK
            blocks.append("\n".join([str(len(blocks) + 1), times, *lines]) + "\n")
    return "\n".join(blocks)


def _srt_line(line: tuple[StyledWord, ...]) -> str:
    text = "".join(
        ("" if i == 0 or word.joined else " ") + "".join(run.text for run in word.runs)
        for i, word in enumerate(line)
    )
    return one_line(text).replace(_ARROW, "→").translate(_SRT_LOOK_ALIKES)


def vtt_text(track: StyledTrack) -> str:
    """Write a track as WebVTT: emotions as classes, speakers as voices, a time for each word.

    Players that know CSS get the theme's colours, weights and slants from the STYLE block, others
    the plain words; `<c.anger.anger-3>` names the emotion, and the emotion with its level.
    """
    theme = one_line(track.theme).replace(_ARROW, "→")
    blocks = [
        "WEBVTT",
        f"NOTE\nMade by Sentigram: captions that look the way the words were said.\nTheme: {theme}",
        "STYLE\n" + "\n".join(_css(track)),
    ]
    for cue in track.cues:
        body = _vtt_body(cue)
        if body and cue.span.duration_ms > 0:
            times = f"{format_vtt(cue.span.start_ms)} {_ARROW} {format_vtt(cue.span.end_ms)}"
            blocks.append(f"{times}\n{body}")
    return "\n\n".join(blocks) + "\n"


def _css(track: StyledTrack) -> Iterator[str]:
    """Rules, each on one line, none with a blank line or an arrow in it."""
    strongest: dict[str, StyleKey] = {}
    for key in sorted(track.styles):
        if not key.is_emphasis:
            strongest[key.emotion] = key
    neutral = strongest.get("neutral")
    if neutral is not None:
        yield f"::cue {{ {_declarations(track.styles[neutral])} }}"
    for emotion, key in strongest.items():
        if key != neutral:
            yield f"::cue(.{emotion}) {{ {_declarations(track.styles[key])} }}"
    for key, style in sorted(track.styles.items()):
        if key.level > 0 or key.is_emphasis:
            yield f"::cue(.{key.slug}) {{ {_declarations(style)} }}"


def _declarations(style: TextStyle) -> str:
    """The background is what the theme checked the fill against: its box, or its outline."""
    declarations = [
        f"color: {style.fill}",
        f"background-color: {style.box or style.outline}",
        f"font-weight: {style.weight}",
        f"font-style: {'italic' if style.italic else 'normal'}",
    ]
    if style.underline:
        declarations.append("text-decoration: underline")
    return "; ".join(declarations)


def _vtt_body(cue: Cue) -> str:
    told_ms = cue.span.start_ms
    lines = []
    for words in cue.lines:
        line = ""
        for i, word in enumerate(words):
            text = _vtt_word(word)
            if not text.strip():
                continue
            gap = " " if i and line and not word.joined else ""
            stamp = ""
            if told_ms < word.span.start_ms < cue.span.end_ms:  # must rise inside the cue
                told_ms = word.span.start_ms
                stamp = f"<{format_vtt(told_ms)}>"
            line += gap + stamp + text
        if line:
            lines.append(line)
    body = "\n".join(lines)
    speaker = one_line(cue.speaker).strip()
    return f"<v {speaker.translate(_VTT_ESCAPES)}>{body}</v>" if speaker and body else body


def _vtt_word(word: StyledWord) -> str:
    made = ""
    for run in word.runs:
        text = one_line(run.text).translate(_VTT_ESCAPES)
        if run.style.level == 0 and not run.style.is_emphasis:
            made += text
        elif text:
            made += f"<c.{run.style.emotion}.{run.style.slug}>{text}</c>"
    return made
