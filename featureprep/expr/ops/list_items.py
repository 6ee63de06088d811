"""Items of lists that pass a test: what contracts say of the elements of a list is about these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, FeatureprepError
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.params import ANY, one_of
from featureprep.expr.row import RowCode
from featureprep.kernels.arrays import build, valid_of, values_of
from featureprep.kernels.nested import elements_of, lengths_of, owners_of
from featureprep.kernels.result import Batch
from featureprep.types import is_list

_ITEM: Final = Node("col", (), {"name": "item"})
_TESTS: Final[dict[str, Callable[[Any], Node]]] = {
    "outside": lambda values: Node("not", (Node("is_in", (_ITEM,), {"values": values}),)),
    "below": lambda bound: Node("lt", (_ITEM, literal(bound))),
    "above": lambda bound: Node("gt", (_ITEM, literal(bound))),
    "unlike": lambda pattern: Node("not", (Node("str_matches", (_ITEM,), {"pattern": pattern}),)),
    "present": lambda _: Node("not", (Node("is_null", (_ITEM,)),)),
}
TESTS: Final = tuple(_TESTS)
"""`outside` a list of values, `below` or `above` a bound, `unlike` an RE2 pattern, `present` (not null; its value is None)."""


class _Tested(Functional):
    """An item that is null passes no test; neither does one for which the test itself is null."""

    takes = "a list"
    limits = {"test": one_of(*TESTS), "value": ANY}

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_list(dtype) and not pa.types.is_nested(dtype.value_type)


@register
class Find(_Tested):
    """The first item that passes a test; null where there is none."""

    name = "list_find"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dtype.value_type

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        test = _Test(dtype.value_type, params)

        def batch(array: pa.Array) -> Batch:
            elements, owners = elements_of(array), owners_of(lengths_of(array))
            at = np.flatnonzero(test.hits(elements))
            found, first = np.unique(owners[at], return_index=True)
            places = np.zeros(len(array), np.int64)
            places[found] = at[first]
            none = np.ones(len(array), np.bool_)
            none[found] = False
            return elements.take(pa.array(places, mask=none)), None

        return batch, lambda items: next((item for item in items if test.row(item)), None)

    def null_result(self, call: Call) -> bool | None:
        return True


@register
class Count(_Tested):
    """How many items pass a test."""

    name = "list_count"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.int64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        test = _Test(dtype.value_type, params)

        def batch(array: pa.Array) -> Batch:
            owners = owners_of(lengths_of(array))
            counts = np.bincount(owners[test.hits(elements_of(array))], minlength=len(array)).astype(np.int64)
            return build(counts, pa.int64(), valid_of(array)), None

        return batch, lambda items: len([item for item in items if test.row(item)])


class _Test:
    """One test, bound to the items' type, as both forms ask for it."""

    def __init__(self, dtype: pa.DataType, params: Mapping[str, Any]) -> None:
        if not isinstance(params["value"], list) and params["test"] == "outside":
            raise ArgumentError.of("value", "list_find", "a list of values", params["value"])
        try:
            bound = Binder(pa.schema([("item", dtype)]), malformed="null").bind(_TESTS[params["test"]](params["value"]))
        except FeatureprepError as error:
            error.where = None  # the caller tells its own place: nobody wrote this expression
            raise
        self._program = Program([bound])
        code = RowCode([bound], lambda name, kind: _same)
        self._row = code.finish(code.eval(bound).name)

    def hits(self, elements: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which elements pass, shape (n,)."""
        (found,) = self._program.run({"item": elements}, len(elements))
        return values_of(found.values.fill_null(False)).astype(np.bool_, copy=False)

    def row(self, item: Any) -> bool:
        """Whether one item, as row code holds it, passes."""
        return item is not None and self._row({"item": item}) is True


def _same(value: Any) -> Any:
    return value
