from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.hashing.murmur3 import SKLEARN_SEED, SPARK_SEED, murmur3_32, murmur3_32_signed


@pytest.mark.parametrize(
    "data, seed, value",
    # Wikipedia, "MurmurHash", and Stack Overflow answer 31929528 (from SMHasher)
    [
        (b"", 0, 0),
        (b"", 1, 0x514E28B7),
        (b"", 0xFFFFFFFF, 0x81F16F39),
        (b"test", 0, 0xBA6BD213),
        (b"test", 0x9747B28C, 0x704B81DC),
        (b"Hello, world!", 0, 0xC0363E43),
        (b"Hello, world!", 0x9747B28C, 0x24884CBA),
        (b"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723),
        (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
        (b"\0\0\0\0", 0, 0x2362F9DE),
        (b"\xff\xff\xff\xff", 0, 0x76293B50),
    ],
)
def test_equals_published_values(data: bytes, seed: int, value: int) -> None:
    assert murmur3_32(data, seed) == value


@given(st.binary(max_size=70), st.sampled_from([SKLEARN_SEED, SPARK_SEED]) | st.integers(0, 2**32 - 1))
def test_equals_sklearn(data: bytes, seed: int) -> None:
    utils = pytest.importorskip("sklearn.utils", reason="scikit-learn is the oracle here")
    assert murmur3_32_signed(data, seed) == utils.murmurhash3_32(data, seed)
    assert murmur3_32(data, seed) == utils.murmurhash3_32(data, seed, positive=True)
