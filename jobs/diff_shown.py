"""The differences of two versions as text and in a notebook: what matters first, then every difference by subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from featureprep.notebook.html import Markup, block, card, code, facts, fold, grid, line, safe
from featureprep.report.visible import one_line

if TYPE_CHECKING:
    from featureprep.jobs.diff import Pair, VersionDiff

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "tightened": "<", "loosened": ">"}
_LINES = 200
_FINDINGS = 40
_MOST = 1000
_LIMIT = 400


def diff_text(diff: VersionDiff) -> str:
    """The findings in order of importance, then what differs by subject; subjects where nothing does are left out."""
    lines = [f"{diff.before} → {diff.after}"]
    for name, what in (("dataset", "rows"), ("graph", "graph")):
        a, b = diff.fingerprints[name]
        verb = "the same" if a == b else "differ" + ("" if what == "rows" else "s")
        lines.append(f"  {what:<6} {verb}  {a} {'' if a == b else f'→ {b}'}".rstrip())
    lines += [f"note: {one_line(note, _LIMIT)}" for note in diff.notes]
    if not diff.findings:
        lines.append("nothing to tell beside that")
    lines += _findings(diff)
    for title, found in _subjects(diff).items():
        if found:
            more = [f"  ... and {len(found) - _LINES:,} more"] if len(found) > _LINES else []
            lines += [title, *(f"  {one_line(text, _LIMIT)}" for text in found[:_LINES]), *more]
    return "\n".join(lines) + "\n"


def _findings(diff: VersionDiff) -> Iterator[str]:
    from featureprep.jobs.diff_findings import WORDS

    for rank, word in WORDS.items():
        found = [one for one in diff.findings if one.importance == rank]
        if found:
            yield f"{word} ({len(found):,})"
        together: dict[str, list[str]] = {}  # what one thing is to be done about stands together, and that is said once
        for one in found[:_FINDINGS]:
            together.setdefault(one.advice, []).append(f"  {one_line(one.text, _LIMIT)}")
        for advice, texts in together.items():
            yield from (*texts, *[f"    → {advice}"] * bool(advice))
        if len(found) > _FINDINGS:
            yield f"  ... and {len(found) - _FINDINGS:,} more"


def _subjects(diff: VersionDiff) -> dict[str, list[str]]:
    """Every difference by subject, a line each."""
    return {
        "sources": [f"{name}: {_source(found)}" for name, found in diff.sources.items()],
        "rows": [f"{name}: {_pair(pair)}" for name, pair in _counts(diff).items()],
        "ledger": [
            f"{step}: " + ", ".join(f"{name} {_pair(pair)}" for name, pair in found.items()) for step, found in diff.ledger.items()
        ],
        "schema": [f"{_SIGNS[c.change]} {c.column}: {'; '.join(c.details)}" for c in diff.schema],
        "distributions": [
            f"{d.distance:.3f}{'?' if d.chance else ' '} {d.section}, {d.column}: {'; '.join(d.details)}" for d in diff.distributions
        ],
        "learnt": [f"{c.feature}: {c.expression}: {c.constant} {_learnt(c)}" for c in diff.learnt],
        "contract": [f"{_SIGNS[c.change]} {_place(c)}: {c.change}: {_arrow(c.before, c.after)}" for c in diff.contract],
        "code": [f"{_SIGNS[c.change]} {c.kind} {c.name}: {_arrow(c.before, c.after)}" for c in diff.code],
        "job file": list(diff.job_file),
    }  # fmt: skip


def _learnt(change: Any) -> str:
    from featureprep.jobs.diff_findings import learnt_text

    return learnt_text(change)


def _place(change: Any) -> str:
    return ".".join(part for part in (change.source, change.column) if part) or "rows"


def _arrow(before: str, after: str) -> str:
    return f"{before} → {after}" if before and after else before or after


def _source(found: Any) -> str:
    if "job" in found:
        return f"{found['job']}: only {'the second' if found['job'] == 'added' else 'the first'} reads it"
    return f"{found['added']:,} new, {found['removed']:,} gone, {found['unchanged']:,} unchanged files"


def _counts(diff: VersionDiff) -> dict[str, Pair]:
    pairs = {**{f"split {name}": pair for name, pair in diff.splits.items()}, **diff.rows}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _pair(pair: Pair) -> str:
    was, now = pair
    if was is None or now is None:
        return f"{'none' if was is None else f'{was:,}'} → {'none' if now is None else f'{now:,}'}"
    return f"{was:,} → {now:,} ({now - was:+,})"


def diff_html(diff: VersionDiff) -> str:
    """The findings as a table, every difference below, folded."""
    from featureprep.jobs.diff_findings import ALERT, WORDS

    findings = [(WORDS[one.importance], one.area, safe(one.text, _LIMIT), safe(one.advice, _LIMIT)) for one in diff.findings]
    same = {name: "the same" if a == b else f"{str(a)[:12]} → {str(b)[:12]}" for name, (a, b) in diff.fingerprints.items()}
    parts: list[str] = [facts(same), *(line(f"note: {note}") for note in diff.notes)]
    parts.append(grid(("", "about", "what", "advice"), findings, most=_MOST) if findings else line("nothing to tell beside that"))
    for title, found in _subjects(diff).items():
        if title == "job file":
            parts.append(fold("job file, line by line", block("\n".join(found[: 5 * _LINES])) if found else ""))
        else:
            rows = [(code(text, _LIMIT),) for text in found]
            parts.append(fold(f"{title}: {len(rows):,}", grid((title,), rows, most=_MOST) if rows else ""))
    alert = any(one.importance == ALERT for one in diff.findings)
    return card(f"{diff.before} → {diff.after}", *(Markup(part) for part in parts), state="bad" if alert else "good")
