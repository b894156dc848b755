"""Figures on corrected talks for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sentigram.core.time import format_clock
from sentigram.training.judge.corrections import (
    SCOPES,
    Agreement,
    CorrectionsReport,
    Pair,
    PersonReport,
    Scope,
    Scores,
    Share,
    Unsaid,
)

_IN_WORDS: Mapping[Scope, str] = {"all": "all words", "touched": "touched words"}
_ACCEPTED = (
    "Words that nobody touched count as accepted. People correct what looks wrong, so these are "
    "weaker evidence; touched words are those whose text, times or emotion a person changed, and "
    "one that was touched for its label alone was read wrong by definition."
)
_BEGAN_ALIKE = (
    "People began from the model's labels, so on all words everybody agrees more than if they had "
    "labelled from nothing; on touched words the model is at a disadvantage, for a word is touched "
    "because it looks wrong."
)


def as_text(report: CorrectionsReport) -> str:
    """For people."""
    return "\n".join(_lines(report))


def as_json(report: CorrectionsReport) -> str:
    """For scripts."""
    data: dict[str, Any] = {
        "made_by_a_program": list(report.made),
        "interval": report.interval,
        "untouched_words": _ACCEPTED,
        "notes": list(report.notes),
        "labels": list(report.labels),
        "recordings": [
            {
                "media": talk.name,
                "duration_ms": talk.document.media.duration_ms,
                "document": str(talk.path),
                "words": len(talk.document.track.readings),
                "corrected": [
                    {
                        "corrector": correction.corrector,
                        "document": str(correction.path),
                        "touched": sum(correction.touched) - correction.n_removed,
                        "removed": correction.n_removed,
                        "added": correction.n_added,
                    }
                    for correction in talk.corrections
                ],
            }
            for talk in report.talks
        ],
        "correctors": {person.corrector: _person_json(person) for person in report.people},
        "agreement": None
        if report.agreement is None
        else {scope: asdict(agreement) for scope, agreement in report.agreement.items()},
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


def _person_json(person: PersonReport) -> dict[str, Any]:
    return {name: value for name, value in asdict(person).items() if name != "corrector"}


def _lines(report: CorrectionsReport) -> Iterator[str]:
    if report.made:
        n_documents = sum(1 + len(talk.corrections) for talk in report.talks)
        yield (
            f"MADE CORRECTIONS: a program, no person, wrote {len(report.made)} of these "
            f"{n_documents} Documents ({', '.join(report.made)}): the figures below try the "
            "command and say nothing about the model."
        )
    people = ", ".join(person.corrector for person in report.people)
    yield f"The model's labels against those of {people}, whose labels are the truth."
    yield f"{report.interval[0].upper()}{report.interval[1:]}."
    yield _ACCEPTED
    yield from (f"Note: {note}" for note in report.notes)
    for talk in report.talks:
        yield ""
        clock = format_clock(talk.document.media.duration_ms)
        yield f"{talk.name} ({clock}), {len(talk.document.track.readings)} words in {talk.path}"
        for correction in talk.corrections:
            n_touched = sum(correction.touched) - correction.n_removed
            yield (
                f"  {correction.corrector}: {n_touched} touched; not matched: "
                f"{correction.n_removed} of the model's, {correction.n_added} of the corrector's "
                f"({correction.path})"
            )
    for person in report.people:
        yield from _person_lines(person, report.labels)
    if report.agreement is not None:
        for scope in SCOPES:
            yield from _agreement_lines(report.agreement[scope], scope)
        yield _BEGAN_ALIKE
    elif report.made:
        yield "\nNo figures of agreement: some of these corrections were made by a program."
    else:
        yield "\nNo figures of agreement: they need two people or more who corrected one recording."


def _person_lines(person: PersonReport, labels: Sequence[str]) -> Iterator[str]:
    for scope in SCOPES:
        scores = person.scores[scope]
        yield f"\n{person.corrector}, {_IN_WORDS[scope]}: {scores.right.of}"
        if not scores.right.of:
            continue
        yield f"  {'UA':<32} {scores.ua}"
        yield _row("the same label", scores.right)
        yield _row("false alarms (neutral, read not)", scores.false_alarms)
        yield _row("missed (emotion, read neutral)", scores.missed)
        yield _row("confused (another emotion)", scores.confused)
        for label, share in scores.recall.items():
            yield _row(f"recall of {label}", share)
        yield from _confusion_lines(scores, labels)
    yield f"\n{person.corrector}, changes of emotion in a minute of speech"
    yield f"  {'the model':<32} {person.model_changes_per_minute:.1f}"
    yield f"  {person.corrector:<32} {person.changes_per_minute:.1f}"
    yield _unsaid_line("unsure, left neutral", person.abstained)
    if person.withheld.words:
        yield _unsaid_line("label withheld", person.withheld)


def _unsaid_line(name: str, unsaid: Unsaid) -> str:
    return (
        f"  {name:<32} {unsaid.words} words: the person calls {unsaid.neutral} neutral, "
        f"{unsaid.emotion} an emotion"
    )


def _row(name: str, share: Share) -> str:
    return f"  {name:<32} {share.figure}  ({share.count} of {share.of})"


def _confusion_lines(scores: Scores, labels: Sequence[str]) -> Iterator[str]:
    """The confusion without labels that neither side gave."""
    counts = scores.confusion
    shown = [i for i in range(len(labels)) if any(counts[i]) or any(row[i] for row in counts)]
    width = max(len(labels[i]) for i in shown)
    columns = "  ".join(f"{labels[i]:>{width}}" for i in shown)
    yield f"  {'person ↓, model →':<32} {columns}"
    for i in shown:
        cells = "  ".join(f"{counts[i][j]:>{width}}" for j in shown)
        yield f"  {labels[i]:>32} {cells}"


def _agreement_lines(agreement: Agreement, scope: Scope) -> Iterator[str]:
    n_decided = agreement.with_majority.same.of
    yield f"\nAgreement, {_IN_WORDS[scope]}: {n_decided + agreement.n_undecided}"
    yield f"  {'Krippendorff’s α of the people':<32} {agreement.alpha}"
    yield _row("words on which all people agree", agreement.all_agree)
    yield from map(_pair_line, agreement.people)
    yield f"  {'mean κ between people':<32} {agreement.mean_kappa}"
    yield from map(_pair_line, agreement.model)
    yield f"  {'mean κ of model and people':<32} {agreement.model_mean_kappa}"
    yield _pair_line(agreement.with_majority)
    yield f"  {'words without a majority':<32} {agreement.n_undecided}"


def _pair_line(pair: Pair) -> str:
    kappa = "–" if pair.kappa is None else f"{pair.kappa:.3f}"
    return (
        f"  {' and '.join(pair.names):<32} κ {kappa}, the same label {pair.same.figure}  "
        f"({pair.same.count} of {pair.same.of})"
    )
