"""Promise 1: the same rows and the same job give the same two fingerprints, however the rows are cut, ordered or stored."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import DataError, TypeMismatchError
from tests.jobs.cases import BODIES, SCHEMA, SIDE, SPLITS, WITH_SIDE, as_source, cut, main_rows, make_job, memory_store, prints, side_rows
from tests.jobs.random_jobs import RandomJob, random_jobs

ROWS = main_rows(260)
SIDE_ROWS = side_rows()


def run(
    body: str, folder: Path, kind: str, rows: Any = ROWS, *, files: int = 1, split: str = "none", side: Any = SIDE_ROWS, **options: Any
) -> Any:
    folder = folder / f"{kind}-{files}-{random.getrandbits(40):x}"
    main = as_source(folder / "main", kind, rows, SCHEMA, files)
    other = as_source(folder / "side", kind, side, SIDE) if body in WITH_SIDE else None
    job = make_job(BODIES[body], main, other, split=SPLITS[split])
    return job.run(store=memory_store(), **{"statistics": False, **options})


@pytest.mark.parametrize("body", BODIES)
def test_partitions_files_order_and_format_change_nothing(body: str, tmp_path: Path) -> None:
    expected = run(body, tmp_path, "memory")
    shuffled = random.Random(5).sample(ROWS, len(ROWS))
    others = [
        run(body, tmp_path, "memory", shuffled, partitions=7, side=SIDE_ROWS[::-1]),
        run(body, tmp_path, "csv", partitions=64),
        run(body, tmp_path, "parquet", shuffled, files=5, partitions=7, engine=PandasEngine(4)),
        run(body, tmp_path, "csv", ROWS[::-1], files=3, statistics=True, engine=PandasEngine(1)),
    ]
    assert expected.dataset.splits["all"] > 10
    for other in others:
        assert prints(other) == prints(expected)
        assert other.ledger.rows() == expected.ledger.rows()
        assert other.ledger.to_json() == expected.ledger.to_json()


@pytest.mark.parametrize("split", [name for name in SPLITS if name != "none"])
@pytest.mark.parametrize("body", ["plain", "left", "embedded"])
def test_splits_change_nothing(body: str, split: str, tmp_path: Path) -> None:
    expected = run(body, tmp_path, "memory", split=split)
    other = run(
        body, tmp_path, "parquet", random.Random(6).sample(ROWS, len(ROWS)), files=3, split=split, partitions=64, engine=PandasEngine(4)
    )
    assert prints(other) == prints(expected)
    assert other.dataset.splits == expected.dataset.splits
    assert sum(n > 0 for n in expected.dataset.splits.values()) > 1
    assert prints(expected) != prints(run(body, tmp_path, "memory"))


@pytest.mark.parametrize("body", ["everywhere", "by_order", "inner", "grouped"])
def test_many_buckets_change_nothing(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(body, tmp_path, "memory")
    monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 400)
    other = run(body, tmp_path, "csv", ROWS[::-1], files=4, engine=PandasEngine(4))
    assert prints(other) == prints(expected)
    assert other.ledger.to_json() == expected.ledger.to_json()


def test_an_exchange_that_spills_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run("grouped", tmp_path, "memory")
    monkeypatch.setattr("featureprep.engines.pandas.EXCHANGE_MEMORY", 1000)
    assert prints(run("grouped", tmp_path, "csv", files=3)) == prints(expected)


def test_rows_in_a_different_value_or_number_change_the_print(tmp_path: Path) -> None:
    expected = run("plain", tmp_path, "memory")
    changed = [dict(row) for row in ROWS]
    at = next(i for i, row in enumerate(changed) if row["count"] is not None and row["count"] > 0)
    changed[at]["amount"] = 12.5
    assert run("plain", tmp_path, "memory", changed).dataset.fingerprint != expected.dataset.fingerprint
    assert run("plain", tmp_path, "memory", [*ROWS, ROWS[at]]).dataset.fingerprint != expected.dataset.fingerprint
    assert run("plain", tmp_path, "memory", ROWS[:-1]).dataset.fingerprint != expected.dataset.fingerprint


def test_chunks_and_dictionaries_of_a_table_in_memory_change_nothing(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    coded = table.set_column(2, "group", table["group"].dictionary_encode()).set_column(1, "key", table["key"].dictionary_encode())
    chunked = pa.concat_tables([coded.slice(0, 11), coded.slice(11, 100), coded.slice(111)])
    results = {prints(make_job(BODIES[body], fp.from_arrow(t)).run(store=memory_store(), partitions=5, statistics=False))
               for body in ("plain",) for t in (table, coded, chunked)}  # fmt: skip
    assert len(results) == 1


def test_the_name_of_the_dataset_and_a_second_run_change_nothing(tmp_path: Path) -> None:
    job = make_job(BODIES["plain"], as_source(tmp_path, "csv", ROWS, SCHEMA, 3))
    store = str(tmp_path / "store")
    runs = [job.run(store=store), job.run(store=store), job.run(store=store, name="other")]
    assert len({prints(r) for r in runs}) == 1
    assert [(r.dataset.name, r.dataset.version) for r in runs] == [("case", 1), ("case", 2), ("other", 1)]


def test_reading_a_version_back_has_one_order_of_rows(tmp_path: Path) -> None:
    one = run("plain", tmp_path, "csv").dataset.to_arrow()
    seven = run("plain", tmp_path, "csv", partitions=7, engine=PandasEngine(4)).dataset.to_arrow()
    assert one.column("id").to_pylist() == [row["id"] for row in ROWS if row["count"] is not None and row["count"] > -4]
    assert one.equals(seven)


@settings(max_examples=60)
@given(made=random_jobs(), rng=st.randoms(use_true_random=False), partitions=st.sampled_from([2, 7]))
def test_random_jobs_over_shuffled_rows(made: RandomJob, rng: random.Random, partitions: int) -> None:
    order = list(range(made.table.num_rows))
    rng.shuffle(order)
    shuffled = replace(made.job, sources={**made.job.sources, "main": fp.from_arrow(made.table.take(pa.array(order, pa.int64())))})
    try:
        expected = made.job.run(store=memory_store(), statistics=False)
    except (TypeMismatchError, DataError) as error:
        with pytest.raises(type(error)):
            shuffled.run(store=memory_store(), statistics=False, partitions=partitions)
        return
    other = shuffled.run(store=memory_store(), partitions=partitions)
    assert prints(other) == prints(expected)
    assert other.ledger.to_json() == expected.ledger.to_json()


@pytest.mark.parametrize(
    "options",
    [
        {"partition_by": "group"},
        {"target_file_size": 2000},
        {"codec": "snappy"},
        {"partition_by": ("group", "flag"), "target_file_size": 500},
    ],
)
def test_how_files_are_cut_and_packed_changes_nothing(options: dict[str, Any], tmp_path: Path) -> None:
    def case(main: fp.Table) -> fp.Table:
        return main.features(amount=T.standard_scale("amount"), keep=["id", "group", "flag"])

    source = as_source(tmp_path, "parquet", ROWS, SCHEMA, 3)
    expected = make_job(case, source).run(store=memory_store())
    other = make_job(case, source, **options).run(store=str(tmp_path / "store"), partitions=3)
    assert prints(other) == prints(expected)
    other.dataset.check()
    rows = [sorted(map(repr, run.dataset.to_arrow().to_pylist())) for run in (expected, other)]
    assert rows[0] == rows[1]
    assert len(other.dataset.files()) > 2


@pytest.mark.parametrize("body", BODIES)
def test_no_rows_at_all(body: str, tmp_path: Path) -> None:
    try:
        expected = run(body, tmp_path, "memory", [])
    except DataError as error:
        assert "learnt nothing" in str(error)
        with pytest.raises(DataError, match="learnt nothing"):
            run(body, tmp_path, "csv", [], files=2, partitions=7)
        return
    other = run(body, tmp_path, "csv", [], files=2, partitions=7, statistics=True)
    assert prints(other) == prints(expected)
    assert other.dataset.to_arrow().num_rows == 0
    assert other.dataset.to_arrow().schema.names == list(other.graph.nodes)


def flights_body(flights: fp.Table, planes: fp.Table, airlines: fp.Table) -> fp.Table:
    flights = flights.drop_duplicates().filter(col("distance") > 100, name="far").sample(0.9, seed=3)
    per = flights.group_by("carrier").agg(
        n=agg.count(), delay=agg.mean("dep_delay"), miles=agg.sum("distance"), spread=agg.std("arr_delay"), places=agg.n_unique("dest")
    )
    joined = flights.join(planes, on="tailnum", how="left").join(per, on="carrier").join(airlines, on="carrier", how="left", serve="embed")
    joined = joined.quarantine(when=col("air_time") > 600, reason="long")
    return joined.features(
        distance=T.standard_scale("distance"), delay=T.standard_scale(T.impute("dep_delay", "median")), carrier=T.one_hot("carrier"),
        mean=T.bucketize("delay", 4), tail=T.vocabulary("tailnum"), seats=T.impute("seats", "mean"), airline=T.vocabulary("name"),
        spread="spread", places="places", miles="miles", keep=["origin"],
    )  # fmt: skip


def test_real_flights_cut_in_any_way(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "nycflights13"
    lines = (folder / "flights_sample.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    head, body = lines[0], random.Random(1).sample(lines[1:], 6000)

    def flights(order: list[str], parts: int, **options: Any) -> tuple[str, str]:
        here = tmp_path / f"{parts}"
        here.mkdir()
        for i, part in enumerate(cut(order, parts)):
            (here / f"{i:02d}.csv").write_text(head + "".join(part), encoding="utf-8")
        sources = {
            "flights": fp.read_csv(f"{here}/*.csv", null_values=["", "NA"]),
            "planes": fp.read_csv(str(folder / "planes.csv"), null_values=["", "NA"]),
            "airlines": fp.read_csv(str(folder / "airlines.csv")),
        }
        job = fp.job(sources=sources, split=fp.split(train=0.7, eval=0.3, by="tailnum"), malformed="null", name="flights")(flights_body)
        return prints(job.run(store=memory_store(), statistics=False, **options))

    found = {
        flights(body, 1),
        flights(body[::-1], 3, partitions=7),
        flights(random.Random(2).sample(body, len(body)), 9, partitions=64, engine=PandasEngine(4)),
    }
    assert len(found) == 1
