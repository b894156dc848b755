"""Chooses the engine: which transcriber and which reader, on which device, and why.

- bundled: Moonshine, and the emotion model that ships with the package; English, no download.
- full: faster-whisper, emotion2vec, and a text classifier or a trained checkpoint.
- auto: full where its models are on this machine, else bundled.

Nothing is loaded here, and nothing is ever fetched: what is missing is named, with the command that
brings it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from sentigram.core.option import one_of
from sentigram.emotion.encoders.compute import DEVICES, PRECISIONS
from sentigram.errors import MissingError, UsageError
from sentigram.jobs.engine import Engine
from sentigram.reading import size_text
from sentigram.store.catalogue import DEFAULT_SET, entries_of_set
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

_MODEL_OPTIONS: Mapping[str, Role] = MappingProxyType(
    {"model": "transcriber", "audio_model": "audio encoder", "text_model": "text classifier"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which parts an engine has, by their names in the registry.

    Attributes:
        transcriber: What hears.
        model: What reads emotions.
        transcriber_options: Keyword arguments of the transcriber.
        model_options: Keyword arguments of the emotion model.
        line: Which engine it is and why, for people.
    """

    transcriber: str
    model: str
    transcriber_options: tuple[tuple[str, object], ...] = ()
    model_options: tuple[tuple[str, object], ...] = ()
    line: str = field(default="", repr=False, compare=False)


def choose(engine: Engine) -> Chosen:
    """The parts of an engine, and one line that says which it is and why.

    Raises:
        UsageError: The request contradicts itself.
        MissingError: The full engine is asked for, and something of it is not here.
    """
    _check(engine)
    lacking = tuple(_lacking(engine)) if engine.kind != "bundled" else ()
    named = (engine.audio_model, engine.text_model)
    if lacking and (engine.kind == "full" or any(model is not None for model in named)):
        message = "the full engine is not complete: " + "; ".join(lacking)
        raise MissingError(message)
    is_full = engine.kind != "bundled" and not lacking
    transcriber = engine.transcriber_name or _default_transcriber(engine, is_full=is_full)
    untrained = "zero-shot" if is_full else "bundled"
    model = untrained if engine.checkpoint is None else "fused"
    chosen = Chosen(
        transcriber=transcriber,
        model=model,
        transcriber_options=_transcriber_options(engine, transcriber),
        model_options=_model_options(engine, model),
    )
    return replace(chosen, line=_line(engine, chosen, lacking, is_full=is_full))


def words_line(chosen: Chosen) -> str:
    """Which engine it is where emotions are not read."""
    return f"engine: words by {_transcriber_line(chosen)}; emotions are not read, as asked for"


def places_of(chosen: Chosen) -> tuple[Path, ...]:
    """The files and folders that an engine's parts are read from, as far as options name them."""
    return tuple(_places((*chosen.transcriber_options, *chosen.model_options)))


def _places(options: Sequence[tuple[str, object]]) -> Iterator[Path]:
    for option, value in options:
        if isinstance(value, Path):
            yield value
        elif option in _MODEL_OPTIONS and isinstance(value, str):
            role = _MODEL_OPTIONS[option]
            found = find_whisper(value) if role == "transcriber" else find(value, role)
            yield found.folder


def _check(engine: Engine) -> None:
    one_of("engine", engine.kind, ENGINES)
    one_of("device", engine.device, DEVICES)
    one_of("precision", engine.precision, PRECISIONS)
    one_of("weights", engine.weights or DEFAULT_WEIGHTS, VOICE_WEIGHTS)
    if engine.task != "transcribe":
        message = (
            f"`task {engine.task!r}`: words are written down in the language in which they are "
            "said (transcribe); a translation has no word times"
        )
        raise UsageError(message)
    named = {
        "whisper_model": engine.whisper_model,
        "hotwords": engine.hotwords,
        "initial_prompt": engine.initial_prompt,
    }
    for name, value in named.items():
        if value is not None and engine.transcriber_name not in (None, "faster-whisper"):
            message = (
                f"`{name}` needs `transcriber_name faster-whisper`, not {engine.transcriber_name}"
            )
            raise UsageError(message)
    if engine.kind == "bundled":
        for name, model in (
            ("audio_model", engine.audio_model),
            ("text_model", engine.text_model),
        ):
            if model is not None:
                message = f"`{name}` belongs to the full engine; leave out `engine bundled`"
                raise UsageError(message)
    if engine.checkpoint is not None and (engine.audio_model or engine.text_model):
        message = "`checkpoint` names its own encoders; leave out `audio_model` and `text_model`"
        raise UsageError(message)


def _lacking(engine: Engine) -> Iterator[str]:
    """What the full engine needs and is not here, each with its remedy."""
    packages = [name for name in PACKAGES if find_spec(name) is None]
    if packages:
        missing = ", ".join(name.replace("_", "-") for name in packages)
        yield f"{missing} not installed (pip install 'sentigram[full]')"
    needs: list[tuple[Role, str | None, Sequence[str]]] = []
    if engine.transcriber_name in (None, "faster-whisper"):
        needs.append(("transcriber", engine.whisper_model, WHISPERS))
    if engine.checkpoint is None:  # a checkpoint's encoders are checked when it is loaded
        needs.append(("audio encoder", engine.audio_model, VOICES))
        needs.append(("text classifier", engine.text_model, CLASSIFIERS))
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


