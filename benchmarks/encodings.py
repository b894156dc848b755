"""How often the encoding of a text is found, refused, or taken for another one.

Talk in 36 languages (tests/talk.toml), cut to lengths, in the encodings that it was saved in before
UTF-8, with and without its language named; beside it charset-normalizer's first answer. A text
counts as right if it reads the same, whatever the encoding is called.

    python benchmarks/encodings.py
"""

from __future__ import annotations

import argparse
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

from sentigram.core.language import languages
from sentigram.formats.encodings import guess

_TALK = Path(__file__).parents[1] / "tests" / "talk.toml"
_LENGTHS = (50, 200, 1000)
_STEP = 150
_EITHER = str.maketrans("şţŞŢ", "șțȘȚ")  # Romanian, with either letter


def pieces(length: int) -> list[tuple[str, str, str, bytes]]:
    """Language, encoding, text and bytes of each piece."""
    found = []
    for tag, talk in tomllib.loads(_TALK.read_text(encoding="utf-8")).items():
        code = tag[:2]
        for encoding in languages()[code].encodings:
            text = talk
            if code == "fa":  # Windows-1256 has the Arabic letter only
                text = talk.replace("ی", "ي")
            if encoding == "cp1258":
                text = "".join(
                    unicodedata.normalize("NFC", c).encode(encoding, "ignore").decode(encoding)
                    or unicodedata.normalize("NFD", c)
                    for c in talk
                )
            data = text.encode(encoding, "ignore").replace(b"\n", b" ")
            if len(data) < 0.8 * len(text.encode(encoding, "replace")):
                continue
            whole = data.decode(encoding)
            for start in range(0, max(1, len(whole) - length // 3), _STEP):
                piece = whole[start:]
                while len(piece.encode(encoding)) > length:
                    piece = piece[: -max(1, (len(piece.encode(encoding)) - length) // 2)]
                raw = piece.encode(encoding)
                if not raw.isascii() and len(raw) > 0.8 * min(length, 300):
                    found.append((tag, encoding, piece, raw))
    return found


def _verdict(raw: bytes, text: str, encoding: str) -> str:
    if not encoding:
        return "refused"
    read = raw.decode(encoding, "replace")
    return "right" if read.translate(_EITHER) == text.translate(_EITHER) else "wrong"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", action="store_true", help="Print each that is not right.")
    parser.add_argument("--peer", action="store_true", help="charset-normalizer too (slow).")
    options = parser.parse_args()
    print("| bytes | texts | | right | refused | wrong |\n|---|---|---|---|---|---|")
    for length in _LENGTHS:
        listed = pieces(length)
        tables = {"by itself": Counter[str](), "language named": Counter[str]()}
        if options.peer:
            tables["charset-normalizer"] = Counter()
        for tag, encoding, text, raw in listed:
            found = guess(raw)
            verdict = _verdict(raw, text, found.encoding)
            tables["by itself"][verdict] += 1
            named = _verdict(raw, text, guess(raw, tag[:2]).encoding)
            tables["language named"][named] += 1
            if options.each and (verdict != "right" or named == "wrong"):
                print(length, tag, encoding, verdict, named, found, repr(text[:60]))
            if options.peer:
                from charset_normalizer import from_bytes

                best = from_bytes(raw).best()
                tables["charset-normalizer"][
                    _verdict(raw, text, best.encoding if best else "")
                ] += 1
        for name, table in tables.items():
            shares = " | ".join(
                f"{100 * table[key] / len(listed):.1f} %" for key in ("right", "refused", "wrong")
            )
            print(f"| {length} | {len(listed)} | {name} | {shares} |")


if __name__ == "__main__":
    main()
