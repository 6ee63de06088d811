"""What the page's template needs beside the report: its parts brought together by column, split and source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from featureprep.report.flow import flow_svg
from featureprep.report.pictures import missing, number, tables
from featureprep.report.visible import one_line

MOST_PICTURES = 1000
"""Columns of one table that get pictures; more of them would make the page too large to open."""


def view(report: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the template.

    Returns
    -------
    dict
        anomalies, passed : the rules by how they ended, each with its source; those that fail the contract first.
        ledger, flow : its lines, and their picture.
        sections : statistics of every source and the entry table, with a title and an id for links.
        anchors : (source, column) to the id of its card.
        outcomes : name of a written column to (split, its statistics, rows), by split.
        figures : id of a card to the tables behind its pictures, see `pictures.tables`.
        drawing, box_inputs : the graph's boxes, and for each the indexes of those that lead to it.
    """
    ledger = list((report.get("ledger") or {}).get("lines") or ())
    rules = [{**outcome, "source": source} for source, found in (report.get("validation") or {}).items() for outcome in found]
    bad = [rule for rule in rules if rule.get("status") != "passed"]
    splits = report.get("splits") or {}
    sections = _sections(report.get("statistics") or {})
    outcomes = _by_column((report.get("statistics") or {}).get("splits") or {})
    drawing = report.get("drawing")
    return {
        "anomalies": sorted(bad, key=lambda rule: not rule.get("blocking")),
        "passed": [rule for rule in rules if rule.get("status") == "passed"],
        "ledger": ledger,
        "flow": flow_svg(ledger, splits),
        "written": sum(number(count) or 0 for count in splits.values()),
        "sections": sections,
        "anchors": {
            (table["source"], column.get("name")): f"{table['id']}c{i}" for table in sections for i, column in enumerate(table["columns"])
        },
        "outcomes": outcomes,
        "figures": _figures(sections, outcomes, report.get("features") or ()),
        "drawing": drawing,
        "most_pictures": MOST_PICTURES,
        "box_inputs": _inputs(drawing) if drawing else [],
    }


def _sections(statistics: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [(name, f"source {name}", section) for name, section in (statistics.get("sources") or {}).items()]
    if statistics.get("entry"):
        found.append((None, "entry table", statistics["entry"]))
    return [
        {"source": source, "title": title, "id": f"t{i}", "rows": section.get("rows"), "columns": list(section.get("columns") or ())}
        for i, (source, title, section) in enumerate(found)
    ]


def _by_column(splits: Mapping[str, Mapping[str, Any]]) -> Mapping[str, list[tuple[str, Mapping[str, Any], Any]]]:
    found: dict[str, list[tuple[str, Mapping[str, Any], Any]]] = defaultdict(list)
    for split, section in splits.items():
        for column in section.get("columns") or ():
            known = column.get("vector") or missing(column) or not str(column.get("type")).startswith("fixed_size_list")
            if known:
                found[str(column.get("name"))].append((split, column, section.get("rows")))
    return found


def _figures(
    sections: Sequence[Mapping[str, Any]],
    outcomes: Mapping[str, Sequence[tuple[str, Mapping[str, Any], Any]]],
    features: Sequence[Mapping[str, Any]],
) -> dict[str, list[list[Any]]]:
    found = {f"{section['id']}c{i}": tables(column) for section in sections for i, column in enumerate(section["columns"][:MOST_PICTURES])}
    for i, feature in enumerate(features[:MOST_PICTURES]):
        splits = outcomes.get(str(feature.get("name")), ())
        found[f"f{i}"] = [
            table for split, column, _ in splits for table in tables(column, f" of {one_line(split)}" if len(splits) > 1 else "")
        ]
    return {card: made for card, made in found.items() if made}


def _inputs(drawing: Mapping[str, Any]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in drawing["boxes"]]
    for start, end in drawing["edges"]:
        found[end].append(start)
    return found
