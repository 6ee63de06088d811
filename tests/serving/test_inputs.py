"""What a caller may give to a graph beside plain rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep.errors import ArgumentError, CorruptArtefactError


def graph_of(tmp_path: Path) -> fp.TransformGraph:
    table = pa.table({"at": pa.array([0, None], pa.timestamp("us")), "n": pa.array([1, None], pa.int64()), "x": [0.5, None]})

    @fp.job(sources={"rows": fp.from_arrow(table)})
    def job(rows: fp.Table) -> fp.Table:
        return rows.features({"self": col("x").fill_null(0.0)}, hour=col("at").dt.hour(), unknown=col("at").is_null(), n=col("n"))

    return job.run(store=str(tmp_path)).graph


def test_pandas_nulls_are_null_in_a_row(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    graph = graph_of(tmp_path)
    for null in (pd.NaT, pd.NA, None, np.datetime64("NaT")):
        assert graph({"at": null, "n": pd.NA, "x": 1.0}) == {"self": 1.0, "hour": None, "unknown": True, "n": None}


def test_a_frame_is_read_as_a_source_is(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"at": [pd.NaT, pd.Timestamp("2024-01-01 05:00")], "n": [1, 2], "x": [np.nan, 2.0]})
    made = graph_of(tmp_path).transform(frame)
    assert made["self"].tolist() == [0.0, 2.0]
    assert made["unknown"].tolist() == [True, False]


@pytest.mark.parametrize("use", [lambda g, row: g(row), lambda g, row: g.training(row)])
@pytest.mark.parametrize("row", [None, "x", [{"n": 1}], 3])
def test_what_is_no_row_is_refused(tmp_path: Path, use: Callable[[Any, Any], Any], row: object) -> None:
    with pytest.raises(ArgumentError, match="mapping"):
        use(graph_of(tmp_path), row)


def test_a_flipped_bit_in_a_part_is_found_when_it_is_read(tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(size=4000)

    @fp.job(sources={"rows": fp.from_arrow(pa.table({"x": values}))})
    def job(rows: fp.Table) -> fp.Table:
        return rows.features(x=col("x"))

    dataset = job.run(store=str(tmp_path)).dataset
    (path,) = (Path(file) for file in dataset.files())
    data = path.read_bytes()
    for at in np.random.default_rng(4).integers(100, 30_000, size=20).tolist():
        path.chmod(0o644)
        path.write_bytes(data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :])
        with pytest.raises(CorruptArtefactError):
            dataset.to_arrow()
    path.write_bytes(data)
    assert dataset.to_arrow().num_rows == 4000
