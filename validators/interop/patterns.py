"""Regular expressions of contracts (RE2, the whole text) and of others (found anywhere in the text)."""

from __future__ import annotations

import re
import warnings
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.validators.checks.domains import whole_text

_ANYTHING: Final = "(?s:.*)"
_FLAGS: Final = re.compile(r"\(\?([ims]+)\)")
_PIECE: Final = re.compile(r"\\.|\[\^?\]?|[^\\\[\]]|\]", re.DOTALL)
CLASSES: Final = re.compile(r"\\[dwsbDWSB]")
"""What stands for other characters in RE2 than in Python."""
_CLASSES: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_OTHERWISE: Final = "{,"
"""RE2 takes a{,3} as it stands, Python for up to three."""


def searched_pattern(pattern: str) -> str:
    """The pattern that JSON Schema finds in a text where the contract's matches all of it."""
    return f"^(?:{pattern})$"


def portable_pattern(pattern: str) -> str | None:
    r"""The same, read alike by Python's `re.search` and RE2; None where there is none.

    The classes \d, \w and \s are written out, for Python's hold more than ASCII. What remains: `$` of Python is also before a line
    break that ends the text.
    """
    flags = _FLAGS.match(pattern)
    inner = _spelt(pattern if flags is None else pattern[flags.end() :])
    if inner is None or _OTHERWISE in pattern:
        return None
    made = searched_pattern(inner if flags is None else f"(?{flags[1]}:{inner})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of [[:alpha:]], which Python takes for something else
            re.compile(made)
    except (re.error, Warning, RecursionError, OverflowError):
        return None
    return made if compiles(made) else None


def _spelt(pattern: str) -> str | None:
    r"""With \d, \w, \s as characters; None where it has what cannot be spelt: \D in brackets, edges of words."""
    made: list[str] = []
    inside = False
    for piece in _PIECE.findall(pattern):
        kind = piece[1:] if piece.startswith("\\") else ""
        if kind in ("b", "B") or (inside and kind in ("D", "W", "S")):
            return None
        if kind and kind.lower() in _CLASSES:
            ascii_ = _CLASSES[kind.lower()]
            made.append(ascii_ if inside else f"[{'^' if kind.isupper() else ''}{ascii_}]")
            continue
        if not kind:
            inside = piece != "]" if piece[0] in "[]" and not (inside and piece[0] == "[") else inside
        made.append(piece)
    return "".join(made)


def contract_pattern(found: str) -> str | None:
    """The contract's pattern, for the whole text, of one that is searched for; None where RE2 cannot read it."""
    return _whole(found, f"{_ANYTHING}(?:{found}){_ANYTHING}")


def prefix_pattern(found: str) -> str | None:
    """The contract's pattern of one that matches where a text begins, as Python's `re.match` looks for it; None where RE2 cannot read it."""
    return _whole(found, f"(?:{found}){_ANYTHING}")


def _whole(found: str, made: str) -> str | None:
    """What is between the ends of a pattern that has both, else `made` of it; None where RE2 cannot read it."""
    anchored = _anchored(found)
    if anchored is not None:
        return anchored
    return made if _OTHERWISE not in found and compiles(found) and compiles(made) else None


def _anchored(found: str) -> str | None:
    """What is between the ends of a pattern that has both."""
    inner = found.removeprefix("^(?:").removesuffix(")$")
    if searched_pattern(inner) == found and compiles(inner):  # a)|(b compiles on neither side
        return inner
    if found.startswith("^") and found.endswith("$") and not re.search(r"\\\$$|\|", found) and compiles(found[1:-1]):
        return found[1:-1]
    return None


def compiles(pattern: str) -> bool:
    """Whether RE2 reads it, alone and as the whole of a text."""
    try:
        for each in (pattern, whole_text(pattern)):
            pc.match_substring_regex(pa.array([""]), each)
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return False
    return True
