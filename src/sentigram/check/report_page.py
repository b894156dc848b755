"""A report as one page that can be handed on, read on a screen and printed on A4.

Nothing in it is a script, and its policy allows its own style sheet and fonts alone. Text of files
reaches it through Jinja2 with autoescape only.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from sentigram import __version__
from sentigram.assets import asset
from sentigram.check.checking import Report
from sentigram.check.fix.retiming import CueChange
from sentigram.check.rules.catalogue import CheckFinding, number, rules
from sentigram.core.text import one_line
from sentigram.core.time import MS_PER_SECOND, format_clock, format_vtt
from sentigram.render.html.page import font_css, page_letters

if TYPE_CHECKING:
    from jinja2 import Template

_STRIP_WIDTH = 1000
_LEAST_WIDTH = 1.5  # of a cue, to be seen
_N_MARKS = 5
_BETWEEN_CUES = frozenset({"gap", "gap-close", "overlap"})
_NOT_FIXED = "for a person"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file with what `--fix` did to it, or would do.

    Attributes:
        report: Of the file, or of its corrected copy.
        changes: That were made in the copy, or would be.
        copy: Name of the copy, "" where none was written.
        obstacle: Why `--fix` cannot correct it, "" where it can.
    """

    report: Report
    changes: tuple[CueChange, ...] = ()
    copy: str = ""
    obstacle: str = ""


def report_page(
    files: Sequence[CheckedFile],
    *,
    made: datetime,
    unread: Sequence[str] = (),
    profiles: Sequence[str] = (),
    age: str = "",
) -> str:
    """The report of a check as a page.

    Args:
        files: Those that could be read.
        made: When they were checked.
        unread: Why others could not be read.
        profiles: Theme layers whose numbers counted.
        age: Of the readers, "" for adults.
    """
    shown = [_FilePart.of(one) for one in files]
    n_violations = sum(one.report.n_violations for one in files)
    n_bad = sum(one.report.n_violations > 0 for one in files)
    told = _told(n_violations) if n_violations or not unread else "Not all could be checked"
    if n_bad and len(files) > 1:
        told += f" in {n_bad} of {len(files)} files"
    worn = [f"profile {name}" for name in profiles]
    worn += [f"{age} readers"] if age not in ("", "adult") else []
    title = f"Caption check: {shown[0].name}" if len(files) == 1 else "Caption check"
    style = _style_sheet(files, shown)
    return _template().render(
        title=title,
        made=made,
        profile=", ".join(worn),
        passes=not (n_violations or unread),
        told=told,
        unread=[one_line(why) for why in unread],
        files=shown,
        style=style,
        policy=_policy(style),
        version=__version__,
    )


@dataclass(frozen=True, slots=True)
class _FindingRow:
    """A finding as the table has it."""

    time: str
    place: str
    severity: str
    rule: str
    what: str
    text: str
    measured: str
    allowed: str
    fix: str


@dataclass(frozen=True, slots=True)
class _SumRow:
    """How often a rule is broken."""

    rule: str
    title: str
    n_violations: int
    n_advice: int
    remedy: str


@dataclass(frozen=True, slots=True)
class _LimitRow:
    """What a rule allows, and who says so."""

    rule: str
    title: str
    allowed: str
    source: str


@dataclass(frozen=True, slots=True)
class _Strip:
    """A drawing of the file's time, in units of which `width` are the whole.

    Attributes:
        width: Of it.
        told: It in words.
        cues: Place and width of each.
        violations: Their places.
        advice: Their places.
        marks: Place, alignment and text of times under it.
    """

    width: int
    told: str
    cues: tuple[tuple[float, float], ...]
    violations: tuple[float, ...]
    advice: tuple[float, ...]
    marks: tuple[tuple[float, str, str], ...]

    @classmethod
    def of(cls, report: Report) -> _Strip:
        """The strip of a report."""
        captions = report.track.captions
        ends = [one.end_ms for one in captions] + [one.start_ms for one in report.findings]
        length_ms = max([1, *ends])

        def place(time_ms: float) -> float:
            return round(_STRIP_WIDTH * min(1.0, max(0.0, time_ms / length_ms)), 1)

        def places(severity: str) -> tuple[float, ...]:
            chosen = (one for one in report.findings if one.severity == severity)
            return tuple(sorted({place(one.start_ms) for one in chosen}))

        marks = []
        for at in range(_N_MARKS):
            anchor = "start" if at == 0 else "end" if at == _N_MARKS - 1 else "middle"
            time_ms = length_ms * at // (_N_MARKS - 1)
            marks.append((place(time_ms), anchor, format_clock(time_ms)))
        n_advice = len(report.findings) - report.n_violations
        return cls(
            _STRIP_WIDTH,
            f"{_counted(report.n_violations, 'violation')} and {n_advice} advice over "
            f"{format_clock(length_ms)}; the table of findings has their times",
            tuple(
                (left, max(_LEAST_WIDTH, round(right - left, 1)))
                for left, right in ((place(c.start_ms), place(c.end_ms)) for c in captions)
            ),
            places("violation"),
            places("advice"),
            tuple(marks),
        )


