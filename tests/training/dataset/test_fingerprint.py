from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import InputError
from sentigram.training.augment import sound
from sentigram.training.corpora import ravdess
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.fingerprint import (
    THRESHOLD_BITS,
    distance,
    fingerprint,
    near_duplicates,
    near_identical_texts,
    text_key,
)
from sentigram.training.dataset.manifest import FINGERPRINT_BYTES
from sentigram.training.shipped.voice import augment

RATE_HZ = 16_000


def speech(seed: int, seconds: float = 2.0) -> np.ndarray:
    """Syllables of harmonics whose pitch, colour and length differ, with pauses around."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros(RATE_HZ // 5)]
    while sum(map(len, parts)) < seconds * RATE_HZ:
        n = int(rng.uniform(0.1, 0.3) * RATE_HZ)
        time = np.arange(n) / RATE_HZ
        hz, centre = rng.uniform(100, 250), rng.uniform(500, 2500)
        tones = [
            np.exp(-(((hz * k - centre) / 400) ** 2)) * np.sin(2 * np.pi * hz * k * time)
            for k in range(1, 25)
        ]
        parts += [sum(tones) * np.hanning(n), np.zeros(int(rng.uniform(0.02, 0.1) * RATE_HZ))]
    parts.append(np.zeros(RATE_HZ // 5))
    sound = np.concatenate(parts) + 1e-4 * rng.standard_normal(sum(map(len, parts)))
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def test_a_version_of_a_clip_is_near_and_another_clip_is_far():
    clips = [speech(seed) for seed in range(12)]
    prints = [fingerprint(clip) for clip in clips]
    assert {len(bytes.fromhex(found)) for found in prints} == {FINGERPRINT_BYTES}
    assert near_duplicates(prints) == []
    for i, clip in enumerate(clips):
        rng = np.random.default_rng(i)
        changed = {
            "quieter": 0.1 * clip,
            "cut": clip[800:-1200],
            "padded": np.pad(clip, (3000, 0)),
            "noisy": sound.mix(clip, rng.standard_normal(len(clip)), 25),
        }
        for what, version in changed.items():
            other = fingerprint(version.astype(np.float32))
            assert distance(prints[i], other) <= THRESHOLD_BITS, what
            assert near_duplicates([*prints, other]) == [(i, len(prints))]


def test_through_codecs():
    clips = [speech(seed) for seed in range(6)]
    distances = [
        distance(fingerprint(clip), fingerprint(augment.apply("codec", clip, str(i))))
        for i, clip in enumerate(clips)
    ]
    assert np.median(distances) <= THRESHOLD_BITS


@pytest.mark.parametrize("n", [1, 37, 512, 1600])
def test_short_and_odd_clips_have_fingerprints(n: int):
    rng = np.random.default_rng(0)
    assert len(fingerprint(rng.standard_normal(n).astype(np.float32))) == 2 * FINGERPRINT_BYTES
    low = np.sin(2 * np.pi * 60 * np.arange(n) / RATE_HZ + 1)  # below every band
    assert len(fingerprint(low.astype(np.float32))) == 2 * FINGERPRINT_BYTES


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(4000)])
def test_silence_has_none(samples: np.ndarray):
    with pytest.raises(ValueError, match="silence"):
        fingerprint(samples.astype(np.float32))


def test_two_takes_are_apart_and_copies_are_found_in_a_real_corpus(shared_data: Path):
    items = [item for item in ravdess.read(shared_data / "ravdess") if item.speaker == "actor07"]
    prints = [fingerprint(load(item.audio)) for item in items if item.audio]
    found = [(items[i].id[-24:-5], items[j].id[-24:-5]) for i, j in near_duplicates(prints)]
    # the corpus holds this recording twice, as two takes
    assert found == [("3-01-03-01-02-01-07", "3-01-03-01-02-02-07")]


@given(
    st.lists(st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)), max_size=12),
    st.integers(0, 256),
)
def test_near_duplicates_is_what_comparing_all_finds(raw: list[bytes], threshold: int):
    prints = [found.hex() for found in raw]
    slow = [
        (i, j)
        for i, j in combinations(range(len(raw)), 2)
        if raw[i] and raw[j]
        if sum((a ^ b).bit_count() for a, b in zip(raw[i], raw[j], strict=True)) <= threshold
    ]
    assert near_duplicates(prints, threshold=threshold) == slow


@pytest.mark.parametrize("wrong", ["ab", "zz" * 32, "ab" * 33])
def test_what_is_no_fingerprint_is_refused(wrong: str):
    with pytest.raises(InputError, match="not 32 bytes as hex"):
        near_duplicates(["00" * 32, wrong])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Don't   STOP!", "dont stop"),
        ("Don’t stop…", "don't stop"),
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("a_b", "a b"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_text_key_does_not_see_form(one: str, other: str):
    assert text_key(one) == text_key(other)


def test_text_key_sees_words():
    assert text_key("I am fine.") != text_key("I am fined.")
    assert text_key("?!…") == ""


def near_slowly(texts: list[str]) -> list[tuple[int, int]]:
    def alike(one: str, other: str) -> bool:
        if one == other or min(len(one), len(other)) < 20:
            return bool(one) and one == other
        sets = [{key[i : i + 3] for i in range(len(key) - 2)} for key in (one, other)]
        return len(sets[0] & sets[1]) / len(sets[0] | sets[1]) >= 0.9

    keys = [text_key(text) for text in texts]
    return [(i, j) for i, j in combinations(range(len(texts)), 2) if alike(keys[i], keys[j])]


def test_near_identical_texts_is_what_comparing_all_finds():
    rng = np.random.default_rng(0)
    words = ["sun", "moon", "table", "often", "river", "glass", "never", "kept", "ñandú", "日本"]
    texts = [" ".join(rng.choice(words, rng.integers(0, 16))) for _ in range(120)]
    for text in texts[:60]:  # with a letter changed, left out or doubled
        at = int(rng.integers(0, len(text) + 1))
        texts.append(text[:at] + str(rng.choice(["", "x", text[at : at + 1] * 2])) + text[at + 1 :])
    found = near_identical_texts(texts)
    assert found == near_slowly(texts)
    keys = [text_key(text) for text in texts]
    assert sum(keys[i] != keys[j] for i, j in found) >= 5


@given(st.lists(st.text("abA .'é", max_size=40), max_size=10))
def test_near_identical_texts_on_anything(texts: list[str]):
    assert near_identical_texts(texts) == near_slowly(texts)
