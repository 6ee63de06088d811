"""Where each pass of a run takes place: by which verb of the engine, over how many partitions, and what crosses between processes."""

from __future__ import annotations

from collections.abc import Mapping

from featureprep.engines.base import Engine
from featureprep.jobs.meeting import small_beside
from featureprep.jobs.prepare import Prepared
from featureprep.jobs.sources import partitioned
from featureprep.notebook.html import many
from featureprep.plan.physical import Embedded, Exchange, Input, Pipe
from featureprep.plan.placement import Placed, Placement
from featureprep.run.local_stage import LOCAL
from featureprep.run.skipping import SkippingInput, skipping

UNKNOWN = "as many partitions as its stage has"


class Where:
    """Words about the passes of one bound job on one engine, asked for in their order."""

    def __init__(self, prepared: Prepared, engine: Engine | None) -> None:
        self.prepared = prepared
        self.verbs: Mapping[str, str] = {} if engine is None else engine.verbs
        self.name = "the engine" if engine is None else engine.name
        self._placement = Placement()
        self._buckets: dict[str, int] = {}

    def _verb(self, *verbs: str) -> str:
        shown = [f"{verb} ({self.verbs[verb]})" if verb in self.verbs else verb for verb in verbs]
        return f"{self.name}: {', '.join(shown)}"

    def _partitions(self, at: Input) -> str:
        if at.kind == "source":
            return many(len(partitioned(self.prepared.sources[at.name].fragments, self.prepared.request.partitions)), "partition")
        return many(self._buckets[at.name], "partition") if at.name in self._buckets else UNKNOWN

    def fold(self, at: Input) -> tuple[str, ...]:
        """Of a scan that folds."""
        return (f"{self._verb('scan', 'fold')}; {self._partitions(at)} of {at}; states cross",)

    def write(self, pipe: Pipe) -> tuple[str, ...]:
        """Of the last pass."""
        return (f"{self._verb('scan', 'write')}; {self._partitions(pipe.input)} of {pipe.input}; receipts cross", *self._skips(pipe))

    def embedded(self, table: Embedded) -> tuple[str, ...]:
        """Of a table that becomes a constant."""
        return (f"in this process; {table.pipe.input} is read whole", *self._skips(table.pipe))

    def exchange(self, exchange: Exchange) -> tuple[str, ...]:
        """Of rows that meet."""
        skips = tuple(line for pipe in exchange.pipes for line in self._skips(pipe))
        if exchange.kind in LOCAL:
            over = ", ".join(f"{self._partitions(pipe.input)} of {pipe.input}" for pipe in exchange.pipes)
            return (f"{self._verb('scan', 'write')}; {over}; no rows cross", *skips)
        buckets = self.prepared.buckets(exchange.pipes) if exchange.kind != "map_table" else 1
        placed = self._placement.of(exchange, buckets)
        small = self._small(exchange, placed)
        if small:
            return (*self._beside(exchange), *skips)
        if small is not None or exchange.kind != "join":  # else it is not known where its rows will lie
            self._placement.note(exchange, placed, buckets)
            self._buckets[exchange.name] = buckets
        lines = [
            f"{side} lies by these keys already: not sent" for side, right in zip(_names(exchange), placed.standing, strict=True) if right
        ]
        sent = [
            f"{side}, {self._partitions(pipe.input)}: {many(_sent(pipe), 'column')}"
            for side, pipe, right in zip(_names(exchange), exchange.pipes, placed.standing, strict=True)
            if not right
        ]
        verb = self._verb("scan", "map", "exchange", "write") if sent else self._verb("scan", "write")
        crossing = f"rows cross, of {'; '.join(sent)}" if sent else "no rows cross"
        lines.insert(0, f"{verb}; {many(buckets, 'bucket')}; {crossing}")
        if small is None and exchange.kind == "join":
            lines.append(f"{_names(exchange)[1]} is broadcast instead, if it turns out to be small")
        return (*lines, *skips)

    def _small(self, exchange: Exchange, placed: Placed) -> bool | None:
        """Whether the right side will be broadcast; None where a size is known in the run only."""
        if exchange.kind != "join" or placed.standing[0]:
            return False
        sizes = [self.prepared.sources[pipe.input.name].bytes if pipe.input.kind == "source" else None for pipe in exchange.pipes]
        left, right = sizes
        return None if left is None or right is None else small_beside(left, right)

    def _beside(self, exchange: Exchange) -> tuple[str, ...]:
        left, right = (self.prepared.sources[pipe.input.name] for pipe in exchange.pipes)
        at = exchange.pipes[0].input
        return (
            f"{self._verb('scan', 'write')}; {self._partitions(at)} of {at}; the rows of {exchange.pipes[1].input} cross",
            f"broadcast: {many(right.bytes, 'byte')} of {right.name} beside {many(left.bytes, 'byte')} of {left.name}",
        )

    def _skips(self, pipe: Pipe) -> tuple[str, ...]:
        if pipe.input.kind != "source":
            return ()
        source = self.prepared.sources[pipe.input.name]
        found = skipping(source.input(), pipe.rules, certain=source.certain)
        if not isinstance(found, SkippingInput):
            return ()
        rules = ", ".join(repr(rule.name) for rule in found.rules if rule.kind == "drop")
        return (f"row groups of {source.name} that {rules} drops whole are counted, not read",)


def _names(exchange: Exchange) -> list[str]:
    return [str(pipe.input) for pipe in exchange.pipes]


def _sent(pipe: Pipe) -> int:
    return len({*pipe.emit, *(pipe.handed_on() if pipe.whole else ())})
