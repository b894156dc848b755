"""Whether a fusion network beats the join of two heads, on the pairs that the join is fitted to.

    python benchmarks/fusion_pairs.py --data FOLDER [--cache runs/cache] [--json]    # half an hour

Both read what the bundled encoders say of a GoEmotions comment and of a window of RAVDESS. The
network learns from pairs of GoEmotions dev comments (the text encoder learnt the training ones by
heart) and windows of training speakers; the join is fitted to dev comments and the speakers that
the network's epoch is chosen by. Tested on the same pairs of test comments and windows: of speakers
that neither voice model nor network heard, and of a corpus that neither heard.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.pooling import VOICE_WIDTH
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, load_heads, token_mean
from sentigram.emotion.join import evidence, join, log_normalize
from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.voice_model import VoiceModel
from sentigram.training.config import ObjectiveConfig, TrainingConfig
from sentigram.training.corpora import goemotions
from sentigram.training.dataset.examples import HeldOutSet, Table, Tokens, TrainSet
from sentigram.training.fit.accelerators import fresh_accelerator
from sentigram.training.fit.epochs import Outputs, fit, predict
from sentigram.training.fit.network import as_predictions
from sentigram.training.judge.comparison import against_all
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.judge.predictions import Predictions
from sentigram.training.shipped.join import STATES, draw_pairs, draw_rows
from sentigram.training.shipped.join import fit as fit_join
from sentigram.training.shipped.parts import as_lines
from sentigram.training.shipped.voice import evaluate as voice_evaluation
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.voice.evaluate import Readings
from sentigram.training.shipped.voice.features import N_KINDS, WHOLE
from sentigram.training.shipped.voice.recipe import LABELS, HeardClips, VoiceCorpus

JOIN, WORDS, VOICE = "join of two heads", "words alone", "voice alone"
_WITHOUT_SEED = (JOIN, WORDS, VOICE)  # fitted, not trained from random weights
_TEST_FOLDS = ("emobox_test_fold_1", "emobox_test_fold_2")
_VALIDATION_FOLD = "emobox_test_fold_3"
_N_TRAIN, _N_VALIDATION, _N_TEST = 12_000, 3_000, 6_000
_MAX_WORDS = 30
_RECORDINGS_PER_SPEAKER = 16
_CONDITION_SHARES = {"clean": 0.4, "noise": 0.2, "music": 0.2, "codec": 0.2}
_NEUTRAL_HEAVY = 0.5  # share of recordings in which about half of the speech is neutral
_CLIPS = (6, 60)
_PRIOR_WINDOWS = 10.0  # at which a recording's own mean counts as much as that of training
_NETWORKS: Mapping[str, FusionConfig] = {
    name: FusionConfig(
        variant=variant,
        gate=gate,
        widths={"text": 384, "audio": VOICE_WIDTH},
        hidden=96,
        n_layers=1,
        n_heads=4,
        vad_lambda=0.5,
        dropout=0.4,
        modality_dropout=0.2 if variant in ("concat", "cross", "vga") else 0.0,
        d_contrast=0,
        vad_head=False,
    )
    for name, variant, gate in (
        ("concatenation", "concat", "none"),
        ("late fusion", "late", "none"),
        ("VGA, sigmoid gates", "vga", "sigmoid"),
    )
}
_TRAINING = TrainingConfig(
    epochs=12, batch_size=128, learning_rate=1e-3, weight_decay=0.05, patience=4, select="loss"
)
_OBJECTIVE = ObjectiveConfig(
    vad=0, micl=0, label_smoothing=0.0, class_weights="none", preset="default"
)


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Windows of recordings, each normalized by its own.

    Attributes:
        window: (n, d) the window.
        clip: (n, d) the clip that it is of.
        readings: (n,) what the voice model says of the windows.
    """

    window: Floats64
    clip: Floats64
    readings: Readings


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Comments as the text encoder has them.

    Attributes:
        words: float32 (n_words, 384) each.
        truth: (n,) label indices.
        evidence: (n, n_labels) of the text heads.
    """

    words: tuple[Floats32, ...]
    truth: Ints64
    evidence: Floats64


def study(
    data: Path,
    cache: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    log: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Train and compare, for unknown speakers and for an unknown corpus.

    Args:
        data: Folder that holds goemotions/, ravdess/, nemo/ and emodb/.
        cache: Folder of pooled features.
        seeds: One run each.
        log: Told about progress.

    Returns:
        Scenario → system → metric, and the comparisons of the join with each network.
    """
    corpora = voice_evaluation.load_corpora(data, cache, log=log)
    dev, test = (sentences(data, split) for split in ("dev", "test"))
    spoken = corpora["ravdess"]
    folds = np.array([item.split for item in spoken.items])
    is_test, is_validation = np.isin(folds, _TEST_FOLDS), folds == _VALIDATION_FOLD
    others = recipe.concatenate([corpora["nemo"], corpora["emodb"]])
    with_speakers = recipe.concatenate([spoken.take(~is_test & ~is_validation), others])
    calibration = voice_evaluation.left_out(corpora).calibration
    table = {}
    for scenario, train in (
        ("speakers unknown", with_speakers),
        ("corpus unknown", others),
    ):
        log(f"fusion on pairs: {scenario}")
        model, clips = calibration.of(recipe.fit(train)), train.vectors["clean"][:, WHOLE]
        scale = Scale(clips.mean(axis=0), clips.std(axis=0))
        held = voices(model, scale, spoken, voice_evaluation.talk_scenes(spoken, is_test))
        chooses = voices(model, scale, spoken, voice_evaluation.talk_scenes(spoken, is_validation))
        learns = voices(model, scale, train, draw_recordings(train, np.random.default_rng(0)))
        readings = _compete(learns, chooses, held, dev, test, seeds, log)
        table[scenario] = _figures(readings)
    return table


