"""The adapter runs tiny random Whispers in the real CTranslate2 format, built here."""

from __future__ import annotations

import hashlib
import itertools
import tracemalloc
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.protocols import Transcriber
from sentigram.core.time import Span
from sentigram.errors import MissingError, UsageError
from sentigram.words.whisper import decode
from sentigram.words.whisper.decode import WhisperOptions, words_of
from sentigram.words.whisper.faults import Dropped
from sentigram.words.whisper.transcriber import FasterWhisperTranscriber
from sentigram.words.whisper.windows import VadSettings, Window, windows
from tests.scattered import Scattered
from tests.words import tiny_whisper
from tests.words.clips import two_cities

FAST = WhisperOptions(beam_size=1, cpu_threads=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return tiny_whisper.build(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory) -> Path:
    return tiny_whisper.build(tmp_path_factory.mktemp("multilingual"), multilingual=True)


@pytest.fixture(scope="module")
def speech() -> Audio:
    audio = two_cities()
    return replace(audio, samples=audio.samples[: 6 * 16_000])


def _transcriber(model: Path, **options) -> FasterWhisperTranscriber:
    options = {"options": FAST, "device": "cpu", "compute_type": "float32", **options}
    return FasterWhisperTranscriber(str(model), **options)


def test_it_is_a_transcriber_and_says_what_it_is(model):
    transcriber = _transcriber(model)
    assert isinstance(transcriber, Transcriber)
    assert transcriber.part.role == "transcriber"
    assert transcriber.part.id == "faster-whisper-tiny-ct2"
    digest = hashlib.sha256((model / "model.bin").read_bytes()).hexdigest()
    assert transcriber.part.sha256 == digest


@pytest.mark.parametrize("batch_size", [None, 1, 3])
@pytest.mark.parametrize("vad", [VadSettings(), None])
def test_words_come_in_order_in_the_sound_and_progress_grows(model, batch_size, vad):
    shares: list[float] = []
    options = replace(FAST, batch_size=batch_size, hotwords="w1", initial_prompt="w2 w3")
    audio = two_cities()
    transcriber = _transcriber(model, options=options, vad=vad)
    transcript = transcriber.transcribe(audio, language="en", progress=shares.append)
    assert transcript.language == "en"
    words = list(transcript.words())
    assert words, "random weights still write something"
    assert all(0 <= w.span.start_ms < w.span.end_ms <= audio.duration_ms for w in words)
    assert all(a.span.end_ms <= b.span.start_ms for a, b in itertools.pairwise(words))
    assert all(0 <= w.confidence <= 1 and w.text == w.text.strip() != "" for w in words)
    n_utterances = len(transcript.utterances)
    assert {u.id for u in transcript.utterances} <= {f"u{i + 1}" for i in range(n_utterances + 9)}
    assert len({u.id for u in transcript.utterances}) == n_utterances
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.slow
def test_the_batch_size_changes_nothing(model):
    hearings = [
        _transcriber(model, options=replace(FAST, batch_size=size)).hear(two_cities())
        for size in (1, 2, 8)
    ]
    texts = [[(w.text, w.span) for w in h.transcript.words()] for h in hearings]
    assert texts[0] == texts[1] == texts[2]
    assert hearings[0].dropped == hearings[1].dropped == hearings[2].dropped


def test_a_window_is_heard_as_the_library_hears_it(model):
    """The oracle: faster-whisper, one after the other and batched, on the cut sound, unrepaired."""
    transcriber = _transcriber(model)
    audio = two_cities()
    found = list(windows(audio, VadSettings()))
    assert len(found) > 1
    plain = replace(FAST, timestamps=False)
    decoded = decode._run(transcriber._pipeline, audio, found, "en", plain)
    options = {"language": "en", "beam_size": 1, "word_timestamps": True, "temperature": 0.0}
    for window, heard in zip(found, decoded, strict=True):
        cut = np.array(audio.cut(window.span))
        segments, _ = transcriber._whisper.transcribe(
            cut, without_timestamps=True, no_speech_threshold=None, **options
        )
        [segment] = itertools.islice(segments, 1)
        one_by_one = words_of(segment.words, window.span.duration_ms)
        assert [w.text for w in heard.words] == [w.text for w in one_by_one]
        assert [w.confidence for w in heard.words] == pytest.approx(
            [w.confidence for w in one_by_one], abs=1e-4
        )
        segments, _ = transcriber._pipeline.transcribe(cut, vad_filter=False, **options)
        batched = [w for s in segments for w in words_of(s.words, window.span.duration_ms)]
        # The library shortens a long first word by the time since the last one, in other slots.
        for word, other in list(zip(heard.words, batched, strict=True))[2:]:
            start_ms = word.span.start_ms - window.span.start_ms
            assert abs(start_ms - other.span.start_ms) <= 20


def test_language_is_detected_over_several_windows(multilingual):
    transcriber = _transcriber(multilingual)
    audio = two_cities()
    hearing = transcriber.hear(audio)
    asked = list(windows(audio, VadSettings()))[:4]
    sums: dict[str, float] = {}
    for window in asked:  # the oracle: CTranslate2 itself, window by window
        _, _, shares = transcriber._whisper.detect_language(np.array(audio.cut(window.span)))
        assert len(shares) == 99
        for code, share in shares:
            sums[code] = sums.get(code, 0) + share * sum(s.duration_ms for s in window.speech)
    best = max(sums, key=sums.__getitem__)
    total_ms = sum(s.duration_ms for window in asked for s in window.speech)
    assert hearing.transcript.language == best
    assert hearing.language_probability == pytest.approx(sums[best] / total_ms, abs=1e-4)


def test_a_language_that_is_given_is_taken_and_decides_the_words(multilingual):
    plain = replace(FAST, timestamps=False)  # random weights would write little else
    transcriber = _transcriber(multilingual, options=plain)
    chinese = transcriber.hear(two_cities(), language="zh-CN")
    assert (chinese.transcript.language, chinese.language_probability) == ("zh", 1.0)
    heard = list(chinese.transcript.words())
    assert any(word.joined for word in heard)
    assert all(not word.joined for word in heard if not _is_chinese(word.text[0]))


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def test_an_english_model_needs_no_detection(model, speech):
    hearing = _transcriber(model).hear(speech)
    assert (hearing.transcript.language, hearing.language_probability) == ("en", 1.0)


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize("seconds", [0.05, 5, 40])
def test_silence_has_no_words(model, language, seconds):
    silence = Audio(np.zeros(int(seconds * 16_000), np.float32))
    shares: list[float] = []
    hearing = _transcriber(model).hear(silence, language=language, progress=shares.append)
    assert hearing.transcript.utterances == hearing.dropped == ()
    assert hearing.transcript.language == (language or "")
    assert shares[-1] == 1.0


def test_samples_that_are_no_numbers_are_silence(model, speech):
    samples = speech.samples.copy()
    samples[::7] = np.nan
    _transcriber(model).hear(replace(speech, samples=samples))


@dataclass
class _FakeWhisper:
    """Says what it is told to, in the library's own types; window by window."""

    scripts: list[list[tuple[str, float, float, float]]]
    second: list[tuple[str, float, float, float]] | None = None
    evidence: dict[str, float] = field(default_factory=dict)
    asked: list[dict] = field(default_factory=list)
    frames_per_second: int = 100
    supported_languages: tuple[str, ...] = ("en", "de")
    model: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(is_multilingual=False))

    def transcribe(self, samples, *, clip_timestamps, **options):
        from faster_whisper.transcribe import Word, get_compression_ratio

        self.asked.append(options | {"clips": clip_timestamps, "n_samples": len(samples)})

        def segments():
            for clip in clip_timestamps:
                again = "no_repeat_ngram_size" in options
                script = self.second if again else self.scripts.pop(0) if self.scripts else []
                text = "".join(word for word, *_ in script)
                yield SimpleNamespace(
                    seek=int(clip["start"] * 100),
                    words=[
                        Word(clip["start"] + a, clip["start"] + b, w, p) for w, a, b, p in script
                    ],
                    **{
                        "no_speech_prob": 0.0,
                        "avg_logprob": -0.2,
                        "compression_ratio": get_compression_ratio(text),
                        **self.evidence,
                    },
                )

        return segments(), None


