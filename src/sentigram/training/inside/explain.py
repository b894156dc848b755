"""What the networks of a run look at, on test examples of the folds that did not train on them.

OUT/explain.md      gates and pictures, with all that they show in words
OUT/explain.html    the same
OUT/*.png           the pictures
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.core.protocols import Progress, no_progress
from sentigram.emotion.networks.maps import Mapped
from sentigram.errors import UsageError
from sentigram.files import made_folder, write_text
from sentigram.training.dataset.manifest import Example
from sentigram.training.fit.batches import collate, held_out_batches
from sentigram.training.fit.experiment import Bench
from sentigram.training.inside.attention import attending
from sentigram.training.inside.cam import grad_cam
from sentigram.training.inside.class_token import class_token_heatmap, language_of
from sentigram.training.inside.gates import GateRow, gate_names, gate_rows, gates_of
from sentigram.training.inside.heatmaps import SaidClip, class_token_maps, heatmaps
from sentigram.training.inside.page import (
    Block,
    Grid,
    Heading,
    Paragraph,
    Picture,
    as_html,
    as_markdown,
)
from sentigram.training.inside.pictures import heatmap, over_in_words, over_spectrogram
from sentigram.training.inside.trained import (
    TrainedFold,
    chosen_system,
    draw,
    open_run,
    positions,
    runs_of,
    systems_of,
    trained_folds,
)
from sentigram.training.judge.contribution import Contribution
from sentigram.training.report.folder import contributions
from sentigram.training.report.plots import save_png

MARKDOWN, PAGE = "explain.md", "explain.html"
_BATCH = 64
_MEL = "logmel"
_ATTENTION = (
    "Attention weights say where a layer looked, not why the network decided as it did: other "
    "weights may lead to the same reading (Jain and Wallace 2019). Rows are who asks; each row's "
    "weights sum to 1 with what is not drawn."
)
_CAM = (
    "Grad-CAM (Selvaraju et al. 2017): bright where the last convolution found what speaks for "
    "the named class. It is coarse: a column of the maps has seen more of the sound than it "
    "covers."
)
_GATES = (
    "Gates are no contributions: a gate multiplies a vector whose length it does not know. What "
    "each modality is worth was measured by withholding it from the trained networks, in UA over "
    "all test examples."
)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What was written.

    Attributes:
        system: Whose networks were looked into.
        run: Which of its runs, from 1.
        files: The pages first, then the pictures.
        gates: Their means; nothing where there are no gates.
        examples: Ids that were drawn.
    """

    system: str
    run: int
    files: tuple[Path, ...]
    gates: tuple[GateRow, ...]
    examples: tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Found:
    """What was read so far, over folds."""

    gates: list[Floats64] = field(default_factory=list)
    truth: list[Ints64] = field(default_factory=list)
    corpora: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ()
    blocks: dict[str, list[Block]] = field(default_factory=dict)
    pictures: list[Path] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


