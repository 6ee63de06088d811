"""A contract's text with the places of its values, and edits of it that leave all else as it is: comments, layout, order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from featureprep.errors import RequestError
from featureprep.validators.yaml_text import flow_text
from featureprep.validators.yaml_tree import parse_yaml

_SPECIAL = frozenset("{}[],:#&*!|>'\"%@`\n")


@dataclass(frozen=True)
class Edit:
    """Put `text` in place of the characters from `start` to `stop` of the contract."""

    start: int
    stop: int
    text: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits; of those that overlap the first one counts."""
    kept: list[Edit] = []
    for edit in edits:
        if all(edit.stop <= other.start or edit.start >= other.stop for other in kept if edit != other) and edit not in kept:
            kept.append(edit)
    for _, edit in sorted(enumerate(kept), key=lambda item: (item[1].start, item[0]), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.stop :]
    return text


class Document:
    """A contract's text, parsed for places.

    Parameters
    ----------
    text : str
        A contract that `load_contract` reads.

    Raises
    ------
    RequestError
        As `parse_yaml` does, and for the rare text that only libyaml reads.
    """

    def __init__(self, text: str, file: str) -> None:
        parse_yaml(text, file)
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        try:
            self.root: Any = yaml.compose(text, Loader=yaml.SafeLoader)  # libyaml's own places are not those of a str
        except yaml.YAMLError as error:
            hint = "write it in plainer YAML; featureprep validate tells what to change"
            raise RequestError(f"no patch can be made of YAML such as this: {str(error).splitlines()[0]}", where=file, hint=hint) from error

    def section(self, source: str) -> Any:
        """The mapping that holds `columns:` of a source; of the single one where there are no sections."""
        sources = entry(self.root, "sources")
        return self.root if sources is None else entry(sources, source)

    def verbatim(self, node: Any) -> str:
        """A value as it is written, on one line."""
        written = self.text[node.start_mark.index : node.end_mark.index]
        if isinstance(node, yaml.ScalarNode):
            plain = node.style is None and not _SPECIAL & set(written)
            return written if plain or (node.style in ("'", '"') and "\n" not in written) else flow_text(node.value)
        return written if node.flow_style and "\n" not in written else _rebuilt(self, node)

    def replace(self, node: Any, text: str) -> Edit:
        """Another value in place of a scalar, or of a list or mapping."""
        return Edit(node.start_mark.index, self._end(node), text)

    def add(self, mapping: Any, text: str) -> Edit:
        """`key: value` in a mapping, on a line of its own where the others have one."""
        if mapping.flow_style:
            if not mapping.value:
                return Edit(mapping.end_mark.index - 1, mapping.end_mark.index - 1, text)
            key, value = mapping.value[-1]
            if _elsewhere(key, value):
                first = mapping.value[0][0].start_mark.index
                return Edit(first, first, f"{text}, ")
            end = max(value.end_mark.index, key.end_mark.index)
            return Edit(end, end, f", {text}")
        key, value = mapping.value[-1]
        return self._line_after(
            key.start_mark.line if _elsewhere(key, value) else self._last_line(value, key), mapping.value[0][0].start_mark.column, text
        )

    def append(self, items: Any, texts: Sequence[str]) -> Edit:
        """Items at the end of a list."""
        if items.flow_style:
            end = items.value[-1].end_mark.index if items.value else items.start_mark.index + 1
            joined = ", ".join(texts)
            return Edit(end, end, f", {joined}" if items.value else joined)
        last = items.value[-1]
        return self._line_after(self._last_line(last, last), items.start_mark.column, *(f"- {text}" for text in texts))

    def remove(self, mapping: Any, key: str) -> Edit:
        """A key of a mapping that has others, with its value."""
        at = next(i for i, (name, _) in enumerate(mapping.value) if name.value == key)
        name, value = mapping.value[at]
        if not mapping.flow_style:
            start = self._line_start(name.start_mark.line)
            return Edit(start, self._line_start(self._last_line(value, name) + 1), "")
        if at + 1 < len(mapping.value):
            return Edit(name.start_mark.index, mapping.value[at + 1][0].start_mark.index, "")
        return Edit(self._end(mapping.value[at - 1][1]), self._end(value), "")

    def _end(self, node: Any) -> int:
        """Where a value ends; that of a block is told with the blanks and comments after it, which are not of it."""
        if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
            end: int = node.end_mark.index
            return end
        last = node.value[-1]
        return max(map(self._end, last)) if isinstance(last, tuple) else self._end(last)

    def _last_line(self, node: Any, key: Any) -> int:
        first: int = key.start_mark.line
        end = self._end(node)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") and self.text[end - 1] == "\n":
            end -= 1
        return max(self.text.count("\n", 0, end), first)

    def _line_start(self, line: int) -> int:
        at = 0
        for _ in range(line):
            found = self.text.find("\n", at)
            if found < 0:
                return len(self.text)
            at = found + 1
        return at

    def _line_after(self, line: int, column: int, *texts: str) -> Edit:
        start = self._line_start(line + 1)
        lines = [" " * column + text for text in texts]
        if start == len(self.text) and not self.text.endswith("\n"):
            return Edit(start, start, "".join(self.newline + each for each in lines))
        return Edit(start, start, "".join(each + self.newline for each in lines))


def entry(mapping: Any, key: str) -> Any:
    """The value of a key; None where it is no mapping, or does not have the key."""
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next((value for name, value in mapping.value if name.value == key), None)


def _elsewhere(key: Any, value: Any) -> bool:
    """Whether a value is an alias: what it stands for was written before."""
    return bool(value.start_mark.index < key.start_mark.index)


def _rebuilt(document: Document, node: Any) -> str:
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(document.verbatim(item) for item in node.value)}]"
    return f"{{{', '.join(f'{document.verbatim(name)}: {document.verbatim(value)}' for name, value in node.value)}}}"
