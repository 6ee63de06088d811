"""Splits: by content alone, in the fractions asked for, and refused where they say nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep.errors import ColumnNotFoundError, RequestError, TypeMismatchError
from featureprep.run.split import Split


def labels(split: Split, **columns: Any) -> list[int]:
    arrays = {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    return [int(v) for v in split.labels(arrays)]


def test_fractions_are_met() -> None:
    split = fp.split(train=0.7, eval=0.2, test=0.1, by="id")
    counts = np.bincount(split.labels({"id": pa.array(range(20_000))}), minlength=3) / 20_000
    assert np.allclose(counts, [0.7, 0.2, 0.1], atol=0.012)


@given(st.lists(st.none() | st.integers(-5, 5), min_size=1, max_size=30), st.randoms())
def test_a_rows_part_depends_on_its_content_alone(values: list[int | None], rng: Any) -> None:
    split = fp.split(train=0.5, eval=0.5, by="k")
    whole = labels(split, k=pa.array(values, pa.int64()))
    order = list(range(len(values)))
    rng.shuffle(order)
    assert labels(split, k=pa.array([values[i] for i in order], pa.int64())) == [whole[i] for i in order]
    assert [labels(split, k=pa.array([v], pa.int64()))[0] for v in values] == whole
    seen: dict[Any, int] = {}
    assert all(seen.setdefault(v, label) == label for v, label in zip(values, whole, strict=True))


def test_encodings_change_nothing() -> None:
    split = fp.split(train=0.5, eval=0.5, by="k")
    plain = pa.array(["a", "b", None, "a", "", "é"] * 10)
    assert labels(split, k=plain.dictionary_encode()) == labels(split, k=plain)
    assert len(set(labels(split, k=plain))) == 2


def test_another_seed_cuts_otherwise() -> None:
    rows = pa.array(range(200))
    assert labels(fp.split(train=0.5, eval=0.5, by="k"), k=rows) != labels(fp.split(train=0.5, eval=0.5, by="k", seed=1), k=rows)


@pytest.mark.parametrize("dates", [True, False])
def test_by_time(dates: bool) -> None:
    days = [dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 1, 31), None]
    split = fp.split(by="t", train=dt.date(2024, 1, 1), eval=dt.date(2024, 2, 1), test=None)
    values = days if dates else [None if d is None else dt.datetime(d.year, d.month, d.day) for d in days]
    assert labels(split, t=pa.array(values, pa.date32() if dates else pa.timestamp("us"))) == [0, 1, 2, 1, 2]


def test_by_a_moment() -> None:
    noon = dt.datetime(2024, 1, 1, 12)
    split = fp.split(by="t", train=noon, eval=None)
    moments = [noon - dt.timedelta(microseconds=1), noon, noon + dt.timedelta(microseconds=1)]
    assert labels(split, t=pa.array(moments, pa.timestamp("us"))) == [0, 1, 1]
    assert labels(split, t=pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], pa.date32())) == [0, 1]  # a day is its midnight


def test_all_in_one_part() -> None:
    assert labels(fp.split(train=1.0), k=[1, 2, 3]) == [0, 0, 0]


@pytest.mark.parametrize(
    "bad",
    [
        {}, {"train": 0.5}, {"train": 0.5, "eval": 0.6}, {"train": 1.2, "eval": -0.2}, {"a": 0.5, "b": 0.5}, {"train": 0.5, "eval": 0.5, "fit": "eval"},
        {"train": True}, {"train": "half"}, {"train": 0.5, "eval": None}, {"train": dt.date(2024, 1, 1), "eval": None},
        {"by": "t", "train": dt.date(2024, 2, 1), "eval": dt.date(2024, 1, 1), "test": None}, {"by": "t", "train": dt.date(2024, 2, 1)},
        {"by": ["a", "b"], "train": dt.date(2024, 2, 1), "eval": None}, {"../x": 0.5, "train": 0.5}, {"train": float("nan"), "eval": 0.5},
        {"by": 3, "train": 0.5, "eval": 0.5}, {"by": [], "train": 0.5, "eval": 0.5}, {"by": [3], "train": 0.5, "eval": 0.5},
        {"seed": "x", "train": 0.5, "eval": 0.5}, {"seed": -1, "train": 0.5, "eval": 0.5},
    ],
)  # fmt: skip
def test_what_is_no_split(bad: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        fp.split(**bad)


def test_columns_that_are_not_there_or_no_times() -> None:
    with pytest.raises(ColumnNotFoundError, match="kez"):
        fp.split(train=0.5, eval=0.5, by="kez").columns(pa.schema([("key", pa.string())]))
    with pytest.raises(TypeMismatchError, match="date or timestamp"):
        labels(fp.split(by="t", train=dt.date(2024, 1, 1), eval=None), t=[1, 2])
