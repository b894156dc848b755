"""Cues are chosen so that they can be read, wherever any division of the words can be."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.style import StyledRun, StyledWord, StyleKey
from sentigram.core.time import Span
from sentigram.style.layout.cues import choose
from sentigram.style.layout.fitting import Atoms
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.layout.timing import LAG_MS, LEAD_MS, Slot, times
from tests.timing import grows_at_most

RULES = LayoutRules(
    line_chars=16, lines=2, line_px=170, outline_px=0, cps=20, min_ms=833, max_ms=7000, gap_ms=80
)
_PLAIN = StyleKey("neutral", 0)


def atoms_of(words, *, costs=None, sections=None):
    """Words as (characters, start_ms, end_ms), ten pixels a character."""
    n = len(words)
    return Atoms(
        words=tuple(
            StyledWord(i, Span(start, end), (StyledRun("x" * chars, _PLAIN),))
            for i, (chars, start, end) in enumerate(words)
        ),
        speakers=("",) * n,
        labels=("",) * n,
        widths_px=tuple(10.0 * chars for chars, _, _ in words),
        spaces_px=(0.0, *[10.0] * (n - 1)),
        chars=tuple(float(chars) for chars, _, _ in words),
        space_chars=(0.0, *[1.0] * (n - 1)),
        costs=tuple(costs or [0.0] + [0.6] * (n - 1)),
        sections=tuple(sections or [0] * n),
        opens=(True, *[False] * (n - 1)),
    )


@st.composite
def spoken(draw, most=9):
    words, at = [], draw(st.integers(0, 300))
    for _ in range(draw(st.integers(1, most))):
        chars = draw(st.integers(1, 12))
        end = at + max(30, chars * draw(st.integers(25, 90)))
        words.append((chars, at, end))
        at = end + draw(st.sampled_from([0, 0, 0, 40, 200, 700, 1400]))
    return words


def fits(words):
    """Whether words stand in two lines of 16 characters."""
    counts = [chars for chars, _, _ in words]

    def length(part):
        return sum(part) + len(part) - 1

    if length(counts) <= 16:
        return True
    return any(length(counts[:k]) <= 16 >= length(counts[k:]) for k in range(1, len(counts)))


def readable(words, edges):
    """Whether cues with these edges can all be read, each begun as early as it may."""
    free_ms = 0
    for a, b in pairwise(edges):
        part = words[a:b]
        if not fits(part) or (len(part) > 1 and part[-1][2] - part[0][1] > 6900):
            return False
        first_ms = part[0][1] // 10 * 10
        start_ms = max(free_ms, first_ms - LEAD_MS, 0)
        if start_ms > first_ms + LAG_MS:
            return False
        chars = sum(chars for chars, _, _ in part) + len(part) - 1
        need_ms = max(840, -(-chars * 50 // 10) * 10)
        heard_ms = -(-part[-1][2] // 10) * 10
        if b < len(words):
            heard_ms = min(heard_ms, words[b][1] // 10 * 10 - 80)
        free_ms = max(start_ms + need_ms, heard_ms) + 80
    return True


def any_readable(words):
    n = len(words)
    return any(
        readable(words, (0, *inner, n)) for k in range(n) for inner in combinations(range(1, n), k)
    )


@pytest.mark.slow
@given(spoken())
@settings(max_examples=300)
def test_what_can_be_read_at_all_is_readable(words):
    drafts = choose(atoms_of(words), RULES)
    assert [draft.start for draft in drafts] == [0, *[draft.end for draft in drafts[:-1]]]
    assert drafts[-1].end == len(words)
    is_kept = all(draft.need_ms >= draft.reading_ms for draft in drafts)
    assert is_kept or not any_readable(words)
    slots = [Slot(words[d.start][1], words[d.end - 1][2], d.need_ms, d.reading_ms) for d in drafts]
    if any_readable(words):
        for draft, span in zip(drafts, times(slots, RULES), strict=True):
            part = words[draft.start : draft.end]
            chars = sum(chars for chars, _, _ in part) + len(part) - 1
            assert 1000 * chars <= RULES.cps * span.duration_ms
            assert span.duration_ms >= 833


def test_bursts_are_really_tested():
    burst = [(8, 0, 250), (8, 250, 500), (8, 1600, 2000), (8, 2000, 2400)]
    assert any_readable(burst)
    assert not readable(burst, (0, 1, 4))
    assert not any_readable([(12, i * 300, i * 300 + 300) for i in range(8)])


def test_no_cue_reaches_over_two_sections():
    words = [(4, i * 400, i * 400 + 400) for i in range(4)]
    drafts = choose(atoms_of(words, sections=[0, 0, 1, 1]), RULES)
    assert [(draft.start, draft.end) for draft in drafts] == [(0, 2), (2, 4)]


def test_speech_too_fast_to_read_is_known():
    words = [(12, i * 300, i * 300 + 300) for i in range(8)]
    drafts = choose(atoms_of(words), RULES)
    assert any(draft.need_ms < draft.reading_ms for draft in drafts)


def test_times_that_nobody_can_speak_in_cost_no_more_than_their_number():
    def cut(count):
        if not count:  # as people speak
            choose(atoms_of(usual), RULES)
            return
        drafts = choose(atoms_of([(3, i, i + 1) for i in range(count)]), RULES)
        assert [draft.start for draft in drafts[1:]] == [draft.end for draft in drafts[:-1]]
        assert drafts[-1].end == count

    usual = [(3, i * 300, i * 300 + 300) for i in range(400)]
    cut(50)
    assert grows_at_most(8, cut, (0, 400), 0.05)
    assert grows_at_most(12, cut, (400, 1600), 0.05)


def test_no_words_no_cues():
    assert choose(atoms_of([]), RULES) == ()


def test_a_cue_that_has_no_time_is_seen_for_half_the_shortest_time_rather_than_not_at_all():
    rules = replace(RULES, min_ms=1200)
    words = [(12, i * 300, i * 300 + 300) for i in range(11)] + [(4, 6300, 7300)]
    needs_ms = [draft.need_ms for draft in choose(atoms_of(words), rules)]
    assert min(needs_ms) >= 600


def test_a_cue_ends_sooner_where_it_would_have_to_come_late_to_meet_the_next():
    words = [(5, 0, 2250), (5, 2250, 4500), (3, 4500, 6750), (5, 7150, 7650)]
    drafts = choose(atoms_of(words), RULES)
    assert [(draft.start, draft.end) for draft in drafts] == [(0, 2), (2, 4)]


def test_in_speech_too_fast_for_long_good_breaks_come_first():
    chars = (6, 5, 6, 6, 6, 6, 4, 5, 4, 6, 4, 4, 4, 5, 5, 4, 5, 6, 4, 6, 4, 4, 6, 4, 5, 5, 4, 5, 4)
    words = [(n, i * 200, i * 200 + 200) for i, n in enumerate(chars)]
    costs = [0.0 if i % 4 == 0 else 4.0 for i in range(len(words))]
    drafts = choose(atoms_of(words, costs=costs), RULES)
    assert sum(draft.need_ms < draft.reading_ms for draft in drafts) >= 3
    assert sum(costs[draft.start] for draft in drafts) == 8.0
