"""Dates and timestamps that Python's own types cannot hold are data like any other: judged, told as text, set aside, proposed for nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli

DAYS = [2932897, 0, -719163]
MICROS = [253402300799999999, 0, 253402300800000000]
TYPES = {"id": "int64", "d": "date", "t": "timestamp", "z": "timestamp[Europe/Paris]"}


def far() -> pa.Table:
    micros = pa.array(MICROS, pa.int64())
    return pa.table(
        {
            "id": [1, 2, 3],
            "d": pa.array(DAYS, pa.int32()).cast(pa.date32()),
            "t": micros.cast(pa.timestamp("us")),
            "z": micros.cast(pa.timestamp("us", "Europe/Paris")),
        }
    )


def contract(name: str, **rules: Any) -> dict[str, Any]:
    return {"columns": {**TYPES, name: {"type": TYPES[name], **rules}}}


def found(report: Any) -> list[tuple[int | None, list[str], tuple[str, ...]]]:
    return [(o.count, [str(e) for e in o.examples], o.rows) for o in report.outcomes if o.status != "passed"]


def test_no_end_as_many_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("id,valid_to\n1,2024-01-01T00:00:00Z\n2,9999-12-31T23:59:59Z\n", encoding="utf-8")
    stated = {"columns": {"id": "int64", "valid_to": {"type": "timestamp[Europe/Paris]", "range": {"max": "2030-01-01T00:00:00Z"}}}}
    Path("x.yaml").write_text(yaml.safe_dump(stated), encoding="utf-8")
    result = CliRunner().invoke(cli, ["validate", "x.csv", "--contract", "x.yaml", "--format", "json"])
    assert result.exit_code == 1, result.output
    (failed,) = (o for outcomes in json.loads(result.stdout)["sources"].values() for o in outcomes["outcomes"] if o["status"] == "failed")
    assert (failed["examples"], [Path(row).name for row in failed["rows"]]) == (["9999-12-31T23:59:59Z"], ["x.csv:3"])


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (contract("d", range={"min": "1900-01-01", "max": "2000-01-01"}), [(1, ["0000-12-31"]), (1, ["+10000-01-01"])]),
        (contract("d", values=["1970-01-01"]), [(2, ["0000-12-31", "+10000-01-01"])]),
        (contract("d", values=["1970-01-01"], min_domain_mass=0.9), [(2, ["0000-12-31", "+10000-01-01"])]),
        (contract("z", range={"max": "2000-01-01T00:00:00Z"}), [(2, ["9999-12-31T23:59:59.999999Z", "+10000-01-01T00:00:00Z"])]),
        (
            contract("t", monotonic={"by": "d"}),
            [
                (
                    2,
                    [
                        "{'d': datetime.date(1970, 1, 1), 't': datetime.datetime(1970, 1, 1, 0, 0)}",
                        "{'d': '+10000-01-01', 't': datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)}",
                    ],
                )
            ],
        ),
        (contract("t", monotonic={"by": "z", "strict": True}), []),
    ],
)
def test_every_rule_tells_of_them(stated: dict[str, Any], expected: list[tuple[int, list[str]]]) -> None:
    report = fp.validate(far(), stated)
    assert [(count, examples) for count, examples, _ in found(report)] == expected
    report.to_html()
    report.to_json()


def test_rules_about_several_rows_find_them_again() -> None:
    twice = pa.concat_tables([far(), far().slice(0, 1)])
    stated = {"columns": {**TYPES, "d": {"type": "date", "unique": True}, "z": {"type": TYPES["z"], "unique": True}}, "keys": [["d", "t"]]}
    ends = {o.id: ([str(e) for e in o.examples], o.rows) for o in fp.validate(twice, stated).outcomes}
    rows = ("memory row 0", "memory row 3")
    assert ends["d/unique"] == (["+10000-01-01"], rows)
    assert ends["z/unique"][1] == ends["$/keys/d, t"][1] == rows
    halves = {"a": far(), "b": far().slice(1)}
    both = {name: {"columns": dict(TYPES)} for name in halves}
    for column in "dz":
        both["a"]["columns"][column] = {"type": TYPES[column], "references": {"source": "b", "column": column}}  # type: ignore[assignment]
    assert found(fp.validate(halves, {"sources": both})) == [
        (1, ["+10000-01-01"], ("memory row 0",)),
        (1, ["9999-12-31T23:59:59.999999Z"], ("memory row 0",)),
    ]


def test_runs_set_them_aside(tmp_path: Path) -> None:
    pq.write_table(far(), tmp_path / "far.parquet")
    stated = contract("d", range={"max": "2000-01-01", "action": "quarantine"})
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(stated), encoding="utf-8")
    job = fp.job(sources={"x": fp.read_parquet(str(tmp_path / "far.parquet"))}, contract=str(tmp_path / "c.yaml"), name="far")
    done = job(lambda x: x.features(keep=["id", "d"])).run(store=str(tmp_path / "store"))
    assert done.dataset.splits == {"all": 2}
    (aside,) = (row for file in tmp_path.rglob("quarantine/*.parquet") for row in pq.read_table(file).to_pylist())
    assert json.loads(aside["data"])["d"] == "+10000-01-01"


def test_none_is_proposed_as_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(far(), "far.parquet")
    for rules in ({"values": ["1970-01-01"]}, {"range": {"max": "2000-01-01"}}):
        Path("c.yaml").write_text(yaml.safe_dump(contract("d", **rules)), encoding="utf-8")
        result = CliRunner().invoke(cli, ["infer", "far.parquet", "--propose", "c.yaml"])
        assert result.exit_code in (0, 1), result.output
        assert "+10000" not in "".join(line for line in result.output.splitlines() if line.startswith("+")), result.output
