"""Feature columns as one matrix, dense or sparse, and label and weight columns as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featureprep.errors import ArgumentError, CorruptArtefactError, MissingExtraError
from featureprep.store.fields import Column
from featureprep.types import format_type, is_float, is_integer, is_sparse, is_text

Array = npt.NDArray[Any]

_DTYPES = ("float64", "float32")


def feature_matrix(tables: Sequence[pa.Table], columns: Sequence[Column], dtype: Any) -> Any:
    """X of `Dataset.matrix`, from one table a file."""
    target = _target(dtype)
    for column in columns:
        _check_type(column)
    if any(is_sparse(column.type) for column in columns):
        return _sparse_matrix(tables, columns, target)
    out = np.empty((sum(t.num_rows for t in tables), sum(c.width for c in columns)), target)
    row = 0
    for table in tables:
        _fill(out[row : row + table.num_rows], table, columns)
        row += table.num_rows
    return out


def _target(dtype: Any) -> np.dtype[Any]:
    try:
        target: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        target = np.dtype(object)
    if target.name not in _DTYPES:
        raise ArgumentError.of("dtype", "matrix", "float64 or float32", dtype)
    return target


def _check_type(column: Column) -> None:
    dtype = column.type
    if is_sparse(dtype):
        dtype = dtype.field(1).type.value_type
    elif pa.types.is_fixed_size_list(dtype):
        dtype = dtype.value_type
    if not (is_integer(dtype) or is_float(dtype) or pa.types.is_boolean(dtype)):
        hint = "Encode it: vocabulary, one_hot, hash_bucket." if is_text(dtype) else "Make a number of it, or name it in keep=[...]."
        raise ArgumentError(f"feature {column.name!r} is {format_type(column.type)}, and a matrix holds numbers", hint=hint)


def _fill(out: Array, table: pa.Table, columns: Sequence[Column]) -> None:
    """Write the dense `columns` of `table` side by side into `out`, shape (n_rows, sum of widths)."""
    place = 0
    for column in columns:
        row = 0
        for chunk in table.column(column.name).chunks:
            target = out[row : row + len(chunk), place : place + column.width]
            if pa.types.is_fixed_size_list(column.type):
                _fill_vectors(target, chunk, column)
            else:
                target[:, 0] = _numbers(chunk, column.name, out.dtype)
            row += len(chunk)
        place += column.width


def _fill_vectors(target: Array, chunk: pa.Array, column: Column) -> None:
    if column.width == 0:
        return
    if chunk.null_count == 0:
        target[:] = _numbers(chunk.flatten(), column.name, target.dtype).reshape(target.shape)
        return
    if not is_float(column.type.value_type):
        raise _null(column.name)
    there = np.asarray(chunk.is_valid())
    target[~there] = np.nan
    target[there] = _numbers(chunk.flatten(), column.name, target.dtype).reshape(-1, column.width)


def _null(name: str) -> ArgumentError:
    return ArgumentError(
        f"feature {name!r} has a null, for which a matrix has no number",
        hint=f"impute({name!r}, ...), or missing= of its transform, gives one.",
    )


def _numbers(array: pa.Array, name: str, target: np.dtype[Any]) -> Array:
    """The values of a plain array of floats, integers or bools; null floats as NaN. shape (len(array),)"""
    if is_float(array.type):
        values: Array = array.to_numpy(zero_copy_only=False)
        return values
    if array.null_count:
        raise _null(name)
    values = array.to_numpy(zero_copy_only=False)
    exact = 2 ** (np.finfo(target).nmant + 1)
    if values.dtype.itemsize >= 4 and len(values) and (int(values.max()) > exact or int(values.min()) < -exact):
        _check_exact(values, name, target)
    return values


def _check_exact(values: Array, name: str, target: np.dtype[Any]) -> None:
    cast = values.astype(target)
    # 2**63 and 2**64 themselves do not fit back into the integer type
    inside = cast < float(np.iinfo(values.dtype).max)
    if not inside.all() or (cast.astype(values.dtype) != values).any():
        raise ArgumentError(
            f"feature {name!r} has integers that {target.name} cannot hold exactly",
            hint="Use dtype='float64', fewer buckets, or name it in keep=[...] and read it with to_arrow().",
        )


def _sparse_matrix(tables: Sequence[pa.Table], columns: Sequence[Column], target: np.dtype[Any]) -> Any:
    try:
        from scipy import sparse
    except ImportError as error:
        raise MissingExtraError.of("sklearn", "a matrix with sparse features") from error
    stacked = [_sparse_rows(table, columns, target, sparse) for table in tables]
    if not stacked:
        return sparse.csr_matrix((0, sum(c.width for c in columns)), dtype=target)
    return sparse.vstack(stacked, format="csr", dtype=target)


def _sparse_rows(table: pa.Table, columns: Sequence[Column], target: np.dtype[Any], sparse: Any) -> Any:
    blocks: list[Any] = []
    dense: list[Column] = []

    def flush() -> None:
        if dense:
            block = np.empty((table.num_rows, sum(c.width for c in dense)), target)
            _fill(block, table, dense)
            blocks.append(sparse.csr_matrix(block))
            dense.clear()

    for column in columns:
        if is_sparse(column.type):
            flush()
            blocks.append(_csr(table.column(column.name), column, target, sparse))
        else:
            dense.append(column)
    flush()
    return sparse.hstack(blocks, format="csr", dtype=target)


def _csr(chunked: pa.ChunkedArray, column: Column, target: np.dtype[Any], sparse: Any) -> Any:
    """One sparse column as CSR, shape (n_rows, column.size)."""
    indptr, indices, values = [np.zeros(1, np.int64)], [np.empty(0, np.int32)], [np.empty(0, target)]
    for chunk in chunked.chunks:
        if chunk.null_count:
            raise _null(column.name)
        places, numbers = chunk.field("indices"), chunk.field("values")
        if places.null_count or numbers.null_count:
            raise _null(column.name)
        counts = np.diff(np.asarray(places.offsets))
        flat = places.flatten()
        if flat.null_count or (counts != np.diff(np.asarray(numbers.offsets))).any():
            raise CorruptArtefactError(f"the sparse column {column.name!r} has indices without values")
        indptr.append(indptr[-1][-1] + np.cumsum(counts, dtype=np.int64))
        indices.append(flat.to_numpy())
        values.append(_numbers(numbers.flatten(), column.name, target).astype(target, copy=False))
    index = np.concatenate(indices)
    if len(index) and (index.min() < 0 or index.max() >= column.width):
        raise CorruptArtefactError(f"the sparse column {column.name!r} has an index outside its {column.width} places")
    made = sparse.csr_matrix((np.concatenate(values), index, np.concatenate(indptr)), shape=(chunked.length(), column.width))
    made.sort_indices()
    if not made.has_canonical_format:
        raise CorruptArtefactError(f"the sparse column {column.name!r} has the same index twice in a row")
    return made


def label_array(tables: Sequence[pa.Table], columns: Sequence[Column]) -> Array | None:
    """y of `Dataset.matrix`."""
    if not columns:
        return None
    arrays = [_plain(tables, column, "label") for column in columns]
    return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def weight_array(tables: Sequence[pa.Table], columns: Sequence[Column]) -> Array:
    """`Dataset.weights`; raises ArgumentError when there are several, or one is null."""
    if len(columns) > 1:
        raise ArgumentError(f"the dataset has {len(columns)} weight columns: {', '.join(c.name for c in columns)}")
    weights = _plain(tables, columns[0], "weight")
    if weights.dtype == object:
        raise ArgumentError(f"weight {columns[0].name!r} is {format_type(columns[0].type)}, and a weight is a number")
    return weights.astype(np.float64, copy=False)


def _plain(tables: Sequence[pa.Table], column: Column, role: str) -> Array:
    chunked = pa.chunked_array([chunk for table in tables for chunk in table.column(column.name).chunks], column.type)
    if chunked.null_count and (is_integer(column.type) or pa.types.is_boolean(column.type)):
        raise ArgumentError(
            f"{role} {column.name!r} has {chunked.null_count} nulls, for which {format_type(column.type)} has no value",
            hint="Filter those rows out in the job, or read with to_arrow().",
        )
    values: Array = chunked.to_numpy()
    return values
