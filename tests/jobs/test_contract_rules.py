"""Rules between sources, thresholds and ages, through runs and the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import ArgumentError, ContractError

CONTRACT = """
sources:
  trips:
    columns:
      zone: {type: int64, references: {source: zones, column: id}}
      fare: {type: float64, range: {min: 0, action: quarantine, at_most: 1}}
      at: timestamp
    fresh: {column: at, max_age: 1d}
  zones: {columns: {id: int64}, keys: id}
"""
NOW = dt.datetime(2024, 1, 2, 12, tzinfo=dt.UTC)


def drop(folder: Path, zones: str = "1,2,3", bad: int = 1) -> None:
    rows = [f"{zone},{-1 if i < bad else 5},2024-01-02T0{i}:00:00" for i, zone in enumerate((1, 2, 3, 3))]
    (folder / "trips.csv").write_text("\n".join(["zone,fare,at", *rows]) + "\n", encoding="utf-8")
    (folder / "zones.csv").write_text("\n".join(["id", *zones.split(",")]) + "\n", encoding="utf-8")
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")


def run(folder: Path, **options: object) -> fp.Run:
    def body(trips: fp.Table, zones: fp.Table) -> fp.Table:
        return trips.join(zones.rename({"id": "zone"}), on="zone").features(fare=fp.col("fare"))

    sources = {name: fp.read_csv(str(folder / f"{name}.csv")) for name in ("trips", "zones")}
    job = fp.job(sources=sources, contract=str(folder / "contract.yaml"), name="rules")(body)
    return job.run(store=str(folder / "store"), **{"now": NOW, **options})


def test_a_drop_that_keeps_to_all(tmp_path: Path) -> None:
    drop(tmp_path)
    done = run(tmp_path)
    ended = {o["id"]: (o["status"], o["count"]) for outcomes in done.report.content["validation"].values() for o in outcomes}
    assert ended["zone/references"] == ("passed", 0)
    assert ended["fare/range/min"] == ("failed", 1)  # its row is set aside
    assert sum(done.dataset.splits.values()) == 3


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"zones": "1,2"}, "zone occurs in id of zones: 1 different value not in id of zones"),
        ({"bad": 2}, "at most 1 row may break it"),
        ({"zones": "1,2,3,3"}, "has the key id"),
    ],
)
def test_a_drop_that_breaks_one(tmp_path: Path, made: dict[str, object], told: str) -> None:
    drop(tmp_path, **made)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match=told):
        run(tmp_path)


def test_the_clock_decides(tmp_path: Path) -> None:
    drop(tmp_path)
    with pytest.raises(ContractError, match="3.375d old at 2024-01-05T12:00:00Z"):
        run(tmp_path, now=NOW + dt.timedelta(days=3))
    arguments = ["validate", "--contract", "contract.yaml", "--source", "trips=trips.csv", "--source", "zones=zones.csv", "--json", "--now"]
    for now, code in (("2024-01-02T12:00:00Z", 0), ("2024-01-09", 1), ("soon", 2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            result = CliRunner().invoke(cli, [*arguments, now])
        assert result.exit_code == code, result.output
        if code < 2:
            (fresh,) = (o for o in json.loads(result.stdout)["sources"]["trips"]["outcomes"] if o["check"] == "fresh")
            assert (fresh["status"] == "passed") == (code == 0)
    with pytest.raises(ArgumentError, match="now"):
        fp.validate(str(tmp_path / "zones.csv"), "columns: {id: int64}\n", now=dt.datetime(2024, 1, 1))
