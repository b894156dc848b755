"""Words of a recording, read by a network that learns a model of words beside a spectrogram."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import audio_tokens, text_tokens
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.reader import Block, FusedEmotionModel, voice_tokens, word_tokens
from sentigram.emotion.networks.registry import build, network_config
from sentigram.emotion.networks.scaling import InputStatistics, save_inputs
from sentigram.emotion.stretches import stretches
from tests.emotion.encoders.tiny_models import write_text_model
from tests.emotion.spoken import noise, talk

CPU = Compute("cpu", "float32")
CLASSES = ["anger", "happiness", "neutral"]


def test_a_word_is_read_from_its_whole_sentence_and_the_sound_around_it(tmp_path: Path):
    name = f"wordpieces+speakers+longest=40:{write_text_model(tmp_path / 'bert')}"
    words, voice = text_tokens(name, CPU), audio_tokens("logmel-vggish", CPU)
    assert isinstance(words, WholeTexts)
    features: dict[Kind, EncoderInfo] = {"text": words.info, "audio": voice.info}
    small = {"channels": (4, 4, 8, 8), "hidden": 16, "embedding": 12}
    config = network_config({"family": "vggish-bert", "audio": small, "hidden": (16, 8)})
    assert config.refusal(features) == ""
    torch.manual_seed(0)
    network = build(config.fitted(features, has_vad=False, contrasts=False), 3)
    network.take_initial_weights()
    card = {
        "classes": CLASSES,
        "encoders": {kind: asdict(info) for kind, info in features.items()},
        "normalize_audio": "none",
    }
    path = save_checkpoint(tmp_path, "network", network, card)
    plain = InputStatistics(np.zeros(64, np.float32), np.ones(64, np.float32))
    save_inputs(tmp_path, {"audio": plain})

    speech = talk(3, 2, speakers=("Ann", "Bob"))
    sound = noise(speech.utterances[-1].span.end_ms + 300)
    model = FusedEmotionModel(path, compute=CPU)
    assert len(model.read(speech, sound).readings) == 5

    block = list(stretches(speech.utterances, sound.duration_ms))
    said, in_text = word_tokens(words, block, (), 0)
    heard, in_voice = voice_tokens(voice, block, sound, has_context=False)
    logits, _ = model.fuse(
        Block({"text": said, "audio": heard}, {"text": in_text, "audio": in_voice})
    )
    loaded, _ = load_checkpoint(path)
    whole = words.encode_texts(["Ann: w0x0 w0x1 w0x2", "Bob: w1x0 w1x1"])
    for word in range(5):
        first, _, end = in_voice[word]
        given: dict[Kind, Sequences] = {}
        for kind, own in {"text": whole[word // 3], "audio": heard[first:end]}.items():
            mask = torch.ones(1, len(own), dtype=torch.bool)
            given[kind] = Sequences(torch.from_numpy(own)[None], mask, mask)
        with torch.inference_mode():
            (wanted,) = loaded(given).logits.numpy()
            (alone,) = loaded(
                {**given, "text": given["text"]._replace(mask=given["text"].mask & False)}
            ).logits.numpy()
        np.testing.assert_allclose(logits["both"][word], wanted, atol=1e-5)
        np.testing.assert_allclose(logits["audio"][word], alone, atol=1e-5)
