"""The rows that a validation shows stand where it says, are the first ones, and break the rule."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.expr.node import Node
from featureprep.validators.checks.base import Rule
from featureprep.validators.outcome import Outcome
from featureprep.validators.places import places_shown

CONTRACT = """
allow_empty: true
sources:
  trips:
    allow_empty: true
    columns:
      k: {type: int64, unique: true, references: {source: zones, column: z}}
      v: {type: int64, range: {min: 0}, monotonic: {by: at}}
      at: int64
    keys: [[k, at]]
    expressions: [{name: part, expr: v % at >= 0}]
  zones: {allow_empty: true, columns: {z: int64}}
"""
CELL = st.one_of(st.none(), st.integers(-2, 6))
Row = tuple[int | None, int | None, int | None]


def rows_of(report: Any, source: str = "trips") -> dict[str, tuple[str, ...]]:
    return {outcome.id: outcome.rows for outcome in report.sources[source]}


def expected(rows: list[Row], zones: set[int], outcomes: dict[str, Outcome]) -> dict[str, list[int]]:
    """By brute force; of rules about several rows those with the values of the examples."""
    shown = {key: [*outcome.examples] for key, outcome in outcomes.items()}
    repeated = [dict(pair) for pair in shown["$/keys/k, at"]]
    falling = [dict(pair) for pair in shown["v/monotonic"]]
    return {
        "k/unique": [i for i, (k, _, _) in enumerate(rows) if k in shown["k/unique"]],
        "k/references": [i for i, (k, _, _) in enumerate(rows) if k in shown["k/references"] and k not in zones],
        "v/range/min": [i for i, (_, v, _) in enumerate(rows) if v is not None and v < 0],
        "v/monotonic": [i for i, (_, v, at) in enumerate(rows) if {"at": at, "v": v} in falling],
        "$/keys/k, at": [i for i, (k, _, at) in enumerate(rows) if None in (k, at) or {"k": k, "at": at} in repeated],
        "$/expressions/part": [
            i for i, (_, v, at) in enumerate(rows) if v is not None and at is not None and (at == 0 or v % at < 0)
        ],
    }  # fmt: skip


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=20), cut=st.integers(0, 20), partitions=st.integers(1, 3))
def test_against_python(rows: list[Row], cut: int, partitions: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        places = []
        for name, part in (("a", rows[:cut]), ("b", rows[cut:])):
            lines = ["k,v,at", *(",".join("" if cell is None else str(cell) for cell in row) for row in part)]
            (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
            places += [f"{folder / name}.csv:{line + 2}" for line in range(len(part))]
        sources = {"trips": fp.read_csv(str(folder / "*.csv")), "zones": fp.from_arrow(pa.table({"z": pa.array([0, 1, 2], pa.int64())}))}
        report = fp.validate(sources, CONTRACT.replace("\nallow_empty: true", ""), partitions=partitions)
        outcomes = {outcome.id: outcome for outcome in report.sources["trips"]}
        found = rows_of(report)
        for key, at in expected(rows, {0, 1, 2}, outcomes).items():
            assert found[key] == tuple(places[i] for i in at[:5]), key
            assert bool(found[key]) == bool(outcomes[key].count), key
        other = fp.validate(sources, CONTRACT.replace("\nallow_empty: true", ""), partitions=1)
        assert other.to_json() == report.to_json()


VALUES: list[tuple[pa.DataType, Any, Any]] = [
    (pa.float64(), float("nan"), 1.5),
    (pa.float64(), -0.0, 2.0),
    (pa.float32(), 0.1, 0.2),
    (pa.string(), "é" * 300, "e"),
    (pa.binary(), b"\xff", b""),
    (pa.date32(), dt.date(2024, 2, 29), dt.date(1, 1, 1)),
    (pa.timestamp("us"), dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime(1970, 1, 1)),
    (pa.timestamp("us", "UTC"), dt.datetime(2024, 2, 29, tzinfo=dt.UTC), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
    (pa.decimal128(20, 3), Decimal("1.500"), Decimal("-2.000")),
    (pa.uint64(), 2**64 - 1, 1),
    (pa.bool_(), True, False),
]


@pytest.mark.parametrize(("dtype", "twice", "once"), VALUES, ids=[f"{dtype} {i}" for i, (dtype, _, _) in enumerate(VALUES)])
def test_keys_of_every_type(tmp_path: Path, dtype: pa.DataType, twice: Any, once: Any) -> None:
    again = 0.0 if twice == 0 else twice
    pq.write_table(pa.table({"x": pa.array([once, twice, None, again], dtype)}), tmp_path / "a.parquet")
    kind = {
        "float": "float32",
        "double": "float64",
        "date32[day]": "date",
        "timestamp[us]": "timestamp",
        "timestamp[us, tz=UTC]": "timestamp[UTC]",
    }
    stated = kind.get(str(dtype), str(dtype).replace("decimal128", "decimal"))
    contract = f"columns: {{x: {{type: '{stated}', unique: true}}}}\nkeys: x\n"
    (outcomes,) = fp.validate(fp.read_parquet(str(tmp_path / "a.parquet")), contract).sources.values()
    found = {outcome.id: outcome.rows for outcome in outcomes}
    place = f"{tmp_path / 'a.parquet'} row"
    assert found["x/unique"] == (f"{place} 1", f"{place} 3")
    assert found["$/keys/x"] == (f"{place} 1", f"{place} 2", f"{place} 3")


def test_narrower_types_and_sensitive_columns() -> None:
    trips = pa.table({"k": pa.array([1, 7, 7], pa.int8()), "s": ["secret", "other", "secret"]})
    contract = """
