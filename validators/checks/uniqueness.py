"""unique: no value stands in two rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.uniqueness import Uniqueness, UniquenessResult
from featureprep.types import format_type, is_temporal
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import boolean, optioned
from featureprep.validators.checks.such_rows import holding
from featureprep.validators.moments import moment
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree


@register
class Unique(Check):
    """`unique: true`: no value occurs twice; nulls are left out, all NaNs are one value.

    The fold is sharded by key, so that any number of rows can be checked; it costs the memory or disk of all distinct values.
    """

    key = "unique"
    accept = "take `unique:` out"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "is", row_wise=False)
        if head.dtype is not None and pa.types.is_nested(head.dtype):
            raise RequestError(f"unique is for scalars; column {head.column!r} is {format_type(head.dtype)}", where=tree.place)
        return [Rule(self.key, head.column, "", {}, severity, action, tree.line)] if boolean(value, self.key) else []

    def dump(self, rules: Sequence[Rule]) -> Any:
        return True

    def describe(self, rule: Rule) -> str:
        return "is unique"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FEATURE_TYPE_LOW_UNIQUE

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {rule.id: (Uniqueness(), (column(str(rule.column)),))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: UniquenessResult = results[rule.id]
        again = found.n - found.n_distinct
        message = "" if found.unique else f"{again:,} of {found.n:,} values repeat{'s' if again == 1 else ''} another one"
        masked = rule.column in scene.sensitive
        examples = () if masked else tuple(readable(example[0], scene.types[str(rule.column)]) for example in found.examples)
        return Verdict(found.unique, message, found.n_duplicated_rows, found.n + found.nulls, examples)

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        found: UniquenessResult = results[rule.id]
        name = str(rule.column)
        return holding([name], [[readable(example[0], scene.types[name])] for example in found.examples])


def readable(value: Any, dtype: pa.DataType) -> Any:
    """A date or timestamp, zoned ones in UTC, from the days or microseconds that the fold holds."""
    if not is_temporal(dtype):
        return value
    return moment(value, pa.timestamp("us", "UTC") if pa.types.is_timestamp(dtype) and dtype.tz else dtype)
