"""A checkpoint as an ONNX file that takes raw features and says probabilities.

Inputs, for each modality that the network reads:

- `KIND`: float32 (batch, n, width), features as the named encoder makes them; anything where the
  mask is False;
- `KIND_mask`: bool (batch, n), True for real tokens;
- `KIND_marked`: bool (batch, n), only of networks that were trained with context: True for what the
  example is about.

Outputs: `probabilities` (batch, n_classes), calibrated; `logits` as the network gives them; and
`vad` (batch, 3) of networks that read it. Centring and scaling by the training split's statistics
is part of the graph. Where training scaled each speaker by its own, that cannot be: the graph then
takes scaled features, and the metadata says so and hold the statistics.

Nothing is written unless ONNX Runtime gives what the network gives, on random inputs of several
sizes with padding that holds garbage.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.checkpoint import load_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.language.pieces import LanguageModel
from sentigram.emotion.networks.scaling import InputStatistics, load_inputs
from sentigram.errors import UsageError
from sentigram.files import check_free, whole_file, write_text

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network

TOLERANCE = 1e-4
_TRAIN = "train"
_ANOTHER = "another name"
_SIZES = ((3, 1.0), (1, 0.6), (4, 1.9))  # examples, and length by that of the inputs traced
_TRACED: Mapping[Kind, int] = {"text": 7, "audio": 11, "visual": 5}
_TRACED_FRAMES = 200  # of a spectrogram
_MEL = "logmel"
_GARBAGE = 7.0


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """What was written.

    Attributes:
        path: The graph.
        card: Beside it.
        largest_difference: Of any output, between ONNX Runtime and the network.
    """

    path: Path
    card: Path
    largest_difference: float


class _Graph(nn.Module):
    """A network with what stands before and after it.

    Args:
        network: In evaluation mode.
        scaling: What the graph centres and scales tokens by, by modality.
        temperature: Logits are divided by it.
        has_marks: Whether marks are inputs; without, every token is what the example is about.
    """

    def __init__(
        self,
        network: Network,
        scaling: Mapping[Kind, InputStatistics],
        *,
        temperature: float,
        has_marks: bool,
    ) -> None:
        super().__init__()
        self.network, self.temperature, self.has_marks = network, temperature, has_marks
        self.scaled = tuple(scaling)
        for kind, known in scaling.items():
            self.register_buffer(f"{kind}_mean", torch.from_numpy(known.mean.copy()))
            self.register_buffer(f"{kind}_deviation", torch.from_numpy(known.deviation.copy()))

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Tensors in the order of `input_names` → probabilities, logits and, if read, VAD."""
        inputs: dict[Kind, Sequences] = {}
        step = 3 if self.has_marks else 2
        for i, kind in enumerate(self.network.config.modalities):
            values, mask, *marked = given[step * i : step * (i + 1)]
            if kind in self.scaled:
                mean, deviation = (getattr(self, f"{kind}_{of}") for of in ("mean", "deviation"))
                values = (values - mean) / deviation
            inputs[kind] = Sequences(values, mask, *(marked or (mask,)))
        output = self.network(inputs)
        probabilities = (output.logits / self.temperature).softmax(dim=-1)
        rest = (output.vad,) if self.network.config.vad_head else ()
        return (probabilities, output.logits, *rest)


