"""A grammar for tests: `1.5 2.5 Ann: Hello` on each line."""

from __future__ import annotations

from sentigram.formats.track import Caption, Lettering, SubtitleTrack, lines_of, spoken_in

SUFFIXES = (".toy",)
SIGNED = True


def recognizes(text):
    return text.startswith("TOY")


def read(text, name, *, fps=None):
    del fps
    captions = []
    for number, line in enumerate(text.split("\n")[1:], start=2):
        start, end, said = line.split(" ", 2)
        speaker, _, words = said.partition(": ")
        lines = lines_of([(words, Lettering())])
        times = round(float(start) * 1000), round(float(end) * 1000)
        index = len(captions) + 1
        captions.append(Caption(index, *times, lines, line_number=number, speaker=speaker))
    return SubtitleTrack(name, "toy", tuple(captions), spoken_in(captions), text=text)
