"""The words of a recording: heard by a transcriber, or given by the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from sentigram.core.document import (
    NO_EMOTIONS,
    Document,
    DocumentMedia,
    EnginePart,
    dumps,
    loads,
    words_alone,
)
from sentigram.core.language import language_option
from sentigram.core.media import Audio, MediaInfo
from sentigram.core.notes import NotedReporter
from sentigram.core.option import Option, settle
from sentigram.core.protocols import Recognized, Reporter, Transcriber, no_note, not_told
from sentigram.core.time import MS_PER_MINUTE, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import DocumentError
from sentigram.files import check_apart
from sentigram.words.speakers.asked import AUTO, names_option, speakers_option
from sentigram.words.tagging.asked import AUTO as AUTO_TAGGER
from sentigram.words.tagging.asked import tagger_option

if TYPE_CHECKING:
    from sentigram.store.memory import FolderMemory
    from sentigram.words.given import GivenSource
    from sentigram.words.given_text import GivenWords
    from sentigram.words.sampling import Sample

WHOLE_UNTIL_MS = 10 * MS_PER_MINUTE
_SOME_MS = 5 * MS_PER_MINUTE  # of a longer recording, stretches are heard
_PANEL = "Words"
_WORDS = "words"
_READ = "read"
MAY_DIFFER = "labels may differ slightly from the whole render"
UNFIT = "what an earlier run kept of it goes on after its end, and is not used"
_BEYOND_MS = 1000  # stated and decoded lengths differ by as much without a word
_HEARS_ALL = "hears the whole recording once, so that the preview shows what the whole render will"
_NEXT_IS_FAST = "; the next preview takes seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class HearOptions:
    """How words are found.

    Attributes:
        whole_until_ms: For a slice of a longer recording not all is heard, but the slice and
            stretches from all over the recording.
    """

    transcript: Annotated[
        Path | None,
        Option(
            "The words, if you have them: SRT, VTT, ASS, TTML, TXT, Whisper JSON or older formats.",
            _PANEL,
        ),
    ] = None
    use_sidecar: Annotated[
        bool,
        Option(
            "Ignore transcripts beside and inside the video.",
            _PANEL,
            name="no-sidecar",
            is_off=True,
        ),
    ] = True
    language: Annotated[
        str | None,
        Option(
            "Language spoken, such as en or English; detected if not given.",
            _PANEL,
            is_variable=True,
            read=language_option,
        ),
    ] = None
    audio_stream: Annotated[int | None, Option("Which audio stream, from 0.", _PANEL, least=0)] = (
        None
    )
    shots: Annotated[
        bool,
        Option("Look for changes of shot, so that captions start and end with them.", _PANEL),
    ] = False
    # Not in its repr, of which batches keep a key: what was heard before there was this is current.
    emotions: Annotated[
        bool,
        Option(
            "Do not read emotions: words alone, as where reading them is not allowed.",
            _PANEL,
            name="no-emotions",
            is_variable=True,
            is_off=True,
        ),
    ] = field(default=True, repr=False)
    speakers: Annotated[
        str,
        Option(
            "Who speaks: auto, off, or how many people there are; names that are given stay.",
            _PANEL,
            is_variable=True,
            read=speakers_option,
        ),
    ] = AUTO
    speaker_names: Annotated[
        tuple[str, ...],
        Option(
            'What they are called, by first speech: "Ann,Ben", or "Speaker 2=Ben".',
            _PANEL,
            read=names_option,
        ),
    ] = ()
    speaker_model: Annotated[
        Path | None,
        Option(
            "Tell voices apart with another ONNX file: 80 log-mel bands in, a vector out.",
            _PANEL,
            is_variable=True,
        ),
    ] = None
    # Not in its repr: which tagger it comes to is a part of what hears, by which keys differ.
    sound_model: Annotated[
        str,
        Option(
            "Names laughter, a door, a siren: auto (if pulled), off, a name or a .tflite file.",
            _PANEL,
            is_variable=True,
            read=tagger_option,
        ),
    ] = field(default=AUTO_TAGGER, repr=False)
    whole_until_ms: int = WHOLE_UNTIL_MS

    def __post_init__(self) -> None:
        settle(self)

    @property
    def key(self) -> HearOptions:
        """What of it changes words and readings; shots are looked for apart, names are put on."""
        return replace(self, shots=False, whole_until_ms=0, speaker_names=())


@dataclass(frozen=True, slots=True)
class FoundWords:
    """Words with their times.

    Attributes:
        transcript: Repaired and segmented.
        parts: What found them.
        is_sample: They are of a slice and of stretches spread over the recording, not of all.
        notes: Warnings of an earlier run that found them.
    """

    transcript: Transcript
    parts: tuple[EnginePart, ...]
    is_sample: bool = False
    notes: tuple[str, ...] = ()


def find_words(
    info: MediaInfo,
    audio: Audio,
    transcriber: Callable[[], Transcriber],
    options: HearOptions,
    reporter: Reporter,
    *,
    preview: Span | None = None,
    results: Sequence[Path] = (),
    memory: FolderMemory | None = None,
) -> FoundWords:
    """Find words with their times: given ones where there are any, else heard ones.

    Args:
        info: The media file.
        audio: Its sound.
        transcriber: Loads the transcriber; not called where the words are given with their times.
        options: What the user asked for.
        reporter: Is told what was chosen.
        preview: Only this stretch, with the words and labels that the whole has there; None for
            all.
        results: Files that this run writes: the transcript must not be one of them.
        memory: What earlier runs found, and where this one leaves what it finds.

    Raises:
        TranscriptError: A given transcript cannot be used.
        UsageError: It would be overwritten by a result.
        MissingError: A model or tool is not installed.
    """
    from sentigram.words.repair import repair
    from sentigram.words.utterances import segment

    reporter = told = NotedReporter(reporter, info.path, options.transcript)
    source = find_transcript(info, options, warn=reporter.warn)
    if source is not None:
        reporter.note(source.line)
        check_apart(source.path, results)
    known = None if memory is None else _known_words(memory, audio, reporter)
    if known is not None:
        _tell_known(known, reporter)
        sample = _sample(audio, preview, options)
        if sample is None:
            return known
        _tell(sample, preview, reporter, memory)
        return _of_sample(known.transcript, known.parts, sample)
    silent = apart = frozenset[str]()
    sample = _sample(audio, preview, options)
    if source is None:
        _tell(sample, preview, reporter, memory)
        tell = reporter.recognized
        transcript = _heard(audio, transcriber(), options, reporter, sample, memory, tell)
        parts: tuple[EnginePart, ...] = (transcriber().part,)
    else:
        given = _given(
            source,
            info,
            audio,
            transcriber,
            options,
            reporter,
            before_all=lambda: _tell(None, preview, reporter, memory),
        )
        transcript, silent, apart = given.transcript, given.unspoken, given.apart
        if given.has_times:
            _tell(sample, preview, reporter, memory)
        else:  # words whose places are not known are looked for in all of the sound
            sample = None
        parts = (EnginePart("transcript", source.kind),)
    if sample is not None:
        transcript = _within(transcript, sample.heard)
    spoken = _but(transcript, silent)
    if any(word.timing == "estimated" for word in spoken.words()):
        spoken, aligner = _aligned(spoken, audio, reporter, apart)
        transcript = _together(spoken, transcript, silent)
        parts = (*parts, *aligner)
    transcript = segment(repair(transcript, audio))
    if sample is not None:
        return _of_sample(transcript, parts, sample)
    if memory is not None and transcript.utterances:
        _remember_words(memory, _WORDS, transcript, parts, told.notes)
    return FoundWords(transcript, parts)


def _known_words(memory: FolderMemory, audio: Audio, reporter: Reporter) -> FoundWords | None:
    """Words of all the sound that an earlier run found, None where there are none that fit."""
    known = _recall_words(memory)
    if known is None or fits(known.transcript, audio.duration_ms):
        return known
    reporter.note(UNFIT)
    return None


def _tell_known(known: FoundWords, reporter: Reporter) -> None:
    reporter.note("the words were found by an earlier run that was stopped")
    for note in known.notes:
        reporter.warn(note)


def find_transcript(
    info: MediaInfo, options: HearOptions, *, warn: Callable[[str], None]
) -> GivenSource | None:
    """The transcript that will be taken, None where the words will be heard.

    Raises:
        TranscriptError: A sidecar cannot be read.
    """
    from sentigram.words.given import find_given

    return find_given(
        info,
        transcript=options.transcript,
        use_sidecar=options.use_sidecar,
        language=options.language,
        warn=warn,
    )


def remember_document(memory: FolderMemory, document: Document, only: Span | None) -> None:
    """Keep what was heard and read, in place of what led to it.

    Args:
        memory: Of the recording.
        document: All words, or a sample for one slice.
        only: The slice that a sample is for; None for all words.
    """
    is_kept = memory.remember_text(_read_stage(only), dumps(document))
    if is_kept and only is None:
        memory.forget(but=(_READ,))


def recall_document(memory: FolderMemory, only: Span | None) -> Document | None:
    """What `remember_document` kept."""
    return _recall(memory, _read_stage(only))


def fits(transcript: Transcript, duration_ms: int) -> bool:
    """Whether words can be of a recording of this length; kept ones may be another's."""
    return all(word.span.end_ms <= duration_ms + _BEYOND_MS for word in transcript.words())


