"""What the features of two graphs learnt, compared: numbers side by side, vocabularies by what came and went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep import canonical
from featureprep.expr.node import Node, describe
from featureprep.serving.graph import TransformGraph

SHOWN = 5
"""Values that came or went which a difference names."""
_SHORT = 8
"""Lists of numbers up to this length are shown whole."""


@dataclass(frozen=True)
class Learnt:
    """One difference of one feature.

    Attributes
    ----------
    expression : str
        What learns.
    constant : str
        The name of what was learnt.
    before, after : value, or the number of values of a long list
    added, removed : tuple
        The first of the values that are in one only.
    moved : int
        Values in both, at another place.
    """

    feature: str
    expression: str
    constant: str
    before: Any
    after: Any
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    n_added: int = 0
    n_removed: int = 0
    moved: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**vars(self), "added": list(self.added), "removed": list(self.removed)}


def compare_learnt(before: TransformGraph, after: TransformGraph, hidden: Collection[str]) -> list[Learnt]:
    """Every constant that differs, by feature; values of the features in `hidden` are masked."""
    found: list[Learnt] = []
    for name in after.nodes:
        if name in before.nodes:
            a, b = _learners(before, name), _learners(after, name)
            mask = name in hidden
            for key in a:
                if key in b:
                    found += _compare(name, describe(b[key][0]), a[key][1], b[key][1], mask=mask)
    return found


def _learners(graph: TransformGraph, name: str) -> dict[str, tuple[Node, Mapping[str, Any]]]:
    return {node.key: (node, graph.constants[node.key]) for node in graph.nodes[name].walk() if node.key in graph.constants}


def _compare(feature: str, expression: str, a: Mapping[str, Any], b: Mapping[str, Any], *, mask: bool) -> list[Learnt]:
    found = []
    for name in dict.fromkeys([*a, *b]):
        was, now = _plain(a.get(name)), _plain(b.get(name))
        if canonical.dumps(was) == canonical.dumps(now):
            continue
        if mask:
            found.append(Learnt(feature, expression, name, "***", "***"))
        elif isinstance(was, list) and isinstance(now, list) and not _numbers(was, now):
            found.append(_lists(feature, expression, name, was, now))
        else:
            found.append(Learnt(feature, expression, name, _sized(was), _sized(now)))
    return found


def _plain(value: Any) -> Any:
    from featureprep.expr.rowvalues import from_arrow

    if isinstance(value, pa.Array):
        return list(from_arrow(value))
    return list(value) if isinstance(value, tuple) else value


def _numbers(was: list[Any], now: list[Any]) -> bool:
    """Whether both are short lists of numbers (edges, say), which are best seen whole."""
    return all(len(x) <= _SHORT and all(isinstance(v, (int, float)) for v in x) for x in (was, now))


def _sized(value: Any) -> Any:
    return f"{len(value)} values" if isinstance(value, list) and len(value) > _SHORT else value


def _lists(feature: str, expression: str, name: str, was: list[Any], now: list[Any]) -> Learnt:
    old, new = ({canonical.dumps(value): i for i, value in enumerate(values)} for values in (was, now))
    added = [value for value in now if canonical.dumps(value) not in old]
    removed = [value for value in was if canonical.dumps(value) not in new]
    moved = sum(old[key] != new[key] for key in old.keys() & new.keys())
    return Learnt(
        feature, expression, name, len(was), len(now), tuple(added[:SHOWN]), tuple(removed[:SHOWN]), len(added), len(removed), moved
    )  # fmt: skip
