"""Equal keys meet in one bucket, and rows pass through blobs unchanged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.relational.bucket import bucket_of, from_blobs, to_blobs
from tests.relational.tables import canonical_rows, rows_of, tables


@given(tables(), st.integers(1, 50))
def test_equal_keys_have_equal_buckets(table: pa.Table, n: int) -> None:
    buckets = bucket_of(table.columns, n).tolist()
    assert all(0 <= b < n for b in buckets)
    pairs = set(zip(canonical_rows(table.columns), buckets, strict=True))
    assert len(pairs) == len({row for row, _ in pairs})


@given(tables(), st.integers(1, 5))
def test_blobs_carry_every_row_bit_for_bit(table: pa.Table, n: int) -> None:
    buckets = bucket_of(table.columns, n)
    blobs = list(to_blobs(table, buckets))
    assert [bucket for bucket, _ in blobs] == sorted(set(buckets.tolist()))
    back = from_blobs([blob for _, blob in blobs], table.schema)
    expected = [row for bucket in range(n) for row, b in zip(rows_of(table), buckets.tolist(), strict=True) if b == bucket]
    assert rows_of(back) == expected
    assert back.column_names == table.column_names


def test_names_do_not_count_but_encodings_agree() -> None:
    text = ["a", "b", None, "c"] * 5
    one = bucket_of([pa.array(text), pa.array(range(20), pa.int8())], 16)
    two = bucket_of([pa.array(text).dictionary_encode(), pa.chunked_array([range(12), range(12, 20)], pa.int64())], 16)
    assert one.tolist() == two.tolist()
    assert bucket_of([pa.array([0.0])], 999) == bucket_of([pa.array([-0.0])], 999)


def test_buckets_are_the_same_in_every_release() -> None:
    assert bucket_of([pa.array(["a", "b", None]), pa.array([1, 2, 3])], 1000).tolist() == [912, 122, 80]


def test_buckets_are_even() -> None:
    counts = np.bincount(bucket_of([pa.array(np.arange(64_000))], 64), minlength=64)
    assert 800 < counts.min() <= counts.max() < 1200


def test_a_blob_holds_its_own_rows_only() -> None:
    table = pa.table({"s": pa.array([f"text {i}" for i in range(10_000)]).dictionary_encode()})
    blobs = [blob for _, blob in to_blobs(table, bucket_of(table.columns, 10))]
    assert sum(map(len, blobs)) < 3 * table.nbytes


def test_what_cannot_be_is_refused() -> None:
    table = pa.table({"x": [1, 2]})
    for n in (0, -1, 1 << 31):
        with pytest.raises(ArgumentError, match="n_buckets"):
            bucket_of(table.columns, n)
    with pytest.raises(ArgumentError, match="without a key"):
        bucket_of([], 4)
    with pytest.raises(ArgumentError, match="2 long"):
        list(to_blobs(table, np.zeros(1, np.int32)))
    with pytest.raises(ArgumentError, match="no blobs"):
        from_blobs([])
    assert from_blobs([], table.schema).num_rows == 0
    (_, blob), *_ = to_blobs(table, np.zeros(2, np.int32))
    for bad in (b"", b"junk", blob[: len(blob) // 2]):
        with pytest.raises(CorruptArtefactError, match="cannot be read"):
            from_blobs([bad])
    (_, other), *_ = to_blobs(pa.table({"y": ["a"]}), np.zeros(1, np.int32))
    with pytest.raises(CorruptArtefactError, match="different columns"):
        from_blobs([blob, other])
