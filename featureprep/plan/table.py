"""`Table`: the verbs of a job. Each returns a new table; nothing is read, and column names are checked when data is bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featureprep.errors import ArgumentError, short
from featureprep.expr.expression import Expr, When, coalesce, col, site, to_column, to_node
from featureprep.expr.node import describe
from featureprep.expr.params import BOOL, NAME, NONE, check, integer, number, one_of
from featureprep.plan import steps
from featureprep.plan.aggregation import Aggregation
from featureprep.plan.names import column_names as _names
from featureprep.plan.names import named_values as _named
from featureprep.plan.no_rows import NoRows
from featureprep.plan.ordered_verbs import OrderedVerbs

JOINS = ("inner", "left", "semi", "anti")
RESERVED = ("keep", "dtype")


class Table(OrderedVerbs):
    """A table inside a job: a handle on a plan."""

    __slots__ = ()
    spoken = "a table"

    def __repr__(self) -> str:
        from featureprep.report.visible import one_line

        return "Table: " + " -> ".join(one_line(s.describe()) for s in self.step.walk())

    def _repr_html_(self) -> str:
        from featureprep.notebook.plan import table_html

        return table_html(self.step)

    def select(self, *columns: str) -> Table:
        """Only these columns, in this order.

        Examples
        --------
        >>> t = t.select("fare", "miles")
        """
        return Table(steps.Select((self.step,), site(), _names(columns, "select")))

    def drop(self, *columns: str) -> Table:
        """All columns but these.

        Examples
        --------
        >>> t = t.drop("plate")
        """
        return Table(steps.Drop((self.step,), site(), _names(columns, "drop")))

    def rename(self, names: Mapping[str, str] | None = None, **more: str) -> Table:
        """Columns under new names: `rename({"old": "new"})` or `rename(old="new")`.

        Examples
        --------
        >>> t = t.rename({"Trip Miles": "miles"})
        """
        mapping = _named("rename", names, more)
        _names(mapping.values(), "rename")
        return Table(steps.Rename((self.step,), site(), mapping))

    def with_columns(self, columns: Mapping[str, Any] | None = None, **more: Any) -> Table:
        """New or replaced columns; every expression sees the columns as they were before this verb.

        Examples
        --------
        >>> t = t.with_columns(per_mile=col("fare") / col("miles"))
        >>> t = t.with_columns({"per mile": col("fare") / col("miles")})
        """
        exprs = {name: to_node(value) for name, value in _named("with_columns", columns, more).items()}
        return Table(steps.WithColumns((self.step,), site(), exprs))

    def filter(self, condition: Expr, *, name: str | None = None) -> Table:
        """Keep the rows where `condition` is true (null counts as false); the others are dropped under `name`.

        Examples
        --------
        >>> t = t.filter(col("fare") > 0, name="unpaid")
        """
        check("filter", {"name": NAME | NONE}, {"name": name}, where=site())
        node = to_node(condition)
        return Table(steps.Filter((self.step,), site(), node, name or describe(node)))

    def drop_nulls(self, *columns: str, name: str | None = None) -> Table:
        """Drop rows in which one of these columns (any column, if none is named) is null or NaN.

        Examples
        --------
        >>> t = t.drop_nulls("fare", "miles", name="incomplete")
        """
        check("drop_nulls", {"name": NAME | NONE}, {"name": name}, where=site())
        names = _names(columns, "drop_nulls") if columns else None
        rule = name or f"drop_nulls({', '.join(names or ())})"
        return Table(steps.DropNulls((self.step,), site(), names, rule))

    def fill_nulls(self, values: Mapping[str, Any] | None = None, **more: Any) -> Table:
        """Null in these columns replaced by a value or expression: `fill_nulls(age=0)`. NaN stays.

        Examples
        --------
        >>> t = t.fill_nulls(tips=0, company="none")
        """
        given = _named("fill_nulls", values, more)
        return self.with_columns({name: coalesce(col(name), value) for name, value in given.items()})

    def quarantine(self, *, when: Expr, reason: str) -> Table:
        """Set rows aside where `when` is true; they are stored with the version, with this reason and their origin.

        Examples
        --------
        >>> t = t.quarantine(when=col("fare") > 10_000, reason="fare is implausible")
        """
        if isinstance(when, When):
            raise ArgumentError("quarantine(when=) takes a condition", where=site())
        check("quarantine", {"reason": NAME}, {"reason": reason}, where=site())
        return Table(steps.Quarantine((self.step,), site(), to_node(when), reason))

    def sample(self, fraction: float, *, by: str | Sequence[str] | None = None, seed: int = 0) -> Table:
        """Keep about this fraction of the rows: the same rows on every engine and every run, chosen by a hash of their content.

        Parameters
        ----------
        fraction : float in [0, 1]
            The share to keep.
        by : column or columns, optional
            Rows with equal values here are kept or dropped together; all columns by default.
        seed : int
            Another seed chooses other rows.

        Examples
        --------
        >>> t = t.sample(0.1, by="taxi_id")
        """
        limits = {"fraction": number(0, 1), "seed": integer(0, 2**63 - 1)}
        check("sample", limits, {"fraction": fraction, "seed": seed}, where=site())
        keys = None if by is None else _names(by, "sample")
        return Table(steps.Sample((self.step,), site(), float(fraction), keys, seed))

    def drop_duplicates(
        self, keys: str | Sequence[str] | None = None, *, order_by: str | Sequence[str] = (), descending: bool = False
    ) -> Table:
        """One row of each set of rows that have equal `keys` (all columns, by default).

        The row that stays is the first by `order_by` (nulls last), then by content: never by arrival. Null equals null here, NaN equals NaN.

        Examples
        --------
        >>> t = t.drop_duplicates("trip_id", order_by="reported", descending=True)
        """
        check("drop_duplicates", {"descending": BOOL}, {"descending": descending}, where=site())
        wanted = None if keys is None else _names(keys, "drop_duplicates")
        order = _names(order_by, "drop_duplicates") if order_by else ()
        return Table(steps.DropDuplicates((self.step,), site(), wanted, order, descending))

    def join(
        self,
        other: Table,
        on: str | Sequence[str] | None = None,
        *,
        left_on: str | Sequence[str] | None = None,
        right_on: str | Sequence[str] | None = None,
        how: str = "inner",
        serve: str | None = None,
        suffix: str = "_right",
    ) -> Table:
        """Rows beside the rows of `other` with equal keys. Null keys never match.

        Parameters
        ----------
        other : Table
            Another source or table of the job.
        on : column or columns, optional
            The keys, where both tables call them the same.
        left_on, right_on : column or columns, optional
            The keys of either table, in place of `on`.
        how : {"inner", "left", "semi", "anti"}
            semi and anti keep the left rows that have, or lack, a match, and add no columns.
        serve : {"embed"}, optional
            Store `other` as a look-up constant of the graph, so that the join is part of what is served. Its keys must be unique
            and `how` be "left" or "inner".
        suffix : str
            Added to a right column whose name the left has too.

        Examples
        --------
        >>> t = t.join(zones, on="zone", how="left", serve="embed")
        >>> t = t.join(zones, left_on="pickup_zone", right_on="zone")
        """
        limits = {"how": one_of(*JOINS), "suffix": NAME, "serve": one_of("embed") | NONE}
        check("join", limits, {"how": how, "serve": serve, "suffix": suffix}, where=site())
        if not isinstance(other, Table):
            raise ArgumentError.of("other", "join", "a Table", other, where=site())
        if (on is None) == (left_on is None and right_on is None) or (left_on is None) != (right_on is None):
            raise ArgumentError("join needs on=, or both left_on= and right_on=", where=site(), hint='join(other, on="id")')
        left = _names(on if on is not None else left_on, "join")
        right = _names(on if on is not None else right_on, "join")
        if len(left) != len(right):
            raise ArgumentError(f"join has {len(left)} left keys and {len(right)} right keys", where=site())
        if serve == "embed" and how not in ("left", "inner"):
            raise ArgumentError('join(serve="embed") must be a left or inner join', where=site())
        return Table(steps.Join((self.step, other.step), site(), left, right, how, serve, suffix))

    def group_by(self, *keys: str) -> Grouped:
        """Groups of rows with equal keys (null is a key of its own); `.agg(...)` makes one row of each.

        Examples
        --------
        >>> t = t.group_by("company", "weekday").agg(trips=fp.agg.count(), fare=fp.agg.mean("fare"))
        """
        return Grouped(self, _names(keys, "group_by"))

    def union(self, *others: Table, missing: str = "error") -> Table:
        """The rows of this table and of others, columns matched by name.

        A column whose types differ gets one that holds them: integers int64 (uint64 if all are unsigned), mixed numbers float64, decimals
        the decimal with the digits of all, a date beside a timestamp a timestamp; others are refused.

        Parameters
        ----------
        *others : Table
            Other sources or tables of the job; one that is named twice gives its rows twice.
        missing : {"error", "null"}
            What becomes of a column that one of the tables lacks: refused, or null in its rows.

        Examples
        --------
        >>> t = t.union(zones, missing="null")
        """
        check("union", {"missing": one_of("error", "null")}, {"missing": missing}, where=site())
        if not others:
            raise ArgumentError("union names no other table", where=site(), hint="today.union(yesterday)")
        for other in others:
            if not isinstance(other, Table):
                raise ArgumentError.of("others", "union", "tables", other, where=site())
        return Table(steps.Union((self.step, *(other.step for other in others)), site(), missing))

    def explode(self, column: str, *, empty: str = "drop", position: str | None = None) -> Table:
        """One row for each element of a list, beside the row's other columns; the column then holds the elements, null ones too.

        Parameters
        ----------
        column : str
            Of lists.
        empty : {"drop", "null"}
            What becomes of a row whose list is empty or null: it is dropped, by the rules `empty list` and `null list`, or keeps its place
            with a null element.
        position : str, optional
            Name of a new int64 column: the element's place in its list, from 0 (null where there is no element).

        Examples
        --------
        >>> t = t.explode("stops", position="stop")
        """
        check(
            "explode",
            {"column": NAME, "empty": one_of("drop", "null"), "position": NAME | NONE},
            {"column": column, "empty": empty, "position": position},
            where=site(),
        )
        _names((column,) if position is None else (column, position), "explode")
        return Table(steps.Explode((self.step,), site(), column, empty, position))

    def map_batches(self, udf: Any, *, needs: str = "rows") -> Table:
        """A function over record batches, made by `fp.udf`. Row-wise (checked by re-splitting a sample), or `needs="table"`.

        Examples
        --------
        >>> @fp.udf({"miles": "float64"}, "struct<km: float64>", mode="row")
        ... def metric(miles):
        ...     return {"km": None if miles is None else miles * 1.609344}
        >>> t = t.map_batches(metric)
        """
        from featureprep.expr.udf import Udf

        check("map_batches", {"needs": one_of("rows", "table")}, {"needs": needs}, where=site())
        if not isinstance(udf, Udf):
            raise ArgumentError.of("udf", "map_batches", "a function decorated with fp.udf", udf, where=site())
        return Table(steps.MapBatches((self.step,), site(), udf.spec(), needs))

    def features(
        self, named: Mapping[str, Any] | None = None, /, *, keep: Sequence[str] = (), dtype: str = "float64", **features: Any
    ) -> Table:
        """The columns to write: the last verb of a job.

        Parameters
        ----------
        named : mapping, optional
            Features by name, for names that are no keywords; beside `**features`.
        keep : list of str
            Columns written unchanged, that are no features.
        dtype : {"float64", "float32"}
            Of every float written. Computed in float64, cast last.
        **features
            Expressions and transforms by the name of the column they become; `fp.label(...)` and `fp.weight(...)` give the role.

        Examples
        --------
        >>> t = t.features(fare=T.standard_scale("fare"), tipped=fp.label(col("tips") > 0), keep=["trip_id"])
        """
        for word, value in (("keep", keep), ("dtype", dtype)):
            if isinstance(value, (Expr, Role)):
                hint = f'features({{"{word}": ...}}) takes any name; or give it another'
                raise ArgumentError(f"{word}= is an option of features, not a feature's name", where=site(), hint=hint)
        check("features", {"dtype": one_of("float64", "float32")}, {"dtype": dtype}, where=site())
        kept = _names(keep, "features") if keep else ()
        if named is not None and not isinstance(named, Mapping):
            raise ArgumentError(
                f"features({short(named)}) has no name for the feature", where=site(), hint="the keyword is the name: features(age=...)"
            )
        features = {**(named or {}), **features}
        both = sorted(set(kept) & set(features))
        if both:
            shown = ", ".join(map(short, both[:5]))
            raise ArgumentError(
                f"{shown} would be written twice: as a feature and by keep=", where=site(), hint="leave one, or rename the feature"
            )
        if not features and not kept:
            raise ArgumentError(
                "features() names nothing to write", where=site(), hint='features(age=T.standard_scale("age"), keep=["id"])'
            )
        if features:
            _names(features, "features")
        found = {name: _feature(value) for name, value in features.items()}
        for role in ("label", "weight"):
            many = [name for name, feature in found.items() if feature.role == role]
            if len(many) > 1:
                raise ArgumentError(f"there are {len(many)} {role}s: {', '.join(many)}", where=site(), hint="one is allowed")
        return Table(steps.Features((self.step,), site(), found, kept, dtype))


class Role:
    """An expression with the role of label or weight."""

    __slots__ = ("node", "role")

    def __init__(self, value: Any, role: str) -> None:
        self.node = to_column(value)
        self.role = role


def label(value: Any) -> Role:
    """Mark a feature as the label: written, never in X, not part of `graph(row)`. Text names a column."""
    return Role(value, "label")


def weight(value: Any) -> Role:
    """Mark a feature as the sample weight: as `label`."""
    return Role(value, "weight")


def _feature(value: Any) -> steps.Feature:
    if isinstance(value, Role):
        return steps.Feature(value.node, value.role)
    if isinstance(value, (list, tuple)):
        raise ArgumentError(
            f"a feature is {value!r:.80}, a list",
            where=site(),
            hint="fp.transforms.assemble(...) puts columns together; fp.lit([...]) is a constant list",
        )
    return steps.Feature(to_column(value))


class Grouped(NoRows):
    """Groups, before their aggregates are named."""

    __slots__ = ("_keys", "_table")
    spoken = "group_by(...)"

    def __init__(self, table: Table, keys: tuple[str, ...]) -> None:
        self._table = table
        self._keys = keys

    def agg(self, named: Mapping[str, Aggregation] | None = None, /, **aggregates: Aggregation) -> Table:
        """One row per group: the keys, and each aggregate under its name.

        Examples
        --------
        >>> t = t.group_by("company").agg(trips=fp.agg.count(), furthest=fp.agg.max("miles"))
        """
        aggregates = _named("agg", named, aggregates)
        clash = sorted(set(aggregates) & set(self._keys))
        if clash:
            raise ArgumentError(f"agg gives the name of a key to an aggregate: {clash}", where=site())
        for name, value in aggregates.items():
            if not isinstance(value, Aggregation):
                raise ArgumentError.of(name, "agg", "an aggregate such as fp.agg.mean('fare')", value, where=site())
        made = {name: value.aggregate for name, value in aggregates.items()}
        return Table(steps.GroupBy((self._table.step,), site(), self._keys, made))
