"""What the page's script reads: the Document, its cues and its looks as one compact JSON value.

Words travel as columns, numbers as whole ones with a common scale, and the style of a word as an
index into a pool, so that an hour of speech stays small and most looks share one table. Nothing of
the Document is lost on the way: the page saves it again, with the corrections made there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from sentigram.core.document import Document, dumps, told_lines
from sentigram.core.emotion import NEUTRAL, RAISED
from sentigram.core.prosody import Prosody
from sentigram.core.protocols import RenderJob
from sentigram.core.style import Cue, StyledLook, StyledWord, StyleKey, TextStyle
from sentigram.core.time import Span
from sentigram.formats.marks import srt_mark
from sentigram.render.html.css import look_classes, profile_name
from sentigram.style.colour.contrast import from_hex
from sentigram.style.layout.places import LABEL
from sentigram.style.layout.sounds import is_of_sound
from sentigram.style.text import fonts

_MOVES = {
    "bounce": "bounces",
    "fade": "fades in",
    "shake": "shakes",
    "pulse": "pulses",
    "tremble": "trembles",
    "pop": "pops up",
    "sway": "sways",
    "glow": "glows",
}
# Upper bounds of the OKLCH hue in degrees; names as people use them, not as CSS does.
_HUES = (
    (12, "pink"),
    (36, "red"),
    (72, "orange"),
    (112, "yellow"),
    (165, "green"),
    (205, "teal"),
    (282, "blue"),
    (322, "violet"),
    (360, "pink"),
)
_GREY_CHROMA = 0.035
_BLACK, _DARK, _PALE, _WHITE = 0.25, 0.45, 0.86, 0.95  # OKLCH lightness


def describe(style: TextStyle, *, against: TextStyle | None) -> str:
    """Name what sets a style apart: `red, capitals, larger, shakes`.

    Args:
        style: The style of an emotion.
        against: The neutral style that it is compared with, None to compare with plain text.
    """
    features = tuple(_features(style, against))
    return ", ".join(features) if len(features) > 1 else f"plain {features[0]} letters"


def colour_name(colour: str) -> str:
    """A common word for `#rrggbb`."""
    of = from_hex(colour)
    if of.chroma < _GREY_CHROMA:
        if of.lightness > _WHITE:
            return "white"
        return "black" if of.lightness < _BLACK else "grey"
    name = next(name for bound, name in _HUES if of.hue <= bound)
    if of.lightness > _PALE and name != "yellow":
        return f"pale {name}"
    return f"dark {name}" if of.lightness < _DARK else name


def _features(style: TextStyle, against: TextStyle | None) -> Iterator[str]:
    yield colour_name(style.fill)
    if style.box:
        yield f"on {colour_name(style.box)}"
    if style.transform != "none":
        yield "capitals" if style.transform == "uppercase" else "small letters"
    if style.italic:
        yield "slanted"
    if style.underline:
        yield "underlined"
    if against is not None:
        yield from _differences(style, against)


def _differences(style: TextStyle, against: TextStyle) -> Iterator[str]:
    if style.weight >= against.weight + 200:
        yield "bold"
    if style.size_em >= against.size_em * 1.05:
        yield "larger"
    elif style.size_em <= against.size_em * 0.95:
        yield "smaller"
    if style.spacing_em >= against.spacing_em + 0.03:
        yield "spread out"
    if style.family != against.family:
        yield f"in {style.family}"
    if style.animation != "none":
        yield _MOVES[style.animation]


Json = dict[str, Any]

_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_SCALES = (100, 1_000, 10_000, 100_000, 1_000_000)
_DOUBTFUL_BELOW = 0.5  # as likely wrong as right: marked in the transcript, whatever the theme does
_NO_VAD = (0.0, 0.0, 0.0)
_OTHER_SIZE_PER_EM = 1.2  # winAscent + winDescent of most fonts that do not ship


def island(value: object) -> str:
    r"""Write JSON that may stand inside a script element.

    `<`, `>`, `&`, the two Unicode line separators and lone surrogates become `\uXXXX`, so no text
    can end the element, and JSON.parse still gives the same strings.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def page_data(
    job: RenderJob,
    *,
    title: str,
    href: str,
    name: str,
    span: Span,
    server: Mapping[str, str] | None = None,
) -> Json:
    """Gather everything that the script shows.

    Args:
        job: With at least one look.
        title: Name of the talk.
        href: Percent-encoded relative address of the media file.
        name: Name of the media file, for people.
        span: The stretch of the media that the page covers.
        server: Where corrections are saved, None for downloads (see `html_text`).
    """
    document = job.document
    tables = _WordTables(tuple(word.text for word in document.transcript.words()))
    legend: dict[tuple[str, str, str], int] = {}
    looks = [
        {
            "culture": look.culture,
            "age": look.age,
            "profile": profile_name(look),
            "classes": " ".join(classes),
            "table": tables.add(look),
            "plain": look.plain_by,
            "dimensions": _dimensions(look),
            "legend": [legend.setdefault(entry, len(legend)) for entry in _legend(look, document)],
        }
        for look, classes in zip(job.looks, look_classes(job.looks), strict=True)
    ]
    canvas = job.track.canvas
    return {
        "id": hashlib.sha256(dumps(document).encode("utf-8", "surrogatepass")).hexdigest()[:16],
        "title": title,
        **({"server": dict(server)} if server else {}),
        "theme": job.track.theme,
        "made_in": job.track.looks,
        "srt_mark": srt_mark(job.track.looks),
        "document": _head(document),
        "canvas": list(astuple(canvas)),
        "faces": _faces(job.looks),
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
        "missed": [[missed.start_ms, missed.end_ms] for missed in document.missed],
        "notes": list(document.notes),
        "capitals": job.track.capitals,
        "doubtful_below": job.track.doubtful_below or _DOUBTFUL_BELOW,
        "labels": list(document.track.labels),
        "raised": RAISED,
        "words": _words(document),
        "utterances": _utterances(document),
        "cues": [
            [
                cue.span.start_ms,
                cue.span.end_ms,
                _numbers(cue),
                cue.speaker,
                cue.label,
                [[voice.speaker, voice.opening] for voice in cue.voices],
                cue.side,
            ]
            for cue in job.track.cues
            if not is_of_sound(cue)
        ],
        "sounds": [
            [one.span.start_ms, one.span.end_ms, one.label, one.confidence, one.source]
            for one in document.sounds
        ],
        "sound_cues": [
            [cue.span.start_ms, cue.span.end_ms, _text_of(cue)]
            for cue in job.track.cues
            if is_of_sound(cue)
        ],
        "styles": tables.styles,
        "specs": tables.specs,
        "tables": tables.tables,
        "looks": looks,
        "legend": list(legend),
    }


