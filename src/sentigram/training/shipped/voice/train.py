"""Makes the shipped voice models: protocols first, then a fit on all speakers, then cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sentigram.emotion import voice_model
from sentigram.emotion.encoders.compact.frames import VoiceEncoder
from sentigram.emotion.voice_model import VoiceModel
from sentigram.store.shipped import voice_card, write_card
from sentigram.training.corpora import emodb
from sentigram.training.shipped.join import HeldOut
from sentigram.training.shipped.voice import evaluate, recipe
from sentigram.training.shipped.voice.evaluate import VoiceCalibration
from sentigram.training.shipped.voice.recipe import VoiceCorpus

_CITED = (
    "- EmoDB: Burkhardt F et al. (2005), A Database of German Emotional Speech, Interspeech. CC0.\n"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What one of the voice models may be used for, and what it learnt from.

    Attributes:
        licence: SPDX expression.
        licence_text: Of the file beside the weights.
        corpora: What the card says of each.
        calibrated: How its temperatures and its spread were found.
    """

    licence: str
    licence_text: str
    corpora: Mapping[str, str]
    calibrated: str


CHOICES: Mapping[str, Choice] = MappingProxyType(
    {
        "research": Choice(
            licence="CC-BY-NC-SA-4.0",
            licence_text=(
                "The voice model (voice-research.safetensors) is licensed under CC BY-NC-SA 4.0:\n"
                "https://creativecommons.org/licenses/by-nc-sa/4.0/\n\n"
                "It was trained on, and is derived from:\n"
                "- RAVDESS: Livingstone SR, Russo FA (2018), The Ryerson Audio-Visual Database of\n"
                "  Emotional Speech and Song, PLoS ONE 13(5): e0196391. CC BY-NC-SA 4.0.\n"
                "- nEMO: Christop I (2024), nEMO: Dataset of Emotional Speech in Polish,\n"
                "  LREC-COLING. CC BY-NC-SA 4.0.\n" + _CITED
            ),
            corpora={
                "ravdess": "CC BY-NC-SA 4.0, 1,440 clips, 24 English actors, 2 sentences",
                "nemo": "CC BY-NC-SA 4.0, every third clip, 9 Polish actors",
                "emodb": "CC0, 428 clips (boredom left out), 10 German actors",
            },
            calibrated="mean over the three corpora, each read by a model of the other two",
        ),
        "commercial": Choice(
            licence="MIT",
            licence_text=(
                "The voice model (voice-commercial.safetensors) is licensed under the MIT "
                "license,\nas the code is: see LICENSE. It may be used commercially.\n\n"
                "It was trained on:\n" + _CITED
            ),
            corpora={"emodb": "CC0, 428 clips (boredom left out), 10 German actors"},
            calibrated="on EmoDB speakers that it did not know, over channels that it did not know",
        ),
    }
)


def train(
    data: Path, out: Path, cache: Path, *, log: Callable[[str], None] = lambda _text: None
) -> HeldOut:
    """Write weights, card and licence of each voice model.

    Args:
        data: Folder that holds ravdess/, nemo/ and emodb/.
        out: Folder for the files.
        cache: Folder for windows of clips.
        log: Told about progress.

    Returns:
        Readings of held-out speakers, which the join is fitted on.
    """
    corpora = evaluate.load_corpora(data, cache, log=log)
    log("corpora left out")
    unknown = evaluate.left_out(corpora)
    log("speakers left out")
    readings, scenes = evaluate.held_out(corpora, unknown.calibration)
    metrics = evaluate.evaluate(corpora, cache, readings, scenes, unknown)
    log("all speakers")
    research = unknown.calibration.of(recipe.fit(recipe.concatenate(list(corpora.values()))))
    save("research", research, unknown.calibration, out, metrics)
    free = corpora[emodb.NAME]
    commercial, calibration = fit_commercial(free)
    figures = {
        "Trained on EmoDB, UA": {
            name: evaluate.accuracies(commercial, corpus)
            for name, corpus in corpora.items()
            if name != emodb.NAME
        }
    }
    save("commercial", commercial, calibration, out, figures)
    return HeldOut(readings, unknown.readings)


def fit_commercial(corpus: VoiceCorpus) -> tuple[VoiceModel, VoiceCalibration]:
    """The model of EmoDB alone: nothing else may be used without conditions."""
    calibration = evaluate.unknown_channels(corpus)
    return calibration.of(recipe.fit(corpus)), calibration


def save(
    name: str,
    model: VoiceModel,
    calibration: VoiceCalibration,
    out: Path,
    metrics: Mapping[str, Any],
) -> None:
    """Write weights, licence and card.

    Args:
        name: Of CHOICES.
        model: Calibrated.
        calibration: Of the model.
        out: The folder.
        metrics: For the card.
    """
    from safetensors.numpy import save_file

    out.mkdir(parents=True, exist_ok=True)
    arrays = {
        "absolute_weight": model.absolute.weight,
        "absolute_bias": model.absolute.bias,
        "relative_weight": model.relative.weight,
        "relative_bias": model.relative.bias,
        "centre": model.centre,
        "calm": model.calm,
        "label_vad": model.label_vad,
    }
    choice, card_name = CHOICES[name], voice_card(name)
    file = f"{card_name}.safetensors"
    # safetensors writes memory as it lies, so that a transposed array would be scrambled
    save_file({k: np.ascontiguousarray(v, np.float32) for k, v in arrays.items()}, out / file)
    (out / f"{card_name}.LICENSE.txt").write_text(choice.licence_text, encoding="utf-8")
    encoder = VoiceEncoder().part
    card = {
        "name": f"sentigram-{card_name}",
        "version": "2",
        "licence": choice.licence,
        "labels": list(model.labels),
        "heard": [
            label for label, is_known in zip(model.labels, model.known, strict=True) if is_known
        ],
        "encoder": {"id": encoder.id, "version": encoder.version, "sha256": encoder.sha256},
        "what": " ".join((voice_model.__doc__ or "").split()),
        "how": " ".join((recipe.__doc__ or "").split()),
        "temperature": {
            "absolute": model.absolute.temperature,
            "relative": model.relative.temperature,
        },
        "spread": model.spread,
        "spread_in_training": model.spread / calibration.spread,
        "calibrated": choice.calibrated,
        "vad": (
            "posterior mean of the labels' values in Russell & Mehrabian 1977; the corpora have no "
            "annotations of valence, arousal or dominance"
        ),
        "corpora": dict(choice.corpora),
        "augmentation": (
            "noise with room, synthetic music, MP3/Opus/AAC at 16-24 kbit/s, telephone, "
            "vocal effort"
        ),
        "splits": "RAVDESS by the EmoBox folds (speaker-independent); the rest by corpus",
        "command": "sentigram train bundled --data FOLDER",
        "metrics": dict(metrics),
    }
    write_card(out, card_name, card, [file])
