"""A contract in a notebook: its columns with what is stated of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.notebook.html import card, code, fold, grid, many
from featureprep.report.visible import one_line
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.validators.contract import Contract, SourceContract

_MOST = 1000


def contract_text(contract: Contract) -> str:
    """On one line."""
    parts = [
        (f"{one_line(s.name, 60)} with " if s.name else "") + f"{many(len(s.columns), 'column')}, {many(rule_count(s), 'rule')}"
        for s in contract.sources
    ]
    return f"Contract: {'; '.join(parts)}"


def rule_count(source: SourceContract) -> int:
    """All rules, types among them."""
    return sum(len(column.rules) for column in source.columns) + len(source.rules)


def contract_html(contract: Contract) -> str:
    """A table a source."""
    return card("Contract", *(part for source in contract.sources for part in _source(source)), note=contract.file)


def _source(source: SourceContract) -> list[str]:
    from featureprep.validators.contract import check_of

    rows = []
    for column in source.columns:
        said = [
            check_of(rule).sentence(rule, source.sensitive)
            + (f" (else {rule.action})" if str(rule.action) != "fail" else "")
            + (f" (but for {rule.at_most})" if rule.at_most is not None else "")
            for rule in column.rules[1:]
        ]
        marks = ["sensitive"] * column.sensitive + ([f"in {', '.join(column.environments)}"] if column.environments else [])
        rows.append((column.name, code(format_type(column.type), 60), "; ".join(said), ", ".join(marks)))
    table = [(check_of(rule).sentence(rule, source.sensitive), rule.severity, rule.action) for rule in source.rules]
    columns = many(len(rows), "column") + (f", others: {source.extra_columns}" if source.extra_columns != "allow" else "")
    return [
        fold(f"{source.name or 'the source'}: {columns}", grid(("column", "type", "must", ""), rows, most=_MOST), unfolded=True),
        fold(many(len(table), "rule") + " about rows", grid(("rule", "severity", "action"), table, most=_MOST) if table else ""),
    ]
