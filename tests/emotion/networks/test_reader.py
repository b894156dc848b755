"""A trained checkpoint on whole recordings, against one word at a time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sentigram.core.transcript import Transcript
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.networks import reader as module
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.reader import FusedEmotionModel, read_kept
from sentigram.emotion.networks.scaling import (
    InputStatistics,
    drawn,
    load_inputs,
    moments,
    save_inputs,
)
from sentigram.errors import InputError, UsageError
from sentigram.store.memory import FolderMemory
from tests.emotion.networks.batches import network
from tests.emotion.spoken import D_AUDIO, D_TEXT, ToyAudio, ToyText, noise, talk

CPU = Compute("cpu", "float32")
CLASSES = ["anger", "happiness", "neutral", "sadness"]
TALK = talk(5, 1, 12, 30, 3, 8)
SOUND = noise(TALK.utterances[-1].span.end_ms + 300)
N_WORDS = 59


def save(folder: Path, *, variant: str = "vga", **card) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    encoders = {"text": asdict(ToyText().info), "audio": asdict(ToyAudio().info)}
    if variant in encoders:
        encoders = {variant: encoders[variant]}
    rng = np.random.default_rng(3)
    widths = {"text": D_TEXT, "audio": D_AUDIO}
    save_inputs(
        folder,
        {
            kind: InputStatistics(
                rng.normal(size=widths[kind]).astype(np.float32),
                rng.uniform(0.5, 2, widths[kind]).astype(np.float32),
            )
            for kind in encoders
        },
    )
    about = {"classes": CLASSES, "encoders": encoders, "experiment": "toy", "system": variant}
    made = network(variant=variant, d_text=D_TEXT, d_audio=D_AUDIO)
    return save_checkpoint(folder, "network", made, {**about, **card})


def model_of(path: Path, **options) -> FusedEmotionModel:
    known = json.loads(path.read_text())["encoders"]
    toys = {"text": ToyText(), "audio": ToyAudio()}
    encoders = {kind: toys[kind] for kind in known}
    return FusedEmotionModel(path, compute=CPU, encoders=encoders, **options)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return save(tmp_path_factory.mktemp("run"))


def test_every_word_is_read(checkpoint):
    model = model_of(checkpoint)
    shares: list[float] = []
    track = model.read(TALK, SOUND, progress=shares.append)
    assert len(track.readings) == N_WORDS
    assert tuple(track.labels) == tuple(CLASSES)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for reading in track.readings:
        assert sum(reading.probs) == pytest.approx(1, abs=1e-6)
        assert not reading.is_by_hand(track.labels)
        total = reading.evidence.text + reading.evidence.audio
        assert total == pytest.approx(1, abs=2e-3) or total == 0
    assert [part.role for part in model.parts] == [
        "text encoder",
        "audio encoder",
        "fusion checkpoint",
    ]
    assert "not calibrated" in model.parts[-1].id
    assert model.read(Transcript("en", ()), SOUND).readings == ()


def test_results_do_not_depend_on_the_batch(checkpoint):
    expected = model_of(checkpoint).read(TALK, SOUND)
    for n in (1, 7, 1000):
        found = model_of(checkpoint, batch_words=n).read(TALK, SOUND)
        for a, b in zip(expected.readings, found.readings, strict=True):
            np.testing.assert_allclose(a.probs, b.probs, atol=2e-4)
            assert a.label == b.label


@pytest.mark.parametrize("context", [0, 2])
def test_a_word_is_read_as_it_would_be_by_itself(tmp_path, monkeypatch, context):
    """The slow way: each word's tokens cut out and normalized, one call of the network each."""
    monkeypatch.setattr("sentigram.emotion.networks.reader._BLOCK_WORDS", 20)
    path = save(tmp_path, context=context)
    memory = FolderMemory(tmp_path / "memory")
    model = model_of(path)
    model.read(TALK, SOUND, memory=memory)
    loaded, _ = load_checkpoint(path)
    statistics = model._statistics(4, memory)
    n_read = 0
    for number in range(10):
        if memory.recall(f"tokens-{number:04d}") is None:
            break
        block = read_kept(number, memory)
        normal = module._normalized(block, statistics)
        logits = model.fuse(normal)[0]["both"]
        for row in range(block.n_words):
            given = {}
            for kind in ("text", "audio"):
                first, low, high = block.places[kind][row]
                known = statistics[kind]
                raw = (block.values[kind][first:high] - known.mean) / known.deviation
                marked = torch.arange(first, high) >= low
                given[kind] = Sequences(
                    torch.from_numpy(raw)[None],
                    torch.ones(1, len(raw), dtype=torch.bool),
                    marked[None],
                )
            with torch.inference_mode():
                (alone,) = loaded(given).logits.numpy()
            np.testing.assert_allclose(logits[row], alone, atol=1e-5)
            n_read += 1
    assert n_read == N_WORDS
    assert number >= 3


def test_a_word_is_given_the_words_and_the_sound_around_it_and_what_came_before(tmp_path):
    said = talk(3, 20)
    for context in (0, 1):
        memory = FolderMemory(tmp_path / str(context))
        path = save(tmp_path / f"c{context}", context=context)
        model_of(path).read(said, noise(9000), memory=memory)
        block = read_kept(0, memory)
        first, low, high = block.places["text"][3 + 10]  # the tenth word of the second sentence
        # two seconds hold the word and three to four of 300 ms on each side
        assert 6 <= high - low <= 8
        assert low <= 13 < high
        assert first == (low if context == 0 else 0)
        _, low, high = block.places["audio"][13]
        assert high - low == 20  # of 100 ms


