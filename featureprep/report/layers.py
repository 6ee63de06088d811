"""A layered layout of a graph without cycles, left to right: every box in the layer after its last input, ends in the last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

HEIGHT = 38
_GAP = 12
_WIRE = 6
_BETWEEN = 48
_MARGIN = 8


@dataclass(frozen=True)
class Layout:
    """Where boxes and edges lie, in pixels.

    Attributes
    ----------
    width, height : int
    widths : list of int
        Of every box: all in a layer are as wide as the widest.
    places : list of (x, y)
        The upper left corner of every box.
    routes : list of lists of (x, y)
        The points that every edge passes: bends from the first to the second, from the third to the fourth and so on, straight (past
        a layer) from the second to the third.
    """

    width: int
    height: int
    widths: list[int]
    places: list[tuple[int, int]]
    routes: list[list[tuple[int, int]]]


def layout(widths: Sequence[int], edges: Sequence[tuple[int, int]], ends: Collection[int]) -> Layout:
    """Place boxes.

    Parameters
    ----------
    widths : sequence of int
        That each box needs; all are `HEIGHT` high.
    edges : sequence of (from, to)
        Indexes of boxes; `from` comes before `to` in the sequence of boxes.
    ends : indexes
        What the graph is for: one below the other in the last layer, in this order. Every box leads to one of them.

    Returns
    -------
    Layout
        The same for the same arguments, whatever the platform.
    """
    ranks = _ranks(len(widths), edges, ends)
    items, after, wires = _with_wires(len(widths), edges, ranks)
    centres = _centres(items, after, ends, len(widths))
    lowest = min((y - (HEIGHT if i < len(widths) else _WIRE) / 2 for i, y in centres.items()), default=0.0)
    shift = _MARGIN - lowest
    layer_widths = [max((w for w, r in zip(widths, ranks, strict=True) if r == rank), default=0) for rank in range(len(items))]
    lefts = list(accumulate((w + _BETWEEN for w in layer_widths), initial=_MARGIN))
    y_of = {i: round(y + shift) for i, y in centres.items()}
    places = [(lefts[rank], y_of[i] - HEIGHT // 2) for i, rank in enumerate(ranks)]
    routes = []
    for (start, end), wire in zip(edges, wires, strict=True):
        route = [(lefts[ranks[start]] + layer_widths[ranks[start]], y_of[start])]
        for rank, item in enumerate(wire, ranks[start] + 1):
            route += [(lefts[rank], y_of[item]), (lefts[rank] + layer_widths[rank], y_of[item])]
        routes.append([*route, (lefts[ranks[end]], y_of[end])])
    bottom = max([*(y + HEIGHT for _, y in places), *(y for route in routes for _, y in route)], default=0)
    return Layout(lefts[-1] - _BETWEEN + _MARGIN, bottom + _MARGIN, [layer_widths[rank] for rank in ranks], places, routes)


def _ranks(count: int, edges: Sequence[tuple[int, int]], ends: Collection[int]) -> list[int]:
    ranks = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        ranks[end] = max(ranks[end], ranks[start] + 1)
    last = max(ranks, default=0)
    return [last if i in set(ends) else rank for i, rank in enumerate(ranks)]


def _with_wires(
    count: int, edges: Sequence[tuple[int, int]], ranks: Sequence[int]
) -> tuple[list[list[int]], dict[int, list[int]], list[list[int]]]:
    """Boxes and, where an edge passes a layer, a wire of its own there: by layer; what each leads to; the wires of each edge."""
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for i, rank in enumerate(ranks):
        layers[rank].append(i)
    after: dict[int, list[int]] = {}
    wires: list[list[int]] = []
    new = count
    for start, end in edges:
        wire = list(range(new, new + ranks[end] - ranks[start] - 1))
        new += len(wire)
        for rank, item in enumerate(wire, ranks[start] + 1):
            layers[rank].append(item)
        for a, b in zip([start, *wire], [*wire, end], strict=True):
            after.setdefault(a, []).append(b)
        wires.append(wire)
    return layers, after, wires


def _centres(layers: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]], ends: Collection[int], count: int) -> dict[int, float]:
    """The middle of every item: as near as may be to the median of what it leads to, from the last layer to the first."""
    sizes = {i: float(HEIGHT + _GAP if i < count else _WIRE) for layer in layers for i in layer}
    centres = {end: at * float(HEIGHT + _GAP) for at, end in enumerate(ends)}
    for layer in reversed(layers):
        wanted = {i: sorted(centres[j] for j in after[i])[(len(after[i]) - 1) // 2] for i in layer if i not in centres}
        order = sorted(wanted, key=lambda i: (wanted[i], i))
        centres |= zip(order, _apart([wanted[i] for i in order], [sizes[i] for i in order]), strict=True)
    return centres


def _apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Middles in this order that do not overlap, with the least sum of squares away from those wanted.

    Pool adjacent violators: what would overlap is joined into a block, and each block lies where its members wish on average.
    """
    starts = list(accumulate(((a + b) / 2 for a, b in pairwise(sizes)), initial=0.0))
    blocks: list[tuple[float, int]] = []
    for want, start in zip(wanted, starts, strict=False):
        total, n = want - start, 1
        while blocks and blocks[-1][0] * n > total * blocks[-1][1]:
            more, k = blocks.pop()
            total, n = total + more, n + k
        blocks.append((total, n))
    moved = [total / n for total, n in blocks for _ in range(n)]
    return [start + by for start, by in zip(starts, moved, strict=False)]
