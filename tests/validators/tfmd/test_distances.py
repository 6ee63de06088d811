"""Against scipy, and figures worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from tensorflow_metadata.proto.v0 import statistics_pb2

from featureprep.validators.tfmd.distances import (
    Farthest,
    jensen_shannon_of_counts,
    jensen_shannon_of_histograms,
    l_infinity,
    normalized_absolute_difference,
)

_COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100).map(float), min_size=1)
_EDGES = st.lists(st.integers(-6, 6), min_size=2, max_size=6, unique=True).map(sorted)


def _histogram(*buckets: tuple[float, float, float], nan: int = 0) -> statistics_pb2.Histogram:
    histogram = statistics_pb2.Histogram(num_nan=nan)
    for low, high, count in buckets:
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return histogram


@st.composite
def _histograms(draw: st.DrawFn) -> statistics_pb2.Histogram:
    edges = draw(_EDGES)
    return _histogram(*((low, high, draw(st.integers(1, 50))) for low, high in pairwise(edges)))


def _in_units(histogram: statistics_pb2.Histogram) -> np.ndarray:
    """The counts of the units from -6 to 6."""
    mass = np.zeros(12)
    for bucket in histogram.buckets:
        low, high = int(bucket.low_value) + 6, int(bucket.high_value) + 6
        mass[low:high] += bucket.sample_count / (high - low)
    return mass


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p / p.sum() + q / q.sum()) / 2
    return float(entropy(p, middle, base=2) + entropy(q, middle, base=2)) / 2


@given(_COUNTS, _COUNTS)
def test_of_counts(a: dict[str, float], b: dict[str, float]) -> None:
    p, q = (np.array([counts.get(value, 0.0) for value in "abcdef"]) for counts in (a, b))
    assert jensen_shannon_of_counts(a, b) == pytest.approx(_divergence(p, q), abs=1e-12)
    assert l_infinity(a, b).distance == pytest.approx(np.abs(p / p.sum() - q / q.sum()).max())
    assert normalized_absolute_difference(a, b).distance == pytest.approx(np.abs(p - q).max() / (p.sum() + q.sum()))


@given(_histograms(), _histograms())
def test_of_histograms(a: statistics_pb2.Histogram, b: statistics_pb2.Histogram) -> None:
    expected = _divergence(_in_units(a), _in_units(b))
    assert jensen_shannon_of_histograms(a, b) == pytest.approx(expected, abs=1e-12)


def test_the_value_that_differs_most() -> None:
    assert l_infinity({"a": 1, "b": 1}, {"a": 1, "b": 3}) == Farthest("b", 0.25)
    assert l_infinity({"a": 1}, {"c": 3}) == Farthest("c", 1.0), "of equal differences the last"
    assert l_infinity({}, {}) == Farthest("", 0.0)
    assert l_infinity({}, {"a": 4}) == Farthest("a", 1.0)


@pytest.mark.parametrize(
    ("a", "b", "divergence"),
    [
        (_histogram((0, 1, 5)), _histogram((0, 1, 50)), 0.0),
        (_histogram((0, 1, 5)), _histogram((1, 2, 5)), 1.0),
        (_histogram((0, 2, 5)), _histogram((0, 0.5, 1), (0.5, 2, 3)), 0.0),
        (_histogram((3, 3, 5)), _histogram((3, 3, 1)), 0.0),
        (_histogram((3, 3, 5)), _histogram((2, 4, 1)), 1.0),
        (_histogram((-math.inf, math.inf, 5)), _histogram((-math.inf, math.inf, 5)), 1.0),
        (_histogram(nan=3), _histogram(nan=3), 1.0),
        (_histogram((0, 1, 1), (2, 3, 1)), _histogram((0, 1, 1), (1, 2, 0), (2, 3, 1)), 0.0),
        (_histogram((-1.7e308, 1.7e308, 1)), _histogram((-1.7e308, -1.6e308, 1), (1.6e308, 1.7e308, 1)), 1.0),
        (_histogram(), _histogram((0, 1, 1)), None),
        (_histogram((0, 1, 0)), _histogram((0, 1, 1)), None),
        (_histogram((0, 1, math.nan)), _histogram((0, 1, 1)), None),
    ],
)
def test_buckets_of_every_kind(a: statistics_pb2.Histogram, b: statistics_pb2.Histogram, divergence: float | None) -> None:
    expected = None if divergence is None else pytest.approx(divergence, abs=1e-12)
    assert jensen_shannon_of_histograms(a, b) == expected
    assert jensen_shannon_of_histograms(b, a) == expected


def test_what_is_no_count_is_not_measured() -> None:
    assert jensen_shannon_of_counts({}, {"a": 1}) is None
    assert jensen_shannon_of_counts({"a": 0}, {"a": 1}) is None
    assert jensen_shannon_of_counts({"a": math.nan}, {"a": 1}) is None
