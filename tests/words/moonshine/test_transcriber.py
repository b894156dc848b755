from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from sentigram.assets import weights
from sentigram.core.media import Audio
from sentigram.core.protocols import Transcriber
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Word
from sentigram.errors import MediaError, MissingError, UsageError
from sentigram.store import shipped
from sentigram.words.alignment.by_recognition import matches
from sentigram.words.moonshine import model
from sentigram.words.moonshine import transcriber as transcriber_module
from sentigram.words.moonshine.model import Moonshine, Written
from sentigram.words.moonshine.transcriber import (
    HeardPiece,
    MoonshineTranscriber,
    hear_piece,
    spread,
)
from sentigram.words.moonshine.understood import Sureness
from sentigram.words.moonshine.vocabulary import vocabulary
from sentigram.words.moonshine.writing import HeardWord
from tests.scattered import Scattered
from tests.words.clips import JFK, TWO_CITIES, beckett, talk, two_cities

SECONDS = np.arange(16_000 * 12) / 16_000


@pytest.fixture(scope="module")
def transcriber() -> MoonshineTranscriber:
    return MoonshineTranscriber()


def _bare(text: str) -> list[str]:
    return ["".join(c for c in word.lower() if c.isalpha()) for word in text.split()]


def _melody() -> np.ndarray:
    notes = np.array([262, 330, 392, 523, 440, 349])[(SECONDS * 2).astype(int) % 6]
    harmonics = sum(0.15 / k * np.sin(2 * np.pi * k * notes * SECONDS) for k in range(1, 6))
    return harmonics * np.exp(-4 * (SECONDS % 0.5))


def _beat() -> np.ndarray:
    return (
        0.3 * np.random.default_rng(2).standard_normal(len(SECONDS)) * np.exp(-20 * (SECONDS % 0.5))
    )


def _reversed(audio: Audio) -> np.ndarray:
    """Speech that is in no language: the same voice and rhythm, and nothing to understand."""
    return audio.samples[::-1].copy()


def test_it_is_a_transcriber_and_names_its_weights(transcriber):
    decoder = (weights() / "words_decoder.ort").read_bytes()
    assert isinstance(transcriber, Transcriber)
    assert transcriber.part.id == "moonshine-tiny-en"
    assert transcriber.part.version == "0.1.0"
    assert transcriber.part.sha256 == hashlib.sha256(decoder).hexdigest()


@pytest.fixture(scope="module")
def heard_cities(transcriber) -> tuple[Transcript, list[float], list[str]]:
    shares: list[float] = []
    warnings: list[str] = []
    found = transcriber.transcribe(two_cities(), progress=shares.append, warn=warnings.append)
    return found, shares, warnings


def test_real_speech_is_written_down(heard_cities):
    transcript, shares, warnings = heard_cities
    assert warnings == []
    heard = _bare(" ".join(u.text for u in transcript.utterances))
    said = _bare(TWO_CITIES)
    assert len(matches(said, heard)) > 0.93 * len(said)
    assert len(heard) < 1.05 * len(said)
    assert transcript.language == "en"
    words = list(transcript.words())
    assert all(w.timing == "estimated" and w.source == "heard" for w in words)
    assert all(a.span.end_ms <= b.span.start_ms for a, b in itertools.pairwise(words))
    assert shares[-1] == 1.0


def test_the_same_sound_gives_the_same_words_each_time(transcriber):
    first = transcriber.transcribe(beckett())
    transcriber.transcribe(replace(two_cities(), samples=two_cities().samples[: 16_000 * 8]))
    assert transcriber.transcribe(beckett()) == first
    assert _bare(" ".join(u.text for u in first.utterances))[:2] == ["ever", "tried"]


def test_words_are_told_as_they_are_recognized(transcriber, monkeypatch):
    """Piece by piece and in order, long before the end; from other processes by the stretch."""
    monkeypatch.setattr(transcriber_module, "STRETCH_MS", 15_000)
    monkeypatch.setattr(transcriber_module, "_PIECE_MS", 5_000)
    audio = Audio(two_cities().samples[: 16_000 * 25])
    told: list[tuple[float, list[Word]]] = []
    shares = [0.0]
    whole = transcriber.transcribe(
        audio,
        progress=shares.append,
        recognized=lambda words: told.append((shares[-1], list(words))),
    )
    assert [word for _, words in told for word in words] == list(whole.words())
    assert len(told) > 2, "more often than stretches end"
    assert [share for share, _ in told] == sorted({share for share, _ in told}), (
        "so is how far it is"
    )
    assert told[0][0] == 0.0
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    spread_told: list[Word] = []
    scattered = Scattered()
    again = transcriber.transcribe(replace(audio, spread=scattered), recognized=spread_told.extend)
    assert scattered.n_parts > 1
    assert again == whole
    assert spread_told == list(whole.words())


