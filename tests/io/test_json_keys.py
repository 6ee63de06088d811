"""The keys of JSON records: against parsing every record, however they are cut, broken ones among them; bounded for hostile files."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError
from featureprep.io import json_keys
from featureprep.io.json_keys import JsonKeys, KeysFound
from featureprep.io.json_values import NotARecordError, parse_record

FOLD = JsonKeys(("a", "b"))
KEYS = st.sampled_from(["a", "b", "c", 'q"', "\\", "x:y", "{", "é", "", "a b"])
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(st.sampled_from('"\\[]{},:\n a'), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=4,
)
RECORD = st.builds(lambda record, spaced, plain: json.dumps(record, separators=(",", " : ") if spaced else None, ensure_ascii=plain),
                   st.dictionaries(KEYS, VALUES, max_size=4), st.booleans(), st.booleans())  # fmt: skip
BROKEN = st.text(st.sampled_from('"\\[]{},:ab 1'), max_size=12) | RECORD.map(lambda text: text[:-1]) | RECORD.map(lambda text: text + "}")


def found(texts: list[str | None], fold: JsonKeys = FOLD) -> KeysFound:
    return fold.finish(fold.update(fold.init(), pa.array(texts, pa.string())))


def parsed(texts: list[str]) -> KeysFound:
    records: list[dict[str, Any]] = []
    for text in texts:
        try:
            records.append(parse_record(text.encode()))
        except NotARecordError:
            continue
    keys = {key for record in records for key in record}
    return KeysFound(bool(records), frozenset(keys & {"a", "b"}), tuple(sorted(keys - {"a", "b"})))


@settings(max_examples=400, deadline=None)
@given(st.lists(RECORD | BROKEN, max_size=8), st.integers(0, 8))
@example(['{"a":1,"c":{"b":2}}', '{"\\u0062":null}'], 1)
@example(['{"c":1', '{"c":1}', '{"d":1', "{}"], 0)
@example(['{"a"::1}', '{"b":1,"b":2}', '"', "", '{"x":"\\\\"}'], 2)
@example(["{}", "[]"], 1)
def test_as_parsing_every_record_tells(texts: list[str], cut: int) -> None:
    assert found(list(texts)) == parsed(texts)
    whole = pa.array(texts, pa.string())
    states = [FOLD.update(FOLD.init(), part) for part in (whole.slice(0, cut), whole.slice(cut))]
    stored = [FOLD.decode(FOLD.encode(state)) for state in states]
    assert FOLD.finish(FOLD.merge(stored[1], stored[0])) == parsed(texts)


def test_nulls_and_nothing() -> None:
    assert found([]) == KeysFound()
    assert found([None, '{"a":null}', None]) == KeysFound(True, frozenset({"a"}))
    assert found(["{}"]) == KeysFound(True)
    assert found(["[1]", "nope"]) == KeysFound()


def test_keys_that_no_column_can_have_and_long_ones() -> None:
    long = "k" * 5000
    assert found(['{"\\ud800":1,"b":2}', json.dumps({long: 1})]).others == (f"{long[:200]}…",)


def test_many_keys_are_bounded_however_they_are_cut() -> None:
    texts = [json.dumps({f"k{10 * i + j:06d}": 1 for j in range(10)}) for i in range(400)]
    first = tuple(f"k{i:06d}" for i in range(json_keys.KEPT))
    assert found([*texts]).others == first
    state = FOLD.init()
    for part in reversed(range(0, 400, 50)):
        state = FOLD.merge(FOLD.update(FOLD.init(), pa.array(texts[part : part + 50])), state)
    assert FOLD.finish(state).others == first
    assert len(FOLD.encode(state)) < 20 * json_keys.KEPT


def test_a_broken_record_of_many_keys_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(text: bytes) -> dict[str, Any]:
        calls.append(len(text))
        return parse_record(text)

    monkeypatch.setattr("featureprep.io.json_keys.parse_record", counted)
    broken = "{" + ",".join(f'"k{i}":1' for i in range(3000))
    assert found([broken, broken, '{"a":1}', '{"k7":1}']) == KeysFound(True, frozenset({"a"}), ("k7",))
    assert len(calls) == 4


def test_a_damaged_state() -> None:
    with pytest.raises(CorruptArtefactError, match="json_keys"):
        FOLD.decode(b"[true]")
