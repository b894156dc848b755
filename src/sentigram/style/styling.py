"""From readings to styles: which key each word gets, and what each key looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product, repeat
from pathlib import Path
from typing import Any

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, RAISED, LabelSet, WordEmotion
from sentigram.core.style import (
    N_LEVELS,
    N_STEPS,
    Active,
    Canvas,
    Cue,
    Motion,
    Style,
    StyledLook,
    StyledTrack,
    StyledWord,
    StyleKey,
    TextStyle,
    Transform,
    WordMark,
)
from sentigram.core.text import is_sound
from sentigram.core.transcript import Word
from sentigram.style.colour.contrast import (
    HALO_EM,
    Ink,
    from_hex,
    is_rimmed,
    luminance,
    mix,
    ratio,
    solve,
    to_hex,
)
from sentigram.style.dimensions import Steps, steps_of
from sentigram.style.flicker import Mark, even_out
from sentigram.style.keywords import selected
from sentigram.style.layout.cues import lay_out
from sentigram.style.layout.exchanges import with_exchanges
from sentigram.style.layout.limits import LIBASS_ROUNDING, LayoutRules
from sentigram.style.layout.notes import NotedCues, with_notes
from sentigram.style.layout.places import BOX_SIDE_EM
from sentigram.style.layout.sounds import with_sounds
from sentigram.style.text import fonts, letters
from sentigram.style.theme.layers import UPRIGHT, stated_looks
from sentigram.style.theme.theme import (
    DEFAULT_STYLE,
    WIDEST_OUTLINE_EM,
    StyleRule,
    Theme,
    ages,
    animation_under,
    cultures,
    load,
)

STRESS_FROM = 3  # level from which stressed letters stand out
_DARK_START = 0.40  # OKLCH lightness
_RIM = 1.5  # widest light rim, of the widest outline: over dark video it is all that is seen
_LEAST_OUTLINE_PX = 1.5  # one whole pixel wherever the edge of a letter falls
_PALETTES = ("deuteranopia", "protanopia", "tritanopia")  # each takes the place of the others
NEEDS = tuple(  # what a viewer may switch to in a page; motion has a switch of its own
    tuple(filter(None, names))
    for names in product(("", "low-vision"), ("", "dyslexia"), ("", *_PALETTES))
)

_DEFAULT_WIDTH_PX, _DEFAULT_HEIGHT_PX = 1920, 1080
_BASE_OF_SCREEN = 0.05  # 42 characters of Poppins then fill 66 % of a 16:9 picture
_BASE_OF_WIDTH = 0.0625  # upright video: 24 characters then fill 90 % of the width
_BASE_OF_HEIGHT = 0.075  # however wide: two lines leave three quarters of the picture free


def assign(document: Document, theme: Theme, *, tags: Sequence[str] = ()) -> tuple[StyledWord, ...]:
    """Give every word its style key, and its letters their case and stress.

    A word is neutral below the theme's confidence floor, which a withheld label, having no
    probability, is not held to. Words in a sentence that one emotion clearly holds are tinted by
    it. Short runs are evened out (see `flicker`); sounds, which nobody says, stay neutral. Where
    the theme marks them, words that may have been misheard have keys of their own.

    Args:
        document: Words and readings.
        theme: What they look like.
        tags: The part of speech of each word, for themes that need them.

    Raises:
        MissingError: The theme needs them, and there are none.
    """
    marks = _marks(document, theme)
    _tint_sentences(marks, theme)
    even_out(marks, min_run_ms=theme.min_run_ms)
    language = document.transcript.language
    said = tuple(document.transcript.words())
    _plain_sounds(marks, said)
    doubts = [word.confidence < theme.confidence.doubtful_below for word in said]
    steps = steps_of(document, theme)
    keywords = selected([word.text for word in said], theme.selectors, tags)
    pairs = [
        (
            mark.emotion,
            mark.level,
            doubt,
            _shown_speaker(speaker, mark.level, own, theme),
            word,
            own,
        )
        for mark, doubt, speaker, word, own in zip(
            marks, doubts, _speakers(document, theme), keywords, steps, strict=True
        )
    ]
    keys = {
        pair: StyleKey(
            *pair[:2], is_doubtful=pair[2], speaker=pair[3], keyword=pair[4], steps=pair[5]
        )
        for pair in pairs
    }
    draws_emotions = not (theme.is_plain or theme.dimensions)
    cases = {key: _case(theme, key, draws_emotions=draws_emotions) for key in keys.values()}
    stress_from = STRESS_FROM if draws_emotions else N_LEVELS + 1
    out = []
    for index, (word, pair) in enumerate(zip(said, pairs, strict=True)):
        key = keys[pair]
        runs = letters.runs(
            word.text, key, stress_from=stress_from, transform=cases[key], language=language
        )
        is_stressed = _emphasis(word) >= theme.strong
        out.append(StyledWord(index, word.span, runs, word.joined, is_stressed=is_stressed))
    return tuple(out)


def _plain_sounds(marks: Sequence[Mark], said: Sequence[Word]) -> None:
    """What is shown and not said has no mood, wherever it stands; unless a person gave it one."""
    for mark, word in zip(marks, said, strict=True):
        if is_sound(word.text) and not mark.is_by_hand:
            mark.emotion, mark.level = NEUTRAL, 0


def _case(theme: Theme, key: StyleKey, *, draws_emotions: bool) -> Transform:
    own = key.level >= theme.switch.transform and draws_emotions
    plain = (theme.rule(key.emotion) if own else theme.rules[NEUTRAL]).transform
    case: Transform = _set_apart(theme, key).get("transform", plain)
    return case


def _set_apart(theme: Theme, key: StyleKey) -> Mapping[str, Any]:
    """What the theme's selectors say of a word."""
    return theme.selectors[key.keyword - 1].values if key.keyword else {}


