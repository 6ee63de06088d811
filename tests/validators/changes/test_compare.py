"""Contracts compared: what is added, removed, tightened, loosened; the class of each change."""

from __future__ import annotations

import pytest

from featureprep.validators.changes.compare import compare_contracts
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract


def contract(text: str) -> Contract:
    return load_contract(text + "\n", where="here")


def changes(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.column, one.change) for one in compare_contracts(contract(before), contract(after))]


HEAD = "columns:\n  a: {type: float64%s}"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (", range: {min: 0}", ", range: {min: 1}", "tightened"),
        (", range: {min: 0}", ", range: {min: -1}", "loosened"),
        (", range: {max: 9}", ", range: {max: 8}", "tightened"),
        (", range: {max: 9}", ", range: {max: 10}", "loosened"),
        (", null_fraction: 0.1", ", null_fraction: 0.2", "loosened"),
        (", null_fraction: 0.2", ", null_fraction: 0.1", "tightened"),
        (", values: [1.0, 2.0]", ", values: [1.0]", "tightened"),
        (", values: [1.0]", ", values: [1.0, 2.0]", "loosened"),
        (", values: [1.0, 3.0]", ", values: [1.0, 2.0]", "changed"),
        (", range: {min: 0}", ", range: {min: 0, severity: warn}", "loosened"),
        (", range: {min: 0, action: drop}", ", range: {min: 0}", "tightened"),
        (
            ", range: {min: 0, action: drop}",
            ", range: {min: 1, severity: warn, action: drop}",
            "tightened",
        ),  # the rows are taken at either severity
        (", range: {min: 0}", ", range: {min: 0, at_most: 2}", "loosened"),
        (", range: {min: 0, at_most: 1%}", ", range: {min: 0, at_most: 2%}", "loosened"),
        (", range: {min: 0, at_most: 3}", ", range: {min: 0, at_most: 2%}", "changed"),
        (", range: {min: 0, at_most: 0.1}", ", range: {min: 0}", "tightened"),
        ("", ", not_nan: true", "added"),
        (", nullable: false", "", "removed"),
        ("", ", sensitive: true", "changed"),
    ],
)
def test_one_rule(before: str, after: str, change: str) -> None:
    assert changes(HEAD % before, HEAD % after) == [("a", change)]
    opposite = {"tightened": "loosened", "loosened": "tightened", "added": "removed", "removed": "added", "changed": "changed"}
    assert changes(HEAD % after, HEAD % before) == [("a", opposite[change])]
    assert changes(HEAD % before, HEAD % before) == []


@pytest.mark.parametrize("policy", [", action: quarantine", ", action: drop", ", at_most: 100%", ""])
def test_a_type_that_only_warned_fails_a_whole_column_whatever_its_action(policy: str) -> None:
    warns, fails = (f"columns: {{a: {{type: {{is: int64{severity}{policy}}}}}}}" for severity in (", severity: warn", ""))
    (one,) = compare_contracts(contract(warns), contract(fails))
    assert (one.backward, one.forward, str(one.kind)) == (False, True, "narrowing")
    (one,) = compare_contracts(contract(fails), contract(warns))
    assert (one.backward, one.forward, str(one.kind)) == (True, False, "widening")


def test_types_patterns_columns_and_settings() -> None:
    assert changes("columns: {a: int64}", "columns: {a: float64}") == [("a", "changed")]
    assert changes("columns: {a: int64}", "columns: {a: int64, b: string}") == [("b", "added")]
    assert changes("columns: {a: int64, b: string}", "columns: {a: int64}") == [("b", "removed")]
    assert changes("columns: {a: int64}\nextra_columns: allow", "columns: {a: int64}\nextra_columns: error") == [("", "tightened")]
    assert changes("columns: {a: int64}", "columns: {a: int64}\nallow_not_evaluated: true") == [("", "loosened")]
    text = "columns: {a: {type: string, regex: %s}}"
    assert changes(text % "a+", text % "b+") == [("a", "changed")]


