"""What the texts of options mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from featureprep.cli.options import asked, read_age, read_now, read_params, read_sources
from featureprep.cli.output import printable
from featureprep.cli.values import shown
from featureprep.errors import RequestError

Call = Callable[..., Any]


def test_sources_by_name_or_alone() -> None:
    assert read_sources([], ["a", "b"]) == {}
    assert read_sources(["a=x.csv", "b=s3://k/day=1/y.csv"], ["a", "b"]) == {"a": "x.csv", "b": "s3://k/day=1/y.csv"}
    assert read_sources(["x.csv"], ["a"]) == {"a": "x.csv"}
    assert read_sources(["day=1/x.csv"], ["a"]) == {"a": "day=1/x.csv"}  # a path with an equals sign
    for given, names in (
        (["x.csv"], ["a", "b"]),
        (["c=x.csv"], ["a", "b"]),
        (["a=x", "a=y"], ["a", "b"]),
        (["a="], ["a", "b"]),
        (["b=s3://k/x.csv"], ["a"]),
    ):
        with pytest.raises(RequestError):
            read_sources(given, names)


def test_parameters() -> None:
    assert read_params(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for given in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(RequestError, match="--param"):
            read_params(given)


def test_clocks() -> None:
    noon = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)
    assert read_now(None) is None
    assert read_now("2024-06-01T12:00:00Z") == read_now("2024-06-01T12:00:00") == read_now("2024-06-01T14:00:00+02:00") == noon
    with pytest.raises(RequestError, match="not a time"):
        read_now("2024-13-01")


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("90m", 5400), ("12h", 43200), ("30d", 2592000), ("2w", 1209600)])
def test_ages(text: str, seconds: int) -> None:
    assert read_age(text) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30D", "9999999d", "٣d"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(RequestError, match="not an age"):
        read_age(text)


def test_a_shown_command_names_the_store_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEATUREPREP_STORE", raising=False)
    assert asked("./store") == ""
    assert asked("my store") == " --store 'my store'"
    monkeypatch.setenv("FEATUREPREP_STORE", "s3://b/k")
    assert asked("s3://b/k") == ""
    assert asked("./store") == " --store ./store"


def test_values_in_text() -> None:
    assert [shown(v) for v in (None, True, 1, 0.1 + 0.2, "a\nb", [1.0, None], {"i": [1]})] == [
        "null", "true", "1", "0.3", r"a\nb", "[1, null]", "{i: [1]}",
    ]  # fmt: skip
    assert shown(list(range(1000))) == "[0, 1, 2, 3, 4, 5, … 1,000 in all]"
    assert len(shown("x" * 1000)) == 40
    assert printable("\x1b[31m" + "é" * 100, 10) == r"\x1b[31mé…"


def test_outputs_that_cannot_be(call: Call, project: Path) -> None:
    assert "a folder" in call("infer", "people1.csv", "-o", ".", code=2).stderr
    assert "mkdir -p no/such" in call("infer", "people1.csv", "-o", "no/such/c.yaml", code=2).stderr


def test_sources_that_say_two_things(call: Call, project: Path) -> None:
    assert "not both" in call("infer", "people1.csv", "--source", "a=people2.csv", code=2).stderr
    assert "NAME=PATH" in call("infer", "--source", "people2.csv", code=2).stderr
    assert "does not go with a version" in call("stats", "people", "--separator", ";", code=2).stderr
    assert "--list takes a dataset only" in _after_run(call, "tag", "--list", "people", "prod")
    assert "needs the JOB" in call("resume", "r20240601t120000000-0123456789", "--source", "people1.csv", code=2).stderr


def _after_run(call: Call, *args: str) -> str:
    call("run", "job.py")
    return str(call(*args, code=2).stderr)


def test_quotes_can_be_turned_off(call_json: Callable[..., Any], project: Path) -> None:
    (project / "q.csv").write_text('a,b\n"x,1\n', encoding="utf-8")
    columns = call_json("stats", "q.csv", "--quote", "")["sources"]["q.csv"]["columns"]
    assert columns[0]["top"] == [['"x', 1]]
