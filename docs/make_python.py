"""Writes docs/python.md: what Python code can call, from the docstrings of what it names.

python docs/make_python.py           # writes the file
python docs/make_python.py --check   # exit code 1 where it is not current
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import sentigram
from sentigram.core.option import options_of

PAGE = Path(__file__).with_name("python.md")
_GROUPS = {
    "Functions": ("hear", "load", "render", "check", "fix", "read_subtitles"),
    "Values": ("Document", "DocumentWord", "WordEmotion", "Span"),
    "Options": ("Look", "Engine", "VideoOptions"),
    "Seams": ("Transcriber", "EmotionModel", "Renderer", "Reporter"),
}
_RETURNED = {
    "Report": "sentigram.check.checking",
    "Corrected": "sentigram.check.fix.fixing",
    "SubtitleTrack": "sentigram.formats.track",
    "Caption": "sentigram.formats.track",
}
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$", re.MULTILINE)
_ENTRY = re.compile(r"^    (\w+): ", re.MULTILINE)
_OBJECT = re.compile(r"<function (\w+) at 0x\w+>|<[\w.]*\.NoMemory object at 0x\w+>")
_SEAMS = (
    "What these say is all that Sentigram asks of a part. Another package brings its own by an "
    "entry point in the group `sentigram.transcribers`, `sentigram.models` or "
    "`sentigram.renderers`; its name is then known to `Engine(transcriber_name=…)`, or to "
    "`--to`. A renderer inherits `sg.Renderer`; its files end with its name."
)


def page() -> str:
    """The whole page."""
    parts = ["# Python", "", "<!-- Made by docs/make_python.py of the docstrings. -->", ""]
    parts += [_text(inspect.getdoc(sentigram) or ""), ""]
    for title, names in _GROUPS.items():
        parts += [f"## {title}", "", *([_SEAMS, ""] if title == "Seams" else [])]
        for name in names:
            parts += _described(name, getattr(sentigram, name))
    errors = inspect.getdoc(sys.modules[sentigram.SentigramError.__module__]) or ""
    parts += ["## What comes back", ""]
    for name, place in _RETURNED.items():
        parts += _described(name, getattr(import_module(place), name), prefix="")
    parts += ["## Errors", "", _text(errors)]
    return "\n".join(parts).rstrip() + "\n"


def _described(name: str, what: Any, prefix: str = "sg.") -> Iterator[str]:
    """A function with its signature, or a class with its fields and methods."""
    if inspect.isfunction(what):
        yield from (f"### `{prefix}{name}`", "", _call(f"sg.{name}", what), "", _doc(what), "")
        return
    yield from (f"### `{prefix}{name}`", "", _doc(what), "")
    if dataclasses.is_dataclass(what):
        yield from _options(what)
    for member, found in vars(what).items():
        if member.startswith("_") or not inspect.getdoc(found):
            continue
        if isinstance(found, property):
            yield from (f"**`.{member}`** {_doc(found)}", "")
        elif inspect.isfunction(found):
            yield from (_call(f".{member}", found), "", _doc(found), "")


def _options(what: Any) -> Iterator[str]:
    """The fields that are options, with their defaults, as a table."""
    defaults = {field.name: field.default for field in dataclasses.fields(what)}
    rows = [
        f"| `{name}` | `{_shown(defaults[name])}` | {_meaning(option.help, is_off=option.is_off)} |"
        for name, _, option in options_of(what)
    ]
    if rows:
        yield from ("| option | default | what |", "|---|---|---|", *rows, "")


def _meaning(text: str, *, is_off: bool) -> str:
    return f"False: {text[0].lower()}{text[1:]}" if is_off else text


def _shown(value: object) -> str:
    return repr(value).replace("'", '"')


def _call(name: str, function: Any) -> str:
    """How it is called, an argument a line where there are many."""
    signature = inspect.signature(function)
    kept = [p for p in signature.parameters.values() if p.name != "self"]
    returned = "" if signature.return_annotation in ("None", None) else signature.return_annotation
    shown = str(signature.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    shown = re.sub(r": '([^']*)'", r": \1", shown)
    shown = _OBJECT.sub(lambda found: found[1] or "NO_MEMORY", shown)
    arrow = f" -> {returned}" if returned else ""
    line = f"{name}{shown}{arrow}"
    if len(line) > 88:
        inner = shown[1:-1]
        parts = re.split(r", (?=\*|\w+:)", inner)
        line = f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){arrow}"
    return f"```python\n{line}\n```"


def _doc(what: Any) -> str:
    """A Google docstring as Markdown."""
    text = inspect.getdoc(what) or ""
    pieces = _SECTION.split(text)
    made = [_text(pieces[0].strip())]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if title == "Returns":
            made.append(f"Returns: {_joined(body)}")
            continue
        entries = _ENTRY.split(body)
        rows = (
            f"- `{entry}`: {_joined(said)}"
            for entry, said in zip(entries[1::2], entries[2::2], strict=True)
        )
        made.append(f"{title}:\n\n" + "\n".join(rows))
    return "\n\n".join(made)


def _text(text: str) -> str:
    """Paragraphs, with indented blocks fenced."""
    blocks = text.split("\n\n")
    return "\n\n".join(
        f"```python\n{inspect.cleandoc(block)}\n```"
        if block.startswith("    >>>")
        else (f"```\n{inspect.cleandoc(block)}\n```" if block.startswith("    ") else block)
        for block in blocks
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


def main() -> int:
    """Write the page, or say whether it is current."""
    made = page()
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != made)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
