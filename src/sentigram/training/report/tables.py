"""An evaluation for people: tables in Markdown or on a terminal, from one description of them.

Every table carries its baselines, those that were not run included; every figure its interval, or
the words that it is unknown and why; every row that is one run says that the variance of its seeds
is unknown; every difference that the numbers do not bear out says so; and every row how far its
encoders knew the corpus already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from statistics import mean, stdev
from typing import Literal

from sentigram.training.audit.placebo import PlaceboStudy
from sentigram.training.judge.comparison import Comparison
from sentigram.training.judge.contribution import Contribution
from sentigram.training.judge.evaluation import Evaluation, Score, Slice, SystemResult
from sentigram.training.judge.intervals import ONE_RUN, Interval, words
from sentigram.training.judge.resampling import (
    AURC,
    BRIER,
    CCC,
    ECE,
    MACRO_F1,
    UA,
    WA,
    WEIGHTED_F1,
)

Exposure = Literal["clean", "unlabelled-exposed", "chosen-on", "label-exposed", "unknown"]
# (encoder, corpus) → how far the encoder's training saw that corpus.
Exposures = Mapping[tuple[str, str], Exposure]

NAMES: Mapping[str, str] = {
    UA: "UA",
    WA: "WA",
    MACRO_F1: "macro F1",
    WEIGHTED_F1: "weighted F1",
    ECE: "ECE ↓",
    BRIER: "Brier ↓",
    AURC: "AURC ↓",
    **{name: f"CCC {name.removeprefix('ccc_')}" for name in CCC},
}
BADGES: Mapping[Exposure, str] = {
    "clean": "● clean",
    "unlabelled-exposed": "◐ unlabelled-exposed",
    "chosen-on": "◔ chosen-on",
    "unknown": "? unknown",
    "label-exposed": "○ label-exposed",
}
_MEANINGS: Mapping[Exposure, str] = {
    "label-exposed": (
        "Label-exposed: the encoder was trained on this corpus's labels; scores flatter it."
    ),
    "chosen-on": (
        "Chosen-on: settings of it, such as layers, were chosen by scores on this corpus; they "
        "flatter it a little."
    ),
    "unknown": "Unknown: nobody knows whether it was trained on this corpus.",
}
_FROM_BEST: tuple[Exposure, ...] = tuple(BADGES)  # what a row shows is the worst of its pairs
_NONE = "–"
_NOT_RUN = "not run"
_MANY_FOLDS = 12
_HASH_DIGITS = 12
_WIDTH = 180


@dataclass(frozen=True, slots=True)
class About:
    """What the numbers alone do not tell.

    Attributes:
        title: Of the report.
        scheme: How examples were divided.
        plan_sha256: Of the split plan.
        encoders: System → names of the encoders that it reads; none for rows without a network.
        notes: What a reader must know, such as what the audit found.
        temperatures: System → least and greatest of its networks, which its logits were divided by.
        contributions: System → what each of its modalities is worth, in unweighted accuracy.
        placebo: What augmentation by label scores by its traces, where that was tried.
    """

    title: str = "Evaluation"
    scheme: str = ""
    plan_sha256: str = ""
    encoders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    temperatures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    contributions: Mapping[str, tuple[Contribution, ...]] = field(default_factory=dict)
    placebo: PlaceboStudy | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The same readings otherwise: over dialogues, given the speakers; or of whole clips.

    Attributes:
        evaluation: Intervals for these very speakers, not for others; or figures of clips.
        comparisons: Verdicts for them.
    """

    evaluation: Evaluation
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table.

    Attributes:
        title: Above it.
        header: Names of the columns; the first names the rows.
        rows: As many cells each as the header.
        note: Below it, may be empty.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def as_markdown(
    evaluation: Evaluation,
    comparisons: Sequence[Comparison] = (),
    exposures: Exposures | None = None,
    *,
    about: About | None = None,
    given: Given | None = None,
    clips: Given | None = None,
) -> str:
    """The whole report as Markdown.

    Args:
        evaluation: From `evaluation.evaluate`.
        comparisons: From `comparison.compare`; those of the first system mark the rows.
        exposures: How far each encoder knew each corpus; pairs that are absent are unknown.
        about: Where the numbers come from.
        given: The same over dialogues, given the speakers.
        clips: The same of whole clips, where examples are pieces.
    """
    about = about or About()
    lines = "\n".join(f"- {inert(line)}" for line in provenance(evaluation, about))
    parts = [f"# {inert(about.title)}", lines]
    for sheet in sheets(evaluation, comparisons, exposures or {}, about, given, clips):
        parts += [f"## {inert(sheet.title)}", markdown_table(sheet.header, sheet.rows)]
        parts += [inert(sheet.note)] if sheet.note else []
    return "\n\n".join(parts) + "\n"


