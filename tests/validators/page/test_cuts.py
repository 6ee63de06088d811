"""Bars of two columns: the same for both, with round ends, and no value lost."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.validators.drift.numeric import NumericShape, numeric_shape
from featureprep.validators.page.cuts import MOST_VALUES, bars_of


def shape(values: object) -> NumericShape:
    array = pa.array(values, pa.float64())
    runs, moments = Runs(), Moments()
    return numeric_shape(runs.finish(runs.update(runs.init(), array)), moments.finish(moments.update(moments.init(), array)))


def test_few_values_have_a_bar_each() -> None:
    bars = bars_of(shape([1.0, 2.0, 2.0, None]), shape([2.0, 5.0]), whole=True)
    assert bars is not None
    assert bars.labels == ("1", "2", "5")
    assert bars.counts == ((1, 2, 0), (0, 1, 1))
    assert (bars.low, bars.high) == ("1", "5")


def test_many_values_are_cut_at_round_ones_and_counted_as_numpy_counts_them() -> None:
    rng = np.random.default_rng(7)
    then, now = rng.normal(0, 1, 900), rng.normal(1, 2, 900)  # as few as a shape keeps whole
    bars = bars_of(shape(then), shape(now), whole=False)
    assert bars is not None
    marks = [float(re.split(" to | and ", label)[0]) for label in bars.labels[1:]]
    assert np.allclose(np.diff(marks), marks[1] - marks[0])
    step = marks[1] - marks[0]
    assert np.allclose([mark / step for mark in marks], [round(mark / step) for mark in marks])
    assert 10 <= len(bars.labels) <= 30
    for values, counts in zip((then, now), bars.counts, strict=True):
        assert list(counts) == np.histogram(values, [-math.inf, *marks, math.inf])[0].tolist()


def test_what_lies_far_off_shares_a_bar() -> None:
    values = [*np.linspace(0, 10, 996), 5_000.0, 100_000.0, -900.0, -1e6]
    bars = bars_of(shape(values), whole=False)
    assert bars is not None
    assert bars.labels[0].startswith("below ")
    assert bars.labels[-1].endswith(" and above")
    assert bars.low.startswith("below ")
    assert bars.high.endswith(" and above")
    assert sum(count > 0 for count in bars.counts[0]) > 15  # and the others are seen


def test_whole_numbers_are_cut_at_whole_numbers() -> None:
    bars = bars_of(shape(np.arange(40).repeat(3)), whole=True)
    assert bars is not None
    assert all(re.fullmatch(r"(below )?\d+( to \d+| and above)?", label) for label in bars.labels)


def test_one_side_may_be_empty() -> None:
    bars = bars_of(shape([None, None]), shape(np.arange(100.0)), whole=False)
    assert bars is not None
    assert sum(bars.counts[0]) == 0
    assert sum(bars.counts[1]) == 100
    assert bars_of(shape([None]), shape([]), whole=False) is None


floats = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(floats, max_size=60), st.lists(floats, max_size=60), st.booleans())
def test_no_value_is_lost_whatever_they_are(a: list[float], b: list[float], whole: bool) -> None:
    shapes = shape(a), shape(b)
    bars = bars_of(*shapes, whole=whole)
    if bars is None:
        assert not a
        assert not b
        return
    assert len(bars.labels) == len(bars.counts[0]) == len(bars.counts[1]) <= max(MOST_VALUES, 45)
    assert all(count >= 0 for side in bars.counts for count in side)
    assert [round(sum(side)) for side in bars.counts] == [len(a), len(b)]


@pytest.mark.parametrize("values", [[-1.7e308, 1.7e308], [5e-324, 1e-323], [1e300, 1e300 * (1 + 2**-50)], [0.0, 5e-324]])
def test_ranges_at_the_ends_of_the_doubles(values: list[float]) -> None:
    spread = [values[0] / 2 + values[1] / 2, *values, *np.linspace(values[0] / 4, values[1] / 4, 100)]
    bars = bars_of(shape(spread), whole=False)
    assert bars is not None
    assert round(sum(bars.counts[0])) == len(spread)


def test_rare_values_that_a_shape_does_not_keep_are_told_together() -> None:
    values = [0.3] * 60_000 + [-0.3] * 40_000 + [0.0] * 3 + [0.1] * 2
    bars = bars_of(shape(values), whole=False)
    assert bars is not None
    assert bars.labels == ("-0.3", "0.3", "other values")
    assert bars.counts == ((40_000, 60_000, 5),)


def test_dates_and_times_are_cut_by_the_calendar_and_the_clock() -> None:
    days = dataclasses.replace(shape(np.arange(18_000.0, 18_060.0)), unit="date")
    bars = bars_of(days, whole=False)
    assert bars is not None
    assert bars.labels[1:3] == ("2019-04-19 to 2019-04-24", "2019-04-24 to 2019-04-29")
    assert (bars.low, bars.high) == ("2019-04-14", "2019-06-12")
    hours = dataclasses.replace(shape(1.6e9 + np.arange(0, 86_400.0, 60)), unit="timestamp")
    bars = bars_of(hours, whole=False)
    assert bars is not None
    assert bars.labels[1] == "2020-09-13 14:00:00 to 2020-09-13 16:00:00"
    assert "2020-09-13 22:00:00 to 2020-09-14" in bars.labels
