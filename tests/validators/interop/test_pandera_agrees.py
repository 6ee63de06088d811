"""Pandera itself judges generated data as our contracts do, rule by rule; and its objects go to contracts and back."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop.pandera_read import from_pandera
from featureprep.validators.interop.pandera_write import to_pandera
from featureprep.validators.interop.yaml_out import yaml_document
from featureprep.validators.plain_tree import contract_of_values
from featureprep.validators.reasons import Status

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own at import
    pa: Any = pytest.importorskip("pandera.pandas", reason="pandera is not installed (extra 'pandera')")

WORDS = ["abc", "ab", "AB", "a1", "é", "", "abc def", "x" * 12, "true", "1", "\U0001f600"]
MOMENTS = ["2024-01-01", "2024-01-02 03:04:05", "2024-02-01"]
PATTERNS = ["[a-z]+", "a", "a|abc", ".*", "(?i)ab", "[^x]*", ".", "", "[ab]+c?$", "^a", "^ab$"]
OURS = {
    "dtype": "type", "column_in_dataframe": "required", "not_nullable": "nullable", "field_uniqueness": "unique", "column_in_schema": "extra",
    "multiple_fields_uniqueness": "keys", "in_range": "range", "isin": "values", "str_matches": "regex", "str_length": "length",
}  # fmt: skip


def numbers(kind: str) -> st.SearchStrategy[list[Any]]:
    values = st.integers(-3, 4) if kind == "int64" else st.integers(-4, 5).map(lambda n: n / 2)
    return st.lists(values, min_size=1, max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """A column each of whole numbers, of those that may be null, of floats, texts, bools, moments."""
    rows = draw(st.integers(1, 9))

    def some(values: st.SearchStrategy[Any], *, nulls: bool = True) -> list[Any]:
        each = st.one_of(st.none(), values, values, values) if nulls and draw(st.booleans()) else values
        return draw(st.lists(each, min_size=rows, max_size=rows))

    frame = pd.DataFrame(
        {
            "n": some(st.integers(-3, 4), nulls=False),
            "m": pd.array(some(st.integers(-3, 4)), dtype="Int64"),
            "x": pd.Series(some(st.integers(-4, 5).map(lambda n: n / 2)), dtype="float64"),
            "s": pd.Series(some(st.sampled_from(WORDS)), dtype="object"),
            "b": some(st.booleans(), nulls=False),
            "t": pd.Series(some(st.sampled_from([pd.Timestamp(text) for text in MOMENTS])), dtype="datetime64[ns]"),
        }
    )
    if draw(st.integers(0, 5)) == 0:
        frame = frame.drop(columns=draw(st.sampled_from(["m", "s"])))
    if draw(st.integers(0, 5)) == 0:
        frame["extra"] = 1
    return frame


def judged_by_pandera(schema: Any, frame: pd.DataFrame) -> set[tuple[str, str | None]]:
    """What breaks, as pandera tells it: (check, column)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        found = set()
        for each in error.schema_errors:
            name = str(each.check.name if hasattr(each.check, "name") else each.check).partition("(")[0]
            cases = each.failure_cases
            of_table = getattr(each.schema, "columns", None) is not None
            absent = str(cases if isinstance(cases, str) else cases["failure_case"].iloc[0]) if name == "column_in_dataframe" else None
            found.add((name, absent or (None if of_table else each.schema.name)))
        # nulls repeat one another to pandera, not to a contract
        return {one for one in found if one[0] != "field_uniqueness" or frame[one[1]].dropna().duplicated().any()}
    return set()


def judged_by_us(contract: Any, frame: Any) -> set[tuple[str, str | None]]:
    return {
        (one.check, one.column)
        for one in fp.validate(frame, contract).outcomes
        if one.status == Status.FAILED and str(one.severity) == "error"
    }


