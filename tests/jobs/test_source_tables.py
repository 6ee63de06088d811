"""Tables of every shape through whole runs: none, one, many columns and rows, strange names, huge cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, ParseError, RequestError
from tests.jobs.test_sources import SCHEMA, TYPES, keep_all, lines_of, rows_of, run


@pytest.mark.parametrize("kind", ["csv", "parquet", "json", "memory"])
def test_no_rows_at_all(kind: str, tmp_path: Path) -> None:
    empty = SCHEMA.empty_table()
    if kind == "csv":
        (tmp_path / "a.csv").write_text(",".join(SCHEMA.names) + "\n")
        source = fp.read_csv(str(tmp_path / "a.csv"), schema=TYPES)
    elif kind == "json":
        (tmp_path / "a.json").write_bytes(b"")
        source = fp.read_json(str(tmp_path / "a.json"), schema=TYPES)
    elif kind == "parquet":
        pq.write_table(empty, tmp_path / "a.parquet")
        source = fp.read_parquet(str(tmp_path / "a.parquet"))
    else:
        source = fp.from_arrow(empty)
    done = run(source, split=fp.split(train=0.5, eval=0.5))
    assert done.ledger.rows()["read"] == 0
    assert done.dataset.splits == {"train": 0, "eval": 0}
    assert done.dataset.to_arrow("train").schema.names == done.dataset.schema.names
    assert done.graph({"id": 1, "name": "x"})["id"] == 1
    X, y, names = done.dataset.matrix("train")
    assert X.shape == (0, len(names))
    assert y is not None
    assert len(y) == 0


@pytest.mark.parametrize("text_of", ["", "\n", "\n\n\n", "\ufeff"])
def test_a_csv_without_a_header_line(text_of: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text_of, encoding="utf-8")
    with pytest.raises((RequestError, ParseError), match=r"a\.csv"):
        run(fp.read_csv(str(tmp_path / "a.csv")), keep_all)


def test_columns_of_nulls_only(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n,1\n,2\n,\n")

    def features(main: fp.Table) -> fp.Table:
        return main.features(words=T.vocabulary("a"), b=T.impute("b", "mean"), keep=["a"])

    done = run(fp.read_csv(str(tmp_path / "a.csv")), features)
    assert [row["a"] for row in rows_of(done)] == [None] * 3
    assert [row["b"] for row in rows_of(done)] == [1.0, 2.0, 1.5]
    typed = run(fp.read_csv(str(tmp_path / "a.csv"), schema={"a": "float64", "b": "float64"}), lambda main: main.features(
        scaled=T.standard_scale("a"), filled=T.impute("a", "median"), bucket=T.bucketize("a", 3), low=T.min_max_scale("b"), keep=["a"]))  # fmt: skip
    assert [row["filled"] for row in rows_of(typed)] == [None] * 3
    assert rows_of(run(fp.from_arrow(pa.table({"n": pa.nulls(2)})), keep_all)) == [{"n": None}] * 2


def test_one_column_one_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("only\n5\n")
    done = run(fp.read_csv(str(tmp_path / "a.csv")), lambda main: main.features(x=T.standard_scale("only"), b=T.bucketize("only", 3)))
    assert rows_of(done) == [{"x": 0.0, "b": rows_of(done)[0]["b"]}]
    assert done.graph({"only": 5}) == rows_of(done)[0]


STRANGE = [
    "class",
    "a b",
    "é",
    '"',
    "'",
    "\\",
    "x,y",
    "two\nlines",
    "None",
    "lambda",
    "0",
    "-",
    "%s",
    "{a}",
    "日本",
    "A",
    "a",
    "a.b",
    "x" * 300,
    "__class__",
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_strange_column_names(kind: str, tmp_path: Path) -> None:
    table = pa.table({name: [i * 1.5, None, i + 1.0] for i, name in enumerate(STRANGE)})
    if kind == "csv":
        sink = io.StringIO(newline="")
        out = csv.writer(sink)
        out.writerow(STRANGE)
        out.writerows([["" if v is None else v for v in row.values()] for row in table.to_pylist()])
        (tmp_path / "a.csv").write_text(sink.getvalue(), encoding="utf-8", newline="")
        source = fp.read_csv(str(tmp_path / "a.csv"))
    else:
        pq.write_table(table, tmp_path / "a.parquet")
        source = fp.read_parquet(str(tmp_path / "a.parquet"))
    assert run(source, keep_all).dataset.to_arrow().to_pylist() == table.to_pylist()

    def features(main: fp.Table) -> fp.Table:
        scaled: dict[str, Any] = {f"{n}!": T.standard_scale(T.impute(n, "mean")) for n in STRANGE}
        return main.drop_duplicates(STRANGE).features(keep=["class"], **scaled)

    done = run(source, features, split=fp.split(train=1.0, by=STRANGE))
    for entry in table.to_pylist():
        assert done.graph(entry) in rows_of(done)


def test_dollar_names_are_reserved(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("$x,y\n1,2\n")
    with pytest.raises(ArgumentError, match=r"\$x.*reserved"):
        run(fp.read_csv(str(tmp_path / "a.csv")), keep_all)
    named = run(fp.read_csv(str(tmp_path / "a.csv"), names=["x", "y"], header=True), keep_all)
    assert rows_of(named) == [{"x": 1, "y": 2}]


def test_two_hundred_columns(tmp_path: Path) -> None:
    table = pa.table({f"c{i}": [float(i), None, i * 2.0] for i in range(200)})
    pq.write_table(table, tmp_path / "a.parquet")
    done = run(
        fp.read_parquet(str(tmp_path / "a.parquet")),
        lambda main: main.features(**{n: T.standard_scale(T.impute(n)) for n in table.schema.names}),
    )
    assert len(done.dataset.schema) == 200
    assert rows_of(done)[0] == done.graph(table.to_pylist()[0])


@pytest.mark.parametrize("source", ["csv", "parquet", "json", "arrow"])
def test_duplicate_column_names(source: str, tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    if source == "csv":
        (tmp_path / "a.csv").write_text("a,b,a\n1,2,3\n")
        with pytest.raises(ParseError, match="'a'"):
            run(fp.read_csv(str(tmp_path / "a.csv")), keep_all)
        renamed = run(fp.read_csv(str(tmp_path / "a.csv"), names=["a", "b", "c"], header=True), keep_all)
        assert rows_of(renamed) == [{"a": 1, "b": 2, "c": 3}]
    elif source == "parquet":
        pq.write_table(twice, tmp_path / "a.parquet")
        with pytest.raises(ParseError, match="'a'"):
            run(fp.read_parquet(str(tmp_path / "a.parquet")), keep_all)
    elif source == "arrow":
        with pytest.raises(ArgumentError, match="column names"):
            fp.from_arrow(twice)
    else:
        (tmp_path / "a.json").write_text('{"a": 1, "a": 2}\n')
        assert rows_of(run(fp.read_json(str(tmp_path / "a.json")), keep_all)) == [{"a": 2}]


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_ten_megabytes_in_a_cell(kind: str, tmp_path: Path) -> None:
    big = 'aé\n",' * (2 << 20)
    table = pa.table({"id": [1, 2, 3], "t": ["x", big, "y"]})
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["id", "t"], *([row["id"], row["t"]] for row in table.to_pylist())])
        source = fp.read_csv(str(path))
    elif kind == "json":
        path.write_text(lines_of(table.to_pylist()), encoding="utf-8")
        source = fp.read_json(str(path))
    else:
        pq.write_table(table, path)
        source = fp.read_parquet(str(path))
    done = run(source, lambda main: main.features(n=col("t").str.len(), keep=["id", "t"]), partitions=4)
    assert done.dataset.to_arrow().select(["id", "t"]).equals(table)
    assert done.dataset.to_arrow()["n"].to_pylist() == [1, len(big), 1]
    assert len(done.report._repr_html_()) < 5 << 20  # it is not shown whole