def _with_script(monkeypatch, found: list[Window], fake: _FakeWhisper, **options):
    transcriber = FasterWhisperTranscriber("none", device="cpu", **options)
    transcriber.__dict__["_whisper"] = fake
    transcriber.__dict__["_pipeline"] = SimpleNamespace(model=fake, transcribe=fake.transcribe)
    monkeypatch.setattr("sentigram.words.whisper.transcriber.windows", lambda *_: iter(found))
    return transcriber


def _silence(seconds: int) -> Audio:
    return Audio(np.zeros(seconds * 16_000, np.float32))


def _window(start_ms: int, end_ms: int, *speech_ms: tuple[int, int], **options) -> Window:
    return Window(Span(start_ms, end_ms), tuple(Span(*s) for s in speech_ms), **options)


def _told(transcript) -> list[tuple[str, int, int]]:
    return [(w.text, w.span.start_ms, w.span.end_ms) for w in transcript.words()]


def test_the_first_word_of_a_window_is_pulled_to_the_voice(monkeypatch):
    found = [_window(0, 10_000, (3000, 4000), (7000, 8000))]
    fake = _FakeWhisper([[(" It", 0.2, 3.4, 0.9), (" was", 3.4, 6.9, 0.9), (" so", 6.9, 7.6, 0.9)]])
    transcript = _with_script(monkeypatch, found, fake).transcribe(_silence(10))
    [(_, it_ms, _), (_, was_ms, was_end_ms), (_, so_ms, so_end_ms)] = _told(transcript)
    assert 2850 <= it_ms <= 3000
    assert was_ms == 3400
    assert 4000 <= was_end_ms <= 4200
    assert 6850 <= so_ms <= 7000
    assert so_end_ms == 7600


