"""Makes the pictures in docs/ from a render of the example talk; needs Chromium and Pillow.

python docs/make_pictures.py out/demo
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By

from sentigram.media.commands import frame_argv
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import probe

HERE = Path(__file__).resolve().parent
TIMES_MS = (4_100, 6_400, 14_900)
FLAGS = "--headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1400,900"


def main(folder: Path) -> None:
    """Three frames of the video, one below the other, and the page."""
    video = probe(folder / "talk.sentigram.mp4")
    with tempfile.TemporaryDirectory() as work:
        strips = []
        for time_ms in TIMES_MS:
            frame = Path(work, f"{time_ms}.png")
            run(frame_argv(find_ffmpeg(), video, time_ms, frame))
            with Image.open(frame) as picture:
                strips.append(picture.convert("RGB").resize((960, 540)).crop((0, 70, 960, 520)))
        sheet = Image.new("RGB", (960, len(strips) * 458 - 8), "white")
        for i, strip in enumerate(strips):
            sheet.paste(strip, (0, i * 458))
        sheet.save(HERE / "frames.jpg", quality=88)
    page = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        page.add_argument(flag)
    driver = webdriver.ChromeService(shutil.which("chromedriver"))  # else it is downloaded
    with webdriver.Chrome(page, driver) as browser:
        browser.get((folder / "talk.html").resolve().as_uri())
        time.sleep(1)
        words = browser.find_elements(By.CSS_SELECTOR, "#transcript span")
        next(word for word in words if word.text == "worst").click()
        time.sleep(1)
        browser.save_screenshot(str(HERE / "page.png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
