"""Column types: their spelling there and back, Arrow's other encodings, and texts that spell none."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep import types as t
from featureprep.errors import TypeMismatchError

SIMPLE = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "string",
    "binary",
    "date",
    "timestamp",
    "null",
]
NAMES = st.text(st.characters(codec="utf-8"), max_size=6)


def _wider(inner: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    return (
        inner.map(pa.list_)
        | st.builds(pa.list_, inner, st.integers(0, 5))
        | st.lists(st.tuples(NAMES, inner), max_size=3, unique_by=lambda field: field[0]).map(pa.struct)
    )


LOGICAL = st.recursive(
    st.sampled_from(SIMPLE).map(t.parse_type)
    | st.tuples(st.integers(1, 38), st.integers(0, 38)).filter(lambda d: d[1] <= d[0]).map(lambda d: pa.decimal128(*d))
    | st.sampled_from(["UTC", "Europe/Berlin", "+05:30", "America/Argentina/Buenos_Aires", "Etc/GMT+3"]).map(
        lambda zone: pa.timestamp("us", zone)
    ),
    _wider,
    max_leaves=6,
)


@given(dtype=LOGICAL)
def test_every_type_is_read_back_from_its_spelling(dtype: pa.DataType) -> None:
    assert t.parse_type(t.format_type(dtype)) == dtype
    assert t.logical(dtype) == dtype


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_names(name: str) -> None:
    assert t.format_type(t.parse_type(name)) == name


@pytest.mark.parametrize(
    "text, dtype",
    [
        ("str", pa.string()), ("int", pa.int64()), ("float", pa.float64()), ("double", pa.float64()), ("boolean", pa.bool_()), (" list < int8 > ", pa.list_(pa.int8())),
        ("timestamp[+05:30]", pa.timestamp("us", "+05:30")), ("decimal(5,2)", pa.decimal128(5, 2)), ('struct<"a b": int8, "c\\"d": string>', pa.struct([("a b", pa.int8()), ('c"d', pa.string())])),
        ("struct<>", pa.struct([])), ("fixed_size_list<float64>[3]", pa.list_(pa.float64(), 3)), ("struct<list: int8>", pa.struct([("list", pa.int8())])),
        ("struct<indices: list<int32>, values: list<int8>>", t.sparse(pa.int8())),
    ],
)  # fmt: skip
def test_spellings(text: str, dtype: pa.DataType) -> None:
    assert t.parse_type(text) == dtype


@pytest.mark.parametrize(
    "text",
    [
        " ", "", "int65", "INT64", "list", "list<", "list<>", "list<int8", "list<int8>>", "int8 int8", "decimal", "decimal(0, 0)", "decimal(39, 0)", "decimal(5, 6)", "decimal(5, -1)",
        "decimal(x, 1)", "decimal(٣, 1)", "timestamp[", "timestamp[]", "timestamp[a,b]", "fixed_size_list<int8>", "fixed_size_list<int8>[-1]", "fixed_size_list<int8>[9999999999]",
        "struct<a int8>", "struct<a: int8, a: int8>", "struct<a: int8 b: int8>", 'struct<"a: int8>', "struct<: int8>", "\x00", '"', "é", "list<" * 40 + "int8" + ">" * 40, "list<" * 100_000, "(" * 1000,
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_texts_that_spell_no_type(text: str) -> None:
    with pytest.raises(TypeMismatchError, match="is not a type"):
        t.parse_type(text)


@given(text=st.text(max_size=40) | st.text(alphabet='structlimeap<>[](),: "\\5', max_size=40))
def test_any_text_spells_a_type_or_is_refused(text: str) -> None:
    try:
        dtype = t.parse_type(text)
    except TypeMismatchError:
        return
    assert t.parse_type(t.format_type(dtype)) == dtype


@pytest.mark.parametrize("odd", [5, None, b"int64", int, ["int64"], float("nan")])
def test_what_is_no_text(odd: object) -> None:
    with pytest.raises(TypeMismatchError, match="is not a type"):
        t.parse_type(odd)  # type: ignore[arg-type]
    with pytest.raises(TypeMismatchError, match="is not a type"):
        t.logical(odd)


def test_a_wide_struct_is_read_in_time() -> None:
    text = "struct<" + ", ".join(f"f{i}: int8" for i in range(30_000)) + ">"
    assert t.parse_type(text).num_fields == 30_000


@pytest.mark.parametrize(
    "given, wanted",
    [
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()), (pa.large_string(), pa.string()), (pa.string_view(), pa.string()), (pa.large_binary(), pa.binary()), (pa.binary(5), pa.binary()),
        (pa.binary_view(), pa.binary()), (pa.date64(), pa.date32()), (pa.timestamp("ns"), pa.timestamp("us")), (pa.timestamp("s", "UTC"), pa.timestamp("us", "UTC")), (pa.large_list(pa.date64()), pa.list_(pa.date32())),
        (pa.run_end_encoded(pa.int32(), pa.int8()), pa.int8()), (pa.list_(pa.field("element", pa.large_string())), pa.list_(pa.string())), (pa.list_view(pa.int8()), pa.list_(pa.int8())),
        (pa.large_list_view(pa.int8()), pa.list_(pa.int8())), (pa.list_(pa.large_string(), 2), pa.list_(pa.string(), 2)), (pa.struct([("a", pa.dictionary(pa.int32(), pa.string()))]), pa.struct([("a", pa.string())])),
    ],
)  # fmt: skip
def test_other_encodings_of_the_same_values(given: pa.DataType, wanted: pa.DataType) -> None:
    assert t.logical(given) == wanted


def _nested(depth: int) -> pa.DataType:
    dtype = pa.int8()
    for _ in range(depth):
        dtype = pa.list_(dtype)
    return dtype


@pytest.mark.parametrize(
    "dtype",
    [
        pa.time64("us"), pa.duration("s"), pa.map_(pa.string(), pa.int8()), pa.float16(), pa.decimal256(50, 2), pa.month_day_nano_interval(), pa.dense_union([pa.field("a", pa.int8())]),
        pa.decimal128(5, -2), pa.decimal128(5, 10), pa.struct([("a", pa.int8()), ("a", pa.string())]), pa.timestamp("us", "a b"), pa.list_(pa.time32("s")), _nested(40),
    ],
    ids=lambda dtype: str(dtype)[:30],
)  # fmt: skip
def test_types_with_no_place_here(dtype: pa.DataType) -> None:
    with pytest.raises(TypeMismatchError) as caught:
        t.logical(dtype)
    assert str(caught.value)


def test_the_deepest_type_there_is() -> None:
    assert t.parse_type(t.format_type(_nested(32))) == _nested(32)


def test_kinds() -> None:
    assert t.is_numeric(pa.decimal128(5, 2))
    assert not t.is_numeric(pa.bool_())
    assert t.is_sparse(t.sparse(pa.float32()))
    assert not t.is_sparse(pa.struct([("indices", pa.list_(pa.int64())), ("values", pa.list_(pa.int8()))]))
    assert t.is_list(t.dense(pa.int8(), 3))
    assert t.is_temporal(pa.timestamp("us", "UTC"))
    assert not t.is_float(pa.float16())
