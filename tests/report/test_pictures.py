"""Pictures of statistics: their bars are as high as the counts, and say in numbers what they show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.report.pictures import bar, bars, histogram, missing, number, percent, tables

ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
PAIRS = st.lists(st.tuples(ANY, ANY) | ANY, max_size=6)


def column(**more: Any) -> dict[str, Any]:
    return {"name": "x", "type": "float64", "kind": "number", "n": 10, "nulls": 2, "nans": 1, **more}


def heights(svg: str) -> list[float]:
    """Of the bars, in parts of the highest."""
    return [(40 - float(y)) / 40 for y in re.findall(r"V([\d.]+)h", svg)]


def test_bars_are_as_high_as_counts() -> None:
    drawn = histogram(column(histogram=[[0.0, 1.5, 4], [1.5, 3.0, 0], [3.0, 4.5, 2]]))
    assert drawn is not None
    assert heights(drawn.svg) == [1.0, 0.5]
    assert (drawn.low, drawn.high, drawn.logarithmic) == ("0", "4.5", False)
    assert drawn.rows == (("0", "4"), ("1.5", "0"), ("3", "2"))
    element = ET.fromstring(drawn.svg)
    assert element.get("aria-label") == "Histogram from 0 to 4.5, highest bar 4 of 6 rows"
    assert element.get("viewBox") == "0 0 29 40"


def test_where_one_bucket_has_almost_all_heights_are_logarithms() -> None:
    drawn = histogram(column(histogram=[[0, 1, 9993], [1, 2, 6], [2, 3, 1]]))
    assert drawn is not None
    assert drawn.logarithmic
    assert heights(drawn.svg) == pytest.approx([1.0, 0.21126, 0.07525], abs=1e-2)  # log(1 + n) / log(9994)


def test_one_bucket_is_not_logarithmic() -> None:
    drawn = histogram(column(histogram=[[3.0, 3.0, 7]]))
    assert drawn is not None
    assert not drawn.logarithmic


def test_whole_numbers_are_drawn_by_value() -> None:
    top = [[4, 9], [1, 5], [2, 5], [9, 2], [7, 1], [3, 1]]
    drawn = histogram(column(type="int64", n_unique=6, top=top, histogram=[[1, 5, 20], [5, 9, 3]]))
    assert drawn is not None
    assert drawn.rows == (("1", "5"), ("2", "5"), ("3", "1"), ("4", "9"), ("7", "1"), ("9", "2"))


def test_the_ends_of_whole_numbers_are_whole() -> None:
    drawn = histogram(
        column(type="int64", n_unique=9000, min=1356998400, max=1483116300, top=[[1, 2]], histogram=[[1.3569984e9, 1.4831163e9, 9]])
    )
    assert drawn is not None
    assert (drawn.low, drawn.high) == ("1,356,998,400", "1,483,116,300")


def test_a_few_values_are_bars_in_their_order() -> None:
    few = column(type="int64", n=10, n_unique=2, top=[[1, 7], [0, 3]], histogram=[[0, 0.5, 3], [0.5, 1, 7]])
    assert histogram(few) is None
    assert [(one.value, one.count, one.share) for one in bars(few)] == [(0, "3", "30 %"), (1, "7", "70 %")]
    assert 'width="30%"' in bars(few)[0].svg


def test_frequent_texts_are_bars_by_count() -> None:
    texts = column(kind="string", n=100, n_unique=50, top=[[f"v{i}", 20 - i] for i in range(20)])
    assert [one.value for one in bars(texts)] == [f"v{i}" for i in range(8)]
    assert tables(texts)[0][:4] == ["Most frequent values", ["value", "rows"], "v0", "20"]
    assert len(tables(texts)[0]) == 2 + 2 * 20


def test_tables_behind() -> None:
    made = tables(column(quantiles=[[0.0, 1.0], [0.5, 2.5]], histogram=[[1.0, 2.0, 3], [2.0, 3.0, 1]]), " of train")
    assert made == [
        ["Quantiles of train", ["share below", "value"], "0", "1", "0.5", "2.5"],
        ["Histogram up to 3 of train", ["from", "rows"], "1", "3", "2", "1"],
    ]
    assert tables(column(masked=True, quantiles=[[0.0, 1.0]], top=[["ann", 1]])) == []


@pytest.mark.parametrize(
    "part, whole, text",
    [(1, 8, "12.5 %"), (1, 2, "50 %"), (1, 10_000, "< 0.1 %"), (9_999, 10_000, "> 99.9 %"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 0, ""), (6, 5, ""), (-1, 5, ""), (None, 5, ""), (1, "x", "")],
)  # fmt: skip
def test_shares(part: object, whole: object, text: str) -> None:
    assert percent(part, whole) == text


def test_bars_of_shares() -> None:
    assert [re.findall(r'width="([^"]+)"', bar(n, 8))[0] for n in (0, 1, 8, 9)] == ["0%", "12.5%", "100%", "100%"]
    assert 'width="0.6%"' in bar(1, 10**9)  # what is there can be seen
    assert 'width="0%"' in bar(1, 0)


def test_missing_cells() -> None:
    assert missing(column()) == 3
    assert missing({}) == 0
    assert missing({"nulls": float("nan"), "nans": 2}) == 2


def test_numbers() -> None:
    assert [number(v) for v in (1, 2.5, True, None, "1", float("inf"), float("nan"), 10**400)] == [
        1.0,
        2.5,
        None,
        None,
        None,
        None,
        None,
        None,
    ]


@given(top=PAIRS, buckets=st.lists(st.tuples(ANY, ANY, ANY) | ANY, max_size=4), n=ANY, unique=ANY)
def test_anything_in_the_place_of_statistics(top: object, buckets: object, n: object, unique: object) -> None:
    odd = column(top=top, histogram=buckets, n=n, n_unique=unique, quantiles=[])
    drawn = histogram(odd)
    if drawn is not None:
        ET.fromstring(drawn.svg)
    for one in bars(odd):
        ET.fromstring(one.svg)
    tables(odd)
