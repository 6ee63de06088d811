"""How a rule of a contract ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from featureprep.canonical import to_jsonable
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.threshold import Threshold

MASK: Final = "***"
UNTAKEN: Final = "$untaken/"
"""How the ids of rules begin that a file of another format has, and a contract cannot state."""
ALLOW: Final = "`--allow-not-evaluated` (allow_not_evaluated=True)"
"""What lets rules of a file of another format be not evaluated, where no key of a contract can stand."""


@dataclass(frozen=True)
class Outcome:
    """The end of one rule.

    Attributes
    ----------
    rule : str
        What must hold, as a sentence.
    reason : Reason
        The name of the violation, whether there is one or not.
    count, total : int or None
        Rows that break it, of all rows looked at; None where the rule counts nothing.
    examples : tuple
        A few values that break it (a dict of column to value for expressions); empty where they are masked.
    line : int or None
        Of the contract's `file`.
    masked : bool
        It is about a sensitive column.
    lenient : bool
        That it was not evaluated does not fail the contract.
    accept : str
        What to change in the contract if the data is right after all.
    at_most : Threshold or None
        What may break it; above that it fails, whatever is done with the rows.
    figures : mapping, optional
        What was measured, JSON values, of rules that measure something.
    rows : tuple of str
        Where a few of the rows that break it stand: `file:line`, or the file and the number of the row in it. The first ones there are, of
        rules about several rows (keys, unique, references, monotonic) the first ones that hold one of the examples' values.
    """

    id: str
    rule: str
    column: str | None
    check: str
    reason: Reason
    status: Status
    severity: Severity
    action: Action
    message: str = ""
    count: int | None = None
    total: int | None = None
    examples: tuple[Any, ...] = ()
    line: int | None = None
    file: str = ""
    masked: bool = False
    lenient: bool = False
    accept: str = ""
    at_most: Threshold | None = None
    figures: Mapping[str, Any] | None = None
    rows: tuple[str, ...] = ()

    @property
    def fraction(self) -> float | None:
        """count / total; None where there is nothing to divide."""
        return self.count / self.total if self.count is not None and self.total else None

    @property
    def blocking(self) -> bool:
        """Whether it fails the contract: broken at severity error with no row taken away for it or too many, or not evaluated."""
        if self.status == Status.NOT_EVALUATED:
            return not self.lenient
        return self.status == Status.FAILED and self.severity == Severity.ERROR and (self.action == Action.FAIL or self.too_many)

    @property
    def is_untaken(self) -> bool:
        """Whether no data can change that it is not evaluated."""
        return self.id.startswith(UNTAKEN)

    @property
    def pardon(self) -> str:
        """What lets it be not evaluated."""
        return self.accept if self.accept.startswith(ALLOW) else "`allow_not_evaluated: true`"

    @property
    def too_many(self) -> bool:
        """Whether more rows break it than may; False where nothing is stated about that."""
        if self.at_most is None or self.count is None or self.total is None:
            return False
        return not self.at_most.allows(self.count, self.total)

    @property
    def place(self) -> str:
        """`file:line` in the contract, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line) if part)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values (see `featureprep.canonical` for dates and such)."""
        return {
            "id": self.id,
            "rule": self.rule,
            "column": self.column,
            "check": self.check,
            "reason": str(self.reason),
            "status": str(self.status),
            "severity": str(self.severity),
            "action": str(self.action),
            "blocking": self.blocking,
            "message": self.message,
            "count": self.count,
            "total": self.total,
            "fraction": self.fraction,
            "at_most": None if self.at_most is None else self.at_most.stated,
            "examples": [MASK] if self.masked and self.count else to_jsonable(self.examples),
            "accept": self.accept,
            "file": self.file or None,
            "line": self.line,
            **({} if self.figures is None else {"figures": dict(self.figures)}),
            **({"rows": list(self.rows)} if self.rows else {}),
        }


def worst(outcomes: Iterable[Outcome]) -> int:
    """The exit code that outcomes ask for: 1 where one of them fails the contract, else 0."""
    return int(any(outcome.blocking for outcome in outcomes))
