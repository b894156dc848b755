"""Connects to a cluster of Ray, or starts one on this machine that nobody else can reach.

Ray runs what it is sent. A cluster on this machine listens on loopback alone, and to those alone
who have a secret that is made for it; it has no dashboard and reports no usage.
"""

from __future__ import annotations

import logging
import math
import os
import re
import secrets
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from sentigram.errors import MissingError, ResourceError
from sentigram.files import work_folder
from sentigram.jobs.cluster.units import Share

_STORE_BYTES = 80 * 1024 * 1024  # of objects: what goes through it are names and reports
_KNOCK_SECONDS = 5.0
_SIGNALLED = 128  # and the number of the signal, as shells have it
_HOW = (
    "start one with `ray start --head` on one machine and `ray start --address=HOST:6379` on the "
    "others, or work on this machine alone with `workers N`"
)
# Before Ray is imported: the second is its own way to stay on loopback on any system.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}


@contextmanager
def on_this_machine(n_workers: int, share: Share) -> Iterator[None]:
    """Start a cluster of Ray here, and end it with the block, or with this process.

    Args:
        n_workers: How many it has room for.
        share: What each of them has of it; GPUs are those that Ray finds.

    Raises:
        MissingError: Ray is not installed.
        ResourceError: It does not start.
    """
    if "ray" in sys.modules and os.environ.get("RAY_AUTH_MODE") != "token":
        message = "this program uses Ray already: start a cluster with it, and name it as `cluster`"
        raise ResourceError(message)
    os.environ.update(_QUIET | _ALONE)
    os.environ["RAY_AUTH_TOKEN"] = _secret()
    ray = _ray()
    with work_folder() as work, _guest() as set_back:
        try:
            ray.init(
                address="local",
                num_cpus=max(1, math.ceil(n_workers * share.cores)),
                num_gpus=None if share.gpus else 0,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=_STORE_BYTES,
                _temp_dir=str(work),
            )
        except Exception as error:
            message = (
                f"Ray does not start on this machine ({_first_line(error)}); where other programs "
                "keep it busy, run this again, or without `workers`"
            )
            raise ResourceError(message) from error
        set_back()
        yield


@contextmanager
def at_cluster(address: str) -> Iterator[None]:
    """Connect to a cluster that is there.

    Args:
        address: `auto`, HOST:PORT, or ray://HOST:PORT.

    Raises:
        MissingError: Ray is not installed, or there is no cluster.
    """
    os.environ.update({key: value for key, value in _QUIET.items() if key not in os.environ})
    ray = _ray()
    with _guest() as set_back:
        try:
            _knock(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            message = f"`cluster {address}`: no cluster answers ({_first_line(error)}); {_HOW}"
            raise MissingError(message) from error
        set_back()
        yield


@cache  # Ray reads it once in a process
def _secret() -> str:
    return secrets.token_hex(32)


@contextmanager
def _guest() -> Iterator[Callable[[], object]]:
    """Let Ray neither print between results nor take over what ends this process; end it after.

    Yields:
        Sets the handlers of signals as they were, after Ray has set its own.
    """
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    ended: list[int] = []

    def leave(number: int, frame: FrameType | None) -> None:
        ended.append(number)
        if callable(handler):
            handler(number, frame)

    def set_back() -> None:
        if is_main:
            signal.signal(signal.SIGTERM, leave if callable(handler) else handler)

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        try:
            yield set_back
        except SystemExit as stop:  # what was raised while Ray waited comes out with its own code
            if ended or stop.code == signal.SIGTERM:
                raise SystemExit(_SIGNALLED + signal.SIGTERM) from stop
            raise
        finally:
            _ray().shutdown()


def _knock(address: str) -> None:
    """Ask whether anybody listens there: Ray itself would ask for minutes.

    Raises:
        OSError: Nobody does.
    """
    found = re.fullmatch(r"(?:ray://)?\[?([^\]/]+)\]?:(\d+)", address)
    if found:
        socket.create_connection((found[1], int(found[2])), timeout=_KNOCK_SECONDS).close()


def _ray() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it imports
            import ray
    except ImportError as error:
        message = "workers need Ray (pip install 'sentigram[cluster]')"
        raise MissingError(message) from error
    return ray


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
