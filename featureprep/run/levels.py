"""Which scans a job needs, and what each of them folds.

A learning node is ready after the scan that sees the last of its inputs. Where an input is only another column with its null
and NaN filled in (`Op.filled`), the fold is taken over that column instead, and the filling is added to its state afterwards:
so scaling an imputed column needs no scan more than imputing it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import ArgumentError
from featureprep.expr.bind import Binder, Bound, walk_bound
from featureprep.expr.node import Node, describe
from featureprep.folds.base import Fold
from featureprep.threads import each


@dataclass(frozen=True)
class FoldItem:
    """A fold over some expressions. Items of equal ids have the same states and are folded once; they may be finished differently."""

    id: str
    fold: Fold
    nodes: tuple[Node, ...]


def fold_item(fold: Fold, nodes: Sequence[Node], rows: str = "every") -> FoldItem:
    """The item of a fold over some expressions, of "every" row that is read or of those that take part in the "fit"."""
    return FoldItem(canonical.digest([rows, fold.spec(), [node.key for node in nodes]]), fold, tuple(nodes))


def finish_items(items: Mapping[str, FoldItem], states: Mapping[str, Any]) -> dict[str, Any]:
    """The result of each item by its name, from merged states by item id; different states in different threads."""
    folds: dict[str, dict[Fold, Any]] = {}
    for item in items.values():
        folds.setdefault(item.id, {})[item.fold] = None

    def finish(key: str) -> None:
        for fold in folds[key]:
            folds[key][fold] = fold.finish(states[key])

    each(finish, folds)
    return {name: folds[item.id][item.fold] for name, item in items.items()}


@dataclass(frozen=True)
class Need:
    """One result that a learning node waits for: an item, and the fillings to add to its state, innermost first."""

    item: FoldItem
    fills: tuple[tuple[str, str], ...] = ()
    """(key of the filling node, name of its constant)."""


@dataclass(frozen=True)
class Learner:
    """A node that learns: after which scan it is ready, and what it needs, by the names its operation gave."""

    node: Node
    scan: int
    needs: Mapping[str, Need]


@dataclass(frozen=True)
class FitPlan:
    """The learning nodes of a job in an order in which they can be fitted."""

    learners: tuple[Learner, ...]
    levels: Mapping[str, int]
    """For each node key, how many scans must have ended before the node can be computed."""

    @property
    def scans(self) -> int:
        """Number of scans that the fit needs."""
        return max((learner.scan + 1 for learner in self.learners), default=0)

    def items(self, scan: int) -> list[FoldItem]:
        """What is folded in a scan, each once."""
        found = {need.item.id: need.item for x in self.learners for need in x.needs.values() if self._scan_of(need.item) == scan}
        return list(found.values())

    def _scan_of(self, item: FoldItem) -> int:
        return max((self.levels[node.key] for node in item.nodes), default=0)


def plan_fit(nodes: Sequence[Node], schema: pa.Schema, malformed: str) -> FitPlan:
    """The scans that some expressions over `schema` need before they can be computed."""
    binder = Binder(schema, malformed=malformed)
    order = list(walk_bound([binder.bind(node) for node in nodes]))
    levels: dict[str, int] = {}
    learners: list[Learner] = []
    for bound in order:
        level = max((levels[arg.key] for arg in bound.args), default=0)
        if bound.op.learns:
            learner = _learner(bound, levels)
            learners.append(learner)
            level = max(level, learner.scan + 1)
        levels[bound.key] = level
    return FitPlan(tuple(learners), levels)


def _learner(bound: Bound, levels: Mapping[str, int]) -> Learner:
    needs: dict[str, Need] = {}
    scan = 0
    for name, request in bound.op.folds(bound.call).items():
        args = [bound.args[i] for i in request.args]
        fills: list[tuple[str, str]] = []
        while len(args) == 1 and request.fold.derivable and (constant := args[0].op.filled(args[0].call)):
            if args[0].args[0].type != args[0].type:
                break
            fills.insert(0, (args[0].key, constant))
            scan = max(scan, levels[args[0].key] - 1)
            args = [args[0].args[0]]
        needs[name] = Need(fold_item(request.fold, [arg.node for arg in args], "fit"), tuple(fills))
        scan = max([scan, *(levels[arg.key] for arg in args)])
    return Learner(bound.node, scan, needs)


def fit_after(
    plan: FitPlan, scan: int, states: Mapping[str, Any], schema: pa.Schema, constants: dict[str, Mapping[str, Any]], malformed: str
) -> None:
    """Fit the nodes that are ready after a scan, adding to `constants`; `states` has every item's merged state so far."""
    ready = [learner for learner in plan.learners if learner.scan == scan]
    finished: dict[tuple[str, Fold, tuple[Any, ...]], Any] = {}

    def fit(learner: Learner) -> Mapping[str, Any]:
        results: dict[str, Any] = {}
        for name, need in learner.needs.items():
            key = (need.item.id, need.item.fold, need.fills)
            if key not in finished:
                state = states[need.item.id]
                for node_key, constant in need.fills:
                    value = constants[node_key][constant]
                    if value is not None:  # None: nothing was learnt, so nothing is filled
                        state = need.item.fold.fill_missing(state, value)
                finished[key] = need.item.fold.finish(state)
            results[name] = finished[key]
        bound = Binder(schema, constants, malformed).bind(learner.node)
        return bound.op.fit(bound.call, results)

    def fit_group(learners: Sequence[Learner]) -> dict[str, Mapping[str, Any]]:
        return {learner.node.key: fit(learner) for learner in learners}

    found: dict[str, Mapping[str, Any]] = {}
    for group in each(fit_group, _apart([x for x in ready if not any(need.fills for need in x.needs.values())])):
        found |= group
    for learner in ready:  # fillings come after what they are filled with
        key = learner.node.key
        constants[key] = found[key] if key in found else fit(learner)


