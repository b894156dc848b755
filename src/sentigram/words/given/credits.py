"""Leaves out what files say about themselves: who made the subtitles, and where they are from.

Nobody says it, and aligned with the sound it would take the place of words that are said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sentigram.core.text import is_visible
from sentigram.formats.parsing import shown
from sentigram.formats.track import SpokenCue

_NEAR_ENDS = 3  # cues at the beginning and at the end, where people sign their work
_MOST_WORDS, _LONGEST_LINE = 16, 200
# What sites put into the files that they give away, wherever it stands.
_SITE = re.compile(
    r"(?:opensubtitles|addic7ed|subscene|podnapisi|subdivx|napiprojekt|napisy24|titlovi|yifysubtitles"
    r"|amara|turboscribe|happyscribe|transkriptor|notta|tactiq|sonix|otter)\s?\.\s?"
    r"(?:org|com|net|pl|ai|io|mx|info)\b",
    re.IGNORECASE,
)
_WORK = (
    r"(?:sub(?:title)?s?|(?:closed )?captions?|transcri(?:pt(?:ion)?|bed)|translat(?:ed|ion)"
    r"|sync(?:ed|s)?|synchroni[sz](?:ed|ation)|re-?sync(?:ed)?|timing|encoded|ripped|downloaded|corrections?"
    r"|untertitel(?:ung)?|übersetzung|transkription|sous-titr(?:es|age)|traduction|transcription"
    r"|subtítulos|traducción|transcripción|sottotitoli|traduzione|legendas?|legendado|tradução"
    r"|ondertiteling|ondertitels|vertaling|napisy|tłumaczenie|titulky|překlad|preklad|titlovi|prijevod"
    r"|prevod|feliratok|fordítás|subtitrare|traducerea?|altyazı|çeviri|undertexter|undertekster"
    r"|tekstitys|suomennos|oversættelse|oversettelse|субтитры|перевод|субтитри|переклад|превод"
    r"|υπότιτλοι|μετάφραση|字幕|翻译|翻譯|자막)"
)
_FROM = (
    r"(?:[:：]|(?:by|from|von|im auftrag|par|de|por|di|da|door|av|af|przez|készítette|od|от|за|"
    r"για|制作|製作|提供)(?!\w))"
)
_SIGNED = re.compile(
    rf"[\W_]*{_WORK}(?:\s*(?:&|and|und|et|y|e|i|a|és|и|,|/)\s*{_WORK})?\s*{_FROM}.*",
    re.IGNORECASE | re.DOTALL,
)


def without_credits(
    cues: Sequence[SpokenCue],
) -> tuple[tuple[SpokenCue, ...], tuple[str, ...]]:
    """Cues without what a file says about itself, and what to say of it."""
    kept: list[SpokenCue] = []
    left: list[str] = []
    for at, cue in enumerate(cues):
        is_near = min(at, len(cues) - 1 - at) < _NEAR_ENDS
        if cue.words:
            text = " ".join(word.text for word in cue.words)
            if _is_credit(text, is_near=is_near):
                left.append(text)
            else:
                kept.append(cue)
            continue
        lines = cue.text.split("\n")
        said = [line for line in lines if not _is_credit(line, is_near=is_near)]
        if len(said) == len(lines):
            kept.append(cue)
            continue
        left += [line for line in lines if _is_credit(line, is_near=is_near)]
        if any(map(is_visible, said)):
            kept.append(replace(cue, text="\n".join(said).strip()))
    if not left or not kept:
        return tuple(cues), ()
    count = "1 line" if len(left) == 1 else f"{len(left)} lines"
    return tuple(kept), (f"{count} about the file itself ({shown(left[0].strip())!r}) left out",)


def _is_credit(line: str, *, is_near: bool) -> bool:
    """Whether a line is about the file."""
    if len(line) > _LONGEST_LINE or len(line.split()) > _MOST_WORDS:
        return False
    return bool(_SITE.search(line) or (is_near and _SIGNED.fullmatch(line.strip())))
