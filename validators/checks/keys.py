"""keys: columns whose values together tell the rows apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.uniqueness import Uniqueness, UniquenessResult
from featureprep.types import format_type
from featureprep.validators.checks.base import (
    MALFORMED,
    Check,
    FoldRequests,
    Head,
    Rule,
    Scene,
    Verdict,
    column,
    malformed,
    register,
)
from featureprep.validators.checks.parsing import optioned, text
from featureprep.validators.checks.such_rows import either, holding, lacking
from featureprep.validators.checks.uniqueness import readable
from featureprep.validators.reasons import Reason
from featureprep.validators.violations import Violations
from featureprep.validators.yaml_tree import Tree


@register
class Keys(Check):
    """`keys: id`, `keys: [vendor, pickup]` (one key of two columns), `keys: [[vendor, pickup], [id]]` (two keys).

    No two rows have the same values in all of a key's columns, and none of these is null; a cell that did not fit its type counts as
    null. All NaNs are one value, 0.0 and -0.0 are. Sharded by key as `unique` is.
    """

    key = "keys"
    scope = "source"
    states_values = False
    accept = "take the key out of `keys:`, or name more columns"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        several = isinstance(tree.value, list) and any(isinstance(item.value, (dict, list)) for item in tree.value)
        rules: dict[str, Rule] = {}
        for item in tree.value if several else [tree]:
            value, severity, action = optioned(item, head, self.key, "of", row_wise=False)
            names = [text(name, f"each column of {self.key}") for name in (value.value if isinstance(value.value, list) else [value])]
            if not names:
                raise RequestError("keys names no column", where=item.place, hint="keys: [id], or [[vendor, pickup], [id]] for two keys")
            if len(set(names)) < len(names):
                raise RequestError(f"a key names a column twice: {', '.join(names)[:200]}", where=item.place, hint="name it once")
            rule = Rule(self.key, None, ", ".join(names), {"columns": tuple(names)}, severity, action, item.line)
            if rule.part in rules:
                hint = f"the first is in line {rules[rule.part].line}"
                raise RequestError(f"the key {rule.part[:200]} stands twice in keys", where=item.place, hint=hint)
            rules[rule.part] = rule
        return list(rules.values())

    def dump(self, rules: Sequence[Rule]) -> Any:
        made: list[Any] = []
        for rule in rules:
            names = list(rule.params["columns"])
            made.append({"of": names, "severity": str(rule.severity)} if rule.severity != "error" else names)
        return made

    def describe(self, rule: Rule) -> str:
        return f"has the key {rule.part}: unique and not null"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FEATURE_TYPE_LOW_UNIQUE

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        super().verify(rule, types, where)
        for name in rule.params["columns"]:
            if pa.types.is_nested(types[name]):
                raise RequestError(
                    f"keys are of scalars; column {name!r} is {format_type(types[name])}", where=where, hint="name columns of single values"
                )

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        names = rule.params["columns"]
        made: dict[str, tuple[Fold, tuple[Node, ...]]] = {rule.id: (Uniqueness(len(names)), tuple(column(name) for name in names))}
        masks = [malformed(name) for name in names if scene.schema.get_field_index(MALFORMED + name) >= 0]
        if masks:
            made[f"{rule.id}/misfits"] = (Violations(0), (reduce(lambda a, b: Node("or", (a, b)), masks),))
        return made

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: UniquenessResult = results[rule.id]
        repeated = f"{found.n_duplicated_rows:,} rows share their key with another" if found.n_duplicated_rows else ""
        misfits = results[f"{rule.id}/misfits"].count if f"{rule.id}/misfits" in results else 0
        nulls = found.nulls - misfits
        ill = f"{misfits:,} {'row has' if misfits == 1 else 'rows have'} a cell in it that is not of its column's type" if misfits else ""
        lacking = f"{nulls:,} {'row has' if nulls == 1 else 'rows have'} a null in it" if nulls else ""
        shown = [(i, name) for i, name in enumerate(rule.params["columns"]) if name not in scene.sensitive]
        examples = tuple({name: readable(example[i], scene.types[name]) for i, name in shown} for example in found.examples if shown)
        message = "; ".join(filter(None, (repeated, lacking, ill)))
        return Verdict(not message, message, found.n_duplicated_rows + found.nulls, found.n + found.nulls, examples)

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        found: UniquenessResult = results[rule.id]
        names = rule.params["columns"]
        types = [scene.types[name] for name in names]
        repeated = holding(names, [[*map(readable, example, types)] for example in found.examples])
        return lacking(names) if repeated is None else either(repeated, lacking(names))

    def columns(self, rule: Rule) -> set[str]:
        return set(rule.params["columns"])
