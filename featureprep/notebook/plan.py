"""A job's plan in a notebook, step by step; nothing is read for it."""

from __future__ import annotations

from typing import Any

from featureprep.expr.node import describe
from featureprep.notebook.html import Markup, card, code, grid
from featureprep.plan import steps

MOST = 500
_PATHS = 3


def table_html(last: steps.Step) -> str:
    """A table inside a job: the verbs that lead to it."""
    return card("Table", steps_grid(last), note="a plan: nothing has been read")


def steps_grid(last: steps.Step) -> Markup:
    """Every step with its inputs by number and its place in the job."""
    order = list(last.walk())
    number = {id(step): at for at, step in enumerate(order, 1)}
    rows = [
        (at, step.describe(), ", ".join(f"#{number[id(one)]}" for one in step.inputs), step.site or "") for at, step in enumerate(order, 1)
    ]
    return grid(("#", "step", "of", "written at"), rows, most=MOST, right=(0,))


def feature_rows(last: steps.Step) -> list[tuple[object, object, object]]:
    """(column, role, formula) of what a job writes."""
    if not isinstance(last, steps.Features):
        return []
    named: list[tuple[object, object, object]] = [
        (name, feature.role, code(describe(feature.node))) for name, feature in last.features.items()
    ]
    return named + [(name, "keep", code(name)) for name in last.keep or ()]


def source_text(source: Any) -> str:
    """A source in a few words: its kind and its paths, or the size of its table."""
    if source.table is not None:
        return f"a table in memory: {source.table.num_rows:,} rows, {source.table.num_columns:,} columns"
    more = f" and {len(source.paths) - _PATHS:,} more" if len(source.paths) > _PATHS else ""
    return f"{source.kind}: {', '.join(source.paths[:_PATHS])}{more}"
