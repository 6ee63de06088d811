"""The report of a run as JSON values, from what the driver knows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from featureprep.expr.bind import walk_bound
from featureprep.expr.node import Node
from featureprep.lineage.columns import ColumnLineage, InputField, column_lineage, derived_from
from featureprep.lineage.flow import expression_text
from featureprep.plan.physical import Physical
from featureprep.report.boxes import boxes_of
from featureprep.run.ledger import Ledger
from featureprep.run.levels import FitPlan
from featureprep.serving.constants import array_json
from featureprep.serving.graph import TransformGraph
from featureprep.store.log_entry import FIELD_METADATA
from featureprep.types import format_type

_SHOWN = 5
_MAX_CONSTANT = 120
_CHAIN = 4
MASK = "***"


def build_report(
    *,
    name: str,
    run_id: str,
    status: str,
    created: dt.datetime,
    engine: str,
    seconds: float,
    scans: Sequence[str],
    sources: Sequence[Mapping[str, Any]],
    physical: Physical,
    ledger: Ledger | None,
    statistics: Mapping[str, Any] | None,
    validation: Mapping[str, Sequence[Mapping[str, Any]]] | None,
    graph: TransformGraph | None,
    splits: Mapping[str, int],
    dataset_fingerprint: str | None,
    error: str | None,
    version: int | None = None,
    explain: str = "",
    sensitive: Mapping[str, Collection[str]] | None = None,
    fit: FitPlan | None = None,
    contract: str = "",
) -> dict[str, Any]:
    """The report of a run.

    Parameters
    ----------
    status : str
        "COMPLETE" or "FAIL".
    created : datetime
        The run's clock.
    scans : sequence of str
        Every pass over rows, by name.
    sources : sequence of mappings
        name, version; kind and files (mappings with a size) where known.
    ledger : Ledger or None
        None where the run broke before it was settled; so for `graph`.
    statistics : mapping or None
        "sources" and "splits" (sections by name) and "entry" (a section or None).
    validation : mapping or None
        For each source its outcomes, as `Outcome.to_json` gives them; None without a contract.
    version : int or None
        Known after the commit only.
    sensitive : mapping of source name to column names, optional
        What was learnt from these columns is masked.
    fit : FitPlan or None
        What was fitted in this run: without it no column has fit-time inputs.
    contract : str
        The text of the contract's file, whose lines are shown beside the rules that failed.

    Returns
    -------
    dict
        JSON values only.
    """
    lineage = column_lineage(physical, fit)
    hidden = derived_from(lineage, sensitive or {})
    return {
        "name": name,
        "version": version,
        "run_id": run_id,
        "status": status,
        "created": created.isoformat(),
        "engine": engine,
        "fingerprints": {"dataset": dataset_fingerprint, "graph": graph.fingerprint if graph else None},
        "scans": len(scans),
        "scan_names": list(scans),
        "seconds": seconds,
        "sources": [_source(source, ledger) for source in sources],
        "splits": dict(splits),
        "rows": ledger.rows() if ledger else {},
        "ledger": ledger.to_json() if ledger else None,
        "statistics": statistics,
        "validation": None if validation is None else _validation(validation, contract.splitlines(), sensitive or {}),
        "features": [_feature(column, node, physical, graph, lineage, hidden) for column, node in physical.nodes.items()],
        "drawing": None if graph is None else boxes_of(graph).to_json(),
        "row_lineage": [asdict(field) for field in lineage.dataset],
        "explain": explain,
        "error": error,
    }


def _source(source: Mapping[str, Any], ledger: Ledger | None) -> dict[str, Any]:
    files = source.get("files")
    found = {"name": source["name"], "version": source.get("version"), "kind": source.get("kind")}
    if files is not None:
        found |= {"files": len(files), "size": sum(file.get("size") or 0 for file in files)}
    if ledger is not None:
        # several steps may read one source, each all of its rows
        reading = re.compile(rf"read {re.escape(source['name'])}( #\d+)?")
        reads = [line.rows_in for line in ledger.lines if not line.inputs and reading.fullmatch(line.step)]
        found["rows"] = max(reads, default=None)
    return found


def _validation(
    validation: Mapping[str, Sequence[Mapping[str, Any]]], lines: Sequence[str], sensitive: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """The outcomes, with the contract's own line where a rule did not pass; that of a sensitive column may name its values."""
    made: dict[str, list[dict[str, Any]]] = {}
    for source, outcomes in validation.items():
        made[source] = [dict(outcome) for outcome in outcomes]
        for outcome in made[source]:
            line = outcome.get("line") if outcome.get("check") != "checks" else None  # that of a check in Python is of another file
            if outcome["status"] != "passed" and line and line <= len(lines) and outcome.get("column") not in sensitive.get(source, ()):
                outcome["text"] = _cut(lines[line - 1].strip())
    return made


