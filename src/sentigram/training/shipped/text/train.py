"""Fine-tunes the text model on one CPU core in about a quarter of an hour."""

from __future__ import annotations

import itertools
import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.fit import loop as fit_loop
from sentigram.training.fit.accelerators import fresh_accelerator
from sentigram.training.fit.loop import Average, Course
from sentigram.training.judge.metrics import macro_f1
from sentigram.training.shipped.text import batches, data, vocabulary
from sentigram.training.shipped.text.batches import Augmentation, TextBatch
from sentigram.training.shipped.text.model import TextModel, base_folder, build, pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tokenizers import Tokenizer

    from sentigram.training.corpora.item import Item


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a run.

    Attributes:
        seed: Of all generators.
        epochs, batch_size: Passes over the pool, texts per step.
        lr, head_lr: Peak learning rates of the top encoder layer and of the heads.
        layer_decay: Each layer below learns slower by this factor.
        weight_decay: AdamW's, on matrices only.
        warmup: Share of steps in which the rates rise; they fall linearly to 0 after.
        xed_weight: Loss weight of a subtitle line against a comment's 1.
        class_power: Classes weigh frequency ** -class_power.
        label_smoothing: Share of the target that is spread evenly.
        part_weight: Share of the loss that reads a random part of the text.
        fine_weight, vad_weight: Of the auxiliary and of the regression loss.
        ema_decay, ema_every: Of the averaged weights that are kept, updated every few steps.
        checks_per_epoch: How often dev is read; the best averaged weights are kept.
        augmentation: How texts are changed.
    """

    seed: int = 7
    epochs: int = 2
    batch_size: int = 64
    lr: float = 9e-5
    head_lr: float = 6e-4
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.08
    xed_weight: float = 0.3
    class_power: float = 0.3
    label_smoothing: float = 0.05
    part_weight: float = 0.3
    fine_weight: float = 0.2
    vad_weight: float = 0.4
    ema_decay: float = 0.98
    ema_every: int = 5
    checks_per_epoch: int = 3
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run leaves.

    Attributes:
        model: With averaged weights.
        tokenizer: tokenizers JSON value.
        vad_mean, vad_std: (3,), of the training ratings; the VAD head is in their units.
        log_prior: (7,), of the labels in the pool, which the probabilities answer to.
        config: The run's settings.
        history: Loss and dev figures at each check.
        seconds: Wall time.
    """

    model: TextModel
    tokenizer: dict[str, Any]
    vad_mean: Floats64
    vad_std: Floats64
    log_prior: Floats64
    config: TrainConfig
    history: tuple[dict[str, Any], ...]
    seconds: float


def train(corpora: data.Corpora, config: TrainConfig, *, report: Callable[[str], None]) -> Trained:
    """Fine-tune the base model.

    Raises:
        MissingError: The base model is not installed.
    """
    from tokenizers import Tokenizer

    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    started = time.monotonic()
    examples = data.training_examples(corpora, xed_weight=config.xed_weight)
    folder = base_folder()
    spec, kept = vocabulary.pruned(folder / "tokenizer.json", [e.text for e in examples])
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    model = build(folder, kept)
    ratings = np.stack([e.vad for e in examples if e.vad is not None]).astype(np.float64)
    weights = data.class_weights(examples, power=config.class_power)
    loss = _Loss(config, weights, ratings.mean(axis=0), ratings.std(axis=0))
    dev = data.single_label(corpora.goemotions, "dev")
    history = _fit(
        model,
        examples,
        tokenizer,
        loss,
        lambda: score(model, tokenizer, *dev),
        rng=rng,
        report=report,
    )
    remove_class_weights(model, weights)
    return Trained(
        model=model.eval(),
        tokenizer=spec,
        vad_mean=ratings.mean(axis=0),
        vad_std=ratings.std(axis=0),
        log_prior=data.log_prior(examples),
        config=config,
        history=history,
        seconds=time.monotonic() - started,
    )


@torch.no_grad()
def remove_class_weights(model: TextModel, weights: Floats64) -> None:
    """Turn posteriors under the weighted label distribution into those under the real one.

    Weights help rare classes to be learned, and make them be guessed too often: by Bayes' rule
    the logits are too high by the logs of the weights.
    """
    model.classify.bias.sub_(torch.from_numpy(np.log(weights)).float())


class _Loss:
    """Classification on whole texts and on parts, the auxiliary task, and VAD."""

    def __init__(
        self,
        config: TrainConfig,
        class_weights: Floats64,
        vad_mean: Floats64,
        vad_std: Floats64,
    ) -> None:
        self.config = config
        self.class_weights = torch.from_numpy(class_weights).float()
        self.vad_mean = torch.from_numpy(vad_mean).float()
        self.vad_std = torch.from_numpy(vad_std).float()

    def __call__(self, model: TextModel, batch: TextBatch) -> Tensor:
        config = self.config
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model.tokens(batch.ids, batch.mask)
        total: Tensor = torch.zeros(())
        shares = ((batch.whole, 1 - config.part_weight), (batch.part, config.part_weight))
        for tokens, share in shares:
            vector = model.dropout(pooled(hidden, tokens))
            total = total + share * self._heads(model, vector, batch)
        return total

    def _heads(self, model: TextModel, vector: Tensor, batch: TextBatch) -> Tensor:
        config = self.config
        smooth = config.label_smoothing
        target = (1 - smooth) * batch.target + smooth / batch.target.shape[1]
        row_weight = batch.weight * (batch.target @ self.class_weights)
        entropy = -(target * functional.log_softmax(model.classify(vector), dim=1)).sum(dim=1)
        fine = functional.binary_cross_entropy_with_logits(
            model.fine(vector), batch.fine, reduction="none"
        ).sum(dim=1)
        wanted = (batch.vad - self.vad_mean) / self.vad_std
        error = (model.vad(vector) - wanted).square().mean(dim=1)
        rows = (
            row_weight * entropy
            + config.fine_weight * batch.has_fine * fine
            + config.vad_weight * batch.has_vad * error
        )
        mean: Tensor = rows.mean()
        return mean


