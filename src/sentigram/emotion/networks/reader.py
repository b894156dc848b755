"""Reads words with a network that `sentigram train` made.

Each word is one example of the kind that the network was trained on: the words and the voice of
two seconds around it, and, if it was trained with context, what came before them. All words of a
recording go through the network in a few batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.core.document import EnginePart
from sentigram.core.emotion import NEUTRAL, EmotionTrack, LabelSet
from sentigram.core.media import Audio
from sentigram.core.protocols import NO_MEMORY, Memory, Progress, no_progress
from sentigram.core.transcript import Transcript, Utterance
from sentigram.emotion import decision
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.pooled import PooledVoice
from sentigram.emotion.encoders.tokens import KINDS, AudioTokens, EncoderInfo, Kind, TextTokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.emotion.join import JoinParameters, log_normalize
from sentigram.emotion.networks.inputs import Sequences, heeding
from sentigram.emotion.networks.scaling import InputStatistics, drawn, floored, load_inputs
from sentigram.emotion.stretches import Stretch, stretches
from sentigram.errors import InputError
from sentigram.files import work_folder
from sentigram.store.memory import FolderMemory

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network


_BLOCK_WORDS = 1500  # about ten minutes of speech: what is in memory at once
_MOST_CONTEXT = 256  # tokens of a modality before a word's window


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Tokens of some segments, and each word's place among them.

    Attributes:
        values: Per modality, float32 (n_tokens, d).
        places: Per modality, int64 (n_words, 3): tokens first … high are given to the network, low
            … high are marked as what it is asked about.
    """

    values: Mapping[Kind, Floats32]
    places: Mapping[Kind, Ints64]

    @property
    def n_words(self) -> int:
        """Of its segments."""
        return len(next(iter(self.places.values())))


def blocks_of(found: Iterator[Stretch]) -> Iterator[list[Stretch]]:
    """Consecutive segments of about _BLOCK_WORDS words."""
    block: list[Stretch] = []
    n_words = 0
    for segment in found:
        if block and n_words + segment.n_words > _BLOCK_WORDS:
            yield block
            block, n_words = [], 0
        block.append(segment)
        n_words += segment.n_words
    if block:
        yield block


def word_tokens(
    encoder: TextTokens,
    block: Sequence[Stretch],
    before: Sequence[Utterance],
    context: int,
) -> tuple[Floats32, Ints64]:
    """Vectors of the block's words and of the utterances before it, and each word's place."""
    utterances = [utterance for segment in block for utterance in segment.utterances]
    if isinstance(encoder, WholeTexts):
        return _sentence_tokens(encoder, utterances, before, context)
    encoded = encoder.encode([*before, *utterances])
    starts = np.concatenate([[0], np.cumsum([len(features.vectors) for features in encoded])])
    places = []
    number = len(before)
    for segment in block:
        windows = iter(segment.windows)
        for utterance in segment.utterances:
            start = int(starts[number])
            reach = int(starts[max(0, number - context)]) if context else start
            for i, word in enumerate(utterance.words):
                window = next(windows)
                near = [
                    k
                    for k, other in enumerate(utterance.words)
                    if other.span.overlap_ms(window) or other is word
                ]
                low, high = start + min(*near, i), start + max(*near, i) + 1
                first = max(reach, low - _MOST_CONTEXT) if context else low
                places.append((first, low, high))
            number += 1
    return np.concatenate([features.vectors for features in encoded]), np.array(places, np.int64)


def _sentence_tokens(
    encoder: WholeTexts, utterances: Sequence[Utterance], before: Sequence[Utterance], context: int
) -> tuple[Floats32, Ints64]:
    """The same where tokens are of whole sentences: each word is read from all of its sentence."""
    encoded = encoder.encode_whole([*before, *utterances])
    starts = np.concatenate([[0], np.cumsum([len(tokens) for tokens in encoded])])
    places = []
    for number, utterance in enumerate(utterances, start=len(before)):
        place = (starts[max(0, number - context)], starts[number], starts[number + 1])
        places += [place] * len(utterance.words)
    return np.concatenate(encoded), np.array(places, np.int64)


def _window_means(
    encoder: PooledVoice, block: Sequence[Stretch], audio: Audio
) -> tuple[Floats32, Ints64]:
    """The mean over each word's window, as training has the mean over each clip."""
    means = []
    spans = [segment.span for segment in block]
    for segment, frames in zip(block, encoder.frames.encode_spans(audio, spans), strict=True):
        means += [
            frames.values[frames.within(window)].mean(axis=0, dtype=np.float64)
            for window in segment.windows
        ]
    at = np.arange(len(means))
    return np.array(means, np.float32), np.stack([at, at, at + 1], axis=1).astype(np.int64)


