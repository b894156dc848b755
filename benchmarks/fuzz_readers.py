"""Damaged files for every reader: read, or refused in words, within two seconds.

Small files of each format (reader_seeds.toml) are changed as transfers, editors and people change
them: bytes lost, doubled and turned, parts of two files in one, numbers that cannot be, other
encodings, values of JSON of another kind, and now and then a part that is repeated a thousand
times. Each result goes the way of a user's file: it is decoded, its grammar is recognized, it is
read, and its words are put in time; some are checked and corrected as well. Anything but our own
errors is a fault, and so is what takes longer than two seconds.

    python benchmarks/fuzz_readers.py --cases 1000000 --seed 1
    python benchmarks/fuzz_readers.py --seed 1 --only 4711      # one case again
    python benchmarks/fuzz_readers.py --engine atheris --cases 100000   # pip install atheris

A case is made from the seed and its number alone. Files that led to a fault are left in
out/fuzz/.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from inspect import isfunction
from itertools import count
from pathlib import Path
from typing import Any

from sentigram.check.checking import CheckOptions, check_text
from sentigram.check.fix.fixing import fix
from sentigram.core.document import SUFFIX, dumps, loads
from sentigram.errors import SentigramError
from sentigram.formats import editable, read_text
from sentigram.formats.decoding import decode
from sentigram.words.given import transcript_of

SLOW_S = 2.0
_SEEDS = Path(__file__).with_name("reader_seeds.toml")
_OUT = Path("out/fuzz")
_READERS = ("sentigram.formats", "sentigram.words.given")  # whose coverage guides atheris
_DURATION_MS = 12_000
_FPS = Fraction(25)
_CHECKED = 8  # one of so many, none of the long ones, is checked too: that takes five times as long
_LONG = 400  # one of so many is long
_LONG_BYTES = 100_000
_ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "cp1250", "cp1251", "cp1252", "shift_jis", "gb18030")
_PIECES = tuple(
    piece.encode()
    for piece in (
        *("", "\0", "\n", "\r\r\n", "\n\n", "\t", " ", "\ufeff", "\u202e", "\u200b", "\u2028"),
        *(
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "<",
            ">",
            "&",
            ";",
            ":",
            ",",
            "'",
            '"',
            "\\",
            "|",
            "#",
            "♪",
        ),
        *("-->", " -> ", "<c>", "</c>", "<00:00:01.000>", "<v Ann>", "<p>", "<br/>", "<rt>"),
        *("{\\k9}", "{\\k-1}", "{\\t(", "\\N", "{\\p1}", "{\\an8}", "{y:i}", "[1][2]", "{1}{2}"),
        *("null", "true", "-1", "0", "1e9", "1e999", "NaN", "Infinity", "0.0000001", "[[", "{}"),
        *("WEBVTT\n\n", "NOTE ", "STYLE\n", "[Events]\n", "Format: ", "Dialogue: ", "<tt>"),
        *("99:59:59,999", "00:00:00,000", "-00:00:01,000", "1:2", "[00:01.00]", "Ann: ", "字", "ก"),
        *("<!DOCTYPE a>", "<![CDATA[", "<!--", "&#0;", "&#x110000;", "<SYNC Start=", "\ud83d"),
    )
    if "\ud83d" not in piece
)
_NUMBER = re.compile(rb"\d+(?:\.\d+)?")
_NUMBERS = (
    b"0",
    b"-1",
    b"00",
    b"1e9",
    b"1e400",
    b"9" * 19,
    b"9" * 400,
    b"0.5",
    b"NaN",
    "٣".encode(),
)
_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 0.5, 10**18, 10**400, 1e308, float("nan"), float("inf"), "", "a"),
    *("\ud800", "\0", "00:00:01,000", "1.5", [], {}, [[]], [{}], {"a": []}, [None, 1], "x y z"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file: its bytes, and the end of its name."""

    data: bytes
    suffix: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a file."""

    number: int
    sample: Sample
    what: str


@cache
def samples() -> tuple[Sample, ...]:
    """The small files that cases are made of."""
    table = tomllib.loads(_SEEDS.read_text(encoding="utf-8"))
    return tuple(Sample(row["text"].encode(), row["suffix"]) for row in table.values())


def sample(seed: int, number: int, known: Sequence[Sample] = ()) -> Sample:
    """One damaged file, always the same for a seed and a number; known ones are made of those."""
    chance = random.Random(f"{seed}/{number}")
    made = chance.choice(known or samples())
    data = made.data
    if made.suffix.endswith(".json") and chance.random() < 0.5:
        data = _other_values(data, chance)
    for _ in range(chance.randrange(1, 6)):
        data = chance.choice(_CHANGES)(data, chance)
    if number % _LONG == 0:
        data = _repeated(data, chance)
    if chance.random() < 0.05:
        data = data.decode(errors="replace").encode(chance.choice(_ENCODINGS), "replace")
    suffix = made.suffix if chance.random() < 0.9 else chance.choice(samples()).suffix
    return Sample(data, suffix)


def read(made: Sample, *, is_checked: bool) -> None:
    """Read a file in all the ways in which a user's file is read.

    Raises:
        SentigramError: It is refused.
    """
    text = decode(made.data, "x").text
    if made.suffix == SUFFIX:
        loads(dumps(loads(text)))
        return
    track = read_text(text, made.suffix, "x", fps=_FPS)
    if is_checked and track.captions:
        report = check_text(text, made.suffix, "x", CheckOptions(fps=_FPS))
        if editable(track.kind) is not None:
            fix(report.track, report.limits, report.language, CheckOptions().wanted)
    transcript_of(track, duration_ms=_DURATION_MS)


def fault_of(number: int, made: Sample) -> Fault | None:
    """What is wrong in how a file is read, None where all is well."""
    begin_s = time.process_time()
    try:
        read(made, is_checked=number % _CHECKED == 1)
    except SentigramError as error:
        if not str(error):
            return Fault(number, made, f"refused without a word: {error!r}")
    except Exception:  # noqa: BLE001  (these are what is looked for)
        return Fault(number, made, traceback.format_exc())
    taken_s = time.process_time() - begin_s
    return None if taken_s < SLOW_S else Fault(number, made, f"took {taken_s:.1f} s")


def faults(seed: int, numbers: Sequence[int], known: Sequence[Sample] = ()) -> Iterator[Fault]:
    """All faults of some cases; see `sample`."""
    for number in numbers:
        found = fault_of(number, sample(seed, number, known))
        if found is not None:
            yield found


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randrange(12) :]


def _end(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _turned(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_PIECES) + data[at + chance.randrange(3) :]


def _random_bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randrange(1, 5)) + data[at:]


def _doubled(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randrange(80)]
    at = chance.choice((start, chance.randrange(len(data) + 1)))
    return data[:at] + piece * chance.randrange(1, 4) + data[at:]


def _joined(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(samples()).data
    at, from_at = chance.randrange(len(data) + 1), chance.randrange(len(other))
    return data[:at] + other[from_at : from_at + chance.randrange(200)] + data[at:]


def _other_number(data: bytes, chance: random.Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + chance.choice(_NUMBERS) + data[one.end() :]


def _lines_moved(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


_CHANGES = (
    *(_cut, _end, _turned, _inserted, _inserted, _random_bytes, _doubled, _joined),
    *(_other_number, _other_number, _lines_moved),
)


def _repeated(data: bytes, chance: random.Random) -> bytes:
    """A part as often as makes a long file: what takes quadratic time shows."""
    start = chance.randrange(len(data) + 1)
    end = start + chance.choice((1, 3, 10, 60, 400))
    piece = data[start:end] or b"{"
    return data[:start] + piece * (_LONG_BYTES // len(piece)) + data[end:]


def _other_values(data: bytes, chance: random.Random) -> bytes:
    """JSON with a value of another kind, or without a key."""
    tree = json.loads(data)
    for _ in range(chance.randrange(1, 4)):
        places = list(_places(tree))
        if not places:
            break
        holder, key = chance.choice(places)
        if chance.random() < 0.3:
            del holder[key]
        elif chance.random() < 0.2:
            holder[key] = deepcopy(chance.choice(places)[0])
        else:
            holder[key] = deepcopy(chance.choice(_VALUES))
    return json.dumps(tree).encode()


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Each list or object of JSON with each index or key of it."""
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _places(tree[key])