def test_words_without_a_time_and_over_each_other_get_one(monkeypatch):
    found = [_window(0, 4000, (0, 4000))]
    script = [(" a", 1, 1, 0.9), (" b", 1, 1, 0.9), (" c", 0.8, 2, 0.9), (" d", 1.5, 1.6, 0.9)]
    transcript = _with_script(monkeypatch, found, _FakeWhisper([script])).transcribe(_silence(4))
    words = list(transcript.words())
    assert [w.text for w in words] == ["a", "b", "c", "d"]
    assert all(w.span.duration_ms >= 40 for w in words)
    assert all(a.span.end_ms <= b.span.start_ms for a, b in itertools.pairwise(words))


def test_words_are_placed_in_the_recording_whatever_their_slot(monkeypatch):
    found = [
        _window(5000, 8000, (5400, 7600)),
        _window(100_000, 130_000, (100_400, 129_600)),
        _window(140_000, 141_000, (140_400, 140_600)),
    ]
    scripts = [[(" a", 1, 1.5, 0.9)], [(" b", 29, 29.4, 0.9)], [(" c", 0.4, 0.6, 0.9)]]
    fake = _FakeWhisper(scripts)
    options = WhisperOptions(batch_size=4)
    transcriber = _with_script(monkeypatch, found, fake, options=options)
    transcript = transcriber.transcribe(_silence(150))
    assert _told(transcript) == [
        ("a", 6000, 6500),
        ("b", 129_000, 129_400),
        ("c", 140_400, 140_600),
    ]
    assert fake.asked[0]["n_samples"] == 3 * 480_000
    assert fake.asked[0]["task"] == "transcribe"
    assert [u.id for u in transcript.utterances] == ["u1", "u2", "u3"]


def test_what_two_windows_heard_comes_once(monkeypatch):
    found = [
        _window(0, 30_000, (0, 29_000)),
        _window(28_000, 40_000, (29_000, 39_000), is_continued=True),
    ]
    scripts = [
        [(" one", 27, 27.5, 0.9), (" two", 28.2, 28.8, 0.9), (" three", 29, 29.4, 0.9)],
        [(" two,", 0.2, 0.8, 0.9), (" three", 1.0, 1.4, 0.9), (" four", 2.0, 2.4, 0.9)],
    ]
    transcript = _with_script(monkeypatch, found, _FakeWhisper(scripts)).transcribe(_silence(40))
    assert [w.text for w in transcript.words()] == ["one", "two", "three", "four"]


