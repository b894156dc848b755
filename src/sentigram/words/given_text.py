"""The words of a text that the user has: read, put in time, and placed in the recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sentigram.core.language import detect
from sentigram.core.media import Audio, MediaInfo
from sentigram.core.protocols import Reporter
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.errors import MediaError
from sentigram.files import work_folder
from sentigram.formats.track import SpokenCue, SubtitleTrack
from sentigram.words.alignment.by_recognition import agreement, anchor, share
from sentigram.words.fit.in_time import (
    GivenText,
    Hear,
    Voice,
    by_hours,
    line_of,
    tell_unspoken,
    unspoken,
)
from sentigram.words.fit.line import Line
from sentigram.words.given import GivenSource, GivenTranscript, read_track, transcript_of
from sentigram.words.given.word_times import may_hide

_LEAST_AGREEING = 0.3  # of a text without times: the share of its words that are heard


@dataclass(frozen=True, slots=True)
class GivenWords:
    """A text whose words are near where they are said.

    Attributes:
        transcript: Its words; times of words may be estimated.
        unspoken: Ids of utterances that nobody says there; they are not to be aligned.
        has_times: The text says where its words are.
        apart: Ids of utterances that are no speech, where the text says when they are heard.
    """

    transcript: Transcript
    unspoken: frozenset[str] = frozenset()
    has_times: bool = True
    apart: frozenset[str] = frozenset()


def given_words(
    source: GivenSource,
    info: MediaInfo,
    audio: Audio,
    *,
    language: str | None,
    hear_all: Callable[[], Transcript],
    hear_some: Hear,
    voice: Voice,
    reporter: Reporter,
) -> GivenWords:
    """Read a given text, find its language, and find out whether and where it fits the sound.

    Args:
        source: Where it is.
        info: The media file.
        audio: Its sound.
        language: ISO 639-1 code that the user names, None to find it.
        hear_all: Writes down the recording: for English without times.
        hear_some: Writes down some of it: for times that do not fit.
        voice: Finds where somebody speaks: for times in other languages.
        reporter: Is told what was guessed, and what does not fit.

    Raises:
        TranscriptError: It cannot be read, or not used.
    """
    with work_folder() as work:
        track = read_track(source, info, workdir=work)
    spoken = language or track.language or source.language
    if not spoken:
        spoken = detect(" ".join(cue.text for cue in track.spoken))
    limit_ms = info.duration_ms or audio.duration_ms
    if not track.has_times:
        given = transcript_of(track, duration_ms=limit_ms, language=spoken)
        _tell(given, reporter)
        text = replace(given.transcript, language=spoken)
        return _without_times(text, audio, hear_all, reporter, track)
    line, spoken = _in_time(track, spoken, audio, limit_ms, hear_some, voice, reporter)
    given = transcript_of(_moved(track, line), duration_ms=limit_ms, language=spoken)
    _tell(given, reporter)
    transcript = replace(given.transcript, language=spoken)
    if spoken != "en":
        return GivenWords(transcript, apart=_no_speech(transcript))
    with reporter.stage("fit") as progress:
        silent = unspoken(transcript, audio, progress=progress)
    tell_unspoken(transcript, silent, reporter)
    return GivenWords(transcript, silent, apart=_no_speech(transcript))


def _no_speech(transcript: Transcript) -> frozenset[str]:
    """Ids of sounds alone, and of what is sung in so few words that any speech may hold them."""
    return frozenset(
        one.id for one in transcript.utterances if may_hide([word.text for word in one.words])
    )


def _tell(given: GivenTranscript, reporter: Reporter) -> None:
    for warning in given.warnings:
        reporter.warn(warning)


def _in_time(
    track: SubtitleTrack,
    language: str,
    audio: Audio,
    limit_ms: int,
    hear: Hear,
    voice: Voice,
    reporter: Reporter,
) -> tuple[Line, str]:
    """By how much the times of a text are to be moved, and its language."""
    whole = transcript_of(track, language=language)
    given = GivenText(track.name, whole.transcript.utterances, language)
    hours = by_hours(given, limit_ms)
    if hours.offset_ms:
        reporter.warn(f"{track.name}: begins after the end of the recording; moved {hours}")
        whole = transcript_of(_moved(track, hours), language=language)
        given = replace(given, utterances=whole.transcript.utterances)
    line, found = line_of(given, audio, hear, voice, reporter)
    return Line(line.rate, line.at(hours.offset_ms)), found


def _moved(track: SubtitleTrack, line: Line) -> SubtitleTrack:
    """A track in other times; what would end before the start of the recording is gone."""
    if line == Line():
        return track
    cues = [_moved_cue(cue, line) for cue in track.spoken]
    return replace(track, spoken=tuple(cue for cue in cues if cue.end_ms > 0))


def _moved_cue(cue: SpokenCue, line: Line) -> SpokenCue:
    words = tuple(
        replace(
            word,
            start_ms=None if word.start_ms is None else line.at(word.start_ms),
            end_ms=None if word.end_ms is None else line.at(word.end_ms),
        )
        for word in cue.words
    )
    return replace(cue, start_ms=line.at(cue.start_ms), end_ms=line.at(cue.end_ms), words=words)


def _without_times(
    transcript: Transcript,
    audio: Audio,
    hear: Callable[[], Transcript],
    reporter: Reporter,
    track: SubtitleTrack,
) -> GivenWords:
    """Find where the words of a text without times are heard; only English is."""
    if transcript.language not in ("", "en"):
        return GivenWords(transcript, has_times=False)
    try:
        heard = hear()
    except MediaError as error:
        reporter.warn(f"{track.name}: its words are spread evenly, not placed: {error}")
        return GivenWords(transcript, has_times=False)
    end_ms = audio.duration_ms
    agreeing = agreement(transcript, heard)
    if agreeing >= _LEAST_AGREEING:
        text = replace(transcript, language="en")
        placed = anchor(text, heard, duration_ms=end_ms)
        with reporter.stage("fit") as progress:
            silent = unspoken(placed, audio, progress=progress)
        if len(silent) == len(placed.utterances):  # its words were heard: nothing tells which not
            silent = frozenset()
        if silent:  # they took the time of what is said around them, which is now judged again
            placed = _around(text, silent, heard, end_ms)
            silent &= unspoken(placed, audio)
            placed = _around(text, silent, heard, end_ms)
        tell_unspoken(placed, silent, reporter)
        return GivenWords(placed, silent, has_times=False)
    reporter.warn(
        f"{track.name}: may not fit the sound: {agreeing:.0%} of its words are heard; of a text "
        "that fits, most are; is it of another recording?"
    )
    everywhere = frozenset(utterance.id for utterance in transcript.utterances)
    placed = anchor(transcript, heard, duration_ms=end_ms)
    return GivenWords(placed, everywhere, has_times=False)


def _around(text: Transcript, silent: frozenset[str], heard: Transcript, end_ms: int) -> Transcript:
    """A text in which what is said is placed as if the rest were not there."""
    said = tuple(utterance for utterance in text.utterances if utterance.id not in silent)
    anchored = anchor(replace(text, utterances=said), heard, duration_ms=end_ms)
    return _between(text, anchored, end_ms)


def _between(all_: Transcript, anchored: Transcript, end_ms: int) -> Transcript:
    """All utterances in order: those that are not said stand between those that are."""
    places = {utterance.id: utterance for utterance in anchored.utterances}
    out: list[Utterance] = []
    for i, utterance in enumerate(all_.utterances):
        if utterance.id in places:
            out.append(places[utterance.id])
            continue
        after = (places[u.id].span.start_ms for u in all_.utterances[i + 1 :] if u.id in places)
        start_ms = out[-1].span.end_ms if out else 0
        span = Span(start_ms, max(start_ms, next(after, end_ms)))
        times = share([len(word.text) + 1 for word in utterance.words], span)
        words = tuple(
            replace(word, span=time) for word, time in zip(utterance.words, times, strict=True)
        )
        out.append(replace(utterance, span=span, words=words))
    return replace(all_, utterances=tuple(out))
