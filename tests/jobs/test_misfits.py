"""What is behind an error about a column's type: a source without rows has types of nobody's choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import TypeMismatchError

NO_ROWS = "the source 'main' has no rows, so nothing tells the types of its columns: they are taken for text"
STORE = "memory://featureprep-test-misfits"


def job(source: Any) -> fp.Job:
    @fp.job(sources={"main": source})
    def case(main: fp.Table) -> fp.Table:
        return main.filter(col("price") > 3, name="dear").features(price=T.standard_scale("price"), keep=["id"])

    return case


def refused(made: fp.Job, call: str = "run") -> TypeMismatchError:
    with pytest.raises(TypeMismatchError) as caught:
        made.run(store=STORE, statistics=False) if call == "run" else made.preview()
    return caught.value


@pytest.mark.parametrize("call", ["run", "preview"])
def test_a_header_alone(tmp_path: Path, call: str) -> None:
    (tmp_path / "a.csv").write_text("id,price\n", encoding="utf-8")
    error = refused(job(fp.read_csv(str(tmp_path / "a.csv"))), call)
    assert error.what.startswith("the two sides of a comparison are of different types: string and int64; ")
    assert NO_ROWS in error.what
    assert error.hint == "state the types in the job: schema={'price': 'int64', ...} of the source, or a contract; or give files with rows"


def test_several_files_and_rows_that_cannot_be_parsed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id,price\n", encoding="utf-8")
    source = fp.read_csv(str(tmp_path / "*.csv"), on_error="quarantine")
    assert NO_ROWS in refused(job(source)).what
    (tmp_path / "b.csv").write_text("id,price\n1,2,3\n", encoding="utf-8")
    assert NO_ROWS in refused(job(source)).what
    (tmp_path / "b.csv").write_text("id,price\n1,dear\n", encoding="utf-8")
    assert "no rows" not in refused(job(source)).what


def test_types_that_are_stated_are_not_doubted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,price\n", encoding="utf-8")
    path = str(tmp_path / "a.csv")
    assert "no rows" not in refused(job(fp.read_csv(path, schema={"id": "int64", "price": "string"}))).what
    assert "no rows" not in refused(job(fp.from_arrow(pa.table({"id": [1], "price": ["x"]}).slice(1)))).what
    found = job(fp.read_csv(path, schema={"id": "int64", "price": "float64"})).run(store=STORE, statistics=False)
    assert found.dataset.to_arrow().num_rows == 0


def test_of_several_sources_the_other_advice_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,price\n", encoding="utf-8")

    @fp.job(sources={"other": fp.from_arrow(pa.table({"id": ["x"]})), "main": fp.read_csv(str(tmp_path / "a.csv"))})
    def case(other: fp.Table, main: fp.Table) -> fp.Table:
        return other.filter(col("id") > 3, name="late").join(main, on="id").features(keep=["id"])

    error = refused(case)
    assert NO_ROWS in error.what
    assert "or give files with rows; else write a number without quotes" in str(error.hint)
