"""references: foreign keys, against Python's sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status
from tests.validators.conftest import evaluate, offered

Judge = Callable[..., dict[str, Outcome]]
CONTRACT = """
sources:
  trips: {{allow_empty: true, columns: {{zone: {{type: {here}, references: {{source: zones, column: id}}}}}}}}
  zones: {{allow_empty: true, columns: {{id: {there}}}}}
"""


def judge(text: str, tables: dict[str, pa.Table], cuts: Sequence[int] = (), **options: Any) -> dict[str, dict[str, Outcome]]:
    contract = load_contract(text)
    whole = {name: offered(table, {}) for name, table in tables.items()}
    known = {
        name: evaluate(
            contract.source(name).folds(None, table.schema, referenced=contract.referenced(name)),
            table, [min(cut, table.num_rows) for cut in cuts], merged="right",
        )
        for name, table in whole.items()
    }  # fmt: skip
    return {
        name: {
            o.id: o
            for o in contract.source(name).evaluate(
                known[name], present=tables[name].column_names, schema=table.schema, others=known, **options
            )
        }
        for name, table in whole.items()
    }


numbers = st.lists(st.none() | st.integers(-3, 4), max_size=12)


@settings(max_examples=80)
@given(numbers, numbers, st.integers(0, 12), st.randoms(), st.sampled_from([("int64", "int64"), ("int8", "int64"), ("string", "string")]))
def test_against_sets(here: list[Any], there: list[Any], cut: int, random: Any, kinds: tuple[str, str]) -> None:
    types = {"int64": pa.int64(), "int8": pa.int8(), "string": pa.string()}
    if kinds[0] == "string":
        here, there = ([None if v is None else "é" * (v + 3) for v in values] for values in (here, there))

    def tables() -> dict[str, pa.Table]:
        return {"trips": pa.table({"zone": pa.array(here, types[kinds[0]])}), "zones": pa.table({"id": pa.array(there, types[kinds[1]])})}

    text = CONTRACT.format(here=kinds[0], there=kinds[1])
    outcome = judge(text, tables(), [cut])["trips"]["zone/references"]
    absent = [v for v in here if v is not None and v not in there]
    assert (outcome.status == Status.FAILED) == bool(absent)
    assert (outcome.count, outcome.total) == (len(absent), len(here))
    assert list(outcome.examples) == sorted(set(absent))[:5]
    random.shuffle(here)
    random.shuffle(there)
    assert judge(text, tables())["trips"]["zone/references"] == outcome


def test_what_is_told() -> None:
    tables = {"trips": pa.table({"zone": [1, 7, 7, None]}), "zones": pa.table({"id": [1, 2]})}
    outcome = judge(CONTRACT.format(here="int64", there="int64"), tables)["trips"]["zone/references"]
    assert (outcome.rule, outcome.reason) == ("zone occurs in id of zones", Reason.CUSTOM_VALIDATION)
    assert (outcome.message, outcome.examples, outcome.count, outcome.blocking) == ("1 different value not in id of zones", (7,), 2, True)
    masked = judge(CONTRACT.format(here="int64, sensitive: true", there="int64"), tables)["trips"]["zone/references"]
    assert (masked.examples, masked.masked) == ((), True)


def test_large_and_small_whole_numbers() -> None:
    tables = {"trips": pa.table({"zone": pa.array([2**64 - 1, 0], pa.uint64())}), "zones": pa.table({"id": [-1, 0]})}
    assert judge(CONTRACT.format(here="uint64", there="int64"), tables)["trips"]["zone/references"].examples == (2**64 - 1,)


def test_dates_and_a_source_that_refers_to_itself() -> None:
    text = """
sources:
  days: {columns: {day: date, before: {type: date, references: {source: days, column: day}}}}
"""
    first, second, third = (dt.date(2024, 1, day) for day in (1, 2, 3))
    table = pa.table({"day": [first, second], "before": [None, first]})
    assert judge(text, {"days": table})["days"]["before/references"].status == Status.PASSED
    table = pa.table({"day": [first, second], "before": [third, first]})
    assert judge(text, {"days": table}, [1])["days"]["before/references"].examples == (third,)


def test_a_source_that_is_not_there_is_not_passed_over() -> None:
    text = CONTRACT.format(here="int64", there="int64")
    trips = pa.table({"zone": [1]})
    alone = judge(text, {"trips": trips})["trips"]["zone/references"]
    assert (alone.status, alone.message, alone.blocking) == (Status.NOT_EVALUATED, "the source 'zones' is not given", True)
    for zones in (pa.table({"other": [1]}), pa.table({"id": ["1"]})):
        other = judge(text, {"trips": trips, "zones": zones})["trips"]["zone/references"]
        assert other.status == Status.NOT_EVALUATED
        assert other.message == "the source 'zones' does not have the column 'id', or not in the contract's type"
    assert not judge(text, {"trips": trips}, allow_not_evaluated=True)["trips"]["zone/references"].blocking
    empty = judge(text, {"trips": trips, "zones": pa.table({"id": pa.array([], pa.int64())})})["trips"]["zone/references"]
    assert (empty.status, empty.count) == (Status.FAILED, 1)


def test_it_is_written_and_read_back() -> None:
    made = load_contract(CONTRACT.format(here="int64", there="int8"))
    assert load_contract(made.to_yaml()) == made
    assert made.referenced("zones") == {"id"}
    assert made.referenced("trips") == frozenset()


@pytest.mark.parametrize(
    ("stated", "what", "hint"),
    [
        ("{source: zones}", "lacks the key 'column'", "column: zone_id"),
        ("zones", "must be a mapping", None),
        ("{source: zone, column: id}", "has no source 'zone'", "did you mean 'zones'"),
        ("{source: zones, column: ix}", "'zones' has no column 'ix'", "known are: id, name"),
        ("{source: zones, column: name}", "column 'z' is int64, and 'name' of 'zones' is string", "one type"),
        ("{source: zones, column: id, action: drop}", "looks at all rows", None),
        ("{source: zones, column: id, at_most: 1}", "looks at all rows", None),
        ("{source: zones, columns: id}", "unknown key 'columns'", "did you mean 'column'"),
    ],
)
def test_mistakes(stated: str, what: str, hint: str | None) -> None:
    text = "sources:\n  trips:\n    columns:\n      z:\n        type: int64\n        references: %s\n  zones: {columns: {id: int64, name: string}}\n"
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(text.replace("%s", stated), where="c.yaml")
    assert caught.value.where == "c.yaml:6"
    assert hint is None or hint in (caught.value.hint or "")


def test_mistakes_of_the_column() -> None:
    for kind in ("float64", "list<int64>"):
        with pytest.raises(RequestError, match="references is for"):
            load_contract(CONTRACT.format(here=f"'{kind}'", there=f"'{kind}'"))
    with pytest.raises(RequestError, match="the contract has no source 'zones'") as alone:
        load_contract("columns: {z: {type: int64, references: {source: zones, column: id}}}\n")
    assert "sources:" in (alone.value.hint or "")
