"""The reading without a checkpoint, on tiny random models in the store's formats."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.emotion import decision, stretches, zero_shot
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.tokens import SpanTokens
from sentigram.emotion.zero_shot import ZeroShotEmotionModel, window_means
from sentigram.errors import InputError, MissingError
from sentigram.store.memory import FolderMemory
from tests.emotion.encoders import tiny_models
from tests.emotion.encoders.emotion2vec_models import LABELS, TINY, random_network, save
from tests.emotion.spoken import noise, talk
from tests.scattered import Scattered

CPU = Compute("cpu", "float32")
TALK = talk(3, 1, 14, 4)
SOUND = noise(TALK.utterances[-1].span.end_ms + 300)
OURS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
LABELS_OF_TEXT = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
THEIRS = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    words = tiny_models.write_text_model(home / "words", "roberta", labels=LABELS_OF_TEXT)
    return save(home / "voice"), words


@pytest.fixture(scope="module")
def model(folders):
    voice, words = folders
    return ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), text_model=str(words))


def test_every_word_is_read_and_the_document_says_how(model):
    track = model.read(TALK, SOUND)
    assert tuple(track.labels) == OURS
    assert len(track.readings) == 22
    for word in track.readings:
        assert sum(word.probs) == pytest.approx(1, abs=1e-6)
        assert word.vad is not None
    assert model.parts[-1].id == "zero-shot, not calibrated"
    assert [part.role for part in model.parts[:2]] == ["text classifier", "audio encoder"]
    assert model.read(Transcript("en", ()), SOUND).readings == ()


def test_the_voice_is_what_funasr_says_of_the_windows_frames(model, folders):
    """The whole recording in one piece through FunASR's own inference, pooled the slow way."""
    said = talk(8)
    sound = noise(3500)
    scores = np.exp(model.voice(said.utterances, sound))
    network = random_network(TINY)
    (result,), _ = network.inference([sound.samples], key=["x"], device="cpu", granularity="frame")
    windows = decision.windows(said.utterances[0], sound.duration_ms)
    weight, bias = (value.detach().numpy() for value in network.proj.parameters())
    for window, ours in zip(windows, scores, strict=True):
        centres = 12.5 + 20 * np.arange(len(result["feats"]))
        inside = (centres >= window.start_ms) & (centres < window.end_ms)
        logits = weight @ result["feats"][inside].mean(axis=0) + bias
        odds = np.exp(logits - logits.max())
        theirs = np.array([odds[LABELS.index(name)] for name in THEIRS])
        np.testing.assert_allclose(ours, theirs / theirs.sum(), atol=2e-3)


def test_words_of_an_unknown_language_are_left_out(folders, monkeypatch):
    voice, words = folders
    model = ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), text_model=str(words))
    monkeypatch.setattr(type(model._classifier), "languages", ("en",))
    assert model.advice("en") == ""
    assert "voice alone" in model.advice("th")
    foreign = Transcript("th", TALK.utterances)
    for word in model.read(foreign, SOUND).readings:
        assert word.evidence.text == pytest.approx(0, abs=1e-3)
    deaf = ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), text_model=None)
    assert "voice alone" in deaf.advice("en")
    assert deaf.read(TALK, SOUND).readings == model.read(foreign, SOUND).readings


def test_what_was_heard_is_not_heard_again(model, tmp_path, monkeypatch):
    memory = FolderMemory(tmp_path)
    expected = model.read(TALK, SOUND, memory=memory)
    monkeypatch.setattr(type(model._encoder), "encode_spans", lambda *_: pytest.fail("again"))
    monkeypatch.setattr(type(model._classifier), "read", lambda *_, **__: pytest.fail("again"))
    assert model.read(TALK, SOUND, memory=memory) == expected


