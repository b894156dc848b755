"""Features side by side, against their parts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.core.protocols import SilentReporter
from sentigram.emotion.encoders.named import kind_of
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.networks.registry import network_config
from sentigram.errors import InputError, UsageError
from sentigram.training.dataset.assemble import assemble
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.dataset.joined import open_features
from sentigram.training.fit.experiment import make_accelerator, open_bench, run, systems
from tests.training.dataset.test_extractors import write_clip
from tests.training.synthetic import corpus, experiment

SHORT = EncoderInfo("short", "audio", 2, "short 1", sha256="ab")
LONG = EncoderInfo("long", "audio", 3, "long 1", sha256="cd")


def add(folder, info, manifest, lengths=1):
    """A store with numbers that tell the example and the column."""
    examples = manifest.examples
    lengths = np.broadcast_to(lengths, len(examples))
    columns = np.arange(info.width) / (1 if info.numbers == "ids" else 10)
    arrays = [np.tile(i + columns, (n, 1)).astype(np.float32) for i, n in enumerate(lengths)]
    keys = [content_key(example, info.kind) for example in examples]
    write_shard(start_store(folder, info), info, keys, arrays)
    return arrays


def test_columns_stand_in_the_order_of_the_names(tmp_path):
    made = corpus(tmp_path, n=9)
    short, long = (add(tmp_path / "features", info, made) for info in (SHORT, LONG))
    store = open_features(tmp_path / "features", "long+short")
    assert store.info == EncoderInfo(
        "long+short", "audio", 5, "long 1 + short 1", sha256=store.info.sha256
    )
    assert store.info.sha256 not in {"", "ab", "cd"}
    for i, example in enumerate(made.examples):
        np.testing.assert_array_equal(store.get(example), np.concatenate([long[i], short[i]], 1))
    other = open_features(tmp_path / "features", "short+long")
    assert other.info.sha256 != store.info.sha256


def test_experiments_read_them(tmp_path):
    made = corpus(tmp_path, n=30)
    add(tmp_path / "features", SHORT, made)
    add(tmp_path / "features", LONG, made)
    config = experiment(tmp_path, "made")
    data = config.data.model_copy(update={"audio": "short+long"})
    table = assemble([made], data)
    assert table.tokens["audio"].values.shape == (30, 5)
    assert table.tokens["audio"].values[7].tolist() == pytest.approx([7, 7.1, 7, 7.1, 7.2])
    bench = open_bench(config.model_copy(update={"data": data}))
    assert bench.encoders["audio"].width == 5
    assert bench.encoders["audio"].name == "short+long"


def test_as_many_tokens_each_or_none(tmp_path):
    made = corpus(tmp_path, n=4)
    add(tmp_path, SHORT, made)
    add(tmp_path, LONG, made, lengths=[1, 2, 1, 1])
    store = open_features(tmp_path, "short+long")
    assert store.get(made.examples[0]).shape == (1, 5)
    wanted = (
        r"features short\+long: made/0001 has 1 of short, 2 of long; only features with as many"
    )
    with pytest.raises(InputError, match=wanted):
        store.get(made.examples[1])


def test_what_is_missing_is_named(tmp_path):
    made = corpus(tmp_path, n=30)
    config = experiment(tmp_path, "made")
    data = config.data.model_copy(update={"audio": "short+long"})
    add(tmp_path / "features", SHORT, made)
    with pytest.raises(InputError, match=r"no features; .* --features long$"):
        assemble([made], data)
    add(tmp_path / "features", LONG, replace(made, examples=made.examples[1:]))
    with pytest.raises(InputError, match=r"no features of made/0000; .* --features long$"):
        assemble([made], data)


def test_what_cannot_stand_side_by_side_is_refused(tmp_path):
    made = corpus(tmp_path, n=4)
    faces = replace(SHORT, name="faces", kind="visual")
    pieces = replace(SHORT, name="pieces", numbers="ids")
    for info in (SHORT, faces, pieces):
        add(tmp_path, info, made)
    with pytest.raises(UsageError, match="short of audio, faces of visual; give each its own"):
        open_features(tmp_path, "short+faces")
    with pytest.raises(UsageError, match="pieces are ids of a vocabulary"):
        open_features(tmp_path, "short+pieces")
    for name in ("short+short", "short+"):
        with pytest.raises(UsageError, match="name each part once"):
            open_features(tmp_path, name)


def test_a_name_may_hold_the_sign(tmp_path):
    made = corpus(tmp_path, n=4)
    add(tmp_path, replace(SHORT, name="mfcc+pitch"), made)
    assert open_features(tmp_path, "mfcc+pitch").info.width == 2


def test_half_precision_stays_where_all_parts_have_it(tmp_path):
    made = corpus(tmp_path, n=4)
    for name in ("a", "b"):
        add(tmp_path, replace(SHORT, name=name, stored="float16", sha256=""), made)
    add(tmp_path, LONG, made)
    halves, mixed = (open_features(tmp_path, name) for name in ("a+b", "a+long"))
    assert halves.get(made.examples[0]).dtype == np.float16
    assert mixed.get(made.examples[0]).dtype == np.float32
    assert halves.info.sha256 == ""  # where a part has none


def test_the_trimodal_network_takes_them_apart_again(tmp_path):
    """As the fifth system has it: 512 acoustic numbers beside 25 and 25, each group its branch."""
    made = corpus(tmp_path, n=60, visual=True)
    for name, width in (("whisper-mean:x", 6), ("prosody-25", 2), ("spectrum-25", 2)):
        info = EncoderInfo(name, "audio", width, f"{name} 1")
        add(tmp_path / "features", info, made)
    joined = "whisper-mean:x+prosody-25+spectrum-25"

    def config(*parts):
        model = {"family": "trimodal", "hidden": 16, "n_heads": 2, "audio_parts": parts}
        made = experiment(
            tmp_path,
            data={"audio": joined, "visual": "toy-visual"},
            split={"k": 2},
            training={"epochs": 1},
            baselines=[],
        )
        return made.model_copy(update={"model": network_config(model)})

    bench = open_bench(config(6, 4))
    out = tmp_path / "run"
    accelerator = make_accelerator(bench.config, device="cpu")
    run(bench, systems(bench), out, accelerator=accelerator, reporter=SilentReporter())
    card = json.loads(next(out.glob("parts/*/*/*/network.card.json")).read_text())
    assert card["encoders"]["audio"]["name"] == joined
    assert card["encoders"]["audio"]["width"] == 10
    with pytest.raises(
        UsageError, match=r"audio_parts 6\+6 do not sum to the 10 numbers of whisper"
    ):
        systems(open_bench(config(6, 6)))
    with pytest.raises(UsageError, match="describe whole clips"):
        kind_of(card["encoders"]["audio"]["name"])


def test_recordings_are_not_read_by_what_describes_clips(tmp_path, capsys):
    made = corpus(tmp_path, n=60)
    for name in ("prosody-25", "spectrum-25"):
        add(tmp_path / "features", EncoderInfo(name, "audio", 25, f"{name} 1"), made)
    config = experiment(
        tmp_path,
        data={"audio": "prosody-25+spectrum-25", "text": None},
        model={"variant": "audio"},
        split={"k": 2},
        training={"epochs": 1},
        baselines=[],
    )
    bench = open_bench(config)
    out = tmp_path / "run"
    accelerator = make_accelerator(config, device="cpu")
    run(bench, systems(bench), out, accelerator=accelerator, reporter=SilentReporter())
    card = next(out.glob("parts/*/*/*/network.card.json"))
    talk = str(write_clip(tmp_path / "talk.wav", 16_000))
    assert main(["render", talk, "--checkpoint", str(card), "--out", str(tmp_path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "'prosody-25+spectrum-25' describe whole clips, not moments of a recording" in said
