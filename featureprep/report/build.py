"""The report of a run as JSON values, from what the driver knows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.lineage.columns import ColumnLineage, column_lineage, derived_from
from featureprep.lineage.flow import expression_text
from featureprep.plan.physical import Physical
from featureprep.run.ledger import Ledger
from featureprep.serving.constants import array_json
from featureprep.serving.graph import TransformGraph
from featureprep.types import format_type

_SHOWN = 5
_MAX_CONSTANT = 120
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

    Returns
    -------
    dict
        JSON values only.
    """
    lineage = column_lineage(physical, None)
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
        "validation": None if validation is None else {source: [dict(one) for one in found] for source, found in validation.items()},
        "features": [_feature(column, node, physical, graph, lineage, hidden) for column, node in physical.nodes.items()],
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
        "learnt": _learnt(node, graph.constants, masked=name in hidden) if graph else [],
    }


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
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CONSTANT else text[: _MAX_CONSTANT - 1] + "…"
