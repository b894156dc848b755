from __future__ import annotations

from dataclasses import replace
from itertools import groupby, product

import pytest
from hypothesis import given, settings

from sentigram.core.document import Document
from sentigram.core.emotion import LabelSet
from sentigram.core.prosody import Prosody
from sentigram.core.style import N_STEPS, StyleKey
from sentigram.errors import ThemeError, UsageError
from sentigram.render.ass.editors import ass_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.style.colour.contrast import Ink, worst_ratio
from sentigram.style.colour.vision import LEAST_DIFFERENCE, difference, simulated
from sentigram.style.dimensions import steps_of
from sentigram.style.look import Look
from sentigram.style.styling import look, resolve, style
from sentigram.style.theme.advice import unmeasured, warnings_of
from sentigram.style.theme.theme import Theme, ages, cultures, load
from tests.documents import document, documents, talk

DRAWN = ("dimensions", "prosody")
USUAL = Prosody(0.0, 0.0, 0.0, 0.0, 0.1)


def by(style_name: str, **options) -> Theme:
    return load(style=style_name, **options)


def said(vads, prosodies, *, word_ms: int = 400) -> Document:
    """One sentence, a word for each reading and way to say it."""
    made = document((" ".join(["word"] * len(vads)), "neutral"), word_ms=word_ms)
    (utterance,) = made.transcript.utterances
    words = tuple(
        replace(word, prosody=prosody)
        for word, prosody in zip(utterance.words, prosodies, strict=True)
    )
    readings = tuple(
        replace(reading, vad=vad) for reading, vad in zip(made.track.readings, vads, strict=True)
    )
    return replace(
        made,
        transcript=replace(made.transcript, utterances=(replace(utterance, words=words),)),
        track=replace(made.track, readings=readings),
    )


def test_a_pleasant_sentence_is_warm_and_round_and_an_unpleasant_one_is_not():
    theme = by("dimensions")
    for valence, step in ((0.6, 2), (0.2, 1), (0.0, 0), (-0.6, -2)):
        made = said([(valence, 0.0, 0.0)] * 5, [USUAL] * 5)
        wanted = (("valence", step),) if step else ()
        assert steps_of(made, theme) == [wanted] * 5
    pleasant, unpleasant, plain = (
        resolve(theme, StyleKey("neutral", 0, steps=steps), motion="none")
        for steps in ((("valence", 2),), (("valence", -2),), ())
    )
    assert len({pleasant.fill, unpleasant.fill, plain.fill}) == 3
    assert len({pleasant.family, unpleasant.family, plain.family}) == 3


def test_one_emphasized_word_is_heavy_and_a_drawn_out_one_spaced():
    loud, slow = replace(USUAL, emphasis=0.9), replace(USUAL, rate=-4.0)
    made = said([(0.0, 0.0, 0.0)] * 5, [USUAL, loud, USUAL, slow, USUAL])
    for name in DRAWN:
        theme = by(name)
        steps = steps_of(made, theme)
        assert steps == [(), (("emphasis", 2),), (), (("rate", -2),), ()]
        plain, heavy, spaced = (
            resolve(theme, StyleKey("neutral", 0, steps=own), motion="none")
            for own in ((), steps[1], steps[3])
        )
        assert heavy.weight >= plain.weight + 200
        assert spaced.spacing_em > plain.spacing_em + 0.1


def test_a_little_emphasis_shows_only_where_it_lasts():
    some = replace(USUAL, emphasis=0.65)
    theme = by("prosody")
    vad = (0.0, 0.0, 0.0)
    assert steps_of(said([vad] * 4, [USUAL, some, USUAL, USUAL]), theme) == [()] * 4
    assert (
        steps_of(said([vad] * 4, [USUAL, some, some, some]), theme)[1:] == [(("emphasis", 1),)] * 3
    )


@pytest.mark.parametrize("name", DRAWN)
@given(made=documents())
@settings(max_examples=60, deadline=None)
def test_no_style_flashes_but_where_a_word_is_far_from_usual(name, made):
    theme = by(name)
    steps = steps_of(made, theme)
    mood_names = {"valence", "arousal"}
    words = [
        (number, word) for number, u in enumerate(made.transcript.utterances) for word in u.words
    ]
    runs = [list(g) for _, g in groupby(range(len(words)), lambda i: (words[i][0], steps[i]))]
    for run in runs:
        lasts = words[run[-1]][1].span.end_ms - words[run[0]][1].span.start_ms
        voice = [step for step in steps[run[0]] if step[0] not in mood_names]
        if voice and lasts < theme.min_run_ms:
            far = {rule.name: rule for rule in theme.dimensions if rule.name not in mood_names}
            assert any(
                abs(rule.step(getattr(words[i][1].prosody, dim))) == N_STEPS
                for i in run
                for dim, rule in far.items()
                if words[i][1].prosody and getattr(words[i][1].prosody, dim) is not None
            )


