"""A contract in whatever format it is written: ours, or one that another tool reads, known by what it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from featureprep.errors import RequestError
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import contract_bytes, contract_of_bytes, load_contract
from featureprep.validators.interop.gx_read import take_gx
from featureprep.validators.interop.json_tree import parse_document
from featureprep.validators.interop.notes import Taken, Types
from featureprep.validators.interop.odcs_read import take_odcs
from featureprep.validators.interop.pandera_read import take_pandera
from featureprep.validators.plain_tree import contract_of_values, tree_of
from featureprep.validators.yaml_tree import Tree

_MESSAGE: Final = re.compile(r"^(?:feature|string_domain)\s*:?\s*[\[{<]|^default_environment\s*:\s*\"", re.MULTILINE)
_MAPPING: Final = re.compile(r"^(?:columns|sources|version|apiVersion|schema_type)\s*:", re.MULTILINE)


def load_any_contract(path_or_text: str | os.PathLike[str], types: Types | None = None) -> Contract:
    """Read a contract, or what other tools hold data against: a suite of Great Expectations, a schema of pandera (YAML or JSON), a document of
    the Open Data Contract Standard, a TFMD schema as text.

    Of the latter, rules stand in the lines of that file. Those that a contract cannot state are kept as such, and are not evaluated
    (`SourceContract.untaken`); what is checked otherwise than they say is in `Contract.notes`.

    Parameters
    ----------
    path_or_text : path, or the text itself
        A str with a line break, or one that begins with `{`, is text.
    types : callable, optional
        Gives the types of the data's columns, by our names: a suite, and some schemas, do not state them.

    Raises
    ------
    RequestError, WorldError
        As `load_contract`, `from_gx`, `from_odcs`, `from_pandera` and `contract_from_schema` do.
    MissingExtraError
        For a TFMD schema without the extra `tfmd`.
    """
    is_text = isinstance(path_or_text, str) and ("\n" in path_or_text or "\r" in path_or_text or path_or_text.lstrip().startswith("{"))
    file = "contract" if is_text else os.fspath(path_or_text)
    content = str(path_or_text).encode("utf-8", "surrogatepass") if is_text else contract_bytes(file, file)
    made = _foreign(content, file, types)
    if made is not None:
        return replace(made, content=content)
    return load_contract(f"{path_or_text}\n") if is_text else contract_of_bytes(content, file)


def contract_of_object(value: Any, types: Types | None = None) -> Contract | None:
    """The contract that an object of Python states; None where it is no such object.

    Parameters
    ----------
    value : mapping, ExpectationSuite of Great Expectations, or schema or model of pandera
        A mapping is what a contract's file, or one of the others', holds.
    """
    if not isinstance(value, Mapping) and callable(getattr(value, "to_json_dict", None)):
        value = value.to_json_dict()
        if not isinstance(value, Mapping) or "expectations" not in value:
            return None
        return take_gx(tree_of(value, "the expectation suite"), types, has_lines=False).contract()
    if isinstance(value, Mapping):
        if "columns" in value and "schema_type" not in value:
            return contract_of_values(value, "the contract")
        tree = tree_of(value, "the contract")
        taken = _of_tree(tree, types, has_lines=False)
        return contract_of_values(value, "the contract") if taken is None else taken.contract()
    from featureprep.validators.interop.pandera_objects import contract_from_schema, is_schema

    return contract_from_schema(value, types) if is_schema(value) else None


def _foreign(content: bytes, file: str, types: Types | None) -> Contract | None:
    """The contract of a document of another format; None where this is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if _MESSAGE.search(text) and not _MAPPING.search(text):
        from featureprep.validators.interop.tfmd_text import contract_of_message

        return contract_of_message(text, file)
    try:
        tree = parse_document(text, file)
    except RequestError:
        return None
    taken = _of_tree(tree, types, has_lines=True)
    return None if taken is None else taken.contract()


def _of_tree(tree: Tree, types: Types | None, *, has_lines: bool) -> Taken | None:
    """What is taken of a document of another format; None of ours."""
    keys = tree.value if isinstance(tree.value, dict) else {}
    if "columns" in keys and "schema_type" in keys:
        return take_pandera(tree, types, has_lines=has_lines)
    if "columns" in keys or "sources" in keys:
        return None
    if "expectations" in keys:
        return take_gx(tree, types, has_lines=has_lines)
    return take_odcs(tree) if "apiVersion" in keys and "kind" in keys else None