def _feature(
    name: str, node: Node, physical: Physical, graph: TransformGraph | None, lineage: ColumnLineage, hidden: Collection[str]
) -> dict[str, Any]:
    feature = physical.features.features.get(name)
    shown = node.args[0] if node.op == "as_dtype" else node
    return {
        "name": name,
        "role": feature.role if feature else "keep",
        "type": format_type(graph.schema.field(name).type) if graph else None,
        "expression": expression_text(shown),
        "inputs": sorted({f"{field.source}.{field.column}" for field in lineage[name]}),
        "direct": _places(lineage.direct_inputs(name)),
        "fit": _places(lineage.fit_inputs(name)),
        "learnt": _learnt(node, graph.constants, masked=name in hidden) if graph else [],
        **_size(name, graph, masked=name in hidden),
        "remarks": remarks_of(name, graph) if graph else [],
        "drawing": _drawing(name, graph) if graph else None,
    }


def _drawing(name: str, graph: TransformGraph) -> dict[str, Any] | None:
    """The drawing of one column; None where it is a chain so short that the expression says as much."""
    boxes = boxes_of(graph, [name])
    return boxes.to_json() if len(boxes.boxes) > _CHAIN else None


def remarks_of(name: str, graph: TransformGraph) -> list[str]:
    """What should be known of the constants of a column, each with the expression that learnt them."""
    return [
        f"{expression_text(bound.node)} {remark}"
        for bound in walk_bound([graph.bound[name]])
        if bound.op.learns
        for remark in bound.op.remarks(bound.call)
    ]


def _places(fields: Iterable[InputField]) -> list[str]:
    return sorted({f"{field.source}.{field.column}" for field in fields})


def _size(name: str, graph: TransformGraph | None, *, masked: bool) -> dict[str, Any]:
    """How many ids or elements there are, and the names of the first ones."""
    about = json.loads((graph.schema.field(name).metadata or {}).get(FIELD_METADATA, b"{}")) if graph else {}
    elements = about.get("elements")
    return {"size": about.get("size"), "elements": None if not elements else MASK if masked else _short(elements)}


def _learnt(node: Node, constants: Mapping[str, Mapping[str, Any]], *, masked: bool) -> list[dict[str, Any]]:
    return [
        {
            "expression": expression_text(part),
            "constants": {name: MASK if masked else _short(value) for name, value in constants[part.key].items()},
        }
        for part in node.walk()
        if constants.get(part.key)
    ]


def _short(value: Any) -> str:
    """A constant as text; of long ones the first values and how many there are."""
    if isinstance(value, (pa.Array, list, tuple)):
        first = array_json(value[:_SHOWN])["$array"]["values"] if isinstance(value, pa.Array) else value[:_SHOWN]
        more = f" … {len(value):,} values" if len(value) > _SHOWN else ""
        return _cut(", ".join(_plain(item) for item in first)) + more
    return _cut(_plain(value))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CONSTANT else text[: _MAX_CONSTANT - 1] + "…"
