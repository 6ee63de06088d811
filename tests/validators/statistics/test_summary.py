"""Statistics against NumPy, pandas and DuckDB, and the same in any pieces."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep.validators
from featureprep.folds.quantiles import Runs
from featureprep.validators.statistics.layout import column_folds, fold_id
from featureprep.validators.statistics.runs import distinct, histogram, zeros
from featureprep.validators.statistics.summary import BUCKETS, QUANTILES, TEXT_SHOWN, TOP
from featureprep.validators.statistics.text import render_text

Describe = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(3)
    n = 5000
    floats = rng.normal(size=n) * 10.0 ** rng.integers(-3, 4, n)
    floats[::97] = np.nan
    floats[::101] = np.inf
    floats[5] = -0.0
    return pa.table(
        {
            "f": pa.array(floats, mask=rng.random(n) < 0.1),
            "i": pa.array(rng.integers(-20, 20, n), mask=rng.random(n) < 0.1),
            "u": pa.array(rng.integers(0, 3, n).astype(np.uint8)),
            "b": pa.array(rng.random(n) < 0.3, mask=rng.random(n) < 0.5),
            "s": pa.array(rng.choice(["", "a", "é", "long text", "b"], n, p=[0.1, 0.4, 0.2, 0.1, 0.2]), mask=rng.random(n) < 0.2),
            "many": pa.array([f"v{k}" for k in rng.integers(0, 1000, n)]).dictionary_encode(),
            "d": pa.array(rng.integers(0, 20000, n).astype("datetime64[D]"), pa.date32()),
            "t": pa.array(rng.integers(0, 10**15, n), pa.int64()).cast(pa.timestamp("us")),
            "l": pa.array([list(range(k)) for k in rng.integers(0, 5, n)], pa.list_(pa.int64())),
            "nothing": pa.nulls(n, pa.int64()),
        }
    )


def schema() -> dict[str, Any]:
    path = Path(featureprep.validators.__path__[0]) / "schemas" / "statistics.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def by_name(statistics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in statistics["columns"]}


def test_numbers_against_numpy_and_pandas(table: pa.Table, describe: Describe) -> None:
    made = by_name(describe(table))
    for name in ("f", "i", "u"):
        column, found = table[name].drop_null().to_numpy().astype(float), made[name]
        finite = column[np.isfinite(column)]
        assert found["n"] == len(finite)
        assert found["nulls"] == table[name].null_count
        assert found["nans"] == np.isnan(column).sum()
        assert found["infs"] == np.isinf(column).sum()
        assert found["zeros"] == (finite == 0).sum()
        assert found["mean"] == float(sum(map(Fraction, finite)) / len(finite))
        assert found["std"] == pytest.approx(np.std(finite), rel=1e-12)
        assert found["sum"] == math.fsum(finite)
        assert (found["min"], found["max"]) == (finite.min(), finite.max())
        assert found["n_unique"] == len(np.unique(finite))
        assert [value for _, value in found["quantiles"]] == np.quantile(finite, QUANTILES).tolist()
        counts, edges = np.histogram(finite, BUCKETS)
        assert sum(count for _, _, count in found["histogram"]) == len(finite)
        assert [low for low, _, _ in found["histogram"]] == pytest.approx(edges[:-1].tolist(), rel=1e-12, abs=1e-9)
        if name == "f":  # no value near an edge
            assert [count for _, _, count in found["histogram"]] == counts.tolist()
    counted = pd.Series(table["i"].drop_null().to_numpy()).value_counts()
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    assert made["i"]["top"] == [list(item) for item in expected]
    assert "top" not in made["f"]


def test_texts_bools_and_lists_against_duckdb(table: pa.Table, describe: Describe) -> None:
    made = by_name(describe(table))
    with duckdb.connect() as connection:
        connection.register("t", table)
        for name in ("s", "many", "b"):
            ranked = f"select {name}, count(*) from t where {name} is not null group by 1 order by 2 desc, 1"
            rows = connection.execute(ranked).fetchall()
            assert made[name]["n_unique"] == len(rows)
            shown = len(rows) if len(rows) <= 400 else TOP
            assert made[name]["top"] == [list(row) for row in rows[:shown]]
        low, high, mean, empty = connection.execute(
            "select min(length(s)), max(length(s)), avg(length(s)), count(*) filter (s = '') from t"
        ).fetchall()[0]
        assert made["s"]["lengths"] == {"min": low, "max": high, "mean": pytest.approx(mean), "empty": empty}
        low, high, mean, total = connection.execute("select min(len(l)), max(len(l)), avg(len(l)), sum(len(l)) from t").fetchall()[0]
        assert made["l"]["lengths"] == {"min": low, "max": high, "mean": pytest.approx(mean), "sum": total}
        for name in ("d", "t"):
            low, high = connection.execute(f"select min({name}), max({name}) from t").fetchall()[0]
            assert (made[name]["min"], made[name]["max"]) == (low.isoformat(), high.isoformat())
    assert len(made["many"]["top"]) == TOP
    assert made["nothing"] == {
        "name": "nothing", "type": "int64", "kind": "number", "n": 0, "nulls": 5000, "nans": 0, "infs": 0, "zeros": 0, "mean": None,
        "std": None, "sum": 0.0, "n_unique": 0, "min": None, "max": None, "quantiles": [], "histogram": [], "top": [],
    }  # fmt: skip


@pytest.mark.parametrize("merged", ["left", "right"])
@pytest.mark.parametrize("cuts", [(1,), (2500, 2500), tuple(range(300, 5000, 300))])
def test_the_same_in_any_pieces(table: pa.Table, describe: Describe, cuts: tuple[int, ...], merged: str) -> None:
    assert json.dumps(describe(table, cuts=cuts, merged=merged)) == json.dumps(describe(table))


def test_the_layout_is_the_published_one(table: pa.Table, describe: Describe) -> None:
    odd = pa.table(
        {
            "dec": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)),
            "zoned": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None], pa.timestamp("us", "Europe/Berlin")),
            "far": pa.array([2**31 - 1, None], pa.int32()).cast(pa.date32()),
            "bin": pa.array([b"x", None]),
            "st": pa.array([{"a": 1}, None]),
            "none": pa.nulls(2),
            "pair": pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
            "empty_lists": pa.array([[], None], pa.list_(pa.null())),
            "large": pa.array(["a", None], pa.large_string()),
            "codes": pa.array([7, None]).dictionary_encode(),
            "unsigned": pa.array([2**64 - 1, 0], pa.uint64()),
            "half": pa.array([0.5, -0.0], pa.float32()),
            "huge": pa.array([1.7e308, 1.7e308]),
            "big": pa.array([2**62, 2**62 + 1]),
            "long": pa.array(["x" * 1000, "y"]),
        }
    )
    for each in (table, odd, odd.slice(0, 0), pa.table({})):
        for sensitive in ((), each.column_names):
            made = describe(each, sensitive=sensitive)
            jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(made, allow_nan=False)))
            assert made["rows"] == each.num_rows
    found = by_name(describe(odd))
    assert (found["dec"]["min"], found["zoned"]["max"], found["far"]["max"]) == ("1.50", "2024-01-01T00:00:00+00:00", str(2**31 - 1))
    assert found["huge"]["sum"] is None
    assert found["big"]["n_unique"] is None
    assert found["long"]["top"] == [["x" * TEXT_SHOWN, 1], ["y", 1]]
    assert found["long"]["cut"]


def test_sensitive_values_are_left_out(table: pa.Table, describe: Describe) -> None:
    made = by_name(describe(table, sensitive=table.column_names))
    for column in made.values():
        assert column["masked"]
        assert not {"min", "max", "mean", "std", "sum", "top", "quantiles", "histogram"} & set(column)


def test_no_fold_is_asked_for_that_is_not_used(table: pa.Table, describe: Describe) -> None:
    class Watched(dict[str, Any]):
        asked: set[str] = set()

        def __getitem__(self, key: str) -> Any:
            self.asked.add(key)
            return super().__getitem__(key)

    from featureprep.validators.statistics.summary import finish

    folds = column_folds(table.schema)
    results = Watched({key: fold.finish(fold.init()) for key, (fold, _) in folds.items()})
    finish(results, table.schema)
    assert results.asked == set(folds)
    assert fold_id("f", "moments") in folds


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.one_of(finite, st.sampled_from([0.0, -0.0, 1.0, 2.0])), min_size=1, max_size=60), st.integers(1, 4))
def test_what_is_read_off_runs(values: list[float], pieces: int) -> None:
    fold = Runs()
    state = fold.init()
    for k in range(pieces):
        state = fold.merge(state, fold.update(fold.init(), pa.array(values[k::pieces], pa.float64())))
    state = fold.add_value(state, 1.0, 3)
    runs = fold.finish(state)
    whole = np.array([*values, 1.0, 1.0, 1.0]) + 0.0
    assert zeros(runs) == (whole == 0).sum()
    assert runs.below(whole).tolist() == [(whole < value).sum() for value in whole]
    unique, counts = np.unique(whole, return_counts=True)
    found = distinct(runs, 3)
    assert found.n_unique == len(unique)
    assert found.top == sorted(zip(unique.tolist(), counts.tolist(), strict=True), key=lambda item: (-item[1], item[0]))[:3]
    buckets = histogram(runs, float(whole.min()), float(whole.max()), 10)
    assert sum(count for _, _, count in buckets) == len(whole)
    assert all(math.isfinite(edge) for low, high, _ in buckets for edge in (low, high))
    for place, (low, high, count) in enumerate(buckets):
        last = place == len(buckets) - 1
        assert count == ((whole >= low) & ((whole < high) | (last & (whole <= high)))).sum()


def test_distinct_values_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.validators.statistics import runs as module

    monkeypatch.setattr(module, "_CHUNK", 100)
    values = np.random.default_rng(1).integers(0, 300, 5000).astype(float)
    fold = Runs()
    state = fold.init()
    for part in np.array_split(values, 7):
        state = fold.merge(state, fold.update(fold.init(), pa.array(part)))
    unique, counts = np.unique(values, return_counts=True)
    expected = sorted(zip(unique.tolist(), counts.tolist(), strict=True), key=lambda item: (-item[1], item[0]))
    found = distinct(fold.finish(state), 25)
    assert (found.n_unique, found.top) == (len(unique), expected[:25])


def test_text_is_safe_for_terminals(table: pa.Table, describe: Describe) -> None:
    text = render_text(describe(table))
    assert text.splitlines()[0] == "5,000 rows, 10 columns"
    assert len(text.splitlines()) == 12
    narrow = render_text(describe(table), width=60)
    assert all(line.split("  ")[0] == other.split("  ")[0] for line, other in zip(narrow.splitlines(), text.splitlines(), strict=True))
    assert all(str(column["n_unique"]) in narrow.replace(",", "") for column in describe(table)["columns"] if column.get("n_unique"))
    assert max(len(line) for line in render_text(describe(table.drop_columns(["t"]))).splitlines()) <= 140
    hostile = pa.table({"[bold]x\x1b[31m": ["\x1b]0;title\x07", "[red]b[/red]", "a\nb"]})
    shown = render_text(describe(hostile))
    assert "\x1b" not in shown
    assert "[red]b[/red]" in shown
    assert "[bold]x" in shown
    assert len(shown.splitlines()) == 3
    assert "(sensitive)" in render_text(describe(hostile, sensitive=hostile.column_names))
