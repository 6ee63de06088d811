"""join(serve="embed"): a small table collected once, and stored in the graph as the constants of its look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import ContractError, DataError
from featureprep.plan.physical import Embedded
from featureprep.relational.keys import any_null, group_ids
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from featureprep.run.pipe import PieceReport

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver
    from featureprep.jobs.prepare import Prepared

MAX_ROWS = 1_000_000


def collect_embedded(driver: Driver, prepared: Prepared, embedded: Embedded) -> tuple[dict[str, Mapping[str, Any]], PieceReport, int]:
    """The constants of the look-up nodes, what the rows' report says, and the number of rows.

    Raises
    ------
    DataError
        When two rows have the same key, or there are more rows than a graph takes.
    """
    pipe = embedded.pipe
    task = driver.task(prepared, pipe, pipe.emit)
    source, pieces = driver.input_of(prepared, pipe.input, pipe.schema)
    report = PieceReport()
    tables: list[pa.Table] = []
    for number, piece in enumerate(pieces):
        for columns, rows in task.run(number, piece, report):
            if rows.n:
                plain = {n: c.dictionary_decode() if isinstance(c, pa.DictionaryArray) else c for n, c in columns.items()}
                tables.append(pa.table(plain))
        if sum(t.num_rows for t in tables) > MAX_ROWS:
            raise DataError(
                f"the embedded table has more than {MAX_ROWS} rows",
                hint='leave serve="embed" out: the join then takes place before the entry table',
            )
    report.failures.raise_any(lambda at: source.origins(pieces[at[0]], [at[1]])[0])
    table = pa.concat_tables(tables) if tables else driver.sent_schema(pipe).empty_table()
    table = take_rows(table, content_order(table))
    keys = [table.column(name) for name in embedded.keys]
    known = ~any_null(keys)
    ids, _ = group_ids([key.filter(pa.array(known)) for key in keys])
    if len(set(ids.tolist())) < int(known.sum()):
        raise ContractError(
            f"the table embedded by a join has several rows with the same {', '.join(embedded.keys)}",
            where=embedded.step,
            hint=f"drop_duplicates({list(embedded.keys)!r}) on that table before the join",
        )
    struct = pa.StructArray.from_arrays([_whole(key) for key in keys], names=list(embedded.keys))
    constants: dict[str, Mapping[str, Any]] = {}
    for node in embedded.nodes:
        column = node.params["column"]
        constants[node.key] = {"keys": struct} if column is None else {"keys": struct, "values": _whole(table.column(column))}
    return constants, report, table.num_rows


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
