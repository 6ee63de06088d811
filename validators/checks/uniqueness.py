"""unique: no value stands in two rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import RequestError
from featureprep.folds.uniqueness import Uniqueness, UniquenessResult
from featureprep.types import format_type
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import boolean, optioned
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
        message = "" if found.unique else f"{found.n - found.n_distinct} of {found.n} values repeat another one"
        masked = rule.column in scene.sensitive
        examples = () if masked else tuple(readable(example[0], scene.types[str(rule.column)]) for example in found.examples)
        return Verdict(found.unique, message, found.n_duplicated_rows, found.n + found.nulls, examples)


def readable(value: Any, dtype: pa.DataType) -> Any:
    """A date or timestamp from the days or microseconds that the fold holds."""
    if pa.types.is_date32(dtype):
        return EPOCH_DATE + dt.timedelta(days=value)
    if pa.types.is_timestamp(dtype):
        return (EPOCH + dt.timedelta(microseconds=value)).replace(tzinfo=dt.UTC if dtype.tz else None)
    return value
