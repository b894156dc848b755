"""Sounds: what is found where there are some, and false alarms where people only speak.

    python benchmarks/sounds.py DATA [--recordings N]
    python benchmarks/sounds.py DATA --tagger NAME [--first N] [--recordings N] [--labelled FOLDER]

DATA holds `demo/`, `ravdess/`, `nemo/` and `emodb/`. The trailer's music is known to the second.
Clean speech of each corpus, by turns of its speakers, holds no music: every second of it that is
called so is a false alarm. Then the trailer's music without speech is laid under the same speech,
in the middle third of each recording, at several levels, and the share of that third that is called
music is counted, beside the seconds outside of it. The rule that sounds count by (`words.sounds`)
is compared with the detector's events as they are. Intervals are 95 % bootstraps over speakers.

With `--tagger`, which names a model of the store or a file, the sounds that it names are counted
instead: on the same clean speech all are false, and each file below a folder of FOLDER that is
called after a label (`laughter/`, `dog barks/`) is heard if that label is among them. Laid under
speech of RAVDESS as loud as it, what is found of each file shows how far a voice hides it. Words
are counted that Moonshine writes over them alone, and real ones that are taken for such over them.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joined_clips import heard as sound_of
from joined_clips import recordings
from missed import N_DRAWS

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import SoundTagger
from sentigram.core.sounds import MUSIC, SPEECH
from sentigram.core.time import MS_PER_HOUR, MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.training.dataset.clips import load
from sentigram.words.moonshine.transcriber import MoonshineTranscriber
from sentigram.words.sounds import (
    INVENTED_CONFIDENCE,
    doubted,
    sounds_of,
    without_invented,
)
from sentigram.words.speech_events import speech_events
from sentigram.words.tagging.choosing import choose_tagger

CORPORA = ("ravdess", "nemo", "emodb")
TRAILER = "sintel_trailer_480x204.mp4"
KNOWN = Span(9_400, 49_000)  # of the trailer's music, by ear and picture
BARE = Span(21_500, 29_500)  # of it, where nobody speaks
LEVELS_DB = (0.0, -10.0, -20.0)  # of the music against the speech
MOST_OF_FILE = 20 * SAMPLE_RATE_HZ
NOBODY = Transcript("", ())


@dataclass(frozen=True)
class Heard:
    """What was found in one recording, in ms: of music, then of singing; raw, then by the rule."""

    speaker: str
    duration_ms: int
    found_ms: tuple[int, int, int, int]
    n_music: int


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--recordings", type=int, default=48, help="of each corpus")
    parser.add_argument("--first", type=int, default=0, help="recordings to leave out before")
    parser.add_argument("--tagger", help="count what it names: a model's name, or a file")
    parser.add_argument("--labelled", type=Path, help="folders of files, each called by its label")
    args = parser.parse_args()
    if args.tagger:
        tagger = choose_tagger(args.tagger).tagger
        if tagger is None:
            parser.error("--tagger: none")
        named_in_speech(tagger, args.data, args.recordings, args.first)
        if args.labelled:
            voice = next(recordings(args.data / CORPORA[0], 1, first=args.first))[1].samples
            named_in_files(tagger, args.labelled, voice)
            words_over_files(tagger, args.data, args.labelled, args.recordings, args.first)
        return
    trailer = Audio(load(args.data / "demo" / TRAILER))
    found = sounds_of(speech_events(trailer), NOBODY)
    print(f"trailer, music at {KNOWN.start_ms}-{KNOWN.end_ms} ms:")
    for sound in found:
        print(f"  {sound.label:8} {sound.span.start_ms}-{sound.span.end_ms} ms {sound.confidence}")
    music = trailer.cut(BARE)
    print("\nclean speech: seconds an hour called music or singing, and [music] captions an hour")
    print(
        f"  {'':8} {'minutes':>7} {'music':>8} {'singing':>8}  by the rule: music, singing, [music]"
    )
    for name in CORPORA:
        made = [(who, audio) for who, audio, _ in recordings(args.data / name, args.recordings)]
        print(f"  {name:8} {clean_row([heard(who, audio) for who, audio in made])}", flush=True)
        for level_db in LEVELS_DB:
            shares = [mixed(who, audio, music, level_db) for who, audio in made]
            print(f"    music at {level_db:+.0f} dB: {mixed_row(shares)}", flush=True)


def named_in_speech(tagger: SoundTagger, data: Path, count: int, first: int) -> None:
    """Print how often clean speech is taken for each sound, and captions that it would have."""
    print("clean speech: sounds named, all of them false")
    for name in CORPORA:
        found: Counter[str] = Counter()
        by_speaker: dict[str, Floats64] = defaultdict(lambda: np.zeros(2))
        for who, audio, _ in recordings(data / name, count, first=first):
            named = [one.label for one in tagger.tag(audio) if one.label not in (MUSIC, SPEECH)]
            found.update(named)
            by_speaker[who] += (len(named), audio.duration_ms / MS_PER_HOUR)
        n, hours = np.sum(list(by_speaker.values()), axis=0)
        low, high = interval(list(by_speaker.values()))
        most = ", ".join(f"{label} {n}" for label, n in found.most_common())
        print(
            f"  {name:8} {60 * hours:6.1f} min {n / hours:6.1f} an hour [{low:.1f}, {high:.1f}]"
            f"  {most}",
            flush=True,
        )


def named_in_files(tagger: SoundTagger, folder: Path, voice: Floats32) -> None:
    """Print in how many files of each label it is found, alone and under a voice."""
    print("files in which the label is found: alone; under a voice as loud; other labels, alone")
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in home.iterdir() if path.is_file())
        alone, under = 0, 0
        others: Counter[str] = Counter()
        for path in files:
            sound = sound_of(path)
            labels = {one.label for one in tagger.tag(Audio(sound))} - {SPEECH}
            alone += home.name in labels
            others.update(labels - {home.name})
            both = laid_under(np.resize(voice, len(sound)), sound, 0.0)
            under += home.name in {one.label for one in tagger.tag(Audio(both))}
        rest = ", ".join(f"{label} {n}" for label, n in others.most_common())
        print(f"  {home.name:16} {alone} of {len(files)}; {under} of {len(files)}; {rest}")


def laid_under(speech: Floats32, sound: Floats32, level_db: float) -> Floats32:
    """Speech with a sound under all of it, so much louder on average; both at half."""
    sound = np.resize(sound, len(speech))
    loud, soft = (float(np.sqrt(np.mean(part**2))) for part in (speech, sound))
    gain = loud / max(soft, 1e-9) * 10 ** (level_db / 20)
    return np.asarray(np.clip((speech + sound * gain) / 2, -1, 1), np.float32)


def words_over_files(tagger: SoundTagger, data: Path, folder: Path, count: int, first: int) -> None:
    """Print what becomes of words that are invented over sounds, and of real ones under them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sounds = [sound_of(path)[:MOST_OF_FILE] for path in files]
    _, before, _ = next(recordings(data / CORPORA[0], 1, first=first))
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    print("words that Moonshine writes over a sound alone: all; left out; the rest doubtful")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path, sound in zip(files, sounds, strict=True):
        for gain in (1.0, 0.3, 0.1):
            audio = Audio(np.concatenate([before.samples, silence, gain * sound, silence]))
            words = MoonshineTranscriber().transcribe(audio, language="en")
            start_ms = before.duration_ms
            count_words(counts[path.parent.name], tagger, audio, words, start_ms=start_ms)
    for label, found in counts.items():
        print(f"  {label:16} {found['all']}; {found['out']}; {found['doubtful']}", flush=True)
    print("words of clean speech with the sounds under them: all; left out; doubtful")
    for name in CORPORA:
        for level_db in (None, 0.0, 6.0):
            real: Counter[str] = Counter()
            for i, (_, speech, text) in enumerate(recordings(data / name, count, first=first)):
                audio = speech
                if level_db is not None:
                    audio = Audio(laid_under(speech.samples, sounds[i % len(sounds)], level_db))
                count_words(real, tagger, audio, text)
            level = "clean" if level_db is None else f"{level_db:+.0f} dB"
            print(
                f"  {name:8} {level:6} {real['all']}; {real['out']}; {real['doubtful']}", flush=True
            )


