"""What a theme allows but had better not do: told as warnings, never as errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, RAISED
from sentigram.core.language import language_code, language_name
from sentigram.core.style import N_LEVELS, N_STEPS, StyleKey, TextStyle
from sentigram.style.colour.vision import LEAST_DIFFERENCE, difference, simulated, visions
from sentigram.style.keywords import selected
from sentigram.style.styling import resolve
from sentigram.style.text import fonts
from sentigram.style.theme.theme import Theme

_MOST_OF_A_KIND = 8  # warnings; a theme with more has a fault that few show
_LEAST_RESIZED = 0.05
_LEAST_SPACING_EM = 0.02  # a pixel at 1080 lines, on every letter


def warnings_of(theme: Theme, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Sentences for the user of a theme; none for the themes that ship.

    Args:
        theme: A theme that loaded without error.
        labels: The emotions of a Document, to name those without a rule.

    Returns:
        Fonts that neither ship nor are brought, or may not be embedded, values of the theme's file
        that profiles change, words set apart by colour alone, an outline too wide to be drawn so,
        emotions that only colour and size tell apart (WCAG 2.2, 1.4.1), colours that are too near
        for a dichromacy whose palette is worn, and labels without a rule.
    """
    fitting = (
        *_few(_unknown_fonts(theme), "fonts that do not ship"),
        *_not_embedded(theme),
        *_overridden(theme),
        *_selectors(theme),
    )
    if theme.is_plain:
        return fitting
    if theme.dimensions:
        return (*fitting, *_wide_outline(theme), *_dimensions(theme))
    return (
        *fitting,
        *_wide_outline(theme),
        *_few(_lookalikes(theme), "pairs that differ by colour and size only"),
        *_few(_confusable(theme), "pairs of nearly one colour"),
        *_unnamed(theme, labels),
    )


def _few(warnings: tuple[str, ...], what: str) -> tuple[str, ...]:
    """The first of many warnings of one kind, and how many more there are."""
    n_left = len(warnings) - _MOST_OF_A_KIND
    if n_left < 2:
        return warnings
    return (*warnings[:_MOST_OF_A_KIND], f"… and {n_left:,} more {what}")


