"""A table that several steps use: a row that one of them cannot take as it is leaves all of them.

Else a row whose cell is malformed would be in the quarantine and, by way of a use that does not look at that cell, among the results too.
So where a use looks at a column of the table before any rule of its own has dropped a row, all uses look at it, and the row is set aside
before the fork. What a use computes only later, or only in a branch of `when`, is its own affair, and is counted where its rows meet others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from featureprep.expr.bind import Binder, walk_bound
from featureprep.expr.evaluate import number_reasons
from featureprep.expr.node import Node
from featureprep.expr.op import find
from featureprep.plan.physical import Embedded, Exchange, Input, Pipe, Rule

_NEVER = Node("lit", (), {"value": False, "type": "bool"})


@dataclass(frozen=True)
class Fork:
    """A table where its uses part.

    Attributes
    ----------
    step : str
        The ledger step of the fork.
    before : str
        The one before it, which sets rows aside for all uses.
    env : mapping of name to Node
        The table's columns over its input's.
    """

    step: str
    before: str
    env: Mapping[str, Node]


def with_guards(
    order: Sequence[Exchange | Embedded],
    final: Pipe,
    nodes: Mapping[str, Node],
    forks: Sequence[Fork],
    malformed: str,
    certain: Collection[str],
) -> tuple[list[Exchange | Embedded], Pipe]:
    """The meetings and the last pipe, all uses of a table setting the same rows aside at its fork.

    Parameters
    ----------
    nodes : mapping of name to Node
        What the last pipe computes.
    forks : sequence of Fork
        In the order of the ledger.
    malformed : {"error", "null", "quarantine"}
        The job's policy.
    certain : collection of str
        The sources of which every cell fits its column's type.
    """
    settled = {Input("source", name) for name in certain}
    settled |= {Input("stage", x.name) for x in order if isinstance(x, Exchange) and not any(pipe.whole for pipe in x.pipes)}
    uses = [(pipe, tuple(pipe.emit.values())) for meeting in order for pipe in _pipes(meeting)] + [(final, tuple(nodes.values()))]
    guards: dict[str, tuple[Rule, ...]] = {}
    for fork in forks:
        own = [(pipe, emitted) for pipe, emitted in uses if fork.step in pipe.passes]
        looked_at = {node.key for pipe, emitted in own for node in _certainly(_first_look(pipe, fork, emitted))}
        columns = {node.key: node for node in fork.env.values() if node.key in looked_at}
        schema, at = own[0][0].schema, own[0][0].input
        binder = Binder(schema, malformed=malformed)
        guards[fork.step] = tuple(
            # no row is it true of; what cannot be computed takes its row away
            Rule("quarantine", fork.step, Node("and", (Node("is_null", (node,)), _NEVER)), fork.before)
            for node in columns.values()
            if _can_be_set_aside(node, binder, certain=at in settled)
        )

    def guarded(pipe: Pipe) -> Pipe:
        for fork in forks:
            if fork.step in pipe.passes and guards[fork.step]:
                at = _rules_before(pipe, fork)
                pipe = replace(pipe, rules=(*pipe.rules[:at], *guards[fork.step], *pipe.rules[at:]))
        return pipe

    made: list[Exchange | Embedded] = [
        replace(meeting, pipes=tuple(map(guarded, meeting.pipes)))
        if isinstance(meeting, Exchange)
        else replace(meeting, pipe=guarded(meeting.pipe))
        for meeting in order
    ]
    steps = {fork.step for fork in forks}
    return [_counting(meeting, steps) for meeting in made], guarded(final)


def _counting(meeting: Exchange | Embedded, forks: Collection[str]) -> Exchange | Embedded:
    """The meeting, with what its pipes cannot compute counted there where their last step is shared with others."""

    def counting(pipe: Pipe) -> Pipe:
        return replace(pipe, rejects=meeting.step) if pipe.passes[-1] in forks else pipe

    if isinstance(meeting, Exchange):
        return replace(meeting, pipes=tuple(map(counting, meeting.pipes)))
    return replace(meeting, pipe=counting(meeting.pipe))


def _pipes(meeting: Exchange | Embedded) -> tuple[Pipe, ...]:
    return meeting.pipes if isinstance(meeting, Exchange) else (meeting.pipe,)


def _rules_before(pipe: Pipe, fork: Fork) -> int:
    """How many of a pipe's rules are judged before the fork."""
    earlier = pipe.passes[: pipe.passes.index(fork.step)]
    return sum(rule.step in earlier for rule in pipe.rules)


def _first_look(pipe: Pipe, fork: Fork, emitted: Sequence[Node]) -> Sequence[Node]:
    """What a use computes of every row of the table."""
    later = pipe.rules[_rules_before(pipe, fork) :]
    return (later[0].node,) if later else emitted


def _certainly(roots: Iterable[Node]) -> Iterator[Node]:
    """The parts of expressions that are computed whatever the row."""
    seen: set[str] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.key not in seen:
            seen.add(node.key)
            yield node
            stack += node.args[:1] if find(node.op).lazy else node.args


def _can_be_set_aside(node: Node, binder: Binder, *, certain: bool) -> bool:
    """Whether a policy sets rows aside for what an expression makes of them. `certain`: every cell of the input fits its type."""
    reasons, codes = number_reasons([*walk_bound([binder.bind(node)])])
    columns = {part.key for part in node.walk() if part.op == "col"} if certain else set()
    return any(reasons[code - 1].policy == "quarantine" for (key, _), code in codes.items() if key not in columns)
