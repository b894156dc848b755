"""VGGish with weights from elsewhere, and what AudioSet does to its embeddings."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from sentigram.emotion.encoders.logmel import VGGISH, VggishMelTokens, log_mel
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Inputs, Sequences
from sentigram.emotion.networks.registry import build, network_config
from sentigram.emotion.networks.spectrogram.config import VggishConfig
from sentigram.emotion.networks.spectrogram.postprocess import PostProcess, levels
from sentigram.emotion.networks.spectrogram.vggish import Vggish
from sentigram.errors import InputError, MissingError, UsageError
from tests.store import vggish_files
from tests.store.vggish_files import PCA, WEIGHTS, write

SMALL = {"channels": vggish_files.CHANNELS, "hidden": 16, "embedding": 12}
MEL: dict[Kind, EncoderInfo] = {"audio": VggishMelTokens().info}
SEED = torch.Generator().manual_seed(0)


def clips(n_frames: int = 192, *, batch: int = 2) -> Sequences:
    values = torch.randn((batch, n_frames, 64), generator=SEED)
    mask = torch.ones((batch, n_frames), dtype=torch.bool)
    return Sequences(values, mask, mask)


def made(weights: object, **changes: Any) -> Vggish:
    """A network as training makes it."""
    config = VggishConfig(**SMALL, weights=str(weights), **changes)
    network = Vggish(config.fitted(MEL, has_vad=False, contrasts=False), 4)
    network.take_initial_weights()
    return network.eval()


def of_the_port(port: vggish_files.Port, audio: Sequences) -> np.ndarray:
    """Embeddings as the port makes them, (batch, n_pieces, 12)."""
    pieces = audio.values.reshape(-1, 1, 96, 64)
    with torch.no_grad():
        return port(pieces).reshape(len(audio.values), -1, 12).numpy().astype(np.float64)


@pytest.mark.parametrize("old", [True, False])
def test_weights_of_the_port_give_its_embeddings(tmp_path: Path, old: bool):
    port = write(tmp_path, old=old)
    audio = clips()
    expected = of_the_port(port, audio)
    assert (expected > 0).mean() > 0.3  # they are not all cut off
    for given in (tmp_path, tmp_path / WEIGHTS):
        found = made(given)({"audio": audio}).fused
        np.testing.assert_allclose(found.detach(), expected.mean(axis=1), rtol=1e-4, atol=1e-5)


def test_safetensors_and_names_of_the_whole_port_are_read(tmp_path: Path):
    port = write(tmp_path / "a")
    # means are a column in the port's file, and a row in others
    flat = {"pca_means": (12,), "pca_eigen_vectors": (12, 12)}
    arrays = {
        f"pproc.{name}": torch.from_numpy(value.reshape(flat[name]))
        for name, value in vggish_files.pca().items()
    }
    save_file({**port.state_dict(), **arrays}, tmp_path / "whole.safetensors")
    audio = {"audio": clips()}
    same = [made(p, postprocess="pca") for p in (tmp_path / "a", tmp_path / "whole.safetensors")]
    torch.testing.assert_close(*(network(audio).fused for network in same))


@pytest.mark.parametrize("how", ["pca", "pca-8bit"])
def test_embeddings_are_processed_as_audioset_does(tmp_path: Path, how: str):
    port = write(tmp_path)
    audio = clips()
    parameters = vggish_files.pca()
    found = []
    for clip in of_the_port(port, audio):
        # columns are embeddings, as in AudioSet's code
        projected = np.dot(parameters["pca_eigen_vectors"], clip.T - parameters["pca_means"]).T
        clipped = np.clip(projected, -2.0, 2.0)
        whole = ((clipped + 2.0) * (255.0 / 4.0)).astype(np.uint8)
        assert 0 < (whole == 0).mean() < 0.9
        found.append(clipped if how == "pca" else whole.astype(np.float64) * 4 / 255 - 2)
    network = made(tmp_path, postprocess=how)
    fused = network({"audio": audio}).fused.detach().numpy()
    # a number just below a level may fall on the other side of it in float32
    tolerance = 1e-4 if how == "pca" else 4 / 255
    np.testing.assert_allclose(fused, np.stack(found).mean(axis=1), atol=tolerance)


def test_levels_are_whole_and_rounded_down():
    given = torch.tensor([-2.0, -2.0 + 3.99 / 255, -2.0 + 4.01 / 255, 0.0, 2.0])
    assert levels(given).tolist() == [0, 0, 1, 127, 255]


def test_what_is_rounded_still_has_a_slope():
    post = PostProcess(3, 3, in_bytes=True)
    given = torch.tensor([[0.3, -1.0, 5.0]], requires_grad=True)
    post(given).sum().backward()
    assert given.grad is not None
    assert given.grad.tolist() == [[1.0, 1.0, 0.0]]  # what is clipped has none


def test_a_pca_is_fitted_and_whitens():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((400, 5)) @ rng.standard_normal((5, 5)) + 3
    post = PostProcess(5, 3, in_bytes=False)
    post.fit(torch.from_numpy(part) for part in np.array_split(values, 7))
    centred = values - values.mean(axis=0)
    _, deviations, directions = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions[:3].T / (deviations[:3] / math.sqrt(len(values)))
    with torch.no_grad():
        found = (torch.from_numpy(values).float() - post.means) @ post.vectors.T
    signs = np.sign((found.numpy() * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-3)
    assert (post.vectors.abs().argmax(dim=1) == post.vectors.argmax(dim=1)).all()


def test_a_pca_of_what_hardly_varies_is_refused():
    post = PostProcess(4, 3, in_bytes=False)
    flat = torch.zeros(50, 4).double()
    flat[:, 1] = torch.arange(50)
    with pytest.raises(ValueError, match="50 embeddings vary along 1 directions, not 3"):
        post.fit([flat])
    network = Vggish(
        VggishConfig(**SMALL, frozen=True, postprocess="pca", pca=12), 4
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"pca 12: 2 embeddings vary .*a smaller number"):
        network.measure(lambda: [{"audio": clips(96)}])


def test_a_fitted_pca_lies_in_the_checkpoint(tmp_path: Path):
    config = VggishConfig(**SMALL, frozen=True, postprocess="pca-8bit", pca=3)
    torch.manual_seed(0)
    network = Vggish(config, 4).eval()
    assert network.encoder.post is not None
    before = network.encoder.post.vectors.clone()
    given: list[Inputs] = [{"audio": clips(batch=40)}]
    network.measure(lambda: given)
    assert not torch.equal(network.encoder.post.vectors, before)
    loaded, card = load_checkpoint(save_checkpoint(tmp_path, "network", network, {}))
    assert card["config"]["pca"] == 3
    torch.testing.assert_close(loaded(given[0]).fused, network(given[0]).fused)
    assert loaded(given[0]).fused.shape == (40, 3)


def test_the_card_says_which_weights_were_taken(tmp_path: Path):
    write(tmp_path / "a")
    network = made(tmp_path / "a")
    digest = network.config.model_dump()["weights_sha256"]
    assert len(digest) == 64
    about = save_checkpoint(tmp_path, "network", network, {})
    shutil.rmtree(tmp_path / "a")
    loaded, card = load_checkpoint(about)  # which needs them no more
    assert card["config"]["weights_sha256"] == digest
    audio = {"audio": clips()}
    torch.testing.assert_close(loaded(audio).fused, network(audio).fused)


def test_other_weights_than_those_of_a_digest_are_refused(tmp_path: Path):
    write(tmp_path)
    digest = made(tmp_path / WEIGHTS).config.model_dump()["weights_sha256"]
    made(tmp_path / WEIGHTS, weights_sha256=digest)
    with pytest.raises(InputError, match=r"their sha256 is .*, and weights_sha256 is"):
        made(tmp_path, weights_sha256=digest)  # with the parameters of the PCA beside them


def test_weights_that_are_not_here_name_the_command(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path))
    with pytest.raises(MissingError, match=r"'vggish' is not here; run: sentigram models pull vgg"):
        made("vggish")
    with pytest.raises(MissingError, match=r"no such file; .*sentigram models pull vggish"):
        made(tmp_path / "absent.pth")


@pytest.mark.parametrize("name", ["vggish_audioset_weights.h5", "vggish_model.ckpt", "x.keras"])
def test_files_of_tensorflow_are_refused_in_words(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"\x89HDF")
    with pytest.raises(InputError, match=r"TensorFlow and Keras .* sentigram models pull vggish"):
        made(tmp_path / name)


def test_what_does_not_fit_is_refused_in_words(tmp_path: Path):
    write(tmp_path, with_pca=False)
    with pytest.raises(InputError, match=rf"no pca_eigen_vectors in it; put {PCA} beside"):
        made(tmp_path, postprocess="pca")
    with pytest.raises(InputError, match=r"embeddings.0.weight is \(16, 192\), and the settings"):
        _wider(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match=r"holds none; give a folder or file of \.safetensors"):
        made(tmp_path / "sub")
    (tmp_path / "x.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="not a whole safetensors file"):
        made(tmp_path / "x.safetensors")
    (tmp_path / "x.npz").write_bytes(b"no")
    with pytest.raises(InputError, match=r"\.npz files are not read"):
        made(tmp_path / "x.npz")
    save_file({"a": torch.ones(2)}, tmp_path / "y.safetensors")
    with pytest.raises(InputError, match=r"no features.0.weight in it; give a state dict of the"):
        made(tmp_path / "y.safetensors")


def _wider(folder: Path) -> Vggish:
    network = Vggish(VggishConfig(**{**SMALL, "hidden": 24}, weights=str(folder / WEIGHTS)), 4)
    network.take_initial_weights()
    return network


def test_weights_with_nan_are_refused(tmp_path: Path):
    port = vggish_files.port()
    port.features[0].bias.data[0] = math.nan
    save_file(port.state_dict(), tmp_path / "x.safetensors")
    with pytest.raises(InputError, match=r"features\.0\.bias holds NaN"):
        made(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pca": 8}, "pca 8 needs postprocess: pca or pca-8bit"),
        ({"postprocess": "pca"}, "takes its parameters from published weights: weights: vggish"),
        ({"postprocess": "pca", "pca": 8}, "pca 8 is fitted once, on embeddings that stay"),
        ({"postprocess": "pca", "pca": 500, "frozen": True}, "more than the 128 of an embedding"),
        ({"weights_sha256": "abc"}, "weights_sha256"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str):
    with pytest.raises(ValidationError, match=message):
        VggishConfig(**settings)


def test_weights_have_one_place():
    with pytest.raises(ValidationError, match=r"those of VGGish here: model\.audio\.weights"):
        network_config({"family": "vggish-bert", "weights": "vggish"})


def test_published_weights_read_the_published_spectrogram_only():
    other: dict[Kind, EncoderInfo] = {"audio": EncoderInfo("logmel", "audio", 64, "another")}
    words: dict[Kind, EncoderInfo] = {"text": EncoderInfo("made", "text", 8, "words")}
    cases: tuple[tuple[dict[str, Any], dict[Kind, EncoderInfo]], ...] = (
        ({"family": "vggish", "weights": "vggish"}, {}),
        ({"family": "vggish-bert", "audio": {"weights": "vggish"}}, words),
    )
    for settings, more in cases:
        config = network_config(settings)
        assert config.refusal({**MEL, **more}) == ""
        assert config.unscaled == ("audio",)
        assert config.learnt_elsewhere == ("vggish",)
        reason = config.refusal({**other, **more})
        assert "125 to 7,500 Hz, magnitudes" in reason
        assert "name data.audio: logmel-vggish" in reason
    assert network_config({"family": "vggish"}).refusal(other) == ""
    assert network_config({"family": "vggish"}).unscaled == ()


def test_vggish_bert_takes_the_same_weights(tmp_path: Path):
    port = write(tmp_path)
    config = network_config(
        {
            "family": "vggish-bert",
            "audio": {**SMALL, "weights": str(tmp_path), "postprocess": "pca"},
            "hidden": (8,),
        }
    )
    features = {**MEL, "text": EncoderInfo("made", "text", 8, "words")}
    network = build(config.fitted(features, has_vad=False, contrasts=False), 4)
    network.take_initial_weights()
    own = network.state_dict()
    for name, value in port.state_dict().items():
        torch.testing.assert_close(own[f"encoder.{name}"], value)
    expected = torch.from_numpy(vggish_files.pca()["pca_means"][:, 0]).float()
    torch.testing.assert_close(own["encoder.post.means"], expected)
    assert len(network.config.model_dump()["audio"]["weights_sha256"]) == 64


def test_the_spectrogram_is_the_published_definition():
    """Written down anew from the definition, number by number: frames, Hann, DFT, triangles."""
    rng = np.random.default_rng(0)
    n = 400 + 2 * 160
    samples = (0.3 * rng.standard_normal(n)).astype(np.float32)
    window = [0.5 - 0.5 * math.cos(2 * math.pi * i / 400) for i in range(400)]  # periodic

    def mel(hz: float) -> float:
        return 1127.0 * math.log(1.0 + hz / 700.0)

    edges = [mel(125.0) + i * (mel(7500.0) - mel(125.0)) / 65 for i in range(66)]
    expected = np.zeros((3, 64))
    for frame in range(3):
        cut = samples[160 * frame : 160 * frame + 400].astype(np.float64) * window
        for k in range(1, 257):  # the constant belongs to no band
            waves = np.exp(-2j * np.pi * k * np.arange(400) / 512)
            magnitude = abs((cut * waves).sum())
            at = mel(k * 16_000 / 512)
            for band in range(64):
                low, peak, high = edges[band : band + 3]
                height = min((at - low) / (peak - low), (high - at) / (high - peak))
                expected[frame, band] += max(0.0, height) * magnitude
    expected = np.log(expected + 0.01)
    np.testing.assert_allclose(log_mel(samples, VGGISH), expected, atol=1e-4)
