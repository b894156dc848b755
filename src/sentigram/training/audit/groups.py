"""Rules on people and conversations: nobody may be heard in training and be tested."""

from __future__ import annotations

from sentigram.training.audit.division import Division, find_crossing
from sentigram.training.audit.finding import N_SHOWN, AuditFinding, Severity


def shared_speakers(division: Division) -> list[AuditFinding]:
    """Speakers on both sides: a network that knows the voice knows the answers of its owner."""
    return _shared(division, "speaker", "fail")


def shared_dialogues(division: Division) -> list[AuditFinding]:
    """Dialogues on both sides: neighbouring turns share topic, room and mood."""
    return _shared(division, "dialogue", "fail")


def shared_sessions(division: Division, scheme: str) -> list[AuditFinding]:
    """Sessions on both sides: same room and microphones; a failure if the plan claims otherwise."""
    found = _shared(division, "session", "fail" if "session" in scheme else "report")
    # most corpora have no sessions, and need none
    return [finding for finding in found if finding.severity == "fail" or finding.examples]


def _shared(division: Division, kind: str, severity: Severity) -> list[AuditFinding]:
    units = [str(getattr(example, kind)) for example in division.examples]
    findings = []
    crossing = find_crossing(division, units)
    if crossing is not None:
        message = f"{crossing.count} {kind}s are in {crossing.parts} of one fold"
        rule = f"shared-{kind}"
        findings.append(AuditFinding(rule, severity, message, crossing.count, crossing.ids))
    unknown = [e.id for e, unit in zip(division.examples, units, strict=True) if not unit]
    if unknown and kind != "session":
        message = f"{len(unknown)} examples have no {kind}: cannot be checked for them"
        shown = tuple(unknown[:N_SHOWN])
        findings.append(AuditFinding(f"shared-{kind}", "report", message, len(unknown), shown))
    return findings
