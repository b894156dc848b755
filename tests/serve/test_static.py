"""The files that the pages use."""

from __future__ import annotations

import io
import re

import pytest
from fontTools.ttLib import TTFont

from sentigram.assets import asset
from sentigram.serve.static import address, look_name, static_file, version
from sentigram.style.text import fonts
from sentigram.style.theme.layers import ages, cultures, known_profiles


def test_an_address_holds_the_version():
    assert address("serve.css") == f"/static/{version()}/serve.css"
    assert re.fullmatch("[0-9a-f]{16}", version())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../html/page.html.jinja",
        "%2e%2e/serve.css",
        "start.html.jinja",
        "frame.html",
        "/etc/passwd",
        "nothing.css",
        "serve.CSS",
        "serve.css\n",
        "font.999.woff2",
        "font.-1.woff2",
        "font.0.woff2/",
        "look.western.adult..css/x",
        "look.no-such.adult..css",
        "look.western.no-such..css",
        "look.western.adult.no-such.css",
        "look.western.adult.bbc.bbc.css",
        "look....css",
    ],
)
def test_nothing_else_is_given(name):
    assert static_file(name) is None


def test_every_file_of_the_folder_that_a_page_may_want_is_given():
    folder = asset("templates/serve")
    for path in folder.iterdir():
        found = static_file(path.name)
        if path.name.endswith(".jinja"):
            assert found is None
        else:
            assert found is not None
            assert found.data == path.read_bytes()


def test_modules_import_only_what_is_given():
    for path in asset("templates/serve").glob("*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', path.read_text(encoding="utf-8")):
            assert static_file(name) is not None, (path.name, name)


def test_what_modules_share_with_the_player_is_exported():
    shared = static_file("shared.js").data.decode()
    exported = re.findall(r"\w+", shared.rpartition("export {")[2])
    for path in asset("templates/serve").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for names in re.findall(r'import \{ ([^}]+) \} from "\./shared\.js"', text):
            assert set(names.split(", ")) <= set(exported), path.name


def test_every_look_has_a_sheet_and_every_font_in_it_is_given():
    for culture in cultures():
        for age in ages():
            sheet = static_file(look_name(culture, age))
            assert sheet.media_type == "text/css"
            for name in re.findall(r'url\("([^"]+)"\)', sheet.data.decode()):
                assert static_file(name).media_type == "font/woff2"


def test_profiles_change_the_sheet():
    plain = static_file(look_name("western", "adult")).data
    for name in known_profiles():
        assert static_file(look_name("western", "adult", (name,))) is not None
    assert static_file(look_name("western", "adult", ("low-vision", "dyslexia"))).data != plain


def test_fonts_hold_the_letters_that_they_are_asked_for():
    sheet = static_file("base.css").data.decode()
    [first, *_] = re.findall(r'url\("([^"]+)"\)', sheet)
    font = TTFont(io.BytesIO(static_file(first).data))
    assert set(map(ord, "Aaéöß€’")) <= set(font.getBestCmap())
    assert font["OS/2"].usWeightClass == 500


def test_what_may_not_be_embedded_is_not_given():
    for number, face in enumerate(fonts.faces()):
        if not face.embeds:
            assert static_file(f"font.{number}.woff2") is None


def test_styles_and_scripts_name_no_other_place():
    for path in asset("templates/serve").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"\b(https?|wss?)://|['\"(=]//", text), path.name
