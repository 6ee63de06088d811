"""fresh: ages told by a clock that is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
NOW = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
CONTRACT = "allow_empty: true\ncolumns: {{at: {kind}}}\nfresh: {{column: at, max_age: {age}}}"


def stamps(values: list[Any], zone: str | None = None) -> pa.Table:
    return pa.table({"at": pa.array(values, pa.timestamp("us", zone))})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    st.lists(st.none() | st.timedeltas(dt.timedelta(-10), dt.timedelta(10)), max_size=6),
    st.integers(0, 80),
    st.sampled_from("smhd"),
    st.integers(0, 6),
)
def test_against_datetime(judge: Judge, ages: list[dt.timedelta | None], many: int, unit: str, cut: int) -> None:
    moments = [None if age is None else NOW - age for age in ages]
    known = [moment for moment in moments if moment is not None]
    limit = dt.timedelta(seconds=many * SECONDS[unit])
    ok = abs(NOW - max(known)) <= limit if known else not moments
    contract = CONTRACT.format(kind="'timestamp[UTC]'", age=f"{many}{unit}")
    outcome = judge(contract, stamps(moments, "UTC"), cuts=[min(cut, len(moments))], merged="right", now=NOW)["$/fresh/at"]
    assert (outcome.status == Status.PASSED) == ok
    assert judge(contract, stamps(moments[::-1], "UTC"), now=NOW.astimezone(dt.timezone(dt.timedelta(hours=5))))["$/fresh/at"] == outcome
    naive = judge(CONTRACT.format(kind="timestamp", age=f"{many}{unit}"), stamps([m and m.replace(tzinfo=None) for m in moments]), now=NOW)[
        "$/fresh/at"
    ]
    assert (naive.status, naive.message) == (outcome.status, outcome.message)


@pytest.mark.parametrize(
    ("day", "age", "ok", "told"),
    [
        ((2024, 6, 1), "0s", True, "the newest is 2024-06-01, which is 0s old at 2024-06-01T12:00:00Z"),
        ((2024, 5, 31), "12h", True, "the newest is 2024-05-31, which is 12h old at 2024-06-01T12:00:00Z"),
        ((2024, 5, 31), "11h", False, "the newest is 2024-05-31, which is 12h old at 2024-06-01T12:00:00Z"),
        ((2024, 6, 2), "12h", True, "the newest is 2024-06-02, which is 12h ahead of 2024-06-01T12:00:00Z"),
        ((2024, 6, 2), "11h", False, "the newest is 2024-06-02, which is 12h ahead of 2024-06-01T12:00:00Z"),
        ((2024, 5, 1), "4w", False, "the newest is 2024-05-01, which is 30.5d old at 2024-06-01T12:00:00Z"),
    ],
)
def test_dates(judge: Judge, day: tuple[int, int, int], age: str, ok: bool, told: str) -> None:
    table = pa.table({"at": pa.array([dt.date(1990, 1, 1), dt.date(*day), None], pa.date32())})
    outcome = judge(CONTRACT.format(kind="date", age=age), table, now=NOW)["$/fresh/at"]
    assert (outcome.status == Status.PASSED, outcome.message) == (ok, told)
    assert (outcome.rule, outcome.reason) == (f"has a newest at that is at most {age} old", Reason.CUSTOM_VALIDATION)


def test_years_that_python_has_not(judge: Judge) -> None:
    table = pa.table({"at": pa.array([2**62], pa.timestamp("us"))})
    outcome = judge(CONTRACT.format(kind="timestamp", age="5200w"), table, now=NOW)["$/fresh/at"]
    assert outcome.status == Status.FAILED
    assert outcome.message.startswith("the newest is outside the years 1 to 9999, which is 53,356,120d ahead of")


def test_without_a_clock_it_is_not_passed_over(judge: Judge) -> None:
    outcome = judge(CONTRACT.format(kind="timestamp", age="2d"), stamps([dt.datetime(2024, 6, 1)]))["$/fresh/at"]
    assert (outcome.status, outcome.message, outcome.blocking) == (Status.NOT_EVALUATED, "no clock is given to compare with", True)


def test_sensitive_columns_do_not_tell_their_newest(judge: Judge) -> None:
    contract = "columns: {at: {type: timestamp, sensitive: true}}\nfresh: {column: at, max_age: 1h}"
    told = {dt.datetime(2024, 5, 1, 3): "more than 1h older than", dt.datetime(2024, 6, 1, 13, 1): "more than 1h ahead of"}
    told[dt.datetime(2024, 6, 1, 11, 30)] = told[dt.datetime(2024, 6, 1, 12, 30)] = "at most 1h from"
    for newest, words in told.items():
        outcome = judge(contract, stamps([newest]), now=NOW)["$/fresh/at"]
        # with the clock beside it, an age would be the value
        assert outcome.message == f"the newest is {words} 2024-06-01T12:00:00Z"
        assert (outcome.masked, outcome.status == Status.PASSED) == (True, words.startswith("at most"))


def test_several_columns() -> None:
    made = load_contract(
        "columns: {a: date, b: timestamp}\nfresh:\n- {column: a, max_age: 2d, severity: warn}\n- {column: b, max_age: 90 m}\n"
    )
    assert [(rule.id, str(rule.severity)) for rule in made.source("").rules if rule.check == "fresh"] == [
        ("$/fresh/a", "warn"), ("$/fresh/b", "error"),
    ]  # fmt: skip
    assert load_contract(made.to_yaml()) == made


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("fresh: {column: a}", 2, "lacks the key 'max_age'", "max_age: 2d"),
        ("fresh: {max_age: 2d}", 2, "lacks the key 'column'", None),
        ("fresh: a", 2, "fresh must be a mapping", None),
        ("fresh: {colum: a, max_age: 2d}", 2, "unknown key 'colum'", "did you mean 'column'"),
        ("fresh:\n  column: a\n  max_age: 2 days", 4, "max_age must be an age such as", None),
        ("fresh:\n  column: a\n  max_age: 2", 4, "max_age must be an age such as", None),
        ("fresh:\n  column: a\n  max_age: -2d", 4, "max_age must be an age such as", None),
        ("fresh:\n  column: a\n  max_age: 999999999w", 4, "max_age must be an age such as", None),
        ("fresh: {column: c, max_age: 2d}", 2, "the contract has no column 'c'", None),
        ("fresh: {column: n, max_age: 2d}", 2, "for dates and timestamps; column 'n' is int64", None),
        ("fresh: [{column: a, max_age: 2d}, {column: a, max_age: 3d}]", 2, "has 'a' twice", "line 2"),
        ("fresh: {column: a, max_age: 2d, action: drop}", 2, "looks at all rows", None),
        ("fresh: {column: a, max_age: 2d, at_most: 3}", 2, "looks at all rows", None),
    ],
)
def test_mistakes(text: str, line: int, what: str, hint: str | None) -> None:
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(f"columns: {{a: date, n: int64}}\n{text}\n", where="c.yaml")
    assert caught.value.where == f"c.yaml:{line}"
    assert hint is None or hint in (caught.value.hint or "")
