"""The text model's training by the one loop, against a slow obvious version of its update rule."""

from __future__ import annotations

import copy
import json
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from sentigram.training.shipped.text import batches
from sentigram.training.shipped.text import train as training
from sentigram.training.shipped.text.data import LABELS, TextExample, soft_target
from sentigram.training.shipped.text.model import TextModel
from tests.emotion.encoders.text_weights import PIECES, tokenizer_spec

CONFIG = training.TrainConfig(epochs=8, batch_size=8, lr=1e-3, ema_every=3, checks_per_epoch=1)
TOKENIZER = Tokenizer.from_str(json.dumps(tokenizer_spec()))


def pool() -> list[TextExample]:
    rng = np.random.default_rng(0)
    words = ("happy", "unhappy", "am", "b", "a", "aab", "!")
    return [
        TextExample(
            f"so {words[k]}{' a' * int(rng.integers(4))}",
            soft_target((LABELS[k],)),
            1.0,
            vad=rng.normal(size=3).astype(np.float32) if k % 2 else None,
        )
        for k in rng.integers(len(LABELS), size=210)
    ]


def made() -> tuple[TextModel, training._Loss]:
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    model = TextModel(BertModel(shape, add_pooling_layer=False))
    return model, training._Loss(CONFIG, np.ones(len(LABELS)), np.zeros(3), np.ones(3))


def scores() -> list[float]:
    """What dev is made to say at each look: the third is the best, and the fourth no better."""
    return [0.2, 0.1, 0.5, 0.5, 0.3, 0.2, 0.1, 0.4, 0.1]


def slow(examples: list[TextExample]) -> tuple[list[float], TextModel]:
    """Step after step, with the weights of every look kept."""
    model, loss = made()
    average, looks, losses = copy.deepcopy(model), [], []
    optimizer = torch.optim.AdamW(training._groups(model, CONFIG))
    rates = [group["lr"] for group in optimizer.param_groups]
    n_steps = int(CONFIG.epochs * len(examples) / CONFIG.batch_size)
    rng = np.random.default_rng(1)
    torch.manual_seed(2)
    step = 0
    for _ in range(CONFIG.epochs):
        for batch in batches.epoch(
            examples, TOKENIZER, batch_size=8, augmentation=CONFIG.augmentation, rng=rng
        ):
            if step == n_steps:
                break
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                rise = max(1, int(n_steps * CONFIG.warmup))
                group["lr"] = rate * min((step + 1) / rise, (n_steps - step) / (n_steps - rise))
            step += 1
            model.train()
            optimizer.zero_grad()
            value = loss(model, batch)
            value.backward()
            losses.append(value.item())
            norm = torch.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
            for parameter in model.parameters():
                parameter.grad *= min(1.0, 1.0 / (norm.item() + 1e-6))
            optimizer.step()
            if step % CONFIG.ema_every == 0:
                decay = min(CONFIG.ema_decay, step / (step + 50))
                with torch.no_grad():
                    for old, new in zip(average.parameters(), model.parameters(), strict=True):
                        old.copy_(decay * old + (1 - decay) * new)
            if step % (n_steps // CONFIG.epochs) == 0 or step == n_steps:
                looks.append(copy.deepcopy(average))
    return losses, looks[int(np.argmax(scores()[: len(looks)]))]


@pytest.mark.slow
def test_the_loop_takes_the_steps_of_the_slow_version_and_keeps_the_best_average(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # in bfloat16 a difference in the last bit would become one in the second digit
    monkeypatch.setattr(torch, "autocast", lambda *_given, **_more: nullcontext())
    examples = pool()
    wanted, best = slow(examples)
    assert len(wanted) > 200
    model, loss = made()
    seen: list[float] = []

    class Told(training._Loss):
        def __call__(self, model, batch):
            value = super().__call__(model, batch)
            seen.append(float(value.detach()))
            return value

    loss.__class__ = Told
    said = iter(scores())
    torch.manual_seed(2)
    history = training._fit(
        model, examples, TOKENIZER, loss,
        lambda: {"macro_f1": next(said)}, rng=np.random.default_rng(1), report=lambda _text: None,
    )  # fmt: skip
    np.testing.assert_allclose(seen, wanted, atol=1e-6)
    assert history[-1]["step"] == len(wanted)
    for name, value in best.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, atol=1e-6, rtol=0)