def _emphasis(word: Word) -> float:
    return (word.prosody.emphasis if word.prosody else None) or 0.0


def _shown_speaker(speaker: int, level: int, steps: Steps, theme: Theme) -> int:
    """A speaker's number where its colour is free: a feeling that is drawn has the letters' own."""
    if theme.is_plain:
        return speaker
    if not theme.dimensions:
        return 0 if level else speaker
    filled = {rule.name for rule in theme.dimensions if "fill" in rule.low or "fill" in rule.high}
    return 0 if any(name in filled for name, _ in steps) else speaker


def _speakers(document: Document, theme: Theme) -> Iterator[int]:
    """For each word the number of its speaker's colour, 0 where the theme or the speaker has none.

    Several speakers must be named: one voice needs no colour of its own.
    """
    names = _named(document)
    n_colours = len(theme.caption.speakers) if len(names) > 1 else 0
    numbers = {name: i % n_colours + 1 for i, name in enumerate(names)} if n_colours else {}
    for utterance in document.transcript.utterances:
        yield from repeat(numbers.get(utterance.speaker, 0), len(utterance.words))


def _named(document: Document) -> list[str]:
    """Who speaks, as far as anybody is named, in order of appearance."""
    utterances = document.transcript.utterances
    return list(dict.fromkeys(one.speaker for one in utterances if one.speaker))


def _n_unnamed(cues: Sequence[Cue]) -> int:
    """How many cues another speaker begins without a name, though names are shown."""
    before = ("", *(cue.speaker for cue in cues))
    pairs = zip(before, cues, strict=False)
    return sum(bool(cue.speaker) and cue.speaker != last and not cue.label for last, cue in pairs)


def _with_sides(
    cues: Sequence[Cue], document: Document, theme: Theme, canvas: Canvas
) -> tuple[Cue, ...]:
    """Cues on the sides of who speaks in them; the lines of two who share a cue stay as they are.

    One voice needs no side of its own. In upright pictures a line is as wide as the picture, and
    there are no sides.
    """
    names = _named(document)
    is_upright = canvas.height_px > canvas.width_px
    if len(names) < 2 or is_upright:
        return tuple(cues)
    sides = dict(zip(names, theme.caption.places, strict=False))
    return tuple(replace(cue, side=sides.get(cue.speaker, "middle")) for cue in cues)


def _undrawn(word: StyledWord) -> StyledWord:
    """A word as a theme shows it that draws no emotion; what that would be is kept beside it."""
    key = word.runs[0].style
    runs = tuple(replace(run, style=key.neutral) for run in word.runs)
    return replace(word, runs=runs, undrawn=key.stepless if key.level else None)


def _marks(document: Document, theme: Theme) -> list[Mark]:
    labels = document.track.labels
    readings = iter(document.track.readings)
    marks = []
    for number, utterance in enumerate(document.transcript.utterances):
        for word in utterance.words:
            reading = next(readings)
            certainty = _certainty(reading, labels)
            if reading.name == NEUTRAL or not (
                reading.is_raised or certainty >= theme.confidence_floor
            ):
                marks.append(Mark(NEUTRAL, 0, word.span, number))
                continue
            strength = reading.shown_intensity(labels) * theme.scale.word
            marks.append(
                Mark(
                    reading.name,
                    _level(strength),
                    word.span,
                    number,
                    is_firm=certainty >= theme.strong,
                    is_by_hand=reading.is_by_hand(labels),
                )
            )
    return marks


