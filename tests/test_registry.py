"""Which implementations there are."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from sentigram import registry
from sentigram.core.protocols import Transcriber
from sentigram.errors import UsageError


@pytest.mark.parametrize("kind", ["renderer", "model"])
def test_every_name_leads_to_something(kind: str) -> None:
    for name in registry.names(kind):
        assert callable(registry.factory(kind, name))


def test_the_bundled_transcriber_is_there() -> None:
    assert callable(registry.factory("transcriber", "moonshine"))


@pytest.mark.parametrize("name", registry.TRANSCRIBERS)
def test_transcribers_take_what_they_are_given(name: str) -> None:
    made: Any = registry.factory("transcriber", name)
    taken = inspect.signature(made.transcribe).parameters
    assert list(taken) == list(inspect.signature(Transcriber.transcribe).parameters)


def test_every_renderer_has_a_suffix_of_its_own() -> None:
    assert list(registry.suffixes()) == list(registry.RENDERERS)
    assert len(set(registry.suffixes().values())) == len(registry.RENDERERS)


@pytest.mark.parametrize("ask", [registry.factory, registry.check])
def test_an_unknown_name_says_which_there_are(ask: Any) -> None:
    with pytest.raises(UsageError, match="no transcriber is called 'siri'; there are: moonshine, "):
        ask("transcriber", "siri")


def test_others_can_add_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    added = EntryPoint("ordered", "collections:OrderedDict", "sentigram.transcribers")
    over = EntryPoint("moonshine", "collections:OrderedDict", "sentigram.transcribers")

    def entry_points(*, group: str, **wanted: str) -> EntryPoints:
        return EntryPoints([added, over]).select(group=group, **wanted)

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert registry.names("transcriber") == (*registry.TRANSCRIBERS, "ordered")
    assert registry.factory("transcriber", "ordered") is __import__("collections").OrderedDict
    registry.check("transcriber", "ordered")
    # A name that ships is not theirs to take.
    assert registry.factory("transcriber", "moonshine") is not added.load()
    assert "ordered" not in registry.names("renderer")


def test_the_tables_cannot_be_changed() -> None:
    tables: tuple[Mapping[str, str], ...] = (
        registry.TRANSCRIBERS,
        registry.MODELS,
        registry.RENDERERS,
    )
    for table in tables:
        with pytest.raises(TypeError):
            table["new"] = "module:attribute"  # type: ignore[index]


def test_names_import_nothing() -> None:
    code = (
        "import sys; from sentigram import registry; "
        "[registry.names(k) for k in ('transcriber', 'model', 'renderer')]; "
        "registry.check('transcriber', 'moonshine'); "
        "print([m for m in sys.modules if m.startswith(('sentigram.words', "
        "'sentigram.emotion.bundled', 'sentigram.render', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
