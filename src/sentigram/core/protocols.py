"""The seams: what each exchangeable part takes and gives.

Configuration goes to the constructor, data to the call. Implementations are named in the tables of
`sentigram.registry`; third parties add theirs by entry point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

from sentigram.core.document import Document, EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import Audio, MediaInfo, VideoOptions
from sentigram.core.sounds import Sound
from sentigram.core.style import Motion, StyledLook, StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sentigram.core.arrays import Floats32, Ints64

Progress = Callable[[float], None]
"""Called with the share of a stage that is done, in [0, 1]."""


def no_progress(share: float, /) -> None:
    """Tell nobody."""


Note = Callable[[str], None]
"""Called with one line about a choice that was made."""


def no_note(text: str, /) -> None:
    """Tell nobody."""


Recognized = Callable[[Sequence[Word]], None]
"""Called with words as they are recognized, in order, none twice: see `Reporter.recognized`."""


def not_told(words: Sequence[Word], /) -> None:
    """Tell nobody."""


class Reporter(Protocol):
    """Is told what goes on; the command line shows it, tests record it."""

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Open a stage; its progress callback takes the share that is done."""
        ...

    def note(self, text: str) -> None:
        """One line about a choice that was made."""
        ...

    def warn(self, text: str) -> None:
        """One line about something that the user should look at."""
        ...

    def recognized(self, words: Sequence[Word]) -> None:
        """More words while recognition goes on, in order, with times as the recognizer has them.

        What is of the whole recording is not known yet: some may still be left out, and all come
        again with `words`.
        """

    def words(self, document: Document) -> None:
        """The words, once they are known, before emotions are read: a Document of them alone."""

    def readings(self, document: Document) -> None:
        """The same words with their emotions, once they are read."""


class SilentReporter:
    """A reporter that tells nobody."""

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Open a stage."""
        del name
        return nullcontext(no_progress)

    def note(self, text: str) -> None:
        """Drop a note."""

    def warn(self, text: str) -> None:
        """Drop a warning."""

    def recognized(self, words: Sequence[Word]) -> None:
        """Drop words."""

    def words(self, document: Document) -> None:
        """Drop words."""

    def readings(self, document: Document) -> None:
        """Drop readings."""


@runtime_checkable
class Transcriber(Protocol):
    """Hears words."""

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        ...

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        note: Note = no_note,
        warn: Note = no_note,
        recognized: Recognized = not_told,
    ) -> Transcript:
        """Write down what is said; an empty transcript where nothing is.

        Args:
            audio: The sound.
            language: ISO 639-1 code, None to detect.
            progress: Told the share that is done.
            note: Told what was left out, and why.
            warn: Told what the user should look at.
            recognized: Told words as they are recognized.
        """
        ...


@runtime_checkable
class Aligner(Protocol):
    """Finds when known words are said."""

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        ...

    def obstacle(self, language: str) -> str:
        """Why words of a language (ISO 639-1) cannot be aligned here, "" where they can."""
        ...

    def align(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        language: str,
        progress: Progress = no_progress,
        apart: frozenset[str] = frozenset(),
    ) -> Transcript:
        """Find when each word is said.

        Args:
            transcript: Words with estimated times, right to about half a second, or less than 45 s
                in all.
            audio: The sound.
            language: ISO 639-1 code, without an obstacle.
            progress: Told the share that is done.
            apart: Ids of utterances that are no speech: their times stay, and nothing is looked for
                where they are.

        Returns:
            The same words in the same utterances; `timing` says for each whether it was aligned.
        """
        ...


@runtime_checkable
class SpeakerEncoder(Protocol):
    """Turns voices into vectors: those of one person are alike."""

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        ...

    def embed(
        self,
        audio: Audio,
        stretches: Sequence[Sequence[Span]],
        *,
        progress: Progress = no_progress,
    ) -> Floats32:
        """What stretches of speech sound like.

        Args:
            audio: The sound, 16 kHz.
            stretches: Of each, the spans that are heard, a quarter of a second in all at least.
            progress: Told the share that is done.

        Returns:
            float32 (n_stretches, width), each of length 1: likeness is their product.
        """
        ...


@runtime_checkable
class SoundTagger(Protocol):
    """Names what can be heard besides words: laughter, applause, a door."""

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        ...

    def tag(
        self, audio: Audio, *, within: Span | None = None, progress: Progress = no_progress
    ) -> tuple[Sound, ...]:
        """Find sounds, in order of their starts.

        Args:
            audio: The sound, 16 kHz.
            within: Only sounds in this stretch, with those that reach out of it; None for all.
            progress: Told the share that is done.

        Returns:
            Those that are sure enough; of one label none overlap. SPEECH is among them wherever
            there is the least sign of a voice: over a sound without it words are not believed.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TextFeatures:
    """Contextual vectors of one utterance's words.

    Attributes:
        vectors: float32 (n_words, d_text), the mean over each word's tokens.
        n_tokens: int64 (n_words,), at least 1: the weights that restore the mean over tokens.
    """

    vectors: Floats32
    n_tokens: Ints64