def test_statistics_of_the_recording_are_those_of_all_its_tokens(tmp_path, monkeypatch):
    monkeypatch.setattr("sentigram.emotion.networks.reader._BLOCK_WORDS", 20)
    path = save(tmp_path, normalize_audio="recording", normalize_text="none")
    memory = FolderMemory(tmp_path / "memory")
    model = model_of(path)
    model.read(TALK, SOUND, memory=memory)
    numbers = [n for n in range(9) if memory.recall(f"tokens-{n:04d}") is not None]
    assert len(numbers) > 1
    values = np.concatenate([read_kept(n, memory).values["audio"] for n in numbers])
    expected = drawn(moments(values), model._inputs["audio"], len(values))
    found = model._statistics(len(numbers), memory)
    np.testing.assert_allclose(found["audio"].mean, expected.mean, atol=1e-5)
    np.testing.assert_allclose(found["audio"].deviation, expected.deviation, rtol=1e-4)
    assert found["text"] is None


def test_ids_of_word_pieces_need_no_statistics_and_are_not_scaled(tmp_path):
    path = save(tmp_path)
    save_inputs(tmp_path, load_inputs(tmp_path, {"audio": D_AUDIO}))
    words = ToyText()
    words.info = replace(words.info, numbers="ids")
    model = FusedEmotionModel(path, compute=CPU, encoders={"text": words, "audio": ToyAudio()})
    assert model._statistics(0, FolderMemory(tmp_path / "memory"))["text"] is None
    assert len(model.read(TALK, SOUND).readings) == N_WORDS
    with pytest.raises(InputError, match=r"inputs\.safetensors.*text_mean"):
        model_of(path).read(TALK, SOUND)


def test_what_was_encoded_is_not_encoded_again(tmp_path, monkeypatch, checkpoint):
    monkeypatch.setattr("sentigram.emotion.networks.reader._BLOCK_WORDS", 20)
    memory = FolderMemory(tmp_path / "memory")
    expected = model_of(checkpoint).read(TALK, SOUND)

    class KilledError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.4:
            raise KilledError

    with pytest.raises(KilledError):
        model_of(checkpoint).read(TALK, SOUND, progress=stop, memory=memory)
    audio = ToyAudio()
    again = FusedEmotionModel(checkpoint, compute=CPU, encoders={"text": ToyText(), "audio": audio})
    found = again.read(TALK, SOUND, memory=memory)
    total = model_of(checkpoint)
    fresh = FolderMemory(tmp_path / "fresh")
    total.read(TALK, SOUND, memory=fresh)
    assert 0 < audio.calls < total._encoders["audio"].calls
    assert found == model_of(checkpoint).read(TALK, SOUND, memory=fresh)
    assert [r.label for r in found.readings] == [r.label for r in expected.readings]


@pytest.mark.parametrize(("variant", "shares"), [("text", (1, 0)), ("audio", (0, 1))])
def test_one_modality_is_all_that_counts(tmp_path, variant, shares):
    track = model_of(save(tmp_path, variant=variant)).read(TALK, SOUND)
    for reading in track.readings:
        assert (reading.evidence.text, reading.evidence.audio) in (shares, (0, 0))
    assert any(r.evidence.text + r.evidence.audio == 1 for r in track.readings)


def test_calibration_cools_the_reading(tmp_path):
    prior = dict.fromkeys(CLASSES, 0.25)
    hot, cold = (
        model_of(save(tmp_path / str(t), calibration={"temperature": t, "prior": prior}))
        for t in (0.2, 20.0)
    )
    sure, unsure = (
        np.mean([max(r.probs) for r in m.read(TALK, SOUND).readings]) for m in (hot, cold)
    )
    assert sure > unsure + 0.1
    assert "not calibrated" not in hot.parts[-1].id


def test_other_encoders_than_those_of_training_are_refused(tmp_path):
    path = save(tmp_path)
    other = ToyAudio()
    other.info = type(other.info)("toy-audio", "audio", D_AUDIO, "toy audio 2", "cd")
    encoders = {"text": ToyText(), "audio": other}
    with pytest.raises(InputError, match=r"network\.card\.json.*'toy audio 1'.*'toy audio 2'"):
        FusedEmotionModel(path, compute=CPU, encoders=encoders)
    with pytest.raises(UsageError, match=r"toy-text.*train a checkpoint on one of"):
        FusedEmotionModel(path, compute=CPU)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["anger", "fear", "happiness", "sadness"], "knows anger, fear, .* and no neutral"),
        (["anger", "neutral", "sadness", "Mild Awe"], "as emotions: label 'Mild Awe'"),
        (["anger", "neutral", "sadness", "neutral"], "each name once"),
    ],
)
def test_classes_that_words_cannot_have_are_refused_in_words(tmp_path, classes, expected):
    path = save(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classes": classes}))
    with pytest.raises(InputError, match=expected) as caught:
        model_of(path)
    assert str(path) in str(caught.value)


def test_a_checkpoint_without_its_statistics_or_names_is_refused(tmp_path):
    path = save(tmp_path)
    (tmp_path / "inputs.safetensors").unlink()
    with pytest.raises(InputError, match=r"inputs\.safetensors.*copy the whole folder"):
        model_of(path).read(TALK, SOUND)
    nameless = save_checkpoint(tmp_path, "nameless", network(), {})
    with pytest.raises(InputError, match="names no classes"):
        FusedEmotionModel(nameless, compute=CPU)
