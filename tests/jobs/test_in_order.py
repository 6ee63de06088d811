"""Jobs with verbs along an order: ledger, entry table, what was known at a moment, and what cannot be said."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError, ColumnNotFoundError, DataError, RowRejected, TypeMismatchError
from featureprep.jobs.result import Run
from featureprep.run.gathered import Gathered
from featureprep.run.rows import StagePart
from featureprep.run.stage import store_part
from tests.jobs.cases import make_job, memory_store, prints


def at(hour: float) -> dt.datetime:
    return dt.datetime(2024, 5, 1) + dt.timedelta(hours=hour)


FLIGHTS = pa.table(
    {
        "id": [1, 2, 3, 4, 5, 6],
        "plane": ["a", "a", "b", "a", None, "b"],
        "at": [at(1), at(2), at(2), at(5), at(3), None],
        "delay": [1.0, 2.0, None, 4.0, 5.0, 6.0],
    }
)
CHECKS = pa.table({"plane": ["a", "a", "b", "a", None], "at": [at(0), at(2), at(9), at(2), at(3)], "wear": [10, 20, 30, 19, 50]})


def run(
    body: Callable[..., Any], *, left: pa.Table = FLIGHTS, right: pa.Table | None = None, malformed: str = "error", **options: Any
) -> Run:
    job = make_job(body, fp.from_arrow(left), None if right is None else fp.from_arrow(right), malformed=malformed)
    return job.run(store=memory_store(), **{"statistics": False, "partitions": 3, **options})


def written(run: Run, *names: str) -> list[tuple[Any, ...]]:
    rows = sorted(run.dataset.to_arrow().to_pylist(), key=lambda row: row["id"])
    return [tuple(row[name] for name in names) for row in rows]


def line(run: Run, title: str) -> dict[str, Any]:
    (found,) = [entry for entry in run.ledger.to_json()["lines"] if entry["step"] == title]
    return {k: v for k, v in found.items() if k not in ("step", "inputs") and v not in (0, {})}


def test_what_was_known_at_a_moment() -> None:
    r = run(
        lambda main, side: main.join_asof(side, on="at", by="plane", order_by="wear", descending=True).features(keep=["id", "wear"]),
        right=CHECKS,
    )
    assert written(r, "id", "wear") == [(1, 10), (2, 20), (3, None), (4, 20), (5, None), (6, None)]
    assert line(r, "asof join on plane, at") == {
        "in": 11, "out": 6, "merged": 5,
        "matches": {"left_matched": 3, "left_unmatched": 3, "right_matched": 2, "right_unmatched": 3},
    }  # fmt: skip
    assert r.ledger.rows() == {"read": 11, "created": 0, "merged": 5, "dropped": 0, "quarantined": 0, "written": 6}


def test_what_is_too_old_or_of_the_moment_itself_does_not_match() -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        table = main.join_asof(side.rename(at="checked"), left_on="at", right_on="checked", by="plane", tolerance=dt.timedelta(hours=2),
                               allow_exact_matches=False, order_by="wear")  # fmt: skip
        return table.features(age=T.elapsed("at", since="checked", unit="hour"), keep=["id", "wear"])

    assert written(run(body, right=CHECKS), "id", "wear", "age") == [
        (1, 10, 1.0), (2, 10, 2.0), (3, None, None), (4, None, None), (5, None, None), (6, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize("strategy, expected", [("forward", [20, 20, 30, None]), ("nearest", [10, 20, 30, 20])])
def test_the_next_or_the_nearest(strategy: str, expected: list[int | None]) -> None:
    r = run(
        lambda main, side: (
            main.filter(col("plane").is_in(["a", "b"]) & ~col("at").is_null())
            .join_asof(side, on="at", by="plane", strategy=strategy, order_by="wear", descending=True)
            .features(keep=["id", "wear"])
        ),
        right=CHECKS,
    )
    assert written(r, "wear") == [(wear,) for wear in expected]


def test_dates_against_timestamps_and_names_that_clash() -> None:
    left = pa.table({"id": [1, 2], "day": [dt.date(2024, 5, 2), dt.date(2024, 5, 1)], "delay": [1, 2]})
    r = run(lambda main, side: main.join_asof(side, left_on="day", right_on="at").features(keep=["id", "day", "delay", "delay_right"]),
            left=left, right=FLIGHTS)  # fmt: skip
    assert written(r, "id", "day", "delay_right") == [(1, dt.datetime(2024, 5, 2), 4.0), (2, dt.datetime(2024, 5, 1), None)]


def test_lag_and_lead() -> None:
    def body(main: fp.Table) -> fp.Table:
        table = main.shift(before="delay", by="plane", order_by="at", fill_value=-1)
        table = table.shift({"the next": col("id") * 10}, n=-1, by="plane", order_by="at")
        return table.shift(ever="id", n=2, order_by=["at", "id"]).features(keep=["id", "before", "the next", "ever"])

    r = run(body)
    assert written(r, "id", "before", "the next", "ever") == [
        (1, -1.0, 20, None), (2, 1.0, 40, None), (3, -1.0, None, 1), (4, 2.0, None, 3), (5, -1.0, None, 2), (6, -1.0, None, None),
    ]  # fmt: skip
    assert line(r, "shift before") == {"in": 6, "out": 6}


def test_a_null_that_is_shifted_stays_null_and_the_fill_may_be_the_row_s_own() -> None:
    r = run(lambda main: main.shift(next="delay", n=-1, order_by="id", fill_value=col("delay") + 0.5).features(keep=["id", "next"]))
    assert written(r, "next") == [(2.0,), (None,), (4.0,), (5.0,), (6.0,), (6.5,)]


def test_windows_of_time_and_of_rows() -> None:
    def body(main: fp.Table) -> fp.Table:
        table = main.rolling("3h", by="plane", order_by="at").agg(total=agg.sum("delay"), n=agg.count(), known=agg.count("delay"))
        table = table.rolling(2, by="plane", order_by="at", min_periods=2).agg(mean=agg.mean("delay"), high=agg.max("id"))
        return table.features(keep=["id", "total", "n", "known", "mean", "high"])

    assert written(run(body), "id", "total", "n", "known", "mean", "high") == [
        (1, 1.0, 1, 1, None, None),
        (2, 3.0, 2, 2, 1.5, 2),
        (3, None, 1, 0, None, None),
        (4, 4.0, 1, 1, 3.0, 4),
        (5, 5.0, 1, 1, None, None),
        (6, None, 0, 0, None, None),  # without a moment: an empty window
    ]


def test_values_of_the_window_in_an_order_of_their_own() -> None:
    def body(main: fp.Table) -> fp.Table:
        table = main.rolling("3h", by="plane", order_by="at").agg(
            first=agg.first("delay", order_by="id"), last=agg.last("id", order_by=["delay", "at"]), late=agg.any(col("delay") > 1)
        )
        table = table.rolling(2, order_by="id", closed="left", min_periods=0).agg(
            before=agg.collect("delay", order_by=col("id") * -1), early=agg.all(col("delay") < 4)
        )
        return table.features(keep=["id", "first", "last", "late", "before", "early"])

    assert written(run(body), "id", "first", "last", "late", "before", "early") == [
        (1, 1.0, 1, False, [], True),
        (2, 1.0, 2, True, [1.0], True),
        (3, None, 3, None, [2.0, 1.0], True),
        (4, 4.0, 4, True, [None, 2.0], True),
        (5, 5.0, 5, True, [4.0, None], False),
        (6, None, None, None, [5.0, 4.0], False),
    ]


def test_lists_of_windows_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.relational.window_values.LIST_BYTES", 100)
    table = pa.table({"id": range(40)})
    with pytest.raises(DataError, match="rolling ids: ids: collect would put .* the limit LIST_BYTES is 100"):
        run(lambda main: main.rolling(9, order_by="id").agg(ids=agg.collect("id")), left=table)


def test_a_length_of_integers_and_an_expression_of_the_window() -> None:
    r = run(
        lambda main: (
            main.rolling("2i", order_by="id", closed="both", min_periods=0)
            .agg({"a b": agg.sum(col("delay") * 2)})
            .features(keep=["id", "a b"])
        )
    )
    assert written(r, "a b") == [(2.0,), (6.0,), (6.0,), (12.0,), (18.0,), (30.0,)]


def test_new_columns_take_the_place_of_old_ones() -> None:
    r = run(
        lambda main: (
            main.shift(delay="delay", order_by="id").rolling(2, order_by="id").agg(at=agg.count()).features(keep=["id", "delay", "at"])
        )
    )
    assert written(r, "delay", "at") == [(None, 1), (1.0, 2), (2.0, 2), (None, 2), (4.0, 2), (5.0, 2)]


def test_the_entry_table_begins_after_them() -> None:
    def body(main: fp.Table) -> fp.Table:
        table = main.filter(col("id") < 6, name="early").rolling(2, order_by="id").agg(mean=agg.mean("delay"))
        return table.with_columns(off=col("delay") - col("mean")).features(off=T.standard_scale("off"), keep=["id"])

    r = run(body, statistics=True)
    row = {"id": 9, "delay": 3.0, "mean": 2.0}
    assert set(r.graph.entry.names) <= {"id", "plane", "at", "delay", "mean"}
    assert r.graph(row)["off"] is not None
    assert r.graph.admits(row) is None
    job = make_job(body, fp.from_arrow(FLIGHTS))
    assert job.explain().entry == "made by rolling mean"
    (scan,) = [scan for scan in job.explain().scans if scan.name == "rolling mean"]
    assert scan.forced_by == ("rows with equal keys must meet, to be put in order",)


@pytest.mark.parametrize("policy", ["error", "null", "quarantine"])
def test_a_sum_that_does_not_fit(policy: str) -> None:
    table = pa.table({"id": [1, 2, 3], "x": [2**62, 2**62, -1]})

    def body(main: fp.Table) -> fp.Table:
        return main.rolling(2, order_by="id").agg(total=agg.sum("x")).features(keep=["id", "total"])

    if policy == "error":
        with pytest.raises(RowRejected, match="1 row is rejected.*\n.*total overflows"):
            run(body, left=table)
        return
    r = run(body, left=table, malformed=policy)
    rest = [(1, 2**62), (3, 2**62 - 1)]
    assert written(r, "id", "total") == (sorted([*rest, (2, None)], key=lambda row: row[0]) if policy == "null" else rest)
    assert r.ledger.rows()["quarantined"] == (policy == "quarantine")


@settings(max_examples=15)
@given(st.data())
def test_cuts_orders_and_duplicates_of_rows_change_nothing(data: st.DataObject) -> None:
    row = st.fixed_dictionaries(
        {
            "id": st.integers(0, 3),
            "plane": st.sampled_from(["a", "b", None]),
            "at": st.sampled_from([at(0), at(1), at(1.5), None]),
            "delay": st.sampled_from([0.0, -0.0, 0.1, 1e17, -1e17, float("nan"), None]),
        }
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=9))
    rows += data.draw(st.lists(st.sampled_from(rows), max_size=4))
    moved = data.draw(st.permutations(rows))
    monkeypatched = data.draw(st.sampled_from([1, 2, 5]))

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        table = main.join_asof(side, on="at", by="plane", strategy="nearest", tolerance="1h")
        table = (
            table.shift(before="delay", by="plane", order_by="at")
            .rolling("90m", by="plane", order_by="at")
            .agg(total=agg.sum("delay"), std=agg.std("delay"))
        )
        return (
            table.rolling(2, order_by="at").agg(low=agg.min("delay")).features(keep=["id", "delay_right", "before", "total", "std", "low"])
        )

    made = []
    for some, partitions in ((rows, 1), (moved, monkeypatched)):
        table = pa.Table.from_pylist(some, FLIGHTS.schema)
        made.append(prints(run(body, left=table, right=table, partitions=partitions, engine=PandasEngine(2))))
    assert made[0] == made[1]


def test_many_buckets_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": i, "plane": f"p{i % 17}", "at": at(i * 7 % 31), "delay": i / 3} for i in range(400)]
    table = pa.Table.from_pylist(rows, FLIGHTS.schema)

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        joined = main.join_asof(side, on="at", by="plane", strategy="forward", allow_exact_matches=False)
        joined = joined.shift(before="delay", by="plane", order_by="at")
        return (
            joined.rolling(5, by="plane", order_by=["at", "id"])
            .agg(mean=agg.mean("delay"))
            .features(keep=["id", "before", "mean", "delay_right"])
        )

    expected = prints(run(body, left=table, right=table))
    monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 300)
    assert prints(run(body, left=table, right=table, partitions=7)) == expected


def skewed(main: fp.Table, side: fp.Table) -> fp.Table:
    table = main.join_asof(side, on="at", by="plane").shift(before="delay", by="plane", order_by=["at", "id"])
    return table.rolling("5h", by="plane", order_by="at").agg(mean=agg.mean("delay")).features(keep=["id", "before", "mean", "delay_right"])


def test_buckets_that_do_not_fit_are_cut_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": i, "plane": f"p{i % 23 * (i % 3)}", "at": at(i * 7 % 31), "delay": i / 3} for i in range(500)]
    table = pa.Table.from_pylist(rows, FLIGHTS.schema)
    expected = prints(run(skewed, left=table, right=table))
    monkeypatch.setattr(Gathered.__init__, "__defaults__", (2000, 0))
    assert prints(run(skewed, left=table, right=table, partitions=5)) == expected


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from([0.0, -0.0, 0.1, 1e17, -1e17, 5e-324, float("nan"), float("inf"), None]) | st.floats(-1e6, 1e6),
        min_size=1,
        max_size=9,
    )
)
def test_one_window_of_all_rows_is_what_group_by_makes_of_them(values: list[float | None]) -> None:
    n = len(values)
    table = pa.table({"id": range(n), "one": ["x"] * n, "v": pa.array(values, pa.float64()), "w": [i * 7 % 4 for i in range(n)]})
    made = {
        **{f: getattr(agg, f)("v") for f in ("sum", "mean", "min", "max", "n_unique", "count")},
        "std": agg.std("v", ddof=1), "var": agg.var("v"), "rows": agg.count(), "whole": agg.sum("w"), "q": agg.quantile("v", 0.3),
        "any": agg.any(col("w") > 1), "all": agg.all(col("v") > 0), "first": agg.first("v", order_by="w"), "last": agg.last("v", order_by="w"),
        "collect": agg.collect("v", order_by=["w", "id"], descending=True), "sorted": agg.collect("v"),
    }  # fmt: skip
    ours = run(lambda main: main.rolling(n, order_by="id", min_periods=0).agg(made).features(keep=["id", *made]), left=table)
    theirs = run(lambda main: main.group_by("one").agg(made).features(keep=list(made)), left=table)
    last, (row,) = max(ours.dataset.to_arrow().to_pylist(), key=lambda r: r["id"]), theirs.dataset.to_arrow().to_pylist()
    assert repr({name: last[name] for name in made}) == repr(row)


SLICED: list[Callable[[fp.Table], fp.Table]] = [
    lambda t: t.shift(x="delay", by="plane", order_by=["at", "id"], n=3, fill_value=-1),
    lambda t: t.shift(x="delay", by="plane", order_by=["at", "id"], n=-5),
    lambda t: t.shift(x="delay", order_by="at"),
    lambda t: t.rolling(9, by="plane", order_by=["at", "id"], closed="both").agg(x=agg.mean("delay"), n=agg.count()),
    lambda t: t.rolling(4, order_by="id", closed="left").agg(x=agg.sum("big")),
    lambda t: t.rolling("6h", by="plane", order_by="at").agg(x=agg.std("delay"), n=agg.n_unique("at")),
    lambda t: t.rolling("6h", order_by="at", closed="left").agg(x=agg.quantile("delay", 0.2)),
    lambda t: t.rolling("17i", by="plane", order_by="id", closed="both").agg(x=agg.max("at")),
    lambda t: t.rolling("6h", by="plane", order_by="at").agg(
        x=agg.first("delay", order_by=["plane", "big"]), y=agg.collect("id", order_by="delay", descending=True), z=agg.all(col("big") > 0)
    ),
    lambda t: t.with_columns(at=col("at").cast("date")).rolling("25h", order_by="at", closed="both").agg(x=agg.sum("delay")),
]


@pytest.mark.parametrize("number", range(len(SLICED)))
def test_a_key_with_most_of_the_rows_is_worked_on_in_slices(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "id": i,
            "plane": "most" if i % 7 else f"p{i % 3}",
            "at": None if i % 41 == 5 else at(i * 7 % 97),
            "delay": i / 3,
            "big": 2**61 * (i % 50 < 9),
        }
        for i in range(600)
    ]
    rows += rows[3:9]
    table = pa.Table.from_pylist(rows, FLIGHTS.schema.append(pa.field("big", pa.int64())))

    def body(main: fp.Table) -> fp.Table:
        return SLICED[number](main)

    expected = run(body, left=table, malformed="quarantine")
    monkeypatch.setattr("featureprep.run.exchange.BUCKET_BYTES", 3000)
    slices: list[int] = []

    def stored(*args: Any) -> StagePart:
        slices.append(args[5])
        return store_part(*args)

    monkeypatch.setattr("featureprep.run.exchange.store_part", stored)
    found = run(body, left=table, malformed="quarantine", partitions=4)
    assert max(slices) > 3
    assert prints(found) == prints(expected)
    assert found.ledger.to_json() == expected.ledger.to_json()


@pytest.mark.parametrize("strategy", ["backward", "nearest"])
@pytest.mark.parametrize("by", [None, "plane"])
def test_as_of_joins_take_left_rows_piece_by_piece(strategy: str, by: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": i, "plane": "most" if i % 7 else f"p{i % 3}", "at": at(i * 7 % 97), "delay": i / 3} for i in range(500)]
    table = pa.Table.from_pylist(rows, FLIGHTS.schema)
    known = table.filter(pa.compute.greater(table["id"], 440)).rename_columns(["other", "plane", "at", "known"])

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        return main.join_asof(side, on="at", by=by, strategy=strategy).features(keep=["id", "other", "known"])

    expected = run(body, left=table, right=known)
    monkeypatch.setattr("featureprep.run.exchange.BUCKET_BYTES", 3000)
    monkeypatch.setattr("featureprep.run.exchange.KEY_BYTES", 9000)
    monkeypatch.setattr(Gathered.__init__, "__defaults__", (3000, 0))
    found = run(body, left=table, right=known, partitions=4)
    assert prints(found) == prints(expected)
    assert found.ledger.to_json() == expected.ledger.to_json()


def test_a_window_that_is_longer_than_memory_is_refused_by_the_limit_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"id": range(500), "at": [at(i) for i in range(500)]})
    monkeypatch.setattr("featureprep.run.exchange.BUCKET_BYTES", 1000)
    monkeypatch.setattr("featureprep.run.exchange.KEY_BYTES", 4000)
    with pytest.raises(DataError, match="reach back to have .* bytes; the limit KEY_BYTES is 4,000"):
        run(lambda main: main.rolling("400h", order_by="at").agg(n=agg.count()).features(keep=["id", "n"]), left=table)
    r = run(lambda main: main.rolling("4h", order_by="at").agg(n=agg.count()).features(keep=["id", "n"]), left=table)
    assert written(r, "n")[:6] == [(1,), (2,), (3,), (4,), (4,), (4,)]


@pytest.mark.parametrize(
    "body, hint",
    [
        (lambda main: main.shift(before="delay", by="plane", order_by="at"), "one key has most of the rows"),
        (lambda main: main.rolling(2, order_by="at").agg(n=agg.count()), "name a key by by="),
        (lambda main: main.join_asof(main.rename(id="other"), on="at", by="plane"), "one key has most of the rows"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_by_the_limit_s_name(
    body: Callable[[fp.Table], fp.Table], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featureprep.run.exchange.KEY_BYTES", 100)
    with pytest.raises(DataError, match="the limit KEY_BYTES is 100") as caught:
        run(lambda main: body(main).features(keep=["id"]))
    assert hint in str(caught.value)


REFUSED: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda t: t.shift(x="delay", by="plane"), ArgumentError, "shift needs order_by=: rows have no order of their own"),
    (lambda t: t.shift(order_by="at"), ArgumentError, "shift names no column"),
    (lambda t: t.shift(x="delay", order_by=[]), ArgumentError, "shift needs order_by="),
    (lambda t: t.shift(x="delay", order_by="at", n=1.5), ArgumentError, "'n' parameter of shift must be an int"),
    (lambda t: t.shift(x="lateness", order_by="at"), ColumnNotFoundError, "no column 'lateness'"),
    (lambda t: t.shift(x="delay", order_by="when"), ColumnNotFoundError, "no column 'when'"),
    (lambda t: t.shift(x="delay", order_by="at", fill_value="none"), TypeMismatchError, "'x' and its fill_value are of different types"),
    (lambda t: t.shift(x="id", order_by="at", fill_value=0.5), TypeMismatchError, "fill_value is float64, and 'x' is int64"),
    (lambda t: t.rolling(0, order_by="at"), ArgumentError, "'window' parameter of rolling must be a number of rows"),
    (lambda t: t.rolling("2 hours", order_by="at"), ArgumentError, "Got '2 hours' instead"),
    (lambda t: t.rolling("1mo", order_by="at"), ArgumentError, "Got '1mo' instead"),
    (lambda t: t.rolling("999999999999999999w", order_by="at"), ArgumentError, "'window' parameter"),
    (lambda t: t.rolling(True, order_by="at"), ArgumentError, "Got True instead"),
    (lambda t: t.rolling("2h", order_by=["at", "id"]), ArgumentError, "one order column"),
    (lambda t: t.rolling("2h", order_by="at", closed="neither"), ArgumentError, "one of 'right', 'left', 'both', 'none'"),
    (lambda t: t.rolling("2h", order_by="id").agg(n=agg.count()), TypeMismatchError, "'id' is int64"),
    (lambda t: t.rolling("2i", order_by="at").agg(n=agg.count()), TypeMismatchError, "'at' is timestamp"),
    (lambda t: t.rolling(2, order_by="at").agg(n=agg.sum("plane")), TypeMismatchError, "sum of windows takes"),
    (lambda t: t.rolling(2, order_by="at").agg(n=agg.any("id")), TypeMismatchError, "any takes true and false, not int64"),
    (lambda t: t.rolling(2, order_by="at").agg(n=agg.first("id", order_by="late")), ColumnNotFoundError, "late"),
    (
        lambda t: t.with_columns(parts=col("plane").str.split(" ")).rolling(2, order_by="at").agg(n=agg.last("id", order_by="parts")),
        TypeMismatchError,
        "last.order_by=.: list<string> values have no order",
    ),
    (lambda t: t.rolling(2, order_by="at").agg(n="id"), ArgumentError, "an aggregate such as"),
    (lambda t: t.rolling(2, order_by="at").agg(), ArgumentError, "agg names no column"),
    (lambda t: t.rolling(2, order_by="at").mean("delay"), Exception, "rolling\\(...\\) has no 'mean'"),
    (lambda t: t.join_asof(t), ArgumentError, "join_asof needs on="),
    (lambda t: t.join_asof("t", on="at"), ArgumentError, "must be a Table"),
    (lambda t: t.join_asof(t, on=["at", "id"]), ArgumentError, "is one column"),
    (lambda t: t.join_asof(t, left_on="at"), ArgumentError, "join_asof needs on="),
    (lambda t: t.join_asof(t, on="at", left_by="id"), ArgumentError, "join_asof needs by="),
    (lambda t: t.join_asof(t, on="at", by="at"), ArgumentError, "names a column twice"),
    (lambda t: t.join_asof(t, on="at", strategy="asof"), ArgumentError, "one of 'backward', 'forward', 'nearest'"),
    (lambda t: t.join_asof(t, on="at", tolerance="soon"), ArgumentError, "'tolerance' parameter"),
    (lambda t: t.join_asof(t, on="at", tolerance=-1), ArgumentError, "'tolerance' parameter"),
    (lambda t: t.join_asof(t, on="at", tolerance=float("nan")), ArgumentError, "'tolerance' parameter"),
    (lambda t: t.join_asof(t, on="at", tolerance=5), TypeMismatchError, "join_asof\\(tolerance=\\) is a number"),
    (lambda t: t.join_asof(t, on="id", tolerance="5h"), TypeMismatchError, "is a length of time"),
    (lambda t: t.join_asof(t, on="plane", strategy="nearest"), TypeMismatchError, "at no distance"),
    (lambda t: t.join_asof(t, left_on="at", right_on="id"), TypeMismatchError, "of different types"),
    (lambda t: t.join_asof(t, left_on="id", right_on="delay"), TypeMismatchError, "as floats, keys that differ could meet"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_is_refused_where_it_stands(number: int) -> None:
    make, error, message = REFUSED[number]

    def body(main: fp.Table) -> Any:
        return make(main).features(keep=["id"])

    with pytest.raises(error, match=message):
        make_job(body, fp.from_arrow(FLIGHTS)).explain()


@pytest.mark.parametrize("rows", [0, 1])
def test_no_rows_and_one(rows: int) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        table = main.join_asof(side, on="at", by="plane").shift(x="delay", by="plane", order_by="at")
        table = table.rolling("1h", by="plane", order_by="at").agg(
            **{f: getattr(agg, f)("delay") for f in ("sum", "mean", "std", "var", "min", "max", "n_unique", "count")},
            q=agg.quantile("delay", 0.5),
        )
        return table.features(keep=["id", "x", "sum", "q", "n_unique"])

    for left, right in itertools.product((FLIGHTS.slice(0, rows), FLIGHTS), (CHECKS.slice(0, rows), CHECKS)):
        assert run(body, left=left, right=right).ledger.rows()["written"] == left.num_rows
