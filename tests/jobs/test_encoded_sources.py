"""The same rows in whatever encoding Arrow has, nulls among the entries of dictionaries too: the same datasets, ledgers and served rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from tests.jobs.cases import make_job, memory_store, prints

WORDS = [None, "red", None, "green", "red", "", None, "blue", "red", None] * 12
NUMBERS = [float(i % 7) if i % 9 else None for i in range(len(WORDS))]
LISTS = [None if i % 5 == 0 else [WORDS[i], "end"] for i in range(len(WORDS))]
PLAIN = pa.table({"id": pa.array(range(len(WORDS))), "word": WORDS, "number": NUMBERS, "list": LISTS})


def entries_with_nulls(column: pa.Array, at: int = 0) -> pa.Array:
    """A dictionary whose entries are what stands in the column, twice, with nulls among them, and no null in its indices."""
    entries = pa.array([None, *dict.fromkeys(column.to_pylist()), None], column.type)
    places = (
        {value: i for i, value in enumerate(entries.to_pylist())}
        if at
        else {v: i for i, v in reversed(list(enumerate(entries.to_pylist())))}
    )
    return pa.DictionaryArray.from_arrays(pa.array([places[value] for value in column.to_pylist()], pa.int8()), entries)


def runs(column: pa.Array) -> pa.Array:
    return pa.RunEndEncodedArray.from_arrays(pa.array(range(1, len(column) + 1), pa.int32()), column)


def in_lists(column: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(column.offsets, entries_with_nulls(column.values), mask=column.is_null())


def table(make: Callable[[pa.Array], pa.Array], number: Callable[[pa.Array], pa.Array], lists: Callable[[pa.Array], pa.Array]) -> pa.Table:
    one = PLAIN.combine_chunks()
    columns = [column.chunk(0) for column in one.columns]
    return pa.table({"id": columns[0], "word": make(columns[1]), "number": number(columns[2]), "list": lists(columns[3])})


def same(column: pa.Array) -> pa.Array:
    return column


def in_chunks() -> pa.Table:
    """Each chunk with a dictionary of its own."""
    parts = [PLAIN.slice(start, 40) for start in range(0, len(WORDS), 40)]
    words = [entries_with_nulls(part["word"].combine_chunks(), at) for at, part in enumerate(parts)]
    return PLAIN.set_column(1, "word", pa.chunked_array(words))


ENCODED: dict[str, Callable[[], pa.Table]] = {
    "dictionary": lambda: table(lambda c: c.dictionary_encode(), lambda c: c.dictionary_encode(), same),
    "null entries": lambda: table(entries_with_nulls, entries_with_nulls, in_lists),
    "null entries, in chunks": in_chunks,
    "runs": lambda: table(runs, runs, same),
    "runs of a dictionary": lambda: table(lambda c: runs(entries_with_nulls(c)), same, in_lists),
}


def features(main: fp.Table, side: fp.Table) -> fp.Table:
    """Every place that asks what is null: filters, dropping, filling, joins, groups, duplicates, folds."""
    main = main.quarantine(when=col("word").is_null() & (col("id") % 3 == 0), reason="no word").drop_duplicates("id")
    known = side.drop_nulls("word").group_by("word").agg(n=agg.count(), seen=agg.count("number"))
    main = main.with_columns(bare=col("word").is_null(), filled=col("word").fill_null("none"), length=col("list").list.len())
    return main.join(known, on="word", how="left").features(
        word=T.vocabulary("word"), hot=T.one_hot("word"), mode=T.impute("word", "most_frequent"), there=T.impute("word", "indicator"),
        number=T.standard_scale(T.impute("number", "mean")), many=T.multi_hot("list"), n=T.impute("n", "constant", value=0),
        keep=["id", "bare", "filled", "length", "seen"],
    )  # fmt: skip


def run(source: Any) -> Any:
    return make_job(features, source, source).run(store=memory_store())


@pytest.fixture(scope="module")
def expected() -> Any:
    return run(fp.from_arrow(PLAIN))


@pytest.mark.parametrize("kind", ["memory", "arrow"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_the_encoding_changes_nothing(encoding: str, kind: str, expected: Any, tmp_path: Path) -> None:
    given = ENCODED[encoding]()
    assert given.to_pylist() == PLAIN.to_pylist()
    if kind == "arrow":
        with pa.ipc.new_stream(tmp_path / "a.arrows", given.schema) as writer:
            writer.write_table(given)
    done = run(fp.from_arrow(given) if kind == "memory" else fp.read_arrow(str(tmp_path / "a.arrows")))
    assert prints(done) == prints(expected)
    assert done.ledger.to_json() == expected.ledger.to_json()
    assert done.report.content["statistics"] == expected.report.content["statistics"]


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_served_table(encoding: str, expected: Any) -> None:
    served = make_job(
        lambda main: main.features(word=T.vocabulary("word"), bare=col("word").is_null(), hot=T.one_hot("word"), number=T.standard_scale("number")),
        fp.from_arrow(PLAIN),
    ).run(store=memory_store()).graph  # fmt: skip
    rows = [served(row) for row in PLAIN.to_pylist()]
    out = served.transform(ENCODED[encoding]()).to_pylist()
    assert out == rows
    assert sum(row["bare"] for row in out) == WORDS.count(None)
