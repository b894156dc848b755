"""Hears a recording and reads its emotions: a media file becomes a Document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.core.document import (
    NO_EMOTIONS,
    Document,
    DocumentMedia,
    EnginePart,
    FoundSpeakers,
    words_alone,
)
from sentigram.core.emotion import NEUTRAL, EmotionTrack
from sentigram.core.excerpt import cut_document, nothing_said, sentence_bounds
from sentigram.core.media import Audio, MediaInfo
from sentigram.core.notes import NotedReporter
from sentigram.core.protocols import NO_MEMORY, Reporter, SoundTagger
from sentigram.core.seal import resealed, sealed
from sentigram.core.sounds import MUSIC, Sound
from sentigram.core.text import is_sound
from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Transcript
from sentigram.errors import MediaError, UsageError
from sentigram.files import check_apart, work_folder
from sentigram.jobs.choose_engine import places_of
from sentigram.jobs.engine import Engine
from sentigram.media.audio import decode, releasing
from sentigram.media.tracks import tell_tracks
from sentigram.store.memory import FolderMemory, memory_of
from sentigram.words.heard_or_given import (
    MAY_DIFFER,
    UNFIT,
    FoundWords,
    HearOptions,
    find_shots,
    find_transcript,
    find_words,
    fits,
    recall_document,
    remember_document,
)
from sentigram.words.missed import missed_line, missed_speech
from sentigram.words.sounds import (
    doubted,
    invented_line,
    sounds_of,
    without_invented,
    without_sounds,
)
from sentigram.words.speakers.levels import for_voices
from sentigram.words.speech_events import SpeechEvent

if TYPE_CHECKING:
    from sentigram.words.tagging.choosing import ChosenTagger


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording whose words are known; the sound is mapped from a file that goes with the scope.

    Attributes:
        media: The file, for its Document.
        audio: Its sound.
        transcript: Its words with their times.
        parts: What found them.
        only: The slice that these words are enough for; None where they are all.
        missed: Where somebody speaks and no words are known.
        sounds: What can be heard besides words.
        notes: The warnings on the way here.
        wants_emotions: They are to be read.
        speakers: How it was found who speaks, None where it was given or one voice is heard.
        names: What found speakers are to be called.
    """

    media: DocumentMedia
    audio: Audio
    transcript: Transcript
    parts: tuple[EnginePart, ...]
    only: Span | None = None
    missed: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    wants_emotions: bool = True
    sounds: tuple[Sound, ...] = ()
    speakers: FoundSpeakers | None = None
    names: tuple[str, ...] = ()


NOT_READ = "emotions were not read, as was asked: no word has a reading"
"""What a Document says of itself where that is so."""


def reading_parts(engine: Engine, options: HearOptions) -> tuple[EnginePart, ...]:
    """What reads emotions and names sounds; what is not wanted is not loaded.

    Raises:
        MissingError: A model is not installed.
    """
    tagger = _chosen_tagger(engine, options).tagger
    emotions = engine.model.parts if options.emotions else (NO_EMOTIONS,)
    return emotions if tagger is None else (*emotions, tagger.part)


def hear(
    info: MediaInfo,
    engine: Engine,
    options: HearOptions,
    reporter: Reporter,
    *,
    preview: Span | None = None,
    memory: FolderMemory | None = None,
) -> Document:
    """Turn a video or audio file into a Document.

    Args:
        info: The file, from `probe` with the audio stream of the options.
        engine: The models.
        options: How it is heard.
        reporter: Is told of stages and warnings.
        preview: Only this stretch, with the words and labels that the whole has there.
        memory: What stages of an earlier run left, and where this one leaves what it makes.

    Returns:
        All that is said, or the sentences of the slice.

    Raises:
        MediaError: The file cannot be used, or nothing is said in it.
        InputError: Nothing is said in the slice.
        UsageError: The slice begins after the end.
        TranscriptError: A given transcript cannot be used.
        MissingError: A model or tool is not installed.
    """
    reading_parts(engine, options)  # now: missing weights must not show after minutes of work
    document = None
    if memory is not None:
        document = heard_before(info, options, reporter, memory, preview=preview)
    if document is None:
        with hear_words(info, engine, options, reporter, preview=preview, memory=memory) as heard:
            document = read_emotions(heard, engine, reporter, memory=memory, preview=preview)
    if preview is None:
        return document
    return sealed(cut_document(document, sentence_bounds(document, preview)))


