"""What two graphs learnt, compared."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.jobs.diff_learnt import SHOWN, Learnt, compare_learnt
from featureprep.serving.graph import TransformGraph


def graph(words: list[str], numbers: list[float], buckets: int = 3) -> TransformGraph:
    table = pa.table({"w": words, "x": pa.array(numbers, pa.float64())})

    @fp.job(sources={"t": fp.from_arrow(table)})
    def sample(t: fp.Table) -> fp.Table:
        return t.features(word=T.vocabulary("w"), scaled=T.standard_scale("x"), bucket=T.bucketize("x", buckets))

    return sample.run(store="memory://featureprep-test-diff", statistics=False).graph


def by_constant(found: list[Learnt]) -> dict[tuple[str, str], Learnt]:
    return {(one.feature, one.constant): one for one in found}


def test_equal_graphs_have_no_differences() -> None:
    one = graph(["a", "b", "a"], [1, 2, 3])
    assert compare_learnt(one, graph(["a", "a", "b"], [3, 2, 1]), ()) == []


def test_numbers_stand_side_by_side_and_words_come_and_go() -> None:
    found = by_constant(compare_learnt(graph(["a", "a", "b"], [1, 2, 3]), graph(["b", "b", "c"], [1, 2, 9]), ()))
    mean = found["scaled", "mean"]
    assert (mean.before, mean.after) == (2.0, 4.0)
    words = found["word", "values"]
    assert (words.before, words.after, words.added, words.removed, words.moved) == (2, 2, ("c",), ("a",), 1)
    edges = found["bucket", "edges"]
    assert isinstance(edges.before, list)
    assert edges.before != edges.after


def test_only_the_first_of_many_are_named() -> None:
    many = [f"w{i:03}" for i in range(50)]
    words = by_constant(compare_learnt(graph(["a"] * 50, list(range(50))), graph(many, list(range(50))), ()))["word", "values"]
    assert (words.n_added, words.n_removed, len(words.added)) == (50, 1, SHOWN)


@pytest.mark.parametrize("hidden", ["word", "scaled"])
def test_hidden_features_show_no_value(hidden: str) -> None:
    found: list[dict[str, Any]] = [
        one.to_json() for one in compare_learnt(graph(["secret"], [1]), graph(["other"], [2]), {hidden}) if one.feature == hidden
    ]
    assert found
    assert all(one["before"] == one["after"] == "***" and not one["added"] and not one["removed"] for one in found)
