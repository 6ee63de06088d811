"""What lowering makes of a plan: pipes, exchanges, the entry table (design, section 1), and the steps of the row ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from featureprep import canonical
from featureprep import transforms as T
from featureprep.errors import ArgumentError, RequestError
from featureprep.expr.expression import Expr, col, lit
from featureprep.expr.node import Node
from featureprep.plan import steps
from featureprep.plan.aggregation import agg
from featureprep.plan.lower import lower
from featureprep.plan.physical import Physical, Rule
from featureprep.plan.steps import Scan
from featureprep.plan.table import Table, label
from featureprep.run.levels import refuse_learning

SCHEMAS = {
    "a": pa.schema([("k", pa.int64()), ("x", pa.float64()), ("s", pa.string())]),
    "b": pa.schema([("k", pa.int32()), ("y", pa.float64())]),
}


def table(source: str) -> Table:
    return Table(Scan((), f"job.py:{source}", source))


def lowered(made: Table, **options: Any) -> Physical:
    return lower(made.step, SCHEMAS, **options)


KEEP = col("x") > 0

ENTRY: list[tuple[str, Callable[[Table], Table], str | None, int]] = [
    ("nothing", lambda t: t, "a", 0),
    (
        "row-wise verbs",
        lambda t: (
            t.filter(KEEP)
            .with_columns(x=col("x") + 1)
            .drop_nulls("s")
            .rename(s="t")
            .drop("t")
            .sample(0.5)
            .quarantine(when=~KEEP, reason="r")
        ),
        "a",
        0,
    ),
    ("drop_duplicates only chooses", lambda t: t.filter(KEEP).drop_duplicates("k"), "a", 1),
    ("semi join only chooses", lambda t: t.join(table("b"), on="k", how="semi"), "a", 1),
    ("anti join only chooses", lambda t: t.join(table("b"), on="k", how="anti").drop_duplicates(), "a", 2),
    ("embedded join", lambda t: t.join(table("b"), on="k", how="left", serve="embed"), "a", 0),
    ("row-wise function", lambda t: t.select("k"), "a", 0),
    ("inner join", lambda t: t.join(table("b"), on="k"), None, 1),
    ("left join", lambda t: t.join(table("b"), on="k", how="left").filter(KEEP), None, 1),
    ("group_by", lambda t: t.group_by("k").agg(x=agg.mean("x")), None, 1),
    ("group_by, then a verb that chooses", lambda t: t.group_by("k").agg(x=agg.mean("x")).drop_duplicates(), None, 2),
]


@pytest.mark.parametrize("make, entry, exchanges", [case[1:] for case in ENTRY], ids=[case[0] for case in ENTRY])
def test_which_verbs_move_the_entry_table(make: Callable[[Table], Table], entry: str | None, exchanges: int) -> None:
    physical = lowered(make(table("a")))
    assert physical.entry_source == entry
    assert len(physical.exchanges) == exchanges
    if entry:  # the graph reads the source's own columns, and the stage still has all of them
        assert set(physical.final.schema.names) >= set(SCHEMAS["a"].names)
        assert all(node.columns() <= set(SCHEMAS["a"].names) for node in physical.nodes.values())


def test_expressions_before_the_entry_table_are_no_part_of_the_graph() -> None:
    made = (
        table("a")
        .with_columns(x=col("x") * 2)
        .join(table("b"), on="k")
        .with_columns(z=col("x") + col("y"))
        .features(f=col("z") * 3, dtype="float32")
    )
    physical = lowered(made)
    assert physical.nodes["f"] == Node("as_dtype", [((col("x") + col("y")) * 3).node], {"dtype": "float32"})
    (exchange,) = physical.exchanges
    assert exchange.pipes[0].emit["x"] == (col("x") * 2).node


def test_expressions_around_a_verb_that_chooses_are() -> None:
    made = table("a").with_columns(z=col("x") * 2).drop_duplicates("z").with_columns(z=col("z") + 1).features(f="z")
    physical = lowered(made)
    assert physical.nodes["f"] == (col("x") * 2 + 1).node
    (exchange,) = physical.exchanges
    assert exchange.pipes[0].whole
    assert exchange.pipes[0].emit["$key0"] == (col("x") * 2).node


def test_admits_has_every_row_wise_rule_about_entry_rows_and_no_other() -> None:
    before = table("a").filter(KEEP, name="one").drop_duplicates("k").filter(col("k") > 1, name="two")
    assert [rule.name for rule in lowered(before).admits] == ["one", "two"]
    assert [rule.name for rule in lowered(before).final.rules] == ["two"]
    after = before.join(table("b"), on="k").filter(col("y") > 0, name="three").quarantine(when=col("y") > 9, reason="four")
    assert [(rule.kind, rule.name) for rule in lowered(after).admits] == [("drop", "three"), ("quarantine", "four")]
    contract = {"a": (Rule("quarantine", "contract", lit(False).node, "", "contract.yaml:3", lenient=True),)}
    assert [rule.name for rule in lowered(before, source_rules=contract).admits] == ["contract", "one", "two"]
    embedded = table("a").join(table("b"), on="k", serve="embed")
    assert [rule.name for rule in lowered(embedded).admits] == ["no match in inner join on k"]


def ledger(made: Table) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.id, step.inputs) for step in lowered(made).ledger]


def test_steps_of_the_ledger() -> None:
    made = table("a").filter(KEEP, name="positive").with_columns(z=1).drop_duplicates("k").join(table("b"), on="k").features(f="z")
    assert ledger(made) == [
        ("read a", ()),
        ("filter positive", ("read a",)),
        ("drop_duplicates(k)", ("filter positive",)),
        ("read b", ()),
        ("inner join on k", ("drop_duplicates(k)", "read b")),
        ("write", ("inner join on k",)),
    ]


def test_a_table_used_twice_passes_a_fork() -> None:
    shared = table("a").filter(KEEP, name="p")
    counts = shared.group_by("k").agg(n=agg.count())
    assert ledger(shared.join(counts, on="k")) == [
        ("read a", ()),
        ("filter p", ("read a",)),
        ("fork after filter p", ("filter p",)),
        ("group_by k", ("fork after filter p",)),
        ("inner join on k", ("fork after filter p", "group_by k")),
        ("write", ("inner join on k",)),
    ]
    itself = table("a")
    assert ("fork after read a", ("read a",)) in ledger(itself.join(itself, on="k"))


def test_steps_of_one_title_are_told_apart() -> None:
    made = table("a").filter(KEEP, name="p #2").filter(KEEP, name="p").filter(KEEP, name="p").filter(KEEP, name="p")
    ids = [step for step, _ in ledger(made)]
    assert len(set(ids)) == len(ids) == 6
    assert ids[1:5] == ["filter p #2", "filter p", "filter p #3", "filter p #4"]
    assert all(inputs == (ids[i - 1],) for i, (_, inputs) in enumerate(ledger(made)) if i)


def test_every_line_has_its_place() -> None:
    physical = lowered(table("a").filter(KEEP).drop_duplicates())
    assert physical.ledger[0].site == "job.py:a"
    assert all("test_lower.py:" in str(step.site) for step in physical.ledger[1:3])


def test_keys_of_different_types_meet_as_one_type() -> None:
    physical = lowered(table("a").join(table("b"), on="k"))
    left, right = physical.exchanges[0].pipes
    assert left.emit["k"] == col("k").node
    assert right.emit["k"] == col("k").cast("int64").node
    assert physical.exchanges[0].schema.field("k").type == pa.int64()
    other_way = lowered(table("b").join(table("a"), on="k"))
    assert other_way.exchanges[0].schema.field("k").type == pa.int64()


@pytest.mark.parametrize("how", ["semi", "anti"])
def test_a_join_that_only_chooses_changes_no_value(how: str) -> None:
    physical = lowered(table("b").join(table("a"), on="k", how=how))
    assert physical.nodes["k"] == col("k").node
    assert physical.exchanges[0].pipes[0].emit["$key0"] == col("k").cast("int64").node
    assert lowered(table("b").join(table("a"), on="k", how="left", serve="embed")).nodes["k"] == col("k").node


def test_names_of_the_right_side() -> None:
    a, b = table("a"), table("b").rename(y="x")
    assert lowered(a.join(b, on="k", suffix="_b")).exchanges[0].params["right_names"] == {"x": "x_b"}
    assert lowered(a.join(table("b"), on="k")).exchanges[0].params["right_names"] == {"y": "y"}
    assert lowered(a.join(table("b").rename(k="j"), left_on="k", right_on="j")).exchanges[0].params["right_names"] == {"j": "j", "y": "y"}


def test_sources_are_those_in_use() -> None:
    assert lowered(table("a").join(table("b"), on="k", how="semi")).sources() == ["a", "b"]
    assert lowered(table("a").join(table("b"), on="k", serve="embed")).sources() == ["b", "a"]
    assert lowered(table("b")).sources() == ["b"]


def test_a_pipe_reads_the_columns_it_needs() -> None:
    physical = lowered(table("a").filter(col("s") == "x").features(f=col("x") + 1))
    needed = set().union(*(node.columns() for node in physical.nodes.values()), *(rule.node.columns() for rule in physical.final.rules))
    assert needed == {"x", "s"}
    grouped = lowered(table("a").group_by("k").agg(n=agg.count()))
    assert grouped.exchanges[0].pipes[0].columns() == ["k"]


@pytest.mark.parametrize("learnt", [T.standard_scale("x"), T.impute("x", "median"), T.vocabulary("s"), T.impute(col("x") + 1, "mean") + 1])
def test_what_learns_is_refused_outside_of_features(learnt: Expr) -> None:
    node = (learnt == 1).node if learnt.node.op != "vocabulary" else (learnt > 0).node
    with pytest.raises(ArgumentError, match=r"learns from data and cannot be used in the rule 'r'") as caught:
        refuse_learning({"the rule 'r'": node})
    assert "test_lower.py:" in str(caught.value.where)
    assert "features()" in str(caught.value.hint)
    refuse_learning({"the rule 'r'": (col("x") > 1).node})


def test_parameters_must_be_given_before_a_plan_is_lowered() -> None:
    day = Expr(Node("param", (), {"name": "day", "type": "int64", "default": None}, "job.py:9"))
    with pytest.raises(RequestError, match="parameter 'day' was given no value") as caught:
        lowered(table("a").filter(col("k") > day))
    assert "--param day=" in str(caught.value.hint)
    assert "job.py:9" in str(caught.value.where)


def _job() -> Table:
    grouped = table("b").group_by("k").agg(m=agg.mean(col("y") * 2), n=agg.count())
    return (
        table("a")
        .filter(KEEP)
        .join(grouped, on="k")
        .sample(0.5, by=["k"], seed=3)
        .features(f=T.standard_scale("x"), y=label("m"), keep=["k"])
    )


def test_the_plan_as_json_is_stable() -> None:
    first, second = steps.to_json(_job().step), steps.to_json(_job().step)
    assert first == second
    text = canonical.dumps(first)
    assert "test_lower" not in text
    assert "job.py" not in text
    assert json.loads(text)[0]["verb"] == "read"


@pytest.mark.parametrize(
    "changed",
    [
        lambda t: t.filter(col("x") > 1), lambda t: t.filter(KEEP, name="other"), lambda t: t.filter(KEEP).sample(0.5), lambda t: t.filter(KEEP).sample(0.5, seed=1), lambda t: t.select("k", "x"),
        lambda t: t.select("x", "k"), lambda t: t.group_by("k").agg(n=agg.count()), lambda t: t.group_by("k").agg(n=agg.count("x")), lambda t: t.features(k="k"), lambda t: t.features(k=label("k")),
        lambda t: t.features(k="k", dtype="float32"), lambda t: t.features(keep=["k"]), lambda t: t.join(table("b"), on="k"), lambda t: t.join(table("b"), on="k", how="left"),
        lambda t: t.join(t, on="k"),
    ],
)  # fmt: skip
def test_another_plan_is_another_json(changed: Callable[[Table], Table]) -> None:
    assert canonical.digest(steps.to_json(changed(table("a")).step)) != canonical.digest(steps.to_json(table("a").filter(KEEP).step))


def test_a_plan_of_shared_parts_is_written_in_time() -> None:
    x = col("x")
    for _ in range(60):
        x = x + x
    assert len(canonical.dumps(steps.to_json(table("a").with_columns(x=x).step))) < 2000
