"""A Gradio Space, for demos: everybody there sees everybody's files."""

import tempfile
from pathlib import Path

import gradio

import sentigram as sg


def captioned(recording: str, culture: str) -> list[str]:
    """A page, subtitles and the Document of a recording."""
    talk = sg.hear(recording)
    out = Path(tempfile.mkdtemp())
    paths = [out / name for name in ("talk.html", "talk.ass", "talk.srt", "talk.sentigram.json")]
    sg.render(talk, paths, look=sg.Look(culture=culture))
    return [str(path) for path in paths]


looks = gradio.Dropdown(["western", "eastern"], value="western", label="Culture")
demo = gradio.Interface(captioned, [gradio.Video(), looks], gradio.Files(), title="Sentigram")

if __name__ == "__main__":
    demo.launch()
