"""infer, validate, stats: files, jobs, versions."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from featureprep.validators.contract_yaml import load_contract
from tests.cli.people import rows

Call = Callable[..., Any]


def test_infer_proposes_a_contract_that_its_own_data_meets(call: Call, call_json: Call, project: Path) -> None:
    text = call("infer", "people1.csv", "-o", "contract.yaml").stdout
    assert "60 rows" in text
    assert "featureprep validate people1.csv --contract contract.yaml" in text
    contract = load_contract("contract.yaml")
    assert [column.name for column in contract.source("").columns] == ["id", "age", "city", "income"]
    assert "contract met" in call("validate", "people1.csv", "--contract", "contract.yaml").stdout
    report = call_json("validate", "people1.csv", "--contract", "contract.yaml")
    assert report["ok"]
    assert report["counts"]["errors"] == 0


def test_infer_prints_where_no_file_is_named(call: Call, call_json: Call, project: Path) -> None:
    text = call("infer", "people1.csv").stdout
    assert len(load_contract(text).source("").columns) == 4
    found = call_json("infer", "people1.csv")
    assert found["contract"] == text
    assert found["output"] is None
    assert found["sources"] == [{"name": "people1.csv", "rows": 60, "columns": 4, "unparsable": 0}]


def test_infer_does_not_overwrite(call: Call, project: Path) -> None:
    (project / "contract.yaml").write_text("mine", encoding="utf-8")
    assert "--force" in call("infer", "people1.csv", "-o", "contract.yaml", code=2).stderr
    assert (project / "contract.yaml").read_text(encoding="utf-8") == "mine"
    call("infer", "people1.csv", "-o", "contract.yaml", "--force")
    assert load_contract("contract.yaml").names == [""]


def test_infer_reads_the_sources_of_a_job(call: Call, project: Path) -> None:
    call("infer", "job.py", "-o", "contract.yaml")
    assert "90 rows" in call("infer", "job.py", "-o", "contract.yaml", "--force").stdout
    assert "contract met" in call("validate", "job.py", "--contract", "contract.yaml").stdout


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl", "json", "tsv", "csv.gz"])
def test_formats_go_by_the_suffix(suffix: str, call: Call, call_json: Call, project: Path) -> None:
    table = pa.table({"a": [1, 2, 3], "b": ["x", "y", "x"]})
    file = project / f"data.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, file)
    elif suffix == "arrow":
        pyarrow.feather.write_feather(table, file)
    elif suffix in ("jsonl", "json"):
        lines = [json.dumps(row) for row in table.to_pylist()]
        file.write_text("\n".join(lines) if suffix == "jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    elif suffix == "tsv":
        file.write_text("a\tb\n1\tx\n2\ty\n3\tx\n", encoding="utf-8")
    else:
        import gzip

        file.write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n3,x\n"))
    (section,) = call_json("stats", file.name)["sources"].values()
    assert [(c["name"], c["type"]) for c in section["columns"]] == [("a", "int64"), ("b", "string")]
    assert section["rows"] == 3


def test_options_of_csv_files(call_json: Call, project: Path) -> None:
    (project / "odd.txt").write_bytes("1; Zoë;?\n2; Ann;5\n".encode("latin-1"))
    found = call_json(
        "stats", "odd.txt", "--separator", ";", "--names", "n,name,x", "--no-header", "--null-value", "?", "--encoding", "latin-1"
    )
    columns = {c["name"]: c for c in found["sources"]["odd.txt"]["columns"]}
    assert {name: c["type"] for name, c in columns.items()} == {"n": "int64", "name": "string", "x": "int64"}
    assert columns["x"]["nulls"] == 1
    assert [" Zoë", 1] in columns["name"]["top"]


def test_a_tab_may_be_written_as_its_escape(call_json: Call, project: Path) -> None:
    (project / "t.csv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    assert [c["name"] for c in call_json("stats", "t.csv", "--separator", r"\t")["sources"]["t.csv"]["columns"]] == ["a", "b"]


def test_an_option_that_does_not_fit_is_refused(call: Call, project: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), project / "a.parquet")
    assert "--separator is not an option of parquet" in call("stats", "a.parquet", "--separator", ";", code=2).stderr
    assert "--names is for a FILE" in call("infer", "job.py", "--names", "a", code=2).stderr
    (project / "data.xyz").write_text("a\n1\n", encoding="utf-8")
    assert "--input-format" in call("stats", "data.xyz", code=2).stderr
    assert "no such file" in call("stats", "absent.csv", code=2).stderr
    assert "nothing is named" in call("stats", code=2).stderr


def test_columns_of_types_without_a_place_are_left_out(call: Call, project: Path) -> None:
    one = pa.array([[("k", 1)]] * 2, pa.map_(pa.string(), pa.int64()))
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"], "m": one}), project / "odd.parquet")
    for verb in (("stats",), ("infer",), ("new", "made", "--data")):
        told = call(*verb, "odd.parquet", code=2).stderr
        assert "columns of Arrow type map<string, int64" in told
        assert "hint: --columns A,B,C reads the others: a, b\n" in told
    assert "source odd.parquet: 2 rows, 2 columns" in call("stats", "odd.parquet", "--columns", "b, a").stdout
    assert " b:" in call("infer", "odd.parquet", "--columns", "b").stdout
    call("new", "made", "--data", "odd.parquet", "--columns", "a,b")
    assert "columns=['a', 'b']" in (project / "made" / "job.py").read_text(encoding="utf-8").replace('"', "'")
    assert "no column 'q'" in call("stats", "odd.parquet", "--columns", "a,q", code=2).stderr
    assert "--columns is not an option of csv" in call("stats", "people1.csv", "--columns", "a", code=2).stderr


def test_columns_are_named_as_in_a_line_of_csv(call: Call, project: Path) -> None:
    pq.write_table(pa.table({"a,b": [1], " lead": [2], "x": [3], 'in"ch': [4]}), project / "odd.parquet")

    def read(*given: str) -> str:
        return str(call("stats", "odd.parquet", *(part for one in given for part in ("--columns", one))).stdout)

    assert "1 row, 2 column" in read('"a,b", x')
    assert "1 row, 1 column" in read('" lead"')
    assert "1 row, 2 column" in read("x", '"a,b"')
    assert "1 row, 2 column" in read('in"ch,x')
    told = call("stats", "odd.parquet", "--columns", '"a,b', code=2).stderr
    assert "--columns '\"a,b' cannot be read" in told
    assert "double quotes" in told
    call("new", "made", "--data", "odd.parquet", "--columns", '"a,b"', "--columns", "x")
    assert "columns=['a,b', 'x']" in (project / "made" / "job.py").read_text(encoding="utf-8").replace('"', "'")


def test_validate_names_what_is_wrong_and_exits_1(call: Call, call_json: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    (project / "bad.csv").write_text(rows(0, 5) + "99,ten,Paris,low\n", encoding="utf-8")
    result = call("validate", "bad.csv", "--contract", "contract.yaml", code=1)
    assert "contract FAILED" in result.stdout
    assert "'Paris'" in result.stdout
    assert "'ten'" in result.stdout
    assert "contract.yaml:" in result.stdout
    report = call_json("validate", "bad.csv", "--contract", "contract.yaml", code=1)
    assert not report["ok"]
    bad = [o for o in report["sources"]["bad.csv"]["outcomes"] if o["blocking"]]
    assert {o["column"] for o in bad} == {"age", "city"}
    assert all(o["count"] == 1 and o["total"] == 6 for o in bad)


def test_validate_writes_its_report(call: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    result = call("validate", "people2.csv", "--contract", "contract.yaml", "--format", "json", "-o", "report.json")
    assert result.stdout == ""
    assert json.loads((project / "report.json").read_text(encoding="utf-8"))["ok"]
    assert "does not exist" in call("validate", "people2.csv", "--contract", "contract.yaml", "-o", "no/where.json", code=2).stderr


def test_validate_in_an_environment_leaves_its_columns_out(call: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    text = (project / "contract.yaml").read_text(encoding="utf-8").replace("  income:\n", "  income:\n    not_in: [SERVING]\n")
    (project / "contract.yaml").write_text(text, encoding="utf-8")
    (project / "serving.csv").write_text("id,age,city\n1,20,Rome\n", encoding="utf-8")
    call("validate", "serving.csv", "--contract", "contract.yaml", code=1)
    assert "not judged: income" in call("validate", "serving.csv", "--contract", "contract.yaml", "--environment", "SERVING").stdout
    assert "did you mean" in call("validate", "serving.csv", "--contract", "contract.yaml", "--environment", "SERVIN", code=2).stderr


def test_a_ragged_record_fails_or_is_told(call: Call, call_json: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    lines = rows(0, 5).splitlines()
    (project / "ragged.csv").write_text("\n".join([*lines[:3], "1,2", *lines[3:], "a,b,c,d,e,f"]) + "\n", encoding="utf-8")
    result = call("validate", "ragged.csv", "--contract", "contract.yaml", code=1)
    assert "ragged.csv:4" in result.stderr
    report = call_json("validate", "ragged.csv", "--contract", "contract.yaml", "--on-error", "quarantine")
    (told,) = [o for o in report["sources"]["ragged.csv"]["outcomes"] if o["check"] == "parsable"]
    assert (told["count"], told["total"], told["blocking"], told["action"]) == (2, 7, False, "quarantine")
    assert "ragged.csv:4" in told["message"]
    assert "ragged.csv:8" in told["message"]
    assert "every record can be parsed" in call("validate", "ragged.csv", "--contract", "contract.yaml", "--on-error", "drop").stdout


def test_several_sources_are_named(call: Call, call_json: Call, project: Path) -> None:
    found = call_json("infer", "--source", "a=people1.csv", "--source", "b=people2.csv", "-o", "both.yaml")
    assert [(s["name"], s["rows"]) for s in found["sources"]] == [("a", 60), ("b", 30)]
    assert load_contract("both.yaml").names == ["a", "b"]
    report = call_json("validate", "--source", "a=people1.csv", "--source", "b=people2.csv", "--contract", "both.yaml")
    assert set(report["sources"]) == {"a", "b"}
    assert "--source a=PATH" in call("validate", "people1.csv", "--contract", "both.yaml", code=2).stderr
    call("infer", "people1.csv", "-o", "one.yaml")
    result = call("validate", "--source", "a=people1.csv", "--source", "b=people2.csv", "--contract", "one.yaml", code=2)
    assert "several sources" in result.stderr


def test_a_contract_of_one_named_source_is_for_the_file(call_json: Call, project: Path) -> None:
    (project / "c.yaml").write_text(
        "sources:\n  people:\n    columns: {id: int64, age: int64, city: string, income: string}\n", encoding="utf-8"
    )
    assert set(call_json("validate", "people1.csv", "--contract", "c.yaml")["sources"]) == {"people"}


def test_a_contract_that_is_not_there(call: Call, project: Path) -> None:
    hint = "featureprep infer people1.csv -o contract.yaml"
    assert hint in call("validate", "people1.csv", "--contract", "contract.yaml", code=2).stderr
    assert "the job has no contract" in call("validate", "job.py", code=2).stderr
    text = (project / "job.py").read_text(encoding="utf-8").replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
    (project / "strict.py").write_text(text, encoding="utf-8")
    for verb in ("validate", "run"):
        assert "featureprep infer" in call(verb, "strict.py", code=2).stderr


def test_partitions_change_no_finding(call_json: Call, call: Call, project: Path) -> None:
    call("infer", "people1.csv", "-o", "contract.yaml")
    (project / "bad.csv").write_text(rows(0, 400).replace("Lima", "Linz"), encoding="utf-8")
    one = call_json("validate", "bad.csv", "--contract", "contract.yaml", code=1)
    many = call_json("validate", "bad.csv", "--contract", "contract.yaml", "--partitions", 9, code=1)
    assert one == many
    assert call_json("stats", "bad.csv") == call_json("stats", "bad.csv", "--partitions", 7)


def test_stats_of_a_version_are_those_stored(call: Call, call_json: Call, project: Path) -> None:
    folder = Path(call_json("run", "job.py")["report"]).parent
    call("stats", "people@1", "-o", "kept.json")
    stored = (folder / "statistics.json").read_text(encoding="utf-8")
    assert (project / "kept.json").read_text(encoding="utf-8") == stored
    found, whole = call_json("stats", "people@1"), json.loads(stored)
    for column in whole["sources"]["people"]["columns"]:
        del column["shape"]  # for `validate --baseline`, not for people
    assert found == whole
    assert set(found["splits"]) == {"train", "eval"}
    text = call("stats", "people@1").stdout
    assert "source people: 90 rows" in text
    assert "split train" in text


def test_a_folder_of_the_datasets_name_does_not_hide_it(call_json: Call, project: Path) -> None:
    call_json("run", "job.py")
    (project / "people").mkdir()
    (project / "people" / "one.csv").write_text(rows(0, 5), encoding="utf-8")
    assert set(call_json("stats", "people")["splits"]) == {"train", "eval"}
    assert call_json("stats", "people", "--input-format", "csv")["sources"]["people"]["rows"] == 5


def test_stats_of_a_version_without_any_are_computed(call_json: Call, project: Path) -> None:
    call_json("run", "job.py", "--name", "bare", "--no-statistics")
    call_json("run", "job.py")
    assert call_json("stats", "bare@1")["splits"] == call_json("stats", "people@1")["splits"]


def test_stats_masks_what_the_contract_calls_sensitive(call: Call, call_json: Call, project: Path) -> None:
    contract = "columns: {id: int64, age: int64, city: {type: string, sensitive: true}, income: string}\n"
    (project / "contract.yaml").write_text(contract, encoding="utf-8")
    text = (project / "job.py").read_text(encoding="utf-8").replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
    (project / "strict.py").write_text(text, encoding="utf-8")
    assert "Rome" not in call("stats", "strict.py", "--json").stdout
    assert "Rome" in call("stats", "job.py", "--json").stdout


def test_the_taxi_eval_file_breaks_the_contract_of_the_train_file(call: Call, project: Path, data_dir: Path) -> None:
    splits = data_dir / "chicago-taxi" / "tfdv_splits"
    call("infer", splits / "train.csv", "-o", "contract.yaml")
    call("validate", splits / "train.csv", "--contract", "contract.yaml")
    result = call("validate", splits / "eval.csv", "--contract", "contract.yaml", code=1)
    assert "payment_type is one of" in result.stdout
    assert "company is one of" in result.stdout
    seen = {name: set(_column(splits / "train.csv", name)) for name in ("payment_type", "company")}
    for name, known in seen.items():
        unseen = sorted(set(_column(splits / "eval.csv", name)) - known - {""})
        assert unseen
        assert all(value in result.stdout for value in unseen[:5])


def _column(file: Path, name: str) -> list[str]:
    import csv

    with file.open(encoding="utf-8", newline="") as handle:
        return [row[name] for row in csv.DictReader(handle)]


def test_the_hint_for_an_absent_contract_reads_the_data_alike(call: Call, project: Path) -> None:
    """What `infer` is proposed with is what the call at hand was given."""
    (project / "odd data.txt").write_text("1;?\n2;x\n", encoding="utf-8")
    flags = ("--separator", ";", "--names", "n,word", "--null-value", "?", "--null-value", "")
    told = call("validate", "odd data.txt", "--contract", "c.yaml", *flags, code=2).stderr
    command = told.partition("let one be proposed: ")[2].splitlines()[0]
    assert command == "featureprep infer 'odd data.txt' --separator ';' --names n,word --null-value '?' --null-value '' -o c.yaml"
    call(*shlex.split(command)[1:])
    call("validate", "odd data.txt", "--contract", "c.yaml", *flags)
    named = ("--source", "a=people1.csv", "--source", "b=people2.csv")
    told = call("validate", *named, "--contract", "d.yaml", code=2).stderr
    assert "featureprep infer --source a=people1.csv --source b=people2.csv -o d.yaml" in told
    told = call("run", "job.py", "--contract", "e.yaml", "--source", "people=people2.csv", code=2).stderr
    assert "featureprep infer job.py --source people=people2.csv -o e.yaml" in told


def test_what_infer_notes_of_a_job_is_said_as_its_source_takes_it(call: Call, project: Path) -> None:
    (project / "na.csv").write_text("a,b\n1,x\nNA,y\n2,NA\n", encoding="utf-8")
    (project / "na.py").write_text(
        "import featureprep as fp\n\n\n@fp.job(sources={'rows': fp.read_csv('na.csv')})\ndef na(rows):\n    return rows.features(a='a')\n",
        encoding="utf-8",
    )
    assert "(in a job: null_values=['', 'NA'])" in call("infer", "na.py").stderr
