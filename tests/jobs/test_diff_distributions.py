"""Distributions compared by stored statistics: distances against exact ones, and the sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.jobs.diff_distributions import compare_distributions, quantile_distance
from featureprep.jobs.engines import make_engine
from featureprep.jobs.stats import source_statistics

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def section(**columns: Any) -> dict[str, Any]:
    table = pa.table({name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()})
    found: dict[str, Any] = source_statistics({"t": fp.from_arrow(table)}, None, make_engine("pandas"))["sources"]["t"]
    return found


def moved(before: dict[str, Any], after: dict[str, Any]) -> Any:
    found = compare_distributions({"source t": before}, {"source t": after})
    assert len(found) <= 1
    return found[0] if found else None


def exact(a: np.ndarray, b: np.ndarray) -> float:
    points = np.concatenate([a, b])
    below = [np.searchsorted(np.sort(x), points, "right") / len(x) for x in (a, b)]
    return float(np.max(np.abs(below[0] - below[1])))


def test_the_distance_is_near_the_exact_one() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=5000)
    for other in (rng.normal(size=4000), base + 0.5, base * 3, np.where(base > 0, base, 0.0), np.full(100, 7.0)):
        quantiles = [[(q, float(np.quantile(x, q))) for q in SHARES] for x in (base, other)]
        assert quantile_distance(*quantiles) == pytest.approx(exact(base, other), abs=0.06)


def test_constants_and_extremes() -> None:
    one, two = ([(q, v) for q in SHARES] for v in (3.0, 4.0))
    assert quantile_distance(one, one) == 0.0
    assert quantile_distance(one, two) == quantile_distance(two, one) == 1.0
    wide = [(0.0, -1.7e308), (0.5, 0.0), (1.0, 1.7e308)]
    assert 0.0 <= quantile_distance(wide, one) <= 1.0


@settings(max_examples=40)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
def test_it_is_a_distance(a: list[float], b: list[float]) -> None:
    one, two = ([(q, float(np.quantile(x, q))) for q in SHARES] for x in (a, b))
    assert quantile_distance(one, one) == 0.0
    assert 0.0 <= quantile_distance(one, two) <= 1.0
    assert quantile_distance(one, two) == quantile_distance(two, one)


def test_numbers_move_by_mean_and_ends() -> None:
    found = moved(section(x=[float(i) for i in range(1000)]), section(x=[float(i) + 500 for i in range(1000)]))
    assert found.distance == pytest.approx(0.5, abs=0.01)
    assert not found.chance
    assert found.details[0].startswith("mean 499.5 → 999.5 (+1.7 std)")
    assert "max 999 → 1499" in found.details
    assert not any(detail.startswith("min") for detail in found.details)  # it moved inwards


def test_few_whole_numbers_are_compared_exactly() -> None:
    found = moved(section(x=[0] * 700 + [1] * 300), section(x=[0] * 600 + [1] * 400))
    assert found.distance == pytest.approx(0.1)


def test_texts_come_and_go_and_change_their_shares() -> None:
    found = moved(section(w=["a"] * 80 + ["b"] * 20), section(w=["a"] * 50 + ["c"] * 50))
    assert found.distance == 0.5
    assert set(found.details) == {"'c' 0.0% → 50.0%", "1 new: 'c'", "1 gone: 'b'"}


def test_missing_values_alone() -> None:
    found = moved(section(x=[1.0, 2.0] * 100), section(x=[1.0, 2.0] * 50 + [None] * 100))
    assert (found.distance, found.details) == (0.5, ("missing 0.0% → 50.0%",))


def test_times_tell_their_ends_and_lists_their_lengths() -> None:
    days = [pa.array([0, n], pa.date32()) for n in (30, 60)]
    assert moved(section(d=days[0]), section(d=days[1])).details == ("max 1970-01-31 → 1970-03-02",)
    found = moved(section(v=[[1], [2]]), section(v=[[1, 2], [2, 3]]))
    assert (found.distance, found.details) == (0.5, ("mean length 1 → 2",))


def test_few_rows_differ_by_chance() -> None:
    assert moved(section(w=["a", "b"]), section(w=["a", "a"])).chance


def test_the_same_other_columns_and_no_rows_are_no_difference() -> None:
    one = section(x=[1.0, 2.0], w=["a", None])
    assert compare_distributions({"source t": one}, {"source t": one}) == []
    assert compare_distributions({"source t": one}, {"source u": one}) == []
    assert compare_distributions({"source t": section(x=[1.0])}, {"source t": section(x=["a"])}) == []
    empty = section(x=pa.array([], pa.float64()))
    assert compare_distributions({"source t": empty}, {"source t": empty}) == []
    assert moved(empty, section(x=[1.0])) is None


def test_masked_columns_tell_missing_values_only() -> None:
    table = [fp.from_arrow(pa.table({"s": values})) for values in (["x", "y", None, None], ["z", "z", "z", None])]
    found = [source_statistics({"t": one}, None, make_engine("pandas"))["sources"]["t"] for one in table]
    for one in found:
        column = one["columns"][0]
        column["masked"] = True
        del column["top"]
    assert moved(*found).details == ("missing 50.0% → 25.0%",)
