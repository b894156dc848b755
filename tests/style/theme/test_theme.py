"""Themes: what ships, how layers join, and what a wrong file is told."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest

from sentigram.core.emotion import RAISED
from sentigram.core.style import N_LEVELS, StyleKey
from sentigram.errors import ThemeError, UsageError
from sentigram.style.colour.contrast import from_hex
from sentigram.style.colour.vision import MATRICES
from sentigram.style.look import Look
from sentigram.style.styling import resolve
from sentigram.style.text import fonts
from sentigram.style.theme.advice import warnings_of
from sentigram.style.theme.layers import about
from sentigram.style.theme.theme import ages, cultures, known_presets, known_profiles, load

WORN_TOGETHER = (
    ("low-vision", "dyslexia"),
    ("netflix", "low-vision", "reduced-motion"),
    ("sdh", "dyslexia", "tritanopia"),
    ("low-vision", "dyslexia", "reduced-motion"),
)
CUES = ("family", "weight", "italic", "transform", "spacing_em", "underline")


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def full(theme, emotion):
    level = 0 if emotion == "neutral" else N_LEVELS
    return resolve(theme, StyleKey(emotion, level), motion="full")


def test_what_ships():
    assert cultures() == ("western", "eastern", "universal")
    assert ages() == ("child", "teen", "adult", "senior")


@pytest.mark.parametrize(
    ("emotion", "family", "size", "hue", "animation"),
    [
        ("happiness", "Fredoka", 1.15, (75, 100), "bounce"),
        ("sadness", "Merriweather", 0.92, (235, 265), "fade"),
        ("anger", "Bebas Neue", 1.30, (15, 40), "shake"),
        ("frustration", "Oswald", 1.10, (45, 70), "pulse"),
        ("neutral", "Poppins", 1.00, None, "none"),
    ],
)
def test_the_rules_that_the_project_began_with(emotion, family, size, hue, animation):
    look = full(load(culture="western", age="adult"), emotion)
    assert (look.family, look.size_em, look.animation) == (family, size, animation)
    color = from_hex(look.fill)
    if hue is None:
        assert color.chroma < 0.02
    else:
        assert hue[0] <= color.hue <= hue[1]
        assert color.chroma > 0.1
    assert look.italic == (emotion == "sadness")
    assert look.transform == ("uppercase" if emotion == "anger" else "none")


def test_eastern_colours():
    theme = load(culture="eastern")
    red, white, black = (from_hex(full(theme, e).fill) for e in ("happiness", "sadness", "anger"))
    assert 15 <= red.hue <= 40
    assert red.chroma > 0.2
    assert white.lightness > 0.97
    assert black.lightness < 0.25


@pytest.mark.parametrize("age", ages())
def test_eastern_white_and_black_are_told_from_plain_words_by_their_letters_too(age):
    theme = load(culture="eastern", age=age)
    neutral, white, black = (full(theme, e) for e in ("neutral", "sadness", "anger"))
    for one, other in itertools.combinations((neutral, white, black), 2):
        cues = [cue for cue in CUES if getattr(one, cue) != getattr(other, cue)]
        assert len(cues) >= 3, cues
        assert abs(one.spacing_em - other.spacing_em) >= 0.03
    assert white.weight >= 700 > load(culture="western").rules["sadness"].weight
    assert black.outline_em > 1.5 * neutral.outline_em


@pytest.mark.parametrize(
    ("age", "factor"), [("child", 1.3), ("teen", 1.1), ("adult", 1.0), ("senior", 1.25)]
)
def test_ages_change_size_not_hue(age, factor):
    adult, aged = load(age="adult"), load(age=age)
    for emotion in adult.emotions:
        one, other = full(adult, emotion), full(aged, emotion)
        assert other.size_em == pytest.approx(one.size_em * factor, abs=1e-3)
        if from_hex(one.fill).chroma > 0.05:
            assert abs(from_hex(one.fill).hue - from_hex(other.fill).hue) < 4


def test_child_and_senior_differ_by_more_than_size():
    child, senior = load(age="child"), load(age="senior")
    one, other = full(child, "neutral"), full(senior, "neutral")
    assert (one.family, other.family) == ("Fredoka", "Poppins")
    assert other.weight - one.weight >= 200
    assert other.spacing_em - one.spacing_em >= 0.03
    assert other.outline_em > 1.3 * one.outline_em
    assert child.caption.line_chars < senior.caption.line_chars
    # Anger shakes for children, even where it is weak, and stands still for seniors.
    weak = [
        resolve(theme, StyleKey("anger", 1), motion="full").animation for theme in (child, senior)
    ]
    assert weak == ["shake", "none"]
    assert full(senior, "anger").animation == "none"
    assert full(senior, "sadness").animation == "fade"


@pytest.mark.parametrize("profiles", [(), *((name,) for name in known_profiles())])
@pytest.mark.parametrize("age", ages())
@pytest.mark.parametrize("culture", cultures())
@pytest.mark.parametrize("level", range(1, N_LEVELS + 1))
def test_emotions_differ_by_more_than_colour(culture, age, level, profiles):
    theme = load(culture=culture, age=age, profiles=profiles)
    looks = {
        emotion: resolve(theme, StyleKey(emotion, level), motion="none")
        for emotion in theme.emotions
        if emotion != "neutral"
    }
    looks["neutral"] = resolve(theme, StyleKey("neutral", 0), motion="none")
    for one, other in itertools.combinations(looks, 2):
        assert any(getattr(looks[one], cue) != getattr(looks[other], cue) for cue in CUES), (
            one,
            other,
        )


@pytest.mark.parametrize("preset", known_presets())
@pytest.mark.parametrize("culture", cultures())
def test_presets_keep_emotions_apart_and_need_no_warning(culture, preset):
    for age in ages():
        theme = load(culture=culture, age=age, profiles=(preset,))
        assert warnings_of(theme) == ()
        for level in range(1, N_LEVELS + 1):
            looks = [
                resolve(
                    theme, StyleKey(emotion, level if emotion != "neutral" else 0), motion="none"
                )
                for emotion in theme.emotions
            ]
            for one, other in itertools.combinations(looks, 2):
                assert any(getattr(one, cue) != getattr(other, cue) for cue in CUES)


def test_a_preset_lies_under_a_file_and_profiles_over_it(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[caption]\nwords = 5\n", encoding="utf-8")
    theme = load(profiles=("low-vision", "pop"), file=path)
    assert (theme.caption.words, theme.caption.mark) == (5, "colour")
    assert theme.caption.size == 1.5  # of low-vision, not of pop
    assert theme.profiles == ("pop", "low-vision")
    assert load(profiles=("pop",)).caption.words == 3


def test_a_presets_size_and_weight_are_over_those_of_the_age():
    for age in ages():
        plain, pop = load(age=age).caption, load(age=age, profiles=("pop",)).caption
        assert pop.size == pytest.approx(1.45 * plain.size)
        assert pop.weight_add == plain.weight_add + 200


def test_presets_that_ship():
    assert set(known_presets()) == {"minimal", "pop", "box", "karaoke", "broadcast", "cinema"}
    assert all(len(about(name)) > 20 for name in known_presets())
    with pytest.raises(UsageError, match=r"no preset 'ultrafast'; there are: box.*encoder"):
        Look(preset="ultrafast")
    with pytest.raises(UsageError, match="no profile 'popp'"):
        load(profiles=("popp",))


@pytest.mark.parametrize("culture", cultures())
def test_cultures_say_why(culture):
    own = {key for key, reason in load(culture=culture).evidence.items() if len(reason.text) > 20}
    base = load(culture=culture)
    others = load(culture="western" if culture != "western" else "eastern")
    for emotion in base.emotions:
        if base.rules[emotion].fill != others.rules[emotion].fill:
            assert (emotion, "fill") in own or (emotion, "fill") in others.evidence


@pytest.mark.parametrize("culture", cultures())
def test_themes_that_ship_need_no_warning(culture):
    for age in ages():
        for profiles in ((), *((name,) for name in known_profiles()), *WORN_TOGETHER):
            assert warnings_of(load(culture=culture, age=age, profiles=profiles)) == ()


def test_every_emotion_is_described_in_words():
    theme = load()
    assert theme.describe("anger") == "tall red capitals, shaking"
    assert theme.describe("anger", motion="none") == "tall red capitals"
    assert len({theme.describe(e) for e in theme.emotions}) == len(theme.emotions)


@pytest.mark.parametrize("profiles", [(), *((name,) for name in known_profiles())])
@pytest.mark.parametrize("culture", cultures())
def test_a_raised_voice_is_strength_without_any_emotion(culture, profiles):
    for age in ages():
        theme = load(culture=culture, age=age, profiles=profiles)
        neutral = full(theme, "neutral")
        levels = range(1, N_LEVELS + 1)
        looks = [resolve(theme, StyleKey(RAISED, level), motion="full") for level in levels]
        for look in looks:
            assert (look.family, look.fill) == (neutral.family, neutral.fill)
            assert (look.outline, look.box) == (neutral.outline, neutral.box)
            assert (look.transform, look.animation) == ("none", "none")
            assert not look.italic
            assert not look.underline
        for weaker, stronger in itertools.pairwise((neutral, *looks)):
            assert stronger.size_em > weaker.size_em
            assert stronger.weight >= weaker.weight
            assert stronger.spacing_em >= weaker.spacing_em + 0.0199


def test_a_raised_voice_follows_the_neutral_letters_of_a_file(write):
    theme = load(file=write('[emotion.neutral]\nfamily = "Oswald"\nfill = "#ffe0b0"\n'))
    look = full(theme, RAISED)
    assert (look.family, look.fill) == ("Oswald", full(theme, "neutral").fill)
    own = write('[emotion.raised-voice]\nsize = 1.5\nfill = "#a0e0ff"\n')
    look = full(load(file=own), RAISED)
    assert (look.size_em, look.fill, look.family) == (1.5, "#a0e0ff", "Poppins")
    path = write("[emotion.raised-voice]\nweight = 500\nspacing = 0.0\n")
    (warning,) = warnings_of(load(file=path))
    assert "neutral and raised-voice differ by colour and size only" in warning


def test_a_file_is_a_layer_over_any_culture(write):
    path = write('[emotion.anger]\nfill = "#ff8800"\n')
    for culture in cultures():
        theme = load(culture=culture, file=path)
        assert theme.rules["anger"].fill == "#ff8800"
        assert theme.rules["happiness"] == load(culture=culture).rules["happiness"]
        assert not theme.is_culture_fixed
        assert theme.name == f"mine over {culture}, adult"


def test_a_file_may_extend_a_culture(write):
    path = write('name = "opera"\nextends = "eastern"\n[emotion.calm]\nsize = 1.2\n')
    theme = load(culture="western", age="senior", file=path)
    assert theme.rules["anger"].fill == load(culture="eastern").rules["anger"].fill
    assert theme.rules["calm"].size == 1.2
    assert theme.caption.size == 1.25
    assert (theme.name, theme.is_culture_fixed) == ("opera, senior", True)


def test_a_folder_adds_cultures(write, tmp_path):
    write('extends = "eastern"\n[emotion.awe]\nfamily = "Unbounded"\nweight = 600\n', "kyoto.toml")
    assert cultures(folder=tmp_path) == ("western", "eastern", "universal", "kyoto")
    theme = load(culture="kyoto", folder=tmp_path)
    assert theme.rules["awe"].family == "Unbounded"
    child = write('extends = "kyoto"\n[emotion.awe]\nsize = 1.4\n', "osaka.toml")
    assert load(file=child, folder=tmp_path).rules["awe"].family == "Unbounded"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[emotion.anger]\ncolour = 'red'\n", "emotion.anger.colour: no such key"),
        (
            "[emotion.anger]\nwieght = 400\n",
            "emotion.anger.wieght: no such key; did you mean 'weight'?",
        ),
        (
            "[caption]\nlinechars = 30\n",
            "caption.linechars: no such key; did you mean 'line_chars'?",
        ),
        (
            "confidence_flor = 0.2\n",
            "confidence_flor: no such key; did you mean 'confidence_floor'?",
        ),
        ("[emotions.anger]\nsize = 1\n", "emotions: no such key; did you mean 'emotion'?"),
        (
            "[emotion.anger]\nsize = 'big'\n",
            "emotion.anger.size: 'big' is not a number from 0.5 to 2",
        ),
        ("[emotion.anger]\nsize = true\n", "emotion.anger.size: True is not a number"),
        ("[emotion.anger]\nweight = 450.5\n", "emotion.anger.weight: 450.5 is not a whole number"),
        ("[emotion.anger]\nweight = 1000\n", "from 100 to 900"),
        (
            "[emotion.anger]\nfill = 'red'\n",
            "emotion.anger.fill: 'red' is not a colour: write #rrggbb",
        ),
        ("[emotion.anger]\nfill = 12\n", "emotion.anger.fill: '12' is not a colour"),
        ("[emotion.anger]\nanimation = 'shaek'\n", "did you mean 'shake'?"),
        ("[emotion.anger]\nitalic = 1\n", "emotion.anger.italic: 1 is not true or false"),
        ('[emotion.anger]\nfamily = "a\\nb"\n', "control characters"),
        ("emotion = 3\n", "emotion: write one table per emotion"),
        ("scale = 3\n", "scale: is 3; write a table [scale]"),
        ("[emotion.'Big Anger']\nsize = 1\n", "names use lower-case letters"),
        ("[emotion.raised-voices]\nsize = 1\n", "digits and _, or are raised-voice"),
        ("[emotion]\nanger = 1\n", "emotion.anger: write a table"),
        ("contrast = 3\n", "contrast: 3 is not a number from 4.5 to 15"),
        ("[emotion.anger]\nfill = { value = '#ff0000', evidence = 'x' }\n", "level missing"),
        (
            "[emotion.anger]\nfill = { value = '#ff0000', evidence = 'x', level = 'srtong' }\n",
            "emotion.anger.fill.level: 'srtong' is not one of",
        ),
        (
            "[emotion.anger]\nfill = { value = '#ff0000', evidenc = 'x', level = 'strong' }\n",
            "emotion.anger.fill.evidenc: no such key; did you mean 'evidence'?",
        ),
        ("extends = 'westen'\n", "extends: no theme 'westen'"),
        ("extends = 'other.toml'\n", "extends: no theme 'other.toml'"),
        ("extends = \n", "not valid TOML"),
    ],
)
def test_what_a_wrong_file_is_told(write, text, said):
    path = write(text)
    with pytest.raises(ThemeError, match=re.escape(said)) as caught:
        load(file=path)
    assert str(path) in str(caught.value)


def test_extending_in_a_circle_is_refused(write):
    one = write("extends = 'two.toml'\n", "one.toml")
    write("extends = 'one.toml'\n", "two.toml")
    with pytest.raises(ThemeError, match=r"circle: one\.toml → two\.toml → one\.toml"):
        load(file=one)


def test_links_in_a_circle_and_folders_of_nobody_are_refused(write, tmp_path):
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    with pytest.raises(ThemeError, match=r"loop.toml: cannot be read"):
        load(file=loop)
    with pytest.raises(ThemeError, match=r"x.toml: extends: '~nosuchuser/x.toml': no such user"):
        load(file=write("extends = '~nosuchuser/x.toml'\n", "x.toml"))


def test_unreadable_files_are_refused(tmp_path, write):
    with pytest.raises(ThemeError, match="cannot be read"):
        load(file=tmp_path / "none.toml")
    with pytest.raises(ThemeError, match="is a folder, not a theme"):
        load(file=tmp_path)
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ThemeError, match="not valid TOML"):
        load(file=binary)


def test_profiles_that_ship():
    assert set(known_profiles()) == {
        *("netflix", "bbc", "shorts", "sdh", "low-vision", "dyslexia", "reduced-motion"),
        *("deuteranopia", "protanopia", "tritanopia"),
    }
    assert all(len(about(name)) > 20 for name in known_profiles())


@pytest.mark.parametrize("age", ages())
def test_guidelines_hold_at_every_age(age):
    """The numbers of the guides, written here once more."""
    netflix, bbc, shorts = (
        load(age=age, profiles=(name,)).caption for name in ("netflix", "bbc", "shorts")
    )
    for rules, expected in (
        (netflix, (42, 2, 833, 7000, 2)),
        (bbc, (37, 2, 1000, 7000, 2)),
        (shorts, (24, 2, 700, 5000, 2)),
    ):
        found = (rules.line_chars, rules.lines, rules.min_ms, rules.max_ms, rules.gap_frames)
        assert found == expected
    assert netflix.cps == (17 if age in ("child", "senior") else 20)
    assert (bbc.cps, bbc.width, shorts.cps) == (17, 0.68, 25)
    assert load(age=age, profiles=("sdh",)).caption.sdh


@pytest.mark.parametrize("age", ages())
def test_low_vision_is_larger_than_any_age(age):
    theme = load(age=age, profiles=("low-vision",))
    assert theme.contrast == 7
    for emotion in theme.emotions:
        plain = full(load(age=age), emotion)
        assert full(theme, emotion).size_em >= 1.15 * plain.size_em


@pytest.mark.parametrize("age", ages())
@pytest.mark.parametrize("culture", cultures())
def test_dyslexia_is_upright_sans_letters_with_space(culture, age):
    theme = load(culture=culture, age=age, profiles=("dyslexia",))
    for emotion in theme.emotions:
        look = full(theme, emotion)
        assert not look.italic
        assert not look.underline
        assert look.transform == "none"
        assert look.spacing_em >= 0.07
        assert look.family in {"Poppins", "Fredoka", "Oswald", "Unbounded"}
    assert theme.caption.cps < load(culture=culture, age=age).caption.cps


def test_reduced_motion_wins_over_what_is_asked_for():
    assert load().caption.active
    theme = load(profiles=("reduced-motion",))
    assert not theme.caption.active
    for emotion in theme.emotions:
        assert full(theme, emotion).animation == "none"


def test_the_last_profile_wins_and_each_is_worn_once():
    assert load(profiles=("bbc", "shorts")).caption.line_chars == 24
    assert load(profiles=("shorts", "bbc")).caption.line_chars == 37
    theme = load(profiles=("bbc", "sdh", "bbc"))
    assert (theme.profiles, theme.name) == (("bbc", "sdh"), "western, adult, bbc, sdh")


def test_palettes_keep_to_the_hues_of_their_culture(write):
    """A culture's own values are in a folder; a file that extends a culture gets that one's."""
    for culture in cultures():
        plain = load(culture=culture)
        for kind in MATRICES:
            worn = load(culture=culture, profiles=(kind,))
            for emotion, rule in plain.rules.items():
                one, other = from_hex(rule.fill), from_hex(worn.rules[emotion].fill)
                if min(one.chroma, other.chroma) > 0.04:
                    assert abs((one.hue - other.hue + 180) % 360 - 180) < 16, (kind, emotion)
    opera = load(file=write('extends = "eastern"\n'), profiles=("tritanopia",))
    assert opera.rules == load(culture="eastern", profiles=("tritanopia",)).rules


def test_words_for_colours_are_true_under_every_layer(write):
    assert load(culture="eastern").describe("happiness", motion="none") == "round red letters"
    worn = load(culture="eastern", profiles=("dyslexia",))
    assert worn.describe("anger", motion="none") == "large heavy black letters with a light rim"
    boxed = load(culture="eastern", profiles=("low-vision",))
    assert boxed.describe("anger", motion="none") == "tall pink capitals"
    path = write('[emotion.anger]\nfill = "#3060e0"\n')
    assert load(file=path).describe("anger", motion="none") == "tall blue capitals"


def test_evidence_may_stand_at_any_value(write):
    low = load(profiles=("low-vision",)).evidence
    assert "20/80" in low["", "contrast"].text
    assert "RNIB" in low["caption", "size"].text
    path = write('[caption]\nsize = { value = 1.2, evidence = "x", level = "strong" }\n')
    theme = load(file=path)
    assert (theme.caption.size, theme.evidence["caption", "size"].text) == (1.2, "x")
    theme = load(file=path, profiles=("low-vision",))
    assert (theme.caption.size, theme.evidence["caption", "size"]) == (1.5, low["caption", "size"])
    path = write("[caption]\nsize = { value = 9, evidence = 'x', level = 'strong' }\n")
    with pytest.raises(ThemeError, match=r"caption\.size: 9 is not a number from 0\.5 to 2"):
        load(file=path)
    path = write("[caption]\nsize = { value = 1 }\n")
    with pytest.raises(ThemeError, match=r"caption\.size: evidence, level missing"):
        load(file=path)


def test_unknown_names_are_a_usage_error():
    with pytest.raises(UsageError, match=r"no culture 'eastren'.*did you mean 'eastern'"):
        load(culture="eastren")
    with pytest.raises(UsageError, match=r"no age 'old'; there are: child, teen, adult, senior"):
        load(age="old")
    with pytest.raises(UsageError, match=r"no profile 'lowvision'.*did you mean 'low-vision'"):
        load(profiles=("bbc", "lowvision"))


def test_a_label_without_rule_falls_back_visibly():
    theme = load()
    assert theme.unnamed(("anger", "awe", "neutral", "envy")) == ("awe", "envy")
    look = resolve(theme, StyleKey("awe", 2), motion="full")
    neutral = resolve(theme, StyleKey("neutral", 0), motion="full")
    assert look == dataclasses.replace(neutral, underline=True)
    assert "no rule" in theme.describe("awe")


def test_warnings_name_unknown_fonts_and_missing_cues(write):
    path = write(
        '[emotion.anger]\nfamily = "Poppin"\n'
        '[emotion.calm]\nfamily = "Poppins"\nweight = 500\nspacing = 0.0\n'
    )
    unknown, cue = warnings_of(load(file=path))
    assert "emotion.anger.family: 'Poppin' does not ship" in unknown
    assert "did you mean 'Poppins'?" in unknown
    assert "calm and neutral differ by colour and size only" in cue


def test_a_wide_outline_is_said_to_be_drawn_narrower(write):
    path = write("[caption]\noutline_em = 0.2\n")
    (warning,) = warnings_of(load(file=path))
    assert "caption.outline_em: 0.2 would glue words together: drawn 0.085 wide" in warning
    assert warnings_of(load(file=write("[caption]\noutline_em = 0.08\n"))) == ()


def test_themes_cannot_be_changed():
    theme = load()
    with pytest.raises(TypeError):
        theme.rules["anger"] = theme.rules["calm"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        theme.strong = 0.1


def test_rules_name_faces_that_ship():
    for culture in cultures():
        for emotion, rule in load(culture=culture).rules.items():
            face = fonts.face(rule.family, rule.weight, rule.italic)
            assert (face.weight, face.italic) == (rule.weight, rule.italic), emotion


def test_a_theme_has_no_more_emotions_than_a_document(tmp_path):
    path = tmp_path / "many.toml"
    path.write_text("".join(f'[emotion.e{n}]\nfill = "#ff0000"\n' for n in range(250)))
    with pytest.raises(ThemeError, match=r"2\d\d emotions; a Document has 64 at most"):
        load(file=path)


def test_files_that_extend_each_other_without_end_are_refused(tmp_path):
    for n in range(18):
        (tmp_path / f"t{n}.toml").write_text(f'extends = "t{n + 1}.toml"\n')
    (tmp_path / "t18.toml").write_text("")
    with pytest.raises(ThemeError, match=r"t0\.toml: extends: goes through more than 16 files"):
        load(file=tmp_path / "t0.toml")
    assert load(file=tmp_path / "t4.toml").name == "t4, adult"


def test_many_warnings_of_one_kind_are_summed_up(tmp_path):
    path = tmp_path / "same.toml"
    path.write_text("".join(f'[emotion.e{n}]\nfill = "#ff0000"\n' for n in range(40)))
    found = warnings_of(load(file=path))
    assert len(found) == 9
    assert re.fullmatch(r"… and \d{3} more pairs that differ by colour and size only", found[-1])