def memory_for(
    info: MediaInfo, engine: Engine, options: HearOptions, *, results: Sequence[Path]
) -> FolderMemory:
    """Where hearing leaves what it finds: the same sound, words, settings and models find it again.

    Raises:
        TranscriptError: A transcript beside it cannot be read.
        UsageError: A result would replace the transcript.
        MissingError: A model is not installed.
    """
    parts, chosen = reading_parts(engine, options), engine.chosen
    given = find_transcript(info, options, warn=lambda _text: None)  # `find_words` says it
    files = [*places_of(chosen)]
    if given is not None:
        check_apart(given.path, results)
        files.append(given.path)
    key = replace(options.key, transcript=None)  # what it holds counts, and not its name
    return memory_of(info.path, (key, chosen, parts), files=files)


def heard_before(
    info: MediaInfo,
    options: HearOptions,
    reporter: Reporter,
    memory: FolderMemory,
    *,
    preview: Span | None,
) -> Document | None:
    """The Document that an earlier run left, None where there is none.

    Args:
        info: The file.
        options: How it is heard.
        reporter: Is told that it is taken up.
        memory: From `memory_for`.
        preview: The Document may be only for this slice.

    Raises:
        UsageError: The slice begins after the end.
    """
    only = None
    document = recall_document(memory, None)
    if document is None and preview is not None:
        only = preview
        document = recall_document(memory, only)
    if document is not None and not fits(document.transcript, info.duration_ms):
        reporter.note(UNFIT)
        document = None
    if document is None:
        return None
    _check_slice(info, preview, document.media.duration_ms)
    note = "takes up what an earlier run heard: nothing is heard again"
    reporter.note(note if only is None else f"{note}; {MAY_DIFFER}")
    memory.use()
    repeat_told(document, reporter, preview=preview)
    document = named(document, options.speaker_names, reporter)
    media = replace(document.media, name=info.path.name)
    if not options.shots:
        media = replace(media, shots_ms=())
    elif not media.shots_ms:
        media = replace(media, shots_ms=_shots(info, options, reporter))
    document = sealed(replace(document, media=media))
    known = _shown(document, preview)
    reporter.words(known)
    reporter.readings(known)
    return document


def _shown(document: Document, preview: Span | None) -> Document:
    """A Document as far as a slice shows it."""
    if preview is None:
        return document
    return cut_document(document, sentence_bounds(document, preview))


def repeat_told(document: Document, reporter: Reporter, *, preview: Span | None = None) -> None:
    """Say again what was said when a Document was made."""
    for note in document.notes:
        (reporter.note if note == NOT_READ else reporter.warn)(note)
    _tell_missed(document.missed, reporter, preview)


def _tell_missed(missed: Sequence[Span], reporter: Reporter, preview: Span | None) -> None:
    shown = [span for span in missed if preview is None or span.overlap_ms(preview)]
    if shown:
        reporter.warn(missed_line(shown))


def _shots(info: MediaInfo, options: HearOptions, reporter: Reporter) -> tuple[int, ...]:
    with work_folder() as work:
        return find_shots(info, options, reporter, workdir=work)


