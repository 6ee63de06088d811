"""A transform graph in a notebook: its drawing, and its columns as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.expr.node import describe
from featureprep.notebook.html import Markup, card, code, facts, fold, grid, many
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.serving.graph import TransformGraph

_MOST = 500


def graph_html(graph: TransformGraph) -> str:
    """Entry columns, the drawing, written columns with their types and formulae, rules."""
    from featureprep.report.drawing import graph_svg

    written = [
        (name, graph.roles[name], code(format_type(graph.bound[name].type), 60), code(describe(node.args[0] if node.op == "as_dtype" else node)))
        for name, node in graph.nodes.items()
    ]  # fmt: skip
    entry = [(field.name, code(format_type(field.type), 60)) for field in graph.entry]
    rules = [(rule.kind, rule.name, "" if rule.lenient else code(describe(rule.node))) for rule in graph.rules]  # a contract's: its name
    return card(
        f"TransformGraph {graph.name}",
        Markup(graph_svg(graph)),
        fold(many(len(written), "written column"), grid(("column", "role", "type", "formula"), written, most=_MOST) if written else ""),
        fold(many(len(entry), "entry column"), grid(("column", "type"), entry, most=_MOST) if entry else ""),
        fold(many(len(rules), "rule"), grid(("kind", "rule", "condition"), rules, most=_MOST) if rules else ""),
        fold("identity", facts({"fingerprint": graph.fingerprint, "malformed": graph.malformed, **graph.platform})),
        note=f"{len(graph.entry):,} entry columns → {sum(role == 'feature' for role in graph.roles.values()):,} features",
    )
