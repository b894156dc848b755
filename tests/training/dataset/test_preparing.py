from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from sentigram.errors import InputError
from sentigram.training.corpora import ravdess
from sentigram.training.corpora.item import Item
from sentigram.training.dataset import manifest as manifests
from sentigram.training.dataset import preparing
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.fingerprint import near_duplicates
from sentigram.training.dataset.manifest import Example, Manifest, read_manifest, write_manifest
from sentigram.training.dataset.outline import likeness, outline
from sentigram.training.dataset.preparing import prepare

RATE_HZ = 16_000


def tone(root: Path, name: str, *, hz: float = 700, seconds: float = 0.5, rate: int = RATE_HZ):
    time = np.arange(int(seconds * rate)) / rate
    sound = 0.3 * np.sin(2 * np.pi * hz * time) * np.hanning(len(time))
    soundfile.write(root / name, sound, rate, subtype="PCM_16")
    return Item(name, "folder", ("anger",), "train", f"words of {name}", root / name, "ann")


def test_a_clip_becomes_hashes_and_times(tmp_path: Path):
    item = replace(
        tone(tmp_path, "a.wav"), vad=(0.0, 0.5, -1.0), dialogue="d", session="s", style="scripted"
    )
    shares: list[float] = []
    manifest = prepare(
        [item, tone(tmp_path, "b.wav", hz=1500)],
        corpus="folder",
        root=tmp_path,
        licence="mine",
        unused=["rate"],
        progress=shares.append,
    )
    example, _ = manifest.examples
    stored, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    # 16 kHz, 16 bits in the file: the digest is that of the file's own samples
    exact = np.round(np.clip(stored / 32768, -1, 1) * 32767).astype("<i2")
    assert example.audio_sha256 == hashlib.sha256(exact.tobytes()).hexdigest()
    assert example.duration_ms == 500
    assert (example.id, example.audio) == ("folder/a.wav", "a.wav")
    assert (example.speaker, example.dialogue, example.session) == (
        "folder/ann",
        "folder/d",
        "folder/s",
    )
    assert (example.vad, example.style, example.labels) == (
        (0.0, 0.5, -1.0),
        "scripted",
        ("anger",),
    )
    assert shares == [0.5, 1.0]
    assert manifest.licence == "mine"
    assert manifest.unused == ("rate",)
    assert likeness(example.outline, outline(load(tmp_path / "a.wav"))) > 0.99
    write_manifest(tmp_path / "m.parquet", manifest, overwrite=False)
    assert read_manifest(tmp_path / "m.parquet").sha256 == manifest.sha256


@pytest.mark.parametrize(
    "field", ["id", "speaker", "dialogue", "session", "split", "origin", "labels"]
)
def test_names_with_control_characters_are_refused(tmp_path: Path, field: str):
    example = Example("c/1", "c", ("anger",), "", "a text\nof two lines may have them\x1b")
    evil = "c/\x1b[2Jred\nline"
    sound, wrong = (
        Manifest("c", tmp_path, (replace(example, **changes),))
        for changes in ({}, {field: (evil,) if field == "labels" else evil})
    )
    write_manifest(tmp_path / "m.parquet", sound, overwrite=False)
    assert read_manifest(tmp_path / "m.parquet").examples == sound.examples
    with pytest.raises(InputError, match="holds control characters"):
        write_manifest(tmp_path / "n.parquet", wrong, overwrite=False)
    assert not (tmp_path / "n.parquet").exists()
    with pytest.MonkeyPatch.context() as patch:  # one that somebody else wrote
        patch.setattr(manifests, "_check_names", lambda _example, _path: None)
        write_manifest(tmp_path / "n.parquet", wrong, overwrite=False)
    with pytest.raises(InputError, match=r"n\.parquet: .*x1b.* holds control characters"):
        read_manifest(tmp_path / "n.parquet")


def test_the_same_sound_has_the_same_digest_whatever_it_is_called(tmp_path: Path):
    soundfile.write(tmp_path / "c.flac", soundfile.read(tone(tmp_path, "a.wav").audio)[0], RATE_HZ)
    items = [
        tone(tmp_path, "a.wav"),
        tone(tmp_path, "b.wav"),
        replace(tone(tmp_path, "d.wav", hz=900), id="d"),
        Item("c", "folder", (), "", "", tmp_path / "c.flac"),
    ]
    digests = [e.audio_sha256 for e in prepare(items, corpus="folder", root=tmp_path).examples]
    assert digests[0] == digests[1] == digests[3]
    assert digests[2] != digests[0]


