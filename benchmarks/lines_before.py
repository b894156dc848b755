"""Whether the text model reads a line of MELD better when it knows the lines before it.

The lines before are brought in in the encoder, which reads them in front of the line, whose own
tokens alone are averaged; or after it: their evidence is added to the line's own, less for each
line back.

Settings are chosen on a part of MELD train by likelihood, MELD dev is for the report, and no weight
is trained on either. Labels are decided under the model's own prior, as everywhere else;
likelihoods are under the prior of MELD train, with one factor on the evidence fitted there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.core.protocols import TextFeatures
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, TextHeads, token_mean
from sentigram.emotion.join import evidence, log_normalize
from sentigram.training.corpora.item import Item
from sentigram.training.judge.intervals import shown as with_interval
from sentigram.training.judge.metrics import bootstrap, macro_f1, unweighted_accuracy, weighted_f1
from sentigram.training.shipped.text.data import LABELS, single_label

ALONE = "line alone"
IN_ENCODER = "encoder reads"
AVERAGED = "mean of alone and with"
CHOOSING_STEP = 5  # settings are chosen on every fifth dialogue of train
_LATE_LINES = 4  # evidence is added from so many lines back
_PRIOR_LINES = 20.0  # lines by the prior, counted along with each label's followers
MAX_WORDS_BEFORE = 60  # as many words, the latest, are read in front of a line
_START = (-0.7, 0.1, 0.0)  # of fitting: log scale, weight, logit of the decay


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Labelled lines of dialogues, in the order in which they are said.

    Attributes:
        items: The lines.
        truth: (n,) their label indices.
    """

    items: tuple[Item, ...]
    truth: Ints64


@dataclass(frozen=True, slots=True)
class Before:
    """Which lines before a line are heeded.

    Attributes:
        n_lines: At most so many, of the same dialogue.
        same_speaker: Only those that the line's own speaker says.
    """

    n_lines: int
    same_speaker: bool

    def __str__(self) -> str:
        lines = "1 line" if self.n_lines == 1 else f"{self.n_lines} lines"
        return f"{lines} of {'the speaker' if self.same_speaker else 'anyone'}"


