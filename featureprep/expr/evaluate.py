"""Batch evaluation: bound expressions over Arrow record batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import UdfError
from featureprep.expr.bind import Bound, walk_bound
from featureprep.expr.node import describe
from featureprep.expr.op import Issues, Mask
from featureprep.kernels.encodings import settled
from featureprep.types import is_float

Codes = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Reason:
    """Why a cell is rejected: the kind of issue, the policy that rejects it, the expression, and where it stands in the job."""

    kind: str
    policy: str
    expression: str
    site: str | None

    @property
    def rule(self) -> str:
        return f"{self.kind}: {self.expression}"

    def __str__(self) -> str:
        return f"{self.rule} ({self.site})" if self.site else self.rule


@dataclass(frozen=True)
class Column:
    """A computed column: values, and per row the code of the reason for its rejection (0: none), or None if no row is rejected."""

    values: pa.Array
    codes: Codes | None = None


def number_reasons(order: Sequence[Bound]) -> tuple[list[Reason], dict[tuple[str, str], int]]:
    """The ways in which these nodes can reject a cell, and the code (from 1) of each by (node key, kind)."""
    reasons: list[Reason] = []
    codes: dict[tuple[str, str], int] = {}
    for bound in order:
        for kind in bound.op.issue_kinds:
            policy = bound.call.policy(kind)
            if policy in ("error", "quarantine"):
                reasons.append(Reason(kind, policy, describe(bound.node), bound.node.site))
                codes[bound.key, kind] = len(reasons)
    return reasons, codes


class Program:
    """Some bound expressions, ready to be computed over batches.

    Attributes
    ----------
    reasons : list of Reason
        Code i of a rejected cell stands for `reasons[i - 1]`.
    """

    def __init__(self, roots: Sequence[Bound]) -> None:
        self.roots = list(roots)
        self.order = list(walk_bound(self.roots))
        self.reasons, self._codes = number_reasons(self.order)
        self._last_use = self._plan_release()

    def _plan_release(self) -> list[list[str]]:
        """For each position, the keys whose values nobody needs afterwards."""
        last: dict[str, int] = {}
        for at, bound in enumerate(self.order):
            for arg in bound.args:
                last[arg.key] = at
        kept = {root.key for root in self.roots}
        release: list[list[str]] = [[] for _ in self.order]
        for key, at in last.items():
            if key not in kept:
                release[at].append(key)
        return release

    @property
    def guarded(self) -> bool:
        """Whether an operation may fail on rows that are not there any more."""
        return any(bound.op.guarded for bound in self.order)

    def run(
        self, columns: Mapping[str, pa.Array], n: int, malformed: Mapping[str, Mask] | None = None, alive: Mask | None = None
    ) -> list[Column]:
        """The roots' columns for `n` rows.

        Parameters
        ----------
        columns : mapping of name to pa.Array of length n
        malformed : mapping of column name to bool mask of shape (n,), optional
            Cells that did not fit their column's type; they are null in `columns`.
        alive : bool mask of shape (n,), optional
            The rows that are still there; only guarded operations care, and give null for the others.
        """
        done: dict[str, Column] = {}
        for at, bound in enumerate(self.order):
            if bound.node.op == "col":
                name = bound.node.params["name"]
                issues = Issues()
                issues.add("malformed", (malformed or {}).get(name))
                done[bound.key] = self._settle(bound, [], settled(columns[name]), issues, merge=True)
            elif bound.node.op == "lit":
                done[bound.key] = Column(_repeat(bound, n))
            else:
                done[bound.key] = self._compute(bound, [done[arg.key] for arg in bound.args], n, alive)
            for key in self._last_use[at]:
                del done[key]
        return [done[root.key] for root in self.roots]

    def _compute(self, bound: Bound, args: list[Column], n: int, alive: Mask | None) -> Column:
        if bound.op.guarded:
            return self._settle(bound, args, self._guarded(bound, args, n, alive), Issues(), merge=True)
        if bound.op.lazy:
            return self._settle(bound, args, *self._kernel(bound, [a.values for a in args]), merge=False)
        if bound.op.distinct:
            varying = [i for i, arg in enumerate(bound.args) if arg.node.op != "lit"]
            if len(varying) == 1 and isinstance(args[varying[0]].values, pa.DictionaryArray):
                by_distinct = self._distinct(bound, args, varying[0])
                if by_distinct is not None:
                    return by_distinct
        arrays = [_plain(a.values) if bound.op.distinct else a.values for a in args]
        return self._settle(bound, args, *self._kernel(bound, arrays), merge=True)

    def _guarded(self, bound: Bound, args: list[Column], n: int, alive: Mask | None) -> pa.Array:
        """The kernel over the rows that are there and that no argument rejects; null elsewhere."""
        live = np.ones(n, bool) if alive is None else alive.copy()
        for arg in args:
            if arg.codes is not None:
                live &= arg.codes == 0
        arrays = [_plain(arg.values) for arg in args]
        if live.all():
            return bound.op.batch(bound.call, Issues(), *arrays)
        at = np.flatnonzero(live)
        try:
            values = bound.op.batch(bound.call, Issues(), *(a.take(pa.array(at)) for a in arrays))
        except UdfError as error:
            error.row = None if error.row is None else int(at[error.row])
            raise
        places = np.zeros(n, np.int64)
        places[at] = np.arange(len(at))
        return values.take(pa.array(places, mask=~live))

    def _kernel(self, bound: Bound, arrays: list[pa.Array]) -> tuple[pa.Array, Issues]:
        issues = Issues()
        if not bound.op.distinct:
            arrays = [_plain(a) for a in arrays]
        return bound.op.batch(bound.call, issues, *arrays), issues

    def _distinct(self, bound: Bound, args: list[Column], at: int) -> Column | None:
        """The kernel over the dictionary (and one null), then taken by index."""
        encoded = args[at].values
        words = encoded.dictionary
        n = len(encoded)
        if len(words) >= n or words.null_count:
            return None
        m = len(words) + 1
        arrays = [pa.concat_arrays([words, pa.nulls(1, words.type)]) if i == at else _repeat(arg, m) for i, arg in enumerate(bound.args)]
        small = self._settle(bound, [Column(a) for a in arrays], *self._kernel(bound, arrays), merge=False)
        indices = encoded.indices.fill_null(m - 1)
        codes = args[at].codes
        if small.codes is not None:
            mine = small.codes[indices.to_numpy(zero_copy_only=False)]
            codes = mine if codes is None else np.where(codes != 0, codes, mine)
            codes = codes if codes.any() else None
        out = small.values
        if pa.types.is_string(out.type) and out.null_count <= 1 and not out[m - 1].is_valid and not out.slice(0, m - 1).null_count:
            return Column(pa.DictionaryArray.from_arrays(encoded.indices, out.slice(0, m - 1)), codes)
        return Column(out.take(indices), codes)

    def _settle(self, bound: Bound, args: list[Column], values: pa.Array, issues: Issues, *, merge: bool) -> Column:
        """Apply the policies to what the kernel found, and spread the arguments' rejections."""
        codes = None
        if merge:
            for arg in args:
                if arg.codes is not None:
                    codes = arg.codes if codes is None else np.where(codes != 0, codes, arg.codes)
        elif bound.op.lazy:
            codes = bound.op.branch_codes(bound.call, args)
        if bound.op.makes_nan and is_float(values.type):
            issues.add("malformed", _new_nans(values, [a.values for a in args]))
        for kind, mask in issues.masks:
            code = self._codes.get((bound.key, kind))
            if code is None:
                if kind == "malformed":
                    values = _null_where(values, mask)
                continue
            own = np.where(mask, np.int32(code), np.int32(0)).astype(np.int32)
            codes = own if codes is None else np.where(codes != 0, codes, own)
        if codes is not None:
            if not codes.any():
                return Column(values)
            # a rejected cell holds null, so that nothing computed from it finds a new fault
            values = _null_where(values, codes != 0)
        return Column(values, codes)


def _null_where(values: pa.Array, mask: Mask) -> pa.Array:
    if isinstance(values, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(_null_where(values.indices, mask), values.dictionary)
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def _repeat(literal: Bound, n: int) -> pa.Array:
    from featureprep.expr.literal import scalar_of

    return pa.repeat(scalar_of(literal.node, literal.type), n)


def _new_nans(values: pa.Array, args: list[pa.Array]) -> Mask | None:
    nan = _nan_mask(values)
    if nan is None:
        return None
    for arg in map(_plain, args):
        old = _nan_mask(arg) if is_float(arg.type) else None
        if old is not None:
            nan = nan & ~old
    return nan


def _nan_mask(values: pa.Array) -> Mask | None:
    """Which cells are NaN, or None if no cell is."""
    floats = values.to_numpy(zero_copy_only=False)
    nan = np.isnan(floats)
    if values.null_count:  # to_numpy shows nulls as NaN
        nan &= values.is_valid().to_numpy(zero_copy_only=False)
    return nan if nan.any() else None
