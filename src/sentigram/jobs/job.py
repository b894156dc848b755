"""One source and the results that are wanted of it: the value, and its plan before the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from sentigram import registry
from sentigram.core.document import SUFFIX, is_document
from sentigram.core.media import VideoOptions
from sentigram.core.option import Option, listed
from sentigram.core.time import Span, parse_range
from sentigram.errors import DocumentError, MediaError, UsageError
from sentigram.files import check_apart, check_folder, check_free, clear_dead_work
from sentigram.jobs.corrected import Corrected, find_corrected
from sentigram.jobs.engine import Engine
from sentigram.jobs.record import RecordFile
from sentigram.jobs.results import PREVIEW, check_kinds, stem, targets
from sentigram.style.look import Look
from sentigram.words.heard_or_given import HearOptions

_PANEL = "Results"


def stretch(text: str) -> Span:
    """Read the START-END of a preview.

    Raises:
        UsageError: It is none.
    """
    try:
        return parse_range(text)
    except UsageError as error:
        message = f"`preview`: {error}"
        raise UsageError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is wanted of every source: its own options, and those of each stage."""

    kinds: Annotated[
        tuple[str, ...],
        Option(
            "Kinds of result, comma-separated: html, ass, effects, srt, vtt, ttml, srv3, "
            "microdvd, mpl2, json, video, mkv, gif, webp, timeline.",
            _PANEL,
            name="to",
            is_variable=True,
            read=listed,
        ),
    ] = ("html", "ass", "json")
    out: Annotated[
        Path | None,
        Option("Folder for the results; beside the source if not given.", _PANEL, is_variable=True),
    ] = None
    overwrite: Annotated[bool, Option("Replace results.", _PANEL)] = False
    rehear: Annotated[
        bool,
        Option(
            "Hear anew what has a corrected Document: it is kept as .bak, and corrections that "
            "still fit are carried over.",
            _PANEL,
        ),
    ] = False
    preview: Annotated[
        Span | None,
        Option(
            "Only a slice, START-END, such as 1:00-1:30, with whole sentences; "
            "named talk.preview.*.",
            _PANEL,
            read=stretch,
        ),
    ] = None
    look: Look = field(default_factory=Look)
    hear: HearOptions = field(default_factory=HearOptions)
    engine: Engine = field(default_factory=Engine)
    video: VideoOptions = field(default_factory=VideoOptions)

    @property
    def engine_line(self) -> str:
        """Which engine hears and reads, and why, for people.

        Raises:
            UsageError: The choices contradict each other.
            MissingError: Something that is asked for is not here.
        """
        from sentigram.jobs.choose_engine import words_line

        chosen = self.engine.chosen
        return chosen.line if self.hear.emotions else words_line(chosen)


@dataclass(frozen=True, slots=True)
class Job:
    """A file on its way.

    Attributes:
        source: A media file, or a Document.
        paths: The path of each kind of result; a Document is never its own.
        settings: What is wanted of it, and how it is made.
        record: Where batches keep what they made of the source.
        corrected: A Document of the recording that a person changed.
        keeps_record: A record is begun where there is none; one that is there is always kept up.
    """

    source: Path
    paths: Mapping[str, Path]
    settings: Settings
    record: RecordFile
    corrected: Corrected | None = None
    keeps_record: bool = False

    @property
    def replaces(self) -> frozenset[str]:
        """The kinds whose files may be replaced."""
        return frozenset(self.paths) if self.settings.overwrite else frozenset()


def check(settings: Settings) -> None:
    """Find every fault in the settings before any source is looked at; clear what dead runs left.

    Raises:
        UsageError: An unknown kind of result, culture, age or transcriber.
        ThemeError: The theme cannot be used.
        OutputError: The folder for results cannot be made or written to.
        MissingError: A video is wanted and its tools are missing.
    """
    from sentigram.jobs.draw import check_drawable

    clear_dead_work()
    check_kinds(settings.kinds)
    registry.check("transcriber", settings.engine.chosen.transcriber)
    check_drawable(settings.kinds, settings.look, settings.video, preview=settings.preview)
    if settings.out is not None:
        check_folder(settings.out, may_make=True)


