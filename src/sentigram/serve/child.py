"""`python -m sentigram.serve.child`: one job in a process of its own.

What is to be done comes as JSON on standard input; what happens goes out as lines of JSON on
standard output, each `[name, data]`, the last one `done` or `failed`. Nothing heavy is imported
before the process is kept apart: see `isolation`.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from sentigram.errors import (
    InputError,
    MissingError,
    OutputError,
    ResourceError,
    SentigramError,
    resource_error,
)
from sentigram.serve import isolation

if TYPE_CHECKING:
    from sentigram.core.document import Document
    from sentigram.core.media import MediaInfo
    from sentigram.core.protocols import Progress
    from sentigram.core.transcript import Word
    from sentigram.jobs.job import Settings

_AT_ONCE = 200  # words in an event
_STAGE_EVERY_S = 0.25
_FAULT = "something went wrong here that is not the file's fault; whoever runs the server sees what"
# What is said of the server itself, in place of messages that name its places and its programs.
_OF_SERVER: Mapping[type[SentigramError], str] = {
    OutputError: "there is too little disk here for what this makes",
    MissingError: "something that this needs is missing here; whoever runs the server sees what",
    ResourceError: "this takes more memory than a job may have here",
}
_NOT_YET = "emotions are not read yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a process is to do; the fields are those of its JSON.

    Attributes:
        task: hear, measure, draw, page or check.
        folder: The job's.
        source: Name of the recording or Document in it.
        document: Name of the Document, once there is one.
        transcript: Name of words that came with it, "" for none.
        options: By their command-line names, as texts.
        emotions: Whether emotions may be read.
        longest_ms: The longest recording that is heard.
        memory_bytes: Of addresses.
        file_bytes: Size of the largest file.
        cpu_seconds: Of all its processors.
        parent: The server's process.
        ways: How it is kept apart.
        page: For the task of that name: the job's id, the Document's etag, and the file's name.
    """

    task: str
    folder: str
    source: str
    document: str
    transcript: str
    options: Mapping[str, str]
    emotions: bool
    longest_ms: int
    memory_bytes: int
    file_bytes: int
    cpu_seconds: int
    parent: int
    ways: Sequence[str]
    page: Mapping[str, str]


