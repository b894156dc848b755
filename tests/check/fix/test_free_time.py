"""What is too fast lasts into the time that is free: first after it, and nobody else pays."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, Report, check_text
from sentigram.check.fix.fixing import fix
from sentigram.check.rules.catalogue import chosen
from sentigram.core.time import format_srt
from sentigram.formats.track import Caption

_FAST = {"cps", "min-duration"}
_TWO_FRAMES_MS = 80  # at 25 frames a second
Cue = tuple[int, int, str]


def _options(wanted: frozenset[str] | None = None, shots_ms: tuple[int, ...] = ()) -> CheckOptions:
    return CheckOptions(
        fps=Fraction(25), language="en", wanted=wanted or chosen(), shots_ms=shots_ms
    )


def _srt(cues: Sequence[Cue]) -> str:
    return "\n".join(
        f"{n}\n{format_srt(start)} --> {format_srt(end)}\n{text}\n"
        for n, (start, end, text) in enumerate(cues, 1)
    )


def _fixed(cues: Sequence[Cue], options: CheckOptions | None = None) -> tuple[Caption, ...]:
    options = options or _options()
    report = check_text(_srt(cues), ".srt", "a.srt", options)
    made = fix(report.track, report.limits, "en", options.wanted)
    return check_text(made.text, ".srt", "a.srt", options).track.captions


def _times(cues: Sequence[Cue], options: CheckOptions | None = None) -> list[tuple[int, int]]:
    return [(one.start_ms, one.end_ms) for one in _fixed(cues, options)]


_SAID = "Forty characters are two whole seconds.."  # at 20 a second
_MORE = "This is a sentence that is as long as two lines are, and then there is one more of it."


@pytest.mark.parametrize(
    ("length_ms", "next_ms", "end_ms"),
    [
        (1000, 9000, 3000),  # as long as it takes to read
        (1000, 2700, 2620),  # up to two frames before the next
        (1000, 3300, 3220),  # and no gap that flickers
        (1990, 9000, 3000),
        (2500, 9000, 3500),
    ],
)
def test_a_fast_cue_lasts_into_the_time_after_it(length_ms: int, next_ms: int, end_ms: int) -> None:
    found = _times([(1000, 1000 + length_ms, _SAID), (next_ms, next_ms + 3000, "Good evening.")])
    start_ms = min(1000, end_ms - 2000)
    assert found == [(max(500, start_ms), end_ms), (next_ms, next_ms + 3000)]


def test_no_cue_lasts_longer_than_it_may() -> None:
    ((start_ms, end_ms),) = _times([(1000, 1200, "x " * 100)], _options(frozenset({"cps"})))
    assert (start_ms, end_ms) == (1000, 8000)


def test_both_parts_of_a_cue_use_the_time_after_it() -> None:
    """It lasts 3.6 s, and could not be read; divided as it is, its first part could never be."""
    cues = _fixed([(1000, 4600, f"{_MORE}")])
    assert len(cues) == 2
    first, second = cues
    assert second.start_ms - first.end_ms == _TWO_FRAMES_MS
    for part in cues:
        chars = sum(map(len, part.texts))
        assert part.duration_ms >= 1000 * chars / 20
    assert second.start_ms <= 1000 + 3600 * 0.6 + 500  # half a second after its share at most


def test_an_end_that_moves_stays_away_from_shots() -> None:
    cue = [(1000, 2000, _SAID)]
    assert _times(cue) == [(1000, 3000)]
    assert _times(cue, _options(shots_ms=(3200,))) == [(1000, 3120)]  # 2 frames before the shot
    assert _times(cue, _options(shots_ms=(2900,))) == [(1000, 3320)]  # half a second behind those
    near = [*cue, (3250, 5000, "Good evening.")]
    assert _times(near, _options(shots_ms=(2900,)))[0] == (1000, 3170)  # no room for it


def test_time_for_a_gap_is_taken_from_who_can_spare_it() -> None:
    """The first needs all of its time, the second does not."""
    assert _times([(1000, 3000, _SAID), (3000, 6000, _SAID)]) == [(1000, 3000), (3080, 6000)]
    assert _times([(1000, 3000, _SAID), (3000, 5000, _SAID)]) == [(1000, 3000), (3080, 5080)]
    assert _times([(1000, 4000, _SAID), (4000, 6000, _SAID)]) == [(1000, 3920), (4000, 6000)]


def test_a_gap_that_would_make_somebody_too_fast_is_left() -> None:
    row = [(at, at + 2000, _SAID) for at in (0, 2000, 4000)]
    assert _times([*row, (6000, 8000, _SAID)])[:2] == [(0, 2000), (2000, 4000)]


def test_only_what_is_asked_for_is_changed() -> None:
    cues = [(1000, 2000, _SAID), (2000, 2300, "Yes."), (9000, 20_000, "Good evening to you.")]
    before = [(start_ms, end_ms) for start_ms, end_ms, _ in cues]
    assert _times(cues, _options(frozenset({"line-break"}))) == before
    assert _times(cues, _options(frozenset({"max-duration"})))[:2] == before[:2]
    gaps = _times(cues, _options(frozenset({"gap"})))
    assert gaps[1][0] - gaps[0][1] == _TWO_FRAMES_MS


_cues = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(300, 5000), st.integers(3, 80)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150)
@given(_cues)
def test_fast_cues_become_fewer_and_none_is_new(drawn: list[tuple[int, int, int]]) -> None:
    """Cues that follow each other as recognizers write them: touching, or with a pause."""
    cues, at_ms = [], 0
    for pause_ms, length_ms, chars in drawn:
        start_ms = at_ms + (pause_ms if pause_ms > 400 else 0)
        at_ms = start_ms + length_ms
        word = f"w{len(cues)}"
        cues.append((start_ms, at_ms, " ".join([word] * max(1, chars // 3))))
    options = _options()
    before = check_text(_srt(cues), ".srt", "a.srt", options)
    made = fix(before.track, before.limits, "en", options.wanted)
    after = check_text(made.text, ".srt", "a.srt", options)
    assert _too_fast(after) <= _too_fast(before)


def _too_fast(report: Report) -> set[str]:
    """The words of the cues that are too fast, or too short."""
    cues = [report.track.captions[one.cue - 1] for one in report.findings if one.rule in _FAST]
    return {word for cue in cues for text in cue.texts for word in text.split()}
