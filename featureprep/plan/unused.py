"""Columns that nobody uses after a join or an explode are not sent there, and so not read for it.

Only where nothing else can change: a column is left out that is passed on as it is, whose cells cannot be malformed (else it has a part in
which rows are rejected), and that no pipe after the exchange reads. The entry table keeps all its columns: a split by row, and statistics, look at them;
and so does a stage of which rows may be set aside, for these are kept whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from featureprep.expr.node import walk
from featureprep.plan.physical import Embedded, Exchange, Input, Pipe

Meetings = tuple[Exchange | Embedded, ...]


def without_unused(order: Sequence[Exchange | Embedded], entry: Input, malformed: str, certain: Collection[str]) -> Meetings:
    """Exchanges and embedded tables, in their order, sending what is used of them.

    Parameters
    ----------
    entry : Input
        Of the last pipe.
    malformed : {"error", "null", "quarantine"}
        The job's policy.
    certain : collection of str
        The sources of which every cell fits its column's type.
    """
    if malformed == "quarantine":
        return tuple(order)
    settled = {Input("source", name) for name in certain}
    settled |= {Input("stage", x.name) for x in order if isinstance(x, Exchange) and not any(pipe.whole for pipe in x.pipes)}
    used: defaultdict[str, set[str]] = defaultdict(set)
    made: list[Exchange | Embedded] = []
    for meeting in reversed(order):
        if isinstance(meeting, Exchange) and Input("stage", meeting.name) != entry:
            meeting = _narrowed(meeting, used[meeting.name], settled)
        made.append(meeting)
        for pipe in _pipes(meeting):
            if pipe.input.kind == "stage":
                used[pipe.input.name] |= set(pipe.schema.names if _may_set_aside(pipe) else pipe.columns())
    return tuple(_reading(reversed(made)))


def _pipes(meeting: Exchange | Embedded) -> tuple[Pipe, ...]:
    return meeting.pipes if isinstance(meeting, Exchange) else (meeting.pipe,)


def _may_set_aside(pipe: Pipe) -> bool:
    nodes = [*pipe.emit.values(), *(rule.node for rule in pipe.rules)]
    return any(rule.kind == "quarantine" for rule in pipe.rules) or any(
        isinstance(value, str) and value == "quarantine" for node in walk(nodes) for value in node.params.values()
    )


def _narrowed(exchange: Exchange, used: set[str], settled: Collection[Input]) -> Exchange:
    """An exchange without the columns that are not used."""
    origins = _origins(exchange)
    passed = [pipe.input in settled for pipe in exchange.pipes]
    gone = {
        name: (side, own)
        for name, (side, own) in origins.items()
        if name not in used and passed[side] and exchange.pipes[side].emit[own].op == "col"
    }
    if not gone:
        return exchange
    left_out = set(gone.values())
    pipes = tuple(
        replace(pipe, emit={name: node for name, node in pipe.emit.items() if (side, name) not in left_out})
        for side, pipe in enumerate(exchange.pipes)
    )
    params: Mapping[str, Any] = exchange.params
    if "right_names" in params:
        params = {**params, "right_names": {old: new for old, new in params["right_names"].items() if new not in gone}}
    return replace(exchange, pipes=pipes, params=params, schema=pa.schema([field for field in exchange.schema if field.name not in gone]))


def _origins(exchange: Exchange) -> dict[str, tuple[int, str]]:
    """The columns of a stage that are but passed on, each with the number of its pipe and its name there."""
    if exchange.kind == "explode":
        return {name: (0, name) for name in exchange.pipes[0].emit if name != exchange.params["column"]}
    if exchange.kind != "join" or "right_names" not in exchange.params:
        return {}
    left, right = exchange.keys
    found = {name: (0, name) for name in exchange.pipes[0].emit if name not in left}
    return found | {new: (1, old) for old, new in exchange.params["right_names"].items() if old not in right}


def _reading(meetings: Iterator[Exchange | Embedded]) -> Iterator[Exchange | Embedded]:
    """The meetings, each reading stages as they now are."""
    stages: dict[str, pa.Schema] = {}

    def reads(pipe: Pipe) -> Pipe:
        return replace(pipe, schema=stages[pipe.input.name]) if pipe.input.kind == "stage" else pipe

    for meeting in meetings:
        if isinstance(meeting, Embedded):
            yield replace(meeting, pipe=reads(meeting.pipe))
        else:
            stages[meeting.name] = meeting.schema
            yield replace(meeting, pipes=tuple(map(reads, meeting.pipes)))
