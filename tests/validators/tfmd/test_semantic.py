"""Domains of meaning: proposed ones, images, natural language."""

from __future__ import annotations

import pytest
from google.protobuf import any_pb2, text_format
from tensorflow_metadata.proto.v0 import statistics_pb2

from tests.validators.tfmd.messages import feature, held, inferred, mended


def _proposal(*texts: str) -> str:
    return " ".join(f'custom_stats {{ name: "domain_info" str: "{text}" }}' for text in texts)


@pytest.mark.parametrize(
    ("proposals", "taken"),
    [
        (["mid_domain { }"], "mid_domain { }"),
        (["int_domain { min: 3 }"], "int_domain { min: 3 }"),
        (["mid_domain { }", "url_domain { }"], ""),
        (["no such field { }"], ""),
        (["mid_domain { } type: INT"], ""),
        (["type: INT"], ""),
        (["value_count { }"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_proposals(proposals: list[str], taken: str) -> None:
    stats = feature("STRING", more=_proposal(*proposals))
    assert [found.partition(":")[0] for found in held("type: BYTES", stats)] == ["SEMANTIC_DOMAIN_UPDATE"] * bool(taken)
    assert mended("type: BYTES", stats) == f"type: BYTES {taken}".strip()
    assert held("type: BYTES url_domain { }", stats) == [], "what is stated stays"
    assert (taken or "presence") in inferred(stats)


_FORMATS = (
    'custom_stats { name: "image_format_histogram" rank_histogram { buckets { label: "png" sample_count: 3 } '
    'buckets { label: "UNKNOWN" sample_count: 1 } } } bytes_stats { max_num_bytes_int: 99 }'
)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ("minimum_supported_image_fraction: 0.75 max_image_byte_size: 99", []),
        (
            "minimum_supported_image_fraction: 0.8",
            [
                (
                    "LOW_SUPPORTED_IMAGE_FRACTION: Fraction of values containing TensorFlow supported images: 0.750000 is lower than the "
                    "threshold set in the Schema: 0.800000."
                )
            ],
        ),
        ("max_image_byte_size: 98", ["MAX_IMAGE_BYTE_SIZE_EXCEEDED: The largest image has bytes: 99. The max allowed byte size is: 98."]),
    ],
)
def test_images(limits: str, found: list[str]) -> None:
    stated = f"type: BYTES image_domain {{ {limits} }}"
    assert held(stated, feature("BYTES", more=_FORMATS)) == found
    assert held("type: BYTES image_domain { minimum_supported_image_fraction: 1 }", feature("BYTES")) == []


def _language(text: str) -> statistics_pb2.FeatureNameStatistics:
    packed = any_pb2.Any()
    packed.Pack(text_format.Parse(text, statistics_pb2.NaturalLanguageStatistics()))
    stats = feature("INT")
    stats.custom_stats.add(name="nl_statistics").any.CopyFrom(packed)
    return stats


_TOKEN = "token_statistics { string_token: 'x' fraction_of_sequences: 0.5 per_sequence_min_frequency: 2 per_sequence_max_frequency: 4 }"


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ("coverage { min_coverage: 0.6 }", "FEATURE_COVERAGE_TOO_LOW"),
        ("coverage { min_avg_token_length: 4 }", "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH"),
        ("coverage { min_coverage: 0.5 min_avg_token_length: 3 }", ""),
        ("token_constraints { string_value: 'x' min_fraction_of_sequences: 0.6 }", "SEQUENCE_VALUE_TOO_SMALL_FRACTION"),
        ("token_constraints { string_value: 'x' max_fraction_of_sequences: 0.4 }", "SEQUENCE_VALUE_TOO_LARGE_FRACTION"),
        ("token_constraints { string_value: 'x' min_per_sequence: 3 }", "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES"),
        ("token_constraints { string_value: 'x' max_per_sequence: 3 }", "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES"),
        ("token_constraints { string_value: 'x' min_per_sequence: 2 max_per_sequence: 4 } token_constraints { }", ""),
        ("token_constraints { string_value: 'y' min_per_sequence: 2 }", "STATS_NOT_AVAILABLE"),
        ("token_constraints { int_value: 7 min_per_sequence: 2 }", "STATS_NOT_AVAILABLE"),
    ],
)
def test_natural_language(limits: str, found: str) -> None:
    stats = _language(f"feature_coverage: 0.5 avg_token_length: 3 {_TOKEN}")
    stated = f"type: INT natural_language_domain {{ {limits} }}"
    assert [text.partition(":")[0] for text in held(stated, stats)] == [found] * bool(found)
    changed = mended(stated, stats)
    assert held(changed, stats) == [], "once mended it holds"
    assert ("natural_language_domain" in changed) == (found != "STATS_NOT_AVAILABLE")


def test_natural_language_without_statistics() -> None:
    stats = feature("INT")
    assert held("type: INT natural_language_domain { }", stats) == []
    (found,) = held("type: INT natural_language_domain { coverage { min_coverage: 0.1 } }", stats)
    assert found.startswith("STATS_NOT_AVAILABLE: Constraints specified in natural language domain cannot be verified")
