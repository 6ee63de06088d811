"""Datasets and ledgers in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featureprep.notebook.html import Markup, card, code, facts, fold, grid, line, many
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.run.ledger import Ledger
    from featureprep.store.dataset import Dataset

MOST = 500


def dataset_html(dataset: Dataset) -> str:
    """Splits, columns with their roles, where it lies."""
    columns = [
        (c.name, c.role, code(format_type(c.type), 60), c.size if c.size is not None else "") for c in dataset.columns
    ]  # fmt: skip
    return card(
        f"Dataset {dataset.name}@{dataset.version}",
        *([Markup("<b>a sample</b>: "), line(dataset.sample)] if dataset.sample else []),
        grid(("split", "rows"), [(split, f"{rows:,}") for split, rows in dataset.splits.items()], right=(1,), most=MOST),
        fold(many(len(columns), "column"), grid(("column", "role", "type", "size"), columns, right=(3,), most=MOST) if columns else ""),
        fold("where", facts({"folder": dataset.path(), "fingerprint": dataset.fingerprint, "run": dataset.run_id})),
        note=f"{sum(dataset.splits.values()):,} rows",
    )


def ledger_grid(lines: Sequence[Mapping[str, Any]]) -> Markup:
    """What became of the rows, step by step; `lines` as `Ledger.to_json` has them."""
    rows = []
    for found in lines:
        taken = [f"{count:,} {kind}: {rule}" for kind in ("dropped", "quarantined") for rule, count in found[kind].items()]
        counts = [f"{found[name]:,}" if found[name] else "" for name in ("in", "created", "merged", "out")]
        rows.append((found["step"], *counts, "; ".join(taken)))
    return grid(("step", "in", "created", "merged", "out", "taken out"), rows, right=(1, 2, 3, 4), most=MOST)


def ledger_html(ledger: Ledger) -> str:
    """The steps, and the sums over all of them."""
    return card("Row ledger", ledger_grid([found.to_json() for found in ledger.lines]), note=counts_text(ledger.rows()))


def counts_text(found: Mapping[str, int] | None) -> str:
    """Counts by name, on one line."""
    return ", ".join(f"{name} {count:,}" for name, count in (found or {}).items())
