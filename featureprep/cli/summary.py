"""The end of a run in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.cli.options import asked

if TYPE_CHECKING:
    from featureprep.jobs.result import Run


def run_summary(run: Run, store: str) -> str:
    """What was made, what became of the rows, what was read, and what to try next."""
    from featureprep.report import render_text

    content = {**run.report.content, "version": run.dataset.version}
    lines = [render_text(content).rstrip("\n"), f"  scans        {len(run.scans)}: {', '.join(run.scans)}"]
    pieces = run.fragments_read + run.fragments_known
    if pieces:
        known = f"; {run.fragments_known:,} {'was' if run.fragments_known == 1 else 'were'} known" if run.fragments_known else ""
        lines.append(f"  fragments    {run.fragments_read:,} of {pieces:,} fragment scans read their rows{known}")
    lines += [f"  data         {run.dataset.path()}", f"  report       {run.report_path}"]
    lines += [f"  warning      {warning}" for warning in run.warnings]
    ref, where = f"{run.dataset.name}@{run.dataset.version}", asked(store)
    lines += ["next:", f"  featureprep stats {ref}{where}", f"  featureprep lineage {ref}{where}"]
    if not run.dataset.sample:
        lines.append(f"  featureprep tag {ref} prod{where}")
    if run.dataset.version > 1:
        lines.append(f"  featureprep diff {run.dataset.name}@{run.dataset.version - 1} {ref}{where}")
    return "\n".join(lines)
