"""User functions in jobs: every mode, rows and tables, what they may not do, and what a stored graph says of them."""

from __future__ import annotations

import importlib
import itertools
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, CorruptArtefactError, NonDeterministicError, RequestError, TypeMismatchError, UdfError
from featureprep.expr import udf as udf_module
from featureprep.jobs.loading import load_job
from featureprep.jobs.result import Run
from tests.jobs.cases import make_job, memory_store, prints

ROWS = pa.table(
    {
        "id": range(200),
        "x": pa.array([None if i % 17 == 4 else i / 3 - 20 for i in range(200)], pa.float64()),
        "n": pa.array([None if i % 13 == 1 else i - 50 for i in range(200)], pa.int64()),
        "s": [None if i % 7 == 2 else f"word {i % 5}" for i in range(200)],
    }
)
BOTH = {"x": "float64", "n": "int64"}


@fp.udf(BOTH, "float64")
def by_arrow(x: Any, n: Any) -> Any:
    return pc.add(x, pc.cast(n, pa.float64()))


@fp.udf(BOTH, "float64", mode="numpy")
def by_numpy(x: Any, n: Any) -> Any:
    return pa.array(x + n, from_pandas=True)


@fp.udf(BOTH, "float64", mode="pandas")
def by_pandas(x: Any, n: Any) -> Any:
    return x + n


@fp.udf(BOTH, "float64", mode="row")
def by_row(x: float | None, n: int | None) -> float | None:
    return None if x is None or n is None else x + n


@fp.udf({"s": "string"}, "list<string>", mode="row", requirements=["nothing>=1"])
def words(s: str | None) -> list[str] | None:
    return None if s is None else s.split()


@fp.udf({"x": "float64", "s": "string"}, "struct<half: float64, shout: string>", mode="pandas")
def several(x: Any, s: Any) -> Any:
    halves, shouts = x / 2, s.str.upper()
    return [{"half": None if pd.isna(h) else h, "shout": t} for h, t in zip(halves, shouts, strict=True)]


