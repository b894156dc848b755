"""Which engine is chosen, and what is said about it; nothing is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sentigram import registry
from sentigram.emotion.encoders.compute import Compute
from sentigram.errors import MissingError, UsageError
from sentigram.jobs import choose_engine
from sentigram.jobs.choose_engine import choose
from sentigram.jobs.engine import Engine
from sentigram.store import shipped
from sentigram.store.installed import StoredModel
from sentigram.store.memory import memory_of
from sentigram.store.shipped import DEFAULT_WEIGHTS, write_card
from sentigram.words.whisper.decode import WhisperOptions
from sentigram.words.whisper.transcriber import FasterWhisperTranscriber

ALL = ("whisper-small", "emotion2vec-plus-base", "roberta-go-emotions")
ROLES = {"w": "transcriber", "e": "audio encoder", "r": "text classifier"}


@pytest.fixture
def here(monkeypatch):
    """Says which models are on this machine."""

    def put(*names: str) -> None:
        models = tuple(StoredModel(name, ROLES[name[0]], Path(name)) for name in names)
        monkeypatch.setattr(choose_engine, "installed", lambda: models)

    return put


def test_without_models_auto_is_the_bundled_engine_and_says_how_to_get_the_other(here):
    here()
    engine = choose(Engine())
    line = engine.line
    assert (engine.transcriber, engine.model) == ("moonshine", "bundled")
    assert engine.transcriber_options == ()
    assert engine.model_options == (("weights", DEFAULT_WEIGHTS),)
    assert line.startswith("engine: bundled (the full engine lacks 3 models")
    assert "sentigram models pull" in line


def test_with_all_models_auto_is_the_full_engine(here):
    here(*ALL)
    engine = choose(Engine(device="cpu", precision="float32"))
    line = engine.line
    assert (engine.transcriber, engine.model) == ("faster-whisper", "zero-shot")
    assert dict(engine.transcriber_options)["model"] == "whisper-small"
    assert dict(engine.model_options) == {
        "compute": Compute("cpu", "float32"),
        "audio_model": "emotion2vec-plus-base",
        "text_model": "roberta-go-emotions",
        "calibration": None,
    }
    assert "full" in line
    assert "cpu, float32" in line


def test_the_best_model_that_is_here_is_taken(here):
    here(
        "whisper-tiny", "whisper-large-v3", *ALL, "emotion2vec-plus-seed", "emotion2vec-plus-large"
    )
    engine = choose(Engine())
    assert dict(engine.transcriber_options)["model"] == "whisper-large-v3"
    assert dict(engine.model_options)["audio_model"] == "emotion2vec-plus-large"


@pytest.mark.parametrize("absent", ALL)
def test_one_missing_model_is_enough_for_the_bundled_engine(here, absent):
    here(*(name for name in ALL if name != absent))
    assert choose(Engine()).model == "bundled"
    with pytest.raises(MissingError, match=r"full engine is not complete: .*models pull"):
        choose(Engine("full"))


def test_missing_packages_are_named_with_the_command(here, monkeypatch):
    here(*ALL)
    monkeypatch.setattr(
        choose_engine, "find_spec", lambda name: None if name == "funasr" else find_spec(name)
    )
    engine = choose(Engine())
    line = engine.line
    assert engine.model == "bundled"
    assert "not installed" in line
    with pytest.raises(MissingError, match=r"funasr not installed \(pip install 'sentigram\[full"):
        choose(Engine("full"))


def test_bundled_stays_bundled_when_asked_for(here):
    here(*ALL)
    engine = choose(Engine("bundled"))
    line = engine.line
    assert (engine.transcriber, engine.model) == ("moonshine", "bundled")
    assert "asked for" in line


def test_whisper_can_hear_for_the_bundled_reader(here):
    here("whisper-small")
    engine = choose(Engine("bundled", transcriber_name="faster-whisper", hotwords="Ada"))
    assert (engine.transcriber, engine.model) == ("faster-whisper", "bundled")
    options: Any = dict(engine.transcriber_options)["options"]
    assert options.hotwords == "Ada"
    engine = choose(Engine(initial_prompt="Hello."))
    assert engine.transcriber == "faster-whisper"
    here()
    with pytest.raises(MissingError, match="models pull whisper-small"):
        choose(Engine(transcriber_name="faster-whisper"))


def test_a_model_that_is_named_and_not_here_is_never_replaced_by_another_engine(here):
    here(*ALL)
    for named in (Engine(audio_model="wavlm-large"), Engine(text_model="no-such-model")):
        with pytest.raises(MissingError, match=r"wavlm-large|no-such-model"):
            choose(named)


def test_a_folder_of_the_users_stands_for_a_model(here, tmp_path):
    here("whisper-small", "roberta-go-emotions")
    engine = choose(Engine(audio_model=str(tmp_path)))
    line = engine.line
    assert dict(engine.model_options)["audio_model"] == str(tmp_path)
    assert str(tmp_path) in line


def test_a_checkpoint_reads_whatever_hears(here):
    here()
    engine = choose(Engine(checkpoint=Path("run/network.card.json"), device="cpu"))
    line = engine.line
    assert (engine.transcriber, engine.model) == ("moonshine", "fused")
    assert dict(engine.model_options)["checkpoint"] == Path("run/network.card.json")
    assert "run/network.card.json" in line
    here("whisper-small")
    engine = choose(Engine(checkpoint=Path("x"), device="cpu"))
    assert engine.transcriber == "faster-whisper"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Engine("fast"), "`engine 'fast'`: choose from auto, bundled, full"),
        (Engine(transcriber_name="moonshine", hotwords="x"), "`hotwords` needs"),
        (Engine(transcriber_name="moonshine", whisper_model="x"), "`whisper_model` needs"),
        (Engine(task="translate"), "`task 'translate'`: .*no word times"),
        (Engine("bundled", audio_model="x"), "`audio_model` belongs to the full"),
        (Engine(checkpoint=Path("x"), text_model="y"), "names its own encoders"),
        (Engine(checkpoint=Path("x"), device="tpu"), "`device 'tpu'`: choose from"),
        (Engine(checkpoint=Path("x"), precision="int4"), "`precision 'int4'`: choose from"),
    ],
)
def test_contradictions_are_refused(here, request_, message):
    here(*ALL)
    with pytest.raises(UsageError, match=message):
        choose(request_)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Both voice models, under the licences that they are meant to have."""
    for choice, licence in (("research", "CC-BY-NC-SA-4.0"), ("commercial", "CC0-1.0")):
        file = f"voice-{choice}.safetensors"
        (tmp_path / file).write_bytes(choice.encode())
        card = {"name": f"sentigram-voice-{choice}", "version": "1", "licence": licence}
        write_card(tmp_path, f"voice-{choice}", card, [file])
    monkeypatch.setattr(shipped, "weights", lambda: tmp_path)
    return tmp_path