@st.composite
def stated(draw: st.DrawFn) -> dict[str, Any]:
    """A contract that pandera can check whole."""
    low, high = sorted(draw(st.lists(st.integers(-3, 4), min_size=2, max_size=2)))
    bounds = draw(st.sampled_from([{"min": low}, {"max": high}, {"min": low, "max": high}]))
    flags = {"nullable": st.booleans(), "unique": st.booleans()}
    columns: dict[str, Any] = {
        "n": {"type": "int64", "range": bounds, "nullable": False},
        "m": {"type": "int64", "values": draw(st.lists(st.integers(-3, 4), min_size=1, unique=True)), **draw(st.fixed_dictionaries(flags))},
        "x": {"type": "float64", "range": {"min": low / 2}, **draw(st.fixed_dictionaries(flags))},
        "s": {
            "type": "string", "regex": draw(st.sampled_from(PATTERNS)), "length": {"min": draw(st.integers(0, 3)), "max": draw(st.integers(3, 12))},
            "values": draw(st.lists(st.sampled_from(WORDS), min_size=3, unique=True)), **draw(st.fixed_dictionaries(flags)),
        },
        "b": {"type": "bool", "values": draw(st.sampled_from([[True], [True, False]])), "nullable": False},
        "t": {"type": "timestamp", "range": {"max": "2024-01-02 00:00:00"}, **draw(st.fixed_dictionaries(flags))},
    }  # fmt: skip
    if draw(st.booleans()):
        columns[draw(st.sampled_from(["m", "s"]))]["required"] = False
    made: dict[str, Any] = {"columns": columns, "extra_columns": draw(st.sampled_from(["error", "allow"]))}
    if draw(st.booleans()):
        made["keys"] = [["n", "b"]]
    return made


@settings(max_examples=25, deadline=None)
@given(tables(), stated())
def test_rule_by_rule(frame: pd.DataFrame, values: dict[str, Any]) -> None:
    contract = contract_of_values(values, "contract")
    document, unchecked = to_pandera(contract)
    assert unchecked == ["allow_empty"]
    if {"n", "b"} - set(frame.columns):
        return
    theirs = judged_by_pandera(pa.DataFrameSchema.from_yaml(yaml_document(document)), frame)
    bounds = {"greater_than_or_equal_to": "range", "less_than_or_equal_to": "range", "extra_columns": "extra"}
    told = {(bounds.get(check, OURS.get(check, check)), column) for check, column in theirs}
    mine = {("extra", None) if check == "extra_columns" else (check, column) for check, column in judged_by_us(contract, frame)}
    assert told == mine


CHECKS = {
    "n": ["gt(0)", "ge(0)", "lt(1)", "le(1)", "in_range(-1, 2, include_min=False)", "eq(1)", "ne(1)", "isin([1, 2])", "notin([1, 2])", "gt(0.5)"],
    "x": ["gt(0)", "ge(0.5)", "lt(1)", "in_range(-1, 1, include_max=False)", "ne(0.5)", "notin([0.5, 1.0])", "isin([0.5])"],
    "s": ["str_matches('a')", "str_matches('^ab$')", "str_matches('^A|b')", "str_contains('^A|b')", "str_contains('b|c$')", "str_contains('b')", "str_startswith('a')", "str_endswith('c')", "str_length(2)",
          "str_length(1, 3)", "str_length(max_value=3)", "isin(['abc', 'ab'])", "notin(['abc'])", "ne('ab')", "str_matches('[a-z]+( |$)')"],
    "t": ["gt(pd.Timestamp('2024-01-01'))", "le(pd.Timestamp('2024-01-02'))", "lt(pd.Timestamp('2024-02-01'))"],
}  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(tables(), st.data())
def test_their_schemas(frame: pd.DataFrame, data: st.DataObject) -> None:
    columns, written = {}, {}
    for name, kind in (("n", "int64"), ("x", "float64"), ("s", "str"), ("t", "datetime64[ns]")):
        if name in frame:
            written[name] = data.draw(st.lists(st.sampled_from(CHECKS[name]), min_size=1, max_size=2, unique=True), label=name)
            checks = [eval(f"pa.Check.{text}", {"pa": pa, "pd": pd}) for text in written[name]]
            columns[name] = pa.Column(kind, checks, nullable=data.draw(st.booleans()), unique=data.draw(st.booleans()))
    schema = pa.DataFrameSchema(columns)
    frame = frame[list(columns)]
    theirs = judged_by_pandera(schema, frame)
    for contract in (Contract.from_pandera(schema), load_contract(from_pandera(schema.to_yaml())[0])):
        broken = judged_by_us(contract, frame)
        assert bool(theirs) == bool(broken), (written, theirs, broken)
        for check, ours in (("not_nullable", "nullable"), ("field_uniqueness", "unique")):
            assert {column for name, column in theirs if name == check} == {column for name, column in broken if name == ours}


