"""Every column of a source as its card shows it: what is wrong with it, how it is distributed, and how it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.shapes import Shape, shape_from_json
from featureprep.validators.formats.finding import Finding
from featureprep.validators.page.drifts import Measured, of_shapes
from featureprep.validators.page.figures import figures_of
from featureprep.validators.page.sides import Sides, sides_of
from featureprep.validators.reasons import Status
from featureprep.validators.seen import Seen

KINDS: Final = {
    "number": "numbers", "string": "text", "bool": "bools", "ordered": "dates, times, decimals", "list": "lists", "other": "other",
}  # fmt: skip
"""Of columns, as people call them."""
_Pair = tuple[Shape | None, Shape | None]
"""A column's own shape, and that of its baseline."""
_NONE: Final[_Pair] = (None, None)
_OPEN: Final = ("name", "type", "kind", "n", "nulls", "nans")


@dataclass(frozen=True)
class Card:
    """One column.

    Attributes
    ----------
    now, was : mapping or None
        Its statistics in the data and in the baseline; None on the side that does not have it.
    states : frozenset of str
        Of broken, drifted, differs, new, gone.
    bad : bool
        Whether it fails the data.
    broken : int
        How many of its rules are.
    measured : Measured or None
        The measure that goes furthest beyond its bound.
    parts : sequence of (str, Sides)
        What is drawn of it, and what that is called: "" of the values; of lists their lengths and their items. Empty where the column has no
        shape, and is shown as on other pages.
    figures : sequence of (label, was, now)
    """

    name: str
    type: str
    kind: str
    now: Mapping[str, Any] | None
    was: Mapping[str, Any] | None
    states: frozenset[str]
    bad: bool
    broken: int
    measured: Measured | None
    parts: Sequence[tuple[str, Sides]]
    figures: Sequence[tuple[str, str, str]]

    @property
    def before(self) -> str:
        """Its type in the baseline, where that was another."""
        was = "" if self.was is None or self.now is None else str(self.was.get("type", ""))
        return was if was != self.type else ""


@dataclass(frozen=True)
class Table:
    """The columns of one source, those first that are broken or furthest from the baseline.

    Attributes
    ----------
    id : str
        Of the section; a card's is this, "c", and its place.
    baseline : str
        What the baseline is called; "" where there is none.
    why : str
        Why the columns stand beside no baseline, though there is one.
    others : sequence of Measured
        Of columns that no rule holds against the baseline, the furthest beyond chance first.
    """

    id: str
    name: str
    rows: int
    rows_was: int | None
    baseline: str
    why: str
    cards: Sequence[Card]
    others: Sequence[Measured] = field(default_factory=tuple)

    def figures(self, most: int) -> dict[str, list[Any]]:
        """The tables behind the pictures, by the ids of the cards."""
        found = {f"{self.id}c{i}": [sides.table for _, sides in card.parts if sides.table[2:]] for i, card in enumerate(self.cards[:most])}
        return {card: tables for card, tables in found.items() if tables}

    def count(self, state: str) -> int:
        """How many columns are so."""
        return sum(state in card.states for card in self.cards)

    def of_kind(self, kind: str) -> int:
        """How many columns are of a kind."""
        return sum(card.kind == kind for card in self.cards)


