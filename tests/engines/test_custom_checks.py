"""Checks in Python end the same on every engine, in runs and in validation, and take the same rows away, however the rows are cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.definition import Job
from featureprep.jobs.loading import load_job
from featureprep.jobs.prepare import Request, read_contract
from featureprep.jobs.validate import validate
from featureprep.testing.compare import outcome
from featureprep.testing.host import EngineHost
from featureprep.testing.suite import lacks

N = 1500
JOB = '''
import pandas as pd
import pyarrow.compute as pc
import featureprep as fp
from featureprep import transforms as T

WORDS = {"a", "b", "c"}


class Odd(ValueError):
    pass


@fp.check(at_most="5%", action="drop", owner="fares")
def fares_add_up(t):
    return (t.fare + t.tip - t.total).abs() < 0.01


@fp.check(columns=["kind"], mode="pandas", action="quarantine")
def known_kind(kind: pd.Series):
    return kind.map(lambda word: word in WORDS, na_action="ignore")


@fp.check(columns=["fare", "tip"], severity="warn")
def small_tip(fare, tip):
    """The tip is at most half of the fare."""
    return pc.less_equal(tip, pc.multiply(fare, 0.5))


@fp.check(columns=["id"], mode="row", action=ACTION)
def even_ids(id):
    if id == BAD:
        raise Odd(f"not {id}")
    return id % 2 == 0 or id > 20


@fp.job(sources={"trips": fp.read_parquet(FILES)}, contract="contract.yaml", checks=[fares_add_up, known_kind, small_tip, even_ids])
def trips(trips: fp.Table) -> fp.Table:
    return trips.features(fare=T.standard_scale("fare"), keep=["id"])
'''
CONTRACT = "columns: {id: int64, fare: float64, tip: float64, total: float64, kind: string}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checks")
    fare = [None if i % 50 == 3 else i / 8 for i in range(N)]
    tip = [float(i % 5) for i in range(N)]
    total = [(f or 0.0) + t + (1.0 if i % 60 == 7 else 0.0) for i, (f, t) in enumerate(zip(fare, tip, strict=True))]
    kind = [None if i % 11 == 0 else "abcd"[i % 40 // 13] for i in range(N)]
    rows = pa.table({"id": range(N), "fare": fare, "tip": tip, "total": total, "kind": kind})
    shuffled = rows.take(pa.array([(i * 977) % N for i in range(N)]))
    for part in range(4):
        pq.write_table(shuffled.slice(part * N // 4, N // 4), made / f"{part}.parquet")
    (made / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    return made


def job(folder: Path, bad: int | None = None, action: str = "fail") -> Job:
    file = folder / f"job_{bad}_{action}.py"
    text = JOB.replace("FILES", repr(str(folder / "*.parquet"))).replace("BAD", repr(bad)).replace("ACTION", repr(action))
    file.write_text(text, encoding="utf-8")
    return load_job(str(file))


def judged(made: Job, engine: Engine, partitions: int | None) -> dict[str, Any]:
    contract = read_contract(made, Request())
    assert contract is not None
    return validate(made.sources, contract, made.folder, engine, partitions=partitions).to_json()


@pytest.mark.parametrize("bad", [None, 77])
def test_validation(engine: Engine, host: EngineHost, folder: Path, bad: int | None, request: pytest.FixtureRequest) -> None:
    lacks("user functions", engine, request)
    made = job(folder, bad)
    reports = [judged(made, engine, parts) for parts in (None, 3)] + [judged(made, PandasEngine(1), 1)]
    assert reports[0] == reports[1] == reports[2]
    ended = {o["id"]: o for o in reports[0]["sources"]["trips"]["outcomes"] if o["check"] == "checks"}
    assert [one["line"] for one in ended.values()] == [14, 19, 24, 30]
    assert {Path(one["file"]).name for one in ended.values()} == {f"job_{bad}_fail.py"}
    counts = {key.removeprefix("$/checks/"): (one["status"], one["count"], one["total"]) for key, one in ended.items()}
    assert counts["fares_add_up"] == ("failed", sum(i % 60 == 7 and i % 50 != 3 for i in range(N)), N)
    assert counts["known_kind"] == ("failed", sum(i % 11 != 0 and i % 40 // 13 == 3 for i in range(N)), N)
    assert counts["small_tip"] == ("failed", sum(i % 5 > i / 16 for i in range(N) if i % 50 != 3), N)
    assert ended["$/checks/small_tip"]["rule"] == "small_tip: The tip is at most half of the fare."
    if bad is None:
        assert counts["even_ids"] == ("failed", 10, N)
        assert ended["$/checks/even_ids"]["examples"] == [{"id": i} for i in (1, 3, 5, 7, 9)]
    else:
        assert counts["even_ids"] == ("not evaluated", None, None)
        assert ended["$/checks/even_ids"]["message"] == "it raised Odd in line 33: not 77"


def test_rows_that_are_taken_away(engine: Engine, host: EngineHost, folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    lacks("user functions", engine, request)
    made = job(folder, action="quarantine")
    found = [
        outcome(made, used, str(tmp_path / str(n)), partitions=parts) | {"quarantined": quarantined(tmp_path / str(n))}
        for n, (used, parts) in enumerate(((engine, None), (engine, 3), (PandasEngine(1), 1)))
    ]
    assert "dataset" in found[0], found[0]
    assert found[0] == found[1] == found[2]
    away = {i for i in range(N) if (i % 11 != 0 and i % 40 // 13 == 3) or (i % 2 and i <= 20)}
    dropped = {i for i in range(N) if i % 60 == 7 and i % 50 != 3}
    assert found[0]["quarantined"] == sorted(away)  # those that a rule before would drop, too
    assert away & dropped
    assert found[0]["rows"]["written"] == N - len(away | dropped)


def quarantined(store: Path) -> list[int]:
    """The ids of the rows that are set aside."""
    found = [record for file in store.rglob("quarantine/*.parquet") for record in pq.read_table(file).to_pylist()]
    return sorted(json.loads(record["data"])["id"] for record in found)


@pytest.mark.parametrize("allowed", [False, True])
def test_rows_of_which_nobody_knows(
    engine: Engine, host: EngineHost, folder: Path, tmp_path: Path, allowed: bool, request: pytest.FixtureRequest
) -> None:
    """A check that raises takes no rows away: the run fails, whatever is allowed."""
    lacks("user functions", engine, request)
    made = job(folder, 77, "quarantine")
    found = [outcome(made, used, str(tmp_path / used.name), allow_not_evaluated=allowed) for used in (engine, PandasEngine(1))]
    assert found[0] == found[1]
    assert found[0]["error"] == "ContractError"
    assert "Odd in line 33: not 77; nobody knows which rows it takes away" in found[0]["what"]
    if not allowed:
        told = outcome(job(folder, 77, "fail"), engine, str(tmp_path / "told"), allow_not_evaluated=True)
        assert "dataset" in told, told
