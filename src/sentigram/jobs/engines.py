"""Chooses the engine: which transcriber and which reader, on which device, and why.

- bundled: Moonshine, and the emotion model that ships with the package; English, no download.
- full: faster-whisper, emotion2vec, and a text classifier or a trained checkpoint.
- auto: full where its models are on this machine, else bundled.

Nothing is loaded here, and nothing is ever fetched: what is missing is named, with the command that
brings it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sentigram.emotion.encoders.compute import DEVICES, PRECISIONS
from sentigram.errors import MissingError, UsageError
from sentigram.jobs.pipeline import Engine
from sentigram.store.catalogue import DEFAULT_SET, entries_of_set, size_text
from sentigram.store.folder import store_folder
from sentigram.store.installed import Role, find, installed
from sentigram.store.shipped import DEFAULT_WEIGHTS, VOICE_WEIGHTS, is_commercial, voice
from sentigram.words.whisper.decode import WhisperOptions
from sentigram.words.whisper.on_machine import find_whisper
from sentigram.words.whisper.windows import VadSettings

ENGINES = ("auto", "bundled", "full")
PACKAGES = ("torch", "transformers", "funasr", "faster_whisper")

# the best one that is on this machine is taken
WHISPERS = tuple(
    f"whisper-{size}" for size in ("large-v3-turbo", "large-v3", "medium", "small", "base", "tiny")
)
VOICES = ("emotion2vec-plus-large", "emotion2vec-plus-base", "emotion2vec-plus-seed")
CLASSIFIERS = ("roberta-go-emotions",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for; None leaves a choice to us.

    Attributes:
        engine: auto, bundled or full.
        device: auto, cpu, cuda or mps.
        precision: auto, float32 or bfloat16, of the encoders.
        weights: Voice model of the bundled engine: commercial or research.
        transcriber: moonshine or faster-whisper.
        whisper_model: Name or folder.
        audio_model: emotion2vec: name or folder.
        text_model: Text classifier: name or folder.
        checkpoint: Of `sentigram train`.
        hotwords: Words for Whisper to expect.
        initial_prompt: Text that comes before, for Whisper.
        compute_type: CTranslate2's, for Whisper.
        beam_size: Hypotheses that Whisper keeps.
        batch_size: Windows of 30 s that Whisper decodes at once; None for what fits the device.
        task: What Whisper does; only `transcribe`.
        vad: Whether Whisper hears only what a voice detector lets through.
        vad_threshold: Probability from which a moment is voice.
    """

    engine: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    weights: str | None = None
    transcriber: str | None = None
    whisper_model: str | None = None
    audio_model: str | None = None
    text_model: str | None = None
    checkpoint: Path | None = None
    hotwords: str | None = None
    initial_prompt: str | None = None
    compute_type: str = "auto"
    beam_size: int = 5
    batch_size: int | None = None
    task: str = "transcribe"
    vad: bool = True
    vad_threshold: float = 0.5


def choose(request: Request) -> tuple[Engine, str]:
    """The engine, and one line that says which it is and why.

    Raises:
        UsageError: The request contradicts itself.
        MissingError: The full engine is asked for, and something of it is not here.
    """
    _check(request)
    lacking = tuple(_lacking(request)) if request.engine != "bundled" else ()
    named = (request.audio_model, request.text_model)
    if lacking and (request.engine == "full" or any(model is not None for model in named)):
        message = "the full engine is not complete: " + "; ".join(lacking)
        raise MissingError(message)
    is_full = request.engine != "bundled" and not lacking
    transcriber = request.transcriber or _default_transcriber(request, is_full=is_full)
    untrained = "zero-shot" if is_full else "bundled"
    model = untrained if request.checkpoint is None else "fused"
    engine = Engine(
        transcriber_name=transcriber,
        model_name=model,
        transcriber_options=_transcriber_options(request, transcriber),
        model_options=_model_options(request, model),
    )
    return engine, _line(request, engine, lacking, is_full=is_full)


