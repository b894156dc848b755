from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import InputError
from sentigram.training.audit import REMEDIES, as_json, audit
from sentigram.training.audit.division import divide, find_crossing
from sentigram.training.audit.protocol_record import (
    DataChange,
    Placebo,
    ProtocolRecord,
    Selection,
    read_record,
    write_record,
)
from sentigram.training.dataset.manifest import Example
from sentigram.training.splits.folds import Fold, SplitPlan
from tests.training.protocols import SOUND, checked, example, failed, plan

ABC = [example(name) for name in "abcd"]
GOOD = Placebo(0.27, 0.25, 400)
BAD = Placebo(0.8, 0.25, 400)


def test_a_sound_plan_has_no_finding():
    assert checked(ABC, plan("ab", "c", "d")) == ()


@pytest.mark.parametrize("kind", ["speaker", "dialogue"])
@pytest.mark.parametrize("parts", [("ab", "c", "d"), ("acd", "b", ""), ("c", "a", "b")])
def test_people_and_conversations_on_both_sides_fail(kind: str, parts: tuple[str, str, str]):
    changed = [replace(e, **{kind: "c/same"}) if e.id in ("c/a", "c/b") else e for e in ABC]
    together = any({"a", "b"} <= set(part) for part in parts)
    assert failed(checked(changed, plan(*parts))) == (set() if together else {f"shared-{kind}"})


def test_two_folds_are_two_worlds():
    changed = [replace(e, speaker="c/same") if e.id in ("c/a", "c/b") else e for e in ABC]
    folds = (Fold("1", ("c/a", "c/b"), (), ("c/c",)), Fold("2", ("c/c",), (), ("c/a", "c/b")))
    assert checked(changed[:3], SplitPlan("x", 0, (), folds)) == ()


def test_sessions_fail_only_where_the_plan_claims_them():
    changed = [replace(e, session="c/1") for e in ABC]
    (told,) = checked(changed, plan("ab", "c", "d"))
    assert (told.rule, told.severity) == ("shared-session", "report")
    claims = plan("ab", "c", "d", "leave-one-session-out")
    assert failed(checked(changed, claims)) == {"shared-session"}


def test_unknown_speakers_are_told():
    (told,) = checked([replace(e, speaker="") for e in ABC], plan("ab", "c", "d"))
    assert (told.severity, told.count) == ("report", 4)
    assert "4 examples have no speaker: nobody knows whether one speaker is on both" in told.message
    # who knows no speakers cannot divide by them
    assert "a column speaker" in told.remedy
    assert "split" not in told.remedy


def test_the_same_sound_under_two_ids():
    changed = [replace(e, audio_sha256="s" if e.id != "c/c" else "t") for e in ABC]
    person, found = checked(changed, plan("ab", "c", "d"))
    assert (found.rule, found.count, found.examples) == ("identical-audio", 1, ("c/d",))
    assert person.rule == "speakers-of-one-sound"  # two names, and one recording
    assert checked(changed, plan("abd", "c", "")) == ()


def test_the_same_numbers_under_two_ids():
    """A file of features that is given for two splits brings neither ids nor sounds."""
    bare = [replace(e, audio_sha256="", speaker="", text="") for e in ABC]
    numbers = {e.id: np.array([1, row], np.float32) for row, e in enumerate(bare)}
    same = numbers | {"c/d": numbers["c/a"]}

    def told(given, split=("ab", "c", "d"), examples=bare, words=()):
        findings = audit(examples, plan(*split), features={"x": given}, words=words)
        return [(f.severity, f.examples) for f in findings if f.rule == "identical-features"]

    assert told(same) == [("fail", ("c/d",))]
    assert told(same, words=["x"]) == [("report", ("c/d",))]
    assert told(numbers) == told(same, ("abd", "c", "")) == []
    assert told(dict.fromkeys(numbers, np.zeros(2, np.float32))) == []  # no face anywhere
    assert told(same, examples=[replace(e, audio_sha256=e.id) for e in bare]) == []
    assert told(same, examples=[replace(e, text="Yes") for e in bare], words=["x"]) == []


