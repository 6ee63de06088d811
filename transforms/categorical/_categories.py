"""Vectors with one element a category: what one_hot and multi_hot share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from featureprep.errors import ArgumentError, RequestError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node, describe
from featureprep.expr.op import Call, FoldRequest, Op, Signature
from featureprep.expr.params import BOOL, NONE, integer, one_of
from featureprep.folds.base import Fold
from featureprep.kernels.casts import cast
from featureprep.transforms.categorical._given import GIVEN, given_keys, listed
from featureprep.transforms.categorical._lookup import typed
from featureprep.types import dense, sparse

I8 = pa.int8()
MOST_DENSE = 4096
"""Elements of a dense vector: a batch of 65536 rows of so many is 256 MiB."""
_OPTIONS = {"sparse": BOOL, "unknown": one_of("zeros", "null", "error", "quarantine")}


def vector_of(owner: str, node: Node, *, top_k: int | None, min_count: int | None, categories: Any, sparse: bool, unknown: str) -> Expr:
    """The operation `owner`, or `owner_given` where categories are given, over a column."""
    if categories is None:
        learned = {"top_k": top_k, "min_count": 1 if min_count is None else min_count}
        return apply(owner, node, **learned, sparse=sparse, unknown=unknown)
    for name, value in (("top_k", top_k), ("min_count", min_count)):
        if value is not None:
            raise ArgumentError.of(name, owner, "left out where categories are given", value, where=site())
    return apply(f"{owner}_given", node, categories=listed(owner, "categories", categories), sparse=sparse, unknown=unknown)


class CategoryVector(Op):
    """An int8 vector. `value_type` says what a category is of, `categories` which there are."""

    kinds = ("unknown",)

    @abstractmethod
    def value_type(self, call: Call) -> pa.DataType:
        """The type of the values that can be categories; raises TypeMismatchError for a column without such."""

    @abstractmethod
    def categories(self, call: Call) -> Any:
        """The categories, an array of that type; None before the fit."""

    def bind(self, call: Call) -> Signature:
        if pa.types.is_binary(self.value_type(call)):
            raise TypeMismatchError(f"{self.called} takes text, not binary", hint="cast it first: .cast('string')")
        known = self.categories(call)
        nullable = call.params["unknown"] == "null"
        if call.params["sparse"]:
            return Signature(sparse(I8), nullable=nullable)
        return Signature(pa.list_(I8) if known is None else dense(I8, len(known)), nullable=nullable)

    def elements(self, call: Call) -> list[str] | None:
        known = self.categories(call)
        return None if known is None else list(cast(known, pa.string())[0].to_pylist())

    def size(self, call: Call) -> int | None:
        known = self.categories(call)
        return None if known is None else len(known)


class Learned(CategoryVector):
    """Categories learned from the data. Constant: values, in the order of the elements."""

    limits = {"top_k": integer(1) | NONE, "min_count": integer(1), **_OPTIONS}
    fold: ClassVar[type[Fold]]
    """Counts what can be a category; takes top_k and min_count."""
    advice: ClassVar[str]
    """What to do where there are too many categories."""

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(self.fold(top_k=call.params["top_k"], min_count=call.params["min_count"]))}  # type: ignore[call-arg]

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        values = typed(results["counts"].values, self.value_type(call))
        if len(values) > MOST_DENSE and not call.params["sparse"]:
            raise RequestError(
                f"{self.called} of {describe(call.node.args[0])} found {len(values)} categories; a dense vector has at most {MOST_DENSE} elements",
                where=call.node.site,
                hint=self.advice,
            )
        return {"values": values}

    def categories(self, call: Call) -> Any:
        return None if call.constants is None else call.constants["values"]


class Given(CategoryVector):
    """Categories that the job gives."""

    limits = {"categories": GIVEN, **_OPTIONS}

    def check(self, node: Node) -> None:
        super().check(node)
        given = node.params["categories"]
        if len(given) > MOST_DENSE and not node.params["sparse"]:
            raise ArgumentError.of("categories", self.called, f"at most {MOST_DENSE} unless sparse", len(given), where=node.site)

    def categories(self, call: Call) -> pa.Array:
        return given_keys(self.called, "categories", call.params["categories"], self.value_type(call), call.node.site)
