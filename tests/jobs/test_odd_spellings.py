"""Columns that are not what they look like are told of, and the code that is named reads them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs.infer import infer
from featureprep.jobs.infer_notes import notes
from featureprep.jobs.odd_spellings import cure, spelling_of
from tests.jobs.cases import make_job


def told(folder: Path, text: str, **options: Any) -> tuple[list[str], dict[str, str]]:
    """The notes of a CSV file, and the types of the proposed contract."""
    (folder / "t.csv").write_text(text, encoding="utf-8")
    sources = {"t": fp.read_csv(str(folder / "t.csv"), **options)}
    proposal = infer(sources, None, PandasEngine())
    return notes(sources["t"], proposal.looks["t"]), {field.name: str(field.type) for field in proposal.contract.sources[0].schema}


def test_zeros_that_a_number_loses(tmp_path: Path) -> None:
    rows = "".join(f"{i:05d},00490{i:05d},{i},0.{i}\n" for i in range(300))
    (note,), types = told(tmp_path, f"emp_no,phone,n,x\n{rows}")
    assert "begin with a zero" in note
    assert "(emp_no, phone)" in note
    assert "`type: string`" in note
    assert types["emp_no"] == "int64"


def test_one_zero_anywhere_is_enough(tmp_path: Path) -> None:
    made, _ = told(tmp_path, "n\n" + "".join(f"{i}\n" for i in range(10, 3000)) + "007\n")
    assert ["begin with a zero" in note for note in made] == [True]
    assert told(tmp_path, "n\n0\n10\n")[0] == []


@pytest.mark.parametrize(
    "values, named",
    [
        (["14,62", "1,5"], 'col("x").str.replace(",", ".").cast("float64")'),
        (["1,234.50", "2,234.50"], 'col("x").str.replace(",", "").cast("float64")'),
        (["28.11.2021", "01.12.2021"], 'col("x").dt.parse("%d.%m.%Y")'),
        (["01/02/2023", "02/02/2023"], 'col("x").dt.parse("%d/%m/%Y") where the day comes first, col("x").dt.parse("%m/%d/%Y") where the month does'),
        (["1,234", "5"], 'if the commas are decimal ones: col("x").str.replace(",", ".").cast("float64")'),
    ],
)  # fmt: skip
def test_numbers_and_dates_in_other_spellings(tmp_path: Path, values: list[str], named: str) -> None:
    (note,), types = told(tmp_path, "x;n\n" + "".join(f"{value};{i}\n" for i, value in enumerate(values)), separator=";")
    assert note.endswith(named)
    assert "read as text (x)" in note
    assert types["x"] == "string"


@pytest.mark.parametrize(
    "values, expected",
    [
        (["14,62", "3"], [14.62, 3.0]),
        (["1.234,50 €", "3 €"], [1234.5, 3.0]),
        (["-$1,234.50", "$3"], [-1234.5, 3.0]),
        (["12.5 %"], [12.5]),
        (["28.11.2021", "1.2.2021"], [dt.datetime(2021, 11, 28), dt.datetime(2021, 2, 1)]),
        (["13/02/21"], [dt.datetime(2021, 2, 13)]),
        (["02/13/2021 9:05:01"], [dt.datetime(2021, 2, 13, 9, 5, 1)]),
        (["2021/11/28 10:11"], [dt.datetime(2021, 11, 28, 10, 11)]),
    ],
)
def test_the_named_code_reads_them(values: list[str], expected: list[Any]) -> None:
    code = cure("x", spelling_of(values))
    job = make_job(lambda main: main.features(x=eval(code, {"col": col})), fp.from_arrow(pa.table({"x": values})))
    assert job.preview().to_arrow().column("x").to_pylist() == expected
