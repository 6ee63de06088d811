"""Files that differ a lot, from `infer` to a served row. Nothing of theirs is written here: they are read from $FEATUREPREP_DATA."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from tests.cli.conftest import Call

DATA = os.environ.get("FEATUREPREP_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="FEATUREPREP_DATA is not set: no real data to write first jobs for")

NA = ("--null-value", "NA", "--null-value", "")
CASES: dict[str, tuple[str, ...]] = {
    "adult-census/adult.test": ("--names", "age,workclass,fnlwgt,education,education_num,marital,occupation,relationship,race,sex,gain,loss,hours,country,income",
                                "--separator", ", ", "--null-value", "?", "--on-error", "quarantine", "--input-format", "csv"),
    "bike-sharing/hour_test.csv": (),
    "book-recommender/option1_recommendation.csv": (),
    "chicago-taxi/tfdv_splits/serving.csv": (),
    "messy/polars/foods1.ndjson": (),
    "nyc-taxi-yellow/yellow_tripdata_sample_2019-02.csv": (),
    "nycflights13/planes.csv": NA,
    "parquet-testing/data/alltypes_plain.parquet": (),
    "parquet-testing/data/list_columns.parquet": (),
    "penguins/penguins_raw.csv": NA,
    "sms-spam/SMSSpamCollection": ("--input-format", "csv", "--names", "label,text", "--separator", r"\t", "--quote", "", "--on-error", "quarantine"),
}  # fmt: skip


def example(job: Path) -> dict[str, Any]:
    """The row of the project's test."""
    import datetime as dt

    (row,) = [node.value for node in ast.parse((job.parent / "tests/test_job.py").read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)
              and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "ROW"]  # fmt: skip
    found: dict[str, Any] = eval(ast.unparse(row), {"dt": dt})
    return found


def labelled(job: str) -> str:
    """The job with the label that it guesses, as its comment says: what is made of the column is deleted."""
    guess = re.search(r'        # is (".*") to be predicted\? .*\n        # (.*)\n', job)
    if guess is None:
        return job
    before, after = job[: guess.start()], job[guess.end() :]
    kept = [line for line in before.splitlines(keepends=True) if f"({guess[1]}" not in line or line.lstrip().startswith("#")]
    return "".join(kept) + f"        {guess[2]}\n" + after


@pytest.mark.parametrize("path", CASES)
def test_from_a_file_to_a_served_row(path: str, call: Call, project: Path) -> None:
    data, options = os.path.join(str(DATA), path), CASES[path]
    call("infer", data, *options, "-o", "contract.yaml")
    call("new", "first", "--from", "contract.yaml", "--data", data, *options)
    job = project / "first/job.py"
    proposed = job.read_text(encoding="utf-8")
    for text in (proposed, labelled(proposed)):
        job.write_text(text, encoding="utf-8")
        run = json.loads(call("run", "first/job.py", "--store", "s", "--no-statistics", "--json").stdout)
        assert run["rows"]["written"] > 0
        graph = fp.open_graph("s", "first@latest")
        dataset = fp.open_dataset("s", "first@latest")
        features = {column.name for column in dataset.columns if column.role == "feature"}
        assert features <= set(graph(example(job)))
        assert features <= set(graph({}))
