"""Queries of every kind, held against DuckDB on the same rows; and queries that hypothesis writes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from featureprep.errors import DataError
from tests.query.oracle import agree, by_duckdb, rows, run

POSTS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, 5, None, 7], pa.int64()),
        "author": pa.array([1, 1, 2, 9, None, 2, 3], pa.int64()),
        "score": [1.5, -2.5, None, 0.0, 7.25, 3.0, -0.5],
        "title": ["a", "Bob", None, "ab%", "x_y", "ñandú", " a b "],
        "day": pa.array([19000, 19001, 19040, None, 19700, 19000, 20001], pa.int32()).cast(pa.date32()),
        "n": pa.array([7, -7, 3, 0, None, -8, 2], pa.int32()),
        "tags": [["u"], ["u", "v"], [], None, ["w", None], ["x"], ["u"]],
    }
)
USERS = pa.table(
    {"id": pa.array([1, 2, 3, None, 2], pa.int64()), "karma": pa.array([10, 20, None, 5, 7]), "title": ["Dr", "Mr", "Ms", "X", "Mr"]}
)
START = dt.datetime(2024, 1, 1)
EVENTS = pa.table(
    {
        "id": list(range(12)),
        "k": ["a", "a", "a", "b", "b", None, None, "a", "b", "a", "c", "a"],
        "t": pa.array([1, 3, 2, 5, None, 4, 1, 9, 2, None, 1, 7], pa.int64()),
        "moment": [START + dt.timedelta(hours=h) for h in (1, 3, 2, 5, 40, 4, 1, 9, 2, 30, 1, 7)],
        "x": [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 0.5],
    }
)
QUOTES = pa.table(
    {
        "k": ["a", "a", "b", "c", "a", None],
        "moment": [START + dt.timedelta(hours=h) for h in (0, 4, 2, 8, 7, 1)],
        "price": [10, 11, 12, 13, 14, 15],
    }
)
TABLES = {"posts": POSTS, "users": USERS, "events": EVENTS, "quotes": QUOTES}

QUERIES = """
select * from posts
from posts select id, score where score > 0 and author is not null
select id as "ID", "score" * 2 + 1 as s, N as n from (select id, score, n from posts)
select *, n + 1 as n1 from posts
select * exclude (title, tags) replace (n * 2 as n) from posts
select * rename (n as m) from posts
select p.id, u.karma from posts p join users u on p.author = u.id
select p.id, p.title, u.title as t2, u.id as uid from posts p left join users u on p.author = u.id where p.score is not null
select p.id, u.karma from users u right join posts p on p.author = u.id and u.karma > 10
select p.*, u.karma from posts p join users u on p.author = u.id
select p.id, u.karma from posts p inner join users u on p.author = u.id and p.n < u.karma where u.karma <> 7 or p.score < 3
select p.id, u.karma, v.karma as k2 from posts p join users u on p.author = u.id left join users v on u.id + 1 = v.id
select p.id, u.karma from posts p join (select id, karma from users where karma > 5) u on lower(p.title) <> 'q' and p.author = u.id
select a.id, b.id as other from posts a, posts b where a.author = b.author and a.id < b.id
select id, users.karma from posts join users using (id)
select p.id from posts p semi join users u on p.author = u.id
select * from posts p anti join users u on p.author = u.id
select id from posts where author in (select id from users where karma is not null)
select p.id from posts p where exists (select 1 from users u where u.id = p.author and u.karma > 10)
select p.id from posts p where not exists (select 1 from users u where p.author + 1 = u.id) and p.n is not null
select distinct author from posts
select distinct author is null as absent, n > 0 as positive from posts
select author, n from posts union all select id, karma from users
select id from posts union all by name select karma, id from users
select author as a from posts union select id from users
with a as (select author, count(*) as c from posts group by author), b(i, k) as (select id, karma from users)
  select b.k, a.c from a join b on a.author = b.i
