"""What is different between two versions: sources, rows, ledger, schema, distributions, what was learnt, contract, code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from featureprep.jobs.artefacts import stored_contract
from featureprep.jobs.diff_code import CodeChange, compare_code, compare_job_files
from featureprep.jobs.diff_distributions import Moved, compare_distributions
from featureprep.jobs.diff_learnt import Learnt, compare_learnt
from featureprep.jobs.stats import sensitive_columns, stored_statistics
from featureprep.notebook.statistics import Statistics
from featureprep.serving.artefact import open_graph
from featureprep.serving.graph import TransformGraph
from featureprep.store.dataset import Dataset
from featureprep.store.fields import Column
from featureprep.store.log_entry import LogEntry
from featureprep.types import format_type
from featureprep.validators.changes.change import ContractChange
from featureprep.validators.changes.compare import compare_contracts

if TYPE_CHECKING:
    from featureprep.jobs.diff_findings import Finding

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
    samples : Pair of str
        What part of the rows each was made of; "" for a whole version.
    sources : mapping of name to counts of files
        added, removed, unchanged; and "job" where the source is in one version only.
    ledger : mapping of step to mapping of count to Pair
    distributions : sequence of Moved
        Columns whose values are distributed otherwise, the furthest first.
    learnt : sequence of Learnt
        What the features learnt.
    contract : sequence of ContractChange
    code : sequence of CodeChange
        Features and rules that are defined otherwise.
    job_file : sequence of str
        Lines of a unified diff of the job files.
    notes : sequence of str
        What could not be compared, and why.
    """

    before: str
    after: str
    fingerprints: Mapping[str, Pair]
    samples: Pair
    sources: Mapping[str, Mapping[str, Any]]
    rows: Mapping[str, Pair]
    splits: Mapping[str, Pair]
    ledger: Mapping[str, Mapping[str, Pair]]
    schema: Sequence[SchemaChange]
    distributions: Sequence[Moved]
    learnt: Sequence[Learnt]
    contract: Sequence[ContractChange]
    code: Sequence[CodeChange]
    job_file: Sequence[str]
    notes: Sequence[str]

    @property
    def same(self) -> bool:
        """Whether rows and graph are the same by their fingerprints."""
        return all(a == b for a, b in self.fingerprints.values())

    @cached_property
    def findings(self) -> list[Finding]:
        """What a person should know, the most important first."""
        from featureprep.jobs.diff_findings import findings_of

        return findings_of(self)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; pairs as [before, after]."""
        return {
            "before": self.before,
            "after": self.after,
            "same": self.same,
            "findings": [dict(vars(one)) for one in self.findings],
            "fingerprints": {name: list(pair) for name, pair in self.fingerprints.items()},
            "samples": list(self.samples),
            "sources": {name: dict(found) for name, found in self.sources.items()},
            "rows": {name: list(pair) for name, pair in self.rows.items()},
            "splits": {name: list(pair) for name, pair in self.splits.items()},
            "ledger": {step: {name: list(pair) for name, pair in found.items()} for step, found in self.ledger.items()},
            "schema": [{"column": c.column, "change": c.change, "details": list(c.details)} for c in self.schema],
            "distributions": [one.to_json() for one in self.distributions],
            "learnt": [one.to_json() for one in self.learnt],
            "contract": [one.to_json() for one in self.contract],
            "code": [dict(vars(one)) for one in self.code],
            "job_file": list(self.job_file),
            "notes": list(self.notes),
        }

    def to_text(self) -> str:
        """For a terminal: what matters, then every difference by subject."""
        from featureprep.jobs.diff_shown import diff_text

        return diff_text(self)

    def to_html(self) -> str:
        """One self-contained page."""
        from featureprep.notebook.page import page_of

        return page_of(f"{self.before} and {self.after}", self._repr_html_())

    def _repr_html_(self) -> str:
        from featureprep.jobs.diff_shown import diff_html

        return diff_html(self)

    def __repr__(self) -> str:
        return self.to_text()


def diff(before: Dataset, after: Dataset) -> VersionDiff:
    """The differences of two versions, of the same dataset or of two.

    Raises
    ------
    CorruptArtefactError
        When a file of one of them was altered.
    """
    a, b = before.entry, after.entry
    graphs = _graph(before), _graph(after)
    notes: list[str] = []
    return VersionDiff(
        before=f"{a.name}@{a.n}",
        after=f"{b.name}@{b.n}",
        fingerprints={"dataset": (a.dataset_fingerprint, b.dataset_fingerprint), "graph": (a.graph_fingerprint, b.graph_fingerprint)},
        samples=(before.sample, after.sample),
        sources=_sources(a, b),
        rows=_pairs(a.ledger.get("rows", {}), b.ledger.get("rows", {})),
        splits=_pairs(before.splits, after.splits),
        ledger=_ledger(a, b),
        schema=_schema(before.columns, after.columns),
        distributions=_distributions(before, after, notes),
        learnt=_learnt(before, after, *graphs),
        contract=compare_contracts(*(stored_contract(dataset.store, dataset.entry) for dataset in (before, after))),
        code=compare_code(*graphs),
        job_file=compare_job_files(before, after),
        notes=notes,
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


def _graph(dataset: Dataset) -> TransformGraph:
    url, options = dataset.store.address
    return open_graph(url, f"{dataset.name}@{dataset.version}", verify=False, **options)


def _learnt(before: Dataset, after: Dataset, old: TransformGraph, new: TransformGraph) -> list[Learnt]:
    if old.fingerprint == new.fingerprint:
        return []
    return compare_learnt(old, new, sensitive_columns(before) | sensitive_columns(after))


def _distributions(before: Dataset, after: Dataset, notes: list[str]) -> list[Moved]:
    sections = []
    for dataset in (before, after):
        stored = stored_statistics(dataset)
        if stored is None:
            notes.append(f"{dataset.name}@{dataset.version} was made without statistics: distributions were not compared")
        sections.append(Statistics(stored or {}).sections())
    return compare_distributions(*sections)
