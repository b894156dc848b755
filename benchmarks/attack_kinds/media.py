"""Media that lie about what is in them."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from attack_kinds.attack import EITHER, REFUSED, Attack, Make, file, video
from tests import media_samples

_FUZZED = 6  # seeds
_ATOMS = (b"stsz", b"stco", b"stts", b"ctts", b"elst", b"tkhd", b"mvhd", b"mdhd", b"stsd")


def _wav(
    *,
    channels: int = 1,
    rate: int = 16_000,
    bits: int = 16,
    claimed: int = 0,
    n_bytes: int = 32_000,
) -> bytes:
    block = channels * bits // 8 & 0xFFFF
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", claimed)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + head + bytes(n_bytes)


def _png(width: int, height: int) -> bytes:
    """A picture of these sizes that holds a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(10**6)))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def _atom(name: bytes, offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """A change of some bytes behind an atom's name."""

    def changed(data: bytes) -> bytes:
        at = data.find(name) + len(name) + offset
        return data[:at] + value + data[at + len(value) :]

    return changed


def _fuzzed(seed: int) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        dice = random.Random(seed)
        out = bytearray(data)
        for _ in range(12):
            name = dice.choice(_ATOMS)
            at = out.find(name)
            if at >= 0:
                place = at + 4 + dice.randrange(24)
                out[place : place + 4] = dice.choice((b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4)))
        return bytes(out)

    return changed


def _clip(change: Callable[[bytes], bytes]) -> Make:
    def make(work: Path, samples: Path) -> None:
        (work / "talk.mp4").write_bytes(change(video(samples).read_bytes()))

    return make


def _muxed(name: str, *arguments: str, extra: tuple[str, bytes] = ("", b"")) -> Make:
    """The sound video with other options of ffmpeg; `{0}` in them is the folder."""

    def make(work: Path, samples: Path) -> None:
        if extra[0]:
            (samples / extra[0]).write_bytes(extra[1])
        given = (part.replace("{0}", str(samples)) for part in arguments)
        media_samples.make(work / name, "-i", str(video(samples)), *given)

    return make


_CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={n}\nEND={n + 1}\ntitle=c\x1b[31m{n}\n" for n in range(900)
)
_META = ("-metadata", "title=a\x1b]0;x\x07\nb" + "y" * 90_000, "-metadata", "artist=<script>")
_COVER = (
    "-i",
    "{0}/cover.png",
    "-map",
    "0",
    "-map",
    "1",
    "-c",
    "copy",
    "-disposition:v:1",
    "attached_pic",
)

