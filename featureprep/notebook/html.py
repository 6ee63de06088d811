"""The pieces of a notebook's output: a card with facts, grids and parts that unfold.

A fragment takes its colours from the page around it (`currentColor` and translucent greys), so it suits light and dark themes alike.
Plain `str` is always escaped; only `Markup`, which is made here, is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from featureprep.report.visible import brief, one_line, visible

ROWS = 30
"""Rows of a grid that are shown."""
COLUMNS = 24
"""Columns of a grid that are shown."""
_CELL = 80

_STYLE = (
    ".fprep{font:13px/1.45 system-ui,sans-serif;max-width:100%;overflow-x:auto;color:inherit}"
    ".fprep .t{font-weight:600}.fprep .m{opacity:.7}"
    ".fprep table{border-collapse:collapse;margin:.3em 0;font-size:12px;border:0}"
    ".fprep tr,.fprep thead,.fprep tbody tr:nth-child(odd){background:none}"
    ".fprep th,.fprep td{text-align:left;vertical-align:top;padding:.12em .7em .12em 0;border:0;"
    "border-bottom:1px solid rgba(128,128,128,.3);background:none;color:inherit;max-width:36em;overflow-wrap:break-word}"
    ".fprep th{font-weight:600;white-space:nowrap}.fprep .x{max-width:100%;overflow-x:auto}.fprep .w td,.fprep .w code{white-space:nowrap}"
    ".fprep td.r,.fprep th.r{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".fprep code,.fprep pre{font:12px/1.4 ui-monospace,monospace;background:none;color:inherit;padding:0;white-space:pre-wrap}"
    ".fprep details{margin:.25em 0}.fprep summary{cursor:pointer}.fprep svg{max-width:100%;height:auto}"
    ".fprep .bad{border-left:3px solid #d33;padding-left:.5em}.fprep .good{border-left:3px solid #2a2;padding-left:.5em}"
)


class Markup(str):
    """HTML that was made here."""

    __slots__ = ()


def safe(value: object, limit: int = _CELL) -> Markup:
    """A value as escaped text on one line, cut to `limit` characters; `Markup` as it is."""
    return value if isinstance(value, Markup) else Markup(escape(one_line(value, limit) if isinstance(value, str) else brief(value)))


def card(title: object, *parts: str, note: str = "", state: str = "") -> str:
    """The whole output of one thing: a title, a dim note beside it, and its parts. `state` is "", "good" or "bad"."""
    head = f'<div><span class="t">{safe(title, 200)}</span>{f" <span class=m>{safe(note, 300)}</span>" if note else ""}</div>'
    return (
        f'<div class="fprep{" " + state if state else ""}"><style>{_STYLE}</style>{head}{"".join(safe(p, 2000) for p in parts if p)}</div>'
    )


def many(count: int, noun: str) -> str:
    """Such as "1 row" and "2,000 rows"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def line(text: object, *, dim: bool = False) -> Markup:
    """A line of text."""
    return Markup(f"<div{' class=m' if dim else ''}>{safe(text, 600)}</div>")


def code(text: object, limit: int = 400) -> Markup:
    """Text of a program or an expression, on one line."""
    return Markup(f"<code>{safe(text, limit)}</code>")


def block(text: str, limit: int = 20_000) -> Markup:
    """Text with its line ends, as it would stand in a terminal."""
    return Markup(f"<pre>{escape(visible(text, limit))}</pre>")


def facts(pairs: Mapping[str, object]) -> Markup:
    """Names and values; those without a value are left out."""
    rows = "".join(f"<tr><th>{safe(name)}</th><td>{safe(value, 400)}</td></tr>" for name, value in pairs.items() if value not in (None, ""))
    return Markup(f"<table>{rows}</table>")


def fold(summary: object, *parts: str, unfolded: bool = False) -> Markup:
    """Parts behind a summary; nothing where there are none."""
    inside = "".join(safe(part, 2000) for part in parts if part)
    return Markup(f"<details{' open' if unfolded else ''}><summary>{safe(summary, 200)}</summary>{inside}</details>" if inside else "")


def grid(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, right: Sequence[int] = (), total: int | None = None, most: int = ROWS,
    columns: int = COLUMNS, whole: bool = False,
) -> Markup:  # fmt: skip
    """A table.

    Parameters
    ----------
    right : positions
        Columns of numbers.
    total : int, optional
        Rows there are in all, where `rows` are not all of them.
    most, columns : int
        Rows and columns that are shown; how many are left out is said below.
    whole : bool
        No cell is broken into lines: the table scrolls sideways.
    """
    every = list(rows)
    shown = every[:most]
    wide = len(head) - columns

    def cells(tag: str, row: Sequence[object]) -> str:
        made = "".join(f"<{tag}{' class=r' if at in right else ''}>{safe(cell)}</{tag}>" for at, cell in enumerate(row[:columns]))
        return f"<tr>{made}{f'<{tag}>…</{tag}>' if wide > 0 else ''}</tr>"

    body = "".join(cells("td", row) for row in shown)
    left = (total if total is not None else len(every)) - len(shown)
    more = [many(left, "more row")] * (left > 0) + [many(wide, "more column")] * (wide > 0)
    note = line("… and " + ", ".join(more), dim=True) if more else ""
    box = "x w" if whole else "x"
    return Markup(f"<div class='{box}'><table><thead>{cells('th', head)}</thead><tbody>{body}</tbody></table></div>{note}")
