"""A side of an exchange that is not sent: its rows lie in the bucket where they are needed, as a part of an earlier stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.relational.bucket import plain_table
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import StagePart

NOTHING = 254
"""The kind of an item that only makes a bucket be looked at."""


@dataclass(frozen=True)
class Standing:
    """The rows of one side, where they lie.

    Attributes
    ----------
    task : PipeTask
    first : int
        The number of its first piece among the pieces of the exchange.
    parts : sequence of StagePart
        In order of bucket.
    """

    task: PipeTask
    first: int
    parts: Sequence[StagePart]

    def rows(self, bucket: int, schema: pa.Schema, report: PieceReport) -> pa.Table:
        """The emitted rows of a bucket; `report` is filled."""
        tables: list[pa.Table] = []
        for number, part in enumerate(self.parts):
            if part.index == bucket:
                tables += emitted(self.task, self.first + number, part, report)
        return pa.concat_tables(tables) if tables else schema.empty_table()


def emitted(task: PipeTask, number: int, piece: Any, report: PieceReport) -> Iterator[pa.Table]:
    """What a pipe makes of a piece, batch by batch, without dictionaries."""
    for columns, rows in task.run(number, piece, report):
        if rows.n:
            yield plain_table(pa.table(columns))


def nothing(buckets: int) -> list[list[bytes]]:
    """Partitions that make every bucket be looked at, where nothing is sent."""
    return [[bytes([NOTHING])] for _ in range(buckets)]


StandingSides = Mapping[int, Standing]
