"""Run by a Python that has Great Expectations: `python gx_runner.py FOLDER` judges each N.parquet by N.json and writes what it found.

Writes found.json: for each N its expectations as [type, column or null, derived, success, the number in its meta].
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"


def main(folder: Path) -> None:
    """Judge all pairs in the folder."""
    import pandas as pd

    gx: Any = import_module("great_expectations")  # of another Python: no type checker of ours sees it
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    whole = context.data_sources.add_pandas("source").add_dataframe_asset("asset").add_batch_definition_whole_dataframe("whole")
    found = {}
    for path in sorted(folder.glob("*.json")):
        suite = gx.ExpectationSuite(**json.loads(path.read_text(encoding="utf-8")))
        batch = whole.get_batch({"dataframe": pd.read_parquet(path.with_suffix(".parquet"))})
        results = batch.validate(suite).results
        raised = [
            r.exception_info for r in results if "exception_traceback" in str(r.exception_info) and "Traceback" in str(r.exception_info)
        ]
        if raised:
            raise SystemExit(f"{path.name}: {raised[0]}")
        found[path.stem] = [
            [
                r.expectation_config.type,
                r.expectation_config.kwargs.get("column"),
                isinstance((r.expectation_config.meta or {}).get("featureprep"), str),
                bool(r.success),
                (r.expectation_config.meta or {}).get("number"),  # results come in another order
            ]
            for r in results
        ]
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
