"""Word times by forced alignment with pocketsphinx (US English).

Whoever writes down speech leaves hesitations out, and an aligner that has to put every sound
somewhere stretches the next word over an "um". So an "uh" or "um" may stand before every word,
except in texts that write theirs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.store.shipped import INSTALL_ALIGNER
from sentigram.store.threads import n_threads
from sentigram.words.alignment.pronunciation import phones, spoken
from sentigram.words.alignment.windows import align_in_windows, unaligned

LANGUAGE = "en"

_BEAMS = (1e-80, 1e-200)  # the default beams lose the path on some recordings; then wider ones
_FRAME_MS = 10

# Hesitations that nobody wrote down, with their phones; no word begins with the mark.
_MARK = "~"
_HESITATIONS = ((f"{_MARK}uh", "AH"), (f"{_MARK}um", "AH M"))
_DRAWN_OUT = ("uh(2)", "AH AH")  # a second way to say a written one
_WRITTEN_HESITATIONS = frozenset({"uh", "um", "er", "erm", "hm", "hmm", "mm", "mhm", "uhm", "eh"})
_HESITATES = 1e-4  # anything from 1e-3 to 1e-5 does the same
_GRAMMAR = "said"
_MAX_THREADS = 4


def obstacle(language: str) -> str:
    """Why words of a language (ISO 639-1) cannot be aligned here, "" where they can."""
    if language.lower().split("-")[0] != LANGUAGE:
        return f"pocketsphinx aligns English, not {language!r}"
    try:
        import_module("pocketsphinx")
    except (ImportError, OSError) as error:  # OSError: its native library does not load here
        return f"pocketsphinx does not load ({error}); {INSTALL_ALIGNER}"
    return ""


def align(
    transcript: Transcript,
    audio: Audio,
    *,
    language: str = LANGUAGE,
    progress: Progress = no_progress,
    apart: frozenset[str] = frozenset(),
) -> Transcript:
    """Find when each word is said.

    Args:
        transcript: Words with estimated times, right to about half a second (see `anchor`), or
            less than 45 s in all.
        audio: The sound, 16 kHz.
        language: Only English is aligned; in other languages all times are returned as estimates.
        progress: Called with the share of words that are done.
        apart: Ids of utterances that are no speech; see `align_in_windows`.

    Returns:
        The same words in the same utterances; `timing` says for each whether it was aligned.
        Overlaps and silences are left to `sentigram.words.repair`.

    Raises:
        ValueError: The sample rate is not 16 kHz.
    """
    if language.lower().split("-")[0] != LANGUAGE:
        return unaligned(transcript)
    said = [spoken(word.text) for word in transcript.words()]
    return align_in_windows(
        transcript,
        audio,
        said,
        _Decoders(),
        n_threads=min(_MAX_THREADS, n_threads()),
        progress=progress,
        apart=apart,
    )


class PocketsphinxAligner:
    """Aligns English; needs nothing but the package."""

    @property
    def part(self) -> EnginePart:
        """The package and its version."""
        return EnginePart("aligner", "pocketsphinx-en-us", version("pocketsphinx"))

    def obstacle(self, language: str) -> str:
        """Why words of a language cannot be aligned here, "" where they can."""
        return obstacle(language)

    def align(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        language: str = LANGUAGE,
        progress: Progress = no_progress,
        apart: frozenset[str] = frozenset(),
    ) -> Transcript:
        """Find when each word is said; see `align`."""
        return align(transcript, audio, language=language, progress=progress, apart=apart)


class _Known:
    """A decoder, and the words that it was taught.

    Attributes:
        decoder: pocketsphinx's.
        added: Words that its dictionary does not have.
    """

    def __init__(self, decoder: Any) -> None:
        self.decoder = decoder
        self.added: set[str] = set()

    def lookup(self, word: str) -> str | None:
        """Phones by the dictionary alone: a window must not depend on those before it."""
        return None if word in self.added else self.decoder.lookup_word(word)


class _Decoders:
    """One decoder per thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()  # decoders stay in their process

    def align(self, said: Sequence[str], samples: Floats32) -> list[Span] | None:
        """Time of each spoken word, or None where the decoder finds no path."""
        if len(said) * 3 * _FRAME_MS > len(samples) * MS_PER_SECOND // SAMPLE_RATE_HZ:
            return None  # a phone takes three frames at least
        pcm: NDArray[np.int16] = (np.clip(samples, -1, 1) * 32767).astype("<i2")
        for beam in _BEAMS:
            found = self._decode(self._decoder(beam), said, pcm.tobytes())
            if found is not None:
                return [Span(first * _FRAME_MS, (last + 1) * _FRAME_MS) for first, last in found]
        return None

    @staticmethod
    def _decode(
        known: _Known,
        said: Sequence[str],
        pcm: bytes,
    ) -> list[tuple[int, int]] | None:
        """First and last frame of each word, or None."""
        decoder = known.decoder
        for word in said:
            if decoder.lookup_word(word) is None:
                decoder.add_word(word, phones(word, known.lookup), True)  # noqa: FBT003
                known.added.add(word)
        steps = [(i, i + 1, 1.0, word) for i, word in enumerate(said)]
        if _WRITTEN_HESITATIONS.isdisjoint(said):
            places = range(len(said) + 1)
            steps += [(i, i, _HESITATES, word) for i in places for word, _ in _HESITATIONS]
        try:
            grammar = decoder.create_fsg(_GRAMMAR, 0, len(said), steps)
            decoder.add_fsg(_GRAMMAR, grammar)
            decoder.activate_search(_GRAMMAR)
            decoder.reinit_feat()  # otherwise times depend on what the decoder heard before
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            segments = list(decoder.seg() or ())
        except RuntimeError:
            return None
        found = [s for s in segments if s.word[0] not in f"<[(+{_MARK}"]
        if [s.word.partition("(")[0] for s in found] != list(said):
            return None
        return [(s.start_frame, s.end_frame) for s in found]

    def _decoder(self, beam: float) -> _Known:
        made: dict[float, _Known] = self._local.__dict__.setdefault("made", {})
        if beam not in made:
            from pocketsphinx import Decoder

            decoder = Decoder(
                samprate=SAMPLE_RATE_HZ,
                lm=None,
                beam=beam,
                wbeam=beam,
                pbeam=beam,
                fillprob=0.1,  # takes up an "uh" that was not written down
                bestpath=False,  # its word lattice loses the last word now and then
                loglevel="FATAL",
            )
            for word, sounds in _HESITATIONS:
                decoder.add_word(word, sounds, True)  # noqa: FBT003
            if decoder.lookup_word(_DRAWN_OUT[0]) is None:
                decoder.add_word(*_DRAWN_OUT, True)  # noqa: FBT003
            made[beam] = _Known(decoder)
        return made[beam]
