"""The logical plan: what a job says, as frozen data. Nothing here knows types or data; binding comes later.

A step has `inputs` (earlier steps) and the place in the job where it was written. Column names are unknown until binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from featureprep import canonical
from featureprep.expr.node import Node
from featureprep.plan.span import ONE_ROW, Span


@dataclass(frozen=True, eq=False)
class Step:
    """One verb."""

    verb: ClassVar[str]
    inputs: tuple[Step, ...]
    site: str | None

    def walk(self) -> Iterator[Step]:
        """Every step below and this one, inputs first, each once."""
        seen: set[int] = set()
        stack: list[tuple[Step, bool]] = [(self, False)]
        while stack:
            step, expanded = stack.pop()
            if id(step) in seen:
                continue
            if expanded:
                seen.add(id(step))
                yield step
            else:
                stack.append((step, True))
                stack.extend((s, False) for s in reversed(step.inputs))

    def describe(self) -> str:
        """A short title for explain and the ledger."""
        return self.verb


@dataclass(frozen=True, eq=False)
class Scan(Step):
    """The rows of a source."""

    verb = "read"
    source: str = ""

    def describe(self) -> str:
        return f"read {self.source}"


@dataclass(frozen=True, eq=False)
class Filter(Step):
    """Keep the rows where the condition is true; others are dropped under `rule`."""

    verb = "filter"
    condition: Node = field(default_factory=lambda: Node("lit"))
    rule: str = ""

    def describe(self) -> str:
        return f"filter {self.rule}"


@dataclass(frozen=True, eq=False)
class DropNulls(Step):
    """Drop rows with a null (or NaN) in one of these columns (all, if None)."""

    verb = "drop_nulls"
    columns: tuple[str, ...] | None = None
    rule: str = ""

    def describe(self) -> str:
        return self.rule


@dataclass(frozen=True, eq=False)
class Quarantine(Step):
    """Set rows aside where the condition is true, for the reason given."""

    verb = "quarantine"
    condition: Node = field(default_factory=lambda: Node("lit"))
    reason: str = ""

    def describe(self) -> str:
        return f"quarantine {self.reason}"


@dataclass(frozen=True, eq=False)
class Sample(Step):
    """Keep about `fraction` of the rows, chosen by a hash of their content (of `by`, if given) and `seed`.

    `gathered`: the rows kept are put into a stage, so that later passes read no others. `rows`: how many were asked for, where `fraction`
    is what gives so many.
    """

    verb = "sample"
    fraction: float = 1.0
    by: tuple[str, ...] | None = None
    seed: int = 0
    gathered: bool = False
    rows: int | None = None

    def describe(self) -> str:
        return f"sample {self.rows} rows" if self.rows is not None else f"sample {100 * self.fraction:.3g}%"


@dataclass(frozen=True, eq=False)
class Select(Step):
    """These columns only, in this order."""

    verb = "select"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Drop(Step):
    """All columns but these."""

    verb = "drop"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rename(Step):
    """Columns under new names."""

    verb = "rename"
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class WithColumns(Step):
    """New or replaced columns, all computed from the columns as they were before."""

    verb = "with_columns"
    columns: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DropDuplicates(Step):
    """One row of each set of rows with equal keys (all columns, if None): the first by `order_by`, then by content."""

    verb = "drop_duplicates"
    keys: tuple[str, ...] | None = None
    order_by: tuple[str, ...] = ()
    descending: bool = False

    def describe(self) -> str:
        return "drop_duplicates" + (f"({', '.join(self.keys)})" if self.keys else "")


@dataclass(frozen=True, eq=False)
class Join(Step):
    """Rows of the left beside the matching rows of the right. `serve="embed"`: the right is a look-up constant of the graph."""

    verb = "join"
    left_on: tuple[str, ...] = ()
    right_on: tuple[str, ...] = ()
    how: str = "inner"
    serve: str | None = None
    suffix: str = "_right"

    def describe(self) -> str:
        return f"{self.how} join on {', '.join(self.left_on)}"


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a group: function, the expression it is taken over (None for count of rows), parameters, what orders the rows."""

    function: str
    of: Node | None
    params: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False)