def test_words_are_told_as_they_are_recognized(monkeypatch):
    """Once each and in order: of a seam, what stays of both its windows."""
    found = [
        _window(0, 30_000, (0, 29_000)),
        _window(28_000, 40_000, (29_000, 39_000), is_continued=True),
        _window(50_000, 60_000, (50_000, 59_000)),
    ]
    scripts = [
        [(" one", 27, 27.5, 0.9), (" two", 28.2, 28.8, 0.9), (" three", 29, 29.4, 0.9)],
        [(" two,", 0.2, 0.8, 0.9), (" three", 1.0, 1.4, 0.9), (" four", 2.0, 2.4, 0.9)],
        [(" five", 1, 1.4, 0.9)],
    ]
    told: list[str] = []
    told_at: list[int] = []
    options = WhisperOptions(batch_size=1)
    fake = _FakeWhisper(scripts)
    transcriber = _with_script(monkeypatch, found, fake, options=options, vad=None)
    transcriber.transcribe(
        _silence(60),
        progress=lambda _: told_at.append(len(told)),
        recognized=lambda words: told.extend(word.text for word in words),
    )
    assert told == ["one", "two", "three", "four", "five"]
    assert told_at[:3] == [0, 3, 4], "the last may still be shortened"


def test_a_loop_is_decoded_again_and_named(monkeypatch):
    found = [_window(0, 4000, (0, 4000))]
    loop = [(" thank" if i % 2 else " you", i * 0.05, i * 0.05 + 0.05, 0.9) for i in range(60)]
    better = [(" what", 0.1, 0.4, 0.9), (" he", 0.4, 0.6, 0.9), (" said", 0.6, 1, 0.9)]
    fake = _FakeWhisper([loop], second=better)
    hearing = _with_script(monkeypatch, found, fake).hear(_silence(4))
    assert [w.text for w in hearing.transcript.words()] == ["what", "he", "said"]
    assert [drop.reason for drop in hearing.dropped] == ["a loop"]
    assert fake.asked[1]["no_repeat_ngram_size"] > 1

    still = _FakeWhisper([loop], second=loop)
    hearing = _with_script(monkeypatch, found, still).hear(_silence(4))
    assert [w.text for w in hearing.transcript.words()] == ["you", "thank"]
    assert len(hearing.dropped) == 1


def test_what_nobody_said_is_left_out_and_told(monkeypatch):
    found = [_window(0, 20_000, (1000, 2000))]
    script = [(" Yes.", 1.2, 1.8, 0.9), (" Thank", 15, 15.5, 0.7), (" you.", 15.5, 16, 0.7)]
    told: list[str] = []
    transcriber = _with_script(monkeypatch, found, _FakeWhisper([script]))
    assert _told(transcriber.transcribe(_silence(20), note=told.append)) == [("Yes.", 1200, 1800)]
    left_out = Dropped("Thank you.", Span(15_000, 16_000), "no voice")
    assert told[0] == str(left_out)
    again = _with_script(monkeypatch, found, _FakeWhisper([script]))
    assert again.hear(_silence(20)).dropped == (left_out,)


def test_windows_are_asked_for_batch_by_batch(monkeypatch):
    seen: list[int] = []

    def found():
        for i in range(6):
            seen.append(i)
            yield _window(i * 10_000, i * 10_000 + 5000, (i * 10_000, i * 10_000 + 5000))

    fake = _FakeWhisper([[(" a", 0, 1, 0.9)] for _ in range(6)])
    transcriber = _with_script(monkeypatch, [], fake, options=WhisperOptions(batch_size=2))
    monkeypatch.setattr("sentigram.words.whisper.transcriber.windows", lambda *_: found())
    at: list[int] = []
    transcriber.transcribe(_silence(60), language="en", progress=lambda _: at.append(len(seen)))
    assert at[:3] == [2, 4, 6]


