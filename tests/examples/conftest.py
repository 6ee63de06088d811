"""The examples on real files, each run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.harness import Example, example


@pytest.fixture(scope="session")
def census(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Example:
    return example("census", tmp_path_factory.mktemp("census"))


@pytest.fixture(scope="session")
def taxi(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Example:
    return example("taxi", tmp_path_factory.mktemp("taxi"))
