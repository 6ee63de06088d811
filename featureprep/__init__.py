"""featureprep: one Python definition of a feature job, from raw files to versioned features and a served row.

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "Contract": "featureprep.validators.contract",
    "Dataset": "featureprep.store.dataset",
    "Expr": "featureprep.expr.expression",
    "FeatureprepError": "featureprep.errors",
    "Job": "featureprep.jobs.definition",
    "RowRejected": "featureprep.errors",
    "Run": "featureprep.jobs.result",
    "Table": "featureprep.plan.table",
    "TransformGraph": "featureprep.serving.graph",
    "agg": "featureprep.plan.aggregation",
    "check": "featureprep.validators.custom",
    "coalesce": "featureprep.expr.expression",
    "col": "featureprep.expr.expression",
    "diff": "featureprep.jobs.diff",
    "from_arrow": "featureprep.io.api",
    "from_beam": "featureprep.engines.beam.native",
    "from_dask": "featureprep.engines.dask.native",
    "from_pandas": "featureprep.io.api",
    "from_polars": "featureprep.io.api",
    "from_spark": "featureprep.engines.spark.native",
    "infer": "featureprep.jobs.infer_data",
    "job": "featureprep.jobs.definition",
    "label": "featureprep.plan.table",
    "lit": "featureprep.expr.expression",
    "load_contract": "featureprep.validators.contract_yaml",
    "open_dataset": "featureprep.store.dataset",
    "open_datasets": "featureprep.store.dataset",
    "open_graph": "featureprep.serving.artefact",
    "param": "featureprep.jobs.definition",
    "read_arrow": "featureprep.io.api",
    "read_csv": "featureprep.io.api",
    "read_json": "featureprep.io.api",
    "read_parquet": "featureprep.io.api",
    "skew": "featureprep.jobs.skew",
    "split": "featureprep.run.split",
    "sql": "featureprep.query.sql",
    "udf": "featureprep.expr.udf",
    "validate": "featureprep.jobs.validate_data",
    "weight": "featureprep.plan.table",
    "when": "featureprep.expr.expression",
}

_FOLDERS = ("transforms", "validators")

__all__ = [
    "Contract",
    "Dataset",
    "Expr",
    "FeatureprepError",
    "Job",
    "RowRejected",
    "Run",
    "Table",
    "TransformGraph",
    "agg",
    "check",
    "coalesce",
    "col",
    "diff",
    "from_arrow",
    "from_beam",
    "from_dask",
    "from_pandas",
    "from_polars",
    "from_spark",
    "infer",
    "job",
    "label",
    "lit",
    "load_contract",
    "open_dataset",
    "open_datasets",
    "open_graph",
    "param",
    "read_arrow",
    "read_csv",
    "read_json",
    "read_parquet",
    "skew",
    "split",
    "sql",
    "udf",
    "validate",
    "weight",
    "when",
]

if TYPE_CHECKING:
    from featureprep import beam as beam
    from featureprep.engines.beam.native import from_beam
    from featureprep.engines.dask.native import from_dask
    from featureprep.engines.spark.native import from_spark
    from featureprep.errors import FeatureprepError, RowRejected
    from featureprep.expr.expression import Expr, coalesce, col, lit, when
    from featureprep.expr.udf import udf
    from featureprep.io.api import from_arrow, from_pandas, from_polars, read_arrow, read_csv, read_json, read_parquet
    from featureprep.jobs.definition import Job, job, param
    from featureprep.jobs.diff import diff
    from featureprep.jobs.infer_data import infer
    from featureprep.jobs.result import Run
    from featureprep.jobs.skew import skew
    from featureprep.jobs.validate_data import validate
    from featureprep.plan.aggregation import agg
    from featureprep.plan.table import Table, label, weight
    from featureprep.query.sql import sql
    from featureprep.run.split import split
    from featureprep.serving.artefact import open_graph
    from featureprep.serving.graph import TransformGraph
    from featureprep.store.dataset import Dataset, open_dataset, open_datasets
    from featureprep.validators.contract import Contract
    from featureprep.validators.contract_yaml import load_contract
    from featureprep.validators.custom import check


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import featureprep` stays light."""
    if name == "beam":  # a module, which needs an extra
        return importlib.import_module("featureprep.beam")
    if name not in _PLACES:
        from featureprep.suggest import no_attribute

        raise no_attribute("featureprep", name, [*__all__, *_FOLDERS], {name: f"import featureprep.{name}"} if name in _FOLDERS else None)
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
