"""Measures of drift, by how many times its bound each is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from featureprep.report.visible import brief
from featureprep.validators.checks.drift import WORDS
from featureprep.validators.drift.compare import compare
from featureprep.validators.drift.moved import Moved
from featureprep.validators.drift.result import Verdict
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.formats.finding import Finding
from featureprep.validators.reasons import Reason, Severity

MEASURE: Final = "jensen_shannon"
"""What columns are compared by that no rule holds against the baseline: it is of numbers and of categories."""

_LONG: Final = re.compile(r"\d+\.\d{5,}(e[+-]?\d+)?")


@dataclass(frozen=True)
class Measured:
    """One measure of one column.

    Attributes
    ----------
    source, column, measure : str
    verdict : str
        One of `Verdict`.
    ruled : bool
        Whether a rule of the contract asks for it; then `bound` is its threshold.
    bad : bool
        Whether it fails the data.
    value, bound, critical : float or None
        Infinite values are None, and `times` tells them.
    times : float or None
        `value` in parts of its bound, or of what chance explains; None where it was not evaluated.
    n, m : int or None
        Rows of the baseline, and of the data.
    sentence : str
    moved : str
        Which value's share changed most; "" where that is not known.
    reason : str
        TensorFlow Metadata's name for it; "" where it has none.
    place : str
        Of the rule, as "file:line".
    unit : str
        Of the value, where it has one.
    """

    source: str
    column: str
    measure: str
    verdict: str
    ruled: bool
    bad: bool
    value: float | None
    bound: float | None
    critical: float | None
    times: float | None
    n: int | None
    m: int | None
    sentence: str
    moved: str = ""
    reason: str = ""
    place: str = ""
    unit: str = ""

    @property
    def drifted(self) -> bool:
        """Beyond its bound and beyond chance."""
        return self.verdict == Verdict.DRIFT

    @property
    def evaluated(self) -> bool:
        return self.verdict != Verdict.NOT_EVALUATED

    @property
    def words(self) -> dict[str, str]:
        """Its figures as a person reads them."""
        infinite = "infinite" if self.evaluated else "–"
        return {
            "value": infinite if self.value is None else f"{self.value:.4g} {self.unit}".rstrip(),
            "bound": "–" if self.bound is None else f"{self.bound:.4g}",
            "critical": "–" if self.critical is None else f"{self.critical:.3g}",
            "n": brief(self.n),
            "m": brief(self.m),
            "times": _times(self.times),
        }


def of_rules(found: Sequence[Finding]) -> list[Measured]:
    """Of the contract's rules about drift, those that go furthest beyond their bounds first, then those that could not be told."""
    made = [_of_rule(finding) for finding in found if finding.outcome.check == "drift"]
    return sorted(made, key=_place)


def of_shapes(source: str, shapes: Mapping[str, tuple[Shape, Shape]]) -> list[Measured]:
    """Of columns that no rule is about, (was, now) of each, the furthest beyond chance first."""
    made = []
    for column, (was, now) in shapes.items():
        drift = compare(MEASURE, was, now)
        if drift.verdict != Verdict.NOT_EVALUATED:
            told = drift.to_json()
            made.append(_measured(source, column, told, ruled=False, bad=False))
    return sorted(made, key=_place)


def _of_rule(finding: Finding) -> Measured:
    outcome = finding.outcome
    unknown = {"verdict": str(Verdict.NOT_EVALUATED), "measure": outcome.id.rpartition("/")[2], "sentence": outcome.message}
    figures = outcome.figures or unknown
    bad = finding.fails or (outcome.severity == Severity.ERROR and figures.get("verdict") == Verdict.DRIFT)
    made = _measured(finding.name, str(outcome.column), figures, ruled=True, bad=bad)
    reason = "" if outcome.reason == Reason.CUSTOM_VALIDATION else str(outcome.reason)
    return replace(made, reason=reason, place=finding.place)


def _measured(source: str, column: str, told: Mapping[str, Any], *, ruled: bool, bad: bool) -> Measured:
    verdict, value, bound, critical = str(told.get("verdict")), told.get("value"), told.get("threshold"), told.get("critical")
    limit = bound if bound is not None else critical
    times = None
    if verdict != Verdict.NOT_EVALUATED:
        times = math.inf if value is None or (not limit and value) else value / limit if limit else 0.0
    measure = str(told.get("measure"))
    return Measured(
        source, column, WORDS.get(measure, measure), verdict, ruled, bad, value, bound, critical, times, told.get("n"), told.get("m"), str(told.get("sentence")),
        "" if not told.get("moved") else _moved(Moved(**told["moved"])),
        unit=str(told.get("unit") or ""),
    )  # fmt: skip


def _times(times: float | None) -> str:
    if times is None:
        return "–"
    if math.isinf(times):
        return "infinitely"
    return f"{times:.3g}" if times < 100 else f"{times:,.0f}"


def _moved(moved: Moved) -> str:
    """The sentence, with the edges of bins to six places; a value of text stands in quotes, as it is."""
    if moved.label.startswith('"'):
        return moved.sentence
    return replace(moved, label=_LONG.sub(lambda match: f"{float(match.group()):.6g}", moved.label)).sentence


def _place(one: Measured) -> tuple[int, float, str, str, str]:
    order = {Verdict.DRIFT: 0, Verdict.CHANCE: 1, Verdict.NONE: 1, Verdict.NOT_EVALUATED: 2}
    return (order.get(Verdict(one.verdict), 2), -(one.times or 0.0), one.source, one.column, one.measure)
