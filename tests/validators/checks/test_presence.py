"""nullable and null_fraction: cells that did not fit their type are told of once, where the column's `type` does not let them pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.errors import ContractError
from featureprep.validators.outcome import Outcome

Judge = Callable[..., dict[str, Outcome]]
TABLE = pa.table({"v": pa.array([1, None, None, 4, None], pa.int64())})
MISFITS = {"v": [None, "x", None, None, "1e3"]}
"""Two of the three nulls."""


@pytest.mark.parametrize(
    ("kind", "passes"),
    [
        ("int64", False),
        ("{is: int64, action: quarantine}", False),
        ("{is: int64, severity: warn, action: drop}", False),
        ("{is: int64, action: quarantine, at_most: 2}", False),
        ("{is: int64, severity: warn}", True),
        ("{is: int64, at_most: 2}", True),
        ("{is: int64, at_most: 50%}", True),
    ],
)
def test_cells_that_do_not_fit(judge: Judge, kind: str, passes: bool) -> None:
    nulls = 3 if passes else 1
    found = judge(f"columns: {{v: {{type: {kind}, nullable: false}}}}", TABLE, malformed=MISFITS)
    assert found["v/type"].count == 2
    assert (found["v/nullable"].status, found["v/nullable"].count) == ("failed", nulls)
    found = judge(f"columns: {{v: {{type: {kind}, null_fraction: 0.2}}}}", TABLE, malformed=MISFITS)
    assert (found["v/null_fraction"].status, found["v/null_fraction"].count) == ("failed" if passes else "passed", nulls)


@pytest.mark.parametrize("kind", [{"is": "int64", "severity": "warn"}, {"is": "int64", "at_most": 2}])
@pytest.mark.parametrize("action", ["fail", "quarantine"])
def test_no_null_reaches_who_reads(kind: dict[str, object], action: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,v\n1,5\n2,x\n3,6\n4,1e3\n", encoding="utf-8")
    stated = {"columns": {"id": "int64", "v": {"type": kind, "nullable": {"is": False, "action": action}}}}
    (tmp_path / "c.yaml").write_text(json.dumps(stated), encoding="utf-8")
    sources = {"x": fp.read_csv(str(tmp_path / "x.csv"))}
    job = fp.job(sources=sources, contract=str(tmp_path / "c.yaml"), name="present", malformed="null")(
        lambda x: x.features(keep=["id", "v"])
    )
    if action == "fail":
        with pytest.raises(ContractError, match=r"v is not null.*\(2 of 4 rows\)"):
            job.run(store=str(tmp_path / "store"))
    else:
        assert job.run(store=str(tmp_path / "store")).dataset.to_arrow().to_pydict() == {"id": [1, 3], "v": [5, 6]}
