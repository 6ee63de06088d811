"""Values in text: short, on one line."""

from __future__ import annotations

from typing import Any

from featureprep.cli.output import printable
from featureprep.notebook.values import value_text


def shown(value: Any, limit: int = 40) -> str:
    """A value as text, at most `limit` characters, without control characters."""
    return printable(value_text(value), limit)
