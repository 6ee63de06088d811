"""Splits: which part of a dataset a row belongs to, decided by its own content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError, short
from featureprep.expr.expression import site
from featureprep.expr.literal import row_value
from featureprep.expr.ops.sampling import threshold, unit_hash
from featureprep.expr.params import NAME, Limit, check, integer, one_of, sequence
from featureprep.store.names import check_split
from featureprep.types import format_type, is_temporal

ALL = "all"
Labels = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Split:
    """Named parts, in order.

    Attributes
    ----------
    names : tuple of str
    by : tuple of str or None
        Columns of the entry table; None: all of them.
    fractions : tuple of float or None
        Of each part, for a split by hash.
    bounds : tuple or None
        Of each part, for a split by time: rows before the bound; None for the last part.
    fit : str
        "train" (the part of that name) or "all".
    seed : int
    """

    names: tuple[str, ...]
    by: tuple[str, ...] | None
    fractions: tuple[float, ...] | None
    bounds: tuple[Any, ...] | None
    fit: str = "train"
    seed: int = 0
    site: str | None = field(default=None, compare=False)

    def columns(self, schema: pa.Schema) -> list[str]:
        """The entry columns it looks at."""
        names = list(schema.names) if self.by is None else list(self.by)
        missing = sorted(set(names) - set(schema.names))
        if missing:
            raise ColumnNotFoundError.of(missing, schema.names, where=f"{self.site}: fp.split(by=)" if self.site else "fp.split(by=)")
        return sorted(names)

    def labels(self, columns: Mapping[str, pa.Array]) -> Labels:
        """The number of each row's part, shape (n,)."""
        if self.bounds is not None:
            return self._by_time(next(iter(columns.values())))
        assert self.fractions is not None  # noqa: S101  (one of the two is given)
        edges, total = [], 0.0
        for fraction in self.fractions[:-1]:
            total += fraction
            edges.append(min(threshold(total), 2**64 - 1))
        hashes = unit_hash(dict(columns), self.seed)
        return np.searchsorted(np.array(edges, np.uint64), hashes, side="right").astype(np.int64)

    def _by_time(self, column: pa.Array) -> Labels:
        if not is_temporal(column.type):
            raise TypeMismatchError(
                f"a split with dates as bounds needs a column of dates or timestamps; {', '.join(map(repr, self.by or ()))} is {format_type(column.type)}",
                where=self.site or "fp.split",
                hint="name another column; fractions (train=0.8, eval=0.2) take any",
            )
        days = pa.types.is_date32(column.type)
        assert self.bounds is not None  # noqa: S101
        edges = [_bound(bound, days) for bound in self.bounds[:-1]]
        stored = column.cast(pa.int32()).cast(pa.int64()) if days else column.cast(pa.int64())
        # an unknown time counts as the latest: what may lie in the future is never trained on
        values = stored.fill_null(np.iinfo(np.int64).max).to_numpy(zero_copy_only=False)
        labels: Labels = np.searchsorted(np.array(edges, np.int64), values, side="right").astype(np.int64)
        return labels

    def spec(self) -> dict[str, Any]:
        """As JSON values."""
        bounds = None if self.bounds is None else [None if b is None else b.isoformat() for b in self.bounds]
        return {"names": list(self.names), "by": None if self.by is None else list(self.by), "fractions": self.fractions, "bounds": bounds,
                "fit": self.fit, "seed": self.seed}  # fmt: skip


def _bound(bound: Any, days: bool) -> int:
    value = row_value(bound)
    if days:
        return int(value) if not isinstance(bound, dt.datetime) else -(-int(value) // 86_400_000_000)
    return int(value) if isinstance(bound, dt.datetime) else int(value) * 86_400_000_000


_BY = Limit("'row', a column name, or a list of column names", (sequence(NAME, at_least=1) | NAME).ok)


def split(*, by: str | Sequence[str] = "row", fit: str = "train", seed: int = 0, **parts: Any) -> Split:
    """Cut a dataset into named parts.

    Parameters
    ----------
    by : "row", a column or several
        Rows that are equal here stay together. "row" hashes all columns of the entry table: a column more reshuffles, so a key is
        better where there is one.
    fit : {"train", "all"}
        The rows that transforms learn from.
    seed : int
        Another seed cuts otherwise.
    **parts
        Fractions that add up to 1: `train=0.8, eval=0.2`. Or, with `by=` a date or timestamp column, bounds in time order:
        `train=date(2024, 1, 1), eval=None`: each part has the rows before its bound, the last one the rest (and unknown times).
    """
    at = site()
    for name in parts:
        try:
            check_split(name)
        except ArgumentError as error:
            raise error.at(at or "fp.split") from None
    limits = {"by": _BY, "seed": integer(0, 2**63 - 1), "fit": one_of("train", "all")}
    check("split", limits, {"by": by, "seed": seed, "fit": fit}, where=at)
    if not parts or (fit == "train" and "train" not in parts):
        close = get_close_matches("train", parts, n=1)
        hint = f"call {close[0]!r} train, or say fit='all'" if close else "fp.split(train=0.8, eval=0.2); fit='all' fits on all rows"
        raise ArgumentError("split has no part named 'train', from which transforms learn", where=at, hint=hint)
    keys = None if by == "row" else (by,) if isinstance(by, str) or not isinstance(by, Sequence) else tuple(by)
    values = tuple(parts.values())
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        if any(not 0 < v <= 1 for v in values) or abs(sum(values) - 1) > 1e-9:
            raise _no_fractions(parts, at)
        return Split(tuple(parts), keys, tuple(float(v) for v in values), None, fit, seed, at)
    bounds = values[:-1]
    if values[-1] is not None and all(isinstance(v, dt.date) for v in values):
        last = [*parts][-1]
        raise ArgumentError(f"the last part, {last!r}, has the rows from the last bound on, so it takes no bound of its own", where=at,
                            hint=f"{last}=None")  # fmt: skip
    if keys is None or len(keys) != 1 or values[-1] is not None or not all(isinstance(b, dt.date) for b in bounds):
        raise ArgumentError(f"{', '.join(f'{n}={short(v, 30)}' for n, v in parts.items())} is no split: it is either by fractions, or by= one time column with a bound for each part but the last", where=at,
                            hint="fp.split(by='day', train=date(2024, 1, 1), eval=None)")  # fmt: skip
    if any(_bound(a, days=False) >= _bound(b, days=False) for a, b in pairwise(bounds)):
        shown = ", ".join(f"{name}={bound}" for name, bound in zip(parts, bounds, strict=False))
        raise ArgumentError(f"the bounds of a split must ascend, not {shown}", where=at, hint="each part has the rows before its bound")
    return Split(tuple(parts), keys, None, values, fit, seed, at)


def _no_fractions(parts: Mapping[str, float], at: str | None) -> ArgumentError:
    total = sum(parts.values())
    given = ", ".join(f"{name}={value}" for name, value in parts.items())
    usable = all(value > 0 for value in parts.values()) and 0 < total < float("inf") and len(parts) > 1
    hint = "fp.split(" + ", ".join(f"{name}={value / total:.4g}" for name, value in parts.items()) + ")" if usable else None
    return ArgumentError(f"the fractions of a split are above 0 and add up to 1; {given} add up to {total:.6g}", where=at,
                         hint=hint or "fp.split(train=0.8, eval=0.2)")  # fmt: skip
