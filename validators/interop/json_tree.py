"""JSON of others, read with its lines."""

from __future__ import annotations

import json
import re
from typing import Final

from featureprep.errors import RequestError
from featureprep.validators.plain_tree import tree_of
from featureprep.validators.yaml_tree import MAX_BYTES, Tree, parse_yaml

_ESCAPES: Final = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|(/)|.)", re.DOTALL)


def parse_json(text: str, file: str) -> Tree:
    """The value of a JSON text.

    Raises
    ------
    RequestError
        With file and line: for what is no JSON, too large, nested deeper than 32, or repeats a key.
    """
    try:
        return parse_yaml(text, file)  # JSON is YAML, mostly
    except RequestError as error:
        if len(text) > MAX_BYTES:
            raise
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise error from None
    try:
        # but for characters written as two surrogates, and \/
        return parse_yaml(_ESCAPES.sub(_escape, text), file)
    except RequestError:
        return tree_of(value, file)  # such as one that is indented with tabs


def parse_document(text: str, file: str) -> Tree:
    """The value of a document that others write as JSON or as YAML; raises as `parse_json` and `parse_yaml` do."""
    return parse_json(text, file) if text.lstrip().startswith("{") else parse_yaml(text, file)


def _escape(match: re.Match[str]) -> str:
    if match[1]:
        return f"\\U{0x10000 + ((int(match[1], 16) & 0x3FF) << 10) + (int(match[2], 16) & 0x3FF):08x}"
    return "/" if match[3] else match[0]
