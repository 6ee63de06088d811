"""A preview as text and in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featureprep.expr.node import describe
from featureprep.notebook.html import card, code, fold, grid, line, safe
from featureprep.notebook.values import cells, value_text
from featureprep.report.visible import one_line
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.jobs.preview import Preview

_WIDTH = 28
_COLUMNS = 12
_VECTORS = ("one_hot", "multi_hot")
_MANY = 100
"""Categories of which nobody has so many by intent; fewer are no reason to warn."""


def preview_notes(preview: Preview) -> list[str]:
    """What was learnt from which rows, whose types were guessed by them, and which rows were left out."""
    read = " and ".join(one_line(looked.text(name)) for name, looked in preview.sources.items())
    partial = any(looked.more for looked in preview.sources.values())
    learns = bool(preview.graph.constants)
    notes = [f"computed over {read}"]
    if learns:
        notes[0] += ", and learnt from them alone"
        if preview.fits != "all":
            notes[0] += f": a run learns from the part '{preview.fits}' of its split only, so its values will differ"
        elif partial:
            notes[0] += ": the constants of a run will differ"
    if preview.moved:
        notes.append(f"rows meet in {' and '.join(one_line(step, 60) for step in preview.moved)}: a run may write them in another order")
    guessed = [name for name, looked in preview.sources.items() if looked.inferred and looked.more]
    if guessed:
        notes.append(f"types of {', '.join(map(one_line, guessed))} are those of these rows; a run looks at all of them")
    for (kind, rule), count in sorted(preview.taken.items(), key=lambda item: -item[1]):
        notes.append(f"{count:,} {'row' if count == 1 else 'rows'} {kind} by {one_line(rule)}")
    if partial:
        notes += _growing(preview)
    if preview.rows == 0 and partial:
        notes.append("no row is left of those that were read: look at more with sample=, or --sample-rows")
    return notes


def _growing(preview: Preview) -> list[str]:
    """Vectors with an element a category, of which every second row or more brought another one: a run may find too many."""
    rows = sum(looked.rows for looked in preview.sources.values())
    notes = []
    for part in {part.key: part for node in preview.graph.nodes.values() for part in node.walk()}.values():
        constants = preview.graph.constants.get(part.key)
        if constants is None or part.op not in _VECTORS or part.params["sparse"] or part.params["top_k"] is not None:
            continue
        found = len(constants["values"])
        if found >= max(_MANY, rows / 2):
            notes.append(
                f"{part.op} of {one_line(describe(part.args[0]), 60)} found {found:,} categories in these rows alone; a run may find more than a vector can "
                "have, and refuse it: keep fewer with top_k=, or use vocabulary or hash_bucket"
            )
    return notes


def learnt_rows(preview: Preview) -> list[tuple[str, str, str]]:
    """(feature, expression, constants) of everything that was learnt."""
    graph, found = preview.graph, []
    for name, node in graph.nodes.items():
        for part in node.walk():
            constants = graph.constants.get(part.key)
            if constants:
                text = ", ".join(f"{key} {value_text(_plain(value))}" for key, value in constants.items())
                found.append((name, describe(part), text))
    return found


def _plain(value: Any) -> Any:
    return cells(value) if hasattr(value, "type") and hasattr(value, "slice") else value


def preview_text(preview: Preview) -> str:
    """The rows as aligned columns, and the notes."""
    names = preview.table.column_names[:_COLUMNS]
    columns = [[one_line(name, _WIDTH), *(one_line(value_text(v), _WIDTH) for v in cells(preview.table.column(name)))] for name in names]
    widths = [max(map(len, column)) for column in columns]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in zip(*columns, strict=True)]
    left = preview.table.num_columns - len(names)
    return "\n".join([f"Preview of {preview.job}", *lines, *[f"… and {left:,} more columns"] * (left > 0), *preview_notes(preview)])


def preview_html(preview: Preview) -> str:
    """The rows, what was learnt, the notes."""
    schema = preview.table.schema
    head = [one_line(field.name, 60) for field in schema]
    types: list[object] = [code(format_type(field.type), 60) for field in schema]
    rows = zip(*([safe(value_text(v), 60) for v in cells(column)] for column in preview.table.columns), strict=True)
    numbers = [at for at, field in enumerate(schema) if str(field.type) in ("int64", "double", "float")]
    learnt = [(name, code(expression), text) for name, expression, text in learnt_rows(preview)]
    first = f"learnt from {' and '.join(one_line(looked.text(name)) for name, looked in preview.sources.items())}"
    return card(
        f"Preview of {preview.job}",
        grid(head, [types, *rows], right=numbers, most=101, whole=True),
        fold(f"{len(learnt):,} constants {first}", grid(("feature", "expression", "learnt"), learnt, most=200)) if learnt else "",
        *(line(note, dim=True) for note in preview_notes(preview)),
        note=f"{preview.table.num_rows:,} of {preview.rows:,} rows",
    )
