from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentigram.emotion import bundled as bundled_model
from sentigram.errors import UsageError
from sentigram.training.shipped import by_voice, unacted_speech
from sentigram.training.shipped.parts import evaluate_bundled
from sentigram.training.shipped.unacted_speech import Prepared
from sentigram.words.speakers.telling import Told
from tests.fakes import Recorder
from tests.training.recordings import RuleModel, recording


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What was asked of `prepare`, which gives a plain recording and a spliced one."""
    calls: list[dict[str, object]] = []

    def prepare(data: Path, cache: Path, **given: object) -> Prepared:
        calls.append({"data": data, "cache": cache, **given})
        made = (recording("talk"), recording("acted", kind="spliced"))
        return Prepared(made, ("sonnet: absent",))

    def model(**_given: object) -> RuleModel:
        return RuleModel(lambda word, _sound: "anger" if word.text == "w6" else "neutral")

    monkeypatch.setattr(unacted_speech, "prepare", prepare)
    monkeypatch.setattr(bundled_model, "BundledEmotionModel", model)
    return calls


def test_real_reads_what_is_not_spliced(tmp_path: Path, asked: list[dict[str, object]]):
    prompts = tmp_path / "prompts"
    report = evaluate_bundled(
        tmp_path, tmp_path / "cache", ["real"], reporter=Recorder(), prompts=prompts
    )
    assert asked[0]["prompt_folder"] == prompts
    assert asked[0]["with_spliced"] is False
    figures = json.loads(report.as_json())["real"]
    assert [row["name"] for row in figures["recordings"]] == ["talk"]
    assert figures["pooled"]["labels"] == {"anger": 1}
    first, *rest = report.as_text().splitlines()
    assert first.startswith("Plain speech, 1 recordings")
    assert rest[-1] == "  sonnet: absent"


def test_speakers_are_found_before_it_reads(tmp_path: Path, asked, monkeypatch):
    heard = []

    def tell(transcript, audio, _voices):
        heard.append((len(list(transcript.words())), audio.duration_ms))
        return Told(transcript)

    monkeypatch.setattr(by_voice, "is_enough", lambda *_: True)
    monkeypatch.setattr(by_voice, "tell_speakers", tell)
    evaluate_bundled(tmp_path, tmp_path / "cache", ["real"], reporter=Recorder())
    assert heard == [(12, 6000)]


@pytest.mark.slow
def test_retest_reads_spliced_recordings_too(tmp_path: Path, asked: list[dict[str, object]]):
    reporter = Recorder()
    report = evaluate_bundled(tmp_path, tmp_path, ["real", "retest"], reporter=reporter)
    assert asked[0]["with_spliced"] is True
    assert reporter.stages == ["words", "real", "retest"]
    figures = json.loads(report.as_json())
    assert figures["retest"]["failing"] == []
    assert set(figures["retest"]["conditions"]["telephone"]["recordings"]) == {"talk", "acted"}
    assert "Test and retest" in report.as_text()


def test_other_weights_than_the_installed_ones_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="leave out --weights"):
        evaluate_bundled(
            tmp_path, tmp_path, ["real"], reporter=Recorder(), weights=tmp_path / "weights"
        )
