"""A drop that breaks its contract is told so, whatever else is wrong with its cells, and however the scans of the job fall together."""

from __future__ import annotations

from pathlib import Path

import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import ContractError

CONTRACT = """\
version: 1
columns:
  id: int64
  count: {type: int64, nullable: false}
  kind: {type: string, values: [car, van]}
"""


@pytest.mark.parametrize("own_scan", [False, True])
def test_the_contract_has_the_first_word(own_scan: bool, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    (tmp_path / "rows.csv").write_text("id,count,kind\n1,2,car\n2,x,van\n3,4,scooter\n")

    @fp.job(sources={"rows": fp.read_csv(str(tmp_path / "rows.csv"))}, contract=str(tmp_path / "contract.yaml"))
    def checked(rows: fp.Table) -> fp.Table:
        table = rows.drop_duplicates("id") if own_scan else rows
        return table.features(count=T.standard_scale("count"), kind=T.one_hot("kind"))

    with pytest.raises(ContractError, match="2 rules of the contract failed") as caught:
        checked.run(store=str(tmp_path / "store"))
    assert "kind is one of" in str(caught.value)
    assert "'x'" in str(caught.value)
