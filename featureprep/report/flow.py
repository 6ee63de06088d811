"""The row ledger as a picture: bands as wide as there are rows, from step to step, and where rows leave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from featureprep.report.drawing import fitted
from featureprep.report.flow_steps import Step, steps_of
from featureprep.report.pictures import percent

_ROOM, _BETWEEN, _LEFT = 112, 10, 4
_LABEL = 236
_BAR = 7
_HEAD, _LOSS, _GAP = 40, 22, 16
_HAIR = 1.5
_BEND = 34

Band = tuple[int, int]
"""The step that it comes from, and which of the bands out of that step it is; -1 for the place under a step that nothing leaves."""


def flow_svg(lines: Sequence[Mapping[str, object]], splits: Mapping[str, object]) -> Markup:
    """The drawing of a ledger.

    Parameters
    ----------
    lines : sequence of mappings
        The ledger's lines as JSON values, in order.
    splits : mapping of name to rows
        Where the last step's rows went.

    Returns
    -------
    Markup
        One `<svg>` element about 360 pixels wide (more where many tables flow beside each other); empty without lines.
    """
    steps, skipped = steps_of(lines, splits)
    if not steps:
        return Markup("")
    drawing = _Drawing(steps)
    drawing.draw()
    gone = Counter[str]()
    for step in steps:
        for kind, count, _ in step.ways:
            gone[kind] += count
    read = sum(step.rows_in for step in steps if not step.inputs)
    written = sum(step.out for step in steps if not step.shares)
    said = (
        f"Flow of rows: {read:,} read, {written:,} written, {gone['dropped']:,} dropped, {gone['quarantined']:,} quarantined. "
        "The table has every step."
    )
    if skipped:
        said += f" {skipped} steps that keep every row are not drawn."
    return Markup('<svg class="flow" viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">{}</svg>').format(
        drawing.width, drawing.height, drawing.width, said, Markup("").join([*drawing.bands, *drawing.marks])
    )


class _Drawing:
    """Rows of the picture are steps; at each, what flows there stands side by side: bands that pass, and the bar of the step."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.bands: list[Markup] = []
        self.marks: list[Markup] = []
        self.beside = _beside(steps)
        most = max((sum(self._rows(item, at) for item in items) for at, items in enumerate(self.beside)), default=0) or 1
        gaps = max(len(items) - 1 for items in self.beside)
        room = max(_ROOM, gaps * (_BETWEEN + 14))
        self.scale = (room - gaps * _BETWEEN) / most
        self.label_x = _LEFT + room + 16
        self.width = self.label_x + _LABEL
        self.tops: list[int] = []
        y = 6
        for step in steps:
            self.tops.append(y)
            y += _HEAD + sum(self._room(count) for _, count, _ in step.ways) + (_LOSS if step.created else 0) + _GAP
        self.height = y

    def _rows(self, item: Band | None, at: int) -> int:
        step = self.steps[at if item is None else item[0]]
        return step.rows_in + step.created if item is None or item[1] < 0 else step.shares[item[1]]

    def wide(self, rows: int) -> float:
        return max(_HAIR, rows * self.scale) if rows > 0 else 0.0

    def _room(self, count: int) -> int:
        return round(max(_LOSS, self.wide(count) + 6))

    def draw(self) -> None:
        points: dict[Band, list[tuple[float, int]]] = {}  # of the middle of a band: where it leaves a bar, passes steps, arrives
        bars: list[float] = []
        for at, (step, items) in enumerate(zip(self.steps, self.beside, strict=True)):
            x, y = float(_LEFT), self.tops[at]
            for item in items:
                width = self.wide(self._rows(item, at))
                if item is None:
                    bars.append(x)
                    self._arrive(step, x, y, points)
                elif item[1] >= 0:
                    points[item] += [(x + width / 2, y), (x + width / 2, y + _BAR)]
                x += width + _BETWEEN
            left = bars[at]
            for k, share in enumerate(step.shares):
                points[at, k] = [(left + self.wide(share) / 2, y + _BAR)]
                left += self.wide(share)
        for (at, k), way in points.items():
            self.bands.append(_svg('<path class="band" d="{}" stroke-width="{:.1f}"/>', _path(way), self.wide(self.steps[at].shares[k])))
        for at, step in enumerate(self.steps):
            self._step(step, bars[at], self.tops[at])

    def _arrive(self, step: Step, x: float, y: int, points: dict[Band, list[tuple[float, int]]]) -> None:
        for source, k in step.inputs:
            width = self.wide(self.steps[source].shares[k])
            points[source, k].append((x + width / 2, y))
            x += width

    def _step(self, step: Step, left: float, top: int) -> None:
        rows = step.rows_in + step.created
        self.marks.append(
            _svg('<rect class="step" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>', left, top, max(self.wide(rows), 3), _BAR)
        )
        self._text(top + 11, "title", step.title)
        told = f"{rows:,} row{'' if rows == 1 else 's'}" if rows == step.out else f"{step.rows_in:,} in, {step.out:,} out"
        if step.share_of:
            told += f", {percent(rows, step.share_of)}"
        self._text(top + 28, "sub", told)
        y = top + _HEAD
        if step.created:
            at = left + self.wide(step.rows_in)
            self.marks.append(
                _svg('<rect class="created" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>', at, top, self.wide(step.created), _BAR)
            )
            self._text(y + 12, "created", f"{step.created:,} created")
            y += _LOSS
        right = left + self.wide(rows)
        for kind, count, text in step.ways:
            width, height = self.wide(count), self._room(count)
            self._leave(kind, max(left, right - width), right, top + _BAR, y + (height - width) / 2, width)
            self._text(y + height / 2 + 4.5, kind, f"{count:,} {text}")
            y += height
            right = max(left, right - width)

    def _leave(self, kind: str, xa: float, xb: float, y0: float, ya: float, width: float) -> None:
        """From the bar of a step, by a quarter turn, to the label."""
        yb, end = ya + width, self.label_x - 6
        path = (
            f"M{xa:.1f} {y0}C{xa:.1f} {yb:.1f} {xa:.1f} {yb:.1f} {end} {yb:.1f}V{ya:.1f}C{xb:.1f} {ya:.1f} {xb:.1f} {ya:.1f} {xb:.1f} {y0}z"
        )
        self.bands.append(_svg('<path class="{}" d="{}"/>', kind, path))

    def _text(self, y: float, kind: str, text: str) -> None:
        shown = fitted(text, 13 if kind == "title" else 12, _LABEL - 6)
        title = _svg("<title>{}</title>", text) if shown != text else Markup("")
        self.marks.append(_svg('<text class="{}" x="{}" y="{:.1f}">{}{}</text>', kind, self.label_x, y, title, shown))


def _beside(steps: Sequence[Step]) -> list[list[Band | None]]:
    """For every step what stands side by side there: bands that pass, and None for the bar of the step itself."""
    live: list[Band] = []
    found: list[list[Band | None]] = []
    for at, step in enumerate(steps):
        place = min((live.index(band) for band in step.inputs), default=len(live))
        live = [band for band in live if band not in step.inputs]
        found.append([*live[:place], None, *live[place:]])
        live[place:place] = [(at, k) for k in range(len(step.shares))] or [(at, -1)]
    return found


def _path(points: Sequence[tuple[float, int]]) -> str:
    parts = [f"M{points[0][0]:.1f} {points[0][1]}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 0.05:
            parts.append(f"V{y1}")
            continue
        start = max(y0, y1 - _BEND)
        middle = (start + y1) / 2
        parts.append(f"V{start}C{x0:.1f} {middle} {x1:.1f} {middle} {x1:.1f} {y1}")
    return "".join(parts)


def _svg(template: str, *values: object) -> Markup:
    return Markup(template).format(*values)  # noqa: S704  (templates are ours, values are escaped)