@contextmanager
def hear_words(
    info: MediaInfo,
    engine: Engine,
    options: HearOptions,
    reporter: Reporter,
    *,
    preview: Span | None = None,
    results: Sequence[Path] = (),
    memory: FolderMemory | None = None,
) -> Iterator[Heard]:
    """Decode a file and find its words: the first half of `hear`, with its arguments and errors.

    The second half of one file may run beside the first half of the next. No transcript may be
    among the `results` that are going to be written (UsageError).
    """
    told = NotedReporter(reporter, info.path, options.transcript)
    with work_folder() as work:
        tell_tracks(info, reporter)
        with reporter.stage("decode") as progress:
            sound = decode(info, workdir=work, warn=told.warn, progress=progress)
        audio = replace(sound, spread=engine.spread)
        duration_ms = max(info.duration_ms, audio.duration_ms)
        _check_slice(info, preview, duration_ms)
        media = DocumentMedia(
            name=info.path.name,
            duration_ms=duration_ms,
            width_px=info.width_px,
            height_px=info.height_px,
            fps=info.fps,
            shots_ms=find_shots(info, options, reporter, workdir=work),
        )
        words = find_words(
            info,
            audio,
            lambda: engine.transcriber,
            options,
            told,
            preview=preview,
            results=results,
            memory=memory,
        )
        if memory is not None:
            _tell_kept(memory, reporter)
        only = preview if words.is_sample else None
        tagger = _find_tagger(engine, options, reporter)
        events = _find_events(audio, reporter, only, has_tagger=tagger is not None)
        tagged = () if tagger is None else _tag(tagger, audio, reporter, only)
        # A transcript's sounds and songs are words of it, so what they name is not missed.
        known = [word.span for word in words.transcript.words()]
        missed = without_sounds(missed_speech(events, known, within=only), tagged)
        heard, invented = without_invented(words.transcript, tagged)
        if invented:
            told.warn(invented_line(invented))
        words = replace(words, transcript=heard)
        words, speakers = _with_speakers(audio, words, options, told)
        _tell_words(media, words, told, preview)
        transcript = doubted(words.transcript, events, tagged=tagged)
        _check_said(info, words.transcript, preview, missed)
        _tell_missed(missed, reporter, preview)
        yield Heard(
            media,
            audio,
            transcript,
            words.parts if tagger is None else (*words.parts, tagger.part),
            only,
            missed,
            told.notes,
            wants_emotions=options.emotions,
            sounds=sounds_of(events, words.transcript, within=only, tagged=tagged),
            speakers=speakers,
            names=options.speaker_names,
        )


def _with_speakers(
    audio: Audio, words: FoundWords, options: HearOptions, told: NotedReporter
) -> tuple[FoundWords, FoundSpeakers | None]:
    """The words with who says them, where nobody gave that and several voices are heard."""
    from sentigram.words.speakers.asked import AUTO, OFF
    from sentigram.words.speakers.telling import is_enough, tell_speakers
    from sentigram.words.speakers.voices import BandVoices

    transcript, asked = words.transcript, options.speakers
    n = int(asked) if asked.isdigit() else None
    if asked == OFF or not transcript.utterances:
        return words, None
    if any(utterance.speaker for utterance in transcript.utterances):
        if asked != AUTO:
            told.note("the words come with the names of who says them: these are kept")
        return words, None
    if words.is_sample:
        told.note(
            "who speaks is told by the whole render: the preview names nobody, and reads all "
            "voices as one person's"
        )
        return words, None
    if not is_enough(transcript, n):
        if n is not None:
            told.warn(
                f"too little is said to tell {n} speakers apart: two seconds of each at least"
            )
        return words, None
    with told.stage("speakers") as progress:
        found = tell_speakers(
            transcript,
            audio,
            BandVoices(options.speaker_model),
            n=n,
            progress=releasing(audio, progress),
        )
    if found.note:
        (told.warn if found.is_doubtful else told.note)(found.note)
    parts = (*words.parts, *found.parts)
    return replace(words, transcript=found.transcript, parts=parts), found.found


