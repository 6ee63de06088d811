"""Columns whose cells no one type holds: told as such, and the contract that is proposed from them is met by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.jobs.infer import Proposal, infer
from featureprep.jobs.infer_notes import notes
from featureprep.jobs.propose import propose
from featureprep.jobs.stats import source_statistics
from featureprep.jobs.validate import validate
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.reasons import Severity

ENGINE = PandasEngine(2)
MIXED: list[dict[str, Any]] = [{"x": 1, "y": [1]}, {"x": [1], "y": None}, {"x": {"a": 1}, "y": [2]}, {"x": "q", "y": [3, 4]}]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=3))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2), max_leaves=4
)


def lines(folder: Path, rows: list[dict[str, Any]]) -> Source:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return fp.read_json(str(path))


def inferred(source: Source) -> Proposal:
    return infer({"rows": source}, None, ENGINE)


def test_a_mixed_column_is_only_warned_of(tmp_path: Path) -> None:
    source = lines(tmp_path, MIXED)
    proposal = inferred(source)
    text = proposal.to_yaml()
    assert "x:  # mixed: 2 of 4 do not fit the type (50.00%)\n    type: {is: string, severity: warn}\n" in text
    assert "nullable" not in text
    assert '"y":  # 1 of 4 null (25.00%)\n' in text
    (told,) = notes(source, proposal.looks["rows"])
    assert told.startswith("""the column x is mixed: 2 of 4 cells are no string, such as '[1]', '{"a": 1}'; they are read as malformed""")
    report = validate({"rows": source}, load_contract(text), None, ENGINE)
    assert report.ok, report.render_text()


def test_cells_that_do_not_fit_a_schema_are_no_nulls(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,m\n1,a\nx,a\n,a\n", encoding="utf-8")
    source = fp.read_csv(str(tmp_path / "a.csv"), schema={"n": "int64", "m": "string"})
    proposal = inferred(source)
    assert 'n":  # mixed: 1 of 3 do not fit the type (33.33%), 1 of 3 null (33.33%)' in proposal.to_yaml()
    assert "1 of 3 cells are no int64, such as 'x'" in notes(source, proposal.looks["rows"])[0]


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.fixed_dictionaries({"x": VALUES, "y": VALUES}), min_size=1, max_size=6))
def test_json_meets_the_contract_inferred_from_it(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    source = lines(tmp_path_factory.mktemp("rows"), rows)
    proposal = inferred(source)
    report = validate({"rows": source}, load_contract(proposal.to_yaml()), None, ENGINE)
    assert report.ok, f"{proposal.to_yaml()}\n{report.render_text()}"
    nulls = sum(row["x"] is None for row in rows)
    (x, *_) = proposal.contract.sources[0].columns
    nullable = not any(rule.check == "nullable" for rule in x.rules)
    assert nullable == (nulls > 0 or x.rules[0].severity == Severity.WARN)


@pytest.mark.parametrize(
    "stated", ["x: int64\n  y: 'list<int64>'", "x: string\n  y: 'list<int64>'", "x: {type: string, nullable: false}\n  y: 'list<int64>'"]
)
def test_a_patch_lets_a_mixed_column_pass(tmp_path: Path, stated: str) -> None:
    source = lines(tmp_path, MIXED)
    contract = load_contract(f"columns:\n  {stated}\n")
    found = propose({"rows": source}, contract, None, ENGINE)
    assert found.left == []
    assert "type: {is: string, severity: warn}" in found.after


def test_whole_numbers_beyond_64_bits_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,s,e\n18446744073709551615,a1,\n1,2,\n", encoding="utf-8")
    source = fp.read_csv(str(tmp_path / "a.csv"))
    (note,) = notes(source, inferred(source).looks["rows"])
    assert note.startswith("all cells are whole numbers, some beyond int64, so they are read as text (n); to have numbers")
    assert "`type: uint64`" in note
    contract = load_contract("columns:\n  n: uint64\n  s: string\n  e: string\n")
    assert validate({"rows": source}, contract, None, ENGINE).ok


def test_a_column_without_a_name(tmp_path: Path) -> None:
    source = lines(tmp_path, [{"": 1, "a": 2}])
    for look in (lambda: inferred(source), lambda: source_statistics({"t": source}, None, ENGINE)):
        with pytest.raises(RequestError, match="a column has an empty name"):
            look()
