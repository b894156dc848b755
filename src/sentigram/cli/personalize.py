"""`sentigram personalize`: a person's taste, from a dozen choices, as a theme file."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.errors import InputError

if TYPE_CHECKING:
    from sentigram.style.look import Look

_NEXT = "use it with: sentigram render talk.mp4 {}"


def personalize(
    document: Annotated[
        Path, typer.Argument(help="A Document, talk.sentigram.json, beside its video or sound.")
    ],
    out: Annotated[Path, typer.Option(help="The theme file to write.")] = Path("mine.toml"),
    *,
    culture: Annotated[str, typer.Option(help="western, eastern or universal.")] = "western",
    age: Annotated[str, typer.Option(help="child, teen, adult or senior.")] = "adult",
    preset: Annotated[
        str, typer.Option(help="A ready-made look to begin with: see sentigram themes list.")
    ] = "",
    motion: Annotated[str, typer.Option(help="none, subtle or full.")] = "subtle",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the questions.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    r"""Find out how you like your captions, by choosing between two looks of your own talk.

    A page on this machine asks twelve times; what comes of it is a theme file.
    After each choice it says how well the answers foretell those that they did
    not see, with chance beside it. Needs pip install 'sentigram\[serve]'.
    """
    from typing import cast

    from sentigram.cli.reporter import print_line, say
    from sentigram.cli.serve import check_installed
    from sentigram.core.document import read_document
    from sentigram.core.style import Motion
    from sentigram.files import check_free, work_folder
    from sentigram.jobs.questions import Questions
    from sentigram.media.probe import find_media
    from sentigram.style.look import Look

    check_installed()
    check_free([out], overwrite=overwrite, instead="another --out FILE")
    if not document.name.endswith(".json"):
        message = (
            f"{document}: is no Document; make one first: "
            f"sentigram render {document.name} --to json"
        )
        raise InputError(message)
    talk = read_document(document)
    media = find_media(document, talk)
    if media is None:
        message = f"{document}: {talk.media.name} does not lie beside it, and looks are drawn on it"
        raise InputError(message)
    look = Look(culture=culture, age=age, preset=preset, motion=cast("Motion", motion))
    questions = Questions(talk, media, look, seed=seed)
    from sentigram.serve.server import listen, run
    from sentigram.serve.taste_pages import TasteApp

    with work_folder() as folder:
        app = TasteApp(questions, out, folder, overwrite=overwrite)
        app.finished = lambda: os.kill(os.getpid(), signal.SIGINT)
        listener = listen("127.0.0.1", port)
        run(app, listener, started=lambda at: say(f"open http://127.0.0.1:{at}{app.path}"))
    if app.written:
        for line in questions.told():
            say(line)
        say(_NEXT.format(shlex.join(("--theme", str(out), *_worn(look)))))
        print_line(str(out))
    else:
        say("nothing was written: the page has a button for that")


def _worn(look: Look) -> list[str]:
    """The options that a theme file lies over: with others it is not what was chosen."""
    usual = type(look)()
    names = ("culture", "age", "preset", "motion")
    asked = {name: getattr(look, name) for name in names}
    differing = [name for name in names if asked[name] != getattr(usual, name)]
    return [part for name in differing for part in (f"--{name}", asked[name])]
