"""What is altered, and how much: the section `augment` of an experiment.

    augment:
      everyone:
        - {kind: specaugment}
        - {kind: noise, colour: white, snr_db: [10, 25]}
      policies:
        anger: [{kind: pitch, semitones: [-3, 3]}, {kind: specaugment, time_masks: 4}]
        sadness: [[{kind: reverb}, {kind: noise, colour: pink}]]

Every entry but SpecAugment makes one more copy of each training clip; an entry that is a list is
applied step after step to one copy. SpecAugment masks each batch as it is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Colour = Literal["white", "pink", "brown", "folder"]
Codec = Literal["mp3", "opus", "aac", "telephone"]
StepKind = Literal["specaugment", "noise", "reverb", "pitch", "tempo", "codec"]


def _pair(given: Any) -> Any:
    """A single number is a range of one value."""
    return (given, given) if isinstance(given, int | float) else given


def _list(given: Any) -> Any:
    """A single step is a list of one."""
    return (given,) if isinstance(given, dict | _Step) else given


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _ranges_rise(self) -> _Step:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], float):
                low, high = value
                if low > high:
                    message = f"{name}: {low:g} is above {high:g}; give the lower one first"
                    raise ValueError(message)
        return self


class SpecAugment(_Step):
    """Bands and stretches of time of a spectrogram are masked (Park et al. 2019).

    Attributes:
        kind: specaugment.
        time_masks: Stretches of time.
        time_frames: The longest one, in frames; lengths are drawn from 0 up.
        time_share: None is longer than this share of its example.
        band_masks: Stretches of neighbouring bands.
        bands: The widest one.
    """

    kind: Literal["specaugment"] = "specaugment"
    time_masks: int = Field(2, ge=0, le=32)
    time_frames: int = Field(40, ge=1)
    time_share: float = Field(0.2, gt=0, le=1)
    band_masks: int = Field(2, ge=0, le=32)
    bands: int = Field(8, ge=1)


class Noise(_Step):
    """Noise over the whole clip.

    Attributes:
        kind: noise.
        colour: white, pink (3 dB less per octave) or brown (6 dB); `folder` takes recordings.
        folder: Of recordings such as MUSAN's, with all folders in it.
        snr_db: Speech to noise, over the whole clip; drawn from this range.
    """

    kind: Literal["noise"] = "noise"
    colour: Colour = "white"
    folder: Path | None = None
    snr_db: Annotated[
        tuple[Annotated[float, Field(ge=-30, le=80)], Annotated[float, Field(ge=-30, le=80)]],
        BeforeValidator(_pair),
    ] = (5.0, 20.0)

    @model_validator(mode="after")
    def _folder_or_colour(self) -> Noise:
        if (self.folder is not None) != (self.colour == "folder"):
            message = "give colour: folder and the folder, or another colour and none"
            raise ValueError(message)
        return self


class Reverb(_Step):
    """A room around the voice; as loud as before.

    Attributes:
        kind: reverb.
        rt60_s: Until a drawn room's sound is 60 dB quieter.
        direct_db: The direct sound to all reflections of it.
        folder: Of impulse responses, which are taken instead.
    """

    kind: Literal["reverb"] = "reverb"
    rt60_s: Annotated[
        tuple[Annotated[float, Field(ge=0.05, le=5)], Annotated[float, Field(ge=0.05, le=5)]],
        BeforeValidator(_pair),
    ] = (0.2, 0.8)
    direct_db: Annotated[
        tuple[Annotated[float, Field(ge=-20, le=40)], Annotated[float, Field(ge=-20, le=40)]],
        BeforeValidator(_pair),
    ] = (0.0, 10.0)
    folder: Path | None = None


class Pitch(_Step):
    """Higher or lower, formants with it; as long as before.

    Attributes:
        kind: pitch.
        semitones: Drawn from this range.
    """

    kind: Literal["pitch"] = "pitch"
    semitones: Annotated[
        tuple[Annotated[float, Field(ge=-12, le=12)], Annotated[float, Field(ge=-12, le=12)]],
        BeforeValidator(_pair),
    ] = (-3.0, 3.0)


class Tempo(_Step):
    """Said faster or slower, at the same pitch.

    Attributes:
        kind: tempo.
        rate: Drawn from this range; above 1 is faster.
    """

    kind: Literal["tempo"] = "tempo"
    rate: Annotated[
        tuple[Annotated[float, Field(ge=0.5, le=2)], Annotated[float, Field(ge=0.5, le=2)]],
        BeforeValidator(_pair),
    ] = (0.9, 1.1)


class Coding(_Step):
    """Encoded at a low rate and decoded again.

    Attributes:
        kind: codec.
        codecs: One of them is drawn; `telephone` is 300 to 3,400 Hz at 8 kHz.
        bit_rates: Of mp3, opus and aac, bits per second; one is drawn.
    """

    kind: Literal["codec"] = "codec"
    codecs: tuple[Codec, ...] = Field(("mp3", "opus", "telephone"), min_length=1)
    bit_rates: tuple[Annotated[int, Field(ge=8000, le=128_000)], ...] = Field(
        (8000, 16_000, 24_000), min_length=1
    )


SoundStep = Annotated[Noise | Reverb | Pitch | Tempo | Coding, Field(discriminator="kind")]
Step = Annotated[SpecAugment | Noise | Reverb | Pitch | Tempo | Coding, Field(discriminator="kind")]
Entry = Annotated[tuple[Step, ...], BeforeValidator(_list), Field(min_length=1)]
Chain = tuple[Noise | Reverb | Pitch | Tempo | Coding, ...]


class AugmentConfig(BaseModel):
    """Changes of training examples; nothing here touches validation or test.

    Attributes:
        everyone: Entries for all classes.
        policies: Class → entries for it, beside those for everyone. They know the label.
        copies: Copies per entry, each drawn anew.
        seed: Of the draws; clips draw from their own sound, never from their label.
        placebo: `run` trains a policy that knows the label on labels drawn at random first, and
            reports what its traces alone score; with `skip` the audit fails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    everyone: tuple[Entry, ...] = ()
    policies: dict[str, tuple[Entry, ...]] = {}
    copies: int = Field(1, ge=1, le=32)
    seed: int = Field(0, ge=0)
    placebo: Literal["run", "skip"] = "run"

    @model_validator(mode="after")
    def _masks_stand_alone(self) -> AugmentConfig:
        if any(
            isinstance(step, SpecAugment) and len(entry) > 1
            for entry in self._entries()
            for step in entry
        ):
            message = "specaugment masks batches and not clips: write it as an entry of its own"
            raise ValueError(message)
        return self

    @property
    def knows_the_label(self) -> bool:
        """Whether what is done depends on the class."""
        return any(self.policies.values())

    @property
    def alters_sound(self) -> bool:
        """Whether copies of clips are made."""
        return any(not isinstance(entry[0], SpecAugment) for entry in self._entries())

    @property
    def kinds(self) -> tuple[StepKind, ...]:
        """What occurs in it, in order of first use."""
        return tuple(dict.fromkeys(step.kind for entry in self._entries() for step in entry))

    def chains(self, class_name: str) -> tuple[Chain, ...]:
        """The alterations of sound that clips of a class get, each for a copy of its own."""
        return tuple(
            tuple(step for step in entry if not isinstance(step, SpecAugment))
            for entry in self._of(class_name)
            if not isinstance(entry[0], SpecAugment)
        )

    def masks(self, class_name: str) -> tuple[SpecAugment, ...]:
        """The masks that batches get where an example is of a class."""
        entries = self._of(class_name)
        return tuple(entry[0] for entry in entries if isinstance(entry[0], SpecAugment))

    def without(self, kind: StepKind) -> AugmentConfig:
        """The same with every step of a kind left out, for ablations."""

        def kept(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
            rest = (tuple(step for step in entry if step.kind != kind) for entry in entries)
            return tuple(entry for entry in rest if entry)

        policies = {name: own for name, given in self.policies.items() if (own := kept(given))}
        return self.model_copy(update={"everyone": kept(self.everyone), "policies": policies})

    def without_policies(self) -> AugmentConfig:
        """Only what is done to everyone."""
        return self.model_copy(update={"policies": {}})

    def without_all(self) -> AugmentConfig:
        """Nothing is done."""
        return self.model_copy(update={"everyone": (), "policies": {}})

    def _of(self, class_name: str) -> tuple[Entry, ...]:
        return (*self.everyone, *self.policies.get(class_name, ()))

    def _entries(self) -> Iterator[Entry]:
        yield from self.everyone
        for entries in self.policies.values():
            yield from entries


NO_AUGMENTATION = AugmentConfig()
