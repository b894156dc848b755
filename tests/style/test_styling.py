"""Which style each word gets, and what styles look like between neutral and full."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import RAISED, EmotionTrack, LabelSet, WordEmotion
from sentigram.core.protocols import RenderJob
from sentigram.core.style import N_LEVELS, StyledRun, StyledWord, StyleKey
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.registry import factory
from sentigram.style import styling
from sentigram.style.colour.contrast import from_hex
from sentigram.style.text.measure import Measure
from sentigram.style.theme.theme import ages, cultures, known_profiles, load
from tests.documents import LABELS, document, documents, raised, reading, talk


def keys(doc, theme=None):
    words = styling.assign(doc, theme or load())
    return [(w.runs[0].style.emotion, w.runs[0].style.level) for w in words]


def words(*items, word_ms=400):
    """A Document of one utterance; items are (text, reading)."""
    spoken = tuple(
        Word(text, Span(i * word_ms, (i + 1) * word_ms)) for i, (text, _) in enumerate(items)
    )
    end_ms = len(items) * word_ms
    return Document(
        DocumentMedia("a.wav", end_ms),
        Transcript("en", (Utterance("u1", Span(0, end_ms), spoken),)),
        EmotionTrack(LABELS, tuple(reading for _, reading in items)),
    )


NEUTRAL = reading("neutral")


def test_sentences_take_their_emotion():
    theme = load()
    doc = talk()
    seen = dict.fromkeys(keys(doc, theme))
    assert [emotion for emotion, _ in seen] == ["happiness", "anger", "neutral", "sadness"]
    assert [level for _, level in seen] == [3, 3, 0, 3]  # an intensity of 0.8


def test_a_sound_among_words_of_a_mood_stays_plain_unless_by_hand():
    angry = reading("anger", p=0.9, intensity=0.9)
    shouted = [("you", angry), ("never", angry), ("(Door slams)", NEUTRAL), ("ask", angry)]
    made = words(*shouted, ("me", angry), word_ms=600)
    assert [level > 0 for _, level in keys(made)] == [True, True, False, True, True]
    texts = ["".join(run.text for run in word.runs) for word in styling.assign(made, load())]
    assert texts == ["YOU", "NEVER", "(Door slams)", "ASK", "ME"]


def test_text_is_transformed_and_whole():
    shown = ["".join(r.text for r in w.runs) for w in styling.assign(talk(), load())]
    assert shown[9:12] == ["HOW", "DARE", "YOU"]
    assert shown[0] == "We"
    loud = [r.text for w in styling.assign(talk(), load()) for r in w.runs if r.style.is_emphasis]
    assert loud == ["!", "?"]


def test_below_the_floor_a_word_is_neutral():
    floored = dataclasses.replace(load(), confidence_floor=0.4)
    weak = reading("anger", p=0.39, intensity=0.9)
    assert keys(words(*[("no", weak)] * 5), floored) == [("neutral", 0)] * 5
    assert keys(words(*[("no", weak)] * 5)) == [("anger", 4)] * 5  # no floor: the model decided
    enough = reading("anger", p=0.41, intensity=0.9)
    assert keys(words(*[("no", enough)] * 5), floored) == [("anger", 4)] * 5


@pytest.mark.parametrize(
    ("intensity", "level"), [(0.01, 1), (0.37, 1), (0.38, 2), (0.6, 2), (0.63, 3), (0.9, 4), (1, 4)]
)
def test_levels_follow_intensity_and_are_never_0(intensity, level):
    strong = reading("fear", p=0.9, intensity=intensity)
    assert keys(words(*[("oh", strong)] * 4)) == [("fear", level)] * 4


def test_a_short_weak_run_is_absorbed_and_a_strong_one_stands():
    weak, strong = reading("anger", p=0.6), reading("anger", p=0.9)
    around = [("so", NEUTRAL)] * 4
    assert keys(words(*around, ("no", weak), *around)) == [("neutral", 0)] * 9
    assert keys(words(*around, ("no", strong), *around))[4] == ("anger", 4)


def doubtful(*confidences):
    """Four neutral words with these confidences, the last one angry."""
    made = words(*[("word", NEUTRAL)] * 3, ("Now!", reading("anger")))
    line = made.transcript.utterances[0]
    said = tuple(
        dataclasses.replace(word, confidence=share)
        for word, share in zip(line.words, confidences, strict=True)
    )
    line = dataclasses.replace(line, words=said)
    return dataclasses.replace(
        made, transcript=dataclasses.replace(made.transcript, utterances=(line,))
    )


def marking(tmp_path, **rules):
    file = tmp_path / "doubt.toml"
    lines = [f"{key} = {str(value).lower()}" for key, value in rules.items()]
    file.write_text("\n".join(["[confidence]", *lines]), encoding="utf-8")
    return load(file=file)


def test_no_word_is_marked_as_doubtful_unless_the_theme_says_so():
    track = styling.style(doubtful(0.0, 0.1, 0.2, 0.3), load())
    assert track.doubtful_below == 0
    assert not any(key.is_doubtful for key in track.styles)


def test_a_theme_marks_words_that_may_have_been_misheard(tmp_path):
    theme = marking(tmp_path, doubtful_below=0.5, italic=True)
    document = doubtful(0.49, 0.5, 1.0, 0.2)
    shown = styling.assign(document, theme)
    assert [{run.style.is_doubtful for run in word.runs} for word in shown] == [
        {True}, {False}, {False}, {True},
    ]  # fmt: skip
    track = styling.style(document, theme)
    for key, style in track.styles.items():
        assert style.underline == key.is_doubtful
        assert style.italic == key.is_doubtful
    assert track.styles[StyleKey("neutral", 0, is_doubtful=True)].fill == (
        track.styles[StyleKey("neutral", 0)].fill
    )
    assert {key.slug for key in track.styles} >= {"neutral-0", "neutral-0d", "anger-3d"}
    certain = document.with_text(0, "ward")
    assert not styling.assign(certain, theme)[0].runs[0].style.is_doubtful


def test_doubt_may_be_told_by_the_slant_alone(tmp_path):
    theme = marking(tmp_path, doubtful_below=1.0, underline=False, italic=True)
    look = styling.resolve(theme, StyleKey("neutral", 0, is_doubtful=True), motion="none")
    assert (look.underline, look.italic) == (False, True)


def test_every_format_draws_doubtful_words(tmp_path):
    theme = marking(tmp_path, doubtful_below=0.5)
    document = doubtful(0.4, 1.0, 1.0, 0.4)
    track = styling.style(document, theme)
    looks = (styling.look(document, theme),)
    job = RenderJob(document, track, looks, "none", None)
    drawn = {}
    for kind in ("ass", "vtt", "ttml", "srv3", "html"):
        path = tmp_path / f"talk.{kind}"
        factory("renderer", kind)().render(job, path)
        drawn[kind] = path.read_text(encoding="utf-8-sig")
    assert "Style: neutral-0d," in drawn["ass"]
    assert "<c.neutral.neutral-0d>word</c> " in drawn["vtt"]
    assert "::cue(.neutral-0d) {" in drawn["vtt"]
    assert "::cue(.neutral) {" not in drawn["vtt"]
    assert 'style="neutral-0d"' in drawn["ttml"]
    assert drawn["srv3"].count('u="1"') == 3  # "word", "NOW", "!"
    assert ".s-neutral-0d" in drawn["html"]


def test_what_a_person_set_stays():
    by_hand = dataclasses.replace(reading("sadness"), label="fear", intensity=0.0)
    around = [("so", reading("sadness", p=0.9))] * 4
    assert keys(words(*around, ("oh", by_hand), *around))[4] == ("fear", 3)


def test_a_raised_voice_has_a_style_of_its_own_and_no_floor():
    floored = dataclasses.replace(load(), confidence_floor=0.4)
    assert max(raised().probs) < floored.confidence_floor
    assert keys(words(*[("my", raised(0.9))] * 4), floored) == [(RAISED, 4)] * 4
    assert keys(words(*[("my", raised(0.3))] * 4)) == [(RAISED, 1)] * 4
    assert keys(words(*[("my", raised(0.0))] * 4)) == [(RAISED, 3)] * 4  # by hand, 0.75


def test_raised_voices_are_evened_out_and_a_strong_one_stands():
    around = [("so", NEUTRAL)] * 4
    assert keys(words(*around, ("hey", raised(0.7)), *around)) == [("neutral", 0)] * 9
    assert keys(words(*around, ("hey", raised(0.9)), *around))[4] == (RAISED, 4)
    assert keys(words(*around, ("hey", raised(0.0)), *around))[4] == (RAISED, 3)
    loud, gap = [("hey", raised(0.6))] * 4, ("so", NEUTRAL)
    assert keys(words(*loud, gap, *loud)) == [(RAISED, 2)] * 9


def test_a_raised_voice_tints_no_neutral_word():
    loud = [("hey", raised(0.6))] * 12
    assert keys(words(*loud, *[("so", NEUTRAL)] * 4))[-4:] == [("neutral", 0)] * 4
    mad = [("no", reading("anger", p=0.7))] * 12
    mixed = keys(words(*mad, *[("hey", raised(0.6))] * 3, *[("so", NEUTRAL)] * 3))
    assert mixed[12:] == [(RAISED, 2)] * 3 + [("anger", 1)] * 3  # anger holds the sentence


def test_a_label_called_raised_is_not_a_raised_voice():
    labels = LabelSet(("neutral", "raised"))
    own = WordEmotion("raised", (0.1, 0.9), 0.9)
    held = WordEmotion("neutral", (0.5, 0.5), 0.9, withheld=True)
    doc = words(*[("a", own)] * 4, *[("b", held)] * 4)
    doc = dataclasses.replace(doc, track=dataclasses.replace(doc.track, labels=labels))
    assert keys(doc) == [("raised", 4)] * 4 + [(RAISED, 4)] * 4
    track = styling.style(doc, load())
    assert track.styles[StyleKey("raised", 4)].underline  # the theme has no rule for it
    assert not track.styles[StyleKey(RAISED, 4)].underline
    assert load().unnamed(labels.names) == ("raised",)


def test_a_flash_between_two_runs_of_one_emotion_joins_them():
    joy, flash = reading("happiness", p=0.7), reading("anger", p=0.6)
    doc = words(*[("a", joy)] * 4, ("b", flash), *[("a", joy)] * 4)
    assert {emotion for emotion, _ in keys(doc)} == {"happiness"}


def test_a_held_sentence_tints_its_neutral_words():
    joy = reading("happiness", p=0.7)
    doc = words(*[("a", NEUTRAL)] * 3, *[("b", joy)] * 7)
    assert keys(doc)[:3] == [("happiness", 1)] * 3
    doc = words(*[("a", NEUTRAL)] * 5, *[("b", joy)] * 5)
    assert keys(doc)[:5] == [("neutral", 0)] * 5


def test_nothing_spreads_past_its_utterance():
    theme = dataclasses.replace(load(), scale=dataclasses.replace(load().scale, sentence=0))
    doc = document(
        ("you never ever listen", "anger"), ("ok", "neutral"), ("never ever at all", "anger")
    )
    assert keys(doc, theme)[4] == ("neutral", 0)
    weak = dataclasses.replace(
        doc,
        track=EmotionTrack(
            LABELS,
            (*doc.track.readings[:4], reading("fear", p=0.6), *doc.track.readings[5:]),
        ),
    )
    assert keys(weak, theme)[4] == ("neutral", 0)


@st.composite
def moods(draw):
    """Speech as a model reads it: short words, few labels, most readings uncertain."""
    at, utterances, readings = 0, [], []
    for number in range(draw(st.integers(1, 4))):
        spoken = []
        for _ in range(draw(st.integers(1, 12))):
            length_ms = draw(st.integers(60, 700))
            spoken.append(Word("word", Span(at, at + length_ms)))
            at += length_ms + draw(st.sampled_from([0, 20, 300]))
            label = draw(st.sampled_from(["neutral", "anger", "anger", "fear"]))
            p = draw(st.sampled_from([0.35, 0.5, 0.7, 0.7, 0.85]))
            intensity = 0.0 if label == "neutral" else draw(st.sampled_from([0.2, 0.5, 0.9]))
            made = reading(label, p=p, intensity=intensity)
            if draw(st.integers(0, 15)) == 0 and label != "neutral":
                made = dataclasses.replace(made, label="sadness")  # set by hand
            if label == "neutral" and draw(st.booleans()):
                made = raised(draw(st.sampled_from([0.0, 0.2, 0.5, 0.9])))
            readings.append(made)
        span = Span(spoken[0].span.start_ms, spoken[-1].span.end_ms)
        utterances.append(Utterance(f"u{number}", span, tuple(spoken)))
    return Document(
        DocumentMedia("a.wav", at + 1),
        Transcript("en", tuple(utterances)),
        EmotionTrack(LABELS, tuple(readings)),
    )


def spoken_ms(group):
    return group[-1][0].span.end_ms - group[0][0].span.start_ms


@given(moods() | documents(), st.sampled_from([0, 400, 1000, 2500]))
@settings(max_examples=200, deadline=None)
def test_no_style_run_is_short_unless_strong_or_by_hand(doc, min_run_ms):
    theme = dataclasses.replace(load(), min_run_ms=min_run_ms)
    styled = styling.assign(doc, theme)
    labels = doc.track.labels
    pairs = list(zip(styled, doc.track.readings, strict=True))

    def firm(emotion, r: WordEmotion):
        certainty = r.intensity if r.is_raised else r.confidence(labels)
        return r.name == emotion and (r.is_by_hand(labels) or certainty >= theme.strong)

    for emotion, run in itertools.groupby(pairs, lambda p: p[0].runs[0].style.emotion):
        group = list(run)
        if emotion == "neutral":
            continue
        assert spoken_ms(group) >= min_run_ms or any(firm(emotion, r) for _, r in group)
        parts = [
            list(part) for _, part in itertools.groupby(group, lambda p: p[0].runs[0].style.level)
        ]
        for part in parts:
            assert (
                len(parts) == 1
                or spoken_ms(part) >= min_run_ms
                or any(r.is_by_hand(labels) and r.name == emotion for _, r in part)
            )


@given(documents())
@settings(max_examples=40, deadline=None)
def test_every_word_is_assigned_once_and_the_same_each_time(doc):
    theme = load(culture="eastern", age="child")
    styled = styling.assign(doc, theme)
    assert styled == styling.assign(doc, theme)
    spoken = list(doc.transcript.words())
    assert [w.index for w in styled] == list(range(len(spoken)))
    assert [w.span for w in styled] == [w.span for w in spoken]
    assert [w.joined for w in styled] == [w.joined for w in spoken]
    for word in styled:
        emotions = {(r.style.emotion, r.style.level) for r in word.runs}
        assert len(emotions) == 1
        assert all(r.text for r in word.runs)


@pytest.mark.parametrize("emotion", ["happiness", "sadness", "anger", "excitement"])
def test_styles_move_evenly_from_neutral(emotion):
    theme = load()
    looks = [styling.resolve(theme, StyleKey(emotion, n), motion="full") for n in range(1, 5)]
    neutral = styling.resolve(theme, StyleKey("neutral", 0), motion="full")
    sizes = [neutral.size_em, *(look.size_em for look in looks)]
    steps = [b - a for a, b in itertools.pairwise(sizes)]
    assert steps == pytest.approx([steps[0]] * 4, abs=2e-4)
    chroma = [from_hex(look.fill).chroma for look in looks]
    assert chroma == sorted(chroma)
    assert chroma[0] > 0.03
    assert all(look.family == theme.rules[emotion].family for look in looks)
    assert looks[0].animation == "none"
    assert looks[-1].animation == theme.rules[emotion].animation


def test_stressed_letters_are_larger():
    theme = load()
    plain = styling.resolve(theme, StyleKey("anger", 4), motion="full")
    loud = styling.resolve(theme, StyleKey("anger", 4, is_emphasis=True), motion="full")
    assert loud.size_em == pytest.approx(1.1 * plain.size_em)
    assert dataclasses.replace(loud, size_em=plain.size_em) == plain


def test_motion():
    theme = load()

    def moves(emotion, motion):
        return styling.resolve(theme, StyleKey(emotion, 4), motion=motion).animation

    assert moves("anger", "full") == "shake"
    assert moves("anger", "subtle") == "none"
    assert moves("sadness", "subtle") == "fade"
    assert {moves(e, "none") for e in theme.emotions} == {"none"}


def test_style_holds_every_key_and_names_the_theme():
    track = styling.style(talk(), load(culture="eastern", age="teen"), motion="subtle")
    used = {r.style for c in track.cues for line in c.lines for w in line for r in w.runs}
    assert used <= set(track.styles)
    assert StyleKey("neutral", 0) in track.styles
    assert track.theme == "eastern, teen"
    assert (track.canvas.width_px, track.canvas.height_px) == (1280, 720)
    assert track.canvas.base_px == 36


def test_canvas():
    assert styling.canvas_for().width_px == 1920
    assert styling.canvas_for(1920, 1080).base_px == 54
    assert styling.canvas_for(1080, 1920).base_px == pytest.approx(67.5)
    assert styling.canvas_for(1920, 816).base_px == pytest.approx(54)  # 2.35:1 on the same screen
    assert styling.canvas_for(1440, 1080).base_px == pytest.approx(54)
    assert styling.canvas_for(1920, 480).base_px == pytest.approx(36)
    assert styling.style(words(("a", NEUTRAL)), load()).canvas.height_px == 1080
    assert styling.style(talk(), load(), width_px=640, height_px=360).canvas.base_px == 18


def test_looks_are_every_culture_and_age_and_the_same_as_alone():
    doc = talk()
    looks = styling.looks(doc, first=("eastern", "senior"))
    assert len(looks) == len(cultures()) * len(ages())
    assert (looks[0].culture, looks[0].age) == ("eastern", "senior")
    assert len({(k.culture, k.age) for k in looks}) == len(looks)
    for look in looks:
        assert look == styling.look(doc, load(culture=look.culture, age=look.age))
        for emotion in load().emotions:
            for level in range(1, N_LEVELS + 1):
                assert emotion == "neutral" or StyleKey(emotion, level) in look.styles
    assert len({id(look.words) for look in looks}) == 1  # the work is shared


def test_looks_for_other_profiles_are_the_same_as_alone():
    doc = talk()
    sets = ((), ("dyslexia",), ("low-vision",), ("tritanopia",))
    looks = styling.looks(
        doc, first=("eastern", "teen"), profiles=("bbc", "low-vision"), alternatives=sets
    )
    assert looks[0].profiles == ("bbc", "low-vision")
    worn = list(dict.fromkeys(look.profiles for look in looks))
    assert worn == [("bbc", "low-vision"), ("bbc",), ("bbc", "dyslexia"), ("bbc", "tritanopia")]
    assert len(looks) == len(worn) * len(cultures()) * len(ages())
    for look in looks:
        theme = load(culture=look.culture, age=look.age, profiles=look.profiles)
        assert look == styling.look(doc, theme)
    assert len({id(look.words) for look in looks}) == 2  # capitals, and none under dyslexia


def test_needs_are_profiles_that_ship():
    assert {name for names in styling.NEEDS for name in names} < set(known_profiles())
    assert styling.NEEDS[0] == ()
    assert len({frozenset(names) for names in styling.NEEDS}) == len(styling.NEEDS) == 16


def test_profiles_worn_in_an_order_of_their_own_stay_in_it():
    looks = styling.looks(talk(), profiles=("dyslexia", "low-vision"), alternatives=styling.NEEDS)
    worn = list(dict.fromkeys(look.profiles for look in looks))
    assert worn[0] == ("dyslexia", "low-vision")
    assert ("low-vision", "dyslexia") not in worn
    assert len(worn) == len({frozenset(names) for names in worn}) == 16


def test_small_pictures_keep_a_whole_outline():
    theme = load()
    for height_px in (240, 360, 1080):
        track = styling.style(talk(), theme, width_px=height_px * 16 // 9, height_px=height_px)
        for look in track.styles.values():
            assert look.outline_em * track.canvas.base_px >= 1.49
            assert look.outline_em >= theme.caption.outline_em


@pytest.mark.parametrize("culture", ["western", "eastern"])
@pytest.mark.parametrize("age", ["adult", "teen"])
def test_a_wide_outline_does_not_glue_words_together(tmp_path, culture, age):
    path = tmp_path / "wide.toml"
    path.write_text("[caption]\noutline_em = 0.2\n")
    theme = load(culture=culture, age=age, file=path)
    keys = sorted(styling.legend_keys(theme))
    styles = {key: styling.resolve(theme, key, motion="none") for key in keys}
    measure = Measure(styling.canvas_for(), styles)
    base_px = styling.canvas_for().base_px
    assert min(style.outline_em for style in styles.values()) == theme.caption.drawn_outline_em
    for key, style in styles.items():
        space_px = measure.space_px(StyledWord(0, Span(0, 1), (StyledRun("o", key),)))
        assert space_px > 2 * style.outline_em * base_px, key


def test_black_letters_have_a_wider_rim():
    theme = load(culture="eastern")
    rim, plain = (
        styling.resolve(theme, StyleKey(emotion, 4), motion="none").outline_em
        for emotion in ("anger", "happiness")
    )
    assert rim > 1.75 * plain
    boxed = load(culture="eastern", profiles=("low-vision",))
    look = styling.resolve(boxed, StyleKey("anger", 4), motion="none")
    assert look.outline_em == pytest.approx(plain)


@pytest.mark.parametrize("box", ["#000000", "#f0f0e8", "#7f7f7f", "#203060"])
def test_all_words_share_one_box(tmp_path, box):
    """Players draw one box behind a line, whatever the styles in it."""
    path = tmp_path / "mine.toml"
    path.write_text(f'[caption]\nbox = "{box}"\n')
    for culture in cultures():
        theme = load(culture=culture, age="senior", file=path)
        keys = [StyleKey(name, level) for name in theme.emotions for level in (0, 1, 4)]
        boxes = {styling.resolve(theme, key, motion="none").box for key in keys}
        assert len(boxes) == 1
        assert boxes == {box} or box == "#7f7f7f"  # nothing reaches 6:1 on middle grey


def test_looks_with_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[emotion.sadness]\ntransform = "lowercase"\n')
    looks = styling.looks(document(("I MISS YOU ALL", "sadness")), file=path)
    assert len(looks) == 12
    assert looks[0].words[1].runs[0].text == "miss"
    path.write_text('extends = "eastern"\n')
    looks = styling.looks(talk(), file=path, first=("western", "teen"))
    assert [look.age for look in looks] == ["teen", "child", "adult", "senior"]
    assert {look.culture for look in looks} == {"western"}


def test_nothing_said():
    empty = Document(DocumentMedia("a.wav", 1000), Transcript("", ()), EmotionTrack(LABELS, ()))
    assert styling.assign(empty, load()) == ()
    assert styling.style(empty, load()).cues == ()
    assert len(styling.looks(empty)) == 12


def test_the_mark_of_the_active_word_follows_the_theme_and_what_may_move(tmp_path):
    plain = styling.style(talk(), load())
    assert [plain.marks_active(motion) for motion in ("none", "subtle", "full")] == [
        False, True, True,
    ]  # fmt: skip
    still = tmp_path / "still.toml"
    still.write_text('motion = "none"\n')
    unmarked = tmp_path / "unmarked.toml"
    unmarked.write_text("[caption]\nactive = false\n")
    themes = (load(profiles=("reduced-motion",)), load(file=still), load(file=unmarked))
    for theme in themes:
        assert not styling.style(talk(), theme).marks_active("full")


def test_the_mark_of_the_active_word_may_be_asked_for_or_declined():
    calm = load(profiles=("reduced-motion",))
    assert styling.style(talk(), calm, motion="none", active="on").marks_active("none")
    assert not styling.style(talk(), load(), active="off").marks_active("full")


def test_where_text_may_stand_follows_the_theme():
    plain = styling.style(talk(), load()).canvas
    short = styling.style(talk(), load(profiles=("shorts",))).canvas
    assert (plain.safe, plain.bottom) == (0.90, 0.07)
    assert short.bottom == 0.20
