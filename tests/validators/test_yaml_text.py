"""Contracts written and read back are equal, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column, Contract, SourceContract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.threshold import Threshold

text = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.one_of(
    text.filter(lambda t: t and not t.startswith("$")),
    st.sampled_from(["null", "true", "yes", "1", "~", "a b", "é", "a: b", "- x", "#", "x" * 2000, "class", "\x07", "\u2028", "?", "*a"]),
)
words = st.one_of(
    text, st.sampled_from(["", "null", "no", "1.5", "01", "é\U0001f600", "\x85", "\ufeff", "a'b\"c\\", "x" * 300, " a ", "2024-01-01"])
)
row_policy = st.tuples(st.sampled_from(list(Severity)), st.sampled_from(list(Action)))
table_policy = st.tuples(st.sampled_from(list(Severity)), st.just(Action.FAIL))


thresholds = st.one_of(st.none(), st.integers(0, 2**62).map(Threshold), st.floats(0, 1).map(lambda share: Threshold(share=share)))


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    def rule(check: str, part: str = "", *, policy: tuple[Severity, Action] | None = None, **params: object) -> Rule:
        severity, action = policy or draw(row_policy)
        return Rule(check, name, part, params, severity, action, at_most=None if policy else draw(thresholds))

    kind = draw(st.sampled_from(["string", "int64", "float64", "bool", "list<int64>"]))
    rules = [rule("type", type=kind)]
    if draw(st.booleans()):
        rules.append(rule("required", policy=draw(table_policy)))
    if kind in ("string", "list<int64>") and draw(st.booleans()):
        policy = draw(row_policy)
        key = "length" if kind == "string" else "valency"
        rules += [rule(key, "min", policy=policy, bound=1), rule(key, "max", policy=policy, bound=draw(st.integers(1, 2**62)))]
    if kind == "float64" and draw(st.booleans()):
        rules.append(rule("not_nan"))
    nulls = draw(st.sampled_from(["", "fraction", "none"]))
    if nulls == "fraction":
        rules.append(rule("null_fraction", policy=draw(table_policy), max=draw(st.floats(0, 1))))
    if nulls == "none":
        rules.append(rule("nullable"))
    if kind == "float64" and draw(st.booleans()):
        rules.append(rule("range", "max", bound=draw(st.floats(allow_nan=False))))
    if kind == "string" and draw(st.booleans()):
        rules.append(rule("regex", pattern=draw(st.sampled_from(["[a-z]+", r"\d{3}", "é|ß", "'\"", ""]))))
    if kind != "list<int64>" and draw(st.booleans()):
        rules.append(rule("unique", policy=draw(table_policy)))
    if kind == "string" and draw(st.booleans()):
        rules.append(rule("values", values=tuple(draw(st.lists(words, max_size=30, unique=True)))))
    if kind in ("int64", "list<int64>") and draw(st.booleans()):
        rules.append(rule("values", values=tuple(draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5, unique=True)))))
    environments = draw(st.sampled_from([None, ("TRAINING",), ("SERVING",), ("TRAINING", "SERVING"), ()]))
    return Column(name, tuple(rules), environments, sensitive=draw(st.booleans()), owner=draw(words), note=draw(words), comment=draw(words))


@st.composite
def sources(draw: st.DrawFn, name: str) -> SourceContract:
    made = [draw(columns(column)) for column in draw(st.lists(names, min_size=1, max_size=4, unique=True))]
    rules = [] if draw(st.booleans()) else [Rule("allow_empty")]
    if draw(st.booleans()):
        severity, action = draw(table_policy)
        bounds = {"min": draw(st.integers(0, 100)), "drift": draw(st.floats(0, 9))}
        parts = draw(st.sampled_from([("min",), ("drift",), ("min", "drift")]))
        rules += [Rule("rows", None, part, {"bound": bounds[part]}, severity, action) for part in parts]
    return SourceContract(
        name, tuple(made), tuple(rules), extra_columns=draw(st.sampled_from(["error", "warn", "allow"])),
        allow_not_evaluated=draw(st.booleans()), owner=draw(words), note=draw(words),
    )  # fmt: skip


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    if draw(st.booleans()):
        return Contract((draw(sources("")),))
    return Contract(tuple(draw(sources(name)) for name in draw(st.lists(names, min_size=1, max_size=2, unique=True))))


def same_rules(contract: Contract) -> list[list[Rule]]:
    # what stands first in a file is no part of a contract's meaning
    return [sorted(source.declared(None), key=lambda rule: rule.id) for source in contract.sources]


@given(contracts())
def test_round_trip(contract: Contract) -> None:
    back = load_contract(contract.to_yaml())
    assert same_rules(back) == same_rules(contract)
    for made, source in zip(back.sources, contract.sources, strict=True):
        assert [(c.name, c.environments, c.sensitive, c.owner, c.note) for c in made.columns] == [
            (c.name, c.environments, c.sensitive, c.owner, c.note) for c in source.columns
        ]
        assert (made.name, made.extra_columns, made.allow_not_evaluated, made.owner, made.note) == (
            source.name, source.extra_columns, source.allow_not_evaluated, source.owner, source.note,
        )  # fmt: skip
    assert load_contract(back.to_yaml()) == back


def test_it_is_written_for_people() -> None:
    contract = Contract(
        (
            SourceContract(
                "",
                (
                    Column(
                        "age", (Rule("type", "age", params={"type": "int64"}), Rule("required", "age")), comment="3 of 100 null (3.00%)"
                    ),
                    Column("s", (Rule("type", "s", params={"type": "string"}), Rule("values", "s", params={"values": ("No", "a b")}))),
                ),
                (Rule("allow_empty"), Rule("expressions", None, "age > 0", {"expr": "age > 0", "note": ""}, action=Action.DROP)),
            ),
        )
    )
    assert contract.to_yaml().splitlines()[1:] == [
        "version: 1",
        "columns:",
        "  age: int64  # 3 of 100 null (3.00%)",
        "  s:",
        "    type: string",
        '    values: ["No", a b]',
        "    required: false",
        "expressions:",
        '  - {expr: "age > 0", action: drop}',
    ]


@pytest.mark.parametrize("value", ["2024-01-31", "2024-01-31T10:00:00+02:00", "12.50"])
def test_bounds_of_other_types(value: str) -> None:
    kind = {10: "date", 5: "decimal(5, 2)"}.get(len(value), "timestamp[Europe/Berlin]")
    contract = load_contract(f'columns:\n  a: {{type: "{kind}", range: {{min: "{value}"}}}}\n')
    assert load_contract(contract.to_yaml()) == contract
