"""The Document `talk.sentigram.json`: the cut between models and styling.

Versioned (`"schema": "sentigram/1"`), made for people to edit, lossless in a round trip.
The JSON Schema beside this file is checked first; what it cannot say is checked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sentigram.core.emotion import (
    BLANK,
    NO_LABELS,
    RAISED,
    EmotionTrack,
    Evidence,
    LabelSet,
    WordEmotion,
)
from sentigram.core.prosody import Prosody
from sentigram.core.sounds import Sound, SoundSource
from sentigram.core.text import clean, is_visible
from sentigram.core.time import Span
from sentigram.core.transcript import Source, Timing, Transcript, Utterance, Word
from sentigram.data_files import DEEPEST, json_of
from sentigram.errors import DocumentError, UsageError
from sentigram.files import write_text
from sentigram.reading import DOCUMENT, read_text

if TYPE_CHECKING:
    from sentigram.style.look import Look

SCHEMA = "sentigram/1"
_SURROGATES = re.compile("[\ud800-\udfff]")
SUFFIX = ".sentigram.json"

Json = dict[str, Any]
_WORD = re.compile(r"[^\n\r\u2028\u2029]*[^\s][^\n\r\u2028\u2029]*")
_LONGEST_WORD = 500
_MOST_NOTES = 100
_LONGEST_NOTE = 500
_KNOWN = frozenset(
    {
        *("schema", "media", "language", "engine", "labels"),
        *("missed", "sounds", "speakers", "notes", "seal", "utterances"),
    }
)


@dataclass(frozen=True, slots=True)
class DocumentMedia:
    """The media file that a Document describes; sizes are 0 for sound without a picture.

    `shots_ms` are the first moments of new shots, ascending; empty where nobody looked for them.
    """

    name: str
    duration_ms: int
    width_px: int = 0
    height_px: int = 0
    fps: Fraction = Fraction(0)
    shots_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EnginePart:
    """A model that took part: its role, id, version and the sha256 of its weights."""

    role: str
    id: str
    version: str = ""
    sha256: str = ""


NO_EMOTIONS = EnginePart("emotions", "none")
"""In the engine list of a Document whose emotions nobody read, as was asked, or not yet."""


@dataclass(frozen=True, slots=True)
class FoundSpeaker:
    """Somebody whose voice was told from others.

    Attributes:
        name: As it was given: Speaker 1, …, in order of first speech, or what was asked for.
        seconds: How long they speak.
        confidence: How much more their speech sounds like their own than like the next voice, in
            [0, 1].
    """

    name: str
    seconds: float
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundSpeakers:
    """How it was found who speaks, where that was not given.

    Attributes:
        people: Each of them, in order of first speech.
        confidence: That it is so many, in [0, 1].
        is_number_given: The number was given, and not found.
    """

    people: tuple[FoundSpeaker, ...]
    confidence: float
    is_number_given: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """What Sentigram wrote, in short: by it a changed Document and its changed words are known.

    Attributes:
        sha256: Of the whole Document without the seal.
        words: A mark of each word and its reading, in order: see `core.seal`.
    """

    sha256: str
    words: str


@dataclass(frozen=True, slots=True)
class DocumentWord:
    """A word of a Document with all that is known of it.

    Attributes:
        text: Verbatim, with its punctuation.
        span: When it is said.
        speaker: Who says it, "" when unknown.
        emotion: The whole reading: probabilities, intensity, valence, arousal and dominance.
    """

    text: str
    span: Span
    speaker: str
    emotion: WordEmotion

    @property
    def label(self) -> str:
        """Its emotion, or `raised-voice` where the voice is raised and nobody can tell why."""
        return self.emotion.name


@dataclass(frozen=True, slots=True)
class Document:
    """A transcript with one emotion reading per word, and where it came from.

    It never changes: what corrects it gives a new one.

    Attributes:
        media: The video or sound.
        transcript: The words.
        track: A reading for each of them.
        engine: What took part.
        missed: Where somebody speaks and no words are known, in order and apart.
        sounds: What can be heard besides words, in order; stretches of several kinds may overlap.
        speakers: How it was found who speaks; None where names were given, or one voice is heard.
        notes: What was said about the recording and its words while they were found, a line each:
            what was guessed, left out or unreadable. At most 100 of 500 letters are kept.
        extra: What else a file held beside these: fields that a newer Sentigram or another program
            wrote, which are written again as they were.
        seal: What of it was written by Sentigram, None in Documents of others and of old versions.
    """

    media: DocumentMedia
    transcript: Transcript
    track: EmotionTrack
    engine: tuple[EnginePart, ...] = ()
    missed: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    seal: Seal | None = None
    sounds: tuple[Sound, ...] = ()
    speakers: FoundSpeakers | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", _bounded(self.notes))
        n_words = sum(1 for _ in self.transcript.words())
        if n_words != len(self.track.readings):
            message = f"{n_words} words but {len(self.track.readings)} readings"
            raise ValueError(message)

    @property
    def is_read(self) -> bool:
        """Whether its emotions were read; else words have no reading but what a person says."""
        return NO_EMOTIONS not in self.engine

    @property
    def unread(self) -> frozenset[int]:
        """The places of words without a reading, in a Document whose emotions were not read."""
        if self.is_read:
            return frozenset()
        return frozenset(i for i, each in enumerate(self.track.readings) if each.is_blank)

    @property
    def words(self) -> tuple[DocumentWord, ...]:
        """Every word in order, with its speaker and its reading."""
        readings = iter(self.track.readings)
        return tuple(
            DocumentWord(word.text, word.span, utterance.speaker, next(readings))
            for utterance in self.transcript.utterances
            for word in utterance.words
        )

    def with_text(self, index: int, text: str) -> Document:
        """Correct what a word says, as the page's editor does: it counts as given, and is certain.

        Args:
            index: Of the word, from 0; negative ones count from the end.
            text: With its punctuation, without the spaces around it.

        Raises:
            IndexError: There is no such word.
            UsageError: The text is empty, too long, or holds line breaks or control characters.
        """
        if not _WORD.fullmatch(text) or len(text) > _LONGEST_WORD:
            message = f"word {text!r:.100}: needs 1 to {_LONGEST_WORD} letters on one line"
            raise UsageError(message)
        if clean(text) != text:
            message = f"word {text!r:.100}: holds characters that no caption can show"
            raise UsageError(message)
        at = range(len(self.track.readings))[index]
        utterances = []
        for utterance in self.transcript.utterances:
            words = list(utterance.words)
            if 0 <= at < len(words):
                words[at] = replace(words[at], text=text, confidence=1.0, source="given")
            at -= len(words)
            utterances.append(replace(utterance, words=tuple(words)))
        return replace(self, transcript=replace(self.transcript, utterances=tuple(utterances)))

    def with_emotion(self, index: int, label: str, *, intensity: float | None = None) -> Document:
        """Correct the emotion of a word, as the page's editor does; the old probabilities stay.

        Args:
            index: Of the word, from 0; negative ones count from the end.
            label: One of the Document's labels, or `raised-voice`.
            intensity: How strongly it shows, above 0 and at most 1; 0.75 if not given.

        Raises:
            IndexError: There is no such word.
            UsageError: No such label, or an intensity that cannot be.
        """
        names = (*self.track.labels, RAISED)
        if label not in names:
            message = f"no emotion is called {label!r}; there are: {', '.join(names)}"
            raise UsageError(message)
        if intensity is not None and not 0 < intensity <= 1:
            message = f"intensity {intensity}: choose above 0, at most 1"
            raise UsageError(message)
        readings = list(self.track.readings)
        readings[index] = readings[index].by_hand(self.track.labels, label, intensity)
        return replace(self, track=replace(self.track, readings=tuple(readings)))

    def save(self, path: Path | str, *, overwrite: bool = False) -> None:
        """Write it as JSON, one word a line, whole or not at all.

        Raises:
            OutputError: A file is in the way, or it cannot be written.
        """
        from sentigram.face import in_python

        with in_python():
            write_text(Path(path), dumps(self), overwrite=overwrite)

    def to_json(self) -> str:
        """The Document itself, as `save` writes it."""
        return dumps(self)

    def to_srt(self, look: Look | None = None) -> str:
        """SubRip: plain words."""
        return self._drawn("srt", look)

    def to_vtt(self, look: Look | None = None) -> str:
        """WebVTT: emotions as classes, speakers as voices, a time for each word."""
        return self._drawn("vtt", look)

    def to_ass(self, look: Look | None = None, *, effects: bool = False) -> str:
        """ASS: an event per cue, to be edited; with `effects` one per word, to be watched."""
        return self._drawn("effects" if effects else "ass", look)

    def to_ttml(self, look: Look | None = None) -> str:
        """TTML2 in the IMSC 1.1 Text Profile, for broadcasters."""
        return self._drawn("ttml", look)

    def to_srv3(self, look: Look | None = None) -> str:
        """YouTube's timed text."""
        return self._drawn("srv3", look)

    def to_html(self, look: Look | None = None) -> str:
        """The interactive page, without the video; `render` links one that lies beside it."""
        return self._drawn("html", look)

    def _drawn(self, kind: str, look: Look | None) -> str:
        # The one place where a value knows the floors above: people look for it here.
        from sentigram.face import text_of

        return text_of(self, kind, look)