select author, count(*) as c, count(score) as d, sum(score) as s, sum(n) as m, avg(score) as a, min(title) as t, max(day) as w from posts group by author
select author, count(distinct title) as c, stddev_pop(score) as sp, stddev(n) as ss, var_pop(n) as v, median(score) as m from posts group by author
select author, bool_or(n > 0) as bo, bool_and(n > 0) as ba, quantile_cont(score, 0.25) as q, count_if(n > 0) as ci from posts group by author
select author, count(*) filter (where score > 0) as c, sum(n) filter (n < 0) as s, count(distinct n) filter (n > 0) as d from posts group by author
select author, arg_max(title, score) as a, arg_min(id, n) as b from posts where id is not null group by author
select author, list(title order by id) as l from posts group by author
select author, count(*) as c from posts group by author having count(*) > 1 and max(score) > 0
select upper(title) as u, sum(n) + count(*) as s from posts group by upper(title)
select year(day) as y, count(*) as c from posts group by y
select author + 1 as a, max(n) - min(n) as r from posts group by 1 having r > 0
select case when n > 0 then 'up' else 'down' end as w, count(*) as c, avg(score) as a from posts group by all
select count(*) as c, p.author + u.karma as k from posts p join users u on p.author = u.id group by all
select u.title, sum(p.score) as s from posts p join users u on p.author = u.id where u.karma >= 7 and p.n <> 3 group by u.title
select author from posts group by author
select author, n from posts group by author, n having sum(score) is not null
select id, n / 2 as h, n % 3 as m, n % -3 as k, n // 2 as q, n // -2 as r, -n as neg, n - -1 as p, 2 * (n + 1) as o from posts
select id, score > 0 or n > 0 as o, score > 0 and n > 0 as a, not (score > 0) as nt, (score > 0) is true as t, (n > 0) is not false as f from posts
select id, n between -7 and 3 as b, n in (7, -7, null) as i, n not in (3) as o, title in ('a', 'b') as t, n in (id, 7) as c from posts
select id, n is distinct from 7 as d, n is not distinct from null as e, n is null as x, title is not null as y from posts
select id, coalesce(n, id, 0) as c, ifnull(n, 99) as i, nullif(n, 0) as z, if(n > 0, 'p', 'm') as f, greatest(n, 0) as g, least(n, id) as l from posts
select id, case when score > 2 then 'hi' when score is null then 'none' else 'lo' end as k, case n when 7 then 1 when -7 then 2 end as j from posts
select id, round(score) as r, round(score / 3, 2) as r2, round(score * 100, -2) as r3, floor(score) as f, ceil(score) as c, abs(n) as a from posts
select id, round_even(score, 0) as e, pow(n, 2) as p, sqrt(abs(n)) as s, ln(score + 10) as l, exp(score) as x, 1e3 as k, 7 as seven from posts
select id, cast(n as double) / 2 as d, cast(n as varchar) as s, day::timestamp as t, try_cast(title as int) as i, n::bigint as b, cast(1.5 as decimal(5, 2)) as c from posts
select id, title like '%b%' as a, title like 'a%' as b, title like '_o_' as c, title ilike 'bo%' as d, title not like 'x%' as e, title like 'x!_y' escape '!' as f from posts
select id, title like '%' as a, title like '' as b, title like 'a_\\%' as c, title like '%a%b%' as d, title not ilike '%A%' as e from posts
select id, substring(title, 2, 2) as s, left(title, 1) as l, right(title, 2) as r, trim(title) as t, length(title) as n, replace(title, 'b', 'zz') as p from posts
select id, ltrim(title, ' ax') as lt, rtrim(title, 'bd%ú ') as rt, ltrim(title) as l, trim(both 'a' from title) as tb, contains(title, 'a') as c, starts_with(title, 'a') as s from posts
select id, upper(title) as u, lower(title) as l, string_split(title, 'b')[1] as f, ends_with(title, '') as e, array_length(tags) as n, tags[2] as t from posts
select regexp_matches(title, '^[aB]') as m, regexp_extract(title, '([a-z])', 1) as e, regexp_extract(title, 'b+') as w, regexp_replace(title, '[a-z]', '.', 'g') as r from posts
select id, extract(dow from day) as dow, isodow(day) as i, quarter(day) as q, week(day) as w, dayofyear(day) as y, date_part('month', day) as m, epoch(day) as e from posts
select id, date_trunc('month', day) as m, date_trunc('week', day) as w, day + interval '2 days' as p, day - interval 3 hour as h from posts
select id, date_diff('month', day, date '2024-03-01') as dm, date_diff('day', day, date '2024-03-01') as dd, date_diff('year', day, date '2024-03-01') as dy from posts
select id, date_diff('hour', moment, timestamp '2024-01-02 03:04:05') as h, date_diff('minute', timestamp '2024-01-02 03:04:05', moment) as m from events
select id, day > date '2022-01-09' as d, day between '2022-01-01'::date and '2024-01-01'::date as b from posts
select id, lag(x) over (partition by k order by t, id) as l, lead(x, 2, 0.0) over (partition by k order by t, id) as d from events
select id, lag(x) over (partition by k order by t desc, id desc) + 1 as l, x from events where id > 2
select *, lag(x) over (partition by k order by t, id) as l from events
select id, sum(x) over (partition by k order by t, id rows between 2 preceding and current row) as s, count(*) over (partition by k order by t, id rows between 1 preceding and 1 preceding) as c from events
select id, avg(x) over (partition by k order by moment range between interval 3 hours preceding and current row) as a, max(x) over (order by t, id rows between unbounded preceding and current row) as m from events
select id, k from events qualify row_number() over (partition by k order by t, id) = 1
select id, unnest(tags) as tag from posts where id is not null
select e.id, q.price from events e asof join quotes q on e.k = q.k and e.moment >= q.moment
select e.id, q.price, q.moment as known from events e asof left join quotes q on e.k = q.k and e.moment > q.moment
select e.id, q.price from events e asof join quotes q using (k, moment)
select e.id, q.price from events e asof join quotes q on q.moment >= e.moment
"""


@pytest.mark.parametrize("query", [q for q in QUERIES.replace("\n  ", " ").split("\n") if q])
def test_a_query_gives_what_duckdb_gives(query: str) -> None:
    agree(query, {name: table for name, table in TABLES.items() if name in query})


# Queries that are made up. Whole numbers only: sums of them are the same however they are added.

NUMBERS = st.sampled_from([0, 1, 2, 3, -1, -7, 10])
ROWS = st.fixed_dictionaries(
    {
        "a": st.none() | NUMBERS,
        "b": st.none() | NUMBERS,
        "s": st.none() | st.sampled_from(["", "a", "b", "ab", "B%", "a_b"]),
        "p": st.none() | st.booleans(),
    }
)
SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("s", pa.string()), ("p", pa.bool_())])


class Writer:
    """Writes parts of a query."""

    def __init__(self, draw: st.DrawFn, table: str = "") -> None:
        self.draw = draw
        self.table = table

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def column(self, name: str) -> str:
        return f"{self.table}.{name}" if self.table else name

    def number(self, depth: int = 2) -> str:
        if depth == 0 or self.pick(True, False):
            return str(self.pick(self.column("a"), self.column("b"), self.draw(NUMBERS), "cast(null as bigint)"))
        x, y = self.number(depth - 1), self.number(depth - 1)
        return str(
            self.pick(
                f"({x} + {y})", f"({x} - {y})", f"({x} * {y})", f"({x} // 3)", f"({x} % -4)", f"-({x})", f"abs({x})", f"coalesce({x}, {y})",
                f"nullif({x}, {y})", f"greatest({x}, {y})", f"least({x}, 2, {y})", f"length({self.text(depth - 1)})",
                f"case when {self.truth(depth - 1)} then {x} else {y} end", f"case {x} when {y} then 1 when 2 then 3 end",
                f"cast({self.truth(depth - 1)} as int)", f"if({self.truth(depth - 1)}, {x}, null)",
            )
        )  # fmt: skip

    def text(self, depth: int = 1) -> str:
        if depth == 0 or self.pick(True, False):
            return str(self.pick(self.column("s"), "'a'", "''"))
        x = self.text(depth - 1)
        return str(
            self.pick(
                f"upper({x})", f"lower({x})", f"left({x}, 1)", f"substring({x}, 2)", f"replace({x}, 'a', 'bb')", f"cast({self.number(1)} as varchar)",
                f"coalesce({x}, 'none')", f"case when {self.truth(0)} then {x} end", f"trim({x}, 'a')", f"rtrim({x}, '_%')",
            )
        )  # fmt: skip

    def truth(self, depth: int = 2) -> str:
        x, y, t = self.number(0), self.number(max(depth - 1, 0)), self.text(0)
        plain = [
            self.column("p"), "null", "true", f"{x} {self.pick('<', '<=', '=', '<>', '>', '>=')} {y}", f"{x} in (1, {y}, null)", f"{y} not in (0, 2)",
            f"{x} between {y} and 3", f"{y} is null", f"{x} is not distinct from {y}", f"{t} like '{self.pick('a%', '%b', '%a%', '_', 'a__', '%', '')}'",
            f"{t} not ilike 'A%'", f"{t} >= 'a'", f"({x} > 0) is not true", f"contains({t}, 'b')",
        ]  # fmt: skip
        if depth == 0:
            return str(self.pick(*plain))
        a, b = self.truth(depth - 1), self.truth(depth - 1)
        return str(self.pick(*plain, f"({a} and {b})", f"({a} or {b})", f"not ({a})"))


@st.composite
def queries(draw: st.DrawFn) -> str:
    """SELECTs over t and u, both with the columns a, b, s, p."""
    plain, kind = Writer(draw), draw(st.sampled_from(["rows", "groups", "join", "chosen", "set"]))
    where = f" where {plain.truth()}" if draw(st.booleans()) else ""
    if kind == "rows":
        items = ", ".join(f"{make()} as c{i}" for i, make in enumerate([plain.number, plain.text, plain.truth, plain.number]))
        return f"select {draw(st.sampled_from(['', 'distinct ']))}{items} from t{where}"
    if kind == "groups":
        key = draw(st.sampled_from(["a", "s", "p", plain.number(1), plain.truth(1)]))
        makes = [
            "count(*)",
            "sum({n})",
            "min({n})",
            "max({n})",
            "count({n})",
            "count(distinct {n})",
            "sum({n}) filter ({c})",
            "bool_or({c})",
            "max({t})",
        ]
        aggregates = [draw(st.sampled_from(makes)).format(n=plain.number(1), c=plain.truth(1), t=plain.text(1)) for _ in range(3)]
        items = ", ".join([f"{key} as k", *(f"{one} as c{i}" for i, one in enumerate(aggregates))])
        having = draw(st.sampled_from(["", " having count(*) > 1", " having max(a) is not null and min(b) < 3"]))
        return f"select {items} from t{where} group by {key}{having}"
    t, u = Writer(draw, "t"), Writer(draw, "u")
    if kind == "join":
        how = draw(st.sampled_from(["join", "left join"]))
        on = draw(st.sampled_from(["t.a = u.a", "t.a = u.b and t.s = u.s", "t.a + 1 = u.a", "upper(t.s) = u.s", "t.a = u.a and u.b > 0"]))
        items = f"{t.number(1)} as c0, {u.number(1)} as c1, {u.text(1)} as c2, t.a as ta, u.a as ua"
        both = draw(st.sampled_from(["", f" where {t.truth(1)}", f" where {u.truth(1)}", f" where {t.truth(1)} and {u.truth(1)}"]))
        return f"select {items} from t {how} u on {on}{both}"
    if kind == "chosen":
        inner = draw(st.sampled_from(["u.a = t.a", "u.a = t.b and u.b > 0", "u.s = t.s and u.p", "u.a + 1 = t.a"]))
        no = draw(st.sampled_from(["", "not "]))
        return f"select t.a, t.s from t where {t.truth(1)} and {no}exists (select 1 from u where {inner})"
    both = draw(st.sampled_from(["union all", "union"]))
    return f"select {plain.number(1)} as x, {plain.text(1)} as y from t{where} {both} select a, s from u"


@settings(max_examples=40)
@given(query=queries(), t=st.lists(ROWS, max_size=7), u=st.lists(ROWS, max_size=5))
def test_queries_that_are_made_up(query: str, t: list[Any], u: list[Any]) -> None:
    tables = {"t": pa.Table.from_pylist(t, SCHEMA), "u": pa.Table.from_pylist(u, SCHEMA)}
    used = {name: table for name, table in tables.items() if f" {name} " in f"{query} " or f"{name}." in query}
    try:
        wanted = by_duckdb(query, used)
    except duckdb.Error:
        reject()
    try:
        found = run(query, used).dataset.to_arrow()
    except DataError:
        reject()
    assert rows(found) == rows(wanted), query
