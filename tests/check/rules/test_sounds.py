from __future__ import annotations

import pytest

from sentigram.check.checking import CheckOptions, check_text

_CUE = "1\n00:00:01,000 --> 00:00:03,500\n{}\n"


def marks(text: str) -> list[tuple[str, str]]:
    options = CheckOptions(wanted=frozenset({"sound-marks"}))
    report = check_text(_CUE.format(text), ".srt", "talk.srt", options)
    return [(one.severity, one.measured) for one in report.findings]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[music]", []),
        ("\u266a", []),
        ("\u266a la la \u266a", []),
        ("It is (as I said) so.", []),
        ("[music", [("violation", "a bracket that is not closed")]),
        ("music] yes", [("violation", "a bracket that closes nothing")]),
        ("\u266a la la", [("advice", "no note at the end")]),
        ("la la \u266a", [("advice", "no note at the beginning")]),
    ],
)
def test_marks_come_in_pairs(text: str, found: list[tuple[str, str]]) -> None:
    assert marks(text) == found
