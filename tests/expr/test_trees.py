"""Random expressions: computed a batch at a time and a row at a time they are the same, whatever is nested in whatever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.expr.expression import Expr, coalesce, col, lit, when
from tests.expr.harness import ENCODINGS, MALFORMED, Columns, Rejected, cells, evaluate, values_of

COLUMNS = {
    "i": "int64",
    "k": "int8",
    "u": "uint64",
    "f": "float64",
    "g": "float32",
    "b": "bool",
    "c": "bool",
    "s": "string",
    "t": "timestamp",
    "l": "list<int64>",
}
OF_KIND = {"int": ["i", "k", "u"], "float": ["f", "g"], "bool": ["b", "c"], "text": ["s"], "time": ["t"], "list": ["l"]}
LITERALS: dict[str, list[Any]] = {
    "int": [0, 1, -1, 2**62, 3],
    "float": [0.0, -0.0, 1.5, 1e300, float("nan"), float("inf")],
    "bool": [True, False],
    "text": ["", "12", "Ä", "2020-01-01"],
}
POLICIES = (None, "null", "error", "quarantine")

Made = tuple[str, Callable[..., Expr]]


def _words(kind: str, policy: str | None) -> list[Made]:
    """Ways to make an expression of a kind: the kinds of what it is made from, and how."""
    compare: list[Made] = [
        (f"{of} {of}", make)
        for of in ("int", "float", "text", "time")
        for make in (
            lambda a, b: a == b,
            lambda a, b: a < b,
            lambda a, b: a >= b,
            lambda a, b: a != b,
            lambda a, b: a.is_null() | b.is_null(),
        )
    ]
    tables: dict[str, list[Made]] = {
        "int": [
            ("int int", lambda a, b: a + b), ("int int", lambda a, b: a - b), ("int int", lambda a, b: a * b), ("int int", lambda a, b: a // b),
            ("int int", lambda a, b: a % b), ("int", lambda a: -a), ("int", lambda a: a.abs()), ("text", lambda a: a.str.len()),
            ("time", lambda a: a.dt.part("year")), ("list", lambda a: a.list.sum()), ("list", lambda a: a.list.get(1)), ("int", lambda a: a.round(-1)),
            ("float", lambda a: a.cast("int64", malformed=policy)), ("text", lambda a: a.cast("int64", malformed=policy)),
            ("int", lambda a: a.map_values({1: 2, 0: -5}, default=7)),
        ],
        "float": [
            ("float float", lambda a, b: a + b), ("float int", lambda a, b: a * b), ("int float", lambda a, b: a - b), ("float float", lambda a, b: a / b),
            ("int int", lambda a, b: a / b), ("float", lambda a: a.sqrt(malformed=policy)), ("int", lambda a: a.log(malformed=policy)),
            ("float", lambda a: a.exp()), ("float", lambda a: a**2), ("float", lambda a: a.clip(-1, 1.5)), ("float", lambda a: a.round(1)),
            ("float", lambda a: a.floor()), ("float", lambda a: a.abs()), ("float", lambda a: a.cast("float32")),
            ("text", lambda a: a.cast("float64", malformed=policy)), ("time time", lambda a, b: a.dt.diff(b, "day")),
        ],
        "bool": [
            *compare, ("bool bool", lambda a, b: a & b), ("bool bool", lambda a, b: a | b), ("bool", lambda a: ~a),
            ("int float", lambda a, b: a > b), ("float", lambda a: a.is_nan()), ("int", lambda a: a.is_in([1, 2.0, 0])),
            ("text", lambda a: a.str.contains("a")), ("list", lambda a: a.list.contains(1)),
        ],
        "text": [
            ("text", lambda a: a.str.lower()), ("text", lambda a: a.str.upper()), ("text", lambda a: a.str.strip()), ("text", lambda a: a.str.slice(0, 2)),
            ("text", lambda a: a.str.replace("a", "ü")), ("text", lambda a: a.str.extract(r"(\d+)")), ("int", lambda a: a.cast("string")),
            ("float", lambda a: a.cast("string")), ("bool", lambda a: a.cast("string")), ("time", lambda a: a.cast("string")),
        ],
        "time": [
            ("time", lambda a: a.dt.truncate("month")), ("time", lambda a: a.dt.truncate("hour")), ("text", lambda a: a.cast("timestamp", malformed=policy)),
            ("int", lambda a: a.dt.from_epoch("s")), ("time", lambda a: a.dt.to_local("Europe/Berlin")), ("time", lambda a: a.dt.to_utc("America/New_York")),
        ],
        "list": [],
    }  # fmt: skip
    choices: list[Made] = [
        (f"bool {kind}", lambda c, a: when(c).then(a)),
        (f"bool {kind} {kind}", lambda c, a, b: when(c).then(a).otherwise(b)),
        (f"bool {kind} bool {kind} {kind}", lambda c, a, d, b, e: when(c).then(a).when(d).then(b).otherwise(e)),
        (f"{kind} {kind}", coalesce),
        (f"{kind} {kind} bool", lambda a, b, c: coalesce(a, when(c).then(a).otherwise(b), b)),
    ]
    return tables[kind] + choices if tables[kind] else choices[1:4]


@st.composite
def expressions(draw: st.DrawFn, kind: str, depth: int = 6) -> Expr:
    """An expression of a kind, up to `depth` operations deep."""
    if depth == 0 or draw(st.integers(0, 9)) < 4:
        if kind in LITERALS and draw(st.integers(0, 3)) == 0:
            return lit(draw(st.sampled_from([*LITERALS[kind], None])))
        return col(draw(st.sampled_from(OF_KIND[kind])))
    kinds, make = draw(st.sampled_from(_words(kind, draw(st.sampled_from(POLICIES)))))
    parts = [draw(expressions(of, depth - 1)) for of in kinds.split()]
    return make(*parts)


@given(data=st.data())
@settings(max_examples=150)
def test_random_expressions_by_batch_and_by_row(data: st.DataObject) -> None:
    expr = data.draw(expressions(data.draw(st.sampled_from(list(OF_KIND)))))
    n = data.draw(st.integers(0, 6))
    columns = {
        name: (t, data.draw(st.lists(st.just(MALFORMED) | values_of(t) | values_of(t) | values_of(t), min_size=n, max_size=n)))
        for name, t in COLUMNS.items()
    }
    encodings = {name: data.draw(st.sampled_from(ENCODINGS)) for name in columns}
    try:
        evaluate(expr, columns, malformed=data.draw(st.sampled_from(["error", "null", "quarantine"])), encodings=encodings)
    except RequestError as error:  # a null where a type is needed, say
        assert error.where


BAD = col("x").cast("int64")
"""Rejects the row where x is no whole number."""


def rejected(values: list[object]) -> list[bool]:
    return [isinstance(value, Rejected) for value in values]


def test_faults_of_branches_not_taken_do_not_count() -> None:
    column: Columns = {"x": ("float64", [1.5, 2.0, None, 1.5]), "ok": ("bool", [True, True, True, None])}
    guarded = when(col("ok")).then(lit(0)).otherwise(BAD)
    assert rejected(evaluate(guarded, column).cells) == [False, False, False, True]
    assert rejected(evaluate(coalesce(lit(1), BAD), column).cells) == [False] * 4
    assert rejected(evaluate(coalesce(BAD, lit(1)), column).cells) == [True, False, False, True]
    assert rejected(evaluate(when(BAD > 1).then(lit(1)).otherwise(lit(2)), column).cells) == [True, False, False, True]
    chain = when(col("ok")).then(lit(0)).when(BAD > 1).then(lit(1)).otherwise(lit(2))
    assert rejected(evaluate(chain, column).cells) == [False, False, False, True]


def test_a_fault_spreads_through_all_but_choices() -> None:
    column: Columns = {"x": ("float64", [1.5])}
    for strict in (BAD.is_null(), (BAD > 0) & lit(False), lit(True) | (BAD > 0), BAD + 1, BAD.is_in([1])):
        assert rejected(evaluate(strict, column).cells) == [True]


def test_the_same_part_inside_and_outside_of_a_branch() -> None:
    column: Columns = {"x": ("float64", [1.5, 2.0]), "ok": ("bool", [True, True])}
    inside = when(~col("ok")).then(BAD).otherwise(lit(0))
    assert rejected(evaluate(inside, column).cells) == [False, False]
    assert rejected(evaluate(inside + BAD, column).cells) == [True, False]
    assert rejected(evaluate(BAD + inside, column).cells) == [True, False]
    twice = when(col("ok")).then(BAD * 2).otherwise(BAD * 3)
    assert evaluate(twice, column, malformed="null").cells == [None, 4]
    nested = when(col("ok")).then(lit(1)).otherwise(when(BAD > 0).then(BAD).otherwise(-BAD))
    assert rejected(evaluate(nested + inside, column).cells) == [False, False]


def test_the_first_fault_in_reading_order_names_the_rejection() -> None:
    both = col("x").cast("int64") + col("y").cast("int8")
    (cell,) = evaluate(both, {"x": ("float64", [0.5]), "y": ("int64", [300])}).cells
    assert cell.rule == "malformed: x.cast(int64)"
    assert "test_trees.py:" in cell.site
    (cell,) = evaluate(both, {"x": ("float64", [1.0]), "y": ("int64", [300])}).cells
    assert cell.rule == "malformed: y.cast(int8)"


def test_a_policy_of_its_own_goes_before_the_jobs() -> None:
    quiet, loud = col("x").cast("int64", malformed="null"), col("x").cast("int64", malformed="quarantine")
    assert evaluate(quiet, {"x": ("float64", [0.5])}).cells == [None]
    assert rejected(evaluate(loud, {"x": ("float64", [0.5])}, malformed="null").cells) == [True]


def test_a_long_chain_of_whens_is_compiled() -> None:
    chain: Expr = lit("other")
    for k in range(300):
        chain = when(col("x") == k).then(lit(str(k))).otherwise(chain)
    assert cells(chain, x=("int64", [0, 7, 299, 300, None])) == ["0", "7", "299", "other", "other"]


def test_choices_nested_too_deep_for_python_are_refused_with_a_reason() -> None:
    deep: Expr = col("x")
    for _ in range(200):
        deep = when(deep > 0).then(deep + 1).otherwise(lit(0))
    with pytest.raises(RequestError, match="choices are nested deeper") as caught:
        cells(deep, x=("int64", [1]))
    assert caught.value.where
    assert caught.value.hint


def test_thousands_of_levels_and_shared_parts() -> None:
    deep, doubled = col("x"), col("x")
    for i in range(5000):
        deep = deep + 1 if i % 2 else deep - 1
    for _ in range(60):  # written out it would have 2**60 leaves
        doubled = doubled + doubled
    assert cells(deep, x=("int64", [5, None])) == [5, None]
    assert cells(doubled, x=("int64", [0, 1, 8])) == [0, 2**60, None]
    assert len(repr(deep)) < 1000
    assert len(repr(doubled)) < 1000
    (cell,) = evaluate(doubled, {"x": ("int64", [8])}).cells
    assert len(cell.rule) < 1000
    assert deep.node.replace({"x": lit(2).node}).columns() == set()
