"""The bundled model on real speech that comes with a package, with the weights that ship."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sentigram.assets import weights
from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion import voice_model
from sentigram.emotion.bundled import BundledEmotionModel, load_parameters
from sentigram.emotion.decision import _NEW_SENTENCE_MS, decide, gaps, witnesses
from sentigram.emotion.encoders.compact.frames import SpanFrames
from sentigram.store.shipped import DEFAULT_WEIGHTS, write_card
from sentigram.training.dataset.clips import load

SAD = "I miss her so much and I cry every night."
GLAD = "Thank you, this is wonderful, I am so happy!"


@pytest.fixture(scope="module")
def model() -> BundledEmotionModel:
    return BundledEmotionModel()


@pytest.fixture(scope="module")
def audio() -> Audio:
    (package,) = find_spec("moonshine_voice").submodule_search_locations
    return Audio(load(Path(package, "assets", "two_cities.wav")))


def transcript(*texts: str, speakers: tuple[str, ...] = ()) -> Transcript:
    """Sentences of words of 300 ms, one after the other."""
    utterances, at = [], 1000
    for number, text in enumerate(texts):
        words = []
        for token in text.split():
            words.append(Word(token, Span(at, at + 300)))
            at += 300
        span = Span(words[0].span.start_ms, at)
        speaker = speakers[number] if speakers else ""
        utterances.append(Utterance(f"u{number}", span, tuple(words), speaker))
        at += 400
    return Transcript("en", tuple(utterances))


def test_one_reading_per_word_that_keeps_every_promise(model, audio):
    said = transcript(SAD, GLAD, "The train leaves at nine.")
    track = model.read(said, audio)
    assert track.labels == model.labels
    assert len(track.readings) == sum(1 for _ in said.words())
    for reading in track.readings:
        assert sum(reading.probs) == pytest.approx(1, abs=1e-6)
        assert not reading.is_by_hand(track.labels)  # the model's own rule: see WordEmotion
        assert (reading.intensity == 0) == (reading.label == "neutral")
        assert reading.evidence.text + reading.evidence.audio == pytest.approx(1, abs=2e-3)
        assert all(-1 <= value <= 1 for value in reading.vad)


def _mean(model, track, first, last):
    probs = np.array([reading.probs for reading in track.readings])[first:last].mean(axis=0)
    return dict(zip(model.labels, probs, strict=True))


def test_words_move_the_reading(model, audio):
    n = len(SAD.split())
    sad = _mean(model, model.read(transcript(SAD), audio), 0, n)
    glad = _mean(model, model.read(transcript(GLAD), audio), 0, n)  # the same sound
    assert sad["sadness"] > 2 * glad["sadness"]
    assert glad["happiness"] > 2 * sad["happiness"]
    assert sad["sadness"] > sad["happiness"]


def test_the_voice_moves_the_reading(model, audio):
    said = transcript("The train leaves at nine.")
    loud = replace(audio, samples=audio.samples[20 * 16_000 :])
    here = [reading.probs for reading in model.read(said, audio).readings]
    there = [reading.probs for reading in model.read(said, loud).readings]
    assert not np.allclose(here, there, atol=0.02)


def test_the_same_input_gives_the_same_reading(model, audio):
    said = transcript(SAD, GLAD)
    assert model.read(said, audio) == BundledEmotionModel().read(said, audio)


def test_progress_runs_to_the_end_and_nothing_said_is_nothing_read(model, audio):
    shares = []
    model.read(transcript(SAD, GLAD), audio, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert model.read(Transcript("en", ()), audio).readings == ()


def test_a_word_at_the_very_end_and_50_ms_of_sound_are_read(model):
    short = Audio(np.random.default_rng(0).normal(0, 0.1, 800).astype(np.float32))
    said = Transcript("en", (Utterance("u1", Span(0, 50), (Word("No!", Span(0, 50)),)),))
    (reading,) = model.read(said, short).readings
    assert sum(reading.probs) == pytest.approx(1, abs=1e-6)


def test_the_document_names_every_part_and_its_weights(model):
    roles = [part.role for part in model.parts]
    assert roles == ["text encoder", "audio encoder", "voice model", "join"]
    assert all(len(part.sha256) == 64 for part in model.parts)


def test_the_weights_that_read_are_named_in_the_document(tmp_path, monkeypatch):
    from sentigram.store import shipped

    (tmp_path / "voice-commercial.safetensors").write_bytes(b"other weights")
    card = {"name": "sentigram-voice-commercial", "version": "3", "licence": "CC0-1.0"}
    write_card(tmp_path, "voice-commercial", card, ["voice-commercial.safetensors"])
    for file in weights().iterdir():
        if not file.name.startswith("voice-commercial"):
            (tmp_path / file.name).symlink_to(file)
    monkeypatch.setattr(shipped, "weights", lambda: tmp_path)
    (part,) = [p for p in BundledEmotionModel(weights="commercial").parts if "voice" in p.role]
    digest = hashlib.sha256(b"other weights").hexdigest()
    assert (part.id, part.version, part.sha256) == ("sentigram-voice-commercial", "3", digest)
    (usual,) = [p for p in BundledEmotionModel().parts if "voice" in p.role]
    assert usual.id == f"sentigram-voice-{DEFAULT_WEIGHTS}"


def test_a_sentence_and_a_speaker_loosen_the_chain(model, audio):
    """The second sentence says nothing; what it inherits depends on what lies between."""
    calm = "It is on the table."
    n = len(SAD.split())

    def inherited(said):
        return _mean(model, model.read(said, audio), n, n + len(calm.split()))["sadness"]

    alone = _mean(model, model.read(transcript(calm), audio), 0, len(calm.split()))["sadness"]
    same = inherited(transcript(SAD, calm))
    other = inherited(transcript(SAD, calm, speakers=("Ann", "Ben")))
    assert same > other
    assert same > alone


def test_words_that_it_does_not_read_are_left_to_the_voice(model, audio):
    assert model.advice("en") == ""
    assert "'fr'" in model.advice("fr")
    assert "is not known; name it: `language CODE`" in model.advice("")
    for language in ("fr", ""):  # nobody says that it is English
        unread = replace(transcript(SAD, GLAD), language=language)
        for reading in model.read(unread, audio).readings:
            assert reading.evidence.text == pytest.approx(0, abs=1e-3)


def test_time_since_the_word_before():
    said = transcript("One two.", "Three four.", "Five.", speakers=("Ann", "Ann", "Ben"))
    found = gaps(said.utterances)
    assert found.tolist() == [-1, 300, 300 + 400 + _NEW_SENTENCE_MS, 300, -1]


def test_a_sentence_is_one_witness_up_to_a_second():
    said = transcript("One two.", " ".join(["word"] * 30))
    assert witnesses(said.utterances).tolist() == [600] * 2 + [1000] * 30


def test_below_the_threshold_the_model_abstains():
    labels = BundledEmotionModel().labels
    unsure, sure = np.full((2, len(labels)), 0.1)
    unsure[0], sure[0] = 0.39, 0.41
    for probs, label in ((unsure, "neutral"), (sure, "anger")):
        (decided,) = decide(
            probs[None] / probs.sum(), np.zeros((1, 3)), np.ones((1, 2)) / 2, labels, 0.4
        )
        assert decided.label == label


@pytest.mark.parametrize(("left_out", "text_share"), [("voice_weight", 1), ("text_weight", 0)])
def test_the_modality_that_is_heeded_is_the_one_that_is_named(audio, left_out, text_share):
    heeding = replace(load_parameters(), **{left_out: 0.0})
    model = BundledEmotionModel(parameters=heeding)
    for reading in model.read(transcript(SAD, GLAD), audio).readings:
        assert reading.evidence.text == pytest.approx(text_share, abs=1e-3)
        assert reading.evidence.audio == pytest.approx(1 - text_share, abs=1e-3)


PLAIN_WORDS = "The train leaves at nine and the table is by the door."


class Told:
    """An encoder that hears what it is told, for each stretch: a direction of the voice model."""

    def __init__(self, frames: list[np.ndarray]) -> None:
        self._frames = frames
        self.part = EnginePart("audio encoder", "told", "1", "0" * 64)

    def encode_spans(self, audio, spans):
        del audio
        for span, row in zip(spans, self._frames, strict=True):
            n = span.duration_ms // 24 + 2
            yield SpanFrames(span.start_ms // 24, np.tile(np.append(row, 0.0), (n, 1)))


def sounding(label: str, strength: float) -> np.ndarray:
    """What the shipped voice model takes for a label before others, float (VOICE_WIDTH,)."""
    shipped = voice_model.load()
    target = np.full(len(shipped.labels), -strength / 2)
    target[shipped.labels.index(label)] = strength
    target[shipped.labels.index("neutral")] = 0
    if label == "neutral":
        target = np.full(len(shipped.labels), -strength)
        target[shipped.labels.index("neutral")] = 0
    weight = np.concatenate([shipped.absolute.weight, shipped.relative.weight])
    scores = np.concatenate(
        [
            target * shipped.absolute.temperature - shipped.absolute.bias,
            target * shipped.relative.temperature - shipped.relative.bias,
        ]
    )
    return np.linalg.lstsq(weight, scores, rcond=None)[0].astype(np.float32)


@pytest.mark.parametrize("label", ["anger", "sadness", "fear"])
def test_an_emotional_voice_over_emotionless_words_is_heard(label):
    said = transcript(*[PLAIN_WORDS] * 4)
    rows = [sounding(name, 6.0) for name in ("neutral", label, "neutral", label)]
    told = BundledEmotionModel(audio_encoder=Told(rows))
    long = Audio(np.zeros(16_000 * 30, np.float32))
    found = [reading.label for reading in told.read(said, long).readings]
    n = len(PLAIN_WORDS.split())
    for sentence, expected in enumerate(("neutral", label, "neutral", label)):
        own = found[sentence * n : (sentence + 1) * n]
        assert own.count(expected) >= 0.7 * n, (sentence, own)
