"""Made-up readings whose true score is known, to see how often intervals cover it.

Speakers differ in how hard they are to read and in what they feel, dialogues are nested in
speakers, and two systems find largely the same examples hard. Each run of a system draws, as a
seed does, how well it knows each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.training.judge.predictions import Predictions
from sentigram.training.judge.resampling import draw_metrics, make_draws

CLASSES = ("neutral", "happiness", "sadness", "anger")
_SHARES = (0.45, 0.25, 0.2, 0.1)
_EASE = (0.5, 0.0, 0.0, -0.5)  # the most frequent class is read best
_LINES = (4, 11)  # of a dialogue: from, to less one
_EVENNESS = 12.0  # of what speakers feel; more is more alike
_SHARED = 0.7  # of what makes an example hard, by all systems


@dataclass(frozen=True, slots=True)
class Design:
    """Who is tested, and how much everything varies, in logits of reading an example right.

    Attributes:
        n_speakers: How many.
        n_dialogues: Of each speaker, the median.
        unevenness: Deviation of the logarithm of how many dialogues speakers have.
        speaker: Deviation over speakers.
        dialogue: Deviation over dialogues of a speaker.
        seed: Deviation over runs, in each class.
        skills: Of each system.
    """

    n_speakers: int
    n_dialogues: int = 6
    unevenness: float = 0.0
    speaker: float = 0.6
    dialogue: float = 0.3
    seed: float = 0.0
    skills: tuple[float, ...] = (0.8,)


def simulate(design: Design, n_runs: int, rng: np.random.Generator) -> list[Predictions]:
    """Runs of every system, named `system-0` and so on, on the same examples.

    Args:
        design: What is drawn.
        n_runs: Of each system.
        rng: Of all draws.
    """
    spread = rng.lognormal(0, design.unevenness, design.n_speakers)
    n_dialogues = np.maximum(1, np.round(design.n_dialogues * spread)).astype(int)
    speaker_of = np.repeat(np.arange(design.n_speakers), n_dialogues)  # of each dialogue
    dialogue = np.repeat(np.arange(len(speaker_of)), rng.integers(*_LINES, len(speaker_of)))
    speaker = speaker_of[dialogue]  # (n,)
    felt = rng.dirichlet(np.multiply(_SHARES, _EVENNESS), design.n_speakers)
    chances = np.cumsum(felt, axis=1)[speaker]
    truth = (rng.random((len(speaker), 1)) > chances[:, :-1]).sum(axis=1)

    def hardness() -> Floats64:
        return (
            rng.normal(0, design.speaker, design.n_speakers)[speaker]
            + rng.normal(0, design.dialogue, len(speaker_of))[dialogue]
            + rng.normal(size=len(speaker))
        )

    shared = np.sqrt(_SHARED) * hardness() + np.take(_EASE, truth)
    unknown = np.full((len(truth), 3), np.nan)
    nothing = np.full(len(truth), "")
    example = Predictions(
        system="",
        run=0,
        classes=CLASSES,
        ids=np.array([f"{i:06d}" for i in range(len(truth))]),
        folds=np.full(len(truth), "test"),
        truth=truth,
        logits=np.empty(0),
        vad_truth=unknown,
        vad=unknown,
        speakers=np.array([f"s{i:05d}" for i in range(design.n_speakers)])[speaker],
        dialogues=np.array([f"d{i:06d}" for i in range(len(speaker_of))])[dialogue],
        corpora=np.full(len(truth), "simulated"),
        groups=nothing,
    )
    found = []
    for number, skill in enumerate(design.skills):
        ease = skill + shared + np.sqrt(1 - _SHARED) * hardness()
        for run in range(n_runs):
            knows = rng.normal(0, design.seed, len(CLASSES))
            right = ease + knows[truth] + rng.logistic(size=len(truth)) > 0
            wrong = (truth + rng.integers(1, len(CLASSES), len(truth))) % len(CLASSES)
            guess = np.where(right, truth, wrong)
            logits = np.eye(len(CLASSES))[guess]
            found.append(replace(example, system=f"system-{number}", run=run, logits=logits))
    return found


def true_scores(
    design: Design, metrics: Sequence[str], *, n_runs: int = 1, seed: int = 0
) -> dict[str, dict[str, float]]:
    """System → metric → its mean over seeds on speakers without end, as a very large sample.

    Args:
        design: Its number of speakers is put aside.
        metrics: Of resampling.HEADLINE.
        n_runs: How many seeds to average over; one is enough where seeds do not vary.
        seed: Of the sample.
    """
    many = replace(design, n_speakers=_MANY)
    scores: dict[str, dict[str, list[float]]] = {}
    for part in simulate(many, n_runs, np.random.default_rng(seed)):
        everyone = make_draws(np.zeros(len(part.ids), np.int64), n_draws=1, seed=0)
        for metric, values in draw_metrics(part, everyone, names=metrics).items():
            scores.setdefault(part.system, {}).setdefault(metric, []).append(float(values[0]))
    return {
        system: {metric: float(np.mean(values)) for metric, values in of.items()}
        for system, of in scores.items()
    }


_MANY = 8000  # speakers, so that a score is known to about .001
