"""`fp.validate`: the same report whatever holds the rows and however the contract is given, and errors that say what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError, ContractError, RequestError

CONTRACT = """\
columns:
  fare: {type: float64, range: {min: 0}, nullable: false}
  kind:
    type: string
    values: [taxi, bus]
    not_in: [SERVING]
"""
MAPPING = {
    "columns": {
        "fare": {"type": "float64", "range": {"min": 0}, "nullable": False},
        "kind": {"type": "string", "values": ("taxi", "bus"), "not_in": ["SERVING"]},
    }
}
ROWS: dict[str, list[Any]] = {"fare": [7.5, -1.0, None, 3.0], "kind": ["taxi", "bus", "boat", "taxi"]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "rides.csv").write_text("fare,kind\n7.5,taxi\n-1,bus\n,boat\n3,taxi\n", encoding="utf-8")
    (tmp_path / "rides.tsv").write_text("fare\tkind\n7.5\ttaxi\n-1\tbus\n\tboat\n3\ttaxi\n", encoding="utf-8")
    (tmp_path / "rides.jsonl").write_text(
        "".join(f'{{"fare": {fare}, "kind": "{kind}"}}\n' for fare, kind in zip(("7.5", "-1", "null", "3"), ROWS["kind"], strict=True)),
        encoding="utf-8",
    )
    pq.write_table(pa.table(ROWS), tmp_path / "rides.parquet")
    feather.write_feather(pa.table(ROWS), str(tmp_path / "rides.feather"))
    return tmp_path


def ends(report: Any) -> list[tuple[Any, ...]]:
    return [(o.id, str(o.status), o.count, o.total, o.examples) for o in report.outcomes]


DATA: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "polars": lambda: pl.DataFrame(ROWS),
    "table": lambda: pa.table(ROWS),
    "batch": lambda: pa.RecordBatch.from_pydict(ROWS),
    "source": lambda: fp.read_csv("rides.csv"),
    "csv": lambda: "rides.csv",
    "tsv": lambda: "rides.tsv",
    "json": lambda: "rides.jsonl",
    "parquet": lambda: Path("rides.parquet"),
    "feather": lambda: "rides.feather",
}


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("stated", ["file", "path", "text", "mapping", "contract"])
def test_one_report_whatever_holds_the_rows(kind: str, stated: str, folder: Path) -> None:
    contract: Any = {
        "file": "contract.yaml", "path": folder / "contract.yaml", "text": CONTRACT, "mapping": MAPPING, "contract": fp.load_contract(CONTRACT),
    }[stated]  # fmt: skip
    report = fp.validate(DATA[kind](), contract)
    assert not report.ok
    found = {o.id: (o.count, o.total, o.examples) for o in report.outcomes if o.status == "failed"}
    assert found == {"fare/nullable": (1, 4, ()), "fare/range/min": (1, 4, (-1.0,)), "kind/values": (1, 4, ("boat",))}


def test_environment_fail_on_and_partitions(folder: Path) -> None:
    relaxed = {
        "columns": {"fare": {"type": "float64", "range": {"min": 0, "severity": "warn"}}, "kind": {"type": "string", "not_in": ["SERVING"]}}
    }
    assert fp.validate("rides.csv", relaxed).ok
    strict = fp.validate("rides.csv", relaxed, fail_on="warn", partitions=3)
    assert not strict.ok
    serving = fp.validate(pa.table({"fare": [1.0]}), relaxed, environment="SERVING")
    assert serving.ok
    assert serving.left_out == {"": ["kind"]}
    other = {"columns": {"fare": {"type": {"is": "float64", "severity": "warn"}, "range": {"min": 0}}}}
    assert not fp.validate(pa.table({"fare": ["1"]}), other).ok
    assert fp.validate(pa.table({"fare": ["1"]}), other, allow_not_evaluated=True).ok


def test_several_sources(folder: Path) -> None:
    contract = {"sources": {"rides": MAPPING, "zones": {"columns": {"id": {"type": "int64", "unique": True}}}}}
    report = fp.validate({"rides": "rides.csv", "zones": pd.DataFrame({"id": [1, 1]})}, contract)
    assert set(report.sources) == {"rides", "zones"}
    assert [o.id for o in report.sources["zones"] if o.status == "failed"] == ["id/unique"]
    with pytest.raises(RequestError, match="several sources.*\n.*fp.validate"):
        fp.validate("rides.csv", contract)


def test_drift_from_a_version_or_other_data(folder: Path) -> None:
    before = pd.DataFrame({"kind": ["taxi"] * 900 + ["bus"] * 100})
    after = pd.DataFrame({"kind": ["taxi"] * 100 + ["bus"] * 900})
    contract = {"columns": {"kind": {"type": "string", "drift": {"linf": 0.1}}}}
    before.to_csv("before.csv", index=False)

    @fp.job(sources={"rides": fp.read_csv(folder / "before.csv")}, name="rides")
    def rides(rides: fp.Table) -> fp.Table:
        return rides.features(keep=["kind"])

    version = rides.run(store=str(folder / "store"), progress=False).dataset
    for baseline in (before, "before.csv", fp.read_csv("before.csv"), version):
        report = fp.validate(after, contract, baseline=baseline)
        assert [(o.check, str(o.status)) for o in report.outcomes if o.status != "passed"] == [("drift", "failed")]
        assert fp.validate(before, contract, baseline=baseline).ok
    assert [str(o.status) for o in fp.validate(after, contract).outcomes if o.check == "drift"] == ["not evaluated"]
    with pytest.raises(ArgumentError, match="a mapping that has the sources 'a'"):
        fp.validate({"a": before}, {"sources": {"a": contract}}, baseline={"b": before})


def test_an_engine_of_the_caller_s_is_left_open(folder: Path) -> None:
    engine = PandasEngine(2)
    assert ends(fp.validate("rides.csv", CONTRACT, engine=engine)) == ends(fp.validate("rides.csv", CONTRACT, engine=engine))


def test_python_s_own_dates_and_decimals_are_bounds() -> None:
    contract = {
        "columns": {
            "day": {"type": "date", "range": {"min": dt.date(2024, 1, 1)}},
            "price": {"type": "decimal(5, 2)", "range": {"max": Decimal("9.99")}},
        }
    }
    table = pa.table({"day": [dt.date(2023, 12, 31)], "price": pa.array([Decimal("10.00")], pa.decimal128(5, 2))})
    failed = {o.id for o in fp.validate(table, contract).outcomes if o.status == "failed"}
    assert failed == {"day/range/min", "price/range/max"}


def test_raise_for_errors(folder: Path) -> None:
    report = fp.validate("rides.csv", "contract.yaml")
    with pytest.raises(ContractError) as caught:
        report.raise_for_errors()
    assert str(caught.value) == (
        "contract.yaml:2: 3 rules of the contract failed:\n"
        "  fare is not null: FEATURE_TYPE_LOW_FRACTION_PRESENT (1 of 4 rows) [contract.yaml:2]\n"
        "  fare is at least 0.0: FLOAT_TYPE_SMALL_FLOAT (1 of 4 rows), for example -1.0 [contract.yaml:2]\n"
        "  kind is one of taxi, bus: ENUM_TYPE_UNEXPECTED_STRING_VALUES (1 of 4 rows), for example 'boat' [contract.yaml:5]\n"
        "Hint: mend the data; or change the contract, if this is how the data should be"
    )
    fp.validate(pa.table({"fare": [1.0], "kind": ["bus"]}), "contract.yaml").raise_for_errors()


@pytest.mark.parametrize(
    ("data", "contract", "options", "says"),
    [
        (3, CONTRACT, {}, "must be a pandas or Polars DataFrame"),
        ({}, CONTRACT, {}, "must be a pandas or Polars DataFrame"),
        ({3: "rides.csv"}, CONTRACT, {}, "names are texts"),
        ("absent.csv", CONTRACT, {}, "absent.csv: there is no such file"),
        ("ride.csv", CONTRACT, {}, "its folder has 'rides.csv'"),
        ("contract.yaml", CONTRACT, {}, "not known by its suffix"),
        ("rides.csv", 3, {}, "must be a Contract"),
        ("rides.csv", "absent.yaml", {}, "the contract does not exist"),
        ("rides.csv", {}, {}, "there is no `columns:`"),
        ("rides.csv", {"columns": {1: "int64"}}, {}, "the key 1 is no text"),
        ("rides.csv", {"columns": {"a": {"type": b"int64"}}}, {}, "has no place in a contract"),
        ("rides.csv", {"columns": {"a": {"type": "int64", "rnge": 1}}}, {}, "unknown key 'rnge'"),
        ("rides.csv", CONTRACT, {"environment": "MOON"}, "no environment 'MOON'"),
        ("rides.csv", CONTRACT, {"environment": None}, "must be a text"),
        ("rides.csv", CONTRACT, {"fail_on": "never"}, "'error' or 'warn'"),
        ("rides.csv", CONTRACT, {"partitions": 0}, "whole number from 1"),
        ("rides.csv", CONTRACT, {"baseline": 3}, "must be a version"),
        ("rides.csv", CONTRACT, {"baseline": "absent.csv"}, "absent.csv: there is no such file"),
        ("rides.csv", CONTRACT, {"baseline": "rides.csv"}, "states nothing about drift"),
        ({"": "rides.csv"}, CONTRACT, {}, "names are texts"),
        ("rides.csv", CONTRACT, {"engine": "moon"}, "engine"),
    ],
)
def test_what_cannot_be_meant_is_told(data: Any, contract: Any, options: dict[str, Any], says: str, folder: Path) -> None:
    with pytest.raises(RequestError) as caught:
        fp.validate(data, contract, **options)
    assert says in str(caught.value)


def test_a_mapping_nested_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["columns"] = endless
    with pytest.raises(RequestError, match="nested deeper than 32"):
        fp.validate(pa.table({"a": [1]}), endless)


def test_a_lazy_frame_is_told_to_be_collected() -> None:
    with pytest.raises(ArgumentError, match="collect"):
        fp.validate(pl.DataFrame(ROWS).lazy(), CONTRACT)
