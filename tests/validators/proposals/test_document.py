"""Edits of a contract's text: what is not edited stays as it is, in any layout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.proposals.document import Document, Edit, applied, entry
from featureprep.validators.proposals.patch import unified


def edited(text: str, *path: str, add: str = "", remove: str = "", put: str = "", items: tuple[str, ...] = ()) -> str:
    document = Document(text, "here")
    node: Any = document.root
    for key in path:
        node = entry(node, key)
    if add:
        return applied(text, [document.add(node, add)])
    if remove:
        return applied(text, [document.remove(node, remove)])
    return applied(text, [document.append(node, items) if items else document.replace(node, put)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("columns:\n  a: {type: int64} # c\n", "columns:\n  a: {type: int64, x: 1} # c\n"),
        ("columns:\n  a: {} # c\n", "columns:\n  a: {x: 1} # c\n"),
        (
            "columns:\n  a: {type: int64, # c\n   unique: true # d\n  }\n",
            "columns:\n  a: {type: int64, # c\n   unique: true, x: 1 # d\n  }\n",
        ),
        (
            "columns:\n  a:\n    type: int64 # c\n\n  # of b\n  b: int64\n",
            "columns:\n  a:\n    type: int64 # c\n    x: 1\n\n  # of b\n  b: int64\n",
        ),
        ("columns:\n  a:\n    type: int64", "columns:\n  a:\n    type: int64\n    x: 1"),
        ("columns:\r\n  a:\r\n    type: int64\r\n", "columns:\r\n  a:\r\n    type: int64\r\n    x: 1\r\n"),
        (
            "columns:\n  a:\n    type: string\n    values:\n    - p # c\n    - q\n  # of b\n  b: int64\n",
            "columns:\n  a:\n    type: string\n    values:\n    - p # c\n    - q\n    x: 1\n  # of b\n  b: int64\n",
        ),
        (
            "columns:\n  a:\n    note: |\n      one\n      two\n  b: int64\n",
            "columns:\n  a:\n    note: |\n      one\n      two\n    x: 1\n  b: int64\n",
        ),
        ("columns:\n  b: &t string\n  a:\n    type: *t\n", "columns:\n  b: &t string\n  a:\n    type: *t\n    x: 1\n"),
        ("columns:\n  b: &t string\n  a: {type: *t }\n", "columns:\n  b: &t string\n  a: {x: 1, type: *t }\n"),
        ("columns: {'ä\U0001f600': int64, a: {type: int64}}\n", "columns: {'ä\U0001f600': int64, a: {type: int64, x: 1}}\n"),
    ],
)
def test_a_key_more(before: str, after: str) -> None:
    assert edited(before, "columns", "a", add="x: 1") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("k: {a: 1, x: 2, b: 3}\n", "k: {a: 1, b: 3}\n"),
        ("k: {a: 1, x: 2}\n", "k: {a: 1}\n"),
        ("k: {x: [1, 2], a: 1}\n", "k: {a: 1}\n"),
        ("k:\n  a: 1 # c\n  x: 2 # d\n  # of b\n  b: 3\n", "k:\n  a: 1 # c\n  # of b\n  b: 3\n"),
        ("k:\n  a: 1\n  x:\n    - 2\n    - 3\n\n  b: 3\n", "k:\n  a: 1\n\n  b: 3\n"),
        ("k:\n  a: 1\n  x: 2", "k:\n  a: 1\n"),
    ],
)
def test_a_key_less(before: str, after: str) -> None:
    assert edited(before, "k", remove="x") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("k: [a, b] # c\n", "k: [a, b, y, z] # c\n"),
        ("k: [] # c\n", "k: [y, z] # c\n"),
        ("k: [a, # c\n  b # d\n  ]\n", "k: [a, # c\n  b, y, z # d\n  ]\n"),
        ("k:\n- a # c\n- b # d\n# e\nj: 1\n", "k:\n- a # c\n- b # d\n- y\n- z\n# e\nj: 1\n"),
        ("k:\n    - a\n    - b", "k:\n    - a\n    - b\n    - y\n    - z"),
    ],
)
def test_items_more(before: str, after: str) -> None:
    assert edited(before, "k", items=("y", "z")) == after


def test_a_value_in_place_of_another() -> None:
    assert edited("k: 'a b' # c\nj: 1\n", "k", put="x") == "k: x # c\nj: 1\n"
    assert edited("k:\n  - a\n  - b # c\n\n# d\nj: 1\n", "k", put="[x]") == "k:\n  [x] # c\n\n# d\nj: 1\n"


def test_edits_that_overlap_are_made_once() -> None:
    assert applied("abcd", [Edit(1, 2, "X"), Edit(1, 3, "Y"), Edit(3, 3, "+"), Edit(3, 3, "-")]) == "aXc+-d"
    assert applied("abcd", [Edit(1, 2, "X"), Edit(1, 2, "X")]) == "aXcd"


@settings(max_examples=60)
@given(lines=st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "d\x0be\n", "f\u2028g\n"]), max_size=12), data=st.data())
def test_git_takes_the_patch(lines: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    old = "".join(lines) + data.draw(st.sampled_from(["", "end"]))
    changed = [data.draw(st.sampled_from([line, line, line, "new\n", ""])) for line in lines]
    new = "".join(changed) + data.draw(st.sampled_from(["", "end", "other"]))
    folder: Path = tmp_path_factory.mktemp("patch")
    name = data.draw(st.sampled_from(["c.yaml", "a b.yaml", 'q".yaml', "ü.yaml"]))
    (folder / name).write_bytes(old.encode())
    patch = unified(old, new, name)
    assert bool(patch) == (old != new)
    if patch and old and new:  # git takes an empty file for one that comes or goes
        subprocess.run(["git", "apply", "-"], cwd=folder, input=f"# {name}\n#\n{patch}".encode(), check=True, capture_output=True)
        assert (folder / name).read_bytes().decode() == new


def test_a_contract_stays_one_whatever_its_layout() -> None:
    text = "columns: {a: {type: string, values: [x]}} # c\n"
    load_contract(edited(text, "columns", "a", "values", items=("y",)))
