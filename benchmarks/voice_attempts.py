"""What was tried for the voice model, on corpora that it does not know.

    python benchmarks/voice_attempts.py DATA --cache DIR              # minutes, on one core
    python benchmarks/voice_attempts.py DATA --cache DIR --networks   # small networks as well

Every row is trained and calibrated on two corpora and read on the third. Intervals are 95 %, over
speakers within each corpus; differences from the shipped recipe are of the same windows. DIR keeps
encoded windows; where it is empty, encoding all clips under all conditions comes first.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import voice_networks

from sentigram.core.arrays import Floats64
from sentigram.emotion.encoders.compact.pooling import LAYER_WIDTH
from sentigram.emotion.join import log_normalize
from sentigram.emotion.voice_model import VoiceModel
from sentigram.training.judge.intervals import UNIT, Variance, interval_of, of_clusters, words
from sentigram.training.judge.metrics import unweighted_accuracy_of
from sentigram.training.judge.resampling import Draws, make_draws
from sentigram.training.shipped.voice import evaluate, recipe
from sentigram.training.shipped.voice.recipe import (
    LABELS,
    Decomposition,
    HeardClips,
    VoiceCorpus,
    VoiceStatistics,
)

Corpora = Mapping[str, VoiceCorpus]
Reader = Callable[
    [Floats64], Floats64
]  # windows of one speaker, (n, d), to log ratios (n, n_labels)
Readers = Mapping[str, Reader]  # by the corpus that they do not know
Models = Mapping[str, VoiceModel]  # likewise
Known = Mapping[str, VoiceStatistics]  # likewise, of the others
Measured = tuple[Floats64, Draws]  # UA on everything, then in each draw of speakers

SCENES = {
    "all clips of a speaker": "all clips",
    "eight clips in one mood": "one mood",
    "twenty neutral clips": "neutral, recall",
}
CLEAN, TELEPHONE = "clean", "telephone"
NEUTRAL = LABELS.index("neutral")
MOVED = np.flatnonzero(np.arange(len(LABELS)) != NEUTRAL)
LAYERS = ((1, 3), (0, 1, 2), (0,), (1,), (2,), (3,), (4,))


def main() -> None:
    """Print the table, each row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with ravdess, nemo and emodb")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--networks", action="store_true", help="train small networks as well")
    options = parser.parse_args()
    began = time.perf_counter()
    corpora = evaluate.load_corpora(options.data, options.cache, log=print)
    scenes = {
        name: evaluate.draw_scenes(corpus, np.ones(len(corpus.items), bool), 0)
        for name, corpus in corpora.items()
    }
    heads = [f"{s}: {' / '.join(corpora)}, mean | less shipped" for s in SCENES.values()]
    print(f"| trained on the other two | {' | '.join(heads)} |\n|{'---|' * (1 + 2 * len(heads))}")
    shipped_rows: dict[str, dict[str, list[Measured]]] = {}
    for name, condition, readers in attempts(corpora, with_networks=options.networks):
        found = {
            scene: [
                measure(corpus, scenes[key][scene], readers[key], condition)
                for key, corpus in corpora.items()
            ]
            for scene in SCENES
        }
        base = shipped_rows.setdefault(condition, found)
        cells = [cell for scene in SCENES for cell in written(found[scene], base[scene])]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s")


