"""What a person should know of two versions, in sentences, the most important first, each with what to do about it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from featureprep.notebook.values import value_text

if TYPE_CHECKING:
    from featureprep.jobs.diff import VersionDiff
    from featureprep.jobs.diff_learnt import Learnt

ALERT, ACT, LOOK, KNOW = 1, 2, 3, 4
"""Importance: what reads the new version may break or mislead; a model trained on the old one may suffer; worth a look; to be known."""
WORDS = {ALERT: "alert", ACT: "act", LOOK: "look", KNOW: "know"}

_STRONG, _NOTICEABLE = 0.2, 0.05
_FEWER, _OTHER = 0.5, 0.1
"""Shares by which the number of rows shrinks or changes before it is an alert, or worth a look."""
_LEAST = 0.005
"""Smaller shares are not told, or only to be known."""
_CONSTANT = 0.1
"""A constant that changes by more than this share is to be acted on."""


@dataclass(frozen=True)
class Finding:
    """One thing to know: importance (1 to 4, see `WORDS`), the subject's area and name, a sentence, and advice ("" for none)."""

    importance: int
    area: str
    subject: str
    text: str
    advice: str = ""


def findings_of(diff: VersionDiff) -> list[Finding]:
    """All findings, by importance; within one, in the order of the areas below."""
    areas = (_samples, _schema, _rows, _code, _contract, _learnt, _distributions, _sources)
    return sorted((finding for area in areas for finding in area(diff)), key=lambda finding: finding.importance)


def _samples(diff: VersionDiff) -> Iterator[Finding]:
    for ref, sample in zip((diff.before, diff.after), diff.samples, strict=True):
        if sample:
            yield Finding(ALERT, "sample", ref, f"{ref} is a sample: {sample}", "compare whole versions")


def _schema(diff: VersionDiff) -> Iterator[Finding]:
    for change in diff.schema:
        name = f"the column {change.column}" if change.column else "the schema"
        details = "; ".join(change.details)
        if change.change == "removed":
            yield Finding(
                ALERT, "schema", change.column, f"{name} is gone ({details})", "whoever reads it must be told, or the feature restored"
            )
        elif change.change == "added":
            yield Finding(LOOK, "schema", change.column, f"{name} is new ({details})", "a model must be trained anew to use it")
        elif any(detail.startswith(("type", "role", "size", "the same elements", "other elements")) for detail in change.details):
            yield Finding(
                ALERT, "schema", change.column, f"{name} changed: {details}", "a model trained on the old one reads it wrongly: train anew"
            )
        else:
            yield Finding(KNOW, "schema", change.column, f"{name} changed: {details}")


def _rows(diff: VersionDiff) -> Iterator[Finding]:
    for name, pair in {
        **{f"rows of the split {k}": v for k, v in diff.splits.items()},
        "rows written": diff.rows.get("written", (0, 0)),
    }.items():
        was, now = (count or 0 for count in pair)
        if was == now:
            continue
        change = (now - was) / was if was else math.inf
        rank = ALERT if now == 0 or change <= -_FEWER else LOOK if abs(change) >= _OTHER else KNOW
        share = f" ({change:+.1%})" if was else ""
        advice = "the ledger below says where rows went" if rank != KNOW else ""
        yield Finding(rank, "rows", name, f"{name}: {was:,} → {now:,}{share}", advice)
    read = diff.rows.get("read", (0, 0))
    for step, counts in diff.ledger.items():
        for name, (was, now) in counts.items():
            if not name.startswith(("dropped by", "quarantined")):
                continue
            shares = [count / total if total else 0.0 for count, total in zip((was, now), read, strict=True)]
            if abs(shares[1] - shares[0]) >= _LEAST:
                rank = ACT if abs(shares[1] - shares[0]) >= _NOTICEABLE else LOOK
                text = f"{step}: {name}: {shares[0]:.1%} → {shares[1]:.1%} of all rows ({was:,} → {now:,})"
                yield Finding(rank, "rows", step, text, "look at the rows, or at the rule")


def _code(diff: VersionDiff) -> Iterator[Finding]:
    for change in diff.code:
        if change.change == "changed":
            text = f"{change.kind} {change.name} is defined otherwise: {change.before} → {change.after}"
            advice = {"feature": "its values mean something else: train anew", "rule": "other rows are let in"}.get(change.kind, "")
            yield Finding(ACT, "code", change.name, text, advice)
        elif change.kind == "rule":
            formula = change.after or change.before
            yield Finding(
                ACT, "code", change.name, f"the rule {change.name!r} is {_came(change.change)}: {formula}", "other rows are let in"
            )