def _check(request: Request) -> None:
    for flag, choice, allowed in (
        ("--engine", request.engine, ENGINES),
        ("--device", request.device, DEVICES),
        ("--precision", request.precision, PRECISIONS),
        ("--weights", request.weights or DEFAULT_WEIGHTS, VOICE_WEIGHTS),
    ):
        if choice not in allowed:
            message = f"{flag} {choice!r}: choose from {', '.join(allowed)}"
            raise UsageError(message)
    if request.task != "transcribe":
        message = (
            f"--task {request.task!r}: words are written down in the language in which they are "
            "said (transcribe); a translation has no word times"
        )
        raise UsageError(message)
    named = {
        "--whisper-model": request.whisper_model,
        "--hotwords": request.hotwords,
        "--initial-prompt": request.initial_prompt,
    }
    for flag, value in named.items():
        if value is not None and request.transcriber not in (None, "faster-whisper"):
            message = f"{flag} needs --transcriber faster-whisper, not {request.transcriber}"
            raise UsageError(message)
    if request.engine == "bundled":
        for flag, model in (
            ("--audio-model", request.audio_model),
            ("--text-model", request.text_model),
        ):
            if model is not None:
                message = f"{flag} belongs to the full engine; leave out --engine bundled"
                raise UsageError(message)
    if request.checkpoint is not None and (request.audio_model or request.text_model):
        message = "--checkpoint names its own encoders; leave out --audio-model and --text-model"
        raise UsageError(message)


def _lacking(request: Request) -> Iterator[str]:
    """What the full engine needs and is not here, each with its remedy."""
    packages = [name for name in PACKAGES if find_spec(name) is None]
    if packages:
        missing = ", ".join(name.replace("_", "-") for name in packages)
        yield f"{missing} not installed (pip install 'sentigram[full]')"
    needs: list[tuple[Role, str | None, Sequence[str]]] = []
    if request.transcriber in (None, "faster-whisper"):
        needs.append(("transcriber", request.whisper_model, WHISPERS))
    if request.checkpoint is None:  # a checkpoint's encoders are checked when it is loaded
        needs.append(("audio encoder", request.audio_model, VOICES))
        needs.append(("text classifier", request.text_model, CLASSIFIERS))
    for role, named, known in needs:
        if named is None and not _best(known):
            yield f"no {role} ({_remedy(role)})"
        elif named is not None:
            try:
                find_whisper(named) if role == "transcriber" else find(named, role)
            except MissingError as error:
                yield str(error)


def _remedy(role: Role) -> str:
    """The command that brings a model of this role, and its size."""
    (model,) = (model for model in entries_of_set(DEFAULT_SET) if model.role == role)
    return f"{model.command}, about {size_text(model.size_bytes)}"


def _best(names: Sequence[str]) -> str | None:
    """The first of some models that is on this machine."""
    here = {model.name for model in installed()}
    return next((name for name in names if name in here), None)


def _default_transcriber(request: Request, *, is_full: bool) -> str:
    asks = (request.whisper_model, request.hotwords, request.initial_prompt)
    if any(value is not None for value in asks):
        return "faster-whisper"
    return "faster-whisper" if is_full else "moonshine"


def _transcriber_options(request: Request, name: str) -> tuple[tuple[str, object], ...]:
    if name != "faster-whisper":
        return ()
    model = request.whisper_model or _best(WHISPERS)
    if model is None:
        message = (
            "--transcriber faster-whisper: no Whisper model is on this machine; bring one with "
            "sentigram models pull whisper-small, or name a folder with --whisper-model"
        )
        raise MissingError(message)
    return (
        ("model", model),
        ("device", request.device),
        ("compute_type", request.compute_type),
        ("vad", VadSettings(threshold=request.vad_threshold) if request.vad else None),
        (
            "options",
            WhisperOptions(
                beam_size=request.beam_size,
                batch_size=request.batch_size,
                hotwords=request.hotwords,
                initial_prompt=request.initial_prompt,
            ),
        ),
    )


