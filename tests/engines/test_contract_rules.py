"""The rules of a contract end the same on every engine, in runs and in validation, however the rows are cut."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.io.base import Source
from featureprep.jobs.validate import validate
from featureprep.testing.host import EngineHost
from featureprep.validators.contract_yaml import load_contract

NOW = dt.datetime(2024, 2, 1, tzinfo=dt.UTC)
CONTRACT = """
sources:
  trips:
    columns:
      id: int64
      at: timestamp
      zone: {type: int64, references: {source: zones, column: zone, severity: warn}}
      fare: {type: float64, range: {min: 0, action: drop, at_most: 5%}, not_nan: {is: true, at_most: 0, severity: warn}}
      meter: {type: int64, monotonic: {by: at, severity: warn}}
      kind: {type: string, values: [a, b], min_domain_mass: {min: 0.99, severity: warn}}
      tags: {type: 'list<string>', valency: {min: 1, max: 2, severity: warn}, values: {of: [x, y], action: quarantine}}
      gone: {type: int64, required: false, nullable: {is: false, action: drop}}
    keys: [[id], {of: [zone, kind], severity: warn}, {of: [gone], severity: warn}]
    expressions: [{name: there, expr: gone is not None, severity: warn}, {name: none, expr: gone is None, action: drop}]
    fresh: {column: at, max_age: 8d, severity: warn}
  zones:
    columns: {zone: int64, name: string}
    keys: zone
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rules")
    n = 2000
    start = dt.datetime(2024, 1, 1)
    trips = pa.table({
        "id": pa.array(range(n), pa.int64()),
        "at": pa.array([start + dt.timedelta(minutes=17 * i) for i in range(n)], pa.timestamp("us")),
        "zone": pa.array([None if i % 50 == 0 else i % 23 for i in range(n)], pa.int64()),
        "fare": pa.array([-1.0 if i % 40 == 0 else i / 7 for i in range(n)], pa.float64()),
        "meter": pa.array([i - 30 * (i % 97 == 0) for i in range(n)], pa.int64()),
        "kind": pa.array(["abbac"[i % 5] if i % 3 else "a" for i in range(n)], pa.string()),
        "tags": pa.array([["x", "y", "z"][: i % 4] for i in range(n)], pa.list_(pa.string())),
    }).take(pa.array([(i * 977) % n for i in range(n)]))  # fmt: skip
    for part in range(4):
        (made / "trips").mkdir(exist_ok=True)
        pq.write_table(trips.slice(part * 500, 500), made / "trips" / f"{part}.parquet")
    pq.write_table(pa.table({"zone": pa.array(range(20), pa.int64()), "name": [f"zone {i}" for i in range(20)]}), made / "zones.parquet")
    (made / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    return made


def sources(folder: Path) -> dict[str, Source]:
    return {"trips": fp.read_parquet(str(folder / "trips/*.parquet")), "zones": fp.read_parquet(str(folder / "zones.parquet"))}


EXPECTED = {
    "zone/references": ("failed", 255, (20, 21, 22)),
    "fare/range/min": ("failed", 50, (-1.0,)),
    "fare/not_nan": ("passed", 0, ()),
    "kind/min_domain_mass": ("failed", 267, ("c",)),
    "tags/valency/min": ("failed", 500, ()),
    "tags/valency/max": ("failed", 500, ()),
    "tags/values": ("failed", 500, ("z",)),
    "gone/nullable": ("passed", None, ()),
    "$/keys/id": ("passed", 0, ()),
    "$/keys/gone": ("failed", 2000, ()),
    "$/expressions/there": ("failed", 2000, ({"gone": None},)),
    "$/expressions/none": ("passed", 0, ()),
    "$/fresh/at": ("passed", None, ()),
}


def test_validation(engine: Engine, host: EngineHost, folder: Path) -> None:
    contract = load_contract(folder / "contract.yaml")
    reports = [validate(sources(folder), contract, None, engine, partitions=parts, now=NOW).to_json() for parts in (None, 3)]
    assert reports[0] == reports[1]
    assert reports[0] == validate(sources(folder), contract, None, PandasEngine(1), partitions=1, now=NOW).to_json()
    found = validate(sources(folder), contract, None, engine, now=NOW).sources["trips"]
    by_id = {o.id: (str(o.status), o.count, o.examples) for o in found}
    assert {key: by_id[key] for key in EXPECTED} == EXPECTED
    assert by_id["meter/monotonic"][0] == "failed"
    assert by_id["$/keys/zone, kind"][1] == 2000


def exchanged(trips: fp.Table, zones: fp.Table) -> fp.Table:
    """Both sources are read by an exchange."""
    return trips.join(zones, on="zone", how="left").features(fare=T.standard_scale("fare"), keep=["id"])


def embedded(trips: fp.Table, zones: fp.Table) -> fp.Table:
    """The trips are read by the scan of the fit."""
    return trips.join(zones.drop_duplicates("zone"), on="zone", how="left", serve="embed").features(
        fare=T.standard_scale("fare"), keep=["id"]
    )


def ended(outcome: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(repr(outcome[key]) for key in ("id", "status", "count", "total", "examples", "message"))


@pytest.mark.parametrize("body", [exchanged, embedded])
def test_runs(engine: Engine, host: EngineHost, folder: Path, tmp_path: Path, body: Callable[..., Any]) -> None:
    job = fp.job(sources=sources(folder), contract=str(folder / "contract.yaml"), name="rules")(body)
    report = validate(sources(folder), load_contract(folder / "contract.yaml"), None, PandasEngine(1), now=NOW)
    expected = [ended(o.to_json()) for o in report.sources["trips"]]
    prints = set()
    for n, (made, parts) in enumerate(((engine, None), (engine, 3), (PandasEngine(1), 1))):
        done = job.run(store=str(tmp_path / str(n)), engine=made, partitions=parts, now=NOW)
        assert [ended(o) for o in done.report.content["validation"]["trips"]] == expected
        prints.add((done.dataset.fingerprint, done.graph.fingerprint))
    assert len(prints) == 1


REASONS = """
sources:
  trips:
    columns:
      id: int64
      at: timestamp
      zone: {type: int64, nullable: {is: false, action: drop}}
      fare: {type: float64, range: {min: 0, max: 200, action: quarantine}}
      meter: int64
      kind: {type: string, values: {of: [a, b], action: quarantine}}
      tags: 'list<string>'
"""


def test_rows_that_are_set_aside_have_all_their_reasons(engine: Engine, host: EngineHost, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "reasons.yaml").write_text(REASONS, encoding="utf-8")
    trips = {"trips": sources(folder)["trips"]}
    job = fp.job(sources=trips, contract=str(tmp_path / "reasons.yaml"), name="reasons")(lambda trips: trips.features(keep=["id"]))
    expected: dict[int, list[str]] = {}
    dropped = 0
    for i in range(2000):
        fare, kind = (-1.0 if i % 40 == 0 else i / 7), ("abbac"[i % 5] if i % 3 else "a")
        broken = {"fare is at least 0.0": fare < 0, "fare is at most 200.0": fare > 200, "kind is one of a, b": kind == "c"}
        if reasons := [name for name, bad in broken.items() if bad]:
            expected[i] = reasons
        elif i % 50 == 0:
            dropped += 1
    ledgers = []
    for made, parts in ((engine, 2), (PandasEngine(1), 1)):
        done = job.run(store=str(tmp_path / f"store-{parts}"), engine=made, partitions=parts, statistics=False)
        rows = [row for file in (tmp_path / f"store-{parts}").rglob("quarantine/*.parquet") for row in pq.read_table(file).to_pylist()]
        assert {json.loads(row["data"])["id"]: row["reasons"] for row in rows} == expected
        assert len(rows) == len(expected)
        ledgers.append(done.ledger.lines[0])
        assert sum(done.dataset.splits.values()) == 2000 - len(expected) - dropped
    assert ledgers[0] == ledgers[1]
    assert dict(ledgers[0].dropped) == {"zone is not null": dropped}
    assert sum(ledgers[0].quarantined.values()) == len(expected)
    assert any(len(reasons) > 1 for reasons in expected.values())
