"""Every committed experiment runs as its header says, on a small corpus in its official layout."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from sentigram.cli.app import main
from sentigram.training.audit.experiments import audit_bench
from sentigram.training.augment.copies import Copy
from sentigram.training.augment.masks import masking
from sentigram.training.config import read_config
from sentigram.training.dataset.manifest import read_manifest
from sentigram.training.fit.augmented import prepare_copies
from sentigram.training.fit.experiment import (
    Bench,
    make_accelerator,
    open_bench,
    parts,
    systems,
)
from sentigram.training.fit.network import train_network
from tests.emotion.encoders.emotion2vec_models import save
from tests.emotion.encoders.tiny_models import write_text_model
from tests.store.vggish_files import CHANNELS, write
from tests.training import garbage
from tests.training.official import MAKERS

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
BERT, EMOTION2VEC = ":bert-base-uncased", "emotion2vec:emotion2vec-plus-large"
# features that others made: 512 + 25 + 25 of the voice, 512 of faces, made narrow
PARTS = (6, 3, 3)
FACES = 5

FOLDS = {
    ("iemocap", "session"): 5,
    ("meld", "official"): 1,
    ("meld", "kfold"): 5,
    ("cremad", "kfold"): 5,
    ("ravdess", "official"): 6,
    ("emodb", "kfold"): 5,
}
SMALL = {
    "fusion": ("model.hidden=8", "model.n_heads=2", "model.n_layers=1", "model.d_contrast=4"),
    "resnet18": ("model.width=4",),
    "cnn-bilstm": ("model.channels=[4, 4]", "model.hidden=4", "model.n_layers=1"),
    "audio-transformer": ("model.hidden=8", "model.n_layers=1", "model.n_heads=2"),
    "early-fusion": ("model.audio.width=4", "model.hidden=8"),
    "patch-cross": (
        "model.audio.hidden=8",
        "model.audio.n_layers=1",
        "model.audio.n_heads=2",
        "model.n_layers=1",
    ),
    "vggish-bert": (
        f"model.audio.channels={list(CHANNELS)}",
        "model.audio.hidden=16",
        "model.audio.embedding=12",
        "model.hidden=[8]",
    ),
    "trimodal": ("model.hidden=8", "model.n_heads=2"),
}


_done: set[tuple[Path, str]] = set()


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with tiny models."""
    folder = tmp_path_factory.mktemp("home")
    write_text_model(folder / "bert")
    save(folder / "emotion2vec")
    write(folder / "vggish")
    return folder


def tiny(name: str, home: Path) -> str:
    """A name of features with its model put elsewhere."""
    name = name.replace("wordpieces+clean:", "wordpieces+clean+longest=48:")  # it has 48 places
    return name.replace(BERT, f":{home}/bert").replace(
        EMOTION2VEC, f"emotion2vec:{home}/emotion2vec"
    )


def commands(name: str) -> list[list[str]]:
    """What the header of an experiment says to run."""
    text = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8")
    header = text.partition("name:")[0]
    lines = re.findall(r"^#   +(.*)$", header, re.MULTILINE)
    return [line.split()[1:] for line in " ".join(lines).replace("\\ ", "").split("sentigram")[1:]
            for line in [f"sentigram {line}"]]  # fmt: skip


def prepared(name: str, home: Path) -> None:
    """Run the header's `prepare` on a small corpus, once for each set of features."""
    config = read_config(CONFIGS / f"{name}.yaml")
    (manifest,) = (path.stem for path in config.data.manifests)
    source = home / "corpora" / manifest
    if not source.exists():
        MAKERS[manifest.removesuffix("-3s")](source)
    (arguments,) = (given for given in commands(name) if given[0] == "prepare")
    place = next(i for i, argument in enumerate(arguments) if argument.startswith("FOLDER"))
    folder = arguments[place]
    if any(argument.endswith("FEATURES.npz:audio") for argument in arguments):
        _made_elsewhere(manifest, source, home)
    given = [
        tiny(argument, home)
        .replace(folder, str(source))
        .replace("=FEATURES.npz", f"={home}/{manifest}.npz")
        for argument in arguments
    ]
    if (home, " ".join(given)) not in _done:
        assert main([*given, "--overwrite", "--quiet"]) == 0
        _done.add((home, " ".join(given)))


