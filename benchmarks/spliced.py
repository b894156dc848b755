"""The engine over spliced recordings of held-out actors, against simpler ways with its encoders.

    python benchmarks/spliced.py --data FOLDER [--cache runs/cache] [--json]

For each fold of RAVDESS's actors a voice model is trained on the other actors; another one, which
reads all of them, knows no RAVDESS at all. Both are calibrated for corpora that a model does not
know. Rows: the engine, with all words as one speaker's; the engine as it comes, which finds the
speakers and reads each against their own level; one reading per utterance; one reading per word
from 0.3 s of sound, not smoothed, as the system that we come from has it; always neutral; and each
with the voice alone. Pairs of actors of a fold in one recording, clean and in noise, are there with
the engine alone, also told that they are two, and who truly speaks; of such pairs, intervals are
over pairs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.core.emotion import NEUTRAL
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.emotion import decision
from sentigram.emotion.bundled import BundledEmotionModel, load_parameters
from sentigram.emotion.decision import Cues
from sentigram.emotion.encoders.compact.pooling import voice_mean
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, load_heads, token_mean
from sentigram.emotion.join import JoinParameters, evidence, join, log_normalize
from sentigram.emotion.voice_model import VoiceModel, VoiceReading
from sentigram.training.corpora import ravdess
from sentigram.training.corpora.item import Item
from sentigram.training.judge.metrics import bootstrap
from sentigram.training.judge.overtime import (
    TOLERANCES_MS,
    BoundaryScore,
    DiarizationError,
    LabelledSpan,
    boundary_score,
    diarization_error,
    from_words,
    switches_per_minute,
    word_diarization_error,
)
from sentigram.training.shipped.join import STATES
from sentigram.training.shipped.kept_frames import KeptFrames
from sentigram.training.shipped.parts import as_lines
from sentigram.training.shipped.spliced import (
    CONDITIONS,
    Spliced,
    cut_at_pauses,
    splice,
    under,
)
from sentigram.training.shipped.voice import evaluate as voice_evaluation
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.voice.recipe import FOLDED, LABELS
from sentigram.words.speakers.levels import for_voices
from sentigram.words.speakers.telling import tell_speakers
from sentigram.words.speakers.voices import BandVoices

ENGINE = "engine"
FOUND, COUNTED, TOLD = "engine, speakers found", "engine, told how many", "engine, told who"
PAIR = "two actors"
PER_UTTERANCE = "one reading per utterance"
SHORT_WINDOWS = "0.3 s windows, not smoothed"
ALWAYS_NEUTRAL = "always neutral"
KNOWN, UNKNOWN = "speakers unknown", "corpus unknown"
PAIRED = (("clean", None), ("noise", 15.0))
_SHORT_MS = 300
_BRIDGE_MS = 500  # a pause inside a clip has the emotion of the word before it
TAUS_MS = (0.0, 1000.0, 2000.0, 4000.0, 8000.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one system said about one recording.

    Attributes:
        system: Name of the row.
        voice: Whether the voice model knows other speakers of the corpus: KNOWN or UNKNOWN.
        condition: Such as `noise 5 dB`.
        recording: The words, times and truth.
        labels: One per word.
    """

    system: str
    voice: str
    condition: str
    recording: Spliced
    labels: tuple[str, ...]


