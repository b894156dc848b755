from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import InputError, UsageError
from sentigram.training.dataset.assemble import assemble, labelled, normalized, statistics
from sentigram.training.dataset.examples import Table, TrainSet
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.dataset.manifest import read_manifest
from sentigram.training.fit.batches import collate
from tests.training import synthetic

BOTH = ("text", "audio")


def with_audio(table: Table, values: np.ndarray) -> Table:
    voice = replace(table.tokens["audio"], values=values)
    return replace(table, tokens={**table.tokens, "audio": voice})


def data(folder: Path, **changes: object):
    return synthetic.experiment(folder, data=changes).data


def test_tokens_of_an_example_are_those_of_its_words(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=20)
    table = assemble([manifest], data(tmp_path))
    assert len(table) == 20
    assert table.tokens["text"].of(3).shape == (1 + 3 % 5, synthetic.D_TEXT)
    assert table.tokens["audio"].of(3).shape == (2 + 3 % 4, synthetic.D_AUDIO)
    assert table.tokens["text"].marked.all()


def test_other_labels_are_mapped_or_left_out(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=30)
    chosen = data(tmp_path, classes=["neutral", "emotion"], map={"anger": "emotion"})
    examples, names, labels = labelled([manifest], chosen)
    assert names == ("neutral", "emotion")
    assert {e.labels[0] for e in examples} == {"neutral", "anger"}
    wanted = [names.index("emotion" if e.labels == ("anger",) else "neutral") for e in examples]
    assert labels.tolist() == wanted


def test_a_map_to_nowhere_and_a_class_without_examples_are_named(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=10)
    with pytest.raises(UsageError, match="joy"):
        labelled([manifest], data(tmp_path, map={"happiness": "joy"}))
    with pytest.raises(InputError, match="no example has label fear"):
        labelled([manifest], data(tmp_path, classes=["anger", "fear"]))


def test_context_is_what_was_said_before_in_the_dialogue(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=24, n_speakers=4)
    plain = assemble([manifest], data(tmp_path))
    table = assemble([manifest], data(tmp_path, context=2))
    row = 13  # dialogue d1: 1, 5, 9, 13
    expected = np.concatenate([plain.tokens["text"].of(i) for i in (5, 9, 13)])
    np.testing.assert_array_equal(table.tokens["text"].of(row), expected)
    words = table.tokens["text"]
    marked = words.marked[words.starts[row] : words.starts[row + 1]]
    assert marked.sum() == len(plain.tokens["text"].of(row))
    assert not marked[: -len(plain.tokens["text"].of(row))].any()
    np.testing.assert_array_equal(table.tokens["text"].of(1), plain.tokens["text"].of(1))


def test_statistics_come_from_training_rows_only(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=40)
    table = assemble([manifest], data(tmp_path))
    train = TrainSet(table, np.arange(20))
    measured = statistics(table, train, BOTH)
    changed = table.tokens["audio"].values.copy()
    changed[table.tokens["audio"].starts[20] :] += 100
    other = with_audio(table, changed)
    again = statistics(other, TrainSet(other, np.arange(20)), BOTH)
    np.testing.assert_array_equal(measured["audio"].mean, again["audio"].mean)
    done = normalized(table, measured, data(tmp_path)).tokens["audio"]
    inside = done.values[: done.starts[20]]
    np.testing.assert_allclose(inside.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(inside.std(axis=0), 1, atol=1e-4)


def test_a_recording_is_normalized_by_itself(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=600, n_speakers=2)
    table = assemble([manifest], data(tmp_path))
    who = np.repeat(np.array(table.speakers), np.diff(table.tokens["audio"].starts))
    far = table.tokens["audio"].values + 50 * (who == "made/s1")[:, None].astype(np.float32)
    table = with_audio(table, far)
    chosen = data(tmp_path, normalize_audio="recording")
    train = TrainSet(table, np.array([i for i, s in enumerate(table.speakers) if s == "made/s0"]))
    done = normalized(table, statistics(table, train, BOTH), chosen).tokens["audio"].values
    assert abs(done[who == "made/s1"].mean()) < 3  # 50 before


@pytest.mark.parametrize("how", ["none", "train", "recording"])
def test_half_precision_stays_so_until_it_is_read(tmp_path: Path, how: str):
    manifest = synthetic.corpus(tmp_path, n=40)
    info = EncoderInfo("half", "audio", 3, "half 1", stored="float16")
    folder = start_store(tmp_path / "features", info)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(5, 2, (2, 3)).astype(np.float32) for _ in manifest.examples]
    write_shard(folder, info, [content_key(e, "audio") for e in manifest.examples], arrays)
    chosen = data(tmp_path, audio="half", normalize_audio=how)
    table = assemble([manifest], chosen)
    assert table.tokens["audio"].values.dtype == np.float16
    assert table.tokens["text"].values.dtype == np.float32
    measured = statistics(table, TrainSet(table, np.arange(40)), BOTH)
    done = normalized(table, measured, chosen)
    assert done.tokens["audio"].values.dtype == np.float16
    mean = done.tokens["audio"].values.mean(dtype=float)
    assert mean == pytest.approx(5 if how == "none" else 0, abs=0.3)
    assert str(collate(done, [0, 1]).inputs["audio"].values.dtype) == "torch.float32"


def test_vad_is_never_invented(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=10)
    annotated = assemble([manifest], data(tmp_path)).vad
    assert np.isnan(annotated[::2]).all()
    assert np.isfinite(annotated[1::2]).all()
    assert np.isnan(assemble([manifest], data(tmp_path, vad="none")).vad).all()
    prior = assemble([manifest], data(tmp_path, vad="prior")).vad
    assert np.isfinite(prior).all()
    np.testing.assert_array_equal(prior[1::2], annotated[1::2])


def test_missing_features_name_the_command(tmp_path: Path):
    synthetic.corpus(tmp_path, n=10)
    manifest = read_manifest(tmp_path / "made.parquet")
    more = replace(manifest, examples=(replace(manifest.examples[0], text="unseen", id="made/x"),))
    with pytest.raises(InputError, match="sentigram prepare for made with --features toy-text"):
        assemble([more], data(tmp_path, classes=[more.examples[0].labels[0]]))
    with pytest.raises(UsageError, match=r"given as data\.audio"):
        assemble([manifest], data(tmp_path, audio="toy-text"))
