"""Fold states are kept by fragment: tomorrow's run reads only what is new, and never takes a state of something else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.folds.outline import NotKeptError, Outline
from featureprep.jobs.definition import Job
from featureprep.jobs.result import Run
from tests.jobs.cases import (
    BODIES,
    SCHEMA,
    SIDE,
    SPLITS,
    WITH_SIDE,
    as_source,
    main_rows,
    make_job,
    prints,
    side_rows,
    unique_side,
    write_csv,
)


def days(folder: Path, count: int, start: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(start, start + count):
        write_csv(folder / f"day-{i:03d}.csv", main_rows(12, seed=i), SCHEMA)


def features(main: fp.Table) -> fp.Table:
    table = main.filter(col("id") >= 0, name="known")
    return table.features(amount=T.standard_scale(T.impute("amount", "median")), group=T.one_hot("group"), key=T.vocabulary("key"))


def job_over(folder: Path, body: Callable[..., Any] = features, **options: Any) -> Job:
    return make_job(body, fp.read_csv(f"{folder}/*.csv", null_values=[""], schema=SCHEMA), **options)


def fit_reads(run: Run) -> tuple[int, int]:
    return run.fragments_read, run.fragments_known


def test_one_new_file_of_thirty_is_all_that_the_fit_reads(tmp_path: Path) -> None:
    days(tmp_path / "in", 29)
    job = job_over(tmp_path / "in")
    first = job.run(store=str(tmp_path / "store"))
    assert fit_reads(first) == (29, 0)
    days(tmp_path / "in", 1, start=29)
    second = job.run(store=str(tmp_path / "store"))
    assert fit_reads(second) == (1, 29)
    fresh = job.run(store=str(tmp_path / "fresh"))
    assert fit_reads(fresh) == (30, 0)
    assert prints(second) == prints(fresh)
    assert second.graph.constants.keys() == fresh.graph.constants.keys()
    assert prints(second) != prints(first)
    third = job.run(store=str(tmp_path / "store"))
    assert fit_reads(third) == (0, 30)
    assert prints(third) == prints(second)


@pytest.mark.parametrize("shift", [0.0, 5.0], ids=["as before", "shifted"])
def test_a_median_over_known_files_and_a_new_one_is_that_of_all(shift: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rng = tmp_path / "in", np.random.default_rng(0)
    folder.mkdir()

    def more(day: int, mean: float) -> None:
        values = np.where(rng.random(4000) < 0.1, np.nan, rng.normal(mean, 1.0, 4000))
        pq.write_table(pa.table({"x": pa.array(values, from_pandas=True), "y": rng.lognormal(size=4000)}), folder / f"{day:02d}.parquet")

    def body(main: fp.Table) -> fp.Table:
        x = T.impute("x", "median")
        return main.features(x=x, scaled=T.robust_scale("x"), y=T.bucketize("y", 4), z=T.standard_scale(x))

    job = make_job(body, fp.read_parquet(f"{folder}/*.parquet"))
    for day in range(6):
        more(day, 0.0)
    job.run(store=str(tmp_path / "store"), statistics=False)
    more(6, shift)
    refused = []
    genuine = Outline.select

    def noted(self: Outline, *given: Any) -> Any:
        try:
            return genuine(self, *given)
        except NotKeptError:
            refused.append(self)
            raise

    monkeypatch.setattr(Outline, "select", noted)
    for statistics in (False, True):
        second = job.run(store=str(tmp_path / "store"), statistics=statistics)
        afresh = job.run(store=str(tmp_path / f"fresh-{statistics}"), statistics=statistics)
        assert prints(second) == prints(afresh)
        assert second.fragments_read == (7 if statistics else 1)
    assert bool(refused) == bool(shift)


def test_a_file_under_another_name_is_known_and_one_with_other_rows_is_not(tmp_path: Path) -> None:
    days(tmp_path / "in", 4)
    job = job_over(tmp_path / "in")
    job.run(store=str(tmp_path / "store"))
    (tmp_path / "in/day-002.csv").rename(tmp_path / "in/renamed.csv")
    assert fit_reads(job.run(store=str(tmp_path / "store"))) == (0, 4)
    write_csv(tmp_path / "in/day-001.csv", main_rows(12, seed=77), SCHEMA)
    assert fit_reads(job.run(store=str(tmp_path / "store"))) == (1, 3)


def test_with_a_second_level_only_what_its_constants_change_is_read_again(tmp_path: Path) -> None:
    def two_levels(main: fp.Table) -> fp.Table:
        return main.features(x=T.bucketize(T.standard_scale("amount"), 4))

    days(tmp_path / "in", 3)
    job = job_over(tmp_path / "in", two_levels)
    run = job.run(store=str(tmp_path / "store"), statistics=False)
    assert fit_reads(run) == (6, 0)
    assert fit_reads(job.run(store=str(tmp_path / "store"), statistics=False)) == (0, 6)
    days(tmp_path / "in", 1, start=3)
    again = job.run(store=str(tmp_path / "store"), statistics=False)
    assert fit_reads(again) == (1 + 4, 3)  # a new mean: every value of the second level is another one
    assert prints(again) == prints(job.run(store=str(tmp_path / "fresh"), statistics=False))


CHANGES: dict[str, Callable[[fp.Table], fp.Table]] = {
    "a rule": lambda main: main.filter(col("id") > 5, name="known").features(x=T.standard_scale("amount")),
    "the kind of a rule": lambda main: main.quarantine(when=col("id") >= 0, reason="known").features(x=T.standard_scale("amount")),
    "a column's expression": lambda main: (
        main.filter(col("id") >= 0).with_columns(amount=col("amount") * 2.0).features(x=T.standard_scale("amount"))
    ),
    "a guard": lambda main: main.filter(col("id") >= 0).features(
        x=T.standard_scale("amount"), y=col("amount").sqrt(malformed="quarantine")
    ),
    "a transform": lambda main: main.filter(col("id") >= 0).features(x=T.bucketize("amount", 3)),
}


def base(main: fp.Table) -> fp.Table:
    return main.filter(col("id") >= 0).features(x=T.standard_scale("amount"))


@pytest.mark.parametrize("change", CHANGES)
def test_another_prefix_or_fold_is_not_taken(change: str, tmp_path: Path) -> None:
    days(tmp_path / "in", 3)
    job_over(tmp_path / "in", base).run(store=str(tmp_path / "store"), statistics=False)
    job = job_over(tmp_path / "in", CHANGES[change])
    run = job.run(store=str(tmp_path / "store"), statistics=False)
    assert fit_reads(run) == (3, 0)
    assert prints(run) == prints(job.run(store=str(tmp_path / "fresh"), statistics=False))


def test_another_split_or_policy_or_type_is_not_taken(tmp_path: Path) -> None:
    days(tmp_path / "in", 3)
    store = str(tmp_path / "store")
    source = fp.read_csv(f"{tmp_path}/in/*.csv", null_values=[""], schema=SCHEMA)
    wider = pa.schema([pa.field(f.name, pa.float32() if f.name == "amount" else f.type) for f in SCHEMA])
    jobs = [
        make_job(base, source),
        make_job(base, source, split=fp.split(train=0.5, eval=0.5, by="id")),
        make_job(base, source, split=fp.split(train=0.5, eval=0.5, by="id", seed=1)),
        make_job(base, source, split=SPLITS["row"]),
        make_job(base, source, malformed="null"),
        make_job(base, fp.read_csv(f"{tmp_path}/in/*.csv", null_values=[""], schema=wider)),
        make_job(base, fp.read_csv(f"{tmp_path}/in/*.csv", null_values=["", "0.0"], schema=SCHEMA)),
    ]
    for i, job in enumerate(jobs):
        run = job.run(store=store, statistics=False)
        assert fit_reads(run) == (3, 0), i
        assert prints(run) == prints(job.run(store=str(tmp_path / f"fresh-{i}"), statistics=False))
    assert [fit_reads(job.run(store=store, statistics=False)) for job in jobs] == [(0, 3)] * len(jobs)


def test_statistics_leave_the_states_of_a_fit_known(tmp_path: Path) -> None:
    days(tmp_path / "in", 3)
    store = str(tmp_path / "store")
    job_over(tmp_path / "in", base).run(store=store)
    assert fit_reads(job_over(tmp_path / "in", base).run(store=store, statistics=False)) == (0, 3)


def test_an_embedded_table_that_changes_is_part_of_the_prefix(tmp_path: Path) -> None:
    """The rule of an inner embedded join looks up its constant: a state judged with other constants is another state."""

    def run(side: list[dict[str, Any]], store: str) -> Run:
        write_csv(tmp_path / "side.csv", side, SIDE)
        source = fp.read_csv(f"{tmp_path}/in/*.csv", null_values=[""], schema=SCHEMA)
        return make_job(BODIES["embedded_inner"], source, fp.read_csv(str(tmp_path / "side.csv"), null_values=[""], schema=SIDE)).run(
            store=store
        )

    days(tmp_path / "in", 3)
    run(unique_side(), str(tmp_path / "store"))
    less = unique_side()[:3]
    assert prints(run(less, str(tmp_path / "store"))) == prints(run(less, str(tmp_path / "fresh")))


def test_another_platform_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days(tmp_path / "in", 2)
    job = job_over(tmp_path / "in")
    job.run(store=str(tmp_path / "store"))
    monkeypatch.setattr("featureprep.platform.text", lambda: "another machine")
    assert fit_reads(job.run(store=str(tmp_path / "store"))) == (2, 0)


def test_another_version_of_an_operation_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.expr.op import find

    days(tmp_path / "in", 2)
    body = CHANGES["a column's expression"]
    job_over(tmp_path / "in", body).run(store=str(tmp_path / "store"), statistics=False)
    monkeypatch.setattr(type(find("mul")), "version", 99)
    assert fit_reads(job_over(tmp_path / "in", body).run(store=str(tmp_path / "store"), statistics=False)) == (2, 0)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "swap"])
def test_a_damaged_state_is_made_again(damage: str, tmp_path: Path) -> None:
    days(tmp_path / "in", 2)
    job = job_over(tmp_path / "in")
    expected = job.run(store=str(tmp_path / "store"))
    states = sorted(p for p in (tmp_path / "store/_state").rglob("*") if p.is_file())
    data = [p.read_bytes() for p in states]
    for i, (path, old) in enumerate(zip(states, data, strict=True)):
        at = (i * 7) % len(old)
        new = {"flip": old[:at] + bytes([old[at] ^ 16]) + old[at + 1 :], "cut": old[:at], "empty": b"", "swap": data[i - 1]}[damage]
        path.chmod(0o644)
        path.write_bytes(new)
    run = job.run(store=str(tmp_path / "store"))
    assert prints(run) == prints(expected)
    assert fit_reads(run) == (2, 0)
    assert fit_reads(job.run(store=str(tmp_path / "store"))) == (0, 2)


def test_tables_in_memory_and_stages_are_not_cached(tmp_path: Path) -> None:
    in_memory = make_job(features, as_source(tmp_path, "memory", main_rows(30), SCHEMA))
    for _ in range(2):
        assert fit_reads(in_memory.run(store=str(tmp_path / "store"), partitions=3))[1] == 0
    days(tmp_path / "in", 3)
    after = job_over(tmp_path / "in", lambda main: features(main.drop_duplicates()))
    runs = [after.run(store=str(tmp_path / "store"), statistics=False) for _ in range(2)]
    assert [r.fragments_known for r in runs] == [0, 0]
    assert prints(runs[0]) == prints(runs[1])
    said = {scan.name: scan.cached for scan in after.explain().scans}
    assert "after an exchange" in said["fit 1"]
    assert "in memory" in {s.name: s.cached for s in in_memory.explain().scans}["fit 1"]
    assert "only what is new" in {s.name: s.cached for s in job_over(tmp_path / "in").explain().scans}["fit 1"]


def test_a_row_that_fails_is_found_again_in_a_known_fragment(tmp_path: Path) -> None:
    def strict(name: str) -> Callable[[fp.Table], fp.Table]:
        return lambda main: main.filter(col("id") >= 0, name=name).features(x=T.standard_scale(T.log1p("count")), y="amount")

    days(tmp_path / "in", 3)
    for name in ("one", "two"):
        for _ in range(2):
            with pytest.raises(fp.RowRejected, match=r"log1p.*\.csv:\d+"):
                job_over(tmp_path / "in", strict(name)).run(store=str(tmp_path / "store"), statistics=False)


def more_jobs() -> dict[str, Callable[..., Any]]:
    def deep(main: fp.Table) -> fp.Table:
        return main.features(
            x=T.bucketize(T.standard_scale(T.impute("amount", "median")), 3), y=T.impute(T.bucketize("amount", 5), "most_frequent")
        )

    def no_fit(main: fp.Table) -> fp.Table:
        return main.features(x=col("amount"), keep=["id"])

    def no_fit_grouped(main: fp.Table) -> fp.Table:
        return main.group_by("key").agg(n=agg.count()).features(n="n", keep=["key"])

    def no_fit_chosen(main: fp.Table) -> fp.Table:
        return main.drop_duplicates("key").features(x=col("amount"))

    return {"deep": deep, "no_fit": no_fit, "no_fit_grouped": no_fit_grouped, "no_fit_chosen": no_fit_chosen}


ALL_BODIES = {**BODIES, **more_jobs()}


@pytest.mark.parametrize("body, statistics", list(itertools.product(ALL_BODIES, [True, False])))
def test_explain_says_how_many_scans_there_are(body: str, statistics: bool, tmp_path: Path) -> None:
    kind = "csv" if statistics else "memory"
    main = as_source(tmp_path / "main", kind, main_rows(40), SCHEMA)
    side = as_source(tmp_path / "side", kind, side_rows(), SIDE) if body in WITH_SIDE else None
    job = make_job(ALL_BODIES[body], main, side)
    run = job.run(store=str(tmp_path / "store"), statistics=statistics)
    explained = job.explain(statistics=statistics)
    assert len(explained.scans) == len(run.scans), (explained.to_text(), run.scans)
    for said, was in zip(explained.scans, run.scans, strict=True):
        assert was.startswith(said.name)
    assert run.to_json()["scans"] == len(run.scans)
    assert f"{len(run.scans)} scan" in explained.to_text()


def test_types_found_by_a_scan_count_as_one(tmp_path: Path) -> None:
    days(tmp_path / "in", 2)
    job = make_job(base, fp.read_csv(f"{tmp_path}/in/*.csv", null_values=[""]))
    run = job.run(store=str(tmp_path / "store"))
    assert len(job.explain().scans) == len(run.scans) == 3
    assert run.scans[0] == "types of main"
