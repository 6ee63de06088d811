"""What people write by habit and an expression cannot do: words of pandas and NumPy, and Python that asks for a value at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from featureprep.errors import RequestError, short
from featureprep.site import site
from featureprep.suggest import no_attribute

_AGGREGATE = (
    "an expression looks at one row; over many rows: table.group_by(...).agg(x=fp.agg.mean(...)), or a transform such as T.standard_scale"
)
_FUNCTION = "decorate the function with fp.udf, and call it with columns"
_ELSEWHERE = {
    **dict.fromkeys(("agg", "count", "mean", "median", "nunique", "quantile", "std", "sum", "value_counts", "var"), _AGGREGATE),
    **dict.fromkeys(("apply", "map", "map_elements", "pipe", "transform"), _FUNCTION),
    **dict.fromkeys(("fillna", "fill_none", "ffill"), "write .fill_null(value)"),
    **dict.fromkeys(("diff", "lag", "lead", "pct_change", "shift"), 'write table.shift(before="delay", by="key", order_by="time")'),
    **dict.fromkeys(
        ("over", "rolling", "rolling_max", "rolling_mean", "rolling_min", "rolling_std", "rolling_sum"),
        'write table.rolling("7d", by="key", order_by="time").agg(mean=fp.agg.mean("delay"))',
    ),
    **dict.fromkeys(("isna", "isnull"), "write .is_null()"),
    **dict.fromkeys(("notna", "notnull"), "write .is_not_null()"),
    **dict.fromkeys(("astype", "to_type"), 'write .cast("int64")'),
    **dict.fromkeys(("isin", "in_"), "write .is_in([...])"),
    **dict.fromkeys(("alias", "as_", "name"), "the keyword is the name: features(name=expression)"),
    **dict.fromkeys(("mask", "where"), "write fp.when(condition).then(value).otherwise(other)"),
    "max": _AGGREGATE + "; the larger of two: fp.when(a > b).then(a).otherwise(b)",
    "min": _AGGREGATE + "; the smaller of two: fp.when(a < b).then(a).otherwise(b)",
    "replace": "write .map_values({old: new}, keep_unmapped=True); inside text: .str.replace(old, new)",
    "pow": "write x ** 2",
}
_NUMPY = {
    **{name: f"col(...).{name}()" for name in ("abs", "ceil", "exp", "floor", "log", "log1p", "sqrt")},
    "absolute": "col(...).abs()", "around": "col(...).round()", "clip": "col(...).clip(low, high)", "fabs": "col(...).abs()", "fmax": "col(...).clip(low, None)",
    "fmin": "col(...).clip(None, high)", "isin": "col(...).is_in([...])", "isnan": "col(...).is_nan()", "maximum": "col(...).clip(low, None)", "minimum": "col(...).clip(None, high)",
    "rint": "col(...).round()", "round": "col(...).round()", "square": "col(...) ** 2", "where": "fp.when(condition).then(value).otherwise(other)",
}  # fmt: skip
_OPERATORS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "floor_divide": "floordiv", "remainder": "mod",
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "bitwise_and": "and", "bitwise_or": "or",
}  # fmt: skip


def refused(what: str, hint: str) -> RequestError:
    """The error for a use that an expression has not."""
    return RequestError(what, where=site(), hint=hint)


class Spoken:
    """Base of what has words, such as `.str`: a word it does not have is answered with one that it has."""

    __slots__ = ()
    spoken: ClassVar[str]

    if not TYPE_CHECKING:  # type checkers shall know the words there are

        def __getattr__(self, name: str) -> Any:
            raise foreign_word(self.spoken, name, dir(type(self)), {})


class Traps:
    """What an expression is not: a value, a list, a column of pandas. Each use says what to write instead."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise refused(
            f"the expression {self!r} has no truth value before data is read",
            "combine conditions with & | ~ and parentheses, not with and, or, not, or a chain like 0 < x < 1; "
            "fp.when(...).then(...).otherwise(...) chooses; x.is_in([1, 2]) stands for `x in [1, 2]`",
        )

    def __iter__(self) -> Any:
        raise refused(
            f"the expression {self!r} cannot be iterated over",
            "it stands for one cell; of a cell that is a list: .list.get(0), .list.sum(), .list.max()",
        )

    def __contains__(self, item: Any) -> bool:
        raise refused(f"`in` cannot look into the expression {self!r}", "write .list.contains(item) or .str.contains(text)")

    def __getitem__(self, key: Any) -> Any:
        hint = "of a list: .list.get(0); of a struct: .struct.field('name'); of text: .str.slice(0, 3)"
        raise refused(f"the expression {self!r} has no items", hint)

    def __len__(self) -> int:
        raise refused(f"the expression {self!r} has no length before data is read", "write .str.len() or .list.len()")

    def __float__(self) -> float:
        hint = "write .log() for math.log, .sqrt() for math.sqrt, .cast('float64') for float"
        raise refused(f"the expression {self!r} is no number before data is read", hint)

    def __int__(self) -> int:
        raise refused(f"the expression {self!r} is no number before data is read", "write .cast('int64') for int")

    def __rpow__(self, base: Any) -> Any:
        known = isinstance(base, (int, float)) and not isinstance(base, bool) and 0 < base < math.inf
        hint = f"write (x * {math.log(base)!r}).exp()" if known else "write (x * math.log(base)).exp()"
        raise refused(f"{short(base)} ** {self!r} has a power that is no constant", hint)

    def __pos__(self) -> Any:
        raise refused(f"+{self!r} would change nothing", "leave the + away")

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        raise _no_numpy(function.__name__)


