"""Several versions as one baseline: what was kept of each, as that of all their rows together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.jobs.baseline import MADE_WITHOUT, Kept, kept_of, title_of
from featureprep.store.dataset import Dataset
from featureprep.validators.contract import SourceContract
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.drift.pooling import pooled

_NAMED = 6


@dataclass(frozen=True)
class Pooled:
    """Statistics that were kept of several versions: no old data is read.

    Attributes
    ----------
    title : str
        As it is shown: "trips@last:5 (3, 4, 5, 6, 7)".
    kept : tuple of Kept
        At least one.
    note : str
        What somebody who asked for these versions should know; "" where there is nothing.
    """

    title: str
    kept: tuple[Kept, ...]
    note: str = ""

    def baseline(
        self, name: str, contract: SourceContract, columns: Collection[str], engine: Engine, *, statistics: bool = False
    ) -> Baseline:
        """A column's shapes in the versions that have one, together, and the median of their rows; there are no statistics of all rows."""
        found = [kept.baseline(name, contract, columns, engine) for kept in self.kept]
        if len(found) == 1:
            return replace(found[0], name=self.title)
        if all(one.why for one in found):
            return Baseline(self.title, why=found[-1].why)
        shapes, lengths, obstacles = {}, {}, {}
        for column in sorted(columns):
            mine = [one.shapes[column] for one in found if column in one.shapes]
            if not mine:
                why = (one.obstacle(column) for one in reversed(found) if not one.why)
                obstacles[column] = next(why, None) or ""
                continue
            together = pooled(mine)
            if together is None:
                obstacles[column] = f"the column holds numbers in some versions of {self.title}, and something else in others"
                continue
            shapes[column] = together
            sizes = pooled([one.lengths[column] for one in found if column in one.lengths])
            if sizes is not None:
                lengths[column] = sizes
        rows = [one.rows for one in found if one.rows is not None]
        return Baseline(self.title, shapes, obstacles, lengths=lengths, rows=median(rows) if rows else None)


def of_versions(versions: Sequence[Dataset], wanted: str = "", *, count: int = 0) -> Pooled:
    """The statistics that were kept of versions; those that were made without are left out, which the note tells.

    Parameters
    ----------
    versions : sequence of Dataset
        At least one.
    wanted : str
        What was asked for, such as "trips@last:5"; the versions' own names by default.
    count : int
        How many were asked for.

    Raises
    ------
    CorruptArtefactError
        When the statistics of one were altered.
    RequestError
        When all were made without.
    """
    found = [(dataset, kept_of(dataset)) for dataset in versions]
    having = [dataset for dataset, kept in found if kept is not None]
    lacking = [dataset for dataset, kept in found if kept is None]
    if not having:
        names = _listed([title_of(dataset) for dataset in versions])
        raise RequestError(
            f"{wanted or 'the baseline'}: {names} {_were(versions)} made without statistics, so there is no baseline", hint=MADE_WITHOUT
        )
    notes = []
    if len(versions) < count:
        notes.append(f"{len(versions)} of {count} versions are there")
    if lacking:
        notes.append(f"{_listed([str(dataset.version) for dataset in lacking])} {_were(lacking)} made without statistics and left out")
    if wanted:
        title = f"{wanted} ({_listed([str(dataset.version) for dataset in having])})"
    else:
        title = _listed([title_of(dataset) for dataset in having])
    return Pooled(title, tuple(kept for _, kept in found if kept is not None), f"{title}: {'; '.join(notes)}" if notes else "")


def _were(versions: Sequence[Dataset]) -> str:
    return "was" if len(versions) == 1 else "were"


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:2])}, … {names[-1]}, {len(names)} in all"
