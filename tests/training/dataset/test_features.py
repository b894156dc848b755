from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import InputError, UsageError
from sentigram.training.dataset import features
from sentigram.training.dataset.extractors import encoders
from sentigram.training.dataset.features import extract, open_store
from sentigram.training.dataset.manifest import Example, Manifest


class Letters:
    """One token per letter; remembers what it was asked."""

    info = EncoderInfo("letters", "text", 2, "letters 1")

    def __init__(self, *, fail_after: int | None = None) -> None:
        self.asked: list[str] = []
        self._fail_after = fail_after

    def encode(self, batch):
        if self._fail_after is not None and len(self.asked) >= self._fail_after:
            raise KeyboardInterrupt
        self.asked += batch
        return [np.array([[ord(c), len(t)] for c in t], np.float32) for t in batch]


def manifest(*texts: str) -> Manifest:
    examples = tuple(Example(f"c/{i}", "c", ("anger",), "", t) for i, t in enumerate(texts))
    return Manifest("c", Path(), examples)


def test_each_text_is_encoded_once_and_found_by_its_content(tmp_path: Path):
    encoder = Letters()
    store = extract([manifest("aa", "b", "aa")], encoder, tmp_path)
    assert sorted(encoder.asked) == ["aa", "b"]
    again = manifest("b", "aa")
    np.testing.assert_array_equal(store.get(again.examples[1]), [[97, 2], [97, 2]])
    np.testing.assert_array_equal(store.get(again.examples[0]), [[98, 1]])
    assert store.get(manifest("new").examples[0]) is None
    extract([manifest("b", "cc")], encoder, tmp_path)
    assert sorted(encoder.asked) == ["aa", "b", "cc"]


def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(features, "SHARD_ITEMS", 2)
    texts = ["a" * n for n in range(1, 8)]
    with pytest.raises(KeyboardInterrupt):
        extract([manifest(*texts)], Letters(fail_after=4), tmp_path)
    rest = Letters()
    store = extract([manifest(*texts)], rest, tmp_path)
    assert sorted(rest.asked) == texts[4:]
    for example in manifest(*texts).examples:
        assert len(store.get(example)) == len(example.text)


def test_an_array_without_its_index_does_not_count(tmp_path: Path):
    extract([manifest("a")], Letters(), tmp_path)
    (tmp_path / "letters" / "00000.json").unlink()
    assert open_store(tmp_path, "letters").get(manifest("a").examples[0]) is None
    encoder = Letters()
    extract([manifest("a")], encoder, tmp_path)
    assert encoder.asked == ["a"]


def test_features_of_another_version_are_not_mixed(tmp_path: Path):
    extract([manifest("a")], Letters(), tmp_path)
    other = Letters()
    other.info = replace(Letters.info, id="letters 2")
    with pytest.raises(InputError, match="holds features of letters 1, not of letters 2"):
        extract([manifest("a")], other, tmp_path)


@pytest.mark.parametrize("what", ["index", "array", "about"])
def test_damage_is_named(tmp_path: Path, what: str):
    extract([manifest("aaa")], Letters(), tmp_path)
    folder = tmp_path / "letters"
    if what == "index":
        (folder / "00000.json").write_text('{"keys": ["text:x"], "lengths": [2]}')
    elif what == "array":
        (folder / "00000.npy").write_bytes(b"\x80\x04pickle")
    else:
        (folder / "encoder.json").write_text("{}")
    with pytest.raises(InputError, match="damaged features"):
        open_store(tmp_path, "letters")


def test_no_features_names_the_command(tmp_path: Path):
    with pytest.raises(InputError, match="sentigram prepare"):
        open_store(tmp_path, "letters")


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path):
    encoder = Letters()
    encoder.encode = lambda _batch: [np.full((1, 2), np.nan, np.float32)]
    with pytest.raises(ValueError, match="not finite"):
        extract([manifest("a")], encoder, tmp_path)


def test_half_precision_is_kept_as_it_is(tmp_path: Path):
    encoder = Letters()
    encoder.info = replace(Letters.info, stored="float16")
    encoder.encode = lambda batch: [np.full((len(t), 2), 1 / 3, np.float32) for t in batch]
    extract([manifest("a", "bb")], encoder, tmp_path)
    store = open_store(tmp_path, "letters")
    assert store.info == encoder.info
    found = store.get(manifest("bb").examples[0])
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, np.full((2, 2), 1 / 3, np.float16))
    (shard,) = (tmp_path / "letters").glob("*.npy")
    np.save(shard, np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match=r"is float32 \(3, 2\), not float16 \(3, 2\)"):
        open_store(tmp_path, "letters")


@pytest.mark.parametrize(
    ("numbers", "value", "message"),
    [("values", 1e5, "not finite in float16"), ("ids", 2049, "ids that float16 would round")],
)
def test_what_half_precision_cannot_hold_is_refused(tmp_path: Path, numbers, value, message):
    encoder = Letters()
    encoder.info = replace(Letters.info, stored="float16", numbers=numbers)
    encoder.encode = lambda _batch: [np.full((1, 2), value, np.float32)]
    with pytest.raises(ValueError, match=message):
        extract([manifest("a")], encoder, tmp_path)


def test_an_unknown_encoder_is_named():
    with pytest.raises(UsageError, match="minilm"):
        next(encoders(["bort"]))


def test_bundled_text_features_are_those_of_the_engine(tmp_path: Path):
    (encoder,) = encoders(["minilm"])
    store = extract([manifest("I am so happy today", "no")], encoder, tmp_path)
    happy = store.get(manifest("I am so happy today").examples[0])
    assert happy.shape == (5, 384)
    alone = encoder.encode(["I am so happy today"])[0]
    np.testing.assert_allclose(happy, alone, atol=1e-5)
