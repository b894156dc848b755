"""ASS subtitles for editors: one event per cue, named styles, tags only where styles change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sentigram.core.emotion import NEUTRAL, RAISED
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Motion, StyledTrack, StyleKey
from sentigram.core.text import one_line
from sentigram.formats.ass import written
from sentigram.formats.marks import LOOK
from sentigram.render.ass import attached_fonts, event_text, styles

_SPEAKER_STYLE = f"{StyleKey(NEUTRAL, 0).slug}s"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*")


class AssRenderer(Renderer):
    """Writes ASS with the fonts inside."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file."""
        write_ass(ass_text(job.track, title=job.document.media.name, motion=job.motion), out)
        progress(1.0)


def ass_text(track: StyledTrack, *, title: str, motion: Motion, embed_fonts: bool = True) -> str:
    """Write a track as ASS that people edit.

    Args:
        track: Cues laid out on a canvas the size of the picture.
        title: Shown by editors, usually the media file's name.
        motion: How much words may move.
        embed_fonts: Whether to add the `[Fonts]` section.

    Returns:
        The file's text, without byte order mark.
    """
    events = (event_text.editable(track, cue, motion=motion) for cue in track.cues)
    about = "Change a style to change that emotion in the whole film."
    return written(
        header(track, title, motion, () if track.plain_by else (about,)),
        styles.rows(track),
        filter(None, events),
        attached_fonts.section(track) if embed_fonts else (),
    )


def write_ass(text: str, out: Path) -> None:
    """Write an ASS file with a byte order mark, without which VSFilter reads ANSI."""
    out.write_text(text, encoding="utf-8-sig", newline="\n")


def header(track: StyledTrack, title: str, motion: Motion, about: Iterable[str]) -> list[str]:
    """Lines of the `[Script Info]` section.

    Colours are the theme's sRGB values, and `YCbCr Matrix: None` tells players not to bend them:
    with TV.601, or without the line, xy-VSFilter and mpv shift colours over HD video, and with
    TV.709 over SD video.

    Args:
        track: Its canvas, theme and language are named.
        title: Any text.
        motion: How much may move.
        about: Lines of explanation.
    """
    width, height = track.canvas.width_px, track.canvas.height_px
    lines = [
        f"; {one_line(track.about)}",
        f"; Theme: {one_line(track.theme)}; motion: {motion}",
        *((f"; {LOOK} {track.looks}",) if track.looks else ()),
        *_about_styles(track),
        *(f"; {line}" for line in about),
        f"Title: {one_line(title).strip()}",
        "ScriptType: v4.00+",
        f"PlayResX: {width}",
        f"PlayResY: {height}",
        f"LayoutResX: {width}",
        f"LayoutResY: {height}",
        "WrapStyle: 2",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: None",
        "Kerning: yes",
    ]
    if _LANGUAGE.fullmatch(track.language):
        lines.append(f"Language: {track.language}")
    return lines


def _about_styles(track: StyledTrack) -> list[str]:
    made = [f"; Styles are named {_SPEAKER_STYLE}NUMBER by speaker; Default is for names."]
    if not any(key.speaker for key in track.styles):
        made = []
    if track.plain_by:
        return made
    made.insert(0, "; Styles are named EMOTION-LEVEL, 1 faint to 4 full; Default is neutral.")
    if not any(key.emotion == RAISED for key in track.styles):
        return made
    return [*made, f"; {RAISED}-LEVEL: the voice is raised, and which emotion is not known."]
