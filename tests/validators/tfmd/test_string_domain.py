from __future__ import annotations

import pytest

from tests.validators.tfmd.messages import feature, held, inferred, mended

_INVALID = "string_stats { invalid_utf8_count: 1 }"


def test_values_that_are_not_listed() -> None:
    stats = feature("STRING", words={"b": 989, "a": 5, "it's \"\n\x01é": 6})
    stated = 'type: BYTES string_domain { value: "b" }'
    (found,) = held(stated, stats)
    assert found.startswith("ENUM_TYPE_UNEXPECTED_STRING_VALUES: Examples contain values missing from the schema: ")
    assert found.endswith("a (<1%), it\\'s \\\"\\n\\001é (<1%). ")
    assert mended(stated, stats).count("value:") == 3


def test_a_domain_of_several_features() -> None:
    stats, other = feature("STRING", words={"a": 1, "b": 3}), feature("STRING", name="g", words={"b": 1})
    rest = 'feature { name: "g" type: BYTES domain: "d" } string_domain { name: "d" value: "a" }'
    assert held('type: BYTES domain: "d"', stats, other, rest=rest) == [
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES: Examples contain values missing from the schema: b (~75%). "
    ]
    assert mended('type: BYTES domain: "d"', stats, other, rest=rest).endswith('string_domain { name: "d" value: "a" value: "b" }')


@pytest.mark.parametrize(("mass", "found"), [("0.75", False), ("0.76", True), ("1.0", True)])
def test_a_share_may_be_outside(mass: str, found: bool) -> None:
    stats = feature("STRING", words={"a": 75, "b": 25})
    stated = f'type: BYTES string_domain {{ value: "a" }} distribution_constraints {{ min_domain_mass: {mass} }}'
    assert bool(held(stated, stats)) == found


def test_text_that_is_not_utf8() -> None:
    stats = feature("STRING", words={"a": 1}, more=_INVALID)
    rest = 'feature { name: "g" type: BYTES domain: "d" } string_domain { name: "d" value: "a" }'
    assert held('type: BYTES domain: "d"', stats, rest=rest) == ["ENUM_TYPE_INVALID_UTF8: Found strings that were not valid UTF8 strings."]
    assert mended('type: BYTES domain: "d"', stats, rest=rest) == 'type: BYTES feature { name: "g" type: BYTES }'
    assert mended('type: BYTES string_domain { value: "a" }', stats) == "type: BYTES"


def test_repeats_are_left_out_silently() -> None:
    stats, stated = feature("STRING", words={"a": 1}), 'type: BYTES string_domain { value: "a" value: "a" }'
    assert held(stated, stats) == []
    assert mended(stated, stats) == 'type: BYTES string_domain { value: "a" }'


@pytest.mark.parametrize(
    ("words", "size", "made"),
    [
        ({"b": 1, "a": 2}, 2, 'domain: "f" presence { min_fraction: 1.0 min_count: 1 } | name: "f" value: "a" value: "b"'),
        ({"b": 1, "a": 2}, 1, "presence { min_fraction: 1.0 min_count: 1 }"),
        ({}, 2, "presence { min_fraction: 1.0 min_count: 1 }"),
    ],
)
def test_inferred(words: dict[str, float], size: int, made: str) -> None:
    stats = feature("STRING", words=words, lengths=[(0, 2)])
    assert inferred(stats, max_string_domain_size=size) == f"type: BYTES {made}"
    assert "domain" not in inferred(feature("STRING", words=words, more=_INVALID), max_string_domain_size=size)
