"""Statistics by slice are the same bits on every engine, however the rows are cut."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import featureprep as fp
from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.stats import source_statistics
from featureprep.testing.host import EngineHost

N = 900


def test_slices(engine: Engine, host: EngineHost, tmp_path: Path) -> None:
    rows = pa.table({
        "zone": pa.array([None if i % 11 == 0 else i % 5 for i in range(N)], pa.int32()),
        "kind": [None if i % 13 == 0 else "xyz"[i % 3] for i in range(N)],
        "fare": [float("nan") if i % 17 == 0 else 0.1 * i - 20 for i in range(N)],
        "tags": [["a", "b"][: i % 3] for i in range(N)],
    }).take(pa.array([(i * 577) % N for i in range(N)]))  # fmt: skip
    for part in range(3):
        pq.write_table(rows.slice(part * N // 3, N // 3), tmp_path / f"{part}.parquet")
    sources = {"trips": fp.read_parquet(str(tmp_path / "*.parquet"))}
    by = ["zone", "kind=x,zone"]
    found = [
        source_statistics(sources, None, used, partitions=parts, slice_by=by)
        for used, parts in ((engine, None), (engine, 2), (PandasEngine(1), 1))
    ]
    assert repr(found[0]) == repr(found[1]) == repr(found[2])
    slices = found[0]["sources"]["trips"]["slices"]
    assert [tuple(one["slice"].values()) for one in slices] == [(z,) for z in (0, 1, 2, 3, 4, None)] + [
        ("x", z) for z in (0, 1, 2, 3, 4, None)
    ]
    assert sum(one["rows"] for one in slices[:6]) == N
