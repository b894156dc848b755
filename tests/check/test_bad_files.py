"""Files with seeded faults: exactly these are found, with where they are and what is allowed."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file
from sentigram.check.rules.catalogue import rules

_BAD = Path(__file__).with_name("bad")
_FILES = sorted(path for path in _BAD.iterdir() if path.suffix != ".toml")


def _case(path: Path) -> tuple[CheckOptions, list[tuple[str, int]]]:
    case = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    options = CheckOptions(
        fps=Fraction(case.get("fps", 0)),
        size=tuple(case.get("size", (0, 0))),
        age=case.get("age", "adult"),
        profiles=tuple(case.get("profiles", ())),
    )
    return options, sorted((rule, cue) for rule, cue in case["expected"])


def test_there_are_at_least_ten_bad_files() -> None:
    assert len(_FILES) >= 10


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_exactly_the_seeded_violations_are_found(path: Path) -> None:
    options, expected = _case(path)
    report = check_file(path, options)
    found = [(one.rule, one.cue) for one in report.findings if one.severity == "violation"]
    assert sorted(found) == expected


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_each_finding_says_where_what_and_what_to_do(path: Path) -> None:
    options, _ = _case(path)
    report = check_file(path, options)
    lines = path.read_text(encoding="utf-8").split("\n")
    for finding in report.findings:
        assert finding.measured, finding
        assert finding.allowed, finding
        assert finding.message, finding
        assert finding.remedy, finding
        assert any(
            mark in lines[finding.line_number - 1] for mark in ("-->", "Dialogue:", "<p ")
        ), finding


def test_every_violation_is_seeded_somewhere() -> None:
    """A rule that no file breaks is a rule that nobody knows to work."""
    seeded = {rule for path in _FILES for rule, _ in _case(path)[1]}
    assert seeded == {name for name, rule in rules().items() if rule.severity == "violation"}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_one_rule_alone_finds_what_all_rules_find_of_it(path: Path) -> None:
    options, expected = _case(path)
    for rule in {rule for rule, _ in expected}:
        report = check_file(path, replace(options, wanted=frozenset({rule})))
        found = [(one.rule, one.cue) for one in report.findings if one.severity == "violation"]
        assert sorted(found) == [pair for pair in expected if pair[0] == rule]
