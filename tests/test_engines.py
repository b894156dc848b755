"""Which engine is chosen, and what is said about it; nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram import engines
from sentigram.encoders.compute import Compute
from sentigram.engines import Request, choose
from sentigram.errors import MissingError, UsageError
from sentigram.store.installed import StoredModel

ALL = ("whisper-small", "emotion2vec-plus-base", "roberta-go-emotions")
ROLES = {"w": "transcriber", "e": "audio encoder", "r": "text classifier"}


@pytest.fixture
def here(monkeypatch):
    """Says which models are on this machine."""

    def put(*names: str) -> None:
        models = tuple(StoredModel(name, ROLES[name[0]], Path(name)) for name in names)
        monkeypatch.setattr(engines, "installed", lambda: models)

    return put


def test_without_models_auto_is_the_bundled_engine_and_says_how_to_get_the_other(here):
    here()
    engine, line = choose(Request())
    assert (engine.transcriber_name, engine.model_name) == ("moonshine", "bundled")
    assert engine.transcriber_options == engine.model_options == ()
    assert line.startswith("engine: bundled (the full engine lacks 3 models")
    assert "sentigram models pull" in line


def test_with_all_models_auto_is_the_full_engine(here):
    here(*ALL)
    engine, line = choose(Request(device="cpu", precision="float32"))
    assert (engine.transcriber_name, engine.model_name) == ("faster-whisper", "zero-shot")
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
    engine, _ = choose(Request())
    assert dict(engine.transcriber_options)["model"] == "whisper-large-v3"
    assert dict(engine.model_options)["audio_model"] == "emotion2vec-plus-large"


@pytest.mark.parametrize("absent", ALL)
def test_one_missing_model_is_enough_for_the_bundled_engine(here, absent):
    here(*(name for name in ALL if name != absent))
    assert choose(Request())[0].model_name == "bundled"
    with pytest.raises(MissingError, match=r"full engine is not complete: .*models pull"):
        choose(Request(engine="full"))


def test_missing_packages_are_named_with_the_command(here, monkeypatch):
    here(*ALL)
    real = engines.find_spec
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "funasr" else real(name))
    engine, line = choose(Request())
    assert engine.model_name == "bundled"
    assert "not installed" in line
    with pytest.raises(MissingError, match=r"funasr not installed \(pip install 'sentigram\[full"):
        choose(Request(engine="full"))


def test_bundled_stays_bundled_when_asked_for(here):
    here(*ALL)
    engine, line = choose(Request(engine="bundled"))
    assert (engine.transcriber_name, engine.model_name) == ("moonshine", "bundled")
    assert "asked for" in line


def test_whisper_can_hear_for_the_bundled_reader(here):
    here("whisper-small")
    engine, _ = choose(Request(engine="bundled", transcriber="faster-whisper", hotwords="Ada"))
    assert (engine.transcriber_name, engine.model_name) == ("faster-whisper", "bundled")
    assert dict(engine.transcriber_options)["options"].hotwords == "Ada"
    engine, _ = choose(Request(initial_prompt="Hello."))
    assert engine.transcriber_name == "faster-whisper"
    here()
    with pytest.raises(MissingError, match="models pull whisper-small"):
        choose(Request(transcriber="faster-whisper"))


def test_a_model_that_is_named_and_not_here_is_never_replaced_by_another_engine(here):
    here(*ALL)
    for named in (Request(audio_model="wavlm-large"), Request(text_model="no-such-model")):
        with pytest.raises(MissingError, match=r"wavlm-large|no-such-model"):
            choose(named)


def test_a_folder_of_the_users_stands_for_a_model(here, tmp_path):
    here("whisper-small", "roberta-go-emotions")
    engine, line = choose(Request(audio_model=str(tmp_path)))
    assert dict(engine.model_options)["audio_model"] == str(tmp_path)
    assert str(tmp_path) in line


def test_a_checkpoint_reads_whatever_hears(here):
    here()
    engine, line = choose(Request(checkpoint=Path("run/network.card.json"), device="cpu"))
    assert (engine.transcriber_name, engine.model_name) == ("moonshine", "fused")
    assert dict(engine.model_options)["checkpoint"] == Path("run/network.card.json")
    assert "run/network.card.json" in line
    here("whisper-small")
    engine, _ = choose(Request(checkpoint=Path("x"), device="cpu"))
    assert engine.transcriber_name == "faster-whisper"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(engine="fast"), "--engine 'fast': choose from auto, bundled, full"),
        (Request(transcriber="moonshine", hotwords="x"), "--hotwords needs"),
        (Request(transcriber="moonshine", whisper_model="x"), "--whisper-model needs"),
        (Request(task="translate"), "--task 'translate': .*no word times"),
        (Request(engine="bundled", audio_model="x"), "--audio-model belongs to the full"),
        (Request(checkpoint=Path("x"), text_model="y"), "names its own encoders"),
        (Request(checkpoint=Path("x"), device="tpu"), "--device 'tpu': choose from"),
        (Request(checkpoint=Path("x"), precision="int4"), "--precision 'int4': choose from"),
    ],
)
def test_contradictions_are_refused(here, request_, message):
    here(*ALL)
    with pytest.raises(UsageError, match=message):
        choose(request_)
