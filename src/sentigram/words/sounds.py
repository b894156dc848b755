"""What can be heard besides words: music and singing, as the event detector finds them, and tags.

The detector takes some speech for singing, and short stretches of it for music. So music counts
from a few seconds on, and singing only where there is music too: what that leaves of false alarms,
and what it costs, stands in docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sentigram.core.sounds import MUSIC, SINGING, Sound, given_sounds, in_order, not_given
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Word
from sentigram.words.speech_events import SpeechEvent

LEAST_MS = 3_000  # of music and of singing
LEAST_CONFIDENCE = 0.6
INVENTED_CONFIDENCE = 0.3  # of words in music where no voice is found: marked as doubtful
_UNDER_MUSIC, _HEARD_VOICE = 0.5, 0.2  # shares of a word
_NEAR_MS = 1_500  # stretches of one kind that are no further apart are one
_SUNG_SHARE = 0.5  # of singing, that must lie in music
_GIVEN_NEAR_MS = 2_000  # a sound that a transcript names this near is not told twice


def sounds_of(
    events: Iterable[SpeechEvent],
    transcript: Transcript,
    *,
    within: Span | None = None,
    tagged: Iterable[Sound] = (),
) -> tuple[Sound, ...]:
    """The sounds of a recording, those that a transcript names among them.

    Args:
        events: Of any kind; speech is none.
        transcript: Its words; `[applause]` is one of them, and a sound.
        within: Only there events were looked for; None for everywhere.
        tagged: What a tagger named.
    """
    events = tuple(events)
    given = given_sounds(transcript)
    music = list(_stretches(events, MUSIC, within))
    sung = [one for one in _stretches(events, SINGING, within) if _is_in(one.span, music)]
    named = [one for one in tagged if within is None or one.span.overlap_ms(within)]
    heard = not_given((*music, *sung, *named), given, near_ms=_GIVEN_NEAR_MS)
    return in_order((*given, *heard))


def doubted(transcript: Transcript, events: Iterable[SpeechEvent]) -> Transcript:
    """Lower the confidence of heard words where there is music and no voice: they may be invented.

    Args:
        transcript: Of any words; given ones stay certain.
        events: Of any kind.
    """
    spans: dict[str, list[Span]] = {}
    for event in events:
        spans.setdefault(event.kind, []).append(event.span)
    music, voice = spans.get(MUSIC, []), [*spans.get("speech", []), *spans.get(SINGING, [])]
    if not music:
        return transcript

    def share(word: Word, of: Sequence[Span]) -> float:
        covered = sum(word.span.overlap_ms(span) for span in of)
        return covered / max(1, word.span.duration_ms)

    def told(word: Word) -> Word:
        is_sure = word.source == "given" or word.confidence <= INVENTED_CONFIDENCE
        if is_sure or share(word, music) < _UNDER_MUSIC or share(word, voice) >= _HEARD_VOICE:
            return word
        return replace(word, confidence=INVENTED_CONFIDENCE)

    return replace(
        transcript,
        utterances=tuple(
            replace(one, words=tuple(map(told, one.words))) for one in transcript.utterances
        ),
    )


def _stretches(events: Sequence[SpeechEvent], kind: str, within: Span | None) -> Iterator[Sound]:
    """Events of a kind as stretches that are long and sure enough."""
    joined: list[Sound] = []
    for event in sorted((e for e in events if e.kind == kind), key=lambda e: e.span):
        span = event.span if within is None else _clipped(event.span, within)
        if not span.duration_ms:
            continue
        if joined and span.start_ms - joined[-1].span.end_ms <= _NEAR_MS:
            before = joined[-1]
            lasts = (before.span.duration_ms, span.duration_ms)
            mean = (before.confidence * lasts[0] + event.confidence * lasts[1]) / sum(lasts)
            whole = Span(before.span.start_ms, max(before.span.end_ms, span.end_ms))
            joined[-1] = replace(before, span=whole, confidence=mean)
        else:
            joined.append(Sound(kind, span, event.confidence))
    for sound in joined:
        if sound.span.duration_ms >= LEAST_MS and sound.confidence >= LEAST_CONFIDENCE:
            yield replace(sound, confidence=round(sound.confidence, 3))


def _is_in(span: Span, music: Sequence[Sound]) -> bool:
    return sum(span.overlap_ms(one.span) for one in music) >= _SUNG_SHARE * span.duration_ms


def _clipped(span: Span, to: Span) -> Span:
    start_ms = max(span.start_ms, to.start_ms)
    return Span(start_ms, max(start_ms, min(span.end_ms, to.end_ms)))
