"""One row and many, as a caller sees it: inputs of all kinds, traces, admission, threads."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep import canonical
from featureprep.errors import ArgumentError, FeatureprepError
from tests.jobs.test_entry_rows import bits
from tests.serving.graphs import ROWS, SCHEMA
from tests.transforms.harness import python_rows


def same(one: pa.Table, two: pa.Table) -> bool:
    """Equal in schema and bits; NaN equals NaN."""
    return bool(one.schema.equals(two.schema) and bits(python_rows(one)) == bits(python_rows(two)))


def test_rows_equal_the_table(graph: fp.TransformGraph) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    expected = [graph(row) for row in ROWS]
    assert bits(python_rows(graph.transform(table))) == bits(expected)
    assert bits(python_rows(graph.transform(table.slice(3, 4)))) == bits(expected[3:7])
    assert graph.transform(table.slice(0, 0)).num_rows == 0
    assert bits(python_rows(graph.transform(pa.concat_tables([table.slice(5), table.slice(0, 5)])))) == bits(expected[5:] + expected[:5])


def test_trace_ends_with_the_values_of_the_row(graph: fp.TransformGraph) -> None:
    for row in ROWS:
        steps = graph.trace(row)
        named = {step["feature"]: step["value"] for step in steps if "feature" in step}
        assert bits(named) == bits({name: graph.training(row)[name] for name in named})
        assert set(named) == set(graph.nodes)
        assert {"expression", "type", "value"} <= steps[0].keys()
        assert any(step["expression"] == "pay" for step in steps)


def test_trace_of_a_rejected_row_ends_with_the_rule(graph: fp.TransformGraph) -> None:
    with pytest.raises(fp.RowRejected) as caught:
        graph({**ROWS[1], "born": "then"})
    steps = graph.trace({**ROWS[1], "born": "then"})
    assert steps[-1]["rejected"] == caught.value.rule
    assert steps[:-1]


def test_admits(graph: fp.TransformGraph) -> None:
    assert graph.admits(ROWS[3]) is None
    assert graph.admits({**ROWS[3], "age": 17}) == "of age"
    assert graph.admits({**ROWS[3], "age": None}) == "of age"
    assert graph.admits({**ROWS[3], "pay": 2e6}) == "too rich"
    assert "malformed" in (graph.admits({**ROWS[3], "age": "old"}) or "")


def test_keys_that_are_absent_or_not_needed(graph: fp.TransformGraph) -> None:
    row = {**ROWS[4], "more": object(), "$malformed:age": True, "label": 3}
    assert bits(graph(row)) == bits(graph(ROWS[4]))
    without = {k: v for k, v in ROWS[4].items() if k != "pay"}
    assert bits(graph(without)) == bits(graph({**without, "pay": None}))
    assert "born" not in graph({"age": 30})
    assert graph({"age": 30, "born": None})["born"] is None
    assert graph({})["people"] is None


def test_values_given_in_other_types(graph: fp.TransformGraph) -> None:
    row = ROWS[7]
    expected = bits(graph(row))
    other = {
        **row, "age": np.int64(row["age"]), "pay": np.float64(row["pay"]), "ok": np.bool_(row["ok"]), "city": np.str_(row["city"]),
        "tags": tuple(row["tags"]), "at": np.datetime64(row["at"], "us").item(),
    }  # fmt: skip
    assert bits(graph(other)) == expected
    texts = {**row, "age": str(row["age"]), "pay": repr(row["pay"]), "born": row["born"].isoformat(), "at": row["at"].isoformat(sep=" ")}
    served = graph(texts)
    assert bits(served) == expected
    assert bits(graph({**row, "age": float(row["age"])})) == expected
    assert bits(graph({**row, "at": row["at"].replace(tzinfo=dt.UTC)})) == expected


def test_nan_is_not_null(graph: fp.TransformGraph) -> None:
    served = graph({**ROWS[2], "pay": float("nan")})
    assert served["missing"] == 1
    assert served["standard"] == graph({**ROWS[2], "pay": None})["standard"]
    assert (
        graph({**ROWS[2], "city": float("nan")})["city" if "city" in graph.nodes else "filled"]
        == graph({**ROWS[2], "city": None})["filled"]
    )


@pytest.mark.parametrize("bad", [{"age": "old"}, {"age": 40_000}, {"age": 20.5}, {"pay": "much"}, {"born": "then"}, {"at": "later"}, {"ok": "perhaps"},
                                 {"tags": "a"}, {"tags": [1]}, {"age": [1]}, {"pay": {"x": 1}}, {"city": b"\xff"}, {"born": dt.timedelta(1)}])  # fmt: skip
def test_values_that_do_not_fit_are_rejected_by_rule(bad: dict[str, Any], graph: fp.TransformGraph) -> None:
    with pytest.raises(fp.RowRejected) as caught:
        graph({**ROWS[1], **bad})
    assert caught.value.rule


_ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=3) | st.dates() | st.datetimes() | st.decimals() | st.lists(
    st.integers() | st.text(max_size=2), max_size=2
) | st.builds(object) | st.just({"a": 1}) | st.times() | st.sampled_from([np.float32(1.5), np.int8(3), np.array([1, 2]), np.datetime64("NaT"), 10**400, complex(1)])  # fmt: skip


@settings(max_examples=300)
@given(row=st.dictionaries(st.sampled_from([*SCHEMA.names, "other"]), _ANYTHING))
def test_any_row_gives_features_or_a_clear_error(row: dict[str, Any], graph: fp.TransformGraph) -> None:
    try:
        served = graph(row)
    except fp.RowRejected as error:
        assert error.rule
        assert graph.trace(row)[-1]["rejected"]
    else:
        assert canonical.dumps(served) == canonical.dumps({k: v for k, v in graph.training(row).items() if k in served})
    graph.admits(row)


def test_many_threads_give_the_same(graph: fp.TransformGraph) -> None:
    expected = [bits(graph(row)) for row in ROWS]
    wrong: list[Any] = []

    def work(start: int) -> None:
        for k in range(300):
            i = (start + k) % len(ROWS)
            if bits(graph(ROWS[i])) != expected[i] or graph.admits(ROWS[i]) is not None or not graph.trace(ROWS[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_kind_of_table_given_comes_back(graph: fp.TransformGraph) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    batch = graph.transform(table.combine_chunks().to_batches()[0])
    assert isinstance(batch, pa.RecordBatch)
    assert same(pa.Table.from_batches([batch]), graph.transform(table))
    frame = graph.transform(table.to_pandas().set_index(pd.Index(range(100, 112))))
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == list(range(100, 112))
    assert frame["bucket"].tolist()[1:4] == [graph(row)["bucket"] for row in ROWS[1:4]]


def test_columns_of_other_types_are_cells(graph: fp.TransformGraph) -> None:
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    other = table.set_column(0, "age", table["age"].cast(pa.string())).set_column(2, "city", table["city"].dictionary_encode())
    assert same(graph.transform(other), graph.transform(table))
    assert same(graph.transform(table.append_column("more", table["age"])), graph.transform(table))
    assert graph.transform(table.select(["age", "city"]))["standard"].to_pylist() == [graph({"age": 1})["standard"]] * 12


def test_on_error(graph: fp.TransformGraph) -> None:
    rows = [{k: None if v is None else str(v) if k == "age" else v for k, v in row.items()} for row in ROWS]
    rows[4]["age"] = "old"
    schema = pa.schema([pa.field("age", pa.string()), *list(SCHEMA)[1:]])
    table = pa.Table.from_pylist(rows, schema)
    with pytest.raises(fp.RowRejected, match=r"row 4 .*1 row"):
        graph.transform(table)
    nulled = graph.transform(table, on_error="null")
    assert nulled.num_rows == 12
    assert set(nulled.slice(4, 1).to_pylist()[0].values()) == {None}
    good, left = graph.transform(table, on_error="split")
    assert (good.num_rows, left.num_rows) == (11, 1)
    assert left.drop_columns(["rejected"]).equals(table.slice(4, 1))
    assert "malformed" in left["rejected"][0].as_py()
    with pytest.raises(ArgumentError, match="on_error"):
        graph.transform(table, on_error="ignore")
    with pytest.raises(ArgumentError, match="transform"):
        graph.transform([{"age": 3}])


@pytest.mark.parametrize("row", [None, 3, [("age", 3)], "age"])
def test_what_is_no_row(row: Any, graph: fp.TransformGraph) -> None:
    with pytest.raises((FeatureprepError, AttributeError, TypeError)):
        graph(row)


def test_what_it_says_of_itself(graph: fp.TransformGraph) -> None:
    assert "everything" in repr(graph)
    assert len(graph.fingerprint) == 32
    assert graph.versions()["standard_scale"] >= 1
    assert graph.udfs() == []
    assert graph.is_training_only("label")
    assert not graph.is_training_only("born")
