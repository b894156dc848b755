"""How words are said: strong against normal acting, and what channel, level and noise change.

    python benchmarks/prosody.py DATA [--actors N]

DATA holds `ravdess/`. All clips of an actor are one recording, its words aligned once, in the clean
sound. A clip's cue is the mean over its words. The area under the curve tells strong from normal
clips within each actor and emotion (neutral has no strong one), its mean is over actors; "fitted"
is a logistic regression on the four cues that never saw the actor. Chance is the same with the
intensities shuffled within actor and emotion. Then the sound is changed, the words' times are not,
and each word's cues are compared with those before. Intervals are 95 % of Student's t over actors.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import rankdata, spearmanr, t
from sklearn.linear_model import LogisticRegression

from sentigram.core.arrays import Bools, Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion.prosody import COLUMNS, emphasis, raw_cues, relative
from sentigram.training.augment.sound import coloured_noise, mix, telephone
from sentigram.training.dataset.clips import load
from sentigram.words.alignment.by_recognition import share
from sentigram.words.alignment.forced import PocketsphinxAligner
from sentigram.words.repair import repair

PAUSE_MS = 500
CUES = (*COLUMNS, "emphasis")
FITTED = "fitted"
N_SHUFFLES = 200
MARKED_FROM = 0.8  # as themes have it: `strong`


@dataclass(frozen=True)
class Recording:
    """All clips of an actor, one after another.

    Attributes:
        actor: Who speaks.
        audio: The sound.
        transcript: An utterance a clip.
        emotions: Of each clip.
        is_strong: Of each clip.
    """

    actor: str
    audio: Audio
    transcript: Transcript
    emotions: tuple[str, ...]
    is_strong: tuple[bool, ...]


def _noise(snr_db: float) -> Callable[[Floats32], Floats32]:
    def add(samples: Floats32) -> Floats32:
        rng = np.random.default_rng(0)
        return mix(samples, coloured_noise(len(samples), rng, (0.0, 2.0)), snr_db)

    return add


CHANGES: Mapping[str, Callable[[Floats32], Floats32]] = {
    "telephone": telephone,
    "level +12 dB": lambda samples: np.clip(samples * 10 ** (12 / 20), -1, 1),
    "level -12 dB": lambda samples: samples * 10 ** (-12 / 20),
    "noise 20 dB": _noise(20),
    "noise 10 dB": _noise(10),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--actors", type=int, default=24)
    args = parser.parse_args()
    made = recordings(args.data / "ravdess", args.actors)
    clean = [cues_of(one.transcript, one.audio) for one in made]
    n_words = sum(len(cues) for cues in clean)
    print(f"{len(made)} actors, {sum(len(one.emotions) for one in made)} clips, {n_words} words\n")
    print("strong against normal, area under the curve (mean over actors, emotion by emotion)")
    by_clip = [per_clip(one, cues) for one, cues in zip(made, clean, strict=True)]
    scores = {cue: [clips[:, i] for clips in by_clip] for i, cue in enumerate(CUES)}
    scores[FITTED] = fitted(made, by_clip)
    for cue, own in scores.items():
        sign = -1 if cue == "rate" else 1
        areas = [area(one, sign * values) for one, values in zip(made, own, strict=True)]
        print(f"  {cue:10} {interval(areas)}")
    print(f"  chance     {chance(made, scores['emphasis'])}\n")
    print("changed sound: rank correlation of each word's cues with before; mean shift in spreads")
    print(f"  {'':14}" + "".join(f"{cue:>26}" for cue in CUES) + f"   marked (of {MARKED_FROM:g})")
    for name, change in CHANGES.items():
        changed = [cues_of(one.transcript, Audio(change(one.audio.samples))) for one in made]
        cells = [stability(clean, changed, i) for i in range(len(CUES))]
        print(f"  {name:14}" + "".join(f"{cell:>26}" for cell in cells) + marked(clean, changed))


def recordings(folder: Path, count: int) -> list[Recording]:
    """One of each of the first actors."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        clips = list(csv.DictReader(file))
    by_actor = defaultdict(list)
    for clip in clips:
        by_actor[clip["speaker"]].append(clip)
    return [joined(folder, actor, by_actor[actor]) for actor in sorted(by_actor)[:count]]


