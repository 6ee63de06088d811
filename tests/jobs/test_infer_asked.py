"""Ranges and keys that were asked for: what is proposed is true of all rows, and passes on the data it came from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError
from featureprep.jobs import keys_found, profile
from featureprep.jobs.infer import infer
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract

MOMENTS = st.integers(-(2**55), 2**58)
TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int8(), st.integers(-3, 3)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(2**53 - 2, 2**53 + 2)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.decimal128(20, 3), st.decimals("-99999", "99999", places=3)),
    (pa.date32(), st.dates()),
    (pa.date32(), st.integers(-(10**6), 10**7)),
    (pa.timestamp("us"), MOMENTS),
    (pa.timestamp("us", "UTC"), MOMENTS),
    (pa.string(), st.text(max_size=3)),
    (pa.bool_(), st.booleans()),
    (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2)),
]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 6))  # no rows break the rule that there are some, whatever is proposed
    columns = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
    made = {}
    for i, (dtype, values) in enumerate(columns):
        cell = values | st.none() if draw(st.booleans()) else values
        pool = draw(st.lists(cell, min_size=1, max_size=6))
        made[f"c{i}"] = pa.array([draw(st.sampled_from(pool)) for _ in range(rows)], dtype)
    return pa.table(made)


def stated(contract: Contract, check: str) -> dict[str, dict[str, Any]]:
    """The rules of a check by their columns: their parameters by parts."""
    made: dict[str, dict[str, Any]] = {}
    for rule in contract.sources[0].declared(None):
        if rule.check == check:
            made.setdefault(str(rule.column), {})[rule.part] = next(iter(rule.params.values()), True)
    return made


@settings(max_examples=60, deadline=None)
@given(tables())
def test_what_is_proposed_passes_on_its_data(table: pa.Table) -> None:
    contract = fp.infer(table, ranges=True, keys=True)
    read = load_contract(contract.to_yaml())
    assert read == contract
    report = fp.validate(table, read)
    assert [outcome for outcome in report.outcomes if outcome.status != "passed"] == []


@settings(max_examples=60, deadline=None)
@given(tables())
def test_keys_are_exact(table: pa.Table) -> None:
    """Against Python's sets: no column is left out that is a key, and none is said to be one that is not."""

    def is_key(*names: str) -> bool:
        rows = list(zip(*(table[name].to_pylist() for name in names), strict=True))
        return table.num_rows > 1 and len(set(rows)) == len(rows) and not any(cell is None for row in rows for cell in row)

    try:
        can = [f.name for f in table.schema if not pa.types.is_nested(f.type) and not pa.types.is_floating(f.type) and f.type != pa.bool_()]
        single = [name for name in can if is_key(name)]
        pairs = [f"{a}, {b}" for i, a in enumerate(can) for b in can[i + 1 :] if is_key(a, b)]
    except (OverflowError, ValueError):  # beyond the years that Python knows
        return
    contract = fp.infer(table, keys=True)
    assert list(stated(contract, "unique")) == single
    assert list(stated(contract, "keys").get("None", {})) == ([] if single else pairs)


def test_ranges_are_what_the_data_has() -> None:
    day, moment = dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, 12, 30, 0, 1, tzinfo=dt.UTC)
    table = pa.table(
        {
            "big": pa.array([2**53 + 1, 7, None], pa.int64()),
            "flag": pa.array([0, 1, 1], pa.int64()),
            "f": [0.5, float("nan"), -2.25],
            "inf": [1.5, float("inf"), 2.5],
            "money": pa.array([Decimal("1.10"), Decimal("-3.00"), None], pa.decimal128(5, 2)),
            "day": pa.array([day, None, dt.date(2023, 1, 1)]),
            "at": pa.array([moment, moment, None], pa.timestamp("us", "UTC")),
            "far": pa.array([10**7, 0, 1], pa.date32()),
            "none": pa.array([None, None, None], pa.int64()),
            "text": ["a", "b", "b"],
        }
    )
    contract = fp.infer(table, ranges=True)
    assert stated(contract, "range") == {
        "big": {"min": 7, "max": 2**53 + 1},
        "flag": {"min": 0, "max": 1},
        "f": {"min": -2.25, "max": 0.5},
        "inf": {"min": 1.5},
        "money": {"min": Decimal("-3.00"), "max": Decimal("1.10")},
        "day": {"min": dt.date(2023, 1, 1), "max": day},
        "at": {"min": moment, "max": moment},
        "far": {"min": dt.date(1970, 1, 1)},
    }
    assert stated(fp.infer(table), "range") == {"flag": {"min": 0, "max": 1}}


def test_keys_are_pairs_only_where_no_column_is_one() -> None:
    table = pa.table({"shop": [1, 1, 2, 2], "till": ["a", "b", "a", "b"], "paid": [0.1, 0.2, 0.3, 0.4], "lack": [1, 2, 3, None]})
    contract = fp.infer(table, keys=True)
    assert contract.to_yaml().splitlines()[-1] == "keys: [[shop, till]]"
    assert stated(contract, "unique") == {}
    single = fp.infer(table.append_column("id", pa.array([4, 3, 2, 1])), keys=True)
    assert (stated(single, "unique"), stated(single, "keys")) == ({"id": {"": True}}, {})
    assert stated(fp.infer(table.slice(0, 1), keys=True), "unique") == {}  # one row tells nothing


def test_the_cost_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thirty timestamps without a key: eight are counted, ten pairs of the five best are tried, in two scans."""
    asked: list[list[int]] = []
    fold_rows = profile.fold_rows

    def counted(bound: Any, schema: Any, folds: Any, *args: Any, **more: Any) -> Any:
        asked.append([fold.columns for fold, _ in folds.values()])
        return fold_rows(bound, schema, folds, *args, **more)

    monkeypatch.setattr(keys_found, "fold_rows", counted)
    values = pa.array([0, 0, 1, 2, 3, 4], pa.timestamp("us"))
    contract = fp.infer(pa.table({f"t{i}": values for i in range(30)}), keys=True)
    assert asked == [[1] * 8, [2] * 10]
    assert stated(contract, "keys") == {}


def test_cells_that_do_not_fit_are_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("id,x\n" + "".join(f"{i},{i % 3}\n" for i in range(50)) + "oops,1\n", encoding="utf-8")
    contract = fp.infer(path, ranges=True, keys=True)
    report = fp.validate(path, contract)
    assert report.ok
    assert {outcome.check for outcome in report.outcomes if outcome.status != "passed"} <= {"type"}


def test_nothing_is_told_of_sensitive_columns() -> None:
    frame = pd.DataFrame({"income": [1234567, 7654321], "name": ["Ann", "Bob"]})
    sources = {"people": fp.from_pandas(frame)}
    text = infer(
        sources, None, PandasEngine(1), ranges=True, keys=True, sensitive={"people": {"income", "name"}}
    ).contract.to_yaml()  # fmt: skip
    assert not any(value in text for value in ("1234567", "7654321", "Ann", "Bob", "1.23"))
    assert text.count("sensitive: true") == 2
    assert text.count("unique: true") == 2


@pytest.mark.parametrize("wrong", [{"ranges": 1}, {"keys": "yes"}, {"max_values": 401}, {"partitions": 0}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))!r} parameter of infer"):
        fp.infer(pa.table({"a": [1]}), **wrong)


def test_data_of_another_kind_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'data' parameter of infer"):
        fp.infer(7)
