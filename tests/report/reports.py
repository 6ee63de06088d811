"""A report with something in every place."""

from __future__ import annotations

from typing import Any

from tests.lineage.runs import OUTCOMES, RUN_ID, STATISTICS

BOXES: dict[str, Any] = {
    "boxes": [
        {"kind": "input", "title": "age", "detail": "int64", "hint": "input age"},
        {"kind": "learning", "title": "standard_scale", "detail": "", "hint": "standard_scale(age)"},
        {"kind": "output", "title": "age", "detail": "float64", "hint": "feature age: float64"},
    ],
    "edges": [[0, 1], [1, 2]],
    "note": "",
}


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
             "direct": ["people.age"], "fit": ["people.age"], "size": None, "elements": None, "drawing": BOXES,
             "learnt": [{"expression": "standard_scale(age)", "constants": {"mean": "28.0", "std": "11.0"}}]},
            {"name": "kept", "role": "keep", "type": None, "expression": "kept", "inputs": [f"people.{i}" for i in range(30)], "learnt": []},
        ],
        "drawing": BOXES,
        "row_lineage": [{"source": "people", "column": "age", "kind": "direct", "type": "INDIRECT", "subtype": "FILTER",
                         "description": "drop of age: age >= 17", "masking": False}],
        "explain": "scan 1\n  filter age",
        "error": "2 rules of the contract failed\nHint: mend the data",
    }  # fmt: skip


def wide(columns: int) -> dict[str, Any]:
    """A report of many columns, with two splits."""

    def number(i: int) -> dict[str, Any]:
        return {
            "name": f"sensor_{i:04d}", "type": "float64", "kind": "number", "n": 990, "nulls": 10, "nans": 0, "infs": 0, "zeros": 3,
            "n_unique": 990, "min": -1.5 * i, "max": 2.25 * i + 1, "mean": i / 7, "std": i / 3, "sum": 1.0,
            "quantiles": [[q, q * i / 7] for q in (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)],
            "histogram": [[k * i / 7, (k + 1) * i / 7, (k * i) % 97 + 1] for k in range(10)],
        }  # fmt: skip

    def text(i: int) -> dict[str, Any]:
        top = [[f"value {k}", 400 - k] for k in range(12)]
        return {"name": f"text_{i:04d}", "type": "string", "kind": "string", "n": 1000, "nulls": 0, "nans": 0, "n_unique": 12, "top": top}

    section: dict[str, Any] = {"rows": 1000, "columns": [text(i) if i % 5 == 4 else number(i) for i in range(columns)]}
    names = [column["name"] for column in section["columns"]]
    features = [
        {"name": name, "role": "feature", "type": "float64", "expression": f"standard_scale(impute({name}, strategy='median'))", "size": None,
         "inputs": [f"wide.{name}"], "direct": [f"wide.{name}"], "fit": [f"wide.{name}"], "elements": None, "drawing": None,
         "learnt": [{"expression": f"impute({name})", "constants": {"value": "51.908081325815820"}},
                    {"expression": f"standard_scale({name})", "constants": {"mean": "0.123456789012345", "std": "21.002015750860682"}}]}
        for name in names
    ]  # fmt: skip
    return {
        "name": "wide", "run_id": RUN_ID, "status": "COMPLETE", "created": "2026-03-04T03:06:07+00:00", "engine": "pandas",
        "sources": [{"name": "wide", "rows": 1000}], "splits": {"train": 800, "eval": 200}, "features": features, "drawing": BOXES,
        "statistics": {"sources": {"wide": section}, "entry": None, "splits": {"train": section, "eval": section}},
    }  # fmt: skip
