"""`sentigram doctor`: what works here, and the remedy for what does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli.doctor_full import Finding, full_engine

if TYPE_CHECKING:
    from sentigram.store.shipped import InstalledModel

_MISSING = 4


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check ffmpeg, libass, fonts, models and devices; exit 4 if something is missing.

    That the full engine is not installed is no failure; what would bring it is said.
    """
    from sentigram.cli.reporter import print_line

    findings = tuple(_findings())
    if as_json:
        print_line(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING"
            print_line(f"{mark} {finding.check:<26} {finding.found}")
            if finding.remedy:
                print_line(f"{'':<8}{'':<26} → {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(_MISSING)


def _findings() -> Iterator[Finding]:
    yield _python()
    yield from _ffmpeg()
    yield _fonts()
    yield from _models()
    yield _tagger()
    yield from full_engine()


def _python() -> Finding:
    import platform

    from sentigram import __version__

    machine = f"{platform.system()} {platform.machine()}"
    return Finding(
        "sentigram", ok=True, found=f"{__version__}, Python {platform.python_version()}, {machine}"
    )


def _ffmpeg() -> Iterator[Finding]:
    from sentigram.errors import MissingError
    from sentigram.media.ffmpeg import find_ffmpeg

    try:
        tool = find_ffmpeg()
    except MissingError as error:
        yield Finding("ffmpeg", ok=False, found="none", remedy=str(error))
        return
    yield Finding("ffmpeg", ok=True, found=f"{tool.version} ({tool.path})")
    yield Finding(
        "libass",
        ok=tool.has_libass,
        found="built in" if tool.has_libass else "this ffmpeg draws no subtitles",
        remedy="" if tool.has_libass else "pip install imageio-ffmpeg",
    )


def _fonts() -> Finding:
    from sentigram.errors import MissingError
    from sentigram.style.text.fonts import faces

    try:
        found = faces()
    except MissingError as error:
        return Finding("fonts", ok=False, found="none", remedy=str(error))
    families = sorted({face.family for face in found})
    return Finding("fonts", ok=True, found=f"{len(found)} faces: {', '.join(families)}")


def _described(model: InstalledModel) -> str:
    if model.problem and not model.is_needed:
        return "not in this installation"
    licence = f", {model.licence}" if model.licence else ""
    return f"{model.id} {model.version}{licence}".strip()


def _models() -> Iterator[Finding]:
    from sentigram.store.shipped import installed

    for model in installed():
        yield Finding(
            model.role,
            ok=not (model.problem and model.is_needed),
            found=_described(model),
            remedy=model.problem,
        )


def _tagger() -> Finding:
    """What names sounds other than music; that none is here is no failure."""
    from sentigram.errors import InputError, MissingError
    from sentigram.store.catalogue import catalogue
    from sentigram.words.tagging.asked import AUTO
    from sentigram.words.tagging.choosing import ROLE, choose_tagger
    from sentigram.words.tagging.yamnet import INSTALL

    try:
        chosen = choose_tagger(AUTO)
        large = choose_tagger(AUTO, is_full=True) if chosen.tagger is None else chosen
    except (MissingError, InputError) as error:
        return Finding(ROLE, ok=False, found="cannot be loaded", remedy=str(error))
    if chosen.tagger is not None:
        return Finding(ROLE, ok=True, found=chosen.tagger.part.id)
    if chosen.line:
        return Finding(ROLE, ok=False, found=chosen.line)
    if large.tagger is not None:
        return Finding(ROLE, ok=True, found=f"{large.tagger.part.id}, with the full engine")
    return Finding(
        ROLE,
        ok=True,
        found="none: music and singing are told, and no other sounds",
        remedy=f"{INSTALL.removeprefix('run: ')}; then {catalogue().models['yamnet'].command}",
    )
