"""Splits: which part of a dataset a row belongs to, decided by its own content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.expr.expression import site
from featureprep.expr.literal import row_value
from featureprep.expr.ops.sampling import threshold, unit_hash
from featureprep.expr.params import NAME, check, integer, sequence
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

    def columns(self, schema: pa.Schema) -> list[str]:
        """The entry columns it looks at."""
        names = list(schema.names) if self.by is None else list(self.by)
        missing = [name for name in names if name not in schema.names]
        if missing:
            raise ColumnNotFoundError.of(missing, schema.names, where="fp.split")
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
            raise TypeMismatchError(f"split by time needs a date or timestamp, {self.by} is {format_type(column.type)}", where="fp.split")
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
    if len(parts) < 1 or fit not in ("train", "all") or (fit == "train" and "train" not in parts):
        raise ArgumentError("split needs named parts, one of them 'train' unless fit='all'", where=at, hint="fp.split(train=0.8, eval=0.2)")
    keys = None if by == "row" else (by,) if isinstance(by, str) or not isinstance(by, Sequence) else tuple(by)
    limits = {"by": sequence(NAME, at_least=1), "seed": integer(0, 2**63 - 1)}
    check("split", limits, {"by": ("row",) if keys is None else keys, "seed": seed}, where=at)
    values = tuple(parts.values())
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        if any(not 0 < v <= 1 for v in values) or abs(sum(values) - 1) > 1e-9:
            raise ArgumentError(f"the fractions of a split are positive and add up to 1, not {values}", where=at)
        return Split(tuple(parts), keys, tuple(float(v) for v in values), None, fit, seed)
    bounds = values[:-1]
    if keys is None or len(keys) != 1 or values[-1] is not None or not all(isinstance(b, dt.date) for b in bounds):
        raise ArgumentError("a split is either by fractions, or by= one time column with a bound for each part but the last", where=at,
                            hint="fp.split(by='day', train=date(2024, 1, 1), eval=None)")  # fmt: skip
    if any(_bound(a, days=False) >= _bound(b, days=False) for a, b in pairwise(bounds)):
        raise ArgumentError("the bounds of a split must ascend", where=at)
    return Split(tuple(parts), keys, None, values, fit, seed)
