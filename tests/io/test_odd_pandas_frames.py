"""Data frames of pandas that no Arrow table can hold as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import featureprep as fp
from featureprep.errors import ArgumentError, TypeMismatchError

pd: Any = pytest.importorskip("pandas")


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (["a", None, "b\ud800"], 2),
        ([["a"], ["b\udfff"]], 1),
        ([{"a": "\ud800"}, {"a": "b"}], 0),
        ([np.array(["a"], object), np.array(["\ud800"], object)], 1),
    ],
)
def test_half_of_a_surrogate_pair_is_told_with_its_place(values: list[Any], row: int) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    with pytest.raises(TypeMismatchError, match="half of a surrogate pair") as told:
        fp.from_pandas(frame)
    assert f"from_pandas, column 'x', row {row} (from 0)" in str(told.value)
    str(told.value).encode()  # what is told can be printed


def test_the_hint_mends_it() -> None:
    df = pd.DataFrame({"x": pd.Series(["a", "b\ud800"], dtype=object)})
    with pytest.raises(TypeMismatchError) as told:
        fp.from_pandas(df)
    hint = str(told.value.hint).rpartition(": ")[2]
    df["x"] = eval(hint, {"df": df})
    assert fp.validate(df, "columns: {x: {type: string, values: [a, 'b?']}}\n").ok


def test_a_categorical_and_a_name() -> None:
    categories = pd.Index(["a", "b\ud800"], dtype=object)
    with pytest.raises(TypeMismatchError, match="row 1"):
        fp.from_pandas(pd.DataFrame({"x": pd.Categorical.from_codes([0, 1], categories)}))
    with pytest.raises(ArgumentError, match="column names UTF-8 can spell") as told:
        fp.from_pandas(pd.DataFrame([["x", "y"]], columns=categories))
    str(told.value).encode()


def test_whole_numbers_with_nulls_are_told_how_to_stay_whole() -> None:
    df = pd.DataFrame({"x": [1, None, 3]})
    report = fp.validate(df, "columns: {x: int64}\n")
    assert not report.ok
    (told,) = [o.message for o in report.outcomes if o.check == "type"]
    assert "a pandas column of whole numbers with nulls is float64: df['x'].astype('Int64')" in told
    df["x"] = df["x"].astype("Int64")
    assert fp.validate(df, "columns: {x: int64}\n").ok


def test_unsigned_ones_too() -> None:
    report = fp.validate(pd.DataFrame({"x": [1, None]}), "columns: {x: uint8}\n")
    assert any("astype('UInt8')" in o.message for o in report.outcomes)
