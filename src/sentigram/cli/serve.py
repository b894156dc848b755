"""`sentigram serve`: a page on which a team records or uploads, and an interface for programs."""

from __future__ import annotations

import inspect
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from sentigram.cli.flags import as_flags, parameter_of
from sentigram.core.option import options_of, spelled
from sentigram.errors import MissingError, UsageError
from sentigram.jobs.asked import Asked, asked, settings_of_texts
from sentigram.serve.endpoints import OF_SERVER
from sentigram.serve.limits import Limits

if TYPE_CHECKING:
    from sentigram.serve.access import Hosts

TOKEN = "SENTIGRAM_TOKEN"  # noqa: S105  (the name of a variable)
_LONGEST_TOKEN_FILE = 4096
_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")
_OWN = ("host", "port", "public_name", "data", "behind_proxy", "token_file")
_WITHOUT_NETWORK = {
    "namespace": "an empty network",
    "filter": "a filter of system calls",
    "files": "its own files alone",
}


def _limits() -> tuple[Asked, ...]:
    """The options of a server, as those of the work are known."""
    defaults = {field.name: field.default for field in fields(Limits)}
    return tuple(
        Asked(Limits, name, kind, defaults[name], option)
        for name, kind, option in options_of(Limits)
    )


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a command's parameters `limits` and `engine` into one option each for what they hold."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name not in ("limits", "engine")
    ]
    limits = [parameter_of(each) for each in _limits()]
    engine = {name: parameter_of(asked()[name]) for name in OF_SERVER}
    options = [*engine.values(), *limits]

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {name: given.pop(option.name) for name, option in engine.items()}
        values = {option.name: given.pop(option.name) for option in limits}
        told = {name: str(value) for name, value in chosen.items() if value is not None}
        command(**given, limits=Limits(**values), engine=told)

    signature = inspect.Signature([*own, *options])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del run.__wrapped__  # typer would read its signature
    return run


@with_options
def serve(
    limits: Limits,
    engine: Mapping[str, str],
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8765,
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="SENTIGRAM_SERVE_DATA",
            help="Folder for jobs and the key of the sessions; in the user's data if not given.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that visitors must show; or set SENTIGRAM_TOKEN. "
            "There is no option for the token itself: everybody sees command lines."
        ),
    ] = None,
    public_name: Annotated[
        list[str] | None,
        typer.Option(help="A name that this server is called by, such as captions.example.org."),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A reverse proxy of yours stands before it: believe its X-Forwarded-For "
            "and X-Forwarded-Proto.",
        ),
    ] = False,
    no_emotions: Annotated[
        bool,
        typer.Option(
            "--no-emotions",
            help="Words alone: for places where reading emotions is not allowed, such as "
            "workplaces and schools under the EU AI Act.",
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Log no requests on stderr.")
    ] = False,
) -> None:
    """Serve a page to record or upload on, and an interface for programs (docs/serve.md).

    Loopback only, unless there is a token. Jobs run in processes of their own, without network.
    """
    from sentigram.cli.reporter import say

    check_installed()
    wanted = {**engine, "no-emotions": str(no_emotions).lower()}
    engine_line = settings_of_texts(wanted).engine_line  # what is wrong with the choice is said now
    try:
        from sentigram.serve.access import is_loopback
        from sentigram.serve.server import listen

        token = _token(token_file)
        _check_exposure(host, token, behind_proxy=behind_proxy)
        hosts = _hosts(host, public_name or [])
        app = _app(
            data,
            limits,
            token,
            hosts,
            emotions=not no_emotions,
            behind_proxy=behind_proxy,
            engine=engine,
        )
        listener = listen(host, port)
    except UsageError as error:
        names = {name: name.replace("_", "-") for name in _OWN}
        names |= {each.field: each.name for each in _limits()}
        raise UsageError(spelled(str(error), names, "--{}")) from error
    _start_log(quiet=quiet)
    for line in _told(token, is_open=not is_loopback(host), behind_proxy=behind_proxy):
        say(line)
    say(as_flags(engine_line))
    if no_emotions:
        say("emotions are not read")
    from sentigram.serve.server import run

    run(app, listener, behind_proxy=behind_proxy, started=lambda at: _say_address(host, at))


