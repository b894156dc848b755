"""The full engine: where its time goes, how its memory grows, and how fast its fusion is.

    python benchmarks/full_engine.py [--size plus-large|plus-base|tiny] [--minutes 2]
    python benchmarks/full_engine.py --memory [--lengths 10,180]
    python benchmarks/full_engine.py --fusion [--device auto|cpu|cuda]

All weights are random. The Whisper is tiny in all of them, since its real sizes are not built here:
its share of the time says nothing, the others' shares are of the whole without it. What it
writes is replaced by made-up words at the rate of speech. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import fusion_step
import machine
import random_models
import repeated_speech
from speed import Stopwatch

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.protocols import EmotionModel, Progress, TextFeatures, Transcriber, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.emotion.encoders.compute import resolve
from sentigram.jobs.draw import draw
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions

if TYPE_CHECKING:
    from sentigram.emotion.encoders.compute import Compute
    from sentigram.emotion.encoders.tokens import AudioTokens, EncoderInfo, SpanTokens, TextTokens

_REPEATS = 3
_STYLED = ("json", "html", "ass")


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=random_models.SIZES, default="plus-large")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--lengths", default="10,180", help="minutes, for --memory")
    parser.add_argument("--fusion", action="store_true")
    parser.add_argument("--worker", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        what, folder = given.worker
        _write_tiny(Path(folder)) if what == "write" else _measure_peaks(Path(folder), Path(what))
    elif given.memory:
        _compare_memory([float(minutes) for minutes in given.lengths.split(",")])
    elif given.fusion:
        fusion_step.measure(given.device)
    else:
        _measure_stages(given)


@dataclass(frozen=True)  # no slots: its parts are cached in its __dict__
class GivenEngine(Engine):
    """An engine of these very parts.

    Attributes:
        hears: Its transcriber.
        reads: Its emotion model.
    """

    hears: Transcriber | None = None
    reads: EmotionModel | None = None

    @cached_property
    def transcriber(self) -> Transcriber:
        """As given."""
        return _there(self.hears)

    @cached_property
    def model(self) -> EmotionModel:
        """As given."""
        return _there(self.reads)


class TimedText:
    """A text encoder and the seconds that it took."""

    def __init__(self, encoder: TextTokens) -> None:
        self._encoder, self.seconds = encoder, 0.0
        self.info: EncoderInfo = encoder.info
        self.part: EnginePart = encoder.part

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """As the encoder's own."""
        started = time.perf_counter()
        features = self._encoder.encode(utterances, progress=progress)
        self.seconds += time.perf_counter() - started
        return features


class TimedAudio:
    """An audio encoder and the seconds that it took."""

    def __init__(self, encoder: AudioTokens) -> None:
        self._encoder, self.seconds = encoder, 0.0
        self.info: EncoderInfo = encoder.info
        self.part: EnginePart = encoder.part

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """As the encoder's own."""
        tokens = self._encoder.encode_spans(audio, spans)
        while True:
            started = time.perf_counter()
            following = next(tokens, None)
            self.seconds += time.perf_counter() - started
            if following is None:
                return
            yield following


def _measure_stages(given: argparse.Namespace) -> None:
    """Seconds of each stage on the way from a media file to a page."""
    compute = resolve(given.device)
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        folder = Path(name)
        engine, text, voice = _engine(folder, given.size, compute)
        media, short = folder / "speech.m4a", folder / "short.m4a"
        repeated_speech.write_media(media, given.minutes)
        repeated_speech.write_media(short, 0.4)
        _run(short, engine, folder)  # models load here
        runs = []
        for _ in range(_REPEATS):
            text.seconds = voice.seconds = 0.0
            seconds = _run(media, engine, folder)
            emotions = seconds.pop("emotions")
            seconds["emotion2vec"], seconds["text"] = voice.seconds, text.seconds
            seconds["fusion, smoothing"] = emotions - voice.seconds - text.seconds
            runs.append(seconds)
    n_words = len(list(repeated_speech.transcript(round(given.minutes * 60_000)).words()))
    print(f"{given.minutes:g} min, {n_words} words; emotion2vec {given.size}, {_bert(given.size)}")
    print(
        f"{machine.described(compute)}, {compute.precision}; models loaded, "
        f"median of {_REPEATS} runs\n"
    )
    _print_stages({n: statistics.median(run[n] for run in runs) for n in runs[0]}, given.minutes)


def _print_stages(stages: dict[str, float], minutes: float) -> None:
    words = "words"  # by a tiny Whisper: not part of the whole
    order = ["decode", "emotion2vec", "text", "fusion, smoothing"]
    order += [name for name in stages if name not in (*order, words)]
    whole = sum(stages[name] for name in order)
    print(f"{'stage':<20} {'seconds':>8} {'real-time factor':>17} {'share':>6}")
    for name in order:
        factor = stages[name] / (60 * minutes)
        print(f"{name:<20} {stages[name]:8.2f} {factor:17.4f} {stages[name] / whole:6.1%}")
    print(f"{'all but the words':<20} {whole:8.2f} {whole / (60 * minutes):17.4f}")
    print(f"{'words (tiny Whisper)':<20} {stages[words]:8.2f}")


