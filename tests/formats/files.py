"""Files of each grammar, and what is said in them."""

from __future__ import annotations

from sentigram.formats import read_text
from sentigram.words.given import word_times

ASS_HEAD = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)
STYLED_HEAD = (
    "[Script Info]\nPlayResX: 1920\nPlayResY: 1080\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Outline, Alignment, MarginV\n"
    "Style: Default,Poppins,80,&H00FFFFFF,&H00000000,4,2,80\n"
    "Style: Loud,Anton,90,&H000000FF,&H00000000,4,8,80\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def transcript_of(text, suffix, name, **options):
    return word_times.transcript_of(read_text(text, suffix, name), **options)


def cues(text, suffix, **options):
    read = transcript_of(text, suffix, "given", **options)
    return [(u.span.start_ms, u.span.end_ms, u.speaker, u.text) for u in read.transcript.utterances]


def texts(text, suffix):
    return [cue[3] for cue in cues(text, suffix)]


def srt(*bodies):
    return "".join(
        f"{n}\n00:00:{2 * n:02d},000 --> 00:00:{2 * n + 1:02d},500\n{body}\n\n"
        for n, body in enumerate(bodies, 1)
    )


def vtt(*bodies):
    return "WEBVTT\n\n" + "".join(
        f"00:{2 * n:02d}.000 --> 00:{2 * n + 1:02d}.500\n{body}\n\n"
        for n, body in enumerate(bodies, 1)
    )


def ass(*events):
    return ASS_HEAD + "\n".join(events) + "\n"


def said(text):
    return f"Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{text}"


def styled_ass(*texts: str, style: str = "Default") -> str:
    return STYLED_HEAD + "".join(
        f"Dialogue: 0,0:00:{2 * n:02d}.00,0:00:{2 * n + 1:02d}.50,{style},,0,0,0,,{text}\n"
        for n, text in enumerate(texts)
    )
