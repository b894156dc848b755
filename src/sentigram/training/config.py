"""One experiment: a YAML file that says all of it, checked before anything is read or trained."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from sentigram.data_files import read_yaml, yaml_of
from sentigram.emotion.encoders.tokens import KINDS, Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.fusion.config import FusionConfig, Variant
from sentigram.emotion.networks.registry import FAMILIES, network_config
from sentigram.errors import InputError, UsageError
from sentigram.reading import EXPERIMENT
from sentigram.training.augment.config import NO_AUGMENTATION, AugmentConfig

Normalize = Literal["none", "train", "recording"]
Scheme = Literal["official", "speaker", "session", "dialogue", "kfold", "file"]
Group = Literal["speaker", "session", "dialogue", "example"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataConfig(_Part):
    """What is learnt from.

    Attributes:
        manifests: Parquet files that `sentigram prepare` wrote; several are trained on together.
        features: The folder of cached features.
        text: Name of the text features; without it words are left out.
        audio: Name of the audio features; without it the voice is left out.
        visual: Name of the features of faces; without it they are left out.
        classes: Ordered emotion names; or the name of a class set of the corpus, such as "4".
        map: Other labels → one of the classes; labels that are neither are left out.
        style: Keep only scripted or only improvised examples; empty keeps all.
        normalize_audio: `train` by statistics of the training split; `recording` each speaker by
            its own unlabelled statistics, as a whole video gives them; `none`.
        normalize_text: The same for words.
        normalize_visual: The same for faces.
        context: How many preceding utterances of the dialogue are read along.
        vad: `annotated` where the corpus has it; `prior` fills the rest from a table per label.
    """

    manifests: tuple[Path, ...] = Field(min_length=1)
    features: Path = Path("runs/features")
    text: str | None = None
    audio: str | None = None
    visual: str | None = None
    classes: Annotated[
        tuple[str, ...] | str,
        # YAML reads `classes: 4` as a number
        BeforeValidator(lambda v: str(v) if isinstance(v, int) else v),
    ]
    map: dict[str, str] = {}
    style: Literal["", "scripted", "improvised"] = ""
    normalize_audio: Normalize = "train"
    normalize_text: Normalize = "train"
    normalize_visual: Normalize = "train"
    context: int = Field(0, ge=0, le=64)
    vad: Literal["none", "annotated", "prior"] = "annotated"

    @model_validator(mode="after")
    def _one_modality(self) -> DataConfig:
        if not self.features_named:
            message = "name the features: text, audio, visual or several"
            raise ValueError(message)
        return self

    @property
    def features_named(self) -> dict[Kind, str]:
        """Names of the features, by modality."""
        named = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: name for kind, name in named.items() if name is not None}

    def normalization(self, kind: Kind) -> Normalize:
        """How the tokens of a modality are scaled."""
        how: Normalize = getattr(self, f"normalize_{kind}")
        return how


class SplitConfig(_Part):
    """How examples are divided.

    Attributes:
        scheme: `official` uses the corpus's own; `speaker`, `session` and `dialogue` leave one out
            at a time; `kfold` makes k folds of whole groups; `file` reads a plan.
        k: Folds of `kfold`.
        group: What is never divided, for `kfold`; `example` keeps pieces of one clip together.
        validation: Share of training groups that epochs are chosen by.
        seed: Of the draws.
        file: A plan that was written before.
        accept: Rules of the audit that the experiment breaks knowingly; every report names them.
    """

    scheme: Scheme = "official"
    k: int = Field(5, ge=2)
    group: Group = "speaker"
    validation: float = Field(0.15, gt=0, lt=0.5)
    seed: int = 0
    file: Path | None = None
    accept: tuple[str, ...] = ()


class ObjectiveConfig(_Part):
    """What is minimized: cls · classification + vad · MSE + micl · contrastive.

    Attributes:
        preset: `default` (seed 1: 1.0, 0.3, 0.2) or `transfer` (1.0, 0.5, 0.5); weights given
            beside it win.
        loss: `cross_entropy`; or `focal`, −α_t (1 − p_t)^γ log p_t, the mean over the batch (Lin
            et al. 2017), where α are the class weights.
        cls: Weight of classification.
        vad: Weight of the VAD regression.
        micl: Weight of the contrastive loss.
        label_smoothing: ε: the share of the target that all classes have alike.
        gamma: γ of focal; 0 is cross-entropy.
        class_weights: `none` or `balanced` (inverse training frequency); where the sampler draws
            labels evenly there is nothing left to weigh.
        temperature: τ of MICL.
        hard_negatives: Share of the nearest negatives that MICL keeps; 1 keeps all.
        supervised: Whether examples of one label are positives of each other in MICL.
    """

    preset: Literal["default", "transfer"] = "default"
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    cls: float = Field(1.0, ge=0)
    vad: float = Field(0.3, ge=0)
    micl: float = Field(0.2, ge=0)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    gamma: float = Field(2.0, ge=0)
    class_weights: Literal["none", "balanced"] = "balanced"
    temperature: float = Field(0.07, gt=0)
    hard_negatives: float = Field(0.5, gt=0, le=1)
    supervised: bool = False

    @model_validator(mode="before")
    @classmethod
    def _transfer(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("preset") == "transfer":
            return {"vad": 0.5, "micl": 0.5, **given}
        return given


class CurriculumConfig(_Part):
    """Easy examples first (Bengio et al. 2009).

    How hard a training example is, is what a small reference model, fitted on other training
    examples only, loses on it.

    Attributes:
        start: Share of the training examples, the easiest, that the first epoch learns from; the
            same share of each class.
        epochs: Epochs until all are learnt from; the share grows evenly.
    """

    start: float = Field(0.3, gt=0, le=1)
    epochs: int = Field(10, ge=1)


class TrainingConfig(_Part):
    """How it is minimized, by AdamW.

    Attributes:
        epochs: Passes over the training examples, at most.
        batch_size: Examples per step and process.
        accumulate: Steps per update.
        learning_rate: Peak of the schedule.
        weight_decay: How far AdamW draws weights to 0.
        schedule: `onecycle`; `plateau` (halves after two epochs without progress); `constant`;
            `linear` or `cosine`, which fall to 0.
        warmup: Share of all updates in which `constant`, `linear` and `cosine` rise from 0.
        patience: Epochs without progress on validation before it stops.
        select: The validation metric that picks the epoch: `ua`, `macro_f1` or `loss`.
        clip: Largest gradient norm.
        precision: `no`, `bf16` or `fp16`.
        gradient_checkpointing: Work inner activations out again instead of keeping them: less
            memory, more time, the same numbers. For models of words that are fine-tuned
            (`model.language.checkpointing`); other networks refuse it.
        seed: Of weights, order and dropout; run r of several uses seed + r.
        runs: How many runs, for mean and deviation.
        sampler: `shuffled` draws each example once an epoch; `balanced` draws labels evenly,
            `corpora` draws corpora evenly, both with replacement.
        samples_per_class: Examples of each class that an epoch draws: all as often as they fit,
            then the rest without replacement. In place of a sampler.
        noise: Deviation of Gaussian noise on training features, in deviations.
        curriculum: Easy examples first; none if absent.
        workers: Processes that make batches ahead; 0 makes them in between.
    """

    epochs: int = Field(40, ge=1)
    batch_size: int = Field(32, ge=1)
    accumulate: int = Field(1, ge=1)
    learning_rate: float = Field(3e-4, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    schedule: Literal["onecycle", "plateau", "constant", "linear", "cosine"] = "onecycle"
    warmup: float = Field(0.0, ge=0, lt=1)
    patience: int = Field(8, ge=1)
    select: Literal["ua", "macro_f1", "loss"] = "ua"
    clip: float = Field(1.0, gt=0)
    precision: Literal["no", "bf16", "fp16"] = "no"
    gradient_checkpointing: bool = False
    seed: int = 0
    runs: int = Field(1, ge=1)
    sampler: Literal["shuffled", "balanced", "corpora"] = "shuffled"
    samples_per_class: int | None = Field(None, ge=1)
    noise: float = Field(0.0, ge=0)
    curriculum: CurriculumConfig | None = None
    workers: int = Field(0, ge=0, le=64)

    @model_validator(mode="after")
    def _go_together(self) -> TrainingConfig:
        if self.samples_per_class is not None and self.sampler != "shuffled":
            message = f"samples_per_class draws in place of sampler {self.sampler}: leave one out"
            raise ValueError(message)
        if self.curriculum is not None and (self.samples_per_class or self.sampler != "shuffled"):
            message = "curriculum decides what is drawn: leave out sampler and samples_per_class"
            raise ValueError(message)
        if self.curriculum is not None and self.curriculum.epochs > self.epochs:
            message = (
                f"curriculum.epochs {self.curriculum.epochs}: training of {self.epochs} epochs "
                f"ends before all examples are learnt from: at most {self.epochs}"
            )
            raise ValueError(message)
        if self.warmup and self.schedule in ("onecycle", "plateau"):
            message = (
                f"warmup is of constant, linear and cosine; schedule {self.schedule} has none of "
                "its own to set"
            )
            raise ValueError(message)
        return self

    @property
    def draws_evenly(self) -> bool:
        """Whether every label is drawn as often as every other."""
        return self.sampler == "balanced" or self.samples_per_class is not None


class ExperimentConfig(_Part):
    """All of one experiment.

    Attributes:
        name: Names the run's folder.
        data: What is learnt from.
        split: How it is divided.
        model: The network, by its family; its widths are set to those of the features.
        objective: What is minimized.
        training: How.
        augment: How training examples are altered, by `augment/config.py`.
        baselines: Networks that are trained beside it, on the same folds and seeds: variants of the
            fusion network, or families; those that the features do not allow are left out.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    data: DataConfig
    split: SplitConfig = SplitConfig()
    model: Annotated[SerializeAsAny[NetworkConfig], BeforeValidator(network_config)] = (
        FusionConfig()
    )
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()
    augment: AugmentConfig = NO_AUGMENTATION
    baselines: tuple[str, ...] = ("text", "audio", "visual", "concat")

    @model_validator(mode="after")
    def _known_baselines(self) -> ExperimentConfig:
        unknown = [name for name in self.baselines if name not in (*get_args(Variant), *FAMILIES)]
        if unknown:
            message = f"baselines: {unknown[0]} is neither a variant nor a family"
            raise ValueError(message)
        return self


