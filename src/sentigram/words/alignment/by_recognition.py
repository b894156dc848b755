"""Places a given text in time by what a recognizer heard: coarse anchors for the alignment."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word

_N_GRAM = 3  # words that must agree, and be unique in both texts, to anchor
_PHRASE = 5  # words in a row that agree are no chance
_SHORT = 4  # letters; a lone match of a shorter word is as likely chance
_LEAST_WORD_MS = 100  # ten words a second are the fastest that people speak
_LARGEST_GAP = 4_000_000  # pairs of words that are compared one by one between two anchors


def anchor(
    transcript: Transcript, heard: Transcript, *, duration_ms: int | None = None
) -> Transcript:
    """Give the words of a transcript the times at which a recognizer heard them.

    Words that both have are matched in order: first by phrases that occur once in each, then word
    by word between those. The others share the time between their neighbours in proportion to
    their length; before the first and after the last match they keep the pace of the text.

    Args:
        transcript: The given text; its times are not used, except where nothing matches at all.
        heard: What a recognizer heard in the same recording, with times.
        duration_ms: Of the recording, where it is known: no word is placed after its end.

    Returns:
        The given text, with all times marked as estimated.
    """
    words = list(transcript.words())
    other = list(heard.words())
    pairs = matches(
        [plain_key(word.text) for word in words], [plain_key(word.text) for word in other]
    )
    pairs = _credible(pairs, words, other)
    if not pairs:
        return _rebuilt(transcript, [word.span for word in words])
    known = {i: other[j].span for i, j in pairs}
    return _rebuilt(transcript, _spans(words, known, heard, duration_ms))


def agreement(transcript: Transcript, heard: Transcript) -> float:
    """The share of a text's words, sounds aside, that were heard in the same order."""
    words = [word for word in transcript.words() if plain_key(word.text)]
    other = list(heard.words())
    pairs = matches([plain_key(w.text) for w in words], [plain_key(w.text) for w in other])
    return len(pairs) / max(1, len(words))


