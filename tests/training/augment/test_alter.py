from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.augment.alter import altered, source_digest
from sentigram.training.augment.config import AugmentConfig, Chain
from tests.training.augment.test_sound import pitch_hz, voiced
from tests.training.spoken import write_clip

EVERY_STEP = [
    {"kind": "noise"},
    {"kind": "reverb"},
    {"kind": "pitch"},
    {"kind": "tempo"},
    {"kind": "codec"},
]


def chain(*steps: dict[str, object]) -> Chain:
    (made,) = AugmentConfig.model_validate({"everyone": [list(steps)]}).chains("any")
    return made


def once(steps: Chain, seed: int = 0, samples: np.ndarray | None = None) -> np.ndarray:
    given = voiced(0.5) if samples is None else samples
    return altered(given, steps, np.random.default_rng(seed))


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step["kind"])
def test_the_seed_decides_every_byte(step: dict[str, object]):
    steps = chain(step, {"kind": "noise"})
    first = once(steps)
    np.testing.assert_array_equal(first, once(steps))
    other = once(steps, seed=1)
    assert len(other) != len(first) or np.abs(other - first).max() > 1e-4
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
@pytest.mark.parametrize("snr_db", [0, 15])
def test_noise_is_as_loud_as_was_asked(colour: str, snr_db: float):
    speech = voiced()
    out = once(chain({"kind": "noise", "colour": colour, "snr_db": snr_db}), samples=speech)
    # what was too loud for full scale was scaled as a whole: find by how much
    gain = float(out @ speech / (speech @ speech))
    noise = out / gain - speech
    heard = 10 * np.log10(np.mean(speech**2) / np.mean(noise**2))
    assert heard == pytest.approx(snr_db, abs=0.5)


def test_ratios_are_drawn_from_the_range():
    steps = chain({"kind": "noise", "snr_db": [3, 9]})
    heard = []
    for seed in range(20):
        noise = once(steps, seed) - voiced(0.5)
        heard.append(10 * np.log10(np.mean(voiced(0.5) ** 2) / np.mean(noise**2)))
    assert 2.9 < min(heard) < 5
    assert 7 < max(heard) < 9.1


@pytest.mark.parametrize("semitones", [-3, 3])
def test_pitch_moves_by_the_semitones(semitones: float):
    out = once(chain({"kind": "pitch", "semitones": semitones}), samples=voiced())
    assert pitch_hz(out) == pytest.approx(200 * 2 ** (semitones / 12), rel=0.05)


def test_steps_follow_each_other():
    both = chain({"kind": "pitch", "semitones": 3}, {"kind": "tempo", "rate": 1.25})
    out = once(both, samples=voiced())
    assert len(out) == round(len(voiced()) / 1.25)
    assert pitch_hz(out) == pytest.approx(200 * 2 ** (3 / 12), rel=0.05)


def test_a_room_is_as_loud_as_what_it_was_without():
    out = once(chain({"kind": "reverb", "rt60_s": 0.5, "direct_db": 0}))
    assert np.mean(out**2) == pytest.approx(np.mean(voiced(0.5) ** 2), rel=0.05)
    assert np.abs(out - voiced(0.5)).max() > 0.01


def test_what_would_be_too_loud_is_scaled_as_a_whole():
    loud = np.clip(5 * voiced(0.5), -1, 1)
    out = once(chain({"kind": "noise", "snr_db": -10}), samples=loud)
    assert np.abs(out).max() == pytest.approx(1)


def test_noise_comes_from_the_folder(tmp_path: Path):
    time_s = np.arange(4000) / 16_000
    (tmp_path / "deep").mkdir()
    tone = np.round(20_000 * np.sin(2 * np.pi * 3000 * time_s)).astype("<i2")
    write_clip(tmp_path / "deep" / "tone.wav", tone)
    step = {"kind": "noise", "colour": "folder", "folder": str(tmp_path), "snr_db": 0}
    out = once(chain(step), samples=voiced())
    added = np.abs(np.fft.rfft(out - voiced()))
    assert np.fft.rfftfreq(len(out), 1 / 16_000)[np.argmax(added)] == pytest.approx(3000, abs=2)


def test_a_room_comes_from_the_folder_and_moves_nothing(tmp_path: Path):
    response = np.zeros(800, "<i2")
    response[300], response[700] = 16_000, 8000  # the direct sound comes late in the file
    write_clip(tmp_path / "room.wav", response)
    out = once(chain({"kind": "reverb", "folder": str(tmp_path)}))
    wanted = voiced(0.5) + 0.5 * np.pad(voiced(0.5), (400, 0))[:8000]
    wanted *= np.sqrt(np.mean(voiced(0.5) ** 2) / np.mean(wanted**2))
    np.testing.assert_allclose(out, wanted, atol=1e-3)


def test_folders_without_sound_are_refused(tmp_path: Path):
    step = {"kind": "noise", "colour": "folder", "folder": str(tmp_path)}
    with pytest.raises(InputError, match="no recordings"):
        once(chain(step))
    write_clip(tmp_path / "nothing.wav", np.zeros(2000, "<i2"))
    with pytest.raises(InputError, match="all silent"):
        once(chain(step))


def test_a_folder_counts_by_what_it_holds(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_clip(tmp_path / name / "x.wav", np.ones(2000 if name == "a" else 2001, "<i2"))
    found = {
        source_digest(chain({"kind": "reverb", "folder": str(tmp_path / name)})) for name in "ab"
    }
    assert len(found) == 2
    assert source_digest(chain({"kind": "reverb"})) == ""
