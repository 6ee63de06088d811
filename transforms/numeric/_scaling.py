"""What the scalers share: arithmetic with constants that are learned once over all rows, or (`by=`) once for each key."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.keytable import KeyTable
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature
from featureprep.expr.ops.present import missing_mask, missing_test
from featureprep.expr.params import one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.keyed_moments import KeyedMoments
from featureprep.folds.keyed_runs import KeyedRuns
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.kernels.arrays import build, to_rows, values_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.numeric._numbers import F64, numbers
from featureprep.types import format_type

By = str | Expr | Sequence[str | Expr]


def scale(owner: str, column: str | Expr, by: By | None, unknown: str | None, missing: Any, **params: Any) -> Expr:
    """The operation `owner` over a column or, with keys, `owner`_by over the column and its keys.

    Raises
    ------
    ArgumentError
        For `unknown` without `by`, and for no keys.
    """
    node = as_column(owner, column, missing)
    if by is None:
        if unknown is not None:
            raise ArgumentError.of("unknown", owner, "left out without by=", unknown, where=site())
        return apply(owner, node, **params)
    keys = list(by) if isinstance(by, (list, tuple)) else [by]
    if not keys or not all(isinstance(key, (str, Expr)) for key in keys):
        raise ArgumentError.of("by", owner, "a column name, an expression, or a list of these", by, where=site())
    # a number given for missing numbers says nothing about missing keys
    policy = missing if isinstance(missing, str) and missing in ("error", "quarantine") else "keep"
    nodes = [as_column(owner, key, policy) for key in keys]
    return apply(f"{owner}_by", node, *nodes, unknown="null" if unknown is None else unknown, **params)


class Scaling(Op):
    """Arithmetic of one column with learned constants."""

    constants: ClassVar[tuple[str, ...]]
    """Their names, in the order in which the formulae take them."""

    def quantiles(self, call: Call) -> Sequence[float] | None:
        """The quantiles that it learns from; None where it learns from the moments."""
        return None

    @abstractmethod
    def learn(self, call: Call, summary: Any) -> dict[str, float]:
        """The constants, from a `MomentsResult` or from the quantiles (None where there is no finite value)."""

    @abstractmethod
    def scaled(self, call: Call, x: pa.Array, *constants: Any) -> pa.Array:
        """The formula over float64; each constant is a float, or an array of one a row."""

    @abstractmethod
    def spelled(self, call: Call, code: RowCode, x: str, *constants: str) -> str:
        """The formula as row code, of names."""

    def bind(self, call: Call) -> Signature:
        return Signature(F64, numbers(call))

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"rows": FoldRequest(Moments() if self.quantiles(call) is None else Runs())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        wanted, rows = self.quantiles(call), results["rows"]
        return self.learn(call, rows if wanted is None else rows.quantiles(wanted))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return self.scaled(call, args[0], *(call.fitted[name] for name in self.constants))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        values = [code.const(call.fitted[name]) for name in self.constants]
        return code.strict(args, self.spelled(call, code, args[0].name, *values))


class ScalingBy(Scaling):
    """The same with the constants of the row's key: the arguments after the first. Put before the plain operation among the bases.

    Constants: key0, key1, ... in ascending order, and an array by each name of `constants`; with unknown="overall" also `overall`,
    those of all rows.
    """

    arity = (2, None)
    limits = {"unknown": one_of("null", "error", "quarantine", "overall")}
    kinds = ("unknown",)

    def bind(self, call: Call) -> Signature:
        for dtype in call.in_types[1:]:
            if pa.types.is_nested(dtype):
                raise TypeMismatchError(
                    f"{self.called} takes no key of type {format_type(dtype)}", hint="use its parts, or its text, as keys"
                )
        rare = call.params["unknown"] == "null" or any(pa.types.is_floating(dtype) for dtype in call.in_types[1:])
        return Signature(F64, numbers(call, 1), nullable=True if rare else None)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        width = len(call.in_types) - 1
        fold = KeyedMoments(width) if self.quantiles(call) is None else KeyedRuns(width)
        asked = {"keys": FoldRequest(fold, tuple(range(width + 1)))}
        return {**asked, **super().folds(call)} if call.params["unknown"] == "overall" else asked

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        wanted, found = self.quantiles(call), results["keys"]
        summaries = found.moments if wanted is None else found.quantiles(wanted)
        learned = [self.learn(call, summary) for summary in summaries]
        made: dict[str, Any] = {name: pa.array([one[name] for one in learned], F64) for name in self.constants}
        made |= {f"key{i}": key for i, key in enumerate(found.keys(call.in_types[1:]))}
        return {**made, "overall": super().fit(call, results)} if call.params["unknown"] == "overall" else made

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x, *asked), policy = args, call.params["unknown"]
        at = call.once(_table).find(asked)
        valid = x.is_valid().to_numpy(zero_copy_only=False)
        for key in asked:
            valid = valid & ~missing_mask(key)
        known = at >= 0
        if policy != "overall":
            unknown = valid & ~known & ~missing_mask(x)
            valid = valid & ~unknown
            if policy != "null":
                issues.add("unknown", unknown)
        # what stands for keys that are not known: the constants of all rows, or anything
        others = call.fitted["overall"] if policy == "overall" else dict.fromkeys(self.constants, 1.0)
        own = []
        for name in self.constants:
            constants = np.full(len(at), others[name], np.float64)
            constants[known] = values_of(call.fitted[name])[at[known]]
            own.append(pa.array(constants))
        return build(values_of(self.scaled(call, build(values_of(x), F64), *own)), F64, valid)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x, *asked), policy, keys = args, call.params["unknown"], [to_rows(key) for key in _keys(call)]
        known = zip(*(to_rows(call.fitted[name]) for name in self.constants), strict=True)
        table = dict(zip(keys[0] if len(keys) == 1 else zip(*keys, strict=True), known, strict=True))
        key = asked[0].name if len(asked) == 1 else f"({', '.join(value.name for value in asked)})"
        out, own = code.new(), code.new()
        code.emit(f"{out} = None")
        tests = [f"{x} is None"] if x.nullable else []
        tests += [test for test in map(missing_test, asked) if test]
        with code.block(f"if not ({' or '.join(tests)}):" if tests else "if True:"):
            if policy == "overall":
                others = tuple(call.fitted["overall"][name] for name in self.constants)
                code.emit(f"{own} = {code.const(table)}.get({key}, {code.const(others)})")
            else:
                code.emit(f"{own} = {code.const(table)}.get({key})")
            names = [code.new() for _ in self.constants]
            with code.block(f"if {own} is not None:"):
                code.emit(f"{', '.join(names)}, = {own}")
                code.emit(f"{out} = {self.spelled(call, code, x.name, *names)}")
            if policy != "overall":
                with code.block(f"elif {x} != {x}:"):  # NaN stays, whatever its key
                    code.emit(f"{out} = {x}")
            if policy in ("error", "quarantine"):
                with code.block("else:"):
                    code.fail(call, "unknown", out)
        return out


def _keys(call: Call) -> list[pa.Array]:
    return [call.fitted[f"key{i}"] for i in range(len(call.in_types) - 1)]


def _table(call: Call) -> KeyTable:
    return KeyTable(_keys(call))


def times(x: pa.Array, factor: Any) -> pa.Array:
    """x * factor, where there is anything to be done."""
    return x if isinstance(factor, float) and factor == 1.0 else pc.multiply(x, factor)


def times_row(code: RowCode, x: str, factor: str) -> str:
    """The same as row code."""
    return x if code.namespace.get(factor) == 1.0 else f"{x} * {factor}"
