"""A folder of the odd files that people have: each comes out right, or is refused in words.

Every recording is of the same talk, whose words and times are known. Words and times are those of
the whole product: `sentigram batch` over the folder, with the models that ship; only emotions,
which are not what is odd here, are not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from itertools import chain
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.core.document import Document, read_document
from sentigram.core.text import is_sound
from sentigram.media.probe import probe
from tests.fakes import use_fakes
from tests.integration.odd import sounds, texts
from tests.integration.odd.texts import STARTS_MS, TALK, srt

pytestmark = pytest.mark.skipif(
    find_spec("moonshine_voice") is None or find_spec("pocketsphinx") is None,
    reason="needs the bundled recognizer and the aligner",
)

Times = tuple[int, ...]
TIMES: Times = tuple(chain.from_iterable(STARTS_MS.values()))
LATE: Times = tuple(ms + (ms > sounds.PAUSE_AT_MS) * sounds.PAUSE_MS for ms in TIMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """An odd file, and what is to become of it.

    Attributes:
        name: Of the kind.
        sound: Makes the recording.
        suffix: Of the recording.
        given: What is in the file of words beside it, "" where there is none.
        given_suffix: Of that file.
        words: What comes out. Of words that are heard, one may be another.
        starts_ms: When they begin; () where nobody can tell.
        within_ms: So near.
        says: What is said about it: each of these once, and nothing else.
        error: What is said where it is refused.
        language: That is found.
        speakers: That are found.
        data: A folder of real data, without which it is not tried.
    """

    name: str
    sound: Callable[[Path], Path] = sounds.talk
    suffix: str = ".wav"
    given: str | bytes = ""
    given_suffix: str = ".srt"
    words: str = TALK
    starts_ms: Times = TIMES
    within_ms: int = 80
    says: tuple[str, ...] = ()
    error: str = ""
    language: str = "en"
    speakers: tuple[str, ...] = ("",)

    @property
    def file(self) -> str:
        """The recording's name; in the folder each has its own."""
        return self.name.replace(".", "-") + self.suffix


