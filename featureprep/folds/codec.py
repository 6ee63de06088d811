"""How states become bytes: a header of JSON and some buffers, without pickle.

    "FPF1"  uint32 length of the header  header (canonical JSON, with the lengths of the buffers)  padding  buffer  padding  buffer ...

All little-endian; every buffer begins at a multiple of 64 bytes, so that a decoded one is a view of a memory map.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.canonical import dumps, loads
from featureprep.errors import CorruptArtefactError

_MAGIC: Final = b"FPF1"
_PREFIX: Final = struct.Struct("<4sI")
_ALIGN: Final = 64


def pack(header: Mapping[str, Any], buffers: Sequence[bytes | memoryview] = ()) -> bytes:
    """The bytes of a header (JSON values) and buffers (C-contiguous)."""
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    text = dumps({"header": dict(header), "sizes": [len(view) for view in views]}).encode()
    parts: list[bytes | memoryview] = [_PREFIX.pack(_MAGIC, len(text)), text]
    size = _PREFIX.size + len(text)
    for view in views:
        parts.append(bytes(-size % _ALIGN))
        parts.append(view)
        size += -size % _ALIGN + len(view)
    return b"".join(parts)


def unpack(data: bytes | memoryview, fold: str) -> tuple[dict[str, Any], list[memoryview]]:
    """The header and views of the buffers.

    Raises
    ------
    CorruptArtefactError
        When `data` is not what `pack` makes; `fold` is named in it.
    """
    view = memoryview(data).cast("B")
    if len(view) < _PREFIX.size:
        raise corrupt(fold)
    magic, length = _PREFIX.unpack_from(view)
    if magic != _MAGIC or length > len(view) - _PREFIX.size:
        raise corrupt(fold)
    at = _PREFIX.size + length
    content = loads(bytes(view[_PREFIX.size : at]))
    match content:
        case {"header": dict(header), "sizes": list(sizes)} if all(type(size) is int and size >= 0 for size in sizes):
            pass
        case _:
            raise corrupt(fold)
    buffers = []
    for size in sizes:
        at += -at % _ALIGN
        if size > len(view) - at:
            raise corrupt(fold)
        buffers.append(view[at : at + size])
        at += size
    if at != len(view):
        raise corrupt(fold)
    return header, buffers


def corrupt(fold: str) -> CorruptArtefactError:
    """The error for a stored state that cannot be read."""
    return CorruptArtefactError(f"a stored state of the fold {fold} cannot be read", hint="delete it; it is computed again")


def integers(header: Mapping[str, Any], names: Sequence[str], fold: str) -> dict[str, int]:
    """The named whole numbers of a header, raising `CorruptArtefactError` where one is missing."""
    values = {name: header.get(name) for name in names}
    if not all(type(value) is int for value in values.values()):
        raise corrupt(fold)
    return {name: int(header[name]) for name in names}


def pack_table(table: pa.Table) -> memoryview:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return memoryview(sink.getvalue())


def unpack_table(view: memoryview, fold: str) -> pa.Table:
    """A table again, its buffers views of `view`; raises `CorruptArtefactError`."""
    try:
        table = pa.ipc.open_stream(pa.py_buffer(view)).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(fold) from error
    return table
