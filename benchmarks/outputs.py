"""Hashes of what comes out, so that a change of the code's plan can show that it changed nothing.

    python benchmarks/outputs.py --keep FILE.json             # before
    python benchmarks/outputs.py --against FILE.json          # after: each result that differs
    python benchmarks/outputs.py --against FILE.json --quick  # without video and clips
    python benchmarks/outputs.py --against FILE.json --subtitles DIR   # … and files there checked

Six sources (the example heard; with given words of four kinds; a Document that a person changed) go
through `sentigram` in every kind of result and four looks; subtitle files through `check`
and `check --fix`. Pictures and sound are hashed as decoded. The hashes hold for one machine: the
last digits of a network's numbers differ between processors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "talk.mp4"
TEXT_KINDS = ["html", "ass", "effects", "srt", "vtt", "ttml", "srv3", "json", "timeline"]
MOVING_KINDS = ["video", "mkv"]
LOOKS = {
    "plain": (),
    "eastern": ("--culture", "eastern", "--age", "senior", "--motion", "full"),
    "needs": ("--profile", "bbc,low-vision", "--motion", "none"),
    "young": ("--culture", "universal", "--age", "child", "--profile", "netflix,deuteranopia"),
}
SRT = """1
00:00:00,500 --> 00:00:03,000
<i>Why</i> would you do that?

2
00:00:03,400 --> 00:00:07,000
ANNA: I am so happy that you came!
- Me too, <font color="#ff0000">really</font>.

3
00:00:08,000 --> 00:00:12,500
[sighs] It was a long, long way home.
"""
VTT = """WEBVTT
Language: en