def words_alone(
    media: DocumentMedia,
    transcript: Transcript,
    *,
    engine: Sequence[EnginePart] = (),
    missed: Sequence[Span] = (),
    notes: Sequence[str] = (),
    speakers: FoundSpeakers | None = None,
) -> Document:
    """A Document whose emotions nobody read, or not yet.

    Args:
        media: The video or sound.
        transcript: The words.
        engine: What found them.
        missed: Where somebody speaks and no words are known.
        notes: What was said while they were found.
        speakers: How it was found who speaks.
    """
    track = EmotionTrack(NO_LABELS, (BLANK,) * sum(1 for _ in transcript.words()))
    parts = (*engine, NO_EMOTIONS)
    return Document(media, transcript, track, parts, tuple(missed), tuple(notes), speakers=speakers)


def dumps(document: Document) -> str:
    """Write a Document as JSON, one word a line, so that it can be edited and compared."""
    readings = iter(document.track.readings)
    head = {
        "schema": SCHEMA,
        "media": {
            "name": document.media.name,
            "duration_ms": document.media.duration_ms,
            "width_px": document.media.width_px,
            "height_px": document.media.height_px,
            "fps": _fps_json(document.media.fps),
            **({"shots_ms": list(document.media.shots_ms)} if document.media.shots_ms else {}),
        },
        "language": document.transcript.language,
        "engine": [_part_json(part) for part in document.engine],
        "labels": list(document.track.labels),
    }
    lines = [f"  {_compact(key)}: {_compact(value)}," for key, value in head.items()]
    lines += told_lines(document)
    utterances = []
    for utterance in document.transcript.utterances:
        words = ",\n".join(f"      {word_json(w, next(readings))}" for w in utterance.words)
        open_ = _compact(
            {
                "id": utterance.id,
                "start_ms": utterance.span.start_ms,
                "end_ms": utterance.span.end_ms,
                "speaker": utterance.speaker,
            }
        )[:-1]
        utterances.append(f'    {open_}, "words": [\n{words}\n    ]}}')
    body = "[\n" + ",\n".join(utterances) + "\n  ]" if utterances else "[]"
    return "{\n" + "\n".join(lines) + f'\n  "utterances": {body}\n}}\n'


