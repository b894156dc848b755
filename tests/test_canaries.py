"""Insides of other libraries that we hold on to: where one changes, these fail first and say so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import sentigram
from sentigram.style.text import bidi

ORDERED = [  # base level, text as it is read, as it is seen (UAX #9), levels as it is seen
    (0, "ab \u05d0\u05d1", "ab \u05d1\u05d0", (0, 0, 0, 1, 1)),
    (1, "\u05d0\u05d1 12", "12 \u05d1\u05d0", (2, 2, 1, 1, 1)),
    (1, "\u05d0\u05d1 ab", "ab \u05d1\u05d0", (2, 2, 1, 1, 1)),
]


@pytest.mark.parametrize(("base", "read", "seen", "levels"), ORDERED)
def test_python_bidi_gives_levels(base, read, seen, levels):
    from bidi import algorithm

    steps = (
        "get_empty_storage",
        "get_embedding_levels",
        "explicit_embed_and_overrides",
        "resolve_weak_types",
        "resolve_neutral_types",
        "resolve_implicit_levels",
        "reorder_resolved_levels",
    )
    gone = [name for name in steps if not hasattr(algorithm, name)]
    assert not gone, f"python-bidi has no {gone}: src/sentigram/style/text/bidi.py calls them"
    resolved = bidi._resolved(read, base)
    told = "python-bidi resolves otherwise: look at _resolved in src/sentigram/style/text/bidi.py"
    assert "".join(read[i] for i, _ in resolved) == seen, told
    assert tuple(level for _, level in resolved) == levels, told
    assert algorithm.get_display(read, base_dir=("L", "R")[base]) == seen  # its own last word


def test_funasr_imports_its_models_through_pkgutil():
    code = """
import pkgutil, sys, warnings
warnings.simplefilter("ignore")
from sentigram.store import funasr as network
walk = pkgutil.walk_packages
with network.contained(), network.alone():
    import funasr
assert pkgutil.walk_packages is walk
assert callable(funasr.import_submodules), "funasr.import_submodules is gone"
print(sorted(name for name in sys.modules if name.startswith("funasr.models.")))
"""
    pytest.importorskip("funasr")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = "FunASR finds its models otherwise: look at alone in store/funasr.py"
    assert done.stdout.splitlines()[-1] == "[]", told


def test_errors_of_the_command_line_have_one_public_base():
    """They show and exit by themselves: `cli/app.py` lets them through."""
    assert issubclass(typer.BadParameter, typer.TyperException)
    for name in ("UsageError", "ClickException", "FileError"):
        error = getattr(sys.modules[typer.BadParameter.__module__], name)
        assert issubclass(error, typer.TyperException), f"typer's {name} has another base"


@pytest.mark.skipif(os.name != "posix", reason="folders are named by variables")
def test_onnx_runtime_keeps_and_counts_nothing(tmp_path):
    folders = {name: tmp_path / name for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for folder in folders.values():
        folder.mkdir()
    script = "import sentigram, onnxruntime, sys; onnxruntime.InferenceSession(sys.argv[1])"
    model = Path(sentigram.__file__).parent / "weights" / "text.onnx"
    subprocess.run(
        [sys.executable, "-c", script, model],
        env={**os.environ, **{name: str(folder) for name, folder in folders.items()}},
        check=True,
        timeout=120,
    )
    assert not [path for folder in folders.values() for path in folder.rglob("*")]
