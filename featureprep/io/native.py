"""Tables of other engines (a Dask DataFrame, a Spark DataFrame, a Beam PCollection) as sources.

Such a table cannot be read twice alike: its rows may come in another order, from a query over data that has changed, from a shuffle. So a
run writes it down once, before anything else, as parts in its staging area; from then on these parts are the fragments of the source.
The engine that owns the table brings a `NativeTable`, a class of some thirty lines beside its engine, and its `fp.from_...`:

    Source("native", native=MyTable(df))

All else (names of parts, attempts, types, origins, resuming) is done for it: see `featureprep.run.snapshot` and `featureprep.jobs.snapshots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pyarrow as pa


@dataclass(frozen=True)
class NativePart:
    """One partition as it was written down.

    Attributes
    ----------
    partition : int
    path : str
        From the store's root.
    rows, batches, size : int
        `size` in bytes.
    sha256 : str
    schema : str
        The Arrow schema of the partition's rows, serialised, in hex.
    """

    partition: int
    path: str
    rows: int
    batches: int
    size: int
    sha256: str
    schema: str


WritePartition = Callable[[int, Iterator[pa.RecordBatch]], Iterable[NativePart]]
"""(number of the partition, its rows) -> its part, one (none where there was no batch). Survives cloudpickle; may be called for the same partition any number of times, at
the same time too, in any process that reaches the store: all attempts must have the same rows, in any order.
"""


class NativeTable(Protocol):
    """A table of another engine."""

    kind: ClassVar[str]
    """As people know it, in messages and lineage: "dask", "spark", "beam"."""

    def write(self, sink: WritePartition, engine: Any) -> Sequence[NativePart]:
        """Run `sink` over every partition, where its rows are, and give back all that it yields, in any order.

        Partitions are numbered from 0 (without gaps or with). One without rows may be left out, or give `sink` no batch; but of a table without
        any rows one partition gives it one empty batch, so that the types are known. The types of a partition's batches are those of its columns; a column that is all null in one
        partition may be `null` there.

        Parameters
        ----------
        engine : Engine
            The run's. A table of the same kind may run on its cluster; any other runs where it is at home.
        """

    def head(self, rows: int) -> pa.Table:
        """Some `rows` rows, or all where there are fewer, for a preview; of 0 rows for their types."""


class Stored(Protocol):
    """What was written down."""

    parts: Sequence[NativePart]
    kind: str

    def open(self, path: str) -> memoryview:
        """The bytes of a part."""
