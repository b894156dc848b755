"""The table of rules in docs/check.md is that of rules.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.check.rules.catalogue import chosen, rules
from sentigram.errors import UsageError

_DOCS = Path(__file__).parents[3] / "docs" / "check.md"


def table() -> str:
    """The rules in Markdown."""
    rows = ["| rule | what | severity | source | `--fix` |", "|---|---|---|---|---|"]
    rows += [
        f"| `{rule.id}` | {rule.title} | {rule.severity} | {rule.source} | "
        f"{'yes' if rule.fix else ''} |"
        for rule in rules().values()
    ]
    return "\n".join(rows)


def test_the_documentation_lists_every_rule() -> None:
    text = _DOCS.read_text(encoding="utf-8")
    shown = text.partition(f"{Path(__file__).name} -->\n")[2].partition("\n<!-- /rules")[0]
    assert shown == table()


def test_rules_are_chosen_by_name() -> None:
    assert chosen() == frozenset(rules())
    assert chosen(["gap", "cps"], ["gap"]) == {"cps"}
    with pytest.raises(UsageError, match="--skip nonsense: no such rule"):
        chosen((), ["nonsense"])
