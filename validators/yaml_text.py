"""Contracts written as YAML: short where a rule has no policy of its own, with comments, and read back equal by `load_contract`."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from featureprep.types import format_type
from featureprep.validators.checks.base import Rule
from featureprep.validators.checks.parsing import policy_stated
from featureprep.validators.contract import ENVIRONMENTS, Column, Contract, SourceContract, check_of

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*([ -][A-Za-z0-9_]+)*")
_WORDS: Final = frozenset("null true false yes no on off y n".split())
INNER: Final = {"values": "of", "regex": "pattern", "null_fraction": "max", "min_domain_mass": "min"}
"""What the long form of a check calls its value; `is` where it is not here."""
_LONGEST_KEY: Final = 1000
"""YAML takes keys of up to 1024 characters before the colon; longer ones stand behind a question mark."""
_WIDTH: Final = 120


def contract_text(contract: Contract) -> str:
    """The contract as YAML."""
    first = contract.sources[0]
    top: dict[str, Any] = {"version": 1}
    if first.environments != ENVIRONMENTS:
        top["environments"] = first.environments
    if contract.names == [""]:
        top |= _source(first)
    else:
        top["sources"] = {source.name: _source(source) for source in contract.sources}
    header = "# What the rows of this data must be. Edit it; `featureprep validate` holds data against it.\n"
    return header + "\n".join(_block(top, 0)) + "\n"


def _source(source: SourceContract) -> dict[str, Any]:
    made: dict[str, Any] = {key: text for key, text in (("owner", source.owner), ("note", source.note)) if text}
    made["columns"] = {column.name: column for column in source.columns}
    for key, group in groupby(source.rules, lambda rule: rule.check):
        rules = list(group)
        if key != "allow_empty":
            dumped = check_of(rules[0]).dump(rules)
            made[key] = dumped if isinstance(dumped, list) else _with_policy(key, dumped, rules[0])
    if source.allow_empty:
        made["allow_empty"] = True
    if source.extra_columns != "warn":
        made["extra_columns"] = source.extra_columns
    if source.allow_not_evaluated:
        made["allow_not_evaluated"] = True
    return made


def _column(column: Column) -> Any:
    made: dict[str, Any] = {}
    for key, group in groupby(column.rules, lambda rule: rule.check):
        rules = list(group)
        check = check_of(rules[0])
        made |= check.beside(rules)
        made[key] = _with_policy(key, check.dump(rules), rules[0])
    if made.get("required") is True:
        del made["required"]  # the default
    elif "required" not in made:
        made["required"] = False
    if column.environments is not None:
        made["environments"] = column.environments
    made |= {"sensitive": True} if column.sensitive else {}
    made |= {key: text for key, text in (("owner", column.owner), ("note", column.note)) if text}
    return made["type"] if set(made) == {"type"} and not isinstance(made["type"], dict) else made


def _with_policy(key: str, value: Any, rule: Rule) -> Any:
    policy = policy_stated(rule)
    if not policy:
        return value
    return {**value, **policy} if isinstance(value, dict) else {INNER.get(key, "is"): value, **policy}


def _block(entries: Mapping[str, Any], indent: int) -> list[str]:
    """A mapping, an entry a line."""
    lines: list[str] = []
    pad = " " * indent
    for key, entry in entries.items():
        name = _scalar(key)
        start = f"{pad}{name}:" if len(name) < _LONGEST_KEY else f"{pad}? {name}\n{pad}:"
        value, note = entry, ""
        if isinstance(entry, Column):
            value, note = _column(entry), f"  # {_one_line(entry.comment)}" if entry.comment else ""
        if isinstance(value, dict) and (isinstance(entry, Column) or _nested(value)):
            lines += [f"{start}{note}", *_block(value, indent + 2)]
        elif isinstance(value, dict) and len(flow_text(value)) > _WIDTH:
            lines += [start, *_block(value, indent + 2)]
        elif isinstance(value, (list, tuple)) and (len(flow_text(value)) > _WIDTH or any(isinstance(item, dict) for item in value)):
            lines += [start, *(f"{pad}  - {flow_text(item)}" for item in value)]
        else:
            lines.append(f"{start} {flow_text(value)}{note}")
    return lines


def _nested(value: Mapping[str, Any]) -> bool:
    return any(isinstance(item, (dict, Column)) for item in value.values())


def column_line(column: Column) -> str:
    """What a contract states about a column, on one line."""
    return f"{_scalar(column.name)}: {flow_text(_column(column))}"


def flow_text(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return {"inf": ".inf", "-inf": "-.inf"}.get(repr(value), repr(value))
        case str():
            return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and len(value) < _WIDTH else _quoted(value)
        case dt.date():
            return _quoted(value.isoformat())
        case Decimal():
            return _quoted(str(value))
    return _quoted(format_type(value))


def _quoted(text: str) -> str:
    """A text in double quotes; YAML takes JSON's escapes, but no unescaped control characters."""
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