def test_the_line_says_which_voice_weights_and_what_their_licence_allows(here, shelf):
    here()
    engine = choose(Engine(weights="research"))
    line = engine.line
    assert engine.model_options == (("weights", "research"),)
    assert line.endswith(
        "; voice weights: research (CC-BY-NC-SA-4.0: not for commercial use; "
        "`weights commercial` allows that, CC0-1.0)"
    )
    engine = choose(Engine(weights="commercial"))
    line = engine.line
    assert engine.model_options == (("weights", "commercial"),)
    assert line.endswith("; voice weights: commercial (CC0-1.0: commercial use allowed)")
    assert "\n" not in line


def test_weights_that_are_not_here_are_not_recommended(here, shelf):
    here()
    (shelf / "voice-commercial.card.json").unlink()
    assert choose(Engine(weights="research")).line.endswith(
        "research (CC-BY-NC-SA-4.0: not for commercial use)"
    )
    line = choose(Engine(weights="commercial")).line  # restyling a Document needs no weights
    assert line.endswith("voice weights: commercial (missing or damaged)")


def test_unknown_weights_name_both(here):
    here()
    with pytest.raises(UsageError, match="`weights 'mine'`: choose from commercial, research"):
        choose(Engine(weights="mine"))


def test_another_engine_says_that_it_does_not_use_the_weights(here):
    here(*ALL)
    engine = choose(Engine(weights="commercial"))
    line = engine.line
    assert "weights" not in dict(engine.model_options)
    assert line.endswith("`weights commercial` is the bundled engine's, and not used")
    assert "weights" not in choose(Engine()).line


def test_other_weights_are_another_setting_for_what_a_stopped_run_left(here, tmp_path):
    here()
    source = tmp_path / "talk.mp4"
    source.write_bytes(b"film")
    keys = {
        choice: memory_of(source, choose(Engine(weights=choice))).folder
        for choice in (None, "research", "commercial")
    }
    assert keys["research"] != keys["commercial"]
    assert keys[None] == keys[DEFAULT_WEIGHTS]


def test_half_the_batch_is_the_same_engine_to_records(here, monkeypatch):
    """What it hears does not depend on it: a record that was made with less is up to date."""
    here(*ALL)
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(
        registry, "factory", lambda kind, name: lambda **options: made.append(options)
    )
    whole, half = Engine(device="cpu"), Engine(device="cpu", halvings=1)
    assert repr(whole.chosen) == repr(half.chosen)
    assert whole == half
    _ = whole.transcriber, half.transcriber
    assert made[1] == made[0] | {"halvings": 1}
    assert "halvings" not in made[0]
    sizes = [
        FasterWhisperTranscriber("x", options=WhisperOptions(batch_size=6), halvings=n)._batch_size
        for n in range(4)
    ]
    assert sizes == [6, 3, 1, 1]
