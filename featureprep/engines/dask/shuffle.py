"""Dask's own peer-to-peer shuffle of (bucket, bytes), through its public face: an index set by known divisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from featureprep.engines.dask import tasks


def shuffled(frames: Sequence[Any], buckets: int) -> list[Any]:
    """For each bucket the delayed frame of its blobs, from delayed frames of (bucket, blob)."""
    import dask
    import dask.dataframe as dd

    meta = tasks.frame([])
    given = frames or [dask.delayed(tasks.frame, pure=False)([])]
    whole = dd.from_delayed(list(given), meta=meta, verify_meta=False)
    # partition i of the divisions 0, 1, ..., n is [i, i + 1): one bucket, for there is no bucket n
    met = whole.set_index(tasks.BUCKET, divisions=list(range(buckets + 1)), shuffle_method="p2p")
    made: list[Any] = met.to_delayed()
    return made
