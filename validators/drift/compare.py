"""Two shapes of a column, one measure, one verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from featureprep.errors import ArgumentError
from featureprep.validators.drift import (
    abs_difference,
    jensen_shannon,
    kolmogorov_smirnov,
    linf,
    moments,
    psi,
    total_variation,
    wasserstein,
)
from featureprep.validators.drift.category import LIMIT, CategoryShape
from featureprep.validators.drift.cells import EXPECTED, Cells, bins, categories, edges_of
from featureprep.validators.drift.chi_square import chi_square
from featureprep.validators.drift.distance import Distance
from featureprep.validators.drift.moved import Moved, largest_moved, most_moved
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.result import Drift, Verdict, short
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.drift.units import counted_in, held

ALPHA: Final = 0.01
PSI_BINS: Final = 10
"""Deciles of the baseline, by the custom of credit scoring."""


_NARROW: Final = 0.1
"""Of what a measure may be at most: bounds that are not further apart leave the verdict to the value between them."""


@dataclass(frozen=True)
class _Found:
    """`apart` is the critical value for the upper bound, where values are not kept, `unkept` the shares of their rows.

    `rare`: the columns differ, and too few categories are frequent enough for the test.
    """

    distance: Distance
    critical: float
    p_value: float | None = None
    moved: Moved | None = None
    apart: float | None = None
    unkept: tuple[float, float] | None = None
    rare: bool = False


def _of_sum(module: ModuleType) -> Callable[[Cells, float], _Found]:
    def found(cells: Cells, alpha: float) -> _Found:
        distance, apart = module.distance(cells), module.critical_apart(cells, alpha)
        return _Found(distance, module.critical(cells, alpha), None, most_moved(cells), apart, _unkept(cells))

    return found


def _of_largest(module: ModuleType, *, counts: bool = False) -> Callable[[Cells, float], _Found]:
    def found(cells: Cells, alpha: float) -> _Found:
        distance = module.distance(cells)
        moved = largest_moved(cells, distance.value, counts=counts)
        return _Found(distance, module.critical(cells, alpha), None, moved, module.critical_apart(cells, alpha), _unkept(cells))

    return found


_RARE: Final = f"fewer than two categories have {EXPECTED:g} expected rows in both columns, which the test asks for"


def _chi_square(cells: Cells, alpha: float) -> _Found:
    test = chi_square(cells)
    return _Found(test.statistic, test.critical(alpha), test.p_value, most_moved(cells), unkept=_unkept(cells), rare=test.rare)


def _cramers_v(cells: Cells, alpha: float) -> _Found:
    test = chi_square(cells)
    critical = math.sqrt(test.critical(alpha) / test.rows)
    return _Found(test.effect, critical, test.p_value, most_moved(cells), unkept=_unkept(cells), rare=test.rare)


def _unkept(cells: Cells) -> tuple[float, float] | None:
    return None if cells.others is None else (cells.others.a.value / cells.n, cells.others.b.value / cells.m)


def _kolmogorov_smirnov(a: NumericShape, b: NumericShape, alpha: float) -> _Found:
    made = kolmogorov_smirnov.distance(a, b)
    return _Found(made, kolmogorov_smirnov.critical(a.n, b.n, alpha), kolmogorov_smirnov.p_value(made.value, a.n, b.n))


def _wasserstein(a: NumericShape, b: NumericShape, alpha: float) -> _Found:
    return _Found(wasserstein.distance(a, b), wasserstein.critical(a, b, alpha))


def _wasserstein_scaled(a: NumericShape, b: NumericShape, alpha: float) -> _Found:
    """In standard deviations of the baseline; infinite where that is 0 and the columns differ."""
    made, critical, std = wasserstein.distance(a, b), wasserstein.critical(a, b, alpha), a.std or 0.0
    if std:
        return _Found(Distance(made.value / std, made.low / std, made.high / std), critical / std)
    drifts = made.value > critical
    distance = Distance(*(math.inf if each else 0.0 for each in (made.value, made.low, made.high)))
    return _Found(distance, 0.0 if drifts else math.inf)


def _mean_shift(a: NumericShape, b: NumericShape, alpha: float) -> _Found:
    return _Found(Distance.exact(moments.mean_shift(a, b)), moments.mean_critical(a, b, alpha))


def _std_change(a: NumericShape, b: NumericShape, alpha: float) -> _Found:
    return _Found(Distance.exact(moments.std_change(a, b)), moments.std_critical(a, b, alpha))


_OF_CELLS: Final[dict[str, Callable[[Cells, float], _Found]]] = {
    "abs_difference": _of_largest(abs_difference, counts=True),
    "chi_square": _chi_square,
    "cramers_v": _cramers_v,
    "jensen_shannon": _of_sum(jensen_shannon),
    "linf": _of_largest(linf),
    "psi": _of_sum(psi),
    "total_variation": _of_sum(total_variation),
}
_OF_NUMBERS: Final[dict[str, Callable[[NumericShape, NumericShape, float], _Found]]] = {
    "kolmogorov_smirnov": _kolmogorov_smirnov,
    "mean_shift": _mean_shift,
    "std_change": _std_change,
    "wasserstein": _wasserstein,
    "wasserstein_scaled": _wasserstein_scaled,
}
MEASURES: Final = tuple(sorted([*_OF_CELLS, *_OF_NUMBERS]))
NUMERIC_MEASURES: Final = tuple(_OF_NUMBERS)
"""Those of the finite values of a column of numbers; the others are of categories, or of bins of numbers."""


def compare(
    measure: str, baseline: Shape, current: Shape, *, threshold: float | None = None, alpha: float = ALPHA, missing: bool = True
) -> Drift:
    """How far the current column is from its baseline, and whether that is more than chance explains.

    Parameters
    ----------
    measure : str
        One of `MEASURES`.
    threshold : float, optional
        At least 0; without it, whatever chance does not explain is drift.
    alpha : float
        In (0, 1): how often columns that do not drift may be called drifting, at most.
    missing : bool
        In measures of categories, null, NaN and infinities are categories of their own; otherwise they are left out.

    Returns
    -------
    Drift
        Not evaluated where a column has no rows (no finite values), or the measure is not one of such columns; and where a column has
        more values than are kept, so that what the measure really is may be drift, and may be none.

    Raises
    ------
    ArgumentError
        For an unknown measure, or a threshold or alpha outside its limits.
    """
    if measure not in MEASURES:
        raise ArgumentError.of("measure", "compare", f"one of {', '.join(MEASURES)}", measure)
    if threshold is not None and not (_is_number(threshold) and 0.0 <= threshold < math.inf):
        raise ArgumentError.of("threshold", "compare", "a number from 0", threshold)
    if not (_is_number(alpha) and 0.0 < alpha < 1.0):
        raise ArgumentError.of("alpha", "compare", "in (0, 1)", alpha)
    whole = missing and measure in _OF_CELLS
    n, m = (shape.rows if whole else shape.n for shape in (baseline, current))
    found = _found(measure, baseline, current, alpha, n, m, missing=missing)
    if isinstance(found, str):
        return Drift(measure, None, None, None, threshold, None, alpha, n, m, Verdict.NOT_EVALUATED, why=found)
    distance, critical = found.distance, found.critical
    verdict = _verdict(distance.value, threshold, critical)
    if found.unkept is not None and distance.high - distance.low > _NARROW * max(threshold or 0.0, critical):
        apart = critical if found.apart is None else found.apart
        at_least, at_most = _verdict(distance.low, threshold, critical), _verdict(distance.high, threshold, apart)
        if at_least is not Verdict.DRIFT:
            if at_most is Verdict.DRIFT:
                why = _untold(measure, distance, threshold, critical, found.unkept)
                return Drift(measure, None, distance.low, distance.high, threshold, critical, alpha, n, m, Verdict.NOT_EVALUATED, why=why)
            if distance.high > critical:
                critical = apart
        verdict = at_least if at_least is Verdict.DRIFT else at_most
    if found.rare and verdict is Verdict.NONE:
        verdict = Verdict.CHANCE
    return Drift(
        measure,
        distance.value,
        distance.low,
        distance.high,
        threshold,
        critical,
        alpha,
        n,
        m,
        verdict,
        p_value=found.p_value,
        moved=found.moved,
        why=_RARE if found.rare else "",
        unit=counted_in(current.unit) if measure == "wasserstein" and isinstance(current, NumericShape) else "",
    )


def _found(measure: str, a: Shape, b: Shape, alpha: float, n: int, m: int, *, missing: bool) -> _Found | str:
    """What was found, or why nothing was."""
    whole = missing and measure in _OF_CELLS
    if isinstance(a, NumericShape) and isinstance(b, NumericShape):
        if a.unit != b.unit:
            return f"one column holds {held(a.unit)}, the other {held(b.unit)}"
        return _empty(n, m, "rows" if whole else "finite values") or _of_numbers(measure, a, b, alpha, missing=missing)
    if isinstance(a, CategoryShape) and isinstance(b, CategoryShape):
        if measure in _OF_NUMBERS:
            return "the measure is one of numbers"
        return _empty(n, m, "rows" if whole else "values") or _OF_CELLS[measure](categories(a, b, missing=missing), alpha)
    return "one column holds numbers, the other categories"


def _empty(n: int, m: int, what: str) -> str:
    which = "baseline" if n == 0 else "current column" if m == 0 else ""
    return f"the {which} has no {what}" if which else ""


def _of_numbers(measure: str, a: NumericShape, b: NumericShape, alpha: float, *, missing: bool) -> _Found:
    if measure in _OF_NUMBERS:
        return _OF_NUMBERS[measure](a, b, alpha)
    edges = edges_of(a, bins=PSI_BINS) if measure == "psi" else edges_of(a, b)
    return _OF_CELLS[measure](bins(a, b, edges, missing=missing), alpha)


def _verdict(value: float, threshold: float | None, critical: float) -> Verdict:
    if threshold is not None and value <= threshold:
        return Verdict.NONE
    if value > critical:
        return Verdict.DRIFT
    return Verdict.NONE if threshold is None else Verdict.CHANCE


def _untold(measure: str, distance: Distance, threshold: float | None, critical: float, unkept: tuple[float, float]) -> str:
    limit = f"the {short(critical)} of chance alone" if threshold is None else f"the threshold {short(threshold)}"
    was, now = (f"{100.0 * share:.3g}%" for share in unkept)
    other = "" if measure in ("abs_difference", "linf") else "`linf`, "
    return (
        f"it is between {short(distance.low)} and {short(distance.high)}, perhaps above {limit}: the {LIMIT:,} most frequent values are kept, "
        f"{was} of the baseline's rows and {now} of the current ones have others; state {other}`drift: false`, or `values:` with `min_domain_mass:`"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