def _read_stage(only: Span | None) -> str:
    return _READ if only is None else f"{_READ}-{only.start_ms}-{only.end_ms}"


def find_shots(
    info: MediaInfo, options: HearOptions, reporter: Reporter, *, workdir: Path
) -> tuple[int, ...]:
    """Changes of shot in ms, where they are asked for and there is a picture."""
    if not options.shots or not info.has_video:
        return ()
    from sentigram.media import shots

    with reporter.stage("shots") as progress:
        return shots.find_shots(info, workdir=workdir, progress=progress)


def _remember_words(
    memory: FolderMemory,
    stage: str,
    transcript: Transcript,
    parts: tuple[EnginePart, ...],
    notes: tuple[str, ...] = (),
) -> None:
    """Keep words as a Document whose emotions are not read yet."""
    media = DocumentMedia("-", 0)  # not taken up again: the file itself is asked
    kept = words_alone(media, transcript, engine=parts, notes=notes)
    memory.remember_text(stage, dumps(kept))


def _recall_words(memory: FolderMemory, stage: str = _WORDS) -> FoundWords | None:
    """Words that an earlier run found."""
    document = _recall(memory, stage)
    if document is None:
        return None
    parts = tuple(part for part in document.engine if part != NO_EMOTIONS)
    return FoundWords(document.transcript, parts, notes=document.notes)


