"""What a caller gives for one row becomes a value of the column's type, in lists and structs too: else a row would differ from its batch."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep.expr.rowvalues import input_converter
from featureprep.kernels.formatting import formatter
from featureprep.kernels.result import BAD

TENTH = float(np.float32(0.1))


@pytest.mark.parametrize(
    "dtype, given, wanted",
    [
        (pa.list_(pa.float32()), [0.1, None], [TENTH, None]),
        (pa.list_(pa.float32()), np.array([0.1]), [TENTH]),
        (pa.list_(pa.float64()), [1, 2.5], [1.0, 2.5]),
        (pa.list_(pa.int8()), (1, 2), [1, 2]),
        (pa.list_(pa.date32()), [dt.date(1970, 1, 3)], [2]),
        (pa.list_(pa.timestamp("us")), [dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))], [0]),
        (pa.list_(pa.list_(pa.float32())), [[0.1], []], [[TENTH], []]),
        (pa.list_(pa.string(), 2), ["a", "é"], ["a", "é"]),
        (pa.struct([("a", pa.float32()), ("b", pa.string())]), {"a": 0.1}, {"a": TENTH, "b": None}),
        (pa.list_(pa.int8()), [300], BAD),
        (pa.list_(pa.int8()), [1.5], BAD),
        (pa.list_(pa.string()), [1], BAD),
        (pa.list_(pa.string()), ["\ud800"], BAD),
        (pa.list_(pa.string(), 2), ["a"], BAD),
        (pa.string(), ["a"], BAD),
    ],
    ids=str,
)
def test_items_are_values_of_their_type(dtype: pa.DataType, given: Any, wanted: Any) -> None:
    got = input_converter(dtype)(given)
    assert got == wanted
    if isinstance(wanted, list):
        assert [type(item) for item in got] == [type(item) for item in wanted]


def test_a_decimal_has_no_minus_zero() -> None:
    assert formatter(pa.decimal128(5, 2))(Decimal("-0.00")) == "0.00"
    assert formatter(pa.decimal128(38, 0))(Decimal("-" + "9" * 38)) == "-" + "9" * 38
