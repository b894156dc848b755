"""Messages are of a length that can be read."""

from __future__ import annotations

import pytest

from sentigram.errors import DocumentError, SentigramError, brief


def test_short_messages_stay_as_they_are() -> None:
    assert str(DocumentError("talk.srt: has no words in it")) == "talk.srt: has no words in it"
    assert brief("a" * 2000) == "a" * 2000


@pytest.mark.parametrize("length", [2001, 5_000_000])
def test_long_messages_keep_their_beginning_and_the_remedy(length: int) -> None:
    text = str(SentigramError(f"talk.json: schema is {'x' * length}; render the video again"))
    assert len(text) == 2000
    assert text.startswith("talk.json: schema is xxx")
    assert text.endswith("xxx; render the video again")
