"""The encoder on real speech with a tiny random network, against FunASR and against itself."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sentigram.core.time import Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
from sentigram.emotion.zero_shot import window_means
from sentigram.errors import InputError, MissingError
from tests.emotion.encoders.emotion2vec_models import LABELS, TINY, random_network, save
from tests.words.clips import two_cities

CPU = Compute("cpu", "float32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("models") / "tiny-e2v")


@pytest.fixture(scope="module")
def encoder(folder):
    return Emotion2vecEncoder(str(folder), compute=CPU, group=1)


@pytest.fixture(scope="module")
def speech():
    audio = two_cities()
    return replace(audio, samples=np.asarray(audio.samples[: 30 * 16_000]))


def test_a_short_recording_has_the_frames_that_funasr_gives(encoder, speech):
    short = replace(speech, samples=speech.samples[: 5 * 16_000])
    (tokens,) = encoder.encode_spans(short, [Span(0, short.duration_ms)])
    results, _ = random_network(TINY).inference(
        [short.samples], key=["x"], device="cpu", granularity="frame"
    )
    np.testing.assert_allclose(tokens.values, results[0]["feats"], atol=1e-4)
    assert tokens.first_ms + tokens.step_ms / 2 == 12.5  # the centre of frame 0


def test_scores_of_a_whole_recording_are_those_of_funasr(encoder, speech):
    tokenizer = SimpleNamespace(token_list=list(LABELS))
    short = replace(speech, samples=speech.samples[: 5 * 16_000])
    (tokens,) = encoder.encode_spans(short, [Span(0, short.duration_ms)])
    mine = np.exp(encoder.scores(tokens.values.mean(axis=0, keepdims=True)))
    network = random_network(TINY)
    results, _ = network.inference([short.samples], key=["x"], tokenizer=tokenizer, device="cpu")
    np.testing.assert_allclose(mine[0], results[0]["scores"], atol=1e-5)
    assert tuple(results[0]["labels"]) == encoder.labels


@pytest.mark.slow
def test_spans_do_not_depend_on_what_else_is_asked_for(encoder, speech):
    spans = [Span(500, 3000), Span(4000, 26_000), Span(100, 160), Span(2000, 2500)]
    together = list(encoder.encode_spans(speech, spans))
    for span, tokens in zip(spans, together, strict=True):
        (alone,) = encoder.encode_spans(speech, [span])
        assert alone.first_ms == tokens.first_ms
        np.testing.assert_allclose(alone.values, tokens.values, atol=1e-4)
    longest = together[1]
    assert len(longest.values) == pytest.approx(1100, abs=1)


def test_tokens_are_means_of_frames(folder, encoder, speech):
    span = Span(1000, 5000)
    (frames,) = encoder.encode_spans(speech, [span])
    (tokens,) = Emotion2vecEncoder(str(folder), compute=CPU).encode_spans(speech, [span])
    assert tokens.step_ms == 100
    np.testing.assert_allclose(tokens.values[3], frames.values[15:20].mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(
        window_means(tokens, [Span(2000, 4000)]), window_means(frames, [Span(2000, 4000)]), atol=0.2
    )


def test_what_it_is(encoder, folder):
    assert encoder.info.name == f"emotion2vec:{folder}"
    assert (encoder.info.kind, encoder.info.width) == ("audio", 32)
    assert encoder.part.id == "tiny-e2v"
    assert encoder.labels == LABELS


def test_unused_labels_have_no_probability(tmp_path):
    folder = save(tmp_path, TINY.model_copy(update={"labels": ("a", "unuse_1", "b")}))
    scores = Emotion2vecEncoder(str(folder), compute=CPU).scores(np.ones((2, 32), np.float32))
    assert np.isneginf(scores[:, 1]).all()
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1)


def test_a_network_that_was_not_fine_tuned_has_no_scores(tmp_path):
    folder = save(tmp_path, TINY.model_copy(update={"labels": ()}))
    with pytest.raises(InputError, match="emotion2vec-plus-seed"):
        Emotion2vecEncoder(str(folder), compute=CPU).scores(np.ones((1, 32), np.float32))


def test_a_missing_model_names_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path))
    with pytest.raises(MissingError, match="sentigram models pull emotion2vec-plus-large"):
        Emotion2vecEncoder(compute=CPU)
