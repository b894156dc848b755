"""The adapter with a network that is made up, and the real one where it is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import SoundTagger
from sentigram.core.sounds import SPEECH
from sentigram.core.time import Span
from sentigram.errors import MissingError
from sentigram.words.tagging import yamnet
from sentigram.words.tagging.yamnet import YamnetTagger, obstacle

LAUGHTER = 13


class FakeInterpreter:
    """Hears laughter in whatever is loud; other shapes where a file says so."""

    def __init__(self, *, model_path, num_threads, experimental_op_resolver_type):
        with open(model_path, "rb") as file:  # noqa: PTH123
            self.content = file.read()
        if self.content == b"none":
            message = "Model provided has model identifier 'none'"
            raise ValueError(message)

    def allocate_tensors(self):
        pass

    def get_input_details(self):
        shape = [1, 96, 32] if self.content == b"narrow" else [1, 96, 64]
        return [{"index": 0, "shape": np.array(shape), "dtype": np.float32}]

    def get_output_details(self):
        return [{"index": 1, "shape": np.array([1, 521]), "dtype": np.float32}]

    def set_tensor(self, index, value):
        assert (index, value.shape, value.dtype) == (0, (1, 96, 64), np.float32)
        self.value = value

    def invoke(self):
        pass

    def get_tensor(self, index):
        assert index == 1
        made = np.zeros((1, 521), np.float32)
        made[0, LAUGHTER] = 0.9 if self.value.mean() > -2 else np.nan
        return made


@pytest.fixture
def net(monkeypatch, tmp_path):
    resolvers = SimpleNamespace(BUILTIN_WITHOUT_DEFAULT_DELEGATES=3)
    fake = SimpleNamespace(Interpreter=FakeInterpreter, OpResolverType=resolvers)
    monkeypatch.setattr(yamnet, "import_module", lambda _name: fake)
    path = tmp_path / "net.tflite"
    path.write_bytes(b"net")
    return path


def loud_between(start_ms: int, end_ms: int, length_ms: int) -> Audio:
    samples = np.zeros(length_ms * SAMPLE_RATE_HZ // 1000, np.float32)
    first, last = (ms * SAMPLE_RATE_HZ // 1000 for ms in (start_ms, end_ms))
    samples[first:last] = np.random.default_rng(0).uniform(-1, 1, last - first)
    return Audio(samples)


def test_what_is_loud_is_found_where_it_is(net):
    tagger = YamnetTagger(net)
    assert isinstance(tagger, SoundTagger)
    told = []
    (sound,) = tagger.tag(loud_between(70_000, 75_000, 130_000), progress=told.append)
    assert (sound.label, sound.confidence, sound.source) == ("laughter", 0.9, "heard")
    assert abs(sound.span.start_ms - 70_000) < 600
    assert abs(sound.span.end_ms - 75_000) < 600
    assert told[-1] == 1.0
    assert tagger.part.role == "sound tagger"
    assert len(tagger.part.sha256) == 64


def test_a_stretch_has_what_the_whole_has_there(net):
    audio = loud_between(70_000, 75_000, 130_000)
    tagger = YamnetTagger(net)
    whole = tagger.tag(audio)
    assert tagger.tag(audio, within=Span(68_000, 80_000)) == whole
    assert tagger.tag(audio, within=Span(0, 60_000)) == ()
    assert tagger.tag(audio, within=Span(200_000, 210_000)) == ()


def test_blocks_give_what_one_pass_gives(net, monkeypatch):
    audio = loud_between(3_000, 9_000, 20_000)
    whole = YamnetTagger(net).scores(audio)
    monkeypatch.setattr(yamnet, "_BLOCK", 7)
    assert np.array_equal(YamnetTagger(net).scores(audio), whole)


def test_no_sound_no_sounds_and_what_is_no_number_is_silence(net):
    tagger = YamnetTagger(net)
    assert tagger.tag(Audio(np.zeros(0, np.float32))) == ()
    assert tagger.tag(Audio(np.full(32_000, np.nan, np.float32))) == ()
    with pytest.raises(ValueError, match="8000 Hz"):
        tagger.tag(Audio(np.zeros(8000, np.float32), 8000))


def test_what_is_wrong_with_a_file_is_said(net, tmp_path):
    with pytest.raises(MissingError, match=r"gone\.tflite: no sound tagger is there"):
        YamnetTagger(tmp_path / "gone.tflite")
    net.write_bytes(b"none")
    with pytest.raises(MissingError, match=r"net\.tflite: cannot be loaded as TensorFlow Lite"):
        YamnetTagger(net)
    net.write_bytes(b"narrow")
    with pytest.raises(MissingError, match=r"\(1, 96, 32\).*where a sound tagger .* has"):
        YamnetTagger(net)


def test_a_missing_package_names_its_command(net, monkeypatch):
    def fails(_name):
        raise ImportError("No module named 'ai_edge_litert'")

    monkeypatch.setattr(yamnet, "import_module", fails)
    net.write_bytes(b"another net")
    with pytest.raises(MissingError, match=r"run: pip install 'sentigram\[sounds\]'"):
        YamnetTagger(net)
    assert "does not load" in obstacle()


def test_the_real_network_knows_a_voice_and_silence(shared_data):
    pytest.importorskip("ai_edge_litert", reason="pip install 'sentigram[sounds]'")
    path = shared_data / "models" / "yamnet_spectra_in.tflite"
    if not path.is_file():
        pytest.skip(f"no network at {path}")
    tagger = YamnetTagger(path)
    from sentigram.training.dataset.clips import load

    speech = Audio(load(shared_data / "demo" / "jfk.flac")[: 5 * SAMPLE_RATE_HZ])
    assert tagger.scores(speech)[:, 0].mean() > 0.7  # Speech
    assert {one.label for one in tagger.tag(speech)} == {SPEECH}
    silence = tagger.scores(Audio(np.zeros(SAMPLE_RATE_HZ, np.float32)))
    assert silence[:, 494].min() > 0.5  # Silence
