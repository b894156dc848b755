"""`sentigram corpus`: what is in a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags


def corpus(
    manifests: Annotated[
        list[Path],
        typer.Argument(metavar="MANIFEST…", help="As `sentigram prepare` wrote them."),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also draw pictures into this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print facts as JSON.")] = False,
) -> None:
    """Count a corpus: labels, splits, speakers, styles, hours, languages and duplicates."""
    flags.require_training()
    from sentigram.cli.reporter import print_line, say
    from sentigram.training.dataset.manifest import read_manifest
    from sentigram.training.describing.corpus import as_json as to_json
    from sentigram.training.describing.corpus import as_text, describe

    read = [read_manifest(path) for path in manifests]
    facts = [describe(manifest) for manifest in read]
    if out is not None:
        from sentigram.training.describing.pictures import write_pictures

        for manifest, own in zip(read, facts, strict=True):
            n = len(write_pictures(manifest, own, out))
            say(f"{n} pictures of {own.corpus} in {out}")
    print_line(to_json(facts) if as_json else "\n".join(map(as_text, facts)).rstrip("\n"))