def _recall(memory: FolderMemory, stage: str) -> Document | None:
    text = memory.recall_text(stage)
    if text is None:
        return None
    try:
        return loads(text)
    except DocumentError:  # of another version, or damaged: listen again
        return None


def _sample(audio: Audio, preview: Span | None, options: HearOptions) -> Sample | None:
    """What to listen to for a slice of a long recording, None to listen to all."""
    if preview is None or audio.duration_ms <= options.whole_until_ms:
        return None
    from sentigram.words.sampling import sampled

    return sampled(audio, preview)


def _tell(
    sample: Sample | None, preview: Span | None, reporter: Reporter, memory: FolderMemory | None
) -> None:
    """Say what is listened to for a slice."""
    if sample is not None:
        reporter.note(
            f"{MAY_DIFFER}: voice statistics come from {len(sample.read)} stretches spread over "
            "the recording"
        )
    elif preview is not None:
        reporter.note(_HEARS_ALL if memory is None else _HEARS_ALL + _NEXT_IS_FAST)


def _of_sample(transcript: Transcript, parts: tuple[EnginePart, ...], sample: Sample) -> FoundWords:
    return FoundWords(_within(transcript, sample.read), parts, is_sample=True)


def _within(transcript: Transcript, spans: Sequence[Span]) -> Transcript:
    """The utterances that touch one of the spans."""
    kept = tuple(u for u in transcript.utterances if any(u.span.overlap_ms(s) for s in spans))
    return replace(transcript, utterances=kept)


def _heard(
    audio: Audio,
    transcriber: Transcriber,
    options: HearOptions,
    reporter: Reporter,
    sample: Sample | None,
    memory: FolderMemory | None,
    recognized: Recognized = not_told,
) -> Transcript:
    """What the transcriber hears, in all of the sound or in a sample of it."""
    from sentigram.media.audio import releasing

    with reporter.stage("words") as progress:
        tell = releasing(audio, progress)
        if sample is None:
            return transcriber.transcribe(
                audio,
                language=options.language,
                progress=tell,
                note=reporter.note,
                warn=reporter.warn,
                recognized=recognized,
            )
        language = options.language
        found: list[Utterance] = []
        done_ms, total_ms = 0, sum(span.duration_ms for span in sample.heard)
        for span in sample.heard:
            heard = _heard_there(audio, span, transcriber, language, memory)
            if language is None and heard.utterances:
                language = heard.language or None  # the slice's is that of all
            found += heard.utterances
            done_ms += span.duration_ms
            tell(done_ms / total_ms)
    return Transcript(language or "", tuple(sorted(found, key=lambda u: u.span.start_ms)))