def _certainty(reading: WordEmotion, labels: LabelSet) -> float:
    """What lets a short run stand: the label's probability, 1 by hand.

    A raised voice has its strength instead: one shouted word is short, and there to be seen.
    """
    if reading.is_by_hand(labels):
        return 1.0
    return reading.intensity if reading.is_raised else reading.confidence(labels)


def _level(strength: float) -> int:
    """The nearest level, halves up; never 0: what is shown at all can be seen."""
    return min(N_LEVELS, max(1, int(strength * N_LEVELS + 0.5)))


def _tint_sentences(marks: list[Mark], theme: Theme) -> None:
    """Let neutral words take the emotion that holds their sentence, in place.

    A raised voice tints none. A mood belongs to the sentence, and words between may share it; how
    loud a word was said was measured on that word, and a word that was not raised must not look so.
    """
    if theme.scale.sentence == 0:
        return
    level = _level(theme.scale.sentence)
    start = 0
    while start < len(marks):
        end = start
        held_ms: dict[str, int] = {}
        while end < len(marks) and marks[end].utterance == marks[start].utterance:
            mark = marks[end]
            held_ms[mark.emotion] = held_ms.get(mark.emotion, 0) + mark.span.duration_ms
            end += 1
        leader = max(held_ms, key=lambda name: held_ms[name])
        is_held = held_ms[leader] >= theme.scale.sentence_share * sum(held_ms.values())
        if is_held and leader not in (NEUTRAL, RAISED):
            for mark in marks[start:end]:
                if mark.emotion == NEUTRAL:
                    mark.emotion, mark.level = leader, level
        start = end


def resolve(
    theme: Theme, key: StyleKey, *, motion: Motion, least_outline_em: float = 0.0
) -> TextStyle:
    """What a key looks like: so far from neutral toward its emotion as its level says.

    Size, colour, spacing and weight move evenly; family, slant, underline, case and motion switch
    at the theme's levels. Then the age's factors apply, then the contrast solver.

    Args:
        theme: Its rules.
        key: Emotion and level.
        motion: How much may move.
        least_outline_em: Below this, an outline that counts for contrast would melt into the
            picture (see `_whole_outline_em`).
    """
    neutral, rule, level = theme.rules[NEUTRAL], theme.rule(key.emotion), key.level
    if key.speaker:
        neutral = replace(neutral, fill=theme.caption.speakers[key.speaker - 1])
    if key.steps:
        rule, level = _moved(neutral, key.steps, theme), N_LEVELS
    share = level / N_LEVELS
    apart = _set_apart(theme, key)
    switch = theme.switch
    family = rule.family if level >= switch.family else neutral.family
    italic = rule.italic if level >= switch.italic else neutral.italic
    underline = rule.underline if level >= switch.underline else neutral.underline
    if key.is_doubtful:
        italic = italic or theme.confidence.italic
        underline = underline or theme.confidence.underline
    italic, underline = apart.get("italic", italic), apart.get("underline", underline)
    size = (neutral.size + (rule.size - neutral.size) * share) * apart.get("size", 1.0)
    spacing = neutral.spacing + (rule.spacing - neutral.spacing) * share
    ink = solve(
        Ink(
            fill=apart.get("fill")
            or _fill(neutral, rule, share**theme.scale.colour, box=theme.caption.box),
            outline=rule.outline if level else neutral.outline,
            outline_em=_outline_em(theme, least_outline_em),
            box=theme.caption.box,
        ),
        theme.contrast,
    )
    return TextStyle(
        family=family,
        weight=_weight(theme, rule, family, italic=italic, share=share, apart=apart.get("weight")),
        italic=italic,
        size_em=round(
            size * theme.caption.size * (theme.scale.character if key.is_emphasis else 1.0), 4
        ),
        fill=ink.fill,
        outline=ink.outline,
        outline_em=round(_rim_em(theme, ink, share), 4),
        box=ink.box,
        spacing_em=round(spacing + theme.caption.spacing_add, 4),
        transform=apart.get(
            "transform", rule.transform if level >= switch.transform else neutral.transform
        ),
        underline=underline,
        animation=animation_under(animation_under(rule.animation, motion), theme.motion)
        if level >= switch.animation
        else "none",
    )


