"""A quarter of an hour of real speech, heard and rendered, passes the check in every format."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from sentigram import registry
from sentigram.check.checking import CheckOptions, check_file
from sentigram.core.document import read_document
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import SilentReporter
from sentigram.jobs.draw import draw
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions

_RECORDINGS = (
    "demo/librivox_sonnet001.mp3",
    "demo/jfk.flac",
    "demo/sintel_trailer_480x204.mp4",
    "word_alignment/acoustic_corpus.flac",
    "word_alignment/cold_corpus.flac",
)
_N_CLIPS = 170  # of acted sentences, in every emotion
_PAUSE = np.zeros(SAMPLE_RATE_HZ // 4, dtype=np.float32)
_KINDS = ("ass", "effects", "srt", "vtt", "ttml", "json")


def _samples(path: Path, work: Path) -> np.ndarray:
    samples = np.array(decode(probe(path), workdir=work).samples)
    return (0.7 * samples / max(1e-6, float(np.abs(samples).max()))).astype(np.float32)


@pytest.mark.slow
def test_a_quarter_of_an_hour_of_real_speech_passes(shared_data: Path, tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    clips = sorted((shared_data / "ravdess").rglob("*.flac"))
    random.Random(3).shuffle(clips)  # noqa: S311  (the same clips every time)
    paths = [*(shared_data / name for name in _RECORDINGS), *clips[:_N_CLIPS]]
    parts = [part for path in paths for part in (_samples(path, tmp_path), _PAUSE)]
    recording = tmp_path / "speech.flac"
    soundfile.write(recording, np.concatenate(parts), SAMPLE_RATE_HZ)
    assert probe(recording).duration_ms >= 10 * 60_000

    made = hear(probe(recording), Engine(), HearOptions(use_sidecar=False), SilentReporter())
    out = {kind: tmp_path / f"speech{registry.suffixes()[kind]}" for kind in _KINDS}
    draw(made, None, out, SilentReporter())
    assert sum(1 for _ in read_document(out["json"]).transcript.words()) > 1000
    for kind, path in out.items():
        report = check_file(path, CheckOptions())
        assert report.n_cues > 150, kind
        assert [f for f in report.findings if f.severity == "violation"] == [], kind
