"""The altered copies of an experiment: which there are, where they are trained on, and of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.core.protocols import Progress, no_progress
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.scaling import InputStatistics
from sentigram.errors import UsageError
from sentigram.training.augment.config import AugmentConfig
from sentigram.training.augment.copies import Copy, clips_of, copies_of, make_copies
from sentigram.training.augment.rows import with_copies
from sentigram.training.dataset.assemble import scaling
from sentigram.training.dataset.examples import TrainSet
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import Example, Manifest, write_manifest
from sentigram.training.splits.plans import SplitPlan

if TYPE_CHECKING:
    from sentigram.training.fit.experiment import Bench

COPIES = "copies.parquet"
_KIND: Kind = "audio"
_WITHOUT_BANDS = frozenset({"compact", "compact-frames"})


def check_augmentation(
    config: AugmentConfig, classes: Sequence[str], encoders: Mapping[Kind, EncoderInfo]
) -> None:
    """Make sure that augmentation can do something to these features and classes.

    Raises:
        UsageError: It cannot.
    """
    if not config.kinds:
        return
    unknown = [name for name in config.policies if name not in classes]
    if unknown:
        message = f"augment.policies: {unknown[0]} is no class; there are {', '.join(classes)}"
        raise UsageError(message)
    audio = encoders.get(_KIND)
    if audio is None:
        message = "augment changes the voice, and data.audio names no features of it"
        raise UsageError(message)
    if audio.numbers != "values":
        message = f"augment cannot mask or alter {audio.name}: they are names, not numbers"
        raise UsageError(message)
    masks = [step for name in classes for step in config.masks(name)]
    has_bands = audio.name not in _WITHOUT_BANDS and ":" not in audio.name
    if any(step.band_masks for step in masks) and not has_bands:
        message = (
            f"specaugment masks neighbouring bands of a spectrogram, and {audio.name} have none: "
            "set band_masks: 0, or data.audio: logmel"
        )
        raise UsageError(message)


def copies_by_id(bench: Bench, config: AugmentConfig) -> dict[str, tuple[Copy, ...]]:
    """Example id → its copies, by the label that the bench's table gives it."""
    clips = clips_of(bench.manifests)
    classes, labels = bench.table.classes, bench.table.labels
    if not config.alters_sound:
        return {}
    return {
        example.id: copies_of(example, classes[label], clips, config)
        for example, label in zip(bench.examples, labels, strict=True)
    }


def learnt_ids(plan: SplitPlan) -> set[str]:
    """The examples that are trained on in some fold."""
    return {name for fold in plan.folds for name in fold.train}


def prepare_copies(
    bench: Bench,
    config: AugmentConfig,
    *,
    everything: bool = False,
    progress: Progress = no_progress,
) -> int:
    """Make the copies of training examples that are not there yet.

    Args:
        bench: The experiment.
        config: What is done.
        everything: Also of examples that no fold trains on, for the placebo study.
        progress: Told the share that is done.

    Returns:
        How many copies there are.

    Raises:
        InputError: A folder of noise or rooms holds no sound.
        UsageError: The features cannot be made of altered clips.
    """
    name = bench.config.data.audio
    if not config.alters_sound or name is None:
        return 0
    from sentigram.training.dataset.extractors import encoder

    learnt = learnt_ids(bench.plan)
    copies = [
        copy
        for example, own in copies_by_id(bench, config).items()
        if everything or example in learnt
        for copy in own
    ]
    make_copies(copies, name, bench.config.data.features, encoder, progress=progress)
    return len(copies)


def augmented(
    bench: Bench,
    config: AugmentConfig,
    train: TrainSet,
    measured: Mapping[Kind, InputStatistics],
) -> TrainSet:
    """A fold's training rows, normalized, with their copies.

    Copies are scaled as the table is: by the statistics of its training rows, or by those of the
    speaker's own originals.

    Raises:
        InputError: Copies have not been made.
    """
    if not config.alters_sound or bench.config.data.audio is None:
        return train
    return with_copies(
        train,
        copies_by_id(bench, config),
        open_store(bench.config.data.features, bench.config.data.audio),
        scale=scaling(bench.table, _KIND, measured, bench.config.data),
    )


def with_copies_in_plan(
    bench: Bench, config: AugmentConfig
) -> tuple[tuple[Example, ...], SplitPlan]:
    """All examples that networks see, and the plan as it is trained, for the audit.

    Copies are without words: those are their originals', and are compared and counted there.
    """
    copies = copies_by_id(bench, config)
    learnt = learnt_ids(bench.plan)
    made = tuple(
        replace(copy.example, text="")
        for name, own in copies.items()
        if name in learnt
        for copy in own
    )
    folds = tuple(
        replace(
            fold,
            train=(
                *fold.train,
                *(copy.example.id for name in fold.train for copy in copies.get(name, ())),
            ),
        )
        for fold in bench.plan.folds
    )
    return (*bench.examples, *made), replace(bench.plan, folds=folds)


def copies_of_source(source: Bench) -> tuple[Example, ...]:
    """The copies of what is learnt first in studies of transfer: of all of it, without words."""
    made = copies_by_id(source, source.config.augment)
    return tuple(replace(copy.example, text="") for own in made.values() for copy in own)


def write_copies(
    bench: Bench, config: AugmentConfig, out: Path, *, source: Bench | None = None
) -> None:
    """Write the copies as a manifest, RUN/copies.parquet: each row names its origin.

    They have no sound of their own on disk; their features lie with those of the originals.
    """
    examples, _ = with_copies_in_plan(bench, config)
    known = set(bench.table.ids)
    made = tuple(example for example in examples if example.id not in known)
    benches = [bench]
    if source is not None:
        made += copies_of_source(source)
        benches.append(source)
    if made:
        licences = (m.licence for one in benches for m in one.manifests if m.licence)
        licence = ", ".join(dict.fromkeys(licences))
        copies = Manifest("copies", bench.manifests[0].root, made, licence)
        write_manifest(out / COPIES, copies, overwrite=True)
