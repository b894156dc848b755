"""Small networks in place of the voice model's linear heads, for `voice_attempts.py`.

What they hear is features less offsets: in training those of their groups, at test those that the
shipped levels of speakers imply. `linear` is the shipped relative head on the same inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.emotion.voice_model import VoiceModel
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.voice.recipe import LABELS, VoiceCorpus, VoiceStatistics

SETTINGS: Mapping[str, Mapping[str, float]] = {
    "network": {},
    "network, mixup": {"mix": 0.4},
    "network, mixup, contrast across corpora": {"mix": 0.4, "contrast": 0.3},
}
_WIDTH, _STEPS, _BATCH = 128, 1500, 256


def levelled(model: VoiceModel, known: VoiceStatistics, pooled: Floats64) -> Floats64:
    """Features less the offset that the shipped levels of the speaker imply."""
    inputs = (pooled - known.mean) / known.deviation
    moved, calm = model.shares(model.scores(pooled), len(pooled))
    own, parts = inputs.mean(axis=0), known.parts
    offset = (moved + calm) * own - moved * parts.means[parts.known].mean(axis=0)
    return np.asarray(inputs - offset - (1 - moved - calm) * parts.offsets.mean(axis=0))


def linear(model: VoiceModel, known: VoiceStatistics, pooled: Floats64) -> Floats64:
    """The relative head on what the networks hear, (n, n_labels)."""
    weight, means = model.relative.weight * known.deviation, known.parts.means
    scores = levelled(model, known, pooled) @ weight.T - 0.5 * (weight * means).sum(axis=1)
    return np.asarray(scores)


def train(
    corpora: Sequence[VoiceCorpus],
    known: VoiceStatistics,
    model: VoiceModel,
    *,
    mix: float = 0.0,
    contrast: float = 0.0,
) -> Callable[[Floats64], Floats64]:
    """One hidden layer with dropout; corpora and labels are drawn evenly; one seed.

    Args:
        corpora: To learn from.
        known: Of the same.
        model: Of the same; tells the levels of speakers at test.
        mix: Of mixup (Zhang et al. 2018), the parameter of its beta distribution; 0 for none.
        contrast: Weight of the supervised contrastive loss (Khosla et al. 2020) whose positives
            have the same label in another corpus.

    Returns:
        A reader of one speaker's windows.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    inputs, labels, domains = (torch.from_numpy(part) for part in residuals(corpora, known))
    cells = domains * len(LABELS) + labels
    weights = (1 / torch.bincount(cells).clamp(min=1).float())[cells]
    hidden = nn.Sequential(
        nn.Dropout(0.2), nn.Linear(inputs.shape[1], _WIDTH), nn.GELU(), nn.Dropout(0.5)
    )
    network = nn.Sequential(hidden, nn.Linear(_WIDTH, len(LABELS)))
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=_STEPS)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    itself = torch.eye(_BATCH, dtype=torch.bool)
    for _ in range(_STEPS):
        drawn = torch.multinomial(weights, _BATCH, replacement=True)
        heard, truth, origin = inputs[drawn], labels[drawn], domains[drawn]
        share, other = float(rng.beta(mix, mix)) if mix else 1.0, torch.randperm(_BATCH)
        guess = network(share * heard + (1 - share) * heard[other])
        loss = share * loss_of(guess, truth) + (1 - share) * loss_of(guess, truth[other])
        if contrast:
            places = functional.normalize(hidden(heard), dim=1)
            near = (places @ places.T / 0.2).masked_fill(itself, -np.inf)
            alike = (truth[:, None] == truth) & (origin[:, None] != origin)
            loss = loss - contrast * functional.log_softmax(near, 1)[alike].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
    network.eval()
    return partial(_read, network, model, known)


def _read(
    network: Callable[..., Any], model: VoiceModel, known: VoiceStatistics, pooled: Floats64
) -> Floats64:
    import torch

    with torch.no_grad():
        scores = network(torch.from_numpy(levelled(model, known, pooled).astype(np.float32)))
    return np.asarray(scores.numpy(), float)


def residuals(
    corpora: Sequence[VoiceCorpus], known: VoiceStatistics
) -> tuple[Floats32, Ints64, Ints64]:
    """Features less the offsets of their groups, (n, d), labels and corpora, (n,)."""
    corpus = recipe.concatenate(corpora)
    people, kinds = corpus.speakers, len(recipe.KINDS)
    named = {name: np.char.add(people, f" {name}") for name in corpus.vectors}
    groups = np.unique(np.concatenate(list(named.values())))
    parts = []
    for name, array in corpus.vectors.items():
        own = (
            known.mean + known.deviation * known.parts.offsets[np.searchsorted(groups, named[name])]
        )
        inputs = (array[:, recipe.KINDS] - own[:, None]) / known.deviation
        parts.append(inputs.reshape(len(people) * kinds, -1).astype(np.float32))
    domains = np.repeat(np.arange(len(corpora)), [len(c.items) for c in corpora])
    labels = [np.tile(np.repeat(one, kinds), len(parts)) for one in (corpus.labels, domains)]
    return np.concatenate(parts), labels[0], labels[1]
