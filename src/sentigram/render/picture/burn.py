"""Video with the captions drawn into the picture, by libass through ffmpeg."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sentigram.core.media import Hdr, MediaInfo, VideoOptions
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Motion, StyledTrack
from sentigram.core.time import Span
from sentigram.errors import OutputError
from sentigram.files import work_folder
from sentigram.media.commands import (
    FONTS_NAME,
    SUBTITLES_NAME,
    TONES_NAME,
    burn_argv,
    deep_format,
    encoder_options,
)
from sentigram.media.ffmpeg import find_ffmpeg, require_libass, run
from sentigram.media.hdr import WHITE_NITS, tone_cube
from sentigram.media.holds import sound_plan
from sentigram.media.picture import timing_of
from sentigram.render.ass.attached_fonts import font_files
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.picture.hdr_captions import for_hdr

Flavour = Literal["effects", "editable"]


class BurnRenderer(Renderer):
    """Writes MP4 with the captions burned in; sound is copied where an MP4 takes it."""

    needs_media = True

    def check(self, video: VideoOptions, *, stretch: Span | None, duration_ms: int | None) -> None:
        """Refuse to work without libass or the encoder."""
        del stretch, duration_ms
        ffmpeg = find_ffmpeg()
        require_libass(ffmpeg)
        encoder_options(ffmpeg, video)

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file.

        Raises:
            MediaError: ffmpeg could not read the media or encode the picture.
            OutputError: The disk is full.
        """
        media, ffmpeg = job.needed_media(), find_ffmpeg()
        deep = deep_format(ffmpeg, media, job.video)
        tell_range(job, media, is_kept=bool(deep))
        with subtitles_folder(
            job.track, motion=job.motion, hdr=media.hdr, keeps_hdr=bool(deep)
        ) as folder:
            plan, line = sound_plan(ffmpeg, media, workdir=folder)
            if line:
                job.reporter.note(line)
            argv = burn_argv(
                ffmpeg,
                media,
                out.absolute(),
                options=job.video,
                timing=timing_of(media, job.slice),
                sound_plan=plan,
                slice=job.slice,
            )
            length_ms = media.duration_ms if job.slice is None else job.slice.duration_ms
            run(argv, cwd=folder, total_ms=length_ms, progress=progress)


def tell_range(job: RenderJob, media: MediaInfo, *, is_kept: bool) -> None:
    """Say what becomes of a high dynamic range."""
    if media.hdr is None:
        return
    name = {"pq": "PQ", "hlg": "HLG"}[media.hdr.transfer]
    if is_kept:
        line = (
            f"its high dynamic range ({name}) is kept in 10 bit, with captions at {WHITE_NITS} nits"
        )
    else:
        line = (
            f"its high dynamic range ({name}) becomes BT.709, which every player shows; "
            "`encoder libx265` keeps it in videos"
        )
    job.reporter.note(f"{media.path}: {line}")


@contextmanager
def subtitles_folder(
    track: StyledTrack,
    *,
    motion: Motion,
    flavour: Flavour = "effects",
    hdr: Hdr | None = None,
    keeps_hdr: bool = False,
) -> Iterator[Path]:
    """A private folder that ffmpeg can run in, with the captions and their fonts.

    Fixed names in it: nobody's path ever becomes part of a filter. It is gone afterwards.

    Args:
        track: What to draw.
        motion: How much words may move.
        flavour: An event per word (what is shown) or per cue (what is edited).
        hdr: How the picture is coded if its dynamic range is high.
        keeps_hdr: Whether that stays, and the captions are for it.

    Raises:
        OutputError: The folder for temporary files cannot be written.
    """
    with work_folder() as folder:
        try:
            text = _text(track, motion, flavour)
            if hdr is not None and keeps_hdr:
                text = for_hdr(text, hdr.transfer)
            elif hdr is not None:
                (folder / TONES_NAME).write_text(tone_cube(hdr), encoding="ascii")
            (folder / SUBTITLES_NAME).write_text(text, encoding="utf-8", newline="\n")
            fonts = folder / FONTS_NAME
            fonts.mkdir()
            for file in font_files(track, is_private=True):
                (fonts / file.name).write_bytes(file.data)
        except OSError as error:
            raise _no_room(folder, error) from error
        yield folder


def _text(track: StyledTrack, motion: Motion, flavour: Flavour) -> str:
    if flavour == "editable":
        return ass_text(track, title="captions", motion=motion, embed_fonts=False)
    return effects_text(track, title="captions", motion=motion, embed_fonts=False, comments=False)


def _no_room(folder: Path, error: OSError) -> OutputError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "the disk for temporary files is full; free some space, or set TMPDIR elsewhere"
    else:
        reason = f"{error.strerror or error}; set TMPDIR to a folder that can be written"
    return OutputError(f"{folder}: captions cannot be prepared: {reason}")