def explain(
    run: Path,
    out: Path,
    *,
    system: str | None = None,
    number: int = 1,
    n_examples: int = 6,
    progress: Progress = no_progress,
) -> Explanation:
    """Look into the networks of a run.

    Each example is read by the network of the fold that it was a test example of, and every
    network is first held against what it said when it was tested.

    Args:
        run: Its folder.
        out: Where the pages and pictures go; made. Those of an earlier look are replaced.
        system: A row of the run's report; its own by default.
        number: Which of its runs, from 1.
        n_examples: How many test examples to draw, a class after another.
        progress: Told the share that is done.

    Raises:
        InputError: The run, its data or a network is not there, or does not fit the others.
        UsageError: No such system, or nothing in it that can be shown.
        OutputError: Something cannot be written.
    """
    name = chosen_system(run, system)
    bench = open_run(run)
    ids = draw(bench, n_examples)
    examples = {example.id: example for example in bench.examples}
    found = _Found()
    with made_folder(out):
        folds = bench.plan.folds
        left = dict.fromkeys(ids)
        for done, part in enumerate(trained_folds(bench, run, name, run=number)):
            _require_something(part, run, name)
            found.names = gate_names(part.network)
            if found.names:
                _read_gates(part, found)
            for row in positions(part.test, list(left)):
                own = part.test.table.ids[row]
                left.pop(own)
                _show(bench, part, int(row), examples[own], out, found, ids.index(own))
            progress((done + 1) / len(folds))
        rows: tuple[GateRow, ...] = ()
        if found.gates:
            gates, truth = np.concatenate(found.gates), np.concatenate(found.truth)
            rows = gate_rows(gates, truth, found.corpora, bench.table.classes)
        blocks = [
            *_head(run, name, number, bench, found),
            *_gate_blocks(rows, found.names, contributions(run, [name]).get(name, ())),
            *(block for own in ids for block in found.blocks.get(own, ())),
        ]
        title = f"What {name} of {run.resolve().name} looks at"
        write_text(out / MARKDOWN, as_markdown(title, blocks), overwrite=True)
        write_text(out / PAGE, as_html(title, blocks), overwrite=True)
    return Explanation(name, number, (out / MARKDOWN, out / PAGE, *found.pictures), rows, ids)


def _require_something(part: TrainedFold, run: Path, system: str) -> None:
    network = part.network
    if gate_names(network) or isinstance(network, Mapped) or attending(network):
        return
    if language_of(network) is not None:
        return
    others = [name for name in systems_of(run) if name != system]
    remedy = f"; --system may also be {', '.join(others)}" if others else ""
    message = (
        f"{system} has no convolutions over a spectrogram, no attention between tokens or word "
        f"pieces and no gates, so there is nothing in it to show{remedy}"
    )
    raise UsageError(message)


def _read_gates(part: TrainedFold, found: _Found) -> None:
    """Gates of every test example of a fold."""
    import torch

    table = part.test.table
    with torch.inference_mode():
        for batch in held_out_batches(part.test, _BATCH):
            output = part.network(batch.inputs)
            rows = batch.rows.numpy()
            part.check(rows, output.logits.double().numpy())
            if output.gates is not None:
                found.gates.append(gates_of(output.gates))
                found.truth.append(table.labels[rows])
                found.corpora += [table.corpora[row] for row in rows]


