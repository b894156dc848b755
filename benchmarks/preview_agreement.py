"""Whether a preview shows what the whole render shows: the same words, the same labels.

    python benchmarks/preview_agreement.py          # the example talk
    python benchmarks/preview_agreement.py DATA     # and a made recording of a quarter of an hour

DATA holds `ravdess/` (clips of actors) and `demo/` and `word_alignment/` (read speech, a speech, a
trailer). The made recording plays six actors one after another, in all their moods, and the other
recordings between them; so voices and moods are spread over it as unevenly as can be.

The whole is heard once. Then slices of half a minute, evenly spread, are previewed as recordings
over ten minutes are: the slice is heard with its context, and stretches spread over the recording
for the voice statistics. The old way, which heard nothing but the slice, is shown beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import Document
from sentigram.core.excerpt import cut_document, sentence_bounds
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import SilentReporter
from sentigram.core.time import Span, format_clock
from sentigram.errors import InputError, MediaError
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.store.memory import FolderMemory
from sentigram.words.heard_or_given import HearOptions

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "talk.mp4"
_BETWEEN = (
    "demo/librivox_sonnet001.mp3",
    "demo/jfk.flac",
    "demo/sintel_trailer_480x204.mp4",
    "word_alignment/acoustic_corpus.flac",
    "word_alignment/cold_corpus.flac",
)
_N_ACTORS, _CLIPS_OF_EACH = 6, 30
_PAUSE_SAMPLES = SAMPLE_RATE_HZ // 2
_SLICE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a preview and the whole render compare in one stretch.

    Attributes:
        n_words: In the whole.
        n_same: Of them, the preview has too.
        n_labels: Of these, with the same label.
        n_moved: Of these, with a label other than neutral in the whole or in the preview.
        n_kept: Of these, with the same label.
        seconds: How long the preview took.
    """

    n_words: int
    n_same: int
    n_labels: int
    n_moved: int
    n_kept: int
    seconds: float


