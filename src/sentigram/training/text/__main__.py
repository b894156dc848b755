"""Command line of the bundled text model: `python -m sentigram.training.text train|evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sentigram.errors import SentigramError


def main(argv: list[str] | None = None) -> int:
    """Train and export, or evaluate the shipped files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sentigram.training.text", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="re-make the weight files and their card")
    train.add_argument("--data", type=Path, required=True, help="folder with the corpora")
    train.add_argument("--out", type=Path, required=True, help="folder for the weight files")
    train.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    test = commands.add_parser("evaluate", help="measure the shipped weight files")
    test.add_argument("--data", type=Path, required=True, help="folder with the corpora")
    test.add_argument("--weights", type=Path, help="folder of the files (default: the package's)")
    test.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args(argv)
    try:
        if args.command == "train":
            _train(args.data, args.out, n_threads=args.threads)
        else:
            _evaluate(args.data, args.weights, json_file=args.json)
    except SentigramError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _train(data: Path, out: Path, *, n_threads: int) -> None:
    import torch  # noqa: PLC0415 - evaluation needs no torch

    from sentigram.training.text.data import read_corpora  # noqa: PLC0415
    from sentigram.training.text.evaluate import as_text  # noqa: PLC0415
    from sentigram.training.text.export import export  # noqa: PLC0415
    from sentigram.training.text.train import TrainConfig, train  # noqa: PLC0415

    torch.set_num_threads(n_threads)
    corpora = read_corpora(data)
    trained = train(corpora, TrainConfig(), report=lambda line: print(line, file=sys.stderr))  # noqa: T201
    command = "python -m sentigram.training.text train --data DATA --out OUT"
    card = export(trained, corpora, out, command=command)
    part = {"name": card["name"], "version": card["version"]}
    weights = {**part, "sha256": card["files"]["text.onnx"]["sha256"]}
    print(as_text({"weights": weights, "sets": card["metrics"]}))  # noqa: T201


def _evaluate(data: Path, weights: Path | None, *, json_file: Path | None) -> None:
    from sentigram.training.text.evaluate import as_text, evaluate  # noqa: PLC0415

    results = evaluate(data, folder=weights)
    print(as_text(results))  # noqa: T201
    text = json.dumps(results, indent=2)
    if json_file is None:
        print(text)  # noqa: T201
    else:
        json_file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
