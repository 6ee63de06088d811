"""Every kind of source, through whole runs: the same rows give the same data set, whatever holds them; what cannot be read says so."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import (
    ArgumentError,
    ColumnNotFoundError,
    ContractError,
    ParseError,
    RequestError,
    SourceChangedError,
    TypeMismatchError,
    WorldError,
)
from featureprep.io.base import Source
from featureprep.jobs.definition import Job
from featureprep.jobs.result import Run
from featureprep.run import write
from tests.jobs.cases import make_job, memory_store, prints

TYPES = {"id": "int64", "name": "string", "x": "float64", "ok": "bool", "day": "date"}
SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("x", pa.float64()), ("ok", pa.bool_()), ("day", pa.date32())])
NAMES = ["plain", None, "two\nlines", "crlf\r\nline", 'a "quoted" word', "comma, blank", "é ü ß", " blanks ", "NA", "?"]
ROWS: list[dict[str, Any]] = [
    {
        "id": i * 7919 - 5000,
        "name": NAMES[i % len(NAMES)],
        "x": None if i % 11 == 3 else i / 7 - 3,
        "ok": None if i % 13 == 5 else i % 3 == 0,
        "day": None if i % 17 == 1 else dt.date(2024, 1, 1) + dt.timedelta(days=i % 90),
    }
    for i in range(230)
]
TABLE = pa.Table.from_pylist(ROWS, SCHEMA)


def body(main: fp.Table) -> fp.Table:
    return main.features(
        x=T.standard_scale(T.impute("x", "median")), name=T.vocabulary("name"), ok=fp.label(col("ok").cast("int8")),
        month=T.date_parts("day", "month"), keep=["id", "name_text"],
    )  # fmt: skip


def table_body(main: fp.Table) -> fp.Table:
    return body(main.with_columns(name_text=col("name")))


def run(source: Source, function: Callable[..., fp.Table] = table_body, store: str | None = None, **options: Any) -> Run:
    given = {name: options.pop(name) for name in ("contract", "malformed", "split") if name in options}
    return make_job(function, source, **given).run(store=store or memory_store(), **options)


def keep_all(main: fp.Table) -> fp.Table:
    """No features(): all columns are written as they are."""
    return main


def rows_of(done: Run) -> list[dict[str, Any]]:
    """The written rows in their order."""
    found: list[dict[str, Any]] = done.dataset.to_arrow().to_pylist()
    return found


@pytest.fixture(scope="module")
def expected() -> tuple[str, str]:
    return prints(run(fp.from_arrow(TABLE)))


def text(value: Any, null: str = "") -> str:
    if value is None:
        return null
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_csv(separator: str = ",", null: str = "", header: bool = True, crlf: bool = False) -> str:
    """CSV by hand: everything quoted that could be mistaken."""

    def cell(value: Any) -> str:
        plain = text(value, null)
        special = isinstance(value, str) and (plain == null or any(c in plain for c in '"\r\n,?| ') or plain in ("NA", ""))
        return '"' + plain.replace('"', '""') + '"' if special else plain

    lines = [separator.join(SCHEMA.names)] if header else []
    lines += [separator.join(cell(v) for v in row.values()) for row in ROWS]
    end = "\r\n" if crlf else "\n"
    return end.join(lines) + end


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue())


def lines_of(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows)


def array_of(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, default=str, indent=1)


TEXTS: dict[str, tuple[str, bytes, Callable[[str], Source]]] = {
    "csv": ("a.csv", as_csv().encode(), lambda p: fp.read_csv(p, schema=TYPES)),
    "csv crlf": ("a.csv", as_csv(crlf=True).encode(), lambda p: fp.read_csv(p, schema=TYPES)),
    "csv with bom": ("a.csv", as_csv().encode("utf-8-sig"), lambda p: fp.read_csv(p, schema=TYPES)),
    "csv, comma and blank": ("a.csv", as_csv(", ").encode(), lambda p: fp.read_csv(p, separator=", ", schema=TYPES)),
    "csv, two bars": ("a.csv", as_csv("||").encode(), lambda p: fp.read_csv(p, separator="||", schema=TYPES)),
    "csv, nulls NA": ("a.csv", as_csv(null="NA").encode(), lambda p: fp.read_csv(p, null_values=["NA", "?"], schema=TYPES)),
    "csv without header": ("a.csv", as_csv(header=False).encode(), lambda p: fp.read_csv(p, names=SCHEMA.names, schema=TYPES)),
    "csv, types found": ("a.csv", as_csv().encode(), fp.read_csv),
    "csv latin-1": ("a.csv", as_csv().encode("latin-1"), lambda p: fp.read_csv(p, encoding="latin-1", schema=TYPES)),
    "csv utf-16": ("a.csv", as_csv().encode("utf-16"), lambda p: fp.read_csv(p, encoding="utf-16", schema=TYPES)),
    "csv utf-16-be": ("a.csv", as_csv().encode("utf-16-be"), lambda p: fp.read_csv(p, encoding="utf-16-be", schema=TYPES)),
    "csv gz": ("a.csv.gz", gzip.compress(as_csv().encode()), lambda p: fp.read_csv(p, schema=TYPES)),
    "csv zst": ("a.csv.zst", zstd(as_csv().encode()), lambda p: fp.read_csv(p, schema=TYPES)),
    "csv bz2 named": ("a.dat", bz2.compress(as_csv().encode()), lambda p: fp.read_csv(p, compression="bz2", schema=TYPES)),
    "json lines": ("a.json", lines_of(ROWS).encode(), lambda p: fp.read_json(p, schema=TYPES)),
    "json lines, types found": ("a.json", lines_of(ROWS).encode(), fp.read_json),
    "json array": ("a.json", array_of(ROWS).encode(), lambda p: fp.read_json(p, schema=TYPES)),
    "json array, types found": ("a.json", array_of(ROWS).encode(), fp.read_json),
    "json gz": ("a.json.gz", gzip.compress(lines_of(ROWS).encode()), lambda p: fp.read_json(p, schema=TYPES)),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_files(kind: str, expected: tuple[str, str], tmp_path: Path) -> None:
    name, data, source = TEXTS[kind]
    (tmp_path / name).write_bytes(data)
    for partitions in (1, 6):
        assert prints(run(source(str(tmp_path / name)), partitions=partitions)) == expected


def parquet(folder: Path) -> Source:
    pq.write_table(TABLE, folder / "a.parquet", row_group_size=50)
    return fp.read_parquet(str(folder / "a.parquet"))


def feather(folder: Path) -> Source:
    pa.feather.write_feather(TABLE, folder / "a.feather", chunksize=60)
    return fp.read_arrow(str(folder / "a.feather"))


def stream(folder: Path) -> Source:
    with pa.ipc.new_stream(folder / "a.arrows", SCHEMA) as out:
        out.write_table(TABLE, max_chunksize=70)
    return fp.read_arrow(str(folder / "a.arrows"))


def dictionaries(folder: Path) -> Source:
    pq.write_table(TABLE.set_column(1, "name", TABLE["name"].dictionary_encode()), folder / "a.parquet")
    return fp.read_parquet(str(folder / "a.parquet"))


def from_pandas(folder: Path) -> Source:
    frame = TABLE.to_pandas(date_as_object=True)
    frame["ok"] = frame["ok"].astype("boolean")
    return fp.from_pandas(frame)


def from_arrow_pandas(folder: Path) -> Source:
    import pandas as pd

    return fp.from_pandas(TABLE.to_pandas(types_mapper=pd.ArrowDtype))


def from_polars(folder: Path) -> Source:
    polars: Any = pytest.importorskip("polars", reason="polars is not installed (extra 'polars')")
    return fp.from_polars(polars.from_arrow(TABLE))


def chunks(folder: Path) -> Source:
    return fp.from_arrow(pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1, 0), TABLE.slice(1)]))


@pytest.mark.parametrize("make", [parquet, feather, stream, dictionaries, from_pandas, from_arrow_pandas, from_polars, chunks])
def test_typed_sources(make: Callable[[Path], Source], expected: tuple[str, str], tmp_path: Path) -> None:
    for partitions in (1, 5):
        assert prints(run(make(tmp_path), partitions=partitions)) == expected


# Several files.


def test_globs_and_lists_and_folders_are_the_same(expected: tuple[str, str], tmp_path: Path) -> None:
    whole = as_csv(header=False)
    cut = whole.index("\n", len(whole) // 2)
    while whole[:cut].count('"') % 2:  # not within a quoted cell
        cut = whole.index("\n", cut + 1)
    head = ",".join(SCHEMA.names) + "\n"
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/b.csv").write_text(head + whole[: cut + 1], encoding="utf-8", newline="")
    (tmp_path / "in/deep/a.csv").write_text(head + whole[cut + 1 :], encoding="utf-8", newline="")
    (tmp_path / "in/c.csv").write_text(head, encoding="utf-8")
    for path in ("in/**/*.csv", "in", ["in/b.csv", "in/deep/*.csv", "in/c.csv"], "in/deep/../**/?.csv"):
        listed = [str(tmp_path / p) for p in path] if isinstance(path, list) else str(tmp_path / path)
        done = run(fp.read_csv(listed, schema=TYPES))
        assert prints(done) == expected, path
        assert len(done.dataset.entry.sources[0]["files"]) == 3


def test_a_file_named_twice_is_read_once_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    try:
        done = run(fp.read_csv([str(tmp_path / "a.csv"), str(tmp_path / "*.csv")]), keep_all)
    except RequestError:
        return
    assert rows_of(done) == [{"a": 1}]


def test_empty_and_header_only_files_among_others(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "2.csv").write_text("a,b\n")
    (tmp_path / "3.csv").write_text("a,b\n3,z")
    source = fp.read_csv(str(tmp_path / "*.csv"))
    assert rows_of(run(source, keep_all)) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]
    (tmp_path / "4.csv").write_bytes(b"")
    try:
        done = run(source, keep_all)
    except (RequestError, ParseError) as error:
        assert "4.csv" in str(error)
    else:
        assert len(rows_of(done)) == 3


def test_a_file_without_a_column_that_the_others_have(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("a\n2\n")
    with pytest.raises(RequestError, match=r"2\.csv"):
        run(fp.read_csv(str(tmp_path / "*.csv")), keep_all)
    with pytest.raises(ColumnNotFoundError, match=r"2\.csv.*no column 'b'"):
        run(fp.read_csv(str(tmp_path / "*.csv"), schema={"a": "int64", "b": "string"}), keep_all)
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "2.parquet")
    with pytest.raises(RequestError, match=r"2\.parquet"):
        run(fp.read_parquet(str(tmp_path / "*.parquet")), keep_all)
    pq.write_table(pa.table({"a": [1.5], "b": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(TypeMismatchError, match=r"2\.parquet"):
        run(fp.read_parquet(str(tmp_path / "*.parquet")), keep_all)
    done = run(fp.read_parquet(str(tmp_path / "*.parquet"), schema={"a": "float64", "b": "string"}), keep_all)
    assert rows_of(done) == [{"a": 1.0, "b": "x"}, {"a": 1.5, "b": "x"}]


def test_columns_in_another_order_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,a\ny,2\n")
    assert rows_of(run(fp.read_csv(str(tmp_path / "*.csv")), keep_all)) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_hive_partitions_are_columns(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-03"]
    for i, day in enumerate(days):
        for kind in ("a b", "é%2F"):
            folder = tmp_path / f"day={day}/kind={kind}"
            folder.mkdir(parents=True)
            (folder / "x.csv").write_text(f"v\n{i}\n{i + 10}\n")

    def features(main: fp.Table) -> fp.Table:
        some = main.filter(col("v") < 12, name="below 12")
        return some.features(
            weekday=T.date_parts("day", "weekday"), kind=T.one_hot("kind"), v=T.standard_scale("v"), keep=["day", "kind_text"]
        )

    done = run(
        fp.read_csv(str(tmp_path / "*/*/*.csv"), hive_partitioning=True),
        lambda main: features(main.with_columns(kind_text=col("kind"))), split=fp.split(train=0.5, eval=0.5, by="day"),
    )  # fmt: skip
    rows = rows_of(done)
    assert {row["kind_text"] for row in rows} == {"a b", "é/"}
    assert {row["day"] for row in rows} == {dt.date.fromisoformat(d) for d in days}
    assert done.ledger.rows()["dropped"] == 2
    served = done.graph({"day": dt.date(2024, 1, 2), "kind": "a b", "v": 1, "kind_text": "x"})
    assert served["weekday"] == 1


def test_hive_partitions_of_json_and_of_equal_files(tmp_path: Path) -> None:
    """Files of the same bytes in two folders are different rows, also to the cache of states."""
    store = str(tmp_path / "store")
    for k in ("1", "2", "__HIVE_DEFAULT_PARTITION__"):
        folder = tmp_path / f"in/k={k}"
        folder.mkdir(parents=True)
        (folder / "x.json").write_text('{"v": 1}\n{"v": 2}\n')
        (folder / "x.csv").write_text("v\n1\n2\n")
        pq.write_table(pa.table({"v": [1, 2]}), folder / "x.parquet")

    def features(main: fp.Table) -> fp.Table:
        return main.features(z=T.impute("k", "mean"), keep=["k", "v"])

    for kind, read in (("json", fp.read_json), ("csv", fp.read_csv), ("parquet", fp.read_parquet)):
        source = read(str(tmp_path / f"in/*/*.{kind}"), hive_partitioning=True)
        for _ in range(2):
            rows = rows_of(run(source, features, store=store))
            assert [(row["k"], row["z"], row["v"]) for row in rows] == [(k, k or 1.5, v) for k in (1, 2, None) for v in (1, 2)]
    clash = tmp_path / "clash/v=3"
    clash.mkdir(parents=True)
    (clash / "x.json").write_text('{"v": 1}\n')
    with pytest.raises(RequestError, match="both in the file and in its folder"):
        run(fp.read_json(str(clash / "*.json"), hive_partitioning=True), keep_all)


# Types.


CONTRACT = """\
columns:
  id: {type: int64}
  name: {type: string, nullable: true}
  x: {type: float64}
  ok: {type: bool}
  day: {type: date}
