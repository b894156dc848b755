"""A picture of a whole talk's emotions for reports: a lane each, and how the mood moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, RAISED, plain_name
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import StyleKey, TextStyle
from sentigram.core.text import one_line
from sentigram.core.time import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, Span, format_clock
from sentigram.render.picture.drawing import Drawing
from sentigram.style.colour.contrast import from_hex, mix, ratio, to_hex

if TYPE_CHECKING:
    from PIL.Image import Image


_STEPS_MS = (
    *(n * MS_PER_SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MS_PER_MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * MS_PER_HOUR for n in (1, 2, 4, 8, 24)),
)
# The curve answers "how did the mood move", not "what was this word": it averages over words.
_SMOOTH_SHARE, _SMOOTH_LEAST_MS = 0.012, 1500
_SILENT_WEIGHT = 0.02  # of what full speech weighs; below it the curve has a gap


@dataclass(frozen=True, slots=True)
class Lane:
    """One emotion over time, or a raised voice whose emotion is not known.

    Attributes:
        emotion: Its name, or `RAISED`.
        share: Of the time that is spoken, in [0, 1].
        mean: float64 (n_bins,), intensity as an average over the time of a bin.
        peak: float64 (n_bins,), intensity of the strongest word in a bin.
    """

    emotion: str
    share: float
    mean: Floats64
    peak: Floats64


@dataclass(frozen=True, slots=True)
class Overview:
    """A whole talk at a glance.

    Attributes:
        span: What the bins divide.
        lanes: Emotions that occur, the most frequent first, without neutral; then `RAISED`.
        neutral_share: Of the spoken time.
        valence: float64 (n_bins,) in [-1, 1], NaN in pauses; None where it was not read.
        arousal: The same.
        speakers: When each one speaks, if there are several.
        n_words: How many words.
        is_read: Whether emotions were read, or a person said some.
    """

    span: Span
    lanes: tuple[Lane, ...]
    neutral_share: float
    valence: Floats64 | None
    arousal: Floats64 | None
    speakers: Mapping[str, tuple[Span, ...]]
    n_words: int
    is_read: bool = True


def overview(document: Document, *, n_bins: int, span: Span | None = None) -> Overview:
    """Sum up a Document.

    Args:
        document: Words and readings.
        n_bins: How many parts the time is divided into.
        span: The time; all of it where None.
    """
    words = tuple(document.transcript.words())
    end_ms = max([document.media.duration_ms, 1, *(word.span.end_ms for word in words)])
    span = span or Span(0, end_ms)
    labels = document.track.labels
    names = (*labels, RAISED)
    spoken_ms = dict.fromkeys(names, 0)
    mean = {name: np.zeros(n_bins) for name in names}
    peak = {name: np.zeros(n_bins) for name in names}
    vad, weight = np.zeros((2, n_bins)), np.zeros(n_bins)
    for word, reading in zip(words, document.track.readings, strict=True):
        where, covered = _bins(word.span, span, n_bins)
        name = reading.name
        spoken_ms[name] += word.span.overlap_ms(span)
        intensity = reading.shown_intensity(labels)
        mean[name][where] += covered * intensity
        peak[name][where] = np.maximum(peak[name][where], intensity)
        if reading.vad is not None:
            weight[where] += covered
            vad[:, where] += covered * np.array(reading.vad[:2])[:, None]
    total_ms = max(1, sum(spoken_ms.values()))
    lanes = [
        Lane(name, spoken_ms[name] / total_ms, mean[name], peak[name])
        for name in names
        if name != NEUTRAL and spoken_ms[name]
    ]
    lanes.sort(key=lambda lane: (lane.emotion == RAISED, -lane.share))
    curves = _smooth(vad, weight, bin_ms=span.duration_ms / n_bins) if weight.any() else None
    return Overview(
        span=span,
        lanes=tuple(lanes),
        neutral_share=spoken_ms[NEUTRAL] / total_ms,
        valence=None if curves is None else curves[0],
        arousal=None if curves is None else curves[1],
        speakers=_speakers(document),
        n_words=len(words),
        is_read=len(document.unread) < len(words),
    )


def _bins(word: Span, span: Span, n_bins: int) -> tuple[slice, Floats64]:
    """The bins that a word reaches into, and how much of each it covers, in [0, 1]."""
    scale = n_bins / span.duration_ms
    start = min(max((word.start_ms - span.start_ms) * scale, 0.0), float(n_bins))
    end = min(max((word.end_ms - span.start_ms) * scale, 0.0), float(n_bins))
    first = min(int(start), n_bins - 1)
    last = max(first + 1, math.ceil(end))
    edges = np.arange(first, last + 1, dtype=np.float64)
    covered = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return slice(first, last), np.maximum(covered, 0.0)


def _smooth(values: Floats64, weight: Floats64, *, bin_ms: float) -> Floats64:
    """Average over time with a Gaussian, weighted by speech; NaN where nobody speaks.

    Args:
        values: float64 (2, n_bins), sums over speech.
        weight: float64 (n_bins,), speech in each bin, in [0, 1].
        bin_ms: Length of a bin.
    """
    sigma = max(_SMOOTH_LEAST_MS, _SMOOTH_SHARE * bin_ms * len(weight)) / bin_ms
    reach = min(math.ceil(3 * sigma), (len(weight) - 1) // 2)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    near = np.convolve(weight, kernel, mode="same")
    sums = np.stack([np.convolve(row, kernel, mode="same") for row in values])
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth: Floats64 = np.where(near > _SILENT_WEIGHT, sums / near, np.nan)
    return smooth  # (2, n_bins)


def _speakers(document: Document) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    for utterance in document.transcript.utterances:
        found.setdefault(utterance.speaker, []).append(utterance.span)
    if len(found) < 2:
        return {}
    return {name: tuple(spans) for name, spans in found.items()}


def ticks(span: Span, *, most: int) -> tuple[int, ...]:
    """Round times to write under an axis, `most` of them at most."""
    step_ms = next((s for s in _STEPS_MS if span.duration_ms / s < most), _STEPS_MS[-1])
    first = -(-span.start_ms // step_ms) * step_ms
    return tuple(range(first, span.end_ms + 1, step_ms))


PAPER, INK, MUTED, RULE, GRID = "#fbfaf7", "#1d2126", "#59616b", "#cfcbc2", "#e7e4dc"
_VALENCE, _AROUSAL = "#1d2126", "#9a4a00"
_WIDTH, _LEFT, _RIGHT = 1600, 208, 52
_PLOT = _WIDTH - _LEFT - _RIGHT
_TOP, _GAP, _BOTTOM = 118, 10, 46
_LANES_HEIGHT, _LANE_LEAST, _LANE_MOST = 400, 30, 76
_SPEAKER_HEIGHT, _MOST_SPEAKERS = 20, 6
_MOOD_HEIGHT = 118
_BIN = 2  # width of a bin
_MOST_TICKS = 13
_GRAPHIC_CONTRAST = 3.0  # WCAG 2.2, 1.4.11
_PALE = 0.42  # how far the strongest words are from paper to the lane's colour
_MOOD_SCALES = (0.25, 0.5, 1.0)


class TimelineRenderer(Renderer):
    """Writes a PNG of 1600 units in width, two pixels each."""

    shows = "own"  # has the colours of every emotion

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, with a description of what it shows inside."""
        from PIL.PngImagePlugin import PngInfo

        of = overview(job.document, n_bins=_PLOT // _BIN, span=job.slice)
        styles = job.looks[0].styles if job.looks else job.track.styles
        name = one_line(job.document.media.name).strip()
        image = timeline_image(of, title=name, styles=styles, language=job.track.language)
        about = PngInfo()
        about.add_itxt("Title", f"Emotions in {name}")
        about.add_itxt("Description", in_words(of))
        image.save(out, format="PNG", pnginfo=about, dpi=(192, 192))
        progress(1.0)


def in_words(of: Overview) -> str:
    """What the picture shows, for those who cannot see it."""
    length = format_clock(of.span.duration_ms)
    if not of.is_read:
        return f"{of.n_words} words in {length}. {_UNREAD}"
    shares = ", ".join(f"{plain_name(lane.emotion)} {_share(lane.share)}" for lane in of.lanes)
    return (
        f"{of.n_words} words in {length}. Of the spoken time: "
        f"{shares + ', ' if shares else ''}neutral {_share(of.neutral_share)}."
    )


def timeline_image(
    of: Overview, *, title: str, styles: Mapping[StyleKey, TextStyle], language: str = ""
) -> Image:
    """Draw an overview on paper-white.

    Args:
        of: What to draw, with `_PLOT // _BIN` bins.
        title: Line above it.
        styles: Colours of the emotions; the strongest style of each is taken.
        language: ISO 639-1 code, for the shapes of letters.
    """
    frame = _Frame.of(of)
    sheet = Drawing(_WIDTH, frame.height, paper=PAPER, language=language)
    _draw_head(sheet, of, title)
    _draw_axis(sheet, of, frame)
    colours = _colours(styles)
    for number, lane in enumerate(of.lanes):
        colour = colours.get(lane.emotion, MUTED)
        _draw_lane(sheet, lane, colour, frame.lane_top(number), frame.lane_height)
    if not of.lanes:
        nothing = "No emotion other than neutral was read." if of.is_read else _UNREAD
        sheet.text(_LEFT, _TOP + 40, nothing, 17, MUTED)
    _draw_speakers(sheet, of, frame)
    if of.valence is not None and of.arousal is not None:
        _draw_mood(sheet, of.valence, of.arousal, frame)
    return sheet.image()


_UNREAD = "Emotions were not read."


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things stand, in units from the top."""

    n_lanes: int
    lane_height: int
    speakers_top: int
    n_speakers: int
    mood_top: int
    axis: int
    height: int

    @classmethod
    def of(cls, what: Overview) -> _Frame:
        n_lanes = max(1, len(what.lanes))
        fitting = _LANES_HEIGHT // n_lanes - _GAP
        lane_height = min(_LANE_MOST, max(_LANE_LEAST, fitting))
        speakers_top = _TOP + n_lanes * (lane_height + _GAP) + 6
        n_speakers = min(len(what.speakers), _MOST_SPEAKERS)
        mood_top = speakers_top + (n_speakers * _SPEAKER_HEIGHT + 14 if n_speakers else 0)
        axis = mood_top + (_MOOD_HEIGHT + 8 if what.valence is not None else 0)
        return cls(n_lanes, lane_height, speakers_top, n_speakers, mood_top, axis, axis + _BOTTOM)

    def lane_top(self, number: int) -> int:
        return _TOP + number * (self.lane_height + _GAP)


def _draw_head(sheet: Drawing, of: Overview, title: str) -> None:
    left = 40
    sheet.text(left, 52, title, 28, INK, weight=600, width=_WIDTH - 2 * left)
    words = "word" if of.n_words == 1 else "words"
    facts = f"{format_clock(of.span.duration_ms)} · {of.n_words:,} {words}"
    if of.is_read:
        facts += f" · neutral {_share(of.neutral_share)} of the spoken time"
    sheet.text(left, 82, facts, 16, MUTED)
    if not of.lanes and not of.is_read:
        return
    right: float = _WIDTH - _RIGHT
    legend = "height: how strong the emotion is"
    if any(lane.emotion == RAISED for lane in of.lanes):
        legend += ", or how raised the voice"
    right -= sheet.text(right, 82, legend, 15, MUTED, anchor="right") + 22
    for words, share in (("strongest word", _PALE), ("average", 1.0)):
        right -= sheet.text(right, 82, words, 15, MUTED, anchor="right") + 8
        sheet.box(right - 18, 70, right, 82, mix(PAPER, MUTED, share))
        right -= 18 + 22


def _draw_axis(sheet: Drawing, of: Overview, frame: _Frame) -> None:
    for time_ms in ticks(of.span, most=_MOST_TICKS):
        x = _LEFT + _PLOT * (time_ms - of.span.start_ms) / of.span.duration_ms
        sheet.line([(x, _TOP - 6), (x, frame.axis + 6)], GRID, 1)
        sheet.text(x, frame.axis + 26, format_clock(time_ms), 15, MUTED, anchor="middle")
    sheet.line([(_LEFT, frame.axis), (_LEFT + _PLOT, frame.axis)], RULE, 1.5)


def _draw_lane(sheet: Drawing, lane: Lane, colour: str, top: int, height: int) -> None:
    foot = top + height
    middle = top + height / 2 + 6
    label = plain_name(lane.emotion)
    sheet.text(_LEFT - 70, middle, label, 17, INK, weight=600, anchor="right", width=140)
    sheet.text(_LEFT - 14, middle, _share(lane.share), 16, MUTED, anchor="right")
    for values, share in ((lane.peak, _PALE), (lane.mean, 1.0)):
        shade = mix(PAPER, colour, share)
        for start, end in _stretches(values > 0):
            outline = [(_LEFT + start * _BIN, float(foot))]
            for i in range(start, end):
                y = foot - max(1.0, height * min(1.0, float(values[i])))
                outline += [(_LEFT + i * _BIN, y), (_LEFT + (i + 1) * _BIN, y)]
            outline.append((_LEFT + end * _BIN, float(foot)))
            sheet.shape(outline, shade)
    sheet.line([(_LEFT, foot), (_LEFT + _PLOT, foot)], RULE, 1)


def _draw_speakers(sheet: Drawing, of: Overview, frame: _Frame) -> None:
    """A row each, the last one for all who have none of their own."""
    names = list(of.speakers)
    rows = [[name] for name in names[: frame.n_speakers]]
    if len(names) > frame.n_speakers:
        rows[-1:] = [names[frame.n_speakers - 1 :]]
    scale = _PLOT / of.span.duration_ms
    for number, row in enumerate(rows):
        top = frame.speakers_top + number * _SPEAKER_HEIGHT
        label = (one_line(row[0]).strip() or "unknown") if len(row) == 1 else f"{len(row)} others"
        sheet.text(_LEFT - 14, top + 13, label, 14, MUTED, anchor="right", width=_LEFT - 54)
        sheet.line([(_LEFT, top + 8), (_LEFT + _PLOT, top + 8)], GRID, 1)
        for name in row:
            for span in of.speakers[name]:
                start = _LEFT + (max(span.start_ms, of.span.start_ms) - of.span.start_ms) * scale
                end = _LEFT + (min(span.end_ms, of.span.end_ms) - of.span.start_ms) * scale
                sheet.box(start, top + 3, max(end - 0.5, start + 0.75), top + 13, MUTED)


def _draw_mood(sheet: Drawing, valence: Floats64, arousal: Floats64, frame: _Frame) -> None:
    """Valence whole and arousal dashed, from -scale to scale around the middle."""
    top, middle = frame.mood_top + 8, frame.mood_top + _MOOD_HEIGHT / 2
    reach = middle - top
    largest = max(float(np.nanmax(np.abs(curve))) for curve in (valence, arousal))
    scale = next((s for s in _MOOD_SCALES if largest <= s), _MOOD_SCALES[-1])
    for value in (scale, 0.0, -scale):
        y = middle - reach * value / scale
        sheet.line([(_LEFT, y), (_LEFT + _PLOT, y)], RULE if value == 0 else GRID, 1)
        label = "0" if value == 0 else f"{value:+g}".replace("-", "\u2212")
        sheet.text(_WIDTH - _RIGHT + 8, y + 5, label, 13, MUTED)
    curves = (("valence", valence, _VALENCE, False), ("arousal", arousal, _AROUSAL, True))
    for number, (name, values, colour, is_dashed) in enumerate(curves):
        y = middle - 8 + 26 * number
        sheet.text(_LEFT - 62, y + 6, name, 16, INK, weight=600, anchor="right")
        sheet.line([(_LEFT - 54, y), (_LEFT - 14, y)], colour, 2.5, is_dashed=is_dashed)
        for start, end in _stretches(~np.isnan(values)):
            points = [
                (_LEFT + (i + 0.5) * _BIN, middle - reach * float(values[i]) / scale)
                for i in range(start, end)
            ]
            sheet.line(points, colour, 2.5, is_dashed=is_dashed)


def _stretches(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Where a mask is true without a break: (first, one past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _colours(styles: Mapping[StyleKey, TextStyle]) -> dict[str, str]:
    """The colour of each emotion at its strongest, dark enough for paper; the hue stays.

    What has neutral's own colour is drawn in ink: a raised voice would be faint in grey.
    """
    strongest: dict[str, str] = {}
    for key, style in sorted(styles.items()):
        if not key.is_emphasis:
            strongest[key.emotion] = style.fill
    plain = strongest.get(NEUTRAL)
    return {
        emotion: INK if colour == plain else _on_paper(colour)
        for emotion, colour in strongest.items()
    }


def _on_paper(colour: str) -> str:
    of = from_hex(colour)
    while ratio(to_hex(of), PAPER) < _GRAPHIC_CONTRAST and of.lightness > 0:
        of = type(of)(max(0.0, of.lightness - 0.01), of.chroma, of.hue)
    return to_hex(of)


def _share(share: float) -> str:
    """A share for people: `12 %`, `under 1 %`."""
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
