"""Which columns tell the rows of a source apart: single ones, else pairs of a few. Exactly: every row is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, TypeVar

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.expr.node import Node
from featureprep.folds.uniqueness import Uniqueness, UniquenessResult
from featureprep.jobs.profile import fold_rows
from featureprep.jobs.sources import BoundSource
from featureprep.types import is_integer, is_temporal, is_text, logical

MOST_COUNTED: Final = 8
"""Columns whose distinct values are counted in a scan of their own, because the statistics do not count them: the first ones."""
MOST_PAIRED: Final = 5
"""Columns of which pairs are tried: those with the most distinct values. Ten pairs cost the memory or disk of ten times the rows."""

_Names = TypeVar("_Names", bound=tuple[str, ...])


@dataclass(frozen=True)
class KeysFound:
    """What no two rows have in common, without nulls.

    Attributes
    ----------
    columns : tuple of str
        Single columns.
    pairs : tuple of pairs of str
        Empty where a single column is a key.
    """

    columns: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


NO_KEYS: Final = KeysFound()


def find_keys(bound: BoundSource, statistics: Mapping[str, Any], engine: Engine, *, partitions: int | None = None) -> KeysFound:
    """The keys of a source of at least two rows, from its statistics and up to two scans more.

    Whole numbers, texts, dates, timestamps and decimals without nulls are looked at (a cell that does not fit its type is one); floats
    are no keys, as are lists, structs, bools and bytes. Distinct texts and whole numbers below 2**53 are counted by the statistics; the
    first `MOST_COUNTED` other columns in one scan. Where no column is a key, the pairs of the `MOST_PAIRED` columns with the most
    distinct values are tried in another one, but for those that have too few to tell so many rows apart.

    Parameters
    ----------
    statistics : mapping
        The section of all rows of the source.
    partitions : int, optional
        Changes no result.
    """
    rows = statistics["rows"]
    found = {column["name"]: column for column in statistics["columns"]}
    names = [field.name for field in bound.schema if rows > 1 and _can_be_key(field.type) and found[field.name]["n"] == rows]
    counts: dict[str, int] = {name: known for name in names if (known := found[name].get("n_unique")) is not None}
    unknown = [(name,) for name in names if name not in counts][:MOST_COUNTED]
    counts |= {name: result.n_distinct for (name,), result in _counted(bound, unknown, engine, partitions).items()}
    single = tuple(name for name in names if counts.get(name) == rows)
    if single:
        return KeysFound(single)
    most = set(sorted(counts, key=lambda name: (-counts[name], names.index(name)))[:MOST_PAIRED])
    tried = [(a, b) for a, b in combinations([name for name in names if name in most], 2) if counts[a] * counts[b] >= rows]
    return KeysFound((), tuple((a, b) for (a, b), result in _counted(bound, tried, engine, partitions).items() if result.unique))


def _can_be_key(dtype: pa.DataType) -> bool:
    kind = logical(dtype)
    return is_integer(kind) or is_text(kind) or is_temporal(kind) or pa.types.is_decimal(kind)


def _counted(bound: BoundSource, keys: Sequence[_Names], engine: Engine, partitions: int | None) -> dict[_Names, UniquenessResult]:
    """How many values the columns have together, of several such in one scan; no scan for none."""
    if not keys:
        return {}
    folds = {f"keys/{i}": (Uniqueness(len(names)), tuple(Node("col", (), {"name": n}) for n in names)) for i, names in enumerate(keys)}
    profile = fold_rows(bound, bound.schema, folds, engine, partitions=partitions, label=f"keys of {bound.name}")
    return {names: profile.results[f"keys/{i}"] for i, names in enumerate(keys)}
