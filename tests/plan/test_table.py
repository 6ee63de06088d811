"""The verbs of a table: the schema after each, and what they refuse, with its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError, RequestError, TypeMismatchError
from featureprep.expr.bind import Binder
from featureprep.expr.expression import coalesce, col, when
from featureprep.expr.udf import udf
from featureprep.plan.aggregation import agg
from featureprep.plan.lower import lower
from featureprep.plan.physical import Physical
from featureprep.plan.steps import Scan
from featureprep.plan.table import Table, label, weight
from featureprep.types import format_type, parse_type

PEOPLE = {"id": "int64", "age": "int32", "name": "string", "born": "date", "score": "float64"}
CITIES = {"id": "int64", "city": "string", "score": "float32", "code": "int64"}


def schema_of(columns: dict[str, str]) -> pa.Schema:
    return pa.schema([(name, parse_type(dtype)) for name, dtype in columns.items()])


SCHEMAS = {"people": schema_of(PEOPLE), "cities": schema_of(CITIES)}


def people() -> Table:
    return Table(Scan((), "job.py:1", "people"))


def cities() -> Table:
    return Table(Scan((), "job.py:2", "cities"))


def lowered(table: Table, **options: Any) -> Physical:
    return lower(table.step, SCHEMAS, **options)


def columns(table: Table) -> dict[str, str]:
    """The columns that a job ending with this table writes, with their types."""
    physical = lowered(table)
    binder = Binder(physical.final.schema)
    return {name: format_type(binder.bind(node).type) for name, node in physical.nodes.items()}


@udf({"age": "int64"}, "struct<half: float64, text: string>")
def halves(age: pa.Array) -> pa.Array:
    """Two columns of one."""
    return pa.array([None if a is None else {"half": a / 2, "text": str(a)} for a in age.to_pylist()])


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda t: t, PEOPLE),
        (lambda t: t.select("name", "id"), {"name": "string", "id": "int64"}),
        (lambda t: t.drop("name", "score", "born"), {"id": "int64", "age": "int32"}),
        (lambda t: t.select("id", "age").rename(age="years"), {"id": "int64", "years": "int32"}),
        (lambda t: t.select("id", "name").rename({"id": "name", "name": "id"}), {"name": "int64", "id": "string"}),
        (lambda t: t.select("id").with_columns(two=col("id") * 2, half=col("id") / 2), {"id": "int64", "two": "int64", "half": "float64"}),
        (lambda t: t.select("id", "age").with_columns(id=col("age"), age=col("id")), {"id": "int32", "age": "int64"}),
        (lambda t: t.select("id", "age").with_columns({"a b": 1, "class": "x"}), {"id": "int64", "age": "int32", "a b": "int64", "class": "string"}),
        (lambda t: t.select("age", "score").fill_nulls(age=0, score=1), {"age": "int64", "score": "float64"}),
        (lambda t: t.filter(col("age") > 1).drop_nulls().drop_duplicates().sample(0.5).quarantine(when=col("age") < 0, reason="r"), PEOPLE),
        (lambda t: t.join(cities(), on="id"), {**PEOPLE, "city": "string", "score_right": "float32", "code": "int64"}),
        (lambda t: t.join(cities(), on="id", how="left", suffix="2"), {**PEOPLE, "city": "string", "score2": "float32", "code": "int64"}),
        (lambda t: t.join(cities(), left_on="id", right_on="code"), {**PEOPLE, "id_right": "int64", "city": "string", "score_right": "float32", "code": "int64"}),
        (lambda t: t.join(cities(), on="id", how="left", serve="embed"), {**PEOPLE, "city": "string", "score_right": "float32", "code": "int64"}),
        (lambda t: t.join(cities(), on="id", how="semi"), PEOPLE),
        (lambda t: t.join(cities(), on="id", how="anti"), PEOPLE),
        (lambda t: t.join(cities(), left_on="age", right_on="code", how="semi"), PEOPLE),
        (lambda t: t.select("age").join(cities(), left_on="age", right_on="code"), {"age": "int64", "id": "int64", "city": "string", "score": "float32", "code": "int64"}),
        (lambda t: t.group_by("name").agg(n=agg.count(), total=agg.sum("age"), mean=agg.mean(col("score") * 2), first=agg.min("born"), kinds=agg.n_unique("age")),
            {"name": "string", "n": "int64", "total": "int64", "mean": "float64", "first": "date", "kinds": "int64"}),
        (lambda t: t.map_batches(halves), {"half": "float64", "text": "string"}),
        (lambda t: t.map_batches(halves, needs="table"), {"half": "float64", "text": "string"}),
        (lambda t: t.features(x=col("age") * 1.5, y="name", keep=["id"]), {"x": "float64", "y": "string", "id": "int64"}),
        (lambda t: t.features(x="score", n="age", keep="score", dtype="float32"), {"x": "float32", "n": "int32", "score": "float64"}),
    ],
)  # fmt: skip
def test_the_schema_after_each_verb(make: Callable[[Table], Table], expected: dict[str, str]) -> None:
    assert columns(make(people())) == expected
    assert list(columns(make(people()))) == list(expected)


def test_new_columns_see_the_table_as_it_was() -> None:
    physical = lowered(people().with_columns(id=col("age"), age=col("id") + col("age")).features(a="id", b="age"))
    assert physical.nodes["a"] == col("age").node
    assert physical.nodes["b"] == (col("id") + col("age")).node


def test_verbs_are_substituted_into_one_another() -> None:
    table = (
        people()
        .with_columns(x=col("age") + 1)
        .rename(x="y")
        .with_columns(y=col("y") * 2)
        .filter(col("y") > 4, name="big")
        .features(z=col("y") - 1)
    )
    physical = lowered(table)
    base = (col("age") + 1) * 2
    assert physical.nodes["z"] == (base - 1).node
    (rule,) = physical.final.rules
    assert rule.node == (base > 4).node
    assert (rule.kind, rule.name) == ("drop", "big")
    assert "test_table.py:" in str(rule.origin)


def test_a_rule_without_a_name_is_called_by_its_expression() -> None:
    (rule,) = lowered(people().filter(col("age") >= 17)).final.rules
    assert rule.name == "age >= 17"


def test_drop_nulls_drops_nan_too() -> None:
    physical = lowered(people().drop_nulls("age", "score"))
    (rule,) = physical.final.rules
    assert rule.name == "drop_nulls(age, score)"
    present = ~col("age").is_null() & (~col("score").is_null() & ~col("score").is_nan())
    assert rule.node == present.node


def test_roles() -> None:
    features = lowered(people().features(y=label("age"), w=weight(col("score")), x="id")).features.features
    assert {name: feature.role for name, feature in features.items()} == {"y": "label", "w": "weight", "x": "feature"}


def test_filter_takes_null_conditions_and_flags() -> None:
    assert lowered(people().with_columns(flag=col("age") > 3).filter(col("flag"))).final.rules
    assert lowered(people().filter(when(col("age") > 3).then(True))).final.rules


ERRORS: list[tuple[Callable[[Any], Any], type[RequestError], str]] = [
    (lambda t: t.select("id", "naem"), ColumnNotFoundError, "no column 'naem'"),
    (lambda t: t.drop("nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.rename(nope="x"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.drop("id").with_columns(x=col("id")), ColumnNotFoundError, "no column 'id'"),
    (lambda t: t.rename(id="key").filter(col("id") > 1), ColumnNotFoundError, "no column 'id'"),
    (lambda t: t.with_columns(x=1, y=col("x")), ColumnNotFoundError, "no column 'x'"),
    (lambda t: t.features(x="nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.features(x="id", keep=["nope"]), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.drop_nulls("nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.sample(0.5, by="nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.drop_duplicates("nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.drop_duplicates("id", order_by="nope"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.join(cities(), on="name"), ColumnNotFoundError, "no column 'name'"),
    (lambda t: t.join(cities(), left_on="nope", right_on="id"), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.group_by("nope").agg(n=agg.count()), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.group_by("id").agg(n=agg.sum("nope")), ColumnNotFoundError, "no column 'nope'"),
    (lambda t: t.select("id").map_batches(halves), ColumnNotFoundError, "no column 'age'"),
    (lambda t: t.filter(col("age")), TypeMismatchError, "the condition is int32"),
    (lambda t: t.filter("age > 3"), TypeMismatchError, "the condition is string"),
    (lambda t: t.quarantine(when=col("name"), reason="r"), TypeMismatchError, "the condition is string"),
    (lambda t: t.filter(col("name") > 3), TypeMismatchError, "different types"),
    (lambda t: t.with_columns(x=col("name") + 1), TypeMismatchError, "+ takes numbers"),
    (lambda t: t.fill_nulls(age="x"), TypeMismatchError, "different types"),
    (lambda t: t.join(cities(), left_on="name", right_on="id"), TypeMismatchError, "different types"),
    (lambda t: t.join(cities(), left_on="id", right_on="score"), TypeMismatchError, "keys that differ could meet"),
    (lambda t: t.group_by("id").agg(n=agg.sum("name")), TypeMismatchError, "sum takes numbers"),
    (lambda t: t.drop("id", "age", "name", "born", "score"), ArgumentError, "no column would be left"),
    (lambda t: t.rename(id="age"), ArgumentError, "two columns would be named 'age'"),
    (lambda t: t.rename(id="x", age="x"), ArgumentError, "names a column twice"),
    (lambda t: t.with_columns(score_right=1).join(cities(), on="id"), ArgumentError, "two columns the name 'score_right'"),
    (lambda t: t.features(x="id").filter(col("x") > 1), ArgumentError, "must be the last one"),
    (lambda t: t.select(), ArgumentError, "select names"),
    (lambda t: t.select("id", "id"), ArgumentError, "names a column twice"),
    (lambda t: t.select(5), ArgumentError, "select names"),
    (lambda t: t.select("$key0"), ArgumentError, "begin with $"),
    (lambda t: t.with_columns({"$x": 1}), ArgumentError, "begin with $"),
    (lambda t: t.with_columns({"": 1}), ArgumentError, "with_columns names"),
    (lambda t: t.with_columns({1: 1}), ArgumentError, "with_columns names"),
    (lambda t: t.with_columns(), ArgumentError, "with_columns names"),
    (lambda t: t.with_columns([1]), ArgumentError, "a dict of column name to value"),
    (lambda t: t.rename(5), ArgumentError, "a dict of column name to value"),
    (lambda t: t.rename(id=5), ArgumentError, "rename names a column"),
    (lambda t: t.fill_nulls([1]), ArgumentError, "a dict of column name to value"),
    (lambda t: t.filter(object()), ArgumentError, "cannot be a literal"),
    (lambda t: t.filter(col("age") > 1, name=""), ArgumentError, "'name' parameter of filter"),
    (lambda t: t.filter(when(col("age") > 1)), ArgumentError, "lacks its then"),
    (lambda t: t.quarantine(when=col("age") > 1, reason=""), ArgumentError, "'reason' parameter"),
    (lambda t: t.quarantine(when=when(col("age") > 1), reason="r"), ArgumentError, "takes a condition"),
    (lambda t: t.sample(1.5), ArgumentError, "'fraction' parameter of sample"),
    (lambda t: t.sample("x"), ArgumentError, "'fraction' parameter of sample"),
    (lambda t: t.sample(0.5, seed=-1), ArgumentError, "'seed' parameter of sample"),
    (lambda t: t.sample(0.5, by=5), ArgumentError, "sample names a column"),
    (lambda t: t.drop_duplicates(5), ArgumentError, "drop_duplicates names a column"),
    (lambda t: t.drop_duplicates("id", descending=1), ArgumentError, "'descending' parameter"),
    (lambda t: t.join(5, on="id"), ArgumentError, "'other' parameter of join"),
    (lambda t: t.join(cities()), ArgumentError, "join needs on="),
    (lambda t: t.join(cities(), on="id", left_on="id", right_on="id"), ArgumentError, "join needs on="),
    (lambda t: t.join(cities(), left_on="id"), ArgumentError, "join needs on="),
    (lambda t: t.join(cities(), left_on=["id", "age"], right_on="id"), ArgumentError, "2 left keys and 1 right"),
    (lambda t: t.join(cities(), on="id", how="outer"), ArgumentError, "'how' parameter of join"),
    (lambda t: t.join(cities(), on="id", how="semi", serve="embed"), ArgumentError, "left or inner"),
    (lambda t: t.join(cities(), on="id", serve="yes"), ArgumentError, "'serve' parameter of join"),
    (lambda t: t.join(cities(), on=5), ArgumentError, "join names a column"),
    (lambda t: t.group_by("id").agg(id=agg.count()), ArgumentError, "name of a key"),
    (lambda t: t.group_by("id").agg(n=col("age")), ArgumentError, "an aggregate such as"),
    (lambda t: t.group_by("id").agg(), ArgumentError, "agg names"),
    (lambda t: t.map_batches(len), ArgumentError, "decorated with fp.udf"),
    (lambda t: t.map_batches(halves, needs="all"), ArgumentError, "'needs' parameter"),
    (lambda t: t.features(), ArgumentError, "names nothing"),
    (lambda t: t.features(x="id", keep=["x"]), ArgumentError, "written twice"),
    (lambda t: t.features(x="id", dtype="float16"), ArgumentError, "'dtype' parameter"),
    (lambda t: t.features(x=label("id"), y=label("age")), ArgumentError, "there are 2 labels"),
    (lambda t: t.features(x=[object()]), ArgumentError, "a list"),
    (lambda t: t.features(**{"$x": "id"}), ArgumentError, "begin with $"),
]


@pytest.mark.parametrize("make, kind, says", ERRORS, ids=[says for _, _, says in ERRORS])
def test_what_is_refused_and_where(make: Callable[[Any], Any], kind: type[RequestError], says: str) -> None:
    with pytest.raises(kind) as caught:
        lowered(make(people()))
    assert says in caught.value.what
    assert caught.value.where is not None
    assert "test_table.py:" in caught.value.where or caught.value.where.startswith("job.py:"), caught.value.where


def test_a_column_with_a_reserved_name_in_a_source_is_refused_not_forgotten() -> None:
    with pytest.raises(ArgumentError, match="'\\$price'"):
        lower(people().step, {"people": pa.schema([("id", pa.int64()), ("$price", pa.int64())])})
    pseudo = pa.schema([("id", pa.int64()), ("$malformed:id", pa.bool_()), ("$malformed_text:id", pa.string())])
    assert list(lower(people().step, {"people": pseudo}).nodes) == ["id"]


def test_no_source_and_no_columns() -> None:
    with pytest.raises(RequestError, match="no source 'people'"):
        lower(people().step, {})
    with pytest.raises(ArgumentError, match="no columns"):
        lower(people().drop_nulls().step, {"people": pa.schema([])})


def test_columns_named_like_keywords() -> None:
    odd = {"class": "int64", "None": "int64", "a b": "int64", "é": "int64", "x'y\"z": "int64", "row": "int64", "BAD": "int64"}
    made: dict[str, Any] = {f"{name}!": col(name) + 1 for name in odd}
    table = Table(Scan((), "job.py:1", "odd")).features(**made, keep=list(odd))
    physical = lower(table.step, {"odd": schema_of(odd)})
    assert len(physical.nodes) == 2 * len(odd)


def test_hundreds_of_verbs() -> None:
    table = people()
    for _ in range(500):
        table = table.with_columns(age=col("age") + 1)
    assert lowered(table).nodes["age"].columns() == {"age"}
    table = people()
    for _ in range(60):
        table = table.with_columns(id=coalesce(col("id") + col("id"), dt.datetime(2020, 1, 1).year))
    assert len(list(lowered(table).nodes["id"].walk())) < 200
