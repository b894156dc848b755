"""Networks on spectrograms beside the bundled encoder's features: RAVDESS and EmoDB, by speaker.

    python benchmarks/speech_networks.py --data FOLDER --seconds 3600     # train what is missing
    python benchmarks/speech_networks.py --table                          # print what there is

Cells (a network on a corpus, with or without SpecAugment) are trained fold by fold. The readings of
each fold are kept in benchmarks/kept/speech_networks, so that the table can be made over several
sittings and on several machines: a fold that is there is not trained again. A cell counts where all
of its folds are there; others say so. Epochs are chosen on speakers of the training folds.

Intervals are 95 % over speakers (cluster bootstrap); cells of one corpus are compared in pairs,
with Holm's correction over all of them. One seed a cell: its variance is in none of these.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from sentigram.training.config import ExperimentConfig, check_config
from sentigram.training.fit.experiment import (
    join_folds,
    make_accelerator,
    open_bench,
    parts,
    systems,
)
from sentigram.training.fit.network import train_network
from sentigram.training.judge.comparison import compare
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.judge.intervals import shown
from sentigram.training.judge.metrics import unweighted_accuracy
from sentigram.training.judge.predictions import (
    Predictions,
    read_predictions,
    write_predictions,
)

_KEPT = Path(__file__).parent / "kept" / "speech_networks"
_RUNS = Path("runs/speech_networks")
_MASKED = {"everyone": [{"kind": "specaugment"}]}
_CORPORA = {"ravdess": "8", "emodb": "6"}
# Widths are a part of the papers' where a fold would take an hour of two cores otherwise.
_NETWORKS: dict[str, dict[str, Any]] = {
    "resnet18, width 16": {"family": "resnet18", "width": 16},
    "cnn-bilstm, channels 8 to 32": {"family": "cnn-bilstm", "channels": [8, 16, 32], "hidden": 64},
    "audio-transformer, width 64": {"family": "audio-transformer", "hidden": 64, "n_layers": 2},
}
_BESIDE = {"variant": "audio", "hidden": 192, "dropout": 0.5}


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the table.

    Attributes:
        corpus: Its module's name.
        network: A key of _NETWORKS, or `bundled encoder`.
        is_masked: Whether SpecAugment is on.
    """

    corpus: str
    network: str
    is_masked: bool

    @property
    def name(self) -> str:
        """In the table of differences."""
        return f"{self.network}, SpecAugment" if self.is_masked else self.network

    @property
    def slug(self) -> str:
        """Names its files."""
        name = f"{self.corpus}-{self.network.replace(', ', '-').replace(' ', '-')}"
        return f"{name}-specaugment" if self.is_masked else name

    def config(self) -> ExperimentConfig:
        """Its experiment."""
        is_own = self.network in _NETWORKS
        training = {"epochs": 30, "batch_size": 32, "learning_rate": 0.002, "patience": 10}
        if not is_own:
            training = {"epochs": 40, "learning_rate": 0.0005, "weight_decay": 0.05, "noise": 0.3}
        official = self.corpus == "ravdess"  # EmoBox's folds of EmoDB mix speakers
        given: dict[str, Any] = {
            "name": self.slug,
            "data": {
                "manifests": [f"runs/prepared/{self.corpus}.parquet"],
                "audio": "logmel" if is_own else "compact",
                "classes": _CORPORA[self.corpus],
                "vad": "none",
            },
            "split": {"scheme": "official"} if official else {"scheme": "kfold", "k": 5},
            "model": _NETWORKS.get(self.network, _BESIDE),
            "objective": {"micl": 0, "vad": 0},
            "training": training,
            "baselines": [],
        }
        if self.is_masked:
            given["augment"] = _MASKED
        return check_config(given, where=self.slug)


def cells() -> Iterator[Cell]:
    """Every row, in the order in which they are trained."""
    for corpus in _CORPORA:
        yield Cell(corpus, "bundled encoder", is_masked=False)
        for network in _NETWORKS:
            yield Cell(corpus, network, is_masked=False)
            yield Cell(corpus, network, is_masked=True)


