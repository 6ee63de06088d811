"""`fp.agg`: the aggregates of a group, as a job says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from featureprep.errors import ArgumentError
from featureprep.expr.expression import site, to_column
from featureprep.expr.params import BOOL, check, integer, number
from featureprep.plan import steps
from featureprep.suggest import no_attribute

_ALIASES = {
    "avg": "Did you mean mean?",
    "nunique": "Did you mean n_unique?",
    "count_distinct": "Did you mean n_unique?",
    "stddev": "Did you mean std?",
    "variance": "Did you mean var?",
    "percentile": "Did you mean quantile?",
    "list": "Did you mean collect?",
    "collect_list": "Did you mean collect?",
    "size": "Did you mean count?",
    "len": "Did you mean count?",
}


class Aggregation:
    """An aggregate function over a column, inside `agg`. Made by `fp.agg.sum("x")` and its kin."""

    __slots__ = ("aggregate",)

    def __init__(self, function: str, of: Any = None, *, order_by: Any = (), **params: Any) -> None:
        many = isinstance(order_by, Sequence) and not isinstance(order_by, str)
        order = tuple(to_column(one) for one in (order_by if many else (order_by,)))
        self.aggregate = steps.Aggregate(function, None if of is None else to_column(of), params, order)


class _Namespace(type):
    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any:
            raise no_attribute("fp.agg", name, vars(cls), _ALIASES)


class agg(metaclass=_Namespace):  # noqa: N801  (a namespace of functions, read as fp.agg.sum)
    """Aggregates of a group.

    Nulls are left out, but by first, last and collect; NaN and infinities are left out of sum, mean, std, var and quantiles, as
    everywhere (SPEC.md).
    """

    @staticmethod
    def count(of: Any = None) -> Aggregation:
        """Number of rows; of values that are not null, where a column is given."""
        return Aggregation("count", of)

    @staticmethod
    def sum(of: Any) -> Aggregation:
        """Sum, exactly rounded; 0 for no values. Integers stay integers, overflow is malformed."""
        return Aggregation("sum", of)

    @staticmethod
    def mean(of: Any) -> Aggregation:
        """Mean, exactly rounded; null for no values."""
        return Aggregation("mean", of)

    @staticmethod
    def std(of: Any, *, ddof: int = 0) -> Aggregation:
        """Standard deviation, the root of `var`."""
        check("std", {"ddof": integer(0, 1)}, {"ddof": ddof}, where=site())
        return Aggregation("std", of, ddof=ddof)

    @staticmethod
    def var(of: Any, *, ddof: int = 0) -> Aggregation:
        """Variance, exactly rounded: squared distances from the mean, divided by n - ddof; null where that is not above 0."""
        check("var", {"ddof": integer(0, 1)}, {"ddof": ddof}, where=site())
        return Aggregation("var", of, ddof=ddof)

    @staticmethod
    def min(of: Any) -> Aggregation:
        """Smallest value; null for none."""
        return Aggregation("min", of)

    @staticmethod
    def max(of: Any) -> Aggregation:
        """Largest value; null for none."""
        return Aggregation("max", of)

    @staticmethod
    def quantile(of: Any, q: float) -> Aggregation:
        """Exact quantile (type 7) for a q from 0 to 1; null for no values."""
        check("quantile", {"q": number(0, 1)}, {"q": q}, where=site())
        return Aggregation("quantile", of, q=float(q))

    @staticmethod
    def median(of: Any) -> Aggregation:
        """`quantile(of, 0.5)`."""
        return Aggregation("quantile", of, q=0.5)

    @staticmethod
    def n_unique(of: Any) -> Aggregation:
        """Number of different values that are not null."""
        return Aggregation("n_unique", of)

    @staticmethod
    def any(of: Any) -> Aggregation:
        """Whether one value is true; false for no values."""
        return Aggregation("any", of)

    @staticmethod
    def all(of: Any) -> Aggregation:
        """Whether no value is false; true for no values."""
        return Aggregation("all", of)

    @staticmethod
    def first(of: Any, order_by: Any) -> Aggregation:
        """The value, null too, of the row that is first by `order_by` (one or several); of equal ones the smallest value."""
        return Aggregation("first", of, order_by=_some(order_by, "first"))

    @staticmethod
    def last(of: Any, order_by: Any) -> Aggregation:
        """As `first`, of the row with the largest `order_by`; of equal ones the smallest value."""
        return Aggregation("last", of, order_by=_some(order_by, "last"))

    @staticmethod
    def collect(of: Any, order_by: Any = (), *, descending: bool = False) -> Aggregation:
        """The values as a list, nulls too: by `order_by`, and of equal ones (or without it) by value, the smallest first."""
        check("collect", {"descending": BOOL}, {"descending": descending}, where=site())
        return Aggregation("collect", of, order_by=order_by, descending=descending)


def _some(order_by: Any, owner: str) -> Any:
    if order_by is None or (isinstance(order_by, Sequence) and not len(order_by)):
        raise ArgumentError(f"{owner} names no column to order by", where=site(), hint=f'fp.agg.{owner}("fare", order_by="day")')
    return order_by
