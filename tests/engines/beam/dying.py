"""A job whose function kills the worker that it runs in, once: the proof that nothing half done is seen, and that a run goes on."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.errors import WorldError
from featureprep.jobs.driver import run
from featureprep.jobs.resume import resume
from featureprep.store import log
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from featureprep.testing import rows
from featureprep.testing.compare import record


def a_killed_worker_ends_the_run_and_resume_finishes_it(engine: Engine, folder: Path) -> bool:
    """The run ends with exit code 3 and shows nothing, unless the runner starts the worker again; in the end all is as without.

    Returns whether the run ended.
    """
    marker = str(folder / "killed")
    data = rows.write_trips(folder)
    driver = os.getpid()

    @fp.udf({"fare": "float64"}, "float64")
    def deadly(fare: Any) -> Any:
        if os.getpid() != driver and not os.path.exists(marker):
            with contextlib.suppress(FileExistsError):  # another worker dies just now
                open(marker, "x").close()
                os.kill(os.getpid(), signal.SIGKILL)
        return fare

    @fp.job(sources={"trips": fp.read_parquet(str(data / "trips-*.parquet"))}, malformed="null")
    def dying(trips: fp.Table) -> fp.Table:
        return trips.features(miles=T.standard_scale("miles"), fare=deadly("fare"), keep=["trip"])

    expected = record(run(dying, store=str(folder / "own"), progress=False))
    store = str(folder / "store")
    ended = False
    try:
        found = run(dying, engine=engine, store=store, progress=False, partitions=5)
    except WorldError as error:
        ended = True
        assert error.exit_code == 3
        assert not log.datasets(ObjectStore.open(store))
        (waiting,) = staged_runs(ObjectStore.open(store))
        found = resume(store, waiting, dying, engine=engine, progress=False)
    assert os.path.exists(marker), "no worker was killed"
    assert record(found) == expected
    return ended


def the_job_is_the_same(engine: Engine, folder: Path) -> None:
    """A job of several levels gives what it gives in this process."""
    from featureprep.testing import jobs

    job = jobs.taxi(rows.write_trips(folder))
    expected = record(run(job, store=str(folder / "own"), progress=False))
    assert record(run(job, engine=engine, store=str(folder / "store"), progress=False, partitions=3)) == expected


def the_verbs_work(engine: Engine) -> None:
    """All five, in three pipelines."""
    from featureprep.errors import DataError
    from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect, failing

    assert list(engine.fold(engine.scan(PARTITIONS), Sum())) == [45, 9]
    met = engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 5)
    made = engine.write(met, lambda bucket, blobs: [(bucket, sorted(blob[0] for blob in blobs))])
    assert made == [[(0, [4, 8])], [(1, [1, 5, 9])], [(2, [2, 6])], [(3, [3, 7])], [(4, [])]]
    with pytest.raises(DataError, match="partition 2"):
        engine.write(engine.exchange(engine.map(engine.map(engine.scan([[i] for i in range(6)]), failing(2, 3)), by_four), 4), collect)