sources:
  trips:
    columns:
      k: {type: int64, references: {source: zones, column: z}}
      s: {type: string, sensitive: true, unique: true, values: [other]}
  zones: {columns: {z: int64}}
"""
    report = fp.validate({"trips": trips, "zones": pa.table({"z": [1]})}, contract)
    found = rows_of(report)
    assert found["k/references"] == ("memory row 1", "memory row 2")
    assert found["s/unique"] == found["s/values"] == ("memory row 0", "memory row 2")
    assert "secret" not in report.render_text() + str(report.to_json())
    assert "  at memory rows 0, 2\n" in report.render_text()


def test_nothing_is_read_again_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("featureprep.jobs.example_rows.ship", refuse)
    assert fp.validate(pa.table({"k": [1, 2]}), "columns: {k: {type: int64, unique: true}}\nrows: {max: 1, severity: warn}\n").ok


def test_places_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = f"{tmp_path}/a.csv"
    rows = [f"{here}:3", f"{here}:8", "s3://b/x:1.parquet row 1", "s3://b/x:1.parquet row 4", "memory row 2", "odd"]
    assert places_shown(rows) == ["a.csv:3, 8", "s3://b/x:1.parquet rows 1, 4", "memory row 2", "odd"]
    assert places_shown([]) == []


def test_the_work_grows_with_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the columns, each with two broken rules: twice the look-ups, not four times."""
    looked = 0
    columns, rule_id = Node.columns, vars(Rule)["id"].fget

    def counted(node: Node) -> Any:
        nonlocal looked
        looked += 1
        return columns(node)

    def identified(rule: Rule) -> str:
        nonlocal looked
        looked += 1
        return str(rule_id(rule))

    monkeypatch.setattr(Node, "columns", counted)
    monkeypatch.setattr(Rule, "id", property(identified))
    found = []
    for n in (20, 40):
        looked = 0
        contract = {"columns": {f"c{i}": {"type": "string", "values": ["q"], "length": {"max": 2}} for i in range(n)}}
        report = fp.validate(pa.table({f"c{i}": ["vvv", "q"] for i in range(n)}), contract)
        assert sum(bool(outcome.rows) for outcome in report.outcomes) == 2 * n
        found.append(looked)
    assert found[1] <= 2.2 * found[0]
