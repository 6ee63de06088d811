"""How a task gets from the driver to a worker: a function that needs nothing of featureprep to be unpickled.

So a worker that lacks featureprep says so in words, instead of failing on a pickle that it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Door = Callable[[Iterator[Any]], Iterator[Any]]


def door(work: bytes, wanted: dict[str, str], folders: Sequence[str]) -> Door:
    """The function for `mapInArrow`.

    Parameters
    ----------
    work : bytes
        A pickled `featureprep.engines.spark.task.Pass`.
    wanted : dict
        The driver's `versions`.
    folders : sequence of str
        Where the driver finds its modules, for workers on the same machine; empty for others.
    """

    # pickled by value, as it is no module's: its globals are none
    def featureprep_task(batches: Iterator[Any]) -> Iterator[Any]:
        import sys

        sys.path.extend(folder for folder in folders if folder not in sys.path)
        try:
            from featureprep.engines.spark.task import enter
        except ImportError as error:
            message = f"this Spark worker cannot run the job: {error} ({sys.executable})"
            raise RuntimeError(message) from error
        yield from enter(work, wanted, batches)

    return featureprep_task