def test_nearly_the_same_sound():
    prints = {"c/a": "0000", "c/b": "ffff", "c/c": "abcd", "c/d": "0001"}
    changed = [
        replace(e, fingerprint=prints[e.id], audio_sha256=e.id, outline=e.id * 2, speaker="")
        for e in ABC
    ]
    (found,) = (f for f in checked(changed, plan("ab", "c", "d")) if f.severity == "fail")
    assert (found.rule, found.severity) == ("near-identical-audio", "fail")
    assert "such as c/a and c/d" in found.message  # both, to listen to
    assert found.examples == ("c/d",)
    assert failed(checked(changed, plan("ad", "c", "b"))) == set()


def test_the_same_sentence_is_told_and_no_failure():
    texts = {"c/a": "Dogs sit", "c/b": "dogs sit", "c/c": "dogs sat", "c/d": "birds fly"}
    changed = [replace(e, text=texts[e.id]) for e in ABC]
    same, alike = checked(changed, plan("a", "c", "bd"))
    assert {same.severity, alike.severity} == {"report"}
    assert "1 sentence is in train and test" in same.message
    assert "1 pair of near-identical sentences is in train, validation and test" in alike.message


def test_copies_of_copies_are_followed():
    copies = [example("e", origin="c/a"), example("f", origin="c/e")]
    findings = checked([*ABC, *copies], plan("ab", "c", "f"))
    assert failed(findings) == {"duplicated-across-split", "augmented-in-held-out"}
    assert checked([*ABC, *copies], plan("abef", "c", "d")) == ()


def test_a_circle_of_origins_ends():
    circle = [example("e", origin="c/f"), example("f", origin="c/e")]
    findings = checked([*ABC, *circle], plan("ae", "c", "f"))
    assert failed(findings) == {"duplicated-across-split", "augmented-in-held-out"}


def test_repeated_examples():
    (found,) = checked(ABC, plan("aab", "c", "ddd"))
    assert (found.rule, found.count) == ("oversampled", 1)
    assert "up to 3 times" in found.message
    assert failed(checked(ABC, plan("ab", "c", "ad"))) == {
        "duplicated-across-split",
        "shared-speaker",
        "shared-dialogue",
    }


@pytest.mark.parametrize(
    ("record", "rules"),
    [
        (ProtocolRecord((Selection("epoch", "validation"),), "test"), set()),
        (ProtocolRecord((Selection("epoch", "test"),), "test"), {"selection-on-test"}),
        (
            ProtocolRecord((Selection("epoch", "validation", ("c/c", "c/d")),), "test"),
            {"selection-on-test"},
        ),
        (ProtocolRecord((), "validation_maximum"), {"selection-on-test"}),
        (ProtocolRecord((), "test", {"text": "all"}), {"normalization-on-held-out"}),
        (ProtocolRecord((), "test", {"text": "recording"}), set()),
        (
            replace(
                SOUND, changes=(DataChange("n", "augmentation", "train_only", uses_label=True),)
            ),
            {"label-dependent-augmentation"},
        ),
        (
            replace(SOUND, changes=(DataChange("n", "augmentation", "train_only", True, BAD),)),
            {"label-dependent-augmentation"},
        ),
        (
            replace(SOUND, changes=(DataChange("n", "augmentation", "train_only", True, GOOD),)),
            set(),
        ),
        (
            replace(SOUND, changes=(DataChange("n", "augmentation", "before_split"),)),
            {"augmented-in-held-out"},
        ),
        (replace(SOUND, changes=(DataChange("n", "resampling", "before_split"),)), {"oversampled"}),
        (replace(SOUND, changes=(DataChange("n", "resampling", "train_only"),)), set()),
    ],
)
def test_rules_on_how_numbers_were_made(record: ProtocolRecord, rules: set[str]):
    assert failed(checked(ABC, plan("ab", "c", "d"), record)) == rules