def test_stretches_keep_their_place_in_time(transcriber, monkeypatch, tmp_path):
    monkeypatch.setattr(transcriber_module, "STRETCH_MS", 15_000)
    gap = np.zeros(16_000 * 20, np.float32)
    np.concatenate([beckett().samples, gap, beckett().samples]).tofile(tmp_path / "pcm")
    audio = Audio(np.memmap(tmp_path / "pcm", np.float32, "r"))
    shares: list[float] = []
    spans = [u.span for u in transcriber.transcribe(audio, progress=shares.append).utterances]
    assert any(span.end_ms < 10_500 for span in spans)
    assert any(span.start_ms > 29_500 for span in spans)
    assert not any(11_000 < span.start_ms < 29_000 for span in spans)
    assert shares == sorted(shares)
    assert len(shares) > 2


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(len(SECONDS)),
        0.3 * np.sin(2 * np.pi * 440 * SECONDS),
        0.1 * np.random.default_rng(0).standard_normal(len(SECONDS)),
        0.003 * np.random.default_rng(0).standard_normal(len(SECONDS)),
        0.2
        * np.random.default_rng(0).standard_normal(len(SECONDS))
        * (0.5 + 0.5 * np.sin(8 * np.pi * SECONDS)),
        _melody(),
        _melody() + _beat(),
        0.1 * np.random.default_rng(0).standard_normal(800),
        np.zeros(0),
        np.full(16_000, np.nan),
    ],
    ids=["silence", "tone", "noise", "hiss", "surf", "melody", "music", "50 ms", "empty", "nan"],
)
def test_what_is_no_speech_has_no_words(transcriber, samples):
    audio = Audio(np.asarray(samples, dtype=np.float32))
    assert transcriber.transcribe(audio).utterances == ()


def test_other_languages_are_refused_with_a_remedy(transcriber):
    with pytest.raises(
        UsageError, match=r"'de'.*`transcriber_name faster-whisper`.*`transcript FILE`"
    ):
        transcriber.transcribe(beckett(), language="de")
    silence = Audio(np.zeros(1600, np.float32))
    assert transcriber.transcribe(silence, language="en-GB").utterances == ()


@pytest.mark.parametrize("damage", [b"{", None])
def test_damaged_weights_are_named_with_the_remedy(monkeypatch, tmp_path, damage):
    if damage is not None:
        (tmp_path / "words.card.json").write_bytes(damage)
    monkeypatch.setattr(shipped, "weights", lambda: tmp_path)
    model.card.cache_clear()
    try:
        with pytest.raises(MissingError, match=r"words\.card\.json is .*; run: pip install"):
            MoonshineTranscriber().transcribe(talk())
    finally:
        model.card.cache_clear()


def test_what_is_not_english_is_refused_with_its_remedies(transcriber):
    with pytest.raises(
        MediaError,
        match=r"not English.*sure of \d+%.*`transcriber_name faster-whisper`.*`transcript FILE`.*"
        r"`language en`",
    ):
        transcriber.transcribe(Audio(_reversed(two_cities())[: 16_000 * 20]))


def test_who_says_that_it_is_english_gets_words_and_a_warning(transcriber):
    warnings: list[str] = []
    audio = Audio(_reversed(two_cities())[: 16_000 * 20])
    found = transcriber.transcribe(audio, language="en", warn=warnings.append)
    assert len(list(found.words())) > 10
    (warning,) = warnings
    assert warning.startswith("the words may be invented: the recognizer is sure of ")
    assert np.mean([word.confidence for word in found.words()]) < 0.5


def test_under_noise_what_is_not_understood_is_warned_of_and_unsure(transcriber):
    clear = _reversed(two_cities())[: 16_000 * 20]
    noise = np.random.default_rng(0).standard_normal(len(clear)) * clear.std()
    warnings: list[str] = []
    audio = Audio((clear + noise).astype(np.float32))
    found = transcriber.transcribe(audio, warn=warnings.append)
    assert warnings[0].startswith(
        "what is said is hardly understood, as it is short, noisy or not English"
    )
    assert "`transcriber_name faster-whisper`" in warnings[0]
    assert all(word.confidence < 0.5 for word in found.words())


