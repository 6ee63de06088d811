"""Drawings of transform graphs: what is in them, where it lies, and that they can be read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.expr.expression import Expr, col
from featureprep.expr.node import Node
from featureprep.report.boxes import MOST, Box, Boxes, boxes_of
from featureprep.report.drawing import boxes_svg, fitted, graph_svg, text_width
from featureprep.report.layers import HEIGHT, layout
from featureprep.serving.graph import TransformGraph

SVG = "{http://www.w3.org/2000/svg}"
LEARNT = {"standard_scale": {"mean": 28.5, "std": 11.0}, "impute": {"value": 51.0}}
DAGS = st.lists(st.integers(1, 300), min_size=1, max_size=8).flatmap(
    lambda widths: st.tuples(
        st.just(widths),
        st.lists(st.sampled_from([*combinations(range(len(widths)), 2), (0, 0)]).filter(lambda e: e[0] != e[1]), max_size=12, unique=True)
        if len(widths) > 1
        else st.just([]),
    )
)


def graph(**columns: Expr) -> TransformGraph:
    """A graph over numbers a, b, c..., with made-up constants."""
    nodes = {name: expression.node for name, expression in columns.items()}
    names = sorted({name for node in nodes.values() for name in node.columns()})
    constants = {part.key: LEARNT[part.op] for node in nodes.values() for part in node.walk() if part.op in LEARNT}
    schema = pa.schema([(name, pa.float64()) for name in names])
    return TransformGraph("drawn", schema, nodes, dict.fromkeys(nodes, "feature"), (), constants, "error")


def lines(boxes: Boxes) -> list[tuple[str, str]]:
    return [(boxes.boxes[a].title, boxes.boxes[b].title) for a, b in boxes.edges]


def test_boxes_and_edges() -> None:
    found = boxes_of(graph(x=T.standard_scale(T.impute("a", "median")), y=col("a") + col("b") * 2))
    assert [(box.kind, box.title) for box in found.boxes] == [
        ("input", "a"), ("learning", "impute"), ("learning", "standard_scale"), ("output", "x"),
        ("input", "b"), ("operation", "mul"), ("operation", "add"), ("output", "y"),
    ]  # fmt: skip
    assert lines(found) == [("a", "impute"), ("impute", "standard_scale"), ("standard_scale", "x"), ("b", "mul"), ("a", "add"), ("mul", "add"), ("add", "y")]  # fmt: skip
    assert found.boxes[1].detail == "strategy='median'"
    assert found.boxes[5].detail == "2"
    assert found.boxes[0].detail == "float64"
    assert Boxes.from_json(found.to_json()) == found


def test_one_column_of_it() -> None:
    assert lines(boxes_of(graph(x=col("a") + 1, y=col("b") + 1), ["y"])) == [("b", "add"), ("add", "y")]


def test_the_cast_to_the_float_type_is_not_drawn() -> None:
    node = Node("as_dtype", (Node("col", (), {"name": "a"}),), {"dtype": "float32"})
    made = graph(a=col("a"))
    cast = TransformGraph("x", made.entry, {"a": node}, {"a": "label"}, (), {}, "error")
    assert lines(boxes_of(cast)) == [("a", "a")]
    assert boxes_of(cast).boxes[1].detail == "float32, label"


def test_many_columns_computed_alike_are_drawn_once() -> None:
    found = boxes_of(graph(**{f"f{i}": T.standard_scale(f"c{i:03d}") for i in range(300)}, z=col("c000") + col("c001")))
    assert [(box.kind, box.title) for box in found.boxes[:3]] == [
        ("input", "300 columns"),
        ("learning", "standard_scale"),
        ("output", "300 features"),
    ]
    assert "c000, c001" in found.boxes[0].hint
    assert "288 more" in found.boxes[0].hint
    assert found.note == "Columns that are computed alike are drawn once."
    assert len(found.boxes) == 7


def test_columns_that_differ_in_numbers_alone_are_alike_where_there_are_many() -> None:
    found = boxes_of(graph(**{f"f{i}": col("a") * i for i in range(300)}))
    assert [(box.title, box.detail) for box in found.boxes] == [("a", "float64"), ("mul", ""), ("300 features", "")]


def test_what_has_no_room_is_counted() -> None:
    def chain(i: int) -> Expr:
        made = col("a")
        for k in range(12):
            made = made + col("b") if (i >> k) & 1 else made * col("c")
        return made

    found = boxes_of(graph(**{f"f{i}": chain(i) for i in range(100)}))
    assert len(found.boxes) <= MOST
    assert re.fullmatch(
        r"Columns that are computed alike are drawn once; \d+ columns that are computed otherwise are not drawn.", found.note
    )


def test_an_expression_that_is_too_large_is_summed_up() -> None:
    made = col("a")
    for i in range(200):
        made = made + col(f"c{i % 30:02d}")
    found = boxes_of(graph(x=made))
    assert [box.title for box in found.boxes][-2:] == ["200 operations", "x"]
    assert len(found.boxes) == 15
    assert found.boxes[12].title == "19 more columns"


def test_the_drawing_is_one_element_that_needs_nothing() -> None:
    text = graph_svg(graph(x=T.standard_scale("a"), y=col("b") > col("a")))
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Transform graph drawn: 2 inputs, 2 operations, 2 written columns."
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ("svg", "path", "g", "rect", "text", "title")
        assert not set(element.attrib) & {"id", "style", "href", "class"}
    assert text == graph_svg(graph(x=T.standard_scale("a"), y=col("b") > col("a")))
    assert "28.5" not in text


def test_hostile_names_are_text() -> None:
    nasty = "</svg><script>alert(1)</script>\u202e\x00\"'&"
    text = graph_svg(graph(**{nasty: T.standard_scale(nasty)}))
    root = ET.fromstring(text)
    assert {element.tag for element in root.iter()} == {f"{SVG}{name}" for name in ("svg", "path", "g", "rect", "text", "title")}
    assert "\u202e" not in text
    assert "\\u202e" in text


def test_no_columns() -> None:
    assert ET.fromstring(boxes_svg(Boxes((), ()), "Nothing")).get("aria-label") == "Nothing: 0 inputs, 0 operations, 0 written columns."


def rgb(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((rgb(one), rgb(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_are_readable_on_any_background() -> None:
    text = graph_svg(graph(x=T.standard_scale(col("a") + 1)))
    colour = dict(re.findall(r"var\(--fp-([a-z-]+), (#[0-9a-f]{6})\)", text))
    for kind in ("input", "operation", "learning", "output"):
        assert contrast(colour["ink"], colour[kind]) >= 7
        assert contrast(colour["quiet"], colour[kind]) >= 4.5
    for background in ("#ffffff", "#111418"):
        assert contrast(colour["edge"], background) >= 3


@given(DAGS)
def test_layouts(dag: tuple[list[int], list[tuple[int, int]]]) -> None:
    widths, edges = dag
    leading = {start for start, _ in edges}
    ends = [i for i in range(len(widths)) if i not in leading]
    made = layout(widths, edges, ends)
    assert made == layout(widths, edges, ends)
    for width, (x, y), needed in zip(made.widths, made.places, widths, strict=True):
        assert width >= needed
        assert x >= 0
        assert x + width <= made.width
        assert y >= 0
        assert y + HEIGHT <= made.height
    for (i, (xa, ya)), (j, (xb, yb)) in combinations(enumerate(made.places), 2):
        assert xa + made.widths[i] <= xb or xb + made.widths[j] <= xa or abs(ya - yb) >= HEIGHT
    for (start, end), route in zip(edges, made.routes, strict=True):
        assert made.places[start][0] + made.widths[start] < made.places[end][0]
        assert route[0] == (made.places[start][0] + made.widths[start], made.places[start][1] + HEIGHT // 2)
        assert route[-1] == (made.places[end][0], made.places[end][1] + HEIGHT // 2)
        assert [x for x, _ in route] == sorted(x for x, _ in route)
    assert [made.places[i][1] for i in ends] == sorted(made.places[i][1] for i in ends)
    assert len({made.places[i][0] for i in ends}) == 1


def test_a_chain_is_a_straight_line() -> None:
    made = layout([50, 60, 70], [(0, 1), (1, 2)], [2])
    assert len({y for _, y in made.places}) == 1


@pytest.mark.parametrize("text", ["", "short", "x" * 300, "漢字" * 50, "iiiiiiiiiiiiiiiiiiiiiiiiiii"])
def test_texts_are_cut_to_fit(text: str) -> None:
    shown = fitted(text, 13, 100)
    assert text_width(shown, 13) <= 100
    assert shown == text or shown.endswith("…")
    assert text.startswith(shown.removesuffix("…"))


def test_a_box_of_each_kind() -> None:
    boxes = tuple(Box(kind, kind, "", kind) for kind in ("input", "operation", "learning", "output"))
    root = ET.fromstring(boxes_svg(Boxes(boxes, ((0, 1), (1, 2), (2, 3))), "Kinds"))
    assert len({group.get("fill") for group in root.iter(f"{SVG}g")}) == 6
