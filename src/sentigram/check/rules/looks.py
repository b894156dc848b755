"""Rules about the look that a guideline has for all words alike: one family, its colours, its box.

They count where a profile is worn that draws no emotion in type (`plain` in its theme). Files are
not asked for any sign of emotion then; what they do not say of their looks is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.check.standard import LookRules
from sentigram.core.text import is_visible
from sentigram.formats.track import Caption, Run
from sentigram.style.colour.vision import difference
from sentigram.style.text.scripts import segments

_BOXED_KINDS = frozenset({"ass", "ttml"})  # players draw a box of their own behind the others
_SAME_COLOUR = 0.04  # of OKLab: nobody takes white for another colour over rounding


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about looks; none where no guideline's look is asked for."""
    look = context.limits.look
    if look is None:
        return
    captions = [caption for caption in context.spoken if caption.row != "placed"]
    yield from _families(context, captions)
    for caption in captions:
        yield from _colour(context, caption, look)
        if look.box and context.track.kind in _BOXED_KINDS:
            yield from _box(context, caption, look)
    yield from _motion(context, captions)
    yield from _karaoke(context, captions)


def _visible(caption: Caption) -> Iterator[Run]:
    return (run for run in caption.runs if is_visible(run.text))


def _families(context: Context, captions: list[Caption]) -> Iterator[CheckFinding]:
    """The first words that are set in another family than those before them in their script."""
    first: dict[frozenset[str], str] = {}
    for caption in captions:
        for run in _visible(caption):
            for part in segments(run.text) if run.look.family else ():
                if part.scripts and first.setdefault(part.scripts, run.look.family) != (
                    run.look.family
                ):
                    yield context.found(
                        "look-family",
                        caption,
                        f"{quoted(run.text)} is set in {quoted(run.look.family)}",
                        measured="2 families",
                        allowed=f"one: {first[part.scripts]}",
                    )
                    return


def _colour(context: Context, caption: Caption, look: LookRules) -> Iterator[CheckFinding]:
    for run in _visible(caption):
        fill = run.look.fill
        if fill and all(difference(fill, other) > _SAME_COLOUR for other in look.fills):
            yield context.found(
                "look-colour",
                caption,
                f"{quoted(run.text)} has a colour of its own",
                measured=fill,
                allowed=", ".join(look.fills),
            )
            return


def _box(context: Context, caption: Caption, look: LookRules) -> Iterator[CheckFinding]:
    for run in _visible(caption):
        box = run.look.box if run.look.box_alpha < 1 else ""
        if not box or difference(box, look.box) > _SAME_COLOUR:
            yield context.found(
                "look-box",
                caption,
                f"{quoted(run.text)} stands on {box or 'bare video'}",
                measured=box or "no box",
                allowed=look.box,
            )
            return


def _motion(context: Context, captions: list[Caption]) -> Iterator[CheckFinding]:
    """The first words that move, and how many things do."""
    moving = [
        one
        for one in context.track.drawn
        if one.moves and any(is_visible(run.text) for run in one.runs)
    ]
    if moving:
        first = min(moving, key=lambda one: one.start_ms)
        shown = (one for one in captions if one.start_ms <= first.start_ms < one.end_ms)
        yield context.found(
            "look-motion",
            next(shown, None),
            f"{quoted(''.join(run.text for run in first.runs))} moves",
            measured=f"{len(moving)} in motion",
            allowed="0 in motion",
            line_number=first.line_number,
        )


def _karaoke(context: Context, captions: list[Caption]) -> Iterator[CheckFinding]:
    r"""The first words that are lit one after the other: `\k` of ASS, and how many lines are."""
    lit = [cue for cue in context.track.spoken if cue.words]
    if context.track.kind == "ass" and lit:
        shown = (one for one in captions if one.start_ms <= lit[0].start_ms < one.end_ms)
        yield context.found(
            "look-motion",
            next(shown, None),
            f"{quoted(lit[0].text)} is lit word by word",
            measured=f"{len(lit)} in motion",
            allowed="0 in motion",
            line_number=lit[0].line_number,
        )