def test_a_few_words_are_too_little_to_refuse_a_recording(transcriber):
    warnings: list[str] = []
    audio = Audio(_reversed(two_cities())[16_000 * 4 : 16_000 * 6])
    transcriber.transcribe(audio, warn=warnings.append)
    assert warnings[0].startswith("what is said is hardly understood, as it is short")


def test_english_under_noise_is_heard(transcriber):
    clear = talk().samples[: 16_000 * 20]
    noise = np.random.default_rng(0).standard_normal(len(clear)) * clear.std() / 3
    warnings: list[str] = []
    audio = Audio((clear + noise).astype(np.float32))
    found = transcriber.transcribe(audio, warn=warnings.append)
    heard = _bare(" ".join(u.text for u in found.utterances))
    assert len(matches(_bare(JFK), heard)) > 0.7 * len(_bare(JFK))
    assert warnings == []


def test_only_the_part_that_is_not_english_is_left_out_and_its_time_is_said(transcriber):
    gap = np.zeros(16_000 * 3, np.float32)
    english = talk().samples[: 16_000 * 11]
    foreign = two_cities().samples[16_000 * 20 : 16_000 * 35][::-1]
    more = two_cities().samples[: 16_000 * 15]
    audio = Audio(np.concatenate([english, gap, foreign, gap, more]))  # at 0, 14 and 32 s
    warnings: list[str] = []
    found = transcriber.transcribe(audio, warn=warnings.append)
    heard = _bare(" ".join(u.text for u in found.utterances))
    assert len(matches(_bare(JFK), heard)) > 0.9 * len(_bare(JFK))
    assert "foolishness" in heard
    assert not any(word.span.overlap_ms(Span(15_000, 28_000)) for word in found.words())
    (warning,) = warnings
    # in one part or in several: where a sound without words is cut depends on the last bits
    assert re.match(r"what is said at 0:1[34]–(\S+, \S+–)*0:(29|30) is not understood", warning)
    assert warning.endswith("its words are left out")


def test_words_that_were_misheard_are_less_sure(transcriber, heard_cities):
    said = _bare(f"{JFK} {TWO_CITIES}")
    clear = talk().samples[: 16_000 * 38]
    noise = np.random.default_rng(0).standard_normal(len(clear)) * clear.std() / 1.5
    heard = list(transcriber.transcribe(Audio((clear + noise).astype(np.float32))).words())
    in_both = {j for _, j in matches(said, ["".join(_bare(word.text)) for word in heard])}
    right = [word.confidence for j, word in enumerate(heard) if j in in_both]
    wrong = [word.confidence for j, word in enumerate(heard) if j not in in_both]
    quiet = [word.confidence for word in heard_cities[0].words()]
    assert all(0 <= sure <= 1 for sure in (*right, *wrong, *quiet))
    assert len(wrong) > 5
    assert np.mean(wrong) + 0.1 < np.mean(right) < np.mean(quiet)
    assert np.mean(quiet) > 0.9


def test_words_share_their_line_by_length():
    said = (HeardWord("a", -0.1), HeardWord("abc", -3.0))
    piece = HeardPiece(Span(1000, 1600), said, Sureness(20, -0.1, 15, 40.0))
    first, other = spread(piece)
    assert (first.span, other.span) == (Span(1000, 1200), Span(1200, 1600))
    assert first.confidence > other.confidence
    assert spread(replace(piece, words=())) == ()


class _GoesRoundInCircles:
    """Writes the real words of what is short, and then "tho tho tho" for what is long."""

    def __init__(self) -> None:
        self._model = Moonshine()

    def encode(self, samples):
        return self._model.encode(samples)

    def write(self, states):
        written = self._model.write(states)
        if states.shape[1] < 400:  # some nine seconds
            return written
        tokens = vocabulary().tokens("history" + 40 * " tho")
        return Written(tokens, np.full(len(tokens), -0.01, np.float32))


def test_a_decoder_that_goes_round_in_circles_hears_the_rest_in_parts():
    heard = hear_piece(_GoesRoundInCircles(), talk(), Span(38_000, 53_000))
    words = [word.text.lower() for piece in heard for word in piece.words]
    assert len(heard) > 1
    assert "tho" not in words
    assert words[-3:] == ["of", "comparison", "only."]
    assert [piece.span.start_ms for piece in heard] == sorted(p.span.start_ms for p in heard)
