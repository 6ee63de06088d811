"""Patterns of contracts, JSON Schema and Python: each matches the same texts."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from featureprep.validators.checks.domains import whole_text
from featureprep.validators.interop.patterns import contract_pattern, portable_pattern, prefix_pattern, searched_pattern

TEXTS = ["", "a", "ab", "AB", "aab", "xaby", "ab\n", "\nab", "a|b", "12", "٣", "é", "a{,3}", "b", "a b"]
OURS = [
    "a|ab",
    "[ab]+",
    r"\w+",
    r"\d*",
    "(?i)ab",
    "(?is)a.*",
    ".*",
    "",
    "a$",
    "^a",
    "(a)(b)?",
    "(?i)a|b",
    "(?:a)|(?:b)",
    r"[\w ]+",
    r"\W*",
    r"a\sb",
    r"[^\d]+",
]


def matched(pattern: str) -> list[str]:
    found = pc.match_substring_regex(pa.array(TEXTS), whole_text(pattern)).to_pylist()
    return [text for text, yes in zip(TEXTS, found, strict=True) if yes]


@pytest.mark.parametrize("pattern", OURS)
def test_there_and_back(pattern: str) -> None:
    portable = portable_pattern(pattern)
    assert portable is not None
    assert [text for text in TEXTS if re.search(portable, text) and not text.endswith("\n")] == [
        t for t in matched(pattern) if t[-1:] != "\n"
    ]
    assert pc.match_substring_regex(pa.array(TEXTS), portable).to_pylist() == [text in matched(pattern) for text in TEXTS]
    again = contract_pattern(portable)
    assert again is not None
    assert matched(again) == matched(pattern)
    assert contract_pattern(searched_pattern(pattern)) == pattern


@pytest.mark.parametrize("found", ["b", "^a", "b$", "a|b", "^a|b$", "(?i)A", "^(?:a|b)x?", "a$|^b", "", "^ab", r"a\|b", "^a$|b$"])
def test_what_is_searched_for(found: str) -> None:
    pattern = contract_pattern(found)
    assert pattern is not None
    assert matched(pattern) == [text for text in TEXTS if re.search(found.replace("$", r"\Z"), text)]


@pytest.mark.parametrize(
    "found", ["b", "^a", "b$", "a|b", "^a|b$", "^A|b", "(?i)A", "^(?:a|b)x?", "a$|^b", "", "^(?:ab|a)$", r"a\|b", "a*?"]
)
def test_what_a_text_begins_with(found: str) -> None:
    pattern = prefix_pattern(found)
    assert pattern is not None
    assert matched(pattern) == [text for text in TEXTS if re.match(found.replace("$", r"\Z"), text)]
    assert prefix_pattern("(?=a)") is None


def test_classes_are_spelt() -> None:
    assert portable_pattern(r"\d[\w-]\S\\d[]\s][^\d]") == r"^(?:[0-9][0-9A-Za-z_-][^\t\n\f\r ]\\d[]\t\n\f\r ][^0-9])$"
    assert portable_pattern(r"(?i)\[\w]") == r"^(?:(?i:\[[0-9A-Za-z_]]))$"


def test_what_the_other_side_does_not_read() -> None:
    for ours in ("[[:alpha:]]", r"\pL", r"a\z", "a{,3}", r"\bа", r"[\D]"):
        assert portable_pattern(ours) is None
    for theirs in ("(?=a)", r"(a)\1", "a{,3}", "(", r"a\Z", "a)|(b"):
        assert contract_pattern(theirs) is None
    assert contract_pattern("^[a-z]+$") == "[a-z]+"
    assert contract_pattern(r"^a\$") == r"(?s:.*)(?:^a\$)(?s:.*)"
