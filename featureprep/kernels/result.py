"""What kernels give back: `BAD` for one malformed value, `(array, mask)` for a batch of values."""

from __future__ import annotations

from typing import Any, Final, final

import numpy as np
import pyarrow as pa

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Batch = tuple[pa.Array, Mask | None]


@final
class Bad:
    """The type of `BAD`; there is one instance, which survives copying and pickling."""

    _only: Bad | None = None

    def __new__(cls) -> Bad:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "BAD"

    def __reduce__(self) -> tuple[type[Bad], tuple[()]]:
        return (Bad, ())


BAD: Final = Bad()
"""In row code: the value does not fit (malformed)."""


def either(*masks: Mask | None) -> Mask | None:
    """The cells that are marked in any of the masks; None where none is."""
    found: Mask | None = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else found | mask
    return found


def some(mask: Mask) -> Mask | None:
    """The mask, or None if it marks nothing."""
    return mask if mask.any() else None
