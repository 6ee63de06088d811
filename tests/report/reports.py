"""A report with something in every place."""

from __future__ import annotations

from typing import Any

from tests.lineage.runs import OUTCOMES, RUN_ID, STATISTICS


def full() -> dict[str, Any]:
    masked = {"name": "pay", "type": "float64", "kind": "number", "masked": True, "n": 2, "nulls": 1, "nans": 0, "n_unique": 2}
    line = {"step": "read people", "inputs": [], "in": 3, "created": 0, "out": 3, "dropped": {}, "quarantined": {}, "merged": 0}
    chosen = {**line, "step": "filter of age", "inputs": ["read people"], "out": 1, "dropped": {"of age": 1}, "quarantined": {"no pay": 1}}
    joined = {**line, "step": "join", "inputs": ["filter of age"], "in": 1, "out": 1, "matches": {"left matched": 1, "left unmatched": 0}}
    return {
        "name": "census",
        "version": 3,
        "run_id": RUN_ID,
        "status": "FAIL",
        "created": "2026-03-04T03:06:07+00:00",
        "engine": "pandas",
        "fingerprints": {"dataset": "0" * 32, "graph": "f" * 32},
        "scans": 2,
        "scan_names": ["fold 1", "write"],
        "seconds": 1.25,
        "sources": [{"name": "people", "kind": "csv", "files": 2, "size": 30, "rows": 3, "version": "sha256:ab"}],
        "splits": {"train": 2, "eval": 1},
        "rows": {"read": 3, "created": 0, "merged": 0, "dropped": 1, "quarantined": 1, "written": 1},
        "ledger": {"lines": [line, chosen, joined], "rows": {"read": 3}},
        "statistics": {"sources": {"people": STATISTICS}, "entry": {"rows": 3, "columns": [masked]}, "splits": {"train": STATISTICS}},
        "validation": {"people": OUTCOMES},
        "features": [
            {"name": "age", "role": "feature", "type": "float64", "expression": "standard_scale(age)", "inputs": ["people.age"],
             "learnt": [{"expression": "standard_scale(age)", "constants": {"mean": "28.0", "std": "11.0"}}]},
            {"name": "kept", "role": "keep", "type": None, "expression": "kept", "inputs": [f"people.{i}" for i in range(30)], "learnt": []},
        ],
        "explain": "scan 1\n  filter age",
        "error": "2 rules of the contract failed\nHint: mend the data",
    }  # fmt: skip
