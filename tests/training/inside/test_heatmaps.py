"""Axes of heatmaps: words, times, patches, and what is not drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sentigram.emotion.networks.inputs import Sequences
from sentigram.training.inside.attention import attention
from sentigram.training.inside.heatmaps import SaidClip, class_token_maps, heatmaps
from sentigram.training.inside.page import Picture, as_html, as_markdown
from sentigram.training.inside.pictures import band_hz, over_in_words
from tests.emotion.networks.batches import batch, network
from tests.emotion.networks.test_families import CASES, examples, made

NAMES = {"text": "minilm", "audio": "compact-frames"}


def first(inputs):
    """The first example alone, the longest of each modality."""
    return {kind: Sequences(*(part[:1] for part in given)) for kind, given in inputs.items()}


def test_words_stand_beside_times_and_what_came_before_is_told():
    inputs = first(batch(3).inputs)
    marked = int((inputs["text"].marked & inputs["text"].mask).sum())
    words = tuple(f"word{i}" for i in range(marked))
    n_heard = int((inputs["audio"].marked & inputs["audio"].mask).sum())
    given = network(variant="cross")
    found = heatmaps(given, inputs, SaidClip(words, 100 * n_heard, NAMES))
    _, slow = attention(given, inputs)
    asks, asked = found[0], found[1]
    assert asks.rows.labels == asked.columns.labels == words
    assert asks.columns.labels == tuple(f"{0.05 + 0.1 * i:.2f} s" for i in range(n_heard))
    rows, columns = (inputs[kind].marked[0].numpy() for kind in ("text", "audio"))
    mean = slow[0].weights[0].mean(dim=0).numpy()
    np.testing.assert_allclose(asks.weights, mean[np.ix_(rows, columns)], atol=1e-6)
    before = mean[np.ix_(rows, ~columns)].sum(axis=1).mean()
    assert asks.elsewhere == pytest.approx(before, abs=1e-6)
    assert f"{before:.0%} of the weight lies elsewhere" in asks.in_words
    strongest = asks.columns.labels[int(asks.weights[0].argmax())]
    assert f"“word0” {strongest}" in asks.in_words


def test_other_counts_than_words_are_numbered():
    inputs = first(batch(3).inputs)
    found = heatmaps(network(variant="cross"), inputs, SaidClip(("one",), 0, NAMES))
    assert found[0].rows.labels[0] == "token 1"
    assert found[0].columns.labels[0] == "1."  # how long the clip is, nobody knows


def test_patches_are_shown_over_time():
    case = CASES["patch-cross"]
    inputs = first(examples(case))
    n_frames = int(inputs["audio"].mask.sum())
    found = heatmaps(made(case), inputs, SaidClip(tuple("abcde"), 0, {"audio": "logmel"}))
    words = next(one for one in found if one.layer == "layers.0.text_asks")
    n_columns = 1 + -(-max(0, n_frames - 16) // 16)
    assert words.weights.shape == (5, n_columns)
    assert words.columns.labels[:2] == ("0.08 s", "0.24 s")
    np.testing.assert_allclose(words.weights.sum(axis=1), 1, atol=1e-9)
    other = next(one for one in found if one.layer == "layers.0.audio_asks")
    assert other.weights.shape == (n_columns, 5)
    # words are quoted whoever asks, times never
    strongest = "abcde"[int(other.weights[0].argmax())]
    assert f"Most weight of each row: 0.08 s “{strongest}”" in other.in_words
    longest = words.columns.labels[int(words.weights[0].argmax())]
    assert f"Most weight of each row: “a” {longest}, “b” " in words.in_words
    np.testing.assert_allclose(other.weights.sum(axis=1), 1, atol=1e-9)


def test_what_the_fifth_system_leaves_untaken_is_told():
    case = CASES["trimodal, one vector each"]
    found = heatmaps(made(case), first(examples(case)), SaidClip(("yes",), 900, {}))
    assert {one.title for one in found} == {"words asking voice", "words asking faces"}
    for one in found:
        assert one.columns.labels == ("the whole clip",)
        assert one.elsewhere == pytest.approx(1 - one.weights[0, 0])


def test_a_model_that_learns_asks_with_the_whole_sentence():
    case = CASES["trimodal, fine-tuned"]
    found = heatmaps(made(case), first(examples(case)), SaidClip(("oh", "yes"), 900, {}))
    assert [one.rows.labels for one in found] == [("the whole sentence",)] * 2
    for one in found:
        assert one.weights.shape == (1, 1)
        assert one.elsewhere == pytest.approx(1 - one.weights[0, 0])


def test_the_class_token_s_weights_lie_where_their_patches_do():
    case = CASES["audio-transformer"]
    inputs = first(examples(case))
    given = made(case)
    for layer, weights in class_token_maps(given, inputs):
        _, slow = attention(given, inputs)
        own = next(one for one in slow if one.layer == layer).weights[0].mean(dim=0)[0, 1:]
        assert weights.shape == tuple(inputs["audio"].values.shape[1:])
        grid = weights[8::16, 8::16]  # the middle of each patch
        grid = grid[: len(grid)]
        expected = own.reshape(-1, 4).numpy()[: len(grid)]
        np.testing.assert_allclose(grid, expected / expected.max(), atol=1e-9)
    assert class_token_maps(network(), first(batch(2).inputs)) == ()


def test_an_example_without_words_has_no_heatmap():
    inputs = first(batch(2).inputs)
    inputs["text"] = inputs["text"]._replace(mask=torch.zeros_like(inputs["text"].mask))
    assert heatmaps(network(variant="cross"), inputs, SaidClip((), 0, NAMES)) == ()


def test_a_map_is_told_in_seconds_and_hertz():
    found = np.zeros((100, 64))
    found[30:50, 10:20] = 1.0
    hz = band_hz("logmel")
    assert hz[0] > 0
    assert hz[-1] < 8000
    text = over_in_words(found, "logmel")
    assert "between 0.30 and 0.50 s" in text
    assert f"between {hz[10]:,.0f} and {hz[19]:,.0f} Hz" in text
    assert "on 3% of the picture" in text
    assert "Nothing" in over_in_words(np.zeros((5, 64)), "logmel")


def test_texts_of_corpora_are_no_markup():
    picture = Picture("a.png", "<b>*x*</b>", 'a "quoted" [name]')
    page = as_html("<i>", [picture])
    assert "<b>" not in page
    assert 'alt="a &quot;quoted&quot; [name]"' in page
    assert "[name]" not in as_markdown("t", [picture])
