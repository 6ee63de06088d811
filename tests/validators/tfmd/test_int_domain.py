from __future__ import annotations

from typing import Any

import pytest

from featureprep.validators.tfmd.numbers import as_int64, int64
from tests.validators.tfmd.messages import feature, held, inferred, mended


@pytest.mark.parametrize(
    "stats", [feature("INT", ends=(-7, 12)), feature("STRING", words={"12": 1, " -7": 1}), feature("INT", words={"12": 1, "-7": 1})]
)
def test_ends(stats: Any) -> None:
    stated = f"type: {'BYTES' if stats.type == 2 else 'INT'} int_domain {{ min: -6 max: 11 }}"
    assert held(stated, stats) == [
        "INT_TYPE_SMALL_INT: Unexpectedly small value: -7.",
        "INT_TYPE_BIG_INT: Unexpectedly large value: 12.",
    ]
    assert "min: -7 max: 12" in mended(stated, stats)


def test_text_that_is_no_whole_number() -> None:
    stats = feature("STRING", words={"12": 1, "1.5": 1})
    assert held("type: BYTES int_domain { }", stats) == [
        'INT_TYPE_NOT_INT_STRING: String values that were not ints were found, such as "1.5".'
    ]
    assert mended("type: BYTES int_domain { }", stats) == "type: BYTES"


def test_numbers_beyond_64_bits() -> None:
    stats = feature("INT", ends=(0, 1e19))
    assert held("type: INT int_domain { max: 5 }", stats) == [
        'DOMAIN_INVALID_FOR_TYPE: Integer had values that were not valid Int64, such as "10000000000000000000.000000".'
    ]
    assert held("type: INT int_domain { }", stats) == []
    assert held("type: INT int_domain { max: 5 }", feature("INT", ends=(0, 2.0**63))) == [
        "INT_TYPE_BIG_INT: Unexpectedly large value: 9223372036854775807."
    ]


@pytest.mark.parametrize(
    ("words", "made"), [({"3": 1, "44": 1}, "int_domain { }"), ({"3": 1, "4.0": 1}, 'domain: "f"'), ({"9" * 19: 1}, 'domain: "f"')]
)
def test_inferred_of_text(words: dict[str, float], made: str) -> None:
    assert made in inferred(feature("STRING", words=words))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" +7\t", 7),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", None),
        ("", None),
        ("1_0", None),
        ("٣", None),
        ("1 0", None),
        ("0x1", None),
        ("9" * 100_000, None),
    ],
)
def test_whole_numbers_as_text(text: str, value: int | None) -> None:
    assert int64(text) == value


def test_numbers_are_cut_to_64_bits() -> None:
    cut = [as_int64(value) for value in (float("nan"), float("inf"), float("-inf"), 1e300, -2.9)]
    assert cut == [0, 2**63 - 1, -(2**63), 2**63 - 1, -2]
