from __future__ import annotations

import math
from typing import Any

import pytest

from featureprep.validators.tfmd.numbers import float32
from tests.validators.tfmd.messages import feature, held, inferred, mended

_NAN = "num_stats { histograms { num_nan: 2 } }"


def test_ends() -> None:
    stats, stated = feature("FLOAT", ends=(-0.25, 1234567.5)), "type: FLOAT float_domain { min: 0 max: 1 }"
    assert held(stated, stats) == [
        "FLOAT_TYPE_SMALL_FLOAT: Unexpectedly low values: -0.25<0(upto six significant digits)",
        "FLOAT_TYPE_BIG_FLOAT: Unexpectedly high value: 1.23457e+06>1(upto six significant digits)",
    ]
    assert mended(stated, stats) == "type: FLOAT float_domain { min: -0.25 max: 1234567.5 }"


def test_an_end_is_compared_as_it_is_stored() -> None:
    """0.1 has no exact value, and another one in 32 bits."""
    assert held("type: FLOAT float_domain { min: 0.1 max: 0.1 }", feature("FLOAT", ends=(0.1, 0.1))) == []


def test_text() -> None:
    assert held("type: BYTES float_domain { max: 2 }", feature("STRING", words={"1e1": 1, "0": 1, "nan": 1})) == [
        "FLOAT_TYPE_BIG_FLOAT: Unexpectedly high value: 10>2(upto six significant digits)"
    ]
    stats = feature("STRING", words={"1": 1, "x": 1})
    assert held("type: BYTES float_domain { }", stats) == [
        'FLOAT_TYPE_STRING_NOT_FLOAT: String values that were not floats were found, such as "x".'
    ]
    assert mended("type: BYTES float_domain { }", stats) == "type: BYTES"


@pytest.mark.parametrize("stats", [feature("FLOAT", ends=(0, 1), more=_NAN), feature("STRING", words={"NaN": 1, "0": 1})])
def test_nan(stats: Any) -> None:
    kind = "BYTES" if stats.type == 2 else "FLOAT"
    assert held(f"type: {kind} float_domain {{ disallow_nan: true }}", stats) == ["FLOAT_TYPE_HAS_NAN: Float feature has NaN values."]
    assert held(f"type: {kind} float_domain {{ }}", stats) == []


def test_infinities() -> None:
    stats = feature("FLOAT", ends=(-math.inf, 1))
    assert held("type: FLOAT float_domain { disallow_inf: true }", stats) == ["FLOAT_TYPE_HAS_INF: Float feature has Inf values."]
    assert held("type: FLOAT float_domain { disallow_inf: true }", feature("FLOAT", ends=(0, 1))) == []
    assert mended("type: FLOAT float_domain { disallow_inf: true }", stats) == "type: FLOAT float_domain { disallow_inf: false }"


def test_nothing_is_inferred() -> None:
    assert "float_domain" not in inferred(feature("FLOAT", ends=(0, 1)))
    assert 'domain: "f"' in inferred(feature("STRING", words={"0.5": 1, "1.5": 2}))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" -.5e1 ", -5.0),
        ("+7.", 7.0),
        ("1e99", math.inf),
        ("-Infinity", -math.inf),
        ("inf", math.inf),
        ("", None),
        (".", None),
        ("1_0", None),
        ("0x1p3", None),
        ("e5", None),
        ("٣", None),
    ],
)
def test_numbers_as_text(text: str, value: float | None) -> None:
    assert float32(text) == value
    assert math.isnan(float32("NaN(7)") or 0.0)
