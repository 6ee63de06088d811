"""One measured task in a process of its own; prints its cost as a line of JSON.

    python -m benchmarks.task NAME ARGUMENT ...

Imports of what a task names come before its clock starts.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.clock import Clock, peak_mb

ROUNDS, CALLS = 2000, 20  # so short a round is seldom interrupted, and the median passes over those that are
SETTINGS = ("plain", "statistics", "contract", "everything")
"""Of featureprep: no statistics, contract or split; with statistics; with a contract too; with a split too. Ledger and fingerprints always."""


def featureprep(setting: str, folder: str, contract: str, store: str) -> Clock:
    """Fit, transform and write in one of the SETTINGS."""
    job, options = _job(setting, folder, contract)
    clock = Clock()
    job.run(store=store, **options)
    clock.stop()
    return clock


def engine(name: str, folder: str, store: str) -> Clock:
    """The same, plain, on an engine that is at work already: its cluster started, with a small job behind it."""
    from benchmarks.job import make_job
    from benchmarks.small import small_job

    made = _engine(name)
    try:
        small_job(f"{store}-rows").run(engine=made, store=f"{store}-small", statistics=False)
        job = make_job(folder)
        clock = Clock(family=True)
        job.run(engine=made, store=store, statistics=False)
        clock.stop()
    finally:
        made.close()
    return clock


def empty(name: str, store: str) -> Clock:
    """A job of two rows on an engine that is at work already: what the engine takes for any job."""
    from benchmarks.small import small_job

    made = _engine(name)
    try:
        job = small_job(f"{store}-rows")
        job.run(engine=made, store=f"{store}-first", statistics=False)
        clock = Clock(family=True)
        job.run(engine=made, store=store, statistics=False)
        clock.stop()
    finally:
        made.close()
    return clock


def start(name: str, store: str) -> Clock:
    """The same from nothing: the engine's libraries imported, its cluster started and stopped."""
    from benchmarks.small import small_job

    importlib.import_module("featureprep.jobs.driver")
    importlib.import_module("pandas")
    job = small_job(f"{store}-rows")
    clock = Clock(family=True)
    made = _engine(name)
    try:
        job.run(engine=made, store=store, statistics=False)
    finally:
        made.close()
    clock.stop()
    return clock


def _engine(name: str) -> Any:
    """An engine with two workers: threads, processes or local[2]."""
    if name == "dask":
        from featureprep.engines.dask.engine import DaskEngine

        return DaskEngine(workers=2)
    if name == "spark":
        from featureprep.engines.spark.engine import SparkEngine

        return SparkEngine(config={"spark.master": "local[2]"})
    if name == "beam":
        from featureprep.engines.beam.engine import BeamEngine

        return BeamEngine(direct_num_workers=2)
    from featureprep.engines.pandas import PandasEngine

    return PandasEngine(2)


def spark_ml(folder: str, out: str) -> Clock:
    """Fit, transform and write in Spark ML, on a session that has run something."""
    from benchmarks import peer_spark

    spark = peer_spark.session()
    spark.range(1000).count()
    clock = Clock(family=True)
    peer_spark.run(spark, folder, out)
    clock.stop()
    spark.stop()
    return clock


def meeting(case: str, folder: str, store: str) -> Clock:
    """A job whose rows meet by key, on a session that has run something."""
    from benchmarks import peer_spark
    from benchmarks.meeting_job import make_job
    from benchmarks.small import small_job
    from featureprep.engines.spark.engine import SparkEngine

    spark = peer_spark.session()
    made = SparkEngine(spark)
    small_job(f"{store}-rows").run(engine=made, store=f"{store}-small", statistics=False)
    clock = Clock(family=True)
    make_job(case, folder).run(engine=made, store=store, statistics=False)
    clock.stop()
    made.close()
    spark.stop()
    return clock


def spark_meeting(case: str, folder: str, out: str) -> Clock:
    """The same in Spark's DataFrame API, on the same session."""
    from benchmarks import peer_spark, peer_spark_meeting

    spark = peer_spark.session()
    spark.range(1000).count()
    clock = Clock(family=True)
    peer_spark_meeting.run(spark, case, folder, out)
    clock.stop()
    spark.stop()
    return clock


def tft(folder: str, out: str) -> Clock:
    """Fit, transform and write in TensorFlow Transform, whose Python this must be, after a small job."""
    peer_tft = _peer_tft()
    peer_tft.run_small(f"{out}/small")
    clock = Clock(family=True)
    peer_tft.run(folder, out)
    clock.stop()
    return clock


def tft_row(fitted: str, _out: str) -> Clock:
    """The median time of one row through the SavedModel that `tft` left."""
    from benchmarks.data import a_row

    call, one = _peer_tft().one_row(fitted), a_row()
    return _a_call(lambda: call(one), 200, 1)


def _peer_tft() -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    importlib.import_module("absl.logging").set_verbosity("error")
    return importlib.import_module("benchmarks.peer_tft")


