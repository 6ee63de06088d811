"""The cases of TFDV and ours beside them (tfdv_cases/*.json, read where FEATUREPREP_DATA is set), and what DEVIATIONS.md says of them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

_SAID = (Path(__file__).parents[3] / "validators" / "DEVIATIONS.md").read_text("utf-8")
DEVIATIONS = frozenset(re.findall(r"^\| `([^`]+)` \|", _SAID, re.MULTILINE))
"""Names of the cases that are decided otherwise on purpose."""
UNREADABLE = frozenset(re.findall(r"^`([^`]+)` are cut off", _SAID, re.MULTILINE))
"""Names of the cases whose input is not whole in the file."""
SKIPPED = pytest.param({}, id="none", marks=pytest.mark.skip(reason="FEATUREPREP_DATA is not set: no cases of TFDV here"))
"""Stands for the cases where there are none."""


def cases(*kinds: str) -> list[dict[str, Any]]:
    """Those of these kinds: what `op` says before a colon."""
    data = os.environ.get("FEATUREPREP_DATA")
    files = sorted((Path(data) / "tfdv_cases").glob("*.json")) if data else []
    found = (case for file in files for case in json.loads(file.read_text("utf-8")))
    return [case for case in found if case["op"].partition(":")[0] in kinds]


def parameters(found: list[dict[str, Any]]) -> list[Any]:
    """For `parametrize`, by name."""
    return [pytest.param(case, id=case["name"]) for case in found] or [SKIPPED]
