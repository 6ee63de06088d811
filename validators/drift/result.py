"""What a comparison of two columns found, and whether it is drift."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from featureprep.validators.drift.moved import Moved


class Verdict(StrEnum):
    """How a comparison ended."""

    DRIFT = "drift"
    """Above the threshold, where there is one, and above what chance explains."""
    CHANCE = "chance"
    """Not above what chance explains, but above the threshold, or not to be tested: too few rows to tell."""
    NONE = "no drift"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True)
class Drift:
    """One measure of one column against its baseline.

    Attributes
    ----------
    measure : str
        One of `MEASURES`.
    value : float or None
        From the shapes; None where it was not evaluated (`low` and `high` may be there). Infinite where the column's measure is, or is beyond the doubles.
    low, high : float or None
        Proven bounds of the measure of the columns themselves.
    threshold : float or None
        That it must not exceed.
    critical : float or None
        What chance exceeds with a probability of `alpha` or less, given so many rows, where nothing drifts.
    alpha : float
    n, m : int
        Rows (of measures of numbers: finite values) of the baseline and of the current column.
    verdict : Verdict
    p_value : float or None
        Of the tests that have one.
    moved : Moved, optional
        Of measures of categories: the one whose share (of `abs_difference`: count) changed most. It shows a value of the column.
    why : str
        Why it was not evaluated, or cannot be tested.
    unit : str
        What `value` counts, where that is neither a pure number nor in the unit of the column's numbers: "days", "seconds" or "items".
    """

    measure: str
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    critical: float | None
    alpha: float
    n: int
    m: int
    verdict: Verdict
    p_value: float | None = None
    moved: Moved | None = None
    why: str = ""
    unit: str = ""

    @property
    def error(self) -> float:
        """The largest difference of `value` from the measure of the columns themselves; 0 where it is exact."""
        if self.value is None or self.low is None or self.high is None or self.low == self.high:
            return 0.0
        if math.isinf(self.value):
            return math.inf
        return max(self.high - self.value, self.value - self.low)

    @property
    def sentence(self) -> str:
        """For people, without a value of the column."""
        if self.verdict is Verdict.NOT_EVALUATED:
            return f"{self.measure} was not evaluated: {self.why}"
        found = f"{self.measure} is {short(self.value)}{f' {self.unit}' if self.unit else ''}"
        if self.error:
            found += f" (between {short(self.low)} and {short(self.high)})"
        limit = "" if self.threshold is None else f"the threshold {short(self.threshold)}"
        chance = f"{short(self.critical)} with {self.n:,} and {self.m:,} rows (alpha {self.alpha:g})"
        match self.verdict:
            case Verdict.DRIFT:
                return (
                    f"{found}, above {limit}; chance alone gives up to {chance}" if limit else f"{found}; chance alone gives up to {chance}"
                )
            case Verdict.CHANCE if self.why:
                return f"{self.measure} has too few rows of each category to tell: {self.why}"
            case Verdict.CHANCE if self.value is not None and self.threshold is not None and self.value <= self.threshold:
                return f"{found}; it may be above {limit}, but chance alone gives up to {chance}"
            case Verdict.CHANCE:
                return f"{found}, above {limit}, but chance alone gives up to {chance}"
        return f"{found}, within {limit}" if limit else f"{found}, within what chance alone gives: up to {chance}"

    def to_json(self) -> dict[str, Any]:
        """JSON values only: infinite numbers are null."""
        numbers = {
            name: _finite(getattr(self, name)) for name in ("value", "low", "high", "error", "threshold", "critical", "alpha", "p_value")
        }
        return {
            "measure": self.measure,
            "verdict": self.verdict.value,
            **numbers,
            "n": self.n,
            "m": self.m,
            "moved": self.moved.to_json() if self.moved else None,
            "sentence": self.sentence,
            **({"unit": self.unit} if self.unit else {}),
        }


def short(value: float | None) -> str:
    """Of a figure four digits."""
    return f"{value:.4g}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
