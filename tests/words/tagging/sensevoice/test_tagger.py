"""SenseVoice's events against FunASR's own way through the same random weights, and its files."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import SoundTagger
from sentigram.core.time import Span
from sentigram.errors import InputError, MissingError
from sentigram.store.card import CARD
from sentigram.store.catalogue import entry
from sentigram.store.installed import find
from sentigram.store.pull import Origin, pull
from sentigram.words.speakers.bands import log_bands
from sentigram.words.tagging import choosing
from sentigram.words.tagging.choosing import choose_tagger
from sentigram.words.tagging.sensevoice import tagger as tagging
from sentigram.words.tagging.sensevoice.features import features
from sentigram.words.tagging.sensevoice.files import EVENTS, PIECES, read_files
from sentigram.words.tagging.sensevoice.tagger import SensevoiceTagger, heeded_events
from tests.words.speakers.test_bands import chirp
from tests.words.tagging.sensevoice import models

pytest.importorskip("funasr", reason="pip install 'sentigram[full]'")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return models.save(tmp_path_factory.mktemp("hub") / "SenseVoiceSmall")


@pytest.fixture(scope="module")
def stored(folder, tmp_path_factory):
    """Brought from a folder into a store."""
    notes = []
    origin = Origin(store=tmp_path_factory.mktemp("store"), source=folder.parent)
    model = pull(entry("sensevoice"), origin, note=notes.append)
    assert "licence: FunASR Model License (https://github.com/" in notes[0]
    return model


def sound(seconds: float) -> Audio:
    n = int(seconds * SAMPLE_RATE_HZ)
    hum = np.sin(np.arange(n) / 9) * np.linspace(0, 0.5, n)
    noise = np.random.default_rng(0).normal(0, 0.05, n)
    return Audio((hum + noise).astype(np.float32))


def test_a_pickle_becomes_numbers_when_it_is_brought(stored):
    names = {path.name for path in stored.folder.iterdir()}
    assert names == {"model.safetensors", "config.yaml", "am.mvn", "tokens.json", CARD}


# FunASR 1.4.16 on kaldi-native-fbank 1.23.0, dither 0, not scaled: frames 0, 2, 4 of five.
FUNASR = [
    [12.7227, 12.6245, 9.9016, 21.0520, 10.6781, 10.9227],
    [12.8560, 15.6954, 13.0314, 13.3026, 12.3541, 12.4573],
    [12.6679, 14.4226, 15.7683, 13.3508, 13.5670, 13.5772],
]


def test_what_it_sees_is_what_funasr_s_front_end_gives_without_its_noise(folder):
    from funasr.frontends.wav_frontend import apply_cmvn, apply_lfr, load_cmvn

    seen = features(chirp(5_000))
    assert seen.shape == (5, 560)
    np.testing.assert_allclose(seen[::2, [0, 100, 205, 333, 479, 559]], FUNASR, atol=2e-3)
    bands = log_bands(chirp(5_000) * np.float32(2**15), window="hamming")
    files = read_files(folder)
    for n in (1, 6, 7, len(bands)):  # as many as are stacked, fewer, more
        want = apply_lfr(torch.from_numpy(bands[:n]), 7, 6)
        ours = features(chirp(5_000)[: 400 + (n - 1) * 160])
        np.testing.assert_allclose(ours, want.numpy(), atol=1e-5)
        scaled = apply_cmvn(want.clone(), load_cmvn(folder / "am.mvn"))
        np.testing.assert_allclose((ours + files.shift) * files.factor, scaled, atol=1e-5)


def test_events_are_those_of_funasr_s_own_inference(stored, monkeypatch):
    audio = sound(4.6)
    network, files = tagging._loaded(stored.folder, "cpu")
    ours = SensevoiceTagger(stored, "cpu").scores(audio)
    assert ours.shape == (3, len(EVENTS))
    heard = []
    own = network.ctc.log_softmax

    def kept(hidden):
        heard.append(own(hidden))
        return heard[-1]

    monkeypatch.setattr(network.ctc, "log_softmax", kept)
    for i, row in enumerate(ours):
        window = audio.samples[i * 24_000 : i * 24_000 + 48_000]
        seen = (features(window) + files.shift) * files.factor
        with torch.inference_mode():
            ((said,), _) = network.inference(
                torch.from_numpy(seen)[None].clone(),
                torch.tensor([len(seen)]),
                tokenizer=type("Letters", (), {"decode": staticmethod(list)}),
                device="cpu",
                data_type="fbank",
            )
        shares = heard[-1].exp()[0, 2].numpy()
        assert np.abs(row - shares[list(files.events)]).max() < 1e-5
        assert int(shares.argmax()) in (*said["text"], 0)
    assert ours.max() > 0.05, "no event is told from any other"


def test_batches_and_stretches_give_what_the_whole_gives(stored, monkeypatch):
    told = []
    tagger = SensevoiceTagger(stored)
    whole = tagger.scores(sound(10), progress=told.append)
    assert told[-1] == 1.0
    monkeypatch.setattr(tagging, "_AT_ONCE", 2)
    assert np.abs(tagger.scores(sound(10)) - whole).max() < 1e-5


def test_events_become_sounds_where_they_are(stored, monkeypatch):
    tagger = SensevoiceTagger(stored)
    assert isinstance(tagger, SoundTagger)
    scores = np.zeros((6, len(EVENTS)), np.float32)
    scores[:, EVENTS.index("Speech")] = 0.9
    scores[2:4, EVENTS.index("Laughter")] = 0.8
    scores[:, EVENTS.index("Breath")] = 0.99
    monkeypatch.setattr(tagging, "event_scores", lambda _n, _f, sounds: scores[: len(sounds)])
    voice, found = tagger.tag(sound(10.5))
    assert (voice.label, voice.span) == ("speech", Span(0, 10_500))
    assert (found.label, found.span, found.confidence) == ("laughter", Span(3750, 6750), 0.8)
    assert tagger.tag(Audio(np.zeros(0, np.float32))) == ()
    for one in heeded_events():
        ((number, name),) = one.classes.items()
        assert EVENTS[number] == name


def test_it_is_taken_by_the_full_engine_and_where_it_is_asked_for(stored, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(stored.folder.parent))
    assert choose_tagger("auto") == choosing.ChosenTagger()
    chosen = choose_tagger("auto", is_full=True, device="cpu")
    assert chosen.line == "sounds are named by sensevoice (it is here, and the engine is full)"
    assert chosen.tagger == SensevoiceTagger(find("sensevoice", "sound tagger"), "cpu")
    assert choose_tagger("sensevoice").tagger.part.sha256 == stored.sha256 != ""
    assert choose_tagger(str(stored.folder)).line.endswith("(asked for)")
    assert choose_tagger("off", is_full=True).tagger is None
    monkeypatch.setattr(tagging, "find_spec", lambda name: None if name == "torch" else name)
    with pytest.raises(MissingError, match=r"SenseVoice needs torch; run: pip install 'sentigram"):
        choose_tagger("sensevoice")


def test_what_is_not_here_names_its_command():
    with pytest.raises(
        MissingError, match=r"run: sentigram models pull sensevoice \(about 936 MB, FunASR Model"
    ):
        choose_tagger("sensevoice")


class Hostile:
    """A file's program would make a folder here."""

    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


