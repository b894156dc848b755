from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.core.media import Audio
from sentigram.core.transcript import Transcript
from sentigram.errors import InputError
from sentigram.training.shipped import prompts, unacted_speech
from sentigram.training.shipped.unacted_speech import SOURCES, Source, prepare, unwritten
from tests.training.recordings import hum
from tests.training.shipped.test_prompts import ENGLISH, unpacked, write_texts

MARKED = Source("marked", "a.flac", "data", "plain", "a hum", marks="a.words.json")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one recording of hums and silences, whose words a person marked."""
    folder = tmp_path / "data"
    folder.mkdir()
    quiet = 1e-4 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    soundfile.write(folder / "a.flac", np.concatenate([quiet, hum(4), quiet, hum(2), quiet]), 16000)
    starts = [1.0, 1.5, 2.0, 2.5, 4.0, 4.5]
    marks = [{"word": f"w{i}", "start": s, "end": s + 0.5} for i, s in enumerate(starts)]
    (folder / "a.words.json").write_text(json.dumps(marks))
    monkeypatch.setattr(unacted_speech, "SOURCES", (MARKED,))
    return folder


def test_marked_words_keep_their_times_and_are_cut_at_pauses(data: Path, tmp_path: Path):
    (made,) = prepare(data, tmp_path / "cache").recordings
    assert made.is_plain
    assert made.language == "en"
    assert [len(utterance.words) for utterance in made.transcript.utterances] == [4, 2]
    assert [w.span.start_ms for w in made.transcript.words()] == [
        1000,
        1500,
        2000,
        2500,
        4000,
        4500,
    ]


def test_what_was_prepared_is_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache"
    told: list[str] = []
    (first,) = prepare(data, cache, log=told.append).recordings
    assert told == ["preparing marked"]

    def refuse(*_given: object) -> tuple[Transcript, Audio]:
        pytest.fail("it was prepared again")

    monkeypatch.setattr(unacted_speech, "_heard", refuse)
    (second,) = prepare(data, cache).recordings
    assert second.transcript == first.transcript
    np.testing.assert_allclose(second.audio.samples, first.audio.samples, atol=1 / 32767)
    assert not list(cache.glob("*.part*"))


def test_another_file_of_the_same_name_is_prepared_anew(data: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    prepare(data, cache)
    soundfile.write(data / "a.flac", hum(10), 16000)
    (made,) = prepare(data, cache).recordings
    assert made.audio.duration_ms == 5000


def test_what_is_absent_is_named_with_a_remedy(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gone = Source("gone", "b/gone.flac", "data", "plain", "nothing")
    monkeypatch.setattr(unacted_speech, "SOURCES", (MARKED, gone))
    prepared = prepare(data, tmp_path / "cache", with_spliced=True)
    assert [made.name for made in prepared.recordings] == ["marked"]
    told, missing, spliced = prepared.left_out
    assert "--prompts DIR" in told
    assert "asterisk-core-sounds-{en,es,fr,it,ru}-g722" in told
    assert missing == f"gone: b/gone.flac is not in {data}"
    assert str(data / "ravdess") in spliced


def test_without_the_package_of_recordings_it_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clip = Source("beckett", "beckett.wav", "moonshine", "performed", "a few lines")
    monkeypatch.setattr(unacted_speech, "SOURCES", (MARKED, clip))
    monkeypatch.setattr(unacted_speech, "find_spec", lambda _name: None)
    prepared = prepare(data, tmp_path / "cache")
    (line,) = [line for line in prepared.left_out if line.startswith("beckett: ")]
    assert "moonshine-voice, is not installed: pip install 'sentigram[train]'" in line


def test_nothing_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unacted_speech, "SOURCES", (MARKED,))
    with pytest.raises(InputError, match=r"no recording of real speech is there.*--prompts"):
        prepare(tmp_path, tmp_path / "cache")


def test_prompts_become_plain_recordings(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = unpacked(tmp_path / "prompts", *(f"p{i}" for i in range(4)), n_words=4)
    spanish = prompts.VOICES[1].folder
    english = next(folder.rglob(ENGLISH.folder))
    (english.parent / spanish).mkdir()
    for path in english.glob("*.g722"):
        (english.parent / spanish / path.name).write_bytes(path.read_bytes())
    write_texts(folder, "".join(f"p{i}: hello you\n" for i in range(3)))  # p3 has no text
    monkeypatch.setattr(prompts, "_RECORDING_S", 4)
    prepared = prepare(data, tmp_path / "cache", prompt_folder=folder)
    names = [made.name for made in prepared.recordings]
    assert names == ["prompts en 1", "prompts es 1", "prompts es 2", "marked"]
    first, other = prepared.recordings[:2]
    assert first.speaker == other.speaker == "Allison"
    assert {word.text for word in first.transcript.words()} == {"hello", "you"}
    assert {word.text for word in other.transcript.words()} == {unacted_speech.UNWRITTEN}
    assert other.language == "es"
    left_out = [line for line in prepared.left_out if "asterisk-core-sounds-fr-g722" in line]
    assert len(left_out) == 1


def test_stretches_of_speech_stand_for_words():
    quiet = np.zeros(16_000, np.float32)
    audio = Audio(np.concatenate([quiet, hum(4), quiet, hum(2), quiet]))
    found = unwritten(audio, "fr")
    assert found.language == "fr"
    assert len(found.utterances) == 2
    for utterance, (start, end) in zip(found.utterances, ((1000, 3000), (4000, 5000)), strict=True):
        assert abs(utterance.span.start_ms - start) <= 50
        assert abs(utterance.span.end_ms - end) <= 50
        assert utterance.words[0].span.start_ms == utterance.span.start_ms
        assert utterance.words[-1].span.end_ms == utterance.span.end_ms
        assert all(250 <= word.span.duration_ms <= 450 for word in utterance.words)


def test_the_table_names_each_recording_once():
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    for source in SOURCES:
        assert sum(map(bool, (source.text, source.lines, source.marks))) <= 1


def test_marked_real_speech_is_prepared(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = next(source for source in SOURCES if source.name == "acoustic_corpus")
    monkeypatch.setattr(unacted_speech, "SOURCES", (source,))
    (made,) = prepare(shared_data, tmp_path).recordings
    marks = json.loads((shared_data / source.marks).read_text())
    assert [word.text for word in made.transcript.words()] == [mark["word"] for mark in marks]


def test_a_known_text_is_aligned(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = next(source for source in SOURCES if source.name == "jfk")
    monkeypatch.setattr(unacted_speech, "SOURCES", (source,))
    (made,) = prepare(shared_data, tmp_path).recordings
    words = list(made.transcript.words())
    assert " ".join(word.text for word in words) == source.text
    assert {word.timing for word in words} == {"aligned"}


def test_the_examples_of_a_checkout_are_found():
    (talk,) = (source for source in SOURCES if source.place == "checkout")
    assert (unacted_speech._CHECKOUT / talk.path).is_file()
