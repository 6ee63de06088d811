"""What was read for a version beside what was read before, column by column, from the statistics that both keep."""

from __future__ import annotations

from featureprep.engines.pandas import PandasEngine
from featureprep.errors import RequestError
from featureprep.jobs.baseline import Reference, kept_of, title_of
from featureprep.report.html import page
from featureprep.store.dataset import Dataset
from featureprep.validators.contract import SourceContract
from featureprep.validators.formats.finding import Setting
from featureprep.validators.misfit_text import notes
from featureprep.validators.page.view import view
from featureprep.validators.report import ValidationReport
from featureprep.validators.seen import Seen


def page_beside(dataset: Dataset, reference: Reference) -> str:
    """One page that needs nothing else: the sources of a version beside a baseline. No data is read.

    Parameters
    ----------
    reference : Reference
        Of statistics that were kept.

    Raises
    ------
    CorruptArtefactError
        When statistics were altered.
    RequestError
        For a version without statistics, and a baseline that has none of its sources.
    """
    kept = kept_of(dataset)
    if kept is None:
        raise RequestError(
            f"{title_of(dataset)} was made without statistics, so there is nothing to show beside others",
            hint="run the job without --no-statistics",
        )
    engine = PandasEngine()
    seen: dict[str, Seen] = {}
    for name, section in kept.sources.items():
        columns = [column["name"] for column in section["columns"]]
        seen[name] = Seen(section, reference.baseline(name, SourceContract("", ()), columns, engine, statistics=True))
    lacking = [one.baseline.why for one in seen.values() if one.baseline is not None and one.baseline.why]
    if seen and len(lacking) == len(seen):
        raise RequestError(lacking[0], hint="give a version of the same sources")
    told = tuple(note for one in seen.values() if one.baseline is not None for note in notes(one.baseline))
    report = ValidationReport({name: [] for name in seen}, seen=seen, baseline_notes=told)
    return page("beside", title=kept.title, **view(report, Setting()))
