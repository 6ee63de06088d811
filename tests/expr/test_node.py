"""Expressions as data: identity, the JSON table of nodes, and tables made by strangers."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import canonical
from featureprep.errors import ArgumentError, CorruptArtefactError, RequestError
from featureprep.expr.expression import Expr, col, lit, when
from featureprep.expr.node import MAX_NODES, Node, describe, freeze, from_json, to_json, walk
from featureprep.expr.op import find
from tests.expr.cases import CASES, node
from tests.expr.test_trees import expressions

X = col("x")


def stored(**roots: Node) -> dict[str, Any]:
    versions = {part.op: find(part.op).version for part in walk(roots.values())}
    made: dict[str, Any] = json.loads(json.dumps(to_json(roots, versions)))
    return made


def read(data: Any) -> dict[str, Node]:
    return from_json(data)[0]


@given(expr=st.sampled_from(["int", "float", "bool", "text", "time"]).flatmap(expressions))
@settings(max_examples=60)
def test_json_there_and_back(expr: Expr) -> None:
    data = stored(a=expr.node, b=(~expr.is_null()).node)
    roots, used = from_json(data)
    assert roots == {"a": expr.node, "b": (~expr.is_null()).node}
    assert describe(roots["a"]) == describe(expr.node)
    assert ("is_null", 1) in used
    assert stored(**roots) == data


def test_every_operation_there_and_back() -> None:
    for op, case in CASES.items():
        for params in case.params:
            made = node(op, case.arity, params)
            assert read(stored(it=made)) == {"it": made}


def test_each_node_is_written_once() -> None:
    doubled = X
    for _ in range(50):
        doubled = doubled * doubled
    data = stored(it=doubled.node)
    assert len(data["nodes"]) == 51
    assert read(data)["it"] == doubled.node


def test_a_deep_chain_there_and_back() -> None:
    deep = X
    for _ in range(5000):
        deep = deep + 1
    assert read(stored(it=deep.node))["it"] == deep.node


PARAMS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(width=16) | st.text(max_size=3) | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(a=st.dictionaries(st.text(max_size=2), PARAMS, max_size=2), b=st.dictionaries(st.text(max_size=2), PARAMS, max_size=2))
def test_keys_are_equal_if_and_only_if_the_content_is(a: dict[str, Any], b: dict[str, Any]) -> None:
    first, second = Node("op", (), a), Node("op", (), b)
    assert (first == second) == (canonical.dumps(a) == canonical.dumps(b))
    assert first == Node("op", (), copy.deepcopy(a), "elsewhere.py:7")
    assert hash(first) == hash(Node("op", (), a))
    assert (Node("f", [first, second]) == Node("f", [second, first])) == (first == second)


@pytest.mark.parametrize(
    "one, other",
    [
        (1, 1.0),
        (0.0, -0.0),
        (1, True),
        (0, False),
        ("1", 1),
        (b"a", "a"),
        (None, False),
        ((), None),
        ([1, 2], [2, 1]),
        ({"$date": 1}, "x"),
        ([[1], 2], [1, 2]),
    ],
)
def test_values_that_are_nearly_the_same_are_not(one: Any, other: Any) -> None:
    assert Node("lit", (), {"value": one}) != Node("lit", (), {"value": other})
    assert Node("f", [Node("a")], {}) != Node("f", [], {"a": None})


def test_where_it_was_written_is_no_part_of_it() -> None:
    first = col("x") + 1
    second = col("x") + 1
    assert first.node.site != second.node.site
    assert first.node == second.node
    assert first.node.key == second.node.key


def test_parameters_cannot_be_changed() -> None:
    values = [1, 2]
    made = X.is_in(values).node
    values.append(3)
    assert made.params["values"] == (1, 2)
    with pytest.raises(TypeError):
        made.params["values"] = ()  # type: ignore[index]
    with pytest.raises(ArgumentError, match="nested deeper"):
        freeze(json.loads("[" * 200 + "]" * 200))


def test_columns_and_replace() -> None:
    expr = when(X > 0).then(col("y")).otherwise(X).node
    assert expr.columns() == {"x", "y"}
    replaced = expr.replace({"x": (col("y") + 1).node, "y": lit(3).node})
    assert replaced == when(col("y") + 1 > 0).then(3).otherwise(col("y") + 1).node, "all at once, not one after the other"
    assert expr.replace({}) is expr or expr.replace({}) == expr


GOOD = stored(it=(X + 1).node)


def _with(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(GOOD)
    data["nodes"][-1] |= changes
    return data


def _deep_params() -> Any:
    return json.loads('{"value":' + "[" * 900 + "]" * 900 + "}")


@pytest.mark.parametrize(
    "data",
    [
        None, 5, [], "nodes", {}, {"nodes": []}, {"nodes": {}, "roots": {}}, {"nodes": "ab", "roots": {}}, {"nodes": [], "roots": []}, {"nodes": [], "roots": {"a": 0}},
        {"nodes": [None], "roots": {}}, {"nodes": [[]], "roots": {}}, {"nodes": [{"op": "col"}], "roots": {}},
        _with(args=[2, 2]), _with(args=[0, 99]), _with(args=[-1, 0]), _with(args=[0.0, 1]), _with(args=[True, 1]), _with(args="01"), _with(args=None), _with(args=[[0], 1]),
        _with(op=5), _with(op=None), _with(op=["add"]), _with(op="no_such_operation"), _with(op="col"), _with(op="lit"), _with(op="not"), _with(op="cast"),
        _with(version=2), _with(version=10**30), _with(version="1"), _with(version=None), _with(version=float("inf")), _with(version=1.5), _with(version=True),
        _with(params=None), _with(params=[["name", "x"]]), _with(params="name"), _with(params={"extra": 1}), _with(params={"$float": "nan"}), _with(params={"a": {"$bytes": "!"}}), _with(params=_deep_params()),
        _with(args=[0]), _with(args=[0, 1, 1]), _with(op="udf", params={"module": "os", "function": "system"}),
        {**GOOD, "roots": {"a": -1}}, {**GOOD, "roots": {"a": "0"}}, {**GOOD, "roots": {"a": 10**30}}, {**GOOD, "roots": {"a": None}},
        {"nodes": [{"op": "col", "version": 1, "params": {"name": ""}, "args": []}], "roots": {}}, {"nodes": [{"op": "col", "version": 1, "params": {}, "args": []}], "roots": {}},
        {"nodes": [{"op": "col", "version": 1, "params": {"name": "\ud800"}, "args": []}], "roots": {}},
    ],
)  # fmt: skip
def test_hostile_tables_of_nodes(data: Any) -> None:
    with pytest.raises((CorruptArtefactError, RequestError)) as caught:
        read(data)
    assert str(caught.value)


def test_too_many_nodes_are_not_read() -> None:
    with pytest.raises(CorruptArtefactError, match="more than"):
        read({"nodes": [None] * (MAX_NODES + 1), "roots": {}})


def test_a_later_version_is_refused_by_name() -> None:
    with pytest.raises(CorruptArtefactError, match="add version 2; this release knows version 1"):
        read(_with(version=2, params={"new": 1}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["add", "col", "lit", "$float", "$date", "$object"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["op", "args", "params", "version", "name", "value", "type", "$date", "$object", "$decimal"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    nodes=st.lists(
        st.fixed_dictionaries({"op": JSON | st.sampled_from(["col", "lit", "add", "cast"]), "args": JSON, "params": JSON, "version": JSON})
        | JSON,
        max_size=3,
    ),
    roots=JSON,
)
def test_random_tables_of_nodes(nodes: Any, roots: Any) -> None:
    try:
        read({"nodes": nodes, "roots": roots})
    except (CorruptArtefactError, RequestError):
        return


@given(data=st.data())
def test_one_thing_changed_in_a_good_table(data: st.DataObject) -> None:
    table: Any = stored(it=when(X.is_in([1, 2.5])).then(col("y").cast("decimal(5, 2)")).otherwise(None).node)
    at: Any = table
    while True:  # walk down to some place, and put something else there
        where = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[where], (dict, list)) or not at[where] or data.draw(st.booleans()):
            at[where] = data.draw(JSON)
            break
        at = at[where]
    try:
        root = read(table).get("it")
        if root is not None:
            describe(root)
            root.columns()
    except (CorruptArtefactError, RequestError):
        return


def test_descriptions_of_hostile_nodes_do_not_fail() -> None:
    for odd in (
        Node("col"),
        Node("lit"),
        Node("not"),
        Node("cast"),
        Node("cast", [Node("a")]),
        Node("add", [Node("a")]),
        Node("x", (), {"a": {"b": [1] * 99}}),
    ):
        assert describe(odd)


def test_pseudo_columns_are_said_in_words() -> None:
    assert describe(Node("not", (Node("col", (), {"name": "$malformed:a:b"}),))) == "~(malformed(a:b))"
    assert describe(Node("col", (), {"name": "$malformed_text:x"})) == "malformed_text(x)"
    assert describe(Node("col", (), {"name": "time:12"})) == "time:12"
