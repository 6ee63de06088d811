"""Looking at all rows of a source before a contract or a job is written for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.spellings import AnyText, Spelling
from featureprep.io.base import Source
from featureprep.jobs.odd_spellings import SPELLINGS
from featureprep.jobs.profile import Unparsable, fold_rows
from featureprep.jobs.sources import BoundSource, bind_source
from featureprep.types import is_float, is_integer, is_text
from featureprep.validators.contract import SourceContract
from featureprep.validators.statistics import column_folds, finish

_ZEROS = AnyText(r"^[ \t]*0[0-9]")
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
    """

    schema: pa.Schema
    statistics: Mapping[str, Any]
    spellings: Mapping[str, Spelling]
    zeros: frozenset[str]
    offsets: frozenset[str]
    unparsable: Unparsable

    @property
    def rows(self) -> int:
        return int(self.statistics["rows"])


def look(
    name: str, source: Source, folder: str | None, engine: Engine, *, contract: SourceContract | None = None, partitions: int | None = None
) -> Look:
    """Read all rows of a source: for its types, where neither it nor a contract states them, and for what its columns hold.

    Parameters
    ----------
    contract : SourceContract, optional
        Types the cells of files without types of their own, and says whose values are not shown.

    Raises
    ------
    ParseError
        For a record that cannot be parsed, where the source's `on_error` is "fail".
    RequestError
        For a column whose name begins with `$`.
    WorldError
        When a file cannot be read.
    """
    bound = bind_source(name, source, folder, contract, engine, None, partitions)
    _check_names(name, bound.schema.names)
    texts = {f"texts/{field.name}": _over(field.name, SPELLINGS) for field in bound.schema if is_text(field.type)}
    folds = {**column_folds(bound.schema), **texts}
    profile = fold_rows(bound, bound.schema, folds, engine, partitions=partitions, label=f"statistics of {name}")
    hidden = frozenset() if contract is None else contract.sensitive
    statistics = finish(profile.results, bound.schema, sensitive=hidden)
    spellings = {key.removeprefix("texts/"): profile.results[key] for key in texts}
    lossy = _lossy(bound, engine, partitions)
    zeros, offsets = (frozenset(n for n, fold in lossy.items() if fold == which) for which in (_ZEROS, _OFFSET))
    return Look(bound.schema, statistics, spellings, zeros, offsets, profile.unparsable)


def _check_names(source: str, names: Sequence[str]) -> None:
    taken = [name for name in names if name.startswith("$")]
    if taken:
        raise RequestError(
            f"column {taken[0][:80]!r}: names that begin with $ are taken",
            where=source,
            hint="rename it; a CSV file can be read with other names: names=[...], header=True",
        )


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