def infer(form: str, path: str, out: str) -> Clock:
    """The statistics of all rows and the contract inferred from them, after those of a few rows; `form` as `peer_tfdv` has it."""
    from benchmarks import peer_tfdv
    from featureprep.engines.pandas import PandasEngine
    from featureprep.io.api import from_pandas, read_csv, read_parquet
    from featureprep.jobs.infer import infer as propose

    made: dict[str, Callable[[Any], Any]] = {
        "parquet": lambda folder: read_parquet(f"{folder}/*.parquet"),
        "csv": read_csv,
        "frame": from_pandas,
    }
    few, rows = peer_tfdv.few(form, path, out), peer_tfdv.frame(path) if form == "frame" else path
    propose({"rows": made[form](few)}, None, PandasEngine(2)).to_yaml()
    clock = Clock()
    propose({"rows": made[form](rows)}, None, PandasEngine(2)).to_yaml()
    clock.stop()
    return clock


def tfdv(form: str, path: str, out: str) -> Clock:
    """The same in TFDV, whose Python this must be."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from benchmarks import peer_tfdv

    few, rows = peer_tfdv.few(form, path, out), peer_tfdv.frame(path) if form == "frame" else path
    peer_tfdv.run(form, few)
    clock = Clock(family=True)
    peer_tfdv.run(form, rows)
    clock.stop()
    return clock


def fit(folder: str, known: str, store: str) -> Clock:
    """All that a run does before its write begins, on a copy of the store `known` (none: "")."""
    job, options = _job("plain", folder, "")
    if known:
        shutil.copytree(known, store)
    clock = Clock()

    def progress(label: str, _done: int, _total: int) -> None:
        if label == "write":
            clock.stop()

    job.run(store=store, progress=progress, **options)
    return clock


def polars(folder: str, out: str) -> Clock:
    """Fit, transform and write in Polars."""
    from benchmarks.peer_polars import run

    return _polars(run, folder, out)


def polars_tuned(folder: str, out: str) -> Clock:
    """The same, tuned."""
    from benchmarks.peer_polars_tuned import run

    return _polars(run, folder, out)


def _polars(run: Callable[[str, str], None], folder: str, out: str) -> Clock:
    clock = Clock()
    run(folder, f"{out}.parquet")
    clock.stop()
    return clock


def sklearn(folder: str, _out: str) -> Clock:
    """Read, fit and transform in scikit-learn."""
    from benchmarks import peer_sklearn

    clock = Clock()
    peer_sklearn.run(folder)
    clock.stop()
    return clock


def row(store: str, _out: str) -> Clock:
    """The median time of one row through the newest graph of a store."""
    import featureprep as fp
    from benchmarks.data import a_row

    graph, one = fp.open_graph(store, "bench@latest"), a_row()
    return _a_call(lambda: graph(one), ROUNDS, CALLS)


def sklearn_row(folder: str, _out: str) -> Clock:
    """The median time of one row through the transformer fitted on a folder."""
    from benchmarks import peer_sklearn
    from benchmarks.data import a_row

    (transformer, _), one = peer_sklearn.run(folder), a_row()
    return _a_call(lambda: peer_sklearn.one_row(transformer, one), 15, 1)


def _a_call(call: Callable[[], Any], rounds: int, calls: int) -> Clock:
    call()  # what a first call prepares
    spent = []
    for _ in range(rounds):
        clock = Clock()
        for _ in range(calls):
            call()
        clock.stop()
        spent.append(clock.spent)
    clock.spent = statistics.median(wall for wall, _ in spent) / calls, statistics.median(cpu for _, cpu in spent) / calls
    return clock


def _job(setting: str, folder: str, contract: str) -> tuple[Any, dict[str, Any]]:
    import featureprep as fp
    from benchmarks.job import make_job

    # a first run would import them; the peers' clocks start after their imports too
    for late in ("featureprep.jobs.driver", "fsspec.implementations.local", "jinja2", "pandas"):
        importlib.import_module(late)

    level = SETTINGS.index(setting)
    split = fp.split(train=0.8, eval=0.2, by="row") if level >= SETTINGS.index("everything") else None
    job = make_job(folder, contract=contract if level >= SETTINGS.index("contract") else None, split=split)
    return job, {"statistics": level >= SETTINGS.index("statistics"), "engine": "pandas"}


TASKS: dict[str, Callable[..., Clock]] = {
    "featureprep": featureprep, "fit": fit, "polars": polars, "polars-tuned": polars_tuned, "sklearn": sklearn, "row": row, "sklearn-row": sklearn_row,
    "engine": engine, "empty": empty, "start": start, "spark-ml": spark_ml,
    "meeting": meeting, "spark-meeting": spark_meeting, "tft": tft, "tft-row": tft_row, "infer": infer, "tfdv": tfdv,
}  # fmt: skip


def main() -> None:
    name, *arguments = sys.argv[1:]
    clock = TASKS[name](*arguments)
    if clock.running:
        raise RuntimeError(f"{name} ended before what was to be timed did")
    wall, cpu = clock.spent
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak_mb()}))


if __name__ == "__main__":
    main()
