"""Parameters: values from Python and from text, typed, with defaults; part of the plan, and of what is explained and stored."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.errors import RequestError
from featureprep.jobs.definition import Job
from featureprep.jobs.loading import load_job
from featureprep.jobs.resume import resume
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from tests.jobs.cases import make_job, memory_store, prints

ROWS = pa.table(
    {
        "id": range(20),
        "x": [float(i) for i in range(20)],
        "day": [dt.date(2024, 1, 1 + i) for i in range(20)],
        "s": ["ab"[i % 2] for i in range(20)],
    }
)


def body(main: fp.Table) -> fp.Table:
    some = main.filter(col("x") >= fp.param("low", "float64", 5), name="low").quarantine(
        when=col("s") == fp.param("bad", "string", "none"), reason="bad"
    )
    return some.with_columns(y=col("x") * fp.param("factor", "float64", 2.0)).features(
        y="y", scaled=T.standard_scale(col("y") + fp.param("shift", "int64", 0)), keep=["id"],
    )  # fmt: skip


def job(of: Any = body) -> Job:
    return make_job(of, fp.from_arrow(ROWS))


def ids(params: dict[str, Any], of: Any = body) -> list[int]:
    found: list[int] = job(of).run(store=memory_store(), params=params).dataset.to_arrow()["id"].to_pylist()
    return found


def test_defaults_and_values() -> None:
    assert ids({}) == list(range(5, 20))
    assert ids({"low": 10}) == list(range(10, 20))
    assert ids({"low": 10, "bad": "a"}) == list(range(11, 20, 2))
    done = job().run(store=memory_store(), params={"factor": 3, "shift": 7})
    assert done.dataset.to_arrow()["y"].to_pylist() == [3.0 * i for i in range(5, 20)]
    assert done.graph({"x": 6.0, "id": 6}) in done.dataset.to_arrow().to_pylist()  # the value is part of the graph
    assert sorted(job().params()) == ["bad", "factor", "low", "shift"]


@pytest.mark.parametrize(
    "dtype, text, value",
    [
        ("int64", "-5", -5), ("float64", "1e3", 1000.0), ("bool", "true", True), ("bool", "True", True), ("bool", "0", False), ("string", "5", "5"),
        ("string", "", ""), ("date", "2024-02-29", dt.date(2024, 2, 29)), ("timestamp", "2024-02-29T12:00:00", dt.datetime(2024, 2, 29, 12)),
        ("int8", "127", 127), ("uint64", str(2**64 - 1), 2**64 - 1), ("float32", "0.1", 0.1), ("decimal(5, 2)", "1.50", Decimal("1.50")),
        ("timestamp[UTC]", "2024-02-29T13:00:00+01:00", dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)),
    ],
)  # fmt: skip
def test_text_is_read_as_the_type(dtype: str, text: str, value: Any) -> None:
    def shown(main: fp.Table) -> fp.Table:
        return main.features(p=fp.param("p", dtype), keep=["id"])

    runs = [job(shown).run(store=memory_store(), params={"p": given}) for given in (text, value)]
    assert prints(runs[0]) == prints(runs[1])
    written = runs[0].dataset.to_arrow()["p"]
    assert len(set(written.to_pylist())) == 1
    if dtype in ("float64", "int64", "string", "bool", "date"):
        assert written[0].as_py() == value


@pytest.mark.parametrize(
    "dtype, value",
    [
        ("int64", "five"), ("int64", 2.5), ("int8", 300), ("int64", "1.0"), ("float64", "1,5"), ("date", "2024-13-01"), ("bool", "maybe"), ("bool", 2),
        ("int64", [1]), ("string", b"\xff"), ("float64", {"a": 1}), ("date", object()), ("int64", 2**70), ("string", "\ud800"),
    ],
)  # fmt: skip
def test_values_of_the_wrong_type(dtype: str, value: Any) -> None:
    def shown(main: fp.Table) -> fp.Table:
        return main.features(p=fp.param("p", dtype), keep=["id"])

    with pytest.raises(RequestError, match="'p'") as caught:
        job(shown).run(store=memory_store(), params={"p": value})
    assert caught.value.exit_code == 2


def test_missing_and_unknown_parameters() -> None:
    def needs(main: fp.Table) -> fp.Table:
        return main.filter(col("x") > fp.param("low", "float64")).features(keep=["id"])

    with pytest.raises(RequestError, match="'low' was given no value.*\n.*--param low="):
        ids({}, needs)
    with pytest.raises(RequestError, match="no parameter 'lo'.*\n.*low"):
        ids({"lo": 1}, needs)
    with pytest.raises(RequestError, match="no parameter 'x'.*\n.*none"):
        ids({"x": 1}, lambda main: main.features(keep=["id"]))
    for nonsense in ("low=5", ["low"], 5):
        with pytest.raises(RequestError):
            job(needs).run(store=memory_store(), params=nonsense)


@pytest.mark.parametrize("dtype", ["nothing", "int65", 5, None, "list<"])
def test_types_that_are_none(dtype: Any) -> None:
    with pytest.raises(RequestError):
        fp.param("p", dtype)


@pytest.mark.parametrize("default", ["x", 2.5, [1]])
def test_a_default_of_the_wrong_type(default: Any) -> None:
    with pytest.raises(RequestError, match="'p'"):
        ids({}, lambda main: main.features(p=fp.param("p", "int64", default)))


def test_one_name_with_two_meanings_is_refused() -> None:
    def twice(main: fp.Table) -> fp.Table:
        return main.filter(col("x") > fp.param("p", "float64", 1.0)).features(p=fp.param("p", "string", "a"), keep=["id"])

    with pytest.raises(RequestError, match="'p'"):
        ids({}, twice)


def test_everywhere_an_expression_may_stand() -> None:
    def everywhere(main: fp.Table) -> fp.Table:
        made = main.filter(col("x") > fp.param("a", "int64", 2)).fill_nulls(x=fp.param("b", "float64", 0.0))
        groups = made.group_by("s").agg(total=agg.sum(col("x") * fp.param("c", "float64", 1.0)))
        joined = made.join(groups, on="s", how="left")
        return joined.features(
            t="total", w=fp.when(col("x") > fp.param("d", "float64", 10.0)).then(fp.param("e", "string", "big")).otherwise("small"),
            label=fp.label(col("x") > fp.param("f", "float64", 3.0)), weight=fp.weight(fp.param("g", "float64", 1.0)), keep=["id"],
        )  # fmt: skip

    plain = job(everywhere).run(store=memory_store())
    again = job(everywhere).run(store=memory_store(), params={"a": "2", "b": 0, "c": 1, "d": "10", "e": "big", "f": 3, "g": "1"})
    assert prints(plain) == prints(again)
    other = job(everywhere).run(store=memory_store(), params={"c": 2.0, "g": 0.5})
    tables = [done.dataset.to_arrow().sort_by("id") for done in (plain, other)]
    assert tables[1]["t"].to_pylist() == [2 * t for t in tables[0]["t"].to_pylist()]
    assert set(tables[1]["weight"].to_pylist()) == {0.5}


def test_explain_shows_values_and_preview_uses_them() -> None:
    assert "4.5" in job().explain(params={"factor": 4.5}).to_text()
    assert job().preview(3, params={"low": "12"}).table["id"].to_pylist() == [12, 13, 14]
    with pytest.raises(RequestError, match="no parameter"):
        job().explain(params={"nothing": 1})


def test_a_run_is_resumed_with_its_parameters_and_with_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def days(main: fp.Table) -> fp.Table:
        some = main.filter(col("day") >= fp.param("since", "date")).filter(col("x") < fp.param("high", "float64", 100.0))
        return some.features(x=T.standard_scale("x"), flag=fp.param("flag", "bool", False), keep=["id"])

    given = {"since": dt.date(2024, 1, 8), "high": 17.1, "flag": True}
    source, store = fp.from_arrow(ROWS), str(tmp_path / "store")
    made = make_job(days, source)
    expected = prints(made.run(store=memory_store(), params=given))

    def dies(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("featureprep.jobs.driver.publish", dies)
        with pytest.raises(KeyboardInterrupt):
            made.run(store=store, params=given)
    (run_id,) = staged_runs(ObjectStore.open(store))
    for changed in ({**given, "high": 18.0}, {**given, "flag": False}, {"since": "2024-01-09"}):
        with pytest.raises(RequestError, match="changed since it began"):
            resume(store, run_id, made, params=changed)
    assert prints(resume(store, run_id, made)) == expected


def test_a_job_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """An edit within the second and of the same size would pass for what Python has compiled."""
    file = tmp_path / "job.py"
    text = "import featureprep as fp\n\n\n@fp.job(sources={'t': fp.read_csv('t.csv')}, name='one')\ndef job(t):\n    return t.features(a='a')\n"
    file.write_text(text)
    assert load_job(str(file)).name == "one"
    stat = file.stat()
    file.write_text(text.replace("one", "two"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert load_job(str(file)).name == "two"
