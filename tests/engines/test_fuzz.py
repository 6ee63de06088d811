"""Differential fuzzing: generated tables and jobs give on every engine what they give in this process, errors and their texts too."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.testing.compare import outcome
from featureprep.testing.host import EngineHost
from tests.jobs.cases import BODIES, SCHEMA, SIDE, SPLITS, WITH_SIDE, as_source, main_rows, make_job, side_rows
from tests.jobs.random_jobs import RandomJob, random_jobs

EXAMPLES = {"shaken": 20, "pandas": 5}
"""Of each engine by default; 5 of those on a cluster. HYPOTHESIS_PROFILE=soak takes twenty times as many."""


MANY = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1


def test_generated_jobs(host: EngineHost) -> None:
    @settings(max_examples=MANY * EXAMPLES.get(host.name, 5), suppress_health_check=list(HealthCheck))
    @given(made=random_jobs(), rng=st.randoms(use_true_random=False), partitions=st.sampled_from([2, 5]))
    def check(made: RandomJob, rng: random.Random, partitions: int) -> None:
        order = list(range(made.table.num_rows))
        rng.shuffle(order)
        sources = {"main": fp.from_arrow(made.table.take(pa.array(order, pa.int64())))}
        with tempfile.TemporaryDirectory() as folder:
            expected = outcome(made.job, "pandas", f"{folder}/a", sources=sources)
            found = outcome(made.job, host.engine, f"{folder}/b", sources=sources, partitions=partitions)
        assert found == expected

    check()


def test_rows_that_meet(host: EngineHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 3000)  # several buckets

    @settings(max_examples=MANY * max(3, EXAMPLES.get(host.name, 0) // 2), suppress_health_check=list(HealthCheck))
    @given(
        body=st.sampled_from(sorted(BODIES)), split=st.sampled_from(sorted(SPLITS)), rows=st.integers(0, 120), seed=st.integers(0, 99),
        kind=st.sampled_from(["csv", "parquet", "memory"]), partitions=st.sampled_from([2, 9]),
    )  # fmt: skip
    def check(body: str, split: str, rows: int, seed: int, kind: str, partitions: int) -> None:
        found = main_rows(rows, seed)
        random.Random(seed).shuffle(found)
        with tempfile.TemporaryDirectory() as folder:
            main = as_source(Path(folder) / "main", kind, found, SCHEMA, 3)
            side = as_source(Path(folder) / "side", kind, side_rows(), SIDE, 2) if body in WITH_SIDE else None
            job = make_job(BODIES[body], main, side, split=SPLITS[split])
            expected = outcome(job, "pandas", f"{folder}/a")
            assert outcome(job, host.engine, f"{folder}/b", partitions=partitions) == expected

    check()
