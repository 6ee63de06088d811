"""Custom statistics that are read off what is known of a feature: values that stand for nothing, and times."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import ArgumentError
from featureprep.folds.quantiles import Quantiles, Runs
from featureprep.folds.value_counts import CountsResult
from featureprep.validators.tfmd.generators.feature import Feature
from featureprep.validators.tfmd.generators.options import Options, whole_number
from featureprep.validators.tfmd.generators.paths import Bools
from featureprep.validators.tfmd.generators.top_values import TopValues

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import FeatureNameStatistics

_DIRECTIVES: Final[Mapping[str, str]] = {
    "%B": "(?:" + "|".join(calendar.month_name[1:]) + ")",
    "%d": r"(?:3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])",
    "%f": r"[0-9]{1,6}",
    "%H": r"(?:2[0-3]|[0-1]\d|\d)",
    "%M": r"(?:[0-5]\d|\d)",
    "%m": r"(?:1[0-2]|0[1-9]|[1-9])",
    "%S": r"(?:6[0-1]|[0-5]\d|\d)",
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
}
_ANY: Final = r"^ ?\d{1,8}([-/:T ].*)?$"
"""Whatever matches a format matches this: most texts need not be tried with each."""
_DATES: Final = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%y-%m-%d", "%y/%m/%d"),
    *("%m-%d-%Y", "%m/%d/%Y", "%m%d%Y", "%m-%d-%y", "%m/%d/%y"),
    *("%d-%m-%Y", "%d/%m/%Y", "%d%m%Y", "%d-%B-%Y", "%d-%m-%y", "%d/%m/%y", "%d-%B-%y"),
)
_CLOCKS: Final = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
FORMATS: Final = (*_DATES, *_CLOCKS, *(f"{date}{mark}{clock}" for date in _DATES for clock in _CLOCKS for mark in "T "))
"""TFDV's formats of dates, times and both."""

_SINCE, _UNTIL = 631_152_000, 1_893_456_000  # 1990 to 2030, in seconds
_UNITS: Final = {"UNIX_SECONDS": 1, "UNIX_MILLISECONDS": 10**3, "UNIX_MICROSECONDS": 10**6, "UNIX_NANOSECONDS": 10**9}


@dataclass(frozen=True)
class Times:
    """When a feature is said to hold times: `match_ratio` of at least `values_threshold` values have one format."""

    match_ratio: float = 0.8
    values_threshold: int = 100

    def __post_init__(self) -> None:
        if not isinstance(self.match_ratio, (int, float)) or not 0 < self.match_ratio <= 1:
            raise ArgumentError.of("match_ratio", "statistics", "in (0, 1]", self.match_ratio)
        whole_number("values_threshold", self.values_threshold, 1)

    def __call__(self, feature: Feature, made: FeatureNameStatistics, options: Options) -> None:
        """Write the commonest format and its share, if the feature holds times."""
        found = list(_formats(feature, options))
        if not found:
            return
        n, name, count = max(found, key=lambda one: one[2])  # the first one of several
        if count and n >= self.values_threshold and count / n >= self.match_ratio:
            said = f"integer_format: {name}" if name in _UNITS else f"string_format: '{name}'"
            made.custom_stats.add(name="domain_info", str=f"time_domain {{{said}}}")
            made.custom_stats.add(name="time_match_ratio", num=count / n)


def empties(feature: Feature, made: FeatureNameStatistics, options: Options) -> None:
    """Write how many values are -1, how many are empty strings, how many inner lists are empty."""
    kind = feature.kind
    counts: dict[str, int] = {}
    if kind is not None and len(feature.levels) > 1:
        counts["list_empty"] = feature.levels[1].lengths[0]
    elif kind == "STRING":
        counts["str_empty"] = _count(_texts(feature), b"")
    elif kind in ("INT", "FLOAT"):
        if options.categorical.get(feature.path) == kind:
            texts = _texts(feature)
            counts["int_-1"] = _count(texts, b"-1") + _count(texts, b"-1.0")
        else:
            one = np.array([-1.0])
            runs = Runs().finish(feature.numbers.runs)
            counts["int_-1"] = int(runs.below(one, inclusive=True)[0] - runs.below(one)[0])
    for name, count in counts.items():
        if count:
            made.custom_stats.add(name=name, num=count)


def _texts(feature: Feature) -> CountsResult:
    counts: CountsResult = TopValues().finish(feature.texts.counts)
    return counts


def _count(texts: CountsResult, value: bytes) -> int:
    if not len(texts.values):
        return 0
    return int(texts.counts[pc.equal(texts.values, pa.scalar(value, texts.values.type)).to_numpy(zero_copy_only=False)].sum())


def _formats(feature: Feature, options: Options) -> Iterator[tuple[int, str, int]]:
    """Number of values, format, and how many values have it."""
    if feature.kind == "STRING" and feature.path not in options.bytes_features and not feature.texts.invalid:
        texts = _texts(feature)
        values = texts.values.cast(pa.large_string())
        some = _matched(values, _ANY)
        values, counts = values.filter(some), texts.counts[some]
        for name in FORMATS if len(values) else ():
            yield texts.n, name, int(counts[_matched(values, _pattern(name))].sum())
    elif feature.kind == "INT" and feature.path not in options.categorical:
        runs: Quantiles = Runs().finish(feature.numbers.runs)
        for name, unit in _UNITS.items():
            since, until = runs.below(np.array([_SINCE * unit, _UNTIL * unit], np.float64)).tolist()
            yield runs.n, name, until - since


def _matched(values: pa.Array, pattern: str) -> Bools:
    found: Bools = pc.match_substring_regex(values, pattern=pattern).to_numpy(zero_copy_only=False)
    return found


def _pattern(name: str) -> str:
    return "^" + re.sub("%[a-zA-Z]", lambda found: _DIRECTIVES[found[0]], name.replace(".", r"\.")) + "$"
