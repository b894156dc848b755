"""Recordings of unacted speech, and some of acted speech to compare: what they are, words, sound.

Each is prepared once as the product would hear it: decoded, its words found, aligned, repaired and
cut into utterances. What was prepared is kept on disk, named by what it depends on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from sentigram.core.document import Document, DocumentMedia, dumps, read_document
from sentigram.core.emotion import NEUTRAL, EmotionTrack, LabelSet, WordEmotion
from sentigram.core.media import Audio
from sentigram.core.protocols import SilentReporter
from sentigram.core.time import Span, ms_from_seconds
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.files import work_folder, write_text
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.reading import DOCUMENT
from sentigram.training.corpora import ravdess
from sentigram.training.shipped import prompts
from sentigram.training.shipped.spliced import cut_at_pauses, splice
from sentigram.training.shipped.voice.recipe import FOLDED
from sentigram.words.activity import speech_spans
from sentigram.words.alignment.forced import align
from sentigram.words.heard_or_given import HearOptions, find_words
from sentigram.words.moonshine.transcriber import MoonshineTranscriber
from sentigram.words.repair import repair
from sentigram.words.utterances import segment

Kind = Literal["plain", "unwell", "orator", "performed", "spliced"]
Log = Callable[[str], None]

UNWRITTEN = "speech"  # stands for a stretch of speech in a language that cannot be written down

_VERSION = "1"  # raise when what is prepared here changes, so that caches are made anew
_FULL_SCALE = 32767
_PIECE_MS = 350  # about as long as a word
_NOTHING_HEARD = "no speech was found in it"
_NO_CLIPS = "its package, moonshine-voice, is not installed: pip install 'sentigram[train]'"
_CHECKOUT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True, slots=True)
class Source:
    """One recording of the table.

    Attributes:
        name: In reports.
        path: Below its place.
        place: In which folder: of the data, of the package moonshine-voice, or of a checkout.
        kind: Only `plain` recordings count to the budget of plain speech.
        what: What it is, for people.
        text: What is said, where it is known without times.
        lines: A subtitle file below the same place that holds what is said.
        marks: A JSON file below the same place with words and hand-made times in seconds.
    """

    name: str
    path: str
    place: Literal["data", "moonshine", "checkout"]
    kind: Kind
    what: str
    text: str = ""
    lines: str = ""
    marks: str = ""


SOURCES = (
    Source(
        "acoustic_corpus",
        "word_alignment/acoustic_corpus.flac",
        "data",
        "plain",
        "a man talks into a microphone",
        marks="word_alignment/acoustic_corpus.words.json",
    ),
    Source(
        "sonnet",
        "demo/librivox_sonnet001.mp3",
        "data",
        "plain",
        "a volunteer reads Shakespeare's first sonnet",
        lines="demo/librivox_sonnet001_lines.srt",
    ),
    Source(
        "two_cities",
        "two_cities.wav",
        "moonshine",
        "plain",
        "a man reads the opening of A Tale of Two Cities",
    ),
    Source(
        "cold_corpus",
        "word_alignment/cold_corpus.flac",
        "data",
        "unwell",
        "a man with a cold talks",
        marks="word_alignment/cold_corpus.words.json",
    ),
    Source(
        "jfk",
        "demo/jfk.flac",
        "data",
        "orator",
        "Kennedy's inaugural address, 1961",
        text="And so, my fellow Americans, ask not what your country can do for you, ask what you "
        "can do for your country.",
    ),
    Source(
        "talk",
        "examples/talk.mp4",
        "checkout",
        "orator",
        "the example: jfk, then two_cities",
    ),
    Source(
        "sintel",
        "demo/sintel_trailer_480x204.mp4",
        "data",
        "performed",
        "a film's trailer: dialogue under music",
        lines="demo/sintel_trailer.en.vtt",
    ),
    Source("beckett", "beckett.wav", "moonshine", "performed", "a few lines of Beckett"),
    Source(
        "endgame",
        "endgame_nagg_nell.wav",
        "moonshine",
        "performed",
        "two voices in a scene of Endgame",
    ),
)
SPLICED_ACTORS = ("actor05", "actor08", "actor15", "actor22")  # two men and two women


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One recording, ready to be read.

    Attributes:
        name: In reports.
        kind: Only `plain` recordings count to the budget of plain speech.
        what: What it is, for people.
        speaker: Who speaks, so that other speech of the same or another person can be found.
        transcript: Words with their times, and the language.
        audio: 16 kHz.
    """

    name: str
    kind: Kind
    what: str
    speaker: str
    transcript: Transcript
    audio: Audio

    @property
    def is_plain(self) -> bool:
        """Whether it counts to the budget of plain speech."""
        return self.kind == "plain"

    @property
    def language(self) -> str:
        """ISO 639-1 code."""
        return self.transcript.language


