"""The words of `.list`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.literal import row_value
from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.ops.lookup import key_of
from featureprep.expr.params import TEXT, integer, scalar
from featureprep.kernels import lists
from featureprep.types import is_float, is_integer, is_list


class _List(Functional):
    takes = "a list"

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_list(dtype)


class _Numbers(_List):
    takes = "a list of numbers"

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_list(dtype) and (is_integer(dtype.value_type) or is_float(dtype.value_type))


@register
class Len(_List):
    """Number of items."""

    name = "list_len"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.int64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        return lists.len_batch, len


@register
class Get(_List):
    """The item at a position; null beyond."""

    name = "list_get"
    limits = {"index": integer(-(2**31), 2**31 - 1)}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dtype.value_type

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        index = params["index"]
        return lambda x: lists.get_batch(x, index), lists.get_row(index)

    def null_result(self, call: Call) -> bool | None:
        return True


@register
class Contains(_List):
    """Whether an item equals a value."""

    name = "list_contains"
    limits = {"value": scalar()}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.bool_()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        value = params["value"]
        if not (is_float(dtype.value_type) and value != value):
            value = key_of(value, dtype.value_type, "list.contains")
        if value is None:  # no item can equal it
            return lambda x: (pc.if_else(x.is_valid(), pa.scalar(False), pa.scalar(None, pa.bool_())), None), lambda items: False
        given = row_value(value)
        return lambda x: lists.contains_batch(x, given), lists.contains_row(given)


@register
class Join(_List):
    """Text items joined."""

    name = "list_join"
    limits = {"separator": TEXT}
    takes = "a list of text"

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_list(dtype) and dtype.value_type == pa.string()

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.string()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        separator = params["separator"]
        return lambda x: lists.join_batch(x, separator), lists.join_row(separator)


@register
class Sum(_Numbers):
    """Sum from left to right."""

    name = "list_sum"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.int64() if is_integer(dtype.value_type) else pa.float64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        return lists.sum_batch, lists.sum_row(dtype)


class _OrNull(_Numbers):
    def null_result(self, call: Call) -> bool | None:
        return True


@register
class Mean(_OrNull):
    """Mean."""

    name = "list_mean"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.float64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        return lists.mean_batch, lists.mean_row


@register
class Max(_OrNull):
    """Largest item."""

    name = "list_max"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dtype.value_type

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        return lists.max_batch, lists.max_row


@register
class Min(_OrNull):
    """Smallest item."""

    name = "list_min"

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dtype.value_type

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        return lists.min_batch, lists.min_row
