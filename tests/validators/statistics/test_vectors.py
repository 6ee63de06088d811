"""Statistics of vectors: of the elements together and by place, valid by the schema, masked where the column is sensitive."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import featureprep as fp
import featureprep.validators
from featureprep import transforms as T
from featureprep.report.html import render_html
from featureprep.types import sparse
from featureprep.validators.statistics.text import render_text
from tests.jobs.cases import make_job, memory_store

RNG = np.random.default_rng(11)
DENSE = RNG.normal(size=(50, 3)).round(3)
DENSE[:10, 1] = 0.0
SPARSE = [{"indices": [i % 4, 4 + i % 3], "values": [i, 1]} for i in range(50)]
TABLE = pa.table(
    {
        "dense": pa.FixedSizeListArray.from_arrays(pa.array(DENSE.ravel()), 3),
        "sparse": pa.array(SPARSE, sparse(pa.int64())),
        "words": pa.array([["a", "b"]] * 50, pa.list_(pa.string(), 2)),
        "list": pa.array([[1.0]] * 50),
    }
)


def vectors(statistics: dict[str, Any]) -> dict[str, Any]:
    return {column["name"]: column.get("vector") for column in statistics["columns"]}


def test_figures_by_place_and_together(describe: Callable[..., dict[str, Any]]) -> None:
    made = describe(TABLE)
    path = Path(featureprep.validators.__path__[0]) / "schemas" / "statistics.json"
    jsonschema.validate(json.loads(json.dumps(made)), json.loads(path.read_text(encoding="utf-8")))
    found = vectors(made)
    assert found["words"] is None
    assert found["list"] is None
    assert found["dense"] == {
        "size": 3, "n": 150, "nulls": 0, "nans": 0, "infs": 0, "mean": pytest.approx(DENSE.mean()), "std": pytest.approx(DENSE.std()),
        "min": DENSE.min(), "max": DENSE.max(), "nonzero": np.count_nonzero(DENSE, axis=0).tolist(), "lows": DENSE.min(axis=0).tolist(),
        "highs": DENSE.max(axis=0).tolist(),
    }  # fmt: skip
    assert found["sparse"]["size"] == 7
    assert found["sparse"]["n"] == 100
    assert found["sparse"]["nonzero"] == [12, 13, 12, 12, *(sum(i % 3 == k for i in range(50)) for k in range(3))]
    assert found["sparse"]["highs"][:5] == [48.0, 49.0, 46.0, 47.0, 1.0]
    assert "3 elements, -" in render_text(made)


def test_missing_elements_and_empty_places(describe: Callable[..., dict[str, Any]]) -> None:
    made = vectors(
        describe(pa.table({"v": pa.array([[1.0, None], [float("nan"), None], [float("inf"), None], None], pa.list_(pa.float64(), 2))}))
    )["v"]
    assert (made["n"], made["nulls"], made["nans"], made["infs"]) == (1, 3, 1, 1)
    assert (made["nonzero"], made["missing"], made["lows"], made["highs"]) == ([2, 0], [1, 3], [1.0, None], [1.0, None])


def test_a_sensitive_vector_shows_counts_only(describe: Callable[..., dict[str, Any]]) -> None:
    made = vectors(describe(TABLE, sensitive=["dense"]))
    assert made["dense"] == {"size": 3, "n": 150, "nulls": 0, "nans": 0, "infs": 0}
    assert made["sparse"]["nonzero"]


def test_written_vectors_are_in_the_report() -> None:
    def features(main: fp.Table) -> fp.Table:
        return main.features(hot=T.one_hot("word"), terms=T.tf_idf(T.tokenize("text")), both=T.assemble("x", "y"))

    table = pa.table({"word": ["a", "b", "a"], "text": ["one two", "two", ""], "x": [1.0, 2.0, None], "y": [0.0, 0.0, 3.0]})
    run = make_job(features, fp.from_arrow(table)).run(store=memory_store())
    made = vectors(run.report.content["statistics"]["splits"]["all"])
    assert made["hot"]["nonzero"] == [2, 1]
    assert made["both"]["missing"] == [1, 0]
    assert made["terms"]["nonzero"] == [2, 1]
    page = render_html(run.report.content)
    assert page.count("Rows that are not zero, by place") >= 3
    assert "mean of elements" in page


def test_a_hostile_report_with_vectors_is_only_shown() -> None:
    hostile: list[Any] = [3, [], {"nonzero": ["<b>", {}]}, {"nonzero": "x", "nulls": "<script>", "mean": []}]
    for vector in hostile:
        column = {"name": "v", "type": "fixed_size_list<int8>[2]", "kind": "list", "n": 1, "nulls": 0, "nans": 0, "vector": vector}
        page = render_html({"statistics": {"sources": {"s": {"format": 1, "rows": 1, "columns": [column]}}}})
        assert "<script>" not in page.split("</script>")[-1]
