"""Texts of a data frame as dictionaries: the same values as Arrow makes of all objects, encoded by what they say alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from featureprep.io.api import from_pandas
from featureprep.io.frame_texts import CHUNK, encoded_texts
from featureprep.io.frames import pandas_table

N = 2 * CHUNK + 1_000
RNG = np.random.default_rng(1)
WORDS = ["", "a", "b", "été", "x" * 40, "\x00", "日本"]


def _objects(cells: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    made = np.empty(len(cells), object)
    made[:] = cells
    return made


def _shared(nulls: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Few objects, each of them in many places."""
    return _objects([*WORDS, *nulls])[RNG.integers(0, len(WORDS) + len(nulls), N)]


def _own(objects: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """The same with an object of its own in every place."""
    return _objects(
        ["".join([*cell]) if len(cell) < 2 else cell[:1] + cell[1:] if isinstance(cell, str) else cell for cell in objects.tolist()]
    )


@pytest.mark.parametrize("nulls", [[], [None], [np.nan, None, pd.NA, pd.NaT]])
def test_the_same_values_as_of_all_objects(nulls: list[Any]) -> None:
    objects = _shared(nulls)
    found = encoded_texts(objects)
    assert found is not None
    found.validate(full=True)
    assert found.cast(pa.string()).equals(pa.chunked_array([pa.array(objects, from_pandas=True)]))
    assert [len(chunk) for chunk in found.chunks] == [CHUNK, CHUNK, 1_000]
    assert all(chunk.dictionary.null_count == 0 and len(chunk.dictionary) == len(chunk.dictionary.unique()) for chunk in found.chunks)


def test_the_encoding_tells_nothing_of_which_objects_they_are() -> None:
    shared = _shared([])
    own = _own(shared)
    assert len(set(map(id, own.tolist()))) > 1_000
    one, other = encoded_texts(shared), encoded_texts(own)
    assert one is not None
    assert other is not None
    for a, b in zip(one.chunks, other.chunks, strict=True):
        assert a.indices.equals(b.indices)
        assert a.dictionary.equals(b.dictionary)


def test_a_chunk_of_nulls_alone() -> None:
    objects = _shared([])
    objects[CHUNK : 2 * CHUNK] = None
    found = encoded_texts(objects)
    assert found is not None
    assert found.chunk(1).null_count == CHUNK
    assert found.cast(pa.string()).equals(pa.chunked_array([pa.array(objects, from_pandas=True)]))


@pytest.mark.parametrize("odd", [3, b"a", 1.5, ["a"], True])
@pytest.mark.parametrize("place", [0, N - 1])
def test_anything_else_than_text_is_left_to_arrow(odd: Any, place: int) -> None:
    objects = _shared([])
    objects[place] = odd
    assert encoded_texts(objects) is None
    assert encoded_texts(_objects([odd] * N)) is None


def test_half_of_a_surrogate_pair_is_left_to_arrow() -> None:
    objects = _shared([])
    objects[N - 1] = "\ud800"
    assert encoded_texts(objects) is None


def test_short_columns_and_texts_that_seldom_repeat_are_left_as_they_are() -> None:
    assert encoded_texts(_shared([])[:1_000]) is None
    assert encoded_texts(_objects([f"{i // 2}" for i in range(N)])) is None
    assert encoded_texts(_objects([f"{i // 8}" for i in range(N)])) is not None


def test_many_texts_that_come_again_later_share_a_dictionary_over_many_chunks() -> None:
    texts = _objects([f"text {i}" for i in range(CHUNK)])
    for n, spread in ((8 * CHUNK + 1_000, CHUNK // 2), (8 * CHUNK, CHUNK)):
        objects = texts[RNG.integers(0, spread, n)]
        found, own = encoded_texts(objects), encoded_texts(_own(objects))
        assert found is not None
        assert own is not None
        assert [len(chunk) for chunk in found.chunks] == [8 * CHUNK, n - 8 * CHUNK][: len(found.chunks)]
        assert found.cast(pa.string()).equals(pa.chunked_array([pa.array(objects)]))
        assert all(a.indices.equals(b.indices) and a.dictionary.equals(b.dictionary) for a, b in zip(found.chunks, own.chunks, strict=True))
    assert encoded_texts(texts[RNG.integers(0, CHUNK, 8 * CHUNK - 1)]) is None
    assert encoded_texts(_objects([f"{i // 2}" for i in range(8 * CHUNK)])) is None


def test_nulls_alone_have_no_type() -> None:
    df = pd.DataFrame({"x": _objects([None] * N)})
    assert pandas_table(df, encode=True)["x"].type == pandas_table(df)["x"].type == pa.null()


def test_every_other_object_of_a_frame() -> None:
    objects = np.repeat(_shared([None]), 2)[::2]
    assert not objects.flags.c_contiguous
    found = encoded_texts(objects)
    assert found is not None
    assert found.cast(pa.string()).equals(pa.chunked_array([pa.array(objects, from_pandas=True)]))


@pytest.mark.parametrize(
    "values", [np.array([1.0, np.nan, -0.0, np.inf]), np.array([np.nan] * 9, np.float32), np.zeros(0), np.arange(20.0)[::2]]
)
def test_floats_are_what_arrow_makes_of_them(values: np.ndarray[Any, Any]) -> None:
    df = pd.DataFrame({"x": values})
    made, wanted = pandas_table(df)["x"].combine_chunks(), pa.array(df["x"], from_pandas=True)
    made.validate(full=True)
    assert (made.type, made.null_count, made.to_pylist()) == (wanted.type, wanted.null_count, wanted.to_pylist())
    assert [np.signbit(x) for x in made.drop_null().to_pylist()] == [np.signbit(x) for x in wanted.drop_null().to_pylist()]


def test_a_source_has_them_and_the_frame_is_left_as_it_is() -> None:
    df = pd.DataFrame({"word": _shared([None]), "x": np.where(RNG.random(N) < 0.1, np.nan, 1.5)})
    before = df.copy(deep=True)
    table = from_pandas(df).table
    assert table is not None
    assert pa.types.is_dictionary(table["word"].type)
    pd.testing.assert_frame_equal(df, before)
    assert table.cast(pa.schema([("word", pa.string()), ("x", pa.float64())])).equals(pandas_table(df))
