"""Which Documents belong together, and which word of one is which of another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.emotion import LabelSet
from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.errors import DocumentError, InputError, UsageError
from sentigram.training.judge.corrected_talks import match_words, read_talks
from tests.documents import document, reading, talk
from tests.training.corrected import made, of, relabelled, rewritten, save


def words(*spans: tuple[int, int]) -> list[Word]:
    return [Word("w", Span(*span)) for span in spans]


@st.composite
def word_lists(draw: st.DrawFn) -> list[Word]:
    """Words in order without overlap."""
    found, at = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=12)):
        found.append(Word("w", Span(at + gap, at + gap + length)))
        at += gap + length
    return found


@given(word_lists(), word_lists())
def test_matching_equals_comparing_every_pair(ours, theirs):
    def best(word):
        shared = [
            (word.span.overlap_ms(other.span), -at)
            for at, other in enumerate(theirs)
            if word.span.overlap_ms(other.span)
            and 2 * word.span.overlap_ms(other.span)
            >= min(word.span.duration_ms, other.span.duration_ms)
        ]
        return -max(shared)[1] if shared else None

    assert match_words(ours, theirs) == tuple(best(word) for word in ours)


def test_joined_split_moved_removed_and_added_words():
    ours = words((0, 100), (100, 200), (200, 600), (700, 800), (900, 1000))
    theirs = words((0, 200), (200, 300), (300, 600), (720, 830), (1200, 1300))
    #   joined: both are the one; split: the longer part; moved a little; removed
    assert match_words(ours, theirs) == (0, 0, 2, 3, None)
    assert match_words(theirs, ours) == (0, 2, 2, 3, None)  # the last was added


def test_a_word_that_only_touches_another_is_no_partner():
    assert match_words(words((0, 100)), words((90, 400))) == (None,)
    assert match_words(words((0, 100)), words((50, 400))) == (0,)


def test_talks_are_grouped_by_recording_and_the_first_is_the_models(tmp_path: Path):
    one, other = talk(), of(talk(), "other.mp4")
    ann = relabelled(one, {0: "neutral"})
    paths = save(tmp_path, talk=one, other=other, talk__ann=ann, other__ann=other, talk__ben=one)
    talks = read_talks(paths)
    assert [t.path for t in talks] == paths[:2]
    assert [[c.path for c in t.corrections] for t in talks] == [[paths[2], paths[4]], [paths[3]]]
    assert [c.corrector for c in talks[0].corrections] == ["ann", "ben"]
    assert talks[0].corrections[0].labels[:2] == ("neutral", "happiness")
    assert talks[0].corrections[0].touched == (True, *(False,) * 27)
    assert not any(c.is_made for t in talks for c in t.corrections)


def test_people_are_named_by_the_file_else_by_the_folder_else_by_the_path(tmp_path: Path):
    folders = [tmp_path / name for name in ("model", "cas", "dee", "eve")]
    for folder in folders:
        folder.mkdir()
    (first,) = save(folders[0], talk=talk())
    (cas,) = save(folders[1], talk=talk())
    twins = [save(folder, talk__x=talk())[0] for folder in folders[2:]]
    (found,) = read_talks([first, cas, *twins])
    assert [c.corrector for c in found.corrections] == ["cas", *map(str, twins)]


def test_changed_words_are_counted_and_keep_their_labels(tmp_path: Path):
    model = document(("one two three four five six", "anger"))
    ours, emotions = list(model.transcript.words()), list(model.track.readings)
    joined = replace(ours[0], text="onetwo", span=Span(ours[0].span.start_ms, ours[1].span.end_ms))
    middle = ours[2].span.start_ms + 300
    parts = [
        replace(ours[2], text="th", span=Span(ours[2].span.start_ms, middle)),
        replace(ours[2], text="ree", span=Span(middle, ours[2].span.end_ms)),
    ]
    end = ours[4].span.end_ms
    added = Word("extra", Span(end + 500, end + 600))  # where the model's last word was removed
    theirs = [joined, *parts, replace(ours[3], text="Four!"), ours[4], added]
    said = [reading(label) for label in ("fear", "sadness", "disgust")] + emotions[3:5]
    corrected = rewritten(model, theirs, [*said, reading("neutral")])
    (found,) = read_talks(save(tmp_path, talk=model, talk__ann=corrected))
    (ann,) = found.corrections
    assert ann.labels == ("fear", "fear", "sadness", "anger", "anger", None)
    assert ann.touched == (True, True, True, True, False, True)
    assert (ann.n_removed, ann.n_added) == (1, 1)


def test_strength_and_certainty_count_as_touched_and_unknown_additions_do_not(tmp_path: Path):
    model = document(("one two three", "anger"))
    first, second, third = model.track.readings
    stronger = replace(first, intensity=1.0)
    certain = replace(second, probs=(1.0, *(0.0,) * 6))
    elsewhere = replace(third, evidence=None, vad=None)  # what a page of another version may drop
    ann = rewritten(model, list(model.transcript.words()), [stronger, certain, elsewhere])
    (found,) = read_talks(save(tmp_path, talk=model, talk__ann=ann))
    assert found.corrections[0].touched == (True, True, False)


def test_a_label_that_the_model_does_not_know_may_be_added(tmp_path: Path):
    model = document(("one two three", "anger"))
    labels = LabelSet((*model.track.labels, "calm"))
    readings = [replace(r, probs=(*r.probs, 0.0)) for r in model.track.readings]
    readings[1] = replace(readings[1], label="calm")
    ann = replace(model, track=replace(model.track, labels=labels, readings=tuple(readings)))
    (found,) = read_talks(save(tmp_path, talk=model, talk__ann=ann))
    assert found.corrections[0].labels == ("anger", "calm", "anger")
    assert found.corrections[0].touched == (False, True, False)


def test_made_corrections_are_known_by_their_part(tmp_path: Path):
    model = talk()
    (found,) = read_talks(save(tmp_path, talk=model, talk__ann=made(model), talk__ben=model))
    assert [c.is_made for c in found.corrections] == [True, False]


def test_documents_of_different_recordings_are_refused(tmp_path: Path):
    model = talk()
    later = [
        replace(w, span=Span(w.span.start_ms + 60_000, w.span.end_ms + 60_000))
        for w in model.transcript.words()
    ]
    readings = list(model.track.readings)
    elsewhere = rewritten(model, later, readings)
    paths = save(tmp_path, talk=model, talk__ann=elsewhere)
    with pytest.raises(InputError, match=r"ann.*only 0 of 28 words of .*different recordings"):
        read_talks(paths)
    other_words = [replace(w, text=f"x{i}") for i, w in enumerate(model.transcript.words())]
    paths = save(tmp_path, talk=model, talk__ann=rewritten(model, other_words, readings))
    with pytest.raises(InputError, match="only 0 of 28 words at the same times are spelt as in"):
        read_talks(paths)
    much_more = [*model.transcript.words(), *later]
    paths = save(tmp_path, talk=model, talk__ann=rewritten(model, much_more, readings * 2))
    read_talks(paths)  # half of its words are the model's: a person may have added what was missed
    much_more = [*much_more, *(replace(w, span=Span(w.span.start_ms + 60_000,
        w.span.end_ms + 60_000)) for w in later)]  # fmt: skip
    paths = save(tmp_path, talk=model, talk__ann=rewritten(model, much_more, readings * 3))
    with pytest.raises(InputError, match="only 28 of 84 of its words lie as in"):
        read_talks(paths)


@pytest.mark.parametrize("other", [of(talk(), "other.mp4"), of(talk(), "talk.mp4", 99_000)])
def test_a_recording_with_one_document_is_refused(tmp_path: Path, other):
    paths = save(tmp_path, talk=talk(), talk__ann=other)
    with pytest.raises(InputError, match=r"talk\.sentigram\.json: no other of these Documents is"):
        read_talks(paths)


def test_faults_are_named(tmp_path: Path):
    (path,) = save(tmp_path, talk=talk())
    with pytest.raises(UsageError, match=r"talk\.sentigram\.json: given twice"):
        read_talks([path, path])
    with pytest.raises(DocumentError, match="none"):
        read_talks([path, tmp_path / "none.sentigram.json"])
    silent = document()
    paths = save(tmp_path, silent=silent, silent__ann=silent)
    with pytest.raises(InputError, match=r"silent\.sentigram\.json: has no words"):
        read_talks(paths)
    paths = save(tmp_path, talk=of(talk(), "talk.mp4", 500), talk__ann=silent)
    with pytest.raises(InputError, match="only 0 of 28"):
        read_talks(paths)