def _moved(neutral: StyleRule, steps: Steps, theme: Theme) -> StyleRule:
    """Plain letters, moved along each dimension by its steps: the rule of such words."""
    rules = {rule.name: rule for rule in theme.dimensions}
    made = neutral
    for name, step in steps:
        side = rules[name].high if step > 0 else rules[name].low
        share = abs(step) / N_STEPS
        eased = share**theme.scale.colour
        made = replace(
            made,
            fill=mix(made.fill, side["fill"], eased) if "fill" in side else made.fill,
            family=side.get("family", made.family),
            weight=made.weight + round(side.get("weight_add", 0) * share),
            italic=side.get("italic", made.italic),
            underline=side.get("underline", made.underline),
            size=made.size * (1 + (side.get("size", 1) - 1) * share),
            spacing=made.spacing + side.get("spacing_add", 0) * share,
        )
    return made


def _outline_em(theme: Theme, least_em: float) -> float:
    outline_em = theme.caption.drawn_outline_em
    return outline_em if outline_em < HALO_EM else max(outline_em, least_em)


def _rim_em(theme: Theme, ink: Ink, share: float) -> float:
    """Width of an outline; a light rim is wider, and grows as letters and their spacing do."""
    if not is_rimmed(ink):
        return ink.outline_em
    widest_em = _RIM * WIDEST_OUTLINE_EM * theme.caption.size * (1 + share) / 2
    return max(ink.outline_em, min(2 * ink.outline_em, widest_em))


def _fill(neutral: StyleRule, rule: StyleRule, share: float, *, box: str) -> str:
    """The colour on the way; dark letters with a light rim start from dark grey.

    From the light grey of neutral text they would cross the middle, where neither rim helps.
    """
    start = neutral.fill
    is_dark = luminance(rule.fill) < luminance(box or rule.outline)
    if is_dark and luminance(start) > luminance(box or neutral.outline):
        start = to_hex(replace(from_hex(start), lightness=_DARK_START))
    return start if share == 0 else mix(start, rule.fill, share)


def _weight(
    theme: Theme,
    rule: StyleRule,
    family: str,
    *,
    italic: bool,
    share: float,
    apart: int | None,
) -> int:
    """The weight on the way, as the nearest face that ships: libass would fake any other.

    Args:
        theme: Neutral's weight.
        rule: Of the emotion.
        family: Of the letters.
        italic: Slanted.
        share: How far on the way.
        apart: The weight of a word that is set apart.
    """
    neutral = theme.rules[NEUTRAL]
    start = neutral.weight if family == neutral.family else rule.weight
    own = start + (rule.weight - start) * share if apart is None else apart
    wanted = round(own) + theme.caption.weight_add
    wanted = min(900, max(100, wanted))
    if family in fonts.families():
        return fonts.face(family, wanted, italic).weight
    return wanted


def profiles_of(width_px: int, height_px: int) -> tuple[str, ...]:
    """The profiles that a picture asks for by its shape: upright ones are short videos."""
    return (UPRIGHT,) if height_px > width_px else ()


def canvas_for(width_px: int = 0, height_px: int = 0) -> Canvas:
    """The canvas of a picture; 1920×1080 where there is none.

    Text is 5 % of the height of the 16:9 screen that shows the picture, so that it is as large in
    cinema formats as in others; upright video takes it from the width instead.
    """
    if not width_px or not height_px:
        width_px, height_px = _DEFAULT_WIDTH_PX, _DEFAULT_HEIGHT_PX
    screen_px = max(height_px, width_px * 9 / 16)
    base_px = min(
        _BASE_OF_SCREEN * screen_px, _BASE_OF_WIDTH * width_px, _BASE_OF_HEIGHT * height_px
    )
    return Canvas(width_px, height_px, base_px)


