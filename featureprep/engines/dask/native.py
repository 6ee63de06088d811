"""Dask DataFrames as sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from featureprep.engines.dask import tasks
from featureprep.errors import ArgumentError, FeatureprepError, MissingExtraError, WorldError, said
from featureprep.io.base import Source
from featureprep.io.frames import pandas_table
from featureprep.io.native import NativePart, WritePartition
from featureprep.site import placed


class DaskTable:
    """See `featureprep.io.native.NativeTable`."""

    kind: ClassVar[str] = "dask"

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def write(self, sink: WritePartition, engine: Any) -> Sequence[NativePart]:
        """Partition by partition, on the client that is current, or else the engine's, or else as Dask computes by itself."""
        import dask

        write = dask.delayed(_write, pure=False)
        code = dask.delayed(tasks.same, pure=False)(tasks.pack((), sink))
        waiting = [write(code, partition, frame) for partition, frame in enumerate(self._frame.to_delayed())]
        client = _current() or (engine.client if engine.name == self.kind else None)
        made = _computed(client, waiting)
        return [part for data in made for part in tasks.load(data)]

    def head(self, rows: int) -> pa.Table:
        # `npartitions=-1` looks at further partitions only where the first ones are too small
        return pandas_table(self._frame.head(rows, npartitions=-1, compute=True) if rows else self._frame._meta)  # noqa: SLF001


def _computed(client: Any, waiting: Sequence[Any]) -> list[bytes]:
    import dask

    try:
        made = dask.compute(*waiting) if client is None else client.gather(client.compute(list(waiting)))
    except Exception as caught:  # noqa: BLE001  (whatever the user's own graph raises)
        error = caught.carried.error() if isinstance(caught, tasks.TaskError) else caught
        if isinstance(error, (FeatureprepError, MemoryError)):
            raise error from error.__cause__
        raise WorldError(f"the Dask DataFrame could not be computed: {said(error)}", where="from_dask") from error
    return list(made)


def _current() -> Any:
    from distributed import get_client

    try:
        return get_client()
    except ValueError:  # there is none
        return None


@tasks.carrying
def _write(code: bytes, partition: int, frame: Any) -> bytes:
    _, sink = tasks.unpack(code)
    return tasks.dump(list(sink(partition, _batches(frame))))


def _batches(frame: Any) -> Iterator[pa.RecordBatch]:
    table = pandas_table(frame)
    yield from table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]


@placed
def from_dask(df: Any) -> Source:
    """Rows of a Dask DataFrame, computed once at the beginning of a run and written down in its staging area.

    Columns are taken as `from_pandas` takes them: NaN in a NumPy float column is null, the index is left out but for levels that have a name.

    Raises
    ------
    ArgumentError
        When it is no Dask DataFrame, or its column names are not different strings.
    MissingExtraError
        When Dask is not installed.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> source = fp.from_dask(dd.from_dict({"fare": [7.5, None]}, npartitions=1))
    """
    try:
        import dask.dataframe as dd
    except ImportError as error:
        raise MissingExtraError.of("dask", "from_dask") from error
    if not isinstance(df, dd.DataFrame):
        raise ArgumentError.of("df", "from_dask", "a Dask DataFrame", type(df).__name__)
    pandas_table(df._meta)  # noqa: SLF001  (its names are checked)
    return Source("native", native=DaskTable(df))
