"""examples/space/app.py, with a stand-in for gradio: what its page would offer."""

import runpy
import sys
import types
from pathlib import Path

import pytest

from sentigram.media.ffmpeg import find_ffmpeg, run

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_space_captions_a_recording(monkeypatch, tmp_path):
    made = {}
    gradio = types.ModuleType("gradio")
    vars(gradio).update(dict.fromkeys(("Dropdown", "Video", "Files"), lambda *_, **__: None))
    vars(gradio)["Interface"] = lambda function, *_, **__: made.update(function=function)
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    runpy.run_path(str(ROOT / "examples" / "space" / "app.py"))
    clip = tmp_path / "talk.mp4"
    talk = str(ROOT / "examples" / "talk.mp4")
    run([find_ffmpeg().path, "-i", talk, "-t", "8", "-c", "copy", str(clip)])
    paths = [Path(path) for path in made["function"](str(clip), "eastern")]
    assert [path.suffix for path in paths] == [".html", ".ass", ".srt", ".json"]
    assert all(path.stat().st_size for path in paths)