def as_text(
    evaluation: Evaluation,
    comparisons: Sequence[Comparison] = (),
    exposures: Exposures | None = None,
    *,
    about: About | None = None,
    given: Given | None = None,
    clips: Given | None = None,
    width: int = _WIDTH,
) -> str:
    """The same for a terminal of `width` characters."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    about = about or About()
    out = StringIO()
    console = Console(file=out, width=width, highlight=False)
    console.print(Text(about.title))
    for line in provenance(evaluation, about):
        console.print(Text(f"  {line}"))
    for sheet in sheets(evaluation, comparisons, exposures or {}, about, given, clips):
        console.print()
        table = Table(title=Text(sheet.title), title_justify="left", box=box.SIMPLE_HEAD)
        for name in sheet.header:
            table.add_column(Text(name))
        for row in sheet.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
        if sheet.note:
            console.print(Text(f"  {sheet.note}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up in the source too."""
    cells = [[inert(cell).replace("|", "\\|") for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def inert(text: str) -> str:
    """A text in one line of Markdown without links, pictures or HTML: names may hold anything."""
    plain = " ".join(text.split()).replace("\\", "\\\\")
    return plain.replace("<", "\\<").replace("](", "]\\(")


def provenance(evaluation: Evaluation, about: About) -> tuple[str, ...]:
    """Where the numbers come from, and what to beware of, a line each."""
    overall = evaluation.systems[0].overall
    examples = f"{overall.n:,} examples of {', '.join(evaluation.corpora)}"
    if evaluation.clustered_by != "examples":
        examples += f" in {overall.n_clusters:,} {evaluation.clustered_by}"
    lines = [f"{examples}; {len(evaluation.classes)} classes"]
    if overall.unknown:
        lines.append(f"interval unknown: {overall.unknown}")
        lines.append("value ± deviation over runs")
    else:
        draws = f"{evaluation.n_draws:,} draws of whole {evaluation.clustered_by}"
        lines.append(f"value [95 % interval, from {draws} and the runs] ± deviation over runs")
    single = [result.name for result in evaluation.systems if result.is_one_seed]
    if single:
        lines.append(f"one run, {ONE_RUN} and in no interval: {', '.join(single)}")
    if about.scheme or about.plan_sha256:
        digest = about.plan_sha256[:_HASH_DIGITS] or "unknown"
        lines.append(f"split: {about.scheme or 'unknown'}, plan {digest}")
    others = [s.name for s in evaluation.systems if s.overall.n != overall.n]
    if others:
        lines.append(f"tested on other examples: {', '.join(others)}")
    return (*lines, *about.notes)


def sheets(
    evaluation: Evaluation,
    comparisons: Sequence[Comparison],
    exposures: Exposures,
    about: About,
    given: Given | None = None,
    clips: Given | None = None,
) -> tuple[ReportTable, ...]:
    """All tables, those without rows left out."""
    found = [
        _headline(evaluation, comparisons, exposures, about),
        _deviations(evaluation),
        replace(_figures(evaluation, "Confidence", (ECE, BRIER, AURC)), note=_temperatures(about)),
        _figures(evaluation, "Valence, arousal, dominance", CCC),
        _differences(comparisons),
        *(_given(given, exposures, about) if given else ()),
        *((_clips(clips, exposures, about),) if clips else ()),
        _contributions(about),
        _placebo(about),
        _classes(evaluation.systems[0]),
        _class_f1(evaluation),
        _slices(evaluation, "group", "By group"),
        _slices(evaluation, "corpus", "By corpus"),
        _folds(evaluation),
        _exposures(exposures),
    ]
    return tuple(sheet for sheet in found if sheet.rows)


def _given(given: Given, exposures: Exposures, about: About) -> tuple[ReportTable, ...]:
    """Headline and differences over dialogues, titled so."""
    evaluation = given.evaluation
    n = evaluation.systems[0].overall.n_clusters
    note = (
        f"Intervals and verdicts from draws of {n:,} dialogues: they are of these very speakers, "
        "and say nothing of others."
    )
    return tuple(
        replace(
            sheet,
            title=f"{sheet.title}, over {evaluation.clustered_by}",
            note=f"{note} {sheet.note}".strip(),
        )
        for sheet in (
            _headline(evaluation, given.comparisons, exposures, about),
            _differences(given.comparisons),
        )
    )


def _clips(clips: Given, exposures: Exposures, about: About) -> ReportTable:
    """Headline of whole clips, titled so."""
    n = clips.evaluation.systems[0].overall.n
    note = (
        f"Examples are pieces of {n:,} clips. Here each clip is read once: the mean of the "
        "probabilities of its pieces."
    )
    sheet = _headline(clips.evaluation, clips.comparisons, exposures, about)
    return replace(sheet, title="Headline, whole clips", note=note)


def _contributions(about: About) -> ReportTable:
    rows = tuple(
        (system, part.modality, f"{part.alone:.3f}", f"{part.drop:+.3f}", f"{part.shapley:+.3f}")
        for system, parts in about.contributions.items()
        for part in parts
    )
    return ReportTable(
        "What each modality is worth, in UA",
        ("system", "modality", "alone", "lost without it", "Shapley"),
        rows,
        "Measured by withholding it from the trained network, never read off a gate. A network "
        "trained without modality_dropout has not met an absent modality before.",
    )


_PROTOCOLS: Mapping[str, str] = {
    "original": "original, flawed: test altered too",
    "honest": "honest: training altered",
}
_LABELS: Mapping[str, str] = {"drawn": "drawn at random", "true": "true"}


def _placebo(about: About) -> ReportTable:
    """What a policy that knows the label scores by its traces; no row of it is a result."""
    rows = () if about.placebo is None else about.placebo.rows
    return ReportTable(
        "Placebo: augmentation by label",
        ("protocol", "labels", "UA", "chance", "n"),
        tuple(
            (
                _PROTOCOLS[row.protocol],
                _LABELS[row.labels],
                f"{row.score:.3f}",
                f"{row.chance:.3f}",
                f"{row.n:,}",
            )
            for row in rows
        ),
        "No result. The original protocol alters every example by its label and then divides at "
        "random; with labels drawn at random, what it scores above chance is its flaw. The honest "
        "one with true labels is the first table. One network per split; n of even classes.",
    )


def badge(
    system: str, corpora: Sequence[str], exposures: Exposures, encoders: Mapping[str, Sequence[str]]
) -> str:
    """How far a system's encoders knew the corpora: the worst of all pairs."""
    levels = [
        exposures.get((encoder, corpus), "unknown")
        for encoder in encoders.get(system, ())
        for corpus in corpora
    ]
    return BADGES[max(levels, key=_FROM_BEST.index)] if levels else _NONE


def _headline(
    evaluation: Evaluation,
    comparisons: Sequence[Comparison],
    exposures: Exposures,
    about: About,
) -> ReportTable:
    metrics = (UA, MACRO_F1, WA, WEIGHTED_F1)
    own = evaluation.systems[0].name
    verdicts = {c.second: c.worded for c in comparisons if (c.first, c.metric) == (own, UA)}
    rows = []
    for result in evaluation.systems:
        row = [result.name, *(_cell(result.overall, metric) for metric in metrics)]
        row += [verdicts.get(result.name, _NONE)] if verdicts else []
        row += [_runs(result), badge(result.name, evaluation.corpora, exposures, about.encoders)]
        rows.append(tuple(row))
    n_empty = len(metrics) + bool(verdicts) + 1
    rows += [(name, _NOT_RUN, *[_NONE] * n_empty) for name in evaluation.not_run]
    header = ["system", *(NAMES[metric] for metric in metrics)]
    header += [f"{own} is (UA)"] if verdicts else []
    return ReportTable("Headline", (*header, "runs", "exposure"), tuple(rows))


def _figures(evaluation: Evaluation, title: str, metrics: Sequence[str]) -> ReportTable:
    present = [m for m in metrics if any(m in s.overall.scores for s in evaluation.systems)]
    rows = [
        (result.name, *(_cell(result.overall, metric) for metric in present), _runs(result))
        for result in evaluation.systems
        if any(metric in result.overall.scores for metric in present)
    ]
    return ReportTable(
        title, ("system", *(NAMES[metric] for metric in present), "runs"), tuple(rows)
    )


def _differences(comparisons: Sequence[Comparison]) -> ReportTable:
    rows = [
        (
            f"{c.first} − {c.second}",
            NAMES[c.metric],
            _difference(c),
            _NONE if c.p is None else f"{c.p:.2g}",
            _NONE if c.p_corrected is None else f"{c.p_corrected:.2g}",
            c.worded,
        )
        for c in comparisons
    ]
    header = ("pair", "metric", "difference", "p", "p after Holm", "the first is")
    return ReportTable("Differences", header, tuple(rows), _about_differences(comparisons))


def _difference(found: Comparison) -> str:
    if found.unknown:
        return f"{found.difference:+.3f} [unknown]"
    return words(found.difference, Interval(found.low, found.high), sign="+")


def _about_differences(comparisons: Sequence[Comparison]) -> str:
    n = sum(c.p is not None for c in comparisons)
    notes = [
        f"Paired over whole clusters, the seeds of both apart; Holm over these {n}. No "
        "difference: the corrected p is .05 or more."
        if n
        else ""
    ]
    notes += [f"Unknown: {why}." for why in dict.fromkeys(c.unknown for c in comparisons) if why]
    if any(c.one_seed for c in comparisons):
        notes.append(f"With {ONE_RUN}, a verdict is of the networks that were trained, not of how.")
    return " ".join(note for note in notes if note)


def _classes(result: SystemResult) -> ReportTable:
    rows = [
        (row.name, str(row.support), row.precision.short, row.recall.short, row.f1.short)
        for row in result.classes
    ]
    header = ("class", "examples", "precision", "recall", "F1")
    note = f"One run: {ONE_RUN}." if result.is_one_seed else ""
    return ReportTable(f"Classes, {result.name}", header, tuple(rows), note)


def _class_f1(evaluation: Evaluation) -> ReportTable:
    rows = [
        (result.name, *(f"{row.f1.value:.3f}" for row in result.classes))
        for result in evaluation.systems
    ]
    return ReportTable("F1 of each class", ("system", *evaluation.classes), tuple(rows))


def _slices(evaluation: Evaluation, kind: str, title: str) -> ReportTable:
    first = [piece for piece in evaluation.systems[0].slices if piece.kind == kind]
    names = [piece.name for piece in first]
    rows = []
    for result in evaluation.systems:
        found = {piece.name: piece for piece in result.slices if piece.kind == kind}
        cells = [_cell(found[name], UA) if name in found else _NONE for name in names]
        rows.append((result.name, *cells, _runs(result)))
    header = ("UA", *(f"{p.name} ({p.n:,} in {p.n_clusters:,})" for p in first), "runs")
    note = " ".join(f"Interval unknown for {p.name}: {p.unknown}." for p in first if p.unknown)
    return ReportTable(title, header, tuple(rows) if names else (), note)


def _folds(evaluation: Evaluation) -> ReportTable:
    names = tuple(evaluation.systems[0].fold_ua)
    shown = names if len(names) <= _MANY_FOLDS else ()
    rows = []
    for result in evaluation.systems:
        values = result.fold_ua
        mean = sum(values.values()) / len(values)
        cells = (f"{values[n]:.3f}" if n in values else _NONE for n in shown)
        rows.append((result.name, f"{mean:.3f}", *cells))
    header = ("UA", f"mean of {len(names)} folds", *shown)
    return ReportTable("By fold", header, tuple(rows) if len(names) > 1 else ())


def _deviations(evaluation: Evaluation) -> ReportTable:
    """UA, macro F1 and WA over folds and over seeds, as papers print them."""
    metrics = (UA, MACRO_F1, WA)
    header = ["system"]
    for metric in metrics:
        header += [f"{NAMES[metric]}, folds", f"{NAMES[metric]}, seeds"]
    rows = []
    for result in evaluation.systems:
        row = [result.name]
        for metric in metrics:
            folds = list(result.folds.get(metric, {}).values())
            score = result.overall.scores[metric]
            row += [
                f"{mean(folds):.3f} ± {stdev(folds):.3f}" if len(folds) > 1 else _NONE,
                f"{score.value:.3f} ± {score.std:.3f}" if score.std is not None else _NONE,
            ]
        if any(cell != _NONE for cell in row[1:]):
            rows.append(tuple(row))
    note = (
        "Folds: the mean of the folds' own figures (each over the runs) and their deviation. "
        "Seeds: of all examples, over runs. Neither is an interval: folds share what they are "
        "trained on, and seeds say nothing of other speakers."
    )
    return ReportTable("Mean ± deviation", tuple(header), tuple(rows), note)


def _temperatures(about: About) -> str:
    if not about.temperatures:
        return "Logits as they are: no network's card has a temperature."
    shown = [
        f"{system} {low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{system} {low:.2f}–{high:.2f}"
        for system, (low, high) in about.temperatures.items()
    ]
    return (
        "Logits divided by the temperature in each network's card, which its validation examples "
        f"gave: {', '.join(shown)}. Other rows as they are."
    )


def _exposures(exposures: Exposures) -> ReportTable:
    rows = [(encoder, corpus, BADGES[level]) for (encoder, corpus), level in exposures.items()]
    levels = set(exposures.values())
    note = " ".join(meaning for level, meaning in _MEANINGS.items() if level in levels)
    return ReportTable("What encoders saw", ("encoder", "corpus", "exposure"), tuple(rows), note)


def _runs(result: SystemResult) -> str:
    """How many runs, and what one run leaves open."""
    return f"1: {ONE_RUN}" if result.is_one_seed else str(result.n_runs)


def _cell(piece: Slice, metric: str) -> str:
    score: Score | None = piece.scores.get(metric)
    if score is None:
        return _NONE
    return score.short if score.std is None else f"{score.short} ± {score.std:.3f}"