def _default_transcriber(engine: Engine, *, is_full: bool) -> str:
    asks = (engine.whisper_model, engine.hotwords, engine.initial_prompt)
    if any(value is not None for value in asks):
        return "faster-whisper"
    return "faster-whisper" if is_full else "moonshine"


def _transcriber_options(engine: Engine, name: str) -> tuple[tuple[str, object], ...]:
    if name != "faster-whisper":
        return ()
    model = engine.whisper_model or _best(WHISPERS)
    if model is None:
        message = (
            "`transcriber_name faster-whisper`: no Whisper model is on this machine; bring one "
            "with sentigram models pull whisper-small, or name a folder with `whisper_model`"
        )
        raise MissingError(message)
    return (
        ("model", model),
        ("device", engine.device),
        ("compute_type", engine.compute_type),
        ("vad", VadSettings(threshold=engine.vad_threshold) if engine.vad else None),
        (
            "options",
            WhisperOptions(
                beam_size=engine.beam_size,
                batch_size=engine.batch_size,
                hotwords=engine.hotwords,
                initial_prompt=engine.initial_prompt,
            ),
        ),
    )


def calibration_file() -> Path:
    """Where `sentigram models calibrate` writes, and the zero-shot reading looks."""
    return store_folder() / "zero-shot.calibration.json"


def zero_shot_options(engine: Engine) -> tuple[tuple[str, object], ...]:
    """Keyword arguments of the zero-shot reader.

    Raises:
        MissingError: A model of it is not on this machine.
        UsageError: The device or the precision is not there.
    """
    from sentigram.emotion.encoders.compute import resolve

    chosen: dict[Role, str] = {}
    needs: tuple[tuple[Role, str | None, Sequence[str]], ...] = (
        ("audio encoder", engine.audio_model, VOICES),
        ("text classifier", engine.text_model, CLASSIFIERS),
    )
    for role, named, known in needs:
        model = named or _best(known)
        if model is None:
            message = f"no {role} is on this machine ({_remedy(role)})"
            raise MissingError(message)
        chosen[role] = model
    calibration = calibration_file()
    return (
        ("compute", resolve(engine.device, engine.precision)),
        ("audio_model", chosen["audio encoder"]),
        ("text_model", chosen["text classifier"]),
        ("calibration", calibration if calibration.is_file() else None),
    )


def _model_options(engine: Engine, name: str) -> tuple[tuple[str, object], ...]:
    if name == "zero-shot":
        return zero_shot_options(engine)
    if name == "bundled":
        return (("weights", engine.weights or DEFAULT_WEIGHTS),)
    if name != "fused":
        return ()
    if find_spec("torch") is None:
        message = "`checkpoint` needs torch; run: pip install 'sentigram[full]'"
        raise MissingError(message)
    from sentigram.emotion.encoders.compute import resolve

    compute = resolve(engine.device, engine.precision)
    return (("checkpoint", engine.checkpoint), ("compute", compute))


def _line(engine: Engine, chosen: Chosen, lacking: Sequence[str], *, is_full: bool) -> str:
    """What reads and why, and what the licence of the voice weights allows."""
    line = _engine_line(engine, chosen, lacking, is_full=is_full)
    weights = dict(chosen.model_options).get("weights")
    if weights is not None:
        return f"{line}; {_weights_line(str(weights))}"
    if engine.weights is not None:
        return f"{line}; `weights {engine.weights}` is the bundled engine's, and not used"
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
            *(f"; `weights commercial` allows that, {one.licence}" for one in free),
            ")",
        )
    )


def _transcriber_line(chosen: Chosen) -> str:
    options = dict(chosen.transcriber_options)
    named = f" ({options['model']})" if "model" in options else ""
    return f"{chosen.transcriber}{named}"


def _engine_line(engine: Engine, chosen: Chosen, lacking: Sequence[str], *, is_full: bool) -> str:
    words = _transcriber_line(chosen)
    compute = dict(chosen.model_options).get("compute")
    where = f" on {compute.device}, {compute.precision}" if compute is not None else ""  # type: ignore[attr-defined]
    if chosen.model == "fused":
        emotions = f"the checkpoint {engine.checkpoint}{where}"
        return f"engine: words by {words}, emotions by {emotions}"
    if is_full:
        read = dict(chosen.model_options)
        emotions = f"{read['audio_model']} and {read['text_model']}{where}"
        return f"engine: full (its models are here), words by {words}, emotions by {emotions}"
    if engine.kind == "bundled":
        why = "asked for"
    elif any("not installed" in reason for reason in lacking):
        why = "the full engine is not installed"
    else:
        why = f"the full engine lacks {len(lacking)} models; bring them: sentigram models pull"
    return f"engine: bundled ({why}), words by {words}"
