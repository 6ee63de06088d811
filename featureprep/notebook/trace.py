"""A trace as aligned text and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featureprep.notebook.html import Markup, card, code, fold, grid, line, many
from featureprep.notebook.values import value_text
from featureprep.report.visible import one_line

if TYPE_CHECKING:
    from featureprep.serving.trace import Trace

_TITLES = ("#", "value", "type", "formula", "feature", "learnt; policies")
_LIMITS = (6, 40, 40, 72, 40, 120)
_STEPS = 2000
_GIVEN = 12
_POLICIES = {"error": "an error", "null": "null", "quarantine": "quarantined"}


def cut(text: str, limit: int) -> str:
    """On one line, of at most `limit` characters."""
    shown = one_line(text, 10 * limit)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def trace_text(trace: Trace) -> str:
    """The steps as a table; below it the rules, what was not computed, and what to know of the row."""
    rows: list[tuple[str, ...]] = [_TITLES, *(_cells(step, trace.malformed) for step in _told(trace))]
    rows = [tuple(cut(cell, limit) for cell, limit in zip(row, _LIMITS, strict=True)) for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_TITLES))]
    lines = [f"trace of one row through {one_line(trace.graph)} (graph {trace.fingerprint[:12]})"]
    for row in rows:
        cells = [cell.rjust(width) if at == 0 else cell.ljust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines.append(("  " + "  ".join(cells)).rstrip())
    if trace.rules:
        lines += ["rules", *(f"  {_verdict(rule)}" for rule in trace.rules)]
    return "\n".join([*lines, *_notes(trace)]) + "\n"


def _told(trace: Trace) -> list[dict[str, Any]]:
    """The steps with values; literals stand in the formulae that use them."""
    return [step for step in trace if "rejected" not in step and ("feature" in step or step["op"] != "lit")]


def _cells(step: Mapping[str, Any], malformed: str) -> tuple[str, ...]:
    named = step.get("feature", "")
    return (str(step["number"]), value_text(step["value"]), step["type"], step["formula"], named, _behind(step, malformed))


def _behind(step: Mapping[str, Any], malformed: str) -> str:
    """What was learnt, and the policies that are not the job's own."""
    learnt = ", ".join(f"{name} {value_text(value)}" for name, value in step.get("learnt", {}).items())
    own = {kind: policy for kind, policy in step.get("policies", {}).items() if (kind, policy) != ("malformed", malformed)}
    policies = ", ".join(f"{kind}: {policy}" for kind, policy in own.items())
    return "; ".join(part for part in (learnt, policies) if part)


def _word(rule: Mapping[str, Any]) -> str:
    """What a rule does to a row that it takes out."""
    return "drops it" if rule["kind"] == "drop" else "sets aside"


def _verdict(rule: Mapping[str, Any]) -> str:
    """What a rule says of the row."""
    said = f"cannot be judged ({rule['rejected']})" if "rejected" in rule else f"is {value_text(rule['value'])}"
    name = "" if rule["name"] == rule["expression"] else f"{cut(rule['name'], 80)}: "
    return f"{_word(rule) if rule['takes'] else 'lets pass':<10}  {name}{cut(rule['expression'], 120)} {cut(said, 120)}"


def _notes(trace: Trace) -> list[str]:
    notes = []
    if trace.rejected is not None:
        where = f"  [{trace[-1]['where']}]" if trace[-1]["where"] else ""
        notes.append(f"REJECTED by {one_line(trace.rejected, 300)}{where}")
        given = [f"{cut(name, 60)} = {cut(repr(value), 60)}" for name, value in list(trace.row.items())[:_GIVEN]]
        notes.append(f"note: the row has {', '.join(given)}" + (", …" if len(trace.row) > _GIVEN else ""))
    if trace.dropped_by is not None:
        notes.append(f"note: a training run would leave this row out: {one_line(trace.dropped_by, 300)}")
    if trace.absent:
        notes.append(f"note: not in the row, read as null: {_names(trace.absent)}")
        if trace.after is not None:
            notes.append(
                f"note: a trace begins after {cut(trace.after, 80)!r}, the last step at which rows meet: give the row as it leaves that step,"
                " with the columns that joins, groups and windows make"
            )
    if trace.unknown:
        notes.append(f"note: in the row, not needed by the graph: {_names(trace.unknown)}")
    if trace.skipped and trace.rejected is None:
        notes.append(f"note: not computed, in a branch that was not taken: {_names(trace.skipped)}")
    elif trace.skipped:
        notes.append(f"note: {len(trace.skipped):,} expressions were not computed after that")
    notes.append(f"note: malformed values are {_POLICIES[trace.malformed]}, where nothing else is said")
    return notes


def _names(names: Sequence[str], most: int = 20) -> str:
    return ", ".join(cut(name, 80) for name in names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def trace_html(trace: Trace) -> str:
    """The features first, every step behind them, the rules."""
    steps = _told(trace)
    features = [
        (step["feature"], value_text(step["value"]), code(step["type"], 60), code(step["expression"]))
        for step in steps if "feature" in step
    ]  # fmt: skip
    every = [
        (step["number"], value_text(step["value"]), code(step["type"], 60), code(step["formula"]), step.get("feature", ""),
         _behind(step, trace.malformed))
        for step in steps
    ]  # fmt: skip
    rules = [
        (Markup(f"<b>{_word(rule)}</b>") if rule["takes"] else "lets pass", rule["kind"], rule["name"], code(rule["expression"]),
         rule.get("rejected") or value_text(rule["value"]))
        for rule in trace.rules
    ]  # fmt: skip
    bad = trace.rejected is not None or trace.dropped_by is not None
    return card(
        f"Trace of one row through {trace.graph}",
        *(line(note) for note in _notes(trace)),
        grid(("feature", "value", "type", "expression"), features, most=_STEPS) if features else "",
        fold(many(len(every), "step"), grid(_TITLES, every, most=_STEPS, right=(0,)) if every else "", unfolded=trace.rejected is not None),
        fold(
            many(len(rules), "rule"), grid(("", "kind", "rule", "expression", "value"), rules, most=_STEPS) if rules else "", unfolded=bad
        ),
        note=f"graph {trace.fingerprint[:12]}",
        state="bad" if bad else "good",
    )
