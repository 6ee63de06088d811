"""A transform graph as boxes to draw: inputs, operations, written columns; what is alike is one box where there are too many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from featureprep.expr.node import Node, describe
from featureprep.expr.op import find
from featureprep.lineage.flow import expression_text
from featureprep.report.visible import one_line
from featureprep.serving.graph import TransformGraph
from featureprep.types import format_type

MOST = 120
"""More boxes than this are not a picture any more."""
KINDS = ("input", "operation", "learning", "output")
_SHAPES = 24
_NAMES = 12
_DETAIL = 60


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes
    ----------
    kind : "input", "operation", "learning" or "output"
    title, detail : str
        The two lines in it.
    hint : str
        What is said at length.
    """

    kind: str
    title: str
    detail: str
    hint: str


@dataclass(frozen=True)
class Boxes:
    """Boxes, those first that lead to others, and the edges between them by index; `note` says what is not drawn one by one."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int], ...]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"boxes": [asdict(box) for box in self.boxes], "edges": [list(edge) for edge in self.edges], "note": self.note}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Boxes:
        """The inverse."""
        edges = tuple((start, end) for start, end in data["edges"])
        boxes = (
            Box(
                box["kind"] if box["kind"] in KINDS else "operation", one_line(box["title"]), one_line(box["detail"]), one_line(box["hint"])
            )
            for box in data["boxes"]
        )
        return cls(tuple(boxes), edges, one_line(data["note"]))


def boxes_of(graph: TransformGraph, columns: Sequence[str] | None = None) -> Boxes:
    """The boxes of some written columns, by default all.

    Up to `MOST` boxes are drawn as they are. Of larger graphs, columns that are computed alike become one chain; of a column that is
    itself larger, only what goes in and how many operations there are.
    """
    names = list(graph.nodes if columns is None else columns)
    made = _Maker(graph)
    for name in names:
        made.column(name)
        if len(made.boxes) > MOST:
            return _alike(graph, names) if len(names) > 1 else _summary(graph, names[0])
    return made.done()


class _Maker:
    def __init__(self, graph: TransformGraph) -> None:
        self.graph = graph
        self.boxes: list[Box] = []
        self.edges: dict[tuple[int, int], None] = {}
        self.at: dict[str, int] = {}

    def column(self, name: str) -> None:
        root = _meant(self.graph.nodes[name])
        for node in _shown(root):
            if node.key not in self.at:
                self._add(_box(node, self.graph), [_meant(arg).key for arg in node.args], node.key)
        self._add(_output(name, self.graph), [root.key], None)

    def _add(self, box: Box, args: Sequence[str], key: str | None) -> None:
        index = len(self.boxes)
        self.boxes.append(box)
        self.edges |= {(self.at[arg], index): None for arg in args if arg in self.at}
        if key is not None:
            self.at[key] = index

    def done(self) -> Boxes:
        return Boxes(tuple(self.boxes), tuple(self.edges))


def _meant(node: Node) -> Node:
    """Without the cast to the job's float type, and with a column for its malformed mask."""
    while node.op == "as_dtype":
        node = node.args[0]
    if node.op == "col" and ":" in node.params["name"] and node.params["name"].startswith("$malformed"):
        return Node("col", (), {"name": node.params["name"].partition(":")[2]})
    return node


def _shown(root: Node) -> Iterator[Node]:
    """The nodes to draw: literals stand in the boxes of their users."""
    return (_meant(node) for node in root.walk() if node.op not in ("as_dtype", "lit") or node is root)


def _box(node: Node, graph: TransformGraph) -> Box:
    if node.op == "col":
        name = node.params["name"]
        at = graph.entry.get_field_index(name)
        return Box("input", one_line(name), format_type(graph.entry.field(at).type) if at >= 0 else "", f"input {one_line(name)}")
    literals = [describe(arg) for arg in node.args if arg.op == "lit"]
    params = [f"{key}={_short(value)}" for key, value in sorted(node.params.items()) if value is not None]
    kind = "learning" if find(node.op).learns else "operation"
    return Box(kind, node.op, one_line(", ".join(literals + params), _DETAIL), one_line(expression_text(node)))


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{len(value)} entries"
    if isinstance(value, tuple) and len(value) > 4:
        return f"{len(value)} values"
    return repr(list(value) if isinstance(value, tuple) else value)