def word_json(word: Word, reading: WordEmotion) -> str:
    """A word with its reading, as its line in the file has it."""
    return _compact(_word_entry(word, reading))


def told_lines(document: Document) -> list[str]:
    """What a Document says of itself where there is something to say, and fields of others.

    Each is a line of the file, with a comma at its end.
    """
    missed = [{"start_ms": span.start_ms, "end_ms": span.end_ms} for span in document.missed]
    seal = document.seal
    told = {
        **({"missed": missed} if missed else {}),
        **({"sounds": [_sound_json(one) for one in document.sounds]} if document.sounds else {}),
        **({"speakers": _speakers_json(document.speakers)} if document.speakers else {}),
        **({"notes": list(document.notes)} if document.notes else {}),
        **({"seal": {"sha256": seal.sha256, "words": seal.words}} if seal else {}),
        **{key: value for key, value in document.extra.items() if key not in _KNOWN},
    }
    return [f"  {_compact(key)}: {_compact(value)}," for key, value in told.items()]


def loads(text: str, *, name: str = "Document") -> Document:
    """Read a Document and check it.

    Args:
        text: JSON.
        name: How messages call it, usually the path.

    Raises:
        DocumentError: Not JSON, more of it than a day of speech takes, another version, or a value
            that breaks a rule; the message names the path of the offending value.
    """
    try:
        data = json_of(text, DOCUMENT, name, is_strict=True)
    except ValueError as error:
        message = f"{name}: not a Sentigram Document: not valid JSON ({error})"
        raise DocumentError(message) from error
    _check_version(data, name)
    _check_schema(data, name)
    try:
        return _document(data, name)
    except (ValueError, ZeroDivisionError) as error:
        message = f"{name}: {error}"
        raise DocumentError(message) from error


