from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import InputError, OutputError, UsageError
from sentigram.training.config import SplitConfig
from sentigram.training.dataset.manifest import Example, Manifest
from sentigram.training.splits.folds import (
    Fold,
    SplitPlan,
    few_shot,
    make_plan,
    read_plan,
    without_test,
    write_plan,
)
from sentigram.training.splits.grouping import balanced_folds, cut_groups


def corpus(n: int = 96, *, n_speakers: int = 8, splits: tuple[str, ...] = ("",), **fixed: str):
    """Examples with labels 0, 1, 2 in turn; two speakers share a session."""
    examples = tuple(
        Example(
            id=f"c/{i}",
            corpus="c",
            labels=("anger",),
            split=splits[i % n_speakers % len(splits)],
            text="",
            **(
                {
                    "speaker": f"c/s{i % n_speakers}",
                    "session": f"c/x{i % n_speakers // 2}",
                    "dialogue": f"c/dev/{i // 8}",
                }
                | fixed
            ),
        )
        for i in range(n)
    )
    return examples, np.arange(n) % 3, [Manifest("c", Path(), examples)]


def plan_of(examples, labels, manifests, **config: object) -> SplitPlan:
    return make_plan(manifests, examples, labels, SplitConfig(**config))


def check_whole(plan: SplitPlan, examples, group: str) -> None:
    """Every example is once in each fold, no group is divided, all three parts are there."""
    of = {e.id: getattr(e, group) for e in examples}
    for fold in plan.folds:
        parts = (fold.train, fold.validation, fold.test)
        assert sorted(sum(parts, ())) == sorted(of)
        assert all(parts)
        groups = [{of[i] for i in part} for part in parts]
        assert sum(map(len, groups)) == len(set.union(*groups))


@pytest.mark.parametrize(
    ("scheme", "n_folds", "first"),
    [("speaker", 8, "s0"), ("session", 4, "x0"), ("dialogue", 12, "dev_0")],
)
def test_leaving_one_out(scheme: str, n_folds: int, first: str):
    examples, labels, manifests = corpus()
    plan = plan_of(examples, labels, manifests, scheme=scheme)
    assert plan.scheme == f"leave-one-{scheme}-out"
    assert len(plan.folds) == n_folds
    assert plan.folds[0].name == first
    check_whole(plan, examples, scheme)
    tested = Counter(i for fold in plan.folds for i in fold.test)
    assert tested == Counter(e.id for e in examples)


@pytest.mark.parametrize("group", ["speaker", "session", "dialogue", "id"])
def test_k_folds_of_whole_groups(group: str):
    examples, labels, manifests = corpus()
    chosen = "example" if group == "id" else group
    plan = plan_of(examples, labels, manifests, scheme="kfold", k=4, group=chosen)
    check_whole(plan, examples, group)
    assert [fold.name for fold in plan.folds] == ["fold-1", "fold-2", "fold-3", "fold-4"]


def test_the_seed_decides_and_nothing_else():
    examples, labels, manifests = corpus()
    plans = [plan_of(examples, labels, manifests, scheme="kfold", k=3, seed=s) for s in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0].sha256 == plans[1].sha256
    assert plans[0].folds != plans[2].folds


def test_folds_are_as_balanced_as_those_of_scikit_learn():
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.default_rng(3)
    groups = rng.integers(0, 40, 2000).astype(str)
    labels = rng.choice(4, 2000, p=(0.6, 0.2, 0.15, 0.05))
    ours = balanced_folds(groups, labels, k=5, seed=0)
    theirs = np.empty(2000, int)
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for fold, (_, test) in enumerate(splitter.split(labels, labels, groups)):
        theirs[test] = fold

    def unevenness(fold_of: np.ndarray) -> float:
        shares = [
            np.bincount(labels[fold_of == f], minlength=4) / np.bincount(labels) for f in range(5)
        ]
        return float(np.std(shares, axis=0).sum())

    assert unevenness(ours) <= 1.2 * unevenness(theirs)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=12, max_size=60),
    st.integers(2, 4),
    st.integers(0, 99),
)
def test_no_fold_is_empty_and_no_group_divided(rows: list[tuple[int, int]], k: int, seed: int):
    groups = np.array([str(group) for group, _ in rows])
    labels = np.array([label for _, label in rows])
    if len(set(groups)) < k:
        return
    folds = balanced_folds(groups, labels, k=k, seed=seed)
    assert set(folds) == set(range(k))
    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    taken = cut_groups(groups, labels, share=0.2, seed=seed)
    assert taken is not None
    assert 0 < taken.sum() < len(rows)
    assert not set(groups[taken]) & set(groups[~taken])


