"""What an engine may lack. Nothing of a job's meaning is here: that is written once, and is the same on all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FEATURES: Final[Mapping[str, str]] = {
    "address": "runs on a cluster that is there, given by its address or a client",
    "apply": "applies a graph that was fitted on any engine",
    "killed worker": "goes on when a worker process is killed in mid-run, with the same result",
    "larger than memory": "an exchange of more rows than fit in memory spills to disk",
    "native": "reads a table of its own kind (`fp.from_...`) and hands a dataset over as one (`Dataset.to_...`)",
    "progress": "tells how many partitions are done while a verb runs",
    "resume": "finishes a run that was killed on this engine or another",
    "tables in memory": "reads tables of the calling process: `from_pandas`, `from_polars`, `from_arrow`",
    "user functions": "runs functions of the job file, which its workers have never seen",
}
"""By name, as `Engine.gaps` and the suite have it; the table in docs/engines.md is made of them."""