_NOTHING = Before(0, same_speaker=False)
SETTINGS = tuple(Before(n, same_speaker=same) for same in (False, True) for n in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Late:
    """How the evidence of the lines before is added.

    Attributes:
        scale: Of the sum, which calibrates it.
        weight: Of the last line before; the line itself has 1.
        decay: Factor for each further line back, in [0, 1].
    """

    scale: float
    weight: float
    decay: float


def lines_of(corpus: Sequence[Item], split: str, *, step: int = 1) -> Lines:
    """The lines of every `step`-th dialogue of a split."""
    items, truth = single_label(corpus, split)
    wanted = set(list(dict.fromkeys(item.dialogue for item in items))[::step])
    rows = [i for i, item in enumerate(items) if item.dialogue in wanted]
    return Lines(tuple(items[i] for i in rows), truth[rows])


def rows_before(items: Sequence[Item], before: Before) -> Ints64:
    """The lines before each line, (n, n_lines), the last first; -1 where there is none."""
    rows = np.full((len(items), before.n_lines), -1, np.int64)
    heard: dict[tuple[str, str], list[int]] = {}
    for i, item in enumerate(items):
        earlier = heard.setdefault((item.dialogue, item.speaker if before.same_speaker else ""), [])
        last = earlier[: -before.n_lines - 1 : -1]
        rows[i, : len(last)] = last
        earlier.append(i)
    return rows


def vectors_in_dialogue(encoder: MiniLmEncoder, items: Sequence[Item], before: Before) -> Floats32:
    """Mean over a line's own tokens, read with the lines before in front of it: (n, 384)."""
    words = [item.text.split() for item in items]
    instant = Span(0, 0)
    utterances = []
    for own, rows in zip(words, rows_before(items, before), strict=True):
        earlier = [word for row in rows[::-1] if row >= 0 for word in words[row]]
        read = (*earlier[-MAX_WORDS_BEFORE:], *own)
        utterances.append(Utterance("", instant, tuple(Word(word, instant) for word in read)))
    return np.stack(
        [
            token_mean(TextFeatures(f.vectors[-len(own) :], f.n_tokens[-len(own) :]))
            for f, own in zip(encoder.encode(utterances), words, strict=True)
        ]
    )


def with_late(found: Floats64, rows: Ints64, late: Late) -> Floats64:
    """Add the evidence of the lines before: (n, n_labels).

    Args:
        found: (n, n_labels) evidence of each line alone.
        rows: (n, n_lines) of `rows_before`.
        late: The weights.
    """
    padded = np.vstack([found, np.zeros_like(found[:1])])  # row -1 says nothing
    weights = late.weight * late.decay ** np.arange(rows.shape[1])
    return np.asarray(found + np.einsum("k,nkl->nl", weights, padded[rows]), float)


def fit_late(found: Floats64, rows: Ints64, log_prior: Floats64, truth: Ints64) -> Late:
    """Fit all three numbers by likelihood; see `with_late` and `log_likelihood`."""

    def late(x: Floats64) -> Late:
        return Late(float(np.exp(x[0])), float(x[1]), float(1 / (1 + np.exp(-x[2]))))

    def loss(x: Floats64) -> float:
        added = late(x).scale * with_late(found, rows, late(x))
        return -float(log_likelihood(added, log_prior, truth).mean())

    return late(minimize(loss, np.array(_START), method="Nelder-Mead").x)


def fit_scale(found: Floats64, log_prior: Floats64, truth: Ints64) -> float:
    """The factor on evidence that makes the labels likeliest: one over a temperature."""

    def loss(scale: float) -> float:
        return -float(log_likelihood(scale * found, log_prior, truth).mean())

    return float(minimize_scalar(loss, bounds=(0, 3), method="bounded").x)


def log_likelihood(found: Floats64, log_prior: Floats64, truth: Ints64) -> Floats64:
    """Log probability of each true label in nats, (n,).

    Args:
        found: (n, n_labels) calibrated evidence.
        log_prior: (n_labels,), or (n, n_labels) where each line has its own.
        truth: (n,) label indices.
    """
    return np.asarray(log_normalize(log_prior + found)[np.arange(len(truth)), truth], float)


class _Read(Protocol):
    """Evidence of the lines of a split, (n, n_labels), with lines before in the encoder."""

    def __call__(self, split: str, *, before: Before) -> Floats64: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One way of reading: its evidence where settings are chosen, on dev, and what was fitted."""

    choosing: Floats64
    dev: Callable[[], Floats64]
    fitted: Mapping[str, float]


def measure(
    corpus: Sequence[Item], encoder: MiniLmEncoder, heads: TextHeads, *, n_draws: int
) -> dict[str, Any]:
    """Choose on train, report on dev.

    Args:
        corpus: MELD.
        encoder: That reads the lines.
        heads: Over its vectors.
        n_draws: Of the bootstrap over dialogues.

    Returns:
        A JSON value: what was tried on train, what was fitted there and how likely it makes the
        labels; figures on dev of the line alone and of what was chosen.
    """
    own_prior = heads.log_prior.astype(float)
    splits = {
        "choosing": lines_of(corpus, "train", step=CHOOSING_STEP),
        "dev": lines_of(corpus, "dev"),
    }
    train = lines_of(corpus, "train")
    log_prior = np.log(_shares(1.0 + np.bincount(train.truth, minlength=len(LABELS))))

    @cache
    def read(split: str, *, before: Before) -> Floats64:
        vectors = vectors_in_dialogue(encoder, splits[split].items, before)
        return evidence(log_normalize(heads.logits(vectors).astype(float)), own_prior)

    tried = _tried(read, splits, log_prior)
    truth = splits["choosing"].truth
    likelihood = {
        name: float(log_likelihood(way.fitted["scale"] * way.choosing, log_prior, truth).mean())
        for name, way in tried.items()
    }
    chosen = [
        max((name for name in tried if name.startswith(kind)), key=lambda name: likelihood[name])
        for kind in (ALONE, IN_ENCODER, AVERAGED)
    ]
    late = [name for name, way in tried.items() if "decay" in way.fitted]
    alone = tried[ALONE]
    return {
        "chosen on": len(truth),
        "tried": {
            name: {"log likelihood": likelihood[name], **way.fitted} for name, way in tried.items()
        },
        "n": len(splits["dev"].truth),
        "dev": {
            name: _figures(tried[name], alone, splits["dev"], (own_prior, log_prior), n_draws)
            for name in (*chosen, *late)
        },
        "last label known": float(
            log_likelihood(
                alone.fitted["scale"] * alone.dev(),
                _prior_after_last_label(train, splits["dev"], log_prior),
                splits["dev"].truth,
            ).mean()
        ),
    }


def as_text(found: Mapping[str, Any]) -> str:
    """Write what `measure` found for people."""
    lines = [f"MELD with the lines before, tried on {found['chosen on']} lines of train:"]
    for name, numbers in found["tried"].items():
        shown = ", ".join(f"{key} {number:.4f}" for key, number in numbers.items())
        lines.append(f"  {name}: {shown}")
    lines.append(f"the same on {found['n']} lines of dev (intervals over dialogues):")
    for name, metrics in found["dev"].items():
        lines.append(f"  {name}")
        lines += [f"    {metric:24}{with_interval(v, '+.4f')}" for metric, v in metrics.items()]
    known = found["last label known"]
    lines.append(f"  log likelihood, were the speaker's last true label known: {known:+.4f}")
    return "\n".join(lines)


def _tried(read: _Read, splits: Mapping[str, Lines], log_prior: Floats64) -> dict[str, _Way]:
    """Every way, fitted where settings are chosen."""
    truth = splits["choosing"].truth

    def way(of: Callable[[str], Floats64]) -> _Way:
        found = of("choosing")
        scale = fit_scale(found, log_prior, truth)
        return _Way(found, lambda: of("dev"), {"scale": scale})

    def late(*, same_speaker: bool) -> _Way:
        before = Before(_LATE_LINES, same_speaker)
        rows = {split: rows_before(lines.items, before) for split, lines in splits.items()}
        own = {"choosing": read("choosing", before=_NOTHING)}
        fitted = fit_late(own["choosing"], rows["choosing"], log_prior, truth)
        return _Way(
            with_late(own["choosing"], rows["choosing"], fitted),
            lambda: with_late(read("dev", before=_NOTHING), rows["dev"], fitted),
            {"scale": fitted.scale, "weight": fitted.weight, "decay": fitted.decay},
        )

    def averaged(split: str, before: Before) -> Floats64:
        return (read(split, before=_NOTHING) + read(split, before=before)) / 2

    ways = {ALONE: way(lambda split: read(split, before=_NOTHING))}
    ways |= {f"{IN_ENCODER} {before}": way(partial(read, before=before)) for before in SETTINGS}
    ways |= {f"{AVERAGED} {before}": way(partial(averaged, before=before)) for before in SETTINGS}
    return ways | {
        "evidence of anyone's lines added": late(same_speaker=False),
        "evidence of the speaker's lines added": late(same_speaker=True),
    }


def _figures(
    way: _Way, alone: _Way, lines: Lines, log_priors: tuple[Floats64, Floats64], n_draws: int
) -> dict[str, Any]:
    """Metrics on dev, and how far they are above those of the line alone."""
    truth, (own_prior, log_prior) = lines.truth, log_priors
    guess, usual = ((w.dev() + own_prior).argmax(axis=1).astype(np.int64) for w in (way, alone))
    sure, as_usual = (
        log_likelihood(w.fitted["scale"] * w.dev(), log_prior, truth) for w in (way, alone)
    )

    def score(of: Callable[[Ints64, Ints64], float]) -> dict[str, Callable[[Ints64], float]]:
        return {
            "": lambda i: of(truth[i], guess[i]),
            ", gain": lambda i: of(truth[i], guess[i]) - of(truth[i], usual[i]),
        }

    metrics = {
        f"{name}{kind}": metric
        for name, of in (
            ("macro-F1", macro_f1),
            ("weighted F1", weighted_f1),
            ("UA", unweighted_accuracy),
        )
        for kind, metric in score(of).items()
    }
    metrics["log likelihood"] = lambda i: float(sure[i].mean())
    metrics["log likelihood, gain"] = lambda i: float((sure[i] - as_usual[i]).mean())
    dialogues = [item.dialogue for item in lines.items]
    found = {name: bootstrap(of, dialogues, n_draws=n_draws) for name, of in metrics.items()}
    return {name: {"value": e.value, "low": e.low, "high": e.high} for name, e in found.items()}


def _prior_after_last_label(train: Lines, lines: Lines, log_prior: Floats64) -> Floats64:
    """Log prior of each line, were the true label of its speaker's last line known: (n, 7)."""
    before = Before(1, same_speaker=True)
    follows = np.tile(_PRIOR_LINES * np.exp(log_prior), (len(LABELS), 1))  # (last, next)
    last = rows_before(train.items, before)[:, 0]
    np.add.at(follows, (train.truth[last[last >= 0]], train.truth[last >= 0]), 1)
    last = rows_before(lines.items, before)[:, 0]
    after = np.log(_shares(follows))[lines.truth[last]]
    return np.where((last >= 0)[:, None], after, log_prior)


def _shares(counts: NDArray[np.floating]) -> Floats64:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True), float)
