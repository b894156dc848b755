"""Measure the words and their times, beside other tools with the same weights.

    python benchmarks/words.py DATA [--whisper FOLDER] [--stable-ts PYTHON] [--full] [--prompts DIR]

DATA holds `word_alignment/` (recordings with `*.words.json`, seconds, made by hand), `demo/`,
`ravdess/`, `emodb/` and `nemo/`; what is not there is left out. FOLDER is a Whisper model for
faster-whisper (`make test` puts Whisper base into .venv/share/whisper-base). PYTHON is an
environment that has stable-ts and faster-whisper. DIR is the folder into which the studio prompts
were unpacked:

    apt-get download asterisk-core-sounds-en asterisk-core-sounds-en-g722
    for deb in *.deb; do dpkg -x "$deb" DIR; done

The clips of the three corpora are joined by six of one speaker, with short pauses: 18 of each, with
--full 90. Nobody is told the language. Intervals are 95 %, from draws of whole speakers; for the
marked recordings from draws of ten neighbouring words, for there are too few recordings to draw.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysubs2
from word_errors import distance, error_rate, mean_interval, plain, start_errors, summary
from word_systems import System, Task, Times, systems, timed

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.activity import speech_spans

JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, ask what you can do "
    "for your country."
)
DEMO_TEXTS = {
    "jfk.flac": "",
    "librivox_sonnet001.mp3": "librivox_sonnet001_lines.srt",
    "sintel_trailer_480x204.mp4": "sintel_trailer.en.vtt",
}
CORPORA = {"ravdess": "en", "emodb": "de", "nemo": "pl"}
_CLIPS = 6  # in a recording
_FEW, _MANY = 3, 15  # recordings of a corpus
_PAUSES_MS = (200, 500)
_BLOCK = 10  # neighbouring words that are drawn together


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--whisper", type=Path, help="folder with a Whisper model")
    parser.add_argument("--compute-type", default="int8", help="of Whisper, in all tools")
    parser.add_argument("--stable-ts", type=Path, help="Python that has stable-ts")
    parser.add_argument("--full", action="store_true", help="90 clips of each corpus, not 18")
    parser.add_argument("--prompts", type=Path, help="folder with the unpacked studio prompts")
    args = parser.parse_args()
    tools = systems(args.whisper, args.compute_type, args.stable_ts)
    marked_words(args.data / "word_alignment", tools)
    demo_clips(args.data / "demo", tools)
    for corpus, language in CORPORA.items():
        folder = args.data / corpus
        if folder.is_dir():
            acted_sentences(folder, language, tools, _MANY if args.full else _FEW)
    if args.prompts:
        studio_prompts(args.prompts, tools)


def load(path: Path) -> Audio:
    """Decode a file as the program does."""
    with tempfile.TemporaryDirectory() as work:
        audio = decode(probe(path), workdir=Path(work))
        return Audio(np.array(audio.samples), audio.sample_rate_hz, audio.speech_start_ms)


# Marked by hand -----------------------------------------------------------------------------------


def marked_words(folder: Path, tools: Sequence[System]) -> None:
    """Word starts against those marked by hand, for what is heard and for the given text."""
    names, audios, marks = [], [], []
    for path in sorted(folder.glob("*.words.json")):
        names.append(path.name.removesuffix(".words.json"))
        audios.append(load(path.with_name(f"{names[-1]}.flac")))
        marked = json.loads(path.read_text())
        marks.append([(mark["word"], MS_PER_SECOND * mark["start"]) for mark in marked])
    if not names:
        return
    print("Word starts: error in ms against marks made by hand")
    print(
        f"{'':18} {'tool':22} {'words':6} {'median':>6} {'mean':>6} {'p90':>5} {'worst':>6} matched"
    )
    texts = [" ".join(word for word, _ in marked) for marked in marks]
    heard = [Task(audio) for audio in audios]
    given = [Task(audio, text, "en") for audio, text in zip(audios, texts, strict=True)]
    for kind, tasks in (("heard", heard), ("given", given)):
        for tool in tools:
            found, factor = timed(tool, tasks)
            blocks: list[list[float]] = []
            for name, times, marked in zip(names, found, marks, strict=True):
                if times is None:
                    continue
                errors = start_errors(times, marked)
                print(
                    f"{name:18} {tool.name:22} {kind:6} {summary(list(errors.values()))} "
                    f"{len(errors) / len(marked):6.1%}"
                )
                for first in range(0, len(marked), _BLOCK):
                    places = range(first, first + _BLOCK)
                    blocks.append([errors[i] for i in places if i in errors])
            if blocks:
                every = [error for block in blocks for error in block]
                mean = mean_interval(blocks)
                print(
                    f"{'all':18} {tool.name:22} {kind:6} {summary(every)} mean "
                    f"[{mean.low:.0f}, {mean.high:.0f}]; {factor:.2f} s per s of sound"
                )


# Demo clips ---------------------------------------------------------------------------------------


def demo_clips(folder: Path, tools: Sequence[System]) -> None:
    """Word error rates of the demo clips."""
    here = {name: text for name, text in DEMO_TEXTS.items() if (folder / name).is_file()}
    if here:
        print("\nDemo clips: word error rate, and what was heard")
    for name, text in here.items():
        lines = [JFK] if not text else _lines(folder / text)
        said = [word for line in lines for word in plain(line)]
        task = Task(load(folder / name))
        for tool in tools:
            (times,), factor = timed(tool, [task])
            heard = _text(times)
            errors = distance(said, plain(heard))
            print(
                f"{name:27} {tool.name:22} {errors / len(said):6.1%} of {len(said)} words; "
                f"{factor:.2f} s per s of sound\n    {heard}"
            )


def _lines(path: Path) -> list[str]:
    return [re.sub(r"<[^>]*>", "", event.plaintext) for event in pysubs2.load(str(path))]


def _text(times: Times | None) -> str:
    return " ".join(word for word, _ in times or ())


# Acted sentences, joined --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """Clips of one speaker, one after another.

    Attributes:
        audio: The sound.
        text: What is said in it.
        speaker: Who says it.
        first_words: Where each clip's first word stands in the text, and when its sound begins.
    """

    audio: Audio
    text: str
    speaker: str
    first_words: dict[int, int]


def acted_sentences(
    folder: Path, language: str, tools: Sequence[System], n_recordings: int
) -> None:
    """Word error rates, and how well the first word of each sentence is placed."""
    recordings = list(joined(folder, n_recordings))
    texts = [plain(one.text, language) for one in recordings]
    lengths = [len(text) for text in texts]
    speakers = [one.speaker for one in recordings]
    print(
        f"\n{folder.name} ({language}): {len(recordings) * _CLIPS} clips, {sum(lengths)} words, "
        f"{len(set(speakers))} speakers; word error rate; start of the first words, error in ms"
    )
    print(f"{'':22} {'word error rate':24} {'median':>6} {'mean':>6} {'p90':>5} {'worst':>6}")
    tasks = [Task(one.audio) for one in recordings]
    wrong: dict[str, list[int]] = {}
    for tool in tools:
        if language not in (getattr(tool, "languages", ()) or (language,)):
            continue
        found, factor = timed(tool, tasks)
        pairs = zip(texts, found, strict=True)
        wrong[tool.name] = [distance(text, plain(_text(times), language)) for text, times in pairs]
        first: list[float] = []
        for one, times in zip(recordings, found, strict=True):
            words = [(word, 0.0) for word in one.text.split()]
            errors = start_errors([*(times or ())], words, language)
            first += [errors[i] - at for i, at in one.first_words.items() if i in errors]
        print(
            f"{tool.name:22} {error_rate(wrong[tool.name], lengths, speakers)!s:24} "
            f"{summary(first)}; {factor:.2f} s per s of sound"
        )
    if {"Whisper", "faster-whisper alone"} <= wrong.keys():
        more = np.subtract(wrong["Whisper"], wrong["faster-whisper alone"]).tolist()
        print(f"{'Whisper − faster-w.':22} {error_rate(more, lengths, speakers)!s}")


def joined(folder: Path, n_recordings: int) -> Iterator[Joined]:
    """Recordings of six clips of one speaker, speakers in turn; always the same ones."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(13)
    clips: dict[str, list[dict[str, str]]] = {}
    for i in rng.permutation(len(rows)):
        clips.setdefault(rows[i]["speaker"], []).append(rows[i])
    speakers = sorted(clips)
    for n in range(n_recordings):
        speaker = speakers[n % len(speakers)]
        chosen, clips[speaker] = clips[speaker][:_CLIPS], clips[speaker][_CLIPS:]
        parts: list[np.ndarray] = []
        first_words: dict[int, int] = {}
        n_words = n_samples = 0
        for row in chosen:
            audio = load(folder / row["path"])
            sounds = speech_spans(audio)
            at_ms = n_samples * MS_PER_SECOND // SAMPLE_RATE_HZ
            if sounds:
                first_words[n_words] = at_ms + sounds[0].start_ms
            pause = np.zeros(int(rng.integers(*_PAUSES_MS)) * SAMPLE_RATE_HZ // MS_PER_SECOND)
            parts += [np.asarray(audio.samples), pause.astype(np.float32)]
            n_samples += len(audio.samples) + len(pause)
            n_words += len(row["text"].split())
        text = " ".join(row["text"] for row in chosen)
        yield Joined(Audio(np.concatenate(parts).astype(np.float32)), text, speaker, first_words)


# Studio prompts -----------------------------------------------------------------------------------


def studio_prompts(folder: Path, tools: Sequence[System]) -> None:
    """Word error rate of short prompts, one voice, exact transcripts."""
    listing = next(folder.rglob("core-sounds-en.txt.gz"))
    sounds = {path.stem: path for path in folder.rglob("*.g722")}
    texts: list[list[str]] = []
    tasks: list[Task] = []
    for line in gzip.decompress(listing.read_bytes()).decode().splitlines():
        name, colon, text = line.partition(": ")
        said = plain(text)
        if line.startswith(";") or not colon or "[" in text or len(said) < 3 or name not in sounds:
            continue
        texts.append(said)
        tasks.append(Task(load(sounds[name])))
    lengths = [len(said) for said in texts]
    print(f"\nStudio prompts of three words and more: {len(texts)} prompts, {sum(lengths)} words")
    for tool in tools:
        found, factor = timed(tool, tasks)
        heard = [plain(_text(times)) for times in found]
        wrong = [distance(a, b) for a, b in zip(texts, heard, strict=True)]
        rate = error_rate(wrong, lengths, [str(i) for i in range(len(texts))])
        print(
            f"{tool.name:22} {rate!s:24} without an error "
            f"{np.mean([not n for n in wrong]):.1%}; without a word "
            f"{np.mean([not b for b in heard]):.1%}; {factor:.2f} s per s of sound"
        )


if __name__ == "__main__":
    main()
