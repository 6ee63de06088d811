"""`fp.skew`: served features against those that the version computes for the same requests."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, ContractError, ParseError, RequestError
from featureprep.jobs.skew_types import foreign, foreign_cells

N = 400
ROWS = pa.table(
    {
        "id": list(range(N)),
        "km": [None if i % 17 == 0 else i % 31 / 7 for i in range(N)],
        "kind": [("bus", "car", "taxi")[i % 3] for i in range(N)],
        "at": [dt.datetime(2024, 5, 1) + dt.timedelta(minutes=37 * i) for i in range(N)],
        "tags": [["a"] * (i % 3) for i in range(N)],
        "late": [i % 4 == 0 for i in range(N)],
    }
)
Make = Callable[..., Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A version with features of several types; rows without a kind are rejected."""

    @fp.job(sources={"rides": fp.from_arrow(ROWS)}, name="rides")
    def job(rides: fp.Table) -> fp.Table:
        return rides.features(
            km=T.standard_scale("km"),
            short=T.standard_scale("km").cast("float32"),
            kind=T.one_hot("kind", missing="error"),
            code=T.vocabulary("kind"),
            at=T.date_parts("at", ["weekday", "hour"]),
            tags=T.multi_hot("tags"),
            part=(col("km") / 3.0),
            label=fp.label(col("late").cast("int8")),
            keep=["id"],
        )

    url = str(tmp_path_factory.mktemp("skew") / "store")
    job.run(store=url)
    return url


@pytest.fixture(scope="module")
def version(store: str) -> fp.Dataset:
    return fp.open_dataset(store, "rides@1")


@pytest.fixture(scope="module")
def logged(store: str) -> list[dict[str, Any]]:
    """What a server that runs the graph would log."""
    graph = fp.open_graph(store, "rides@1")
    rows = ROWS.select(["id", "km", "kind", "at", "tags"]).to_pylist()
    return [{"request": row, "served": graph(row)} for row in rows]


def copied(logged: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"request": dict(one["request"]), "served": dict(one["served"])} for one in logged]


def written(records: list[dict[str, Any]], folder: Path, form: str) -> Any:
    """A log in one of the forms that logs have."""
    if form == "records":
        return records
    if form in ("jsonl", "array"):
        texts = [json.dumps(record, default=lambda value: value.isoformat()) for record in records]
        path = folder / "log.json"
        path.write_text("\n".join(texts) if form == "jsonl" else f"[{', '.join(texts)}]", encoding="utf-8")
        return path
    table = pa.Table.from_pylist(records)
    if form == "prefixed":
        table = pa.Table.from_pylist(
            [{**{f"in_{k}": v for k, v in r["request"].items()}, **{f"out_{k}": v for k, v in r["served"].items()}} for r in records]
        )
    if form == "arrow":
        return table
    pq.write_table(table, folder / "log.parquet", row_group_size=70)
    return folder / "log.parquet"


FORMS = ["records", "jsonl", "array", "arrow", "nested", "prefixed"]


def compared(version: fp.Dataset, records: list[dict[str, Any]], folder: Path, form: str, **options: Any) -> Any:
    places = {"inputs": "in_", "outputs": "out_"} if form == "prefixed" else {"inputs": "request", "outputs": "served"}
    return fp.skew(version, written(records, folder, form), **places, **options)


def kinds(report: Any) -> dict[str, dict[str, int]]:
    return {feature.name: feature.counts for feature in report.features if feature.counts}


