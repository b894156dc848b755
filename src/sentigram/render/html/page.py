"""The interactive page: one self-contained file that plays the video beside it.

Text reaches the page in two ways only: through Jinja2 with autoescape, and as JSON that the script
reads and shows as text nodes. A Content-Security-Policy allows exactly the script and the style
sheet that are inside, the fonts inside, and the media file; nothing can be fetched from a network.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from sentigram.assets import asset
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import StyledLook, StyledWord, StyleKey
from sentigram.core.time import Span, format_clock
from sentigram.render.html.css import css_string, look_classes, looks_css, mark_css, profile_name
from sentigram.render.html.data import Json, island, page_data
from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset

if TYPE_CHECKING:
    from jinja2 import Template

UI_FAMILY = "Poppins"
UI_WEIGHTS = (500, 600)
_UI_LETTERS = string.printable + "–—‘’“”…·×−→←↑↓é"


def page_letters(
    looks: Sequence[StyledLook], page_text: str, emotions: Sequence[str], language: str = ""
) -> dict[fonts.Face, str]:
    """Which letters each bundled face draws, in any look, in the legend or around it.

    Args:
        looks: All looks of the page; families that do not ship are left to the viewer's system.
        page_text: Everything that stands outside styled words: names, plain transcript.
        emotions: Names that the legend writes in the style of every emotion.
        language: ISO 639-1, of the words.

    Returns:
        Faces with their letters; those that step in for others come last, the language's own first.
        Emoji are left out: browsers draw them in colour.
    """
    sets: dict[fonts.Face, set[str]] = {}
    for weight in UI_WEIGHTS:
        of = fonts.face(UI_FAMILY, weight, italic=False)
        sets[of] = set(_UI_LETTERS)  # no fallback for the arrows on buttons: every system has them
        _add(sets, set(page_text), of, language)
    names = " ".join(emotions)
    legend = set(names + names.upper() + names.title())
    known: dict[int, dict[StyleKey, set[str]]] = {}
    done: set[fonts.Face] = set()
    bundled = fonts.families()
    for look in looks:
        words = _texts_of(look.words, known)
        for key in look.styles:
            style = look.drawn(key)
            if style.family not in bundled:
                continue
            of = fonts.face(style.family, style.weight, style.italic)
            if of not in done:
                _add(sets, legend, of, language)
                done.add(of)
            _add(sets, words.get(key, ()), of, language)
    ordered = sorted(sets, key=_order(language))
    return {of: "".join(sorted(filter(_is_character, sets[of]))) for of in ordered}


def _add(
    sets: dict[fonts.Face, set[str]], texts: Iterable[str], of: fonts.Face, language: str
) -> None:
    """Give the letters of texts to the faces that draw them where the style's own face is `of`."""
    for text in texts:
        for piece in fonts.pieces(text, of.family, of.weight, of.italic, language):
            if piece.face is not None and not fonts.draws_emoji(piece.face):
                sets.setdefault(piece.face, set()).update(piece.text)


def _order(language: str) -> Callable[[fonts.Face], int]:
    """Key that sorts faces by who is asked first: 0 for a style's own, then the fallbacks."""
    stepping_in = sorted(fonts.fallbacks(), key=lambda f: language not in f.languages)
    ranks = {f.family: rank for rank, f in enumerate(stepping_in, 1)}
    return lambda of: ranks.get(of.family, 0)


def _is_character(code: str) -> bool:
    """No font draws half of a surrogate pair, which JSON may hold."""
    return not "\ud800" <= code <= "\udfff"


def _texts_of(
    words: tuple[StyledWord, ...], known: dict[int, dict[StyleKey, set[str]]]
) -> dict[StyleKey, set[str]]:
    """Runs by style; looks that share their words are read once."""
    if id(words) not in known:
        texts = known[id(words)] = {}
        for word in words:
            for run in word.runs:
                texts.setdefault(run.style, set()).add(run.text)
    return known[id(words)]