def test_a_version_without_a_contract() -> None:
    found = compare_contracts(None, contract("columns: {a: int64}"))
    assert [(one.column, one.change) for one in found] == [("a", "added"), ("", "added")]  # and that it must not be empty
    assert compare_contracts(None, None) == []


def test_the_words_name_values_that_came_and_went_but_never_sensitive_ones() -> None:
    text = "columns: {a: {type: string, values: [%s]%s}}"
    (one,) = compare_contracts(contract(text % ("x, y", "")), contract(text % ("x, z", "")))
    assert (one.before, one.after) == ("one of 2 values, with 'y'", "one of 2 values, with 'z'")
    (one,) = compare_contracts(contract(text % ("x, y", ", sensitive: true")), contract(text % ("x, z", ", sensitive: true")))
    assert "y" not in one.before.replace("(sensitive)", "")
    assert "z" not in one.after


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("a: int64", "a: {type: int64, note: hi}", "cosmetic"),
        ("a: {type: int64, owner: x}", "a: {type: int64, owner: y}", "cosmetic"),
        ("a: {type: int64, range: {min: 0, action: drop}}", "a: {type: int64, range: {min: 0, action: quarantine}}", "cosmetic"),
        ("a: int64, b: int64", "b: int64, a: int64", "cosmetic"),
        ("a: int64", "a: {type: int64, sensitive: true}", "cosmetic"),
        ("a: {type: int64, sensitive: true}", "a: int64", "breaking"),
        ("a: int64, b: int64", "a: int64", "breaking"),
        ("a: int64", "a: int64, b: int64", "narrowing"),
        ("a: int64", "a: {type: int64, required: false}", "breaking"),
        ("a: {type: int64, required: false}", "a: int64", "narrowing"),
        ("a: int64", "a: {type: int64, not_in: [SERVING]}", "breaking"),
        ("a: {type: int64, not_in: [SERVING]}", "a: int64", "narrowing"),
        ("a: {type: int64, nullable: false}", "a: int64", "breaking"),
        ("a: {type: int64, nullable: false}", "a: {type: int64, null_fraction: 0.1}", "breaking"),
        ("a: {type: int64, null_fraction: 0.1}", "a: {type: int64, nullable: false}", "narrowing"),
        ("a: {type: int64, null_fraction: 0}", "a: {type: int64, null_fraction: 0.1}", "breaking"),
        ("a: {type: int64, nullable: false}", "a: {type: int64, nullable: {is: false, action: drop}}", "widening"),
        ("a: {type: int64, nullable: false}", "a: {type: int64, nullable: {is: false, severity: warn}}", "breaking"),
        ("a: {type: int64, nullable: {is: false, severity: warn}}", "a: int64", "widening"),
        ("a: int32", "a: int64", "widening"),
        ("a: int64", "a: int32", "narrowing"),
        ("a: int64", "a: float64", "breaking"),
        ("a: int64", "a: uint64", "breaking"),
        ("a: uint32", "a: int64", "widening"),
        ("a: timestamp", "a: 'timestamp[UTC]'", "breaking"),
        ("a: float32", "a: float64", "widening"),
        ("a: {type: float32, nullable: false}", "a: {type: float64, nullable: false}", "widening"),
        ("a: {type: float32, range: {max: 0.7}}", "a: {type: float64, range: {max: 0.7}}", "breaking"),  # 0.7000000001
        ("a: {type: int32, range: {max: 7}}", "a: {type: int64, range: {max: 7}}", "widening"),
        ("a: {type: list<float32>, range: {max: 0.7}}", "a: {type: list<float64>, range: {max: 0.7}}", "breaking"),
        ("a: list<float32>", "a: list<float64>", "widening"),
        ("a: {type: list<int32>, range: {max: 7}}", "a: {type: list<int64>, range: {max: 7}}", "widening"),
        # a cell that is no int64 broke `nullable`, and its row is taken away now
        (
            "a: {type: {is: int64, severity: warn}, nullable: false}",
            "a: {type: {is: int64, action: quarantine}, nullable: false}",
            "breaking",
        ),
        (
            "a: {type: {is: int64, action: drop}, null_fraction: 0.1}",
            "a: {type: {is: int64, severity: warn}, null_fraction: 0.1}",
            "breaking",
        ),
        ("a: {type: {is: int64, severity: warn}}", "a: {type: {is: int64, action: quarantine}}", "narrowing"),
        # a cell that is too large for int32 only warned; now it is above the maximum
        (
            "a: {type: {is: int32, severity: warn}, range: {max: 7}}",
            "a: {type: {is: int64, severity: warn}, range: {max: 7}}",
            "breaking",
        ),
        ("a: {type: string, regex: x+}", "a: {type: string, regex: x}", "breaking"),
        ("a: {type: int64, unique: true}", "a: int64", "widening"),
        ("a: {type: int64, drift: {linf: 0.1}}", "a: {type: int64, drift: {linf: 0.2}}", "widening"),
        ("a: {type: int64, drift: {linf: {threshold: 0.1, alpha: 0.05}}}", "a: {type: int64, drift: {linf: 0.2}}", "breaking"),
        ("a: {type: string, values: [x], min_domain_mass: 0.9}", "a: {type: string, values: [x, y], min_domain_mass: 0.8}", "widening"),
        ("a: {type: string, values: [x, y], min_domain_mass: 0.8}", "a: {type: string, values: [x], min_domain_mass: 0.9}", "narrowing"),
        ("a: {type: string, values: [x], min_domain_mass: 0.9}", "a: {type: string, values: [x, y], min_domain_mass: 0.95}", "breaking"),
        ("a: {type: string, values: [x], min_domain_mass: 0.9}", "a: {type: string, values: [x]}", "narrowing"),
        ("a: {type: string, values: [x]}", "a: {type: string, values: [x, y], min_domain_mass: 0.9}", "widening"),
        ("a: {type: string, values: [x, y]}", "a: {type: string, values: [x], min_domain_mass: 0.9}", "breaking"),
        ("a: {type: string, values: [x]}", "a: {type: string, values: [x], min_domain_mass: 1}", "cosmetic"),
        ("a: {type: int64, nullable: false}", "a: {type: int64, null_fraction: 0}", "cosmetic"),
        ("a: {type: int64, null_fraction: 0}", "a: {type: int64, nullable: false}", "cosmetic"),
        ("a: {type: int64, range: {min: 0, at_most: 1}}", "a: {type: int64, range: {min: 0, at_most: 1.0}}", "widening"),
        ("b: int64, a: {type: int64, monotonic: {by: b, strict: true}}", "b: int64, a: {type: int64, monotonic: {by: b}}", "widening"),
        ("b: float32, a: {type: int64, monotonic: {by: b}}", "b: float64, a: {type: int64, monotonic: {by: b}}", "breaking"),
        ("b: int32, a: {type: int64, monotonic: {by: b}}", "b: int64, a: {type: int64, monotonic: {by: b}}", "widening"),
    ],
)
def test_classes(before: str, after: str, kind: str) -> None:
    (one,) = compare_contracts(contract(f"columns: {{{before}}}"), contract(f"columns: {{{after}}}"))
    assert one.kind == kind, one
    assert one.to_json()["class"] == kind