def count_words(
    counts: Counter[str], tagger: SoundTagger, audio: Audio, text: Transcript, *, start_ms: int = 0
) -> None:
    """Add up the words from a time on, those that are left out and those that are doubtful."""
    tagged = tagger.tag(audio)
    kept, out = without_invented(text, tagged)
    sure = {w.span for w in text.words() if w.confidence > INVENTED_CONFIDENCE}
    low = [
        word
        for word in doubted(kept, (), tagged=tagged).words()
        if word.span in sure and word.confidence <= INVENTED_CONFIDENCE
    ]
    counts["all"] += sum(word.span.start_ms >= start_ms for word in text.words())
    counts["out"] += sum(w.span.start_ms >= start_ms for one in out for w in one.words)
    counts["doubtful"] += sum(word.span.start_ms >= start_ms for word in low)


def heard(speaker: str, audio: Audio) -> Heard:
    """What is called music and singing in one recording."""
    events = speech_events(audio)
    sounds = sounds_of(events, NOBODY)
    found_ms = (
        total_ms(e.span for e in events if e.kind == "music"),
        total_ms(e.span for e in events if e.kind == "singing"),
        total_ms(s.span for s in sounds if s.label == "music"),
        total_ms(s.span for s in sounds if s.label == "singing"),
    )
    n_music = sum(sound.label == "music" for sound in sounds)
    return Heard(speaker, audio.duration_ms, found_ms, n_music)


