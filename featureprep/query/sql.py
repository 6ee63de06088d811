"""`fp.sql`: a plan written as a SELECT. Nothing of the query is ever executed: it becomes the verbs of `Table`, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featureprep.errors import ArgumentError
from featureprep.plan.table import Table
from featureprep.site import site


def sql(query: str, tables: Mapping[str, Table] | None = None, /, *, dialect: str = "duckdb", params: Mapping[str, Any] | None = None,
        **named: Table) -> Table:  # fmt: skip
    """The table that a SELECT makes of tables of the job.

    Parameters
    ----------
    query : str
        One SELECT: CTEs; subqueries in FROM, and in WHERE as EXISTS or IN; inner, left, semi, anti and ASOF joins; GROUP BY, HAVING;
        DISTINCT, UNION; UNNEST in the select list; lag, lead and aggregates over frames; QUALIFY row_number() = 1. What the plan cannot say
        is refused with its line and column.
    tables : mapping of name to Table, optional
        Beside `**named`, for names that are no keywords.
    dialect : {"duckdb", "postgres", "spark", "bigquery", "trino"}
        How the text is read.
    params : mapping, optional
        Values (or expressions, such as `fp.param(...)`) of the placeholders `$name`.
    **named : Table
        By the names they have in the query.

    Returns
    -------
    Table
        With the columns of the select list, as if made by the verbs: the same rows, ledger and fingerprints.

    Raises
    ------
    ArgumentError, ColumnNotFoundError
        With the place in the query.

    Notes
    -----
    Columns of sources are unknown until data is bound. So with several tables in FROM a column is written `t.x`, unless all of them are
    made by a select list; and `*` stands for a table whose columns come first, or that is alone. Names of columns are matched as written.
    Values are those of SPEC.md (section SQL): logic is SQL's, a number with a point is float64, NaN equals nothing.

    Examples
    --------
    >>> usual = fp.sql("select zone, avg(fare) as usual, count(*) as trips from t where fare > 0 group by zone having count(*) > 9", t=t)
    >>> t = t.join(usual, on="zone", how="left")
    """
    at = site()
    if not isinstance(query, str):
        raise ArgumentError.of("query", "sql", "text", query, where=at)
    if tables is not None and not isinstance(tables, Mapping):
        raise ArgumentError.of("tables", "sql", "a mapping of names to tables", tables, where=at)
    if params is not None and not isinstance(params, Mapping):
        raise ArgumentError.of("params", "sql", "a mapping of names to values", params, where=at)
    given = {**(tables or {}), **named}
    for name, table in given.items():
        if not isinstance(table, Table):
            raise ArgumentError.of(str(name), "sql", "a Table", table, where=at)
    from featureprep.query import numbers, texts, times  # noqa: F401  (they say what functions mean)
    from featureprep.query.select import Query
    from featureprep.query.text import DIALECTS, MAX_CHARS, SqlText

    if dialect not in DIALECTS:
        raise ArgumentError.of("dialect", "sql", f"one of {', '.join(DIALECTS)}", dialect, where=at)
    if len(query) > MAX_CHARS:
        raise ArgumentError(f"a query of {len(query):,} characters is longer than the {MAX_CHARS:,} that are read", where=at)
    try:
        return Query(SqlText(query, dialect), params or {}).table(given)
    except RecursionError:
        raise ArgumentError(
            "the query is nested too deep", where=at, hint="take parts of it out, as CTEs or as tables of their own"
        ) from None
