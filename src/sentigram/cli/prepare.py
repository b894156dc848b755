"""`sentigram prepare`: a corpus to a manifest and cached features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli import own_data
from sentigram.cli import training_flags as flags
from sentigram.cli.own_data import OwnData
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.core.protocols import Reporter
    from sentigram.training.dataset.cropping import Crop
    from sentigram.training.dataset.manifest import Manifest


def prepare(
    corpus: Annotated[
        str,
        typer.Argument(
            help="iemocap, cremad, meld, ravdess, emodb, nemo, goemotions, xed, emobank; or of "
            "your own: folder (a list of clips or texts, or folders of clips by emotion), table "
            "(features beside labels), features (.npz, .pkl, .pt); or copies (an experiment: its "
            "altered clips)."
        ),
    ],
    source: Annotated[Path, typer.Argument(help="The corpus as downloaded; a file or a folder.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The manifest; runs/prepared/NAME.parquet by default. For copies, a folder of "
            "altered clips to listen to."
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="Encoders, comma-separated: minilm, compact, compact-frames, logmel, "
            "logmel-vggish, prosody-25, spectrum-25, faces, faces-frames, bert:MODEL, "
            "bert-cls:MODEL, bert-pieces:MODEL, wordpieces:MODEL, emotion2vec:MODEL, "
            "emotion2vec-pooled:MODEL, "
            "wav2vec:MODEL, whisper-mean:MODEL; +clean and +speakers after the first word change "
            "the texts that are read; none encodes nothing."
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
            help="Features made elsewhere, by id or one row per example in the corpus's order, "
            "vectors or sequences: roberta:text=features.npz:dev_text.",
        ),
    ] = None,
    crop: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=600,
            metavar="SECONDS",
            help="Cut clips into pieces of this length, each an example that says of which clip "
            "it is; with 3, the manifest is NAME-3s.parquet, and the pieces lie beside it.",
        ),
    ] = None,
    name: own_data.Name = None,
    columns: own_data.Columns = None,
    labels: own_data.Labels = None,
    clips: own_data.Clips = None,
    val: own_data.Validation = None,
    test: own_data.Test = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the manifest.")] = False,
    quiet: flags.Quiet = False,
) -> None:
    """Read a corpus in its official layout, hash it, and encode each example once.

    Encoding goes on where it was stopped: what is encoded is found by its content.
    """
    flags.require_training()
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.files import check_free, made_folder
    from sentigram.training.dataset.extractors import check_names, encoders
    from sentigram.training.dataset.features import Remarking, extract
    from sentigram.training.dataset.importing import import_features, parse_import
    from sentigram.training.dataset.manifest import write_manifest

    if corpus == "copies":
        from sentigram.cli.copies import prepare_altered

        prepare_altered(source, out, quiet=quiet)
        return
    own = OwnData(name, columns, labels, clips, val, test)
    own.check(corpus)
    stem = own.called(corpus, source) + ("" if crop is None else f"-{crop:g}s")
    target = out or Path("runs/prepared") / f"{stem}.parquet"
    how = None if crop is None else _crop(crop, corpus, features, target)
    another = "another --name, or --out FILE" if corpus in own_data.KINDS else "--out FILE"
    check_free([target], overwrite=overwrite, may_make=True, instead=another)
    wanted = [parse_import(text) for text in imported or ()]
    encoded = [] if features == "none" else features.split(",")
    check_names(encoded)  # now: a manifest that is written would be in the way of the next try
    with ConsoleReporter(quiet=quiet) as reporter:
        if corpus in own_data.KINDS:
            manifest = own_data.read(corpus, source, own, features_folder, reporter, crop=how)
        else:
            manifest = _read(corpus, source, reporter, how)
        with made_folder(target.parent):
            write_manifest(target, manifest, overwrite=overwrite)
        for one in wanted:
            import_features(manifest, one, features_folder, warn=reporter.warn)
        for encoder in encoders(encoded):
            with reporter.stage(encoder.info.name) as progress:
                extract([manifest], encoder, features_folder, progress=progress)
            for remark in encoder.remarks if isinstance(encoder, Remarking) else ():
                reporter.warn(remark)
    print_line(str(target))


def _crop(seconds: float, corpus: str, features: str, target: Path) -> Crop:
    """How clips are cut.

    Raises:
        UsageError: There are no clips to cut, or features need more than their sound.
    """
    from sentigram.training.dataset.cropping import Crop

    if corpus in ("table", "features"):
        message = f"--crop cuts clips, and {corpus} has none; leave it out"
        raise UsageError(message)
    pictures = [name for name in features.split(",") if name.startswith("faces")]
    if pictures:
        message = f"--crop: pieces are sound without pictures, and {pictures[0]} needs them"
        raise UsageError(message)
    return Crop(round(seconds * MS_PER_SECOND), target.with_name(f"{target.stem}-pieces"))


def _read(corpus: str, source: Path, reporter: Reporter, how: Crop | None) -> Manifest:
    from sentigram.training.corpora import catalogue
    from sentigram.training.dataset.preparing import prepare as read

    licence = catalogue.licence(corpus)
    if not source.is_dir():
        message = f"{source}: not a folder; give the folder that holds {corpus} as downloaded"
        raise UsageError(message)
    items, root = catalogue.read(corpus, source, warn=reporter.warn), source
    if how is not None:
        items, root = own_data.pieces(items, how, reporter), how.folder
    with reporter.stage("read") as progress:
        return read(
            items,
            corpus=corpus,
            root=root,
            licence=licence,
            progress=progress,
            warn=reporter.warn,
        )
