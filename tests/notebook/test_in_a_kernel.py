"""A notebook run by a kernel: a job is defined, previewed and run in cells, and everything shows itself as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    """
import warnings; warnings.simplefilter("error")
import pyarrow as pa
import featureprep as fp
from featureprep import col, transforms as T

@fp.job(sources={"people": fp.read_csv("people.csv")}, split=fp.split(train=0.7, eval=0.3, by="id"), contract="contract.yaml")
def people(people: fp.Table) -> fp.Table:
    kept = people.filter(col("age") >= 17, name="of <i>age</i>")
    return kept.features(age=T.standard_scale(T.impute("age", "median")), city=T.one_hot("city"), keep=["id"])
""",
    "people",
    "people.preview(3)",
    "run = people.run(store='store', progress=True)\nrun",
    "run.dataset",
    "run.report",
    "run.report.statistics",
    "run.graph",
    "run.graph.trace({'age': 30, 'city': 'Rome', 'id': 1})",
    "run.lineage",
    "people.explain()",
    "print(run.report)",
    "run = people.run(store='store', progress=False)",
)
EVERY_KIND = range(1, 11)


def run_cells(folder: Path) -> list[list[Any]]:
    """The outputs of each cell."""
    lines = [f"{i},{10 + i * 7 % 60},{('Rome', 'Oslo', '<b>Lima</b>')[i % 3]}" for i in range(200)]
    (folder / "people.csv").write_text("\n".join(["id,age,city", *lines]) + "\n", encoding="utf-8")
    (folder / "contract.yaml").write_text("columns:\n  id: {type: int64}\n  age: {type: int64}\n  city: {type: string}\n", encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.filterwarnings("default")  # of the client's own making, not ours; the kernel makes errors of warnings itself
def test_everything_shows_itself_and_progress_shows(tmp_path: Path) -> None:
    outputs = run_cells(tmp_path)
    html = {at: found["data"]["text/html"] for at in EVERY_KIND for found in outputs[at] if found["output_type"] == "execute_result"}
    assert sorted(html) == list(EVERY_KIND)
    for at, text in html.items():
        assert text.startswith('<div class="fprep'), CELLS[at]
        assert "<script" not in text
        assert "<b>Lima" not in text
        assert "<i>age" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "Preview of people" in html[2]
    assert "<svg" in html[7]
    assert "-0." in html[8] or "0." in html[8]
    progress = [found for found in outputs[3] if found["output_type"] == "display_data"]
    assert len(progress) == 1  # one output, updated in place
    shown = progress[0]["data"]["text/html"]
    assert "<progress" in shown
    assert "200" in shown  # rows read
    assert "write" in shown  # its last pass is in the last state
    assert not [found for found in outputs[3] if found["output_type"] == "stream"]
    assert outputs[-1] == []
    assert "rows" in outputs[-2][0]["text"]
