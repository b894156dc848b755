"""The windows that Whisper hears: at most 30 s each, cut in pauses, found piece by piece.

Whisper looks at 30 s at a time, whatever it is given. faster-whisper cuts the silences out and
glues the rest together, which saves windows but lets words reach over the joints; here every
window is one stretch of the recording as it is, so that a time in a window is a time in the
recording. Speech without a pause for 28 s is cut with an overlap of two seconds, and the words that
were heard twice are joined by `sentigram.words.whisper.seams`.

Voice is looked for two minutes at a time: the samples may be a memory map of many hours, and the
detector copies what it is given four times over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples
from sentigram.errors import UsageError
from sentigram.words.activity import FRAME_MS, SILENCE_DB, levels_db, speech_spans, stretches
from sentigram.words.speech_events import obstacle, speech_events

WINDOW_MS = 30_000  # what the model was trained on
OVERLAP_MS = 1_000  # on each side of a cut that had to be made in the middle of speech
PIECE_MS = 120_000  # of sound in memory at once

_LONGEST_MS = WINDOW_MS - 2 * OVERLAP_MS
_PAUSE_MS = 3_000  # over longer pauses a new window begins: silence invites made-up words
_SEAM_MS = 150  # shorter gaps between windows are cuts that the detector was forced to make
_VOICE_EDGE_MS = 60  # the detector works in steps of 32 ms, and is late by one or two
_SHORTEST_MS = 100  # less sound holds no word

Detector = Callable[[Audio, Span], tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class VadSettings:
    """How voice is told from everything else (Silero's detector, as faster-whisper carries it).

    Attributes:
        threshold: Probability from which a moment is voice, in (0, 1). Lower finds quieter speech,
            and more that is none.
        min_silence_ms: Shorter silences are part of the speech around them.
        min_speech_ms: Shorter speech is none.
        speech_pad_ms: Sound that is heard before and after speech; never beyond the middle of a
            pause.
    """

    threshold: float = 0.5
    min_silence_ms: int = 160
    min_speech_ms: int = 0
    speech_pad_ms: int = 400

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            message = f"VAD threshold {self.threshold}: needs to be between 0 and 1, such as 0.5"
            raise UsageError(message)
        for name in ("min_silence_ms", "min_speech_ms", "speech_pad_ms"):
            value = getattr(self, name)
            if not 0 <= value <= OVERLAP_MS * 10:
                words = name.removesuffix("_ms").replace("_", " ")
                message = f"VAD {words} {value} ms: needs to be from 0 to {OVERLAP_MS * 10} ms"
                raise UsageError(message)


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch that the model hears.

    Attributes:
        span: From the recording, at most 30 s.
        speech: Where there is voice in it, in order, without the pads.
        is_continued: It overlaps the window before it, for there was no pause to cut in.
    """

    span: Span
    speech: tuple[Span, ...]
    is_continued: bool = False

    @property
    def voice(self) -> tuple[Span, ...]:
        """Its speech, widened by what the detector is late by, in order and apart."""
        return merged(
            [
                Span(
                    max(self.span.start_ms, span.start_ms - _VOICE_EDGE_MS),
                    min(self.span.end_ms, span.end_ms + _VOICE_EDGE_MS),
                )
                for span in self.speech
            ]
        )

    @property
    def speech_ms(self) -> int:
        """How long somebody speaks in it."""
        return sum(span.duration_ms for span in self.speech)


def merged(spans: Iterable[Span], *, gap_ms: int = 0) -> tuple[Span, ...]:
    """Spans in order, those that overlap or are nearer than `gap_ms` made one."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start_ms, span.end_ms)):
        if out and span.start_ms - out[-1].end_ms <= max(0, gap_ms - 1):
            out[-1] = Span(out[-1].start_ms, max(out[-1].end_ms, span.end_ms))
        else:
            out.append(span)
    return tuple(out)


def windows(
    audio: Audio, vad: VadSettings | None, *, detect: Detector | None = None
) -> Iterator[Window]:
    """The windows of a recording in order, each found when it is asked for.

    Args:
        audio: The recording, 16 kHz.
        vad: How to find voice; None to hear all of it, cut where it is quiet.
        detect: Finds voice in a span of the recording; Silero's detector when None.
    """
    if vad is None:
        yield from _everything(audio)
        return
    found = detect or _detector(vad)
    end_ms = audio.duration_ms
    start_ms = last_end_ms = audio.speech_start_ms
    waiting: Window | None = None  # its end depends on what follows
    while end_ms - start_ms >= _SHORTEST_MS:
        piece = Span(start_ms, min(start_ms + PIECE_MS, end_ms))
        groups = _grouped(found(audio, piece))
        start_ms = piece.end_ms
        if groups and piece.end_ms < end_ms and piece.end_ms - groups[-1][-1].end_ms <= _PAUSE_MS:
            # The last group may go on: the next piece begins in the pause before it.
            *groups, last = groups
            before_ms = groups[-1][-1].end_ms if groups else max(last_end_ms, piece.start_ms)
            start_ms = max(last[0].start_ms - vad.speech_pad_ms, before_ms)
            if start_ms <= piece.start_ms:  # speech all along, and in one group: cannot be
                groups, start_ms = [*groups, last], piece.end_ms
        for group in groups:
            window = _window(group, waiting, vad.speech_pad_ms, audio.speech_start_ms)
            if waiting is not None:
                yield _until(waiting, window, vad.speech_pad_ms, end_ms)
            waiting, last_end_ms = window, group[-1].end_ms
    if waiting is not None:
        start_ms = waiting.span.start_ms
        padded_ms = min(waiting.span.end_ms + vad.speech_pad_ms, end_ms, start_ms + WINDOW_MS)
        yield replace(waiting, span=Span(start_ms, padded_ms))


def _everything(audio: Audio) -> Iterator[Window]:
    """The whole recording in windows that touch where it is quiet."""
    sounds = speech_spans(audio)
    levels = levels_db(audio)
    for stretch in stretches(audio, target_ms=WINDOW_MS):
        if stretch.end_ms - audio.speech_start_ms < _SHORTEST_MS:
            continue
        if levels[stretch.start_ms // FRAME_MS : -(-stretch.end_ms // FRAME_MS)].max() < SILENCE_DB:
            continue
        span = Span(max(stretch.start_ms, audio.speech_start_ms), stretch.end_ms)
        inside = tuple(
            Span(max(s.start_ms, span.start_ms), min(s.end_ms, span.end_ms))
            for s in sounds
            if s.overlap_ms(span)
        )
        yield Window(span, inside or (span,))


def _grouped(speech: Iterable[Span]) -> list[tuple[Span, ...]]:
    """Neighbouring spans that fit into one window."""
    groups: list[list[Span]] = []
    for span in chain.from_iterable(map(_short, speech)):
        if (
            groups
            and span.start_ms - groups[-1][-1].end_ms <= _PAUSE_MS
            and span.end_ms - groups[-1][0].start_ms <= _LONGEST_MS
        ):
            groups[-1].append(span)
        else:
            groups.append([span])
    return [tuple(group) for group in groups]


def _short(span: Span) -> Iterator[Span]:
    """A span in equal parts that fit into a window; the detector rarely finds longer ones."""
    n_parts = max(1, -(-span.duration_ms // _LONGEST_MS))
    edges = [span.start_ms + span.duration_ms * i // n_parts for i in range(n_parts + 1)]
    return (Span(a, b) for a, b in pairwise(edges))


def _window(group: Sequence[Span], before: Window | None, pad_ms: int, low_ms: int) -> Window:
    """A window whose end is that of its speech, for now."""
    speech = tuple(group)
    start_ms, end_ms = speech[0].start_ms, speech[-1].end_ms
    last_ms = low_ms if before is None else before.speech[-1].end_ms
    is_continued = before is not None and start_ms - last_ms < _SEAM_MS
    if before is not None and is_continued:
        # Of a window that is shorter than the overlap, half is heard twice: order stays.
        half_ms = (before.speech[0].start_ms + last_ms) // 2
        start_ms = max(low_ms, half_ms, start_ms - OVERLAP_MS)
    else:
        middle_ms = low_ms if before is None else (last_ms + start_ms) // 2
        start_ms = max(start_ms - pad_ms, middle_ms)
    # Half a pad of ten seconds is more than fits; speech goes first.
    return Window(Span(max(start_ms, end_ms - WINDOW_MS), end_ms), speech, is_continued)


def _until(window: Window, after: Window, pad_ms: int, last_ms: int) -> Window:
    """The window with the sound after its speech, as far as there is room before the next one."""
    start_ms, speech_end_ms = window.span.start_ms, window.speech[-1].end_ms
    if after.is_continued:
        end_ms = speech_end_ms + OVERLAP_MS
    else:
        end_ms = min(speech_end_ms + pad_ms, (speech_end_ms + after.speech[0].start_ms) // 2)
    return replace(window, span=Span(start_ms, min(end_ms, start_ms + WINDOW_MS, last_ms)))


def _detector(vad: VadSettings) -> Detector:
    def detect(audio: Audio, span: Span) -> tuple[Span, ...]:
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        samples = np.nan_to_num(np.asarray(audio.cut(span), dtype=np.float32))
        options = VadOptions(
            threshold=vad.threshold,
            min_speech_duration_ms=vad.min_speech_ms,
            max_speech_duration_s=_LONGEST_MS / MS_PER_SECOND,
            min_silence_duration_ms=vad.min_silence_ms,
            speech_pad_ms=0,  # padded here, so that where voice begins stays known
        )
        spans = (
            Span(
                span.start_ms + ms_from_samples(int(found["start"]), SAMPLE_RATE_HZ),
                min(
                    span.end_ms, span.start_ms + ms_from_samples(int(found["end"]), SAMPLE_RATE_HZ)
                ),
            )
            for found in get_speech_timestamps(samples, options)
        )
        voice = tuple(found for found in spans if found.duration_ms)
        return merged((*voice, *_speech(samples, span)))

    return detect


def _speech(samples: Floats32, span: Span) -> Iterator[Span]:
    """Where the event detector, if it is here, finds speech in the samples of a span."""
    if obstacle():
        return
    for event in speech_events(Audio(samples)):
        if event.kind == "speech":
            start_ms = span.start_ms + event.span.start_ms
            yield Span(start_ms, min(span.end_ms, span.start_ms + event.span.end_ms))
