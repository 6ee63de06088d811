"""From a job and a request to everything a run needs to know before it reads rows."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pyarrow as pa

from featureprep import canonical
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, ColumnNotFoundError, ContractError, RequestError, TypeMismatchError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node
from featureprep.expr.params import BOOL, NAME, Limit, check
from featureprep.io.base import Source
from featureprep.io.partitions import check_partition_columns
from featureprep.jobs.definition import Job, with_params
from featureprep.jobs.misfits import with_examples
from featureprep.jobs.profile import contract_of
from featureprep.jobs.sampling import Sample, check_sample, take_sample
from featureprep.jobs.sources import BoundSource, absolute_paths, bind_source, pseudo_schema, replaced
from featureprep.lineage.columns import column_lineage, derived_from
from featureprep.plan import steps
from featureprep.plan.lower import lower
from featureprep.plan.physical import Physical, Pipe, Rule
from featureprep.run.levels import FitPlan, guards, plan_fit, refuse_learning
from featureprep.run.split import Split
from featureprep.store.names import check_dataset_name
from featureprep.store.states import StateCache
from featureprep.validators.contract import Contract, RowRule, SourceContract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.custom import with_checks
from featureprep.validators.reasons import Action

FINAL_EXCHANGE_BYTES = 16 << 20
MAX_BUCKETS = 1024
SERVING = "SERVING"
"""The environment in which label and weight are absent."""
JOBS_SPLIT = "the job's own"
"""Stands for a split that the caller did not give."""


_LIMITS = {
    "name": NAME,
    "environment": NAME,
    "statistics": BOOL,
    "allow_not_evaluated": BOOL,
    "contract": Limit("a path", lambda v: isinstance(v, (str, os.PathLike)) and os.fspath(v) != ""),
}


GIVEN = "given in Python"
"""Stands in a stored request for a source that cannot be stored."""


@dataclass(frozen=True)
class Request:
    """What a caller asks of a run, beside the job itself. All of it can be stored, so that the run can be resumed."""

    store: str = "./store"
    sources: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    partitions: int | None = None
    statistics: bool = True
    now: dt.datetime | None = None
    allow_not_evaluated: bool = False
    environment: str = "TRAINING"
    contract: str | None = None
    sample: float | int | None = None

    @classmethod
    def of(cls, owner: str, store: str, options: Mapping[str, Any], also: tuple[str, ...] = ()) -> Request:
        """The request that keyword arguments make; None stands for what was not given. `also` are options that `owner` has besides.

        Raises
        ------
        ArgumentError
            For an option that there is not or that is outside its limits, such as a `now` that is no aware time.
        """
        known = {f.name for f in fields(cls)} - {"store"}
        for name in options:
            if name not in known:
                raise ArgumentError(f"{owner} has no option {name!r}", hint=f"its options: {', '.join(sorted({*known, *also}))}")
        now = options.get("now")
        if now is not None and (not isinstance(now, dt.datetime) or now.tzinfo is None):
            raise ArgumentError.of("now", owner, "a datetime with a time zone", now)
        partitions = options.get("partitions")
        if partitions is not None and (type(partitions) is not int or partitions < 1):
            raise ArgumentError.of("partitions", owner, "a whole number from 1", partitions)
        if options.get("sample") is not None:
            check_sample(options["sample"])
        given = {name: value for name, value in options.items() if value is not None}
        limited = given.keys() & _LIMITS.keys()
        check(owner, {name: _LIMITS[name] for name in limited}, {name: given[name] for name in limited})
        return cls(store=store, **{name: os.fspath(value) if name == "contract" else value for name, value in given.items()})

    def stored(self) -> dict[str, Any]:
        """As JSON values, so that it means the same in another folder; sources that cannot be stored are named only."""
        now = None if self.now is None else self.now.isoformat()
        sources = {name: GIVEN if isinstance(value, Source) else list(absolute_paths(name, value)) for name, value in self.sources.items()}
        params = {name: value if isinstance(value, (str, bool, int, float)) else str(value) for name, value in self.params.items()}
        contract = None if self.contract is None else os.path.abspath(self.contract)
        return {**vars(self), "now": now, "sources": sources, "params": params, "contract": contract}


@dataclass(frozen=True)
class Prepared:
    """A job bound to its sources: nothing is left open but the data.

    Attributes
    ----------
    contracts : mapping of source name to SourceContract
        For the sources that have one.
    partitions : int or None
        As requested.
    """

    job: Job
    request: Request
    name: str
    step: steps.Step
    sources: Mapping[str, BoundSource]
    contract: Contract | None
    contracts: Mapping[str, SourceContract]
    row_rules: Mapping[str, tuple[RowRule, ...]]
    physical: Physical
    fit: FitPlan
    guards: tuple[Node, ...]
    split: Split | None
    sample: Sample | None = None

    @property
    def source_statistics(self) -> bool:
        """Whether statistics of the sources are computed: not for a sample, where they would cost more than all else."""
        return self.request.statistics and self.sample is None

    @cached_property
    def entry(self) -> pa.Schema:
        """The entry table's own columns."""
        return pa.schema([f for f in self.physical.final.schema if not f.name.startswith("$")])

    def buckets(self, pipes: tuple[Pipe, ...]) -> int:
        """Buckets of an exchange: by the bytes of the sources, the same on every engine."""
        total = sum(source.bytes for source in self.sources.values())
        return max(1, min(MAX_BUCKETS, -(-total // FINAL_EXCHANGE_BYTES)))

    def sensitive(self, source: str) -> frozenset[str]:
        """The columns of a source whose values are never shown."""
        return self.contracts[source].sensitive if source in self.contracts else frozenset()

    def sensitive_among(self, nodes: Mapping[str, Node]) -> set[str]:
        """Of some expressions over the entry table, the names of those into which a sensitive column flows."""
        hidden = {name: contract.sensitive for name, contract in self.contracts.items() if contract.sensitive}
        return derived_from(column_lineage(replace(self.physical, nodes=nodes), self.fit), hidden) if hidden else set()

    def plan_digest(self) -> str:
        """Identity of the plan and its inputs: what a resumed run must have too."""
        files = {name: [[f.url, f.version] for f in source.files] for name, source in self.sources.items()}
        split = None if self.split is None else self.split.spec()
        body = [
            steps.to_json(self.step),
            files,
            split,
            self.job.malformed,
            self.request.partitions,
            self.request.statistics,
            self.request.environment,
            self.name,
            None if self.contract is None else self.contract.to_yaml(),
            vars(self.job.output),
        ]
        return canonical.digest(body)


def prepare(
    job: Job, request: Request, engine: Engine, cache: StateCache | None, split: Split | None, *,
    bind: Callable[..., BoundSource] = bind_source, sources: Mapping[str, Source] | None = None,
) -> Prepared:  # fmt: skip
    """Bind everything; sources by `bind`. `sources` are what the request's and the job's own were made into, if anything.

    Raises
    ------
    RequestError and its kin
        For anything in the job, its arguments or its contract that cannot be.
    WorldError
        When a source cannot be listed.
    """
    if split is not None and not isinstance(split, Split):
        raise ArgumentError.of("split", "run", "made by fp.split(...), or None", split)
    step = with_params(job, request.params)
    if request.environment == SERVING:
        step = _without_training_only(step)
    contract = read_contract(job, request)
    given = replaced(job.sources, request.sources) if sources is None else sources
    used = [s.source for s in step.walk() if isinstance(s, steps.Scan)]
    contracts = {name: contract_of(contract, name, given) for name in given} if contract is not None else {}
    bound = {
        name: bind(name, given[name], job.folder, contracts.get(name), engine, cache, request.partitions)
        for name in given
        if name in used or name in contracts
    }
    sample = None
    if request.sample is not None:
        step, sample = take_sample(step, request.sample, bound, engine, cache)
        if request.name == job.name:
            raise ArgumentError(
                f"the dataset {request.name!r} holds whole versions: a sample goes elsewhere", hint=f"leave name= out: {job.name}_sample"
            )
    environment = request.environment
    schemas = {name: pseudo_schema(source, contracts.get(name)) for name, source in bound.items()}
    row_rules = {name: tuple(c.row_rules(environment, schemas[name])) for name, c in contracts.items()}
    # a row that both kinds take is set aside: nothing that a rule wants to be looked at is dropped
    rules = {
        name: tuple(_plan_rule(r) for action in (Action.QUARANTINE, Action.DROP) for r in found if r.action == action)
        for name, found in row_rules.items()
    }
    try:
        fitting = [name for name, source in bound.items() if source.certain]
        physical = lower(step, schemas, malformed=job.malformed, source_rules=rules, certain=fitting)
    except ColumnNotFoundError:
        _require_columns(contracts, bound, environment)  # a column that the contract promised is the data's fault, not the job's
        raise
    except TypeMismatchError as error:
        raise with_examples(error, bound, contracts) from None
    _refuse_early_learning(physical)
    nodes = list(physical.nodes.values())
    fit = plan_fit(nodes, physical.final.schema, job.malformed)
    at = physical.final.input
    certain = at.kind == "source" and bound[at.name].certain
    guard = tuple(guards(nodes, fit, physical.final.schema, job.malformed, typed=certain))
    if split is not None:
        split.columns(pa.schema([f for f in physical.final.schema if not f.name.startswith("$")]))
    binder = Binder(physical.final.schema, malformed=job.malformed)
    try:
        check_partition_columns(pa.schema([(n, binder.bind(node).type) for n, node in physical.nodes.items()]), job.output.partition_by)
    except RequestError as error:
        raise error.at(f"{physical.features.site}: partition_by=" if physical.features.site else "partition_by=") from None
    name = check_dataset_name(request.name or (job.name if sample is None else f"{job.name}_sample"))
    return Prepared(job, request, name, step, bound, contract, contracts, row_rules, physical, fit, guard, split, sample)


def _without_training_only(last: steps.Step) -> steps.Step:
    """The plan without label and weight, whose columns are absent when serving."""
    if not isinstance(last, steps.Features):
        return last
    return replace(last, features={name: f for name, f in last.features.items() if f.role == "feature"})


def _require_columns(contracts: Mapping[str, SourceContract], bound: Mapping[str, BoundSource], environment: str) -> None:
    """Fail where a source lacks a column that its contract requires: nothing after it could be judged.

    Raises
    ------
    ContractError
    """
    for name, contract in contracts.items():
        present = bound[name].present
        found = [o for o in contract.evaluate({}, environment=environment, present=present) if o.check == "required" and o.blocking]
        if found:
            missing = ", ".join(repr(o.column) for o in found)
            raise ContractError(
                f"the source {name!r} lacks {missing}, which its contract requires; it has {', '.join(map(repr, sorted(present)[:20]))}",
                where=found[0].place or None,
                hint="featureprep validate shows all findings; required: false lets a column be absent",
            )


def read_contract(job: Job, request: Request) -> Contract | None:
    """The job's contract, or the one that the request names, with the job's checks."""
    path = request.contract or job.contract
    if path is None:
        return None
    place = path if request.contract is not None or job.folder is None else os.path.join(job.folder, path)
    if not os.path.lexists(place):
        job_file = job.file or "job.py"
        # the job says how its sources are read; what was put in their place is said again
        given = [f"{name}={os.fspath(source)}" for name, source in request.sources.items() if isinstance(source, (str, os.PathLike))]
        flags = [part for text in given for part in ("--source", text)]
        command = shlex.join(["featureprep", "infer", job_file, *flags, "-o", place])
        raise RequestError(f"the contract {path} does not exist", where=job_file, hint=f"let one be proposed: {command}")
    return with_checks(load_contract(place), job.checks)


def _plan_rule(rule: RowRule) -> Rule:
    """A contract's rule as a rule of the plan: it takes rows away where it is violated."""
    if rule.action == Action.QUARANTINE:
        return Rule("quarantine", rule.description, rule.violation, "", None, lenient=True)
    true = Node("lit", (), {"value": True, "type": "bool"})
    fine = Node("coalesce", (Node("not", (rule.violation,)), true))
    return Rule("drop", rule.description, fine, "", None, lenient=True)


def _refuse_early_learning(physical: Physical) -> None:
    """Learning nodes only where a fit takes place."""
    pipes = [p for x in physical.exchanges for p in x.pipes] + [e.pipe for e in physical.embedded]
    for pipe in pipes:
        refuse_learning({f"the column {name!r} before rows meet": node for name, node in pipe.emit.items()})
    for rule in [r for pipe in (*pipes, physical.final) for r in pipe.rules] + list(physical.admits):
        refuse_learning({f"the rule {rule.name!r}": rule.node})


def profile_label(prepared: Prepared, name: str) -> str:
    """The name of a scan for the statistics and the contract of one source."""
    parts = ["statistics"] * prepared.source_statistics + ["contract"] * (name in prepared.contracts)
    return f"{' and '.join(parts)} of {name}"
