"""Cells that do not fit their type, told to people: below a table of statistics, and of a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from featureprep.report.visible import one_line
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.misfits import Misfits, misfits_of
from featureprep.validators.places import places_shown
from featureprep.validators.report import percent, shown_example

_MOST: Final = 20
"""Columns that are told of one by one."""
_SHOWN: Final = 2
_NAME: Final = 60
_PLACE: Final = 300


def warnings(section: Mapping[str, Any]) -> list[str]:
    """A line for each column of a section of statistics that has such cells, of the first 20: how many, and the first two with their places."""
    found = ((column["name"], misfits_of(column, section["rows"], "statistics")) for column in section["columns"])
    return [*_listed((f"column {_name(name)}: {_told(misfits)}" for name, misfits in found if misfits is not None), "columns")]


def notes(baseline: Baseline) -> list[str]:
    """A note for each column of a baseline that has such cells, of the first 20; no values are in it."""
    return [*_listed((_note(name, misfits) for name, misfits in baseline.misfits.items()), "columns of the baseline")]


def _told(misfits: Misfits) -> str:
    share = f"{misfits.count:,} of {misfits.rows:,} cells ({percent(misfits.count / misfits.rows)})"
    fit, count = ("does", "counts") if misfits.count == 1 else ("do", "count")
    told = f"{share} {fit} not fit {one_line(misfits.type, _NAME)}, and {count} as missing"
    shown = [_at(place) if text is None else f"{shown_example(text)} ({_at(place)})" for text, place in misfits.first[:_SHOWN]]
    return f"{told}: {', '.join(shown)}" if shown else told


def _note(name: str, misfits: Misfits) -> str:
    one = misfits.count == 1
    place = f"; {'it is' if one else 'the first is'} at {_at(misfits.first[0][1])}" if misfits.first else ""
    return (
        f"the baseline's column {_name(name)} has {misfits.count:,} {'cell that does' if one else 'cells that do'} not fit "
        f"{one_line(misfits.type, _NAME)}, of {misfits.rows:,} ({percent(misfits.count / misfits.rows)}): "
        f"{'it counts' if one else 'they count'} as missing{place}"
    )


def _listed(told: Iterable[str], what: str) -> Iterator[str]:
    """The first ones, and how many more there are."""
    lines = [*told]
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"{len(lines) - _MOST:,} more {what} have cells that do not fit their type"


def _name(name: str) -> str:
    return one_line(name, _NAME)


def _at(place: str) -> str:
    return one_line(places_shown([place])[0], _PLACE)