def style(
    document: Document,
    theme: Theme,
    *,
    width_px: int = 0,
    height_px: int = 0,
    motion: Motion = "full",
    capitals: bool = False,
    active: Active = "auto",
    emphasis_marks: bool = False,
    sounds: bool = True,
    tags: Sequence[str] = (),
) -> StyledTrack:
    """Style a Document and lay it out: what renderers draw.

    Args:
        document: Words and readings.
        theme: How they look.
        width_px: Of the picture; 0 takes the Document's, else 1920×1080.
        height_px: Of the picture.
        motion: How much may move.
        capitals: Whether formats without type write words in the case of their style.
        active: Whether the word that is being said is marked; auto leaves it to the theme.
        emphasis_marks: Whether formats without type mark words that are said with emphasis.
        sounds: Whether sounds are told where nobody speaks.
        tags: The part of speech of each word, for themes that need them.

    Raises:
        MissingError: The theme needs them, and there are none.
    """
    media = document.media
    canvas = replace(
        canvas_for(width_px or media.width_px, height_px or media.height_px),
        safe=theme.caption.safe,
        bottom=theme.caption.bottom,
    )
    words = assign(document, theme, tags=tags)
    if theme.is_plain or theme.dimensions:
        words = tuple(map(_undrawn, words))
    keys = _keys(words) | {StyleKey(NEUTRAL, 0)}
    whole_em = _whole_outline_em(canvas)
    styles = {
        key: resolve(theme, key, motion=motion, least_outline_em=whole_em) for key in sorted(keys)
    }
    widest_em = max(BOX_SIDE_EM if look.box else look.outline_em for look in styles.values())
    rules = LayoutRules.of(
        replace(theme.caption, outline_em=widest_em),
        canvas,
        language=document.transcript.language,
        fps=media.fps,
    )
    cues = lay_out(
        document.transcript,
        words,
        styles,
        canvas,
        rules,
        end_ms=media.duration_ms,
        shots_ms=media.shots_ms,
    )
    n_unnamed = _n_unnamed(cues) if rules.sdh and len(_named(document)) > 1 else 0
    cues = with_exchanges(cues, styles, canvas, rules)
    n_untold = 0
    if sounds:
        cues, n_untold = with_sounds(cues, document, rules, end_ms=media.duration_ms)
    cues = _with_sides(cues, document, theme, canvas)
    canvas = replace(canvas, column=rules.text_px * LIBASS_ROUNDING / canvas.width_px)
    noted = NotedCues(cues)
    if theme.caption.sdh:
        noted = with_notes(
            cues, styles, canvas, rules, end_ms=media.duration_ms, shots_ms=media.shots_ms
        )
    return StyledTrack(
        canvas,
        # Where no type is to show an emotion, words are all that can, in whatever is drawn.
        noted.cues if theme.is_plain else cues,
        styles,
        language=document.transcript.language,
        theme=theme.name,
        noted=None if theme.is_plain or not theme.caption.sdh else noted.cues,
        n_unsaid=noted.n_left_out,
        n_unnamed=n_unnamed,
        active="off" if active == "auto" and not _wants_mark(theme) else active,
        mark=_mark(theme, whole_em),
        doubtful_below=theme.confidence.doubtful_below,
        capitals=capitals,
        plain_by=theme.plain_by,
        looks=", ".join(stated_looks(theme.profiles)),
        marks_emphasis=emphasis_marks,
        n_untold=n_untold,
    )


def _wants_mark(theme: Theme) -> bool:
    """Whether a theme lets a mark go from word to word, which is motion too."""
    return theme.caption.active and theme.motion != "none"


def _mark(theme: Theme, least_outline_em: float) -> WordMark:
    """The mark in colours that can be read."""
    caption, neutral = theme.caption, theme.rules[NEUTRAL]
    plain = Ink(neutral.fill, neutral.outline, _outline_em(theme, least_outline_em), caption.box)
    if caption.mark == "colour":
        ink = solve(replace(plain, fill=caption.mark_fill), theme.contrast)
        return WordMark("colour", ink.fill, ink.outline)
    if caption.mark == "box":
        fills = (neutral.fill, neutral.outline)
        best = max(fills, key=lambda fill: ratio(fill, caption.mark_fill))
        ink = solve(replace(plain, fill=best, box=caption.mark_fill), theme.contrast)
        return WordMark("box", ink.fill, ground=ink.box)
    return WordMark(caption.mark)


def _whole_outline_em(canvas: Canvas) -> float:
    """The narrowest outline that does not melt into a picture."""
    return round(_LEAST_OUTLINE_PX / canvas.base_px, 4)


def look(document: Document, theme: Theme, *, tags: Sequence[str] = ()) -> StyledLook:
    """A Document under one theme, without layout, in full motion as far as the theme allows it."""
    words = assign(document, theme, tags=tags)
    return _look(theme, words, _keys(words))


def legend_look(theme: Theme) -> StyledLook:
    """A theme without any words: each emotion at every level."""
    return _look(theme, (), frozenset())


def _keys(words: tuple[StyledWord, ...]) -> frozenset[StyleKey]:
    return frozenset(run.style for word in words for run in word.runs)


