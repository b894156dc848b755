"""A number for each stage: raised when what it makes changes, so that batches make it again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEARING = "words 4, speakers 2, emotions 1, prosody 1"
"""Of what leads to a Document; which models took part counts by itself."""

STYLE = 3

KINDS: Mapping[str, int] = MappingProxyType({})
"""Of each kind of result that is not at its first version any more."""
