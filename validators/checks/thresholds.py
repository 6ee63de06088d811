"""at_most: reading how many rows may break a rule before it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from featureprep.errors import RequestError
from featureprep.validators.checks.base import Rule, Verdict
from featureprep.validators.checks.parsing import whole, wrong
from featureprep.validators.reasons import Action
from featureprep.validators.threshold import Threshold
from featureprep.validators.yaml_tree import Tree

KEY: Final = "at_most"
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?%")


def read_threshold(tree: Tree) -> Threshold:
    """`10` (rows), `1%` or `0.01` (a share of the rows).

    Raises
    ------
    RequestError
        For anything else.
    """
    value = tree.value
    if isinstance(value, float):
        if 0 <= value <= 1:
            return Threshold(share=value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return Threshold(rows=whole(tree, KEY))
    elif isinstance(value, str) and (found := _PERCENT.fullmatch(value)) and Decimal(found[1]) <= 100:
        return Threshold(share=float(Decimal(found[1]) / 100))
    raise wrong(tree, KEY, "a number of rows (10), or a share of them from 0% to 100% (1%, or 0.01)")


def take_threshold(tree: Tree, key: str, *, row_wise: bool) -> tuple[Tree, Threshold | None]:
    """What stands under a check's key without its `at_most:`, and that.

    Raises
    ------
    RequestError
        Where it is not a threshold, or the check looks at all rows.
    """
    if not isinstance(tree.value, dict) or KEY not in tree.value:
        return tree, None
    if not row_wise:
        raise RequestError(
            f"{key} looks at all rows, so it takes no {KEY!r}",
            where=tree.at(KEY),
            hint=f"{KEY} is for checks of single rows: type, nullable, values, range, regex, length, not_nan, expressions",
        )
    rest: Mapping[str, Tree] = {name: entry for name, entry in tree.value.items() if name != KEY}
    return replace(tree, value=rest), read_threshold(tree.value[KEY])


def tolerate(verdict: Verdict, rule: Rule) -> Verdict:
    """The verdict on a rule that some rows may break.

    Within the threshold it holds; where its action takes rows away it stays broken but handled, so that the loss is told.
    """
    if verdict.ok or rule.at_most is None or verdict.count is None or verdict.total is None:
        return verdict
    within = rule.at_most.allows(verdict.count, verdict.total)
    told = f"at most {rule.at_most} may break it" + (f", {verdict.count:,} of {verdict.total:,} do" if within else "")
    return replace(verdict, ok=within and rule.action == Action.FAIL, message="; ".join(filter(None, (verdict.message, told))))
