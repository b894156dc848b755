"""The preview sheet: whole, safe, and free of the network."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from sentigram.core.style import N_LEVELS
from sentigram.style.theme.sheet import preview_html
from sentigram.style.theme.theme import cultures, load


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attrs, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs.extend(attrs)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("culture", cultures())
def test_every_emotion_and_level_is_on_the_sheet(culture):
    theme = load(culture=culture)
    page = Page(preview_html(theme))
    text = " ".join(page.text)
    for emotion in theme.emotions:
        assert theme.describe(emotion) in text
        for level in range(1, N_LEVELS + 1) if emotion != "neutral" else (0,):
            assert ("class", f"t {emotion}-{level}") in page.attrs
    assert {"script", "img", "link", "iframe"}.isdisjoint(page.tags)


def test_a_raised_voice_is_called_so():
    page = Page(preview_html(load()))
    assert "raised voice" in page.text
    assert "raised-voice" not in page.text


def test_the_sheet_reaches_for_nothing():
    html = preview_html(load())
    (policy,) = (value for name, value in Page(html).attrs if name == "content" and "src" in value)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; font-src data:"
    assert set(re.findall(r"url\((\w+):", html)) == {"data"}
    assert not re.search(r"https?://", html)


def test_hostile_themes_are_escaped(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'name = "<script>alert(1)</script>"\ndescription = "</title><img src=x>"\n'
        "[emotion.calm]\nfamily = '\"}</style><script>alert(2)</script>'\n"
        "description = '<b onclick=x>'\n",
        encoding="utf-8",
    )
    page = Page(preview_html(load(file=path)))
    assert {"script", "img", "b"}.isdisjoint(page.tags)
    assert page.tags.count("style") == 1


def test_a_plain_theme_shows_what_it_draws():
    page = Page(preview_html(load(profiles=("bbc",))))
    text = " ".join(page.text)
    assert "bbc: draws no emotion in type" in text
    assert {value for name, value in page.attrs if name == "class" and value.startswith("t ")} == {
        "t neutral-0"
    }
