"""The engines of the shared Java process. Without pyspark (pandas 3 has none) the tests of this folder are left out."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from featureprep.engines.spark.engine import SparkEngine
    from tests.engines.hosts.spark import Sparks

collect_ignore_glob = [] if find_spec("pyspark") else ["test_*.py"]


@pytest.fixture(name="sparks", scope="session")
def shared_sparks() -> Sparks:
    """Both."""
    from tests.engines.hosts.spark import sparks

    return sparks()


@pytest.fixture(params=["classic", "connect"])
def engine(request: pytest.FixtureRequest, sparks: Sparks) -> SparkEngine:
    """Each of the two."""
    made: SparkEngine = getattr(sparks, request.param)
    return made
