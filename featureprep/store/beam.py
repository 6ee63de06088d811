"""A version as a PCollection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, MissingExtraError
from featureprep.store.log_entry import FileRecord
from featureprep.store.objects import ObjectStore
from featureprep.store.reading import read_rows


def to_beam(
    pipeline: Any, store: ObjectStore, files: Sequence[tuple[str, FileRecord]], schema: pa.Schema, elements: str, label: str
) -> Any:
    """Files read by the workers, beside each other."""
    try:
        import apache_beam as beam
    except ImportError as error:
        raise MissingExtraError.of("beam", "to_beam") from error
    if elements not in ("dict", "batch"):
        raise ArgumentError.of("elements", "to_beam", "'dict' or 'batch'", elements)
    read = beam.FlatMap(partial(_read, store, schema, elements))
    number = next(n for n in count(1) if f"rows of {label} ({n})" not in pipeline.applied_labels)  # it may be asked for more than once
    given = pipeline | f"files of {label} ({number})" >> beam.Create(list(files), reshuffle=False)
    return given | f"apart {label} ({number})" >> beam.Reshuffle() | f"rows of {label} ({number})" >> read


def _read(store: ObjectStore, schema: pa.Schema, elements: str, file: tuple[str, FileRecord]) -> Iterator[Any]:
    path, record = file
    for batch in read_rows(store, path, record, schema, verify=False).to_batches():
        yield from batch.to_pylist() if elements == "dict" else [batch]
