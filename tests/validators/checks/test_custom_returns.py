"""fp.check: what a function may return, and that what it says of a row hangs on that row alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.errors import NonDeterministicError, UdfError
from featureprep.expr.udf import run_batch

ROWS = pa.table({"x": [1.0, None, 3.0], "s": ["a", None, "b"]})
CONTRACT = "columns: {x: float64, s: string}\n"


def status(function: Any, mode: str, column: str = "s", rows: pa.Table = ROWS) -> tuple[str, int, str]:
    made = fp.check(columns=[column], mode=mode, name="c")(function)
    (found,) = (o for o in fp.validate(rows, CONTRACT, checks=[made]).outcomes if o.check == "checks")
    return str(found.status), found.count or 0, found.message


@pytest.mark.parametrize(
    ("function", "mode"),
    [
        (lambda s: s.map({"good": 0.99, "zzz": 0.01}), "pandas"),
        (lambda s: s.map({"a": 0.99}), "pandas"),
        (lambda s: s.map({"a": True}), "pandas"),
        (lambda s: s.map(lambda v: True if v == "a" else math.nan), "pandas"),
        (lambda s: np.array([True, None, np.float32("nan")], dtype=object)[: len(s)], "numpy"),
        (lambda s: s.str.find("a"), "pandas"),
        (lambda s: pd.Series([1, 0, None], dtype="Int64"), "pandas"),
        (lambda s: np.full(len(s), -1), "pandas"),
        (lambda s: np.full(len(s), -1), "numpy"),
        (lambda s: np.full(len(s), np.nan), "numpy"),
        (lambda s: np.ones(len(s)), "arrow"),
        (lambda s: pa.array([1] * len(s)), "arrow"),
        (lambda s: 1, "row"),
        (lambda s: pd.Series([1, True, None], dtype=object), "pandas"),
        (lambda s: s.to_frame(), "pandas"),
        (lambda s: pd.DataFrame({"a": [True] * len(s)}), "arrow"),
        (lambda s: np.ones((len(s), 1), dtype=bool), "numpy"),
        (lambda s: np.bool_(True), "numpy"),
        (lambda s: {"a": True}, "pandas"),
    ],
)
def test_what_is_no_bool_is_not_evaluated(function: Any, mode: str) -> None:
    assert status(function, mode)[0] == "not evaluated"


@pytest.mark.parametrize(
    ("function", "mode"),
    [
        (lambda s: s.map({"a": True, "b": False}), "pandas"),
        (lambda s: s.map(lambda v: v == "a", na_action="ignore"), "pandas"),
        (lambda s: (s == "a").astype("boolean").mask(s.isna()), "pandas"),
        (lambda s: s.map(lambda v: math.nan if v is None else v == "a"), "pandas"),
        (lambda s: np.array([None if v is None else v == "a" for v in s], dtype=object), "numpy"),
        (lambda s: None if s is None else np.bool_(s == "a"), "row"),
    ],
)
def test_bools_and_nulls_are(function: Any, mode: str) -> None:
    assert status(function, mode)[:2] == ("failed", 1)


def test_rows_without_a_value_are_null_where_pandas_makes_nan_of_them() -> None:
    rows = ROWS.slice(1, 1)
    assert status(lambda x: x.map(lambda v: v > 2, na_action="ignore"), "pandas", "x", rows)[:2] == ("passed", 0)
    assert status(lambda x: x.map(lambda v: v > 2, na_action="ignore"), "pandas", "x")[:2] == ("failed", 1)


def test_nan_is_refused_whatever_stands_beside_it() -> None:
    @fp.udf({"s": "string"}, "bool", mode="pandas")
    def known(s: Any) -> Any:
        return s.map(lambda v: True if v == "a" else math.nan)

    told = set()
    for texts in (["a"] * 50 + ["b"], ["b", "a"], ["b"], [None, "b"]):
        with pytest.raises(UdfError) as caught:
            run_batch(known.spec(), [pa.array(texts)])
        told.add((caught.value.what, caught.value.hint))
    assert len(told) == 1
    assert "returned NaN for a row that has a value; bool was declared" in told.pop()[0]
    assert run_batch(known.spec(), [pa.array(["a", None])]).to_pylist() == [True, None]
    assert run_batch(known.spec(), [pa.array([None], pa.string())]).to_pylist() == [None]


def test_a_frame_that_a_user_function_returns_is_refused() -> None:
    @fp.udf({"x": "float64"}, "float64", mode="pandas")
    def frame(x: Any) -> Any:
        return x.to_frame()

    @fp.job(sources={"t": fp.from_arrow(ROWS)})
    def job(t: fp.Table) -> fp.Table:
        return t.features(y=frame("x"))

    with pytest.raises(UdfError, match="returned a DataFrame of 2 dimensions"):
        job.run(store="memory://frames")


def test_an_expression_that_raises_names_its_check() -> None:
    with pytest.raises(UdfError, match="the check 'ex' raised ZeroDivisionError: division by zero") as caught:

        @fp.check
        def ex(t: Any) -> Any:
            return 1 / 0

    assert str(caught.value.where).startswith(f"{__file__}:")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_cell_of_a_notebook_needs_a_version() -> None:
    import linecache

    text = "def nb(x):\n    return x > LIMIT\n"
    linecache.cache["<cell 1>"] = (len(text), None, text.splitlines(keepends=True), "<cell 1>")
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<cell 1>", "exec"), space)
    with pytest.raises(UdfError) as caught:
        fp.check(columns=["x"])(space["nb"])
    assert 'as in a notebook, say version="1"' in str(caught.value.hint)
    assert fp.check(columns=["x"], version="1")(space["nb"]).name == "nb"


def _far(x: Any) -> Any:
    return ((x - x.mean()) / x.std()).abs() < 3


@pytest.mark.parametrize("function", [_far, lambda x: ~x.duplicated(keep=False), lambda x: ~x.duplicated(), lambda x: x < x.max()])
def test_few_bad_rows_among_many_still_tell_that_it_is_not_row_wise(function: Any) -> None:
    values = np.random.default_rng(3).uniform(size=10_007)
    values[[500, 501, 9_001]] = [40.0, 40.0, 50.0]
    rows = pa.table({"x": values, "s": pa.nulls(len(values), pa.string())})
    with pytest.raises(NonDeterministicError, match="not row-wise"):
        status(function, "pandas", "x", rows)
    assert status(lambda x: x < 30, "pandas", "x", rows)[:2] == ("failed", 3)
