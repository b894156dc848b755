"""Makes docs/looks/: one frame of each look in docs/looks.md, drawn by libass, under 60 kB each.

python docs/make_looks.py [LOOK … | presets | speakers]

`presets` is a sheet of all presets, `speakers` one of speakers' colours beside emotions, also as
viewers of three dichromacies see them (`sentigram.style.colour.vision`).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from make_contact_sheets import as_seen
from PIL import Image, ImageDraw, ImageFont

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack, LabelSet, WordEmotion
from sentigram.core.style import Motion, StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.media.commands import FONTS_NAME, SUBTITLES_NAME
from sentigram.media.ffmpeg import find_ffmpeg, require_libass, run
from sentigram.render.picture.burn import subtitles_folder
from sentigram.style.colour.vision import MATRICES
from sentigram.style.styling import style
from sentigram.style.text import fonts
from sentigram.style.theme.layers import known_presets
from sentigram.style.theme.theme import Theme, load

HERE = Path(__file__).resolve().parent
MOST_BYTES = 60_000
_WIDE, _UPRIGHT = (960, 540), (540, 960)
_PICTURE = (
    "gradients=s={0}x{1}:c0=0x24384a:c1=0x6b4a3a:x0=0:y0=0:x1={0}:y1={1}"
    ":d=1:r=1:speed=0.00001:seed=1"
)
_WORD_MS = 400
_LABELS = LabelSet(("anger", "neutral", "surprise"))
# Who speaks, the emotion, and the words; the cue of the last line is the one that is drawn.
_TALK = (
    ("Jane", "neutral", "Where have you been all night?"),
    ("Tom", "anger", "You never ask, you never listen, and now you want to know?"),
)


_SPEAKERS = ("#ffffff", "#ffff00", "#00ffff", "#00ff00")  # BBC's


@dataclass(frozen=True, slots=True)
class Shown:
    """A look on the page.

    Attributes:
        profiles: Layers that are worn.
        alt: What the picture shows, for who does not see it.
        size_px: Width and height of the picture.
    """

    profiles: tuple[str, ...]
    alt: str
    size_px: tuple[int, int] = _WIDE


LOOKS: Mapping[str, Shown] = {
    "western": Shown((), "Two lines of angry words in tall red capitals, one word underlined"),
    "netflix": Shown(("netflix",), "Two centred lines of white sans-serif letters with an outline"),
    "bbc": Shown(("bbc",), "Yellow words of a second speaker on a black box, his name in white"),
    "low-vision": Shown(("low-vision",), "Very large letters on a dark box for each line"),
    "upright": Shown(("shorts",), "Short lines of angry words, high above the edge", _UPRIGHT),
}


def main(names: list[str]) -> None:
    """Draw the looks that are named, or all."""
    folder = HERE / "looks"
    folder.mkdir(exist_ok=True)
    for name, made in (("presets", presets), ("speakers", speakers)):
        if not names or name in names:
            made(folder / f"{name}.webp")
    for name, shown in LOOKS.items():
        if not names or name in names:
            out = folder / f"{name}.jpg"
            draw(shown, out)
            print(f"{out} {out.stat().st_size / 1000:.0f} kB")  # noqa: T201


def presets(out: Path) -> None:
    """One frame of each preset."""
    names = known_presets()
    sheet = Image.new("RGB", (2 * 640, (len(names) + 1) // 2 * 220))
    for i, name in enumerate(names):
        frame = still(talk(_WIDE), load(profiles=(name,)), motion="subtle")
        frame = frame.resize((640, 360)).crop((0, 140, 640, 360))
        ImageDraw.Draw(frame).text((14, 8), name, font=_font(), fill="#ffffff")
        sheet.paste(frame, (i % 2 * 640, i // 2 * 220))
    sheet.save(out, quality=70, method=6)


def speakers(out: Path) -> None:
    """Four speakers, plain and angry, under normal vision and three dichromacies."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "four.toml")
        file.write_text(f"[caption]\nspeakers = {json.dumps(_SPEAKERS)}\n", encoding="utf-8")
        theme = load(file=file)
    kinds = ("", *MATRICES)
    sheet = Image.new("RGB", (len(kinds) * 320, 30 + 2 * len(_SPEAKERS) * 60), "#16181d")
    for column, kind in enumerate(kinds):
        title = kind or "all colours"
        ImageDraw.Draw(sheet).text((column * 320 + 14, 2), title, font=_font(), fill="#ffffff")
    names = [f"Voice {number + 1}" for number in range(len(_SPEAKERS))]
    for row in range(2 * len(names)):
        label = ("neutral", "anger")[row % 2]
        # Colours go by first appearance, and who speaks on is not named again.
        before = [(name, "neutral", "Yes.") for name in names]
        other = names[(row // 2 + 1) % len(names)]  # says so much that the two share no cue
        before.append((other, "neutral", "Somebody asked me that a year ago, or it may be two."))
        lines = (*before, (names[row // 2], label, "and who asked me?"))
        frame = still(talk(_WIDE, lines), theme).crop((240, 420, 720, 510)).resize((320, 60))
        for column, kind in enumerate(kinds):
            seen = np.asarray(frame)
            if kind:
                seen = as_seen(seen, (kind,))
            sheet.paste(Image.fromarray(seen), (column * 320, 30 + row * 60))
    sheet.save(out, quality=70, method=6)


def still(document: Document, theme: Theme, *, motion: Motion = "none") -> Image.Image:
    """The last cue of a Document over the still picture."""
    track = style(document, theme, motion=motion)
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder, "frame.png")
        time_ms = track.cues[-1].span.end_ms - 2 * _WORD_MS
        _frame(track, time_ms, _WIDE, frame, motion=motion)
        with Image.open(frame) as picture:
            return picture.convert("RGB")


def _font() -> ImageFont.FreeTypeFont:
    face = fonts.face("Poppins", 500, italic=False)
    return ImageFont.truetype(str(face.path), 18)


def draw(shown: Shown, out: Path) -> None:
    """One frame of a look, as JPEG."""
    track = style(talk(shown.size_px), load(profiles=shown.profiles), motion="none")
    frame = out.with_suffix(".png")
    try:
        _frame(track, track.cues[-1].span.end_ms - 2 * _WORD_MS, shown.size_px, frame)
        with Image.open(frame) as picture:
            picture.convert("RGB").save(out, quality=80, optimize=True)
    finally:
        frame.unlink(missing_ok=True)


def talk(size_px: tuple[int, int], lines: Sequence[tuple[str, str, str]] = _TALK) -> Document:
    """Two people in a picture of this size; what the second one says is angry."""
    utterances, readings, at = [], [], 500
    for number, (speaker, label, text) in enumerate(lines, start=1):
        words = []
        for token in text.split():
            words.append(Word(token, Span(at, at + _WORD_MS)))
            sure = tuple(0.9 if name == label else 0.05 for name in _LABELS)
            readings.append(WordEmotion(label, sure, 0.0 if label == "neutral" else 0.9))
            at += _WORD_MS
        span = Span(words[0].span.start_ms, at)
        utterances.append(Utterance(f"u{number}", span, tuple(words), speaker))
        at += 500
    return Document(
        media=DocumentMedia("talk.mp4", at, *size_px, Fraction(25)),
        transcript=Transcript("en", tuple(utterances)),
        track=EmotionTrack(_LABELS, tuple(readings)),
    )


def _frame(
    track: StyledTrack,
    time_ms: int,
    size_px: tuple[int, int],
    out: Path,
    *,
    motion: Motion = "none",
) -> None:
    """The captions of one moment over a still picture."""
    ffmpeg = find_ffmpeg()
    require_libass(ffmpeg)
    drawn = f"format=gbrp,setpts=PTS+{time_ms}/1000/TB,ass={SUBTITLES_NAME}:fontsdir={FONTS_NAME}"
    with subtitles_folder(track, motion=motion, flavour="effects") as folder:
        argv = [
            ffmpeg.path,
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            _PICTURE.format(*size_px),
            "-vf",
            drawn,
        ]
        run([*argv, "-frames:v", "1", "-update", "1", f"file:{out.absolute()}"], cwd=folder)


if __name__ == "__main__":
    main(sys.argv[1:])