"""


def test_schema_given_inferred_and_of_the_contract(expected: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(as_csv(), encoding="utf-8", newline="")
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    by_scan = run(fp.read_csv(str(tmp_path / "a.csv")))
    assert by_scan.scans[0] == "types of main"
    given = run(fp.read_csv(str(tmp_path / "a.csv"), schema=TYPES))
    contracted = run(fp.read_csv(str(tmp_path / "a.csv")), contract=str(tmp_path / "contract.yaml"))
    assert "types of main" not in given.scans + contracted.scans
    assert prints(by_scan) == prints(given) == prints(contracted) == expected


def test_a_contract_cannot_hide_what_a_file_has_or_lacks(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "a.csv").write_text("id,name,x,ok\n1,a,2.5,true\n")
    with pytest.raises((ContractError, RequestError), match="day"):
        run(fp.read_csv(str(tmp_path / "a.csv")), keep_all, contract=str(tmp_path / "contract.yaml"))
    (tmp_path / "a.csv").write_text("id,name,x,ok,day,extra\n1,a,2.5,true,2024-01-01,7\n")
    done = run(fp.read_csv(str(tmp_path / "a.csv")), keep_all, contract=str(tmp_path / "contract.yaml"))
    assert rows_of(done)[0]["extra"] == "7"  # no one says what type it has


def test_a_schema_narrows_and_casts(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 300], "b": ["x", "y", "z"], "t": [0, 1, 2]}), tmp_path / "a.parquet")
    source = fp.read_parquet(str(tmp_path / "a.parquet"), schema={"a": "int8", "t": "float64"})
    done = run(source, keep_all, malformed="null")
    assert rows_of(done) == [{"a": 1, "t": 0.0}, {"a": 2, "t": 1.0}, {"a": None, "t": 2.0}]
    aside = run(source, keep_all, malformed="quarantine")
    assert aside.ledger.rows()["quarantined"] == 1
    with pytest.raises(fp.RowRejected, match="malformed"):
        run(source, keep_all)


# Bad records.


@pytest.mark.parametrize("partitions", [1, 5])
def test_on_error_counts(partitions: int, tmp_path: Path) -> None:
    lines = [f"{i},x" if i % 5 else f"{i}" for i in range(100)]
    (tmp_path / "a.csv").write_text("a,b\n" + "\n".join(lines) + "\n")
    said = [json.dumps({"a": i}) if i % 5 else "{broken" for i in range(100)]
    (tmp_path / "a.json").write_text("\n".join(said) + "\n")
    for read, name in ((fp.read_csv, "a.csv"), (fp.read_json, "a.json")):
        path = str(tmp_path / name)
        dropped = run(read(path, on_error="drop"), keep_all, partitions=partitions)
        kept = run(read(path, on_error="quarantine"), keep_all, partitions=partitions)
        assert dropped.dataset.fingerprint == kept.dataset.fingerprint
        assert dropped.ledger.rows() == {"read": 100, "created": 0, "merged": 0, "dropped": 20, "quarantined": 0, "written": 80}
        assert kept.ledger.rows() == {"read": 100, "created": 0, "merged": 0, "dropped": 0, "quarantined": 20, "written": 80}
        first = 2 if name == "a.csv" else 1
        with pytest.raises(ParseError, match=rf"{name}:{first}"):
            run(read(path), keep_all, partitions=partitions)


@pytest.mark.parametrize("mode", ["drop", "quarantine"])
def test_all_records_bad(mode: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1\n2\n3\n")
    done = run(fp.read_csv(str(tmp_path / "a.csv"), on_error=mode, schema={"a": "int64", "b": "string"}), keep_all)
    assert done.ledger.rows()["read"] == 3
    assert rows_of(done) == []


# Sources that are not there, or do not stay.


def test_what_is_not_there_is_the_worlds_fault_and_leaves_nothing(tmp_path: Path) -> None:
    for path in ("none.csv", "none*.csv", "no/such/folder"):
        with pytest.raises(WorldError, match="none|such") as caught:
            run(fp.read_csv(str(tmp_path / path)), keep_all, store=str(tmp_path / "store"))
        assert caught.value.exit_code == 3
    assert not list(tmp_path.glob("store/*/log"))


@pytest.mark.parametrize("change", ["rewritten", "deleted", "appended"])
def test_a_source_that_changes_during_the_run(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n" + "1\n2\n" * 1000)
    old = write.WriteParts._write

    def changed(self: Any, *args: Any) -> Any:
        if change == "rewritten":
            path.write_text("a\n" + "1\n3\n" * 1000)
        elif change == "deleted":
            path.unlink(missing_ok=True)
        else:
            with path.open("a") as file:
                file.write("4\n")
        return old(self, *args)

    monkeypatch.setattr(write.WriteParts, "_write", changed)
    with pytest.raises(SourceChangedError, match=r"a\.csv") as caught:
        run(fp.read_csv(str(path)), lambda main: main.features(a=T.standard_scale("a")), store=str(tmp_path / "store"))
    assert caught.value.exit_code == 3
    assert not (tmp_path / "store/case/log").exists()
    assert list((tmp_path / "store/case/runs").rglob("lineage.ndjson"))


# Sources given by the caller.


def job_over(path: Path) -> Job:
    return make_job(lambda main: main.features(a=T.standard_scale("a")), fp.read_csv(str(path), separator=";"))


def test_a_path_in_place_of_the_jobs_keeps_its_options(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    (tmp_path / "b.csv").write_text("a;b\n1;2\n3;4\n")
    job = job_over(tmp_path / "a.csv")
    assert job.run(store=memory_store(), sources={"main": str(tmp_path / "b.csv")}).dataset.splits == {"all": 2}
    assert job.run(store=memory_store(), sources={"main": tmp_path / "b.csv"}).dataset.splits == {"all": 2}
    assert job.run(store=memory_store(), sources={"main": [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]}).dataset.splits == {"all": 3}
    assert job.run(store=memory_store(), sources={"main": fp.from_arrow(pa.table({"a": [1, 2, 3, 4]}))}).dataset.splits == {"all": 4}
    with pytest.raises(ArgumentError, match="no source 'other'"):
        job.run(store=memory_store(), sources={"other": "x"})
    for nonsense in (5, None, b"x", [5], [], {"a": 1}):
        with pytest.raises(RequestError):
            job.run(store=memory_store(), sources={"main": nonsense})
    with pytest.raises(RequestError):
        job.run(store=memory_store(), sources="main")
