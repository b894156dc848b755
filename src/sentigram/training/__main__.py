"""`python -m sentigram.training train|evaluate`: the shipped weights, and every figure on them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sentigram.errors import SentigramError


def main(argv: list[str] | None = None) -> int:
    """Train or evaluate; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sentigram.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("train", "make text, voice and join anew"),
        ("evaluate", "measure text, voice and join"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--data", type=Path, required=True, help="folder with the corpora")
        command.add_argument("--cache", type=Path, default=Path("runs/cache"))
        if name == "train":
            command.add_argument("--out", type=Path, required=True, help="folder for the weights")
            command.add_argument(
                "--parts", default="text,voice,join", help="which: text,voice,join (text: 30 min)"
            )
        else:
            command.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args(argv)
    try:
        if args.command == "train":
            _train(args.data, args.out, args.cache, args.parts.split(","))
        else:
            _evaluate(args.data, args.cache, args.json)
    except SentigramError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _train(data: Path, out: Path, cache: Path, parts: list[str]) -> None:
    if "text" in parts:
        from sentigram.training.text.__main__ import main as train_text  # noqa: PLC0415

        train_text(["train", "--data", str(data), "--out", str(out), "--threads", "2"])
    if "voice" in parts or "join" in parts:
        from sentigram.training import join  # noqa: PLC0415
        from sentigram.training.voice.train import train  # noqa: PLC0415

        known, unknown = train(data, out, cache, log=_say)
        if "join" in parts:
            join.train(data, out, known, unknown)


def _evaluate(data: Path, cache: Path, json_file: Path | None) -> None:
    from sentigram.assets import weights  # noqa: PLC0415
    from sentigram.training import join  # noqa: PLC0415
    from sentigram.training.text import evaluate as text  # noqa: PLC0415
    from sentigram.training.voice import evaluate as voice  # noqa: PLC0415

    _say("words …")
    words = text.evaluate(data)
    print(text.as_text(words))  # noqa: T201
    corpora = voice.load_corpora(data, cache, log=_say)
    _say("voice …")
    readings, scenes = voice.held_out(corpora)
    sound = voice.evaluate(corpora, readings, scenes)
    _print(sound)
    _say("join …")
    foreign = voice.unknown_corpus(corpora)
    temperature = voice.fit_temperature(voice.concatenate([readings, foreign]))
    known, unknown = (voice.calibrated(r, temperature) for r in (readings, foreign))
    joined = join.evaluate(data, weights(), known, unknown)
    _print({"Words and voice joined, held-out speakers and sentences": joined})
    if json_file is not None:
        report = {"text": words, "voice": sound, "join": joined}
        json_file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _print(table: dict[str, Any], indent: int = 0) -> None:
    for name, value in table.items():
        if isinstance(value, dict):
            print(f"{' ' * indent}{name}")  # noqa: T201
            _print(value, indent + 2)
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else value
            print(f"{' ' * indent}{name}: {shown}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