def _by_numbers(seed: int, first: int, n_cases: int) -> int:
    begin_s, kinds = time.monotonic(), Counter[str]()
    for number in range(first, first + n_cases):
        found = fault_of(number, sample(seed, number))
        if found is not None:
            _keep(found, kinds)
        done = number - first + 1
        if done % 10_000 == 0 or done == n_cases:
            passed_s = time.monotonic() - begin_s
            print(f"{done:,} cases, {sum(kinds.values())} faults, {passed_s:.0f} s", flush=True)
    for what, n in kinds.most_common():
        print(f"{n:6}  {what}")
    return int(bool(kinds))


def _by_coverage(seed: int, n_cases: int) -> int:
    """Let atheris look for bytes that reach code which no other bytes have reached."""
    import atheris

    kinds, numbers = Counter[str](), count(1)
    readers = [m for name, m in sys.modules.items() if name.startswith(_READERS)]
    for module in readers:
        for function in vars(module).values():
            if isfunction(function) and function.__module__ == module.__name__:
                atheris.instrument_func(function)
    folder = _OUT / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for at, made in enumerate(samples()):
        (folder / f"seed-{at}").write_bytes(bytes([at]) + made.data)

    def one(data: bytes) -> None:
        if data:
            suffix = samples()[data[0] % len(samples())].suffix
            found = fault_of(next(numbers), Sample(data[1:], suffix))
            if found is not None:
                _keep(found, kinds)

    options = [f"-runs={n_cases}", f"-seed={seed}", "-max_len=4000", "-timeout=30"]
    atheris.Setup([sys.argv[0], *options, str(folder)], one)
    atheris.Fuzz()
    return int(bool(kinds))


def _keep(found: Fault, kinds: Counter[str]) -> None:
    """Write down a fault; of those that end alike, the first five."""
    lines = found.what.strip().splitlines()
    place = next((line.strip() for line in reversed(lines) if "src/sentigram" in line), "")
    what = f"{lines[-1][:90]}  {place}"
    kinds[what] += 1
    if kinds[what] <= 5:
        _OUT.mkdir(parents=True, exist_ok=True)
        path = _OUT / f"{found.number}{found.sample.suffix}"
        path.write_bytes(found.sample.data)
        print(f"case {found.number}, kept as {path}:\n{found.what}", flush=True)


def main() -> int:
    """The exit code is 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--engine", choices=("numbers", "atheris"), default="numbers")
    given = parser.parse_args()
    if given.engine == "atheris":
        return _by_coverage(given.seed, given.cases)
    first, n_cases = (given.first, given.cases) if given.only is None else (given.only, 1)
    return _by_numbers(given.seed, first, n_cases)


if __name__ == "__main__":
    sys.exit(main())
