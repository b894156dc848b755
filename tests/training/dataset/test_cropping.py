"""Clips in pieces of one length, which the audit knows for what they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.cli.app import main
from sentigram.errors import InputError
from sentigram.training.audit import audit
from sentigram.training.config import DataConfig, SplitConfig
from sentigram.training.corpora.item import Item
from sentigram.training.dataset.assemble import assemble
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.cropping import Crop, crop
from sentigram.training.dataset.manifest import Manifest, read_manifest
from sentigram.training.splits.folds import Fold, SplitPlan, make_plan
from tests.training.protocols import failed

RATE_HZ = 16_000
LABELS = ("anger", "sadness")


def clip(root: Path, name: str, seconds: float, *, seed: int = 0, **more: object) -> Item:
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, len(name), *map(ord, name)])
    whole = rng.integers(-32768, 32767, round(seconds * RATE_HZ), np.int16, endpoint=True)
    soundfile.write(root / f"{name}.wav", whole, RATE_HZ, subtype="PCM_16")
    return Item(name, "folder", ("anger",), "", f"words of {name}", root / f"{name}.wav", **more)


def test_pieces_are_of_one_length_and_say_what_they_are_of(tmp_path: Path):
    items = [
        clip(tmp_path, "long", 7.5, speaker="ann", vad=(0.1, 0.2, 0.3), dialogue="d"),
        clip(tmp_path, "short", 1.25),
        clip(tmp_path, "even", 6.0, origin="tape"),
    ]
    notes: list[str] = []
    shares: list[float] = []
    found = crop(items, Crop(3000, tmp_path / "p"), progress=shares.append, note=notes.append)
    assert [(piece.id, piece.origin) for piece in found] == [
        ("long_crop1", "long"),
        ("long_crop2", "long"),
        ("short_crop1", "short"),
        ("even_crop1", "tape"),  # what the clip itself is a piece of
        ("even_crop2", "tape"),
    ]
    (told,) = notes
    assert told == (
        "3 clips are 5 pieces of 3 s; shorter ends of clips left out: 1 (1.5 s in all); shorter "
        "clips kept whole: 1"
    )
    assert shares[-1] == 1.0
    for piece in found[:2]:
        own = replace(items[0], id=piece.id, audio=piece.audio, origin="long")
        assert piece == own
    whole = load(items[0].audio)  # type: ignore[arg-type]
    parts = [load(piece.audio) for piece in found[:2]]  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.concatenate(parts), whole[: 6 * RATE_HZ])  # to the bit
    np.testing.assert_array_equal(load(found[2].audio), load(items[1].audio))  # type: ignore[arg-type]


def test_names_that_are_alike_do_not_share_a_file(tmp_path: Path):
    one = clip(tmp_path, "a", 1.0)
    names = ("train/a", "train-a", "TRAIN-A", "../a")
    items = [replace(one, id=name) for name in names]
    found = crop(items, Crop(1000, tmp_path / "p"))
    files = [piece.audio for piece in found]
    assert len({str(file).casefold() for file in files}) == len(names)
    assert all(file is not None and file.parent == tmp_path / "p" for file in files)


def test_what_cannot_be_cut_is_said(tmp_path: Path):
    silent = clip(tmp_path, "silent", 1.0)
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    told: list[str] = []
    found = crop([silent, clip(tmp_path, "a", 1.0)], Crop(1000, tmp_path / "p"), warn=told.append)
    assert [piece.id for piece in found] == ["a_crop1"]
    assert "it is silent" in told[0]
    with pytest.raises(InputError, match="x: has no sound to cut into pieces"):
        crop([Item("x", "folder", ("anger",), "", "hi")], Crop(1000, tmp_path / "p"))


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> Manifest:
    """Eight clips of one speaker that nobody names, in 24 pieces, from the command line."""
    for number in range(8):
        clip(tmp_path / "talks" / LABELS[number % 2], f"{number}", 3.2)
    monkeypatch.chdir(tmp_path)
    arguments = ["prepare", "folder", "talks", "--crop", "1", "--features", "logmel-vggish"]
    assert main(arguments) == 0
    told = capfd.readouterr()
    assert told.out.strip() == "runs/prepared/folder-1s.parquet"
    assert "8 clips are 24 pieces of 1 s; shorter ends of clips left out: 8 (1.6 s" in told.err
    return read_manifest(tmp_path / "runs/prepared/folder-1s.parquet")


def divided(manifest: Manifest, config: SplitConfig) -> SplitPlan:
    labels = np.array([LABELS.index(e.labels[0]) for e in manifest.examples], np.int64)
    return make_plan([manifest], manifest.examples, labels, config)


def test_the_audit_fails_where_pieces_are_divided_at_random(cut: Manifest):
    assert len(cut.examples) == 24
    assert all(example.duration_ms == 1000 for example in cut.examples)
    order = np.random.default_rng(0).permutation(24)
    ids = [cut.examples[i].id for i in order]
    plan = SplitPlan("random", 0, (), (Fold("all", *map(tuple, (ids[:16], ids[16:20], ids[20:]))),))
    rules = failed(audit(cut.examples, plan))
    assert {"duplicated-across-split", "pieces-across-split"} <= rules
    # by what they are of alone, whatever they are called
    unnamed = [replace(e, id=f"c/{i}", audio="") for i, e in enumerate(cut.examples)]
    there = {e.id: other.id for e, other in zip(cut.examples, unnamed, strict=True)}
    fold = Fold("all", *(tuple(there[i] for i in part) for part in
                         (ids[:16], ids[16:20], ids[20:])))  # fmt: skip
    rules = failed(audit(unnamed, SplitPlan("random", 0, (), (fold,))))
    assert "duplicated-across-split" in rules
    assert "pieces-across-split" not in rules


def test_examples_are_divided_by_whole_clips(cut: Manifest):
    config = SplitConfig(scheme="kfold", k=2, group="example", validation=0.3)
    plan = divided(cut, config)
    rules = failed(audit(cut.examples, plan))
    assert not rules & {"duplicated-across-split", "pieces-across-split"}
    of = {example.id: example.origin for example in cut.examples}
    for fold in plan.folds:
        parts = [{of[i] for i in part} for part in (fold.train, fold.validation, fold.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 8


def test_intervals_draw_whole_clips_where_nobody_is_known(cut: Manifest):
    data = DataConfig(
        manifests=(Path("runs/prepared/folder-1s.parquet"),),
        features=Path("runs/features"),
        audio="logmel-vggish",
        classes=LABELS,
    )
    table = assemble([cut], data)
    assert table.dialogues == tuple(example.origin for example in cut.examples)
    known = replace(cut, examples=tuple(replace(e, speaker="c/ann") for e in cut.examples))
    assert set(assemble([known], data).dialogues) == {""}


def test_pieces_that_somebody_left_out_are_missed(cut: Manifest):
    ids = [example.id for example in cut.examples]
    labels = {e.id: e.labels[0] for e in cut.examples}
    assert set(labels.values()) == set(LABELS)
    whole = SplitPlan("x", 0, (), (Fold("all", tuple(ids[:9]), tuple(ids[9:12]), tuple(ids[12:])),))
    assert "hand-picked" not in {f.rule for f in audit(cut.examples, whole)}
    fold = Fold("all", tuple(ids[:9]), tuple(ids[9:12]), tuple(ids[12:21]))
    found = audit(cut.examples, SplitPlan("x", 0, (), (fold,)))
    assert [f.count for f in found if f.rule == "hand-picked"] == [3]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["table", "x.csv", "--crop", "3"], 2, "--crop cuts clips, and table has none"),
        (["folder", "x", "--crop", "3", "--features", "logmel,faces"], 2, "and faces needs them"),
        (["emobank", "x", "--crop", "3"], 3, "has no sound to cut"),
    ],
)
def test_what_has_no_clips_is_refused(arguments, code, message, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "emobank.csv").write_text("id,split,V,A,D,text\na_1,train,3,3,3,Hello.\n")
    assert main(["prepare", *arguments]) == code
    assert message in capfd.readouterr().err
