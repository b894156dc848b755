"""Makes the weights that ship with Sentigram, and measures them: text, voice, join."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentigram.core.protocols import Reporter
from sentigram.errors import UsageError

TRAINED = ("text", "voice", "join")
UNACTED = ("real", "retest")
MEASURED = (*TRAINED, *UNACTED)
_CACHE = "cache"


@dataclass(frozen=True, slots=True)
class BundledReport:
    """Figures on the shipped weights.

    Attributes:
        figures: Part to nested tables of figures.
        texts: Part to the same for people.
    """

    figures: Mapping[str, Any]
    texts: Mapping[str, str]

    def as_json(self) -> str:
        """For scripts."""
        return json.dumps(self.figures, indent=1)

    def as_text(self) -> str:
        """For people."""
        return "\n".join(self.texts.values())


def train_bundled(
    data: Path | None, out: Path, parts: Sequence[str], *, reporter: Reporter
) -> None:
    """Make the weight files anew; the join needs those of words beside it.

    Args:
        data: The folder with one folder per corpus.
        out: The folder for the weights; encoded clips are kept in cache/ below it.
        parts: Of TRAINED.
        reporter: Told what goes on.

    Raises:
        InputError: A corpus is absent.
        UsageError: A part does not exist, or the folder is not given.
    """
    folder = _checked(data, parts, TRAINED)
    if "text" in parts:
        with reporter.stage("text"):
            _train_text(folder, out, reporter)
    if "voice" in parts or "join" in parts:
        from sentigram.training.shipped import join
        from sentigram.training.shipped.voice.train import train

        with reporter.stage("voice"):
            readings = train(folder, out, out / _CACHE, log=reporter.note)
        if "join" in parts:
            with reporter.stage("join"):
                join.train(folder, out, readings)


def evaluate_bundled(
    data: Path | None,
    cache: Path,
    parts: Sequence[str],
    *,
    reporter: Reporter,
    weights: Path | None = None,
    prompts: Path | None = None,
) -> BundledReport:
    """Measure weights by protocols that hold speakers, sentences or corpora out.

    Args:
        data: The folder with one folder per corpus.
        cache: Where encoded clips are kept.
        parts: Of MEASURED.
        reporter: Told what goes on.
        weights: The folder that `train_bundled` wrote; the shipped weights if None.
        prompts: Where studio prompts were unpacked, for `real` and `retest`.

    Raises:
        InputError: A corpus is absent.
        UsageError: A part does not exist, the folder is not given, or other weights than the
            shipped ones are given to a part that measures what ships.
    """
    folder = _checked(data, parts, MEASURED)
    if weights is not None and set(UNACTED).intersection(parts):
        message = "--parts real and retest measure what is installed; leave out --weights"
        raise UsageError(message)
    figures: dict[str, Any] = {}
    texts: dict[str, str] = {}
    if "text" in parts:
        from sentigram.training.shipped.text import evaluate as text
        from sentigram.training.shipped.text.data import read_corpora

        with reporter.stage("text"):
            figures["text"] = text.evaluate(read_corpora(folder), folder=weights)
            texts["text"] = text.as_text(figures["text"])
    if "voice" in parts or "join" in parts:
        figures |= _sound(folder, cache, parts, reporter, weights)
    if set(UNACTED).intersection(parts):
        _unacted(folder, cache, prompts, parts, reporter, figures, texts)
    for name in ("voice", "join"):
        if name in figures:
            texts[name] = "\n".join(as_lines(figures[name]))
    return BundledReport(figures, texts)


def _sound(
    folder: Path, cache: Path, parts: Sequence[str], reporter: Reporter, weights: Path | None
) -> dict[str, Any]:
    from sentigram.assets import weights as shipped
    from sentigram.training.corpora import emodb
    from sentigram.training.shipped import join
    from sentigram.training.shipped.voice import evaluate as voice
    from sentigram.training.shipped.voice.train import fit_commercial

    figures: dict[str, Any] = {}
    corpora = voice.load_corpora(folder, cache, log=reporter.note)
    with reporter.stage("voice"):
        unknown = voice.left_out(corpora)
        readings, scenes = voice.held_out(corpora, unknown.calibration)
        if "voice" in parts:
            figures["voice"] = voice.evaluate(corpora, cache, readings, scenes, unknown)
            commercial, _ = fit_commercial(corpora[emodb.NAME])
            figures["voice"]["Commercial model (trained on EmoDB alone), UA"] = {
                name: voice.accuracies(commercial, corpus)
                for name, corpus in corpora.items()
                if name != emodb.NAME
            }
    if "join" in parts:
        with reporter.stage("join"):
            held = join.HeldOut(readings, unknown.readings)
            joined = join.evaluate(folder, weights or shipped(), held)
            figures["join"] = {"Words and voice joined": joined}
    return figures


def _unacted(
    folder: Path,
    cache: Path,
    prompts: Path | None,
    parts: Sequence[str],
    reporter: Reporter,
    figures: dict[str, Any],
    texts: dict[str, str],
) -> None:
    """What the installed engine reads in real recordings, as they are and changed."""
    from sentigram.emotion.bundled import BundledEmotionModel
    from sentigram.training.shipped import false_alarms, retest, unacted_speech
    from sentigram.training.shipped.by_voice import ByVoice
    from sentigram.training.shipped.kept_frames import KeptFrames
    from sentigram.words.speakers.voices import BandVoices

    kept = cache / "real-speech"
    with reporter.stage("words"):
        prepared = unacted_speech.prepare(
            folder,
            kept,
            prompt_folder=prompts,
            with_spliced="retest" in parts,
            log=reporter.note,
        )
    model = ByVoice(BundledEmotionModel(audio_encoder=KeptFrames(kept)), BandVoices())
    if "real" in parts:
        with reporter.stage("real"):
            alarms = false_alarms.evaluate(
                [r for r in prepared.recordings if r.kind != "spliced"],
                model,
                left_out=prepared.left_out,
                log=reporter.note,
            )
        figures["real"], texts["real"] = false_alarms.as_json(alarms), false_alarms.as_text(alarms)
    if "retest" in parts:
        with reporter.stage("retest"):
            again = retest.evaluate(
                prepared.recordings, model, left_out=prepared.left_out, log=reporter.note
            )
        figures["retest"], texts["retest"] = retest.as_json(again), retest.as_text(again)


def _train_text(data: Path, out: Path, reporter: Reporter) -> None:
    from sentigram.training.shipped.text.data import read_corpora
    from sentigram.training.shipped.text.export import export
    from sentigram.training.shipped.text.train import TrainConfig, train

    corpora = read_corpora(data)
    trained = train(corpora, TrainConfig(), report=reporter.note)
    export(trained, corpora, out, command="sentigram train bundled --data FOLDER --parts text")


def _checked(data: Path | None, parts: Sequence[str], allowed: Sequence[str]) -> Path:
    if data is None:
        message = "the bundled weights need --data FOLDER, with one folder per corpus"
        raise UsageError(message)
    unknown = [part for part in parts if part not in allowed]
    if unknown or not parts:
        message = f"--parts {','.join(unknown) or '(empty)'}: choose from {', '.join(allowed)}"
        raise UsageError(message)
    return data


def as_lines(table: Mapping[str, Any], indent: int = 0) -> list[str]:
    """A table of tables for people: what is in another one is indented."""
    lines: list[str] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            lines += [f"{' ' * indent}{name}", *as_lines(value, indent + 2)]
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else value
            lines.append(f"{' ' * indent}{name}: {shown}")
    return lines
