"""Numbers of equal values, at the edges; that they tell all values apart is tested through `relational.keys.group_ids`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from featureprep.folds.codes import canonical_values, codes


def test_canonical_floats_have_one_nan_and_one_zero() -> None:
    odd = np.array([0xFFF8000000000123, 0x7FF0000000000001, 1 << 63, 0], np.uint64).view(np.float64)
    found = canonical_values(pa.array(odd, mask=np.array([False] * 4)))
    assert found.to_numpy().view(np.uint64).tolist() == [0x7FF8000000000000, 0x7FF8000000000000, 0, 0]
    narrow = canonical_values(pa.array(np.array([0x7FC00001, 1 << 31], np.uint32).view(np.float32)))
    assert narrow.to_numpy().view(np.uint32).tolist() == [0x7FC00000, 0]


def test_dictionaries_with_repeated_and_null_entries() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None, 3]), pa.array(["a", "a", "b", None]))
    found = codes(array)
    assert found[0] == found[1] != found[2]
    assert found[3] == found[4] == -1