def read_all(
    data: Path,
    cache: Path,
    *,
    conditions: Sequence[tuple[str, float | None]] = CONDITIONS,
    folds: int = 6,
    log: Callable[[str], None] = lambda _text: None,
) -> tuple[Reading, ...]:
    """Splice, train and read, fold by fold.

    Args:
        data: Folder that holds ravdess/, nemo/ and emodb/.
        cache: Folder of pooled features.
        conditions: What is laid over the recordings.
        folds: How many of the folds; all but in a hurry.
        log: Told about progress.
    """
    corpora = voice_evaluation.load_corpora(data, cache, log=log)
    items = [
        replace(item, labels=(FOLDED.get(item.labels[0], item.labels[0]),))
        for item in ravdess.read(data / ravdess.NAME)
    ]
    encoder, reader = KeptFrames(None), BundledEmotionModel()
    readings: list[Reading] = []
    names = sorted({item.split for item in items})
    unknown = voice_evaluation.left_out(corpora)
    stranger = unknown.models[ravdess.NAME]
    for number, fold in enumerate(names[:folds]):
        log(f"spliced recordings: fold {number + 1} of {len(names)}")
        corpus = corpora[ravdess.NAME]
        train = corpus.take(np.array([item.split != fold for item in corpus.items]))
        others = [other for name, other in corpora.items() if name != ravdess.NAME]
        model = unknown.calibration.of(recipe.fit(recipe.concatenate([train, *others])))
        for speaker in sorted({item.speaker for item in items if item.split == fold}):
            clean = splice(items, speaker, seed=int(speaker.removeprefix("actor")))
            said, sentences = reader.words(clean.transcript.utterances), _words(clean.transcript)
            for kind, snr_db in conditions:
                recording = under(clean, kind, snr_db, seed=int(speaker.removeprefix("actor")))
                name = kind if snr_db is None else f"{kind} {snr_db:g} dB"
                found_speakers = _told(recording, reader)
                for knows, voice in ((KNOWN, model), (UNKNOWN, stranger)):
                    found = _systems(recording, said, sentences, voice, encoder)
                    found |= _engines({FOUND: found_speakers}, recording, voice, encoder)
                    for system, labels in found.items():
                        readings.append(Reading(system, knows, name, recording, labels))
        for first, second in _pairs(items, fold):
            seed = int(first.removeprefix("actor"))
            clean = splice(items, first, second, seed=seed)
            for kind, snr_db in [one for one in conditions if one in PAIRED]:
                recording = under(clean, kind, snr_db, seed=seed)
                name = PAIR if snr_db is None else f"{PAIR}, {kind} {snr_db:g} dB"
                transcripts = {
                    ENGINE: (recording.transcript, reader.words(recording.transcript.utterances)),
                    FOUND: _told(recording, reader),
                    COUNTED: _told(recording, reader, n=2),
                    TOLD: _with_names(recording, reader),
                }
                for knows, voice in ((KNOWN, model), (UNKNOWN, stranger)):
                    found = _engines(transcripts, recording, voice, encoder)
                    for system, labels in found.items():
                        readings.append(Reading(system, knows, name, recording, labels))
    return tuple(readings)


_Said = tuple[Transcript, Cues]


def _pairs(items: Sequence[Item], fold: str) -> list[tuple[str, str]]:
    """The actors of a fold, two by two; women have even numbers and men odd ones."""
    actors = sorted({item.speaker for item in items if item.split == fold})
    return list(zip(actors[::2], actors[1::2], strict=False))


def _told(recording: Spliced, reader: BundledEmotionModel, *, n: int | None = None) -> _Said:
    """The transcript as the product reads it where nobody is named, and what its words say."""
    told = tell_speakers(recording.transcript, recording.audio, BandVoices(), n=n)
    transcript = for_voices(told.transcript, told.found)
    return transcript, reader.words(transcript.utterances)


def _with_names(recording: Spliced, reader: BundledEmotionModel) -> _Said:
    """The transcript with those who truly speak."""
    said = list(zip(recording.transcript.words(), recording.who, strict=True))
    utterances: list[Utterance] = []
    for who, own in groupby(said, key=itemgetter(1)):
        for one in cut_at_pauses([word for word, _ in own]):
            utterances.append(replace(one, id=f"u{len(utterances) + 1}", speaker=who))
    transcript = replace(recording.transcript, utterances=tuple(utterances))
    return transcript, reader.words(transcript.utterances)


def _engines(
    said: Mapping[str, _Said], recording: Spliced, voice: VoiceModel, encoder: KeptFrames
) -> dict[str, tuple[str, ...]]:
    """The engine's label for each word by transcripts that name speakers otherwise."""
    shipped = load_parameters()
    rows: dict[str, tuple[str, ...]] = {}
    engine = BundledEmotionModel(voice=voice, audio_encoder=encoder)
    for name, (transcript, words) in said.items():
        heard = engine.sound(transcript.utterances, recording.audio)
        for suffix, parameters in (
            ("", shipped),
            (", voice only", replace(shipped, text_weight=0.0)),
        ):
            track = decision.joined(transcript.utterances, words, heard, parameters, STATES)
            rows[f"{name}{suffix}"] = tuple(one.label for one in track.readings)
    return rows


