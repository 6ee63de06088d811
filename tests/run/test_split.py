"""Splits: fractions kept, keys together, time bounds, and that a row's part is its own affair."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.run.split import Split, split

N = 20_000
ROWS = {"k": pa.array(np.arange(N) // 4), "s": pa.array([f"row {i}" for i in range(N)]), "x": pa.array(np.arange(N) * 0.5)}


def labels(made: Split, columns: dict[str, pa.Array]) -> list[int]:
    wanted = made.columns(pa.schema([(name, array.type) for name, array in columns.items()]))
    return list(made.labels({name: columns[name] for name in wanted}).tolist())


@pytest.mark.parametrize(
    "parts",
    [
        {"train": 0.8, "eval": 0.2},
        {"train": 0.7, "eval": 0.2, "test": 0.1},
        {"train": 0.01, "rest": 0.99},
        {"a": 0.25, "train": 0.25, "b": 0.25, "c": 0.25},
    ],
)
@pytest.mark.parametrize("by", ["row", "s", ["k", "x"]])
def test_fractions(parts: dict[str, Any], by: Any) -> None:
    made = split(by=by, **parts)
    counts = np.bincount(labels(made, ROWS), minlength=len(parts))
    for name, count in zip(parts, counts, strict=True):
        expected = parts[name] * N
        assert abs(count - expected) < 5 * np.sqrt(expected * (1 - parts[name])), name  # five standard deviations
    assert made.names == tuple(parts)


def test_one_part_takes_all() -> None:
    assert set(labels(split(train=1), ROWS)) == {0}


def test_seeds_cut_otherwise() -> None:
    first, again, other = (labels(split(train=0.5, eval=0.5, seed=seed), ROWS) for seed in (0, 0, 1))
    assert first == again
    assert 0.4 < np.mean(np.array(first) != np.array(other)) < 0.6


def test_equal_keys_stay_together() -> None:
    made = np.array(labels(split(by="k", train=0.6, eval=0.4), ROWS)).reshape(-1, 4)
    assert (made == made[:, :1]).all()
    assert 0 < made[:, 0].mean() < 1
    ways = [labels(split(by=keys, train=0.5, eval=0.5), ROWS) for keys in (["k", "x"], ["x", "k"], ["x", "k", "x"])]
    assert ways[0] == ways[1] == ways[2], "the order of the keys does not matter"


VALUES = st.none() | st.integers(-3, 3)


@given(
    rows=st.lists(
        st.tuples(VALUES, st.none() | st.sampled_from([0.0, -0.0, float("nan"), 1.5]), st.none() | st.text(max_size=3)), max_size=12
    ),
    data=st.data(),
)
def test_a_rows_part_does_not_depend_on_the_others(rows: list[tuple[Any, Any, Any]], data: st.DataObject) -> None:
    made = split(train=0.5, eval=0.3, test=0.2)

    def of(some: list[tuple[Any, Any, Any]]) -> list[int]:
        columns = zip(*some, strict=True) if some else ((), (), ())
        types = (pa.int64(), pa.float64(), pa.string())
        return labels(made, {name: pa.array(list(c), t) for name, c, t in zip("abc", columns, types, strict=True)})

    whole = of(rows)
    order = data.draw(st.permutations(range(len(rows))))
    assert of([rows[i] for i in order]) == [whole[i] for i in order]
    cut = data.draw(st.integers(0, len(rows)))
    assert of(rows[:cut]) + of(rows[cut:]) == whole
    assert of(rows + rows) == whole + whole


def test_encodings_do_not_matter() -> None:
    made = split(by="s", train=0.5, eval=0.5)
    text = ROWS["s"].slice(0, 500)
    assert labels(made, {"s": text.dictionary_encode()}) == labels(made, {"s": text})


DAYS = [dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2024, 5, 31), dt.date(2024, 6, 1), dt.date(2024, 6, 2), None]
BOUNDS: dict[str, Any] = {"train": dt.date(2024, 1, 1), "eval": dt.datetime(2024, 6, 1, 12), "test": None}


def test_time_bounds() -> None:
    made = split(by="day", **BOUNDS)
    assert labels(made, {"day": pa.array(DAYS)}) == [0, 1, 1, 1, 2, 2], "a day begins at midnight; an unknown time counts as the latest"
    moments = [
        dt.datetime(2023, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2024, 1, 1),
        dt.datetime(2024, 6, 1, 11, 59),
        dt.datetime(2024, 6, 1, 12),
        None,
    ]
    assert labels(made, {"day": pa.array(moments, pa.timestamp("us"))}) == [0, 1, 1, 2, 2]
    zoned = pa.array([m and m.replace(tzinfo=dt.UTC) for m in moments], pa.timestamp("us", "Europe/Berlin"))
    assert labels(made, {"day": zoned}) == [0, 1, 1, 2, 2], "moments, whatever clocks show"
    assert labels(made, {"day": pa.array([], pa.date32())}) == []
    aware = split(by="day", train=dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), eval=None)
    assert labels(aware, {"day": pa.array(moments, pa.timestamp("us"))}) == [0, 1, 1, 1, 1]


def test_times_at_the_ends_of_what_there_is() -> None:
    made = split(by="t", **BOUNDS)
    assert labels(made, {"t": pa.array([-(2**63), 2**63 - 1], pa.timestamp("us"))}) == [0, 2]
    assert labels(made, {"t": pa.array([-(2**31), 2**31 - 1], pa.int32()).cast(pa.date32())}) == [0, 2]


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({}, "no part named 'train'"), ({"a": 0.5, "b": 0.5}, "no part named 'train'"), ({"train": 0.5}, "add up to 1"), ({"train": 0.5, "eval": 0.6}, "add up to 1"),
        ({"train": 1.5, "eval": -0.5}, "add up to 1"), ({"train": 0, "eval": 1}, "add up to 1"), ({"train": float("nan"), "eval": 1}, "add up to 1"), ({"train": 1, "fit": "eval"}, "'fit' parameter of split"),
        ({"train": True}, "either by fractions"), ({"train": "0.5", "eval": "0.5"}, "either by fractions"), ({"train": dt.date(2024, 1, 1), "eval": None}, "either by fractions"),
        ({"by": ["a", "b"], "train": dt.date(2024, 1, 1), "eval": None}, "either by fractions"), ({"by": "a", "train": dt.date(2024, 1, 1), "eval": 0.5}, "either by fractions"),
        ({"by": "a", "train": dt.date(2024, 1, 1), "eval": dt.date(2024, 2, 1)}, "takes no bound of its own"),
        ({"by": "a", "train": dt.date(2024, 2, 1), "eval": dt.date(2024, 1, 1), "test": None}, "must ascend"), ({"by": "a", "train": dt.date(2024, 2, 1), "eval": dt.datetime(2024, 2, 1), "test": None}, "must ascend"),
        ({"by": [], "train": 1}, "'by' parameter of split"), ({"by": 5, "train": 1}, "'by' parameter of split"), ({"by": [5], "train": 1}, "'by' parameter of split"), ({"by": None, "train": 1}, "'by' parameter of split"),
        ({"train": 1, "seed": -1}, "'seed' parameter of split"), ({"train": 1, "seed": "x"}, "'seed' parameter of split"), ({"train": 0.5, "../x": 0.5}, "x"),
    ],
)  # fmt: skip
def test_errors(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=says) as caught:
        split(**arguments)
    assert "test_split.py:" in str(caught.value.where)


def test_columns_that_are_not_there_or_no_times() -> None:
    schema = pa.schema([("key", pa.int64()), ("s", pa.string())])
    with pytest.raises(ColumnNotFoundError, match="no column 'kye'"):
        split(by="kye", train=1).columns(schema)
    assert split(train=1).columns(schema) == ["key", "s"]
    with pytest.raises(TypeMismatchError, match="is string"):
        split(by="s", **BOUNDS).labels({"s": pa.array(["2024-01-01"])})


def test_what_is_stored_of_it() -> None:
    assert split(by="day", **BOUNDS).spec()["bounds"] == ["2024-01-01", "2024-06-01T12:00:00", None]
    assert split(train=0.8, eval=0.2, seed=3).spec() == {
        "names": ["train", "eval"],
        "by": None,
        "fractions": (0.8, 0.2),
        "bounds": None,
        "fit": "train",
        "seed": 3,
    }
