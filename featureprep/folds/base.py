"""What a fold is: a statement about all rows that can be computed in pieces, in any order.

`merge` is associative and commutative bit for bit: `finish` gives the same bits however the rows were cut
into batches and fragments and in whichever order the pieces are merged.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

import pyarrow as pa


class Fold(ABC):
    """A specification (a frozen dataclass; its fields are its parameters) with its four functions.

    States are opaque to everyone but the fold itself. `update` and `merge` may change and return their first argument;
    callers use only what is returned.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    finishing: ClassVar[frozenset[str]] = frozenset()
    """Parameters that only `finish` looks at: folds that differ in no other have the same states."""

    @abstractmethod
    def init(self) -> Any:
        """The state of no rows."""

    @abstractmethod
    def update(self, state: Any, *columns: pa.Array) -> Any:
        """The state after the rows of `columns`, equally long Arrow arrays (dictionary-encoded ones included)."""

    @abstractmethod
    def merge(self, a: Any, b: Any) -> Any:
        """The state of the rows of both."""

    @abstractmethod
    def finish(self, state: Any) -> Any:
        """The result: plain Python values and Arrow arrays."""

    @abstractmethod
    def encode(self, state: Any) -> bytes:
        """The state as bytes, without pickle; equal multisets of rows need not give equal bytes, but equal results."""

    @abstractmethod
    def decode(self, data: bytes | memoryview) -> Any:
        """The state again; may keep a view of `data` (which can be a memory map)."""

    def lasting(self, state: Any) -> bool:
        """Whether a state may be kept for later runs: not where it tells of what can end without the rows, the fold and its columns changing."""
        return True

    def shrinks(self, state: Any, size: int) -> bool:
        """Whether a state may take half the room of those that were merged into it, which took `size` bytes; the cheap part of the answer."""
        return True

    def outline(self, state: Any) -> bytes | None:
        """What of a state answers again what was asked of its results, should few rows come to it; None where it takes all of the state."""
        return None

    def from_outline(self, data: bytes | memoryview) -> Any:
        """A state made of `outline`. It can be merged with one that is whole; what else is asked of the results raises `NotKeptError`.

        Raises
        ------
        CorruptArtefactError
        """
        raise TypeError(f"{self.name} has no outlines")

    def add_value(self, state: Any, value: Any, count: int) -> Any:
        """The state after `count` more rows that hold `value`; lets a planner derive f(impute(x)) from f(x)."""
        raise TypeError(f"{self.name} cannot be derived from another fold's state")

    def fill_missing(self, state: Any, value: Any) -> Any:
        """The state as if every null and NaN had been `value`; `state` itself is left as it is.

        For folds that count both apart, in `nulls` and `nans` of their state, and have `add_value`.
        """
        filled = self.merge(self.init(), state)
        missing = filled.nulls + filled.nans
        filled.nulls = filled.nans = 0
        return self.add_value(filled, value, missing)

    @property
    def derivable(self) -> bool:
        """Whether `add_value` is supported."""
        return type(self).add_value is not Fold.add_value

    def spec(self) -> Mapping[str, Any]:
        """Name, version and what states depend on of the parameters, as JSON values: part of a state's cache key."""
        params: dict[str, Any] = {}
        if is_dataclass(self):
            params = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.finishing}
        return {"fold": self.name, "version": self.version, **params}


class KeyedFold(Fold):
    """A fold whose state is a table by key, cut into shards by the key's hash, so that no merged state need fit in memory.

    Engines merge shard by shard, call `reduce` on each merged shard and `finish_shards` on the (small) results.
    """

    shards: ClassVar[int] = 64

    @abstractmethod
    def split(self, state: Any) -> Mapping[int, Any]:
        """The state by shard number; shards without keys are left out."""

    @abstractmethod
    def reduce(self, state: Any) -> Any:
        """What `finish_shards` needs of one fully merged shard."""

    @abstractmethod
    def finish_shards(self, parts: Iterable[Any]) -> Any:
        """The result from the reduced shards, in any order."""

    def finish(self, state: Any) -> Any:
        return self.finish_shards([self.reduce(part) for part in self.split(state).values()])
