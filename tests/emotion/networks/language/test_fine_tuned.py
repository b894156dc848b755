"""Models that learn within networks, against transformers itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import text_tokens
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.encoders.transformers import architecture as of_model
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.language.bert import Bert
from sentigram.emotion.networks.language.config import LanguageModelConfig
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.registry import build, network_config
from sentigram.errors import InputError, MissingError, UsageError
from tests.emotion.encoders.tiny_models import TEXT_KINDS, TEXTS, write_text_model

CPU = Compute("cpu", "float32")
N_CLASSES = 3
SMALL: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 24,
    "pad_token_id": 0,
    "initializer_range": 0.3,
}


def architecture(kind: str, **changes: Any) -> dict[str, Any]:
    if kind == "distilbert":
        given = {**SMALL, "dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 24}
        for key in ("hidden_size", "num_hidden_layers", "num_attention_heads"):
            del given[key]
    else:
        given = dict(SMALL)
    return {"model_type": kind, **given, **changes}


def pieces(folder: Path, *, longest: int = 40) -> WholeTexts:
    made = text_tokens(f"wordpieces+longest={longest}:{folder}", CPU)
    assert isinstance(made, WholeTexts)
    return made


def sequences(rows: list[Any]) -> dict[Kind, Sequences]:
    """Rows of ids, padded with what is never looked at."""
    longest = max(map(len, rows))
    values = torch.full((len(rows), longest, 1), 3.0)
    mask = torch.zeros((len(rows), longest), dtype=torch.bool)
    for i, row in enumerate(rows):
        values[i, : len(row), 0] = torch.as_tensor(row).reshape(-1)
        mask[i, : len(row)] = True
    return {"text": Sequences(values, mask, mask)}


def fitted(encoder: WholeTexts, **settings: Any) -> Network:
    config = network_config({"family": "bert", **settings})
    features: dict[Kind, EncoderInfo] = {"text": encoder.info}
    assert config.refusal(features) == ""
    return build(config.fitted(features, has_vad=True, contrasts=False), N_CLASSES)


def scratch(**changes: Any) -> Bert:
    """A network that starts from random weights."""
    torch.manual_seed(0)
    language = {"architecture": architecture("bert"), **changes}
    made = build(network_config({"family": "bert", "language": language}), N_CLASSES)
    assert isinstance(made, Bert)
    return made


@pytest.fixture(scope="module", params=TEXT_KINDS)
def folder(request, tmp_path_factory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("models") / request.param, request.param)


def test_logits_are_those_of_transformers_with_a_linear_head(folder):
    encoder = pieces(folder)
    network = fitted(encoder)
    network.take_initial_weights()
    found = network.eval()(sequences(encoder.encode_texts(TEXTS))).logits
    tokenizer, whole = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    feed = tokenizer(list(TEXTS), truncation=True, max_length=40, padding=True, return_tensors="pt")
    hidden = whole.eval()(**feed).last_hidden_state[:, 0]
    head = network.get_submodule("heads.classes")
    wanted = hidden @ head.weight.T + head.bias
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)


def test_a_checkpoint_needs_no_other_model(folder, tmp_path):
    """Neither its weights nor its settings are looked for where a checkpoint is read."""
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    encoder = pieces(model)
    network = fitted(encoder)
    network.take_initial_weights()
    given = sequences(encoder.encode_texts(TEXTS))
    path = save_checkpoint(tmp_path, "network", network.eval(), {"classes": ["a", "b", "c"]})
    shutil.rmtree(model)
    loaded, card = load_checkpoint(path)
    torch.testing.assert_close(loaded(given).logits, network(given).logits, rtol=0, atol=0)
    language = card["config"]["language"]
    assert language["initial"] == str(model)
    assert language["architecture"]["hidden_size"] == 32
    with pytest.raises(MissingError):
        loaded.take_initial_weights()


def test_another_model_to_start_from_may_be_named(tmp_path):
    pieces_of, other = (write_text_model(tmp_path / n, seed=i) for i, n in enumerate("ab"))
    network = fitted(pieces(pieces_of), language={"initial": str(other)})
    network.take_initial_weights()
    name = "embeddings.word_embeddings.weight"
    wanted = AutoModel.from_pretrained(other).state_dict()[name]
    torch.testing.assert_close(network.state_dict()[f"language.model.{name}"], wanted)


@pytest.mark.parametrize("kind", of_model.MODEL_TYPES)
def test_every_kind_is_made_read_and_told_alike(kind, tmp_path):
    language = LanguageModelConfig(architecture=architecture(kind))
    torch.manual_seed(0)
    network = build(network_config({"family": "bert", "language": language}), N_CLASSES).eval()
    rows = [[2, 11, 7, 3], [2, 9, 8, 7, 6, 5, 3]]
    wanted = network(sequences(rows)).logits
    alone = torch.cat([network(sequences([row])).logits for row in rows])
    torch.testing.assert_close(wanted, alone, rtol=1e-5, atol=1e-5)
    loaded, _ = load_checkpoint(save_checkpoint(tmp_path, "n", network, {}))
    torch.testing.assert_close(loaded(sequences(rows)).logits, wanted, rtol=0, atol=0)
    largest = max(p.numel() for p in network.parameters() if p.ndim > 1)
    assert largest <= language.largest_matrix
    assert network.config.fused_width == 16
    # what is frozen has no effect, and all the rest has
    for value in (p for p in network.parameters() if not p.requires_grad):
        value.data += torch.randn_like(value)
    torch.testing.assert_close(network(sequences(rows)).logits, wanted, rtol=1e-4, atol=1e-5)


def test_working_blocks_out_again_changes_no_gradient():
    """With dropout: the same numbers are drawn again."""
    given = sequences([[2, 11, 7, 3], [2, 9, 8, 7, 6, 5, 3]])
    slopes, n_calls = [], []
    for checkpointing in (False, True):
        network = scratch(checkpointing=checkpointing).train()
        calls: list[int] = []
        block = network.language.model.encoder.layer[1].attention
        block.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        torch.manual_seed(5)
        network(given).logits.square().sum().backward()
        slopes.append([p.grad for p in network.parameters() if p.requires_grad])
        n_calls.append(len(calls))
    assert n_calls == [1, 2]
    for one, other in zip(*slopes, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    with pytest.raises(InputError, match=r"checkpointing: transformers has none for albert"):
        scratch(architecture=architecture("albert"), checkpointing=True)


def test_rates_fall_from_the_head_to_the_embeddings():
    network = scratch(rate=0.1, layer_decay=0.5)
    rates = {id(p): g["lr"] for g in network.parameter_groups(0.01) for p in g["params"]}
    found = {
        name: rates[id(value)] for name, value in network.named_parameters() if value.requires_grad
    }
    assert len(found) == len(rates)
    wanted = {
        "heads.classes.weight": 0.01,
        "heads.vad.bias": 0.01,
        "language.model.encoder.layer.2.output.dense.weight": 0.001,
        "language.model.encoder.layer.1.attention.self.query.bias": 0.0005,
        "language.model.encoder.layer.0.attention.output.LayerNorm.weight": 0.00025,
        "language.model.embeddings.word_embeddings.weight": 0.000125,
        "language.model.embeddings.LayerNorm.bias": 0.000125,
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert [g["lr"] for g in network.parameter_groups(1.0)] == pytest.approx(
        [1.0, 0.1, 0.05, 0.025, 0.0125]
    )
    assert len(scratch().parameter_groups(1.0)) == 1


def test_of_what_was_said_before_as_much_is_read_as_there_is_room_for():
    network = scratch().eval()
    before, own = [2, *range(10, 25), 3], [2, 30, 31, 32, 33, 34, 35, 36, 3]
    given = sequences([[*before, *own], own])["text"]
    marked = given.mask.clone()
    marked[0, : len(before)] = False
    found = network({"text": given._replace(marked=marked)})
    last = [*before, *own][-24:]
    short = sequences([last])["text"]
    own_marked = torch.arange(24)[None] >= 24 - len(own)
    wanted = network({"text": short._replace(marked=own_marked)})
    torch.testing.assert_close(found.logits[0], wanted.logits[0], rtol=1e-5, atol=1e-5)
    alone = network(sequences([own]))
    torch.testing.assert_close(found.logits[1], alone.logits[0], rtol=1e-5, atol=1e-5)
    assert (found.logits[0] - found.logits[1]).abs().max() > 1e-3  # what was said before counts


def test_what_cannot_be_read_is_refused_in_words(tmp_path):
    model = write_text_model(tmp_path / "bert")
    info = pieces(model).info
    vectors = EncoderInfo("words", "text", 32, "made for a test")
    bert = network_config({"family": "bert"})
    assert "reads word pieces" in bert.refusal({"text": vectors})
    long = EncoderInfo(f"wordpieces+clean:{model}", "text", 1, "x", numbers="ids")
    assert f"name wordpieces+clean+longest=48:{model}" in bert.refusal({"text": long})
    mine = EncoderInfo("mine", "text", 1, "x", numbers="ids")
    assert "do not say which model" in bert.refusal({"text": mine})
    mlp = network_config({"family": "text-mlp"})
    assert "are numbers of word pieces" in mlp.refusal({"text": info})
    assert mlp.refusal({"text": vectors}) == ""
    mel = EncoderInfo("logmel", "audio", 64, "x")
    both = network_config({"family": "vggish-bert", "language": {"rate": 0.1}})
    assert "are vectors: name data.text wordpieces" in both.refusal({"text": vectors, "audio": mel})
    assert both.refusal({"text": info, "audio": mel}) == ""
    network = scratch()
    with pytest.raises(UsageError, match=r"word piece 50: model\.language has 50 pieces"):
        network(sequences([[2, 50, 3]]))


def test_settings_of_models_are_numbers_and_words_only(tmp_path):
    model = write_text_model(tmp_path / "bert")
    path = model / "config.json"
    given = json.loads(path.read_text())
    given |= {
        "auto_map": {"AutoModel": "evil.Model"},
        "_attn_implementation": "kernels-community/evil",
        "attn_implementation": "kernels-community/evil",
        "quantization_config": {"quant_method": "evil"},
    }
    path.write_text(json.dumps(given))
    found = of_model.read_architecture(str(model))
    assert "evil" not in json.dumps(found)
    assert found["hidden_size"] == 32
    path.write_text(json.dumps({**given, "model_type": "gpt2"}))
    with pytest.raises(InputError, match="model_type 'gpt2' is none of albert, bert"):
        of_model.read_architecture(str(model))
    for key, value in {
        "auto_map": "evil.Model",
        "_attn_implementation": "x",
        "num_hidden_layers": 10**6,
        "hidden_size": "wide",
        "model_type": "timm_wrapper",
        "vocab_size": 2**40,
    }.items():
        with pytest.raises(ValueError, match="architecture"):
            LanguageModelConfig(architecture=architecture("bert", **{key: value}))


def test_a_damaged_card_is_refused_with_its_name(tmp_path):
    path = save_checkpoint(tmp_path, "n", scratch(), {})
    card = json.loads(path.read_text())
    for change, said in {
        "architecture": "config is wrong",
        "num_attention_heads": "a network that cannot be",
    }.items():
        broken = json.loads(json.dumps(card))
        language = broken["config"]["language"]
        if change == "architecture":
            language["architecture"]["auto_map"] = "x"
        else:
            language["architecture"][change] = 7
        path.write_text(json.dumps(broken))
        with pytest.raises(InputError, match=rf"n\.card\.json: .*{said}"):
            load_checkpoint(path)