class Teller:
    """A Reporter that writes events.

    Args:
        out: Where they go, a line each.
        folder: Of the job: no name of it goes out.
        words_path: Where the words are kept as soon as they are known.
    """

    def __init__(self, out: IO[str], folder: Path, words_path: Path) -> None:
        self._out, self._folder, self._words_path = out, folder, words_path
        self._told_at = 0.0
        self._n_recognized = 0
        self._turn = Lock()  # stages may be told of from several threads

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Write an event."""
        line = json.dumps([name, data], ensure_ascii=False) + "\n"
        with self._turn:
            self._out.write(line)
            self._out.flush()

    def without_folders(self, text: str) -> str:
        """A message with names of files, and without their folders."""
        from sentigram.core.notes import without_folders
        from sentigram.jobs.asked import as_asked
        from sentigram.serve.job_folder import FILES, GIVEN

        for folder in (self._folder / FILES, self._folder / GIVEN, self._folder, Path.cwd()):
            for spelled in (folder, folder.resolve()):
                text = text.replace(f"{spelled}{os.sep}", "").replace(str(spelled), "")
        return as_asked(without_folders(text), "{}")

    def for_visitors(self, text: str) -> str:
        """Why a job failed, with what its owner can do about it; or whom to ask."""
        from sentigram.serve.remedies import without_commands

        return without_commands(self.without_folders(text), asks=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        """Tell of a stage, and how far it is."""
        self.tell("stage", {"name": name, "share": 0.0})

        def progress(share: float) -> None:
            now = time.monotonic()
            if now - self._told_at >= _STAGE_EVERY_S:
                self._told_at = now
                self.tell("stage", {"name": name, "share": round(share, 3)})

        yield progress
        self.tell("stage", {"name": name, "share": 1.0})

    def note(self, text: str) -> None:
        """Tell of a choice."""
        self._note(text, {})

    def warn(self, text: str) -> None:
        """Tell of what is to be looked at."""
        self._note(text, {"is_warning": True})

    def _note(self, text: str, more: Mapping[str, Any]) -> None:
        """Tell it without what only whoever runs the server can do, and them the whole."""
        from sentigram.serve.remedies import without_commands

        whole = self.without_folders(text)
        shown = without_commands(whole, asks=bool(more))
        detail = {} if shown == whole else {"detail": whole}
        self.tell("note", {"text": shown, **more, **detail})

    def recognized(self, words: Sequence[Word]) -> None:
        """Tell words as they come."""
        for at, some in _in_parts(_told(words)):
            self.tell("recognized", {"from": self._n_recognized + at, "words": some})
        self._n_recognized += len(words)

    def words(self, document: Document) -> None:
        """Keep the words, whatever comes after them, and tell them."""
        from sentigram.core.document import dumps
        from sentigram.files import write_text

        kept = replace(document, notes=(*document.notes, _NOT_YET))
        write_text(self._words_path, dumps(kept), overwrite=True)
        for at, some in _in_parts(_told(document.transcript.words())):
            self.tell("words", {"from": at, "words": some})

    def readings(self, document: Document) -> None:
        """Tell the readings; nothing of a Document that was not read."""
        if not document.is_read:
            return
        labels = document.track.labels
        readings = [
            {
                "label": reading.name,
                "intensity": round(reading.intensity, 3),
                "probs": {
                    name: round(share, 4) for name, share in zip(labels, reading.probs, strict=True)
                },
            }
            for reading in document.track.readings
        ]
        for at, some in _in_parts(readings):
            self.tell("readings", {"from": at, "readings": some})


def _told(words: Iterable[Word]) -> list[Mapping[str, Any]]:
    """Words as events have them."""
    return [
        {
            "text": word.text,
            "start_ms": word.span.start_ms,
            "end_ms": word.span.end_ms,
            **({"joined": True} if word.joined else {}),
        }
        for word in words
    ]


def _in_parts(items: Sequence[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    for at in range(0, len(items), _AT_ONCE):
        yield at, items[at : at + _AT_ONCE]


def measure(spec: Spec, teller: Teller) -> Mapping[str, Any]:
    """Tell how long the recording is.

    Raises:
        InputError: It is longer than it may be here, or cannot be used.
    """
    from sentigram.core.document import is_document

    source = _source(spec)
    return {} if is_document(source) else {"ms": _probed(source, spec, teller).duration_ms}


def _probed(source: Path, spec: Spec, teller: Teller) -> MediaInfo:
    """Look at the recording before anything of it is heard.

    Raises:
        InputError: It is longer than it may be here, or cannot be used.
    """
    from sentigram.core.time import format_clock
    from sentigram.media.probe import probe

    media = probe(source)
    if media.duration_ms > spec.longest_ms:
        message = (
            f"{source.name}: lasts {format_clock(media.duration_ms)}, and at most "
            f"{format_clock(spec.longest_ms)} is heard here; cut it, or ask for less of it with "
            "a server of your own"
        )
        raise InputError(message)
    teller.tell("length", {"ms": media.duration_ms})
    return media


def hear(spec: Spec, teller: Teller) -> Mapping[str, Any]:
    """Hear the recording, read its emotions and draw what is asked for.

    Where there is a Document, because it was uploaded or an earlier run came that far, nothing is
    heard: what a person corrected stays, and a job that is taken up again goes on from there.
    """
    source = _source(spec)
    if source.with_name(spec.document).is_file():
        return draw(spec, teller)
    from sentigram.jobs.job import plan
    from sentigram.jobs.run import draw_job, hear_job

    _probed(source, spec, teller)
    settings = _settings(spec)
    (job,) = plan([source], settings)
    teller.note(settings.engine_line)
    with ExitStack() as stack:
        made = draw_job(hear_job(job, teller, stack), teller)
    return {"kinds": sorted(made.paths), "was_heard": True}


def draw(spec: Spec, teller: Teller) -> Mapping[str, Any]:
    """Draw the job's Document: of a slice the slice, also of the picture."""
    from sentigram.core.document import read_document
    from sentigram.jobs.draw import draw as draw_results
    from sentigram.jobs.draw import needs_media
    from sentigram.jobs.job import check as check_settings
    from sentigram.media.probe import find_media
    from sentigram.serve.job_folder import result_paths

    settings = _settings(spec)
    kinds = tuple(kind for kind in settings.kinds if kind != "json")  # it is there: the source
    path = _document(spec)
    document = read_document(path)
    if not kinds:
        return {"kinds": ["json"]}
    check_settings(replace(settings, kinds=kinds))
    draw_results(
        document,
        find_media(path, document) if needs_media(kinds) else None,
        result_paths(path, kinds),
        teller,
        look=settings.look,
        video=settings.video,
        preview=settings.preview,
        replaces=kinds,
    )
    return {"kinds": sorted(kinds)}