def test_official_parts_are_taken_as_they_are():
    examples, labels, manifests = corpus(splits=("train", "train", "dev", "test"))
    (fold,) = plan_of(examples, labels, manifests).folds
    of = {e.id: e.split for e in examples}
    for part, name in ((fold.train, "train"), (fold.validation, "dev"), (fold.test, "test")):
        assert set(part) == {i for i, split in of.items() if split == name}


def test_official_folds_hold_the_test_and_validation_is_cut_by_speaker():
    names = tuple(f"emobox_test_fold_{n}" for n in (10, 2, 3, 4))
    examples, labels, manifests = corpus(splits=names)
    plan = plan_of(examples, labels, manifests)
    assert [fold.name for fold in plan.folds] == ["fold-2", "fold-3", "fold-4", "fold-10"]
    of = {e.id: e.split for e in examples}
    assert {of[i] for i in plan.folds[-1].test} == {"emobox_test_fold_10"}
    check_whole(plan, examples, "speaker")


def test_official_without_validation_cuts_it_from_train():
    examples, labels, manifests = corpus(splits=("train", "train", "train", "test"))
    plan = plan_of(examples, labels, manifests)
    check_whole(plan, examples, "speaker")
    of = {e.id: e.split for e in examples}
    assert {of[i] for i in plan.folds[0].validation} == {"train"}


def test_an_official_split_that_is_not_there():
    with pytest.raises(UsageError, match=r"names \(nothing\); expected train and test"):
        plan_of(*corpus())
    with pytest.raises(UsageError, match="names dev, train; expected"):
        plan_of(*corpus(splits=("train", "dev")))


def test_too_few_groups_are_named_with_a_way_out():
    with pytest.raises(UsageError, match=r"fewer than two groups .* split.group dialogue"):
        plan_of(*corpus(n_speakers=2), scheme="speaker")
    with pytest.raises(UsageError, match=r"split\.k 9: there are 8 groups only"):
        plan_of(*corpus(), scheme="kfold", k=9)
    with pytest.raises(
        UsageError,
        match=r"96 examples have no speaker, .* a column speaker .* by session or dialogue or "
        r"example: split.scheme kfold, split.group session",
    ):
        plan_of(*corpus(speaker=""), scheme="speaker")


def test_names_of_several_corpora_stay_apart_and_fit_a_folder():
    examples, labels, _ = corpus()
    from dataclasses import replace

    others = tuple(
        replace(e, id=e.id.replace("c/", "d/"), corpus="d", speaker=e.speaker.replace("c/", "d/"))
        for e in examples
    )
    both = (*examples, *others)
    plan = plan_of(
        both,
        np.concatenate([labels, labels]),
        [Manifest("c", Path(), examples), Manifest("d", Path(), others)],
        scheme="speaker",
    )
    assert [plan.folds[0].name, plan.folds[8].name] == ["c_s0", "d_s0"]


@pytest.mark.parametrize(
    ("speakers", "names"),
    [
        (("..", ".", "a/b"), ["__", "_", "a_b"]),
        (("a b", "a_b", "a_b-1"), ["a_b-0", "a_b-1", "a_b-1_"]),
        (("Ann", "ann", "bob"), ["Ann-0", "ann-1", "bob"]),
        (("x" * 300, "x" * 301, "y"), ["x" * 80 + "-0", "x" * 80 + "-1", "y"]),
    ],
)
def test_folds_are_folders_of_their_own(speakers: tuple[str, ...], names: list[str]):
    examples, labels, manifests = corpus(36, n_speakers=3)
    examples = tuple(
        replace(e, speaker=f"c/{speakers[i % 3]}", session="", dialogue="")
        for i, e in enumerate(examples)
    )
    plan = plan_of(examples, labels, manifests, scheme="speaker", validation=0.4)
    assert [fold.name for fold in plan.folds] == names


