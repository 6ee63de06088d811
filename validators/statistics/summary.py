"""The statistics section of a table: plain JSON from finished folds. `schemas/statistics.json` describes it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from typing import Any, Final

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.folds.counts import NullCountsResult, TextLengthsResult
from featureprep.folds.elements import ElementsResult, is_vector
from featureprep.folds.extremes import MinMaxResult
from featureprep.folds.moments import MomentsResult
from featureprep.folds.quantiles import Quantiles
from featureprep.folds.value_counts import CountsResult
from featureprep.threads import each
from featureprep.types import format_type, is_float, logical
from featureprep.validators.drift.keeping import has_lengths, has_shape, lengths_of, shape_folds, shape_of
from featureprep.validators.misfits import KEY, Misfits
from featureprep.validators.statistics.layout import DOMAIN_VALUES, fold_id, kind_of
from featureprep.validators.statistics.runs import EXACT, Different, distinct, histogram, zeros

FORMAT: Final = 1
TOP: Final = 20
BUCKETS: Final = 10
TEXT_SHOWN: Final = 200
"""Code points of a value that are kept; a column with longer ones is marked `cut`."""
QUANTILES: Final = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)

Json = dict[str, Any]


def finish(
    results: Mapping[str, Any], schema: pa.Schema, *, sensitive: Collection[str] = (), shapes: bool = False,
    misfits: Mapping[str, Misfits] | None = None,
) -> Json:  # fmt: skip
    """The statistics of a table.

    Parameters
    ----------
    results : mapping of id to result
        Of the folds that `column_folds(schema)` gave, finished; with `shapes=True` where all shapes are to be kept.
    sensitive : names
        Columns whose values are left out: no extremes, means, quantiles, histogram, frequent values or shape.
    shapes : bool
        Keep the shapes of the columns that have one, for which they can be a baseline (`featureprep.validators.drift`).
    misfits : mapping of column to Misfits, optional
        Of the columns some of whose cells, null among the results, do not fit their type: these columns tell of them.

    Returns
    -------
    dict
        `{"format": 1, "rows": n, "columns": [...]}`, columns in the schema's order, JSON values only. `rows` is 0 for a table
        without columns.
    """
    unfit = misfits or {}
    columns = each(lambda field: _column(results, field, unfit.get(field.name), masked=field.name in sensitive, shaped=shapes), schema)
    rows = max((c["n"] + c["nulls"] + c["nans"] + c.get("infs", 0) for c in columns), default=0)
    return {"format": FORMAT, "rows": rows, "columns": columns}


def _column(results: Mapping[str, Any], field: pa.Field, misfits: Misfits | None, *, masked: bool, shaped: bool) -> Json:
    dtype = logical(field.type)
    kind = kind_of(dtype)
    head: Json = {"name": field.name, "type": format_type(dtype), "kind": kind}
    if masked:
        head["masked"] = True
    if misfits is not None:
        head[KEY] = misfits.to_json(masked=masked)

    def result(part: str) -> Any:
        return results[fold_id(field.name, part)]

    different = None
    parts = shape_folds(field.name, dtype) if shaped and not masked and has_shape(dtype) else {}
    if parts and all(fold_id(field.name, part) in results for part in parts):
        different = Different(TOP) if kind == "number" and not is_float(dtype) else None  # one walk over the values serves both
        found = {part: result(part) for part in parts}
        head["shape"] = shape_of(dtype, found, None if different is None else different.add).to_json()
        if has_lengths(dtype):
            head["length_shape"] = lengths_of(found).to_json()
    if is_vector(dtype):
        head["vector"] = _vector(result("elements"), masked=masked)
    match kind:
        case "number":
            made = head | _number(result("moments"), result("runs"), dtype, different, masked=masked)
            result("runs").let_go()  # all of them have been read: of many rows those of every column would be in memory at once
            return made
        case "string":
            return head | _counts(result("values"), masked=masked) | {"lengths": _lengths(result("lengths"))}
        case "bool":
            return head | _counts(result("values"), masked=masked)
        case "ordered":
            return head | _ends(result("ends"), dtype, masked=masked)
        case "list":
            return head | _nulls(result("nulls")) | {"lengths": _list_lengths(result("lengths"))}
    return head | _nulls(result("nulls"))


def _number(moments: MomentsResult, runs: Quantiles, dtype: pa.DataType, walked: Different | None, *, masked: bool) -> Json:
    made: Json = {"n": moments.n, "nulls": moments.nulls, "nans": moments.nans, "infs": moments.infs, "zeros": zeros(runs)}
    if not masked:
        made |= {"mean": moments.mean, "std": moments.std, "sum": _finite(moments.sum)}
    whole = not is_float(dtype)
    low, high = moments.min, moments.max
    if low is None or high is None:
        return made | {"n_unique": 0} | ({} if masked else {"min": None, "max": None, "quantiles": [], "histogram": [], "top": []})
    exact = not whole or max(-low, high) < EXACT
    found = (distinct(runs, TOP if whole and not masked else 0) if walked is None else walked.found()) if exact else None
    made["n_unique"] = None if found is None else found.n_unique
    if masked:
        return made
    made |= {"min": _number_value(low, whole=whole), "max": _number_value(high, whole=whole)}
    made["quantiles"] = [[q, value] for q, value in zip(QUANTILES, runs.quantiles(QUANTILES), strict=True)]
    made["histogram"] = [list(bucket) for bucket in histogram(runs, low, high, BUCKETS)]
    if whole:
        made["top"] = [] if found is None else [[int(value), count] for value, count in found.top]
    return made


def _number_value(value: float, *, whole: bool) -> float | int:
    return int(value) if whole and abs(value) < EXACT else value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _counts(counts: CountsResult, *, masked: bool) -> Json:
    made: Json = {"n": counts.n, "nulls": counts.nulls, "nans": counts.nans, "n_unique": counts.n_unique}
    if not masked:
        # all of the values where they can be a domain, else the most frequent
        shown = counts.n_unique if counts.n_unique <= DOMAIN_VALUES else TOP
        values = counts.values.slice(0, shown).to_pylist()
        cut = [value[:TEXT_SHOWN] if isinstance(value, str) else value for value in values]
        made["top"] = [list(pair) for pair in zip(cut, counts.counts[:shown].tolist(), strict=True)]
        if cut != values:
            made["cut"] = True
    return made


def _lengths(lengths: TextLengthsResult) -> Json:
    return {"min": lengths.min, "max": lengths.max, "mean": lengths.mean, "empty": lengths.empty}


def _list_lengths(lengths: MomentsResult) -> Json:
    ends = {name: None if value is None else int(value) for name, value in (("min", lengths.min), ("max", lengths.max))}
    return {**ends, "mean": lengths.mean, "sum": int(lengths.sum)}


def _vector(found: ElementsResult, *, masked: bool) -> Json:
    """Of the elements together, and of each of the first places."""
    every = found.elements
    made: Json = {"size": found.size, "n": every.n, "nulls": every.nulls, "nans": every.nans, "infs": every.infs}
    if masked:
        return made
    made |= {"mean": every.mean, "std": every.std, "min": every.min, "max": every.max, "nonzero": found.nonzero.tolist()}
    if found.missing.any():
        made["missing"] = found.missing.tolist()
    ends = {"lows": found.low, "highs": found.high}
    return made | {name: [None if math.isnan(end) else end for end in values.tolist()] for name, values in ends.items()}


def _nulls(counts: NullCountsResult) -> Json:
    return {"n": counts.n, "nulls": counts.nulls, "nans": counts.nans}


def _ends(ends: MinMaxResult, dtype: pa.DataType, *, masked: bool) -> Json:
    made: Json = {"n": ends.n, "nulls": ends.nulls, "nans": ends.nans}
    if not masked:
        made |= {"min": _ordered(ends.min, dtype), "max": _ordered(ends.max, dtype)}
    return made


def _ordered(value: Any, dtype: pa.DataType) -> str | None:
    """Dates and timestamps in ISO form (zoned ones in UTC), decimals as text; beyond year 1 to 9999 the number itself."""
    if value is None or pa.types.is_decimal(dtype):
        return None if value is None else str(value)
    try:
        if pa.types.is_date32(dtype):
            return (EPOCH_DATE + dt.timedelta(days=value)).isoformat()
        moment = EPOCH + dt.timedelta(microseconds=value)
        return (moment if dtype.tz else moment.replace(tzinfo=None)).isoformat()
    except OverflowError:
        return str(value)
