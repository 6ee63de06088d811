"""Regular expressions: batch equals row, groups, and patterns that RE2 refuses or that never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels import regex

FEW = settings(max_examples=settings().max_examples // 2)  # there are many parameters
cells = st.text(max_size=8) | st.text(alphabet="abAB01 .,-é\n", max_size=10)
PATTERNS = [
    "ab",
    "^ab",
    "ab$",
    "^a b$",
    "a.b",
    "[0-9]+",
    "(a)(b)?",
    r"\bA",
    "(?i)ab",
    r"\w+",
    "a|b",
    r"\Qa.b\E",
    "[](]",
    "[^]]",
    "[[:digit:](]+",
    r"\(",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@FEW
@given(values=st.lists(st.none() | cells, max_size=6))
def test_batch_equals_row(pattern: str, values: list[str | None], agree: Any) -> None:
    array = pa.array(values, pa.string())
    for function in (regex.matches(pattern), regex.extract(pattern), regex.replace_regex(pattern, r"<\0>"), regex.split_regex(pattern)):
        agree(array, function.batch, function.row)
        assert function.batch(array)[0].type == function.type


@pytest.mark.parametrize("part", ["ab", "a b", "a-1", "é"])
@given(value=cells)
def test_plain_patterns_mean_what_re2_means(part: str, value: str) -> None:
    for pattern, want in (
        (part, part in value),
        (f"^{part}", value.startswith(part)),
        (f"{part}$", value.endswith(part)),
        (f"^{part}$", value == part),
    ):
        assert regex.matches(pattern).row(value) == want
        assert regex.matches(f"(?:{pattern})").row(value) == want


@pytest.mark.parametrize(
    ("pattern", "group", "text", "want"),
    [
        (r"[0-9]+", None, "ab12c3", "12"),
        (r"(\w)-(\w)", None, "x a-b", "a"),
        (r"(?P<left>\w)-(?P<right>\w)", "right", "x a-b", "b"),
        (r"(\w)-(?P<right>\w)", None, "a-b", "a"),
        (r"(\w)-(?P<right>\w)", "right", "a-b", "b"),
        (r"(?:x)(a)?b", None, "xb", ""),
        (r"[(](\w+)[)]", None, "f(y)", "y"),
        (r"\((\w+)\)", None, "f(y)", "y"),
        (r"\Q(\E(.)", None, "f(y)", "y"),
        (r"(?P<g0>a)(b)", None, "ab", "a"),
        (r"(b)(?P<g0>a)", None, "ba", "b"),
        (r"(?<n>b)", "n", "ab", "b"),
        (r"z", None, "ab", None),
        (r"a|(b)", None, "b", "b"),
    ],
)
def test_extract(pattern: str, group: str | None, text: str, want: str | None) -> None:
    function = regex.extract(pattern, group)
    assert function.row(text) == want
    assert function.batch(pa.array([text, None]))[0].to_pylist() == [want, None]


def test_replace_and_split() -> None:
    assert regex.replace_regex(r"(\w)(\d)", r"\2\1").row("a1 b2") == "1a 2b"
    assert regex.replace_regex("x*", "-").row("ab") == "-a-b-"
    assert regex.split_regex("[0-9]+").row("a1b22") == ["a", "b", ""]


REFUSED = ["(?=a)", r"(a)\1", "(", "[", "a{1,2000}", "(?<!a)b", "*", "a**b(", "", "\ud800"]


@pytest.mark.parametrize("pattern", REFUSED)
@pytest.mark.parametrize("make", [regex.matches, regex.extract, regex.split_regex, lambda pattern: regex.replace_regex(pattern, "")])
def test_what_re2_refuses(pattern: str, make: Callable[[str], Any]) -> None:
    with pytest.raises(ArgumentError, match="'pattern' parameter"):
        make(pattern)


@pytest.mark.parametrize("pattern", ["a*", r"\b", "^", "$", "(?m)^", r"\B", "x?", "()", "a|", r"(?m)$", "(?:a*)(?:b*)", r"\A", r"\z"])
def test_splitting_at_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ArgumentError, match="cannot match the empty text"):
        regex.split_regex(pattern)


def test_other_arguments() -> None:
    with pytest.raises(ArgumentError, match="groups the pattern has"):
        regex.replace_regex("a", r"\2")
    with pytest.raises(ArgumentError, match="a named group"):
        regex.extract("(a)", "b")
