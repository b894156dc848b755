"""Files with bytes that were changed: read, or refused in words, in no time."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress

import pytest

from sentigram.core.text import clean
from sentigram.errors import TranscriptError
from tests.formats.files import STYLED_HEAD, srt, transcript_of
from tests.formats.test_whisper_json import DIALECTS

_TTML = (
    '<tt xmlns:ttp="p" ttp:frameRate="25"><body begin="1s" timeContainer="seq"><div dur="9s">'
    '<p begin="10f"><span begin="0s" end="1s">a</span> <span begin="1s">b</span><br/>c</p>'
    '<p end="00:00:08:10" agent="x">d</p></div></body></tt>'
)
_N = 120  # of each file
_SEEDS = {name: (json.dumps(data), ".json") for name, data in DIALECTS.items()} | {
    "TTML": (_TTML, ".ttml"),
    "ASS": (
        STYLED_HEAD
        + r"Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,karaoke,{\k20}fel{\k30}low|x"
        + "\n"
        + r"Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,fx,{\pos(1,2)\t(0,9,\fs9)}fel"
        + "\n"
        + r"Dialogue: 0,0:00:03.00,0:00:04.00,Signs,Bo,0,0,0,,{\an8}JOHN: [a b] x\N- y",
        ".ass",
    ),
    "SDH": (srt("[ A B ]\nJOHN: so", "- (laughs) x\n- # y #", "A 2 (on b): c—d\n>> e"), ".srt"),
}
_BITS = ["", '"', "{", "}", "[", ":", "null", "-1", "1e9", "NaN", "true", "\n", r"\k9", "(", "<p>"]


@pytest.mark.parametrize("name", _SEEDS)
def test_changed_bytes_are_read_or_refused(name: str) -> None:
    text, suffix = _SEEDS[name]
    chance = random.Random(name)  # noqa: S311  (no secret)
    begin = time.process_time()
    for _ in range(_N):
        data = bytearray(text.encode())
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(12)] = chance.choice(_BITS).encode()
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(TranscriptError):
            transcript_of(
                clean(bytes(data).decode(errors="replace")), suffix, "x", duration_ms=12_000
            )
    assert time.process_time() - begin < 5