def read_config(path: Path, overrides: tuple[str, ...] = ()) -> ExperimentConfig:
    """Read and check a YAML experiment.

    Relative paths in it are relative to the working folder.

    Args:
        path: The file.
        overrides: `section.key=value`, YAML values, as given with --set.

    Raises:
        InputError: The file is absent, no YAML, or has a wrong key or value.
        UsageError: An override is malformed.
    """
    return check_config(with_settings(read_given(path), overrides), where=str(path))


def read_given(path: Path) -> dict[str, Any]:
    """What a YAML experiment says, not checked yet.

    Raises:
        InputError: The file is absent or no YAML.
    """
    try:
        given = read_yaml(path, EXPERIMENT)
    except OSError as error:
        remedy = "give an experiment file such as configs/ravdess-8.yaml"
        message = f"{path}: {error.strerror}; {remedy}"
        raise InputError(message) from error
    except ValueError as error:
        message = f"{path}: not YAML: {error}"
        raise InputError(message) from error
    if not isinstance(given, dict):
        message = f"{path}: expected keys such as name and data at the top"
        raise InputError(message)
    return given


def with_settings(given: dict[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """The same with some settings changed; what is given stays as it is.

    Args:
        given: From `read_given`.
        overrides: `section.key=value`, YAML values.

    Raises:
        UsageError: An override is malformed.
    """
    changed = deepcopy(given)
    for override in overrides:
        _set(changed, override)
    return changed


def check_config(given: dict[str, Any], *, where: str) -> ExperimentConfig:
    """Check an experiment that is already in memory.

    Raises:
        InputError: A key or value is wrong; the message names each.
    """
    try:
        return ExperimentConfig.model_validate(given)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {_said(e)}" for e in error.errors()]
        message = f"{where}: wrong settings:"
        raise InputError(message, *lines) from error


def _said(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "no such setting; sentigram train --explain-settings lists them"
    return error["msg"].removeprefix("Value error, ")


def as_yaml(config: ExperimentConfig) -> str:
    """The whole resolved experiment, every default written out."""
    import yaml

    return str(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def _set(given: dict[str, Any], override: str) -> None:
    path, equals, value = override.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        message = f"--set {override}: write section.key=value, such as training.epochs=10"
        raise UsageError(message)
    for key in keys[:-1]:
        given = given.setdefault(key, {})
        if not isinstance(given, dict):
            message = f"--set {override}: {key} is not a section"
            raise UsageError(message)
    try:
        given[keys[-1]] = yaml_of(value, EXPERIMENT, f"--set {path}")
    except ValueError as error:
        message = f"--set {override}: the value is not YAML"
        raise UsageError(message) from error
