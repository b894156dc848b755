"""What training minimizes: classification, VAD regression and the contrastive loss MICL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.training.config import ObjectiveConfig

_HALF = (torch.bfloat16, torch.float16)
_SMALLEST_CONTRAST = 2  # one pair has nothing to be told from


class Losses(NamedTuple):
    """Parts of the objective, scalars.

    Attributes:
        total: Their weighted sum.
        cls: Classification.
        vad: VAD regression; 0 where nothing has a target.
        micl: Contrast of words and voice; 0 where there are fewer than two pairs.
    """

    total: Tensor
    cls: Tensor
    vad: Tensor
    micl: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """cls · classification + vad · MSE + micl · contrast. Parts that weigh 0 are not computed.

    Attributes:
        config: Weights and forms.
        class_weights: (n_classes,), such as from `balanced`; None for all alike.
    """

    config: ObjectiveConfig
    class_weights: Sequence[float] | Floats64 | None = None

    def __call__(self, output: NetworkOutput, labels: Tensor, vad: Tensor) -> Losses:
        """Judge a batch.

        Args:
            output: Of the network.
            labels: int64 (batch,).
            vad: (batch, 3), NaN where there is no target.
        """
        config = self.config
        logits = _full(output.logits)
        zero = logits.sum() * 0.0
        cls = self._classification(logits, labels) if config.cls else zero
        regression = vad_error(output.vad, vad) if config.vad else None
        contrast = self._contrast(output, labels) if config.micl else None
        regression = zero if regression is None else regression
        contrast = zero if contrast is None else contrast
        total = config.cls * cls + config.vad * regression + config.micl * contrast
        return Losses(total, cls, regression, contrast)

    def _classification(self, logits: Tensor, labels: Tensor) -> Tensor:
        weights = None
        if self.class_weights is not None:
            weights = torch.as_tensor(self.class_weights, dtype=logits.dtype, device=logits.device)
        if self.config.loss == "focal":
            return focal(
                logits,
                labels,
                gamma=self.config.gamma,
                weights=weights,
                label_smoothing=self.config.label_smoothing,
            )
        return functional.cross_entropy(
            logits, labels, weight=weights, label_smoothing=self.config.label_smoothing
        )

    def _contrast(self, output: NetworkOutput, labels: Tensor) -> Tensor | None:
        text, audio = output.embeddings.get("text"), output.embeddings.get("audio")
        if text is None or audio is None:
            return None
        if output.is_pair is not None:
            here = output.is_pair
            text, audio, labels = text[here], audio[here], labels[here]
        return contrastive(
            text,
            audio,
            labels if self.config.supervised else None,
            temperature=self.config.temperature,
            hard_negatives=self.config.hard_negatives,
        )


def balanced(counts: Sequence[int] | Ints64) -> Floats64:
    """Class weights n / (k · count), of which the mean over examples is 1 (King & Zeng 2001).

    Args:
        counts: (n_classes,) training examples of each class; k of them are not 0.

    Returns:
        (n_classes,), 0 for a class without examples.
    """
    found = np.asarray(counts, float)
    n_present = max(1, int((found > 0).sum()))
    share = found.sum() / n_present
    weights: Floats64 = np.divide(share, found, out=np.zeros_like(found), where=found > 0)
    return weights


def focal(
    logits: Tensor,
    labels: Tensor,
    *,
    gamma: float,
    weights: Tensor | None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """−α_t (1 − p_t)^γ log p_t (Lin et al. 2017, eq. 5), the mean over the batch.

    Weights scale each example's loss, as α does in the paper; the mean is over examples and not
    over weights, so that a batch of rare examples weighs more. (Weighted cross-entropy is torch's,
    which divides by the weights of the batch.) The paper sums over anchors and divides by those
    with an object; here every example has a class, so that is the mean.

    Smoothed, the target is 1 − ε + ε/K for the class and ε/K for each other, and the loss is the
    sum over classes of target · −α (1 − p)^γ log p: without focus and weights, torch's smoothed
    cross-entropy.

    Args:
        logits: (batch, n_classes).
        labels: int64 (batch,).
        gamma: γ; 0 is cross-entropy.
        weights: α, (n_classes,), or None for 1.
        label_smoothing: ε.
    """
    log_p = logits.log_softmax(dim=-1)  # (batch, n_classes)
    # 1 − p by expm1: a sure guess keeps its digits; clamped, because 0 to a power below 1 has no
    # slope
    missed = (-torch.expm1(log_p)).clamp_min(torch.finfo(logits.dtype).tiny)
    losses = -(missed**gamma) * log_p
    if weights is not None:
        losses = losses * weights
    own = losses.gather(1, labels.unsqueeze(1)).squeeze(1)  # (batch,)
    if not label_smoothing:
        return own.mean()
    return ((1 - label_smoothing) * own + label_smoothing * losses.mean(dim=1)).mean()


def vad_error(guess: Tensor, target: Tensor) -> Tensor | None:
    """Mean squared error over the targets that there are.

    Args:
        guess: (batch, 3); all NaN from a network without a VAD head.
        target: (batch, 3), NaN where there is none. Zeros are targets like others.

    Returns:
        A scalar, 0 without any target; None without a VAD head.
    """
    guess = _full(guess)
    if bool(torch.isnan(guess).all()):
        return None
    is_known = torch.isfinite(target)
    gap = torch.where(is_known, guess - target.nan_to_num().to(guess.dtype), 0.0)
    return gap.square().sum() / is_known.sum().clamp_min(1)


def contrastive(
    text: Tensor,
    audio: Tensor,
    labels: Tensor | None = None,
    *,
    temperature: float,
    hard_negatives: float = 1.0,
) -> Tensor:
    """Symmetric InfoNCE between words and voice (seed 1; van den Oord et al. 2018).

    With labels, all examples of one label are positives of each other and the loss is the mean of
    −log over positives (Khosla et al. 2020, eq. 2).

    Args:
        text: (n, d), any length; compared by cosine.
        audio: (n, d).
        labels: int64 (n,), None for own pairs only.
        temperature: τ.
        hard_negatives: Share of each row's negatives that stays, nearest first; at least one.

    Returns:
        A scalar, 0 for fewer than two pairs.
    """
    text, audio = _full(text), _full(audio)
    if len(text) < _SMALLEST_CONTRAST:
        return (text.sum() + audio.sum()) * 0.0
    with torch.autocast(text.device.type, enabled=False):
        cosines = functional.normalize(text, dim=-1) @ functional.normalize(audio, dim=-1).T
    if labels is None:
        is_positive = torch.eye(len(text), dtype=torch.bool, device=text.device)
    else:
        is_positive = labels.unsqueeze(0) == labels.unsqueeze(1)
    scores = cosines / temperature  # (n_text, n_audio)
    ways = [
        _info_nce(side, is_positive, hard_negatives=hard_negatives) for side in (scores, scores.T)
    ]
    return (ways[0] + ways[1]) / 2


def _info_nce(scores: Tensor, is_positive: Tensor, *, hard_negatives: float) -> Tensor:
    """Rows find their columns, a scalar; the mean over each row's positives, then over rows."""
    kept = is_positive | _hardest(scores, ~is_positive, share=hard_negatives)
    total = scores.masked_fill(~kept, -math.inf).logsumexp(dim=1, keepdim=True)  # (n, 1)
    losses = torch.where(is_positive, total - scores, 0.0)
    return (losses.sum(dim=1) / is_positive.sum(dim=1)).mean()


def _hardest(scores: Tensor, is_negative: Tensor, *, share: float) -> Tensor:
    """The most similar negatives of each row, bool (n, n)."""
    n_kept = (is_negative.sum(dim=1, keepdim=True) * share).ceil()  # (n, 1)
    among = scores.detach().masked_fill(~is_negative, -math.inf)
    ranks = among.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return is_negative & (ranks < n_kept)


def _full(values: Tensor) -> Tensor:
    """Half precision as float32; more stays as it is."""
    return values.float() if values.dtype in _HALF else values