@fp.udf({"id": "int64", "x": "float64"}, "struct<id: int64, rank: int64>")
def ranked(ids: pa.Array, x: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([ids, pc.rank(x).cast(pa.int64())], names=["id", "rank"])


def run(body: Any, rows: pa.Table = ROWS, store: str | None = None, partitions: int = 3, **options: Any) -> Run:
    done: Run = make_job(body, fp.from_arrow(rows), **options).run(store=store or memory_store(), partitions=partitions)
    return done


@pytest.mark.parametrize("function", [by_arrow, by_numpy, by_pandas, by_row])
def test_every_mode_as_an_expression(function: Any) -> None:
    def body(main: fp.Table) -> fp.Table:
        made = function("x", "n")
        some = main.filter(made.is_null() | (made > -40), name="not too low").with_columns(again=function(col("x") * 2, "n"))
        return some.features(sum=made, scaled=T.standard_scale(T.impute(function("x", col("n")))), again="again", keep=["id", "x", "n"])

    done = run(body)
    expected = [None if r["x"] is None or r["n"] is None else r["x"] + r["n"] for r in ROWS.to_pylist()]
    kept = [i for i, value in enumerate(expected) if value is None or value > -40]
    out = done.dataset.to_arrow()
    assert out["id"].to_pylist() == kept
    assert out["sum"].to_pylist() == [expected[i] for i in kept]
    for row in out.to_pylist():
        assert done.graph({k: row[k] for k in ("id", "x", "n")}) == row
    assert done.graph.transform(ROWS.take(pa.array(kept))).equals(out)
    assert prints(run(body, partitions=50)) == prints(done)
    assert done.graph.admits({"x": -100.0, "n": 1}) == "not too low"


def test_modes_agree() -> None:
    def body(main: fp.Table) -> fp.Table:
        return main.features(a=by_arrow("x", "n"), b=by_numpy("x", "n"), c=by_pandas("x", "n"), d=by_row("x", "n"))

    for row in run(body).dataset.to_arrow().to_pylist():
        assert len(set(row.values())) == 1


@fp.udf({"n": "int64"}, "string", mode="pandas")
def digits(n: Any) -> Any:
    return n.map(str, na_action="ignore")


@fp.udf({"l": "list<int64>"}, "int64", mode="numpy")
def total(lists: Any) -> Any:
    return [None if one is None else sum(int(item) for item in one if item is not None) for one in lists]


def test_integers_among_nulls_are_integers_in_batches_as_in_rows() -> None:
    rows = pa.table(
        {"n": [None if i % 7 == 3 else 2**53 + i for i in range(100)], "l": [[2**53 + 1, None if i % 9 else i] for i in range(100)]}
    )
    done = run(lambda main: main.features(s=digits("n"), t=total("l"), keep=["n", "l"]), rows)
    out = done.dataset.to_arrow().to_pylist()
    assert [row["s"] for row in out] == [None if n is None else str(n) for n in rows["n"].to_pylist()]
    assert [row["t"] for row in out] == [sum(item or 0 for item in one) for one in rows["l"].to_pylist()]
    for row in out:
        assert done.graph({"n": row["n"], "l": row["l"]}) == row


def test_inputs_are_cast_to_what_was_declared() -> None:
    rows = ROWS.set_column(1, "x", ROWS["n"]).set_column(2, "n", pc.cast(ROWS["n"], pa.string()))
    with pytest.raises(TypeMismatchError):
        run(lambda main: main.features(y=by_row("x", words("s"))), rows)
    done = run(lambda main: main.features(y=by_row("x", col("n").cast("int64"))), rows)
    assert done.dataset.to_arrow()["y"].to_pylist() == [None if v is None else 2.0 * v for v in ROWS["n"].to_pylist()]


def test_lists_out_feed_other_transforms() -> None:
    done = run(lambda main: main.features(size=words("s").list.len(), tf=T.tf_idf(words("s"))))
    assert done.dataset.to_arrow()["size"].to_pylist() == [None if s is None else 2 for s in ROWS["s"].to_pylist()]
    assert done.graph({"s": "word 1"})["size"] == 2


def test_map_batches_by_rows_and_over_the_table() -> None:
    def by_rows(main: fp.Table) -> fp.Table:
        return main.map_batches(several).features(half=T.standard_scale(T.impute("half")), shout=T.one_hot("shout"))

    done = run(by_rows)
    assert done.graph({"x": 4.0, "s": "word 1"}) == done.graph.transform(pa.table({"x": [4.0], "s": ["word 1"]})).to_pylist()[0]
    assert prints(run(by_rows, partitions=20)) == prints(done)

    def over_the_table(main: fp.Table) -> fp.Table:
        return main.drop_nulls("x").map_batches(ranked, needs="table").features(rank=T.standard_scale("rank"), keep=["id"])

    whole = run(over_the_table)
    assert prints(run(over_the_table, partitions=20)) == prints(whole)
    assert prints(run(over_the_table, ROWS.take(pa.array(np.random.default_rng(1).permutation(200))), partitions=7)) == prints(whole)
    assert whole.graph.udfs() == []  # the entry table is what it made
    assert whole.dataset.to_arrow().num_rows == len(ROWS["x"].drop_null())
    with pytest.raises(ArgumentError, match="struct"):
        run(lambda main: main.map_batches(by_row))
    with pytest.raises(ArgumentError, match="fp.udf"):
        run(lambda main: main.map_batches(lambda batch: batch))


@fp.udf({"id": "int64"}, "struct<id: int64>")
def twice(ids: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([pa.concat_arrays([ids, ids])], names=["id"])


@fp.udf({"id": "int64"}, "struct<id: int64>")
def first(ids: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([ids.slice(0, 1)], names=["id"])


def test_tables_that_grow_and_shrink_balance_the_ledger() -> None:
    grown = run(lambda main: main.map_batches(twice, needs="table").features(keep=["id"]))
    assert grown.ledger.rows() == {"read": 200, "created": 200, "merged": 0, "dropped": 0, "quarantined": 0, "written": 400}
    shrunk = run(lambda main: main.map_batches(first, needs="table").features(keep=["id"]))
    assert shrunk.ledger.rows() == {"read": 200, "created": 0, "merged": 199, "dropped": 0, "quarantined": 0, "written": 1}
    none = run(lambda main: main.map_batches(twice, needs="table").features(keep=["id"]), ROWS.slice(0, 0))
    assert none.ledger.rows()["written"] == 0


# What goes wrong.


@fp.udf({"n": "int64"}, "float64", mode="row")
def root(n: int) -> float:
    if n < 0:
        raise ValueError(f"no root of {n}")
    return math.sqrt(n)


@fp.udf({"n": "int64"}, "float64", mode="numpy")
def batch_root(n: Any) -> Any:
    if (n < 0).any():
        raise ValueError("no root")
    return np.sqrt(n)


@pytest.mark.parametrize("function", [root, batch_root])
def test_a_function_that_raises_names_itself_its_place_and_the_row(function: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n" + "".join(f"{i}\n" for i in range(100)) + "-7\n5\n-9\n")
    source = fp.read_csv(str(tmp_path / "a.csv"))

    def body(main: fp.Table) -> fp.Table:
        return main.features(r=function("n"))

    def learnt(main: fp.Table) -> fp.Table:
        return main.features(r=T.standard_scale(function("n")))

    def rule(main: fp.Table) -> fp.Table:
        return main.filter(function("n") > 1).drop_duplicates().features(keep=["n"])

    for i, one in enumerate((body, learnt, rule)):
        with pytest.raises(UdfError, match=f"{function.__name__} raised ValueError: no root") as caught:
            make_job(one, source).run(store=str(tmp_path / f"store{i}"), partitions=2)
        said = str(caught.value)
        assert f"{__file__}:" in said
        assert "a.csv:102" in said
        assert caught.value.exit_code == 2
        assert not (tmp_path / f"store{i}/case/log").exists()


class Leaving(BaseException):
    """No Exception, as trio's and pytest's own are none."""


@fp.udf({"n": "int64"}, "float64", mode="row")
def leave(n: int) -> float:
    if n > 99:
        raise [SystemExit, Leaving, KeyboardInterrupt][n - 100](0)
    return float(n)


@pytest.mark.parametrize("way, name", [*enumerate(["SystemExit: 0", "Leaving: 0", "KeyboardInterrupt: 0"])])
def test_a_function_that_ends_the_process_is_told_like_any_other(way: int, name: str) -> None:
    rows = pa.table({"n": [1, 2, 100 + way, 3]})
    with pytest.raises(UdfError, match=f"leave raised {name}") as caught:
        run(lambda main: main.features(r=leave("n")), rows)
    assert "row 2" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("function", [root, batch_root])
def test_a_function_is_given_no_rows_that_left_before(function: Any) -> None:
    rows = pa.table({"id": range(30), "n": pa.array([None if i % 5 == 0 else i - 8 for i in range(30)], pa.int64())})
    fine = [i for i, n in enumerate(rows["n"].to_pylist()) if n is not None and n >= 0]

    def body(main: fp.Table) -> fp.Table:
        some = main.drop_nulls("n").quarantine(when=col("n") < 0, reason="negative").filter(function("n") >= 0)
        return some.features(r=T.standard_scale(function("n")), keep=["id"])

    assert run(body, rows).dataset.to_arrow()["id"].to_pylist() == fine


def test_a_function_is_given_no_rejected_cells(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n4\nx\n9\n\n")

    def body(main: fp.Table) -> fp.Table:
        return main.drop_nulls("n").features(r=root("n"))

    source = fp.read_csv(str(tmp_path / "a.csv"), schema={"n": "int64"}, skip_blank_lines=False)
    done = make_job(body, source, malformed="quarantine").run(store=memory_store())
    assert done.dataset.to_arrow()["r"].to_pylist() == [2.0, 3.0]
    assert done.ledger.rows()["quarantined"] == 1


RETURNS: dict[str, Any] = {
    "too few": lambda x: x.slice(1),
    "too many": lambda x: pa.concat_arrays([x, x]),
    "another type": lambda x: x.cast(pa.int64(), safe=False),
    "None": lambda x: None,
    "a number": lambda x: 5,
    "text": lambda x: "text",
    "a list of texts": lambda x: ["a"] * len(x),
    "a table": lambda x: pa.table({"x": x}),
    "an object": lambda x: object(),
    "itself": lambda x: lambda: x,
}


@pytest.mark.parametrize("what", RETURNS)
def test_what_is_not_what_was_declared(what: str) -> None:
    function = fp.udf({"x": "float64"}, "float64")(RETURNS[what])
    with pytest.raises(UdfError, match="lambda.* returned") as caught:
        run(lambda main: main.features(y=function("x")))
    assert __file__ in str(caught.value)


@fp.udf({"x": "float64"}, "float64", mode="pandas")
def centred(x: Any) -> Any:
    return x - x.mean()


@fp.udf({"x": "float64"}, "float64", mode="pandas")
def shifted(x: Any) -> Any:
    return x.shift(1)


@fp.udf({"x": "float64"}, "float64", mode="numpy")
def random(x: Any) -> Any:
    return np.random.default_rng().random(len(x))


COUNT = itertools.count()


@fp.udf({"x": "float64"}, "int64", mode="row")
def counting(x: float) -> int:
    return next(COUNT)


@fp.udf({"x": "float64"}, "struct<y: float64>")
def ordered(x: Any) -> Any:
    return pa.StructArray.from_arrays([x.take(pc.array_sort_indices(x))], names=["y"])


@pytest.mark.parametrize("function", [centred, shifted, random, counting, ordered])
def test_what_is_not_row_wise_is_found(function: Any) -> None:
    def body(main: fp.Table) -> fp.Table:
        return main.map_batches(function).features(y="y") if function is ordered else main.features(y=function("x"))

    with pytest.raises(NonDeterministicError, match=f"{function.__name__} is not row-wise") as caught:
        run(body)
    assert caught.value.exit_code == 2
    assert __file__ in str(caught.value)


@pytest.mark.parametrize(
    "inputs, output, options",
    [
        ({"x": "floaty"}, "float64", {}), ({"x": "float64"}, "nothing", {}), (["x"], "float64", {}), ({"x": 5}, "float64", {}), ({}, "float64", {}),
        ({"x": "float64"}, "float64", {"mode": "spark"}), ({"x": "float64"}, 5, {}), ({"x": "float64"}, "float64", {"requirements": "pandas"}),
    ],
)  # fmt: skip
def test_arguments_of_udf(inputs: Any, output: Any, options: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        fp.udf(inputs, output, **options)(lambda x: x)


def test_calls() -> None:
    with pytest.raises(ArgumentError, match=r"by_row takes 2 columns \(x, n\), not 1"):
        by_row("x")
    with pytest.raises(UdfError, match="source of .* cannot be found"):
        fp.udf({"x": "float64"}, "float64")(len)("x")
    made: dict[str, Any] = {}
    exec("def loose(x): return x", made)
    with pytest.raises(UdfError, match="source of loose cannot be found"):
        fp.udf({"x": "float64"}, "float64")(made["loose"])("x")


# Stored graphs.

MODULE = """
import pathlib
import featureprep as fp

pathlib.Path(__file__).with_name("imported").touch()

@fp.udf({"x": "float64"}, "float64", mode="row", requirements=["six"])
def plus(x):
    return None if x is None else x + FIVE
FIVE = 5.0
"""
JOB = """
import featureprep as fp
from featureprep import transforms as T
import NAME

@fp.job(sources={"main": fp.read_parquet("a.parquet")})
def job(main):
    return main.features(y=T.standard_scale(NAME.plus("x")), keep=["x"])
"""
NUMBERS = itertools.count()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A folder with a job and a module of functions that no other test has."""
    name = f"functions_{next(NUMBERS)}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "job.py").write_text(JOB.replace("NAME", name))
    pq.write_table(ROWS, tmp_path / "a.parquet")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(udf_module, "_allowed", set())
    return tmp_path, name


def forget(name: str) -> None:
    """As a new process would be: nothing imported."""
    sys.modules.pop(name, None)
    for key in [key for key in udf_module._functions if key[0] == name]:
        del udf_module._functions[key]
    importlib.invalidate_caches()


def test_a_stored_graph_lists_its_functions_and_imports_nothing_unless_allowed(project: tuple[Path, str]) -> None:
    folder, name = project
    done = load_job(str(folder / "job.py")).run(store=str(folder / "store"))
    expected = done.graph({"x": 1.0})
    forget(name)
    (folder / "imported").unlink()
    graph = fp.open_graph(str(folder / "store"), "job@latest")
    assert graph.udfs() == [f"{name}.plus"]
    assert graph.fingerprint == done.graph.fingerprint
    assert not (folder / "imported").exists()
    with pytest.raises(UdfError, match="not imported.*\n.*allow_udfs"):
        graph({"x": 1.0})
    with pytest.raises(UdfError, match="not imported"):
        graph.transform(ROWS)
    with pytest.raises(UdfError):
        fp.open_graph(str(folder / "store"), "job@latest", allow_udfs=["another_module"])({"x": 1.0})
    assert not (folder / "imported").exists()
    trusted = fp.open_graph(str(folder / "store"), "job@latest", allow_udfs=[name])
    assert trusted({"x": 1.0}) == expected
    assert trusted.transform(ROWS).equals(done.graph.transform(ROWS))
    stored = (next((folder / "store/job/data").glob("*/graph/graph.json"))).read_text()
    assert json.dumps(MODULE)[1:40] in stored  # the source text stands in the graph
    assert "six" in stored


def test_a_changed_source_is_refused_and_changes_the_fingerprint(project: tuple[Path, str]) -> None:
    folder, name = project
    done = load_job(str(folder / "job.py")).run(store=str(folder / "store"))
    forget(name)
    (folder / f"{name}.py").write_text(MODULE.replace("5.0", "6.0"))
    importlib.invalidate_caches()
    graph = fp.open_graph(str(folder / "store"), "job@latest", allow_udfs=[name])
    with pytest.raises(UdfError, match="plus has changed"):
        graph({"x": 1.0})
    again = load_job(str(folder / "job.py")).run(store=str(folder / "store"))
    assert again.graph.fingerprint != done.graph.fingerprint
    assert again.fragments_known < again.fragments_read + again.fragments_known  # states of the old function are not taken


def test_a_function_whose_file_is_edited_during_the_run_goes_on(project: tuple[Path, str]) -> None:
    folder, name = project
    job = load_job(str(folder / "job.py"))
    expected = prints(job.run(store=memory_store()))
    (folder / f"{name}.py").write_text(MODULE.replace("5.0", "6.0"))
    assert prints(job.run(store=memory_store())) == expected


def test_two_job_files_of_one_name_keep_their_functions_apart(tmp_path: Path) -> None:
    text = (
        'import featureprep as fp\n@fp.udf({"x": "float64"}, "float64", mode="row")\ndef f(x): return NUMBER\n'
        '@fp.job(sources={"main": fp.read_parquet("a.parquet")})\ndef job(main): return main.features(y=f("x"))\n'
    )
    jobs = []
    for number in ("1.0", "2.0"):
        (tmp_path / number).mkdir()
        pq.write_table(ROWS, tmp_path / number / "a.parquet")
        (tmp_path / number / "job.py").write_text(text.replace("NUMBER", number))
        jobs.append(load_job(str(tmp_path / number / "job.py")))
    runs = [job.run(store=memory_store()) for job in jobs]
    assert [r.graph({"x": 0.0})["y"] for r in runs] == [1.0, 2.0]


def test_a_module_that_cannot_be_imported(project: tuple[Path, str]) -> None:
    folder, name = project
    load_job(str(folder / "job.py")).run(store=str(folder / "store"))
    forget(name)
    (folder / f"{name}.py").write_text("1 / 0\n")
    importlib.invalidate_caches()
    graph = fp.open_graph(str(folder / "store"), "job@latest", allow_udfs=[name])
    with pytest.raises(UdfError, match="cannot be imported: ZeroDivisionError"):
        graph({"x": 1.0})


def test_an_altered_function_in_a_graph_is_found_on_opening(project: tuple[Path, str]) -> None:
    folder, _ = project
    load_job(str(folder / "job.py")).run(store=str(folder / "store"))
    path = next((folder / "store/job/data").glob("*/graph/graph.json"))
    text = path.read_text()
    path.chmod(0o644)
    path.write_text(text.replace('"plus"', '"exit"'))
    with pytest.raises(CorruptArtefactError):
        fp.open_graph(str(folder / "store"), "job@latest")
