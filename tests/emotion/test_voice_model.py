"""The voice model: levels of speakers, labels that are not known, stored weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.assets import weights
from sentigram.core.emotion import NEUTRAL, LabelSet
from sentigram.emotion import decision, voice_model
from sentigram.emotion.encoders.compact.frames import VoiceEncoder
from sentigram.emotion.encoders.compact.pooling import VOICE_WIDTH
from sentigram.emotion.voice_model import NARROW, WIDE, Head, VoiceModel
from sentigram.errors import MissingError
from sentigram.store.shipped import DEFAULT_WEIGHTS, VOICE_WEIGHTS, read_card, voice_card
from sentigram.training.shipped.voice.evaluate import VoiceCalibration
from sentigram.training.shipped.voice.train import save

WIDTH = 5
LABELS = ("anger", "joy", "neutral", "sadness")
CALM = LABELS.index(NEUTRAL)
PLENTY = 1e12  # windows: all that could be known of a level is known


def head(seed: int, temperature: float, labels: tuple[str, ...] = LABELS) -> Head:
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(len(labels), WIDTH)), rng.normal(size=len(labels))
    weight[labels.index(NEUTRAL)], bias[labels.index(NEUTRAL)] = 0, 0
    return Head(weight, bias, temperature)


def model(**changes: object) -> VoiceModel:
    usual = VoiceModel(
        labels=LabelSet(LABELS),
        absolute=head(0, 2.0),
        relative=head(1, 1.5),
        centre=np.array([0.5, -0.5, 0.0, 1.0]),
        calm=np.array([-3.0, -2.0, 0.0, -4.0]),
        spread=4.0,
        label_vad=np.random.default_rng(2).uniform(-1, 1, (4, 3)),
        known=np.ones(4, bool),
    )
    return replace(usual, **changes)


def scores(n: int, *, spread: float, seed: int = 3, plain: float = 0.0) -> np.ndarray:
    """Scores whose relative part spreads by so much, in units of the model's spread, (n, 2, 4).

    All absolute scores of labels other than neutral are `plain`.
    """
    drawn = np.random.default_rng(seed).normal(size=(n, 2, 4))
    drawn[:, :, CALM] = 0
    against = drawn[:, 1] - drawn[:, 1].mean(axis=0)
    against *= np.sqrt(spread * model().spread / against.var(axis=0).sum())
    drawn[:, 1] = against + 7.0  # a speaker's offset
    drawn[:, 0] = plain
    drawn[:, 0, CALM] = 0
    return drawn


def test_scores_are_those_of_both_linear_heads():
    pooled = np.random.default_rng(4).normal(size=(6, WIDTH)).astype(np.float32)
    one = model()
    found = one.scores(pooled)
    assert found.shape == (6, 2, 4)
    for window in range(6):
        for kind, linear in enumerate((one.absolute, one.relative)):
            for label in range(4):
                products = [
                    float(a) * b for a, b in zip(pooled[window], linear.weight[label], strict=True)
                ]
                expected = sum(products) + linear.bias[label]
                assert found[window, kind, label] == pytest.approx(expected)
    assert not found[:, :, CALM].any()  # log ratios against neutral


def test_a_wide_recording_is_read_against_its_own_mean():
    one, said = model(), scores(200, spread=2.0, plain=9.0)
    ratios, level = one.read_speaker(said, PLENTY)
    against = said[:, 1] - said[:, 1].mean(axis=0)
    assert level == pytest.approx(1)
    np.testing.assert_allclose(ratios, (against + one.centre) / 1.5, atol=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=8, max_size=8))
def test_where_the_level_is_known_an_offset_of_the_speaker_changes_nothing(offset: list[float]):
    one, said = model(), scores(60, spread=2.0)
    moved = said + np.array(offset).reshape(1, 2, 4)
    usual, _ = one.read_speaker(said, PLENTY)
    found, _ = one.read_speaker(moved, PLENTY)
    np.testing.assert_allclose(found, usual, atol=1e-6)


def test_a_narrow_recording_that_sounds_neutral_is_read_against_neutral():
    one, said = model(), scores(200, spread=0.2, plain=-60.0)
    ratios, level = one.read_speaker(said, PLENTY)
    against = said[:, 1] - said[:, 1].mean(axis=0)
    assert level == pytest.approx(1)
    np.testing.assert_allclose(ratios, (against + one.calm) / 1.5, atol=1e-6)
    assert ratios.mean(axis=0).argmax() == CALM
    assert (ratios.mean(axis=0)[:CALM] < -1).all()


def test_a_narrow_recording_that_does_not_is_left_as_read():
    one, said = model(), scores(200, spread=0.2)
    said[:, 0, 0] = 60.0  # as angry as can be
    ratios, level = one.read_speaker(said, PLENTY)
    assert level == pytest.approx(0)
    np.testing.assert_allclose(ratios, said[:, 0] / 2.0, atol=1e-6)


def test_how_neutral_a_narrow_recording_is_follows_bayes_rule():
    """Sounds of which a third say 2 nats for each other label, and nothing for the rest."""
    one = model()
    said = scores(3, spread=0.0)
    said[:, 0, :] = 0.0
    said[0, 0, 0], said[1, 0, 1], said[2, 0, 3] = 12.0, 12.0, 12.0  # mean 4, at temperature 2
    _, level = one.read_speaker(said, PLENTY)
    like = {name: (np.exp(2.0) if name != NEUTRAL else 1.0) for name in LABELS}
    others = 0.35 * np.mean([like[name] for name in LABELS if name != NEUTRAL])
    assert level == pytest.approx(0.65 / (0.65 + others))


@pytest.mark.parametrize(
    ("spread", "share"), [(0.0, 0), (NARROW, 0), ((NARROW + WIDE) / 2, 0.5), (WIDE, 1), (9.0, 1)]
)
def test_the_range_of_moods_grows_with_the_spread_of_scores(spread: float, share: float):
    assert model().range_of(scores(50, spread=spread)[:, 1]) == pytest.approx(share, abs=1e-6)


def test_of_little_speech_little_is_known():
    one, said = model(), scores(50, spread=3.0, plain=90.0)  # nothing that sounds neutral
    levels = [one.read_speaker(said, n)[1] for n in (0.0, 0.5, 2.0, 20.0, PLENTY)]
    assert levels == pytest.approx([0, 0.2, 0.5, 20 / 22, 1])
    np.testing.assert_allclose(one.read_speaker(said, 0.0)[0], said[:, 0] / 2.0)


@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 8),
    scale=st.sampled_from([0.0, 1.0, 30.0, 1e4]),
    n_windows=st.floats(0, 1e4),
    unknown=st.sampled_from([None, 0, 3]),
)
def test_levels_are_shares_and_ratios_finite(seed, n, scale, n_windows, unknown):
    known = np.ones(4, bool)
    if unknown is not None:
        known[unknown] = False
    said = scale * np.random.default_rng(seed).normal(size=(n, 2, 4))
    said[:, :, CALM] = 0
    ratios, level = model(known=known).read_speaker(said, n_windows)
    assert 0 <= level <= 1
    assert ratios.shape == (n, 4)
    assert np.isfinite(ratios).all()


def test_speakers_are_read_apart():
    one = model()
    said = np.concatenate([scores(5, spread=3.0), 3 + scores(7, spread=1.0, seed=4)])
    order = np.random.default_rng(5).permutation(12)
    speakers = np.array(["a"] * 5 + ["b"] * 7)[order]
    together = one.read(said[order], list(speakers), [2.0] * 12)
    for name in "ab":
        own = speakers == name
        alone = one.read(said[order][own], [name] * own.sum(), [2.0] * own.sum())
        np.testing.assert_allclose(together.log_ratios[own], alone.log_ratios)
        np.testing.assert_allclose(together.levels[own], alone.levels)
    assert len(np.unique(together.levels)) == 2


def test_overlapping_windows_count_by_their_seconds():
    """Twenty windows that add a tenth of a second each are one window's worth of speech."""
    one, said = model(), scores(20, spread=3.0, plain=90.0)
    heard = one.read(said, [""] * 20, [decision.WINDOW_MS / 1000 / 20] * 20)
    ratios, level = one.read_speaker(said, 1.0)
    np.testing.assert_allclose(heard.log_ratios, ratios)
    assert level == pytest.approx(1 / 3)
    np.testing.assert_allclose(heard.levels, level)


