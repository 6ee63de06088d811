"""Hostile input through whole runs: a version whose ledger adds up, or one clear error; never anything else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import ArgumentError, ContractError, FeatureprepError, JobFileError, RequestError
from featureprep.io.base import Source
from featureprep.jobs.loading import load_job
from featureprep.jobs.result import Run
from featureprep.store.objects import ObjectStore
from tests.jobs.cases import make_job, memory_store

ENCODINGS = {"latin1": "latin-1", "shift_jis": "shift_jis", "utf16": "utf-16", "iso-8859-7": "iso-8859-7"}


def keep_all(main: fp.Table) -> fp.Table:
    """All columns as they are."""
    return main


def outcome(source: Source, **options: Any) -> Run | FeatureprepError:
    """What comes of a generic job over a source; any other exception goes through, and fails the test."""
    try:
        done = make_job(keep_all, source, malformed=options.pop("malformed", "error")).run(store=memory_store(), **options)
    except FeatureprepError as error:
        assert error.exit_code in (1, 2, 3)
        assert error.what
        assert len(str(error)) < 5_000
        return error
    rows = done.ledger.rows()
    assert rows["read"] == rows["written"] + rows["dropped"] + rows["quarantined"]
    assert done.dataset.to_arrow(verify=True).num_rows == rows["written"]
    return done


def messy(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "messy").rglob("*") if p.suffix in (".csv", ".json", ".ndjson"))


def test_every_messy_file_in_every_mode(data_dir: Path) -> None:
    files = messy(data_dir)
    assert len(files) > 120
    committed = 0
    for number, path in enumerate(files):
        encoding = next((name for part, name in ENCODINGS.items() if part in path.name), "utf-8")
        read = fp.read_json if path.suffix in (".json", ".ndjson") else fp.read_csv
        modes = ("fail", "drop", "quarantine")
        statistics = number % 3 == 0
        fail, drop, quarantine = (
            outcome(read(str(path), on_error=m, encoding=encoding), statistics=statistics, partitions=2) for m in modes
        )
        if isinstance(quarantine, FeatureprepError):
            assert path.name in str(quarantine) or "reserved" in str(quarantine)
            assert isinstance(fail, FeatureprepError)
            assert isinstance(drop, FeatureprepError)
            continue
        committed += 1
        assert isinstance(drop, Run)
        assert drop.dataset.fingerprint == quarantine.dataset.fingerprint
        assert drop.ledger.rows()["dropped"] == quarantine.ledger.rows()["quarantined"]
        if quarantine.ledger.rows()["quarantined"]:
            assert isinstance(fail, FeatureprepError)
            assert path.name in str(fail)
        else:
            assert isinstance(fail, Run)
            assert fail.dataset.fingerprint == quarantine.dataset.fingerprint
    assert committed > 80


def test_every_parquet_file_of_the_test_collection(data_dir: Path) -> None:
    files = sorted(p for p in (data_dir / "parquet-testing").rglob("*") if p.suffix in (".parquet", ".encrypted"))
    if not files:
        pytest.skip("there is no parquet-testing in FEATUREPREP_DATA")
    found = [outcome(fp.read_parquet(str(path)), malformed="null", statistics=i % 2 == 0) for i, path in enumerate(files)]
    assert sum(isinstance(one, Run) for one in found) > len(files) // 4
    for path, one in zip(files, found, strict=True):
        if isinstance(one, FeatureprepError):
            assert path.name in str(one) or "column" in str(one), str(one)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "json", "csv", "gz"])
def test_files_cut_off_or_altered_anywhere(kind: str, tmp_path: Path) -> None:
    import gzip
    import random

    rng = random.Random(5)
    table = pa.table({"a": range(50), "b": [f"text {i}" for i in range(50)], "c": [[i] * (i % 3) for i in range(50)]})
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=20)
    elif kind == "arrow":
        with pa.ipc.new_file(path, table.schema) as out:
            out.write_table(table)
    elif kind == "json":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    else:
        text = "a,b\n" + "".join(f'{i},"text {i}"\n' for i in range(50))
        path.write_bytes(gzip.compress(text.encode()) if kind == "gz" else text.encode())
    readers: dict[str, Any] = {"parquet": fp.read_parquet, "arrow": fp.read_arrow, "json": fp.read_json}
    read = readers.get(kind, fp.read_csv)
    whole = path.read_bytes()
    for _ in range(40):
        data = bytearray(whole)
        if rng.random() < 0.5:
            del data[rng.randrange(len(data)) :]
        else:
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data))
        found = outcome(read(str(path), on_error="quarantine"), malformed="null", statistics=False)
        if isinstance(found, FeatureprepError):
            assert path.name in str(found) or "column" in str(found) or "reserved" in str(found), str(found)


# Contracts.

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB, "columns: *nothing", "!!python/object/apply:os.system ['echo']", "columns: !!python/name:os.system", "", "\0", "[" * 10_000, "columns: 5",
        "columns: {a: {type: int64, wrong: 1}}", "columns: {a: {type: nothing}}", "a: 1\na: 2", "\ufeff", "columns:\n\ta: 1", "- 1\n- 2", "null", "5",
        "columns: {a: {type: int64, regex: '('}}", "? [a, b]\n: c", "columns: {5: {type: int64}}", "columns: {a: {type: int64}}\nunknown: 1",
    ],
)  # fmt: skip
def test_contracts_that_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    contract = tmp_path / "contract.yaml"
    contract.write_text(text, encoding="utf-8")
    job = make_job(keep_all, fp.read_csv(str(tmp_path / "a.csv")), contract=str(contract))
    with pytest.raises(FeatureprepError) as caught:
        job.run(store=str(tmp_path / "store"))
    assert caught.value.exit_code in (1, 2)
    assert len(str(caught.value)) < 2_000
    assert not (tmp_path / "store/case/log").exists()


def test_a_contract_of_columns_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "contract.yaml").write_text("columns:\n  a: {type: int64}\n  gone: {type: int64}\n  away: {type: string}\n")
    with pytest.raises(ContractError, match="away") as caught:
        make_job(keep_all, fp.read_csv(str(tmp_path / "a.csv")), contract=str(tmp_path / "contract.yaml")).run(store=memory_store())
    assert "gone" in str(caught.value)
    assert "contract.yaml:3" in str(caught.value)
    for what, told in (("folder", "a folder, not a file"), ("none.yaml", "infer")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(RequestError, match=told):
            make_job(keep_all, fp.read_csv(str(tmp_path / "a.csv")), contract=str(tmp_path / what)).run(store=memory_store())


# Names that would lead out of the store.

PATHS = [
    "../x",
    "..",
    ".",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "",
    " ",
    "x\0y",
    "x\ny",
    "~",
    "C:",
    "é" * 300,
    "_state",
    "-x",
    "a" * 300,
    "con/../../x",
]


@pytest.mark.parametrize("name", PATHS)
def test_names_of_datasets_and_tags(name: str, tmp_path: Path) -> None:
    job = make_job(keep_all, fp.from_arrow(pa.table({"a": [1]})))
    store = tmp_path / "in/store"
    job.run(store=str(store))
    if name:
        with pytest.raises(RequestError):
            job.run(store=str(store), name=name)
    with pytest.raises(RequestError):
        fp.job(sources=job.sources, name=name or " ")(keep_all)
    for reference in (f"{name}@latest", f"case@{name}"):
        with pytest.raises(FeatureprepError):
            fp.open_dataset(str(store), reference)
        with pytest.raises(FeatureprepError):
            fp.open_graph(str(store), reference)
    result = CliRunner().invoke(cli, ["tag", "case@1", name, "--store", str(store)])
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    assert {p.name for p in tmp_path.iterdir()} == {"in"}
    assert {p.name for p in (tmp_path / "in").iterdir()} == {"store"}


def test_columns_and_values_that_look_like_paths(tmp_path: Path) -> None:
    values = ["..", "../../../escaped", "/absolute", ".", "a/../..", "\\..\\x", "%2e%2e", "x\0y", "CON", "a:b"]
    table = pa.table({"../k": values, "/v": range(len(values)), "..": values})
    store = tmp_path / "in/store"
    job = fp.job(sources={"main": fp.from_arrow(table)}, name="case", partition_by=["../k", ".."])(keep_all)
    try:
        done = job.run(store=str(store))
    except RequestError:
        done = None
    assert {p.name for p in tmp_path.iterdir()} <= {"in"}
    if done is not None:
        assert done.dataset.to_arrow().sort_by("/v").select(table.schema.names).equals(table)
        assert all(p.resolve().is_relative_to(store.resolve()) for p in store.rglob("*"))


# Job files.

MEMORY = "import featureprep as fp\nimport pyarrow as pa\n@fp.job(sources={'a': fp.from_arrow(pa.table({'x': [1]}))})\n"
FILES: dict[str, tuple[str, int, str]] = {
    "a syntax error": ("import featureprep as fp\ndef job(:\n", 2, r"job\.py:2"),
    "an exception": ("import featureprep\n\nx = 1 / 0\n", 2, r"job\.py:3"),
    "an exit": ("import sys\nsys.exit(0)\n", 2, r"job\.py"),
    "an exit with text": ("raise SystemExit('bye')\n", 2, r"job\.py"),
    "a keyboard interrupt of its own": ("raise KeyboardInterrupt\n", 130, ""),
    "an import that fails": ("import no_such_module_at_all\n", 2, "no_such_module_at_all"),
    "no job": ("x = 1\n", 2, "no jobs"),
    "nothing": ("", 2, "no jobs"),
    "a null byte": ("x = '\0'\n", 2, r"job\.py"),
    "bad bytes": ("# \udcff\nx = 1\n", 2, r"job\.py"),
    "a deep recursion": ("def f(): f()\nf()\n", 2, "RecursionError"),
    "an exception without a str": ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n", 2, r"job\.py:3"),
    "a job of nothing": ("import featureprep as fp\n@fp.job(sources={})\ndef j(): pass\n", 2, "sources"),
    "a job that returns nothing": (
        MEMORY + "def j(a): pass\n", 2, "not a table",
    ),
    "a body that raises": (
        MEMORY + "def j(a):\n    return a.nothing\n", 2, r"job\.py:5",
    ),
    "a column that is not there": (
        MEMORY + "def j(a):\n    return a.features(y=fp.col('z') + 1)\n", 2, r"job\.py:5",
    ),
}  # fmt: skip


def call(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


@pytest.mark.parametrize("what", FILES)
def test_job_files_that_are_none(what: str, tmp_path: Path) -> None:
    text, code, said = FILES[what]
    path = tmp_path / "job.py"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = call("run", str(path), "--store", str(tmp_path / "store"))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "store").exists() or not list((tmp_path / "store").rglob("log"))
    assert re.search(said, result.output), result.output


def test_a_job_file_that_prints_does_not_spoil_json(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "job.py").write_text(
        "import featureprep as fp\nprint('hello')\n@fp.job(sources={'a': fp.read_csv('a.csv')})\ndef j(a):\n    print('body')\n    return a\n"
    )
    result = call("run", str(tmp_path / "job.py"), "--store", str(tmp_path / "store"), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"]["written"] == 1


@pytest.mark.parametrize(
    "reference", ["", ".", "/", "no.py", "no.py:job", "\0", "x" * 5000, "job.txt", ":", ".py:", "no/such/folder/job.py"]
)
def test_paths_that_are_no_job_files(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.txt").write_text("x = 1")
    with pytest.raises(JobFileError):
        load_job(reference)


def test_a_folder_named_like_a_job_file(tmp_path: Path) -> None:
    (tmp_path / "job.py").mkdir()
    with pytest.raises(JobFileError):
        load_job(str(tmp_path / "job.py"))


@pytest.mark.parametrize("options", [{"partitions": 0}, {"partitions": -1}, {"partitions": 1.5}, {"partitions": "x"}, {"nothing": 1}, {"engine": "spork"},
                                     {"engine": 5}, {"store": ""}, {"store": "ftp://x"}, {"store": 5}, {"name": 5}, {"now": "today"}, {"split": 5},
                                     {"environment": 5}, {"now": 5}, {"contract": 5}, {"statistics": "no"}])  # fmt: skip
def test_arguments_of_run(options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = make_job(keep_all, fp.from_arrow(pa.table({"a": [1]})))
    with pytest.raises(FeatureprepError) as caught:
        job.run(**{"store": memory_store(), **options})
    assert caught.value.exit_code == 2


def test_a_store_that_is_a_file_or_read_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    job = make_job(keep_all, fp.from_arrow(pa.table({"a": [1]})))
    with pytest.raises(FeatureprepError) as caught:
        job.run(store=str(tmp_path / "file"))
    assert "file" in str(caught.value)
    assert ObjectStore.open(str(tmp_path / "none")).url


def test_partitions_may_be_more_than_rows() -> None:
    done = make_job(keep_all, fp.from_arrow(pa.table({"a": [1]}))).run(store=memory_store(), partitions=10**9)
    assert done.dataset.splits == {"all": 1}
    with pytest.raises(ArgumentError):
        fp.job(sources={}, name="x")