def plan(
    sources: Sequence[Path], settings: Settings, *, is_checked: bool = False
) -> tuple[Job, ...]:
    """Find every fault that can be found before the work.

    Args:
        sources: Media files and Documents.
        settings: What is wanted.
        is_checked: Leave out what `check` does, and do not mind results that are there.

    Raises:
        MediaError: A source is not there or is a folder.
        UsageError: Two sources would write the same file, or nothing is left to write.
        OutputError: A result is in the way, or its folder cannot be written to.
        SentigramError: See `check`.
    """
    if not is_checked:
        check(settings)
    if settings.hear.transcript is not None and len(sources) > 1:
        message = "`transcript` belongs to one source; render the others apart"
        raise UsageError(message)
    jobs = tuple(_job(source, settings) for source in sources)
    owners: dict[Path, Job] = {}
    for job in jobs:
        for path in job.paths.values():
            owner = owners.setdefault(path.absolute(), job)
            if owner is not job:
                message = (
                    f"{owner.source} and {job.source} would both become {path}; "
                    "rename one, or render them apart with different `out`"
                )
                raise UsageError(message)
    for job in jobs:
        paths = tuple(job.paths.values())
        if settings.hear.transcript is not None:
            check_apart(settings.hear.transcript, paths)
        if not is_checked:
            check_free(
                paths,
                overwrite=settings.overwrite,
                may_make=settings.out is not None,
                hint=_restyling(job.source),
            )
    return jobs


def _restyling(source: Path) -> str:
    """How to change only the look of what was heard before."""
    document = source.with_name(f"{stem(source)}{SUFFIX}")
    if is_document(source) or not document.is_file():
        return ""
    return f"; to change only how it looks: sentigram render {document.name} --overwrite"


def _job(source: Path, settings: Settings) -> Job:
    try:
        exists = source.exists()
    except OSError as error:
        message = f"{source!s:.200}: cannot be read ({error.strerror or error})"
        raise MediaError(message) from error
    if not exists:
        message = f"{source}: no such file"
        raise (DocumentError if is_document(source) else MediaError)(message)
    if source.is_dir():
        message = f"{source}: is a folder; for many files use: sentigram batch FOLDER"
        raise MediaError(message)
    if is_document(source) and settings.hear.transcript is not None:
        message = f"`transcript`: {source} has its words already; give it with the video instead"
        raise UsageError(message)
    kinds = settings.kinds
    infix = "" if settings.preview is None else PREVIEW
    if is_document(source) and settings.out is None and not infix:
        kinds = tuple(kind for kind in kinds if kind != "json")  # it is there already: the source
        if settings.kinds and not kinds:
            message = f"{source}: is a Document already; ask for another kind with `to`"
            raise UsageError(message)
    paths = targets(source, kinds, folder=settings.out, infix=infix)
    home = source.parent if settings.out is None else settings.out
    return Job(
        source,
        paths,
        settings,
        RecordFile(home, stem(source) + infix),
        corrected=_corrected(source, home, settings),
    )


def _corrected(source: Path, home: Path, settings: Settings) -> Corrected | None:
    """The Document of a recording that a person changed; one that cannot be read is kept.

    Raises:
        UsageError: Other words are given for it.
        DocumentError: It cannot be read.
    """
    if is_document(source):
        return None
    try:
        found = find_corrected(source, home)
    except DocumentError:
        if settings.rehear:
            return None
        raise
    transcript = settings.hear.transcript
    if found is not None and transcript is not None and not settings.rehear:
        message = (
            f"`transcript`: {found.path} may hold corrections, and {transcript.name} has other "
            "words; to take those, add `rehear`: the Document is kept, and corrections that still "
            "fit are carried over"
        )
        raise UsageError(message)
    return found
