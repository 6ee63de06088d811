"""`fp.job`: a feature job as a value. The body runs once, when the job is defined; nothing is read."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featureprep.errors import ArgumentError, JobFileError, RequestError, short
from featureprep.expr.expression import Expr, site
from featureprep.expr.node import Node
from featureprep.expr.params import NAME, NONE, check, integer, one_of, sequence
from featureprep.io.base import Source
from featureprep.io.writer import CODECS
from featureprep.plan import steps
from featureprep.plan.table import Grouped, Table
from featureprep.run.split import Split
from featureprep.run.write import Output
from featureprep.site import placed
from featureprep.store.names import check_dataset_name
from featureprep.types import format_type, parse_type

if TYPE_CHECKING:
    from featureprep.jobs.explain import Explanation
    from featureprep.jobs.preview import Preview
    from featureprep.jobs.result import Run
    from featureprep.store.objects import ObjectStore
    from featureprep.validators.custom import CustomCheck

POLICIES = ("error", "null", "quarantine")


@dataclass(frozen=True)
class Job:
    """A feature job: sources, contract, plan, split. Made by `fp.job`.

    Attributes
    ----------
    name : str
        Of the job and, by default, of its dataset.
    sources : mapping of name to Source
    step : Step
        The plan's last step.
    contract : str or None
        Path of the contract, absolute or relative to `folder`.
    folder : str or None
        Of the job file; relative paths are relative to it.
    checks : tuple of CustomCheck
        Rules in Python beside those of the contract.
    """

    name: str
    sources: Mapping[str, Source]
    step: steps.Step
    contract: str | None
    split: Split | None
    malformed: str
    output: Output
    folder: str | None
    file: str | None
    doc: str = ""
    checks: tuple[CustomCheck, ...] = ()

    def __repr__(self) -> str:
        from featureprep.jobs.job_shown import job_text

        return job_text(self)

    def _repr_html_(self) -> str:
        from featureprep.jobs.job_shown import job_html

        return job_html(self)

    def params(self) -> dict[str, Node]:
        """The parameters that the plan has, by name.

        Raises
        ------
        RequestError
            When two of one name differ in type or default.
        """
        found: dict[str, Node] = {}
        for root in _nodes(self.step):
            for node in root.walk():
                if node.op == "param" and found.setdefault(node.params["name"], node).key != node.key:
                    name, first = node.params["name"], found[node.params["name"]]
                    raise RequestError(
                        f"the parameter {name!r} has another type or default at {first.site}",
                        where=node.site,
                        hint="make it once, and use it twice",
                    )
        return found

    def run(self, engine: Any = "pandas", store: str | os.PathLike[str] | ObjectStore = "./store", **options: Any) -> Run:
        """Run the job and commit a version.

        Parameters
        ----------
        engine : str, client, session or Engine
            "pandas", "dask", "spark" or "beam"; an address such as "dask://host:8786"; what is held of a cluster already (a Dask Client, a
            SparkSession, Beam's PipelineOptions). It changes no result; docs/engines.md has them all.
        store : str, path or ObjectStore
            A folder, the URL of a store, or one that is open.
        sources : mapping of name to Source or path, optional
            In place of the job's own; a path keeps the source's other options.
        params : mapping, optional
        name : str, optional
            Of the dataset; the job's name by default.
        partitions : int, optional
            Number of fragments; changes no result.
        statistics : bool
            Whether statistics are computed (default True).
        now : datetime, optional
            The run's clock.
        sample : float or int, optional
            A run over this fraction of the rows, or this many: the same rows every time, chosen by a hash of their content (equal rows go together). Joined
            tables are read whole; statistics of the sources are left out. The version is marked as a sample, goes to the dataset
            `<name>_sample`, and cannot be tagged.
        progress : bool or callable, optional
            By default a long run shows its progress in a notebook or a terminal. True: always; False: never; a function is called with
            (name of the pass, fragments done, fragments in all).
        allow_not_evaluated : bool
            Whether contract rules that could not be evaluated are let pass.

        Raises
        ------
        ContractError, RowRejected, ParseError
            The data is at fault.
        """
        from featureprep.jobs.driver import run

        return run(self, engine=engine, store=store, **options)

    def apply(self, graph: Any, store: str | os.PathLike[str] | ObjectStore = "./store", **options: Any) -> Run:
        """Run all verbs with the constants of a stored graph, without fitting, and commit a version of `<name>_applied`.

        Parameters
        ----------
        graph : TransformGraph or reference such as "census@3"
        store : str
        split : Split or None, optional
            The job's by default.
        environment : str
            "SERVING" where the label is absent.
        Others as `run`.
        """
        from featureprep.jobs.apply import apply

        return apply(self, graph, store=store, **options)

    def explain(self, **options: Any) -> Explanation:
        """How it would run: scans, what forces each, columns read, what is cacheable and why not. Reads schemas, not rows, where it can."""
        from featureprep.jobs.explain import explain

        return explain(self, **options)

    def preview(self, rows: int = 10, **options: Any) -> Preview:
        """The first rows as features; what is learnt is learnt from the first rows of each source only. Reads no more than these.

        Parameters
        ----------
        rows : int
            How many are shown.
        sample : int, optional
            How many rows of each source are read (default 1000).
        Others as `run`.
        """
        from featureprep.jobs.preview import preview

        return preview(self, rows, **options)


def _nodes(last: steps.Step) -> list[Node]:
    found: list[Node] = []
    for step in last.walk():
        if isinstance(step, (steps.Filter, steps.Quarantine)):
            found.append(step.condition)
        elif isinstance(step, steps.WithColumns):
            found += step.columns.values()
        elif isinstance(step, steps.Shift):
            found += [*step.columns.values(), *([] if step.fill is None else [step.fill])]
        elif isinstance(step, (steps.GroupBy, steps.Rolling)):
            found += [node for a in step.aggregates.values() for node in (a.of, *a.order) if node is not None]
        elif isinstance(step, steps.Features):
            found += [feature.node for feature in step.features.values()]
    return found


def job(
    *,
    sources: Mapping[str, Source],
    contract: str | None = None,
    checks: Sequence[CustomCheck] = (),
    split: Split | None = None,
    malformed: str = "error",
    name: str | None = None,
    partition_by: str | tuple[str, ...] | list[str] = (),
    target_file_size: int | None = None,
    codec: str = "zstd",
) -> Callable[[Callable[..., Table]], Job]:
    """Decorator: a function from tables to a table becomes a job.

    Parameters
    ----------
    sources : mapping of name to Source
        By the names of the function's parameters.
    contract : str, optional
        Path of a contract.yaml, relative to the job file. Without it nothing is checked.
    checks : list of checks, optional
        Rules in Python beside those of the contract: functions decorated with `fp.check`.
    split : Split, optional
        Made by `fp.split`; without it all rows are one part, "all".
    malformed : {"error", "null", "quarantine"}
        What happens to a cell that does not fit its type, an integer overflow, or NaN made of numbers.
    name : str, optional
        Of the dataset; the function's name by default.
    partition_by : columns
        Written columns whose values become folders.
    target_file_size : int, optional
        Bytes; larger part files are cut.
    codec : str
        Of the Parquet files: "zstd", "snappy", "gzip", "lz4", "brotli", "none".

    Examples
    --------
    >>> @fp.job(sources={"people": fp.read_csv("people.csv")}, split=fp.split(train=0.8, eval=0.2, by="id"))
    ... def adults(people):
    ...     return people.filter(col("age") >= 18, name="minors").features(age=T.standard_scale("age"), keep=["id"])
    """
    at = site()
    check("job", {"malformed": one_of(*POLICIES)}, {"malformed": malformed}, where=at)
    if not isinstance(sources, Mapping) or not sources or not all(isinstance(s, Source) for s in sources.values()):
        raise ArgumentError(
            "job needs sources by name, each made by fp.read_... or fp.from_...",
            where=at,
            hint='sources={"people": fp.read_csv("people.csv")}',
        )
    if split is not None and not isinstance(split, Split):
        raise ArgumentError.of("split", "job", "made by fp.split(...)", split, where=at)
    limits = {"partition_by": sequence(NAME), "target_file_size": integer(1) | NONE, "codec": one_of(*CODECS)}
    by = (partition_by,) if isinstance(partition_by, str) else partition_by
    check("job", limits, {"partition_by": by, "target_file_size": target_file_size, "codec": codec}, where=at)
    if len(set(by)) < len(by):
        raise ArgumentError.of("partition_by", "job", "columns that differ", list(by), where=at)
    output = Output(tuple(by), target_file_size, codec)
    rules = _checks(checks, contract, at) if checks != () else ()

    def define(function: Callable[..., Table]) -> Job:
        wanted = list(inspect.signature(function).parameters)
        if sorted(wanted) != sorted(sources):
            raise ArgumentError(
                f"{function.__name__}({', '.join(wanted)}) does not take the job's sources: {', '.join(map(short, sorted(sources)[:5]))}",
                where=at,
                hint="give the function a parameter for each source, of the same name",
            )
        made = function(**{name: Table(steps.Scan((), at, name)) for name in wanted})
        if not isinstance(made, Table):
            raise JobFileError(
                f"the job {function.__name__} returned {'nothing' if made is None else type(made).__name__}, not a table",
                where=at,
                hint="a group_by ends with .agg(...)" if isinstance(made, Grouped) else "end it with return table.features(...)",
            )
        file = inspect.getsourcefile(function)
        folder = str(Path(file).resolve().parent) if file and Path(file).is_file() else None
        try:
            known = check_dataset_name(name or function.__name__)
        except ArgumentError as error:
            raise error.at(at or "") from None
        return Job(known, dict(sources), made.step, contract, split, malformed, output, folder, file, inspect.getdoc(function) or "", rules)

    return define


def _checks(given: Any, contract: str | None, at: str | None) -> tuple[CustomCheck, ...]:
    from featureprep.validators.custom import checked_checks

    try:
        found = checked_checks(given, "job")
    except ArgumentError as error:
        raise error.at(at or "") from None
    if found and contract is None:
        hint = 'contract="contract.yaml"; featureprep infer proposes one'
        raise ArgumentError("checks= are rules beside those of a contract, and the job has none", where=at, hint=hint)
    return found


@placed
def param(name: str, dtype: Any = "string", default: Any = None) -> Expr:
    """A parameter of the job, for use in expressions; its value comes from `run(params=...)` or `--param name=value`.

    Parameters
    ----------
    name : str
        By which a run gives the value.
    dtype : str or pa.DataType
        Values given as text are read as this type.
    default : optional
        Without it a run must give a value.

    Examples
    --------
    >>> recent = col("year") >= fp.param("since", "int64", default=2020)
    """
    check("param", {"name": NAME}, {"name": name})
    kind = format_type(parse_type(dtype) if isinstance(dtype, str) else dtype)
    return Expr(Node("param", (), {"name": name, "type": kind, "default": default}, site()))


def with_params(job: Job, given: Mapping[str, Any]) -> steps.Step:
    """The job's plan with its parameters replaced by values.

    Raises
    ------
    RequestError
        For a value that is missing, unknown or of the wrong type.
    """
    known = job.params()
    if not isinstance(given, Mapping):
        raise ArgumentError.of("params", "run", "a mapping of names to values", given)
    for name in given:
        if name not in known:
            raise RequestError(f"the job has no parameter {name!r}", hint=f"its parameters: {', '.join(sorted(known)) or 'none'}")
    values = {name: _value(node, given) for name, node in known.items()}
    return _substitute(job.step, values) if values else job.step


def _value(node: Node, given: Mapping[str, Any]) -> Node:
    from featureprep.expr.literal import type_of
    from featureprep.expr.rowvalues import input_converter, to_python
    from featureprep.kernels.result import BAD

    name, dtype = node.params["name"], parse_type(node.params["type"])
    value = given.get(name, node.params["default"])
    if value is None:
        raise RequestError(f"the parameter {name!r} was given no value", hint=f"pass --param {name}=..., or run(params={{{name!r}: ...}})")
    converted = input_converter(dtype)(value)
    if converted is BAD:
        raise RequestError(f"the parameter {name!r} must be {node.params['type']}. Got {value!r} instead.")
    back = to_python(dtype)
    plain = back(converted) if back else converted
    literal = Node("lit", (), {"value": plain, "type": format_type(type_of(plain))}, node.site)
    return literal if type_of(plain) == dtype else Node("cast", (literal,), {"to": node.params["type"], "malformed": None}, node.site)


def _substitute(last: steps.Step, values: Mapping[str, Node]) -> steps.Step:
    """The plan with parameter nodes replaced."""
    done: dict[int, steps.Step] = {}

    def change(node: Node) -> Node:
        if node.op == "param":
            return values[node.params["name"]]
        args = [change(arg) for arg in node.args]
        return node if all(a is b for a, b in zip(args, node.args, strict=True)) else Node(node.op, args, node.params, node.site)

    for step in last.walk():
        changes: dict[str, Any] = {"inputs": tuple(done[id(s)] for s in step.inputs)}
        if isinstance(step, (steps.Filter, steps.Quarantine)):
            changes["condition"] = change(step.condition)
        elif isinstance(step, steps.WithColumns):
            changes["columns"] = {n: change(node) for n, node in step.columns.items()}
        elif isinstance(step, steps.Shift):
            changes["columns"] = {n: change(node) for n, node in step.columns.items()}
            changes["fill"] = None if step.fill is None else change(step.fill)
        elif isinstance(step, (steps.GroupBy, steps.Rolling)):
            changes["aggregates"] = {
                n: dataclasses.replace(a, of=None if a.of is None else change(a.of), order=tuple(map(change, a.order)))
                for n, a in step.aggregates.items()
            }
        elif isinstance(step, steps.Features):
            changes["features"] = {n: steps.Feature(change(f.node), f.role) for n, f in step.features.items()}
        done[id(step)] = dataclasses.replace(step, **changes)
    return done[id(last)]