def test_a_choice_of_one_fold_does_not_count_for_another():
    folds = (Fold("1", ("c/a",), ("c/b",), ("c/c",)), Fold("2", ("c/a",), ("c/c",), ("c/b",)))
    two = SplitPlan("x", 0, (), folds)
    own = ProtocolRecord((Selection("epoch", "validation", ("c/b",), "1"),), "test")
    everywhere = ProtocolRecord((Selection("epoch", "validation", ("c/b",)),), "test")
    assert failed(checked(ABC, two, own)) == set()
    assert failed(checked(ABC, two, everywhere)) == {"selection-on-test"}


def test_without_a_record_the_audit_says_so():
    (told,) = checked(ABC, plan("ab", "c", "d"), None)
    assert (told.rule, told.severity) == ("no-record", "report")


def test_an_unknown_id_is_named():
    with pytest.raises(InputError, match="c/z is in no manifest"):
        checked(ABC, plan("ab", "c", "z"))


def test_every_rule_has_a_remedy_and_json_holds_it():
    findings = checked(ABC, plan("ab", "c", "ad"), None)
    assert all(finding.remedy for finding in findings)
    assert REMEDIES["oversampled"] not in as_json(findings)
    assert REMEDIES["shared-speaker"] in as_json(findings)


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sets(st.sampled_from("tvh"))), max_size=7))
def test_crossing_agrees_with_looking_at_every_pair(rows: list[tuple[str, set[str]]]):
    examples = [example(str(i)) for i in range(len(rows))]
    parts = [tuple(e.id for e, (_, r) in zip(examples, rows, strict=True) if p in r) for p in "tvh"]
    division = divide(examples, SplitPlan("x", 0, (), (Fold("all", *parts),)))
    placed = [row for row in rows if row[1]]
    for between in (False, True):
        slow = {
            unit
            for i, (unit, roles) in enumerate(placed)
            for j, (other, others) in enumerate(placed)
            if unit == other and (i != j or not between)
            if any(a != b for a in roles for b in others)
        }
        found = find_crossing(division, [unit for unit, _ in placed], between_examples=between)
        assert (0 if found is None else found.count) == len(slow)


@pytest.mark.slow
def test_fifty_thousand_examples_take_seconds():
    rng = np.random.default_rng(0)
    n, k = 50_000, 10
    speakers = rng.integers(0, 1000, n)
    examples = [
        Example(f"c/{i}", "c", ("a",), "", "", speaker=f"c/{s}", dialogue=f"c/{s}",
                audio_sha256=str(i))
        for i, s in enumerate(speakers)
    ]  # fmt: skip
    folds = tuple(
        Fold(
            f"{f}",
            tuple(e.id for e, s in zip(examples, speakers, strict=True) if (s - f) % k > 1),
            tuple(e.id for e, s in zip(examples, speakers, strict=True) if (s - f) % k == 1),
            tuple(e.id for e, s in zip(examples, speakers, strict=True) if s % k == f),
        )
        for f in range(k)
    )
    began = time.process_time()
    none = lambda _values: []  # noqa: E731
    findings = audit(
        examples,
        SplitPlan("x", 0, (), folds),
        record=SOUND,
        near_audio=none,
        altered_audio=none,
        text_key=str,
        near_texts=none,
    )
    assert findings == ()
    assert time.process_time() - began < 20  # 3 s where it is not busy


def test_records_survive_the_disk(tmp_path: Path):
    record = ProtocolRecord(
        (Selection("epoch", "validation", ("c/a",), "1"),),
        "test",
        {"text": "train"},
        (DataChange("n", "augmentation", "train_only", True, GOOD),),
    )
    write_record(tmp_path / "protocol.json", record, overwrite=False)
    assert read_record(tmp_path / "protocol.json") == record


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a protocol"),
        ("[]", "not a protocol"),
        ('{"version": 2}', "another version"),
        ('{"version": 1, "selections": [], "reported": "best"}', "reported 'best'; choose from"),
        ('{"version": 1, "selections": [{"what": "x"}], "reported": "test"}', "role"),
    ],
)
def test_records_that_are_wrong_are_named(tmp_path: Path, text: str, message: str):
    path = tmp_path / "protocol.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_record(path)
    with pytest.raises(InputError, match="no protocol"):
        read_record(tmp_path / "absent.json")
