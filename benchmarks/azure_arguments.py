"""Holds every command of deploy/azure.sh against azure-cli's own parser; nothing is asked of Azure.

python benchmarks/azure_arguments.py           # brings azure-cli (about 1 GB), takes minutes
python benchmarks/azure_arguments.py --python PYTHON    # an environment that has it
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAND_IN = ROOT / "tests" / "deploy" / "stand_in_az.py"

_PARSE = """
import json, sys
from azure.cli.core import get_default_cli

cli = get_default_cli()
wrong = 0
for argv in json.load(sys.stdin):
    invoker = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls,
        commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls,
    )
    cli.invocation = invoker
    loader = invoker.commands_loader
    loader.load_command_table(argv)
    names = [" ".join(argv[:n]) for n in range(len(argv), 0, -1)]
    name = next(name for name in names if name in loader.command_table)
    loader.command_name = name
    invoker.data["command_string"] = name
    loader.load_arguments(name)
    invoker.parser.load_command_table(loader)
    try:
        invoker.parser.parse_args(argv)
        print("taken  ", name)
    except (SystemExit, Exception) as error:
        wrong += 1
        print("REFUSED", " ".join(argv), error)
sys.exit(wrong > 0)
"""


def recorded(options: list[str], state: Path) -> list[list[str]]:
    """What the script asks of a stand-in, with what it always adds."""
    tool = state / "bin" / "az"
    if not tool.exists():
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        tool.chmod(0o755)
    subprocess.run(
        [ROOT / "deploy" / "azure.sh", "--group", "mine", "--location", "westeurope", *options],
        env={**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}", "AZ_STATE": str(state)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    lines = (state / "asked.jsonl").read_text().splitlines()
    return [json.loads(line)["argv"] for line in lines]


def main() -> int:
    """Record, and parse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--python", type=Path, help="of an environment with azure-cli")
    given = parser.parse_args().python
    with tempfile.TemporaryDirectory() as work:
        python = given
        if python is None:
            home = Path(work, "venv")
            venv.create(home, with_pip=True)
            python = home / "bin" / "python"
            subprocess.run([python, "-m", "pip", "--quiet", "install", "azure-cli"], check=True)
        state = Path(work, "state")
        state.mkdir()
        recorded([], state)
        asked = recorded(["--down"], state)  # all that was asked in both runs
        done = subprocess.run(
            [python, "-c", _PARSE], input=json.dumps(asked), text=True, check=False
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
