"""The Chicago taxi check: a contract inferred from the train file names what is new in the eval file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from featureprep.io.cells import typed
from featureprep.io.infer_types import TypeInference, inferred_schema
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.inference import infer_contract
from featureprep.validators.report import ValidationReport


def cells(path: Path) -> pa.Table:
    """All cells as text, empty ones null."""
    names = path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""])
    return pa.csv.read_csv(path, convert_options=options).combine_chunks()


def cast(table: pa.Table, schema: pa.Schema) -> tuple[pa.Table, dict[str, list[str | None]]]:
    """The table in the types of a schema, and the texts of cells that do not fit."""
    columns, malformed = [], {}
    for field in schema:
        array, misfits = typed(table[field.name].chunk(0), field.type)
        columns.append(array)
        if misfits is not None:
            texts = iter(misfits[1])
            malformed[field.name] = [next(texts) if bad else None for bad in misfits[0]]
    return pa.table(columns, schema=schema), malformed


def test_the_eval_file_against_the_contract_of_the_train_file(
    data_dir: Path, describe: Callable[..., dict[str, Any]], judge: Callable[..., Any]
) -> None:
    splits = data_dir / "chicago-taxi" / "tfdv_splits"
    train, evaluation = cells(splits / "train.csv"), cells(splits / "eval.csv")
    inference = TypeInference(tuple(train.column_names))
    schema = inferred_schema(inference.finish(inference.update(inference.init(), *(column.chunk(0) for column in train.columns))))
    table, _ = cast(train, schema)
    contract = infer_contract(describe(table, cuts=[100, 5000]), schema)
    text = contract.to_yaml()
    assert load_contract(text) == contract

    own = judge(text, table, cuts=[17])
    assert ValidationReport({"": list(own.values())}).ok

    new, malformed = cast(evaluation, contract.source("trips").schema)
    outcomes = judge(text, new, malformed=malformed, cuts=[1, 2000])
    report = ValidationReport({"": list(outcomes.values())})
    assert not report.ok
    assert report.exit_code == 1
    for name in ("payment_type", "company"):
        unseen = sorted(set(new[name].to_pylist()) - set(table[name].to_pylist()) - {None})
        outcome = outcomes[f"{name}/values"]
        assert unseen
        assert outcome.blocking
        assert str(outcome.reason) == "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
        assert list(outcome.examples) == unseen[:20]
        assert outcome.count == sum(value in unseen for value in new[name].to_pylist())
        assert all(value in report.render_text() for value in unseen[:20])
