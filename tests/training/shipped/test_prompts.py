from __future__ import annotations

import gzip
from pathlib import Path

import av
import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.shipped import prompts
from tests.training.recordings import hum

ENGLISH = prompts.VOICES[0]


def write_prompt(path: Path, samples: np.ndarray) -> None:
    """G.722 at 16 kHz, as telephone systems keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as file:
        stream = file.add_stream("g722", rate=16_000)
        stream.layout = "mono"
        pcm = (samples * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)


def unpacked(folder: Path, *names: str, n_words: int = 4) -> Path:
    """A folder as the packages leave it, with two seconds of hum in each prompt."""
    home = folder / "usr/share/asterisk/sounds" / ENGLISH.folder
    for i, name in enumerate(names):
        write_prompt(home / f"{name}.g722", hum(n_words, hz=200 + 50 * i))
    return folder


def write_texts(folder: Path, text: str) -> None:
    path = folder / "usr/share/doc/asterisk-core-sounds-en" / prompts.TEXTS
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(text.encode()))


def test_sentences_are_found_and_nothing_else(tmp_path: Path):
    folder = unpacked(tmp_path, "goodbye", "beep", "tt-monkeys", "letters/a", "added")
    home = next(folder.rglob(ENGLISH.folder))
    write_prompt(home / "short.g722", hum(1))
    (home / "empty.g722").write_bytes(b"")
    assert [path.stem for path in prompts.find(folder, ENGLISH)] == ["added", "goodbye"]
    assert prompts.find(folder, prompts.VOICES[1]) == ()


def test_texts_are_what_is_said(tmp_path: Path):
    write_texts(tmp_path, "; Sounds\n\nadded: Added.\nbeep: [a tone]\nat: Time: nine.\n")
    assert prompts.texts(tmp_path) == {"added": "Added.", "at": "Time: nine."}


def test_without_texts_the_package_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="unpack the package asterisk-core-sounds-en beside"):
        prompts.texts(tmp_path)


def test_prompts_are_dealt_once_to_recordings_of_a_minute(tmp_path: Path):
    paths = []
    for i in range(60):
        path = tmp_path / f"{i}.g722"
        path.write_bytes(bytes(8000 * (3 + i % 7)))  # 3 to 9 seconds
        paths.append(path)
    dealt = prompts.draw(paths, seed=0)
    assert len(dealt) == prompts.N_RECORDINGS
    names = [path.name for recording in dealt for path in recording]
    assert len(set(names)) == len(names)
    for recording in dealt:
        assert 60 <= sum(path.stat().st_size for path in recording) / 8000 < 70
    assert prompts.draw(paths, seed=0) == dealt
    assert prompts.draw(paths, seed=1) != dealt
    assert prompts.draw(paths[:3], seed=0) == ()  # less than a minute is no recording


def test_prompts_are_laid_with_pauses_and_words_where_they_sound(tmp_path: Path):
    folder = unpacked(tmp_path, "one", "two")
    paths = prompts.find(folder, ENGLISH)
    said = {"one": "one hum here", "two": "another hum"}
    joined = prompts.lay(paths, said, seed=0)
    assert joined.transcript is not None
    words = list(joined.transcript.words())
    assert [word.text for word in words] == ["one", "hum", "here", "another", "hum"]
    assert {word.timing for word in words} == {"estimated"}
    for word in words:
        assert np.abs(joined.audio.cut(word.span)).max() > 0.1
    between = joined.audio.samples[
        words[2].span.end_ms * 16 + 1600 : words[3].span.start_ms * 16 - 1600
    ]
    assert len(between) > 1600
    assert not between.any()
    assert 2 * 2000 + 2 * 400 <= joined.audio.duration_ms <= 2 * 2000 + 2 * 900
    silent = prompts.lay(paths, None, seed=0)
    assert silent.transcript is None
    np.testing.assert_array_equal(silent.audio.samples, joined.audio.samples)
