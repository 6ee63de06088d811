"""What every transform keeps to, whatever it computes. Each function is one statement about a case and some rows."""

from __future__ import annotations

import inspect
import math
import random
from typing import Any

import pyarrow as pa

from featureprep.expr.expression import Expr
from featureprep.expr.node import Node
from tests.transforms.case import Case
from tests.transforms.harness import Fitted, Rejected, bits, check_rows_equal_batch, fit, same_constants, stored_and_read, whole


def takes_policies(case: Case) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(case.make).parameters.values())


def moved(fitted: Fitted, schema: pa.Schema) -> Fitted:
    """The same expression and constants over columns in another encoding."""
    return Fitted(fitted.node, schema, fitted.constants, fitted.malformed)


def rows_equal_batches(case: Case, train: pa.Table, other: pa.Table) -> None:
    """Row code gives the bits of the batch, for rows of the fit and for others; types are as bound (see the harness)."""
    fitted = fit(case.make("x"), train)
    check_rows_equal_batch(fitted, train)
    check_rows_equal_batch(fitted, other)


def rows_stand_alone(case: Case, train: pa.Table, other: pa.Table) -> None:
    """A row's result does not depend on its neighbours, on slicing, or on the encoding of its column."""
    fitted = fit(case.make("x"), train)
    values, rules = fitted.batch(other)
    whole_table = bits(values)
    for at in range(other.num_rows):
        one, one_rule = fitted.batch(other.slice(at, 1))
        assert one_rule == rules[at : at + 1]
        if not rules[at]:
            assert bits(one)[1] == whole_table[1][at : at + 1]
    if encodable(other):
        # a dictionary with fewer entries than rows, some of them not used
        longer = encoded(pa.concat_tables([train, other, other, other])).slice(train.num_rows)
        again, more_rules = fitted.batch(longer)
        assert more_rules == rules * 3
        for at, rule in enumerate(more_rules):
            assert rule or bits(again.slice(at, 1))[1] == [whole_table[1][at % other.num_rows]]


def encodable(table: pa.Table) -> bool:
    """Whether its columns have dictionary-encoded forms."""
    return not (pa.types.is_nested(table["x"].type) or pa.types.is_null(table["x"].type))


def encoded(table: pa.Table) -> pa.Table:
    """The same rows, dictionary-encoded."""
    return pa.table({name: whole(table[name]).dictionary_encode() for name in table.column_names})


def constants_do_not_depend_on_order(case: Case, train: pa.Table, seed: int) -> None:
    """Partitions, their order, the tree of merges, encoded states and dictionaries give the same constants, bit for bit."""
    fitted = fit(case.make("x"), train)
    pick = random.Random(seed)
    order = list(range(train.num_rows))
    pick.shuffle(order)
    shuffled = train.take(pa.array(order, pa.int64()))
    cuts = sorted(pick.choices(range(train.num_rows + 1), k=pick.randrange(5)))
    parts = [shuffled.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, train.num_rows], strict=True)]
    assert same_constants(fit(case.make("x"), parts, seed=seed).constants, fitted.constants)
    if encodable(train):
        coded = [encoded(part) for part in parts]
        assert same_constants(fit(case.make("x"), coded, seed=seed).constants, fitted.constants)


def survives_storage(case: Case, train: pa.Table) -> None:
    """The node through JSON is the same node, and works with the constants of the first."""
    node = case.make("x").node
    read = stored_and_read(node)
    assert read == node
    fitted = fit(node, train, seed=0)
    assert bits(fitted.batch(train)[0]) == bits(Fitted(read, fitted.schema, fitted.constants).batch(train)[0])


def size_and_names_fit(case: Case, train: pa.Table) -> None:
    """A vector has as many named elements as its type says; ids stay below the size."""
    bound = fit(case.make("x"), train).bound
    size, names = bound.op.size(bound.call), bound.op.elements(bound.call)
    if pa.types.is_fixed_size_list(bound.type):
        assert bound.type.list_size == size
    if names is not None:
        assert len(names) == size
        assert len(set(names)) == size
    values, _ = fit(case.make("x"), train).batch(train)
    if size is not None and values.type == pa.int64():
        assert all(value is None or -1 <= value < size for value in values.to_pylist())