def _show(
    bench: Bench,
    part: TrainedFold,
    row: int,
    example: Example,
    out: Path,
    found: _Found,
    number: int,
) -> None:
    """Pictures and words of one example."""
    import torch

    table, network = part.test.table, part.network
    inputs = collate(table, [row]).inputs
    with torch.inference_mode():
        output = network(inputs)
    part.check(np.array([row]), output.logits.double().numpy())
    probs = (output.logits[0].double() / part.temperature).softmax(dim=0).numpy()
    guess, truth = int(probs.argmax()), int(table.labels[row])
    classes = table.classes
    read = ", ".join(f"{classes[k]} {probs[k]:.2f}" for k in np.argsort(-probs)[:3])
    said = f" Words: “{example.text}”" if example.text else ""
    blocks: list[Block] = [
        Heading(f"{number + 1}. {example.id}"),
        Paragraph(
            f"Truth: {classes[truth]}; read as {classes[guess]} ({read}), tested in "
            f"{part.fold}.{said}"
        ),
    ]
    names = {kind: info.name for kind, info in bench.encoders.items()}
    stem = f"example-{number + 1}"
    pictures = _Pictures(out, found)
    if isinstance(network, Mapped):
        found.kinds.add("cam")
        for target in dict.fromkeys((guess, truth)):
            (cam,) = grad_cam(network, inputs, [target])
            title = f"Grad-CAM for {classes[target]}"
            blocks.append(
                pictures.over(bench, row, cam, title, names["audio"], f"{stem}-cam-{target}")
            )
    for layer, weights in class_token_maps(network, inputs):
        found.kinds.add("attention")
        title = f"Class token's attention, {layer}"
        blocks.append(
            pictures.over(bench, row, weights, title, names["audio"], f"{stem}-{_file(layer)}")
        )
    clip = SaidClip(tuple(example.text.split()), example.duration_ms, names)
    for one in heatmaps(network, inputs, clip):
        found.kinds.add("attention")
        (path,) = save_png(heatmap(one), out / f"{stem}-{_file(one.layer)}")
        found.pictures.append(path)
        blocks.append(Picture(path.name, f"{one.title}, {one.layer}.", one.in_words))
    if (pieces := class_token_heatmap(network, inputs, names.get("text", ""))) is not None:
        found.kinds.add("attention")
        (path,) = save_png(heatmap(pieces), out / f"{stem}-word-pieces")
        found.pictures.append(path)
        blocks.append(Picture(path.name, f"{pieces.title}, {pieces.layer}.", pieces.in_words))
    found.blocks[example.id] = blocks


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """Draws maps over the spectrogram of examples."""

    out: Path
    found: _Found

    def over(
        self, bench: Bench, row: int, weights: Floats64, title: str, scale: str, stem: str
    ) -> Picture:
        """One map, drawn and told."""
        tokens = bench.table.tokens["audio"]  # as it sounds, not as it was normalized
        spectrogram = np.asarray(tokens.of(row), float)[-len(weights) :]
        figure = over_spectrogram(spectrogram, weights, title=title, scale=scale)
        (path,) = save_png(figure, self.out / stem)
        self.found.pictures.append(path)
        seconds = len(weights) / 100
        seen = f"{title} over {seconds:.2f} s of sound. {over_in_words(weights, scale)}"
        return Picture(path.name, f"{title}.", seen)


def _head(run: Path, system: str, number: int, bench: Bench, found: _Found) -> Iterator[Block]:
    n, runs = len(bench.plan.folds), runs_of(run, system)
    which = f"run {number} of {runs}, its network" if runs > 1 else "its network"
    yield Paragraph(
        f"System {system} of {run.resolve().name}: {which} of each of "
        f"{n} fold{'s' if n > 1 else ''}, each on test examples of its own fold, none of which it "
        "was trained on or chosen by. Examples were drawn a class after another by the hash of "
        "their ids, not by how well they were read."
    )
    if "cam" in found.kinds:
        yield Paragraph(_CAM)
    if "attention" in found.kinds:
        yield Paragraph(_ATTENTION)


def _gate_blocks(
    rows: Sequence[GateRow], names: Sequence[str], worth: Sequence[Contribution]
) -> Iterator[Block]:
    if rows:
        yield Heading("Gates")
        yield Paragraph(_GATES)
        yield Grid(
            "Mean gates of test examples ± deviation over them, by true emotion and by corpus",
            ("examples of", "n", *(f"{name} gate" for name in names)),
            tuple((_of(row), f"{row.n:,}", *map(_pair, row.means, row.deviations)) for row in rows),
        )
    if worth:
        gates: Mapping[str, float] = dict(zip(names, rows[0].means, strict=True)) if rows else {}
        head = ("modality", *(("mean gate",) if gates else ()))
        yield Grid(
            "What each modality is worth, measured by withholding it, in UA",
            (*head, "alone", "lost without it", "Shapley"),
            tuple(
                (
                    part.modality,
                    *((f"{gates[part.modality]:.3f}",) if gates else ()),
                    f"{part.alone:.3f}",
                    f"{part.drop:+.3f}",
                    f"{part.shapley:+.3f}",
                )
                for part in worth
            ),
        )


def _of(row: GateRow) -> str:
    return ", ".join(part for part in (row.corpus, row.emotion) if part) or "all"


def _pair(mean: float, deviation: float) -> str:
    return f"{mean:.3f} ± {deviation:.3f}"


def _file(layer: str) -> str:
    return layer.replace(".", "-").replace("_", "-")
