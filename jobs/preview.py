"""A look at a job's output without a run: fitted on, and computed over, the first rows of each source. Nothing is stored."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.expr.params import check, integer
from featureprep.jobs.definition import Job
from featureprep.jobs.driver import Driver
from featureprep.jobs.engines import make_engine
from featureprep.jobs.first_rows import FirstRows, FirstRowsBinder
from featureprep.jobs.prepare import Prepared, Request, prepare
from featureprep.jobs.publish import Findings
from featureprep.jobs.snapshots import first_rows
from featureprep.jobs.sources import replaced
from featureprep.notebook.html import many
from featureprep.plan.physical import Exchange
from featureprep.run.pipe import PieceReport
from featureprep.run.write import plain_column
from featureprep.serving.graph import TransformGraph
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROWS = 1000
"""Rows of each source that are read."""


@dataclass(frozen=True)
class Looked:
    """What was read of a source: its first `rows` rows, and whether there are more; `inferred`: its types are those of these rows."""

    rows: int
    more: bool
    inferred: bool

    def text(self, name: str) -> str:
        """Such as "the first 1,000 rows of people"."""
        return f"{'the first' if self.more else 'all'} {many(self.rows, 'row')} of {name}"


@dataclass(frozen=True)
class Preview:
    """The first rows of a job as features.

    Attributes
    ----------
    job : str
    table : pa.Table
        The rows, with the types that a run writes.
    rows : int
        Rows that all that was read gives; the table has the first of them.
    graph : TransformGraph
        With the constants of the rows that were read. They are not those of a run.
    sources : mapping of name to Looked
    taken : mapping of (kind, rule) to number of rows
        Rows that were "dropped" or "quarantined".
    fits : str
        The part of the split that a run learns from; "all" where it learns from all rows.
    moved : tuple of str
        Steps in which rows meet: a run may write them in another order.
    """

    job: str
    table: pa.Table
    rows: int
    graph: TransformGraph
    sources: Mapping[str, Looked]
    taken: Mapping[tuple[str, str], int]
    fits: str
    moved: tuple[str, ...]

    def to_arrow(self) -> pa.Table:
        """The rows."""
        return self.table

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas frame; integers with nulls as pandas' nullable types."""
        from featureprep.store.frames import to_frame

        return to_frame(self.table)

    def notes(self) -> list[str]:
        """What a reader must know: what was learnt from which rows, and which rows are not there."""
        from featureprep.jobs.preview_shown import preview_notes

        return preview_notes(self)

    def __repr__(self) -> str:
        from featureprep.jobs.preview_shown import preview_text

        return preview_text(self)

    def _repr_html_(self) -> str:
        from featureprep.jobs.preview_shown import preview_html

        return preview_html(self)


def preview(job: Job, rows: int = 10, *, sample: int = FIRST_ROWS, engine: Any = "pandas", **options: Any) -> Preview:
    """See `Job.preview`. The contract gives types and sets rows aside; its other rules are not judged by a few rows.

    The few rows are read and computed in this process, whatever the engine.

    Raises
    ------
    RowRejected
        When a policy "error" rejects one of the rows read.
    """
    check("preview", {"rows": integer(0), "sample": integer(1)}, {"rows": rows, "sample": sample})
    options.pop("store", None)
    request = replace(Request.of("preview", "", options), statistics=False)
    made = make_engine(engine)
    store = ObjectStore.open(f"memory://featureprep-preview-{uuid.uuid4().hex}")
    try:
        return _previewed(job, request, made if made.in_process else PandasEngine(), store, rows, sample)
    finally:
        for entry in store.list(""):
            store.delete(entry.path)
        if made is not engine:
            made.close()


def _previewed(job: Job, request: Request, engine: Engine, store: ObjectStore, rows: int, sample: int) -> Preview:
    sources = first_rows(replaced(job.sources, request.sources), sample + 1)
    bound = prepare(job, request, engine, None, None, bind=FirstRowsBinder(sample), sources=sources)
    prepared = replace(bound, contract=None, contracts={})
    now = dt.datetime.now(dt.UTC)
    driver = Driver(job, request, engine, store, None)
    driver.run_id = new_run_id(now)
    driver.learn(prepared, Findings(prepared, driver.run_id, now, engine.name, time.monotonic()))
    graph = driver.make_graph(prepared)
    table, report = _written(driver, prepared, graph)
    tally = driver.tally.add(report.tally)
    taken: dict[tuple[str, str], int] = {}
    for kind, counts in (("dropped", tally.dropped), ("quarantined", tally.quarantined)):
        for (_, rule), count in counts.items():
            taken[kind, rule] = taken.get((kind, rule), 0) + count
    looked = {name: Looked(s.rows, s.more, s.inferred) for name, s in prepared.sources.items() if isinstance(s, FirstRows)}
    fits = "all" if job.split is None else job.split.fit
    moved = tuple(meeting.step for meeting in prepared.physical.order if isinstance(meeting, Exchange))
    return Preview(job.name, table.slice(0, rows), table.num_rows, graph, looked, taken, fits, moved)


def _written(driver: Driver, prepared: Prepared, graph: TransformGraph) -> tuple[pa.Table, PieceReport]:
    """The rows as they would be written, and what became of the others."""
    physical = prepared.physical
    schema = pa.schema([graph.schema.field(name) for name in physical.nodes])
    task = driver.task(prepared, physical.final, physical.nodes)
    source, pieces = driver.input_of(prepared, physical.final.input, physical.final.schema)
    report = PieceReport()
    parts = [schema.empty_table()]
    for number, piece in enumerate(pieces):
        for values, batch in task.run(number, piece, report):
            if batch.n:
                parts.append(pa.table([plain_column(values[f.name], f.type) for f in schema], schema=schema))
    report.failures.raise_any(lambda at: source.origins(pieces[at[0]], [at[1]])[0])
    return pa.concat_tables(parts), report