def missing_rejects(case: Case, train: pa.Table, policy: str) -> None:
    """`missing="error"` and "quarantine" reject exactly the rows that are null or NaN, and keep them out of the fit."""
    strict = fit(case.make("x", missing=policy), train)
    there = [not missing(value) for value in whole(train["x"]).to_pylist()]
    present = train.filter(pa.array(there, pa.bool_()))
    got = check_rows_equal_batch(strict, train)
    wanted = iter(check_rows_equal_batch(fit(case.make("x"), present), present))
    for value, ok in zip(got, there, strict=True):
        if ok:
            assert bits(value) == bits(next(wanted))
        else:
            assert isinstance(value, Rejected)
            assert value.rule.startswith("missing: require_present(")


def missing_becomes_a_value(case: Case, train: pa.Table) -> None:
    """A value given as `missing=` is the same as a column with that value in place of null and NaN."""
    filled = [case.value if missing(value) else value for value in whole(train["x"]).to_pylist()]
    replaced = train.set_column(0, "x", pa.array(filled, train["x"].type))
    got = check_rows_equal_batch(fit(case.make("x", missing=case.value), train), train)
    assert bits(got) == bits(check_rows_equal_batch(fit(case.make("x"), replaced), replaced))


def missing_is_kept(case: Case, train: pa.Table) -> None:
    """`missing="keep"`: null stays null or becomes what the case says; NaN stays NaN in a float, and is as null in anything else."""
    fitted = fit(case.make("x"), train)
    values = check_rows_equal_batch(fitted, train)
    infinities = (math.inf, -math.inf)  # nothing is learnt from them
    learnt = any(not missing(value) and value not in infinities for value in whole(train["x"]).to_pylist())
    for given, value in zip(whole(train["x"]).to_pylist(), values, strict=True):
        if not missing(given) or isinstance(value, Rejected):
            continue
        if case.kept == "null":
            elements = value if pa.types.is_fixed_size_list(fitted.bound.type) and given is not None else [value]
            dtype = fitted.bound.type if elements is not value else fitted.bound.type.value_type
            assert all((x != x) if given is not None and dtype == pa.float64() else x is None for x in elements)
        elif case.kept == "zeros":
            assert value is not None
            assert not any(value["indices"] if isinstance(value, dict) else value)
        elif case.kept == "filled":
            assert not learnt or not missing(value)
        else:
            assert isinstance(value, (list, dict))
            assert any(element != element for element in (value["values"] if isinstance(value, dict) else value))


def unknown_is_treated(case: Case, policy: Any, train: pa.Table, other: pa.Table) -> None:
    """The policy for values that the fit has not seen; they are found by a fit that says "null"."""
    by_null = check_rows_equal_batch(fit(case.make("x", unknown="null"), train), other)
    got = check_rows_equal_batch(fit(case.make("x", unknown=policy), train), other)
    default = check_rows_equal_batch(fit(case.make("x"), train), other)
    for given, value, nulled, usual in zip(whole(other["x"]).to_pylist(), got, by_null, default, strict=True):
        if nulled is not None or missing(given):
            assert bits(value) == bits(nulled)
        elif policy in ("error", "quarantine"):
            assert isinstance(value, Rejected)
            assert value.rule.startswith("unknown: ")
        elif policy == "null":
            assert value is None
        else:
            assert bits(value) == bits(usual)
            assert value == (0 if policy == "zeros" else -1) or not isinstance(value, int)


def malformed_is_treated(expr: Expr, policy: str, rows: pa.Table, good: pa.Table) -> None:
    """A malformed input is as null, or rejects its row and takes no part in the fit.

    `good` are the rows of `rows` that fit, or all of them with the others null.
    """
    fitted = fit(expr, rows)
    got = check_rows_equal_batch(fitted, rows)
    clean = fit(expr, good)
    assert same_constants(fitted.constants, clean.constants)
    if policy == "null":
        assert bits(got) == bits(check_rows_equal_batch(clean, good))
        return
    kept = [value for value in got if not isinstance(value, Rejected)]
    assert bits(kept) == bits(check_rows_equal_batch(clean, good))
    assert len(kept) == good.num_rows < len(got)
    assert all(value.rule.startswith("malformed: ") for value in got if isinstance(value, Rejected))


def missing(value: Any) -> bool:
    """Null or NaN."""
    return value is None or value != value


def operations(node: Node) -> set[str]:
    """The names of all operations used."""
    return {part.op for part in node.walk()}
