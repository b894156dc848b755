"""Subtitles and transcripts of every format that lie, repeat themselves, or never end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from attack_kinds.attack import EITHER, REFUSED, Attack, file, video_file

_T = "00:00:01,000 --> 00:00:03,000\n"
_V = "00:01.000 --> 00:03.000\n"
_FORMAT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
_LINE = "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,"
_TT = '<tt xmlns="http://www.w3.org/ns/ttml"{0}><body{1}><div>{2}</div></body></tt>'


def _ass(text: str, *, info: str = "", styles: str = "", tail: str = "") -> str:
    style = "Format: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n"
    head = f"[Script Info]\nScriptType: v4.00+\n{info}\n[V4+ Styles]\n{style}{styles}\n"
    return f"{head}[Events]\n{_FORMAT}{_LINE}{text}\n{tail}"


def _paragraph(begin: str, text: str = "a") -> str:
    return f'<p begin="{begin}" end="9s">{text}</p>'


def _tt(body: str, *, head: str = "", of_body: str = "") -> str:
    return _TT.format(head, of_body, body)


def _segments(**segment: object) -> str:
    return json.dumps({"segments": [{"start": 0.0, "end": 1.0, "text": "a b"} | segment]})


_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "&a;"}">' for n in range(9))
    + "]>"
)

_CHECKED: tuple[tuple[str, str, str, Callable[[], str | bytes]], ...] = (
    ("srt-hours", "hours of 300 digits", ".srt", lambda: "1\n" + "9" * 300 + _T + "a\n"),
    ("srt-counter", "a counter of a million digits", ".srt", lambda: "1" * 10**6 + f"\n{_T}a\n"),
    ("srt-same", "20,000 cues at one time", ".srt", lambda: f"{_T}a\n\n" * 20_000),
    ("srt-lines", "a cue of 30,000 lines", ".srt", lambda: _T + "a\n" * 30_000),
    ("srt-tags", "30,000 tags that never close", ".srt", lambda: _T + "<b>a " * 30_000),
    ("srt-ends", "30,000 ends that close nothing", ".srt", lambda: _T + "<b>" * 9999 + "</i>a " * 30_000),
    ("srt-spaces", "90,000 spaces", ".srt", lambda: _T + "a" + " " * 90_000 + "b"),
    ("srt-nul", "NUL between all letters", ".srt", lambda: f"{_T}a\n".encode("utf-16-le")[:-1]),
    ("srt-cr", "carriage returns alone", ".srt", lambda: f"1\r{_T[:-1]}\ra\r" * 2000),
    ("srt-colour", "colours of a megabyte", ".srt", lambda: f'{_T}<font color="{"#" * 10**6}">a</font>'),
    ("srt-marks", "50,000 combining marks", ".srt", lambda: _T + "a" + "\u0301" * 50_000),
    ("srt-bidi", "9,000 embeddings that never end", ".srt", lambda: _T + "\u202b\u2067a " * 9000),
    ("srt-emoji", "9,000 families of emoji", ".srt", lambda: _T + "👩‍👩‍👧‍👦" * 9000),
    ("vtt-rules", "3,000 rules for 20,000 tags", ".vtt", lambda: "WEBVTT\n\nSTYLE\n" + "\n".join(f"::cue(.c{n}) {{color:red}}" for n in range(3000)) + f"\n\n{_V}" + "".join(f"<c.c{n % 3000}>a</c>" for n in range(20_000))),
    ("vtt-import", "a style sheet from elsewhere", ".vtt", lambda: f"WEBVTT\n\nSTYLE\n@import url(file:///etc/passwd);\n::cue{{background:url(//x)}}\n\n{_V}a"),
    ("vtt-stamps", "20,000 times of words, in reverse", ".vtt", lambda: f"WEBVTT\n\n{_V}" + "".join(f"<00:{n // 60 % 60:02d}:{n % 60:02d}.000>a " for n in range(20_000, 0, -1))),
    ("vtt-clock", "a stream's clock of 18 digits", ".vtt", lambda: f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{'9' * 18},LOCAL:99999:59:59.999\n\n{_V}a"),
    ("vtt-headers", "30,000 headers", ".vtt", lambda: "WEBVTT\n\n" * 30_000 + f"{_V}a"),
    ("vtt-note", "a note that never ends", ".vtt", lambda: "WEBVTT\n\nNOTE " + "a\n" * 10**5),
    ("vtt-voices", "20,000 voices in a cue", ".vtt", lambda: f"WEBVTT\n\n{_V}" + "".join(f"<v N{n}>a" for n in range(20_000))),
    ("vtt-refs", "references to no character", ".vtt", lambda: f"WEBVTT\n\n{_V}" + "&#0;&#x110000;&#xd800;&#9999999999;&bogus;" * 2000),
    ("ass-size", "a picture of 10⁹ pixels, and of -1", ".ass", lambda: _ass("a", info="PlayResX: 999999999\nPlayResY: -1\n")),
    ("ass-scale", "letters 10⁹ times as wide", ".ass", lambda: _ass(r"{\fscx999999999\fs999999999\bord99999}a")),
    ("ass-numbers", "NaN, infinity and 1e999 in tags", ".ass", lambda: _ass(r"{\fsnan\fscxinf\bord1e999\pos(nan,inf)\t(nan,1e99,\fs-1)}a")),
    ("ass-karaoke", "syllables of 10⁹ seconds", ".ass", lambda: _ass(r"{\k999999999}a" * 3000)),
    ("ass-drawing", "a drawing of a megabyte", ".ass", lambda: _ass(r"{\p1}" + "m 0 0 l 9 9 " * 90_000 + r"{\p0}a")),
    ("ass-changes", "10,000 changes over time in an event", ".ass", lambda: _ass(r"{\t(0,9,\fs9)}a" * 10_000)),
    ("ass-layers", "20,000 copies of an event", ".ass", lambda: _ass("same", tail=f"{_LINE}same\n" * 20_000)),
    ("ass-styles", "20,000 styles", ".ass", lambda: _ass("a", styles="".join(f"Style: S{n},Arial,20\n" for n in range(20_000)))),
    ("ass-fonts", "5,000 fonts that are none", ".ass", lambda: _ass("a", tail="[Fonts]\n" + "fontname: a.ttf\n!!!!\n" * 5000)),
    ("ass-graphics", "an attached file of 5 MB", ".ass", lambda: _ass("a", tail="[Graphics]\nfilename: a\n" + ("!" * 80 + "\n") * 60_000)),
    ("ass-section", "a section's name of a megabyte", ".ass", lambda: "[" + "a" * 10**6 + "]\n" + _ass("a")),
    ("ass-format", "20,000 fields", ".ass", lambda: "[Script Info]\n[Events]\nFormat: Start, End, " + "a," * 20_000 + "Text\nDialogue: 0:00:01.00,0:00:02.00,b\n"),
    ("ttml-laughs", "a billion laughs", ".ttml", lambda: _LAUGHS + _tt(_paragraph("1s", "&a8;"))),
    ("ttml-external", "an entity that is a file", ".ttml", lambda: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _tt(_paragraph("1s", "&x;"))),
    ("ttml-deep", "30,000 spans in each other", ".ttml", lambda: _tt(_paragraph("1s", "<span>" * 30_000 + "a" + "</span>" * 30_000))),
    ("ttml-times", "times of 10⁹ hours, and of frames at 0 a second", ".ttml", lambda: _tt(_paragraph("999999999h") + _paragraph("9f"), head=' xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="0" ttp:tickRate="0"')),
    ("ttml-attributes", "30,000 attributes", ".ttml", lambda: _tt("<p " + " ".join(f'a{n}=""' for n in range(30_000)) + ' begin="1s" end="2s">a</p>')),
    ("ttml-utf7", "an encoding that hides tags", ".ttml", lambda: '<?xml version="1.0" encoding="utf-7"?>' + _tt(_paragraph("1s", "+ADw-script+AD4-"))),
    ("ttml-styles", "styles that name each other", ".ttml", lambda: _tt(_paragraph("1s"), of_body=' style="' + "s " * 50_000 + '"')),
    ("lrc-chorus", "a line at 9,000 times", ".lrc", lambda: "[00:01.00]" * 9000 + "la " * 9000),
    ("lrc-offset", "an offset of 10⁷ seconds", ".lrc", lambda: "[offset:-9999999]\n[00:01.00]a b c\n[00:02.00]d e f\n"),
    ("lrc-back", "times that go back 9,000 times", ".lrc", lambda: "".join(f"[{99 - n % 99:02d}:00.00]a b\n" for n in range(9000))),
    ("json-deep", "JSON 100,000 levels deep", ".json", lambda: '{"segments": ' + "[" * 10**5 + "]" * 10**5 + "}"),
    ("json-times", "times of 1e308, true, and text", ".json", lambda: json.dumps({"segments": [{"start": 1e308, "end": True, "text": "a"}, {"start": "x", "end": None, "text": 1}]})),
    ("json-nan", "times that are NaN", ".json", lambda: _segments().replace("1.0", "NaN")),
    ("json-words", "20,000 words of no length", ".json", lambda: _segments(words=[{"word": f" w{n}", "start": 0.5, "end": 0.5} for n in range(20_000)])),
    ("json-digits", "a time of 5,000 digits", ".json", lambda: _segments().replace("1.0", "9" * 5000)),
    ("sub-rate", "10⁻⁶ frames a second", ".sub", lambda: "{1}{1}0.000001\n{25}{75}a\n{999999999}{9999999999}b\n"),
    ("sub-frames", "frames of 300 digits", ".sub", lambda: "{1}{1}25\n{" + "9" * 300 + "}{75}a\n"),
    ("mpl2-slashes", "30,000 slashes", ".mpl", lambda: "[10][30]" + "/" * 30_000 + "a|" * 9000),
    ("sami-sync", "30,000 times without a word", ".smi", lambda: "<SAMI><BODY>" + "<SYNC Start=1>" * 30_000),
    ("sami-script", "SAMI with a script", ".smi", lambda: "<SAMI><BODY><SYNC Start=1><P><script>alert(1)</script>a<SYNC Start=9>b"),
    ("tmp-lines", "20,000 lines of TMP at one time", ".tmp", lambda: "0:00:01:a|b\n" * 20_000),
    ("bom", "9,000 byte order marks", ".srt", lambda: b"\xef\xbb\xbf" * 9000 + f"{_T}a".encode()),
    ("utf-32", "UTF-32 that is cut off", ".srt", lambda: f"{_T}a".encode("utf-32")[:-3]),
    ("gzip", "gzip called .srt", ".srt", lambda: b"\x1f\x8b\x08\0" + bytes(range(256)) * 40),
    ("escapes", "ISO-2022 that switches 20,000 times", ".srt", lambda: _T.encode() + b"\x1b$B0l\x1b(B" * 20_000),
)  # fmt: skip

_GIVEN = ("srt-same", "vtt-voices", "ass-karaoke", "lrc-chorus", "json-words", "ttml-laughs")
_QUICK = {"ttml-laughs", "sub-rate"}


def attacks() -> Iterator[Attack]:
    """Each text, corrected; of some formats their words are taken for a video too."""
    for name, what, suffix, content in _CHECKED:
        yield Attack(
            id=f"texts-{name}",
            what=f"subtitles: {what}",
            make=file(f"talk{suffix}", content),
            argv=("check", f"talk{suffix}", "--fix", "--quiet", "--out", "."),
            codes=REFUSED if name == "ttml-laughs" else EITHER | {2},
            is_quick=name in _QUICK,
        )
        if name in _GIVEN:
            yield _given(name, what, f"given{suffix}", content)


def _given(name: str, what: str, file_name: str, content: Callable[[], str | bytes]) -> Attack:
    def make(work: Path, samples: Path) -> None:
        file(file_name, content)(work, samples)
        video_file(work, samples)

    return Attack(
        id=f"texts-given-{name}",
        what=f"a transcript for three seconds of sound: {what}",
        make=make,
        argv=("render", "talk.mp4", "--transcript", file_name, "--to", "srt,json", "--quiet"),
        codes=EITHER,
        most_mb=1500,
    )