@pytest.mark.parametrize("names", [("../../../out", "b"), ("a", "a"), ("..", "b"), ("a", "A"), ()])
def test_plans_whose_folds_are_no_folders_are_refused(tmp_path: Path, names: tuple[str, ...]):
    examples, _, manifests = corpus(8)
    ids = [example.id for example in examples]
    folds = tuple(Fold(name, (ids[0],), (ids[1],), (ids[2],)) for name in names)
    plan = SplitPlan("x", 0, (manifests[0].sha256,), folds)
    write_plan(tmp_path / "plan.json", plan, overwrite=False)
    with pytest.raises(InputError, match="networks are kept in folders of these names"):
        read_plan(tmp_path / "plan.json", manifests)


def test_folds_of_a_csv_are_made_folders(tmp_path: Path):
    _, _, manifests = corpus(8)
    rows = "id,split,fold\nc/0,train,../../out\nc/1,test,../../out\nc/2,test,/tmp/x\n"
    (tmp_path / "plan.csv").write_text(rows)
    plan = read_plan(tmp_path / "plan.csv", manifests)
    assert [fold.name for fold in plan.folds] == [".._.._out", "_tmp_x"]


def test_validation_has_every_label_where_groups_allow():
    examples, labels, manifests = corpus(n=960, n_speakers=24)
    plan = plan_of(examples, labels, manifests, scheme="kfold", k=6, validation=0.15)
    of = dict(zip([e.id for e in examples], labels, strict=True))
    for fold in plan.folds:
        shares = np.bincount([of[i] for i in fold.validation], minlength=3) / np.bincount(labels)
        assert shares.min() > 0
        assert len(set(fold.validation)) == 120  # 3 of 20 speakers


def test_all_but_validation_for_a_final_network():
    examples, labels, _ = corpus()
    fold = without_test(examples, labels, SplitConfig(scheme="session"))
    assert fold.test == ()
    assert fold.name == "all"
    of = {e.id: e.session for e in examples}
    assert not {of[i] for i in fold.train} & {of[i] for i in fold.validation}
    assert len(fold.train) + len(fold.validation) == 96


FOLD = Fold("f", tuple(f"c/{i}" for i in range(90)), ("c/90", "c/91"), ("c/92",))
LABELS = np.arange(90) % 3


@pytest.mark.parametrize(("shots", "size"), [({"per_class": 5}, 15), ({"percent": 20}, 18)])
def test_support_is_all_that_is_used(shots: dict[str, int], size: int):
    support = few_shot(FOLD, LABELS, **shots, seed=0)
    assert len(support.train) + len(support.validation) == size
    assert {*support.train, *support.validation} <= set(FOLD.train)
    assert not {*support.train} & {*support.validation}
    assert support.test == FOLD.test
    counts = Counter(LABELS[int(i[2:])] for i in (*support.train, *support.validation))
    assert len(set(counts.values())) == 1
    assert len({LABELS[int(i[2:])] for i in support.validation}) == 3
    assert few_shot(FOLD, LABELS, **shots, seed=0) == support
    assert few_shot(FOLD, LABELS, **shots, seed=1) != support


def test_support_keeps_speakers_apart():
    groups = [f"s{i % 7}" for i in range(90)]
    support = few_shot(FOLD, LABELS, percent=30, groups=groups, seed=0)
    of = dict(zip(FOLD.train, groups, strict=True))
    assert not {of[i] for i in support.train} & {of[i] for i in support.validation}
    assert len(support.train) + len(support.validation) == 27


def test_all_of_it_is_the_fold_itself():
    assert few_shot(FOLD, LABELS, percent=100, seed=0) == FOLD


def test_wrong_supports_are_named():
    with pytest.raises(UsageError, match="class 0 has 30 training examples and 31"):
        few_shot(FOLD, LABELS, per_class=31, seed=0)
    with pytest.raises(UsageError, match="class anger has 30 training examples and 31"):
        few_shot(FOLD, LABELS, per_class=31, classes=["anger", "fear", "joy"], seed=0)
    with pytest.raises(UsageError, match="at least 2 of each class"):
        few_shot(FOLD, LABELS, per_class=1, seed=0)
    with pytest.raises(UsageError, match="either"):
        few_shot(FOLD, LABELS, seed=0)
    with pytest.raises(ValueError, match="2 labels for 90"):
        few_shot(FOLD, LABELS[:2], per_class=2, seed=0)