def read_document(path: Path) -> Document:
    """Read a Document from a file.

    Raises:
        DocumentError: It is not there, not readable, or not a valid Document.
    """
    try:
        text = read_text(path, DOCUMENT)
    except FileNotFoundError as error:
        message = f"{path}: no such file"
        raise DocumentError(message) from error
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as a Document ({error})"
        raise DocumentError(message) from error
    return loads(text, name=str(path))


def is_document(path: Path) -> bool:
    """Whether a path is named like a Sentigram Document."""
    return path.name.endswith(SUFFIX)


def schema() -> Json:
    """The JSON Schema of a Document."""
    path = resources.files("sentigram.core").joinpath("document.schema.json")
    return cast("Json", json.loads(path.read_text(encoding="utf-8")))


def _check_version(data: object, name: str) -> None:
    version = data.get("schema") if isinstance(data, dict) else None
    if version == SCHEMA:
        return
    if isinstance(version, str) and version.startswith("sentigram/"):
        message = (
            f"{name}: is a {version} Document; this Sentigram reads {SCHEMA}: "
            "update Sentigram (pip install --upgrade sentigram), or render the video again"
        )
    else:
        message = f'{name}: not a Sentigram Document: "schema" is {version!r}, not {SCHEMA!r}'
    raise DocumentError(message)


@cache
def _validator() -> Any:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema())


@cache
def _required() -> tuple[str, ...]:
    return tuple(schema()["required"])


def _check_schema(data: Json, name: str) -> None:
    from jsonschema_rs import ValidationError

    # The validator's first error holds a copy of what it is about; all of them hold gigabytes.
    missing = next((key for key in _required() if key not in data), "")
    if missing:
        message = f'{name}: $: "{missing}" is a required property'
        raise DocumentError(message)
    try:
        try:
            _validator().validate(data)
        except UnicodeEncodeError:  # half of a surrogate pair, as names of files may hold
            text = json.dumps(data, ensure_ascii=False)
            _validator().validate(json.loads(_SURROGATES.sub("\ufffd", text)))
    except ValidationError as error:
        message = f"{name}: {_json_path(error.instance_path)}: {_shorten(error.message)}"
        raise DocumentError(message) from error
    except ValueError as deep:
        message = f"{name}: not a Sentigram Document: {deep}"
        raise DocumentError(message) from deep


def _json_path(parts: Sequence[str | int]) -> str:
    """`$.utterances[3].words`, as messages and the editors of people count."""
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts)


def _shorten(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:120]} … {text[-60:]}"


