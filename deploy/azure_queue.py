#!/usr/bin/env python3
"""Takes one message of an Azure storage queue: a folder of the archive, for `sentigram batch`.

    export SENTIGRAM_QUEUE_URL="https://ACCOUNT.queue.core.windows.net/archive?SAS"
    sentigram-azure-queue /archive

The message is the folder's path below the archive, `.` for all of it. It is removed when the batch
has gone through, whatever became of single files (the record of the batch has that). What is killed
on the way is seen again after HIDDEN_S seconds, goes on where it was, and is given up after
MOST_TIMES.
Nothing but Python's own library is used: the image has no client of Azure's.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

HIDDEN_S = 6 * 3600
MOST_TIMES = 5
_GONE_THROUGH = (0, 1)  # 1: some files failed, and the record says why


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        number: Its id.
        receipt: What removes it.
        text: What it says.
        times: How often it was taken.
    """

    number: str
    receipt: str
    text: str
    times: int


def take(queue: str) -> Message | None:
    """The next message, None where there is none."""
    answer = _ask(_at(queue, "", {"numofmessages": "1", "visibilitytimeout": str(HIDDEN_S)}))
    found = ET.fromstring(answer).find("QueueMessage")  # noqa: S314  (Azure's own answer)
    if found is None:
        return None
    parts = {part.tag: part.text or "" for part in found}
    return Message(
        parts["MessageId"],
        parts["PopReceipt"],
        _plain(parts["MessageText"]),
        int(parts["DequeueCount"]),
    )


def remove(queue: str, message: Message) -> None:
    """Take a message out of the queue."""
    place = f"/{urllib.parse.quote(message.number, safe='')}"
    _ask(_at(queue, place, {"popreceipt": message.receipt}), method="DELETE")


def folder_of(message: Message, archive: Path) -> Path:
    """The folder that a message names.

    Raises:
        ValueError: It is none of the archive.
    """
    folder = (archive / message.text).resolve()
    if not folder.is_relative_to(archive.resolve()) or not folder.is_dir():
        error = f"{message.text!r} is no folder of the archive"
        raise ValueError(error)
    return folder


def main(archive: Path) -> int:
    """Do what one message asks for."""
    queue = os.environ["SENTIGRAM_QUEUE_URL"]
    message = take(queue)
    if message is None:
        print("no message is waiting")
        return 0
    try:
        folder = folder_of(message, archive)
    except ValueError as error:
        print(f"{error}: the message is removed", file=sys.stderr)
        remove(queue, message)
        return 3
    below = folder.relative_to(archive.resolve())
    out = archive.resolve() / "captions" / below
    code = subprocess.run(  # noqa: S603  (no shell; the path is checked)
        [Path(sys.executable).with_name("sentigram"), "batch", folder, "--out", out, "--quiet"],
        check=False,
    ).returncode
    if code in _GONE_THROUGH or message.times >= MOST_TIMES:
        remove(queue, message)
    return 0 if code in _GONE_THROUGH else code


def _plain(text: str) -> str:
    """Clients write messages in base64 or as they are."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def _at(queue: str, place: str, asked: dict[str, str]) -> str:
    parts = urllib.parse.urlsplit(queue)
    query = f"{parts.query}&{urllib.parse.urlencode(asked)}".lstrip("&")
    return urllib.parse.urlunsplit(
        (parts.scheme, parts.netloc, f"{parts.path}/messages{place}", query, "")
    )


def _ask(address: str, *, method: str = "GET") -> bytes:
    request = urllib.request.Request(address, method=method)  # noqa: S310  (of the deployment)
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
