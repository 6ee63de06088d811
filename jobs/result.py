"""What a run gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featureprep.notebook.lineage import Events
from featureprep.run.ledger import Ledger
from featureprep.serving.graph import TransformGraph
from featureprep.store.dataset import Dataset
from featureprep.store.log_entry import LogEntry
from featureprep.store.objects import ObjectStore

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver
    from featureprep.jobs.publish import Findings
    from featureprep.notebook.statistics import Statistics


@dataclass(frozen=True)
class Report:
    """The run's report as data; `save` writes it as a page."""

    content: Mapping[str, Any]

    @property
    def statistics(self) -> Statistics:
        """The statistics of sources, entry table and splits; empty where none were computed."""
        from featureprep.notebook.statistics import Statistics

        return Statistics(self.content.get("statistics") or {})

    def save(self, path: str) -> None:
        """Write the page, self-contained.

        Raises
        ------
        WorldError
            When the folder does not exist, or the disk refuses.
        """
        from featureprep.outfile import write_file
        from featureprep.report import render_html

        write_file(path, render_html(self.content))

    def _repr_html_(self) -> str:
        from featureprep.jobs.run_shown import report_html

        return report_html(self.content)

    def __repr__(self) -> str:
        from featureprep.report import render_text

        return render_text(self.content)

    __str__ = __repr__


@dataclass(frozen=True)
class Run:
    """A committed run.

    Attributes
    ----------
    dataset : Dataset
    graph : TransformGraph
    report : Report
    ledger : Ledger
    lineage : Events
        The OpenLineage events, a list of dicts.
    scans : list of str
        Every pass over rows, by name.
    fragments_read, fragments_known : int
        Fragments that fold scans read, and that they knew from earlier runs.
    warnings : list of str
        What to look at: parts without rows, constants that are fewer than were asked for, states that the store did not take, lineage
        that could not be sent after the commit.
    """

    run_id: str
    dataset: Dataset
    graph: TransformGraph
    report: Report
    ledger: Ledger
    lineage: Events
    scans: list[str]
    seconds: float
    engine: str
    fragments_read: int
    fragments_known: int
    report_path: str
    warnings: list[str]

    @classmethod
    def of(cls, store: ObjectStore, entry: LogEntry, findings: Findings, driver: Driver, seconds: float) -> Run:
        """The result of a finished driver."""
        assert findings.graph is not None and findings.ledger is not None  # noqa: S101, PT018
        return cls(
            entry.run_id, Dataset(store, entry), findings.graph, Report(findings.report), findings.ledger, Events(findings.events), list(driver.scans),
            seconds, driver.engine.name, driver.fragments_read, driver.fragments_known, findings.report_path, findings.warnings,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What `featureprep run --json` prints."""
        return {
            "dataset": self.dataset.name,
            "version": self.dataset.version,
            "run_id": self.run_id,
            "dataset_fingerprint": self.dataset.fingerprint,
            "graph_fingerprint": self.graph.fingerprint,
            "engine": self.engine,
            "scans": len(self.scans),
            "seconds": round(self.seconds, 3),
            "rows": self.ledger.rows(),
            "splits": dict(self.dataset.splits),
            "report": self.report_path,
            "fragments": {"read": self.fragments_read, "known": self.fragments_known},
        }

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {n:,}" for name, n in self.dataset.splits.items())
        return f"Run {self.run_id}: {self.dataset.name}@{self.dataset.version} ({rows} rows), {len(self.scans)} scans, {self.seconds:.1f} s"

    def _repr_html_(self) -> str:
        from featureprep.jobs.run_shown import run_html

        return run_html(self)