def export_onnx(checkpoint: Path, out: Path, *, overwrite: bool = False) -> ExportedFile:
    """Write a checkpoint as ONNX, and its card beside it.

    Args:
        checkpoint: `network.card.json` of a run.
        out: The file, such as network.onnx; the card is NAME.card.json.
        overwrite: Whether files that exist are replaced.

    Raises:
        InputError: The checkpoint cannot be used.
        UsageError: The network cannot be written as ONNX, its graph says something else, or the
            card beside it would be the checkpoint's own.
        OutputError: A file cannot be written.
    """
    card_path = out.with_suffix(".card.json")
    own = checkpoint.name.removesuffix(".card.json").removesuffix(".safetensors")
    if card_path.resolve() == checkpoint.with_name(f"{own}.card.json").resolve():
        message = (
            f"{out}: its card would replace the checkpoint's own; give the file another name or "
            "folder"
        )
        raise UsageError(message)
    check_free([out, card_path], overwrite=overwrite, instead=_ANOTHER)
    network, card = load_checkpoint(checkpoint)
    scaling, statistics = _scaling(checkpoint, network, card)
    graph = _Graph(
        network,
        scaling,
        temperature=float(card.get("calibration", {}).get("temperature", 1.0)),
        has_marks=int(card.get("context", 0)) > 0,
    ).eval()
    lengths = {kind: _traced_length(card, kind) for kind in network.config.modalities}
    about = _about(graph, card, statistics)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "network.onnx"
        _write(graph, lengths, made, about)
        difference = _largest_difference(graph, lengths, made)
        if not difference <= TOLERANCE:
            message = (
                f"{checkpoint}: ONNX Runtime gives other outputs than the network, by up to "
                f"{difference:.2g}; nothing was written"
            )
            raise UsageError(message)
        with whole_file(out, overwrite=overwrite, instead=_ANOTHER) as part:
            part.write_bytes(made.read_bytes())
    told = {**card, "onnx": {**about, "largest_difference": difference}}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    write_text(card_path, text, overwrite=overwrite, instead=_ANOTHER)
    return ExportedFile(out, card_path, difference)


def input_names(kinds: Sequence[Kind], *, has_marks: bool) -> tuple[str, ...]:
    """Names of the graph's inputs, in order."""
    parts = ("", "_mask", "_marked") if has_marks else ("", "_mask")
    return tuple(f"{kind}{part}" for kind in kinds for part in parts)


def output_names(*, has_vad: bool) -> tuple[str, ...]:
    """Names of the graph's outputs, in order."""
    return ("probabilities", "logits", *(("vad",) if has_vad else ()))


def _scaling(
    checkpoint: Path, network: Network, card: Mapping[str, Any]
) -> tuple[dict[Kind, InputStatistics], dict[Kind, InputStatistics]]:
    """What the graph scales by, and all statistics that there are."""
    encoders = card.get("encoders", {})
    config = network.config
    widths = {
        kind: config.widths[kind]
        for kind in config.modalities
        if card.get(f"normalize_{kind}", _TRAIN) != "none"
        and encoders.get(kind, {}).get("numbers", "values") == "values"
    }
    known = load_inputs(checkpoint.parent, widths) if widths else {}
    inside = {
        kind: own for kind, own in known.items() if card.get(f"normalize_{kind}", _TRAIN) == _TRAIN
    }
    return inside, known


def _about(
    graph: _Graph, card: Mapping[str, Any], statistics: Mapping[Kind, InputStatistics]
) -> dict[str, Any]:
    config = graph.network.config
    normalization: dict[str, Any] = {}
    for kind in config.modalities:
        if kind in graph.scaled:
            normalization[kind] = "in the graph: give features as the encoder makes them"
        elif kind in statistics:
            normalization[kind] = {
                "before the graph": "by each speaker's own statistics, drawn toward training's",
                "mean": statistics[kind].mean.tolist(),
                "deviation": statistics[kind].deviation.tolist(),
            }
        else:
            normalization[kind] = "none"
    return {
        "inputs": input_names(config.modalities, has_marks=graph.has_marks),
        "outputs": output_names(has_vad=config.vad_head),
        "classes": list(card.get("classes", [])),
        "encoders": {kind: card.get("encoders", {}).get(kind, {}) for kind in config.modalities},
        "normalization": normalization,
        "temperature": graph.temperature,
        "context": int(card.get("context", 0)),
        "licences": card.get("licences", {}),
    }


def _traced_length(card: Mapping[str, Any], kind: Kind) -> int:
    name = str(card.get("encoders", {}).get(kind, {}).get("name", ""))
    return _TRACED_FRAMES if name.startswith(_MEL) else _TRACED[kind]


