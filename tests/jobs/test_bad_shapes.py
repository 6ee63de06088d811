"""Tables of one column, of five thousand columns, and cells of many megabytes: what is done grows with the data, what is said does not."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep import transforms as T
from featureprep.cli import cli
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import FeatureprepError
from featureprep.io.base import Source
from featureprep.jobs.infer import infer
from tests.jobs.cases import memory_store

MEGABYTE = 1_000_000


def wide_csv(path: Path, columns: int, rows: int) -> Source:
    lines = [",".join(f"c{i}" for i in range(columns))]
    lines += [",".join(str(r * i % 97) if i % 3 else f"t{(r + i) % 7}" for i in range(columns)) for r in range(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return fp.read_csv(str(path))


class Calls:
    """Counts the calls of Python functions on all threads: work, without a clock."""

    def __init__(self) -> None:
        self.count = 0

    def _seen(self, frame: Any, event: str, arg: Any) -> None:
        if event == "call":
            self.count += 1

    def __enter__(self) -> Self:
        threading.setprofile(self._seen)
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)


def calls_for(columns: int, folder: Path) -> dict[str, int]:
    source = wide_csv(folder / f"wide{columns}.csv", columns, 12)
    found = {}
    with Calls() as calls:
        proposal = infer({"w": source}, None, PandasEngine(1))
    found["infer"] = calls.count
    (folder / "contract.yaml").write_text(proposal.contract.to_yaml(), encoding="utf-8")

    def features(w: fp.Table) -> fp.Table:
        return w.features({f"f{i}": T.standard_scale(f"c{i}") if i % 3 else T.vocabulary(f"c{i}") for i in range(columns)})

    split = fp.split(train=0.8, eval=0.2, by="c1")
    job = fp.job(sources={"w": source}, contract=str(folder / "contract.yaml"), split=split, name="wide")(features)
    with Calls() as calls:
        job.explain()
    found["explain"] = calls.count
    with Calls() as calls:
        done = job.run(store=memory_store(), engine=PandasEngine(1))
    found["run"] = calls.count
    assert len(done.dataset.to_arrow().schema) == columns
    return found


def test_work_grows_as_the_columns_do(tmp_path: Path) -> None:
    few, many = calls_for(60, tmp_path), calls_for(240, tmp_path)
    for verb, count in many.items():
        assert count < 4.5 * few[verb], f"{verb}: four times the columns, {count / few[verb]:.1f} times the calls"


def test_five_thousand_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wide_csv(tmp_path / "wide.csv", 5000, 8)
    made = CliRunner().invoke(cli, ["infer", "wide.csv", "-o", "contract.yaml"])
    assert made.exit_code == 0, made.output
    assert len(made.output) < 20_000
    assert CliRunner().invoke(cli, ["validate", "wide.csv", "--contract", "contract.yaml"]).exit_code == 0
    job = fp.job(sources={"w": fp.read_csv(str(tmp_path / "wide.csv"))}, name="wide")(
        lambda w: w.features(a=T.standard_scale("c4999"), keep=["c1"])
    )
    done = job.run(store=memory_store(), statistics=False)
    assert done.dataset.to_arrow().schema.names == ["a", "c1"]
    with pytest.raises(FeatureprepError) as wrong:
        fp.job(sources={"w": fp.read_csv(str(tmp_path / "wide.csv"))}, name="wide")(lambda w: w.select("d1")).run(
            store=memory_store(), statistics=False
        )
    assert len(str(wrong.value)) < 500


def test_one_column_and_one_row() -> None:
    one = fp.job(sources={"a": fp.from_arrow(pa.table({"x": [1.5]}))}, name="one")(lambda a: a.features(x=T.standard_scale("x")))
    done = one.run(store=memory_store())
    assert done.dataset.to_arrow().to_pydict() == {"x": [0.0]}
    assert done.graph({"x": 1.5}) == {"x": 0.0}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_cell_of_many_megabytes(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight megabytes of <b> and escapes: read, counted, written; cut wherever it would be shown."""
    monkeypatch.chdir(tmp_path)
    cell = "word \x1b[31m<b> " * (8 * MEGABYTE // 13)
    path = tmp_path / f"big.{kind}"
    if kind == "csv":
        path.write_text(f"id,text\n1,{cell}\n2,3\n", encoding="utf-8")
    elif kind == "json":
        path.write_text(json.dumps({"id": 1, "text": cell}) + '\n{"id": 2, "text": "3"}\n', encoding="utf-8")
    else:
        pq.write_table(pa.table({"id": [1, 2], "text": [cell, "3"]}), path)
    (tmp_path / "contract.yaml").write_text("columns: {id: int64, text: {type: string, length: {max: 100}}}\n", encoding="utf-8")
    (tmp_path / "job.py").write_text(
        "import featureprep as fp\nfrom featureprep import col, transforms as T\n"
        f'@fp.job(sources={{"b": fp.read_{kind}("big.{kind}")}})\n'
        'def big(b): return b.features(n=col("text").str.len(), v=T.one_hot("text"), h=T.hash_bucket("text", 10), keep=["text"])\n'
        f'@fp.job(sources={{"b": fp.read_{kind}("big.{kind}")}})\n'
        'def wrong(b): return b.features(n=T.standard_scale("text"))\n'
        f'@fp.job(sources={{"b": fp.read_{kind}("big.{kind}")}})\n'
        'def refused(b): return b.features(n=T.standard_scale(col("text").cast("float64")))\n',
        encoding="utf-8",
    )
    for args, code in (
        (["infer", path.name], 0), (["validate", path.name, "--contract", "contract.yaml"], 1), (["stats", path.name], 0), (["run", "job.py:big"], 0),
        (["report", "big"], 0), (["stats", "big"], 0), (["run", "job.py:wrong"], 2), (["run", "job.py:refused"], 1),
    ):  # fmt: skip
        result = CliRunner().invoke(cli, args)
        assert result.exit_code == code, (args, result.output[:2000])
        assert len(result.output) < 10_000, args
        assert "\x1b" not in result.output
        assert "internal error" not in result.output
    pages = list((tmp_path / "store").rglob("report.html"))
    assert len(pages) >= 2
    for page in pages:
        assert page.stat().st_size < 500_000
        assert "<b> word" not in page.read_text(encoding="utf-8")
    written = fp.open_dataset(str(tmp_path / "store"), "big@1").to_arrow()
    assert max(written.column("n").to_pylist()) == len(cell)
