"""The fusion network: what it promises, and placebos that the seeds' networks would fail."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.fusion.network import CrossAttention, CrossLayer, vad_affinity
from sentigram.emotion.networks.inputs import Sequences, heeding
from sentigram.emotion.networks.registry import build
from tests.emotion.networks.batches import (
    D_TEXT,
    N_CLASSES,
    PAIRS,
    SMALL,
    VARIANTS,
    batch,
    network,
    read,
)


def close(one: torch.Tensor, other: torch.Tensor, *, by: float = 1e-5) -> bool:
    return torch.allclose(one, other, atol=by, rtol=by, equal_nan=True)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("gate", ["none", "sigmoid", "softmax"])
def test_shapes_and_ranges(variant, gate):
    model = network(variant=variant, gate=gate)
    output = read(model, batch(5))
    assert output.logits.shape == (5, N_CLASSES)
    assert output.vad.shape == (5, 3)
    assert output.vad.abs().max() <= 1
    assert output.fused.shape == (5, model.config.fused_width)
    assert list(output.embeddings) == (["text", "audio"] if variant in PAIRS else [])
    for embedding in output.embeddings.values():
        assert embedding.shape == (5, SMALL.d_contrast)
    if not model.config.is_gated:
        assert output.gates is None
    elif gate == "sigmoid":
        assert output.gates.shape == (5, 2, SMALL.hidden)
        assert ((output.gates > 0) & (output.gates < 1)).all()
    else:
        assert output.gates.shape == (5, 3)
        assert close(output.gates.sum(dim=1), torch.ones(5))


@pytest.mark.parametrize(("d_text", "d_audio"), list(product((384, 768), (288, 768, 1024))))
def test_takes_the_widths_of_known_encoders(d_text, d_audio):
    model = network(d_text=d_text, d_audio=d_audio)
    assert read(model, batch(2, d_text=d_text, d_audio=d_audio)).logits.isfinite().all()


def test_width_odd_or_below_its_waves():
    assert read(network(hidden=3, n_heads=3), batch()).logits.isfinite().all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_does_not_matter_and_neither_does_what_is_in_it(variant):
    model, given = network(variant=variant), batch()
    whole = read(model, given)
    padded = {}
    for name in ("text", "audio"):
        values, mask, marked = given.inputs[name]
        padded[name] = functional.pad(values, (0, 0, 0, 7)).masked_fill(
            ~functional.pad(mask, (0, 7)).unsqueeze(-1), torch.nan
        )
        padded[f"{name}_mask"] = functional.pad(mask, (0, 7))
        padded[f"{name}_marked"] = functional.pad(marked, (0, 7), value=True)
    wider = read(model, given, **padded)
    assert close(whole.logits, wider.logits)
    assert close(whole.vad, wider.vad)
    assert close(whole.fused, wider.fused)


@pytest.mark.parametrize("variant", VARIANTS)
def test_order_and_company_in_a_batch_do_not_matter(variant):
    model, given = network(variant=variant), batch(6)
    whole = read(model, given).logits
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    for rows in (order, slice(2, 3)):
        inputs = {k: Sequences(*(part[rows] for part in s)) for k, s in given.inputs.items()}
        assert close(model(inputs).logits, whole[rows])


@pytest.mark.parametrize(("variant", "side"), [("text", "text"), ("audio", "audio")])
def test_a_network_of_one_modality_does_not_look_at_the_other(variant, side):
    model, given = network(variant=variant), batch()
    other = {"text": "audio", "audio": "text"}[side]
    assert torch.equal(read(model, given).logits, read(model, given, **{other: None}).logits)
    assert not any(other in name for name, _ in model.named_parameters())


def test_a_batch_without_a_modality_that_is_read_is_refused():
    with pytest.raises(ValueError, match="variant vga reads audio, which the batch lacks"):
        read(network(), batch(), audio=None)


def test_the_order_of_tokens_counts():
    model, given = network(variant="text"), batch()
    words, marked, _ = given.inputs["text"]
    turned = words.clone()
    turned[0] = words[0].flip(0)
    straight = read(model, given, text_marked=marked).logits[0]
    assert not close(straight, read(model, given, text=turned, text_marked=marked).logits[0])


def test_what_is_marked_counts():
    model, given = network(), batch()
    changed = read(model, given, text_marked=given.inputs["text"].mask).logits
    assert not close(read(model, given).logits, changed)


def test_context_before_the_marked_tokens_is_told_from_context_after_them():
    model = network(variant="text")
    torch.manual_seed(1)
    word, near = torch.randn(1, 1, D_TEXT), torch.randn(1, 1, D_TEXT)
    before, after = torch.cat([near, word], dim=1), torch.cat([word, near], dim=1)
    mask = torch.ones((1, 2), dtype=torch.bool)
    first, last = torch.tensor([[True, False]]), torch.tensor([[False, True]])
    one = model({"text": Sequences(before, mask, last)}).logits
    other = model({"text": Sequences(after, mask, first)}).logits
    assert not close(one, other, by=1e-4)


@pytest.mark.parametrize("gate", ["none", "sigmoid", "softmax"])
def test_lambda_changes_the_output(gate):
    weak, strong = network(gate=gate, vad_lambda=0.1), network(gate=gate, vad_lambda=2.0)
    strong.load_state_dict(weak.state_dict())
    assert not close(read(weak, batch()).logits, read(strong, batch()).logits, by=1e-4)


def test_lambda_changes_nothing_where_each_modality_is_one_token_as_in_the_seeds():
    weak, strong = network(vad_lambda=0.1), network(vad_lambda=2.0)
    strong.load_state_dict(weak.state_dict())
    one = batch(words=(1, 1), frames=(1, 1))
    assert close(read(weak, one).logits, read(strong, one).logits, by=1e-6)


def test_standard_cross_attention_is_guided_attention_without_affinity():
    guided, standard = network(variant="vga"), network(variant="cross")
    weights = {n: v for n, v in guided.state_dict().items() if n in standard.state_dict()}
    standard.load_state_dict(weights)
    for layer in guided.layers:
        vars(layer)["vad_lambda"] = 0.0
    assert close(read(guided, batch()).logits, read(standard, batch()).logits)


@pytest.mark.parametrize("variant", PAIRS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("side", ["text", "audio"])
def test_a_withheld_modality_leaves_no_trace(variant, dropout, side):
    model, given = network(variant=variant, modality_dropout=dropout), batch()
    mask = given.inputs[side].mask & False
    other = batch(seed=1).inputs[side]
    one = read(model, given, **{f"{side}_mask": mask})
    changed = {side: other.values, f"{side}_marked": other.marked}
    assert close(one.logits, read(model, given, **changed, **{f"{side}_mask": mask}).logits)
    assert one.logits.isfinite().all()
    assert not close(one.logits, read(model, given).logits)
    assert not one.is_pair.any()


@pytest.mark.parametrize("variant", PAIRS)
def test_with_both_withheld_all_examples_are_alike(variant):
    given = batch()
    nothing = {f"{side}_mask": part.mask & False for side, part in given.inputs.items()}
    logits = read(network(variant=variant), given, **nothing).logits
    assert close(logits, logits[:1].expand_as(logits))


def test_faces_are_joined_to_words_and_voice_and_do_not_decide_what_is_a_pair():
    config = SMALL.model_copy(
        update={"variant": "concat", "widths": {**SMALL.widths, "visual": D_TEXT}}
    )
    model, given = build(config, N_CLASSES).eval(), batch()
    faces = batch(seed=1).inputs["text"]
    inputs = {**given.inputs, "visual": faces}
    whole = model(inputs)
    assert whole.fused.shape == (8, 3 * SMALL.hidden)
    assert list(whole.embeddings) == ["text", "audio"]
    without = model({**inputs, "visual": faces._replace(mask=faces.mask & False)})
    assert without.is_pair.all()
    assert not close(whole.logits, without.logits)
    assert not model(heeding(inputs, {"text", "visual"})).is_pair.any()


def test_late_fusion_reads_the_modality_that_is_there_alone():
    model, given = network(variant="late"), batch()
    output = read(model, given, audio_mask=given.inputs["audio"].mask & False)
    words, _ = output.fused.chunk(2, dim=-1)
    assert close(output.logits, model.heads.text.classes(words).log_softmax(dim=-1))


def test_late_fusion_averages_log_probabilities_by_the_learnt_weight():
    model, given = network(variant="late"), batch()
    with torch.no_grad():
        model.heads.weight.fill_(1.0)
        output = read(model, given)
        words, voice = output.fused.chunk(2, dim=-1)
        share = 1 / (1 + torch.tensor(-1.0).exp())
        said, heard = (
            head.classes(part).softmax(dim=-1).log()
            for head, part in ((model.heads.text, words), (model.heads.audio, voice))
        )
    assert close(output.logits, share * said + (1 - share) * heard)


def test_modality_dropout_withholds_one_and_never_both():
    model = network(modality_dropout=0.9, dropout=0.0).train()
    given = batch(64)
    torch.manual_seed(0)
    withheld = model._withheld({kind: part.mask for kind, part in given.inputs.items()})
    has_text, has_audio = (mask.any(dim=1) for mask in withheld.values())
    assert (has_text | has_audio).all()
    assert 0.75 < (~(has_text & has_audio)).float().mean() <= 1
    assert (~has_text).any()
    assert (~has_audio).any()
    assert read(model.eval(), given).is_pair.all()


def test_what_is_absent_already_keeps_its_other_modality():
    model = network(modality_dropout=0.9).train()
    given = batch(32)
    for _ in range(5):
        masks = {kind: part.mask & (kind == "audio") for kind, part in given.inputs.items()}
        assert model._withheld(masks)["audio"].any(dim=1).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_precision(variant):
    model, given = network(variant=variant), batch()
    whole = read(model, given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = read(model, given)
    assert half.logits.isfinite().all()
    assert close(whole.logits, half.logits.float(), by=0.05)
    half.logits.float().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_equal_tokens_have_no_nan_gradient():
    # the slope of a distance of 0, which a plain root would make infinite
    model, given = network(d_text=10), batch(d_text=10)
    same = torch.ones_like(given.inputs["text"].values), torch.ones((8, 9, 10))
    with torch.no_grad():
        for layer in model.layers:
            for dimension in (layer.text_vad, layer.audio_vad):
                dimension.weight.zero_()
                dimension.bias.zero_()
    read(model, given, text=same[0], audio=same[1]).logits.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_network_without_a_vad_head_says_that_it_does_not_know():
    assert read(network(vad_head=False), batch()).vad.isnan().all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_overfits_sixteen_examples(variant):
    torch.manual_seed(0)
    config = SMALL.model_copy(update={"variant": variant, "dropout": 0.0, "hidden": 32})
    model, given = build(config, N_CLASSES), batch(16)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        functional.cross_entropy(read(model, given).logits, given.labels).backward()
        optimizer.step()
    model.eval()
    assert (read(model, given).logits.argmax(dim=1) == given.labels).all()


def test_the_same_seed_makes_the_same_network():
    one, same, other = network(3), network(3), network(4)
    assert torch.equal(read(one, batch()).logits, read(same, batch()).logits)
    assert not torch.equal(read(one, batch()).logits, read(other, batch()).logits)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("gate", ["none", "sigmoid", "softmax"])
def test_fused_width_is_told_before_the_network_is_made(variant, gate):
    config = FusionConfig(**{**SMALL.model_dump(), "variant": variant, "gate": gate})
    assert read(build(config, 2).eval(), batch()).fused.shape[1] == config.fused_width


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
def test_affinity_is_minus_the_distance(seed, n_queries, n_keys):
    draws = torch.Generator().manual_seed(seed)
    queries = torch.randn((2, n_queries, 3), generator=draws)
    keys = torch.randn((2, n_keys, 3), generator=draws)
    keys[:, 0] = queries[:, 0]
    found = vad_affinity(queries, keys)
    expected = -torch.cdist(queries.double(), keys.double())
    assert torch.allclose(found.double(), expected, atol=2e-6)
    assert (found <= 0).all()
    assert torch.equal(found.transpose(1, 2), vad_affinity(keys, queries))


def test_affinity_has_the_gradient_of_the_distance_and_none_at_zero():
    queries = torch.tensor([[[0.0, 0.0, 0.0], [3.0, 0.0, 4.0]]], requires_grad=True)
    keys = torch.zeros((1, 1, 3))
    vad_affinity(queries, keys).sum().backward()
    assert torch.equal(queries.grad[0, 0], torch.zeros(3))
    assert torch.allclose(queries.grad[0, 1], torch.tensor([-0.6, 0.0, -0.8]))


def slow(attention: CrossAttention, asking, asked, mask, bias):
    """softmax(QKᵀ/√d + bias) V, one head and one query at a time."""
    hidden = asking.shape[-1]
    width = hidden // attention.n_heads
    query, key, value = attention.query(asking), attention.key(asked), attention.value(asked)
    found = torch.zeros_like(query)
    for b in range(len(asking)):
        for i in range(asking.shape[1]):
            for head in range(attention.n_heads):
                part = slice(head * width, (head + 1) * width)
                logits = {
                    j: float(query[b, i, part] @ key[b, j, part]) / math.sqrt(width)
                    + float(bias[b, i, j])
                    for j in range(asked.shape[1])
                    if mask[b, j]
                }
                total = sum(math.exp(x) for x in logits.values())
                for j, x in logits.items():
                    found[b, i, part] += math.exp(x) / total * value[b, j, part]
    return attention.out(found)


@pytest.mark.parametrize("vad_lambda", [0.0, 0.1, 3.0])
def test_a_layer_is_the_equation(vad_lambda):
    torch.manual_seed(0)
    layer = CrossLayer(12, 3, dropout=0.0, vad_lambda=vad_lambda).eval()
    text, audio = torch.randn(2, 4, 12), torch.randn(2, 5, 12)
    text_mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()
    audio_mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    with torch.no_grad():
        new_text, new_audio = layer(text, text_mask, audio, audio_mask)
        words, frames = layer.text_norm(text), layer.audio_norm(audio)
        bias = torch.zeros(2, 4, 5)
        if vad_lambda:
            ours, theirs = layer.text_vad(words).tanh(), layer.audio_vad(frames).tanh()
            bias = -vad_lambda * torch.cdist(ours, theirs)
        expected = text + slow(layer.text_asks, words, frames, audio_mask, bias)
        expected = expected + layer.text_asks.feed_forward(expected)
        assert torch.allclose(new_text, expected, atol=1e-5)
        expected = audio + slow(layer.audio_asks, frames, words, text_mask, bias.transpose(1, 2))
        expected = expected + layer.audio_asks.feed_forward(expected)
        assert torch.allclose(new_audio, expected, atol=1e-5)
