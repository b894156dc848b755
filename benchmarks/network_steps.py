"""Steps of training and of reading, timed one by one: of `training_speed.py`, `network_speed.py`.

A network is measured in a process of its own, so that its peak memory is its own. On one thread
of a CPU the processor's time is counted, which other work on the machine does not stretch; else
the time that passes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sentigram.emotion.encoders.tokens import KINDS

if TYPE_CHECKING:
    import torch

    from sentigram.emotion.networks.network import Network
    from sentigram.training.config import ObjectiveConfig
    from sentigram.training.dataset.examples import Batch

_BYTES = 1 if sys.platform == "darwin" else 1024  # of what ru_maxrss counts
_UNCOUNTED = 1  # of a CPU; kernels of a GPU are chosen in the first steps
_UNCOUNTED_ON_GPU = 3


@dataclass(frozen=True, slots=True)
class Steps:
    """What steps of one network took.

    Attributes:
        parameters: Numbers that it learns.
        trained_per_s: Examples per second: forward, backward, clipping, AdamW.
        read_per_s: Examples per second of reading, in float32.
        training_mb: Most memory in training: of the process, or on the GPU what torch took.
        reading_mb: The same of reading, before anything is trained.
        at_start_mb: The same before there was a network.
    """

    parameters: int
    trained_per_s: float
    read_per_s: float
    training_mb: float
    reading_mb: float
    at_start_mb: float


def measured(
    make: Callable[[], Network],
    objective: ObjectiveConfig,
    batches: Sequence[Batch],
    args: argparse.Namespace,
) -> Steps:
    """The median step, as `sentigram train` takes it.

    Args:
        make: Makes the network.
        objective: What is minimized.
        batches: Of one size, taken in turn.
        args: Of `parser`.
    """
    import torch

    from sentigram.training.fit.accelerators import fresh_accelerator
    from sentigram.training.fit.batches import to_device
    from sentigram.training.fit.losses import Objective

    torch.set_num_threads(args.threads)
    clock, steps = _clock_of(args), args.steps
    accelerator = fresh_accelerator(device=args.device, precision=args.precision)
    place = accelerator.device
    given = [to_device(batch, place) for batch in batches]
    size = len(given[0].labels)
    at_start = _peak_mb(place)
    torch.manual_seed(0)
    network = make().to(place)

    def read(batch: Batch) -> None:
        with torch.inference_mode():
            network(batch.inputs)

    network.eval()
    reading = _median_s(read, given, steps, place, clock)
    reading_mb = _peak_mb(place)
    lost = Objective(objective, None)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    prepared, optimizer = accelerator.prepare(network, optimizer)

    def train(batch: Batch) -> None:
        total = lost(prepared(batch.inputs), batch.labels, batch.vad).total
        accelerator.backward(total)
        accelerator.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        float(total.detach())  # as the loop does, which keeps the mean loss

    prepared.train()
    training = _median_s(train, given, steps, place, clock)
    return Steps(
        parameters=sum(one.numel() for one in network.parameters()),
        trained_per_s=size / training,
        read_per_s=size / reading,
        training_mb=_peak_mb(place),
        reading_mb=reading_mb,
        at_start_mb=at_start,
    )


def parser(doc: str | None, *, steps: int) -> argparse.ArgumentParser:
    """Options of a benchmark of networks.

    Args:
        doc: What it does.
        steps: Timed of each network; some before them are not.
    """
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    made.add_argument("--precision", choices=("no", "bf16", "fp16"), default="no")
    made.add_argument("--batch", type=int, default=32)
    made.add_argument("--steps", type=int, default=steps)
    made.add_argument("--threads", type=int, default=1, help="of torch, on a CPU")
    return made


def parsed(given: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line; fp16 is refused where it cannot train."""
    args = given.parse_args()
    if args.precision == "fp16" and args.device == "cpu":
        given.error("--precision fp16: of a GPU; bf16 is of both")
    return args


def passed_on(args: argparse.Namespace) -> list[str]:
    """The same options for a process of its own."""
    names = ("device", "precision", "batch", "steps", "threads")
    return [f"--{name}={getattr(args, name)}" for name in names]


