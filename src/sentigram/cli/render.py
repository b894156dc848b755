"""`sentigram render`: video, sound or Documents to emotion-styled subtitles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli.flags import with_flags
from sentigram.cli.short_help import HELP_ALL
from sentigram.cli.strict import STRICT, fail_if_strict
from sentigram.jobs.job import Settings

EXAMPLES = (
    "sentigram render talk.mp4",
    "sentigram render talk.mp4 --to srt,video --out captions --profile netflix",
    "sentigram render talk.mp4 --transcript talk.srt --preview 1:00-1:30",
    "sentigram render talk.sentigram.json --culture eastern --age child",
)


@with_flags
def render(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE…", help="Video, audio file or .sentigram.json Document."),
    ],
    settings: Settings,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was made as JSON on stdout.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help=STRICT)] = False,
    help_all: Annotated[bool, HELP_ALL] = False,  # noqa: ARG001  (its callback does the work)
) -> None:
    """Make subtitles that look the way the words were said.

    Results lie beside the source, or in --out DIR: talk.html, talk.ass, talk.sentigram.json …
    A Document (talk.sentigram.json) is restyled in about a second, without any model.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.core.document import is_document
    from sentigram.jobs.job import plan
    from sentigram.jobs.prefetch import in_turn
    from sentigram.jobs.run import draw_job, hear_job

    engine_line = settings.engine_line
    jobs = plan(sources, settings)
    minded: list[tuple[str, tuple[str, ...]]] = []
    with ConsoleReporter(quiet=quiet) as reporter:
        if not all(is_document(job.source) for job in jobs):
            reporter.note(engine_line)
        works = (lambda told, stack, job=job: hear_job(job, told, stack) for job in jobs)
        for job, turn in zip(jobs, in_turn(works, reporter), strict=True):
            reporter.title(job.source.name)
            if settings.hear.shots and is_document(job.source):
                reporter.warn(
                    f"--shots: {job.source} keeps the shots that it has; "
                    "to look for them, render the video itself"
                )
            made = draw_job(turn.result(), reporter)
            minded.append((job.source.name, made.concerns))
            if as_json:
                print_line(json.dumps(made.as_json()))
            else:
                for path in made.paths.values():
                    print_line(str(path))
    fail_if_strict(minded, strict=strict)
