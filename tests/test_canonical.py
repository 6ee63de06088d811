"""Canonical JSON: one text for one value, there and back by bits; and texts made by strangers."""

from __future__ import annotations

import datetime as dt
import json
import math
import struct
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep import canonical
from featureprep.errors import CorruptArtefactError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats().map(lambda v: math.nan if v != v else v)
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from(["$float", "$date", "$object", "aware"])
    | st.binary(max_size=9)
    | st.dates()
    | st.datetimes()
    | st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 28), timezones=st.timezones())
    | st.decimals()
)
KEYS = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["$float", "$date", "$object", "$", "$timestamp", "aware"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10)


def bits(value: Any) -> Any:
    match value:
        case float():
            return ("float", "nan" if value != value else struct.pack("<d", value))
        case Decimal():
            return ("decimal", str(value))
        case dict():
            return {key: bits(item) for key, item in value.items()}
        case list():
            return [bits(item) for item in value]
        case dt.datetime() if value.tzinfo is not None:
            return ("moment", value.astimezone(dt.UTC))
    return (type(value).__name__, value)


@given(value=VALUES)
def test_there_and_back_by_bits(value: Any) -> None:
    text = canonical.dumps(value)
    back = canonical.loads(text)
    assert bits(back) == bits(value)
    assert canonical.dumps(back) == text
    assert bits(canonical.loads(text.encode())) == bits(value)
    json.loads(text, parse_constant=pytest.fail)


@given(value=st.dictionaries(KEYS, SCALARS, max_size=5))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical.digest(value) == canonical.digest(dict(reversed(value.items())))


def test_texts() -> None:
    assert canonical.dumps({"b": 1, "a": [1.0, -0.0, 1e22, 0.1, True, None, "é"]}) == '{"a":[1.0,-0.0,1e+22,0.1,true,null,"é"],"b":1}'
    assert canonical.dumps([math.nan, math.inf, -math.inf]) == '[{"$float":"nan"},{"$float":"inf"},{"$float":"-inf"}]'
    assert canonical.dumps(b"\xff") == '{"$bytes":"/w=="}'
    assert canonical.dumps([dt.date(1970, 1, 2), dt.datetime(1970, 1, 1, 0, 0, 1)]) == '[{"$date":1},{"$timestamp":1000000}]'
    an_hour_east = dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert canonical.dumps(an_hour_east) == '{"$timestamp":0,"aware":true}'
    assert canonical.dumps({"$date": 5}) == '{"$object":{"$date":5}}'
    assert canonical.dumps(Decimal("1.50")) == '{"$decimal":"1.50"}'


def test_numpy_scalars_are_their_python_values() -> None:
    assert canonical.dumps([np.float64(0.1), np.int8(3), np.bool_(True), np.float32(0.5)]) == "[0.1,3,true,0.5]"
    assert canonical.digest(1) != canonical.digest(1.0)
    assert canonical.digest(0.0) != canonical.digest(-0.0)


def test_digest_is_stable() -> None:
    assert canonical.digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha256 of {}


@pytest.mark.parametrize(
    "odd", [object(), {1: 2}, {1, 2}, 1j, dt.timedelta(1), dt.time(1), np.array([1, 2]), len, range(3), {"a": object()}, [{None: 1}]]
)
def test_what_is_no_data_is_refused(odd: Any) -> None:
    with pytest.raises(TypeError):
        canonical.dumps(odd)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "nul", "[1,]", "NaN", "[Infinity]", "-Infinity", b"\xff\xfe\xfd", b"\x80", "1" * 5000, "[" * 100_000, '{"a":' * 100_000, "[" * 900 + '{"$object":' * 20 + "1",
        '{"$float":"x"}', '{"$float":1}', '{"$float":null}', '{"$float":["nan"]}', '{"$bytes":"!!"}', '{"$bytes":1}', '{"$bytes":"é"}', '{"$bytes":"YQ"}',
        '{"$date":1e308}', '{"$date":"1"}', '{"$date":99999999999999}', '{"$date":null}', '{"$date":[1]}', '{"$date":1.5}',
        '{"$timestamp":"x"}', '{"$timestamp":1e30}', '{"$timestamp":999999999999999999999}', '{"$timestamp":[1]}', '{"$timestamp":1,"aware":"yes"}', '{"$timestamp":1,"zone":"UTC"}',
        '{"$decimal":"x"}', '{"$decimal":1}', '{"$decimal":[0,[1],2]}', '{"$decimal":null}', '{"$object":1}', '{"$object":[]}', '{"$object":null}',
        '{"$nope":1}', '{"$":1}', '{"$date":1,"a":2}', '{"a":2,"$date":1}', '{"$object":{},"b":1}', '{"$date":1,"$float":"nan"}', '[{"a":[{"$date":{}}]}]',
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_texts_of_strangers_are_refused(text: str | bytes) -> None:
    with pytest.raises(CorruptArtefactError):
        canonical.loads(text)


@given(data=st.binary(max_size=60) | st.text(max_size=60) | st.text(alphabet='{}[]":,$dateflon019.-e', max_size=60))
def test_any_text_is_read_or_refused(data: str | bytes) -> None:
    try:
        value = canonical.loads(data)
    except CorruptArtefactError:
        return
    canonical.to_jsonable(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["$date", "$timestamp", "$decimal", "$bytes", "$float", "$object", "aware", "a"]), inner, max_size=3),
)  # fmt: skip


@given(value=JSON)
def test_any_tags_are_read_or_refused(value: Any) -> None:
    try:
        canonical.from_jsonable(value)
    except CorruptArtefactError:
        return


def test_deep_values_are_refused_without_reading_json() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CorruptArtefactError, match="too deep"):
        canonical.from_jsonable(deep)


def test_large_and_plain_input_is_read_in_time() -> None:
    text = "[" + ",".join(['{"a":1,"b":[0.5,"x"]}'] * 50_000) + "]"
    begin = time.process_time()
    assert len(canonical.loads(text)) == 50_000
    assert time.process_time() - begin < 5