_CASES: tuple[tuple[str, str, str, Make, frozenset[int]], ...] = (
    *((f"fuzzed-{n}", f"boxes of MP4 that lie, seed {n}", "talk.mp4", _clip(_fuzzed(n)), EITHER) for n in range(_FUZZED)),
    ("duration", "a duration of 2³² seconds", "talk.mp4", _clip(_atom(b"mvhd", 12, b"\0\0\0\x01\xff\xff\xff\xff")), EITHER),
    ("samples", "two thousand million samples", "talk.mp4", _clip(_atom(b"stsz", 8, b"\x7f\xff\xff\xff")), EITHER),
    ("offsets", "samples that lie beyond the file", "talk.mp4", _clip(_atom(b"stco", 8, b"\xff\xff\xff\xf0")), EITHER),
    ("moov-twice", "its table of contents twice", "talk.mp4", _clip(lambda data: data + data[data.find(b"moov") - 4 :]), EITHER),
    ("half", "half of it", "talk.mp4", _clip(lambda data: data[: len(data) // 2]), EITHER),
    ("tail", "5 MB of noise behind it", "talk.mp4", _clip(lambda data: data + random.Random(1).randbytes(5_000_000)), EITHER),
    ("boxes", "200,000 empty boxes before it", "talk.mp4", _clip(lambda data: b"\0\0\0\x08free" * 200_000 + data), EITHER),
    ("box-size", "a box of 2⁶³ bytes", "talk.mp4", _clip(lambda data: b"\0\0\0\x01free\x7f" + b"\xff" * 7 + data), EITHER),
    ("cover", "a cover of 16,000 by 16,000 pixels", "talk.mp4", _muxed("talk.mp4", *_COVER, extra=("cover.png", _png(16_000, 16_000))), EITHER),
    ("streams", "60 streams of sound", "talk.mkv", _muxed("talk.mkv", *(("-map", "0:a") * 60), "-c", "copy"), EITHER),
    ("chapters", "900 chapters with codes for terminals", "talk.mkv", _muxed("talk.mkv", "-i", "{0}/chapters.txt", "-map_metadata", "1", "-c", "copy", extra=("chapters.txt", _CHAPTERS.encode())), EITHER),
    ("metadata", "a title of 90,000 letters with codes for terminals", "talk.mkv", _muxed("talk.mkv", *_META, "-c", "copy"), EITHER),
    ("attachment", "an attached font that is a program", "talk.mkv", _muxed("talk.mkv", "-attach", "{0}/a.ttf", "-metadata:s:t", "mimetype=font/ttf", "-metadata:s:t", "filename=../../a.ttf", "-c", "copy", extra=("a.ttf", b"\x7fELF" * 999)), EITHER),
    ("subtitles", "a stream of subtitles that is markup", "talk.mkv", _muxed("talk.mkv", "-i", "{0}/a.srt", "-c", "copy", "-c:s", "srt", extra=("a.srt", b"1\n00:00:00,000 --> 00:00:00,900\n<script>{\\an8}a</script> b c\n")), EITHER),
    ("rotated", "a picture turned by 33 degrees", "talk.mp4", _muxed("talk.mp4", "-metadata:s:v", "rotate=33", "-c", "copy"), EITHER),
    ("late", "sound that begins after an hour", "talk.mkv", _muxed("talk.mkv", "-itsoffset", "3600", "-i", "{0}/clip.mp4", "-map", "0:v", "-map", "1:a", "-c", "copy"), EITHER),
    ("one-pixel", "a picture of two pixels", "talk.mkv", _muxed("talk.mkv", "-vf", "scale=2:2", "-c:v", "ffv1"), EITHER),
    ("rate", "1,000 pictures a second", "talk.mkv", _muxed("talk.mkv", "-r", "1000", "-c:v", "ffv1", "-t", "0.3"), EITHER),
    ("wav-length", "4 GB of sound in 32 kB", "talk.wav", file("talk.wav", lambda: _wav(claimed=0xFFFFFFF0)), EITHER),
    ("wav-channels", "65,535 channels", "talk.wav", file("talk.wav", lambda: _wav(channels=65_535, n_bytes=131_070)), EITHER),
    ("wav-rate", "2³¹ samples a second", "talk.wav", file("talk.wav", lambda: _wav(rate=2**31 - 1)), EITHER),
    ("wav-bits", "no bits in a sample", "talk.wav", file("talk.wav", lambda: _wav(bits=0)), REFUSED),
    ("id3", "a tag of 256 MB before nothing", "talk.mp3", file("talk.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1000)), REFUSED),
    ("ogg", "Ogg pages that go back in time", "talk.ogg", file("talk.ogg", b"OggS\0\x02" + b"\xff" * 8 + bytes(500)), REFUSED),
    ("flac", "FLAC of 2³⁶ samples", "talk.flac", file("talk.flac", b"fLaC\x80\0\0\x22" + b"\xff" * 34 + bytes(500)), REFUSED),
    ("svg", "a picture that loads a file", "talk.mp4", file("talk.mp4", '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'), REFUSED),
    ("html", "a page called .mp4", "talk.mp4", file("talk.mp4", "<html><script>alert(1)</script></html>" * 999), REFUSED),
    ("zip", "a zip called .mp4", "talk.mp4", file("talk.mp4", b"PK\x03\x04" + bytes(range(256)) * 99), REFUSED),
    ("matroska", "Matroska of unknown size without an end", "talk.mkv", file("talk.mkv", b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(5000)), REFUSED),
    ("gif", "a picture without sound", "talk.gif", lambda work, _s: (media_samples.make(work / "talk.gif", "-f", "lavfi", "-i", "color=s=16x16:d=0.1"), None)[1], EITHER),
)  # fmt: skip

_QUICK = {"svg"}


def attacks() -> Iterator[Attack]:
    """Each file, heard with words that are given: what recognizers do with it is another matter."""
    for name, what, source, make, codes in _CASES:
        yield Attack(
            id=f"media-{name}",
            what=f"a file: {what}",
            make=make,
            argv=("render", source, "--to", "srt,json,html", "--quiet", "--out", "made"),
            codes=codes,
            most_mb=1200,
            is_quick=name in _QUICK,
        )
