"""Strict graphs: a misspelt name is told, where a plain graph reads null."""

from __future__ import annotations

from collections import UserDict
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, ColumnNotFoundError

ROWS = {"distance": [1.0, None, 3.0], "payment": ["cash", "card", None], "tips": [0.0, 1.0, 2.0], "trip": [7, 8, 9]}
ROW = {"distance": 2.5, "payment": "cash"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> fp.TransformGraph:
    store = str(tmp_path_factory.mktemp("store"))

    @fp.job(sources={"trips": fp.from_arrow(pa.table(ROWS))})
    def trips(trips: fp.Table) -> fp.Table:
        return trips.filter(col("distance").is_null() | (col("distance") < 100), name="near").features(
            distance=T.impute("distance", "median"), payment=T.vocabulary("payment"), label=fp.label(col("tips") > 0.5), keep=["trip"]
        )

    trips.run(store=store)
    return fp.open_graph(store, "trips@latest")


def test_good_rows_come_out_alike(graph: fp.TransformGraph) -> None:
    strict = graph.strict()
    for row in (ROW, {**ROW, "trip": 7}, {**ROW, "distance": None}, {**ROW, "tips": 3.0}, UserDict[str, Any](ROW)):
        assert strict(row) == graph(row)
        assert strict.admits(row) == graph.admits(row)
    assert strict.trace(ROW) == graph.trace(ROW)
    assert strict.admits({**ROW, "distance": 500.0}) == "near"
    whole = {**ROW, "trip": 7, "tips": 1.0}
    assert strict.training(whole) == graph.training(whole)
    assert strict.fingerprint == graph.fingerprint
    assert strict.strict() is strict
    assert repr(strict) == f"{graph!r}, strict"
    assert isinstance(strict, fp.TransformGraph)


@pytest.mark.parametrize(
    "row, said",
    [
        (
            {"distence": 2.5, "payment": "cash"},
            "lacks 'distance'; the graph does not know 'distence'\nHint: Did you mean 'distance' where 'distence'",
        ),
        ({"distance": 2.5}, "graph trips: the row lacks 'payment'\nHint: an unknown value is given as None; the graph reads 'distance'"),
        ({**ROW, "zebra": 1}, "does not know 'zebra'"),
        (dict[Any, Any](ROW) | {3: 1}, "does not know 3"),
        ({}, "lacks 'distance', 'payment'"),
        ({**ROW, **{f"q{i:03}": 0 for i in range(50)}}, "'q004' and 45 more"),
    ],
)
def test_other_names_are_told(row: dict[Any, Any], said: str, graph: fp.TransformGraph) -> None:
    graph(row)
    strict = graph.strict()
    for call in (strict, strict.training, strict.admits, strict.trace):
        with pytest.raises(ColumnNotFoundError) as caught:
            call(row)
        assert call == strict.training or said in str(caught.value)


def test_tables_and_frames(graph: fp.TransformGraph) -> None:
    pd = pytest.importorskip("pandas")
    strict = graph.strict()
    good = pa.table(ROWS)
    assert strict.transform(good).equals(graph.transform(good))
    assert strict.transform(good.to_batches()[0]).num_rows == 3
    bad = good.rename_columns(["distance", "paiment", "tips", "trip"])
    for data in (bad, bad.to_batches()[0], bad.to_pandas()):
        with pytest.raises(ColumnNotFoundError, match="Did you mean 'payment' where 'paiment'"):
            strict.transform(data)
    assert strict.transform(pd.DataFrame(ROWS), on_error="null").shape[0] == 3


def test_what_is_no_row_is_refused(graph: fp.TransformGraph) -> None:
    for wrong in (None, 3, [ROW]):
        with pytest.raises(ArgumentError, match="mapping"):
            graph.strict()(wrong)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match="pyarrow Table"):
            graph.strict().transform(wrong)


def test_a_label_may_be_absent_but_not_in_training(graph: fp.TransformGraph) -> None:
    with pytest.raises(ColumnNotFoundError, match="lacks 'tips'"):
        graph.strict().training(ROW)
    assert graph.strict()(ROW)["payment"] == 1
