"""Themes: how each emotion looks, put together from layers of TOML.

A theme is base ← culture ← age ← style ← automatic profiles ← preset ← file ← profiles, each layer
changing only what it names. What a person writes into a file wins over what nobody asked for by
name. Profiles that are asked for win over the file, and that is told: who needs larger letters
needs them in anybody's theme. A theme file that says `extends` brings its own parents and so
replaces the culture; one that does not is a layer over whichever culture is chosen. Presets are a
matter of taste (pop, karaoke). Profiles are guidelines (netflix, bbc), shapes (shorts) and needs of
viewers (low-vision, deuteranopia); several may be worn at once, the last one wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sentigram.core.emotion import MOST_LABELS, NEUTRAL, RAISED
from sentigram.core.style import N_STEPS, Animation, MarkKind, Motion, Side, Style, Transform
from sentigram.errors import ThemeError
from sentigram.style.colour.contrast import Ink, is_rimmed, solve
from sentigram.style.colour.names import color_name
from sentigram.style.keywords import Selector
from sentigram.style.text import fonts
from sentigram.style.theme.file import Citation, Layer
from sentigram.style.theme.keys import DIMENSIONS, RULE, SIDES, TOP
from sentigram.style.theme.layers import (
    BASE,
    age_layer,
    ages,
    base_layer,
    check_name,
    culture_layers,
    cultures,
    file_layers,
    is_built_in,
    known_presets,
    known_profiles,
    known_styles,
    profile_layers,
    style_layer,
)

__all__ = [
    "CaptionRules",
    "DimensionRule",
    "DoubtRules",
    "Scale",
    "StyleRule",
    "SwitchLevels",
    "Theme",
    "ages",
    "animation_under",
    "cultures",
    "known_presets",
    "known_profiles",
    "load",
]

MOTION_WORDS: Mapping[Animation, str] = MappingProxyType(
    {
        "none": "",
        "bounce": "bouncing",
        "fade": "fading in and out",
        "shake": "shaking",
        "pulse": "pulsing",
        "tremble": "trembling",
        "pop": "popping up",
        "sway": "swaying",
        "glow": "glowing softly",
    }
)
DEFAULT_STYLE: Style = "categories"
WIDEST_OUTLINE_EM = 0.085  # of letters of size 1: two wider ones meet in the space between words
GENTLE: frozenset[Animation] = frozenset({"none", "fade", "pulse", "sway", "glow"})


@dataclass(frozen=True, slots=True)
class StyleRule:
    """How one emotion looks at full strength.

    Attributes:
        family: Font family.
        weight: 100 … 900.
        italic: Slanted.
        size: Relative to neutral text.
        fill: `#rrggbb`.
        outline: `#rrggbb`.
        transform: Case.
        spacing: Extra space between letters, em.
        underline: Underlined.
        animation: Motion.
        description: In words, for legends and screen readers, without the motion.
    """

    family: str
    weight: int
    italic: bool
    size: float
    fill: str
    outline: str
    transform: Transform
    spacing: float
    underline: bool
    animation: Animation
    description: str


@dataclass(frozen=True, slots=True)
class Scale:
    """How strongly sentence, word and letters carry an emotion; see templates/themes/base.toml."""

    sentence: float
    sentence_share: float
    word: float
    character: float
    colour: float


@dataclass(frozen=True, slots=True)
class SwitchLevels:
    """From which level on that which cannot be mixed takes the emotion's value."""

    family: int
    italic: int
    underline: int
    transform: int
    animation: int


@dataclass(frozen=True, slots=True)
class DoubtRules:
    """How words look that the recognizer may have misheard; words of a person are certain.

    Attributes:
        doubtful_below: Below this confidence a word is doubtful; 0 marks none.
        italic: Doubtful words are slanted.
        underline: Doubtful words are underlined.
    """

    doubtful_below: float
    italic: bool
    underline: bool


