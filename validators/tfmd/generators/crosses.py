"""Covariance and correlation of pairs of numeric features, over the rows where both have one finite value; rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from featureprep.folds.exact_sums import SQUARE_UNIT, exact_sums
from featureprep.folds.moments import rounded, rounded_sqrt
from featureprep.validators.tfmd.generators.dataset import Written
from featureprep.validators.tfmd.generators.exact import Floats, exact_dot
from featureprep.validators.tfmd.generators.paths import Seen
from featureprep.validators.tfmd.generators.rows import Rows

Pair = tuple[str, str]


@dataclass
class Sums:
    """Over the rows of a pair: sums in units of 2**-1074, sums of products in units of 2**-2148."""

    n: int = 0
    x: int = 0
    y: int = 0
    xx: int = 0
    yy: int = 0
    xy: int = 0

    def add(self, x: Floats, y: Floats) -> None:
        """Finite values, equally many."""
        sums = (*exact_sums(x), *exact_sums(y))
        self.n += len(x)
        self.x, self.xx, self.y, self.yy = (a + b for a, b in zip((self.x, self.xx, self.y, self.yy), sums, strict=True))
        self.xy += exact_dot(x, y)

    @property
    def covariance(self) -> float:
        """The population's; there must be rows."""
        return rounded(self.n * self.xy - self.x * self.y, (self.n * self.n) << SQUARE_UNIT)

    @property
    def correlation(self) -> float | None:
        """Pearson's; None where a feature does not vary."""
        both = self.n * self.xy - self.x * self.y
        spread = (self.n * self.xx - self.x**2) * (self.n * self.yy - self.y**2)
        if spread == 0:
            return None
        found = rounded_sqrt(both * both, spread)
        return -found if both < 0 else found


@dataclass
class Crosses:
    """The pairs asked for, or (None) all pairs of numeric columns."""

    asked: Sequence[Pair] | None
    sums: dict[Pair, Sums] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """One batch."""
        wanted = None if self.asked is None else {name for pair in self.asked for name in pair}
        columns = {
            seen.path[0]: _single(seen, rows.n)
            for seen in rows.seen.values()
            if seen.kind in ("INT", "FLOAT") and len(seen.path) == len(seen.levels) == 1 and (wanted is None or seen.path[0] in wanted)
        }
        for pair in combinations(sorted(columns), 2) if self.asked is None else self.asked:
            if pair[0] in columns and pair[1] in columns:
                x, y = columns[pair[0]], columns[pair[1]]
                both = np.isfinite(x) & np.isfinite(y)
                self.sums.setdefault(pair, Sums()).add(x[both], y[both])

    def write(self, made: Written) -> None:
        """The pairs, ascending."""
        for pair in sorted(self.sums):
            found = self.sums[pair]
            cross = made.whole.cross_features.add(count=found.n)
            cross.path_x.step.append(pair[0])
            cross.path_y.step.append(pair[1])
            if found.n:
                cross.num_cross_stats.covariance = found.covariance
                cross.num_cross_stats.correlation = found.correlation or 0.0


def _single(seen: Seen, rows: int) -> Floats:
    """The value of each row, NaN where it has none or several."""
    values = np.full(rows, np.nan)
    (level,) = seen.levels
    one = np.repeat(level.lengths == 1, level.lengths) & seen.values.is_valid().to_numpy(zero_copy_only=False)
    values[seen.owners[one]] = seen.values.filter(one).to_numpy().astype(np.float64)
    return values