def check_power(base: Any, power: Any) -> None:
    """Say what to write in place of `base ** power`, where that is not a small whole power.

    Raises
    ------
    RequestError
    """
    shown = f"{base!r} ** {power!r}"
    if isinstance(power, Traps):
        raise refused(f"{shown} has a power that is no constant", "for x above 0: (x.log() * y).exp()")
    if not isinstance(power, (int, float)) or isinstance(power, bool) or not math.isfinite(power):
        return
    if power == 0.5:
        raise refused(f"{shown} is no whole power", "write .sqrt()")
    if power != int(power):
        raise refused(f"{shown} is no whole power", f"for x above 0: (x.log() * {power!r}).exp()")
    if power < 0:
        raise refused(f"{shown} is a power below 0", "write 1 / x" if power == -1 else f"write 1 / x ** {-int(power)}")
    if isinstance(power, float):
        raise refused(f"{shown} has a power that is no int", f"write x ** {int(power)}")


def foreign_word(owner: str, name: str, known: Iterable[str], inner: Mapping[str, Iterable[str]]) -> AttributeError:
    """The error for a word that expressions do not have; `inner` are those of `.str`, `.dt` and so on."""
    places = [f"{group}.{name}()" for group, words in inner.items() if name in words]
    meant = {name: f"write {' or '.join(places)}"} if places else {}
    return no_attribute(owner, name, (word for word in known if word not in ("node", "spoken")), {**meant, **_ELSEWHERE})


def from_numpy(ufunc: Any, method: str, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operation that a NumPy operator means where its other side is a NumPy number, and its arguments.

    Raises
    ------
    RequestError
        For NumPy's functions: they need values, and an expression has none.
    """
    name = ufunc.__name__
    if method != "__call__" or name not in _OPERATORS or len(inputs) != 2:
        raise _no_numpy(name)
    return (_OPERATORS[name], *(value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value for value in inputs))


def _no_numpy(name: str) -> RequestError:
    hint = f"write {_NUMPY[name]}" if name in _NUMPY else _AGGREGATE if _ELSEWHERE.get(name) == _AGGREGATE else _FUNCTION
    return refused(f"np.{name} needs values, and an expression has none before data is read", hint)
