"""A real Chromium, driven through ChromeDriver; tests skip where either is absent."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sentigram.render.html.page import HtmlRenderer
from tests.render import html_jobs

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--window-size=1300,900",
)
_PATIENCE_S = 15


@dataclass(frozen=True, slots=True)
class Browser:
    """The driver, with what tests ask again and again."""

    driver: WebDriver

    def run(self, script: str, *arguments):
        """Run a script in the page and give what it returns."""
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """Text of the first element."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def click(self, selector: str) -> None:
        """Click the first element where it is on the screen, as a person does.

        What still moves is waited for: a person does not click what slides past.
        """
        from selenium.common.exceptions import ElementClickInterceptedException
        from selenium.webdriver.common.by import By

        deadline = time.monotonic() + _PATIENCE_S
        is_clicked = False
        while not is_clicked:
            try:
                self.driver.find_element(By.CSS_SELECTOR, selector).click()
                is_clicked = True
            except ElementClickInterceptedException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.03)

    def press(self, *keys: str) -> None:
        """Press keys, whatever has the focus."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def choose(self, menu: str, value: str) -> None:
        """Choose an option of a menu."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import Select

        Select(self.driver.find_element(By.ID, menu)).select_by_value(value)

    def wait(self, condition: str):
        """Wait until a script expression is true, and give its value."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            value = self.run(f"return {condition}")
            if value:
                return value
            time.sleep(0.03)
        pytest.fail(f"never true: {condition}; console: {self.driver.get_log('browser')}")

    def open(self, path: Path) -> None:
        """Open a page from the disk and wait for its video."""
        self.driver.get_log("browser")
        self.driver.get(path.as_uri())
        self.wait("document.getElementById('media').readyState > 0")

    def complaints(self) -> list[str]:
        """What the console says: errors, warnings, policy violations."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def forget(self) -> None:
        """Leave the page, and forget what it kept in the browser."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd(
            "Storage.clearDataForOrigin", {"origin": "file://", "storageTypes": "local_storage"}
        )

    def save_to(self, folder: Path) -> None:
        """Let downloads go to a folder."""
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
        )

    def change(self, element: str, value: str) -> None:
        """Give a field a value as a person does who leaves it then."""
        self.run(
            "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
            "field.dispatchEvent(new Event('change', {bubbles: true}))",
            element,
            value,
        )

    def resize(self, width_px: int, height_px: int, *, zoom: float = 1) -> None:
        """Give the page a size in CSS pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": round(width_px / zoom),
                "height": round(height_px / zoom),
                "deviceScaleFactor": zoom,
                "mobile": False,
            },
        )

    def resize_back(self) -> None:
        """Give the page the size of the window again."""
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def emulate(self, **features: str) -> None:
        """Set media features, such as `prefers-reduced-motion`; none resets."""
        pairs = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": pairs})


@contextmanager
def opened(profile: Path, *flags: str) -> Iterator[Browser]:
    """A Chromium with flags of its own."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    chromedriver = shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("needs Chromium and ChromeDriver (Debian: chromium, chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all browser tests."""
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="session")
def make_video() -> Callable[[Path], Path]:
    """Makes a small video with a tone, in a format that every Chromium plays."""
    from imageio_ffmpeg import get_ffmpeg_exe

    def make(path: Path, *, seconds: int = 14) -> Path:
        picture = f"testsrc2=size=160x90:rate=25:duration={seconds}"
        tone = f"sine=frequency=220:duration={seconds}"
        command = [
            *(
                get_ffmpeg_exe(),
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                picture,
                "-f",
                "lavfi",
                "-i",
                tone,
            ),
            *("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k"),
            *("-g", "12", "-c:a", "libopus", "-f", "webm", f"file:{path}"),
        ]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path

    return make


@pytest.fixture(scope="session")
def video(make_video, tmp_path_factory) -> Path:
    """A video of 14 seconds that all tests share."""
    return make_video(tmp_path_factory.mktemp("video") / "talk.webm")


@pytest.fixture(scope="session")
def folder(video) -> Path:
    """A folder with the video and the page of the usual Document."""
    HtmlRenderer().render(html_jobs.job(html_jobs.document()), video.parent / "talk.html")
    return video.parent


@pytest.fixture
def page(browser: Browser, folder) -> Iterator[Browser]:
    """The usual page, as it is when it is opened for the first time."""
    browser.emulate()
    browser.open(folder / "talk.html")
    browser.run("document.getElementById('media').muted = true")
    yield browser
    browser.forget()
