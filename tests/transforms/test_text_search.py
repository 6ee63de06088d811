"""url_domains and regex_flags: by hand, and against urllib and `re`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr
from tests.transforms.harness import check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly


@pytest.mark.parametrize(
    "text, hosts",
    [
        ("", []),
        ("nothing here: www.example.com, ftp://example.com, http:/example.com", []),
        ("http://example.com", ["example.com"]),
        ("HTTPS://WWW.Example.COM/Path", ["www.example.com"]),
        ("http://user:pass@example.com:8080/a@b", ["example.com"]),
        ("http://a@b@example.com", ["example.com"]),
        (
            "http://example.com?x=a@b.org http://example.net#c@d.org http://example.org\\@e.org",
            ["example.com", "example.net", "example.org"],
        ),
        ("(see http://example.com), or <https://example.org>. \"http://a.b\" 'http://c.d'", ["example.com", "example.org", "a.b", "c.d"]),
        ("ends a sentence http://example.com. And http://example.com...", ["example.com", "example.com"]),
        ("http://[::1]:80/ http://[2001:DB8::1] http://192.168.0.1/", ["::1", "2001:db8::1", "192.168.0.1"]),
        ("http://web.archive.org/web/http://example.com/", ["web.archive.org", "example.com"]),
        ("xhttp://example.com _http://example.com 1http://example.com", []),
        ("éhttp://example.com -http://example.org http://http://example.net", ["example.com", "example.org", "example.net"]),
        ("http:// http:/// http://@ http://:80 http://.a http://-a http://[] http://[::1 http://user@", []),
        ("http://münchen.de http://İ.tr http://例え.テスト/ http://example.com”", ["münchen.de", "i.tr", "例え.テスト", "example.com"]),
        ("http://xn--mnchen-3ya.de http://a_b.example http://ex%41mple.com", ["xn--mnchen-3ya.de", "a_b.example", "ex%41mple.com"]),
        ("http://example.com\u00a0x http://exa\x00mple.com http://a.b\x7fc", ["example.com", "exa", "a.b"]),
        ("http://a..b http://a.b-", ["a..b", "a.b-"]),
    ],
)
def test_url_domains_by_hand(text: str, hosts: list[str]) -> None:
    assert results(T.url_domains("x"), x=[text, None, f"{text} é"]) == [hosts, None, hosts]


@pytest.mark.parametrize("rows", [[], [None], [None, None], [""]])
def test_url_domains_of_nothing(rows: list[Any]) -> None:
    wanted: list[Any] = [None if row is None else [] for row in rows]
    assert results(T.url_domains("x"), x=pa.array(rows, pa.string())) == wanted
    assert results(T.url_domains("x"), x=pa.nulls(2)) == [None, None]
    assert results(T.url_domains("x", missing="http://a.b"), x=pa.array([None], pa.string())) == [["a.b"]]


_LABEL = st.text("abcXYZ019_", min_size=1, max_size=4)
_HOST = st.lists(_LABEL, min_size=1, max_size=3).map(".".join) | st.just("[::AB]")
_URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HtTp://"]),
    st.sampled_from(["", "u@", "u:p@", "a@b@", ":@"]),
    _HOST,
    st.sampled_from(["", ":", ":80"]),
    st.sampled_from(["", "/", "/a@b:c", "?q=u@h", "#f", "/p?q#f"]),
)


@given(urls=st.lists(_URLS, max_size=5), between=st.sampled_from([" ", "\n", "> <", '"', "\u3000"]))
@settings(max_examples=60)
def test_url_domains_of_well_formed_urls_are_urllibs(urls: list[str], between: str) -> None:
    assert results(T.url_domains("x"), x=[between.join(urls)]) == [[urlsplit(url).hostname for url in urls]]


@given(
    text=st.lists(st.sampled_from(["http://", "https://", "a", ".", "@", ":", "/", "[", "]", "%", "-", "é", " ", "”"]), max_size=20).map(
        "".join
    )
)
@settings(max_examples=60)
def test_url_domains_of_any_text_are_hosts(text: str) -> None:
    for host in results(T.url_domains("x"), x=[text])[0]:
        assert host
        assert host == host.lower()
        assert not set(host) & set("@/[] ”")
        assert not host.endswith(".")


def _bodies(folder: Path) -> list[str]:
    files = [folder / "spamassassin" / name for name in ("spam-1.ndjson", "easy-ham-1.ndjson")]
    return [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_url_domains_of_real_mail_are_urllibs(data_dir: Path) -> None:
    texts = _bodies(data_dir)
    wanted = []
    for text in texts:
        hosts = []
        for url in re.findall(r"""\bhttps?://(?:(?!https?://)[^\s"<>^`{|}\\\x00-\x20\x7f])*""", text, re.ASCII | re.IGNORECASE):
            try:
                host = (urlsplit(url).hostname or "").lower()  # urllib leaves what follows a % as it is
            except ValueError:  # what is no IPv6 address in brackets
                continue
            hosts += [found.rstrip(".") for found in re.findall(r"\A[\w%][\w%.-]*", host)]
        wanted.append(hosts)
    made = fit(T.url_domains("x"), table := pa.table({"x": texts}))
    ours = made.batch(table)[0].to_pylist()
    assert sum(map(len, ours)) > 3000
    assert ours == wanted
    check_rows_equal_batch(made, table)


