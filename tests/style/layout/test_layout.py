"""Cues keep to the rules of the guides, whatever is said."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from itertools import pairwise

import budoux
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack
from sentigram.core.style import StyledWord, StyleKey
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word, join_words
from sentigram.face import text_of
from sentigram.jobs.draw import draw
from sentigram.style import styling
from sentigram.style.layout.cues import shown_text
from sentigram.style.layout.limits import LayoutRules, count_chars
from sentigram.style.look import Look
from sentigram.style.text.letters import clusters
from sentigram.style.text.measure import Measure
from sentigram.style.theme.theme import Theme, load
from tests.documents import LABELS, document, documents, reading
from tests.fakes import Recorder

NEUTRAL_KEY = StyleKey("neutral", 0)
SIZES = [(1920, 1080), (1080, 1920), (320, 240), (1080, 1080), (2560, 1080)]


def said(text, *, word_ms=300, start_ms=0, language="en", size=(1920, 1080), pauses=None):
    """A neutral Document; each line of the text is an utterance, `pauses` ms after each."""
    at, utterances = start_ms, []
    for number, line in enumerate(text.strip().splitlines()):
        spoken = []
        for token in line.split():
            spoken.append(Word(token, Span(at, at + word_ms)))
            at += word_ms
        span = Span(spoken[0].span.start_ms, at)
        utterances.append(Utterance(f"u{number}", span, tuple(spoken)))
        at += pauses[number] if pauses else 700
    n_words = sum(len(u.words) for u in utterances)
    return Document(
        DocumentMedia("a.mp4", at + 5000, size[0], size[1], Fraction(25)),
        Transcript(language, tuple(utterances)),
        EmotionTrack(LABELS, (reading("neutral"),) * n_words),
    )


def lines_of(doc, theme=None):
    cues = styling.style(doc, theme or load()).cues
    return [[join(line) for line in cue.lines] for cue in cues]


def join(line):
    return join_words(tuple(Word(shown_text(w), w.span, joined=w.joined) for w in line)).strip()


def width_px(line, opening, measure):
    """Width of a line as it is drawn: words, the spaces between them, and what opens them."""
    px = sum(measure.word_px(word) for word in line)
    px += sum(
        max(measure.space_px(one), measure.space_px(two))
        for one, two in pairwise(line)
        if not two.joined
    )
    px += measure.run_px(opening.rstrip(" "), NEUTRAL_KEY)
    if opening.endswith(" "):
        px += max(measure.space_px(line[0]), measure.run_px(" ", NEUTRAL_KEY))
    return px


PROFILES = [(), ("bbc",), ("shorts",), ("sdh",), ("low-vision", "sdh")]
LANGUAGES = ["en", "de", "ja", "zh", "th", "ko", "ar", ""]


@given(
    documents(),
    st.sampled_from(SIZES),
    st.sampled_from(["child", "teen", "adult", "senior"]),
    st.sampled_from(PROFILES),
    st.sampled_from(LANGUAGES),
)
@settings(max_examples=150, deadline=None)
def test_invariants(doc, size, age, profiles, language):
    theme = load(age=age, profiles=profiles)
    doc = dataclasses.replace(
        doc, transcript=dataclasses.replace(doc.transcript, language=language)
    )
    track = styling.style(doc, theme, width_px=size[0], height_px=size[1])
    rules = LayoutRules.of(theme.caption, track.canvas, language=language, fps=doc.media.fps)
    measure = Measure(track.canvas, track.styles, language=language)
    previous_end_ms = -rules.gap_ms
    for cue in track.cues:
        assert cue.span.start_ms >= previous_end_ms + rules.gap_ms
        assert cue.span.start_ms % 10 == cue.span.end_ms % 10 == 0
        assert 0 < cue.span.duration_ms <= rules.max_ms
        previous_end_ms = cue.span.end_ms
        assert 1 <= len(cue.lines) <= 2
        for number, line in enumerate(cue.lines):
            opening = cue.opening(number)
            text = opening + join(line)
            # Only one letter, with its marks, may be wider than the picture.
            is_alone = len(line) == 1 and len(clusters(shown_text(line[0]))) == 1
            assert count_chars(text, language) <= rules.line_chars or is_alone
            assert width_px(line, opening, measure) <= rules.text_px + 1e-3 or is_alone


@given(documents(), st.sampled_from(SIZES), st.sampled_from(LANGUAGES))
def test_every_word_is_shown_once_by_its_speaker(doc, size, language):
    doc = dataclasses.replace(
        doc, transcript=dataclasses.replace(doc.transcript, language=language)
    )
    theme = load(profiles=["sdh"])
    track = styling.style(doc, theme, width_px=size[0], height_px=size[1])
    pieces: dict[int, list[StyledWord]] = {}
    order = [word for cue in track.cues for line in cue.lines for word in line]
    for word in order:
        pieces.setdefault(word.index, []).append(word)
    assert [word.index for word in order] == sorted(word.index for word in order)
    styled = styling.assign(doc, theme)
    assert sorted(pieces) == list(range(len(styled)))
    for word in styled:
        assert "".join(map(shown_text, pieces[word.index])) == shown_text(word)
        assert [p.joined for p in pieces[word.index][1:]] == [True] * (len(pieces[word.index]) - 1)
    speakers = [u.speaker for u in doc.transcript.utterances for _ in u.words]
    for cue in track.cues:
        for number, line in enumerate(cue.lines):
            said_by = cue.voices[number].speaker if cue.voices else cue.speaker
            assert {speakers[word.index] for word in line} == {said_by}


def test_a_short_sentence_is_one_line_shown_at_least_833_ms():
    doc = said("Stop it!", word_ms=100)
    (cue,) = styling.style(doc, load()).cues
    assert [join(line) for line in cue.lines] == ["Stop it!"]
    assert cue.span == Span(0, 840)  # 833 ms, in whole centiseconds


def test_reading_speed_extends_a_cue_into_silence():
    doc = said("Everything happened extraordinarily quickly.", word_ms=150)
    n_chars = len("Everything happened extraordinarily quickly.")
    (cue,) = styling.style(doc, load()).cues
    assert cue.span.end_ms == -(-n_chars * 100 // 20) * 10
    (cue,) = styling.style(doc, load(age="child")).cues
    assert cue.span.end_ms == -(-n_chars * 100 // 17) * 10


def test_a_cue_never_outlasts_the_media():
    doc = said("Stop it!", word_ms=100)
    doc = dataclasses.replace(doc, media=dataclasses.replace(doc.media, duration_ms=400))
    assert styling.style(doc, load()).cues[0].span == Span(0, 400)


@pytest.mark.parametrize(
    ("pause_ms", "gap_ms"), [(0, 80), (60, 80), (120, 80), (400, 80), (499, 80), (1400, None)]
)
def test_gaps_are_two_frames_or_open(pause_ms, gap_ms):
    text = "This is one whole sentence that is spoken.\nThis is another sentence, said later."
    one, two = styling.style(said(text, pauses=[pause_ms, 0]), load()).cues
    assert one.span.end_ms < two.span.start_ms
    if gap_ms is not None:
        assert two.span.start_ms - one.span.end_ms == gap_ms
    else:
        assert two.span.start_ms - one.span.end_ms >= 500


def test_short_utterances_join_the_next_cue():
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[50, 0])
    assert lines_of(doc) == [["Yes. I think that we can do it."]]
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[1200, 0])
    assert lines_of(doc) == [["Yes."], ["I think that we can do it."]]


def test_who_is_unknown_shares_no_cue():
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[0, 0])
    one, two = doc.transcript.utterances
    doc = dataclasses.replace(
        doc,
        transcript=Transcript("en", (dataclasses.replace(one, speaker="Ann"), two)),
    )
    assert [cue.speaker for cue in styling.style(doc, load()).cues] == ["Ann", ""]


def test_lines_break_at_punctuation_and_are_even():
    doc = said("When the rain had finally stopped, we walked home along the river.")
    assert lines_of(doc) == [
        ["When the rain had finally stopped,", "we walked home along the river."]
    ]


def test_lines_never_end_in_an_article():
    doc = said("She told me that nobody had ever seen the enormous elephant before.")
    ((top, _bottom),) = lines_of(doc)
    assert top.split()[-1] not in {"the", "a", "that", "had"}


def test_cues_divide_at_sentence_ends_first():
    doc = said(
        "We packed our bags and went to the station in the evening. "
        "Nobody there could tell us when the next train would leave for the coast.",
        word_ms=250,
    )
    cues = lines_of(doc)
    assert cues[0][-1].endswith("evening.")
    assert cues[1][0].startswith("Nobody")


def test_a_long_pause_divides_an_utterance():
    doc = said("I waited for you all")
    words = doc.transcript.utterances[0].words
    late = (
        *words[:3],
        *(
            dataclasses.replace(w, span=Span(w.span.start_ms + 4000, w.span.end_ms + 4000))
            for w in words[3:]
        ),
    )
    span = Span(0, late[-1].span.end_ms)
    doc = dataclasses.replace(doc, transcript=Transcript("en", (Utterance("u1", span, late),)))
    assert lines_of(doc) == [["I waited for"], ["you all"]]


# J. F. Kennedy, inaugural address, 1961: words as they are heard in the recording, in ms.
_SPEECH = """
290 610 And, 610 980 so, 980 1250 my, 1250 1640 fellow, 1640 2160 Americans, 3270 3850 ask,
3990 4300 not, 5370 5610 what, 5610 5860 your, 5860 6420 country, 6420 6660 can, 6660 6900 do,
6900 7060 for, 7060 7670 you;, 8150 8520 ask, 8520 8830 what, 8830 9160 you, 9190 9380 can,
9380 9620 do, 9620 9790 for, 9790 9930 your, 10010 10460 country."""


def speech(size):
    """That sentence, with no comma between Americans and ask."""
    words = []
    for entry in _SPEECH.replace("\n", " ").split(", "):
        start, end, text = entry.split()
        words.append(Word(text.replace(";", ","), Span(int(start), int(end))))
    return Document(
        DocumentMedia("a.mp4", 11_000, size[0], size[1], Fraction(25)),
        Transcript("en", (Utterance("u1", Span(290, 10_460), tuple(words)),)),
        EmotionTrack(LABELS, (reading("neutral"),) * len(words)),
    )


@pytest.mark.parametrize("age", ["child", "adult"])
@pytest.mark.parametrize("size", [*SIZES, (1080, 1350)])
def test_no_cue_reaches_over_a_second_of_silence_in_any_shape(size, age):
    profiles = ("shorts",) if size[1] > size[0] else ()
    cues = styling.style(speech(size), load(age=age, profiles=profiles)).cues
    for cue in cues:
        words = [word for line in cue.lines for word in line]
        assert all(b.span.start_ms - a.span.end_ms < 1000 for a, b in pairwise(words))
    texts = [" ".join(shown_text(word) for line in cue.lines for word in line) for cue in cues]
    assert texts[:2] == ["And so my fellow Americans", "ask not"]
    assert not [text for text in texts if text.endswith(", ask")]


def test_a_lone_article_waits_for_its_noun_though_not_for_long():
    def cues_of(text, first, second):
        (utterance,) = said(text).transcript.utterances
        late = tuple(
            dataclasses.replace(word, span=Span(word.span.start_ms + by, word.span.end_ms + by))
            for word, by in zip(utterance.words, [0, first, first + second], strict=True)
        )
        doc = said(text)
        whole = dataclasses.replace(utterance, words=late, span=Span(0, late[-1].span.end_ms))
        transcript = Transcript("en", (whole,))
        return lines_of(dataclasses.replace(doc, transcript=transcript))

    assert cues_of("The answer came.", 1200, 0) == [["The answer came."]]
    assert cues_of("The answer came.", 1600, 0) == [["The"], ["answer came."]]
    assert cues_of("Wait. Nobody came.", 1200, 0) == [["Wait."], ["Nobody came."]]
    # Where more words stand before the silence than an article, they need not wait.
    assert cues_of("Near the door.", 0, 1200) == [["Near the"], ["door."]]


def test_upright_video_has_short_lines():
    doc = said("We packed our bags and went to the station.", size=(1080, 1920))
    lines = [line for cue in lines_of(doc) for line in cue]
    assert max(map(len, lines)) <= 24


def test_east_asian_text_without_spaces_is_divided_within_its_limits():
    text = "私は昨日の夜に友達と一緒に駅前の新しい店で晩ご飯を食べました。とても美味しかったです。"
    doc = said(text, word_ms=8000, language="ja")
    lines = [line for cue in lines_of(doc) for line in cue]
    assert "".join(lines) == text
    assert max(map(len, lines)) <= 13
    assert not any(line[0] in "。、" for line in lines)


def test_a_word_too_long_for_a_line_is_divided():
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    doc = said(word, word_ms=4000)
    (cue,) = styling.style(doc, load()).cues
    assert "".join(shown_text(w) for line in cue.lines for w in line) == word
    assert all(len(join(line)) <= 42 for line in cue.lines)
    assert {w.index for line in cue.lines for w in line} == {0}
    assert cue.lines[-1][-1].span.end_ms == 4000


def test_wide_styles_make_shorter_lines():
    text = "this is a sentence of some forty letters in all, and then some more of them"
    track = styling.style(
        document((text, "surprise"), media=DocumentMedia("a", 99_999, 1920, 1080)),
        load(age="child"),
    )
    measure = Measure(track.canvas, track.styles)
    for cue in track.cues:
        for line in cue.lines:
            spaces_px = sum(measure.space_px(w) for w in line[1:])
            assert sum(map(measure.word_px, line)) + spaces_px <= 0.68 * 1920


def test_half_width_characters_count_half():
    assert count_chars("ABC 12", "en") == 6
    assert count_chars("東京 2020", "ja") == 4.5
    assert count_chars("안녕", "ko") == 2


def conversation(*turns, language="en"):
    """A neutral Document; each turn is (speaker, text)."""
    doc = said("\n".join(text for _, text in turns), language=language)
    spoken = tuple(
        dataclasses.replace(utterance, speaker=speaker)
        for utterance, (speaker, _) in zip(doc.transcript.utterances, turns, strict=True)
    )
    return dataclasses.replace(doc, transcript=Transcript(language, spoken))


def test_speakers_are_named_where_they_change():
    doc = conversation(
        ("Jane", "I thought that you had left already."),
        ("Jane", "The train was late again, as it is every morning of the week."),
        ("Bob", "Not yet."),
        ("", "The door is closing."),
        ("Bob", "It is."),
    )
    cues = styling.style(doc, load(profiles=["sdh"])).cues
    assert [cue.label for cue in cues] == ["[Jane]", "", "[Bob]", "", "[Bob]"]
    assert {cue.label for cue in styling.style(doc, load()).cues} == {""}
    alone = conversation(("Jane", "Hello there."), ("Jane", "Nobody else is here."))
    assert {cue.label for cue in styling.style(alone, load(profiles=["sdh"])).cues} == {""}


def test_no_single_word_is_left_behind_a_label():
    """Also where the turn before ends without punctuation, as recognizers leave it."""
    doc = conversation(("Speaker 1", "ask not"), ("Speaker 2", "kids are talking by the door"))
    cue = styling.style(doc, load(profiles=["bbc"])).cues[-1]
    assert [len(line) for line in cue.lines] == [3, 3]  # "[Speaker 2] kids are talking"


def test_a_label_takes_room_and_time():
    text = "Nobody in this town has ever seen it."
    one, _ = styling.style(
        conversation(("Alexandra", text), ("Bob", "Yes.")), load(profiles=["sdh"])
    ).cues
    assert len(one.lines) == 2  # without the label, the text is one line
    quick = said(text, word_ms=100)
    (utterance,) = quick.transcript.utterances
    late = Utterance("u9", Span(9000, 9300), (Word("Yes.", Span(9000, 9300)),), "Bob")
    doc = Document(
        quick.media,
        Transcript("en", (dataclasses.replace(utterance, speaker="Alexandra"), late)),
        EmotionTrack(LABELS, (reading("neutral"),) * (len(utterance.words) + 1)),
    )
    first = styling.style(doc, load(profiles=["sdh"])).cues[0]
    assert first.span.duration_ms >= 50 * len(f"[Alexandra] {text}")


def test_no_name_tears_a_word_apart_that_fits_a_line():
    doc = conversation(("Jane", "Really?"), ("Bob", "Yes."))
    upright = dataclasses.replace(doc.media, width_px=720, height_px=1280)
    look = Look(age="senior", preset="pop", profiles=("sdh",))
    written = text_of(dataclasses.replace(doc, media=upright), "srt", look)
    assert "…] Really?" in written  # and not "[Jane] Reall", and then "y?"


def test_a_name_too_long_is_told_by_first_name_or_initials():
    doc = conversation(
        ("Bartholomew Longfellow", "Hello there, everybody."),
        ("Speaker 12", "Yes, I have heard all of that before."),
        ("Dr. Li", "No, none of us has ever heard it."),
    )
    upright = dataclasses.replace(doc.media, width_px=1080, height_px=1920)
    pop = load(profiles=["pop", "sdh"], automatic=["shorts"])

    def labels(of: Document, theme: Theme, names: dict[str, str] | None = None) -> list[str]:
        said = tuple(
            dataclasses.replace(one, speaker=(names or {}).get(one.speaker, one.speaker))
            for one in of.transcript.utterances
        )
        named = dataclasses.replace(
            of, transcript=dataclasses.replace(of.transcript, utterances=said)
        )
        return [cue.label for cue in styling.style(named, theme).cues if cue.label]

    assert labels(doc, load(profiles=["sdh"])) == ["[Bartholomew]", "[Speaker 12]", "[Dr. Li]"]
    small = dataclasses.replace(doc, media=upright)
    assert labels(small, pop) == ["[BL]", "[S12]", "[Dr. Li]"]
    twins = {"Speaker 12": "Bartholomew Lee"}  # nobody could tell the two apart
    assert labels(small, pop, twins) == ["[Dr. Li]"]


def test_a_name_that_has_no_room_beside_a_word_is_left_out_and_counted(tmp_path):
    doc = conversation(("Jane", "Yes, really."), ("Tom", "Unbelievable nonsense!"))
    upright = dataclasses.replace(doc.media, width_px=1080, height_px=1920)
    doc = dataclasses.replace(doc, media=upright)
    recorder = Recorder()
    look = Look(age="senior", preset="pop", profiles=("sdh",))
    draw(doc, None, {"srt": tmp_path / "a.srt"}, recorder, look=look)
    text = (tmp_path / "a.srt").read_text(encoding="utf-8")
    assert "\nUnbelievable\n" in text
    assert any(note.startswith("1 name of speakers had no room") for note in recorder.notes)


def test_a_name_too_long_is_cut():
    name = "The Right Honourable\tMember for\nSomewhere Far Away in the North"
    doc = conversation((name, "Order! Order in the chamber!"), ("Bob", "Yes."))
    label = styling.style(doc, load(profiles=["sdh"])).cues[0].label
    assert label.startswith("[The Right Honour")
    assert label.endswith("…]")
    assert len(label) <= 21


@pytest.mark.parametrize(
    ("language", "parser", "text"),
    [
        (
            "ja",
            budoux.load_default_japanese_parser,
            "私は昨日の夜に友達と一緒に駅前の新しい店で晩ご飯を食べました。とても美味しかったです。",
        ),
        (
            "zh",
            budoux.load_default_simplified_chinese_parser,
            "昨天晚上我和朋友们一起去了火车站附近新开的饭馆吃晚饭，那里的菜非常好吃。",
        ),
        (
            "zh",
            budoux.load_default_traditional_chinese_parser,
            "昨天晚上我和朋友們一起去了火車站附近新開的飯館吃晚飯，那裡的菜非常好吃。",
        ),
        (
            "th",
            budoux.load_default_thai_parser,
            "เมื่อคืนนี้ฉันกับเพื่อนไปกินข้าวที่ร้านใหม่หน้าสถานีรถไฟอาหารอร่อยมากจริงๆและราคาไม่แพงเลย",
        ),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_lines_of_scripts_without_spaces_break_between_phrases(language, parser, text, is_whole):
    """Whether the transcript gives a sentence as one word, or letter by letter as Whisper may."""
    doc = said(text, word_ms=12_000, language=language)
    if not is_whole:
        units = clusters(text)
        spoken = tuple(
            Word(unit, Span(i * 200, i * 200 + 200), joined=i > 0) for i, unit in enumerate(units)
        )
        doc = Document(
            doc.media,
            Transcript(language, (Utterance("u1", Span(0, 200 * len(units)), spoken),)),
            EmotionTrack(LABELS, (reading("neutral"),) * len(units)),
        )
    lines = [line for cue in lines_of(doc) for line in cue]
    assert "".join(lines) == text
    assert len(lines) > 2
    phrases = parser().parse(text)
    edges = {sum(map(len, phrases[:n])) for n in range(len(phrases))}
    starts = {sum(map(len, lines[:n])) for n in range(len(lines))}
    assert starts <= edges | {i + 1 for i, char in enumerate(text) if char in "，。"}


def test_korean_breaks_at_spaces():
    doc = said("어제 저녁에 친구들과 함께 역 앞의 새로운 식당에서 저녁을 먹었습니다", language="ko")
    lines = [line for cue in lines_of(doc) for line in cue]
    assert " ".join(lines) == "어제 저녁에 친구들과 함께 역 앞의 새로운 식당에서 저녁을 먹었습니다"
    assert max(count_chars(line, "ko") for line in lines) <= 16


def test_cues_meet_changes_of_shot():
    doc = said("This is one whole sentence that is spoken.\nThis is another one.", pauses=[600, 0])
    doc = dataclasses.replace(doc, media=dataclasses.replace(doc.media, shots_ms=(2700,)))
    one, two = styling.style(doc, load()).cues
    assert (one.span.end_ms, two.span.start_ms) == (2620, 2700)


def test_speech_too_fast_to_read_still_has_good_lines():
    text = "She told me that nobody had ever seen the enormous elephant in the house before. " * 6
    doc = said(text, word_ms=120)
    cues = styling.style(doc, load()).cues
    ends = [join(line).split()[-1] for cue in cues for line in cue.lines]
    assert not {"the", "that", "had", "in"} & set(ends)
    n_chars = sum(len(join(line)) for line in cues[0].lines) + 1
    assert n_chars * 1000 > 20 * cues[0].span.duration_ms  # verbatim, and said to be too fast
