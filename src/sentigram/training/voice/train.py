"""Makes the shipped voice model: protocols first, then one fit on all speakers, then its card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.cards import voice_card, write_card
from sentigram.encoders.moonshine import CompactAudioEncoder
from sentigram.model.vocal import VoiceModel
from sentigram.training.join import HeldOut
from sentigram.training.voice import evaluate, recipe

NAME = voice_card("research")

_LICENCE = """The voice model (voice-research.safetensors) is licensed under CC BY-NC-SA 4.0:
https://creativecommons.org/licenses/by-nc-sa/4.0/

It was trained on, and is derived from:
- RAVDESS: Livingstone SR, Russo FA (2018), The Ryerson Audio-Visual Database of Emotional Speech
  and Song, PLoS ONE 13(5): e0196391. CC BY-NC-SA 4.0.
- nEMO: Christop I (2024), nEMO: Dataset of Emotional Speech in Polish, LREC-COLING.
  CC BY-NC-SA 4.0.
- EmoDB: Burkhardt F et al. (2005), A Database of German Emotional Speech, Interspeech. CC0.
"""


def train(
    data: Path, out: Path, cache: Path, *, log: Callable[[str], None] = lambda _text: None
) -> HeldOut:
    """Write voice-research.safetensors, its card and its licence.

    Args:
        data: Folder that holds ravdess/, nemo/ and emodb/.
        out: Folder for the files.
        cache: Folder for pooled features.
        log: Told about progress.

    Returns:
        Uncalibrated readings of held-out speakers, which the join is fitted on.
    """
    corpora = evaluate.load_corpora(data, cache, log=log)
    log("held-out speakers")
    readings, scenes = evaluate.held_out(corpora)
    held = HeldOut(readings, evaluate.unknown_corpus(corpora))
    temperature = held.temperature()
    metrics = evaluate.evaluate(corpora, readings, scenes)
    log("all speakers")
    model = recipe.fit(recipe.concatenate(list(corpora.values())), temperature=temperature)
    save(model, out, metrics)
    return held


def save(model: VoiceModel, out: Path, metrics: dict[str, Any]) -> None:
    """Write weights, licence and card."""
    from safetensors.numpy import save_file  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    arrays = {
        "weight": model.weight,
        "bias": model.bias,
        "log_prior": model.log_prior,
        "label_vad": model.label_vad,
        "mean": model.normalizer.mean,
        "deviation": model.normalizer.deviation,
    }
    file = f"{NAME}.safetensors"
    save_file({k: v.astype(np.float32) for k, v in arrays.items()}, out / file)
    (out / f"{NAME}.LICENSE.txt").write_text(_LICENCE, encoding="utf-8")
    encoder = CompactAudioEncoder().part
    card = {
        "name": f"sentigram-{NAME}",
        "version": "1",
        "licence": "CC-BY-NC-SA-4.0",
        "labels": list(model.labels),
        "encoder": {"id": encoder.id, "version": encoder.version, "sha256": encoder.sha256},
        "what": (
            "Mean, deviation and quantiles of encoder frames (second and fourth of six layers) and "
            "prosody over a window; normalized per recording with shrinkage; "
            "linear discriminant analysis with shrinkage "
            f"{recipe.SHRINKAGE}; temperature fitted on held-out speakers, half of "
            "the readings by a model that knows no other speaker of their corpus either."
        ),
        "temperature": model.temperature,
        "prior_windows": model.normalizer.prior_windows,
        "vad": (
            "posterior mean of the labels' values in Russell & Mehrabian 1977; the corpora have no "
            "annotations of valence, arousal or dominance"
        ),
        "corpora": {
            "ravdess": "CC BY-NC-SA 4.0, 1,440 clips, 24 English actors, 2 sentences",
            "nemo": "CC BY-NC-SA 4.0, every third clip, 9 Polish actors",
            "emodb": "CC0, 428 clips (boredom left out), 10 German actors",
        },
        "choice_of_layers": {
            "how": (
                "UA of a shrunk linear discriminant on a layer's mean and deviation over clips, "
                "normalized per speaker, speakers held out; each of six layers and four pairs tried"
            ),
            "emodb": "last 76.1, second 91.7, fourth 88.6, second and fourth 92.4",
            "nemo": "last 49.9, second 77.5, fourth 69.3, second and fourth 79.0",
            "ravdess, 8 classes": "last 76.7, second 81.9, fourth 79.2, second and fourth 82.0",
        },
        "augmentation": "noise with room, synthetic music, MP3/Opus/AAC at 16-24 kbit/s, telephone",
        "splits": "RAVDESS by the EmoBox folds (speaker-independent); the rest by corpus",
        "command": "sentigram train bundled --data FOLDER",
        "seed": 0,
        "metrics": metrics,
    }
    write_card(out, NAME, card, [file])