def named(document: Document, names: Sequence[str], reporter: Reporter) -> Document:
    """A Document with its speakers called as asked; says which names stand for nobody."""
    from sentigram.words.speakers.asked import MOST, found_name, renamed

    if not names:
        return document
    made, unknown = renamed(document, tuple(names))
    there = dict.fromkeys(u.speaker for u in document.transcript.utterances if u.speaker)
    by_place = {found_name(n): name for n, name in enumerate(names, 1) if "=" not in name}
    if there and by_place and there.keys().isdisjoint(map(found_name, range(1, MOST + 1))):
        # nobody wrote `Speaker 1`: the names stand for places that others have taken
        example = f"{next(iter(there))}={next(iter(by_place.values()))}"
        given = ", ".join(there)
        if not there.keys() >= set(by_place.values()):  # else they are called so already
            told = f"the speakers have names already, {given}: to change one, write {example}"
            reporter.warn(told)
        unknown = tuple(old for old in unknown if old not in by_place)
    if unknown:
        known = ", ".join(there) or "nobody is told apart"
        reporter.warn(f"no speaker is called {', '.join(unknown)}; there are: {known}")
    return made if made == document else resealed(made)


def _tell_words(
    media: DocumentMedia, words: FoundWords, told: NotedReporter, preview: Span | None
) -> None:
    """Give the words at once; those of a slice where it has any."""
    transcript = words.transcript
    if any(preview is None or word.span.overlap_ms(preview) for word in transcript.words()):
        known = words_alone(media, transcript, engine=words.parts, notes=told.notes)
        told.words(_shown(known, preview))


def _find_events(
    audio: Audio, reporter: Reporter, only: Span | None, *, has_tagger: bool
) -> tuple[SpeechEvent, ...]:
    """Where somebody speaks, sings or plays, as far as words were looked for."""
    from sentigram.words.speech_events import obstacle, speech_events

    if missing := obstacle():
        reporter.note(f"missed speech is looked for with a plainer detector: {missing}")
        if not has_tagger:
            neither = "music and singing are not looked for"
            reporter.note(f"{neither}: the plainer detector knows neither")
    with reporter.stage("missed") as progress:
        return speech_events(audio, within=only, progress=releasing(audio, progress))


def _chosen_tagger(engine: Engine, options: HearOptions) -> ChosenTagger:
    from sentigram.words.tagging.choosing import choose_tagger

    is_full = engine.chosen.model != "bundled"
    return choose_tagger(options.sound_model, is_full=is_full, device=engine.device)


def _find_tagger(engine: Engine, options: HearOptions, reporter: Reporter) -> SoundTagger | None:
    """What names sounds, None where nothing does; says which and why."""
    chosen = _chosen_tagger(engine, options)
    if chosen.line:
        reporter.note(chosen.line)
    return chosen.tagger


def _tag(
    tagger: SoundTagger, audio: Audio, reporter: Reporter, only: Span | None
) -> tuple[Sound, ...]:
    """What it names, as far as words were looked for; music only where nothing else finds it."""
    from sentigram.words.speech_events import obstacle

    with reporter.stage("sounds") as progress:
        found = tagger.tag(audio, within=only, progress=releasing(audio, progress))
    return found if obstacle() else tuple(one for one in found if one.label != MUSIC)


def _quiet_sounds(track: EmotionTrack, transcript: Transcript) -> EmotionTrack:
    """The readings with neutral ones for sounds: "[sobbing]" is nobody's word, and has no tone."""
    readings = tuple(
        replace(reading, label=NEUTRAL, intensity=0.0, withheld=False)
        if is_sound(word.text)
        else reading
        for word, reading in zip(transcript.words(), track.readings, strict=True)
    )
    return replace(track, readings=readings)


