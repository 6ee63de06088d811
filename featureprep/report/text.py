"""The report in a few lines, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featureprep.report.visible import one_line, visible

_MOST = 5


def render_text(report: Mapping[str, Any]) -> str:
    """What was made, of what, what became of the rows, and what was wrong; whatever is missing is left out."""
    lines = [_title(report)]
    if report.get("error"):
        lines.append(f"  error        {visible(str(report['error']), 2000)}".replace("\n", "\n               "))
    if report.get("sample"):
        lines.append(f"  SAMPLE       {one_line(str(report['sample']))}: this is no whole version")
    lines += [f"  source       {one_line(source['name'])}{_amount(source)}" for source in report.get("sources") or ()]
    rows = report.get("rows") or {}
    if rows:
        lines.append("  rows         " + ", ".join(f"{name} {count:,}" for name, count in rows.items()))
    taken = _taken(report)
    lines += [f"  {kind:<12} {count:,} by {rule}" for kind, count, rule in taken[:_MOST]]
    if len(taken) > _MOST:
        rest = sum(count for _, count, _ in taken[_MOST:])
        lines.append(f"    and {len(taken) - _MOST:,} more, that took {rest:,} {'row' if rest == 1 else 'rows'}")
    if report.get("splits"):
        lines.append("  splits       " + ", ".join(f"{one_line(name)} {count:,}" for name, count in report["splits"].items()))
    if report.get("features"):
        lines.append("  columns      " + _columns(report["features"]))
    lines += _validation(report.get("validation"))
    for name, text in (report.get("fingerprints") or {}).items():
        if text:
            lines.append(f"  fingerprint  {name} {one_line(str(text))}")
    return "\n".join(lines) + "\n"


def _title(report: Mapping[str, Any]) -> str:
    name = one_line(str(report.get("name") or "run"))
    version = f"@{report['version']}" if report.get("version") is not None else ""
    seconds = f" in {report['seconds']:.1f} s" if report.get("seconds") is not None else ""
    scans = f", {report['scans']} scans" if report.get("scans") is not None else ""
    engine = f" on {one_line(str(report['engine']))}" if report.get("engine") else ""
    return f"{name}{version}  run {one_line(str(report.get('run_id') or '-'))}  {one_line(str(report.get('status') or ''))}{seconds}{scans}{engine}".rstrip()


def _amount(source: Mapping[str, Any]) -> str:
    parts = []
    if source.get("rows") is not None:
        parts.append(f"{source['rows']:,} rows")
    if source.get("files") is not None:
        parts.append(f"{source['files']:,} file{'' if source['files'] == 1 else 's'}")
    return f" ({', '.join(parts)})" if parts else ""


def _taken(report: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """The rules that took rows, those that took most first."""
    lines = (report.get("ledger") or {}).get("lines") or ()
    found = [
        (kind, count, f"{one_line(rule)} ({one_line(line['step'])})")
        for line in lines
        for kind in ("dropped", "quarantined")
        for rule, count in line.get(kind, {}).items()
    ]
    return sorted(found, key=lambda row: (-row[1], row[2]))


def _columns(features: Any) -> str:
    names = [one_line(feature["name"], 40) for feature in features]
    return f"{len(names)}: {', '.join(names[:8])}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def ending(outcome: Mapping[str, Any]) -> str:
    """How a rule ended, in a word: a broken one that does not fail the run is a warning, or takes its rows away."""
    status = str(outcome.get("status"))
    if status != "failed" or outcome.get("blocking"):
        return status
    return "warning" if outcome.get("severity") == "warn" else "rows taken away"


def _validation(validation: Mapping[str, Any] | None) -> list[str]:
    if validation is None:
        return []
    outcomes = [outcome for found in validation.values() for outcome in found]
    bad = [outcome for outcome in outcomes if outcome.get("status") != "passed"]
    lines = [f"  contract     {len(outcomes) - len(bad)} of {len(outcomes)} rules passed"]
    for outcome in sorted(bad, key=lambda o: not o.get("blocking"))[:_MOST]:
        count = f" ({outcome['count']:,} of {outcome['total']:,} rows)" if outcome.get("count") and outcome.get("total") else ""
        lines.append(f"    {one_line(ending(outcome))}: {one_line(str(outcome.get('rule') or outcome.get('id')))}{count}")
    if len(bad) > _MOST:
        lines.append(f"    and {len(bad) - _MOST} more")
    return lines
