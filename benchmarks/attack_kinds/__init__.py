"""Kinds of attacks, a module each; they make their files as the tests make theirs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # where `tests` is