def _run(media: Path, engine: Engine, folder: Path) -> dict[str, float]:
    watch = Stopwatch()
    document = hear(probe(media), engine, HearOptions(use_sidecar=False), watch)
    paths = {kind: folder / f"out.{kind}" for kind in _STYLED}
    draw(document, None, paths, watch, replaces=paths)
    return watch.seconds


def _engine(folder: Path, size: str, compute: Compute) -> tuple[Engine, TimedText, TimedAudio]:
    """The full engine on models that are written first."""
    from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
    from sentigram.emotion.encoders.transformers.word_vectors import TransformerTextEncoder

    voice_folder = random_models.write_voice(folder / "emotion2vec", size)
    bert = random_models.write_bert(folder / "bert", is_tiny=size == "tiny")
    text = TimedText(TransformerTextEncoder(str(bert), compute=compute))
    voice = TimedAudio(Emotion2vecEncoder(str(voice_folder), compute=compute))
    whisper = random_models.write_whisper(folder / "whisper")
    card = random_models.write_checkpoint(folder / "fusion", text.info, voice.info)
    return _assembled(whisper, card, compute, text, voice), text, voice


def _assembled(
    whisper: Path, card: Path, compute: Compute, text: TextTokens, voice: AudioTokens
) -> Engine:
    from sentigram.emotion.networks.reader import FusedEmotionModel
    from sentigram.words.whisper.transcriber import FasterWhisperTranscriber

    heard = FasterWhisperTranscriber(str(whisper), device=compute.device)
    words = repeated_speech.WordsAsPlanned(heard)
    model = FusedEmotionModel(card, compute=compute, encoders={"text": text, "audio": voice})
    return GivenEngine(hears=words, reads=model)


class PeakWatch(Stopwatch):
    """A reporter that keeps the process's peak resident memory at the end of each stage."""

    def __init__(self) -> None:
        super().__init__()
        self.peaks_mb: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        """Watch a stage."""
        with super().stage(name) as progress:
            yield progress
        self.peaks_mb[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _compare_memory(lengths: Sequence[float]) -> None:
    """Peaks at each length, in processes of their own.

    This process loads nothing large: on Linux a child's peak begins with its parent's size.
    """
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        _worker("write", name)
        rows = []
        for minutes in lengths:
            media = Path(name) / f"{minutes:g}.m4a"
            repeated_speech.write_media(media, minutes)
            rows.append(json.loads(_worker(str(media), name)))
            media.unlink()
    stages = list(rows[0]["peaks_mb"])
    print("tiny models of the real architectures, the example talk repeated; CPU, float32")
    print("peak resident memory of the process at the end of each stage, MB\n")
    print(f"{'minutes':>8} {'words':>8} {'seconds':>8} " + " ".join(f"{n:>10}" for n in stages))
    for minutes, row in zip(lengths, rows, strict=True):
        peaks = " ".join(f"{row['peaks_mb'][name]:10.0f}" for name in stages)
        print(f"{minutes:8g} {row['words']:8d} {row['seconds']:8.0f} {peaks}")
    last = stages[-1]
    ratio = rows[-1]["peaks_mb"][last] / rows[0]["peaks_mb"][last]
    print(f"\nlongest over shortest, whole process: {ratio:.2f} times the memory")


def _worker(what: str, folder: str) -> str:
    command = [sys.executable, __file__, "--worker", what, folder]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _write_tiny(folder: Path) -> None:

    _engine(folder, "tiny", resolve("cpu", "float32"))


def _measure_peaks(folder: Path, media: Path) -> None:
    """Hear one file with the models in a folder; prints JSON."""
    from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
    from sentigram.emotion.encoders.transformers.word_vectors import TransformerTextEncoder

    compute = resolve("cpu", "float32")  # as a render does: it also bounds what oneDNN keeps
    engine = _assembled(
        folder / "whisper" / "tiny",
        folder / "fusion" / "network.card.json",
        compute,
        TransformerTextEncoder(str(folder / "bert"), compute=compute),
        Emotion2vecEncoder(str(folder / "emotion2vec"), compute=compute),
    )
    watch = PeakWatch()
    started = time.perf_counter()
    document = hear(probe(media), engine, HearOptions(use_sidecar=False), watch)
    seconds = time.perf_counter() - started
    words = len(document.track.readings)
    print(json.dumps({"seconds": seconds, "words": words, "peaks_mb": watch.peaks_mb}))


_Part = TypeVar("_Part")


def _there(part: _Part | None) -> _Part:
    if part is None:
        message = "an engine of given parts was given none"
        raise ValueError(message)
    return part


def _bert(size: str) -> str:
    return "a tiny BERT" if size == "tiny" else "BERT base"


if __name__ == "__main__":
    main()
