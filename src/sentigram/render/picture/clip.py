"""A short looping picture of a slice with its captions, for chats, pages and slides."""

from __future__ import annotations

from pathlib import Path

from sentigram.core.media import MediaInfo
from sentigram.core.protocols import Progress, RenderJob, no_progress
from sentigram.errors import UsageError
from sentigram.media.clips import ClipKind, ClipOptions, check_length, clip_argv
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import lost_start_ms
from sentigram.render.picture.burn import subtitles_folder


class _ClipRenderer:
    """Writes a clip, without sound.

    Args:
        width_px: Of the clip, 0 for the kind's own.
        background: `#rrggbb` behind sound without a picture.
    """

    kind: ClipKind

    def __init__(self, *, width_px: int = 0, background: str = "#101418") -> None:
        self._options = ClipOptions(kind=self.kind, width_px=width_px)
        self._background = background

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file.

        Raises:
            UsageError: There is no media to draw on, or the clip would be too long.
            MissingError: ffmpeg, libass in it, or the encoder is missing.
            MediaError: ffmpeg could not read the media.
            OutputError: The disk is full.
        """
        media = job.media
        if media is None:
            message = (
                f"{job.document.media.name}: a clip cannot be made without the media file; "
                f"put it beside the Document, or leave {self.kind} out of --to"
            )
            raise UsageError(message)
        check_length(self.kind, job.slice, media.duration_ms)
        canvas = job.track.canvas
        with subtitles_folder(job.track, motion=job.motion) as folder:
            argv = clip_argv(
                find_ffmpeg(),
                media,
                out.absolute(),
                options=self._options,
                shift_ms=_shift_ms(media),
                slice=job.slice,
                canvas=(canvas.width_px, canvas.height_px),
                background=self._background,
            )
            length_ms = media.duration_ms if job.slice is None else job.slice.duration_ms
            run(argv, cwd=folder, total_ms=length_ms, progress=progress)


class GifRenderer(_ClipRenderer):
    """Writes an animated GIF."""

    kind = "gif"


class WebpRenderer(_ClipRenderer):
    """Writes an animated WebP: smaller than the GIF, with all colours."""

    kind = "webp"


def _shift_ms(media: MediaInfo) -> int:
    """How much earlier than the captions ffmpeg would put the picture that it reads."""
    pictures = media.streams_of("video")
    return lost_start_ms(media.path, [pictures[0].index]) if pictures else 0
