"""The text of a query: parsed once; every part of it knows its line and column, and whatever is not understood is refused there."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from featureprep.errors import ArgumentError, short
from featureprep.site import site

DIALECTS = ("bigquery", "duckdb", "postgres", "spark", "trino")
"""Those whose differences (division, LIKE, literals) are known here. Others compare text without case, fold names, or cast by guess."""
MAX_CHARS = 100_000
_LONGEST_CALL = 1000
_MOST_CALLS = 200
"""That are looked at for what a message quotes."""


class SqlText:
    """A query as it was written.

    Attributes
    ----------
    body : exp.Expr
        Its one statement.
    """

    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.dialect = dialect
        self.site = site()
        try:
            parsed = [statement for statement in sqlglot.parse(text, dialect=dialect) if statement is not None]
        except ParseError as error:
            first: dict[str, Any] = error.errors[0] if error.errors else {}
            at = f"SQL line {first['line']}, column {first['col']}" if first.get("line") else "SQL"
            near = f" near {short(first['highlight'])}" if first.get("highlight") else ""
            hint = f"it is read as {dialect}; dialect= names another of {', '.join(DIALECTS)}"
            raise ArgumentError(f"the query cannot be parsed{near}", where=self._where(at), hint=hint) from None
        except TokenError as error:
            raise ArgumentError(f"the query cannot be parsed: {str(error).splitlines()[0]}", where=self._where("SQL")) from None
        if len(parsed) != 1:
            raise ArgumentError(f"fp.sql takes one SELECT, not {len(parsed)} statements", where=self._where("SQL"))
        self.body: exp.Expr = parsed[0]

    def _where(self, at: str) -> str:
        return f"{self.site}: {at}" if self.site else at

    def span(self, part: exp.Expr) -> tuple[int, int] | None:
        """Where it begins and ends in the text, as far as its words tell."""
        known = [node.meta for node in part.walk() if "start" in node.meta]
        return (min(m["start"] for m in known), max(m["end"] for m in known) + 1) if known else None

    def place(self, part: exp.Expr) -> str:
        """`file:line: SQL line n, column m` of the first word of a part."""
        node: exp.Expr | None = part
        while node is not None and (span := self.span(node)) is None:
            node = node.parent
        if node is None:
            return self._where("SQL")
        before = self.text[: span[0]]  # type: ignore[index]
        return self._where(f"SQL line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}")

    def said(self, part: exp.Expr, limit: int = 60) -> str:
        """A part in SQL, on one line."""
        return _one_line(part.sql(dialect=self.dialect, comments=False, unsupported_level=sqlglot.ErrorLevel.IGNORE), limit)

    def written(self, part: exp.Expr, limit: int = 60) -> str:
        """A part as it was written, where it is a call that stands so in the query; else as `said`.

        The parser keeps no text: `string_agg(x, ',')` is to it what `LISTAGG(x, ',')` is.
        """
        if isinstance(part, exp.Func):
            for text in self._calls:
                try:
                    same = sqlglot.parse_one(text, dialect=self.dialect) == part
                except (ParseError, TokenError):
                    continue
                if same:
                    return _one_line(text, limit)
        return self.said(part, limit)

    @cached_property
    def _calls(self) -> list[str]:
        """The texts of the query's calls, as far as they are short."""
        tokens = sqlglot.tokenize(self.text, read=self.dialect)
        found: list[str] = []
        opened: list[int] = []
        for at, token in enumerate(tokens):
            if token.token_type.name == "L_PAREN":
                opened.append(at)
            elif token.token_type.name == "R_PAREN" and opened and (begin := opened.pop()):
                text = self.text[tokens[begin - 1].start : token.end + 1]
                if text[:1].isalpha() and len(text) <= _LONGEST_CALL:
                    found.append(text)
        return found[:_MOST_CALLS]

    def refuse(self, part: exp.Expr, what: str, hint: str | None = None) -> ArgumentError:
        """The error for what a plan cannot say, with its place."""
        return ArgumentError(what, where=self.place(part), hint=hint)

    def only(self, part: exp.Expr, *known: str) -> None:
        """Refuse a part that says more than is looked at."""
        for name, value in part.args.items():
            if value and name not in known:
                word = _WORDS.get(name) or name.strip("_").replace("_", " ").upper()
                at = value if isinstance(value, exp.Expr) else part
                at = next((v for v in value if isinstance(v, exp.Expr)), at) if isinstance(value, list) else at
                raise self.refuse(at, f"fp.sql does not take {word} in {self.written(part)}", _ELSEWHERE.get(name))


def _one_line(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


_WORDS = {"cluster": "CLUSTER BY", "distribute": "DISTRIBUTE BY", "group": "GROUP BY", "laterals": "LATERAL", "order": "ORDER BY", "pivots": "PIVOT",
          "sample": "TABLESAMPLE", "sort": "SORT BY", "windows": "WINDOW"}  # fmt: skip
"""What the parser names otherwise than SQL."""

_ELSEWHERE = {
    "order": "rows have no order: leave ORDER BY out; a window has one of its own",
    "limit": "rows have no order: table.sample(0.1) keeps a share of them, the same ones every time",
    "offset": "rows have no order: table.sample(0.1) keeps a share of them, the same ones every time",
    "sample": "table.sample(0.1) keeps a share of the rows, the same ones every time",
    "recursive": "each level of a hierarchy is a join of its own",
    "windows": "write the window where it is used: over (partition by ... order by ...)",
}