def page(spec: Spec, teller: Teller) -> Mapping[str, Any]:
    """Draw the page of the job's Document that saves corrections to the server."""
    from sentigram.core.document import read_document
    from sentigram.jobs.draw import draw as draw_results
    from sentigram.serve.html import player_renderer

    settings = _settings(spec)
    draw_results(
        read_document(_document(spec)),
        None,
        {"html": Path(spec.folder, spec.page["file"])},
        teller,
        look=settings.look,
        video=settings.video,
        replaces=("html",),
        renderers={"html": player_renderer(spec.page["id"], spec.page["etag"])},
    )
    return {}


def check(spec: Spec, teller: Teller) -> Mapping[str, Any]:
    """Check the job's Document against the guidelines."""
    from sentigram.check.checking import CheckOptions, check_file
    from sentigram.check.reports import as_json

    del teller
    look = _settings(spec).look
    options = CheckOptions(profiles=look.worn, culture=look.culture, age=look.age)
    document = _document(spec)
    return {**as_json(check_file(document, options)), "file": document.name}


TASKS: Mapping[str, Callable[[Spec, Teller], Mapping[str, Any]]] = {
    "measure": measure,
    "hear": hear,
    "draw": draw,
    "page": page,
    "check": check,
}


def _source(spec: Spec) -> Path:
    from sentigram.serve.job_folder import FILES

    return Path(spec.folder, FILES, spec.source)


def _document(spec: Spec) -> Path:
    """The job's Document.

    Raises:
        DocumentError: There is none.
    """
    from sentigram.errors import DocumentError

    path = _source(spec).with_name(spec.document)
    if not path.is_file():
        message = "there is no Document yet"
        raise DocumentError(message)
    return path


def _settings(spec: Spec) -> Settings:
    """What is asked for, in the job's own places."""
    from sentigram.jobs.asked import settings_of_texts
    from sentigram.serve.job_folder import GIVEN

    settings = settings_of_texts(spec.options)
    transcript = Path(spec.folder, GIVEN, spec.transcript) if spec.transcript else None
    hear_options = replace(
        settings.hear,
        transcript=transcript,
        emotions=settings.hear.emotions and spec.emotions,
    )
    return replace(
        settings,
        kinds=tuple(dict.fromkeys((*settings.kinds, "json"))),
        out=None,
        overwrite=True,
        hear=hear_options,
    )


def main() -> int:
    """Do what standard input says."""
    from sentigram.serve.job_folder import FILES, GIVEN, HEARD

    spec = Spec(**json.loads(sys.stdin.read()))
    # What a library prints must not come between events, nor what it reads from who asks.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    folder = Path(spec.folder)
    isolation.isolate(
        isolation.Allowance(
            memory_bytes=spec.memory_bytes,
            cpu_seconds=spec.cpu_seconds,
            file_bytes=spec.file_bytes,
            parent=spec.parent,
            writable=(folder / FILES, folder / HEARD, Path.cwd()),
            readable=(folder / GIVEN, *_models()),
        ),
        spec.ways,
    )
    return _do(spec, out)


def _do(spec: Spec, out: IO[str]) -> int:
    from sentigram.serve.job_folder import WORDS

    folder = Path(spec.folder)
    teller = Teller(out, folder, folder / WORDS)
    try:
        answer = TASKS[spec.task](spec, teller)
    except SentigramError as error:
        said = _OF_SERVER.get(type(error)) or teller.for_visitors(str(error))
        teller.tell("failed", {"error": said, "detail": str(error)})
        return error.exit_code
    except Exception as error:  # noqa: BLE001  (told to whoever runs the server, and not to visitors)
        lack = resource_error(error)
        traceback.print_exc()
        teller.tell("failed", {"error": _FAULT if lack is None else _OF_SERVER[ResourceError]})
        return 5
    teller.tell("done", answer)
    return 0


def _models() -> Iterator[Path]:
    """Where models are that were brought to this machine."""
    if named := os.environ.get("SENTIGRAM_MODELS"):
        yield Path(named)


if __name__ == "__main__":
    sys.exit(main())
