"""`sentigram prepare`: a corpus to a manifest and cached features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.core.protocols import Reporter
    from sentigram.training.dataset.manifest import Manifest


def prepare(
    corpus: Annotated[
        str,
        typer.Argument(
            help="iemocap, cremad, meld, ravdess, emodb, nemo, goemotions, xed, "
            "emobank, folder (with a CSV), or features (a .npz or .pkl)."
        ),
    ],
    source: Annotated[Path, typer.Argument(help="The corpus as downloaded.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The manifest; runs/prepared/CORPUS.parquet by default.")
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="Encoders, comma-separated: minilm, compact, compact-frames, bert:MODEL, "
            "emotion2vec:MODEL, wav2vec:MODEL; none encodes nothing."
        ),
    ] = "none",
    features_folder: Annotated[Path, typer.Option(help="Where encoded examples are kept.")] = Path(
        "runs/features"
    ),
    imported: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            metavar="NAME:KIND=FILE[:ARRAY]",
            help="Features made elsewhere, one row per example in the corpus's order: "
            "roberta:text=features.npz:dev_text.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the manifest.")] = False,
    quiet: flags.Quiet = False,
) -> None:
    """Read a corpus in its official layout, hash it, and encode each example once.

    Encoding goes on where it was stopped: what is encoded is found by its content.
    """
    flags.require_training()
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.files import check_free, made_folder
    from sentigram.training.dataset.extractors import encoders
    from sentigram.training.dataset.features import extract
    from sentigram.training.dataset.importing import import_features, parse_import
    from sentigram.training.dataset.manifest import write_manifest

    target = out or Path("runs/prepared") / f"{corpus}.parquet"
    check_free([target], overwrite=overwrite, may_make=True)
    wanted = [parse_import(text) for text in imported or ()]
    names = [] if features == "none" else features.split(",")
    with ConsoleReporter(quiet=quiet) as reporter:
        manifest = _read(corpus, source, features_folder, reporter)
        with made_folder(target.parent):
            write_manifest(target, manifest, overwrite=overwrite)
        for one in wanted:
            import_features(manifest, one, features_folder)
        for encoder in encoders(names):
            with reporter.stage(encoder.info.name) as progress:
                extract([manifest], encoder, features_folder, progress=progress)
    print_line(str(target))


def _read(corpus: str, source: Path, features_folder: Path, reporter: Reporter) -> Manifest:
    from sentigram.training.corpora import catalogue
    from sentigram.training.dataset.importing import manifest_of_features
    from sentigram.training.dataset.preparing import prepare as read

    if corpus == "features":
        return manifest_of_features(source, features_folder)
    licence = catalogue.licence(corpus)
    if not source.is_dir():
        message = f"{source}: not a folder; give the folder that holds {corpus} as downloaded"
        raise UsageError(message)
    with reporter.stage("read") as progress:
        return read(
            catalogue.read(corpus, source, warn=reporter.warn),
            corpus=corpus,
            root=source,
            licence=licence,
            unused=catalogue.unused(corpus, source),
            progress=progress,
            warn=reporter.warn,
        )
