"""One page of headings, paragraphs, tables and pictures, as Markdown and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from sentigram.training.report.tables import markdown_table


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the page's title.

    Attributes:
        text: It.
        level: 2 or 3.
    """

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text.

    Attributes:
        text: It.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        caption: What it shows.
        header: Names of the columns; the first names the rows.
        rows: As many cells each as the header.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the page.

    Attributes:
        file: Its name in the page's folder.
        caption: Below it.
        alternative: What is seen, in words.
    """

    file: str
    caption: str
    alternative: str


Block = Heading | Paragraph | Grid | Picture

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}img{max-width:100%;height:auto}"
    "table{border-collapse:collapse;margin:1.2rem 0}"
    "th,td{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #ccc}"
    "caption{text-align:left;font-weight:bold}figure{margin:1rem 0}"
)


def as_markdown(title: str, blocks: Sequence[Block]) -> str:
    """The page as Markdown; what pictures show stands below them, too."""
    return "\n\n".join([f"# {_plain(title)}", *(_markdown(block) for block in blocks)]) + "\n"


def as_html(title: str, blocks: Sequence[Block]) -> str:
    """The page as HTML that loads nothing but its pictures."""
    name = html.escape(title)
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{name}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _markdown(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_plain(block.text)}"
        case Paragraph():
            return _plain(block.text)
        case Grid():
            return f"{_plain(block.caption)}\n\n{markdown_table(block.header, block.rows)}"
        case Picture():
            alternative = _plain(block.alternative)
            caption = _plain(block.caption)
            # what is told of a picture mostly begins with its title
            seen = "" if alternative.startswith(caption.rstrip(".")) else f"{caption} "
            return f"![{alternative}]({block.file})\n\n{seen}{alternative}"


def _plain(text: str) -> str:
    """Texts of corpora hold anything: no markup, one line."""
    for sign in "\\`*_<>#[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{html.escape(block.text)}</h{block.level}>"
        case Paragraph():
            return f"<p>{html.escape(block.text)}</p>"
        case Grid():
            head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in block.header)
            rows = "\n".join(
                f'<tr><th scope="row">{html.escape(row[0])}</th>'
                + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
                + "</tr>"
                for row in block.rows
            )
            caption = html.escape(block.caption)
            return f"<table><caption>{caption}</caption>\n<tr>{head}</tr>\n{rows}\n</table>"
        case Picture():
            alternative = html.escape(block.alternative, quote=True)
            return (
                f'<figure><img src="{html.escape(block.file, quote=True)}" alt="{alternative}">'
                f"<figcaption>{html.escape(block.caption)}</figcaption></figure>"
            )