def _systems(
    recording: Spliced, said: Cues, sentences: Floats64, voice: VoiceModel, encoder: KeptFrames
) -> dict[str, tuple[str, ...]]:
    """Every system's label for each word, with words and voice, and with the voice alone.

    Args:
        recording: Its sound is encoded once, for all systems.
        said: What its words say, word by word.
        sentences: (n_utterances, n_labels) evidence of its utterances.
        voice: Reads it.
        encoder: Of the sound.
    """
    shipped = load_parameters()
    rows: dict[str, tuple[str, ...]] = {}
    utterances = recording.transcript.utterances
    engine = BundledEmotionModel(voice=voice, audio_encoder=encoder)
    heard = engine.sound(utterances, recording.audio)

    def labels(parameters: JoinParameters) -> tuple[str, ...]:
        track = decision.joined(utterances, said, heard, parameters, STATES)
        return tuple(one.label for one in track.readings)

    whole = _per_utterance(recording, voice, encoder)
    short = _short_windows(recording, voice, encoder)
    counts = [len(u.words) for u in utterances]
    each = np.repeat(sentences, counts, axis=0)
    for suffix, parameters in (("", shipped), (", voice only", replace(shipped, text_weight=0.0))):
        rows[f"{ENGINE}{suffix}"] = labels(parameters)
        rows[f"{PER_UTTERANCE}{suffix}"] = tuple(
            np.repeat(_decided(sentences, whole, parameters), counts).tolist()
        )
        rows[f"{SHORT_WINDOWS}{suffix}"] = _decided(each, short, parameters)
    for tau_ms in TAUS_MS:
        if tau_ms != shipped.tau_ms:
            changed = replace(shipped, text_weight=0.0, tau_ms=tau_ms)
            rows[f"{ENGINE}, voice only, τ {tau_ms / 1000:g} s"] = labels(changed)
    rows[ALWAYS_NEUTRAL] = (NEUTRAL,) * len(recording.labels)
    return rows


def _per_utterance(recording: Spliced, voice: VoiceModel, encoder: KeptFrames) -> VoiceReading:
    utterances = recording.transcript.utterances
    frames = encoder.encode_spans(recording.audio, [u.span for u in utterances])
    rows = [voice_mean(f.cut(u.span)) for f, u in zip(frames, utterances, strict=True)]
    seconds = [u.span.duration_ms / 1000 for u in utterances]
    return voice.read(voice.scores(np.stack(rows)), [""] * len(rows), seconds)


