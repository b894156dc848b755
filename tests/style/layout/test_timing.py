"""Cues come and go when the rules say, whatever is said and wherever the picture changes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span, format_ass
from sentigram.style.layout import timing
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.layout.timing import LAG_MS, LEAD_MS, LINGER_MS, SNAP_MS, Slot, times

RATES = [Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(60)]


def rules_at(fps=Fraction(25), *, min_ms=833, max_ms=7000):
    gap_ms = -(-2000 // fps)
    return LayoutRules(
        line_chars=42, lines=2, line_px=1000, outline_px=2, cps=20, min_ms=min_ms, max_ms=max_ms,
        gap_ms=int(gap_ms), fps=fps,
    )  # fmt: skip


def slot(start_ms, end_ms, need_ms=840, reading_ms=0):
    return Slot(start_ms, end_ms, need_ms, max(need_ms, reading_ms))


@st.composite
def roomy(draw):
    """Slots that leave every cue the time it needs."""
    slots, at = [], draw(st.integers(0, 2000))
    for _ in range(draw(st.integers(1, 8))):
        need_ms = draw(st.integers(84, 400)) * 10
        heard_ms = draw(st.integers(1, 6000))
        slots.append(slot(at, at + heard_ms, need_ms))
        at += max(need_ms, heard_ms) + draw(st.integers(110, 3000))
    return slots, at


SHOTS = st.lists(st.integers(0, 40_000), max_size=20).map(lambda ms: tuple(sorted(set(ms))))


def test_ass_keeps_the_gap_in_centiseconds():
    for fps in RATES:
        assert rules_at(fps).grid_gap_ms % 10 == 0
        assert rules_at(fps).grid_gap_ms >= 2000 / fps
        assert rules_at(fps).grid_gap_ms < 3000 / fps  # a third frame would be one too many


@given(roomy(), st.sampled_from(RATES), SHOTS)
def test_where_there_is_room_every_rule_is_kept(made, fps, shots_ms):
    slots, at = made
    rules = rules_at(fps)
    spans = times(slots, rules, end_ms=at + 1000, shots_ms=shots_ms)
    for wanted, span in zip(slots, spans, strict=True):
        assert span.start_ms % 10 == span.end_ms % 10 == 0
        assert wanted.need_ms <= span.duration_ms <= 7000
        reach_ms = SNAP_MS if shots_ms else LEAD_MS
        assert -reach_ms - 10 <= span.start_ms - wanted.start_ms <= LAG_MS
        assert span.end_ms >= wanted.end_ms - (250 if shots_ms else 0) - rules.grid_gap_ms
        assert span.end_ms <= at + 1000
    for one, two in pairwise(spans):
        gap_ms = two.start_ms - one.end_ms
        assert gap_ms >= rules.gap_ms
        # A cue of 7 s, with words just before and after it, has nowhere to go.
        assert gap_ms < 3000 / fps or gap_ms >= CLOSE_BELOW_MS or one.duration_ms > 6500
        assert format_ass(one.end_ms) < format_ass(two.start_ms)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 900)), min_size=1, max_size=30),
    st.integers(0, 20_000),
    SHOTS,
)
def test_crowded_cues_never_overlap(pieces, end_ms, shots_ms):
    slots, at = [], 0
    for pause_ms, heard_ms in pieces:
        slots.append(slot(at + pause_ms, at + pause_ms + heard_ms))
        at += pause_ms + heard_ms
    spans = times(slots, rules_at(), end_ms=end_ms, shots_ms=shots_ms)
    assert len(spans) == len(slots)
    assert all(0 < span.duration_ms <= 7000 for span in spans)
    assert all(one.end_ms + 80 <= two.start_ms for one, two in pairwise(spans))


def test_a_word_at_the_end_of_the_media_starts_earlier():
    assert times([slot(9700, 9900)], rules_at(), end_ms=10_000) == (Span(9160, 10_000),)


def test_a_burst_is_read_a_quarter_of_a_second_early_and_the_next_cue_waits():
    spans = times([slot(1000, 1500, 1500), slot(2300, 4000)], rules_at())
    assert spans == (Span(750, 2250), Span(2330, 4500))


def test_the_cue_before_gives_way_to_a_word_at_the_end():
    spans = times([slot(7000, 9500, 2500), slot(9700, 9900)], rules_at(), end_ms=10_000)
    assert spans == (Span(6580, 9080), Span(9160, 10_000))


def test_a_cue_never_outlasts_the_media():
    assert times([slot(0, 200)], rules_at(), end_ms=405) == (Span(0, 400),)
    assert times([slot(0, 403)], rules_at(), end_ms=405) == (Span(0, 400),)
    assert times([slot(0, 500)], rules_at(), end_ms=405) == (Span(0, 500),)  # but its words do


def test_a_start_goes_to_a_change_of_shot():
    assert times([slot(2300, 4000)], rules_at(), shots_ms=[2000]) == (Span(2000, 4500),)
    assert times([slot(2300, 4000)], rules_at(), shots_ms=[2504]) == (Span(2500, 4500),)
    assert times([slot(2300, 4000)], rules_at(), shots_ms=[1700, 2700]) == (Span(2300, 4500),)


def test_an_end_goes_two_frames_before_a_change_of_shot():
    rules = rules_at()
    assert times([slot(0, 3000)], rules, shots_ms=[3200]) == (Span(0, 3120),)
    assert times([slot(0, 3000)], rules, shots_ms=[2900]) == (Span(0, 2820),)
    # Too much of the last word would be lost: the cue stays far into the new shot.
    assert times([slot(0, 3000)], rules, shots_ms=[2700]) == (Span(0, 3500),)


def test_two_cues_meet_at_a_change_of_shot():
    spans = times([slot(0, 3000), slot(3200, 5000)], rules_at(), shots_ms=[3100])
    assert spans == (Span(0, 3020), Span(3100, 5500))


@pytest.mark.parametrize("pause_ms", [90, 130, 300, 490])
def test_a_short_pause_closes_to_two_frames(pause_ms):
    one, two = times([slot(0, 3000), slot(3000 + pause_ms, 5000)], rules_at())
    assert (one.start_ms, two.start_ms - one.end_ms) == (0, 80)


def test_a_cue_as_long_as_allowed_comes_later_to_close_its_gap():
    one, two = times([slot(0, 6900), slot(7300, 9000)], rules_at())
    assert two.start_ms - one.end_ms == 80
    assert one.duration_ms == 7000


def test_a_long_cue_that_cannot_come_later_leaves_half_a_second():
    one, two = times([slot(0, 6990), slot(7400, 9000)], rules_at())
    assert (one, two) == (Span(0, 6900), Span(7400, 9500))


def test_words_longer_than_a_cue_keep_their_end():
    assert times([slot(0, 7200)], rules_at()) == (Span(200, 7200),)
    assert times([slot(0, 9000)], rules_at()) == (Span(0, 7000),)  # nothing to gain


def test_no_cues_no_times():
    assert times([], rules_at()) == ()


def test_a_gap_that_opens_where_a_cue_comes_later_is_closed_too():
    spans = times([slot(0, 3000), slot(3080, 9980), slot(10_380, 12_000)], rules_at())
    assert spans == (Span(0, 3220), Span(3300, 10_300), Span(10_380, 12_500))


def test_a_cue_lingers_half_a_second_into_silence():
    assert times([slot(0, 3000)], rules_at()) == (Span(0, 3500),)
    assert times([slot(0, 3000)], rules_at(), end_ms=3300) == (Span(0, 3300),)
    assert times([slot(0, 6800)], rules_at()) == (Span(0, 7000),)
    # One that is read for longer than that stays no longer for it.
    assert times([slot(0, 1000, 2000)], rules_at()) == (Span(0, 2000),)


@pytest.mark.parametrize(
    ("pause_ms", "stays_ms"),
    [(500, 420), (580, 500), (590, 90), (800, 300), (1000, 500), (3000, 500)],
)
def test_a_lingering_cue_meets_the_next_or_leaves_half_a_second(pause_ms, stays_ms):
    one, two = times([slot(0, 3000), slot(3000 + pause_ms, 6000)], rules_at())
    assert one == Span(0, 3000 + stays_ms)
    assert two.start_ms - one.end_ms == 80 or two.start_ms - one.end_ms >= CLOSE_BELOW_MS


@pytest.mark.parametrize(
    ("shot_ms", "end_ms"),
    [
        (3580, 3500),  # two frames before the change
        (3700, 3120),  # half a second before that
        (4080, 3500),  # far from it
        (3060, 2980),  # the end had gone there before
    ],
)
def test_a_lingering_cue_keeps_to_changes_of_shot(shot_ms, end_ms):
    (span,) = times([slot(0, 3000)], rules_at(), shots_ms=[shot_ms])
    assert span.end_ms == end_ms


@given(roomy(), SHOTS)
def test_lingering_makes_no_flicker_and_no_near_miss_of_a_shot(made, shots_ms):
    slots, at = made

    def spans_of():
        return times(slots, rules_at(), end_ms=at + 5000, shots_ms=shots_ms)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "LINGER_MS", 0)
        before = spans_of()
    after = spans_of()
    changes = [*(ms // 10 * 10 for ms in shots_ms), 1 << 40]
    nexts = [*(span.start_ms for span in after[1:]), 1 << 40]
    for slot_, old, new, next_ms in zip(slots, before, after, nexts, strict=True):
        assert new.start_ms == old.start_ms
        if new == old:
            continue
        assert old.end_ms < new.end_ms <= -(-slot_.end_ms // 10) * 10 + LINGER_MS
        ahead_ms = next(ms for ms in changes if ms >= old.end_ms)
        assert ahead_ms - new.end_ms == 80 or ahead_ms - new.end_ms >= 80 + SNAP_MS
        gap_ms = next_ms - new.end_ms
        assert gap_ms == 80 or gap_ms >= CLOSE_BELOW_MS or ahead_ms <= next_ms
