"""YAML as data: what scalars mean, and that hostile files end in one error."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.validators.yaml_tree import MAX_BYTES, Tree, parse_yaml


def plain(tree: Tree) -> object:
    if isinstance(tree.value, dict):
        return {key: plain(item) for key, item in tree.value.items()}
    return [plain(item) for item in tree.value] if isinstance(tree.value, list) else tree.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, -2, +3, 010, 1_000, 0x10]", [1, -2, 3, 10, "1_000", "0x10"]),
        ("[1.5, .5, 1e3, 1.e-2, -.inf, 1.2.3]", [1.5, 0.5, 1000.0, 0.01, float("-inf"), "1.2.3"]),
        ("[true, false, True, yes, NO, on]", [True, False, "True", "yes", "NO", "on"]),
        ("[null, ~, '', 'null', \"1\"]", [None, None, "", "null", "1"]),
        ("[2020-01-01, 12:30, '=']", ["2020-01-01", "12:30", "="]),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("1: a\nnull: b\ntrue: c\n", {"1": "a", "null": "b", "true": "c"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("\ufeffa: 1\n", {"a": 1}),
        ("", None),
        ("# only a comment\n", None),
    ],
)
def test_values(text: str, value: object) -> None:
    assert plain(parse_yaml(text.encode(), "f")) == value


def test_lines_are_those_of_the_file() -> None:
    tree = parse_yaml("a: 1\n\nb:\n  - x\n  - {c:\n      2}\n", "f.yaml")
    assert tree.keys == {"a": 1, "b": 3}
    assert tree.value["b"].value[1].value["c"].place == "f.yaml:6"
    assert tree.value["b"].value[1].at("c") == "f.yaml:5"


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands here twice, first in line 1"),
        ("a:\n\t b: 2\n", 2, "not valid YAML"),
        ("a: [1, 2\n", 2, "not valid YAML"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "tag"),
        ("a: !!int 3\n", 1, "tag"),
        ("a: &a [*a]\n", 1, "inside its own anchor"),
        ("a: *nobody\n", 1, "no anchor"),
        ("a: 1\n---\nb: 2\n", 2, "second one"),
        ("? [a, b]\n: 1\n", 1, "key must be a name"),
        ("a: " + "9" * 10_000 + "\n", 1, "digits"),
        ("a: " + "[" * 5_000 + "\n", 1, "nested deeper"),
        ("a:\n" + "".join("  " * i + "- \n" for i in range(200)), None, "nested deeper"),
        (BOMB, 6, "more than 200000 values"),
        ("a: \x07\n", 1, "not valid YAML"),
        ("a: \ud800\n", None, "Unicode"),
        ("\n".join("- 1" for _ in range(200_001)), 200_001, "more than 200000 values"),
        ("a: '" + "x" * MAX_BYTES + "'", None, "more than 4 MiB"),
    ],
)
def test_hostile_files_end_in_one_error_with_its_line(text: str, line: int | None, words: str) -> None:
    start = time.perf_counter()
    with pytest.raises(RequestError, match=words) as caught:
        parse_yaml(text, "f.yaml")
    assert time.perf_counter() - start < 10
    if line is not None:
        assert caught.value.where == f"f.yaml:{line}"


def test_bytes_that_are_not_utf8_are_named_by_line() -> None:
    with pytest.raises(RequestError, match="not UTF-8") as caught:
        parse_yaml(b"a: 1\nb: \xff\n", "f.yaml")
    assert caught.value.where == "f.yaml:2"


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@`,? \n\t1.~é"), max_size=60))
def test_any_text_is_a_tree_or_a_request_error(text: str) -> None:
    try:
        parse_yaml(text, "f")
    except RequestError as error:
        assert error.where
        assert error.where.startswith("f")
