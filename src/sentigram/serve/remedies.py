"""Messages as visitors see them: without what only whoever runs the server can do.

That is commands, options that a job has not (`docs/serve.md` lists them), and putting files beside
others.

The operator sees them whole, in the server's log.
"""

from __future__ import annotations

import re

ASK = "ask whoever runs this server"
_OPTION = (
    r"\b(?:weights (?:commercial|research)|transcriber(?:_name)? (?:moonshine|faster-whisper)"
    r"|device (?:cpu|cuda|mps)|engine (?:bundled|full)|out DIR)\b|\bput it there\b"
)
# Of two ways out the one that is not a visitor's: "use transcriber faster-whisper, or give words".
_OTHER_WAY = re.compile(
    rf"(?:\b(?:use|try|give|choose)\s+)?(?:{_OPTION}),? or (?=(?:give|say|choose|leave|name)\b)"
)
_COMMAND = re.compile(
    rf"{_OPTION}|"
    r"\bsentigram\s+[a-z]|\b(?:pip|apt|apt-get|brew|conda)\s+install\b|\bpython3? -m [a-z]"
    r"|\bct2-transformers-converter\b|\bSENTIGRAM_[A-Z]+\b"
)
_INNER = re.compile(r"\s*\(([^()]*)\)")
_CLAUSE = re.compile(r"\s*;\s*")
_SIGNS = ("run", "bring it", "bring them")  # of a command, where nothing is said before
_LEAD = re.compile(r"(?:[:,]|\s[-–])\s(?!.*(?:[:,]|\s[-–])\s)")  # the last one


def without_commands(text: str, *, asks: bool = False) -> str:
    """A message without the clauses that hold a command or an option of the operator's.

    Args:
        text: One line for people: clauses apart by semicolons, asides in parentheses.
        asks: Say in their place whom to ask.
    """
    text = _OTHER_WAY.sub("", text)
    if not _COMMAND.search(text):
        return text
    kept = _CLAUSE.split(_INNER.sub(_aside, text))
    left = [kept[0] if not _COMMAND.search(kept[0]) else _before_command(kept[0])]
    left += [clause for clause in kept[1:] if not _COMMAND.search(clause)]
    said = "; ".join(clause for clause in left if clause)
    return "; ".join(filter(None, (said, ASK if asks or not said else "")))


def _aside(found: re.Match[str]) -> str:
    """An aside without its commands; nothing where that was all."""
    if not _COMMAND.search(found[0]):
        return found[0]
    inner = [part for part in _CLAUSE.split(found[1]) if not _COMMAND.search(part)]
    return f" ({'; '.join(inner)})" if inner else ""


def _before_command(clause: str) -> str:
    """What a clause says before it comes to the command."""
    before, *_ = _COMMAND.split(clause, maxsplit=1)
    lead = _LEAD.search(before)
    said = before[: lead.start()].rstrip() if lead else ""
    return "" if said in _SIGNS else said
