"""What was mended while a file was read is said wherever it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram import formats
from sentigram.check.checking import CheckOptions
from sentigram.check.fix import fixing
from sentigram.check.reports import as_json
from sentigram.cli.app import main
from sentigram.words.given import word_times
from tests.formats.files import srt


@pytest.fixture
def mended(tmp_path, monkeypatch):
    """A file that was mended while it was read."""
    read = formats.read
    monkeypatch.setattr(
        formats, "read", lambda path, **kw: replace(read(path, **kw), remarks=("line 2: mended",))
    )
    path = tmp_path / "talk.srt"
    path.write_text(srt("Good morning.").rstrip() + "\n\n\n", encoding="utf-8")
    return path


def test_readers_remarks_are_warnings_of_a_transcript(mended):
    given = word_times.transcript_of(formats.read(mended))
    assert given.warnings == (f"{mended}: line 2: mended",)


def test_check_says_them_and_fix_writes_what_was_mended(mended, capfd):
    assert main(["check", str(mended)]) == 0
    assert f"{mended}: line 2: mended" in capfd.readouterr().err.replace("\n", "")
    made = fixing.correct_file(mended, CheckOptions())
    assert made.changes == ()
    assert made.path.read_text(encoding="utf-8") == srt("Good morning.").rstrip() + "\n"
    assert as_json(made.report)["remarks"] == ["line 2: mended"]
