"""How the distributions of two versions differ, by the statistics stored with them: which columns moved, and how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

SHOWN: Final = 3
LEAST: Final = 0.01
"""Smaller distances are not told."""
_CHANCE: Final = 1.63
"""Two samples of one distribution are further apart than this * sqrt(1/n + 1/m) in 1 of 100 cases (Kolmogorov, Smirnov)."""

Section = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """A column whose values are distributed otherwise.

    Attributes
    ----------
    section : str
        "source people", "entry table" or "split train".
    distance : float
        0 to 1: the largest difference of the cumulative distributions (numbers, by their stored quantiles), of the share of one value
        (texts, bools), or of the share of missing values, whichever is largest. 0 where only the ends moved.
    chance : bool
        Whether rows so few would differ as much by chance alone.
    details : tuple of str
        What moved, in words, the most telling first.
    """

    section: str
    column: str
    distance: float
    chance: bool
    details: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**vars(self), "details": list(self.details)}


def compare_distributions(before: Mapping[str, Section], after: Mapping[str, Section]) -> list[Moved]:
    """The columns that moved, the furthest first; sections and columns by their names, those of one side only are left out."""
    found = []
    for title, new in after.items():
        old = before.get(title)
        if old is None:
            continue
        known = {column["name"]: column for column in old["columns"]}
        for column in new["columns"]:
            was = known.get(column["name"])
            if was is not None and was["kind"] == column["kind"]:
                moved = _moved(title, was, column, old["rows"], new["rows"])
                if moved is not None:
                    found.append(moved)
    return sorted(found, key=lambda one: (one.chance, -one.distance, one.section, one.column))


def _moved(title: str, was: Section, now: Section, rows_was: int, rows_now: int) -> Moved | None:
    details: list[tuple[float, str]] = []
    missing = [_share(c["nulls"] + c["nans"], rows) for c, rows in ((was, rows_was), (now, rows_now))]
    details.append((abs(missing[1] - missing[0]), f"missing {missing[0]:.1%} → {missing[1]:.1%}"))
    if not (was.get("masked") or now.get("masked")):
        details += _numbers(was, now) + _values(was, now) + _lengths(was, now)
    distance = max(size for size, _ in details)
    ends = [] if was.get("masked") or now.get("masked") else _ends(was, now)
    told = [text for size, text in sorted(details, key=lambda d: -d[0]) if size >= LEAST]
    if not told and not ends:
        return None
    chance = distance < _CHANCE * math.sqrt(1 / max(rows_was, 1) + 1 / max(rows_now, 1))
    return Moved(title, now["name"], round(distance, 6), chance, (*told, *ends))


def _share(count: int, rows: int) -> float:
    return count / rows if rows else 0.0


def _numbers(was: Section, now: Section) -> list[tuple[float, str]]:
    """Distance of the distributions by their quantiles, and what happened to the mean."""
    old, new = (c.get("quantiles") or () for c in (was, now))
    if not old or not new:
        return []
    counts = _all_counts(was), _all_counts(now)
    distance = quantile_distance(old, new) if counts[0] is None or counts[1] is None else _count_distance(counts[0], counts[1])
    mean = _plain(was.get("mean")), _plain(now.get("mean"))
    text = f"mean {mean[0]} → {mean[1]}"
    if was.get("std") and was.get("mean") is not None and now.get("mean") is not None:
        text += f" ({(now['mean'] - was['mean']) / was['std']:+.2g} std)"
    median = [next((value for q, value in side if q == 0.5), None) for side in (old, new)]
    return [(distance, f"{text}, median {_plain(median[0])} → {_plain(median[1])}")]


def _all_counts(column: Section) -> dict[float, int] | None:
    """The values of a column of whole numbers with their counts, where the statistics have them all."""
    top = column.get("top") or ()
    return {float(value): count for value, count in top} if top and len(top) == column.get("n_unique") else None


def _count_distance(old: Mapping[float, int], new: Mapping[float, int]) -> float:
    """The largest difference of two cumulative distributions, exactly."""
    largest, below = 0.0, [0, 0]
    totals = sum(old.values()), sum(new.values())
    for value in sorted(old.keys() | new.keys()):
        below = [below[0] + old.get(value, 0), below[1] + new.get(value, 0)]
        largest = max(largest, abs(_share(below[0], totals[0]) - _share(below[1], totals[1])))
    return largest


def quantile_distance(old: Sequence[Sequence[float]], new: Sequence[Sequence[float]]) -> float:
    """The largest difference of two cumulative distributions, each known at its quantiles and taken as straight between them.

    Parameters
    ----------
    old, new : sequence of (share, value), ascending

    Returns
    -------
    float in [0, 1]
        Of two constant columns: 0 where they are equal, else 1.
    """
    points = sorted({value for _, value in (*old, *new)})
    upper = (abs(_below(old, p, inclusive=True) - _below(new, p, inclusive=True)) for p in points)
    lower = (abs(_below(old, p, inclusive=False) - _below(new, p, inclusive=False)) for p in points)
    return max(*upper, *lower, 0.0)


def _below(quantiles: Sequence[Sequence[float]], point: float, *, inclusive: bool) -> float:
    """The share of values below `point` (or, `inclusive`, at most that)."""
    share = 0.0
    for (q0, a), (q1, b) in pairwise(quantiles):
        if b < point or (b == point and (inclusive or a < b)):  # equal neighbours are many rows of one value
            share = q1
        elif a < point < b:
            wide = b / 2 - a / 2  # halves: the difference may overflow
            return q0 + (q1 - q0) * ((point / 2 - a / 2) / wide)
    return share


def _values(was: Section, now: Section) -> list[tuple[float, str]]:
    """The largest change of a value's share; values that came and went, where all are known."""
    if was["kind"] not in ("string", "bool"):
        return []
    old, new = ({_key(value): count for value, count in c.get("top") or ()} for c in (was, now))
    whole = [len(top) == c.get("n_unique") for top, c in ((old, was), (new, now))]
    rows = [c["n"] for c in (was, now)]
    known = old.keys() | new.keys() if all(whole) else old.keys() & new.keys()
    shares = {value: (_share(old.get(value, 0), rows[0]), _share(new.get(value, 0), rows[1])) for value in known}
    most = max(shares.items(), key=lambda item: (abs(item[1][1] - item[1][0]), item[0]), default=None)
    found = []
    if most is not None:
        found.append((abs(most[1][1] - most[1][0]), f"{most[0]!r} {most[1][0]:.1%} → {most[1][1]:.1%}"))
    for word, one, other, complete, at in (("new", new, old, whole[0], 1), ("gone", old, new, whole[1], 0)):
        only = [value for value in one if value not in other] if complete else []
        if only:
            shown = ", ".join(repr(value) for value in only[:SHOWN]) + (", …" if len(only) > SHOWN else "")
            found.append((max(LEAST, _share(sum(one[v] for v in only), rows[at])), f"{len(only):,} {word}: {shown}"))
    if was.get("n_unique") != now.get("n_unique") and not all(whole):
        found.append((LEAST, f"distinct {_plain(was.get('n_unique'))} → {_plain(now.get('n_unique'))}"))
    return found


def _key(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _lengths(was: Section, now: Section) -> list[tuple[float, str]]:
    """Lists: how long they are on average, as a share of the longer mean."""
    if was["kind"] != "list":
        return []
    a, b = (c["lengths"].get("mean") for c in (was, now))
    if a is None or b is None or a == b:
        return []
    return [(min(1.0, abs(b - a) / max(a, b)), f"mean length {a:.6g} → {b:.6g}")]


def _ends(was: Section, now: Section) -> list[str]:
    """Smallest and largest value, where they moved outwards or the column is a time."""
    found = []
    for name in ("min", "max"):
        a, b = was.get(name), now.get(name)
        if a is None or b is None or a == b:
            continue
        if was["kind"] == "ordered" or (was["kind"] == "number" and (b < a) == (name == "min")):
            found.append(f"{name} {_plain(a)} → {_plain(b)}")
    return found


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
