"""Schemas of pandera as objects of Python: the only place that imports pandera."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from importlib import import_module
from typing import Any

from featureprep.errors import ArgumentError, MissingExtraError
from featureprep.validators.contract import Contract
from featureprep.validators.interop.notes import Types
from featureprep.validators.interop.pandera_read import take_pandera
from featureprep.validators.interop.pandera_write import META, to_pandera
from featureprep.validators.plain_tree import tree_of

_CALLED = "the pandera schema"


def is_schema(value: Any) -> bool:
    """Whether this is a schema or a model of pandera; whoever holds one has imported it."""
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    names = {kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] == "pandera"}
    return "DataFrameModel" in names if isinstance(value, type) else "DataFrameSchema" in names


def contract_from_schema(schema: Any, types: Types | None = None) -> Contract:
    """What a pandera schema for pandas or Polars states.

    Parameters
    ----------
    schema : pandera.DataFrameSchema, or a class made from pandera.DataFrameModel
    types : callable, optional
        Gives the types of the data's columns: those without a telling dtype have these.

    Returns
    -------
    Contract
        Custom checks, and what else a contract cannot say, are rules that are not evaluated (`SourceContract.untaken`); `notes` tells
        what is checked otherwise.

    Raises
    ------
    ArgumentError
        For what is none.
    MissingExtraError
        Without pandera.
    RequestError
        For a schema that no contract can hold.
    """
    _io()
    if not is_schema(schema):
        raise ArgumentError.of("schema", "Contract.from_pandera", "a DataFrameSchema or a DataFrameModel of pandera", schema)
    made: Any = schema.to_schema() if hasattr(schema, "to_schema") else schema
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of checks that it cannot write: they are told below
        written = _plain(_io("polars" if ".polars" in type(made).__module__ else "pandas").serialize_schema(made))
    metadata = getattr(made, "metadata", None)
    if isinstance(metadata, Mapping) and META in metadata:
        written["metadata"] = {META: _plain(metadata[META])}
    unwritten = {str(name): _custom(column.checks) for name, column in made.columns.items()} | {"": _custom(made.checks)}
    return take_pandera(tree_of(written, _CALLED), types, has_lines=False, unwritten=unwritten).contract()


def schema_from_contract(contract: Contract, *, source: str | None = None) -> Any:
    """The contract of a source as a `pandera.DataFrameSchema` for pandas.

    What pandera does not check is in its `metadata["featureprep"]`, from where `contract_from_schema` takes it back; there, `unchecked`
    names the rules.

    Raises
    ------
    MissingExtraError
        Without pandera.
    RequestError
        When it is not said which of several sources is meant, or there is none of that name.
    """
    io = _io()
    made, unchecked = to_pandera(contract, source=source)
    schema = io.deserialize_schema(made)
    schema.metadata = {**(schema.metadata or {}), META: {**((schema.metadata or {}).get(META) or {}), "unchecked": unchecked}}
    return schema


def _io(frames: str = "pandas") -> Any:
    """pandera's module that writes and reads schemas for a kind of frames."""
    try:
        return import_module(f"pandera.io.{frames}_io")
    except ImportError as error:
        raise MissingExtraError.of("pandera", "pandera's schemas as objects") from error


def _custom(checks: Any) -> list[str]:
    """The names of the checks that pandera itself does not write: those that nobody registered, and hypotheses."""
    found = [check for check in checks or () if getattr(check, "registry_name", None) is None or callable(check.groupby)]
    return [str(check.name or "a check") for check in found]


def _plain(value: Any) -> Any:
    """As YAML holds it: moments and dates as texts, sets as lists, NumPy's numbers as Python's."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case AbstractSet():
            return [_plain(item) for item in sorted(value, key=repr)]
        case float() if math.isnan(value):
            return None
        case dt.datetime() | dt.date():
            return str(value)
        case None | bool() | int() | float() | str() | Decimal():
            return value
    item = getattr(value, "item", None)
    return _plain(item()) if callable(item) and getattr(value, "ndim", None) == 0 else str(value)
