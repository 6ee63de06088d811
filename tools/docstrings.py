"""What a numpydoc docstring holds, as Markdown, for the pages that are made from docstrings."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any


class Doc:
    """The docstring of a public thing."""

    def __init__(self, of: Any, name: str) -> None:
        self.name = name
        self._of = of
        self._text = inspect.getdoc(of) or ""

    def _section(self, heading: str) -> str:
        found = re.search(rf"^{heading}\n-+\n(.*?)(?=^\w+\n-+$|\Z)", self._text, re.DOTALL | re.MULTILINE)
        if found is None:
            raise LookupError(f"the docstring of {self.name} has no section {heading}")
        return found.group(1)

    def has(self, heading: str) -> bool:
        """Whether there is such a section."""
        return re.search(rf"^{heading}\n-+$", self._text, re.MULTILINE) is not None

    def summary(self) -> str:
        """The first paragraph; raises LookupError where there is none."""
        first = self._text.split("\n\n")[0]
        if not first or first.startswith("Parameters\n"):
            raise LookupError(f"{self.name} has no docstring that says what it is")
        return markdown(first)

    def prose(self) -> str:
        """The paragraphs before the first section."""
        return "\n\n".join(map(markdown, re.split(r"^\w+\n-+$", self._text, maxsplit=1, flags=re.MULTILINE)[0].strip().split("\n\n")))

    def section(self, heading: str) -> str:
        """A section as one line; raises LookupError where there is none."""
        return markdown(self._section(heading))

    def parameters(self) -> list[tuple[str, str, str]]:
        """Name (or names), type (may be empty) and text of every parameter; raises LookupError for one without text."""
        blocks = re.split(r"\n(?=\S)", self._section("Parameters").rstrip())
        found = []
        for block in blocks:
            head, _, text = block.partition("\n")
            name, _, kind = head.partition(" : ")
            if not text.strip():
                raise LookupError(f"the docstring of {self.name} says nothing of {name}")
            found.append((name, kind, markdown(text)))
        return found

    def parameter_lines(self) -> list[str]:
        """The parameters as a list."""
        return [f"- `{name}`{f' ({markdown(kind)})' if kind else ''}: {text}" for name, kind, text in self.parameters()]

    def examples(self) -> list[str]:
        """The code of the examples, without prompts and output."""
        return [example.source.rstrip("\n") for example in doctest.DocTestParser().get_examples(self._section("Examples"))]

    def signature(self, receiver: bool = False) -> str:
        """Name and parameters, without annotations; without the first parameter where it is the receiver."""
        given = [*inspect.signature(self._of).parameters.values()][receiver:]
        bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in given]
        return f"{self.name}{inspect.Signature(bare)}"


def markdown(text: str) -> str:
    """Text in one line whose code is between backticks, so that nothing outside of them is taken for HTML, an emphasis or a list."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if i % 2 else part.replace("<", "&lt;").replace("*", "\\*") for i, part in enumerate(parts))


def table(rows: list[Doc], head: str, receiver: bool = True) -> list[str]:
    """A table with a line for each: signature and summary."""
    return [f"| {head} | what it gives |", "|---|---|", *(line(f"`{doc.signature(receiver)}`", doc.summary()) for doc in rows), ""]


def line(*cells: str) -> str:
    """A line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def public(owner: type, wrap: Callable[[str], str] = str) -> list[Doc]:
    """The public methods of a class, in the order of its code."""
    names = [name for name, value in vars(owner).items() if not name.startswith("_") and inspect.isfunction(inspect.unwrap(_plain(value)))]
    return [Doc(getattr(owner, name), wrap(name)) for name in names]


def _plain(value: Any) -> Any:
    return value.__func__ if isinstance(value, staticmethod) else value
