"""The whole life of a version on an object store, with sources there too (moto's S3 server)."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import SourceChangedError, WorldError
from featureprep.jobs.definition import Job
from featureprep.jobs.resume import resume
from featureprep.run import write
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from featureprep.store.tags import set_tag
from tests.jobs.cases import SCHEMA, main_rows, make_job, memory_store, prints, write_csv
from tests.store import conftest as stores

for package in ("s3fs", "moto"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed", allow_module_level=True)


s3_endpoint, s3_options, s3_store = stores.s3_endpoint, stores.s3_options, stores.s3_store  # fixtures


def body(main: fp.Table) -> fp.Table:
    some = main.drop_duplicates().quarantine(when=col("count") > 35, reason="many")
    return some.features(
        amount=T.standard_scale(T.impute("amount", "median")), group=T.one_hot("group"), n=T.bucketize("count", 3),
        label=fp.label(col("flag").cast("int8")), keep=["id"],
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for i, path in enumerate(paths):
        write_csv(path, main_rows(80, seed=i), SCHEMA)
    return paths


@pytest.fixture
def lake(s3_options: dict[str, Any], files: list[Path]) -> Iterator[tuple[Any, str]]:
    import s3fs

    fs = s3fs.S3FileSystem(**s3_options)
    bucket = f"lake-{secrets.token_hex(6)}"
    fs.mkdir(bucket)
    for path in files:
        fs.put_file(str(path), f"{bucket}/in/{path.name}")
    yield fs, f"s3://{bucket}/in/*.csv"
    fs.rm(bucket, recursive=True)


def plain(main: fp.Table) -> fp.Table:
    return main.features(amount=T.standard_scale(T.impute("amount", "median")), group=T.vocabulary("group"), keep=["id"])


def job(pattern: str, options: dict[str, Any] | None = None, of: Any = body, **more: Any) -> Job:
    return make_job(of, fp.read_csv(pattern, schema=SCHEMA, storage_options=options), **more)


def test_the_life_of_a_version(s3_store: ObjectStore, s3_options: dict[str, Any], lake: tuple[Any, str], files: list[Path]) -> None:
    _, pattern = lake
    split = fp.split(train=0.7, eval=0.3, by="key")
    made = job(pattern, s3_options, split=split, partition_by="n")
    local = job(str(files[0].parent / "*.csv"), split=split)
    expected = local.run(store=memory_store())
    done = made.run(store=s3_store)
    assert prints(done) == prints(expected)
    assert done.ledger.to_json() == expected.ledger.to_json()
    done.dataset.check()
    url, options = s3_store.address
    opened = fp.open_dataset(url, "case@latest", **options)
    assert opened.to_arrow("train", verify=True).equals(done.dataset.to_arrow("train"))
    assert opened.to_pandas("eval").shape[0] == expected.dataset.splits["eval"]
    set_tag(s3_store, "case", "prod", 1, now=dt.datetime.now(dt.UTC))
    graph = fp.open_graph(url, "case@prod", **options)
    row = {"id": 1, "amount": 2.0, "group": "red", "count": 3}
    assert graph(row) == expected.graph(row)
    applied = made.apply("case@prod", store=s3_store)
    assert applied.dataset.name == "case_applied"
    assert applied.dataset.fingerprint == done.dataset.fingerprint
    again = made.run(store=s3_store)
    assert again.dataset.version == 2
    assert prints(again) == prints(done)


def test_states_are_kept_there(s3_store: ObjectStore, s3_options: dict[str, Any], lake: tuple[Any, str], files: list[Path]) -> None:
    fs, pattern = lake
    made = job(pattern, s3_options, plain)
    first = made.run(store=s3_store)
    assert (first.fragments_read, first.fragments_known) == (3, 0)
    second = made.run(store=s3_store)
    assert (second.fragments_read, second.fragments_known) == (0, 3)
    assert prints(second) == prints(first)
    write_csv(files[0].with_name("9.csv"), main_rows(50, seed=9), SCHEMA)
    fs.put_file(str(files[0].with_name("9.csv")), pattern.removeprefix("s3://").replace("*", "9"))
    third = made.run(store=s3_store)
    assert (third.fragments_read, third.fragments_known) == (1, 3)
    assert prints(third) == prints(job(str(files[0].parent / "*.csv"), of=plain).run(store=memory_store()))


def test_a_run_that_was_cut_off_is_resumed(
    s3_store: ObjectStore, s3_options: dict[str, Any], lake: tuple[Any, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, pattern = lake
    made = job(pattern, s3_options)
    expected = prints(made.run(store=memory_store()))

    def dies(*args: Any) -> Any:
        raise KeyboardInterrupt

    for place in ("featureprep.jobs.driver.publish", "featureprep.jobs.publish.commit"):
        with monkeypatch.context() as patched:
            patched.setattr(place, dies)
            with pytest.raises(KeyboardInterrupt):
                made.run(store=s3_store)
        (run_id,) = staged_runs(s3_store)
        done = resume(s3_store, run_id, made)
        assert prints(done) == expected
        assert done.run_id == run_id
        assert staged_runs(s3_store) == []


def test_a_source_that_is_replaced_during_the_run(
    s3_store: ObjectStore, s3_options: dict[str, Any], lake: tuple[Any, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fs, pattern = lake
    old = write.WriteParts._write

    def changed(self: Any, *args: Any) -> Any:
        with fs.open(pattern.removeprefix("s3://").replace("*", "1"), "wb") as file:
            file.write(",".join(SCHEMA.names).encode() + b"\n")
        return old(self, *args)

    monkeypatch.setattr(write.WriteParts, "_write", changed)
    with pytest.raises(SourceChangedError, match=r"in/1\.csv"):
        job(pattern, s3_options, plain).run(store=s3_store)
    assert not s3_store.list("case/log")


def test_the_command_line_on_a_bucket(
    s3_options: dict[str, Any], lake: tuple[Any, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials and endpoint come from the environment, as for any program."""
    import subprocess

    import s3fs

    bucket = f"store-{secrets.token_hex(6)}"
    s3fs.S3FileSystem(**s3_options).mkdir(bucket)
    for name, key in (("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_ENDPOINT_URL", "endpoint_url")):
        monkeypatch.setenv(name, s3_options[key])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    (tmp_path / "job.py").write_text(
        f"import featureprep as fp\nfrom featureprep import transforms as T\n\n\n"
        f"@fp.job(sources={{'main': fp.read_csv({lake[1]!r})}})\ndef case(main):\n    return main.features(amount=T.impute('amount'), keep=['id'])\n"
    )
    command = [sys.executable, "-m", "featureprep", "run", str(tmp_path / "job.py"), "--store", f"s3://{bucket}/store", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dataset"] == "case"
    assert fp.open_dataset(f"s3://{bucket}/store", "case@latest", **s3_options).version == 1


def test_a_bucket_that_is_not_there(s3_options: dict[str, Any], files: list[Path]) -> None:
    made = job(str(files[0]))
    with pytest.raises(WorldError) as caught:
        made.run(store=ObjectStore.open(f"s3://no-such-{secrets.token_hex(6)}/store", **s3_options))
    assert caught.value.exit_code == 3
    with pytest.raises(WorldError):
        job(f"s3://no-such-{secrets.token_hex(6)}/*.csv", s3_options).run(store=memory_store())