SOUNDS = (
    Odd(name="mixed.mp3", sound=sounds.mixed, suffix=".mp3", says=("changes",)),
    Odd(name="mixed.ts", sound=sounds.mixed, suffix=".ts", says=("changes",)),
    Odd(name="inverted-stereo", sound=sounds.inverted, says=("cancel",)),
    Odd(name="obs.mkv", sound=sounds.second_track, suffix=".mkv", says=("silent",)),
    Odd(name="long-silence.m4a", sound=sounds.long_silence, suffix=".m4a", starts_ms=LATE),
    Odd(name="backwards", sound=sounds.backwards, error="x"),
)
PICTURES = (
    Odd(name="short-picture.mp4", sound=sounds.short_picture, suffix=".mp4"),
    Odd(name="phone.mov", sound=sounds.unknown_track, suffix=".mov"),
    Odd(name="rec.webm", sound=sounds.browser, suffix=".webm"),
    Odd(name="hdr.mp4", sound=sounds.hdr, suffix=".mp4"),
)
TEXTS = (
    Odd(name="crosstalk.json", given=texts.crosstalk(), given_suffix=".json", says=("x",)),
    Odd(name="zero-length.json", given=texts.without_length(), given_suffix=".json", says=("x",)),
    Odd(name="rolling.srt", given=texts.rolling_srt(), words=TALK.lower(), says=("scroll",)),
    Odd(name="rolling.vtt", given=texts.rolling_vtt(), given_suffix=".vtt", says=("scroll",)),
    Odd(name="joined.vtt", given=texts.joined_vtt(), given_suffix=".vtt", says=("joined",)),
    Odd(name="one-bad-byte.srt", given=texts.ONE_BAD_BYTE, language="es", says=("x",)),
    Odd(
        name="pl-cp1250.srt",
        given=srt(texts.POLISH).encode("cp1250"),
        words=" ".join(texts.POLISH),
        language="pl",
        says=("x",),
    ),
    Odd(name="arrow-short.srt", given=texts.arrows_changed(), says=("x",)),
    Odd(name="colon-wide.srt", given=texts.wide_colons(), says=("x",)),
    Odd(name="cr-cr-lf.srt", given=srt().replace("\n", "\r\r\n").encode(), says=()),
    Odd(name="pasted.txt", given=texts.pasted(), given_suffix=".txt"),
    Odd(name="lyrics.lrc.txt", given=texts.lyrics(), given_suffix=".txt"),
    Odd(name="lyrics.lrc", given=texts.lyrics(), given_suffix=".lrc"),
    Odd(name="sdh.srt", given=texts.deaf(), speakers=("", "JOHN", "WOMAN 2")),
    Odd(name="fansub.ass", given=texts.fansub(), given_suffix=".ass", says=("x",)),
    Odd(name="openai-words-only.json", given=texts.words_alone(), given_suffix=".json"),
    Odd(name="whispercpp-ml1.json", given=texts.pieces_of_words(), given_suffix=".json"),
    Odd(name="chunks.json", given=texts.chunks(), given_suffix=".json"),
    Odd(
        name="ruby.vtt",
        given=texts.RUBY,
        given_suffix=".vtt",
        words="江陵で会おう",
        language="ja",
    ),
    Odd(
        name="es.srt", given=srt(texts.SPANISH), words=" ".join(texts.SPANISH), language="es",
    ),
    Odd(name="late4s.srt", given=srt(later_ms=4000), says=("x",)),
    Odd(name="hour-offset.srt", given=srt(later_ms=3_600_000), says=("x",)),
    Odd(
        name="another-film.srt", given=srt(texts.OTHER_FILM), words=" ".join(texts.OTHER_FILM),
        says=("x",),
    ),
    Odd(
        name="long-silence.txt", sound=sounds.long_silence, given=TALK, given_suffix=".txt",
        starts_ms=LATE,
    ),
    Odd(
        name="long-silence.srt", sound=sounds.long_silence, starts_ms=LATE,
        given=f"1\n00:00:00,000 --> 00:00:32,000\n{TALK}\n",
    ),
    Odd(
        name="nested.ttml", sound=sounds.long_silence, given=texts.NESTED_TTML,
        given_suffix=".ttml", language="de",
        words="Von elf bis dreizehn. Vierzehn bis sechzehn. Sechzehn, siebzehn.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a folder."""

    folder: Path
    rows: dict[str, dict]
    code: int

    def document(self, odd: Odd) -> Document:
        """The words of one file."""
        return read_document(self.folder / Path(self.rows[odd.file]["outputs"]["json"]).name)


def _made(folder: Path, odds: tuple[Odd, ...], kinds: str) -> Outcome:
    """Make the files, and run the command over them."""
    known: dict[tuple[Callable, str], Path] = {}
    for odd in odds:
        path = folder / odd.file
        before = known.get((odd.sound, odd.suffix))
        if before is None:
            known[odd.sound, odd.suffix] = odd.sound(path)
        else:
            path.hardlink_to(before)
        if odd.given:
            data = odd.given.encode() if isinstance(odd.given, str) else odd.given
            path.with_suffix(odd.given_suffix).write_bytes(data)
    out, report = folder / "out", folder / "report.json"
    options = ["--to", kinds, "--out", str(out), "--report", str(report), "--engine", "bundled"]
    with redirect_stderr(StringIO()) as said:
        code = main(["batch", str(folder), *options])
    print(said.getvalue())
    rows = {Path(row["source"]).name: row for row in json.loads(report.read_text())}
    return Outcome(out, rows, code)


@pytest.fixture(scope="module")
def _models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models that ship, and none of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SENTIGRAM_CACHE", "SENTIGRAM_MODELS"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="module")
def heard(_models: None, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """All that has no picture."""
    return _made(tmp_path_factory.mktemp("odd"), (*SOUNDS, *TEXTS), "json")


@pytest.fixture(scope="module")
def seen(_models: None, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """All whose picture is odd."""
    return _made(tmp_path_factory.mktemp("pictures"), PICTURES, "json,video,mkv")


def test_dump(heard,seen):
    for out, odds in ((heard,(*SOUNDS,*TEXTS)),(seen,PICTURES)):
        for odd in odds:
            row=out.rows[odd.file]
            print("##",odd.name,row["status"],row.get("seconds"),row.get("error"),row.get("language"))
            for n in row.get("notes",()): print("   note:",n)
            print("   missed",row.get("missed"))
            if row["status"]=="done":
                d=out.document(odd)
                ws=[w for u in d.transcript.utterances for w in u.words]
                spoken=[w for w in ws if not is_sound(w.text)]
                print("   ", [(w.text,w.span.start_ms,w.timing[0]) for w in ws], {u.speaker for u in d.transcript.utterances})
                if len(spoken)==len(odd.starts_ms): print("   worst", max(abs(w.span.start_ms-s) for w,s in zip(spoken,odd.starts_ms)))