def test_regex_flags_by_hand() -> None:
    patterns = {"money": "[$€£]", "ends": r"\.$", "Word": r"(?i)\bword\b"}
    made = fit(T.regex_flags("x", patterns), table := pa.table({"x": ["10€.", "a WORD", "", None, "sword.\n", "ends."]}))
    assert made.bound.op.elements(made.bound.call) == ["money", "ends", "Word"]
    assert made.bound.type == pa.list_(pa.int8(), 3)
    assert check_rows_equal_batch(made, table) == [[1, 1, 0], [0, 0, 1], [0, 0, 0], None, [0, 0, 0], [0, 1, 0]]
    assert results(T.regex_flags("x", {"a": "a"}, missing="a"), x=["b", None]) == [[0], [1]]
    assert results(T.regex_flags("x", {"a": "^$"}), x=pa.array([None, "", None], pa.string())) == [None, [1], None]
    assert results(T.regex_flags("x", {"a": "a"}), x=pa.nulls(2)) == [None, None]
    assert results(T.regex_flags("x", {"a": "a"}), x=pa.array([], pa.string())) == []


def test_regex_flags_of_real_messages_are_those_of_re(data_dir: Path) -> None:
    patterns = {"number": "[0-9]{5,}", "shout": r"\b[A-Z]{4,}\b", "free": "(?i)free|win", "money": "[£$]", "starts": "^[A-Z]", "bang": "!$"}
    lines = (data_dir / "sms-spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    texts = [line.partition("\t")[2] for line in lines]
    wanted = [[int(re.search(p, text, re.ASCII) is not None) for p in patterns.values()] for text in texts]
    made = fit(T.regex_flags("x", patterns), table := pa.table({"x": texts}))
    assert made.batch(table)[0].to_pylist() == wanted
    assert all(0 < total < len(texts) for total in map(sum, zip(*wanted, strict=True)))
    check_rows_equal_batch(made, table.slice(0, 300))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.regex_flags("x", {}), "'names' parameter of regex_flags must be a list (at least 1)"),
        (lambda: U.regex_flags("x", ["a"]), "'patterns' parameter of regex_flags must be a dict of names and patterns"),
        (lambda: U.regex_flags("x", {"": "a"}), "'names' parameter of regex_flags"),
        (lambda: U.regex_flags("x", {"a": 1}), "'patterns' parameter of regex_flags"),
        (lambda: U.regex_flags("x", {"a": ""}), "'patterns' parameter of regex_flags"),
        (lambda: U.regex_flags(3, {"a": "a"}), "'column' parameter of regex_flags"),
        (lambda: U.url_domains(None), "'column' parameter of url_domains"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_text_search.py:" in str(caught.value)


@pytest.mark.parametrize(
    "expr, dtype, error, says",
    [
        (T.url_domains("x"), pa.int64(), TypeMismatchError, "url_domains takes text, not int64"),
        (T.regex_flags("x", {"a": "a"}), pa.list_(pa.string()), TypeMismatchError, "regex_flags takes text, not list<string>"),
        (T.regex_flags("x", {"a": "a", "b": "("}), pa.string(), ArgumentError, "a regular expression that RE2 takes"),
        (T.regex_flags("x", {"a": r"(?=a)"}), pa.string(), ArgumentError, "RE2 has no look-around"),
    ],
    ids=str,
)
def test_types_and_patterns_are_held_against_what_is_taken(expr: Expr, dtype: pa.DataType, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fit(expr, pa.table({"x": pa.array([], dtype)}))
