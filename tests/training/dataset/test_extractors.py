"""Features for training against the tokens that the engine works with."""

from __future__ import annotations

import wave
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.frames import CompactAudioEncoder
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import audio_tokens, text_tokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.errors import InputError, MissingError, UsageError
from sentigram.training.dataset import extractors
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.extractors import CompactFrames, encoders
from sentigram.training.dataset.features import folder_name, open_store
from sentigram.training.dataset.manifest import read_manifest
from tests.emotion.encoders.tiny_models import write_audio_model, write_text_model

CPU = Compute("cpu", "float32")


def write_clip(path: Path, n_samples: int, seed: int = 0) -> Path:
    noise = 3000 * np.random.default_rng(seed).normal(size=n_samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(noise.astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_text_model(folder / "bert")
    write_audio_model(folder / "base")
    return folder


def test_texts_are_utterances_of_their_words(models):
    name = f"bert:{models / 'bert'}"
    (encoder,) = encoders([name])
    happy, empty, no = encoder.encode(["I am  so happy", " ", "no"])
    now = Span(0, 0)
    said = Utterance("u", now, tuple(Word(w, now) for w in ("I", "am", "so", "happy")))
    (wanted,) = text_tokens(name, CPU).encode([said])
    np.testing.assert_allclose(happy, wanted.vectors, atol=1e-5)
    assert empty.tolist() == [[0.0] * 32]
    assert no.shape == (1, 32)
    assert encoder.info == text_tokens(name, CPU).info


def test_clips_are_recordings_that_are_one_stretch(models, tmp_path):
    name = f"wav2vec:{models / 'base'}"
    (encoder,) = encoders([name])
    clips = [write_clip(tmp_path / "a.wav", 20_000), write_clip(tmp_path / "b.wav", 100)]
    made = encoder.encode(clips)
    for clip, tokens in zip(clips, made, strict=True):
        audio = Audio(load(clip))
        (wanted,) = audio_tokens(name, CPU).encode_spans(audio, [Span(0, audio.duration_ms)])
        np.testing.assert_allclose(tokens, wanted.values, atol=1e-5)
    assert [len(tokens) for tokens in made] == [13, 1]  # 62 frames, and one of filled-up sound


def test_long_clips_stay_what_stores_hold(tmp_path):
    clip = write_clip(tmp_path / "long.wav", 16_000 * 17)
    (tokens,) = CompactFrames().encode([clip])
    frames = CompactAudioEncoder().encode(load(clip))
    wanted = [frames[i : i + 4].mean(0) for i in range(0, len(frames), 4)]
    np.testing.assert_allclose(tokens, wanted, atol=1e-5)


def test_prepare_encodes_with_any_model(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    talks = tmp_path / "talks"
    talks.mkdir()
    write_clip(talks / "a.wav", 16_000)
    write_clip(talks / "b.wav", 12_000, seed=1)
    rows = "id,audio,text,label\na,a.wav,I am happy,happiness\nb,b.wav,What do you want,anger\n"
    (talks / "labels.csv").write_text(rows)
    names = [f"bert:{models / 'bert'}", f"wav2vec:{models / 'base'}"]
    assert main(["prepare", "folder", "talks", "--features", ",".join(names), "--quiet"]) == 0
    manifest = read_manifest(Path("runs/prepared/folder.parquet"))
    found = [open_store(Path("runs/features"), name) for name in names]
    assert [store.info.name for store in found] == names
    assert sorted(len(found[0].get(example)) for example in manifest.examples) == [3, 4]
    assert sorted(len(found[1].get(example)) for example in manifest.examples) == [8, 10]
    assert {store.folder.name for store in found} == {folder_name(name) for name in names}


def test_texts_of_one_form_are_never_taken_for_those_of_another(models, tmp_path, monkeypatch):
    """Speakers who say the same have features of their own, and one store each for each form."""
    monkeypatch.chdir(tmp_path)
    talks = tmp_path / "talks"
    talks.mkdir()
    said = ["a,Ann,No WAY!,anger", "b,Bob,No WAY!,joy", f"c,Bob,{'I am so unhappy ' * 9},sadness"]
    (talks / "labels.csv").write_text("\n".join(["id,speaker,text,label", *said]) + "\n")
    bert = models / "bert"
    forms = ["", "+clean", "+speakers", "+clean+speakers"]
    names = [f"wordpieces{form}+longest=30:{bert}" for form in forms]
    names += [f"bert-cls+speakers+longest=30:{bert}", "minilm+clean", f"bert+speakers:{bert}"]
    assert main(["prepare", "folder", "talks", "--features", ",".join(names), "--quiet"]) == 0
    manifest = read_manifest(Path("runs/prepared/folder.parquet"))
    stores = {name: open_store(Path("runs/features"), name) for name in names}
    plain = text_tokens(names[0], CPU)
    assert isinstance(plain, WholeTexts)
    for form, name in zip(forms, names, strict=False):
        found = [stores[name].get(example)[:, 0].tolist() for example in manifest.examples]
        marked = "speakers" in form
        own = "no way!" if "clean" in form else "No WAY!"
        given = [f"{who}: {own}" if marked else own for who in ("Ann", "Bob")]
        assert found[:2] == [row[:, 0].tolist() for row in plain.encode_texts(given)]
        assert (found[0] == found[1]) is not marked
        assert len(found[2]) == 30
    ann, bob = (stores[names[4]].get(example) for example in manifest.examples[:2])
    assert ann.shape == (1, 32)
    assert not np.array_equal(ann, bob)
    assert [len(stores[names[5]].get(e)) for e in manifest.examples[:2]] == [2, 2]
    assert [len(stores[names[6]].get(e)) for e in manifest.examples[:2]] == [3, 3]  # Ann: No WAY!


def test_texts_that_are_cut_are_told_of(models, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    talks = tmp_path / "talks"
    talks.mkdir()
    said = f"id,text,label\na,no,anger\nb,{'I am so unhappy ' * 9},sadness\n"
    (talks / "labels.csv").write_text(said)
    name = f"wordpieces+longest=30:{models / 'bert'}"
    assert main(["prepare", "folder", "talks", "--features", name]) == 0
    assert "1 of 2 texts are longer than 30 word pieces" in " ".join(capfd.readouterr().err.split())


def test_folders_of_features_have_plain_names(tmp_path):
    assert folder_name("compact-frames") == "compact-frames"
    assert folder_name("bert:bert-base-uncased") == "bert-bert-base-uncased"
    assert folder_name("bert:/nets/my models/x") == "bert-nets-my-models-x"
    long = [folder_name(f"bert:/{'deep/' * 60}{end}") for end in "xy"]
    assert len(set(long)) == 2
    assert all(len(name) < 130 and "/" not in name for name in long)
    # another name that makes the same folder's name is not the same features
    folder = tmp_path / folder_name("bert:a/b")
    folder.mkdir()
    (folder / "encoder.json").write_text(
        '{"name": "bert:a/b", "kind": "text", "width": 2, "id": "x", "sha256": ""}'
    )
    assert open_store(tmp_path, "bert:a/b").info.width == 2
    with pytest.raises(InputError, match="holds features of bert:a/b, not of bert:a-b"):
        open_store(tmp_path, "bert:a-b")


def test_unknown_models_and_families_are_named():
    with pytest.raises(MissingError, match="sentigram models pull bert-base-uncased"):
        next(encoders(["bert:bert-base-uncased"]))
    with pytest.raises(UsageError, match=r"compact-frames, .*bert:MODEL, .*wav2vec:MODEL"):
        next(encoders(["bort:x"]))


def test_others_can_add_theirs(monkeypatch):
    added = EntryPoint("theirs", "collections:OrderedDict", "sentigram.features")
    over = EntryPoint("minilm", "collections:OrderedDict", "sentigram.features")
    monkeypatch.setattr(extractors, "entry_points", lambda **_: EntryPoints([added, over]))
    assert list(encoders(["theirs"])) == [added.load()()]
    # A name that ships is not theirs to take.
    assert type(next(encoders(["minilm"]))) is extractors.MiniLmFeatures
