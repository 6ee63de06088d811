"""What is said of columns whose texts are numbers or dates in another spelling: what they are, and the code that reads them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from featureprep.folds.spellings import Spelling, Spellings
from featureprep.jobs.scaffold.code import quoted
from featureprep.validators.checks.types import NULLS

SPELLINGS = Spellings(NULLS)
"""The fold over a text column, for which spellings of null are no texts."""


def spelling_of(texts: Sequence[str]) -> Spelling:
    """The spelling of a few texts."""
    return SPELLINGS.finish(SPELLINGS.update(SPELLINGS.init(), pa.array(texts, pa.string())))


def is_odd(spelling: Spelling | None) -> bool:
    """Whether a column's texts are numbers or dates that no type reads as they stand."""
    return spelling is not None and bool(spelling.replacements or spelling.formats)


def what(spelling: Spelling) -> str:
    """What the texts are, in words."""
    if spelling.formats:
        kind = "times" if "%H" in spelling.formats[0] else "dates"
        return f"{kind} in another spelling than 2024-05-31"
    replacements = dict(spelling.replacements)
    affixes = [old for old, new in replacements.items() if old not in ",."]
    parts = [f"with {' and '.join(affixes)}"] if affixes else []
    if replacements.get(",") == ".":
        parts.append("with a decimal comma")
    elif "," in replacements:
        parts.append("with commas between thousands")
    elif "." in replacements:
        parts.append("with points between thousands")
    return f"numbers {' and '.join(parts)}"


def cure(name: str, spelling: Spelling) -> str:
    """The expressions that read the texts; what speaks for the one, and what for the other, where there are two."""
    column = f"col({quoted(name)})"
    if spelling.formats:
        either = [f"{column}.dt.parse({quoted(text)})" for text in spelling.formats]
        return either[0] if len(either) == 1 else f"{either[0]} where the day comes first, {either[1]} where the month does"
    code = f'{column}{_replaced(spelling.replacements)}.cast("float64")'
    if not spelling.ambiguous:
        return code
    decimal = [(old, "." if old == "," else new) for old, new in spelling.replacements]
    return f'{code}; if the commas are decimal ones: {column}{_replaced(decimal)}.cast("float64")'


def _replaced(replacements: Sequence[tuple[str, str]]) -> str:
    return "".join(f".str.replace({quoted(old)}, {quoted(new)})" for old, new in replacements)