def _numbers(cue: Cue) -> list[list[int]]:
    """The words of each line; notes stay out, for the page says every emotion beside the video."""
    lines = ([word.index for word in line if word.index != LABEL] for line in cue.lines)
    return list(filter(None, lines))


def _text_of(cue: Cue) -> str:
    """What a cue of a sound says."""
    return "".join(run.text for line in cue.lines for word in line for run in word.runs)


def _head(document: Document) -> Json:
    """What a Document says above its words."""
    media = document.media
    fps = media.fps
    return {
        "media": {
            "name": media.name,
            "duration_ms": media.duration_ms,
            "width_px": media.width_px,
            "height_px": media.height_px,
            "fps": fps.numerator if fps.denominator == 1 else f"{fps.numerator}/{fps.denominator}",
            **({"shots_ms": list(media.shots_ms)} if media.shots_ms else {}),
        },
        "language": document.transcript.language,
        "engine": [
            {"role": part.role, "id": part.id, "version": part.version, "sha256": part.sha256}
            for part in document.engine
        ],
        "lines": told_lines(document),  # as they are written: no number of a stranger's is touched
    }


def _words(document: Document) -> Json:
    words = tuple(document.transcript.words())
    labels, readings = document.track.labels, document.track.readings
    affects = [reading.vad or _NO_VAD for reading in readings]
    shares = [reading.evidence for reading in readings]
    return {
        "text": [word.text for word in words],
        "start": [word.span.start_ms for word in words],
        "end": [word.span.end_ms for word in words],
        "joined": [i for i, word in enumerate(words) if word.joined],
        "given": [i for i, word in enumerate(words) if word.source == "given"],
        "estimated": [i for i, word in enumerate(words) if word.timing == "estimated"],
        "label": [labels.index(reading.label) for reading in readings],
        "withheld": [i for i, reading in enumerate(readings) if reading.withheld],
        "by_hand": [i for i, reading in enumerate(readings) if reading.is_by_hand(labels)],
        "confidence": scaled([word.confidence for word in words]),
        "intensity": scaled([reading.intensity for reading in readings]),
        "probs": scaled([p for reading in readings for p in reading.probs]),
        "vad": scaled([x for affect in affects for x in affect]),
        "no_vad": [i for i, reading in enumerate(readings) if reading.vad is None],
        "evidence": scaled([x for e in shares for x in ((e.text, e.audio) if e else (0.0, 0.0))]),
        "unread": sorted(document.unread),
        "no_evidence": [i for i, share in enumerate(shares) if share is None],
        "prosody": [_prosody_row(word.prosody) for word in words],
    }


