"""Stores to test on: a local folder, memory, and moto's S3 server; and small versions to put in them."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.store import paths
from featureprep.store.log_entry import Draft, FileRecord
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import put_part

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A moto server on a free port of the loopback, with one bucket.

    moto looks whether an object is there and writes it afterwards; S3 promises that as one step. So this server takes one
    request at a time, which makes its promise the one that the store is written for.
    """
    pytest.importorskip("s3fs", reason="s3fs is not installed (extra 's3')")
    moto = pytest.importorskip("moto.server", reason="moto's server is not installed (extra 'test')")
    serving = pytest.importorskip("werkzeug.serving", reason="moto's server is not installed (extra 'test')")

    class Quiet(serving.WSGIRequestHandler):  # type: ignore[name-defined,misc]
        def log(self, *_: Any) -> None:
            """Say nothing."""

    app = moto.DomainDispatcherApplication(moto.create_backend_app)
    server = serving.make_server("127.0.0.1", 0, app, threaded=False, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def s3_options(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Storage options with made-up credentials; nothing of the machine's own is read."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    region = {"region_name": "eu-west-1"}
    return {"key": "testing-key", "secret": "testing-secret", "endpoint_url": s3_endpoint, "client_kwargs": region}


@pytest.fixture
def s3_store(s3_options: dict[str, Any]) -> ObjectStore:
    import s3fs

    bucket = f"bucket-{secrets.token_hex(6)}"
    s3fs.S3FileSystem(**s3_options).mkdir(bucket)
    return ObjectStore.open(f"s3://{bucket}/some/store", **s3_options)


@pytest.fixture
def local_store(tmp_path: Path) -> ObjectStore:
    return ObjectStore.open(tmp_path / "store")


@pytest.fixture
def memory_store() -> ObjectStore:
    return ObjectStore.open(f"memory://{secrets.token_hex(8)}")


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    made: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture(params=["local", "memory"])
def near_store(request: pytest.FixtureRequest) -> ObjectStore:
    """Where nothing hangs on the kind of store."""
    made: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return made


Write = Callable[..., Draft]


@pytest.fixture
def write() -> Write:
    """Write the files of a version, not yet committed: `write(store, "census", {"train": [table, ...]})`."""

    def written(
        store: ObjectStore, name: str = "census", splits: dict[str, list[pa.Table]] | None = None, *, run_id: str | None = None, **more: Any
    ) -> Draft:
        run_id = run_id or new_run_id(NOW)
        tables = splits if splits is not None else {"train": [pa.table({"a": [1, 2, 3]})]}
        files = []
        for split, parts in tables.items():
            for i, table in enumerate(parts):
                sink = pa.BufferOutputStream()
                pq.write_table(table, sink)
                relative = f"{split}/{paths.part_name(i)}"
                part = put_part(store, f"{paths.run_data(name, run_id)}/{relative}", sink.getvalue().to_pybytes())
                files.append(FileRecord(relative, part.size, part.sha256, table.num_rows, split))
        first = next((parts[0] for parts in tables.values() if parts), pa.table({"a": [1]}))
        fields: dict[str, Any] = {
            "run_id": run_id,
            "job": name,
            "created": NOW,
            "engine": "pandas",
            "dataset_fingerprint": "0" * 32,
            "graph_fingerprint": "f" * 64,
            "schema": first.schema,
            "files": tuple(files),
            "splits": {split: sum(t.num_rows for t in parts) for split, parts in tables.items()},
        }
        return Draft(**{**fields, **more})

    return written
