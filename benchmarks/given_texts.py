"""Is a given text noticed that is of another recording, or late, or has sentences nobody says?

    python benchmarks/given_texts.py DATA [--prompts DIR]

For recordings of half a minute and more, joined from single clips with their texts (RAVDESS by
speaker; with `--prompts` the English studio prompts of `benchmarks/not_english.py`), clean, by
telephone, under music and noise, a subtitle file is made of each: as it is, minutes late, in the
times of another frame rate, of another recording, and with one sentence in four replaced. Printed
is what the product says of each. Intervals are Wilson's, over recordings.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from not_english import _music, _texts, degraded, interval, load

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import SilentReporter
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.alignment.by_recognition import share
from sentigram.words.fit.in_time import GivenText, line_of, moved, unspoken
from sentigram.words.fit.line import Line
from sentigram.words.moonshine.transcriber import MoonshineTranscriber

HOWS = ("clean", "telephone", "music 10 dB")
LATE = Line(1.0, 150_000)
SLOWER = Line(25 / 24, 2_000)
_CLIPS = 10  # in a recording
_MENDED_MS = 1_000  # alignment mends the rest
_PAUSE = np.zeros(SAMPLE_RATE_HZ // 2, np.float32)


@dataclass(frozen=True)
class Recording:
    """Clips in a row, and when each is said."""

    name: str
    samples: Floats32
    text: tuple[Utterance, ...]


class _Listener(SilentReporter):
    """Keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def main() -> None:
    """Print what is noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--prompts", type=Path)
    parser.add_argument("--most", type=int, default=24, help="recordings of each corpus")
    args = parser.parse_args()
    music = _music(args.data)
    for corpus, recordings in _corpora(args.data, args.prompts, args.most):
        for how in HOWS:
            _print(corpus, how, _tried(recordings, how, music))


def _corpora(data: Path, prompts: Path | None, most: int) -> Iterator[tuple[str, list[Recording]]]:
    rng = np.random.default_rng(1)
    with (data / "ravdess" / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    speakers: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for row in rows:
        speakers[row["speaker"]].append((data / "ravdess" / row["path"], row["text"]))
    named = sorted(speakers.items())[:most]
    yield "RAVDESS", [_joined(name, clips, rng) for name, clips in named]
    if prompts is not None:
        texts = _texts(prompts, "en")
        folder = next(prompts.rglob("en_US_f_Allison"))
        clips = [
            (path, texts[path.stem])
            for path in sorted(folder.glob("*.g722"))
            if len(texts.get(path.stem, "").split()) >= 4
        ]
        order = rng.permutation(len(clips))
        groups = [order[i : i + _CLIPS] for i in range(0, len(order) - _CLIPS, _CLIPS)][:most]
        yield "prompts", [_joined(str(n), [clips[i] for i in g], rng) for n, g in enumerate(groups)]


def _joined(name: str, clips: Sequence[tuple[Path, str]], rng: np.random.Generator) -> Recording:
    parts: list[Floats32] = []
    text: list[Utterance] = []
    at_ms = 0
    for i in rng.permutation(len(clips))[:_CLIPS]:
        samples = load(clips[i][0])
        end_ms = at_ms + 1000 * len(samples) // SAMPLE_RATE_HZ
        text.append(_utterance(len(text), clips[i][1], Span(at_ms, end_ms)))
        parts += [samples, _PAUSE]
        at_ms = end_ms + 500
    return Recording(name, np.concatenate(parts), tuple(text))


def _utterance(number: int, text: str, span: Span) -> Utterance:
    times = share([len(word) + 1 for word in text.split()], span)
    words = tuple(
        Word(word, time, source="given", timing="estimated")
        for word, time in zip(text.split(), times, strict=True)
    )
    return Utterance(f"u{number + 1}", span, words)


def _tried(
    recordings: Sequence[Recording], how: str, music: Floats32
) -> dict[str, list[bool | float]]:
    out: dict[str, list[bool | float]] = defaultdict(list)
    rng = np.random.default_rng(2)
    for recording in recordings:
        audio = Audio(degraded(recording.samples, how, music, rng))
        line, said = _line(audio, recording.text)
        out["as it is: moved or warned of"].append(line != Line() or bool(said))
        for name, wrong in (("150 s late", LATE), ("25 for 24 frames", SLOWER)):
            line, said = _line(audio, tuple(moved(u, wrong) for u in recording.text))
            ends = recording.text[-1].span.end_ms, recording.text[0].span.start_ms
            off = max(abs(line.at(wrong.at(ms)) - ms) for ms in ends)
            out[f"{name}: mended within 1 s"].append(off <= _MENDED_MS)
            out[f"{name}: mended or warned of"].append(off <= _MENDED_MS or bool(said))
        line, said = _line(audio, _invented(recording.text))
        out["of another recording: warned of"].append(bool(said))
        mixed = tuple(
            replace(_invented([u])[0], id=u.id) if i % 4 == 1 else u
            for i, u in enumerate(recording.text)
        )
        silent = unspoken(Transcript("en", mixed), audio)
        for i, utterance in enumerate(mixed):
            kind = "replaced" if i % 4 == 1 else "spoken"
            out[f"{kind} sentence: named"].append(utterance.id in silent)
    return out


_OTHERS = (
    "The committee will meet again on Thursday afternoon.",
    "My grandmother kept her letters in a wooden box.",
    "You should have told me before we left the house.",
    "Nobody expected the river to rise so quickly.",
    "They painted the whole kitchen in bright yellow.",
    "There is a small bakery at the end of our street.",
)


def _invented(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """Other sentences in the same places."""
    return tuple(
        _utterance(i, _OTHERS[(i + len(u.words)) % len(_OTHERS)], u.span)
        for i, u in enumerate(utterances)
    )


def _line(audio: Audio, text: tuple[Utterance, ...]) -> tuple[Line, list[str]]:
    from sentigram.words.alignment.forced import align

    listener = _Listener()

    def hear() -> list[Word]:
        return list(align(MoonshineTranscriber().transcribe(audio), audio).words())

    line, _ = line_of(GivenText("text", text, "en"), audio, hear, list, listener)
    return line, listener.warnings


def _print(corpus: str, how: str, tried: dict[str, list[bool | float]]) -> None:
    for name, hits in tried.items():
        shown = interval([bool(hit) for hit in hits], [str(i) for i in range(len(hits))])
        print(f"{corpus:8} {how:12} {name:36} {len(hits):4}  {shown}", flush=True)


if __name__ == "__main__":
    main()
