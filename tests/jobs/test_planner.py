"""What the planner saves changes nothing: rows that lie right, small sides, states that ride, row groups that are not read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ContractError, DataError
from featureprep.io.base import Source
from featureprep.jobs import driver as driver_module
from featureprep.jobs import explain, explain_where, meeting, riding, source_profiles
from featureprep.jobs.definition import Job
from featureprep.jobs.result import Run
from featureprep.plan.placement import Placed, Placement
from featureprep.run import joining, stage
from featureprep.run import rows as rows_module
from featureprep.run.rows import StagePart
from featureprep.run.stage import store_part
from tests.jobs.cases import SCHEMA, SIDE, as_source, main_rows, make_job, memory_store, side_rows, write_parquet

FILES = pa.schema([("id", pa.int64()), ("day", pa.date32()), ("x", pa.float64()), ("n", pa.int32())])


class Counting(PandasEngine):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(2)
        self.exchanged: list[str] = []

    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        self.exchanged.append(label)
        return super().exchange(batches, buckets, label)


@contextmanager
def off(*names: str) -> Iterator[None]:
    """A run without some of what is saved."""
    with pytest.MonkeyPatch.context() as patch:
        if "standing" in names:
            patch.setattr(Placement, "of", lambda self, exchange, buckets: Placed(exchange.keys, (False,) * len(exchange.keys)))
        if "broadcast" in names:
            patch.setattr(meeting, "BROADCAST_FILES", -1)
        if "riding" in names:
            for module in (riding, source_profiles, explain):
                patch.setattr(module, "rides", lambda prepared, shared: {})
        if "skipping" in names:
            for module in (driver_module, explain_where):
                patch.setattr(module, "skipping", lambda source, rules, certain: source)
        yield


ALL = ("standing", "broadcast", "riding", "skipping")


def told(run: Run) -> dict[str, Any]:
    """All that must not change."""
    statistics = run.report.content.get("statistics")
    return {"dataset": run.dataset.fingerprint, "graph": run.graph.fingerprint, "ledger": run.ledger.to_json(), "statistics": statistics}


def same(job: Job, *names: str, **options: Any) -> tuple[Run, Run]:
    """The run as it is, and without some of what is saved: they must tell the same."""
    with_it = job.run(store=memory_store(), **options)
    with off(*names):
        without = job.run(store=memory_store(), **options)
    assert told(with_it) == told(without)
    return with_it, without


# Rows that lie right.


def chain(main: fp.Table, side: fp.Table) -> fp.Table:
    """Four verbs by one key, and one by more keys."""
    totals = main.group_by("key").agg(n=agg.count(), total=agg.sum("count"))
    names = side.group_by("key").agg(weight=agg.mean("weight"))
    table = main.drop_duplicates("id").join(totals, on="key").join(names, on="key", how="left")
    per_flag = table.group_by("key", "flag").agg(rows=agg.count(), weight=agg.max("weight"), n=agg.max("n"))
    return per_flag.features(rows="rows", weight=T.standard_scale(T.impute("weight", "mean")), keep=["key", "flag", "n"])


def sources(folder: Path, kind: str = "parquet", files: int = 3) -> tuple[Source, Source]:
    return as_source(folder / "main", kind, main_rows(200), SCHEMA, files), as_source(folder / "side", kind, side_rows(), SIDE)


def exchanges(job: Job, **options: Any) -> list[str]:
    """The exchanges that the engine is asked for."""
    with closing(Counting()) as engine:
        job.run(engine=engine, store=memory_store(), **options)
        return engine.exchanged


@pytest.mark.parametrize("buckets", [1, 5])
def test_rows_that_lie_by_the_keys_are_not_sent_again(buckets: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.prepare.Prepared.buckets", lambda self, pipes: buckets)
    job = make_job(chain, *sources(tmp_path))
    same(job, "standing", "broadcast")
    with off("broadcast"):
        # the totals and the names meet their rows where these lie; so do the rows by key and flag
        assert exchanges(job) == ["drop_duplicates(id)", "group_by key", "inner join on key", "group_by key #2"]
        with off("standing"):
            assert len(exchanges(job)) == 6


def test_an_exchange_of_rows_that_all_lie_right_sends_nothing(tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        ours = main.group_by("key").agg(n=agg.count())
        theirs = side.group_by("key").agg(weight=agg.max("weight"))
        return ours.join(theirs, on="key", how="left").features(n="n", weight="weight", keep=["key"])

    job = make_job(body, *sources(tmp_path))
    with off("broadcast"):
        assert exchanges(job) == ["group_by key", "group_by key #2"]
        assert any("no rows cross" in line for scan in job.explain().scans for line in scan.runs)
    same(job, "standing", "broadcast")


def test_keys_that_were_changed_since_do_not_lie_right(tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        grouped = main.group_by("key").agg(n=agg.count()).with_columns(key=col("key").str.slice(0, 1))
        return grouped.group_by("key").agg(n=agg.sum("n")).join(side, on="key", how="left").features(n="n", keep=["key"])

    job = make_job(body, *sources(tmp_path))
    same(job, *ALL)
    with off("broadcast"):
        assert len(exchanges(job)) == 3


def test_a_join_that_was_broadcast_lies_by_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next verb by that key must exchange its rows, and what lies by its keys in turn must be what it did."""
    monkeypatch.setattr("featureprep.jobs.prepare.Prepared.buckets", lambda self, pipes: 7)

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        table = main.join(side, on="key").group_by("key", "flag").agg(n=agg.count(), low=agg.min("weight"))
        return table.group_by("key").agg(n=agg.sum("n"), low=agg.min("low")).features(n="n", low="low", keep=["key"])

    job = make_job(body, *sources(tmp_path))
    same(job, *ALL)
    assert exchanges(job) == ["group_by key, flag", "group_by key"]


