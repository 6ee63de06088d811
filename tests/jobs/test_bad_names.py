"""Columns and values whose names are traps: they arrive as they are, and neither page nor terminal does what they say."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.cli import cli
from featureprep.errors import ContractError, FeatureprepError, RequestError
from tests.jobs.cases import memory_store

NAMES = (
    "__class__", "__init__", "self", "class", "select", "from", "group by", "label", "weight", "keep", "dtype", "split", "row", "None", "0", "-1", "a b", " a", "a\nb",
    "a\tb", "a\rb", "\x1b[31mred\x1b[0m", "\x07", "\x00", "\u202eabc", "\u200b", "\ufeffbom", "\U0001f600", "ä", "a\u0308", "<script>alert(1)</script>",
    "</table><img src=x onerror=alert(1)>", "&amp;", "'", '"', "\\", "`", "{}", "{{ 7 * 7 }}", "{% raw %}", "%s", "a=b", "a/b", "..", "../../x", "a,b", "#", "@", "*", "?",
    "[0]", "x" * 10_000, "fp_1", "v0", "lambda", "import os", "); DROP TABLE x;--",
)  # fmt: skip
VALUES = ("<script>alert(2)</script>", "\x1b[2Jcleared", "\u202eabc", "plain")


def table() -> pa.Table:
    columns = [pa.array([float(i), 1.5, None, 2.0 * i]) for i in range(len(NAMES))]
    return pa.table([*columns, pa.array(VALUES)], names=[*NAMES, "values"])


def every(main: fp.Table) -> fp.Table:
    features = {name: T.standard_scale(name) for name in NAMES if name != "keep"}
    return main.drop_nulls("v0").filter(col("class") > -1, name="<b>rule</b>\x1b[1m").features(
        {**features, "values": T.one_hot("values")}, keep=["keep"]
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("names") / "store"
    fp.job(sources={"main": fp.from_arrow(table())}, name="names")(every).run(store=str(place))
    return place


def test_names_arrive_as_they_are(store: Path) -> None:
    written = fp.open_dataset(str(store), "names@1").to_arrow(verify=True)
    assert set(written.schema.names) == {*NAMES, "values"}
    assert written.num_rows == 3
    graph = fp.open_graph(str(store), "names@1")
    row = {name: float(i) for i, name in enumerate(NAMES)} | {"values": VALUES[0]}
    served = graph(row)
    batch = graph.transform(pa.Table.from_pylist([row]))
    assert set(served) == {*NAMES, "values"}
    for name in NAMES:
        assert served[name] == batch.column(name)[0].as_py()


def test_pages_hold_no_foreign_markup(store: Path) -> None:
    (page,) = (path.read_text(encoding="utf-8") for path in store.glob("names/data/*/report.html"))
    for tag in ("<script>alert", "<img src=x", "<b>rule"):
        assert tag not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert" in page
    assert len(page) < 3_000_000


@pytest.mark.parametrize(
    "args",
    [
        ["stats", "names"], ["report", "names"], ["lineage", "names"], ["diff", "names@1", "names@1"], ["datasets"],
        ["trace", "names", "--row", '{"class": 1, "v0": 2}'],
    ],
)  # fmt: skip
def test_terminals_are_not_steered(args: list[str], store: Path) -> None:
    result = CliRunner().invoke(cli, [*args, "--store", str(store)])
    assert result.exit_code == 0, result.output
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u200b]", result.output), args
    assert max(map(len, result.output.split("\n"))) < 2000


def test_a_csv_file_with_such_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [name for name in NAMES if name.strip() == name and "\x00" not in name and "\r" not in name and "\ufeff" not in name]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[i, *VALUES, *range(len(names) - 5)] for i in range(3)])
    Path("a.csv").write_bytes(text.getvalue().encode())
    made = CliRunner().invoke(cli, ["infer", "a.csv", "-o", "contract.yaml"])
    assert made.exit_code == 0, made.output
    checked = CliRunner().invoke(cli, ["validate", "a.csv", "--contract", "contract.yaml"])
    assert checked.exit_code == 0, checked.output
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", made.output + checked.output)
    job = fp.job(sources={"a": fp.read_csv(str(tmp_path / "a.csv"))}, contract=str(tmp_path / "contract.yaml"), name="csv")(lambda a: a)
    assert job.run(store=memory_store()).dataset.to_arrow().schema.names == names


@pytest.mark.parametrize("names", [["a", "a"], ["", "b"], ["$a", "b"]])
def test_names_that_cannot_be(names: list[str]) -> None:
    with pytest.raises(FeatureprepError) as caught:
        fp.job(sources={"a": fp.from_arrow(pa.table([pa.array([1]), pa.array([2])], names=names))}, name="n")(lambda a: a).run(
            store=memory_store()
        )
    assert caught.value.exit_code in (1, 2)
    assert repr(names[0]) in str(caught.value) or "name" in str(caught.value)


def test_reserved_words_are_features_in_a_dict_only() -> None:
    made = fp.job(sources={"a": fp.from_arrow(pa.table({"x": [1.0, 2.0]}))}, name="n")(lambda a: a.features({"keep": "x", "dtype": "x"}))
    assert made.run(store=memory_store()).dataset.to_arrow().schema.names == ["keep", "dtype"]
    with pytest.raises(RequestError, match="an option of features"):
        fp.job(sources={"a": fp.from_arrow(pa.table({"x": [1.0]}))}, name="n")(lambda a: a.features(keep=col("x")))


@pytest.mark.parametrize("length", [10_000, 1_000_000])
def test_messages_name_long_columns_in_short(length: int) -> None:
    name = "x" * length
    source = fp.from_arrow(pa.table({name: ["text"], "b" + name: ["text"]}))
    with pytest.raises(FeatureprepError) as missing:
        fp.job(sources={"a": source}, name="n")(lambda a: a.features(f=col("c" + name))).run(store=memory_store())
    with pytest.raises(FeatureprepError) as wrong:
        fp.job(sources={"a": source}, name="n")(lambda a: a.features(f=T.standard_scale(name))).run(store=memory_store())
    assert len(str(missing.value)) < 2000
    assert len(str(wrong.value)) < 2000


def test_nan_keys_meet_and_group(tmp_path: Path) -> None:
    nan = float("nan")
    keys = pa.array([nan, nan, None, 1.0, -0.0, 0.0])
    main = fp.from_arrow(pa.table({"k": keys, "v": [1, 2, 3, 4, 5, 6]}))
    grouped = fp.job(sources={"a": main}, name="n")(lambda a: a.group_by("k").agg(n=fp.agg.count()))
    rows = grouped.run(store=memory_store()).dataset.to_arrow().to_pylist()
    assert sorted(row["n"] for row in rows) == [1, 1, 2, 2]
    unique = fp.job(sources={"a": main}, name="n")(lambda a: a.drop_duplicates("k"))
    assert unique.run(store=memory_store()).dataset.to_arrow().num_rows == 4


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "arrow"])
def test_files_without_rows(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    empty = pa.table({"x": pa.array([], pa.float64()), "c": pa.array([], pa.string())})
    if kind == "csv":
        path.write_text("x,c\n")
        source = fp.read_csv(str(path), schema={"x": "float64", "c": "string"})
    elif kind == "json":
        path.write_text("")
        source = fp.read_json(str(path), schema={"x": "float64", "c": "string"})
    elif kind == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(empty, path)
        source = fp.read_parquet(str(path))
    else:
        with pa.ipc.new_file(path, empty.schema) as out:
            out.write_table(empty)
        source = fp.read_arrow(str(path))
    job = fp.job(sources={"a": source}, name="n")(lambda a: a.features(x=T.standard_scale("x"), c=T.vocabulary("c")))
    done = job.run(store=memory_store())
    assert done.dataset.to_arrow().num_rows == 0
    assert any("no rows" in text for text in done.warnings)
    (tmp_path / "contract.yaml").write_text("columns: {x: float64, c: string}\n")
    checked = fp.job(sources={"a": source}, name="n", contract=str(tmp_path / "contract.yaml"))(lambda a: a.features(x="x"))
    with pytest.raises(ContractError, match="no rows|zero rows|empty"):
        checked.run(store=memory_store())


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
def test_files_without_a_byte(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"")
    readers: dict[str, Any] = {"csv": fp.read_csv, "parquet": fp.read_parquet, "arrow": fp.read_arrow}
    with pytest.raises(FeatureprepError) as caught:
        fp.job(sources={"a": readers[kind](str(path))}, name="n")(lambda a: a).run(store=memory_store())
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 1
