"""Where rows lie after an exchange, so that the next one need not move those that lie right already.

A stage is *placed* by some expressions over its columns: rows in which they are equal are in one bucket. An exchange whose keys hold
these expressions finds such rows where they are; its other side is sent by the same ones. What comes out is the same, for what is
done in a bucket depends on the rows that meet there alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featureprep.expr.node import Node
from featureprep.plan.physical import Exchange

Keys = tuple[str, ...]
"""The identities of the expressions that a stage is placed by, in order."""
CHOOSING = ("drop_duplicates", "gather")
"""Kinds whose stage has the columns of their input; so have semi and anti joins."""


@dataclass(frozen=True)
class Placed:
    """How the rows of an exchange come together.

    Attributes
    ----------
    by : tuple of tuple of str
        For each pipe the emitted columns whose hash is the bucket: its keys, or some of them where a side lies by these.
    standing : tuple of bool
        For each pipe whether its rows lie right already.
    """

    by: tuple[Keys, ...]
    standing: tuple[bool, ...]


class Placement:
    """Where the stages lie that there are so far."""

    def __init__(self) -> None:
        self._lying: dict[str, tuple[int, set[Keys]]] = {}

    def of(self, exchange: Exchange, buckets: int) -> Placed:
        """How the rows of an exchange are to come together in so many buckets."""
        return _placed(exchange, {name: ways for name, (many, ways) in self._lying.items() if many == buckets})

    def note(self, exchange: Exchange, placed: Placed, buckets: int) -> None:
        """That they did."""
        self._lying[exchange.name] = (buckets, _after(exchange, placed))


def _placed(exchange: Exchange, lying: Mapping[str, set[Keys]]) -> Placed:
    keys = [[pipe.emit[name].key for name in names] for pipe, names in zip(exchange.pipes, exchange.keys, strict=True)]
    ways = {tuple(range(len(keys[0])))} if keys and keys[0] else set()
    known: list[set[Keys]] = []
    for pipe, own in zip(exchange.pipes, keys, strict=True):
        known.append(lying.get(pipe.input.name, set()) if pipe.input.kind == "stage" else set())
        ways |= {tuple(own.index(key) for key in way) for way in known[-1] if way and set(way) <= set(own)}
    if exchange.kind == "map_table" or not ways:
        return Placed(exchange.keys, (False,) * len(keys))

    def standing(way: Sequence[int]) -> tuple[bool, ...]:
        return tuple(tuple(own[i] for i in way) in held for own, held in zip(keys, known, strict=True))

    best = max(sorted(ways), key=lambda way: (sum(standing(way)), len(way)))
    return Placed(tuple(tuple(names[i] for i in best) for names in exchange.keys), standing(best))


def _after(exchange: Exchange, placed: Placed) -> set[Keys]:
    """The expressions over its stage's columns that an exchange leaves it placed by."""
    if exchange.kind == "map_table" or not placed.by[0]:
        return set()
    how = exchange.params.get("how")
    if exchange.kind in CHOOSING or how in ("semi", "anti"):
        return {tuple(exchange.pipes[0].emit[name].key for name in placed.by[0])}
    ways = [placed.by[0]]
    if exchange.kind == "join" and how == "inner":
        names = exchange.params["right_names"]
        ways.append(tuple(names.get(name, "") for name in placed.by[1]))
    return {tuple(_column(name) for name in way) for way in ways if set(way) <= set(exchange.schema.names)}


def _column(name: str) -> str:
    return Node("col", (), {"name": name}).key