def _write(
    graph: _Graph, lengths: Mapping[Kind, int], path: Path, about: Mapping[str, Any]
) -> None:
    """Trace the graph with sizes left open, and write it with its metadata.

    Raises:
        UsageError: It cannot be traced.
    """
    import onnx
    from torch.nn.attention import SDPBackend, sdpa_kernel

    config = graph.network.config
    inputs = _inputs(graph, lengths, 3, seed=0)
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    try:
        # by definition: the fused kernels have layouts that graphs lose
        with _quiet(), sdpa_kernel(SDPBackend.MATH), _plain_layers():
            program = torch.onnx.export(
                graph,
                inputs,
                dynamo=True,
                dynamic_shapes=(tuple(sizes for _ in inputs),),
                input_names=input_names(config.modalities, has_marks=graph.has_marks),
                output_names=output_names(has_vad=config.vad_head),
                verbose=False,
            )
            assert program is not None  # of what is traced and not run  # noqa: S101
            program.save(path)
    except Exception as error:  # torch raises many kinds for what it cannot trace
        first: BaseException = error
        while first.__cause__ is not None:
            first = first.__cause__
        reason = next((line for line in str(first).splitlines() if line.strip()), "")[:200]
        message = (
            f"family {config.family} cannot be written as ONNX: its work depends on the data in a "
            f"way that a graph cannot have ({type(first).__name__}: {reason})"
        )
        raise UsageError(message) from error
    model = onnx.load(path)
    del model.graph.value_info[:]  # sizes between layers that held while tracing only
    onnx.helper.set_model_props(
        model, {name: json.dumps(value, ensure_ascii=False) for name, value in about.items()}
    )
    onnx.save(model, path)


def _largest_difference(graph: _Graph, lengths: Mapping[Kind, int], path: Path) -> float:
    """Between ONNX Runtime and the network, over inputs of several sizes; padding is garbage."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    config = graph.network.config
    names = input_names(config.modalities, has_marks=graph.has_marks)
    asked = output_names(has_vad=config.vad_head)
    largest = 0.0
    for seed, (n, factor) in enumerate(_SIZES, start=1):
        own = {kind: max(1, round(length * factor)) for kind, length in lengths.items()}
        given = _inputs(graph, own, n, seed=seed)
        feed = {name: part.numpy() for name, part in zip(names, given, strict=True)}
        try:
            found = session.run(list(asked), feed)
        except Exception as error:  # onnxruntime's own kinds derive from Exception only
            message = f"ONNX Runtime cannot run the graph of family {config.family}: {error}"
            raise UsageError(message) from error
        with torch.no_grad():
            expected = [part.numpy() for part in graph(*given)]
        for one, other in zip(found, expected, strict=True):
            if one.shape != other.shape or not np.isfinite(one).all():
                return float("inf")
            largest = max(largest, float(np.abs(one - other).max()))
    return largest


def _inputs(graph: _Graph, lengths: Mapping[Kind, int], n: int, *, seed: int) -> tuple[Tensor, ...]:
    """Random features of about the size of real ones, padded unequally with garbage."""
    draws = torch.Generator().manual_seed(seed)
    readers = (part for part in graph.network.modules() if isinstance(part, LanguageModel))
    n_pieces = next((reader.n_pieces for reader in readers), 0)
    found: list[Tensor] = []
    for kind in graph.network.config.modalities:
        length, width = lengths[kind], graph.network.config.widths[kind]
        own = torch.randint(1, length + 1, (n,), generator=draws)
        own[0] = length
        mask = torch.arange(length) < own.unsqueeze(1)
        values = torch.randn((n, length, width), generator=draws)
        if kind == "text" and n_pieces:  # numbers of word pieces
            values = torch.randint(n_pieces, (n, length, width), generator=draws).float()
        if kind in graph.scaled:
            mean, deviation = (getattr(graph, f"{kind}_{of}") for of in ("mean", "deviation"))
            values = values * deviation + mean
        found += [torch.where(mask.unsqueeze(2), values, _GARBAGE), mask]
        if graph.has_marks:
            found.append(mask & (torch.arange(length) >= (own // 2).unsqueeze(1)))
    return tuple(found)


@contextmanager
def _plain_layers() -> Iterator[None]:
    """Without torch's fused transformer layer, which no graph knows."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what torch logs and warns of while it traces from the screen."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
