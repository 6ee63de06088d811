"""Text functions of SQL: positions count from 1, trim takes blanks only, LIKE matches the whole text, and patterns are RE2's."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from featureprep.expr.node import Node
from featureprep.query.values import Values, renames, says

renames({exp.ArraySize: "list_len", exp.Length: "str_len", exp.Lower: "str_lower", exp.Upper: "str_upper"})


@says(exp.Trim)
def _trim(v: Values, part: exp.Trim) -> Node:
    v.only(part, "this", "expression", "position")
    characters = v.constant(part.expression, "what trim takes away") if part.args.get("expression") else " "
    side = (part.args.get("position") or "BOTH").upper()
    of = v(part.this)
    if not characters:
        return of
    if side == "BOTH":
        return v.node(part, "str_strip", of, characters=characters)
    one = "[" + "".join(rf"\x{{{ord(c):x}}}" for c in characters) + "]+"
    return v.node(part, "str_replace", of, old=f"^{one}" if side == "LEADING" else f"{one}$", new="", regex=True)


@says(exp.Substring)
def _substring(v: Values, part: exp.Substring) -> Node:
    v.only(part, "this", "start", "length")
    start = v.constant(part.args["start"], "the start of substring", int)
    length = v.constant(part.args["length"], "the length of substring", int) if part.args.get("length") else None
    if start < 1 or (length is not None and length < 0):
        raise v.text.refuse(part, "substring counts from 1, and its length is not negative", "right(x, n) takes the last characters")
    return v.node(part, "str_slice", v(part.this), start=start - 1, stop=None if length is None else start - 1 + length)


@says(exp.Left, exp.Right)
def _end(v: Values, part: exp.Left) -> Node:
    v.only(part, "this", "expression")
    count = v.constant(part.expression, "the number of characters", int)
    if count < 0:
        raise v.text.refuse(part, "the number of characters is negative", "substring(x, start, length) takes any part")
    of = v(part.this)
    if isinstance(part, exp.Left) or count == 0:
        return v.node(part, "str_slice", of, start=0, stop=count)
    return v.node(part, "str_slice", of, start=-count, stop=None)


@says(exp.Replace)
def _replace(v: Values, part: exp.Replace) -> Node:
    v.only(part, "this", "expression", "replacement")
    old, new = v.constant(part.expression, "what replace looks for"), v.constant(part.args["replacement"], "what replace puts there")
    of = v(part.this)
    return v.node(part, "str_replace", of, old=old, new=new, regex=False) if old else of


@says(exp.Contains, exp.StartsWith, exp.EndsWith)
def _part(v: Values, part: Any) -> Node:
    v.only(part, "this", "expression")
    op = {exp.Contains: "str_contains", exp.StartsWith: "str_starts_with", exp.EndsWith: "str_ends_with"}[type(part)]
    return _holds(v, part, op, v(part.this), v.constant(part.expression, "the text to look for"))


def _holds(v: Values, part: exp.Expr, op: str, of: Node, text: str) -> Node:
    if text:
        return v.node(part, op, of, text=text)
    return v.node(part, "ge", v.node(part, "str_len", of), 0)  # everything holds the empty text


@says(exp.Like, exp.ILike, exp.Escape)
def _like(v: Values, part: Any) -> Node:
    escape = None if v.text.dialect in ("duckdb", "trino") else "\\"
    at = part
    if isinstance(part, exp.Escape):
        v.only(part, "this", "expression")
        escape, at = v.constant(part.expression, "the ESCAPE character"), part.this
        if not isinstance(at, (exp.Like, exp.ILike)) or len(escape) != 1:
            raise v.text.refuse(part, "ESCAPE is one character, after LIKE")
    v.only(at, "this", "expression", "negate")
    pattern = v.constant(at.expression, "the pattern of LIKE")
    of = v(at.this)
    if isinstance(at, exp.ILike):
        if not pattern.isascii():
            raise v.text.refuse(at, "ILIKE takes an ASCII pattern", "lower(x) LIKE '...' says which letters are meant")
        of, pattern = v.node(at, "str_lower", of), pattern.lower()
    found = _matched(v, at, of, pattern, escape)
    return v.node(part, "not", found) if at.args.get("negate") else found


def _matched(v: Values, at: exp.Expr, of: Node, pattern: str, escape: str | None) -> Node:
    pieces: list[str | None] = []
    """Characters; None for %, and "" for _."""
    rest = iter(pattern)
    for char in rest:
        if char == escape:
            following = next(rest, None)
            if following is None:
                raise v.text.refuse(at, "the pattern of LIKE ends with its escape character")
            pieces.append(following)
        else:
            pieces.append(None if char == "%" else "" if char == "_" else char)
    if "" not in pieces and pieces.count(None) <= 2:
        plain = "".join(p for p in pieces if p)
        ends = (pieces[:1] == [None], pieces[-1:] == [None])
        if pieces.count(None) == 0:
            return v.node(at, "eq", v.node(at, "of_type", of, kinds=["text"], instead="LIKE compares text"), plain)
        if pieces.count(None) == sum(ends) - (len(pieces) == 1):
            op = {(True, True): "str_contains", (False, True): "str_starts_with", (True, False): "str_ends_with"}[ends]
            return _holds(v, at, op, of, plain)
    body = "".join(".*" if p is None else "." if p == "" else re.escape(p) if p.isascii() else p for p in pieces)
    return v.node(at, "str_matches", of, pattern=f"(?s)^(?:{body})$")


def _duckdb_only(v: Values, part: exp.Expr) -> None:
    if v.text.dialect != "duckdb":
        raise v.text.refuse(part, f"patterns of {v.text.dialect} are not RE2's", "dialect='duckdb' has RE2's; or .str.matches on the table")


@says(exp.RegexpLike)
def _regexp(v: Values, part: exp.RegexpLike) -> Node:
    v.only(part, "this", "expression")
    _duckdb_only(v, part)
    if "start" not in part.meta:  # written as ~, which matches the whole text
        raise v.text.refuse(part, "fp.sql does not take the operator ~", "regexp_matches(x, '^(...)$')")
    return v.node(part, "str_matches", v(part.this), pattern=v.constant(part.expression, "the pattern"))


@says(exp.RegexpReplace)
def _regexp_replace(v: Values, part: exp.RegexpReplace) -> Node:
    v.only(part, "this", "expression", "replacement", "modifiers", "single_replace")
    _duckdb_only(v, part)
    modifiers = v.constant(part.args["modifiers"], "the options") if part.args.get("modifiers") else ""
    if modifiers != "g":
        raise v.text.refuse(
            part, "regexp_replace is taken with the option 'g' only: every match is replaced", "regexp_replace(x, p, r, 'g')"
        )
    pattern, new = v.constant(part.expression, "the pattern"), v.constant(part.args["replacement"], "the replacement")
    return v.node(part, "str_replace", v(part.this), old=pattern, new=new, regex=True)


@says(exp.RegexpExtract)
def _regexp_extract(v: Values, part: exp.RegexpExtract) -> Node:
    v.only(part, "this", "expression", "group", "null_if_pos_overflow")
    _duckdb_only(v, part)
    group = v.constant(part.args["group"], "the group", int) if part.args.get("group") else 0
    pattern = v.constant(part.expression, "the pattern")
    if group not in (0, 1) or "(?P<" in pattern or "(?<" in pattern:
        raise v.text.refuse(part, "regexp_extract takes group 0, the whole match, or 1, without named groups")
    found = v.node(part, "str_extract", v(part.this), pattern=f"({pattern})" if group == 0 else pattern)
    return v.node(part, "when", v.node(part, "is_null", v(part.this)), None, v.node(part, "coalesce", found, ""))


@says(exp.Split)
def _split(v: Values, part: exp.Split) -> Node:
    v.only(part, "this", "expression")
    separator = v.constant(part.expression, "the separator")
    if not separator or v.text.dialect != "duckdb":
        raise v.text.refuse(part, "a text is split at a text that is not empty, in dialect duckdb")
    return v.node(part, "str_split", v(part.this), separator=separator, regex=False)


@says(exp.Bracket)
def _item(v: Values, part: exp.Bracket) -> Node:
    v.only(part, "this", "expressions")
    if len(part.expressions) != 1 or v.text.dialect != "duckdb":
        raise v.unknown(part)
    index = v.constant(part.expressions[0], "the place in the list", int)  # the parser counts it from 0
    if index < 0:
        raise v.text.refuse(part, "places in a list count from 1", "table.with_columns(x=col('x').list.get(-1)) takes the last")
    of = v.node(part, "of_type", v(part.this), kinds=["list"], instead="substring(x, n, 1) is a character of a text")
    return v.node(part, "list_get", of, index=index)
