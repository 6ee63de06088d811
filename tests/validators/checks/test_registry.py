"""Checks of other packages stand in contracts like those that come along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from featureprep.errors import RequestError
from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.validators.checks import base
from featureprep.validators.checks.base import Head, RowCheck, Rule, Scene, column, find, known_keys, register
from featureprep.validators.contract import check_of
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.reasons import Reason, Status
from featureprep.validators.yaml_tree import Tree


class Below(RowCheck):
    """`below: 10`."""

    key = "below"
    accept = "a larger `below:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        return [Rule(self.key, head.column, "", {"bound": int(tree.value)}, head.severity, head.action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return rules[0].params["bound"]

    def describe(self, rule: Rule) -> str:
        return f"is below {rule.params['bound']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return Node("ge", (column(str(rule.column)), literal(rule.params["bound"])))


class EntryPoint:
    """As `importlib.metadata` gives them."""

    def load(self) -> type[RowCheck]:
        register(Below)
        return Below


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find("type")  # the built-in ones
    monkeypatch.setattr(base, "_REGISTRY", dict(base._REGISTRY))
    monkeypatch.setattr(
        base, "entry_points", lambda group, name: [EntryPoint()] if (group, name) == ("featureprep.checks", "below") else []
    )


@pytest.mark.usefixtures("installed")
def test_a_check_of_another_package_is_loaded_by_its_key(judge: Callable[..., Any]) -> None:
    text = "columns: {x: {type: int64, below: 10}}"
    outcome = judge(text, pa.table({"x": [9, 10, None]}))["x/below"]
    assert (outcome.status, outcome.count, outcome.rule) == (Status.FAILED, 1, "x is below 10")
    contract = load_contract(text + "\n")
    assert load_contract(contract.to_yaml()) == contract


def test_a_key_that_nothing_provides() -> None:
    with pytest.raises(RequestError, match="unknown key 'below'"):
        load_contract("columns: {x: {type: int64, below: 10}}\n")
    with pytest.raises(RequestError, match="there is no check 'below'"):
        check_of(Rule("below", "x"))


@pytest.mark.usefixtures("installed")
def test_two_checks_of_one_key() -> None:
    class Twice(Below):
        key = "regex"

    with pytest.raises(RequestError, match="two checks are named 'regex'"):
        register(Twice)


def test_the_keys_that_come_along() -> None:
    assert known_keys("column") == [
        "drift", "length", "min_domain_mass", "monotonic", "not_nan", "null_fraction", "nullable", "range", "references", "regex", "required", "type", "unique", "valency", "values",
    ]  # fmt: skip
    assert known_keys("source") == ["allow_empty", "checks", "expressions", "fresh", "keys", "rows"]
