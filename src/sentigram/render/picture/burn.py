"""Video with the captions drawn into the picture, by libass through ffmpeg."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sentigram.core.media import MediaInfo
from sentigram.core.protocols import Progress, RenderJob, no_progress
from sentigram.core.style import Motion, StyledTrack
from sentigram.errors import OutputError, UsageError
from sentigram.media.commands import (
    FONTS_NAME,
    SUBTITLES_NAME,
    BurnOptions,
    burn_argv,
    choose_audio,
)
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import lost_start_ms
from sentigram.render.ass.attached_fonts import font_files
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text

Flavour = Literal["effects", "editable"]


class BurnRenderer:
    """Writes MP4 with the captions burned in; sound is copied where an MP4 takes it.

    Args:
        options: How the picture is encoded.
        audio_stream: Counted among audio streams from 0; None for the default one.
        background: `#rrggbb` behind sound without a picture.
    """

    def __init__(
        self,
        options: BurnOptions | None = None,
        *,
        audio_stream: int | None = None,
        background: str = "#101418",
    ) -> None:
        self._options = options or BurnOptions()
        self._audio_stream = audio_stream
        self._background = background

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file.

        Raises:
            UsageError: There is no media to draw on.
            MissingError: ffmpeg, libass in it, or the encoder is missing.
            MediaError: ffmpeg could not read the media or encode the picture.
            OutputError: The disk is full.
        """
        if job.media is None:
            message = (
                f"{job.document.media.name}: captions cannot be burned in without the media file; "
                "put it beside the Document, or leave video out of --to"
            )
            raise UsageError(message)
        canvas = job.track.canvas
        with subtitles_folder(job.track, motion=job.motion) as folder:
            argv = burn_argv(
                find_ffmpeg(),
                job.media,
                out.absolute(),
                options=self._options,
                audio_stream=self._audio_stream,
                shift_ms=self._shift_ms(job.media),
                slice=job.slice,
                canvas=(canvas.width_px, canvas.height_px),
                background=self._background,
            )
            length_ms = job.media.duration_ms if job.slice is None else job.slice.duration_ms
            run(argv, cwd=folder, total_ms=length_ms, progress=progress)

    def _shift_ms(self, media: MediaInfo) -> int:
        """How much earlier than the captions ffmpeg would put the streams that it reads."""
        pictures, sounds = media.streams_of("video"), media.streams_of("audio")
        used = [*pictures[:1], *([choose_audio(media, self._audio_stream)] if sounds else [])]
        return lost_start_ms(media.path, [stream.index for stream in used])


@contextmanager
def subtitles_folder(
    track: StyledTrack, *, motion: Motion, flavour: Flavour = "effects"
) -> Iterator[Path]:
    """A private folder that ffmpeg can run in, with the captions and their fonts.

    Fixed names in it: nobody's path ever becomes part of a filter. It is gone afterwards.

    Args:
        track: What to draw.
        motion: How much words may move.
        flavour: An event per word (what is shown) or per cue (what is edited).

    Raises:
        OutputError: The folder for temporary files cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        folder = Path(name)
        try:
            text = _text(track, motion, flavour)
            (folder / SUBTITLES_NAME).write_text(text, encoding="utf-8", newline="\n")
            fonts = folder / FONTS_NAME
            fonts.mkdir()
            for file in font_files(track):
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
