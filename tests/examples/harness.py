"""What the tests of the examples share: a job that was run, rows as Python's values, tables compared by their bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import featureprep as fp
from featureprep.jobs.loading import load_job
from featureprep.types import is_sparse

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Example:
    """A job of examples/ that was run on its own files, cut in one piece, so that written rows are in the order of the file."""

    job: fp.Job
    store: str
    run: fp.Run

    def prints(self, **options: Any) -> tuple[str, str]:
        """The fingerprints of another run. Statistics are left out: they are no part of what is fingerprinted."""
        run = self.job.run(store=self.store, statistics=False, **options)
        return run.dataset.fingerprint, run.graph.fingerprint


def example(name: str, store: Path) -> Example:
    job = load_job(str(ROOT / "examples" / name / "job.py"))
    return Example(job, str(store), job.run(store=str(store), partitions=1))


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as Python's values, None for what is missing."""
    columns = {str(name): [None if value is pd.NA or value != value else value for value in frame[name].tolist()] for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def assert_same_bits(found: pa.Table, wanted: pa.Table) -> None:
    """Equal tables, whatever their metadata; floats by their bits: 0.0 is not -0.0."""
    assert bare(found.schema).equals(bare(wanted.schema))
    for name in wanted.column_names:
        _assert_same(found[name].combine_chunks(), wanted[name].combine_chunks(), name)


def _assert_same(a: pa.Array, b: pa.Array, name: str) -> None:
    assert np.array_equal(a.is_valid(), b.is_valid()), name
    if pa.types.is_fixed_size_list(a.type) or pa.types.is_list(a.type):
        assert np.array_equal(a.value_lengths(), b.value_lengths()), name
        _assert_same(a.flatten(), b.flatten(), name)
    elif is_sparse(a.type):
        for at in range(2):
            _assert_same(a.field(at), b.field(at), name)
    elif pa.types.is_floating(a.type):
        bits = [x.fill_null(0.0).to_numpy(zero_copy_only=False).view(f"i{x.type.bit_width // 8}") for x in (a, b)]
        assert np.array_equal(*bits), name
    else:
        assert a.equals(b), name


def served(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows that a graph returned, as a table of a dataset's types."""
    return pa.Table.from_pylist(list(rows), bare(schema))


def features(dataset: fp.Dataset) -> list[str]:
    """The columns that are features."""
    return [column.name for column in dataset.columns if column.role == "feature"]


def bare(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def cut_and_shuffle(lines: Sequence[str], folder: Path, files: int = 5, header: str = "") -> str:
    """The lines in another order over several files; returns their glob."""
    folder.mkdir()
    mixed = list(lines)
    Random(11).shuffle(mixed)
    for number in range(files):
        text = "".join(f"{line}\n" for line in mixed[number::files])
        (folder / f"part-{number}.csv").write_text(header + text, encoding="utf-8")
    return str(folder / "*.csv")