def matches(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of equal words, increasing in both; empty words match nothing."""
    pairs: list[tuple[int, int]] = []
    a = b = 0
    for i, j in [*_unique_phrases(left, right), (len(left), len(right))]:
        if i < a or j < b:
            continue
        pairs += _between(left, right, (a, i), (b, j))
        if i < len(left):
            pairs.append((i, j))
        a, b = i + 1, j + 1
    return [(i, j) for i, j in pairs if left[i]]


def _credible(
    pairs: list[tuple[int, int]], words: Sequence[Word], other: Sequence[Word]
) -> list[tuple[int, int]]:
    """Drop lone short words, and matches that leave too little time for the words between."""
    runs: list[list[tuple[int, int]]] = []
    for i, j in pairs:
        if runs and runs[-1][-1] == (i - 1, j - 1):
            runs[-1].append((i, j))
        else:
            runs.append([(i, j)])
    runs = [run for run in runs if len(run) > 1 or len(plain_key(words[run[0][0]].text)) > _SHORT]
    kept: list[list[tuple[int, int]]] = []
    for run in runs:
        n_stay = len(kept)  # how many of the earlier runs stay if this one is kept
        while n_stay and len(kept[n_stay - 1]) < len(run) and not _fits(kept[:n_stay], run, other):
            n_stay -= 1
        if _fits(kept[:n_stay], run, other):
            kept = [*kept[:n_stay], run]
    return [pair for run in kept for pair in run]


def _fits(
    kept: Sequence[list[tuple[int, int]]], run: list[tuple[int, int]], other: Sequence[Word]
) -> bool:
    """Whether there is time for the words between the last run that is kept and this one.

    A phrase is no chance match: where there is no time, nobody says what the text has between.
    """
    if len(run) >= _PHRASE:
        return True
    before, from_ms = (kept[-1][-1][0], other[kept[-1][-1][1]].span.end_ms) if kept else (-1, 0)
    n_missing = run[0][0] - before - 1
    return other[run[0][1]].span.start_ms - from_ms >= n_missing * _LEAST_WORD_MS


def plain_key(text: str) -> str:
    """A word as it is compared: without case and marks."""
    return re.sub(r"[^\w]", "", text.lower().replace("’", "'"))


def _unique_phrases(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Starts of phrases that occur once on each side, as the longest increasing chain of them."""
    places = [_once(left), _once(right)]
    common = sorted((i, places[1][gram]) for gram, i in places[0].items() if gram in places[1])
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(common):
        k = bisect_left(tails, j)
        before.append(ends[k - 1] if k else -1)
        tails[k : k + 1] = [j]
        ends[k : k + 1] = [index]
    chain = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(common[index])
        index = before[index]
    return chain[::-1]


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    grams = [tuple(words[i : i + _N_GRAM]) for i in range(len(words) - _N_GRAM + 1)]
    counts = Counter(grams)
    return {gram: i for i, gram in enumerate(grams) if counts[gram] == 1}


def _between(
    left: Sequence[str], right: Sequence[str], a: tuple[int, int], b: tuple[int, int]
) -> list[tuple[int, int]]:
    if (a[1] - a[0]) * (b[1] - b[0]) > _LARGEST_GAP:
        return []  # nothing in common for minutes: another text
    matcher = SequenceMatcher(None, left[a[0] : a[1]], right[b[0] : b[1]], autojunk=False)
    return [
        (a[0] + block.a + k, b[0] + block.b + k)
        for block in matcher.get_matching_blocks()
        for k in range(block.size)
    ]


def _spans(
    words: list[Word], known: dict[int, Span], heard: Transcript, duration_ms: int | None
) -> list[Span]:
    weights = [len(word.text) + 1 for word in words]
    matched = sorted(known)
    pace_ms = sum(known[i].duration_ms for i in matched) / sum(weights[i] for i in matched)
    first, last = matched[0], matched[-1]
    head_ms = round(pace_ms * sum(weights[:first]))
    tail_ms = round(pace_ms * sum(weights[last + 1 :]))
    begin_ms = max(0, known[first].start_ms - head_ms)
    if (
        heard.utterances[0].span.start_ms < known[first].start_ms
    ):  # heard otherwise: words are there
        begin_ms = min(begin_ms, heard.utterances[0].span.start_ms)
    if not first:
        begin_ms = known[first].start_ms
    end_ms = known[last].end_ms + tail_ms
    if duration_ms is not None:
        end_ms = max(known[last].end_ms, min(end_ms, duration_ms))
    spans: list[Span] = []
    i = 0
    while i < len(words):
        if i in known:
            spans.append(known[i])
            i += 1
            continue
        stop = next((j for j in range(i, len(words)) if j in known), len(words))
        from_ms = spans[-1].end_ms if spans else begin_ms
        to_ms = known[stop].start_ms if stop < len(words) else end_ms
        spans += share(weights[i:stop], Span(from_ms, max(from_ms, to_ms)))
        i = stop
    return spans


def share(weights: Sequence[int], span: Span) -> list[Span]:
    """Divide a span in proportion to weights."""
    total = sum(weights)
    edges = [span.start_ms]
    so_far = 0
    for weight in weights:
        so_far += weight
        edges.append(span.start_ms + span.duration_ms * so_far // total)
    return [Span(a, b) for a, b in pairwise(edges)]


def _rebuilt(transcript: Transcript, spans: list[Span]) -> Transcript:
    utterances: list[Utterance] = []
    rest = iter(spans)
    for utterance in transcript.utterances:
        words = tuple(
            replace(word, span=next(rest), timing="estimated") for word in utterance.words
        )
        start_ms = min(word.span.start_ms for word in words)
        end_ms = max(word.span.end_ms for word in words)
        utterances.append(replace(utterance, span=Span(start_ms, end_ms), words=words))
    return replace(transcript, utterances=tuple(utterances))
