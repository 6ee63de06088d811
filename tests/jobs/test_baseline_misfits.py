"""A baseline some of whose cells do not fit their type is told of in every form of the report; its values are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep import canonical
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import CorruptArtefactError
from featureprep.jobs.stats import source_statistics
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.formats import markdown
from featureprep.validators.formats.finding import Setting

CONTRACT = "columns:\n  fare: int64\n  kind: string\n  secret: {type: int64, sensitive: true, drift: false}\ndrift: {linf: 0.9}\n"


def write(path: Path, *, bad: int) -> str:
    cells = ["zilch" if i % 100 < bad else str(i % 9) for i in range(300)]
    path.write_text("fare,kind,secret\n" + "".join(f"{cell},taxi,{'hush' if bad else 1}\n" for cell in cells), encoding="utf-8")
    return str(path)


@pytest.fixture
def now(tmp_path: Path) -> str:
    return write(tmp_path / "now.csv", bad=0)


def kept_of(path: str, folder: Path) -> Path:
    found = source_statistics({"a": fp.read_csv(path)}, None, PandasEngine(), contract=load_contract(CONTRACT), shapes=True)
    (folder / "kept.json").write_text(canonical.dumps(found), encoding="utf-8")
    return folder / "kept.json"


@pytest.mark.parametrize("kept", [False, True], ids=["data", "statistics"])
@pytest.mark.parametrize("drawn", [False, True])
def test_every_form_of_the_report_notes_it(tmp_path: Path, now: str, *, kept: bool, drawn: bool) -> None:
    before = write(tmp_path / "before.csv", bad=2)
    baseline = kept_of(before, tmp_path) if kept else before
    report = fp.validate(now, CONTRACT, baseline=baseline, statistics=drawn)
    note = (
        f"the baseline's column fare has 6 cells that do not fit int64, of 300 (2.00%): they count as missing; the first is at {before}:2"
    )
    assert report.ok
    assert report.baseline_notes == (note,)
    assert report.to_json()["baseline_notes"] == [note]
    assert f"note: {note}" in report.render_text()
    told = [markdown.render(report, Setting()), report.to_html(), report._repr_html_()]
    assert all("column fare has 6 cells that do not fit int64, of 300" in text for text in told)
    assert ("not of its type" in told[1]) == drawn
    assert not any(hidden in text for text in (*told, json.dumps(report.to_json()), report.render_text()) for hidden in ("zilch", "hush"))


def test_one_cell_and_columns_that_nothing_holds_against_it(tmp_path: Path, now: str) -> None:
    text = Path(now).read_text(encoding="utf-8")
    (tmp_path / "before.csv").write_text(text.replace("\n3,taxi,1", "\nzilch,taxi,hush", 1), encoding="utf-8")
    report = fp.validate(now, CONTRACT, baseline=str(tmp_path / "before.csv"))
    (note,) = report.baseline_notes
    assert "has 1 cell that does not fit int64, of 300 (0.33%): it counts as missing; it is at" in note


def test_nothing_is_noted_of_what_fits(tmp_path: Path, now: str) -> None:
    for baseline in (now, kept_of(now, tmp_path)):
        report = fp.validate(now, CONTRACT, baseline=baseline)
        assert report.baseline_notes == ()
        assert "baseline_notes" not in report.to_json()


def test_several_sources_are_named(tmp_path: Path, now: str) -> None:
    before = write(tmp_path / "before.csv", bad=1)
    one = {"columns": {"fare": "int64", "kind": "string", "secret": "string"}, "drift": {"linf": 0.9}}
    report = fp.validate({"a": now, "b": now}, {"sources": {"a": one, "b": one}}, baseline={"a": now, "b": before})
    assert [note.partition(" has ")[0] for note in report.baseline_notes] == ["b: the baseline's column fare"]


@pytest.mark.parametrize("hostile", [
    7, {}, {"n": 0, "first": []}, {"n": True, "first": []}, {"n": 301, "first": []}, {"n": 3, "first": [5]}, {"n": 3, "first": [{"at": 5}]},
    {"n": 3, "first": [{"at": "a:1", "text": 5}]}, {"n": 1e300, "first": []}, {"n": 3},
])  # fmt: skip
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, now: str, hostile: Any) -> None:
    path = kept_of(now, tmp_path)
    found = json.loads(path.read_text(encoding="utf-8"))
    found["sources"]["a"]["columns"][0]["misfits"] = hostile
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(CorruptArtefactError, match="no statistics of a column: its misfits"):
        fp.validate(now, CONTRACT, baseline=path)


def test_many_columns_are_told_in_part(tmp_path: Path) -> None:
    names = [f"c{at:02}" for at in range(25)]
    stated = {"columns": dict.fromkeys(names, "int64"), "drift": {"linf": 0.9}}
    for name, cell in (("before", "x"), ("now", "1")):
        (tmp_path / f"{name}.csv").write_text(
            "\n".join([",".join(names), ",".join("1" * 25), ",".join(cell * 25)]) + "\n", encoding="utf-8"
        )
    notes = fp.validate(str(tmp_path / "now.csv"), stated, baseline=str(tmp_path / "before.csv")).baseline_notes
    assert len(notes) == 21
    assert notes[-1] == "5 more columns of the baseline have cells that do not fit their type"
