"""Lineage in a notebook: where each column comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featureprep.notebook.html import card, code, fold, grid, line

if TYPE_CHECKING:
    from featureprep.lineage.view import LineageView

_MOST = 500


def view_html(view: LineageView) -> str:
    """Every version in view, and below it what each of its columns comes from."""
    parts = []
    for key in view.targets():
        rows = []
        for column, links in view.inputs_of(key).items():
            for link in links:
                title = view.nodes[link.source].title
                of = f"{title} : {link.source_column}" if link.source_column else title
                rows.append(("(which rows)" if column is None else column, of, link.kind, code(link.description)))
        table = grid(("column", "comes from", "kind", "by"), rows, most=_MOST) if rows else line("it comes from no column", dim=True)
        parts.append(fold(f"{view.nodes[key].title}: {len(rows):,} links", table, unfolded=key == view.ref))
    notes = [line(f"note: {note}") for note in view.notes]
    return card(
        f"Lineage of {view.ref}", *(parts or [line("no version in this store was made of it", dim=True)]), *notes, note=f"run {view.run_id}"
    )


class Events(list[dict[str, Any]]):
    """The OpenLineage events of a run, in order."""

    def __repr__(self) -> str:
        kinds = ", ".join(str(event.get("eventType")) for event in self)
        return f"{len(self)} OpenLineage events: {kinds}; inputs {', '.join(self._names('inputs')) or 'none'}"

    def _names(self, side: str) -> list[str]:
        return [str(one.get("name")) for one in (self[-1].get(side) or ())] if self else []

    def _repr_html_(self) -> str:
        events = [(event.get("eventType"), event.get("eventTime")) for event in self]
        fields: Mapping[str, Any] = {}
        for output in (self[-1].get("outputs") or ()) if self else ():
            fields = output.get("facets", {}).get("columnLineage", {}).get("fields", {})
        rows = [
            (column, f"{one.get('name')} : {one.get('field')}", ", ".join(_kinds(one.get("transformations") or ())))
            for column, found in fields.items()
            for one in found.get("inputFields", ())
        ]
        return card(
            "Lineage of a run",
            grid(("column", "comes from", "kind"), rows, most=_MOST) if rows else line("no column lineage", dim=True),
            fold(f"{len(events)} OpenLineage events", grid(("event", "at"), events) if events else ""),
            note=f"inputs: {', '.join(self._names('inputs')) or 'none'}",
        )


def _kinds(transformations: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(one.get("kind") or one.get("type")) for one in transformations))