@dataclass(frozen=True, slots=True)
class _FilePart:
    """What the page shows of a file."""

    name: str
    language: str
    passes: bool
    told: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    strip: _Strip
    sums: tuple[_SumRow, ...]
    findings: tuple[_FindingRow, ...]
    fix_title: str
    limits: tuple[_LimitRow, ...]
    copy: str = ""
    changes: tuple[CueChange, ...] = field(default_factory=tuple)

    @classmethod
    def of(cls, checked: CheckedFile) -> _FilePart:
        """The part of a file; changes are shown at each finding as long as none was made."""
        report = checked.report
        fixes: dict[tuple[int, str], list[CueChange]] = {}
        if not checked.copy:
            for change in checked.changes:
                fixes.setdefault((change.cue, change.rule), []).append(change)
                fixes.setdefault((change.cue, ""), []).append(change)
        notes = (*report.remarks, checked.obstacle) if checked.obstacle else report.remarks
        return cls(
            name=one_line(report.name),
            language=report.language,
            passes=not report.n_violations,
            told=_told(report.n_violations),
            facts=tuple(_facts(report)),
            notes=tuple(map(one_line, notes)),
            strip=_Strip.of(report),
            sums=tuple(_sums(report)),
            findings=tuple(_finding_row(one, report, fixes) for one in report.findings),
            fix_title="Left after --fix" if checked.copy else "What --fix would do",
            limits=tuple(_limits(report)),
            copy=one_line(checked.copy),
            changes=tuple(map(_shown, checked.changes)) if checked.copy else (),
        )


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    n_advice = len(report.findings) - report.n_violations
    yield "Cues", str(report.n_cues)
    yield "Violations", str(report.n_violations)
    yield "Advice", str(n_advice)
    yield "Format", report.track.kind.upper()
    yield "Language", report.language or "unknown"
    limits = report.limits
    if limits.is_fps_known:
        yield "Frames a second", number(float(limits.rules.fps))
    if limits.is_canvas_known:
        yield "Picture", f"{limits.canvas.width_px} × {limits.canvas.height_px}"


def _sums(report: Report) -> Iterator[_SumRow]:
    violations = Counter(f.rule for f in report.findings if f.severity == "violation")
    everything = Counter(f.rule for f in report.findings)
    for name, count in everything.most_common():
        rule = rules()[name]
        n_bad = violations[name]
        yield _SumRow(name, rule.title, n_bad, count - n_bad, rule.remedy)


def _limits(report: Report) -> Iterator[_LimitRow]:
    held, limits = report.limits.rules, report.limits
    frames = f" at {number(float(held.fps))} frames a second" if limits.is_fps_known else ""
    allowed = {
        "line-chars": f"{held.line_chars} characters",
        "lines": f"{held.lines} lines",
        "cps": f"{number(held.cps)} characters a second",
        "min-duration": f"at least {held.min_ms} ms",
        "max-duration": f"at most {number(held.max_ms / MS_PER_SECOND)} s",
        "gap": f"at least {limits.caption.gap_frames} frames{frames}",
        "safe-area": f"inside the central {limits.canvas.safe:.0%}",
        "width": f"{limits.caption.width:.0%} of a 16:9 picture",
        "contrast": f"{number(limits.contrast)}:1, large text {number(limits.large_contrast)}:1",
    }
    for name, text in allowed.items():
        yield _LimitRow(name, rules()[name].title, text, rules()[name].source)


def _finding_row(
    finding: CheckFinding, report: Report, fixes: dict[tuple[int, str], list[CueChange]]
) -> _FindingRow:
    is_cue = 0 < finding.cue <= len(report.track.captions)
    texts = report.track.captions[finding.cue - 1].texts if is_cue else ()
    changes = next((found for key in _keys(finding) if (found := fixes.get(key))), [])
    line = f", line {finding.line_number}" if finding.line_number else ""
    return _FindingRow(
        time=format_vtt(max(0, finding.start_ms)),
        place=f"cue {finding.cue}{line}" if finding.cue else "the file",
        severity=finding.severity,
        rule=finding.rule,
        what=finding.message.partition(": “")[0],  # the text has a column of its own
        text="\n".join(map(one_line, texts)),
        measured=one_line(finding.measured),
        allowed=one_line(finding.allowed),
        fix="; ".join(_change_told(_shown(change)) for change in changes) or _NOT_FIXED,
    )


def _keys(finding: CheckFinding) -> Iterator[tuple[int, str]]:
    """Where changes that mend a finding may be: of two cues, either one is changed."""
    yield finding.cue, finding.rule
    if finding.rule in _BETWEEN_CUES:
        yield finding.cue - 1, finding.rule
    yield finding.cue, ""


def _shown(change: CueChange) -> CueChange:
    """A change whose texts can be shown."""
    return replace(change, before=_one_row(change.before), after=_one_row(change.after))


def _one_row(text: str) -> str:
    return " / ".join(map(one_line, text.split("\n")))


def _change_told(change: CueChange) -> str:
    return f"{change.before} → {change.after} ({change.reason})"


def _told(n_violations: int) -> str:
    return _counted(n_violations, "violation") if n_violations else "Passes: no violation"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _style_sheet(files: Sequence[CheckedFile], shown: Sequence[_FilePart]) -> str:
    told: set[str] = set()
    for part in shown:
        told.update(part.name, *part.notes)
        for row in part.findings:
            told.update(row.text, row.fix, row.what)
        for change in part.changes:
            told.update(change.before, change.after)
    language = files[0].report.language if files else ""
    letters = page_letters((), "".join(sorted(told)), (), language)
    css = asset("templates/html/check/report.css").read_text(encoding="utf-8")
    return f"{font_css(letters)}\n{css}"


def _policy(style: str) -> str:
    """Only this style sheet and the fonts inside."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(asset("templates/html/check")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.jinja")
