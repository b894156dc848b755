"""Figures on corrected talks, counted by hand and by other libraries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, confusion_matrix

from sentigram.core.emotion import WordEmotion
from sentigram.training.judge import corrections
from sentigram.training.judge.corrected_talks import read_talks
from sentigram.training.judge.corrections import ENOUGH_RECORDINGS, CorrectionsReport, judge
from sentigram.training.judge.metrics import bootstrap
from tests.documents import LABELS, document, reading, talk
from tests.training.corrected import made, of, relabelled, save

ANN = {9: "neutral", 10: "neutral", 18: "surprise", 24: "neutral"}
BEN = {9: "neutral", 10: "neutral", 11: "fear", 18: "happiness"}


def judged(folder: Path, **documents) -> CorrectionsReport:
    return judge(read_talks(save(folder, **documents)))


def labels_of(found) -> list[str]:
    return [each.label for each in found.track.readings]


def test_one_person_is_the_truth(tmp_path: Path):
    model = talk()
    ann = relabelled(model, ANN)
    report = judged(tmp_path, talk=model, talk__ann=ann)
    (person,) = report.people
    assert person.corrector == "ann"
    scores, truth, guess = person.scores["all"], labels_of(ann), labels_of(model)
    order = list(report.labels)
    assert order == list(LABELS)
    assert scores.ua.value == pytest.approx(balanced_accuracy_score(truth, guess))
    np.testing.assert_array_equal(scores.confusion, confusion_matrix(truth, guess, labels=order))
    assert (scores.right.count, scores.right.of) == (24, 28)
    assert (scores.false_alarms.count, scores.false_alarms.of) == (3, 7)  # of her neutral words
    assert scores.false_alarms.figure.value == pytest.approx(3 / 7)
    assert (scores.missed.count, scores.missed.of) == (1, 21)  # surprise was read as neutral
    assert (scores.confused.count, scores.confused.of) == (0, 21)
    assert set(scores.recall) == {"anger", "happiness", "neutral", "sadness", "surprise"}
    assert (scores.recall["neutral"].count, scores.recall["neutral"].of) == (4, 7)


def test_touched_words_stand_apart(tmp_path: Path):
    model = talk()
    ann = relabelled(model, ANN)
    first, *rest = ann.transcript.utterances
    spelt = replace(first.words[0], text="Wee")  # looked at, and its label left
    utterances = (replace(first, words=(spelt, *first.words[1:])), *rest)
    ann = replace(ann, transcript=replace(ann.transcript, utterances=utterances))
    scores = judged(tmp_path, talk=model, talk__ann=ann).people[0].scores["touched"]
    assert (scores.right.count, scores.right.of) == (1, 5)
    assert (scores.false_alarms.count, scores.false_alarms.of) == (3, 3)


def test_untouched_documents_are_noted_and_have_no_touched_figures(tmp_path: Path):
    model = talk()
    report = judged(tmp_path, talk=model, talk__ann=model)
    (note,) = report.notes
    assert "changed nothing: counts as agreeing everywhere; was it looked at?" in note
    assert report.people[0].scores["all"].ua.value == 1
    touched = report.people[0].scores["touched"]
    assert touched.right.of == 0
    assert touched.ua.value is None
    assert touched.missed.figure.value is None
    assert str(touched.ua) == "–"


def test_changes_are_counted_in_speech_of_each_recording(tmp_path: Path):
    model = talk()  # 28 words of 400 ms in four moods
    other = of(document(("one two three four five", "anger")), "other.mp4")
    report = judged(
        tmp_path,
        talk=model,
        talk__ann=relabelled(model, {0: "neutral", 9: "neutral"}),
        other=other,
        other__ann=relabelled(other, {2: "neutral"}),
    )
    (person,) = report.people
    minutes = 33 * 0.4 / 60
    assert person.model_changes_per_minute == pytest.approx(3 / minutes)
    # 0 sets in a change and 9 moves one, with the anger after it one more; 2 of the other, two
    assert person.changes_per_minute == pytest.approx((3 + 1 + 1 + 2) / minutes)


def test_what_the_model_left_unsaid_is_set_against_the_person(tmp_path: Path):
    model = document(("one two three four five six", "neutral"))
    unsure = replace(reading("anger", p=0.3), label="neutral", intensity=0.0)
    readings = (unsure, unsure, unsure, *model.track.readings[3:])
    model = replace(model, track=replace(model.track, readings=readings))
    ann = relabelled(model, {0: "anger", 4: "fear"})
    (person,) = judged(tmp_path, talk=model, talk__ann=ann).people
    assert person.abstained == corrections.Unsaid(words=3, neutral=2, emotion=1)
    assert person.withheld == corrections.Unsaid(words=0, neutral=0, emotion=0)


@dataclass(frozen=True)
class Withholding(WordEmotion):
    """A reading as newer Documents may have it."""

    withheld: bool = False


def test_withheld_labels_are_counted_apart_where_readings_have_them(tmp_path: Path):
    model = document(("one two three four five", "neutral"))
    talks = read_talks(
        save(tmp_path, talk=model, talk__ann=relabelled(model, {0: "anger", 1: "neutral"}))
    )
    loud = reading("anger", p=0.4)
    hidden = Withholding("neutral", loud.probs, 0.5, withheld=True)
    readings = (hidden, hidden, *model.track.readings[2:])
    model = replace(model, track=replace(model.track, readings=readings))
    (person,) = judge([replace(talks[0], document=model)]).people
    assert person.withheld == corrections.Unsaid(words=2, neutral=1, emotion=1)
    assert person.abstained.words == 0
    assert person.scores["all"].missed.count == 1  # the label counts, and it is neutral


def test_words_without_a_partner_are_in_no_figure(tmp_path: Path):
    model = talk()
    words, readings = list(model.transcript.words()), list(model.track.readings)
    first = model.transcript.utterances[0]
    less = replace(
        model,
        transcript=replace(
            model.transcript,
            utterances=(
                replace(first, words=first.words[1:]),
                *model.transcript.utterances[1:],
            ),
        ),
        track=replace(model.track, readings=tuple(readings[1:])),
    )
    scores = judged(tmp_path, talk=model, talk__ann=less).people[0].scores
    assert scores["all"].right.of == len(words) - 1
    assert scores["touched"].right.of == 0


def test_people_agree_with_each_other_and_the_model_with_them(tmp_path: Path):
    model = talk()
    ann, ben = relabelled(model, ANN), relabelled(model, BEN)
    report = judged(tmp_path, talk=model, talk__ann=ann, talk__ben=ben)
    found = report.agreement["all"]
    theirs = [labels_of(each) for each in (model, ann, ben)]
    (pair,) = found.people
    assert pair.names == ("ann", "ben")
    assert pair.kappa == pytest.approx(cohen_kappa_score(theirs[1], theirs[2]))
    assert (pair.same.count, pair.same.of) == (25, 28)
    assert found.mean_kappa.value == pytest.approx(pair.kappa)
    kappas = [cohen_kappa_score(theirs[0], other) for other in theirs[1:]]
    assert [each.names for each in found.model] == [("model", "ann"), ("model", "ben")]
    assert [each.kappa for each in found.model] == pytest.approx(kappas)
    assert found.model_mean_kappa.value == pytest.approx(np.mean(kappas))
    assert (found.all_agree.count, found.all_agree.of) == (25, 28)
    assert found.n_undecided == 3  # of two people, a majority is both
    assert (found.with_majority.same.count, found.with_majority.same.of) == (23, 25)
    touched = report.agreement["touched"]
    assert (touched.all_agree.count, touched.all_agree.of) == (2, 5)
    assert touched.alpha.value < found.alpha.value


def test_only_words_that_two_people_labelled_count_for_agreement(tmp_path: Path):
    one, other = talk(), of(talk(), "other.mp4")
    report = judged(
        tmp_path,
        talk=one,
        talk__ann=relabelled(one, ANN),
        talk__ben=relabelled(one, BEN),
        other=other,
        other__ann=relabelled(other, {0: "fear"}),
    )
    assert report.people[0].scores["all"].right.of == 56
    assert report.agreement["all"].model[0].same.of == 28
    assert report.agreement["all"].all_agree.of == 28
    assert report.agreement["touched"].all_agree.of == 5


def test_all_people_of_a_talk_must_have_a_word_for_all_to_agree_on_it(tmp_path: Path):
    talks = read_talks(save(tmp_path, talk=talk(), talk__a=talk(), talk__b=talk(), talk__c=talk()))
    one, *rest = talks[0].corrections
    less = replace(one, labels=(None, *one.labels[1:]))
    found = judge([replace(talks[0], corrections=(less, *rest))]).agreement["all"]
    assert (found.all_agree.count, found.all_agree.of) == (27, 27)
    assert found.with_majority.same.of == 28  # two of three are a majority


def test_one_person_has_nobody_to_agree_with(tmp_path: Path):
    model = talk()
    assert judged(tmp_path, talk=model, talk__ann=relabelled(model, ANN)).agreement is None
    other = of(model, "other.mp4")  # two people, each alone with a recording
    report = judged(
        tmp_path, talk=model, talk__ann=model, other=other, other__ben=relabelled(other, ANN)
    )
    assert len(report.people) == 2
    assert report.agreement is None


def test_made_corrections_are_named_and_agree_with_nobody(tmp_path: Path):
    model = talk()
    report = judged(
        tmp_path,
        talk=model,
        talk__ann=made(relabelled(model, ANN)),
        talk__ben=relabelled(model, BEN),
        talk__cas=relabelled(model, {0: "neutral"}),
    )
    assert report.agreement is None
    assert report.made == (str(tmp_path / "talk.ann.sentigram.json"),)


def test_suspicious_documents_are_noted(tmp_path: Path):
    model = talk()
    ann = relabelled(model, ANN)
    report = judged(tmp_path, talk=ann, talk__ann=model, talk__ben=relabelled(model, {}))
    first, second = report.notes
    assert "people set 1 of its labels; is it first by mistake?" in first
    assert "the same label on every word; are they the work of two people?" in second


def test_one_recording_has_no_interval_and_few_have_none(tmp_path: Path):
    model = talk()
    report = judged(tmp_path, talk=model, talk__ann=relabelled(model, ANN))
    assert report.interval.startswith("one recording: no interval")
    assert report.people[0].scores["all"].ua.low is None
    documents = {}
    for i in range(ENOUGH_RECORDINGS - 1):
        one = of(model, f"t{i}.mp4")
        documents |= {f"t{i}": one, f"t{i}__ann": relabelled(one, ANN)}
    report = judged(tmp_path, **documents)
    assert report.interval.startswith(f"{ENOUGH_RECORDINGS - 1} recordings: no interval")
    assert report.people[0].scores["all"].right.figure.low is None


@pytest.mark.slow
def test_enough_recordings_give_intervals_over_recordings(tmp_path: Path):
    model, documents, right = talk(), {}, []
    for i in range(ENOUGH_RECORDINGS):
        one = of(model, f"t{i}.mp4")
        changed = dict.fromkeys(range(9 + i % 4), "neutral")
        documents |= {
            f"t{i}": one,
            f"t{i}__ann": relabelled(one, changed),
            f"t{i}__ben": relabelled(one, {i: "fear"} | ({20: "disgust"} if i == 0 else {})),
        }
        right += [word not in changed for word in range(28)]
    report = judged(tmp_path, **documents)
    assert report.interval == f"intervals: 95 %, over {ENOUGH_RECORDINGS} recordings"
    hits = np.array(right, float)
    clusters = [str(i) for i in range(ENOUGH_RECORDINGS) for _ in range(28)]
    expected = bootstrap(lambda items: float(hits[items].mean()), clusters)
    figure = report.people[0].scores["all"].right.figure
    assert (figure.value, figure.low, figure.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert figure.low < figure.value < figure.high
    assert report.agreement["all"].alpha.low < report.agreement["all"].alpha.value
    assert report.agreement["all"].mean_kappa.low is not None
    fear = report.people[1].scores["all"].recall["fear"].figure
    assert fear.value == 0
    assert (fear.low, fear.high) == (None, None)  # 0 in every draw: no interval says more
    rare = report.people[1].scores["all"].recall["disgust"].figure  # of one recording alone:
    assert (rare.value, rare.low, rare.high) == (0, None, None)  # most draws have none of it
    assert str(figure) == f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
