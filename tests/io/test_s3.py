"""Sources on an object store (moto's S3 server): globs, etags as versions, ranges, change noticed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.errors import SourceChangedError, WorldError
from featureprep.io.api import read_csv, read_parquet
from featureprep.io.listing import pin, verify

moto_server = pytest.importorskip("moto.server", reason="moto is not installed")
s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {"key": "test", "secret": "test", "endpoint_url": f"http://{host}:{port}", "client_kwargs": {"region_name": "eu-west-1"}}
    server.stop()


@pytest.fixture
def bucket(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # made-up credentials only: nothing of the machine's own is read
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    fs = s3fs.S3FileSystem(**options)
    fs.mkdir("lake")
    yield fs
    fs.rm("lake", recursive=True)


def test_csv(bucket: Any, options: dict[str, Any], read: Any) -> None:
    text = b"a,b\n" + b"".join(b'%d,"x\n%d"\n' % (i, i) for i in range(20_000))
    for day in (1, 2):
        with bucket.open(f"lake/day={day}/x.csv", "wb") as file:
            file.write(text)
    schema = {"a": "int64", "b": "string", "day": "int64"}
    source = read_csv("s3://lake/*/x.csv", schema=schema, hive_partitioning=True, storage_options=options)
    whole = read(source, target=50_000)
    assert whole.fragments > 4
    assert [row["a"] for row in whole.rows] == [*range(20_000)] * 2
    assert whole.rows[-1] == {"a": 19_999, "b": "x\n19999", "day": 2}
    assert whole.origins[-1][0] == "s3://lake/day=2/x.csv"
    assert whole.origins[-1][2] == 2 + 2 * 19_999
    first, second = pin(source, None)
    assert first.version == second.version
    with pytest.raises(WorldError, match="no file matches"):
        pin(read_csv("s3://lake/none*.csv", storage_options=options), None)
    verify(source, first)
    with bucket.open("lake/day=1/x.csv", "wb") as file:
        file.write(text.replace(b"7", b"8"))
    with pytest.raises(SourceChangedError, match="replaced"):
        verify(source, first)
    bucket.rm("lake/day=1/x.csv")
    with pytest.raises(SourceChangedError, match="gone"):
        verify(source, first)


def test_parquet(bucket: Any, options: dict[str, Any], read: Any) -> None:
    table = pa.table({"a": range(1000), "s": ["x", "y"] * 500})
    with bucket.open("lake/x.parquet", "wb") as file:
        pq.write_table(table, file, row_group_size=100)
    source = read_parquet("s3://lake/x.parquet", storage_options=options)
    assert pin(source, None)[0].version.startswith("etag:")
    whole = read(source, target=1)
    assert whole.rows == table.to_pylist()
    assert whole.fragments == 10
