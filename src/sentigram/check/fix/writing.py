"""Writes corrected cues back into the file that they come from; all else in it stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sentigram.check.fix.drafts import Draft
from sentigram.core.time import format_ass, format_srt, format_vtt
from sentigram.formats.marks import SRT_MARK
from sentigram.formats.markup import VTT_STAMP
from sentigram.formats.substation import event_lines
from sentigram.formats.values import Caption, Track

_ARROW = "-->"
_STAMP_PARTS = re.compile(r"<(?:(\d+):)?(\d\d):(\d\d)\.(\d{3})>")


def written(track: Track, drafts: Sequence[Draft]) -> str:
    """The text of the corrected file."""
    if track.kind == "srt":
        return _srt(track, drafts)
    if track.kind == "vtt":
        return "\n".join(_vtt(track, drafts)) + "\n"
    return _ass(track, drafts)


def _srt(track: Track, drafts: Sequence[Draft]) -> str:
    first = track.captions[0].place
    is_own = track.text.split("\n")[first - 1].endswith(SRT_MARK)
    blocks = []
    for number, draft in enumerate(drafts, start=1):
        times = f"{format_srt(draft.start_ms)} {_ARROW} {format_srt(draft.end_ms)}"
        times += SRT_MARK if is_own and number == 1 else ""
        blocks.append(f"{number}\n{times}\n{draft.source}\n")
    return "\n".join(blocks)


def _vtt(track: Track, drafts: Sequence[Draft]) -> Iterator[str]:
    """The header, and each cue with its id, its settings, and the notes before it."""
    rows = track.text.split("\n")
    kept: dict[int, tuple[list[str], str, str]] = {}
    free = 0
    for caption in track.captions:
        at = caption.place - 1
        has_id = at > free and bool(rows[at - 1].strip())
        before = rows[free : at - 1 if has_id else at]
        kept[caption.index] = before, rows[at - 1] if has_id else "", _settings(rows[at])
        free = at + 1 + _n_rows(caption, rows, at)
    head = kept[track.captions[0].index][0] if track.captions else rows
    yield from _trimmed(head)
    told: set[int] = {track.captions[0].index} if track.captions else set()
    for draft in drafts:
        before, name, settings = kept[draft.origin]
        yield ""
        if draft.origin not in told and any(row.strip() for row in before):
            yield from _trimmed(before)
            yield ""
        if name and (draft.origin not in told or draft.origin == track.captions[0].index):
            yield name
            kept[draft.origin] = before, "", settings
        told.add(draft.origin)
        yield f"{format_vtt(draft.start_ms)} {_ARROW} {format_vtt(draft.end_ms)}{settings}"
        yield _stamped(draft)
    rest = _trimmed(rows[free:])
    if rest:
        yield from ("", *rest)


def _n_rows(caption: Caption, rows: Sequence[str], at: int) -> int:
    """How many rows of text a cue has."""
    count = 0
    while at + 1 + count < len(rows) and (
        rows[at + 1 + count].strip() or (count == 0 and caption.source)
    ):
        if _ARROW in rows[at + 1 + count] and count >= caption.source.count("\n") + 1:
            break
        count += 1
    return count


def _settings(row: str) -> str:
    parts = row.partition(_ARROW)[2].split()
    return "".join(f" {part}" for part in parts[1:])


def _trimmed(rows: Sequence[str]) -> list[str]:
    """Rows without the empty ones at their ends."""
    text = "\n".join(rows).strip("\n")
    return text.split("\n") if text else []


def _stamped(draft: Draft) -> str:
    """A cue's text without the times of words that lie outside of it."""

    def kept(match: re.Match[str]) -> str:
        parts = _STAMP_PARTS.fullmatch(match[0])
        if parts is None:
            return ""
        hours, minutes, seconds, ms = (int(part or 0) for part in parts.groups())
        at_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
        return match[0] if draft.start_ms < at_ms < draft.end_ms else ""

    return VTT_STAMP.sub(kept, draft.source)


def _ass(track: Track, drafts: Sequence[Draft]) -> str:
    """Every line as it was, but for events that changed; copies on other layers change along."""
    captions = {caption.index: caption for caption in track.captions}
    made: dict[int, list[Draft]] = {}
    for caption in track.captions:
        made |= {place: [] for place in (caption.place, *(place for place, _ in caption.copies))}
    for draft in drafts:
        caption = captions[draft.origin]
        made[caption.place].append(draft)
        for place, source in caption.copies:
            made[place].append(replace(draft, source=source) if draft.keeps_text else draft)
    events = {n: (line, fields) for n, line, fields in event_lines(track.text)}
    out: list[str] = []
    for n, row in enumerate(track.text.split("\n"), 1):
        if n not in made or n not in events:
            out.append(row)
            continue
        line, fields = events[n]
        for draft in made[n]:
            caption = captions[draft.origin]
            same = (
                draft.start_ms,
                draft.end_ms,
                caption.source if draft.keeps_text else draft.source,
            )
            is_same = same == (caption.start_ms, caption.end_ms, caption.source)
            out.append(row if is_same else _event(line, fields, draft))
    return "\n".join(out)


def _event(line: str, fields: Sequence[str], draft: Draft) -> str:
    kind, _, rest = line.partition(":")
    values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=True))
    values["start"], values["end"] = format_ass(draft.start_ms), format_ass(draft.end_ms)
    values["text"] = draft.source
    first = fields[0]
    values[first] = " " + values[first].strip()
    return f"{kind}:" + ",".join(values[name] for name in fields)