def _document(data: Json, name: str) -> Document:
    labels = LabelSet(tuple(data["labels"]))
    readings: list[WordEmotion] = []
    utterances: list[Utterance] = []
    previous_ms = 0
    for u, utterance in enumerate(data["utterances"]):
        words = []
        for w, word in enumerate(utterance["words"]):
            where = f"$.utterances[{u}].words[{w}]"
            if word["end_ms"] <= word["start_ms"] or word["start_ms"] < previous_ms:
                message = (
                    f"{name}: {where}: {word['start_ms']}–{word['end_ms']} ms: words must not be "
                    f"empty, nor start before the word before them ends ({previous_ms} ms)"
                )
                raise DocumentError(message)
            previous_ms = word["end_ms"]
            words.append(_word(word))
            readings.append(_reading(word["emotion"], labels, f"{name}: {where}.emotion"))
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        utterances.append(
            Utterance(utterance["id"], span, tuple(words), utterance.get("speaker", ""))
        )
    media = data["media"]
    shots_ms = tuple(media.get("shots_ms", ()))
    if list(shots_ms) != sorted(set(shots_ms)):
        message = f"{name}: $.media.shots_ms: each time must be later than the one before it"
        raise DocumentError(message)
    return Document(
        media=DocumentMedia(
            name=media["name"],
            duration_ms=media["duration_ms"],
            width_px=media.get("width_px", 0),
            height_px=media.get("height_px", 0),
            fps=_fps(media.get("fps", 0)),
            shots_ms=shots_ms,
        ),
        transcript=Transcript(data["language"], tuple(utterances)),
        track=EmotionTrack(labels, tuple(readings)),
        engine=tuple(
            EnginePart(p["role"], p["id"], p.get("version", ""), p.get("sha256", ""))
            for p in data.get("engine", [])
        ),
        missed=_missed(data, name),
        notes=tuple(data.get("notes", ())),
        extra=_extra(data),
        sounds=_sounds(data, name),
        seal=None if "seal" not in data else Seal(**data["seal"]),
        speakers=None if "speakers" not in data else _speakers(data["speakers"]),
    )


def _speakers(data: Json) -> FoundSpeakers:
    people = tuple(
        FoundSpeaker(one["name"], float(one["seconds"]), float(one["confidence"]))
        for one in data["people"]
    )
    return FoundSpeakers(people, float(data["confidence"]), data.get("is_number_given", False))


def _speakers_json(speakers: FoundSpeakers) -> Json:
    people = [
        {"name": one.name, "seconds": one.seconds, "confidence": one.confidence}
        for one in speakers.people
    ]
    given = {"is_number_given": True} if speakers.is_number_given else {}
    return {"people": people, "confidence": speakers.confidence, **given}


def _missed(data: Json, name: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for i, entry in enumerate(data.get("missed", ())):
        start_ms, end_ms = entry["start_ms"], entry["end_ms"]
        if end_ms <= start_ms or (spans and start_ms < spans[-1].end_ms):
            message = (
                f"{name}: $.missed[{i}]: {start_ms}–{end_ms} ms: stretches must not be empty, nor "
                "start before the one before them ends"
            )
            raise DocumentError(message)
        spans.append(Span(start_ms, end_ms))
    return tuple(spans)


def _sounds(data: Json, name: str) -> tuple[Sound, ...]:
    sounds: list[Sound] = []
    for i, entry in enumerate(data.get("sounds", ())):
        start_ms, end_ms = entry["start_ms"], entry["end_ms"]
        if end_ms <= start_ms or (sounds and start_ms < sounds[-1].span.start_ms):
            message = (
                f"{name}: $.sounds[{i}]: {start_ms}–{end_ms} ms: sounds must not be empty, nor "
                "start before the one before them starts"
            )
            raise DocumentError(message)
        if not is_visible(entry["label"]) or "\x85" in entry["label"]:
            message = f"{name}: $.sounds[{i}].label: is no name that can be seen, on one line"
            raise DocumentError(message)
        sounds.append(
            Sound(
                entry["label"],
                Span(start_ms, end_ms),
                float(entry.get("confidence", 1.0)),
                cast("SoundSource", entry.get("source", "given")),
            )
        )
    return tuple(sounds)


def _sound_json(sound: Sound) -> Json:
    return {
        "label": sound.label,
        "start_ms": sound.span.start_ms,
        "end_ms": sound.span.end_ms,
        "confidence": sound.confidence,
        "source": sound.source,
    }


def _extra(data: Json) -> Json:
    """Fields that nobody here knows; those that could not be written again are refused."""
    extra = {key: value for key, value in data.items() if key not in _KNOWN}
    level: list[object] = [extra]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _held(outer)]
    if level:
        message = "not a Sentigram Document: its lists and tables go too deep"
        raise ValueError(message)
    _compact(extra)
    return extra


