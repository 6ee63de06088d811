"""What comes back to the driver, made whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cloudpickle

from featureprep.engines.spark.rows import END, FAILED, Blob
from featureprep.engines.spark.task import Failure
from featureprep.errors import WorldError


def gathered(blobs: Iterable[Blob], n: int | None) -> list[list[Any]]:
    """What partitions have made, each whole, in their order.

    Parameters
    ----------
    n : int or None
        How many there are; None: as many as there happen to be.

    Raises
    ------
    Exception
        What the first partition of the first pass that failed had raised.
    WorldError
        When something is missing: that would be Spark's fault, or this engine's.
    """
    made: dict[int, dict[int, bytes]] = {}
    counts: dict[int, int] = {}
    failures: list[Failure] = []
    for blob in blobs:
        if blob.number == FAILED:
            failures.append(cloudpickle.loads(blob.data))
        elif blob.number == END:
            counts[blob.sender] = blob.count()
        else:
            made.setdefault(blob.sender, {})[blob.number] = blob.data
    if failures:
        raise min(failures, key=lambda failure: (failure.depth, failure.partition)).carried.error()
    whole = n is None or sorted(counts) == list(range(n))
    if not whole or made.keys() - counts.keys() or any(len(made.get(sender, ())) != count for sender, count in counts.items()):
        raise WorldError(f"Spark has returned {len(counts)} of {n} partitions whole", hint="run it again: nothing was published")
    return [[cloudpickle.loads(made[sender][number]) for number in range(counts[sender])] for sender in sorted(counts)]