STYLE
::cue(v[voice="Bo"]) { color: #00ff00 }

one
00:00.500 --> 00:04.000 line:10%
<v Anna>Good morning, <00:02.000><c.loud>everybody</c>!

00:05.000 --> 00:09.000 position:20%
<v Bo>Nobody told me &amp; nobody asked.
"""
ASS = r"""[Script Info]
ScriptType: v4.00+
PlayResX: 1280
PlayResY: 720

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BorderStyle, Outline, Alignment
Style: Default,Poppins,48,&H00FFFFFF,&H00000000,1,2,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:04.00,Default,Anna,0,0,0,,{\an8\fad(200,200)}Look at\Nthis, {\b1}now!
Comment: 0,0:00:00.50,0:00:04.00,Default,,0,0,0,,not said
Dialogue: 1,0:00:05.00,0:00:08.20,Default,,0,0,0,,{\pos(640,300)}I was afraid of it.
"""
WHISPER = {
    "language": "ja",
    "segments": [
        {"start": 0.5, "end": 3.5, "text": "今日はとても嬉しいです。", "speaker": "A"},
        {
            "start": 4.0,
            "end": 8.0,
            "text": " مرحبا بالجميع",
            "words": [
                {"word": " مرحبا", "start": 4.0, "end": 5.0, "probability": 0.9},
                {"word": " بالجميع", "start": 5.1, "end": 7.0, "probability": 0.5},
            ],
        },
    ],
}
_PICTURE = {"video", "gif", "webp", "mkv"}


def main() -> int:
    """Make everything, and keep or compare its hashes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--subtitles", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = hashes(Path(folder), quick=options.quick, subtitles=options.subtitles)
    if options.keep:
        options.keep.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
        print(f"{len(found)} hashes in {options.keep}")
        return 0
    kept = json.loads(options.against.read_text())
    names = found.keys() & kept.keys()
    changed = sorted(name for name in names if found[name] != kept[name])
    print("\n".join([*changed, f"{len(changed)} of {len(names)} results differ"]))
    new = sorted(found.keys() - kept.keys())
    if new:
        print(f"not known before: {', '.join(new)}")
    return bool(changed or new)


def hashes(work: Path, *, quick: bool, subtitles: Path | None) -> dict[str, str]:
    """The hash of each result by its name."""
    found: dict[str, str] = {}
    media = work / "talk.mp4"
    media.write_bytes(EXAMPLE.read_bytes())
    for name, given in _given(work).items():
        told = () if given is None else ("--transcript", str(given))
        heard = work / name
        heard.mkdir()
        note = _run("render", media, "--to", "json", "--out", heard, *told)
        found[f"{name}: said"] = _digest(note.encode())
        document = heard / "talk.sentigram.json"
        if name == "changed":
            document.write_text(_changed(document.read_text(encoding="utf-8")), encoding="utf-8")
        (heard / media.name).write_bytes(EXAMPLE.read_bytes())
        for look, flags in LOOKS.items():
            kinds = [*TEXT_KINDS] if quick else [*TEXT_KINDS, *MOVING_KINDS]
            out = work / f"{name}-{look}"
            note = _run("render", document, "--to", ",".join(kinds), "--out", out, *flags)
            found[f"{name} {look}: said"] = _digest(note.encode())
            if not quick:
                clip = ("--to", "gif,webp", "--preview", "0-4")
                _run("render", document, *clip, "--out", out, *flags)
            for path in sorted(out.iterdir()):
                found[f"{name} {look} {path.name}"] = _hash(path)
    for path in [work / "talk.srt.txt", *sorted(p for p in work.glob("given.*"))]:
        found |= _checked(path, path.name, work)
    for path in sorted((subtitles.rglob("*")) if subtitles else ()):
        if path.suffix in {".srt", ".vtt", ".ass", ".ssa", ".ttml", ".xml", ".txt", ".json"}:
            found |= _checked(path, path.name, work)
    return found


def _given(work: Path) -> dict[str, Path | None]:
    given = {
        "given.srt": SRT,
        "given.vtt": VTT,
        "given.ass": ASS,
        "given.json": json.dumps(WHISPER, ensure_ascii=False),
    }
    for name, text in given.items():
        (work / name).write_text(text, encoding="utf-8")
    named = {name.partition(".")[2]: work / name for name in given}
    return {"heard": None, **named, "changed": None}


def _changed(document: str) -> str:
    """What a person does: another word, another emotion, a speaker."""
    data = json.loads(document)
    words = [word for utterance in data["utterances"] for word in utterance["words"]]
    words[0]["text"] = "Oh,"
    words[1]["emotion"] |= {"label": "anger", "intensity": 1.0}
    words[-1]["emotion"]["label"] = "happiness"
    data["utterances"][0]["speaker"] = "Anna & <Bo>"
    return json.dumps(data)


def _checked(path: Path, name: str, work: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    out = work / "fixed"
    out.mkdir(exist_ok=True)
    report = _run("check", path, "--format", "json", may_fail=True)
    said = _run("check", path, "--fix", "--out", out, may_fail=True)
    fixed = [(file.name, file.read_bytes()) for file in sorted(out.iterdir())]
    for file in out.iterdir():
        file.unlink()
    told = (report + said).replace(str(path.parent), "").replace(str(out), "")
    return {f"check {name}": _digest(told.encode()), f"fix {name}": _digest(repr(fixed).encode())}


def _run(*argv: str | Path, may_fail: bool = False) -> str:
    """What a command says on both streams, without paths, times and progress."""
    command = [sys.executable, "-m", "sentigram", *map(str, argv)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    lines = (done.stdout + done.stderr).splitlines()
    said = (re.sub(r"\b\d+(\.\d)? s\b|/tmp/\S+", "…", line) for line in lines)
    return "\n".join([str(done.returncode), *said])


def _hash(path: Path) -> str:
    kind = path.suffix
    if kind in {".mp4", ".gif", ".webp"}:
        return _decoded(path)
    if kind == ".mkv":
        return _decoded(path, subtitles=True)
    return _digest(path.read_bytes())


def _decoded(path: Path, *, subtitles: bool = False) -> str:
    if path.suffix == ".webp":  # older ffmpeg cannot read animated ones
        return _digest(path.read_bytes())
    from sentigram.media.ffmpeg import find_ffmpeg

    found = find_ffmpeg()
    ffmpeg = str(getattr(found, "path", found))
    picture = [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v:0", "-map", "0:a?"]
    shown = subprocess.run([*picture, "-f", "md5", "-"], capture_output=True, check=True).stdout
    if subtitles:
        ass = [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:s:0", "-f", "ass", "-"]
        shown += subprocess.run(ass, capture_output=True, check=True).stdout
    return _digest(shown)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
