"""What may stand in a cell, or, of a list column, in each item of its cells."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.types import is_list
from featureprep.validators.checks.base import RowCheck, Rule, Scene, column


def item_type(dtype: pa.DataType | None) -> pa.DataType | None:
    """The type that a domain is stated in: the column's own, or that of its lists' items."""
    return dtype.value_type if dtype is not None and is_list(dtype) else dtype


def nearest(value: Any, dtype: pa.DataType | None) -> Any:
    """What is stated about a column as its values are kept: of float32 the nearest one, since 0.1 itself is none.

    A number that would become an infinity or 0 stays as it is: no value equals it, but which are below and above is known.
    """
    if dtype != pa.float32() or not isinstance(value, float):
        return value
    with np.errstate(over="ignore"):
        made = float(np.float32(value))
    return value if np.isinf(made) or made == 0 else made


def as_kept(rule: Rule, dtype: pa.DataType | None) -> Rule:
    """The rule about values or a bound as it is held against values of a column's type."""
    kept = item_type(dtype)
    if kept != pa.float32():
        return rule
    params = dict(rule.params)
    if "values" in params:
        params["values"] = tuple(nearest(value, kept) for value in params["values"])
    if "bound" in params:
        params["bound"] = nearest(params["bound"], kept)
    return replace(rule, params=params)


class DomainCheck(RowCheck):
    """A row is bad where its cell is outside, or an item of its list is. Null cells and null items are fine, empty lists are."""

    @abstractmethod
    def test(self, rule: Rule) -> tuple[str, Any]:
        """What is bad in a list, as `list_find` knows it: the name of its test, and the test's value."""

    @abstractmethod
    def outside(self, rule: Rule) -> Node:
        """True where a cell that is no list is bad."""

    def violation(self, rule: Rule, scene: Scene) -> Node:
        dtype = scene.types[str(rule.column)]
        kept = as_kept(rule, dtype)
        return Node("not", (Node("is_null", (self._found(kept),)),)) if is_list(dtype) else self.outside(kept)

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        name = str(rule.column)
        if is_list(scene.types[name]) and name not in scene.sensitive:
            return [self._found(as_kept(rule, scene.types[name]))]  # the first item that is bad
        return super().shown(rule, scene)

    def subject(self, rule: Rule, dtype: pa.DataType | None) -> str:
        return f"each item of {rule.column}" if dtype is not None and is_list(dtype) else super().subject(rule, dtype)

    def counted(self, rule: Rule, test: str, value: Any) -> Node:
        """How many items of a list pass a test of `list_count`."""
        return Node("list_count", (column(str(rule.column)),), {"test": test, "value": value})

    def _found(self, rule: Rule) -> Node:
        test, value = self.test(rule)
        return Node("list_find", (column(str(rule.column)),), {"test": test, "value": value})