def described(args: argparse.Namespace) -> str:
    """What was measured on, and how."""
    import torch
    from machine import described as machine

    from sentigram.emotion.encoders.compute import resolve

    torch.set_num_threads(args.threads)
    of_processor = _clock_of(args) is time.process_time
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    precision = "float32" if args.precision == "no" else args.precision
    return (
        f"{machine(resolve(args.device, 'float32'))}{busy}; batches of {args.batch}, learning in "
        f"{precision}, reading in float32; median of {args.steps} steps, "
        f"{'processor time' if of_processor else 'wall time'}"
    )


def print_table(found: Mapping[str, Steps], *, against: str) -> None:
    """A Markdown table.

    Args:
        found: Name → what its steps took.
        against: The name that ratios are to.
    """
    base = found[against]
    print(
        f"| network | numbers | learns, examples/s | to {against} | reads, examples/s "
        f"| to {against} | peak MB, learning | reading |"
    )
    print("|---|" + "---:|" * 7)
    for name, one in found.items():
        print(
            f"| `{name}` | {one.parameters / 1e6:.1f} M "
            f"| {_short(one.trained_per_s)} | {_short(one.trained_per_s / base.trained_per_s)} "
            f"| {_short(one.read_per_s)} | {_short(one.read_per_s / base.read_per_s)} "
            f"| {one.training_mb:,.0f} | {one.reading_mb:,.0f} |"
        )
    print(f"\nBefore there is a network, the process takes {base.at_start_mb:,.0f} MB.")


def apart(script: str, *arguments: str) -> Steps:
    """Run a benchmark for one network in a process of its own.

    Args:
        script: Prints what `tell` prints.
        arguments: Of its command line.
    """
    done = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return Steps(**json.loads(done.stdout.splitlines()[-1]))


def tell(steps: Steps) -> None:
    """For `apart`."""
    print(json.dumps(asdict(steps)))


def noise(
    tokens: dict[str, tuple[int, int]],
    size: int,
    n_classes: int,
    *,
    pieces: int = 0,
    shortest: float = 1.0,
    seed: int = 0,
) -> Batch:
    """A batch of noise.

    Args:
        tokens: Modality → the most tokens of an example, and their width.
        size: Examples.
        n_classes: Emotions.
        pieces: Words are numbers of word pieces below this, where it is not 0.
        shortest: Share of the most tokens that the shortest example may have.
        seed: Of the draw.
    """
    import torch

    from sentigram.emotion.networks.inputs import Sequences
    from sentigram.training.dataset.examples import Batch

    draws = torch.Generator().manual_seed(seed)
    inputs = {}
    for kind in KINDS:
        if kind not in tokens:
            continue
        longest, width = tokens[kind]
        least = max(1, int(longest * shortest))
        lengths = torch.randint(least, longest + 1, (size, 1), generator=draws)
        mask = torch.arange(longest) < lengths
        if kind == "text" and pieces:
            shape = (size, longest, width)
            values = torch.randint(1, pieces, shape, generator=draws).float()
        else:
            values = torch.randn(size, longest, width, generator=draws)
        inputs[kind] = Sequences(values * mask[..., None], mask, mask)
    labels = torch.randint(0, n_classes, (size,), generator=draws)
    vad = torch.rand(size, 3, generator=draws) * 2 - 1
    return Batch(inputs, labels, vad, torch.arange(size))


def _clock_of(args: argparse.Namespace) -> Callable[[], float]:
    """Of the processor on one thread of a CPU, else of the wall."""
    is_alone = args.device == "cpu" and args.threads == 1
    return time.process_time if is_alone else time.perf_counter


def _short(value: float) -> str:
    """Two or three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _median_s(
    step: Callable[[Batch], None],
    batches: Sequence[Batch],
    steps: int,
    place: torch.device,
    clock: Callable[[], float],
) -> float:
    import torch

    on_gpu = place.type == "cuda"
    uncounted = _UNCOUNTED_ON_GPU if on_gpu else _UNCOUNTED
    taken = []
    for number in range(uncounted + steps):
        started = clock()
        step(batches[number % len(batches)])
        if on_gpu:
            torch.cuda.synchronize()
        if number >= uncounted:
            taken.append(clock() - started)
    return statistics.median(taken)


def _peak_mb(place: torch.device) -> float:
    import torch

    if place.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES / 2**20
