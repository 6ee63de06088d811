"""How the suite comes by an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from featureprep.engines.base import Engine


class EngineHost(ABC):
    """Starts an engine for the tests of a session, with whatever cluster it needs, and stops both.

    For an engine of your own write a subclass, and the suites of this package as test classes:

        @pytest.fixture(scope="session")
        def host():
            mine = MyHost()
            mine.engine = mine.start()
            yield mine
            mine.stop()

        class TestVerbs(EngineVerbs): ...
        class TestJobs(EngineJobs): ...

    Attributes
    ----------
    name : str
        As in `--engines`.
    engine : Engine
        What `start` gave; set by the fixture.
    """

    name: ClassVar[str]
    engine: Engine

    @abstractmethod
    def start(self) -> Engine:
        """A cluster of at least two workers, on loopback and at free ports, and the engine on it: started, small, for many short jobs."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the engine and its cluster, whatever state they are in: no process of theirs is left."""

    def kill_a_worker(self) -> None:
        """Kill one worker process at once (SIGKILL). Called while a job is running; an engine without worker processes declares the gap
        "killed worker" (`Engine.gaps`) instead of overriding this.
        """
        raise LookupError(f"{self.name} has no worker processes to kill")
