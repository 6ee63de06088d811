"""What comes of a document of another format: the values of a contract, and what of the document is not in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from featureprep.validators.contract import Contract
from featureprep.validators.plain_tree import contract_of_values
from featureprep.validators.untaken import Mostly, Untaken

Types: TypeAlias = Callable[[], Mapping[str, str]]
"""Gives the types of the data's columns, by our names, where they are asked for."""


@dataclass(frozen=True)
class Note:
    """One thing that a document says, and the contract does not, or not as exactly.

    Attributes
    ----------
    line : int or None
        Of the document; None of one that was never a text.
    rule : Untaken or None
        The rule that nothing checks in its place; None where it is checked otherwise, or is no rule.
    source : str
        Whose it is, of a document about several.
    written : bool
        It is so of the contract that is written down only: data is judged as the document says.
    """

    line: int | None
    what: str
    rule: Untaken | None = None
    source: str = ""
    written: bool = False


@dataclass
class Notes:
    """The notes on a document.

    Attributes
    ----------
    file : str
        What it is called in messages.
    has_lines : bool
        False for an object of Python, whose parts stand nowhere.
    source : str
        Which of several sources is being read.
    shares : list of Mostly
        Rules that are checked exactly only with what they say of their shares.
    """

    file: str
    has_lines: bool = True
    source: str = ""
    made: list[Note] = field(default_factory=list)
    shares: list[Mostly] = field(default_factory=list)

    def lose(self, line: int, what: str, why: str = "", *, column: str | None = None, check: str = "") -> None:
        """A rule that nothing will check.

        Parameters
        ----------
        what : str
            The rule, as the document has it.
        why : str
            What a contract cannot say of it; by default that it has no such rule.
        check : str
            What the document calls such rules.
        """
        at = line if self.has_lines else None
        rule = Untaken(what, why or "a contract has no such rule", column, check, at)
        self.made.append(Note(at, f"{what}: {why}" if why else what, rule, self.source))

    def tell(self, line: int, what: str, *, written: bool = False) -> None:
        """What is checked otherwise than the document says, or says nothing about data; `written` as in `Note`."""
        self.made.append(Note(line if self.has_lines else None, what, None, self.source, written))

    def lines(self) -> list[str]:
        """All of them, as `file:line: what`."""
        return [self._placed(note) for note in self._sorted()]

    def told(self) -> tuple[str, ...]:
        """Those that leave no rule unchecked, and are so of the data that is judged."""
        return tuple(self._placed(note) for note in self._sorted() if note.rule is None and not note.written)

    def untaken(self, source: str | None = None, *, first: bool = True) -> tuple[Untaken, ...]:
        """The rules that nothing checks: of one source, those that are no source's being the first one's, or all."""
        lost = [(note.rule, note.source) for note in self._sorted() if note.rule is not None]
        return tuple(rule for rule, of in lost if source is None or of == source or (first and not of))

    def _sorted(self) -> list[Note]:
        return sorted(self.made, key=lambda note: note.line or 0)

    def _placed(self, note: Note) -> str:
        return f"{self.file}:{note.line}: {note.what}" if note.line is not None else f"{self.file}: {note.what}"


@dataclass(frozen=True)
class Taken:
    """What was read.

    Attributes
    ----------
    values : mapping
        As contract.yaml holds them; trees keep their lines in the document.
    """

    values: Mapping[str, Any]
    notes: Notes

    def yaml(self) -> str:
        """contract.yaml.

        Raises
        ------
        RequestError
            Where no contract can state these values.
        """
        return contract_of_values(self.values, self.notes.file).to_yaml()

    def contract(self) -> Contract:
        """The contract, whose rules stand in the document's lines, and which knows the rules that it could not take.

        Raises
        ------
        RequestError
            Where no contract can state these values.
        """
        made = contract_of_values(self.values, self.notes.file)
        alone = len(made.sources) == 1  # whose name may not be that of the document
        untaken = [self.notes.untaken(None if alone else source.name, first=number == 0) for number, source in enumerate(made.sources)]
        shares = self.notes.shares if alone else []  # a document with shares is about one table
        sources = tuple(
            replace(source, foreign="other", untaken=(*lost, *shares)) for source, lost in zip(made.sources, untaken, strict=True)
        )
        return replace(made, sources=sources, notes=self.notes.told())