@dataclass(frozen=True, slots=True)
class Prepared:
    """What could be prepared.

    Attributes:
        recordings: In the order of the tables.
        left_out: One line for each that could not, with what would help.
    """

    recordings: tuple[Recording, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """A recording that can be made: what it depends on, and how."""

    name: str
    kind: Kind
    what: str
    speaker: str
    depends: tuple[Path, ...]
    make: Callable[[], tuple[Transcript, Audio]] = field(repr=False)


def prepare(
    data: Path,
    cache: Path,
    *,
    prompt_folder: Path | None = None,
    with_spliced: bool = False,
    log: Log = lambda _text: None,
) -> Prepared:
    """Decode recordings and find their words, or take both from the cache.

    Args:
        data: The folder that holds word_alignment/, demo/ and ravdess/.
        cache: Folder for what is prepared.
        prompt_folder: Where the studio prompts were unpacked; without it they are left out.
        with_spliced: Whether to add recordings spliced from acted clips.
        log: Told about progress.

    Raises:
        InputError: Nothing could be prepared, or a file that is there cannot be used.
    """
    jobs: list[_Job] = []
    left_out: list[str] = []
    _add_prompts(prompt_folder, jobs, left_out)
    _add_files(data, jobs, left_out)
    if with_spliced:
        _add_spliced(data, jobs, left_out)
    recordings = []
    for job in jobs:
        known = _recall(job, cache)
        if known is None:
            log(f"preparing {job.name}")
            known = job.make()
            _keep(job, cache, *known)
        recordings.append(Recording(job.name, job.kind, job.what, job.speaker, *known))
    if not recordings:
        message = f"{data}: no recording of real speech is there: " + "; ".join(left_out)
        raise InputError(message)
    return Prepared(tuple(recordings), tuple(left_out))


def _add_prompts(folder: Path | None, jobs: list[_Job], left_out: list[str]) -> None:
    if folder is None:
        left_out.append(
            "studio prompts: give their folder with --prompts DIR (download the packages "
            "asterisk-core-sounds-{en,es,fr,it,ru}-g722 and asterisk-core-sounds-en, and unpack "
            "them with dpkg-deb -x)"
        )
        return
    for voice in prompts.VOICES:
        paths = prompts.find(folder, voice)
        said = prompts.texts(folder) if voice.language == "en" and paths else None
        if said is not None:
            paths = tuple(path for path in paths if path.stem in said)
        dealt = prompts.draw(paths, seed=0)
        if not dealt:
            left_out.append(
                f"studio prompts, {voice.language}: no {voice.folder} below {folder}; unpack the "
                f"package asterisk-core-sounds-{voice.language}-g722 there"
            )
        for number, own in enumerate(dealt, start=1):

            def make(
                own: tuple[Path, ...] = own,
                said: dict[str, str] | None = said,
                language: str = voice.language,
                seed: int = number,
            ) -> tuple[Transcript, Audio]:
                joined = prompts.lay(own, said, seed=seed)
                if joined.transcript is None:
                    return unwritten(joined.audio, language), joined.audio
                return _finished(align(joined.transcript, joined.audio), joined.audio), joined.audio

            jobs.append(
                _Job(
                    name=f"prompts {voice.language} {number}",
                    kind="plain",
                    what=f"studio prompts, {voice.speaker} voice",
                    speaker=voice.speaker,
                    depends=own,
                    make=make,
                )
            )


def _add_files(data: Path, jobs: list[_Job], left_out: list[str]) -> None:
    places = {"data": data, "moonshine": _moonshine_assets(), "checkout": _CHECKOUT}
    for source in SOURCES:
        place = places[source.place]
        if place is None:
            left_out.append(f"{source.name}: {_NO_CLIPS}")
            continue
        names = [name for name in (source.path, source.lines, source.marks) if name]
        missing = [name for name in names if not (place / name).is_file()]
        if missing:
            left_out.append(f"{source.name}: {missing[0]} is not in {place}")
            continue

        def make(source: Source = source, place: Path = place) -> tuple[Transcript, Audio]:
            return _heard(source, place)

        depends = tuple(place / name for name in names)
        jobs.append(_Job(source.name, source.kind, source.what, source.name, depends, make))


def _add_spliced(data: Path, jobs: list[_Job], left_out: list[str]) -> None:
    root = data / ravdess.NAME
    if not root.is_dir():
        left_out.append(f"spliced acted recordings: {root} is absent")
        return
    items = tuple(
        replace(item, labels=(FOLDED.get(item.labels[0], item.labels[0]),))
        for item in ravdess.read(root)
    )
    for actor in SPLICED_ACTORS:

        def make(actor: str = actor) -> tuple[Transcript, Audio]:
            made = splice(items, actor, seed=int(actor.removeprefix("actor")))
            return made.transcript, made.audio

        own = tuple(item.audio for item in items if item.speaker == actor and item.audio)
        jobs.append(_Job(f"spliced {actor}", "spliced", "acted clips of RAVDESS", actor, own, make))


def _moonshine_assets() -> Path | None:
    """Recordings in the wheel of moonshine-voice, None where it is not installed."""
    spec = find_spec("moonshine_voice")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) / "assets" if folders else None