def test_bounds_of_another_kind_are_incomparable() -> None:
    before = "columns: {a: {type: timestamp, range: {min: 2024-01-01T00:00:00}}}"
    after = 'columns: {a: {type: "timestamp[UTC]", range: {min: "2024-01-01T00:00:00+00:00"}}}'
    assert {str(one.kind) for one in compare_contracts(contract(before), contract(after))} == {"breaking"}
    assert {str(one.kind) for one in compare_contracts(contract(after), contract(before))} == {"breaking"}


def test_expressions_and_what_they_look_at() -> None:
    text = "columns: {a: %s, b: int64}\nexpressions: [{name: e, expr: %s}]"
    (one,) = compare_contracts(contract(text % ("int64", "a < b")), contract(text % ("int64", "a <= b")))
    assert one.kind == "breaking"
    (one,) = compare_contracts(contract(text % ("int32", "a - 5 < b")), contract(text % ("int64", "a - 5 < b")))
    assert one.kind == "widening"
    (one,) = compare_contracts(contract(text % ("uint32", "a - 5 < 0")), contract(text % ("uint64", "a - 5 < 0")))
    assert one.kind == "breaking"


def test_what_is_said_otherwise_is_cosmetic() -> None:
    text = "columns: {a: int64, b: int64%s}\nkeys: [%s]\nexpressions: [%s]"
    before = contract(text % (", c: {type: int64, nullable: false}", "a, c", "{name: e, expr: a > b}, {expr: a + b < 9}"))
    after = contract(text % (", c: {type: int64, nullable: false}", "c, a", "{name: f, expr: 'a  >  b'}, {expr: 'a+b<9'}"))
    found = compare_contracts(before, after)
    assert len(found) == 3
    assert {(str(one.kind), one.backward, one.forward) for one in found} == {("cosmetic", True, True)}
    assert compare_contracts(before, before) == []
    (one,) = compare_contracts(before, contract(text % (", c: int64", "a, c", "{name: e, expr: a > b}, {expr: a + b < 9}")))
    assert one.kind == "widening"  # the key has no nulls in it
    other = contract(text % (", c: {type: int64, nullable: false}", "a, c", "{name: e, expr: a > b}, {expr: 9 > a}"))
    assert {str(one.kind) for one in compare_contracts(before, other)} == {"narrowing", "widening"}