@dataclass(frozen=True, slots=True)
class CaptionRules:
    """Shape and pace of captions.

    Attributes:
        line_chars: Most characters in a line of Latin text.
        lines: Most lines in a cue.
        cps: Reading speed, characters per second.
        outline_em: Width of the outline that is asked for.
        size: Factor on every size (age).
        weight_add: Added to every weight (age).
        spacing_add: Added to every space between letters, em (age).
        min_ms: Shortest cue.
        max_ms: Longest cue.
        gap_frames: Fewest frames between two cues.
        width: Widest line, as a share of the width of the 16:9 screen around the picture.
        safe: Share of the picture's width and height, in its middle, that text stays inside.
        bottom: Height of the lowest line above the lower edge, as a share of the picture's.
        sdh: For deaf and hard-of-hearing viewers: who speaks is said.
        words: Most words in a cue; 0 for as many as its lines hold.
        sounds: Most captions of heard sounds in any minute.
        active: The word that is being said is marked, where words are drawn one by one and
            something may move.
        mark: How it is marked.
        mark_fill: `#rrggbb` of its letters where `mark` is colour, of the box behind it where it is
            box.
        box: `#rrggbb` of a box behind all text, "" for none.
        speakers: `#rrggbb` of plain words for each named speaker, by order of appearance and from
            the first again; none, and all have neutral's. Where there are any, names are shown too.
        places: On which side the lines of each named speaker stand, by order of appearance; those
            of later ones stand in the middle, and all do where there are none.
    """

    line_chars: int
    lines: int
    cps: float
    outline_em: float
    size: float
    weight_add: int
    spacing_add: float
    min_ms: int
    max_ms: int
    gap_frames: int
    width: float
    safe: float
    bottom: float
    sdh: bool
    words: int
    sounds: int
    active: bool
    mark: MarkKind
    mark_fill: str
    box: str
    speakers: tuple[str, ...]
    places: tuple[Side, ...]

    @property
    def drawn_outline_em(self) -> float:
        """Width of the outline as it is drawn: such that words stay apart."""
        return min(self.outline_em, round(WIDEST_OUTLINE_EM * self.size, 4))


@dataclass(frozen=True, slots=True)
class DimensionRule:
    """How far words move from plain text along one dimension, and toward what.

    Attributes:
        name: One of `keys.DIMENSIONS`.
        least: The distance from the middle at which the first step begins.
        full: The distance at which words wear the whole style of that side.
        low: What changes below the middle, by the keys of `keys.DIMENSION` without the side.
        high: What changes above it.
    """

    name: str
    least: float
    full: float
    low: Mapping[str, Any]
    high: Mapping[str, Any]

    def step(self, value: float) -> int:
        """How far a value is from the middle, -N_STEPS to N_STEPS."""
        side = self.high if value > 0 else self.low
        distance = abs(value)
        if distance < self.least or not side:
            return 0
        share = (distance - self.least) / max(1e-9, self.full - self.least)
        step = min(N_STEPS, 1 + int(share * N_STEPS))
        return step if value > 0 else -step


