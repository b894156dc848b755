"""Matroska: the film as it was, with captions that can be switched, edited and taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sentigram.core.media import MediaInfo, VideoOptions
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.time import Span
from sentigram.errors import MediaError, UsageError
from sentigram.files import output_error, work_folder
from sentigram.formats.marks import MARKER
from sentigram.media.commands import FONTS_NAME, SUBTITLES_NAME
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.holds import holdable
from sentigram.media.muxing import TextTrack, copied, mkv_argv
from sentigram.render.ass.attached_fonts import font_files
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text

EDITABLE = TextTrack(SUBTITLES_NAME, MARKER)
EFFECTS = TextTrack("effects.ass", f"{MARKER}, with effects")
PLAIN = TextTrack("captions.srt", f"{MARKER}, plain")


class MkvRenderer(Renderer):
    """Writes Matroska: streams copied, three caption tracks, fonts attached.

    The first caption track, ASS without effects, is the default; the second holds the effects, the
    third plain SubRip for players that know no ASS. Subtitles and chapters of the source stay;
    cover pictures, data streams and the file's own tags do not, nor what ffmpeg cannot copy.
    """

    needs_media = True
    says_notes = True

    def check(self, video: VideoOptions, *, stretch: Span | None, duration_ms: int | None) -> None:
        """Refuse slices: copied streams can only be cut at key frames. It needs ffmpeg, too."""
        del video, duration_ms
        find_ffmpeg()
        if stretch is not None:
            message = (
                "`to mkv`: copies the picture as it is, which cannot be cut at any frame; "
                "leave out `preview`, or choose `to video`"
            )
            raise UsageError(message)

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file.

        Raises:
            MediaError: ffmpeg could not read the media, or Matroska cannot hold it.
            OutputError: The disk is full.
        """
        media = job.needed_media()
        ffmpeg = find_ffmpeg()
        with _prepared(job) as (folder, fonts):

            def write(what: MediaInfo) -> None:
                argv = mkv_argv(
                    ffmpeg,
                    what,
                    out.absolute(),
                    tracks=(EDITABLE, EFFECTS, PLAIN),
                    fonts=fonts,
                    language=job.track.language,
                )
                run(argv, cwd=folder, total_ms=media.duration_ms, progress=progress)

            try:
                write(media)
            except MediaError:
                # Mostly one stream of many, as phones add them: the rest is worth keeping.
                kept = holdable(ffmpeg, media, copied(media), "matroska", workdir=folder)
                left = [stream for stream in copied(media) if stream not in kept]
                if not left or not kept:
                    raise
                write(replace(media, streams=kept))
                named = ", ".join(f"{s.kind} stream {s.index} ({s.codec})" for s in left)
                job.reporter.warn(
                    f"{media.path}: {named} cannot be copied into an .mkv by this ffmpeg, and is "
                    "left out; the rest is there"
                )


@contextmanager
def _prepared(job: RenderJob) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A private folder with the tracks and fonts, and the fonts' paths in it."""
    track = job.track
    with work_folder() as folder:
        texts = {
            EDITABLE.name: ass_text(track, title="captions", motion=job.motion, embed_fonts=False),
            EFFECTS.name: effects_text(
                track, title="captions", motion=job.motion, embed_fonts=False
            ),
            PLAIN.name: srt_text(track),
        }
        try:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8", newline="\n")
            (folder / FONTS_NAME).mkdir()
            files = font_files(track)
            for file in files:
                (folder / FONTS_NAME / file.name).write_bytes(file.data)
        except OSError as error:
            raise output_error(folder, error) from error
        yield folder, tuple(f"{FONTS_NAME}/{file.name}" for file in files)