def test_a_pickle_that_is_a_program_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "SenseVoiceSmall"
    copy.mkdir()
    for name in ("config.yaml", "am.mvn", "tokens.json"):
        (copy / name).write_bytes((folder / name).read_bytes())
    torch.save({"state_dict": Hostile()}, copy / "model.pt")
    with pytest.raises(InputError, match=r"model\.pt: refused: .* Nothing in it was run"):
        pull(entry("sensevoice"), Origin(store=tmp_path / "store", source=copy))
    assert not (tmp_path / "made-by-a-pickle").exists()
    with pytest.raises(MissingError, match="a pickled checkpoint is a program, and is not run"):
        choose_tagger(str(copy))


def _wrong(change):
    """The configuration with one entry changed."""
    part, name, value = change
    made = {key: dict(v) if isinstance(v, dict) else v for key, v in models.CONFIG.items()}
    if part:
        made[part][name] = value
    else:
        made[name] = value
    return yaml.safe_dump(made)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.yaml", _wrong(("", "model", "Paraformer")), "only SenseVoiceSmall is known"),
        ("config.yaml", _wrong(("frontend_conf", "lfr_n", 1)), "lfr_n is 1, not 6"),
        ("config.yaml", _wrong(("encoder_conf", "num_blocks", 10**6)), "num_blocks: "),
        ("config.yaml", _wrong(("encoder_conf", "attention_heads", 5)), "32 among 5 heads"),
        ("config.yaml", "[1", "not the configuration of SenseVoice"),
        ("config.yaml", "just text", "not the configuration of SenseVoice"),
        ("am.mvn", "<AddShift> 560 560\n<LearnRateCoef> 0 [ 1 2 x ]", "does not hold 560 numbers"),
        ("tokens.json", '{"a": 1}', "not a list of tokens"),
        ("tokens.json", '["a"]', r"has no <\|BGM\|>"),
        ("tokens.json", None, f"has neither tokens.json nor {PIECES}"),
    ],
)
def test_a_wrong_file_is_named(folder, tmp_path, name, text, message):
    for source in ("config.yaml", "am.mvn", "tokens.json"):
        (tmp_path / source).write_bytes((folder / source).read_bytes())
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_files(tmp_path)


def test_tokens_come_from_the_pieces_where_there_is_no_list(folder, tmp_path):
    import io

    from sentencepiece import SentencePieceTrainer

    for name in ("config.yaml", "am.mvn"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["ab ba abba"] * 3),
        model_writer=model,
        vocab_size=30,
        hard_vocab_limit=False,
        user_defined_symbols=[f"<|{event}|>" for event in EVENTS],
        minloglevel=2,
    )
    (tmp_path / PIECES).write_bytes(model.getvalue())
    assert read_files(tmp_path).events == tuple(range(3, 3 + len(EVENTS)))
    (tmp_path / PIECES).write_bytes(b"\xff" * 50)
    with pytest.raises(InputError, match="not a sentencepiece model"):
        read_files(tmp_path)


def test_weights_of_another_shape_are_refused(stored, tmp_path):
    for path in stored.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / CARD).unlink()
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    config["encoder_conf"]["tp_blocks"] = 1
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(InputError, match=r"holds encoder\.tp_encoders\.1"):
        SensevoiceTagger(replace(stored, folder=tmp_path), "cpu").scores(sound(1))
