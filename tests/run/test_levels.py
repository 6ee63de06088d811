"""Which scans a fit needs, what is folded in each, and that what the algebra derives is what a scan would have found, bit for bit."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.expression import Expr, col, lit, when
from featureprep.run.levels import FitPlan, fit_after, guards, plan_fit
from tests.transforms.harness import bits, fit

SCHEMA = pa.schema([("x", pa.float64()), ("i", pa.int64()), ("s", pa.string())])


def plan(*exprs: Expr, schema: pa.Schema = SCHEMA, malformed: str = "error") -> FitPlan:
    return plan_fit([expr.node for expr in exprs], schema, malformed)


def run(exprs: list[Expr], table: pa.Table) -> tuple[FitPlan, dict[str, Any]]:
    """Fit as a run does: scan by scan, every item once, over what is known by then."""
    made = plan_fit([expr.node for expr in exprs], table.schema, "error")
    constants: dict[str, Any] = {}
    states: dict[str, Any] = {}
    arrays = {name: table[name].combine_chunks() for name in table.column_names}
    for scan in range(made.scans):
        binder = Binder(table.schema, constants, "error")
        for item in made.items(scan):
            assert item.id not in states, "it is folded once"
            program = Program([binder.bind(node) for node in item.nodes])
            states[item.id] = item.fold.update(item.fold.init(), *(c.values for c in program.run(arrays, table.num_rows)))
        fit_after(made, scan, states, table.schema, constants, "error")
    return made, constants


def test_nothing_to_learn_needs_no_scan() -> None:
    assert plan(col("x") + 1).scans == 0
    assert plan().scans == 0


@pytest.mark.parametrize(
    "make, scans",
    [
        (lambda: T.standard_scale("x"), 1), (lambda: T.standard_scale(T.impute("x", "median")), 1), (lambda: T.standard_scale(T.impute("x", "mean")), 1),
        (lambda: T.standard_scale(T.impute("i", "median")), 1), (lambda: T.standard_scale(T.impute("x", "constant", value=0.0)), 1), (lambda: T.min_max_scale(T.impute("x")), 1),
        (lambda: T.bucketize(T.standard_scale("x"), 4), 2), (lambda: T.bucketize(T.standard_scale(T.impute("x")), 4), 2), (lambda: T.standard_scale(T.impute("x") + 1), 2),
        (lambda: T.standard_scale(T.impute(T.impute("x", "median"), "mean")), 1), (lambda: T.standard_scale(T.standard_scale(T.standard_scale("x"))), 3),
        (lambda: T.one_hot(T.bucketize(T.impute("x"), 4)), 2), (lambda: T.vocabulary("s"), 1), (lambda: T.standard_scale(T.vocabulary("s")), 2),
        (lambda: when(T.standard_scale("x") > 0).then(T.impute("x")).otherwise(lit(0.0)), 1),
    ],
)  # fmt: skip
def test_scans(make: Any, scans: int) -> None:
    made = plan(make())
    assert made.scans == scans
    assert all(made.items(scan) for scan in range(scans)), "no scan without something to fold"
    assert made.items(scans) == []


def test_what_two_features_need_is_folded_once() -> None:
    same = plan(T.standard_scale("x"), T.standard_scale("x") * 2, T.standard_scale(col("x")))
    assert len(same.learners) == 1
    assert len(same.items(0)) == 1
    shared = plan(T.standard_scale("x"), T.impute("x", "mean"), T.standard_scale(T.impute("x", "mean")))
    assert len(shared.learners) == 3
    assert len(shared.items(0)) == 1, "one sum of squares serves all three"
    assert len(plan(T.standard_scale("x"), T.standard_scale("i")).items(0)) == 2
    assert plan(T.standard_scale("x"), T.bucketize(T.standard_scale("x"), 3)).scans == 2


def test_learners_come_after_what_they_need() -> None:
    made = plan(T.bucketize(T.standard_scale(T.impute("x")), 4), T.vocabulary("s"))
    place = {learner.node.key: i for i, learner in enumerate(made.learners)}
    for learner in made.learners:
        assert all(place[part.key] <= place[learner.node.key] for part in learner.node.walk() if part.key in place)
    assert [learner.scan for learner in made.learners] == [0, 0, 1, 0]


NUMBERS = (
    st.none() | st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf, 1e308, 5e-324]) | st.floats(allow_nan=False, allow_infinity=False)
)


@given(
    values=st.lists(NUMBERS, max_size=15),
    strategy=st.sampled_from(["median", "mean"]),
    outer=st.sampled_from(["standard_scale", "min_max_scale"]),
)
@settings(max_examples=150)
def test_derived_constants_are_those_of_the_imputed_column_bit_for_bit(values: list[float | None], strategy: str, outer: str) -> None:
    expr = getattr(T, outer)(T.impute("x", strategy))
    table = pa.table({"x": pa.array(values, pa.float64())})
    made, constants = run([expr], table)
    assert made.scans == 1
    scanned = fit(expr, table)  # the tests' own planner: it computes the imputed column and folds that
    assert {key: bits(value) for key, value in constants.items()} == {key: bits(value) for key, value in scanned.constants.items()}


@given(values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=10), twice=st.booleans())
@settings(max_examples=80)
def test_derived_constants_of_integers_and_of_two_fillings(values: list[int | None], twice: bool) -> None:
    inner = T.impute("x", "median")
    expr = T.standard_scale(T.impute(inner, "mean") if twice else inner)
    table = pa.table({"x": pa.array(values, pa.int64())})
    _, constants = run([expr, T.impute("x", "most_frequent")], table)
    scanned = fit(expr, table).constants
    assert {key: bits(constants[key]) for key in scanned} == {key: bits(value) for key, value in scanned.items()}


@given(values=st.lists(NUMBERS, min_size=1, max_size=12))
@settings(max_examples=60)
def test_two_levels_are_fitted_one_after_the_other(values: list[float | None]) -> None:
    expr = T.bucketize(T.standard_scale("x"), 3)
    table = pa.table({"x": pa.array(values, pa.float64())})
    made, constants = run([expr], table)
    assert made.scans == 2
    assert {key: bits(value) for key, value in constants.items()} == {key: bits(value) for key, value in fit(expr, table).constants.items()}


def test_a_column_of_nothing_but_nulls() -> None:
    expr = T.standard_scale(T.impute("x", "median"))
    for table in (pa.table({"x": pa.nulls(3, pa.float64())}), pa.table({"x": pa.array([], pa.float64())})):
        _, constants = run([expr], table)
        assert sorted(constants.values(), key=len) == [{"value": None}, {"mean": 0.0, "std": 1.0}]


def test_guards_are_the_largest_row_wise_expressions_that_can_reject() -> None:
    def guarded(expr: Expr, malformed: str = "error") -> list[str]:
        return [repr(node) for node in guards([expr.node], plan(expr, malformed=malformed), SCHEMA, malformed)]

    assert guarded(T.standard_scale(col("x").log())) == ["log(x)"]
    assert guarded(T.standard_scale(col("x").log()), "null") == []
    assert guarded(T.standard_scale(col("x").log(malformed="quarantine")), "null") == ["log(x, malformed='quarantine')"]
    assert guarded(col("x").log() + 1) == ["log(x) + 1"]
    assert guarded(T.standard_scale("x") + col("i")) == ["x", "i.cast(float64)"]
    choice = when(T.standard_scale("x") > 0).then(col("i") + 1).otherwise(lit(0))
    assert guarded(choice) == ["x"], "the branches' faults count only where they are taken"