def attempts(corpora: Corpora, *, with_networks: bool) -> Iterator[tuple[str, str, Readers]]:
    """What was tried: a name, the condition that is heard, and readers; shipped ones first."""
    known = left_out(corpora)
    models = calibrated(corpora, known)
    yield "shipped recipe", CLEAN, shipped(models)
    yield "shipped recipe, over a telephone", TELEPHONE, shipped(models)
    clean = {name: VoiceCorpus(c.items, {CLEAN: c.vectors[CLEAN]}) for name, c in corpora.items()}
    bare = shipped(calibrated(clean, left_out(clean)))
    yield "trained on clean sound only", CLEAN, bare
    yield "trained on clean sound only, over a telephone", TELEPHONE, bare
    for layers in LAYERS:
        part = {name: only_layers(one, layers) for name, one in known.items()}
        called = " + ".join(str(layer + 1) for layer in layers)
        yield f"layers {called} of 5", CLEAN, shipped(calibrated(corpora, part))
    for share in (0.2, 0.7):
        changed = calibrated(corpora, known, shrinkage=share)
        yield f"shrinkage {share}, not {recipe.SHRINKAGE}", CLEAN, shipped(changed)
    for share in (0.0, 2.0):
        changed = calibrated(corpora, known, offsets_count=share)
        yield f"share of offsets {share}, not {recipe.OFFSETS_COUNT}", CLEAN, shipped(changed)
    alone = {name: recipe.statistics(corpus) for name, corpus in corpora.items()}
    yield "one expert per corpus, mean of log ratios", CLEAN, experts(corpora, alone)
    alike = {key: corpora_alike([alone[k] for k in alone if k != key]) for key in alone}
    yield "means averaged over corpora", CLEAN, shipped(calibrated(corpora, alike))
    for name, share_of in SHARES.items():
        yield name, CLEAN, {key: partial(by_share, m, share_of) for key, m in models.items()}
    yield "shrunk mean of the speaker", CLEAN, {k: partial(shrunk, m) for k, m in models.items()}
    for name, weight in (("offset by EM", 0.0), ("offset by EM, its moods a prior", 1.0)):
        readers = {k: partial(offset_by_em, m, known[k], weight) for k, m in models.items()}
        yield name, CLEAN, readers
    yield "means adapted at test", CLEAN, {k: partial(adapted, m) for k, m in models.items()}
    if with_networks:
        linear = {k: partial(voice_networks.linear, m, known[k]) for k, m in models.items()}
        yield "relative head on the networks' inputs", CLEAN, linear
        for name, settings in voice_networks.SETTINGS.items():
            trained = {}
            for key, model in models.items():
                two = [corpus for k, corpus in corpora.items() if k != key]
                trained[key] = voice_networks.train(two, known[key], model, **settings)
            yield name, CLEAN, trained


def left_out(corpora: Corpora) -> dict[str, VoiceStatistics]:
    """Statistics of all corpora but one, by its name."""
    return {
        name: recipe.statistics(recipe.concatenate([c for k, c in corpora.items() if k != name]))
        for name in corpora
    }


def calibrated(corpora: Corpora, known: Known, **settings: float) -> dict[str, VoiceModel]:
    """Models by the corpus that they do not know, calibrated as in `evaluate.left_out`."""
    raw = {name: recipe.model_of(one, **settings) for name, one in known.items()}
    suited = {name: evaluate.calibrate(model, corpora[name]) for name, model in raw.items()}
    return {
        name: evaluate.mean_calibration(suited[key] for key in raw if key != name).of(model)
        for name, model in raw.items()
    }


def shipped(models: Models) -> Readers:
    """Models read as they ship."""
    return {name: partial(as_shipped, model) for name, model in models.items()}


def as_shipped(model: VoiceModel, pooled: Floats64) -> Floats64:
    """By the levels of speakers."""
    return model.read_speaker(model.scores(pooled), len(pooled))[0]


def measure(
    corpus: VoiceCorpus, recordings: Sequence[HeardClips], reader: Reader, condition: str
) -> Measured:
    """UA, which where only neutral is heard is its recall, (1 + n_draws,)."""
    heard = [replace(one, condition=condition).pooled(corpus) for one in recordings]
    guess = np.concatenate([reader(pooled).argmax(axis=1) for pooled in heard])
    rows = np.concatenate([one.rows for one in recordings])
    draws = make_draws(list(corpus.speakers[rows]), n_draws=1000, seed=0)
    n = len(LABELS)
    keys = (draws.cluster_of * n + corpus.labels[rows]) * n + guess
    grouped = np.bincount(keys, minlength=draws.n_clusters * n * n).reshape(-1, n * n)
    confusions = draws.times(grouped.astype(float)).reshape(-1, n, n)  # (draw, truth, guess)
    return unweighted_accuracy_of(confusions), draws


