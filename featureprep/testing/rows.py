"""Generated tables for the suite: awkward values in every column, written as files in no order, at least two of each table."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TRIPS = pa.schema(
    [
        ("trip", pa.int64()), ("zone", pa.string()), ("driver", pa.int32()), ("at", pa.timestamp("us")), ("miles", pa.float64()),
        ("fare", pa.float64()), ("tip", pa.float64()), ("payment", pa.string()), ("note", pa.string()), ("stops", pa.list_(pa.int64())),
    ]
)  # fmt: skip
ZONES = pa.schema([("zone", pa.string()), ("name", pa.string()), ("area", pa.float64()), ("since", pa.date32())])
CONTRACT = """\
version: 1
columns:
  id: {type: int64, nullable: false}
  age: {type: int64, range: {min: 0, max: 120}, action: quarantine}
  work: {type: string, values: [private, public, self, none, "q\\"t", "a,b"]}
  education: {type: string}
  gain: {type: float64}
  hours: {type: int64, range: {min: 1, max: 99}, severity: warn}
  income: {type: string, values: ["<=50K", ">50K"]}
expressions:
  - {name: long weeks are young, expr: hours < 90 or age < 70, severity: warn, action: drop}
rows: {min: 10}
"""


def write_people(folder: Path, rows: int = 900, seed: int = 3) -> Path:
    """Three CSV files of people and the contract they nearly meet: duplicates, nulls as "?", quotes, a few ages that no one has."""
    rng = random.Random(seed)

    def null(value: Any) -> Any:
        return "?" if rng.random() < 0.07 else value

    made: list[Sequence[Any]] = []
    for i in range(rows):
        if made and rng.random() < 0.05:
            made.append(rng.choice(made))
            continue
        made.append(
            [
                i, null(rng.choice([rng.randrange(17, 90), 130 if rng.random() < 0.05 else 40])),
                null(rng.choice(["private", "public", "self", "none", 'q"t', "a,b"])), null(f"e{min(rng.randrange(9), rng.randrange(9))}"),
                null(repr(rng.choice([0.0, -0.0, rng.gauss(0, 1e4), rng.random() * 1e-9]))), null(rng.randrange(1, 100)),
                rng.choice(["<=50K", "<=50K", ">50K"]),
            ]
        )  # fmt: skip
    rng.shuffle(made)
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(3):
        with (folder / f"people-{part}.csv").open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(["id", "age", "work", "education", "gain", "hours", "income"])
            out.writerows(made[part::3])
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    return folder


def trips(rows: int = 700, seed: int = 4) -> pa.Table:
    """Trips: floats of every kind, texts of several scripts, lists, times before 1970, keys that are null or unknown."""
    rng = random.Random(seed)

    def null(value: Any, share: float = 0.06) -> Any:
        return None if rng.random() < share else value

    floats = [0.0, -0.0, float("nan"), 5e-324, 1e17]
    made = [
        {
            "trip": i, "zone": null(f"z{rng.randrange(14)}"), "driver": null(rng.randrange(-3, 40)),
            "at": null(dt.datetime(2024, 3, 1) + dt.timedelta(microseconds=rng.randrange(-(10**16), 10**13))),
            "miles": null(rng.choice([rng.expovariate(0.2), rng.choice(floats)])), "fare": null(round(rng.gauss(12, 8), 2)),
            "tip": null(rng.choice([0.0, round(rng.random() * 9, 2)])), "payment": null(rng.choice(["card", "cash", "é", "日本", "Card", ""])),
            "note": null(" ".join(rng.choice(["late", "fast", "Late", "straße", "ok"]) for _ in range(rng.randrange(5)))),
            "stops": null([null(rng.randrange(5)) for _ in range(rng.randrange(4))]),
        }
        for i in range(rows)
    ]  # fmt: skip
    rng.shuffle(made)
    return pa.Table.from_pylist(made, TRIPS)


def zones() -> pa.Table:
    """Zones, one of them twice, some that no trip has, one without a key."""
    rows: list[Mapping[str, Any]] = [
        {"zone": f"z{i}", "name": ["north", "south", None][i % 3], "area": i / 7, "since": dt.date(1990 + i, 1, 1)} for i in range(3, 18)
    ]
    return pa.Table.from_pylist([*rows, {**rows[0], "area": 0.5}, {"zone": None, "name": "no", "area": None, "since": None}], ZONES)


def write_trips(folder: Path, rows: int = 700) -> Path:
    """Four Parquet files of trips in small row groups, two of zones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table, parts in (("trips", trips(rows), 4), ("zones", zones(), 2)):
        for part in range(parts):
            chosen = table.take(pa.array(range(part, table.num_rows, parts), pa.int64()))
            pq.write_table(chosen, folder / f"{name}-{part}.parquet", row_group_size=31)
    return folder
