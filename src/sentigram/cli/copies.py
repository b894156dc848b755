"""`sentigram prepare copies EXPERIMENT.yaml`: the altered clips of an experiment."""

from __future__ import annotations

from pathlib import Path

from sentigram.cli import training_flags as flags


def prepare_altered(experiment: Path, sounds: Path | None, *, quiet: bool) -> None:
    """Make the altered clips of an experiment, which `train` would make otherwise.

    Args:
        experiment: The YAML file.
        sounds: A folder for one clip of each class and entry, to listen to.
        quiet: Whether to show no progress.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.training.augment.copies import write_sounds
    from sentigram.training.fit.augmented import copies_by_id, prepare_copies
    from sentigram.training.fit.experiment import open_bench

    bench = open_bench(flags.read_experiment(experiment, None, None))
    augment = bench.config.augment
    with ConsoleReporter(quiet=quiet) as reporter, reporter.stage("altered copies") as progress:
        n_copies = prepare_copies(bench, augment, everything=True, progress=progress)
    if sounds is not None:
        copies = copies_by_id(bench, augment).values()
        write_sounds([copy for own in copies for copy in own], sounds)
    print_line(f"{n_copies:,} altered copies in {bench.config.data.features}")
