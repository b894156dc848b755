"""Puts a given text with times where it is said, and says what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, Reporter, no_progress
from sentigram.core.time import MS_PER_HOUR, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import SentigramError
from sentigram.words.fit.line import Line, line_by_voice, line_by_words, voiced_share
from sentigram.words.fit.text_fit import FITS, NOTHING, Expected, TextFit, together

_SAMPLED = 24  # utterances that are asked before all are
_MOVED_FITS = 0.35  # of the words of a text that was moved are expected at least …
_MOVED_GAIN = 0.15  # … and so much more than before
_LEAST_MOVE_MS = 500  # alignment mends less
_LITTLE_VOICE = 0.4  # of the time of the cues
_QUOTED_WORDS = 8
_NAMED = 5

Hear = Callable[[], Sequence[Word]]
"""Writes down some of the recording, spread over it, with times."""

Voice = Callable[[], Sequence[Span]]
"""Finds where somebody speaks."""


@dataclass(frozen=True, slots=True)
class GivenText:
    """A text in its own times.

    Attributes:
        name: How messages call it.
        utterances: In order; they may lie outside of the recording.
        language: ISO 639-1, "" where nobody knows it.
    """

    name: str
    utterances: tuple[Utterance, ...]
    language: str


def by_hours(given: GivenText, duration_ms: int) -> Line:
    """Tapes begin at one or ten o'clock: the whole hours that lie before all of the text."""
    first_ms = given.utterances[0].span.start_ms
    hours = first_ms // MS_PER_HOUR
    if first_ms < duration_ms or not hours:
        return Line()
    return Line(1.0, -hours * MS_PER_HOUR)


def line_of(
    given: GivenText, audio: Audio, hear: Hear, voice: Voice, reporter: Reporter
) -> tuple[Line, str]:
    """How far the times of a text are off, and its language where that shows it.

    Args:
        given: The text, after `by_hours`.
        audio: The recording.
        hear: Called where English does not fit as it stands.
        voice: Called for other languages.
        reporter: Is told of a text that does not fit.

    Returns:
        The line that its times are to be moved by, and ISO 639-1 of the language or "".
    """
    if given.language not in ("", "en"):
        return _by_voice(given, audio, voice, reporter), given.language
    fit = TextFit(audio)
    asked = _spread_out(given.utterances)
    expected = together(fit.of_all(asked))
    if not expected.is_telling or expected.share >= FITS:
        return Line(), given.language or ("en" if expected.share >= FITS else "")
    line, moved = _by_words(given, asked, fit, hear)
    if line is not None and moved.share >= max(_MOVED_FITS, expected.share + _MOVED_GAIN):
        if abs(line.offset_ms) < _LEAST_MOVE_MS and line.rate == 1.0:
            return Line(), "en"
        reporter.warn(
            f"{given.name}: its times were moved {line}: there the recognizer expects "
            f"{moved.share:.0%} of its words, and where it stood {expected.share:.0%}"
        )
        return line, "en"
    if given.language == "en" and expected.share < _MOVED_FITS:
        reporter.warn(
            f"{given.name}: does not fit the sound: the recognizer expects {expected.share:.0%} of "
            f"its words where they stand, and of a text that fits {FITS:.0%} or more; is it of "
            "another recording?"
        )
    return Line(), given.language


def _by_words(
    given: GivenText, asked: Sequence[Utterance], fit: TextFit, hear: Hear
) -> tuple[Line | None, Expected]:
    try:
        heard = hear()
    except SentigramError:  # the recognizer does not understand what is said
        return None, NOTHING
    words = [word for utterance in given.utterances for word in utterance.words]
    line = line_by_words(words, heard)
    if line is None:
        return None, NOTHING
    return line, together(fit.of_all([moved(utterance, line) for utterance in asked]))


def _by_voice(given: GivenText, audio: Audio, voice: Voice, reporter: Reporter) -> Line:
    spoken = voice()
    cues = [utterance.span for utterance in given.utterances]
    if not spoken:
        return Line()
    line = line_by_voice(cues, spoken, audio.duration_ms)
    if line is not None and abs(line.offset_ms) >= _LEAST_MOVE_MS:
        before = voiced_share(cues, spoken)
        after = voiced_share([_span(cue, line) for cue in cues], spoken)
        reporter.warn(
            f"{given.name}: its times were moved {line}: there somebody speaks in {after:.0%} of "
            f"the time of its cues, and where it stood in {before:.0%}"
        )
        return line
    share = voiced_share(cues, spoken)
    if share < _LITTLE_VOICE:
        reporter.warn(
            f"{given.name}: may not fit the sound: somebody speaks in only {share:.0%} of the time "
            "of its cues; is it of another recording?"
        )
    return Line()


def unspoken(
    transcript: Transcript, audio: Audio, *, progress: Progress = no_progress
) -> frozenset[str]:
    """Ids of the utterances that nobody says where they stand: all of them where nothing fits.

    Args:
        transcript: English, in the times of the sound.
        audio: The recording.
        progress: Told the share that is done.
    """
    found = TextFit(audio).of_all(transcript.utterances, progress=progress)
    whole = together(found)
    if whole.is_telling and whole.share < _MOVED_FITS:
        return frozenset(utterance.id for utterance in transcript.utterances)
    pairs = zip(transcript.utterances, found, strict=True)
    return frozenset(utterance.id for utterance, expected in pairs if not expected.is_spoken)


def tell_unspoken(transcript: Transcript, ids: frozenset[str], reporter: Reporter) -> None:
    """Name the utterances that nobody says, in one line; of all `line_of` has told."""
    silent = [utterance for utterance in transcript.utterances if utterance.id in ids]
    if not silent or len(silent) == len(transcript.utterances):
        return
    named = "; ".join(_quoted(utterance) for utterance in silent[:_NAMED])
    n_more = len(silent) - _NAMED
    more = f"; and {n_more} more" if n_more > 0 else ""
    count, keep = "1 sentence is", "keeps its"
    if len(silent) > 1:
        count, keep = f"{len(silent)} sentences are", "keep their"
    reporter.warn(
        f"{count} not heard where the text says, and {keep} estimated times: {named}{more}"
    )


def moved(utterance: Utterance, line: Line) -> Utterance:
    """An utterance in other times."""
    return replace(
        utterance,
        span=_span(utterance.span, line),
        words=tuple(replace(word, span=_span(word.span, line)) for word in utterance.words),
    )


def _span(span: Span, line: Line) -> Span:
    start_ms = max(0, line.at(span.start_ms))
    return Span(start_ms, max(start_ms, line.at(span.end_ms)))


def _spread_out(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Some of them, from beginning to end."""
    if len(utterances) <= _SAMPLED:
        return list(utterances)
    step = len(utterances) / _SAMPLED
    return [utterances[int(i * step)] for i in range(_SAMPLED)]


def _quoted(utterance: Utterance) -> str:
    from sentigram.core.time import format_clock

    words = utterance.text.split()
    text = " ".join(words[:_QUOTED_WORDS]) + (" …" if len(words) > _QUOTED_WORDS else "")
    return f"{text!r} at {format_clock(utterance.span.start_ms)}"
