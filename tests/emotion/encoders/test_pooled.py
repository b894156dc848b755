"""One vector of a clip or of a word's window: means of emotion2vec's frames."""

from __future__ import annotations

import numpy as np

from sentigram.core.time import Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
from sentigram.emotion.encoders.named import audio_tokens
from sentigram.emotion.networks.reader import voice_tokens
from sentigram.emotion.stretches import stretches
from tests.emotion.encoders.emotion2vec_models import save
from tests.emotion.spoken import noise, talk

CPU = Compute("cpu", "float32")


def test_a_clip_is_the_mean_of_its_frames_and_a_word_that_of_its_window(tmp_path):
    model = str(save(tmp_path / "tiny"))
    encoder = audio_tokens(f"emotion2vec-pooled:{model}", CPU)
    frames = Emotion2vecEncoder(model, compute=CPU, group=1)
    speech = talk(3, 2)
    sound = noise(speech.utterances[-1].span.end_ms + 300)
    whole = Span(0, sound.duration_ms)
    (found,) = encoder.encode_spans(sound, [whole])
    (every,) = frames.encode_spans(sound, [whole])
    np.testing.assert_allclose(found.values, every.values.mean(axis=0)[None], atol=1e-5)
    assert encoder.info.name == f"emotion2vec-pooled:{model}"
    assert encoder.info.width == 32

    block = list(stretches(speech.utterances, sound.duration_ms))
    values, places = voice_tokens(encoder, block, sound, has_context=False)
    assert places.tolist() == [[i, i, i + 1] for i in range(5)]
    (around,) = frames.encode_spans(sound, [block[0].span])
    window = block[0].windows[1]
    wanted = around.values[around.within(window)].mean(axis=0)
    np.testing.assert_allclose(values[1], wanted, atol=1e-5)
