"""Tags without their partners: what is found, what is closed, and what is left to a person."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_text
from sentigram.check.rules.open_tags import balanced

_RULE = CheckOptions(language="en", wanted=frozenset({"unclosed-tag"}))


def _found(kind: str, source: str) -> list[str]:
    comma = "," if kind == "srt" else "."
    text = f"00:00:01{comma}000 --> 00:00:03{comma}000\n{source}\n"
    text = f"1\n{text}" if kind == "srt" else f"WEBVTT\n\n{text}"
    return [one.message for one in check_text(text, f".{kind}", "a", _RULE).findings]


@pytest.mark.parametrize(
    ("kind", "source", "mended"),
    [
        ("srt", "<i>a", "<i>a</i>"),
        ("srt", "<I>a</i>", "<I>a</i>"),
        ("srt", "<font color='red'>a <B>b", "<font color='red'>a <B>b</B></font>"),
        ("srt", "a</i> b", "a b"),
        ("srt", "<b>a <i>b</b> c</i>", "<b>a <i>b</i></b><i> c</i>"),
        ("srt", "<b><i>a</b></i>", "<b><i>a</i></b>"),
        ("srt", "<i>a</i", "<i>a</i>"),
        ("srt", "<i a</i>", "<i>a</i>"),
        ("srt", "{\\an8a", "{\\an8}a"),
        ("srt", "{\\i1\\b1 a", "{\\i1\\b1} a"),
        ("vtt", "<c.red>a", "<c.red>a</c>"),
        ("vtt", "<v Ann>a <i>b", "<v Ann>a <i>b</i>"),
        ("ass", r"{\i1 a{\i0} b", r"{\i1} a{\i0} b"),
    ],
)
def test_what_can_be_mended_in_one_way_is(kind: str, source: str, mended: str) -> None:
    assert balanced(kind, source) == mended
    assert balanced(kind, mended) == mended
    if kind != "ass":
        assert bool(_found(kind, source)) == (source != mended)
        assert _found(kind, mended) == []


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("srt", "<i>a</i> <3 & 1 < 2"),
        ("srt", "<i>a\nb</i>"),
        ("vtt", "<v Ann>a voice is the rest of its cue"),
        ("vtt", "<ruby>a<rt>b</ruby>"),
        ("vtt", "a <00:00:01.500>b"),
    ],
)
def test_what_is_right_stays_and_is_not_found(kind: str, source: str) -> None:
    assert balanced(kind, source) == source
    assert _found(kind, source) == []


@pytest.mark.parametrize(
    ("kind", "source"),
    [("srt", "<i a"), ("srt", "{\\fs20 a"), ("vtt", "<c.red a"), ("srt", "{\\an81 a")],
)
def test_what_may_be_meant_in_several_ways_is_found_and_left(kind: str, source: str) -> None:
    assert balanced(kind, source) == source
    assert len(_found(kind, source)) == 1


def test_the_message_names_the_tag_and_what_is_wrong_with_it() -> None:
    assert _found("srt", "<i>a") == ["“<i>” begins and never ends"]
    assert _found("srt", "a</b>") == ["“</b>” ends what nothing began"]
    assert _found("srt", "<b>a<i>b</b>c</i>") == ["“</b>” ends before the “<i>” inside it does"]
    assert _found("srt", "a {\\i1 b") == ["“{\\i1 b” begins a tag and has no } behind it"]


@example("srt", "<i><i")
@given(
    st.sampled_from(["srt", "vtt", "ass"]),
    st.lists(
        st.sampled_from(
            ["<i>", "</i>", "<b>", "</b>", "<i", "</b", "<v A>", "</v>", "<rt>", "{\\i1", "}", "a"]
        ),
        max_size=14,
    ).map("".join),
)
def test_what_was_mended_once_is_mended_for_good(kind: str, source: str) -> None:
    once = balanced(kind, source)
    assert balanced(kind, once) == once
    assert once.count("a") == source.count("a")


def test_the_work_grows_with_the_text_and_no_faster() -> None:
    """Each tag is looked for among so many at most, and is written anew as often at most."""
    for source in ("<b>" * 4000 + "<i>" * 4000 + "</b>a" * 4000, "<b><i></b>a" * 4000):
        assert len(balanced("srt", source)) < 60 * len(source)