def draw_recordings(
    corpus: VoiceCorpus, rng: np.random.Generator, *, per_speaker: int = _RECORDINGS_PER_SPEAKER
) -> tuple[HeardClips, ...]:
    """Draw recordings of every speaker, in mixtures of labels and conditions."""
    labels, speakers = corpus.labels, corpus.speakers
    shares = {n: s for n, s in _CONDITION_SHARES.items() if n in corpus.vectors}
    total = sum(shares.values())
    drawn = []
    for speaker in np.unique(speakers):
        own = np.flatnonzero(speakers == speaker)
        for _ in range(per_speaker):
            rows = draw_mixture(own, labels, rng, n_clips=int(rng.integers(*_CLIPS)))
            drawn.append(
                HeardClips(
                    rows,
                    rng.integers(0, N_KINDS, len(rows)),
                    str(rng.choice(list(shares), p=[share / total for share in shares.values()])),
                )
            )
    return tuple(drawn)


def draw_mixture(own: Ints64, labels: Ints64, rng: np.random.Generator, *, n_clips: int) -> Ints64:
    """Draw clips of one speaker in a random mixture of labels, (n_clips,) positions."""
    present = np.unique(labels[own])
    shares = rng.dirichlet(np.ones(len(present)))
    neutral = LABELS.index("neutral")
    if neutral in present and rng.random() < _NEUTRAL_HEAVY:
        shares = 0.5 * shares + 0.5 * (present == neutral)
    chosen = rng.choice(present, n_clips, p=shares / shares.sum())
    return np.array([rng.choice(own[labels[own] == label]) for label in chosen])


