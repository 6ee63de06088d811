"""What a plan cannot say is refused: by the construct's name, with its line and column, and with what to do instead."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep.errors import ArgumentError, ColumnNotFoundError, DataError, FeatureprepError, TypeMismatchError
from featureprep.plan import steps
from tests.query.oracle import run

T = fp.Table(steps.Scan((), None, "t"))
U = fp.Table(steps.Scan((), None, "u"))


def sql(query: str, **options: Any) -> fp.Table:
    return fp.sql(query, t=T, u=U, **options)


REFUSED = {
    "select a from t limit 5": ("LIMIT", "1, column 23", "sample"),
    "select a from t order by a": ("ORDER BY in", "1, column 26", "no order"),
    "select a\nfrom t\n  limit 5": ("LIMIT", "3, column 9", "sample"),
    "select a from t offset 2": ("OFFSET", "1", "sample"),
    "select a from t tablesample 10%": ("TABLESAMPLE in", "1", "sample"),
    "with recursive c as (select a from t) select a from c": ("RECURSIVE", "1", "join"),
    "select a from v": ("no table 'v'", "1, column 15", "tables: t, u"),
    "select a from db.t": ("DB", "1", None),
    "select a from 'file.parquet'": ("no table 'file.parquet'", "1, column 15", None),
    "select a from read_csv('x')": ("take read_csv('x') in FROM", "1", None),
    "select a from t full join u using (a)": ("FULL JOIN", "1", "left"),
    "select t.a from t natural join u": ("NATURAL JOIN", "1", "keys"),
    "select t.a from t cross join u": ("no equality", "1, column 30", "ON"),
    "select t.a from t join u on t.a > u.a": ("no equality", "1", "equal keys"),
    "select t.a from t left join u on t.a = u.a and t.b > 3": ("left join", "1, column 48", "WHERE"),
    "select t.a from t asof join u on t.a = u.a": ("one inequality", "1", ">="),
    "select a from t join u on t.a = u.a": ("cannot be told", "1, column 8", "t.a"),
    "select * from t join u on t.a = u.a": ("not known", "1, column 8", "name the columns"),
    "select a, * from t": ("not known", "1, column 11", "name the columns"),
    "select t.a from t join t on t.a = t.b": ("two tables", "1", "alias"),
    "select a + 1 from t": ("no name", "1, column 8", "AS name"),
    "select a, b as a from t": ("two columns", "1", "another name"),
    "select a || b as c from t": ("take a || b", "1, column 8", "no expression that joins texts"),
    "select concat(a, b) as c from t": ("take concat(a, b)", "1, column 8", "T.cross"),
    "select foo(a) as c from t": ("the function foo", "1, column 8", "Python"),
    "select now() as c from t": ("the function now", "1", None),
    "select current_date as c from t": ("CURRENT_DATE", "1", "clock"),
    "select random() as c from t": ("take random()", "1, column 8", "sample"),
    "select log(a) as c from t": ("take log(a)", "1, column 8", None),
    "select a & 1 as c from t": ("take a & 1", "1", None),
    "select a ~ 'x' as c from t": ("operator ~", "1", "regexp_matches"),
    "select regexp_replace(a, 'x', 'y') as c from t": ("every match", "1", "'g'"),
    "select substring(a, 0, 2) as c from t": ("counts from 1", "1", "right"),
    "select substring(a, b) as c from t": ("must be a number", "1, column 21", None),
    "select a like b as c from t": ("must be text", "1, column 15", None),
    "select a collate nocase as c from t": ("COLLATE nocase", "1", None),
    "select a + interval 1 month as c from t": ("MONTH", "1", "DAY"),
    "select a + interval (b) day as c from t": ("whole number", "1", None),
    "select extract(millennium from a) as c from t": ("MILLENNIUM", "1", "YEAR"),
    "select date_diff('week', a, b) as c from t": ("a way of its own", "1", "date_diff"),
    "select cast(a as time) as c from t": ("TIME", "1", "types"),
    "select pow(a, b) as c from t": ("exponent", "1", None),
    "select (select 1) as c from t": ("a subquery here: (SELECT 1)", "1", "EXISTS"),
    "select a from t where a not in (select a from u)": ("NOT IN", "1", "NOT EXISTS"),
    "select a from t where a in (select a from u) or b": ("by itself", "1", None),
    "select a from t where exists (select 1 from u)": ("no link", "1", "u.x = t.x"),
    "select a from t where exists (select 1 from u where u.a > t.a)": ("equalities only", "1, column 53", None),
    "select count(*) as c from t": ("without GROUP BY", "1", "GROUP BY"),
    "select a, b from t group by a": ("neither grouped", "1, column 11", "GROUP BY it too"),
    "select a, sum(distinct b) as s from t group by a": ("sum(distinct b)", "1", "count"),
    "select a, any_value(b) as s from t group by a": ("aggregate", "1", "first"),
    "select a, list(b) as s from t group by a": ("aggregate", "1", "ORDER BY"),
    "select a, sum(b) as s from t group by rollup (a)": ("ROLLUP (a)", "1", None),
    "select a from t where sum(b) > 1": ("an aggregate here", "1, column 23", None),
    "select a, lag(b) over (partition by a) as l from t": ("no ORDER BY", "1", "over"),
    "select a, sum(b) over (partition by a order by c) as l from t": ("no frame", "1", "rows between"),
    "select a, row_number() over (order by c) as l from t": ("window", "1", "QUALIFY"),
    "select a, lag(b) over (order by a desc, c) as l from t": ("as a whole", "1", None),
    "select a from t qualify row_number() over (partition by a order by b) = 2": ("QUALIFY", "1", "WHERE"),
    "select distinct on (a) a, b from t": ("DISTINCT ON", "1", "drop_duplicates"),
    "select distinct on (a) a, b from t order by a, b": ("DISTINCT ON", "1", "drop_duplicates"),
    "select a, string_agg( b,\n ',') as s from t group by a": ("aggregate string_agg( b, ',')", "1, column 23", None),
    "select a, upper(listagg(b, ',')) as s from t group by a": ("aggregate listagg(b, ',')", "1, column 25", None),
    "select rand() as c, random() as d from t": ("take rand()", "1", "sample"),
    "select x.a from (select a from t) y": ("no table is named 'x'", "1, column 8", "tables: y"),
    "select x.a from (select a from t)": ("no table is named 'x'", "1, column 8", "has no name"),
    "select t.a, x.b from t join u on t.a = u.a": ("no table is named 'x'", "1, column 13", "tables: t, u"),
    "select a from t pivot (sum(a) for b in ('x'))": ("PIVOT in", "1", None),
    "select a from t union all select * from u": ("by their places", "1", "BY NAME"),
    "select a from t union all select a, b from u": ("1 and 2 columns", "1", None),
    "select a from t intersect select a from u": ("INTERSECT", "1", "semi join"),
    "select a from t except select a from u": ("EXCEPT", "1", "anti join"),
    "pivot t on a using sum(b)": ("PIVOT", "1", None),
    "insert into t select a from u": ("INSERT", "1", None),
    "drop table t": ("DROP", "1", None),
    "select 1 as a": ("no FROM", "1", None),
    "select a from t; select a from u": ("2 statements", "SQL", None),
    "": ("0 statements", "SQL", None),
    "select a fro t where": ("cannot be parsed", "SQL line 1", "duckdb"),
    "select 'a from t": ("cannot be parsed", "SQL", None),
    "select $day as d from t": ("'day'", "1", "params"),
    "select ? as d from t": ("placeholder", "1", "$day"),
    "select 99999999999999999999 as d from t": ("64 bits", "1, column 8", None),
}  # fmt: skip


@pytest.mark.parametrize("query", REFUSED)
def test_a_refusal_names_the_construct_its_place_and_a_way_out(query: str) -> None:
    what, place, hint = REFUSED[query]
    with pytest.raises(ArgumentError) as caught:
        sql(query)
    error = caught.value
    assert what in error.what
    assert error.where is not None
    assert "test_sql_refused.py:" in error.where
    assert place in error.where
    assert hint is None or hint in (error.hint or "")


@pytest.mark.parametrize(
    ("query", "dialect", "what"),
    [
        ("select a / b as c from t", "postgres", "of two integers"),
        ("select a / b as c from t", "trino", "of two integers"),
        ("select regexp_like(a, 'x') as c from t", "trino", "RE2"),
        ("select a + interval 1 day as c from t", "bigquery", "bigquery"),
        ("select round_even(a, 0) as c from t", "postgres", "round_even"),
        ("select cast(a as varchar(3)) as c from t", "postgres", "cast to"),
    ],
)
def test_what_a_dialect_means_otherwise(query: str, dialect: str, what: str) -> None:
    with pytest.raises(ArgumentError, match=what):
        sql(query, dialect=dialect)


def test_division_in_dialects_that_fail_or_give_null_by_zero() -> None:
    tables = {"t": pa.table({"a": [1.0, 0.0, None, 4.0], "b": [2.0, 2.0, 0.0, None]})}
    query = "select a / cast(b as double precision) as c from t"
    assert sorted(map(str, run(query, tables, dialect="postgres").dataset.to_arrow()["c"].to_pylist())) == ["0.0", "0.5", "None", "None"]
    zero = {"t": pa.table({"a": [1.0], "b": [0.0]})}
    with pytest.raises(DataError, match="malformed"):
        run(query, zero, dialect="postgres")
    assert run("select a / b as c from t", zero, dialect="spark").dataset.to_arrow()["c"].to_pylist() == [None]
    assert run("select a / b as c from t", zero).dataset.to_arrow()["c"].to_pylist() == [float("inf")]


def test_types_that_mean_something_else_are_refused_when_the_job_is_bound() -> None:
    tables = {"t": pa.table({"f": [1.5], "s": ["a"], "l": [[1]], "n": [1]})}
    for query, what in (
        ("select cast(f as varchar) as c from t", "bool, date, integer, text is wanted"),
        ("select try_cast(f as int) as c from t", "bool, integer, text is wanted"),
        ("select s[1] as c from t", "list is wanted"),
        ("select n like '1' as c from t", "text is wanted"),
        ("select n like '1%' as c from t", "text"),
        ("select f % 2 as c from t", "integers"),
    ):
        with pytest.raises(TypeMismatchError, match=what) as caught:
            run(query, tables)
        assert "SQL line 1, column" in str(caught.value)


def test_columns_are_checked_where_they_are_known() -> None:
    known = T.select("Fare", "b")
    with pytest.raises(ColumnNotFoundError, match="SQL line 1, column 8") as caught:
        fp.sql("select fares from t", t=known)
    assert "Fare" in (caught.value.hint or "")
    assert fp.sql("select FARE as x from T", t=known).step is not None
    with pytest.raises(ColumnNotFoundError):
        fp.sql('select "fare" from t', t=known)
    with pytest.raises(ColumnNotFoundError):
        fp.sql("select * exclude (c) from t", t=known)


def test_a_missing_column_of_a_source_has_its_place_in_the_query() -> None:
    with pytest.raises(ColumnNotFoundError, match=r"SQL line 1, column 8: select: no column 'fares'"):
        run("select id,\n    fares from t", {"t": pa.table({"id": [1], "fare": [2.0]})})


def test_a_missing_table_of_a_source_is_told_as_one() -> None:
    tables = {"t": pa.table({"a": [1], "s": [{"f": 2}]})}
    with pytest.raises(
        ColumnNotFoundError, match=r"column 8 \(FROM has no table 'x': x\.a is read as a field of a column\).* no column 'x'"
    ):
        run("select x.a from t", tables)
    with pytest.raises(ColumnNotFoundError, match=r"FROM has no table 'x'.*the condition"):
        run("select a from t where x.a > 1", tables)
    with pytest.raises(ColumnNotFoundError, match="no column 'b'") as caught:
        run("select t.b from t", tables)
    assert "FROM" not in str(caught.value)
    for query in (
        "select s.f from t",
        "select t.s.f from t",
        "select y.s.f from (select s from t) y",
        "select s.f from (select s from t) y",
    ):
        assert run(query, tables).dataset.to_arrow().to_pylist() == [{"f": 2}]


def test_a_column_beside_a_star_must_be_a_new_one() -> None:
    tables = {"t": pa.table({"a": [1], "b": [2]}), "u": pa.table({"k": [1], "b": [3]})}
    for query in ("select *, a + 1 as b from t", "select t.*, u.b from t join u on t.a = u.k"):
        with pytest.raises(ArgumentError, match="'b'"):
            run(query, tables if "u" in query else {"t": tables["t"]})
    assert run("select t.*, u.b as c from t join u on t.a = u.k", tables).dataset.to_arrow().to_pylist() == [{"a": 1, "b": 2, "c": 3}]


def test_names_that_only_quotes_make_names() -> None:
    tables = {"select": pa.table({"from": [1], "a b": [2], "t.x": [3], 'q"q': [4]}), "t": pa.table({"from": [1], "x": [9]})}
    query = 'select s."from" as "where", s."a b", s."t.x", t.x, s."q""q" from "select" s join t on t."from" = s."from"'
    body = {"select": fp.from_arrow(tables["select"]), "t": fp.from_arrow(tables["t"])}
    made = fp.sql(query, {"select": fp.Table(steps.Scan((), None, "select")), "t": fp.Table(steps.Scan((), None, "t"))})
    assert body.keys() == {s.source for s in made.step.walk() if isinstance(s, steps.Scan)}
    assert made.step.columns == ("where", "a b", "t.x", "x", 'q"q')  # type: ignore[attr-defined]


def test_parameters_are_values_and_never_text() -> None:
    tables = {"t": pa.table({"s": ["a", "x' or '1'='1"], "n": [1, 2]})}
    found = run("select n from t where s = $name and n < $most", tables, params={"name": "x' or '1'='1", "most": 5})
    assert found.dataset.to_arrow()["n"].to_pylist() == [2]
    assert sql("select a from t where a > $low", params={"low": fp.param("low", "int64", 3)}).step is not None


@pytest.mark.parametrize("query", ["select " + "(" * 3000 + "a" + ")" * 3000 + " as a from t", "select " + "not " * 4000 + "a as a from t"])
def test_a_query_that_is_nested_too_deep(query: str) -> None:
    with pytest.raises(ArgumentError, match="nested too deep"):
        sql(query)


def test_a_long_query() -> None:
    assert sql(f"select {' + '.join(['a'] * 400)} as a, {' and '.join(['b > 1'] * 400)} as b from t").step is not None
    with pytest.raises(ArgumentError, match="100,000"):
        sql("select a from t --" + "x" * 100_000)


def test_what_sql_is_given() -> None:
    for given in ("mysql", "nonsense"):
        with pytest.raises(ArgumentError, match="duckdb, postgres"):
            sql("select a from t", dialect=given)
    for call in (
        lambda: fp.sql(3, t=T),  # type: ignore[arg-type]
        lambda: fp.sql("select a from t", t=pa.table({"a": [1]})),
        lambda: fp.sql("select a from t", [T]),  # type: ignore[arg-type]
        lambda: fp.sql("select a from t", t=T, params=3),  # type: ignore[arg-type]
    ):
        with pytest.raises(ArgumentError):
            call()  # type: ignore[no-untyped-call]


def test_the_plan_is_that_of_the_verbs() -> None:
    by_sql = fp.sql("select id, fare * 2 as double_fare from t where fare > 0 and id is not null", t=T)
    by_verbs = (
        T.filter(col("fare") > 0, name="where fare > 0")
        .filter(~col("id").is_null(), name="where id IS NOT NULL")
        .with_columns(double_fare=col("fare") * 2)
        .select("id", "double_fare")
    )
    ours, theirs = steps.to_json(by_sql.step), steps.to_json(by_verbs.step)
    for line in (*ours, *theirs):
        line.pop("rule", None)
    assert ours == theirs


def test_importing_featureprep_loads_no_parser() -> None:
    code = "import sys, featureprep as fp; fp.sql; print(any(m.partition('.')[0] == 'sqlglot' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_every_refusal_is_one_of_ours() -> None:
    words = [
        "select",
        "from",
        "t",
        "u",
        "a",
        "*",
        "(",
        ")",
        ",",
        "where",
        "group by",
        "join",
        "on",
        "=",
        "over",
        "case",
        "when",
        "1",
        "'x'",
        "as",
        "not",
    ]
    for seed in range(400):
        query = " ".join(words[(seed * 7 + i * i * (seed % 11 + 1)) % len(words)] for i in range(seed % 13 + 1))
        for text in (query, f"select {query} from t", f"select a from t where {query}"):
            try:
                sql(text)
            except FeatureprepError:
                continue
