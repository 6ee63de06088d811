"""Names follow OpenLineage's conventions and hold no secret."""

from __future__ import annotations

import pytest

from featureprep.lineage.naming import DatasetName, common_folder, in_memory, name_of, stored_version

RUN = "r20260304t030607000-0123456789"


@pytest.mark.parametrize(
    ("location", "namespace", "name", "uri"),
    [
        ("/data/a.csv", "file", "/data/a.csv", "file:///data/a.csv"),
        ("/data/a b?é#.csv", "file", "/data/a b?é#.csv", "file:///data/a%20b%3F%C3%A9%23.csv"),
        ("file:///data/a.csv", "file", "/data/a.csv", "file:///data/a.csv"),
        ("s3://bucket/x/y.parquet", "s3://bucket", "x/y.parquet", "s3://bucket/x/y.parquet"),
        ("s3a://bucket/x", "s3://bucket", "x", "s3://bucket/x"),
        ("S3://bucket", "s3://bucket", "/", "s3://bucket/"),
        ("https://user:secret@host:8080/a.csv?token=secret#secret", "https://host:8080", "a.csv", "https://host:8080/a.csv"),
        ("zip://a.csv::s3://bucket/c.zip", "s3://bucket", "c.zip::zip://a.csv", "s3://bucket/c.zip::zip://a.csv"),
        ("/data/a::b.csv", "file", "/data/a::b.csv", "file:///data/a::b.csv"),
    ],
)
def test_names(location: str, namespace: str, name: str, uri: str) -> None:
    found = name_of(location)
    assert (found.namespace, found.name, str(found)) == (namespace, name, uri)


def test_undecodable_paths_have_a_uri() -> None:
    assert name_of("/data/\udce9.csv").uri.isascii()


def test_tables_in_memory() -> None:
    assert in_memory("census", "people") == DatasetName("memory", "census/people")
    assert in_memory("a job", "p").uri == "memory:a%20job/p"


def test_common_folders() -> None:
    assert common_folder(["/a/b/c.csv"]) == "/a/b/c.csv"
    assert common_folder(["/a/b/c.csv", "/a/b/d.csv"]) == "/a/b"
    assert common_folder(["/a/bb/c.csv", "/a/b/d.csv"]) == "/a"
    assert common_folder(["/a", "/b"]) == "/"
    assert common_folder(["s3://x/a/1", "s3://x/a/2"]) == "s3://x/a"


def test_files_of_a_version_are_known() -> None:
    base = f"s3://bucket/store/census/data/{RUN}"
    assert stored_version([f"{base}/train/part-000000.parquet", f"{base}/eval/x"]) == (DatasetName("s3://bucket", "store/census"), RUN)
    assert stored_version([f"{base}/train/a", f"s3://bucket/store/other/data/{RUN}/train/a"]) is None
    assert stored_version([f"{base}/train/a", "/elsewhere/a.csv"]) is None
    assert stored_version(["/home/me/data/people/a.csv"]) is None
    assert stored_version([]) is None
