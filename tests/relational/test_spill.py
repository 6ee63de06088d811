"""Blobs come back by bucket whatever was spilled, and nothing stays on disk."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, StoreError
from featureprep.relational.spill import SpillBuckets


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blobs=st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=50))), limit=st.integers(0, 200))
def test_every_blob_comes_back_as_often_as_asked(tmp_path: Path, blobs: list[tuple[int, bytes]], limit: int) -> None:
    expected: dict[int, list[bytes]] = defaultdict(list)
    with SpillBuckets(str(tmp_path), 5, limit) as buckets:
        for bucket, blob in blobs:
            buckets.append(bucket, blob)
            expected[bucket].append(blob)
            assert buckets.memory_bytes <= limit
        for _ in range(2):
            for bucket in range(5):
                assert list(buckets.read(bucket)) == expected[bucket]
        assert buckets.memory_bytes + buckets.spilled_bytes == sum(len(blob) for _, blob in blobs)
    assert list(tmp_path.iterdir()) == []


def test_many_threads(tmp_path: Path) -> None:
    with SpillBuckets(str(tmp_path), 8, 10_000) as buckets:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: buckets.append(i % 8, b"%06d" % i * 10), range(8000)))
        assert buckets.spilled_bytes > 0
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda b: sorted(buckets.read(b)), range(8)))
    assert found == [[b"%06d" % i * 10 for i in range(b, 8000, 8)] for b in range(8)]


def test_nothing_is_written_below_the_limit_nor_left_behind(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with SpillBuckets(str(missing), 2, 100) as buckets:
        buckets.append(0, b"x" * 100)
        with pytest.raises(StoreError, match="cannot be written"):
            buckets.append(0, b"y")
    reader = SpillBuckets(str(tmp_path), 2, 0)
    reader.append(1, b"abc")
    blobs = reader.read(1)
    reader.close()
    with pytest.raises(ArgumentError, match="closed"):
        list(blobs)
    with pytest.raises(ArgumentError, match="closed"):
        reader.append(0, b"")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="n_buckets"):
        SpillBuckets(str(tmp_path), 0, 1)
    with pytest.raises(ArgumentError, match="memory_limit"):
        SpillBuckets(str(tmp_path), 1, -1)
    with SpillBuckets(str(tmp_path), 2, 1) as buckets:
        for bucket in (-1, 2):
            with pytest.raises(ArgumentError, match=r"in \[0, 2\)"):
                buckets.append(bucket, b"")
            with pytest.raises(ArgumentError, match=r"in \[0, 2\)"):
                buckets.read(bucket)
