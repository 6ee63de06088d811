"""YAML read as data with places: every value knows its line, nothing is constructed, and hostile files end in one clear error.

Scalars mean what they look like: `true` and `false` are bools, `null`, `~` and nothing are null, numbers are numbers; everything
else, `yes`, `NO` and `2020-01-01` among it, is text. Explicit tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from featureprep.errors import RequestError

MAX_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 200_000

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    "": None, "~": None, "null": None, "true": True, "false": False,
    ".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
_LONGEST_INTEGER: Final = 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser is ten times faster, where it was built in


@dataclass
class Tree:
    """One value and where it stands.

    Attributes
    ----------
    file : str
        The name of the file, for errors.
    line : int
        From 1.
    value : None, bool, int, float or str; list of Tree; or dict of str to Tree
    text : str
        A scalar as it is written (without quotes).
    quoted : bool
        A scalar in quotes or a block: text for certain.
    keys : dict of str to int
        The lines of a mapping's keys.
    size : int
        How many values it holds, itself included, aliases counted as what they stand for.
    """

    file: str
    line: int
    value: Any
    text: str = ""
    quoted: bool = False
    keys: dict[str, int] = field(default_factory=dict)
    size: int = 1

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def at(self, key: str) -> str:
        """The place of a key of this mapping."""
        return f"{self.file}:{self.keys[key]}"


def parse_yaml(data: str | bytes, file: str) -> Tree:
    """The single document of a YAML text.

    Raises
    ------
    RequestError
        With file and line: for a text that is not UTF-8 or not YAML, is over 4 MiB, nested deeper than 32, holds over 200,000 values
        (aliases counted as what they stand for), repeats a key, has tags, several documents, or a key that is no scalar.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(f"the file has more than {MAX_BYTES >> 20} MiB", where=file, hint="a contract this large is not read")
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RequestError(f"the file is not UTF-8: {error.reason}", where=f"{file}:{line}", hint="save it as UTF-8") from error
    try:
        return _Builder(file).build(yaml.parse(data, Loader=_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        odd = yaml.reader.Reader.NON_PRINTABLE.search(data) if isinstance(error, yaml.reader.ReaderError) else None
        if odd is not None:
            line = data.count("\n", 0, odd.start()) + 1
            hint = f'take it out; in a text in double quotes it is written "{repr(odd.group())[1:-1]}"'
            raise RequestError(
                f"this is not valid YAML: the control character {odd.group()!r} stands here", where=f"{file}:{line}", hint=hint
            ) from error
        where = f"{file}:{mark.line + 1}" if mark is not None else file
        hint = "YAML is indented with spaces; texts with : , # { [ * & ! or ` need quotes"
        raise RequestError(f"this is not valid YAML: {problem}", where=where, hint=hint) from error
    except UnicodeEncodeError as error:  # lone surrogates in a text given as str
        raise RequestError("the text holds characters that are not Unicode scalars", where=file) from error


@dataclass
class _Open:
    """A list or mapping whose end has not come."""

    tree: Tree
    anchor: str | None
    key: Tree | None = None


class _Builder:
    """The tree from the parser's events, with a stack of its own, so that no nesting can exhaust Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.stack: list[_Open] = []
        self.anchors: dict[str, Tree | None] = {}
        self.root: Tree | None = None
        self.count = 0
        self.line = 1

    def build(self, events: Iterator[Any]) -> Tree:
        for event in events:
            line = self.line = event.start_mark.line + 1
            match event:
                case yaml.ScalarEvent():
                    self.refuse_tag(event, line)
                    self.put(self.scalar(event, line), event.anchor, 1)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self.refuse_tag(event, line)
                    if len(self.stack) >= MAX_DEPTH:
                        self.fail(
                            f"this is nested deeper than {MAX_DEPTH}",
                            line,
                            "a contract needs a few levels: look for brackets that are not closed",
                        )
                    tree = Tree(self.file, line, [] if isinstance(event, yaml.SequenceStartEvent) else {})
                    self.stack.append(_Open(tree, event.anchor))
                    if event.anchor:
                        self.anchors[event.anchor] = None
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    done = self.stack.pop()
                    self.put(done.tree, done.anchor, 1)
                case yaml.AliasEvent():
                    known = self.alias(str(event.anchor), line)
                    self.put(known, None, known.size)
                case yaml.DocumentStartEvent() if self.root is not None:
                    self.fail("a contract is one YAML document; here a second one begins", line, "remove the line ---")
        return self.root if self.root is not None else Tree(self.file, 1, None)

    def fail(self, what: str, line: int, hint: str | None = None) -> NoReturn:
        raise RequestError(what, where=f"{self.file}:{line}", hint=hint)

    def refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag != "!":
            self.fail(f"the tag {event.tag[:80]!r} is not allowed", line, "write plain values; put text in quotes")

    def alias(self, anchor: str, line: int) -> Tree:
        if anchor not in self.anchors:
            self.fail(
                f"the alias *{anchor[:80]} has no anchor before it",
                line,
                f"write &{anchor[:80]} before the value that it stands for, or the value itself",
            )
        known = self.anchors[anchor]
        if known is None:
            self.fail(f"the alias *{anchor[:80]} stands inside its own anchor", line, "write the value itself")
        return known

    def scalar(self, event: Any, line: int) -> Tree:
        text = event.value
        # implicit[0]: plain and untagged
        if not event.implicit[0] or event.style in ("'", '"', "|", ">"):
            return Tree(self.file, line, text, text, quoted=True)
        if text in _WORDS:
            return Tree(self.file, line, _WORDS[text], text)
        if _INTEGER.fullmatch(text):
            if len(text) > _LONGEST_INTEGER:
                self.fail(f"the number {text[:20]}... has {len(text)} digits", line, "put it in quotes if it is text")
            return Tree(self.file, line, int(text), text)
        return Tree(self.file, line, float(text) if _FLOAT.fullmatch(text) else text, text)

    def put(self, tree: Tree, anchor: str | None, cost: int) -> None:
        """A finished value goes into the list or mapping it stands in."""
        self.count += cost
        if self.count > MAX_NODES:
            self.fail(f"the file holds more than {MAX_NODES} values", self.line, "aliases count as what they stand for")
        if anchor:
            self.anchors[anchor] = tree
        if not self.stack:
            self.root = tree
            return
        into = self.stack[-1]
        into.tree.size += tree.size
        if isinstance(into.tree.value, list):
            into.tree.value.append(tree)
        elif into.key is None:
            if isinstance(tree.value, (list, dict)):
                self.fail("a key must be a name, not a list or mapping", tree.line, "names with { [ or : need quotes")
            if tree.text in into.tree.value:
                self.fail(f"{tree.text[:80]!r} stands here twice, first in line {into.tree.keys[tree.text]}", tree.line, "remove one")
            into.key = tree
        else:
            into.tree.value[into.key.text] = tree
            into.tree.keys[into.key.text] = into.key.line
            into.key = None
