"""The violations fold: counts and smallest examples, the same however the rows are cut."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.validators.violations import TEXT_SHOWN, Violations, ViolationsResult, can_show

FAR = "+148108-07-06T14:00:27.387904"
rows = st.lists(
    st.tuples(
        st.sampled_from([True, False, None]),
        st.one_of(st.none(), st.integers(-3, 3)),
        st.one_of(st.none(), st.sampled_from([0.0, -0.0, math.nan, math.inf, -1.5])),
        st.one_of(st.none(), st.text(max_size=2)),
    ),
    max_size=40,
)


def run(
    fold: Violations, made: list[tuple[bool | None, int | None, float | None, str | None]], cuts: list[int], *, backwards: bool
) -> ViolationsResult:
    bounds = sorted({0, len(made), *(cut % (len(made) + 1) for cut in cuts)})
    states = []
    for start, stop in pairwise(bounds):
        mask, ints, floats, texts = zip(*made[start:stop], strict=True)
        columns = [
            pa.array(mask, pa.bool_()),
            pa.array(ints, pa.int64()),
            pa.array(floats, pa.float64()),
            pa.array(texts).cast(pa.string()),
        ]
        states.append(fold.decode(fold.encode(fold.update(fold.init(), *columns))))
    state = fold.init()
    for other in reversed(states) if backwards else states:
        state = fold.merge(other, state) if backwards else fold.merge(state, other)
    return fold.finish(state)


def shown(result: ViolationsResult) -> str:
    return repr(result)  # NaN is not equal to itself


@given(rows, st.lists(st.integers(0, 40), max_size=5), st.booleans())
def test_the_same_however_it_is_cut(
    made: list[tuple[bool | None, int | None, float | None, str | None]], cuts: list[int], backwards: bool
) -> None:
    fold = Violations(3)
    whole = run(fold, made, [], backwards=False)
    assert shown(run(fold, made, cuts, backwards=backwards)) == shown(whole)
    bad = [row[1:] for row in made if row[0]]
    assert (whole.total, whole.count) == (len(made), len(bad))

    def key(row: tuple[int | float | str | None, ...]) -> tuple[tuple[int, object], ...]:
        return tuple((2, 0) if v is None else (1, 0) if v != v else (0, v) for v in row)

    by_hand = sorted({key(row) for row in bad})[:3]
    assert [key(row) for row in whole.examples] == by_hand


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([dt.date(2020, 1, 2), dt.date(1960, 1, 1)], [dt.date(1960, 1, 1), dt.date(2020, 1, 2)]),
        ([dt.datetime(2020, 1, 2), None], [dt.datetime(2020, 1, 2), None]),
        ([Decimal("1.50"), Decimal("-2.25")], [Decimal("-2.25"), Decimal("1.50")]),
        ([b"b", b"a"], [b"a", b"b"]),
        ([True, False], [False, True]),
        ([2**63 - 1, -(2**63)], [-(2**63), 2**63 - 1]),
    ],
)
def test_examples_keep_their_type_through_bytes(values: list[object], expected: list[object]) -> None:
    fold = Violations()
    state = fold.update(fold.init(), pa.array([True] * len(values)), pa.array(values))
    assert [e[0] for e in fold.finish(fold.decode(fold.encode(state))).examples] == expected


def test_moments_beyond_the_years_of_python_are_texts_in_order() -> None:
    fold = Violations(6)
    days = pa.array([2932897, 0, -719163, None, 2932896, 40_000_000], pa.int32()).cast(pa.date32())
    micros = pa.array([253402300800000000, 0, -62135596800000001, None, 253402300799999999, 2**62], pa.int64())
    zoned = micros.cast(pa.timestamp("us", "Europe/Paris"))
    mask = pa.array([True] * 6)
    expected = {
        "date": ["0000-12-31", dt.date(1970, 1, 1), dt.date(9999, 12, 31), "+10000-01-01", "+111486-04-13", None],
        "naive": ["0000-12-31T23:59:59.999999", dt.datetime(1970, 1, 1), dt.datetime.max, "+10000-01-01T00:00:00", FAR, None],
        # in Paris the last moment of 9999 is of the year 10000
        "zoned": [
            "0000-12-31T23:59:59.999999Z", dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "9999-12-31T23:59:59.999999Z", "+10000-01-01T00:00:00Z",
            FAR + "Z", None,
        ],
    }  # fmt: skip
    for name, column in {"date": days, "naive": micros.cast(pa.timestamp("us")), "zoned": zoned}.items():
        halves = [fold.update(fold.init(), mask.slice(a, 3), column.slice(a, 3)) for a in (0, 3)]
        for first, second in (halves, halves[::-1]):
            state = fold.merge(fold.decode(fold.encode(first)), fold.decode(fold.encode(second)))
            assert [e[0] for e in fold.finish(state).examples] == expected[name]


def test_dictionaries_and_long_texts() -> None:
    fold = Violations()
    column = pa.array(["x" * 10_000, "y", None, "y"]).dictionary_encode()
    result = fold.finish(fold.update(fold.init(), pa.array([True, True, False, True]), column))
    assert result == ViolationsResult(4, 3, (("x" * TEXT_SHOWN,), ("y",)))


def test_a_null_mask_breaks_nothing() -> None:
    fold = Violations()
    assert fold.finish(fold.update(fold.init(), pa.nulls(3), pa.array([1, 2, 3]))) == ViolationsResult(3, 0, ())


def test_limits_and_damage() -> None:
    with pytest.raises(ArgumentError, match="limit"):
        Violations(-1)
    fold = Violations()
    for damaged in (b"", b"nothing", fold.encode(fold.init())[:-1]):
        with pytest.raises(CorruptArtefactError):
            fold.decode(damaged)
    assert can_show(pa.dictionary(pa.int32(), pa.string()))
    assert not can_show(pa.list_(pa.int64()))
