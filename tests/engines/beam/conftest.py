"""Beam's engine and what it runs on; each is made once a session."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from featureprep.engines.beam.quiet import quiet

if TYPE_CHECKING:
    from featureprep.engines.base import Engine

if find_spec("apache_beam") is None:
    collect_ignore_glob = ["test_*.py"]  # the extra is not installed
else:
    with quiet():
        import apache_beam  # noqa: F401  (it warns at its first import)


def made(target: Any = None, **options: Any) -> Iterator[Engine]:
    """An engine, closed afterwards."""
    from featureprep.engines.beam.engine import BeamEngine

    engine = BeamEngine(target, **options)
    engine.start()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def threads() -> Iterator[Engine]:
    """The engine in this process, two threads."""
    yield from made(direct_num_workers=2)


@pytest.fixture(scope="session")
def processes() -> Iterator[Engine]:
    """The engine with two worker processes."""
    yield from made("beam://FnApiRunner?direct_running_mode=multi_processing&direct_num_workers=2")
