"""What data looks like that was read with the wrong options: said as notes beside a proposal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from featureprep.io.base import Source
from featureprep.io.csv_doubt import SEPARATORS
from featureprep.jobs.look import Look
from featureprep.jobs.odd_spellings import cure, is_odd, what
from featureprep.types import format_type
from featureprep.validators.checks.types import NULLS

_SHOWN = 3
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", re.ASCII)
_SERIES = 3
_ZEROS = (
    "all cells are numbers, and some begin with a zero, which a number loses: 007 becomes 7 ({columns}); "
    "if that is a code or a phone number, say so in the contract: `type: string`"
)
_WIDE = (
    "all cells are whole numbers, some beyond int64, so they are read as text ({columns}); to have numbers, "
    "say so in the contract: `type: uint64`, or `type: decimal(38, 0)`"
)


def notes(source: Source, found: Look) -> list[str]:
    """Doubts about how a source was read, each with what would mend it."""
    statistics = found.statistics
    made = _csv_notes(source.options, statistics["columns"]) if source.kind == "csv" else []
    made += [*_mixed_notes(found), *_lossy_notes(found), *_spelling_notes(found)]
    if not statistics["rows"]:
        types = "types, nulls and values" if source.kind in ("csv", "json") and source.schema is None else "nulls and values"
        made.insert(0, f"there are no rows: nothing is known of {types}")
    return made


def _mixed_notes(found: Look) -> list[str]:
    """That cells are of several kinds, which no one type holds."""
    made = []
    for name, misfits in found.misfits.items():
        shown = "" if name in found.hidden else ", ".join(repr(text[:40]) for _, _, text in misfits.first[:_SHOWN])
        kind = format_type(found.schema.field(name).type)
        told = f", such as {shown}" if shown else ""
        made.append(
            f"the column {name[:40]} is mixed: {misfits.count:,} of {found.rows:,} cells are no {kind}{told}; "
            "they are read as malformed, not as null, and the contract only warns of them"
        )
    return made


def _lossy_notes(found: Look) -> list[str]:
    """That numbers have lost what their cells begin with, and that others are texts, for a type of numbers would lose digits."""
    return [
        told.format(columns=_columns([name for name in found.schema.names if name in names]))
        for names, told in ((found.zeros, _ZEROS), (found.wide, _WIDE))
        if names
    ]


def _spelling_notes(found: Look) -> list[str]:
    """That texts are numbers or dates in another spelling; columns that are alike in one note."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, spelling in found.spellings.items():
        if is_odd(spelling):
            alike.setdefault((what(spelling), cure("x", spelling)), []).append(name)
    return [
        f"{kind}, read as text ({_columns(names)}); in a job: {cure(names[0][:40], found.spellings[names[0]])}"
        for (kind, _), names in alike.items()
    ]


def _csv_notes(options: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[str]:
    names = [column["name"] for column in columns]
    if len(names) == 1:
        for separator, flag in SEPARATORS.items():
            if separator in names[0] and separator != options["separator"]:
                return [f"there is one column, and its name holds {flag}; if that is what stands between cells: --separator {flag}"]
    made = [*_header_note(options, columns), *_space_note(options, columns)]
    found: dict[str, list[str]] = {}
    for column in columns:
        values = set(_texts(column))
        for spelling in NULLS:
            if spelling in values and len(values) > 1:
                found.setdefault(spelling, []).append(column["name"])
    if found:
        flags = " ".join(f"--null-value {shlex.quote(spelling)}" for spelling in found)
        parts = [f"{spelling!r} in {_columns(which)}" for spelling, which in found.items()]
        made.append(
            f"{', '.join(parts)}: if that means null, say so, or numbers are read as text: {flags} --null-value '' (in a job: null_values={['', *found]})"
        )
    return made


def _header_note(options: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """That the first record was taken for names, and looks like a row: most of it numbers, dates, or values of the columns below."""
    if not options["header"] or options["names"] is not None:
        return []
    names = [column["name"].strip() for column in columns]
    numbers = [float(name) for name in names if _NUMBER.fullmatch(name)]
    # years, quantiles or positions over the columns of a wide table
    series = len(numbers) >= _SERIES and all(a < b for a, b in pairwise(numbers))
    same = [name for name, column in zip(names, columns, strict=True) if _is_value(name, column)]
    alike = same if series else [name for name in names if name in same or _NUMBER.fullmatch(name)]
    if 2 * len(alike) <= len(names):
        return []
    return [f"the names of the columns look like values ({_columns(alike)}); if the file has no header line: --no-header, or --names A,B,C"]


def _is_value(name: str, column: Mapping[str, Any]) -> bool:
    """Whether a name is a text or a date as its column has them."""
    if column["kind"] == "ordered":
        return _DATE.fullmatch(name) is not None
    return name in {text.strip() for text in _texts(column)}


def _space_note(options: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """That names or texts begin with a space."""
    named = [column["name"] for column in columns if column["name"].startswith(" ")]
    filled = [column["name"] for column in columns if (texts := _texts(column)) and all(text.startswith(" ") for text in texts if text)]
    if not named and not filled:
        return []
    both = "names and values" if named and filled else "names" if named else "values"
    shown = _columns([name.strip() for name in dict.fromkeys([*named, *filled])])
    separator = options["separator"] + " "
    most = 2 * len(named) >= len(columns) - 1 or (not options["header"] or options["names"] is not None)
    how = f"--separator {shlex.quote(separator)} where a space follows every separator; else " if most and len(columns) > 1 else ""
    strip = "col(...).str.strip() in the job" if filled else "--names A,B,C --header"
    return [f"{both} begin with a space ({shown}): {how}{strip}"]


def _texts(column: Mapping[str, Any]) -> list[str]:
    """The texts that are known of a column, the most frequent first."""
    return [value for value, _ in column.get("top", ())] if column["kind"] == "string" else []


def _columns(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:40] for name in names[:_SHOWN]) + more
