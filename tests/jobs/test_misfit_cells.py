"""Statistics tell of cells that do not fit their type: as many as plain Python counts, however the rows are cut, and nothing where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import transforms as T
from featureprep import validators
from featureprep.engines.pandas import PandasEngine
from featureprep.jobs import sources as binding
from featureprep.jobs.misfit_cells import FIRST, MisfitCells
from featureprep.jobs.stats import source_statistics, stored_statistics
from featureprep.run.rows import RowBatch
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.statistics import render_text

CONTRACT = load_contract("columns:\n  n: int64\n  s: string\n  secret: {type: int64, sensitive: true}\n")
CELLS = st.sampled_from(["1", "22", "-3", "", "abc", "1.5", "n/a", "9223372036854775808", "é"])


def fits(cell: str) -> bool:
    """Whether a cell of CSV is an int64, or null."""
    return not cell or (cell.removeprefix("-").isdecimal() and -(2**63) <= int(cell) < 2**63)


def section_of(*given: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = source_statistics({"s": given[0]}, None, PandasEngine(1), **options)["sources"]["s"]
    return found


def columns_of(section: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in section["columns"]}


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=40), size=st.sampled_from([16, 100, 1 << 20]))
def test_as_plain_python_counts(rows: list[tuple[str, ...]], size: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_text("n,s,secret\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binding, "FRAGMENT_BYTES", size)
        section = section_of(fp.read_csv(str(path)), contract=CONTRACT)
    jsonschema.validate(section, json.loads((Path(validators.__path__[0]) / "schemas/statistics.json").read_text(encoding="utf-8")))
    made = columns_of(section)
    for at, name in enumerate(("n", "s", "secret")):
        expected: dict[str, int] = {}
        bad = [row[at] for row in rows if not fits(row[at])] if name != "s" else []
        for line, row in enumerate(rows, 2):
            if name != "s" and not fits(row[at]):
                expected.setdefault(row[at], line)
        first = [{"at": f"{path}:{line}"} | ({"text": text} if name == "n" else {}) for text, line in [*expected.items()][:FIRST]]
        assert made[name].get("misfits") == ({"n": len(bad), "first": first} if bad else None)
        assert made[name]["nulls"] == len(bad) + sum(not row[at] for row in rows)


def test_json(tmp_path: Path) -> None:
    values: list[Any] = [1, "x", None, 2.5, [1], "7", True, "x", {"a": 1}, 3]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"n": value}) + "\n" for value in values), encoding="utf-8")
    misfits = columns_of(section_of(fp.read_json(str(path), schema={"n": "int64"})))["n"]["misfits"]
    assert misfits["n"] == 7
    assert misfits["first"] == [{"at": f"{path}:{line}", "text": text} for line, text in ((2, "x"), (4, "2.5"), (5, "[1]"))]


def test_nothing_is_told_where_all_cells_fit(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,s\n1,x\n,1\n", encoding="utf-8")
    path = str(tmp_path / "a.csv")
    for source in (fp.from_arrow(pa.table({"n": [1, None]})), fp.read_csv(path), fp.read_csv(path, schema={"n": "int64", "s": "string"})):
        section = section_of(source)
        assert not any("misfits" in column for column in section["columns"])
        assert "warning" not in render_text(section)


def test_what_a_run_keeps_is_as_ever(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,m\n1,2\nx,3\n4,y\n", encoding="utf-8")

    @fp.job(sources={"rows": fp.read_csv(str(tmp_path / "a.csv"), schema={"n": "int64", "m": "int64"})}, malformed="null", name="lenient")
    def lenient(rows: fp.Table) -> fp.Table:
        return rows.features(n=T.standard_scale("n"))

    lenient.run(store=str(tmp_path / "store"))
    kept = stored_statistics(fp.open_dataset(str(tmp_path / "store"), "lenient@1"))
    assert kept is not None
    assert [column["nulls"] for column in kept["sources"]["rows"]["columns"]] == [1, 1]
    assert "misfits" not in json.dumps(kept)


def test_slices_leave_them_to_the_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,s,secret\n1,a,1\nx,a,2\ny,b,z\n", encoding="utf-8")
    section = section_of(fp.read_csv(str(tmp_path / "a.csv")), contract=CONTRACT, slice_by=["s"])
    assert columns_of(section)["n"]["misfits"]["n"] == 2
    assert [columns_of(one)["n"]["nulls"] for one in section["slices"]] == [1, 1]
    assert "misfits" not in json.dumps(section["slices"])


@given(
    st.lists(st.lists(st.lists(st.sampled_from(["", *"abcde"]), min_size=1, max_size=5), max_size=3), max_size=5),
    st.randoms(use_true_random=False),
)
def test_they_add_up_in_any_order(pieces: list[list[list[str]]], draw: Any) -> None:
    parts, count = [], 0
    expected: dict[str, tuple[int, int, str]] = {}
    for number, batches in enumerate(pieces):
        part, row = MisfitCells(), 0
        for cells in batches:
            mask = np.array([bool(cell) for cell in cells])
            for at, cell in enumerate(cells):
                if cell:
                    count += 1
                    expected.setdefault(cell, (number, row + at, cell))
            rows = np.arange(row, row + len(cells))
            part.note(number, RowBatch({}, len(cells), rows, {"n": mask} if mask.any() else {}, {"n": [cell for cell in cells if cell]}))
            row += len(cells)
        parts.append(part)
    draw.shuffle(parts)
    total = MisfitCells()
    for part in parts:
        total = total.add(part) if draw.random() < 0.5 else part.add(total)
    assert ("n" in total.columns) == bool(count)
    if count:
        assert (total.columns["n"].count, total.columns["n"].first) == (count, tuple(expected.values())[:FIRST])
