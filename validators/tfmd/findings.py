"""What a rule finds, before it becomes part of an `Anomalies` message, and how its text shows numbers and values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Finding:
    """One reason of an anomaly.

    Attributes
    ----------
    reason : str
        Name of a value of `AnomalyInfo.Type`.
    short, long : str
        The texts of TFDV, word for word: its users search for them.
    """

    reason: str
    short: str
    long: str = ""


def six_digits(value: float) -> str:
    """A number to six significant digits (absl::SixDigits, and what StrCat makes of a double)."""
    return f"{value:.6g}"


_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}
_SPECIAL: Final = re.compile(r"[\x00-\x1f\x7f\"'\\]")


def escaped(text: str) -> str:
    """Text on one line: quotes, backslashes and control characters escaped as in C (absl::Utf8SafeCEscape)."""
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], f"\\{ord(found[0]):03o}"), text)