@pytest.mark.parametrize("form", FORMS)
def test_what_was_served_by_the_graph_agrees(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    report = compared(version, logged, tmp_path, form)
    assert report.ok
    assert (report.rows, report.differing) == (N, 0)
    assert report.headline == f"no skew: 7 features of rides@1 agree bit for bit in {N} rows"
    assert list(report.notes) == []


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_is_told_apart(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = copied(logged)
    for at, change in {
        3: {"km": float(np.float32(records[3]["served"]["km"]))},
        4: {"km": records[4]["served"]["km"] + 1e-9, "kind": [1, 1, 0]},
        5: {"km": math.nextafter(records[5]["served"]["km"], 9.0)},
        6: {"code": 99, "at": [6, 6]},
        34: {"km": 7.0},  # where the graph gives null
    }.items():
        records[at]["served"].update(change)
    report = compared(version, records, tmp_path, form)
    assert not report.ok
    # 1e-9 beside a value is within the rounding to 32 bits of it, or not
    near = float(np.float32(records[4]["served"]["km"])) == float(np.float32(logged[4]["served"]["km"]))
    assert kinds(report) == {
        "km": {"float32": 2 + near, "other": 2 - near},
        "kind": {"other": 1}, "code": {"other": 1}, "at": {"other": 1},
    }  # fmt: skip
    assert report.differing == 5
    assert next(feature.name for feature in report.features) == "km"
    (wrong,) = next(feature for feature in report.features if feature.name == "code").examples
    assert (wrong.served, wrong.computed, wrong.kind) == (99, logged[6]["served"]["code"], "other")
    assert wrong.place.endswith({"jsonl": "log.json:7", "array": "log.json:1, record 7"}.get(form, "row 6"))
    with pytest.raises(ContractError, match="km"):
        report.raise_for_errors()
    assert compared(version, records, tmp_path, form, allow=["float32"]).ok is False


@pytest.mark.parametrize("form", FORMS)
def test_rounding_to_32_bits_alone_can_be_allowed(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = copied(logged)
    for record in records:
        for name in ("km", "part"):
            value = record["served"][name]
            record["served"][name] = None if value is None else float(np.float32(value))
    report = compared(version, records, tmp_path, form)
    assert not report.ok
    assert {kind for counts in kinds(report).values() for kind in counts} == {"float32"}
    allowed = compared(version, records, tmp_path, form, allow=["float32"])
    assert allowed.ok
    assert "as if rounded to float32 (allowed)" in allowed.render_text()


@pytest.mark.parametrize("form", FORMS)
def test_order_makes_no_difference_and_what_lacks_is_told(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = [
        {"request": one["request"], "served": {name: one["served"][name] for name in reversed(one["served"]) if name != "code"}}
        for one in logged
    ]
    report = compared(version, records, tmp_path, form)
    assert not report.ok
    assert [feature.name for feature in report.features if feature.missing] == ["code"]
    assert kinds(report) == {}
    assert "not in the log: code" in report.render_text()
    assert compared(version, records, tmp_path, form, allow=["missing"]).ok


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_the_version_rejects(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = copied(logged)
    records[9]["request"]["kind"] = None
    records[10]["request"]["kind"] = None
    records[10]["served"] = dict.fromkeys(records[10]["served"])  # the server refused it, too
    report = compared(version, records, tmp_path, form)
    assert not report.ok
    assert [(one.rows, len(one.places)) for one in report.rejected] == [(1, 1)]
    assert "kind" in report.rejected[0].rule
    assert report.differing == 1
    assert kinds(report) == {}


@pytest.mark.parametrize("form", FORMS)
def test_request_fields_that_lack_are_null_and_told(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = copied(logged)
    for record in records:
        del record["request"]["km"]
    report = compared(version, records, tmp_path, form)
    assert any("lacks request fields, which were taken as null: 'km'" in note for note in report.notes)
    assert set(kinds(report)) == {"km", "short", "part"}


def test_nan_and_null(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    records = copied(logged)
    at = next(i for i, one in enumerate(logged) if one["served"]["part"] is None)
    records[at]["served"]["part"] = math.nan
    for form in FORMS:
        report = compared(version, records, tmp_path, form)
        assert kinds(report) == {"part": {"other": 1}}
        assert not compared(version, records, tmp_path, form, allow=["null"]).ok
    as_null = copied(logged)
    as_null[1]["request"]["km"] = math.nan
    as_null[1]["served"].update(dict.fromkeys(("km", "short", "part")))
    for form in FORMS:
        assert kinds(compared(version, as_null, tmp_path, form)) == {name: {"null": 1} for name in ("km", "short", "part")}
        allowed = compared(version, as_null, tmp_path, form, allow=["null"])
        assert allowed.ok
        assert allowed.headline.startswith(f"no skew but what is allowed: 1 of {N} rows was served otherwise")
    nan = copied(logged)
    nan[1]["request"]["km"], nan[1]["served"] = math.nan, {**nan[1]["served"], "km": math.nan, "short": math.nan, "part": math.nan}
    assert all(compared(version, nan, tmp_path, form).ok for form in FORMS)


def test_what_is_no_value_of_the_type_is_told(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    records = copied(logged)
    records[2]["served"]["code"] = "two"
    records[3]["served"]["kind"] = [1, 0]
    for form in ("records", "jsonl"):
        report = compared(version, records, tmp_path, form)
        assert kinds(report) == {"code": {"malformed": 1}, "kind": {"malformed": 1}}
        assert "served 'two', computed " in report.render_text()


def test_another_type_is_no_value_of_the_feature(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    records = copied(logged)
    for at, change in {
        1: {"code": str(records[1]["served"]["code"])},
        2: {"code": f" 0{records[2]['served']['code']}"},
        3: {"km": repr(records[3]["served"]["km"])},
        4: {"km": "NaN"},
        5: {"kind": [bool(item) for item in records[5]["served"]["kind"]]},
        6: {"at": [str(item) for item in records[6]["served"]["at"]]},
        7: {"code": float(records[7]["served"]["code"])},  # JSON has one type of numbers
    }.items():
        records[at]["served"].update(change)
    for form in ("records", "jsonl"):
        report = compared(version, records, tmp_path, form)
        assert kinds(report) == {"code": {"malformed": 2}, "km": {"malformed": 2}, "kind": {"malformed": 1}, "at": {"malformed": 1}}
        assert "served what is no value of its type" in report.render_text()
    for name, type_, bad in [
        ("code", pa.string(), N),
        ("code", pa.int8(), 0),
        ("code", pa.float64(), 0),
        ("kind", pa.bool_(), N),
        ("at", pa.string(), N),
    ]:
        served = pa.array([one["served"][name] for one in logged])
        is_list = pa.types.is_list(served.type)
        frame = pa.table(
            {**{c: ROWS[c] for c in ("km", "kind", "at", "tags")}, f"s_{name}": served.cast(pa.list_(type_) if is_list else type_)}
        )
        report = fp.skew(version, frame, outputs="s_", allow=["missing"])
        assert kinds(report) == ({name: {"malformed": bad}} if bad else {}), (name, type_)


@pytest.mark.parametrize(
    "value, dtype, found",
    [
        (1, pa.string(), True), (1, pa.bool_(), True), (True, pa.bool_(), False), (True, pa.int8(), True), (True, pa.string(), True),
        (1.0, pa.int64(), False), (np.int8(1), pa.int64(), False), (np.bool_(True), pa.float64(), True), ("1", pa.decimal128(9, 2), False),
        ("2024-01-01", pa.date32(), False), ("true", pa.bool_(), True), (math.nan, pa.bool_(), False),
        ({"x": "1"}, pa.struct([("x", pa.int64())]), True), ({"x": [1, None]}, pa.struct([("x", pa.list_(pa.int64()))]), False),
        (["1", None], pa.list_(pa.float64()), True),
    ],
)  # fmt: skip
def test_types_of_values_and_of_columns_are_told_alike(value: Any, dtype: pa.DataType, found: bool) -> None:
    assert foreign(value, dtype) is found
    assert foreign_cells(pa.array([None, value]), dtype, texts=False).tolist() == [False, found]


def test_texts_of_csv_are_no_other_type(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    flat = [{"km": one["request"]["km"], "kind": one["request"]["kind"], "s_part": one["served"]["part"]} for one in logged]
    pd.DataFrame(flat).to_csv(tmp_path / "log.csv", index=False)
    assert fp.skew(version, tmp_path / "log.csv", outputs="s_", allow=["missing"]).ok


@pytest.mark.parametrize("form", FORMS)
def test_rows_for_which_nothing_was_served(version: fp.Dataset, logged: Any, tmp_path: Path, form: str) -> None:
    records = copied(logged)
    for at in (3, 7, 8, 9, 11):
        records[at]["served"] = dict.fromkeys(records[at]["served"])
    report = compared(version, records, tmp_path, form, allow=["null", "missing"])
    assert (report.ok, report.unserved, report.differing, len(report.unserved_places)) == (False, 5, 5, 3)
    assert kinds(report) == {}
    assert "nothing was served for 5 rows\n" in report.render_text()
    assert "nothing was served for 5 rows" in report._repr_html_()
    assert report.to_json()["unserved"]["rows"] == 5


@pytest.mark.parametrize("form", ["records", "arrow"])
def test_rows_that_the_version_does_not_admit(tmp_path: Path, form: str) -> None:
    @fp.job(sources={"t": fp.from_arrow(pa.table({"n": [1, 2, 3, 4]}))}, name="t")
    def job(t: fp.Table) -> fp.Table:
        return t.filter(col("n") < 3).features(twice=col("n") * 2, thrice=col("n") * 3)

    store = str(tmp_path / "store")
    job.run(store=store)
    version, graph = fp.open_dataset(store, "t"), fp.open_graph(store, "t")
    assert graph.admits({"n": 3}) is not None
    records = [{"n": n, "s": graph({"n": n}) if graph.admits({"n": n}) is None else None} for n in (1, 2, 3, 4)]
    report = fp.skew(version, written(records, tmp_path, form), outputs="s")
    assert (report.ok, report.not_admitted, report.differing) == (True, 2, 0)
    assert "2 rows not admitted by the version, nothing served" in report.render_text()
    records[1]["s"] = None  # admitted
    records[2]["s"] = {"twice": 7, "thrice": 9}  # not admitted, but served: compared
    report = fp.skew(version, written(records, tmp_path, form), outputs="s")
    assert (report.ok, report.not_admitted, report.unserved, report.differing) == (False, 1, 1, 2)
    assert kinds(report) == {"twice": {"other": 1}}


def test_flat_logs(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    flat = [{**one["request"], **{f"x{name}": value for name, value in one["served"].items()}} for one in logged]
    assert fp.skew(version, flat, outputs="x").ok
    assert fp.skew(version, pd.DataFrame(flat), outputs="x").ok
    assert fp.skew(
        version, [{**one["request"], "response": {"features": one["served"], "score": 1}} for one in logged], outputs="response.features"
    ).ok
    merged = [{**one["request"], **one["served"]} for one in logged]
    with pytest.raises(RequestError, match="'at', 'kind', 'km', 'tags': a field of the request and a feature have this name"):
        fp.skew(version, merged)
    with pytest.raises(RequestError, match="no object 'answer'"):
        fp.skew(version, flat, outputs="answer")
    with pytest.raises(RequestError, match="none of the columns that the graph reads"):
        fp.skew(version, [{"a": 1, "s": {"km": 1.0}}], outputs="s")


def test_a_feature_that_only_later_rows_have(version: fp.Dataset, logged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.skew_log.CHUNK", 50)
    records = copied(logged)
    for record in records[:120]:
        del record["served"]["code"], record["served"]["part"]
    records[0]["served"]["tags"] = None
    for record in records:
        record["served"].pop("at")
    report = fp.skew(version, records, inputs="request", outputs="served")
    nulls = sum(one["served"]["part"] is None for one in logged[:120])
    assert kinds(report) == {"code": {"other": 120}, "part": {"other": 120 - nulls}, "tags": {"other": 1}}
    assert [feature.name for feature in report.features if feature.missing] == ["at"]
    assert report.differing == 120


def test_features_that_only_later_records_have(version: fp.Dataset, logged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.skew_log.CHUNK", 5)
    records = [{"request": one["request"]} for one in logged[:12]] + logged[12:30]
    report = fp.skew(version, records, inputs="request", outputs="served")
    assert not report.ok
    assert (report.rows, report.differing) == (30, 12)
    assert (report.unserved, report.unserved_places, kinds(report)) == (12, ["row 0", "row 1", "row 2"], {})
    again = fp.skew(version, [*logged[12:30], *records[:12]], inputs="request", outputs="served")
    assert (again.differing, again.unserved, again.unserved_places) == (12, 12, ["row 18", "row 19", "row 20"])


def test_no_rows_are_no_proof(version: fp.Dataset) -> None:
    report = fp.skew(version, [])
    assert not report.ok
    assert "the log has no rows" in report.headline


def test_bad_logs(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    path = written(logged[:5], tmp_path, "jsonl")
    path.write_bytes(path.read_bytes() + b'\n{"request": \n[1]\n')
    with pytest.raises(ParseError, match="no JSON object") as caught:
        fp.skew(version, path, inputs="request", outputs="served")
    assert str(caught.value.where).endswith("log.json:6")
    path.write_bytes(path.read_bytes() + b'{"a": "\xff"}\n')
    report = fp.skew(version, fp.read_json(path, on_error="drop"), inputs="request", outputs="served")
    assert report.ok
    assert (report.rows, list(report.notes)) == (5, ["3 records could not be parsed, and are not among the rows"])


def test_bad_requests(version: fp.Dataset, store: str) -> None:
    with pytest.raises(ArgumentError, match="version"):
        fp.skew(store, [])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="allow"):
        fp.skew(version, [], allow=["all"])
    with pytest.raises(ArgumentError, match="outputs"):
        fp.skew(version, [], inputs="x", outputs="x")
    with pytest.raises(ArgumentError, match="log"):
        fp.skew(version, [1])


def test_it_is_drawn(version: fp.Dataset, logged: Any, tmp_path: Path) -> None:
    records = copied(logged)
    records[6]["served"]["code"] = 99
    records[7]["served"]["tags"] = None
    report = compared(version, records, tmp_path, "jsonl")
    assert "served otherwise" in report._repr_html_()
    assert "log.json:7: served 99, computed " in report.render_text()
    told = json.loads(json.dumps(report.to_json()))
    assert [feature["rows"] for feature in told["features"]][:2] == [1, 1]


def test_sensitive_features_are_masked(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("columns:\n  name: {type: string, sensitive: true}\n  n: int64\n", encoding="utf-8")

    @fp.job(
        sources={"t": fp.from_arrow(pa.table({"name": ["anna", "bert"], "n": [1, 2]}))}, name="t", contract=str(tmp_path / "contract.yaml")
    )
    def job(t: fp.Table) -> fp.Table:
        return t.features(shout=col("name").str.upper(), n=col("n") + 0)

    job.run(store=str(tmp_path / "store"))
    report = fp.skew(fp.open_dataset(str(tmp_path / "store"), "t"), [{"name": "carl", "n": 3, "s": {"shout": "DORA", "n": 4}}], outputs="s")
    text = report.render_text() + report._repr_html_() + json.dumps(report.to_json())
    assert "served ***, computed ***" in text
    assert "served 4, computed 3" in text
    assert "DORA" not in text
    assert "CARL" not in text
