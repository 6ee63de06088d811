"""Cells that do not fit their type are counted, and their places told, the same on every engine, however the files are cut."""

from __future__ import annotations

from pathlib import Path

import featureprep as fp
from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.stats import source_statistics
from featureprep.testing.host import EngineHost


def test_misfits(engine: Engine, host: EngineHost, tmp_path: Path) -> None:
    for part in range(3):
        cells = [f"bad{i % 4}" if i % 50 == part else str(i) for i in range(200)]
        (tmp_path / f"{part}.csv").write_text("n,m\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells)), encoding="utf-8")
    sources = {"s": fp.read_csv(str(tmp_path / "*.csv"), schema={"n": "int64", "m": "int64"})}
    found = [source_statistics(sources, None, used, partitions=parts) for used, parts in ((engine, 5), (PandasEngine(1), 1))]
    assert found[0] == found[1]
    n, m = found[0]["sources"]["s"]["columns"]
    assert "misfits" not in m
    assert n["misfits"]["n"] == n["nulls"] == 12
    assert n["misfits"]["first"] == [
        {"at": f"{tmp_path}/0.csv:2", "text": "bad0"}, {"at": f"{tmp_path}/0.csv:52", "text": "bad2"}, {"at": f"{tmp_path}/1.csv:3", "text": "bad1"},
    ]  # fmt: skip
