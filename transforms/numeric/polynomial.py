"""polynomial: products of numbers, and of their powers, up to a degree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, register
from featureprep.expr.params import BOOL, MALFORMED, NAME, integer, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._columns import names_of
from featureprep.transforms._vectors import dense_array, with_nan
from featureprep.transforms.numeric._numbers import F64, numbers
from featureprep.types import dense

_MOST = 10_000
Term = tuple[int, ...]


def polynomial(
    *columns: str | Expr,
    degree: int = 2,
    interaction_only: bool = False,
    include_bias: bool = False,
    missing: Any = "keep",
    malformed: str | None = None,
) -> Expr:
    """The numbers and all products of them with at most `degree` factors, in one vector.

    Parameters
    ----------
    *columns : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    degree : int, 1 to 16
        Factors of a product, at most.
    interaction_only : bool
        Only products of different columns: no squares or higher powers.
    include_bias : bool
        Begin with a 1.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" makes both NaN in every element that has the column for a factor; a number is put in for both.
    malformed : {"null", "error", "quarantine"}, optional
        For a product of 0 and an infinity, which is no number: the whole vector is null, or the row is rejected. The job's policy by default.

    Returns
    -------
    Expr
        fixed_size_list<float64>: elements by their number of factors, then by the order of the columns. They are named `a`, `b`, `a^2`, `a b`,
        `b^2`, the bias `1`; a column is named as the one column that it reads, or by its expression.

    Raises
    ------
    ArgumentError
        When no column is given, an argument is outside its limits, two elements would have the same name, or there would be more than
        10000 elements.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    A product is taken from left to right in float64; one too large is an infinity. Nothing is learned: an empty, constant or all-null column
    is nothing special. There are no unknown values.

    References
    ----------
    scikit-learn, `sklearn.preprocessing.PolynomialFeatures`; the same elements, order and names.

    Examples
    --------
    >>> polynomial("a", "b", degree=2)
    polynomial(a, b, degree=2, include_bias=False, interaction_only=False, names=['a', 'b'])
    """
    nodes = [as_column("polynomial", column, missing) for column in columns]
    if not nodes:
        raise ArgumentError("polynomial is given no columns", where=site())
    options = {"interaction_only": interaction_only, "include_bias": include_bias, "malformed": malformed}
    return apply("polynomial", *nodes, degree=degree, names=names_of(nodes), **options)


@register
class Polynomial(Op):
    """The products of the arguments."""

    name = "polynomial"
    arity = (1, None)
    limits = {
        "degree": integer(1, 16),
        "interaction_only": BOOL,
        "include_bias": BOOL,
        "malformed": MALFORMED,
        "names": sequence(NAME, at_least=1),
    }
    kinds = ("malformed",)

    def check(self, node: Node) -> None:
        super().check(node)
        params, n = node.params, len(node.args)
        if len(params["names"]) != n:
            raise ArgumentError.of("names", self.name, "one for each column", list(params["names"]), where=node.site)
        degree = params["degree"]
        counts = [math.comb(n, d) if params["interaction_only"] else math.comb(n + d - 1, d) for d in range(1, degree + 1)]
        size = params["include_bias"] + sum(counts)  # exact: integers
        if size > _MOST:
            raise ArgumentError(
                f"polynomial of {n} columns to degree {degree} has {size:,} elements, and at most {_MOST:,} are made",
                where=node.site,
                hint="give fewer columns, a lower degree, or interaction_only=True",
            )
        names = _names(node)
        if len(set(names)) < len(names):
            twice = next(name for i, name in enumerate(names) if name in names[:i])
            raise ArgumentError(f"polynomial has two elements named {twice!r}", where=node.site, hint="rename a column, or leave one out")

    def bind(self, call: Call) -> Signature:
        return Signature(dense(F64, len(_terms(call.node))), numbers(call), nullable=False)

    def elements(self, call: Call) -> list[str]:
        return _names(call.node)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        terms, columns = _terms(call.node), [with_nan(arg) for arg in args]
        place = {term: at for at, term in enumerate(terms)}
        out = np.ones((len(terms), len(args[0])))
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            for at, term in enumerate(terms):
                if len(term) == 1:
                    out[at] = columns[term[0]]
                elif term:
                    np.multiply(out[place[term[:-1]]], columns[term[-1]], out=out[at])
        new: Mask = np.zeros(out.shape[1], np.bool_)
        given = [column != column for column in columns]
        for at, term in enumerate(terms):
            nan = out[at] != out[at] if len(term) > 1 else new
            if nan.any():
                for i in set(term):
                    nan = nan & ~given[i]
                new |= nan
        issues.add("malformed", new)
        return dense_array(np.ascontiguousarray(out.T), F64)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        terms, columns, made = _terms(call.node), [], dict[Term, str]()
        nan = code.const(math.nan)
        for x in args:
            columns.append(code.new() if x.nullable else x.name)
            if x.nullable:
                code.emit(f"{columns[-1]} = {nan} if {x} is None else {x}")
        for term in terms:
            if len(term) > 1:
                made[term] = code.new()
                code.emit(f"{made[term]} = {made[term[:-1]]} * {columns[term[-1]]}")
            else:
                made[term] = columns[term[0]] if term else code.const(1.0)
        out = code.new()
        code.emit(f"{out} = [{', '.join(made[term] for term in terms)}]")
        products = [made[term] for term in terms if len(set(term)) > 1]
        if products:
            tests = " or ".join(f"{name} != {name}" for name in products)
            with code.block(f"if ({tests}) and {code.const(_new_nan(terms))}({out}, ({', '.join(columns)},)):"):
                code.fail(call, "malformed", out)
        return out


def _terms(node: Node) -> list[Term]:
    """The factors of each element, by position among the arguments; of the bias none. What precedes the last factor is an element too."""
    choose = combinations if node.params["interaction_only"] else combinations_with_replacement
    terms: list[Term] = [()] if node.params["include_bias"] else []
    for degree in range(1, node.params["degree"] + 1):
        terms += choose(range(len(node.args)), degree)
    return terms


def _names(node: Node) -> list[str]:
    names = node.params["names"]

    def spelled(term: Term) -> str:
        powers = {i: term.count(i) for i in term}
        return " ".join(names[i] if n == 1 else f"{names[i]}^{n}" for i, n in powers.items()) or "1"

    return [spelled(term) for term in _terms(node)]


def _new_nan(terms: Sequence[Term]) -> Callable[[Sequence[float], Sequence[float]], bool]:
    """Whether an element is NaN and none of its factors is."""

    def found(out: Sequence[float], columns: Sequence[float]) -> bool:
        return any(value != value and all(columns[i] == columns[i] for i in term) for value, term in zip(out, terms, strict=True))

    return found