def _apart(learners: Sequence[Learner]) -> list[list[Learner]]:
    """Groups of learners of which no two need the same state, for a result may look at its state when it is asked."""
    at: dict[str, list[Learner]] = {}
    for learner in learners:
        met = {id(group): group for need in learner.needs.values() if (group := at.get(need.item.id)) is not None}.values()
        group = max(met, key=len, default=[])
        come = [learner, *(one for other in met if other is not group for one in other)]
        group += come
        at |= {need.item.id: group for one in come for need in one.needs.values()}
    return [*{id(group): group for group in at.values()}.values(), *([learner] for learner in learners if not learner.needs)]


def guards(nodes: Sequence[Node], plan: FitPlan, schema: pa.Schema, malformed: str, *, typed: bool = False) -> list[Node]:
    """The row-wise expressions whose rejections keep a row out of the fit: the largest that need no constant and can reject.

    The arguments of a lazy node that learns are left out: whether their faults count is known only later. `typed`: the input states
    its own types, so that every cell fits its column.
    """
    binder = Binder(schema, malformed=malformed)
    roots = [binder.bind(node) for node in nodes]
    found: dict[str, Bound] = {root.key: root for root in roots if plan.levels[root.key] == 0}
    for bound in walk_bound(roots):
        if plan.levels[bound.key] > 0 and not bound.op.lazy:
            found |= {arg.key: arg for arg in bound.args if plan.levels[arg.key] == 0}
    return [bound.node for bound in found.values() if _can_reject(bound, typed=typed)]


def _can_reject(bound: Bound, *, typed: bool) -> bool:
    parts = [part for part in walk_bound([bound]) if not (typed and part.node.op == "col")]
    return any(part.call.policy(kind) in ("error", "quarantine") for part in parts for kind in part.op.issue_kinds)


def refuse_learning(nodes: Mapping[str, Node]) -> None:
    """Refuse expressions that learn where no fit takes place: in a rule, or before rows meet.

    Raises
    ------
    ArgumentError
    """
    from featureprep.expr.op import find

    for place, root in nodes.items():
        for node in root.walk():
            if find(node.op).learns:
                raise ArgumentError(
                    f"{describe(node)} learns from data and cannot be used in {place}",
                    where=node.site,
                    hint="use it in features(), after the last join, group_by or drop_duplicates",
                )
