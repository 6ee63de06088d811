"""The lines of a ledger as what its picture shows: steps, the bands between them, and where rows leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from featureprep.report.pictures import number
from featureprep.report.visible import one_line

_MOST_STEPS = 24
_MOST_RULES = 6


@dataclass
class Step:
    """One step.

    Attributes
    ----------
    inputs : list of (step, band)
        Indexes: which band out of which step.
    ways : list of (class, rows, text)
        How rows leave.
    shares : list of int
        The rows of every band that goes on.
    share_of : int
        For a split: the rows of all splits.
    """

    title: str
    rows_in: int
    created: int
    out: int
    ways: list[tuple[str, int, str]]
    inputs: list[tuple[int, int]] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    share_of: int = 0


def steps_of(lines: Sequence[Mapping[str, Any]], splits: Mapping[str, Any]) -> tuple[list[Step], int]:
    """The steps to draw, the splits at the end, and how many steps that change nothing are left out because there are many."""
    at: dict[str, int] = {}
    steps: list[Step] = []
    users: list[tuple[int, int]] = []  # (step, the step that uses it)
    skipped = 0
    for line in lines:
        name = str(line.get("step") or "step")
        inputs = [at[str(i)] for i in line.get("inputs") or () if str(i) in at]
        step = Step(one_line(name), _count(line, "in"), _count(line, "created"), _count(line, "out"), _ways(line))
        if len(lines) > _MOST_STEPS and len(inputs) == 1 and not step.ways and not step.created and line is not lines[-1]:
            at[name] = inputs[0]
            skipped += 1
            continue
        at[name] = len(steps)
        users += [(i, len(steps)) for i in inputs]
        steps.append(step)
    for source, target in users:
        count = sum(source == other for other, _ in users)
        steps[target].inputs.append((source, len(steps[source].shares)))
        steps[source].shares.append(steps[source].out // count)
    if steps:
        _end(steps, splits)
    return steps, skipped


def _end(steps: list[Step], splits: Mapping[str, Any]) -> None:
    """The splits as steps after the last."""
    last = len(steps) - 1
    counts = {one_line(str(name)): max(0, int(number(count) or 0)) for name, count in splits.items()}
    if list(counts) == ["all"]:
        return
    for k, (name, count) in enumerate(counts.items()):
        steps[last].shares.append(count)
        steps.append(Step(name, count, 0, count, [], [(last, k)], share_of=sum(counts.values())))


def _count(line: Mapping[str, Any], name: str) -> int:
    return max(0, int(number(line.get(name)) or 0))


def _ways(line: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    ways = []
    for kind in ("dropped", "quarantined"):
        rules = [(int(number(n) or 0), one_line(str(rule))) for rule, n in dict(line.get(kind) or {}).items()]
        rules = sorted(((n, rule) for n, rule in rules if n > 0), key=lambda pair: (-pair[0], pair[1]))
        ways += [(kind, n, f"{kind}: {rule}") for n, rule in rules[:_MOST_RULES]]
        if len(rules) > _MOST_RULES:
            ways.append((kind, sum(n for n, _ in rules[_MOST_RULES:]), f"{kind}: {len(rules) - _MOST_RULES} more rules"))
    merged = _count(line, "merged")
    return [*ways, ("merged", merged, "merged into other rows")] if merged else ways
