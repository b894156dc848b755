"""Rules about what is seen: width, place, contrast, and what colour alone says."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from functools import cache

from sentigram.check import measures
from sentigram.check.rules.catalogue import CheckFinding, Context, number, quoted
from sentigram.check.rules.said import said
from sentigram.check.standard import widest_line_px
from sentigram.core.text import is_visible
from sentigram.formats.embedded_fonts import characters
from sentigram.formats.track import Caption, Lettering, Run
from sentigram.style.colour.vision import difference
from sentigram.style.text import fonts
from sentigram.style.text.letters import clusters
from sentigram.style.text.measure import advance_em

_ROUNDING = 1.015  # libass rounds advances, and files round sizes
_LARGE_PX, _LARGE_BOLD_PX, _BOLD = 32, 24, 700
_NEAR = 0.05  # of contrast: what rounding of colours to 8 bits may cost
_SHADES = 0.15  # in OKLab: strengths of one emotion are nearer, white and yellow are .21 apart
_COLOUR_SHARE = 0.95  # of the safe area that is asked for: margins are rounded to whole pixels


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about what is seen."""
    usual = _usual(context)
    inside = characters(context.track.fonts) if "glyphs" in context.wanted else {}
    for caption in context.spoken:
        if context.track.kind != "srt":  # players draw SubRip with an outline of their own
            yield from _contrast(context, caption)
        if context.limits.look is None:  # else colours tell speakers apart, or look-colour counts
            yield from _colour_only(context, caption, usual)
        if context.track.kind == "ass":
            yield from _width(context, caption)
            yield from _safe(context, caption)
            if inside:
                yield from _glyphs(context, caption, inside)


def _scale(context: Context) -> float:
    """Pixels of the picture for one of the file."""
    if context.limits.is_canvas_known and context.track.height_px:
        return context.limits.canvas.height_px / context.track.height_px
    return 1.0


