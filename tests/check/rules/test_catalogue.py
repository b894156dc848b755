"""The table of rules in docs/check.md is that of rules.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.check.rules.catalogue import CheckRule, chosen, rules
from sentigram.errors import UsageError
from sentigram.style.layout.guides import pages

_DOCS = Path(__file__).parents[3] / "docs" / "check.md"


def source(rule: CheckRule) -> str:
    """What a rule comes from, with the page and when it was read."""
    if not rule.page:
        return rule.source
    page = pages()[rule.page]
    return f"{rule.source} ([{page.read}]({page.url}))"


def table() -> str:
    """The rules in Markdown."""
    rows = ["| rule | what | severity | source | `--fix` |", "|---|---|---|---|---|"]
    rows += [
        f"| `{rule.id}` | {rule.title} | {rule.severity} | {source(rule)} | "
        f"{'yes' if rule.fix else ''} |"
        for rule in rules().values()
    ]
    return "\n".join(rows)


def test_the_documentation_lists_every_rule() -> None:
    text = _DOCS.read_text(encoding="utf-8")
    shown = text.partition(f"{Path(__file__).name} -->\n")[2].partition("\n<!-- /rules")[0]
    assert shown == table()


def test_what_guides_ask_for_names_the_page_that_was_read() -> None:
    for rule in rules().values():
        if rule.source.startswith(("Netflix", "BBC", "WCAG")):
            assert rule.page in pages(), rule.id


def test_rules_are_chosen_by_name() -> None:
    assert chosen() == frozenset(rules())
    assert chosen(["gap", "cps"], ["gap"]) == {"cps"}
    with pytest.raises(UsageError, match="--skip nonsense: no such rule"):
        chosen((), ["nonsense"])
