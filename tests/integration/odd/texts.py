"""Odd files of given words, for the talk: as tools and people write them, and as they break."""

from __future__ import annotations

import json

STARTS_MS = {
    "And so my fellow American,": (290, 630, 970, 1240, 1630),
    "ask not": (3250, 3990),
    "what your country can do for you,": (5350, 5600, 5860, 6430, 6660, 6950, 7050),
    "ask what you can do for your country.": (8140, 8530, 8830, 9200, 9390, 9620, 9780, 10_000),
}
"""When each word of each part is said."""
ENDS_MS = (2130, 4320, 7690, 10_450)
PARTS = tuple(STARTS_MS)
TALK = " ".join(PARTS)
UNPOINTED = TALK.lower().replace(",", "").replace(".", "")
_SPANS = tuple((STARTS_MS[part][0], end) for part, end in zip(PARTS, ENDS_MS, strict=True))
_WORDS = tuple(
    (word, start, following)
    for part, end in zip(PARTS, ENDS_MS, strict=True)
    for word, start, following in zip(
        part.split(), STARTS_MS[part], (*STARTS_MS[part][1:], end), strict=True
    )
)


def clock(ms: int, mark: str = ",") -> str:
    """`00:00:01,500`."""
    return (
        f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{mark}{ms % 1000:03d}"
    )


def srt(parts: tuple[str, ...] = PARTS, *, later_ms: int = 0) -> str:
    """SubRip, as it should be; the texts stand where the parts of the talk are said."""
    return "".join(
        f"{n}\n{clock(start + later_ms)} --> {clock(end + later_ms)}\n{part}\n\n"
        for n, (part, (start, end)) in enumerate(zip(parts, _SPANS, strict=True), 1)
    )


def _rolling() -> tuple[tuple[int, int, str], ...]:
    """What a video site's scrolling captions are: each line twice, and once more in between."""
    starts = [start for start, _ in _SPANS]
    ends = [*starts[1:], ENDS_MS[-1]]
    lines = [part.lower().rstrip(",.") for part in PARTS]
    cues = []
    for n, (line, start, end) in enumerate(zip(lines, starts, ends, strict=True)):
        before = lines[n - 1] if n else " "
        cues.append((start, end - 10, f"{before}\n{line}"))
        cues.append((end - 10, end, f"{line}\n "))
    return tuple(cues)


def rolling_srt() -> str:
    """The captions of a video site, saved as SubRip."""
    return "".join(
        f"{n}\n{clock(start)} --> {clock(end)}\n{text}\n\n"
        for n, (start, end, text) in enumerate(_rolling(), 1)
    )


def rolling_vtt() -> str:
    """The same, with the times that the site gives its words."""
    cues = []
    for start, end, text in _rolling():
        before, line = text.split("\n")
        timed = line
        for part, starts in STARTS_MS.items():
            if part.lower().rstrip(",.") == line:
                first, *others = line.split()
                timed = first + "".join(
                    f"<{clock(ms, '.')}><c> {word}</c>"
                    for word, ms in zip(others, starts[1:], strict=True)
                )
        cues.append(f"{clock(start, '.')} --> {clock(end, '.')} align:start\n{before}\n{timed}\n")
    return "WEBVTT\nKind: captions\nLanguage: en\n\n" + "\n".join(cues)


def joined_vtt() -> str:
    """Segments of a stream, one after the other; cues at their boundaries are in both."""
    head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n"
    cues = [
        f"{clock(start, '.')} --> {clock(end, '.')}\n{part}\n\n"
        for part, (start, end) in zip(PARTS, _SPANS, strict=True)
    ]
    return "".join(head + "".join(cues[first : first + 2]) for first in range(3))


def arrows_changed() -> str:
    """A translator's program made other arrows of some."""
    lines = srt().replace("-->", "->", 2).replace("--> 00:00:10", "–> 00:00:10")
    return lines.replace(",290", ".290")


def wide_colons() -> str:
    """A translator's keyboard made wide colons of some."""
    return srt().replace("00:00:05", "00：00：05").replace("00:00:07", "００：00：07")


def pasted() -> str:
    """The panel of a player, copied."""
    return "".join(
        f"0:{start // 1000:02d}\n{part}\n" for part, (start, _) in zip(PARTS, _SPANS, strict=True)
    )


def lyrics() -> str:
    """LRC."""
    return "[ti:Talk]\n" + "".join(
        f"[00:{start // 1000:02d}.{start % 1000 // 10:02d}]{part}\n"
        for part, (start, _) in zip(PARTS, _SPANS, strict=True)
    )


def deaf() -> str:
    """Captions for the deaf: sounds, names, turns of a dialogue, a channel."""
    return srt(
        (
            '<font color="#ffff00">[ DOOR SLAMS ]</font>\nJOHN: And so my fellow American,',
            "(clears throat) ask not",
            "- what your country\n- can do for you,",
            "WOMAN 2 (over radio): ask what you\ncan do for your country. {\\an8}",
        )
    )


