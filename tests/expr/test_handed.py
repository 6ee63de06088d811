"""What user functions are handed in NumPy's and pandas' types: of a row the same whatever rows stand beside it, and integers whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.errors import UdfError
from featureprep.expr.handed import alike, handed
from featureprep.expr.udf import run_batch

BIG = 2**53 + 1


def shape_of(value: Any) -> Any:
    """A value with the types of all that is in it, as something that can be compared and told apart."""
    if isinstance(value, np.ndarray):
        return ("array", str(value.dtype), [shape_of(item) for item in value])
    if isinstance(value, dict):
        return {name: shape_of(item) for name, item in value.items()}
    return (type(value).__name__, repr(value))


def note(*args: Any) -> list[str]:
    """What it sees of each row: the types of the arrays, and the value."""
    dtypes = [str(arg.dtype) for arg in args]
    return [repr([(dtype, shape_of(value)) for dtype, value in zip(dtypes, row, strict=True)]) for row in zip(*args, strict=True)]


def params(mode: str, types: list[pa.DataType]) -> dict[str, Any]:
    made = fp.udf({f"c{i}": dtype for i, dtype in enumerate(types)}, "string", mode=mode)(note)
    return made.spec()


ints = st.none() | st.sampled_from([0, 1, -BIG, BIG, 2**63 - 1])
bools = st.none() | st.booleans()
floats = st.none() | st.sampled_from([0.5, -0.0, float("nan")])
COLUMNS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), ints),
    (pa.uint64(), st.none() | st.sampled_from([0, 2**64 - 1])),
    (pa.int8(), st.none() | st.integers(-128, 127)),
    (pa.bool_(), bools),
    (pa.float64(), floats),
    (pa.string(), st.none() | st.sampled_from(["", "a"])),
    (pa.timestamp("us"), st.none() | st.just(1)),
    (pa.date32(), st.none() | st.just(1)),
    (pa.list_(pa.int64()), st.none() | st.lists(ints, max_size=3)),
    (pa.list_(pa.bool_()), st.none() | st.lists(bools, max_size=3)),
    (pa.list_(pa.float64()), st.none() | st.lists(floats, max_size=3)),
    (pa.list_(pa.int64(), 2), st.none() | st.lists(ints, min_size=2, max_size=2)),
    (pa.list_(pa.list_(pa.int64())), st.none() | st.lists(st.none() | st.lists(ints, max_size=2), max_size=2)),
    (pa.struct([("a", pa.int64()), ("b", pa.list_(pa.bool_())), ("f", pa.float64()), ("t", pa.timestamp("us"))]),
     st.none() | st.fixed_dictionaries({"a": ints, "b": st.none() | st.lists(bools, max_size=2), "f": floats, "t": st.none() | st.just(1)})),
    (pa.list_(pa.struct([("a", pa.int64())])), st.none() | st.lists(st.none() | st.fixed_dictionaries({"a": ints}), max_size=2)),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["numpy", "pandas"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_of_a_row_it_is_the_same_alone_and_among_others(mode: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3))
    n, cut = data.draw(st.integers(1, 6)), data.draw(st.integers(0, 2))
    args = [pa.array(data.draw(st.lists(values, min_size=n + cut, max_size=n + cut)), dtype).slice(cut) for dtype, values in chosen]
    spec = params(mode, [dtype for dtype, _ in chosen])
    together = run_batch(spec, args).to_pylist()
    assert together == [run_batch(spec, [arg.slice(i, 1) for arg in args])[0].as_py() for i in range(n)]
    assert together[::-1] == run_batch(spec, [arg.take(pa.array(range(n))[::-1]) for arg in args]).to_pylist()


@pytest.mark.parametrize("mode", ["numpy", "pandas"])
def test_integers_and_bools_are_whole(mode: str) -> None:
    values = pa.array([BIG, None, -BIG, None])
    groups = alike([values])
    assert [group.tolist() for group in groups] == [[0, 2], [1, 3]]
    whole, lacking = (handed(values.take(pa.array(group)), mode) for group in groups)
    assert (str(whole.dtype), whole.tolist()) == ("int64", [BIG, -BIG])
    assert np.isnan(lacking).all()
    assert alike([pa.array([1, 2]), pa.array(["a", None])]) == alike([pa.nulls(2, pa.int64())]) == alike([values.slice(0, 0)]) == []
    many = [pa.array([None if (i >> k) % 2 else True for i in range(64)]) for k in range(6)] * 12
    assert sorted(np.concatenate(alike(many)).tolist()) == list(range(64))
    assert len(alike(many)) == 64


@pytest.mark.parametrize("mode", ["numpy", "pandas"])
def test_lists_and_structs(mode: str) -> None:
    lists = handed(pa.array([[BIG, None], [BIG], None, []], pa.list_(pa.int64())), mode)
    assert isinstance(lists, pd.Series if mode == "pandas" else np.ndarray)
    assert [None if one is None else (str(one.dtype), one.tolist()) for one in lists] == [
        ("object", [BIG, None]), ("int64", [BIG]), None, ("int64", []),
    ]  # fmt: skip
    structs = handed(pa.array([{"a": BIG, "b": [True]}, {"a": None, "b": [None, True]}, None]), mode)
    assert [one if one is None else {**one, "b": one["b"].tolist()} for one in structs] == [
        {"a": BIG, "b": [True]}, {"a": None, "b": [None, True]}, None,
    ]  # fmt: skip
    nested = handed(pa.array([[[BIG, None], None], [[BIG]]]), mode)
    assert [[None if one is None else one.tolist() for one in outer] for outer in nested] == [[[BIG, None], None], [[BIG]]]


def halve(n: Any) -> Any:
    if (n == 7).any():
        raise ValueError("seven")
    return n / 2


@pytest.mark.parametrize("mode", ["numpy", "pandas"])
def test_the_row_that_makes_it_raise_is_found_among_all(mode: str) -> None:
    spec = fp.udf({"n": "int64"}, "float64", mode=mode)(halve).spec()
    with pytest.raises(UdfError, match="halve raised ValueError: seven") as caught:
        run_batch(spec, [pa.array([None, 1, None, 7, 3, 7])])
    assert caught.value.row == 3


def parity(n: Any) -> Any:
    return n % 2 == 1


@pytest.mark.parametrize("mode", ["numpy", "pandas"])
def test_a_whole_table_is_not_rounded(mode: str) -> None:
    spec = fp.udf({"n": "int64"}, "bool", mode=mode)(parity).spec()
    assert run_batch(spec, [pa.array([3, None, 2**53])], any_length=True).to_pylist() == [True, False, False]
    for rows in ([BIG, None], [None, -BIG]):
        with pytest.raises(UdfError, match="cannot be given n: .* floats for integers among nulls"):
            run_batch(spec, [pa.array(rows)], any_length=True)
    assert run_batch(spec, [pa.array([BIG, BIG])], any_length=True).to_pylist() == [True, True]


def whole(x: Any) -> Any:
    return np.floor(x)


def whole_or_none(x: Any) -> Any:
    return np.where(np.isnan(x), None, np.floor(x))


def test_nan_for_an_integer_is_told_with_what_is_null() -> None:
    rows = [pa.array([1.5, None, -2.5])]
    with pytest.raises(UdfError, match="whole returned something that is no int64") as caught:
        run_batch(fp.udf({"x": "float64"}, "int64", mode="numpy")(whole).spec(), rows)
    assert caught.value.hint == "NaN is no integer; None is null: np.where(np.isnan(x), None, x)"
    assert run_batch(fp.udf({"x": "float64"}, "int64", mode="numpy")(whole_or_none).spec(), rows).to_pylist() == [1, None, -3]