def sentences(data: Path, split: str) -> Sentences:
    """Single-label comments of a split, through the path that a transcript takes."""
    items = [
        item
        for item in goemotions.read(data / goemotions.NAME)
        if item.split == split and len(item.labels) == 1 and item.text.split()
    ]
    instant = Span(0, 0)
    utterances = [
        Utterance(str(i), instant, tuple(Word(w, instant) for w in item.text.split()[:_MAX_WORDS]))
        for i, item in enumerate(items)
    ]
    features = MiniLmEncoder(n_threads=0).encode(utterances)
    heads = load_heads()
    vectors = np.stack([token_mean(one) for one in features])
    log_probs = log_normalize(heads.logits(vectors).astype(float))
    return Sentences(
        tuple(one.vectors for one in features),
        np.array([LABELS.index(item.labels[0]) for item in items]),
        evidence(log_probs, heads.log_prior.astype(float)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Training's statistics of windows, (VOICE_WIDTH,) each."""

    mean: NDArray[np.floating]
    deviation: NDArray[np.floating]


def voices(
    model: VoiceModel, scale: Scale, corpus: VoiceCorpus, recordings: Sequence[HeardClips]
) -> Voices:
    """Windows of recordings with their clips, centred by the recordings' own means."""
    windows, clips = [], []
    for recording in recordings:
        pooled = recording.pooled(corpus)
        own = len(pooled) / (len(pooled) + _PRIOR_WINDOWS)
        mean = own * pooled.mean(axis=0) + (1 - own) * scale.mean
        whole = corpus.vectors[recording.condition][recording.rows, WHOLE].astype(float)
        windows.append((pooled - mean) / scale.deviation)
        clips.append((whole - mean) / scale.deviation)
    return Voices(
        np.concatenate(windows),
        np.concatenate(clips),
        voice_evaluation.read(model, corpus, recordings),
    )


def _compete(
    learns: Voices,
    chooses: Voices,
    held: Voices,
    dev: Sentences,
    test: Sentences,
    seeds: Sequence[int],
    log: Callable[[str], None],
) -> list[Predictions]:
    """Readings of the join and of every network, on the same pairs."""
    cut = len(dev.truth) * 4 // 5
    learnt, chosen = _part(dev, slice(None, cut)), _part(dev, slice(cut, None))
    rng = np.random.default_rng(0)
    train = _table(learns, learnt, _draw(learns, learnt, rng, _N_TRAIN))
    validation = _table(chooses, chosen, _draw(chooses, chosen, rng, _N_VALIDATION))
    drawn = _draw(held, test, rng, _N_TEST)
    tested = _table(held, test, drawn)
    found = _joined(chooses, held, dev, test, drawn, tested, rng)
    for name, config in _NETWORKS.items():
        for run, seed in enumerate(seeds):
            log(f"  {name}, run {run + 1}")
            found.append(_network(name, config, run, seed, train, validation, tested))
    return found


def _network(
    name: str,
    config: FusionConfig,
    run: int,
    seed: int,
    train: Table,
    validation: Table,
    tested: Table,
) -> Predictions:
    import torch

    from sentigram.emotion.networks.registry import build
    from sentigram.training.fit.losses import Objective

    torch.manual_seed(seed)
    network = build(config, len(LABELS))
    fit(
        network,
        Objective(_OBJECTIVE, None),
        TrainSet(train, np.arange(len(train))),
        HeldOutSet(validation, np.arange(len(validation)), "validation"),
        _TRAINING,
        accelerator=fresh_accelerator(),
        seed=seed,
    )
    outputs = predict(network, HeldOutSet(tested, np.arange(len(tested)), "test"))
    return as_predictions(outputs, tested, name, run, "test")


def _joined(
    chooses: Voices,
    held: Voices,
    dev: Sentences,
    test: Sentences,
    drawn: Drawn,
    tested: Table,
    rng: np.random.Generator,
) -> list[Predictions]:
    """The join, and each of its heads alone, on the test pairs."""
    fitted = fit_join([draw_pairs((dev.evidence, dev.truth), chooses.readings, rng)])
    audio = held.readings.log_probs[drawn.rows]
    levels = held.readings.levels[drawn.rows]
    text = test.evidence[drawn.words]
    nothing = np.zeros_like(text)
    rows = {JOIN: (text, audio), WORDS: (text, nothing), VOICE: (nothing, audio)}
    unknown = np.full((len(tested), 3), np.nan)
    order = np.arange(len(tested))
    return [
        as_predictions(
            Outputs(order, join(*both, fitted, STATES, levels=levels), unknown, unknown),
            tested,
            name,
            0,
            "test",
        )
        for name, both in rows.items()
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pairs: which sentence meets which window.

    Attributes:
        words: (n,) positions of sentences.
        rows: (n,) positions of windows.
        truth: (n,) label indices.
    """

    words: Ints64
    rows: Ints64
    truth: Ints64


def _draw(voice: Voices, text: Sentences, rng: np.random.Generator, n: int) -> Drawn:
    return Drawn(*draw_rows(text.truth, voice.readings.truth, rng, n))


def _table(voice: Voices, text: Sentences, drawn: Drawn) -> Table:
    """Pairs as examples: the comment's words; the window, with its clip as context."""
    words = [text.words[i] for i in drawn.words]
    sound = np.stack([voice.window[drawn.rows], voice.clip[drawn.rows]], axis=1)
    n, n_tokens, width = sound.shape
    return Table(
        ids=tuple(f"pair-{i}" for i in range(n)),
        classes=tuple(LABELS),
        labels=drawn.truth.astype(np.int64),
        tokens={
            "text": Tokens(
                np.concatenate(words),
                np.concatenate([[0], np.cumsum([len(w) for w in words])]).astype(np.int64),
                np.ones(sum(map(len, words)), bool),
            ),
            "audio": Tokens(
                sound.reshape(-1, width).astype(np.float32),
                np.arange(0, n * n_tokens + 1, n_tokens),
                np.tile([True, False], n),
            ),
        },
        vad=np.full((n, 3), np.nan, np.float32),
        speakers=tuple(voice.readings.speakers[drawn.rows]),
        dialogues=("",) * n,
        corpora=("pairs",) * n,
        sentences=("",) * n,
        groups=("",) * n,
    )


def _part(whole: Sentences, rows: slice) -> Sentences:
    return Sentences(whole.words[rows], whole.truth[rows], whole.evidence[rows])


def _figures(readings: Sequence[Predictions]) -> dict[str, Any]:
    evaluation = evaluate(readings, without_seed=_WITHOUT_SEED)
    shown = ("ua", "macro_f1", "ece", "brier")
    figures: dict[str, Any] = {
        result.name: {metric: str(result.overall.scores[metric]) for metric in shown}
        for result in evaluation.systems
    }
    figures["join against each, UA"] = {
        one.second: str(one) for one in against_all(readings, JOIN, without_seed=_WITHOUT_SEED)
    }
    return figures


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="one folder per corpus")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="encoded clips")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    table = study(asked.data, asked.cache, log=_told)
    print(json.dumps(table, indent=1) if asked.json else "\n".join(as_lines(table)))


def _told(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
