"""Tries the attacks of `attack_kinds/serve.py` on servers that run; `attacks.py` calls it.

An attack has failed where an answer is not one that is right, where anything in it is a path or a
trace of the program, where a header tells of the server, where the victim's job is not as it was,
where something of an upload is left, or where the server does not answer others afterwards.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attack_kinds.serve import CLOSED, TOKEN, Ground, ServerAttack, attacks

from sentigram.core.document import dumps
from tests.documents import talk
from tests.serve.running import Answer, Client

_SOURCES = Path(__file__).resolve().parents[1]
_TELLS = re.compile(
    rb"Traceback|File \"|site-packages|sentigram/serve|\.py\b|uvicorn|starlette|/tmp/|/home/|/root/"
)
_HEADERS = ("server", "x-powered-by", "access-control-allow-origin")


def tried(attack: ServerAttack, ground: Ground) -> tuple[str, tuple[str, ...]]:
    """Try an attack: what came of it in words, and what went wrong."""
    faults: list[str] = []
    before = ground.victim.get(f"/api/jobs/{ground.job}/document").body
    answers: list[Answer] = []
    try:
        answers = _patient(attack, ground)
    except OSError as error:
        faults.append(f"no answer: {type(error).__name__}")
    for answer in answers:
        faults += _wrong(answer, attack.right)
    if ground.victim.get(f"/api/jobs/{ground.job}/document").body != before:
        faults.append("the victim's job has changed")
    if ground.script.get("/healthz").status != 200:
        faults.append("others are not served")
    if left := _left(ground.data / "incoming"):
        faults.append(f"left: {left}")
    statuses = dict.fromkeys(answer.status for answer in answers)
    return ", ".join(map(_told, statuses)), tuple(dict.fromkeys(faults))


def _patient(attack: ServerAttack, ground: Ground) -> list[Answer]:
    """The answers; where only the pace was refused, those of another try."""
    for _ in range(3):
        answers = list(attack.send(ground))
        waits = [a for a in answers if a.status == 429 and 429 not in attack.right]
        if not waits:
            break
        time.sleep(max(float(a.headers.get("retry-after", 1)) for a in waits))
    return answers


def _wrong(answer: Answer, right: frozenset[int]) -> Iterator[str]:
    if answer.status not in right:
        yield f"answered {answer.status} ({answer.body[:120]!r})"
    if (
        answer.headers.get("content-type", "").startswith("application/json")
        or answer.status >= 400
    ):
        found = _TELLS.search(answer.body)
        if found:
            yield f"tells of itself: {answer.body[max(0, found.start() - 60) : found.end() + 60]!r}"
    yield from (f"has the header {name}" for name in _HEADERS if name in answer.headers)


def _left(folder: Path) -> list[str]:
    for _ in range(40):  # what a client that left had sent goes a moment later
        left = [path.name for path in folder.rglob("*")] if folder.exists() else []
        if not left:
            return []
        time.sleep(0.05)
    return left


def _told(status: int) -> str:
    if status == CLOSED:
        return "closed"
    return f"served ({status})" if status < 400 else f"refused ({status})"


def ground_of(port: int, token_port: int, small_port: int, data: Path) -> Ground:
    """Three servers with a victim on the first: a browser with a job that is done."""
    victim = Client(port).browse()
    document = dumps(talk()).encode()
    made = victim.upload(document, "talk.sentigram.json", to="html,json")
    script = Client(port).upload(document, "talk.sentigram.json", to="json")
    for client, job in ((victim, made), (Client(port), script)):
        client.done(job.json["id"])
    ids = (made.json["id"], script.json["id"])
    return Ground(port, token_port, small_port, data, victim, *ids)


@contextmanager
def servers(folder: Path) -> Iterator[Ground]:
    """Three servers as an operator starts them."""
    with ExitStack() as stack:
        port = stack.enter_context(started(folder / "open"))
        token_port = stack.enter_context(started(folder / "token", token=TOKEN))
        small = started(folder / "small", "--upload-mb", "1", "--jobs-per-owner", "2")
        small_port = stack.enter_context(small)
        yield ground_of(port, token_port, small_port, folder / "open")


@contextmanager
def started(data: Path, *options: str, token: str = "") -> Iterator[int]:
    """A server that runs, and its port."""
    command = [sys.executable, "-m", "sentigram", "serve", "--port", "0", "--data", str(data)]
    environment = dict(os.environ)
    environment["PYTHONPATH"] = f"{_SOURCES / 'src'}{os.pathsep}{_SOURCES}"
    if token:
        environment["SENTIGRAM_TOKEN"] = token
    process = subprocess.Popen(
        [*command, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r":(\d+)/$", line.strip())
        if found is None:
            raise SystemExit("the server did not start")
        yield int(found[1])
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def rows(only: str) -> Iterator[tuple[str, bool]]:
    """Try those whose name begins so: a row for each, and whether it came to nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="attack-servers-") as folder,
        servers(Path(folder)) as ground,
    ):
        for attack in attacks():
            if not attack.id.startswith(only):
                continue
            outcome, faults = tried(attack, ground)
            told = f"**{'; '.join(faults):.300}**" if faults else outcome
            mark = "" if attack.is_slow else " (tests)"
            yield f"| {attack.what} | {told} | `{attack.id}`{mark} |", not faults
        numbers = ground.script.get("/metrics").body.decode()
        memory = re.search(r"memory_bytes (\d+)", numbers)
        print(f"<!-- the server takes {int(memory[1]) // 10**6 if memory else 0} MB -->")