def test_a_calibration_is_named_and_heeded(folders, tmp_path):
    voice, words = folders
    path = tmp_path / "calibration.json"
    fitted = {
        "voice_temperature": 50.0,
        "text_temperature": 50.0,
        "voice_weight": 0.01,
        "text_weight": 0.0,
        "calibrated_on": "ravdess, 100 clips",
        "weights": ZeroShotEmotionModel(
            compute=CPU, audio_model=str(voice), text_model=str(words)
        ).weights,
    }
    path.write_text(json.dumps(fitted))
    model = ZeroShotEmotionModel(
        compute=CPU, audio_model=str(voice), text_model=str(words), calibration=path
    )
    assert model.parts[-1].id == "zero-shot, calibrated on ravdess, 100 clips"
    for word in model.read(TALK, SOUND).readings:
        assert word.label == "neutral"
        assert word.probs[OURS.index("neutral")] == pytest.approx(1 / 3, abs=0.01)
    path.write_text(json.dumps({**fitted, "weights": ["0" * 64]}))
    with pytest.raises(InputError, match=r"calibration\.json: was fitted for other models"):
        ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), calibration=path, text_model=None)
    path.write_text(json.dumps({**fitted, "voice_temperature": 0}))
    with pytest.raises(InputError, match=r"calibration\.json.*temperatures"):
        ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), calibration=path, text_model=None)
    path.write_text("[]")
    with pytest.raises(InputError, match="sentigram models calibrate"):
        ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), calibration=path, text_model=None)


@pytest.mark.parametrize("part", ["voice", "text"])
def test_a_temperature_cools_what_its_part_says(folders, tmp_path, part):
    voice, words = folders
    plain = ZeroShotEmotionModel(compute=CPU, audio_model=str(voice), text_model=str(words))
    ones = dict.fromkeys(
        ("voice_temperature", "text_temperature", "voice_weight", "text_weight"), 1.0
    )
    path = tmp_path / "calibration.json"
    cold = {**ones, f"{part}_temperature": 500.0, "calibrated_on": "x", "weights": plain.weights}
    path.write_text(json.dumps(cold))
    model = ZeroShotEmotionModel(
        compute=CPU, audio_model=str(voice), text_model=str(words), calibration=path
    )
    shares = [reading.evidence for reading in model.read(TALK, SOUND).readings]
    other = [share.text if part == "voice" else share.audio for share in shares]
    assert min(other) > 0.9, "what is cooled to nothing moves nothing"


def test_an_emotion2vec_that_lacks_our_labels_is_refused(folders, tmp_path):
    other = save(tmp_path / "other", TINY.model_copy(update={"labels": ("angry", "bored")}))
    model = ZeroShotEmotionModel(compute=CPU, audio_model=str(other), text_model=None)
    with pytest.raises(InputError, match="nothing for disgust"):
        model.score(np.ones((1, 32), np.float32))


def test_missing_models_name_the_command(tmp_path):
    with pytest.raises(MissingError, match="sentigram models pull emotion2vec-plus-large"):
        ZeroShotEmotionModel(compute=CPU)


def test_windows_of_single_frames_are_pooled(model):
    tokens = next(iter(model._encoder.encode_spans(SOUND, [TALK.utterances[0].span])))
    assert tokens.step_ms == 20
    assert window_means(tokens, [TALK.utterances[0].span]).shape == (1, 32)


TOKENS = SpanTokens(
    1000.0, 20.0, np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32) + 100
)


@given(st.lists(st.tuples(st.integers(0, 7000), st.integers(0, 4000)), min_size=1, max_size=20))
def test_each_mean_is_that_of_the_tokens_whose_centres_lie_in_the_window(windows):
    spans = [Span(start, start + length) for start, length in windows]
    found = window_means(TOKENS, spans)
    centres = 1000 + 20 * np.arange(200) + 10
    for span, mean in zip(spans, found, strict=True):
        inside = (centres >= span.start_ms) & (centres < span.end_ms)
        if not inside.any():
            middle = (span.start_ms + span.end_ms) / 2
            inside = np.zeros(200, bool)
            inside[np.clip(int((middle - 1000) // 20), 0, 199)] = True
        np.testing.assert_allclose(mean, TOKENS.values[inside].mean(axis=0), rtol=1e-5)


@pytest.mark.slow
def test_parts_may_be_scored_anywhere_in_any_order(model, monkeypatch):
    monkeypatch.setattr(zero_shot, "_PART", 1)
    monkeypatch.setattr(stretches, "_LONGEST_MS", 2_000)
    whole = model.read(TALK, SOUND)
    scattered = Scattered()
    divided = model.read(TALK, replace(SOUND, spread=scattered))
    assert scattered.n_parts > 1
    for one, other in zip(divided.readings, whole.readings, strict=True):
        assert one.probs == pytest.approx(other.probs, abs=1e-6)
        assert (one.label, one.withheld) == (other.label, other.withheld)
