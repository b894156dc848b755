"""The options that `render` and `batch` share: one dataclass, one field an option."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from sentigram.cli import values
from sentigram.store.shipped import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from sentigram.jobs.job import Settings
    from sentigram.jobs.pipeline import Engine

_RESULTS, _LOOK, _WORDS, _ENGINE, _VIDEO = "Results", "Look", "Words", "Engine", "Video"
_MOTIONS = ("none", "subtle", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderFlags:
    """What `render` and `batch` can be told; the help texts are the documentation."""

    to: Annotated[
        str,
        typer.Option(
            help="Kinds of result, comma-separated: html, ass, effects, srt, vtt, ttml, srv3, "
            "json, video, mkv, gif, webp, timeline.",
            envvar="SENTIGRAM_TO",
            rich_help_panel=_RESULTS,
        ),
    ] = "html,ass,json"
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the results; beside the source if not given.",
            envvar="SENTIGRAM_OUT",
            rich_help_panel=_RESULTS,
        ),
    ] = None
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results.", rich_help_panel=_RESULTS)
    ] = False
    preview: Annotated[
        str | None,
        typer.Option(
            help="Only a slice, START-END, such as 1:00-1:30, with whole sentences; "
            "named talk.preview.*.",
            rich_help_panel=_RESULTS,
        ),
    ] = None
    culture: Annotated[
        str,
        typer.Option(
            help="western, eastern or universal.",
            envvar="SENTIGRAM_CULTURE",
            rich_help_panel=_LOOK,
        ),
    ] = "western"
    age: Annotated[
        str,
        typer.Option(
            help="Readers: child, teen, adult or senior.",
            envvar="SENTIGRAM_AGE",
            rich_help_panel=_LOOK,
        ),
    ] = "adult"
    profile: Annotated[
        str,
        typer.Option(
            help="Comma-separated: netflix, bbc, shorts, sdh; low-vision, dyslexia, "
            "reduced-motion; deuteranopia, protanopia, tritanopia.",
            envvar="SENTIGRAM_PROFILE",
            rich_help_panel=_LOOK,
        ),
    ] = ""
    motion: Annotated[
        str,
        typer.Option(
            help="How much may move: none, subtle or full.",
            envvar="SENTIGRAM_MOTION",
            rich_help_panel=_LOOK,
        ),
    ] = "subtle"
    theme: Annotated[
        Path | None,
        typer.Option(
            help="A theme file of yours.", envvar="SENTIGRAM_THEME", rich_help_panel=_LOOK
        ),
    ] = None
    transcript: Annotated[
        Path | None,
        typer.Option(
            help="The words, if you have them: SRT, VTT, ASS, TXT or Whisper JSON.",
            rich_help_panel=_WORDS,
        ),
    ] = None
    no_sidecar: Annotated[
        bool,
        typer.Option(
            "--no-sidecar",
            help="Ignore transcripts beside and inside the video.",
            rich_help_panel=_WORDS,
        ),
    ] = False
    language: Annotated[
        str | None,
        typer.Option(
            help="Language spoken, such as en; detected if not given.",
            envvar="SENTIGRAM_LANGUAGE",
            rich_help_panel=_WORDS,
        ),
    ] = None
    audio_stream: Annotated[
        int | None,
        typer.Option(min=0, help="Which audio stream, from 0.", rich_help_panel=_WORDS),
    ] = None
    engine: Annotated[
        str,
        typer.Option(
            help="auto, bundled (English, no download) or full (after: sentigram models pull).",
            envvar="SENTIGRAM_ENGINE",
            rich_help_panel=_ENGINE,
        ),
    ] = "auto"
    device: Annotated[
        str,
        typer.Option(
            help="auto, cpu, cuda or mps.", envvar="SENTIGRAM_DEVICE", rich_help_panel=_ENGINE
        ),
    ] = "auto"
    precision: Annotated[
        str,
        typer.Option(
            help="auto, float32 or bfloat16, of the encoders.",
            envvar="SENTIGRAM_PRECISION",
            rich_help_panel=_ENGINE,
        ),
    ] = "auto"
    weights: Annotated[
        str | None,
        typer.Option(
            help="Voice model of the bundled engine: commercial, or research (not for commercial "
            f"use); {DEFAULT_WEIGHTS} if not given.",
            envvar="SENTIGRAM_WEIGHTS",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Read emotions with a network.card.json that sentigram train made.",
            envvar="SENTIGRAM_CHECKPOINT",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    audio_model: Annotated[
        str | None,
        typer.Option(
            help="emotion2vec of the full engine: name or folder.",
            envvar="SENTIGRAM_AUDIO_MODEL",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    text_model: Annotated[
        str | None,
        typer.Option(
            help="Text-emotion classifier of the full engine: name or folder.",
            envvar="SENTIGRAM_TEXT_MODEL",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    transcriber: Annotated[
        str | None,
        typer.Option(
            help="moonshine (bundled, English) or faster-whisper (99 languages).",
            envvar="SENTIGRAM_TRANSCRIBER",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    whisper_model: Annotated[
        str | None,
        typer.Option(
            help="Name or folder of a faster-whisper model; implies that transcriber.",
            envvar="SENTIGRAM_WHISPER_MODEL",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    hotwords: Annotated[
        str | None,
        typer.Option(
            help="Words that Whisper should expect, such as names.", rich_help_panel=_WORDS
        ),
    ] = None
    initial_prompt: Annotated[
        str | None,
        typer.Option(
            help="Text for Whisper to go on from, in the style that is wanted.",
            rich_help_panel=_WORDS,
        ),
    ] = None
    compute_type: Annotated[
        str,
        typer.Option(
            help="Whisper's numbers: auto, int8, float16 and others of CTranslate2's.",
            envvar="SENTIGRAM_COMPUTE_TYPE",
            rich_help_panel=_ENGINE,
        ),
    ] = "auto"
    beam_size: Annotated[
        int,
        typer.Option(
            min=1,
            max=50,
            help="Hypotheses Whisper keeps; 1 is the fastest.",
            rich_help_panel=_ENGINE,
        ),
    ] = 5
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="Windows of 30 s that Whisper decodes at once.",
            rich_help_panel=_ENGINE,
        ),
    ] = None
    task: Annotated[
        str, typer.Option(help="Whisper's task: transcribe.", rich_help_panel=_ENGINE)
    ] = "transcribe"
    vad_threshold: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=0.99,
            help="Probability from which Whisper is let hear; lower finds quieter speech.",
            rich_help_panel=_ENGINE,
        ),
    ] = 0.5
    no_vad: Annotated[
        bool,
        typer.Option(
            "--no-vad",
            help="Let Whisper hear all, and not only where a voice is found.",
            rich_help_panel=_ENGINE,
        ),
    ] = False
    shots: Annotated[
        bool,
        typer.Option(
            "--shots",
            help="Look for changes of shot, so that captions start and end with them.",
            rich_help_panel=_WORDS,
        ),
    ] = False
    crf: Annotated[
        int,
        typer.Option(min=0, max=51, help="Quality; smaller is better.", rich_help_panel=_VIDEO),
    ] = 20
    preset: Annotated[str, typer.Option(help="Speed of the encoder.", rich_help_panel=_VIDEO)] = (
        "medium"
    )
    encoder: Annotated[
        str,
        typer.Option(
            help="libx264, libx265, or hardware: h264_nvenc, h264_qsv, h264_videotoolbox …",
            rich_help_panel=_VIDEO,
        ),
    ] = "libx264"
    size: Annotated[
        str,
        typer.Option(help="WIDTHxHEIGHT for sound without a picture.", rich_help_panel=_VIDEO),
    ] = "1280x720"
    background: Annotated[
        str,
        typer.Option(help="#rrggbb behind sound without a picture.", rich_help_panel=_VIDEO),
    ] = "#101418"
    clip_width: Annotated[
        int,
        typer.Option(
            help="Width of gif and webp, 64 to 1920; 0 for 480 and 640.", rich_help_panel=_VIDEO
        ),
    ] = 0

    def settings(self) -> tuple[Settings, str]:
        """What the work needs, and one line that says which engine it uses and why.

        Raises:
            UsageError: A value, or a combination of values, is wrong.
        """
        from typing import cast

        from sentigram.core.style import Motion
        from sentigram.jobs.job import Settings
        from sentigram.jobs.pipeline import DrawOptions
        from sentigram.words.listening import HearOptions

        values.one_of("--motion", self.motion, _MOTIONS)
        cut = None if self.preview is None else values.span(self.preview)
        engine, engine_line = self._engine()
        settings = Settings(
            kinds=values.listed(self.to),
            out=self.out,
            overwrite=self.overwrite,
            hear=HearOptions(
                language=self.language,
                transcript=self.transcript,
                use_sidecar=not self.no_sidecar,
                audio_stream=self.audio_stream,
                slice=cut,
                shots=self.shots,
            ),
            draw=DrawOptions(
                culture=self.culture,
                age=self.age,
                profiles=values.listed(self.profile),
                motion=cast("Motion", self.motion),
                theme=self.theme,
                canvas=values.size(self.size),
                background=values.colour(self.background),
                encoder=self.encoder,
                crf=self.crf,
                preset=self.preset,
                audio_stream=self.audio_stream,
                slice=cut,
                clip_width_px=self.clip_width,
            ),
            engine=engine,
        )
        return settings, engine_line

    def _engine(self) -> tuple[Engine, str]:
        from sentigram.jobs.engines import Request, choose

        return choose(
            Request(
                engine=self.engine,
                device=self.device,
                precision=self.precision,
                weights=self.weights,
                transcriber=self.transcriber,
                whisper_model=self.whisper_model,
                audio_model=self.audio_model,
                text_model=self.text_model,
                checkpoint=self.checkpoint,
                hotwords=self.hotwords,
                initial_prompt=self.initial_prompt,
                compute_type=self.compute_type,
                beam_size=self.beam_size,
                batch_size=self.batch_size,
                task=self.task,
                vad=not self.no_vad,
                vad_threshold=self.vad_threshold,
            )
        )


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a command's parameter `flags: RenderFlags` into one option per field."""
    hints = get_type_hints(RenderFlags, include_extras=True)
    own_hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=own_hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "flags"
    ]
    options = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(RenderFlags)
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        flags = RenderFlags(**{option.name: given.pop(option.name) for option in options})
        command(**given, flags=flags)

    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    signature = inspect.Signature([*keyword, *options])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del run.__wrapped__  # typer would read its signature
    return run
