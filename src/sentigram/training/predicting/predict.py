"""Reads clips with a trained network, each as a whole, as it read its test examples.

The features are made by the encoders that the card names, stored and scaled as in training; logits
are divided by the temperature that the validation examples gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Bools, Floats64
from sentigram.core.protocols import Progress, no_progress
from sentigram.emotion.encoders.text_form import form_of
from sentigram.emotion.encoders.tokens import AnyFloats, Kind
from sentigram.emotion.networks.checkpoint import load_checkpoint, require_encoders
from sentigram.emotion.networks.scaling import InputStatistics, load_inputs
from sentigram.errors import InputError, MediaError, UsageError
from sentigram.training.dataset.assemble import scaled
from sentigram.training.dataset.examples import HeldOutSet, Table, Tokens
from sentigram.training.dataset.extractors import encoder as encoder_of
from sentigram.training.dataset.features import FeatureEncoder
from sentigram.training.fit.epochs import predict as run_network
from sentigram.training.predicting.clips import Clip

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network

_AT_ONCE = 128  # clips whose tokens are in memory together
_ALIKE = ("width", "id", "sha256")
_FROM_RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class ClipReading:
    """What a network says of one clip.

    Attributes:
        clip: It.
        label: The most probable class, "" where it could not be read.
        probs: Of each class, calibrated; they sum to 1. Empty where it could not be read.
        vad: Valence, arousal and dominance in [-1, 1]; None where the network reads none.
        problem: Why it could not be read, else "".
    """

    clip: Clip
    label: str = ""
    probs: tuple[float, ...] = ()
    vad: tuple[float, float, float] | None = None
    problem: str = ""


class ClipReader:
    """A checkpoint that reads whole clips.

    Args:
        checkpoint: `network.card.json` of a run.
        device: Where the network runs: cpu, cuda or mps.
        encoders: Others than those that the card names, for tests.

    Raises:
        InputError: The checkpoint cannot be used, or names encoders that are others here.
        UsageError: Nothing makes its features from clips.
        MissingError: A model is not on this machine.
    """

    def __init__(
        self,
        checkpoint: Path,
        *,
        device: str = "cpu",
        encoders: Mapping[Kind, FeatureEncoder] | None = None,
    ) -> None:
        network, self._card = load_checkpoint(checkpoint)
        self._network: Network = network.to(device)
        if "classes" not in self._card:
            message = f"{checkpoint}: its card names no classes, so its scores have no meaning"
            raise InputError(message)
        self.classes: tuple[str, ...] = tuple(self._card["classes"])
        self._encoders = dict(encoders or self._named(checkpoint))
        facts = {
            kind: {name: getattr(one.info, name) for name in _ALIKE}
            for kind, one in self._encoders.items()
        }
        try:
            require_encoders(self._card, facts)
        except InputError as error:
            message = f"{checkpoint}: {error}"
            raise InputError(message) from error
        self._statistics = self._scaling(checkpoint)

    @property
    def is_calibrated(self) -> bool:
        """Whether validation examples gave a temperature."""
        return "calibration" in self._card

    @property
    def has_vad(self) -> bool:
        """Whether it reads valence, arousal and dominance."""
        return self._network.config.vad_head

    @property
    def context(self) -> int:
        """Utterances of the dialogue before that it was trained to read along."""
        return int(self._card.get("context", 0))

    def read(
        self, clips: Sequence[Clip], *, progress: Progress = no_progress
    ) -> Iterator[ClipReading]:
        """Read clips, one reading each, in their order.

        A clip that cannot be decoded, or lacks words or sound that the network reads, has its
        problem in its reading; the others are read.

        Args:
            clips: From `find_clips`.
            progress: Told the share that is done.

        Raises:
            UsageError: The network reads words and no clip has any, or sound and none has any.
        """
        self._require(clips)
        whole = any(self._how(kind) == _FROM_RECORDING for kind in self._encoders)
        # statistics of a speaker, and utterances before, need all clips at once
        step = len(clips) if whole or self.context else _AT_ONCE
        for at in range(0, len(clips), step):
            yield from self._read(clips[at : at + step])
            progress(min(1.0, (at + step) / len(clips)))

    def _read(self, clips: Sequence[Clip]) -> Iterator[ClipReading]:
        problems: dict[int, str] = {}
        values: dict[Kind, dict[int, AnyFloats]] = {kind: {} for kind in self._encoders}
        for kind, encoder in self._encoders.items():
            for number, clip in enumerate(clips):
                if number in problems:
                    continue
                try:
                    values[kind][number] = _encoded(encoder, kind, clip)
                except _UnreadableError as error:
                    problems[number] = str(error)
        rows = [number for number in range(len(clips)) if number not in problems]
        outputs = self._outputs(clips, rows, values) if rows else {}
        for number, clip in enumerate(clips):
            if number in problems:
                yield ClipReading(clip, problem=problems[number])
            else:
                probs, vad = outputs[number]
                label = self.classes[int(np.argmax(probs))]
                yield ClipReading(clip, label, tuple(probs.tolist()), vad)

    def _outputs(
        self,
        clips: Sequence[Clip],
        rows: Sequence[int],
        values: Mapping[Kind, Mapping[int, AnyFloats]],
    ) -> dict[int, tuple[Floats64, tuple[float, float, float] | None]]:
        n = len(rows)
        speakers = tuple(clips[row].speaker for row in rows)
        before = self._before(clips, rows)
        tokens = {
            kind: scaled(
                self._tokens(kind, rows, before, values[kind]),
                speakers,
                self._statistics.get(kind),
                self._how(kind),
            )
            for kind in self._encoders
        }
        nothing = ("",) * n
        table = Table(
            ids=tuple(map(str, rows)), classes=self.classes, labels=np.zeros(n, np.int64),
            tokens=tokens, vad=np.full((n, 3), np.nan, np.float32), speakers=speakers,
            dialogues=nothing, corpora=nothing, sentences=nothing, groups=nothing,
        )  # fmt: skip
        found = run_network(self._network, HeldOutSet(table, np.arange(n), "test"))
        scores = found.logits / float(self._card.get("calibration", {}).get("temperature", 1.0))
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = raised / raised.sum(axis=1, keepdims=True)
        vad = [(float(v), float(a), float(d)) if self.has_vad else None for v, a, d in found.vad]
        return dict(zip(rows, zip(probs, vad, strict=True), strict=True))

    def _before(self, clips: Sequence[Clip], rows: Sequence[int]) -> dict[int, list[int]]:
        """The utterances before each in its dialogue that are read along, oldest first."""
        said: dict[str, list[int]] = {}
        found = {}
        for row in rows:
            dialogue = clips[row].dialogue
            found[row] = said.get(dialogue, [])[-self.context :] if self.context else []
            if dialogue:
                said.setdefault(dialogue, []).append(row)
        return found

    def _tokens(
        self,
        kind: Kind,
        rows: Sequence[int],
        before: Mapping[int, Sequence[int]],
        values: Mapping[int, AnyFloats],
    ) -> Tokens:
        arrays: list[AnyFloats] = []
        marks: list[Bools] = []
        lengths = []
        for row in rows:
            parts = [*(values[other] for other in before[row]), values[row]]
            arrays += parts
            marks += [np.zeros(len(part), bool) for part in parts[:-1]]
            marks.append(np.ones(len(parts[-1]), bool))
            lengths.append(sum(map(len, parts)))
        return Tokens(
            values=np.concatenate(arrays),
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            marked=np.concatenate(marks),
            numbers=self._encoders[kind].info.numbers,
        )

    def _how(self, kind: Kind) -> Any:
        return self._card.get(f"normalize_{kind}", "train")

    def _scaling(self, checkpoint: Path) -> Mapping[Kind, InputStatistics]:
        widths = {
            kind: one.info.width
            for kind, one in self._encoders.items()
            if one.info.numbers == "values" and self._how(kind) != "none"
        }
        return load_inputs(checkpoint.parent, widths) if widths else {}

    def _named(self, checkpoint: Path) -> Iterator[tuple[Kind, FeatureEncoder]]:
        known = self._card.get("encoders", {})
        for kind in self._network.config.modalities:
            about = known.get(kind) if isinstance(known, Mapping) else None
            name = about.get("name") if isinstance(about, Mapping) else None
            if not isinstance(name, str):
                message = f"{checkpoint}: its card does not name the encoder of its {kind} tokens"
                raise InputError(message)
            try:
                made = encoder_of(name)
            except UsageError as error:
                message = (
                    f"{checkpoint}: reads {kind} features {name!r}, which nothing here makes of "
                    f"clips: {error}"
                )
                raise UsageError(message) from error
            yield kind, made

    def _require(self, clips: Sequence[Clip]) -> None:
        if "text" in self._encoders and not any(clip.text for clip in clips):
            message = (
                "the checkpoint reads words, and none are known; give a manifest, or a CSV with "
                "the columns path and text"
            )
            raise UsageError(message)
        if set(self._encoders) - {"text"} and all(clip.path is None for clip in clips):
            message = "the checkpoint reads sound, and only words were given; name the clips"
            raise UsageError(message)


class _UnreadableError(Exception):
    """A clip lacks something, or cannot be decoded."""


def _encoded(encoder: FeatureEncoder, kind: Kind, clip: Clip) -> AnyFloats:
    """Tokens of one clip, in the numbers in which training kept them."""
    import av

    if kind == "text":
        if not clip.text:
            message = "no words are known of it"
            raise _UnreadableError(message)
        form = form_of(encoder.info.name)  # what training did to texts
        (found,) = encoder.encode([form.of(clip.text, clip.speaker)])
    else:
        if clip.path is None:
            message = "no sound is known of it"
            raise _UnreadableError(message)
        try:
            (found,) = encoder.encode([clip.path])
        except (MediaError, InputError, av.FFmpegError, OSError, ValueError, IndexError) as error:
            reason = str(error).removeprefix(f"{clip.path}: ")
            message = f"cannot be decoded ({reason})"
            raise _UnreadableError(message) from error
    stored: AnyFloats = found.astype(encoder.info.stored)
    return stored


def as_rows(
    readings: Sequence[ClipReading], classes: Sequence[str], *, has_vad: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Readings as a header and rows of a table; probabilities with six digits.

    Spreadsheets compute what begins like a formula. A clip of such a name is written as the same
    path from `./`, a label with an apostrophe before it.
    """
    vad = ("valence", "arousal", "dominance") if has_vad else ()
    header = ("clip", "label", *(f"p_{name}" for name in classes), *vad, "problem")
    rows = [
        (
            f"./{reading.clip.name}" if _is_formula(reading.clip.name) else reading.clip.name,
            f"'{reading.label}" if _is_formula(reading.label) else reading.label,
            *(f"{p:.6f}" for p in reading.probs or ()),
            *([""] * len(classes) if not reading.probs else ()),
            *((f"{v:.4f}" for v in reading.vad) if reading.vad else ("",) * len(vad)),
            reading.problem,
        )
        for reading in readings
    ]
    return header, rows


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute a cell and not show it."""
    return text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
