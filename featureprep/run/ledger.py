"""The row ledger: for every step, rows in + created = out + dropped + quarantined + merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import NonDeterministicError
from featureprep.plan.physical import LedgerStep


@dataclass
class Tally:
    """What happened to rows, counted by step. Adding two is order-free.

    Attributes
    ----------
    read : Counter
        By step: rows that a pipe read (at its first step), or that an exchange brought in and gave out.
    dropped, quarantined : Counter
        By (step, rule or reason).
    created, merged : Counter
        By step.
    """

    read: Counter[str] = field(default_factory=Counter)
    out: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    merged: Counter[str] = field(default_factory=Counter)
    matches: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Tally) -> Tally:
        """The counts of both."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in _FIELDS))

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: [[*(k if isinstance(k, tuple) else (k,)), n] for k, n in sorted(getattr(self, name).items())] for name in _FIELDS}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """The inverse."""
        found: list[Any] = [Counter({row[0] if len(row) == 2 else tuple(row[:-1]): row[-1] for row in data[name]}) for name in _FIELDS]
        return cls(*found)


_FIELDS = ("read", "out", "dropped", "quarantined", "created", "merged", "matches")


@dataclass(frozen=True)
class LedgerLine:
    """One step of the finished ledger. `matches` has the matched and unmatched rows of each side of a join."""

    step: str
    inputs: tuple[str, ...]
    rows_in: int
    created: int
    out: int
    dropped: Mapping[str, int]
    quarantined: Mapping[str, int]
    merged: int
    matches: Mapping[str, int]
    site: str | None = None

    @property
    def balanced(self) -> bool:
        """Whether the line adds up."""
        gone = sum(self.dropped.values()) + sum(self.quarantined.values()) + self.merged
        return self.rows_in + self.created == self.out + gone

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        line = {"step": self.step, "inputs": list(self.inputs), "in": self.rows_in, "created": self.created, "out": self.out,
                "dropped": dict(self.dropped), "quarantined": dict(self.quarantined), "merged": self.merged}  # fmt: skip
        return {**line, "matches": dict(self.matches)} if self.matches else line


@dataclass(frozen=True)
class Ledger:
    """The lines of a run, in the order of its steps."""

    lines: tuple[LedgerLine, ...]

    def rows(self) -> dict[str, int]:
        """Sums over all sources and steps: read, created, merged, dropped, quarantined, written."""
        return {
            "read": sum(line.rows_in for line in self.lines if not line.inputs),
            "created": sum(line.created for line in self.lines),
            "merged": sum(line.merged for line in self.lines),
            "dropped": sum(sum(line.dropped.values()) for line in self.lines),
            "quarantined": sum(sum(line.quarantined.values()) for line in self.lines),
            "written": self.lines[-1].out,
        }

    def __repr__(self) -> str:
        return f"Ledger of {len(self.lines)} steps: " + ", ".join(f"{name} {count:,}" for name, count in self.rows().items())

    def _repr_html_(self) -> str:
        from featureprep.notebook.results import ledger_html

        return ledger_html(self)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"lines": [line.to_json() for line in self.lines], "rows": self.rows()}


def settle(steps: Sequence[LedgerStep], tally: Tally) -> Ledger:
    """The ledger of a run.

    Each step's out follows from its in by the algebra; it is held against the rows that were counted where they came out.

    Raises
    ------
    NonDeterministicError
        When it does not balance, naming the step.
    """
    out: dict[str, int] = {}
    users = Counter(name for step in steps for name in step.inputs)
    lines: list[LedgerLine] = []
    for step in steps:
        fork = step.id.startswith("fork after ")
        rows_in = sum(out[name] for name in step.inputs) if step.inputs else tally.read[step.id]
        created = (users[step.id] - 1) * rows_in if fork else tally.created[step.id]
        dropped = _of(step.id, tally.dropped)
        quarantined = _of(step.id, tally.quarantined)
        merged = tally.merged[step.id]
        left = rows_in + created - sum(dropped.values()) - sum(quarantined.values()) - merged
        matches = _of(step.id, tally.matches)
        line = LedgerLine(
            step.id, step.inputs, rows_in, created, tally.out.get(step.id, left), dropped, quarantined, merged, matches, step.site
        )
        if not line.balanced:
            raise NonDeterministicError(
                f"the row ledger does not balance at {step.id!r}: {rows_in} in + {created} created is not {line.out} out + "
                f"{sum(dropped.values())} dropped + {sum(quarantined.values())} quarantined + {merged} merged",
                where=step.site,
                hint="a step gave different rows when it was computed again",
            )
        out[step.id] = left // users[step.id] if fork and users[step.id] else left
        lines.append(line)
    return Ledger(tuple(lines))


def _of(step: str, counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    return {name: n for (at, name), n in sorted(counts.items()) if at == step and n}


def merged(tallies: Iterable[Tally]) -> Tally:
    """The sum of several."""
    total = Tally()
    for tally in tallies:
        total = total.add(tally)
    return total
