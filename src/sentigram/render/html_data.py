"""What the page's script reads: the Document, its cues and its looks as one compact JSON value.

Words travel as columns, numbers as whole percents or per mille, and the style of a word as an index
into a pool, so that an hour of speech stays below a megabyte and most looks share one table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sentigram.core.document import Document
from sentigram.core.protocols import RenderJob
from sentigram.core.style import Look, StyledWord, StyleKey, TextStyle
from sentigram.core.time import Span
from sentigram.render.html_wording import describe

Json = dict[str, Any]

_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def island(value: object) -> str:
    r"""Write JSON that may stand inside a script element.

    `<`, `>`, `&`, the two Unicode line separators and lone surrogates become `\uXXXX`, so no text
    can end the element, and JSON.parse still gives the same strings.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def page_data(job: RenderJob, *, title: str, href: str, name: str, span: Span) -> Json:
    """Gather everything that the script shows.

    Args:
        job: With at least one look.
        title: Name of the talk.
        href: Percent-encoded relative address of the media file.
        name: Name of the media file, for people.
        span: The stretch of the media that the page covers.
    """
    document = job.document
    tables = _WordTables(tuple(word.text for word in document.transcript.words()))
    looks = [
        {
            "culture": look.culture,
            "age": look.age,
            "table": tables.add(look),
            "legend": _legend(look, document),
        }
        for look in job.looks
    ]
    return {
        "title": title,
        "media": {
            "name": name,
            "href": href,
            "has_picture": document.media.width_px > 0,
            "fps": float(document.media.fps),
            "duration_ms": document.media.duration_ms,
        },
        "start_ms": span.start_ms,
        "end_ms": span.end_ms,
        "motion": job.motion,
        "labels": list(document.track.labels),
        "words": _words(document),
        "utterances": _utterances(document),
        "cues": [
            [
                cue.span.start_ms,
                cue.span.end_ms,
                [[word.index for word in line] for line in cue.lines],
                cue.speaker,
            ]
            for cue in job.track.cues
        ],
        "styles": tables.styles,
        "specs": tables.specs,
        "tables": tables.tables,
        "looks": looks,
        "engine": [[part.role, part.id, part.version] for part in document.engine],
    }


def _words(document: Document) -> Json:
    words = tuple(document.transcript.words())
    labels, readings = document.track.labels, document.track.readings
    return {
        "text": [word.text for word in words],
        "start": [word.span.start_ms for word in words],
        "end": [word.span.end_ms for word in words],
        "joined": [i for i, word in enumerate(words) if word.joined],
        "given": [i for i, word in enumerate(words) if word.source == "given"],
        "estimated": [i for i, word in enumerate(words) if word.timing == "estimated"],
        "confidence": [_percent(word.confidence) for word in words],
        "label": [labels.index(reading.label) for reading in readings],
        "by_hand": [i for i, reading in enumerate(readings) if reading.is_by_hand(labels)],
        "intensity": [_percent(reading.shown_intensity(labels)) for reading in readings],
        "probs": [[round(1000 * p) for p in reading.probs] for reading in readings],
        "vad": [reading.vad and [_percent(x) for x in reading.vad] for reading in readings],
        "evidence": [
            reading.evidence and [_percent(reading.evidence.text), _percent(reading.evidence.audio)]
            for reading in readings
        ],
    }


def _utterances(document: Document) -> list[list[object]]:
    first, rows = 0, []
    for utterance in document.transcript.utterances:
        rows.append([utterance.speaker, first, len(utterance.words)])
        first += len(utterance.words)
    return rows


def _percent(share: float) -> int:
    return round(100 * share)


def _legend(look: Look, document: Document) -> list[list[str]]:
    """Each emotion of a look: its name, the class of its full style, and the style in words."""
    strongest: dict[str, StyleKey] = {}
    for key in look.styles:
        known = strongest.get(key.emotion)
        if not key.is_emphasis and (known is None or key.level > known.level):
            strongest[key.emotion] = key
    order = {name: i for i, name in enumerate(document.track.labels)}
    neutral = look.styles.get(StyleKey("neutral", 0))
    names = sorted(strongest, key=lambda name: (name == "neutral", order.get(name, len(order))))
    return [
        [name, strongest[name].slug, describe(look.styles[strongest[name]], against=neutral)]
        for name in names
    ]


class _WordTables:
    """Pools of styles, of word drawings made of them, and of whole tables of drawings.

    A drawing is `[main]`, or `[main, text, style, text, style, …]` for a word with several runs;
    texts are letters of the word as it is written, since the browser changes their case. A drawing
    whose letters are not those of the word (a theme may replace them) carries them in the same way.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._style_ids: dict[StyleKey, int] = {}
        self._spec_ids: dict[tuple[object, ...], int] = {}
        self._sources: list[tuple[tuple[StyledWord, ...], int]] = []
        self.styles: list[list[object]] = []
        self.specs: list[list[object]] = []
        self.tables: list[list[int]] = []

    def add(self, look: Look) -> int:
        """Store the words of a look and give the number of its table."""
        for words, number in self._sources:
            if words is look.words or words == look.words:
                return number
        table = [
            self._spec(word, text, look) for word, text in zip(look.words, self._texts, strict=True)
        ]
        if table not in self.tables:
            self.tables.append(table)
        number = self.tables.index(table)
        self._sources.append((look.words, number))
        return number

    def _spec(self, word: StyledWord, text: str, look: Look) -> int:
        runs = word.runs
        main = next((run.style for run in runs if not run.style.is_emphasis), runs[0].style)
        spec: tuple[object, ...] = (self._style(main),)
        if len(runs) > 1 or transformed(text, look.styles[main]) != runs[0].text:
            spec = self._letters(word, text, look, spec)
        if spec not in self._spec_ids:
            self._spec_ids[spec] = len(self.specs)
            self.specs.append(list(spec))
        return self._spec_ids[spec]

    def _letters(
        self, word: StyledWord, text: str, look: Look, spec: tuple[object, ...]
    ) -> tuple[object, ...]:
        pieces, at = [], 0
        for run in word.runs:
            written = text[at : at + len(run.text)]
            at += len(run.text)
            is_same = transformed(written, look.styles[run.style]) == run.text
            pieces.append(written if is_same else run.text)
        for run, piece in zip(word.runs, pieces, strict=True):
            spec = (*spec, piece, self._style(run.style))
        return spec

    def _style(self, key: StyleKey) -> int:
        number = self._style_ids.get(key)
        if number is None:
            number = self._style_ids[key] = len(self.styles)
            self.styles.append([key.slug, key.emotion, key.level])
        return number


def transformed(text: str, style: TextStyle) -> str:
    """Text in the case that a style shows it in."""
    if style.transform == "uppercase":
        return text.upper()
    return text.lower() if style.transform == "lowercase" else text
