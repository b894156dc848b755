"""Makes examples/talk.mp4 from two recordings with clear rights (see LICENSE.txt).

    python examples/make_talk.py jfk.wav two_cities.wav examples/talk.mp4

The picture is drawn by ffmpeg: a still gradient with the name of the speech, one after the other.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sentigram.assets import asset
from sentigram.media.ffmpeg import find_ffmpeg

SCENES = (  # seconds of sound, first colour, second colour, title, line below
    (11.0, "0x16324f", "0x4a2336", "John F. Kennedy", "Inaugural address, 1961"),
    (44.4, "0x123b3a", "0x40274f", "A Tale of Two Cities", "Charles Dickens, 1859"),
)
FONTS = {
    "title.ttf": "fonts/merriweather/Merriweather-Bold.ttf",
    "line.ttf": "fonts/poppins/Poppins-Medium.ttf",
}


def graph() -> str:
    """The filter graph: one still and one sound per recording, one after the other."""
    parts = []
    for i, (seconds, first, second, title, line) in enumerate(SCENES):
        sound = (
            f"[{i}:a]aresample=44100,aformat=channel_layouts=mono,loudnorm=I=-18:TP=-2,"
            f"aresample=44100,apad,atrim=0:{seconds}[s{i}]"
        )
        picture = (
            f"gradients=s=1280x720:r=25:n=2:c0={first}:c1={second}:x0=0:y0=0:x1=1280:y1=720,"
            "trim=end_frame=1,vignette=PI/5,"
            f"drawtext=fontfile=title.ttf:text='{title}':fontsize=64:fontcolor=white@0.9:x=96:y=150,"
            f"drawtext=fontfile=line.ttf:text='{line}':fontsize=30:fontcolor=white@0.65:x=98:y=240,"
            f"drawbox=x=98:y=310:w=120:h=3:color=white@0.5:t=fill,"
            f"format=yuv420p,loop=loop=-1:size=1,fps=25,setpts=N/25/TB,trim=0:{seconds}[v{i}]"
        )
        parts += [sound, picture]
    joined = "".join(f"[v{i}][s{i}]" for i in range(len(SCENES)))
    return ";".join([*parts, f"{joined}concat=n={len(SCENES)}:v=1:a=1[v][a]"])


def main(sources: list[str], out: str) -> None:
    """Draw the video."""
    with tempfile.TemporaryDirectory() as work:
        for name, font in FONTS.items():
            shutil.copy(asset(font), Path(work, name))
        inputs = [part for source in sources for part in ("-i", str(Path(source).resolve()))]
        argv = [str(find_ffmpeg().path), "-v", "error", "-y", *inputs, "-filter_complex", graph()]
        argv += ["-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-preset", "slow"]
        argv += ["-crf", "26", "-tune", "stillimage", "-g", "250", "-c:a", "aac", "-b:a", "64k"]
        argv += ["-movflags", "+faststart", "-metadata", "title=Sentigram example talk"]
        subprocess.run([*argv, str(Path(out).resolve())], check=True, cwd=work)  # noqa: S603


if __name__ == "__main__":
    main(sys.argv[1:3], sys.argv[3])
