"""Names of columns as verbs are given them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from featureprep.errors import ArgumentError, short
from featureprep.expr.params import NAME
from featureprep.site import site


def column_names(columns: Any, owner: str) -> tuple[str, ...]:
    """One name or several, each a different one that no reserved name is.

    Raises
    ------
    ArgumentError
    """
    if isinstance(columns, tuple) and len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        given = ", ".join(map(short, columns[0][:5]))
        raise ArgumentError(f"{owner} takes names, not a list of names", where=site(), hint=f"{owner}({given})")
    if not columns and not isinstance(columns, str):
        raise ArgumentError(f"{owner} names no column", where=site())
    names = tuple(columns) if isinstance(columns, Iterable) and not isinstance(columns, (str, bytes)) else (columns,)
    wrong = [name for name in names if not NAME.ok(name)]
    if wrong:
        raise ArgumentError(f"{owner} names a column {short(wrong[0])}: a name is {NAME.text}", where=site())
    reserved = [name for name in names if name.startswith("$")]
    if reserved:
        raise ArgumentError(f"{owner} names a column {reserved[0]!r}: names that begin with $ are reserved", where=site())
    if len(set(names)) != len(names):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        raise ArgumentError(f"{owner} names a column twice: {', '.join(map(short, twice[:5]))}", where=site())
    return names


def named_values(owner: str, given: Any, more: Mapping[str, Any]) -> dict[str, Any]:
    """What a verb was given as a dict, as keywords, or both.

    Raises
    ------
    ArgumentError
    """
    if given is not None and not isinstance(given, Mapping):
        raise ArgumentError.of("first", owner, "a dict of column name to value", given, where=site())
    both = {**(given or {}), **more}
    column_names(both, owner)
    return both
