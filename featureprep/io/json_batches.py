"""Typed batches from blocks of JSON records: Arrow's reader where a whole block is good, else record by record."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json

from featureprep.io.cells import Misfits, typed
from featureprep.io.json_records import JsonBlock
from featureprep.io.json_values import MisfitError, NotARecordError, Number, convert, parse_record, shown
from featureprep.types import is_float, is_integer, is_temporal

_ARROW_ONLY = re.compile(rb"[:\[,]\s*(?:-NaN|-?Inf(?!inity))")
"""Spellings that Arrow's reader might take and Python's does not: the slow path decides on blocks that hold one."""


def fast_schema(schema: pa.Schema) -> pa.Schema | None:
    """The types to ask Arrow's reader for, or None where it has no type of the same meaning."""
    fields = []
    for field in schema:
        dtype = field.type
        if is_temporal(dtype):
            dtype = pa.string()
        elif not _same_meaning(dtype):
            return None
        fields.append(pa.field(field.name, dtype))
    return pa.schema(fields)


def _same_meaning(dtype: pa.DataType) -> bool:
    if pa.types.is_struct(dtype):
        return dtype.num_fields > 0 and all(_same_meaning(dtype.field(i).type) for i in range(dtype.num_fields))
    if pa.types.is_list(dtype):
        return _same_meaning(dtype.value_type)
    return bool(pa.types.is_boolean(dtype) or is_integer(dtype) or dtype == pa.float64() or pa.types.is_string(dtype))


def fast_columns(block: JsonBlock, schema: pa.Schema, asked: pa.Schema) -> tuple[list[pa.Array], dict[str, Misfits]] | None:
    """All columns of a good block; None when Arrow refuses it or might mean something else."""
    lines = block.lines
    if lines is None or block.reasons or not len(block.start) or not len(schema) or _ARROW_ONLY.search(lines):
        return None
    data = np.frombuffer(block.data, np.uint8)
    # where every record is {...}, as many rows as records means one row a record
    if not ((data[block.start] == ord("{")) & (data[block.end - 1] == ord("}"))).all():
        return None
    try:
        lines.decode("utf-8")
        table = pa.json.read_json(
            io.BytesIO(lines),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pa.json.ParseOptions(explicit_schema=asked, unexpected_field_behavior="ignore"),
        )
    except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if table.num_rows != len(block.start):
        return None
    arrays, malformed = [], {}
    for field in schema:
        array, misfit = typed(table.column(field.name).combine_chunks(), field.type)
        arrays.append(array)
        if misfit is not None:
            malformed[field.name] = misfit
    return arrays, malformed


def slow_columns(block: JsonBlock, schema: pa.Schema) -> tuple[list[pa.Array], dict[str, Misfits], np.ndarray[Any, Any], dict[int, str]]:
    """Columns of the records that can be parsed, misfits, the numbers of those records, and the reasons of the others."""
    reasons = dict(block.reasons)
    records: list[dict[str, Any]] = []
    good: list[int] = []
    for number in range(len(block.start)):
        if number in reasons:
            continue
        try:
            records.append(parse_record(block.text(number)))
        except NotARecordError as error:
            reasons[number] = str(error)
            continue
        good.append(number)
    arrays, malformed = [], {}
    for field in schema:
        array, misfit = _column([record.get(field.name) for record in records], field.type)
        arrays.append(array)
        if misfit is not None:
            malformed[field.name] = misfit
    return arrays, malformed, np.array(good, np.int64), reasons


def _column(values: list[Any], to: pa.DataType) -> tuple[pa.Array, Misfits | None]:
    if is_float(to):
        made, bad, texts = _converted(values, to)
        array = pa.array(made, pa.float64()).cast(to, safe=False)
    elif is_temporal(to) or pa.types.is_decimal(to):
        return _cast_text(values, to)
    else:
        made, bad, texts = _converted(values, to)
        array = pa.array(made, to)
    return array, ((bad, texts) if texts else None)


def _converted(values: list[Any], to: pa.DataType) -> tuple[list[Any], np.ndarray[Any, np.dtype[np.bool_]], list[str]]:
    made: list[Any] = []
    bad = np.zeros(len(values), np.bool_)
    texts = []
    for place, value in enumerate(values):
        try:
            made.append(convert(value, to))
        except MisfitError:
            made.append(None)
            bad[place] = True
            texts.append(shown(value))
    return made, bad, texts


def _cast_text(values: list[Any], to: pa.DataType) -> tuple[pa.Array, Misfits | None]:
    """Strings cast together; values of other kinds do not fit (numbers fit decimals)."""
    numbers = bool(pa.types.is_decimal(to))
    texts: list[str | None] = []
    bad = np.zeros(len(values), np.bool_)
    for place, value in enumerate(values):
        fits = value is None or (isinstance(value, str) and (numbers or not isinstance(value, Number)))
        try:
            texts.append(convert(value, pa.string()) if fits else None)
        except MisfitError:
            fits = False
            texts.append(None)
        bad[place] = not fits
    array, misfit = typed(pa.array(texts, pa.string()), to)
    if misfit is not None:
        bad |= misfit[0]
    return array, ((bad, [shown(values[place]) for place in np.flatnonzero(bad).tolist()]) if bad.any() else None)
