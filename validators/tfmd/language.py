"""Domains of natural language (TFDV: natural_language_domain_util.cc)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from featureprep.validators.tfmd.findings import Finding, six_digits
from featureprep.validators.tfmd.protos import protos
from featureprep.validators.tfmd.view import FeatureView

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

_MISSING = Finding(
    "STATS_NOT_AVAILABLE",
    "Natural language stats are not computed.",
    "Constraints specified in natural language domain cannot be verified because natural language stats have not been computed.",
)


def update_language_domain(view: FeatureView, feature: schema_pb2.Feature) -> list[Finding]:
    """Hold coverage and the stated tokens against their limits; without the statistics the domain goes."""
    domain = feature.natural_language_domain
    coverage = domain.coverage
    if not (coverage.HasField("min_coverage") or coverage.HasField("min_avg_token_length") or domain.token_constraints):
        return []
    stat, stats = view.custom("nl_statistics"), protos().statistics.NaturalLanguageStatistics()
    if stat is not None and not stat.any.Unpack(stats):
        return []
    findings = _coverage(coverage, stats)
    seen = {_token(token, "int_token", "string_token"): token for token in stats.token_statistics}
    for constraint in domain.token_constraints:
        token = _token(constraint, "int_value", "string_value")
        if stat is not None and token is None:
            continue
        if token not in seen:
            stat = None
            break
        findings += _token_limits(constraint, seen[token], token)
    if stat is None:
        feature.ClearField("natural_language_domain")
        return [_MISSING]
    return findings


def _token(message: Any, whole: str, text: str) -> int | str | None:
    return next((getattr(message, name) for name in (whole, text) if message.HasField(name)), None)


def _coverage(coverage: schema_pb2.FeatureCoverageConstraints, stats: statistics_pb2.NaturalLanguageStatistics) -> list[Finding]:
    findings = []
    if coverage.HasField("min_coverage") and stats.feature_coverage < coverage.min_coverage:
        text = (
            f"Fraction of tokens in the vocabulary: {six_digits(stats.feature_coverage)} is lower than the threshold set in the Schema: "
            f"{six_digits(coverage.min_coverage)}."
        )
        findings.append(Finding("FEATURE_COVERAGE_TOO_LOW", "Feature coverage is too low.", text))
        coverage.min_coverage = stats.feature_coverage
    if coverage.HasField("min_avg_token_length") and stats.avg_token_length < coverage.min_avg_token_length:
        text = (
            f"Average token length is: {six_digits(stats.avg_token_length)} which is lower than the threshold set in the Schema: "
            f"{six_digits(coverage.min_avg_token_length)}."
        )
        findings.append(Finding("FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH", "Average token length is too short.", text))
        coverage.min_avg_token_length = stats.avg_token_length
    return findings


class _Limit(NamedTuple):
    """A limit of how often a token may occur: its field, the figure of the statistics that is held against it, and what is said."""

    field: str
    figure: str
    reason: str
    short: str
    said: str


_LIMITS: Final = (
    _Limit(
        "min_fraction_of_sequences",
        "fraction_of_sequences",
        "SEQUENCE_VALUE_TOO_SMALL_FRACTION",
        "Value occurs in too small a fraction of sequences.",
        "Fraction of sequences with value: {token} is: {found} which is lower",
    ),
    _Limit(
        "max_fraction_of_sequences",
        "fraction_of_sequences",
        "SEQUENCE_VALUE_TOO_LARGE_FRACTION",
        "Value occurs in too large a fraction of sequences.",
        "Fraction of sequences with value: {token} is: {found} which is higher",
    ),
    _Limit(
        "min_per_sequence",
        "per_sequence_min_frequency",
        "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
        "Value has too few per-sequence occurrences.",
        "Value: {token} occurs at least: {found} times within a sequence, which is lower",
    ),
    _Limit(
        "max_per_sequence",
        "per_sequence_max_frequency",
        "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES",
        "Value has too many per-sequence occurrences.",
        "Value: {token} occurs at most: {found} times within a sequence, which is higher",
    ),
)


def _token_limits(limits: schema_pb2.SequenceValueConstraints, stats: Any, token: object) -> list[Finding]:
    findings = []
    for rule in _LIMITS:
        limit, found, is_min = getattr(limits, rule.field), getattr(stats, rule.figure), rule.field.startswith("min")
        if not limits.HasField(rule.field) or not (found < limit if is_min else found > limit):
            continue
        said = rule.said.format(token=token, found=six_digits(found))
        text = f"{said} than the threshold set in the Schema: {six_digits(limit)}."
        findings.append(Finding(rule.reason, rule.short, text))
        whole = math.floor if is_min else math.ceil
        setattr(limits, rule.field, whole(found) if isinstance(limit, int) else found)
    return findings