def test_a_plan_survives_the_disk(tmp_path: Path):
    examples, labels, manifests = corpus()
    plan = plan_of(examples, labels, manifests, scheme="speaker")
    path = tmp_path / "plan.json"
    write_plan(path, plan, overwrite=False)
    assert read_plan(path, manifests) == plan
    with pytest.raises(OutputError, match="exists already"):
        write_plan(path, plan, overwrite=False)
    again = plan_of(examples, labels, manifests, scheme="file", file=path)
    assert again == plan


def test_a_plan_that_was_edited_is_refused(tmp_path: Path):
    examples, labels, manifests = corpus()
    path = tmp_path / "plan.json"
    write_plan(path, plan_of(examples, labels, manifests, scheme="speaker"), overwrite=False)
    given = json.loads(path.read_text())
    given["folds"][0]["train"].append(given["folds"][0]["test"].pop())
    path.write_text(json.dumps(given))
    with pytest.raises(InputError, match="changed after it was written"):
        read_plan(path, manifests)


def test_a_plan_of_other_data_is_refused(tmp_path: Path):
    examples, labels, manifests = corpus()
    path = tmp_path / "plan.json"
    write_plan(path, plan_of(examples, labels, manifests, scheme="speaker"), overwrite=False)
    with pytest.raises(InputError, match="other manifests"):
        read_plan(path, [Manifest("c", Path(), examples[:50])])
    with pytest.raises(UsageError, match=r"32 examples that carry none of data\.classes"):
        plan_of(
            [e for e, label in zip(examples, labels, strict=True) if label],
            labels[labels > 0],
            manifests,
            scheme="file",
            file=path,
        )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("plan.json", "{", "not a plan"),
        ("plan.json", "[]", "not a plan"),
        ("plan.json", "{}", "not a plan"),
        ("plan.csv", f"id,split\n{'x' * 200_000},train\n", "not a plan in columns"),
        ("plan.csv", "id;split\n", "expected a header with id and split"),
        ("plan.csv", "id,split\nc/1,holdout\n", "line 2: split 'holdout'"),
        ("plan.csv", "id,split\nc/1,train\nx,test\n", "1 ids are in no manifest, such as x"),
    ],
)
def test_wrong_plans_are_named(tmp_path: Path, name: str, text: str, message: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_plan(tmp_path / name, corpus()[2])


def test_absent_files_are_named(tmp_path: Path):
    with pytest.raises(InputError, match="no plan"):
        read_plan(tmp_path / "plan.json", corpus()[2])
    with pytest.raises(UsageError, match=r"split\.file"):
        plan_of(*corpus(), scheme="file")


def test_anyones_split_as_csv(tmp_path: Path):
    path = tmp_path / "theirs.csv"
    path.write_text("id,fold,split\nc/1,a,train\nc/1,a,Train\nc/2,a,dev\nc/3,a,test\nc/3,b,test\n")
    plan = read_plan(path, corpus()[2])
    assert plan.folds == (
        Fold("a", ("c/1", "c/1"), ("c/2",), ("c/3",)),
        Fold("b", (), (), ("c/3",)),
    )


def test_ravdess_folds_of_emobox(shared_data: Path):
    from sentigram.training.corpora import ravdess

    examples = tuple(
        Example(f"r/{i.id}", "r", i.labels, i.split, i.text, speaker=f"r/{i.speaker}")
        for i in ravdess.read(shared_data / "ravdess")
    )
    names = sorted({e.labels[0] for e in examples})
    labels = np.array([names.index(e.labels[0]) for e in examples])
    plan = plan_of(examples, labels, [Manifest("r", Path(), examples)])
    assert [len(fold.test) for fold in plan.folds] == [240] * 6
    check_whole(plan, examples, "speaker")
    assert {len(fold.validation) for fold in plan.folds} == {180}  # 3 of 20 actors


def test_by_example_sounds_that_are_alike_stay_together():
    examples, labels, manifests = corpus(60, speaker="", session="", dialogue="")
    rng = np.random.default_rng(1)
    prints = [rng.bytes(32).hex() for _ in range(60)]
    for one, other in ((0, 7), (7, 22), (3, 41)):
        prints[other] = prints[one]
    examples = [replace(e, fingerprint=p) for e, p in zip(examples, prints, strict=True)]
    plan = plan_of(examples, labels, manifests, scheme="kfold", k=5, group="example")
    for fold in plan.folds:
        for part in (fold.train, fold.validation, fold.test):
            for alike in ({"c/0", "c/7", "c/22"}, {"c/3", "c/41"}):
                assert not alike & set(part) or alike <= set(part)
