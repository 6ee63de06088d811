from __future__ import annotations

import pytest

from tests.validators.tfmd.messages import feature, held, inferred, mended

_FEW, _MANY = "Some examples have fewer values than expected", "Some examples have more values than expected"


def test_numbers_of_values() -> None:
    stats, stated = feature("INT", lengths=[(1, 5)]), "type: INT value_count { min: 2 max: 4 }"
    assert held(stated, stats) == [f"FEATURE_TYPE_LOW_NUMBER_VALUES: {_FEW}.", f"FEATURE_TYPE_HIGH_NUMBER_VALUES: {_MANY}."]
    assert mended(stated, stats) == "value_count { min: 1 max: 5 } type: INT"
    assert mended(stated, feature("INT", lengths=[(0, 4)])) == "value_count { max: 4 } type: INT", "of at least 0 nothing is said"


def test_numbers_of_values_in_nested_lists() -> None:
    stats, stated = (
        feature("INT", lengths=[(1, 2), (0, 9)]),
        "type: INT value_counts { value_count { min: 1 } value_count { min: 1 max: 8 } }",
    )
    assert held(stated, stats) == [
        f"FEATURE_TYPE_LOW_NUMBER_VALUES: {_FEW} at nestedness level 1.",
        f"FEATURE_TYPE_HIGH_NUMBER_VALUES: {_MANY} at nestedness level 1.",
    ]
    assert mended(stated, stats) == "type: INT value_counts { value_count { min: 1 } value_count { max: 9 } }"


@pytest.mark.parametrize(
    ("stated", "lengths", "left"),
    [
        ("value_count { min: 1 }", [(1, 2), (3, 3)], "type: INT value_counts { value_count { min: 1 } value_count { min: 3 max: 3 } }"),
        ("value_counts { value_count { } value_count { } }", [(2, 2)], "value_count { min: 2 max: 2 } type: INT"),
    ],
)
def test_nested_otherwise(stated: str, lengths: list[tuple[int, int]], left: str) -> None:
    stats = feature("INT", lengths=lengths)
    assert [found.partition(":")[0] for found in held(f"type: INT {stated}", stats)] == ["VALUE_NESTEDNESS_MISMATCH"]
    assert mended(f"type: INT {stated}", stats) == left


@pytest.mark.parametrize(
    ("dims", "lengths", "missing", "found"),
    [
        ("", [(1, 1)], 0, ""),
        ("dim { size: 6 }", [(6, 6)], 0, ""),
        ("dim { size: 2 } dim { size: 3 }", [(6, 6)], 0, ""),
        ("dim { size: 6 }", [(2, 2), (3, 3)], 0, ""),
        ("dim { size: 6 }", [(5, 5)], 0, "The feature has fixed value length 5 but it's not compatible with the specified shape."),
        ("dim { size: 6 }", [(5, 6)], 0, "vary"),
        ("dim { size: 6 }", [(6, 6)], 1, "not always present"),
        ("dim { size: 6 }", [(0, 0)], 0, "vary"),
    ],
)
def test_shapes(dims: str, lengths: list[tuple[int, int]], missing: int, found: str) -> None:
    stats, stated = feature("INT", lengths=lengths, missing=missing), f"type: INT shape {{ {dims} }}"
    got = held(stated, stats)
    assert [text.partition(":")[0] for text in got] == ["INVALID_FEATURE_SHAPE"] * bool(found)
    assert not got or found in got[0]
    assert ("shape" in mended(stated, stats)) == (not found)


@pytest.mark.parametrize(
    ("lengths", "missing", "fixed", "made"),
    [
        ([(2, 2)], 0, True, "shape { dim { size: 2 } }"),
        ([(2, 2)], 0, False, "value_count { min: 2 max: 2 }"),
        ([(2, 2)], 1, True, "value_count { min: 2 max: 2 }"),
        ([(2, 3)], 0, True, "value_count { min: 1 }"),
        ([(0, 3)], 0, True, ""),
        ([(2, 2), (3, 3)], 0, True, "shape { dim { size: 2 } dim { size: 3 } }"),
        ([(2, 2), (0, 3)], 0, True, "value_counts { value_count { min: 2 max: 2 } value_count { } }"),
    ],
)
def test_inferred(lengths: list[tuple[int, int]], missing: int, fixed: bool, made: str) -> None:
    got = inferred(feature("FLOAT", lengths=lengths, missing=missing), infer_feature_shape=fixed)
    assert made in got
    assert bool(made) == any(word in got for word in ("shape", "value_count"))
