"""What runs on Dask's workers. All that crosses is bytes, so that no task can change what another one was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pyarrow as pa

from featureprep.engines.carried import Carried
from featureprep.engines.versions import differences, versions
from featureprep.errors import WorldError

if TYPE_CHECKING:
    import pandas as pd

BUCKET, BLOB = "bucket", "blob"
P = ParamSpec("P")
R = TypeVar("R")


class TaskError(Exception):
    """A task raised something: (what it was). Dask itself would pickle that with all that it was raised from."""

    def __init__(self, carried: Carried) -> None:
        super().__init__(carried)
        self.carried = carried


class SendError(TaskError):
    """Something was raised before an exchange: (what it was, number of the partition). The shuffle tells only that something was."""

    def __init__(self, carried: Carried, partition: int) -> None:
        Exception.__init__(self, carried, partition)
        self.carried = carried
        self.partition = partition


def carrying(task: Callable[P, R]) -> Callable[P, R]:
    """A task that raises `TaskError` around whatever is raised."""

    @wraps(task)
    def carries(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return task(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (the driver raises it)
            found = Carried.of(error)
        raise TaskError(found)

    return carries


def dump(value: Any) -> bytes:
    """As bytes; raises what cloudpickle raises."""
    import cloudpickle

    made: bytes = cloudpickle.dumps(value)
    return made


def load(data: bytes) -> Any:
    """What `dump` was given."""
    import cloudpickle

    return cloudpickle.loads(data)


def same(data: bytes) -> bytes:
    """A node of a graph that others ask for."""
    return data


def pack(functions: Sequence[Any], last: Any) -> bytes:
    """The functions of a verb and what it ends with (a sink, a merger), with the versions of this process."""
    return json.dumps(versions()).encode() + b"\n" + dump((functions, last))


def unpack(code: bytes) -> Any:
    """What `pack` was given.

    Raises
    ------
    WorldError
        Where this process has other versions than the one that packed.
    """
    said, _, body = code.partition(b"\n")
    other = [f"{name} {driver} and {worker}" for name, driver, worker in differences(json.loads(said), versions())]
    if other:
        raise WorldError(
            f"the driver and a worker differ: {', '.join(other)}",
            where="dask",
            hint="install the same Python and the same packages on the workers as where the run is started",
        )
    return load(body)


def through(code: bytes, partition: int, items: Iterable[Any]) -> tuple[Any, Iterator[Any]]:
    """What a verb ends with, and a partition's items after the functions before it."""
    functions, last = unpack(code)
    found = iter(items)
    for function in functions:
        found = iter(function(partition, found))
    return last, found


def items_of(data: bytes | pd.DataFrame) -> Iterator[Any]:
    """The items of a partition as it stands: pickled descriptors, or the frame that an exchange brought together."""
    if isinstance(data, bytes):
        return iter(load(data))
    return (blob.as_py() for chunk in data[BLOB].array.__arrow_array__().chunks for blob in chunk)


@carrying
def write(code: bytes, partition: int, data: bytes | pd.DataFrame) -> bytes:
    """What the sink yields of a partition."""
    sink, items = through(code, partition, items_of(data))
    return dump(list(sink(partition, items)))


@carrying
def fold(code: bytes, partition: int, data: bytes | pd.DataFrame) -> bytes:
    """A partition's state."""
    merger, items = through(code, partition, items_of(data))
    state = merger.init()
    for item in items:
        state = merger.update(state, item)
    return dump(state)


@carrying
def merge(code: bytes, *states: bytes) -> bytes:
    """States as one; the state of nothing where there are none."""
    _, merger = unpack(code)
    total = load(states[0]) if states else merger.init()
    for state in states[1:]:
        total = merger.merge(total, load(state))
    return dump(total)


def send(code: bytes, partition: int, data: bytes | pd.DataFrame) -> pd.DataFrame:
    """A partition's (bucket, bytes) as a frame of two columns.

    Raises
    ------
    SendError
        Around whatever is raised.
    """
    try:
        _, items = through(code, partition, items_of(data))
        return frame(items)
    except Exception as error:  # noqa: BLE001  (the driver raises it)
        found = Carried.of(error)
    raise SendError(found, partition)


def frame(items: Iterable[tuple[int, bytes]]) -> pd.DataFrame:
    """Blobs with their buckets. Opaque bytes: no type of theirs needs to mean anything to pandas or to the shuffle."""
    import pandas as pd

    buckets, blobs = [], []
    for bucket, blob in items:
        buckets.append(bucket)
        blobs.append(blob)
    return pd.DataFrame(
        {
            BUCKET: pd.array(buckets, dtype="int32"),
            BLOB: pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(blobs, pa.large_binary())])),
        }
    ).astype({BUCKET: "int32"})
