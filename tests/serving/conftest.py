"""A fitted graph for all tests of serving."""

from __future__ import annotations

from pathlib import Path

import pytest

import featureprep as fp
from featureprep.jobs.result import Run
from tests.serving.graphs import job_of_everything


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A store with one version of the dataset "everything", and the run that made it; not to be changed."""
    store = tmp_path_factory.mktemp("serving") / "store"
    return store, job_of_everything().run(store=str(store))


@pytest.fixture(scope="session")
def graph(fitted: tuple[Path, Run]) -> fp.TransformGraph:
    """The graph, opened from the store."""
    return fp.open_graph(str(fitted[0]), "everything@1")


@pytest.fixture(scope="session")
def graph_folder(fitted: tuple[Path, Run]) -> Path:
    """The folder that the graph's files are in; not to be changed."""
    store, run = fitted
    return store / f"everything/data/{run.run_id}/graph"
