"""Versions that were made of a sample of the rows: how the log entry says so, and where they must not go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featureprep.errors import ArgumentError
from featureprep.store.log_entry import LogEntry


def sample_text(sample: Mapping[str, Any]) -> str:
    """`extra["sample"]` of a log entry in words.

    Parameters
    ----------
    sample : mapping
        fraction: of the rows kept; rows: how many were asked for, or None; sources: the sampled ones; seed.
    """
    fraction = f"{sample['fraction']:.4g} of the rows"
    asked = f" (about {sample['rows']:,})" if sample.get("rows") else ""
    return f"{fraction}{asked} of {', '.join(sample.get('sources', ()))}"


def refuse_sample(entry: LogEntry, what: str) -> None:
    """Refuse to treat a sample as a whole version.

    Raises
    ------
    ArgumentError
    """
    found = entry.extra.get("sample")
    if found:
        raise ArgumentError(
            f"{entry.name}@{entry.n} cannot be {what}: it is a sample, {sample_text(found)}",
            hint="run the job without a sample, and take that version",
        )
