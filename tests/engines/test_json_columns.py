"""The columns that JSON records have are told the same on every engine, in runs and in validation, however the files are cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ContractError
from featureprep.jobs.validate import validate
from featureprep.testing.host import EngineHost
from featureprep.validators.contract_yaml import load_contract


def test_keys_of_the_last_record(engine: Engine, host: EngineHost, tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text("columns: {a: int64, b: int64, c: int64}\nextra_columns: error\n", encoding="utf-8")
    for part in range(3):
        last = {"b": None, "zz": part} if part == 2 else {"a": 0}
        lines = [json.dumps(record) for record in [*({"a": i} for i in range(300)), last]]
        (tmp_path / f"{part}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    source = fp.read_json(str(tmp_path / "*.jsonl"))

    reports = [validate({"s": source}, load_contract(contract), None, engine, partitions=parts).to_json() for parts in (None, 5)]
    assert reports[0] == reports[1] == validate({"s": source}, load_contract(contract), None, PandasEngine(1)).to_json()

    @fp.job(sources={"s": source}, contract=str(contract), name="keyed")
    def keyed(s: fp.Table) -> fp.Table:
        return s.features(a=T.standard_scale("a"))

    with pytest.raises(ContractError) as caught:
        keyed.run(store=str(tmp_path / "store"), engine=engine, partitions=5)
    assert "has only the contract's columns; zz is not one" in str(caught.value)
    assert "c exists" in str(caught.value)
    assert "b exists" not in str(caught.value)