def _prosody_row(prosody: Prosody | None) -> list[float | None]:
    """Loudness, pitch, rate, pause and emphasis; nothing where they were not measured."""
    return [] if prosody is None else list(astuple(prosody))


def scaled(values: Sequence[float]) -> list[Any]:
    """Numbers as `[scale, whole numbers]`, so that whole ÷ scale is each number exactly.

    The scale is 1, and the numbers stay as they are, where no scale up to a million does that.
    """
    for scale in _SCALES:
        whole = [round(value * scale) for value in values]
        if all(number / scale == value for number, value in zip(whole, values, strict=True)):
            return [scale, whole]
    return [1, list(values)]


def _utterances(document: Document) -> list[list[object]]:
    first, rows = 0, []
    for utterance in document.transcript.utterances:
        rows.append([utterance.speaker, first, len(utterance.words), utterance.id])
        first += len(utterance.words)
    return rows


def _faces(looks: Sequence[StyledLook]) -> list[list[object]]:
    """The faces of all styles, each with the ASS font size that draws an em of 1."""
    wanted = {
        (style.family, style.weight, style.italic)
        for look in looks
        for style in look.styles.values()
    }
    return [[*face, _size_per_em(*face)] for face in sorted(wanted)]


def _size_per_em(family: str, weight: int, italic: bool) -> float:  # noqa: FBT001
    if family not in fonts.families():
        return _OTHER_SIZE_PER_EM
    return round(fonts.metrics(fonts.face(family, weight, italic)).ass_size_per_em, 4)


def _legend(look: StyledLook, document: Document) -> list[tuple[str, str, str]]:
    """Each emotion of a look: its name, the class of its full style, and the style in words."""
    strongest: dict[str, StyleKey] = {}
    for key in look.styles:
        known = strongest.get(key.emotion)
        if not (key.is_emphasis or key.steps) and (known is None or key.level > known.level):
            strongest[key.emotion] = key
    last = (RAISED, NEUTRAL)
    names = dict.fromkeys((*document.track.labels, *strongest))
    order = (*(name for name in names if name not in last), *last)
    neutral = look.styles.get(StyleKey(NEUTRAL, 0))
    return [
        (name, strongest[name].slug, describe(look.styles[strongest[name]], against=neutral))
        for name in order
        if name in strongest
    ]


def _dimensions(look: StyledLook) -> list[tuple[str, str, str]]:
    """Each end of a look's dimensions: what it stands for, its class, and its style in words."""
    neutral = look.styles.get(StyleKey(NEUTRAL, 0))
    return [
        (text, key.slug, describe(look.styles[key], against=neutral))
        for text, key in look.dimensions
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

    def add(self, look: StyledLook) -> int:
        """Store the words and styles of a look and give the number of its table."""
        for key in look.styles:
            self._style(key)
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

    def _spec(self, word: StyledWord, text: str, look: StyledLook) -> int:
        runs = word.runs
        main = next((run.style for run in runs if not run.style.is_emphasis), runs[0].style)
        spec: tuple[object, ...] = (self._style(main),)
        if len(runs) > 1 or transformed(text, look.drawn(main)) != runs[0].text:
            spec = self._letters(word, look, spec)
        if spec not in self._spec_ids:
            self._spec_ids[spec] = len(self.specs)
            self.specs.append(list(spec))
        return self._spec_ids[spec]

    def _letters(
        self, word: StyledWord, look: StyledLook, spec: tuple[object, ...]
    ) -> tuple[object, ...]:
        for run in word.runs:
            is_same = transformed(run.spelled, look.drawn(run.style)) == run.text
            spec = (*spec, run.spelled if is_same else run.text, self._style(run.style))
        return spec

    def _style(self, key: StyleKey) -> int:
        number = self._style_ids.get(key)
        if number is None:
            number = self._style_ids[key] = len(self.styles)
            marks = (int(key.is_emphasis), int(key.is_doubtful), key.speaker, key.keyword)
            steps = [key.steps_slug] if key.steps else []
            self.styles.append([key.slug, key.emotion, key.level, *marks, *steps])
        return number


def transformed(text: str, style: TextStyle) -> str:
    """Text in the case that a style shows it in."""
    if style.transform == "uppercase":
        return text.upper()
    return text.lower() if style.transform == "lowercase" else text
