"""The promise: any cut and any order of batches gives the same bytes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.validators.tfmd import statistics

NUMBERS = st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.3, 1e16, -1e16, 1.0, 5e-324, 1e308, -1e308, math.inf, -math.inf, math.nan]) | st.floats()
WHOLE = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
TEXTS = st.sampled_from([b"", b"a", b"b", b"\xff", "é".encode(), b"-1"]) | st.binary(max_size=3)
WEIGHTS = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1e16, 1.0]) | st.floats(0, 1e6)


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.none() | values, max_size=3)


ROWS = st.fixed_dictionaries(
    {
        "x": st.none() | NUMBERS,
        "y": lists(NUMBERS),
        "i": lists(WHOLE),
        "t": lists(TEXTS),
        "deep": lists(lists(TEXTS)),
        "s": lists(st.fixed_dictionaries({"a": lists(TEXTS), "b": st.none() | NUMBERS})),
        "w": WEIGHTS,
    }
)
SCHEMA = pa.schema(
    {
        "x": pa.float64(),
        "y": pa.list_(pa.float64()),
        "i": pa.list_(pa.int64()),
        "t": pa.list_(pa.binary()),
        "deep": pa.list_(pa.list_(pa.binary())),
        "s": pa.list_(pa.struct({"a": pa.list_(pa.binary()), "b": pa.float64()})),
        "w": pa.float64(),
    }
)
TFMD = """
feature { name: "i" type: INT int_domain { is_categorical: true } }
feature { name: "t" type: BYTES }
weighted_feature { name: "both" feature { step: "y" } weight_feature { step: "i" } }
sparse_feature { name: "sparse" value_feature { name: "t" } index_feature { name: "i" } }
"""
OPTIONS: dict[str, Any] = {
    "schema": TFMD,
    "feature_crosses": True,
    "y_path": "t",
    "x_paths": ["i", ["s", "a"]],
    "output_custom_stats": True,
    "top_k_per_y": 2,
    "count_empty_values": True,
    "num_rank_histogram_buckets": 4,
    "num_top_values": 2,
    "num_quantiles_histogram_buckets": 3,
}


def made(batches: list[pa.RecordBatch], **options: Any) -> bytes:
    found: bytes = statistics(batches, **options).SerializeToString(deterministic=True)
    return found


def pieces(rows: list[dict[str, Any]], cuts: list[int], order: Any) -> list[pa.RecordBatch]:
    shuffled = order.sample(rows, len(rows))
    bounds = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    batches = [pa.RecordBatch.from_pylist(shuffled[a:b], SCHEMA) for a, b in pairwise(bounds)]
    order.shuffle(batches)
    return batches


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(ROWS, max_size=9),
    cuts=st.lists(st.integers(0, 9), max_size=3),
    weighted=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_any_cut_and_order_gives_the_same_bytes(rows: list[dict[str, Any]], cuts: list[int], weighted: bool, order: Any) -> None:
    options = OPTIONS | ({"weight_feature": "w"} if weighted else {})
    assert made(pieces(rows, cuts, order), **options) == made([pa.RecordBatch.from_pylist(rows, SCHEMA)], **options)


@settings(deadline=None, max_examples=15)
@given(rows=st.lists(ROWS, max_size=5), cuts=st.lists(st.integers(0, 5), max_size=2), order=st.randoms(use_true_random=False))
def test_slices_do_not_depend_on_cuts_either(rows: list[dict[str, Any]], cuts: list[int], order: Any) -> None:
    options: dict[str, Any] = {"slice_by": ["t", ["i", "t"]]}
    assert made(pieces(rows, cuts, order), **options) == made([pa.RecordBatch.from_pylist(rows, SCHEMA)], **options)


@settings(deadline=None, max_examples=25)
@given(rows=st.lists(ROWS, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_a_column_that_some_batches_do_not_have_is_missing_there(rows: list[dict[str, Any]], order: Any) -> None:
    with_nulls = [row | ({"t": None, "x": None} if at % 2 else {}) for at, row in enumerate(rows)]
    batches = []
    for at, row in enumerate(with_nulls):
        batch = pa.RecordBatch.from_pylist([row], SCHEMA)
        if at % 4 == 1:
            batch = batch.drop_columns(["t", "x"])
        elif at % 4 == 3:
            batch = batch.set_column(3, "t", pa.nulls(1)).set_column(0, "x", pa.nulls(1))
        batches.append(batch)
    order.shuffle(batches)
    assert made(batches) == made([pa.RecordBatch.from_pylist(with_nulls, SCHEMA)])
