"""Running a job: the order of its scans, exchanges and writes, on whatever engine."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pyarrow as pa

from featureprep import platform
from featureprep.cures import then_resume
from featureprep.engines.base import Engine, MapFunction
from featureprep.errors import DataError, FeatureprepError, RequestError, WorldError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node
from featureprep.folds.outline import NotKeptError
from featureprep.garbage import only_new_garbage
from featureprep.io.base import Origin
from featureprep.jobs.adoption import check_adoption, written_roles
from featureprep.jobs.changes import changes, facts_of
from featureprep.jobs.definition import Job
from featureprep.jobs.engines import make_engine
from featureprep.jobs.explain import explain_prepared
from featureprep.jobs.meeting import Meeting
from featureprep.jobs.prepare import JOBS_SPLIT, Prepared, Request, prepare, profile_label
from featureprep.jobs.progress import CountedSource, CountedStage, Watcher, watching
from featureprep.jobs.publish import Findings, publish, publish_failure
from featureprep.jobs.result import Run
from featureprep.jobs.snapshots import snapshots, written_down
from featureprep.jobs.source_profiles import SourceProfiles
from featureprep.jobs.sources import partitioned, replaced
from featureprep.plan.physical import Embedded, Exchange, Input, Pipe
from featureprep.plan.placement import Placement
from featureprep.run.blocks import Blocks, FoldBlocks, MergeBlocks
from featureprep.run.decoded import Decoded, DecodedRows
from featureprep.run.decoded_elsewhere import DecodedElsewhere
from featureprep.run.elsewhere import FoldElsewhere, MergeLeft
from featureprep.run.exchange import plain_schema
from featureprep.run.failures import Failures
from featureprep.run.labels import PartLabels
from featureprep.run.ledger import Tally, settle
from featureprep.run.levels import FoldItem, finish_items, fit_after, fold_item
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import SourceInput, StageInput, StagePart, real_columns
from featureprep.run.scan import FoldPieces, ScanMerger, ScanSpec, ScanState
from featureprep.run.shipping import ship
from featureprep.run.skipping import skipping
from featureprep.run.split import Split
from featureprep.run.write import Receipt, StatItem, WriteParts, write_quarantine
from featureprep.serving.artefact import to_files
from featureprep.serving.graph import TransformGraph
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging
from featureprep.store.states import StateCache
from featureprep.threads import Beside
from featureprep.validators import statistics as stats

MAX_EMBEDDED_ROWS = 1_000_000


def run(
    job: Job, *, engine: Any = "pandas", store: Any = "./store", split: Any = JOBS_SPLIT, progress: Any = None, resume_id: str | None = None,
    expected: Mapping[str, Any] | None = None, graph: TransformGraph | None = None, **options: Any,
) -> Run:  # fmt: skip
    """Run a job; see `Job.run`. With `graph`, its constants are used and nothing is fitted."""
    opened = store if isinstance(store, ObjectStore) else ObjectStore.open(store)
    request = Request.of("run", opened.url, options, also=("engine", "store", "split"))
    made = make_engine(engine)
    chosen = job.split if split == JOBS_SPLIT else split
    try:
        made.start()
        with watching(progress) as watcher, only_new_garbage(), Beside() as beside:
            made.progress = watcher
            return Driver(job, request, made, opened, chosen, resume_id, expected, graph, watcher, beside).run()
    finally:
        if made is not engine:
            made.close()


@dataclass
class Driver:
    """One run of one job."""

    job: Job
    request: Request
    engine: Engine
    store: ObjectStore
    split: Split | None
    resume_id: str | None = None
    expected: Mapping[str, Any] | None = None
    graph: TransformGraph | None = None
    watcher: Watcher | None = None
    beside: Beside = field(default_factory=Beside)
    scans: list[str] = field(default_factory=list)
    constants: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: dict[str, list[StagePart]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    placement: Placement = field(default_factory=Placement)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    fragments_read: int = 0
    fragments_known: int = 0
    cache: StateCache | None = None
    decoded: Decoded | None = None
    blocks: Blocks | None = None

    def run(self) -> Run:
        """The whole run: prepared, staged, scanned, written, committed."""
        started = time.monotonic()
        now = self.request.now or dt.datetime.now(dt.UTC)
        self.cache = StateCache(self.store)
        self.run_id = self.resume_id or new_run_id(now)
        staging = Staging(self.store, self.run_id)
        prepared = self._prepared(staging)
        for source in prepared.sources.values():
            if source.inferred:
                self.scans.append(f"types of {source.name}")
        if self.watcher is not None:
            self.watcher.plan([scan.name for scan in explain_prepared(prepared).scans])
        if prepared.sample is not None and prepared.sample.rows is not None:
            self.scans.append(f"size of the sample of {', '.join(prepared.sample.sources)}")
        manifest: dict[str, Any] = {
            "job": self.job.name, "file": self.job.file, "plan": prepared.plan_digest(), "request": self.request.stored(),
            "graph": None if self.graph is None else self.graph.fingerprint, "facts": facts_of(prepared),
            "no_split": self.split is None and self.job.split is not None,
            "snapshots": snapshots({name: source.source for name, source in prepared.sources.items()}),
        }  # fmt: skip
        if self.expected is None:
            staging.begin(manifest, now=now)
        elif self.expected["plan"] != manifest["plan"]:
            what = "".join(f"\n  {change}" for change in changes(self.expected.get("facts") or manifest["facts"], manifest["facts"]))
            raise RequestError(
                f"the run {self.run_id} cannot be resumed: the job, its arguments or its source files have changed since it began{what}",
                hint="undo the change; or start a new run, which reads again only what changed",
            )
        if self.watcher is not None:
            self.watcher.begin(self.run_id)
        findings = Findings(prepared, self.run_id, now, self.engine.name, started)
        try:
            with self._keeping_decoded(prepared):
                self._work(prepared, findings)
        except FeatureprepError as error:
            error.run_id = self.run_id
            with contextlib.suppress(WorldError):  # the store may be what failed: the first error is the one to tell
                publish_failure(self.store, findings, self, error)
            if isinstance(error, WorldError):
                error.hint = then_resume(error.hint, self.run_id)
            else:
                staging.clear()  # the same run again would fail again: nothing to resume
            raise
        try:
            entry = publish(self.store, findings, self)
        except FeatureprepError as error:
            error.run_id = self.run_id
            error.hint = then_resume(error.hint, self.run_id)
            raise
        staging.clear()
        return Run.of(self.store, entry, findings, self, time.monotonic() - started)

    def _prepared(self, staging: Staging) -> Prepared:
        """The job bound to its sources, native tables written down first."""
        given = replaced(self.job.sources, self.request.sources)
        earlier = None if self.expected is None else self.expected.get("snapshots")
        try:
            sources = written_down(given, self.engine, self.store, self.run_id, earlier)
            return prepare(self.job, self.request, self.engine, self.cache, self.split, sources=sources)
        except BaseException:
            if self.expected is None:
                staging.clear()  # there is no manifest yet: nothing could be resumed
            raise

    def _work(self, prepared: Prepared, findings: Findings) -> None:
        self.learn(prepared, findings)
        self._write(prepared, findings)
        self.beside.wait()
        findings.ledger = settle(prepared.physical.ledger, self.tally)

    def learn(self, prepared: Prepared, findings: Findings) -> None:
        """All that comes before the last pass: statistics and contracts, rows that meet, the fit."""
        physical = prepared.physical
        if self.graph is not None:
            check_adoption(prepared, self.graph)
            self.constants.update(self.graph.constants)
        self.profiles = SourceProfiles(self, prepared, findings, self._shared_source(prepared))
        self.profiles.begin()
        for meeting in physical.order:
            if isinstance(meeting, Exchange):
                self.stages[meeting.name] = Meeting(self, prepared, meeting).run()
                self.profiles.arrive(meeting)
            else:
                self._embed(prepared, meeting)
        self._fit(prepared, findings)

    # Reading.

    @contextlib.contextmanager
    def _keeping_decoded(self, prepared: Prepared) -> Iterator[None]:
        """Let scans on this machine keep what they decode."""
        workers = 0 if self.engine.in_process else self.engine.workers_here()
        if not (self.engine.in_process or workers):
            yield
            return
        physical = prepared.physical
        later = {name: set(real_columns(physical.columns_read(name))) for name in physical.sources()}
        if self.split is not None and physical.final.input.kind == "source":
            later[physical.final.input.name] |= set(self.split.columns(prepared.entry))
        folder = self.store.scratch_folder()
        self.decoded = kept = DecodedElsewhere(folder, later, workers) if workers else DecodedRows(folder, later)
        try:
            yield
        finally:
            self.decoded = None
            self.beside.begin(kept.close)

    def input_of(self, prepared: Prepared, at: Input, schema: pa.Schema) -> tuple[SourceInput | StageInput, list[Any]]:
        count = self.watcher.rows if self.watcher is not None and self.engine.in_process else None
        if at.kind == "source":
            source = prepared.sources[at.name]
            read = replace(source.input(), decoded=self.decoded)
            return (read if count is None else CountedSource(read.source, read.name, read.schema, count, decoded=read.decoded)), list(
                source.fragments
            )
        stage = StageInput(self.store, at.name, schema) if count is None else CountedStage(self.store, at.name, schema, count)
        return stage, list(self.stages[at.name])

    def partitions(self, prepared: Prepared, pieces: Sequence[Any]) -> list[list[tuple[int, Any]]]:
        """Numbered pieces in the partitions that an engine is given."""
        return partitioned(pieces, prepared.request.partitions)

    def scan(
        self, prepared: Prepared, spec: ScanSpec, label: str, judge: Callable[[ScanState], None] | None = None, *, counted: bool = True,
        outlines: bool = True,
    ) -> ScanState:  # fmt: skip
        """Fold over an input. `judge` is asked before a cell that its policy makes an error ends the run: the contract has the first word.

        `counted`: it is a pass of its own, also where all states are known; else only if rows had to be read. `outlines`: of states that a
        former run has kept an outline will do.
        """
        spec, halves = spec.halved()
        whole = {two.fit.id for two in halves} if outlines else spec.folds.keys()
        source, pieces = self.input_of(prepared, spec.pipe.input, spec.pipe.schema)
        if isinstance(source, SourceInput) and not spec.every and not spec.rest:
            source = skipping(source, spec.pipe.rules, certain=prepared.sources[spec.pipe.input.name].certain)
        cache = self._cache(prepared, spec.pipe.input)
        partitions = self.partitions(prepared, pieces)
        state: ScanState
        with contextlib.nullcontext() if self.decoded is None else self.decoded.keeping():
            if self.engine.in_process:
                state = self._fold_here(spec, source, pieces, partitions, cache, label, whole)
            else:
                remote = FoldElsewhere(spec, source, cache)
                scanned = self.engine.map(self.engine.scan(partitions), self.shipped(remote))
                state = remote.whole(self.engine.fold(scanned, MergeLeft(spec.folds), label))
        state.states |= {two.whole.id: two.merged(state.states) for two in halves}
        if counted or state.read:
            self.scans.append(label)
            self.fragments_read += state.read
            self.fragments_known += state.known
        if judge is not None:
            judge(state)
        state.failures.raise_any(lambda at: self._origin(source, pieces, at))
        return state

    def _fold_here(
        self, spec: ScanSpec, source: SourceInput | StageInput, pieces: Sequence[Any], partitions: Sequence[Sequence[tuple[int, Any]]],
        cache: StateCache | None, label: str, whole: Collection[str],
    ) -> ScanState:  # fmt: skip
        """Fold in this process, by blocks where states are kept."""
        state: ScanState
        self.blocks = None
        if cache is None:
            task = FoldPieces(spec, source, cache)
            state = self.engine.fold(self.engine.map(self.engine.scan(partitions), task), ScanMerger(spec.folds), label)
            return state
        self.blocks = blocks = Blocks(spec, pieces, cache, whole)
        merger = MergeBlocks(blocks)
        # what is new takes longest: begun last, it would be done alone
        scanned = self.engine.map(self.engine.scan(sorted(partitions, key=blocks.knows)), FoldBlocks(spec, source, blocks))
        return merger.whole(self.engine.fold(scanned, merger, label))

    def shipped(self, function: MapFunction) -> MapFunction:
        """A function as the engine is given it."""
        return ship(function, self.engine, Staging(self.store, self.run_id))

    def _cache(self, prepared: Prepared, at: Input) -> StateCache | None:
        """Where states of pieces of this input are kept: nowhere but for files, whose pieces are known by their content."""
        files = at.kind == "source" and prepared.sources[at.name].source.kind != "memory"
        return self.cache if files else None

    def _origin(self, source: SourceInput | StageInput, pieces: Sequence[Any], at: tuple[int, int]) -> Origin:
        return source.origins(pieces[at[0]], [at[1]])[0]

    # Statistics and contracts of sources.

    def _shared_source(self, prepared: Prepared) -> str | None:
        at = prepared.physical.final.input
        fits = prepared.fit.scans > 0 and self.graph is None
        return at.name if at.kind == "source" and fits else None

    def spec(self, prepared: Prepared, pipe: Pipe, every: Sequence[FoldItem], fitting: Sequence[FoldItem]) -> ScanSpec:
        """What a scan folds."""
        unique = {item.id: item for item in every}
        guard = prepared.guards if fitting else ()
        return ScanSpec(pipe, list(unique.values()), list(fitting), guard, self.split, self.constants, self.job.malformed, platform.text())

    # Rows that meet.

    def _own(self, pipe: Pipe) -> frozenset[str]:
        """The ledger steps that this pipe is the first to pass, and the one where it alone sets rows aside."""
        new = frozenset(pipe.passes) - self.owned
        self.owned |= new
        return new | {pipe.rejects} - {""}

    def task(self, prepared: Prepared, pipe: Pipe, emit: Mapping[str, Any]) -> PipeTask:
        source, _ = self.input_of(prepared, pipe.input, pipe.schema)
        on_error = "fail"
        if isinstance(source, SourceInput):
            on_error = source.source.on_error
            source = skipping(source, pipe.rules, certain=prepared.sources[pipe.input.name].certain)
        return PipeTask(pipe, source, emit, self.constants, self.job.malformed, self._own(pipe), on_error)

    def sent_schema(self, pipe: Pipe) -> pa.Schema:
        """The columns that a pipe sends to where rows meet."""
        binder = Binder(pipe.schema, self.constants, self.job.malformed)
        handed = [pipe.schema.field(n) for n in pipe.handed_on()] if pipe.whole else []
        emitted = [pa.field(name, binder.bind(node).type) for name, node in pipe.emit.items()]
        return plain_schema(pa.schema([*handed, *emitted]))

    def count(self, report: PieceReport) -> None:
        """Add what a pass reported."""
        self.tally = self.tally.add(report.tally)
        self.quarantine += report.quarantined

    def _embed(self, prepared: Prepared, embedded: Embedded) -> None:
        """Collect a small table and make it the constants of its look-ups."""
        from featureprep.jobs.embedding import collect_embedded

        constants, report, rows = collect_embedded(self, prepared, embedded)
        for key, value in constants.items():
            self.constants.setdefault(key, value)  # an applied graph has its own
        self.count(report)
        self.scans.append(f"embedded table {embedded.name}")
        self.tally.merged[embedded.step] += rows

    # Fitting.

    def _fit(self, prepared: Prepared, findings: Findings) -> None:
        if self.graph is not None:
            return
        final = prepared.physical.final
        shared = self._shared_source(prepared)
        entry_items = self._entry_items(prepared)
        states: dict[str, Any] = {}
        for scan in range(prepared.fit.scans):
            fitting = prepared.fit.items(scan)
            items = self.profiles.items(shared) if shared is not None and scan == 0 else entry_items if scan == 0 else {}
            beside = (
                f" with {profile_label(prepared, shared)}" if shared and items else " with statistics of the entry table" if items else ""
            )
            label = f"fit {scan + 1}{beside}"
            spec = self.spec(prepared, final, list(items.values()), fitting)
            first = partial(self._after_first, prepared, findings, shared, items) if scan == 0 else None
            state = self.scan(prepared, spec, label, first)
            states |= {item.id: state.states[item.id] for item in fitting}
            fit = partial(fit_after, prepared.fit, scan, states, final.schema, self.constants, self.job.malformed)
            try:
                fit()
            except NotKeptError:
                state = self.scan(prepared, spec, label, counted=False, outlines=False)
                states |= {item.id: state.states[item.id] for item in fitting}
                fit()
            if self.blocks is not None:
                self.beside.begin(partial(self.blocks.keep_whole, state))
        if prepared.fit.scans == 0 and entry_items:
            state = self.scan(prepared, self.spec(prepared, final, list(entry_items.values()), []), "statistics of the entry table")
            self._after_first(prepared, findings, None, entry_items, state)

    def _entry_items(self, prepared: Prepared) -> dict[str, FoldItem]:
        """Statistics of the entry table, where a verb made it."""
        if prepared.physical.entry_source is not None or not prepared.request.statistics:
            return {}
        return {f"entry/{key}": fold_item(fold, nodes) for key, (fold, nodes) in stats.column_folds(prepared.entry).items()}

    def _after_first(
        self, prepared: Prepared, findings: Findings, shared: str | None, items: Mapping[str, FoldItem], state: ScanState
    ) -> None:
        if shared is not None:
            self.profiles.finish(shared, items, state)
            findings.check()
        elif items:
            results = {key.removeprefix("entry/"): result for key, result in finish_items(items, state.states).items()}
            hidden = prepared.sensitive_among({name: Node("col", (), {"name": name}) for name in prepared.entry.names})
            findings.statistics["entry"] = stats.finish(results, prepared.entry, sensitive=hidden)

    # Writing.

    def _write(self, prepared: Prepared, findings: Findings) -> None:
        physical = prepared.physical
        graph = self.make_graph(prepared)
        _refuse_empty_vectors(graph)
        findings.graph = graph
        findings.graph_files = self.beside.begin(partial(to_files, graph))
        findings.schema = pa.schema([graph.schema.field(name) for name in physical.nodes])
        items = self._written_items(prepared, findings.schema)
        task = self.task(prepared, physical.final, physical.nodes)
        if self.split is not None:
            needed = {*task.columns, *self.split.columns(prepared.entry)}
            task.columns = [n for n in physical.final.schema.names if n in needed]
        source, pieces = self.input_of(prepared, physical.final.input, physical.final.schema)
        labels = None
        if self.split is not None:
            labels = PartLabels(self.split, prepared.entry, self._cache(prepared, physical.final.input), platform.text())
        sink = WriteParts(task, findings.schema, labels, self.store, prepared.name, self.run_id, self.job.output, items)
        made = self.engine.write(self.engine.scan(self.partitions(prepared, pieces)), self.shipped(sink), "write")
        self.scans.append("write")
        receipts: list[Receipt] = [sink.receipt(item) for items_made in made for item in items_made]
        failures = Failures()
        for receipt in receipts:
            failures = failures.add(receipt.report.failures)
        failures.raise_any(lambda at: self._origin(source, pieces, at))
        for receipt in receipts:
            self.count(receipt.report)
        self._gather(prepared, findings, receipts, items, sink)

    def make_graph(self, prepared: Prepared) -> TransformGraph:
        """The graph of the fitted job."""
        physical = prepared.physical
        nodes = physical.nodes
        if self.graph is not None:
            return self.graph
        roles = written_roles(physical)
        used = {name for node in nodes.values() for name in node.columns()} | {n for r in physical.admits for n in r.node.columns()}
        real = {name.removeprefix("$malformed:") for name in used}
        # by name: in which order a source has its columns is no part of a graph
        entry = pa.schema([prepared.entry.field(name) for name in sorted(real)])
        constants = {
            n.key: self.constants[n.key]
            for root in (*nodes.values(), *(r.node for r in physical.admits))
            for n in root.walk()
            if n.key in self.constants
        }
        after = next((exchange.step for exchange in physical.exchanges if exchange.name == physical.final.input.name), None)
        return TransformGraph(prepared.name, entry, nodes, roles, physical.admits, constants, self.job.malformed, platform.record(), after)

    def _written_items(self, prepared: Prepared, schema: pa.Schema) -> list[StatItem]:
        if not prepared.request.statistics:
            return []
        plain = pa.schema([pa.field(f.name, f.type) for f in schema])
        found = stats.column_folds(plain)
        return [StatItem(key, fold, nodes) for key, (fold, nodes) in found.items()]

    def _gather(
        self, prepared: Prepared, findings: Findings, receipts: Sequence[Receipt], items: Sequence[StatItem], sink: WriteParts
    ) -> None:
        findings.files = [file for receipt in receipts for file in receipt.files]
        if self.quarantine:
            findings.files.append(write_quarantine(self.store, prepared.name, self.run_id, "before.parquet", self.quarantine))
        plain = pa.schema([pa.field(f.name, f.type) for f in sink.schema])
        hidden = prepared.sensitive_among(prepared.physical.nodes)
        for split in sink.names:
            total = sink.fingerprint.init()
            states = {item.id: item.fold.init() for item in items}
            for receipt in receipts:
                total = sink.fingerprint.merge(total, receipt.fingerprints[split])
                for item in items:
                    states[item.id] = item.fold.merge(states[item.id], receipt.stats[split][item.id])
            findings.splits[split] = total[0]
            if total[0] == 0:
                learnt = ", and its transforms learnt nothing" if split == "train" and self.graph is None and prepared.fit.learners else ""
                findings.warnings.append(f"the part {split!r} has no rows{learnt}")
            findings.split_prints[split] = sink.fingerprint.finish(total)
            if items:
                finished = finish_items({item.id: FoldItem(item.id, item.fold, ()) for item in items}, states)
                findings.statistics["splits"][split] = stats.finish(finished, plain, sensitive=hidden)


def _refuse_empty_vectors(graph: TransformGraph) -> None:
    """A dense vector of no places cannot be stored: Parquet readers refuse it.

    Raises
    ------
    DataError
    """
    for written in graph.schema:
        if pa.types.is_fixed_size_list(written.type) and written.type.list_size == 0:
            raise DataError(
                f"the feature {written.name!r} learnt nothing: its column has no values to fit on",
                where=graph.nodes[written.name].site,
                hint="leave the feature out, give categories=, or look at the column's source",
            )
