"""A folder of the odd files that people have: each comes out right, or is refused in words.

Nearly all recordings are of one talk, whose words and times are known. What is looked at is what
users get: `sentigram batch` runs over the folder with the models that ship. A row of a table is an
odd file and what is to become of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest

import sentigram as sg
from sentigram.cli.app import main
from sentigram.core.document import Document, read_document
from sentigram.core.text import is_sound
from sentigram.core.transcript import Utterance
from sentigram.emotion.bundled import BundledEmotionModel
from sentigram.emotion.decision import Cues
from sentigram.media.probe import probe
from tests.integration.odd import sounds, texts
from tests.integration.odd.texts import STARTS_MS, TALK, srt

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnxruntime", "pocketsphinx")),
    reason="needs the bundled recognizer and its aligner",
)

CASES = sounds.DATA.parent / "cases" / "README.md"
Times = tuple[int, ...]
TIMES: Times = tuple(chain.from_iterable(STARTS_MS.values()))
LATE: Times = tuple(ms + (ms > sounds.PAUSE_AT_MS) * sounds.PAUSE_MS for ms in TIMES)
FOREIGN = r"what is said is not English.*--transcriber faster-whisper.*--transcript FILE"
NO_TIME = "{} have times that cannot be"
VOICE_ALONE = "emotions come from the voice alone: the bundled model does not read '{}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """An odd file, and what is to become of it.

    Attributes:
        name: Of the kind.
        sound: Makes the recording.
        suffix: Of the recording.
        given: The file of words beside it, "" where there is none.
        given_suffix: Of that file.
        words: What comes out; "" for what a recognizer writes of the talk, give or take a word.
        starts_ms: When they begin, () where nobody can tell.
        within_ms: So near.
        notes: What is said about it and stays with it: each of these, and nothing else.
        told: What is said in the terminal besides.
        error: What is said where it is refused.
        language: That is found.
        speakers: That are found.
        fps: Pictures a second.
        misses: Somebody speaks where there are no words.
        repeats: Another row is nearly the same, and this one is for `-m slow`.
    """

    name: str
    sound: Callable[[Path], Path] = sounds.talk
    suffix: str = ".wav"
    given: str | bytes = ""
    given_suffix: str = ".srt"
    words: str = TALK
    starts_ms: Times = TIMES
    within_ms: int = 80
    notes: tuple[str, ...] = ()
    told: str = ""
    error: str = ""
    language: str = "en"
    speakers: tuple[str, ...] = ("",)
    fps: float = sounds.FPS
    misses: bool = False
    repeats: bool = False

    @property
    def file(self) -> str:
        """The recording's name; in the folder each has its own."""
        return self.name.replace(".", "-") + self.suffix

    @property
    def can_be_made(self) -> bool:
        """Whether what it is made of is here."""
        return self.sound not in (sounds.german, sounds.polish) or sounds.DATA.is_dir()