def joined(folder: Path, actor: str, clips: Sequence[Mapping[str, str]]) -> Recording:
    """Clips one after another, their words aligned."""
    pause = np.zeros(PAUSE_MS * SAMPLE_RATE_HZ // MS_PER_SECOND, dtype=np.float32)
    parts: list[Floats32] = []
    utterances: list[Utterance] = []
    n_samples = 0
    for number, clip in enumerate(clips, 1):
        sound = load(folder / clip["path"])
        at = [ms_from_samples(n, SAMPLE_RATE_HZ) for n in (n_samples, n_samples + len(sound))]
        texts = clip["text"].split()
        times = share([len(text) + 1 for text in texts], Span(*at))
        words = tuple(
            Word(text, span, timing="estimated") for text, span in zip(texts, times, strict=True)
        )
        utterances.append(Utterance(f"u{number}", Span(*at), words))
        parts += [sound, pause]
        n_samples += len(sound) + len(pause)
    audio = Audio(np.concatenate(parts))
    aligned = PocketsphinxAligner().align(Transcript("en", tuple(utterances)), audio)
    return Recording(
        actor,
        audio,
        repair(aligned, audio),
        tuple(clip["label"] for clip in clips),
        tuple(clip["intensity"] == "strong" for clip in clips),
    )


def cues_of(transcript: Transcript, audio: Audio) -> Floats64:
    """The cues of each word and its emphasis, (n_words, 5)."""
    scaled = relative(raw_cues(transcript, audio))
    return np.column_stack([scaled, emphasis(scaled)])


def per_clip(recording: Recording, cues: Floats64) -> Floats64:
    """Means over the words of each clip that have the cue, (n_clips, 5); 0 where none has."""
    counts = [len(utterance.words) for utterance in recording.transcript.utterances]
    edges = np.cumsum([0, *counts])
    rows = []
    for first, last in itertools.pairwise(edges):
        own = cues[first:last]
        known = np.isfinite(own)
        rows.append(np.where(known, own, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0)))
    return np.array(rows)


def area(recording: Recording, values: Floats64) -> float:
    """Mean over emotions of the area under the curve within the emotion."""
    emotions, strong = np.array(recording.emotions), np.array(recording.is_strong)
    areas = [
        _area(strong[emotions == name], values[emotions == name])
        for name in sorted(set(emotions))
        if len(set(strong[emotions == name])) > 1
    ]
    return float(np.mean(areas))


def _area(is_strong: Bools, values: Floats64) -> float:
    """The area under the curve, by ranks (Mann and Whitney 1947)."""
    n = is_strong.sum()
    ranks = rankdata(values)[is_strong].sum() - n * (n + 1) / 2
    return float(ranks / (n * (len(values) - n)))


def fitted(made: Sequence[Recording], by_clip: Sequence[Floats64]) -> list[Floats64]:
    """What a logistic regression on the other actors' clips gives each clip."""
    out = []
    for held in range(len(made)):
        others = [i for i in range(len(made)) if i != held]
        cues = np.concatenate([by_clip[i][:, : len(COLUMNS)] for i in others])
        strong = np.concatenate([made[i].is_strong for i in others])
        model = LogisticRegression(class_weight="balanced").fit(cues, strong)
        out.append(model.decision_function(by_clip[held][:, : len(COLUMNS)]))
    return out


def chance(made: Sequence[Recording], scores: Sequence[Floats64]) -> str:
    """The same with intensities shuffled within actor and emotion: its mean and middle 95 %."""
    rng = np.random.default_rng(0)
    means = []
    for _ in range(N_SHUFFLES):
        areas = []
        for one, values in zip(made, scores, strict=True):
            emotions, strong = np.array(one.emotions), np.array(one.is_strong)
            for name in set(one.emotions):
                strong[emotions == name] = rng.permutation(strong[emotions == name])
            shuffled = Recording(one.actor, one.audio, one.transcript, one.emotions, tuple(strong))
            areas.append(area(shuffled, values))
        means.append(np.mean(areas))
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{np.mean(means):.2f} [{low:.2f}, {high:.2f}]"


def interval(values: Sequence[float]) -> str:
    """A mean over actors, and the 95 % interval of it."""
    n = len(values)
    half = t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n) if n > 1 else np.nan
    mean = np.mean(values)
    return f"{mean:.2f} [{mean - half:.2f}, {mean + half:.2f}]"


def stability(clean: Sequence[Floats64], changed: Sequence[Floats64], column: int) -> str:
    """Rank correlation within actors, the mean shift, and the share of words that lost the cue."""
    correlations, shifts, lost = [], [], []
    for before, after in zip(clean, changed, strict=True):
        known = np.isfinite(before[:, column])
        both = known & np.isfinite(after[:, column])
        lost.append(1 - both.sum() / max(1, known.sum()))
        if len(set(before[both, column])) > 1 and len(set(after[both, column])) > 1:
            correlations.append(spearmanr(before[both, column], after[both, column]).statistic)
            shifts.append(np.mean(after[both, column] - before[both, column]))
    return f"{np.mean(correlations):.2f} {np.mean(shifts):+.2f}, {np.mean(lost):.0%} lost"


def marked(clean: Sequence[Floats64], changed: Sequence[Floats64]) -> str:
    """How many words are marked before, and of these how many still are, and how many are new."""
    before = np.concatenate([cues[:, -1] for cues in clean]) >= MARKED_FROM
    after = np.concatenate([cues[:, -1] for cues in changed]) >= MARKED_FROM
    kept = (before & after).sum() / max(1, before.sum())
    new = (after & ~before).sum() / max(1, after.sum())
    return f"   {before.mean():.1%}: {kept:.0%} stay, {new:.0%} of those after are new"


if __name__ == "__main__":
    main()
