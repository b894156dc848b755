"""Tags in angle brackets, as SubRip, WebVTT and XML have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from sentigram.formats.track import Lettering

BOLD = 700
ARROW = "-->"
_PIECES = re.compile(r"<[^<>]*>|\{[^{}\n]*\}|[^<{]+|[<{]")
_MOST_OPEN = 50  # tags that are looked through for the one that ends, and that parts repeat


def markup_pieces(source: str) -> Iterator[str]:
    """What may be a tag, in angle brackets or braces, and the text between."""
    yield from (match[0] for match in _PIECES.finditer(source))


def closed(open_tags: list[tuple[str, Lettering]], name: str, look: Lettering) -> Lettering:
    """The look outside the tag that ends; an end without a beginning changes nothing."""
    for at in range(len(open_tags) - 1, max(-1, len(open_tags) - _MOST_OPEN), -1):
        if open_tags[at][0] == name:
            before = open_tags[at][1]
            del open_tags[at:]
            return before
    return look


def divided_markup(tag: re.Pattern[str], first: str, second: str) -> tuple[str, str] | None:
    """Two parts of a source text, each with the tags that it needs to stand by itself.

    Args:
        tag: Its first group is the slash of an end, its second the name.
        first: Up to where it is divided.
        second: The rest.

    Returns:
        None where more tags are open there than any text has: both parts would repeat them all.
    """
    stack: list[tuple[str, str]] = []
    for match in tag.finditer(first):
        name = match[2]
        if not match[1]:
            stack.append((name, match[0]))
            continue
        for at in range(len(stack) - 1, max(-1, len(stack) - _MOST_OPEN), -1):
            if stack[at][0].lower() == name.lower():
                del stack[at:]
                break
    if len(stack) > _MOST_OPEN:
        return None
    closing = "".join(f"</{name}>" for name, _ in reversed(stack))
    return first + closing, "".join(raw for _, raw in stack) + second


def xml_text(root: ET.Element) -> str:
    """A whole XML file, to be encoded as UTF-8."""
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
