"""Jobs, on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from featureprep.engines.base import Engine
from featureprep.testing.host import EngineHost
from featureprep.testing.suite import EngineJobs


class TestJobs(EngineJobs):
    """See there."""

    @pytest.mark.soak  # ten times what the suite does once
    @pytest.mark.parametrize("turn", range(10))
    def test_worker_after_worker_is_killed(
        self, turn: int, engine: Engine, host: EngineHost, data: Path, tmp_path: Path, request: pytest.FixtureRequest, many_buckets: None
    ) -> None:
        self.test_a_worker_that_is_killed_changes_nothing(engine, host, data, tmp_path, request, many_buckets)