def fansub() -> str:
    """A line drawn once for each of its words, twice over, a sign, and a line with karaoke."""
    head = (
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 1280\nPlayResY: 720\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Outline, Alignment, "
        "MarginV\n"
        "Style: Default,Arial,48,&H00FFFFFF,&H00000000,2,2,20\n"
        "Style: Signs,Arial,36,&H00FFFFFF,&H00000000,2,8,20\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    )
    first = [word for word in _WORDS if word[1] < ENDS_MS[0]]
    sung = "".join(f"{{\\k{(end - at) // 10}}}{word} " for word, at, end in first).strip()
    lines = [f"Comment: 0,{_ass(290)},{_ass(2130)},Default,,0,0,0,karaoke,{sung}"]
    for n, (word, at, end) in enumerate(first):
        moved = f"{{\\pos({100 + 80 * n},600)\\t(0,{end - at},\\fscx120)}}{word}"
        lines.append(f"Dialogue: 1,{_ass(at)},{_ass(end)},Default,,0,0,0,fx,{moved}")
        still = f"{{\\pos({100 + 80 * n},600)\\blur3}}{word}"
        lines.append(f"Dialogue: 0,{_ass(290)},{_ass(2130)},Default,,0,0,0,fx,{still}")
    sign = "{\\an7\\pos(40,40)}Washington, January 1961"
    lines.append(f"Dialogue: 0,{_ass(0)},{_ass(12_000)},Signs,,0,0,0,,{sign}")
    for part, (start, end) in list(zip(PARTS, _SPANS, strict=True))[1:]:
        lines.append(f"Dialogue: 0,{_ass(start)},{_ass(end)},Default,,0,0,0,,{part}")
    return head + "\n".join(lines) + "\n"


def _ass(ms: int) -> str:
    return f"0:{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000 // 10:02d}"


def _in_s(word: str, start: int, end: int, **more: object) -> dict[str, object]:
    return {"word": word, "start": start / 1000, "end": end / 1000, **more}


def words_alone() -> str:
    """OpenAI's API: the words beside the text, without punctuation, the language in full."""
    words = [_in_s(word.strip(",."), start, end) for word, start, end in _WORDS]
    return json.dumps({"task": "transcribe", "language": "english", "text": TALK, "words": words})


def pieces_of_words() -> str:
    """whisper.cpp with `-ml 1`: a piece of a word a segment."""
    pieces = [{"offsets": {"from": 0, "to": 0}, "text": ""}]
    for word, start, end in _WORDS:
        cut, middle = len(word) // 2, (start + end) // 2
        if cut < 3:
            pieces.append({"offsets": {"from": start, "to": end}, "text": f" {word}"})
            continue
        pieces.append({"offsets": {"from": start, "to": middle}, "text": f" {word[:cut]}"})
        pieces.append({"offsets": {"from": middle, "to": end}, "text": word[cut:]})
    return json.dumps({"result": {"language": "en"}, "transcription": pieces})


def chunks() -> str:
    """A pipeline of transformers."""
    timed = [{"text": f" {w}", "timestamp": [at / 1000, end / 1000]} for w, at, end in _WORDS]
    return json.dumps({"text": f" {TALK}", "chunks": timed})


def crosstalk() -> str:
    """Two who speak at once; one time lies after the end of the talk, one word has no length."""
    first = [_in_s(word, start, end, score=0.9) for word, start, end in _WORDS]
    first[6] = _in_s("not", 99_000, 99_500)
    first[9] = _in_s("country", 5860, 5860)
    second = [_in_s("Hear,", 1000, 1400, score=0.9), _in_s("hear!", 1400, 1800, score=0.9)]
    rows = [("SPEAKER_00", TALK, first), ("SPEAKER_01", "Hear, hear!", second)]
    segments = [
        {
            "start": words[0]["start"],
            "end": words[-1]["end"],
            "speaker": speaker,
            "text": text,
            "words": words,
        }
        for speaker, text, words in rows
    ]
    return json.dumps({"segments": segments})


def without_length() -> str:
    """Words that end where they begin."""
    words = [_in_s(f" {word}", start, start, probability=0.9) for word, start, _ in _WORDS]
    segment = {"start": 0.29, "end": 10.45, "text": TALK, "words": words}
    return json.dumps({"language": "en", "segments": [segment]})


ONE_BAD_BYTE = (
    srt(("Señoras y señores, mañana será", "un día más…", "¿qué puede hacer su país?", "jamón"))
    .encode()
    .replace("¿".encode(), b"\xbf")
)
POLISH = (
    "A więc, drodzy przyjaciele,",
    "nie pytajcie,",
    "co może dla was zrobić wasza ojczyzna,",
    "lecz co wy możecie zrobić.",
)
SPANISH = (
    "Buenos días a todos.",
    "Gracias.",
    "Hoy vamos a hablar de la historia de nuestra ciudad.",
    "Muchas gracias por venir.",
)
OTHER_FILM = (
    "The harvest was late that year,",
    "and nobody knew",
    "why the old miller had closed his door",
    "before the river rose over the meadow.",
)
NESTED_TTML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="de">'
    '<body begin="10s"><div begin="1s" end="3.5s"><p>Elf.</p></div>\n'
    '<div begin="4s" end="8s"><p begin="0s" end="2s">Vierzehn.</p><p begin="2s" '
    'end="4s"><span begin="0s" end="1s">Sechzehn,</span> <span begin="1s" end="2s">siebzehn.'
    "</span></p></div></body></tt>\n"
)
RUBY = (
    "WEBVTT\nLanguage: ja\n\n00:00.290 --> 00:02.130\n<ruby>江陵<rt>カンヌン</rt></ruby>で会おう\n"
)
