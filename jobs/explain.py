"""How a job would run: its scans and what forces each, the columns it reads, what is cached and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.engines.base import Engine
from featureprep.expr.node import describe
from featureprep.jobs.definition import Job
from featureprep.jobs.engines import make_engine
from featureprep.jobs.explain_where import Where
from featureprep.jobs.prepare import JOBS_SPLIT, Prepared, Request, prepare, profile_label
from featureprep.jobs.riding import rides
from featureprep.jobs.snapshots import first_rows
from featureprep.jobs.sources import replaced
from featureprep.notebook.html import many
from featureprep.plan.physical import Embedded, Input
from featureprep.report.visible import visible
from featureprep.types import format_type

_LONGEST = 10_000_000
_MEETS = {
    "explode": "each element of a list becomes a row; no rows meet",
    "gather": "the sample is put apart, so that the passes after it read no other rows",
    "join_asof": "rows with equal keys must meet, to be matched by time",
    "rolling": "rows with equal keys must meet, to be put in order",
    "shift": "rows with equal keys must meet, to be put in order",
    "union": "rows of several tables are put into one; no rows meet",
}
_AFTER_EXCHANGE = "not cached: after an exchange there are no fragments of files"


@dataclass(frozen=True)
class ScanLine:
    """One pass over rows: over what, forced by what, reading which columns, folding how many states, and whether these are cached."""

    name: str
    over: str
    forced_by: tuple[str, ...]
    columns: tuple[str, ...]
    cached: str
    runs: tuple[str, ...] = ()
    """Where: by which verbs of the engine, over how many partitions, and what crosses."""


@dataclass(frozen=True)
class Explanation:
    """The plan of a run, for reading."""

    job: str
    scans: tuple[ScanLine, ...]
    features: Mapping[str, tuple[str, str, int]]
    entry: str
    rules: tuple[str, ...]
    sources: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "job": self.job,
            "sources": dict(self.sources),
            "entry_table": self.entry,
            "rules": list(self.rules),
            "scans": [
                {**vars(scan), "forced_by": list(scan.forced_by), "columns": list(scan.columns), "runs": list(scan.runs)}
                for scan in self.scans
            ],
            "features": {n: {"type": t, "expression": e, "scans_before": level} for n, (t, e, level) in self.features.items()},
        }

    def to_text(self) -> str:
        """As lines."""
        lines = [f"job {self.job}: {many(len(self.scans), 'scan')}", "", "sources"]
        lines += [f"  {name}: {what}" for name, what in self.sources.items()]
        lines += ["", f"entry table: {self.entry}"]
        lines += [f"  rule: {rule}" for rule in self.rules]
        for i, scan in enumerate(self.scans, 1):
            lines += ["", f"scan {i}: {scan.name}, over {scan.over}"]
            lines += [f"  forced by: {what}" for what in scan.forced_by]
            lines += [f"  reads: {', '.join(scan.columns)}", f"  states: {scan.cached}"]
            lines += [f"  runs: {line}" for line in scan.runs]
        width = max((len(n) for n in self.features), default=0)
        lines += ["", "written columns"]
        lines += [
            f"  {n:<{width}}  {t}  = {e}" + (f"  (after {level} scan{'s' if level > 1 else ''})" if level else "")
            for n, (t, e, level) in self.features.items()
        ]
        return visible("\n".join(lines), _LONGEST)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        from featureprep.jobs.job_shown import explanation_html

        return explanation_html(self)


def explain(job: Job, *, split: Any = JOBS_SPLIT, engine: Any = "pandas", **options: Any) -> Explanation:
    """See `Job.explain`. Options as those of `run`."""
    request = Request.of("explain", str(options.pop("store", "")), options)
    made = make_engine(engine)
    try:
        sources = first_rows(replaced(job.sources, request.sources), 0)
        prepared = prepare(job, request, made, None, job.split if split == JOBS_SPLIT else split, sources=sources)
    finally:
        if made is not engine:
            made.close()
    return explain_prepared(prepared, made)


def explain_prepared(prepared: Prepared, engine: Engine | None = None) -> Explanation:
    """The explanation of a bound job, in the terms of an engine."""
    physical = prepared.physical
    where = Where(prepared, engine)
    scans: list[ScanLine] = []
    shared = physical.final.input.name if physical.final.input.kind == "source" and prepared.fit.scans else None
    riding = rides(prepared, shared)
    for name, source in prepared.sources.items():
        if source.inferred:
            why = "no schema= and no contract: types are found by a scan of all rows"
            over = Input("source", name)
            states = _cacheable(source.source.kind)
            scans.append(ScanLine(f"types of {name}", str(over), (why,), tuple(source.schema.names), states, where.fold(over)))
    if prepared.sample is not None and prepared.sample.rows is not None:
        for name in prepared.sample.sources:
            source = prepared.sources[name]
            why = f"the hash below which {prepared.sample.rows:,} rows are must be found"
            title = f"size of the sample of {name}"
            over = Input("source", name)
            scans.append(ScanLine(title, str(over), (why,), tuple(source.schema.names), _cacheable(source.source.kind), where.fold(over)))
    for name, source in prepared.sources.items():
        if name != shared and name not in riding and (prepared.source_statistics or name in prepared.contracts):
            scans.append(
                ScanLine(
                    profile_label(prepared, name),
                    f"source {name}",
                    tuple(_source_reasons(prepared, name)),
                    tuple(source.schema.names),
                    _cacheable(source.source.kind),
                    where.fold(Input("source", name)),
                )
            )
    for meeting in physical.order:
        if isinstance(meeting, Embedded):
            columns, title = tuple(_own(meeting.pipe.columns())), f"embedded table {meeting.name}"
            states = "none: it becomes a constant"
            scans.append(ScanLine(title, str(meeting.pipe.input), (meeting.step,), columns, states, where.embedded(meeting)))
        else:
            ridden = [name for name, exchange in riding.items() if exchange == meeting.name]
            read = [c for pipe in meeting.pipes for c in pipe.columns()]
            read += [c for name in ridden for c in prepared.sources[name].schema.names]
            reasons = [_MEETS.get(meeting.kind, "rows with equal keys must meet")]
            reasons += [why for name in ridden for why in _source_reasons(prepared, name)]
            states = "none: rows are moved, nothing is folded"
            if ridden:
                states = f"of {' and '.join(ridden)} {_cacheable(prepared.sources[ridden[0]].source.kind)}"
            both = " and ".join(str(pipe.input) for pipe in meeting.pipes)
            scans.append(
                ScanLine(
                    meeting.step,
                    both,
                    tuple(reasons),
                    tuple(_own(read)),
                    states,
                    where.exchange(meeting),
                )
            )
    if prepared.fit.scans == 0 and physical.entry_source is None and prepared.request.statistics:
        title = "statistics of the entry table"
        at = physical.final.input
        scans.append(ScanLine(title, str(at), (title,), tuple(prepared.entry.names), _AFTER_EXCHANGE, where.fold(at)))
    users = _users(prepared)
    for scan in range(prepared.fit.scans):
        learners = [x for x in prepared.fit.learners if x.scan == scan]
        needs = [f"{', '.join(users.get(x.node.key, ()))}: {describe(x.node)}" for x in learners]
        if scan == 0 and shared is not None:
            needs += _source_reasons(prepared, shared)
        nodes = {c for item in prepared.fit.items(scan) for n in item.nodes for c in n.columns()} | set(physical.final.columns())
        if scan == 0 and shared is not None and (prepared.source_statistics or shared in prepared.contracts):
            nodes |= set(prepared.sources[shared].schema.names)
        if prepared.split is not None and prepared.split.fit != "all":
            nodes |= set(prepared.split.columns(prepared.entry))
        cached = _cacheable(prepared.sources[physical.final.input.name].source.kind) if shared else _AFTER_EXCHANGE
        scans.append(
            ScanLine(
                f"fit {scan + 1}",
                str(physical.final.input),
                tuple(needs),
                tuple(_own(n for n in prepared.entry.names if n in nodes)),
                cached,
                where.fold(physical.final.input),
            )
        )
    written = {c for n in physical.nodes.values() for c in n.columns()} | set(physical.final.columns())
    if prepared.split is not None:
        written |= set(prepared.split.columns(prepared.entry))
    scans.append(
        ScanLine(
            "write",
            str(physical.final.input),
            ("every row is transformed and written",),
            tuple(_own(n for n in prepared.entry.names if n in written)),
            "none: rows are written",
            where.write(physical.final),
        )
    )
    return Explanation(
        prepared.job.name,
        tuple(scans),
        _features(prepared),
        f"the rows of {physical.entry_source}" if physical.entry_source else f"made by {physical.final.passes[0]}",
        tuple(f"{rule.kind} {rule.name!r}" for rule in physical.admits),
        {
            n: f"{many(len(s.files), 'file')}, {many(s.bytes, 'byte')}, {many(len(s.fragments), 'fragment')}"
            for n, s in prepared.sources.items()
        },
    )


def _own(names: Any) -> list[str]:
    return [n for n in dict.fromkeys(names) if not n.startswith("$")]


def _cacheable(kind: str) -> str:
    return "not cached: a table in memory" if kind == "memory" else "cached by fragment: the next run reads only what is new"


def _source_reasons(prepared: Prepared, name: str) -> list[str]:
    return [
        why
        for why, on in ((f"statistics of {name}", prepared.source_statistics), (f"contract of {name}", name in prepared.contracts))
        if on
    ]


def _users(prepared: Prepared) -> dict[str, list[str]]:
    """The features that each node is part of, by the node's key."""
    found: dict[str, list[str]] = {}
    for name, root in prepared.physical.nodes.items():
        for node in root.walk():
            found.setdefault(node.key, []).append(name)
    return found


def _features(prepared: Prepared) -> dict[str, tuple[str, str, int]]:
    from featureprep.expr.bind import Binder

    binder = Binder(prepared.physical.final.schema, malformed=prepared.job.malformed)
    out: dict[str, tuple[str, str, int]] = {}
    for name, node in prepared.physical.nodes.items():
        shown = node.args[0] if node.op == "as_dtype" else node
        out[name] = (format_type(binder.bind(node).type), describe(shown), prepared.fit.levels[node.key])
    return out
