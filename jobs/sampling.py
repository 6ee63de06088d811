"""`run(sample=)`: a run over some of the rows, chosen by a hash of their content, so that it is the same rows on every engine.

Sampled are the rows of the table that the features are made of: those of the left side of joins, wherever they come from. Tables that
are joined to it are read whole, so that a row of the sample finds the partners it has in a whole run. What is dropped stands in the
ledger, under the rule `sample <percent>%` or `sample <n> rows`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from featureprep import platform
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError
from featureprep.expr.node import Node
from featureprep.expr.ops.sampling import unit_hash
from featureprep.folds.base import Fold
from featureprep.folds.codec import pack, unpack
from featureprep.jobs.sources import BoundSource
from featureprep.plan import steps
from featureprep.plan.physical import Input, Pipe
from featureprep.run.levels import fold_item
from featureprep.run.scan import FoldPieces, ScanMerger, ScanSpec
from featureprep.run.shipping import ship
from featureprep.store.states import StateCache

MOST = 10_000_000
"""Rows that a sample may be asked to have: so many hashes are held."""
Hashes = np.ndarray[Any, np.dtype[np.uint64]]


@dataclass(frozen=True)
class Sample:
    """The sample of a run: the fraction kept, the rows asked for (None: a fraction was), and the sources it is taken of."""

    fraction: float
    rows: int | None
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What the log entry keeps."""
        return {"fraction": self.fraction, "rows": self.rows, "sources": list(self.sources), "seed": 0}


@dataclass(frozen=True)
class SmallestHashes(Fold):
    """The `k` smallest hashes of rows, by which `sample` chooses. The result is (rows seen, k-th smallest hash or None if fewer)."""

    name: ClassVar[str] = "smallest_hashes"
    names: tuple[str, ...]
    k: int

    def init(self) -> tuple[int, Hashes]:
        return 0, np.empty(0, np.uint64)

    def update(self, state: tuple[int, Hashes], *columns: pa.Array) -> tuple[int, Hashes]:
        found = unit_hash(dict(zip(self.names, columns, strict=True)), 0)
        return state[0] + len(found), self._least(np.concatenate([state[1], found]))

    def merge(self, a: tuple[int, Hashes], b: tuple[int, Hashes]) -> tuple[int, Hashes]:
        return a[0] + b[0], self._least(np.concatenate([a[1], b[1]]))

    def _least(self, hashes: Hashes) -> Hashes:
        return np.sort(hashes if len(hashes) <= self.k else np.partition(hashes, self.k - 1)[: self.k])

    def finish(self, state: tuple[int, Hashes]) -> tuple[int, int | None]:
        n, hashes = state
        return n, int(hashes[-1]) if len(hashes) == self.k else None

    def encode(self, state: tuple[int, Hashes]) -> bytes:
        return pack({"n": state[0]}, [state[1].tobytes()])

    def decode(self, data: bytes | memoryview) -> tuple[int, Hashes]:
        header, (hashes,) = unpack(data, self.name)
        return int(header["n"]), np.frombuffer(hashes, np.uint64)


def check_sample(given: Any) -> float | int:
    """A fraction between 0 and 1, or a number of rows.

    Raises
    ------
    ArgumentError
    """
    if (type(given) is float and 0 < given < 1) or (type(given) is int and 1 <= given <= MOST):
        return given
    raise ArgumentError.of("sample", "run", f"a fraction between 0 and 1, or a whole number of rows from 1 to {MOST:,}", given)


def take_sample(
    last: steps.Step, wanted: float | int, sources: Mapping[str, BoundSource], engine: Engine, cache: StateCache | None
) -> tuple[steps.Step, Sample]:
    """The plan with a sample taken of its main rows, and what it is.

    A number of rows costs a scan of its own: the hash below which exactly so many rows are is found first (more, where rows are equal).
    """
    scans = _main_scans(last)
    names = tuple(dict.fromkeys(scan.source for scan in scans))
    rows = wanted if isinstance(wanted, int) else None
    fraction = float(wanted) if rows is None else _fraction_of([sources[name] for name in names], rows, engine, cache)
    return _sampled(last, {id(scan) for scan in scans}, fraction, rows), Sample(fraction, rows, names)


def _main_scans(last: steps.Step) -> list[steps.Scan]:
    """The scans that feed the rows of the features: of a join, those of its left side."""
    found: list[steps.Scan] = []
    stack = [last]
    while stack:
        step = stack.pop()
        if isinstance(step, steps.Scan) and step not in found:
            found.append(step)
        stack.extend(step.inputs[:1] if isinstance(step, (steps.Join, steps.JoinAsof)) else step.inputs)
    return found


def _sampled(last: steps.Step, scans: set[int], fraction: float, rows: int | None) -> steps.Step:
    """The plan with a sample after each of these scans, where they lead to the features; other uses of them stay whole."""
    done: dict[int, steps.Step] = {}

    def change(step: steps.Step) -> steps.Step:
        if id(step) not in done:
            if id(step) in scans:
                done[id(step)] = steps.Sample((step,), step.site, fraction, gathered=True, rows=rows)
            else:
                main = step.inputs[:1] if isinstance(step, (steps.Join, steps.JoinAsof)) else step.inputs
                inputs = (*(change(one) for one in main), *step.inputs[len(main) :])
                done[id(step)] = dataclasses.replace(step, inputs=inputs)
        return done[id(step)]

    return change(last)


def _fraction_of(sources: Sequence[BoundSource], rows: int, engine: Engine, cache: StateCache | None) -> float:
    """The fraction whose hashes are those of the `rows` smallest."""
    whole = SmallestHashes((), rows)
    state = whole.init()
    for source in sources:
        names = tuple(sorted(source.schema.names))
        fold = SmallestHashes(names, rows)
        item = fold_item(fold, [Node("col", (), {"name": name}) for name in names])
        pipe = Pipe(Input("source", source.name), source.schema, (), {}, (f"read {source.name}",))
        spec = ScanSpec(pipe, [item], [], [], None, {}, "null", platform.text())
        task = FoldPieces(spec, source.input(), cache if source.source.kind != "memory" else None)
        pieces = [[(i, piece)] for i, piece in enumerate(source.fragments)]
        label = f"size of the sample of {source.name}"
        found = engine.fold(engine.map(engine.scan(pieces), ship(task, engine)), ScanMerger({item.id: fold}), label)
        state = whole.merge(state, found.states[item.id])
    seen, last = whole.finish(state)
    if last is None or seen <= rows:
        return 1.0
    # the row with this hash is in: hashes below floor(fraction * 2^64) are
    return float(np.nextafter((last + 1) / 2.0**64, 1.0))
