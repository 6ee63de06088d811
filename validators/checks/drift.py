"""drift: how far a column may be from its baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.types import format_type, is_temporal
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, register
from featureprep.validators.checks.base import Verdict as Judgement
from featureprep.validators.checks.parsing import boolean, mapping, policies, wrong
from featureprep.validators.drift import ALPHA, MEASURES, NUMERIC_MEASURES, Verdict, compare
from featureprep.validators.drift.keeping import has_lengths, has_shape, is_numeric, lengths_of, shape_folds, shape_of
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.reasons import Reason
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.yaml_tree import Tree

WORDS: Final = {
    "abs_difference": "normalised absolute difference",
    "chi_square": "chi-square statistic",
    "cramers_v": "Cramer's V",
    "jensen_shannon": "Jensen-Shannon divergence",
    "kolmogorov_smirnov": "Kolmogorov-Smirnov distance",
    "linf": "L-infinity distance",
    "mean_shift": "shift of the mean, in standard deviations",
    "psi": "population stability index",
    "std_change": "relative change of the standard deviation",
    "total_variation": "total variation distance",
    "wasserstein": "Wasserstein distance",
    "wasserstein_scaled": "Wasserstein distance, in standard deviations",
}
_AT_MOST_1: Final = frozenset({"abs_difference", "cramers_v", "jensen_shannon", "kolmogorov_smirnov", "linf", "total_variation"})
_REASONS: Final = {
    "abs_difference": Reason.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH,
    "jensen_shannon": Reason.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
    "linf": Reason.COMPARATOR_L_INFTY_HIGH,
}
_SHARED: Final = ("severity", "action", "alpha", "missing", "of")
_HINT: Final = "drift: {jensen_shannon: 0.1}"


@register
class Drift(Check):
    """`drift: {jensen_shannon: 0.1}`: a measure of the column's distance from its baseline is at most that, or is chance."""

    key = "drift"
    accept = "a larger threshold under `drift:`, or a newer baseline"
    states_values = False

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        if tree.value is False:
            return []
        if head.sensitive:
            hint = "take `drift:` out, or `sensitive: true`"
            raise RequestError(
                f"column {head.column!r} is sensitive: nothing of its values is kept, so its drift cannot be told",
                where=tree.place,
                hint=hint,
            )
        if head.dtype is not None and not has_shape(head.dtype):
            raise RequestError(
                f"drift is of numbers, texts, bools, dates and times, and of lists of the first three; column {head.column!r} is "
                f"{format_type(head.dtype)}",
                where=tree.place,
            )
        rules = _rules(tree, head)
        for rule in rules:
            if not _fits(rule, head.dtype):
                if _of_lengths(rule):
                    told = f"only lists have lengths that drift; column {head.column!r} is {format_type(head.dtype)}"
                    raise RequestError(told, where=tree.at(rule.part), hint="take `of: lengths` out")
                raise RequestError(
                    f"{rule.part} is a measure of numbers; column {head.column!r} is {format_type(head.dtype)}",
                    where=tree.at(rule.part),
                    hint=f"of texts and bools there are: {', '.join(name for name in MEASURES if name not in NUMERIC_MEASURES)}",
                )
        return rules

    def dump(self, rules: Sequence[Rule]) -> Any:
        made: dict[str, Any] = {}
        for rule in rules:
            entry = {**rule.params, **({"severity": str(rule.severity)} if rule.severity != rules[0].severity else {})}
            made[rule.part] = entry["threshold"] if set(entry) == {"threshold"} else entry
        return made

    def describe(self, rule: Rule) -> str:
        most = f"at most {rule.params['threshold']:.6g}" if "threshold" in rule.params else "no more than chance explains"
        return f"drifts from its baseline by {most} ({WORDS[rule.part]}{' of its lengths' if _of_lengths(rule) else ''})"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return _REASONS.get(rule.part, Reason.CUSTOM_VALIDATION)

    def needs_baseline(self, part: str) -> bool:
        return True

    def obstacle(self, rule: Rule, scene: Scene) -> str | None:
        return None if scene.baseline is None else scene.baseline.obstacle(str(rule.column))

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        name = str(rule.column)
        return {f"{name}/drift/{part}": request for part, request in shape_folds(name, scene.types[name]).items()}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Judgement:
        name, baseline = str(rule.column), scene.baseline
        if baseline is None:
            return Judgement(None, "there is no baseline")
        was = (baseline.lengths if _of_lengths(rule) else baseline.shapes).get(name)
        if was is None:
            return Judgement(None, f"{baseline.name} keeps nothing of the lengths of lists: the column was none")
        found = self._found(rule, results, scene)
        drift = compare(rule.part, was, found, **{key: value for key, value in rule.params.items() if key != "of"})
        ok = None if drift.verdict == Verdict.NOT_EVALUATED else drift.verdict != Verdict.DRIFT
        moved = (
            ""
            if ok or drift.moved is None
            else f"; most of all, {drift.moved.sentence}{' of the rows' if drift.moved.rows is None else ''}"
        )
        # digits are numbers to `stats`, unless it knows the contract
        otherwise = type(found) is not type(was)
        how = (
            "; if that is a file of statistics, write it with the contract: featureprep stats FILE --contract PATH -o" if otherwise else ""
        )
        message = f"against {baseline.name}: {drift.sentence}{moved}{how}"
        return Judgement(ok, message, figures={"baseline": baseline.name, **drift.to_json()})

    def _found(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Shape:
        """The shape that a rule is about, made once for all rules of its column."""
        name = str(rule.column)
        key = f"{name}/drift/lengths" if _of_lengths(rule) else f"{name}/drift"
        if key not in scene.found:
            dtype = scene.types[name]
            parts = {part: results[f"{name}/drift/{part}"] for part in shape_folds(name, dtype)}
            scene.found[key] = lengths_of(parts) if _of_lengths(rule) else shape_of(dtype, parts)
        made: Shape = scene.found[key]
        return made


def default_rules(tree: Tree, head: Head) -> list[Rule]:
    """What a contract's own `drift:` states about a column that has none: the measures that fit it; nothing about a sensitive column.

    Nothing about dates and times either, which are expected to go on: a drift of theirs is stated where it is meant.
    """
    rules = _rules(tree, head)  # also where none of them fits: it may be wrong
    if head.sensitive or head.dtype is None or not has_shape(head.dtype) or is_temporal(head.dtype):
        return []
    return [rule for rule in rules if _fits(rule, head.dtype)]


def _fits(rule: Rule, dtype: pa.DataType | None) -> bool:
    if _of_lengths(rule):
        return dtype is None or has_lengths(dtype)
    return dtype is None or is_numeric(dtype) or rule.part not in NUMERIC_MEASURES


def _of_lengths(rule: Rule) -> bool:
    return rule.params.get("of") == "lengths"


def _rules(tree: Tree, head: Head) -> list[Rule]:
    """A rule for each measure, whatever the column's type."""
    entries = _entries(tree, "drift")
    # rows do not come into it, so the column's action does not either
    relaxed = Head(head.column, head.dtype, head.sensitive, head.severity)
    rules = []
    shared = _params(entries, None)
    severity, _ = policies(entries, relaxed, "drift", row_wise=False)
    for name, entry in entries.items():
        if name in _SHARED:
            continue
        own: Mapping[str, Tree] = {"threshold": entry}
        if isinstance(entry.value, dict):
            own = mapping(entry, f"drift of {name}", ("threshold", *_SHARED))
        policy = policies(own, Head(head.column, head.dtype, head.sensitive, severity), f"drift of {name}", row_wise=False)
        rules.append(Rule("drift", head.column, name, {**shared, **_params(own, name)}, *policy, entry.line))
    if not rules:
        raise RequestError("drift names no measure", where=tree.place, hint=f"{_HINT}; the measures are {', '.join(MEASURES)}")
    return rules


def _entries(tree: Tree, what: str) -> Mapping[str, Tree]:
    if not isinstance(tree.value, dict):
        raise wrong(tree, what, "a mapping of measures to thresholds, or false", _HINT)
    for key in tree.value:
        if key not in MEASURES and key not in _SHARED:
            hint = did_you_mean(key, [*MEASURES, *_SHARED]) or f"the measures are {', '.join(MEASURES)}"
            raise RequestError(f"there is no measure {key[:80]!r} of drift", where=tree.at(key), hint=hint)
    return mapping(tree, what)


def _params(entries: Mapping[str, Tree], measure: str | None) -> dict[str, Any]:
    """What is stated of threshold, alpha and missing, as `compare` takes it, and of what."""
    made: dict[str, Any] = {}
    if "threshold" in entries:
        made["threshold"] = _threshold(entries["threshold"], measure)
    if "alpha" in entries:
        made["alpha"] = _alpha(entries["alpha"])
    if "missing" in entries:
        made["missing"] = boolean(entries["missing"], "missing")
    if "of" in entries:
        if entries["of"].value not in ("items", "lengths"):
            raise wrong(entries["of"], "of", "items or lengths", "of lists: their items, as without it, or how many they have")
        made["of"] = entries["of"].value
    return made


def _threshold(tree: Tree, measure: str | None) -> float:
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise wrong(tree, f"the threshold of {measure}", "a number from 0", f"{measure}: 0.1")
    if measure in _AT_MOST_1 and value >= 1:
        raise wrong(tree, f"the threshold of {measure}", "below 1", "the measure is never above 1")
    return float(value)


def _alpha(tree: Tree) -> float:
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 1:
        raise wrong(tree, "alpha", "a number between 0 and 1", f"alpha: {ALPHA:g} takes chance for drift in one of a hundred comparisons")
    return value