def calibration_file() -> Path:
    """Where `sentigram models calibrate` writes, and the zero-shot reading looks."""
    return store_folder() / "zero-shot.calibration.json"


def zero_shot_options(request: Request) -> tuple[tuple[str, object], ...]:
    """Keyword arguments of the zero-shot reader.

    Raises:
        MissingError: A model of it is not on this machine.
        UsageError: The device or the precision is not there.
    """
    from sentigram.emotion.encoders.compute import resolve

    chosen: dict[Role, str] = {}
    needs: tuple[tuple[Role, str | None, Sequence[str]], ...] = (
        ("audio encoder", request.audio_model, VOICES),
        ("text classifier", request.text_model, CLASSIFIERS),
    )
    for role, named, known in needs:
        model = named or _best(known)
        if model is None:
            message = f"no {role} is on this machine ({_remedy(role)})"
            raise MissingError(message)
        chosen[role] = model
    calibration = calibration_file()
    return (
        ("compute", resolve(request.device, request.precision)),
        ("audio_model", chosen["audio encoder"]),
        ("text_model", chosen["text classifier"]),
        ("calibration", calibration if calibration.is_file() else None),
    )


def _model_options(request: Request, name: str) -> tuple[tuple[str, object], ...]:
    if name == "zero-shot":
        return zero_shot_options(request)
    if name == "bundled":
        return (("weights", request.weights or DEFAULT_WEIGHTS),)
    if name != "fused":
        return ()
    if find_spec("torch") is None:
        message = "--checkpoint needs torch; run: pip install 'sentigram[full]'"
        raise MissingError(message)
    from sentigram.emotion.encoders.compute import resolve

    compute = resolve(request.device, request.precision)
    return (("checkpoint", request.checkpoint), ("compute", compute))


def _line(request: Request, engine: Engine, lacking: Sequence[str], *, is_full: bool) -> str:
    """What reads and why, and what the licence of the voice weights allows."""
    line = _engine_line(request, engine, lacking, is_full=is_full)
    weights = dict(engine.model_options).get("weights")
    if weights is not None:
        return f"{line}; {_weights_line(str(weights))}"
    if request.weights is not None:
        return f"{line}; --weights {request.weights} is the bundled engine's, and not used"
    return line


def _weights_line(choice: str) -> str:
    chosen = voice(choice)
    if chosen.problem:
        return f"voice weights: {choice} (missing or damaged)"
    if is_commercial(chosen.licence):
        return f"voice weights: {choice} ({chosen.licence}: commercial use allowed)"
    others = (voice(name) for name in VOICE_WEIGHTS if name != choice)
    free = [o for o in others if not o.problem and is_commercial(o.licence)]
    return "".join(
        (
            f"voice weights: {choice} ({chosen.licence}: not for commercial use",
            *(f"; --weights commercial allows that, {one.licence}" for one in free),
            ")",
        )
    )


def _engine_line(request: Request, engine: Engine, lacking: Sequence[str], *, is_full: bool) -> str:
    options = dict(engine.transcriber_options)
    words = engine.transcriber_name
    if "model" in options:
        words = f"{words} ({options['model']})"
    compute = dict(engine.model_options).get("compute")
    where = f" on {compute.device}, {compute.precision}" if compute is not None else ""  # type: ignore[attr-defined]
    if engine.model_name == "fused":
        emotions = f"the checkpoint {request.checkpoint}{where}"
        return f"engine: words by {words}, emotions by {emotions}"
    if is_full:
        read = dict(engine.model_options)
        emotions = f"{read['audio_model']} and {read['text_model']}{where}"
        return f"engine: full (its models are here), words by {words}, emotions by {emotions}"
    if request.engine == "bundled":
        why = "asked for"
    elif any("not installed" in reason for reason in lacking):
        why = "the full engine is not installed"
    else:
        why = f"the full engine lacks {len(lacking)} models; bring them: sentigram models pull"
    return f"engine: bundled ({why}), words by {words}"
