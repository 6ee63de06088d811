"""fp.check: what it takes, how its rules end, what is stored of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import ArgumentError, FeatureprepError, NonDeterministicError, RequestError
from featureprep.validators.changes.compare import compare_contracts
from featureprep.validators.custom import CustomCheck, with_checks
from featureprep.validators.outcome import Outcome
from featureprep.validators.raised import Raised
from featureprep.validators.report import ValidationReport

CONTRACT = "columns: {fare: float64, tip: float64, total: float64, plate: string}\n"
ROWS = pa.table({
    "fare": pa.array([1.0, 2.0, None, 4.0, float("nan")]),
    "tip": pa.array([1.0, 0.5, 1.0, None, 0.0]),
    "total": pa.array([2.0, 3.5, 1.0, 4.0, 0.0]),
    "plate": pa.array(["AB1", "x", None, "CD2", "EF3"]),
})  # fmt: skip


def outcomes(*checks: CustomCheck, contract: str = CONTRACT, rows: pa.Table = ROWS, **options: Any) -> dict[str, Outcome]:
    found = fp.validate(rows, contract, checks=list(checks), **options)
    return {o.id.removeprefix("$/checks/"): o for o in found.outcomes if o.check == "checks"}


@fp.check
def add_up(t: Any) -> Any:
    return (t.fare + t["tip"] - t.total).abs() < 0.01


def test_an_expression_is_the_rule_of_yaml() -> None:
    (found,) = outcomes(add_up).values()
    text = CONTRACT + "expressions: [{name: add_up, expr: abs(fare + tip - total) < 0.01}]\n"
    (same,) = (o for o in fp.validate(ROWS, text).outcomes if o.check == "expressions")
    for name in ("status", "count", "total", "examples", "severity", "action", "reason", "masked"):
        assert repr(getattr(found, name)) == repr(getattr(same, name)), name
    assert (found.count, found.total) == (2, 5)  # NaN is not below 0.01, null is fine
    assert found.examples[0] == {"fare": 2.0, "tip": 0.5, "total": 3.5}
    assert found.rule == "add_up: abs((fare + tip) - total) < 0.01"
    assert Path(found.file) == Path(__file__)
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[(found.line or 0) - 1] == "@fp.check"


@fp.check(columns=["fare", "tip"])
def by_arrow(fare: pa.Array, tip: pa.Array) -> Any:
    return pc.greater_equal(fare, tip)


@fp.check(columns=["fare", "tip"], mode="numpy")
def by_numpy(fare: Any, tip: Any) -> Any:
    return (fare >= tip) | np.isnan(fare) | np.isnan(tip)


@fp.check(columns=["fare", "tip"], mode="pandas")
def by_pandas(fare: pd.Series[float], tip: pd.Series[float]) -> Any:
    return (fare >= tip) | fare.isna() | tip.isna()


@fp.check(columns=["fare", "tip"], mode="row")
def by_row(fare: float | None, tip: float | None) -> bool | None:
    return None if fare is None or tip is None else fare >= tip or fare != fare


def test_functions_over_columns_in_every_mode() -> None:
    found = outcomes(by_arrow, by_numpy, by_pandas, by_row, rows=ROWS.set_column(1, "tip", pa.array([1.0, 3.0, 1.0, None, 0.0])))
    assert {name: o.count for name, o in found.items()} == {"by_arrow": 2, "by_numpy": 1, "by_pandas": 1, "by_row": 1}
    assert found["by_row"].examples == ({"fare": 2.0, "tip": 3.0},)
    assert by_row(1.0, 2.0) is False


def test_policies() -> None:
    made = fp.check(name="warned", severity="warn", at_most="50%", owner="us", note="of old")(lambda t: t.fare > t.tip)
    (found,) = outcomes(made).values()
    assert (str(found.status), str(found.severity), found.at_most and found.at_most.share) == ("passed", "warn", 0.5)
    made = fp.check(name="taken", action="quarantine", at_most=1)(lambda t: t.fare > t.tip)
    (found,) = outcomes(made).values()
    assert (str(found.status), str(found.action), found.blocking) == ("failed", "quarantine", True)
    assert [fp.check(at_most=n)(add_up.function).at_most.stated for n in (0, 1, 1.0, "1%")] == [0, 1, 1.0, 0.01]  # type: ignore[union-attr]


def test_environments_are_those_of_its_columns() -> None:
    text = "columns: {fare: float64, tip: float64, total: {type: float64, not_in: [SERVING]}, plate: string}\n"
    assert outcomes(add_up, contract=text, environment="SERVING") == {}
    assert len(outcomes(add_up, contract=text)) == 1


@fp.check(columns=["plate"], mode="row")
def plates(plate: str | None) -> bool:
    if plate == "x":
        raise ValueError(f"no plate: {plate}")
    return True


@fp.check(columns=["plate"])
def wrong_type(plate: pa.Array) -> Any:
    return plate


@fp.check(columns=["plate"])
def too_few(plate: pa.Array) -> Any:
    return pa.array([True])


@fp.check(columns=["plate"])
def leaves(plate: pa.Array) -> Any:
    raise SystemExit(3)


def test_what_raises_is_not_evaluated() -> None:
    found = outcomes(plates, wrong_type, too_few, leaves, add_up)
    assert {name: str(o.status) for name, o in found.items()} == dict.fromkeys(
        ("plates", "wrong_type", "too_few", "leaves"), "not evaluated"
    ) | {"add_up": "failed"}
    line = 1 + next(i for i, text in enumerate(Path(__file__).read_text(encoding="utf-8").splitlines()) if "no plate" in text)
    assert found["plates"].message == f"it raised ValueError in line {line}: no plate: x"
    assert "of type string for 5 rows; bool was declared" in found["wrong_type"].message
    assert "1 values" in found["too_few"].message
    assert "SystemExit" in found["leaves"].message
    assert found["plates"].blocking
    assert not outcomes(plates, allow_not_evaluated=True)["plates"].blocking


def test_rows_that_nobody_knows_are_never_allowed() -> None:
    made = fp.check(columns=["plate"], mode="row", action="drop")(plates.function)
    assert outcomes(made, allow_not_evaluated=True)["plates"].blocking


def test_values_of_sensitive_columns_are_not_told() -> None:
    text = CONTRACT.replace("plate: string", "plate: {type: string, sensitive: true}")
    known = fp.check(columns=["plate", "fare"], mode="row", name="known")(lambda plate, fare: plate != "AB1")
    found = outcomes(plates, known, contract=text)
    report = fp.validate(ROWS, text, checks=[plates, known])
    assert found["plates"].message.startswith("it raised ValueError in line ")
    assert "no plate" not in str(report.to_json())
    assert found["known"].masked
    assert found["known"].examples == ({"fare": 1.0},)
    assert "AB1" not in str(report.to_json())


def test_it_must_be_row_wise() -> None:
    rows = pa.table({"fare": pa.array(range(100), pa.float64())})
    above = fp.check(columns=["fare"], name="above", mode="pandas")(lambda fare: fare > fare.mean())
    with pytest.raises(NonDeterministicError, match="not row-wise"):
        outcomes(above, contract="columns: {fare: float64}\n", rows=rows)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.check(severity="bad")(add_up.function), "severity"),
        (lambda: fp.check(action="delete")(add_up.function), "action"),
        (lambda: fp.check(at_most=1.5)(add_up.function), "a share of them"),
        (lambda: fp.check(at_most=-1)(add_up.function), "a number of rows"),
        (lambda: fp.check(at_most=True)(add_up.function), "a number of rows"),
        (lambda: fp.check(columns=[])(add_up.function), "columns"),
        (lambda: fp.check(columns=["a", "a"])(add_up.function), "differ"),
        (lambda: fp.check(mode="numpy")(add_up.function), "returns an expression"),
        (lambda: fp.check(version="1")(add_up.function), "returns an expression"),
        (lambda: fp.check("fare"), "is for a function"),  # type: ignore[call-overload]
        (lambda: fp.check(lambda t: t.fare > 0), "needs a name"),
        (lambda: fp.check(name="x")(lambda a, b: a > b), "the table, and nothing else"),
        (lambda: fp.check(name="x")(lambda t: None), "returned nothing"),
        (lambda: fp.check(name="x")(lambda t: fp.lit(True)), "no column"),
        (lambda: fp.check(name="x")(lambda t: T.standard_scale(t.fare) > 0), "which a check cannot"),
        (lambda: fp.check(name="x")(lambda t: t.fare > fp.param("low", "float64")), "a parameter of a job"),
        (lambda: fp.check(name="x")(lambda t: t.fare > 0 and t.tip > 0), "no truth value"),
        (lambda: fp.check(columns=["x"], name="x")(eval("lambda x: x > 0")), "source"),
    ],
)  # fmt: skip
def test_what_it_refuses(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(FeatureprepError, match=said):
        make()


def test_what_a_contract_refuses() -> None:
    contract = fp.load_contract(CONTRACT)
    other = fp.check(name="add_up")(lambda t: t.fare > 0)
    cases: list[tuple[Any, str | None]] = [
        ([add_up, other], "two checks are named 'add_up'"),
        ([add_up, add_up], "two checks are named 'add_up'"),
        ([fp.check(name="x")(lambda t: t.fares > 0)], "no column 'fares'"),
        ([fp.check(columns=["fares"], name="x")(lambda fares: fares)], "no column 'fares'"),
        ([fp.check(name="x")(lambda t: t.fare)], "must be true or false"),
        ([fp.check(name="x")(lambda t: t.plate + 1 > 0)], "the check 'x'"),
        ([fp.check(name="x", source="trips")(lambda t: t.fare > 0)], None),
        ([lambda t: t.fare > 0], "decorated with fp.check"),
        (add_up, "decorated with fp.check"),
    ]
    for checks, said in cases:
        if said is None:
            assert with_checks(contract, checks).sources[0].rules[0].part == "x"
            continue
        with pytest.raises((RequestError, ArgumentError), match=said) as caught:
            with_checks(contract, checks)
        assert __file__ in str(caught.value) or "decorated" in said


def test_one_of_several_sources() -> None:
    text = "sources:\n  a: {columns: {x: int64}}\n  b: {columns: {x: int64}}\n"
    contract = fp.load_contract(text)
    with pytest.raises(RequestError, match="which source"):
        with_checks(contract, [fp.check(name="c")(lambda t: t.x > 0)])
    with pytest.raises(RequestError, match="says nothing of the source 'd'"):
        with_checks(contract, [fp.check(name="c", source="d")(lambda t: t.x > 0)])
    made = fp.check(name="c", source="b")(lambda t: t.x > 0)
    table = pa.table({"x": [0, 1]})
    found = fp.validate({"a": table, "b": table}, text, checks=[made])
    assert [o.count for o in found.sources["b"] if o.check == "checks"] == [1]
    assert not [o for o in found.sources["a"] if o.check == "checks"]


@pytest.mark.parametrize("text", [CONTRACT, "{columns: {fare: float64, tip: float64, total: float64, plate: string}}", CONTRACT + "allow_empty: false\n"])  # fmt: skip
def test_what_is_stored_names_the_check_and_has_none_of_its_code(text: str, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(text, encoding="utf-8")
    made = with_checks(
        fp.load_contract(file), [add_up, plates, fp.check(name="w", severity="warn", action="drop", at_most=0.5)(lambda t: t.fare > 0)]
    )
    assert b"no plate" not in made.content
    for stored in (fp.load_contract(made.content.decode()), fp.load_contract(made.to_yaml())):
        assert stored == made
        found = fp.validate(ROWS, stored)
        ended = [o for o in found.outcomes if o.check == "checks"]
        assert {str(o.status) for o in ended} == {"not evaluated"}
        assert "which stands in test_custom.py:" in ended[0].message
        again = fp.validate(ROWS, stored, checks=[add_up])
        assert {o.id: str(o.status) for o in again.outcomes if o.check == "checks"}["$/checks/add_up"] == "failed"
    if text == CONTRACT:
        assert made.content.decode().startswith(CONTRACT)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("checks: [{columns: [fare]}]", "lacks the key 'name'"),
        ("checks: [{name: a}]", "lacks the key 'columns'"),
        ("checks: [{name: a, columns: [fare]}, {name: a, columns: [fare]}]", "two checks are named 'a'"),
        ("checks: [{name: a, columns: [fares]}]", "no column 'fares'"),
        ("checks: [{name: a, columns: [fare], expr: fare}]", "expr"),
        ("checks: a", "checks"),
    ],
)
def test_contracts_that_name_checks_wrongly(line: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        fp.load_contract(f"{CONTRACT}{line}\n")


def test_changes_of_checks() -> None:
    def stored(*checks: CustomCheck) -> Any:
        return fp.load_contract(with_checks(fp.load_contract(CONTRACT), checks).to_yaml())

    moved = fp.check(name="add_up", owner="them")(add_up.function)
    looser = fp.check(name="add_up", severity="warn")(add_up.function)
    other = fp.check(name="add_up")(lambda t: (t.fare - t.total).abs() < 1)
    was = stored(add_up)
    for now, known in ((moved, "cosmetic"), (looser, "widening"), (other, "breaking")):
        (change,) = compare_contracts(was, stored(now))
        assert str(change.kind) == known


def test_a_stated_version_is_what_the_function_is_known_by() -> None:
    def known(version: str | None) -> str:
        return fp.check(columns=["plate"], version=version)(plates.function).identity

    assert known("1") == known("1") != known("2") != known(None)
    assert known(None) == plates.identity


@given(st.lists(st.none() | st.text(max_size=3)), st.integers(0, 10))
def test_what_was_raised_is_one_text_in_any_order(texts: list[str | None], at: int) -> None:
    fold = Raised()
    expected = min((t for t in texts if t is not None), key=str.encode, default=None)
    parts = [texts[at:], texts[:at]]
    states = [fold.update(fold.init(), pa.array(part, pa.string())) for part in parts]
    merged = fold.merge(*(fold.decode(fold.encode(state)) for state in states))
    assert fold.finish(merged) == expected
    assert fold.lasting(merged) == (expected is None)


def test_the_report_is_a_report() -> None:
    found = fp.validate(ROWS, CONTRACT, checks=[add_up, plates])
    assert isinstance(found, ValidationReport)
    assert "add_up" in found.render_text()
    assert "test_custom.py" in found.render_text()


def test_calculations_without_a_result_are_as_in_yaml() -> None:
    rows = pa.table({"a": [1, 2, None], "b": pa.array([0, 2, 0])})
    text = "columns: {a: int64, b: int64}\n"
    (found,) = outcomes(fp.check(name="even")(lambda t: t.a % t.b == 0), contract=text, rows=rows).values()
    (same,) = (o for o in fp.validate(rows, text + "expressions: [{name: even, expr: a % b == 0}]\n").outcomes if o.check == "expressions")
    assert (found.count, found.message, found.examples) == (same.count, same.message, same.examples)
    assert found.count == 1


def test_rows_are_shown_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    path.write_text("fare,tip\n1,0\n0,5\n2,3\n", encoding="utf-8")
    low = fp.check(columns=["tip", "fare"], name="low", mode="row")(lambda tip, fare: tip <= fare)
    found = fp.validate(path, "columns: {fare: int64, tip: int64}\n", checks=[low, fp.check(name="same")(lambda t: t.tip <= t.fare)])
    places = [o.rows for o in found.outcomes if o.check == "checks"]
    assert places[0] == places[1] == (f"{path}:3", f"{path}:4")
