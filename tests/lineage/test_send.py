"""Events reach a collector or a file; what goes wrong is a warning that holds no secret."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from featureprep.errors import ArgumentError
from featureprep.lineage.events import running, start
from featureprep.lineage.send import check_target, send
from tests.lineage.runs import NOW, info

EVENTS = [start(info()), running(info(), at=NOW)]
TOKEN = "s3cr3t-t0ken"


class Collector:
    """A server that answers as it is told, and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, dict[str, str], Any]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                status = collector.answers.pop(0) if collector.answers else 201
                if status == 0:  # hang up without an answer
                    self.close_connection = True
                    return
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v1/lineage"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_events_arrive_in_order_as_json(collector: Collector) -> None:
    assert send(EVENTS, collector.url) == []
    assert [event for _, _, event in collector.got] == EVENTS
    path, headers, _ = collector.got[0]
    assert (path, headers["content-type"]) == ("/api/v1/lineage", "application/json")
    assert "authorization" not in headers


def test_a_token_from_the_environment(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_TOKEN", TOKEN)
    assert send(EVENTS[:1], collector.url, token_env="LINEAGE_TOKEN") == []
    assert collector.got[0][1]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("value", [None, ""])
def test_no_token_is_sent_where_there_is_none(collector: Collector, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("LINEAGE_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("LINEAGE_TOKEN", value)
    assert send(EVENTS[:1], collector.url, token_env="LINEAGE_TOKEN") == []
    assert "authorization" not in collector.got[0][1]


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "é"])
def test_a_token_that_is_none(collector: Collector, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LINEAGE_TOKEN", value)
    (warning,) = send(EVENTS, collector.url, token_env="LINEAGE_TOKEN")
    assert "LINEAGE_TOKEN" in warning
    assert value not in warning
    assert collector.got == []


def test_a_busy_server_is_asked_again_and_ever_later(collector: Collector) -> None:
    collector.answers = [503, 429, 0, 201]
    waits: list[float] = []
    assert send(EVENTS, collector.url, backoff=0.5, sleep=waits.append) == []
    assert waits == [0.5, 1.0, 2.0]
    assert [event["eventType"] for _, _, event in collector.got] == ["START"] * 4 + ["RUNNING"]


def test_giving_up_is_a_warning(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_TOKEN", TOKEN)
    collector.answers = [500, 500, 500]
    (warning,) = send(EVENTS, collector.url + "?key=hidden", token_env="LINEAGE_TOKEN", retries=2, sleep=lambda _: None)
    assert len(collector.got) == 3
    assert "500" in warning
    assert "event 1 of 2, START" in warning
    assert TOKEN not in warning
    assert "hidden" not in warning


def test_a_refusal_is_not_tried_again(collector: Collector) -> None:
    collector.answers = [400]
    (warning,) = send(EVENTS, collector.url, sleep=lambda _: None)
    assert "400" in warning
    assert len(collector.got) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_token_follows_a_redirect(collector: Collector, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("LINEAGE_TOKEN", TOKEN)
    collector.answers = [status]
    (warning,) = send(EVENTS, collector.url, token_env="LINEAGE_TOKEN", sleep=lambda _: None)
    assert str(status) in warning
    assert len(collector.got) == 1


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else gets the port, and nobody answers
        waits: list[float] = []
        (warning,) = send(EVENTS, f"http://127.0.0.1:{taken.getsockname()[1]}/", retries=2, backoff=0.1, sleep=waits.append)
    assert "no connection" in warning
    assert len(waits) == 2


def test_a_server_that_never_answers_is_left_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (warning,) = send(EVENTS, f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2, retries=0)
    assert "lineage was not sent" in warning


@pytest.mark.parametrize(
    "target", ["", "ftp://host/x", "http://", "https://user:hunter2@host/x", "http://host/a b", "http://host/\n", "http://hést/x", "a\x00b"]
)
def test_places_that_are_none(target: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        check_target(target)
    (warning,) = send(EVENTS, target)
    assert "hunter2" not in str(raised.value) + warning


@pytest.mark.parametrize("target", ["http://host:port/x", "http://[::1/x", "http://a..b/"])
def test_hosts_that_are_none_are_warnings(target: str) -> None:
    (warning,) = send(EVENTS, target, retries=0, timeout=0.5)
    assert warning.startswith("lineage was not sent")


def test_files_are_added_to(tmp_path: Path) -> None:
    path = tmp_path / "lineage.ndjson"
    assert send(EVENTS, str(path)) == []
    assert send(EVENTS[:1], f"file://{path}") == []
    assert [json.loads(line) for line in path.read_text().splitlines()] == [*EVENTS, EVENTS[0]]


def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (warning,) = send(EVENTS, str(tmp_path / "absent" / "lineage.ndjson"))
    assert "No such file" in warning
