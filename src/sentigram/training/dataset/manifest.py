"""A corpus as a table: every example with what audits and splits need to know of it.

Written as Parquet by `sentigram prepare`. The table holds hashes and fingerprints, so that shared
and near-identical material is found without the sound at hand.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from sentigram.errors import InputError
from sentigram.files import whole_file

VERSION = 1
FINGERPRINT_BYTES = 32
_NAMES = ("id", "corpus", "split", "speaker", "session", "dialogue", "style", "origin")
_OF_SOUND = ("outline", "voice")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a manifest.

    Attributes:
        id: `corpus/item`, unique over all manifests.
        corpus: The corpus module's name.
        labels: Emotion names in Sentigram's vocabulary; empty where only vad is annotated.
        split: The corpus's own split or fold, empty where it has none.
        text: What is said or written, verbatim.
        audio: Path of the clip relative to the manifest's root, empty for text.
        speaker: `corpus/speaker`, empty when unknown.
        session: `corpus/session`, empty where there are none.
        dialogue: `corpus/dialogue`, empty where there are none.
        style: scripted, improvised or empty.
        vad: Valence, arousal, dominance in [-1, 1], or None.
        duration_ms: Of the clip; 0 for text.
        audio_sha256: Of the decoded 16 kHz samples as int16; empty for text.
        fingerprint: FINGERPRINT_BYTES bytes that are close (Hamming) for near-identical sound, as
            hex; empty for text.
        origin: The id of the example that this one was made from by copying or augmenting it, or
            the name of the recording that it was cut from; empty for originals.
        outline: What of the sound stays when pitch, tempo and noise change, as `outline.outline`
            makes it; empty for text.
        voice: Whose voice it is, as `voiceprint.voiceprint` makes it, of a dozen clips of each
            speaker; empty for others.
    """

    id: str
    corpus: str
    labels: tuple[str, ...]
    split: str
    text: str
    audio: str = ""
    speaker: str = ""
    session: str = ""
    dialogue: str = ""
    style: str = ""
    vad: tuple[float, float, float] | None = None
    duration_ms: int = 0
    audio_sha256: str = ""
    fingerprint: str = ""
    origin: str = ""
    outline: str = ""
    voice: str = ""


@dataclass(frozen=True)
class Manifest:
    """The examples of one corpus.

    Attributes:
        corpus: The corpus module's name.
        root: Folder that the clips' paths are relative to.
        examples: In the corpus's order.
        licence: What the corpus allows.
        unused: Names of columns of the source that nothing was made of.
    """

    corpus: str
    root: Path
    examples: tuple[Example, ...]
    licence: str = ""
    unused: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Digest of what the rows say; not of where the corpus lies."""
        digest = hashlib.sha256()
        for example in sorted(self.examples, key=lambda e: e.id):
            said = asdict(example)
            # made of the sound, whose own digest counts: manifests from before keep their digest
            for name in _OF_SOUND:
                del said[name]
            digest.update(json.dumps(said, sort_keys=True).encode())
        return digest.hexdigest()


def write_manifest(path: Path, manifest: Manifest, *, overwrite: bool) -> None:
    """Write a manifest as Parquet, whole or not at all.

    Raises:
        InputError: A name holds control characters.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for example in manifest.examples:
        _check_names(example, path)
    columns = {f.name: [getattr(e, f.name) for e in manifest.examples] for f in fields(Example)}
    table = pa.table(columns, schema=_schema())
    about = {
        "version": VERSION,
        "corpus": manifest.corpus,
        "root": str(manifest.root.resolve()),
        "licence": manifest.licence,
        "unused": list(manifest.unused),
    }
    table = table.replace_schema_metadata({"sentigram": json.dumps(about)})
    with whole_file(path, overwrite=overwrite) as part:
        pq.write_table(table, part)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest and check it.

    Raises:
        InputError: Not a manifest that `sentigram prepare` wrote, or a newer one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        message = f"{path}: no such manifest; make it with: sentigram prepare CORPUS FOLDER"
        raise InputError(message)
    try:
        table = pq.read_table(path)
        about: dict[str, Any] = json.loads((table.schema.metadata or {})[b"sentigram"])
        for name in _OF_SOUND:
            if name not in table.column_names:  # written before there was such a column
                table = table.append_column(name, pa.array([""] * len(table), pa.string()))
        table = table.cast(_schema())
    except (pa.ArrowException, KeyError, ValueError, OSError) as error:
        message = f"{path}: not a manifest ({error}); make it again with sentigram prepare"
        raise InputError(message) from error
    if about.get("version") != VERSION:
        message = f"{path}: manifest version {about.get('version')!r}; this release reads {VERSION}"
        raise InputError(message)
    examples = tuple(_example(row, path) for row in table.to_pylist())
    ids = {example.id for example in examples}
    if len(ids) != len(examples):
        message = f"{path}: {len(examples) - len(ids)} examples share an id with another"
        raise InputError(message)
    return Manifest(
        str(about["corpus"]),
        Path(about["root"]),
        examples,
        str(about["licence"]),
        tuple(map(str, about.get("unused", ()))),
    )


def _example(row: dict[str, Any], path: Path) -> Example:
    vad = row.pop("vad")
    labels = row.pop("labels")
    if any(value is None for value in row.values()) or labels is None or None in labels:
        message = f"{path}: example {row.get('id')!r} has empty cells; make the manifest again"
        raise InputError(message)
    if vad is not None and not (len(vad) == 3 and all(-1 <= v <= 1 for v in vad)):
        message = f"{path}: example {row['id']!r} has vad {vad}; expected three in [-1, 1]"
        raise InputError(message)
    example = Example(**row, labels=tuple(labels), vad=None if vad is None else tuple(vad))
    _check_names(example, path)
    return example


def _check_names(example: Example, path: Path) -> None:
    """Refuse names that would break lines, move a terminal's cursor or be no XML in pictures."""
    names = (*(getattr(example, name) for name in _NAMES), *example.labels)
    wrong = next((name for name in names if _CONTROL.search(name)), None)
    if wrong is not None:
        message = (
            f"{path}: {wrong!r} holds control characters, such as ends of lines; write ids, "
            "labels and the names of speakers, dialogues and splits without"
        )
        raise InputError(message)


def _schema() -> Any:
    import pyarrow as pa

    kinds = {
        "labels": pa.list_(pa.string()),
        "vad": pa.list_(pa.float64()),
        "duration_ms": pa.int64(),
    }
    return pa.schema([(f.name, kinds.get(f.name, pa.string())) for f in fields(Example)])