class GroupBy(Step):
    """One row per group: the keys and the aggregates."""

    verb = "group_by"
    keys: tuple[str, ...] = ()
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)

    def describe(self) -> str:
        return f"group_by {', '.join(self.keys)}"


@dataclass(frozen=True, eq=False)
class Union(Step):
    """The rows of all inputs, columns by name. `missing`: "error", or "null" for columns that an input lacks."""

    verb = "union"
    missing: str = "error"


@dataclass(frozen=True, eq=False)
class Explode(Step):
    """One row for each element of a list. `empty`: "drop" or "null", for rows without elements; `position`: a column of the elements' places."""

    verb = "explode"
    column: str = ""
    empty: str = "drop"
    position: str | None = None

    def describe(self) -> str:
        return f"explode {self.column}"


@dataclass(frozen=True, eq=False)
class JoinAsof(Step):
    """Each left row beside one right row of the same keys: the last before it, the next, or the nearest.

    The last of `left_on` and `right_on` is the moment, those before it are keys.
    """

    verb = "join_asof"
    left_on: tuple[str, ...] = ()
    right_on: tuple[str, ...] = ()
    strategy: str = "backward"
    tolerance: Span | None = None
    allow_exact_matches: bool = True
    order_by: tuple[str, ...] = ()
    descending: bool = False
    suffix: str = "_right"

    def describe(self) -> str:
        return f"asof join on {', '.join(self.left_on)}"


@dataclass(frozen=True, eq=False)
class Shift(Step):
    """New columns with the values of the row that stands `n` places before, among those of its key; `fill` where there is none."""

    verb = "shift"
    columns: Mapping[str, Node] = field(default_factory=dict)
    n: int = 1
    by: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    fill: Node | None = None

    def describe(self) -> str:
        return f"shift {', '.join(self.columns)}"


@dataclass(frozen=True, eq=False)
class Rolling(Step):
    """New columns with aggregates of the window of each row, among the rows of its key."""

    verb = "rolling"
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)
    window: Span = ONE_ROW
    by: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    closed: str = "right"
    min_periods: int = 1

    def describe(self) -> str:
        return f"rolling {', '.join(self.aggregates)}"


@dataclass(frozen=True, eq=False)
class MapBatches(Step):
    """A user's function over record batches: row-wise, or (needs="table") over the whole table at once."""

    verb = "map_batches"
    udf: Mapping[str, Any] = field(default_factory=dict)
    needs: str = "rows"


@dataclass(frozen=True)
class Feature:
    """A written column: its expression and role ("feature", "label", "weight")."""

    node: Node
    role: str = "feature"


@dataclass(frozen=True, eq=False)
class Features(Step):
    """The end of a job: what is written."""

    verb = "features"
    features: Mapping[str, Feature] = field(default_factory=dict)
    keep: tuple[str, ...] | None = ()
    dtype: str = "float64"


def to_json(last: Step) -> list[dict[str, Any]]:
    """The plan as JSON values, steps in order, inputs by number, expressions by their keys; without places (no part of its meaning)."""
    index: dict[int, int] = {}
    out: list[dict[str, Any]] = []
    for step in last.walk():
        index[id(step)] = len(out)
        params = {f.name: _jsonable(getattr(step, f.name)) for f in fields(step) if f.name not in ("inputs", "site")}
        out.append({"verb": step.verb, "inputs": [index[id(s)] for s in step.inputs], **params})
    return out


def _jsonable(value: Any) -> Any:
    if isinstance(value, Node):
        return value.key
    if isinstance(value, Feature):
        return {"node": value.node.key, "role": value.role}
    if isinstance(value, Aggregate):
        of = None if value.of is None else value.of.key
        params = canonical.to_jsonable(value.params)
        return {"function": value.function, "of": of, "params": params, "order": [node.key for node in value.order]}
    if isinstance(value, Mapping):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_jsonable(v) for v in value]
    return canonical.to_jsonable(value)
