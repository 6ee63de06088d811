"""The differences of two versions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featureprep.cli.output import printable
from featureprep.cli.values import shown

if TYPE_CHECKING:
    from featureprep.jobs.diff import VersionDiff
    from featureprep.jobs.diff_learnt import Learnt

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_CONTRACT_LINES = 200


def diff_text(diff: VersionDiff) -> str:
    """What differs, by subject; subjects where nothing does are left out."""
    lines = [f"{diff.before} → {diff.after}"]
    for name, what in (("dataset", "rows"), ("graph", "graph")):
        a, b = diff.fingerprints[name]
        lines.append(
            f"  {what:<6} {'the same' if a == b else 'differ' + ('' if what == 'rows' else 's')}  {a} {'' if a == b else f'→ {b}'}".rstrip()
        )
    lines += _sources(diff) + _counts(diff) + _ledger(diff) + _schema(diff) + _learnt(diff)
    if diff.contract:
        shown_lines = [f"  {printable(line, 200)}" for line in diff.contract[:_CONTRACT_LINES]]
        more = [f"  ... and {len(diff.contract) - _CONTRACT_LINES} lines more"] if len(diff.contract) > _CONTRACT_LINES else []
        lines += ["contract", *shown_lines, *more]
    return "\n".join(lines) + "\n"


def _sources(diff: VersionDiff) -> list[str]:
    lines = []
    for name, found in diff.sources.items():
        if "job" in found:
            text = f"{found['job']}: only {'the second' if found['job'] == 'added' else 'the first'} reads it"
        else:
            text = f"{found['added']} new, {found['removed']} gone, {found['unchanged']} unchanged files"
        lines.append(f"  {printable(name)}: {text}")
    return ["sources", *lines] if lines else []


def _counts(diff: VersionDiff) -> list[str]:
    pairs = {**{f"split {name}": pair for name, pair in diff.splits.items()}, **diff.rows}
    lines = [f"  {printable(name)}: {_pair(*pair)}" for name, pair in pairs.items() if pair[0] != pair[1]]
    return ["rows", *lines] if lines else []


def _ledger(diff: VersionDiff) -> list[str]:
    lines = []
    for step, found in diff.ledger.items():
        lines.append(f"  {printable(step, 100)}: " + ", ".join(f"{printable(name, 100)} {_pair(*pair)}" for name, pair in found.items()))
    return ["ledger", *lines] if lines else []


def _schema(diff: VersionDiff) -> list[str]:
    lines = [f"  {_SIGNS[c.change]} {printable(c.column)}: {'; '.join(printable(d, 200) for d in c.details)}" for c in diff.schema]
    return ["schema", *lines] if lines else []


def _learnt(diff: VersionDiff) -> list[str]:
    lines: list[str] = []
    feature = expression = None
    for one in diff.learnt:
        if one.feature != feature:
            lines.append(f"  {printable(one.feature)}")
            feature, expression = one.feature, None
        if not one.constant:
            lines += [f"    was {printable(one.before, 200)}", f"    is  {printable(one.after, 200)}"]
            continue
        if one.expression != expression:
            lines.append(f"    {printable(one.expression, 200)}")
            expression = one.expression
        lines.append(f"      {printable(one.constant)}: {_change(one)}")
    return ["learnt", *lines] if lines else []


def _change(one: Learnt) -> str:
    if not (one.n_added or one.n_removed or one.moved):
        return _values(one.before, one.after)
    parts = [f"{one.before:,} → {one.after:,} values"]
    for word, count, some in (("new", one.n_added, one.added), ("gone", one.n_removed, one.removed)):
        if count:
            parts.append(f"{count:,} {word} ({', '.join(shown(v) for v in some)}{', …' if count > len(some) else ''})")
    if one.moved:
        parts.append(f"{one.moved:,} at another place")
    return ", ".join(parts)


def _values(was: Any, now: Any) -> str:
    """Both values; to the last digit where 6 digits hide the difference."""
    a, b = shown(was, 100), shown(now, 100)
    return f"{a} → {b}" if a != b else f"{was!r} → {now!r}"


def _pair(was: Any, now: Any) -> str:
    if was is None or now is None:
        return f"{'none' if was is None else f'{was:,}'} → {'none' if now is None else f'{now:,}'}"
    return f"{was:,} → {now:,} ({now - was:+,})"
