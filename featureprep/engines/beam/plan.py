"""The verbs as a Beam pipeline: partitions, passes over them, GroupByKey between two passes, CombineGlobally at the end of a fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import apache_beam as beam

from featureprep.engines.base import MapFunction
from featureprep.engines.beam.folder import STATE, Folder
from featureprep.engines.beam.work import Fold, Keep, Make, Merge, Pass, Send, State

Met = tuple[int, Optional[bytes]]  # noqa: UP045  (Beam's type hints know this form)


@dataclass(frozen=True)
class Batches:
    """Partitions and the functions that their items go through.

    Attributes
    ----------
    partitions : sequence of bytes
        Each the pickled descriptors of a partition; empty after an exchange.
    sent : Batches or None
        What an exchange was given.
    buckets : int
        Of that exchange.
    label : str
        Of that exchange.
    """

    partitions: Sequence[bytes] = ()
    functions: tuple[MapFunction, ...] = ()
    sent: Batches | None = None
    buckets: int = 0
    label: str = ""

    @property
    def depth(self) -> int:
        """How many exchanges come before."""
        return 0 if self.sent is None else self.sent.depth + 1

    @property
    def size(self) -> int:
        """How many partitions there are."""
        return len(self.partitions) if self.sent is None else self.buckets


@dataclass(frozen=True)
class Plan:
    """Builds one pipeline, whose workers leave their results in `folder`."""

    pipeline: Any
    folder: Folder

    def write(self, batches: Batches, sink: MapFunction) -> None:
        """Every partition ends in a file of what the sink yields."""
        self._given(batches) | "make" >> beam.ParDo(Make(self._pass(batches, sink)))

    def fold(self, batches: Batches, merger: Any) -> None:
        """All partitions end in one file, the state."""
        the_pass = self._pass(batches, merger)
        states = self._given(batches) | "fold" >> beam.ParDo(Fold(the_pass)).with_output_types(State)
        whole = states | "merge" >> beam.CombineGlobally(Merge(the_pass)).with_output_types(State)
        whole | "keep" >> beam.ParDo(Keep(the_pass, STATE))

    def _pass(self, batches: Batches, last: Any) -> Pass:
        return Pass.of(batches.functions, last, self.folder, batches.depth)

    def _given(self, batches: Batches) -> Any:
        """The partitions as elements; nothing that follows is fused with what made them, so they run beside each other."""
        at = batches.depth
        if batches.sent is None:
            numbered = list(enumerate(batches.partitions))
            read = self.pipeline | f"partitions {at}" >> beam.Create(numbered, reshuffle=False).with_output_types(tuple[int, bytes])
            return read | f"apart {at}" >> beam.Reshuffle()
        send = beam.ParDo(Send(self._pass(batches.sent, None))).with_output_types(Met)
        blobs = self._given(batches.sent) | f"send {at}" >> send
        exist = self.pipeline | f"buckets {at}" >> beam.Create(
            [(bucket, None) for bucket in range(batches.buckets)], reshuffle=False
        ).with_output_types(Met)  # a bucket that nothing is sent to is a partition too
        return (blobs, exist) | f"all {at}" >> beam.Flatten() | f"meet {at}" >> beam.GroupByKey()