def total_ms(spans: Iterable[Span]) -> int:
    """How long spans last together."""
    return sum(span.duration_ms for span in spans)


def mixed(speaker: str, audio: Audio, music: Floats32, level_db: float) -> tuple[str, Floats64]:
    """Found music in ms inside and outside the middle third, and how long both are."""
    third = audio.duration_ms // 3
    middle = Span(third, 2 * third)
    first, last = (ms * SAMPLE_RATE_HZ // MS_PER_SECOND for ms in (third, 2 * third))
    samples = np.array(audio.samples, np.float32)
    under = np.resize(music, last - first)
    loud, soft = (float(np.sqrt(np.mean(part**2))) for part in (samples, under))
    samples[first:last] += under * (loud / soft) * 10 ** (level_db / 20)
    events = speech_events(Audio(np.clip(samples, -1, 1)))
    spans = [s.span for s in sounds_of(events, NOBODY) if s.label == "music"]
    inside = sum(span.overlap_ms(middle) for span in spans)
    outside = sum(span.duration_ms for span in spans) - inside
    rest = audio.duration_ms - middle.duration_ms
    return speaker, np.array([inside, middle.duration_ms, outside, rest], float)


def clean_row(rows: Sequence[Heard]) -> str:
    """Seconds an hour, and captions an hour with their interval."""
    hours = sum(row.duration_ms for row in rows) / MS_PER_HOUR
    seconds = [sum(row.found_ms[i] for row in rows) / MS_PER_SECOND / hours for i in range(4)]
    by_speaker: dict[str, Floats64] = defaultdict(lambda: np.zeros(2))
    for row in rows:
        by_speaker[row.speaker] += (row.n_music, row.duration_ms / MS_PER_HOUR)
    low, high = interval(list(by_speaker.values()))
    minutes = 60 * hours
    return (
        f"{minutes:7.1f} {seconds[0]:8.1f} {seconds[1]:8.1f}  {seconds[2]:.1f}, {seconds[3]:.1f}, "
        f"{sum(r.n_music for r in rows) / hours:.1f} [{low:.1f}, {high:.1f}]"
    )


def mixed_row(rows: Sequence[tuple[str, Floats64]]) -> str:
    """The share of the music that is found, and the share of the rest that is called so."""
    by_speaker: dict[str, Floats64] = defaultdict(lambda: np.zeros(4))
    for speaker, counts in rows:
        by_speaker[speaker] += counts
    tables = list(by_speaker.values())
    sums = np.sum(tables, axis=0)
    low, high = interval([table[:2] for table in tables])
    found, false = sums[0] / sums[1], sums[2] / sums[3]
    return f"{found:.0%} [{low:.0%}, {high:.0%}] of it found; {false:.1%} of the rest"


def interval(tables: Sequence[Floats64]) -> tuple[float, float]:
    """Of a ratio of sums, from draws of speakers."""
    table = np.array(tables)
    drawn = np.random.default_rng(0).integers(len(table), size=(N_DRAWS, len(table)))
    sums = table[drawn].sum(axis=1)  # (draws, 2)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
