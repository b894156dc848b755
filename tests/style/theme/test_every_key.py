"""Whatever a theme file of a person's names shows in the result, under every age and shape."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text
from sentigram.style import styling
from sentigram.style.theme.keys import RULE, TABLES, TOP
from sentigram.style.theme.theme import load
from tests.documents import LABELS, raised, reading

Keys = dict[str, Any]

# Milliseconds before it, who speaks, and words: text, emotion and strength in tenths.
_TALK = (
    (
        0,
        "Ann",
        "we:sadness5 all:sadness5 know:sadness5 why:sadness5 he:sadness5 never:sadness5 \
came:sadness5 back:sadness5 to:neutral our:neutral old:neutral home:neutral",
    ),
    (
        300,
        "Ben",
        "whaaat:happiness10 a:happiness10 really:happiness10 good:happiness10 day!:happiness10",
    ),
    (60, "Ann", "listen:raised9 to:neutral me:neutral now:neutral please:neutral"),
    (60, "Ann", "this:anger5 is:anger5 so:anger5 unfair:anger5 and:anger5 it:anger5 hurts:anger5"),
    (60, "Ann", "you:anger10 never:anger10 ask:anger10 before:anger10 you:anger10 take:anger10"),
    (2500, "Ben", "one:surprise8 word:neutral of:neutral it:neutral was:neutral short:neutral"),
    (90, "Ben", "extraordinarily:neutral incomprehensible:neutral electrification:fear9"),
)
_MISHEARD = "me"
_ALREADY: Keys = {  # what must be there for other keys to be seen
    "confidence": {"doubtful_below": 0.5, "italic": False, "underline": False},
    "caption": {"mark": "colour"},
    "emotion.sadness": {"underline": True},
}
_CHANGED: Keys = {
    "": {
        "name": "named",
        "kind": "culture",
        "extends": "universal",
        "description": "Another sentence.",
        "confidence_floor": 0.9,
        "strong": 0.99,
        "min_run_ms": 6000,
        "contrast": 9.0,
        "motion": "none",
        "plain": True,
    },
    "scale": {
        "sentence": 0.9,
        "sentence_share": 0.95,
        "word": 0.5,
        "character": 1.45,
        "colour": 0.3,
    },
    "from": {"family": 4, "italic": 4, "underline": 4, "transform": 4, "animation": 4},
    "confidence": {"doubtful_below": 0.0, "italic": True, "underline": True},
    "caption": {
        "line_chars": 17,
        "lines": 1,
        "cps": 6,
        "outline_em": 0.11,
        "size": 0.8,
        "weight_add": -200,
        "spacing_add": 0.08,
        "min_ms": 3000,
        "max_ms": 1500,
        "gap_frames": 12,
        "width": 0.2,
        "safe": 0.7,
        "bottom": 0.35,
        "sdh": True,
        "words": 2,
        "sounds": 1,
        "active": False,
        "mark": "box",
        "mark_fill": "#00ff88",
        "box": "#102030",
        "speakers": ["#ffffff", "#ffff00"],
        "places": ["left", "right"],
    },
    "emotion.happiness": {
        "family": "Oswald",
        "weight": 300,
        "italic": True,
        "size": 0.7,
        "fill": "#66ff66",
        "outline": "#202080",
        "transform": "uppercase",
        "spacing": 0.2,
        "underline": True,
        "animation": "sway",
        "description": "other {color} letters",
    },
}
_UNDER = (
    {"culture": "western", "age": "adult"},
    {"culture": "western", "age": "child", "automatic": ("shorts",)},
    {"culture": "eastern", "age": "senior", "automatic": ("shorts",)},
)


def _document(*, is_upright: bool) -> Document:
    utterances, readings, at = [], [], 500
    for number, (pause_ms, speaker, said) in enumerate(_TALK):
        at += pause_ms
        words = []
        for token in said.split():
            text, _, felt = token.partition(":")
            label, strength = felt.rstrip("0123456789"), int(felt.strip(ascii_lowercase) or 0) / 10
            end = at + (260 if len(text) < 8 else 700)
            words.append(Word(text, Span(at, end), confidence=0.3 if text == _MISHEARD else 1.0))
            readings.append(
                raised(strength) if label == "raised" else reading(label, intensity=strength)
            )
            at = end
        span = Span(words[0].span.start_ms, at)
        utterances.append(Utterance(f"u{number}", span, tuple(words), speaker))
    size = (1080, 1920) if is_upright else (1920, 1080)
    noises = ("door", Span(at + 2000, at + 3500)), ("siren", Span(at + 5000, at + 8000))
    return Document(
        media=DocumentMedia("talk.mp4", at + 9000, *size, Fraction(25)),
        transcript=Transcript("en", tuple(utterances)),
        track=EmotionTrack(LABELS, tuple(readings)),
        sounds=tuple(Sound(label, span) for label, span in noises),
    )


def _toml(keys: Keys) -> str:
    lines = [f"{k} = {json.dumps(v)}" for k, v in keys.items() if not isinstance(v, dict)]
    for table, values in keys.items():
        if isinstance(values, dict):
            lines.append(f"[{table}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _drawn(path: Path, keys: Keys, under: Keys) -> str:
    path.write_text(_toml(keys), encoding="utf-8")
    theme = load(file=path, **under)
    document = _document(is_upright=bool(under.get("automatic")))
    track = styling.style(document, theme)
    described = [theme.description, *map(theme.describe, theme.emotions)]
    return "\n".join(
        [
            ass_text(track, title="talk", motion="full", embed_fonts=False),
            effects_text(track, title="talk", motion="full", embed_fonts=False, comments=False),
            srt_text(track),
            *described,
        ]
    )


def test_every_key_is_tried() -> None:
    tried = {table: set(keys) for table, keys in _CHANGED.items()}
    known = {"": set(TOP), "emotion.happiness": set(RULE)}
    assert tried == known | {table: set(keys) for table, keys in TABLES.items()}


@pytest.mark.parametrize("under", _UNDER, ids=lambda under: f"{under['culture']}-{under['age']}")
@pytest.mark.parametrize(("table", "key"), [(t, k) for t, keys in _CHANGED.items() for k in keys])
def test_a_key_that_a_file_names_has_an_effect(
    table: str, key: str, under: Keys, tmp_path: Path
) -> None:
    value = _CHANGED[table][key]
    if key == "kind":  # decides of which culture the palettes over it are
        under = {**under, "culture": "universal", "profiles": ("tritanopia",)}
    if key == "places":  # an upright picture has no room for sides
        under = {name: value for name, value in under.items() if name != "automatic"}
    path = tmp_path / "eastern.toml"
    before = _drawn(path, _ALREADY, under)
    changed = (
        {**_ALREADY, key: value}
        if not table
        else {**_ALREADY, table: {**_ALREADY.get(table, {}), key: value}}
    )
    assert _drawn(path, changed, under) != before
