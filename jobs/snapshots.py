"""Native tables in a run: written down before anything else, or looked at for a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from featureprep.engines.base import Engine
from featureprep.errors import DataError
from featureprep.io.api import from_arrow
from featureprep.io.base import Source
from featureprep.run.snapshot import Snapshot, WriteSnapshot
from featureprep.store.objects import ObjectStore


def written_down(
    sources: Mapping[str, Source], engine: Engine, store: ObjectStore, run_id: str, earlier: Mapping[str, Any] | None = None
) -> dict[str, Source]:
    """The sources with every native table as a snapshot in the staging area of the run.

    Parameters
    ----------
    earlier : mapping of source name to `Snapshot.to_json`, optional
        What a run that is resumed has written down already: its tables are not read again.

    Raises
    ------
    DataError
        For a table that has no partition and so no types.
    """
    out = dict(sources)
    for name, source in sources.items():
        if earlier is not None and name in earlier:
            snapshot = Snapshot.from_json(store, earlier[name])
        elif source.kind == "native":
            parts = tuple(sorted(source.native.write(WriteSnapshot(store, run_id, name), engine), key=lambda part: part.partition))
            if not parts:
                raise DataError(f"the source {name!r} has neither rows nor types", hint="a table needs a partition, be it empty")
            snapshot = Snapshot(store, source.native.kind, parts)
        else:
            continue
        out[name] = replace(source, kind="snapshot", native=snapshot)
    return out


def snapshots(sources: Mapping[str, Source]) -> dict[str, Any]:
    """What `written_down` has made, as JSON values by source name."""
    return {name: source.native.to_json() for name, source in sources.items() if source.kind == "snapshot"}


def first_rows(sources: Mapping[str, Source], rows: int) -> dict[str, Source]:
    """The sources with every native table as a table in memory of its first rows."""
    return {name: from_arrow(source.native.head(rows)) if source.kind == "native" else source for name, source in sources.items()}
