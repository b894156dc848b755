"""Two people in one cue: what is found, and what is not."""

from __future__ import annotations

import pytest

from sentigram.check.checking import CheckOptions, check_text

_CUE = "1\n00:00:01,000 --> 00:00:03,500\n{}\n"


def found(text: str, language: str = "en") -> list[str]:
    options = CheckOptions(wanted=frozenset({"two-speakers"}), language=language)
    report = check_text(_CUE.format(text), ".srt", "talk.srt", options)
    return [one.severity for one in report.findings]


@pytest.mark.parametrize(
    "text",
    [
        "-Are you coming?\n-In a minute.",
        "- Are you coming?\n- In a minute.",
        "-How many?\n-5 minutes.",
        "\u2013 Viens-tu ?\n\u2013 Dans une minute.",
        "Well - I think so. - No, wait.",  # prose: the line does not open with a dash
        "It was -5 degrees.\n-5, he said.",
        "He said that he would\n- and he did - come.",
        "-It is well-known.",
        "-What are you--\n-Be quiet!",
        "-Go. It is -10 outside.\n-No!",
        "One line.\nAnother one.",
    ],
)
def test_each_has_a_line_or_there_is_one(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "-Are you coming? -In a minute.",
        "- Are you coming? - In a minute.",
        "-Why?\n-Because. -Oh!",
        "\u2014 \u042f \u0437\u0434\u0435\u0441\u044c. \u2014 \u0413\u0434\u0435?",
        ">> Are you coming? >> In a minute.",
    ],
)
def test_two_in_a_line_are_found(text: str) -> None:
    assert found(text) == ["violation"]


@pytest.mark.parametrize(
    ("text", "language", "severities"),
    [
        ("Are you coming?\n-In a minute.", "en", ["advice"]),
        ("-Are you coming?\nIn a minute.", "en", ["advice"]),
        ("-I did not know that\nyou would come.", "en", []),  # the sentence goes on
        ("Kom je?\n-Zo meteen.", "nl", []),  # Dutch has the second one only
        ("-Kom je?\nZo meteen.", "nl", ["advice"]),
    ],
)
def test_a_dash_alone_is_advice(text: str, language: str, severities: list[str]) -> None:
    assert found(text, language) == severities
