"""Rows found by key against Python's dictionaries, with few and many words, dense and scattered numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.expr import keytable
from featureprep.expr.keytable import KeyTable
from tests.relational.tables import canonical, columns


def expected(table: list[pa.Array], probe: list[pa.Array]) -> list[int]:
    def rows(of: list[pa.Array]) -> list[tuple[Any, ...]]:
        return [tuple(canonical(value) for value in row) for row in zip(*(column.to_pylist() for column in of), strict=True)]

    known = {row: at for at, row in enumerate(rows(table)) if None not in row}
    return [known.get(row, -1) for row in rows(probe)]


def distinct(table: list[pa.Array]) -> list[pa.Array]:
    """The first row of each key."""
    seen: dict[Any, int] = {}
    for at, row in enumerate(zip(*(column.to_pylist() for column in table), strict=True)):
        seen.setdefault(tuple(canonical(value) for value in row), at)
    return [column.take(pa.array(list(seen.values()), pa.int64())) for column in table]


@given(st.data(), st.sampled_from([0, 1 << 10]), st.sampled_from([0, 1 << 16]))
def test_each_row_finds_the_equal_key(data: st.DataObject, few: int, dense: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keytable, "_FEW", few)
        patch.setattr(keytable, "_DENSE", dense)
        rows, asked = data.draw(st.integers(0, 12)), data.draw(st.integers(0, 12))
        both = [data.draw(columns(rows + asked, nested=False)) for _ in range(data.draw(st.integers(1, 3)))]
        table, probe = distinct([column.slice(0, rows) for column in both]), [column.slice(rows) for column in both]
        assert KeyTable(table).find(probe).tolist() == expected(table, probe)


@pytest.mark.parametrize("spread", [1, 1_000_003])
def test_many_keys_of_two_columns(spread: int) -> None:
    rng = np.random.default_rng(spread)
    first, second = rng.permutation(5000), rng.integers(0, 3000, 5000)
    table = [pa.array(first * spread - 7), pa.array([f"word {i}" for i in second])]
    at = rng.integers(0, 5000, 999)
    moved = rng.random(999) < 0.3
    probe = [pa.array((first[at] + moved * 5000) * spread - 7), table[1].take(pa.array(at))]
    table_of_keys = KeyTable(table)
    assert table_of_keys.find(probe).tolist() == np.where(moved, -1, at).tolist()
    assert table_of_keys.find([column.slice(0, 1) for column in probe]).tolist() == [-1 if moved[0] else at[0]]
    assert table_of_keys.find(table).tolist() == list(range(5000))


def test_words_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keytable, "_FEW", 0)
    monkeypatch.setattr(keytable, "hash64", lambda values, **_: np.full(len(values), 7, np.uint64))
    table, probe = [pa.array(["a", "b", "c"])], [pa.array(["c", "d"])]
    assert KeyTable(table).find(probe).tolist() == [2, -1]
    assert KeyTable([pa.array(["a", "a", "a"])[:1]]).find(probe).tolist() == [-1, -1]  # of equal hash, not of equal value


def test_the_places_of_numbers_whose_mixes_crowd_under_one_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keytable, "mix_words", lambda words: words)
    monkeypatch.setattr(keytable, "_DENSE", 0)
    numbers = np.array([2**40 + 3 * i for i in range(50)] + [0, 2**64 - 1], np.uint64)
    places = keytable._Places(numbers)
    assert places.distinct
    assert places.find(numbers).tolist() == list(range(52))
    assert (places.find(np.array([1, 2**40 + 1, 2**40 + 148, 2**63], np.uint64)) == -1).all()
