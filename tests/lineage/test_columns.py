"""Every written column is followed to the source columns that it comes from, and to no other."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ColumnNotFoundError
from featureprep.expr.expression import coalesce, col, when
from featureprep.expr.udf import udf
from featureprep.lineage.columns import column_lineage, derived_from
from featureprep.lineage.flow import expression_text
from featureprep.plan.aggregation import agg
from featureprep.plan.table import Table
from tests.lineage.plans import census, planned, read

AGE = ("people", "age")


def test_a_column_itself_is_an_identity_and_a_changed_one_is_not() -> None:
    made = planned(read("people").rename(age="years").features(a=col("years"), b=col("years") + 1, keep=["region"]))
    assert made.ways("a") == {(*AGE, "direct", "IDENTITY")}
    assert made.ways("b") == {(*AGE, "direct", "TRANSFORMATION")}
    assert made.ways("region") == {("people", "region", "direct", "IDENTITY")}
    assert made.rows() == set()


def test_a_cast_to_the_written_float_type_is_no_identity() -> None:
    made = planned(read("people").features(income=col("income"), dtype="float32"))
    assert made.ways("income") == {("people", "income", "direct", "TRANSFORMATION")}
    assert planned(read("people").features(income=col("income"))).ways("income") == {("people", "income", "direct", "IDENTITY")}


def test_a_scaled_imputed_column_is_direct_and_learnt_from() -> None:
    made = planned(read("people").features(age=T.standard_scale(T.impute("age", "median"))))
    assert made.ways("age") == {(*AGE, "direct", "TRANSFORMATION"), (*AGE, "fit", "AGGREGATION")}
    assert {f.description for f in made.lineage.fit_inputs("age")} == {
        "impute(age, strategy='median')",
        "standard_scale(impute(age, strategy='median'))",
    }
    (direct,) = made.lineage.direct_inputs("age")
    assert (direct.description, direct.masking) == ("standard_scale(impute(age, strategy='median'))", False)


def test_an_expression_that_learns_nothing_has_no_fit_inputs() -> None:
    made = planned(read("people").features(age=T.log1p("age"), other=T.standard_scale("income")))
    assert made.lineage.fit_inputs("age") == ()
    assert {f.column for f in made.lineage.fit_inputs("other")} == {"income"}


def test_constants_of_another_version_are_no_fit_inputs_of_this_run() -> None:
    made = planned(census())
    applied = column_lineage(made.physical, None)
    assert applied.fit_inputs("age") == ()
    assert applied.direct_inputs("age") == made.lineage.direct_inputs("age")


def test_a_condition_decides_and_a_branch_flows() -> None:
    expr = when(col("income") > 5).then(col("age")).when(col("region") == "x").then(0).otherwise(col("name").str.len())
    assert planned(read("people").features(a=expr)).ways("a") == {
        ("people", "income", "direct", "CONDITIONAL"),
        ("people", "region", "direct", "CONDITIONAL"),
        (*AGE, "direct", "TRANSFORMATION"),
        ("people", "name", "direct", "TRANSFORMATION"),
    }


def test_a_column_that_decides_and_flows_is_both() -> None:
    ways = planned(read("people").features(a=when(col("age") > 5).then(col("age")).otherwise(0))).ways("a")
    assert ways == {(*AGE, "direct", "CONDITIONAL"), (*AGE, "direct", "TRANSFORMATION")}


def test_a_constant_comes_from_nothing() -> None:
    assert dict(planned(read("people").with_columns(c=coalesce(None, 3)).features(c=col("c"))).lineage) == {"c": ()}


def test_rows_are_chosen_by_filters_quarantine_nulls_and_samples() -> None:
    table = read("people").filter(col("age") >= 17).drop_nulls("region").quarantine(when=col("income") < 0, reason="debt")
    made = planned(table.sample(0.5, by="name").features(age=col("age")))
    assert made.rows() == {("people", column, "direct", "FILTER") for column in ("age", "region", "income", "name")}
    assert made.ways("age") == {(*AGE, "direct", "IDENTITY")}
    assert "quarantine debt: income < 0" in {f.description for f in made.lineage.dataset}


def test_dropping_duplicates_groups_by_keys_and_sorts() -> None:
    made = planned(
        read("people").with_columns(key=col("name").str.lower()).drop_duplicates("key", order_by="income").features(a=col("age"))
    )
    assert made.rows() == {("people", "name", "direct", "GROUP_BY"), ("people", "income", "direct", "SORT")}
    assert made.ways("a") == {(*AGE, "direct", "IDENTITY")}


def test_a_join_brings_the_right_columns_and_its_keys_choose_rows() -> None:
    table = (
        read("people")
        .join(read("regions").filter(col("rate") > 0), on="region")
        .features(r=col("rate") * col("age"), keep=["region", "land"])
    )
    made = planned(table)
    assert made.ways("r") == {("regions", "rate", "direct", "TRANSFORMATION"), (*AGE, "direct", "TRANSFORMATION")}
    assert made.ways("region") == {("people", "region", "direct", "IDENTITY")}
    assert made.ways("land") == {("regions", "land", "direct", "IDENTITY")}
    assert made.rows() == {
        ("people", "region", "direct", "JOIN"),
        ("regions", "region", "direct", "JOIN"),
        ("regions", "rate", "direct", "FILTER"),
    }


@pytest.mark.parametrize("how", ["semi", "anti"])
def test_a_join_that_chooses_rows_brings_nothing(how: str) -> None:
    made = planned(read("people").join(read("regions"), on="region", how=how).features(keep=["age", "region"]))
    assert made.ways("region") == {("people", "region", "direct", "IDENTITY")}
    assert made.rows() == {("people", "region", "direct", "JOIN"), ("regions", "region", "direct", "JOIN")}


def test_right_columns_under_another_name_are_found() -> None:
    other = read("people").rename(name="who")
    made = planned(read("people").join(other, left_on="name", right_on="who", suffix="_2").features(a=col("age_2"), keep=["age", "who"]))
    assert made.ways("a") == {(*AGE, "direct", "IDENTITY")}
    assert made.ways("who") == {("people", "name", "direct", "IDENTITY")}


def test_aggregates_flow_from_what_they_are_taken_over() -> None:
    grouped = read("people").group_by("region").agg(mean=agg.mean(col("age") * 2), n=agg.count("age"), rows=agg.count())
    made = planned(grouped.features(m=T.standard_scale("mean"), keep=["region", "n", "rows"]))
    assert made.ways("rows") == set()
    assert made.ways("m") == {(*AGE, "direct", "AGGREGATION"), (*AGE, "fit", "AGGREGATION")}
    assert made.ways("region") == {("people", "region", "direct", "IDENTITY")}
    assert made.ways("n") == {(*AGE, "direct", "AGGREGATION")}
    assert made.rows() == {("people", "region", "direct", "GROUP_BY")}


def test_an_embedded_table_is_a_fit_time_input_found_by_keys() -> None:
    regions = read("regions").with_columns(double=col("rate") * 2)
    made = planned(read("people").join(regions, on="region", how="left", serve="embed").features(d=col("double")))
    assert made.ways("d") == {
        ("people", "region", "direct", "JOIN"),
        ("regions", "region", "fit", "JOIN"),
        ("regions", "rate", "fit", "TRANSFORMATION"),
    }
    assert made.rows() == set()
    inner = planned(read("people").join(regions, on="region", serve="embed").features(keep=["age"]))
    assert inner.rows() == {("people", "region", "direct", "FILTER"), ("regions", "region", "fit", "FILTER")}


def test_an_embedded_column_that_an_exchange_uses_is_followed_through_both() -> None:
    joined = read("people").join(read("regions"), on="region", how="left", serve="embed")
    made = planned(joined.group_by("land").agg(rate=agg.max("rate")).features(keep=["land", "rate"]))
    assert ("regions", "rate", "fit", "AGGREGATION") in made.ways("rate")
    assert ("regions", "land", "fit", "GROUP_BY") in made.rows()


@udf({"a": "int64", "b": "float64"}, "struct<total: float64, flag: bool>")
def both(a: pa.Array, b: pa.Array) -> pa.Array:
    raise AssertionError("lineage runs nothing")


@pytest.mark.parametrize("needs", ["rows", "table"])
def test_a_user_function_may_use_all_it_is_given(needs: str) -> None:
    table = read("people").rename(age="a", income="b").map_batches(both, needs=needs)
    assert planned(table.features(keep=["flag"])).ways("flag") == {
        (*AGE, "direct", "TRANSFORMATION"),
        ("people", "income", "direct", "TRANSFORMATION"),
    }


def test_everything_at_once() -> None:
    made = planned(census())
    assert list(made.lineage) == ["age", "older", "rate", "rich", "land", "name"]
    assert made.ways("older") == {(*AGE, "direct", "TRANSFORMATION"), (*AGE, "direct", "AGGREGATION")}
    assert ("regions", "land", "fit", "AGGREGATION") in made.ways("land")
    assert ("people", "age", "direct", "FILTER") in made.rows()


def test_what_a_sensitive_column_becomes() -> None:
    lineage = planned(census()).lineage
    assert derived_from(lineage, {"people": ["age"]}) == {"age", "older"}
    assert derived_from(lineage, {"regions": ["land"]}) == {"land"}
    assert derived_from(lineage, {"nobody": ["age"]}) == set()


def test_an_unknown_column_is_named_with_its_neighbours() -> None:
    lineage = planned(census()).lineage
    with pytest.raises(ColumnNotFoundError, match="oldr.*\n.*older"):
        lineage.fit_inputs("oldr")
    assert "oldr" not in lineage
    assert len(lineage) == 6


def test_an_expression_that_doubles_itself_is_traced_and_shown_in_bounds() -> None:
    expr = col("age")
    for _ in range(60):
        expr = expr + expr
    (field,) = planned(read("people").features(a=expr)).lineage["a"]
    assert field.column == "age"
    assert len(field.description) <= 500
    assert "…" in field.description


def test_long_texts_are_cut() -> None:
    assert len(expression_text((col("a" * 5000) == "x").node)) == 500
    assert len(expression_text((col("a") == "x" * 5000).node)) < 250  # values have a limit of their own
    assert expression_text((col("a") + 1).node) == "a + 1"


# Generated jobs, against a model that is kept while they are made.

COLUMNS = ["age", "income"]


@st.composite
def jobs(draw: st.DrawFn) -> tuple[Table, dict[str, set[str]], set[str]]:
    """A job over numbers, what each of its columns is made of, and what its rows are chosen by."""
    table = read("people").select(*COLUMNS)
    made: dict[str, set[str]] = {name: {name} for name in COLUMNS}
    rows: set[str] = set()
    for step in range(draw(st.integers(0, 6))):
        name = draw(st.sampled_from(sorted(made)))
        other = draw(st.sampled_from(sorted(made)))
        match draw(st.sampled_from(["add", "same", "filter", "rename", "dedup", "group", "drop"])):
            case "add":
                table = table.with_columns({f"c{step}": col(name) * 2 + col(other)})
                made[f"c{step}"] = made[name] | made[other]
            case "same":
                table = table.with_columns({name: col(other)})
                made[name] = made[other]
            case "filter":
                table = table.filter(col(name) > 0)
                rows |= made[name]
            case "rename":
                table = table.rename({name: f"r{step}"})
                made[f"r{step}"] = made.pop(name)
            case "dedup":
                table = table.drop_duplicates(name)
                rows |= made[name]
            case "group":
                table = table.group_by(name).agg(**{f"g{step}": agg.max(other)})
                rows |= made[name]
                made = {name: made[name], f"g{step}": made[other]}
            case "drop" if len(made) > 1:
                table = table.drop(name)
                del made[name]
    return table, made, rows


@settings(max_examples=60, deadline=None)
@given(jobs())
def test_generated_jobs(job: tuple[Table, dict[str, set[str]], set[str]]) -> None:
    table, made, rows = job
    features: dict[str, Any] = {f"f_{name}": T.standard_scale(name) for name in made}
    lineage = planned(table.features(keep=list(made), **features)).lineage
    for name, expected in made.items():
        assert {f.column for f in lineage[name]} == expected
        assert lineage.fit_inputs(name) == ()
        for fields in (lineage.direct_inputs(f"f_{name}"), lineage.fit_inputs(f"f_{name}")):
            assert {f.column for f in fields} == expected
    assert {f.column for f in lineage.dataset} == rows


def test_a_neighbour_s_value_and_a_window_are_looked_at_through_key_and_order() -> None:
    around = {("people", "region", "direct", "WINDOW"), (*AGE, "direct", "WINDOW")}
    table = read("people").shift(before=col("income"), by="region", order_by="age", fill_value=0)
    table = table.rolling(3, by="region", order_by="age").agg(mean=agg.mean("before"), n=agg.count(), who=agg.last("age", order_by="name"))
    made = planned(table.features(before="before", mean="mean", n="n", keep=["name", "who"]))
    income = {("people", "income", "direct", "TRANSFORMATION")}
    assert made.ways("before") == income | around
    assert made.ways("n") == around
    assert made.ways("mean") == {("people", "income", "direct", "AGGREGATION")} | around
    assert made.ways("name") == {("people", "name", "direct", "IDENTITY")}
    assert made.ways("who") == {(*AGE, "direct", "AGGREGATION"), ("people", "name", "direct", "SORT")} | around
    assert made.rows() == set()


def test_a_join_by_moment_depends_on_keys_moments_and_the_order_of_ties() -> None:
    people, regions = read("people"), read("regions")
    table = people.join_asof(regions, left_on="income", right_on="rate", by="region", order_by="land")
    made = planned(table.features(keep=["age", "rate", "land"]))
    assert made.ways("land") == {("regions", "land", "direct", "IDENTITY")}
    assert made.rows() == {
        ("people", "region", "direct", "JOIN"), ("regions", "region", "direct", "JOIN"), ("people", "income", "direct", "JOIN"),
        ("regions", "rate", "direct", "JOIN"), ("regions", "land", "direct", "SORT"),
    }  # fmt: skip
