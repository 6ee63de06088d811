"""Type inference as a fold."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError
from featureprep.io.api import read_json
from featureprep.io.infer_json import JsonInference
from featureprep.io.infer_types import TypeInference, inferred_schema


def infer(*values: str | None) -> str:
    fold = TypeInference(("a",))
    found = fold.finish(fold.update(fold.init(), pa.array(values, pa.string())))["a"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), "null"),
        ((None, None), "null"),
        (("true", "False", None), "bool"),
        (("true", "1"), "string"),
        (("0", "1"), "int64"),
        (("1", "-2", None), "int64"),
        (("1", "2.5"), "float64"),
        (("1e3",), "float64"),
        (("nan", "1"), "float64"),
        (("9223372036854775807",), "int64"),
        (("9223372036854775808",), "string"),
        (("9223372036854775808", "1"), "string"),
        (("9223372036854775808", "0.5"), "float64"),
        (("2020-01-01",), "date"),
        (("2020-01-01T10:00:00", "2020-01-01 10:00:00.5"), "timestamp"),
        (("2020-13-01",), "string"),
        (("2020-01-01", "1"), "string"),
        (("a", "1"), "string"),
        (("",), "string"),
        (("0x10",), "string"),
        (("1_000",), "string"),
    ],
)
def test_kinds(values: tuple[str | None, ...], expected: str) -> None:
    assert infer(*values) == expected


def test_dictionary_and_null_columns() -> None:
    fold = TypeInference(("a", "b"))
    state = fold.update(fold.init(), pa.array(["1", "2"]).dictionary_encode(), pa.nulls(2))
    assert fold.finish(state) == {"a": "int64", "b": "null"}
    assert inferred_schema(fold.finish(state)) == pa.schema([("a", pa.int64()), ("b", pa.string())])


WORD = st.sampled_from(["1", "-7", "2.5", "true", "false", "x", "", "2020-01-01", "2020-01-01 00:00:00", "99999999999999999999", None])


@settings(max_examples=200, deadline=None)
@given(values=st.lists(WORD, max_size=8), cuts=st.lists(st.integers(0, 8), max_size=3), seed=st.integers(0, 99))
def test_order_and_pieces_do_not_matter(values: list[str | None], cuts: list[int], seed: int) -> None:
    fold = TypeInference(("a",))
    whole = infer(*values)
    shuffled = list(values)
    random.Random(seed).shuffle(shuffled)
    bounds = sorted({0, len(values), *(min(c, len(values)) for c in cuts)})
    states = [fold.update(fold.init(), pa.array(shuffled[a:b], pa.string())) for a, b in pairwise(bounds)]
    random.Random(seed).shuffle(states)
    state = fold.init()
    for piece in states:
        state = fold.merge(state, fold.decode(fold.encode(piece)))
    assert fold.finish(state)["a"] == whole


def test_damaged_states() -> None:
    fold = TypeInference(("a",))
    for data in (b"", b"[]", b"[[1]]", b"{}", b"[1]", b"\xff"):
        with pytest.raises(CorruptArtefactError):
            fold.decode(data)
    for data in (b"", b"[]", b"{}", b'{"kinds":1}', b"\xff"):
        with pytest.raises(CorruptArtefactError):
            JsonInference().decode(data)


def infer_json(*records: Any) -> dict[str, str]:
    fold = JsonInference()
    texts = [r if isinstance(r, str) else json.dumps(r) for r in records]
    found: dict[str, str] = fold.finish(fold.update(fold.init(), pa.array(texts, pa.string())))
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None], "int64"),
        ([1, 2.5], "float64"),
        ([1 << 63], "string"),
        ([1 << 63, 0.5], "float64"),
        ([True, None], "bool"),
        ([True, 1], "string"),
        (["x", 1], "string"),
        (["2020-01-01", "2021-01-01"], "date"),
        (["1", "2"], "string"),
        ([None], "null"),
        ([[1], [2.5], []], "list<float64>"),
        ([[], []], "list<string>"),
        ([{"y": 1}, {"x": [None]}], "struct<x: list<string>, y: int64>"),
        ([{"x": 1}, [1]], "string"),
        ([float("nan")], "float64"),
    ],
)
def test_json_kinds(values: list[Any], expected: str) -> None:
    assert infer_json(*({"a": v} for v in values)) == {"a": expected}


def test_json_keys_and_rubbish() -> None:
    assert infer_json({"b": 1}, "nonsense", "[1]", {"a": "x"}, '{"\\ud800": 1}') == {"a": "string", "b": "int64"}


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(1 << 65) | st.just(0.5) | st.sampled_from(["x", "2020-01-01"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["p", "q"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(records=st.lists(st.dictionaries(st.sampled_from(["a", "b"]), VALUE, max_size=2), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_json_order_does_not_matter_and_only_mixed_columns_have_misfits(records: list[dict[str, Any]], seed: int) -> None:
    whole = infer_json(*records)
    fold = JsonInference()
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    state = fold.init()
    for record in shuffled:
        piece = fold.update(fold.init(), pa.array([json.dumps(record)]))
        state = fold.merge(fold.decode(fold.encode(piece)), state)
    assert fold.finish(state) == whole


def test_json_inferred_types_read_back(tmp_path: Any, read: Any) -> None:
    records = [{"a": 1, "b": [1, None], "c": {"x": "y"}}, {"a": None, "c": {}}, {"b": [], "d": "2020-01-01"}]
    (tmp_path / "x.json").write_text("\n".join(map(json.dumps, records)))
    schema = inferred_schema(infer_json(*records))
    whole = read(read_json(str(tmp_path / "x.json"), schema=schema))
    assert not whole.misfits
    assert [r["b"] for r in whole.rows] == [[1, None], None, []]
    assert [r["c"] for r in whole.rows] == [{"x": "y"}, {"x": None}, None]
