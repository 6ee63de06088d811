r"""Regular expressions over text, by RE2 (see its syntax page): search anywhere in the cell unless anchored; `$` is the very end.

Row forms are RE2 on one value too, save for patterns of plain letters, digits and `^ $` at the ends, which are looked for directly.
"""

from __future__ import annotations

import re
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.kernels.text import Row, TextFunction, check_text, one_value

_LITERAL = re.compile(r"(\^?)([A-Za-z0-9_ ,;:@/<>='\"!%&~#-]+)(\$?)")


def check_pattern(pattern: str, owner: str) -> str:
    """A pattern that RE2 takes.

    Raises
    ------
    ArgumentError
    """
    check_text("pattern", owner, pattern)
    try:
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        raise ArgumentError.of(
            "pattern",
            owner,
            f"a regular expression that RE2 takes ({reason})",
            pattern,
            hint="RE2 has no look-around and no back-references; see https://github.com/google/re2/wiki/Syntax",
        ) from error
    return pattern


def matches(pattern: str) -> TextFunction:
    """Whether the pattern occurs, bool."""
    check_pattern(pattern, "matches")

    def kernel(array: pa.Array) -> pa.Array:
        return pc.match_substring_regex(array, pattern=pattern)

    return TextFunction(lambda a: (kernel(a), None), _literal_row(pattern) or one_value(kernel), pa.bool_())


def _literal_row(pattern: str) -> Row | None:
    plain = _LITERAL.fullmatch(pattern)
    if plain is None:
        return None
    start, part, end = plain.groups()
    if start and end:
        return lambda text: text == part
    if start:
        return lambda text: text.startswith(part)
    if end:
        return lambda text: text.endswith(part)
    return lambda text: part in text


def extract(pattern: str, group: str | None = None) -> TextFunction:
    """What a group matched in the first match: the named one, else the first, else (no groups) the whole match; null where nothing matches.

    A group that takes no part in a match gives the empty text.
    """
    check_pattern(pattern, "extract")
    named, names = _name_groups(pattern)
    wanted = names[0] if group is None else group
    if wanted not in names:
        raise ArgumentError.of("group", "extract", f"a named group of {pattern!r}", group)
    check_pattern(named, "extract")

    def kernel(array: pa.Array) -> pa.Array:
        return pc.struct_field(pc.extract_regex(array, pattern=named), wanted)

    return TextFunction(lambda a: (kernel(a), None), one_value(kernel), pa.string())


_PIECE = re.compile(
    r"(?P<quote>\\Q.*?(?:\\E|$))|(?P<escape>\\.)|(?P<klass>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])|(?P<name>\(\?P?<(?P<id>\w+)>)|(?P<other>\(\?)|(?P<group>\()|.",
    re.DOTALL,
)


def _name_groups(pattern: str) -> tuple[str, list[str]]:
    """The pattern with all its groups named, as Arrow wants, and their names in order; one without groups becomes one."""
    taken = {piece["id"] for piece in _PIECE.finditer(pattern)}
    free = (name for i in range(10**6) if (name := f"g{i}") not in taken)
    named, names = "", list[str]()
    for piece in _PIECE.finditer(pattern):
        if piece["group"]:
            names.append(next(free))
            named += f"(?P<{names[-1]}>"
        else:
            named += piece.group()
            if piece["name"]:
                names.append(piece["id"])
    return (named, names) if names else (f"(?P<g0>{pattern})", ["g0"])


def replace_regex(pattern: str, by: str) -> TextFunction:
    r"""Every match replaced, from left to right; `\1` in `by` is the first group, `\0` the match, `\\` a backslash."""
    check_pattern(pattern, "replace")

    def kernel(array: pa.Array) -> pa.Array:
        return pc.replace_substring_regex(array, pattern=pattern, replacement=by)

    try:
        kernel(pa.array([""]))
    except pa.ArrowInvalid as error:
        raise ArgumentError.of("by", "replace", f"a text whose groups the pattern has ({error})", by) from error
    return TextFunction(lambda a: (kernel(a), None), one_value(kernel), pa.string())


def split_regex(pattern: str) -> TextFunction:
    """The parts between the matches; an empty text is one empty part.

    Raises
    ------
    ArgumentError
        For a pattern that RE2 does not take, or that can match the empty text (between which letters would it split?).
    """
    check_pattern(pattern, "split")
    if _matches_nothing(pattern):
        raise ArgumentError.of("by", "split", "a pattern that cannot match the empty text", pattern)

    def kernel(array: pa.Array) -> pa.Array:
        return pc.split_pattern_regex(array, pattern=pattern)

    return TextFunction(lambda a: (kernel(a), None), one_value(kernel), pa.list_(pa.string()))


def _matches_nothing(pattern: str) -> bool:
    """Whether it has an empty match anywhere: that can depend on nothing but the letters (word, other, line end, none) at both sides."""
    for before, after in product(("", "a", "-", "\n"), repeat=2):
        probe = rf"\A(?s:{re.escape(before)})(?:{pattern})(?s:{re.escape(after)})\z"
        if pc.match_substring_regex(pa.array([before + after]), pattern=probe)[0].as_py():
            return True
    return False
