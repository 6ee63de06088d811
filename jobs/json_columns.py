"""Which columns a source of JSON records has: the keys of its records, where a contract judges them."""

from __future__ import annotations

from dataclasses import replace

from featureprep.engines.base import Engine
from featureprep.io.json_format import RAW_COLUMN
from featureprep.io.json_keys import JsonKeys
from featureprep.io.schema import partition_fields
from featureprep.jobs.sources import BoundSource, fold_raw, partitioned
from featureprep.store.states import StateCache
from featureprep.validators.contract import SourceContract

SHOWN = 100
"""Columns beyond those of the contract that are told one by one, the first in order of name."""


def with_json_columns(
    bound: BoundSource, contract: SourceContract, environment: str | None, engine: Engine, cache: StateCache | None, partitions: int | None
) -> BoundSource:
    """`with_keys`, where a rule of the contract asks which columns there are."""
    return with_keys(bound, contract, engine, cache, partitions) if _asked(contract, environment) else bound


def with_keys(
    bound: BoundSource, contract: SourceContract, engine: Engine, cache: StateCache | None, partitions: int | None
) -> BoundSource:
    """A source of JSON records whose `present` columns are the keys that any of its records has, from one look at their texts.

    A source is given back as it is where it is of another format, and where it has no record that could be read, since that tells of
    no column. The look is cached by fragment, and fails for nothing that a record holds: reading the rows reports it.
    """
    if bound.source.kind != "json":
        return bound
    stated = tuple(sorted({column.name for column in contract.columns}))
    pieces = partitioned(bound.fragments, partitions)
    lenient = replace(bound.source, on_error="drop")
    found = fold_raw(lenient, bound.name, pieces, (RAW_COLUMN,), JsonKeys(stated), engine, cache, f"keys of {bound.name}")
    if not found.records:
        return bound
    folders = {field.name for field in partition_fields(bound.files)}
    # what a schema given to the source leaves out is not read
    present = (found.named & frozenset(bound.schema.names)) | (folders & frozenset(bound.schema.names)) | frozenset(found.others[:SHOWN])
    return replace(bound, present=present, unlisted=len(found.others[SHOWN:]))


def _asked(contract: SourceContract, environment: str | None) -> bool:
    if contract.extra_columns != "allow" or any(rule.check == "required" for rule in contract.declared(environment)):
        return True
    # a rule of a column that may be absent says nothing of one that is
    return any(column.name in contract.optional and len(column.rules) > 1 for column in contract.columns_in(environment))
