"""The rows that meet by key: facts, and two tables to join them with, as Parquet files made from a seed.

    python -m benchmarks.meeting_data FOLDER [--rows 5000000] [--files 8] [--seed 1]

FOLDER/facts: `key` of 100,000 values, `owner` of a fifth as many values as there are rows (1 % null), `amount` float64, `units` int64.
FOLDER/things: a row for 98 % of the keys, with `size` float64 and `family` of fifty words: a broadcast's size.
FOLDER/owners: a row for each owner, with `score` and `since` float64: at 5,000,000 rows 25 MB, which neither side broadcasts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, FILES, SEED = 5_000_000, 8, 1
KEYS, ROWS_AN_OWNER = 100_000, 5
_CHUNK = 125_000  # rows, and the row group

_FACTS = pa.schema([("key", pa.int64()), ("owner", pa.int64()), ("amount", pa.float64()), ("units", pa.int64())])


def make(folder: Path | str, rows: int = ROWS, files: int = FILES, seed: int = SEED, keys: int = KEYS) -> None:
    """Write the three tables; the same arguments give the same rows."""
    for table in ("facts", "things", "owners"):
        Path(folder, table).mkdir(parents=True)
    owners = max(rows // ROWS_AN_OWNER, 1)
    for number in range(files):
        count = rows * (number + 1) // files - rows * number // files
        with pq.ParquetWriter(f"{folder}/facts/part-{number:04d}.parquet", _FACTS, compression="zstd") as writer:
            for batch in _facts(np.random.default_rng([seed, number]), count, keys, owners):
                writer.write_batch(batch)
    rng = np.random.default_rng([seed, files])
    pq.write_table(_things(rng, keys), f"{folder}/things/part-0000.parquet", compression="zstd")
    made = _owners(rng, owners)
    for number, start in enumerate(range(0, owners, -(-owners // 2))):
        part = made.slice(start, -(-owners // 2))
        pq.write_table(part, f"{folder}/owners/part-{number:04d}.parquet", compression="zstd", row_group_size=_CHUNK)


def _facts(rng: np.random.Generator, rows: int, keys: int, owners: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, rows, _CHUNK):
        n = min(_CHUNK, rows - start)
        columns = [
            pa.array(rng.integers(0, keys, n)),
            pa.array(rng.integers(0, owners, n), mask=rng.random(n) < 0.01),
            pa.array(rng.gamma(2.0, 50.0, n)),
            pa.array(rng.integers(1, 100, n)),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=_FACTS)


def _things(rng: np.random.Generator, keys: int) -> pa.Table:
    some = np.sort(rng.permutation(keys)[: keys - keys // 50])
    families = pa.array([f"family-{number:02d}" for number in range(50)])
    words = pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 50, len(some)).astype(np.int32)), families)
    return pa.table({"key": some, "size": rng.lognormal(1.0, 1.0, len(some)), "family": words.dictionary_decode()})


def _owners(rng: np.random.Generator, owners: int) -> pa.Table:
    return pa.table({"owner": rng.permutation(owners), "score": rng.normal(0.0, 1.0, owners), "since": rng.random(owners)})


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the rows that meet by key as Parquet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    make(given.folder, given.rows, given.files, given.seed)
    print(f"{given.folder}: {given.rows} rows, {sum(path.stat().st_size for path in given.folder.rglob('*.parquet')) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