def _heard_there(
    audio: Audio,
    span: Span,
    transcriber: Transcriber,
    language: str | None,
    memory: FolderMemory | None,
) -> Transcript:
    """What the transcriber hears in one stretch, or heard there for another preview."""
    stage = f"{_WORDS}-{span.start_ms}-{span.end_ms}"
    known = None if memory is None else _recall_words(memory, stage)
    if known is not None and fits(known.transcript, audio.duration_ms):
        return known.transcript
    recorded_ms = min(max(0, audio.speech_start_ms - span.start_ms), span.duration_ms)
    piece = replace(audio, samples=audio.cut(span), speech_start_ms=recorded_ms)
    # Its remarks name times in the piece: the whole render makes them with the right ones.
    heard = transcriber.transcribe(piece, language=language, note=no_note)
    heard = _shift(heard, span.start_ms)
    if memory is not None:
        _remember_words(memory, stage, heard, (transcriber.part,))
    return heard


def _given(
    source: GivenSource,
    info: MediaInfo,
    audio: Audio,
    transcriber: Callable[[], Transcriber],
    options: HearOptions,
    reporter: Reporter,
    *,
    before_all: Callable[[], None],
) -> GivenWords:
    """The words of a given text, and what is asked of the sound for them."""
    from sentigram.words.alignment.choosing import choose_aligner
    from sentigram.words.given_text import given_words
    from sentigram.words.sampling import spread_out
    from sentigram.words.speech_events import speech_events

    def in_place(heard: Transcript) -> Transcript:
        """Heard words are spread over their line: pauses put them seconds off."""
        aligner, _ = choose_aligner("en")
        return heard if aligner is None else aligner.align(heard, audio, language="en")

    def hear_all() -> Transcript:
        before_all()
        return in_place(
            _heard(audio, transcriber(), replace(options, language="en"), reporter, None, None)
        )

    def hear_some() -> list[Word]:
        spans = spread_out(audio) if audio.duration_ms > _SOME_MS else (Span(0, audio.duration_ms),)
        found = [_heard_there(audio, span, transcriber(), "en", None) for span in spans]
        heard = Transcript("en", tuple(u for part in found for u in part.utterances))
        return list(in_place(heard).words())

    def voice() -> list[Span]:
        return [event.span for event in speech_events(audio) if event.kind == "speech"]

    return given_words(
        source,
        info,
        audio,
        language=options.language,
        hear_all=hear_all,
        hear_some=hear_some,
        voice=voice,
        reporter=reporter,
    )


def _but(transcript: Transcript, ids: frozenset[str]) -> Transcript:
    """A transcript without some utterances."""
    kept = tuple(utterance for utterance in transcript.utterances if utterance.id not in ids)
    return replace(transcript, utterances=kept)


def _together(aligned: Transcript, given: Transcript, silent: frozenset[str]) -> Transcript:
    """Aligned utterances, and between them those that were not."""
    others = [utterance for utterance in given.utterances if utterance.id in silent]
    utterances = sorted((*aligned.utterances, *others), key=lambda u: u.span.start_ms)
    return replace(aligned, utterances=tuple(utterances))


def _aligned(
    transcript: Transcript, audio: Audio, reporter: Reporter, apart: frozenset[str]
) -> tuple[Transcript, tuple[EnginePart, ...]]:
    """Word times by forced alignment, where the words can be aligned."""
    from sentigram.media.audio import releasing
    from sentigram.words.alignment.choosing import choose_aligner

    language = transcript.language
    if not language:
        reporter.warn(
            "word times are estimated: the language of the words is not known; name it: "
            "`language CODE`"
        )
        return transcript, ()
    aligner, remark = choose_aligner(language)
    if aligner is None:
        reporter.note(f"word times are estimated: {remark}")
        return transcript, ()
    if remark:
        reporter.note(remark)
    with reporter.stage("word times") as progress:
        told = releasing(audio, progress)
        aligned = aligner.align(transcript, audio, language=language, progress=told, apart=apart)
    return aligned, (aligner.part,)


def _shift(transcript: Transcript, by_ms: int) -> Transcript:
    def moved(span: Span) -> Span:
        return Span(span.start_ms + by_ms, span.end_ms + by_ms)

    return replace(
        transcript,
        utterances=tuple(
            replace(
                utterance,
                span=moved(utterance.span),
                words=tuple(replace(w, span=moved(w.span)) for w in utterance.words),
            )
            for utterance in transcript.utterances
        ),
    )
