"""A contract as plain Python values, such as a dict or parsed JSON, read as if it had been written in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from featureprep.errors import RequestError, short
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import read_contract
from featureprep.validators.yaml_tree import MAX_DEPTH, MAX_NODES, Tree


def contract_of_values(value: Any, file: str) -> Contract:
    """The contract that plain values state.

    Parameters
    ----------
    value : mapping
        As contract.yaml holds it. Dates, timestamps and decimals may be Python's; a `Tree` inside keeps its line.
    file : str
        What to call it in messages.

    Raises
    ------
    RequestError
        As `load_contract` does, and for values that YAML has no place for.
    """
    tree = tree_of(value, file)
    if tree.size > MAX_NODES:
        raise RequestError(f"the contract holds more than {MAX_NODES} values", where=file)
    return read_contract(tree, file)


def tree_of(value: Any, file: str, line: int = 1, depth: int = 0) -> Tree:
    """The tree that plain values would be parsed to. Keys are texts; each value stands in `line`, but for a `Tree`, which is kept.

    Raises
    ------
    RequestError
        For a value that is none of YAML's, nesting deeper than 32, a key that is no text.
    """
    if isinstance(value, Tree):
        return value
    if depth > MAX_DEPTH:
        raise RequestError(f"this is nested deeper than {MAX_DEPTH}", where=file)
    match value:
        case None:
            return Tree(file, line, None)
        case bool():
            return Tree(file, line, value, "true" if value else "false")
        case int() | float():
            return Tree(file, line, value, repr(value))
        case str():
            return Tree(file, line, value, value, quoted=True)
        case dt.date():
            return Tree(file, line, value.isoformat(), value.isoformat(), quoted=True)
        case Decimal():
            return Tree(file, line, str(value), str(value), quoted=True)
        case Mapping():
            if wrong := next((key for key in value if not isinstance(key, str)), None):
                raise RequestError(f"the key {short(wrong)} is no text", where=file)
            entries = {key: tree_of(item, file, line, depth + 1) for key, item in value.items()}
            keys = {key: entry.line for key, entry in entries.items()}
            return Tree(file, line, entries, keys=keys, size=1 + sum(entry.size for entry in entries.values()))
        case Sequence() if not isinstance(value, (bytes, bytearray, memoryview)):
            items = [tree_of(item, file, line, depth + 1) for item in value]
            return Tree(file, line, items, size=1 + sum(item.size for item in items))
    raise RequestError(f"{short(value)} has no place in a contract", where=file, hint="texts, numbers, true, false, lists, mappings")


def plain(tree: Tree) -> Any:
    """What `tree_of` takes: None, bool, int, float, str, list or dict."""
    if isinstance(tree.value, dict):
        return {key: plain(item) for key, item in tree.value.items()}
    if isinstance(tree.value, list):
        return [plain(item) for item in tree.value]
    return tree.value
