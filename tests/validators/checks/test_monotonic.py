"""monotonic, against comparing every pair of rows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.ordering import Ordering
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
NAN = math.nan
keys = st.sampled_from([None, "a", "b", "c", "é", "d"])
values = st.sampled_from([None, 0.0, -0.0, 1.0, -1.0, 2.5, NAN, math.inf])


def missing(value: Any) -> bool:
    return value is None or value != value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(st.tuples(keys, values), max_size=12), st.booleans(), st.integers(0, 12), st.randoms())
def test_against_all_pairs(judge: Judge, rows: list[tuple[Any, Any]], strict: bool, cut: int, random: Any) -> None:
    whole = [(k, v) for k, v in rows if not missing(k) and not missing(v)]
    falling = [(k, v) for k, v in whole if any(other < k and (v <= w if strict else v < w) for other, w in whole)]
    contract = f"allow_empty: true\ncolumns: {{k: string, v: {{type: float64, monotonic: {{by: k, strict: {str(strict).lower()}}}}}}}"

    def table() -> pa.Table:
        return pa.table({"k": pa.array([k for k, _ in rows], pa.string()), "v": pa.array([v for _, v in rows], pa.float64())})

    outcome = judge(contract, table(), cuts=[min(cut, len(rows))], merged="right")["v/monotonic"]
    assert (outcome.status == Status.FAILED) == bool(falling)
    assert (outcome.count, outcome.total) == (len(falling), len(rows))
    expected = sorted({(k, v + 0.0) for k, v in falling})[:5]
    assert [(e["k"], e["v"]) for e in outcome.examples] == expected
    random.shuffle(rows)
    assert judge(contract, table())["v/monotonic"] == outcome


def test_what_is_told(judge: Judge) -> None:
    table = pa.table({"at": pa.array([dt.date(2024, 1, day) for day in (3, 1, 2)]), "v": pa.array([1, 5, 7], pa.int64())})
    contract = "columns: {at: date, v: {type: int64, monotonic: {by: at}}}"
    outcome = judge(contract, table)["v/monotonic"]
    assert (outcome.rule, outcome.reason) == ("v never falls with at", Reason.CUSTOM_VALIDATION)
    assert outcome.message == "1 value is below that of a row with a smaller at"
    assert outcome.examples == ({"at": dt.date(2024, 1, 3), "v": 1},)
    assert judge(contract.replace("date,", "{type: date, sensitive: true},"), table)["v/monotonic"].examples == ({"v": 1},)
    assert judge(contract.replace("by: at", "by: at, strict: true"), table)["v/monotonic"].rule == "v rises with at"


@pytest.mark.parametrize("kind", ["decimal(9, 2)", "timestamp", "uint64", "int8"])
def test_types(judge: Judge, kind: str) -> None:
    schema = load_contract(f"columns: {{v: '{kind}'}}\n").source("").schema
    numbers = {"timestamp": [dt.datetime(2024, 1, 1), dt.datetime(2023, 1, 1)]}.get(kind, [9, 1])
    table = pa.table({"k": [1.5, 2.5], "v": pa.array(numbers, schema.field("v").type)})
    contract = f"columns: {{k: float64, v: {{type: '{kind}', monotonic: {{by: k}}}}}}"
    assert judge(contract, table, cuts=[1])["v/monotonic"].count == 1


def test_it_is_not_asked_for_where_its_order_is_absent() -> None:
    source = load_contract("columns: {at: {type: date, not_in: [SERVING]}, v: {type: int64, monotonic: {by: at}}}\n").source("")
    assert "v/monotonic" in {rule.id for rule in source.declared("TRAINING")}
    assert "v/monotonic" not in {rule.id for rule in source.declared("SERVING")}


def test_it_is_written_and_read_back() -> None:
    made = load_contract(
        "columns: {k: date, v: {type: int64, monotonic: {by: k, strict: true, severity: warn}}, w: {type: int64, monotonic: {by: k}}}\n"
    )
    assert load_contract(made.to_yaml()) == made


def test_two_columns_only() -> None:
    with pytest.raises(ArgumentError, match="a key and a value"):
        Ordering().update(Ordering().init(), pa.array([1]))


@pytest.mark.parametrize(
    ("stated", "what", "hint"),
    [
        ("{}", "lacks the key 'by'", "by: pickup_at"),
        ("k", "must be a mapping", None),
        ("{by: kk}", "the contract has no column 'kk'", "did you mean 'k'"),
        ("{by: v}", "orders a column by itself", None),
        ("{by: l}", "column 'l' is list<int64>", None),
        ("{by: k, strict: 1}", "strict must be true or false", None),
        ("{by: k, action: drop}", "looks at all rows", None),
        ("{by: k, at_most: 3}", "looks at all rows", None),
        ("{bye: k}", "unknown key 'bye'", "did you mean 'by'"),
    ],
)
def test_mistakes(stated: str, what: str, hint: str | None) -> None:
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(f"columns:\n  k: date\n  l: list<int64>\n  v:\n    type: int64\n    monotonic: {stated}\n", where="c.yaml")
    assert caught.value.where == "c.yaml:6"
    assert hint is None or hint in (caught.value.hint or "")
    with pytest.raises(RequestError, match="for numbers, dates and timestamps"):
        load_contract("columns: {k: date, v: {type: string, monotonic: {by: k}}}\n")
