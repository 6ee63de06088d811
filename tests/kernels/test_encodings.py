"""Encoded columns: the same values, with every null where Arrow counts it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import DataError, TypeMismatchError
from featureprep.kernels.encodings import joined, list_of_view, settled

WORDS = st.none() | st.sampled_from(["", "a", "é", "longer than the others"])


@st.composite
def dictionaries(draw: st.DrawFn) -> pa.Array:
    """Entries null and repeated, indices null, a slice of it."""
    entries = draw(st.lists(WORDS, min_size=1, max_size=5))
    indices = draw(st.lists(st.none() | st.integers(0, len(entries) - 1), max_size=12))
    kind = draw(st.sampled_from([pa.int8(), pa.uint16(), pa.int32(), pa.int64()]))
    array = pa.DictionaryArray.from_arrays(
        pa.array(indices, kind), pa.array(entries, draw(st.sampled_from([pa.string(), pa.large_string()])))
    )
    start = draw(st.integers(0, len(array)))
    return array.slice(start, draw(st.integers(0, len(array) - start)))


@st.composite
def runs(draw: st.DrawFn) -> pa.Array:
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    values = pa.array(draw(st.lists(WORDS, min_size=len(ends), max_size=len(ends))), pa.string())
    if draw(st.booleans()):
        values = pa.DictionaryArray.from_arrays(pa.array(range(len(values)), pa.int32()), values)
    array = pa.RunEndEncodedArray.from_arrays(pa.array(ends, pa.int32()), values)
    start = draw(st.integers(0, len(array)))
    return array.slice(start, draw(st.integers(0, len(array) - start)))


@given(dictionaries() | runs())
def test_the_values_stay_and_nulls_are_seen(array: pa.Array) -> None:
    values = array.to_pylist()
    out = settled(array)
    out.validate(full=True)
    assert out.to_pylist() == values
    assert out.null_count == values.count(None)
    assert out.is_null().to_pylist() == [value is None for value in values]
    assert len(out.drop_null()) == len(values) - values.count(None)
    assert not pa.types.is_run_end_encoded(out.type)


@given(st.lists(dictionaries().filter(lambda a: pa.types.is_string(a.type.value_type)), max_size=4))
def test_chunks_of_different_dictionaries(chunks: list[pa.Array]) -> None:
    chunks = [chunk.cast(pa.dictionary(pa.int8(), pa.string())) for chunk in chunks]
    out = joined(pa.chunked_array(chunks, pa.dictionary(pa.int8(), pa.string())))
    values = [value for chunk in chunks for value in chunk.to_pylist()]
    assert out.to_pylist() == values
    assert out.null_count == values.count(None)


def test_chunks_with_more_words_than_their_indices_can_number() -> None:
    chunks = [pa.array([f"{part}{i}" for i in range(100)]).cast(pa.dictionary(pa.int8(), pa.string())) for part in "ab"]
    assert joined(pa.chunked_array(chunks)).to_pylist() == [f"{part}{i}" for part in "ab" for i in range(100)]


def test_what_is_settled_already_is_not_copied() -> None:
    for array in (pa.array([1, None]), pa.array([["a"], None])):
        assert settled(array) is array
    words = pa.array(["a", None, "a"]).dictionary_encode()
    assert settled(words).indices.buffers()[1].address == words.indices.buffers()[1].address


def encoded_child(*words: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(range(len(words)), pa.int32()), pa.array(words, pa.string()))


def test_inside_lists_and_structs() -> None:
    child = encoded_child("a", None, "b")
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 2, 3], pa.int32()), child)
    struct = pa.StructArray.from_arrays([child, pa.array([1, 2, 3])], names=["x", "y"])
    fixed = pa.FixedSizeListArray.from_arrays(child, 3)
    for array in (lists, struct, fixed, lists.slice(1), lists.cast(pa.large_list(lists.type.value_type))):
        out = settled(array)
        assert out.to_pylist() == array.to_pylist()
        assert "dictionary" not in str(out.type)
    assert pc.list_flatten(settled(lists)).is_null().to_pylist() == [False, True, False]
    assert settled(struct).field("x").null_count == 1


def test_list_views() -> None:
    view = pa.ListViewArray.from_arrays(
        pa.array([1, 0, 0], pa.int32()), pa.array([2, 2, 0], pa.int32()), pa.array([1, 2, 3]), mask=pa.array([False, False, True])
    )
    for array in (view, view.slice(1)):
        out = settled(array)
        out.validate(full=True)
        assert out.to_pylist() == array.to_pylist()
        assert out.type == pa.list_(pa.int64())
    wide = pa.ListViewArray.from_arrays(pa.array([0] * 5, pa.int32()), pa.array([500_000_000] * 5, pa.int32()), pa.nulls(500_000_000))
    with pytest.raises(DataError, match="elements"):
        list_of_view(wide)


def test_what_cannot_be_undone_is_refused() -> None:
    runs_in_a_list = pa.ListArray.from_arrays(
        pa.array([0, 3], pa.int32()), pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", None]))
    )
    views = pa.StructArray.from_arrays(
        [pa.ListViewArray.from_arrays(pa.array([0], pa.int32()), pa.array([1], pa.int32()), pa.array([1]))], names=["x"]
    )
    for array in (runs_in_a_list, views):
        with pytest.raises(TypeMismatchError, match="cannot be read"):
            settled(array)
