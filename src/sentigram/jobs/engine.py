"""The engine: what hears and what reads, as it is asked for and as it is loaded."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from sentigram import registry
from sentigram.core.option import Option, settle
from sentigram.core.protocols import EmotionModel, Transcriber
from sentigram.core.spread import HERE, Spread
from sentigram.store.shipped import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from sentigram.jobs.choose_engine import Chosen

_PANEL, _WORDS = "Engine", "Words"


@dataclass(frozen=True)  # no slots: its parts are cached in its __dict__
class Engine:
    """The models of this process; each is chosen, and loaded once, when it is first needed.

    None leaves a choice to Sentigram. What is wrong with a choice shows when it is needed.

    Raises:
        UsageError: A number cannot be.
    """

    kind: Annotated[
        str,
        Option(
            "auto, bundled (English, no download) or full (after: sentigram models pull).",
            _PANEL,
            name="engine",
            is_variable=True,
        ),
    ] = "auto"
    _: KW_ONLY
    device: Annotated[str, Option("auto, cpu, cuda or mps.", _PANEL, is_variable=True)] = "auto"
    precision: Annotated[
        str,
        Option("auto, float32 or bfloat16, of the encoders.", _PANEL, is_variable=True),
    ] = "auto"
    weights: Annotated[
        str | None,
        Option(
            "Voice model of the bundled engine: commercial, or research (not for commercial "
            f"use); {DEFAULT_WEIGHTS} if not given.",
            _PANEL,
            is_variable=True,
        ),
    ] = None
    checkpoint: Annotated[
        Path | None,
        Option(
            "Read emotions with a network.card.json that sentigram train made.",
            _PANEL,
            is_variable=True,
        ),
    ] = None
    audio_model: Annotated[
        str | None,
        Option("emotion2vec of the full engine: name or folder.", _PANEL, is_variable=True),
    ] = None
    text_model: Annotated[
        str | None,
        Option(
            "Text-emotion classifier of the full engine: name or folder.",
            _PANEL,
            is_variable=True,
        ),
    ] = None
    transcriber_name: Annotated[
        str | None,
        Option(
            "moonshine (bundled, English) or faster-whisper (99 languages).",
            _PANEL,
            name="transcriber",
            is_variable=True,
        ),
    ] = None
    whisper_model: Annotated[
        str | None,
        Option(
            "Name or folder of a faster-whisper model; implies that transcriber.",
            _PANEL,
            is_variable=True,
        ),
    ] = None
    hotwords: Annotated[
        str | None, Option("Words that Whisper should expect, such as names.", _WORDS)
    ] = None
    initial_prompt: Annotated[
        str | None,
        Option("Text for Whisper to go on from, in the style that is wanted.", _WORDS),
    ] = None
    compute_type: Annotated[
        str,
        Option(
            "Whisper's numbers: auto, int8, float16 and others of CTranslate2's.",
            _PANEL,
            is_variable=True,
        ),
    ] = "auto"
    beam_size: Annotated[
        int, Option("Hypotheses Whisper keeps; 1 is the fastest.", _PANEL, least=1, most=50)
    ] = 5
    batch_size: Annotated[
        int | None,
        Option("Windows of 30 s that Whisper decodes at once.", _PANEL, least=1, most=1024),
    ] = None
    task: Annotated[str, Option("Whisper's task: transcribe.", _PANEL)] = "transcribe"
    vad_threshold: Annotated[
        float,
        Option(
            "Probability from which Whisper is let hear; lower finds quieter speech.",
            _PANEL,
            least=0.01,
            most=0.99,
        ),
    ] = 0.5
    vad: Annotated[
        bool,
        Option(
            "Let Whisper hear all, and not only where a voice is found.",
            _PANEL,
            name="no-vad",
            is_off=True,
        ),
    ] = True
    halvings: int = field(default=0, repr=False, compare=False)
    """How many times Whisper's batch is halved, for want of memory: no record knows it."""

    spread: Spread = field(default=HERE, repr=False, compare=False)
    """Where parts of a recording are worked on: what is found is the same."""

    def __post_init__(self) -> None:
        settle(self)

    @cached_property
    def chosen(self) -> Chosen:
        """What this comes to on this machine, without loading it.

        Raises:
            UsageError: The choices contradict each other.
            MissingError: Something that is asked for is not here.
        """
        from sentigram.jobs.choose_engine import choose

        return choose(self)

    @cached_property
    def transcriber(self) -> Transcriber:
        """Hears words."""
        make = registry.factory("transcriber", self.chosen.transcriber)
        options = dict(self.chosen.transcriber_options)
        if self.halvings and self.chosen.transcriber == "faster-whisper":
            options["halvings"] = self.halvings
        made: Transcriber = make(**options)
        return made

    @cached_property
    def model(self) -> EmotionModel:
        """Reads emotions."""
        make = registry.factory("model", self.chosen.model)
        made: EmotionModel = make(**dict(self.chosen.model_options))
        return made