def _output(name: str, graph: TransformGraph) -> Box:
    role = graph.roles[name]
    kind = format_type(graph.bound[name].type)
    return Box("output", one_line(name), kind if role == "feature" else f"{kind}, {role}", f"{role} {one_line(name)}: {kind}")


def _alike(graph: TransformGraph, names: Sequence[str]) -> Boxes:
    """A chain for each way in which columns are computed, those of most columns as long as there is room."""
    groups = _groups(graph, names, params=True)
    same = len(groups) <= _SHAPES
    if not same:
        groups = _groups(graph, names, params=False)
    boxes: list[Box] = []
    edges: list[tuple[int, int]] = []
    left = len(names)
    for group in sorted(groups, key=len, reverse=True)[:_SHAPES]:
        part = boxes_of(graph, group[:1])
        if boxes and len(boxes) + len(part.boxes) > MOST:
            continue
        edges += [(start + len(boxes), end + len(boxes)) for start, end in part.edges]
        inputs = _inputs(graph, group)
        boxes += [_several(box, group, inputs, same=same) for box in part.boxes]
        left -= len(group)
    more = f"; {left:,} columns that are computed otherwise are not drawn" if left else ""
    return Boxes(tuple(boxes), tuple(edges), f"Columns that are computed alike are drawn once{more}.")


def _groups(graph: TransformGraph, names: Sequence[str], *, params: bool) -> list[list[str]]:
    found: dict[object, list[str]] = {}
    for name in names:
        found.setdefault((graph.roles[name], _shape(graph, _meant(graph.nodes[name]), params=params)), []).append(name)
    return list(found.values())


def _shape(graph: TransformGraph, root: Node, *, params: bool) -> object:
    """Equal for expressions that differ in the names of their columns alone (and in parameters and literals, without `params`)."""
    index: dict[str, int] = {}
    lines = []
    for node in _shown(root):
        if node.key in index:
            continue
        index[node.key] = len(index)
        args = tuple(index.get(_meant(arg).key, -1) for arg in node.args)
        lines.append((node.op, _box(node, graph).detail if params else "", args))
    return tuple(lines)


def _inputs(graph: TransformGraph, group: Sequence[str]) -> list[str]:
    return sorted({node.params["name"] for name in group for node in _shown(_meant(graph.nodes[name])) if node.op == "col"})


def _several(box: Box, group: Sequence[str], inputs: Sequence[str], *, same: bool) -> Box:
    """A box of one column's chain for a group; `same`: of equal parameters."""
    if len(group) == 1:
        return box
    if box.kind not in ("input", "output"):
        return box if same else Box(box.kind, box.title, "", box.title)
    names, what = (inputs, "columns") if box.kind == "input" else (group, "features")
    if len(names) == 1:
        return box
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    hint = ", ".join(one_line(name, 40) for name in names[:_NAMES])
    return Box(box.kind, f"{len(names):,} {what}", box.detail if same else "", hint + more)


def _summary(graph: TransformGraph, name: str) -> Boxes:
    """Of one large column: what goes in, how much is done, what comes out."""
    root = _meant(graph.nodes[name])
    inputs = _inputs(graph, [name])
    count = sum(node.op not in ("col", "lit", "as_dtype") for node in root.walk())
    boxes = [Box("input", one_line(i), "", f"input {one_line(i)}") for i in inputs[:_NAMES]]
    if len(inputs) > _NAMES:
        boxes.append(Box("input", f"{len(inputs) - _NAMES:,} more columns", "", ""))
    learns = any(find(node.op).learns for node in root.walk())
    middle = Box("learning" if learns else "operation", f"{count:,} operations", root.op, one_line(expression_text(root)))
    boxes += [middle, _output(name, graph)]
    edges = [(i, len(boxes) - 2) for i in range(len(boxes) - 2)]
    return Boxes(tuple(boxes), (*edges, (len(boxes) - 2, len(boxes) - 1)), "A large expression: its operations are not drawn one by one.")