def test_what_a_person_set_is_no_measured_mood():
    made = said([(0.9, 0.9, 0.0)] * 5, [USUAL] * 5)
    theme = by("dimensions")
    assert all(steps_of(made, theme))
    for index in range(5):
        made = made.with_emotion(index, "sadness")
    assert steps_of(made, theme) == [()] * 5


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("culture", cultures())
@pytest.mark.parametrize("age", ages())
def test_every_end_can_be_read_and_colour_is_not_the_only_sign(name, culture, age):
    theme = by(name, culture=culture, age=age)
    assert warnings_of(theme) == ()
    for rule, step in product(theme.dimensions, (-N_STEPS, N_STEPS)):
        style_ = resolve(theme, StyleKey("neutral", 0, steps=((rule.name, step),)), motion="none")
        ink = Ink(style_.fill, style_.outline, style_.outline_em, style_.box)
        assert worst_ratio(ink) >= theme.contrast


@pytest.mark.parametrize("kind", ["deuteranopia", "protanopia", "tritanopia"])
def test_both_ends_of_valence_are_told_apart_in_each_dichromacy(kind):
    theme = by("dimensions", profiles=(kind,))
    fills = [
        resolve(theme, StyleKey("neutral", 0, steps=steps), motion="none").fill
        for steps in ((), (("valence", -2),), (("valence", 2),))
    ]
    seen = [simulated(fill, kind) for fill in fills]
    for i in range(3):
        assert difference(seen[i], seen[i - 1]) >= LEAST_DIFFERENCE


def test_formats_draw_dimensions_and_keep_the_emotion_for_those_who_read():
    made = talk()
    theme = by("dimensions", profiles=("sdh",))
    track = style(made, theme)
    vtt, ass = vtt_text(track), ass_text(track, title="talk", motion="none")
    assert "_arousal1" in vtt
    assert "anger-" not in vtt
    assert "arousal1" in ass
    assert "[" in srt_text(track)  # the emotion in words, as the profile asks
    shown = look(made, theme)
    keys = {word.runs[0].style for word in shown.words}
    assert {key.emotion for key in keys} == {"happiness", "anger", "neutral", "sadness"}
    assert all(shown.drawn(key) == shown.styles[key.neutral] for key in keys)


def test_plain_draws_nothing_and_wins_over_dimensions():
    made = talk()
    assert {style(made, by("plain")).styles[k].fill for k in style(made, by("plain")).styles} == {
        resolve(by("plain"), StyleKey("neutral", 0), motion="none").fill
    }
    track = style(made, by("dimensions", profiles=("netflix",)))
    assert {key.steps for key in track.styles} == {()}


def test_emphasis_is_marked_in_plain_formats_only_on_request():
    loud = replace(USUAL, emphasis=0.9)
    made = said([(0.0, 0.0, 0.0)] * 3, [USUAL, loud, USUAL])
    theme = load()
    assert "*" not in srt_text(style(made, theme))
    marked = style(made, theme, emphasis_marks=True)
    assert "word *word* word" in srt_text(marked)
    assert "*word*" in vtt_text(marked)


def test_what_was_not_measured_is_said():
    theme = by("prosody")
    told = unmeasured(theme, talk())
    assert told.startswith("theme western, adult, prosody: draws loudness, emphasis, rate, which")
    assert unmeasured(theme, said([(0.0, 0.0, 0.0)] * 2, [USUAL] * 2)) == ""
    assert unmeasured(load(), talk()) == ""


def test_a_file_changes_dimensions_and_its_faults_are_named(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[dimension.arousal]\nhigh_fill = "#ff0000"\nfrom = 0.1\n', encoding="utf-8")
    theme = by("dimensions", file=mine)
    (arousal,) = (rule for rule in theme.dimensions if rule.name == "arousal")
    assert (arousal.high["fill"], arousal.least) == ("#ff0000", 0.1)
    assert arousal.high["size"] > 1
    mine.write_text(
        "[dimension.arousl]\nfrom = 0\n[dimension.rate]\nhigh_wieght_add = 3\nlow_size = 9\n"
        '[dimension.pitch]\nhigh_fill = "#00ff00"\n',
        encoding="utf-8",
    )
    with pytest.raises(ThemeError) as caught:
        by("dimensions", file=mine)
    text = "\n".join(caught.value.lines)
    assert "dimension.arousl: no such dimension; did you mean 'arousal'?" in text
    assert "mine.toml:4: dimension.rate.high_wieght_add: no such key" in text
    assert "9 is not a number from 0.5 to 2" in text
    mine.write_text('[dimension.pitch]\nhigh_fill = "#00ff00"\n', encoding="utf-8")
    assert any(
        "pitch: plain and high differ by colour only" in w for w in warnings_of(load(file=mine))
    )


def test_there_is_no_other_style():
    with pytest.raises(UsageError, match="`style 'mood'`: choose from categories, dimensions"):
        Look(style="mood")
    with pytest.raises(UsageError, match="no style 'mood'"):
        load(style="mood")


def test_labels_of_any_set_are_drawn_alike():
    made = said([(0.5, 0.0, 0.0)] * 5, [USUAL] * 5)
    other = replace(
        made,
        track=replace(
            made.track,
            labels=LabelSet(("neutral",)),
            readings=tuple(replace(r, probs=(1.0,)) for r in made.track.readings),
        ),
    )
    theme = by("dimensions")
    assert steps_of(other, theme) == steps_of(made, theme)
