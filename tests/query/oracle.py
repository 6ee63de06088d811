"""The same query by DuckDB and by a job over the same rows."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

import featureprep as fp
from featureprep.jobs.result import Run


def run(query: str, tables: Mapping[str, pa.Table], **options: Any) -> Run:
    """A job whose body is the query."""
    job = fp.job(sources={name: fp.from_arrow(table) for name, table in tables.items()}, name="case")(_body(query, list(tables), options))
    return job.run(store=f"memory://featureprep-tests-{uuid.uuid4().hex}", statistics=False, partitions=2)


def _body(query: str, names: list[str], options: Mapping[str, Any]) -> Any:
    """A function with a parameter for each table, as a job's body has."""
    made: dict[str, Any] = {"fp": fp, "query": query, "options": dict(options)}
    arguments = ", ".join(names)
    exec(f"def body({arguments}):\n    return fp.sql(query, {{{', '.join(f'{n!r}: {n}' for n in names)}}}, **options)", made)
    return made["body"]


def by_duckdb(query: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    """What DuckDB makes of it."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(query).to_arrow_table()


def rows(table: pa.Table) -> Counter[tuple[Any, ...]]:
    """The rows, whatever their order and the widths of their types."""
    return Counter(tuple(_plain(value) for value in row.values()) for row in table.to_pylist())


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, (int, float, Decimal)):
        return ("number", float(value) + 0.0)
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return value


def agree(query: str, tables: Mapping[str, pa.Table], **options: Any) -> Run:
    """Both give the same columns and the same rows."""
    wanted, made = by_duckdb(query, tables), run(query, tables, **options)
    found = made.dataset.to_arrow()
    assert found.column_names == wanted.column_names
    assert rows(found) == rows(wanted), (rows(found) - rows(wanted), rows(wanted) - rows(found))
    return made
