"""What is different between two versions: sources, rows, ledger, schema, what was learnt, contract."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featureprep.jobs.artefacts import CONTRACT, stored_file
from featureprep.jobs.diff_learnt import Learnt, compare_learnt
from featureprep.jobs.stats import sensitive_columns
from featureprep.serving.artefact import open_graph
from featureprep.store.dataset import Dataset
from featureprep.store.fields import Column
from featureprep.store.log_entry import LogEntry
from featureprep.types import format_type

Pair = tuple[Any, Any]
"""Before and after; None where there was nothing."""


@dataclass(frozen=True)
class SchemaChange:
    """One written column: "added", "removed" or "changed", and how."""

    column: str
    change: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class VersionDiff:
    """Two versions side by side; only what differs is in it, but `rows` and `splits`, which are whole.

    Attributes
    ----------
    fingerprints : mapping of "dataset" and "graph" to Pair
    sources : mapping of name to counts of files
        added, removed, unchanged; and "job" where the source is in one version only.
    ledger : mapping of step to mapping of count to Pair
    learnt : sequence of Learnt
        What the features learnt.
    contract : sequence of str
        Lines of a unified diff.
    """

    before: str
    after: str
    fingerprints: Mapping[str, Pair]
    sources: Mapping[str, Mapping[str, Any]]
    rows: Mapping[str, Pair]
    splits: Mapping[str, Pair]
    ledger: Mapping[str, Mapping[str, Pair]]
    schema: Sequence[SchemaChange]
    learnt: Sequence[Learnt]
    contract: Sequence[str]

    @property
    def same(self) -> bool:
        """Whether rows and graph are the same by their fingerprints."""
        return all(a == b for a, b in self.fingerprints.values())

    def to_json(self) -> dict[str, Any]:
        """As JSON values; pairs as [before, after]."""
        return {
            "before": self.before,
            "after": self.after,
            "same": self.same,
            "fingerprints": {name: list(pair) for name, pair in self.fingerprints.items()},
            "sources": {name: dict(found) for name, found in self.sources.items()},
            "rows": {name: list(pair) for name, pair in self.rows.items()},
            "splits": {name: list(pair) for name, pair in self.splits.items()},
            "ledger": {step: {name: list(pair) for name, pair in found.items()} for step, found in self.ledger.items()},
            "schema": [{"column": c.column, "change": c.change, "details": list(c.details)} for c in self.schema],
            "learnt": [one.to_json() for one in self.learnt],
            "contract": list(self.contract),
        }


def diff(before: Dataset, after: Dataset) -> VersionDiff:
    """The differences of two versions, of the same dataset or of two.

    Raises
    ------
    CorruptArtefactError
        When a file of one of them was altered.
    """
    a, b = before.entry, after.entry
    return VersionDiff(
        f"{a.name}@{a.n}",
        f"{b.name}@{b.n}",
        {"dataset": (a.dataset_fingerprint, b.dataset_fingerprint), "graph": (a.graph_fingerprint, b.graph_fingerprint)},
        _sources(a, b),
        _pairs(a.ledger.get("rows", {}), b.ledger.get("rows", {})),
        _pairs(before.splits, after.splits),
        _ledger(a, b),
        _schema(before.columns, after.columns),
        _learnt(before, after),
        _contract(before, after),
    )


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Pair]:
    return {name: (a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b])}


def _sources(a: LogEntry, b: LogEntry) -> dict[str, dict[str, Any]]:
    old, new = ({source["name"]: source for source in entry.sources} for entry in (a, b))
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            found[name] = {"job": "added" if name in new else "removed"}
        elif old[name]["version"] != new[name]["version"]:
            # files are known by their content: one that was only moved is unchanged
            was, now = ([file["version"] for file in source.get("files", ())] for source in (old[name], new[name]))
            same = len(set(was) & set(now))
            found[name] = {"added": len(set(now) - set(was)), "removed": len(set(was) - set(now)), "unchanged": same}
    return found


def _ledger(a: LogEntry, b: LogEntry) -> dict[str, dict[str, Pair]]:
    old, new = ({line["step"]: _counts(line) for line in entry.ledger.get("lines", ())} for entry in (a, b))
    found: dict[str, dict[str, Pair]] = {}
    for step in dict.fromkeys([*new, *old]):
        pairs = _pairs(old.get(step, {}), new.get(step, {}))
        changed = {name: (was or 0, now or 0) for name, (was, now) in pairs.items() if (was or 0) != (now or 0)}
        if changed:
            found[step] = changed
    return found


def _counts(line: Mapping[str, Any]) -> dict[str, int]:
    counts = {name: line[name] for name in ("in", "created", "out", "merged")}
    for kind in ("dropped", "quarantined"):
        counts |= {f"{kind} by {rule}" if kind == "dropped" else f"{kind}: {rule}": count for rule, count in line[kind].items()}
    return counts


def _schema(old: Sequence[Column], new: Sequence[Column]) -> list[SchemaChange]:
    was, now = {c.name: c for c in old}, {c.name: c for c in new}
    found = []
    for name in dict.fromkeys([*was, *now]):
        if name not in now:
            found.append(SchemaChange(name, "removed", (f"{format_type(was[name].type)}, {was[name].role}",)))
        elif name not in was:
            found.append(SchemaChange(name, "added", (f"{format_type(now[name].type)}, {now[name].role}",)))
        elif details := _details(was[name], now[name]):
            found.append(SchemaChange(name, "changed", tuple(details)))
    if not found and [c.name for c in old] != [c.name for c in new]:
        found.append(SchemaChange("", "changed", ("the columns are the same, in another order",)))
    return found


def _details(was: Column, now: Column) -> list[str]:
    found = []
    if was.type != now.type:
        found.append(f"type {format_type(was.type)} → {format_type(now.type)}")
    if was.role != now.role:
        found.append(f"role {was.role} → {now.role}")
    if was.size != now.size:
        found.append(f"size {was.size} → {now.size}")
    if was.size == now.size and set(was.elements) != set(now.elements):
        found.append("other elements")
    elif was.elements != now.elements and set(was.elements) == set(now.elements):
        found.append("the same elements in another order")
    return found


def _learnt(before: Dataset, after: Dataset) -> list[Learnt]:
    graphs = []
    for dataset in (before, after):
        url, options = dataset.store.address
        graphs.append(open_graph(url, f"{dataset.name}@{dataset.version}", verify=False, **options))
    return compare_learnt(graphs[0], graphs[1], sensitive_columns(before) | sensitive_columns(after))


def _contract(before: Dataset, after: Dataset) -> list[str]:
    def lines(dataset: Dataset) -> list[str]:
        data = stored_file(dataset.store, dataset.entry, CONTRACT)
        return [] if data is None else data.decode("utf-8", "replace").splitlines()

    names = [f"{d.name}@{d.version}/{CONTRACT}" for d in (before, after)]
    return list(difflib.unified_diff(lines(before), lines(after), names[0], names[1], n=2, lineterm=""))
