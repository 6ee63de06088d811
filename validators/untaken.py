"""Rules of a document in another format that a contract cannot state: they end as not evaluated, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from featureprep.validators.outcome import ALLOW, UNTAKEN, Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status

ACCEPT: Final = f"{ALLOW}, or take the rule out of the file"
_SINGLE: Final = "`value_count { min: 1 max: 1 }` (or `shape {}`) there makes it a single value"


@dataclass(frozen=True)
class Untaken:
    """One such rule.

    Attributes
    ----------
    rule : str
        As the document has it.
    why : str
        What a contract cannot say of it.
    check : str
        What the document calls such rules.
    line : int or None
        In the document.
    """

    rule: str
    why: str
    column: str | None = None
    check: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Mostly(Untaken):
    """One that is taken over but for what its share is of; see `featureprep.validators.mostly`.

    Attributes
    ----------
    share : float
        Of the column's values that are not null, how many must keep to it.
    ids : tuple of str
        Of the contract's rules that state it; they go on with `/min` and such.
    """

    share: float = 1.0
    ids: tuple[str, ...] = ()

    def is_about(self, key: str) -> bool:
        """Whether the rule of that id states it."""
        return any(key == mine or (key.startswith(f"{mine}/") and not mine.startswith("$")) for mine in self.ids)


def outcomes(untaken: Sequence[Untaken], file: str, *, lenient: bool) -> list[Outcome]:
    """Their ends, which are the same for all data.

    Parameters
    ----------
    lenient : bool
        That they were not evaluated does not fail the contract.
    """
    seen: Counter[str] = Counter()
    made = []
    for one in (each for each in untaken if not isinstance(each, Mostly)):
        seen[one.rule] += 1
        number = f" {seen[one.rule]}" if seen[one.rule] > 1 else ""
        made.append(
            Outcome(
                id=f"{UNTAKEN}{one.rule}{number}", rule=one.rule, column=one.column, check=one.check or "untaken",
                reason=Reason.CUSTOM_VALIDATION, status=Status.NOT_EVALUATED, severity=Severity.ERROR, action=Action.FAIL, message=one.why,
                line=one.line, file=file, lenient=lenient, accept=ACCEPT,
            )
        )  # fmt: skip
    return made


def in_words_of(outcome: Outcome, foreign: str) -> Outcome:
    """An outcome of a rule that stands in a file of another format, whose keys are not ours: what to do about it, in words that fit there.

    Parameters
    ----------
    foreign : str
        "tfmd" or "other".
    """
    if outcome.status == Status.NOT_EVALUATED:
        return replace(outcome, accept=ALLOW)
    accept = f"change it in {outcome.place}" if outcome.place else "change it there"
    if foreign == "tfmd" and outcome.check == "type" and " is list<" in outcome.rule:
        accept += f": {_SINGLE}"
    return replace(outcome, accept=accept)
