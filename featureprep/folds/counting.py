"""What the folds that count keys have in common: everything but what they count and what they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from featureprep.folds.base import KeyedFold
from featureprep.folds.codec import corrupt, integers, pack, pack_table, unpack, unpack_table
from featureprep.folds.count_parts import COUNT, key_names
from featureprep.folds.count_table import CountTable

_COUNTS = ("n", "nulls", "nans")


class CountingFold(KeyedFold):
    """A keyed fold whose state is a `CountTable`."""

    spill_bytes: ClassVar[int] = 64 << 20
    """A state that is larger than this, duplicates joined, goes to a temporary file (under TMPDIR)."""

    @property
    def width(self) -> int:
        """Columns of a key."""
        return 1

    def init(self) -> CountTable:
        return CountTable(self.width, self.shards, self.spill_bytes)

    def merge(self, a: CountTable, b: CountTable) -> CountTable:
        a.extend(b)
        return a

    def shrinks(self, state: CountTable, size: int) -> bool:
        state.settle(infer=False)
        return not state.spills and 2 * state.held <= size

    def split(self, state: CountTable) -> Mapping[int, CountTable]:
        return state.split()

    def finish(self, state: CountTable) -> Any:
        # what is in memory anyway need not be cut into shards
        return super().finish(state) if state.spills else self.finish_shards([self.reduce(state)])

    def encode(self, state: CountTable) -> bytes:
        state.settle(infer=False)
        literals: list[Any] = [[value, count] for value, count in state.literals]
        header = {name: getattr(state, name) for name in _COUNTS} | {"literals": literals}
        if literals:
            return pack(header)
        table = state.everything()
        return pack(header, [] if table is None else [pack_table(table)])

    def decode(self, data: bytes | memoryview) -> CountTable:
        header, buffers = unpack(data, self.name)
        state = self.init()
        for name, number in integers(header, _COUNTS, self.name).items():
            setattr(state, name, number)
        literals = header.get("literals")
        if not isinstance(literals, list) or len(buffers) > 1:
            raise corrupt(self.name)
        for item in literals:
            match item:
                case [value, int(count)]:
                    state.add_literal(value, count)
                case _:
                    raise corrupt(self.name)
        for view in buffers:
            table = unpack_table(view, self.name)
            if table.column_names != [*key_names(self.width), COUNT] or str(table.schema.field(COUNT).type) != "int64":
                raise corrupt(self.name)
            state.add([table[name].combine_chunks() for name in key_names(self.width)], table[COUNT].to_numpy(), distinct=True)
        return state
