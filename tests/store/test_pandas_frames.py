"""Versions as pandas frames."""

from __future__ import annotations

import pyarrow as pa

from featureprep.store.frames import to_frame


def test_frames_round_nothing() -> None:
    big = 2**53 + 1
    table = pa.table(
        {
            "i": pa.array([big, None]),
            "b": [True, None],
            "f": [1.5, None],
            "s": ["x", None],
            "u": pa.array([2**64 - 1, None], pa.uint64()),
            "whole": pa.array([1, 2], pa.int32()),
        }
    )
    frame = to_frame(table)
    assert frame["i"].iloc[0] == big
    assert frame["u"].iloc[0] == 2**64 - 1
    assert [str(dtype) for dtype in frame.dtypes[["i", "b", "f", "u", "whole"]]] == ["Int64", "boolean", "float64", "UInt64", "int32"]
    assert frame.isna().sum().tolist() == [1, 1, 1, 1, 1, 0]


def test_frames_of_nothing() -> None:
    assert to_frame(pa.table({"a": pa.array([], pa.int64()), "v": pa.array([], pa.list_(pa.int8(), 2))})).shape == (0, 2)
    assert to_frame(pa.table({"a": [1, 2]}).select([])).shape == (2, 0)
