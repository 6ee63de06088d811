"""What a contract states about a sensitive column is told nowhere but in the contract itself, and in the graph that applies it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.validators.contract_yaml import load_contract

SECRETS = ("zalice", "zbob", "123456", "9876543")
CONTRACT = """
columns:
  secret: {type: string, sensitive: true, values: {of: [zalice, zbob], action: quarantine}}
  pay: {type: float64, sensitive: true, range: {min: 123456.5, max: 9876543.25, action: drop}}
  code: {type: string, sensitive: true, regex: {pattern: 'zalice-[0-9]+', severity: warn}}
  region: {type: int64, action: quarantine}
"""


@pytest.fixture
def job(tmp_path: Path) -> fp.Job:
    rows = [
        f"{['zalice', 'zbob', 'x'][i % 3]},{[200000.5, 3e6, 3e6][i % 3] if i != 7 else 1},c{i},{'north' if i == 4 else i}"
        for i in range(30)
    ]
    (tmp_path / "main.csv").write_text("\n".join(["secret,pay,code,region", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")

    @fp.job(sources={"main": fp.read_csv(str(tmp_path / "main.csv"))}, contract=str(tmp_path / "contract.yaml"), name="s")
    def made(main: fp.Table) -> fp.Table:
        return main.features(pay=T.standard_scale("pay"), region="region", secret=T.hash_bucket("secret", 4))

    return made


def test_stated_values_are_not_told(job: fp.Job, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    plan = job.explain(store=store)
    run = job.run(store=store)
    run.report.save(str(tmp_path / "page.html"))
    told = {
        "explain": str(plan),
        "explain, shown": plan._repr_html_(),
        "ledger": json.dumps(run.ledger.to_json()),
        "report": json.dumps(run.report.content, default=str),
        "report, as text": str(run.report),
        "report, as a page": (tmp_path / "page.html").read_text(encoding="utf-8"),
        "graph, shown": run.graph._repr_html_(),
        "trace": str(run.graph.trace({"secret": "x", "pay": 7.0, "region": 1})),
        "contract, shown": load_contract(str(tmp_path / "contract.yaml"))._repr_html_(),
    }
    assert {name: secret for name, text in told.items() for secret in SECRETS if secret in text} == {}
    dropped = [rule for line in run.ledger.lines for rule in (*line.dropped, *line.quarantined)]
    assert sorted(dropped) == ["pay keeps to its range min (sensitive)", "region is int64", "secret keeps to its values (sensitive)"]


def test_which_rows_there_are_is_told_in_words(job: fp.Job, tmp_path: Path) -> None:
    run = job.run(store=str(tmp_path / "store"))
    told = {field["description"] for field in run.report.content["row_lineage"]}
    assert "quarantine region is int64" in told
    assert "quarantine secret keeps to its values (sensitive)" in told
    assert "$malformed" not in json.dumps(sorted(told))
    pay = next(column for column in run.report.content["statistics"]["sources"]["main"]["columns"] if column["name"] == "pay")
    assert not {"mean", "std", "sum", "min", "max"} & set(pay)
