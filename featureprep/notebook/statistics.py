"""Statistics as a table with small pictures of the distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featureprep.notebook.html import Markup, card, code, fold, grid, line
from featureprep.notebook.values import value_text
from featureprep.report.visible import one_line

_MOST = 1000
_TOP = 3
_WIDTH, _HEIGHT = 72, 16


class Statistics(dict[str, Any]):
    """The statistics of a version, as `statistics.json` has them: "sources" and "splits" (sections by name) and "entry"."""

    def sections(self) -> dict[str, Mapping[str, Any]]:
        """Every section by its title."""
        found = {f"source {name}": section for name, section in (self.get("sources") or {}).items()}
        if self.get("entry"):
            found["entry table"] = self["entry"]
        return found | {f"split {name}": section for name, section in (self.get("splits") or {}).items()}

    def __repr__(self) -> str:
        shown = [
            f"{one_line(title, 80)}: {found['rows']:,} rows, {len(found['columns']):,} columns" for title, found in self.sections().items()
        ]
        return "Statistics: " + ("; ".join(shown) or "none were computed")

    def _repr_html_(self) -> str:
        return statistics_html(self)


def statistics_html(statistics: Statistics) -> str:
    """A table a section, the first one unfolded."""
    parts = [
        fold(f"{title}: {found['rows']:,} rows, {len(found['columns']):,} columns", section_grid(found), unfolded=not at)
        for at, (title, found) in enumerate(statistics.sections().items())
    ]
    return card("Statistics", *(parts or [line("none were computed", dim=True)]))


def section_grid(section: Mapping[str, Any]) -> Markup:
    """A line a column."""
    rows = [_row(column, section["rows"]) for column in section["columns"]]
    return grid(
        ("column", "type", "missing", "distinct", "mean", "min", "median", "max", "distribution"),
        rows,
        right=(2, 3, 4, 5, 6, 7),
        most=_MOST,
    )


def _row(column: Mapping[str, Any], rows: int) -> tuple[object, ...]:
    missing = column["nulls"] + column["nans"]
    median = next((value for q, value in column.get("quantiles", ()) if q == 0.5), None)
    unique = column.get("n_unique")
    numbers = ["" if value is None else value_text(value) for value in (column.get("mean"), column.get("min"), median, column.get("max"))]
    share = f"{missing / rows:.1%}" if rows and missing else ""
    return (column["name"], code(column["type"], 60), share, "" if unique is None else f"{unique:,}", *numbers, _picture(column))


def _picture(column: Mapping[str, Any]) -> object:
    if column.get("masked"):
        return "(sensitive)"
    counts = [bucket[2] for bucket in column.get("histogram", ())] or column.get("vector", {}).get("nonzero", [])
    if len(counts) > 1:
        return bars(counts)
    shown = [f"{one_line(value_text(value), 24)} ({count:,})" for value, count in column.get("top", ())[:_TOP]]
    return ", ".join(shown)


def bars(counts: Sequence[int]) -> Markup:
    """A histogram as bars of the text's own colour."""
    most, wide = max(*counts, 1), _WIDTH / len(counts)
    shapes = "".join(
        f'<rect x="{at * wide:.1f}" y="{_HEIGHT - high:.1f}" width="{wide - 1:.1f}" height="{high:.1f}"/>'
        for at, count in enumerate(counts) if (high := _HEIGHT * count / most if count else 0.0)
    )  # fmt: skip
    label = f'role="img" aria-label="{len(counts)} buckets, the largest has {most:,} rows"'
    return Markup(f'<svg width="{_WIDTH}" height="{_HEIGHT}" {label} fill="currentColor" fill-opacity=".6">{shapes}</svg>')
