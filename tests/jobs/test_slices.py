"""Statistics by slice: which slices there are, that each is as of its rows alone, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner, Result

import featureprep as fp
from featureprep.cli import cli
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ColumnNotFoundError, FeatureprepError, RequestError, TypeMismatchError
from featureprep.jobs import slices as slices_module
from featureprep.jobs.slices import Slicing
from featureprep.jobs.stats import source_statistics

ROWS = pa.table({
    "zone": pa.array([1, 2, None, 1, 2], pa.int64()),
    "kind": ["taxi", "bus", "taxi", None, "a,b"],
    "day": pa.array([dt.date(2024, 1, 1), None, dt.date(2024, 1, 2), dt.date(2024, 1, 1), None]),
    "late": [True, False, True, None, False],
    "fare": [1.0, 2.5, float("nan"), 4.0, None],
})  # fmt: skip


def sliced(*by: Any, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = source_statistics(
        {"trips": fp.from_arrow(ROWS)}, None, PandasEngine(1), slice_by=by, **options
    )["sources"]["trips"]["slices"]  # fmt: skip
    return found


def test_each_slice_is_as_of_its_rows_alone() -> None:
    found = sliced("zone", "late,kind")
    assert [one["slice"] for one in found] == [
        {"zone": 1}, {"zone": 2}, {"zone": None}, {"late": False, "kind": "a,b"}, {"late": False, "kind": "bus"},
        {"late": True, "kind": "taxi"}, {"late": None, "kind": None},
    ]  # fmt: skip
    for one in found:
        mask = pa.array([True] * 5)
        for name, value in one["slice"].items():
            column = ROWS.column(name)
            mask = pc.and_(mask, column.is_null() if value is None else pc.fill_null(pc.equal(column, value), False))
        alone = source_statistics({"trips": fp.from_arrow(ROWS.filter(mask))}, None, PandasEngine(1))["sources"]["trips"]
        assert {key: alone[key] for key in ("rows", "columns")} == {key: one[key] for key in ("rows", "columns")}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("zone=2", [{"zone": 2}]),
        ("kind=taxi, zone", [{"kind": "taxi", "zone": 1}, {"kind": "taxi", "zone": None}]),
        (["kind=a,b"], [{"kind": "a,b"}]),
        ("day=2024-01-01", [{"day": "2024-01-01"}]),
        ("late=TRUE", [{"late": True}]),
        ("day", [{"day": "2024-01-01"}, {"day": "2024-01-02"}, {"day": None}]),
    ],
)
def test_values_that_are_chosen(by: Any, expected: list[dict[str, Any]]) -> None:
    assert [one["slice"] for one in sliced(by)] == expected


@pytest.mark.parametrize(
    ("by", "options", "error", "said"),
    [
        ("fare", {}, TypeMismatchError, "'fare' of type float64 makes no slices"),
        ("zoen", {}, ColumnNotFoundError, "zoen"),
        ("zone=x", {}, RequestError, "'x' is no value of the column 'zone'"),
        ("zone=9", {}, RequestError, "no row of trips is in the slice zone=9"),
        ("kind=train,zone", {}, RequestError, "no row of trips is in the slice kind=train,zone"),
        ("zone,kind", {"max_slices": 4}, RequestError, "there are 5 slices; at most 4"),
        ("zone,zone", {}, FeatureprepError, "columns that differ"),
        ("", {}, FeatureprepError, "columns to slice by"),
        ("=5", {}, FeatureprepError, "columns to slice by"),
        (5, {}, FeatureprepError, "columns to slice by"),
        ("zone", {"max_slices": 0}, FeatureprepError, "max_slices"),
        ("zone", {"contract": fp.load_contract("columns: {zone: {type: int64, sensitive: true}, fare: float64}\n")}, RequestError, "sensitive"),
    ],
)  # fmt: skip
def test_what_is_refused(by: Any, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        sliced(by, **options)


def test_very_many_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices_module, "COUNTED", 2)
    with pytest.raises(RequestError, match="more than 2 slices"):
        sliced("zone", max_slices=10)


def test_of_several_sources_those_with_the_column_are_sliced() -> None:
    sources = {"trips": fp.from_arrow(ROWS), "zones": fp.from_arrow(pa.table({"name": ["a"]}))}
    found = source_statistics(sources, None, PandasEngine(1), slice_by=["zone"])["sources"]
    assert len(found["trips"]["slices"]) == 3
    assert "slices" not in found["zones"]
    with pytest.raises(ColumnNotFoundError, match="zoen"):
        source_statistics(sources, None, PandasEngine(1), slice_by=["zoen"])


def test_no_rows_have_no_slices() -> None:
    empty = {"trips": fp.from_arrow(ROWS.slice(0, 0))}
    assert source_statistics(empty, None, PandasEngine(1), slice_by=["zone"])["sources"]["trips"]["slices"] == []


def test_progress_is_told() -> None:
    engine = PandasEngine(1)
    seen: list[tuple[str, int, int]] = []
    engine.progress = lambda *told: seen.append(told)
    source_statistics({"trips": fp.from_arrow(ROWS)}, None, engine, slice_by=["zone"])
    assert seen.count(("putting slices together", 3, 3)) == 1
    assert ("slices of trips", 1, 1) in seen


def test_how_a_slicing_is_spelled() -> None:
    assert str(Slicing.of(" a, b=1 ,c")) == "a,b=1,c"
    assert Slicing.of("a=").columns == (("a", ""),)
    assert Slicing.of(["a=b=c"]).columns == (("a", "b=c"),)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["stats", *arguments])


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trips.csv").write_text("zone,fare\n1,2.5\n,3\n1,4\n", encoding="utf-8")
    shown = call("trips.csv", "--slice-by", "zone")
    assert shown.exit_code == 0, shown.stderr
    assert "source trips.csv, zone = 1: 2 rows" in shown.stdout
    assert "source trips.csv, zone is null: 1 row, 2 columns" in shown.stdout
    found = json.loads(call("trips.csv", "--slice-by", "zone", "--json").stdout)["sources"]["trips.csv"]
    assert [(one["slice"]["zone"], one["rows"]) for one in found["slices"]] == [(1, 2), (None, 1)]
    schema = json.loads((Path(slices_module.__file__).parents[1] / "validators/schemas/statistics.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert call("trips.csv", "--slice-by", "zone", "-o", "kept.json").exit_code == 0
    Path("c.yaml").write_text("columns: {zone: int64, fare: float64}\ndrift: {jensen_shannon: 0.5}\n", encoding="utf-8")
    held = CliRunner().invoke(cli, ["validate", "trips.csv", "--contract", "c.yaml", "--baseline", "kept.json"])
    assert held.exit_code == 0, held.output
    for arguments, said in (
        (("--slice-by", "zone", "--max-slices", "1"), "there are 2 slices; at most 1"),
        (("--max-slices", "1"), "--max-slices goes with --slice-by"),
    ):
        refused = call("trips.csv", *arguments)
        assert refused.exit_code == 2
        assert said in refused.stderr
    assert "slices are made of data" in call("trips@1", "--slice-by", "zone").stderr
