"""Measure the words and their times: start errors, word error rates, speed.

    python benchmarks/words.py DATA [--prompts DIR]

DATA holds `word_alignment/` (recordings with `*.words.json`, seconds, made by hand) and `demo/`.
DIR is the folder into which the studio prompts were unpacked:

    apt-get download asterisk-core-sounds-en asterisk-core-sounds-en-g722
    for deb in *.deb; do dpkg -x "$deb" DIR; done

Intervals are 95 % cluster bootstraps over recordings (lines for the demo clips).
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pysubs2

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.alignment.by_recognition import anchor, matches
from sentigram.words.alignment.forced import align
from sentigram.words.alignment.pronunciation import spoken
from sentigram.words.moonshine.transcriber import MoonshineTranscriber, spread
from sentigram.words.repair import repair

JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, ask what you can do "
    "for your country."
)
Pairs = list[tuple[list[str], list[str]]]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--prompts", type=Path, help="folder with the unpacked studio prompts")
    args = parser.parse_args()
    transcriber = MoonshineTranscriber()
    start_errors(args.data / "word_alignment", transcriber)
    demo_clips(args.data / "demo", transcriber)
    if args.prompts:
        studio_prompts(args.prompts, transcriber)


def load(path: Path) -> Audio:
    """Decode a file as the program does."""
    with tempfile.TemporaryDirectory() as work:
        audio = decode(probe(path), workdir=Path(work))
        return Audio(np.array(audio.samples), audio.sample_rate_hz, audio.speech_start_ms)


def start_errors(folder: Path, transcriber: MoonshineTranscriber) -> None:
    """Word starts against those marked by hand, for the given text and for what is heard."""
    print("Word starts: error in ms against marks made by hand; RTF of the alignment alone")
    print(f"{'recording':18} {'words':17} {'median':>6} {'mean':>6} {'p90':>5} {'found':>6} RTF")
    for marks in sorted(folder.glob("*.words.json")):
        name = marks.name.removesuffix(".words.json")
        marked = json.loads(marks.read_text())
        audio = load(marks.with_name(f"{name}.flac"))
        whole = Span(0, audio.duration_ms)
        words = spread([mark["word"] for mark in marked], whole)
        text = Transcript("en", (Utterance("u1", whole, words),))
        heard = transcriber.transcribe(audio)
        for kind, words_in in (
            ("given", text),
            ("given, anchored", anchor(text, heard)),
            ("heard", heard),
        ):
            began = time.perf_counter()
            result = repair(align(words_in, audio), audio)
            factor = (time.perf_counter() - began) * 1000 / audio.duration_ms
            mine = list(result.words())
            pairs = matches(
                ["".join(spoken(word.text)) for word in mine],
                ["".join(spoken(mark["word"])) for mark in marked],
            )
            errors = np.array(
                [abs(mine[i].span.start_ms - 1000 * marked[j]["start"]) for i, j in pairs]
            )
            found = sum(mine[i].timing == "aligned" for i, _ in pairs) / len(marked)
            print(
                f"{name:18} {kind:17} {np.median(errors):6.0f} {errors.mean():6.1f} "
                f"{np.percentile(errors, 90):5.0f} {found:6.1%} {factor:.3f}"
            )


def demo_clips(folder: Path, transcriber: MoonshineTranscriber) -> None:
    """Word error rates of the demo clips."""
    print("\nWord error rate of the demo clips")
    texts = {
        "jfk.flac": [JFK],
        "librivox_sonnet001.mp3": _lines(folder / "librivox_sonnet001_lines.srt"),
        "sintel_trailer_480x204.mp4": _lines(folder / "sintel_trailer.en.vtt"),
    }
    for name, lines in texts.items():
        audio = load(folder / name)
        began = time.perf_counter()
        heard = transcriber.transcribe(audio)
        middle = time.perf_counter()
        align(heard, audio)
        ended = time.perf_counter()
        said = [word for line in lines for word in plain(line)]
        errors = distance(said, [w for u in heard.utterances for w in plain(u.text)])
        seconds = audio.duration_ms / 1000
        print(
            f"{name:28} {errors / len(said):6.1%} of {len(said)} words; RTF of transcription "
            f"{(middle - began) / seconds:.3f}, of alignment {(ended - middle) / seconds:.3f}"
        )
        print(f"    {' '.join(u.text for u in heard.utterances)}")


def _lines(path: Path) -> list[str]:
    return [re.sub(r"<[^>]*>", "", event.plaintext) for event in pysubs2.load(str(path))]


def studio_prompts(folder: Path, transcriber: MoonshineTranscriber) -> None:
    """Word error rate of short prompts, one voice, exact transcripts."""
    listing = next(folder.rglob("core-sounds-en.txt.gz"))
    sounds = {path.stem: path for path in folder.rglob("*.g722")}
    pairs: Pairs = []
    seconds = spent = 0.0
    for line in gzip.decompress(listing.read_bytes()).decode().splitlines():
        name, colon, text = line.partition(": ")
        said = plain(text)
        if line.startswith(";") or not colon or "[" in text or len(said) < 3 or name not in sounds:
            continue
        audio = load(sounds[name])
        began = time.perf_counter()
        heard = transcriber.transcribe(audio)
        spent += time.perf_counter() - began
        seconds += audio.duration_ms / 1000
        pairs.append((said, [word for u in heard.utterances for word in plain(u.text)]))
    rate, low, high = error_rate(pairs)
    print(
        f"\nStudio prompts of three words and more: {len(pairs)} prompts, "
        f"{sum(len(said) for said, _ in pairs)} words, {seconds:.0f} s\n"
        f"word error rate {rate:.1%} (95 % CI {low:.1%} to {high:.1%}); "
        f"prompts without an error {np.mean([a == b for a, b in pairs]):.1%}; "
        f"without a word {np.mean([not b for _, b in pairs]):.1%}; RTF {spent / seconds:.3f}"
    )


def plain(text: str) -> list[str]:
    """Words as they are said: lower case, no punctuation, numbers in words, no sound tags."""
    return [re.sub(r"'", "", word) for part in text.split() for word in spoken(part)]


def distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        above = row
        row = [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


def error_rate(pairs: Pairs, *, n_samples: int = 2000) -> tuple[float, float, float]:
    """Word error rate with a 95 % bootstrap interval over recordings."""
    errors = np.array([distance(said, heard) for said, heard in pairs])
    lengths = np.array([len(said) for said, _ in pairs])
    draws = np.random.default_rng(0).integers(0, len(pairs), (n_samples, len(pairs)))
    rates = errors[draws].sum(axis=1) / lengths[draws].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return errors.sum() / lengths.sum(), float(low), float(high)


if __name__ == "__main__":
    main()
