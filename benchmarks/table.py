"""The speed table: what is compared with what, the ratio, and whether it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Task = tuple[str, ...]
"""What a process of its own does: the arguments of `benchmarks.task`."""


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds, seconds of all its threads (user + sys), peak resident MB of its process."""

    wall: float
    cpu: float
    peak: float

    @classmethod
    def median(cls, runs: Sequence[Cost]) -> Cost:
        """Of each figure by itself."""
        return cls(median(run.wall for run in runs), median(run.cpu for run in runs), median(run.peak for run in runs))


@dataclass(frozen=True)
class Comparison:
    """A row of the table.

    Attributes
    ----------
    name : str
        What `--only` picks it by; several rows may share one.
    title : str
    ours, peer : Task
    limit : float or None
        What the ratio has to reach; None: shown only.
    kind : {"share", "faster", "memory", "seconds"}
        The ratio is our time over the peer's (at most the limit), the peer's over ours (at least the limit), or our peak memory over the
        peer's (at most the limit). For "seconds" there is no peer (`peer` is `ours`), and our time itself has a limit.
    """

    name: str
    title: str
    ours: Task
    peer: Task
    limit: float | None
    kind: Literal["share", "faster", "memory", "seconds"] = "share"

    def ratio(self, ours: Cost, peer: Cost) -> float:
        """The figure that has the limit."""
        if self.kind == "seconds":
            return ours.wall
        if self.kind == "memory":
            return ours.peak / peer.peak
        return peer.wall / ours.wall if self.kind == "faster" else ours.wall / peer.wall

    def cpu_ratio(self, ours: Cost, peer: Cost) -> float | None:
        """The ratio of CPU seconds, which a busy machine disturbs less; None where the row is not about time that two tasks take."""
        if self.kind in ("memory", "seconds") or not ours.cpu or not peer.cpu:
            return None
        return peer.cpu / ours.cpu if self.kind == "faster" else ours.cpu / peer.cpu

    def reached(self, ratio: float) -> bool | None:
        """Whether a ratio is on the right side of the limit; None where there is none."""
        if self.limit is None:
            return None
        return ratio >= self.limit if self.kind == "faster" else ratio <= self.limit


HEADER = ("row", "ours", "peer", "ratio", "of CPU s", "to reach", "reached", "CPU s", "peak MB")


def render(rows: Iterable[Comparison], costs: Mapping[Task, Cost]) -> str:
    """The table as Markdown, padded to be read as it is."""
    cells = [HEADER, *(_cells(row, costs[row.ours], costs[row.peer]) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADER))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _cells(row: Comparison, ours: Cost, peer: Cost) -> tuple[str, ...]:
    ratio, cpu, alone = row.ratio(ours, peer), row.cpu_ratio(ours, peer), row.kind == "seconds"
    shown = [f"{cost.peak:.0f} MB" if row.kind == "memory" else seconds(cost.wall) for cost in (ours, peer)]
    sign = ">=" if row.kind == "faster" else "<="
    figure = seconds if alone else times
    return (
        row.title,
        shown[0],
        "-" if alone else shown[1],
        figure(ratio),
        "-" if cpu is None else times(cpu),
        "-" if row.limit is None else f"{sign} {figure(row.limit)}",
        {True: "yes", False: "NO", None: "-"}[row.reached(ratio)],
        _pair(ours.cpu, peer.cpu, alone, 2),
        _pair(ours.peak, peer.peak, alone, 0),
    )


def seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> seconds(1.5), seconds(0.0123), seconds(3.58e-6)
    ('1.50 s', '12.30 ms', '3.58 us')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{value * 1e6:.2f} us"


def times(value: float) -> str:
    """A ratio.

    >>> times(0.98), times(12345.6)
    ('0.98x', '12,346x')
    """
    return f"{value:.2f}x" if value < 100 else f"{value:,.0f}x"


def _pair(ours: float, peer: float, alone: bool, digits: int) -> str:
    return f"{ours:.{digits}f}" if alone else f"{ours:.{digits}f} / {peer:.{digits}f}"
