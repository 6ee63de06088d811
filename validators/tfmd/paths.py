"""Paths of features: tuples of steps, and the text under which anomalies are listed."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str, ...]

_PLAIN: Final = re.compile(r"\([^()]*\)|[^().']+")


def shown(path: Path) -> str:
    """Steps joined by dots; a step that holds dots, quotes or parentheses (or nothing) is quoted, its quotes doubled.

    TFDV: `Path::Serialize`.
    """
    return ".".join(step if _PLAIN.fullmatch(step) else "'" + step.replace("'", "''") + "'" for step in path)
