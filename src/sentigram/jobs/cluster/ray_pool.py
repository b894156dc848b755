"""Workers as actors of Ray: one process each, with its share of cores and GPUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import ray
from ray.exceptions import OutOfMemoryError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from sentigram.core.media import Audio
from sentigram.errors import ResourceError
from sentigram.jobs.cluster.driver import Hand, Lost
from sentigram.jobs.cluster.split import Part
from sentigram.jobs.cluster.units import Order, Share, Unit
from sentigram.jobs.cluster.worker import Worker

# Of Ray's own watch; the kernel's leaves no trace.
_OF_MEMORY = ("memory pressure", "running low on memory")
_EPSILON = 1e-6  # of shares such as a third of a GPU


class RayHand:
    """One actor.

    Args:
        actor: It.
        machine: Its node.
        on_end: Told when it is ended.
    """

    def __init__(self, actor: Any, machine: str, on_end: Any) -> None:
        self.machine = machine
        self._actor, self._on_end = actor, on_end
        self.said: Any = actor.greet.remote()

    def begin(self, unit: Unit) -> None:
        """Send it a unit."""
        self.said = self._actor.do.remote(unit)

    def begin_part(self, part: Part, sound: Any) -> None:
        """Send it a part of a recording."""
        self.said = self._actor.do_part.remote(part, sound)

    def take(self) -> Any:
        """What it said: a Greeting, an Outcome, or a PartDone."""
        try:
            said = ray.get(self.said)
        except OutOfMemoryError as error:
            raise Lost("for want of memory", for_memory=True) from error
        except RayError as error:
            text = str(error)
            why = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
            is_memory = any(word in text for word in _OF_MEMORY)
            raise Lost(why.strip()[:200], for_memory=is_memory) from error
        return said

    def end(self) -> None:
        """End its process."""
        if self._actor is not None:
            ray.kill(self._actor, no_restart=True)
            self._actor = self.said = None
            self._on_end(self)


class RayPool:
    """Workers on all nodes of a cluster; nodes that join get theirs, too.

    Args:
        order: What the run wants.
        share: What one worker has of its machine.
        most: Workers at most, None for as many as there is room for.
    """

    def __init__(self, order: Order, share: Share, most: int | None = None) -> None:
        self._order, self._share, self._most = order, share, most
        self._hands: list[RayHand] = []

    def machines(self) -> Sequence[str]:
        """Nodes with room, those with the most of it first."""
        if self._most is not None and len(self._hands) >= self._most:
            return ()
        room = self._room()
        free = sorted((name for name in room if room[name] > 0), key=lambda name: -room[name])
        return free if self._most is None else free[: self._most - len(self._hands)]

    def start(self, machine: str) -> Hand:
        """Start an actor on a node; Ray waits where others have the room."""
        share = self._share
        actor = ray.remote(Worker).options(
            num_cpus=share.cores,
            num_gpus=share.gpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=machine, soft=False),
        )
        hand = RayHand(actor.remote(self._order), machine, self._hands.remove)
        self._hands.append(hand)
        return hand

    def wait(self, hands: Collection[Hand], seconds: float) -> Sequence[Hand]:
        """Those whose answer is there."""
        said = {hand.said: hand for hand in hands if isinstance(hand, RayHand)}
        if not said:
            return ()
        ready, _ = ray.wait(list(said), num_returns=1, timeout=seconds)
        more, _ = ray.wait(list(said), num_returns=len(said), timeout=0)
        return [said[one] for one in dict.fromkeys((*ready, *more))]

    def shared(self, audio: Audio) -> Any:
        """Put a recording into the store of objects: each machine has it once.

        Raises:
            ResourceError: It has no room, nor has the disk below it.
        """
        try:
            return ray.put(replace(audio, samples=np.asarray(audio.samples)))
        except RayError as error:
            message = f"the sound cannot be given to workers: {error}"
            raise ResourceError(message) from error

    def n_workers(self) -> int:
        """How many there is room for."""
        room = sum(self._room().values()) + len(self._hands)
        return room if self._most is None else min(room, self._most)

    def _room(self) -> dict[str, int]:
        """How many more workers each node has room for."""
        taken = Counter(hand.machine for hand in self._hands)
        return {
            node["NodeID"]: max(0, self._fitting(node["Resources"]) - taken[node["NodeID"]])
            for node in ray.nodes()  # type: ignore[no-untyped-call]
            if node["Alive"]
        }

    def _fitting(self, resources: dict[str, float]) -> int:
        """How many workers a node has room for."""
        wanted = {"CPU": self._share.cores, "GPU": self._share.gpus}
        return min(
            int((resources.get(name, 0.0) + _EPSILON) / each)
            for name, each in wanted.items()
            if each > 0
        )
