"""Parquet files with lists of a fixed size, which Parquet itself does not have: read as the lists that they are, and made fixed again.

Where the Arrow schema in a file's footer says that lists are of a fixed size, pyarrow before 26 refuses every null among them ("Expected all
lists to be of size=2 but index 2 had size=0"). So the footer is read without it, and its types are put back afterwards.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import pyarrow as pa

from featureprep.types import logical

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
# a KeyValue of Thrift's compact protocol: field 1, 12 bytes, the key, field 2; a column of that name is followed by another field
_KEY: Final = b"\x18\x0cARROW:schema\x18"
_RENAMED: Final = b"\x18\x0cARROW:SCHEMA\x18"

Columns = TypeVar("Columns", pa.Table, pa.RecordBatch)


def has_fixed_lists(dtype: pa.DataType) -> bool:
    """Whether there are lists of a fixed size in a type."""
    if pa.types.is_fixed_size_list(dtype):
        return True
    if pa.types.is_dictionary(dtype) or pa.types.is_run_end_encoded(dtype):
        return has_fixed_lists(dtype.value_type)
    return any(has_fixed_lists(dtype.field(i).type) for i in range(dtype.num_fields))


def footer_without_arrow(file: Any) -> Any:
    """The metadata of a Parquet file, a seekable binary file that is left at its start, as `pyarrow.parquet.ParquetFile(metadata=)` takes it.

    None where the file does not end as Parquet does: whoever opens it says what is wrong.
    """
    import pyarrow.parquet as pq

    size = file.seek(0, 2)
    file.seek(max(size - _TAIL, 0))
    tail = bytes(file.read(_TAIL))
    length = int.from_bytes(tail[:4], "little")
    footer = b""
    if tail[4:] == _MAGIC and length <= size - _TAIL:
        file.seek(size - _TAIL - length)
        footer = bytes(file.read(length))
    file.seek(0)
    if not footer:
        return None
    return pq.read_metadata(pa.BufferReader(_MAGIC + footer.replace(_KEY, _RENAMED) + tail))


def fixed_again(columns: Columns, stated: pa.Schema) -> Columns:
    """Columns that were read with such metadata in the types that the Arrow schema `stated` for them, where other ones would be seen.

    Raises
    ------
    pa.ArrowInvalid
        When a list has another size than was stated.
    """
    for at, name in enumerate(columns.schema.names):
        dtype = stated.field(name).type
        if has_fixed_lists(dtype):
            columns = columns.set_column(at, name, columns.column(at).cast(logical(dtype)))
        elif pa.types.is_timestamp(dtype) and columns.column(at).type != dtype:
            columns = columns.set_column(at, name, columns.column(at).cast(dtype))  # of the zone only its being one is stored
    return columns
