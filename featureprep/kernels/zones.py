"""Time zones as data: the UTC offsets of a zone as a table that is kept with whatever was computed by it.

A table is read from the system's zone database once, when a job is bound; kernels look only at the table. Before the first
change its first offset holds, after the last (the table ends with the year 2199) its last.
Local times that occur twice are the earlier moment; those that do not occur are shifted forward by the length of the gap (both as PEP 495's fold=0).
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.kernels.arrays import Vector, build_checked, valid_of, values_of
from featureprep.kernels.calendar import SECOND
from featureprep.kernels.result import BAD, Batch

_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_LOW, _HIGH = -(2**63), 2**63 - 1
_MOST = 86_400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIXED = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")


@dataclass(frozen=True)
class ZoneTable:
    """The UTC offsets of one zone.

    Attributes
    ----------
    name : str
        As the user gave it.
    instants : tuple of int
        Microseconds since the epoch, UTC, ascending: when the offset changes.
    offsets : tuple of int
        Seconds east of UTC: before the first change, and from each change on.
    """

    name: str
    instants: tuple[int, ...]
    offsets: tuple[int, ...]
    walls: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """For each change the first local time at which the new offset holds."""

    def __post_init__(self) -> None:
        ascending = all(a < b for a, b in pairwise(self.instants))
        if len(self.offsets) != len(self.instants) + 1 or not ascending or any(abs(offset) >= _MOST for offset in self.offsets):
            raise CorruptArtefactError(f"the offset table of zone {self.name!r} is not in order")
        shifts = zip(self.instants, pairwise(self.offsets), strict=True)
        object.__setattr__(self, "walls", tuple(at + max(before, after) * SECOND for at, (before, after) in shifts))

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        return {"name": self.name, "instants": list(self.instants), "offsets": list(self.offsets)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ZoneTable:
        """The table again.

        Raises
        ------
        CorruptArtefactError
            When it is not such a table.
        """
        name, instants, offsets = data.get("name"), data.get("instants"), data.get("offsets")
        if not isinstance(name, str) or not _integers(instants) or not _integers(offsets):
            raise CorruptArtefactError("a stored zone table is not one")
        return cls(name, tuple(instants or ()), tuple(offsets or ()))


def _integers(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and _LOW <= value <= _HIGH for value in values)


@lru_cache(maxsize=64)
def offset_table(zone: str) -> ZoneTable:
    """The table of an IANA zone ("Europe/Berlin"), or of a fixed offset ("+05:30").

    Raises
    ------
    ArgumentError
        For a zone that the system's zone database has not.
    """
    fixed = _FIXED.fullmatch(zone)
    if fixed is not None and int(fixed[2]) < 24 and int(fixed[3]) < 60:
        seconds = int(fixed[2]) * 3600 + int(fixed[3]) * 60
        return ZoneTable(zone, (), (-seconds if fixed[1] == "-" else seconds,))
    try:
        info = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        close = get_close_matches(zone[:100], zoneinfo.available_timezones(), n=1)
        hint = f"Did you mean {close[0]!r}?" if close else "where the machine has no zones at all: pip install tzdata"
        raise ArgumentError.of(
            "zone", "a timestamp", "an IANA zone such as 'Europe/Berlin', or an offset such as '+05:30'", zone, hint=hint
        ) from error
    return _probe(zone, info)


def _probe(name: str, info: zoneinfo.ZoneInfo) -> ZoneTable:
    """Look at every day's offset, and halve each day with a change down to the second."""

    def offset(second: int) -> int:
        delta = (_EPOCH + dt.timedelta(seconds=second)).astimezone(info).utcoffset()
        return 0 if delta is None else round(delta.total_seconds())

    def change(low: int, high: int) -> int:
        before = offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        return high

    start = int(dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.UTC).timestamp())
    stop = int(dt.datetime(_LAST_YEAR + 1, 1, 1, tzinfo=dt.UTC).timestamp())
    days = range(start, stop + 1, 86_400)
    seen = [offset(day) for day in days]
    changes = [(change(a, b), after) for (a, b), (before, after) in zip(pairwise(days), pairwise(seen), strict=True) if before != after]
    return ZoneTable(name, tuple(at * SECOND for at, _ in changes), (seen[0], *(after for _, after in changes)))


def _shift(array: pa.Array, edges: Iterable[int], shifts: Iterable[int]) -> Batch:
    values = values_of(array)
    steps: Vector = np.array(list(shifts), np.int64) * SECOND
    step = steps[np.searchsorted(np.array(list(edges), np.int64), values, side="right")]
    out = values + step
    return build_checked(out, pa.timestamp("us"), valid_of(array), ((values ^ out) & (step ^ out)) < 0)


def utc_to_local(array: pa.Array, table: ZoneTable) -> Batch:
    """UTC timestamps to what clocks in the zone show (as naive timestamps)."""
    return _shift(array, table.instants, table.offsets)


def local_to_utc(array: pa.Array, table: ZoneTable) -> Batch:
    """What clocks in the zone show to UTC timestamps; see the module for times that occur twice or not at all."""
    return _shift(array, table.walls, (-offset for offset in table.offsets))


def _shift_row(edges: tuple[int, ...], shifts: Iterable[int]) -> Callable[[int], Any]:
    steps = tuple(shift * SECOND for shift in shifts)

    def shift_one(micros: int) -> Any:
        out = micros + steps[bisect_right(edges, micros)]
        return out if _LOW <= out <= _HIGH else BAD

    return shift_one


def utc_to_local_row(table: ZoneTable) -> Callable[[int], Any]:
    """The row form of `utc_to_local`."""
    return _shift_row(table.instants, table.offsets)


def local_to_utc_row(table: ZoneTable) -> Callable[[int], Any]:
    """The row form of `local_to_utc`."""
    return _shift_row(table.walls, (-offset for offset in table.offsets))
