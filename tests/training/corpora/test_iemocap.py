from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import iemocap

SUMMARY = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\t{0}_F000\tneu\t[2.5000, 2.5000, 3.0000]
C-E2:\tNeutral;\t()
C-F1:\tHappiness; Excited;\t()
A-E3:\tval 3; act 2; dom  2;\t()

[10.0100 - 11.3925]\t{0}_M000\texc\t[5.0000, 4.0000, 1.0000]
C-E2:\tExcited;\t()
"""
WORDS = """{0}_F000 [006.2901-008.2357]: Excuse me.
F: (to herself)
{0}_M000 [010.0100-011.3925]: Do you have your forms? Ses01F [sic]
"""


def dialogue(root: Path, name: str, *, summary: str = SUMMARY, words: str = WORDS) -> None:
    session = root / f"Session{name[4]}"
    for folder in ("dialog/EmoEvaluation/Categorical", "dialog/transcriptions"):
        (session / folder).mkdir(parents=True, exist_ok=True)
    clips = session / "sentences" / "wav" / name
    clips.mkdir(parents=True)
    for who in ("F000", "M000"):
        (clips / f"{name}_{who}.wav").touch()
    evaluations = session / "dialog" / "EmoEvaluation"
    (evaluations / f"{name}.txt").write_text(summary.format(name))
    (evaluations / f"._{name}.txt").write_bytes(b"\x00\x05\x16")
    (session / "dialog" / "transcriptions" / f"{name}.txt").write_text(words.format(name))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    root = tmp_path / "IEMOCAP_full_release"
    for name in (
        "Ses01F_impro01",
        "Ses01M_script01_1b",
        "Ses02F_script02_2",
        "Ses03F_impro02",
        "Ses04M_impro03",
        "Ses05M_impro04",
    ):
        dialogue(root, name)
    return root


def test_all_that_the_layout_says_is_read(release: Path):
    items = iemocap.read(release)
    assert len(items) == 12
    first, second = items[:2]
    assert first.id == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
    assert first.audio == release / first.id
    assert (first.labels, second.labels) == (("neutral",), ("excitement",))
    assert (first.text, second.text) == (
        "Excuse me.",
        "Do you have your forms? Ses01F [sic]",
    )
    assert (first.vad, second.vad) == ((-0.25, -0.25, 0.0), (1.0, 0.5, -1.0))
    assert iemocap.read(release.parent) == items


def test_who_speaks_is_in_the_turn_not_in_the_dialogue(release: Path):
    items = iemocap.read(release)
    assert Counter(item.speaker for item in items if item.session == "1") == {"1F": 2, "1M": 2}
    by_dialogue = {item.dialogue: item for item in items}
    assert by_dialogue["Ses01M_script01_1b"].style == "scripted"
    assert by_dialogue["Ses05M_impro04"].style == "improvised"
    assert len({item.speaker for item in items}) == 10


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("xxx", ()),
        ("oth", ("other",)),
        ("dis", ("disgust",)),
        ("fru", ("frustration",)),
    ],
)
def test_turns_without_a_usual_label_stay(release: Path, label: str, expected: tuple[str, ...]):
    path = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    path.write_text(path.read_text().replace("\tneu\t", f"\t{label}\t"))
    assert iemocap.read(release)[0].labels == expected


def test_class_sets():
    sizes = {name: len(set(found.values())) for name, found in iemocap.CLASSES.items()}
    assert sizes == {"4": 4, "5": 5, "5-excitement": 5, "6": 6, "8": 8}
    for name in ("4", "5"):
        assert iemocap.CLASSES[name]["excitement"] == "happiness"
    assert "happiness" not in iemocap.CLASSES["5-excitement"]
    known = {label for label in iemocap.LABELS.values() if label}
    for found in iemocap.CLASSES.values():
        assert set(found) <= known
        assert not {"other", "disgust"} & set(found)


def test_a_rating_outside_the_scale_is_told(release: Path):
    path = release / "Session2/dialog/EmoEvaluation/Ses02F_script02_2.txt"
    path.write_text(path.read_text().replace("[2.5000, 2.5000", "[5.5000, 2.5000"))
    with pytest.raises(InputError, match=r"'5\.5000'; expected a number from 1 to 5"):
        iemocap.read(release)
    warnings: list[str] = []
    items = iemocap.read(release, warn=warnings.append)
    assert [item.vad for item in items].count(None) == 1
    assert len(items) == 12
    assert "Ses02F_script02_2.txt:3" in warnings[0]


def test_damage_is_named(release: Path):
    path = release / "Session3/dialog/EmoEvaluation/Ses03F_impro02.txt"
    whole = path.read_text()
    path.write_text(whole.replace("\tneu\t", "\tbored\t"))
    with pytest.raises(InputError, match=r"impro02\.txt:3: .*_F000 has label 'bored'"):
        iemocap.read(release)
    path.write_text(whole.replace("\t[2.5000, 2.5000, 3.0000]", ""))
    with pytest.raises(InputError, match=r"impro02\.txt:3: .* expected \[start - end\]"):
        iemocap.read(release)
    path.write_text(whole.replace("Ses03F_impro02_F000", "Ses03F_impro09_F000"))
    with pytest.raises(InputError, match="expected such as Ses03F_impro02_F000"):
        iemocap.read(release)
    path.write_text(whole)
    words = release / "Session3/dialog/transcriptions/Ses03F_impro02.txt"
    words.write_text(words.read_text().replace("_M000 [", "_M001 ["))
    with pytest.raises(InputError, match="_M000 has no words"):
        iemocap.read(release)
    words.unlink()
    with pytest.raises(InputError, match="no such transcription"):
        iemocap.read(release)


def test_absent_clips_and_sessions_are_named(release: Path):
    (release / "Session5/sentences/wav/Ses05M_impro04/Ses05M_impro04_F000.wav").unlink()
    with pytest.raises(InputError, match=r"Ses05M_impro04_F000\.wav: listed in .* but absent"):
        iemocap.read(release)
    (release / "Session4").rename(release / "Session9")
    with pytest.raises(InputError, match="Session1 to Session5"):
        iemocap.read(release)
