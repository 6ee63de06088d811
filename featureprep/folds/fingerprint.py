"""One number for a multiset of rows, whatever their order and partitioning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128_hexdigest

from featureprep.errors import ArgumentError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack
from featureprep.hashing.mixing import Words
from featureprep.hashing.rows import row_hash128

_MODULUS: Final = 1 << 128
_HALF: Final = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class RowFingerprint(Fold):
    """The sum modulo 2**128 of the canonical row hashes and the number of rows, hashed to 32 hexadecimal digits.

    Attributes
    ----------
    names : tuple of str
        The names of the columns given to `update`, in that order; the order makes no difference to the result.
    """

    name: ClassVar[str] = "row_fingerprint"
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) != len(self.names):
            raise ArgumentError.of("names", self.name, "one or more different names", self.names)

    def init(self) -> tuple[int, int]:
        return 0, 0

    def update(self, state: tuple[int, int], *columns: pa.Array) -> tuple[int, int]:
        if len(columns) != len(self.names):
            raise ArgumentError.of("columns", self.name, f"{len(self.names)} columns", len(columns))
        high, low = row_hash128(dict(zip(self.names, columns, strict=True)))
        return self.merge(state, (len(high), (_exact_sum(high) << 64) + _exact_sum(low)))

    def merge(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return a[0] + b[0], (a[1] + b[1]) % _MODULUS

    def finish(self, state: tuple[int, int]) -> str:
        rows, total = state
        return xxh3_128_hexdigest(total.to_bytes(16, "little") + rows.to_bytes(8, "little"))

    def encode(self, state: tuple[int, int]) -> bytes:
        return pack({"n": state[0], "total": f"{state[1]:032x}"})

    def decode(self, data: bytes | memoryview) -> tuple[int, int]:
        match unpack(data, self.name)[0]:
            case {"n": int(rows), "total": str(total)} if rows >= 0 and len(total) == 32:
                try:
                    return rows, int(total, 16)
                except ValueError as error:
                    raise corrupt(self.name) from error
        raise corrupt(self.name)


def _exact_sum(words: Words) -> int:
    """The sum of fewer than 2**32 words, without wrapping."""
    return int((words & _HALF).sum()) + (int((words >> np.uint64(32)).sum()) << 32)
