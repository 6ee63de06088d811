"""The verbs of a table that look along an order: what was known at a moment, the row before, the window of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from featureprep.errors import ArgumentError
from featureprep.expr.expression import to_column, to_node
from featureprep.expr.params import BOOL, NAME, check, integer, one_of
from featureprep.plan import steps
from featureprep.plan.aggregation import Aggregation
from featureprep.plan.names import column_names, named_values
from featureprep.plan.no_rows import NoRows
from featureprep.plan.span import Span, tolerance_span, window_span
from featureprep.relational.join_asof import STRATEGIES
from featureprep.relational.windows import CLOSED
from featureprep.site import site

_FAR = (1 << 31) - 1

T = TypeVar("T", bound="OrderedVerbs")


class OrderedVerbs(NoRows):
    """Verbs over an explicit key and order. Rows that the order leaves equal are told apart by content, never by arrival."""

    __slots__ = ("step",)

    def __init__(self, step: steps.Step) -> None:
        self.step = step

    def join_asof(
        self,
        other: Any,
        on: str | None = None,
        *,
        left_on: str | None = None,
        right_on: str | None = None,
        by: str | Sequence[str] | None = None,
        left_by: str | Sequence[str] | None = None,
        right_by: str | Sequence[str] | None = None,
        strategy: str = "backward",
        tolerance: Any = None,
        allow_exact_matches: bool = True,
        order_by: str | Sequence[str] = (),
        descending: bool = False,
        suffix: str = "_right",
    ) -> Self:
        """Each row beside the row of `other` that was the last one known at its moment; nulls where there is none.

        Parameters
        ----------
        other : Table
            Another source or table of the job.
        on : column
            The moment, where both tables call it the same: a timestamp, date or number (or, without `tolerance` and "nearest", anything
            that has an order). Null and NaN never match. `other`'s moment is a column of the result only if it has another name.
        left_on, right_on : column
            The moment in either table, in place of `on`.
        by : column or columns, optional
            Keys that must be equal, where both tables call them the same; null never matches.
        left_by, right_by : column or columns, optional
            The keys of either table, in place of `by`.
        strategy : {"backward", "forward", "nearest"}
            The last row at or before the moment, the first at or after it, or the nearer of the two (of equally near ones the earlier).
        tolerance : timedelta, text such as "2h", or number, optional
            The farthest that a match may be away.
        allow_exact_matches : bool
            Whether a row of `other` of the very same moment may match.
        order_by : column or columns of `other`
            Of rows of `other` with the same keys and moment the first by these may match (nulls last), then by content.
        descending : bool
            The largest first.
        suffix : str
            Added to a right column whose name the left has too.

        Examples
        --------
        >>> t = t.join_asof(zones, on="start", by="zone", tolerance="365d")
        """
        limits = {
            "strategy": one_of(*STRATEGIES), "allow_exact_matches": BOOL, "descending": BOOL, "suffix": NAME,
        }  # fmt: skip
        given = {"strategy": strategy, "allow_exact_matches": allow_exact_matches, "descending": descending, "suffix": suffix}
        check("join_asof", limits, given, where=site())
        if not isinstance(other, OrderedVerbs):
            raise ArgumentError.of("other", "join_asof", "a Table", other, where=site())
        moments = _pair("on", on, left_on, right_on, needed=True)
        if len(moments[0]) != 1 or len(moments[1]) != 1:
            raise ArgumentError("join_asof(on=) is one column", where=site(), hint="by= names the keys that must be equal")
        keys = _pair("by", by, left_by, right_by, needed=False)
        order = column_names(order_by, "join_asof") if order_by else ()
        left, right = (column_names((*key, *moment), "join_asof") for key, moment in zip(keys, moments, strict=True))
        return type(self)(
            steps.JoinAsof(
                (self.step, other.step),
                site(),
                left,
                right,
                strategy,
                tolerance_span(tolerance),
                allow_exact_matches,
                order,
                descending,
                suffix,
            )
        )

    def shift(
        self,
        columns: Mapping[str, Any] | None = None,
        /,
        *,
        n: int = 1,
        by: str | Sequence[str] = (),
        order_by: str | Sequence[str] = (),
        fill_value: Any = None,
        **more: Any,
    ) -> Self:
        """New columns with values of the row `n` places before (lag), or after (lead, for n below 0), among the rows of the same key.

        Parameters
        ----------
        columns : mapping, optional
            New name to the column or expression it is taken of; beside `**more`.
        n : int
            How many places.
        by : column or columns, optional
            The key; null is a key of its own. Without it all rows are one sequence, and meet in one place.
        order_by : column or columns
            Needed: what the rows of a key are ordered by, ascending; of equal ones the order is that of their content. A row whose first one is
            null or NaN is in no sequence: it has no neighbours and is nobody's. In the others nulls are last.
        fill_value : value or expression
            Where there is no such row; null by default.

        Examples
        --------
        >>> t = t.shift(last_delay="delay", by="plane", order_by="departure")
        >>> t = t.shift({"next stop": col("stop").str.upper()}, n=-1, by="plane", order_by=["departure", "flight"], fill_value="NONE")
        """
        check("shift", {"n": integer(-_FAR, _FAR)}, {"n": n}, where=site())
        nodes = {name: to_column(value) for name, value in named_values("shift", columns, more).items()}
        fill = None if fill_value is None else to_node(fill_value)
        return type(self)(steps.Shift((self.step,), site(), nodes, n, _some(by, "shift"), _order(order_by, "shift"), fill))

    def rolling(
        self, window: Any, *, by: str | Sequence[str] = (), order_by: str | Sequence[str] = (), closed: str = "right", min_periods: int = 1
    ) -> Rolling[Self]:
        """A window for each row, among the rows of the same key; `.agg(...)` adds aggregates of it to the row.

        Parameters
        ----------
        window : int, timedelta or text
            So many rows; or, of a date or timestamp, a length of time such as "2h" or "1d12h"; or, of integers, a length such as "10i".
        by : column or columns, optional
            The key; null is a key of its own. Without it all rows are one sequence, and meet in one place.
        order_by : column or columns
            Needed, as `shift` has it; along a length, one column. The window of a row whose first one is null or NaN is empty.
        closed : {"right", "left", "both", "none"}
            Which ends of the window belong to it. Of n rows, "right" is the row and the n - 1 before it, "left" the n before it. Of a
            length p, a row at t has the rows in (t - p, t] or [t - p, t): with "left" and "none" it sees no row of its own moment.
        min_periods : int
            Of fewer values than this, aggregates are null (for first, last and collect: of fewer rows), but for count and n_unique, which say what
            there is. With 0, of no values sum is 0, any false, all true and collect an empty list; the others are null.

        Examples
        --------
        >>> t = t.rolling("7d", by="carrier", order_by="departure", closed="left").agg(late=fp.agg.mean("delay"), n=fp.agg.count())
        >>> t = t.rolling(10, by="carrier", order_by=["departure", "flight"]).agg(usual=fp.agg.quantile("delay", 0.5))
        """
        check(
            "rolling",
            {"closed": one_of(*CLOSED), "min_periods": integer(0, _FAR)},
            {"closed": closed, "min_periods": min_periods},
            where=site(),
        )
        span, order = window_span(window), _order(order_by, "rolling")
        if span.unit != "rows" and len(order) > 1:
            raise ArgumentError(
                "rolling along a length has one order column", where=site(), hint="rows of the same moment are in a window together"
            )
        return Rolling(self, span, _some(by, "rolling"), order, closed, min_periods)


class Rolling(NoRows, Generic[T]):
    """Windows, before their aggregates are named."""

    __slots__ = ("_by", "_closed", "_min_periods", "_order", "_table", "_window")
    spoken = "rolling(...)"

    def __init__(self, table: T, window: Span, by: tuple[str, ...], order: tuple[str, ...], closed: str, min_periods: int) -> None:
        self._table = table
        self._window = window
        self._by = by
        self._order = order
        self._closed = closed
        self._min_periods = min_periods

    def agg(self, named: Mapping[str, Aggregation] | None = None, /, **aggregates: Aggregation) -> T:
        """The rows as they are, with each aggregate of their window as a new or replaced column: what `group_by` makes of the window's rows.

        Sums, means, variances and quantiles take no decimals. `first`, `last` and `collect` go by the order that they name, not by the window's.

        Examples
        --------
        >>> t = t.rolling("1h", by="company", order_by="start").agg(trips=fp.agg.count(), usual=fp.agg.mean("fare"))
        """
        both = named_values("agg", named, aggregates)
        for name, value in both.items():
            if not isinstance(value, Aggregation):
                raise ArgumentError.of(name, "agg", "an aggregate such as fp.agg.mean('fare')", value, where=site())
        made = {name: value.aggregate for name, value in both.items()}
        step = steps.Rolling((self._table.step,), site(), made, self._window, self._by, self._order, self._closed, self._min_periods)
        return type(self._table)(step)


def _order(columns: Any, owner: str) -> tuple[str, ...]:
    if not columns and not isinstance(columns, str):
        raise ArgumentError(f"{owner} needs order_by=: rows have no order of their own", where=site(), hint='order_by="time"')
    return column_names(columns, f"{owner}(order_by=)")


def _some(columns: Any, owner: str) -> tuple[str, ...]:
    return column_names(columns, f"{owner}(by=)") if columns else ()


def _pair(word: str, both: Any, left: Any, right: Any, *, needed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of either table."""
    if both is None and left is None and right is None and not needed:
        return (), ()
    if (both is None) == (left is None and right is None) or (left is None) != (right is None):
        raise ArgumentError(
            f"join_asof needs {word}=, or both left_{word}= and right_{word}=", where=site(), hint='join_asof(other, on="time")'
        )
    found = column_names(left if both is None else both, "join_asof"), column_names(right if both is None else both, "join_asof")
    if len(found[0]) != len(found[1]):
        raise ArgumentError(f"join_asof has {len(found[0])} left keys and {len(found[1])} right keys", where=site())
    return found
