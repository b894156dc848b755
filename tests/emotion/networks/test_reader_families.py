"""Every family on a recording, or refused in words."""

from __future__ import annotations

import stat
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.core.protocols import no_progress
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.logmel import LogMelTokens, log_mel
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.reader import FusedEmotionModel
from sentigram.emotion.networks.registry import FAMILIES, build, network_config
from sentigram.emotion.networks.scaling import InputStatistics, load_inputs, save_inputs
from sentigram.emotion.stretches import stretches
from sentigram.errors import InputError, UsageError
from tests.emotion.networks.test_families import CASES
from tests.emotion.spoken import ToyAudio, ToyText, noise, talk

CPU = Compute("cpu", "float32")
LABELS = ["anger", "happiness", "neutral", "sadness"]
TALK = talk(4, 1, 9)
N_WORDS = 14
SOUND = noise(TALK.utterances[-1].span.end_ms + 300)
OF_A_FAMILY = {str(case.settings["family"]): case for case in reversed(CASES.values())}
ON_MEL = {"resnet18", "cnn-bilstm", "audio-transformer", "vggish"}
WITH_WORDS_ON_MEL = {"early-fusion", "patch-cross", "vggish-bert"}


class ToyPieces(ToyText):
    """A number per word, as word pieces have them."""

    def __init__(self) -> None:
        super().__init__()
        self.info = EncoderInfo("toy-pieces", "text", 1, "toy pieces 1", numbers="ids")

    def encode(self, utterances, *, progress=no_progress):
        return tuple(
            replace(features, vectors=(np.abs(features.vectors[:, :1]) * 9 // 1 + 3))
            for features in super().encode(utterances, progress=progress)
        )


def save(folder: Path, family: str) -> tuple[Path, dict]:
    """A checkpoint of a family on encoders that read recordings, and those encoders."""
    encoders: dict[str, Any] = {"text": ToyText(), "audio": ToyAudio()}
    if family == "bert":
        encoders = {"text": ToyPieces()}
    if family in ON_MEL | WITH_WORDS_ON_MEL:
        encoders["audio"] = LogMelTokens()
    if family in ON_MEL:
        encoders.pop("text")
    infos = {kind: one.info for kind, one in encoders.items()}
    settings = {k: v for k, v in OF_A_FAMILY[family].settings.items() if k != "audio_parts"}
    config = network_config(settings).fitted(infos, has_vad=True, contrasts=False)
    assert config.refusal(infos) == ""
    torch.manual_seed(0)
    rng = np.random.default_rng(3)
    statistics = {
        kind: InputStatistics(
            rng.normal(size=info.width).astype(np.float32),
            rng.uniform(2, 5, info.width).astype(np.float32),
        )
        for kind, info in infos.items()
        if info.numbers == "values"
    }
    save_inputs(folder, statistics)
    about: dict[str, Any] = {
        "classes": LABELS,
        "encoders": {kind: asdict(info) for kind, info in infos.items()},
    }
    return save_checkpoint(folder, "network", build(config, 4).eval(), about), encoders


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recording_is_read_word_by_word(family: str, tmp_path: Path):
    path, encoders = save(tmp_path, family)
    tracks = [
        FusedEmotionModel(path, compute=CPU, encoders=encoders, batch_words=n).read(TALK, SOUND)
        for n in (256, 3)
    ]
    assert len(tracks[0].readings) == N_WORDS
    for one, other in zip(tracks[0].readings, tracks[1].readings, strict=True):
        assert sum(one.probs) == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(one.probs, other.probs, atol=2e-4)
        assert one.vad is not None


def test_reading_leaves_the_folder_for_temporary_files_as_it_is(tmp_path, monkeypatch):
    """What is kept of a run is private; the folder that it lies in belongs to everybody."""
    everybody_s = tmp_path / "tmp"
    everybody_s.mkdir()
    everybody_s.chmod(0o1777)
    of_another = everybody_s / "file"
    of_another.touch(0o644)
    monkeypatch.setattr(tempfile, "tempdir", str(everybody_s))
    path, encoders = save(tmp_path, "text-mlp")
    track = FusedEmotionModel(path, compute=CPU, encoders=encoders).read(TALK, SOUND)
    assert len(track.readings) == N_WORDS
    assert stat.S_IMODE(everybody_s.stat().st_mode) == 0o1777
    assert stat.S_IMODE(of_another.stat().st_mode) == 0o644
    assert list(everybody_s.iterdir()) == [of_another]


@pytest.mark.parametrize("family", sorted(ON_MEL))
def test_a_word_s_spectrogram_is_that_of_the_two_seconds_around_it(family: str, tmp_path: Path):
    """By the encoder that the card names; against the spectrogram of each window, cut by hand."""
    path, _ = save(tmp_path, family)
    model = FusedEmotionModel(path, compute=CPU)  # finds logmel by its name
    assert model.parts[0].id == "logmel"
    block = list(stretches(TALK.utterances, SOUND.duration_ms))
    tokens = model._tokens(block, (), SOUND)
    known = load_inputs(tmp_path, {"audio": 64})["audio"]
    network, _ = load_checkpoint(path)
    whole = [log_mel(np.asarray(SOUND.cut(one.span), np.float32)) for one in block]
    starts = np.concatenate([[0], np.cumsum([len(values) for values in whole])])
    normal = {"audio": known(tokens.values["audio"])}
    logits, _ = model.fuse(type(tokens)(normal, tokens.places))
    row = 0
    for number, stretch in enumerate(block):
        for window in stretch.windows:
            first = round((window.start_ms - stretch.span.start_ms) / 10)
            last = round((window.end_ms - stretch.span.start_ms) / 10)
            low, high = tokens.places["audio"][row][1:] - starts[number]
            assert abs(low - first) <= 1
            assert abs(high - min(last, len(whole[number]))) <= 3  # the last frames need 25 ms
            values = torch.from_numpy(known(whole[number][low:high]))[None]
            mask = torch.ones(values.shape[:2], dtype=torch.bool)
            with torch.inference_mode():
                alone = network({"audio": Sequences(values, mask, mask)}).logits[0].numpy()
            np.testing.assert_allclose(logits["both"][row], alone, atol=1e-4)
            row += 1
    assert row == N_WORDS


def test_faces_and_features_of_whole_clips_are_refused_in_words(tmp_path: Path):
    case = OF_A_FAMILY["trimodal"]
    infos = {
        "text": ToyText().info,
        "audio": ToyAudio().info,
        "visual": EncoderInfo("faces", "visual", 9, "made for a test"),
    }
    settings = {k: v for k, v in case.settings.items() if k != "audio_parts"}
    config = network_config(settings).fitted(infos, has_vad=True, contrasts=False)
    known = {kind: asdict(info) for kind, info in infos.items()}
    about: dict[str, Any] = {"classes": LABELS}
    encoders = {**known, "text": asdict(EncoderInfo("minilm", "text", 384, "x"))}
    path = save_checkpoint(tmp_path, "network", build(config, 4), {**about, "encoders": encoders})
    # words first, then the voice, then the face: each is refused by its own name
    with pytest.raises((InputError, UsageError), match=r"toy-audio|reads faces"):
        FusedEmotionModel(path, compute=CPU)
    for name, reason in (("compact", "describe whole clips"), ("table", "were made elsewhere")):
        info = EncoderInfo(name, "audio", 11, "made for a test")
        own = network_config({"variant": "audio", "hidden": 16, "n_heads": 2})
        fitted = own.fitted({"audio": info}, has_vad=False, contrasts=False)
        about = {"classes": LABELS, "encoders": {"audio": asdict(info)}}
        path = save_checkpoint(tmp_path, name, build(fitted, 4), about)
        with pytest.raises(UsageError, match=f"features '{name}' {reason}"):
            FusedEmotionModel(path, compute=CPU)
