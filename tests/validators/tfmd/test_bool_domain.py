from __future__ import annotations

from typing import Any

import pytest

from tests.validators.tfmd.messages import feature, held, inferred, mended


def _buckets(kind: str, *bounds: tuple[float, float]) -> str:
    parts = " ".join(f"buckets {{ low_value: {low} high_value: {high} sample_count: 1 }}" for low, high in bounds)
    return f"num_stats {{ histograms {{ {parts} type: {kind} }} }}"


@pytest.mark.parametrize(
    ("ends", "reason", "example"),
    [((-1, 1), "BOOL_TYPE_SMALL_INT", "-1"), ((0, 7), "BOOL_TYPE_BIG_INT", "7"), ((0, 1), "", ""), ((1, 1), "", "")],
)
def test_whole_numbers(ends: tuple[float, float], reason: str, example: str) -> None:
    stats = feature("INT", ends=ends)
    text = f"{reason}: Integers (such as {example}) not in {{0, 1}}: converting to an integer."
    assert held("type: INT bool_domain { }", stats) == [text] * bool(reason)
    changed = f"int_domain {{ min: {ends[0]} max: {ends[1]} }}" if reason else "bool_domain { }"
    assert mended("type: INT bool_domain { }", stats) == f"type: INT {changed}"


def test_whole_numbers_beyond_64_bits() -> None:
    """No domain could state such ends."""
    assert mended("type: INT bool_domain { }", feature("INT", ends=(0, 2.0**64))) == "type: INT int_domain { }"


@pytest.mark.parametrize(
    ("ends", "more", "said"),
    [
        ((0, 1), "", None),
        ((0, 1), _buckets("QUANTILES", (0, 0), (0, 1)), None),
        ((0.5, 1), "", "Floats (such as 0.5) not in {0, 1}"),
        ((0, 2), "", "Floats (such as 2) not in {0, 1}"),
        ((0, 1), "num_stats { histograms { num_nan: 1 } }", "Floats (such as NaN) not in {0, 1}"),
        ((0, 1), _buckets("QUANTILES", (0.25, 0.75)), "Float values falling between 0 and 1"),
        ((0, 1), _buckets("STANDARD", (0.25, 0.75)), None),
        ((0, 1), _buckets("STANDARD", (-2, -1)), "Float values < 0 not in {0, 1}"),
        ((0, 1), _buckets("STANDARD", (2, 3)), "Float values > 1 not in {0, 1}"),
    ],
)
def test_floats(ends: tuple[float, float], more: str, said: str | None) -> None:
    stats = feature("FLOAT", ends=ends, more=more)
    assert held("type: FLOAT bool_domain { }", stats) == (
        [] if said is None else [f"BOOL_TYPE_UNEXPECTED_FLOAT: {said}: converting to float_domain."]
    )
    assert ("float_domain" in mended("type: FLOAT bool_domain { }", stats)) == (said is not None)


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ('true_value: "y" false_value: "n"', None),
        ('true_value: "y"', 'Saw unexpected value "n" instead of {"y"}.'),
        ('true_value: "y" false_value: "N"', 'Saw unexpected value "n" instead of {"N", "y"}.'),
        ('true_value: "n" false_value: "n"', 'Saw unexpected value "y" instead of {"n"}.'),
        ("", 'Saw unexpected value "n" instead of {}.'),
    ],
)
def test_words(domain: str, said: str | None) -> None:
    stats, stated = feature("STRING", words={"y": 1, "n": 1}), f"type: BYTES bool_domain {{ {domain} }}"
    assert held(stated, stats) == ([] if said is None else [f"BOOL_TYPE_UNEXPECTED_STRING: {said}"])
    assert ("bool_domain" in mended(stated, stats)) == (said is None)


def test_equal_words_are_left_once() -> None:
    stats = feature("STRING", words={"n": 1})
    assert mended('type: BYTES bool_domain { true_value: "n" false_value: "n" }', stats) == 'type: BYTES bool_domain { true_value: "n" }'


@pytest.mark.parametrize(
    ("stats", "domain"),
    [
        (feature("INT", ends=(0, 1)), "bool_domain { }"),
        (feature("INT", ends=(0, 0)), None),
        (feature("INT", ends=(-1, 1)), None),
        (feature("FLOAT", ends=(0, 1)), None),
        (feature("STRING", words={"true": 1, "false": 1}), 'bool_domain { true_value: "true" false_value: "false" }'),
        (feature("STRING", words={"CLEAR": 1}), 'bool_domain { false_value: "CLEAR" }'),
        (feature("STRING", words={"": 1}), 'bool_domain { true_value: "" }'),
        (feature("STRING", words={"true": 1, "1": 1}), None),
        (feature("STRING", words={"true": 1, "no": 1}), None),
    ],
)
def test_inferred(stats: Any, domain: str | None) -> None:
    made = inferred(stats)
    assert domain in made if domain else "bool_domain" not in made
