"""A drop that breaks its contract is told so, whatever else is wrong with its cells, and however the scans of the job fall together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import ContractError
from featureprep.jobs.artefacts import stored_contract
from featureprep.serving import artefact

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


def test_the_version_holds_the_contract_that_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file is edited, or deleted, while the run is under way."""
    path = tmp_path / "contract.yaml"
    rows = fp.from_arrow(pa.table({"id": [1], "count": [2], "kind": ["car"]}))

    @fp.job(sources={"rows": rows}, contract=str(path))
    def checked(rows: fp.Table) -> fp.Table:
        return rows.features(count=T.standard_scale("count"))

    to_files = artefact.to_files
    edits: list[Callable[[], object]] = [lambda: path.write_text("columns: {id: string}\n"), path.unlink]
    for edit in edits:
        path.write_text(CONTRACT + "# as it was checked\n")
        monkeypatch.setattr(artefact, "to_files", lambda graph, edit=edit: (edit(), to_files(graph))[1])
        run = checked.run(store=str(tmp_path / "store"))
        assert Path(run.dataset.path("all")).parent.joinpath("contract.yaml").read_text() == CONTRACT + "# as it was checked\n"
        stored = stored_contract(run.dataset.store, run.dataset.entry)
        assert stored is not None
        assert [column.name for column in stored.source("rows").columns] == ["id", "count", "kind"]