class TextEncoder(Protocol):
    """Turns words into vectors."""

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        ...

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """One entry per utterance, all utterances in few batches."""
        ...


class Memory(Protocol):
    """Results of finished stages, so that a run that was killed goes on where it was."""

    def recall(self, stage: str) -> Mapping[str, NDArray[np.generic]] | None:
        """What a stage left, None where it did not finish."""
        ...

    def remember(self, stage: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep what a stage made."""
        ...


class NoMemory:
    """Remembers nothing."""

    def recall(self, stage: str) -> None:
        """Nothing."""
        del stage

    def remember(self, stage: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Forget."""


NO_MEMORY = NoMemory()


class EmotionModel(Protocol):
    """Reads one emotion per word from a transcript and its sound."""

    @property
    def labels(self) -> LabelSet:
        """The emotions that it knows."""
        ...

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """Encoders and model, for the Document's engine list."""
        ...

    def advice(self, language: str) -> str:
        """One line on what it cannot do in a language (ISO 639-1), "" where it can do all."""
        ...

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """One reading per word, in the transcript's order."""
        ...


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What a renderer draws.

    Attributes:
        document: The words and readings.
        track: The Document styled and laid out for one culture, age and motion.
        looks: What a viewer may switch to, as far as the renderer asks for it; the first is the
            track's own.
        motion: How much may move.
        media: The picture and sound, None when only the Document is at hand.
        slice: Draw only this stretch of the media, None for all of it.
        video: How a video or clip is made.
        reporter: Is told of choices, and of what had to be left out.
    """

    document: Document
    track: StyledTrack
    looks: tuple[StyledLook, ...]
    motion: Motion
    media: MediaInfo | None
    slice: Span | None = None
    video: VideoOptions = field(default_factory=VideoOptions)
    reporter: Reporter = field(default_factory=SilentReporter)

    def needed_media(self) -> MediaInfo:
        """The picture and sound.

        Raises:
            UsageError: They are not at hand.
        """
        if self.media is None:
            raise no_media(self.document)
        return self.media


def no_media(document: Document, *kinds: str) -> UsageError:
    """The error for results that are made from a media file, which is not at hand."""
    leave = f", or leave {', '.join(kinds)} out of `to`" if kinds else ""
    return UsageError(
        f"{document.media.name}: the video is not beside the Document; put it there{leave}"
    )


class Renderer(Protocol):
    """Writes one kind of result; what it says of itself are the defaults of those who inherit.

    Attributes:
        needs_media: It is made from the picture and sound, not from the Document alone.
        shows: The looks that it wants: none, the job's own one, or all that can be switched to.
        longest_ms: A preview is not moved out to sentences any further; None for no limit.
        says_notes: Captions without type are in it: where the theme asks for it, they say strong
            emotions in words.
    """

    needs_media: ClassVar[bool] = False
    shows: ClassVar[Literal["none", "own", "all"]] = "none"
    longest_ms: ClassVar[int | None] = None
    says_notes: ClassVar[bool] = False

    def check(self, video: VideoOptions, *, stretch: Span | None, duration_ms: int | None) -> None:
        """Find out before the work whether the result can be made.

        Args:
            video: How a video or clip is made.
            stretch: The stretch of the media that is asked for, None for all.
            duration_ms: Of the whole, None while it is not known.

        Raises:
            UsageError: It can not.
            MissingError: A tool is missing.
        """
        del video, stretch, duration_ms

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file to `out`, a temporary path that the caller renames."""
        ...
