"""Makes a scene of two speakers, music and applause, and draws it in every format.

    python examples/make_scene.py out/scene [--look]

The voices are those of talk.mp4 (rights: LICENSE.txt), taking turns; music and applause are made by
this script. The transcript names the speakers and the applause; the music is found by ear, times
and emotions too, all offline. One emotion is then set by hand, as a person would on the page, so
that there is a strong one to look at. `--look` also draws docs/looks/scene.webp.
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import sentigram as sg
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.training.shipped.voice.augment import music_track

HERE = Path(__file__).resolve().parent
RATE_HZ = 16_000
PAUSE_S, MUSIC_S, APPLAUSE_S = 0.45, 5.0, 3.0
ENDINGS = (
    ".sentigram.json", ".html", ".ass", ".effects.ass", ".srt", ".vtt", ".ttml", ".srv3",
    ".sentigram.mkv", ".sentigram.mp4",
)  # fmt: skip
# Who speaks, from and to where in talk.mp4 (seconds), and what is said; "" is the applause.
TURNS = (
    ("Kennedy", 0.15, 4.6, "And so, my fellow Americans, ask not"),
    ("Reader", 12.05, 15.8, "It was the best of times, it was the worst of times."),
    ("Kennedy", 5.2, 7.6, "what your country can do for you,"),
    ("Kennedy", 7.6, 10.75, "ask what you can do for your country."),
    ("", 0.0, APPLAUSE_S, "[applause]"),
    ("Reader", 32.1, 35.3, "We had everything before us, we had nothing before us."),
)  # fmt: skip
MOMENTS_S = (1.5, 6.6, 11.5, 26.4)  # of the video, for the picture
SAD = ("we", "had", "nothing", "before", "us.")  # the words that are set by hand


def main(folder: Path, *, look: bool) -> None:
    """Make the video and its transcript, hear it, and draw it."""
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / "scene.mp4"
    cues = film(video)
    transcript = folder / "scene.vtt"
    transcript.write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n", encoding="utf-8")
    talk = sg.hear(video, transcript=transcript)
    words = [word.text for word in talk.transcript.words()]
    for number in range(len(words) - len(SAD), len(words)):
        talk = talk.with_emotion(number, "sadness")
    out = folder / "drawn"
    out.mkdir(exist_ok=True)
    named = [out / f"scene{ending}" for ending in ENDINGS]
    for path in sg.render(talk, named, media=video, overwrite=True):
        print(path)
    if look:
        second = out / "scene-bbc.mp4"
        sg.render(talk, second, look=sg.Look(profiles=("bbc",)), media=video, overwrite=True)
        picture((out / "scene.sentigram.mp4", second))


def film(out: Path) -> list[str]:
    """Write the video; the cues of its transcript."""
    ffmpeg = str(find_ffmpeg().path)
    voices = out.with_suffix(".raw")
    argv = [ffmpeg, "-v", "error", "-y", "-i", f"file:{HERE / 'talk.mp4'}", "-ac", "1"]
    run([*argv, "-ar", str(RATE_HZ), "-f", "f32le", f"file:{voices}"])
    talk = np.fromfile(voices, dtype="<f4")
    voices.unlink()
    parts, cues = [fade(loud(music_track(3)[: round(MUSIC_S * RATE_HZ)], 0.09))], []
    at_s = MUSIC_S
    for speaker, start_s, end_s, text in TURNS:
        parts.append(np.zeros(round(PAUSE_S * RATE_HZ)))
        at_s += PAUSE_S
        cut = talk[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        parts.append(fade(cut if speaker else applause(), 0.02))
        voice = f"<v {speaker}>" if speaker else ""
        cues.append(f"{clock(at_s)} --> {clock(at_s + end_s - start_s)}\n{voice}{text}")
        at_s += end_s - start_s
    sound = out.with_suffix(".wav")
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        samples = np.concatenate(parts).clip(-1, 1)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    still = "gradients=s=1280x720:r=25:n=2:c0=0x123b3a:c1=0x4a2336:x0=0:y0=0:x1=1280:y1=720"
    argv = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", f"{still}:speed=0.00001:seed=1"]
    argv += ["-i", f"file:{sound}", "-shortest", "-pix_fmt", "yuv420p", "-c:v", "libx264"]
    run([*argv, "-preset", "veryfast", "-tune", "stillimage", "-c:a", "aac", f"file:{out}"])
    sound.unlink()
    return cues


def applause() -> NDArray[np.float64]:
    """Thirty people who clap, each at a pace of their own: short bursts of noise."""
    rng = np.random.default_rng(17)
    made = np.zeros(round(APPLAUSE_S * RATE_HZ))
    for _ in range(30):
        pace_s, at_s = rng.uniform(0.17, 0.3), rng.uniform(0, 0.3)
        while at_s < APPLAUSE_S - 0.1:
            time_s = np.arange(round(0.04 * RATE_HZ)) / RATE_HZ
            clap = rng.standard_normal(len(time_s)) * np.exp(-time_s / rng.uniform(0.004, 0.01))
            start = round(at_s * RATE_HZ)
            made[start : start + len(clap)] += rng.uniform(0.4, 1) * clap
            at_s += pace_s * rng.uniform(0.9, 1.1)
    return loud(made, 0.07)


def loud(samples: NDArray[np.float64], rms: float) -> NDArray[np.float64]:
    """Samples at this root mean square."""
    return samples * (rms / float(np.sqrt(np.mean(samples**2))))


def fade(samples: NDArray[np.floating], seconds: float = 0.5) -> NDArray[np.float64]:
    """Samples that begin and end in silence."""
    n = round(seconds * RATE_HZ)
    ramp = np.linspace(0, 1, n)
    out = samples.astype(np.float64)
    out[:n] *= ramp
    out[-n:] *= ramp[::-1]
    return out


def clock(seconds: float) -> str:
    """A time as WebVTT writes it."""
    return f"00:{int(seconds // 60):02}:{seconds % 60:06.3f}"


def picture(videos: tuple[Path, Path]) -> None:
    """Four moments in two looks: music, a raised voice, the other speaker, sadness."""
    from PIL import Image

    sheet = Image.new("RGB", (1280, len(MOMENTS_S) * 150))
    for column, video in enumerate(videos):
        for row, time_s in enumerate(MOMENTS_S):
            frame = video.with_suffix(".png")
            argv = [str(find_ffmpeg().path), "-v", "error", "-y", "-ss", f"{time_s:.2f}"]
            run([*argv, "-i", f"file:{video}", "-frames:v", "1", "-update", "1", f"file:{frame}"])
            with Image.open(frame) as drawn:
                half = drawn.convert("RGB").resize((640, 360)).crop((0, 210, 640, 360))
                sheet.paste(half, (column * 640, row * 150))
            frame.unlink()
    sheet.save(HERE.parent / "docs" / "looks" / "scene.webp", quality=70, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), look="--look" in sys.argv[2:])
