"""Functions of text: batch equals row, for any Unicode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels import text

FUNCTIONS = {
    "lower": text.lower(),
    "upper": text.upper(),
    "strip": text.strip(),
    "strip some": text.strip("aß -"),
    "lstrip": text.lstrip(),
    "lstrip some": text.lstrip("a"),
    "rstrip": text.rstrip(),
    "rstrip some": text.rstrip("é"),
    "length": text.length(),
    "contains": text.contains("a"),
    "contains more": text.contains("é "),
    "starts_with": text.starts_with("a"),
    "ends_with": text.ends_with("é"),
    "replace": text.replace("aa", "b"),
    "replace away": text.replace("é", ""),
    "split": text.split(","),
    "split more": text.split("aa"),
    "slice": text.slice_text(1, 3),
    "slice from the end": text.slice_text(-2),
    "slice to the end": text.slice_text(0, -1),
    "slice all": text.slice_text(),
    "slice nothing": text.slice_text(3, 1),
}
cells = (
    st.text(max_size=8)
    | st.text(alphabet="aAbé, \t\u00a0\u1680ßİıKǅ", max_size=8)
    | st.text(alphabet=st.characters(max_codepoint=127), max_size=8)
)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(values=st.lists(st.none() | cells, max_size=8))
def test_batch_equals_row(name: str, values: list[str | None], agree: Any) -> None:
    function = FUNCTIONS[name]
    array = pa.array(values, pa.string())
    agree(array, function.batch, function.row)
    out, bad = function.batch(array)
    assert out.type == function.type
    assert bad is None


def test_every_code_point_of_the_basic_plane() -> None:
    letters = [chr(i) for i in range(0x10000) if not 0xD800 <= i < 0xE000]
    array = pa.array(letters)
    for name in ("strip", "strip some"):
        function = FUNCTIONS[name]
        assert function.batch(array)[0].to_pylist() == [function.row(letter) for letter in letters]
    assert [letter for letter in letters if FUNCTIONS["strip"].row(letter) == ""] == sorted(text.BLANKS)
    ascii_letters = letters[:128]
    for name in ("lower", "upper"):
        function = FUNCTIONS[name]
        assert function.batch(pa.array(ascii_letters))[0].to_pylist() == [function.row(letter) for letter in ascii_letters]


@given(value=cells, start=st.integers(-9, 9), stop=st.none() | st.integers(-9, 9))
def test_slices_are_those_of_python(value: str, start: int, stop: int | None) -> None:
    function = text.slice_text(start, stop)
    assert function.batch(pa.array([value]))[0].to_pylist() == [function.row(value)] == [value[start:stop]]


def test_examples() -> None:
    assert FUNCTIONS["length"].row("né") == 2
    assert FUNCTIONS["split"].row("a,,b") == ["a", "", "b"]
    assert FUNCTIONS["split"].row("") == [""]
    assert FUNCTIONS["lower"].row("ÉAİ") == "éai"
    assert FUNCTIONS["upper"].row("éßŉ") == "Éẞŉ"
    assert FUNCTIONS["replace"].row("aaa") == "ba"


@pytest.mark.parametrize(
    "make", [text.contains, text.starts_with, text.ends_with, text.split, text.strip, lambda part: text.replace(part, "x")]
)
@pytest.mark.parametrize("part", ["", "\ud800", 3])
def test_arguments(make: Callable[[Any], Any], part: Any) -> None:
    with pytest.raises(ArgumentError, match="at least one character"):
        make(part)


def test_remembered_results_are_copies_and_bounded() -> None:
    row = text.one_value(lambda array: pc.split_pattern(array, pattern=","))
    for _ in "ab":
        parts = row("a,b")
        assert parts == ["a", "b"]
        parts.append("c")
    for i in range(3000):
        assert row(f"{i},") == [str(i), ""]
    assert row("x" * 10_000) == ["x" * 10_000]
