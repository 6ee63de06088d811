"""One difference of two contracts, and its class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class ChangeClass(StrEnum):
    """What a change means; SPEC.md defines the classes. Worst first."""

    BREAKING = "breaking"
    WIDENING = "widening"
    NARROWING = "narrowing"
    COSMETIC = "cosmetic"


MEANINGS: Final = {
    ChangeClass.BREAKING: "data that passed may fail, and data that failed may pass",
    ChangeClass.WIDENING: "data that passed still passes, and more does",
    ChangeClass.NARROWING: "data that passed may fail",
    ChangeClass.COSMETIC: "no data is judged otherwise",
}


@dataclass(frozen=True)
class ContractChange:
    """One statement that is new, gone or another.

    Attributes
    ----------
    source, column : str
        "" for a contract of a single source, and for rules about rows.
    before, after : str
        The statement in words; "" where there is none.
    backward : bool
        All data that passes the contract before passes with this change.
    forward : bool
        All data that passes with this change passes the contract before.
    lost : str
        What code that reads the data can no longer rely on, in words; "" where that is nothing. Breaking by itself.
    lines : pair of int or None
        Where it stands in the files before and after.
    rule : str
        The id of the rule in the contract before; "" where it is none's, or was not there.
    """

    source: str
    column: str
    before: str
    after: str
    backward: bool
    forward: bool
    lost: str = ""
    lines: tuple[int | None, int | None] = (None, None)
    rule: str = ""

    @property
    def kind(self) -> ChangeClass:
        """Its class."""
        if self.lost or not (self.backward or self.forward):
            return ChangeClass.BREAKING
        if self.backward and self.forward:
            return ChangeClass.COSMETIC
        return ChangeClass.WIDENING if self.backward else ChangeClass.NARROWING

    @property
    def change(self) -> str:
        """One of "added", "removed", "loosened", "tightened", and "changed", where neither can be said."""
        if not self.before or not self.after:
            return "added" if self.after else "removed"
        return {(True, False): "loosened", (False, True): "tightened"}.get((self.backward, self.forward), "changed")

    @property
    def meaning(self) -> str:
        """What it means for data, in words."""
        return self.lost or MEANINGS[self.kind]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "source": self.source,
            "column": self.column,
            "class": str(self.kind),
            "change": self.change,
            "before": self.before,
            "after": self.after,
            "meaning": self.meaning,
            "backward": self.backward,
            "forward": self.forward,
            "lines": list(self.lines),
        }
