"""A short looping picture of a slice with its captions, for chats, pages and slides."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from sentigram.core.media import VideoOptions
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.time import Span
from sentigram.media.clips import LONGEST_MS, ClipKind, check_encoder, check_length, clip_argv
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.picture import timing_of
from sentigram.render.picture.burn import subtitles_folder, tell_range


class _ClipRenderer(Renderer):
    """Writes a clip, without sound."""

    kind: ClassVar[ClipKind]
    needs_media = True
    longest_ms = LONGEST_MS

    def check(self, video: VideoOptions, *, stretch: Span | None, duration_ms: int | None) -> None:
        """Refuse long clips, and to work without libass or the encoder."""
        del video
        check_length(self.kind, stretch, duration_ms)
        check_encoder(find_ffmpeg(), self.kind)

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file.

        Raises:
            MediaError: ffmpeg could not read the media.
            OutputError: The disk is full.
        """
        media = job.needed_media()
        tell_range(job, media, is_kept=False)
        with subtitles_folder(job.track, motion=job.motion, hdr=media.hdr) as folder:
            argv = clip_argv(
                find_ffmpeg(),
                media,
                out.absolute(),
                kind=self.kind,
                options=job.video,
                timing=timing_of(media, job.slice),
                slice=job.slice,
            )
            length_ms = media.duration_ms if job.slice is None else job.slice.duration_ms
            run(argv, cwd=folder, total_ms=length_ms, progress=progress)


class GifRenderer(_ClipRenderer):
    """Writes an animated GIF."""

    kind = "gif"


class WebpRenderer(_ClipRenderer):
    """Writes an animated WebP: smaller than the GIF, with all colours."""

    kind = "webp"
