"""The server's pages, each with the policy that it is sent with.

They hold no script and no style of their own: both come from `/static`, and nothing from elsewhere.
What a page must know is JSON in it, which its script reads and shows as text nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from sentigram.assets import asset
from sentigram.core.option import listed
from sentigram.render.html.data import island
from sentigram.render.html.page import HtmlRenderer
from sentigram.serve.form import KINDS, Field
from sentigram.serve.static import address, look_name
from sentigram.style.look import Look

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""`blob:` is what was recorded, to be listened to before it is sent."""
HERO = look_name("western", "adult")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is sent.

    Attributes:
        text: HTML.
        policy: For the header Content-Security-Policy.
    """

    text: str
    policy: str = POLICY


def start_page(
    fields: Sequence[Field],
    *,
    upload_mb: int,
    longest_minutes: float,
    keep_minutes: int,
    emotions: bool,
) -> Page:
    """The page to record and upload on, with the list of one's jobs.

    Args:
        fields: Options that the server takes.
        upload_mb: Largest upload.
        longest_minutes: Longest recording.
        keep_minutes: How long results stay.
        emotions: Whether emotions are read here.
    """
    told = {
        "fields": [field.as_json() for field in fields],
        "upload_mb": upload_mb,
        "longest_minutes": longest_minutes,
        "emotions": emotions,
    }
    return _page(
        "start",
        told,
        look=HERO,
        emotions=emotions,
        kept=_length(keep_minutes),
        longest=_length(longest_minutes),
        upload_mb=f"{upload_mb:,}",
    )


def job_page(
    fields: Sequence[Field], *, job_id: str, name: str, options: Mapping[str, str], emotions: bool
) -> Page:
    """The page of one job: what it is doing, then its results.

    Args:
        fields: Options of the look, and the kinds of result, that may be asked for anew.
        job_id: Of the job.
        name: Of the recording, for people.
        options: What was asked for, by names as on the command line: the words wear this look as
            they come, and the form begins with it.
        emotions: Whether emotions are read here.
    """
    fields = [replace(field, value=options.get(field.name, field.value)) for field in fields]
    asked = {field.name: field.value for field in fields}
    profiles = Look(preset=asked.get("preset", ""), profiles=listed(asked.get("profile", ""))).worn
    worn = look_name(asked.get("culture", "western"), asked.get("age", "adult"), profiles)
    told = {
        "id": job_id,
        "name": name,
        "fields": [field.as_json() for field in fields],
        "kinds": {kind: list(described) for kind, described in KINDS.items()},
        "emotions": emotions,
    }
    return _page("job", told, look=worn, emotions=emotions, name=name)


def token_page(*, message: str = "") -> Page:
    """The page that asks for the token, with what was wrong with the last one."""
    return _page("token", {}, look=HERO, message=message)


def taste_page(*, n_choices: int) -> Page:
    """The page that asks which of two looks is liked better.

    Args:
        n_choices: How often, unless somebody wants more.
    """
    return _page("taste", {"n_choices": n_choices}, look=HERO, n_choices=n_choices)


def error_page(sentence: str) -> Page:
    """What is said where there is no page.

    Args:
        sentence: Why.
    """
    return _page("error", {}, look=HERO, sentence=sentence)


def player_renderer(job_id: str, etag: str) -> HtmlRenderer:
    """Draws the page of a Document as `render` writes it, which also saves corrections here.

    Args:
        job_id: Of the job.
        etag: Of the Document that is drawn: a correction of another one is refused.
    """
    server = {
        "document": f"/api/jobs/{job_id}/document",
        "home": f"/jobs/{job_id}",
        "etag": etag,
    }
    return HtmlRenderer(media_href=f"/api/jobs/{job_id}/media", server=server)


def _page(template: str, told: Mapping[str, object], *, look: str, **values: object) -> Page:
    text = (
        _environment()
        .get_template(f"{template}.html.jinja")
        .render(
            island=island(told),
            address=address,
            look=address(look),
            **values,
        )
    )
    return Page(text)


def _length(minutes: float) -> str:
    """A length of time in words: `90 minutes`, `2 hours`, `7 days`."""
    seconds = max(1, round(minutes * 60))
    units = ((24 * 3600, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    unit, name = next(each for each in units if seconds % each[0] == 0)
    count = seconds // unit
    return f"{count} {name}{'s' if count != 1 else ''}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(asset("templates/serve")),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
