from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sentigram.errors import InputError, UsageError
from sentigram.training.config import CurriculumConfig, TrainingConfig
from sentigram.training.dataset.assemble import assemble
from sentigram.training.dataset.examples import HeldOutSet, TrainSet
from sentigram.training.fit.accelerators import fresh_accelerator
from sentigram.training.fit.batches import Order, collate, held_out_batches
from sentigram.training.fit.epochs import Adaptation, Watch, fit, predict
from sentigram.training.fit.sampling import Shuffled
from sentigram.training.fit.state import load_state
from tests.training import garbage, synthetic


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


class Mean(torch.nn.Module):
    """A linear head over the masked mean of both modalities, with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(synthetic.D_TEXT + synthetic.D_AUDIO, len(synthetic.CLASSES))
        self.dropout = torch.nn.Dropout(0.2)

    def forward(self, inputs):
        parts = [
            (values * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
            for values, mask, _ in inputs.values()
        ]
        fused = self.dropout(torch.cat(parts, dim=1))
        return SimpleNamespace(logits=self.head(fused), vad=torch.zeros(len(fused), 3), fused=fused)


def objective(output, labels, vad):
    loss = torch.nn.functional.cross_entropy(output.logits, labels)
    nothing = torch.zeros(())
    return SimpleNamespace(total=loss, cls=loss, vad=nothing, micl=nothing)


def sets(folder: Path, **changes: object):
    table = assemble([synthetic.corpus(folder, n=90, **changes)], synthetic.experiment(folder).data)
    rows = np.arange(90)
    return TrainSet(table, rows[:50]), HeldOutSet(table, rows[50:], "validation")


def train(folder: Path, config: TrainingConfig, *, state: Path | None = None, **more: object):
    torch.manual_seed(0)
    network = Mean()
    train_set, validation = sets(folder)
    accelerator = fresh_accelerator(device="cpu", accumulate=config.accumulate)
    history = fit(
        network, objective, train_set, validation, config,
        accelerator=accelerator, seed=3, state_file=state, **more,
    )  # fmt: skip
    return network, history, validation


CONFIG = TrainingConfig(epochs=5, batch_size=8, learning_rate=0.01, patience=5, noise=0.1)


def test_it_learns_and_keeps_the_best_epoch(tmp_path: Path):
    network, history, validation = train(tmp_path, CONFIG)
    assert [record.epoch for record in history] == [0, 1, 2, 3, 4]
    best = max(record.validation_ua for record in history)
    assert best > 0.7
    outputs = predict(network, validation)
    guess = outputs.logits.argmax(axis=1)
    truth = validation.table.labels[outputs.rows]
    ua = np.mean([np.mean(guess[truth == k] == k) for k in range(3)])
    assert ua == pytest.approx(best)
    assert not network.training


@pytest.mark.parametrize("schedule", ["onecycle", "plateau", "cosine"])
def test_a_killed_run_comes_to_the_same_result(tmp_path: Path, schedule: str):
    config = CONFIG.model_copy(update={"schedule": schedule})
    whole, history, _ = train(tmp_path, config)

    class KilledError(Exception):
        pass

    class Kill(Watch):
        def epoch(self, record) -> None:
            if record.epoch == 2:
                raise KilledError

    class Told(Watch):
        def __init__(self) -> None:
            self.epochs: list[int] = []

        def epoch(self, record) -> None:
            self.epochs.append(record.epoch)

    state = tmp_path / "state.safetensors"
    with pytest.raises(KilledError):
        train(tmp_path, config, state=state, watch=Kill())
    assert len(load_state(state).history) == 2  # the third epoch ended, its state was not kept
    resumed, again, _ = train(tmp_path, config, state=state, watch=(told := Told()))
    assert again == history
    assert told.epochs == [0, 1, 2, 3, 4]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_workers_make_the_same_batches(tmp_path: Path):
    config = CONFIG.model_copy(update={"epochs": 2})
    alone, helped = (train(tmp_path, config.model_copy(update={"workers": n}))[1] for n in (0, 1))
    assert alone == helped


def test_a_curriculum_learns_from_more_and_more(tmp_path: Path):
    seen: list[int] = []

    class Counted(Mean):
        def forward(self, inputs):
            if self.training:
                seen.append(len(inputs["text"].mask))
            return super().forward(inputs)

    train_set, validation = sets(tmp_path)
    curriculum = CurriculumConfig(start=0.2, epochs=2)
    config = CONFIG.model_copy(
        update={"epochs": 3, "batch_size": 64, "curriculum": curriculum, "schedule": "linear"}
    )
    history = fit(
        Counted(), objective, train_set, validation, config,
        accelerator=fresh_accelerator(device="cpu"), seed=3,
    )  # fmt: skip
    assert seen[0] < seen[1] < seen[2] == 50
    assert history[-1].learning_rate == pytest.approx(0)


def test_a_damaged_state_is_named(tmp_path: Path):
    state = tmp_path / "state.safetensors"
    state.write_bytes(b"\x80\x04 not tensors")
    with pytest.raises(InputError, match="delete it to train this part anew"):
        train(tmp_path, CONFIG, state=state)


def test_ids_get_no_noise_and_values_do(tmp_path: Path):
    train_set, validation = sets(tmp_path)
    tokens = dict(train_set.table.tokens)
    words = tokens["text"]
    tokens["text"] = replace(words, values=np.ones_like(words.values), numbers="ids")
    table = replace(train_set.table, tokens=tokens)
    seen: dict[str, list[torch.Tensor]] = {"text": [], "audio": []}

    class Watched(Mean):
        def forward(self, inputs):
            if self.training:
                for kind, part in inputs.items():
                    seen[kind].append(part.values[part.mask])
            return super().forward(inputs)

    fit(
        Watched(), objective, replace(train_set, table=table), replace(validation, table=table),
        CONFIG.model_copy(update={"epochs": 1}),
        accelerator=fresh_accelerator(device="cpu"), seed=3,
    )  # fmt: skip
    given = torch.cat(seen["text"])
    assert len(given)
    assert (given == 1).all()
    heard = tokens["audio"].values[: tokens["audio"].starts[50]]
    assert len(torch.cat(seen["audio"])) == len(heard)
    assert not np.isin(torch.cat(seen["audio"]).numpy(), heard).any()


def test_it_stops_when_nothing_gets_better(tmp_path: Path):
    config = CONFIG.model_copy(update={"learning_rate": 1e-12, "epochs": 30, "patience": 2})
    _, history, _ = train(tmp_path, config)
    assert len(history) == 3


@pytest.mark.parametrize("select", ["ua", "loss"])
def test_a_network_that_diverges_is_no_network(tmp_path: Path, select: str):
    changes = {"learning_rate": 1e30, "clip": 1e30, "select": select}
    with pytest.raises(
        UsageError, match=r"diverged: after epoch \d .*lower training\.learning_rate"
    ):
        train(tmp_path, CONFIG.model_copy(update=changes), state=tmp_path / "state")


def test_accumulated_steps_are_one_larger_step(tmp_path: Path):
    plain = CONFIG.model_copy(update={"noise": 0.0, "epochs": 1, "schedule": "plateau"})
    halves = plain.model_copy(update={"batch_size": 5, "accumulate": 2})
    wholes = plain.model_copy(update={"batch_size": 10})
    calm = [train_without_dropout(tmp_path, config) for config in (halves, wholes)]
    torch.testing.assert_close(calm[0], calm[1], atol=1e-6, rtol=1e-5)


def train_without_dropout(folder: Path, config: TrainingConfig) -> torch.Tensor:
    torch.manual_seed(0)
    network = Mean()
    network.dropout.p = 0.0
    train_set, validation = sets(folder)
    accelerator = fresh_accelerator(device="cpu", accumulate=config.accumulate)
    fit(network, objective, train_set, validation, config, accelerator=accelerator, seed=3)
    return network.head.weight.detach()


def test_adaptation_sees_the_target_without_its_labels(tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    target, _ = sets(other, shift=3.0)
    target = replace(target, table=replace(target.table, labels=np.full(90, 99)))
    seen: list[float] = []

    def loss(source, shifted, done):
        seen.append(done)
        return (source.mean(0) - shifted.mean(0)).pow(2).sum()

    config = CONFIG.model_copy(update={"epochs": 2})
    _, history, _ = train(tmp_path, config, adaptation=Adaptation(target, loss, 0.5))
    assert seen == sorted(seen)
    assert 0 <= seen[0] < seen[-1] < 1
    assert history[0].adaptation > 0


def test_the_order_depends_on_seed_and_epoch_only():
    order = Order(Shuffled(np.arange(20)), batch_size=6, seed=1)
    first = list(order)
    assert first == list(order)
    assert sorted(row for batch in first for row in batch) == list(range(20))
    assert [len(batch) for batch in first] == [6, 6, 6, 2]
    assert len(order) == 4
    order.epoch = 1
    assert list(order) != first


def test_padding_is_masked_and_rows_keep_their_order(tmp_path: Path):
    train_set, held_out = sets(tmp_path)
    table = train_set.table
    batch = collate(table, [4, 0])
    words, mask, _ = batch.inputs["text"]
    assert words.shape == (2, 5, synthetic.D_TEXT)
    assert mask.sum(1).tolist() == [5, 1]
    np.testing.assert_array_equal(words[1, 0], table.tokens["text"].of(0)[0])
    assert not words[1, 1:].any()
    rows = torch.cat([batch.rows for batch in held_out_batches(held_out, 7)]).numpy()
    assert sorted(rows) == held_out.rows.tolist()
    outputs = predict(Mean(), held_out)
    np.testing.assert_array_equal(outputs.rows, held_out.rows)


def test_patience_counts_from_the_best_epoch(tmp_path: Path):
    changes = {"epochs": 60, "patience": 2, "learning_rate": 0.1, "select": "loss"}
    _, history, _ = train(tmp_path, CONFIG.model_copy(update=changes))
    losses = [record.validation_loss for record in history]
    best = losses.index(min(losses))
    assert best > 0
    assert len(history) == best + 1 + 2 < 60
