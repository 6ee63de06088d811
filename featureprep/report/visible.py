"""Text from data made safe to look at: nothing invisible, nothing that turns the direction of writing, nothing endless."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str, limit: int = 200) -> str:
    r"""`text` with control characters, direction marks and the like written as `\u202e`, cut to `limit` characters. Line ends stay."""
    cut = text if len(text) <= limit else text[:limit]
    shown = _HIDDEN.sub(lambda match: f"\\u{ord(match.group()):04x}", cut)
    return shown if cut is text else f"{shown}… ({len(text):,} characters)"


def one_line(text: str, limit: int = 200) -> str:
    """The same with line ends written out too."""
    return visible(text, limit).replace("\n", "\\n")


def brief(value: object) -> str:
    """A single value as a person reads it: floats to 6 places, whole numbers with separators, null as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**18 else f"{float(value):.6g}" if abs(value) < 10**300 else "huge"
    return f"{value:.6g}" if isinstance(value, float) else one_line(str(value), 60)


def shown(value: object) -> str:
    """A value of the data on a page: text as it is, blank text in quotes so that it can be seen, a row as its cells."""
    if isinstance(value, str):
        return one_line(value if value.strip() else f'"{value}"', 60)
    if isinstance(value, Mapping):
        return one_line(", ".join(f"{name} = {shown(item)}" for name, item in value.items()))
    return brief(value)
