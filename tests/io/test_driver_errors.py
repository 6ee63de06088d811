"""What the driver of a store raises is the world's failure, with its place and its cure: no fault of ours."""

from __future__ import annotations

import http.server
import importlib
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import WorldError
from featureprep.io.listing import pin
from featureprep.io.streams import world_errors

for package in ("s3fs", "botocore"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed", allow_module_level=True)


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without credentials anywhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def refusing() -> Iterator[str]:
    """The URL of a store that refuses whatever is asked."""

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_gate_without_credentials(nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("columns: {a: int64}\n", encoding="utf-8")
    call = ["validate", "s3://nobucket-xyz/x.csv", "--contract", "c.yaml", "--format", "junit=o.xml"]
    result = CliRunner().invoke(cli, call)
    assert result.exit_code == 3
    assert "error: the file cannot be read: NoCredentialsError" in result.stderr
    assert "where: s3://nobucket-xyz/x.csv" in result.stderr
    assert "hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in result.stderr
    assert ET.parse(tmp_path / "o.xml").getroot().get("failures") == "1"


def test_a_store_that_refuses(nobody: None, refusing: str) -> None:
    options = {"key": "k", "secret": "s", "endpoint_url": refusing, "client_kwargs": {"region_name": "us-east-1"}}
    with pytest.raises(WorldError, match="Access Denied") as caught:
        pin(fp.read_csv("s3://nobucket/x.csv", storage_options=options))
    assert caught.value.hint == "look at the rights, or the credentials, that this process has there"


def test_what_cannot_be_reached() -> None:
    unreachable = importlib.import_module("botocore.exceptions").EndpointConnectionError
    with pytest.raises(WorldError, match="EndpointConnectionError") as caught, world_errors("s3://b/x.csv"):
        raise unreachable(endpoint_url="http://127.0.0.1:1/b")
    assert (caught.value.where, caught.value.exit_code) == ("s3://b/x.csv", 3)
    assert "AWS_ENDPOINT_URL" in str(caught.value.hint)


def test_other_faults_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), world_errors("s3://b/x.csv"):
        raise ZeroDivisionError
