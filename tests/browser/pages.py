"""What tests of the page ask again and again."""

from __future__ import annotations

from pathlib import Path

from sentigram.core.document import Document
from sentigram.render.html.page import HtmlRenderer
from tests.browser.conftest import Browser
from tests.render import html_jobs


def write(path: Path, document: Document, **options) -> Path:
    """Write the page of a Document as the pipeline does."""
    HtmlRenderer().render(html_jobs.job(document, **options), path)
    return path


def word(n: int) -> str:
    """Selector of a word in the transcript."""
    return f".transcript [data-word='{n}']"


def choose(page: Browser, n: int) -> None:
    """Choose a word without playing from it."""
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.by import By

    span = page.driver.find_element(By.CSS_SELECTOR, word(n))
    page.run("arguments[0].scrollIntoView({block: 'nearest'})", span)
    at_once = ActionChains(page.driver, duration=0)  # the pointer takes 250 ms otherwise
    at_once.key_down(Keys.CONTROL).click(span).key_up(Keys.CONTROL).perform()


def time_ms(page: Browser) -> float:
    """Where the recording stands."""
    return page.run("return document.getElementById('media').currentTime * 1000")


def style_of(page: Browser, selector: str, name: str) -> str:
    """A computed property of the first element."""
    return page.run(
        "const element = document.querySelector(arguments[0]);"
        "return getComputedStyle(element).getPropertyValue(arguments[1])",
        selector,
        name,
    ).strip()