def voice_tokens(
    encoder: AudioTokens, block: Sequence[Stretch], audio: Audio, *, has_context: bool
) -> tuple[Floats32, Ints64]:
    """Tokens of the block's segments, and each word's place among them."""
    if isinstance(encoder, PooledVoice):
        return _window_means(encoder, block, audio)
    values, places = [], []
    at = 0
    spans = [segment.span for segment in block]
    for segment, tokens in zip(block, encoder.encode_spans(audio, spans), strict=True):
        for window in segment.windows:
            part = tokens.within(window)
            low, high = at + part.start, at + part.stop
            first = max(0, low - _MOST_CONTEXT) if has_context else low
            places.append((first, low, high))
        values.append(tokens.values)
        at += len(tokens.values)
    return np.concatenate(values), np.array(places, np.int64)


def keep(block: Block, number: int, memory: Memory) -> None:
    """Keep the tokens of a block, so that they are made once."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for kind, values in block.values.items():
        arrays[f"{kind}-values"] = values.astype(np.float32)
        arrays[f"{kind}-places"] = block.places[kind]
    memory.remember(_stage(number), arrays)


def kept(number: int, memory: Memory) -> Block | None:
    """The tokens that were kept of a block, None where there are none."""
    arrays = memory.recall(_stage(number))
    if arrays is None:
        return None
    present = [kind for kind in KINDS if f"{kind}-values" in arrays]
    return Block(
        {kind: np.asarray(arrays[f"{kind}-values"], np.float32) for kind in present},
        {kind: np.asarray(arrays[f"{kind}-places"], np.int64) for kind in present},
    )


def read_kept(number: int, memory: Memory) -> Block:
    """The tokens that were kept of a block.

    Raises:
        InputError: They are gone, or cannot be read.
    """
    block = kept(number, memory)
    if block is None:
        why = memory.complaint() if isinstance(memory, FolderMemory) else ""
        message = f"what was kept of block {number} cannot be read again; run it again"
        raise InputError(f"{message} ({why})" if why else message)
    return block


def _stage(number: int) -> str:
    return f"tokens-{number:04d}"


TokenEncoder = TextTokens | AudioTokens

_NEUTRAL_SHARE = 1 / 3  # of words in talks, as in the bundled join
_ALIKE = ("width", "id", "sha256")


class FusedEmotionModel:
    """Reads every word with a trained checkpoint.

    Args:
        checkpoint: `network.card.json` of a run, beside `network.safetensors` and
            `inputs.safetensors`.
        compute: Where encoders and network run.
        encoders: Others than those that the card names, for tests.
        batch_words: Words that are read at once; the results do not depend on it.

    Raises:
        InputError: The checkpoint cannot be used, or was trained on other encoders.
        MissingError: An encoder is not on this machine.
    """

    def __init__(
        self,
        checkpoint: Path,
        *,
        compute: Compute,
        encoders: Mapping[Kind, TokenEncoder] | None = None,
        batch_words: int = 256,
    ) -> None:
        from sentigram.emotion.networks.checkpoint import load_checkpoint

        self._path, self._compute, self._batch_words = checkpoint, compute, batch_words
        network, self._card = load_checkpoint(checkpoint)
        self._network: Network = network.to(compute.device)
        if "classes" not in self._card:
            message = f"{checkpoint}: its card names no classes, so its scores have no meaning"
            raise InputError(message)
        self._labels = _labels(self._card["classes"], checkpoint)
        self._encoders: Mapping[Kind, Any] = encoders or self._named()
        self._check(self._encoders)
        if self._card.get("context") and isinstance(self._encoders.get("audio"), PooledVoice):
            message = (
                f"{checkpoint}: reads the voice of the utterances before as one vector each, which "
                "a recording does not have word by word; train it without data.context"
            )
            raise InputError(message)

    @property
    def labels(self) -> LabelSet:
        """The classes of the checkpoint."""
        return self._labels

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """Encoders and checkpoint, for the Document's engine list."""
        weights = self._path.name.removesuffix(".card.json").removesuffix(".safetensors")
        digest = self._card["files"][f"{weights}.safetensors"]["sha256"]
        name = f"{self._card.get('experiment', weights)}, {self._card.get('system', 'fusion')}"
        calibrated = "" if "calibration" in self._card else ", not calibrated"
        own = EnginePart("fusion checkpoint", f"{name}{calibrated}", sha256=digest)
        return (*(encoder.part for encoder in self._encoders.values()), own)

    def advice(self, language: str) -> str:
        """Fusion reads what its encoders read; which languages those know is not recorded."""
        name = self._encoders["text"].part.id if "text" in self._encoders else ""
        is_english = name == "bert-base-uncased" or name.startswith("sentigram-text")
        if not is_english or language in ("", "en"):
            return ""
        return f"the text encoder {name} knows English; readings in {language!r} are doubtful"

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """One reading per word, smoothed over time, neutral where the network is unsure."""
        utterances = transcript.utterances
        if not utterances:
            return EmotionTrack(self.labels, ())
        with work_folder() as work:
            store = FolderMemory(work / "tokens") if memory is NO_MEMORY else memory
            blocks = list(blocks_of(stretches(utterances, audio.duration_ms)))
            self._encode(blocks, audio, store, lambda share: progress(0.95 * share))
            statistics = self._statistics(len(blocks), store)
            logits, vad = self._fuse(len(blocks), store, statistics)
        progress(1.0)
        return self._track(utterances, logits, vad)

    def _encode(
        self, blocks: Sequence[Sequence[Stretch]], audio: Audio, memory: Memory, progress: Progress
    ) -> None:
        """Tokens of every block, kept as they are made."""
        context = int(self._card.get("context", 0))
        before: tuple[Utterance, ...] = ()
        for number, block in enumerate(blocks):
            if kept(number, memory) is None:
                keep(self._tokens(block, before, audio), number, memory)
            said = [utterance for segment in block for utterance in segment.utterances]
            before = (*before, *said)[-context:] if context else ()
            progress((number + 1) / len(blocks))

    def _tokens(self, block: Sequence[Stretch], before: Sequence[Utterance], audio: Audio) -> Block:
        values: dict[Kind, Floats32] = {}
        places: dict[Kind, Ints64] = {}
        context = int(self._card.get("context", 0))
        if "text" in self._encoders:
            values["text"], places["text"] = word_tokens(
                self._encoders["text"], block, before, context
            )
        if "audio" in self._encoders:
            values["audio"], places["audio"] = voice_tokens(
                self._encoders["audio"], block, audio, has_context=context > 0
            )
        return Block(values, places)

    def _statistics(self, n_blocks: int, memory: Memory) -> Mapping[Kind, InputStatistics | None]:
        """What tokens are normalized by: training's, or the recording's own drawn toward it."""
        found: dict[Kind, InputStatistics | None] = {}
        for kind in self._encoders:
            how = self._card.get(f"normalize_{kind}", "train")
            is_scaled = how != "none" and self._info(kind).numbers == "values"
            train = self._inputs[kind] if is_scaled else None
            if how == "recording" and train is not None:
                train = _recordings(kind, n_blocks, memory, train)
            found[kind] = train
        return found

    def _fuse(
        self,
        n_blocks: int,
        memory: Memory,
        statistics: Mapping[Kind, InputStatistics | None],
    ) -> tuple[dict[str, Floats64], Floats64]:
        """Logits of all words by what was heeded, and VAD."""
        parts = [
            self.fuse(_normalized(read_kept(number, memory), statistics))
            for number in range(n_blocks)
        ]
        logits = {name: np.concatenate([own[name] for own, _ in parts]) for name in parts[0][0]}
        return logits, np.concatenate([vad for _, vad in parts])

    def fuse(self, block: Block) -> tuple[dict[str, Floats64], Floats64]:
        """Run the network on all words of a block, with both modalities and with each alone.

        Args:
            block: Normalized.

        Returns:
            Logits (n_words, n_labels) by what was heeded: both, and with two modalities also text
            and audio. VAD (n_words, 3) of both, NaN without such a head.
        """
        import torch

        kinds = tuple(block.values)
        heeded: dict[str, tuple[Kind, ...]] = {"both": kinds}
        if len(kinds) > 1:
            heeded |= {kind: (kind,) for kind in kinds}
        logits = {name: np.empty((block.n_words, len(self.labels))) for name in heeded}
        vad = np.empty((block.n_words, 3))
        # words of like length together: little padding, and the order is restored
        order = np.lexsort([places[:, 2] - places[:, 0] for places in block.places.values()])
        with torch.inference_mode():
            for at in range(0, block.n_words, self._batch_words):
                rows = order[at : at + self._batch_words]
                given = {kind: self._padded(block, kind, rows) for kind in kinds}
                for name, used in heeded.items():
                    output = self._network(heeding(given, used))
                    logits[name][rows] = output.logits.double().cpu().numpy()
                    if name == "both":
                        vad[rows] = output.vad.double().cpu().numpy()
        return logits, vad

    def _padded(self, block: Block, kind: Kind, rows: NDArray[np.intp]) -> Sequences:
        """Tokens of some words, (batch, n, …)."""
        import torch

        device = self._compute.device
        first, low, high = (torch.from_numpy(column) for column in block.places[kind][rows].T)
        at = first[:, None] + torch.arange(int((high - first).max()))  # (batch, n)
        inside = at < high[:, None]
        values = torch.from_numpy(block.values[kind])[at.clamp(max=len(block.values[kind]) - 1)]
        marked = inside & (at >= low[:, None])
        # what lies outside of the mask is never looked at: see TokenReader
        return Sequences(values.to(device), inside.to(device), marked.to(device))

    def _track(
        self, utterances: Sequence[Utterance], logits: Mapping[str, Floats64], vad: Floats64
    ) -> EmotionTrack:
        calibration = self._card.get("calibration", {})
        shares = calibration.get("prior", {})
        assumed = np.log([shares.get(name, 1 / len(self.labels)) for name in self.labels])
        own = decision.voice_share(utterances)[:, None]
        evidence = {
            heeded: (log_normalize(scores / calibration.get("temperature", 1.0)) - assumed) * own
            for heeded, scores in logits.items()
        }
        joint = evidence["both"]
        if len(self._encoders) == 1:  # what the one modality says is all that is said
            evidence[next(iter(self._encoders))] = joint
        nothing = np.zeros_like(joint)
        alone = evidence.get("audio", nothing), evidence.get("text", nothing)
        return decision.smoothed(utterances, (joint, *alone), vad, self._parameters, self.labels)

    @cached_property
    def _parameters(self) -> JoinParameters:
        """How readings move over time: the design choices of the bundled join."""
        from sentigram.emotion.bundled import load_parameters

        n = len(self.labels)
        prior = np.full(n, 1 / n)
        if NEUTRAL in self.labels.names and n > 1:
            prior[:] = (1 - _NEUTRAL_SHARE) / (n - 1)
            prior[self.labels.index(NEUTRAL)] = _NEUTRAL_SHARE
        return replace(load_parameters(), log_prior=np.log(prior))

    @cached_property
    def _inputs(self) -> Mapping[Kind, InputStatistics]:
        infos: dict[Kind, EncoderInfo] = {kind: self._info(kind) for kind in self._encoders}
        widths = {kind: one.width for kind, one in infos.items() if one.numbers == "values"}
        return load_inputs(self._path.parent, widths)

    def _info(self, kind: Kind) -> EncoderInfo:
        info: EncoderInfo = self._encoders[kind].info
        return info

    def _named(self) -> Mapping[Kind, TokenEncoder]:
        """The encoders that the card names."""
        from sentigram.emotion.encoders.named import token_encoder

        known = self._card.get("encoders", {})
        found: dict[Kind, TokenEncoder] = {}
        for kind in self._network.config.modalities:
            if kind == "visual":
                message = (
                    f"{self._path}: reads faces, which are prepared for training only; give a "
                    "checkpoint of words, voice or both"
                )
                raise InputError(message)
            about = known.get(kind) if isinstance(known, Mapping) else None
            name = about.get("name") if isinstance(about, Mapping) else None
            if not isinstance(name, str):
                message = f"{self._path}: its card does not name the encoder of its {kind} tokens"
                raise InputError(message)
            found[kind] = token_encoder(name, compute=self._compute)
        return found

    def _check(self, encoders: Mapping[Kind, TokenEncoder]) -> None:
        """Make sure that the encoders are those that the network was trained on."""
        from sentigram.emotion.networks.checkpoint import require_encoders

        facts = {
            kind: {name: getattr(encoder.info, name) for name in _ALIKE}
            for kind, encoder in encoders.items()
        }
        try:
            require_encoders(self._card, facts)
        except InputError as error:
            message = f"{self._path}: {error}"
            raise InputError(message) from error