def prepare(data: Path, only: str) -> None:
    """Manifests and features of the corpora of some cells; what is there stays."""
    from sentigram.cli.app import main

    for corpus in dict.fromkeys(cell.corpus for cell in cells() if only in cell.slug):
        if (Path("runs/prepared") / f"{corpus}.parquet").is_file():
            continue
        argv = ["prepare", corpus, str(data / corpus), "--features", "logmel,compact"]
        if main(argv) != 0:
            raise SystemExit(1)


def train(seconds: float, only: str) -> None:
    """Train folds that are missing until the time is over."""
    end = time.monotonic() + seconds
    for cell in cells():
        if only not in cell.slug:
            continue
        config = cell.config()
        bench = open_bench(config)
        missing = [fold.name for fold in bench.plan.folds if not _file(cell, fold.name).is_file()]
        if not missing:
            continue
        accelerator = make_accelerator(config)
        for part in parts(bench, systems(bench)):
            if part.fold not in missing:
                continue
            if time.monotonic() > end:
                return
            began = time.monotonic()
            readings = train_network(part, _RUNS / cell.slug, accelerator=accelerator)
            if readings is not None:
                _KEPT.mkdir(parents=True, exist_ok=True)
                write_predictions(_file(cell, part.fold), [readings])
                took = time.monotonic() - began
                ua = unweighted_accuracy(readings.truth, readings.guess)
                print(f"{cell.slug}, {part.fold}: UA {ua:.3f}, {took:.0f} s", flush=True)


def table() -> None:
    """Print what there is, and what whole cells of a corpus differ by."""
    whole: dict[str, list[Predictions]] = {}
    print("| corpus | network | SpecAugment | UA | macro F1 | folds |\n|---|---|---|---|---|---|")
    for cell in cells():
        files = sorted(_KEPT.glob(f"{cell.slug}--*.parquet"))
        folds = [read_predictions(path)[0] for path in files]
        wanted = 6 if cell.corpus == "ravdess" else 5
        found = "not run | not run"
        if len(folds) == wanted:
            readings = replace(join_folds(folds), system=cell.name)
            whole.setdefault(cell.corpus, []).append(readings)
            found = _interval(readings)
        masked = "yes" if cell.is_masked else "no"
        print(f"| {cell.corpus} | {cell.network} | {masked} | {found} | {len(folds)}/{wanted} |")
    for corpus, readings_of in whole.items():
        _differences(corpus, readings_of)


def _differences(corpus: str, readings: Sequence[Predictions]) -> None:
    """Print which whole cells of a corpus differ in UA, and how many pairs do not."""
    names = [one.system for one in readings]
    found = compare(readings, list(combinations(names, 2)))
    told = [one for one in found if one.verdict in ("better", "worse")]
    print(f"\n{corpus}, of {len(found)} pairs {len(told)} differ:")
    for one in told:
        apart = f"{one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}], p {one.p_corrected:.3f}"
        print(f"  {one.first} less {one.second}: {apart}")


def _interval(readings: Predictions) -> str:
    """UA and macro F1 with their intervals; one run, so the spread over seeds is not in them."""
    overall = evaluate([readings]).systems[0].overall
    return " | ".join(
        shown({"value": score.value, "low": score.low, "high": score.high})
        for score in (overall.scores["ua"], overall.scores["macro_f1"])
    )


def _file(cell: Cell, fold: str) -> Path:
    return _KEPT / f"{cell.slug}--{fold}.parquet"


def main() -> None:
    """Train, or print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to train")
    parser.add_argument("--only", default="", help="cells whose name holds this")
    parser.add_argument("--table", action="store_true", help="only print")
    options = parser.parse_args()
    if not options.table:
        prepare(options.data, options.only)
        train(options.seconds, options.only)
    table()


if __name__ == "__main__":
    main()
