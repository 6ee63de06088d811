"""Binary search in many sorted ranges at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from featureprep.relational.axis import Mask
from featureprep.relational.rows import Indices


def first_where(low: Indices, high: Indices, holds: Callable[[Indices], Mask]) -> Indices:
    """Of each range [low, high), the first place where `holds`, or `high`; shape (n,).

    Parameters
    ----------
    low, high : np.ndarray of int64, shape (n,)
    holds : function
        Of places, one of each range (any place there is, for ranges that are done): whether the condition holds there. In a range it
        holds from some place on.
    """
    low, high = low.copy(), high.copy()
    longest = int((high - low).max(initial=0))
    for _ in range(longest.bit_length()):
        middle = (low + high) >> 1
        open_ = low < high
        found = holds(np.where(open_, middle, 0))
        high = np.where(open_ & found, middle, high)
        low = np.where(open_ & ~found, middle + 1, low)
    return low
