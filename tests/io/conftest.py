"""Helpers: read a source whole, in pieces of any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from featureprep.io.base import BadRecord, Source
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.reader import locate, read_fragment
from featureprep.io.schema import resolve_schema


@dataclass
class Whole:
    """All rows of a source, their origins, the misfits and bad records, by file order."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    origins: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    misfits: list[tuple[str, str]] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    bad_places: list[tuple[int, int, str]] = field(default_factory=list)
    fragments: int = 0
    keys: list[str] = field(default_factory=list)
    records: int = 0


def read_all(source: Source, base_dir: str | None = None, *, target: int = 1 << 22, columns: list[str] | None = None) -> Whole:
    files = pin(source, base_dir)
    schema = resolve_schema(source, files)
    whole = Whole()
    for fragment in plan(source, "x", files, target):
        whole.fragments += 1
        whole.keys.append(fragment.key)
        seen: list[int] = []
        for batch in read_fragment(source, fragment, schema, columns):
            assert batch.batch.num_rows == len(batch.rows) <= 131_072
            whole.rows += batch.batch.to_pylist()
            seen += batch.rows.tolist()
            for name, (mask, texts) in batch.malformed.items():
                assert mask.shape == (len(batch.rows),)
                assert int(mask.sum()) == len(texts)
                assert batch.batch.column(name).filter(mask).null_count == len(texts)
                whole.misfits += [(name, text) for text in texts]
            whole.bad += batch.bad_records
            whole.bad_places += [(b.offset, b.line, b.reason) for b in batch.bad_records]
        assert seen == sorted(set(seen))
        found = locate(source, fragment, seen)
        whole.origins += [(o.file, o.offset, o.line) for o in found]
        whole.records += len(seen)
    whole.records += len(whole.bad)
    return whole


@pytest.fixture(scope="session")
def read() -> Callable[..., Whole]:
    return read_all


@pytest.fixture
def data_dir() -> Any:
    import os
    from pathlib import Path

    root = os.environ.get("FEATUREPREP_DATA")
    if not root:
        pytest.skip("FEATUREPREP_DATA is not set: the public data sets are not here")
    return Path(root)
