"""Hints for words that are not known."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The close ones of the known words, else all of them."""
    close = get_close_matches(word[:100], known, n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(repr(c) for c in close)}?"
    return f"known are: {', '.join(known)}"