def _unknown_fonts(theme: Theme) -> tuple[str, ...]:
    out = []
    shown = {NEUTRAL: theme.rules[NEUTRAL]} if theme.is_plain else theme.rules
    for emotion, rule in shown.items():
        if rule.family not in fonts.families():
            near = difflib.get_close_matches(rule.family, fonts.families(), n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            out.append(
                f"theme {theme.name}: emotion.{emotion}.family: {rule.family!r} does not ship: "
                f"each viewer needs it installed, and line breaks are estimated{hint}"
            )
    return tuple(out)


def _not_embedded(theme: Theme) -> Iterator[str]:
    shown = [theme.rules[NEUTRAL]] if theme.is_plain else theme.rules.values()
    for family in dict.fromkeys(rule.family for rule in shown):
        own = [face for face in fonts.brought() if face.family == family and not face.embeds]
        if own:
            names = ", ".join(face.path.name for face in own)
            yield (
                f"theme {theme.name}: fonts: {names}: its licence (OS/2 fsType) does not permit "
                "embedding: videos show it, pages and subtitle files name it, and each viewer "
                "needs it installed"
            )


def _overridden(theme: Theme) -> Iterator[str]:
    lost: dict[tuple[str, str], list[str]] = {}
    for one in theme.overridden:
        place = f"emotion.{one.place}" if one.place in theme.rules else one.place
        lost.setdefault((one.profile, one.file), []).append(f"{place}.{one.key}".lstrip("."))
    for (profile, file), keys in lost.items():
        yield (
            f"theme {theme.name}: profile {profile} wins over {', '.join(dict.fromkeys(keys))} of "
            f"{file}; leave the profile out to keep them"
        )


def undrawn(by: str) -> str:
    """The note that a look shows no emotion.

    Args:
        by: The layer that wants it so.
    """
    why = "as was asked" if by == "plain" else "as its guide asks"
    return (
        f"{by}: draws no emotion in type, {why}; the page, its exports of data and the Document "
        "keep what was read"
    )


def unsaid(n_left_out: int) -> str:
    """The note that some strong emotions are not told in words.

    Args:
        n_left_out: How many.
    """
    what, where = ("emotion", "its line") if n_left_out == 1 else ("emotions", "their lines")
    return f"{n_left_out} strong {what} had no room in {where} to be said in words"


def unwritten(n_left_out: int, language: str) -> str:
    """The note that strong emotions are told in no words, for those are English.

    Args:
        n_left_out: How many.
        language: Of the speech, "" when unknown.
    """
    what = "emotion is" if n_left_out == 1 else "emotions are"
    code = language_code(language)
    but = f"this is {language_name(code)}" if code else "the language is not known"
    return f"{n_left_out} strong {what} not said in words: those are English, and {but}"


def unnamed(n_left_out: int) -> str:
    """The note that some speakers' names are not shown.

    Args:
        n_left_out: How many cues were to begin with one.
    """
    what, where = ("name", "its line") if n_left_out == 1 else ("names", "their lines")
    return f"{n_left_out} {what} of speakers had no room in {where}; larger letters leave less"


def unplaced(theme: Theme, document: Document, *, is_upright: bool) -> str:
    """The note that a theme's places for speakers are not heeded, and why; "" where they are."""
    if not theme.caption.places:
        return ""
    names = {one.speaker for one in document.transcript.utterances if one.speaker}
    if is_upright:
        why = "in an upright picture lines are as wide as the picture"
    elif len(names) < 2:
        why = (
            f"{'one speaker is' if names else 'no speaker is'} named, and places tell several apart"
        )
    else:
        return ""
    return f"theme {theme.name}: all lines stay in the middle, whatever caption.places says: {why}"


def unmeasured(theme: Theme, document: Document) -> str:
    """The warning that a theme draws dimensions that were measured of no word, "" for none."""
    measured: set[str] = set()
    for word, reading in zip(document.transcript.words(), document.track.readings, strict=True):
        if reading.vad is not None:
            measured |= {"valence", "arousal", "dominance"}
        if word.prosody is not None:
            told = asdict(word.prosody).items()
            measured |= {name for name, value in told if value is not None}
    lacking = [rule.name for rule in theme.dimensions if rule.name not in measured]
    if not lacking:
        return ""
    return (
        f"theme {theme.name}: draws {', '.join(lacking)}, which the Document does not know of any "
        "word; to measure them, hear the recording again with `rehear`"
    )


def _wide_outline(theme: Theme) -> tuple[str, ...]:
    caption = theme.caption
    if caption.outline_em <= caption.drawn_outline_em:
        return ()
    message = (
        f"theme {theme.name}: caption.outline_em: {caption.outline_em:g} would glue words "
        f"together: drawn {caption.drawn_outline_em:g} wide; write that or less"
    )
    return (message,)


def _differ(one: TextStyle, other: TextStyle) -> bool:
    """Whether two styles differ by more than colour and size, so that it can be seen."""
    return (
        (one.family, one.weight, one.italic, one.transform, one.underline)
        != (other.family, other.weight, other.italic, other.transform, other.underline)
    ) or abs(one.spacing_em - other.spacing_em) >= _LEAST_SPACING_EM


def _lookalikes(theme: Theme) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for level in range(1, N_LEVELS + 1):
        looks = {emotion: _at(theme, emotion, level) for emotion in theme.emotions}
        for one, other in combinations(sorted(looks), 2):
            if not _differ(looks[one], looks[other]):
                out[
                    f"theme {theme.name}: {one} and {other} differ by colour and size only; "
                    "give one another family, weight, slant, case, spacing or underline"
                ] = None
    return tuple(out)


def _at(theme: Theme, emotion: str, level: int) -> TextStyle:
    return resolve(theme, StyleKey(emotion, 0 if emotion == NEUTRAL else level), motion="none")


def _confusable(theme: Theme) -> tuple[str, ...]:
    """Emotions of nearly one colour; a raised voice has neutral's by design, and other letters."""
    out = []
    fills = {emotion: _at(theme, emotion, N_LEVELS).fill for emotion in theme.emotions}
    if fills[RAISED] == fills[NEUTRAL]:
        del fills[RAISED]
    for kind in visions(theme.profiles):
        for one, other in combinations(sorted(fills), 2):
            apart = difference(simulated(fills[one], kind), simulated(fills[other], kind))
            if apart < LEAST_DIFFERENCE:
                out.append(
                    f"theme {theme.name}: {one} and {other} have nearly one colour to viewers with "
                    f"{kind} ({apart:.2f} apart, {LEAST_DIFFERENCE} at least): give one a lighter "
                    "or darker fill"
                )
    return tuple(out)


def _dimensions(theme: Theme) -> Iterator[str]:
    """Ends of a dimension that only colour tells from plain words, or from each other."""
    neutral = resolve(theme, StyleKey(NEUTRAL, 0), motion="none")
    for rule in theme.dimensions:
        ends = {
            side: resolve(theme, StyleKey(NEUTRAL, 0, steps=((rule.name, step),)), motion="none")
            for side, step, values in (("low", -N_STEPS, rule.low), ("high", N_STEPS, rule.high))
            if values
        }
        for (one, look), (other, beside) in combinations({"plain": neutral, **ends}.items(), 2):
            resized = abs(look.size_em / beside.size_em - 1) >= _LEAST_RESIZED
            if not (resized or _differ(look, beside)):
                yield (
                    f"theme {theme.name}: {rule.name}: {one} and {other} differ by colour only; "
                    "give one another family, weight_add, size, spacing_add or underline"
                )


def _selectors(theme: Theme) -> Iterator[str]:
    """Selectors that set words apart by nothing but their colour."""
    for selector in theme.selectors:
        if selector.values.keys() <= {"fill"}:
            yield (
                f"theme {theme.name}: select.{selector.name} sets words apart by colour only; "
                "add weight, italic, underline, transform or size"
            )


def unselected(theme: Theme, document: Document, tags: Sequence[str]) -> Iterator[str]:
    """Notes of selectors that no word of a Document falls under, as where one is misspelled.

    Args:
        theme: With selectors.
        document: The words.
        tags: The part of speech of each, where the theme asks for them.
    """
    words = [word.text for word in document.transcript.words()]
    for selector in theme.selectors:
        if not any(selected(words, (selector,), tags)):
            yield f"theme {theme.name}: select.{selector.name}: no word that is said falls under it"


def _unnamed(theme: Theme, labels: tuple[str, ...]) -> tuple[str, ...]:
    names = theme.unnamed(labels)
    if not names:
        return ()
    message = (
        f"theme {theme.name}: no rule for {', '.join(names)}: shown as underlined neutral text; "
        f"add [emotion.{names[0]}]"
    )
    return (message,)


def no_glyph(lacking: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The warning about characters that no face draws: it names them and the fonts tried.

    Args:
        lacking: See `fonts.uncovered`; not empty.
    """
    chars = " ".join(char for char, _ in lacking[:8])
    tried = tuple(dict.fromkeys(family for _, families in lacking for family in families))
    more = f" and {len(tried) - 8} more" if len(tried) > 8 else ""
    return (
        f"no glyph for {chars}{' …' if len(lacking) > 8 else ''} in {', '.join(tried[:8])}{more}: "
        "a font of the viewer's system draws it, if it has one"
    )
