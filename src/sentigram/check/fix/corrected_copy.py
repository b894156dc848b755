"""Writes a corrected copy of a file beside it, or elsewhere, and checks the copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sentigram.check.checking import (
    CheckOptions,
    Report,
    check_text,
    check_track,
    limits_for,
)
from sentigram.check.fix.fixing import Change, fix
from sentigram.core.document import is_document
from sentigram.errors import OutputError, UsageError
from sentigram.files import check_free, write_text
from sentigram.formats.reading import read_track, spoken_language

INFIX = ".fixed"


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of a file.

    Attributes:
        report: Of the corrected file, or of the file itself where nothing was changed.
        changes: With their reasons.
        path: The copy, None where nothing was changed.
    """

    report: Report
    changes: tuple[Change, ...]
    path: Path | None


def correct_file(
    path: Path, options: CheckOptions, *, folder: Path | None = None, overwrite: bool = False
) -> Corrected:
    """Correct a file into a copy: `talk.fixed.srt`.

    Args:
        path: SRT, WebVTT or ASS.
        options: What it is checked against.
        folder: Where the copy goes, None for beside the file.
        overwrite: Whether an earlier copy may be replaced.

    Raises:
        InputError: The file cannot be read.
        UsageError: It is of a kind that cannot be corrected.
        OutputError: The copy cannot be written.
    """
    if is_document(path):
        message = (
            f"{path}: a Document is laid out by the rules whenever it is rendered; there is "
            "nothing to fix: render it with the --profile that is wanted"
        )
        raise UsageError(message)
    target = (path.parent if folder is None else folder) / f"{path.stem}{INFIX}{path.suffix}"
    if target.exists() and path.exists() and target.samefile(path):
        message = f"{target}: the copy would replace its own source; give --out DIR"
        raise OutputError(message)
    track = read_track(path)
    language = options.language or spoken_language(track)
    limits = limits_for(track, options, language)
    fixed = fix(track, limits, language, options.wanted)
    if not fixed.changes:
        return Corrected(check_track(track, options), (), None)
    check_free([target], overwrite=overwrite)
    mark = "\ufeff" if track.kind == "ass" else ""  # without it VSFilter reads ANSI
    write_text(target, mark + fixed.text, overwrite=overwrite)
    # Its times are no other than those of the text that was written.
    report = check_text(fixed.text, path.suffix.lower(), str(target), options)
    return Corrected(report, fixed.changes, target)
