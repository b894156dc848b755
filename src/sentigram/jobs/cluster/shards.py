"""The part of an archive that one of several machines does: by a hash of each path.

Whoever has the same tree gets the same parts, whatever else is there and in whatever order.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from sentigram.errors import UsageError

_PART = re.compile(r"(\d{1,9})/(\d{1,9})")
_AUTO = re.compile(r"auto(?:/(\d{1,9}))?")
_HOW = "give it as 2/8, auto (in Slurm) or auto/8 (in an indexed Job of Kubernetes)"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts.

    Attributes:
        number: Of the part, from 1.
        total: How many there are.
    """

    number: int
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    def holds(self, name: str) -> bool:
        """Whether a recording is in this part.

        Args:
            name: Its path below the folder, with `/`; however accents are composed.
        """
        digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode(errors="surrogateescape"))
        return int.from_bytes(digest.digest()[:8], "big") % self.total == self.number - 1


def shard_of(text: str, variables: Mapping[str, str] = os.environ) -> Shard:
    """The part that a text names, or that the scheduler's variables do.

    `auto` takes a task of a Slurm array, a task of `srun`, or both; `auto/8` takes the index of a
    Kubernetes Job of 8 completions, which does not say how many there are. Nothing is taken from
    variables unasked: a script that is started in an allocation would do an eighth of an archive
    and call it done.

    Raises:
        UsageError: There is no such part.
    """
    if found := _PART.fullmatch(text):
        return _checked(int(found[1]), int(found[2]), text)
    if not (found := _AUTO.fullmatch(text)):
        message = f"`shard {text}`: is no part; {_HOW}"
        raise UsageError(message)
    if found[1] is not None:
        index = _number(variables, "JOB_COMPLETION_INDEX", text)
        return _checked(index + 1, int(found[1]), text)
    array, tasks = _of_array(variables, text), _of_tasks(variables, text)
    if array is None and tasks is None:
        message = (
            f"`shard {text}`: neither SLURM_ARRAY_TASK_ID nor SLURM_STEP_NUM_TASKS is set, so this "
            f"is no task of Slurm; {_HOW}"
        )
        raise UsageError(message)
    outer, inner = array or Shard(1, 1), tasks or Shard(1, 1)
    number = (outer.number - 1) * inner.total + inner.number
    return _checked(number, outer.total * inner.total, text)


def _of_array(variables: Mapping[str, str], text: str) -> Shard | None:
    if "SLURM_ARRAY_TASK_ID" not in variables:
        return None
    at, least, most, total = (
        _number(variables, f"SLURM_ARRAY_TASK_{name}", text)
        for name in ("ID", "MIN", "MAX", "COUNT")
    )
    step = (most - least) // (total - 1) if total > 1 else 1
    if least + step * (total - 1) != most or (at - least) % step:
        message = (
            f"`shard {text}`: the tasks of this array are not evenly numbered "
            f"({total} from {least} to {most}); use --array=1-{total}"
        )
        raise UsageError(message)
    return Shard((at - least) // step + 1, total)


def _of_tasks(variables: Mapping[str, str], text: str) -> Shard | None:
    """The task of `srun`; a batch script's own SLURM_PROCID, 0 without any srun, is none."""
    if "SLURM_STEP_NUM_TASKS" not in variables:
        return None
    total = _number(variables, "SLURM_STEP_NUM_TASKS", text)
    return Shard(_number(variables, "SLURM_PROCID", text) + 1, total)


def _number(variables: Mapping[str, str], name: str, text: str) -> int:
    said = variables.get(name, "")
    if not re.fullmatch(r"[0-9]{1,9}", said):
        message = f"`shard {text}`: {name} is {said or 'not set'!r}, not a number; {_HOW}"
        raise UsageError(message)
    return int(said)


def _checked(number: int, total: int, text: str) -> Shard:
    if not 1 <= number <= total:
        message = (
            f"`shard {text}`: there is no part {number} of {total}; parts go from 1 to {total}"
        )
        raise UsageError(message)
    return Shard(number, total)
