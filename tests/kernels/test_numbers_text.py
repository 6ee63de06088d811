"""Numbers from text: one grammar, the same values as Python's float() and int()."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.kernels.casts import cast, cast_value
from featureprep.kernels.result import BAD

TARGETS = [
    pa.int64(),
    pa.int8(),
    pa.uint8(),
    pa.uint64(),
    pa.float64(),
    pa.float32(),
    pa.bool_(),
    pa.decimal128(10, 2),
    pa.decimal128(38, 0),
]
TARGETS += [pa.date32(), pa.timestamp("us"), pa.timestamp("us", "Europe/Berlin"), pa.string(), pa.binary()]

spelled = st.one_of(
    st.text(alphabet="0123456789+-.eExX_ \tnaifty()", max_size=10),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.decimals(places=3, allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"[ \t]?[+-]?[0-9]{1,30}[ \t]?", fullmatch=True),
    st.from_regex(r"[+-]?[0-9]{0,25}\.?[0-9]{0,25}([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(
        [
            "nan",
            "NAN",
            "-inf",
            "+Infinity",
            "infinit",
            "true",
            "FALSE",
            "True ",
            "1",
            "0",
            "",
            " ",
            "١",
            "0x10",
            "nan(1)",
            "-0",
            "1.0",
            "1e999",
        ]
    ),
    st.text(max_size=5),
)


@pytest.mark.parametrize("to", TARGETS, ids=str)
@given(texts=st.lists(st.none() | spelled, max_size=10))
def test_batch_equals_row(to: pa.DataType, texts: list[str | None], agree: Any) -> None:
    array = pa.array(texts, pa.string())
    agree(array, lambda part: cast(part, to), cast_value(pa.string(), to))


@given(values=st.lists(st.floats(), max_size=20))
def test_floats_are_those_of_python(values: list[float], batch_cells: Any) -> None:
    texts = [repr(value) for value in values] + [f" {value:.20e}\t" for value in values]
    found = batch_cells(cast(pa.array(texts, pa.string()), pa.float64()))
    assert str(found) == str([float(text) for text in texts])


ACCEPTED: dict[pa.DataType, dict[str, Any]] = {
    pa.int64(): {"1": 1, "+1": 1, "-0": 0, " 39": 39, "39\t": 39, "000012": 12, "0" * 5000 + "7": 7, "-9223372036854775808": -(2**63)},
    pa.uint64(): {"18446744073709551615": 2**64 - 1, "-0": 0},
    pa.float64(): {
        "1.": 1.0,
        ".5": 0.5,
        "1e400": math.inf,
        "-1e400": -math.inf,
        "1e-400": 0.0,
        "+INF": math.inf,
        "-0": -0.0,
        "0" * 400 + "1": 1.0,
    },
    pa.float32(): {"0.1": float(np.float32(0.1)), "1e39": math.inf},
    pa.bool_(): {"true": True, " False": False, "TRUE": True, "1": True, "0": False},
    pa.decimal128(5, 2): {
        "1.005": Decimal("1.00"),
        "1.015": Decimal("1.02"),
        "1e2": Decimal("100.00"),
        "-0": Decimal("0.00"),
        "999.994": Decimal("999.99"),
    },
}
REFUSED: dict[pa.DataType, list[str]] = {
    pa.int64(): [
        "",
        " ",
        "+",
        "1.0",
        "1e3",
        "0x10",
        "1_000",
        "1,000",
        "١",
        "9223372036854775808",
        "1 2",
        "--1",
        "nan",
        "1\n",
        "\u00a01",
        "9" * 5000,
    ],
    pa.uint8(): ["256", "-1"],
    pa.float64(): ["", ".", "e5", "1e", "0x1p3", "1_0", "1d5", "1f", "nan(1)", "infinit", "１", "1 .0"],
    pa.bool_(): ["yes", "t", "", "2", "1.0", "TRUE\u212a"],
    pa.decimal128(5, 2): ["nan", "inf", "1000", "999.995", "1e9999999999", "", "1e-99999999999999999999"],
}


@pytest.mark.parametrize("to", ACCEPTED, ids=str)
def test_accepted(to: pa.DataType, batch_cells: Any) -> None:
    wanted = ACCEPTED[to]
    assert str(batch_cells(cast(pa.array(list(wanted)), to))) == str(list(wanted.values()))
    for text, value in wanted.items():  # alone too: a clean batch takes another way
        assert str(batch_cells(cast(pa.array([text]), to))) == str([value]), text


@pytest.mark.parametrize("to", REFUSED, ids=str)
def test_refused(to: pa.DataType, batch_cells: Any) -> None:
    texts = REFUSED[to]
    assert batch_cells(cast(pa.array(texts), to)) == [BAD] * len(texts)
    for text in texts:
        assert batch_cells(cast(pa.array([text]), to)) == [BAD], text


def test_null_cells_may_hide_anything(batch_cells: Any) -> None:
    hidden = pa.StringArray.from_buffers(3, pa.py_buffer(np.array([0, 1, 4, 5], np.int32)), pa.py_buffer(b"10x92"), pa.py_buffer(b"\x05"))
    for to, value in ((pa.int64(), 1), (pa.float64(), 1.0)):
        assert batch_cells(cast(hidden, to)) == [value, None, 2 * value]
