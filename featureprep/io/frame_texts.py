"""Texts of a data frame's object columns as Arrow dictionaries, a chunk at a time.

What fills such columns (readers of files above all) holds a text that repeats itself once, and refers to it. References are whole numbers:
those of a chunk are told apart by Arrow, outside the interpreter, and only the objects that differ are made into texts. That takes a half
to a quarter of the time of looking at every object, and what comes of it is what folds over texts are quickest with. Whether a
column becomes dictionaries, and which, depends on its texts alone and never on which objects they are.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.io.conform import CHUNK_ROWS
from featureprep.threads import each

CHUNK: Final = CHUNK_ROWS
"""Rows of a chunk, which has a dictionary of its own: what is done once for each entry is done once for each batch."""
_FEW: Final = 1 << 16
_OFTEN: Final = 0.25
"""Where at most this share of a chunk's texts differ each chunk has a dictionary of its own."""
_LONG: Final = 8 * CHUNK
_SELDOM: Final = 0.75
"""Where at most this share of a chunk's texts differ so many rows have one, if the same texts come in later chunks; where more do, none has."""
_AT_FIRST: Final = 2
"""Long chunks that are made before it is known that they are wanted."""
_REFUSED: Final = (pa.ArrowException, OverflowError, UnicodeEncodeError, FeatureprepError)
"""What is wrong is said where all of the column is made at once."""

Objects = np.ndarray[Any, np.dtype[np.object_]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


def encoded_texts(objects: Objects) -> pa.ChunkedArray | None:
    """The texts and nulls of a column as dictionaries; None where it holds anything else, is short, or where its texts seldom repeat.

    Parameters
    ----------
    objects : np.ndarray of object, shape (n,)
    """
    if len(objects) < _FEW:
        return None
    objects = np.ascontiguousarray(objects)
    try:
        first = _encoded(_plain(objects[:CHUNK]))
        if not pa.types.is_dictionary(first.type):
            return None
        share = len(first.dictionary) / len(first)
        if share > _SELDOM or (share > _OFTEN and len(objects) < _LONG):
            return None
        chunks = _often(first, objects) if share <= _OFTEN else _again_later(objects)
    except _REFUSED:
        return None
    if not chunks or not all(chunk.type == first.type for chunk in chunks) or not any(len(chunk.dictionary) for chunk in chunks):
        return None
    return pa.chunked_array(chunks)


def _often(first: pa.Array, objects: Objects) -> list[pa.Array]:
    """Chunks with a dictionary each; `first` is made."""
    chunks, repeat = [first], True
    for start in range(CHUNK, len(objects), CHUNK):
        made = _by_reference(objects[start : start + CHUNK]) if repeat else None
        repeat = made is not None
        chunks.append(_encoded(_plain(objects[start : start + CHUNK])) if made is None else made)
    return chunks


def _again_later(objects: Objects) -> list[pa.Array]:
    """Long chunks, in threads; none where the first one has more entries than a batch has rows."""

    def made(start: int) -> pa.Array:
        part = objects[start : start + _LONG]
        by_reference = _by_reference(part)
        return _encoded(_plain(part)) if by_reference is None else by_reference

    starts = range(0, len(objects), _LONG)
    chunks = each(made, starts[:_AT_FIRST])
    if len(getattr(chunks[0], "dictionary", ())) > CHUNK:
        return []
    return chunks + each(made, starts[_AT_FIRST:])


def _encoded(texts: pa.Array) -> pa.Array:
    """Texts with each of them an entry once, in the order in which they come; anything else as it is."""
    return texts.dictionary_encode() if pa.types.is_string(texts.type) else texts


def _by_reference(objects: Objects) -> pa.Array | None:
    """The same of objects; None where most of them come once."""
    coded = pa.array(_references(objects)).dictionary_encode()
    if 2 * len(coded.dictionary) > len(coded):
        return None
    at = coded.indices.to_numpy()
    where = np.empty(len(coded.dictionary), np.int64)
    where[at[::-1]] = np.arange(len(at) - 1, -1, -1)  # where each object comes first
    entries = _encoded(_plain(objects[where]))
    if not pa.types.is_dictionary(entries.type):
        return entries
    return pa.DictionaryArray.from_arrays(entries.indices.take(coded.indices), entries.dictionary)


def _plain(objects: Objects) -> pa.Array:
    """What Arrow makes of objects; nulls alone are texts, as the column has some."""
    made = pa.array(objects, from_pandas=True)
    return made.cast(pa.string()) if pa.types.is_null(made.type) else made


class _Shown:
    """The references that an array of objects holds, for NumPy: it makes no view of them itself."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.__array_interface__ = {
            "data": (objects.ctypes.data, True), "typestr": np.dtype(np.intp).str, "shape": objects.shape, "version": 3,
        }  # fmt: skip


def _references(objects: Objects) -> Ints:
    """Equal numbers for one and the same object; read-only, good for as long as it is held."""
    return np.asarray(_Shown(objects))
