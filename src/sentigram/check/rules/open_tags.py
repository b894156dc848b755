r"""Tags that begin and never end, that end and never began, and that end in each other's way.

Players differ about all of them: VLC takes the innermost style off at any end, ffmpeg the named
one, and browsers leave out an end that does not fit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.formats import editable
from sentigram.formats.track import Caption

_TAG = re.compile(r"<(/?)([a-zA-Z]+)")
# A tag that lacks its `>`; nothing in angle brackets begins or ends behind it.
_CUT_OFF = {
    "srt": re.compile(r"<(/?)(b|i|u|s|em|strong|font)(?=\s|$|<)([^<>]*)(?=<|$)", re.IGNORECASE),
    "vtt": re.compile(r"<(/?)(b|i|u|c|v|lang|ruby|rt)(?=[\s.]|$|<)([^<>]*)(?=<|$)"),
}
# A block of ASS that lacks its `}`.
OPEN_BLOCK = re.compile(r"(?<!\\)\{\\[a-zA-Z0-9][^{}\n]*(?=[{\n]|$)")
_BLOCK_TO_CLOSE = re.compile(r"\{((?:\\(?:[ibus][01]|an[1-9]))+)(?![\\\d(])")
_MAY_STAY_OPEN = frozenset({"v", "rt"})  # by the standard: a voice is the rest of its cue
_MOST_OPEN = 50  # tags that are looked through for the one that ends


def unclosed(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    """The first tag of a caption that has no partner, or stands in another one's way."""
    for what, why in _faults(context.track.kind, caption.source):
        yield context.found(
            "unclosed-tag",
            caption,
            f"{quoted(what)} {why}",
            measured=quoted(what),
            allowed="a beginning and an end for each tag",
        )
        return


def balanced(kind: str, source: str) -> str:
    """Source text whose tags begin and end, where only one way to mend them is possible.

    What is open at the end of the cue ends there, an end that nothing began goes, and tags that
    overlap are divided. A tag without its bracket is completed where what follows cannot be of it.
    """
    source = OPEN_BLOCK.sub(lambda match: _BLOCK_TO_CLOSE.sub(r"{\1}", match[0]), source)
    if kind not in _CUT_OFF:
        return source
    begun, ended = (
        Counter(name.lower() for name in re.findall(shape, source))
        for shape in (r"<([a-zA-Z]+)[^<>]*>", r"</([a-zA-Z]+)")
    )

    def completed(match: re.Match[str]) -> str:
        slash, name, rest = match.groups()
        if slash:
            return f"</{name}>{rest}"
        is_missed = ended[name.lower()] > begun[name.lower()]
        is_plain = name.lower() in ("b", "i", "u", "s")
        return f"<{name}>{rest.lstrip()}" if is_missed and is_plain else match[0]

    walk = _Walk(kind)
    return walk.through(_CUT_OFF[kind].sub(completed, source))


def _faults(kind: str, source: str) -> Iterator[tuple[str, str]]:
    """Each tag that is at fault, and why."""
    if kind in ("srt", "ass") and (match := OPEN_BLOCK.search(source)):
        yield match[0], "begins a tag and has no } behind it"
    if kind not in _CUT_OFF:
        return
    if match := _CUT_OFF[kind].search(source):
        yield match[0], "begins a tag and has no > behind it"
    walk = _Walk(kind)
    walk.through(source)
    yield from walk.faults


@dataclass(slots=True)
class _Walk:
    """One way through the pieces of a cue.

    Attributes:
        kind: srt or vtt.
        faults: What was met, and what is wrong with it.
        made: The text so far.
        open_tags: Name and tag of each that is open, the outermost first.
        waiting: Tags to open again before the next text.
    """

    kind: str
    faults: list[tuple[str, str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    open_tags: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)

    def through(self, source: str) -> str:
        """The text with each tag that begins and ends; what was wrong is in `faults`."""
        grammar = editable(self.kind)
        assert grammar is not None  # noqa: S101  (both kinds can be corrected)
        for piece in grammar.pieces(source):
            tag = _TAG.match(piece) if grammar.is_tag(piece) else None
            if tag is None:
                self._reopen()
                self.made.append(piece)
            elif tag[1]:
                self._end(tag[2].lower(), piece)
            else:
                self._reopen()
                self.open_tags.append((tag[2].lower(), piece))
                self.made.append(piece)
        for name, opened in reversed(self.open_tags):
            if name not in _MAY_STAY_OPEN:
                self.faults.append((opened, "begins and never ends"))
                self.made.append(_end_of(opened))
        return "".join(self.made)

    def _end(self, name: str, piece: str) -> None:
        closed = next(
            (i for i, one in enumerate(self.waiting[:_MOST_OPEN]) if one[0] == name), None
        )
        if closed is not None:  # it was closed already, and nothing has been said since
            del self.waiting[closed]
            return
        near = range(len(self.open_tags) - 1, max(-1, len(self.open_tags) - _MOST_OPEN), -1)
        at = next((i for i in near if self.open_tags[i][0] == name), None)
        if at is None:
            self.faults.append((piece, "ends what nothing began"))
            return
        inner = self.open_tags[at + 1 :]
        if any(opened not in _MAY_STAY_OPEN for opened, _ in inner):
            self.faults.append((piece, f"ends before the {quoted(inner[-1][1])} inside it does"))
        for opened, tag in reversed(inner):
            if opened not in _MAY_STAY_OPEN:
                self.made.append(_end_of(tag))
                self.waiting.insert(0, (opened, tag))
        del self.open_tags[at:]
        self.made.append(piece)

    def _reopen(self) -> None:
        self.made += [tag for _, tag in self.waiting]
        self.open_tags += self.waiting
        self.waiting.clear()


def _end_of(tag: str) -> str:
    """The end of a tag in angle brackets, spelled as its beginning."""
    match = _TAG.match(tag)
    return f"</{match[2]}>" if match else ""
