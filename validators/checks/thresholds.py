"""at_most: reading how many rows may break a rule before it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from featureprep.errors import RequestError
from featureprep.validators.checks.base import Rule, Verdict
from featureprep.validators.checks.parsing import AT_MOST, whole, wrong
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.threshold import Threshold
from featureprep.validators.yaml_tree import Tree

LIMIT: Final = "a number of rows (10), or a share of them from 0% to 100% (1%, or 0.01)"
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?%")


def read_threshold(tree: Tree) -> Threshold:
    """`10` (rows), `1%` or `0.01` (a share of the rows).

    Raises
    ------
    RequestError
        For anything else.
    """
    if isinstance(tree.value, int) and not isinstance(tree.value, bool):
        whole(tree, AT_MOST)
    found = threshold_of(tree.value)
    if found is None:
        raise wrong(tree, AT_MOST, LIMIT, f"{AT_MOST}: 1%")
    return found


def threshold_of(value: Any) -> Threshold | None:
    """As `read_threshold`, of a plain value; None where it is no threshold."""
    if isinstance(value, float):
        return Threshold(share=value) if 0 <= value <= 1 else None
    if isinstance(value, int):
        return None if isinstance(value, bool) or value < 0 else Threshold(rows=value)
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value)) and Decimal(found[1]) <= 100:
        return Threshold(share=float(Decimal(found[1]) / 100))
    return None


def take_threshold(tree: Tree, key: str, *, row_wise: bool) -> tuple[Tree, Threshold | None]:
    """What stands under a check's key without its `at_most:`, and that.

    Raises
    ------
    RequestError
        Where it is not a threshold, or the check looks at all rows.
    """
    if not isinstance(tree.value, dict) or AT_MOST not in tree.value:
        return tree, None
    if not row_wise:
        raise RequestError(
            f"{key} looks at all rows, so it takes no {AT_MOST!r}",
            where=tree.at(AT_MOST),
            hint=f"{AT_MOST} is for checks of single rows: type, nullable, values, range, regex, length, not_nan, expressions",
        )
    rest: Mapping[str, Tree] = {name: entry for name, entry in tree.value.items() if name != AT_MOST}
    return replace(tree, value=rest), read_threshold(tree.value[AT_MOST])


def tolerates(rule: Rule) -> bool:
    """Whether rows that break a row-wise rule can be read further: it takes none away, and only warns or some may break it."""
    return rule.action == Action.FAIL and (rule.severity == Severity.WARN or rule.at_most is not None)


def tolerate(verdict: Verdict, rule: Rule) -> Verdict:
    """The verdict on a rule that some rows may break.

    Within the threshold it holds; where its action takes rows away it stays broken but handled, so that the loss is told.
    """
    if verdict.ok or rule.at_most is None or verdict.count is None or verdict.total is None:
        return verdict
    within = rule.at_most.allows(verdict.count, verdict.total)
    told = f"at most {rule.at_most} may break it" + (f", {verdict.count:,} of {verdict.total:,} do" if within else "")
    return replace(verdict, ok=within and rule.action == Action.FAIL, message="; ".join(filter(None, (verdict.message, told))))
