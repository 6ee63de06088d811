"""200,000 categories in a dense vector: refused with advice, at the fit, as a wrong request; and the advice works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from featureprep.store.dataset import open_dataset
from tests.cli.conftest import Call

JOB = """
import featureprep as fp
from featureprep import transforms as T

SOURCES = {"rows": fp.read_parquet("wide.parquet")}

@fp.job(sources=SOURCES)
def one(rows):
    return rows.features(kind=T.one_hot("kind"))

@fp.job(sources=SOURCES)
def many(rows):
    return rows.features(kinds=T.multi_hot("kinds"))

@fp.job(sources=SOURCES)
def advised(rows):
    return rows.features(
        best=T.one_hot("kind", top_k=3),
        rare=T.one_hot(T.rare_label("kind", top_k=1)),
        sparse=T.one_hot("kind", sparse=True),
        id=T.vocabulary("kind"),
        bucket=T.hash_bucket("kind", 2**40),
        often=T.multi_hot("kinds", min_count=2),
        all=T.multi_hot("kinds", sparse=True),
    )
"""


@pytest.fixture
def wide(project: Path) -> Path:
    """A project whose rows all have a kind of their own, and two kinds in a list, one of a few."""
    n = 200_000
    kinds = [f"k{i:06d}" for i in range(n)]
    rows = pa.table({"kind": kinds, "kinds": [[kind, f"of {i % 7}"] for i, kind in enumerate(kinds)]})
    parquet.write_table(rows, project / "wide.parquet")
    (project / "wide.py").write_text(JOB, encoding="utf-8")
    return project


def test_a_dense_vector_is_refused_with_advice(wide: Path, call: Call) -> None:
    told = call("run", "wide.py:one", "--store", "s", "--no-statistics", code=2).stderr
    assert "error: one_hot of kind found 200000 categories; a dense vector has at most 4096 elements" in told
    assert "wide.py:9" in told
    for advice in ("top_k=", "min_count=", "rare_label", "sparse=True", "vocabulary", "hash_bucket"):
        assert advice in told.split("hint:")[1]
    assert not list((wide / "s").glob("*/log/*")), "no version"


def test_multi_hot_likewise(wide: Path, call_json: Callable[..., Any]) -> None:
    told = call_json("run", "wide.py:many", "--store", "s", "--no-statistics", code=2)["error"]
    assert told["what"] == "multi_hot of kinds found 200007 categories; a dense vector has at most 4096 elements"
    assert told["exit_code"] == 2
    assert all(advice in told["hint"] for advice in ("top_k=", "min_count=", "sparse=True"))


def test_the_advice_works(wide: Path, call: Call) -> None:
    call("run", "wide.py:advised", "--store", "s", "--no-statistics")
    dataset = open_dataset("s", "advised")
    row = dataset.to_arrow("all").slice(0, 1).to_pylist()[0]
    assert (sum(row["best"]), len(row["best"])) == (1, 3)
    assert (sum(row["rare"]), len(row["rare"])) == (1, 2)
    assert (row["sparse"], row["id"]) == ({"indices": [0], "values": [1]}, 0)
    assert (sum(row["often"]), len(row["often"])) == (1, 7)
    assert row["all"]["indices"] == [0, 7]
    about = {column.name: column for column in dataset.columns}
    assert about["often"].elements == tuple(f"of {i}" for i in range(7))
    assert (about["often"].size, about["all"].size, about["id"].size) == (7, 200_007, 200_000)
    assert about["bucket"].size == 2**40
    assert about["all"].elements == (), "200,007 names are not repeated in every file"