# A small side.


@pytest.mark.parametrize("how", ["inner", "left", "semi", "anti"])
@pytest.mark.parametrize("partitions", [1, 7])
def test_a_small_side_is_joined_without_an_exchange(how: str, partitions: int, tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        joined = main.filter(col("count") > -3, name="low").join(side.filter(col("weight") > 0.1, name="light"), on="key", how=how)
        return joined.features(amount=T.standard_scale(T.impute("amount", "mean")), keep=["id", "key"])

    job = make_job(body, *sources(tmp_path))
    with_it, without = same(job, "broadcast", partitions=partitions)
    assert exchanges(job, partitions=partitions) == []
    (line,) = [line for line in with_it.ledger.lines if line.step == f"{how} join on key"]
    assert line.matches["right_matched"] + line.matches["right_unmatched"] == line.merged > 0
    assert with_it.scans == without.scans
    assert any("broadcast: " in line for scan in job.explain().scans for line in scan.runs)


def test_a_side_that_turns_out_large_is_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(lambda main, side: main.join(side, on="key").features(keep=["id", "name"]), *sources(tmp_path))
    whole = told(job.run(store=memory_store()))
    monkeypatch.setattr(meeting, "BROADCAST_ROWS", 100)
    assert exchanges(job) == ["inner join on key"]
    assert told(job.run(store=memory_store())) == whole


def _joined_by(how: str) -> Callable[..., fp.Table]:
    return lambda main, side: main.join(side, on="key", how=how).features(keep=["id"])


def test_a_small_side_without_rows_or_without_the_other(tmp_path: Path) -> None:
    for how in ("inner", "left", "semi", "anti"):
        for left, right in ((main_rows(50), []), ([], side_rows()), ([], [])):
            parts = (
                as_source(tmp_path / f"{how}{len(left)}{len(right)}m", "parquet", left, SCHEMA),
                as_source(tmp_path / f"{how}{len(left)}{len(right)}s", "parquet", right, SIDE),
            )
            same(make_job(_joined_by(how), *parts), "broadcast")


@pytest.mark.parametrize("how", ["inner", "left", "semi", "anti"])
def test_a_piece_beside_a_small_side_is_joined_some_rows_at_a_time(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is joined at once, and however many parts a piece leaves: the same rows in the same order."""
    parts: list[pa.Table] = []

    def noted(store: Any, run_id: str, stage: str, index: int, table: pa.Table, number: int) -> StagePart:
        parts.append(table)
        return store_part(store, run_id, stage, index, table, number)

    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        return main.join(side.union(side), on="key", how=how).features(amount=T.standard_scale("amount"), keep=["id", "key"])

    monkeypatch.setattr(joining, "store_part", noted)
    job = make_job(body, *sources(tmp_path, files=1))
    whole = told(job.run(store=memory_store(), partitions=1))
    assert len(parts) == 1
    for module, name, value in (
        (rows_module, "BATCH_ROWS", 7),
        (joining, "BLOCK_ROWS", 30),
        (joining, "SLICE_ROWS", 20),
        (stage, "PART_BYTES", 999),
    ):
        monkeypatch.setattr(module, name, value)
    assert told(job.run(store=memory_store(), partitions=1)) == whole
    assert len(parts) > 3
    assert pa.concat_tables(parts[1:]).equals(parts[0])
    monkeypatch.setattr(joining, "MAX_ROWS", sum(part.num_rows for part in parts[1:]) - 1)
    with pytest.raises(DataError, match="the limit MAX_ROWS is"):
        job.run(store=memory_store(), partitions=1)


def test_rows_set_aside_before_a_broadcast_join_are_the_same(tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        table = main.quarantine(when=col("count") > 30, reason="many").with_columns(root=col("amount").log1p(malformed="quarantine"))
        return table.join(side.quarantine(when=col("weight") < 0.2, reason="light"), on="key").features(root="root", keep=["id"])

    run, without = same(make_job(body, *sources(tmp_path)), "broadcast")
    assert run.ledger.rows()["quarantined"] == without.ledger.rows()["quarantined"] > 0


# Statistics that ride.


def joined(main: fp.Table, side: fp.Table) -> fp.Table:
    return main.join(side, on="key").features(amount=T.standard_scale(T.impute("amount", "mean")), keep=["id"])


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sources whose fragments are read, one by one."""
    seen: list[str] = []
    plain = rows_module.SourceInput.read

    def read(self: Any, piece: Any, columns: Any = None) -> Any:
        seen.append(self.name)
        return plain(self, piece, columns)

    monkeypatch.setattr(rows_module.SourceInput, "read", read)
    return seen


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_statistics_ride_on_the_exchange(kind: str, tmp_path: Path, reads: list[str]) -> None:
    job = make_job(joined, *sources(tmp_path, kind))
    run, without = same(job, "riding")
    assert run.report.statistics["sources"].keys() == {"main", "side"}
    assert not [scan for scan in run.scans if scan.startswith(("statistics of main", "statistics of side"))]
    assert len(without.scans) == len(run.scans) + 2
    assert len(job.explain().scans) == len(run.scans)
    reads.clear()
    job.run(store=memory_store())
    once = len(reads)
    with off("riding"):
        reads.clear()
        job.run(store=memory_store())
    assert len(reads) == 2 * once > 0


def test_states_that_rode_are_found_by_the_next_run(tmp_path: Path) -> None:
    job, store = make_job(joined, *sources(tmp_path)), memory_store()
    first = job.run(store=store)
    again = job.run(store=store)
    assert told(first) == told(again)
    with off("riding"):
        assert told(job.run(store=store)) == told(first)


def contract(folder: Path, text: str) -> str:
    path = folder / "contract.yaml"
    path.write_text(text)
    return str(path)


CONTRACT = """version: 1
sources:
  main:
    columns:
      id: {type: int64}
  side:
    columns:
      weight: {type: float64, range: {min: 0.2}}
"""


def test_a_contract_that_rides_has_the_first_word_and_fails_alike(tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        return main.with_columns(bad=col("group").cast("int64")).join(side, on="key").features(bad="bad", keep=["id"])

    job = make_job(body, *sources(tmp_path), contract=contract(tmp_path, CONTRACT))
    errors = []
    for names in ((), ("riding",)):
        with off(*names), pytest.raises(ContractError) as caught:
            job.run(store=memory_store())
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
    assert "weight" in errors[0]


# Row groups.


def days(folder: Path, n: int = 400) -> list[dict[str, Any]]:
    rows = [
        {
            "id": i,
            "day": dt.date(2024, 1, 1) + dt.timedelta(days=i // 20),
            "x": float("nan") if i % 50 == 7 else i / 3,
            "n": None if i % 9 == 0 else i,
        }
        for i in range(n)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_parquet(folder / "a.parquet", rows[: n // 2], FILES, 20)
    write_parquet(folder / "b.parquet", rows[n // 2 :], FILES, 20)
    return rows


CONDITIONS: dict[str, tuple[Callable[[], Any], bool]] = {
    "later": (lambda: col("day") >= dt.date(2024, 1, 15), True),
    "turned": (lambda: dt.date(2024, 1, 5) > col("day"), True),
    "between": (lambda: col("id").between(95, 130), True),
    "one of": (lambda: col("id").is_in([3, 390]), True),
    "float": (lambda: col("x") < 20, True),
    "either": (lambda: (col("id") < 25) | (col("day") > dt.date(2024, 1, 19)), True),
    "null": (lambda: col("n") > 380, True),
    "absent": (lambda: col("id").is_null(), True),
    "not": (lambda: ~(col("x") < 120), False),
    "computed": (lambda: col("id") + 1 > 390, False),
    "all": (lambda: col("id") < 1000, False),
    "none": (lambda: col("id") < 0, True),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("partitions", [None, 5])
def test_row_groups_that_a_rule_drops_are_counted_and_not_read(name: str, partitions: int | None, tmp_path: Path) -> None:
    make, saves = CONDITIONS[name]
    rows = days(tmp_path / "in")

    def body(main: fp.Table) -> fp.Table:
        table = main.filter(make(), name="wanted").filter(col("n").is_not_null(), name="known")
        return table.features(x=T.impute("x", "constant", value=0.0), keep=["id"])

    job = make_job(body, fp.read_parquet(f"{tmp_path}/in/*.parquet"))
    with pytest.MonkeyPatch.context() as patch:
        read: list[int] = []
        plain = pq.ParquetFile.iter_batches

        def iter_batches(self: Any, size: int, **options: Any) -> Any:
            for batch in plain(self, size, **options):
                read.append(batch.num_rows if size > 1 else 0)
                yield batch

        patch.setattr(pq.ParquetFile, "iter_batches", iter_batches)
        run = job.run(store=memory_store(), statistics=False, partitions=partitions)
    assert (sum(read) < len(rows)) == saves
    with off("skipping"):
        assert told(job.run(store=memory_store(), statistics=False, partitions=partitions)) == told(run)
    assert run.ledger.rows()["read"] == len(rows)
    said = any("counted, not read" in line for scan in job.explain(statistics=False).scans for line in scan.runs)
    assert said == (name != "computed")


def test_rows_behind_skipped_groups_keep_their_numbers(tmp_path: Path) -> None:
    days(tmp_path / "in")

    def body(main: fp.Table) -> fp.Table:
        table = main.filter(col("day") >= dt.date(2024, 1, 4), name="later").quarantine(when=col("id") == 77, reason="odd")
        return table.features(keep=["id"])

    for names in ((), ("skipping",)):
        store = tmp_path / f"store {len(names)}"
        with off(*names):
            make_job(body, fp.read_parquet(f"{tmp_path}/in/*.parquet")).run(store=str(store), statistics=False)
        (found,) = [row for path in store.rglob("quarantine/*.parquet") for row in pq.read_table(path).to_pylist()]
        assert found["row"] == 77


def test_a_schema_that_is_given_may_find_cells_malformed_and_skips_nothing(tmp_path: Path) -> None:
    days(tmp_path / "in")
    schema = {"id": "int8", "day": "date", "x": "float64", "n": "int32"}
    job = make_job(
        lambda main: main.filter(col("id") < 25, name="few").features(keep=["id"]),
        fp.read_parquet(f"{tmp_path}/in/*.parquet", schema=schema),
        malformed="quarantine",
    )
    run, _ = same(job, "skipping", statistics=False)
    assert run.ledger.rows()["quarantined"] == 400 - 128


values = st.sampled_from([-(2**63), -5, 0, 1, 7, 2**53 + 1, 2**63 - 1])
floats = st.sampled_from([-1e300, -0.0, 0.0, 1.5, 2.0**53, float("inf"), float("-inf"), float("nan")])


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Any:
    """Conditions over i and f, of which some show what they drop."""
    if depth and draw(st.booleans()):
        a, b = draw(conditions(depth - 1)), draw(conditions(depth - 1))
        return draw(st.sampled_from([a & b, a | b, ~a]))
    column = col(draw(st.sampled_from(["i", "f"])))
    other = draw(values | st.sampled_from([-0.0, 1.5, 1e300, 2.0**53]))
    return draw(
        st.sampled_from(
            [column < other, column <= other, column > other, column >= other, column == other, column != other, other > column, column.is_null(),
             column.is_in([other]), column.between(other, 7)]
        )
    )  # fmt: skip


@settings(max_examples=40)
@given(
    cells=st.lists(st.tuples(st.none() | values, st.none() | floats), max_size=12),
    rules=st.lists(conditions(), min_size=1, max_size=3),
    group=st.integers(1, 4),
)
def test_any_conditions_over_any_row_groups(cells: list[tuple[Any, Any]], rules: list[Any], group: int, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("groups") / "a.parquet"
    table = pa.table({"i": pa.array([i for i, _ in cells], pa.int64()), "f": pa.array([f for _, f in cells], pa.float64())})
    pq.write_table(table, path, row_group_size=group)

    def body(main: fp.Table) -> fp.Table:
        for n, rule in enumerate(rules):
            main = main.filter(rule, name=f"rule {n}")
        return main.features(keep=["i", "f"])

    job = make_job(body, fp.read_parquet(str(path)))
    try:
        same(job, "skipping", statistics=False)
    except DataError:  # such as a dataset without rows
        reject()


# All of it, where functions cross to other processes, rows come in any order, and every task runs twice.


def everything(main: fp.Table, side: fp.Table) -> fp.Table:
    """Rows that lie right, a small side, sources whose states ride, and row groups that are dropped."""
    few = main.filter(col("id") > 90, name="late").quarantine(when=col("count") > 30, reason="many")
    named = few.join(side.filter(col("weight") > 0.2, name="heavy"), on="key", how="left")
    totals = named.group_by("key", "flag").agg(n=agg.count(), name=agg.max("name"))
    table = totals.join(main.group_by("key").agg(all=agg.count()), on="key").drop_duplicates(["key", "flag"])
    return table.features(n=T.standard_scale("n"), all="all", name=T.vocabulary("name"), keep=["key", "flag"])


@pytest.mark.parametrize("seed", [0, 1])
def test_all_of_it_on_an_engine_that_shakes(seed: int, tmp_path: Path) -> None:
    from featureprep.testing.shaken import ShakenEngine

    job = make_job(everything, *sources(tmp_path), split=fp.split(train=0.7, test=0.3, by="key"))
    plain = told(job.run(store=memory_store()))
    with closing(ShakenEngine(seed)) as engine:
        assert told(job.run(engine=engine, store=str(tmp_path / "store"), partitions=5)) == plain
        with off(*ALL):
            assert told(job.run(engine=engine, store=str(tmp_path / "other"), partitions=7)) == plain
