from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.words.alignment.forced import _Decoders, align
from sentigram.words.alignment.pronunciation import phones
from sentigram.words.repair import repair
from tests.words.clips import TWO_CITIES, beckett, spread, two_cities

BECKETT = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."


def _as_text(text: str, audio: Audio) -> Transcript:
    """A text without times, spread over the whole recording."""
    span = Span(0, audio.duration_ms)
    return Transcript("en", (Utterance("u1", span, spread(text.split(), span)),))


def test_word_starts_are_near_those_marked_by_hand(shared_data):
    import soundfile

    for folder in sorted((shared_data / "word_alignment").glob("*.words.json")):
        marked = json.loads(folder.read_text())
        flac = folder.with_name(folder.name.replace(".words.json", ".flac"))
        samples, rate = soundfile.read(flac, dtype="float32", always_2d=True)
        assert rate == 16_000
        audio = Audio(samples.mean(axis=1))
        text = " ".join(mark["word"] for mark in marked)
        words = list(repair(align(_as_text(text, audio), audio), audio).words())
        errors = [
            abs(word.span.start_ms - 1000 * mark["start"])
            for word, mark in zip(words, marked, strict=True)
        ]
        assert np.median(errors) <= 10, flac.name
        assert np.mean(errors) <= 50, flac.name
        assert max(errors) <= 500, flac.name
        assert all(word.timing == "aligned" for word in words)


def test_words_begin_where_the_sound_does():
    audio = beckett()
    shares: list[float] = []
    words = list(align(_as_text(BECKETT, audio), audio, progress=shares.append).words())
    assert [w.text for w in words] == BECKETT.split()
    assert all(w.timing == "aligned" for w in words)
    # Six pairs; a pause of about a second or more lies between "failed." and "No", and so on.
    assert words[4].span.start_ms - words[3].span.end_ms > 150
    assert words[8].span.start_ms - words[7].span.end_ms > 150
    assert all(b.span.start_ms >= a.span.end_ms for a, b in itertools.pairwise(words))
    assert shares[-1] == 1.0


def test_times_do_not_depend_on_what_was_aligned_before():
    """Threads share windows out as they come, so the order differs from run to run."""
    decoders = _Decoders()
    before, others = BECKETT.lower().replace(".", "").split(), two_cities().samples[: 16_000 * 12]
    said = TWO_CITIES.lower().replace(",", "").split()[:12]
    first = _Decoders().align(said, others)
    decoders.align(before, beckett().samples)
    assert first is not None
    assert decoders.align(said, others) == first
    assert decoders.align(said, others) == first


@pytest.mark.slow
def test_the_same_words_are_found_in_windows_and_as_a_whole():
    audio = two_cities()
    whole = list(align(_as_text(TWO_CITIES, audio), audio).words())
    halves = (whole[:60], whole[60:])
    utterances = tuple(
        Utterance(
            f"u{i}",
            Span(half[0].span.start_ms, half[-1].span.end_ms),
            spread([w.text for w in half], Span(half[0].span.start_ms, half[-1].span.end_ms)),
        )
        for i, half in enumerate(halves)
    )
    parts = list(align(Transcript("en", utterances), audio).words())
    far = [abs(a.span.start_ms - b.span.start_ms) for a, b in zip(whole, parts, strict=True)]
    assert np.median(far) <= 20
    assert np.percentile(far, 90) <= 100


def test_a_long_silence_draws_no_word_into_itself():
    """Half of the text, 35 s of silence, the other half: the same times as without."""
    audio = beckett()
    text = _as_text(BECKETT, audio)
    plain = list(align(text, audio).words())
    cut_ms = (plain[5].span.end_ms + plain[6].span.start_ms) // 2
    gap = np.zeros(35 * 16_000, np.float32)
    samples = np.concatenate((audio.samples[: cut_ms * 16], gap, audio.samples[cut_ms * 16 :]))
    long = Audio(samples)
    words = list(align(_as_text(BECKETT, long), long).words())
    for i, (word, other) in enumerate(zip(words, plain, strict=True)):
        by_ms = 35_000 if i >= 6 else 0
        assert abs(word.span.start_ms - other.span.start_ms - by_ms) <= 60, word


def test_a_hesitation_that_nobody_wrote_gets_a_place(shared_data):
    """Marked by hand: "… words words [um] and that should be all thanks"."""
    import soundfile

    folder = shared_data / "word_alignment"
    marked = json.loads((folder / "acoustic_corpus.words.json").read_text())
    samples, _ = soundfile.read(folder / "acoustic_corpus.flac", dtype="float32", always_2d=True)
    audio = Audio(samples.mean(axis=1))
    kept = [mark for mark in marked if mark["word"] != "um"]
    assert len(kept) < len(marked)
    words = align(_as_text(" ".join(mark["word"] for mark in kept), audio), audio).words()
    errors = [
        abs(word.span.start_ms - 1000 * mark["start"])
        for word, mark in zip(words, kept, strict=True)
    ]
    assert max(errors) <= 250  # "and" began with the "um", 1050 ms early


def test_unknown_words_and_sound_tags_keep_their_neighbours_aligned():
    audio = beckett()
    text = BECKETT.replace("matter.", "matter. [sighs] —").replace("tried", "trydd")
    words = list(align(_as_text(text, audio), audio).words())
    tag = next(i for i, w in enumerate(words) if w.text == "[sighs]")
    assert [w.timing for w in words if w.text not in ("[sighs]", "—")] == ["aligned"] * 12
    assert words[tag].timing == words[tag + 1].timing == "estimated"
    assert words[tag - 1].span.end_ms <= words[tag].span.start_ms
    assert words[tag + 1].span.end_ms <= words[tag + 2].span.start_ms


def test_more_words_than_the_sound_has_room_for_stay_estimated():
    audio = replace(beckett(), samples=beckett().samples[:16_000])
    words = list(align(_as_text("word " * 60, audio), audio).words())
    assert len(words) == 60
    assert all(w.timing == "estimated" for w in words)


@pytest.mark.parametrize("language", ["de", "ja"])
def test_other_languages_keep_their_estimates(language):
    audio = beckett()
    given = _as_text(BECKETT, audio)
    result = align(given, audio, language=language)
    assert list(result.words()) == list(given.words())


def test_nothing_to_align_is_no_error():
    assert align(Transcript("en", ()), beckett()).utterances == ()
    empty = Audio(np.zeros(0, np.float32))
    assert len(list(align(_as_text("a b", beckett()), empty).words())) == 2
    silence = Audio(np.zeros(16_000 * 3, np.float32))
    assert len(list(align(_as_text("one two", silence), silence).words())) == 2


def test_another_sample_rate_is_refused():
    audio = replace(beckett(), sample_rate_hz=8000)
    with pytest.raises(ValueError, match="8000 Hz"):
        align(_as_text("a", audio), audio)


def test_nothing_is_printed(capfd):
    align(_as_text(BECKETT, beckett()), beckett())
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_a_word_sounds_as_the_dictionary_has_it_whatever_was_aligned_before():
    """Else windows would depend on those that the same decoder aligned before them."""
    decoders = _Decoders()
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    decoders.align(["plonkvish"], noise)
    known = decoders._decoder(1e-80)
    assert known.decoder.lookup_word("plonkvish")
    assert known.lookup("plonkvish") is None
    assert phones("plonkvishes", known.lookup) == phones(
        "plonkvishes", _Decoders()._decoder(1e-80).lookup
    )
    assert known.lookup("fish") == "F IH SH"
