"""Bytes as clean text."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
from sentigram.formats.decoding import decode
from tests.formats.files import srt, texts


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_and_line_ends(encoding):
    data = srt("Ça va – “très” bien").replace("\n", "\r\n").encode(encoding)
    assert texts(decode(data, "given"), ".srt") == ["Ça va – “très” bien"]


def test_binary_files():
    with pytest.raises(TranscriptError, match="not a text file"):
        decode(bytes(range(256)) * 100, "given")
