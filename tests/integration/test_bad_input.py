"""Bad input: one clear line, the right exit code, and nothing left behind."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.core.document import dumps
from tests import media_samples
from tests.documents import talk
from tests.fakes import DeafTranscriber, listing, use_fakes

KINDS = "html,ass,srt,vtt,json,video"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must be refused; gives back its one line."""

    def run(*arguments: str, code: int = 3) -> str:
        before = listing(tmp_path)
        capfd.readouterr()
        assert main([*arguments, "--quiet"]) == code
        out, err = capfd.readouterr()
        lines = [line for line in err.splitlines() if not line.startswith("warning: ")]
        assert out == ""
        assert len(lines) == 1, err
        assert lines[0].startswith("sentigram: ")
        assert listing(tmp_path) == before
        return lines[0].removeprefix("sentigram: ")

    return run


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_empty, "empty"),
        (media_samples.text_named_mp4, "talk.mp4"),
        (media_samples.truncated_mp4, "talk.mp4"),
        (media_samples.silent_video, "no sound"),
    ],
)
def test_files_that_hold_no_speech(
    make: Callable[[Path], object],
    said: str,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transcriber = use_fakes(monkeypatch)
    make(Path("talk.mp4"))
    line = refused("render", "talk.mp4", "--to", KINDS, "--out", "results")
    assert line.startswith("talk.mp4: ")
    assert said in line or (said == "no sound" and "audio" in line)
    assert transcriber.calls == 0


def test_no_such_file_and_folders(refused: Callable[..., str]) -> None:
    Path("folder.mp4").mkdir()
    assert refused("render", "none.mp4") == "none.mp4: no such file"
    assert "sentigram batch FOLDER" in refused("render", "folder.mp4")
    assert "not a folder" in refused("batch", "none")


def test_nothing_said(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch, DeafTranscriber)
    media_samples.video_with_tone(Path("talk.mp4"))
    line = refused("render", "talk.mp4", "--to", KINDS, "--out", "results")
    assert "talk.mp4: no speech found" in line
    assert "--transcript FILE" in line


@pytest.mark.skipif(find_spec("sentigram.words.moonshine") is None, reason="no bundled recognizer")
class TestWithTheBundledRecognizer:
    """What is no speech is not heard as speech."""

    @pytest.fixture(autouse=True)
    def _only_the_emotions_are_fake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_fakes(monkeypatch, transcriber=None)

    @staticmethod
    def _write(samples: np.ndarray) -> None:
        import wave

        with wave.open("talk.wav", "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes((samples * 32767).astype("<i2").tobytes())

    def test_silence(self, refused: Callable[..., str]) -> None:
        self._write(np.zeros(3 * 16_000))
        assert "no speech found" in refused("render", "talk.wav")

    def test_music(self, refused: Callable[..., str]) -> None:
        time_s = np.arange(6 * 16_000) / 16_000
        chords = [(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)]
        notes = np.zeros_like(time_s)
        for beat in range(12):
            since_s = time_s - beat * 0.5
            shape = np.where(since_s >= 0, np.exp(-4 * np.maximum(since_s, 0)), 0)
            for hz in chords[beat // 3]:
                notes += shape * np.sin(2 * np.pi * hz * time_s)
        self._write(0.5 * notes / np.abs(notes).max())
        assert "no speech found" in refused("render", "talk.wav")

    def test_fifty_milliseconds(self, refused: Callable[..., str]) -> None:
        self._write(0.3 * np.sin(2 * np.pi * 200 * np.arange(800) / 16_000))
        assert "no speech found" in refused("render", "talk.wav")


class TestTranscripts:
    """What is given with --transcript."""

    @pytest.fixture(autouse=True)
    def _video(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_fakes(monkeypatch)
        media_samples.video_with_tone(Path("talk.mp4"))

    def test_a_broken_one(self, refused: Callable[..., str]) -> None:
        Path("words.srt").write_text("1\n00:00:00,100 -> 00:00:xx\nHello\n\n")
        line = refused("render", "talk.mp4", "--transcript", "words.srt", "--out", "results")
        assert line.startswith("words.srt")

    def test_one_that_is_not_there(self, refused: Callable[..., str]) -> None:
        assert "words.srt: no such file" in refused(
            "render", "talk.mp4", "--transcript", "words.srt"
        )

    def test_one_that_would_be_overwritten(self, refused: Callable[..., str]) -> None:
        Path("talk.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nBonjour mes amis.\n\n")
        args = ["render", "talk.mp4", "--to", "html,srt", "--language", "fr", "--overwrite"]
        for more in ([], ["--transcript", "talk.srt"], ["--transcript", "./talk.srt"]):
            line = refused(*args, *more, code=2)
            assert "talk.srt is the transcript of this run and would be overwritten" in line
        assert main([*args, "--out", "results", "-q"]) == 0
        assert "Bonjour mes amis." in Path("results/talk.srt").read_text()

    def test_one_that_is_longer_than_the_video(self, capfd: pytest.CaptureFixture[str]) -> None:
        cues = "".join(
            f"{i}\n00:00:{i:02},000 --> 00:00:{i:02},800\nphrase numéro {i}\n\n" for i in range(9)
        )
        Path("words.srt").write_text(cues, encoding="utf-8")
        args = [
            "render",
            "talk.mp4",
            "--transcript",
            "words.srt",
            "--language",
            "fr",
            "--to",
            "srt",
        ]
        assert main([*args, "-q"]) == 0
        out, err = capfd.readouterr()
        assert out == "talk.srt\n"
        assert "warning: words.srt" in err
        made = Path("talk.srt").read_text(encoding="utf-8")
        assert "phrase numéro 0" in made
        assert "numéro 5" not in made


class TestDocuments:
    """What a person may have broken by hand."""

    @pytest.mark.parametrize(
        ("break_it", "said"),
        [
            (lambda d: d["media"].pop("duration_ms"), '$.media: "duration_ms" is a required'),
            (lambda d: d.pop("labels"), '$: "labels" is a required'),
            (
                lambda d: d["utterances"][1]["words"][2].pop("text"),
                '$.utterances[1].words[2]: "text" is a required',
            ),
            (
                lambda d: d["utterances"][0]["words"][0]["emotion"].update(label="joy"),
                "$.utterances[0].words[0].emotion.label: 'joy' is not one of $.labels",
            ),
            (lambda d: d.update(schema="sentigram/9"), "update Sentigram"),
        ],
    )
    def test_broken_ones(
        self,
        break_it: Callable[[dict[str, object]], object],
        said: str,
        refused: Callable[..., str],
    ) -> None:
        data = json.loads(dumps(talk()))
        break_it(data)
        Path("talk.sentigram.json").write_text(json.dumps(data))
        line = refused("render", "talk.sentigram.json", "--out", "results")
        assert line.startswith("talk.sentigram.json: ")
        assert said in line

    def test_not_even_json(self, refused: Callable[..., str]) -> None:
        Path("talk.sentigram.json").write_text('{"schema": ')
        assert "not valid JSON" in refused("render", "talk.sentigram.json")

    def test_a_theme_with_a_wrong_key(self, refused: Callable[..., str]) -> None:
        Path("talk.sentigram.json").write_text(dumps(talk()))
        Path("mine.toml").write_text('[emotion.anger]\ncolour = "#ff0000"\n')
        for command in (
            ["render", "talk.sentigram.json", "--theme", "mine.toml", "--out", "results"],
            ["batch", ".", "--theme", "mine.toml"],
        ):
            line = refused(*command)
            assert "mine.toml:2: emotion.anger.colour" in line

    def test_media_names_cannot_escape(self, refused: Callable[..., str]) -> None:
        media_samples.video_with_tone(Path("x.mp4"))
        Path("in").mkdir()
        text = dumps(talk()).replace('"talk.mp4"', '"../x.mp4"')
        Path("in/talk.sentigram.json").write_text(text)
        line = refused("render", "in/talk.sentigram.json", "--to", "video", code=2)
        assert "../x.mp4: the video is not beside the Document" in line


class TestPlacesForResults:
    """Where results cannot be written."""

    @pytest.fixture(autouse=True)
    def _document(self) -> None:
        Path("talk.sentigram.json").write_text(dumps(talk()))

    def test_unwritable(self, refused: Callable[..., str]) -> None:
        Path("file").write_text("")
        assert "file/o: cannot be written" in refused(
            "render", "talk.sentigram.json", "--out", "file/o"
        )
        assert "/proc/o" in refused("render", "talk.sentigram.json", "--out", "/proc/o")

    def test_in_the_way(self, refused: Callable[..., str]) -> None:
        Path("talk.srt").write_text("mine")
        line = refused("render", "talk.sentigram.json", "--to", "vtt,srt")
        assert "talk.srt: exists already; add --overwrite" in line

    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        """A file system of 64 kB."""
        disk = tmp_path / "disk"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
        try:
            mounted = subprocess.run(command, capture_output=True, check=False, timeout=10)
        except OSError:
            pytest.skip("no mount here")
        if mounted.returncode != 0:
            pytest.skip("may not mount a small tmpfs here")
        yield disk
        subprocess.run(["umount", str(disk)], check=True, timeout=10)

    @pytest.mark.parametrize("kind", ["html", "ass", "effects"])
    def test_a_full_disk(self, kind: str, small_disk: Path, refused: Callable[..., str]) -> None:
        line = refused("render", "talk.sentigram.json", "--to", kind, "--out", str(small_disk))
        assert "the disk is full; free some space or give --out DIR on another disk" in line

    @pytest.mark.parametrize("kind", ["video", "mkv", "gif", "webp"])
    def test_a_disk_that_fills_up_under_ffmpeg(
        self,
        kind: str,
        small_disk: Path,
        refused: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        use_fakes(monkeypatch)
        media_samples.video_with_tone(Path("noise.mp4"), seconds=2, size="640x360")
        args = ["render", "noise.mp4", "--to", kind, "--crf", "1", "--encoder-preset", "ultrafast"]
        line = refused(*args, "--out", str(small_disk))
        assert "the disk is full" in line
        assert listing(small_disk) == {}

    def test_a_full_disk_for_temporary_files(
        self, small_disk: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_fakes(monkeypatch)
        media_samples.audio_only(Path("long.wav"), seconds=5)
        monkeypatch.setattr("tempfile.tempdir", str(small_disk))
        line = refused("render", "long.wav", "--to", "srt")
        assert "of decoded sound take 320 kB" in line
        assert "TMPDIR" in line
        assert listing(small_disk) == {}
