from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.training.audit.names import (
    SIGHTS,
    is_personal,
    name_key,
    stem_of,
    time_range,
    without_roles,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("Ann", " ANN "),
        ("speaker 1", "Speaker_01"),
        ("spk-7", "spk007"),
        ("1", "1.0"),
        ("Ann", "Аnn"),  # Cyrillic A
        ("Ross", "Rоѕѕ"),  # Cyrillic o and s
        ("Tom", "Τom"),  # Greek capital tau
        ("José", "Jose"),
        ("José", "Jose\u0301"),
        ("s1", "ｓ１"),  # full width
        ("Mary-Ann", "Mary Ann"),
        ("Ann", "An\u200bn"),  # a space that nobody sees
        ("Ann", "Ann\u3164"),  # a letter that nobody sees
        ("Ann", "ᴀɴɴ"),  # small capitals
        ("Gus", "ɡus"),
        ("Ada", "Ꭺꓓꓮ"),  # Cherokee and Lisu
    ],
)
def test_spellings_of_one_name(one: str, other: str):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nina", "ΝINA"),  # Greek capitals
        ("Zoe", "ΖΟΕ"),
        ("Yan", "Υan"),
        ("Ida", "lda"),
        ("Rose", "R0SE"),
        ("Jürgen", "Juergen"),
        ("Jürgen", "Ju\u0308rgen"),
        ("Søren", "SOEREN"),
    ],
)
def test_what_looks_like_another_letter_is_taken_for_it_too(one: str, other: str):
    assert any(name_key(one, sight) == name_key(other, sight) for sight in SIGHTS)


def test_greek_names_stay_whole():
    assert name_key("Νίκος") == name_key("ΝΙΚΟΣ") == name_key("νικος")


@pytest.mark.parametrize(
    ("one", "other"),
    [("1_1", "11"), ("s1", "s10"), ("Ann", "Anna"), ("03", "30"), ("F1", "M1"), ("?", "!")],
)
def test_names_that_differ(one: str, other: str):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Mila", "Miia"), ("Ali", "All"), ("Ann", "Anna")])
def test_names_that_differ_however_they_are_seen(one: str, other: str):
    assert all(name_key(one, sight) != name_key(other, sight) for sight in SIGHTS)


@given(st.text(min_size=1, max_size=12))
def test_every_name_has_a_key(name: str):
    assert name_key(name)
    assert name_key(name) == name_key(name.upper().lower().upper().lower()) or not name.isascii()


def test_numbers_name_nobody():
    assert is_personal(name_key("chandler"))
    assert not any(is_personal(name_key(n)) for n in ("03", "actor12", "S1", "Ses01F", "male 2"))


@pytest.mark.parametrize(
    "name",
    ["c/u7_part1.wav", "c/u7-part-02", "c/u7_1of2", "c/u7_first_half", "c/u7.seg3", "c/u7_noise",
     "c/u7_aug2", "c/u7_pitch+2", "c/u7_pitch_-2.5", "c/u7_speed0.9", "c/copy of u7", "c/u7 copy",
     "c/u7_part1_noise3", "c/u7_sp1.1", "c/u7 (copy)", "c/u7_x2"],
)  # fmt: skip
def test_parts_and_copies_have_the_name_of_the_whole(name: str):
    assert stem_of(name) == "c/u7"


@pytest.mark.parametrize(
    "name",
    ["ravdess/Actor_01/03-01-05-02-01-01-01", "cremad/AudioWAV/1001_DFA_ANG_XX", "emodb/03a01Fa",
     "iemocap/Session1/Ses01F_impro01_F000", "meld/train/0/1", "nemo/SK0_anger_12", "c/spk1",
     "c/noise", "c/part1"],
)  # fmt: skip
def test_names_of_corpora_stay(name: str):
    assert stem_of(name) == name
    assert time_range(name) is None


def test_times_in_names():
    assert time_range("c/talk_12.5-14.0.wav") == ("c/talk", 12.5, 14.0)
    assert time_range("c/talk_001200_003400") == ("c/talk", 1200, 3400)
    assert time_range("c/talk[1.5_2.5]") == ("c/talk", 1.5, 2.5)
    assert time_range("c/talk_14.0-12.5") is None
    assert time_range("c/talk_12-14") is None  # numbers of something


def test_folders_of_a_split_do_not_name_a_sound():
    assert without_roles("c/Train/a/u7.wav") == "c/a/u7.wav"
