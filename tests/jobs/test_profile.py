"""Scans of sources without a run: partitions change nothing, and every record is a row or is told."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError, ParseError, RequestError
from featureprep.io.base import BadRecord
from featureprep.jobs import sources as binding
from featureprep.jobs.profile import FIRST, Unparsable, contract_of, fold_rows, statistics_of, used_sources
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.statistics import column_folds


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Three files; every 50th record of the second is ragged."""
    draw = random.Random(5)
    for k in range(3):
        lines = ["n,name"]
        lines += ["1,2,3" if k == 1 and i % 50 == 7 else f"{draw.randrange(100)},{draw.choice('abc')}" for i in range(400)]
        (tmp_path / f"part{k}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("threads", [1, 3])
def test_partitions_and_threads_change_nothing(threads: int, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for partitions, size in ((None, 32 << 20), (1, 200), (7, 200), (40, 64)):
        monkeypatch.setattr(binding, "FRAGMENT_BYTES", size)
        engine = PandasEngine(threads)
        bound = binding.bind_source("s", fp.read_csv(str(files / "part*.csv"), on_error="drop"), None, None, engine, None, partitions)
        profile = fold_rows(bound, bound.schema, column_folds(bound.schema), engine, partitions=partitions)
        places = [place for _, _, place in profile.unparsable.first]
        found.append((profile.rows, profile.unparsable.reasons, places, statistics_of(bound, engine, partitions=partitions)))
    assert all(one == found[0] for one in found)
    rows, reasons, places, statistics = found[0]
    assert (rows, statistics["rows"], reasons.total()) == (1192, 1192, 8)
    assert places == [f"{files}/part1.csv:{9 + 50 * k}" for k in range(FIRST)]


def test_the_first_bad_record_is_raised_where_it_is_to_fail(files: Path) -> None:
    engine = PandasEngine()
    source = fp.read_csv(str(files / "part*.csv"), schema={"n": "int64", "name": "string"})
    bound = binding.bind_source("s", source, None, None, engine, None, None)
    with pytest.raises(ParseError) as caught:
        fold_rows(bound, bound.schema, column_folds(bound.schema), engine)
    assert caught.value.where == f"{files}/part1.csv:9"


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["ragged", "bytes"])), max_size=8), max_size=6), st.randoms())
def test_bad_records_add_up_in_any_order(pieces: list[list[tuple[int, str]]], draw: random.Random) -> None:
    parts = []
    for number, records in enumerate(pieces):
        part = Unparsable()
        for row, reason in sorted(records):
            part.note(number, "f", [BadRecord(row, 0, row + 1, reason, b"")])
        parts.append(part)
    draw.shuffle(parts)
    total = Unparsable()
    for part in parts:
        total = total.add(part)
    everything = sorted((number, row, f"f:{row + 1}") for number, records in enumerate(pieces) for row, _ in records)
    assert total.count == len(everything)
    assert total.first == everything[:FIRST]


def test_only_the_sources_that_the_plan_reads() -> None:
    table = fp.from_arrow(pa.table({"a": [1]}))

    @fp.job(sources={"used": table, "idle": table})
    def some(used: fp.Table, idle: fp.Table) -> fp.Table:
        return used.features(a=fp.col("a"))

    assert list(used_sources(some)) == ["used"]
    with pytest.raises(ArgumentError, match="no source 'other'"):
        used_sources(some, {"other": "x.csv"})


def test_a_contract_for_one_source_does_not_serve_two() -> None:
    contract = load_contract("columns:\n  a: int64\n")
    assert contract_of(contract, "x", ["x"]).name == ""
    with pytest.raises(RequestError, match="several sources"):
        contract_of(contract, "x", ["x", "y"])