def _short_windows(recording: Spliced, voice: VoiceModel, encoder: KeptFrames) -> VoiceReading:
    utterances = recording.transcript.utterances
    frames = encoder.encode_spans(recording.audio, [u.span for u in utterances])
    rows = []
    for part, utterance in zip(frames, utterances, strict=True):
        for word in utterance.words:
            centre = (word.span.start_ms + word.span.end_ms) // 2
            start = max(0, centre - _SHORT_MS // 2)
            rows.append(voice_mean(part.cut(Span(start, start + _SHORT_MS))))
    seconds = [_SHORT_MS / 1000] * len(rows)
    return voice.read(voice.scores(np.stack(rows)), [""] * len(rows), seconds)


def _words(transcript: Transcript) -> Floats64:
    """Evidence of each utterance's words, (n_utterances, n_labels)."""
    heads = load_heads()
    encoder = MiniLmEncoder(n_threads=0)
    vectors = np.stack([token_mean(f) for f in encoder.encode(transcript.utterances)])
    log_probs = log_normalize(heads.logits(vectors).astype(float))
    return evidence(log_probs, heads.log_prior.astype(float))


def _decided(words: Floats64, sound: VoiceReading, parameters: JoinParameters) -> tuple[str, ...]:
    probs = np.exp(join(words, sound.log_ratios, parameters, STATES, levels=sound.levels))
    best = probs.argmax(axis=1)
    sure = probs.max(axis=1) >= parameters.shown_from
    return tuple(
        LABELS.names[i] if is_sure else NEUTRAL for i, is_sure in zip(best, sure, strict=True)
    )


def figures(readings: Sequence[Reading], *, n_draws: int = 1000) -> dict[str, dict[str, Any]]:
    """Figures per condition and system, each with an interval over actors.

    Returns:
        Condition → system → emotion diarization error rate by time and by word, unweighted
        accuracy over words, F1 of changes within 250 and 500 ms, changes per minute.
    """
    table: dict[str, dict[str, Any]] = {}
    groups = dict.fromkeys((reading.voice, reading.condition) for reading in readings)
    for voice, kind in groups:
        under = [r for r in readings if (r.voice, r.condition) == (voice, kind)]
        condition = f"{kind}, {voice}"
        table[condition] = {
            system: _row([reading for reading in under if reading.system == system], n_draws)
            for system in dict.fromkeys(reading.system for reading in under)
        }
        for suffix in ("", ", voice only"):
            ours = [reading for reading in under if reading.system == ENGINE + suffix]
            for other in (PER_UTTERANCE, SHORT_WINDOWS):
                theirs = [reading for reading in under if reading.system == other + suffix]
                if ours and theirs:
                    name = f"EDER, {ENGINE} less {other}{suffix}"
                    table[condition][name] = _difference(ours, theirs, n_draws)
            for other in (FOUND, COUNTED, TOLD):
                theirs = [reading for reading in under if reading.system == other + suffix]
                if ours and theirs:
                    name = f"EDER, {other} less {ENGINE}{suffix}"
                    table[condition][name] = _difference(theirs, ours, n_draws)
        alone = [reading for reading in under if reading.system == f"{ENGINE}, voice only"]
        joined = [reading for reading in under if reading.system == ENGINE]
        if alone and joined:
            table[condition]["EDER, words and voice less voice only"] = _difference(
                joined, alone, n_draws
            )
    return table


def _difference(ours: Sequence[Reading], theirs: Sequence[Reading], n_draws: int) -> str:
    """EDER of one system less another's on the same recordings, actors drawn in pairs."""
    pairs = [(_count(a).by_time, _count(b).by_time) for a, b in zip(ours, theirs, strict=True)]

    def gap(rows: Ints64) -> float:
        first, second = (
            sum((pairs[i][side] for i in rows), DiarizationError()).rate for side in (0, 1)
        )
        return first - second

    return str(bootstrap(gap, [r.recording.speaker for r in ours], n_draws=n_draws, unit="actors"))


def _row(readings: Sequence[Reading], n_draws: int) -> dict[str, Any]:
    counts = [_count(reading) for reading in readings]
    speakers = [reading.recording.speaker for reading in readings]

    def estimate(metric: Callable[[Sequence[_Counts]], float]) -> str:
        return str(
            bootstrap(
                lambda rows: metric([counts[i] for i in rows]),
                speakers,
                n_draws=n_draws,
                within=(0, 1),
                unit="actors",
            )
        )

    return {
        "EDER": estimate(lambda rows: sum((c.by_time for c in rows), DiarizationError()).rate),
        "EDER by word": estimate(
            lambda rows: sum((c.by_word for c in rows), DiarizationError()).rate
        ),
        "UA of words": estimate(_unweighted),
        "neutral words read neutral": estimate(_neutral_recall),
        "change F1, 250 ms": _f1(counts, 0),
        "change F1, 500 ms": _f1(counts, 1),
        "changes per minute": float(np.mean([c.switches for c in counts])),
        "true changes per minute": float(np.mean([c.true_switches for c in counts])),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """One recording's counts: what adds up over recordings."""

    by_time: DiarizationError
    by_word: DiarizationError
    right: Ints64  # (n_labels,) words read right, by true label
    words: Ints64  # (n_labels,) words, by true label
    boundaries: tuple[BoundaryScore, ...]
    switches: float
    true_switches: float


def _count(reading: Reading) -> _Counts:
    recording = reading.recording
    truth = tuple(LabelledSpan(s.start_ms, s.end_ms, name) for s, name in recording.segments)
    spans = [word.span for word in recording.transcript.words()]
    guess = from_words(spans, reading.labels, bridge_ms=_BRIDGE_MS)
    true_codes = np.array([LABELS.index(name) for name in recording.labels])
    is_right = np.array([a == b for a, b in zip(recording.labels, reading.labels, strict=True)])
    return _Counts(
        by_time=diarization_error(truth, guess),
        by_word=word_diarization_error(recording.labels, reading.labels),
        right=np.bincount(true_codes[is_right], minlength=len(LABELS)),
        words=np.bincount(true_codes, minlength=len(LABELS)),
        boundaries=tuple(boundary_score(truth, guess, tolerance_ms=ms) for ms in TOLERANCES_MS),
        switches=switches_per_minute(guess),
        true_switches=switches_per_minute(truth),
    )


def _unweighted(rows: Sequence[_Counts]) -> float:
    right = np.sum([c.right for c in rows], axis=0)
    words = np.sum([c.words for c in rows], axis=0)
    return float(np.mean(right[words > 0] / words[words > 0]))


def _neutral_recall(rows: Sequence[_Counts]) -> float:
    neutral = LABELS.index(NEUTRAL)
    words = sum(int(c.words[neutral]) for c in rows)
    return sum(int(c.right[neutral]) for c in rows) / words if words else 0.0


def _f1(counts: Sequence[_Counts], which: int) -> float:
    return sum((c.boundaries[which] for c in counts), BoundaryScore()).f1


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="one folder per corpus")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="encoded clips")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", default="", help="conditions, as in `clean,noise 15 dB`")
    asked = parser.parse_args()
    only = [name.strip() for name in asked.only.split(",") if name.strip()]
    named = {kind if db is None else f"{kind} {db:g} dB": (kind, db) for kind, db in CONDITIONS}
    if unknown := set(only) - set(named):
        parser.error(f"no condition is called {', '.join(sorted(unknown))}: {', '.join(named)}")
    conditions = [named[name] for name in only] or CONDITIONS
    table = figures(read_all(asked.data, asked.cache, conditions=conditions, log=_log))
    print(json.dumps(table, indent=1) if asked.json else "\n".join(as_lines(table)))


def _log(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
