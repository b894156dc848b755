"""Pieces of a recording, short enough for a network that attends to all it hears at once.

wav2vec 2.0, HuBERT, WavLM and emotion2vec share a front end: a frame every 320 samples, each of
400. Pieces start on multiples of 320 samples, so that the frames of all pieces lie on one grid:
frame g of the recording covers samples 320·g to 320·g + 400, and its centre is at 20·g + 12.5 ms.
A piece is heard with some sound around it, whose frames are dropped: a frame near a cut is
encoded in context like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span, samples_from_ms
from sentigram.emotion.encoders.batching import batches
from sentigram.emotion.encoders.tokens import SpanTokens

Energy = Callable[[int, int], Floats32]
"""Loudness of each stretch of HOP_SAMPLES, from one frame's number to another's."""
EncodeBatch = Callable[[Sequence[Floats32]], Sequence[Floats32]]
"""Waves (n_samples,) of like length to frames (n_frames(n_samples), width), none of which may
depend on what else is in the batch."""

HOP_SAMPLES = 320
WINDOW_SAMPLES = 400
HOP_MS = HOP_SAMPLES * MS_PER_SECOND // SAMPLE_RATE_HZ  # 20 ms
FRAMES_PER_TOKEN = 5  # 100 ms: several tokens in the shortest words, and few in an hour
LONGEST_MS = 10_000  # attention cost grows with the square of the length
CONTEXT_MS = 1_000  # on each side of a cut
EDGE_CONTEXT_MS = 500  # where a span begins and ends, as a rule in a pause
BLOCK_MS = 180_000  # of sound, encoded before its tokens are given out: memory stays flat
_FILL = 0.8  # of the longest piece, on average: leaves room to look for a quiet place
_REACH = 0.25  # of the longest piece: how far from its even place a cut may move
# What centres frames in the stretches that stand for them: half of the window less half of the hop
_OFFSET_MS = (WINDOW_SAMPLES - HOP_SAMPLES) / 2 * MS_PER_SECOND / SAMPLE_RATE_HZ  # 2.5 ms


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of sound that is encoded at once.

    Attributes:
        span: Number of the span that it is of.
        first_sample: Where it begins in the recording, a multiple of HOP_SAMPLES.
        end_sample: Where it ends; past the end of a recording that is shorter than one window.
        keep_first: First frame to keep, numbered from the start of the recording.
        keep_end: End of the frames to keep.
    """

    span: int
    first_sample: int
    end_sample: int
    keep_first: int
    keep_end: int

    @property
    def n_samples(self) -> int:
        """Its length, context included."""
        return self.end_sample - self.first_sample

    @property
    def kept(self) -> slice:
        """The frames to keep, among the piece's own."""
        first = self.first_sample // HOP_SAMPLES
        return slice(self.keep_first - first, self.keep_end - first)

    def cut(self, samples: Floats32) -> Floats32:
        """Its sound, float32 (n_samples,); silence is put after a recording that is too short."""
        wave = np.asarray(samples[self.first_sample : self.end_sample], np.float32)
        return np.pad(wave, (0, self.n_samples - len(wave)))


