"""The words of `.dt`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from featureprep.expr.misfit import wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.params import NAME, Limit, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels import temporal, timeparts, zones
from featureprep.types import TIMESTAMP, is_integer, is_temporal

TABLE = Limit("a zone's table", lambda v: isinstance(v, Mapping))


class _Time(Functional):
    takes = "a date or timestamp"

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_temporal(dtype)

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        return TIMESTAMP if dtype == pa.null() else dtype


@register
class Part(_Time):
    """A part of a date or timestamp (UTC, unless made local first)."""

    name = "dt_part"
    limits = {"part": one_of(*timeparts.PARTS)}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.int64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        part = params["part"]
        return lambda x: timeparts.part_batch(x, part), timeparts.part_row(dtype, part)


@register
class Truncate(_Time):
    """The start of a unit."""

    name = "dt_truncate"
    limits = {"unit": one_of(*timeparts.TRUNCATE_UNITS)}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dtype

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        unit = params["unit"]
        return lambda x: timeparts.truncate_batch(x, unit), timeparts.truncate_row(dtype, unit)


@register
class ToEpoch(_Time):
    """Whole units since 1970-01-01 UTC."""

    name = "dt_to_epoch"
    limits = {"unit": one_of(*timeparts.EPOCH_UNITS)}

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return pa.int64()

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        unit = params["unit"]
        return lambda x: timeparts.to_epoch_batch(x, unit), timeparts.to_epoch_row(dtype, unit)


@register
class FromEpoch(Functional):
    """The timestamp so many units after 1970-01-01 UTC."""

    name = "dt_from_epoch"
    limits = {"unit": one_of(*timeparts.EPOCH_UNITS)}
    takes = "an integer"

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_integer(dtype)

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        return pa.int64() if dtype == pa.null() else dtype

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return TIMESTAMP

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        unit = params["unit"]
        return lambda x: timeparts.from_epoch_batch(x, unit), timeparts.from_epoch_row(unit)


@register
class Parse(Functional):
    """Text read by an explicit format."""

    name = "dt_parse"
    limits = {"format": NAME}
    distinct = True

    def accepts(self, dtype: pa.DataType) -> bool:
        return bool(dtype == pa.string())

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return TIMESTAMP

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        made = temporal.time_format(params["format"])
        return made.batch, made.row


class _Zone(_Time):
    limits = {"table": TABLE}
    takes = "a timestamp"

    def accepts(self, dtype: pa.DataType) -> bool:
        return bool(pa.types.is_timestamp(dtype))

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return TIMESTAMP


@register
class ToLocal(_Zone):
    """What clocks in a zone show at this moment, as a naive timestamp. The zone's offsets are part of the expression."""

    name = "dt_to_local"

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        table = zones.ZoneTable.from_json(params["table"])
        return lambda x: zones.utc_to_local(x.cast(TIMESTAMP), table), zones.utc_to_local_row(table)


@register
class ToUtc(_Zone):
    """The moment at which clocks in a zone show this naive timestamp: the earlier of two, shifted forward where there is none."""

    name = "dt_to_utc"

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        table = zones.ZoneTable.from_json(params["table"])
        return lambda x: zones.local_to_utc(x.cast(TIMESTAMP), table), zones.local_to_utc_row(table)


@register
class Diff(Op):
    """The difference of two dates or timestamps, in a unit, float64."""

    name = "dt_diff"
    arity = (2, 2)
    limits = {"unit": one_of(*timeparts.DIFF_UNITS)}
    kinds = ("malformed",)

    def bind(self, call: Call) -> Signature:
        wanted = tuple(TIMESTAMP if t == pa.null() else t for t in call.in_types)
        for dtype in wanted:
            if not is_temporal(dtype):
                raise wrong_type(self.name, "a date or timestamp", dtype)
        return Signature(pa.float64(), wanted)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = timeparts.diff_batch(args[0], args[1], call.params["unit"])
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        function = code.const(timeparts.diff_row(call.in_types[0], call.in_types[1], call.params["unit"]))
        return code.checked(call, args, f"{function}({args[0]}, {args[1]})")