def test_texts_have_neither_sound_nor_length(tmp_path: Path):
    item = Item("1", "xed", ("fear",), "", "Run!")
    (example,) = prepare([item], corpus="xed", root=tmp_path).examples
    assert (example.audio, example.audio_sha256, example.fingerprint) == ("", "", "")
    assert (example.duration_ms, example.speaker, example.text) == (0, "", "Run!")


def unusable(root: Path, kind: str) -> Item:
    path = root / "x.wav"
    if kind == "silent":
        soundfile.write(path, np.zeros(8000), RATE_HZ)
    elif kind == "empty":
        soundfile.write(path, np.zeros(0), RATE_HZ)
    elif kind == "garbage":
        path.write_bytes(b"not a sound" * 100)
    else:
        path = root / "x.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("mpeg4", rate=5)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame(32, 32, "yuv420p")
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return Item("x", "folder", ("anger",), "", "", path)


@pytest.mark.parametrize("kind", ["silent", "empty", "garbage", "picture"])
def test_a_clip_that_cannot_be_used_is_never_dropped_silently(tmp_path: Path, kind: str):
    items = [unusable(tmp_path, kind), tone(tmp_path, "a.wav")]
    with pytest.raises(InputError, match=r"x\.\w+: left out, because it"):
        prepare(items, corpus="folder", root=tmp_path)
    told: list[str] = []
    manifest = prepare(items, corpus="folder", root=tmp_path, warn=told.append)
    assert [example.id for example in manifest.examples] == ["folder/a.wav"]
    assert len(told) == 1
    with pytest.raises(InputError, match="holds nothing that can be used"):
        prepare(items[:1], corpus="folder", root=tmp_path, warn=told.append)


def test_ids_and_places_are_checked(tmp_path: Path):
    item = tone(tmp_path, "a.wav")
    with pytest.raises(InputError, match=r"folder/a\.wav is there twice"):
        prepare([item, item], corpus="folder", root=tmp_path)
    with pytest.raises(InputError, match=r"a\.wav: not in .*; give the folder"):
        prepare([item], corpus="folder", root=tmp_path / "elsewhere")


def test_real_clips(shared_data: Path):
    root = shared_data / "ravdess"
    items = [item for item in ravdess.read(root) if item.speaker == "actor07"][:12]
    manifest = prepare(items, corpus="ravdess", root=root)
    assert all(2000 < example.duration_ms < 7000 for example in manifest.examples)
    assert near_duplicates([example.fingerprint for example in manifest.examples]) == []


def test_manifests_from_before_there_were_outlines_and_voices_are_read(tmp_path: Path):
    manifest = prepare([tone(tmp_path, "a.wav")], corpus="folder", root=tmp_path)
    write_manifest(tmp_path / "m.parquet", manifest, overwrite=False)
    table = pq.read_table(tmp_path / "m.parquet").drop_columns(["outline", "voice"])
    about = json.loads(table.schema.metadata[b"sentigram"])
    del about["unused"]
    old = table.replace_schema_metadata({"sentigram": json.dumps(about)})
    pq.write_table(old, tmp_path / "old.parquet")
    found = read_manifest(tmp_path / "old.parquet")
    assert (found.examples[0].outline, found.unused) == ("", ())
    assert found.sha256 == manifest.sha256  # plans that were made for it still fit


def test_voices_are_known_by_a_dozen_clips_of_each_speaker(tmp_path: Path, monkeypatch):
    heard: list[int] = []

    def listen(samples) -> str:
        heard.append(len(samples))
        return "AAA="

    monkeypatch.setattr(preparing, "voiceprint", listen)
    items = [replace(tone(tmp_path, f"{i}.wav"), id=str(i), speaker="ann") for i in range(30)]
    unnamed = replace(tone(tmp_path, "x.wav"), id="x", speaker="")
    made = prepare([*items, unnamed], corpus="folder", root=tmp_path)
    assert len(heard) == sum(bool(e.voice) for e in made.examples) == 10
    assert not made.examples[-1].voice