@given(seed=st.integers(0, 2**31), n_windows=st.floats(0, 1e4), scale=st.floats(0, 50))
def test_a_label_that_is_not_known_never_wins(seed: int, n_windows: float, scale: float):
    """Its ratio is that of any known label: above none that is likely, whatever is heard."""
    known = np.array([True, True, True, False])
    said = scale * np.random.default_rng(seed).normal(size=(6, 2, 4))
    said[:, :, CALM] = 0
    ratios, _ = model(known=known).read_speaker(said, n_windows)
    likely = np.exp(ratios[:, :3] - ratios.max(axis=1, keepdims=True))
    expected = np.log(likely.mean(axis=1)) + ratios.max(axis=1)
    np.testing.assert_allclose(ratios[:, 3], expected, atol=1e-9)
    assert (ratios[:, 3] <= ratios[:, :3].max(axis=1) + 1e-9).all()


def test_what_is_not_known_is_not_heard():
    """Scores of an unknown label, whatever they are, count nowhere."""
    known = np.array([True, True, True, False])
    said = scores(30, spread=0.3)
    louder = said.copy()
    louder[:, 0, 3] = 80.0
    usual, level = model(known=known).read_speaker(said, 9.0)
    found, same = model(known=known).read_speaker(louder, 9.0)
    np.testing.assert_allclose(found, usual)
    assert level == same