def test_freshness() -> None:
    text = "columns: {a: date}\nfresh: {column: a, max_age: %s}"
    (one,) = compare_contracts(contract(text % "36h"), contract(text % "2d"))
    assert one.kind == "widening"
    assert compare_contracts(contract(text % "2d"), contract(text % "36h"))[0].kind == "narrowing"


def test_sources() -> None:
    one, two = "columns: {a: int64}", "sources: {t: {columns: {a: int64}}}"
    more = "sources: {t: {columns: {a: int64}}, u: {columns: {b: int64}, allow_empty: true}}"
    assert [str(c.kind) for c in compare_contracts(contract(one), contract(two))] == ["narrowing"]
    assert [str(c.kind) for c in compare_contracts(contract(two), contract(one))] == ["widening"]
    assert [(c.source, c.column, str(c.kind)) for c in compare_contracts(contract(two), contract(more))] == [("u", "b", "widening")]
    assert [(c.source, c.column, str(c.kind)) for c in compare_contracts(contract(more), contract(two))] == [("u", "b", "breaking")]


def test_environments_of_the_contract() -> None:
    plain, more = "columns: {a: int64}", "environments: [TRAINING, SERVING, NIGHT]\ncolumns: {a: int64}"
    assert [str(c.kind) for c in compare_contracts(contract(plain), contract(more))] == ["widening"]
    assert [str(c.kind) for c in compare_contracts(contract(more), contract(plain))] == ["narrowing"]


def test_places_and_order() -> None:
    before = "columns:\n  a: {type: int64, range: {min: 0}}\n  b: int64\n  c: {type: int64, note: x}"
    after = "columns:\n  d: int64\n  a: {type: int64, range: {min: -1}}\n  c: int64"
    found = compare_contracts(contract(before), contract(after))
    assert [(str(c.kind), c.column, c.lines) for c in found] == [
        ("breaking", "b", (3, None)), ("widening", "a", (2, 3)), ("narrowing", "d", (None, 2)), ("cosmetic", "c", (4, 4)),
    ]  # fmt: skip