def main() -> None:
    """Print a table for each recording."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--slices", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        work = Path(name)
        show(EXAMPLE, 3, work)
        if args.data is not None:
            show(made_recording(args.data, work), args.slices, work)


def show(recording: Path, n_slices: int, work: Path) -> None:
    """Hear a recording and previews of it, and print how they agree."""
    engine, options = Engine("bundled"), HearOptions(use_sidecar=False)
    info = probe(recording)
    started = time.perf_counter()
    whole = hear(info, engine, options, SilentReporter())
    length_ms = whole.media.duration_ms
    print(
        f"{recording.name}: {format_clock(length_ms)}, {len(whole.track.readings)} words, "
        f"heard in {time.perf_counter() - started:.0f} s"
    )
    memory = FolderMemory(work / recording.stem)
    short = work / "short.flac"
    ways: dict[str, list[Agreement]] = {"preview": [], "the slice alone": []}
    for asked in slices(length_ms, n_slices):
        sampling = replace(options, whole_until_ms=0)
        started = time.perf_counter()
        try:
            made = hear(info, engine, sampling, SilentReporter(), preview=asked, memory=memory)
        except InputError:
            continue  # nothing is said there
        ways["preview"].append(compared(whole, made, asked, time.perf_counter() - started))
        started = time.perf_counter()
        alone = heard_alone(recording, asked, short, engine, options)
        if alone is not None:
            seconds = time.perf_counter() - started
            ways["the slice alone"].append(compared(whole, alone, asked, seconds))
        for way, found in ways.items():
            print(f"  {format_clock(asked.start_ms):>5}  {way:<16} {described(found[-1:])}")
    for way, found in ways.items():
        print(f"  all    {way:<16} {described(found)}")


def slices(length_ms: int, number: int) -> Iterator[Span]:
    """Stretches of half a minute, or a fifth of a short recording, evenly spread."""
    size = min(_SLICE_MS, length_ms // 5)
    for place in range(number):
        start = int((place + 0.5) / number * (length_ms - size))
        yield Span(start, start + size)


def heard_alone(
    recording: Path, asked: Span, short: Path, engine: Engine, options: HearOptions
) -> Document | None:
    """A slice as if it were the whole recording, at its times in that; None without speech."""
    import soundfile

    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        audio = decode(probe(recording), workdir=Path(name))
        soundfile.write(short, np.array(audio.cut(asked)), SAMPLE_RATE_HZ)
    try:
        made = hear(probe(short), engine, options, SilentReporter())
    except MediaError:
        return None
    by = asked.start_ms
    utterances = tuple(
        replace(
            u,
            span=moved(u.span, by),
            words=tuple(replace(w, span=moved(w.span, by)) for w in u.words),
        )
        for u in made.transcript.utterances
    )
    return replace(made, transcript=replace(made.transcript, utterances=utterances))


def moved(span: Span, by_ms: int) -> Span:
    """The same span, later."""
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)


def compared(whole: Document, made: Document, asked: Span, seconds: float) -> Agreement:
    """Match the words of both in order, and count."""
    there = cut_document(whole, sentence_bounds(whole, asked))
    left = [word.text for word in there.transcript.words()]
    right = [word.text for word in made.transcript.words()]
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    pairs = [
        (there.track.readings[b.a + i].label, made.track.readings[b.b + i].label)
        for b in blocks
        for i in range(b.size)
    ]
    felt = [(a, b) for a, b in pairs if a != "neutral" or b != "neutral"]
    return Agreement(
        n_words=len(left),
        n_same=len(pairs),
        n_labels=sum(a == b for a, b in pairs),
        n_moved=len(felt),
        n_kept=sum(a == b for a, b in felt),
        seconds=seconds,
    )


def described(found: Sequence[Agreement]) -> str:
    """One line of the table."""
    n_words, n_same, n_labels, n_moved, n_kept = (
        sum(getattr(one, name) for one in found)
        for name in ("n_words", "n_same", "n_labels", "n_moved", "n_kept")
    )
    seconds = sum(one.seconds for one in found) / max(1, len(found))
    return (
        f"{n_same}/{n_words} words ({share(n_same, n_words)}), same label "
        f"{share(n_labels, n_same)}, where one is not neutral {n_kept}/{n_moved} "
        f"({share(n_kept, n_moved)}), {seconds:.0f} s each"
    )


def share(part: int, whole: int) -> str:
    """In percent."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def made_recording(data: Path, work: Path) -> Path:
    """Actors in turn, with other recordings between them."""
    import soundfile

    actors = sorted((data / "ravdess").rglob("*.flac"), key=lambda path: (actor(path), path.name))
    names = sorted({actor(path) for path in actors})
    chosen = names[:: max(1, len(names) // _N_ACTORS)][:_N_ACTORS]
    parts: list[Floats32] = []
    for number, name in enumerate(chosen):
        clips = [path for path in actors if actor(path) == name]
        picked = clips[:: max(1, len(clips) // _CLIPS_OF_EACH)][:_CLIPS_OF_EACH]
        between = [data / _BETWEEN[number]] if number < len(_BETWEEN) else []
        for path in [*picked, *between]:
            parts += [samples(path, work), np.zeros(_PAUSE_SAMPLES, np.float32)]
    out = work / "actors.flac"
    soundfile.write(out, np.concatenate(parts), SAMPLE_RATE_HZ)
    return out


def actor(path: Path) -> str:
    """The last number in a RAVDESS name: 03-01-05-01-02-02-16.flac."""
    return path.stem.rsplit("-", 1)[-1]


def samples(path: Path, work: Path) -> Floats32:
    """The sound of a file at one loudness."""
    found = np.array(decode(probe(path), workdir=work).samples)
    return (0.7 * found / max(1e-6, float(np.abs(found).max()))).astype(np.float32)


if __name__ == "__main__":
    main()
