"""Measure the layout of long recordings: seconds, and how many cues keep to the reading speed.

    python benchmarks/layout.py [DOCUMENT …] [--words 10000] [--profile sdh] [--age child]

Each Document is repeated with shifted times until it has that many words, about an hour of speech.
Without Documents, words are made up: lengths and gaps follow fixed random numbers, 11 to 17
characters a second with pauses between sentences, as English speakers talk.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from sentigram.core.document import Document, DocumentMedia, read_document
from sentigram.core.emotion import EmotionTrack, LabelSet, WordEmotion
from sentigram.core.style import Cue
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.style import styling
from sentigram.style.layout.cues import lay_out, shown_text
from sentigram.style.layout.limits import LayoutRules, count_chars
from sentigram.style.theme.theme import load

RUNS = 5
_PAUSE_MS = 1500  # between two repetitions
_LENGTHS = (1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 7, 8, 9, 11)  # letters of English words


def repeated(document: Document, n_words: int) -> Document:
    """A Document with its words said again and again."""
    utterances: list[Utterance] = []
    readings: list[WordEmotion] = []
    shift_ms = 0
    while len(readings) < n_words:
        for utterance in document.transcript.utterances:
            words = tuple(replace(w, span=_moved(w.span, shift_ms)) for w in utterance.words)
            span = _moved(utterance.span, shift_ms)
            name = f"u{len(utterances) + 1}"
            utterances.append(replace(utterance, id=name, span=span, words=words))
        readings += document.track.readings
        shift_ms = utterances[-1].span.end_ms + _PAUSE_MS
    return replace(
        document,
        media=replace(document.media, duration_ms=shift_ms, shots_ms=()),
        transcript=replace(document.transcript, utterances=tuple(utterances)),
        track=replace(document.track, readings=tuple(readings)),
    )


def made_up(n_words: int) -> Document:
    """Sentences of random words at the pace of speech."""
    random.seed(5)
    utterances: list[Utterance] = []
    at, total = 500, 0
    while total < n_words:
        pace = random.uniform(11, 17)
        words = []
        for number in range(length := random.randint(3, 24)):
            text = "".join(random.choices("etaoinshrdlu", k=random.choice(_LENGTHS)))
            last = "." if number == length - 1 else "," if random.random() < 0.08 else ""
            end = at + round(MS_PER_SECOND * (len(text) + 1) / pace * random.uniform(0.7, 1.3))
            words.append(Word(text + last, Span(at, end)))
            at = end + (random.randint(80, 400) if last == "," else 0)
        span = Span(words[0].span.start_ms, at)
        utterances.append(Utterance(f"u{len(utterances) + 1}", span, tuple(words)))
        total += length
        at += random.randint(100, 1600)
    reading = WordEmotion("neutral", (1.0,), 0.0)
    return Document(
        DocumentMedia("made-up.mp4", at, 1920, 1080, Fraction(25)),
        Transcript("en", tuple(utterances)),
        EmotionTrack(LabelSet(("neutral",)), (reading,) * total),
    )


def measure(document: Document, *, age: str, profiles: tuple[str, ...]) -> None:
    """Print how long the layout takes, and what its cues keep to."""
    theme = load(age=age, profiles=profiles)
    track = styling.style(document, theme)
    words = styling.assign(document, theme)
    language, media = document.transcript.language, document.media
    rules = LayoutRules.of(theme.caption, track.canvas, language=language, fps=media.fps)
    taken_s, used_s = [], []
    for _ in range(RUNS):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        cues = lay_out(
            document.transcript, words, track.styles, track.canvas, rules, end_ms=media.duration_ms
        )
        taken_s.append(time.perf_counter() - wall_s)
        used_s.append(time.process_time() - cpu_s)
    over = sum(_chars(cue, language) * MS_PER_SECOND > rules.cps * _ms(cue) for cue in cues)
    brief = sum(_ms(cue) < rules.min_ms for cue in cues)
    late = sum(cue.span.start_ms - cue.lines[0][0].span.start_ms > 40 for cue in cues)
    print(
        f"{media.name}: {len(words)} words, {media.duration_ms / MS_PER_MINUTE:.0f} min, "
        f"{len(cues)} cues: {min(taken_s):.2f} s (CPU {min(used_s):.2f} s); over "
        f"{rules.cps:g} characters a second: {over} ({over / len(cues):.1%}); under "
        f"{rules.min_ms} ms: {brief}; more than 40 ms late: {late}"
    )


def _moved(span: Span, by_ms: int) -> Span:
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)


def _ms(cue: Cue) -> int:
    return cue.span.duration_ms


def _chars(cue: Cue, language: str) -> float:
    lines = [
        "".join(("" if w.joined or not i else " ") + shown_text(w) for i, w in enumerate(line))
        for line in cue.lines
    ]
    return count_chars("".join([f"{cue.label} " if cue.label else "", *lines]), language)


def main() -> None:
    """Read the arguments, measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("documents", nargs="*", type=Path)
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--age", default="adult")
    parser.add_argument("--profile", default="")
    arguments = parser.parse_args()
    profiles = tuple(name for name in arguments.profile.split(",") if name)
    made = [repeated(read_document(path), arguments.words) for path in arguments.documents]
    for document in made or [made_up(arguments.words)]:
        measure(document, age=arguments.age, profiles=profiles)


if __name__ == "__main__":
    main()