SOUNDS = (
    # The first sound of a joined MP3 ends with what its encoder added.
    Odd(name="mixed.mp3", sound=sounds.mixed, suffix=".mp3", words="", within_ms=160),
    Odd(name="mixed.ts", repeats=True, sound=sounds.mixed, suffix=".ts", words=""),
    Odd(name="inverted-stereo.mp3", sound=sounds.inverted, words="", notes=("channels cancel",)),
    Odd(
        name="obs.mkv", sound=sounds.second_track, suffix=".mkv", words="",
        told=r"hears audio stream 1 \(aac\); there is also 0 \(aac, silent\)",
    ),
    Odd(
        name="long-silence.m4a", sound=sounds.long_silence, suffix=".m4a", words="", starts_ms=LATE
    ),
    Odd(name="backwards", sound=sounds.backwards, error=FOREIGN),
    Odd(name="german", sound=sounds.german, error=FOREIGN),
    Odd(name="polish", repeats=True, sound=sounds.polish, error=FOREIGN),
)  # fmt: skip
PICTURES = (
    Odd(name="short-picture.mp4", sound=sounds.short_picture, suffix=".mp4", words=""),
    Odd(
        name="phone.mov", sound=sounds.unknown_track, suffix=".mov", words="",
        told=r"audio stream 2 \(unknown\) cannot be copied into an \.mkv .*, and is left out",
    ),
    Odd(name="rec.webm", sound=sounds.browser, suffix=".webm", words="", fps=sounds.BROWSER_FPS),
    Odd(
        name="hdr.mp4", sound=sounds.hdr, suffix=".mp4", words="",
        told=r"high dynamic range \(PQ\) becomes BT\.709",
    ),
)  # fmt: skip
TEXTS = (
    Odd(
        name="crosstalk.json", given=texts.crosstalk(), given_suffix=".json",
        words=TALK.replace("fellow American,", "Hear, fellow hear! American,"),
        starts_ms=(*TIMES[:3], 1000, 1240, 1400, *TIMES[4:]), within_ms=250,
        notes=(NO_TIME.format("2 words"),), speakers=("SPEAKER_00", "SPEAKER_01"),
    ),
    Odd(
        name="zero-length.json", repeats=True, given=texts.without_length(), given_suffix=".json",
        notes=(NO_TIME.format("22 words"),),
    ),
    Odd(
        name="rolling.srt", given=texts.rolling_srt(), words=texts.UNPOINTED,
        notes=("its captions scroll: 36 words that are shown again were read once",),
    ),
    Odd(
        name="rolling.vtt", repeats=True,
        given=texts.rolling_vtt(), given_suffix=".vtt", words=texts.UNPOINTED,
        notes=("its captions scroll: 36 words that are shown again were read once",),
    ),
    Odd(
        name="joined.vtt", given=texts.joined_vtt(), given_suffix=".vtt",
        notes=("3 segments of a stream, joined; 2 cues at their boundaries were read once",),
    ),
    Odd(
        name="one-bad-byte.srt", given=texts.ONE_BAD_BYTE, language="es", starts_ms=(),
        words="Señoras y señores, mañana será un día más… \ufffdqué puede hacer su país? jamón",
        notes=("line 11: not UTF-8 there; 1 letter is lost and shown as \ufffd",),
    ),
    Odd(
        name="pl-cp1250.srt", given=srt(texts.POLISH).encode("cp1250"), language="pl",
        words=" ".join(texts.POLISH), starts_ms=(), told=VOICE_ALONE.format("pl"),
        notes=(r"read as Windows-1250 \(Polish\)",),
    ),
    Odd(
        name="arrow-short.srt", repeats=True, given=texts.arrows_changed(),
        notes=("line 2: .* was read as .*; 3 lines of times are not written as SRT has them",),
    ),
    Odd(
        name="colon-wide.srt", given=texts.wide_colons(),
        notes=("line 10: .* was read as .*; 1 line of times is not written as SRT has them",),
    ),
    Odd(name="cr-cr-lf.srt", repeats=True, given=srt().replace("\n", "\r\r\n").encode()),
    Odd(name="pasted.txt", repeats=True, given=texts.pasted(), given_suffix=".txt"),
    Odd(name="lyrics.lrc.txt", repeats=True, given=texts.lyrics(), given_suffix=".txt"),
    Odd(name="lyrics.lrc", given=texts.lyrics(), given_suffix=".lrc"),
    Odd(name="sdh.srt", given=texts.deaf(), speakers=("", "JOHN", "WOMAN 2")),
    Odd(
        name="fansub.ass", given=texts.fansub(), given_suffix=".ass",
        notes=("1 sign and 10 copies were left out",),
    ),
    Odd(
        name="openai-words-only.json", repeats=True,
        given=texts.words_alone(), given_suffix=".json",
    ),
    Odd(
        name="whispercpp-ml1.json", repeats=True,
        given=texts.pieces_of_words(), given_suffix=".json",
    ),
    Odd(name="chunks.json", given=texts.chunks(), given_suffix=".json"),
    Odd(
        name="nested.ttml", sound=sounds.long_silence, given=texts.NESTED_TTML,
        given_suffix=".ttml", language="de", starts_ms=(11_000, 14_000, 16_000, 17_000),
        words="Elf. Vierzehn. Sechzehn, siebzehn.", misses=True,
        notes=("may not fit the sound: somebody speaks in only 0% of the time of its cues",),
    ),
    Odd(
        name="ruby.vtt", given=texts.RUBY, given_suffix=".vtt", words="江陵で会おう",
        language="ja", starts_ms=(), misses=True,
    ),
    Odd(
        name="es.srt", repeats=True,
        given=srt(texts.SPANISH), words=" ".join(texts.SPANISH), language="es",
        starts_ms=(), told=VOICE_ALONE.format("es"),
    ),
    Odd(
        name="late4s.srt", given=srt(later_ms=4000),
        notes=(
            (r"moved (3\.9|4\.\d) s earlier: there the recognizer expects [78]\d% of its words, "
            r"and where it stood [012]?\d%"),
        ),
    ),
    Odd(
        name="hour-offset.srt", repeats=True, given=srt(later_ms=3_600_000),
        notes=("begins after the end of the recording; moved 1:00:00 earlier",),
    ),
    Odd(
        name="another-film.srt", given=srt(texts.OTHER_FILM), words=" ".join(texts.OTHER_FILM),
        starts_ms=(), notes=(r"does not fit the sound: .* expects [012]?\d% of its words",),
    ),
    Odd(
        name="long-silence.txt", sound=sounds.long_silence, given=TALK, given_suffix=".txt",
        starts_ms=LATE,
    ),
    Odd(
        name="long-silence.srt", repeats=True, sound=sounds.long_silence, starts_ms=LATE,
        given=f"1\n00:00:00,000 --> 00:00:32,000\n{TALK}\n",
    ),
)  # fmt: skip
GIVEN_BY_NAME = ".ttml"  # it may be anything, and is not taken because it lies beside
BESIDE = [odd for odd in (*SOUNDS, *TEXTS) if odd.given_suffix != GIVEN_BY_NAME]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a folder.

    Attributes:
        folder: Of the results.
        rows: Of the report, by the file's name.
        told: What was said in the terminal about each.
        code: Of the command.
    """

    folder: Path
    rows: dict[str, dict]
    told: dict[str, str]
    code: int

    def result(self, odd: Odd, kind: str = "json") -> Path:
        """One of the files that were made."""
        return self.folder / Path(self.rows[odd.file]["outputs"][kind]).name


def _make(folder: Path, odds: tuple[Odd, ...]) -> None:
    made: dict[tuple[Callable, str], Path] = {}
    for odd in odds:
        path, known = folder / odd.file, made.get((odd.sound, odd.suffix))
        if known is None:
            made[odd.sound, odd.suffix] = odd.sound(path)
        else:
            path.hardlink_to(known)
        if odd.given:
            data = odd.given.encode() if isinstance(odd.given, str) else odd.given
            path.with_suffix(odd.given_suffix).write_bytes(data)


def _batch(folder: Path, kinds: str) -> Outcome:
    out, report = folder / "out", folder / "report.json"
    options = ["--to", kinds, "--out", str(out), "--report", str(report), "--engine", "bundled"]
    with redirect_stderr(StringIO()) as said:
        code = main(["batch", str(folder), *options])
    rows = {Path(row["source"]).name: row for row in json.loads(report.read_text())}
    _, *parts = re.split(r"^\[\d+/\d+\] (.*)$", said.getvalue(), flags=re.MULTILINE)
    return Outcome(out, rows, dict(zip(parts[::2], parts[1::2], strict=True)), code)


@pytest.fixture(scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """None of the user's models and unfinished runs, for what is made once for all tests.

    Voices tell nothing: words and their times are looked at here.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BundledEmotionModel, "sound", _no_voice)
        for name in ("SENTIGRAM_CACHE", "SENTIGRAM_MODELS"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


def _no_voice(model: BundledEmotionModel, utterances: Sequence[Utterance], *_: object) -> Cues:
    return Cues(np.zeros((sum(len(u.words) for u in utterances), len(model.labels))))


@pytest.fixture(scope="module")
def heard(
    _own_cache: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Outcome:
    """All whose sound or words are odd, as far as a test asks for them."""
    folder = tmp_path_factory.mktemp("odd")
    asked = {item.name for item in request.session.items}
    odds = [odd for odd in BESIDE if f"test_odd_sounds_and_words[{odd.name}]" in asked] or BESIDE
    _make(folder, tuple(odd for odd in odds if odd.can_be_made))
    return _batch(folder, "json")


@pytest.fixture(scope="module")
def seen(_own_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """All whose picture is odd."""
    folder = tmp_path_factory.mktemp("pictures")
    _make(folder, PICTURES)
    return _batch(folder, "json,video,mkv")


def _check(odd: Odd, document: Document, notes: list[str]) -> None:
    words = [word for word in document.transcript.words() if not is_sound(word.text)]
    found = [word.text for word in words]
    if odd.words == "":
        _check_heard(found)
    elif odd.language == "ja":
        assert "".join(found) == odd.words
    else:
        assert found == odd.words.split()
    if odd.starts_ms:
        starts = [word.span.start_ms for word in words]
        assert starts == pytest.approx(odd.starts_ms, abs=odd.within_ms)
    assert document.transcript.language == odd.language
    assert {u.speaker for u in document.transcript.utterances} == set(odd.speakers)
    assert len(notes) == len(odd.notes), notes
    for pattern, note in zip(odd.notes, notes, strict=True):
        assert re.search(pattern, note), note
    assert bool(document.missed) == odd.misses


def _check_heard(found: list[str]) -> None:
    expected, heard = (
        [re.sub(r"\W", "", word).lower() for word in of] for of in (TALK.split(), found)
    )
    assert len(heard) == len(expected), found
    assert sum(a != b for a, b in zip(heard, expected, strict=True)) <= 2, found


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(odd, id=odd.name, marks=[pytest.mark.slow] if odd.repeats else [])
        for odd in BESIDE
    ],
)
def test_odd_sounds_and_words(odd: Odd, heard: Outcome) -> None:
    if not odd.can_be_made:
        pytest.skip(f"no data folder at {sounds.DATA}; set SENTIGRAM_DATA to run this")
    row = heard.rows[odd.file]
    if odd.error:
        assert row["status"] == "failed"
        assert re.search(odd.error, row["error"]), row
        return
    assert row["status"] == "done", row
    _check(odd, read_document(heard.result(odd)), row["notes"])
    assert re.search(odd.told, heard.told[odd.file])


@pytest.mark.parametrize("odd", PICTURES, ids=lambda odd: odd.name)
def test_odd_pictures(odd: Odd, seen: Outcome) -> None:
    row = seen.rows[odd.file]
    assert row["status"] == "done", row
    _check(odd, read_document(seen.result(odd)), row["notes"])
    assert re.search(odd.told, seen.told[odd.file])
    video = seen.result(odd, "video")
    info = probe(video)
    assert info.hdr is None
    with av.open(str(video)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert times[-1] == pytest.approx(11.9, abs=0.2)
    assert len(times) == pytest.approx(12 * odd.fps, abs=2)
    assert info.fps == odd.fps
    assert len(probe(seen.result(odd, "mkv")).streams_of("audio")) == 1


def test_the_command_says_that_something_failed(heard: Outcome, seen: Outcome) -> None:
    assert (heard.code, seen.code) == (1, 0)


@pytest.mark.parametrize(
    "odd",
    [odd for odd in TEXTS if odd.given_suffix == GIVEN_BY_NAME],
    ids=lambda odd: odd.name,
)
def test_odd_words_that_must_be_named(odd: Odd, tmp_path: Path) -> None:
    _make(tmp_path, (odd,))
    path = tmp_path / odd.file
    document = sg.hear(path, engine="bundled", transcript=path.with_suffix(odd.given_suffix))
    _check(odd, document, list(document.notes))


@pytest.mark.skipif(not CASES.exists(), reason="needs the page of problem files")
def test_every_problem_file_has_its_row() -> None:
    first = [
        line.split("|")[1] for line in CASES.read_text().splitlines() if line.startswith("| `")
    ]
    named = {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}
    named |= {"long-silence.txt", "long-silence.srt"}
    named -= {".txt", ".srt", "es.m4a"}  # the Spanish recording is heard through its words
    assert named <= {odd.name for odd in (*SOUNDS, *PICTURES, *TEXTS)}