def _held(value: object) -> Iterable[object]:
    """What a list or a table of JSON holds."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _bounded(notes: Sequence[str]) -> tuple[str, ...]:
    """Notes on one line each, no longer and no more than a Document may hold."""
    lines = (" ".join(clean(note).split()) for note in notes)
    short = [
        line if len(line) <= _LONGEST_NOTE else f"{line[: _LONGEST_NOTE - 2]} …"
        for line in lines
        if line
    ]
    if len(short) > _MOST_NOTES:
        n_left = len(short) - _MOST_NOTES + 1
        short = [*short[: _MOST_NOTES - 1], f"… and {n_left} more notes, which are not kept"]
    return tuple(short)


def _word(data: Json) -> Word:
    return Word(
        text=data["text"],
        span=Span(data["start_ms"], data["end_ms"]),
        confidence=data.get("confidence", 1.0),
        source=cast("Source", data.get("source", "given")),
        timing=cast("Timing", data.get("timing", "estimated")),
        joined=data.get("joined", False),
        prosody=_prosody(data.get("prosody")),
    )


def _prosody(data: Json | None) -> Prosody | None:
    """How a word is said; None where nothing of it is known."""
    known = {name: float(value) for name, value in (data or {}).items() if value is not None}
    return Prosody(**known) if known else None


def _reading(data: Json, labels: LabelSet, where: str) -> WordEmotion:
    label = data["label"]
    if label not in labels.names:
        message = f"{where}.label: {label!r} is not one of $.labels ({', '.join(labels)})"
        raise DocumentError(message)
    probs = data.get("probs")
    if probs is None:
        probs = [1.0 if name == label else 0.0 for name in labels]
    if len(probs) != len(labels):
        message = f"{where}.probs: {len(probs)} numbers for {len(labels)} labels"
        raise DocumentError(message)
    vad, evidence = data.get("vad"), data.get("evidence")
    return WordEmotion(
        label=label,
        probs=tuple(map(float, probs)),
        intensity=float(data.get("intensity", 0.0)),
        vad=None if vad is None else (float(vad[0]), float(vad[1]), float(vad[2])),
        evidence=None if evidence is None else Evidence(evidence["text"], evidence["audio"]),
        withheld=data.get("withheld", False),
    )


def _word_entry(word: Word, reading: WordEmotion) -> Json:
    data: Json = {
        "text": word.text,
        "start_ms": word.span.start_ms,
        "end_ms": word.span.end_ms,
        "confidence": word.confidence,
        "source": word.source,
        "timing": word.timing,
    }
    if word.joined:
        data["joined"] = True
    if word.prosody is not None:
        data["prosody"] = asdict(word.prosody)
    emotion: Json = {
        "label": reading.label,
        "probs": list(reading.probs),
        "intensity": reading.intensity,
        "vad": None if reading.vad is None else list(reading.vad),
    }
    if reading.evidence is not None:
        emotion["evidence"] = {"text": reading.evidence.text, "audio": reading.evidence.audio}
    if reading.withheld:
        emotion["withheld"] = True
    return {**data, "emotion": emotion}


def _part_json(part: EnginePart) -> Json:
    return {"role": part.role, "id": part.id, "version": part.version, "sha256": part.sha256}


def _fps_json(fps: Fraction) -> int | str:
    return fps.numerator if fps.denominator == 1 else f"{fps.numerator}/{fps.denominator}"


def _fps(value: float | str) -> Fraction:
    return Fraction(value).limit_denominator(1_001_000)


def _compact(value: object) -> str:
    r"""JSON on one line; halves of surrogate pairs, which UTF-8 cannot hold, as `\udcff`."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATES.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