def font_css(letters: dict[fonts.Face, str]) -> str:
    """One `@font-face` rule per face that may be embedded, the font itself inside as WOFF2.

    `--fallback` lists the families that step in, for the end of every `font-family`.
    """
    letters = {face: text for face, text in letters.items() if face.embeds}
    stepping_in = {f.family for f in fonts.fallbacks()}
    families = dict.fromkeys(face.family for face in letters if face.family in stepping_in)
    names = ",".join(map(css_string, families)) or "system-ui"
    rules = [_rule(face, text) for face, text in letters.items()]
    return "\n".join([*rules, f":root{{--fallback:{names}}}"])


def _rule(face: fonts.Face, text: str) -> str:
    data = base64.b64encode(subset(face, text, flavor="woff2")).decode("ascii")
    return (
        f"@font-face{{font-family:{css_string(face.family)};font-weight:{face.weight};"
        f"font-style:{'italic' if face.italic else 'normal'};font-display:block;"
        f'src:url("data:font/woff2;base64,{data}") format("woff2")}}'
    )


_SCRIPTS = (
    "wording", "data", "dom", "corrections", "order", "drafts", "times", "lines", "split",
    "keeping", "look", "captions", "missed", "sounds", "transcript", "touch", "search", "score",
    "curve", "radar", "plane", "panel", "select", "editor", "document", "track", "ass", "export",
    "saving", "media", "fullscreen", "settings", "profiles", "keys", "print", "main",
)  # fmt: skip
_STYLES = (
    "base", "page", "stage", "score", "missed", "transcript", "panel", "editor", "motion", "needs",
)  # fmt: skip
# What a correction may need that nobody has said yet.
_TYPED = string.ascii_letters + string.digits + ".,;:!?'\"()-–—‘’“”…&%"
_LAST_ALPHABET = 0x2E80  # from here on come ideographs and their marks: too many to bring along
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class HtmlRenderer(Renderer):
    """Writes `talk.html`.

    Args:
        media_href: See `html_text`; for a page that does not lie where the media file is known by.
        server: See `html_text`.
    """

    shows = "all"

    def __init__(
        self, *, media_href: str | None = None, server: Mapping[str, str] | None = None
    ) -> None:
        self._media_href, self._server = media_href, server

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the page to `out`, which lies in the folder that the page will lie in.

        Raises:
            OSError: The file cannot be written.
        """
        href = _href(job, out.parent) if self._media_href is None else self._media_href
        text = html_text(job, media_href=href, server=self._server)
        progress(0.9)
        out.write_text(text, encoding="utf-8", newline="\n")
        progress(1.0)


def html_text(
    job: RenderJob, *, media_href: str | None = None, server: Mapping[str, str] | None = None
) -> str:
    """Make the page.

    Args:
        job: With at least one look; the first one is shown at the start.
        media_href: Address of the media file relative to the page, percent-encoded; None where it
            lies beside the page.
        server: Of a page that a server sends: `document` and `etag`, where corrections are saved
            and of which version, and `home`, the page that leads to all results. A page with it may
            talk to that server, and to nobody else; None for one that lies on a disk.

    Raises:
        ValueError: The job has no looks, or a colour in them is not `#rrggbb`.
    """
    if not job.looks:
        raise ValueError("the page needs at least one look; build the job with looks")
    name = _media_name(job)
    span = job.slice or Span(0, _duration_ms(job))
    title = _showable(PurePosixPath(name).stem) or "Untitled"
    data = page_data(
        job,
        title=title,
        href=file_href(name) if media_href is None else media_href,
        name=_showable(name),
        span=span,
        server=server,
    )
    style = _style_sheet(job, data)
    script = _script()
    return _template().render(
        title=title,
        subtitle=_subtitle(job, span),
        language=_language(job.document.transcript.language),
        policy=content_security_policy(script=script, style=style, connects=server is not None),
        home=server["home"] if server else "",
        style=style,
        script=script,
        island=island(data),
        culture=job.looks[0].culture,
        age=job.looks[0].age,
        profile=profile_name(job.looks[0]),
        classes=" ".join(look_classes(job.looks)[0]),
        motion=job.motion,
        active=job.track.active,
        mark=job.track.mark.kind,
        kind="video" if job.document.media.width_px else "sound",
    )


def content_security_policy(*, script: str, style: str, connects: bool = False) -> str:
    """A policy for exactly this script and this style sheet.

    `file:` is what a page that is opened from a disk loads its video from; `blob:` is the file that
    a viewer chooses.

    Args:
        script: The text of the script.
        style: The text of the style sheet.
        connects: The page saves corrections where it came from.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "font-src data:",
            "img-src data:",
            "media-src 'self' file: blob:",
            *(["connect-src 'self'"] if connects else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def file_href(name: str) -> str:
    """Address of a file beside the page: `./` keeps a colon from being read as a scheme."""
    return "./" + quote(_name_bytes(name), safe="")


def _href(job: RenderJob, folder: Path) -> str | None:
    if job.media is None:
        return None
    source, home = job.media.path.resolve(), folder.resolve()
    if source.parent == home:
        return None
    try:
        way = os.path.relpath(source, home)
    except ValueError:  # another drive: the viewer chooses the file
        return None
    return "./" + quote(_name_bytes(Path(way).as_posix()), safe="/")


def _name_bytes(name: str) -> bytes:
    """The bytes of a file name, also of one that is not text; else, as no file is called so, ?."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "replace")


def _media_name(job: RenderJob) -> str:
    return job.document.media.name if job.media is None else job.media.path.name


def _duration_ms(job: RenderJob) -> int:
    """Length of the media, or of the speech where a Document says less than that."""
    ends = (utterance.span.end_ms for utterance in job.document.transcript.utterances)
    return max([job.document.media.duration_ms, 1, *ends])


def _subtitle(job: RenderJob, span: Span) -> str:
    transcript = job.document.transcript
    speakers = {u.speaker for u in transcript.utterances if u.speaker}
    n_words = sum(1 for _ in transcript.words())
    parts = [format_clock(span.duration_ms), f"{n_words:,} word{'s' if n_words != 1 else ''}"]
    if len(speakers) > 1:
        parts.append(f"{len(speakers)} speakers")
    if job.slice is not None:
        parts.append(f"preview from {format_clock(span.start_ms)}")
    return " · ".join(parts)


def _language(code: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else "und"


def _showable(text: str) -> str:
    """Text for people: line breaks and bytes that are no characters become a sign for that."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _style_sheet(job: RenderJob, data: Json) -> str:
    speakers = "".join({u.speaker for u in job.document.transcript.utterances})
    told = data["title"] + data["media"]["name"] + "".join(data["notes"])
    page_text = told + speakers + "".join(data["words"]["text"])
    emotions = sorted({key.emotion for look in job.looks for key in look.styles})
    typed = _TYPED + "".join({char for char in page_text if ord(char) < _LAST_ALPHABET})
    language = job.document.transcript.language
    cues = job.track.cues
    labels = {cue.opening(at) for cue in cues for at in range(len(cue.lines))}  # as plain words
    labels |= {text for _, _, text in data["sound_cues"]}
    labels |= {sound.label for sound in job.document.sounds}
    letters = page_letters(job.looks, page_text, [*emotions, typed, *sorted(labels)], language)
    parts = [font_css(letters), looks_css(job.looks, job.track.canvas), mark_css(job.track.mark)]
    return "\n".join([*parts, _static_css()])


@cache
def _static_css() -> str:
    return "\n".join(_read(f"{name}.css") for name in _STYLES)


def script_text() -> str:
    """The script that every page holds: a server that sends one allows this and no other."""
    return _script()


@cache
def _script() -> str:
    """All parts of the script, in one function that leaves nothing in the page's own scope."""
    parts = "\n".join(_read(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\nstart();\n}})();\n'


def _read(name: str) -> str:
    return asset(f"templates/html/player/{name}").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(asset("templates/html")),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.jinja")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
