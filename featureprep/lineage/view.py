"""`LineageView`: lineage as a small graph, and its spellings: text, JSON, Mermaid, HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from featureprep.errors import ColumnNotFoundError


@dataclass(frozen=True)
class ViewNode:
    """A dataset at a version: of the store, or (`stored` false) somewhere else."""

    key: str
    title: str
    version: str
    stored: bool


@dataclass(frozen=True)
class Link:
    """A column of one dataset in use for a column of another; `target_column` None: for the choice of its rows.

    `kind` is "direct", "fit", or "read" for a dataset that is read with no column in use.
    """

    source: str
    source_column: str | None
    target: str
    target_column: str | None
    kind: str
    type: str
    subtype: str
    description: str


@dataclass(frozen=True)
class LineageView:
    """Lineage of one version.

    Attributes
    ----------
    ref, run_id : str
        The version asked for.
    columns : tuple of str
        The written columns in view, in written order.
    nodes : mapping of key to ViewNode
    links : tuple of Link
    notes : tuple of str
        What could not be looked at.
    upstream : bool
        Whether its own inputs were looked at.
    """

    ref: str
    run_id: str
    columns: tuple[str, ...]
    nodes: Mapping[str, ViewNode]
    links: tuple[Link, ...]
    notes: tuple[str, ...] = ()
    upstream: bool = True

    def column(self, name: str) -> LineageView:
        """Only what one written column comes from, through other versions too, and what was made of it.

        Raises
        ------
        ColumnNotFoundError
        """
        if name not in self.columns:
            raise ColumnNotFoundError.of([name], self.columns, where=self.ref)
        kept = self._reached((self.ref, name), up=True) | self._reached((self.ref, name), up=False)
        kept |= {i for i, link in enumerate(self.links) if link.target == self.ref and link.target_column is None and link.source_column}
        links = tuple(link for i, link in enumerate(self.links) if i in kept)
        keys = {self.ref, *(link.source for link in links), *(link.target for link in links)}
        return replace(self, columns=(name,), nodes={k: n for k, n in self.nodes.items() if k in keys}, links=links)

    def _reached(self, start: tuple[str, str | None], *, up: bool) -> set[int]:
        ends: dict[tuple[str, str | None], list[int]] = {}
        for i, link in enumerate(self.links):
            if link.target_column is not None:
                ends.setdefault((link.target, link.target_column) if up else (link.source, link.source_column), []).append(i)
        found: set[int] = set()
        seen, waiting = {start}, [start]
        while waiting:
            for i in ends.get(waiting.pop(), ()):
                found.add(i)
                link = self.links[i]
                end = (link.source, link.source_column) if up else (link.target, link.target_column)
                if end not in seen:
                    seen.add(end)
                    waiting.append(end)
        return found

    def inputs_of(self, key: str) -> dict[str | None, list[Link]]:
        """The links into a version, by written column; None: those about its rows as a whole."""
        found: dict[str | None, list[Link]] = {}
        for link in self.links:
            if link.target == key:
                found.setdefault(link.target_column, []).append(link)
        return dict(sorted(found.items(), key=lambda item: item[0] is None))

    def targets(self) -> list[str]:
        """The versions with inputs in view: the one asked for first, where its own were looked at."""
        others = dict.fromkeys(link.target for link in self.links if link.target != self.ref)
        return [self.ref, *others] if self.upstream else list(others)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "dataset": self.ref,
            "run_id": self.run_id,
            "columns": list(self.columns),
            "nodes": [asdict(node) for node in self.nodes.values()],
            "links": [asdict(link) for link in self.links],
            "notes": list(self.notes),
        }

    def to_text(self) -> str:
        """For a terminal: every version in view, and below each of its columns what that comes from."""
        from featureprep.report.visible import one_line

        lines = [] if self.targets() else [f"{self.ref}: no version in this store was made of it"]
        for key in self.targets():
            node = self.nodes[key]
            lines.append(f"{one_line(node.title)}  run {one_line(node.version)}")
            found = self.inputs_of(key)
            if key == self.ref:
                lines += [f"  {one_line(name)}\n    (a constant: it comes from no column)" for name in self.columns if name not in found]
            for column, links in found.items():
                lines.append(f"  {'(which rows there are)' if column is None else one_line(column)}")
                for link in links:
                    source = f"{one_line(self.nodes[link.source].title)}" + (
                        f" : {one_line(link.source_column)}" if link.source_column else ""
                    )
                    how = f"[{link.kind}{', ' + one_line(link.subtype.lower()) if link.subtype else ''}]"
                    told = "" if link.description == column else one_line(link.description)  # a column as it is: its name again
                    lines.append(f"    <- {source}  {how}  {told}".rstrip())
        lines += [f"note: {one_line(note)}" for note in self.notes]
        return "\n".join(lines) + "\n"

    def to_mermaid(self) -> str:
        """A Mermaid flowchart: a box a dataset, a node a column; dashed arrows for what is learnt from or only decides."""
        ids: dict[tuple[str, str | None], str] = {}
        inside: dict[str, list[str]] = {key: [] for key in self.nodes}

        def place(key: str, column: str | None) -> str:
            if (key, column) not in ids:
                ids[key, column] = f"c{len(ids)}"
                inside[key].append(f'{ids[key, column]}["{_mermaid("rows" if column is None else column)}"]')
            return ids[key, column]

        for column in self.columns:
            place(self.ref, column)
        arrows = dict.fromkeys(
            f"  {place(link.source, link.source_column)} {_arrow(link)} {place(link.target, link.target_column)}" for link in self.links
        )
        lines = ["flowchart LR"]
        for number, (key, columns) in enumerate(inside.items()):
            lines += [f'  subgraph d{number}["{_mermaid(self.nodes[key].title)}"]', *(f"    {column}" for column in columns), "  end"]
        return "\n".join([*lines, *arrows]) + "\n"

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        from featureprep.notebook.lineage import view_html

        return view_html(self)

    def to_html(self) -> str:
        """One self-contained page."""
        from featureprep.report.html import page

        return page("lineage", view=self)


def _arrow(link: Link) -> str:
    if link.kind == "fit":
        return "-. fit .->"
    return "-->" if link.type == "DIRECT" else f"-. {_mermaid(link.subtype.lower().replace('_', ' ')) or 'read'} .->"


def _mermaid(text: str) -> str:
    """Text inside a quoted label: all but plain characters as entities, so that none ends the label or is read as markup."""
    from featureprep.report.visible import one_line

    return "".join(c if c.isalnum() or c in " @._-:/" else f"#{ord(c)};" for c in one_line(text, 80))
