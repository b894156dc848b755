"""Documents for tests: a hand-written one, and a strategy that makes any."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from sentigram.core.document import (
    Document,
    DocumentMedia,
    EnginePart,
    FoundSpeaker,
    FoundSpeakers,
)
from sentigram.core.emotion import RAISED, EmotionTrack, Evidence, LabelSet, WordEmotion
from sentigram.core.prosody import Prosody
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word

LABELS = LabelSet(("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"))


def reading(label: str, *, p: float = 0.8, intensity: float | None = None) -> WordEmotion:
    """A reading of one label; the rest of the probability is spread evenly. Or a raised voice."""
    if label == RAISED:
        return raised(p if intensity is None else intensity)
    rest = (1 - p) / (len(LABELS) - 1)
    return WordEmotion(
        label=label,
        probs=tuple(p if name == label else rest for name in LABELS),
        intensity=(0.0 if label == "neutral" else p) if intensity is None else intensity,
        vad=(0.1, 0.2, -0.3),
        evidence=Evidence(0.25, 0.75),
    )


def raised(intensity: float = 0.9) -> WordEmotion:
    """A voice that is raised, in anger or in joy: the label is withheld."""
    likely = {"anger": 0.39, "happiness": 0.37}
    rest = (1 - sum(likely.values())) / (len(LABELS) - len(likely))
    return replace(
        reading("neutral", intensity=intensity),
        probs=tuple(likely.get(name, rest) for name in LABELS),
        withheld=True,
    )


def document(
    *sentences: tuple[str, str], word_ms: int = 400, media: DocumentMedia | None = None
) -> Document:
    """A Document of (text, label) sentences, words of equal length, half a second apart."""
    utterances, readings, at = [], [], 500
    for number, (text, label) in enumerate(sentences, start=1):
        words = []
        for token in text.split():
            words.append(Word(token, Span(at, at + word_ms)))
            readings.append(reading(label))
            at += word_ms
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        utterances.append(Utterance(f"u{number}", span, tuple(words), "Ann"))
        at += 500
    return Document(
        media=media or DocumentMedia("talk.mp4", at, 1280, 720, Fraction(30_000, 1001)),
        transcript=Transcript("en", tuple(utterances)),
        track=EmotionTrack(LABELS, tuple(readings)),
        engine=(EnginePart("transcriber", "test", "1", "0" * 64),),
    )


def talk() -> Document:
    """Four sentences in four moods."""
    return document(
        ("We are so happy to see you here today!", "happiness"),
        ("How dare you talk to me like that?", "anger"),
        ("The train leaves at nine.", "neutral"),
        ("I miss her every single day.", "sadness"),
    )


_words_text = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda text: text.strip() != "")


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


_spreads = st.none() | st.floats(-9, 9)
_prosody = st.none() | st.builds(Prosody, *[_spreads] * 4, st.none() | st.floats(0, 1)).filter(
    lambda prosody: not prosody.is_blank
)

_share = st.floats(0, 1)
_person = st.builds(FoundSpeaker, st.text(max_size=8), st.floats(0, 1000), _share)
_speakers = st.builds(
    FoundSpeakers, st.lists(_person, min_size=1, max_size=3).map(tuple), _share, st.booleans()
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any Document."""
    share = st.floats(0, 1)
    utterances, readings, at = [], [], 0
    for number in range(draw(st.integers(0, 4))):
        words = []
        for _ in range(draw(st.integers(1, 5))):
            start = at + draw(st.integers(0, 3000))
            at = start + draw(st.integers(1, 3000))
            words.append(
                Word(
                    draw(_words_text),
                    Span(start, at),
                    draw(share),
                    draw(st.sampled_from(["heard", "given"])),
                    draw(st.sampled_from(["aligned", "estimated"])),
                    joined=draw(st.booleans()),
                    prosody=draw(_prosody),
                )
            )
            readings.append(
                WordEmotion(
                    draw(st.sampled_from(LABELS.names)),
                    tuple(draw(st.lists(share, min_size=7, max_size=7))),
                    draw(share),
                    draw(st.none() | st.tuples(*[st.floats(-1, 1)] * 3)),
                    draw(st.none() | st.builds(Evidence, share, share)),
                    draw(st.booleans()),
                )
            )
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        utterances.append(Utterance(f"u{number}", span, tuple(words), draw(st.text(max_size=8))))
    return Document(
        media=DocumentMedia(
            "a'b\"[c].mp4",
            at + 10,
            640,
            360,
            draw(
                st.sampled_from(
                    [Fraction(0), Fraction(25), Fraction(30_000, 1001), Fraction(24_000, 1001)]
                )
            ),
            tuple(sorted(draw(st.sets(st.integers(0, at + 10), max_size=4)))),
        ),
        transcript=Transcript("en", tuple(utterances)),
        track=EmotionTrack(LABELS, tuple(readings)),
        missed=_apart(draw(st.lists(st.integers(0, 9_000), max_size=6, unique=True))),
        notes=tuple(draw(st.lists(_words_text.map(str.strip), max_size=3))),
        extra=draw(st.dictionaries(st.text(min_size=1, max_size=6), _anything, max_size=3)),
        speakers=draw(st.none() | _speakers),
    )


def _apart(times_ms: list[int]) -> tuple[Span, ...]:
    edges = iter(sorted(times_ms))
    return tuple(Span(start_ms, end_ms) for start_ms, end_ms in zip(edges, edges, strict=False))