def test_objects_there_and_back() -> None:
    contract = load_contract(
        "columns:\n  a: {type: int64, unique: true, range: {min: 0}}\n  at: {type: 'timestamp[UTC]', nullable: false}\n  l: list<int64>\nrows: {min: 1}\n"
    )
    schema = contract.to_pandera()
    assert isinstance(schema, pa.DataFrameSchema)
    assert schema.metadata["featureprep"]["unchecked"] == ["l: type", "allow_empty", "rows"]
    back = fp.Contract.from_pandera(schema)
    assert back.to_yaml() == contract.to_yaml()
    assert (back.notes, back.sources[0].untaken) == ((), ())


def test_a_model_and_what_only_python_says() -> None:
    class Rides(pa.DataFrameModel):  # type: ignore[misc]
        fare: float = pa.Field(gt=0)
        at: pd.Timestamp

        @pa.check("fare")  # type: ignore[untyped-decorator]
        def is_round(cls, fare: Any) -> Any:
            return fare == fare.round(2)

        @pa.dataframe_check  # type: ignore[untyped-decorator]
        def is_sane(cls, frame: Any) -> Any:
            return frame["fare"] < 1000

        class Config:
            strict = True

    contract = fp.Contract.from_pandera(Rides)
    assert [(one.rule, one.column) for one in contract.sources[0].untaken] == [
        ("the check 'is_round' of column 'fare'", "fare"),
        ("the check 'is_sane' of the table", None),
    ]
    report = fp.validate(pd.DataFrame({"fare": [1.5], "at": pd.to_datetime(["2024-01-01"])}), Rides)
    assert [one.rule for one in report.outcomes if one.status == Status.NOT_EVALUATED] == [one.rule for one in contract.sources[0].untaken]
    assert not report.ok
    assert fp.validate(pd.DataFrame({"fare": [1.5], "at": pd.to_datetime(["2024-01-01"])}), Rides, allow_not_evaluated=True).ok


def test_schemas_for_polars() -> None:
    polars: Any = pytest.importorskip("polars", reason="polars is not installed (extra 'polars')")
    pp: Any = pytest.importorskip("pandera.polars", reason="pandera is not installed (extra 'pandera')")
    schema = pp.DataFrameSchema(
        {"a": pp.Column(polars.Int64, pp.Check.gt(0)), "x": pp.Column(polars.Float64), "l": pp.Column(polars.List(polars.Int8))}
    )
    stated = "columns:\n  a:\n    type: int64\n    nullable: false\n    range: {min: 1}\n  x:\n    type: float64\n    nullable: false\n"
    for text in (fp.Contract.from_pandera(schema).to_yaml(), from_pandera(schema.to_yaml())[0]):
        assert stated in text
        assert "list<int8>" in text
    frame = polars.DataFrame({"a": [0, 1], "x": [float("nan"), 1.0], "l": [[1], []]}, schema_overrides={"l": polars.List(polars.Int8)})
    assert judged_by_us(schema, frame) == {("range", "a")}


def test_moments_with_a_zone_that_pandera_does_not_write() -> None:
    schema = pa.DataFrameSchema({"at": pa.Column("datetime64[ns, UTC]", pa.Check.le(pd.Timestamp("2024-01-01", tz="UTC")))})
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-01-02"], utc=True).astype("datetime64[ns, UTC]")})
    assert judged_by_us(schema, frame) == {("range", "at")}


@pytest.mark.parametrize("schema", [3, "columns", None, pd.DataFrame])
def test_what_is_no_schema(schema: Any) -> None:
    with pytest.raises(fp.FeatureprepError, match="a DataFrameSchema or a DataFrameModel of pandera"):
        fp.Contract.from_pandera(schema)