def _contrast(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    worst: tuple[float, float, Run] | None = None
    usual_px = measures.usual_em_px(context.track)
    for run in caption.runs:
        value = measures.contrast(run.look, usual_px) if is_visible(run.text) else None
        if value is None:
            continue
        least = context.limits.large_contrast if _is_large(context, run.look) else 0
        least = least or context.limits.contrast
        if value + _NEAR < least and (worst is None or value - least < worst[0] - worst[1]):
            worst = value, least, run
    if worst is None:
        return
    value, least, run = worst
    behind = run.look.box or measures.colours(run.look)[1]
    yield context.found(
        "contrast",
        caption,
        f"{run.look.fill} on {behind or 'bare video'} for {quoted(run.text)}",
        measured=f"{value:.2f}:1",
        allowed=f"{least:.1f}:1",
    )


def _is_large(context: Context, look: Lettering) -> bool:
    size_px = look.size_px * _scale(context) if context.track.kind == "ass" else 0.0
    return size_px >= (_LARGE_BOLD_PX if look.weight >= _BOLD else _LARGE_PX)


def _usual(context: Context) -> Lettering:
    """What most letters of the file look like: how text is when it says nothing special."""
    letters: dict[Lettering, int] = {}
    for caption in context.spoken:
        for run in caption.runs:
            letters[run.look] = letters.get(run.look, 0) + len(run.text)
    return max(letters, key=lambda look: letters[look], default=Lettering())


def _colour_only(context: Context, caption: Caption, usual: Lettering) -> Iterator[CheckFinding]:
    """Words that differ from the usual ones by nothing but colour.

    Whole lines in a colour of their own tell speakers apart, as the BBC does: a name, a dash or the
    place says it too. Words beside them whose letters differ do not change that, nor do shades of
    one colour, such as two strengths of an emotion.
    """
    for line in caption.lines:
        runs = [run for run in said(line) if any(map(str.isalnum, run.text))]
        runs.sort(key=lambda run: len(run.text))  # what is set apart is less than what is not
        for run in runs:
            is_usual = measures.colours(run.look) == measures.colours(usual)
            differs = not is_usual and any(
                measures.shape(run.look) == measures.shape(beside.look)
                and _are_two_colours(run.look, beside.look)
                for beside in runs
            )
            if differs and not _is_loud(run, line):
                yield context.found(
                    "colour-only",
                    caption,
                    f"{quoted(run.text)} differs from usual words by colour alone",
                    measured=run.look.fill or run.look.box or "colour",
                    allowed="another difference as well",
                )
                return


def _are_two_colours(one: Lettering, other: Lettering) -> bool:
    """Whether colour tells letters apart, and not as shades of one."""
    if measures.colours(one) == measures.colours(other):
        return False
    fills = (one.fill, other.fill)
    is_shade = all(fills) and 0 < difference(*fills) < _SHADES
    return not is_shade


def _is_loud(run: Run, line: tuple[Run, ...]) -> bool:
    """Whether capitals tell a run from the others."""
    beside = "".join(other.text for other in line if other.look != run.look)
    return run.text.isupper() and not beside.isupper()


def _width(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    scale, allowed_px = _scale(context), _line_px(context)
    for line in caption.lines:
        width_px = _line_width(context, line)
        if width_px is not None and width_px > allowed_px * _ROUNDING:
            share = width_px / context.track.width_px
            yield context.found(
                "width",
                caption,
                f"a line {share:.0%} of the picture wide: "
                f"{quoted(''.join(run.text for run in line))}",
                measured=f"{width_px * scale:.0f} px",
                allowed=f"{allowed_px * scale:.0f} px",
            )
            return


def _line_px(context: Context) -> float:
    """Widest line in the file's own pixels."""
    limits, track = context.limits, context.track
    if limits.is_canvas_known:
        return limits.rules.line_px * track.width_px / limits.canvas.width_px
    return widest_line_px(limits, track.width_px, track.height_px)


def _line_width(context: Context, line: tuple[Run, ...]) -> float | None:
    """Width of a line with its outline; None where a font is not known here."""
    width_px = outline_px = 0.0
    last, usual_px = len(line) - 1, measures.usual_em_px(context.track)
    for at, run in enumerate(line):
        text = run.text.rstrip() if at == last else run.text
        text = text.lstrip() if at == 0 else text
        face = known_face(run.look.family.casefold(), run.look.weight >= _BOLD, run.look.italic)
        if face is None or not run.look.size_px:
            return None
        of, size_per_em = face
        em = advance_em(text, of.family, of.weight, of.italic, context.language)
        width_px += em * run.look.size_px / size_per_em * run.look.stretch
        width_px += run.look.spacing_px * len(clusters(text))
        outline_em = measures.outline_em(run.look, usual_px)
        outline_px = max(outline_px, outline_em * run.look.size_px)
    return width_px + 2 * outline_px


@cache
def known_face(family: str, bold: bool, italic: bool) -> tuple[fonts.Face, float] | None:  # noqa: FBT001
    """The face that ships under a name, ours or its own, and the font size that draws an em of 1.

    Args:
        family: As an ASS file names it, in lower case.
        bold: The bold flag.
        italic: The italic flag.
    """
    return _names().get((family, bold, italic)) or _names().get((family, bold, False))


@cache
def _names() -> dict[tuple[str, bool, bool], tuple[fonts.Face, float]]:
    from sentigram.render.ass.attached_fonts import font_of_face

    found: dict[tuple[str, bool, bool], tuple[fonts.Face, float]] = {}
    for face in fonts.faces():
        asked = font_of_face(face, italic=face.italic)
        found[asked.name.casefold(), asked.bold, face.italic] = face, asked.size_per_em
    for face in fonts.faces():
        for bold in (False, True):
            key = face.family.casefold(), bold, face.italic
            if key not in found:
                near = fonts.face(face.family, _BOLD if bold else 400, face.italic)
                found[key] = near, fonts.metrics(near).ass_size_per_em
    return found


def _safe(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    """Margins, or the place of a text that has its own, against the safe area."""
    at, track = caption.at, context.track
    if at is None:
        return
    edge = (1 - context.limits.canvas.safe) / 2 * _COLOUR_SHARE
    row, column = (at.alignment - 1) // 3, (at.alignment - 1) % 3
    if at.x_px is not None and at.y_px is not None:
        shares = (
            at.x_px / track.width_px,
            1 - at.x_px / track.width_px,
            at.y_px / track.height_px,
            1 - at.y_px / track.height_px,
        )
    else:
        left, right, vertical = at.margins_px
        shares = (
            left / track.width_px if column == 0 else 1.0,
            right / track.width_px if column == 2 else 1.0,
            vertical / track.height_px if row == 2 else 1.0,
            vertical / track.height_px if row == 0 else 1.0,
        )
    share = min(shares)
    if share < edge:
        yield context.found(
            "safe-area",
            caption,
            f"stands {share:.1%} of the picture from its edge",
            measured=f"{share:.1%}",
            allowed=f"{(1 - context.limits.canvas.safe) / 2:.0%}",
        )


def _glyphs(
    context: Context, caption: Caption, inside: Mapping[str, Container[int]]
) -> Iterator[CheckFinding]:
    lacking: dict[str, str] = {}
    for run in caption.runs:
        known = inside.get(run.look.family.casefold())
        if known is not None:
            for char in run.text:
                if ord(char) not in known and is_visible(char) and not 0xFE00 <= ord(char) < 0xFE10:
                    lacking.setdefault(char, run.look.family)
    if lacking:
        family = next(iter(lacking.values()))
        shown = " ".join(lacking)[:40]
        yield context.found(
            "glyphs",
            caption,
            f"the font {quoted(family)} inside the file lacks {quoted(shown)}",
            measured=f"{number(len(lacking))} characters",
            allowed="0 characters",
        )
