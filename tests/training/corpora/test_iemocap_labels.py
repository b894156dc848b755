"""IEMOCAP in the layout of the published system: labels.csv beside wavs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import catalogue

NAMES = {
    "Ses01F_impro01_F000": "neu",
    "Ses01F_impro01_M001": "Angry",
    "Ses03M_script02_1_F010": "exc",
    "Ses05M_impro08b_M003": "xxx",
}


def corpus(root: Path, *, suffix: str = ".wav", text: str = "") -> Path:
    lines = ["file_name,emotion_label" + (",text" if text else "")]
    for name, label in NAMES.items():
        clip = root / "wavs" / f"Session{name[4]}" / f"{name}.wav"
        clip.parent.mkdir(parents=True, exist_ok=True)
        clip.touch()
        lines.append(f"{name}{suffix},{label}" + (f",{text}" if text else ""))
    (root / "labels.csv").write_text("\n".join(lines))
    return root


@pytest.mark.parametrize("suffix", [".wav", ""])
def test_names_tell_speaker_session_and_dialogue(tmp_path: Path, suffix: str):
    items = catalogue.read("iemocap", corpus(tmp_path, suffix=suffix, text="Hello."))
    assert [(i.speaker, i.session, i.dialogue, i.style, i.labels) for i in items] == [
        ("1F", "1", "Ses01F_impro01", "improvised", ("neutral",)),
        ("1M", "1", "Ses01F_impro01", "improvised", ("anger",)),
        ("3F", "3", "Ses03M_script02_1", "scripted", ("excitement",)),
        ("5M", "5", "Ses05M_impro08b", "improvised", ()),
    ]
    assert items[0].id == "wavs/Session1/Ses01F_impro01_F000.wav"
    assert {item.text for item in items} == {"Hello."}


def test_clips_may_lie_in_folders_of_their_dialogues(tmp_path: Path):
    root = corpus(tmp_path)
    for clip in list(root.glob("wavs/*/*.wav")):
        inner = clip.parent / clip.stem.rpartition("_")[0] / clip.name
        inner.parent.mkdir(exist_ok=True)
        clip.rename(inner)
    assert len(catalogue.read("iemocap", root)) == 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.wav,neu", r"labels\.csv:6: 'a\.wav' is no name of IEMOCAP"),
        ("Ses06F_impro01_F000.wav,neu", "is no name of IEMOCAP"),
        ("Ses02F_impro01_F000.wav,neu", r":6: .*no such clip in .*Session2"),
        ("Ses01F_impro01_F000.wav,ang", r":6: .* is there already, at .*labels\.csv:2"),
        ("../Ses01F_impro01_F000.wav,<b>", "label '<b>' is no name"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, line: str, expected: str):
    root = corpus(tmp_path)
    with (root / "labels.csv").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(InputError, match=expected):
        catalogue.read("iemocap", root)


def test_a_clip_that_leads_out_of_the_folder(tmp_path: Path):
    root = corpus(tmp_path / "iemocap")
    (tmp_path / "b.wav").touch()
    clip = root / "wavs" / "Session1" / "Ses01F_impro01_F000.wav"
    clip.unlink()
    clip.symlink_to(tmp_path / "b.wav")
    with pytest.raises(InputError, match=r":2: .* leaves the folder"):
        catalogue.read("iemocap", root)


def test_without_its_columns(tmp_path: Path):
    root = corpus(tmp_path)
    (root / "labels.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="expected columns file_name and emotion_label"):
        catalogue.read("iemocap", root)