def _stored_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies that are there are found, and none is made of a clip again."""

    def again(_copy: Copy) -> None:
        message = "a stored copy was made again"
        raise AssertionError(message)

    with monkeypatch.context() as patched:
        patched.setattr(Copy, "sound", again)
        prepare_copies(bench, bench.config.augment)


def _made_elsewhere(manifest: str, source: Path, home: Path) -> None:
    """Features of voice and faces, as many rows as the corpus has lines."""
    target = home / f"rows-{manifest}.parquet"
    if not target.exists():
        assert main(["prepare", manifest, str(source), "--out", str(target), "--quiet"]) == 0
    n = len(read_manifest(target).examples)
    rng = np.random.default_rng(0)
    np.savez(
        home / f"{manifest}.npz",
        audio=rng.standard_normal((n, sum(PARTS))).astype(np.float32),
        visual=rng.standard_normal((n, FACES)).astype(np.float32),
    )


def test_every_header_says_what_to_run():
    for name in NAMES:
        given = commands(name)
        assert given or name == "ravdess-6", name
        said = [argument for command in given for argument in command]
        if given and not name.endswith("-6") and name != "meld-dev-features":
            assert f"configs/{name}.yaml" in said, name


def _params() -> list[object]:
    """One of each family of networks; the others, and twins on data at hand, take as long again."""
    quick = ("iemocap-5-vga", "iemocap-resnet18", "iemocap-early-fusion", "meld-trimodal")
    return [
        pytest.param(name, marks=[] if name in quick else [pytest.mark.slow])
        for name in NAMES
        if name != "ravdess-6"
    ]


@pytest.mark.parametrize("name", _params())
def test_it_runs_as_its_header_says(name: str, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(home)
    prepared(name, home)
    config = read_config(CONFIGS / f"{name}.yaml")
    changes = ["training.epochs=1", "training.batch_size=16", *SMALL[config.model.family]]
    if config.training.samples_per_class is not None:
        changes.append("training.samples_per_class=3")
    if "vggish" in config.model.learnt_elsewhere:
        changes.append(f"model.audio.weights={home}/vggish")
    changes += [
        f"data.{kind}={tiny(features, home)}"
        for kind, features in config.data.features_named.items()
    ]
    if config.model.model_dump().get("audio_parts"):
        changes.append(f"model.audio_parts={list(PARTS)}")
    config = read_config(CONFIGS / f"{name}.yaml", tuple(changes))
    bench = open_bench(config)
    rows = systems(bench)
    out = home / "runs" / name
    failed = {f.rule for f in audit_bench(bench, out) if f.severity == "fail"}
    if config.augment.policies:  # only a placebo could clear it, which is five networks more
        assert failed == {"label-dependent-augmentation"}
    else:
        assert failed <= set(config.split.accept)
    n_copies = prepare_copies(bench, bench.config.augment)
    # one network of one fold: the others differ in what they are given
    part = next(parts(bench, rows))
    assert (n_copies > 0) == config.augment.alters_sound
    learnt = {part.train.table.ids[row] for row in part.train.rows}
    tested = {part.test.table.ids[row] for row in part.test.rows} if part.test else set()
    copied = {name.partition("#")[0] for name in learnt if "#" in name}
    if config.augment.alters_sound:  # of every class: each has a policy that alters sound
        assert copied == {name for name in learnt if "#" not in name}
        _stored_once(bench, monkeypatch)
    else:
        assert not copied
    assert not any("#" in name for name in tested)
    masks = masking(part.train, part.augment)
    assert (masks is not None) == ("specaugment" in config.augment.kinds)
    readings = train_network(part, out, accelerator=make_accelerator(config, device="cpu"))
    assert readings is not None
    assert readings.system == config.model.title
    assert readings.ids.tolist() == list(bench.plan.folds[0].test)
    assert len(bench.plan.folds) == FOLDS[name.split("-", maxsplit=1)[0], config.split.scheme]
    assert len(readings.classes) == len(set(readings.classes)) >= 4
    assert {row.name for row in rows[1:]} <= set(config.baselines)
