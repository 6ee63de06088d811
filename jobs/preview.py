"""A look at a job's output without a run: fitted on, and computed over, the first rows of each source."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import islice
from typing import Any

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.expr.params import check, integer
from featureprep.io.base import Source
from featureprep.jobs.definition import Job
from featureprep.jobs.driver import run
from featureprep.jobs.engines import make_engine
from featureprep.jobs.prepare import Request, read_contract
from featureprep.jobs.sources import BoundSource, bind_source, replaced
from featureprep.store.objects import ObjectStore

FIRST_ROWS = 1000


def preview(job: Job, rows: int = 10, *, sample: int = FIRST_ROWS, engine: Any = "pandas", **options: Any) -> pa.Table:
    """The first `rows` written rows of a run over the first `sample` rows of each source; nothing is stored.

    Fitted on the sample alone: the constants are not those of a run.
    """
    check("preview", {"rows": integer(0), "sample": integer(1)}, {"rows": rows, "sample": sample})
    request = Request.of("preview", str(options.pop("store", "")), options)
    made = make_engine(engine)
    try:
        contract = read_contract(job, request)
        given = replaced(job.sources, request.sources)
        first = {name: _first(name, source, job, contract, made, sample) for name, source in given.items()}
    finally:
        if made is not engine:
            made.close()
    small = replace(job, sources=first, contract=None, split=None)
    store = ObjectStore.open(f"memory://featureprep-preview-{uuid.uuid4().hex}")
    done = run(small, engine=engine, store=store, params=request.params, statistics=False)
    table = done.dataset.to_arrow().slice(0, rows)
    for entry in store.list(""):
        store.delete(entry.path)
    return table


def _first(name: str, source: Source, job: Job, contract: Any, engine: Engine, sample: int) -> Source:
    """The first rows of a source as a table in memory."""
    bound: BoundSource = bind_source(name, source, job.folder, None if contract is None else contract.source(name), engine, None, None)
    reader = bound.input()
    batches = (batch for fragment in bound.fragments for batch in reader.read(fragment))
    tables: list[pa.Table] = []
    for batch in islice(batches, 64):
        columns = {n: batch.columns[n] for n in bound.schema.names}
        tables.append(pa.table({n: c.dictionary_decode() if isinstance(c, pa.DictionaryArray) else c for n, c in columns.items()}))
        if sum(t.num_rows for t in tables) >= sample:
            break
    table = pa.concat_tables(tables).slice(0, sample) if tables else bound.schema.empty_table()
    return Source("memory", table=table)
