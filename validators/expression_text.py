"""Contract expressions: a small, safe part of Python's expression syntax, turned into a `Node`.

    tips <= fare * 0.5 and trip_seconds > 0 or payment_type in ["Cash", "Card"]

| form | meaning |
| --- | --- |
| `fare`, `` `a b` ``, `col("a b")` | a column; names that are no Python names go into back quotes |
| `1`, `2.5`, `"text"`, `True`, `date("2024-01-31")`, `timestamp("2024-01-31T12:00:00")` | constants |
| `a < b <= c`, `==`, `!=` | comparisons and chains of them |
| `and`, `or`, `not` | three-valued (Kleene) logic: null is "unknown" |
| `+ - * / // %`, `-x` | arithmetic; `/` is true division |
| `x in [1, 2]`, `x not in ("a", "b")` | membership in constants |
| `x is None`, `x is not None` | null |
| `abs, len, round, is_null, is_nan, lower, upper, strip, contains, starts_with, ends_with, matches` | functions |

Python's parser reads the text; nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import datetime as dt
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.types import is_list
from featureprep.validators.suggestions import did_you_mean

MAX_TEXT: Final = 4_000
MAX_DEPTH: Final = 100
MAX_NODES: Final = 1_000

_COMPARE: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv", ast.Mod: "mod",
}  # fmt: skip
_SIMPLE: Final = {"abs": "abs", "is_null": "is_null", "is_nan": "is_nan", "lower": "str_lower", "upper": "str_upper"}
_TEXTUAL: Final = {
    "contains": ("str_contains", "text"),
    "starts_with": ("str_starts_with", "text"),
    "ends_with": ("str_ends_with", "text"),
    "matches": ("str_matches", "pattern"),
}
_FUNCTIONS: Final = (*_SIMPLE, *_TEXTUAL, "col", "date", "len", "round", "strip", "timestamp")
_ALLOWED: Final = (
    "allowed are columns, constants, comparisons, and/or/not, + - * / // %, in [...], is None, and the functions "
    + ", ".join(sorted(_FUNCTIONS))
)


def parse_expression(text: str, types: Mapping[str, pa.DataType] | None = None) -> Node:
    """The expression that a text states.

    Parameters
    ----------
    types : mapping of column name to type, optional
        The columns; tells whether `len` and `contains` mean a text or a list.

    Raises
    ------
    RequestError
        Naming the column (from 1) in the text and what is allowed there: for anything outside the table above, a text of more than
        4,000 characters, nesting over 100, or more than 1,000 parts.
    """
    if len(text) > MAX_TEXT:
        raise RequestError(f"an expression has {len(text)} characters, {MAX_TEXT} are the most", hint="write several expressions")
    lead = len(text) - len(text.lstrip())
    line = text.strip()
    if not line:
        raise RequestError("an expression is empty", hint="fare >= 0")
    source, quoted = _hide_quoted_names(line, lead)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a pattern is meant as it stands
            tree = ast.parse(source, mode="eval")
    except SyntaxError as error:
        at = lead + min(error.offset or 1, len(line) + 1)
        hint = "names with blanks, and words such as class, go into back quotes; compare with ==; combine with and, or, not"
        raise RequestError(f"syntax error at column {at}: {error.msg}", hint=hint) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise RequestError(f"it cannot be read: {error or 'nested too deep'}", hint="write several shorter expressions") from error
    return _Reader(source.encode(), lead, quoted, types or {}).node(tree.body, 0)


def _hide_quoted_names(line: str, lead: int) -> tuple[str, dict[int, str]]:
    """One line, back-quoted names replaced by underscores of the same length in UTF-8; the names by byte offset."""
    made: list[str] = []
    names: dict[int, str] = {}
    offset = at = 0
    while at < len(line):
        quote = line[at]
        end = at + 1
        if quote in "'\"`":
            while end < len(line) and line[end] != quote:
                end += 2 if line[end] == "\\" and quote != "`" else 1
            end = min(end + 1, len(line))
        elif quote == "#":
            raise RequestError(f"a comment begins at column {lead + at + 1}", hint="comments stand in the YAML, above the expression")
        piece = line[at:end]
        if quote in "\r\n":
            piece = " "
        elif "\n" in piece or "\r" in piece:
            raise RequestError(
                f"the quote at column {lead + at + 1} is not closed in its line", hint='write "\\n" for a line break in a text'
            )
        size = len(piece.encode("utf-8", "surrogatepass"))
        if quote == "`":
            if len(piece) < 3 or piece[-1] != "`":
                raise RequestError(f"the back quote at column {lead + at + 1} opens no name", hint="`a b` is the column named a b")
            names[offset] = piece[1:-1]
            piece = "_" * size
        made.append(piece)
        offset += size
        at = end
    return "".join(made), names


class _Reader:
    """The node of a syntax tree, by a whitelist."""

    def __init__(self, source: bytes, lead: int, quoted: Mapping[int, str], types: Mapping[str, pa.DataType]) -> None:
        self.source = source
        self.lead = lead
        self.quoted = quoted
        self.types = types
        self.count = 0

    def fail(self, what: str, at: ast.expr, hint: str = _ALLOWED) -> RequestError:
        column = self.lead + len(self.source[: at.col_offset].decode("utf-8", "replace")) + 1
        return RequestError(f"{what} at column {column}", hint=hint)

    def node(self, tree: ast.expr, depth: int) -> Node:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            limit = f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else f"made of more than {MAX_NODES} parts"
            raise self.fail(f"the expression is {limit}", tree, "write several expressions")
        deeper = depth + 1
        match tree:
            case ast.Name():
                return Node("col", (), {"name": self.name(tree)})
            case ast.Constant():
                return literal(self.constant(tree))
            case ast.BoolOp(op=op, values=values):
                return _chain("and" if isinstance(op, ast.And) else "or", [self.node(value, deeper) for value in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Node("not", (self.node(operand, deeper),))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return literal(self.constant(tree))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Node("neg", (self.node(operand, deeper),))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return Node(_ARITHMETIC[type(op)], (self.node(left, deeper), self.node(right, deeper)))
            case ast.Compare():
                return self.compare(tree, deeper)
            case ast.Call():
                return self.call(tree, deeper)
        raise self.fail(f"{_KINDS.get(type(tree), 'this')} is not allowed", tree)

    def name(self, tree: ast.Name) -> str:
        # Python folds names to one Unicode form; the text has the one that the column has
        return self.quoted.get(tree.col_offset) or self.source[tree.col_offset : tree.end_col_offset].decode()

    def constant(self, tree: ast.expr) -> Any:
        negative = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)
        inner = tree.operand if isinstance(tree, ast.UnaryOp) and negative else tree
        value = inner.value if isinstance(inner, ast.Constant) else ...
        match value:
            case bool() | str() if not negative:
                return value
            case int() if not isinstance(value, bool) and (value <= 2**63 if negative else value < 2**64):
                return -value if negative else value
            case float() if value - value == 0:
                return -value if negative else value
            case None:
                raise self.fail("None stands alone", tree, "write: x is None, or x is not None")
            case int() | float():
                raise self.fail("the number is too large", tree, "whole numbers have 64 bits; floats are finite")
        raise self.fail("a constant is expected", tree, "numbers, texts, True and False")

    def compare(self, tree: ast.Compare, depth: int) -> Node:
        parts: list[Node] = []
        left = tree.left
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            if type(op) in _COMPARE:
                parts.append(Node(_COMPARE[type(op)], (self.node(left, depth), self.node(right, depth))))
            elif isinstance(op, (ast.In, ast.NotIn)):
                if not isinstance(right, (ast.List, ast.Tuple)):
                    raise self.fail("in needs a list of constants", right, 'payment_type in ["Cash", "Card"]')
                found = Node("is_in", (self.node(left, depth),), {"values": self.values(right)})
                parts.append(Node("not", (found,)) if isinstance(op, ast.NotIn) else found)
            elif isinstance(right, ast.Constant) and right.value is None:
                null = Node("is_null", (self.node(left, depth),))
                parts.append(Node("not", (null,)) if isinstance(op, ast.IsNot) else null)
            else:
                raise self.fail("is compares with None only", right, "write == for values")
            left = right
        return _chain("and", parts)

    def values(self, tree: ast.List | ast.Tuple) -> list[Any]:
        self.count += len(tree.elts)
        if self.count > MAX_NODES:
            raise self.fail(f"the expression is made of more than {MAX_NODES} parts", tree, "state the values under the column's values:")
        return [self.constant(item) for item in tree.elts]

    def call(self, tree: ast.Call, depth: int) -> Node:
        if not isinstance(tree.func, ast.Name) or tree.func.col_offset in self.quoted:
            raise self.fail("only the functions below can be called", tree)
        name, args = self.name(tree.func), tree.args
        if name not in _FUNCTIONS:
            raise self.fail(f"there is no function {name!r}", tree, did_you_mean(name, sorted(_FUNCTIONS)))
        if tree.keywords:
            raise self.fail(f"{name} takes no named arguments", tree)
        most = 2 if name in _TEXTUAL or name == "round" else 1
        if not (most - (name == "round") <= len(args) <= most):
            raise self.fail(f"{name} takes {'one or two arguments' if name == 'round' else f'{most} argument' + 's' * (most > 1)}", tree)
        if name in ("col", "date", "timestamp"):
            return self.of_text(name, args[0])
        first = self.node(args[0], depth)
        if name in _SIMPLE:
            return Node(_SIMPLE[name], (first,))
        if name in _TEXTUAL:
            if name == "contains" and self.is_list(first):
                return Node("list_contains", (first,), {"value": self.constant(args[1])})
            op, param = _TEXTUAL[name]
            return Node(op, (first,), {param: self.text(args[1])})
        if name == "len":
            return Node("list_len" if self.is_list(first) else "str_len", (first,))
        if name == "strip":
            return Node("str_strip", (first,), {"characters": None})
        digits = self.constant(args[1]) if len(args) == 2 else 0
        return Node("round", (first,), {"digits": digits})

    def of_text(self, name: str, arg: ast.expr) -> Node:
        text = self.text(arg)
        if name == "col":
            return Node("col", (), {"name": text})
        read: Callable[[str], dt.date] = dt.date.fromisoformat if name == "date" else dt.datetime.fromisoformat
        try:
            value = read(text)
        except ValueError as error:
            example = "2024-01-31" if name == "date" else "2024-01-31T12:00:00"
            raise self.fail(f"{text[:40]!r} is no {name}", arg, f'{name}("{example}")') from error
        return literal(value)

    def text(self, tree: ast.expr) -> str:
        value = self.constant(tree)
        if not isinstance(value, str) or not value:
            raise self.fail("a text in quotes is expected", tree, 'starts_with(code, "A")')
        return value

    def is_list(self, node: Node) -> bool:
        dtype = self.types.get(node.params["name"]) if node.op == "col" else None
        return dtype is not None and is_list(dtype)


def _chain(op: str, parts: list[Node]) -> Node:
    """a op b op c, from the left."""
    result = parts[0]
    for part in parts[1:]:
        result = Node(op, (result, part))
    return result


_KINDS: Final[dict[type[ast.expr], str]] = {
    ast.Attribute: "a dot",
    ast.Await: "await",
    ast.BinOp: "this operator",
    ast.Dict: "a dictionary",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "if ... else",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "lambda",
    ast.List: "a list outside in [...]",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: ":=",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Starred: "*",
    ast.Subscript: "an index",
    ast.Tuple: "a tuple outside in (...)",
    ast.UnaryOp: "this operator",
    ast.Yield: "yield",
}
