"""Reads recordings as `render` does: who speaks is found first, where nobody says it.

Figures of the engine alone, with all words as one person's, are not what viewers see.
"""

from __future__ import annotations

from dataclasses import dataclass

from sentigram.core.document import EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import Audio
from sentigram.core.protocols import (
    NO_MEMORY,
    EmotionModel,
    Memory,
    Progress,
    SpeakerEncoder,
    no_progress,
)
from sentigram.core.transcript import Transcript
from sentigram.words.speakers.levels import for_voices
from sentigram.words.speakers.telling import is_enough, tell_speakers


@dataclass(frozen=True, slots=True)
class ByVoice:
    """An emotion model that is told the speakers that are found (`--speakers auto`).

    Attributes:
        model: Reads.
        voices: Tells voices apart.
    """

    model: EmotionModel
    voices: SpeakerEncoder

    @property
    def labels(self) -> LabelSet:
        """Those of the model."""
        return self.model.labels

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """Those of the model."""
        return self.model.parts

    def advice(self, language: str) -> str:
        """That of the model."""
        return self.model.advice(language)

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """One reading per word, in the transcript's order."""
        named = any(utterance.speaker for utterance in transcript.utterances)
        if not named and is_enough(transcript, None):
            told = tell_speakers(transcript, audio, self.voices)
            transcript = for_voices(told.transcript, told.found)
        return self.model.read(transcript, audio, progress=progress, memory=memory)
