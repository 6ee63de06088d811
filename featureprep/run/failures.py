"""Rows that an "error" policy rejects: counted by reason, with the first of each, then raised together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import RowRejected
from featureprep.io.base import Origin
from featureprep.run.judge import Taken
from featureprep.run.rows import RowBatch

_SHOWN = 5


@dataclass
class Failures:
    """Counts and first rows by (step, reason, site); adding two is order-free.

    A first row is (number of the piece in reading order, number of the row in it).
    """

    found: dict[tuple[str, str, str], tuple[int, tuple[int, int]]] = field(default_factory=dict)

    def note(self, piece: int, batch: RowBatch, taken: Iterable[Taken]) -> None:
        """Count the failed rows of a batch."""
        for one in taken:
            if one.kind == "failed":
                self._put((one.step, one.name, one.site or ""), len(one.at), (piece, int(batch.rows[one.at[0]])))

    def _put(self, key: tuple[str, str, str], count: int, first: tuple[int, int]) -> None:
        known = self.found.get(key)
        self.found[key] = (count, first) if known is None else (known[0] + count, min(known[1], first))

    def add(self, other: Failures) -> Failures:
        """Those of both."""
        total = Failures(dict(self.found))
        for key, (count, first) in other.found.items():
            total._put(key, count, first)
        return total

    def to_json(self) -> list[Any]:
        """As JSON values, without the piece (a cached state does not know its number)."""
        return [[*key, count, first[1]] for key, (count, first) in sorted(self.found.items())]

    @classmethod
    def from_json(cls, data: Iterable[Any], piece: int) -> Failures:
        """The inverse, for the piece of that number."""
        return cls({(step, reason, site): (count, (piece, row)) for step, reason, site, count, row in data})

    def raise_any(self, locate: Callable[[tuple[int, int]], Origin]) -> None:
        """Raise one error that names every reason, its count and its first row.

        Raises
        ------
        RowRejected
        """
        if not self.found:
            return
        ranked = sorted(self.found.items(), key=lambda item: (item[1][1], item[0]))
        parts = []
        for (_, reason, site), (count, first) in ranked[:_SHOWN]:
            place = f" (rule at {site})" if site else ""
            parts.append(f"{count} row{'s' if count > 1 else ''}: {reason}{place}; first at {locate(first)}")
        more = f"\n  and {len(ranked) - _SHOWN} reasons more" if len(ranked) > _SHOWN else ""
        total = sum(count for count, _ in self.found.values())
        raise RowRejected(
            f'{total} row{"s are" if total > 1 else " is"} rejected by an "error" policy:\n  ' + "\n  ".join(parts) + more,
            where=str(locate(ranked[0][1][1])),
            hint='mend the data, or choose "null" or "quarantine": fp.job(malformed=...) for all, malformed=/unknown=/missing= for one transform',
            rule=ranked[0][0][1],
        )
