from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.emotion.encoders.compact.frames import encoder_path
from sentigram.emotion.encoders.compact.inner_layers import open_session, with_outputs
from sentigram.errors import MissingError

LAST = "last_hidden_state"
MIDDLE = ("/layers.1/Add_1_output_0", "/layers.3/Add_1_output_0")


@pytest.fixture(scope="module")
def feed() -> dict[str, np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 0.05, (1, 16_000)).astype(np.float32)
    return {"input_values": noise, "attention_mask": np.ones(noise.shape, np.int64)}


def test_inner_layers_come_out_in_the_order_asked_for(feed):
    session = open_session(encoder_path(), (*MIDDLE, LAST))
    assert [output.name for output in session.get_outputs()] == [*MIDDLE, LAST]
    second, fourth, last = session.run(None, feed)
    assert second.shape == fourth.shape == last.shape == (1, 40, 288)
    backwards = open_session(encoder_path(), MIDDLE[::-1]).run(None, feed)
    np.testing.assert_array_equal(backwards[0], fourth)
    np.testing.assert_array_equal(backwards[1], second)
    assert np.abs(second - fourth).max() > 1


def test_asking_for_inner_layers_changes_nothing_else(feed):
    import onnxruntime

    untouched = onnxruntime.InferenceSession(
        str(encoder_path()), providers=["CPUExecutionProvider"]
    )
    edited = open_session(encoder_path(), (MIDDLE[0], LAST))
    np.testing.assert_allclose(edited.run([LAST], feed)[0], untouched.run(None, feed)[0], atol=1e-5)


def test_a_layer_is_computed_from_the_one_before(feed):
    """The residual stream: layer 1 is its attention's sum plus what its feed-forward adds."""
    names = ("/layers.1/Add_1_output_0", "/layers.1/Add_output_0", "/layers.1/mlp/fc2/Add_output_0")
    whole, attended, added = open_session(encoder_path(), names).run(None, feed)
    np.testing.assert_allclose(whole, attended + added, atol=1e-4)


@pytest.mark.slow
def test_the_rest_of_the_file_stays_byte_for_byte():
    model = encoder_path().read_bytes()
    edited = with_outputs(model, MIDDLE)
    differing = [i for i, (a, b) in enumerate(zip(model, edited, strict=False)) if a != b]
    assert len(differing) <= 4
    assert differing[-1] - differing[0] < 4
    assert len(edited) - len(model) < 200


def test_an_unknown_value_is_named():
    with pytest.raises(MissingError, match=r"no value '/layers\.9/Add'.*pip install --force"):
        open_session(encoder_path(), ("/layers.9/Add",))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x18\x00\x00\x00ORTM", bytes(64)])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "encoder_model.ort"
    path.write_bytes(content)
    with pytest.raises(MissingError, match="is not the model"):
        open_session(path, (LAST,))
