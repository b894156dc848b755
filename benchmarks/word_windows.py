"""Networks called once for every few words, against each recording encoded once.

    python benchmarks/word_windows.py [--size plus-large|plus-base|tiny] [--minutes 1,10,60]
        [--device auto|cpu|cuda] [--sample 40] [--whole 10]

The system that Sentigram comes from reads emotions group by group: words are put together until
they last 0.3 s, so most groups are one word. For each group it reads the whole WAV file again (16
kHz, 16 bit), cuts the clip, adds silence up to half a second, writes it to a file, has FunASR read
that and run emotion2vec on it, runs BERT on the words (the vector of [CLS]), all one at a time in
float32, and fuses the two vectors. Here a recording goes once through both encoders, every word
gets the mean of the frames in its window, and all words are fused in a few batches. `whole reader`
is all that `sentigram render` does with a checkpoint: 20 tokens a word instead of one, fused three
times (both, words alone, voice alone), and smoothed.

Both run in this process on the same random weights of the real size, the same sound and the same
words. The files that the word groups read again lie in the system's file cache, which favours
them. Groups are measured on an evenly spread sample, at the real length of the file, half before
ours and half after; intervals are of that sample, and say nothing of how ours would vary. Nothing
is asserted.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
import numpy as np
import random_models
import repeated_speech

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND
from sentigram.core.transcript import Transcript, Word
from sentigram.emotion.encoders.compute import Compute, resolve

if TYPE_CHECKING:
    from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
    from sentigram.emotion.encoders.tokens import Kind
    from sentigram.emotion.encoders.transformers.word_vectors import TransformerTextEncoder
    from sentigram.emotion.networks.network import Network
    from sentigram.emotion.networks.reader import FusedEmotionModel

_GROUP_MS = 300  # of speech in a group, at least
_CLIP_SAMPLES = 8000  # of a clip, at least
_FUSED_AT_ONCE = 256  # words, as FusedEmotionModel
_WARM_UP_MINUTES = 0.2
_WARM_UP_GROUPS = 5
_SHORT_SECONDS = 30.0  # runs that take less are repeated
_REPEATS = 3
_DRAWS = 2000  # of the bootstrap
_STEPS = ("read", "voice", "words", "fuse")

Way = Callable[[Transcript, Audio], object]


@dataclass(frozen=True, slots=True)
class Models:
    """One fusion network, and the folders of the encoders that both ways load."""

    voice: Path
    bert: Path
    checkpoint: Path


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=random_models.SIZES, default="plus-large")
    parser.add_argument("--minutes", default="1,10,60")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--sample", type=int, default=40, help="word groups that are measured")
    parser.add_argument("--whole", type=float, default=10, help="minutes that ours runs at most")
    given = parser.parse_args()
    lengths = [float(minutes) for minutes in given.minutes.split(",")]
    fast = resolve(given.device)
    plain = Compute(fast.device, "float32")
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        models = _written(Path(name), given.size, fast)
        theirs = WordGroups(models, plain)
        ours = _ways(models, fast, plain)
        sound = repeated_speech.talk()
        _head(given, fast)
        _warm_up(sound, theirs, ours, Path(name))
        known: dict[tuple[str, float], float] = {}
        for minutes in lengths:
            _compare(Path(name), sound, minutes, given, theirs, ours, known)


class WordGroups:
    """The way of the system that Sentigram comes from.

    Args:
        models: On disk.
        compute: float32.
    """

    def __init__(self, models: Models, compute: Compute) -> None:
        from transformers import AutoTokenizer

        from sentigram.emotion.encoders.emotion2vec.network import load
        from sentigram.emotion.encoders.transformers import files
        from sentigram.emotion.networks.checkpoint import load_checkpoint
        from sentigram.store.funasr import contained

        self._device = compute.device
        with contained():
            self._voice: Any = load(models.voice, compute)[0]  # FunASR's own class
        bert = files.stored(str(models.bert), "text encoder")
        self._bert = files.load_network(bert, compute)
        self._tokenizer = AutoTokenizer.from_pretrained(models.bert, local_files_only=True)
        self._fusion = load_checkpoint(models.checkpoint)[0].to(compute.device)

    def __call__(self, wav: Path, group: Sequence[Word]) -> tuple[float, ...]:
        """Read one group: the seconds of each of `_STEPS`."""
        import soundfile
        import torch

        times = [time.perf_counter()]
        with torch.inference_mode():
            samples, rate = soundfile.read(wav, dtype="float32")
            ends = (group[0].span.start_ms, group[-1].span.end_ms)
            low, high = (t * rate // MS_PER_SECOND for t in ends)
            clip = np.pad(samples[low:high], (0, max(0, _CLIP_SAMPLES - (high - low))))
            temporary = wav.with_name("clip.wav")
            soundfile.write(temporary, clip, rate)
            times.append(time.perf_counter())
            heard, _ = self._voice.inference([str(temporary)], key=["clip"], device=self._device)
            times.append(time.perf_counter())
            text = " ".join(word.text for word in group)
            feed = self._tokenizer(text, return_tensors="pt").to(self._device)
            said = self._bert(**feed).last_hidden_state[:, 0].cpu().numpy()
            times.append(time.perf_counter())
            _fuse(self._fusion, said, heard[0]["feats"][None], self._device)
            times.append(time.perf_counter())
        return tuple(b - a for a, b in pairwise(times))


def _fuse(network: Network, words: Floats32, voice: Floats32, device: str) -> Floats32:
    """One vector of words and one of voice for each example, (batch, width): logits."""
    import torch

    from sentigram.emotion.networks.inputs import Sequences

    read: dict[Kind, Floats32] = {"text": words, "audio": voice}
    tokens: dict[Kind, Sequences] = {}
    for kind, values in read.items():
        given = torch.from_numpy(np.array(values, np.float32))[:, None].to(device)  # (batch, 1, d)
        mask = torch.ones(given.shape[:2], dtype=torch.bool, device=device)
        tokens[kind] = Sequences(given, mask, mask)
    logits: Floats32 = network(tokens).logits.cpu().numpy()
    return logits


def _ways(models: Models, fast: Compute, plain: Compute) -> dict[str, Way]:
    """Ours: in the numbers that are fastest here, in float32, and with all that a render does."""
    found: dict[str, Way] = {}
    for compute in dict.fromkeys((fast, plain)):
        text, voice, reader = _loaded(models, compute)
        found[f"ours, {compute.precision}"] = _pooled(models, text, voice, compute)
        if compute == fast:
            found[f"whole reader, {compute.precision}"] = reader.read
    return found


def _loaded(
    models: Models, compute: Compute
) -> tuple[TransformerTextEncoder, Emotion2vecEncoder, FusedEmotionModel]:
    from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
    from sentigram.emotion.encoders.transformers.word_vectors import TransformerTextEncoder
    from sentigram.emotion.networks.reader import FusedEmotionModel

    text = TransformerTextEncoder(str(models.bert), compute=compute)
    voice = Emotion2vecEncoder(str(models.voice), compute=compute)
    reader = FusedEmotionModel(
        models.checkpoint, compute=compute, encoders={"text": text, "audio": voice}
    )
    return text, voice, reader


def _pooled(
    models: Models, text: TransformerTextEncoder, voice: Emotion2vecEncoder, compute: Compute
) -> Way:
    """Each word's own vector, the mean of its window's frames, and one fusion of all words."""
    import torch

    from sentigram.emotion.networks.checkpoint import load_checkpoint
    from sentigram.emotion.stretches import stretches
    from sentigram.emotion.zero_shot import window_means

    network = load_checkpoint(models.checkpoint)[0].to(compute.device)

    def read(transcript: Transcript, audio: Audio) -> Floats32:
        said = np.concatenate([f.vectors for f in text.encode(transcript.utterances)])
        found = list(stretches(transcript.utterances, audio.duration_ms))
        encoded = voice.encode_spans(audio, [segment.span for segment in found])
        heard = np.concatenate(
            [window_means(t, s.windows) for s, t in zip(found, encoded, strict=True)]
        )
        with torch.inference_mode():
            return np.concatenate(
                [
                    _fuse(network, said[at : at + _FUSED_AT_ONCE], part, compute.device)
                    for at in range(0, len(said), _FUSED_AT_ONCE)
                    for part in (heard[at : at + _FUSED_AT_ONCE],)
                ]
            )

    return read


def _compare(
    folder: Path,
    sound: Floats32,
    minutes: float,
    given: argparse.Namespace,
    theirs: WordGroups,
    ours: dict[str, Way],
    known: dict[tuple[str, float], float],
) -> None:
    """Measure one length: half of the groups before ours and half after, against drift."""
    transcript = repeated_speech.transcript(round(minutes * MS_PER_MINUTE))
    groups = _groups(transcript)
    wav = _written_wav(folder / "speech.wav", repeated_speech.repeated(sound, minutes))
    places = np.linspace(0, len(groups) - 1, min(given.sample, len(groups))).round().astype(int)
    theirs(wav, groups[0])  # what this length needs first is not measured
    times = [theirs(wav, groups[i]) for i in places[::2]]
    run_minutes = min(minutes, given.whole)
    for name, way in ours.items():
        if (name, run_minutes) not in known:
            known[name, run_minutes] = _seconds(
                way, repeated_speech.repeated(sound, run_minutes), folder
            )
    times += [theirs(wav, groups[i]) for i in places[1::2]]
    wav.unlink()
    whole = [sum(parts) for parts in times]
    typical = statistics.median(whole)
    steps = (statistics.median(column) for column in zip(*times, strict=True))
    shares = ", ".join(f"{n} {1000 * s:.1f}" for n, s in zip(_STEPS, steps, strict=True))
    n_words = sum(len(group) for group in groups)
    print(f"{minutes:g} min: {n_words} words in {len(groups)} groups")
    print(
        f"  word groups: {1000 * typical:.1f} ms each (median of {len(whole)}, evenly spread; "
        f"medians {shares}), times {len(groups)} = {typical * len(groups):.0f} s"
    )
    for name, measured in ((name, known[name, run_minutes]) for name in ours):
        scale = n_words / _n_words(run_minutes)
        how = "measured whole"
        if run_minutes < minutes:
            how = f"{measured:.1f} s measured on {run_minutes:g} min, times {scale:.2f}"
        ratios = len(groups) * _medians(whole) / (measured * scale)
        low, high = np.quantile(ratios, (0.05, 0.95))
        ratio = len(groups) * typical / (measured * scale)
        print(
            f"  {name:<22} {measured * scale:8.1f} s   {ratio:6.1f} times as fast "
            f"(90 %: {low:.1f} to {high:.1f})   {how}"
        )


def _groups(transcript: Transcript) -> list[Sequence[Word]]:
    """Words put together until they last _GROUP_MS; never across sentences."""
    groups: list[Sequence[Word]] = []
    for utterance in transcript.utterances:
        group: list[Word] = []
        for word in utterance.words:
            group.append(word)
            if word.span.end_ms - group[0].span.start_ms >= _GROUP_MS:
                groups.append(group)
                group = []
        if group:
            groups.append(group)
    return groups


def _n_words(minutes: float) -> int:
    return sum(1 for _ in repeated_speech.transcript(round(minutes * MS_PER_MINUTE)).words())


def _seconds(way: Way, audio: Audio, folder: Path) -> float:
    """Time of one run from the WAV file on, the median of three where it is short."""
    import soundfile

    transcript = repeated_speech.transcript(audio.duration_ms)
    wav = _written_wav(folder / "once.wav", audio)
    taken: list[float] = []
    while not taken or (len(taken) < _REPEATS and sum(taken) < _SHORT_SECONDS):
        started = time.perf_counter()
        way(transcript, Audio(soundfile.read(wav, dtype="float32")[0]))
        taken.append(time.perf_counter() - started)
    wav.unlink()
    return statistics.median(taken)


def _medians(values: Sequence[float]) -> Floats64:
    """Medians of samples that are drawn from the values with replacement."""
    drawn = np.random.default_rng(0).choice(np.array(values), (_DRAWS, len(values)))
    return np.asarray(np.median(drawn, axis=1))


def _warm_up(sound: Floats32, theirs: WordGroups, ours: dict[str, Way], folder: Path) -> None:
    audio = repeated_speech.repeated(sound, _WARM_UP_MINUTES)
    transcript = repeated_speech.transcript(audio.duration_ms)
    wav = _written_wav(folder / "warm.wav", audio)
    for group in random.Random(0).sample(_groups(transcript), _WARM_UP_GROUPS):
        theirs(wav, group)
    for way in ours.values():
        way(transcript, audio)


def _written_wav(path: Path, audio: Audio) -> Path:
    import soundfile

    soundfile.write(path, audio.samples, SAMPLE_RATE_HZ, subtype="PCM_16")
    return path


def _written(folder: Path, size: str, compute: Compute) -> Models:
    """Real sizes go with BERT base, the tiny one with a tiny BERT."""
    from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder
    from sentigram.emotion.encoders.transformers.word_vectors import TransformerTextEncoder

    voice = random_models.write_voice(folder / "emotion2vec", size)
    bert = random_models.write_bert(folder / "bert", is_tiny=size == "tiny")
    text_info = TransformerTextEncoder(str(bert), compute=compute).info
    voice_info = Emotion2vecEncoder(str(voice), compute=compute).info
    checkpoint = random_models.write_checkpoint(folder / "fusion", text_info, voice_info)
    return Models(voice, bert, checkpoint)


def _head(given: argparse.Namespace, compute: Compute) -> None:
    bert = "a tiny BERT" if given.size == "tiny" else "BERT base"
    print(f"emotion2vec {given.size} and {bert}, random weights; {machine.described(compute)}")
    print(
        f"word groups: of at least {_GROUP_MS / 1000} s, batch 1, float32; "
        f"ours: {compute.precision} (auto)"
    )
    print(f"warmed up; ours: median of up to {_REPEATS} runs where they are short\n")


if __name__ == "__main__":
    main()
