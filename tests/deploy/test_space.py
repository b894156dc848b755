"""examples/space/app.py, with a stand-in for gradio: what its page would offer."""

import runpy
import sys
import types
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_space_captions_a_recording(monkeypatch):
    made = {}
    gradio = types.ModuleType("gradio")
    vars(gradio).update(dict.fromkeys(("Dropdown", "Video", "Files"), lambda *_, **__: None))
    vars(gradio)["Interface"] = lambda function, *_, **__: made.update(function=function)
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    runpy.run_path(str(ROOT / "examples" / "space" / "app.py"))
    paths = [
        Path(path) for path in made["function"](str(ROOT / "examples" / "talk.mp4"), "eastern")
    ]
    assert [path.suffix for path in paths] == [".html", ".ass", ".srt", ".json"]
    assert all(path.stat().st_size for path in paths)
