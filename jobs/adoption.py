"""Whether a job can be run with the constants of a stored graph."""

from __future__ import annotations

from featureprep.errors import ArgumentError
from featureprep.jobs.prepare import Prepared
from featureprep.plan.physical import Physical
from featureprep.serving.graph import TransformGraph
from featureprep.types import format_type


def check_adoption(prepared: Prepared, graph: TransformGraph) -> None:
    """Refuse a graph that does not fit the job.

    Raises
    ------
    ArgumentError
        When the graph is of other features than the job's: then no row would be what the graph serves.
    """
    physical = prepared.physical
    hint = "the job has changed since the graph was fitted: run it, or apply the version of the job that made the graph"
    roles = written_roles(physical)
    for name in dict.fromkeys((*roles, *graph.nodes)):
        if name not in roles and graph.is_training_only(name):
            continue
        mine, theirs = physical.nodes.get(name), graph.nodes.get(name)
        if mine is None or theirs is None or mine.key != theirs.key or roles[name] != graph.roles[name]:
            what = "not in the graph" if theirs is None else "not in the job" if mine is None else "another one in the graph"
            raise ArgumentError(f"the graph is of other features: {name!r} is {what}", where=None if mine is None else mine.site, hint=hint)
    now = {column.name: column.type for column in prepared.entry}
    for column in graph.entry:
        if now.get(column.name, column.type) != column.type:
            shown = f"{format_type(now[column.name])} now, and was {format_type(column.type)}"
            raise ArgumentError(f"the entry column {column.name!r} is {shown} when the graph was fitted", hint="give the source a schema=")
    malformed = prepared.job.malformed
    if graph.malformed != malformed:
        raise ArgumentError(f"the graph was fitted with malformed={graph.malformed!r}, the job says {malformed!r}", hint=hint)


def written_roles(physical: Physical) -> dict[str, str]:
    """The role of every written column."""
    named = physical.features.features
    return {name: named[name].role if name in named else "keep" for name in physical.nodes}