def written(found: Sequence[Measured], base: Sequence[Measured]) -> tuple[str, str]:
    """Each corpus and their mean; how much that is above the shipped recipe's."""
    each = " / ".join(f"{drawn[0]:.3f}" for drawn, _ in found)
    gaps = [(drawn - other, draws) for (drawn, draws), (other, _) in zip(found, base, strict=True)]
    less = "–" if found is base else _mean(gaps, is_difference=True)
    return _short(f"{each}, {_mean(found)}"), _short(less)


def _mean(parts: Sequence[Measured], *, is_difference: bool = False) -> str:
    """Over corpora; their speakers are drawn apart, so that variances add."""
    value = float(np.mean([drawn[0] for drawn, _ in parts]))
    variances = [of_clusters(drawn[1:], draws.sizes) for drawn, draws in parts]
    sources = [Variance(one.value / len(parts) ** 2, one.df) for one in variances]
    interval = interval_of(value, sources, within=None if is_difference else UNIT)
    return words(value, interval, sign="+" if is_difference else "")


def _short(text: str) -> str:
    return text.replace("0.", ".").replace("-", "−")


def only_layers(known: VoiceStatistics, layers: Sequence[int]) -> VoiceStatistics:
    """The others say nothing: no means, no offsets, noise of their own."""
    parts = known.parts
    kept = np.isin(np.arange(len(known.mean)) // LAYER_WIDTH, layers)
    noise = np.where(np.outer(kept, kept), parts.noise, 0.0)
    noise[~kept, ~kept] = np.diag(parts.noise)[kept].mean()  # shrinkage is toward this mean
    shown = Decomposition(parts.means * kept, parts.offsets * kept, noise, parts.known)
    return replace(known, parts=shown)


def corpora_alike(alone: Sequence[VoiceStatistics]) -> VoiceStatistics:
    """One of several corpora, each centred on its own, means and noise averaged over them."""
    mean = np.mean([one.mean for one in alone], axis=0)
    deviation = np.sqrt(np.mean([one.deviation**2 for one in alone], axis=0))
    scales = [one.deviation / deviation for one in alone]
    has = np.array([one.parts.known for one in alone])
    total = sum(one.parts.means * scale for one, scale in zip(alone, scales, strict=True))
    offsets = [
        one.parts.offsets * scale + (one.mean - mean) / deviation
        for one, scale in zip(alone, scales, strict=True)
    ]
    noise = [
        one.parts.noise * np.outer(scale, scale) for one, scale in zip(alone, scales, strict=True)
    ]
    means = np.asarray(total) / np.maximum(has.sum(axis=0), 1)[:, None]
    known = np.asarray(has.any(axis=0), np.bool_)
    parts = Decomposition(means, np.concatenate(offsets), np.mean(noise, axis=0), known)
    return VoiceStatistics(parts, mean, deviation)


def experts(corpora: Corpora, alone: Known) -> Readers:
    """A model of each of the other two corpora, calibrated on the other."""
    raw = {name: recipe.model_of(one) for name, one in alone.items()}
    readers = {}
    for name in corpora:
        a, b = (key for key in corpora if key != name)
        two = [evaluate.calibrate(raw[x], corpora[y]).of(raw[x]) for x, y in ((a, b), (b, a))]
        readers[name] = partial(mean_of_experts, two)
    return readers


def mean_of_experts(models: Sequence[VoiceModel], pooled: Floats64) -> Floats64:
    """Mean log ratio over the experts that know the label."""
    has = np.array([model.known for model in models])[:, None, :]
    ratios = np.stack([as_shipped(model, pooled) for model in models])
    return np.asarray((ratios * has).sum(axis=0) / has.sum(axis=0))


# how far windows are read against their speaker's mean, from how far there is a range of moods
SHARES: Mapping[str, Callable[[float], float]] = {
    "no normalization": lambda _moved: 0.0,
    "mean of the speaker": lambda _moved: 1.0,
    "by range only": lambda moved: moved,
}


def by_share(model: VoiceModel, share_of: Callable[[float], float], pooled: Floats64) -> Floats64:
    """Without the hypothesis that the recording is neutral."""
    scores = model.scores(pooled)
    share = share_of(model.shares(scores, len(scores))[0])
    against = scores[:, 1] - scores[:, 1].mean(axis=0) + model.centre
    plain = scores[:, 0] / model.absolute.temperature
    return np.asarray(share * against / model.relative.temperature + (1 - share) * plain)


def shrunk(model: VoiceModel, pooled: Floats64) -> Floats64:
    """The speaker's mean counts n / (n + 10), that of training the rest."""
    scores = model.scores(pooled)[:, 1]
    own = len(scores) / (len(scores) + 10)
    return np.asarray(scores - own * (scores.mean(axis=0) - model.centre))


def offset_by_em(
    model: VoiceModel, known: VoiceStatistics, weight: float, pooled: Floats64
) -> Floats64:
    """The most likely offset with the shares of moods, half of which are expected neutral.

    In the space of scores; offsets are normal as in training. The best of three starts. `weight`
    is 1 if readings count the shares as a prior, 0 if not.
    """
    projected, parts = model.relative.weight * known.deviation, known.parts
    means = (parts.means @ projected.T - 0.5 * (projected * parts.means).sum(axis=1))[:, MOVED]
    offsets = ((parts.offsets - parts.offsets.mean(axis=0)) @ projected.T)[:, MOVED]
    ridge = 1e-3 * np.eye(len(MOVED))
    to_offset = np.linalg.inv(offsets.T @ offsets / len(offsets) + ridge)
    to_noise = np.linalg.inv((projected @ parts.noise @ projected.T)[np.ix_(MOVED, MOVED)] + ridge)
    prior = np.where(np.arange(len(LABELS)) == NEUTRAL, 0.5, 0.5 / len(MOVED))
    scores, temperature = model.relative(pooled)[:, MOVED], model.relative.temperature
    n = len(scores)
    spread = np.linalg.inv(to_offset + n * to_noise)

    def log_likelihood(offset: Floats64, shares: Floats64) -> Floats64:
        return np.insert((scores - offset) / temperature, NEUTRAL, 0, axis=1) + np.log(shares)

    found = []
    middle = scores.mean(axis=0)
    for start in (np.zeros(len(MOVED)), middle - prior @ means, middle - means.mean(axis=0)):
        offset, shares = start, prior
        for _ in range(15):
            posterior = np.exp(log_normalize(log_likelihood(offset, shares)))
            shares = (posterior.sum(axis=0) + 3 * prior) / (n + 3)
            offset = spread @ to_noise @ (scores - posterior @ means).sum(axis=0)
        calm = scores - offset - means[NEUTRAL]
        evidence = np.logaddexp.reduce(log_likelihood(offset, shares), axis=1).sum()
        evidence -= 0.5 * np.einsum("ni,ij,nj->", calm, to_noise, calm) / temperature
        evidence += 3 * prior @ np.log(shares) - 0.5 * offset @ to_offset @ offset
        found.append((float(evidence), offset, shares))
    _, offset, shares = max(found, key=lambda one: one[0])
    return log_likelihood(offset, shares**weight)


def adapted(model: VoiceModel, pooled: Floats64) -> Floats64:
    """Class means move to the recording's windows, from where the first reading puts them."""
    ratios = as_shipped(model, pooled)
    posterior, moved = np.exp(log_normalize(ratios)), ratios[:, MOVED]
    first = posterior.T @ moved / (posterior.sum(axis=0)[:, None] + 1e-9)
    for _ in range(5):
        counts = posterior.sum(axis=0)[:, None]
        means = (posterior.T @ moved + 10 * first) / (counts + 10)
        away = moved[:, None] - means  # (n, n_labels, n_moved)
        noise = np.einsum("nk,nki,nkj->ij", posterior, away, away) / len(moved)
        inverse = np.linalg.inv(noise + 1e-2 * np.eye(len(MOVED)))
        ratios = -0.5 * np.einsum("nki,ij,nkj->nk", away, inverse, away)
        ratios[:, counts[:, 0] < 1e-6] = -99  # nothing was read as this
        posterior = np.exp(log_normalize(ratios))
    return np.asarray(ratios)


if __name__ == "__main__":
    main()
