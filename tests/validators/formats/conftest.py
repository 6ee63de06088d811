"""Reports made by hand, and texts that mean harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.report import ValidationReport


def outcome(
    name: str, status: Status = Status.FAILED, severity: Severity = Severity.ERROR, action: Action = Action.FAIL, **facts: Any
) -> Outcome:
    given: dict[str, Any] = {
        "id": f"{name}/values", "rule": f"{name} is one of a, b", "column": name, "check": "values", "accept": "add the values to `values:`",
        "reason": Reason.ENUM_TYPE_UNEXPECTED_STRING_VALUES, "file": "contract.yaml",
    }  # fmt: skip
    return Outcome(status=status, severity=severity, action=action, **{**given, **facts})


@pytest.fixture
def make() -> Callable[..., Outcome]:
    """outcome(name, status, severity, action, **facts)."""
    return outcome


@pytest.fixture
def drop() -> ValidationReport:
    """One of every kind, in no order."""
    return ValidationReport(
        {
            "rides": [
                outcome("fine", Status.PASSED, count=0, total=10, line=1),
                outcome("warned", severity=Severity.WARN, count=9, total=10, line=2, examples=("x",)),
                outcome("few", count=1, total=10_000, examples=("x", 3, None), line=3),
                outcome("many", count=5, total=10, line=4, masked=True),
                outcome("aside", action=Action.QUARANTINE, count=10, total=10, line=5),
                outcome("unknown", Status.NOT_EVALUATED, message="the source does not have the column 'unknown'", line=6),
                outcome("allowed", Status.NOT_EVALUATED, message="the source does not have the column 'allowed'", lenient=True, line=7),
            ]
        },
        environment="SERVING",
        left_out={"rides": ["label"]},
    )