def check_installed() -> None:
    """See that what serves is here.

    Raises:
        MissingError: It is not.
    """
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "python_multipart")):
        message = "a page on this machine needs more packages; run: pip install 'sentigram[serve]'"
        raise MissingError(message)


def _token(file: Path | None) -> str:
    """The token of the file, or of the environment; "" for none.

    Raises:
        UsageError: It cannot be read, others can read it, or it is too short.
    """
    from sentigram.serve.access import check_token

    if file is None:
        token = os.environ.get(TOKEN, "").strip()
    else:
        try:
            with file.open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                token = opened.read(_LONGEST_TOKEN_FILE).decode("ascii", "replace").strip()
        except OSError as error:
            message = f"`token_file {file}`: cannot be read ({error.strerror or error})"
            raise UsageError(message) from error
        if os.name == "posix" and mode & 0o077:
            message = f"`token_file {file}`: others may read it; run: chmod 600 {file}"
            raise UsageError(message)
        if not token:
            message = f"`token_file {file}`: is empty; fill it, such as by: openssl rand -hex 16"
            raise UsageError(message)
    if token:
        check_token(token)
    return token


def _check_exposure(host: str, token: str, *, behind_proxy: bool) -> None:
    """Refuse to be reached by everybody.

    Raises:
        UsageError: There is no token, and others than this machine would reach it.
    """
    from sentigram.serve.access import is_loopback

    if token or (is_loopback(host) and not behind_proxy):
        return
    why = "`behind_proxy`" if is_loopback(host) else f"`host {host}`"
    message = (
        f"{why}: others than you would reach this server, so it needs a token: "
        "(umask 077; openssl rand -hex 16 > token), then add: `token_file` token"
    )
    raise UsageError(message)


def _hosts(host: str, public_names: list[str]) -> Hosts:
    from sentigram.serve.access import Hosts

    return Hosts.of(host, public_names)


def _app(
    data: Path | None,
    limits: Limits,
    token: str,
    hosts: Hosts,
    *,
    emotions: bool,
    behind_proxy: bool,
    engine: Mapping[str, str],
) -> Any:
    """The application, on its folder.

    Raises:
        UsageError: The folder cannot be used.
    """
    from sentigram.serve.app import create_app

    folder = data
    if folder is None:
        from platformdirs import user_data_path

        folder = user_data_path("sentigram") / "serve"
    try:
        return create_app(
            folder,
            limits,
            token=token,
            hosts=hosts,
            emotions=emotions,
            behind_proxy=behind_proxy,
            engine=engine,
        )
    except OSError as error:
        message = f"`data {folder}`: cannot be used ({error.strerror or error})"
        raise UsageError(message) from error


def _told(token: str, *, is_open: bool, behind_proxy: bool) -> list[str]:
    """What the operator should know."""
    from sentigram.serve.isolation import WITHOUT_NETWORK, available

    lines = [
        "visitors show the token" if token else "no token: whoever is on this machine may use it"
    ]
    ways = available()
    held = ", ".join(_WITHOUT_NETWORK.get(way, way) for way in ways)
    lines.append(f"jobs are kept apart: limits of time and memory{', ' if held else ''}{held}")
    if not WITHOUT_NETWORK.intersection(ways):
        lines.append(
            "warning: this system has no way to keep jobs from the network; run it in a container "
            "without one, or serve only people whom you trust"
        )
    if is_open and not behind_proxy:
        lines.append(
            "warning: recordings and the token travel unencrypted, and browsers record only over "
            "HTTPS; put a reverse proxy with a certificate before it (docs/serve.md)"
        )
    return lines


def _say_address(host: str, port: int) -> None:
    """Name the address on stdout, as a result."""
    from sentigram.cli.reporter import print_line

    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    print_line(f"http://{shown}:{port}/")


def _start_log(*, quiet: bool) -> None:
    """Log to stderr; of an id, which opens a job, only the beginning."""

    class Short(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return _ID.sub(r"\1…", super().format(record))

    handler = logging.StreamHandler()
    handler.setFormatter(Short("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log = logging.getLogger("sentigram.serve")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.WARNING if quiet else logging.INFO)
