"""Words that Whisper made up: in silence, in music, in loops.

No single sign is enough. The model's own doubts (`no_speech_prob`, `avg_logprob`, the words'
probabilities) are weighed against what the voice detector says of the same time, and a phrase that
Whisper is known to make up only lowers the bar. Whatever is left out is named with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Word, join_words
from sentigram.words.whisper.seams import bare

Reason = Literal["no speech", "no voice", "no time", "a loop", "heard twice"]

LOOP_RATIO = 2.4  # text that compresses better repeats itself (Whisper's own threshold)

_NO_SPEECH_PROB = 0.6  # Whisper's own rule: likely silence, and …
_LOW_LOGPROB = -1.0  # … unlikely text
_REACH_MS = 300  # a word may be placed this far from the voice that said it
_RUN_PAUSE_MS = 1_000  # words further apart are judged apart
_SURE = 0.6  # words of this probability are kept where there is no voice …
_SURE_OF_PHANTOMS = 0.95  # … but known phantoms need more
_LITTLE_VOICE = 0.5  # of a phantom's time
_CRAMMED_WORDS = 4  # so many words in a row without time for them
_CRAMMED_MS = 30  # a word
_LEAST_COPIES = 4  # of a phrase, before it is looked at as a loop
_LONGEST_LOOP = 24  # words in a phrase that repeats
_WORD_MS = 90  # nobody says more than eleven words a second, again and again …
_LETTER_MS = 33  # … or thirty letters
_LONGEST_WORD = 100  # letters; a decoder that goes round in circles may forget to write spaces
_QUOTED_WORDS = 8  # of what is left out, in a message


@dataclass(frozen=True, slots=True)
class WordDoubts:
    """What the model says of a whole window.

    Attributes:
        no_speech_prob: That nobody speaks, in [0, 1].
        avg_logprob: Mean log probability of the tokens.
        compression_ratio: Length of the text against its compressed length.
    """

    no_speech_prob: float = 0.0
    avg_logprob: float = 0.0
    compression_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """Words that were left out.

    Attributes:
        text: The words.
        span: Where the model placed them.
        reason: Why.
    """

    text: str
    span: Span
    reason: Reason

    def __str__(self) -> str:
        """One line for the user."""
        words = self.text.split()
        text = " ".join(words[:_QUOTED_WORDS])[:_LONGEST_WORD]
        text += "" if text == self.text else " …"
        why = {
            "no speech": "the model takes the sound for no speech",
            "no voice": "there is no voice",
            "no time": "there is no time for so many words",
            "a loop": "it goes on repeating itself",
            "heard twice": "two windows heard it",
        }[self.reason]
        return f"left out {text!r} at {format_clock(self.span.start_ms)}: {why}"


def without_made_up(
    words: Sequence[Word],
    voice: Sequence[Span],
    evidence: WordDoubts,
    *,
    is_second: bool = False,
) -> tuple[tuple[Word, ...], tuple[Dropped, ...]]:
    """Leave out what nobody said.

    Args:
        words: Of one window, in order.
        voice: Where there is voice, in order.
        evidence: What the model says of the window.
        is_second: The model wrote nothing there before, which speaks against words: either doubt
            is enough.

    Returns:
        The words that stay, unchanged, and those that do not, in order of time.
    """
    if not words:
        return (), ()
    doubts = (evidence.no_speech_prob > _NO_SPEECH_PROB, evidence.avg_logprob < _LOW_LOGPROB)
    if all(doubts) or (is_second and any(doubts)):
        return (), (_dropped(words, "no speech"),)
    endless = [_dropped([word], "a loop") for word in words if len(word.text) > _LONGEST_WORD]
    said = [word for word in words if len(word.text) <= _LONGEST_WORD]
    kept, loops = _without_loops(said, voice)
    out: list[Word] = []
    dropped = [*endless, *loops]
    for run in _runs(kept):
        reason = _suspicion(run, voice, evidence)
        if reason is not None:
            dropped.append(_dropped(run, reason))
            continue
        stays, crammed = _without_crammed(run)
        out += stays
        dropped += crammed
    return tuple(out), tuple(sorted(dropped, key=lambda drop: drop.span.start_ms))


def loops_of(words: Sequence[Word], voice: Sequence[Span]) -> tuple[Dropped, ...]:
    """What `without_made_up` leaves out of phrases that repeat faster than anybody speaks."""
    return tuple(_without_loops(words, voice)[1])


def _suspicion(run: Sequence[Word], voice: Sequence[Span], evidence: WordDoubts) -> Reason | None:
    probability = sum(word.confidence for word in run) / len(run)
    around = Span(max(0, run[0].span.start_ms - _REACH_MS), _end_ms(run) + _REACH_MS)
    is_phantom = _phrase(run) in _phantoms()
    if not _voice_ms(around, voice):
        bar = _SURE_OF_PHANTOMS if is_phantom else _SURE
        return "no voice" if probability < bar else None
    span = Span(run[0].span.start_ms, _end_ms(run))
    has_little = _voice_ms(span, voice) < _LITTLE_VOICE * span.duration_ms
    doubts = probability < _SURE or evidence.no_speech_prob > _NO_SPEECH_PROB
    return "no voice" if is_phantom and has_little and doubts else None


def _without_crammed(run: Sequence[Word]) -> tuple[list[Word], list[Dropped]]:
    """Leave out words at the end of a run that have no time, and little probability.

    When the decoder goes on after the last word was said, the alignment has no sound left for the
    rest and puts all of it into one moment.
    """
    n_crammed = 0
    while n_crammed < len(run) and run[-1 - n_crammed].span.duration_ms < _CRAMMED_MS:
        n_crammed += 1
    first = len(run) - n_crammed
    tail = run[first:]
    is_in_a_moment = bool(tail) and _end_ms(tail) - tail[0].span.start_ms < _CRAMMED_MS * n_crammed
    if n_crammed < _CRAMMED_WORDS or not is_in_a_moment:
        return list(run), []
    if sum(word.confidence for word in tail) / n_crammed >= _SURE:
        return list(run), []
    return list(run[:first]), [_dropped(tail, "no time")]


def _without_loops(
    words: Sequence[Word], voice: Sequence[Span]
) -> tuple[list[Word], list[Dropped]]:
    """Keep one copy of each phrase that repeats faster than anybody speaks.

    What is repeated at a speed that can be spoken stays: people say "no, no, no, no" and count.
    """
    texts = [bare(word.text) for word in words]
    out: list[Word] = []
    dropped: list[Dropped] = []
    i = 0
    while i < len(words):
        length, copies = _loop_at(texts, i)
        run = words[i : i + length * copies]
        if copies >= _LEAST_COPIES and _is_too_fast(run, voice):
            out += run[:length]
            dropped.append(_dropped(run[length:], "a loop"))
            i += len(run)
        else:
            out.append(words[i])
            i += 1
    return out, dropped


def _loop_at(texts: Sequence[str], i: int) -> tuple[int, int]:
    """Words in the phrase that starts here, and how often it is said; the shortest that repeats."""
    for length in range(1, min(_LONGEST_LOOP, (len(texts) - i) // _LEAST_COPIES) + 1):
        phrase = texts[i : i + length]
        copies = 1
        while texts[i + copies * length : i + (copies + 1) * length] == phrase:
            copies += 1
        if copies >= _LEAST_COPIES:
            return length, copies
    return 1, 1


def _is_too_fast(run: Sequence[Word], voice: Sequence[Span]) -> bool:
    needed_ms = sum(max(_WORD_MS, _LETTER_MS * len(bare(word.text))) for word in run)
    if any(word.joined for word in run):  # a word of one character: a syllable
        needed_ms = sum(_WORD_MS * len(bare(word.text)) for word in run)
    return _voice_ms(Span(run[0].span.start_ms, _end_ms(run)), voice) < needed_ms


def _runs(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words between pauses."""
    first = 0
    for i in range(1, len(words) + 1):
        if i == len(words) or (words[i].span.start_ms - words[i - 1].span.end_ms >= _RUN_PAUSE_MS):
            if i > first:
                yield words[first:i]
            first = i


def _dropped(words: Sequence[Word], reason: Reason) -> Dropped:
    span = Span(min(word.span.start_ms for word in words), _end_ms(words))
    return Dropped(join_words(tuple(words)), span, reason)


def _end_ms(words: Sequence[Word]) -> int:
    return max(word.span.end_ms for word in words)


def _voice_ms(span: Span, voice: Sequence[Span]) -> int:
    return sum(span.overlap_ms(other) for other in voice)


def _phrase(run: Sequence[Word]) -> str:
    """The words of a run, without case and punctuation, apart by spaces."""
    text = "".join(c if c.isalnum() else " " for c in join_words(tuple(run)))
    return " ".join(text.casefold().split())


@cache
def _phantoms() -> frozenset[str]:
    import tomllib

    text = resources.files("sentigram.words.whisper").joinpath("phantoms.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["phrases"])
