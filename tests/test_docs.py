"""What the docs say of the code is so: tests, modules and targets that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
_OF_RUNS = {"heard/", "logs/", "plots/"}  # folders that are made where Sentigram runs


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_test_that_the_docs_name_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", text("docs/security.md"))
    assert len(named) > 40
    for file, test in named:
        for name in test.split("::"):
            assert re.search(rf"(def|class) {name}\b", text(file)), f"{file} has no {name}"


@pytest.mark.parametrize("name", DOCS)
def test_links_lead_somewhere(name: str):
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(name)):
        assert (ROOT / name).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("name", DOCS)
def test_files_that_the_docs_name_are_there(name: str):
    roots = [ROOT, ROOT / "src" / "sentigram", ROOT / "src" / "sentigram" / "training"]
    for path in re.findall(r"`((?:[a-z.][\w.-]*/)+(?:[a-z_]\w*\.(?:py|toml))?)`", text(name)):
        assert path in _OF_RUNS or any((root / path).exists() for root in roots), path


@pytest.mark.parametrize("name", DOCS)
def test_files_that_the_docs_name_without_backticks_are_there(name: str):
    for path in re.findall(r"\b(?:benchmarks|src|tests|docs)/[\w/]+\.(?:py|toml)\b", text(name)):
        assert "NAME" in path or (ROOT / path).exists(), path


@pytest.mark.parametrize("name", DOCS)
def test_targets_that_the_docs_name_are_there(name: str):
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE)
    for line in re.findall(r"(?:`|^    )make ([a-z][a-z -]*)", text(name), re.MULTILINE):
        assert line.split()[0] in targets, line
