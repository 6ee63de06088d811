"""Valency of lists, and domains that hold for each of their items."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
NAN = math.nan

numbers = st.none() | st.integers(-3, 3)
texts = st.none() | st.sampled_from(["a", "b", "", "ab", "é", "a\n"])
floats = st.none() | st.sampled_from([0.0, -0.0, 1.5, -2.0, NAN, math.inf])


def lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any] | None]]:
    return st.lists(st.none() | st.lists(items, max_size=4), max_size=8)


CASES: list[tuple[str, str, st.SearchStrategy[Any], Callable[[Any], bool]]] = [
    ("list<int64>", "values: [1, 2]", lists(numbers), lambda v: v not in (1, 2)),
    ("list<int64>", "range: {min: -1}", lists(numbers), lambda v: v < -1),
    ("list<int64>", "range: {max: 1}", lists(numbers), lambda v: v > 1),
    ("list<string>", "values: [a, é]", lists(texts), lambda v: v not in ("a", "é")),
    ("list<string>", "values: []", lists(texts), lambda v: True),
    ("list<string>", "regex: 'a|b'", lists(texts), lambda v: not re.fullmatch("a|b", v)),
    ("list<float64>", "values: [0, 1.5]", lists(floats), lambda v: v not in (0.0, 1.5)),
    ("list<float64>", "range: {max: 1}", lists(floats), lambda v: v > 1),
]


@pytest.mark.parametrize(("dtype", "rule", "strategy", "bad"), CASES, ids=[f"{dtype} {rule}" for dtype, rule, _, _ in CASES])
def test_against_python(judge: Judge, dtype: str, rule: str, strategy: Any, bad: Callable[[Any], bool]) -> None:
    kind = {"list<int64>": pa.int64(), "list<string>": pa.string(), "list<float64>": pa.float64()}[dtype]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(strategy, st.integers(0, 8), st.randoms(), st.booleans())
    def check(cells: list[Any], cut: int, random: Any, fixed: bool) -> None:
        broken = [[v for v in cell or [] if v is not None and bad(v)] for cell in cells]
        contract = f"allow_empty: true\ncolumns: {{x: {{type: '{dtype}', {rule}}}}}"
        table = pa.table({"x": pa.array(cells, pa.list_(kind))})
        key = next(key for key in judge(contract, table) if key.split("/")[1] in ("values", "range", "regex"))
        outcome = judge(contract, table, cuts=[min(cut, len(cells))], merged="right")[key]
        assert (outcome.count, outcome.total) == (sum(map(bool, broken)), len(cells))
        # examples are the first bad items of the lists
        firsts = {repr(items[0] + 0 if isinstance(items[0], float) else items[0]) for items in broken if items}
        assert {repr(value) for value in outcome.examples} == firsts
        random.shuffle(cells)
        again = judge(contract, pa.table({"x": pa.array(cells, pa.list_(kind))}))[key]
        assert again.count == outcome.count

    check()


@pytest.mark.parametrize(
    ("rule", "key", "reason", "told"),
    [
        ("type: 'list<string>', values: [a]", "values", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "each item of x is one of a"),
        ("type: 'list<int64>', range: {min: 3}", "range/min", "INT_TYPE_SMALL_INT", "each item of x is at least 3"),
        ("type: 'list<float64>', range: {max: 3}", "range/max", "FLOAT_TYPE_BIG_FLOAT", "each item of x is at most 3.0"),
        ("type: 'list<string>', regex: b", "regex", "CUSTOM_VALIDATION", "each item of x matches b"),
        ("type: 'list<int64>', valency: {min: 1}", "valency/min", "FEATURE_TYPE_LOW_NUMBER_VALUES", "x has at least 1 items"),
        ("type: 'list<int64>', valency: {max: 1}", "valency/max", "FEATURE_TYPE_HIGH_NUMBER_VALUES", "x has at most 1 items"),
    ],
)
def test_words(judge: Judge, rule: str, key: str, reason: str, told: str) -> None:
    table = pa.table({"x": pa.array([], load_contract(f"columns: {{x: {{{rule}}}}}\n").source("").schema.field("x").type)})
    outcome = judge(f"allow_empty: true\ncolumns: {{x: {{{rule}}}}}", table)[f"x/{key}"]
    assert (outcome.reason, outcome.rule, outcome.status) == (Reason(reason), told, Status.PASSED)
    masked = judge(f"allow_empty: true\ncolumns: {{x: {{{rule}, sensitive: true}}}}", table)[f"x/{key}"].rule
    assert (masked == told) == (key.split("/", maxsplit=1)[0] == "valency")


def test_items_of_sensitive_lists_are_not_shown(judge: Judge) -> None:
    table = pa.table({"x": [["Ann", "Bob"], ["a"]]})
    found = judge("columns: {x: {type: 'list<string>', values: [a], valency: {max: 1}, sensitive: true}}", table)
    assert found["x/values"].count == found["x/valency/max"].count == 1
    assert "Ann" not in repr(found)


def test_rows_with_such_items_can_be_taken_away() -> None:
    source = load_contract("columns: {x: {type: 'list<int64>', values: {of: [1], action: drop}, range: {min: 1, at_most: 3}}}\n").source("")
    assert [(rule.id, str(rule.action)) for rule in source.row_rules() if rule.check != "type"] == [
        ("x/range/min", "fail"),
        ("x/values", "drop"),
    ]


def test_lists_of_a_fixed_size_and_narrower_items(judge: Judge) -> None:
    contract = "columns: {x: {type: 'list<int64>', range: {min: 0, max: 200}}}"
    table = pa.table({"x": pa.array([[1, -1], None, [0, None]], pa.list_(pa.int8(), 2))})
    found = judge(contract, table, typed=True)
    assert (found["x/range/min"].count, found["x/range/min"].examples, found["x/range/max"].count) == (1, (-1,), 0)
