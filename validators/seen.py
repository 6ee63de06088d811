"""What the scan of a source saw besides how its rules ended: its columns, and those of the baseline."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.validators.drift.baseline import Baseline


@dataclass(frozen=True)
class Seen:
    """The columns of a source, for the page of its report.

    Attributes
    ----------
    statistics : mapping
        A section of statistics, with shapes; see `featureprep.validators.statistics.finish`.
    baseline : Baseline or None
        With its own section where there is one; None where the columns were held against nothing.
    sensitive : names
        Columns of which no value may be shown, whatever the baseline keeps of them.
    """

    statistics: Mapping[str, Any]
    baseline: Baseline | None = None
    sensitive: Collection[str] = frozenset()