def n_frames(n_samples: int) -> int:
    """Frames of a stretch of sound; 0 when it is shorter than one window."""
    return max(0, (n_samples - WINDOW_SAMPLES) // HOP_SAMPLES + 1)


def hop_energy(samples: Floats32) -> Energy:
    """Mean square of each stretch of HOP_SAMPLES of a recording, worked out where it is asked for.

    Args:
        samples: float32 (n_samples,); may be a memory map.
    """

    def energy(first: int, end: int) -> Floats32:
        wave = np.zeros((end - first) * HOP_SAMPLES, np.float32)
        heard = samples[first * HOP_SAMPLES : end * HOP_SAMPLES]
        wave[: len(heard)] = heard
        return np.asarray(np.mean(wave.reshape(-1, HOP_SAMPLES) ** 2, axis=1), np.float32)

    return energy


def kept_frames(span: Span, n_samples: int) -> tuple[int, int]:
    """The frames whose centres lie in a span, first and end; the nearest where there is none."""
    total = n_frames(max(n_samples, WINDOW_SAMPLES))
    start, end = (samples_from_ms(t, SAMPLE_RATE_HZ) for t in (span.start_ms, span.end_ms))
    low, high = (-((WINDOW_SAMPLES // 2 - at) // HOP_SAMPLES) for at in (start, end))  # rounded up
    high = min(high, total)
    if high <= low:
        low = (start + end - WINDOW_SAMPLES + HOP_SAMPLES) // (2 * HOP_SAMPLES)
        low = min(max(low, 0), total - 1)
        high = low + 1
    return low, high


def plan(
    spans: Sequence[Span],
    n_samples: int,
    *,
    longest_ms: int = LONGEST_MS,
    context_ms: int = CONTEXT_MS,
    edge_context_ms: int = EDGE_CONTEXT_MS,
    energy: Energy | None = None,
    group: int = 1,
) -> list[Piece]:
    """Cut spans of a recording into pieces whose kept frames tile them.

    Args:
        spans: In any order; parts of them that lie after the recording are its last frame.
        n_samples: Of the recording.
        longest_ms: Of what is kept of a piece.
        context_ms: Heard on each side of that where a span is cut, as far as there is sound.
        edge_context_ms: The same where a span begins or ends.
        energy: Long spans are cut where it is least, not far from where even pieces would end;
            None cuts evenly.
        group: Frames that become one token: cuts lie whole groups after their span's first frame.

    Returns:
        By span, then by time; at least one for each span.
    """
    longest = longest_ms // HOP_MS // group * group
    if longest < 8 * group:
        message = f"longest_ms {longest_ms}: needs room for 8 groups of {group} frames"
        raise ValueError(message)
    pieces = []
    for number, span in enumerate(spans):
        first, end = kept_frames(span, n_samples)
        edges = [first, *_cuts(first, end, longest, group, energy), end]
        for low, high in pairwise(edges):
            before = (edge_context_ms if low == first else context_ms) // HOP_MS
            after = (edge_context_ms if high == end else context_ms) // HOP_MS
            pieces.append(_piece(number, low, high, n_samples, before, after))
    return pieces


def _cuts(first: int, end: int, longest: int, group: int, energy: Energy | None) -> list[int]:
    """Where to cut the frames first … end, in order: halve them until all are short enough."""
    length = end - first
    if length <= longest:
        return []
    n_pieces = -int(-length // (_FILL * longest))  # at least 2
    even = length * (n_pieces // 2) // n_pieces
    cut = first + even // group * group
    if energy is not None:
        # `longest` spans 8 groups, so that the reach of a quarter stays inside first … end
        reach = int(_REACH * longest) // group * group
        around = energy(cut - reach, cut + reach)
        # the quietest stretch of two groups with the cut in its middle
        sums = np.concatenate([[0.0], np.cumsum(around, dtype=np.float64)])
        places = np.arange(group, len(around) - group + 1, group)
        quiet = sums[places + group] - sums[places - group]
        cut += int(places[np.argmin(quiet)]) - reach
    return [
        *_cuts(first, cut, longest, group, energy),
        cut,
        *_cuts(cut, end, longest, group, energy),
    ]


def _piece(number: int, low: int, high: int, n_samples: int, before: int, after: int) -> Piece:
    first = max(0, low - before)
    if high + after >= n_frames(n_samples):  # with the last samples, which fill no frame
        end = max(n_samples, first * HOP_SAMPLES + WINDOW_SAMPLES)
    else:
        end = (high + after - 1) * HOP_SAMPLES + WINDOW_SAMPLES
    return Piece(number, first * HOP_SAMPLES, end, low, high)


def grouped(frames: Floats32, size: int) -> Floats32:
    """Means of `size` frames each, the last of those that are left: (⌈n / size⌉, width)."""
    if size == 1 or not len(frames):
        return frames
    starts = np.arange(0, len(frames), size)
    counts = np.minimum(size, len(frames) - starts)[:, None]
    return np.asarray(np.add.reduceat(frames, starts, axis=0) / counts, np.float32)


def as_tokens(first_frame: int, values: Floats32, *, group: int = 1) -> SpanTokens:
    """Place tokens in time.

    Args:
        first_frame: Number of the first frame, from the start of the recording.
        values: float32 (n_tokens, width).
        group: Frames that each token is the mean of.
    """
    return SpanTokens(first_frame * HOP_MS + _OFFSET_MS, float(group * HOP_MS), values)


def encode_spans(
    audio: Audio,
    spans: Sequence[Span],
    encode: EncodeBatch,
    *,
    budget: int,
    group: int = FRAMES_PER_TOKEN,
    progress: Progress = no_progress,
) -> Iterator[SpanTokens]:
    """Tokens of each span, in order: planned, encoded in batches, merged.

    Sound is taken up in blocks of a few minutes, and its frames become tokens block by block, so
    that memory does not grow with the recording.

    Args:
        audio: 16 kHz.
        spans: Of it.
        encode: A network's forward pass.
        budget: Samples of a batch, padding included.
        group: Frames that become one token.
        progress: Told the share of sound that is done.

    Raises:
        ValueError: The sound has another rate, or `encode` made another number of frames.
    """
    if audio.sample_rate_hz != SAMPLE_RATE_HZ:
        message = f"sound at {audio.sample_rate_hz} Hz; networks of this kind hear 16000"
        raise ValueError(message)
    pieces = plan(spans, len(audio.samples), energy=hop_energy(audio.samples), group=group)
    tokens = _encoded(audio.samples, pieces, encode, budget, group, progress)
    for _, own in groupby(tokens, key=lambda entry: entry[0].span):
        parts = list(own)
        yield as_tokens(parts[0][0].keep_first, np.concatenate([t for _, t in parts]), group=group)


def _encoded(
    samples: Floats32,
    pieces: Sequence[Piece],
    encode: EncodeBatch,
    budget: int,
    group: int,
    progress: Progress,
) -> Iterator[tuple[Piece, Floats32]]:
    """Each piece with its tokens, in order."""
    n_done = 0
    for block in _blocks(pieces):
        tokens: dict[int, Floats32] = {}
        for batch in batches([piece.n_samples for piece in block], budget=budget):
            own = [block[i] for i in batch]
            encoded = encode([piece.cut(samples) for piece in own])
            for i, piece, frames in zip(batch, own, encoded, strict=True):
                if len(frames) != n_frames(piece.n_samples):
                    message = f"{len(frames)} frames of {piece.n_samples} samples"
                    raise ValueError(message)
                tokens[i] = grouped(np.asarray(frames[piece.kept], np.float32), group)
            n_done += len(batch)
            progress(n_done / len(pieces))
        for i, piece in enumerate(block):
            yield piece, tokens[i]


def _blocks(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Consecutive pieces of about BLOCK_MS of sound."""
    block: list[Piece] = []
    n_samples = 0
    for piece in pieces:
        if block and n_samples + piece.n_samples > samples_from_ms(BLOCK_MS, SAMPLE_RATE_HZ):
            yield block
            block, n_samples = [], 0
        block.append(piece)
        n_samples += piece.n_samples
    if block:
        yield block
