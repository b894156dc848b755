"""What `sentigram prepare` is told of data that comes in no official layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.core.protocols import Reporter
    from sentigram.training.corpora.item import Item
    from sentigram.training.corpora.tables.examples import Listing
    from sentigram.training.dataset.cropping import Crop
    from sentigram.training.dataset.manifest import Manifest

_PANEL = "Your own data (folder, table, features)"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")

Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="What to call the corpus: ids, speakers, its manifest and features bear the name.",
        rich_help_panel=_PANEL,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="MEANING=COLUMN,…",
        help="What columns mean: file=clip,label=Emotion; joined by +: audio=V1+V3+V4. Else they "
        "are found by usual names.",
        rich_help_panel=_PANEL,
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="GIVEN=EMOTION,…",
        help="What labels mean: 0=anger,1=happiness.",
        rich_help_panel=_PANEL,
    ),
]
Clips = Annotated[
    Path | None,
    typer.Option(
        "--clips",
        help="The folder that all clips lie in, where it is not the table's; paths in the table "
        "may then be whole ones.",
        rich_help_panel=_PANEL,
    ),
]
Validation = Annotated[
    Path | None,
    typer.Option(
        "--val",
        help="The file of the validation split; SOURCE then holds the training split.",
        rich_help_panel=_PANEL,
    ),
]
Test = Annotated[
    Path | None,
    typer.Option("--test", help="The file of the test split.", rich_help_panel=_PANEL),
]

_TAKEN: Mapping[str, tuple[str, ...]] = {
    "folder": ("name", "columns", "labels", "clips", "val", "test"),
    "table": ("name", "columns", "labels", "clips", "val", "test"),
    "features": ("name", "labels", "val", "test"),
}
KINDS = tuple(_TAKEN)


@dataclass(frozen=True, slots=True)
class OwnData:
    """The options, as typed."""

    name: str | None = None
    columns: str | None = None
    labels: str | None = None
    clips: Path | None = None
    val: Path | None = None
    test: Path | None = None

    def check(self, corpus: str) -> None:
        """Make sure that what was given is for this kind of corpus.

        Raises:
            UsageError: It is not, or the name is none.
        """
        given = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        taken = _TAKEN.get(corpus, ())
        wrong = [f"--{name}" for name in given if name not in taken]
        if wrong:
            kinds = [kind for kind, names in _TAKEN.items() if wrong[0][2:] in names]
            message = f"{', '.join(wrong)}: for {', '.join(kinds)}; {corpus} is read as it comes"
            raise UsageError(message)
        if self.name is not None and not _NAME.fullmatch(self.name):
            message = (
                f"--name {self.name}: write small letters, digits, - and _, 40 at most, and a "
                "letter first"
            )
            raise UsageError(message)

    def called(self, corpus: str, source: Path) -> str:
        """The corpus's name, and that of its manifest."""
        if self.name is not None or corpus != "table":
            return self.name or corpus
        plain = re.sub(r"[^a-z0-9_-]+", "-", source.stem.casefold()).strip("-_")[:40]
        return plain if _NAME.fullmatch(plain) else corpus

    def listing(self, corpus: str) -> Listing:
        """How the source is to be read.

        Raises:
            UsageError: An option is of another form.
        """
        from sentigram.training.corpora.tables.columns import FIELDS, parse_columns, parse_names
        from sentigram.training.corpora.tables.examples import Listing
        from sentigram.training.dataset.feature_table import MEANINGS

        return Listing(
            columns=parse_columns(self.columns or "", MEANINGS if corpus == "table" else FIELDS),
            labels=parse_names(self.labels or ""),
            clips=self.clips,
            held_out=self.held_out,
        )

    @property
    def held_out(self) -> Mapping[str, Path]:
        """Split → its file, beside that of the training split."""
        files = {"val": self.val, "test": self.test}
        return {split: path for split, path in files.items() if path is not None}


def read(
    corpus: str,
    source: Path,
    own: OwnData,
    features: Path,
    reporter: Reporter,
    *,
    crop: Crop | None = None,
) -> Manifest:
    """Read data of one's own: a list or folders of clips, a table, or files of features.

    Labels that are numbers still are told: they name no emotion, and nothing else would ask.

    Args:
        corpus: One of KINDS.
        source: A file or folder.
        own: What the user says of it.
        features: The folder of all features.
        reporter: Is told what is left out, and how columns are read.
        crop: How clips are cut into pieces; None leaves them whole.

    Raises:
        UsageError: The source is not there, or an option does not fit.
        InputError: Something in it is not as it must be.
    """
    manifest = _read(corpus, source, own, features, reporter, crop)
    labels = {label for example in manifest.examples for label in example.labels}
    if numbers := sorted(filter(str.isdecimal, labels), key=int):
        reporter.warn(
            f"{source}: labels that are numbers stay so: {', '.join(numbers[:12])}; say what they "
            f"mean with --labels {numbers[0]}=anger,…"
        )
    return manifest


def _read(
    corpus: str,
    source: Path,
    own: OwnData,
    features: Path,
    reporter: Reporter,
    crop: Crop | None,
) -> Manifest:
    from sentigram.training.corpora import folder
    from sentigram.training.dataset.feature_table import read_feature_table
    from sentigram.training.dataset.importing import manifest_of_features
    from sentigram.training.dataset.preparing import prepare

    how, name = own.listing(corpus), own.called(corpus, source)
    if corpus == "features":
        return manifest_of_features(
            source,
            features,
            name=own.name or "",
            held_out=how.held_out,
            labels=how.labels,
            warn=reporter.warn,
            note=reporter.note,
        )
    what = "table" if corpus == "table" else "folder or table"
    if not source.exists():
        message = f"{source}: there is no such {what}; give the path of your corpus's {what}"
        raise UsageError(message)
    if corpus == "table" and source.is_dir():
        message = f"{source}: is a folder; give the table of your corpus"
        raise UsageError(message)
    if corpus == "table":
        with reporter.stage("read"):
            return read_feature_table(
                source, features, name=name, listing=how, warn=reporter.warn, note=reporter.note
            )
    unread: list[str] = []
    items = folder.read(
        source, warn=reporter.warn, note=reporter.note, listing=how, unread=unread.extend
    )
    root = how.root(source)
    if crop is not None:
        items, root = pieces(items, crop, reporter), crop.folder
    with reporter.stage("read") as progress:
        return prepare(
            items,
            corpus=name,
            root=root,
            licence=folder.LICENCE,
            unused=tuple(dict.fromkeys(unread)),
            progress=progress,
            warn=reporter.warn,
        )


def pieces(items: Sequence[Item], how: Crop, reporter: Reporter) -> tuple[Item, ...]:
    """Cut clips into pieces.

    Args:
        items: What was read.
        how: Length and place.
        reporter: Is told how far it is, and what was left out.
    """
    from sentigram.training.dataset.cropping import crop

    with reporter.stage("crop") as progress:
        return crop(items, how, progress=progress, warn=reporter.warn, note=reporter.note)