def _heard(source: Source, place: Path) -> tuple[Transcript, Audio]:
    """Decode a file and find its words as the product does."""
    path = place / source.path
    with work_folder() as work:
        info = probe(path)
        mapped = decode(info, workdir=work)
        audio = Audio(np.array(mapped.samples), mapped.sample_rate_hz, mapped.speech_start_ms)
        if source.marks:
            return _finished(_marked(place / source.marks), audio), audio
        given = place / source.lines if source.lines else None
        if source.text:
            given = work / "said.txt"
            given.write_text(source.text, encoding="utf-8")
        options = HearOptions(language="en", transcript=given, use_sidecar=False)
        reporter = SilentReporter()
        transcript = find_words(info, audio, MoonshineTranscriber, options, reporter).transcript
    if not transcript.utterances:
        message = f"{path}: {_NOTHING_HEARD}"
        raise InputError(message)
    return transcript, audio


def _marked(path: Path) -> Transcript:
    """Words at the times that a person gave them."""
    words = [
        Word(
            mark["word"],
            Span(ms_from_seconds(mark["start"]), ms_from_seconds(mark["end"])),
            source="given",
        )
        for mark in read_json(path, DOCUMENT)
    ]
    return Transcript("en", tuple(cut_at_pauses(words)))


def _finished(transcript: Transcript, audio: Audio) -> Transcript:
    return segment(repair(transcript, audio))


def unwritten(audio: Audio, language: str) -> Transcript:
    """Stretches of speech in place of words, for languages that nothing here can write down.

    Args:
        audio: The sound; what stands out from its background is speech.
        language: ISO 639-1 code.

    Returns:
        One utterance per stretch between pauses, in equal pieces about as long as a word.
    """
    return Transcript(language, tuple(_pieces(speech_spans(audio))))


def _pieces(spans: Iterable[Span]) -> Iterator[Utterance]:
    for number, span in enumerate(spans, start=1):
        n_pieces = max(1, round(span.duration_ms / _PIECE_MS))
        edges = np.linspace(span.start_ms, span.end_ms, n_pieces + 1).astype(int)
        words = tuple(
            Word(UNWRITTEN, Span(int(a), int(b)), timing="estimated") for a, b in pairwise(edges)
        )
        yield Utterance(f"u{number}", span, words)


def _stem(job: _Job) -> str:
    digest = hashlib.sha256(f"{_VERSION} {job.name}\n".encode())
    for path in job.depends:
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return f"{job.name.replace(' ', '-')}-{digest.hexdigest()[:16]}"


def _recall(job: _Job, cache: Path) -> tuple[Transcript, Audio] | None:
    words, sound = (cache / f"{_stem(job)}{suffix}" for suffix in (".json", ".npy"))
    if not words.is_file() or not sound.is_file():
        return None
    document = read_document(words)
    samples = np.load(sound).astype(np.float32) / _FULL_SCALE
    return document.transcript, Audio(samples)


def _keep(job: _Job, cache: Path, transcript: Transcript, audio: Audio) -> None:
    """Keep sound as 16-bit samples, and words as a Document that nobody has read yet."""
    cache.mkdir(parents=True, exist_ok=True)
    samples = np.round(np.clip(audio.samples, -1, 1) * _FULL_SCALE).astype(np.int16)
    part = cache / f"{_stem(job)}.part.npy"
    np.save(part, samples)
    part.replace(cache / f"{_stem(job)}.npy")
    n_words = sum(1 for _ in transcript.words())
    unread = (WordEmotion(NEUTRAL, (1.0,), 0.0),) * n_words
    track = EmotionTrack(LabelSet((NEUTRAL,)), unread)
    media = DocumentMedia(job.name, audio.duration_ms)
    text = dumps(Document(media, transcript, track))
    write_text(cache / f"{_stem(job)}.json", text, overwrite=True)
