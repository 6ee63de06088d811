"""The benchmark's rows: 15 columns as Parquet files, made from a seed in chunks.

    python -m benchmarks.data FOLDER [--rows 2000000] [--files 8] [--seed 1]
    python -m benchmarks.data FOLDER --csv FILE     writes rows that are there to one CSV file

8 numeric columns with 5 % nulls (n0 ... n7), 2 to bucketize (b0, b1), 1 of ten categories (kind), 3 vocabularies of 100, 10,000 and
100,000 distinct values with 2 % nulls (small, medium, large), 1 timestamp in microseconds (at).
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

ROWS, FILES, SEED = 2_000_000, 8, 1
NUMERIC = tuple(f"n{i}" for i in range(8))
BUCKETIZED = ("b0", "b1")
ONE_HOT = ("kind",)
VOCABULARIES = {"small": 100, "medium": 10_000, "large": 100_000}
TIMESTAMP = "at"
_CHUNK = 125_000  # rows; also the row group, so memory stays flat and files can be read in pieces
_YEAR_US = 365 * 86_400 * 1_000_000


def make(folder: Path | str, rows: int = ROWS, files: int = FILES, seed: int = SEED) -> list[Path]:
    """Write `rows` rows as folder/part-0000.parquet ...; the same arguments give the same rows. Returns the files."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("part-*.parquet"):
        old.unlink()
    paths = []
    for number in range(files):
        count = rows * (number + 1) // files - rows * number // files
        path = target / f"part-{number:04d}.parquet"
        with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
            for batch in _batches(np.random.default_rng([seed, number]), count):
                writer.write_batch(batch)
        paths.append(path)
    return paths


def write_csv(folder: Path | str, target: Path | str) -> None:
    """Write the rows of a folder that `make` made to one CSV file, its cells without quotes."""
    with csv.CSVWriter(target, _SCHEMA, write_options=csv.WriteOptions(quoting_header="none", quoting_style="none")) as writer:
        for path in sorted(Path(folder).glob("part-*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches():
                writer.write_batch(batch)


_SCHEMA = pa.schema(
    [
        *((name, pa.float64()) for name in (*NUMERIC, *BUCKETIZED)),
        *((name, pa.string()) for name in (*ONE_HOT, *VOCABULARIES)),
        (TIMESTAMP, pa.timestamp("us")),
    ]
)


def _batches(rng: np.random.Generator, rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, rows, _CHUNK):
        yield _batch(rng, min(_CHUNK, rows - start))


def _batch(rng: np.random.Generator, n: int) -> pa.RecordBatch:
    columns: list[pa.Array] = []
    for i in range(len(NUMERIC)):
        values = rng.normal(10.0 * i, 1.0 + i, n) if i % 2 else rng.lognormal(0.5 * i, 1.0, n)
        columns.append(pa.array(values, mask=rng.random(n) < 0.05))
    columns += [pa.array(rng.gamma(2.0, 3.0, n)), pa.array(rng.normal(0.0, 100.0, n))]
    columns.append(_words("kind", np.minimum(rng.geometric(0.3, n) - 1, 9), np.zeros(n, bool)))
    for name, size in VOCABULARIES.items():
        # squared: low numbers are frequent, yet all of them occur
        columns.append(_words(name, (size * rng.random(n) ** 2).astype(np.int32), rng.random(n) < 0.02))
    columns.append(pa.array(1_700_000_000_000_000 + rng.integers(0, _YEAR_US, n)).cast(pa.timestamp("us")))
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _words(name: str, numbers: np.ndarray[Any, np.dtype[Any]], missing: np.ndarray[Any, np.dtype[np.bool_]]) -> pa.Array:
    words = pa.array([f"{name}-{number:05d}" for number in range(int(numbers.max(initial=0)) + 1)])
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32), mask=missing), words).dictionary_decode()


def a_row() -> dict[str, Any]:
    """One request with every column of the rows, its words among theirs."""
    numbers = {name: 0.25 * i for i, name in enumerate((*NUMERIC, *BUCKETIZED))}
    texts = {name: f"{name}-00001" for name in (*ONE_HOT, *VOCABULARIES)}
    return {**numbers, **texts, TIMESTAMP: dt.datetime(2024, 2, 29, 12, 30)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the benchmark's rows as Parquet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--csv", type=Path, help="write the folder's rows to this file, and make none")
    given = parser.parse_args()
    if given.csv is not None:
        write_csv(given.folder, given.csv)
        return
    paths = make(given.folder, given.rows, given.files, given.seed)
    print(f"{given.folder}: {given.rows} rows in {len(paths)} files, {sum(path.stat().st_size for path in paths) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
