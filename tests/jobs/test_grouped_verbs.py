"""group_by, union and explode from end to end: values, ledger, lineage, limits; against DuckDB, pandas and Polars."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, ColumnNotFoundError, DataError, RowRejected, TypeMismatchError
from featureprep.jobs import meeting
from featureprep.jobs.result import Run
from featureprep.lineage.columns import column_lineage
from featureprep.plan.lower import lower
from featureprep.run import distinct, exchange, gathered, grouped, joining, local_stage, stage
from featureprep.run.rows import StagePart
from featureprep.run.stage import store_part
from tests.jobs.cases import make_job, memory_store
from tests.transforms.harness import python_rows

NAN = float("nan")
LISTS = pa.table({"k": ["a", "b", "c", "d"], "l": [["x", None], [], None, ["y"]]})


def run(body: Callable[..., Any], *tables: pa.Table, partitions: int = 3, **options: Any) -> Run:
    job = make_job(body, *map(fp.from_arrow, tables), **options)
    return job.run(store=memory_store(), statistics=False, partitions=partitions)


def rows(made: Run, by: str = "k") -> list[dict[str, Any]]:
    found = [row for split in made.dataset.splits for row in made.dataset.to_arrow(split).to_pylist()]
    return sorted(found, key=lambda row: str(row[by]))


def line(made: Run, step: str) -> dict[str, Any]:
    (found,) = [entry for entry in made.ledger.to_json()["lines"] if entry["step"] == step]
    return {k: v for k, v in found.items() if k not in ("step", "inputs") and v not in (0, {})}


def keep(*names: str) -> Callable[[fp.Table], fp.Table]:
    return lambda table: table.features(keep=list(names))


# Groups.


@pytest.mark.parametrize(
    "keys",
    [
        pa.array(["a", None, "a", "b", None, "a"]).dictionary_encode(),
        pa.array([1.5, NAN, 1.5, -0.0, NAN, 1.5]),
        pa.array([0.0, None, -0.0, 2.0, None, 0.0]),
        pa.array([dt.date(2024, 1, 1), None, dt.date(2024, 1, 1), dt.date(1, 1, 1), None, dt.date(2024, 1, 1)]),
        pa.array([dt.datetime(2024, 1, 1, 1), None, dt.datetime(2024, 1, 1, 1), dt.datetime(1960, 1, 1), None, dt.datetime(2024, 1, 1, 1)]),
        pa.array([Decimal("1.50"), None, Decimal("1.50"), Decimal("-2.00"), None, Decimal("1.50")], pa.decimal128(10, 2)),
        pa.array([True, None, True, False, None, True]),
        pa.array([2**63 - 1, None, 2**63 - 1, -(2**63), None, 2**63 - 1]),
    ],
)
def test_keys_of_every_type(keys: pa.Array) -> None:
    table = pa.table({"k": keys, "x": [1, 2, 3, 4, 5, 6]})
    made = run(lambda main: keep("k", "n", "xs")(main.group_by("k").agg(n=agg.count(), xs=agg.collect("x"))), table)
    assert sorted(row["xs"] for row in rows(made)) == [[1, 3, 6], [2, 5], [4]]
    assert line(made, "group_by k") == {"in": 6, "out": 3, "merged": 3}
    assert made.dataset.to_arrow().schema.field("k").type == (pa.string() if pa.types.is_dictionary(keys.type) else keys.type)


def sample(n: int = 3000) -> pa.Table:
    rng = np.random.default_rng(2)
    return pa.table(
        {
            "k": pa.array(rng.integers(0, 40, n), mask=rng.random(n) < 0.05),
            "d": pa.array(np.datetime64("2024-01-01") + rng.integers(0, 5, n)),
            "x": pa.array(rng.normal(size=n) * 10.0 ** rng.integers(-5, 5, n), mask=rng.random(n) < 0.1),
            "i": pa.array(rng.integers(-1000, 1000, n), mask=rng.random(n) < 0.1),
            "o": pa.array(rng.permutation(n)),
            "t": pa.array(rng.random(n) < 0.8, mask=rng.random(n) < 0.1),
        }
    )


def every(main: fp.Table) -> fp.Table:
    made = main.group_by("k", "d").agg(
        n=agg.count(), c=agg.count("x"), s=agg.sum("x"), si=agg.sum("i"), m=agg.mean("x"), sd=agg.std("x"), sd1=agg.std("i", ddof=1),
        v=agg.var("x"), v1=agg.var("x", ddof=1), lo=agg.min("x"), hi=agg.max("i"), q=agg.quantile("x", 0.25), md=agg.median("i"),
        u=agg.n_unique("i"), f=agg.first("x", order_by="o"), l=agg.last("i", order_by=["d", "o"]), every=agg.all("t"), one=agg.any("t"),
        xs=agg.collect("i", order_by="o", descending=True),
    )  # fmt: skip
    return keep("k", "d", *"n c s si m sd sd1 v v1 lo hi q md u f l every one xs".split())(made)


def test_duckdb_agrees() -> None:
    duckdb = pytest.importorskip("duckdb")
    table = sample()
    made = run(every, table).dataset.to_arrow().to_pylist()
    query = """select k, d, count(*) n, count(x) c, fsum(x) s, sum(i)::bigint si, favg(x) m, stddev_pop(x) sd, stddev_samp(i) sd1,
        var_pop(x) v, var_samp(x) v1, min(x) lo, max(i) hi, quantile_cont(x, 0.25) q, median(i) md, count(distinct i) u,
        arg_min_null(x, o) f, arg_max_null(i, o) l, coalesce(bool_and(t), true) every, coalesce(bool_or(t), false) one,
        list(i order by o desc) xs from t group by k, d"""
    with duckdb.connect() as connection:
        connection.register("t", table)
        expected = {(row["k"], row["d"]): row for row in connection.sql(query).to_arrow_table().to_pylist()}
    assert len(made) == len(expected) > 150
    for row in made:
        for name, want in expected[row["k"], row["d"]].items():
            same = row[name] == want or (isinstance(want, float) and math.isclose(row[name], want, rel_tol=1e-9, abs_tol=1e-12))
            assert same or (name == "s" and want is None and row[name] == 0.0), (name, row[name], want)


def test_pandas_and_polars_agree() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    table = sample()
    made = {(row["k"], row["d"]): row for row in run(every, table).dataset.to_arrow().to_pylist()}
    frame = (
        pl.from_arrow(table)
        .group_by("k", "d")
        .agg(
            u=pl.col("i").drop_nulls().n_unique(),
            md=pl.col("i").median(),
            v1=pl.col("x").var(),
            xs=pl.col("i").sort_by("o", descending=True),
        )
    )
    for row in frame.to_dicts():
        own = made[row["k"], row["d"]]
        assert (own["u"], own["md"], own["xs"]) == (row["u"], row["md"], row["xs"])
        assert own["v1"] is row["v1"] is None or math.isclose(own["v1"], row["v1"], rel_tol=1e-9)
    series = table.to_pandas().groupby("k")["x"].quantile(0.25)
    by_key = run(lambda main: keep("k", "q")(main.group_by("k").agg(q=agg.quantile("x", 0.25))), table).dataset.to_arrow().to_pylist()
    for row in by_key:
        if row["k"] is not None:
            assert math.isclose(row["q"], pd.Series(series)[row["k"]], rel_tol=1e-12)


def test_a_sum_that_overflows_follows_the_policy() -> None:
    table = pa.table({"k": [1, 1, 2], "i": [2**63 - 1, 1, 5]})

    def body(main: fp.Table) -> fp.Table:
        return keep("k", "s")(main.group_by("k").agg(s=agg.sum("i")))

    with pytest.raises(RowRejected, match="1 row: malformed: s overflows"):
        run(body, table)
    assert rows(run(body, table, malformed="null")) == [{"k": 1, "s": None}, {"k": 2, "s": 5}]
    made = run(body, table, malformed="quarantine")
    assert rows(made) == [{"k": 2, "s": 5}]
    assert line(made, "group_by k") == {"in": 3, "out": 1, "merged": 1, "quarantined": {"malformed: s overflows": 1}}


def test_what_agg_refuses() -> None:
    table = pa.table({"k": ["a"], "t": ["x"], "l": [[1]]})
    cases: list[tuple[Callable[[], Any], type[Exception], str]] = [
        (lambda: agg.std("x", ddof=2), ArgumentError, r"'ddof' parameter of std must be an int in the range \[0, 1\]"),
        (lambda: agg.quantile("x", 1.5), ArgumentError, "'q' parameter of quantile"),
        (lambda: agg.first("x", order_by=[]), ArgumentError, "first names no column to order by"),
        (lambda: run(lambda main: main.group_by("k").agg(s=agg.any("t")), table), TypeMismatchError, "any takes true and false"),
        (lambda: run(lambda main: main.group_by("k").agg(s=agg.first("t", order_by="l")), table), TypeMismatchError, "have no order"),
        (lambda: run(lambda main: main.group_by("k").agg(s=agg.last("t", order_by="z")), table), ColumnNotFoundError, "no column 'z'"),
        (
            lambda: run(lambda main: main.group_by("l").agg(s=agg.count()), table),
            TypeMismatchError,
            "group_by takes no key of type list<int64>",
        ),
    ]
    for call, error, text in cases:
        with pytest.raises(error, match=text):
            call()
    with pytest.raises(AttributeError, match="Did you mean n_unique"):
        _ = agg.nunique  # type: ignore[attr-defined]


def test_graph_of_an_entry_table_of_groups_gives_what_was_written() -> None:
    def groups(main: fp.Table) -> fp.Table:
        return main.group_by("k", "d").agg(m=agg.mean("x"), v=agg.var("x", ddof=1), xs=agg.collect("i", order_by="o"))

    table = sample(400)
    made = run(
        lambda main: groups(main).features(m=T.standard_scale("m"), v=T.impute("v", "median"), n=col("xs").list.len(), keep=["k", "d"]),
        table,
    )
    entry = python_rows(run(lambda main: keep("k", "d", "m", "v", "xs")(groups(main)), table).dataset.to_arrow())
    written = {(row["k"], row["d"]): row for row in python_rows(made.dataset.to_arrow())}
    assert len(entry) == len(written)
    for row in entry:
        assert str(made.graph(row)) == str(written[row["k"], row["d"]])


# Union.


def test_union_by_name_with_common_types() -> None:
    left = pa.table(
        {"k": ["a"], "i": pa.array([1], pa.int8()), "u": pa.array([1], pa.uint8()), "f": pa.array([0.5], pa.float32()), "n": pa.nulls(1)}
    )
    right = pa.table(
        {
            "f": pa.array([2**53 + 1], pa.int64()),
            "k": ["b"],
            "u": pa.array([2**64 - 1], pa.uint64()),
            "n": [[1]],
            "i": pa.array([2**40], pa.int64()),
        }
    )
    made = run(lambda main, side: keep("k", "i", "u", "f", "n")(main.union(side)), left, right)
    assert [made.dataset.to_arrow().schema.field(n).type for n in "iufn"] == [pa.int64(), pa.uint64(), pa.float64(), pa.list_(pa.int64())]
    assert rows(made) == [
        {"k": "a", "i": 1, "u": 1, "f": 0.5, "n": None}, {"k": "b", "i": 2**40, "u": 2**64 - 1, "f": float(2**53), "n": [1]},
    ]  # fmt: skip
    assert line(made, "union") == {"in": 2, "out": 2}


def test_union_of_times_and_decimals() -> None:
    left = pa.table({"k": ["a"], "d": pa.array([dt.date(2024, 1, 1)]), "m": pa.array([Decimal("1.5")], pa.decimal128(3, 1))})
    right = pa.table({"k": ["b"], "d": pa.array([dt.datetime(2024, 1, 2, 3)]), "m": pa.array([Decimal("12.345")], pa.decimal128(6, 3))})
    made = run(lambda main, side: keep("k", "d", "m")(main.union(side)), left, right)
    assert [row["d"] for row in rows(made)] == [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 3)]
    assert [row["m"] for row in rows(made)] == [Decimal("1.500"), Decimal("12.345")]
    assert made.dataset.to_arrow().schema.field("m").type == pa.decimal128(6, 3)


@pytest.mark.parametrize(
    "other, error, text",
    [
        (pa.table({"k": ["a"], "x": ["1"]}), TypeMismatchError, "columns 'x' of a union are of different types: int64 and string"),
        (pa.table({"k": ["a"], "x": [True]}), TypeMismatchError, "different types: int64 and bool"),
        (pa.table({"k": ["a"], "x": [[1]]}), TypeMismatchError, "different types"),
        (pa.table({"k": ["a"]}), ColumnNotFoundError, "table 2 of the union lacks 'x'"),
        (pa.table({"k": ["a"], "x": [1], "y": [1]}), ColumnNotFoundError, "table 1 of the union lacks 'y'"),
    ],
)
def test_what_union_refuses(other: pa.Table, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        run(lambda main, side: main.union(side), pa.table({"k": ["a"], "x": [1]}), other)


def test_zones_that_differ_are_refused() -> None:
    one, two = (pa.table({"t": pa.array([0], pa.timestamp("us", zone))}) for zone in ("UTC", None))
    with pytest.raises(TypeMismatchError, match="'t' would hold timestamp.UTC. and timestamp"):
        run(lambda main, side: main.union(side), one, two)


def test_missing_columns_are_null_on_request() -> None:
    left, right = pa.table({"k": ["a"], "s": [{"x": 1}]}), pa.table({"k": ["b"], "y": [1.5]})
    made = run(lambda main, side: keep("k", "s", "y")(main.union(side, missing="null")), left, right)
    assert rows(made) == [{"k": "a", "s": {"x": 1}, "y": None}, {"k": "b", "s": None, "y": 1.5}]


def test_a_table_beside_itself_is_forked() -> None:
    made = run(lambda main: keep("k")(main.union(main, main)), pa.table({"k": ["a", "b"]}))
    assert line(made, "fork after read main") == {"in": 2, "created": 4, "out": 6}
    assert line(made, "union") == {"in": 6, "out": 6}
    assert [row["k"] for row in rows(made)] == ["a", "a", "a", "b", "b", "b"]
    assert made.ledger.rows() == {"read": 2, "created": 4, "merged": 0, "dropped": 0, "quarantined": 0, "written": 6}


# Explode.


def test_empty_and_null_lists_are_dropped_by_rules() -> None:
    made = run(lambda main: keep("k", "l", "at")(main.explode("l", position="at")), LISTS)
    assert rows(made) == [{"k": "a", "l": "x", "at": 0}, {"k": "a", "l": None, "at": 1}, {"k": "d", "l": "y", "at": 0}]
    assert line(made, "explode l") == {
        "in": 4, "created": 1, "out": 3, "dropped": {"empty list in explode l": 1, "null list in explode l": 1},
    }  # fmt: skip


def test_or_kept_with_a_null_element() -> None:
    made = run(lambda main: keep("k", "l", "at")(main.explode("l", empty="null", position="at")), LISTS)
    assert [(row["k"], row["l"], row["at"]) for row in rows(made)][2:] == [("b", None, None), ("c", None, None), ("d", "y", 0)]
    assert line(made, "explode l") == {"in": 4, "created": 1, "out": 5}


@pytest.mark.parametrize(
    "lists",
    [
        pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
        pa.array([[{"a": 1}], [], [{"a": None}, None]]),
        pa.array([[[1], []], [None], []]),
        pa.array([[0.0, NAN], None, [-0.0]]).cast(pa.large_list(pa.float64())),
        pa.array([[], [], None], pa.list_(pa.date32())),
        pa.array([None, None, None], pa.list_(pa.string())),
    ],
)
@pytest.mark.parametrize("empty", ["drop", "null"])
def test_lists_of_every_kind(lists: pa.Array, empty: str) -> None:
    table = pa.table({"k": [1, 2, 3], "l": lists, "other": [["a"], [], None]})
    made = run(lambda main: keep("k", "l", "other")(main.explode("l", empty=empty)), table)
    expected = [
        {"k": row["k"], "l": item, "other": row["other"]}
        for row in table.to_pylist()
        for item in (row["l"] or ([None] if empty == "null" else []))
    ]
    assert sorted(map(str, rows(made))) == sorted(map(str, expected))
    assert made.dataset.to_arrow().schema.field("l").type == lists.type.value_type


def test_what_explode_refuses() -> None:
    for call, error, text in (
        (lambda main: main.explode("k"), TypeMismatchError, "explode takes lists, and 'k' is string"),
        (lambda main: main.explode("nope"), ColumnNotFoundError, "no column 'nope'"),
        (lambda main: main.explode("l", position="k"), ArgumentError, "two columns the name 'k'"),
        (lambda main: main.explode("l", position="l"), ArgumentError, "names a column twice"),
        (lambda main: main.explode("l", empty="keep"), ArgumentError, "'empty' parameter of explode"),
    ):
        with pytest.raises(error, match=text):
            run(call, LISTS)


def test_a_large_piece_leaves_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"k": range(200_000), "l": [[1, 2]] * 200_000})

    def body(main: fp.Table) -> fp.Table:
        return keep("k", "l")(main.explode("l"))

    stored: list[StagePart] = []

    def noted(*args: Any) -> Any:
        stored.append(store_part(*args))
        return stored[-1]

    monkeypatch.setattr(local_stage, "store_part", noted)
    expected = run(body, table, partitions=1)
    assert len(stored) == 1
    monkeypatch.setattr(stage, "PART_BYTES", 1 << 20)
    made = run(body, table, partitions=1)
    assert made.dataset.fingerprint == expected.dataset.fingerprint
    assert len(stored) == len(set(stored)) == 3


# Skew and limits.


def skewed(n: int = 12_000) -> tuple[pa.Table, pa.Table]:
    rng = np.random.default_rng(1)
    keys = np.where(rng.random(n) < 0.5, 7, rng.integers(0, 900, n))
    left = pa.table({"k": pa.array(keys, mask=rng.random(n) < 0.1), "x": rng.normal(size=n), "i": rng.integers(0, 50, n)})
    return left, pa.table({"k": pa.array([*range(600), None]), "w": rng.normal(size=601)})


SKEWED: dict[str, Callable[..., fp.Table]] = {
    "groups": lambda main, side: keep("k", "m", "q", "u", "f")(
        main.group_by("k").agg(m=agg.mean("x"), q=agg.median("x"), u=agg.n_unique("i"), f=agg.first("i", order_by="x")).semi(side)
    ),
    "first": lambda main, side: keep("k", "x")(main.drop_duplicates("k", order_by="x").semi(side)),
    "rows": lambda main, side: keep("k", "i")(main.drop_duplicates(["k", "i"]).semi(side)),
    "inner": lambda main, side: keep("k", "x")(main.join(side, on="k")),
    "left": lambda main, side: keep("k", "x", "w")(main.join(side, on="k", how="left")),
    "semi": lambda main, side: keep("k", "x")(main.semi(side)),
    "anti": lambda main, side: keep("k", "x")(main.join(side, on="k", how="anti")),
}


@pytest.mark.parametrize("verb", SKEWED)
def test_a_bucket_that_is_cut_gives_the_same(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fp.Table, "semi", lambda self, side: self.join(side, on="k", how="semi"), raising=False)
    monkeypatch.setattr(meeting, "BROADCAST_RATIO", 1 << 40)
    whole = run(SKEWED[verb], *skewed())
    for module in (gathered, exchange):
        monkeypatch.setattr(module, "BUCKET_BYTES", 8_000)
    monkeypatch.setattr(gathered.Gathered.__init__, "__defaults__", (8_000, 0))
    monkeypatch.setattr(distinct, "BLOCK_BYTES", 8_000)
    monkeypatch.setattr(grouped, "BLOCK_ROWS", 500)
    cut = run(SKEWED[verb], *skewed())
    assert cut.dataset.fingerprint == whole.dataset.fingerprint
    assert [entry.to_json() for entry in cut.ledger.lines] == [entry.to_json() for entry in whole.ledger.lines]


@pytest.mark.parametrize("how", ["inner", "left"])
def test_a_join_that_multiplies_rows_makes_them_in_slices(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left = pa.table({"k": [1] * 90 + [2] * 10 + [None] * 5, "x": range(105)})
    right = pa.table({"k": [1] * 40 + [3] * 5, "w": range(45)})
    monkeypatch.setattr(meeting, "BROADCAST_RATIO", 1 << 40)

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        return keep("k", "x", "w")(main.join(side, on="k", how=how))

    whole = run(body, left, right)
    monkeypatch.setattr(joining, "SLICE_ROWS", 100)
    cut = run(body, left, right)
    assert cut.dataset.fingerprint == whole.dataset.fingerprint
    assert [entry.to_json() for entry in cut.ledger.lines] == [entry.to_json() for entry in whole.ledger.lines]
    monkeypatch.setattr(joining, "MAX_ROWS", 3000)
    with pytest.raises(DataError, match="would make 36.. rows .* in one bucket; the limit MAX_ROWS is 3000"):
        run(body, left, right)


def test_rows_that_must_be_seen_together_have_a_limit_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "KEY_BYTES", 1000)
    table = pa.table({"k": [1] * 500, "x": range(500)})
    with pytest.raises(DataError, match=r"the limit KEY_BYTES is 1,000.*") as caught:
        run(lambda main: keep("k", "y")(main.shift(y="x", by="k", order_by="x")), table)
    assert "one key has most of the rows" in str(caught.value)
    made = run(lambda main: keep("k", "n")(main.group_by("k").agg(n=agg.median("x"))), table)
    assert rows(made) == [{"k": 1, "n": 249.5}]


# Lineage and explain.


def test_column_lineage() -> None:
    schemas = {"main": pa.schema([("k", pa.string()), ("x", pa.int64()), ("o", pa.int64()), ("l", pa.list_(pa.int64()))]),
               "side": pa.schema([("k", pa.string()), ("y", pa.int64())])}  # fmt: skip
    main, side = (fp.plan.table.Table(fp.plan.steps.Scan((), None, name)) for name in schemas)
    table = main.explode("l", position="p").group_by("k").agg(f=agg.first("x", order_by="o"), s=agg.sum("l"), p=agg.max("p"))
    table = table.union(side.rename(y="s"), missing="null")
    found = column_lineage(lower(table.features(keep=["k", "f", "s", "p"]).step, schemas), None)

    def inputs(name: str) -> set[tuple[str, str, str]]:
        return {(f.source, f.column, f.subtype) for f in found[name]}

    assert inputs("k") == {("main", "k", "IDENTITY"), ("side", "k", "IDENTITY")}
    assert inputs("f") == {("main", "x", "AGGREGATION"), ("main", "o", "SORT")}
    assert inputs("s") == {("main", "l", "AGGREGATION"), ("side", "y", "IDENTITY")}
    assert inputs("p") == {("main", "l", "AGGREGATION")}
    assert {(f.column, f.subtype) for f in found.dataset} == {("k", "GROUP_BY"), ("l", "FILTER")}


def test_explain_says_that_no_rows_meet() -> None:
    text = str(make_job(lambda main: keep("k")(main.explode("l").union(main.explode("l"))), fp.from_arrow(LISTS)).explain())
    assert "each element of a list becomes a row; no rows meet" in text
    assert "rows of several tables are put into one; no rows meet" in text


# Real data.


def test_flights(tmp_path: Path) -> None:
    data = os.environ.get("FEATUREPREP_DATA")
    if not data:
        pytest.skip("FEATUREPREP_DATA is unset")
    duckdb = pytest.importorskip("duckdb")
    path = f"{data}/nycflights13/flights_sample.csv"

    @fp.job(sources={"flights": fp.read_csv(path, null_values=["", "NA"])})
    def per_plane(flights: fp.Table) -> fp.Table:
        made = flights.group_by("tailnum", "carrier").agg(
            n=agg.count(), delay=agg.mean("dep_delay"), spread=agg.std("arr_delay", ddof=1), miles=agg.sum("distance"),
            places=agg.n_unique("dest"), half=agg.median("air_time"), dests=agg.collect("dest"),
        )  # fmt: skip
        return made.explode("dests").features(keep=["tailnum", "carrier", "n", "delay", "spread", "miles", "places", "half", "dests"])

    prints = {per_plane.run(store=tmp_path / str(n), partitions=n, statistics=False).dataset.fingerprint for n in (1, 7)}
    assert len(prints) == 1
    made = per_plane.run(store=tmp_path / "last", statistics=False).dataset.to_arrow()
    pq.write_table(made, tmp_path / "made.parquet")
    query = f"""with e as (select tailnum, carrier, count(*) n, favg(dep_delay) delay, stddev_samp(arr_delay) spread, sum(distance) miles,
        count(distinct dest) places, median(air_time) half, unnest(list(dest)) dests from read_csv('{path}', nullstr=['NA', ''])
        group by tailnum, carrier)
        select count(*) from e full join read_parquet('{tmp_path}/made.parquet') m on e.tailnum is not distinct from m.tailnum
        and e.carrier = m.carrier and e.dests = m.dests
        where e.n is distinct from m.n or e.miles is distinct from m.miles or e.places is distinct from m.places
        or (e.delay - m.delay) not between -1e-9 and 1e-9 or (e.spread - m.spread) not between -1e-6 and 1e-6
        or (e.spread is null) <> (m.spread is null) or e.half is distinct from m.half"""
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchone() == (0,)