def table_of(at: int, name: str, seen: Seen, found: Sequence[Finding], measured: Sequence[Measured]) -> Table:
    """The columns of a source.

    Parameters
    ----------
    at : int
        The place of the source.
    found : sequence of Finding
        Of this source, all of them.
    measured : sequence of Measured
        Of this source's rules, the furthest first.
    """
    baseline = seen.baseline if seen.baseline is not None and not seen.baseline.why else Baseline()
    now = {column["name"]: column for column in seen.statistics["columns"]}
    kept = _columns(baseline.section)
    before = {one: _of_shape(now[one], shape) for one, shape in baseline.shapes.items() if one in now} | kept
    hidden = {*seen.sensitive, *(one for side in (before, now) for one, column in side.items() if column.get("masked"))}
    was = {one: _masked(column) if one in hidden else column for one, column in before.items()}
    shapes = {one: _shapes(column, "shape", baseline.shapes.get(one)) for one, column in now.items() if one not in hidden}
    lengths = {one: _shapes(column, "length_shape", baseline.lengths.get(one)) for one, column in now.items() if one not in hidden}
    ruled = {one.column for one in measured}
    both = {one: (then, here) for one, (here, then) in shapes.items() if here is not None and then is not None and one not in ruled}
    others = of_shapes(name, both)
    furthest: dict[str, Measured] = {}
    for one in [*measured, *others]:
        furthest.setdefault(one.column, one)
    by_column: dict[str | None, list[Finding]] = defaultdict(list)
    for finding in found:
        by_column[finding.outcome.column].append(finding)
    cards = []
    for one in [*now, *(one for one in was if one not in now)]:
        parts = _parts(now.get(one), was.get(one), shapes.get(one, _NONE), lengths.get(one, _NONE), baseline.name)
        new = baseline.section is not None and one not in was
        cards.append(_card(one, now.get(one), was.get(one), parts, by_column[one], furthest.get(one), new=new))
    rows_was = max((shape.rows for shape in baseline.shapes.values()), default=None)
    if baseline.section is not None:
        rows_was = baseline.section.get("rows")
    why = "" if seen.baseline is None else seen.baseline.why
    return Table(f"t{at}", name, seen.statistics["rows"], rows_was, baseline.name, why, sorted(cards, key=_place), others)


def _of_shape(now: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """What a shape tells of a column, where nothing else was kept of it: of several versions together."""
    made = {name: now[name] for name in ("name", "type", "kind")} | {name: getattr(shape, name, 0) for name in ("n", "nulls", "nans")}
    if isinstance(shape, NumericShape) and made["kind"] == "number" and shape.n:
        made |= {"mean": shape.mean, "std": shape.std, "min": float(shape.points[0]), "max": float(shape.points[-1])}
    return made


def _columns(section: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """By their names; a kept section may hold anything."""
    known = section.get("columns") if section is not None else None
    columns = [column for column in known if isinstance(column, dict)] if isinstance(known, list) else []
    return {column["name"]: column for column in columns if isinstance(column.get("name"), str)}


def _masked(column: Mapping[str, Any]) -> dict[str, Any]:
    return {name: column[name] for name in _OPEN if name in column} | {"masked": True}


def _shapes(now: Mapping[str, Any], part: str, was: Shape | None) -> _Pair:
    return shape_from_json(now[part]) if part in now else None, was


def _parts(
    now: Mapping[str, Any] | None, was: Mapping[str, Any] | None, shapes: _Pair, lengths: _Pair, title: str
) -> list[tuple[str, Sides]]:
    """What can be drawn: where both sides have the column, both have its shape."""
    if now is None:
        return []
    whole, alone = "int" in str(now["type"]), was is None
    wanted = [("", shapes, "Shares of all rows")]
    if now["kind"] == "list":
        wanted = [("lengths", lengths, "Lengths: shares of all rows"), ("items", shapes, "Items: shares of all items")]
    made = []
    for word, (here, then), caption in wanted:
        sides = None if here is None or (then is None and not alone) else sides_of(here, then, whole=whole, title=title, caption=caption)
        if sides is not None:
            made.append((word, sides))
    return made


def _card(
    name: str,
    now: Mapping[str, Any] | None,
    was: Mapping[str, Any] | None,
    parts: Sequence[tuple[str, Sides]],
    found: Sequence[Finding],
    measured: Measured | None,
    *,
    new: bool,
) -> Card:
    broken = [finding for finding in found if finding.outcome.status == Status.FAILED]
    drifted = measured is not None and measured.drifted
    states = {
        "broken": bool(broken),
        "drifted": drifted and measured is not None and measured.ruled,
        "differs": drifted,
        "new": new,
        "gone": now is None,
    }
    shown = now if now is not None else was or {}
    kind = str(shown.get("kind"))
    return Card(
        name, str(shown.get("type", "")), kind if kind in KINDS else "other", now, was,
        frozenset(state for state, holds in states.items() if holds), any(finding.fails for finding in found), len(broken),
        measured, parts, figures_of(now, was),
    )  # fmt: skip


def _place(card: Card) -> tuple[int, float]:
    order = 0 if card.bad else 1 if card.broken else 2 if "drifted" in card.states else 3 if card.states & {"new", "gone"} else 4
    return (order, -(card.measured.times or 0.0) if card.measured is not None else 0.0)
