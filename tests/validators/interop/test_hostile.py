"""Documents of others with anything anywhere: a contract that can be read comes of them, or one clear error."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop import from_gx, from_odcs, from_pandera, to_gx, to_odcs, to_pandera
from tests.validators.interop.test_gx import SUITE
from tests.validators.interop.test_odcs import FULL, OTHERS
from tests.validators.interop.test_pandera import OTHERS as SCHEMA

CONTRACT = load_contract(FULL.replace(".inf", "9.5"))  # JSON has no infinity
DOCUMENTS: list[tuple[Callable[[str], tuple[str, list[str]]], Any]] = [
    (from_odcs, to_odcs(CONTRACT)), (from_odcs, yaml.safe_load(OTHERS)), (from_gx, to_gx(CONTRACT)[0]), (from_gx, json.loads(SUITE)),
    (from_pandera, to_pandera(CONTRACT)[0]), (from_pandera, yaml.safe_load(SCHEMA)),
]  # fmt: skip
JUNK = [None, True, -1, 3.5, "", "x", [], {}, [1], {"a": 1}, 10**30, "$x", 2.0**70, "\x00", ["id", "id"], {"is": 3}]
CASES = 250


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*at, key)
        yield from places(item, (*at, key))


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_anything_anywhere(number: int) -> None:
    read, document = DOCUMENTS[number]
    text = json.dumps(document)
    rng = random.Random(number)
    ends = {"read": 0, "refused": 0}
    for *parents, last in rng.choices(list(places(document)), k=CASES):
        changed = inner = json.loads(text)
        for key in parents:
            inner = inner[key]
        if rng.random() < 0.2:
            del inner[last]
        else:
            inner[last] = rng.choice(JUNK)
        try:
            load_contract(read(json.dumps(changed))[0])
            ends["read"] += 1
        except RequestError:
            ends["refused"] += 1
    assert min(ends.values()) > 5, ends
