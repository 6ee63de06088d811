"""A transform graph as a picture: SVG text that needs nothing else, for pages and notebooks."""

from __future__ import annotations

import math
import unicodedata
from html import escape
from itertools import pairwise

from featureprep.report.boxes import Box, Boxes, boxes_of
from featureprep.report.layers import HEIGHT, layout
from featureprep.serving.graph import TransformGraph

_MIN_WIDTH, _MAX_WIDTH, _PAD = 84, 232, 12
_NARROW, _USUAL, _BROAD = 0.42, 0.67, 0.98
_FONT = "ui-sans-serif, system-ui, sans-serif"
# a page may set the variables; what stands behind them is readable on any background
_FILL = {
    "input": ("var(--fp-input, #e3edf9)", "var(--fp-input-line, #3f73ad)"),
    "operation": ("var(--fp-operation, #f1f2f4)", "var(--fp-operation-line, #6b7480)"),
    "learning": ("var(--fp-learning, #fdf0d5)", "var(--fp-learning-line, #9a6700)"),
    "output": ("var(--fp-output, #e0f2e6)", "var(--fp-output-line, #2f7d4f)"),
}
_INK, _QUIET, _EDGE = "var(--fp-ink, #1b2027)", "var(--fp-quiet, #4d5661)", "var(--fp-edge, #808994)"


def graph_svg(graph: TransformGraph) -> str:
    """The drawing of a transform graph.

    Inputs stand left, written columns right, operations between; those that learnt from data are marked. A large graph is drawn
    by the ways in which columns are computed (see `boxes_of`).

    Returns
    -------
    str
        One `<svg>` element, self-contained: no style sheet, script, reference or id. It has its own size in pixels; its colours are
        readable on light and dark backgrounds, and a page may set them (`--fp-input`, `--fp-ink`...). Names are escaped, with
        invisible characters written out. Constants are not shown.
    """
    return boxes_svg(boxes_of(graph), f"Transform graph {graph.name}")


def boxes_svg(boxes: Boxes, title: str) -> str:
    """The drawing of boxes."""
    widths = [_width(box) for box in boxes.boxes]
    leading = {start for start, _ in boxes.edges}
    ends = [i for i in range(len(widths)) if i not in leading]
    made = layout(widths, boxes.edges, ends)
    placed = list(zip(boxes.boxes, made.widths, made.places, strict=True))
    parts = [f'<path d="{"".join(map(_curve, made.routes))}" fill="none" stroke="{_EDGE}" stroke-width="1.5"/>']
    for kind, (fill, line) in _FILL.items():
        shapes = "".join(_shape(box, width, *place) for box, width, place in placed if box.kind == kind)
        parts.append(f'<g fill="{fill}" stroke="{line}">{shapes}</g>' if shapes else "")
    titles = "".join(_text(box.title, 13, width, x, y + (16 if box.detail else 23)) for box, width, (x, y) in placed)
    details = "".join(_text(box.detail, 11, width, x, y + 30) for box, width, (x, y) in placed if box.detail)
    parts.append(f'<g font-size="13" font-weight="600" fill="{_INK}">{titles}</g><g font-size="11" fill="{_QUIET}">{details}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(_summary(boxes, title))}" width="{made.width}" '
        f'height="{made.height}" viewBox="0 0 {made.width} {made.height}" font-family="{_FONT}" text-anchor="middle">{"".join(parts)}</svg>'
    )


def _summary(boxes: Boxes, title: str) -> str:
    counts = {kind: sum(box.kind == kind for box in boxes.boxes) for kind in _FILL}
    said = ", ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in [
        ("input", counts["input"]), ("operation", counts["operation"] + counts["learning"]), ("written column", counts["output"])])  # fmt: skip
    return f"{title}: {said}. {boxes.note}".strip()


def text_width(text: str, size: float) -> float:
    """About how wide text is in a sans-serif font of that size, pixels; wide characters (CJK) count as squares."""
    ems = sum(
        1.0 if unicodedata.east_asian_width(c) in "WF" else _NARROW if c in "fijlrtI.,:;|!'()[] " else _BROAD if c in "mwMW@%" else _USUAL
        for c in text
    )
    return ems * size


def fitted(text: str, size: float, width: float) -> str:
    """The text, cut so that it is at most so wide."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def _width(box: Box) -> int:
    wanted = max(text_width(box.title, 13), text_width(box.detail, 11)) + 2 * _PAD
    return math.ceil(min(max(wanted, _MIN_WIDTH), _MAX_WIDTH))


def _curve(route: list[tuple[int, int]]) -> str:
    parts = [f"M{route[0][0]} {route[0][1]}"]
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(route)):
        if i % 2 or y0 == y1:
            parts.append(f"L{x1} {y1}")
        else:
            middle = (x0 + x1) // 2
            parts.append(f"C{middle} {y0} {middle} {y1} {x1} {y1}")
    return "".join(parts)


def _shape(box: Box, width: int, x: int, y: int) -> str:
    round_ = HEIGHT // 2 if box.kind in ("input", "output") else 5
    return f'<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="{round_}"><title>{escape(box.hint or box.title)}</title></rect>'


def _text(text: str, size: int, width: int, x: int, y: int) -> str:
    # the pointer goes through to the box, whose title says all
    return f'<text x="{x + width // 2}" y="{y}" pointer-events="none">{escape(fitted(text, size, width - 2 * _PAD))}</text>'
