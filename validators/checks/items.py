"""What may stand in a cell, or, of a list column, in each item of its cells."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.types import is_list
from featureprep.validators.checks.base import RowCheck, Rule, Scene, column


def item_type(dtype: pa.DataType | None) -> pa.DataType | None:
    """The type that a domain is stated in: the column's own, or that of its lists' items."""
    return dtype.value_type if dtype is not None and is_list(dtype) else dtype


class DomainCheck(RowCheck):
    """A row is bad where its cell is outside, or an item of its list is. Null cells and null items are fine, empty lists are."""

    @abstractmethod
    def test(self, rule: Rule) -> tuple[str, Any]:
        """What is bad in a list, as `list_find` knows it: the name of its test, and the test's value."""

    @abstractmethod
    def outside(self, rule: Rule) -> Node:
        """True where a cell that is no list is bad."""

    def violation(self, rule: Rule, scene: Scene) -> Node:
        if is_list(scene.types[str(rule.column)]):
            return Node("not", (Node("is_null", (self._found(rule),)),))
        return self.outside(rule)

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        name = str(rule.column)
        if is_list(scene.types[name]) and name not in scene.sensitive:
            return [self._found(rule)]  # the first item that is bad
        return super().shown(rule, scene)

    def subject(self, rule: Rule, dtype: pa.DataType | None) -> str:
        return f"each item of {rule.column}" if dtype is not None and is_list(dtype) else super().subject(rule, dtype)

    def counted(self, rule: Rule, test: str, value: Any) -> Node:
        """How many items of a list pass a test of `list_count`."""
        return Node("list_count", (column(str(rule.column)),), {"test": test, "value": value})

    def _found(self, rule: Rule) -> Node:
        test, value = self.test(rule)
        return Node("list_find", (column(str(rule.column)),), {"test": test, "value": value})
