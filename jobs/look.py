"""Looking at all rows of a source before a contract or a job is written for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.extremes import MinMax, MinMaxResult
from featureprep.folds.spellings import AnyText, Spelling
from featureprep.io.base import Source
from featureprep.jobs.keys_found import NO_KEYS, KeysFound, find_keys
from featureprep.jobs.misfit_cells import Noted
from featureprep.jobs.odd_spellings import SPELLINGS
from featureprep.jobs.profile import Unparsable, fold_rows, refuse_unnamed
from featureprep.jobs.sources import BoundSource, bind_source
from featureprep.types import is_float, is_integer, is_numeric, is_temporal, is_text
from featureprep.validators.contract import SourceContract
from featureprep.validators.statistics import column_folds, finish

_ZEROS = AnyText(r"^[ \t]*0[0-9]")
_NOT_WHOLE = AnyText("", r"^[ \t]*[+-]?[0-9]+[ \t]*$")
_OFFSET = AnyText(r":[0-9.]+[+-][0-9]{2}:[0-9]{2}[ \t]*$", r"[+-]00:00[ \t]*$")


@dataclass(frozen=True)
class Look:
    """What all rows of a source are.

    Attributes
    ----------
    statistics : mapping
        The section of its rows (`featureprep.validators.statistics`).
    spellings : mapping of name to Spelling
        Of the text columns.
    zeros : frozenset of str
        The columns read as numbers of which some cell begins with a zero that a number does not keep.
    offsets : frozenset of str
        The columns read as timestamps of which some cell has an offset from UTC, which a timestamp does not keep.
    unparsable : Unparsable
        Records that are not among the rows.
    misfits : mapping of name to Noted
        Of the columns some of whose cells do not fit their type: how many, and texts of such. To the statistics they are null.
    hidden : names
        Columns whose values are not shown.
    wide : frozenset of str
        The columns read as texts all of which are whole numbers: some are beyond 64 bit.
    ends : mapping of name to MinMaxResult
        Of the numbers, dates and timestamps whose values may be shown, where they were asked for.
    keys : KeysFound
        What tells the rows apart, where that was asked for.
    """

    schema: pa.Schema
    statistics: Mapping[str, Any]
    spellings: Mapping[str, Spelling]
    zeros: frozenset[str]
    offsets: frozenset[str]
    unparsable: Unparsable
    misfits: Mapping[str, Noted] = field(default_factory=dict)
    hidden: Collection[str] = frozenset()
    wide: frozenset[str] = frozenset()
    ends: Mapping[str, MinMaxResult] = field(default_factory=dict)
    keys: KeysFound = NO_KEYS

    @property
    def rows(self) -> int:
        return int(self.statistics["rows"])


def look(
    name: str, source: Source, folder: str | None, engine: Engine, *, contract: SourceContract | None = None, partitions: int | None = None,
    ranges: bool = False, keys: bool = False, hidden: Collection[str] = (),
) -> Look:  # fmt: skip
    """Read all rows of a source: for its types, where neither it nor a contract states them, and for what its columns hold.

    Parameters
    ----------
    contract : SourceContract, optional
        Types the cells of files without types of their own, and says whose values are not shown.
    ranges : bool
        Look for the ends of numbers, dates and timestamps, exactly, in the same scan.
    keys : bool
        Look for what tells the rows apart, in up to two scans more (`find_keys`).
    hidden : names
        More columns whose values are not shown.

    Raises
    ------
    ParseError
        For a record that cannot be parsed, where the source's `on_error` is "fail".
    RequestError
        For a column whose name begins with `$`.
    WorldError
        When a file cannot be read.
    """
    bound = bind_source(name, source, folder, contract, engine, None, partitions, versions=False)
    refuse_unnamed(bound)
    _check_names(bound)
    spelt = [column.name for column in bound.schema if is_text(column.type)]
    texts = {f"texts/{name}": _over(name, SPELLINGS) for name in spelt}
    hidden = frozenset(hidden) | (frozenset() if contract is None else contract.sensitive)
    whole = {f"whole/{name}": _over(name, _NOT_WHOLE) for name in spelt} if bound.inferred else {}
    ended = [column.name for column in bound.schema if ranges and column.name not in hidden and _has_ends(column.type)]
    ends = {f"ends/{name}": _over(name, MinMax()) for name in ended}
    folds = {**column_folds(bound.schema), **texts, **whole, **ends}
    profile = fold_rows(bound, bound.schema, folds, engine, partitions=partitions, label=f"statistics of {name}")
    statistics = finish(profile.results, bound.schema, sensitive=hidden)
    spellings = {key.removeprefix("texts/"): profile.results[key] for key in texts}
    lossy = _lossy(bound, engine, partitions)
    zeros, offsets = (frozenset(n for n, fold in lossy.items() if fold == which) for which in (_ZEROS, _OFFSET))
    misfits = {one: profile.misfits.columns[one] for one in bound.schema.names if one in profile.misfits.columns}
    filled = {one["name"] for one in statistics["columns"] if one["nulls"] < statistics["rows"]}
    wide = frozenset(name for name in spelt if f"whole/{name}" in whole and not profile.results[f"whole/{name}"] and name in filled)
    return Look(
        bound.schema, statistics, spellings, zeros, offsets, profile.unparsable, misfits, hidden, wide,
        ends={name: profile.results[f"ends/{name}"] for name in ended},
        keys=find_keys(bound, statistics, engine, partitions=partitions) if keys else NO_KEYS,
    )  # fmt: skip


def _has_ends(dtype: pa.DataType) -> bool:
    """Whether `range:` can be stated of a column."""
    return is_numeric(dtype) or is_temporal(dtype)


def _check_names(bound: BoundSource) -> None:
    taken = [name for name in bound.schema.names if name.startswith("$")]
    if taken:
        csv = "; a CSV file can be read with other names: names=[...], header=True" if bound.source.kind == "csv" else ""
        raise RequestError(f"column {taken[0][:80]!r}: names that begin with $ are taken", where=bound.name, hint=f"rename it{csv}")


def _lossy(bound: BoundSource, engine: Engine, partitions: int | None) -> dict[str, Fold]:
    """The columns whose cells tell more than their values, with the fold that found it; CSV alone has cells that are all text."""
    if bound.source.kind != "csv":
        return {}
    numbers = {field.name: _ZEROS for field in bound.schema if is_integer(field.type) or is_float(field.type)}
    times = {field.name: _OFFSET for field in bound.schema if pa.types.is_timestamp(field.type)}
    wanted = {**numbers, **times}
    if not wanted:
        return {}
    as_text = pa.schema([pa.field(n, pa.string()) if n in wanted else bound.schema.field(n) for n in bound.schema.names])
    folds = {n: _over(n, fold) for n, fold in wanted.items()}
    profile = fold_rows(replace(bound, schema=as_text), as_text, folds, engine, partitions=partitions, label=f"cells of {bound.name}")
    return {n: fold for n, fold in wanted.items() if profile.results[n]}


def _over(name: str, fold: Fold) -> tuple[Fold, tuple[Node, ...]]:
    """A fold over one column."""
    return fold, (Node("col", (), {"name": name}),)