def test_memory_does_not_grow_with_the_recording(monkeypatch):
    """Everything but the model: an hour of windows in the memory of a few."""

    def peak(n_windows: int) -> int:
        found = [
            _window(i * 30_000, i * 30_000 + 28_000, (i * 30_000, i * 30_000 + 28_000))
            for i in range(n_windows)
        ]
        fake = _FakeWhisper([[(" a", 0, 1, 0.9)] for _ in found])
        transcriber = _with_script(monkeypatch, found, fake)
        audio = Audio(np.broadcast_to(np.float32(0.1), (n_windows * 480_000,)))
        tracemalloc.start()
        transcriber.transcribe(audio, language="en")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(120) < 1.2 * peak(12)


def test_errors_say_what_to_do(model, speech, tmp_path):
    with pytest.raises(UsageError, match=r"language 'xx': the Whisper model .* does not know it"):
        _transcriber(model).transcribe(speech, language="xx")
    with pytest.raises(ValueError, match="8000 Hz: Whisper needs 16000 Hz"):
        _transcriber(model).transcribe(replace(speech, sample_rate_hz=8000))
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    with pytest.raises(MissingError, match=r"has no model\.bin, so it is no Whisper model"):
        _transcriber(tmp_path).transcribe(speech)
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="does not load"):
        _transcriber(tmp_path).transcribe(speech)
    with pytest.raises(UsageError, match="device 'gramophone': choose from auto, cpu, cuda, mps"):
        _transcriber(model, device="gramophone").transcribe(speech)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 0}, "beam size 0: needs to be 1 or more"),
        ({"batch_size": 0}, "batch size 0: needs to be 1 or more"),
        ({"cpu_threads": -1}, "cpu threads -1: needs to be 0 or more"),
        ({"language_windows": 0}, "language windows 0: needs to be 1 or more"),
    ],
)
def test_settings_are_checked_at_once(options, message):
    with pytest.raises(UsageError, match=message):
        WhisperOptions(**options)


def test_voice_without_words_is_heard_once_more(monkeypatch):
    found = [_window(0, 12_000, (500, 3000), (5000, 11_000))]
    script = [(" One", 0.6, 1.2, 0.9), (" two.", 2.0, 2.8, 0.9)]
    rest = [(" Three", 0.3, 0.9, 0.9), (" four.", 5.0, 5.8, 0.9)]
    fake = _FakeWhisper([script, rest])
    hearing = _with_script(monkeypatch, found, fake).hear(_silence(12))
    assert [w.text for w in hearing.transcript.words()] == ["One", "two.", "Three", "four."]
    three = list(hearing.transcript.words())[2]
    assert 4900 <= three.span.start_ms <= 5400
    assert len(fake.asked) == 2
    assert not fake.asked[0]["without_timestamps"]


def test_a_second_hearing_that_doubts_gives_nothing(monkeypatch):
    found = [_window(0, 12_000, (500, 3000), (5000, 11_000))]
    script = [(" One", 0.6, 1.2, 0.9), (" two.", 2.0, 2.8, 0.9)]
    rest = [(" Thank", 0.3, 0.9, 0.9), (" you.", 1.0, 1.8, 0.9)]
    fake = _FakeWhisper([script, rest], evidence={"no_speech_prob": 0.7})
    hearing = _with_script(monkeypatch, found, fake).hear(_silence(12))
    assert [w.text for w in hearing.transcript.words()] == ["One", "two."]
    assert [(d.text, d.reason) for d in hearing.dropped] == [("Thank you.", "no speech")]


def test_without_a_voice_filter_nothing_is_heard_twice(monkeypatch):
    found = [_window(0, 12_000, (0, 12_000))]
    fake = _FakeWhisper([[(" One", 0.6, 1.2, 0.9)]])
    _with_script(monkeypatch, found, fake, vad=None).hear(_silence(12))
    assert len(fake.asked) == 1
    assert fake.asked[0]["without_timestamps"]


@pytest.mark.parametrize("vad", [pytest.param(VadSettings(), marks=pytest.mark.slow), None])
def test_batches_may_be_heard_anywhere_in_any_order(model, vad):
    audio = two_cities()
    audio = replace(audio, samples=np.concatenate([audio.samples] * 3))
    transcriber = _transcriber(model, options=replace(FAST, batch_size=1), vad=vad)
    whole = transcriber.hear(audio, language="en")
    scattered = Scattered()
    assert transcriber.hear(replace(audio, spread=scattered), language="en") == whole
    assert scattered.n_parts >= 2
