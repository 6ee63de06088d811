"""A report of skew as text and in a notebook."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from featureprep.notebook.html import Markup, card, fold, grid, line
from featureprep.report.visible import one_line
from featureprep.validators.outcome import MASK
from featureprep.validators.report import percent

if TYPE_CHECKING:
    from featureprep.jobs.skew_found import Example, FeatureSkew, SkewReport

_WORDS: Final = {
    "other": "otherwise",
    "malformed": "served what is no value of its type",
    "null": "null for NaN",
    "float32": "as if rounded to float32",
}
_MOST: Final = 50
_LIMIT: Final = 80


def lines(report: SkewReport) -> list[str]:
    """The report, a line each; an empty one before each feature."""
    made = [report.headline]
    differing = [feature for feature in report.features if feature.rows]
    for feature in differing[:_MOST]:
        allowed = "" if report.fails(feature) else " (allowed)"
        made += ["", f"{one_line(feature.name, _LIMIT)} ({feature.type}): {_rows(feature, report.rows)}{allowed}"]
        made += [f"  {place}: served {served}, computed {computed}" for place, served, computed in _examples(feature)]
    if len(differing) > _MOST:
        made += ["", f"... and {len(differing) - _MOST} more features that differ"]
    for one in report.rejected:
        made += ["", f"features were served for {one.rows:,} rows that the version rejects: {one_line(one.rule, 200)}"]
        made += [f"  {one_line(place, 200)}" for place in one.places]
    if report.unserved:
        made += ["", _unserved(report)]
        made += [f"  {one_line(place, 200)}" for place in report.unserved_places]
    missing = [one_line(feature.name, _LIMIT) for feature in report.features if feature.missing]
    if missing:
        more = f" and {len(missing) - _MOST} more" if len(missing) > _MOST else ""
        made += ["", f"not in the log: {', '.join(missing[:_MOST])}{more}"]
    return made + ([""] if report.notes else []) + [f"note: {one_line(note, 400)}" for note in report.notes]


def skew_html(report: SkewReport) -> str:
    """The headline, the features that differ with examples, and what else is to be told."""
    parts: list[Markup] = []
    rows = [
        (feature.name, feature.type, _rows(feature, report.rows), place, served, computed)
        for feature in report.features
        if feature.rows
        for place, served, computed in _examples(feature)
    ]
    if rows:
        parts.append(fold("served otherwise", grid(("feature", "type", "rows", "for example", "served", "computed"), rows), unfolded=True))
    if report.rejected:
        rejected = [(one.rule, f"{one.rows:,}", ", ".join(one.places)) for one in report.rejected]
        parts.append(fold("rejected by the version", grid(("rule", "rows", "for example"), rejected), unfolded=True))
    if report.unserved:
        parts.append(line(f"{_unserved(report)}: {', '.join(report.unserved_places)}"))
    missing = [feature.name for feature in report.features if feature.missing]
    if missing:
        parts.append(line(f"not in the log: {', '.join(missing)}"))
    parts += [line(note, dim=True) for note in report.notes]
    return card(report.headline, *parts, note=report.version, state="good" if report.ok else "bad")


def _unserved(report: SkewReport) -> str:
    return f"nothing was served for {report.unserved:,} row{'s' if report.unserved != 1 else ''}"


def _rows(feature: FeatureSkew, total: int) -> str:
    said = f"{feature.rows:,} row{'s' if feature.rows != 1 else ''} ({percent(feature.rows / total)})"
    kinds = [f"{feature.counts[kind]:,} {words}" for kind, words in _WORDS.items() if feature.counts.get(kind)]
    if len(kinds) > 1:
        return f"{said}: {', '.join(kinds)}"
    (kind,) = (kind for kind, rows in feature.counts.items() if rows)
    return said if kind == "other" else f"{said}, {_WORDS[kind]}"


def _examples(feature: FeatureSkew) -> list[tuple[str, str, str]]:
    if feature.masked:
        return [(one_line(example.place, 200), MASK, MASK) for example in feature.examples]
    return [(one_line(example.place, 200), *_values(example)) for example in feature.examples]


def _values(example: Example) -> tuple[str, str]:
    """Served and computed; of two lists of one length only the first element that differs."""
    served, computed = example.served, example.computed
    if isinstance(served, list) and isinstance(computed, list) and len(served) == len(computed) > 4:
        at = next((i for i, (a, b) in enumerate(zip(served, computed, strict=True)) if _shown(a) != _shown(b)), None)
        if at is not None:
            return f"{_shown(served[at])} at [{at}]", f"{_shown(computed[at])} at [{at}]"
    return _shown(served), _shown(computed)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return one_line(value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else repr(value), _LIMIT)
