"""What another tool says of the data that a contract was held against: where both agree, and where one alone finds something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Sayer(StrEnum):
    """Who finds something wrong."""

    BOTH = "both"
    US = "only featureprep"
    THEM = "only tfdv"


@dataclass(frozen=True)
class Remark:
    """Something that is wrong, by its column and TensorFlow Metadata's name for it.

    Attributes
    ----------
    column : str
        "" where it is about all rows.
    reason : str
    said_by : Sayer
    words : tuple of str
        The other tool's, where it finds it; they may hold values of the data.
    rules : tuple of str
        What our rules say that are broken so; where only the other tool finds it, those that it could be about, and how they ended.
    """

    column: str
    reason: str
    said_by: Sayer
    words: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.column}: {self.reason}" if self.column else self.reason

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column or None,
            "reason": self.reason,
            "said_by": str(self.said_by),
            "words": list(self.words),
            "rules": list(self.rules),
        }


@dataclass(frozen=True)
class Unasked:
    """A rule of the contract that the other tool was not asked about.

    Attributes
    ----------
    rule : str
        What must hold.
    why : str
    status : str
        How it ended here.
    """

    rule: str
    why: str
    status: str

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "why": self.why, "status": self.status}


@dataclass(frozen=True)
class SecondOpinion:
    """What another tool says of one source.

    Attributes
    ----------
    remarks : sequence of Remark
        Those on which both agree first, then ours, then its.
    unasked : sequence of Unasked
        In the contract's order.
    why : str
        Why it said nothing at all; "" where it answered.
    """

    remarks: Sequence[Remark] = ()
    unasked: Sequence[Unasked] = ()
    why: str = ""

    def count(self, sayer: Sayer) -> int:
        """How many things are found so."""
        return sum(remark.said_by == sayer for remark in self.remarks)

    @property
    def headline(self) -> str:
        """On one line."""
        if self.why:
            return f"TFDV gave no opinion: {self.why}"
        told = f"found by both: {self.count(Sayer.BOTH)}, by featureprep alone: {self.count(Sayer.US)}, by TFDV alone: {self.count(Sayer.THEM)}"
        return f"{told}; TFDV was not asked about {len(self.unasked)} rule{'s' if len(self.unasked) != 1 else ''}"

    def reasons(self) -> list[tuple[str, list[str]]]:
        """Why rules were not asked about, with the rules, the most frequent reason first."""
        by: dict[str, list[str]] = {}
        for one in self.unasked:
            by.setdefault(one.why, []).append(one.rule if one.status == "passed" else f"{one.rule} ({one.status})")
        return sorted(by.items(), key=lambda item: -len(item[1]))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "by": "tfdv",
            "why": self.why or None,
            "found_by_both": self.count(Sayer.BOTH),
            "only_featureprep": self.count(Sayer.US),
            "only_tfdv": self.count(Sayer.THEM),
            "remarks": [remark.to_json() for remark in self.remarks],
            "not_asked": [one.to_json() for one in self.unasked],
        }
