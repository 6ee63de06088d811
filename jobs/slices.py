"""Statistics by slice: the rows that have a value of a column, or a combination of values of several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from featureprep.canonical import EPOCH_DATE
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, ColumnNotFoundError, RequestError, TypeMismatchError, short
from featureprep.expr.node import Node
from featureprep.folds.sliced import Key, Sliced, can_slice
from featureprep.jobs.profile import fold_rows
from featureprep.jobs.sources import BoundSource
from featureprep.types import format_type, logical
from featureprep.validators.statistics import column_folds, finish

MAX_SLICES: Final = 100
COUNTED: Final = 100_000
"""More slices are not counted one by one."""


@dataclass(frozen=True)
class Slicing:
    """By which columns rows are told apart; a column with a text is looked at for the one value that the text spells.

    Attributes
    ----------
    columns : tuple of (name, text or None)
    """

    columns: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, given: Any) -> Slicing:
        """`"zone"`, `"zone,hour"` or `"zone=5,hour"`; or a list of such parts, in which commas are part of them.

        Raises
        ------
        ArgumentError
        """
        parts = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
        if not isinstance(parts, (list, tuple)) or not parts or not all(isinstance(part, str) and part.partition("=")[0] for part in parts):
            raise ArgumentError.of("slice_by", "statistics", 'columns to slice by, such as "zone", "zone,hour" or "zone=5"', given)
        pairs = tuple((name, value if equals else None) for name, equals, value in (part.partition("=") for part in parts))
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise ArgumentError.of("slice_by", "statistics", "columns that differ", given)
        return cls(pairs)

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [name for name, _ in self.columns]

    def __str__(self) -> str:
        return ",".join(name if value is None else f"{name}={value}" for name, value in self.columns)


def refuse_sensitive(slicings: Sequence[Slicing], sensitive: Collection[str]) -> None:
    """Values of sensitive columns are no names of slices.

    Raises
    ------
    RequestError
    """
    told = sorted(set(sensitive).intersection(name for slicing in slicings for name in slicing.names))
    if told:
        raise RequestError(f"the column {told[0]!r} is sensitive: its values would be the names of slices", where="--slice-by")


def refuse_too_many(slicings: Sequence[Slicing], count: int | None, most: int) -> None:
    """At most so many slices are made; None counted none: there are very many.

    Raises
    ------
    RequestError
    """
    if count is not None and count <= most:
        return
    told = f"more than {COUNTED:,}" if count is None else f"{count:,}"
    by = " and ".join(str(slicing) for slicing in slicings)
    number = "" if count is None else f"--max-slices {count} if you want them all; or "
    hint = f"{number}name those that you want: --slice-by {slicings[0].names[0]}=VALUE"
    raise RequestError(f"by {short(by, 200)[1:-1]} there are {told} slices; at most {most:,} are made", where="--slice-by", hint=hint)


def refuse_absent(slicing: Slicing, found: int, source: str) -> None:
    """A value that is asked for is one of some row.

    Raises
    ------
    RequestError
    """
    if not found and any(value is not None for _, value in slicing.columns):
        hint = "values are spelled as the names of slices show them: leave =VALUE out to see them"
        raise RequestError(f"no row of {source} is in the slice {short(str(slicing), 200)[1:-1]}", where="--slice-by", hint=hint)


def sliced_statistics(
    bound: BoundSource,
    engine: Engine,
    slicings: Sequence[Slicing],
    *,
    most: int = MAX_SLICES,
    partitions: int | None = None,
    sensitive: Collection[str] = (),
) -> list[dict[str, Any]]:
    """The statistics of each slice of a source, from two scans: one counts the slices, of their columns only.

    Returns
    -------
    list of dict
        `{"slice": {column: value}, "rows": n, "columns": [...]}`, by slicing, then ascending by value, null last. Dates are in ISO form.

    Raises
    ------
    RequestError
        For a sensitive column, more than `most` slices, and a value that no row has.
    ColumnNotFoundError, TypeMismatchError
        For a column that is not there, or whose values cannot tell rows apart.
    """
    refuse_sensitive(slicings, sensitive)
    wanted = _keys(bound, engine, slicings, partitions)
    refuse_too_many(slicings, None if wanted is None else sum(map(len, wanted)), most)
    inner = column_folds(bound.schema)
    nodes = list({node.key: node for _, used in inner.values() for node in used}.values())
    place = {node.key: at for at, node in enumerate(nodes)}
    folds = tuple((fold, tuple(place[node.key] for node in used)) for fold, used in inner.values())
    items = {
        str(at): (Sliced(len(slicing.columns), folds, tuple(keys)), (*_nodes(slicing.names), *nodes))
        for at, (slicing, keys) in enumerate(zip(slicings, wanted or (), strict=True))
    }
    found = fold_rows(bound, bound.schema, items, engine, partitions=partitions, label=f"statistics of slices of {bound.name}").results
    made: list[dict[str, Any]] = []
    total = sum(map(len, wanted or ()))
    for at, slicing in enumerate(slicings):
        for key, (_, results) in found[str(at)].items():
            if engine.progress is not None:
                engine.progress("putting slices together", len(made), total)
            section = finish(dict(zip(inner, results, strict=True)), bound.schema, sensitive=sensitive)
            values = {name: _shown(value, bound.schema.field(name).type) for name, value in zip(slicing.names, key, strict=True)}
            made.append({"slice": values, "rows": section["rows"], "columns": section["columns"]})
    if engine.progress is not None:
        engine.progress("putting slices together", total, total)
    return made


def title_of(values: Mapping[str, Any]) -> str:
    """What a slice is called: `zone = 5, kind is null`."""
    return ", ".join(f"{name} is null" if value is None else f"{name} = {value}" for name, value in values.items())


def _keys(bound: BoundSource, engine: Engine, slicings: Sequence[Slicing], partitions: int | None) -> list[list[Key]] | None:
    """The slices that each slicing makes; None where there are too many to count."""
    missing = sorted({name for slicing in slicings for name in slicing.names} - set(bound.schema.names))
    if missing:
        raise ColumnNotFoundError.of(missing, bound.schema.names, where="--slice-by")
    for name in (name for slicing in slicings for name in slicing.names):
        dtype = bound.schema.field(name).type
        if not can_slice(dtype):
            hint = "slices are by texts, whole numbers, bools and dates"
            raise TypeMismatchError(
                f"the column {name!r} of type {format_type(logical(dtype))} makes no slices", where="--slice-by", hint=hint
            )
    chosen = [[_parsed(value, name, bound.schema.field(name).type) for name, value in slicing.columns] for slicing in slicings]
    items = {str(at): (Sliced(len(slicing.columns), most=COUNTED), tuple(_nodes(slicing.names))) for at, slicing in enumerate(slicings)}
    found = fold_rows(bound, bound.schema, items, engine, partitions=partitions, label=f"slices of {bound.name}").results
    if any(result is None for result in found.values()):
        return None
    kept = [[key for key in found[str(at)] if _matches(key, picked)] for at, picked in enumerate(chosen)]
    for slicing, keys in zip(slicings, kept, strict=True):
        refuse_absent(slicing, len(keys), bound.name)
    return kept


def _nodes(names: Sequence[str]) -> list[Node]:
    return [Node("col", (), {"name": name}) for name in names]


def _matches(key: Key, picked: Sequence[Any]) -> bool:
    return all(one is None or value == one[0] for value, one in zip(key, picked, strict=True))


def _parsed(text: str | None, name: str, dtype: pa.DataType) -> tuple[Any] | None:
    """The value that a text spells, in a tuple; None where any is meant."""
    dtype = logical(dtype)
    if text is None:
        return None
    try:
        if pa.types.is_string(dtype):
            return (text,)
        if pa.types.is_boolean(dtype):
            return ({"true": True, "false": False}[text.lower()],)
        if pa.types.is_date32(dtype):
            return ((dt.date.fromisoformat(text) - EPOCH_DATE).days,)
        return (int(text),)
    except (KeyError, ValueError):
        told = f"{short(text)} is no value of the column {name!r} of type {format_type(dtype)}"
        raise RequestError(told, where="--slice-by") from None


def _shown(value: Any, dtype: pa.DataType) -> Any:
    if value is None or not pa.types.is_date32(logical(dtype)):
        return value
    try:
        return (EPOCH_DATE + dt.timedelta(days=value)).isoformat()
    except OverflowError:
        return str(value)