def _came(change: str) -> str:
    return {"added": "new", "removed": "gone"}[change]


def _contract(diff: VersionDiff) -> Iterator[Finding]:
    for change in diff.contract:
        place = ".".join(part for part in (change.source, change.column) if part) or "rows"
        weaker = change.change in ("removed", "loosened")
        parts = " → ".join(part for part in (change.before, change.after) if part)
        advice = "data that was refused before is let in: is that meant?" if weaker else ""
        yield Finding(ACT if weaker else LOOK, "contract", place, f"contract of {place} {change.change}: {parts}", advice)


def _learnt(diff: VersionDiff) -> Iterator[Finding]:
    for (feature, expression), group in groupby(diff.learnt, key=lambda one: (one.feature, one.expression)):
        changes = list(group)
        size = max(relative_change(one) for one in changes)
        rank = ACT if size >= _CONSTANT else LOOK if size >= _LEAST else KNOW
        text = f"{feature} learnt other constants: {'; '.join(f'{one.constant} {learnt_text(one)}' for one in changes)}  [{expression}]"
        advice = "values of the two versions do not mix: train and serve with one graph" if rank == ACT else ""
        yield Finding(rank, "learnt", feature, text, advice)


def relative_change(one: Learnt) -> float:
    """How much a constant changed: of the larger value, of the longest step between edges, of the number of values; 1 where unknown."""
    if one.n_added or one.n_removed or one.moved:
        return max(one.n_added, one.n_removed, one.moved) / max(_number(one.before), _number(one.after), 1.0)
    if isinstance(one.before, list) and isinstance(one.after, list) and len(one.before) == len(one.after):
        pairs = [(_number(a), _number(b)) for a, b in zip(one.before, one.after, strict=True)]
        span = max((abs(a) for pair in pairs for a in pair), default=0.0)
        return max((abs(b - a) for a, b in pairs), default=0.0) / span if span else 0.0
    if isinstance(one.before, (int, float)) and isinstance(one.after, (int, float)):
        a, b = float(one.before), float(one.after)
        return abs(b - a) / max(abs(a), abs(b), 1e-300)
    return 1.0


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 1.0


def learnt_text(one: Learnt) -> str:
    """From what to what, in words."""
    if one.n_added or one.n_removed or one.moved:
        parts = [f"{one.before:,} → {one.after:,} values"]
        for word, count, some in (("new", one.n_added, one.added), ("gone", one.n_removed, one.removed)):
            if count:
                parts.append(f"{count:,} {word} ({', '.join(value_text(v) for v in some)}{', …' if count > len(some) else ''})")
        if one.moved:
            parts.append(f"{one.moved:,} have another id")
        return ", ".join(parts)
    a, b = value_text(one.before), value_text(one.after)
    if a == b and one.before != "***":
        a, b = repr(one.before), repr(one.after)  # to the last digit, where six hide the difference
    scalar = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (one.before, one.after))
    share = f" ({(one.after - one.before) / abs(one.before):+.2%})" if scalar and one.before else ""
    return f"{a} → {b}{share}"


def _distributions(diff: VersionDiff) -> Iterator[Finding]:
    sections = {moved.section for moved in diff.distributions}
    first = {s for s in sections if s.startswith("source ")} or {s for s in sections if s.startswith("entry")} or sections
    for moved in diff.distributions:
        if moved.section not in first:
            continue  # what is written follows from what is read
        rank = KNOW if moved.chance or moved.distance < _NOTICEABLE else LOOK if moved.distance < _STRONG else ACT
        told = f"{moved.column} of {moved.section} moved by {moved.distance:.2g}: {'; '.join(moved.details)}"
        text = told + (" (so few rows may differ as much by chance)" if moved.chance and moved.distance else "")
        advice = {ACT: "is the data right? If it is, train anew", LOOK: "watch it"}.get(rank, "")
        yield Finding(rank, "distribution", moved.column, text, advice)


def _sources(diff: VersionDiff) -> Iterator[Finding]:
    for name, found in diff.sources.items():
        if "job" in found:
            yield Finding(LOOK, "sources", name, f"the source {name} is {'new' if found['job'] == 'added' else 'gone'}")
        else:
            text = f"the source {name} has {found['added']:,} new, {found['removed']:,} gone and {found['unchanged']:,} unchanged files"
            yield Finding(KNOW, "sources", name, text)
