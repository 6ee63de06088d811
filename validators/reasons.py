"""The words of an outcome: why a rule fails (TensorFlow Metadata's names), how bad that is, what is done, how it ended."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Anomaly types of `tensorflow_metadata/proto/v0/anomalies.proto`; `CUSTOM_VALIDATION` where it has none."""

    BOOL_TYPE_UNEXPECTED_STRING = "BOOL_TYPE_UNEXPECTED_STRING"
    COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH = "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"
    COMPARATOR_L_INFTY_HIGH = "COMPARATOR_L_INFTY_HIGH"
    COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH = "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH"
    CUSTOM_VALIDATION = "CUSTOM_VALIDATION"
    DATASET_HIGH_NUM_EXAMPLES = "DATASET_HIGH_NUM_EXAMPLES"
    DATASET_LOW_NUM_EXAMPLES = "DATASET_LOW_NUM_EXAMPLES"
    ENUM_TYPE_UNEXPECTED_STRING_VALUES = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    FEATURE_TYPE_HIGH_NUMBER_VALUES = "FEATURE_TYPE_HIGH_NUMBER_VALUES"
    FEATURE_TYPE_LOW_FRACTION_PRESENT = "FEATURE_TYPE_LOW_FRACTION_PRESENT"
    FEATURE_TYPE_LOW_NUMBER_VALUES = "FEATURE_TYPE_LOW_NUMBER_VALUES"
    FEATURE_TYPE_LOW_UNIQUE = "FEATURE_TYPE_LOW_UNIQUE"
    FLOAT_TYPE_BIG_FLOAT = "FLOAT_TYPE_BIG_FLOAT"
    FLOAT_TYPE_HAS_NAN = "FLOAT_TYPE_HAS_NAN"
    FLOAT_TYPE_SMALL_FLOAT = "FLOAT_TYPE_SMALL_FLOAT"
    FLOAT_TYPE_STRING_NOT_FLOAT = "FLOAT_TYPE_STRING_NOT_FLOAT"
    INT_TYPE_BIG_INT = "INT_TYPE_BIG_INT"
    INT_TYPE_NOT_INT_STRING = "INT_TYPE_NOT_INT_STRING"
    INT_TYPE_SMALL_INT = "INT_TYPE_SMALL_INT"
    NO_DATA_IN_SPAN = "NO_DATA_IN_SPAN"
    SCHEMA_MISSING_COLUMN = "SCHEMA_MISSING_COLUMN"
    SCHEMA_NEW_COLUMN = "SCHEMA_NEW_COLUMN"
    UNEXPECTED_DATA_TYPE = "UNEXPECTED_DATA_TYPE"


class Severity(StrEnum):
    """Whether a violation fails a run or is told only."""

    ERROR = "error"
    WARN = "warn"


class Action(StrEnum):
    """What happens to a row that a rule finds bad: nothing (the run fails after the scan), set aside with its reason, or left out."""

    FAIL = "fail"
    QUARANTINE = "quarantine"
    DROP = "drop"


class Status(StrEnum):
    """How a rule ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUATED = "not evaluated"
