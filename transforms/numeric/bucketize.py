"""bucketize: numbers as the number of the bucket they fall into."""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import integer, number, one_of, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.kernels.arrays import build, valid_of, values_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import numbers

_MOST = 65_536
_FEW = 64  # comparing with every edge beats bisection up to here
_BLOCK = 1 << 14


def bucketize(
    column: str | Expr, n: int | None = None, *, method: str = "quantile", edges: Iterable[float] | None = None, missing: Any = "keep"
) -> Expr:
    """The number of the bucket that a value falls into: how many edges are at or below it.

    Parameters
    ----------
    column : str or Expr
        Numbers (integers, floats, decimals, bools as 0 and 1).
    n : int, 2 to 65536
        How many buckets to aim at. Either this or `edges`.
    method : {"quantile", "uniform"}
        With `n`: edges at the quantiles i/n (type 7) of the fitted rows, or at equal distances between their smallest and largest value.
    edges : list of float, ascending
        Given edges; k different ones make k + 1 buckets.
    missing : {"keep", "error", "quarantine"} or number
        For null and NaN. "keep" makes both null. A number is put in before the fit and takes part in it.

    Returns
    -------
    Expr
        int64, from 0. A value equal to an edge is in the upper bucket.

    Raises
    ------
    ArgumentError
        When both or neither of `n` and `edges` are given, the edges are not ascending, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers.

    Notes
    -----
    Repeated edges are merged, and learned edges that no fitted value lies below are left out, so that ids are dense and there can be fewer than
    `n` buckets; a run warns of that. A constant column, or one without finite values (no rows, all null), makes one bucket, 0. Null, NaN and infinities take
    no part in the fit; -inf is in the first bucket, inf in the last, as are later values beyond the fitted ones: there are no unknown
    values. Nothing here is malformed. Integers beyond 2**53 are compared as their nearest doubles.

    References
    ----------
    NumPy, `numpy.digitize(x, edges, right=False)`; scikit-learn, `KBinsDiscretizer`, which merges an edge that equals the largest value
    too; tf.Transform, `tft.bucketize`. Quantiles: Hyndman and Fan (1996), type 7.

    Examples
    --------
    >>> bucketize("hours_per_week", 5)
    bucketize(hours_per_week, method='quantile', n=5)
    >>> bucketize("age", edges=[18, 65])
    bucketize_at(age, edges=[18.0, 65.0])
    """
    if (n is None) == (edges is None):
        raise ArgumentError(
            "bucketize takes either n= or edges=", where=site(), hint='bucketize("age", 5) or bucketize("age", edges=[18, 65])'
        )
    node = as_column("bucketize", column, missing)
    if edges is None:
        return apply("bucketize", node, n=n, method=method)
    if method != "quantile":
        raise ArgumentError.of("method", "bucketize", "left out where edges are given", method, where=site())
    return apply("bucketize_at", node, edges=_floats(edges))


def _floats(edges: Any) -> Any:
    """Edges as floats where they can be; what cannot is left for the check of the parameter."""
    given = edges.tolist() if hasattr(edges, "tolist") else list(edges) if isinstance(edges, Iterable) else edges
    return [float(e) if number().ok(e) else e for e in given] if isinstance(given, list) else given


class _Buckets(Op):
    """Ids by ascending, different edges."""

    @abstractmethod
    def edges(self, call: Call) -> list[float]:
        """The edges between the buckets."""

    def size(self, call: Call) -> int | None:
        return None if self.learns and call.constants is None else len(self.edges(call)) + 1

    def bind(self, call: Call) -> Signature:
        return Signature(pa.int64(), numbers(call), nullable=True)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        x = values_of(args[0])
        nan, valid = x != x, valid_of(args[0])
        if nan.any():
            valid = ~nan if valid is None else valid & ~nan
        return build(_places(x, self.edges(call)), pa.int64(), valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out, (x,) = code.new(), args
        edges, bisect = code.const(tuple(self.edges(call))), code.const(bisect_right)
        test = missing_test(x)
        code.emit(f"{out} = None if {test} else {bisect}({edges}, {x})")
        return out


def _places(x: np.ndarray[Any, Any], edges: Sequence[float]) -> np.ndarray[Any, Any]:
    """How many edges are at or below each value, shape (n,); anything for NaN."""
    if len(edges) > _FEW:
        return np.searchsorted(np.asarray(edges), x, side="right")
    out = np.empty(len(x), np.int64)
    counts, above = np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, np.bool_)
    for start in range(0, len(x), _BLOCK):
        block = x[start : start + _BLOCK]
        count, over = counts[: len(block)], above[: len(block)]
        count[:] = 0
        for edge in edges:
            np.greater_equal(block, edge, out=over)
            np.add(count, over.view(np.uint8), out=count)
        out[start : start + _BLOCK] = count
    return out


@register
class Bucketize(_Buckets):
    """Buckets by edges learned from the data. Constant: edges."""

    name = "bucketize"
    limits = {"n": integer(2, _MOST), "method": one_of("quantile", "uniform")}

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        if call.params["method"] == "quantile":
            return {"runs": FoldRequest(Runs())}
        return {"moments": FoldRequest(Moments())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        n = call.params["n"]
        if call.params["method"] == "quantile":
            low, *cuts = results["runs"].quantiles([i / n for i in range(n)])
        else:
            low, high = results["moments"].min, results["moments"].max
            cuts = [] if low is None else _even(low, high, n)
        return {"edges": sorted({cut for cut in cuts if cut is not None and cut > low})}

    def edges(self, call: Call) -> list[float]:
        return list(call.fitted["edges"])

    def remarks(self, call: Call) -> list[str]:
        n, made = call.params["n"], len(self.edges(call)) + 1
        if made == n:
            return []
        why = (
            "so many values are equal that quantiles coincide"
            if call.params["method"] == "quantile"
            else "there are no two different values"
        )
        return [f"made {made} bucket{'s' if made > 1 else ''} where {n} were asked for: {why}"]


def _even(low: float, high: float, n: int) -> list[float]:
    """numpy.linspace(low, high, n + 1) without its ends, finite where the width is not."""
    width = high - low
    if math.isinf(width):
        return [low * (1.0 - i / n) + high * (i / n) for i in range(1, n)]
    return [i * (width / n) + low for i in range(1, n)]


@register
class BucketizeAt(_Buckets):
    """Buckets by given edges."""

    name = "bucketize_at"
    called = "bucketize"
    limits = {"edges": sequence(number(), at_least=1)}

    def check(self, node: Node) -> None:
        super().check(node)
        given = list(node.params["edges"])
        if given != sorted(given):
            raise ArgumentError.of("edges", "bucketize", "ascending", given, where=node.site)

    def edges(self, call: Call) -> list[float]:
        return sorted({float(edge) for edge in call.params["edges"]})