def _look(theme: Theme, words: tuple[StyledWord, ...], used: frozenset[StyleKey]) -> StyledLook:
    keys = used | legend_keys(theme)
    ends = () if theme.is_plain else tuple(ends_of(theme))
    if theme.is_plain or ends:
        keys |= {key.neutral for key in (*keys, *(end for _, end in ends))}
    # What a word wears of an emotion, and what of dimensions: its own key is drawn as one of both.
    worn = {key: key.stepless if key.level else key for key in sorted(keys)}
    resolved = {key: resolve(theme, key, motion="full") for key in sorted(set(worn.values()))}
    styles = {key: resolved[own] for key, own in worn.items()}
    return StyledLook(theme.culture, theme.age, words, styles, theme.profiles, theme.plain_by, ends)


def ends_of(theme: Theme) -> Iterator[tuple[str, StyleKey]]:
    """Both ends of each dimension that a theme draws: what it stands for, and its full style."""
    for rule in theme.dimensions:
        for step, side in ((-N_STEPS, rule.low), (N_STEPS, rule.high)):
            if side:
                text = side.get("description", f"{'low' if step < 0 else 'high'} {rule.name}")
                yield text, StyleKey(NEUTRAL, 0, steps=((rule.name, step),))


def legend_keys(theme: Theme) -> set[StyleKey]:
    """Neutral, and each emotion and a raised voice at every level."""
    others = (name for name in theme.emotions if name != NEUTRAL)
    shown = {StyleKey(name, level) for name in others for level in range(1, N_LEVELS + 1)}
    return shown | {StyleKey(NEUTRAL, 0)}


def looks(
    document: Document,
    *,
    file: Path | None = None,
    folder: Path | None = None,
    first: tuple[str, str] = ("western", "adult"),
    profiles: Sequence[str] = (),
    automatic: Sequence[str] = (),
    style: Style = DEFAULT_STYLE,
    alternatives: Sequence[tuple[str, ...]] = (),
    tags: Sequence[str] = (),
) -> tuple[StyledLook, ...]:
    """A Document under every culture and age, the `first` one first, all with these profiles.

    Themes that treat words alike share them. A theme file that brings its own culture is shown
    under `first`'s culture only, at every age.

    Args:
        document: Words and readings.
        file: A theme file.
        folder: The user's theme folder.
        first: Culture and age of the first look.
        profiles: Theme layers that are worn.
        automatic: Those that the picture asks for.
        style: What words are drawn by.
        alternatives: Sets of profiles to switch to, such as `NEEDS`: each takes the place of what
            the sets name among `profiles`, and the others stay on.
        tags: The part of speech of each word, for themes that need them.
    """
    fixed = load(culture=first[0], age=first[1], file=file, folder=folder).is_culture_fixed
    names = first[:1] if fixed else cultures(folder=folder)
    pairs = [(culture, age) for culture in names for age in ages()]
    pairs.sort(key=lambda pair: pair != first)
    shared: dict[object, tuple[tuple[StyledWord, ...], frozenset[StyleKey]]] = {}
    out = []
    for worn in _sets(tuple(profiles), alternatives):
        for culture, age in pairs:
            theme = load(
                culture=culture,
                age=age,
                profiles=worn,
                automatic=automatic,
                style=style,
                file=file,
                folder=folder,
            )
            same = _what_words_depend_on(theme)
            if same not in shared:
                words = assign(document, theme, tags=tags)
                shared[same] = words, _keys(words)
            out.append(_look(theme, *shared[same]))
    return tuple(out)


def _sets(
    worn: tuple[str, ...], alternatives: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The set that is worn, then each other one, with what no set switches kept on.

    What is worn in an order of its own stays in that order.
    """
    switched = {name for others in alternatives for name in others}
    kept = tuple(name for name in worn if name not in switched)
    sets = {frozenset(worn): worn}
    for others in alternatives:
        names = (*kept, *others)
        sets.setdefault(frozenset(names), names)
    return tuple(sets.values())


def _what_words_depend_on(theme: Theme) -> object:
    return (
        theme.confidence_floor,
        theme.confidence.doubtful_below,
        theme.strong,
        theme.min_run_ms,
        theme.scale,
        theme.switch.transform,
        theme.is_plain,
        len(theme.caption.speakers),
        tuple((one.match, one.tags, one.values.get("transform")) for one in theme.selectors),
        repr(theme.dimensions),
        tuple((name, rule.transform) for name, rule in theme.rules.items()),
    )
