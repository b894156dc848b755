from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentigram.core.emotion import RAISED
from sentigram.core.style import StyledLook
from sentigram.core.time import Span
from sentigram.render.html.data import island, scaled
from sentigram.render.html.page import HtmlRenderer, file_href, font_css, html_text, page_letters
from sentigram.style.text import fonts
from tests.render import html_jobs
from tests.render.tracks import ANGER, NEUTRAL, STYLES, words

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "-->",
    "]]>",
    "<img/src=x/onerror=alert(1)>",
    "&lt;b&gt;&amp;",
    "{{7*7}}{%raw%}",
    "\u05e9\u05dc\u05d5\u05dd\u202e",
    "a\x00b",
    "\u2028\u2029",
    "\ud800",
    "日本語",
    "'\"`${1}",
]


class Page(HTMLParser):
    """What a parser that is not ours finds: elements with attributes, and the text inside each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[int, str]] = []
        self.at = -1
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.at = len(self.elements)
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.at = -1

    def handle_data(self, data):
        self.texts.append((self.at, data))

    def inside(self, tag: str, **wanted: str) -> list[str]:
        return [
            "".join(text for at, text in self.texts if at == i)
            for i, (name, attrs) in enumerate(self.elements)
            if name == tag and all(attrs.get(k) == v for k, v in wanted.items())
        ]

    @property
    def policy(self) -> str:
        metas = [a for t, a in self.elements if t == "meta" and "http-equiv" in a]
        assert len(metas) == 1
        return metas[0]["content"] or ""

    @property
    def data(self):
        (text,) = self.inside("script", type="application/json")
        return json.loads(text)


@pytest.fixture(scope="module")
def text() -> str:
    return html_text(html_jobs.job(html_jobs.document()))


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_policy_allows_exactly_what_is_inside(text):
    page = Page(text)
    rules = dict(rule.split(" ", 1) for rule in page.policy.split("; "))
    (style,) = page.inside("style")
    scripts = [
        s for s in page.inside("script") if s not in page.inside("script", type="application/json")
    ]
    assert len(scripts) == 1
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == _digest(scripts[0])
    assert rules["style-src"] == _digest(style)
    assert {name: rule for name, rule in rules.items() if "sha256" not in rule} == {
        "default-src": "'none'",
        "font-src": "data:",
        "img-src": "data:",
        "media-src": "'self' file: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(rules) == 8


def test_nothing_inline_and_nothing_from_a_network(text):
    for _, attributes in Page(text).elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert "src" not in attributes
        assert "href" not in attributes
    without_fonts = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert set(re.findall(r"https?:[^\s\"')]*", without_fonts)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(eval|innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b", text)
    assert not re.search(r"url\((?!\"data:font/woff2)|@import", without_fonts)


def test_island_holds_the_words_their_times_and_readings(text):
    document = html_jobs.document()
    words, data = list(document.transcript.words()), Page(text).data
    assert data["words"]["text"] == [word.text for word in words]
    assert data["words"]["start"] == [word.span.start_ms for word in words]
    assert data["words"]["end"] == [word.span.end_ms for word in words]
    assert data["utterances"][1] == ["Anna", 6, 5, "u2"]
    assert [data["labels"][i] for i in data["words"]["label"]] == [
        reading.label for reading in document.track.readings
    ]
    assert _unscaled(data["words"]["probs"]) == [
        p for reading in document.track.readings for p in reading.probs
    ]
    assert _unscaled(data["words"]["vad"])[:3] == [-0.4, 0.6, 0.2]
    assert _unscaled(data["words"]["evidence"])[:2] == [0.3, 0.7]
    assert data["words"]["no_vad"] == data["words"]["no_evidence"] == []


def test_withheld_labels_travel_beside_the_labels():
    said = [("", "Ask not", RAISED), ("", "so it is", "neutral")]
    data = Page(html_text(html_jobs.job(html_jobs.document(said)))).data
    assert data["raised"] == RAISED
    assert data["words"]["withheld"] == [0, 1]
    assert data["words"]["by_hand"] == []
    assert [data["labels"][i] for i in data["words"]["label"]] == ["neutral"] * 5
    for look in data["looks"]:
        names = [data["legend"][number][0] for number in look["legend"]]
        assert names[-2:] == [RAISED, "neutral"]
    assert {tuple(style[1:3]) for style in data["styles"]} >= {(RAISED, n) for n in range(1, 5)}


def _unscaled(column):
    scale, whole = column
    return [number / scale for number in whole]


@given(st.lists(st.one_of(st.floats(-1, 1), st.decimals(-1, 1, places=4).map(float))))
def test_numbers_come_back_exactly(values):
    scale, whole = scaled(values)
    assert [number / scale for number in whole] == values


def test_numbers_with_few_digits_travel_as_whole_ones():
    assert scaled([0.5, 0.25, 1.0]) == [100, [50, 25, 100]]
    assert scaled([0.5114, 0.1]) == [10_000, [5114, 1000]]
    assert scaled([1 / 3]) == [1, [1 / 3]]


def test_every_look_draws_each_word_as_the_engine_says():
    job = html_jobs.job(html_jobs.document())
    data = Page(html_text(job)).data
    assert len(job.looks) == len(data["looks"]) > 1
    for look, row in zip(job.looks, data["looks"], strict=True):
        assert (row["culture"], row["age"]) == (look.culture, look.age)
        for word, text, spec_id in zip(
            look.words, data["words"]["text"], data["tables"][row["table"]], strict=True
        ):
            spec = data["specs"][spec_id]
            pairs = list(zip(spec[1::2], spec[2::2], strict=True)) or [(text, spec[0])]
            assert [data["styles"][number][0] for _, number in pairs] == [
                run.style.slug for run in word.runs
            ]
            cased = [
                piece.upper() if look.styles[run.style].transform == "uppercase" else piece
                for (piece, _), run in zip(pairs, word.runs, strict=True)
            ]
            assert cased == [run.text for run in word.runs]


def test_looks_that_treat_words_alike_share_one_table(text):
    data = Page(text).data
    assert len(data["tables"]) < len(data["looks"])


def test_every_class_that_a_word_wears_has_rules(text):
    page = Page(text)
    (style,) = page.inside("style")
    for slug, *_ in page.data["styles"]:
        assert re.search(rf"\.s-{re.escape(slug)}[,{{)]", style), slug


@pytest.fixture(scope="module")
def hostile() -> Page:
    """All of them as speakers, words, and names of the video."""
    said = [(bad, f"before {_spaceless(bad)} after", "anger") for bad in HOSTILE]
    name = "".join(HOSTILE).replace("/", "_")
    text = html_text(html_jobs.job(html_jobs.document(said, name=f"{name}.mp4")))
    text.encode("utf-8")
    return Page(text)


def _spaceless(bad: str) -> str:
    return bad.replace(" ", "\xa0")


def test_hostile_text_makes_no_element(text, hostile):
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in Page(text).elements]


@pytest.mark.parametrize(("number", "bad"), list(enumerate(HOSTILE)))
def test_hostile_text_stays_text(number, bad, hostile):
    assert hostile.data["words"]["text"][3 * number + 1] == _spaceless(bad)
    assert hostile.data["utterances"][number][0] == bad


@given(st.text(st.characters(), max_size=30))
@settings(max_examples=200)
def test_island_cannot_be_left_and_comes_back(value):
    written = island({"x": value})
    assert not re.search("[<>&\u2028\u2029]", written)
    written.encode("utf-8")
    assert json.loads(written) == {"x": value}


@given(st.text(st.characters(exclude_characters="/\x00", exclude_categories=("Cs",)), min_size=1))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_addresses_lead_to_the_file_beside_the_page(name):
    if name in {".", ".."}:
        return
    href = file_href(name)
    assert re.fullmatch(r"\./[A-Za-z0-9_.~%-]+", href)
    joined = urljoin("file:///films/talk.html", href)
    assert joined.startswith("file:///films/")
    assert unquote_to_bytes(joined.removeprefix("file:///films/")) == name.encode()


def test_a_page_in_another_folder_points_back_to_the_video(tmp_path):
    home, out = tmp_path / "my videos", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    video = home / "a#b.mp4"
    job = html_jobs.job(html_jobs.document(name=video.name), media=video)
    HtmlRenderer().render(job, out / "part.html")
    page = Page((out / "part.html").read_text(encoding="utf-8"))
    assert page.data["media"]["href"] == "./../my%20videos/a%23b.mp4"
    HtmlRenderer().render(job, home / "part.html")
    page = Page((home / "part.html").read_text(encoding="utf-8"))
    assert page.data["media"]["href"] == "./a%23b.mp4"


def test_another_drive_leaves_the_name_alone(tmp_path, monkeypatch):
    def refuse(*_):
        raise ValueError

    monkeypatch.setattr("os.path.relpath", refuse)
    job = html_jobs.job(html_jobs.document(), media=Path("/elsewhere/talk.webm"))
    HtmlRenderer().render(job, tmp_path / "x.html")
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert page.data["media"]["href"] == "./talk.webm"


def test_progress_ends_at_one(tmp_path):
    shares: list[float] = []
    HtmlRenderer().render(
        html_jobs.job(html_jobs.document()), Path(tmp_path, "x.html"), progress=shares.append
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_slice_shows_its_stretch_only():
    job = html_jobs.job(html_jobs.document(), slice_=Span(2000, 6000))
    page = Page(html_text(job))
    assert (page.data["start_ms"], page.data["end_ms"]) == (2000, 6000)
    assert any("preview from 0:02" in text for text in page.inside("p"))


def test_an_unknown_duration_becomes_the_end_of_speech():
    from dataclasses import replace

    document = html_jobs.document()
    document = replace(document, media=replace(document.media, duration_ms=0))
    last = document.transcript.utterances[-1].span.end_ms
    assert Page(html_text(html_jobs.job(document))).data["end_ms"] == last


def test_a_wild_language_code_does_not_reach_the_page():
    document = html_jobs.document(language='x" onload="')
    lang = [a["lang"] for _, a in Page(html_text(html_jobs.job(document))).elements if "lang" in a]
    assert set(lang) == {"en", "und"}


def test_sound_only_says_so():
    text = html_text(html_jobs.job(html_jobs.document(size=(0, 0))))
    assert Page(text).elements[0][1]["data-kind"] == "sound"
    assert Page(text).data["media"]["has_picture"] is False


@pytest.mark.parametrize("active", ["auto", "on", "off"])
def test_the_mark_of_the_active_word_is_as_the_track_has_it(active):
    made = html_jobs.job(html_jobs.document())
    made = replace(made, track=replace(made.track, active=active))
    assert Page(html_text(made)).elements[0][1]["data-active"] == active


def test_no_looks_is_refused():
    from dataclasses import replace

    with pytest.raises(ValueError, match="at least one look"):
        html_text(replace(html_jobs.job(html_jobs.document()), looks=()))


def look(*texts):
    return StyledLook("western", "adult", words(texts, Span(0, 1000)), STYLES)


def test_fallbacks_come_last_the_languages_own_first():
    made = look("hello", ("食べた", ANGER), ("们", ANGER), "Анна")
    letters = page_letters([made], "", [], "ja")
    families = list(dict.fromkeys(face.family for face in letters))
    assert families[-3:] == ["Noto Sans JP", "Noto Sans", "Noto Sans SC"]
    by_family = {face.family: text for face, text in letters.items()}
    assert by_family["Noto Sans JP"] == "たべ食"
    assert by_family["Noto Sans SC"] == "们"
    assert set("hello") <= set(by_family["Poppins"])


def test_emoji_are_left_to_the_browser_which_has_them_in_colour():
    letters = page_letters([look("great😂", "👩‍👧")], "", [])
    assert not any(fonts.draws_emoji(face) for face in letters)
    assert not any(set(text) & set("😂👩👧") for text in letters.values())


def test_text_outside_words_finds_fallbacks_too():
    families = {face.family for face in page_letters([look("hi")], "Интервью.mp4", [])}
    assert "Noto Sans" in families
    assert not any(f.startswith("Noto") for f in families - {"Noto Sans"})


def test_the_style_sheet_names_the_fallbacks():
    css = font_css(page_letters([look("שלום")], "", []))
    assert r':root{--fallback:"Noto\20 Sans\20 Hebrew"}' in css
    assert ":root{--fallback:system-ui}" in font_css(page_letters([look("hi")], "", []))


def test_half_a_surrogate_pair_is_no_letter():
    odd = replace(look("hi"), words=words(["\ud800x"], Span(0, 100)))
    assert all("\ud800" not in text for text in page_letters([odd], "\udfff", []).values())
    assert NEUTRAL in odd.styles