def read_emotions(
    heard: Heard,
    engine: Engine,
    reporter: Reporter,
    *,
    memory: FolderMemory | None = None,
    preview: Span | None = None,
) -> Document:
    """Read the emotions of a recording whose words are known: the second half of `hear`.

    The words of a slice are read with those that are spread over the recording, whose voices they
    are compared with. What was read is kept, where there is a memory, until the caller forgets it.
    Where emotions are not wanted, no model is loaded, and the Document says so.

    Args:
        heard: From `hear_words`.
        engine: The models.
        reporter: Is told of stages, choices and readings.
        memory: Where what was read is kept.
        preview: The slice whose readings the reporter is told of.
    """
    heard = _with_prosody(heard, reporter)
    if heard.wants_emotions:
        document = sealed(_with_emotions(heard, engine, reporter, memory))
    else:
        reporter.note(NOT_READ)
        document = sealed(_without_emotions(heard))
    if memory is not None:
        remember_document(memory, document, heard.only)
        _tell_kept(memory, reporter)
    if heard.names:
        document = sealed(named(document, heard.names, reporter))
    reporter.readings(_shown(document, preview))
    return document


def _with_prosody(heard: Heard, reporter: Reporter) -> Heard:
    """Say of each word how it is said, against the other words of whoever the words name.

    Where too few words were said for that, the Document shows it by having none: it is no fault of
    the recording that `--strict` should mind.
    """
    from sentigram.emotion.prosody import measure

    measured = measure(heard.transcript, heard.audio)
    for note in measured.notes:
        reporter.note(note)
    return replace(heard, transcript=measured.transcript)


def _without_emotions(heard: Heard) -> Document:
    """The words alone, and that it was to be so."""
    notes = (*heard.notes, NOT_READ)
    made = words_alone(
        heard.media,
        heard.transcript,
        engine=heard.parts,
        missed=heard.missed,
        notes=notes,
        speakers=heard.speakers,
    )
    return replace(made, sounds=heard.sounds)


def _with_emotions(
    heard: Heard, engine: Engine, reporter: Reporter, memory: FolderMemory | None
) -> Document:
    """Let the model read."""
    model = engine.model
    advice = model.advice(heard.transcript.language)
    if advice:
        reporter.note(advice)
    with reporter.stage("emotions") as progress:
        track = model.read(
            for_voices(heard.transcript, heard.speakers),
            heard.audio,
            progress=releasing(heard.audio, progress),
            memory=memory if memory is not None and heard.only is None else NO_MEMORY,
        )
    track = _quiet_sounds(track, heard.transcript)
    n_raised, n_words = sum(reading.is_raised for reading in track.readings), len(track.readings)
    if n_raised:
        reporter.note(
            f"{n_raised} of {n_words} words: the voice is raised, in what mood is not known; they "
            "are shown strong, without an emotion"
        )
    return Document(
        media=heard.media,
        transcript=heard.transcript,
        track=track,
        engine=(*heard.parts, *model.parts),
        missed=heard.missed,
        notes=heard.notes,
        sounds=heard.sounds,
        speakers=heard.speakers,
    )


def _tell_kept(memory: FolderMemory, reporter: Reporter) -> None:
    """Say, once, why nothing is kept; what is wanted of the work can be drawn all the same."""
    if complaint := memory.complaint():
        reporter.warn(f"what was heard is not kept for the next run: {complaint}")


def _check_said(
    info: MediaInfo, transcript: Transcript, span: Span | None, missed: Sequence[Span]
) -> None:
    if span is not None and transcript.utterances:
        if not any(word.span.overlap_ms(span) for word in transcript.words()):
            raise nothing_said(info.path.name, span)
    elif not transcript.utterances:
        why = missed_line(missed) or "no speech found"
        message = (
            f"{info.path}: {why}, so there is nothing to caption; "
            "if there are words, give them with `transcript FILE`"
        )
        raise MediaError(message)


def _check_slice(info: MediaInfo, span: Span | None, duration_ms: int) -> None:
    if span is not None and span.start_ms >= duration_ms:
        message = (
            f"`preview`: begins at {format_clock(span.start_ms)}, but {info.path} ends at "
            f"{format_clock(duration_ms)}; choose an earlier stretch"
        )
        raise UsageError(message)
