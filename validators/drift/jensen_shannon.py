"""Jensen-Shannon divergence in bits, as TFDV's `jensen_shannon_divergence`."""

from __future__ import annotations

import math

from featureprep.validators.drift.cells import Cells
from featureprep.validators.drift.distance import Distance, apart, total
from featureprep.validators.drift.special import chi_square_critical


def distance(cells: Cells) -> Distance:
    """sum (p log2(p / m) + q log2(q / m)) / 2 with m = (p + q) / 2, in [0, 1] (Lin 1991).

    The divergence, not its square root, which SciPy gives. Values that are not kept count as one, which cannot make it larger;
    at most they are all different, and then add half of their shares.
    """
    return total(apart(_term, cells), most=1.0)


def _term(p: float, q: float) -> float:
    if p == q:
        return 0.0
    return max(0.0, (_information(p, q) + _information(q, p)) / 2.0)


def _information(p: float, q: float) -> float:
    share = p / (p + q) if p > 0.0 else 0.0
    return p * (1.0 + math.log2(share)) if share > 0.0 else 0.0


def critical(cells: Cells, alpha: float) -> float:
    """What the divergence exceeds with a probability of about alpha where nothing drifts.

    8 ln(2) JS / (1/n + 1/m) is about chi-square with one degree of freedom less than there are categories (Grosse et al. 2002,
    Phys. Rev. E 65, 041905). Where a category is rare, JS in bits may be larger, by Topsoe's inequality (2000, IEEE Trans. Inf.
    Theory 46) at most half of sum (p - q)^2 / (p + q): then 4 takes the place of 8 ln(2).
    """
    return _critical(cells, alpha, cells.occupied() - 1, dense=cells.dense())


def critical_apart(cells: Cells, alpha: float) -> float:
    """As `critical`, where all values that are not kept are different ones."""
    return _critical(cells, alpha, cells.occupied_apart() - 1, dense=cells.dense_apart())


def _critical(cells: Cells, alpha: float, free: int, *, dense: bool) -> float:
    if free < 1:
        return 0.0
    factor = 8.0 * math.log(2.0) if dense else 4.0
    return min(1.0, chi_square_critical(alpha, free) * (1.0 / cells.n + 1.0 / cells.m) / factor)
