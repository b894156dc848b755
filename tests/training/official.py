"""Small corpora in the layouts in which they are downloaded, with sound in them."""

from __future__ import annotations

import csv
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.training.corpora import cremad, meld

_SECONDS = 0.3
_WORDS = (
    "kids talk by the door", "dogs sit there", "it is late", "we went home", "where is my coat",
    "no one came", "that was it", "maybe tomorrow", "say that again", "over here",
)  # fmt: skip


def write_clip(path: Path, seed: Sequence[int]) -> None:
    """A third of a second of hummed syllables over noise, no two alike."""
    rng = np.random.default_rng(seed)
    n = int(_SECONDS * SAMPLE_RATE_HZ)
    time = np.arange(n) / SAMPLE_RATE_HZ
    sound = 0.02 * rng.standard_normal(n)
    for _ in range(5):
        hz, centre, width = (
            rng.uniform(150, 2500),
            rng.uniform(0, _SECONDS),
            rng.uniform(0.01, 0.06),
        )
        sound += 0.2 * np.sin(2 * np.pi * hz * time) * np.exp(-(((time - centre) / width) ** 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((20_000 * np.clip(sound, -1, 1)).astype("<i2").tobytes())


def iemocap(root: Path) -> Path:
    """Five sessions, each with one scripted and one improvised dialogue of nine emotions."""
    labels = ("neu", "ang", "sad", "hap", "exc", "fru", "fea", "sur", "xxx")
    rng = np.random.default_rng(0)
    for session in range(1, 6):
        home = root / f"Session{session}"
        for number, style in enumerate(("impro01", "script01_1")):
            name = f"Ses0{session}{'FM'[number]}_{style}"
            summary, words = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""], []
            for turn, label in enumerate(labels):
                who = f"{name}_{'FM'[turn % 2]}{turn:03d}"
                time = f"{2 * turn + 1.25:.4f} - {2 * turn + 2.5:.4f}"
                v, a, d = rng.integers(1, 6, 3)
                summary.append(f"[{time}]\t{who}\t{label}\t[{v}.0000, {a}.0000, {d}.0000]")
                words.append(f"{who} [{time.replace(' ', '')}]: {rng.choice(_WORDS)}")
                clip = home / "sentences" / "wav" / name / f"{who}.wav"
                write_clip(clip, [1, session, number, turn])
            evaluation = home / "dialog" / "EmoEvaluation"
            evaluation.mkdir(parents=True, exist_ok=True)
            (evaluation / f"{name}.txt").write_text("\n".join(summary) + "\n")
            transcription = home / "dialog" / "transcriptions"
            transcription.mkdir(parents=True, exist_ok=True)
            (transcription / f"{name}.txt").write_text("\n".join(words) + "\n")
    return root


def meld_raw(root: Path) -> Path:
    """Three splits of dialogues among three people, a clip for each line."""
    labels = ("neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust")
    rng = np.random.default_rng(0)
    for part, (split, n) in enumerate((("train", 28), ("dev", 7), ("test", 7))):
        path = root / f"{split}_sent_emo.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(
                ["Sr No.", "Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID"]
            )
            for i in range(n):
                who = ("Joey", "Monica", "Ross")[i % 3]
                rows.writerow([i, rng.choice(_WORDS), who, labels[i % 7], i // 7, i % 7])
                folder = root / meld.CLIP_FOLDERS[split]
                write_clip(folder / f"dia{i // 7}_utt{i % 7}.mp4", [2, part, i])
    return root


def crema_d(root: Path) -> Path:
    """Six actors, a sentence, six emotions."""
    for actor in range(1001, 1007):
        for s, sentence in enumerate(list(cremad.SENTENCES)[:1]):
            for e, emotion in enumerate(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")):
                clip = root / "AudioWAV" / f"{actor}_{sentence}_{emotion}_XX.wav"
                write_clip(clip, [3, actor, s, e])
    return root


def ravdess(root: Path) -> Path:
    """Eleven actors, one sentence, eight emotions: some of each fold."""
    for actor in range(1, 12):
        for emotion in range(1, 9):
            name = f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"
            write_clip(root / f"Actor_{actor:02d}" / name, [4, actor, emotion])
    return root


def emodb(root: Path) -> Path:
    """Six speakers, one sentence, seven emotions."""
    for speaker in ("03", "08", "09", "10", "11", "12"):
        for e, emotion in enumerate("WLEAFTN"):
            write_clip(root / "wav" / f"{speaker}a01{emotion}a.wav", [5, int(speaker), e])
    return root


def meld_dev_features(root: Path) -> Path:
    """A table of lines, and features of them that others made."""
    rng = np.random.default_rng(0)
    labels = ("neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust")
    n = 84
    root.mkdir(parents=True, exist_ok=True)
    with (root / "manifest_dev.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "label", "speaker", "split", "dialogue", "text"])
        for i in range(n):
            who = ("Joey", "Monica", "Ross")[i % 3]
            rows.writerow([f"dia{i // 7}_utt{i % 7}", labels[i % 7], who, "dev", i // 7,
                           rng.choice(_WORDS)])  # fmt: skip
    np.savez(
        root / "features.npz",
        dev_text_roberta_base=rng.standard_normal((n, 24)).astype(np.float32),
        dev_audio_wav2vec2=rng.standard_normal((n, 24)).astype(np.float32),
    )
    return root


MAKERS: dict[str, Callable[[Path], Path]] = {
    "iemocap": iemocap,
    "meld": meld_raw,
    "cremad": crema_d,
    "ravdess": ravdess,
    "emodb": emodb,
    "meld-dev": meld_dev_features,
}
"""A manifest's name → what makes the folder that it is prepared from."""