class _Task:
    """The pool of texts for the loop; a stage is what lies between two looks at dev."""

    def __init__(
        self,
        model: TextModel,
        loss: _Loss,
        steps: Iterator[TextBatch],
        n_steps: int,
        score_dev: Callable[[], dict[str, float]],
        report: Callable[[str], None],
    ) -> None:
        self._model, self._loss, self._steps, self._n_steps = model, loss, steps, n_steps
        self._score_dev, self._report = score_dev, report
        config = loss.config
        self._check_every = max(1, n_steps // (config.epochs * config.checks_per_epoch))
        self.n_stages = math.ceil(n_steps / self._check_every)

    def batches(self, stage: int) -> Sequence[TextBatch]:
        """The steps up to the next look at dev; nothing where the pool ends before it."""
        n = self._end(stage) - self._check_every * stage
        drawn = list(itertools.islice(self._steps, n))
        return drawn if len(drawn) == n else ()

    def losses(self, given: TextBatch) -> tuple[Tensor, ...]:
        """Of one batch."""
        return (self._loss(self._model, given),)

    def judge(self, stage: int, means: Floats64) -> tuple[float, dict[str, Any]]:
        """Macro-F1 on dev."""
        figures = {"step": self._end(stage), "loss": float(means[0]), **self._score_dev()}
        self._report(f"of {self._n_steps} steps: {json.dumps(figures)}")
        return figures["macro_f1"], figures

    def _end(self, stage: int) -> int:
        return min(self._check_every * (stage + 1), self._n_steps)


def _fit(
    model: TextModel,
    examples: Sequence[data.TextExample],
    tokenizer: Tokenizer,
    loss: _Loss,
    score_dev: Callable[[], dict[str, float]],
    *,
    rng: np.random.Generator,
    report: Callable[[str], None],
) -> tuple[dict[str, Any], ...]:
    """Train in place; leave the averaged weights that read dev best."""
    config = loss.config
    n_steps = _n_steps(examples, config)
    steps = (
        batch
        for _ in range(config.epochs)
        for batch in batches.epoch(
            examples,
            tokenizer,
            batch_size=config.batch_size,
            augmentation=config.augmentation,
            rng=rng,
        )
    )
    accelerator = fresh_accelerator(device="cpu")
    prepared, optimizer = accelerator.prepare(
        model, torch.optim.AdamW(_groups(model, config), fused=True)
    )
    task = _Task(prepared, loss, steps, n_steps, score_dev, report)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer.optimizer, lambda step: _rate(step, n_steps=n_steps, warmup=config.warmup)
    )
    course = Course(
        learnt=model,
        optimizer=optimizer,
        schedule=schedule,
        stages=task.n_stages,
        patience=task.n_stages,
        clip=1.0,
        average=Average(config.ema_decay, config.ema_every),
    )
    return fit_loop.train(prepared, task, course, accelerator=accelerator)


def _n_steps(examples: Sequence[data.TextExample], config: TrainConfig) -> int:
    share = config.augmentation.xed_share
    n_texts = sum(share if 0 < e.weight < 1 else 1.0 for e in examples)
    return max(1, int(config.epochs * n_texts / config.batch_size))


def _groups(model: TextModel, config: TrainConfig) -> list[dict[str, Any]]:
    """One parameter group per layer and kind: lower layers learn slower, vectors do not decay."""
    n_layers = int(model.config.num_hidden_layers)
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, value in model.named_parameters():
        decay = config.weight_decay if value.ndim > 1 else 0.0
        if not name.startswith("encoder."):
            rate = config.head_lr
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0])
            rate = config.lr * config.layer_decay ** (n_layers - 1 - depth)
        else:
            rate = config.lr * config.layer_decay**n_layers
        groups.setdefault((rate, decay), []).append(value)
    return [
        {"params": params, "lr": rate, "weight_decay": decay}
        for (rate, decay), params in groups.items()
    ]


def _rate(step: int, *, n_steps: int, warmup: float) -> float:
    rise = max(1, int(n_steps * warmup))
    return min((step + 1) / rise, max(0.0, (n_steps - step) / max(1, n_steps - rise)))


@torch.no_grad()
def logits(
    model: TextModel, tokenizer: Tokenizer, texts: Sequence[str], *, bfloat16: bool = True
) -> Floats64:
    """Read whole texts: (n_texts, 7) class logits, in fast or in full precision."""
    model.eval()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    out = np.zeros((len(ids), len(data.LABELS)))
    blank = data.TextExample("", np.zeros(len(data.LABELS), np.float32), 0.0)
    rng = np.random.default_rng(0)
    for start in range(0, len(order), 128):
        rows = order[start : start + 128]
        batch = batches.collate([blank] * len(rows), [ids[i] for i in rows], rng)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            hidden = model.tokens(batch.ids, batch.mask)
        out[rows] = model.classify(pooled(hidden, batch.whole)).double().numpy()
    return out


def score(
    model: TextModel, tokenizer: Tokenizer, items: Sequence[Item], truth: Ints64
) -> dict[str, float]:
    """Accuracy and macro-F1 of the plain argmax on single-label items."""
    guess = logits(model, tokenizer, [item.text for item in items]).argmax(axis=1)
    return {
        "accuracy": float(np.mean(guess == truth)),
        "macro_f1": macro_f1(truth, np.asarray(guess, np.int64)),
    }
