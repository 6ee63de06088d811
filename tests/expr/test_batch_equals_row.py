"""Every operation by batch and by row, over columns of every type it takes: the same bits, the same rejections, the types and nulls it claims."""

from __future__ import annotations

from functools import cache
from itertools import cycle, product

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.expr.bind import Binder
from featureprep.expr.expression import col, lit
from featureprep.expr.node import Node
from featureprep.types import format_type, parse_type
from tests.expr.cases import CASES, LEAVES, NAMES, node, operations, successor
from tests.expr.harness import ENCODINGS, MALFORMED, POOLS, TYPES, Rejected, evaluate, values_of

POLICIES = ("error", "null", "quarantine")


def test_every_operation_has_a_case() -> None:
    assert operations() == set(CASES) | LEAVES


@cache
def accepted(op: str) -> list[tuple[Node, tuple[str, ...]]]:
    """The uses of an operation that bind: a node, and its columns' types. Others must be refused as wrong requests."""
    case = CASES[op]
    found = []
    for params in case.params:
        made = node(op, case.arity, params)
        for types in product(*case.argument_types()):
            schema = pa.schema([(name, parse_type(t)) for name, t in zip(NAMES, types, strict=False)])
            try:
                Binder(schema, case.constants(made) if case.constants else None).bind(made)
            except RequestError as error:
                assert error.where is not None, error
                assert "job.py:1" in error.where
                continue
            found.append((made, types))
    return found


def _edges(types: tuple[str, ...], limit: int = 60) -> list[tuple[object, ...]]:
    """Rows that pair the edges of each column with those of the others, nulls and malformed cells too."""
    pools = [[*POOLS[t], None, MALFORMED] for t in types]
    rows = list(product(*pools))
    step = max(1, len(rows) // limit)
    shared = list(zip(*(cycle(pool) for pool in pools), range(max(map(len, pools))), strict=False))
    return [*rows[::step], *(row[:-1] for row in shared)]


@pytest.mark.parametrize("op", sorted(CASES))
def test_edges_of_every_type(op: str) -> None:
    uses = accepted(op)
    assert uses, "it takes nothing"
    case = CASES[op]
    for (made, types), policy, how in zip(uses, cycle(POLICIES), cycle(ENCODINGS[::-1]), strict=False):
        columns = {name: (t, list(values)) for name, t, values in zip(NAMES, types, zip(*_edges(types), strict=True), strict=False)}
        try:
            evaluate(
                made,
                columns,
                malformed=policy,
                encodings=dict.fromkeys(columns, how),
                constants=case.constants(made) if case.constants else None,
            )
        except AssertionError as error:
            raise AssertionError(f"{made!r} over {types}, {policy}, {how}: {error}") from error


@pytest.mark.parametrize("op", sorted(CASES))
@given(data=st.data())
@settings(max_examples=20)
def test_any_values(op: str, data: st.DataObject) -> None:
    made, types = data.draw(st.sampled_from(accepted(op)))
    case = CASES[op]
    n = data.draw(st.integers(0, 8))
    columns, encodings, required = {}, {}, set()
    for name, t in zip(NAMES, types, strict=False):
        cells = st.just(MALFORMED) | values_of(t) | values_of(t)
        if t != "null" and data.draw(st.booleans()):
            required.add(name)
            cells = cells.filter(lambda v: v is not None)
        columns[name] = (t, data.draw(st.lists(cells, min_size=n, max_size=n)))
        encodings[name] = data.draw(st.sampled_from(ENCODINGS))
    evaluate(
        made,
        columns,
        malformed=data.draw(st.sampled_from(POLICIES)),
        encodings=encodings,
        required=frozenset(required),
        constants=case.constants(made) if case.constants else None,
    )


@pytest.mark.parametrize("name", TYPES)
def test_a_column_is_itself(name: str) -> None:
    values = [*POOLS[name], None]
    result = evaluate(col("x"), {"x": (name, values)})
    assert format_type(result.type) == name
    rejected = evaluate(col("x"), {"x": (name, [*values, MALFORMED])}, malformed="quarantine").cells[-1]
    assert isinstance(rejected, Rejected)
    assert rejected.rule == "malformed: x"


def test_a_required_column_may_hold_null_where_malformed_cells_become_null() -> None:
    result = evaluate(col("x") + 1, {"x": ("int64", [1, MALFORMED])}, malformed="null", required=frozenset("x"))
    assert result.cells == [2, None]
    assert result.nullable
    assert not evaluate(col("x") > 1, {"x": ("int64", [1])}, required=frozenset("x")).nullable


@given(value=st.sampled_from(TYPES).flatmap(lambda t: st.sampled_from(POOLS[t] or [None])))
def test_a_literal_is_itself(value: object) -> None:
    if isinstance(value, dict):
        with pytest.raises(RequestError):
            lit(value)
        return
    result = evaluate(lit(value), {}, rows=3)
    assert len(result.cells) == 3
    assert result.nullable == (value is None)
    assert evaluate(lit(value).is_null(), {}, rows=2).cells == [value is None] * 2


def test_a_stored_literal_has_its_own_type_in_row_code_too() -> None:
    stored = Node("lit", (), {"value": 3, "type": "float64"})
    assert evaluate(stored, {}, rows=1).cells == [3.0]
    assert evaluate(Node("lit", (), {"value": True, "type": "bool"}), {}, rows=1).cells == [True]


def test_a_row_function_of_the_user() -> None:
    assert evaluate(successor("x"), {"x": ("int8", [1, None, 5])}).cells == [2, None, 6]