def _labels(classes: Sequence[str], checkpoint: Path) -> LabelSet:
    """The classes as labels of words, of which most are neutral.

    Raises:
        InputError: Neutral is not among them, or a name cannot be one of a label.
    """
    if NEUTRAL not in classes:
        message = (
            f"{checkpoint}: knows {', '.join(classes)} and no {NEUTRAL}, which words without an "
            f"emotion are read as; train it with {NEUTRAL} among data.classes, or judge it on "
            "clips with: sentigram evaluate RUN"
        )
        raise InputError(message)
    try:
        return LabelSet(tuple(classes))
    except ValueError as error:
        message = f"{checkpoint}: its classes cannot be read as emotions: {error}"
        raise InputError(message) from error


def _recordings(
    kind: Kind, n_blocks: int, memory: Memory, train: InputStatistics
) -> InputStatistics:
    """Statistics of a whole recording, block by block."""
    n, total, squares = 0, np.zeros(len(train.mean)), np.zeros(len(train.mean))
    for number in range(n_blocks):
        values = read_kept(number, memory).values[kind].astype(np.float64) - train.mean
        n += len(values)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
    mean = total / n  # of what lies above training's mean, so that squares keep their digits
    deviation = np.sqrt(np.maximum(squares / n - mean**2, 0))
    return drawn(floored(mean + train.mean, deviation), train, n)


def _normalized(block: Block, statistics: Mapping[Kind, InputStatistics | None]) -> Block:
    values = {
        kind: values if (known := statistics[kind]) is None else known(values)
        for kind, values in block.values.items()
    }
    return Block(values, block.places)
