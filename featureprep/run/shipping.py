"""Functions on their way to workers in other processes.

An engine pickles functions with cloudpickle as it likes. What it meets here is small: the function is packed once, and what is big of it
(a vocabulary, a table in memory) goes into the run's staging area, by content, from where each worker process loads it once and maps it.
A function that has arrived is kept, so that the next partition finds its programs bound. User functions travel by value: a worker
has never seen the job file.
"""

from __future__ import annotations

import io
import sys
import sysconfig
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from featureprep.expr import udf
from featureprep.expr.node import Node
from featureprep.freed import keep_freed
from featureprep.plan.physical import Exchange
from featureprep.store.staging import Staging, sha256_of

BIG = 1 << 20
"""Bytes from which on an array, or a function with all it holds, travels as a file."""
_KEPT = 8
_arrived: OrderedDict[str, Any] = OrderedDict()
_lock = Lock()

PartitionFunction = Callable[[int, Iterator[Any]], Iterable[Any]]


def ship(function: PartitionFunction, engine: Any, staging: Staging | None = None) -> PartitionFunction:
    """The function as it is given to an engine: itself where the engine runs in this process, else packed.

    `staging` is where big things are laid; without it (a run that stores nothing) they travel with the function.
    """
    return function if engine.in_process else Shipped(function, staging)


class Shipped:
    """A partition's function that packs itself when it is pickled."""

    def __init__(self, function: PartitionFunction, staging: Staging | None) -> None:
        self.function = function
        self._staging = staging
        self._packed: tuple[str, bytes | None] | None = None

    def __call__(self, partition: int, items: Iterator[Any]) -> Iterable[Any]:
        return self.function(partition, items)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._packed is None:
            data = _dumps(self.function, self._staging)
            laid = self._staging is not None and len(data) >= BIG
            self._packed = (self._staging.put_blob(data), None) if laid and self._staging else (sha256_of(data), data)
        return unpack, (*self._packed, self._staging)


def unpack(name: str, data: bytes | None, staging: Staging | None) -> PartitionFunction:
    """What was shipped; the same object where it has arrived in this process before.

    Raises
    ------
    StoreError
        Where this process does not see the run's store.
    """
    with _lock:
        if name in _arrived:
            _arrived.move_to_end(name)
            found: PartitionFunction = _arrived[name]
            return found
    keep_freed()
    if staging is not None:
        staging.must_be_here()
        data = bytes(staging.blob(name)) if data is None else data
    function = _loads(data or b"")
    with _lock:
        _arrived[name] = function
        while len(_arrived) > _KEPT:
            _arrived.popitem(last=False)
    return function


def _dumps(function: PartitionFunction, staging: Staging | None) -> bytes:
    import cloudpickle

    met: dict[tuple[str, str, str], Any] = {}

    class Packer(cloudpickle.Pickler):  # type: ignore[misc]
        """Lays big arrays aside, and notes the user functions that it meets."""

        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, Node):
                met.update(udf.defined(node.params for node in value.walk() if node.op in udf.CALLING))
            elif isinstance(value, Exchange) and "udf" in value.params:
                met.update(udf.defined([value.params["udf"]]))
            elif staging is not None and (laid := _laid(value, staging)) is not None:
                return laid
            return super().reducer_override(value)

    with _by_value():
        body = io.BytesIO()
        Packer(body).dump(function)
        functions: bytes = cloudpickle.dumps(met)
    return len(functions).to_bytes(8, "little") + functions + body.getvalue()


def _loads(data: bytes) -> PartitionFunction:
    import cloudpickle

    start = 8 + int.from_bytes(data[:8], "little")
    udf.define(cloudpickle.loads(data[8:start]))
    function: PartitionFunction = cloudpickle.loads(memoryview(data)[start:])
    return function


# Big arrays.


def _laid(value: Any, staging: Staging) -> tuple[Any, ...] | None:
    """How a big array is made again from the file that it is laid in; None for anything else."""
    if isinstance(value, (pa.Array, pa.ChunkedArray, pa.Table)) and value.nbytes >= BIG:
        table = value if isinstance(value, pa.Table) else pa.table({"": value})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(unify_dictionaries=True)) as writer:
            writer.write_table(table)
        whole = "table" if isinstance(value, pa.Table) else "chunked" if isinstance(value, pa.ChunkedArray) else "array"
        return _arrow, (staging, staging.put_blob(sink.getvalue().to_pybytes()), whole)
    if type(value) is np.ndarray and value.nbytes >= BIG and not value.dtype.hasobject:
        name = staging.put_blob(np.ascontiguousarray(value).tobytes())
        return _numpy, (staging, name, value.dtype, value.shape)
    return None


def _arrow(staging: Staging, name: str, whole: str) -> pa.Table | pa.ChunkedArray | pa.Array:
    table = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(staging.blob(name)))).read_all()
    if whole == "table":
        return table
    return table.column(0) if whole == "chunked" else table.column(0).combine_chunks()


def _numpy(staging: Staging, name: str, dtype: Any, shape: tuple[int, ...]) -> Any:
    return np.frombuffer(staging.blob(name), dtype).reshape(shape)


# User modules.


@contextmanager
def _by_value() -> Iterator[None]:
    """While it is open, what belongs to modules that are not installed is pickled by value: job files, and the files beside them."""
    import cloudpickle

    homes = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    here = __name__.partition(".")[0]
    chosen: list[ModuleType] = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        ours = name.partition(".")[0] == here
        alias = getattr(module, "__name__", None) != name  # such as __mp_main__
        if isinstance(module, ModuleType) and file and not (ours or alias or file.startswith(homes)) and name not in _registered():
            chosen.append(module)
    for module in chosen:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in chosen:
            cloudpickle.unregister_pickle_by_value(module)


def _registered() -> set[str]:
    import cloudpickle

    known: set[str] = cloudpickle.list_registry_pickle_by_value()
    return known