SEVEN = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


def stored(folder: Path, choice: str = DEFAULT_WEIGHTS, **changes: object) -> VoiceModel:
    """A model in the layout in which fitting leaves it, and its files."""
    rng = np.random.default_rng(6)
    heads = []
    for temperature in (6.25, 3.5):
        solved = rng.normal(size=(VOICE_WIDTH, 7))
        solved[:, 4] = 0
        weight, bias = solved.T, rng.normal(size=7) * (np.arange(7) != 4)
        assert not weight.flags.c_contiguous
        heads.append(Head(weight, bias, temperature))
    one = VoiceModel(
        labels=LabelSet(SEVEN),
        absolute=heads[0],
        relative=heads[1],
        centre=rng.normal(size=14)[::2],
        calm=rng.normal(size=(7, 2)).T[0],
        spread=1e4,
        label_vad=np.asfortranarray(rng.uniform(-1, 1, (7, 3))),
        known=np.arange(7) != 6,
    )
    one = replace(one, **changes)
    save(choice, one, VoiceCalibration(6.25, 3.5, 2.0), folder, {"made": "up"})
    return one


def test_a_stored_model_reads_the_same_whatever_its_memory_layout(tmp_path: Path):
    one = stored(tmp_path)
    again = voice_model.load(tmp_path)
    assert again.labels == one.labels
    assert again.spread == one.spread
    assert again.known.tolist() == one.known.tolist()
    for name in ("centre", "calm", "label_vad"):
        np.testing.assert_allclose(getattr(again, name), getattr(one, name), rtol=1e-6)
    pooled = np.random.default_rng(7).normal(size=(9, VOICE_WIDTH)).astype(np.float32)
    np.testing.assert_allclose(again.scores(pooled), one.scores(pooled), rtol=1e-4, atol=1e-3)
    heard, expected = (
        m.read(m.scores(pooled), ["a"] * 4 + ["b"] * 5, [1.0] * 9) for m in (again, one)
    )
    np.testing.assert_allclose(heard.log_ratios, expected.log_ratios, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(heard.levels, expected.levels, atol=1e-4)


def test_a_stored_model_says_what_it_is(tmp_path: Path):
    stored(tmp_path, "commercial")
    card = read_card("voice-commercial", folder=tmp_path)
    assert card["licence"] == "MIT"
    assert card["labels"] == list(SEVEN)
    assert card["heard"] == list(SEVEN[:6])
    assert card["temperature"] == {"absolute": 6.25, "relative": 3.5}
    assert card["spread_in_training"] == 5e3
    assert card["metrics"] == {"made": "up"}
    licence = (tmp_path / "voice-commercial.LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT" in licence
    assert "EmoDB" in licence


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [cut_short, Path.unlink])
def test_damaged_weights_are_refused(tmp_path: Path, damage: Callable[[Path], None]):
    stored(tmp_path)
    damage(tmp_path / f"voice-{DEFAULT_WEIGHTS}.safetensors")
    with pytest.raises(MissingError, match=r"voice-.*\.safetensors is missing or damaged"):
        voice_model.load(tmp_path)


def test_absent_weights_are_named(tmp_path: Path):
    with pytest.raises(MissingError, match="the voice-research model is missing"):
        voice_model.load(tmp_path, choice="research")
    stored(tmp_path, "research")
    with pytest.raises(MissingError, match=r"voice-commercial\.card\.json is missing.*reinstall"):
        voice_model.load(tmp_path, choice="commercial")


def test_each_choice_has_its_own_weights(tmp_path: Path):
    stored(tmp_path, "research")
    stored(tmp_path, "commercial", spread=7.0)
    assert voice_model.load(tmp_path, choice="research").spread == 1e4
    assert voice_model.load(tmp_path, choice="commercial").spread == 7
    assert voice_model.load(tmp_path) is voice_model.load(tmp_path)


@pytest.mark.parametrize("choice", VOICE_WEIGHTS)
def test_the_shipped_card_describes_the_shipped_weights(choice: str):
    card = json.loads((weights() / f"{voice_card(choice)}.card.json").read_text(encoding="utf-8"))
    part = VoiceEncoder().part
    assert card["encoder"] == {"id": part.id, "version": part.version, "sha256": part.sha256}
    shipped = voice_model.load(choice=choice)
    assert tuple(shipped.labels) == tuple(card["labels"]) == SEVEN
    names = [name for name, is_known in zip(SEVEN, shipped.known, strict=True) if is_known]
    assert names == card["heard"]
    for linear, kind in ((shipped.absolute, "absolute"), (shipped.relative, "relative")):
        assert linear.weight.shape == (7, VOICE_WIDTH)
        assert linear.temperature == card["temperature"][kind] > 0
        silent = ~shipped.known
        silent[shipped.labels.index(NEUTRAL)] = True
        assert not linear.weight[silent].any()
        assert not linear.bias[silent].any()
        assert linear.weight[~silent].any(axis=1).all()
    # unknown voices spread more widely than those of training
    assert shipped.spread > card["spread_in_training"] > 0
    assert np.abs(shipped.label_vad).max() <= 1
    assert not shipped.label_vad[shipped.labels.index(NEUTRAL)].any()
    # neutral speech sounds less like any label than a mixture of all does
    heard = shipped.known & (np.arange(7) != shipped.labels.index(NEUTRAL))
    assert (shipped.calm[heard] < shipped.centre[heard]).all()


def test_the_commercial_model_knows_no_surprise_and_says_so():
    shipped = voice_model.load(choice="commercial")
    assert [n for n, k in zip(shipped.labels, shipped.known, strict=True) if not k] == ["surprise"]
    assert voice_model.load(choice="research").known.all()
