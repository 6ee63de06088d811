"""The one conformance check, over every case of `cases`."""

from __future__ import annotations

import inspect
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.transforms import _FURTHER
from tests.transforms import conformance
from tests.transforms.case import Case
from tests.transforms.cases import BROKEN, CASES, COLUMNS, broken, tables
from tests.transforms.harness import check_rows_equal_batch, fit

each_case = pytest.mark.parametrize("case", CASES, ids=str)
few = settings(max_examples=12)
FLOAT = pa.float64()


def two(data: st.DataObject, case: Case) -> tuple[pa.Table, pa.Table]:
    """Rows to fit on, and other rows of the same types."""
    train = data.draw(tables(case.kind), label="train")
    return train, data.draw(tables(case.kind, train.schema.field("x").type), label="other")


@each_case
@few
@given(data=st.data())
def test_rows_equal_batches(case: Case, data: st.DataObject) -> None:
    conformance.rows_equal_batches(case, *two(data, case))


@each_case
@few
@given(data=st.data())
def test_rows_stand_alone(case: Case, data: st.DataObject) -> None:
    conformance.rows_stand_alone(case, *two(data, case))


@each_case
@few
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_constants_do_not_depend_on_order(case: Case, data: st.DataObject, seed: int) -> None:
    conformance.constants_do_not_depend_on_order(case, data.draw(tables(case.kind)), seed)


@each_case
@few
@given(data=st.data())
def test_survives_storage_and_names_its_elements(case: Case, data: st.DataObject) -> None:
    train = data.draw(tables(case.kind))
    conformance.survives_storage(case, train)
    conformance.size_and_names_fit(case, train)
    conformance.missing_is_kept(case, train)


@each_case
def test_edges(case: Case) -> None:
    for dtype, _ in COLUMNS[case.kind]:
        for rows in ([], [None], [None] * 5):
            table = pa.table({"x": pa.array(rows, dtype), "s": pa.array(["a"] * len(rows), pa.string())})
            fitted = fit(case.make("x"), table, seed=1)
            check_rows_equal_batch(fitted, table)


@each_case
@few
@given(data=st.data())
def test_a_constant_column(case: Case, data: st.DataObject) -> None:
    one = data.draw(tables(case.kind, min_size=1, max_size=1))
    table = pa.concat_tables([one] * 4)
    assert len({str(value) for value in check_rows_equal_batch(fit(case.make("x"), table), table)}) == 1


with_policies = [case for case in CASES if conformance.takes_policies(case)]


@pytest.mark.parametrize("policy", ["error", "quarantine"])
@pytest.mark.parametrize("case", with_policies, ids=str)
@settings(max_examples=8)
@given(data=st.data())
def test_missing_rejects(case: Case, policy: str, data: st.DataObject) -> None:
    conformance.missing_rejects(case, data.draw(tables(case.kind)), policy)


@pytest.mark.parametrize("case", [case for case in CASES if case.value is not None], ids=str)
@few
@given(data=st.data())
def test_missing_becomes_a_value(case: Case, data: st.DataObject) -> None:
    dtype = {"number": FLOAT, "real": FLOAT, "time": pa.timestamp("us")}.get(case.kind)
    conformance.missing_becomes_a_value(case, data.draw(tables(case.kind, dtype)))


def test_a_value_for_missing_is_tried_wherever_one_can_be_given() -> None:
    tried = {case.name.replace(",", "").split()[0] for case in CASES if case.value is not None}
    # a list cannot be given as a value
    assert set(T.__all__) - tried == {"count_vector", "hashing_tf", "impute", "l2_normalize", "multi_hot", "tf_idf"}


@pytest.mark.parametrize("case, policy", [(case, policy) for case in CASES for policy in case.unknown], ids=str)
@few
@given(data=st.data())
def test_unknown_is_treated(case: Case, policy: Any, data: st.DataObject) -> None:
    conformance.unknown_is_treated(case, policy, *two(data, case))


@pytest.mark.parametrize("policy", ["null", "error", "quarantine"])
@pytest.mark.parametrize("case", [case for case in CASES if "malformed is" not in case.name], ids=str)
def test_malformed_is_treated(case: Case, policy: str) -> None:
    texts = BROKEN[case.kind]
    fits = fit(broken(case.kind, "quarantine"), table := _raw(texts))
    ok = [rule is None for rule in fits.batch(table)[1]]
    good = [text if fine else None for text, fine in zip(texts, ok, strict=True) if fine or policy == "null"]
    assert sum(ok) < len(ok)
    conformance.malformed_is_treated(case.make(broken(case.kind, policy)), policy, table, _raw(good))


def _raw(texts: list[str | None]) -> pa.Table:
    return pa.table({"raw": pa.array(texts, pa.string()), "s": pa.array(["a"] * len(texts), pa.string())})


def test_every_transform_and_operation_has_a_case() -> None:
    used: set[str] = set().union(*(conformance.operations(case.make("x").node) for case in CASES))
    assert set(T.__all__) | set(_FURTHER) <= used


@pytest.mark.parametrize("name", T.__all__)
def test_docstrings_say_what_they_must(name: str) -> None:
    doc = inspect.getdoc(getattr(T, name)) or ""
    headings = [line for line, rule in zip(doc.splitlines(), doc.splitlines()[1:], strict=False) if rule and set(rule) == {"-"}]
    assert headings == ["Parameters", "Returns", "Raises", "Notes", "References", "Examples"]
    parameters = inspect.signature(getattr(T, name)).parameters
    listed = doc.split("Returns\n---")[0].replace("*", "")
    assert all(f"{p}" in listed for p in parameters), "every parameter is described"
    for word in ("null", "nan" if name != "tokenize" else "no NaN", "malformed", "unknown", "constant"):
        assert word.lower() in doc.lower(), word
    assert any(word in doc for word in ("all-null", "all null", "no rows", "no documents", "nothing but nulls"))
