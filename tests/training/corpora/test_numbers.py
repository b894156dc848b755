"""Groups of columns and lists in cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.corpora.tables.numbers import Group, RowError, find_group, joined
from sentigram.training.corpora.tables.table import Line

PATH = Path("t.csv")


@pytest.mark.parametrize(
    ("header", "places"),
    [
        (["V1", "x"], (0,)),
        (["v1"], (0,)),
        (["V1_1", "V1_0", "x", "V1_2"], (1, 0, 3)),
        (["V1_01", "V1_02"], (0, 1)),
        (["V1.1", "V1.2"], (0, 1)),
        (["V1[0]", "V1[1]"], (0, 1)),
        (["V1-0", "V1 1"], (0, 1)),
        (["V1", "V1.1", "V1.2"], (0, 1, 2)),  # as pandas tells columns of one name apart
        (["V1", "V1", "x", "V1"], (0, 1, 3)),
        (["V1_0", "V10", "V11", "V1_1", "V1_a"], (0, 3)),
    ],
)
def test_the_columns_of_a_group(header: list[str], places: tuple[int, ...]):
    assert find_group(PATH, header, "V1").places == places


def test_a_name_that_ends_in_a_letter_needs_no_mark():
    assert find_group(PATH, ["mfcc1", "mfcc0", "mfcc2"], "mfcc").places == (1, 0, 2)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["x"], ":1: no column V1 or V1_0; found x"),
        (["V1_0", "V1_2"], "columns up to 2, and none of number 1"),
        (["V1_5", "V1_6"], "none of number 0"),
        (["V1_0", "V1.0"], "1 numbers of V1 are there twice, such as 0"),
        (["V1", "V1_0"], "V1 may be a column, or V1_0"),
        (["V1", "V1", "V1.1"], "V1 may be a column"),
    ],
)
def test_groups_that_are_not_whole_are_named(header: list[str], expected: str):
    with pytest.raises(InputError, match=expected):
        find_group(PATH, header, "V1")


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("[0.5, -1]", [0.5, -1]),
        ("[0.5 -1e-3\n 2]", [0.5, -1e-3, 2]),
        ("0.5 1.5", [0.5, 1.5]),
        ("0.5;1.5", [0.5, 1.5]),
        ("[[0.5, 1]]", [0.5, 1]),
        ("array([1., 2.], dtype=float32)", [1, 2]),
        ("tensor([1., 2.])", [1, 2]),
        ([1, 2.5], [1, 2.5]),
        (3, [3]),
        ("3", [3]),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ],
)
def test_lists_in_a_cell(cell: object, values: object):
    found = Group("V1", (0,)).values(Line("t.csv:2", (cell,)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(values, np.float32))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", "V1 is empty"),
        ("[]", "V1 is empty"),
        (None, "empty, no number, or not finite"),
        ("nan", "not finite"),
        ("[1, inf]", "not finite"),
        ("[1, x]", "no number: 'x'"),
        ("[0.1 0.2 ... 0.9]", "was cut where it was written"),
        ("[[1, 2], [3, 4]]", "only JSON tables"),
        ([[1], [2, 3]], "no list of numbers"),
        ([{"a": 1}], "no list of numbers"),
        ({"a": 1}, "no number"),
    ],
)
def test_cells_that_are_no_vector(cell: object, expected: str):
    with pytest.raises(RowError, match=expected):
        Group("V1", (0,)).values(Line("t.csv:2", (cell,)))


def test_a_cell_with_two_numbers_is_no_number_of_a_group():
    with pytest.raises(RowError, match="no number: '0,5'"):
        Group("V1", (0, 1)).values(Line("t.csv:2", ("0,5", "1")))


def test_groups_side_by_side():
    one, two = np.ones((3, 2), np.float32), np.zeros((3, 1), np.float32)
    assert joined([one, two]).shape == (3, 3)
    assert joined([one[0], two[0]]).shape == (1, 3)
    with pytest.raises(RowError, match="1 and 3 steps in time"):
        joined([one, two[0]])
