from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest

from sentigram.training.audit.people import names_people
from tests.training.protocols import checked, example, failed, plan

ABC = [example(name) for name in "abcd"]


def spoken_by(*speakers: str):
    return [replace(e, speaker=s) for e, s in zip(ABC, speakers, strict=True)]


@pytest.mark.parametrize("other", ["c/ann", "c/Ann ", "c/АNN", "c/A-n-n", "c/ΑΝΝ"])
def test_a_speaker_under_two_spellings_is_one(other: str):
    speakers = spoken_by("c/Ann", "c/Bob", "c/Cid", other)
    (found,) = checked(speakers, plan("ab", "c", "d"))
    assert (found.rule, found.severity, found.examples) == (
        "look-alike-speakers",
        "fail",
        ("c/d",),
    )
    assert "c/Ann" in found.message
    assert checked(speakers, plan("ad", "b", "c")) == ()


@pytest.mark.parametrize(("one", "other"), [("Ida", "lda"), ("Rose", "R0SE"), ("Jürg", "Juerg")])
def test_letters_that_look_alike_or_stand_for_others(one: str, other: str):
    speakers = spoken_by(f"c/{one}", "c/Bob", "c/Cid", f"c/{other}")
    assert failed(checked(speakers, plan("ab", "c", "d"))) == {"look-alike-speakers"}


def test_speakers_whose_names_differ_are_not_alike():
    assert checked(spoken_by("c/s1", "c/s11", "c/s1_1", "c/t1"), plan("ab", "c", "d")) == ()
    assert checked(spoken_by("c/s1", "c/Bob", "c/sl", "c/t1"), plan("ab", "c", "d")) == ()


def test_one_spelling_on_both_sides_is_another_rule():
    found = checked(spoken_by("c/Ann", "c/Bob", "c/Cid", "c/Ann"), plan("ab", "c", "d"))
    assert failed(found) == {"shared-speaker"}


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [("Monica", "monica", "fail"), ("actor03", "Actor_3", "report"), ("3", "03", "report")],
)
def test_a_name_in_two_corpora(one: str, other: str, severity: str):
    speakers = spoken_by(f"c/{one}", "c/Bob", "c/Cid", "")
    speakers[3] = replace(speakers[3], corpus="e", speaker=f"e/{other}")
    (found,) = checked(speakers, plan("ab", "c", "d"))
    assert (found.rule, found.severity) == ("speaker-in-two-corpora", severity)
    assert checked(speakers, plan("ad", "b", "c")) == ()


def test_other_names_in_two_corpora():
    speakers = spoken_by("c/Ann", "c/Bob", "c/Cid", "")
    speakers[3] = replace(speakers[3], corpus="e", speaker="e/Dan")
    assert checked(speakers, plan("ab", "c", "d")) == ()


@pytest.mark.parametrize("field", ["audio_sha256", "fingerprint", "outline"])
def test_speakers_who_share_a_recording_are_one_person(field: str):
    # what c and d share was left out of the plan, and what else they say is on two sides
    ours = [replace(e, **{field: 3 * e.id[-1]}) for e in ABC]
    shared = [
        replace(ours[1], id=f"{s}/x", corpus=s, speaker=f"{s}/who-{s}", **{field: "xyz"}, labels=())
        for s in ("c", "d")
    ]
    examples = [
        replace(ours[0], speaker="c/who-c"),
        *ours[1:3],
        replace(ours[3], speaker="d/who-d"),
    ]
    found = checked([*examples, *shared], plan("ab", "c", "d"))
    assert failed(found) == {"speakers-of-one-sound"}
    assert found[0].examples == ("c/d",)
    assert "c/who-c and d/who-d" in found[0].message
    assert failed(checked([*examples, *shared], plan("ad", "b", "c"))) == set()
    assert failed(checked(examples, plan("ab", "c", "d"))) == set()


def voice(seed: int) -> str:
    row = np.random.default_rng(seed).normal(size=192)
    return base64.b64encode((40 * row).clip(-127, 127).astype(np.int8).tobytes()).decode()


def test_two_names_with_one_voice_are_told():
    clips = [
        replace(example(f"{who}{i}"), speaker=f"c/{who}", voice=voice(seed))
        for who, seed in (("a", 1), ("b", 2), ("d", 1))
        for i in range(3)
    ]
    ids = ("a0 a1 a2 b0 b1 b2", "", "d0 d1 d2")
    apart = plan(*(part.split() for part in ids))
    (found,) = checked(clips, apart)
    assert (found.rule, found.severity, found.count) == ("voices-alike", "report", 1)
    assert found.examples == ("c/d0", "c/d1", "c/d2")
    assert "c/a and c/d" in found.message
    together = plan(["a0", "a1", "a2", "d0", "d1", "d2"], "", ["b0", "b1", "b2"])
    assert checked(clips, together) == ()


def test_what_no_voice_is_known_of_is_told():
    older = [replace(e, speaker=f"c/{e.id}", fingerprint="ab" * 32) for e in ABC]
    older = [replace(e, fingerprint=f"{i:064x}") for i, e in enumerate(older)]
    found = {f.message for f in checked(older, plan("ab", "c", "d")) if f.rule == "voices-alike"}
    assert len(found) == 1
    assert "older manifest" in found.pop()


def test_an_older_manifest_beside_a_newer_one_is_told():
    older = [replace(e, speaker=f"c/{e.id}", fingerprint=f"{i:064x}") for i, e in enumerate(ABC)]
    newer = replace(older[3], corpus="n", voice=voice(1))
    found = checked([*older[:3], newer], plan("ab", "c", "d"))
    (told,) = [f for f in found if f.rule == "voices-alike"]
    assert (told.count, told.severity) == (3, "report")


def test_a_column_of_speakers_that_nobody_reads():
    unknown = [replace(e, speaker="") for e in ABC]
    two = plan("ab", "c", "d")
    found = checked(unknown, two, unused={"c": ("rate", "spk_id")})
    assert failed(found) == {"unread-speakers"}
    assert "the column spk_id" in found[0].message
    assert failed(checked(unknown, two, unused={"c": ("rate", "speaker_gender")})) == set()
    assert failed(checked(unknown, two, unused={"e": ("spk_id",)})) == set()
    assert checked(ABC, two, unused={"c": ("spk_id",)}) == ()


@pytest.mark.parametrize(
    ("column", "is_name"),
    [("Speaker", True), ("spk_id", True), ("ActorName", True), ("SUBJECT", True),
     ("participant no", True), ("talker", True), ("actor_gender", False), ("speakerAge", False),
     ("respeaking", False), ("factor", False), ("take", False)],
)  # fmt: skip
def test_names_of_columns(column: str, is_name: bool):
    assert names_people(column) == is_name
