"""Reports in words, as JSON, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sentigram.check.checking import Report
from sentigram.check.fix.retiming import CueChange
from sentigram.check.rules.catalogue import CheckFinding, rules
from sentigram.core.time import format_clock, format_vtt

Json = dict[str, Any]
SCHEMA = "sentigram-check/1"


def text_lines(report: Report) -> Iterator[str]:
    """One line per finding, `FILE:LINE: …` as compilers write it, and a sum."""
    for finding in report.findings:
        where = report.name if not finding.line_number else f"{report.name}:{finding.line_number}"
        at = format_vtt(max(0, finding.start_ms))
        yield (
            f"{where}: {finding.severity}: cue {finding.cue} at {at}: "
            f"{finding.message}; {finding.measured}, allowed {finding.allowed} [{finding.rule}]"
        )
    yield summary(report)


def summary(report: Report) -> str:
    """One line about a file."""
    n_advice = len(report.findings) - report.n_violations
    told = ", ".join(f"{count} {name}" for name, count in report.counts().items())
    return (
        f"{report.name}: {report.n_cues} cues, {_plural(report.n_violations, 'violation')}, "
        f"{n_advice} advice" + (f" ({told})" if told else "")
    )


def change_lines(name: str, changes: Sequence[CueChange]) -> Iterator[str]:
    """One line per change that `--fix` made in a file."""
    for change in changes:
        yield (
            f"{name}: changed: cue {change.cue}: {change.before} → {change.after}: "
            f"{change.reason} [{change.rule}]"
        )


def as_json(report: Report, changes: Sequence[CueChange] = (), out: str = "") -> Json:
    """A report for programs."""
    limits = report.limits.rules
    data: Json = {
        "schema": SCHEMA,
        "file": report.name,
        "cues": report.n_cues,
        "language": report.language,
        "violations": report.n_violations,
        "limits": {
            "line_chars": limits.line_chars,
            "lines": limits.lines,
            "cps": limits.cps,
            "min_ms": limits.min_ms,
            "max_ms": limits.max_ms,
            "gap_ms": limits.gap_ms,
            "fps": str(limits.fps) if report.limits.is_fps_known else "",
            "contrast": report.limits.contrast,
        },
        "remarks": list(report.remarks),
        "findings": [_finding(finding) for finding in report.findings],
    }
    if out:  # else they are what would be changed
        data |= {"fixed": out, "changes": [asdict(change) for change in changes]}
    return data


def _finding(finding: CheckFinding) -> Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "cue": finding.cue,
        "line": finding.line_number,
        "start_ms": finding.start_ms,
        "measured": finding.measured,
        "allowed": finding.allowed,
        "message": finding.message,
        "remedy": finding.remedy,
        "source": rules()[finding.rule].source,
    }


COLUMNS = ("", "cue", "line", "time", "rule", "measured", "allowed", "what")


def table_row(finding: CheckFinding) -> tuple[str, ...]:
    """A finding in the columns of COLUMNS."""
    return (
        "✗" if finding.severity == "violation" else "·",
        str(finding.cue or ""),
        str(finding.line_number or ""),
        format_clock(max(0, finding.start_ms)),
        finding.rule,
        finding.measured,
        finding.allowed,
        finding.message,
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