@dataclass(frozen=True, slots=True)
class Overridden:
    """A value of a person's theme file that a profile changes.

    Attributes:
        file: Name of the file.
        place: Emotion or table, "" for what is outside any.
        key: What it names.
        profile: Name of the profile.
    """

    file: str
    place: str
    key: str
    profile: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A complete theme.

    Attributes:
        name: Its layers in words: "western, adult".
        culture: Layer's name.
        age: Layer's name.
        profiles: Names of the layers over all others, such as `netflix` and `low-vision`.
        description: One sentence.
        rules: One per emotion, neutral first, and one for `RAISED`.
        evidence: Per (emotion, key), why a layer deviates; per (table, key) for other values, the
            table "" for those outside any.
        confidence_floor: Below this probability a word is neutral.
        strong: From this probability on a short run may stand.
        min_run_ms: Shorter runs take the style beside them.
        contrast: Least contrast over the worst video.
        scale: Sentence, word, letters.
        switch: Levels at which letters switch.
        confidence: Words that may have been misheard.
        caption: Shape and pace.
        motion: The most that may move, whatever is asked for.
        is_culture_fixed: The theme file brings its own culture.
        plain_by: Name of the layer that wants no emotion drawn in type, "" for none.
        overridden: What profiles change of the theme file.
        selectors: Words that are set apart, whatever their emotion.
        dimensions: What words are drawn by in place of emotions; empty where it is emotions.
    """

    name: str
    culture: str
    age: str
    profiles: tuple[str, ...]
    description: str
    rules: Mapping[str, StyleRule]
    evidence: Mapping[tuple[str, str], Citation]
    confidence_floor: float
    strong: float
    min_run_ms: int
    contrast: float
    scale: Scale
    switch: SwitchLevels
    confidence: DoubtRules
    caption: CaptionRules
    motion: Motion = "full"
    is_culture_fixed: bool = False
    plain_by: str = ""
    overridden: tuple[Overridden, ...] = ()
    selectors: tuple[Selector, ...] = ()
    dimensions: tuple[DimensionRule, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether words look the same, whatever their emotion."""
        return bool(self.plain_by)

    @property
    def needs_tags(self) -> bool:
        """Whether words are set apart by their part of speech, which a tagger must say."""
        return any(one.tags for one in self.selectors)

    @property
    def emotions(self) -> tuple[str, ...]:
        """Every emotion that has a rule, neutral first, and `RAISED`."""
        return tuple(self.rules)

    @property
    def drawn(self) -> tuple[str, ...]:
        """Every emotion that has letters of its own, neutral first: that alone in plain themes."""
        return (NEUTRAL,) if self.is_plain else self.emotions

    def rule(self, emotion: str) -> StyleRule:
        """The rule of an emotion; for one without a rule, underlined neutral letters.

        The underline makes the fallback visible: no rule that ships uses it.
        """
        found = self.rules.get(emotion)
        if found is not None:
            return found
        neutral = self.rules[NEUTRAL]
        return StyleRule(
            family=neutral.family,
            weight=neutral.weight,
            italic=neutral.italic,
            size=neutral.size,
            fill=neutral.fill,
            outline=neutral.outline,
            transform=neutral.transform,
            spacing=neutral.spacing,
            underline=True,
            animation="none",
            description="plain underlined letters (the theme has no rule for it)",
        )

    def describe(self, emotion: str, *, motion: Motion = "full") -> str:
        """How an emotion looks, in words: "tall red capitals, shaking"."""
        rule = self.rule(emotion)
        moving = MOTION_WORDS[animation_under(rule.animation, motion)]
        return f"{rule.description}, {moving}" if moving else rule.description

    def unnamed(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Labels without a rule: they fall back visibly, and a caller should say so."""
        return tuple(label for label in labels if label not in self.rules)


def animation_under(animation: Animation, motion: Motion) -> Animation:
    """What a motion setting leaves of an animation."""
    if motion == "none" or (motion == "subtle" and animation not in GENTLE):
        return "none"
    return animation


def load(
    *,
    culture: str = "western",
    age: str = "adult",
    profiles: Sequence[str] = (),
    automatic: Sequence[str] = (),
    style: Style = "categories",
    file: Path | None = None,
    folder: Path | None = None,
) -> Theme:
    """Put a theme together.

    Args:
        culture: A culture that ships, or a theme in `folder`.
        age: child, teen, adult or senior.
        profiles: Names of `known_profiles()`, which somebody asked for, and of `known_presets()`:
            these lie under the file.
        automatic: Others that the picture asks for: under the file.
        style: What words are drawn by.
        file: A theme file of the user; may extend any of the above or another file.
        folder: The user's theme folder.

    Raises:
        UsageError: No such culture, age or profile.
        ThemeError: A file has a wrong key or value, or extends itself.
    """
    check_name("culture", culture, cultures(folder=folder))
    check_name("age", age, ages())
    presets = tuple(name for name in dict.fromkeys(profiles) if name in known_presets())
    named = tuple(name for name in dict.fromkeys(profiles) if name not in presets)
    unasked = tuple(name for name in dict.fromkeys(automatic) if name not in named)
    for profile in (*unasked, *named):
        check_name("profile", profile, known_profiles())
    check_name("style", style, known_styles())
    parents = culture_layers(culture, folder=folder)
    own: tuple[Layer, ...] = ()
    name, fixed = culture, False
    if file is not None:
        chain = file_layers(file, folder=folder)
        own = tuple(layer for layer in chain if not is_built_in(layer))
        fixed = len(chain) > 1
        name = chain[-1].name if fixed else f"{chain[-1].name} over {culture}"
        if fixed:
            parents = tuple(layer for layer in chain if is_built_in(layer))
    if not parents or parents[0].name != BASE:
        parents = (base_layer(), *parents)
    under = [layer.path.stem for layer in (*parents, *own) if layer.top.get("kind") == "culture"]
    palette = under[-1] if under else culture
    over = profile_layers(named, culture=palette)
    layers = profile_layers((*unasked, *presets), culture=palette)
    under_file = (age_layer(age), style_layer(style), *layers)
    told = () if style == DEFAULT_STYLE else (style,)
    theme = _merge(
        (*parents, *under_file, *own, *over),
        name=", ".join((name, age, *told, *unasked, *presets, *named)),
        culture=culture,
        age=age,
        profiles=(*unasked, *presets, *named),
        fixed=fixed,
    )
    if faces := tuple(face for layer in own for face in layer.faces):
        fonts.bring(faces)
    return replace(theme, overridden=tuple(_overridden(own, over)))


def _overridden(own: Sequence[Layer], over: Sequence[Layer]) -> Iterator[Overridden]:
    """What of a file's values the profiles over it change."""
    values = {where: (layer, layer.value(where)) for layer in own for where in layer.named()}
    for layer in over:
        for where in layer.named():
            file, value = values.get(where, (None, None))
            is_text = where[1] in ("name", "kind", "description")
            if file is not None and not is_text and layer.value(where) != value:
                yield Overridden(file.path.name, *where, layer.name)


def _merge(
    layers: tuple[Layer, ...],
    *,
    name: str,
    culture: str,
    age: str,
    profiles: tuple[str, ...],
    fixed: bool,
) -> Theme:
    top: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    rules: dict[str, dict[str, Any]] = {}
    dimensions: dict[str, dict[str, Any]] = {}
    evidence: dict[tuple[str, str], Citation] = {}
    selectors: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for selector, values in layer.selectors.items():
            selectors.setdefault(selector, {}).update(values)
        is_over = layer.top.get("kind") in ("age", "preset", "profile", "style")
        top.update({k: v for k, v in layer.top.items() if not (is_over and k == "description")})
        for place, into in (
            (_on_top(layer, tables), tables),
            (layer.rules, rules),
            (layer.dimensions, dimensions),
        ):
            for table, values in place.items():
                into.setdefault(table, {}).update(values)
        for where in layer.named():
            evidence.pop(where, None)
        evidence.update(layer.evidence)
    n_emotions = len(rules.keys() - {RAISED})
    if n_emotions > MOST_LABELS:
        message = (
            f"theme {name}: {n_emotions:,} emotions; a Document has {MOST_LABELS} at most; "
            "leave some out"
        )
        raise ThemeError(message)
    caption = CaptionRules(**tables["caption"])
    if caption.min_ms > caption.max_ms:
        message = (
            f"theme {name}: caption.min_ms: {caption.min_ms} is longer than caption.max_ms, "
            f"{caption.max_ms}; change one of them"
        )
        raise ThemeError(message)
    neutral = rules.pop(NEUTRAL)
    complete = {
        emotion: _described(_rule(emotion, rule, neutral), caption, top["contrast"])
        for emotion, rule in {NEUTRAL: neutral, **rules}.items()
    }
    return Theme(
        name=name,
        culture=culture,
        age=age,
        profiles=profiles,
        rules=MappingProxyType(complete),
        evidence=MappingProxyType(evidence),
        scale=Scale(**tables["scale"]),
        switch=SwitchLevels(**tables["from"]),
        confidence=DoubtRules(**tables["confidence"]),
        caption=caption,
        is_culture_fixed=fixed,
        plain_by=_last_plain(layers),
        selectors=tuple(_selector(name, values) for name, values in selectors.items()),
        dimensions=tuple(_dimension(name, values) for name, values in dimensions.items()),
        **{k: top[k] for k in TOP if k not in ("name", "kind", "extends", "plain")},
    )


def _on_top(
    layer: Layer, under: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """A layer's tables; a preset's size and weight are over those that the age asks for."""
    own = layer.tables.get("caption", {})
    if layer.top.get("kind") != "preset" or not own.keys() & {"size", "weight_add"}:
        return layer.tables
    size = round(under["caption"]["size"] * own.get("size", 1.0), 4)
    weight_add = under["caption"]["weight_add"] + own.get("weight_add", 0)
    return {**layer.tables, "caption": {**own, "size": size, "weight_add": weight_add}}


def _selector(name: str, values: Mapping[str, Any]) -> Selector:
    rest = {key: value for key, value in values.items() if key not in ("match", "tag")}
    return Selector(name, values.get("match", ()), MappingProxyType(rest), values.get("tag", ()))


def _dimension(name: str, values: Mapping[str, Any]) -> DimensionRule:
    sides = [
        {
            key.removeprefix(f"{side}_"): value
            for key, value in values.items()
            if key.startswith(side)
        }
        for side in SIDES
    ]
    full = float(values.get("full", DIMENSIONS[name]))
    return DimensionRule(name, float(values.get("from", 0)), full, *map(MappingProxyType, sides))


def _last_plain(layers: Sequence[Layer]) -> str:
    """The layer that has the last word on whether emotions are drawn, "" where they are."""
    asked = [layer for layer in layers if "plain" in layer.top]
    return asked[-1].name if asked and asked[-1].top["plain"] else ""


def _rule(emotion: str, own: Mapping[str, Any], neutral: Mapping[str, Any]) -> StyleRule:
    """Fill what a rule leaves open: letters as in neutral text, upright, without motion."""
    plain: dict[str, Any] = {
        "italic": False,
        "transform": "none",
        "spacing": 0.0,
        "underline": False,
        "animation": "none",
        "size": 1.0,
        "description": f"letters for {emotion}",
    }
    shared = {key: neutral[key] for key in ("family", "weight", "fill", "outline")}
    values = {**plain, **shared, **own}
    return StyleRule(**{key: values[key] for key in RULE})


def _described(rule: StyleRule, caption: CaptionRules, contrast: float) -> StyleRule:
    """Say the colour, and whether there is a light rim, as the contrast solver leaves them.

    Layers change colour and letters apart from each other: the words for both must still be true.
    """
    ink = solve(Ink(rule.fill, rule.outline, caption.drawn_outline_em, caption.box), contrast)
    rim = " with a light rim" if is_rimmed(ink) else ""
    text = rule.description.replace("{color}", color_name(ink.fill)).replace("{rim}", rim)
    return replace(rule, description=text)
