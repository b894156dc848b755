"""Tags of SubRip and WebVTT, read as runs of letters that look alike."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace

from sentigram.formats.colours import css_colour
from sentigram.formats.values import Look, Run

PIECES = re.compile(r"<[^<>]*>|\{[^{}\n]*\}|[^<{]+|[<{]")
SRT_TAG = re.compile(r"<(/?)(b|i|u|s|em|strong|font)(\s[^<>]*)?>", re.IGNORECASE)
SRT_OVERRIDE = re.compile(r"\{\\[a-zA-Z0-9][^{}\n]*\}")
VTT_TAG = re.compile(r"<(/?)(b|i|u|c|v|lang|ruby|rt)((?:\.[^\s<>.]+)*)(?:[ \t\n]+([^<>]*))?>")
VTT_STAMP = re.compile(r"<(?:\d{2,5}:)?\d\d:\d\d\.\d{3}>", re.ASCII)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_FONT_COLOUR = re.compile(r"""color\s*=\s*["']?([^"'<>\s]{1,40})""", re.IGNORECASE)
_ALIGNED = re.compile(r"\\an?(\d{1,2})")
_OLD_ALIGNMENT = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
_CSS_NUMBER = re.compile(r"-?\d{1,5}(?:\.\d{1,5})?")
_BOLD = 700
_BOX_ALPHA = 0.2  # WebVTT: the background of a cue is rgba(0, 0, 0, 0.8)
VTT_BASE = Look(fill="#ffffff", box="#000000", box_alpha=_BOX_ALPHA)
_VTT_COLOURS = ("white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black")


@dataclass(frozen=True, slots=True)
class CueRule:
    """A `::cue(…)` rule: what it selects and what it declares.

    Attributes:
        tag: Name of the tag, "" for any.
        classes: All must be there.
        voice: Name in `v[voice="…"]`, "" for any.
        declared: Property to value, both in lower case.
    """

    tag: str
    classes: frozenset[str]
    voice: str
    declared: dict[str, str]


def old_alignment(number: int) -> int:
    r"""Alignment of SSA and `\a` as a number pad has it."""
    return _OLD_ALIGNMENT.get(number, 2)


def srt_runs(source: str) -> tuple[tuple[tuple[Run, ...], ...], int]:
    r"""Lines of runs, and the alignment on a number pad that `{\an8}` asks for (else 2)."""
    alignment = 2
    pieces: list[tuple[str, Look]] = []
    open_tags: list[tuple[str, Look]] = []
    look = Look()
    for match in PIECES.finditer(BREAK.sub("\n", source)):
        piece = match[0]
        if tag := SRT_TAG.fullmatch(piece):
            name = tag[2].lower()
            if not tag[1]:
                open_tags.append((name, look))
                look = _srt_look(look, name, tag[3] or "")
            else:
                look = _closed(open_tags, name, look)
        elif SRT_OVERRIDE.fullmatch(piece):
            for number in _ALIGNED.findall(piece):
                value = int(number)
                alignment = value if rf"\an{number}" in piece else old_alignment(value)
            look = _overridden(look, piece)
        else:
            pieces.append((piece, look))
    return _lines(pieces), alignment if 1 <= alignment <= 9 else 2


def vtt_runs(source: str, sheet: tuple[CueRule, ...] = ()) -> tuple[tuple[Run, ...], ...]:
    """Lines of runs of a WebVTT cue, under the rules of its STYLE blocks."""
    base = _declared(VTT_BASE, [rule for rule in sheet if not _is_special(rule)])
    pieces: list[tuple[str, Look]] = []
    open_tags: list[tuple[str, Look]] = []
    look = base
    for match in PIECES.finditer(source):
        piece = match[0]
        if tag := VTT_TAG.fullmatch(piece):
            name = tag[2]
            if not tag[1]:
                open_tags.append((name, look))
                look = _vtt_look(look, name, tag[3], (tag[4] or "").strip(), sheet)
            else:
                look = _closed(open_tags, name, look)
        elif not VTT_STAMP.fullmatch(piece):
            pieces.append((html.unescape(piece), look))
    return _lines(pieces)


def _closed(open_tags: list[tuple[str, Look]], name: str, look: Look) -> Look:
    """The look outside the tag that ends; an end without a beginning changes nothing."""
    for at in range(len(open_tags) - 1, max(-1, len(open_tags) - 50), -1):
        if open_tags[at][0] == name:
            before = open_tags[at][1]
            del open_tags[at:]
            return before
    return look


def _srt_look(look: Look, name: str, attributes: str) -> Look:
    if name in ("b", "strong"):
        return replace(look, weight=_BOLD)
    if name in ("i", "em"):
        return replace(look, italic=True)
    if name in ("u", "s"):
        return replace(look, underline=True)
    match = _FONT_COLOUR.search(attributes)
    colour = css_colour(match[1]) if match else None
    return look if colour is None else replace(look, fill=colour[0])


def _overridden(look: Look, block: str) -> Look:
    if r"\i1" in block or r"\i0" in block:
        look = replace(look, italic=r"\i1" in block)
    if r"\b1" in block or r"\b0" in block:
        look = replace(look, weight=_BOLD if r"\b1" in block else 400)
    return look


def _vtt_look(
    look: Look, name: str, classes: str, annotation: str, sheet: tuple[CueRule, ...]
) -> Look:
    look = {
        "b": replace(look, weight=_BOLD),
        "i": replace(look, italic=True),
        "u": replace(look, underline=True),
    }.get(name, look)
    worn = frozenset(classes.split(".")[1:])
    for colour in _VTT_COLOURS:  # classes that every player knows
        if colour in worn:
            look = replace(look, fill=css_colour(colour)[0])  # type: ignore[index]
        if f"bg_{colour}" in worn:
            look = replace(look, box=css_colour(colour)[0], box_alpha=0.0)  # type: ignore[index]
    fits = [
        rule
        for rule in sheet
        if _is_special(rule)
        and rule.tag in ("", name)
        and rule.classes <= worn
        and (not rule.voice or (name == "v" and rule.voice == annotation))
    ]
    return _declared(look, fits)


def _is_special(rule: CueRule) -> bool:
    return bool(rule.tag or rule.classes or rule.voice)


def _declared(look: Look, fitting: list[CueRule]) -> Look:
    """The look under rules, the more special and then the later ones last."""
    fitting.sort(key=lambda rule: (len(rule.classes) + bool(rule.voice), bool(rule.tag)))
    for rule in fitting:
        for name, value in rule.declared.items():
            look = _with(look, name, value)
    return look


def _with(look: Look, name: str, value: str) -> Look:
    colour = css_colour(value)
    number = _CSS_NUMBER.match(value)
    match name:
        case "color" if colour:
            look = replace(look, fill=colour[0], fill_alpha=colour[1])
        case "background" | "background-color" if colour:
            look = replace(look, box=colour[0], box_alpha=colour[1])
        case "font-weight":
            named = {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}
            weight = int(value) if value.isdecimal() and len(value) < 5 else 400
            look = replace(look, weight=named.get(value, weight))
        case "font-style":
            look = replace(look, italic=value in ("italic", "oblique"))
        case "text-decoration" | "text-decoration-line":
            look = replace(look, underline="underline" in value or "line-through" in value)
        case "font-family":
            look = replace(look, family=value.partition(",")[0].strip(" \"'"))
        case "font-size" if number:
            look = replace(look, size_px=float(number[0]))
        case "letter-spacing" if number:
            look = replace(look, spacing_px=float(number[0]))
    return look


def _lines(pieces: list[tuple[str, Look]]) -> tuple[tuple[Run, ...], ...]:
    """Pieces of text, divided into lines; neighbours that look alike are one run."""
    lines: list[list[Run]] = [[]]
    for text, look in pieces:
        for at, part in enumerate(text.split("\n")):
            if at:
                lines.append([])
            line = lines[-1]
            if line and line[-1].look == look:
                line[-1] = Run(line[-1].text + part, look)
            elif part:
                line.append(Run(part, look))
    return tuple(tuple(line) for line in lines)
